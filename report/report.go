// Package report renders what an audit found: one HTML file for those who answer for the work, tables for those who count.
//
// The page needs no network and no script, prints on A4 and reads at 375 px. It says what it rests on: a share stands with what
// it is a share of and the interval in which the rate behind it lies, groups stand by name and not by rate, and a model is
// never called law.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Input is what is reported.
type Input struct {
	Report  *audit.Report // with Figures
	Proc    *procedure.Procedure
	Stories []audit.Story // of Report.Figures.Examples, in their order; nil: cases are not told
	Sources []Source      // what was read
	Version string        // of the program; empty: not told

	// House says that the report is of the platform's own record: it stands inside a page, names nobody, and cases are links.
	House bool
	Link  func(c string) string  // the address of a case; nil: none
	Title func(c string) string  // its name where it stands as a link; nil: its id
	Group func(id string) string // the name of a group; nil: its id
	Notes []audit.Title          // what else must be said of it
}

// Source is a file that was read.
type Source struct {
	Name   string
	Bytes  int64
	SHA256 string // in hex
}

//go:embed page.html
var pageText string

//go:embed style.css
var style string

// HTML writes the report as one file, in zh or en.
func HTML(out io.Writer, in *Input, lang string) error {
	return templates.ExecuteTemplate(out, "page", newPage(in, lang))
}

// Part is the report as a part of another page, and the style that it needs.
func Part(in *Input, lang string) (body template.HTML, css template.CSS, err error) {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, "report", newPage(in, lang)); err != nil {
		return "", "", err
	}
	return template.HTML(b.String()), template.CSS(style), nil //nolint:gosec // made by html/template; the style is ours
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"pc":    func(share float64) string { return fmt.Sprintf("%.2f", share*100) },
	"pc2":   func(percent float64) string { return fmt.Sprintf("%.2f", percent) },
	"dict":  func(p *page, row any) map[string]any { return map[string]any{"P": p, "Row": row} },
	"stack": stack,
}).Parse(pageText))

// stack draws the parts of a whole side by side.
func stack(parts [5]float64) template.HTML {
	var b strings.Builder
	x := 0.0
	for i, class := range []string{"ok", "late", "over", "open", "away"} {
		if parts[i] > 0 {
			fmt.Fprintf(&b, `<rect class="%s" x="%.2f%%" width="%.2f%%" height="100%%"/>`, class, x, parts[i])
		}
		x += parts[i]
	}
	return template.HTML(b.String()) //nolint:gosec // numbers
}

// page is what the template reads.
type page struct {
	*words
	*Input
	R     *audit.Report
	F     *audit.Figures
	Style template.CSS

	Model, Law, Unverified bool // what the rules rest on
	Span                   string
	Worst                  []ruleRow
	Rules, Silent          []ruleRow
	Groups                 []groupRow
	GroupRest              *groupRow
	GroupMean              float64
	Trends                 []*trend
	Waits                  []waitRow
	WaitRest               int
	WaitShare              float64
	Duties                 []dutyRow
	Map                    processMap
	Variants               []variantRow
	VariantRest            int64
	VariantRestCases       int64
	Told                   []toldRule
	Quality                []qualityRow
}

type share struct {
	Count, Of      int64
	P, Low, High   float64
	Width, Left, W float64 // in percent of a scale: the bar, and the interval
}

func newShare(count, of int64, scale float64) share {
	s := share{Count: count, Of: of}
	if of > 0 {
		s.P = float64(count) / float64(of)
	}
	s.Low, s.High = audit.Wilson(count, of)
	s.Width, s.Left, s.W = min(100, s.P/scale*100), min(100, s.Low/scale*100), 0
	s.W = min(100-s.Left, max((s.High-s.Low)/scale*100, 0.4))
	return s
}

type ruleRow struct {
	audit.RuleCount
	Share      share
	OfWhat     string
	Cites      []string
	Setting    string
	Unverified string
}

type groupRow struct {
	Name  string
	Share share
	Grave int64
	Rest  int // groups together
}

type waitRow struct {
	From, To string
	Count    int64
	Wait     audit.Spread
	Share    float64 // of all waiting
	Found    int64
}

