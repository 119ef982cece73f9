package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"plumbline/calendar"
	"plumbline/eventlog"
)

var (
	earliest = calendar.InstantOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)) - 86_400_000_000 // and the widest offset
	latest   = calendar.InstantOf(time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)) + 86_400_000_000
)

// Shape is a kind of act as the log writes it, with a table of the acts of the segment that have it.
type Shape struct {
	Act       string
	Precision calendar.Precision
	Fields    []Field
	Rows      int
}

// Field is one column of a shape: what it says, and for each row the place of its text in the dictionary.
type Field struct {
	Role  Role
	Key   string // of a Datum
	Kind  eventlog.Kind
	Dict  int
	Codes Column
}

// File is one segment that was found sound. Its columns lie in the bytes it was read from.
type File struct {
	Cases, Acts int
	Counts      Column // by case: its acts
	Of          Column // by act: its shape
	Times       Column // by act: microseconds; wall clock where the index says so
	Shapes      []Shape
	Dicts       [][]string

	caseRecords, repeated, ofCase Column
	idTexts                       []string
	steps                         Column
	caseShapes                    []Shape
}

// A fault is what is wrong with a segment, and where.
func fault(name, where string, err error) error {
	return fmt.Errorf("%s: %s: %w; the folder is damaged: cut the log again", name, where, err)
}

// Parse reads a segment. Everything it says is checked, so that whoever goes through it meets no surprise. digest is the
// SHA-256 of its head as the index has it, in hex; empty: not known.
func Parse(name string, b []byte, digest string) (*File, error) {
	if len(b) < prefix || string(b[:len(magic)]) != magic {
		return nil, fault(name, "head", fmt.Errorf("not a segment"))
	}
	if v := binary.LittleEndian.Uint32(b[len(magic):]); v != version {
		return nil, fmt.Errorf("%s: segment of version %d; this program reads version %d: cut the log again", name, v, version)
	}
	n := binary.LittleEndian.Uint32(b[len(magic)+4:])
	if int64(n) > int64(len(b)-prefix) {
		return nil, fault(name, "head", fmt.Errorf("it is cut short: %d bytes of %d", len(b)-prefix, n))
	}
	text, rest := b[prefix:prefix+int(n)], b[prefix+int(n):]
	if digest != "" && digestOf(text) != digest {
		return nil, fault(name, "head", fmt.Errorf("it is not the one of the index"))
	}
	var h head
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return nil, fault(name, "head", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault(name, "head", fmt.Errorf("something follows it"))
	}
	p := &parser{name: name, b: rest}
	f := p.file(&h)
	if p.err == nil && len(p.b) > 0 {
		p.fail("end", fmt.Errorf("%d bytes too many", len(p.b)))
	}
	return f, p.err
}

// parser cuts columns off; after the first fault it cuts no more.
type parser struct {
	name string
	b    []byte
	err  error
}

func (p *parser) fail(where string, err error) {
	if p.err == nil {
		p.err = fault(p.name, where, err)
	}
}

func (p *parser) column(where string, h columnHead, n int, lo, hi int64) (c Column) {
	if p.err != nil {
		return Column{}
	}
	c, rest, err := cutColumn(p.b, h, n, lo, hi)
	if err != nil {
		p.fail("column "+where, err)
		return Column{}
	}
	p.b = rest
	return c
}

// texts cuts a run of texts. They are copied once, together, so that they outlive the bytes.
// most bounds texts whose constant length takes no bytes.
func (p *parser) texts(where string, h textHead, most int) []string {
	if h.N < 0 || h.N > most && h.N > len(p.b) || h.Bytes.N < 0 || h.Bytes.Width != 1 {
		p.fail("column "+where, fmt.Errorf("%d texts in %d bytes", h.N, h.Bytes.N))
		return nil
	}
	lens := p.column(where+" lengths", h.Lens, h.N, 0, math.MaxInt32)
	raw := p.column(where, h.Bytes, h.Bytes.N, 0, math.MaxUint8)
	if p.err != nil {
		return nil
	}
	if !utf8.Valid(raw.raw) {
		p.fail("column "+where, fmt.Errorf("it is not valid UTF-8"))
		return nil
	}
	all := string(raw.raw)
	out := make([]string, h.N)
	for i := range out {
		n := int(lens.At(i))
		if n > len(all) {
			p.fail("column "+where, fmt.Errorf("its texts end before the lengths say"))
			return nil
		}
		out[i], all = all[:n], all[n:]
	}
	if all != "" {
		p.fail("column "+where, fmt.Errorf("its texts go on after the lengths say"))
	}
	return out
}

// Bounds on what a head may claim of columns that take no bytes, and on what is cut.
const (
	maxActs  = 1 << 24
	maxCases = 1 << 21
)

