package procedure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	yaml "plumbline/internal/strictyaml"
	"plumbline/procedure"
)

// A sound pack, small enough to break in one place at a time.
var sound = map[string]string{
	"p/pack.yaml": `pack: p
title: {zh: 样例, en: Sample}
standing: law
zone: Asia/Shanghai
calendar: c
roll: next_working_day
posts:
  handler: {title: {zh: 办案民警, en: Handler}}
  chief: {title: {zh: 局长, en: Chief}, single: true}
roles: {held: {title: {zh: 物品, en: thing held}}, held_by: {title: {zh: 持有人, en: holder}}}
unit_kinds: {station: {title: {zh: 派出所, en: station}}}
qualifications: {jurist: {title: {zh: 法律职业资格, en: jurist}}}
`,
	"p/documents/note.yaml": `document: note
title: {zh: 通知书, en: Note}
basis: [act/3]
number: "{unit.mark}字〔{year}〕{no}号"
each: held_by
body:
  - text: {zh: "{subject.name}：{act.why}", en: "To {subject.name}"}
  - fields:
      - [{zh: 期限, en: Deadline}, "{due.give}"]
  - sign: [{zh: 签名, en: Signature}]
  - seal: {zh: "{organ.name}", en: Seal}
`,
	"p/calendars/c.yaml": "name: c\nweekend: [sat, sun]\nany_year: true\n",
	"p/sources.yaml": `sources:
  act:
    kind: law
    title: {zh: 某法, en: An act}
    versions: [{id: old, from: 2010-01-01, until: 2019-12-31}, {id: new, from: 2020-01-01}]
    articles:
      - {no: "1", gist: {zh: 应在30日内决定, en: decide within 30 days}}
      - {no: "2", versions: [old], gist: {zh: 旧条, en: an old article}}
      - {no: "3", gist: {zh: 送达后5日方可执行, en: execution waits 5 days}}
`,
	"p/procedures/q.yaml": `procedure: q
title: {zh: 程序, en: Procedure}
versions: [{id: v1, from: 2021-01-01}]
stages: {begun: {zh: 已立案, en: begun}, over: {zh: 已结, en: over}}
subjects: {held: {scope: item, where: "subject.role == 'held'"}}
facts:
  fine: {type: money, set_by: [decide]}
rules:
  late: {title: {zh: 逾期, en: Late}, severity: 1, basis: [act/1]}
  unheard: {title: {zh: 未告知, en: Not told}, severity: 1, basis: [act/3]}
acts:
  file:
    title: {zh: 立案, en: File}
    stage: begun
    opens: true
    by: [handler]
    duties:
      - {id: limit, do: [decide], within: 30d, late: late}
  take:
    title: {zh: 扣押, en: Take}
    scope: item
    role: held
    duties:
      - {id: give_up, do: [give_back], property: true, within: 30d, late: late}
  hear:
    title: {zh: 询问, en: Hear}
    scope: person
    role: held_by
    help: {zh: 一名民警询问, en: one officer hears}
    data:
      name: {type: text, as: name, title: {zh: 姓名, en: name}}
      password: {type: text, as: secret}
  part:
    title: {zh: 分别通知, en: Part}
    data:
      why: {type: text, long: true, max: 500, basis: [act/1]}
      how: {type: text, enum: {post: {zh: 邮寄, en: by post}, hand: {zh: 当面, en: by hand}}}
      on: {type: date, as: birth}
    qualified: [jurist]
    documents: [note]
    duties:
      - {id: give, do: [hear], within: 30d, late: late}
  give_back: {title: {zh: 发还, en: Give back}, scope: item, relieves: true}
  tell:
    title: {zh: 告知, en: Tell}
    after: [file]
  decide:
    title: {zh: 决定, en: Decide}
    kind: decision
    by: [chief]
    data: {fine: money, plea: {type: text, enum: [pass, fail]}}
    after:
      - {act: tell, rule: unheard, when: "act.fine >= money('10')"}
    other_than: [file]
    duties:
      - {id: carry_out, do: [execute], within: 30d, late: late}
  execute:
    title: {zh: 执行, en: Execute}
    after:
      - {act: decide, delay: 5d, rule: unheard}
    closes: true
`,
}

