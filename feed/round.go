package feed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/handling"
)

// round is one reading: what it brought.
type round struct {
	f     *following
	began calendar.Instant
	since calendar.Instant

	every bool // all that stands there was offered, not only what is new
	whole bool // and nothing of it was missing: what is gone there is withdrawn where the source is whole

	lags   []calendar.Instant
	last   calendar.Instant
	looked bool                 // at a case
	asides []handling.FeedFault // rows that belong to no case
	asided int64
}

func (f *following) begin() *round {
	r := &round{f: f, began: f.w.house.Now(), since: f.state.Polled}
	if r.since == 0 { // all that ran out before it was first followed is past
		r.since = r.began
	}
	return r
}

// callers is how many cases are kept at a time: as many as the store moves in one transaction.
const callers = 256

// few is up to how many cases are put together one by one.
const few = 256

// joined keeps the cases of a join that changed.
func (r *round) joined(ctx context.Context, join *eventlog.Join) error {
	ids := join.Touched()
	places := join.Places()
	zone := r.f.zone()
	if len(ids) <= few {
		for _, id := range ids {
			c, _ := join.Case(id, zone)
			if err := r.observe(ctx, id, c.Events, places); err != nil {
				return err
			}
		}
		return nil
	}
	changed := make(map[string]bool, len(ids))
	for _, id := range ids {
		changed[id] = true
	}
	slots := make(chan struct{}, callers)
	_, err := join.Read(ctx, r.f.Name, eventlog.Options{Zone: zone, Workers: 2}, func(_ int, b *eventlog.Batch) error {
		return together(slots, b.Cases, func(c *eventlog.Case) error {
			if !changed[c.ID] {
				return nil
			}
			return r.observe(ctx, c.ID, c.Events, places)
		})
	})
	return err
}

// together runs do for every case, at most as many at once as there are slots, and waits for all.
func together(slots chan struct{}, cases []eventlog.Case, do func(*eventlog.Case) error) error {
	var wg sync.WaitGroup
	var first atomic.Pointer[error]
	for i := range cases {
		if first.Load() != nil {
			break
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := do(&cases[i]); err != nil {
				first.CompareAndSwap(nil, &err)
			}
		})
	}
	wg.Wait()
	if e := first.Load(); e != nil {
		return *e
	}
	return nil
}

// observe keeps what is new of one case. A case of which all is offered every time is passed over when it says what it said.
func (r *round) observe(ctx context.Context, id string, events []eventlog.Event, places *eventlog.Stats) error {
	rows := make([]handling.FeedRow, len(events))
	sum := sha256.New()
	sum.Write(r.f.print[:])
	for i := range events {
		e := &events[i]
		rows[i] = handling.FeedRow{Row: e.Row, Place: places.Place(e.Record), Act: e.Act, Occurred: e.Time, Precision: e.Precision, Person: e.Person, Post: e.Post, Unit: e.Unit}
		for _, d := range e.Data {
			if d.Value != "" {
				rows[i].Data = append(rows[i].Data, handling.FeedDatum{Name: d.Key, Text: d.Value})
			}
		}
		d := rows[i].Digest()
		sum.Write(d[:])
	}
	says := binary.BigEndian.Uint64(sum.Sum(nil))
	if r.every && r.f.knows(id, says) {
		r.f.done.Add(1)
		return nil
	}
	return r.keep(ctx, id, rows, says)
}

func (f *following) knows(id string, says uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.seen[id]
	return ok && k.says == says
}

