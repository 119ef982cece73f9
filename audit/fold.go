package audit

import (
	"math"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// caseRef finds a case again: its id, and the record at which it stands in the log.
type caseRef struct {
	id     string // the reader's memory: cloned by who keeps it
	record int64
}

// folder judges cases on one goroutine and hands on what came of each. A case whose deadlines may still pass before the last
// instant of the log is held until finish.
type folder struct {
	p    *procedure.Procedure
	now  calendar.Instant // 0: the last instant of the log
	done func(caseRef, *procedure.Outcome)

	judge    *procedure.Judge
	standing *procedure.Standing
	outcome  *procedure.Outcome
	reader   reader
	last     calendar.Instant
	acts     int64
	held     []heldCase
}

type heldCase struct {
	caseRef
	standing *procedure.Standing
	outcome  *procedure.Outcome
}

func newFolder(p *procedure.Procedure, now calendar.Instant, done func(caseRef, *procedure.Outcome)) *folder {
	return &folder{p: p, now: now, done: done, judge: p.NewJudge(), standing: p.New(), outcome: &procedure.Outcome{}, reader: newReader(p), last: math.MinInt64}
}

// fold judges one case. The outcome handed to done is good until the next call, unless the case was held.
func (f *folder) fold(c *eventlog.Case) {
	s, o := f.standing, f.outcome
	s.Reset()
	o.Reset()
	for i := range c.Events {
		e := &c.Events[i]
		f.last = max(f.last, e.Time)
		if act, ok := f.reader.act(c, e, func(_, _, _ string, _ int64, _ error) {}); ok {
			f.acts++
			f.judge.Act(s, act, o)
		}
	}
	now := f.now
	if now == 0 {
		now = f.last
	}
	f.judge.Advance(s, now, o)
	if f.now == 0 && !s.Settled(now) {
		f.held = append(f.held, heldCase{caseRef{strings.Clone(c.ID), c.Record}, s, o})
		f.standing, f.outcome = f.p.New(), &procedure.Outcome{}
		return
	}
	f.end(caseRef{c.ID, c.Record}, s, now, o)
}

// finish ends the held cases, now that the last instant of the log is known.
func (f *folder) finish(now calendar.Instant) {
	for _, c := range f.held {
		f.end(c.caseRef, c.standing, now, c.outcome)
	}
	f.held = nil
}

func (f *folder) end(c caseRef, s *procedure.Standing, now calendar.Instant, o *procedure.Outcome) {
	f.judge.End(s, now, o)
	dropWithdrawn(o)
	f.done(c, o)
}

// dropWithdrawn leaves out the findings that the same outcome takes back.
func dropWithdrawn(o *procedure.Outcome) {
	if len(o.Withdrawn) == 0 {
		return
	}
	o.Findings = slices.DeleteFunc(o.Findings, func(f procedure.Finding) bool {
		return slices.ContainsFunc(o.Withdrawn, func(g procedure.Finding) bool {
			return g.Rule == f.Rule && g.Clause == f.Clause && g.Cause == f.Cause && g.Subject == f.Subject
		})
	})
}
