package procedure_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
	"plumbline/packs"
	"plumbline/procedure"
)

func police(t testing.TB) *procedure.Pack {
	t.Helper()
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

func amount(yuan int) casefile.Amount {
	return casefile.MoneyOf(casefile.Amount(yuan) * 1_000_000).Money()
}

func TestEveryArticleOfTheChapterHasItsOffences(t *testing.T) {
	pack := police(t)
	count, articles := map[string]int{}, map[string]bool{}
	flags, mediation := map[string]int{}, map[string]int{}
	for _, o := range pack.Offences() {
		count[o.Section]++
		articles[o.Basis[0]] = true
		mediation[o.Mediation]++
		for _, f := range o.Flags {
			flags[f]++
		}
		for _, x := range []procedure.Text{o.Title, o.Conduct} {
			if x.ZH == "" || x.EN == "" {
				t.Errorf("%s is not in both languages: %+v", o.ID, x)
			}
		}
		for _, x := range []procedure.Text{o.NoRange, o.Also, o.Note} {
			if (x.ZH == "") != (x.EN == "") {
				t.Errorf("%s is not in both languages: %+v", o.ID, x)
			}
		}
		for _, tier := range o.Tiers {
			if tier.When.EN == "" && tier.ID != "base" {
				t.Errorf("%s: nobody can tell when tier %s applies", o.ID, tier.ID)
			}
		}
		if want := "psapl/" + strings.SplitN(o.ID, "-", 3)[1]; o.Basis[0] != want {
			t.Errorf("%s rests on %v", o.ID, o.Basis)
		}
		if pack.Offence(o.ID) != o {
			t.Errorf("%s is not found", o.ID)
		}
		for _, b := range o.Basis {
			if c := pack.Cite(b); c.Gist.ZH == "" || c.Gist.EN == "" {
				t.Errorf("%s: no gist of %s", o.ID, b)
			}
		}
	}
	for n := 26; n <= 89; n++ {
		if !articles[fmt.Sprint("psapl/", n)] {
			t.Errorf("article %d has no offence", n)
		}
	}
	for got, want := range map[*map[string]int]string{
		&count:     "map[s1_public_order:42 s2_public_safety:25 s3_person_and_property:38 s4_social_order:75]",
		&mediation: "map[:164 class:8 excluded:4 maybe:4]",
		&flags:     "map[new:40 no_on_spot:19 other_department:9 revocation:1 unit_responsible:8 venue_ban:6]",
	} {
		if s := fmt.Sprint(*got); s != want {
			t.Errorf("%s, want %s", s, want)
		}
	}
	if s := pack.OffenceSections(); len(s) != 4 || s[0].Title.ZH == "" || pack.Offence("psapl-1") != nil {
		t.Errorf("%v", s)
	}
}

// Ranges read from the text of the law by hand, apart from the script that compared all of them.
func TestRangesAreThoseOfTheText(t *testing.T) {
	pack := police(t)
	for _, c := range []struct{ id, mitigated, base, raised, aggravated string }{
		{"psapl-26-3", "", "W | F ≤ 500", "", "D 5–10 (+ F ≤ 1000)"},
		{"psapl-26-p2", "", "D 10–15 (+ F ≤ 2000)", "", ""},
		{"psapl-27-4", "", "F 1000–3000 (1–5 × ≥ 1000)", "", "D 5–15"},
		{"psapl-28-p2", "", "D ≤ 5 | F ≤ 1000", "", ""},
		{"psapl-29-1", "D ≤ 5 | F ≤ 1000", "D 5–10 (+ F ≤ 1000)", "", ""},
		{"psapl-30-1", "", "D 5–10 | F ≤ 1000", "", "D 10–15 (+ F ≤ 2000)"},
		{"psapl-31-2", "D 5–10 (+ F ≤ 1000)", "D 10–15 (+ F ≤ 2000)", "", ""},
		{"psapl-33-5", "", "D ≤ 5", "", "D 5–15"},
		{"psapl-34-p1", "D 5–10", "D 10–15", "", ""},
		{"psapl-34-p2", "", "D 5–10", "", "D 10–15"},
		{"psapl-35-3", "", "D 5–10 | F 1000–3000", "", "D 10–15 (+ F ≤ 5000)"},
		{"psapl-37-b", "", "D 5–10", "", ""},
		{"psapl-38-p1", "W | F ≤ 500", "D ≤ 5 (+ F ≤ 1000)", "", ""},
		{"psapl-39-1", "D ≤ 5", "D 10–15", "", ""},
		{"psapl-40-p3", "", "D ≤ 5 | F ≤ 1000", "", "D 5–10"},
		{"psapl-42", "", "W | F ≤ 500", "", ""},
		{"psapl-43-5", "", "D ≤ 5 | F ≤ 1000", "", "D 10–15 (+ F ≤ 1000)"},
		{"psapl-44", "", "D 5–10 + F 1000–3000", "", "D 10–15 + F 3000–5000"},
		{"psapl-46-p1", "", "D 5–10", "", ""},
		{"psapl-47-2", "D 5–10 + F ≤ 1000", "D 10–15 + F 1000–2000", "", ""},
		{"psapl-48", "D ≤ 5 | F ≤ 5000", "D 10–15 + F ≤ 5000", "", ""},
		{"psapl-49-p2", "", "D ≤ 5 | W", "", ""},
		{"psapl-50-5", "", "D ≤ 5 | F ≤ 1000", "", "D 5–10 (+ F ≤ 1000)"},
		{"psapl-51-p1a", "D ≤ 5 | F ≤ 1000", "D 5–10 + F 500–1000", "", ""},
		{"psapl-51-p2-1", "", "D 10–15 + F 1000–2000", "", ""},
		{"psapl-52-p1", "", "D 5–10", "", "D 10–15"},
		{"psapl-52-p2", "", "W | F ≤ 500", "", "D 5–10"},
		{"psapl-53-1", "", "D ≤ 5 | W", "", "D 5–10 (+ F ≤ 1000)"},
		{"psapl-54", "D ≤ 5 | F ≤ 1000", "D 5–10 + F 3000–5000", "", ""},
		{"psapl-55", "D ≤ 5 | F ≤ 3000", "D 10–15 (+ F ≤ 3000)", "", ""},
		{"psapl-56-p2", "D ≤ 5", "D 10–15", "", ""},
		{"psapl-57", "", "W | F ≤ 1000", "", "D 5–10"},
		{"psapl-58-a", "", "D 5–10 | F ≤ 2000", "", "D 10–15 (+ F ≤ 3000)"},
		{"psapl-59", "", "D ≤ 5 | F ≤ 1000", "", "D 5–10 (+ F ≤ 3000)"},
		{"psapl-61-2", "", "W | F ≤ 500", "", "D 5–10 (+ F ≤ 1000)"},
		{"psapl-62-p1", "D 5–10", "D 10–15 (+ F ≤ 1000)", "", ""},
		{"psapl-63-4", "D 5–10 (+ F ≤ 3000)", "D 10–15 (+ F ≤ 5000)", "", ""},
		{"psapl-64", "", "F 1000–2000", "", "D ≤ 5 (+ F ≤ 2000)"},
		{"psapl-65-p2", "", "D 10–15 + F 3000–5000", "", ""},
		{"psapl-67-p1", "W | F ≤ 500", "F 500–1000", "", ""},
		{"psapl-68-p2", "", "F 1000–3000", "", "D ≤ 5 (+ F 3000–5000)"},
		{"psapl-69", "", "W", "", "D ≤ 5 | F ≤ 3000"},
		{"psapl-70", "", "D ≤ 5 | F 1000–3000", "", "D 5–10 + F 3000–5000"},
		{"psapl-72-3", "W | F ≤ 1000", "D 5–10 (+ F ≤ 1000)", "", ""},
		{"psapl-75-1", "", "W | F ≤ 500", "", "D 5–10 + F 500–1000"},
		{"psapl-76-1", "", "F 1000–2000", "", "D 10–15 (+ F ≤ 2000)"},
		{"psapl-79", "D ≤ 5 | F 1000–2000", "D 10–15 (+ F ≤ 5000)", "", ""},
		{"psapl-81-p2", "", "D 10–15 + F 1000–2000", "", ""},
		{"psapl-82-b", "", "D ≤ 5 | F ≤ 1000", "", "D 10–15 + F 1000–5000"},
		{"psapl-84-3", "D ≤ 5 | F ≤ 1000", "D 10–15 (+ F ≤ 3000)", "", ""},
		{"psapl-85-p1", "", "D 10–15 + F 1000–5000", "", ""},
		{"psapl-87", "D ≤ 5 | F 1000–2000", "D 10–15", "", ""},
		{"psapl-89-p1b", "", "F ≤ 1000", "", ""},
		{"psapl-89-p2", "", "W", "D ≤ 5 | F ≤ 1000", "D 5–10"},
		{"psapl-89-p4", "D ≤ 5 | F ≤ 1000", "D 5–10 + F 500–1000", "", "D 10–15 + F 1000–2000"},
		{"psapl-65-p3", "", "", "", ""},
	} {
		o := pack.Offence(c.id)
		if o == nil {
			t.Errorf("no offence %s", c.id)
			continue
		}
		got := map[string]string{}
		for _, tier := range o.Tiers {
			var s []string
			for i := range tier.AnyOf {
				s = append(s, tier.AnyOf[i].String())
			}
			got[tier.ID] = strings.Join(s, " | ")
		}
		for tier, want := range map[string]string{"mitigated": c.mitigated, "base": c.base, "raised": c.raised, "aggravated": c.aggravated} {
			if got[tier] != want {
				t.Errorf("%s %s: %q, the text says %q", c.id, tier, got[tier], want)
			}
		}
	}
}

func TestTheMostOfAnOffence(t *testing.T) {
	pack := police(t)
	for _, c := range []struct {
		id, tier  string
		fine      int
		unlimited bool
		days      int
		detention bool
	}{
		{"psapl-26-1", "base", 1000, false, 10, false},
		{"psapl-26-1", "aggravated", 1000, false, 10, true},
		{"psapl-26-1", "", 1000, false, 10, true},
		{"psapl-27-1", "base", 3000, true, 15, false},
		{"psapl-42", "", 500, false, 0, false},
		{"psapl-34-p1", "mitigated", 0, false, 15, true},
		{"psapl-63-1", "none", 5000, false, 15, false},
		{"psapl-60-p2", "", 0, false, 0, false},
	} {
		o := pack.Offence(c.id)
		fine, unlimited := o.MaxFine()
		if fine != amount(c.fine) || unlimited != c.unlimited || o.MaxDays() != c.days || o.DetentionPossible(c.tier) != c.detention {
			t.Errorf("%+v: %s %t, %d days, %t", c, fine, unlimited, o.MaxDays(), o.DetentionPossible(c.tier))
		}
	}
	if !pack.Offence("psapl-65-p3").Has("revocation") || pack.Offence("psapl-58-a").Has("new") {
		t.Error("flags")
	}
}

func TestAProposedPenaltyIsMeasured(t *testing.T) {
	pack := police(t)
	yes := func(n int) *casefile.Amount { a := amount(n); return &a }
	for _, c := range []struct {
		id, tier string
		p        procedure.Proposal
		says     []string // English; none: allowed
	}{
		{"psapl-26-1", "base", procedure.Proposal{Warning: true}, nil},
		{"psapl-26-1", "base", procedure.Proposal{Fine: amount(500)}, nil},
		{"psapl-26-1", "base", procedure.Proposal{Fine: amount(501)}, []string{"a fine of 501, above the limit of 500"}},
		{"psapl-26-1", "base", procedure.Proposal{Warning: true, Fine: amount(500)}, []string{"a fine is not provided for"}},
		{"psapl-26-1", "base", procedure.Proposal{Days: 5}, []string{"a warning must be given", "detention is not provided for"}},
		{"psapl-26-1", "aggravated", procedure.Proposal{Days: 5}, nil},
		{"psapl-26-1", "aggravated", procedure.Proposal{Days: 10, Fine: amount(1000)}, nil},
		{"psapl-26-1", "aggravated", procedure.Proposal{Fine: amount(1000)}, []string{"detention of 5–10 days must be imposed"}},
		{"psapl-26-1", "aggravated", procedure.Proposal{Days: 11, Fine: amount(1500)}, []string{"detention of 11 days, above the limit of 10", "a fine of 1500, above the limit of 1000"}},
		{"psapl-26-1", "aggravated", procedure.Proposal{Days: 4}, []string{"detention of 4 days, below the minimum of 5"}},
		{"psapl-26-1", "mitigated", procedure.Proposal{Days: 4}, []string{`it has no tier "mitigated"`}},
		{"psapl-26-1", "base", procedure.Proposal{}, []string{"no penalty is proposed"}},
		{"psapl-26-1", "base", procedure.Proposal{Days: -1, Warning: true}, []string{"a fine or days below nothing"}},
		{"psapl-51-p1a", "base", procedure.Proposal{Days: 7}, []string{"a fine of 500–1000 must be imposed"}},
		{"psapl-51-p1a", "base", procedure.Proposal{Days: 7, Fine: amount(499)}, []string{"a fine of 499, below the minimum of 500"}},
		{"psapl-51-p1a", "mitigated", procedure.Proposal{Days: 1}, nil},
		{"psapl-51-p1a", "mitigated", procedure.Proposal{Days: 3, Fine: amount(200)}, []string{"a fine is not provided for"}},
		{"psapl-68-p2", "aggravated", procedure.Proposal{Days: 3, Fine: amount(2999)}, []string{"a fine of 2999, below the minimum of 3000"}},
		{"psapl-60-p2", "base", procedure.Proposal{Days: 3}, []string{"it has no range of its own: no penalty by the police"}},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(10_000), Gains: yes(2000)}, nil},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(10_001), Gains: yes(2000)}, []string{"a fine of 10001, above the limit of 10000"}},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(1999), Gains: yes(2000)}, []string{"a fine of 1999, below the minimum of 2000"}},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(3001), Gains: yes(999)}, []string{"a fine of 3001, above the limit of 3000"}},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(3000), Gains: yes(0)}, nil},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(90_000)}, nil},
		{"psapl-27-1", "base", procedure.Proposal{Fine: amount(999)}, []string{"a fine of 999, below the minimum of 1000"}},
	} {
		var got []string
		for _, why := range pack.Offence(c.id).Allows(c.tier, c.p) {
			got = append(got, why.EN)
			if why.ZH == "" {
				t.Errorf("%s: only in English", why.EN)
			}
		}
		if !slices.Equal(got, c.says) {
			t.Errorf("%s %s %+v: %q, want %q", c.id, c.tier, c.p, got, c.says)
		}
	}
}

