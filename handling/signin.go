package handling

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/internal/account"
	"plumbline/ledger"
)

// Errors of signing in.
var (
	ErrWrong  = errors.New("name or password is wrong")
	ErrLocked = errors.New("too many attempts") // told only to who is signed in
)

// MinPassword is the least number of characters of a password.
const MinPassword = account.MinPassword

// SignedIn is a session that was opened.
type SignedIn struct {
	Token  string // for the cookie; only its digest is kept
	Device string // for the cookie that outlives the session
	Must   bool   // the password must be changed first
}

// markTries is how many wrong passwords a known browser may send before it is one like any other.
const markTries = 5

// SignIn opens a session, or says ErrWrong. An unknown login costs as much as a wrong password and says the same, and so does
// the right password of a locked account: else a lock would be a way to try passwords.
//
// A browser that signed in before shows device, the mark it got then: with it and the right password a locked account opens
// all the same, so that nobody is kept out of their own by somebody else's wrong tries. Its own wrong tries count against the
// mark; they are counted in memory, so a restart gives a stolen mark five more.
func (h *House) SignIn(ctx context.Context, login, password, client, device string) (SignedIn, error) {
	h.signInMu.Lock() // wrong passwords are counted one after another; argon2id is bounded anyway
	defer h.signInMu.Unlock()
	now := h.now()
	a, err := h.store.Account(ctx, login)
	if err != nil && !errors.Is(err, casefile.ErrNotFound) {
		return SignedIn{}, err
	}
	found := err == nil
	marked := found && h.gave(&a, device)
	locked := lockOf(a).Locked(now.Time())
	ok, bad := h.passwords.Verify(ctx, password, a.Password)
	switch {
	case bad != nil:
		return SignedIn{}, bad
	case !found:
		return SignedIn{}, ErrWrong
	case marked && !ok:
		h.misses[device]++
		return SignedIn{}, ErrWrong
	case !ok || locked && !marked:
		keepLock(&a, lockOf(a).Failed(now.Time())) // a lock does not grow while it lasts
		return SignedIn{}, cmp.Or(h.store.PutAccount(ctx, a), ErrWrong)
	}
	if !locked && (a.Failed != 0 || a.Locked != 0) { // a lock stays for everybody else
		keepLock(&a, account.Lock{})
		if err := h.store.PutAccount(ctx, a); err != nil {
			return SignedIn{}, err
		}
	}
	return h.signedIn(ctx, &a, client, now)
}

func (h *House) signedIn(ctx context.Context, a *casefile.Account, client string, now calendar.Instant) (SignedIn, error) {
	token, digest, err := account.NewToken(h.random)
	if err != nil {
		return SignedIn{}, err
	}
	s := casefile.Session{Token: ledger.Hash(digest), Person: a.Person, Login: a.Login, Started: now, Seen: now, Client: client}
	return SignedIn{Token: token, Device: deviceOf(a, rand.Text()), Must: a.Must}, h.store.PutSession(ctx, s)
}

// gave tells whether a mark is one that this account gave, and was not used to try passwords.
func (h *House) gave(a *casefile.Account, device string) bool {
	id, _, _ := strings.Cut(device, ".")
	return hmac.Equal([]byte(device), []byte(deviceOf(a, id))) && h.misses[device] < markTries
}

