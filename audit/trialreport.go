package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"plumbline/calendar"
	"plumbline/eventlog"
)

// Trial is what changes when a history is judged by another version of its procedure. Its JSON form is stable: see
// schema/trial.schema.json.
type Trial struct {
	Log     string       `json:"log"`
	Now     string       `json:"now"`   // the instant up to which deadlines were let pass, RFC 3339
	Cases   int64        `json:"cases"` // cases in the log
	Changed int64        `json:"changed"`
	Old     Version      `json:"old"`
	New     Version      `json:"new"`
	Gained  Change       `json:"gained"`
	Lost    Change       `json:"lost"`
	Rules   []RuleTrial  `json:"rules"`  // those that change most cases first
	Duties  []DutyTrial  `json:"duties"` // as the versions list them
	Months  []MonthTrial `json:"months"` // every month from the first to the last in which a case began
	Told    []CaseTrial  `json:"told"`   // the first cases of each rule that changed
	Notes   []Title      `json:"notes"`
}

// Version is one side of a trial.
type Version struct {
	Procedure string `json:"procedure"`
	Edition   string `json:"edition"`
	Title     Title  `json:"title"`
	Acts      int64  `json:"acts"` // acts judged
	RuleSide
}

// ShortEdition is enough of the edition to tell it from others.
func (v *Version) ShortEdition() string { return v.Edition[:min(12, len(v.Edition))] }

// RuleSide is what one version finds, of one rule or of all.
type RuleSide struct {
	Count    int64 `json:"count"`    // occurrences
	Cases    int64 `json:"cases"`    // cases with at least one
	Unjudged int64 `json:"unjudged"` // that could not be judged because a fact is missing; not in count
}

// Change is what only one of the versions finds.
type Change struct {
	RuleSide
	First   []string `json:"first,omitempty"`    // the first cases of the log with such a finding
	CaseIDs []string `json:"case_ids,omitempty"` // all of them, where asked for
}

// RuleTrial is one rule under both versions.
type RuleTrial struct {
	Rule   string       `json:"rule"`
	Title  Title        `json:"title"`
	Old    *RuleOf      `json:"old"` // nothing: this version does not have the rule
	New    *RuleOf      `json:"new"`
	Gained Change       `json:"gained"`
	Lost   Change       `json:"lost"`
	Months []RuleChange `json:"months"` // only those in which something changed
}

// RuleOf is a rule as one version has it.
type RuleOf struct {
	RuleSide
	Severity int   `json:"severity"`
	Basis    Basis `json:"basis"`
}

// RuleChange counts what changes of a rule in the cases that began in a month.
type RuleChange struct {
	Month  string `json:"month"` // 2006-01
	Gained int64  `json:"gained"`
	Lost   int64  `json:"lost"`
}

// MonthTrial counts what changes in the cases that began in a month.
type MonthTrial struct {
	RuleChange
	Cases int64 `json:"cases"`
}

// DutyTrial tells what becomes of a duty under both versions.
type DutyTrial struct {
	Duty  string     `json:"duty"`
	Title Title      `json:"title"`
	Old   *DutyCount `json:"old"` // nothing: this version does not have the duty
	New   *DutyCount `json:"new"`
}

// Differs tells whether the versions come to different counts.
func (d *DutyTrial) Differs() bool {
	if d.Old == nil || d.New == nil {
		return true
	}
	a, b := *d.Old, *d.New
	a.Title, b.Title = Title{}, Title{}
	return a != b
}

// Changes tells whether anything is gained or lost, or is no longer judged.
func (r *RuleTrial) Changes() bool {
	return r.Gained.Count+r.Lost.Count+r.Gained.Unjudged+r.Lost.Unjudged > 0
}

func (t *findingTally) side() RuleSide { return RuleSide{t.count, t.cases, t.unjudged} }

func (t *findingTally) change() Change {
	slices.Sort(t.ids)
	return Change{t.side(), ids(t.first), t.ids}
}

