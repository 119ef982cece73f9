package calendar

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lengths of time as the law gives them, each its own type so that ten days are never taken for
// ten working days. Term makes the value a [Clock] counts with.
type (
	Minutes     int
	Hours       int
	Days        int // calendar days
	WorkingDays int
	Months      int
)

// Term is n minutes.
func (n Minutes) Term() Term { return Term{cut(int(n)), UnitMinute} }

// Term is n hours.
func (n Hours) Term() Term { return Term{cut(int(n)), UnitHour} }

// Term is n calendar days.
func (n Days) Term() Term { return Term{cut(int(n)), UnitDay} }

// Term is n working days.
func (n WorkingDays) Term() Term { return Term{cut(int(n)), UnitWorkingDay} }

// Term is n months.
func (n Months) Term() Term { return Term{cut(int(n)), UnitMonth} }

// cut keeps a hostile figure hostile instead of letting it wrap into a harmless one:
// the clock refuses it.
func cut(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// Unit is what a term is counted in. The zero Unit is no unit: a forgotten term is an error.
type Unit uint8

// The units. Years are written as months.
const (
	UnitMinute     Unit = iota + 1 // "min"
	UnitHour                       // "h"
	UnitDay                        // "d", calendar days
	UnitWorkingDay                 // "wd"
	UnitMonth                      // "mo"
)

var unitNames = [...]string{UnitMinute: "min", UnitHour: "h", UnitDay: "d", UnitWorkingDay: "wd", UnitMonth: "mo"}

// String is the unit as terms write it: min, h, d, wd, mo.
func (u Unit) String() string {
	if u == 0 || int(u) >= len(unitNames) {
		return fmt.Sprintf("unit %d", uint8(u))
	}
	return unitNames[u]
}

// MaxTerm is the largest figure of a term in any unit. No statute comes near it; it keeps a
// hostile figure from overflowing a date.
const MaxTerm = 100_000

// Term is the length the law gives, with its unit. "0d" is the day itself, to its end.
type Term struct {
	N    int32 // 0..MaxTerm
	Unit Unit
}

// ParseTerm reads 90min, 8h, 30d, 5wd (working days) or 2mo: digits without sign, blank or
// leading zero, at most [MaxTerm], then the unit. [Term.String] is its inverse.
func ParseTerm(s string) (Term, error) {
	end := 0
	for end < len(s) && s[end]-'0' <= 9 {
		end++
	}
	digits, name := s[:end], s[end:]
	const forms = "write 90min, 8h, 30d, 5wd or 2mo"
	switch {
	case s == "":
		return Term{}, fmt.Errorf("term is empty: %s", forms)
	case digits == "":
		return Term{}, fmt.Errorf("term %q does not begin with a whole number: %s", clip(s), forms)
	case len(digits) > 1 && digits[0] == '0':
		return Term{}, fmt.Errorf("term %q has a leading zero: %s", clip(s), forms)
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > MaxTerm {
		return Term{}, fmt.Errorf("term %q is too long: at most %d of any unit", clip(s), MaxTerm)
	}
	for u := UnitMinute; u <= UnitMonth; u++ {
		if unitNames[u] == name {
			return Term{int32(n), u}, nil
		}
	}
	hint := forms
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "m":
		hint = fmt.Sprintf("m may be minutes or months: write %dmin or %dmo", n, n)
	case "min", "mins", "minute", "minutes":
		hint = fmt.Sprintf("write %dmin", n)
	case "h", "hour", "hours", "hr", "hrs":
		hint = fmt.Sprintf("write %dh", n)
	case "d", "day", "days":
		hint = fmt.Sprintf("write %dd for calendar days, %dwd for working days", n, n)
	case "wd", "bd", "workday", "workdays", "working days":
		hint = fmt.Sprintf("write %dwd", n)
	case "mo", "month", "months":
		hint = fmt.Sprintf("write %dmo", n)
	case "w", "week", "weeks":
		hint = fmt.Sprintf("write %dd", 7*n)
	case "y", "year", "years":
		hint = fmt.Sprintf("write %dmo", 12*n)
	case "":
		hint = "it has no unit: " + forms
	}
	return Term{}, fmt.Errorf("term %q: %s", clip(s), hint)
}

// String writes the term as [ParseTerm] reads it.
func (t Term) String() string { return strconv.Itoa(int(t.N)) + t.Unit.String() }

// IsCivil reports whether the term is counted by civil dates (days, working days, months) and so
// ends with the end of a day. Minutes and hours run from instant to instant.
func (t Term) IsCivil() bool { return t.Unit >= UnitDay && t.Unit <= UnitMonth }

// check says what is wrong with a term that was not made by ParseTerm.
func (t Term) check() error {
	switch {
	case t.Unit < UnitMinute || t.Unit > UnitMonth:
		return fmt.Errorf("term has no unit: a clock needs a term such as 30d")
	case t.N < 0 || t.N > MaxTerm:
		return fmt.Errorf("term %v is out of range: 0 to %d", t, MaxTerm)
	}
	return nil
}