type dutyRow struct {
	Count   audit.DutyCount
	Figures audit.DutyFigures
	Title   string
	From    string
	All     int64
	Waiting int64      // open, its deadline not passed or without one
	Bars    [5]float64 // on time, late, overdue, waiting, ended otherwise; percent
	Limit   string
	Missed  share
}

type variantRow struct {
	Acts  []string
	Cases int64
	Share float64
	Found share
	Grave int64
}

type qualityRow struct {
	What  string
	Count int64
	Of    string
	Means string
	Bad   bool
}

type toldRule struct {
	ruleRow
	Cases []toldCase
}

type toldCase struct {
	Which, ID, Link, Name string
	Open                  bool
	Steps                 []toldStep
	Found                 int
	Span                  string
}

type toldStep struct {
	Date, Wait string
	Title      string
	Known, End bool
	Person     string
	Data       []audit.NamedValue
	Lines      []toldLine
}

type toldLine struct {
	Bad      bool
	Severity int
	Text     string
	Sub      string
}

const (
	mostGroups   = 60
	mostWaits    = 10
	mostVariants = 12
	mostWorst    = 3
)

func newPage(in *Input, lang string) *page {
	p := &page{words: &words{lang, in.Proc.Pack}, Input: in, R: in.Report, F: in.Report.Figures, Style: template.CSS(style)} //nolint:gosec // ours
	if p.F.First != "" {
		p.Span = p.F.First[:10] + p.Say(" 至 ", " to ") + p.F.Last[:10]
	}
	p.rules()
	p.groups()
	p.trends()
	p.time()
	p.Map = drawMap(p.words, p.F)
	p.variants()
	p.stories()
	p.Quality = p.quality()
	return p
}

func (p *page) act(id string) string {
	if i := p.Proc.ActOf(id); i >= 0 {
		return p.Proc.ActTitle(i).In(p.Lang)
	}
	return id
}

func (p *page) rules() {
	var rows []ruleRow
	for i, r := range p.R.Findings {
		x := ruleRow{RuleCount: r, Share: newShare(r.Cases, p.F.Rules[i].Of, 1), OfWhat: p.ofWhat(&p.F.Rules[i])}
		for _, c := range r.Basis.Cites {
			cited := p.Proc.Pack.Cite(c)
			text := cited.Text().In(p.Lang)
			if gist := cited.Gist.In(p.Lang); gist != "" {
				text += p.Say("：", ": ") + gist
			}
			x.Cites = append(x.Cites, text)
			switch cited.Kind {
			case "law", "rule":
				p.Law = true
			case "model":
				p.Model = true
			}
		}
		x.Unverified, x.Setting = r.Basis.Unverified, p.Proc.Rules()[i].Setting
		p.Unverified = p.Unverified || x.Unverified != ""
		rows = append(rows, x)
	}
	slices.SortStableFunc(rows, func(a, b ruleRow) int {
		return cmp.Or(a.Severity-b.Severity, cmp.Compare(b.Cases, a.Cases))
	})
	for _, x := range rows {
		if x.Count > 0 {
			p.Rules = append(p.Rules, x)
		} else {
			p.Silent = append(p.Silent, x)
		}
	}
	p.Worst = p.Rules[:min(len(p.Rules), mostWorst)]
}

// ofWhat says in which cases a rule could be broken.
func (p *page) ofWhat(r *audit.RuleFigures) string {
	if r.Every || len(r.Acts) == 0 {
		return p.Say("全部案件", "all cases")
	}
	var names []string
	for i, a := range r.Acts {
		if i == 2 && len(r.Acts) > 3 {
			names = append(names, "…")
			break
		}
		names = append(names, p.act(a))
	}
	list := strings.Join(names, p.Say("、", ", "))
	return fmt.Sprintf(p.Say("有“%s”的案件", "cases with %s"), list)
}