// keep hands the rows of a case to the house, and notes what became of them.
func (r *round) keep(ctx context.Context, id string, rows []handling.FeedRow, says uint64) error {
	f := r.f
	defer f.done.Add(1)
	source := f.Source.Source
	source.Whole = source.Whole && r.whole
	source.First = f.state.Polled == 0
	source.All = r.whole && f.Folder == "" // of a folder files come and go
	o, err := f.w.house.Observe(ctx, &source, id, rows, r.since)
	if err != nil {
		return err
	}
	var faults []handling.FeedFault
	for _, x := range o.Faults {
		faults = append(faults, handling.FeedFault{Fault: x, At: r.began})
	}
	var later []handling.FeedRow
	for i := range rows {
		if rows[i].Occurred > r.began {
			later = append(later, rows[i])
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r.looked = true
	if !r.every { // what earlier rows of the case left stands, but for the same rows
		told := map[string]bool{}
		for i := range rows {
			told[cmp.Or(rows[i].Row, rows[i].Place)] = true
		}
		faults = append(slices.DeleteFunc(slices.Clone(f.faulty[id]), func(x handling.FeedFault) bool { return told[cmp.Or(x.Row, x.Place)] }), faults...)
		later = append(slices.DeleteFunc(slices.Clone(f.waiting[id]), func(x handling.FeedRow) bool { return x.Occurred <= r.began || told[cmp.Or(x.Row, x.Place)] }), later...)
	}
	for i := range faults {
		for _, was := range f.faulty[id] {
			if was.Place == faults[i].Place && was.Reason == faults[i].Reason {
				faults[i].At = was.At
			}
		}
	}
	put(f.faulty, id, faults)
	put(f.waiting, id, later)
	if len(faults) > 0 || !r.every || source.Whole != f.Whole {
		says = 0 // it is looked at again
	}
	f.know(id, known{says, o.Stands})
	for _, at := range o.Happened {
		r.last = max(r.last, at)
		if f.state.Polled > 0 { // the first reading brings what is past
			r.lags = append(r.lags, r.began-at)
		}
	}
	return nil
}

func put[T any](m map[string][]T, id string, list []T) {
	if len(list) == 0 {
		delete(m, id)
		return
	}
	m[id] = list
}

// know notes of a case what it said and what of it is kept. A case of which nothing is kept is none.
func (f *following) know(id string, k known) {
	f.sum.Add(f.seen[id].ObservedTally, -1)
	f.sum.Add(k.ObservedTally, 1)
	if k.Acts == 0 {
		delete(f.seen, id)
		return
	}
	f.seen[id] = k
}

// come keeps the rows whose time has come.
func (r *round) come(ctx context.Context) error {
	var due []string
	for id, rows := range r.f.waiting {
		if slices.ContainsFunc(rows, func(x handling.FeedRow) bool { return x.Occurred <= r.began }) {
			due = append(due, id)
		}
	}
	slices.Sort(due)
	every := r.every
	r.every, r.whole = false, false
	for _, id := range due {
		if err := r.keep(ctx, id, r.f.waiting[id], 0); err != nil {
			return err
		}
	}
	r.every = every
	return nil
}

// gone withdraws the acts of cases that are no longer told of, where all that stands there is told every time.
func (r *round) gone(ctx context.Context, join *eventlog.Join) error {
	if !r.f.Whole || !r.whole {
		return nil
	}
	there := map[string]bool{}
	for _, id := range join.Cases() {
		there[id] = true
	}
	var missing []string
	for id, k := range r.f.seen {
		if !there[id] && k.Acts > k.Corrected+k.Withdrawn {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	for _, id := range missing {
		if err := r.keep(ctx, id, nil, 0); err != nil {
			return err
		}
	}
	return nil
}

// setAside lists the rows of a join that belong to no case, or have no time.
func (r *round) setAside(join *eventlog.Join) {
	for _, a := range join.Asides() {
		why, ok := reasons[a.Reason]
		if !ok {
			continue // no fault: what came twice, what nothing hangs on
		}
		r.asided += a.Count
		for _, p := range a.Rows {
			t := handling.Text{ZH: fmt.Sprintf(why.ZH, a.Table, a.Column, p.Text), EN: fmt.Sprintf(why.EN, a.Table, a.Column, p.Text)}
			r.asides = append(r.asides, handling.FeedFault{Fault: handling.Fault{Place: p.Where, Reason: t}, At: r.began})
		}
	}
}

// aside lists a row, or a file, that cannot be read.
func (r *round) aside(place string, why handling.Text) {
	r.asided++
	r.asides = append(r.asides, handling.FeedFault{Fault: handling.Fault{Place: place, Reason: why}, At: r.began})
}

var reasons = map[eventlog.Reason]handling.Text{
	eventlog.Orphan:     {ZH: "表 %s：%s 指向的“%s”没有收到；收到后自动补上", EN: "table %s: %s names %q, which has not come; once it comes the row counts"},
	eventlog.Nameless:   {ZH: "表 %s：%s 为空，不知属于哪一案件；请在原系统补填%.0s", EN: "table %s: %s is empty, so it belongs to no case; fill it in there%.0s"},
	eventlog.Timeless:   {ZH: "表 %s：没有时间（%s），不知何时发生；请在原系统补填%.0s", EN: "table %s: it has no time (%s), so nobody knows when it happened; fill it in there%.0s"},
	eventlog.Unreadable: {ZH: "表 %s：%s 的“%s”读不出来；请核对映射中的 layout，或者在原系统更正", EN: "table %s: %s cannot be read: %q; see the layout in the mapping, or correct it there"},
}

// finish brings the state to what this reading brought, and keeps it: all of it is on the record.
func (r *round) finish(ctx context.Context) error {
	f := r.f
	f.mu.Lock()
	s := &f.state
	s.Polled = r.began
	if s.Began == 0 {
		s.Began = r.began
	}
	if r.last > 0 {
		s.Arrived, s.Last = r.began, max(s.Last, r.last)
	}
	if len(r.lags) > 0 {
		slices.Sort(r.lags)
		s.Lag = r.lags[len(r.lags)/2]
	}
	changed := r.looked || r.every || len(r.asides) > 0
	if changed {
		f.listFaults(r)
	}
	f.mu.Unlock()
	if !changed {
		return nil
	}
	runtime.GC() // what was read lies about; the next reading may be long in coming
	return f.save(ctx, r.looked)
}

// listFaults brings together what stands: of the rows without a case those of this reading where all was read, else those
// before too.
func (f *following) listFaults(r *round) {
	s := &f.state
	type told struct {
		place string
		why   handling.Text
	}
	before, there := map[told]calendar.Instant{}, map[told]bool{}
	for _, x := range s.Rowless {
		k := told{x.Place, x.Reason}
		before[k], there[k] = x.At, !r.every
	}
	if r.every {
		s.Rowless, s.RowlessCount = nil, 0
	}
	s.RowlessCount += r.asided
	for _, x := range r.asides { // the last rows of one reading may be the first of the next
		k := told{x.Place, x.Reason}
		if there[k] {
			s.RowlessCount--
			continue
		}
		there[k] = true
		x.At = cmp.Or(before[k], x.At)
		s.Rowless = append(s.Rowless, x)
	}
	if len(s.Rowless) > handling.MostFaults {
		s.Rowless = slices.Clone(s.Rowless[len(s.Rowless)-handling.MostFaults:])
	}
	s.Faults, s.FaultRows = slices.Clone(s.Rowless), s.RowlessCount
	for _, list := range f.faulty {
		s.Faults = append(s.Faults, list...)
		s.FaultRows += int64(len(list))
	}
	slices.SortFunc(s.Faults, func(a, b handling.FeedFault) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Reason.EN, b.Reason.EN))
	})
	if len(s.Faults) > handling.MostFaults {
		s.Faults = slices.Clone(s.Faults[:handling.MostFaults])
	}
}