// What a tier allows stays within the most of the offence, and once something is too much, more of it is too much.
func TestAllowsKeepsWithinTheMost(t *testing.T) {
	pack := police(t)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(pack.Offences()).Draw(t, "offence")
		if len(o.Tiers) == 0 {
			return
		}
		tier := rapid.SampledFrom(o.Tiers).Draw(t, "tier")
		p := procedure.Proposal{
			Warning: rapid.Bool().Draw(t, "warning"),
			Fine:    amount(rapid.SampledFrom([]int{0, 0, 1, 499, 500, 501, 999, 1000, 1001, 2000, 3000, 3001, 5000, 5001}).Draw(t, "fine")),
			Days:    rapid.IntRange(0, 16).Draw(t, "days"),
		}
		fine, unlimited := o.MaxFine()
		allowed := len(o.Allows(tier.ID, p)) == 0
		if allowed && (p.Days > o.MaxDays() || !unlimited && p.Fine > fine) {
			t.Fatalf("%s %s allows %+v", o.ID, tier.ID, p)
		}
		if allowed && p.Days > 0 && !o.DetentionPossible(tier.ID) {
			t.Fatalf("%s %s allows detention", o.ID, tier.ID)
		}
		more := p
		more.Days = 16
		if len(o.Allows(tier.ID, more)) == 0 {
			t.Fatalf("%s %s allows 16 days", o.ID, tier.ID)
		}
		fits := slices.ContainsFunc(tier.AnyOf, func(s procedure.Sanction) bool { return fits(s, p) })
		if fits != allowed {
			t.Fatalf("%s %s: %+v allowed %t, by the definition %t", o.ID, tier.ID, p, allowed, fits)
		}
	})
}

