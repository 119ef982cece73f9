package procedure_test

import (
	"maps"
	"strings"
	"testing"
)

// TestWhatWasTooLateStaysFound: eight hours from 09:00 end at 17:00, and the clock has seen it. Whatever is entered afterwards
// leaves one finding as long as the limit looks longer, or the release earlier, than it was known to be.
func TestWhatWasTooLateStaysFound(t *testing.T) {
	files := maps.Clone(clocks)
	for name, text := range files {
		files[name] = strings.Replace(text, ", on_expiry: {applies: leave}", "", 1)
	}
	pack, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	const arrive, left = "arrive 2026-03-02T09:00 about=p1\n", "leave 2026-03-02T18:00 about=p1\n"
	correct := func(to, recorded, of string) string {
		return "arrive 2026-03-02T" + to + " recorded=2026-03-02T" + recorded + " about=p1 corrects=" + of + "\n"
	}
	for _, c := range []struct{ name, acts, want string }{
		{"corrected while it ran", arrive + correct("10:30", "16:59", "1") + left, ""},
		{"corrected in time, and its wording again later", arrive + correct("10:30", "16:59", "1") + correct("10:30", "17:30", "2") + left, ""},
		{"corrected too late", arrive + correct("10:30", "17:01", "1") + left, "entered p1 03-02T17:01"},
		{"corrected too late, and again", arrive + correct("10:00", "17:01", "1") + correct("10:30", "17:30", "2") + left, "entered p1 03-02T17:01"},
		{"corrected too late, a little less the second time", arrive + correct("10:30", "17:01", "1") + correct("10:15", "17:30", "2") + left, "entered p1 03-02T17:01"},
		{"corrected before the new limit, after the first", arrive + correct("10:00", "17:01", "1") + correct("10:30", "17:59", "2"), "entered p1 03-02T17:01, hours p1 03-02T18:30"},
		{"corrected back: what was late is late", arrive + correct("10:30", "17:01", "1") + correct("09:00", "17:30", "2") + left, "hours p1 03-02T17:00"},
		{"corrected back and forth", arrive + correct("10:30", "17:01", "1") + correct("09:00", "17:30", "2") + correct("10:30", "17:40", "3") + left, "entered p1 03-02T17:40"},
		{"corrected to another person", arrive + "arrive 2026-03-02T09:00 recorded=2026-03-02T17:30 about=p2 corrects=1\n", "hours p2 03-02T17:00, entered p1 03-02T17:30"},
		{"corrected to an act without the limit", arrive + "open 2026-03-02T09:00 recorded=2026-03-02T17:30 corrects=1\n", "entered p1 03-02T17:30"},
		{"taken back too late", arrive + "arrive 2026-03-02T17:30 about=p1 withdraws=1\n" + left, "entered p1 03-02T17:30"},
		{"taken back too late and entered anew", arrive + "arrive 2026-03-02T17:30 about=p1 withdraws=1\n" + "arrive 2026-03-02T10:30 recorded=2026-03-02T17:40 about=p1\n" + left, "entered p1 03-02T17:30"},
		{"taken back in time", arrive + "arrive 2026-03-02T09:30 about=p1 withdraws=1\n", ""},
		{"left in time, the arrival corrected afterwards", arrive + "leave 2026-03-02T12:00 about=p1\n" + correct("10:30", "19:00", "1"), ""},
		{"left in time, taken back afterwards", arrive + "leave 2026-03-02T12:00 about=p1\n" + "arrive 2026-03-02T19:00 about=p1 withdraws=1\n", ""},
		{"left in time, first the arrival corrected and then the release", arrive + "leave 2026-03-02T12:00 about=p1\n" + correct("10:30", "19:00", "1") + "leave 2026-03-02T18:20 recorded=2026-03-02T19:10 about=p1 corrects=2\n", "entered p1 03-02T19:10"},
		{"a release in time, entered late", arrive + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1\n", ""},
		{"a late release corrected to one in time", arrive + left + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1 corrects=2\n", "entered p1 03-02T19:00"},
		{"a late release corrected twice", arrive + left + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1 corrects=2\n" + "leave 2026-03-02T16:40 recorded=2026-03-02T19:10 about=p1 corrects=3\n", "entered p1 03-02T19:00"},
		{"a late release corrected and corrected back", arrive + left + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1 corrects=2\n" + "leave 2026-03-02T18:00 recorded=2026-03-02T19:10 about=p1 corrects=3\n", "hours p1 03-02T17:00"},
		{"a second release before the late one", arrive + left + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1\n", "entered p1 03-02T19:00"},
		{"a late release taken back, another entered", arrive + left + "leave 2026-03-02T18:30 about=p1 withdraws=2\n" + "leave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1\n", "entered p1 03-02T19:00"},
		{"the arrival and the late release, both corrected", arrive + left + correct("10:30", "19:00", "1") + "leave 2026-03-02T16:50 recorded=2026-03-02T19:10 about=p1 corrects=2\n", "entered p1 03-02T19:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(script(t, p, strings.TrimSpace(c.acts), "2026-03-02T23:00", false), ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestTheEndByLawIsNoLateRelease: where the law itself ends a limit, a release in time that is entered late is one in time.
func TestTheEndByLawIsNoLateRelease(t *testing.T) {
	pack, err := load(clocks)
	if err != nil {
		t.Fatal(err)
	}
	acts := "arrive 2026-03-02T09:00 about=p1\nopen 2026-03-02T18:00\nleave 2026-03-02T16:50 recorded=2026-03-02T19:00 about=p1"
	if got := script(t, pack.Procedures[0], acts, "2026-03-02T23:00", false); len(got) > 0 {
		t.Errorf("%q", got)
	}
}