func load(files map[string]string) (*procedure.Pack, error) {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return procedure.Load(fsys, "p")
}

func broken(file, old, new string) map[string]string {
	files := map[string]string{}
	for name, text := range sound {
		files[name] = text
	}
	if !strings.Contains(files[file], old) {
		panic("the sound pack has no " + old)
	}
	files[file] = strings.Replace(files[file], old, new, 1)
	return files
}

func TestTheSoundPackIsSound(t *testing.T) {
	pack, err := load(sound)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range pack.Check() {
		if r.Verdict != procedure.Proved {
			t.Errorf("%s %s: %s %s", r.Check, r.Of, r.Verdict, r.Why)
		}
	}
}

func TestEachBrokenPackIsRefusedUnderItsCheck(t *testing.T) {
	const q, src, pk, doc = "p/procedures/q.yaml", "p/sources.yaml", "p/pack.yaml", "p/documents/note.yaml"
	for _, b := range []struct{ name, file, old, new, check, says string }{
		{"key misspelt", q, "  file:\n    title", "  file:\n    titel", "", `unknown key "titel": did you mean "title"?`},
		{"key missing", pk, "zone: Asia/Shanghai\n", "", "", `key "zone" is missing`},
		{"unknown zone", pk, "Asia/Shanghai", "Asia/Shangri-La", "", "Shangri-La"},
		{"unknown main procedure", pk, "zone: Asia/Shanghai\n", "zone: Asia/Shanghai\nmain: p\n", "", `has no procedure "p"`},
		{"unknown standing", pk, "standing: law", "standing: lore", "", "expected law, model or contract"},
		{"unknown act in a condition", q, "after: [file]", "after: [fill]", "act", `no act "fill": did you mean "file"?`},
		{"unknown rule", q, "within: 30d, late: late}\n  take", "within: 30d, late: lat}\n  take", "rule", `no rule "lat": did you mean "late"?`},
		{"unknown post", q, "by: [handler]", "by: [handlr]", "post", `did you mean "handler"?`},
		{"unknown source", q, "basis: [act/1]", "basis: [axt/1]", "article", `did you mean "act"?`},
		{"unknown article", q, "basis: [act/1]", "basis: [act/11]", "article", `no article "11"`},
		{"article no longer in force", q, "basis: [act/3]", "basis: [act/2]", "in-force", "act/2 was not in force"},
		{"rule without article", q, "severity: 1, basis: [act/3]", "severity: 1", "cited", "cites no article"},
		{"figure the article does not state", q, "within: 30d, late: late}\n  take", "within: 45d, late: late}\n  take", "figure", "45d stands in no gist"},
		{"fact no act sets", q, "set_by: [decide]", "set_by: [file]", "fact", `no datum "fine"`},
		{"fact misspelt in an expression", q, "act.fine >=", "act.fin >=", "expression", "undefined field 'fin'"},
		{"money compared with a number", q, "money('10')", "10", "expression", "no matching overload"},
		{"act misspelt in an expression", q, `"act.fine >= money('10')"`, `"done('fyle')"`, "expression", `no act "fyle": did you mean "file"?`},
		{"expression that is no yes or no", q, `"act.fine >= money('10')"`, `"act.fine"`, "expression", "where bool is wanted"},
		{"term that is none", q, "delay: 5d", "delay: 5 dogs", "", "5 dogs"},
		{"unknown type", q, "fine: money,", "fine: monney,", "", `did you mean "money"?`},
		{"unknown set", q, "{act: tell, rule: unheard,", "{act: tell, of: every hled, rule: unheard,", "", `no set "hled"`},
		{"severity out of range", q, "severity: 1, basis: [act/1]", "severity: 7, basis: [act/1]", "", "expected 1"},
		{"duty that its opener excludes", q, "    other_than: [file]\n", "    other_than: [file]\n    excludes: [execute]\n", "dischargeable", "execute is excluded by decide"},
		{"deadline inside its own waiting time", q, "delay: 5d", "delay: 30d", "waiting", "makes it wait 30d"},
		{"one holder must be two people", q, "by: [handler]", "by: [chief]", "two-people", "a post with one holder"},
		{"property without an act that frees", q, ", relieves: true", "", "relieving", "relieves: true"},
		{"no case can close", q, "    closes: true\n", "", "closable", "no act closes a case"},
		{"an act waits for itself", q, "after: [file]", "after: [tell]", "reachable", "tell.after.1 waits for tell"},
		{"why without English", q, "title: {zh: 告知, en: Tell}", "title: {zh: 告知, en: Tell}\n    why: {zh: 使其知悉}", "language", "the why has no en"},
		{"why of a duty without Chinese", q, "{id: carry_out,", "{id: carry_out, why: {en: a decision is not paper},", "language", "the why has no zh"},
		{"title without Chinese", q, "title: {zh: 决定, en: Decide}", "title: {en: Decide}", "language", "no zh"},
		{"source without title in English", src, "title: {zh: 某法, en: An act}", "titles: {zh: 某法}", "", `unknown key "titles"`},
		{"stage that is not declared", q, "stage: begun", "stage: begon", "stage", `no stage "begon" under stages: did you mean "begun"?`},
		{"stage with a bad id", q, "stages: {begun", "stages: {Begun: {zh: 一, en: one}, begun", "stage", "lower case"},
		{"qualification that is not declared", q, "qualified: [jurist]", "qualified: [jurst]", "qualification", `did you mean "jurist"?`},
		{"kind of unit that is not declared", q, `"act.fine >= money('10')"`, `"unit.kind == 'staton'"`, "expression", `no kind of unit "staton" in pack.yaml: did you mean "station"?`},
		{"role that is not declared", q, "role: held\n", "role: hold\n", "role", `no role "hold" in pack.yaml: did you mean "held"?`},
		{"role that is not declared, in an expression", q, "subject.role == 'held'", "subject.role == 'hled'", "role", `no role "hled"`},
		{"document that is not there", q, "documents: [note]", "documents: [note, nota]", "document", `no document "nota"`},
		{"document that no act issues", q, "    documents: [note]\n", "", "document", "no procedure with an act about a \"held_by\" issues document note"},
		{"document under another name", doc, "document: note", "document: notes", "document", "give both one name"},
		{"document for a role nobody has", doc, "each: held_by", "each: judge", "document", `an act about a "judge"`},
		{"document of the case that names a person", doc, "each: held_by\n", "", "placeholder", "say each: ROLE"},
		{"number without its count", doc, "{no}号", "号", "document", "has no {no}"},
		{"number with a datum", doc, "〔{year}〕", "〔{act.why}〕", "placeholder", "no such placeholder"},
		{"count where there is no number", doc, "number: \"{unit.mark}字〔{year}〕{no}号\"\neach: held_by\nbody:\n", "each: held_by\nbody:\n  - text: {zh: \"{no}\"}\n", "placeholder", "not numbered"},
		{"placeholder misspelt", doc, "{organ.name}", "{organ.nam}", "placeholder", `did you mean "organ.name"?`},
		{"datum the act has not", doc, "{act.why}", "{act.wyh}", "placeholder", `the act has no such datum: did you mean "why"?`},
		{"datum nobody gives", doc, "{subject.name}：", "{subject.nme}：", "placeholder", `did you mean "name"?`},
		{"secret in a document", doc, "{subject.name}：", "{subject.password}：", "placeholder", "a secret is never printed"},
		{"duty the act does not leave", doc, "{due.give}", "{due.limit}", "placeholder", "the act leaves no duty of this name"},
		{"brace left open", doc, "{organ.name}", "{organ.name", "placeholder", "without its partner"},
		{"block of two kinds", doc, "  - seal:", "    seal:", "document", "exactly one of"},
		{"condition on what is no datum", doc, "  - seal:", "  - when: {organ.name: [x]}\n    seal:", "placeholder", "a condition asks for a datum"},
		{"condition on a datum nobody gives", doc, "  - seal:", "  - when: {subject.nme: [x]}\n    seal:", "placeholder", `did you mean "name"?`},
		{"condition on a choice that is none", doc, "  - seal:", "  - unless: {act.how: [hend]}\n    seal:", "placeholder", `no value "hend": did you mean "hand"?`},
		{"condition that no record can meet", doc, "  - seal:", "  - when: {case.fine: [5.00]}\n    seal:", "placeholder", "write 5, as a record has it"},
		{"several of nothing", q, "{type: date, as: birth}", "{type: date, several: true}", "field", "several of what?"},
		{"row that is no pair", doc, `, "{due.give}"]`, "]", "", "expected a label and a value"},
		{"what a datum is, misspelt", q, "as: name", "as: nam", "field", `did you mean "name"?`},
		{"an offence without a catalogue", q, "as: name", "as: offence", "field", "the pack has no catalogue in offences/"},
		{"taken from an act that is not there", q, "on: {type: date, as: birth}", "on: {type: date, taken_from: hera}", "act", `did you mean "hear"?`},
		{"taken from a datum that is not there", q, "on: {type: date, as: birth}", "on: {type: date, taken_from: part.ony}", "field", `did you mean "on"?`},
		{"taken from a datum of another kind", q, "on: {type: date, as: birth}", "on: {type: date, taken_from: part.why}", "field", "part.why is text, on is date"},
		{"required and rare", q, "why: {type: text,", "why: {required: true, rare: true, type: text,", "field", "not folded away"},
		{"taken from a secret", q, "why: {type: text,", "why: {taken_from: hear.password, type: text,", "field", "is a secret"},
		{"annulled by a datum that is not there", q, "kind: decision", "kind: decision\n    annuls: {pleas: [fail]}", "field", `decide has no datum "pleas": did you mean "plea"?`},
		{"annulled by a choice that is none", q, "kind: decision", "kind: decision\n    annuls: {plea: [fial]}", "field", `no value "fial"`},
		{"annulled by anything", q, "kind: decision", "kind: decision\n    annuls: {plea: []}", "field", "which values of plea?"},
		{"published though nothing is redacted", q, "kind: decision", "kind: decision\n    publishes: text", "publishes", "no act of the procedure has a datum as redacted"},
		{"withdrawn without saying why", q, "kind: decision", "kind: decision\n    publishes: notice", "publishes", "no datum as public_notice"},
		{"published as what is neither", q, "kind: decision", "kind: decision\n    publishes: all", "publishes", "expected text or notice"},
		{"routes without the own site", q, "how: {type: text,", "how: {as: public_route, type: text,", "field", "one of its values is site"},
		{"part of a round, misspelt", q, "kind: decision", "kind: decision\n    part: proposl", "", "expected one of proposal, return, review, decision"},
		{"computed fact that acts set too", q, "fine: {type: money, set_by: [decide]}", "fine: {type: money, set_by: [decide], is: \"money('1')\"}", "", "it has no set_by"},
		{"computed fact of another type", q, "set_by: [decide]}", "set_by: [decide]}\n  grave: {type: bool, is: case.fine}", "expression", "where bool is wanted"},
		{"computed facts that read each other", q, "set_by: [decide]}", "set_by: [decide]}\n  a: {type: bool, is: case.b}\n  b: {type: bool, is: case.a}", "expression", "fact a reads b, which is computed and does not stand before it"},
		{"version that is not there", q, `"act.fine >= money('10')"`, `"in_force('1999', act.occurred)"`, "version", `no version "1999"`},
		{"flag that offences do not have", q, `"act.fine >= money('10')"`, `"flagged(act.plea, 'neww')"`, "expression", `did you mean "new"?`},
		{"birth that is a text", q, "{type: date, as: birth}", "{type: text, as: birth}", "field", "a datum as birth is date"},
		{"characters of a date", q, "{type: date, as: birth}", "{type: date, max: 5}", "field", "max and long are for text"},
		{"choice among dates", q, "{type: date, as: birth}", "{type: date, enum: [a]}", "field", "enum is for text"},
		{"choice given twice", q, "enum: [pass, fail]", "enum: [pass, pass]", "field", `"pass" stands twice`},
		{"datum on an article that is not there", q, "basis: [act/1]}\n      how", "basis: [act/9]}\n      how", "article", `no article "9"`},
		{"documents in pack.yaml", pk, "unit_kinds:", "documents: {a: {title: {zh: 甲, en: a}}}\nunit_kinds:", "", `unknown key "documents"`},
		{"not YAML", q, "procedure: q", "procedure: [q", "", ""},
	} {
		t.Run(b.name, func(t *testing.T) {
			pack, err := load(broken(b.file, b.old, b.new))
			var problems yaml.Problems
			if errors.As(err, &problems) {
				for _, p := range problems {
					if p.Check == b.check && strings.Contains(p.Text, b.says) {
						if p.Pos.Line == 0 && p.Pos.Column == 0 {
							t.Errorf("no place: %s", p)
						}
						return
					}
				}
				t.Fatalf("expected [%s] %q, got\n%v", b.check, b.says, problems)
			}
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, r := range pack.Check() {
				if r.Verdict == procedure.Refuted && (r.Check == b.check || b.check == "") && strings.Contains(r.Why, b.says) {
					return
				}
				if r.Verdict != procedure.Proved {
					all = append(all, r.Check+" "+r.Of+": "+string(r.Verdict)+" "+r.Why)
				}
			}
			t.Fatalf("expected [%s] %q, got\n%s", b.check, b.says, strings.Join(all, "\n"))
		})
	}
}

