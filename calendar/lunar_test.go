package calendar

import (
	"fmt"
	"testing"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
	lunar "github.com/6tail/lunar-go/calendar"
)

// The calendar of the pack against a second source, github.com/6tail/lunar-go v1.4.6, day by day.
//
// lunar-go keeps its days in one global string and has no word for "not known": a day it does not
// list is worked or not by its weekday. So a year it says nothing about (2027) would agree with
// anything, and the test first asks that it knows each year.
//
// Found: no disagreement on any of the 2,922 days of 2019 to 2026, including the two years whose
// notice was changed later (Labour Day 2019, Spring Festival 2020). Should one appear, the notice
// of the General Office of the State Council is right.
func TestWorkingDaysAgainstLunar(t *testing.T) {
	c := china(t)
	for y := 2019; y <= 2026; y++ {
		if n := HolidayUtil.GetHolidaysByYear(y).Len(); n < 25 {
			t.Fatalf("lunar-go lists %d days of %d: it cannot confirm that year", n, y)
		}
	}
	if n := HolidayUtil.GetHolidaysByYear(2027).Len(); n != 0 {
		t.Errorf("lunar-go now lists %d days of 2027: is there a notice, and does the pack have it?", n)
	}
	for d := NewDate(2019, 1, 1); d <= NewDate(2026, 12, 31); d++ {
		y, m, day := d.Civil()
		theirs := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
		if h := HolidayUtil.GetHolidayByYmd(y, int(m), day); h != nil {
			theirs = h.IsWork()
		}
		ours, err := c.Working(d)
		if err != nil {
			t.Fatal(err)
		}
		if ours != theirs {
			t.Errorf("%v %v: ours %v, lunar-go %v", d, d.Weekday(), ours, theirs)
		}
	}
}

// The nth working day, which lunar-go counts too.
func TestAddWorkingAgainstLunar(t *testing.T) {
	c := china(t)
	for d := NewDate(2019, 1, 1); d <= NewDate(2026, 11, 30); d += 3 {
		y, m, day := d.Civil()
		for _, n := range []int{1, 5, 10} {
			s := lunar.NewSolarFromYmd(y, int(m), day).Next(n, true)
			theirs := fmt.Sprintf("%04d-%02d-%02d", s.GetYear(), s.GetMonth(), s.GetDay())
			ours, err := c.AddWorking(d, n)
			if err != nil {
				t.Fatal(err)
			}
			if ours.String() != theirs {
				t.Errorf("%v and %d working days: ours %v, lunar-go %s", d, n, ours, theirs)
			}
		}
	}
}
