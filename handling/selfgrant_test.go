package handling_test

import (
	"slices"
	"testing"

	"plumbline/casefile"
)

// TestNobodyCorrectsThemselvesMoreTime: the arrival is corrected to an hour later. While the eight hours run, that is a mended
// entry; once they have run out it is a finding that names the correction, and it stays when the case goes on.
func TestNobodyCorrectsThemselvesMoreTime(t *testing.T) {
	for entered, want := range map[string][]string{"2026-03-02T15:00": nil, "2026-03-02T22:05": {"R18-entered-late"}} {
		t.Run(entered, func(t *testing.T) {
			h := newHouse(t)
			c := walked(h, "notify_family") // up to and with the summons
			summon := c.last()
			h.set(entered)
			if _, err := h.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			q := c.request(step{"summon", "2026-03-02T15:00", "wang", "p2", data{"arrived": "2026-03-02T15:00", "oral": "false"}})
			q.Corrects = summon
			if _, err := h.Submit(t.Context(), as("wang"), q); err != nil {
				t.Fatal(err)
			}
			h.set("2026-03-02T22:30")
			c.do(step{"leave", "2026-03-02T22:20", "wang", "p2", nil})
			if got := c.stands(); !slices.Equal(got, want) {
				t.Errorf("findings %v, want %v", got, want)
			}
			if err := h.Store().Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAttackALateReleaseMadeEarlier: who left after the eight hours did so for good. A correction to an earlier minute, or a
// second release with one, is taken, and is a finding.
func TestAttackALateReleaseMadeEarlier(t *testing.T) {
	for name, corrects := range map[string]bool{"corrected": true, "entered again": false} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			c := walked(h, "leave")
			c.do(step{"leave", "2026-03-02T22:20", "wang", "p2", nil})
			if got := c.stands(); !slices.Equal(got, []string{"R18"}) {
				t.Fatal(got)
			}
			q := c.request(step{"leave", "2026-03-02T21:50", "wang", "p2", nil})
			if corrects {
				q.Corrects = c.last()
			}
			h.set("2026-03-02T23:00")
			a, err := h.Submit(t.Context(), as("wang"), q)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.rules(a.Found); !slices.Equal(got, []string{"R18-entered-late"}) || !slices.Equal(c.stands(), got) {
				t.Errorf("found %v, standing %v", got, c.stands())
			}
		})
	}
}

// TestAttackCorrectedTwiceTooLate: a second late correction does not take away what the first one left.
func TestAttackCorrectedTwiceTooLate(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "notify_family")
	for i, entered := range []string{"2026-03-02T22:05", "2026-03-02T22:10"} {
		h.set(entered)
		q := c.request(step{"summon", "2026-03-02T15:00", "wang", "p2", data{"arrived": []string{"2026-03-02T15:00", "2026-03-02T14:30"}[i], "oral": "false"}})
		q.Corrects = c.last()
		if _, err := h.Submit(t.Context(), as("wang"), q); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.stands(); !slices.Equal(got, []string{"R18-entered-late"}) {
		t.Error(got)
	}
}

// stands lists the rules of the findings that stand; warnings are none.
func (c *case1) stands() (out []string) {
	for _, f := range c.rows().Findings {
		if f.WithdrawnBy == 0 && !f.Warn {
			out = append(out, f.Rule)
		}
	}
	return out
}

// last is the newest act of the case.
func (c *case1) last() casefile.ActID {
	all := c.rows().Acts
	return all[len(all)-1].Act
}
