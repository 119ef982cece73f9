package procedure

import (
	"math"
	"slices"

	"plumbline/calendar"
	"plumbline/casefile"
)

// A Sieve goes through the acts of a case much faster than a Judge, keeps much less, and says only what it is sure of: that
// the judge would find nothing in the case but what became of its duties, of which some were late or never done. Of any
// other case it says that it must be judged.
//
// It is sure where acts are about the case, no act corrects another, the clauses speak of what was done, when and on which
// data, and every answer is yes or no. It leaves to the judge a case in which
//
//   - a clause about order, time, people or data would be found broken, or cannot be told to hold: a fact is missing, an
//     expression has words that sieveexpr.go does not translate, an earlier act's data are asked for;
//   - an act names persons or items, is excluded, bars somebody, suspends or extends a limit that runs, or changes it;
//   - a limit cannot be counted (a year without a calendar), or the law itself acts when it runs out.
//
// Duties are counted by the same calendar.Clock as the judge's. One for each goroutine.
type Sieve struct {
	p      *Procedure
	acts   []sieveAct
	duties []sieveDuty
	checks []sieveClause
	silent []sieveTest // by silent step of the path; nil where there is no expression
	reads  [][]int     // by act: data that expressions read
	keep   []bool      // facts that expressions read
	tables map[tableKey]*dueTable
	limits []*dueTable // the same; the first is none

	// The standing of the case.
	now, next calendar.Instant // next: no deadline is before
	seq       int32
	path      uint64
	hist      []history
	touched   []int // acts done
	excluded  bool  // hist has exclusions
	facts     []casefile.Value
	pending   []sievePending
	persons   []didBy

	// The act being held against the law.
	at    calendar.Instant
	data  []casefile.Value
	day   calendar.Date // of dayOf
	dayOf calendar.Instant

	// Missed and Duties are what became of the duties of the case, until Reset.
	Missed []Missed
	Duties []Ended
}

// Missed is a finding: a duty was late, or never done.
type Missed struct {
	Rule int
	Warn bool
}

// Ended is what became of a duty in the end: OnTime, Late, Open, Missing, Lapsed or Waived.
type Ended struct {
	Duty  int
	State State
	Due   calendar.Instant // zero: no limit
}

type sievePending struct {
	start, due calendar.Instant // due: Never without a limit
	limit      int32            // index in limits; 0: none
	duty       int32
	found      int32 // index in Missed of the finding that it is late, or -1
	fired      bool
}

// ended is what is told of it.
func (w *sievePending) ended(s State) Ended {
	due := w.due
	if w.limit == 0 {
		due = 0
	}
	return Ended{int(w.duty), s, due}
}

type sieveAct struct {
	*act
	ofCase   bool
	after    []sieveClause
	windows  []sieveClause
	notWhile []sieveClause
	expects  []sieveClause
	apart    []sieveClause
	powers   []sieveClause
	sets     []setting
	opens    []opening
	does     []bool // by duty: the act discharges it
	moves    bool   // it may suspend, extend, waive, lapse or refit a duty
	people   bool   // clauses about who
	bare     bool   // it has no clauses
	quiet    bool   // it changes nothing but what was done, and duties
}

// opening is a duty that an act may open.
type opening struct {
	duty  int32
	limit int32 // where it is plain
	plain bool  // it opens always, with the act, and has always this limit
}

// sieveClause is a clause of any sort; each uses what it needs.
type sieveClause struct {
	guard        *guard
	plain        bool // it speaks always
	simple       bool // of after: and asks only whether one of its acts was done
	when, unless sieveTest
	that         sieveTest
	acts         []int
	since        []int
	held         []bool // of not_while: by duty
	mayBeEmpty   bool
	ofSet        bool
	needsPrior   bool
	delay        *dueTable
	tiers        []sieveTier
	posts        []string
}

