package authority_test

import (
	"testing"

	"pgregory.net/rapid"

	"plumbline/authority"
)

var (
	somePeople = []authority.PersonID{"p1", "p2", "p3", "p4", "p5", "p6"}
	someUnits  = []authority.UnitID{"u1", "u2", "u3", "u4", "u5"}
	somePosts  = []string{"handler", "unit_head", "legal_officer", "legal_reviewer", "county_head", "upper_organ", "supervisor", "administrator", "clerk"}
)

// randomDirectory makes changes at random, most of them possible, and keeps those that were accepted.
func randomDirectory(t *rapid.T) (*authority.Directory, []authority.Change) {
	d := authority.NewDirectory()
	var applied []authority.Change
	apply := func(c authority.Change) {
		if d.Apply(c) == nil {
			applied = append(applied, c)
		}
	}
	person, unit, moment := rapid.SampledFrom(somePeople), rapid.SampledFrom(someUnits), rapid.SampledFrom(moments)
	for i, u := range someUnits {
		var parent authority.UnitID
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "root") > 0 {
			parent = rapid.SampledFrom(someUnits[:i]).Draw(t, "parent")
		}
		apply(authority.Found(authority.Unit{ID: u, Kind: "station", Name: authority.Text{EN: string(u)}, Parent: parent}).Made("", moments[0]))
	}
	for _, p := range append([]authority.PersonID{"root"}, somePeople...) {
		apply(authority.Enrol(authority.Person{ID: p, Name: string(p), Number: string(p)}).Made("", moments[0]))
	}
	apply(authority.Appoint(authority.Appointment{Person: "root", Post: "administrator", Unit: "u1"}).Made("", moments[0]))
	at := moments[0]
	for range rapid.IntRange(0, 30).Draw(t, "changes") {
		by := authority.PersonID("")
		if len(applied) > 20 || rapid.Bool().Draw(t, "by") {
			by = "root"
		}
		if by != "" && rapid.IntRange(0, 3).Draw(t, "later") == 0 {
			if next := moment.Draw(t, "at"); next > at {
				at = next
			}
		}
		p, post, u := person.Draw(t, "person"), rapid.SampledFrom(somePosts).Draw(t, "post"), unit.Draw(t, "unit")
		from, until := at, moment.Draw(t, "until")
		if rapid.Bool().Draw(t, "other begin") {
			from = moment.Draw(t, "from")
		}
		if until <= from {
			until = 0
		}
		var c authority.Change
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1, 2:
			c = authority.Appoint(authority.Appointment{Person: p, Post: post, Unit: u, From: from, Until: until})
		case 3:
			had := d.Appointments(p)
			if len(had) == 0 {
				continue
			}
			c = authority.EndPost(rapid.SampledFrom(had).Draw(t, "appointment"), moment.Draw(t, "end"))
		case 4:
			held := d.PostsAt(p, from)
			if len(held) == 0 {
				continue
			}
			h := rapid.SampledFrom(held).Draw(t, "held")
			c = authority.Delegate(authority.Delegation{From: p, To: person.Draw(t, "to"), Post: h.Post, Unit: h.Unit, Since: from, Until: until, Reason: "leave"})
		case 5:
			had := d.Delegations(p)
			if len(had) == 0 {
				continue
			}
			c = authority.EndDelegation(rapid.SampledFrom(had).Draw(t, "delegation"), moment.Draw(t, "end"))
		}
		apply(c.Made(by, at))
	}
	return d, applied
}

func randomCase(t *rapid.T) authority.CaseView {
	people := rapid.SliceOfN(rapid.SampledFrom(somePeople), 0, 2)
	flag := func(name string) bool { return rapid.IntRange(0, 4).Draw(t, name) == 0 }
	c := authority.CaseView{
		Unit:     rapid.SampledFrom(someUnits).Draw(t, "unit"),
		Handlers: people.Draw(t, "handlers"),
		Sealed:   flag("sealed"), Minor: flag("minor"), Closed: flag("closed"),
	}
	if flag("opened") {
		c.Opener = rapid.SampledFrom(somePeople).Draw(t, "opener")
	}
	if flag("complaint") {
		c.About = people.Draw(t, "about")
	}
	return c
}

// The filter of rows and the decision about one case never disagree, whatever the organ looks like.
func TestTheFilterAgreesWithTheDecision(t *testing.T) {
	seen, unseen := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		d, _ := randomDirectory(t)
		c := randomCase(t)
		purpose := rapid.SampledFrom([]string{"", " ", "complaint 17"}).Draw(t, "purpose")
		for _, who := range append([]authority.PersonID{"", "root", "stranger"}, somePeople...) {
			for _, m := range moments {
				f := d.Visible(who, purpose, m)
				one := d.May(authority.Query{Who: who, Action: authority.SeeCase, Case: &c, Now: m, Purpose: purpose})
				if f.Matches(c) != one.Allowed {
					t.Fatalf("%s at %s: filter %+v says %v, decision is %+v", who, m, f, f.Matches(c), one)
				}
				if one.Allowed {
					seen++
				} else {
					unseen++
				}
			}
		}
	})
	if seen < 100 || unseen < 100 {
		t.Errorf("%d seen, %d unseen: the test hardly tests", seen, unseen)
	}
}

// Nobody does anything to a case without seeing it, and what looks like nothing always looks the same.
func TestNobodyActsOnWhatTheyMayNotSee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, _ := randomDirectory(t)
		c := randomCase(t)
		for _, who := range append([]authority.PersonID{"", "root", "stranger"}, somePeople...) {
			ask := func(a authority.Action) authority.Decision {
				return d.May(authority.Query{Who: who, Action: a, Case: &c, Now: now, Purpose: "complaint 17"})
			}
			sees := ask(authority.SeeCase)
			for _, a := range caseColumns {
				got := ask(a)
				if got.Allowed && !sees.Allowed || got.NotFound == sees.Allowed {
					t.Fatalf("%s: %s is %+v, but the case itself %+v", who, a, got, sees)
				}
			}
			for _, h := range d.PostsAt(who, now) {
				if h.Post == authority.Administrator && sees.Allowed {
					t.Fatalf("the administrator %s sees a case", who)
				}
			}
		}
	})
}
