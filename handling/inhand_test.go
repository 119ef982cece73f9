package handling_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/casefile"
	"plumbline/handling"
)

// TestInHand: what somebody is held in several cases adds up under one id number, overlaps once; another number, or a day at
// liberty, begins anew.
func TestInHand(t *testing.T) {
	h := newHouse(t)
	want := func(c *case1, length time.Duration, parts int, now bool, warned int) {
		t.Helper()
		if got := c.inHand("wang"); got.Time != length || len(got.Parts) != parts || got.Now != now || len(got.Passed) != warned {
			t.Errorf("%v in %d parts, lasting %v, warned %v; want %v in %d, %v, %d", got.Time, len(got.Parts), got.Now, got.Passed, length, parts, now, warned)
		}
	}
	first := walked(h, "leave") // arrived 2026-03-02T14:00
	h.set("2026-03-02T16:00")
	want(first, 2*time.Hour, 1, true, 0)
	first.do(stepOf("leave")) // 16:30
	want(first, 150*time.Minute, 1, false, 0)

	number := numberOf("+offender")
	second := brought(h, strings.ToLower(number), "2026-03-02T16:40")
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

	other := brought(h, "110101199909090011", "2026-03-04T15:10")
	summon.at, summon.data = "2026-03-04T15:20", data{"arrived": "2026-03-04T15:15", "oral": "true"}
	other.do(summon)
	h.set("2026-03-04T16:15")
	want(other, time.Hour, 1, true, 0)

	leave := stepOf("leave")
	leave.at = "2026-03-04T16:20"
	second.do(leave)
	third := brought(h, number, "2026-03-06T09:00")
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

// inHand is what the page of the case says of its offender.
func (c *case1) inHand(who string) handling.InHand {
	c.t.Helper()
	f, err := c.File(context.Background(), as(who), c.id, "case")
	if err != nil {
		c.t.Fatal(err)
	}
	i := slices.IndexFunc(f.People, func(p handling.Party) bool { return p.Role == "offender" })
	got, err := c.InHand(context.Background(), as(who), f, &f.People[i])
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// numberOf is the id number of who is brought into the walk in a role.
func numberOf(role string) string {
	return walk[slices.IndexFunc(walk, func(s step) bool { return s.about == role })].data["id_number"]
}

// brought is a case that went as far as the summons of a person with an id number, every act at one hour.
func brought(h *house, number, from string) *case1 {
	h.t.Helper()
	c := &case1{house: h}
	for _, s := range walk {
		if s.do == "approve_summons" {
			break
		}
		if s.about == "+offender" {
			s.data = maps.Clone(s.data)
			s.data["id_number"] = number
		}
		s.at = from
		c.do(s)
	}
	return c
}

// arrived is such a case in which the person came at that hour. It gives the summons too.
func arrived(h *house, number, from string) (*case1, casefile.ActID) {
	h.t.Helper()
	c := brought(h, number, from)
	c.do(step{"summon", from, "wang", "p2", data{"arrived": from, "oral": "true"}})
	acts := c.rows().Acts
	return c, acts[len(acts)-1].Act
}

// TestInHandOfWhatWasTakenBack: a summons that was withdrawn, or corrected, is no time in hand, in its own case and in others.
func TestInHandOfWhatWasTakenBack(t *testing.T) {
	h := newHouse(t)
	const number = "110101199101020033"
	first, summons := arrived(h, number, "2026-03-02T09:00")
	h.set("2026-03-02T14:00")
	q := first.request(step{"summon", "2026-03-02T13:00", "wang", "p2", data{"arrived": "2026-03-02T13:00", "oral": "true"}})
	q.Corrects = summons
	corrected, err := h.Submit(t.Context(), as("wang"), q)
	if err != nil || len(corrected.Refused) > 0 {
		t.Fatal(corrected, err)
	}
	h.set("2026-03-02T15:00")
	if got := first.inHand("wang"); got.Time != 2*time.Hour || len(got.Parts) != 1 {
		t.Errorf("corrected: %v in %d parts, want 2h in 1", got.Time, len(got.Parts))
	}
	acts := first.rows().Acts
	q = first.request(step{"summon", "2026-03-02T15:00", "wang", "p2", nil})
	q.Withdraws, q.Data, q.Subjects = acts[len(acts)-1].Act, nil, nil
	if a, err := h.Submit(t.Context(), as("wang"), q); err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	if got := first.inHand("wang"); len(got.Parts) != 0 {
		t.Errorf("withdrawn: %v in %d parts", got.Time, len(got.Parts))
	}
	second, _ := arrived(h, number, "2026-03-02T15:10")
	h.set("2026-03-02T16:10")
	if got := second.inHand("wang"); got.Time != time.Hour || len(got.Parts) != 1 {
		t.Errorf("in another case: %v in %d parts, want 1h in 1", got.Time, len(got.Parts))
	}
}

// TestInHandKnowsANumber: a number is the same however it is written, and what stands where there is none makes no one person
// of strangers.
func TestInHandKnowsANumber(t *testing.T) {
	for _, x := range []struct {
		first, second string
		same          bool
	}{
		{"110101199101020033", "110101 19910102 0033", true},
		{"110101-19910102-0033", "１１０１０１１９９１０１０２００３３", true},
		{"11010119910102003x", "11010119910102003Ｘ", true},
		{"G 12345678", "G 12345678", true},
		{"g12345678", "G-1234\u3000５６７８", true},
		{"G12345678", "G12345679", false},
		{"无", "无", false},
		{"不详", "不详", false},
		{"-", "-", false},
		{"0", "0", false},
		{"000000000000000000", "000000000000000000", false},
		{"12345", "12345", false},
		{"身份不明人员", "身份不明人员", false},
	} {
		h := newHouse(t)
		arrived(h, x.first, "2026-03-02T09:00")
		second, _ := arrived(h, x.second, "2026-03-02T10:00")
		h.set("2026-03-02T11:00")
		if got := second.inHand("wang"); (len(got.Parts) == 2 && got.Time == 2*time.Hour) != x.same {
			t.Errorf("%s and %s: %v in %d parts", x.first, x.second, got.Time, len(got.Parts))
		}
	}
}

// TestInHandIsNotDrowned: any number of later cases of the same person in which nobody was held do not hide the one in which
// the person was; where there are too many in which they were, the figure is said to be incomplete.
func TestInHandIsNotDrowned(t *testing.T) {
	h := newHouse(t)
	const number = "110101199101020033"
	arrived(h, number, "2026-03-02T09:00")
	for range 45 {
		brought(h, number, "2026-03-02T09:30")
	}
	last, _ := arrived(h, number, "2026-03-02T10:00")
	h.set("2026-03-02T11:00")
	if got := last.inHand("wang"); got.Time != 2*time.Hour || len(got.Parts) != 2 || got.Incomplete {
		t.Errorf("%v in %d parts, incomplete %v; want 2h in 2", got.Time, len(got.Parts), got.Incomplete)
	}
	for range 40 {
		arrived(h, number, "2026-03-02T11:00")
	}
	if got := last.inHand("wang"); !got.Incomplete {
		t.Errorf("%d parts are all there are", len(got.Parts))
	}
}

// TestInHandIsAViewOfTheOtherCase: who is told that somebody was held in another case has seen that case, once for each view of
// this one, and where that cannot be written down nothing is told.
func TestInHandIsAViewOfTheOtherCase(t *testing.T) {
	h := newHouse(t)
	const number = "110101199101020033"
	first, _ := arrived(h, number, "2026-03-02T09:00")
	stranger, _ := arrived(h, "110101199909090011", "2026-03-02T09:10")
	idle := brought(h, number, "2026-03-02T09:20") // in which nobody was held
	second, _ := arrived(h, number, "2026-03-02T10:00")
	h.set("2026-03-02T11:00")
	f, err := h.File(t.Context(), as("qian"), second.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	looks := func(id casefile.CaseID) (n int) {
		t.Helper()
		all, err := h.store.Looks(t.Context(), id, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			if l.Person == "qian" && l.What == "inhand" {
				n++
			}
		}
		return n
	}
	tell := func(h *handling.House, f *handling.File) error {
		i := slices.IndexFunc(f.People, func(p handling.Party) bool { return p.Role == "offender" })
		_, err := h.InHand(t.Context(), as("qian"), f, &f.People[i])
		return err
	}
	for range 2 { // of two people of one case
		if err := tell(h.House, f); err != nil {
			t.Fatal(err)
		}
	}
	if n := looks(first.id); n != 1 {
		t.Errorf("%d views of the case in which the person was held, want 1", n)
	}
	if n := looks(stranger.id) + looks(idle.id) + looks(second.id); n != 0 {
		t.Errorf("%d views of cases of which nothing was told", n)
	}
	again, err := h.File(t.Context(), as("qian"), second.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	if err := tell(h.over(h.store, func(s handling.Store) handling.Store { return &blind{Store: s} }, nil), again); err == nil {
		t.Error("told, and nobody can know")
	}
	if err := tell(h.House, again); err != nil || looks(first.id) != 2 {
		t.Errorf("%d views after a second one: %v", looks(first.id), err)
	}
}