// fits says plainly what a sanction allows.
func fits(s procedure.Sanction, p procedure.Proposal) bool {
	if !p.Warning && p.Fine == 0 && p.Days == 0 || s.Warning != p.Warning {
		return false // no sanction of this pack lets a warning be added
	}
	days := p.Days == 0
	if s.Days != nil {
		days = p.Days > 0 && p.Days >= s.Days.From && p.Days <= s.Days.To
	}
	within := func(r *procedure.FineRange) bool {
		return p.Fine > 0 && p.Fine >= r.From && (p.Fine <= r.To || r.Gains != nil)
	}
	switch {
	case s.Fine != nil:
		return days && within(s.Fine)
	case s.MayAdd != nil && s.MayAdd.Fine != nil:
		return days && (p.Fine == 0 || within(s.MayAdd.Fine))
	}
	return days && p.Fine == 0
}

const soundOffences = `section: s
title: {zh: 节, en: Section}
offences:
  a-1:
    title: {zh: 甲, en: A}
    basis: [act/1]
    conduct: {zh: 做甲, en: does A}
    tiers:
      base: [{warning: true}, {fine: {from: 100, to: 500}}]
      aggravated: [{detention: {from: 5, to: 10}, may_add: {fine: {to: 1000}}}]
    when: {aggravated: {zh: 严重, en: serious}}
    mediation: class
    flags: [new, venue_ban]
  a-2:
    title: {zh: 乙, en: B}
    basis: [act/3]
    conduct: {zh: 做乙, en: does B}
    tiers:
      base: [{fine: {from: 1000, to: 3000, gains: {from: 1, to: 5, at_least: 1000}}}]
  a-3:
    title: {zh: 丙, en: C}
    basis: [act/3]
    conduct: {zh: 做丙, en: does C}
    no_range: {zh: 没有, en: none}
`

