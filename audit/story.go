package audit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Story is one case told step by step, in the order in which it was judged.
type Story struct {
	Case   string
	Record int64       // ordinal of the case in the log
	Steps  []StoryStep // none for a case of a Plumbline record
}

// StoryStep is one act, or the end of the history.
type StoryStep struct {
	At      calendar.Instant
	DayOnly bool   // dated to the day
	Act     string // its id; empty: the procedure does not know it, and Title is the log's name of it
	End     bool
	Title   Title
	Person  string
	Data    []NamedValue
	Unread  []string // values that are not what the procedure expects
	Passed  []Said   // what happened since the act before: deadlines that passed
	Said    []Said   // what the act brought
	Facts   []NamedValue
}

// NamedValue is a datum or a fact as people read it.
type NamedValue struct{ Name, Value string }

// Said is one thing that judging said: a step in the life of a duty or, where Finding is set, a finding.
type Said struct {
	Duty      procedure.DutyEvent
	Finding   *procedure.Finding
	Withdrawn bool // the finding was made and is taken back: the duty turned out never to be done
}

// Tell reads the log once more and tells the examples, in their order.
func Tell(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options, examples []Example) ([]Story, error) {
	found, err := stories(ctx, name, open, p, opt, func(c *eventlog.Case) bool {
		return slices.ContainsFunc(examples, func(x Example) bool { return x.Record == c.Record })
	})
	if err != nil {
		return nil, err
	}
	out := make([]Story, 0, len(examples))
	for _, x := range examples {
		i := slices.IndexFunc(found, func(s Story) bool { return s.Record == x.Record })
		if i < 0 || found[i].Case != x.Case {
			return nil, fmt.Errorf("%s: case %s is not where it was: the log changed while it was read", name, x.Case)
		}
		out = append(out, found[i])
	}
	return out, nil
}

// stories tells the wanted cases of a log in the order of the log.
func stories(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options, wanted func(*eventlog.Case) bool) ([]Story, error) {
	type kept struct {
		last  calendar.Instant
		cases []eventlog.Case
	}
	var workers map[int]*kept
	var a audit // for its lock
	_, err := read(ctx, name, open, p, opt, func() { workers = map[int]*kept{} }, func(worker int, b *eventlog.Batch) error {
		a.mu.Lock()
		k := workers[worker]
		if k == nil {
			k = &kept{last: math.MinInt64}
			workers[worker] = k
		}
		a.mu.Unlock()
		for i := range b.Cases {
			c := &b.Cases[i]
			for e := range c.Events {
				k.last = max(k.last, c.Events[e].Time)
			}
			if wanted(c) {
				if _, ok := recordedUnder(c); ok {
					return fmt.Errorf("%s: case %s is of a Plumbline record: it is told on its own page there, and only histories of other systems here", name, c.ID)
				}
				k.cases = append(k.cases, keep(c))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []eventlog.Case
	last := calendar.Instant(math.MinInt64)
	for _, k := range workers {
		last = max(last, k.last)
		found = append(found, k.cases...)
	}
	slices.SortFunc(found, func(a, b eventlog.Case) int { return int(a.Record - b.Record) })
	now := opt.Now
	if now == 0 {
		now = last
	}
	var out []Story
	for i := range found {
		if _, ok := recordedUnder(&found[i]); ok { // it is told on its own page, where the record is
			out = append(out, Story{Case: found[i].ID, Record: found[i].Record})
			continue
		}
		out = append(out, story(p, &found[i], now))
	}
	return out, nil
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
	d.Data = slices.Clone(c.Data)
	for i, f := range d.Data {
		d.Data[i] = eventlog.Field{Key: strings.Clone(f.Key), Value: strings.Clone(f.Value), Kind: f.Kind}
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

func story(p *procedure.Procedure, c *eventlog.Case, now calendar.Instant) Story {
	out := Story{Case: c.ID, Record: c.Record}
	r := newReader(p)
	j, s := p.NewJudge(), p.New()
	show := func(v casefile.Value) string {
		if v.Kind() == casefile.Instant {
			return v.Instant().Time().In(p.Pack.Zone.Location()).Format("2006-01-02 15:04")
		}
		return v.String()
	}
	for i := range c.Events {
		e := &c.Events[i]
		step := StoryStep{At: e.Time, DayOnly: e.Precision == calendar.Day, Person: e.Person, Title: Title{e.Act, e.Act}}
		act, ok := r.act(c, e, func(act, field, value string, _ int64, why error) {
			step.Unread = append(step.Unread, fmt.Sprintf("%s.%s: %v", act, field, why))
		})
		if !ok {
			out.Steps = append(out.Steps, step)
			continue
		}
		var passed, said procedure.Outcome
		j.Advance(s, act.Occurred, &passed)
		step.Act, step.Title, step.Passed = p.ActID(act.Kind), titleOf(p.ActTitle(act.Kind)), saidOf(&passed)
		for k, f := range p.Fields(act.Kind) {
			if v := act.Data[k]; v.Known() {
				step.Data = append(step.Data, NamedValue{f.Name, show(v)})
			}
		}
		j.Act(s, act, &said)
		step.Said = saidOf(&said)
		for _, f := range s.Facts() {
			step.Facts = append(step.Facts, NamedValue{f.Fact, show(f.Value)})
		}
		out.Steps = append(out.Steps, step)
	}
	var o procedure.Outcome
	j.End(s, now, &o)
	out.Steps = append(out.Steps, StoryStep{At: now, End: true, Said: saidOf(&o)})
	return out
}

func saidOf(o *procedure.Outcome) []Said {
	var out []Said
	for _, d := range o.Duties {
		out = append(out, Said{Duty: d})
	}
	same := func(list []procedure.Finding, f procedure.Finding) bool {
		return slices.ContainsFunc(list, func(g procedure.Finding) bool {
			return g.Rule == f.Rule && g.Clause == f.Clause && g.Cause == f.Cause && g.Subject == f.Subject
		})
	}
	for i, f := range o.Findings {
		if !same(o.Withdrawn, f) { // made and withdrawn at the same end: never done, so not counted as late
			out = append(out, Said{Finding: &o.Findings[i]})
		}
	}
	for i, f := range o.Withdrawn {
		if !same(o.Findings, f) {
			out = append(out, Said{Finding: &o.Withdrawn[i], Withdrawn: true})
		}
	}
	return out
}
