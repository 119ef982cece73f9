package segment

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf8"

	"plumbline/calendar"
	"plumbline/eventlog"
)

const (
	magic   = "plumbseg"
	version = 1
	prefix  = len(magic) + 8
)

// Role says what a field of an act is.
type Role uint8

// The roles: what eventlog.Event has a place for, and data under a key of their own.
const (
	Datum Role = iota
	Person
	Post
	Unit
	Lifecycle
)

// head is what stands before the columns, which follow in the order of its fields.
type head struct {
	Cases      int         `json:"cases"`
	Acts       int         `json:"acts"`
	Counts     columnHead  `json:"counts"`   // by case: its acts
	IDs        textHead    `json:"ids"`      // by case
	Records    columnHead  `json:"records"`  // by case
	Repeated   columnHead  `json:"repeated"` // by case: 0 or 1
	OfCase     columnHead  `json:"of_case"`  // by case: its shape
	Of         columnHead  `json:"of"`       // by act: its shape
	Times      columnHead  `json:"times"`    // by act
	Steps      columnHead  `json:"steps"`    // by act: its record less that of the act before, 0 before the first
	Dicts      []textHead  `json:"dicts"`
	CaseShapes []shapeHead `json:"case_shapes"`
	Shapes     []shapeHead `json:"shapes"`
}

// textHead is a run of texts: the length of each, then all of them.
type textHead struct {
	N     int        `json:"n"`
	Lens  columnHead `json:"lens"`
	Bytes columnHead `json:"bytes"`
}

type shapeHead struct {
	Act       string             `json:"act,omitempty"`
	Precision calendar.Precision `json:"precision,omitempty"`
	Rows      int                `json:"rows"`
	Fields    []fieldHead        `json:"fields,omitempty"`
}

type fieldHead struct {
	Role  Role          `json:"role,omitempty"`
	Key   string        `json:"key,omitempty"`
	Kind  eventlog.Kind `json:"kind,omitempty"`
	Dict  int           `json:"dict"`
	Codes columnHead    `json:"codes"`
}

// writer gathers cases until they are enough for a segment.
type writer struct {
	counts, records, repeated, ofCase []int64
	of, times, steps                  []int64
	ids                               []string
	record                            int64 // of the act before
	size                              int   // bytes of texts

	caseShapes, shapes shapes
	dicts              []*dict
	byName             map[dictName]int
	out                []byte
}

type dictName struct {
	role Role
	key  string
}

type dict struct {
	codes map[string]int64
	texts []string
}

type shapes struct {
	all   []*shape
	known map[string]*shape
}

type shape struct {
	at     int64
	act    string
	prec   calendar.Precision
	fields []fieldHead
	rows   int
	codes  [][]int64 // by field, then row
}

func newWriter() *writer { w := &writer{}; w.reset(); return w }

func (w *writer) reset() {
	for _, c := range []*[]int64{&w.counts, &w.records, &w.repeated, &w.ofCase, &w.of, &w.times, &w.steps} {
		*c = (*c)[:0]
	}
	w.ids, w.dicts, w.record, w.size = w.ids[:0], nil, 0, 0
	w.byName = map[dictName]int{}
	w.caseShapes, w.shapes = shapes{known: map[string]*shape{}}, shapes{known: map[string]*shape{}}
}

// add takes one case. The strings of c may go afterwards.
func (w *writer) add(c *eventlog.Case) error {
	if !utf8.ValidString(c.ID) {
		return fmt.Errorf("case %q is not valid UTF-8", c.ID)
	}
	w.ids = append(w.ids, strings.Clone(c.ID))
	w.size += len(c.ID)
	w.counts = append(w.counts, int64(len(c.Events)))
	w.records = append(w.records, c.Record)
	repeated := int64(0)
	if c.Repeated {
		repeated = 1
	}
	w.repeated = append(w.repeated, repeated)
	at, err := w.row(&w.caseShapes, "", 0, nil, c.Data)
	if err != nil {
		return fmt.Errorf("case %s: %w", c.ID, err)
	}
	w.ofCase = append(w.ofCase, at)
	for i := range c.Events {
		e := &c.Events[i]
		own := [...]fieldText{{Person, e.Person}, {Post, e.Post}, {Unit, e.Unit}, {Lifecycle, e.Lifecycle}}
		at, err := w.row(&w.shapes, e.Act, e.Precision, own[:], e.Data)
		if err != nil {
			return fmt.Errorf("record %d: %w", e.Record, err)
		}
		if e.Time < earliest || e.Time > latest {
			return fmt.Errorf("record %d: its time is outside the years 0001 to 9999", e.Record)
		}
		w.of = append(w.of, at)
		w.times = append(w.times, int64(e.Time))
		w.steps = append(w.steps, e.Record-w.record)
		w.record = e.Record
	}
	return nil
}