func (p *page) groups() {
	if p.F.By == "" || len(p.F.Groups) < 2 {
		return
	}
	kept := slices.Clone(p.F.Groups)
	slices.SortStableFunc(kept, func(a, b audit.GroupFigures) int { return cmp.Compare(b.Cases, a.Cases) })
	rest := kept[min(len(kept), mostGroups):]
	kept = kept[:min(len(kept), mostGroups)]
	top := 0.0
	row := func(g audit.GroupFigures) groupRow {
		name := g.Name
		if p.Group != nil && name != "" {
			name = p.Group(name)
		}
		if name == "" {
			name = p.Say("（未记载）", "(not stated)")
		}
		s := newShare(g.Found, g.Cases, 1)
		top = max(top, s.P)
		return groupRow{Name: name, Share: s, Grave: g.Grave}
	}
	for _, g := range kept {
		p.Groups = append(p.Groups, row(g))
	}
	slices.SortStableFunc(p.Groups, func(a, b groupRow) int {
		return cmp.Or(cmp.Compare(len(a.Name)*p.numeric(), len(b.Name)*p.numeric()), cmp.Compare(a.Name, b.Name))
	})
	if len(rest) > 0 {
		var all audit.GroupFigures
		for _, g := range rest {
			all.Cases, all.Found, all.Grave = all.Cases+g.Cases, all.Found+g.Found, all.Grave+g.Grave
		}
		p.GroupRest = &groupRow{Name: fmt.Sprintf(p.Say("其余%d个", "%d others"), len(rest)), Share: newShare(all.Found, all.Cases, 1), Grave: all.Grave, Rest: len(rest)}
	}
	p.GroupMean = newShare(p.F.Found, p.R.Cases, 1).Width
}

// numeric is 1 where all groups are named by numbers, which then stand in the order of numbers.
func (p *page) numeric() int {
	for _, g := range p.F.Groups {
		if strings.Trim(g.Name, "0123456789") != "" {
			return 0
		}
	}
	return 1
}

func (p *page) trends() {
	var all []point
	for _, m := range p.F.Months {
		all = append(all, point{Month: m.Month, Count: m.Found, Of: m.Cases})
	}
	if t := newTrend(p.Say("案件中有任一问题的", "Cases with any finding"), 0, all); t != nil {
		p.Trends = append(p.Trends, t)
	}
	for _, i := range audit.Gravest(p.R.Findings, len(p.R.Findings)) {
		r := &p.R.Findings[i]
		if r.Cases < 100 {
			continue
		}
		var points []point
		for k, m := range p.F.Rules[i].Months {
			points = append(points, point{Month: p.F.Months[k].Month, Count: m.Cases, Of: m.Of})
		}
		if t := newTrend(r.Title.In(p.Lang), r.Severity, points); t != nil {
			p.Trends = append(p.Trends, t)
		}
		if len(p.Trends) == 5 {
			break
		}
	}
}

// Chart draws a trend.
func (p *page) Chart(t *trend) template.HTML { return t.chart(t.Title) }

// Years are the letters under it.
func (p *page) Years(t *trend) []tick { return t.years() }

// TrendWords says what a chart shows.
func (p *page) TrendWords(t *trend) string {
	var s []string
	s = append(s, fmt.Sprintf(p.Say("平均%s", "Mean %s"), p.Percent(t.Mean)))
	switch {
	case t.Outside == 0:
		s = append(s, p.Say("各月均在控制限内：没有迹象表明某月与其他月份不同", "every month lies within the limits: nothing says that a month differs from the others"))
	case t.High != nil:
		s = append(s, fmt.Sprintf(p.Say("%d个月超出控制限，最高为%s（%s）", "%d months lie outside the limits, the highest is %s (%s)"), t.Outside, p.Month(t.High.Month), p.Percent(t.High.P)))
	default:
		s = append(s, fmt.Sprintf(p.Say("%d个月低于控制下限", "%d months lie below the limits"), t.Outside))
	}
	for _, r := range t.Runs {
		side := p.Say("低于", "below")
		if r.Above {
			side = p.Say("高于", "above")
		}
		s = append(s, fmt.Sprintf(p.Say("%s至%s连续%d个月%s平均（%s）", "from %s to %s %d months in a row %s the mean (%s)"), p.Month(r.From), p.Month(r.To), r.Months, side, p.Percent(float64(r.Count)/float64(r.Of))))
	}
	return strings.Join(s, p.Say("；", "; ")) + p.Say("。", ".")
}

