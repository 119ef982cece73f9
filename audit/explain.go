package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Explain tells one case of a log step by step: its acts with their data, the duties they leave and discharge, the clocks
// that run, the facts as they stand, and each finding with its article.
func Explain(ctx context.Context, out io.Writer, lang, caseID, name string, open Opener, p *procedure.Procedure, opt Options) error {
	var found []eventlog.Case
	var last calendar.Instant
	_, err := read(ctx, name, open, p, Options{Map: opt.Map, Workers: 1}, func() { found, last = nil, math.MinInt64 }, func(_ int, b *eventlog.Batch) error {
		for i := range b.Cases {
			for k := range b.Cases[i].Events {
				last = max(last, b.Cases[i].Events[k].Time)
			}
			if b.Cases[i].ID == caseID {
				if _, ok := recordedUnder(&b.Cases[i]); ok {
					return fmt.Errorf("%s: case %s is of a Plumbline record: it is told on its own page there, and only histories of other systems here", name, caseID)
				}
				found = append(found, keep(&b.Cases[i]))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New(name + ": no case " + caseID)
	}
	now := opt.Now
	if now == 0 {
		now = last
	}
	for i := range found {
		(&explainer{out: out, lang: lang, p: p}).tell(&found[i], now)
	}
	return nil
}

// keep copies a case out of the reader's memory.
func keep(c *eventlog.Case) eventlog.Case {
	d := *c
	d.ID = strings.Clone(c.ID)
	d.Data = keepFields(c.Data)
	d.Events = make([]eventlog.Event, len(c.Events))
	for i, e := range c.Events {
		e.Act, e.Person, e.Post, e.Unit = strings.Clone(e.Act), strings.Clone(e.Person), strings.Clone(e.Post), strings.Clone(e.Unit)
		e.Data = keepFields(e.Data)
		d.Events[i] = e
	}
	return d
}

func keepFields(of []eventlog.Field) []eventlog.Field {
	out := make([]eventlog.Field, len(of))
	for i, f := range of {
		out[i] = eventlog.Field{Key: strings.Clone(f.Key), Value: strings.Clone(f.Value), Kind: f.Kind}
	}
	return out
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

func (x *explainer) tell(c *eventlog.Case, now calendar.Instant) {
	fmt.Fprintf(x.out, "%s %s · %s\n", x.say("案件", "case"), c.ID, titleOf(x.p.Title).In(x.lang))
	r := newReader(x.p)
	j, s := x.p.NewJudge(), x.p.New()
	for i := range c.Events {
		e := &c.Events[i]
		act, ok := r.act(c, e, func(act, field, value string, _ int64, why error) {
			fmt.Fprintf(x.out, "      ? %s.%s: %v\n", act, field, why)
		})
		if !ok {
			fmt.Fprintf(x.out, "\n%s  %s %s\n", x.day(e.Time), e.Act, x.say("（本程序未列，未判断）", "(unknown to the procedure, not judged)"))
			continue
		}
		var passed procedure.Outcome
		j.Advance(s, act.Occurred, &passed)
		x.outcome(&passed)
		fmt.Fprintf(x.out, "\n%s  %s (%s)", x.day(e.Time), titleOf(x.p.ActTitle(act.Kind)).In(x.lang), x.p.ActID(act.Kind))
		if e.Person != "" {
			fmt.Fprintf(x.out, "  %s %s", x.say("经办", "by"), e.Person)
		}
		fmt.Fprintln(x.out)
		for k, f := range x.p.Fields(act.Kind) {
			if v := act.Data[k]; v.Known() {
				fmt.Fprintf(x.out, "      %s = %s\n", f.Name, x.value(v))
			}
		}
		var o procedure.Outcome
		j.Act(s, act, &o)
		x.outcome(&o)
		x.standing(s)
	}
	var o procedure.Outcome
	j.End(s, now, &o)
	fmt.Fprintf(x.out, "\n%s  %s\n", x.day(now), x.say("日志至此为止", "the log is over"))
	x.outcome(&o)
}

func (x *explainer) value(v casefile.Value) string {
	if v.Kind() == casefile.Instant {
		return x.day(v.Instant())
	}
	return v.String()
}

var stateZH = map[procedure.State]string{procedure.Opened: "产生", procedure.OnTime: "按时履行", procedure.Late: "逾期履行", procedure.Overdue: "逾期", procedure.Open: "未到期", procedure.Missing: "始终未履行", procedure.Lapsed: "失效", procedure.Waived: "免除"}

func (x *explainer) outcome(o *procedure.Outcome) {
	duties := x.p.Duties()
	for _, d := range o.Duties {
		due := ""
		if d.Due != 0 {
			due = x.say("，期限至 ", ", due ") + x.day(d.Due)
		}
		fmt.Fprintf(x.out, "      · %s %s [%s]: %s%s\n", x.say("职责", "duty"), titleOf(duties[d.Duty].Title).In(x.lang), duties[d.Duty].ID, x.say(stateZH[d.State], d.State.String()), due)
	}
	same := func(list []procedure.Finding, f procedure.Finding) bool {
		return slices.ContainsFunc(list, func(g procedure.Finding) bool {
			return g.Rule == f.Rule && g.Clause == f.Clause && g.Cause == f.Cause && g.Subject == f.Subject
		})
	}
	for _, f := range o.Findings {
		if !same(o.Withdrawn, f) { // made and withdrawn at the same end: never done, so not counted as late
			x.finding("!", f)
		}
	}
	for _, f := range o.Withdrawn {
		if !same(o.Findings, f) {
			x.finding(x.say("撤回（始终未履行，不计为逾期）", "withdrawn (never done, so not counted as late)"), f)
		}
	}
}

func (x *explainer) finding(mark string, f procedure.Finding) {
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

func (x *explainer) standing(s *procedure.Standing) {
	var facts []string
	for _, f := range s.Facts() {
		facts = append(facts, f.Fact+"="+x.value(f.Value))
	}
	if len(facts) > 0 {
		fmt.Fprintf(x.out, "      %s %s\n", x.say("事实", "facts"), strings.Join(facts, "  "))
	}
}