type sieveDuty struct {
	*duty
	clause  sieveClause
	start   sieveTerm
	tiers   []sieveTier
	changes []bool      // by act: it suspends or extends
	lapses  []sieveTest // by lapse; nil where there is no expression
}

type sieveTier struct {
	*tier
	when sieveTest
	due  *dueTable
}

type tableKey struct {
	term    calendar.Term
	liberty bool
	roll    calendar.Roll
}

// dueTable remembers on which day a term of days ends, by the day on which it starts.
type dueTable struct {
	tableKey
	civil bool
	index int32            // in limits
	span  calendar.Instant // of a term of hours or minutes
	byDay []uint16         // days to the end, and one; 0: not yet computed
}

// perhaps is what a clause says of itself when an exception may or may not excuse.
const perhaps answer = 3

// NewSieve makes a sieve for one goroutine.
func (p *Procedure) NewSieve() *Sieve {
	v := &Sieve{p: p, reads: make([][]int, len(p.acts)), keep: make([]bool, len(p.facts)), tables: map[tableKey]*dueTable{}, limits: []*dueTable{nil},
		hist: make([]history, len(p.acts)), facts: make([]casefile.Value, len(p.facts)), dayOf: minInstant}
	for _, a := range p.acts {
		v.acts = append(v.acts, v.act(a))
	}
	for _, d := range p.duties {
		v.duties = append(v.duties, v.duty(d))
	}
	for i := range p.checks {
		if c := &p.checks[i]; c.set < 0 {
			k := v.clause(&c.guard)
			k.that = v.test(c.that)
			v.checks = append(v.checks, k)
		}
	}
	if p.path != nil {
		for _, st := range p.path.silent {
			v.silent = append(v.silent, v.test(st.that))
		}
	}
	for i := range v.acts {
		v.acts[i].sets = slices.DeleteFunc(slices.Clone(p.acts[i].sets), func(s setting) bool { return !v.keep[s.fact] })
		for _, s := range v.acts[i].sets {
			v.read(i, s.field)
		}
		v.settle(&v.acts[i])
	}
	v.Reset()
	return v
}

// settle notes what need not be looked at each time.
func (v *Sieve) settle(a *sieveAct) {
	for _, i := range a.duties {
		d := &v.duties[i]
		o := opening{duty: int32(i), plain: d.set < 0 && d.clause.plain && d.start == nil && len(d.tiers) < 2}
		if o.plain && len(d.tiers) == 1 {
			t := &d.tiers[0]
			o.limit, o.plain = t.due.index, t.tier.when == nil && t.from == math.MinInt64 && t.until == calendar.Never
		}
		a.opens = append(a.opens, o)
	}
	a.bare = len(a.windows)+len(a.notWhile)+len(a.expects)+len(a.apart)+len(a.powers) == 0 && !a.people
	a.quiet = a.bars < 0 && !a.keepsPerson && len(a.sets)+len(a.excludes)+len(a.includes)+len(a.voids) == 0
}

func (v *Sieve) read(act, field int) {
	if !slices.Contains(v.reads[act], field) {
		v.reads[act] = append(v.reads[act], field)
	}
}

func (v *Sieve) keepFact(i int) { v.keep[i] = true }

// Reads lists the data of an act that Act looks at: indices into Fields. The others may be left out.
func (v *Sieve) Reads(kind int) []int { return v.reads[kind] }

// Names tells whether Act looks at who did an act of this kind.
func (v *Sieve) Names(kind int) bool { return v.acts[kind].people || v.acts[kind].keepsPerson }

func (v *Sieve) clause(g *guard) sieveClause {
	return sieveClause{guard: g, when: v.test(g.when), unless: v.test(g.unless), since: g.since,
		plain: g.when == nil && g.unless == nil && len(g.unlessDone) == 0 && g.from == math.MinInt64 && g.until == calendar.Never}
}

