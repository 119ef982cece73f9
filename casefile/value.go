package casefile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plumbline/calendar"
)

// Kind says what a Value is.
type Kind uint8

// The kinds a datum may have. None is the unknown value: not false, not zero.
const (
	None    Kind = iota
	Bool         // true or false
	Int          // whole number
	Number       // measured figure, double precision; never money
	Money        // decimal amount in the case's currency, see Amount
	Text         // text, code or id
	Instant      // moment, calendar.Instant
	Date         // civil date, calendar.Date
)

var kindNames = [...]string{"unknown", "bool", "int", "number", "money", "text", "instant", "date"}

func (k Kind) String() string { return kindNames[k] }

// ParseKind reads the name of a kind as packs write it.
func ParseKind(s string) (Kind, bool) {
	for i := 1; i < len(kindNames); i++ {
		if kindNames[i] == s {
			return Kind(i), true
		}
	}
	return None, false
}

// KindNames lists the names a pack may use for a datum's type.
func KindNames() []string { return kindNames[1:] }

// Value is one datum of an act. The zero Value is unknown.
type Value struct {
	s    string
	n    int64
	kind Kind
}

// BoolOf, IntOf, NumberOf, MoneyOf, TextOf, InstantOf and DateOf make values.
func BoolOf(b bool) Value {
	if b {
		return Value{kind: Bool, n: 1}
	}
	return Value{kind: Bool}
}
func IntOf(n int64) Value                      { return Value{kind: Int, n: n} }
func NumberOf(f float64) Value                 { return Value{kind: Number, n: int64(math.Float64bits(f))} }
func MoneyOf(a Amount) Value                   { return Value{kind: Money, n: int64(a)} }
func TextOf(s string) Value                    { return Value{kind: Text, s: s} }
func InstantOf(i calendar.Instant) Value       { return Value{kind: Instant, n: int64(i)} }
func DateOf(d calendar.Date) Value             { return Value{kind: Date, n: int64(d)} }
func (v Value) Kind() Kind                     { return v.kind }
func (v Value) Known() bool                    { return v.kind != None }
func (v Value) Bool() bool                     { return v.n != 0 }
func (v Value) Int() int64                     { return v.n }
func (v Value) Number() float64                { return math.Float64frombits(uint64(v.n)) }
func (v Value) Money() Amount                  { return Amount(v.n) }
func (v Value) Text() string                   { return v.s }
func (v Value) Instant() calendar.Instant      { return calendar.Instant(v.n) }
func (v Value) Date() calendar.Date            { return calendar.Date(v.n) }
func (v Value) Raw() (Kind, int64, string)     { return v.kind, v.n, v.s }
func RawValue(k Kind, n int64, s string) Value { return Value{kind: k, n: n, s: s} }

// Clone returns v with its text copied, for a value read from a buffer that will be reused.
func (v Value) Clone() Value { v.s = strings.Clone(v.s); return v }

// String prints the value for people; instants in UTC.
func (v Value) String() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.Bool())
	case Int:
		return strconv.FormatInt(v.n, 10)
	case Number:
		return strconv.FormatFloat(v.Number(), 'g', -1, 64)
	case Money:
		return v.Money().String()
	case Text:
		return v.s
	case Instant:
		return v.Instant().Time().Format("2006-01-02T15:04:05Z07:00")
	case Date:
		return v.Date().String()
	}
	return "unknown"
}

// Add returns the sum of two values of the same numeric kind. The sum with an unknown is unknown.
func (v Value) Add(w Value) Value {
	if v.kind != w.kind {
		return Value{}
	}
	switch v.kind {
	case Int:
		if sum := v.n + w.n; (sum > v.n) == (w.n > 0) {
			return IntOf(sum)
		}
	case Money:
		if sum := v.n + w.n; (sum > v.n) == (w.n > 0) {
			return MoneyOf(Amount(sum))
		}
	case Number:
		return NumberOf(v.Number() + w.Number())
	}
	return Value{}
}

// Zero is the neutral value of a kind that can be summed.
func Zero(k Kind) Value { return Value{kind: k} }

// ParseValue reads text as the wanted kind; instants in RFC 3339, read in zone z where they carry no offset.
// An error says what was found and what form is expected.
func ParseValue(k Kind, s string, z *calendar.Zone) (Value, error) {
	switch k {
	case Bool:
		switch s {
		case "true", "1", "yes":
			return BoolOf(true), nil
		case "false", "0", "no":
			return BoolOf(false), nil
		}
		return Value{}, fmt.Errorf("%q is not true or false", s)
	case Int:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return IntOf(n), nil
		}
		// Exported logs write whole numbers as 3.0.
		if whole, ok := strings.CutSuffix(s, ".0"); ok {
			if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
				return IntOf(n), nil
			}
		}
		return Value{}, fmt.Errorf("%q is not a whole number", s)
	case Number:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, fmt.Errorf("%q is not a number", s)
		}
		return NumberOf(f), nil
	case Money:
		a, err := ParseAmount(s)
		return MoneyOf(a), err
	case Text:
		return TextOf(s), nil
	case Instant:
		i, err := ParseInstant(s, z)
		return InstantOf(i), err
	case Date:
		d, err := calendar.ParseDate(s)
		if err != nil {
			return Value{}, fmt.Errorf("%q is not a date such as 2026-03-01", s)
		}
		return DateOf(d), nil
	}
	return Value{}, fmt.Errorf("a value of kind %s cannot be read", k)
}

// Amount is money: a decimal figure in millionths of the unit (yuan, euro), so that cents and half cents are exact.
// Range about ±9.2e12 units.
type Amount int64

const amountScale = 1_000_000

// ParseAmount reads a decimal figure ("1000", "35.5", "-2.05"). Digits beyond the sixth decimal are rounded half to even,
// because exported logs carry binary fractions such as 23227.78760183759.
func ParseAmount(s string) (Amount, error) {
	bad := func() (Amount, error) { return 0, fmt.Errorf("%q is not an amount such as 1000 or 35.50", s) }
	t, neg := s, false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg, t = t[0] == '-', t[1:]
	}
	var n int64
	digits, decimals, seenPoint := 0, 0, false
	var round byte // first dropped digit
	rest := false  // any later dropped digit
	for i := 0; i < len(t); i++ {
		c := t[i]
		switch {
		case c == '.' && !seenPoint:
			seenPoint = true
		case c < '0' || c > '9':
			return bad()
		case seenPoint && decimals == 6:
			digits++
			if round == 0 {
				round = c
			} else if c != '0' {
				rest = true
			}
		default:
			digits++
			if n > (math.MaxInt64-9)/10 {
				return 0, fmt.Errorf("%q is larger than an amount can be", s)
			}
			n = n*10 + int64(c-'0')
			if seenPoint {
				decimals++
			}
		}
	}
	if digits == 0 {
		return bad()
	}
	for ; decimals < 6; decimals++ {
		if n > math.MaxInt64/10 {
			return 0, fmt.Errorf("%q is larger than an amount can be", s)
		}
		n *= 10
	}
	if round > '5' || round == '5' && (rest || n%2 == 1) {
		n++
	}
	if neg {
		n = -n
	}
	return Amount(n), nil
}

// String writes the amount with as many decimals as it needs, at least none: 1000, 35.5, 0.005.
func (a Amount) String() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", uint64(-a)
	}
	whole, frac := u/amountScale, u%amountScale
	if frac == 0 {
		return fmt.Sprintf("%s%d", sign, whole)
	}
	return sign + strings.TrimRight(fmt.Sprintf("%d.%06d", whole, frac), "0")
}
