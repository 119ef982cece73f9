package audit

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Report is what an audit found. Its JSON form is stable: see schema/report.schema.json.
type Report struct {
	Log        string            `json:"log"`
	Procedure  string            `json:"procedure"`
	Title      Title             `json:"title"`
	Now        string            `json:"now"`   // the instant up to which deadlines were let pass, RFC 3339
	Cases      int64             `json:"cases"` // cases in the log
	Acts       int64             `json:"acts"`  // acts judged
	Findings   []RuleCount       `json:"findings"`
	Duties     []DutyCount       `json:"duties"`
	Unmapped   map[string]int64  `json:"unmapped"`   // acts of the log the procedure does not know, with their number
	Unreadable []Unreadable      `json:"unreadable"` // values that are not of the type the procedure wants
	Notes      []Title           `json:"notes"`
	Figures    *Figures          `json:"figures,omitempty"`   // where Options.Figures asked for them
	Rows       []Row             `json:"-"`                   // where Options.Rows asked for them
	SetAside   []*eventlog.Aside `json:"set_aside,omitempty"` // rows that did not fit when tables were joined
}

// Title is a text in the two languages of the program.
type Title struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

var inLogOrder = Title{"审计按日志中的顺序判断", "an audit follows the order of the log"}

func titleOf(t procedure.Text) Title { return Title{t.In("zh"), t.In("en")} }

// In returns the text in a language.
func (t Title) In(lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// RuleCount is one rule of the procedure, present also at zero.
type RuleCount struct {
	Rule     string   `json:"rule"`
	Title    Title    `json:"title"`
	Basis    Basis    `json:"basis"`
	Severity int      `json:"severity"`
	Count    int64    `json:"count"`    // occurrences
	Cases    int64    `json:"cases"`    // cases with at least one
	Unjudged int64    `json:"unjudged"` // occurrences that could not be judged because a fact is missing; not in count
	CaseIDs  []string `json:"case_ids,omitempty"`
}

// Basis says on what a rule rests: kind law, rule, model, contract or data, and the articles cited.
type Basis struct {
	Kind       string   `json:"kind"`
	Cites      []string `json:"cites"`
	Unverified string   `json:"unverified,omitempty"`
}

// DutyCount tells what became of a duty over all cases. Overdue is part of open: its deadline passed, and it was never done.
type DutyCount struct {
	Duty    string `json:"duty"`
	Title   Title  `json:"title"`
	OnTime  int64  `json:"on_time"`
	Late    int64  `json:"late"`
	Open    int64  `json:"open"`
	Overdue int64  `json:"overdue"`
	Lapsed  int64  `json:"lapsed"`
	Waived  int64  `json:"waived"`
}

// Unreadable is a datum whose values are not what the procedure expects, with the first example.
type Unreadable struct {
	Act     string `json:"act"`
	Field   string `json:"field"`
	Count   int64  `json:"count"`
	Example string `json:"example"`
	Record  int64  `json:"record"`
	Place   string `json:"place,omitempty"` // its file and line, where the log has several files
	Why     string `json:"why"`
}

func (w *worker) report(name string, now calendar.Instant, stats eventlog.Stats) *Report {
	r := &Report{Duties: []DutyCount{}, Log: name, Procedure: w.p.Pack.ID + "/" + w.p.ID, Title: titleOf(w.p.Title), Cases: w.cases, Acts: w.acts,
		Now:      now.Time().In(w.p.Pack.Zone.Location()).Format("2006-01-02T15:04:05Z07:00"),
		Unmapped: w.unmapped, Unreadable: []Unreadable{}, Notes: []Title{inLogOrder}}
	for i, rule := range w.p.Rules() {
		t := &w.rules[i]
		slices.Sort(t.ids)
		cites := rule.Basis
		if cites == nil {
			cites = []string{}
		}
		r.Findings = append(r.Findings, RuleCount{rule.ID, titleOf(rule.Title), Basis{rule.Kind, cites, rule.Unverified}, rule.Severity, t.count, t.cases, t.unjudged, t.ids})
	}
	for i, duty := range w.p.Duties() {
		d := w.duties[i]
		r.Duties = append(r.Duties, DutyCount{duty.ID, titleOf(duty.Title), d.onTime, d.late, d.open, d.overdue, d.lapsed, d.waived})
	}
	for _, u := range w.unreadable {
		if u.Place = ""; len(stats.Files) > 0 {
			u.Place = stats.Place(u.Record)
		}
		r.Unreadable = append(r.Unreadable, *u)
	}
	slices.SortFunc(r.Unreadable, func(a, b Unreadable) int {
		return cmp.Or(cmp.Compare(a.Record, b.Record), cmp.Compare(a.Act, b.Act), cmp.Compare(a.Field, b.Field))
	})
	r.SetAside = stats.Asides
	if stats.NoOffset > 0 {
		zone := w.p.Pack.Zone.Name()
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个时间没有时区，按%s读取", stats.NoOffset, zone), fmt.Sprintf("%d times carry no offset and were read in %s", stats.NoOffset, zone)})
	}
	if stats.Repeated > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个案件编号重复出现，分别判断", stats.Repeated), fmt.Sprintf("%d case ids stand more than once and were judged apart", stats.Repeated)})
	}
	if stats.OtherSteps > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d条记录不是已完成的行为，未计", stats.OtherSteps), fmt.Sprintf("%d records are not completed acts and were left out", stats.OtherSteps)})
	}
	for _, other := range slices.Sorted(maps.Keys(w.elsewhere)) {
		n := w.elsewhere[other]
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个案件属于程序%s，未判断", n, other), fmt.Sprintf("%d cases are of procedure %s and were left aside", n, other)})
	}
	if w.attempts > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d次尝试当时被拒绝，没有生效，未判断", w.attempts), fmt.Sprintf("%d attempts were refused at the time and took no effect; they were not judged", w.attempts)})
	}
	if stats.Uncased > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个事件与案件类对象无关，未计", stats.Uncased), fmt.Sprintf("%d events are related to no object that is a case and were left out", stats.Uncased)})
	}
	if stats.Dangling > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d处关系所指的对象不存在", stats.Dangling), fmt.Sprintf("%d relations name objects that are not there", stats.Dangling)})
	}
	if w.faceless > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个行为针对人员或者物品而日志未指明对象，其条款未能判断", w.faceless), fmt.Sprintf("%d acts are about a person or an item that the log does not name; their clauses were not judged", w.faceless)})
	}
	if w.figures != nil {
		slices.SortStableFunc(w.figures.list, func(a, b Row) int { return cmp.Compare(a.Record, b.Record) })
		r.Rows = w.figures.list
		for i := range r.Rows {
			if r.Rows[i].When == calendar.Never {
				r.Rows[i].When = now
			}
		}
	}
	if w.opt.Figures {
		r.Figures = w.figures.figures(r.Findings, now, stats)
	}
	return r
}

