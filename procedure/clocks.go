package procedure

import (
	"slices"

	"plumbline/calendar"
	"plumbline/casefile"
)

// open opens a duty that an act leaves behind, for its subject or for every member of a set.
func (j *Judge) open(s *Standing, index int, a *Act, sub int, o *Outcome) {
	d := s.p.duties[index]
	if d.set < 0 {
		j.openFor(s, index, d, a, sub, o)
		return
	}
	set := &s.p.sets[d.set]
	for i := 1; i < len(s.subjects); i++ {
		j.f.subject = i
		if s.subjects[i].kind == set.scope {
			if set.where != nil {
				if in, _ := set.where.eval(&j.f); in == no {
					continue
				}
			}
			j.openFor(s, index, d, a, i, o)
		}
	}
}

func (j *Judge) openFor(s *Standing, index int, d *duty, a *Act, sub int, o *Outcome) {
	if ok, _ := j.applies(s, &d.guard, sub); !ok {
		return
	}
	ds := dutyState{duty: index, subject: sub, ref: a.Ref, start: a.Occurred}
	if d.start != nil {
		at, missing := d.start.instant(&j.f)
		if missing != "" {
			j.find(s, &guard{id: d.id + ".start"}, max(d.late, 0), sub, o, unknown, missing)
		} else {
			ds.start = at
		}
	}
	if len(d.tiers) > 0 {
		ds.term, ds.limited = j.tier(d.tiers, ds.start, sub)
		j.time(s, &ds, sub, o)
	}
	s.duties = append(s.duties, ds)
	o.Duties = append(o.Duties, DutyEvent{index, s.subjects[sub].id, a.Ref, Opened, a.Occurred, ds.due})
}

// time computes the deadline of a duty from its clock.
func (j *Judge) time(s *Standing, ds *dutyState, sub int, o *Outcome) {
	if !ds.limited {
		return
	}
	d := s.p.duties[ds.duty]
	clock := calendar.Clock{Start: ds.start, Base: ds.term, Suspensions: ds.suspended, Liberty: d.liberty, Roll: d.roll}
	for range ds.granted {
		clock.Extensions = append(clock.Extensions, d.extended.add)
	}
	got, err := clock.Deadline(s.p.Pack.Zone, s.p.Pack.Calendar)
	ds.provisional = false
	if err != nil {
		j.find(s, &guard{id: d.id + ".clock"}, max(d.late, 0), sub, o, unknown, err.Error())
		// The working days of that year are not known, so whether the last day rolls is not either. What is known is the day
		// before which the limit does not end: it is shown, and does not fire.
		clock.Roll = calendar.RollNone
		if got, err = clock.Deadline(s.p.Pack.Zone, s.p.Pack.Calendar); err != nil {
			ds.limited = false
			return
		}
		ds.due, ds.waiting, ds.provisional = got.Due, true, true
		return
	}
	ds.due, ds.waiting = got.Due, got.Open
}

// discharge closes the duties that an act fulfils.
func (j *Judge) discharge(s *Standing, a *Act, sub int, o *Outcome) {
	s.duties = slices.DeleteFunc(s.duties, func(ds dutyState) bool {
		d := s.p.duties[ds.duty]
		if !slices.Contains(d.do, a.Kind) || ds.subject != sub && ds.subject != 0 && s.p.acts[a.Kind].Scope != caseScope && s.subjects[ds.subject].kind == s.p.acts[a.Kind].Scope {
			return false
		}
		state := OnTime
		if ds.fired || ds.limited && a.Occurred > ds.due && !ds.waiting {
			state = Late
		}
		o.Duties = append(o.Duties, DutyEvent{ds.duty, s.subjects[ds.subject].id, ds.ref, state, a.Occurred, ds.due})
		return true
	})
}

// retime lets an act change the clocks of the duties that run: suspensions, extensions, facts, waivers, lapses. The first
// running of them were there before the act. The others it opened itself: those do not lapse because it was done, so that
// a second proposal ends the duties of the first and leaves its own.
func (j *Judge) retime(s *Standing, a *Act, sub, running int, o *Outcome) {
	def := s.p.acts[a.Kind]
	kept := s.duties[:0]
	for i := range s.duties {
		ds := s.duties[i]
		d := s.p.duties[ds.duty]
		about := ds.subject == 0 || sub == 0 || ds.subject == sub || s.subjects[ds.subject].kind != s.subjects[sub].kind
		if about {
			j.suspend(s, &ds, d, a, o)
			j.extend(s, &ds, d, a, sub, o)
			if d.follows && !ds.fired && len(def.sets) > 0 {
				j.refit(s, &ds, d, a, o)
			}
			if state, gone := j.gone(s, &ds, d, a, i >= running); gone {
				o.Duties = append(o.Duties, DutyEvent{ds.duty, s.subjects[ds.subject].id, ds.ref, state, a.Occurred, ds.due})
				continue
			}
		}
		kept = append(kept, ds)
	}
	s.duties = kept
}