func (w *trialWorker) report(name string, now calendar.Instant, stats eventlog.Stats) *Trial {
	next := w.t.sides[newSide]
	r := &Trial{Log: name, Cases: w.cases, Changed: w.both, Rules: []RuleTrial{}, Duties: []DutyTrial{}, Months: []MonthTrial{}, Told: []CaseTrial{},
		Now:    now.Time().In(next.Pack.Zone.Location()).Format("2006-01-02T15:04:05Z07:00"),
		Gained: w.total.only[newSide].change(), Lost: w.total.only[oldSide].change(),
		Notes: []Title{{"同一问题：同一规则、同一对象、由同一行为引起（被判断的行为，或者产生职责的行为）", "A finding is the same when it is of the same rule, about the same subject and caused by the same act: the one judged, or the one that opened the duty"},
			{"月份是案件第一个行为的月份", "A month is that of the first act of a case"}, {"按日志中的顺序判断；不能读取的值和未列的行为见 audit", "Judged in the order of the log; values that could not be read and acts that are unknown are listed by audit"}}}
	versions := []*Version{&r.Old, &r.New}
	for k, p := range w.t.sides {
		*versions[k] = Version{p.Pack.ID + "/" + p.ID, p.Edition(), titleOf(p.Title), w.sides[k].acts, w.total.has[k].side()}
	}
	for i, id := range w.t.rules {
		t := &w.rules[i]
		row := RuleTrial{Rule: id, Gained: t.only[newSide].change(), Lost: t.only[oldSide].change(), Months: []RuleChange{}}
		for k, p := range w.t.sides {
			at := p.RuleOf(id)
			if at < 0 {
				continue
			}
			rule := p.Rules()[at]
			row.Title = titleOf(rule.Title) // the new version's where it has the rule
			side := &RuleOf{t.has[k].side(), rule.Severity, Basis{rule.Kind, append([]string{}, rule.Basis...), rule.Unverified}}
			if k == oldSide {
				row.Old = side
			} else {
				row.New = side
			}
		}
		r.Rules = append(r.Rules, row)
	}
	w.reportMonths(r)
	slices.SortStableFunc(r.Rules, func(a, b RuleTrial) int {
		return cmp.Or(cmp.Compare(b.Gained.Cases+b.Lost.Cases, a.Gained.Cases+a.Lost.Cases), cmp.Compare(b.Gained.Unjudged+b.Lost.Unjudged, a.Gained.Unjudged+a.Lost.Unjudged))
	})
	for k, p := range w.t.sides {
		for i, d := range p.Duties() {
			t := w.duties[k][i]
			count := &DutyCount{d.ID, titleOf(d.Title), t.onTime, t.late, t.open, t.overdue, t.lapsed, t.waived}
			at := slices.IndexFunc(r.Duties, func(x DutyTrial) bool { return x.Duty == d.ID })
			if at < 0 {
				at = len(r.Duties)
				r.Duties = append(r.Duties, DutyTrial{Duty: d.ID})
			}
			r.Duties[at].Title = count.Title
			if k == oldSide {
				r.Duties[at].Old = count
			} else {
				r.Duties[at].New = count
			}
		}
	}
	if r.Old.Acts != r.New.Acts {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("两个版本知道的行为不同：旧版本判断 %d 个，新版本 %d 个", r.Old.Acts, r.New.Acts), fmt.Sprintf("The versions do not know the same acts: the old one judges %d, the new one %d", r.Old.Acts, r.New.Acts)})
	}
	if r.Old.Edition == r.New.Edition && r.Old.Procedure == r.New.Procedure {
		r.Notes = append(r.Notes, Title{"两个版本相同", "Both versions are the same"})
	}
	if w.elsewhere > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d件案件的记录适用其他程序，未计", w.elsewhere), fmt.Sprintf("%d cases of the record were kept under other procedures and were left out", w.elsewhere)})
	}
	if stats.NoOffset > 0 {
		zone := next.Pack.Zone.Name()
		if w.t.opt.Map != nil && w.t.opt.Map.Zone != nil {
			zone = w.t.opt.Map.Zone.Name()
		}
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个时间没有时区，按%s读取", stats.NoOffset, zone), fmt.Sprintf("%d times carry no offset and were read in %s", stats.NoOffset, zone)})
	}
	return r
}

