package handling_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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
	want := handling.Decided{Tier: "base", Fine: 500_000_000, Days: 5} // of one case, without day and unit
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

// TestSimilarLeavesOutWhatWasAnnulled: a penalty that a court or a reconsideration took away is no example, whether the case is
// taken up again or not; what was upheld is one, and so is what was decided anew.
func TestSimilarLeavesOutWhatWasAnnulled(t *testing.T) {
	const beating = "psapl-51-p1a"
	for _, x := range []struct {
		name, who string // who asked
		come, end step
		stands    bool
	}{
		{"revoked by a court", "p2", step{do: "receive_suit", data: data{"court": "某县人民法院"}}, step{do: "judgment", data: data{"result": "revoked", "anew": "true"}}, false},
		{"found void by a court", "p2", step{do: "receive_suit", data: data{"court": "某县人民法院"}}, step{do: "judgment", data: data{"result": "void", "anew": "false"}}, false},
		{"revoked on the suit of who was hurt", "p1", step{do: "receive_suit", data: data{"court": "某县人民法院"}}, step{do: "judgment", data: data{"result": "revoked", "anew": "true"}}, false},
		{"changed on reconsideration", "p2", step{do: "receive_reconsideration", data: data{"organ": "某县人民政府", "track": "ordinary"}}, step{do: "reconsideration_result", data: data{"result": "changed", "anew": "false"}}, false},
		{"upheld on reconsideration", "p2", step{do: "receive_reconsideration", data: data{"organ": "某县人民政府", "track": "ordinary"}}, step{do: "reconsideration_result", data: data{"result": "upheld", "anew": "false"}}, true},
		{"claim dismissed", "p2", step{do: "receive_suit", data: data{"court": "某县人民法院"}}, step{do: "judgment", data: data{"result": "dismissed", "anew": "false"}}, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := newHouse(t)
			c := walked(h, "nothing")
			want := func(n int, when string) {
				t.Helper()
				if got, err := h.Similar(t.Context(), "", beating); err != nil || len(got.Decided) != n {
					t.Errorf("%s: %+v %v, want %d", when, got.Decided, err, n)
				}
			}
			want(1, "before")
			x.come.at, x.come.by, x.come.about = "2026-03-20T09:00", "wang", x.who
			x.end.at, x.end.by, x.end.about = "2026-05-20T09:00", "wang", x.who
			c.do(x.come)
			want(1, "while it is open")
			c.do(x.end)
			if x.stands {
				want(1, "afterwards")
				return
			}
			want(0, "afterwards")
			if x.end.data["anew"] != "true" {
				return
			}
			c.do(step{"resume_case", "2026-05-21T09:00", "zhao", "", data{"ground": "court", "reason": "判令重新作出"}})
			want(0, "taken up again")
			for i, s := range walk[slices.IndexFunc(walk, func(s step) bool { return s.do == "propose" }):] {
				if s.do == "serve" {
					break
				}
				s.at = at("2026-05-22T09:00").Add(time.Duration(i) * time.Hour).Time().In(police().Zone.Location()).Format("2006-01-02T15:04")
				c.do(s)
			}
			want(1, "decided anew")
		})
	}
}

// TestSimilarOfFewCasesTellsNobody: of one or two cases, whoever knows the town knows who it was by day and unit; these are there
// from three cases on.
func TestSimilarOfFewCasesTellsNobody(t *testing.T) {
	h := newHouse(t)
	for n := 1; n <= 3; n++ {
		c := &case1{house: h}
		for _, s := range walk[:slices.IndexFunc(walk, func(s step) bool { return s.do == "serve" })] {
			s.at, s.data = strings.Replace(s.at, "2026-03", fmt.Sprintf("2026-%02d", n+2), 1), maps.Clone(s.data)
			for k, v := range s.data {
				s.data[k] = strings.Replace(v, "2026-03", fmt.Sprintf("2026-%02d", n+2), 1)
			}
			c.do(s)
		}
		got, err := h.Similar(t.Context(), "", "psapl-51-p1a")
		if err != nil || len(got.Decided) != n || got.Few != (n < 3) {
			t.Fatalf("%d cases: %+v %v", n, got, err)
		}
		for i, d := range got.Decided {
			if told := d.At != 0 || d.Unit != (handling.Text{}); told == got.Few || d.Days != 5 {
				t.Errorf("%d cases: %+v", n, d)
			}
			if i > 0 && d.At > got.Decided[i-1].At {
				t.Errorf("%d cases: the newest does not come first", n)
			}
		}
	}
}
