package handling_test

import (
	"errors"
	"slices"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// TestAPasswordMakesNoSecondAdministrator: whoever gives another administrator a new password may be using that account. What the
// two then do is done by one, whichever of them brings a person in; a third is another, and so is who got a password from
// whoever runs the server.
func TestAPasswordMakesNoSecondAdministrator(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		h.to(h.now() + minute)
	}
	n := 0
	enrol := func(by, id string) {
		t.Helper()
		n++
		step(h.ChangePeople(ctx, as(by), authority.Enrol(authority.Person{ID: authority.PersonID(id), Name: id, Number: "900" + string(rune('0'+n))})))
	}
	first := func(by, id string, may bool) {
		t.Helper()
		_, err := h.ResetAccount(ctx, as(by), h.id(), id, authority.PersonID(id))
		var bad *handling.Invalid
		if may && err != nil || !may && !errors.As(err, &bad) {
			t.Errorf("%s gives %s a first sign-in: %v", by, id, err)
		}
		h.to(h.now() + minute)
	}
	reset := func(by, of string) string {
		t.Helper()
		given, err := h.ResetAccount(ctx, as(by), h.id(), of, authority.PersonID(of))
		step(err)
		return given.Password
	}
	step(h.GiveAccount(ctx, "admin", "admin", "correct horse battery"))
	for _, id := range []string{"second", "third"} {
		enrol("admin", id)
		step(h.ChangePeople(ctx, as("admin"), authority.Appoint(authority.Appointment{Person: authority.PersonID(id), Post: authority.Administrator, Unit: "ju"})))
		step(h.GiveAccount(ctx, id, authority.PersonID(id), "correct horse staple"))
	}
	for _, id := range []string{"one", "two", "three"} {
		enrol("admin", id)
	}
	first("admin", "one", false)
	first("second", "one", true)

	password := reset("admin", "second")
	in, err := h.SignIn(ctx, "second", password, "", "")
	step(err)
	s, err := h.Session(ctx, in.Token, true)
	step(err)
	step(h.ChangePassword(ctx, as("second"), s, password, "another long password"))
	first("second", "two", false)
	enrol("second", "four")
	first("admin", "four", false)
	first("third", "four", true)
	reset("second", "third")
	first("third", "two", false) // by the account of the second that the first may be using

	for _, who := range []string{"admin", "second", "third"} {
		got, err := h.Resets(ctx, as(who))
		if err != nil || !slices.ContainsFunc(got, func(r handling.Reset) bool { return r.Person == "second" && r.By == "admin" }) {
			t.Errorf("%s is not told: %+v %v", who, got, err)
		}
		if slices.ContainsFunc(got, func(r handling.Reset) bool { return r.Person == "one" }) {
			t.Errorf("%s is told of an officer's: %+v", who, got)
		}
	}
	if got, err := h.Resets(ctx, as("one")); err != nil || len(got) != 1 || got[0].By != "second" {
		t.Errorf("an officer is told of their own: %+v %v", got, err)
	}
	notices, err := h.store.Notices(ctx, 0, 1000)
	step(err)
	told := 0
	for _, x := range notices {
		if x.Topic == "administrator_reset" && x.Case == casefile.CaseID("people") && x.Text == "second" {
			told++
		}
	}
	if told != 2 { // when they began, and now
		t.Errorf("%d notices", told)
	}

	step(h.GiveAccount(ctx, "second", "second", "a third long password"))
	first("second", "two", true)
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
	h.again()
	if got, err := h.Resets(ctx, as("second")); err != nil || got[0].By != "second" && got[0].By != "" {
		t.Errorf("after a restart: %+v %v", got, err)
	}
}