// deviceOf marks a browser in which an account was signed in to; it ends with the password.
func deviceOf(a *casefile.Account, id string) string {
	m := hmac.New(sha256.New, []byte(a.Password))
	_, _ = m.Write([]byte("plumbline device\n" + a.Login + "\n" + id)) // a hash takes everything
	return id + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func lockOf(a casefile.Account) account.Lock {
	l := account.Lock{Times: a.Locks}
	for range a.Failed {
		l.Wrong = append(l.Wrong, a.Since.Time())
	}
	if a.Locked != 0 {
		l.Until = a.Locked.Time()
	}
	return l
}

func keepLock(a *casefile.Account, l account.Lock) {
	a.Failed, a.Locks, a.Since, a.Locked = len(l.Wrong), l.Times, 0, 0
	if len(l.Wrong) > 0 {
		a.Since = calendar.InstantOf(l.Wrong[0])
	}
	if !l.Until.IsZero() {
		a.Locked = calendar.InstantOf(l.Until)
	}
}

const touch = calendar.Instant(60 * 1_000_000) // a session's last use is written at most once a minute

// Session tells who a token belongs to; casefile.ErrNotFound when it is over. used keeps the session alive: what a page asks by
// itself does not.
func (h *House) Session(ctx context.Context, token string, used bool) (casefile.Session, error) {
	digest, ok := account.TokenDigest(token)
	if !ok {
		return casefile.Session{}, casefile.ErrNotFound
	}
	s, err := h.store.Session(ctx, ledger.Hash(digest))
	if err != nil {
		return s, err
	}
	now := h.now()
	if !(account.Session{Began: s.Started.Time(), Used: s.Seen.Time()}).Alive(now.Time()) {
		return casefile.Session{}, casefile.ErrNotFound
	}
	if used && now-s.Seen > touch {
		s.Seen = now
		if err := h.store.PutSession(ctx, s); err != nil && !errors.Is(err, casefile.ErrStopped) && !errors.Is(err, casefile.ErrReadOnly) {
			return s, err
		}
	}
	return s, nil
}

// MustChange tells whether the password of a session's account was given by somebody else, who knows it.
func (h *House) MustChange(ctx context.Context, s casefile.Session) (bool, error) {
	a, err := h.store.Account(ctx, s.Login)
	return a.Must, err
}

// Sessions lists a person's sessions that are still alive.
func (h *House) Sessions(ctx context.Context, who Who) ([]casefile.Session, error) {
	all, err := h.store.Sessions(ctx, string(who.Person))
	now := h.now().Time()
	return slices.DeleteFunc(all, func(s casefile.Session) bool {
		return !(account.Session{Began: s.Started.Time(), Used: s.Seen.Time()}).Alive(now)
	}), err
}

// EndSession ends one of a person's own sessions.
func (h *House) EndSession(ctx context.Context, who Who, token ledger.Hash) error {
	s, err := h.store.Session(ctx, token)
	if err != nil {
		return err
	}
	if s.Person != string(who.Person) {
		return casefile.ErrNotFound
	}
	return h.store.EndSession(ctx, token)
}

// WeakPassword lists what speaks against a new password, as keys of account.PasswordFaults.
type WeakPassword struct{ Faults []string }

func (e *WeakPassword) Error() string { return "the password is too weak" }

// ChangePassword gives a person a new password and ends all their sessions but the one they use.
func (h *House) ChangePassword(ctx context.Context, who Who, s casefile.Session, current, next string) error {
	h.signInMu.Lock()
	defer h.signInMu.Unlock()
	a, err := h.store.Account(ctx, s.Login)
	if err != nil {
		return err
	}
	if s.Person != string(who.Person) || a.Person != s.Person {
		return casefile.ErrNotFound
	}
	now := h.now().Time()
	lock := lockOf(a)
	ok, err := h.passwords.Verify(ctx, current, a.Password)
	switch {
	case err != nil:
		return err
	case lock.Locked(now):
		return ErrLocked
	case !ok: // who found a session open guesses no faster than who signs in
		keepLock(&a, lock.Failed(now))
		return errors.Join(ErrWrong, h.store.PutAccount(ctx, a))
	}
	if err := h.setPassword(ctx, &a, next, false); err != nil {
		return err
	}
	return h.endSessions(ctx, a.Person, s.Token)
}

// PutAccount makes an account for a person, or resets its password; the person must change it at the first sign-in
// unless keep is set (a demonstration).
func (h *House) PutAccount(ctx context.Context, login string, person authority.PersonID, password string, keep bool) error {
	h.signInMu.Lock() // a count of wrong passwords must not bring the old one back
	defer h.signInMu.Unlock()
	a, err := h.store.Account(ctx, login)
	if err != nil && !errors.Is(err, casefile.ErrNotFound) {
		return err
	}
	if err == nil && a.Person != string(person) {
		return casefile.ErrOtherAct
	}
	a.Login, a.Person = login, string(person)
	keepLock(&a, account.Lock{})
	if err := h.setPassword(ctx, &a, password, !keep); err != nil {
		return err
	}
	return h.endSessions(ctx, a.Person, ledger.Hash{})
}

func (h *House) setPassword(ctx context.Context, a *casefile.Account, password string, must bool) error {
	p, _ := h.People().Person(authority.PersonID(a.Person))
	if faults := account.PasswordFaults(password, a.Login, p.Number); len(faults) > 0 {
		return &WeakPassword{faults}
	}
	hash, err := h.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	a.Password, a.Changed, a.Must = hash, h.now(), must
	return h.store.PutAccount(ctx, *a)
}

func (h *House) endSessions(ctx context.Context, person string, but ledger.Hash) error {
	all, err := h.store.Sessions(ctx, person)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Token != but {
			err = errors.Join(err, h.store.EndSession(ctx, s.Token))
		}
	}
	return err
}
