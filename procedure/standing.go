package procedure

import (
	"plumbline/calendar"
	"plumbline/casefile"
)

// Standing is where a case stands under a procedure: which acts are done, which duties run, which facts are known.
// Judge and Advance move it in place; Clone keeps the one before. It holds nothing of the acts but what judging needs.
type Standing struct {
	p        *Procedure
	now      calendar.Instant
	seq      int32
	unit     casefile.Unit
	subjects []subjectState // 0 is the case itself
	duties   []dutyState
	persons  []didBy
	apart    uint64
	path     uint64
	broken   bool
	ended    bool // what only the end shows was said
	closed   bool
}

type subjectState struct {
	id    casefile.Subject
	kind  string
	role  string
	hist  []history
	facts []casefile.Value
	kept  [][]casefile.Value
}

type history struct {
	first, last calendar.Instant
	seq         int32 // order of the last one, from 1
	count       int32
	done        bool
	excluded    bool
	by, byIndex int16 // the exclusion that took it out: act and index
}

type didBy struct {
	act     int
	subject int
	person  string
}

type dutyState struct {
	duty      int
	subject   int
	ref       int64 // the act that opened it
	start     calendar.Instant
	term      calendar.Term
	due       calendar.Instant
	granted   int
	suspended []calendar.Interval
	suspender []casefile.Subject
	limited   bool // it has a deadline
	waiting   bool // a suspension is open, or the calendar is not known so far: the deadline is "not before"

	provisional bool // the calendar of the deadline's year is not loaded
	fired       bool
}

// New is the standing of a case before its first act.
func (p *Procedure) New() *Standing {
	s := &Standing{p: p}
	s.Reset()
	return s
}

// Reset makes s the standing of a new case, keeping its memory.
func (s *Standing) Reset() {
	s.now, s.seq, s.apart, s.broken, s.closed, s.ended = minInstant, 0, 0, false, false, false
	s.unit = casefile.Unit{}
	s.duties, s.persons = s.duties[:0], s.persons[:0]
	if len(s.subjects) == 0 {
		s.addSubject(casefile.Ref{Kind: caseScope})
	} else {
		s.subjects = s.subjects[:1]
		clear(s.subjects[0].hist)
		clear(s.subjects[0].kept)
		s.initial(&s.subjects[0])
	}
	if s.p.path != nil {
		s.path = s.p.path.start
	}
}

const minInstant = calendar.Instant(-1 << 63)

func (s *Standing) addSubject(ref casefile.Ref) int {
	sub := subjectState{id: ref.ID, kind: ref.Kind, role: ref.Role, hist: make([]history, len(s.p.acts)), facts: make([]casefile.Value, len(s.p.facts)), kept: make([][]casefile.Value, len(s.p.acts))}
	s.initial(&sub)
	s.subjects = append(s.subjects, sub)
	return len(s.subjects) - 1
}

func (s *Standing) initial(sub *subjectState) {
	for i := range s.p.facts {
		sub.facts[i] = s.p.facts[i].initial
	}
}

// Clone copies s.
func (s *Standing) Clone() *Standing {
	c := *s
	c.subjects = append([]subjectState(nil), s.subjects...)
	for i := range c.subjects {
		sub := &c.subjects[i]
		sub.hist = append([]history(nil), sub.hist...)
		sub.facts = append([]casefile.Value(nil), sub.facts...)
		sub.kept = append([][]casefile.Value(nil), sub.kept...)
	}
	c.duties = append([]dutyState(nil), s.duties...)
	for i := range c.duties {
		d := &c.duties[i]
		d.suspended = append([]calendar.Interval(nil), d.suspended...)
		d.suspender = append([]casefile.Subject(nil), d.suspender...)
	}
	c.persons = append([]didBy(nil), s.persons...)
	return &c
}

// Now is the instant up to which deadlines have been let pass.
func (s *Standing) Now() calendar.Instant { return s.now }

// Closed tells whether an act that closes the case was done.
func (s *Standing) Closed() bool { return s.closed }

func (s *Standing) subjectOf(ref casefile.Ref) int {
	for i := 1; i < len(s.subjects); i++ {
		if s.subjects[i].id == ref.ID && s.subjects[i].kind == ref.Kind {
			if ref.Role != "" {
				s.subjects[i].role = ref.Role
			}
			return i
		}
	}
	return s.addSubject(ref)
}

// each visits the history of an act as seen from a subject: the subject's own where the act is about such a subject,
// else every subject's.
func (s *Standing) each(act, subject int, visit func(h *history)) {
	scope := s.p.acts[act].Scope
	if scope == caseScope {
		visit(&s.subjects[0].hist[act])
		return
	}
	if subject > 0 && s.subjects[subject].kind == scope {
		visit(&s.subjects[subject].hist[act])
		return
	}
	for i := 1; i < len(s.subjects); i++ {
		if s.subjects[i].kind == scope {
			visit(&s.subjects[i].hist[act])
		}
	}
}

