package audit_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/audit"
)

// addUp holds what must be equal in every report with figures, whatever the log.
func addUp(t interface{ Errorf(string, ...any) }, r *audit.Report) {
	f := r.Figures
	equal := func(what string, got, want int64) {
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	var m audit.MonthFigures
	for _, x := range f.Months {
		m.Cases, m.Found, m.Grave = m.Cases+x.Cases, m.Found+x.Found, m.Grave+x.Grave
	}
	equal("cases of all months", m.Cases+f.NoDate, r.Cases)
	equal("cases with findings of all months", m.Found, f.Found)
	equal("cases with grave findings of all months", m.Grave, f.Grave)
	if f.By != "" {
		var g audit.GroupFigures
		for _, x := range f.Groups {
			g.Cases, g.Found = g.Cases+x.Cases, g.Found+x.Found
		}
		equal("cases of all groups", g.Cases, r.Cases)
		equal("cases with findings of all groups", g.Found, f.Found)
	}
	acts, begun, into, from := int64(0), int64(0), map[string]int64{}, map[string]int64{}
	for _, a := range f.Arcs {
		into[a.To] += a.Count
		from[a.From] += a.Count
		if a.Wait.N > a.Count || a.Wait.Median > a.Wait.P90 || a.Wait.P90 > a.Wait.Most {
			t.Errorf("arc %+v", a)
		}
	}
	for _, a := range f.Acts {
		acts += a.Count
		equal("arcs into "+a.Act, into[a.Act], a.Count)
		equal("arcs out of "+a.Act, from[a.Act], a.Count)
		if a.Cases > a.Count || a.Cases > r.Cases {
			t.Errorf("act %+v", a)
		}
	}
	begun = from[""]
	equal("acts of all kinds", acts, r.Acts)
	equal("cases that end", into[""], begun)
	equal("cases that begin", begun+f.Quality.Unjudgeable, r.Cases)
	equal("events", f.Quality.Events, r.Acts+f.Quality.Unmapped+f.Quality.Ignored)
	var variants int64
	for _, v := range f.Variants {
		variants += v.Cases
	}
	if variants > begun || int64(len(f.Variants)) == f.Distinct && variants != begun {
		t.Errorf("variants hold %d of %d cases", variants, begun)
	}
	rows := make([]int64, len(r.Findings))
	for _, x := range r.Rows {
		if !x.Unjudged {
			rows[x.Finding]++
		}
	}
	for i, rule := range r.Findings {
		x := f.Rules[i]
		equal("rows of "+rule.Rule, rows[i], rule.Count)
		if x.Of < rule.Cases || x.Of > r.Cases {
			t.Errorf("%s: %d cases of %d", rule.Rule, rule.Cases, x.Of)
		}
		var cases, of int64
		for _, y := range x.Months {
			cases, of = cases+y.Cases, of+y.Of
		}
		if rule.Count > 0 && f.NoDate == 0 {
			equal("cases of all months of "+rule.Rule, cases, rule.Cases)
			equal("of all months of "+rule.Rule, of, x.Of)
		}
	}
	for i, d := range r.Duties {
		x := f.Duties[i]
		equal("late "+d.Duty, x.Late.N, d.Late)
		equal("overdue "+d.Duty, x.Overdue.N, d.Overdue)
		equal("done "+d.Duty, x.Took.N, d.OnTime+d.Late)
	}
}

func TestFiguresOfTheRealLogAddUpAndDoNotDependOnTheWorkers(t *testing.T) {
	open := file(t, roadFines)
	for id := range independent {
		t.Run(id, func(t *testing.T) {
			p := load(t, id)
			several, err := audit.Run(context.Background(), roadFines, open, p, audit.Options{Figures: true, Rows: true, Workers: 3})
			if err != nil {
				t.Fatal(err)
			}
			addUp(t, several)
			alone, err := audit.Run(context.Background(), roadFines, open, p, audit.Options{Figures: true, Rows: true, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(alone.Figures, several.Figures); diff != "" {
				t.Errorf("one worker and several differ: %s", diff)
			}
			if len(alone.Rows) != len(several.Rows) {
				t.Fatalf("%d rows and %d", len(alone.Rows), len(several.Rows))
			}
			for i := range alone.Rows {
				if alone.Rows[i] != several.Rows[i] {
					t.Fatalf("row %d: %+v and %+v", i, alone.Rows[i], several.Rows[i])
				}
			}
			plain, err := audit.Run(context.Background(), roadFines, open, p, audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			alone.Figures, alone.Rows = nil, nil
			if diff := cmp.Diff(plain, alone); diff != "" {
				t.Errorf("the report differs with figures: %s", diff)
			}
		})
	}
}

func TestFiguresOfAnyLogAddUp(t *testing.T) {
	acts := []string{"Create_Fine", "Send_Fine", "Payment", "Insert_Fine_Notification", "Add_penalty", "Appeal_to_Judge", "Send_for_Credit_Collection", "Insert_Date_Appeal_to_Prefecture", "Tow_car"}
	narrative := load(t, "narrative")
	rapid.Check(t, func(rt *rapid.T) {
		cases := map[string]string{"A": "Create_Fine 0"}
		for i := range rapid.IntRange(0, 6).Draw(rt, "cases") {
			text := ""
			for k := range rapid.IntRange(1, 6).Draw(rt, "acts") {
				if k > 0 {
					text += "; "
				}
				text += rapid.SampledFrom(acts).Draw(rt, "act") + " " + rapid.SampledFrom([]string{"0", "3", "80", "91", "200", "600"}).Draw(rt, "day")
			}
			cases[string(rune('B'+i))] = text
		}
		r, err := audit.Run(context.Background(), "made", made(t, cases), narrative, audit.Options{Figures: true, Rows: true, Workers: rapid.IntRange(1, 3).Draw(rt, "workers")})
		if err != nil {
			rt.Fatal(err)
		}
		addUp(rt, r)
	})
}

func TestFiguresSayWhatASmallLogIs(t *testing.T) {
	r, err := audit.Run(context.Background(), "made", made(t, map[string]string{
		"A": "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 100 expense 10; Insert_Fine_Notification 110",
		"B": "Create_Fine 61 amount 50 totalPaymentAmount 0; Send_Fine 71 expense 10; Insert_Fine_Notification 80",
		"C": "Create_Fine 62 amount 50 totalPaymentAmount 0; Payment 63 paymentAmount 50 totalPaymentAmount 50",
	}), load(t, "narrative"), audit.Options{Figures: true, Rows: true})
	if err != nil {
		t.Fatal(err)
	}
	addUp(t, r)
	f := r.Figures
	if len(f.Months) != 3 || f.Months[0].Month != "2010-03" || f.Months[0].Cases != 1 || f.Months[1].Cases != 0 || f.Months[2].Cases != 2 || f.Quality.EmptyMonths != 1 {
		t.Errorf("months %+v", f.Months)
	}
	const day = 24 * 3600
	for _, a := range f.Arcs {
		if a.From == "create" && a.To == "send" && (a.Count != 2 || a.Wait.Median/day != 10 || a.Found == 0) {
			t.Errorf("%+v", a)
		}
	}
	for i, d := range f.Duties {
		if d.Duty == "send" && (r.Duties[i].Late != 1 || d.Late.Median/day < 9 || d.Late.Median/day > 10) {
			t.Errorf("%+v", d)
		}
	}
	for _, x := range f.Rules {
		if x.Rule == "paid-then-sent" && x.Of != 2 || x.Rule == "sent-late" && x.Of != 3 {
			t.Errorf("%s of %d", x.Rule, x.Of)
		}
	}
	if f.Distinct != 2 || f.Variants[0].Cases != 2 || len(f.Examples) == 0 || f.Examples[0].Case != "A" {
		t.Errorf("%+v %+v", f.Variants, f.Examples)
	}
}

func BenchmarkFigures(b *testing.B) {
	open := file(b, roadFines)
	p := load(b, "narrative")
	for _, c := range []struct {
		name string
		opt  audit.Options
	}{{"off", audit.Options{}}, {"figures", audit.Options{Figures: true}}, {"figures and rows", audit.Options{Figures: true, Rows: true}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := audit.Run(context.Background(), roadFines, open, p, c.opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