type fieldText struct {
	role Role
	text string
}

// row adds a row to the shape of an act or a case, and gives the shape's place.
func (w *writer) row(in *shapes, act string, prec calendar.Precision, own []fieldText, data []eventlog.Field) (int64, error) {
	name := append(w.out[:0], byte(prec))
	name = binary.AppendUvarint(name, uint64(len(act)))
	name = append(name, act...)
	for _, f := range own {
		if f.text != "" {
			name = append(name, byte(f.role), 0, 0)
		}
	}
	for _, f := range data {
		name = append(name, byte(Datum), byte(f.Kind))
		name = binary.AppendUvarint(name, uint64(len(f.Key)))
		name = append(name, f.Key...)
	}
	w.out = name
	s := in.known[string(name)]
	if s == nil {
		s = &shape{at: int64(len(in.all)), act: strings.Clone(act), prec: prec}
		for _, f := range own {
			if f.text != "" {
				s.fields = append(s.fields, fieldHead{Role: f.role, Dict: w.dict(f.role, "")})
			}
		}
		for _, f := range data {
			s.fields = append(s.fields, fieldHead{Key: strings.Clone(f.Key), Kind: f.Kind, Dict: w.dict(Datum, f.Key)})
		}
		for _, f := range s.fields {
			if !utf8.ValidString(f.Key) {
				return 0, fmt.Errorf("key %q is not valid UTF-8", f.Key)
			}
		}
		if !utf8.ValidString(act) {
			return 0, fmt.Errorf("act %q is not valid UTF-8", act)
		}
		s.codes = make([][]int64, len(s.fields))
		in.all, in.known[string(name)] = append(in.all, s), s
	}
	k := 0
	for _, f := range own {
		if f.text != "" {
			s.codes[k] = append(s.codes[k], w.code(s.fields[k].Dict, f.text))
			k++
		}
	}
	for _, f := range data {
		s.codes[k] = append(s.codes[k], w.code(s.fields[k].Dict, f.Value))
		k++
	}
	s.rows++
	return s.at, nil
}

func (w *writer) dict(role Role, key string) int {
	at, ok := w.byName[dictName{role, key}]
	if !ok {
		at = len(w.dicts)
		w.byName[dictName{role, strings.Clone(key)}] = at
		w.dicts = append(w.dicts, &dict{codes: map[string]int64{}})
	}
	return at
}

func (w *writer) code(at int, text string) int64 {
	d := w.dicts[at]
	code, ok := d.codes[text]
	if !ok {
		text = strings.Clone(text)
		code = int64(len(d.texts))
		d.codes[text] = code
		d.texts = append(d.texts, text)
		w.size += len(text)
	}
	return code
}

// encode gives the bytes of the segment, and those of its head among them.
func (w *writer) encode() (file, headBytes []byte, err error) {
	h := head{Cases: len(w.ids), Acts: len(w.of)}
	var body []byte
	column := func(values []int64) (c columnHead) { body, c = appendColumn(body, values); return c }
	texts := func(all []string) (t textHead) {
		lens := make([]int64, len(all))
		for i, s := range all {
			lens[i] = int64(len(s))
		}
		t.N, t.Lens = len(all), column(lens)
		from := len(body)
		for _, s := range all {
			body = append(body, s...)
		}
		t.Bytes = columnHead{N: len(body) - from, Width: 1, CRC: crc32.Checksum(body[from:], castagnoli)}
		return t
	}
	table := func(in shapes) (out []shapeHead) {
		for _, s := range in.all {
			for k := range s.fields {
				s.fields[k].Codes = column(s.codes[k])
			}
			out = append(out, shapeHead{s.act, s.prec, s.rows, s.fields})
		}
		return out
	}
	h.Counts, h.IDs = column(w.counts), texts(w.ids)
	h.Records, h.Repeated, h.OfCase = column(w.records), column(w.repeated), column(w.ofCase)
	h.Of, h.Times, h.Steps = column(w.of), column(w.times), column(w.steps)
	for _, d := range w.dicts {
		h.Dicts = append(h.Dicts, texts(d.texts))
	}
	h.CaseShapes, h.Shapes = table(w.caseShapes), table(w.shapes)
	headBytes, err = json.Marshal(&h)
	if err != nil {
		return nil, nil, err
	}
	file = append(file, magic...)
	file = binary.LittleEndian.AppendUint32(file, version)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(headBytes)))
	file = append(append(file, headBytes...), body...)
	return file, headBytes, nil
}
