package handling_test

import (
	"strings"
	"testing"
	"time"

	"plumbline/handling"
)

// TestInHand: what somebody is held in several cases adds up under one id number, overlaps once; another number, or a day at
// liberty, begins anew.
func TestInHand(t *testing.T) {
	h := newHouse(t)
	inHand := func(c *case1, who string) handling.InHand {
		t.Helper()
		f, err := h.File(t.Context(), as(who), c.id, "case")
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.People {
			if f.People[i].Role == "offender" {
				got, err := h.InHand(t.Context(), f, &f.People[i])
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
		}
		return handling.InHand{}
	}
	want := func(c *case1, length time.Duration, parts int, now bool, warned int) {
		t.Helper()
		if got := inHand(c, "wang"); got.Time != length || len(got.Parts) != parts || got.Now != now || len(got.Passed) != warned {
			t.Errorf("%v in %d parts, lasting %v, warned %v; want %v in %d, %v, %d", got.Time, len(got.Parts), got.Now, got.Passed, length, parts, now, warned)
		}
	}
	// walked again with the person of another id number, and at another hour
	another := func(number, from string) *case1 {
		t.Helper()
		c := &case1{house: h}
		for _, s := range walk {
			if s.do == "approve_summons" {
				break
			}
			if s.about == "+offender" {
				d := data{}
				for k, v := range s.data {
					d[k] = v
				}
				d["id_number"], s.data = number, d
			}
			s.at = from
			c.do(s)
		}
		return c
	}
	first := walked(h, "leave") // arrived 2026-03-02T14:00
	h.set("2026-03-02T16:00")
	want(first, 2*time.Hour, 1, true, 0)
	first.do(stepOf("leave")) // 16:30
	want(first, 150*time.Minute, 1, false, 0)

	number := ""
	for _, s := range walk {
		if s.about == "+offender" {
			number = s.data["id_number"]
		}
	}
	second := another(strings.ToLower(number), "2026-03-02T16:40")
	summon := stepOf("summon")
	summon.at, summon.data = "2026-03-02T17:00", data{"arrived": "2026-03-02T16:00", "oral": "true"}
	second.do(summon) // overlaps the first by half an hour
	h.set("2026-03-02T18:00")
	want(second, 4*time.Hour, 2, true, 0)
	want(first, 4*time.Hour, 2, true, 0) // shown in either case
	h.set("2026-03-03T15:00")
	want(second, 25*time.Hour, 2, true, 1)
	h.set("2026-03-04T15:00")
	want(first, 49*time.Hour, 2, true, 2)

	other := another("110101199909090011", "2026-03-04T15:10")
	summon.at, summon.data = "2026-03-04T15:20", data{"arrived": "2026-03-04T15:15", "oral": "true"}
	other.do(summon)
	h.set("2026-03-04T16:15")
	want(other, time.Hour, 1, true, 0)

	leave := stepOf("leave")
	leave.at = "2026-03-04T16:20"
	second.do(leave)
	third := another(number, "2026-03-06T09:00")
	summon.at, summon.data = "2026-03-06T09:10", data{"arrived": "2026-03-06T09:05", "oral": "true"}
	third.do(summon)
	h.set("2026-03-06T10:05")
	want(third, time.Hour, 1, true, 0) // more than a day at liberty between
	if got, err := h.Cases(t.Context(), as("zhao"), handling.Wanted{Text: "id:" + number}); err != nil || len(got) != 0 {
		t.Errorf("a search by a person finds the words of identities: %v %v", got, err)
	}
	if _, ok := h.Visible(t.Context(), as("gao"), first.id); ok {
		t.Error("another station's handler is told of the case")
	}
}
