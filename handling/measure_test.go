package handling_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"plumbline/authority"
	"plumbline/handling"
)

// taught is a house with a training unit, and with officers of two stations who take calls.
func taught(t *testing.T, people int) (*house, []string, []string) {
	h := newHouse(t)
	changes := []authority.Change{
		authority.Found(authority.Unit{ID: "xl", Kind: "training", Name: authority.Text{ZH: "训练科", EN: "Training"}, Parent: "ju"}),
		authority.Found(authority.Unit{ID: "fz", Kind: "legal", Name: authority.Text{ZH: "法制大队", EN: "Legal department"}, Parent: "ju"}),
		authority.Enrol(authority.Person{ID: "fang", Name: "警员fang", Number: "030000"}), post("fang", "trainer", "xl"),
		authority.Enrol(authority.Person{ID: "qin", Name: "警员qin", Number: "030001"}), post("qin", "legal_reviewer", "fz"), post("qin", "supervisor", "ju"),
		authority.Enrol(authority.Person{ID: "gu", Name: "警员gu", Number: "030002"}), post("gu", "unit_head", "fz"), post("gu", "supervisor", "ju"),
	}
	groups := [2][]string{}
	for g, unit := range []string{"b1", "b2"} {
		for i := range people {
			id := fmt.Sprintf("%s-%d", unit, i)
			groups[g] = append(groups[g], id)
			changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(id), Name: "警员" + id, Number: fmt.Sprintf("04%d%03d", g, i)}), post(id, "handler", unit))
		}
	}
	if err := h.Found(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
	return h, groups[0], groups[1]
}

// calls takes n calls, one after the other by each of a group; in the first bad of them one person receives and decides.
func calls(h *house, unit string, by []string, n, bad int) {
	for i := range n {
		m := &matter{house: h, proc: "call", unit: unit}
		receiver := "li"
		if i < bad {
			receiver = "chen"
		}
		m.do(by[i%len(by)], "take_call", "", data{"title": "报警", "call_number": fmt.Sprint(unit, h.ids), "when": "2026-03-02T10:00", "category": "consultation", "urgent": "false", "text": "咨询", "receiver": receiver, "reviewer": "wang", "decider": "chen"})
	}
}

func course(h *house, officers, rule string) *matter {
	m := &matter{house: h, proc: "education", unit: "xl"}
	m.do("fang", "open_course", "", data{"title": "三名责任人", "topic": "接警", "rule": rule, "officers": officers, "kind": "professional"})
	return m
}