func withOffences(old, new string) map[string]string {
	files := map[string]string{}
	for name, text := range sound {
		files[name] = text
	}
	if !strings.Contains(soundOffences, old) {
		panic("the sound offences have no " + old)
	}
	files["p/offences/s.yaml"] = strings.Replace(soundOffences, old, new, 1)
	return files
}

func TestASoundCatalogueIsProved(t *testing.T) {
	pack, err := load(withOffences("", ""))
	if err != nil {
		t.Fatal(err)
	}
	proved := 0
	for _, r := range pack.Check() {
		if r.Check == "offence" && r.Verdict == procedure.Proved && r.Pos.Line > 0 {
			proved++
		}
	}
	if proved != 3 || len(pack.Offences()) != 3 {
		t.Errorf("%d offences, %d proved", len(pack.Offences()), proved)
	}
	bare, err := load(sound)
	if err != nil || len(bare.Offences()) != 0 || bare.Procedures[0].Edition() == pack.Procedures[0].Edition() {
		t.Errorf("another catalogue is another edition: %v", err)
	}
}

func TestTiersThatFallAreRefuted(t *testing.T) {
	pack, err := load(withOffences("base: [{warning: true}, {fine: {from: 100, to: 500}}]", "base: [{detention: {to: 15}}]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range pack.Check() {
		if r.Check == "offence" && r.Verdict == procedure.Refuted && r.Of == "a-1" && strings.Contains(r.Why, "tier base reaches 15 days") {
			return
		}
	}
	t.Error("not refuted")
}

func TestABrokenCatalogueIsRefusedAtItsPlace(t *testing.T) {
	for _, b := range []struct{ name, old, new, at, says string }{
		{"no range", "    no_range: {zh: 没有, en: none}\n", "", "20:3", "offence a-3 has no range"},
		{"no range though it has tiers", "    mediation: class\n", "    no_range: {en: none}\n", "4:3", "says under no_range that it has none"},
		{"fine from more than to", "from: 100, to: 500", "from: 600, to: 500", "9:38", "a fine from 600 to 500"},
		{"detention from more than to", "from: 5, to: 10", "from: 11, to: 10", "10:32", "detention from 11 to 10 days"},
		{"gains from more than to", "gains: {from: 1, to: 5", "gains: {from: 6, to: 5", "19:51", "from is more than to"},
		{"duplicate id", "  a-2:", "  a-1:", "14:3", "a-1"},
		{"unknown flag", "venue_ban", "venue_bann", "13:18", `no flag "venue_bann": expected`},
		{"flag given twice", "[new, venue_ban]", "[new, new]", "13:18", "given twice"},
		{"unknown key", "    mediation: class", "    meditation: class", "12:5", `did you mean "mediation"?`},
		{"unknown word of mediation", "mediation: class", "mediation: clas", "12:16", `did you mean "class"?`},
		{"unknown tier", "      aggravated: [", "      agravated: [", "10:7", `did you mean "aggravated"?`},
		{"when of a tier that is not there", "when: {aggravated", "when: {mitigated", "11:12", `has no tier "mitigated"`},
		{"article that is not there", "basis: [act/1]", "basis: [act/7]", "6:13", `no article "7"`},
		{"no article", "basis: [act/1]", "basis: []", "4:3", "cites no article"},
		{"empty penalty", "[{warning: true},", "[{},", "9:14", "at least one of warning, fine and detention"},
		{"tier without a penalty", "base: [{warning: true}, {fine: {from: 100, to: 500}}]", "base: []", "9:7", "has no penalty"},
		{"added twice", "may_add: {fine", "fine: {to: 1}, may_add: {fine", "10:75", "must be imposed already"},
		{"days that are no number", "from: 5, to: 10", "from: five, to: 10", "10:39", "a whole number from 1"},
		{"no days", "from: 5, to: 10", "to: 0", "10:37", "a whole number from 1"},
		{"fine that is none", "from: 100, to: 500", "from: 100, to: lots", "9:54", "is not an amount"},
		{"fine of nothing", "from: 100, to: 500", "to: 0", "9:43", "no amount of a fine"},
		{"fine below nothing", "from: 100, to: 500", "from: -1, to: 500", "9:45", "no amount of a fine"},
		{"id with a capital", "  a-2:", "  A-2:", "14:3", "an id is"},
		{"under another name", "section: s", "section: t", "1:10", "give both one name"},
	} {
		t.Run(b.name, func(t *testing.T) {
			_, err := load(withOffences(b.old, b.new))
			var problems yaml.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("loads: %v", err)
			}
			for _, p := range problems {
				if strings.Contains(p.String(), b.says) && strings.HasPrefix(p.String(), "p/offences/s.yaml:"+b.at) {
					return
				}
			}
			t.Errorf("want %s %q, got\n%v", b.at, b.says, problems)
		})
	}
	files := withOffences("", "")
	files["p/offences/t.yaml"] = strings.Replace(strings.Replace(soundOffences, "section: s", "section: t", 1), "a-3", "a-4", 1)
	if _, err := load(files); err == nil || !strings.Contains(err.Error(), "p/offences/t.yaml:4:3") || !strings.Contains(err.Error(), "offence a-1 is there already, at p/offences/s.yaml:4:3") {
		t.Errorf("an id of another file: %v", err)
	}
}

