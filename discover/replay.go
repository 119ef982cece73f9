package discover

// Replayer runs cases on a graph; one for each goroutine.
type Replayer struct {
	g                       *Graph
	done, included, pending set
}

// NewReplayer makes a replayer of a graph.
func (g *Graph) NewReplayer() *Replayer {
	return &Replayer{g: g, done: newSet(g.n), included: newSet(g.n), pending: newSet(g.n)}
}

func (r *Replayer) start() {
	clear(r.done)
	clear(r.pending)
	for i := range r.included {
		r.included[i] = ^uint64(0)
	}
}

// do runs one act, whether or not it is enabled.
func (r *Replayer) do(a int) {
	g := r.g
	r.done.put(a)
	r.pending.drop(a)
	for w := range r.pending {
		r.pending[w] |= g.wants[a][w]
		r.included[w] = r.included[w]&^g.outs[a][w] | g.in[a][w]
	}
}

// Fits tells whether the graph lets a case happen: every act enabled when it comes, nothing demanded at the end. Where not,
// at is the place of the first act that is not enabled, or len(trace) for what is still demanded.
func (r *Replayer) Fits(trace []uint16) (ok bool, at int) {
	r.start()
	for i, x := range trace {
		a := int(x)
		if !r.included.has(a) {
			return false, i
		}
		for w, needs := range r.g.needs[a] {
			if needs&r.included[w]&^r.done[w] != 0 {
				return false, i
			}
		}
		r.do(a)
	}
	for w := range r.pending {
		if r.pending[w]&r.included[w] != 0 {
			return false, len(trace)
		}
	}
	return true, 0
}

// Refiner finds open conditions: an act that often comes before another, and where it does not, can no longer be done. It
// needs a second look at the cases, with what the graph excludes. One for each goroutine.
type Refiner struct {
	run    *Replayer
	limit  []float64 // by act: the cases that an open condition of it may be broken in
	open   []set     // by act: what may still be an open condition of it
	broken []int64   // at [b*n+a]
	miss   []set     // of the case at hand
	missed []int
}

// NewRefiner begins a second look.
func (g *Graph) NewRefiner(t *Tally) *Refiner {
	r := &Refiner{run: g.NewReplayer(), limit: make([]float64, g.n), open: newSets(g.n), broken: make([]int64, g.n*g.n), miss: newSets(g.n)}
	for b := range g.n {
		r.limit[b] = g.opt.Noise * float64(t.with[b])
		if t.with[b] < max(1, g.opt.Support) {
			continue
		}
		for a := range g.n {
			if a != b && t.follows[a*t.k+b] >= max(1, g.opt.Support) && !g.needs[b].has(a) {
				r.open[b].put(a)
			}
		}
	}
	return r
}

// Case looks at n cases whose acts are these.
func (r *Refiner) Case(trace []uint16, n int64) {
	x := r.run
	x.start()
	r.missed = r.missed[:0]
	for _, e := range trace {
		b := int(e)
		some := false
		for w, open := range r.open[b] {
			miss := open & x.included[w] &^ x.done[w]
			r.miss[b][w] |= miss
			some = some || miss != 0
		}
		if some {
			r.missed = append(r.missed, b)
		}
		x.do(b)
	}
	for _, b := range r.missed {
		r.miss[b].each(func(a int) {
			i := b*r.run.g.n + a
			r.broken[i] += n
			if float64(r.broken[i]) > r.limit[b] {
				r.open[b].drop(a)
			}
		})
		clear(r.miss[b])
	}
}

// Add adds what another goroutine saw.
func (r *Refiner) Add(o *Refiner) {
	for i := range r.broken {
		r.broken[i] += o.broken[i]
	}
	for b := range r.open {
		for w := range r.open[b] {
			r.open[b][w] &= o.open[b][w]
		}
	}
}

// Refine adds the open conditions that were found.
func (g *Graph) Refine(t *Tally, r *Refiner) {
	for b := range r.open {
		r.open[b].each(func(a int) {
			if broken := r.broken[b*g.n+a]; float64(broken) <= r.limit[b] {
				g.add(Relation{Kind: Open, From: a, To: b, Cases: t.with[b], Broken: broken, Done: t.firsts[a*t.k+b]})
			}
		})
	}
	g.fold()
}