func (j *Judge) suspend(s *Standing, ds *dutyState, d *duty, a *Act, o *Outcome) {
	changed := false
	for _, x := range d.suspended {
		starts, ends := a.Kind == x.from, slices.Contains(x.to, a.Kind)
		if !starts && !ends {
			continue
		}
		changed = true
		for _, pair := range pairs(a, x.pair) {
			if starts {
				ds.suspended = append(slices.Clone(ds.suspended), calendar.Interval{From: a.Occurred, To: calendar.Never})
				ds.suspender = append(slices.Clone(ds.suspender), pair)
				continue
			}
			ds.suspended = slices.Clone(ds.suspended)
			for i := range ds.suspended {
				if ds.suspended[i].To == calendar.Never && ds.suspender[i] == pair {
					ds.suspended[i].To = a.Occurred
					break
				}
			}
		}
	}
	if changed && !ds.fired {
		j.time(s, ds, ds.subject, o)
	}
}

// pairs are the subjects that tie the start of a suspension to its end: each item sent away comes back by itself.
func pairs(a *Act, kind string) []casefile.Subject {
	var out []casefile.Subject
	for _, ref := range a.Subjects {
		if kind != "" && ref.Kind == kind {
			out = append(out, ref.ID)
		}
	}
	if out == nil {
		return []casefile.Subject{""}
	}
	return out
}

// extend grants more time where the law allows it: in time, not too often, by whom the law names.
func (j *Judge) extend(s *Standing, ds *dutyState, d *duty, a *Act, sub int, o *Outcome) {
	x := d.extended
	if x == nil || a.Kind != x.by {
		return
	}
	g := guard{id: d.id + ".extended"}
	// A second duty of the kind shares the finding, never the grant: the flag decides, not the number of findings.
	bad := false
	if ok, _, missing := j.empowered(x.approver, a, sub); ok != yes {
		bad = true
		j.find(s, &g, x.approverBad, ds.subject, o, ok, missing)
	}
	if ds.granted >= x.times {
		bad = true
		j.find(s, &g, x.tooMany, ds.subject, o, no, "")
	}
	if ds.fired {
		bad = true
		j.find(s, &g, x.beforeExpiry, ds.subject, o, no, "")
	}
	if def := s.p.acts[a.Kind]; bad {
		o.Refused = o.Refused || def.decision && !def.relieves
		return
	}
	ds.granted++
	j.time(s, ds, ds.subject, o)
}

// refit looks at the tiers again when facts change. A fact counts only while the shorter limit still runs; one that was
// entered after it ran out leaves a finding that names the act.
func (j *Judge) refit(s *Standing, ds *dutyState, d *duty, a *Act, o *Outcome) {
	term, found := j.tier(d.tiers, ds.start, ds.subject)
	if !found || term == ds.term {
		return
	}
	old := ds.due
	ds.term = term
	j.time(s, ds, ds.subject, o)
	if d.entered >= 0 && ds.due > old && a.Recorded > old {
		j.find(s, &guard{id: d.id + ".entered_late"}, d.entered, ds.subject, o, no, "")
	}
}

// gone tells whether a duty has lost its ground or was waived.
func (j *Judge) gone(s *Standing, ds *dutyState, d *duty, a *Act, opened bool) (State, bool) {
	if slices.Contains(s.p.acts[a.Kind].waives, ds.duty) {
		return Waived, true
	}
	for _, l := range d.lapses {
		if !opened && slices.Contains(l.acts, a.Kind) {
			return Lapsed, true
		}
		if l.when != nil && len(s.p.acts[a.Kind].sets) > 0 {
			j.f.subject = ds.subject
			if ok, _ := l.when.eval(&j.f); ok == yes {
				return Lapsed, true
			}
		}
	}
	return 0, false
}

