package handling_test

import (
	"slices"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// TestSimilar: what was imposed for the same offence in decided cases, without who it was; a case that is not decided yet, one
// of another offence and the case itself are not there.
func TestSimilar(t *testing.T) {
	h := newHouse(t)
	similar := func(but casefile.CaseID, offence string) []handling.Decided {
		t.Helper()
		got, err := h.Similar(t.Context(), but, offence)
		if err != nil {
			t.Fatal(err)
		}
		return got.Decided
	}
	const beating = "psapl-51-p1a"
	first := walked(h, "decide")
	if got := similar("", beating); len(got) != 0 {
		t.Errorf("before the decision: %+v", got)
	}
	decide := stepOf("decide")
	first.do(decide)
	want := handling.Decided{At: at(decide.at), Tier: "base", Fine: 500_000_000, Days: 5, Unit: handling.Text{ZH: "甲派出所", EN: "Station A"}}
	if got := similar("", beating); !slices.Equal(got, []handling.Decided{want}) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := similar(first.id, beating); len(got) != 0 {
		t.Errorf("the case itself is similar to itself: %+v", got)
	}
	if got := similar("", "psapl-51-p1b"); len(got) != 0 {
		t.Errorf("another offence: %+v", got)
	}
	if got, err := h.Cases(t.Context(), as("zhao"), handling.Wanted{Text: "offence:" + beating}); err != nil || len(got) != 0 {
		t.Errorf("a search by a person finds the words of offences: %v %v", got, err)
	}
	rows := first.rows()
	taken := first.request(step{do: "decide", by: decide.by})
	taken.Occurred, taken.Withdraws = "", rows.Acts[len(rows.Acts)-1].Act
	if a, err := h.Submit(t.Context(), as(decide.by), taken); err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	if got := similar("", beating); len(got) != 0 {
		t.Errorf("the decision was taken back: %+v", got)
	}
}
