package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"plumbline/calendar"
	"plumbline/discover"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// PracticeOptions says what of practice is told as a rule.
type PracticeOptions struct {
	Options
	Noise   float64 // a rule may be broken in this share of its cases; 0: a rule has no exception
	Support int64   // a rule must be about so many cases; at least 1

	held int64 // bytes of different cases that are remembered before the log is read again instead; 0: 64 MiB
}

const (
	keptExamples = 3
	defaultHeld  = 64 << 20
)

// Discover mines the rules that practice follows from a log, and lays them beside the clauses of a procedure; p may be nil.
// Acts stand in the order of the log. Cases that went the same way are looked at once; where more different ways come than fit
// into memory, the log is read again for each of the two further looks that mining takes.
func Discover(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt PracticeOptions) (*Practice, error) {
	m := &miner{p: p, opt: opt, read: func(start func(), each func(int, *eventlog.Batch) error) error {
		_, err := readFor(ctx, name, open, p, opt.Options, start, each)
		return err
	}}
	if p != nil {
		m.relations = p.Relations()
		m.clauses = together(m.relations)
	}
	err := m.read(m.begin, m.look)
	if err == nil && m.workers.any((*countWorker).tooMany) {
		m.opt.Now = m.last()
		err = m.read(m.begin, m.look)
	}
	if err != nil {
		return nil, err
	}
	m.gather()
	t := &m.tally
	if t.Cases() == 0 && m.left > 0 {
		return nil, fmt.Errorf("%s: it is a record, and none of its cases was kept under %s/%s", name, p.Pack.ID, p.ID)
	}
	g := discover.Mine(t, discover.Options{Noise: opt.Noise, Support: opt.Support})
	refiners := perWorker[*discover.Refiner]{make: func() *discover.Refiner { return g.NewRefiner(t) }}
	if err := m.again(refiners.reset, func(worker int, w *way) { refiners.of(worker).Case(w.trace, w.cases) }); err != nil {
		return nil, err
	}
	first := g.NewRefiner(t)
	refiners.each(first.Add)
	g.Refine(t, first)

	examiners := perWorker[*examiner]{make: func() *examiner { return newExaminer(m, g) }}
	if err := m.again(examiners.reset, func(worker int, w *way) { examiners.of(worker).look(w) }); err != nil {
		return nil, err
	}
	total := newExaminer(m, g)
	examiners.each(total.add)
	return m.report(name, g, total), nil
}

// readFor is read, also where there is no procedure; times without offset then count as UTC, which changes no order.
func readFor(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options, start func(), each func(int, *eventlog.Batch) error) (eventlog.Stats, error) {
	if p != nil {
		return read(ctx, name, open, p, opt, start, each)
	}
	start()
	r, err := open()
	if err != nil {
		return eventlog.Stats{}, err
	}
	defer func() { _ = r.Close() }() // only read
	return eventlog.Read(ctx, r, name, eventlog.Options{Map: opt.Map, Workers: opt.Workers, Spill: opt.Spill, Watch: opt.Watch}, each)
}

// way is what cases that went the same way have in common.
type way struct {
	trace []uint16
	cases int64
	first []caseRef // the first few of them in the log
}

// miner counts a log in one reading.
type miner struct {
	p         *procedure.Procedure
	opt       PracticeOptions
	relations []procedure.Relation
	clauses   []clause
	read      func(start func(), each func(int, *eventlog.Batch) error) error

	alphabet discover.Alphabet
	workers  perWorker[*countWorker]

	tally  discover.Tally
	ways   []way // nil: they were too many, the log is read again
	passed int64 // acts that the procedure is known to ignore
	left   int64 // cases of a record that were kept under another procedure
	names  []string
	seen   map[int]*clauseTally // by clause
}

// clause is what is told in one line: a relation, or all clauses of one rule that look at more than the order of acts.
type clause struct {
	procedure.Relation
	names []string // of the clauses, as findings carry them
}

func together(relations []procedure.Relation) []clause {
	var out []clause
	for _, r := range relations {
		at := -1
		if r.Kind == procedure.Speaks && r.Rule >= 0 {
			at = slices.IndexFunc(out, func(c clause) bool { return c.Kind == r.Kind && c.Rule == r.Rule && (c.To == nil) == (r.To == nil) })
		}
		if at < 0 {
			out = append(out, clause{r, []string{r.Clause, r.Clause + ".missing"}})
			continue
		}
		c := &out[at]
		c.names = append(c.names, r.Clause)
		c.From, c.To = joined(c.From, r.From), joined(c.To, r.To)
	}
	return out
}

