package procedure_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"plumbline/procedure"
)

// What rests on who acts: somebody barred from the case, and a qualification that a clause asks for.
func TestActor(t *testing.T) {
	files := map[string]string{
		"p/pack.yaml": `pack: p
title: {zh: 样例, en: Sample}
standing: model
zone: Asia/Shanghai
posts: {handler: {title: {zh: 民警, en: Handler}}}
qualifications: {card: {title: {zh: 执法资格, en: card}}}
`,
		"p/sources.yaml": "sources: {m: {kind: model, title: {zh: 例, en: M}, versions: [{id: a, from: 2020-01-01}], articles: [{no: \"1\", gist: {zh: 例, en: m}}]}}\n",
		"p/procedures/q.yaml": `procedure: q
title: {zh: 程序, en: Procedure}
versions: [{id: new, from: 2020-01-01}]
rules:
  barred: {title: {zh: 已回避, en: Barred}, severity: 2, basis: [m/1]}
  card: {title: {zh: 无资格, en: No card}, severity: 3, basis: [m/1]}
acts:
  open: {title: {zh: 立案, en: Open}}
  recuse: {title: {zh: 回避, en: Recuse}, kind: decision, data: {who: {type: text, as: officers}}, bars: who, bars_rule: barred}
  hear: {title: {zh: 询问, en: Hear}, data: {officers: {type: text, as: officers}}, expect: [{rule: card, warn: true, that: "holds('card')"}]}
  decide: {title: {zh: 决定, en: Decide}, kind: decision}
  free: {title: {zh: 释放, en: Free}, kind: decision, relieves: true}
`,
		"p/cases/acts-before-and-after.yaml": `title: {zh: 例, en: Before and after}
acts:
  - {do: open, at: "2026-03-02T09:00", by: {person: a}}
  - {do: hear, at: "2026-03-02T10:00", by: {person: a, qualifications: [card]}, data: {officers: "a, b"}}
  - {do: recuse, at: "2026-03-02T11:00", by: {person: c}, data: {who: "a, d"}}
  - {do: hear, at: "2026-03-02T12:00", by: {person: b, qualifications: [card]}, data: {officers: "b, d"}}
  - {do: hear, at: "2026-03-02T13:00", by: {person: b}, data: {officers: "b, c"}}
  - {do: decide, at: "2026-03-02T14:00", by: {person: a}}
  - {do: free, at: "2026-03-02T15:00", by: {person: d}}
  - {do: recuse, at: "2026-03-02T16:00", by: {person: a}, data: {who: "a"}}
  - {do: decide, at: "2026-03-02T17:00", by: {person: b}}
expect:
  refused: [6]
  findings:
    - {rule: barred, at: "2026-03-02T12:00"}
    - {rule: card, at: "2026-03-02T13:00", warn: true}
    - {rule: barred, at: "2026-03-02T14:00"}
`,
	}
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	pack, err := procedure.Load(fsys, "p")
	if err != nil {
		t.Fatal(err)
	}
	results, err := pack.RunCases(fsys, "p")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if len(r.Differences) > 0 {
			t.Error(strings.Join(r.Differences, "\n"))
		}
	}
	for was, becomes := range map[string]string{"holds('card')": "holds('cart')", "bars: who": "bars: whom"} {
		broken := fstest.MapFS{}
		for name, f := range fsys {
			broken[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), was, becomes))}
		}
		if _, err := procedure.Load(broken, "p"); err == nil {
			t.Errorf("%s is read", becomes)
		}
	}
}
