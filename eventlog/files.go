package eventlog

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
)

// File is one of the files of a history.
type File struct {
	Name string
	Open func() (io.ReadCloser, error) // from its beginning
}

// Files is a history in several files: logs of whole cases one after the other, or tables that a mapping joins. A file that
// can say so (Unchanged() error) is asked when it was read, and again when all were, whether it is still what was opened; by then
// it is closed.
type Files struct {
	Name  string
	Files []File

	joined *Join // kept for a second reading in another zone
	stats  Stats
	opened []io.Reader // in this reading
}

// Read is there because a History is a reader; it gives nothing.
func (f *Files) Read([]byte) (int, error) {
	return 0, errors.New(f.Name + ": several files are not one stream")
}

// Close has nothing to close: each file is closed when it was read.
func (f *Files) Close() error { return nil }

// ReadHistory reads the files under the terms of Read.
func (f *Files) ReadHistory(ctx context.Context, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	opt = opt.filled()
	f.opened = nil
	if len(f.Files) == 0 {
		return Stats{}, &Error{Name: f.Name, What: "no files"}
	}
	if f.joined == nil {
		tables, err := f.areTables(opt)
		if err != nil {
			return Stats{}, err
		}
		if !tables {
			return f.readLogs(ctx, opt, each)
		}
		if err := f.join(ctx, opt); err != nil {
			return Stats{}, err
		}
	}
	stats, err := f.joined.Read(ctx, f.Name, opt, each)
	stats.Format, stats.Bytes = f.stats.Format, f.stats.Bytes
	return stats, err
}

// areTables says whether the files are tables or logs of whole cases; they must be of one sort.
func (f *Files) areTables(opt Options) (bool, error) {
	if opt.Map != nil && opt.Map.Tables != nil {
		return true, nil
	}
	tables := 0
	for _, file := range f.Files {
		if err := f.with(file, func(src *source) error {
			if src.isTable() {
				tables++
			}
			return nil
		}, opt.Map != nil); err != nil {
			return false, err
		}
	}
	if tables != 0 && tables != len(f.Files) {
		return false, &Error{Name: f.Name, What: "some of the files are tables, some are logs of whole cases", Hint: "audit them apart"}
	}
	return tables > 0, nil
}

func (s *source) isTable() bool {
	return s.format == formatCSV || s.format == formatXLSX || s.format == formatParquet
}

func (f *Files) with(file File, do func(*source) error, mapped bool) error {
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	src, err := openSource(r, file.Name, mapped)
	if err == nil {
		err = do(src)
	}
	f.opened = append(f.opened, r)
	if err == nil {
		err = unchanged(r)
	}
	return err
}

// allUnchanged asks every file again: what was read first may have changed while the others were.
func (f *Files) allUnchanged() error {
	for _, r := range f.opened {
		if err := unchanged(r); err != nil {
			return err
		}
	}
	return nil
}

// readLogs reads one log after the other.
func (f *Files) readLogs(ctx context.Context, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	var all Stats
	ids := newIDSet()
	var batches atomic.Int64 // so many were handed on
	for _, file := range f.Files {
		r, err := file.Open()
		if err != nil {
			return all, err
		}
		first := int(batches.Load())
		one, err := readOne(ctx, r, file.Name, opt, ids, func(worker int, b *Batch) error {
			moved := *b
			moved.Index += first
			for n := batches.Load(); int64(moved.Index) >= n && !batches.CompareAndSwap(n, int64(moved.Index)+1); n = batches.Load() {
			}
			return each(worker, &moved)
		})
		if err == nil {
			err = unchanged(r)
		}
		_ = r.Close() // only read
		f.opened = append(f.opened, r)
		if err != nil {
			return all, err
		}
		all.add(&one)
		all.Format = one.Format
		all.Bytes += one.Bytes
		all.Repeated += one.Repeated
		all.Uncased += one.Uncased
		all.Dangling += one.Dangling
	}
	if err := f.allUnchanged(); err != nil {
		return all, err
	}
	if all.Cases == 0 {
		return all, &Error{Name: f.Name, What: "no cases in the log", Hint: "there is nothing to judge"}
	}
	if opt.Zone == nil && all.NoOffset > 0 && all.NoOffset < all.Events {
		return all, &Error{Name: f.Name, What: "some files have timestamps with offset, some without", Hint: "say in which zone the times without offset are"}
	}
	return all, nil
}