func (w *trialWorker) reportMonths(r *Trial) {
	first, last := 0, -1
	for n := range w.months {
		if last < first {
			first, last = n, n
		}
		first, last = min(first, n), max(last, n)
	}
	for n := first; n <= last; n++ {
		m := w.months[n]
		if m == nil {
			m = &trialMonth{}
		}
		name := fmt.Sprintf("%04d-%02d", n/12, n%12+1)
		r.Months = append(r.Months, MonthTrial{RuleChange{name, m.only[newSide], m.only[oldSide]}, m.cases})
		for rule, only := range m.rules {
			r.Rules[rule].Months = append(r.Rules[rule].Months, RuleChange{name, only[newSide], only[oldSide]})
		}
	}
}

// WorstGained returns the gravest severity of what the new version finds more, 5 when nothing is.
func (r *Trial) WorstGained() int {
	worst := 5
	for _, t := range r.Rules {
		if t.Gained.Count > 0 {
			worst = min(worst, t.New.Severity)
		}
	}
	return worst
}

// Years brings the months together by year.
func (r *Trial) Years() []MonthTrial {
	var out []MonthTrial
	for _, m := range r.Months {
		year := m.Month[:4]
		if len(out) == 0 || out[len(out)-1].Month != year {
			out = append(out, MonthTrial{RuleChange: RuleChange{Month: year}})
		}
		y := &out[len(out)-1]
		y.Cases += m.Cases
		y.Gained += m.Gained
		y.Lost += m.Lost
	}
	return out
}

// WriteText prints the trial for people.
func (r *Trial) WriteText(out io.Writer, lang string) error {
	say := func(zh, en string) string { return Title{zh, en}.In(lang) }
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s: %s\n", say("新版本在既往案件上的试行", "A new version, tried on past cases"), say("日志", "log"), r.Log)
	for k, v := range []*Version{&r.Old, &r.New} {
		fmt.Fprintf(w, "%s: %s (%s, %s %s)\n", []string{say("旧", "old"), say("新", "new")}[k], v.Title.In(lang), v.Procedure, say("版本", "edition"), v.ShortEdition())
	}
	fmt.Fprintf(w, say("\n案件 %d，截至 %s；结果改变的案件 %d（%s）\n", "\n%d cases, up to %s; cases that change: %d (%s)\n"), r.Cases, r.Now, r.Changed, percent(float64(r.Changed)/float64(max(1, r.Cases))))
	fmt.Fprintf(w, say("问题 %d → %d：增加 %d（%d 件案件），减少 %d（%d 件案件）\n", "findings %d → %d: gained %d (cases: %d), lost %d (cases: %d)\n"),
		r.Old.Count, r.New.Count, r.Gained.Count, r.Gained.Cases, r.Lost.Count, r.Lost.Cases)
	changed := slices.DeleteFunc(slices.Clone(r.Rules), func(t RuleTrial) bool { return !t.Changes() })
	if len(changed) > 0 {
		fmt.Fprintf(w, "\n%s\n", say("规则\t级别\t旧\t新\t增加\t案件\t减少\t案件\t不能判断\t含义", "rule\tseverity\told\tnew\tgained\tcases\tlost\tcases\tunjudged\tmeaning"))
	}
	for _, t := range changed {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", t.Rule, t.Severity(), t.Old.text(), t.New.text(), t.Gained.Count, t.Gained.Cases, t.Lost.Count, t.Lost.Cases, t.unjudged(), t.Title.In(lang))
	}
	if n := len(r.Rules) - len(changed); n > 0 {
		fmt.Fprintf(w, say("不变的规则：%d\n", "rules without change: %d\n"), n)
	}
	r.writeCases(w, changed, lang)
	r.writeDuties(w, lang)
	if r.Changed > 0 {
		months, head := r.Months, say("月份", "month")
		if len(months) > 24 {
			months, head = r.Years(), say("年份", "year")
		}
		fmt.Fprintf(w, "\n%s\t%s\n", head, say("案件\t增加\t减少", "cases\tgained\tlost"))
		for _, m := range months {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", m.Month, m.Cases, m.Gained, m.Lost)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range r.Told {
		r.Told[i].write(out, lang)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "\n%s: %s\n", say("注", "note"), n.In(lang))
	}
	return nil
}

func (s *RuleOf) text() string {
	if s == nil {
		return "–"
	}
	return fmt.Sprint(s.Count)
}