func (v *Sieve) act(a *act) sieveAct {
	p := v.p
	x := sieveAct{act: a, ofCase: a.Scope == caseScope, does: make([]bool, len(p.duties))}
	kind := p.actIndex[a.ID]
	for i := range a.after {
		c := &a.after[i]
		k := v.clause(&c.guard)
		k.acts, k.ofSet, k.mayBeEmpty, k.needsPrior = c.acts, c.set >= 0, c.mayBeEmpty, c.that != nil
		if c.delay != nil {
			k.delay = v.table(*c.delay, false, calendar.RollNone)
		}
		k.simple = k.plain && len(k.since) == 0 && k.delay == nil && !k.ofSet && !k.needsPrior
		x.after = append(x.after, k)
	}
	for i := range a.windows {
		w := &a.windows[i]
		k := v.clause(&w.guard)
		k.acts, k.tiers = w.acts, v.tiers(w.tiers, false, p.Pack.Roll)
		x.windows = append(x.windows, k)
	}
	for i := range a.notWhile {
		m := &a.notWhile[i]
		k := v.clause(&m.guard)
		for _, d := range p.duties {
			k.held = append(k.held, intersects(d.do, m.acts))
		}
		x.notWhile = append(x.notWhile, k)
	}
	for i := range a.expects {
		k := v.clause(&a.expects[i].guard)
		k.that = v.test(a.expects[i].that)
		x.expects = append(x.expects, k)
	}
	for _, i := range a.apart {
		k := v.clause(&p.apart[i].guard)
		k.acts = p.apart[i].one
		if slices.Contains(p.apart[i].one, kind) {
			k.acts = p.apart[i].other
		}
		x.apart = append(x.apart, k)
	}
	for _, t := range a.competent {
		x.powers = append(x.powers, sieveClause{when: v.test(t.when), posts: t.posts})
	}
	x.people = len(a.by)+len(a.qualified)+len(a.competent)+len(a.otherThan) > 0
	for i, d := range p.duties {
		x.does[i] = slices.Contains(d.do, kind)
		x.moves = x.moves || slices.Contains(a.waives, i) || d.extended != nil && d.extended.by == kind || d.follows && len(a.sets) > 0
		for _, s := range d.suspended {
			x.moves = x.moves || s.from == kind || slices.Contains(s.to, kind)
		}
		for _, l := range d.lapses {
			x.moves = x.moves || slices.Contains(l.acts, kind) || l.when != nil && len(a.sets) > 0
		}
	}
	return x
}

func (v *Sieve) duty(d *duty) sieveDuty {
	x := sieveDuty{duty: d, clause: v.clause(&d.guard), tiers: v.tiers(d.tiers, d.liberty, d.roll), changes: make([]bool, len(v.p.acts))}
	if d.start != nil {
		x.start = v.term(d.start)
	}
	for _, s := range d.suspended {
		x.changes[s.from] = true
		for _, to := range s.to {
			x.changes[to] = true
		}
	}
	if d.extended != nil {
		x.changes[d.extended.by] = true
	}
	for _, l := range d.lapses {
		x.lapses = append(x.lapses, v.test(l.when))
	}
	return x
}

func (v *Sieve) tiers(tiers []tier, liberty bool, roll calendar.Roll) (out []sieveTier) {
	for i := range tiers {
		out = append(out, sieveTier{&tiers[i], v.test(tiers[i].when), v.table(tiers[i].term, liberty, roll)})
	}
	return out
}

func (v *Sieve) table(term calendar.Term, liberty bool, roll calendar.Roll) *dueTable {
	k := tableKey{term, liberty, roll}
	if v.tables[k] == nil {
		t := &dueTable{tableKey: k, civil: term.IsCivil()}
		if d, err := (calendar.Clock{Start: dayMicro, Base: term, Liberty: liberty, Roll: roll}).Deadline(v.p.Pack.Zone, v.p.Pack.Calendar); err == nil {
			t.span = d.Due - dayMicro
		}
		t.index = int32(len(v.limits))
		v.limits, v.tables[k] = append(v.limits, t), t
	}
	return v.tables[k]
}

