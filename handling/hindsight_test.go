package handling_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"plumbline/casefile"
)

// corrected sends the last act of a kind again, as it should have been.
func (c *case1) corrected(s step) {
	c.t.Helper()
	q := c.request(s)
	for _, e := range c.rows().Acts {
		if old, err := casefile.DecodeRecord(e.Bytes); err != nil {
			c.t.Fatal(err)
		} else if old.Kind == s.do {
			q.Corrects = old.ID
		}
	}
	a, err := c.Submit(c.t.(*testing.T).Context(), as(s.by), q)
	if err != nil || len(a.Refused) > 0 {
		c.t.Fatal(s.do, a, err)
	}
}

// stand lists the findings that stand and are no mere warnings, by their clauses.
func (c *case1) stand() (out []string) {
	for _, f := range c.rows().Findings {
		if !f.Warn && f.WithdrawnBy == 0 {
			out = append(out, f.Clause)
		}
	}
	return out
}

func (h *house) tick() {
	h.t.Helper()
	if _, err := h.Tick(h.t.(*testing.T).Context()); err != nil {
		h.t.Fatal(err)
	}
}

// TestALateReleaseFromDetentionStaysFound: days too many in the detention house do not become lawful by a correction of the
// last day or of the release, before the case is closed or after.
func TestALateReleaseFromDetentionStaysFound(t *testing.T) {
	deliver := step{"deliver_detention", "2026-03-09T11:00", "wang", "p2", data{"house": "某县拘留所", "until": "2026-03-13", "mother": "false"}}
	longer := step{"deliver_detention", "2026-03-09T11:00", "wang", "p2", data{"house": "某县拘留所", "until": "2026-03-17", "mother": "false"}}
	for name, mend := range map[string]step{"its last day": longer, "the release": {"release_detention", "2026-03-13T09:00", "wang", "p2", data{}}} {
		for _, until := range []string{"execute_penalty", "nothing"} {
			t.Run(fmt.Sprintf("%s corrected, walked until %s", name, until), func(t *testing.T) {
				h := newHouse(t)
				c := walked(h, until)
				if c.head().Closed != (until == "nothing") {
					t.Fatal("closed:", c.head().Closed)
				}
				c.do(deliver)
				h.set("2026-03-14T09:00")
				h.tick()
				c.do(step{"release_detention", "2026-03-17T09:00", "wang", "p2", data{}})
				if !slices.Contains(c.stand(), "deliver_detention.release") {
					t.Fatal("not late:", c.stand())
				}
				h.set("2026-03-18T09:00")
				c.corrected(mend)
				if !slices.Contains(c.stand(), "deliver_detention.release.entered_late") {
					t.Errorf("the late release looks timely: %v", c.stand())
				}
			})
		}
	}
}

// TestASuspensionEnteredLate: eight hours from 14:00 are over at 22:00. A restraint that is entered afterwards, as of the
// afternoon, does not make the release at 23:30 timely unseen, whether the clock saw the limit run out or was behind.
func TestASuspensionEnteredLate(t *testing.T) {
	for _, ticks := range []bool{true, false} {
		h := newHouse(t)
		c := walked(h, "record_inquiry")
		h.set("2026-03-02T22:20")
		if ticks {
			h.tick()
		}
		for _, s := range []step{
			{"restrain_drunk", "2026-03-02T15:00", "wang", "p2", data{"officers": "wang, sun", "reason": "醉酒闹事", "means": "belt", "place": "办案区", "watched_by": "孙警官"}},
			{"end_restraint", "2026-03-02T19:00", "wang", "p2", data{"sobered": "2026-03-02T18:50", "went": "inquiry"}},
			{"leave", "2026-03-02T23:30", "wang", "p2", nil},
		} {
			q := c.request(s)
			h.to(max(h.now()+minute, at(s.at)))
			if _, err := h.Submit(t.Context(), as("wang"), q); err != nil {
				t.Fatal(s.do, err)
			}
		}
		if !slices.ContainsFunc(c.stand(), func(s string) bool { return strings.HasPrefix(s, "summon.inquiry_hours") }) {
			t.Errorf("clock ticks %v: the late release looks timely: %v", ticks, c.stand())
		}
	}
}

// TestTheEndOfASuspensionCorrectedLate: an hour of restraint, so that the limit ran out at 23:00; then its end is made three
// hours later.
func TestTheEndOfASuspensionCorrectedLate(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "record_inquiry")
	end := func(hour, sobered string) step {
		return step{"end_restraint", "2026-03-02T" + hour, "wang", "p2", data{"sobered": "2026-03-02T" + sobered, "went": "inquiry"}}
	}
	c.do(step{"restrain_drunk", "2026-03-02T15:00", "wang", "p2", data{"officers": "wang, sun", "reason": "醉酒闹事", "means": "belt", "place": "办案区", "watched_by": "孙警官"}})
	c.do(end("16:00", "15:50"))
	h.set("2026-03-02T22:50")
	h.tick()
	if slices.Contains(c.stand(), "summon.inquiry_hours") {
		t.Fatal("the restraint does not count:", c.stand())
	}
	h.set("2026-03-02T23:20")
	h.tick()
	c.corrected(end("19:00", "18:50"))
	c.do(step{"leave", "2026-03-03T00:30", "wang", "p2", nil})
	if !slices.Contains(c.stand(), "summon.inquiry_hours.entered_late") {
		t.Errorf("the late release looks timely: %v", c.stand())
	}
}
