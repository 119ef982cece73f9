package calendar

import (
	"fmt"
	"math"
	"time"
)

// Date is a civil date: days since 1970-01-01 in the proleptic Gregorian calendar.
// It has no zone: which instants belong to it is said by a [Zone]. The zero value is 1970-01-01.
// Arithmetic by days is plain addition: d + 30.
type Date int32

// Dates that a term may start from or end on. Statutes need no others, and sums of dates
// inside these bounds cannot overflow.
var (
	minDate = NewDate(1, time.January, 1)
	maxDate = NewDate(9999, time.December, 31)
)

// NewDate gives the date of year, month and day. A month or day outside its usual range is
// carried over, as [time.Date] does (October 32 is November 1). A result outside the range of
// Date, about ±5.8 million years, is cut to its first or last value.
func NewDate(year int, month time.Month, day int) Date {
	const far = 1 << 40 // years: beyond it the result is cut in any case, and int64 cannot overflow
	y := min(max(int64(year), -far), far)
	m := min(max(int64(month)-1, -far), far)
	y += floorDiv(m, 12)
	m -= floorDiv(m, 12) * 12
	n := daysBefore(y, m+1) + min(max(int64(day), -far), far) - 1
	return Date(min(max(n, math.MinInt32), math.MaxInt32))
}

// daysBefore counts the days from 1970-01-01 to the first of month m (1..12) of year y.
// Years are made to begin in March, so that the leap day is the last of the year.
func daysBefore(y, m int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + (153*(m-3)+2)/5 - 719468
}

// floorDiv divides, rounding down also below zero; b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ParseDate reads a date written as 2006-01-02, years 0001 to 9999. Nothing may stand before or
// after it, and the day must exist: 2023-02-29 is an error.
func ParseDate(s string) (Date, error) {
	if len(s) != len("2006-01-02") {
		return 0, fmt.Errorf("date %q is not written as 2006-01-02", clip(s))
	}
	d, ok := dateAt(s)
	if !ok {
		return 0, fmt.Errorf("date %q does not exist or is not written as 2006-01-02", s)
	}
	return d, nil
}

// dateAt reads the date in the first ten bytes of s, which has at least ten.
func dateAt[S ~string | ~[]byte](s S) (Date, bool) {
	y1, ok1 := twoDigits(s, 0)
	y2, ok2 := twoDigits(s, 2)
	m, ok3 := twoDigits(s, 5)
	d, ok4 := twoDigits(s, 8)
	y := y1*100 + y2
	if !ok1 || !ok2 || !ok3 || !ok4 || s[4] != '-' || s[7] != '-' || y == 0 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return Date(daysBefore(int64(y), int64(m)) + int64(d) - 1), true
}

// twoDigits reads the two digits at s[i:i+2].
func twoDigits[S ~string | ~[]byte](s S, i int) (int, bool) {
	a, b := s[i]-'0', s[i+1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// daysIn is the length of month m (1..12) of year y.
func daysIn(y, m int) int {
	if m == 2 {
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + (m+m>>3)&1
}

// Civil gives year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) {
	z := int64(d) + 719468 // days since 0000-03-01
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m := yoe+era*400, mp+3
	if m > 12 {
		m -= 12
		y++
	}
	return int(y), time.Month(m), int(doy - (153*mp+2)/5 + 1)
}

// Year is the civil year.
func (d Date) Year() int {
	y, _, _ := d.Civil()
	return y
}

// Weekday is the day of the week; 1970-01-01 was a Thursday.
func (d Date) Weekday() time.Weekday {
	w := (int64(d) + 4) % 7
	if w < 0 {
		w += 7
	}
	return time.Weekday(w)
}

// String writes the date as 2006-01-02.
func (d Date) String() string {
	y, m, day := d.Civil()
	return fmt.Sprintf("%04d-%02d-%02d", y, int(m), day)
}

// AddMonths moves n months on (or back, below zero) to the same day of the month, or to the
// month's last day where it has no such day: January 31 and one month is February 28 or 29.
//
// Clipping is final: February 28 and one month is March 28, not March 31.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Civil()
	first := NewDate(y, m+time.Month(min(max(n, -1<<32), 1<<32)), 1)
	y, m, _ = first.Civil()
	return first + Date(min(day, daysIn(y, int(m)))-1)
}

// Age is the number of years that somebody born on a day has completed by another: a year is complete on the day after the
// birthday, so that who was born on 29 February completes it on 1 March. Never negative.
func Age(born, on Date) int {
	y, m, d := born.Civil()
	year, month, day := on.Civil()
	if month > m || month == m && day > d {
		return max(0, year-y)
	}
	return max(0, year-y-1)
}

// clip shortens what a stranger wrote, for an error text.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
