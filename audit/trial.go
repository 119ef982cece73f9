package audit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// TrialOptions says how two versions are compared. ListCases lists every case that changed, not only the first of each rule.
type TrialOptions struct {
	Options
	Rules []string // only these; none: all
}

const (
	namedCases = 20 // of each rule and direction, unless all are listed
	toldCases  = 2  // of these, told step by step
)

// Sides of a trial. What only the old version finds is lost, what only the new one finds is gained.
const (
	oldSide = iota
	newSide
)

// Try judges a log by two versions of a procedure in one reading, and tells what the new one finds more and finds no more. Any two
// procedures can be compared: rules and duties are the same when their ids are. A finding is the same when it is of the same rule,
// about the same subject, with the same cause: the act judged, or the one that opened the duty; where there are several of these,
// one is matched with one. The log is read once more for the steps of the cases that are told.
func Try(ctx context.Context, name string, open Opener, old, next *procedure.Procedure, opt TrialOptions) (*Trial, error) {
	t, err := newTrial(old, next, opt)
	if err != nil {
		return nil, err
	}
	workers, stats, err := t.pass(ctx, name, open)
	if err == nil && workers.any((*trialWorker).tooMany) {
		t.opt.Now = lastOf(workers)
		workers, stats, err = t.pass(ctx, name, open)
	}
	if err != nil {
		return nil, err
	}
	if a, b := old.Pack.Zone.Name(), next.Pack.Zone.Name(); stats.NoOffset > 0 && a != b && (opt.Map == nil || opt.Map.Zone == nil) {
		return nil, fmt.Errorf("%s: %d times carry no offset, and the versions count in different zones, %s and %s: name the zone of the log in a mapping file", name, stats.NoOffset, a, b)
	}
	now := t.opt.Now
	if now == 0 {
		now = lastOf(workers)
	}
	total := newTrialWorker(t)
	workers.each(func(w *trialWorker) {
		for i := range w.held {
			c := &w.held[i]
			w.compare(c.caseRef, c.began, w.sides[oldSide].end(c.both[oldSide], now), w.sides[newSide].end(c.both[newSide], now))
		}
		w.held = nil
		total.add(w)
	})
	if total.cases == 0 && total.elsewhere > 0 {
		return nil, fmt.Errorf("%s: it is a record, and none of its cases was kept under %s/%s or %s/%s", name, old.Pack.ID, old.ID, next.Pack.ID, next.ID)
	}
	for k, p := range t.sides {
		if total.sides[k].acts == 0 {
			return nil, fmt.Errorf("%s: none of its acts is known to procedure %s/%s: name them in the pack or rename them with a mapping file", name, p.Pack.ID, p.ID)
		}
	}
	r := total.report(name, now, stats)
	if err := t.tell(ctx, name, open, now, total, r); err != nil {
		return nil, err
	}
	return r, nil
}