// Advance lets the deadlines before t pass, in their order. A deadline never fires early: only when t is later than it.
func (j *Judge) Advance(s *Standing, t calendar.Instant, o *Outcome) {
	for {
		next := -1
		for i := range s.duties {
			ds := &s.duties[i]
			if ds.limited && !ds.fired && !ds.waiting && ds.due < t && (next < 0 || ds.due < s.duties[next].due) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		j.fire(s, next, o)
	}
	s.now = max(s.now, t)
}

func (j *Judge) fire(s *Standing, i int, o *Outcome) {
	ds := &s.duties[i]
	d := s.p.duties[ds.duty]
	ds.fired = true
	at := ds.due + 1
	s.now = max(s.now, at)
	subject := s.subjects[ds.subject]
	o.Duties = append(o.Duties, DutyEvent{ds.duty, subject.id, ds.ref, Overdue, at, ds.due})
	if d.late >= 0 {
		o.Findings = append(o.Findings, s.lateFinding(ds, at))
	}
	if d.applies >= 0 && j.depth < 8 {
		def := s.p.acts[d.applies]
		law := Act{Ref: ds.ref, Kind: d.applies, Occurred: at, ByLaw: true, Data: make([]casefile.Value, len(def.fields))}
		if def.Scope != caseScope {
			law.Subjects = []casefile.Ref{{ID: subject.id, Kind: subject.kind}}
		}
		act, sub := j.f.act, j.f.subject
		j.depth++
		j.Act(s, &law, o)
		j.depth--
		j.f.act, j.f.subject = act, sub
	}
}

func (s *Standing) lateFinding(ds *dutyState, at calendar.Instant) Finding {
	d := s.p.duties[ds.duty]
	return Finding{Rule: d.late, Clause: d.id, Subject: s.subjects[ds.subject].id, Cause: ds.ref, At: at, Duty: ds.duty, Due: ds.due, Warn: d.promptly || d.warn}
}

// End says what only the end of a history shows: the case is closed, or the audited log is over at now. A duty never
// done counts as missing, not as late: where the pack names a finding for that, the late one is withdrawn.
func (j *Judge) End(s *Standing, now calendar.Instant, o *Outcome) { j.end(s, now, 0, o) }

// end is End; ref is the act that closed the case, or 0: then duties that a closed case may still be asked for run on. What was
// said once is not said again.
func (j *Judge) end(s *Standing, now calendar.Instant, ref int64, o *Outcome) {
	j.Advance(s, now, o)
	if s.ended {
		return
	}
	s.ended = true
	j.f.s, j.f.act = s, &Act{Occurred: s.now, Ref: ref}
	var lasting []dutyState
	for i := range s.duties {
		ds := &s.duties[i]
		d := s.p.duties[ds.duty]
		if ref != 0 && d.lasts {
			lasting = append(lasting, *ds)
			continue
		}
		id := s.subjects[ds.subject].id
		state := Open
		if ds.fired || !ds.limited {
			state = Missing
			if d.missingSaid && ds.fired && d.late >= 0 {
				o.Withdrawn = append(o.Withdrawn, s.lateFinding(ds, ds.due+1))
			}
			if d.missing >= 0 && (d.missingSaid || !ds.fired) {
				o.Findings = append(o.Findings, Finding{Rule: d.missing, Clause: d.id + ".missing", Subject: id, Cause: ds.ref, At: s.now, Duty: ds.duty, Due: ds.due})
			}
		}
		o.Duties = append(o.Duties, DutyEvent{ds.duty, id, ds.ref, state, s.now, ds.due})
	}
	s.duties = append(s.duties[:0], lasting...)
	for i := range s.p.checks {
		j.check(s, &s.p.checks[i], o)
	}
	if w := s.p.path; w != nil && !s.broken {
		switch {
		case w.closure(s.path)&w.end == 0:
			j.find(s, &guard{id: "path.end"}, w.rule, 0, o, no, "")
		case j.closing(s)&w.end == 0:
			j.find(s, &guard{id: "path.close"}, w.closeRule, 0, o, no, "")
		}
	}
}

// closing is closure with the guards of the silent steps looked at.
func (j *Judge) closing(s *Standing) uint64 {
	w := s.p.path
	at := s.path
	for {
		before := at
		for _, st := range w.silent {
			if at&(1<<st.from) == 0 || at&(1<<st.to) != 0 {
				continue
			}
			ok := yes
			if st.that != nil {
				j.f.subject = 0
				ok, _ = st.that.eval(&j.f)
			}
			if ok == yes {
				at |= 1 << st.to
			}
		}
		if at == before {
			return at
		}
	}
}

// Settled tells whether what End says does not depend on a now later than t: no deadline can fire any more, and no check at
// the end that asks for the moment speaks.
func (j *Judge) Settled(s *Standing, t calendar.Instant) bool {
	if !s.settled(t) {
		return false
	}
	for i := range s.p.checks {
		c := &s.p.checks[i]
		if !c.moment || s.ended {
			continue
		}
		j.f.s, j.f.act, j.f.subject = s, &Act{Occurred: t}, 0
		if c.set < 0 && c.when != nil && !c.when.now {
			if speaks, _ := c.when.eval(&j.f); speaks == no {
				continue
			}
		}
		return false
	}
	return true
}

func (j *Judge) check(s *Standing, c *check, o *Outcome) {
	if c.set < 0 {
		if ok, missing := j.applies(s, &c.guard, 0); ok {
			verdict := unknown
			if missing == "" {
				verdict, missing = c.that.eval(&j.f)
			}
			j.find(s, &c.guard, c.rule, 0, o, verdict, missing)
		}
		return
	}
	set := &s.p.sets[c.set]
	for i := 1; i < len(s.subjects); i++ {
		j.f.subject = i
		if s.subjects[i].kind != set.scope {
			continue
		}
		if set.where != nil {
			if in, _ := set.where.eval(&j.f); in == no {
				continue
			}
		}
		if ok, missing := j.applies(s, &c.guard, i); ok {
			verdict := unknown
			if missing == "" {
				verdict, missing = c.that.eval(&j.f)
			}
			j.find(s, &c.guard, c.rule, i, o, verdict, missing)
		}
	}
}
