package procedure_test

import (
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

func TestFillPutsABlankWhereNothingIsKnown(t *testing.T) {
	known := map[string]string{"subject.name": "张三", "no": "{no}"}
	for _, c := range []struct{ template, want string }{
		{"{subject.name}：", "张三："},
		{"{subject.birth}生", "＿＿＿＿生"},
		{"第{no}号", "第{no}号"}, // what was put in is not read again
		{"没有", "没有"},
		{"", ""},
	} {
		if got := procedure.Fill(c.template, func(s string) (string, bool) { v, ok := known[s]; return v, ok }); got != c.want {
			t.Errorf("%q: %q, want %q", c.template, got, c.want)
		}
	}
}

func TestADocumentIsReadAsItIsWritten(t *testing.T) {
	pack, err := load(sound)
	if err != nil {
		t.Fatal(err)
	}
	d := pack.Document("note")
	if d == nil || len(pack.Documents()) != 1 || pack.Document("nota") != nil {
		t.Fatal("one document named note")
	}
	if d.Title.ZH != "通知书" || d.Number != "{unit.mark}字〔{year}〕{no}号" || d.Each != "held_by" || len(d.Basis) != 1 || len(d.Blocks) != 4 {
		t.Errorf("%+v", d)
	}
	if b := d.Blocks; b[0].Text.EN != "To {subject.name}" || b[1].Fields[0].Value != "{due.give}" || b[2].Sign[0].ZH != "签名" || b[3].Seal.ZH != "{organ.name}" {
		t.Errorf("%+v", b)
	}
}

func TestAPartOfADocumentIsPrintedOnItsConditions(t *testing.T) {
	pack, err := load(broken("p/documents/note.yaml", "  - seal:", "  - when: {act.how: [post, hand], case.fine: \"500\", act.why: []}\n    unless: {subject.name: 某甲}\n    seal:"))
	if err != nil {
		t.Fatal(err)
	}
	b := pack.Document("note").Blocks[3]
	known := map[string]casefile.Value{"act.how": casefile.TextOf("hand"), "case.fine": casefile.MoneyOf(500_000_000), "subject.name": casefile.TextOf("某乙"), "act.why": casefile.TextOf("任意")}
	ask := func(s string) (casefile.Value, bool) { v, ok := known[s]; return v, ok }
	if !b.Printed(ask) {
		t.Error("by hand, 500 yuan, somebody else: not printed")
	}
	for _, c := range []struct {
		name  string
		value casefile.Value
		want  bool
	}{
		{"act.how", casefile.TextOf("fax"), false}, {"case.fine", casefile.MoneyOf(500), false}, {"subject.name", casefile.TextOf("某甲"), false},
		{"act.how", casefile.Value{}, false}, {"subject.name", casefile.Value{}, true}, {"act.why", casefile.Value{}, false}, // not known: when does not hold, unless does not either
	} {
		old := known[c.name]
		if known[c.name] = c.value; !c.value.Known() {
			delete(known, c.name)
		}
		if got := b.Printed(ask); got != c.want {
			t.Errorf("%s %v: %t", c.name, c.value, got)
		}
		known[c.name] = old
	}
}

func TestSeveralMayBeChosen(t *testing.T) {
	one := procedure.FieldInfo{Enum: []procedure.Option{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	more := one
	more.Several = true
	for _, c := range []struct {
		f    *procedure.FieldInfo
		text string
		want string
		ok   bool
	}{
		{&one, "b", "b", true}, {&one, "a,b", "", false}, {&one, "d", "", false},
		{&more, "b", "b", true}, {&more, "c,a", "a,c", true}, {&more, "c, a,a", "a,c", true}, {&more, "a,d", "a", false}, {&more, ",", "", false},
		{&procedure.FieldInfo{}, "a,d", "a,d", true},
	} {
		if got, ok := c.f.Choose(c.text); ok != c.ok || got != c.want {
			t.Errorf("%q: %q %t", c.text, got, ok)
		}
	}
}

func TestWhatAFormAsksForIsReadAsItIsWritten(t *testing.T) {
	pack, err := load(sound)
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	if s := p.Stages(); len(s) != 2 || s[0].ID != "begun" || s[1].Title.EN != "over" {
		t.Errorf("stages %v", s)
	}
	if a := p.Act(p.ActOf("file")); !a.Opens || a.Stage != "begun" || a.By[0] != "handler" || a.Decision {
		t.Errorf("%+v", a)
	}
	part := p.Act(p.ActOf("part"))
	why, how, on := part.Fields[0], part.Fields[1], part.Fields[2]
	if !why.Long || why.Max != 500 || why.Basis[0] != "act/1" || why.Title.ZH != "why" {
		t.Errorf("%+v", why)
	}
	if how.Max != 200 || len(how.Enum) != 2 || how.Enum[1].ID != "hand" || how.Enum[1].Title.ZH != "当面" {
		t.Errorf("%+v", how)
	}
	if on.As != "birth" || on.Max != 0 || part.Documents[0] != "note" || part.Qualified[0] != "jurist" {
		t.Errorf("%+v %+v", on, part)
	}
	if a := p.Act(p.ActOf("hear")); a.Help.EN != "one officer hears" || a.Fields[0].As != "name" {
		t.Errorf("%+v", a)
	}
	if d := p.Duties()[0]; d.ID != "limit" || d.Act != p.ActOf("file") || d.Do[0] != p.ActOf("decide") || p.Rules()[d.Late].ID != "late" || d.Basis[0] != "act/1" || !d.Limited {
		t.Errorf("%+v", d)
	}
	if len(p.Edition()) != 64 {
		t.Errorf("edition %q", p.Edition())
	}
	for ask, want := range map[string]string{"post/chief": "局长", "kind/station": "派出所", "qualification/jurist": "法律职业资格", "rank/captain": ""} {
		kind, id, _ := strings.Cut(ask, "/")
		title, ok := map[string]func(string) (procedure.Text, bool){"post": pack.Post, "kind": pack.UnitKind, "qualification": pack.Qualification, "rank": pack.Rank}[kind](id)
		if title.ZH != want || ok != (want != "") {
			t.Errorf("%s: %v %v", ask, title, ok)
		}
	}
	if c := pack.Cite("act/1"); c.Text() != (procedure.Text{ZH: "《某法》第1条", EN: "An act, art. 1"}) || c.Gist.EN == "" {
		t.Errorf("%+v", c)
	}
	if c := pack.Cite("none/7").Text(); c.EN != "none, 7" {
		t.Errorf("%+v", c)
	}
}

// The texts of the police pack are complete in both languages wherever a form, a page or a document shows them.
func TestThePolicePackSpeaksBothLanguages(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	need := func(what string, x procedure.Text) {
		if x.ZH == "" || x.EN == "" {
			t.Errorf("%s: %+v", what, x)
		}
	}
	for _, p := range pack.Procedures {
		for _, s := range p.Stages() {
			need(s.ID, s.Title)
		}
		for i := range p.Acts() {
			a := p.Act(i)
			if (a.Help.ZH == "") != (a.Help.EN == "") {
				t.Errorf("help of %s: %+v", a.ID, a.Help)
			}
			if (a.Why.ZH == "") != (a.Why.EN == "") {
				t.Errorf("why of %s: %+v", a.ID, a.Why)
			}
			for _, f := range a.Fields {
				need(a.ID+"."+f.Name, f.Title)
				if f.Title.ZH == f.Name {
					t.Errorf("%s.%s has no title", a.ID, f.Name)
				}
				for _, o := range f.Enum {
					need(a.ID+"."+f.Name+"."+o.ID, o.Title)
					if o.Title.ZH == o.ID {
						t.Errorf("%s.%s: %s has no title", a.ID, f.Name, o.ID)
					}
				}
			}
		}
	}
	if d := pack.Document("acceptance_register"); d == nil || !d.NamesCase {
		t.Error("the number of the acceptance register is the number of the case")
	}
	for _, d := range pack.Documents() {
		need(d.ID, d.Title)
		if d.Unverified == "" {
			t.Errorf("%s: no official form was read, and it does not say so", d.ID)
		}
		for _, b := range d.Blocks {
			texts := b.Sign
			for _, x := range []*procedure.Text{b.Text, b.Seal} {
				if x != nil {
					texts = append(texts, *x)
				}
			}
			for _, f := range b.Fields {
				texts = append(texts, f.Label)
			}
			for _, x := range texts {
				need(d.ID, x)
			}
		}
	}
}