// pass reads the log once and judges its cases.
func (t *trial) pass(ctx context.Context, name string, open Opener) (workers *perWorker[*trialWorker], stats eventlog.Stats, err error) {
	begin := func() { workers = &perWorker[*trialWorker]{make: func() *trialWorker { return newTrialWorker(t) }} }
	stats, err = read(ctx, name, open, t.sides[newSide], t.opt.Options, begin, func(worker int, b *eventlog.Batch) error {
		w := workers.of(worker)
		for i := range b.Cases {
			if err := w.judge(&b.Cases[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return workers, stats, err
}

// lastOf is the last instant of the log.
func lastOf(workers *perWorker[*trialWorker]) calendar.Instant {
	last := calendar.Instant(math.MinInt64)
	workers.each(func(w *trialWorker) { last = max(last, w.sides[newSide].last) })
	return last
}

// trial is what is compared: the rules of both versions by id, those of the old one first.
type trial struct {
	opt    TrialOptions
	sides  [2]*procedure.Procedure
	rules  []string
	ruleOf [2][]int // by index in the version: index in rules, -1: not asked for
}

func newTrial(old, next *procedure.Procedure, opt TrialOptions) (*trial, error) {
	t := &trial{opt: opt, sides: [2]*procedure.Procedure{old, next}}
	var known []string
	for k, p := range t.sides {
		for _, r := range p.Rules() {
			at := -1
			if len(opt.Rules) == 0 || slices.Contains(opt.Rules, r.ID) {
				if at = slices.Index(t.rules, r.ID); at < 0 {
					at = len(t.rules)
					t.rules = append(t.rules, r.ID)
				}
			}
			t.ruleOf[k] = append(t.ruleOf[k], at)
			known = append(known, r.ID)
		}
	}
	slices.Sort(known)
	for _, want := range opt.Rules {
		if !slices.Contains(known, want) {
			return nil, fmt.Errorf("neither version has a rule %q; they have %s", want, strings.Join(slices.Compact(known), ", "))
		}
	}
	return t, nil
}

// trialWorker compares cases on one goroutine.
type trialWorker struct {
	t      *trial
	sides  [2]*folder
	held   []heldPair
	found  [2][]found // of the case at hand
	rules  []ruleTally
	duties [2][]dutyTally // by duty of the version
	months map[int]*trialMonth
	total  ruleTally // of all rules
	cases  int64
	both   int64 // cases that changed

	elsewhere int64 // cases of a record that were kept under another procedure
}

// heldPair is a case in which what is still to come of the log may change something, under one version or both.
type heldPair struct {
	caseRef
	began calendar.Instant
	both  [2]judged
}

// found is what makes a finding the same in both versions.
type found struct {
	rule     int
	cause    int64
	subject  casefile.Subject
	unjudged bool
}

func (f found) compare(g found) int {
	order := cmp.Or(cmp.Compare(f.rule, g.rule), cmp.Compare(f.cause, g.cause), cmp.Compare(f.subject, g.subject))
	switch {
	case order != 0 || f.unjudged == g.unjudged:
		return order
	case g.unjudged:
		return -1
	}
	return 1
}

// ruleTally counts the findings of a rule: those of each version, and those of one version only.
type ruleTally struct{ has, only [2]findingTally }

type findingTally struct {
	count, cases, unjudged int64
	last                   int64 // the case that was counted last
	first                  []caseRef
	ids                    []string
}

// trialMonth counts the cases that began in a month, and what changed in them, in all and by rule.
type trialMonth struct {
	cases int64
	only  [2]int64
	rules map[int]*[2]int64
}

func newTrialWorker(t *trial) *trialWorker {
	w := &trialWorker{t: t, rules: make([]ruleTally, len(t.rules)), months: map[int]*trialMonth{}}
	for k, p := range t.sides {
		w.sides[k], w.duties[k] = newFolder(p, t.opt.Now), make([]dutyTally, len(p.Duties()))
	}
	return w
}

func (w *trialWorker) judge(c *eventlog.Case) error {
	if len(c.Events) == 0 {
		return nil
	}
	began := c.Events[0].Time
	a, b := w.sides[oldSide], w.sides[newSide]
	if under, ok := recordedUnder(c); ok {
		if under != a.p.Pack.ID+"/"+a.p.ID && under != b.p.Pack.ID+"/"+b.p.ID {
			w.elsewhere++
			return nil
		}
		before, err := a.foldRecorded(c)
		if err != nil {
			return err
		}
		after, err := b.foldRecorded(c)
		if err == nil {
			w.compare(refOf(c), began, before, after)
		}
		return err
	}
	if w.tooMany() {
		b.see(c)
		return nil
	}
	settled := a.fold(c)
	if b.fold(c) && settled {
		w.compare(refOf(c), began, a.end(a.current, a.until()), b.end(b.current, b.until()))
		return nil
	}
	w.held = append(w.held, heldPair{caseRef{strings.Clone(c.ID), c.Record}, began, [2]judged{a.take(), b.take()}})
	return nil
}

// tooMany tells that more cases are open than are held: the log is to be read again, now that its last instant is known.
func (w *trialWorker) tooMany() bool { return len(w.held) > w.t.opt.most() }

// compare counts what one case has of either version, and what only one of them has.
func (w *trialWorker) compare(c caseRef, began calendar.Instant, before, after *procedure.Outcome) {
	w.cases++
	month := w.month(began)
	month.cases++
	for k, o := range []*procedure.Outcome{before, after} {
		w.gather(k, o)
		for _, f := range w.found[k] {
			w.rules[f.rule].has[k].add(f, w.cases)
			w.total.has[k].add(f, w.cases)
		}
		for i := range o.Duties {
			w.duties[k][o.Duties[i].Duty].add(o.Duties[i].State, o.Duties[i].Due)
		}
	}
	changed := false
	for k := range w.found {
		without(w.found[k], w.found[1-k], func(f found) {
			changed = true
			t := &w.rules[f.rule].only[k]
			w.total.only[k].add(f, w.cases)
			if first := t.add(f, w.cases); f.unjudged {
				return
			} else if first {
				t.first = earliest(t.first, c, namedCases)
				if w.t.opt.ListCases {
					t.ids = append(t.ids, strings.Clone(c.id))
				}
			}
			month.only[k]++
			month.of(f.rule)[k]++
		})
	}
	if changed {
		w.both++
	}
}

// gather reads the findings of one version into w.found, in order.
func (w *trialWorker) gather(k int, o *procedure.Outcome) {
	list := w.found[k][:0]
	for i := range o.Findings {
		f := &o.Findings[i]
		if rule := w.t.ruleOf[k][f.Rule]; rule >= 0 {
			list = append(list, found{rule, f.Cause, f.Subject, f.Unjudged})
		}
	}
	slices.SortFunc(list, found.compare)
	w.found[k] = list
}

// without visits what stands in a and not in b; both are in order, and one of b takes away one of a.
func without(a, b []found, visit func(found)) {
	k := 0
	for _, f := range a {
		for k < len(b) && b[k].compare(f) < 0 {
			k++
		}
		if k < len(b) && b[k] == f {
			k++
			continue
		}
		visit(f)
	}
}

// add counts a finding of a case; first says that it is the first of its case that could be judged.
func (t *findingTally) add(f found, of int64) (first bool) {
	if f.unjudged {
		t.unjudged++
		return false
	}
	t.count++
	if t.last == of {
		return false
	}
	t.last = of
	t.cases++
	return true
}

func (w *trialWorker) month(began calendar.Instant) *trialMonth {
	year, month, _ := w.t.sides[newSide].Pack.Zone.Date(began).Civil()
	return w.monthAt(12*year + int(month) - 1)
}

func (w *trialWorker) monthAt(n int) *trialMonth {
	m := w.months[n]
	if m == nil {
		m = &trialMonth{rules: map[int]*[2]int64{}}
		w.months[n] = m
	}
	return m
}

func (m *trialMonth) of(rule int) *[2]int64 {
	r := m.rules[rule]
	if r == nil {
		r = &[2]int64{}
		m.rules[rule] = r
	}
	return r
}

// add brings in what another goroutine counted.
func (w *trialWorker) add(v *trialWorker) {
	w.cases += v.cases
	w.both += v.both
	w.elsewhere += v.elsewhere
	w.total.sum(&v.total)
	for i := range v.rules {
		w.rules[i].sum(&v.rules[i])
	}
	for k := range v.duties {
		w.sides[k].acts += v.sides[k].acts
		for i := range v.duties[k] {
			w.duties[k][i].sum(&v.duties[k][i])
		}
	}
	for n, m := range v.months {
		to := w.monthAt(n)
		to.cases += m.cases
		for k := range m.only {
			to.only[k] += m.only[k]
		}
		for rule, only := range m.rules {
			for k := range only {
				to.of(rule)[k] += only[k]
			}
		}
	}
}

func (t *ruleTally) sum(u *ruleTally) {
	for k := range t.has {
		t.has[k].sum(&u.has[k])
		t.only[k].sum(&u.only[k])
	}
}

func (t *findingTally) sum(u *findingTally) {
	t.count += u.count
	t.cases += u.cases
	t.unjudged += u.unjudged
	for _, c := range u.first {
		t.first = earliest(t.first, c, namedCases)
	}
	t.ids = append(t.ids, u.ids...)
}
