package calendar

import (
	"fmt"
	"math"
	"sort"
	"sync"
	"time"
	_ "time/tzdata" // a binary on a machine without zone files still knows its zone
)

// Zone tells which civil date an instant has where the organ sits. It is immutable and shared.
//
// Days are kept in a table from 1970-01-01 to the end of 2100, one int32 a day (about 190 kB a zone);
// outside it the answer comes from [time.Location] and takes microseconds.
//
// Where a clock is put back across midnight, so that a few minutes of a day come twice (St. John's
// until 2011), a day that has begun does not end again: dates never run backwards here, though the
// wall calendar did.
type Zone struct {
	name  string
	loc   *time.Location
	lo    Instant // first instant of the table
	hi    Instant // from here on the table does not answer
	shift []int32 // start of day k minus k UTC days, in seconds
	spans []span  // the offsets in force over the table, in order
}

// span is a stretch of time with one offset from UTC.
type span struct {
	from, to Instant
	offset   Instant // micros, east is positive
}

const (
	tableFirst = Date(0)      // 1970-01-01
	tableEnd   = 131*365 + 32 // 2101-01-01
	farDays    = 106_000_000  // of these an Instant can still hold the microseconds
)

var zones sync.Map // name -> *Zone

// LoadZone gives the zone with an IANA name such as Asia/Shanghai. "" and Local are refused: a
// deadline must not depend on the machine it is computed on. Zones are made once and kept.
func LoadZone(name string) (*Zone, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*Zone), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %q depends on the machine: name one such as Asia/Shanghai", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q is not known: use an IANA name such as Asia/Shanghai: %w", clip(name), err)
	}
	z, _ := zones.LoadOrStore(name, newZone(name, loc))
	return z.(*Zone), nil
}

func newZone(name string, loc *time.Location) *Zone {
	z := &Zone{name: name, loc: loc, shift: make([]int32, tableEnd+1)}
	z.spans = spansOf(loc, Instant(tableFirst-2)*dayMicros, Instant(tableEnd+2)*dayMicros)
	k := 0
	for d := Date(0); d <= tableEnd; d++ {
		var start Instant
		start, k = startIn(z.spans, k, d)
		z.shift[d] = int32((start - Instant(d)*dayMicros) / secondMicros)
	}
	z.lo, z.hi = z.start(0), z.start(tableEnd-2) // Date may look up two days beyond the one it finds
	return z
}

// spansOf lists the offsets in force from the instant from to the instant to.
func spansOf(loc *time.Location, from, to Instant) []span {
	var list []span
	for at := from; at < to; {
		t := at.Time().In(loc)
		_, seconds := t.Zone()
		s := span{from: math.MinInt64, to: Never, offset: Instant(seconds) * secondMicros}
		begin, end := t.ZoneBounds()
		if !begin.IsZero() {
			s.from = InstantOf(begin)
		}
		if !end.IsZero() {
			s.to = InstantOf(end)
		}
		if s.to <= at {
			// On the last day of a leap year ZoneBounds (go1.26) ends a span one day too early.
			s.to = InstantOf(time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC))
		}
		// The library also cuts where only the abbreviation changes, and at new year.
		if n := len(list); n > 0 && list[n-1].offset == s.offset {
			list[n-1].to = s.to
		} else {
			list = append(list, s)
		}
		at = s.to
	}
	return list
}

// startIn finds the first instant whose civil date is d or later, searching from span k.
func startIn(spans []span, k int, d Date) (Instant, int) {
	for ; k < len(spans)-1; k++ {
		if Instant(d)*dayMicros-spans[k].offset < spans[k].to {
			break
		}
	}
	return max(spans[k].from, Instant(d)*dayMicros-spans[k].offset), k
}

// Name is the IANA name.
func (z *Zone) Name() string { return z.name }

// Location is the zone for the standard library, to print times with.
func (z *Zone) Location() *time.Location { return z.loc }

func (z *Zone) start(k int64) Instant {
	return Instant(k)*dayMicros + Instant(z.shift[k])*secondMicros
}

// Date is the civil date at i.
func (z *Zone) Date(i Instant) Date {
	if i < z.lo || i >= z.hi {
		return z.slowDate(i)
	}
	k := int64(uint64(i-z.lo) / dayMicros) // one too many or too few where clocks changed since
	for i >= z.start(k+1) {
		k++
	}
	for i < z.start(k) {
		k--
	}
	return Date(k)
}

func (z *Zone) slowDate(i Instant) Date {
	y, m, d := i.Time().In(z.loc).Date()
	return NewDate(y, m, d)
}

// Start is the first instant of the civil day d: midnight, or the first moment after it where
// summer time begins at midnight. A day left out altogether (Samoa, 2011-12-30) starts when the
// next one does. Days beyond the range of Instant start at its first or last value.
func (z *Zone) Start(d Date) Instant {
	if d >= tableFirst && d <= tableEnd {
		return z.start(int64(d))
	}
	if d < -farDays || d > farDays {
		return max(min(Instant(d), 1), -1) * Never
	}
	noon := Instant(d) * dayMicros
	start, _ := startIn(spansOf(z.loc, noon-2*dayMicros, noon+2*dayMicros), 0, d)
	return start
}

// End is the last microsecond of the civil day d: the one before the next day starts. A day left
// out altogether ends where the day before it does.
func (z *Zone) End(d Date) Instant { return z.Start(d+1) - 1 }

// Local gives the instant at which the clocks of the zone showed civil, a wall clock time without
// offset as [ParseInstant] reads it (micros as if in Greenwich).
//
// A time that came twice, when clocks were put back, is the earlier one: the person held has been
// there longer. A time that never was, when clocks were put forward, is counted on from the last
// one that was: 02:30 in a gap from 02:00 to 03:00 is 03:30 on the new clock, the same instant as
// 02:30 on the old one.
func (z *Zone) Local(civil Instant) Instant {
	spans, k := z.spans, 0
	if civil < -farDays*dayMicros || civil > farDays*dayMicros {
		return civil // Never, and what no clock has shown
	}
	if civil > z.lo+2*dayMicros && civil < z.hi-2*dayMicros {
		k = max(0, sort.Search(len(spans), func(k int) bool { return civil < spans[k].from })-3)
	} else {
		spans = spansOf(z.loc, civil-2*dayMicros, civil+2*dayMicros)
	}
	for ; k < len(spans)-1 && civil-spans[k].offset >= spans[k].to; k++ {
	}
	if i := civil - spans[k].offset; i >= spans[k].from || k == 0 {
		return i
	}
	return civil - spans[k-1].offset
}
