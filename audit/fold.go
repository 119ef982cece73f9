package audit

import (
	"cmp"
	"fmt"
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

func refOf(c *eventlog.Case) caseRef { return caseRef{c.ID, c.Record} }

func (c caseRef) compare(d caseRef) int {
	return cmp.Or(cmp.Compare(c.record, d.record), strings.Compare(c.id, d.id))
}

// earliest keeps the first cases of the log, most of them at most.
func earliest(kept []caseRef, c caseRef, most int) []caseRef {
	at, there := slices.BinarySearchFunc(kept, c, caseRef.compare)
	if at == most || there {
		return kept
	}
	c.id = strings.Clone(c.id)
	kept = slices.Insert(kept, at, c)
	return kept[:min(len(kept), most)]
}

// mostOpen bounds the cases that a worker holds until it knows the log's last instant. Where there are more it judges no more
// but looks for that instant, and the log is read again.
const mostOpen = 10_000

func (o *Options) most() int {
	if o.mostOpen > 0 {
		return o.mostOpen
	}
	return mostOpen
}

// folder judges cases by one procedure on one goroutine.
type folder struct {
	p       *procedure.Procedure
	now     calendar.Instant // 0: the last instant of the log
	judge   *procedure.Judge
	reader  reader
	current judged
	last    calendar.Instant
	acts    int64
}

// judged is how far one case is judged.
type judged struct {
	standing *procedure.Standing
	outcome  *procedure.Outcome
}

func newFolder(p *procedure.Procedure, now calendar.Instant) *folder {
	return &folder{p: p, now: now, judge: p.NewJudge(), reader: newReader(p), current: judged{p.New(), &procedure.Outcome{}}, last: math.MinInt64}
}

// fold judges the acts of a case. It is settled when what is still to come of the log changes nothing in it; the current case is
// then ready to be ended, and else to be taken and ended when the log is over.
func (f *folder) fold(c *eventlog.Case) (settled bool) {
	s, o := f.current.standing, f.current.outcome
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
	f.judge.Advance(s, f.until(), o)
	return f.now != 0 || f.judge.Settled(s, f.until())
}

// foldRecorded judges the history of a record as the record was judged. Such a case is ended; its outcome may be kept. A
// refused attempt took no effect and is left out.
func (f *folder) foldRecorded(c *eventlog.Case) (*procedure.Outcome, error) {
	acts, _, err := recordedActs(&f.reader, c)
	if err != nil {
		return nil, err
	}
	f.acts += int64(len(acts))
	now, err := asOf(c, f.now, f.p)
	if err != nil {
		return nil, err
	}
	f.see(c)
	f.last = max(f.last, now)
	o := rejudged(f.p, acts, now)
	return &o, nil
}

// recordedActs reads the acts of a record's case that took effect and are known, with the places of their events.
func recordedActs(r *reader, c *eventlog.Case) (acts []procedure.Act, at []int, err error) {
	for i := range c.Events {
		e := &c.Events[i]
		if fieldOf(e.Data, keyRefused) != "" {
			continue
		}
		a, ok, err := r.recorded(c, e, func(_, _, _ string, _ int64, _ error) {})
		if err != nil {
			return nil, nil, fmt.Errorf("case %s, event %d: %w", c.ID, i+1, err)
		}
		if ok {
			acts, at = append(acts, a), append(at, i)
		}
	}
	return acts, at, nil
}

// see looks only for the last instant of the log.
func (f *folder) see(c *eventlog.Case) {
	for i := range c.Events {
		f.last = max(f.last, c.Events[i].Time)
	}
}

func (f *folder) until() calendar.Instant {
	if f.now != 0 {
		return f.now
	}
	return f.last
}

// take gives the current case away, to be kept.
func (f *folder) take() judged {
	c := f.current
	f.current = judged{f.p.New(), &procedure.Outcome{}}
	return c
}

// end says what only the end of the history shows. Of the current case the outcome is good until the next fold.
func (f *folder) end(c judged, now calendar.Instant) *procedure.Outcome {
	f.judge.End(c.standing, now, c.outcome)
	dropWithdrawn(c.outcome)
	return c.outcome
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