// What expressions ask of the catalogue, asked as a pack asks it.
func TestExpressionsAskTheCatalogue(t *testing.T) {
	for expr, want := range map[string]bool{
		"in_range('a-1', 'aggravated', money('0'), 5)":          true,
		"in_range('a-1', 'aggravated', money('0'), 4)":          false,
		"in_range('a-1', 'base', money('0'), 0)":                true, // a warning
		"in_range('a-3', 'base', money('0'), 0)":                false,
		"not_above('a-1', 'aggravated', money('1'), 1)":         true,
		"not_above('a-1', 'aggravated', money('1000'), 10)":     true,
		"not_above('a-1', 'aggravated', money('1001'), 1)":      false,
		"not_above('a-1', 'aggravated', money('1'), 11)":        false,
		"not_above('a-1', 'base', money('1'), 1)":               false,
		"not_above('a-2', 'base', money('900000'), 0)":          true, // a multiple of the gains has no bound
		"not_above('a-1', 'raised', money('0'), 0)":             false,
		"mediation('a-1') == 'class'":                           true,
		"mediation('a-2') == ''":                                true,
		"may_detain('a-1') && !may_detain('a-2')":               true,
		"most_days('a-1') == 10":                                true,
		"most_fine('a-1') == money('1000')":                     true,
		"flagged('a-1', 'venue_ban') && !flagged('a-2', 'new')": true,
	} {
		files := withOffences("", "")
		files["p/procedures/q.yaml"] = strings.Replace(files["p/procedures/q.yaml"], "    after: [file]\n", "    after: [file]\n    expect: [{rule: unheard, that: \""+expr+"\"}]\n", 1)
		finding := ""
		if !want {
			finding = "{rule: unheard}"
		}
		files["p/cases/c.yaml"] = "title: {zh: 例, en: case}\nacts:\n  - {do: file, at: \"2026-03-02T09:00\", by: {person: x, posts: [handler]}}\n  - {do: tell, at: \"2026-03-02T10:00\"}\nexpect:\n  findings: [" + finding + "]\n"
		fsys := fstest.MapFS{}
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		pack, err := procedure.Load(fsys, "p")
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		got, err := pack.RunCases(fsys, "p")
		if err != nil || len(got) != 1 || len(got[0].Differences) > 0 {
			t.Errorf("%s: %v %+v", expr, err, got)
		}
	}
}