// Severity is that of the rule, or both where the versions differ.
func (r *RuleTrial) Severity() string {
	switch {
	case r.Old == nil:
		return fmt.Sprintf("S%d", r.New.Severity)
	case r.New == nil || r.New.Severity == r.Old.Severity:
		return fmt.Sprintf("S%d", r.Old.Severity)
	}
	return fmt.Sprintf("S%d→S%d", r.Old.Severity, r.New.Severity)
}

func (r *RuleTrial) unjudged() string {
	var a, b int64
	if r.Old != nil {
		a = r.Old.Unjudged
	}
	if r.New != nil {
		b = r.New.Unjudged
	}
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%d→%d", a, b)
}

const namedInText = 5

func (r *Trial) writeCases(w io.Writer, changed []RuleTrial, lang string) {
	named := func(zh, en string, t *RuleTrial, c *Change) {
		list := c.CaseIDs
		if list == nil {
			list = c.First[:min(len(c.First), namedInText)]
		}
		if len(list) == 0 {
			return
		}
		more := ""
		if int64(len(list)) < c.Cases {
			more = " …"
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\n", t.Rule, Title{zh, en}.In(lang), strings.Join(list, " "), more)
	}
	if len(changed) > 0 {
		fmt.Fprintf(w, "\n%s\n", Title{"规则\t\t案件", "rule\t\tcases"}.In(lang))
	}
	for i := range changed {
		named("增加", "gained", &changed[i], &changed[i].Gained)
		named("减少", "lost", &changed[i], &changed[i].Lost)
	}
}

func (r *Trial) writeDuties(w io.Writer, lang string) {
	rows := slices.DeleteFunc(slices.Clone(r.Duties), func(d DutyTrial) bool { return !d.Differs() })
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", Title{"职责\t\t按时\t逾期履行\t未履行\t其中已逾期\t消灭\t免除\t名称", "duty\t\ton time\tlate\topen\tof them overdue\tlapsed\twaived\tmeaning"}.In(lang))
	for _, d := range rows {
		for k, c := range []*DutyCount{d.Old, d.New} {
			side := []Title{{"旧", "old"}, {"新", "new"}}[k].In(lang)
			if c == nil {
				fmt.Fprintf(w, "%s\t%s\t–\t–\t–\t–\t–\t–\t%s\n", d.Duty, side, d.Title.In(lang))
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", d.Duty, side, c.OnTime, c.Late, c.Open, c.Overdue, c.Lapsed, c.Waived, c.Title.In(lang))
		}
	}
}

func (c *CaseTrial) write(out io.Writer, lang string) {
	say := func(zh, en string) string { return Title{zh, en}.In(lang) }
	fmt.Fprintf(out, "\n%s %s", say("案件", "case"), c.Case)
	if len(c.Gained) > 0 {
		fmt.Fprintf(out, " · %s %s", say("增加", "gained"), strings.Join(c.Gained, ", "))
	}
	if len(c.Lost) > 0 {
		fmt.Fprintf(out, " · %s %s", say("减少", "lost"), strings.Join(c.Lost, ", "))
	}
	fmt.Fprintln(out)
	for i := range c.Steps {
		s := &c.Steps[i]
		fmt.Fprintf(out, "  %s  %s", s.At, s.Act.Title.In(lang))
		if !s.Act.Known && !s.End {
			fmt.Fprint(out, say("（两个版本都未列）", " (unknown to both versions)"))
		}
		if s.By != "" {
			fmt.Fprintf(out, "  %s %s", say("经办", "by"), s.By)
		}
		for _, d := range s.Data {
			fmt.Fprintf(out, "  %s=%s", d.Name, d.Value)
		}
		fmt.Fprintln(out)
		for _, l := range s.Told() {
			fmt.Fprintf(out, "  %1s     ", l.Mark())
			if l.At != "" {
				fmt.Fprintf(out, "%s ", l.At)
			}
			if l.Kind == "finding" {
				fmt.Fprintf(out, "! S%d %s: ", l.Severity, l.ID)
			} else {
				fmt.Fprintf(out, "· %s [%s] ", say("职责", "duty"), l.ID)
			}
			fmt.Fprintln(out, l.Text.In(lang))
		}
	}
}
