package procedure_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	yaml "plumbline/internal/strictyaml"
	"plumbline/packs"
	"plumbline/procedure"
)

func TestWorkedCasesOfThePacks(t *testing.T) {
	for _, name := range packs.Names {
		pack, err := procedure.Load(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		results, err := pack.RunCases(packs.FS, name)
		if err != nil {
			t.Fatalf("%s:\n%v", name, err)
		}
		if name == "cn-police" && len(results) < 26 {
			t.Errorf("%d worked cases, expected at least 26", len(results))
		}
		for _, r := range results {
			if len(r.Differences) > 0 {
				t.Errorf("%s:\n%s", r.File, strings.Join(r.Differences, "\n"))
			}
		}
	}
}

// Each rule of the pack is found by a case and is silent in another that reaches it.
func TestEachRuleHasALawfulAndAnUnlawfulCase(t *testing.T) {
	names, err := fs.Glob(packs.FS, "cn-police/cases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range strings.Fields("R02 R05 R09 R15 R16 R18 R19 R21 R22 R23 R24 R25 R30 R31 R38 R39 R40 R41 R42 R43 R44 R45 R46 R47 R48 R50 R51 R52 R53 R58 R83") {
		found, silent := false, false
		for _, name := range names {
			text, err := fs.ReadFile(packs.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "cn-police/cases/"+rule+"-") {
				hit := strings.Contains(string(text), "rule: "+rule+",") || strings.Contains(string(text), "rule: "+rule+"}")
				found, silent = found || hit, silent || !hit
			}
		}
		if !found || !silent {
			t.Errorf("%s: a case that finds it: %v; one that does not: %v", rule, found, silent)
		}
	}
}

func cnPolice(t *testing.T) *procedure.Pack {
	t.Helper()
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

const threeHoursLate = `title: {zh: 询问查证十一小时, en: Eleven hours of inquiry}
acts:
  - {do: file, at: "2026-03-02T09:00"}
  - {do: summon, at: "2026-03-03T09:00", about: [{id: p1}], data: {arrived: "2026-03-03T09:00"}}
  - {do: notify_family, at: "2026-03-03T09:10", about: [{id: p1}]}
  - {do: leave, at: "2026-03-03T20:00", about: [{id: p1}]}
  - {do: close, at: "2026-03-04T09:00"}
`

func TestAWrongExpectationFailsWithAReadableText(t *testing.T) {
	expect := `expect:
  findings:
    - {rule: R19, subject: p1, at: 2026-03-03}
    - {rule: order, warn: true}
  refused: [2]
  duties:
    - {id: inquiry_hours, state: "on time", due: "2026-03-03T21:00"}
    - {id: service, subject: p9, state: open}
`
	results, err := cnPolice(t).RunCases(fstest.MapFS{"x/cases/a.yaml": {Data: []byte(threeHoursLate + expect)}}, "x")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(results[0].Differences, "\n")
	for _, want := range []string{
		`expected and not found: R19 "Consecutive summonses 连续传唤" (apr/69) for p1 at 2026-03-03`,
		`found and not expected: R18 "Inquiry longer than the law allows 询问查证超过时限" (psapl/97, psapl/139) for p1 at 2026-03-03T17:00:00, by act 2 (summon), clause summon.inquiry_hours`,
		`found and not expected: order "A step is missing 步骤缺失"`, // the finding is no warning
		`act 2 (Summons 传唤 at 2026-03-03T09:00) should have been refused and was allowed`,
		`duty inquiry_hours should be on time, due 2026-03-03T21:00: it is late, due 2026-03-03T17:00 for p1`,
		`duty service for p9 should be open: there was no such duty`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s\nin\n%s", want, got)
		}
	}
}

func TestMistakesInWorkedCasesAreAllToldWithTheirPlace(t *testing.T) {
	bad := `title: {zh: 错, en: wrong}
acts:
  - {do: fille, at: "2026-03-02T09:00"}
  - {do: summon, at: "2026-03-03T09:00", data: {arived: "2026-03-03T09:00"}}
  - {do: decide, at: "2026-03-01T09:00", by: {person: a, posts: [sherif]}}
expect:
  findings: [{rule: R99}]
  refused: [serve]
  duties: [{id: case_limit, state: done}]
`
	_, err := cnPolice(t).RunCases(fstest.MapFS{"x/cases/a.yaml": {Data: []byte(bad)}}, "x")
	var problems yaml.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("no problems: %v", err)
	}
	for _, want := range []string{`x/cases/a.yaml:3:10: no act "fille"`, "name it under about", `no datum "arived"`, "needs the datum arrived", "in the order in which they happened", `no post "sherif"`, `no rule "R99"`, `"serve" is neither an act`, `state "done"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %s in\n%v", want, err)
		}
	}
}
