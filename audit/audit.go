// Package audit judges another system's history under a procedure and counts what it finds.
//
// It joins eventlog, which reads the history, with procedure, which judges it. An audit follows the order of the log.
// Every case is judged by the same functions that judge an act submitted online; here a decision applies and its reasons
// are findings.
package audit

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
	"plumbline/segment"
)

// Options says how a log is audited. The zero value audits the whole log with every processor, up to its last instant.
type Options struct {
	Map       *eventlog.Mapping
	Workers   int              // 0: one for each processor
	Now       calendar.Instant // 0: the last instant of the log
	ListCases bool             // list the ids of the cases of each finding
	Figures   bool             // gather what a report draws: Report.Figures
	Rows      bool             // list every finding: Report.Rows

	// Spill opens a temporary file, for a long CSV: see eventlog.Options.
	Spill func() (eventlog.Spill, error)

	// Watch is told how far the audit is; nil: nobody. Where a log is opened a second time it is told of all again.
	Watch eventlog.Watch

	mostOpen int // 0: the constant; tests make it small
}

// Run audits one log. Nothing is returned with an error: a partial report is never passed off as whole.
func Run(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options) (*Report, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	if d, ok := r.(*segment.Folder); ok && sievable(d, p, opt) {
		return runSegments(ctx, name, d, p, opt)
	}
	open = first(r, open)
	a, stats, err := pass(ctx, name, open, p, opt)
	if err == nil && a.tooMany() {
		opt.Now = a.last()
		a, stats, err = pass(ctx, name, open, p, opt)
	}
	if err != nil {
		return nil, err
	}
	return a.report(name, stats)
}

// first gives what was opened already, and opens from then on.
func first(r io.ReadCloser, open Opener) Opener {
	return func() (io.ReadCloser, error) {
		if r == nil {
			return open()
		}
		given := r
		r = nil
		return given, nil
	}
}

// pass reads the log once and judges its cases.
func pass(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options) (a *audit, stats eventlog.Stats, err error) {
	stats, err = read(ctx, name, open, p, opt, func() { a = &audit{p: p, opt: opt} }, func(worker int, b *eventlog.Batch) error {
		w := a.worker(worker)
		for i := range b.Cases {
			if under, ok := recordedUnder(&b.Cases[i]); ok {
				if err := w.judgeRecorded(&b.Cases[i], under); err != nil {
					return err
				}
				continue
			}
			w.judge(&b.Cases[i])
		}
		return nil
	})
	return a, stats, err
}

// tooMany tells whether a worker held as many open cases as it may, and judged no more.
func (a *audit) tooMany() bool {
	for _, w := range a.workers {
		if w.full() {
			return true
		}
	}
	return false
}

// last is the latest instant of the log.
func (a *audit) last() calendar.Instant {
	last := calendar.Instant(math.MinInt64)
	for _, w := range a.workers {
		last = max(last, w.last, w.until)
	}
	return last
}

// Opener opens the log from its beginning.
type Opener func() (io.ReadCloser, error)

// read reads a log. Times without offset are read in the mapping's zone; where no zone is given and no time of the log
// has an offset, the whole log is read again in the pack's. A log that mixes both is refused by eventlog.
func read(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options, start func(), each func(int, *eventlog.Batch) error) (eventlog.Stats, error) {
	pass := func(zone *calendar.Zone) (eventlog.Stats, error) {
		start()
		r, err := open()
		if err != nil {
			return eventlog.Stats{}, err
		}
		defer func() { _ = r.Close() }() // only read
		return eventlog.Read(ctx, r, name, eventlog.Options{Map: opt.Map, Zone: zone, Workers: opt.Workers, Spill: opt.Spill, Watch: opt.Watch}, each)
	}
	stats, err := pass(nil)
	if err == nil && stats.NoOffset > 0 && (opt.Map == nil || opt.Map.Zone == nil) {
		return pass(p.Pack.Zone)
	}
	return stats, err
}

type audit struct {
	p       *procedure.Procedure
	opt     Options
	mu      sync.Mutex
	workers map[int]*worker
}

