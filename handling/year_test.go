package handling_test

import (
	"path/filepath"
	"testing"

	"plumbline/handling"
)

// TestLimitIntoAYearNotLoaded: the working days of the next year are announced late. A limit that ends in it keeps its day,
// marked as not before, is told as not to be judged yet, and never fires.
func TestLimitIntoAYearNotLoaded(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "record.db"), at("2026-12-01T08:00"), nil)
	t.Cleanup(func() { _ = h.store.Close() })
	h.found()
	c := &case1{house: h}
	for _, s := range walk {
		s.at = "2026-12-10" + s.at[10:]
		c.do(s)
		if s.do == "file" {
			break
		}
	}
	for _, d := range c.rows().Duties {
		if d.Duty == "case_limit" && (d.State != handling.Provisional || d.Due != at("2027-01-09T23:59:59.999999") || d.Next != 0) {
			t.Errorf("the limit: %+v", d)
		}
	}
	if head := c.head(); head.Due == 0 {
		t.Error("the list shows no limit")
	}
	h.set("2027-02-01T08:00")
	if _, err := h.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.rows().Findings {
		if f.Rule == "R15" && !f.Unjudged {
			t.Errorf("found late without a calendar: %+v", f)
		}
	}
}
