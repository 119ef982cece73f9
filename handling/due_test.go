package handling_test

import (
	"context"
	"slices"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
)

// plans counts the plans of a kind that were opened in the legal department, and those of them that the house opened.
func plans(t *testing.T, h *house, kind string) (all, byHouse int) {
	t.Helper()
	heads, err := h.store.Cases(context.Background(), casefile.Selection{Units: []string{"fz"}, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range heads {
		entries, err := h.store.Acts(context.Background(), head.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := casefile.DecodeRecord(entries[0].Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if r.Datum("kind").String() != kind {
			continue
		}
		all++
		if r.Actor.Person == authority.HousePost {
			byHouse++
			found, err := h.store.Findings(context.Background(), head.ID)
			if err != nil || !slices.ContainsFunc(found, func(f casefile.Finding) bool { return f.Rule == "plan-missed" && f.WithdrawnBy == 0 }) {
				t.Error("what nobody planned is no finding:", found, err)
			}
		}
	}
	return all, byHouse
}

func TestAPlanThatNobodyOpensIsFound(t *testing.T) {
	ctx := context.Background()
	h, _, _ := taught(t, 1)
	tick := func(at string) {
		t.Helper()
		h.set(at)
		if _, err := h.Tick(ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := func(kind string, all, byHouse int) {
		t.Helper()
		if a, b := plans(t, h, kind); a != all || b != byHouse {
			t.Errorf("%d plans of %s, %d by the house; want %d and %d", a, kind, b, all, byHouse)
		}
	}
	tick("2026-03-20T09:00") // nobody held a post there when the month began
	want("patrol", 0, 0)
	tick("2026-04-05T23:00")
	want("patrol", 0, 0)
	plan := &matter{house: h, proc: "supervision_plan", unit: "fz"}
	plan.do("qin", "open_plan", "", data{"title": "四月研判", "kind": "study", "from": "2026-04-02", "until": "2026-04-30", "scope": "全部"})
	if _, err := plan.try("qin", "report_plan", "", data{"unopened": "true"}); err == nil {
		t.Error("somebody types that the house opened it")
	}
	tick("2026-04-06T02:00")
	want("patrol", 1, 1)
	want("study", 1, 0)
	tick("2026-04-06T02:01")
	tick("2026-04-20T09:00")
	h.again()
	tick("2026-04-21T09:00")
	want("patrol", 1, 1)
	want("inspection", 0, 0)
	tick("2026-06-10T09:00") // the clock stood still for the whole of May: what was due then is found too
	want("patrol", 3, 3)
	want("study", 3, 2)
	tick("2027-01-29T09:00")
	want("inspection", 1, 1)
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
}

func TestAPlanForAPartOfTheMonthIsNotEnough(t *testing.T) {
	ctx := context.Background()
	h, _, _ := taught(t, 1)
	h.set("2026-04-02T09:00")
	for _, d := range []data{{"kind": "patrol", "from": "2026-04-01", "until": "2026-04-29"}, {"kind": "patrol", "from": "2026-04-10", "until": "2026-04-30"}, {"kind": "case_review", "from": "2026-04-01", "until": "2026-04-30"}} {
		d["title"], d["scope"] = "计划", "x"
		(&matter{house: h, proc: "supervision_plan", unit: "fz"}).do("qin", "open_plan", "", d)
	}
	h.set("2026-04-06T09:00")
	if _, err := h.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	if all, byHouse := plans(t, h, "patrol"); all != 3 || byHouse != 1 {
		t.Error(all, byHouse)
	}
}
