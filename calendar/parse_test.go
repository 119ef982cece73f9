package calendar

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	for _, c := range []struct {
		in, want string // want in UTC, or the wall clock without Z
		p        Precision
	}{
		{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z", Second},
		{"2006-01-02 15:04:05+01:00", "2006-01-02T14:04:05Z", Second},
		{"2006-01-02T15:04:05.000+02:00", "2006-01-02T13:04:05Z", Second},
		{"2006-01-02T15:04:05.1234567-23:59", "2006-01-03T15:03:05.123456Z", Second},
		{"2006-01-02T15:04:05,5", "2006-01-02T15:04:05.5", Second},
		{"1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z", Second},
		{"2006-01-02T15:04", "2006-01-02T15:04:00", Minute},
		{"2006-01-02T15:04+08:00", "2006-01-02T07:04:00Z", Minute},
		{"2024-02-29", "2024-02-29T00:00:00", Day},
		{"0001-01-01T00:00:00+23:59", "0000-12-31T00:01:00Z", Second},
		{"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999", Second},
	} {
		i, p, offset, err := ParseInstant(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		got := i.Time().Format("2006-01-02T15:04:05.999999")
		if offset {
			got += "Z"
		}
		if got != c.want || p != c.p {
			t.Errorf("%s: read as %s to the %v, want %s to the %v", c.in, got, p, c.want, c.p)
		}
	}
	for _, in := range []string{
		"", "2006", "2006-1-2", "0000-01-01", "2006-00-01", "2006-13-01", "2023-02-29", "2006-04-31", "2006-01-00", "2006/01/02",
		"2006-01-02T", "2006-01-02T15", "2006-01-02T15:0", "2006-01-02t15:04", "2006-01-02T24:00:00Z", "2006-01-02T15:60", "2006-01-02T15:04:60Z",
		"2006-01-02T15:04:", "2006-01-02T15:04:0", "2006-01-02T15:04:05.", "2006-01-02T15:04:05.Z", "2006-01-02T15:04:05z", "2006-01-02T15:04:05+0100",
		"2006-01-02T15:04:05+24:00", "2006-01-02T15:04:05+01:60", "2006-01-02T15:04:05+01:00 ", " 2006-01-02", "2006-01-02Z", "2006-01-02T15:04:05 +01:00",
		"2006-01-02T15:04:05Z\x00", "２００６-01-02", "2006-01-02T-1:04:05Z", "2006-01-02T15:04:05+-1:00",
	} {
		if i, _, _, err := ParseInstant(in); err == nil {
			t.Errorf("%q read as %v", in, i)
		} else if len(err.Error()) > 200 || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestParseTerm(t *testing.T) {
	for in, want := range map[string]Term{
		"90min": Minutes(90).Term(), "8h": Hours(8).Term(), "30d": Days(30).Term(), "5wd": WorkingDays(5).Term(),
		"2mo": Months(2).Term(), "0d": {0, UnitDay}, "100000d": {MaxTerm, UnitDay},
	} {
		got, err := ParseTerm(in)
		if err != nil || got != want || got.String() != in {
			t.Errorf("%s: read as %v, %v", in, got, err)
		}
		if got.IsCivil() != (got.Unit >= UnitDay) {
			t.Errorf("%s: civil is %v", in, got.IsCivil())
		}
	}
	for in, hint := range map[string]string{
		"": "empty", "30": "no unit", "30m": "30min or 30mo", "30D": "30d for calendar days, 30wd for working days", "5 working days": "5wd",
		"2w": "14d", "2y": "24mo", "-3d": "whole number", "+3d": "whole number", "1.5h": "30d, 5wd", "d": "whole number", "05d": "leading zero",
		"100001d": "at most 100000", "99999999999999999999d": "at most 100000", "5wd ": "write 5wd", "3 hours": "3h", "三日": "whole number",
		"7bananas": "90min, 8h",
	} {
		got, err := ParseTerm(in)
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: read as %v, error %v, want a hint with %q", in, got, err, hint)
		}
	}
	// A figure too large for the type stays too large.
	if err := Days(math.MaxInt).Term().check(); err == nil {
		t.Error("a term of MaxInt days is accepted")
	}
	if err := (Term{}).check(); err == nil {
		t.Error("a forgotten term is accepted")
	}
}

func TestParseDate(t *testing.T) {
	for _, in := range []string{"", "2006-01-2", "2006-01-02T", "2023-02-29", "1900-02-29", "0000-01-01", "2006-01-32", "2006 01 02", strings.Repeat("9", 1000)} {
		if d, err := ParseDate(in); err == nil || len(err.Error()) > 200 {
			t.Errorf("%q read as %v, %.300v", in, d, err)
		}
	}
	if d, err := ParseDate("2000-02-29"); err != nil || d != 11016 {
		t.Errorf("2000-02-29 read as %d, %v", d, err)
	}
}

func TestInstantAdd(t *testing.T) {
	for _, c := range []struct {
		from Instant
		d    time.Duration
		want Instant
	}{
		{0, time.Second, 1_000_000},
		{Never, -time.Hour, Never},
		{Never - 1, time.Hour, Never},
		{math.MinInt64, -time.Hour, math.MinInt64},
		{5, -5 * time.Microsecond, 0},
	} {
		if got := c.from.Add(c.d); got != c.want {
			t.Errorf("%d and %v is %d, want %d", c.from, c.d, got, c.want)
		}
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05.123456789+01:00", "2006-01-02 15:04:05Z", "2024-02-29T23:59:59-23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, p, offset, err := ParseInstant(s)
		b, bp, boffset, berr := ParseInstant([]byte(s))
		if i != b || p != bp || offset != boffset || (err == nil) != (berr == nil) {
			t.Fatalf("%q as string and as bytes differ", s)
		}
		if err != nil {
			if std, stdErr := time.Parse(time.RFC3339, s); stdErr == nil && std.Year() > 0 && !lenient(s) {
				t.Fatalf("%q: %v, but time.Parse reads %v", s, err, std)
			}
			return
		}
		layout := "2006-01-02"
		if p != Day {
			layout += s[10:11] + "15:04"
		}
		if p == Second {
			layout += ":05"
		}
		if offset {
			layout += "Z07:00"
		}
		std, stdErr := time.Parse(layout, s)
		if stdErr != nil || InstantOf(std) != i {
			t.Fatalf("%q: %v, time.Parse says %v, %v", s, i, std, stdErr)
		}
	})
}

// lenient reports what time.Parse lets pass though RFC 3339 does not: one digit for the hour, an
// offset of 24 hours or 60 minutes.
func lenient(s string) bool {
	return s[12] == ':' || strings.Contains(s[10:], "24:") || strings.HasSuffix(s, ":60")
}

func FuzzParseTerm(f *testing.F) {
	for _, s := range []string{"90min", "8h", "30d", "5wd", "2mo", "0d", "30m", "1e5d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		term, err := ParseTerm(s)
		if err != nil {
			return
		}
		if term.String() != s || term.check() != nil {
			t.Fatalf("%q read as %v (%v)", s, term, term.check())
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2006-01-02", "2024-02-29", "2023-02-29", "0001-01-01", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		std, stdErr := time.Parse(time.DateOnly, s)
		if (err == nil) != (stdErr == nil && std.Year() > 0) {
			t.Fatalf("%q: %v, time.Parse says %v", s, err, stdErr)
		}
		if err == nil && (int64(d)*86400 != std.Unix() || d.String() != s) {
			t.Fatalf("%q read as %v", s, d)
		}
	})
}
