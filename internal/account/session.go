package account

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"time"
)

// The rule of locks.
const (
	wrongAllowed = 5
	wrongWithin  = 15 * time.Minute
	firstLock    = 15 * time.Minute
	longestLock  = 24 * time.Hour
)

// Lock is what is kept of an account's wrong passwords. The zero Lock is that of a new account, of one that was signed in to
// with the right password, and of one that an administrator has reset.
type Lock struct {
	Wrong []time.Time // within the last 15 minutes, at most 4
	Times int         // how often it was locked since
	Until time.Time   // locked up to this moment; zero if never
}

// Locked says whether sign-in is refused at now, whatever the password. A locked account's password is not even looked at, so
// that guessing goes no faster; the page says the same as for a wrong password.
func (l Lock) Locked(now time.Time) bool { return now.Before(l.Until) }

// Failed is the lock after a wrong password at now: the fifth within 15 minutes locks for 15 minutes, the next lock lasts
// twice as long, and so on to 24 hours. A try while it is locked changes nothing: nobody can lengthen another's lock.
func (l Lock) Failed(now time.Time) Lock {
	if l.Locked(now) {
		return l
	}
	wrong := slices.DeleteFunc(slices.Clone(l.Wrong), func(t time.Time) bool { return now.Sub(t) >= wrongWithin })
	wrong = append(wrong, now)
	if len(wrong) < wrongAllowed {
		return Lock{Wrong: wrong, Times: l.Times, Until: l.Until}
	}
	length := firstLock
	for range l.Times {
		if length = 2 * length; length >= longestLock {
			length = longestLock
			break
		}
	}
	return Lock{Times: l.Times + 1, Until: now.Add(length)}
}

// How long a session lives.
const (
	IdleTimeout     = 30 * time.Minute
	AbsoluteTimeout = 12 * time.Hour
	clockStep       = 5 * time.Minute // a clock set back further ends a session
)

// Session is when a session began and was last used.
type Session struct{ Began, Used time.Time }

// Ends is the moment from which the session is over unless it is used before.
func (s Session) Ends() time.Time {
	idle, absolute := s.Used.Add(IdleTimeout), s.Began.Add(AbsoluteTimeout)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Alive says whether the session still counts at now. One that lies in the future does not: the clock was set back, and
// would otherwise lengthen it.
func (s Session) Alive(now time.Time) bool {
	return now.Before(s.Ends()) && !now.Add(clockStep).Before(s.Used) && !now.Add(clockStep).Before(s.Began)
}

// Digest is what is stored of a token or a code.
type Digest [sha256.Size]byte

// NewToken makes a session's token for the cookie, 43 characters, from 32 bytes of random, and what is stored of it.
func NewToken(random io.Reader) (string, Digest, error) {
	var b [32]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", Digest{}, fmt.Errorf("random bytes for a session: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), sha256.Sum256(b[:]), nil
}

// TokenDigest is what to look a cookie's token up by; ok is false where it is no token at all. A lookup by digest needs no
// constant time: who does not know the token cannot choose its digest.
func TokenDigest(token string) (d Digest, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != 32 || len(token) != 43 {
		return Digest{}, false
	}
	return sha256.Sum256(b), true
}