// lastDay bounds the table of days, which begins in 1970; what lies outside is counted each time.
const (
	lastDay  = 130 * 365
	dayMicro = calendar.Instant(86_400_000_000)
)

// due is where a term that began at start ends; false where it cannot be counted.
func (v *Sieve) due(t *dueTable, start calendar.Instant) (calendar.Instant, bool) {
	if !t.civil {
		if start >= 0 && start < lastDay*dayMicro {
			return start + t.span, true
		}
		return v.counted(t, start)
	}
	if start != v.dayOf {
		v.dayOf, v.day = start, v.p.Pack.Zone.Date(start)
	}
	if v.day < 0 || v.day >= lastDay {
		return v.counted(t, start)
	}
	if t.byDay == nil {
		t.byDay = make([]uint16, lastDay)
	}
	zone, days := v.p.Pack.Zone, t.byDay[v.day]
	if days > 0 {
		return zone.End(v.day + calendar.Date(days-1)), true
	}
	due, ok := v.counted(t, start)
	if n := zone.Date(due) - v.day; ok && n >= 0 && n < math.MaxUint16 && zone.End(v.day+n) == due {
		t.byDay[v.day] = uint16(n + 1)
	}
	return due, ok
}

func (v *Sieve) counted(t *dueTable, start calendar.Instant) (calendar.Instant, bool) {
	got, err := calendar.Clock{Start: start, Base: t.term, Liberty: t.liberty, Roll: t.roll}.Deadline(v.p.Pack.Zone, v.p.Pack.Calendar)
	return got.Due, err == nil
}

// Reset begins a new case.
func (v *Sieve) Reset() {
	v.now, v.next, v.seq = minInstant, calendar.Never, 0
	for _, k := range v.touched {
		v.hist[k] = history{}
	}
	if v.excluded {
		clear(v.hist)
	}
	v.touched, v.excluded, v.pending, v.persons = v.touched[:0], false, v.pending[:0], v.persons[:0]
	v.Missed, v.Duties = v.Missed[:0], v.Duties[:0]
	for i, keep := range v.keep {
		if keep {
			v.facts[i] = v.p.facts[i].initial
		}
	}
	if v.p.path != nil {
		v.path = v.p.path.start
	}
}

// Act holds the next act of the case against the law and applies it. No act may name a subject. False: the case must be
// judged, and nothing more may be asked of the sieve until Reset. data is in the order of Fields, as far as Reads lists
// them; text in it must stay good until Reset. actor may be nil: not known.
func (v *Sieve) Act(kind int, at calendar.Instant, data []casefile.Value, actor *casefile.Actor) bool {
	if at > v.now && !v.advance(at) {
		return false
	}
	a := &v.acts[kind]
	if !a.ofCase {
		return true // about somebody whom the log does not name: the judge holds it against nothing
	}
	v.at, v.data = at, data
	return v.holds(kind, a, actor) && v.apply(kind, a, actor)
}

// advance lets the deadlines before t pass.
func (v *Sieve) advance(t calendar.Instant) bool {
	v.now = max(v.now, t)
	if v.next >= t {
		return true
	}
	v.next = calendar.Never
	for i := range v.pending {
		w := &v.pending[i]
		switch {
		case w.limit == 0 || w.fired:
		case w.due >= t:
			v.next = min(v.next, w.due)
		default:
			d := &v.duties[w.duty]
			if d.applies >= 0 {
				return false
			}
			w.fired = true
			if d.late >= 0 {
				w.found = int32(len(v.Missed))
				v.Missed = append(v.Missed, Missed{d.late, d.promptly || d.warn})
			}
		}
	}
	return true
}

