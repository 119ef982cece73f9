package procedure

import (
	"encoding/binary"
	"errors"
	"fmt"

	"plumbline/calendar"
	"plumbline/casefile"
)

// encodingVersion is the first byte of an encoded standing. A new layout takes a new number.
const encodingVersion = 1

// ErrOtherEdition says that a standing was made under another edition of the procedure: judge the case's acts again.
var ErrOtherEdition = errors.New("standing was made under another edition of the procedure: rejudge the case")

var errCut = errors.New("standing is cut short or damaged")

// AppendBinary writes s compactly: a version byte, 8 bytes of the procedure's digest, then what differs from a new case.
func (s *Standing) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, encodingVersion)
	b = append(b, s.p.digest[:8]...)
	b = binary.AppendVarint(b, int64(s.now))
	b = binary.AppendUvarint(b, uint64(s.seq))
	b = appendText(b, s.unit.ID)
	b = appendText(b, s.unit.Kind)
	b = binary.AppendUvarint(b, s.apart)
	b = binary.AppendUvarint(b, s.path)
	b = append(b, flag(s.broken)|flag(s.closed)<<1|flag(s.ended)<<2)
	b = binary.AppendUvarint(b, uint64(len(s.subjects)))
	for i := range s.subjects {
		b = s.subjects[i].append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(s.duties)))
	for i := range s.duties {
		b = s.duties[i].append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(s.persons)))
	for _, d := range s.persons {
		b = binary.AppendUvarint(b, uint64(d.act))
		b = binary.AppendUvarint(b, uint64(d.subject))
		b = appendText(b, d.person)
	}
	return b, nil
}

func (u *subjectState) append(b []byte) []byte {
	b = appendText(b, string(u.id))
	b = appendText(b, u.kind)
	b = appendText(b, u.role)
	for i := range u.hist {
		h := &u.hist[i]
		if *h == (history{}) {
			continue
		}
		b = binary.AppendUvarint(b, uint64(i+1))
		b = append(b, flag(h.done)|flag(h.excluded)<<1)
		b = binary.AppendVarint(b, int64(h.first))
		b = binary.AppendVarint(b, int64(h.last-h.first))
		b = binary.AppendUvarint(b, uint64(h.seq))
		b = binary.AppendUvarint(b, uint64(h.count))
		b = binary.AppendUvarint(b, uint64(h.by))
		b = binary.AppendUvarint(b, uint64(h.byIndex))
	}
	b = append(b, 0)
	b = appendValues(b, u.facts)
	for i, data := range u.kept {
		if data != nil {
			b = binary.AppendUvarint(b, uint64(i+1))
			b = appendValues(b, data)
		}
	}
	return append(b, 0)
}

func (d *dutyState) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(d.duty))
	b = binary.AppendUvarint(b, uint64(d.subject))
	b = binary.AppendVarint(b, d.ref)
	b = binary.AppendVarint(b, int64(d.start))
	b = binary.AppendVarint(b, int64(d.due))
	b = binary.AppendUvarint(b, uint64(d.term.N))
	b = append(b, byte(d.term.Unit), flag(d.limited)|flag(d.waiting)<<1|flag(d.fired)<<2|flag(d.provisional)<<3)
	b = binary.AppendUvarint(b, uint64(d.granted))
	b = binary.AppendUvarint(b, uint64(len(d.suspended)))
	for i, x := range d.suspended {
		b = binary.AppendVarint(b, int64(x.From))
		b = binary.AppendVarint(b, int64(x.To))
		b = appendText(b, string(d.suspender[i]))
	}
	return b
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendValues(b []byte, values []casefile.Value) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		kind, n, text := v.Raw()
		b = append(b, byte(kind))
		switch kind {
		case casefile.None:
		case casefile.Text:
			b = appendText(b, text)
		default:
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

// Decode reads a standing that AppendBinary wrote under the same edition of p. ErrOtherEdition: the pack has changed since.
func (p *Procedure) Decode(b []byte) (*Standing, error) {
	d := &decoder{b: b}
	if v := d.byte(); v != encodingVersion {
		return nil, fmt.Errorf("standing has encoding %d, this program reads %d", v, encodingVersion)
	}
	if string(d.take(8)) != string(p.digest[:8]) {
		return nil, ErrOtherEdition
	}
	s := &Standing{p: p}
	s.now = calendar.Instant(d.int())
	s.seq = int32(d.uint(1 << 31))
	s.unit = casefile.Unit{ID: d.text(), Kind: d.text()}
	s.apart, s.path = d.word(), d.word()
	flags := d.byte()
	s.broken, s.closed, s.ended = flags&1 != 0, flags&2 != 0, flags&4 != 0
	for range d.uint(1 << 20) {
		if d.bad {
			break
		}
		d.subject(s)
	}
	for range d.uint(1 << 20) {
		if d.bad {
			break
		}
		s.duties = append(s.duties, d.duty(s))
	}
	for range d.uint(1 << 20) {
		if d.bad {
			break
		}
		s.persons = append(s.persons, didBy{d.index(len(p.acts)), d.index(len(s.subjects)), d.text()})
	}
	if d.bad || len(d.b) > 0 || len(s.subjects) == 0 || s.subjects[0].kind != caseScope {
		return nil, errCut
	}
	return s, nil
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.bad, d.b = true, nil
		return nil
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) word() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint(limit uint64) uint64 {
	v := d.word()
	if v >= limit {
		d.bad, d.b = true, nil
		return 0
	}
	return v
}

func (d *decoder) index(n int) int { return int(d.uint(uint64(n))) }

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) text() string { return string(d.take(int(d.uint(1 << 20)))) }

