package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"runtime"
	"slices"
	"sync"

	"plumbline/calendar"
	"plumbline/eventlog"
)

// IndexName is the file of a folder that says what it holds. It is written last.
const IndexName = "index.json"

// Ending is that of the names of segments.
const Ending = ".segment"

// Index says what a folder of segments was cut from, and what it holds.
type Index struct {
	Version int            `json:"version"`
	Log     string         `json:"log"` // its name, as reports call it
	Of      []Origin       `json:"of,omitempty"`
	Mapping string         `json:"mapping,omitempty"` // SHA-256 of the mapping, as it is written out; empty: none
	Civil   bool           `json:"civil"`             // no time has an offset and no zone was given: they are wall clock, to be read in the pack's zone
	Stats   eventlog.Stats `json:"stats"`
	Files   []FileInfo     `json:"files"`
	Said    []string       `json:"said,omitempty"` // keys of what the log says of cases as a whole
	Digest  string         `json:"digest"`         // SHA-256 of the index without it
}

// digest is what Digest should be.
func (x Index) digest() (string, error) {
	x.Digest = ""
	text, err := json.Marshal(x)
	return digestOf(text), err
}

// Origin is a file that the log was read from, as it lay there, packed or not.
type Origin struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// FileInfo is one segment as the index has it.
type FileInfo struct {
	Name  string           `json:"name"`
	Bytes int64            `json:"bytes"`
	Cases int              `json:"cases"`
	Acts  int              `json:"acts"`
	Last  calendar.Instant `json:"last"` // the latest time
	Head  string           `json:"head"` // SHA-256 of its head
}

// Sizes at which a segment is cut, at the end of a case.
const (
	fullActs  = 1 << 18
	fullBytes = 32 << 20 // of texts
)

// Cut cuts the log in r into segments; of says from which files it comes. create makes a file of the folder by its plain
// name; what was written before an error is not a folder that is read.
func Cut(ctx context.Context, r io.Reader, name string, of []Origin, opt eventlog.Options, create func(name string) (io.WriteCloser, error)) (*Index, error) {
	return cut(ctx, r, name, of, opt, create, fullActs)
}

func cut(ctx context.Context, r io.Reader, name string, of []Origin, opt eventlog.Options, create func(name string) (io.WriteCloser, error), full int) (*Index, error) {
	c := newCutter(create, full)
	stats, err := eventlog.Read(ctx, r, name, opt, func(_ int, b *eventlog.Batch) error { return c.add(b) })
	if err != nil {
		return nil, err
	}
	x := &Index{Log: name, Of: of, Stats: stats, Civil: stats.NoOffset > 0 && opt.Zone == nil && (opt.Map == nil || opt.Map.Zone == nil)}
	if opt.Map != nil {
		x.Mapping = MappingDigest(opt.Map)
	}
	return x, c.end(x)
}

// CutCases cuts cases that come from elsewhere than a log: a record, a generator. Their times are instants. A case is used
// up before the next is asked for.
func CutCases(ctx context.Context, cases iter.Seq[eventlog.Case], name string, create func(name string) (io.WriteCloser, error)) (*Index, error) {
	c := newCutter(create, fullActs)
	x := &Index{Log: name, Stats: eventlog.Stats{Format: "cases"}}
	for k := range cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.one(&k); err != nil {
			return nil, err
		}
		x.Stats.Cases++
		x.Stats.Events += int64(len(k.Events))
		if len(k.Events) == 0 {
			x.Stats.Empty++
		}
	}
	return x, c.end(x)
}

// MappingDigest is how the index names the mapping a log was read with.
func MappingDigest(m *eventlog.Mapping) string { return digestOf([]byte(m.String())) }

// cutter takes batches in the order of the log. Whoever comes early waits: the batches before are in the hands of others,
// who wait for none after theirs.
type cutter struct {
	mu     sync.Mutex
	turn   sync.Cond
	next   int
	err    error
	w      *writer
	create func(name string) (io.WriteCloser, error)
	full   int
	files  []FileInfo
	said   []string
}

func newCutter(create func(name string) (io.WriteCloser, error), full int) *cutter {
	c := &cutter{w: newWriter(), create: create, full: full}
	c.turn.L = &c.mu
	return c
}

// end writes what is left, and the index.
func (c *cutter) end(x *Index) error {
	if err := c.flush(); err != nil {
		return err
	}
	slices.Sort(c.said)
	x.Version, x.Files, x.Said = version, c.files, c.said
	digest, err := x.digest()
	if err != nil {
		return err
	}
	x.Digest = digest
	text, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return err
	}
	return write(c.create, IndexName, append(text, '\n'))
}

func (c *cutter) one(k *eventlog.Case) error {
	if err := c.w.add(k); err != nil {
		return err
	}
	if len(c.w.of) >= c.full || len(c.w.ids) >= c.full || c.w.size >= fullBytes {
		return c.flush()
	}
	return nil
}

func (c *cutter) add(b *eventlog.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.next != b.Index && c.err == nil {
		c.turn.Wait()
	}
	defer c.turn.Broadcast()
	for i := range b.Cases {
		if c.err != nil {
			return c.err
		}
		c.err = c.one(&b.Cases[i])
	}
	c.next++
	return c.err
}

