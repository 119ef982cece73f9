package eventlog

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"plumbline/calendar"
)

// maxEvents bounds the events of one case of a join, where rows that several parents share could multiply.
const maxEvents = 1 << 20

// caseMaker puts cases of a join together in arenas of its own.
type caseMaker struct {
	j      *Join
	zone   *calendar.Zone
	acts   *acts
	plans  []plan
	values [][]string // by table: the row being visited
	batch  scanned
	events []Event
	fields []Field
	data   []Field // of the case
	from   int     // where the case's own begin
	ev     int
	asides []*Aside
}

// plan is a table ready to be visited: its references resolved.
type plan struct {
	t        *joined
	at       int // among the tables
	children []int
	events   []eventPlan
	caseData []datum
}

type eventPlan struct {
	act                string
	actFrom            cell
	person, post, unit cell
	lifecycle          cell
	data               []datum
}

// cell is where a value stands: a table's number, and the column among those it holds; -1 for none.
type cell struct{ table, column int }

type datum struct {
	name string
	cell
}

// maker makes ready for the columns that the tables have now.
func (j *Join) maker(zone *calendar.Zone) *caseMaker {
	c := &caseMaker{j: j, zone: zone, acts: newActs(j.m.Acts), values: make([][]string, len(j.tables))}
	for i, t := range j.tables {
		p := plan{t: t, at: i}
		for _, below := range t.children {
			p.children = append(p.children, slices.Index(j.tables, below))
		}
		for i := range t.Events {
			e := &t.Events[i]
			x := eventPlan{act: e.Act, actFrom: j.find(t, e.ActFrom), person: j.find(t, e.Person), post: j.find(t, e.Post), unit: j.find(t, e.Unit),
				lifecycle: j.find(t, e.Lifecycle)}
			data := e.Data
			if data == nil {
				data = t.Data
			}
			for _, name := range sortedKeys(data) {
				d := datum{name, j.find(t, data[name])}
				if j.flat && strings.HasPrefix(data[name], caseColumn) {
					p.caseData = append(p.caseData, d)
				} else {
					x.data = append(x.data, d)
				}
			}
			for k, column := range t.columns {
				if data != nil || t.meaning[column] {
					continue
				}
				d := datum{column, cell{p.at, k}}
				if own := strings.TrimPrefix(column, caseColumn); j.flat && own != column {
					d.name = own
					p.caseData = append(p.caseData, d)
				} else {
					x.data = append(x.data, d)
				}
			}
			p.events = append(p.events, x)
		}
		for _, name := range sortedKeys(t.CaseData) {
			p.caseData = append(p.caseData, datum{name, j.find(t, t.CaseData[name])})
		}
		c.plans = append(c.plans, p)
	}
	return c
}

// find resolves a reference: a column of the table, or TABLE.COLUMN of one above.
func (j *Join) find(t *joined, reference string) cell {
	if reference == "" {
		return cell{-1, -1}
	}
	if k, ok := t.at[reference]; ok {
		return cell{slices.Index(j.tables, t), k}
	}
	if up, column, ok := t.resolve(reference); ok {
		if k, ok := up.at[column]; ok {
			return cell{slices.Index(j.tables, up), k}
		}
	}
	return cell{-1, -1}
}

func (c *caseMaker) value(s cell) string {
	if s.table < 0 || s.column >= len(c.values[s.table]) {
		return ""
	}
	return c.values[s.table][s.column]
}

