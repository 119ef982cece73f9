package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Explain tells one case of a log step by step: its acts with their data, the duties they leave and discharge, the clocks
// that run, the facts as they stand, and each finding with its article.
func Explain(ctx context.Context, out io.Writer, lang, caseID, name string, open Opener, p *procedure.Procedure, opt Options) error {
	opt.Workers = 1
	stories, err := stories(ctx, name, open, p, opt, func(c *eventlog.Case) bool { return c.ID == caseID })
	if err != nil {
		return err
	}
	if len(stories) == 0 {
		return errors.New(name + ": no case " + caseID)
	}
	for i := range stories {
		if len(stories[i].Steps) == 0 {
			return fmt.Errorf("%s: case %s is of a Plumbline record: it is told on its own page there, and only histories of other systems here", name, caseID)
		}
		(&explainer{out: out, lang: lang, p: p}).tell(&stories[i])
	}
	return nil
}

type explainer struct {
	out  io.Writer
	lang string
	p    *procedure.Procedure
}

func (x *explainer) say(zh, en string) string { return Title{zh, en}.In(x.lang) }

func (x *explainer) day(i calendar.Instant) string {
	return i.Time().In(x.p.Pack.Zone.Location()).Format("2006-01-02 15:04")
}

func (x *explainer) tell(s *Story) {
	fmt.Fprintf(x.out, "%s %s · %s\n", x.say("案件", "case"), s.Case, titleOf(x.p.Title).In(x.lang))
	for i := range s.Steps {
		step := &s.Steps[i]
		x.said(step.Passed)
		switch {
		case step.End:
			fmt.Fprintf(x.out, "\n%s  %s\n", x.day(step.At), x.say("日志至此为止", "the log is over"))
		case step.Act == "":
			fmt.Fprintf(x.out, "\n%s  %s %s\n", x.day(step.At), step.Title.EN, x.say("（本程序未列，未判断）", "(unknown to the procedure, not judged)"))
			continue
		default:
			fmt.Fprintf(x.out, "\n%s  %s (%s)", x.day(step.At), step.Title.In(x.lang), step.Act)
			if step.Person != "" {
				fmt.Fprintf(x.out, "  %s %s", x.say("经办", "by"), step.Person)
			}
			fmt.Fprintln(x.out)
		}
		for _, bad := range step.Unread {
			fmt.Fprintf(x.out, "      ? %s\n", bad)
		}
		for _, d := range step.Data {
			fmt.Fprintf(x.out, "      %s = %s\n", d.Name, d.Value)
		}
		x.said(step.Said)
		if len(step.Facts) > 0 {
			var facts []string
			for _, f := range step.Facts {
				facts = append(facts, f.Name+"="+f.Value)
			}
			fmt.Fprintf(x.out, "      %s %s\n", x.say("事实", "facts"), strings.Join(facts, "  "))
		}
	}
}

// StateTitle is what became of a duty, for people.
func StateTitle(s procedure.State) Title { return Title{stateZH[s], s.String()} }

var stateZH = map[procedure.State]string{procedure.Opened: "产生", procedure.OnTime: "按时履行", procedure.Late: "逾期履行", procedure.Overdue: "逾期未履行", procedure.Open: "未到期", procedure.Missing: "始终未履行", procedure.Lapsed: "消灭", procedure.Waived: "免除"}

func (x *explainer) said(all []Said) {
	duties := x.p.Duties()
	for _, s := range all {
		if f := s.Finding; f != nil {
			x.finding(s.Withdrawn, f)
			continue
		}
		due := ""
		if s.Duty.Due != 0 {
			due = x.say("，期限至 ", ", due ") + x.day(s.Duty.Due)
		}
		d := duties[s.Duty.Duty]
		fmt.Fprintf(x.out, "      · %s %s [%s]: %s%s\n", x.say("职责", "duty"), titleOf(d.Title).In(x.lang), d.ID, StateTitle(s.Duty.State).In(x.lang), due)
	}
}

func (x *explainer) finding(withdrawn bool, f *procedure.Finding) {
	mark := "!"
	if withdrawn {
		mark = x.say("撤回（始终未履行，不计为逾期）", "withdrawn (never done, so not counted as late)")
	}
	rule := x.p.Rules()[f.Rule]
	fmt.Fprintf(x.out, "      %s S%d %s: %s", mark, rule.Severity, rule.ID, titleOf(rule.Title).In(x.lang))
	if f.Unjudged {
		fmt.Fprintf(x.out, " %s", fmt.Sprintf(x.say("（不能判断：缺 %s）", "(cannot be judged: %s is missing)"), f.Missing))
	}
	if f.Due != 0 {
		fmt.Fprintf(x.out, " %s %s", x.say("期限", "due"), x.day(f.Due))
	}
	fmt.Fprintf(x.out, " [%s: %s; %s]\n", rule.Kind, strings.Join(x.p.Pack.InForce(rule.Basis, f.At), ", "), f.Clause)
}
