package procedure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
	"plumbline/packs"
	"plumbline/procedure"
)

// TestComputedFacts: what follows is there for clauses and pages at once, and what it lacks is named.
func TestComputedFacts(t *testing.T) {
	files := broken("p/procedures/q.yaml", "set_by: [decide]}", "set_by: [decide]}\n  grave: {type: bool, title: {zh: 重大, en: grave}, is: \"case.fine >= money('10')\", basis: [act/1]}\n  graver: {type: bool, is: \"case.grave && case.fine >= money('1000')\"}")
	files["p/procedures/q.yaml"] = strings.Replace(files["p/procedures/q.yaml"], "{act: decide, delay: 5d, rule: unheard}", "{act: decide, delay: 5d, rule: unheard, when: case.grave}", 1)
	pack, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	decide, execute := p.ActOf("decide"), p.ActOf("execute")
	at := func(s string) calendar.Instant {
		i, err := casefile.ParseInstant(s, pack.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	for _, x := range []struct {
		fine casefile.Value
		want string // grave, graver; what is missing
		late bool   // execution on the next day is found
	}{
		{casefile.MoneyOf(5_000_000), "no no", false},
		{casefile.MoneyOf(10_000_000), "yes no", true},
		{casefile.MoneyOf(1_000_000_000), "yes yes", true},
		{casefile.Value{}, "?case.fine ?case.fine", true}, // it cannot be said whether the clause speaks
	} {
		acts := []procedure.Act{
			{Ref: 1, Kind: p.ActOf("file"), Occurred: at("2026-03-02T09:00"), Recorded: at("2026-03-02T09:00")},
			{Ref: 2, Kind: decide, Occurred: at("2026-03-03T09:00"), Recorded: at("2026-03-03T09:00"), Data: []casefile.Value{x.fine, {}}},
			{Ref: 3, Kind: execute, Occurred: at("2026-03-04T09:00"), Recorded: at("2026-03-04T09:00")},
		}
		h := p.Rejudge(acts, at("2026-03-04T10:00"))
		var got []string
		for _, c := range p.NewJudge().Computed(h.Standing) {
			switch {
			case c.Missing != "":
				got = append(got, "?"+c.Missing)
			case c.Value.Bool():
				got = append(got, "yes")
			default:
				got = append(got, "no")
			}
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("fine %v: %v, want %s", x.fine, got, x.want)
		}
		late := false
		for _, f := range h.Stands() {
			late = late || p.Rules()[f.Rule].ID == "unheard" && f.Cause == 3
		}
		if late != x.late {
			t.Errorf("fine %v: execution found %v", x.fine, late)
		}
	}
}

// TestInForce: of what a rule cites, a finding names what held on its day.
func TestInForce(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	basis := []string{"psapl/118", "apr/165", "psapl2012/99"}
	for day, want := range map[string]string{
		"2025-12-31T23:59": "apr/165 psapl2012/99",
		"2026-01-01T00:00": "psapl/118 apr/165",
		"2001-01-01T00:00": "psapl/118 apr/165 psapl2012/99", // none of them: better all than nothing
	} {
		at, err := casefile.ParseInstant(day, pack.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(pack.InForce(basis, at), " "); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}

// TestNoComputedFactReadsItself: a computed fact that reads itself, or one that stands after it, is a mistake with its place,
// however it is written: judging by it would never end.
func TestNoComputedFactReadsItself(t *testing.T) {
	for _, is := range []string{
		"case.loop", "case .loop", "case. loop", "case\\n.loop", "case // x\\n.loop", "(case).loop", "[case][0].loop", "{'a': case}['a'].loop",
		"(true ? case : case).loop", "has(case.loop)", "has((case) . loop)", "[case].exists(c, c.loop)", "!true || case .loop", "case .later",
	} {
		_, err := load(broken("p/procedures/q.yaml", "set_by: [decide]}", "set_by: [decide]}\n  loop: {type: bool, is: \""+is+"\"}\n  later: {type: bool, is: \"true\"}"))
		var problems yaml.Problems
		if !errors.As(err, &problems) || !strings.Contains(problems[0].Text, "does not stand before it") || problems[0].Pos.Line != 8 || problems[0].Pos.File != "p/procedures/q.yaml" {
			t.Errorf("%s: %v", is, err)
		}
	}
	_, err := load(broken("p/procedures/q.yaml", "set_by: [decide]}", "set_by: [decide]}\n  loop: {scope: item, type: bool, is: \"(subject).loop\"}"))
	if err == nil {
		t.Error("one of a subject was taken")
	}
}

// TestComputedFactsAreBounded: what a computed fact costs counts in whatever reads it, so a short chain cannot be a long judging.
func TestComputedFactsAreBounded(t *testing.T) {
	for _, reads := range []string{"case.n%d || case.n%[1]d", "case .n%d || (case).n%[1]d", "has(case.n%d) || [case][0].n%[1]d", "[1, 2].all(i, case .n%d)"} {
		chain := "\n  n0: {type: bool, is: \"case.fine > money('10')\"}"
		for i := 1; i <= 20; i++ {
			chain += fmt.Sprintf("\n  n%d: {type: bool, is: \"%s\"}", i, fmt.Sprintf(reads, i-1))
		}
		_, err := load(broken("p/procedures/q.yaml", "set_by: [decide]}", "set_by: [decide]}"+chain))
		var problems yaml.Problems
		if !errors.As(err, &problems) || problems[0].Check != "expression" || !strings.Contains(problems[0].Text, "may cost") {
			t.Errorf("%s: %v", reads, err)
		}
	}
}