// speaks tells whether a clause speaks now: no, yes, perhaps (it may be excused), or unknown.
func (v *Sieve) speaks(c *sieveClause) answer {
	if c.plain {
		return yes
	}
	if v.at < c.guard.from || v.at > c.guard.until {
		return no
	}
	if c.when != nil {
		if a := c.when(v); a != yes {
			return a
		}
	}
	said := yes
	if c.unless != nil {
		switch c.unless(v) {
		case yes:
			return no
		case unknown:
			said = perhaps
		}
	}
	for _, u := range c.guard.unlessDone {
		if v.doneAfter(u, v.latest(c.since)) {
			return no
		}
	}
	return said
}

func (v *Sieve) doneAfter(act int, seq int32) bool { return v.hist[act].done && v.hist[act].seq > seq }

func (v *Sieve) latest(acts []int) (seq int32) {
	for _, a := range acts {
		seq = max(seq, v.hist[a].seq)
	}
	return seq
}

// holds tells whether every clause of an act certainly holds.
func (v *Sieve) holds(kind int, a *sieveAct, actor *casefile.Actor) bool {
	if v.hist[kind].excluded {
		return false
	}
	for i := range a.after {
		if !v.condition(&a.after[i]) {
			return false
		}
	}
	if a.bare {
		return true
	}
	for i := range a.windows {
		if !v.window(&a.windows[i]) {
			return false
		}
	}
	for i := range a.notWhile {
		c := &a.notWhile[i]
		for k := range v.pending {
			if c.held[v.pending[k].duty] && v.speaks(c) != no {
				return false
			}
		}
	}
	for i := range a.expects {
		if !v.expected(&a.expects[i]) {
			return false
		}
	}
	if a.people && !v.empowered(a, actor) {
		return false
	}
	for i := range a.apart {
		if c := &a.apart[i]; v.latest(c.acts) > 0 && v.speaks(c) != no {
			return false
		}
	}
	return true
}

func (v *Sieve) expected(c *sieveClause) bool {
	switch v.speaks(c) {
	case no:
		return true
	case unknown:
		return false
	}
	return c.that(v) == yes
}

func (v *Sieve) condition(c *sieveClause) bool {
	if c.simple {
		for _, x := range c.acts {
			if h := &v.hist[x]; h.done || h.excluded {
				return true
			}
		}
		return false
	}
	if c.ofSet {
		return c.mayBeEmpty // nobody is in the case
	}
	switch v.speaks(c) {
	case no:
		return true
	case unknown:
		return false
	}
	since := v.latest(c.since)
	for _, x := range c.acts {
		if v.hist[x].excluded {
			return true
		}
		if !v.doneAfter(x, since) || c.needsPrior {
			continue
		}
		if c.delay != nil {
			due, ok := v.due(c.delay, v.hist[x].last)
			if !ok {
				return false
			}
			if v.at <= due {
				continue
			}
		}
		return true
	}
	return false
}

func (v *Sieve) window(c *sieveClause) bool {
	said := v.speaks(c)
	if said == no {
		return true
	}
	since := v.latest(c.since)
	var from calendar.Instant
	open := false
	for _, x := range c.acts {
		if v.doneAfter(x, since) {
			from, open = v.hist[x].last, true
		}
	}
	if !open {
		return true
	}
	t, ok := v.tier(c.tiers, from)
	if !ok || t == nil {
		return ok
	}
	due, ok := v.due(t.due, from)
	return ok && said != unknown && v.at <= due
}

// tier is the limit that applies to what began at from, nil for none; false where that is not certain.
func (v *Sieve) tier(tiers []sieveTier, from calendar.Instant) (*sieveTier, bool) {
	for i := range tiers {
		t := &tiers[i]
		if from < t.from || from > t.until {
			continue
		}
		if t.when == nil {
			return t, true
		}
		switch t.when(v) {
		case yes:
			return t, true
		case unknown:
			return nil, false
		}
	}
	return nil, true
}

