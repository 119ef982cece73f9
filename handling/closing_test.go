package handling_test

import (
	"slices"
	"testing"
)

// TestClosingShowsWhatWasNeverDone: when a case closes no more history comes, so a duty nobody ever did is missing now, not
// late for ever; what is missing stands as a finding and waits on nobody's desk any more.
func TestClosingShowsWhatWasNeverDone(t *testing.T) {
	h := newHouse(t)
	c := &case1{house: h}
	for _, s := range walk {
		if s.do == "notify_family" {
			continue
		}
		c.do(s)
		if _, err := h.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := c.rows()
	var standing []string
	for _, f := range r.Findings {
		if f.WithdrawnBy == 0 {
			standing = append(standing, f.Rule)
		} else if f.Rule != "R22-slow" || f.WithdrawnBy != r.Head.Acts {
			t.Errorf("withdrawn: %+v", f)
		}
	}
	if !slices.Equal(standing, []string{"R22"}) || r.Head.Findings != 1 || r.Head.Overdue != 0 {
		t.Errorf("findings %v, head counts %d, overdue %d", standing, r.Head.Findings, r.Head.Overdue)
	}
	for _, d := range r.Duties {
		if d.Done == 0 || d.Next != 0 {
			t.Errorf("still to be done in a closed case: %+v", d)
		}
		if d.Duty == "tell_family" && d.State != "missing" {
			t.Errorf("the family was never told: %+v", d)
		}
	}
	if err := h.Store().Check(t.Context()); err != nil {
		t.Error(err)
	}
}
