package discover

import (
	"cmp"
	"math"
	"slices"
)

// Kind is what a relation says of two acts.
type Kind uint8

// The kinds of relation, with how a DCR graph writes them.
const (
	Once      Kind = iota // from at most once in a case: from →% from
	Condition             // to only after from: from →• to
	Open                  // to only after from, unless from can no longer be done: from →• to as well
	Response              // after from, to must follow: from •→ to
	Again                 // to is done again only after another from: to →% to and from →+ to
	Exclude               // after from no to any more: from →% to
	Apart                 // from and to never in one case: from →% to and to →% from
)

var kindNames = [...]string{"once", "condition", "open_condition", "response", "again", "exclude", "apart"}

func (k Kind) String() string { return kindNames[k] }

// Relation is one rule that practice follows.
type Relation struct {
	Kind     Kind
	From, To int // acts; equal for Once
	// Cases are those about which the relation says something, Broken those of them in which it does not hold: of Condition
	// and Open the cases with To, of Response and Once those with From, of Again those in which To is done more than once, of
	// Exclude those with both acts, of Apart the cases of the rarer of both.
	Cases, Broken int64
	// Chance is, of Apart, in how many cases both would stand if they came independently of each other.
	Chance float64
	// Done are, of Open, the cases in which From did come before To.
	Done int64
	// Follows says that other relations of the graph lead to this one.
	Follows bool
}

// Options of Mine.
type Options struct {
	Noise   float64 // a relation may be broken in this share of its cases, at least 0 and less than a half
	Support int64   // it must speak about so many cases; at least 1
}

// Graph is a DCR graph: its relations, and the same as sets for a replay.
type Graph struct {
	Relations []Relation

	n                      int
	opt                    Options
	needs, wants, in, outs []set // by act: conditions of it, responses to it, what it includes, what it excludes
}

// Mine reads the rules from what was counted. With no noise every case that was counted replays on the graph.
func Mine(t *Tally, opt Options) *Graph {
	n := len(t.with)
	g := &Graph{n: n, opt: opt, needs: newSets(n), wants: newSets(n), in: newSets(n), outs: newSets(n)}
	add := func(k Kind, a, b int, cases, broken int64) bool {
		if cases < max(1, opt.Support) || float64(broken) > opt.Noise*float64(cases) {
			return false
		}
		g.add(Relation{Kind: k, From: a, To: b, Cases: cases, Broken: broken})
		return true
	}
	once := newSet(n)
	for a := range n {
		if add(Once, a, a, t.with[a], t.again[a]) {
			once.put(a)
		}
	}
	for a := range n {
		for b := range n {
			if a == b || t.with[a] == 0 || t.with[b] == 0 {
				continue
			}
			i := a*t.k + b
			both := t.firsts[i] + t.firsts[b*t.k+a]
			if add(Condition, a, b, t.with[b], t.with[b]-t.firsts[i]) && !once.has(b) {
				// included again by a only: so the first b needs it too
				add(Again, a, b, t.again[b], t.again[b]-t.between[i])
			}
			add(Response, a, b, t.with[a], t.with[a]-t.lasts[i])
			rarer := min(t.with[a], t.with[b])
			if float64(both) <= opt.Noise*float64(rarer) && rarer >= max(1, opt.Support) {
				if a < b {
					g.add(Relation{Kind: Apart, From: a, To: b, Cases: rarer, Broken: both, Chance: float64(t.with[a]) * float64(t.with[b]) / float64(t.cases)})
				}
			} else if t.follows[i] < both {
				add(Exclude, a, b, both, t.follows[i])
			}
		}
	}
	g.fold()
	return g
}

func (g *Graph) add(r Relation) {
	g.Relations = append(g.Relations, r)
	switch r.Kind {
	case Once:
		g.outs[r.From].put(r.From)
	case Condition, Open:
		g.needs[r.To].put(r.From)
	case Response:
		g.wants[r.From].put(r.To)
	case Again:
		g.outs[r.To].put(r.To)
		g.in[r.From].put(r.To)
	case Exclude:
		g.outs[r.From].put(r.To)
	case Apart:
		g.outs[r.From].put(r.To)
		g.outs[r.To].put(r.From)
	}
}

