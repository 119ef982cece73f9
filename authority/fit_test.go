package authority_test

import (
	"errors"
	"strings"
	"testing"

	"plumbline/authority"
)

// TestAttackIdsThatReadAsTwo: an id is one word in an address, a list and a form, and nobody's number is another's id.
func TestAttackIdsThatReadAsTwo(t *testing.T) {
	d := authority.NewDirectory()
	if err := d.Apply(authority.Enrol(authority.Person{ID: "li", Name: "Li", Number: "n012", Rank: "constable"}).Made("", now)); err != nil {
		t.Fatal(err)
	}
	person := func(id, number string) authority.Change {
		return authority.Enrol(authority.Person{ID: authority.PersonID(id), Name: "x", Number: number})
	}
	unit := func(id string) authority.Change {
		return authority.Found(authority.Unit{ID: authority.UnitID(id), Kind: "station", Name: authority.Text{EN: "x"}})
	}
	for _, bad := range []struct {
		change authority.Change
		code   string
	}{
		{person("", "1"), "bad_id"}, {person("a,b", "1"), "bad_id"}, {person("a/0", "1"), "bad_id"}, {person("a b", "1"), "bad_id"},
		{person("李", "1"), "bad_id"}, {person("A", "1"), "bad_id"}, {person("0100", "1"), "bad_id"}, {person(strings.Repeat("a", 65), "1"), "bad_id"},
		{person("n012", "1"), "mistakable"}, {person("wang", "li"), "mistakable"},
		{unit("a&b"), "bad_id"}, {unit("../a"), "bad_id"},
		{authority.Promote("li", "constable", now), "already_held"},
	} {
		var e *authority.Error
		if err := d.Fit(bad.change); !errors.As(err, &e) || !e.Has(bad.code) {
			t.Errorf("%+v: %v, want %s", bad.change, err, bad.code)
		}
	}
	for _, good := range []authority.Change{person("wang-2", "0100"), person("same", "same"), unit("a-1"), authority.Promote("li", "sergeant", now)} {
		if err := d.Fit(good); err != nil {
			t.Error(err)
		}
	}
}