func (d *decoder) subject(s *Standing) {
	i := s.addSubject(casefile.Ref{ID: casefile.Subject(d.text()), Kind: d.text(), Role: d.text()})
	u := &s.subjects[i]
	for !d.bad {
		at := d.index(len(u.hist) + 1)
		if at == 0 {
			break
		}
		h := &u.hist[at-1]
		flags := d.byte()
		h.done, h.excluded = flags&1 != 0, flags&2 != 0
		h.first = calendar.Instant(d.int())
		h.last = h.first + calendar.Instant(d.int())
		h.seq, h.count = int32(d.uint(1<<31)), int32(d.uint(1<<31))
		h.by = int16(d.index(len(s.p.acts)))
		h.byIndex = int16(d.uint(1 << 15))
		if h.excluded && int(h.byIndex) >= len(s.p.acts[h.by].excludes) {
			d.bad = true
		}
	}
	facts := d.values()
	if len(facts) != len(u.facts) {
		d.bad = true
		return
	}
	for f, v := range facts {
		if v.Known() && v.Kind() != s.p.facts[f].kind {
			d.bad = true
		}
	}
	u.facts = facts
	for !d.bad {
		at := d.index(len(u.kept) + 1)
		if at == 0 {
			break
		}
		data := d.values()
		if fields := s.p.acts[at-1].fields; len(data) != len(fields) {
			d.bad = true
		} else {
			for f, v := range data {
				d.bad = d.bad || v.Known() && v.Kind() != fields[f].kind
			}
		}
		u.kept[at-1] = data
	}
}

func (d *decoder) values() []casefile.Value {
	n := int(d.uint(1 << 16))
	out := make([]casefile.Value, 0, min(n, len(d.b)))
	for range n {
		if d.bad {
			return nil
		}
		switch kind := casefile.Kind(d.byte()); {
		case kind == casefile.None:
			out = append(out, casefile.Value{})
		case kind == casefile.Text:
			out = append(out, casefile.TextOf(d.text()))
		case kind <= casefile.Date:
			out = append(out, casefile.RawValue(kind, d.int(), ""))
		default:
			d.bad = true
		}
	}
	return out
}

func (d *decoder) duty(s *Standing) dutyState {
	ds := dutyState{duty: d.index(len(s.p.duties)), subject: d.index(len(s.subjects)), ref: d.int()}
	ds.start, ds.due = calendar.Instant(d.int()), calendar.Instant(d.int())
	ds.term = calendar.Term{N: int32(d.uint(1 << 31)), Unit: calendar.Unit(d.byte())}
	flags := d.byte()
	ds.limited, ds.waiting, ds.fired, ds.provisional = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	ds.granted = int(d.uint(1 << 16))
	if !d.bad && ds.granted > 0 && s.p.duties[ds.duty].extended == nil {
		d.bad = true
	}
	for range d.uint(1 << 16) {
		if d.bad {
			break
		}
		ds.suspended = append(ds.suspended, calendar.Interval{From: calendar.Instant(d.int()), To: calendar.Instant(d.int())})
		ds.suspender = append(ds.suspender, casefile.Subject(d.text()))
	}
	return ds
}