func (c *cutter) flush() error {
	if len(c.w.ids) == 0 {
		return nil
	}
	if len(c.w.of) > maxActs {
		return fmt.Errorf("one case has more than %d acts", maxActs-fullActs)
	}
	for _, s := range c.w.caseShapes.all {
		for _, f := range s.fields {
			if !slices.Contains(c.said, f.Key) {
				c.said = append(c.said, f.Key)
			}
		}
	}
	file, text, err := c.w.encode()
	if err != nil {
		return err
	}
	info := FileInfo{Name: fmt.Sprintf("%06d"+Ending, len(c.files)+1), Bytes: int64(len(file)), Cases: len(c.w.ids), Acts: len(c.w.of), Last: earliest, Head: digestOf(text)}
	for _, t := range c.w.times {
		info.Last = max(info.Last, calendar.Instant(t))
	}
	c.files = append(c.files, info)
	c.w.reset()
	return write(c.create, info.Name, file)
}

func write(create func(string) (io.WriteCloser, error), name string, b []byte) error {
	f, err := create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// Folder is a folder of segments. Safe for concurrent use.
type Folder struct {
	Index
	fsys fs.FS
	name string
}

// Open reads the index of a folder. name serves in messages.
func Open(fsys fs.FS, name string) (*Folder, error) {
	text, err := fs.ReadFile(fsys, IndexName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no %s: it is no folder of segments, or the cut did not end: make one with plumbline segment LOG --out DIR", name, IndexName)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &Folder{fsys: fsys, name: name}
	j := json.NewDecoder(bytes.NewReader(text))
	j.DisallowUnknownFields()
	if err := j.Decode(&d.Index); err != nil {
		return nil, fault(name, IndexName, err)
	}
	if d.Version != version {
		return nil, fmt.Errorf("%s: segments of version %d; this program reads version %d: cut the log again", name, d.Version, version)
	}
	if sum, err := d.digest(); err != nil || sum != d.Digest {
		return nil, fault(name, IndexName, fmt.Errorf("it was altered"))
	}
	var cases, acts int64
	for _, f := range d.Files {
		if f.Cases < 0 || f.Acts < 0 || f.Bytes < 0 || path.Base(f.Name) != f.Name {
			return nil, fault(name, IndexName, fmt.Errorf("file %q", f.Name))
		}
		cases, acts = cases+int64(f.Cases), acts+int64(f.Acts)
	}
	if cases != d.Stats.Cases || acts != d.Stats.Events {
		return nil, fault(name, IndexName, fmt.Errorf("its files hold %d cases and %d acts, the log had %d and %d", cases, acts, d.Stats.Cases, d.Stats.Events))
	}
	return d, nil
}

// Size is what all segments of the folder have, in bytes.
func (d *Folder) Size() (n int64) {
	for _, f := range d.Files {
		n += f.Bytes
	}
	return n
}

// read reads one segment into buf, which may grow; the file holds until the bytes are used again.
func (d *Folder) read(i int, buf []byte) (*File, []byte, error) {
	info := d.Files[i]
	name := path.Join(d.name, info.Name)
	f, err := d.fsys.Open(info.Name)
	if err != nil {
		return nil, buf, fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = f.Close() }() // only read
	st, err := f.Stat()
	if err != nil {
		return nil, buf, fmt.Errorf("%s: %w", name, err)
	}
	if st.Size() != info.Bytes {
		return nil, buf, fault(name, "length", fmt.Errorf("it has %d bytes, the index says %d", st.Size(), info.Bytes))
	}
	if int64(cap(buf)) < info.Bytes {
		buf = make([]byte, info.Bytes)
	}
	buf = buf[:info.Bytes]
	if _, err := io.ReadFull(f, buf); err != nil {
		return nil, buf, fmt.Errorf("%s: %w", name, err)
	}
	s, err := Parse(name, buf, info.Head)
	if err == nil && (s.Cases != info.Cases || s.Acts != info.Acts) {
		err = fault(name, "head", fmt.Errorf("it holds %d cases and %d acts, the index says %d and %d", s.Cases, s.Acts, info.Cases, info.Acts))
	}
	return s, buf, err
}

// Each goes through the segments, several side by side: at most one at a time for each worker (0: one for each processor),
// which holds one in memory. A File is good until visit returns. The first error ends it.
func (d *Folder) Each(ctx context.Context, workers int, visit func(worker, i int, f *File) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var mu sync.Mutex
	next, failed := 0, error(nil)
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = ctx.Err()
		}
		if failed != nil || next == len(d.Files) {
			return -1
		}
		next++
		return next - 1
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			var buf []byte
			for i := take(); i >= 0; i = take() {
				f, b, err := d.read(i, buf)
				if buf = b; err == nil {
					err = visit(worker, i, f)
				}
				if err != nil {
					mu.Lock()
					if failed == nil {
						failed = err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// batchCases are the cases that ReadHistory hands on together.
const batchCases = 512

// ReadHistory makes a folder a log like any other (eventlog.History): it gives what eventlog.Read gave of the log, batches of
// whole cases in its order, with the same numbers. Times that are wall clock are read in opt.Zone; without one, as if in
// Greenwich.
func (d *Folder) ReadHistory(ctx context.Context, opt eventlog.Options, each func(worker int, b *eventlog.Batch) error) (eventlog.Stats, error) {
	first := make([]int, len(d.Files)) // index of each segment's first batch
	for i := 1; i < len(first); i++ {
		first[i] = first[i-1] + (d.Files[i-1].Cases+batchCases-1)/batchCases
	}
	if opt.Watch != nil {
		opt.Watch.Expect(d.Stats.Events)
	}
	var zone *calendar.Zone
	if d.Civil {
		zone = opt.Zone
	}
	err := d.Each(ctx, opt.Workers, func(worker, i int, f *File) error {
		r := f.reader(zone)
		for b := first[i]; r.at < f.Cases; b++ {
			if err := each(worker, &eventlog.Batch{Index: b, Cases: r.cases(batchCases)}); err != nil {
				return err
			}
		}
		return nil
	})
	return d.Stats, err
}

// Read refuses: a folder is not one stream of text.
func (d *Folder) Read([]byte) (int, error) {
	return 0, fmt.Errorf("%s: a folder of segments is read with ReadHistory", d.name)
}

// Close has nothing to close.
func (d *Folder) Close() error { return nil }

// Last is the last instant of the log, wall clock read in zone.
func (d *Folder) Last(ctx context.Context, zone *calendar.Zone) (calendar.Instant, error) {
	last := earliest
	for _, f := range d.Files {
		if f.Acts > 0 {
			last = max(last, f.Last)
		}
	}
	if !d.Civil || zone == nil {
		return last, nil
	}
	// Where the clock was put forward, what stands later on it may have been earlier.
	from, at := last-86_400_000_000, zone.Local(last)
	var buf []byte
	for i, info := range d.Files {
		if info.Last < from || info.Acts == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		f, b, err := d.read(i, buf)
		if err != nil {
			return 0, err
		}
		buf = b
		for k := range f.Acts {
			if t := calendar.Instant(f.Times.At(k)); t >= from {
				at = max(at, zone.Local(t))
			}
		}
	}
	return at, nil
}

// caseReader makes cases of columns again.
type caseReader struct {
	f          *File
	zone       *calendar.Zone
	at, act    int
	record     int64
	rows, ofs  []int // next row of each shape, of acts and of cases
	found      []eventlog.Case
	events     []eventlog.Event
	fields     []eventlog.Field
	caseFields []eventlog.Field
}

func (f *File) reader(zone *calendar.Zone) *caseReader {
	return &caseReader{f: f, zone: zone, rows: make([]int, len(f.Shapes)), ofs: make([]int, len(f.caseShapes))}
}

// cases gives the next cases, at most n.
func (r *caseReader) cases(n int) []eventlog.Case {
	f := r.f
	r.found, r.events, r.fields, r.caseFields = r.found[:0], r.events[:0], r.fields[:0], r.caseFields[:0]
	for ; n > 0 && r.at < f.Cases; n-- {
		c := eventlog.Case{ID: f.ID(r.at), Record: f.caseRecords.At(r.at), Repeated: f.repeated.At(r.at) != 0}
		of := f.ofCase.At(r.at)
		from := len(r.caseFields)
		for _, field := range f.caseShapes[of].Fields {
			r.caseFields = append(r.caseFields, eventlog.Field{Key: field.Key, Kind: field.Kind, Value: f.text(&field, r.ofs[of])})
		}
		r.ofs[of]++
		if to := len(r.caseFields); to > from {
			c.Data = r.caseFields[from:to:to]
		}
		from = len(r.events)
		for range f.Counts.At(r.at) {
			r.event()
		}
		if to := len(r.events); to > from {
			c.Events = r.events[from:to:to]
		}
		r.found = append(r.found, c)
		r.at++
	}
	return r.found
}

func (r *caseReader) event() {
	f := r.f
	of := f.Of.At(r.act)
	s := &f.Shapes[of]
	r.record += f.steps.At(r.act)
	e := eventlog.Event{Act: s.Act, Precision: s.Precision, Record: r.record, Time: calendar.Instant(f.Times.At(r.act))}
	if r.zone != nil {
		e.Time = r.zone.Local(e.Time)
	}
	from := len(r.fields)
	for i := range s.Fields {
		field := &s.Fields[i]
		text := f.text(field, r.rows[of])
		switch field.Role {
		case Person:
			e.Person = text
		case Post:
			e.Post = text
		case Unit:
			e.Unit = text
		case Lifecycle:
			e.Lifecycle = text
		default:
			r.fields = append(r.fields, eventlog.Field{Key: field.Key, Kind: field.Kind, Value: text})
		}
	}
	if to := len(r.fields); to > from {
		e.Data = r.fields[from:to:to]
	}
	r.rows[of]++
	r.act++
	r.events = append(r.events, e)
}

func (f *File) text(field *Field, row int) string {
	return f.Dicts[field.Dict][field.Codes.At(row)]
}
