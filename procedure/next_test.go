package procedure_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

// walkStep is one act of a lawful case; the data of an act are one of several sets that may be lawful.
type walkStep struct {
	do, by, about string
	data          map[string]string
}

var cast = map[string]casefile.Actor{
	"chen": {Posts: []string{"handler"}}, "wang": {Posts: []string{"handler"}}, "li": {Posts: []string{"unit_head"}}, "qian": {Posts: []string{"legal_officer"}, Qualifications: []string{"legal_profession"}},
	"zhou": {Posts: []string{"legal_reviewer"}, Qualifications: []string{"legal_profession"}}, "zhao": {Posts: []string{"county_head"}}, "hou": {Posts: []string{"upper_organ"}}, "nobody": {Posts: []string{}},
}

var proposed = map[string]string{"fine": "500", "detention_days": "0", "offence": "psapl-51-p1a", "tier": "mitigated", "evidence_kinds": "victim,av", "measure": "罚款", "facts": "事实", "evidence": "证据", "grounds": "依据"}

var lawfulWalk = []walkStep{
	{"receive_report", "chen", "", map[string]string{"source": "walk_in"}}, {"register_person", "chen", "p1", nil}, {"accept", "chen", "", nil}, {"assign", "li", "", nil}, {"file", "wang", "", nil},
	{"approve_summons", "li", "p1", nil}, {"summon", "wang", "p1", nil}, {"notify_family", "wang", "p1", nil}, {"leave", "wang", "p1", nil}, {"extend_limit", "zhao", "", nil},
	{"seize", "wang", "i1", nil}, {"extend_seizure", "zhao", "i1", nil}, {"propose", "wang", "p1", proposed}, {"notify_penalty", "wang", "p1", map[string]string{"fine": "500", "detention_days": "0", "answer": "none"}},
	{"state_defence", "wang", "p1", nil}, {"review_defence", "wang", "p1", nil}, {"assess_review", "qian", "", map[string]string{"required": "true", "collective": "false"}}, {"review_proposal", "qian", "p1", map[string]string{"result": "pass"}},
	{"legal_review", "zhou", "", map[string]string{"result": "pass"}}, {"fix_penalty", "zhao", "p1", map[string]string{"fine": "500", "detention_days": "0"}}, {"decide", "zhao", "", map[string]string{"level": "county"}},
	{"serve", "wang", "p1", nil}, {"execute_penalty", "wang", "p1", nil}, {"close", "li", "", map[string]string{"ground": "executed"}},
}

// variants are complete data for an act: every one is tried.
func variants(kind string) []map[string]string {
	out := []map[string]string{{}}
	with := func(sets ...map[string]string) { out = append(out, sets...) }
	for _, s := range lawfulWalk {
		if s.do == kind && s.data != nil {
			with(s.data)
		}
	}
	switch kind {
	case "decide":
		with(map[string]string{"level": "station"})
	case "fix_penalty":
		with(map[string]string{"fine": "5000", "detention_days": "5"}, map[string]string{"fine": "0", "detention_days": "0"})
	case "approve_measure":
		with(map[string]string{"measure": "sample"})
	case "close":
		for _, g := range []string{"unenforceable", "no_penalty", "terminated", "criminal"} {
			with(map[string]string{"ground": g})
		}
	case "refuse_acceptance":
		with(map[string]string{"told": "written"})
	case "recuse", "refuse_recusal":
		with(map[string]string{"of": "head"})
	case "extend_questioning":
		with(map[string]string{"to": "h48", "identity_withheld": "true"})
	case "settle":
		with(map[string]string{"offence": "psapl-51-p1a"})
	case "decide_deferral":
		with(map[string]string{"result": "refused"})
	case "forfeit_bond":
		with(map[string]string{"amount": "0"})
	case "open_sealed":
		with(map[string]string{"ground": "case", "secrecy": "true"})
	case "resume_case":
		with(map[string]string{"ground": "review"}, map[string]string{"ground": "court"}, map[string]string{"ground": "evidence"})
	case "classify_inquiry":
		with(map[string]string{"complex": "true", "detention_possible": "true"}, map[string]string{"complex": "false", "detention_possible": "false", "many_persons": "false", "unidentified": "false"})
	}
	return out
}