// fold marks relations that others lead to: what comes before what comes before; what must follow what must follow; what is
// over once something it needs is done. With noise it takes the others as if they had no exception, but never walks in a ring.
func (g *Graph) fold() {
	before, then, over := newSets(g.n), newSets(g.n), newSets(g.n) // of a: what never comes but after it; what always follows; what it ends
	for _, r := range g.Relations {
		switch r.Kind {
		case Condition:
			before[r.From].put(r.To)
		case Response:
			then[r.From].put(r.To)
		case Once, Exclude:
			over[r.From].put(r.To)
		case Apart:
			over[r.From].put(r.To)
			over[r.To].put(r.From)
		}
	}
	far, farThen := closed(before), closed(then)
	first := newSets(g.n) // of b: what it always comes after, and never before
	for a := range before {
		before[a].each(func(b int) {
			if !far[b].has(a) {
				first[b].put(a)
			}
		})
	}
	leads := func(s set, ok func(c int) bool) bool {
		found := false
		s.each(func(c int) { found = found || ok(c) })
		return found
	}
	for i := range g.Relations {
		r := &g.Relations[i]
		a, b := r.From, r.To
		switch r.Kind {
		case Condition, Open:
			r.Follows = leads(first[b], func(c int) bool {
				return c != a && (first[c].has(a) || r.Kind == Open && g.needs[c].has(a) && !far[b].has(c))
			})
		case Response:
			r.Follows = leads(then[a], func(c int) bool { return c != b && then[c].has(b) && !farThen[c].has(a) && !farThen[b].has(c) })
		case Exclude:
			r.Follows = leads(first[a], func(c int) bool { return over[c].has(b) })
		case Apart: // what always comes before one of them is never in one case with the other either
			r.Follows = leads(first[a], func(c int) bool { return over[c].has(b) && over[b].has(c) }) ||
				leads(first[b], func(c int) bool { return over[c].has(a) && over[a].has(c) })
		}
	}
}

// closed is what can be reached in one step or more.
func closed(steps []set) []set {
	out := newSets(len(steps))
	for a := range steps {
		copy(out[a], steps[a])
	}
	for k := range out {
		for a := range out {
			if out[a].has(k) {
				for w := range out[a] {
					out[a][w] |= out[k][w]
				}
			}
		}
	}
	return out
}

// rank is how much a relation has to say.
func (r *Relation) rank() float64 {
	switch r.Kind {
	case Apart:
		return r.Chance
	case Open:
		return float64(r.Done)
	}
	return float64(r.Cases)
}

// Sort puts those first that have most to say; equal ones by name of their acts.
func Sort(rs []Relation, names []string) {
	slices.SortStableFunc(rs, func(a, b Relation) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(a.Broken, b.Broken), cmp.Compare(a.Kind, b.Kind), cmp.Compare(names[a.From], names[b.From]), cmp.Compare(names[a.To], names[b.To]))
	})
}

// Holds tells whether a relation holds in one case. Open conditions depend on the rest of the graph: see Graph.Replay.
func (r *Relation) Holds(trace []uint16) bool {
	a, b := uint16(r.From), uint16(r.To)
	firstA, lastA := slices.Index(trace, a), lastIndex(trace, a)
	firstB, lastB := slices.Index(trace, b), lastIndex(trace, b)
	switch r.Kind {
	case Once:
		return firstA == lastA
	case Condition:
		return firstB < 0 || firstA >= 0 && firstA < firstB
	case Response:
		return lastA < lastB || firstA < 0
	case Again:
		since := true
		for i, x := range trace {
			switch {
			case x == a:
				since = true
			case x == b && !since && i > firstB:
				return false
			case x == b:
				since = false
			}
		}
		return true
	case Exclude:
		return firstA < 0 || lastB < firstA
	case Apart:
		return firstA < 0 || firstB < 0
	}
	return true
}

func lastIndex(trace []uint16, a uint16) int {
	for i := len(trace) - 1; i >= 0; i-- {
		if trace[i] == a {
			return i
		}
	}
	return -1
}

// ByChance tells, of Apart, that so few cases with both are nothing to wonder at: were both independent of each other, as few
// would come of it in at least one log of twenty (Poisson).
func (r *Relation) ByChance() bool {
	if r.Kind != Apart {
		return false
	}
	term := math.Exp(-r.Chance)
	sum := term
	for k := int64(1); k <= r.Broken; k++ {
		term *= r.Chance / float64(k)
		sum += term
	}
	return sum >= .05
}

// Wilson is the 95 % interval of a share of k in n (Wilson 1927). With n 0 nothing is known: 0 to 1.
func Wilson(k, n int64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, mid-half), min(1, mid+half)
}