// own returns the one history of an act seen from a subject, or nil when there are several.
func (s *Standing) own(act, subject int) *history {
	scope := s.p.acts[act].Scope
	switch {
	case scope == caseScope:
		return &s.subjects[0].hist[act]
	case subject > 0 && s.subjects[subject].kind == scope:
		return &s.subjects[subject].hist[act]
	}
	return nil
}

func (s *Standing) done(act, subject int) bool { return s.doneAfter(act, subject, 0) }

// doneAfter tells whether an act is done, by an act later than order seq.
func (s *Standing) doneAfter(act, subject int, seq int32) bool {
	if h := s.own(act, subject); h != nil {
		return h.done && h.seq > seq
	}
	found := false
	s.each(act, subject, func(h *history) { found = found || h.done && h.seq > seq })
	return found
}

// latest is the order of the last time one of the acts was done; 0 for never.
func (s *Standing) latest(acts []int, subject int) int32 {
	var seq int32
	for _, a := range acts {
		s.each(a, subject, func(h *history) { seq = max(seq, h.seq) })
	}
	return seq
}

func (s *Standing) count(act, subject int) int32 {
	var n int32
	s.each(act, subject, func(h *history) { n += h.count })
	return n
}

func (s *Standing) first(act, subject int) casefile.Value {
	var v casefile.Value
	s.each(act, subject, func(h *history) {
		if h.count > 0 && (!v.Known() || h.first < v.Instant()) {
			v = casefile.InstantOf(h.first)
		}
	})
	return v
}

func (s *Standing) last(act, subject int) casefile.Value {
	var v casefile.Value
	s.each(act, subject, func(h *history) {
		if h.count > 0 && (!v.Known() || h.last > v.Instant()) {
			v = casefile.InstantOf(h.last)
		}
	})
	return v
}

func (s *Standing) fact(i, subject int) casefile.Value {
	if s.p.facts[i].scope == caseScope {
		return s.subjects[0].facts[i]
	}
	if s.subjects[subject].kind == s.p.facts[i].scope {
		return s.subjects[subject].facts[i]
	}
	return casefile.Value{}
}

// kept reads a datum of the last act of a kind; prior tells which of a condition's acts was found.
func (s *Standing) kept(prior, act, field, subject int) casefile.Value {
	sub := 0
	if s.p.acts[act].Scope != caseScope {
		sub = subject
	}
	if data := s.subjects[sub].kept[act]; field < len(data) {
		return data[field]
	}
	return casefile.Value{}
}

// settled tells whether no deadline can fire any more after t.
func (s *Standing) settled(t calendar.Instant) bool {
	for i := range s.duties {
		if ds := &s.duties[i]; ds.limited && !ds.fired && !ds.waiting && ds.due >= t {
			return false
		}
	}
	return true
}

// Running is one duty that is still to be done.
type Running struct {
	Duty    int
	Subject casefile.Subject
	Cause   int64            // Ref of the act that opened it
	Start   calendar.Instant // when its limit began to run
	Due     calendar.Instant // zero: no limit
	Overdue bool
	Waiting bool // suspended: not before Due

	Provisional bool // not before Due, since the working days of that year are not loaded; Waiting too
}

// Running lists the duties that are still to be done, in the order they were opened.
func (s *Standing) Running() []Running {
	out := make([]Running, len(s.duties))
	for i := range s.duties {
		ds := &s.duties[i]
		out[i] = Running{ds.duty, s.subjects[ds.subject].id, ds.ref, ds.start, ds.due, ds.fired, ds.waiting, ds.provisional}
	}
	return out
}

// Subjects lists the persons, items and so on of the case with their roles, in the order in which they came.
func (s *Standing) Subjects() []casefile.Ref {
	var out []casefile.Ref
	for _, sub := range s.subjects[1:] {
		out = append(out, casefile.Ref{ID: sub.id, Kind: sub.kind, Role: sub.role})
	}
	return out
}

// KnownFact is a fact as it stands.
type KnownFact struct {
	Fact    string
	Subject casefile.Subject
	Value   casefile.Value
}

// Facts lists the facts that are known, the case's first.
func (s *Standing) Facts() []KnownFact {
	var out []KnownFact
	for i := range s.subjects {
		for f, v := range s.subjects[i].facts {
			if v.Known() && (s.p.facts[f].scope == caseScope) == (i == 0) {
				out = append(out, KnownFact{s.p.facts[f].id, s.subjects[i].id, v})
			}
		}
	}
	return out
}
