package procedure

import (
	"slices"

	"plumbline/calendar"
)

// Judged is a finding with its history: what was known when stays answerable.
type Judged struct {
	Finding
	MadeBy      int64 // Ref of the act whose arrival showed it; 0: a deadline passed
	WithdrawnBy int64 // Ref of the act whose arrival removed it; 0: it stands
}

// History is what folding all acts says.
type History struct {
	Standing *Standing
	Findings []Judged    // every finding ever made, in the order they were made
	Duties   []DutyEvent // as the latest knowledge has them
}

// Stands lists the findings that were not withdrawn.
func (h *History) Stands() []Finding {
	var out []Finding
	for _, f := range h.Findings {
		if f.WithdrawnBy == 0 {
			out = append(out, f.Finding)
		}
	}
	return out
}

// Rejudge folds the acts of a case in the order in which they became known, each at the place where it occurred, up to now.
// An act that arrives late, corrects or withdraws another makes the case be judged again from its beginning; findings that
// this makes or removes name the act. Acts without a recorded instant count as known when they occurred.
//
// Observed acts that arrived together, one after another with the same recorded instant, are judged together: a finding about
// one of them names that one, and the order of rows in a delivery makes and removes none.
func (p *Procedure) Rejudge(acts []Act, now calendar.Instant) *History {
	return p.rejudge(acts, now, false)
}

// RejudgeClosing is Rejudge for a record that is kept here: an act that closes the case is its end, and what only the end
// shows is found then. A foreign history is over only where its log is.
func (p *Procedure) RejudgeClosing(acts []Act, now calendar.Instant) *History {
	return p.rejudge(acts, now, true)
}

func (p *Procedure) rejudge(acts []Act, now calendar.Instant, closing bool) *History {
	h := &History{}
	j := p.NewJudge()
	var o Outcome
	s := p.New()
	seen := newHindsight(p)
	for from, n := 0, 0; from < len(acts); from += n {
		n = arrival(acts[from:])
		together := acts[from : from+n]
		at := max(together[0].Recorded, together[0].Occurred)
		// What passed before these acts were known.
		j.Advance(s, min(at, now), &o)
		h.settle(&o, 0)
		last := &together[n-1]
		for i := range together {
			if a := &together[i]; !a.Observed || a.Corrects != 0 || a.Withdraws != 0 {
				seen.before(a, s, &o)
				last = a
			}
		}
		s, o = p.fold(effective(acts[:from+n]), min(at, now), closing)
		o.Findings = append(o.Findings, seen.after(last, s, &o)...)
		h.settle(&o, together[n-1].Ref, together...)
	}
	j.Advance(s, now, &o)
	h.settle(&o, 0)
	h.Standing, h.Duties = s, o.Duties
	return h
}

// arrival counts the acts from the front that became known at once.
func arrival(acts []Act) int {
	n := 1
	for n < len(acts) && acts[0].Observed && acts[n].Observed && acts[n].Recorded == acts[0].Recorded && acts[0].Recorded != 0 {
		n++
	}
	return n
}

// effective applies corrections and withdrawals: a correction stands in the place of the act it names.
func effective(known []Act) []Act {
	dead := map[int64]bool{}
	for i := range known {
		if known[i].Corrects != 0 {
			dead[known[i].Corrects] = true
		}
		if known[i].Withdraws != 0 {
			dead[known[i].Withdraws] = true
		}
	}
	out := make([]Act, 0, len(known))
	for i := range known {
		if !dead[known[i].Ref] && known[i].Withdraws == 0 {
			out = append(out, known[i])
		}
	}
	return out
}

// settle brings the list of findings to what o now says; cause is the act that brought the news, or of several observed ones
// the last. A finding that one of several shows of itself is made by that one, and a limit that had run out before they
// arrived had run out by itself.
func (h *History) settle(o *Outcome, cause int64, together ...Act) {
	for i := range h.Findings {
		f := &h.Findings[i]
		if f.WithdrawnBy == 0 && !slices.ContainsFunc(o.Findings, f.same) {
			f.WithdrawnBy = cause
		}
	}
	for _, g := range o.Findings {
		if !slices.ContainsFunc(h.Findings, func(f Judged) bool { return f.WithdrawnBy == 0 && f.same(g) }) {
			by := cause
			if len(together) > 0 && together[0].Observed {
				switch {
				case g.Duty >= 0:
					by = 0
				case slices.ContainsFunc(together, func(a Act) bool { return a.Ref == g.Cause }):
					by = g.Cause
				}
			}
			h.Findings = append(h.Findings, Judged{Finding: g, MadeBy: by})
		}
	}
}