func (p *page) time() {
	var total int64
	arcs := slices.Clone(p.F.Arcs)
	for _, a := range arcs {
		total += a.Wait.Total
	}
	slices.SortStableFunc(arcs, func(a, b audit.Arc) int { return cmp.Compare(b.Wait.Total, a.Wait.Total) })
	for _, a := range arcs {
		if a.Wait.Total == 0 {
			continue
		}
		if len(p.Waits) == mostWaits {
			p.WaitRest++
			continue
		}
		s := float64(a.Wait.Total) / float64(total)
		p.WaitShare += s
		p.Waits = append(p.Waits, waitRow{p.act(a.From), p.act(a.To), a.Count, a.Wait, s, a.Found})
	}
	for i, d := range p.R.Duties {
		info := &p.Proc.Duties()[i]
		row := dutyRow{Count: d, Figures: p.F.Duties[i], Title: d.Title.In(p.Lang), From: p.Proc.ActTitle(info.Act).In(p.Lang), All: d.OnTime + d.Late + d.Open + d.Lapsed + d.Waived, Waiting: d.Open - d.Overdue}
		if row.All == 0 {
			continue
		}
		if len(info.Terms) > 0 {
			var terms []string
			for _, t := range info.Terms {
				if s := t.In(p.Lang); !slices.Contains(terms, s) {
					terms = append(terms, s)
				}
			}
			row.Limit = strings.Join(terms[:min(len(terms), 3)], p.Say("／", " / "))
		}
		for k, n := range []int64{d.OnTime, d.Late, d.Overdue, row.Waiting, d.Lapsed + d.Waived} {
			row.Bars[k] = float64(n) / float64(row.All) * 100
		}
		row.Missed = newShare(d.Late+d.Overdue, row.All, 1)
		p.Duties = append(p.Duties, row)
	}
}

func (p *page) variants() {
	shown := int64(0)
	for _, v := range p.F.Variants[:min(len(p.F.Variants), mostVariants)] {
		row := variantRow{Cases: v.Cases, Share: float64(v.Cases) / float64(max(p.R.Cases, 1)), Found: newShare(v.Found, v.Cases, 1), Grave: v.Grave}
		for _, a := range v.Acts {
			row.Acts = append(row.Acts, p.act(a))
		}
		if len(row.Acts) > 24 {
			row.Acts = append(row.Acts[:23], "…")
		}
		shown += v.Cases
		p.Variants = append(p.Variants, row)
	}
	p.VariantRest = p.F.Distinct - int64(len(p.Variants))
	p.VariantRestCases = p.R.Cases - p.F.Quality.Unjudgeable - shown
}

func (p *page) stories() {
	which := map[string]string{"earliest": p.Say("最早", "earliest"), "median": p.Say("居中", "median"), "latest": p.Say("最晚", "latest")}
	rows := slices.Concat(p.Rules, p.Silent)
	for i, x := range p.F.Examples {
		if i == 0 || p.F.Examples[i-1].Rule != x.Rule {
			k := slices.IndexFunc(rows, func(r ruleRow) bool { return r.Rule == x.Rule })
			p.Told = append(p.Told, toldRule{ruleRow: rows[k]})
		}
		t := &p.Told[len(p.Told)-1]
		c := toldCase{Which: which[x.Which], ID: x.Case, Name: x.Case}
		if p.Link != nil {
			c.Link = p.Link(x.Case)
		}
		if p.Title != nil {
			c.Name = p.Title(x.Case)
		}
		if i < len(p.Stories) {
			p.tell(&c, &p.Stories[i])
		}
		c.Open = x.Which == "median" || len(p.F.Examples) == 1
		t.Cases = append(t.Cases, c)
	}
	for i := range p.Told { // one case of each rule is open
		t := &p.Told[i]
		if !slices.ContainsFunc(t.Cases, func(c toldCase) bool { return c.Open }) {
			t.Cases[0].Open = true
		}
	}
}

