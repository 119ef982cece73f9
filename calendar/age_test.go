package calendar_test

import (
	"testing"

	"plumbline/calendar"
)

// A year of life is complete on the day after the birthday.
func TestAge(t *testing.T) {
	for _, x := range []struct {
		born, on string
		want     int
	}{
		{"2008-03-10", "2026-03-09", 17},
		{"2008-03-10", "2026-03-10", 17}, // the birthday itself still counts as before
		{"2008-03-10", "2026-03-11", 18},
		{"2008-12-31", "2027-01-01", 18},
		{"2012-02-29", "2026-02-28", 13},
		{"2012-02-29", "2026-03-01", 14},
		{"2012-02-29", "2028-02-29", 15},
		{"2026-03-10", "2026-03-10", 0},
		{"2026-03-10", "2026-03-11", 0},
		{"2026-03-10", "2025-03-11", 0},
	} {
		born, err1 := calendar.ParseDate(x.born)
		on, err2 := calendar.ParseDate(x.on)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := calendar.Age(born, on); got != x.want {
			t.Errorf("born %s, on %s: %d, want %d", x.born, x.on, got, x.want)
		}
	}
}