// same compares the identity of findings.
func (f *Finding) same(g Finding) bool {
	return f.Rule == g.Rule && f.Clause == g.Clause && f.Subject == g.Subject && f.Cause == g.Cause && f.Unjudged == g.Unjudged
}

// fold judges acts in the order in which they occurred, up to now. Where precision leaves the order of a few acts open and
// one order is lawful, that order is taken: what may have been lawful is no finding.
func (p *Procedure) fold(acts []Act, now calendar.Instant, closing bool) (*Standing, Outcome) {
	slices.SortStableFunc(acts, func(a, b Act) int {
		switch {
		case a.Occurred != b.Occurred:
			return int(max(-1, min(1, a.Occurred-b.Occurred)))
		case a.Ref < b.Ref:
			return -1
		}
		return 1
	})
	j, s := p.NewJudge(), p.New()
	var o Outcome
	for len(acts) > 0 {
		n := p.undecided(acts)
		if n > 1 && n <= mostUndecided {
			s, o = p.best(s, o, acts[:n])
		} else {
			n = 1
			j.Act(s, &acts[0], &o)
		}
		if closing && s.closed && !s.ended { // no more is to come: what was never done is missing now
			j.end(s, max(s.now, acts[n-1].Occurred), acts[n-1].Ref, &o)
			o.Findings = slices.DeleteFunc(o.Findings, func(f Finding) bool { return slices.ContainsFunc(o.Withdrawn, f.same) })
		}
		acts = acts[n:]
	}
	j.Advance(s, now, &o)
	return s, o
}

// mostUndecided bounds the acts of which every order is tried; more follow their recorded order.
const mostUndecided = 4

// undecided counts the acts from the front whose order their precision leaves open.
func (p *Procedure) undecided(acts []Act) int {
	last, n := end(&acts[0], p.Pack.Zone), 1
	for n < len(acts) && acts[n].Occurred <= last && (acts[n].Occurred != acts[n-1].Occurred || acts[n].Precision != calendar.Second || acts[n-1].Precision != calendar.Second) {
		last = max(last, end(&acts[n], p.Pack.Zone))
		n++
	}
	return n
}

// best tries every order that the instants allow and takes the first with the fewest findings.
func (p *Procedure) best(s *Standing, o Outcome, acts []Act) (*Standing, Outcome) {
	var bestS *Standing
	var bestO Outcome
	j := p.NewJudge()
	p.orders(acts, make([]Act, 0, len(acts)), make([]bool, len(acts)), func(order []Act) bool {
		tryS := s.Clone()
		tryO := Outcome{Findings: slices.Clone(o.Findings), Withdrawn: slices.Clone(o.Withdrawn), Duties: slices.Clone(o.Duties), Refused: o.Refused}
		for i := range order {
			j.Act(tryS, &order[i], &tryO)
		}
		if bestS == nil || len(tryO.Findings) < len(bestO.Findings) {
			bestS, bestO = tryS, tryO
		}
		return len(tryO.Findings) > len(o.Findings)
	})
	return bestS, bestO
}

// orders visits the permutations in which no act stands before one that ended before it began; visit returns false to stop.
func (p *Procedure) orders(acts, sofar []Act, used []bool, visit func([]Act) bool) bool {
	if len(sofar) == len(acts) {
		return visit(sofar)
	}
	for i := range acts {
		if used[i] {
			continue
		}
		late := false
		for k := range acts {
			late = late || !used[k] && k != i && end(&acts[k], p.Pack.Zone) < acts[i].Occurred
		}
		if late {
			continue
		}
		used[i] = true
		if !p.orders(acts, append(sofar, acts[i]), used, visit) {
			return false
		}
		used[i] = false
	}
	return true
}
