package eventlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
)

// readCSV groups rows into cases. Rows of one case may stand anywhere, so the text is held whole: a first pass
// checks its shape and chains the rows of each case, in order of the cases' first rows; then workers read the
// rows of their cases again and build them. A longer text is sorted outside memory, where the caller gives a place.
func readCSV(ctx context.Context, src *source, opt Options, r roles, g *gate, each func(int, *Batch) error) error {
	most := min(opt.MaxHeld, math.MaxInt32) // rows are kept as 32-bit offsets
	if opt.Spill != nil {
		most = min(most, spillFrom)
	}
	text, whole, err := hold(ctx, src, most)
	if err != nil {
		return err
	}
	if !whole {
		if opt.Spill == nil {
			return &Error{Name: src.name, What: "a CSV of more than " + bytesOf(int(most)), Hint: "it is held in memory whole; XES is not"}
		}
		opt.MaxHeld = most
		return readLongCSV(ctx, src, text, opt, r, g, each)
	}
	var t *table
	bad := src.misread(text)
	if bad == nil {
		bad = checkText(text)
	}
	if bad == nil {
		t, bad = openTable(text, opt, &r)
	}
	if bad == nil {
		bad = t.group()
	}
	if bad != nil {
		bad.Name, bad.Hint = src.name, src.hint(bad, text)
		return bad
	}
	if opt.Watch != nil {
		opt.Watch.Expect(int64(len(t.rows)))
	}
	return buildCSV(ctx, opt, r, g, each, func(take func(*table, int, int) error) error {
		const rowsPerBatch = 4096
		rows, from := 0, 0
		for i, c := range t.cases {
			if rows += int(c.rows); rows < rowsPerBatch && i < len(t.cases)-1 {
				continue
			}
			if err := take(t, from, i+1); err != nil {
				return err
			}
			rows, from = 0, i+1
		}
		return nil
	})
}

// job is a run of cases for one batch.
type job struct{ index, from, to int }

// csvJob says also in which table they are.
type csvJob struct {
	*table
	job
}

// errStopped ends the giving out of jobs; the reason stands elsewhere.
var errStopped = errors.New("stopped")

// buildCSV lets workers build the cases that give hands out, in their order.
func buildCSV(ctx context.Context, opt Options, r roles, g *gate, each func(int, *Batch) error, give func(take func(t *table, from, to int) error) error) error {
	jobs := make(chan csvJob, opt.Workers)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(jobs)
		index := 0
		err := give(func(t *table, from, to int) error {
			select {
			case jobs <- csvJob{t, job{index, from, to}}:
			case <-g.stop:
				return errStopped
			case <-ctx.Done():
				return ctx.Err()
			}
			index++
			return nil
		})
		if err != nil && err != errStopped {
			g.fail(index, err)
		}
	})
	for worker := range opt.Workers {
		wg.Go(func() {
			b := &csvCases{}
			b.init(r, opt.Zone)
			for j := range jobs {
				if g.stopped() {
					continue
				}
				bad := b.build(j)
				if g.settle(&chunk{index: j.index}, &b.scanned, bad) {
					if err := each(worker, &Batch{Index: j.index, Cases: b.scanned.cases}); err != nil {
						g.fail(j.index, err)
					}
				}
			}
		})
	}
	wg.Wait()
	return g.err
}