func TestRecurrenceIsCounted(t *testing.T) {
	ctx := context.Background()
	h, own, others := taught(t, 6)
	h.set("2026-03-10T09:00")
	calls(h, "b1", own, 20, 10)
	calls(h, "b2", others, 16, 8)
	h.set("2026-03-31T09:00")
	m := &matter{house: h, proc: "education", unit: "xl"}
	if _, err := m.try("fang", "open_course", "", data{"title": "x", "topic": "x", "rule": "call/nothing", "officers": "b1-0", "kind": "professional"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a course about a rule that is not there:", err)
	}
	m = course(h, "b1-0,b1-1,b1-2,b1-3,b1-4,b1-5", "call/named")
	if _, err := m.try("fang", "measure_recurrence", "", nil); !errors.As(err, new(*handling.Invalid)) {
		t.Error("measured before the course was held:", err)
	}
	m.do("fang", "hold_course", "", data{"hours": "4", "method": "cases", "teacher": "方某", "content": "三名责任人"})
	h.set("2026-04-15T09:00")
	calls(h, "b1", own, 25, 2)
	calls(h, "b2", others, 12, 6)
	if _, err := m.try("fang", "measure_recurrence", "", nil); !errors.As(err, new(*handling.Invalid)) {
		t.Error("measured before the days after the course were over:", err)
	}
	h.set("2026-05-06T09:00")
	if _, err := m.try("fang", "measure_recurrence", "", data{"after": "0"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("somebody types a nicer figure:", err)
	}
	a := m.do("fang", "measure_recurrence", "", data{"judgement": "少了"})
	for name, want := range map[string]int64{"before": 10, "before_cases": 20, "after": 2, "after_cases": 25, "comparison_before": 8, "comparison_before_cases": 16, "comparison_after": 6, "comparison_after_cases": 12} {
		if v := a.Record.Datum(name); !v.Known() || v.Int() != want {
			t.Errorf("%s is %v, want %d", name, v, want)
		}
	}
	if v := a.Record.Datum("without"); v.Known() {
		t.Error("figures are withheld:", v)
	}
	f, err := h.File(ctx, as("fang"), m.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	recorded, now := h.MeasuredIn(f), []handling.Measured(nil)
	if now, err = h.Measurable(ctx, as("fang"), m.id); err != nil || len(now) != 1 || len(recorded) != 1 {
		t.Fatal(len(now), len(recorded), err)
	}
	if recorded[0].Taught != now[0].Taught || recorded[0].Others != now[0].Others || recorded[0].Proc != now[0].Proc || recorded[0].Rule != now[0].Rule || recorded[0].Before != now[0].Before {
		t.Errorf("recorded %+v, counted again %+v", recorded[0].Measurement, now[0].Measurement)
	}
	if e := recorded[0].Effect(); math.Abs(e.By+0.42) > 1e-9 || e.Low < -0.82 || e.Low > -0.80 || e.High > 0.01 || e.High < 0 {
		t.Error("the effect is", e)
	}
	all, err := h.AllMeasured(ctx, as("fang"))
	if err != nil || len(all) != 1 {
		t.Error("what was measured:", len(all), err)
	}
	if all, err := h.AllMeasured(ctx, as("gao")); err != nil || len(all) != 0 {
		t.Error("somebody without the matter sees", len(all), err)
	}
}

func TestOneOfficersFigureIsTheirsFirst(t *testing.T) {
	ctx := context.Background()
	h, own, others := taught(t, 6)
	h.set("2026-03-10T09:00")
	calls(h, "b1", own[:1], 12, 6)
	calls(h, "b2", others, 12, 6)
	h.set("2026-03-31T09:00")
	m := course(h, own[0], "call/named")
	few := course(h, "b2-0,b2-1,b2-2", "call/named")
	for _, x := range []*matter{m, few} {
		x.do("fang", "hold_course", "", data{"hours": "4", "method": "cases", "teacher": "方某", "content": "三名责任人"})
	}
	h.set("2026-04-15T09:00")
	calls(h, "b1", own[:1], 12, 1)
	calls(h, "b2", others, 24, 6)
	h.set("2026-05-06T09:00")
	without := func(m *matter, want string) {
		t.Helper()
		a := m.do("fang", "measure_recurrence", "", nil)
		if got := a.Record.Datum("without").Text(); got != want {
			t.Errorf("without %q, want %q", got, want)
		}
		if told := a.Record.Datum("after").Known(); told != (want == "" || want == handling.NoComparison) {
			t.Errorf("%s: after is %v", want, a.Record.Datum("after"))
		}
	}
	without(m, handling.Unseen)
	if got, err := h.Measurable(ctx, as(own[0]), m.id); err != nil || got[0].Without != "" || got[0].Taught.After.Count != 1 {
		t.Error("the officer does not see it first:", err, got)
	}
	without(m, "")
	without(few, handling.FewCases)
	h.set("2026-05-07T09:00")
	none := course(h, others[0], "call/U1")
	none.do("fang", "hold_course", "", data{"hours": "4", "method": "cases", "teacher": "方某", "content": "到场"})
	h.set("2026-06-20T09:00")
	without(none, handling.FewCases)
}

func TestGuidanceIsMeasuredTheMonthAfter(t *testing.T) {
	h, own, others := taught(t, 6)
	h.set("2026-03-10T09:00")
	calls(h, "b1", own, 20, 10)
	calls(h, "b2", others, 16, 8)
	h.set("2026-04-02T09:00")
	m := &matter{house: h, proc: "study", unit: "fz"}
	m.do("qin", "open_study", "", data{"title": "三月研判", "month": "2026-03-01"})
	m.do("qin", "note_recurrent", "+", data{"name": "三名责任人", "rule": "call/named", "count": "18", "cases": "36"})
	m.do("gu", "issue_guidance", "+", data{"name": "通知", "units": "甲派出所", "officers": "li", "problem": "x", "guidance": "y", "until": "2026-04-20"})
	h.set("2026-04-15T09:00")
	calls(h, "b1", own, 20, 5)
	calls(h, "b2", others, 16, 8)
	if _, err := m.try("qin", "measure_effect", "i1", data{"judgement": "fallen"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("measured before the month was over:", err)
	}
	h.set("2026-05-04T09:00")
	a := m.do("qin", "measure_effect", "i1", data{"judgement": "fallen"})
	for name, want := range map[string]int64{"month_before": 10, "month_before_cases": 20, "after": 5, "denominator": 20, "others_before": 8, "others_before_cases": 16, "others_after": 8, "others_after_cases": 16} {
		if v := a.Record.Datum(name); !v.Known() || v.Int() != want {
			t.Errorf("%s is %v, want %d", name, v, want)
		}
	}
}

// The figures are Newcombe's (1998), table II: 56/70 - 48/80 is 0.2000, from 0.0524 to 0.3339; 10/10 - 0/20 is 1, from 0.6791;
// 9/10 - 3/10 is 0.6, from 0.1705 to 0.8090.
func TestDifferences(t *testing.T) {
	for _, x := range []struct {
		a, b          handling.Share
		by, low, high float64
	}{
		{handling.Share{Count: 56, Of: 70}, handling.Share{Count: 48, Of: 80}, 0.2, 0.0524, 0.3339},
		{handling.Share{Count: 9, Of: 10}, handling.Share{Count: 3, Of: 10}, 0.6, 0.1705, 0.8090},
		{handling.Share{Count: 10, Of: 10}, handling.Share{Count: 0, Of: 20}, 1, 0.6791, 1},
	} {
		d := handling.Differ(x.a, x.b)
		for _, v := range [][2]float64{{d.By, x.by}, {d.Low, x.low}, {d.High, x.high}} {
			if math.Abs(v[0]-v[1]) > 0.00006 {
				t.Errorf("%v - %v: %v, want %v (%v to %v)", x.a, x.b, d, x.by, x.low, x.high)
				break
			}
		}
	}
}
