package handling_test

import (
	"errors"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

const password, newer = "korrekt Pferd Batterie", "noch ein anderes Wort"

func TestDrafts(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	ctx := t.Context()
	if _, err := h.SaveDraft(ctx, as("wang"), c.id, "propose", "p2", []byte("half")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SaveDraft(ctx, as("sun"), c.id, "propose", "p2", []byte("of sun")); err != nil {
		t.Fatal(err)
	}
	h.again()
	read := func(who string) string {
		t.Helper()
		d, err := h.Draft(ctx, as(who), c.id, "propose", "p2")
		if err != nil {
			t.Fatal(err)
		}
		return string(d.Body)
	}
	if read("wang") != "half" || read("sun") != "of sun" || read("li") != "" || read("admin") != "" || read("") != "" {
		t.Error("drafts", read("wang"), read("sun"), read("li"))
	}
	if all, heads, err := h.Drafts(ctx, as("wang")); err != nil || len(all) != 1 || len(heads) != 1 {
		t.Error(all, err)
	}
	// Neither a refusal nor another's act takes a draft away.
	q := c.request(stepOf("propose"))
	q.Data = data{"fine": "1", "detention_days": "0"}
	q.Draft = handling.DraftKey(as("wang"), c.id, "propose", "p2")
	h.set("2026-03-04T09:00")
	if a, err := h.Submit(ctx, as("wang"), q); err != nil || len(a.Refused) == 0 || read("wang") != "half" {
		t.Error(a, err, read("wang"))
	}
	q = c.request(stepOf("propose"))
	q.Draft = handling.DraftKey(as("sun"), c.id, "propose", "p2")
	if _, err := h.Submit(ctx, as("wang"), q); err != nil || read("sun") != "of sun" || read("wang") != "half" {
		t.Error("another's draft:", err, read("sun"))
	}
	q = c.request(stepOf("propose"))
	q.Draft = handling.DraftKey(as("wang"), c.id, "propose", "p2")
	if _, err := h.Submit(ctx, as("wang"), q); err != nil || read("wang") != "" || read("sun") != "of sun" {
		t.Error(err, read("wang"))
	}
	if err := h.DropDraft(ctx, as("wang"), c.id, "propose", "p2"); err != nil || read("sun") != "of sun" {
		t.Error(err)
	}
	for _, bad := range []struct{ act, subject, body string }{{"../x", "p2", "x"}, {"propose", string(make([]byte, 100)), "x"}, {"propose", "p2", string(make([]byte, 257<<10))}} {
		if _, err := h.SaveDraft(ctx, as("wang"), c.id, bad.act, casefile.Subject(bad.subject), []byte(bad.body)); err == nil {
			t.Errorf("saved %.20q %.20q", bad.act, bad.subject)
		}
	}
	if handling.DraftKey(as("a"), "b/c", "d", "") == handling.DraftKey(as("a/b"), "c", "d", "") {
		t.Error("two people share a draft")
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if err := h.PutAccount(ctx, "wang", "wang", password, true); err != nil {
		t.Fatal(err)
	}
	if err := h.PutAccount(ctx, "wang", "sun", password, true); !errors.Is(err, casefile.ErrOtherAct) {
		t.Error("another's login:", err)
	}
	var weak *handling.WeakPassword
	for _, p := range []string{"", "short", "wang", "123456789012345"} {
		if err := h.PutAccount(ctx, "sun", "sun", p, true); !errors.As(err, &weak) {
			t.Errorf("password %q: %v", p, err)
		}
	}
	in := func(login, pass string, want error) handling.SignedIn {
		t.Helper()
		s, err := h.SignIn(ctx, login, pass, "test", "")
		if !errors.Is(err, want) || (err == nil) != (s.Token != "") {
			t.Fatalf("%s/%s: %v %+v", login, pass, err, s)
		}
		return s
	}
	alive := func(s handling.SignedIn) bool { _, err := h.Session(ctx, s.Token, true); return err == nil }

	in("nobody", password, handling.ErrWrong)
	in("wang", "", handling.ErrWrong)
	one := in("wang", password, nil) // and the count begins again
	if s, err := h.Session(ctx, one.Token, true); err != nil || s.Person != "wang" {
		t.Error(s, err)
	}
	for _, bad := range []string{"", "x", one.Token + "x", one.Token[1:]} {
		if _, err := h.Session(ctx, bad, true); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("token %q: %v", bad, err)
		}
	}

	// Locked after five, for a quarter of an hour, across a restart; the right password hears what a wrong one hears.
	for range 5 {
		in("wang", "falsch", handling.ErrWrong)
	}
	in("wang", password, handling.ErrWrong)
	h.again()
	in("wang", "falsch", handling.ErrWrong)
	in("wang", password, handling.ErrWrong)
	h.to(h.now() + 15*minute)
	in("wang", password, nil)
	if err := h.PutAccount(ctx, "wang", "wang", password, false); err != nil {
		t.Fatal(err)
	}
	if s := in("wang", password, nil); !s.Must {
		t.Error("a reset password need not be changed")
	}

	// Idle and absolute.
	a := in("wang", password, nil)
	h.to(h.now() + 29*minute)
	if !alive(a) {
		t.Error("ended too early")
	}
	h.to(h.now() + 29*minute)
	if !alive(a) {
		t.Error("use does not keep it alive")
	}
	h.to(h.now() + 31*minute)
	if alive(a) {
		t.Error("idle")
	}
	b := in("wang", password, nil)
	for range 11 * 3 {
		h.to(h.now() + 20*minute)
		if !alive(b) {
			t.Fatal("ended while used")
		}
	}
	h.to(h.now() + 61*minute)
	for range 3 {
		h.to(h.now() + 20*minute)
	}
	if alive(b) {
		t.Error("older than twelve hours")
	}
	c := in("wang", password, nil)
	h.to(h.now() - hour)
	if alive(c) {
		t.Error("the clock was set back, the session lives on")
	}
	h.to(h.now() + hour)

	// A new password ends the others.
	x, y := in("wang", password, nil), in("wang", password, nil)
	s, err := h.Session(ctx, x.Token, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ChangePassword(ctx, as("wang"), s, "falsch", newer); !errors.Is(err, handling.ErrWrong) || !alive(y) {
		t.Error(err)
	}
	if err := h.ChangePassword(ctx, as("sun"), s, password, newer); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("another's session:", err)
	}
	if err := h.ChangePassword(ctx, as("wang"), s, password, newer); err != nil || !alive(x) || alive(y) {
		t.Error(err, alive(x), alive(y))
	}
	in("wang", password, handling.ErrWrong)
	z := in("wang", newer, nil)
	all, err := h.Sessions(ctx, as("wang"))
	if err != nil || len(all) != 2 {
		t.Error(len(all), err)
	}
	zs, err := h.Session(ctx, z.Token, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.EndSession(ctx, as("sun"), zs.Token); !errors.Is(err, casefile.ErrNotFound) || !alive(z) {
		t.Error("another ends my session:", err)
	}
	if err := h.EndSession(ctx, as("wang"), ledger.Hash{}); !errors.Is(err, casefile.ErrNotFound) {
		t.Error(err)
	}
	if err := h.EndSession(ctx, as("wang"), zs.Token); err != nil || alive(z) {
		t.Error(err)
	}
	// Guessing the old password from a session found open locks, too.
	for range 5 {
		if err := h.ChangePassword(ctx, as("wang"), s, "falsch", password); !errors.Is(err, handling.ErrWrong) && !errors.Is(err, handling.ErrLocked) {
			t.Error(err)
		}
	}
	if err := h.ChangePassword(ctx, as("wang"), s, newer, password); !errors.Is(err, handling.ErrLocked) {
		t.Error("not locked:", err)
	}
}

// TestLocksGrow: who keeps guessing waits longer each time.
func TestLocksGrow(t *testing.T) {
	h := newHouse(t)
	if err := h.PutAccount(t.Context(), "wang", "wang", password, true); err != nil {
		t.Fatal(err)
	}
	for _, wait := range []int{15, 30, 60} {
		for range 5 {
			if _, err := h.SignIn(t.Context(), "wang", "falsch", "", ""); !errors.Is(err, handling.ErrWrong) {
				t.Fatal(err)
			}
		}
		for range wait {
			if _, err := h.SignIn(t.Context(), "wang", password, "", ""); !errors.Is(err, handling.ErrWrong) {
				t.Fatalf("open before %d minutes: %v", wait, err)
			}
			h.to(h.now() + minute)
		}
	}
}

// TestAKnownBrowserIsNotLockedOut: anybody can lock an account with wrong passwords; its owner still gets in from a browser
// where they were before, with the right password and only with it, until the password changes.
func TestAKnownBrowserIsNotLockedOut(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if err := h.PutAccount(ctx, "wang", "wang", password, true); err != nil {
		t.Fatal(err)
	}
	if err := h.PutAccount(ctx, "sun", "sun", password, true); err != nil {
		t.Fatal(err)
	}
	in, err := h.SignIn(ctx, "wang", password, "", "")
	if err != nil || in.Device == "" {
		t.Fatal(in, err)
	}
	other, err := h.SignIn(ctx, "sun", password, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if _, err := h.SignIn(ctx, "wang", "falsch", "", ""); !errors.Is(err, handling.ErrWrong) {
			t.Fatal(err)
		}
	}
	for device, want := range map[string]error{"": handling.ErrWrong, other.Device: handling.ErrWrong, "x": handling.ErrWrong, in.Device: nil} {
		if _, err := h.SignIn(ctx, "wang", password, "", device); !errors.Is(err, want) {
			t.Errorf("device %.5s: %v, want %v", device, err, want)
		}
	}
	if _, err := h.SignIn(ctx, "wang", "falsch", "", in.Device); !errors.Is(err, handling.ErrWrong) {
		t.Error("a known browser opens with a wrong password:", err)
	}
	if err := h.PutAccount(ctx, "wang", "wang", password+" new", true); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		_, _ = h.SignIn(ctx, "wang", "falsch", "", "")
	}
	if _, err := h.SignIn(ctx, "wang", password+" new", "", in.Device); !errors.Is(err, handling.ErrWrong) {
		t.Error("the mark outlived the password:", err)
	}
}

// TestAttackAMarkIsNoWayToTryPasswords: whoever has the mark of a browser gets five tries with it and no more, and they lock
// nobody out; another browser of the same person still opens the account.
func TestAttackAMarkIsNoWayToTryPasswords(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if err := h.PutAccount(ctx, "wang", "wang", password, true); err != nil {
		t.Fatal(err)
	}
	in := func(pass, device string, want error) string {
		t.Helper()
		s, err := h.SignIn(ctx, "wang", pass, "", device)
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
		return s.Device
	}
	stolen, desk := in(password, "", nil), in(password, "", nil)
	for range 5 {
		in("falsch", stolen, handling.ErrWrong)
	}
	in(password, "", nil) // the account was never locked
	for range 5 {
		in("falsch", "", handling.ErrWrong)
	}
	in(password, stolen, handling.ErrWrong)
	again := in(password, desk, nil)
	for range 4 {
		in("falsch", again, handling.ErrWrong)
	}
	in(password, again, nil)
}
