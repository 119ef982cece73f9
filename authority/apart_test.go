package authority_test

import (
	"testing"

	"plumbline/authority"
)

// supervised is an organ with a superintendence that stands apart and a desk of assessors.
func supervised(t *testing.T) *authority.Directory {
	t.Helper()
	var all []authority.Change
	for _, u := range [][3]string{{"P", "prefecture", ""}, {"C", "county", "P"}, {"S", "station", "C"}, {"I", "superintendence", "C"}, {"L", "legal", "C"}} {
		all = append(all, authority.Found(authority.Unit{ID: authority.UnitID(u[0]), Kind: u[1], Name: authority.Text{EN: u[0]}, Parent: authority.UnitID(u[2])}))
	}
	for _, p := range [][3]string{{"handler", "handler", "S"}, {"head", "unit_head", "S"}, {"chief", "county_head", "C"}, {"upper", "upper_organ", "P"}, {"above", "unit_head", "P"},
		{"reviewer", "legal_reviewer", "C"}, {"watcher", "supervisor", "C"}, {"inspector", "superintendent", "I"}, {"general", "superintendent_general", "I"}, {"inspectors_head", "unit_head", "I"}, {"assessor", "assessor", "L"}} {
		id := authority.PersonID(p[0])
		all = append(all, authority.Enrol(authority.Person{ID: id, Name: p[0], Number: p[0]}), authority.Appoint(authority.Appointment{Person: id, Post: p[1], Unit: authority.UnitID(p[2])}))
	}
	d := authority.NewDirectory()
	for i := range all {
		all[i] = all[i].Made("", 1)
	}
	if err := d.Apply(all...); err != nil {
		t.Fatal(err)
	}
	return d
}

// Who may do what in matters of supervision: Y may, n may see and not do it, . does not know of it.
func TestMattersOfSupervision(t *testing.T) {
	d := supervised(t)
	complaint := authority.CaseView{Unit: "I", Opener: "inspector", About: []authority.PersonID{"handler"}}
	within := authority.CaseView{Unit: "I", Opener: "general", About: []authority.PersonID{"inspector"}}
	round := authority.CaseView{Unit: "L", Opener: "assessor", Concerned: []authority.PersonID{"handler"}}
	alone := round
	alone.Alone = true
	closed := round
	closed.Closed = true
	for _, c := range []struct {
		name string
		view authority.CaseView
		want map[authority.PersonID]string // see, record, decide, who looked
	}{
		{"a complaint about a handler", complaint, map[authority.PersonID]string{"handler": "....", "head": "....", "chief": "....", "above": "....", "reviewer": "....", "watcher": "....", "assessor": "....",
			"inspector": "YYYY", "general": "YYYY", "inspectors_head": "YYYY", "upper": "YYYY"}},
		{"a complaint about who inspects", within, map[authority.PersonID]string{"inspector": "....", "inspectors_head": "....", "chief": "....", "general": "YYYY", "upper": "YYYY"}},
		{"a round that concerns a handler", round, map[authority.PersonID]string{"handler": "YYYn", "head": "....", "chief": "YYYY", "assessor": "YYYY", "reviewer": "YYYn", "watcher": "YnnY", "inspector": "...."}},
		{"while it is there for one alone", alone, map[authority.PersonID]string{"handler": "....", "chief": "YYYY", "assessor": "YYYn", "reviewer": "....", "watcher": "...."}},
		{"the round when it is closed", closed, map[authority.PersonID]string{"handler": "YnYn", "assessor": "YnYY"}},
	} {
		for who, want := range c.want {
			got := ""
			for _, a := range []authority.Action{authority.SeeCase, authority.RecordAct, authority.DecideAct, authority.SeeViews} {
				x := d.May(authority.Query{Who: who, Action: a, Case: &c.view, Now: now})
				switch {
				case x.Allowed:
					got += "Y"
				case x.NotFound:
					got += "."
				default:
					got += "n"
				}
			}
			if got != want {
				t.Errorf("%s, %s: %s, want %s", c.name, who, got, want)
			}
			// The list of cases agrees; those whom a matter concerns find it in a list of its own.
			if listed := d.Visible(who, "", now).Matches(c.view); listed != (got[0] == 'Y') && who != "handler" && !c.view.Alone {
				t.Errorf("%s, %s: listed %v, seen %s", c.name, who, listed, got)
			}
		}
	}
}

// A post opens a matter only where the pack gives its opening to it, and only in its own unit; a head opens nothing.
func TestWhoOpensAMatter(t *testing.T) {
	d := supervised(t)
	for _, c := range []struct {
		who   authority.PersonID
		unit  authority.UnitID
		opens []string
		want  bool
	}{
		{"inspector", "I", []string{"superintendent"}, true},
		{"inspector", "S", []string{"superintendent"}, false},
		{"general", "I", []string{"superintendent"}, false},
		{"head", "S", []string{"unit_head", "handler"}, false},
		{"handler", "S", []string{"unit_head", "handler"}, true},
		{"handler", "S", nil, true},
		{"assessor", "L", nil, false},
		{"assessor", "L", []string{"assessor"}, true},
	} {
		got := d.May(authority.Query{Who: c.who, Action: authority.OpenCase, Case: &authority.CaseView{Unit: c.unit}, Opens: c.opens, Now: now}).Allowed
		if got != c.want {
			t.Errorf("%s opens in %s by %v: %v", c.who, c.unit, c.opens, got)
		}
	}
}