func (a *audit) worker(n int) *worker {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.workers[n]
	if w == nil {
		w = newWorker(a.p, a.opt)
		if a.workers == nil {
			a.workers = map[int]*worker{}
		}
		a.workers[n] = w
	}
	return w
}

// worker judges cases on one goroutine and keeps its own counts.
type worker struct {
	p          *procedure.Procedure
	opt        Options
	judgement  *procedure.Judge
	standing   *procedure.Standing
	outcome    procedure.Outcome
	reader     reader
	sifter     *sifter // of segments
	rules      []tally
	duties     []dutyTally
	last       calendar.Instant
	cases      int64
	acts       int64
	faceless   int64 // acts about a person or item that the log does not name
	open       []openCase
	cased      int64 // number of the case that rules[i].lastCase compares with
	unmapped   map[string]int64
	unreadable map[string]*Unreadable
	figures    *collector // nil: not asked for

	// Of histories of a record:
	until     calendar.Instant // the latest moment up to which one was kept
	attempts  int64            // that were refused
	elsewhere map[string]int64 // cases of other procedures
}

type tally struct {
	count, cases, unjudged, told int64
	lastCase                     int64
	ids                          []string
}

type dutyTally struct{ onTime, late, open, overdue, lapsed, waived int64 }

func (d *dutyTally) add(state procedure.State, due calendar.Instant) {
	switch state {
	case procedure.OnTime:
		d.onTime++
	case procedure.Late:
		d.late++
	case procedure.Open:
		d.open++
	case procedure.Missing:
		d.open++
		if due != 0 {
			d.overdue++
		}
	case procedure.Lapsed:
		d.lapsed++
	case procedure.Waived:
		d.waived++
	}
}

func (d *dutyTally) sum(o *dutyTally) {
	d.onTime += o.onTime
	d.late += o.late
	d.open += o.open
	d.overdue += o.overdue
	d.lapsed += o.lapsed
	d.waived += o.waived
}

// openCase is a case whose deadlines may still pass before the log's last instant.
type openCase struct {
	id       string
	standing *procedure.Standing
	outcome  procedure.Outcome
	course   *course // nil without figures
}

func newWorker(p *procedure.Procedure, opt Options) *worker {
	w := &worker{p: p, opt: opt, judgement: p.NewJudge(), standing: p.New(), reader: newReader(p),
		rules: make([]tally, len(p.Rules())), duties: make([]dutyTally, len(p.Duties())),
		last: math.MinInt64, until: math.MinInt64, unmapped: map[string]int64{}, unreadable: map[string]*Unreadable{}, elsewhere: map[string]int64{}}
	if opt.Figures || opt.Rows {
		w.figures = newCollector(p, opt)
	}
	return w
}

// full tells whether a worker holds as many open cases as it may.
func (w *worker) full() bool { return w.opt.Now == 0 && len(w.open) > w.opt.most() }

func (w *worker) judge(c *eventlog.Case) {
	if w.full() {
		for i := range c.Events {
			w.last = max(w.last, c.Events[i].Time)
		}
		return
	}
	s := w.standing
	s.Reset()
	w.outcome.Reset()
	w.cases++
	if w.figures != nil {
		w.figures.begin(c.ID, c.Record)
	}
	for i := range c.Events {
		e := &c.Events[i]
		w.last = max(w.last, e.Time)
		act, ok := w.reader.act(c, e, w.fail)
		if w.figures != nil {
			kind := -1
			if ok {
				kind = act.Kind
			}
			w.figures.event(e, kind)
		}
		if !ok {
			if !w.p.Ignored(e.Act) {
				w.unmapped[strings.Clone(e.Act)]++
			}
			continue
		}
		w.acts++
		if w.p.ActScope(act.Kind) != "case" && len(act.Subjects) == 0 {
			w.faceless++
		}
		w.judgement.Act(s, act, &w.outcome)
	}
	now := w.opt.Now
	if now == 0 {
		now = w.last
	}
	w.judgement.Advance(s, now, &w.outcome)
	if w.opt.Now == 0 && !w.judgement.Settled(s, now) {
		held := openCase{id: strings.Clone(c.ID), standing: s, outcome: w.outcome}
		if w.figures != nil {
			held.course = w.figures.hold()
		}
		w.open = append(w.open, held)
		w.standing, w.outcome = w.p.New(), procedure.Outcome{}
		return
	}
	w.end(s, now, &w.outcome)
	var m *course
	if w.figures != nil {
		m = &w.figures.now
	}
	w.count(c.ID, &w.outcome, m)
}