func (p *page) tell(c *toldCase, s *audit.Story) {
	for i, step := range s.Steps {
		t := toldStep{Date: p.Moment(step.At), Title: step.Title.In(p.Lang), Known: step.Act != "", End: step.End, Data: p.named(step.Act, step.Data)}
		if !p.House {
			t.Person = step.Person
		}
		if i > 0 && !step.End {
			if wait := int64(step.At-s.Steps[i-1].At) / 1_000_000; wait > 0 {
				t.Wait = "+" + p.Time(wait)
			}
		}
		if step.End {
			t.Title = p.Say("日志至此为止", "the log ends here")
		}
		for _, u := range step.Unread {
			t.Lines = append(t.Lines, toldLine{Text: p.Say("不可读：", "not readable: ") + u})
		}
		for _, said := range slices.Concat(step.Passed, step.Said) {
			if line, ok := p.line(&said, step.End); ok {
				if line.Bad {
					c.Found++
				}
				t.Lines = append(t.Lines, line)
			}
		}
		c.Steps = append(c.Steps, t)
	}
	if n := len(s.Steps); n > 1 {
		c.Span = p.Time(int64(s.Steps[n-2].At-s.Steps[0].At) / 1_000_000)
	}
}

// named gives data the titles that the pack has for them.
func (p *page) named(act string, data []audit.NamedValue) []audit.NamedValue {
	i := p.Proc.ActOf(act)
	if i < 0 {
		return data
	}
	out := slices.Clone(data)
	for k := range out {
		for _, f := range p.Proc.Act(i).Fields {
			if f.Name == out[k].Name {
				out[k].Name = f.Title.In(p.Lang)
				if f.Kind == casefile.Text {
					for _, o := range f.Enum {
						if o.ID == out[k].Value {
							out[k].Value = o.Title.In(p.Lang)
						}
					}
				}
			}
		}
	}
	return out
}

// line says in a line what judging said; false for what needs no line.
func (p *page) line(s *audit.Said, end bool) (toldLine, bool) {
	if f := s.Finding; f != nil {
		rule := p.Proc.Rules()[f.Rule]
		l := toldLine{Bad: !s.Withdrawn && !f.Unjudged, Severity: rule.Severity, Text: rule.Title.In(p.Lang)}
		var cites []string
		for _, b := range p.Proc.Pack.InForce(rule.Basis, f.At) {
			cites = append(cites, p.Proc.Pack.Cite(b).Text().In(p.Lang))
		}
		l.Sub = strings.Join(cites, p.Say("；", "; "))
		if f.Due != 0 {
			l.Sub = fmt.Sprintf(p.Say("期限至%s；", "due %s; "), p.Day(f.Due)) + l.Sub
		}
		switch {
		case f.Unjudged:
			l.Text += fmt.Sprintf(p.Say("（不能判断：缺%s）", " (cannot be judged: %s is missing)"), f.Missing)
		case s.Withdrawn:
			l.Text += p.Say("（撤回：始终未履行，不计为逾期）", " (taken back: never done, so not counted as late)")
		}
		return l, true
	}
	d := s.Duty
	info := &p.Proc.Duties()[d.Duty]
	title := info.Title.In(p.Lang)
	switch d.State {
	case procedure.Opened:
		if d.Due == 0 {
			return toldLine{Text: fmt.Sprintf(p.Say("应当：%s", "must now: %s"), title)}, true
		}
		return toldLine{Text: fmt.Sprintf(p.Say("应当：%s，期限至%s", "must now: %s, by %s"), title, p.Day(d.Due))}, true
	case procedure.OnTime, procedure.Late, procedure.Lapsed, procedure.Waived:
		return toldLine{Text: title + p.Say("：", ": ") + p.In(audit.StateTitle(d.State))}, true
	case procedure.Overdue:
		return toldLine{Text: fmt.Sprintf(p.Say("%s：%s期限届满，未履行", "%s: its limit ran out on %s"), title, p.Day(d.Due))}, true
	}
	return toldLine{Text: title + p.Say("：", ": ") + p.In(audit.StateTitle(d.State))}, end
}

