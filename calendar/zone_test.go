package calendar

import (
	"math"
	"testing"
)

func TestLoadZone(t *testing.T) {
	for _, name := range []string{"", "Local", "Mars/Olympus", "../etc/passwd", "Asia"} {
		if z, err := LoadZone(name); err == nil {
			t.Errorf("zone %q loaded as %s", name, z.Name())
		}
	}
	if zone(t, "Asia/Shanghai") != zone(t, "Asia/Shanghai") {
		t.Error("a zone is made twice")
	}
}

// Samoa went from Thursday 29 to Saturday 31 December 2011.
func TestZoneDayLeftOut(t *testing.T) {
	z := zone(t, "Pacific/Apia")
	friday := NewDate(2011, 12, 30)
	if z.Start(friday) != z.Start(friday+1) || z.End(friday) != z.End(friday-1) {
		t.Errorf("the day left out starts %v and ends %v", z.Start(friday), z.End(friday))
	}
	if before, after := z.Date(z.Start(friday)-1), z.Date(z.Start(friday)); before != friday-1 || after != friday+1 {
		t.Errorf("%v is followed by %v", before, after)
	}
}

// São Paulo put its clocks forward at midnight: 4 November 2018 began at 01:00.
func TestZoneMidnightThatNeverWas(t *testing.T) {
	z := zone(t, "America/Sao_Paulo")
	if got := z.Start(NewDate(2018, 11, 4)).Time().In(z.Location()).Format("2006-01-02T15:04Z07:00"); got != "2018-11-04T01:00-02:00" {
		t.Errorf("the day starts at %s", got)
	}
	i, _, _, _ := ParseInstant("2018-11-04T00:30")
	if got := z.Local(i).Time().In(z.Location()).Format("2006-01-02T15:04Z07:00"); got != "2018-11-04T01:30-02:00" {
		t.Errorf("00:30 was read as %s", got)
	}
}

// St. John's put its clocks back at 00:01, to 23:01 of the day before. The day that had begun
// does not end again here.
func TestZoneDayThatComesTwice(t *testing.T) {
	z := zone(t, "America/St_Johns")
	d := NewDate(2005, 10, 30)
	start := z.Start(d)
	if got := start.Time().In(z.Location()).Format("15:04"); got != "00:00" {
		t.Errorf("the day starts at %s", got)
	}
	for m := Instant(0); m < 90; m++ {
		if got := z.Date(start + m*minuteMicros); got != d {
			t.Fatalf("%d minutes into %v it is %v", m, d, got)
		}
	}
	if z.End(d-1) != start-1 {
		t.Errorf("the day before ends at %v", z.End(d-1))
	}
}

func TestZoneFarAway(t *testing.T) {
	z := zone(t, "Europe/Rome")
	if z.Start(math.MaxInt32) != Never || z.Start(math.MinInt32) >= 0 || z.Local(Never) != Never {
		t.Error("dates beyond the range of Instant are not cut to it")
	}
	// The table and the way around it agree at the seams.
	for _, d := range []Date{-1, 0, 1, tableEnd - 3, tableEnd - 2, tableEnd - 1, tableEnd, tableEnd + 1} {
		for _, i := range []Instant{z.Start(d), z.End(d)} {
			if z.Date(i) != d || z.slowDate(i) != d {
				t.Errorf("%v: bound %v is on %v", d, i, z.Date(i))
			}
		}
	}
}