func joined(a, b []int) []int {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// perWorker is something each goroutine has of its own.
type perWorker[T any] struct {
	mu   sync.Mutex
	all  map[int]T
	make func() T
}

func (w *perWorker[T]) of(n int) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok := w.all[n]
	if !ok {
		if w.all == nil {
			w.all = map[int]T{}
		}
		x = w.make()
		w.all[n] = x
	}
	return x
}

func (w *perWorker[T]) reset() { w.all = nil }

func (w *perWorker[T]) any(is func(T) bool) bool {
	for _, x := range w.all {
		if is(x) {
			return true
		}
	}
	return false
}

func (w *perWorker[T]) each(visit func(T)) {
	for _, x := range w.all {
		visit(x)
	}
}

// countWorker counts on one goroutine.
type countWorker struct {
	m         *miner
	numbers   map[string]int // -1: the procedure ignores it
	trace     []uint16
	key       []byte
	ways      map[string]*way
	size      int64 // bytes of ways
	full      bool
	tally     discover.Tally
	passed    int64
	elsewhere int64   // cases of a record that were kept under another procedure
	judge     *folder // nil without a procedure
	held      []heldCase
	clauses   []clauseTally
	of        map[string]int // clauses by the name that findings carry
}

// heldCase is a case whose deadlines may still pass before the last instant of the log.
type heldCase struct {
	caseRef
	judged
}

// clauseTally is what the judge found of one clause.
type clauseTally struct {
	found, cases, unjudged int64
	told                   int64 // of found: never a breach
	last                   caseRef
	examples               []caseRef
}

func (m *miner) begin() {
	m.alphabet = discover.Alphabet{}
	if m.opt.held == 0 {
		m.opt.held = defaultHeld
	}
	m.workers = perWorker[*countWorker]{make: func() *countWorker {
		w := &countWorker{m: m, numbers: map[string]int{}, ways: map[string]*way{}, of: map[string]int{}}
		for i, c := range m.clauses {
			for _, name := range c.names {
				w.of[name] = i
			}
		}
		w.clauses = make([]clauseTally, len(m.clauses))
		if m.p != nil {
			w.judge = newFolder(m.p, m.opt.Now)
		}
		return w
	}}
}

func (m *miner) look(worker int, b *eventlog.Batch) error {
	w := m.workers.of(worker)
	for i := range b.Cases {
		c := &b.Cases[i]
		_, recorded := recordedUnder(c)
		if m.elsewhere(c) {
			w.elsewhere++
			continue
		}
		if err := w.follow(c); err != nil {
			return err
		}
		w.keep(refOf(c))
		switch {
		case w.judge == nil:
		case recorded:
			o, err := w.judge.foldRecorded(c)
			if err != nil {
				return err
			}
			w.judged(refOf(c), o)
		case w.tooMany():
			w.judge.see(c)
		case w.judge.fold(c):
			w.judged(refOf(c), w.judge.end(w.judge.current, w.judge.until()))
		default:
			w.held = append(w.held, heldCase{caseRef{strings.Clone(c.ID), c.Record}, w.judge.take()})
		}
	}
	return nil
}

// elsewhere tells that a case is of a record and was kept under another procedure.
func (m *miner) elsewhere(c *eventlog.Case) bool {
	under, recorded := recordedUnder(c)
	return recorded && m.p != nil && under != m.p.Pack.ID+"/"+m.p.ID
}

// tooMany tells that more cases are open than are held: the log is to be read again, now that its last instant is known.
func (w *countWorker) tooMany() bool { return len(w.held) > w.m.opt.most() }

// last is the last instant of the log.
func (m *miner) last() calendar.Instant {
	last := calendar.Instant(math.MinInt64)
	m.workers.each(func(w *countWorker) { last = max(last, w.judge.last) })
	return last
}

