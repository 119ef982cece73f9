package procedure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
	"plumbline/procedure"
)

// leading is the sound pack with a second procedure to which deciding in the first leads.
func leading(old, with string) map[string]string {
	files := broken("p/procedures/q.yaml", "kind: decision", `kind: decision
    leads_to:
      - {id: look, act: r.look_into, in: station, when: act.plea == 'fail', officers: [file], data: {why: "'fell'"}}
      - {id: say, act: r.hear_of_it, data: {how: act.plea}}`)
	files["p/procedures/r.yaml"] = `procedure: r
title: {zh: 另一程序, en: Another}
matter: true
versions: [{id: v1, from: 2021-01-01}]
stages: {begun: {zh: 已立案, en: begun}}
rules: {late: {title: {zh: 逾期, en: Late}, severity: 1, basis: [act/1]}}
acts:
  look_into:
    title: {zh: 调查, en: Look into}
    stage: begun
    opens: true
    data:
      of: {type: text, as: case, required: true}
      who: {type: text, as: concerned, required: true}
      by: {type: text, as: origin}
      why: {type: text, required: true, enum: [fell, paid]}
  hear_of_it:
    title: {zh: 知悉, en: Hear of it}
    after_close: true
    data:
      by: {type: text, as: origin}
      how: {type: text}
  choose: {title: {zh: 决定, en: Choose}, kind: decision, after_close: true, data: {by: {type: text, as: origin}}}
  each: {title: {zh: 逐人, en: Each}, scope: person, after_close: true, data: {by: {type: text, as: origin}}}
  late_one: {title: {zh: 结案前, en: Before the end}, data: {by: {type: text, as: origin}}}
  blind: {title: {zh: 不知来由, en: Blind}, after_close: true}
`
	if old != "" {
		n := 0
		for name, text := range files {
			if strings.HasPrefix(name, "p/procedures/") && strings.Contains(text, old) {
				files[name] = strings.Replace(text, old, with, 1)
				n++
			}
		}
		if n != 1 {
			panic(old)
		}
	}
	return files
}

func TestWhatAnActMayLeadTo(t *testing.T) {
	pack, err := load(leading("", ""))
	if err != nil {
		t.Fatal(err)
	}
	q, _ := pack.Procedure("q")
	leads := q.Leads(q.ActOf("decide"))
	if len(leads) != 2 || !leads[0].Opens() || leads[1].Opens() || leads[0].When() != "act.plea == 'fail'" || !slices.Equal(leads[0].Officers, []int{q.ActOf("file")}) {
		t.Errorf("%+v", leads)
	}
	for _, b := range []struct{ name, old, with, says string }{
		{"a procedure that is not there", "act: r.look_into", "act: s.look_into", `no procedure "s"`},
		{"an act that is not there", "act: r.look_into", "act: r.look_unto", `no act "look_unto": did you mean "look_into"?`},
		{"its own case", "act: r.hear_of_it, data: {how: act.plea}", "act: q.tell", "leads out of its own case"},
		{"a decision", "act: r.hear_of_it, data: {how: act.plea}", "act: r.choose", "which may be refused"},
		{"an act about somebody", "act: r.hear_of_it, data: {how: act.plea}", "act: r.each", "of which the house knows nothing"},
		{"an act of an open case alone", "act: r.hear_of_it, data: {how: act.plea}", "act: r.late_one", "mark it after_close"},
		{"an act that does not say of what it comes", "act: r.hear_of_it, data: {how: act.plea}", "act: r.blind", "no datum as origin"},
		{"nowhere", "in: station, when", "when", "say in what kind of unit"},
		{"a kind of unit that is none", "in: station", "in: sation", `did you mean "station"?`},
		{"into a unit though it opens nothing", "act: r.hear_of_it,", "act: r.hear_of_it, in: station,", "it opens no case"},
		{"cases that are not found", "as: case, required: true", "required: true", "so none is found"},
		{"officers whom nothing takes", "who: {type: text, as: concerned, required: true}", "who: {type: text}", "no datum as concerned"},
		{"a datum that is not there", `{why: "'fell'"}`, `{wy: "'fell'"}`, `has no datum "wy"`},
		{"a datum that the house gives", `{why: "'fell'"}`, `{why: "'fell'", by: "'x'"}`, "by is filled in by the house"},
		{"a value that is none", `{why: "'fell'"}`, `{why: "'fel'"}`, "expected one of fell, paid"},
		{"a needed datum left out", `, data: {why: "'fell'"}`, "", "needs why"},
		{"twice under one name", "id: say", "id: look", "once in the procedure"},
		{"a condition on what is not there", "when: act.plea == 'fail'", "when: act.plee == 'fail'", "plee"},
		{"back to where it began", "    title: {zh: 知悉, en: Hear of it}", "    title: {zh: 知悉, en: Hear of it}\n    leads_to: [{id: back, act: q.decide}]", "leads back to it"},
	} {
		t.Run(b.name, func(t *testing.T) {
			_, err := load(leading(b.old, b.with))
			var problems yaml.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("loads: %v", err)
			}
			if !slices.ContainsFunc(problems, func(p yaml.Problem) bool { return strings.Contains(p.Text, b.says) && p.Pos.Line > 0 }) {
				t.Errorf("want %q, got\n%v", b.says, problems)
			}
		})
	}
}

// What an act leads to follows from its data; what cannot be answered counts as met.
func TestLed(t *testing.T) {
	pack, err := load(leading("", ""))
	if err != nil {
		t.Fatal(err)
	}
	q, _ := pack.Procedure("q")
	decide := q.ActOf("decide")
	plea := slices.IndexFunc(q.Act(decide).Fields, func(f procedure.FieldInfo) bool { return f.Name == "plea" })
	for _, c := range []struct {
		plea casefile.Value
		want string
	}{{casefile.TextOf("fail"), "look why=fell; say how=fail"}, {casefile.TextOf("pass"), "say how=pass"}, {casefile.Value{}, "look why=fell; say"}} {
		a := procedure.Act{Ref: 1, Kind: decide, Data: make([]casefile.Value, len(q.Act(decide).Fields))}
		a.Data[plea] = c.plea
		var got []string
		for _, l := range q.NewJudge().Led(q.New(), &a) {
			text := l.ID
			for _, d := range l.Data {
				text += " " + d.Name + "=" + d.Value.Text()
			}
			got = append(got, text)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%v leads to %q, want %q", c.plea, text, c.want)
		}
	}
}