func TestADelayInMonthsIsWaitedOut(t *testing.T) {
	p, err := load(broken("p/procedures/q.yaml", "delay: 5d", "delay: 6mo"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Check() {
		if c.Check == "reachable" && c.Verdict != procedure.Proved {
			t.Errorf("%+v", c)
		}
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	files := broken("p/procedures/q.yaml", "by: [handler]", "by: [handlr]")
	files["p/procedures/q.yaml"] = strings.NewReplacer("act.fine >=", "act.fin >=", "set_by: [decide]", "set_by: [deside]").Replace(files["p/procedures/q.yaml"])
	_, err := load(files)
	var problems yaml.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("want three problems, got\n%v", err)
	}
}

// TestParts: what stands in a part is as if it stood in the main file; nothing stands in two.
func TestParts(t *testing.T) {
	files := broken("p/procedures/q.yaml", "by: [handler]", "by: [handler]")
	files["p/procedures/q/1_more.yaml"] = "part_of: q\nfacts:\n  told: {type: text, set_by: [add.what]}\nacts:\n  add: {title: {zh: 补充, en: Add}, data: {what: {type: text}}, after: [file]}\n"
	pack, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	if q := pack.Procedures[0]; q.ActOf("add") < 0 || q.ActOf("add") < q.ActOf("execute") {
		t.Error("the act of the part does not stand behind those of the main file")
	}
	for name, b := range map[string]struct{ part, check, says string }{
		"an act that is there already": {"part_of: q\nacts:\n  file: {title: {zh: 立案, en: File}}\n", "part", "act file stands already at p/procedures/q.yaml:"},
		"of another procedure":         {"part_of: r\nacts:\n  add: {title: {zh: 补充, en: Add}}\n", "part", `stands in the folder of procedure "q"`},
		"a head in a part":             {"part_of: q\nversions: []\n", "", `unknown key "versions"`},
		"after an act that is nowhere": {"part_of: q\nacts:\n  add: {title: {zh: 补充, en: Add}, after: [fil]}\n", "act", `did you mean "file"?`},
	} {
		t.Run(name, func(t *testing.T) {
			files["p/procedures/q/1_more.yaml"] = b.part
			_, err := load(files)
			var problems yaml.Problems
			if !errors.As(err, &problems) || problems[0].Check != b.check || !strings.Contains(problems[0].Text, b.says) || problems[0].Pos.File != "p/procedures/q/1_more.yaml" {
				t.Errorf("expected [%s] %q, got\n%v", b.check, b.says, err)
			}
		})
	}
}

// TestUnexplained: acts and duties that do not say why the law wants them are told, and refute nothing.
func TestUnexplained(t *testing.T) {
	pack, err := load(broken("p/procedures/q.yaml", "title: {zh: 告知, en: Tell}", "title: {zh: 告知, en: Tell}\n    why: {zh: 使其知悉, en: so that they know}"))
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	acts, duties := p.Unexplained()
	if slices.Contains(acts, "tell") || len(acts) != len(p.Acts())-1 || len(duties) != len(p.Duties()) || p.Act(p.ActOf("tell")).Why.EN != "so that they know" {
		t.Errorf("%v %v", acts, duties)
	}
	for _, r := range pack.Check() {
		if r.Check == "language" {
			t.Errorf("%+v", r)
		}
	}
}