// end ends the history of a case. A worker may not know how far the log goes: what only the end shows has no moment yet.
func (w *worker) end(s *procedure.Standing, now calendar.Instant, o *procedure.Outcome) {
	before := len(o.Findings)
	w.judgement.End(s, now, o)
	for i := before; i < len(o.Findings); i++ {
		o.Findings[i].At = calendar.Never
	}
}

func (w *worker) fail(act, field, value string, record int64, why error) {
	key := act + "." + field
	u := w.unreadable[key]
	if u == nil {
		u = &Unreadable{Act: act, Field: strings.Clone(field), Example: strings.Clone(value), Record: record, Why: why.Error()}
		w.unreadable[strings.Clone(key)] = u
	}
	if record < u.Record { // segments are gone through kind by kind
		u.Record, u.Example, u.Why = record, strings.Clone(value), why.Error()
	}
	u.Count++
}

// count adds the outcome of one finished case. A finding that was withdrawn at the end does not count.
func (w *worker) count(id string, o *procedure.Outcome, m *course) {
	w.cased++
	if len(o.Withdrawn) > 0 {
		o.Findings = slices.DeleteFunc(o.Findings, func(f procedure.Finding) bool {
			return slices.ContainsFunc(o.Withdrawn, func(g procedure.Finding) bool {
				return g.Rule == f.Rule && g.Clause == f.Clause && g.Cause == f.Cause && g.Subject == f.Subject
			})
		})
	}
	if m != nil {
		w.figures.finish(m, o.Findings, o.Duties)
	}
	for i := range o.Findings {
		f := &o.Findings[i]
		if f.Unjudged {
			w.rules[f.Rule].unjudged++
			continue
		}
		w.countFinding(f.Rule, f.Warn, id)
	}
	for i := range o.Duties {
		w.duties[o.Duties[i].Duty].add(o.Duties[i].State, o.Duties[i].Due)
	}
}

func (w *worker) countFinding(rule int, warn bool, id string) {
	t := &w.rules[rule]
	if warn {
		t.told++
	}
	t.count++
	if t.lastCase != w.cased {
		t.lastCase = w.cased
		t.cases++
		if w.opt.ListCases {
			t.ids = append(t.ids, strings.Clone(id))
		}
	}
}

func (a *audit) report(name string, stats eventlog.Stats) (*Report, error) {
	now := a.opt.Now
	if now == 0 {
		now = a.last()
	}
	numbers := make([]int, 0, len(a.workers))
	for n := range a.workers {
		numbers = append(numbers, n)
	}
	sort.Ints(numbers)
	total := newWorker(a.p, a.opt)
	for _, n := range numbers {
		w := a.workers[n]
		for i := range w.open {
			c := &w.open[i]
			w.end(c.standing, now, &c.outcome)
			w.count(c.id, &c.outcome, c.course)
		}
		total.add(w)
	}
	if total.acts == 0 && len(total.elsewhere) > 0 {
		return nil, fmt.Errorf("%s: it is the history of a record without a case of procedure %s/%s: found %s", name, a.p.Pack.ID, a.p.ID, strings.Join(firstKeys(total.elsewhere, 8), ", "))
	}
	if total.acts == 0 {
		return nil, fmt.Errorf("%s: none of its %d kinds of act is known to procedure %s: found %s; name them in the pack or rename them with a mapping file",
			name, len(total.unmapped), a.p.ID, strings.Join(firstKeys(total.unmapped, 8), ", "))
	}
	return total.report(name, now, stats), nil
}