// make puts a case together behind those of the batch.
func (c *caseMaker) make(id string) *Error {
	c.from, c.ev = len(c.data), len(c.events)
	made := Case{ID: id}
	for i := range c.plans {
		p := &c.plans[i]
		if p.t.byCase == nil {
			continue
		}
		for u := p.t.parent; u != nil; u = u.parent { // these rows have none
			at := slices.Index(c.j.tables, u)
			c.values[at] = c.values[at][:0]
		}
		if chain, ok := p.t.byCase.first[id]; ok {
			for n := chain.first; n >= 0; n = p.t.byCase.next[n] {
				if bad := c.visit(p, n, &made); bad != nil {
					return bad
				}
			}
		}
	}
	if made.Record == 0 {
		return nil // another row stands in place of each of its own
	}
	if n := len(c.data); n > c.from {
		made.Data = c.data[c.from:n:n]
	}
	if n := len(c.events); n > c.ev {
		made.Events = c.events[c.ev:n:n]
		if !c.j.flat {
			slices.SortStableFunc(made.Events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
		}
	} else {
		c.batch.stats.Empty++
	}
	c.batch.cases = append(c.batch.cases, made)
	c.batch.stats.Cases++
	c.batch.stats.Events += int64(len(made.Events))
	return nil
}

func (c *caseMaker) visit(p *plan, n int32, made *Case) *Error {
	row := &p.t.rows[n]
	if row.dead {
		return nil
	}
	count, x := row.columns(len(p.t.Events))
	values := c.values[p.at][:0]
	for range count {
		values = append(values, x.next())
	}
	c.values[p.at] = values
	if made.Record == 0 {
		made.Record = c.j.record(row.spot, 0)
	}
	for i := range p.caseData {
		d := &p.caseData[i]
		if bad := c.caseDatum(p, row, d.name, c.value(d.cell), made.ID); bad != nil {
			return bad
		}
	}
	key := ""
	if c.j.follow && p.t.byKey != nil {
		key = p.t.nameOf(p.t.byKey, n)
	}
	for i := range p.events {
		at, precision, offset, ok := row.when(i)
		if !ok {
			continue
		}
		if len(c.events)-c.ev == maxEvents {
			return &Error{Name: c.j.files[row.file-1], Line: int(row.line), What: "case " + quote(made.ID) + " has more than " + strconv.Itoa(maxEvents) + " events", Hint: "is the right column named as its case or parent?"}
		}
		if !offset {
			c.batch.stats.NoOffset++
			if c.zone != nil {
				at = c.zone.Local(at)
			}
		}
		e := &p.events[i]
		ev := Event{Time: at, Precision: precision, Record: c.j.record(row.spot, i), Person: c.value(e.person), Post: c.value(e.post),
			Unit: c.value(e.unit), Lifecycle: c.value(e.lifecycle)}
		if ev.Act = e.act; ev.Act == "" {
			ev.Act = c.value(e.actFrom)
		}
		ev.Act = c.acts.find(ev.Act)
		if key != "" {
			ev.Row = p.t.Name + "/" + key
			if len(p.events) > 1 {
				ev.Row += "/" + strconv.Itoa(i+1)
			}
		}
		from := len(c.fields)
		for k := range e.data {
			if v := c.value(e.data[k].cell); v != "" {
				c.fields = append(c.fields, Field{e.data[k].name, v, String})
			}
		}
		if n := len(c.fields); n > from {
			ev.Data = c.fields[from:n:n]
		}
		c.events = append(c.events, ev)
	}
	for _, k := range p.children {
		below := &c.plans[k]
		name := p.t.nameOf(below.t.above, n)
		if chain, ok := below.t.byParent.first[name]; ok && name != "" {
			for n := chain.first; n >= 0; n = below.t.byParent.next[n] {
				if bad := c.visit(below, n, made); bad != nil {
					return bad
				}
			}
		}
	}
	return nil
}

// caseDatum keeps what a row says of its whole case; rows must agree.
func (c *caseMaker) caseDatum(p *plan, row *heldRow, name, v, id string) *Error {
	if v == "" {
		return nil
	}
	for _, f := range c.data[c.from:] {
		if f.Key != name {
			continue
		}
		if f.Value != v && c.j.flat {
			return &Error{Name: c.j.files[row.file-1], Line: int(row.line), What: "case " + quote(id) + " has " + quote(v) + " under " + quote(name) + ", but " + quote(f.Value) + " on a row before",
				Hint: "a column that begins with case: holds one value for the whole case"}
		}
		if f.Value != v {
			put(&c.asides, p.t.Name, Differing, name, c.j.place(row.spot), v)
		}
		return nil
	}
	c.data = append(c.data, Field{name, v, String})
	return nil
}

func (c *caseMaker) reset() {
	c.batch = scanned{cases: c.batch.cases[:0]}
	c.events, c.fields, c.data = c.events[:0], c.fields[:0], c.data[:0]
}

// record numbers an event so that its place can be found again: the line alone where there is one file and one event in a
// row, else with the file and the event's place in the row. See Stats.Place.
func (j *Join) record(at spot, event int) int64 {
	if j.plain() {
		return int64(at.line)
	}
	return int64(at.file)<<48 | int64(at.line)<<8 | int64(event)
}

func (j *Join) plain() bool { return j.flat && len(j.files) == 1 }

// Place names the record of an event or case: its file and line where the log has several files, else the number.
func (s *Stats) Place(record int64) string {
	file := record >> 48
	if file < 1 || file > int64(len(s.Files)) {
		return strconv.FormatInt(record, 10)
	}
	return s.Files[file-1] + ":" + strconv.FormatInt(record>>8&math.MaxInt32, 10)
}

// Case puts one case together from the rows so far; times without offset are in the zone, or in UTC without one. False when
// no row is of that case. It is the caller's to keep.
func (j *Join) Case(id string, zone *calendar.Zone) (Case, bool) {
	if _, ok := j.known[id]; !ok {
		return Case{}, false
	}
	if zone == nil {
		zone = j.m.Zone
	}
	c := j.maker(zone)
	if bad := c.make(id); bad != nil || len(c.batch.cases) == 0 {
		return Case{}, false
	}
	return c.batch.cases[0], true
}

// Places gives the names of the files by which Stats.Place finds a record.
func (j *Join) Places() *Stats { return &Stats{Files: j.files} }

// Read hands on all cases as the function Read does.
func (j *Join) Read(ctx context.Context, name string, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	opt = opt.filled()
	if opt.Zone == nil {
		opt.Zone = j.m.Zone
	}
	g := newGate(name, false)
	g.stats = j.stats
	if opt.Zone == nil && j.with.file != 0 && j.without.file != 0 {
		return g.stats, &Error{Name: j.files[j.without.file-1], Line: int(j.without.line),
			What: "the timestamp has no offset, that at " + j.place(j.with) + " is of the other sort", Hint: "say in which zone the times without offset are"}
	}
	const casesPerBatch = 512
	jobs := make(chan job, opt.Workers)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(jobs)
		for index, from := 0, 0; from < len(j.cases); index++ {
			to := min(from+casesPerBatch, len(j.cases))
			select {
			case jobs <- job{index, from, to}:
			case <-g.stop:
				return
			case <-ctx.Done():
				g.fail(index, ctx.Err())
				return
			}
			from = to
		}
	})
	var mu sync.Mutex
	asides := j.Asides()
	for worker := range opt.Workers {
		wg.Go(func() {
			c := j.maker(opt.Zone)
			for job := range jobs {
				if g.stopped() {
					continue
				}
				c.reset()
				var bad *Error
				for _, id := range j.cases[job.from:job.to] {
					if bad = c.make(id); bad != nil {
						break
					}
				}
				if bad != nil {
					g.fail(job.index, bad)
				} else if g.settle(&chunk{index: job.index}, &c.batch, nil) {
					if err := each(worker, &Batch{Index: job.index, Cases: c.batch.cases}); err != nil {
						g.fail(job.index, err)
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, a := range c.asides {
				for _, r := range a.Rows {
					put(&asides, a.Table, a.Reason, a.Column, r.Where, r.Text)
				}
			}
		})
	}
	wg.Wait()
	g.stats.Asides = asides
	if !j.plain() {
		g.stats.Files = j.files
	}
	if g.err == nil && g.stats.Cases == 0 {
		return g.stats, &Error{Name: name, What: "no cases in the log", Hint: "there is nothing to judge"}
	}
	return g.stats, g.err
}