func (p *parser) file(h *head) *File {
	f := &File{Cases: h.Cases, Acts: h.Acts}
	if h.Cases < 0 || h.Acts < 0 || h.Cases > maxCases || h.Acts > maxActs || len(h.Shapes) > h.Acts || len(h.CaseShapes) > h.Cases {
		p.fail("head", fmt.Errorf("%d cases, %d acts, %d shapes", h.Cases, h.Acts, len(h.Shapes)))
		return nil
	}
	f.Counts = p.column("counts", h.Counts, h.Cases, 0, maxActs)
	if f.idTexts = p.texts("ids", h.IDs, maxCases); p.err == nil && len(f.idTexts) != h.Cases {
		p.fail("column ids", fmt.Errorf("%d of %d", len(f.idTexts), h.Cases))
	}
	f.caseRecords = p.column("records", h.Records, h.Cases, 0, math.MaxInt64)
	f.repeated = p.column("repeated", h.Repeated, h.Cases, 0, 1)
	f.ofCase = p.column("of_case", h.OfCase, h.Cases, 0, int64(len(h.CaseShapes))-1)
	f.Of = p.column("of", h.Of, h.Acts, 0, int64(len(h.Shapes))-1)
	f.Times = p.column("times", h.Times, h.Acts, int64(earliest), int64(latest))
	f.steps = p.column("steps", h.Steps, h.Acts, math.MinInt64/2, math.MaxInt64/2)
	for i, d := range h.Dicts {
		f.Dicts = append(f.Dicts, p.texts(fmt.Sprintf("dict %d", i), d, 1))
	}
	f.caseShapes = p.shapes("case shape", h.CaseShapes, f)
	f.Shapes = p.shapes("shape", h.Shapes, f)
	if p.err != nil {
		return nil
	}
	p.agree("counts", f.Cases, &f.Counts, h.Acts)
	p.rows("of", &f.Of, f.Shapes)
	p.rows("of_case", &f.ofCase, f.caseShapes)
	if p.err != nil {
		return nil
	}
	return f
}

func (p *parser) shapes(where string, heads []shapeHead, f *File) []Shape {
	out := make([]Shape, len(heads))
	for i := range heads {
		h, s := &heads[i], &out[i]
		at := fmt.Sprintf("%s %d", where, i)
		*s = Shape{Act: h.Act, Precision: h.Precision, Rows: h.Rows}
		if h.Rows < 0 || h.Rows > maxActs || h.Precision > calendar.Day {
			p.fail(at, fmt.Errorf("%d rows, precision %d", h.Rows, h.Precision))
		}
		for k, fh := range h.Fields {
			if p.err != nil {
				return out
			}
			if fh.Role > Lifecycle || fh.Kind > eventlog.ID || fh.Dict < 0 || fh.Dict >= len(f.Dicts) {
				p.fail(at, fmt.Errorf("field %d has role %d, kind %d, dictionary %d of %d", k, fh.Role, fh.Kind, fh.Dict, len(f.Dicts)))
				return out
			}
			codes := p.column(fmt.Sprintf("%s %s %q", at, h.Act, fh.Key), fh.Codes, h.Rows, 0, int64(len(f.Dicts[fh.Dict]))-1)
			s.Fields = append(s.Fields, Field{fh.Role, fh.Key, fh.Kind, fh.Dict, codes})
		}
	}
	return out
}

// agree holds the acts of the cases against their number.
func (p *parser) agree(where string, n int, c *Column, want int) {
	sum := int64(0)
	for i := range n {
		sum += c.At(i)
	}
	if sum != int64(want) {
		p.fail("column "+where, fmt.Errorf("it counts %d acts, and there are %d", sum, want))
	}
}

// rows holds the tables of the shapes against how often each occurs.
func (p *parser) rows(where string, of *Column, shapes []Shape) {
	n := make([]int, len(shapes))
	for i := range of.Len() {
		n[of.At(i)]++
	}
	for i := range shapes {
		if n[i] != shapes[i].Rows {
			p.fail("column "+where, fmt.Errorf("shape %d occurs %d times, and its table has %d rows", i, n[i], shapes[i].Rows))
			return
		}
	}
}

// ID names a case of the segment. The text is good for ever.
func (f *File) ID(i int) string { return f.idTexts[i] }

// Recorder gives the records of acts.
func (f *File) Recorder() *Recorder { return &Recorder{f: f} }

// Recorder knows the record of one act, and finds that of a later one by going on from there.
type Recorder struct {
	f      *File
	next   int
	record int64
}

// At is the record of an act, which must not stand before one already asked for.
func (r *Recorder) At(act int) int64 {
	for ; r.next <= act; r.next++ {
		r.record += r.f.steps.At(r.next)
	}
	return r.record
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