// TestNextAgreesWithTheJudge: what is offered as lawful can be done lawfully, and a decision that something stands against
// cannot, whatever its data.
func TestNextAgreesWithTheJudge(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("administrative")
	if err != nil {
		t.Fatal(err)
	}
	actOf := func(s walkStep, ref int64, now calendar.Instant) procedure.Act {
		actor := cast[s.by]
		actor.Person = s.by
		a := procedure.Act{Ref: ref, Kind: p.ActOf(s.do), Occurred: now, Precision: calendar.Second, Recorded: now, Actor: &actor, Unit: &casefile.Unit{ID: "b1", Kind: "station"}}
		info := p.Act(a.Kind)
		if info.Scope != "case" {
			role := info.Role
			if role == "" && info.Scope == "person" {
				role = "offender"
			}
			a.Subjects = []casefile.Ref{{ID: casefile.Subject(s.about), Kind: info.Scope, Role: role}}
		}
		for _, f := range info.Fields {
			v := casefile.Value{}
			text, given := s.data[f.Name]
			switch {
			case given:
				if v, err = casefile.ParseValue(f.Kind, text, pack.Zone); err != nil {
					t.Fatal(err)
				}
			case len(f.Enum) > 0:
				v = casefile.TextOf(f.Enum[0].ID)
			case f.Kind == casefile.Text:
				v = casefile.TextOf("某事")
			case f.Kind == casefile.Instant:
				v = casefile.InstantOf(now)
			case f.Kind == casefile.Bool:
				v = casefile.BoolOf(false)
			case f.Kind == casefile.Int:
				v = casefile.IntOf(0)
			case f.Kind == casefile.Money:
				v = casefile.MoneyOf(0)
			}
			a.Data = append(a.Data, v)
		}
		return a
	}
	rapid.Check(t, func(t *rapid.T) {
		j, s := p.NewJudge(), p.New()
		now := pack.Zone.Start(calendar.NewDate(2026, 3, 2))
		n := rapid.IntRange(0, len(lawfulWalk)).Draw(t, "how far")
		for i, w := range lawfulWalk[:n] {
			now += calendar.Instant(rapid.SampledFrom([]int64{1, 60, 9 * 60, 26 * 60, 8 * 24 * 60}).Draw(t, "minutes")) * 60_000_000
			if i > 0 && rapid.IntRange(0, 7).Draw(t, "left out") == 0 {
				continue
			}
			w.data = maps.Clone(w.data)
			if _, ok := w.data["result"]; ok && rapid.IntRange(0, 5).Draw(t, "fails") == 0 {
				w.data["result"] = "fail"
			}
			a := actOf(w, int64(i+1), now)
			next := s.Clone()
			var o procedure.Outcome
			if j.Act(next, &a, &o); !o.Refused {
				s = next
			}
		}
		by := rapid.SampledFrom([]string{"chen", "wang", "li", "qian", "zhou", "zhao", "hou", "nobody"}).Draw(t, "by")
		now += calendar.Instant(rapid.SampledFrom([]int64{1, 60, 30 * 60, 40 * 24 * 60}).Draw(t, "later")) * 60_000_000
		actor := cast[by]
		actor.Person = by
		before, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		options := j.Nexts(s, now, &actor)
		if after, _ := s.AppendBinary(nil); string(after) != string(before) {
			t.Fatal("asking moved the standing")
		}
		for _, x := range options {
			info := p.Act(x.Act)
			subject := string(x.Subject)
			if subject == "" && info.Scope != "case" {
				subject = "new9"
			}
			lawful := false
			var reasons []procedure.Finding
			for _, d := range variants(info.ID) {
				a := actOf(walkStep{info.ID, by, subject, d}, 99, now)
				if x.Subject != "" {
					a.Subjects[0].Role = ""
				} else if info.Scope != "case" {
					a.Subjects[0].Role = info.Role
				}
				try := s.Clone()
				var past, o procedure.Outcome
				j.Advance(try, now, &past)
				j.Act(try, &a, &o)
				lawful = lawful || !o.Refused
				reasons = o.Findings
			}
			if info.Decision && len(x.Against) == 0 && !lawful {
				t.Errorf("%s on %q by %s is offered, and refused: %s", info.ID, x.Subject, by, clauses(reasons))
			}
			if info.Decision && !info.Relieves && len(x.Against) > 0 && lawful {
				t.Errorf("%s on %q by %s is not offered (%s), and lawful", info.ID, x.Subject, by, clauses(x.Against))
			}
		}
	})
}

func clauses(found []procedure.Finding) (out []string) {
	for _, f := range found {
		out = append(out, f.Clause+" "+f.Missing)
	}
	return out
}
