package handling_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

// killed is a store of a process that dies at a write: before it, or where commit is set, after it and before the answer.
type killed struct {
	handling.Store
	account, session, commit bool
}

var errKilled = errors.New("killed")

func (k *killed) PutAccount(ctx context.Context, a casefile.Account) error {
	if k.account {
		return errKilled
	}
	return k.Store.PutAccount(ctx, a)
}

func (k *killed) EndSession(ctx context.Context, token ledger.Hash) error {
	if k.session {
		return errKilled
	}
	return k.Store.EndSession(ctx, token)
}

func (k *killed) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	kept, err := k.Store.Commit(ctx, c)
	if k.commit && err == nil {
		err = errKilled
	}
	return kept, err
}

// TestAttackAResetCutInTwo: the reset stands on the record first. Killed before the account is written, the old password still
// counts; killed after it, only the new one does, and it must be changed. Another reset mends both and ends every session.
func TestAttackAResetCutInTwo(t *testing.T) {
	const old = "correct horse battery"
	for name, k := range map[string]*killed{"before the account": {account: true}, "before the sessions": {session: true}} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			h := openHouse(t, filepath.Join(t.TempDir(), "record.db"), at("2026-03-01T08:00"), nil)
			defer func() { _ = h.store.Close() }()
			h.found()
			if err := h.PutAccount(ctx, "wang", "wang", old, true); err != nil {
				t.Fatal(err)
			}
			in, err := h.SignIn(ctx, "wang", old, "", "")
			if err != nil {
				t.Fatal(err)
			}
			k.Store = h.store
			h.House = h.over(h.store, func(handling.Store) handling.Store { return k }, nil)
			before, _, _ := h.store.Head(ctx)
			given, err := h.ResetAccount(ctx, as("admin"), h.id(), "wang", "wang")
			if after, _, _ := h.store.Head(ctx); !errors.Is(err, errKilled) || after != before+1 {
				t.Fatalf("%v, %d acts more", err, after-before)
			}
			h.again()
			_, withOld := h.SignIn(ctx, "wang", old, "", "")
			fresh, withNew := h.SignIn(ctx, "wang", given.Password, "", "")
			if k.account && (withOld != nil || !errors.Is(withNew, handling.ErrWrong)) || k.session && (!errors.Is(withOld, handling.ErrWrong) || withNew != nil || !fresh.Must) {
				t.Errorf("old password: %v; new: %v, must be changed %v", withOld, withNew, fresh.Must)
			}
			if s, err := h.Session(ctx, in.Token, true); err != nil {
				t.Error(err)
			} else if must, err := h.MustChange(ctx, s); must != k.session || err != nil {
				t.Errorf("the session that outlived the reset must change the password: %v %v", must, err)
			}
			if given, err = h.ResetAccount(ctx, as("admin"), h.id(), "wang", "wang"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Session(ctx, in.Token, true); !errors.Is(err, casefile.ErrNotFound) {
				t.Error("a session outlived the second reset:", err)
			}
			if s, err := h.SignIn(ctx, "wang", given.Password, "", ""); err != nil || !s.Must {
				t.Error(s, err)
			}
			if err := h.store.Check(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAttackACorrectionWithoutAnAnswer: killed after the commit, the same form is the same correction; another one of the
// same act is told that the case moved, and then that the act was corrected. Who only sees the case corrects nothing.
func TestAttackACorrectionWithoutAnAnswer(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	c := walked(h, "notify_family")
	summon := c.rows().Acts[len(c.rows().Acts)-1].Act
	mended := func(by string) *handling.Request {
		q := c.request(step{"summon", "2026-03-02T13:55", by, "p2", data{"arrived": "2026-03-02T13:55", "oral": "false"}})
		q.Corrects = summon
		return q
	}
	h.set("2026-03-02T15:00")
	for _, by := range []string{"chen", "dong", "gao", "he", "admin", "free"} { // opener, supervisor, another station's, no case's
		var no *handling.NotAllowed
		if _, err := h.Submit(ctx, as(by), mended(by)); !errors.As(err, &no) && !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s corrected: %v", by, err)
		}
	}
	first, second := mended("wang"), mended("sun")
	size := c.head().Acts
	dying := h.over(h.store, func(s handling.Store) handling.Store { return &killed{Store: s, commit: true} }, nil)
	if _, err := dying.Submit(ctx, as("wang"), first); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	for range 2 {
		if a, err := h.Submit(ctx, as("wang"), first); err != nil || !a.Kept.Again || a.Kept.Number != size+1 {
			t.Fatal(a, err)
		}
	}
	if c.head().Acts != size+1 {
		t.Errorf("%d acts, want %d", c.head().Acts, size+1)
	}
	var moved *handling.Changed
	if _, err := h.Submit(ctx, as("sun"), second); !errors.As(err, &moved) {
		t.Fatal(err)
	}
	second.Base = moved.Base
	var bad *handling.Invalid
	if _, err := h.Submit(ctx, as("sun"), second); !errors.As(err, &bad) {
		t.Error("one act was corrected twice:", err)
	}
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
}

// TestAttackACorrectionOfSomethingElse: a correction stays with the people it was about, and with those who answer for it; and
// no case is opened twice.
func TestAttackACorrectionOfSomethingElse(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	c.do(step{"register_person", "2026-03-02T16:25", "wang", "+offender", data{"name": "王某"}})
	c.do(stepOf("leave"))
	left := c.last()
	try := func(by, about string) []handling.Problem {
		t.Helper()
		q := c.request(step{"leave", "2026-03-02T16:20", by, about, nil})
		q.Corrects = left
		_, err := h.Submit(t.Context(), as(by), q)
		var bad *handling.Invalid
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if err == nil {
			left = c.last()
			return nil
		}
		return bad.Problems
	}
	for _, about := range []string{"p3", "+offender"} {
		if bad := try("wang", about); len(bad) != 1 || bad[0].Field != "subject" {
			t.Errorf("moved to %s: %+v", about, bad)
		}
	}
	for by, may := range map[string]bool{"wang": true, "sun": true, "li": true, "qian": false, "zhou": false, "zhao": false} {
		if bad := try(by, "p2"); may != (len(bad) == 0) || !may && bad[0].Field != "corrects" {
			t.Errorf("%s: %+v", by, bad)
		}
	}
	_, err := h.Submit(t.Context(), as("wang"), c.request(step{"receive_report", "2026-03-02T16:40", "wang", "", stepOf("receive_report").data}))
	var bad *handling.Invalid
	if !errors.As(err, &bad) || bad.Problems[0].Field != "kind" {
		t.Error("opened a second time:", err)
	}
}

// TestAttackAnOfficerWhoIsNobody: one administrator alone does not make up an officer and sign in as them while there is another
// administrator; where there is none it is told. Nobody gets a second name, and one form gives one password.
func TestAttackAnOfficerWhoIsNobody(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	change := func(by string, c authority.Change) {
		t.Helper()
		h.to(h.now() + minute)
		if err := h.ChangePeople(ctx, as(by), c); err != nil {
			t.Fatal(err)
		}
	}
	ghost := func(name, number string) {
		t.Helper()
		change("admin", authority.Enrol(authority.Person{ID: authority.PersonID(name), Name: name, Number: number}))
	}
	reset := func(by string, id casefile.ActID, login, person string) (handling.SignInGiven, string) {
		t.Helper()
		h.to(h.now() + minute)
		given, err := h.ResetAccount(ctx, as(by), id, login, authority.PersonID(person))
		var bad *handling.Invalid
		if errors.As(err, &bad) {
			return given, bad.Problems[0].Field
		}
		if err != nil {
			t.Fatal(err)
		}
		return given, ""
	}
	told := func() (n int) {
		t.Helper()
		all, err := h.store.Notices(ctx, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if x.Topic == "first_sign_in_alone" {
				n++
			}
		}
		return n
	}
	if err := h.GiveAccount(ctx, "admin", "admin", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	h.to(h.now() + minute)
	ghost("ghost1", "9001")
	change("admin", authority.Appoint(authority.Appointment{Person: "ghost1", Post: authority.Administrator, Unit: "ju"}))
	if given, bad := reset("admin", h.id(), "ghost1", "ghost1"); bad != "" || !given.Alone || told() != 1 {
		t.Errorf("there is nobody else, and it must be told: %+v %s, %d notices", given, bad, told())
	}
	ghost("ghost2", "9002")
	change("admin", post("ghost2", "unit_head", "b1"))
	change("admin", post("free", "county_head", "ju"))
	for _, person := range []string{"ghost2", "free"} {
		if given, bad := reset("admin", h.id(), person, person); bad != "person" || given.Password != "" {
			t.Errorf("%s was brought in and let in by one: %+v", person, given)
		}
	}
	if given, bad := reset("ghost1", h.id(), "ghost2", "ghost2"); bad != "person" || given.Password != "" {
		t.Errorf("the other administrator's own password came from who brought the person in: %+v", given)
	}
	h.to(h.now() + minute)
	if err := h.GiveAccount(ctx, "ghost1", "ghost1", "correct horse staple"); err != nil {
		t.Fatal(err)
	}
	once := h.id()
	if given, bad := reset("ghost1", once, "ghost2", "ghost2"); bad != "" || given.Alone || told() != 1 {
		t.Errorf("the other administrator gives it: %+v %s", given, bad)
	}
	for _, x := range []struct {
		by, login, person string
		id                casefile.ActID
		field             string
	}{
		{"ghost1", "ghost2", "ghost2", once, "id"},
		{"ghost1", "ghost2", "ghost2", "short", "id"},
		{"ghost1", "second-name", "ghost2", h.id(), "login"},
		{"ghost1", "li\u3000li", "li", h.id(), "login"},
		{"ghost1", "li\u00a0li", "li", h.id(), "login"},
		{"admin", "ghost2", "ghost2", h.id(), ""}, // a new password is no first sign-in
	} {
		if given, bad := reset(x.by, x.id, x.login, x.person); bad != x.field || (given.Password == "") != (bad != "") {
			t.Errorf("%+v: %q %+v", x, bad, given)
		}
	}
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
}
