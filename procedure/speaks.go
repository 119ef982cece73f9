package procedure

import "slices"

// Speaking says in which cases a rule could be broken at all: those in which one of Acts was done or one of Duties was
// opened; in Every case where only the whole of it shows.
type Speaking struct {
	Acts, Duties []int
	Every        bool
}

// Speaks tells when the clauses of a rule speak. Conditions of a clause (when, unless) are not looked at: the cases in which
// it spoke may be fewer.
func (p *Procedure) Speaks(rule int) Speaking {
	var s Speaking
	for i := range p.acts {
		a := p.acts[i]
		named := len(a.by) > 0 && a.byRule == rule || len(a.otherThan) > 0 && a.otherRule == rule || a.bars >= 0 && a.barsRule == rule ||
			slices.ContainsFunc(a.competent, func(t postTier) bool { return t.rule == rule }) ||
			slices.ContainsFunc(a.after, func(c condition) bool { return c.rule == rule }) ||
			slices.ContainsFunc(a.windows, func(w window) bool { return w.rule == rule }) ||
			slices.ContainsFunc(a.notWhile, func(m milestone) bool { return m.rule == rule }) ||
			slices.ContainsFunc(a.expects, func(e expectation) bool { return e.rule == rule }) ||
			slices.ContainsFunc(a.excludes, func(x exclusion) bool { return x.rule == rule })
		if named {
			s.Acts = append(s.Acts, i)
		}
	}
	for i := range p.apart {
		if p.apart[i].rule == rule {
			s.Acts = append(append(s.Acts, p.apart[i].one...), p.apart[i].other...)
		}
	}
	for i := range p.duties {
		d := p.duties[i]
		if d.late == rule || d.missing == rule || d.entered == rule {
			s.Duties = append(s.Duties, i)
		}
		if x := d.extended; x != nil && (x.beforeExpiry == rule || x.tooMany == rule || x.approverBad == rule || slices.ContainsFunc(x.approver, func(t postTier) bool { return t.rule == rule })) {
			s.Acts = append(s.Acts, x.by)
		}
	}
	s.Every = slices.ContainsFunc(p.checks, func(c check) bool { return c.rule == rule }) || p.path != nil && (p.path.rule == rule || p.path.closeRule == rule)
	slices.Sort(s.Acts)
	s.Acts = slices.Compact(s.Acts)
	return s
}