// follow reads the acts of a case into w.trace.
func (w *countWorker) follow(c *eventlog.Case) error {
	w.trace = w.trace[:0]
	for i := range c.Events {
		if fieldOf(c.Events[i].Data, keyRefused) != "" {
			continue // it took no effect
		}
		n, known := w.numbers[c.Events[i].Act]
		if !known {
			act := strings.Clone(c.Events[i].Act)
			name := act
			if p := w.m.p; p != nil {
				if kind := p.ActOf(act); kind >= 0 {
					name = p.ActID(kind)
				} else if p.Ignored(act) {
					name = ""
				}
			}
			n = -1
			if name != "" {
				number, err := w.m.alphabet.Number(name)
				if err != nil {
					return err
				}
				n = int(number)
			}
			w.numbers[act] = n
		}
		if n < 0 {
			w.passed++
			continue
		}
		w.trace = append(w.trace, uint16(n))
	}
	return nil
}

// keep counts the case at hand: at once, or with those that went the same way.
func (w *countWorker) keep(c caseRef) {
	if w.full {
		w.tally.Case(w.trace, 1)
		return
	}
	w.key = w.key[:0]
	for _, a := range w.trace {
		w.key = binary.LittleEndian.AppendUint16(w.key, a)
	}
	x := w.ways[string(w.key)]
	if x == nil {
		x = &way{trace: slices.Clone(w.trace)}
		w.ways[string(w.key)] = x
		w.size += int64(4*len(w.key)) + 256
	}
	x.cases++
	x.first = earliest(x.first, c, keptExamples)
	if w.size > w.m.opt.held/int64(max(1, w.m.opt.Workers)) {
		for _, x := range w.ways {
			w.tally.Case(x.trace, x.cases)
		}
		w.ways, w.full = nil, true
	}
}

func (w *countWorker) judged(c caseRef, o *procedure.Outcome) {
	for i := range o.Findings {
		f := &o.Findings[i]
		at, ok := w.of[f.Clause]
		if !ok {
			continue
		}
		t := &w.clauses[at]
		if f.Unjudged {
			t.unjudged++
			continue
		}
		t.found++
		if f.Warn {
			t.told++
		}
		if t.cases == 0 || t.last.record != c.record {
			t.cases++
			t.last.record = c.record
			t.examples = earliest(t.examples, c, keptExamples)
		}
	}
}

// gather brings together what the workers counted.
func (m *miner) gather() {
	m.names = m.alphabet.Names()
	if m.p != nil {
		last := m.opt.Now
		if last == 0 {
			last = m.last()
		}
		m.workers.each(func(w *countWorker) {
			for _, c := range w.held {
				w.judged(c.caseRef, w.judge.end(c.judged, last))
			}
			w.held = nil
		})
	}
	m.seen = map[int]*clauseTally{}
	for i := range m.clauses {
		m.seen[i] = &clauseTally{}
	}
	all, full := map[string]*way{}, false
	m.workers.each(func(w *countWorker) {
		full = full || w.full
		m.passed += w.passed
		m.left += w.elsewhere
		m.tally.Add(&w.tally)
		for i := range w.clauses {
			t, u := m.seen[i], &w.clauses[i]
			t.found += u.found
			t.told += u.told
			t.cases += u.cases
			t.unjudged += u.unjudged
			for _, c := range u.examples {
				t.examples = earliest(t.examples, c, keptExamples)
			}
		}
		for key, x := range w.ways {
			m.tally.Case(x.trace, x.cases)
			have := all[key]
			if have == nil {
				all[key] = x
				continue
			}
			have.cases += x.cases
			for _, c := range x.first {
				have.first = earliest(have.first, c, keptExamples)
			}
		}
	})
	if full {
		return
	}
	m.ways = make([]way, 0, len(all))
	for _, x := range all {
		m.ways = append(m.ways, *x)
	}
	slices.SortFunc(m.ways, func(a, b way) int { return cmp.Compare(a.first[0].record, b.first[0].record) })
}

// again looks at every case once more.
func (m *miner) again(start func(), look func(worker int, w *way)) error {
	if m.ways != nil {
		for i := range m.ways {
			look(0, &m.ways[i])
		}
		return nil
	}
	return m.read(start, func(worker int, b *eventlog.Batch) error {
		w := m.workers.of(worker)
		for i := range b.Cases {
			if m.elsewhere(&b.Cases[i]) {
				continue
			}
			if err := w.follow(&b.Cases[i]); err != nil {
				return err
			}
			if slices.ContainsFunc(w.trace, func(a uint16) bool { return int(a) >= len(m.names) }) {
				return fmt.Errorf("case %s has an act that was not there before: the log changed while it was read", b.Cases[i].ID)
			}
			look(worker, &way{w.trace, 1, []caseRef{refOf(&b.Cases[i])}})
		}
		return nil
	})
}