// hold reads the text, up to a bound; not whole where there is more.
func hold(ctx context.Context, src *source, most int64) (text []byte, whole bool, err error) {
	var buf []byte
	for {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		if int64(len(buf)) > most {
			return bytes.TrimPrefix(buf, []byte("\xEF\xBB\xBF")), false, nil
		}
		if cap(buf)-len(buf) < 4096+pad {
			buf = append(make([]byte, 0, min(max(2*cap(buf), 64<<10), int(most)+64<<10)), buf...)
		}
		n, err := src.Read(buf[len(buf) : cap(buf)-pad])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return bytes.TrimPrefix(buf, []byte("\xEF\xBB\xBF")), true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// table is the whole CSV: its columns, and the rows of every case as a chain.
type table struct {
	csvText
	columns []column
	caseCol int
	body    int // offset of the first row
	line    int // and its line
	rows    []row
	cases   []caseRows
}

// column is what a mapping makes of one column.
type column struct {
	name   string // under which its values are handed on
	role   uint8
	keep   bool
	ofCase bool // belongs to Case.Data
}

// row is where a row begins, and which row of its case comes next; -1 ends the chain.
type row struct {
	off, line, next int32
}

type caseRows struct {
	id          string
	first, last int32
	rows        int32
}

// openTable reads the header and gives the columns their meaning.
func openTable(text []byte, opt Options, r *roles) (*table, *Error) {
	t := &table{}
	t.b, t.maxValue = text, opt.MaxValue
	t.comma = separator(text)
	next, lines, bad := t.record(0, 1)
	if bad != nil {
		return nil, bad
	}
	if len(t.fields) == 0 {
		return nil, &Error{What: "the CSV has no header"}
	}
	t.body, t.line = next, 1+lines
	header := t.line - 1 // of its last line, for messages; it is seldom more than one
	names := make([]string, len(t.fields))
	at := make(map[string]int, len(names))
	for i, name := range t.fields {
		if name = strings.TrimSpace(strings.Clone(name)); name == "" {
			name = "column " + strconv.Itoa(i+1) // pandas writes its index so
		}
		if j, ok := at[name]; ok {
			return nil, &Error{Line: header, What: "columns " + strconv.Itoa(j+1) + " and " + strconv.Itoa(i+1) + " are both called " + quote(name)}
		}
		names[i], at[name] = name, i
	}
	if len(names) > maxFields {
		return nil, &Error{Line: header, What: "too many columns"}
	}
	if opt.Map == nil {
		r.caseKey = caseColumn + "concept:name"
	}
	if bad := missing(names, at, opt.Map, r, t.comma); bad != nil {
		bad.Line = header
		return nil, bad
	}
	t.caseCol = at[r.caseKey]
	for i, name := range names {
		k := r.ofEvent(name)
		c := column{name: k.name, role: k.role, keep: k.keep}
		if i == t.caseCol {
			c.role |= isCase
			c.keep = r.data[name] != ""
		}
		if own := strings.TrimPrefix(name, caseColumn); own != name && c.keep {
			c.ofCase = true
			if r.data == nil {
				c.name = own
			}
		}
		t.columns = append(t.columns, c)
	}
	return t, nil
}

// missing refuses a table that lacks a column the mapping names.
func missing(names []string, at map[string]int, m *Mapping, r *roles, comma byte) *Error {
	need := []string{r.caseKey, r.act, r.time}
	if m != nil {
		need = append(need, r.person, r.post, r.unit, r.lifecycle)
		for _, name := range sortedKeys(m.Data) {
			need = append(need, m.Data[name])
		}
	}
	for _, n := range need {
		if _, ok := at[n]; ok || n == "" {
			continue
		}
		if m == nil {
			return &Error{
				What: "no column " + quote(n) + "; the columns are " + list(names),
				Hint: "say in a mapping file which columns are meant, as in " + strings.ReplaceAll(strings.TrimSpace(guess(names).String()), "\n", " | "),
			}
		}
		return &Error{What: "no column " + quote(n) + ", which the mapping names", Hint: nearestHint(n, names)}
	}
	return nil
}

// guess proposes columns for an example; it is shown, never used.
func guess(names []string) *Mapping {
	used := map[string]bool{}
	nearest := func(words ...string) string {
		for _, w := range words {
			for _, n := range names {
				if !used[n] && strings.Contains(strings.ToLower(n), w) {
					used[n] = true
					return n
				}
			}
		}
		return "..."
	}
	m := &Mapping{}
	m.Time = nearest("timestamp", "time", "date", "when")
	m.Case = nearest("case", "trace", "file", "number", "id")
	m.Act = nearest("activity", "act", "event", "task", "concept:name", "name")
	return m
}

// group chains the rows of every case.
func (t *table) group() *Error {
	index := make(map[string]int32)
	for off, line := t.body, t.line; ; {
		next, lines, bad := t.record(off, line)
		if bad != nil {
			return bad
		}
		if len(t.fields) == 0 {
			return nil
		}
		start, first := t.start, t.startLine
		if bad := t.fits(&t.csvText); bad != nil {
			return bad
		}
		id := t.fields[t.caseCol]
		n := int32(len(t.rows))
		t.rows = append(t.rows, row{int32(start), int32(first), -1})
		if k, ok := index[id]; ok {
			c := &t.cases[k]
			t.rows[c.last].next = n
			c.last, c.rows = n, c.rows+1
		} else {
			id = strings.Clone(id)
			index[id] = int32(len(t.cases))
			t.cases = append(t.cases, caseRows{id, n, n, 1})
		}
		off, line = next, line+lines
	}
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// csvCases builds the cases of one worker's batches.
type csvCases struct {
	csvText
	builder
	table *table
}

func (b *csvCases) build(j csvJob) *Error {
	b.reset()
	b.table = j.table
	b.csvText = csvText{b: j.table.b, comma: j.table.comma, maxValue: j.table.maxValue,
		fields: b.csvText.fields, resolved: b.csvText.resolved[:0], keepResolved: true}
	for _, c := range b.table.cases[j.from:j.to] {
		b.beginCase(int64(b.table.rows[c.first].line))
		b.open.ID = c.id
		for n := c.first; n >= 0; n = b.table.rows[n].next {
			if bad := b.event(b.table.rows[n]); bad != nil {
				return bad
			}
		}
		b.endCase()
	}
	return nil
}

func (b *csvCases) event(r row) *Error {
	if _, _, bad := b.record(int(r.off), int(r.line)); bad != nil {
		return bad
	}
	b.beginEvent(int64(r.line))
	for i, v := range b.csvText.fields {
		if v == "" {
			continue
		}
		c := &b.table.columns[i]
		if c.role != 0 {
			b.take(c.role&^isCase, v)
		}
		switch {
		case !c.keep:
		case !c.ofCase:
			b.builder.fields = append(b.builder.fields, Field{c.name, v, String})
		default:
			if bad := b.caseField(c.name, v, r.line); bad != nil {
				return bad
			}
		}
	}
	if what, hint := b.endEvent(0); what != "" {
		return &Error{Line: int(r.line), What: what, Hint: hint}
	}
	return nil
}

// caseField keeps what a row says of its whole case; rows must agree.
func (b *csvCases) caseField(name, v string, line int32) *Error {
	for _, f := range b.caseData[b.firstCase:] {
		if f.Key != name {
			continue
		}
		if f.Value != v {
			return &Error{Line: int(line), What: "case " + quote(b.open.ID) + " has " + quote(v) + " under " + quote(name) + ", but " + quote(f.Value) + " on a row before",
				Hint: "a column that begins with case: holds one value for the whole case"}
		}
		return nil
	}
	b.caseData = append(b.caseData, Field{name, v, String})
	return nil
}
