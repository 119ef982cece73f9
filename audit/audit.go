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
)

// Options says how a log is audited. The zero value audits the whole log with every processor, up to its last instant.
type Options struct {
	Map       *eventlog.Mapping
	Workers   int              // 0: one for each processor
	Now       calendar.Instant // 0: the last instant of the log
	ListCases bool             // list the ids of the cases of each finding
	Figures   bool             // gather what a report draws: Report.Figures
	Rows      bool             // list every finding: Report.Rows
}

// Run audits one log. Nothing is returned with an error: a partial report is never passed off as whole.
func Run(ctx context.Context, name string, open Opener, p *procedure.Procedure, opt Options) (*Report, error) {
	var a *audit
	stats, err := read(ctx, name, open, p, opt, func() { a = &audit{p: p, opt: opt} }, func(worker int, b *eventlog.Batch) error {
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
	if err != nil {
		return nil, err
	}
	return a.report(name, stats)
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
		return eventlog.Read(ctx, r, name, eventlog.Options{Map: opt.Map, Zone: zone, Workers: opt.Workers}, each)
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

func (w *worker) judge(c *eventlog.Case) {
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
	if w.opt.Now == 0 && !s.Settled(now) {
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
		t := &w.rules[f.Rule]
		switch {
		case f.Unjudged:
			t.unjudged++
			continue
		case f.Warn:
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
	for i := range o.Duties {
		d := &w.duties[o.Duties[i].Duty]
		switch o.Duties[i].State {
		case procedure.OnTime:
			d.onTime++
		case procedure.Late:
			d.late++
		case procedure.Open:
			d.open++
		case procedure.Missing:
			d.open++
			if o.Duties[i].Due != 0 {
				d.overdue++
			}
		case procedure.Lapsed:
			d.lapsed++
		case procedure.Waived:
			d.waived++
		}
	}
}

func (a *audit) report(name string, stats eventlog.Stats) (*Report, error) {
	now := a.opt.Now
	if now == 0 {
		now = math.MinInt64
		for _, w := range a.workers {
			now = max(now, w.last, w.until)
		}
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
	for i, d := range v.duties {
		t := &w.duties[i]
		t.onTime += d.onTime
		t.late += d.late
		t.open += d.open
		t.overdue += d.overdue
		t.lapsed += d.lapsed
		t.waived += d.waived
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
	act_   procedure.Act
	actor  casefile.Actor
	posts  [1]string
	data   [][]casefile.Value
}

func newReader(p *procedure.Procedure) reader {
	r := reader{p: p, kinds: map[string]int{}}
	for i := range p.Acts() {
		fields := p.Fields(i)
		slots := map[string]int{}
		for j, f := range fields {
			slots[f.Source] = j
			slots[f.Name] = j
		}
		r.fields = append(r.fields, fields)
		r.slots = append(r.slots, slots)
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
		slots := r.slots[kind]
		for i := range e.Data {
			slot, ok := slots[e.Data[i].Key]
			if !ok {
				continue
			}
			v, err := casefile.ParseValue(r.fields[kind][slot].Kind, e.Data[i].Value, r.p.Pack.Zone)
			if err != nil {
				fail(r.p.ActID(kind), e.Data[i].Key, e.Data[i].Value, e.Record, err)
				continue
			}
			data[slot] = v
		}
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