// join reads the tables.
func (f *Files) join(ctx context.Context, opt Options) error {
	j := opt.newJoin()
	for _, t := range j.tables {
		found := false
		for _, file := range f.Files {
			if !j.flat && !t.Takes(file.Name) {
				continue
			}
			found = true
			if err := f.with(file, func(src *source) error {
				defer func() { f.stats.Bytes += src.bytes }()
				return j.load(ctx, src, t.Table, opt)
			}, true); err != nil {
				return err
			}
		}
		if !found {
			return &Error{Name: f.Name, What: "no file for table " + quote(t.Name) + ", whose files are called " + list(t.Files), Hint: "the files are " + list(f.names())}
		}
	}
	if !j.flat {
		for _, file := range f.Files {
			if !slices.ContainsFunc(j.tables, func(t *joined) bool { return t.Takes(file.Name) }) {
				return &Error{Name: file.Name, What: "the file belongs to no table of the mapping", Hint: "say under file: which table it is, or leave the file out"}
			}
		}
	}
	if err := f.allUnchanged(); err != nil {
		return err
	}
	f.joined = j
	f.stats.Format = "tables"
	return nil
}

func (f *Files) names() []string {
	var names []string
	for _, file := range f.Files {
		names = append(names, file.Name)
	}
	return names
}

// newJoin is for the mapping given, or for the usual names of a table that pm4py writes.
func (o Options) newJoin() *Join {
	if o.Map != nil {
		return NewJoin(o.Map, o.MaxHeld, false)
	}
	m := &Mapping{Case: caseColumn + "concept:name", Act: "concept:name", Time: "time:timestamp", Zone: o.Zone}
	j := NewJoin(m, o.MaxHeld, false)
	j.usual = true
	return j
}

// load feeds a file's rows to the join.
func (j *Join) load(ctx context.Context, src *source, t *Table, opt Options) error {
	rows, err := src.rows(t, opt)
	if err != nil {
		return err
	}
	columns := rows.Columns()
	if j.flat {
		if bad := j.suit(columns, opt.Map); bad != nil {
			bad.Name = src.name
			return bad
		}
	}
	f, err := j.File(t.Name, src.name, columns)
	if err != nil {
		return err
	}
	f.From(rows)
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		values, line, err := rows.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.Row(line, values); err != nil {
			return err
		}
	}
}

// suit looks whether a flat table has the columns it needs; under the usual names it takes what else is there of them.
func (j *Join) suit(columns []string, m *Mapping) *Error {
	at := map[string]int{}
	for i, c := range columns {
		at[c] = i
	}
	r := roles{caseKey: j.m.Case, act: j.m.Act, time: j.m.Time}
	if bad := missing(columns, at, m, &r, ','); bad != nil {
		return bad
	}
	t := j.tables[0]
	if !j.usual || t.opened {
		return nil
	}
	e := &t.Events[0]
	for _, x := range []struct {
		into *string
		name string
	}{{&e.Person, "org:resource"}, {&e.Post, "org:role"}, {&e.Unit, "org:group"}, {&e.Lifecycle, "lifecycle:transition"}} {
		if slices.Contains(columns, x.name) {
			*x.into = x.name
			t.meaning[x.name], t.wanted[x.name] = true, true
		}
	}
	return nil
}

// readRows reads one table with a mapping without tables.
func readRows(ctx context.Context, src *source, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	j := opt.newJoin()
	if err := j.load(ctx, src, j.tables[0].Table, opt); err != nil {
		return Stats{}, err
	}
	return j.Read(ctx, src.name, opt, each)
}
