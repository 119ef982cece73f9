package main

import (
	"strings"
	"testing"

	"plumbline/packs"
	"plumbline/procedure"
)

// docOf writes the page of a pack that comes with the program.
func docOf(t *testing.T, name, lang string) (*procedure.Pack, string) {
	t.Helper()
	pack, err := procedure.Load(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := pack.ReadCases(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writePackDoc(&b, pack, cases, lang); err != nil {
		t.Fatal(err)
	}
	return pack, b.String()
}

func TestThePageOfAPackShowsAllOfIt(t *testing.T) {
	for _, name := range packs.Names {
		for _, lang := range []string{"zh", "en"} {
			pack, page := docOf(t, name, lang)
			has := func(what, text string) {
				t.Helper()
				if !strings.Contains(page, text) {
					t.Errorf("%s in %s: no %s: %s", name, lang, what, text)
				}
			}
			for _, p := range pack.Procedures {
				for i, id := range p.Acts() {
					has("act", `id="`+anchor("act", p.ID, id)+`"`)
					has("act of the text", `<code>`+id+`</code>`)
					for _, d := range p.ActText(i).Duties {
						has("duty", `<code>`+p.Duties()[d].ID+`</code>`)
					}
				}
				for _, r := range p.Rules() {
					has("rule", `id="`+anchor("rule", p.ID, r.ID)+`"`)
					has("rule of the text", `<code>`+r.ID+`</code>`)
				}
				for _, d := range p.Duties() {
					has("duty", `id="`+anchor("duty", p.ID, d.ID)+`"`)
				}
			}
			articles := 0
			for _, s := range pack.Sources() {
				for _, a := range s.Articles {
					articles++
					has("article", `id="`+anchor("art", s.ID+"/"+a.No)+`"`)
					has("article of the text", `<code>`+s.ID+"/"+a.No+`</code>`)
				}
			}
			for _, o := range pack.Offences() {
				has("offence", `<code>`+o.ID+`</code>`)
			}
			for _, d := range pack.Documents() {
				has("document", `<code>`+d.ID+`</code>`)
			}
			if articles == 0 || strings.Contains(page, "ZgotmplZ") {
				t.Errorf("%s in %s: %d articles, or a value the template refused", name, lang, articles)
			}
			if _, again := docOf(t, name, lang); again != page {
				t.Errorf("%s in %s: not the same page twice", name, lang)
			}
		}
	}
}

// TestEveryLinkOfThePageLeadsSomewhere: a reviewer follows links from the list of marks.
func TestEveryLinkOfThePageLeadsSomewhere(t *testing.T) {
	for _, name := range packs.Names {
		_, page := docOf(t, name, "zh")
		for _, part := range strings.Split(page, `href="#`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			if !strings.Contains(page, `id="`+id+`"`) {
				t.Errorf("%s: a link to %q, which is not there", name, id)
			}
		}
		if strings.Contains(page, `href="#"`) {
			t.Errorf("%s: an empty link", name)
		}
	}
}

func TestExpressionsAreToldInWords(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	for _, c := range []struct{ lang, act, prior, expr, want string }{
		{"zh", "", "", "subject.fine >= money('4000') || subject.closure", "“拟处或者决定的罚款” ≥ 4000，或者“责令停业整顿”为“是”"},
		{"zh", "", "", "!done('decide') && !done('no_penalty')", "未实施“处罚决定”，并且未实施“不予处罚决定”"},
		{"zh", "", "review_proposal", "done.result == 'pass'", "“审核”的“审核结论”为“通过”"},
		{"en", "summon", "", "hours(last('leave'), act.arrived) >= 12.0", "the hours from the time of the last ‘Leaving’ to ‘arrival’ ≥ 12"},
		{"en", "summon", "", "act.oral || act.came", "‘oral’ is yes, or ‘gave himself up or was brought in by the public’ is yes"},
		{"en", "", "", "unit.kind == 'station' && !subject.closure", "the kind of the handling unit is ‘police station’, and ‘business to be stopped’ is no"},
		{"en", "", "", "a ? b : c", "a ? b : c"}, // what cannot be told stays as it is
		{"en", "", "", "(done('file') || done('accept')) && done('serve')", "(‘Filing’ was done, or ‘Acceptance’ was done), and ‘Service’ was done"},
		{"en", "", "", "done('file') || done('accept') && done('serve')", "‘Filing’ was done, or (‘Acceptance’ was done, and ‘Service’ was done)"},
	} {
		at := func(id string) int {
			if id == "" {
				return -1
			}
			return p.ActOf(id)
		}
		if got := newWords(c.lang, pack, p).expr(c.expr, at(c.act), at(c.prior)); got != c.want {
			t.Errorf("%s: %q, want %q", c.expr, got, c.want)
		}
	}
}