func (w *worker) add(v *worker) {
	w.cases += v.cases
	w.acts += v.acts
	w.faceless += v.faceless
	w.attempts += v.attempts
	for k, n := range v.elsewhere {
		w.elsewhere[k] += n
	}
	for i := range v.rules {
		t, u := &w.rules[i], &v.rules[i]
		t.count += u.count
		t.cases += u.cases
		t.unjudged += u.unjudged
		t.told += u.told
		t.ids = append(t.ids, u.ids...)
	}
	if v.figures != nil {
		w.figures.merge(v.figures)
	}
	for i := range v.duties {
		w.duties[i].sum(&v.duties[i])
	}
	for k, n := range v.unmapped {
		w.unmapped[k] += n
	}
	for k, u := range v.unreadable {
		if have := w.unreadable[k]; have != nil {
			have.Count += u.Count
			if u.Record < have.Record {
				have.Record, have.Example, have.Why = u.Record, u.Example, u.Why
			}
			continue
		}
		w.unreadable[k] = u
	}
}

func firstKeys(m map[string]int64, n int) []string {
	var out []string
	for k := range m {
		out = append(out, fmt.Sprintf("%q", k))
	}
	sort.Strings(out)
	if len(out) > n {
		out = append(out[:n], "…")
	}
	return out
}

// reader turns events into acts of a procedure, reusing its memory.
type reader struct {
	p      *procedure.Procedure
	kinds  map[string]int
	fields [][]procedure.Field
	slots  []map[string]int
	ofCase []map[string]int // what an act takes from what the log says of the case as a whole
	act_   procedure.Act
	actor  casefile.Actor
	posts  [1]string
	data   [][]casefile.Value
}

// ofCase begins the name of a datum that an act takes from what the log says of the case as a whole.
const ofCase = "case:"

func newReader(p *procedure.Procedure) reader {
	r := reader{p: p, kinds: map[string]int{}}
	for i := range p.Acts() {
		fields := p.Fields(i)
		slots, whole := map[string]int{}, map[string]int{}
		for j, f := range fields {
			slots[f.Source] = j
			slots[f.Name] = j
			if own, ok := strings.CutPrefix(f.Source, ofCase); ok {
				whole[own], whole[f.Source], whole[f.Name] = j, j, j
			}
		}
		r.fields = append(r.fields, fields)
		r.slots = append(r.slots, slots)
		r.ofCase = append(r.ofCase, whole)
		r.data = append(r.data, make([]casefile.Value, len(fields)))
	}
	return r
}

// act reads one event; the result is good until the next call.
func (r *reader) act(c *eventlog.Case, e *eventlog.Event, fail func(act, field, value string, record int64, why error)) (*procedure.Act, bool) {
	kind, known := r.kinds[e.Act]
	if !known {
		kind = r.p.ActOf(e.Act)
		r.kinds[strings.Clone(e.Act)] = kind
	}
	if kind < 0 {
		return nil, false
	}
	data := r.data[kind]
	clear(data)
	if len(data) > 0 {
		if len(r.ofCase[kind]) > 0 {
			r.take(kind, r.ofCase[kind], c.Data, e.Record, fail)
		}
		r.take(kind, r.slots[kind], e.Data, e.Record, fail)
	}
	r.act_ = procedure.Act{Ref: e.Record, Kind: kind, Occurred: e.Time, Precision: e.Precision, Data: data}
	if e.Person != "" {
		r.actor = casefile.Actor{Person: e.Person}
		if e.Post != "" {
			r.posts[0] = e.Post
			r.actor.Posts = r.posts[:]
		}
		r.act_.Actor = &r.actor
	}
	return &r.act_, true
}

// take reads what the act wants of these fields into its data.
func (r *reader) take(kind int, slots map[string]int, from []eventlog.Field, record int64, fail func(act, field, value string, record int64, why error)) {
	for i := range from {
		slot, ok := slots[from[i].Key]
		if !ok {
			continue
		}
		v, err := casefile.ParseValue(r.fields[kind][slot].Kind, from[i].Value, r.p.Pack.Zone)
		if err != nil {
			fail(r.p.ActID(kind), from[i].Key, from[i].Value, record, err)
			continue
		}
		r.data[kind][slot] = v
	}
}