func (v *Sieve) empowered(a *sieveAct, actor *casefile.Actor) bool {
	if len(a.by)+len(a.qualified) > 0 {
		switch {
		case actor == nil || actor.Posts == nil && len(a.by) > 0,
			len(a.by) > 0 && !sharesText(actor.Posts, a.by),
			len(a.qualified) > 0 && !sharesText(actor.Qualifications, a.qualified):
			return false
		}
	}
	if !v.competent(a.powers, actor) {
		return false
	}
	for _, did := range v.persons {
		if slices.Contains(a.otherThan, did.act) && actor != nil && did.person == actor.Person {
			return false
		}
	}
	return true
}

func (v *Sieve) competent(tiers []sieveClause, actor *casefile.Actor) bool {
	for i := range tiers {
		if t := &tiers[i]; t.when != nil {
			switch t.when(v) {
			case no:
				continue
			case unknown:
				return false
			}
		}
		return actor != nil && actor.Posts != nil && sharesText(actor.Posts, tiers[i].posts)
	}
	return true
}

// apply lets an act that is in order take effect.
func (v *Sieve) apply(kind int, a *sieveAct, actor *casefile.Actor) bool {
	if a.bars >= 0 {
		return false
	}
	h := &v.hist[kind]
	v.seq++
	if h.count == 0 {
		h.first = v.at
		v.touched = append(v.touched, kind)
	}
	h.last, h.seq, h.done = v.at, v.seq, true
	h.count++
	if !a.quiet {
		v.effects(kind, a, actor)
	}
	if len(v.pending) > 0 {
		v.discharge(a)
	}
	running := len(v.pending)
	for _, o := range a.opens {
		if !v.open(o) {
			return false
		}
	}
	if a.moves && len(v.pending) > 0 && !v.move(kind, a, running) {
		return false
	}
	if w := v.p.path; w != nil {
		at, next := w.closure(v.path), uint64(0)
		for _, st := range w.steps[kind] {
			if at&(1<<st.from) != 0 {
				next |= 1 << st.to
			}
		}
		v.path = next
		return next != 0
	}
	return true
}

// effects is what an act changes beyond duties.
func (v *Sieve) effects(kind int, a *sieveAct, actor *casefile.Actor) {
	if a.keepsPerson && actor != nil {
		v.persons = append(v.persons, didBy{kind, 0, actor.Person})
	}
	for _, set := range a.sets {
		target, w := &v.facts[set.fact], v.data[set.field]
		switch {
		case set.how == foldSum:
			*target = target.Add(w)
		case set.how == foldFirst && target.Known(), !w.Known():
		default:
			*target = w
		}
	}
	for i := range a.excludes {
		for _, x := range a.excludes[i].acts {
			v.hist[x].excluded = v.acts[x].ofCase
			v.excluded = true
		}
	}
	for _, x := range a.includes {
		v.hist[x].excluded = false
	}
	for _, x := range a.voids {
		v.hist[x].done = false
	}
}

func (v *Sieve) discharge(a *sieveAct) {
	kept := 0
	for i := range v.pending {
		w := &v.pending[i]
		if !a.does[w.duty] {
			if kept != i {
				v.pending[kept] = *w
			}
			kept++
			continue
		}
		state := OnTime
		if w.fired || v.at > w.due {
			state = Late
		}
		v.Duties = append(v.Duties, w.ended(state))
	}
	v.pending = v.pending[:kept]
}

// open opens a duty; false where it is not certain.
func (v *Sieve) open(o opening) bool {
	w := sievePending{duty: o.duty, start: v.at, due: calendar.Never, limit: o.limit, found: -1}
	if !o.plain {
		w.limit = 0
		if said, ok := v.opens(&v.duties[o.duty], &w); !ok || said == no {
			return ok
		}
	}
	if w.limit != 0 {
		var ok bool
		if w.due, ok = v.due(v.limits[w.limit], w.start); !ok {
			return false
		}
		v.next = min(v.next, w.due)
	}
	v.pending = append(v.pending, w)
	return true
}

