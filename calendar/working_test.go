package calendar

import (
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	week := []time.Weekday{time.Saturday, time.Sunday}
	d := NewDate
	for name, c := range map[string]struct {
		weekend []time.Weekday
		years   map[int]Year
		want    string
	}{
		"a date under another year":     {week, map[int]Year{2023: {Off: []Date{d(2022, 12, 31)}}}, "stands under 2023"},
		"a date listed twice":           {week, map[int]Year{2026: {Off: []Date{d(2026, 1, 1), d(2026, 1, 1)}}}, "twice"},
		"a date both off and worked":    {week, map[int]Year{2026: {Off: []Date{d(2026, 1, 4)}, Work: []Date{d(2026, 1, 4)}}}, "twice"},
		"a make-up day in the week":     {week, map[int]Year{2026: {Work: []Date{d(2026, 1, 5)}}}, "Monday"},
		"dates for any year":            {week, map[int]Year{AnyYear: {Off: []Date{d(2026, 1, 1)}}}, "weekends only"},
		"a week of weekends":            {[]time.Weekday{0, 1, 2, 3, 4, 5, 6}, nil, "no working day"},
		"a weekday that does not exist": {[]time.Weekday{7}, nil, "does not exist"},
		"a year beyond any":             {week, map[int]Year{10000: {}}, "1 to 9999"},
		"a year before any":             {week, map[int]Year{-1: {}}, "1 to 9999"},
	} {
		if _, err := New("test", c.weekend, c.years); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestYearBetweenLoadedYearsIsUnknown(t *testing.T) {
	c, err := New("gap", []time.Weekday{time.Sunday}, map[int]Year{2024: {}, 2026: {Source: "notice"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Working(NewDate(2025, 7, 1)); err == nil || !strings.Contains(err.Error(), "2025") {
		t.Errorf("a year between two known ones: %v", err)
	}
	if ok, err := c.Working(NewDate(2026, 1, 3)); err != nil || !ok {
		t.Errorf("a Saturday where only Sundays are off: %v, %v", ok, err)
	}
	if c.Source(2026) != "notice" || c.Name() != "gap" {
		t.Errorf("source %q, name %q", c.Source(2026), c.Name())
	}
}

// A plain calendar is asked for by name, and a listed year still overrides it.
func TestPlainCalendarWithOneYearListed(t *testing.T) {
	c, err := New("mixed", []time.Weekday{time.Saturday, time.Sunday}, map[int]Year{AnyYear: {}, 2026: {Off: []Date{NewDate(2026, 1, 1)}}})
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[Date]bool{NewDate(2025, 1, 1): true, NewDate(2026, 1, 1): false, NewDate(2027, 1, 1): true, NewDate(2027, 1, 2): false} {
		if ok, err := c.Working(d); err != nil || ok != want {
			t.Errorf("%v worked: %v, %v", d, ok, err)
		}
	}
	if _, err := c.AddWorking(NewDate(9999, 12, 31), 1); err == nil {
		t.Error("a working day after the year 9999")
	}
	if _, err := c.AddWorking(0, MaxTerm+1); err == nil {
		t.Error("more working days than a term can have")
	}
}

func TestWorkingDaysBackwards(t *testing.T) {
	c := china(t)
	monday := NewDate(2026, 3, 9)
	if d, err := c.AddWorking(monday, -1); err != nil || d != NewDate(2026, 3, 6) {
		t.Errorf("the working day before Monday is %v, %v", d, err)
	}
	if d, err := c.AddWorking(NewDate(2026, 2, 24), -1); err != nil || d != NewDate(2026, 2, 14) {
		t.Errorf("the working day before the end of Spring Festival is %v, %v", d, err)
	}
	if n, err := c.WorkingBetween(monday, NewDate(2026, 3, 2)); err != nil || n != -5 {
		t.Errorf("back one week: %d, %v", n, err)
	}
}
