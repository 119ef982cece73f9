package procedure

import (
	"cmp"
	"slices"

	"plumbline/calendar"
	"plumbline/casefile"
)

// hindsight remembers what was once known of the liberty limits of a case, so that no act makes a limit that ran out, or a
// release that was late, timely unseen: by correcting it, by correcting the correction, by entering it a second time, by
// taking it back, by a suspension that is entered or corrected afterwards. What then looks timely leaves a finding that names the act which made it so, one for each limit, for as
// long as it looks so.
type hindsight struct {
	p       *Procedure
	root    map[int64]int64 // of a correction: the act at the beginning of its chain
	limits  []remembered    // in the order in which they ran out
	current []liberty
}

// libertyOf is the limit that an act, or whatever stands in its place, sets for a subject.
type libertyOf struct {
	root    int64
	duty    int
	subject casefile.Subject
}

// liberty is what judging says of a limit now.
type liberty struct {
	libertyOf
	due   calendar.Instant
	ended calendar.Instant // zero: it was not
}

// remembered is a limit that ran out, or was kept too late, as it was known then.
type remembered struct {
	libertyOf
	due   calendar.Instant // with which it first ran out while it lasted, or before its act was corrected or taken back; zero: it had not
	ended calendar.Instant // its end as known then
	late  bool             // its end was recorded, and late
	by    *Act             // the act since which it looks timely; nil: it does not
}

func newHindsight(p *Procedure) *hindsight { return &hindsight{p: p, root: map[int64]int64{}} }

// before notes what is known when a arrives. A limit that still ran is corrected, suspended or made longer like any other.
func (h *hindsight) before(a *Act, s *Standing, o *Outcome) {
	changed := cmp.Or(a.Corrects, a.Withdraws)
	changed = cmp.Or(h.root[changed], changed)
	if a.Corrects != 0 {
		h.root[a.Ref] = changed
	}
	known := max(a.Recorded, a.Occurred)
	if a.Observed {
		known = a.Occurred
	}
	for _, l := range h.read(s, o) {
		if known > l.due && (l.root == changed || l.ended == 0 || l.ended > l.due) {
			if m := h.remember(l.libertyOf); m.due == 0 {
				m.due, m.ended = l.due, l.ended
			}
		}
		if l.ended > l.due+1 { // a moment after the limit the law itself may have ended it, whatever was done
			h.remember(l.libertyOf).late = true
		}
	}
}

// after finds what looks timely only since it was too late, now that a is known.
func (h *hindsight) after(a *Act, s *Standing, o *Outcome) (found []Finding) {
	all := h.read(s, o)
	for i := range h.limits {
		m := &h.limits[i]
		l := liberty{ended: m.ended} // for a limit that is gone: more time without end
		if k := slices.IndexFunc(all, func(l liberty) bool { return l.libertyOf == m.libertyOf }); k >= 0 {
			l = all[k]
		}
		if !m.hides(l) {
			m.by = nil
			continue
		}
		if m.by == nil {
			m.by = a
		}
		d := h.p.duties[m.duty]
		found = append(found, Finding{Rule: d.entered, Clause: d.id + ".entered_late", Subject: m.subject, Cause: m.by.Ref, At: max(m.by.Recorded, m.by.Occurred), Duty: -1})
	}
	return found
}

// hides tells whether l looks better than what was known: a longer limit that was not kept within the first, or an end in time.
func (m *remembered) hides(l liberty) bool {
	longer := m.due != 0 && (l.due == 0 || l.due > m.due) && (l.ended == 0 || l.ended > m.due)
	return longer || m.late && l.ended != 0 && l.ended <= l.due
}

func (h *hindsight) remember(l libertyOf) *remembered {
	i := slices.IndexFunc(h.limits, func(m remembered) bool { return m.libertyOf == l })
	if i < 0 {
		i = len(h.limits)
		h.limits = append(h.limits, remembered{libertyOf: l})
	}
	return &h.limits[i]
}

// read lists the liberty limits that judging knows and of which the pack has a finding when they are entered late.
func (h *hindsight) read(s *Standing, o *Outcome) []liberty {
	h.current = h.current[:0]
	of := func(ref int64, duty int, subject casefile.Subject) *liberty {
		k := libertyOf{cmp.Or(h.root[ref], ref), duty, subject}
		i := slices.IndexFunc(h.current, func(l liberty) bool { return l.libertyOf == k })
		if i < 0 {
			i = len(h.current)
			h.current = append(h.current, liberty{libertyOf: k})
		}
		return &h.current[i]
	}
	for _, e := range o.Duties {
		if !h.watched(e.Duty) || e.Due == 0 {
			continue
		}
		l := of(e.Cause, e.Duty, e.Subject)
		l.due = e.Due
		if e.State == OnTime || e.State == Late || e.State == Lapsed || e.State == Waived {
			l.ended = e.At
		}
	}
	for i := range s.duties { // those that run may have moved since they were opened
		if d := &s.duties[i]; d.limited && h.watched(d.duty) {
			of(d.ref, d.duty, s.subjects[d.subject].id).due = d.due
		}
	}
	return h.current
}

func (h *hindsight) watched(duty int) bool {
	return h.p.duties[duty].liberty && h.p.duties[duty].entered >= 0
}