// opens tells whether a duty opens, and finds out from when it runs and under which limit; false where that is not certain.
func (v *Sieve) opens(d *sieveDuty, w *sievePending) (said answer, certain bool) {
	if d.set >= 0 {
		return no, true // nobody is in the case
	}
	switch v.speaks(&d.clause) {
	case no:
		return no, true
	case unknown, perhaps:
		return unknown, false
	}
	if d.start != nil {
		at := d.start(v)
		if at.Kind() != casefile.Instant {
			return unknown, false
		}
		w.start = at.Instant()
	}
	if len(d.tiers) > 0 {
		t, ok := v.tier(d.tiers, w.start)
		if !ok {
			return unknown, false
		}
		if t != nil {
			w.limit = t.due.index
		}
	}
	return yes, true
}

// move lets an act waive and lapse duties; false where it would change a limit, or that is not certain. The first running of
// them were there before the act.
func (v *Sieve) move(kind int, a *sieveAct, running int) bool {
	kept := v.pending[:0]
	for i := range v.pending {
		w := v.pending[i]
		d := &v.duties[w.duty]
		if d.changes[kind] {
			return false
		}
		if d.follows && !w.fired && len(a.act.sets) > 0 {
			if t, ok := v.tier(d.tiers, w.start); !ok || t != nil && t.due.index != w.limit {
				return false
			}
		}
		state, gone, ok := v.gone(kind, a, d, &w, i >= running)
		if !ok {
			return false
		}
		if gone {
			v.Duties = append(v.Duties, w.ended(state))
			continue
		}
		kept = append(kept, w)
	}
	v.pending = kept
	return true
}

func (v *Sieve) gone(kind int, a *sieveAct, d *sieveDuty, w *sievePending, opened bool) (state State, gone, certain bool) {
	if slices.Contains(a.waives, int(w.duty)) {
		return Waived, true, true
	}
	for i, l := range d.duty.lapses {
		if !opened && slices.Contains(l.acts, kind) {
			return Lapsed, true, true
		}
		if d.lapses[i] != nil && len(a.act.sets) > 0 {
			switch d.lapses[i](v) {
			case yes:
				return Lapsed, true, true
			case unknown:
				return 0, false, false
			}
		}
	}
	return 0, false, true
}

// End is the end of the history at now: what was never done, and what only the end shows. False: the case must be judged.
func (v *Sieve) End(now calendar.Instant) bool {
	if !v.advance(now) {
		return false
	}
	v.at, v.data = v.now, nil
	for i := range v.checks {
		if !v.expected(&v.checks[i]) {
			return false
		}
	}
	if w := v.p.path; w != nil && (w.closure(v.path)&w.end == 0 || v.closing()&w.end == 0) {
		return false
	}
	withdrawn := false
	for i := range v.pending {
		w := &v.pending[i]
		d := &v.duties[w.duty]
		state := Open
		if w.fired || w.limit == 0 {
			state = Missing
			if d.missingSaid && w.found >= 0 {
				v.Missed[w.found].Rule, withdrawn = -1, true
			}
			if d.missing >= 0 && (d.missingSaid || !w.fired) {
				v.Missed = append(v.Missed, Missed{d.missing, false})
			}
		}
		v.Duties = append(v.Duties, w.ended(state))
	}
	if withdrawn {
		v.Missed = slices.DeleteFunc(v.Missed, func(m Missed) bool { return m.Rule < 0 })
	}
	return true
}

// closing adds the stages that silent steps certainly reach.
func (v *Sieve) closing() uint64 {
	w := v.p.path
	for at := v.path; ; {
		before := at
		for i, st := range w.silent {
			if at&(1<<st.from) != 0 && (st.that == nil || v.silent[i](v) == yes) {
				at |= 1 << st.to
			}
		}
		if at == before {
			return at
		}
	}
}
