package handling_test

import (
	"context"
	"testing"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// day reads a civil day.
func civil(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestCoverage(t *testing.T) {
	takeUp := func(h *house, d data) {
		m := &matter{house: h, proc: "supervision", unit: "ju"}
		given := data{"title": "核实", "source": "finding", "problem": "询问超时"}
		for k, v := range d {
			given[k] = v
		}
		m.do("zhou", "take_up", "", given)
	}
	round := func(h *house) {
		m := &matter{house: h, proc: "assessment", unit: "fz"}
		m.do("kong", "open_round", "", data{"title": "三月考评", "unit_assessed": "b1", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "5", "second_share": "0", "indicators": "cases"})
		m.do("kong", "draw_sample", "", nil)
	}
	const full, short = 25, 1 // acts of the two cases
	for _, c := range []struct {
		name        string
		who         string
		from, until string
		look        func(h *house, id casefile.CaseID, finding string)
		want        handling.Covered
	}{
		{"nobody looked", "dong", "2026-03-01", "2026-03-31", nil, handling.Covered{Acts: full + short, Cases: 2}},
		{"a matter names the case", "dong", "2026-03-01", "2026-03-31", func(h *house, id casefile.CaseID, _ string) { takeUp(h, data{"case": string(id)}) }, handling.Covered{Acts: full + short, Cases: 2, Named: 1, Looked: 1}},
		{"a matter names a finding in it", "dong", "2026-03-01", "2026-03-31", func(h *house, _ casefile.CaseID, f string) { takeUp(h, data{"finding": f}) }, handling.Covered{Acts: full + short, Cases: 2, Finding: 1, Looked: 1}},
		{"two matters about one case count once", "dong", "2026-03-01", "2026-03-31", func(h *house, id casefile.CaseID, f string) {
			takeUp(h, data{"finding": f})
			takeUp(h, data{"finding": f, "case": string(id)})
		}, handling.Covered{Acts: full + short, Cases: 2, Finding: 1, Named: 1, Looked: 1}},
		{"both are drawn", "dong", "2026-03-01", "2026-03-31", func(h *house, _ casefile.CaseID, _ string) { round(h) }, handling.Covered{Acts: full + short, Cases: 2, Drawn: 2, Looked: 2}},
		{"who does not see the matter is not told of it", "li", "2026-03-01", "2026-03-31", func(h *house, _ casefile.CaseID, _ string) { round(h) }, handling.Covered{Acts: full + short, Cases: 2}},
		{"acts of other days do not count", "dong", "2026-03-09", "2026-03-09", nil, handling.Covered{Acts: 2, Cases: 1}},
		{"a matter of later days counts", "dong", "2026-03-09", "2026-03-09", func(h *house, id casefile.CaseID, _ string) { takeUp(h, data{"case": string(id)}) }, handling.Covered{Acts: 2, Cases: 1, Named: 1, Looked: 1}},
		{"nothing was done", "dong", "2026-02-01", "2026-02-28", nil, handling.Covered{}},
		{"who sees no case", "admin", "2026-03-01", "2026-03-31", nil, handling.Covered{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := supervised(t)
			x, finding := overtime(t, h)
			other := &case1{house: h}
			h.set("2026-03-10T09:00")
			other.do(walk[0])
			h.set("2026-04-02T09:00")
			if c.look != nil {
				c.look(h, x.id, finding)
			}
			for _, byAct := range []bool{false, true} {
				got, err := h.Coverage(context.Background(), as(c.who), civil(c.from), civil(c.until), byAct)
				if err != nil {
					t.Fatal(err)
				}
				c.want.Unit, c.want.Act = "b1", -1
				if c.want.Acts == 0 {
					if len(got.Units)+len(got.Kinds) > 0 {
						t.Errorf("%+v", got)
					}
					continue
				}
				if len(got.Units) != 1 || got.Units[0] != c.want {
					t.Errorf("units %+v, want %+v", got.Units, c.want)
				}
				acts := 0
				for i, k := range got.Kinds {
					acts += k.Acts
					if k.Cases > c.want.Cases || k.Looked > k.Cases || k.Act >= 0 != byAct {
						t.Errorf("%+v", k)
					}
					if i > 0 && k.Blind() && !got.Kinds[i-1].Blind() {
						t.Errorf("a blind spot stands after what was looked at: %+v", k)
					}
				}
				if acts != c.want.Acts {
					t.Errorf("the kinds have %d acts, the unit %d", acts, c.want.Acts)
				}
			}
		})
	}
}

// A refused attempt is no act done, and one that was corrected is done once.
func TestCoverageCountsWhatStands(t *testing.T) {
	h := supervised(t)
	c := walked(h, "file")
	count := func() int {
		got, err := h.Coverage(context.Background(), as("dong"), civil("2026-03-01"), civil("2026-03-31"), false)
		if err != nil || len(got.Units) != 1 {
			t.Fatal(got, err)
		}
		return got.Units[0].Acts
	}
	before := count()
	if a, err := c.try(stepOf("close")); err != nil || len(a.Refused) == 0 {
		t.Fatal("closed before anything was decided", err)
	}
	if got := count(); got != before {
		t.Errorf("%d acts after a refusal, %d before", got, before)
	}
}
