package calendar

import (
	"fmt"
	"math"
	"time"
)

// Instant is a moment: microseconds since 1970-01-01T00:00:00Z, so about 292,000 years each way.
type Instant int64

// Never is later than every instant. It ends an interval that is still open.
const Never Instant = math.MaxInt64

const (
	secondMicros = 1_000_000
	minuteMicros = 60 * secondMicros
	hourMicros   = 60 * minuteMicros
	dayMicros    = 24 * hourMicros // a civil day without a change of the clock
)

// InstantOf is the instant of t; what is finer than a microsecond is cut off, towards the past.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time is the instant as a [time.Time] in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add moves by d, cut to whole microseconds. It stops at [Never] and at the earliest Instant
// instead of wrapping around; Never stays Never.
func (i Instant) Add(d time.Duration) Instant {
	if i == Never {
		return Never
	}
	sum := i + Instant(d.Microseconds())
	switch {
	case d > 0 && sum < i:
		return Never
	case d < 0 && sum > i:
		return math.MinInt64
	}
	return sum
}

// String writes the instant in UTC as RFC 3339, or "never".
func (i Instant) String() string {
	if i == Never {
		return "never"
	}
	return i.Time().Format(time.RFC3339Nano)
}

// Precision says how exactly an instant is known: the record may give only the minute or the day.
type Precision uint8

// The precisions, finest first. A fraction of a second is read and kept, but is Second.
const (
	Second Precision = iota
	Minute
	Day
)

// String is the English word in lower case.
func (p Precision) String() string {
	switch p {
	case Second:
		return "second"
	case Minute:
		return "minute"
	case Day:
		return "day"
	}
	return fmt.Sprintf("precision %d", uint8(p))
}

// ParseInstant reads a moment as logs and files write it:
//
//	2006-01-02                        precision Day, never with an offset
//	2006-01-02T15:04                  precision Minute
//	2006-01-02T15:04:05               precision Second
//	2006-01-02T15:04:05.123456        any number of digits; beyond microseconds they are cut off
//
// The T may be a blank and the point a comma. A time may be followed by its offset, Z or +01:00
// (at most 23:59). With an offset, i is the instant. Without one, offset is false and i is the
// wall clock read as if it stood in Greenwich: pass it to [Zone.Local] to get the instant.
//
// Years run from 0001 to 9999. An hour 24, a second 60 and a day that does not exist are errors.
// What is accepted as RFC 3339 means what [time.Parse] says it means (a property test holds this).
// It allocates only for an error.
func ParseInstant[S ~string | ~[]byte](s S) (i Instant, p Precision, offset bool, err error) {
	n := len(s)
	if n < 10 {
		return 0, 0, false, badInstant(string(s), "it begins with a date as 2006-01-02")
	}
	date, ok := dateAt(s)
	if !ok {
		return 0, 0, false, badInstant(string(s), "it begins with an existing date as 2006-01-02")
	}
	i = Instant(date) * dayMicros
	if n == 10 {
		return i, Day, false, nil
	}
	if n < 16 || s[10] != 'T' && s[10] != ' ' || s[13] != ':' {
		return 0, 0, false, badInstant(string(s), "after the date comes T15:04")
	}
	hour, ok1 := twoDigits(s, 11)
	minute, ok2 := twoDigits(s, 14)
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, 0, false, badInstant(string(s), "hours run from 00 to 23, minutes from 00 to 59")
	}
	i += Instant(hour)*hourMicros + Instant(minute)*minuteMicros
	p = Minute
	at := 16
	if at < n && s[at] == ':' {
		if n < 19 {
			return 0, 0, false, badInstant(string(s), "seconds have two digits")
		}
		second, ok := twoDigits(s, 17)
		if !ok || second > 59 {
			return 0, 0, false, badInstant(string(s), "seconds run from 00 to 59")
		}
		i += Instant(second) * secondMicros
		p = Second
		at = 19
		if at < n && (s[at] == '.' || s[at] == ',') {
			at++
			first := at
			for unit := Instant(secondMicros / 10); at < n && s[at]-'0' <= 9; at++ {
				i += Instant(s[at]-'0') * unit
				unit /= 10
			}
			if at == first {
				return 0, 0, false, badInstant(string(s), "digits follow the decimal point")
			}
		}
	}
	switch {
	case at == n:
		return i, p, false, nil
	case n == at+1 && s[at] == 'Z':
		return i, p, true, nil
	case n == at+6 && (s[at] == '+' || s[at] == '-') && s[at+3] == ':':
		hour, ok1 := twoDigits(s, at+1)
		minute, ok2 := twoDigits(s, at+4)
		if !ok1 || !ok2 || hour > 23 || minute > 59 {
			return 0, 0, false, badInstant(string(s), "an offset is at most 23:59")
		}
		off := Instant(hour)*hourMicros + Instant(minute)*minuteMicros
		if s[at] == '+' {
			return i - off, p, true, nil
		}
		return i + off, p, true, nil
	}
	return 0, 0, false, badInstant(string(s), "at the end stands Z, an offset as +01:00, or nothing")
}

func badInstant(s, hint string) error {
	return fmt.Errorf("instant %q cannot be read: %s", clip(s), hint)
}