func (p *page) quality() []qualityRow {
	q := &p.F.Quality
	events := fmt.Sprintf(p.Say("共%s条", "of %s events"), p.Number(q.Events))
	acts := fmt.Sprintf(p.Say("共%s个行为", "of %s acts"), p.Number(p.R.Acts))
	cases := fmt.Sprintf(p.Say("共%s件", "of %s cases"), p.Number(p.R.Cases))
	var unreadable int64
	for _, u := range p.R.Unreadable {
		unreadable += u.Count
	}
	rows := []qualityRow{
		{p.Say("程序未列的行为", "Acts unknown to the procedure"), q.Unmapped, events, p.Say("未判断；名称见下", "not judged; named below"), true},
		{p.Say("不可读的值", "Values not readable"), unreadable, "", p.Say("当作没有；见下", "taken as absent; named below"), true},
		{p.Say("没有可判断行为的案件", "Cases without any act that is known"), q.Unjudgeable, cases, p.Say("不可能有问题，但计入案件总数", "cannot show a finding, and count as cases"), true},
		{p.Say("编号重复的案件", "Case ids that stand more than once"), q.Repeated, cases, p.Say("分别判断", "judged apart"), true},
		{p.Say("时间先后与日志顺序不符", "Acts dated before the act above them"), q.Backwards, acts, p.Say("按日志顺序判断，间隔不计", "judged in the log's order; no wait is counted"), true},
		{p.Say("与前一行为时间相同", "Acts at the very time of the act before"), q.SameTime, acts, p.Say("先后由日志顺序决定", "the log's order decides which came first"), false},
		{p.Say("同一行为同一时间重复", "The same act twice at one time"), q.Doubled, acts, p.Say("可能是重复登记", "perhaps entered twice"), true},
		{p.Say("恰在零时的时间", "Times at exactly midnight"), q.Midnight, events, p.Say("很可能只记到日：以小时计的期限不可靠", "probably dated to the day: limits in hours cannot be trusted"), false},
		{p.Say("只记到日的时间", "Dated to the day only"), q.DayOnly, events, p.Say("同日先后不明", "the order within a day is not known"), false},
		{p.Say("没有时区的时间", "Times without offset"), q.NoOffset, events, fmt.Sprintf(p.Say("按%s读取", "read in %s"), p.Proc.Pack.Zone.Name()), false},
		{p.Say("晚于截止时点的事件", "Events after the moment of this report"), q.Future, events, p.Say("日期可能有误", "perhaps misdated"), true},
		{p.Say("相隔一年以上的行为", "More than a year between two acts"), q.LongGaps, acts, p.Say("久拖，或者中间的行为没有记录", "long delay, or acts that are not in the log"), false},
		{p.Say("没有新案的月份", "Months in which no case begins"), q.EmptyMonths, "", p.Say("数据可能缺失", "data may be missing"), true},
		{p.Say("没有经办人的行为", "Acts that name no person"), q.NoPerson, acts, p.Say("由谁作出的规则不能判断", "rules about who acts were not judged"), false},
		{p.Say("没有单位的行为", "Acts that name no unit"), q.NoUnit, acts, "", false},
		{p.Say("不是已完成行为的记录", "Records that are not completed acts"), q.OtherSteps, "", p.Say("未计", "left out"), false},
		{p.Say("没有事件的案件", "Cases without events"), q.Empty, cases, "", true},
	}
	return rows
}

// Unmapped lists the acts that the procedure does not know, the most frequent first.
func (p *page) Unmapped() []qualityRow {
	var out []qualityRow
	for k, n := range p.R.Unmapped {
		out = append(out, qualityRow{What: k, Count: n})
	}
	slices.SortFunc(out, func(a, b qualityRow) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return out[:min(len(out), 30)]
}

// FoundShare and GraveShare are the cases with a finding, and with a grave one.
func (p *page) FoundShare() share { return newShare(p.F.Found, p.R.Cases, 1) }
func (p *page) GraveShare() share { return newShare(p.F.Grave, p.R.Cases, 1) }

// DutyShare is the duties with a limit that were missed: late, or never done and overdue.
func (p *page) DutyShare() share {
	var missed, all int64
	for _, d := range p.Duties {
		if d.Limit != "" {
			missed += d.Count.Late + d.Count.Overdue
			all += d.All
		}
	}
	return newShare(missed, all, 1)
}

// Interval writes the interval of a share.
func (p *page) Interval(s share) string {
	digits := 1
	if s.High-s.Low > 0.1 {
		digits = 0
	}
	return fmt.Sprintf("%.*f–%.*f%%", digits, s.Low*100, digits, s.High*100)
}