// examiner finds, on the last look, which cases the graph does not let happen, how the plain order of each clause is kept, and
// examples of what is broken.
type examiner struct {
	m      *miner
	graph  *discover.Graph
	replay *discover.Replayer

	fits   int64
	strays []caseRef
	mined  []exampled // by relation of the graph
	broken []int      // the relations that have exceptions
	order  []exampled // by clause
}

type exampled struct {
	cases, broken int64
	examples      []caseRef
}

func newExaminer(m *miner, g *discover.Graph) *examiner {
	x := &examiner{m: m, graph: g, replay: g.NewReplayer(), mined: make([]exampled, len(g.Relations)), order: make([]exampled, len(m.clauses))}
	for i := range g.Relations {
		if r := &g.Relations[i]; r.Broken > 0 && r.Kind != discover.Open {
			x.broken = append(x.broken, i)
		}
	}
	return x
}

func (x *examiner) look(w *way) {
	if ok, _ := x.replay.Fits(w.trace); ok {
		x.fits += w.cases
	} else {
		for _, c := range w.first {
			x.strays = earliest(x.strays, c, keptExamples)
		}
	}
	for _, i := range x.broken {
		if x.graph.Relations[i].Holds(w.trace) {
			continue
		}
		for _, c := range w.first {
			x.mined[i].examples = earliest(x.mined[i].examples, c, keptExamples)
		}
	}
	for i := range x.m.clauses {
		about, holds := x.m.kept(&x.m.clauses[i], w.trace)
		if !about {
			continue
		}
		o := &x.order[i]
		o.cases += w.cases
		if !holds {
			o.broken += w.cases
			for _, c := range w.first {
				o.examples = earliest(o.examples, c, keptExamples)
			}
		}
	}
}

func (x *examiner) add(o *examiner) {
	x.fits += o.fits
	both := func(to, from []caseRef) []caseRef {
		for _, c := range from {
			to = earliest(to, c, keptExamples)
		}
		return to
	}
	x.strays = both(x.strays, o.strays)
	for i := range x.mined {
		x.mined[i].examples = both(x.mined[i].examples, o.mined[i].examples)
	}
	for i := range x.order {
		x.order[i].cases += o.order[i].cases
		x.order[i].broken += o.order[i].broken
		x.order[i].examples = both(x.order[i].examples, o.order[i].examples)
	}
}

// kept tells whether a case is about a clause, and whether it keeps the plain order of it, guards and limits aside.
func (m *miner) kept(c *clause, trace []uint16) (about, holds bool) {
	in := func(list []int, a uint16) bool {
		i := m.p.ActOf(m.names[a])
		return i >= 0 && slices.Contains(list, i)
	}
	from, to := -1, -1 // first of From, first of To
	lastFrom, lastTo := -1, -1
	for i, a := range trace {
		if in(c.From, a) {
			if lastFrom = i; from < 0 {
				from = i
			}
		}
		if in(c.To, a) {
			if lastTo = i; to < 0 {
				to = i
			}
		}
	}
	switch c.Kind {
	case procedure.Before:
		return to >= 0, from >= 0 && from < to
	case procedure.Demands:
		return from >= 0, lastTo > lastFrom
	case procedure.Ends:
		return from >= 0, lastTo <= from
	case procedure.NotBoth:
		return from >= 0 || to >= 0, from < 0 || to < 0
	}
	return to >= 0 || c.To == nil && (from >= 0 || c.From == nil), true
}

// actName is an act as it is told: its title in the procedure, or its name in the log.
func (m *miner) actName(n int) ActName {
	name := m.names[n]
	if m.p != nil {
		if i := m.p.ActOf(name); i >= 0 {
			return ActName{name, titleOf(m.p.ActTitle(i)), true}
		}
	}
	return ActName{name, Title{name, name}, false}
}

func ids(list []caseRef) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.id
	}
	return out
}

func percent(x float64) string { return fmt.Sprintf("%.4g %%", 100*x) }
