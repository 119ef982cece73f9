package report

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/casefile"
	"plumbline/procedure"
)

type toldRule struct {
	ruleRow
	Cases []toldCase
}

type toldCase struct {
	Which, ID, Link, Name string
	Open                  bool
	Steps                 []toldStep
	Found                 int64
	Span                  string
}

type toldStep struct {
	Date, Wait string
	Title      string
	Known, End bool
	More       bool // stands for acts between, of which nothing was found
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
		said := slices.Concat(step.Passed, step.Said)
		for _, x := range said {
			if x.Finding != nil {
				t.Lines = append(t.Lines, p.finding(&x))
				if t.Lines[len(t.Lines)-1].Bad {
					c.Found++
				}
			}
		}
		t.Lines = append(t.Lines, p.duties(said)...)
		c.Steps = append(c.Steps, t)
	}
	if len(c.Steps) > mostSteps {
		p.shorten(c)
	}
	if n := len(s.Steps); n > 1 {
		c.Span = p.Time(int64(s.Steps[n-2].At-s.Steps[0].At) / 1_000_000)
	}
}

const (
	mostSteps = 24
	leastRest = 3 // acts in a row
)

// shorten leaves out, of a long case, acts in a row of which nothing was found, but for the first and the last of the case.
func (p *page) shorten(c *toldCase) {
	quiet := func(i int) bool {
		return i > 0 && i < len(c.Steps)-2 && !slices.ContainsFunc(c.Steps[i].Lines, func(l toldLine) bool { return l.Bad })
	}
	var out []toldStep
	for i := 0; i < len(c.Steps); {
		n := 0
		for quiet(i + n) {
			n++
		}
		if n >= leastRest {
			out = append(out, toldStep{More: true, Known: true, Title: p.Count(int64(n), "其间%s个行为，没有问题", "%s act in between, without a finding", "%s acts in between, without a finding")})
			i += n
			continue
		}
		out = append(out, c.Steps[i])
		i++
	}
	c.Steps = out
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

// finding says a finding in a line.
func (p *page) finding(s *audit.Said) toldLine {
	f := s.Finding
	rule := p.Proc.Rules()[f.Rule]
	l := toldLine{Bad: !s.Withdrawn && !f.Unjudged, Severity: rule.Severity, Text: rule.Title.In(p.Lang)}
	var subs []string
	if f.Due != 0 {
		subs = append(subs, fmt.Sprintf(p.Say("期限至%s", "due %s"), p.Day(f.Due)))
	}
	for _, b := range p.Proc.Pack.InForce(rule.Basis, f.At) {
		subs = append(subs, p.Proc.Pack.Cite(b).Text().In(p.Lang))
	}
	l.Sub = strings.Join(subs, p.Say("；", "; "))
	switch {
	case f.Unjudged:
		l.Text += fmt.Sprintf(p.Say("（不能判断：缺%s）", " (cannot be judged: %s is missing)"), f.Missing)
	case s.Withdrawn:
		l.Text += p.Say("（撤回：始终未履行，不计为逾期）", " (taken back: never done, so not counted as late)")
	}
	return l
}

// duties says in a line which duties an act left, and in another what became of duties. A deadline that passed is not told
// again where a finding tells it.
func (p *page) duties(said []audit.Said) []toldLine {
	var left, became []string
	for _, x := range said {
		if x.Finding != nil {
			continue
		}
		d := x.Duty
		title := p.Proc.Duties()[d.Duty].Title.In(p.Lang)
		found := slices.ContainsFunc(said, func(y audit.Said) bool {
			return y.Finding != nil && !y.Withdrawn && y.Finding.Duty == d.Duty && y.Finding.Subject == d.Subject
		})
		with := func(note string) string { return title + p.Say("（"+note+"）", " ("+note+")") }
		switch {
		case d.State == procedure.Opened && d.Due != 0:
			left = append(left, with(fmt.Sprintf(p.Say("期限至%s", "by %s"), p.Day(d.Due))))
		case d.State == procedure.Opened:
			left = append(left, title)
		case d.State == procedure.Late && d.Due != 0:
			became = append(became, with(fmt.Sprintf(p.Say("迟%s", "late by %s"), p.Time(audit.Lateness(p.Proc.Pack.Zone, d.Due, d.At)))))
		case d.State == procedure.Overdue && !found:
			became = append(became, with(fmt.Sprintf(p.Say("%s届满，未履行", "not done by %s"), p.Day(d.Due))))
		case d.State == procedure.Overdue, d.State == procedure.Missing && found:
		default:
			became = append(became, with(p.In(audit.StateTitle(d.State))))
		}
	}
	var out []toldLine
	if len(became) > 0 {
		out = append(out, toldLine{Text: p.Say("职责：", "Duties: ") + strings.Join(became, p.Say("；", "; "))})
	}
	if len(left) > 0 {
		out = append(out, toldLine{Text: p.Say("接下来应当：", "Must now be done: ") + strings.Join(left, p.Say("；", "; "))})
	}
	return out
}
