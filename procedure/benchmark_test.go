package procedure_test

import (
	"errors"
	"strings"
	"testing"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
	"plumbline/packs"
	"plumbline/procedure"
)

const benchmark = `benchmark: county
title: {zh: 基准, en: Benchmark}
agency: {zh: 某局, en: An organ}
source: {zh: 文件, en: Paper}
offences:
  psapl-51-p1a:
    - {grade: light, tier: mitigated, when: {zh: 无伤, en: nobody hurt}, penalty: [{fine: {to: 500}}]}
    - {grade: ordinary, tier: base, when: {zh: 一般, en: ordinary}, penalty: [{detention: {from: 5, to: 7}, fine: {from: 500, to: 700}}]}
`

func withBenchmark(text string) (*procedure.Pack, error) {
	return procedure.Load(packs.FS, "cn-police", procedure.File{Name: "county.yaml", Data: []byte(text)})
}

// TestBenchmark: inside the grade, outside it, of another grade, without one; where there is none, everything stands.
func TestBenchmark(t *testing.T) {
	pack, err := withBenchmark(benchmark)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := plain.Procedures[0].Edition(), pack.Procedures[0].Edition(); a == b {
		t.Error("a benchmark judges, and makes no other edition")
	}
	yuan := func(n casefile.Amount) casefile.Amount { return n * 1_000_000 }
	for _, x := range []struct {
		offence, tier, grade string
		fine                 casefile.Amount
		days                 int
		want                 bool
	}{
		{"psapl-51-p1a", "base", "psapl-51-p1a.ordinary", 500, 5, true},
		{"psapl-51-p1a", "base", "psapl-51-p1a.ordinary", 700, 7, true},
		{"psapl-51-p1a", "base", "psapl-51-p1a.ordinary", 700, 8, false}, // lawful, and past the benchmark
		{"psapl-51-p1a", "base", "psapl-51-p1a.ordinary", 800, 7, false},
		{"psapl-51-p1a", "base", "psapl-51-p1a.light", 500, 0, false}, // the grade is of another tier
		{"psapl-51-p1a", "base", "", 500, 5, false},                   // no grade is named
		{"psapl-51-p1a", "mitigated", "psapl-51-p1a.light", 300, 0, true},
		{"psapl-51-p1a", "aggravated", "", 1000, 10, true}, // the benchmark says nothing of it
		{"psapl-58-a", "base", "", 2000, 0, true},
	} {
		penalty := procedure.Proposal{Fine: yuan(x.fine), Days: x.days}
		if got := pack.InBenchmark(x.offence, x.tier, x.grade, penalty); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
		if !plain.InBenchmark(x.offence, x.tier, x.grade, penalty) {
			t.Errorf("%+v: refused without a benchmark", x)
		}
	}
}

// TestBenchmarksOfTwo: each offence has the benchmark of the agency that has one for it.
func TestBenchmarksOfTwo(t *testing.T) {
	other := strings.NewReplacer("某局", "另一局", "psapl-51-p1a", "psapl-51-p2-1").Replace(benchmark)
	other = other[:strings.Index(other, "    - {grade: light")] + "    - {grade: all, tier: base, when: {zh: 一般, en: ordinary}, penalty: [{detention: {from: 10, to: 12}, fine: {from: 1000, to: 1500}}]}\n"
	pack, err := procedure.Load(packs.FS, "cn-police", procedure.File{Name: "a.yaml", Data: []byte(benchmark)}, procedure.File{Name: "b.yaml", Data: []byte(other)})
	if err != nil {
		t.Fatal(err)
	}
	for offence, want := range map[string]string{"psapl-51-p1a": "某局", "psapl-51-p2-1": "另一局"} {
		if got := pack.Grades(offence)[0].Of.Agency.ZH; got != want {
			t.Errorf("%s: %s, want %s", offence, got, want)
		}
	}
}

func TestBrokenBenchmark(t *testing.T) {
	for name, b := range map[string]struct{ old, new, says string }{
		"an offence that is not there": {"psapl-51-p1a:", "psapl-51-p1x:", "has no offence psapl-51-p1x"},
		"a tier it does not have":      {"tier: base", "tier: raised", `has no tier "raised"`},
		"above the range of the law":   {"to: 700}", "to: 1001}", "leaves the range of tier base"},
		"below it":                     {"{from: 5, to: 7}", "{from: 4, to: 7}", "leaves the range of tier base"},
		"one grade twice":              {"grade: ordinary", "grade: light", "has a grade light already"},
		"without circumstances":        {"when: {zh: 一般, en: ordinary}, ", "", "when"},
		"without a penalty":            {"[{fine: {to: 500}}]", "[]", "has no penalty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := withBenchmark(strings.Replace(benchmark, b.old, b.new, 1))
			var problems yaml.Problems
			if !errors.As(err, &problems) || !strings.Contains(problems[0].Text, b.says) || problems[0].Pos.File != "county.yaml" || problems[0].Pos.Line == 0 {
				t.Errorf("expected %q, got\n%v", b.says, err)
			}
		})
	}
}

// TestDepartureNeedsAReason: a proposal past the benchmark is refused without a reason and taken with one; past the law it is
// refused whatever the reason.
func TestDepartureNeedsAReason(t *testing.T) {
	pack, err := withBenchmark(benchmark)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("administrative")
	if err != nil {
		t.Fatal(err)
	}
	file := "file 2026-03-02T09:00\npropose 2026-03-03T09:00 about=p1 fine=%s detention_days=8 offence=psapl-51-p1a tier=base grade=psapl-51-p1a.ordinary%s"
	for _, x := range []struct{ fine, more, want string }{
		{"700", "", "benchmark"},
		{"700", " departure=再次殴打同一人", ""},
		{"1200", " departure=再次殴打同一人", "range"},
	} {
		text := strings.Replace(strings.Replace(file, "%s", x.fine, 1), "%s", x.more, 1)
		found := script(t, p, text, "2026-03-03T10:00", false)
		var rules []string
		for _, f := range found {
			if rule, _, _ := strings.Cut(f, " "); rule == "benchmark" || rule == "range" {
				rules = append(rules, rule)
			}
		}
		if strings.Join(rules, " ") != x.want {
			t.Errorf("%s%s: found %q, want %q", x.fine, x.more, rules, x.want)
		}
	}
}
