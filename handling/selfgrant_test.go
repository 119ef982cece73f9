package handling_test

import (
	"slices"
	"testing"
)

// TestNobodyCorrectsThemselvesMoreTime: the arrival is corrected to an hour later. While the eight hours run, that is a mended
// entry; once they have run out it is a finding that names the correction, and it stays when the case goes on.
func TestNobodyCorrectsThemselvesMoreTime(t *testing.T) {
	for entered, want := range map[string][]string{"2026-03-02T15:00": nil, "2026-03-02T22:05": {"R18-entered-late"}} {
		t.Run(entered, func(t *testing.T) {
			h := newHouse(t)
			c := walked(h, "notify_family") // up to and with the summons
			summon := c.rows().Acts[len(c.rows().Acts)-1]
			h.set(entered)
			if _, err := h.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			q := c.request(step{"summon", "2026-03-02T15:00", "wang", "p2", data{"arrived": "2026-03-02T15:00", "oral": "false"}})
			q.Corrects = summon.Act
			if _, err := h.Submit(t.Context(), as("wang"), q); err != nil {
				t.Fatal(err)
			}
			h.set("2026-03-02T22:30")
			c.do(step{"leave", "2026-03-02T22:20", "wang", "p2", nil})
			var got []string
			for _, f := range c.rows().Findings {
				if f.WithdrawnBy == 0 && !f.Warn {
					got = append(got, f.Rule)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("findings %v, want %v", got, want)
			}
			if err := h.Store().Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
