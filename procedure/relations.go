package procedure

import (
	"slices"

	"plumbline/calendar"
)

// RelationKind is what a clause says of acts.
type RelationKind uint8

// The kinds of relation of a procedure.
const (
	Before  RelationKind = iota // one of From comes before To
	Demands                     // a duty: after From, one of To
	Ends                        // after From, none of To any more
	NotBoth                     // not both From and To in one case
	Speaks                      // at To (or at the end: To is empty) it looks at more than the order: at From, or at data alone (From is empty)
)

// Relation is what one clause says of the order of acts: the law as a log can be held against it.
type Relation struct {
	Kind     RelationKind
	Clause   string
	Rule     int // what its findings count under, or -1; of a duty what counts when it is late
	Missing  int // of a duty: what counts when it is never done, or -1
	Duty     int // or -1
	From, To []int
	// Guarded says that it speaks only in some cases (when, unless, a round, a subject set) or wants more than the order (that, a
	// delay, a deadline).
	Guarded bool
}

// Relations lists what the clauses say of acts, in the order of the pack. Who must do an act is no relation between acts.
func (p *Procedure) Relations() []Relation {
	var out []Relation
	speaks := func(g *guard, at, looksAt []int, exprs ...*expr) {
		from := slices.Clone(looksAt)
		for _, e := range append(exprs, g.when, g.unless) {
			if e != nil {
				from = append(from, e.acts...)
			}
		}
		slices.Sort(from)
		out = append(out, Relation{Kind: Speaks, Clause: g.id, Rule: g.rule, Missing: -1, Duty: -1, From: slices.Compact(from), To: at, Guarded: true})
	}
	for i, a := range p.acts {
		self := []int{i}
		for k := range a.after {
			c := &a.after[k]
			out = append(out, Relation{Before, c.id, c.rule, -1, -1, c.acts, self, c.conditional() || c.that != nil || c.delay != nil || c.set >= 0})
		}
		for k := range a.windows {
			speaks(&a.windows[k].guard, self, a.windows[k].acts)
		}
		for k := range a.notWhile {
			speaks(&a.notWhile[k].guard, self, a.notWhile[k].acts)
		}
		for k := range a.excludes {
			x := &a.excludes[k]
			out = append(out, Relation{Ends, x.id, x.rule, -1, -1, self, x.acts, x.conditional()})
		}
		for _, k := range a.duties {
			d := p.duties[k]
			out = append(out, Relation{Demands, d.id, d.late, d.missing, k, self, d.do, d.conditional() || d.set >= 0 || len(d.tiers) > 0})
		}
		for k := range a.expects {
			speaks(&a.expects[k].guard, self, nil, a.expects[k].that)
		}
	}
	for i := range p.apart {
		x := &p.apart[i]
		out = append(out, Relation{NotBoth, x.id, x.rule, -1, -1, x.one, x.other, x.conditional()})
	}
	for i := range p.checks {
		speaks(&p.checks[i].guard, nil, nil, p.checks[i].that)
	}
	return out
}

// conditional tells whether a clause speaks only in some cases.
func (g *guard) conditional() bool {
	return g.when != nil || g.unless != nil || len(g.unlessDone) > 0 || len(g.since) > 0 || g.from != minInstant || g.until != calendar.Never
}

// HasPath tells whether the procedure prescribes a path, which says more of the order of acts than Relations.
func (p *Procedure) HasPath() bool { return p.path != nil }