// Worst returns the gravest severity found, 5 when nothing was.
func (r *Report) Worst() int {
	worst := 5
	for _, f := range r.Findings {
		if f.Count > 0 {
			worst = min(worst, f.Severity)
		}
	}
	return worst
}

// WriteText prints the report for people.
func (r *Report) WriteText(out io.Writer, lang string) error {
	say := func(zh, en string) string { return Title{zh, en}.In(lang) }
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s: %s\n", r.Title.In(lang), say("日志", "log"), r.Log)
	fmt.Fprintf(w, "%s\n\n", fmt.Sprintf(say("案件 %d，行为 %d，截至 %s", "%d cases, %d acts, up to %s"), r.Cases, r.Acts, r.Now))
	fmt.Fprintf(w, "%s\n", say("发现\t次数\t案件\t不能判断\t级别\t依据\t含义", "finding\tcount\tcases\tunjudged\tseverity\tbasis\tmeaning"))
	for _, f := range r.Findings {
		basis := f.Basis.Kind + ": " + strings.Join(f.Basis.Cites, ", ")
		if f.Basis.Unverified != "" {
			basis += say("（未核实）", " (unverified)")
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\tS%d\t%s\t%s\n", f.Rule, f.Count, f.Cases, f.Unjudged, f.Severity, basis, f.Title.In(lang))
	}
	if len(r.Duties) > 0 {
		fmt.Fprintf(w, "\n%s\n", say("职责\t按时\t逾期履行\t未履行\t其中已逾期\t消灭\t免除\t名称", "duty\ton time\tlate\topen\tof them overdue\tlapsed\twaived\tmeaning"))
		for _, d := range r.Duties {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", d.Duty, d.OnTime, d.Late, d.Open, d.Overdue, d.Lapsed, d.Waived, d.Title.In(lang))
		}
	}
	if len(r.Unmapped) > 0 {
		fmt.Fprintf(w, "\n%s\n", say("本程序未列的行为（未判断）\t次数", "acts unknown to the procedure (not judged)\tcount"))
		names := make([]string, 0, len(r.Unmapped))
		for k := range r.Unmapped {
			names = append(names, k)
		}
		sort.Strings(names)
		for _, k := range names {
			fmt.Fprintf(w, "%s\t%d\n", k, r.Unmapped[k])
		}
	}
	for _, u := range r.Unreadable {
		place := u.Place
		if place == "" {
			place = strconv.FormatInt(u.Record, 10)
		}
		fmt.Fprintf(w, "\n"+say("%s.%s 有%d个值不可读，如记录%s：%s\n", "%s.%s: %d values not readable, e.g. record %s: %s\n"), u.Act, u.Field, u.Count, place, u.Why)
	}
	r.writeAside(w, lang)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "\n%s: %s\n", say("注", "note"), n.In(lang))
	}
	return w.Flush()
}
