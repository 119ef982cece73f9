package handling_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

func TestAgree(t *testing.T) {
	marks := []int{60, 90}
	times := func(n int, p ...[2]int) [][2]int {
		var out [][2]int
		for range n {
			out = append(out, p...)
		}
		return out
	}
	// 200 pairs with the grades in shares of .60 .30 .10 and .50 .30 .20: equal .70, by chance .41, so kappa .29/.59.
	a, b, c := 95, 70, 30
	var shares [][2]int
	for _, x := range []struct {
		n    int
		pair [2]int
	}{{88, [2]int{a, a}}, {14, [2]int{b, a}}, {18, [2]int{c, a}}, {10, [2]int{a, b}}, {40, [2]int{b, b}}, {10, [2]int{c, b}}, {2, [2]int{a, c}}, {6, [2]int{b, c}}, {12, [2]int{c, c}}} {
		shares = append(shares, times(x.n, x.pair)...)
	}
	for _, c := range []struct {
		name  string
		pairs [][2]int
		marks []int
		want  handling.Agreement
		few   bool
	}{
		{"nobody scored twice", nil, marks, handling.Agreement{Graded: true}, true},
		{"too few to tell", times(3, [2]int{80, 90}), marks, handling.Agreement{Pairs: 3, Difference: 10, Graded: true, Equal: handling.Share{Count: 0, Of: 3}, Kappa: 0}, true},
		{"nine are too few", times(9, [2]int{80, 80}), nil, handling.Agreement{Pairs: 9, Equal: handling.Share{Count: 9, Of: 9}, Constant: true}, true},
		{"all the same", times(5, [2]int{95, 95}, [2]int{70, 70}), marks, handling.Agreement{Pairs: 10, Graded: true, Equal: handling.Share{Count: 10, Of: 10}, Kappa: 1}, false},
		{"all of one grade: no kappa", times(10, [2]int{95, 91}), marks, handling.Agreement{Pairs: 10, Difference: 4, Graded: true, Equal: handling.Share{Count: 10, Of: 10}, Constant: true}, false},
		{"as chance would have it", times(5, [2]int{95, 95}, [2]int{95, 70}, [2]int{70, 95}, [2]int{70, 70}), marks, handling.Agreement{Pairs: 20, Difference: 12.5, Graded: true, Equal: handling.Share{Count: 10, Of: 20}, Kappa: 0}, false},
		{"always the other way", times(5, [2]int{95, 70}, [2]int{70, 95}), marks, handling.Agreement{Pairs: 10, Difference: 25, Graded: true, Equal: handling.Share{Count: 0, Of: 10}, Kappa: -1}, false},
		{"a score at the mark is of the higher grade", times(5, [2]int{60, 59}, [2]int{90, 90}), marks, handling.Agreement{Pairs: 10, Difference: .5, Graded: true, Equal: handling.Share{Count: 5, Of: 10}, Kappa: 1. / 3}, false},
		{"three grades by hand", shares, marks, handling.Agreement{Pairs: 200, Difference: 12.7, Graded: true, Equal: handling.Share{Count: 140, Of: 200}, Kappa: .29 / .59}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := handling.Agree(c.pairs, c.marks)
			if math.Abs(got.Kappa-c.want.Kappa) > 1e-9 || math.Abs(got.Difference-c.want.Difference) > 1e-9 {
				t.Errorf("kappa %.4f, difference %.4f, want %.4f, %.4f", got.Kappa, got.Difference, c.want.Kappa, c.want.Difference)
			}
			got.Kappa, got.Difference = c.want.Kappa, c.want.Difference
			if got != c.want || got.Few() != c.few {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestARound(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	round := &matter{house: h, proc: "assessment", unit: "fz"}
	round.do("kong", "open_round", "", data{"title": "三月考评", "unit_assessed": "b1", "officers": "li", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "5", "second_share": "100", "indicators": "cases", "reached_from": "60", "excellent_from": "90"})
	read := func(who string) *handling.Round {
		t.Helper()
		r, err := h.Round(ctx, as(who), round.id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := read("kong"); r.Seed != "" || len(r.Drawn) > 0 {
		t.Errorf("before the draw: %+v", r)
	}
	round.do("kong", "draw_sample", "", nil)
	open := func(by, blind string) *matter {
		s := &matter{house: h, proc: "score_sheet", unit: "fz"}
		s.do(by, "open_sheet", "", data{"title": "评查表", "round": string(round.id), "case": string(c.id), "blind": blind})
		return s
	}
	first := open("kong", "false")
	first.do("kong", "deduct", "+", data{"name": "询问超时", "content": "cases", "act": "9", "article": "第97条", "officers": "wang", "points": "20", "reason": "超过8小时"})
	first.do("kong", "score", "", data{"total": "80", "opinion": "超时一次"})
	second := open("meng", "true")
	if r := read("meng"); len(r.Drawn) != 1 || len(r.Drawn[0].Sheets) != 1 || r.Drawn[0].Sheets[0].Scorer != "meng" || !r.Drawn[0].Alone || r.Agreement.Pairs != 0 {
		t.Errorf("the blind scorer sees the first score: %+v", r.Drawn)
	}
	second.do("meng", "score", "", data{"total": "92", "opinion": "无问题"})
	first.do("wang", "object", "i1", data{"reason": "对方就医在内"})
	first.do("meng", "decide_objection", "i1", data{"result": "reduced", "points": "10", "reason": "就医时间有记录"})
	r := read("meng")
	if r.Population != 1 || r.Again != 1 || !r.Same || !r.Drawn[0].Twice || r.Drawn[0].Head == nil || len(r.Drawn[0].Sheets) != 2 || r.Drawn[0].Alone {
		t.Fatalf("%+v", r)
	}
	if s := r.Drawn[0].Sheets[0]; !s.Scored || s.Score != 80 || s.Blind || s.Scorer != "kong" || len(s.Deductions) != 1 || s.Deductions[0] != (handling.Deduction{Name: "询问超时", Points: 20, Now: 10}) {
		t.Errorf("%+v", s)
	}
	if a := r.Agreement; a.Pairs != 1 || a.Difference != 12 || !a.Graded || a.Equal.Count != 0 || !a.Few() {
		t.Errorf("%+v", a)
	}
	// A case that is entered late makes the plan's cases more; the draw stands, and the page says that it would differ.
	other := &case1{house: h}
	late := walk[0]
	late.data = data{"source": "walk_in", "title": "后补案件", "summary": "后补"}
	other.do(late)
	if r := read("kong"); r.Again != 2 || r.Same || len(r.Drawn) != 1 {
		t.Errorf("%d cases now, the same sample %v", r.Again, r.Same)
	}
	// The head of the unit sees the round that is about them, and of the sheets none; a handler sees nothing.
	if r := read("li"); len(r.Drawn) != 1 || r.Drawn[0].Head == nil || len(r.Drawn[0].Sheets) != 0 || r.Agreement.Pairs != 0 {
		t.Errorf("%+v", r.Drawn)
	}
	for who, id := range map[string]casefile.CaseID{"gao": round.id, "kong": c.id, "dong": "c1-0000000000000"} {
		if _, err := h.Round(ctx, as(who), id); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s reads %s: %v", who, id, err)
		}
	}
}

// A study names the findings behind its figures: each leads to the other, and only what who enters it may see is named.
func TestAFigureNamesItsFindings(t *testing.T) {
	h := more(t)
	_, finding := overtime(t, h)
	h.set("2026-04-02T09:00")
	figures, _, err := h.Figures(bg, as("fa"), police().Zone.Date(at("2026-03-15T09:00")))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(figures, func(r handling.Recurrent) bool { return r.Proc.Rules()[r.Rule].ID == "R18" })
	if i < 0 || !slices.Equal(figures[i].Findings, []string{finding}) {
		t.Fatalf("%+v", figures)
	}
	m := &matter{house: h, proc: "study", unit: "fz"}
	m.do("fa", "open_study", "", data{"title": "三月研判", "month": "2026-03-01"})
	noted := data{"name": "询问超时", "rule": "R18", "count": "1", "cases": "1"}
	var bad *handling.Invalid
	for _, of := range []string{finding + "x", "c1-0000000000000.aaaaaaaa", finding + ",x"} {
		if _, err := m.try("fa", "note_recurrent", "+", with(noted, "findings", of)); !errors.As(err, &bad) || bad.Problems[0].Field != "findings" {
			t.Errorf("%s is counted: %v", of, err)
		}
	}
	m.do("fa", "note_recurrent", "+", with(noted, "findings", finding+"，"+finding))
	linked := func(want int) {
		t.Helper()
		f, err := h.File(bg, as("fa"), m.id, "case")
		if err != nil {
			t.Fatal(err)
		}
		links, err := h.Links(bg, as("fa"), f)
		if err != nil || len(links.Counted) != want || links.Unseen != 0 {
			t.Errorf("%+v, %v", links, err)
		}
		chain, err := h.Chain(bg, as("fa"), finding)
		if err != nil || len(chain.Counted) != want || len(chain.Matters) != 0 {
			t.Errorf("%+v, %v", chain.Counted, err)
		}
	}
	linked(1)
	// Whoever may not see the study does not see that it counts theirs.
	if chain, err := h.Chain(bg, as("wang"), finding); err != nil || len(chain.Counted) != 0 {
		t.Errorf("%+v, %v", chain.Counted, err)
	}
	if _, err := m.change("fa", "note_recurrent", "i1", noted, true); err != nil {
		t.Fatal(err)
	}
	linked(0)
}
