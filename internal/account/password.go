// Package account holds the mechanics of local accounts: passwords, locks, sessions, and the codes with which a reporter asks
// after a report. It stores nothing, reads no clock, and knows nobody's rights.
package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// cost of one hash: 19 MiB, two passes, one lane.
// Source: OWASP Password Storage Cheat Sheet, Argon2id.
var cost = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	atOnce      = 2   // hashes computed side by side; the others wait
	MinPassword = 12  // characters
	MaxPassword = 256 // characters; longer ones are refused before any work
)

// ErrHash: a stored hash is damaged, or asks for more work than any hash of ours.
var ErrHash = errors.New("stored password hash cannot be used")

// Passwords hashes and verifies, at most two at a time, so that a flood of sign-ins takes 38 MiB and no more. It is safe for
// many goroutines.
type Passwords struct {
	slots chan struct{}
	dummy string // hash of a password nobody has
}

// NewPasswords makes one hash, to have something to compare with where a login is unknown.
func NewPasswords() (*Passwords, error) {
	dummy, err := argon2id.CreateHash("nobody's password", &cost)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return &Passwords{slots: make(chan struct{}, atOnce), dummy: dummy}, nil
}

// Hash is the password as it is stored: argon2id in the PHC text form, with a salt from the system. It does not ask whether
// the password is a good one; see [PasswordFaults]. It waits for its turn and gives up when ctx ends.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if !hashable(password) {
		return "", errors.New("password is too long or not UTF-8")
	}
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	return argon2id.CreateHash(norm.NFC.String(password), &cost)
}

// Verify says whether the password belongs to the hash. An empty hash stands for an unknown login: the answer is no, after
// the same work. Errors: [ErrHash], and that of ctx when it ends first.
func (p *Passwords) Verify(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	if !affordable(hash) {
		return false, ErrHash
	}
	readable := hashable(password)
	if !readable {
		password = ""
	}
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	same, err := argon2id.ComparePasswordAndHash(norm.NFC.String(password), hash)
	if err != nil {
		return false, ErrHash
	}
	return same && known && readable, nil
}

// affordable refuses what would make the library panic or run away. The text comes from the store, but a damaged store must
// not stop the process.
func affordable(hash string) bool {
	params, _, _, err := argon2id.DecodeHash(hash)
	return err == nil && params.Memory >= 8 && params.Memory <= 64*1024 && params.Iterations >= 1 && params.Iterations <= 8 &&
		params.Parallelism >= 1 && params.Parallelism <= 4 && params.SaltLength >= 8 && params.KeyLength >= 16 && params.KeyLength <= 64
}

func (p *Passwords) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Passwords) leave() { <-p.slots }

func hashable(password string) bool {
	return len(password) <= MaxPassword*utf8.UTFMax && utf8.ValidString(password) && utf8.RuneCountInString(password) <= MaxPassword
}

// What [PasswordFaults] may say, as keys for pages.
const (
	PasswordShort    = "password_short"
	PasswordLong     = "password_long"
	PasswordBroken   = "password_not_text"
	PasswordIsLogin  = "password_is_login"
	PasswordIsNumber = "password_is_number"
	PasswordCommon   = "password_common"
)

// PasswordFaults lists what speaks against a new password; none is good. Any character of Unicode counts, as one; there are
// no rules about kinds of characters. Login and police number may be empty.
func PasswordFaults(password, login, number string) []string {
	if !utf8.ValidString(password) {
		return []string{PasswordBroken}
	}
	if !hashable(password) {
		return []string{PasswordLong}
	}
	password = norm.NFC.String(password)
	var bad []string
	if utf8.RuneCountInString(password) < MinPassword {
		bad = append(bad, PasswordShort)
	}
	plain := fold(password)
	if login != "" && plain == fold(login) {
		bad = append(bad, PasswordIsLogin)
	}
	if number != "" && plain == fold(number) {
		bad = append(bad, PasswordIsNumber)
	}
	if common[plain] || simple(plain) {
		bad = append(bad, PasswordCommon)
	}
	return bad
}

// fold takes away what does not make a password another one: letter case, width, blanks at the ends.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s))) }

// simple: one or two characters over and over, or each the next (or the one before) of its neighbour, as 123456789012.
func simple(s string) bool {
	kinds, runs := map[rune]bool{}, true
	var last, step rune
	for i, r := range []rune(s) {
		kinds[r] = true
		next := r - last
		if unicode.IsDigit(r) && unicode.IsDigit(last) {
			next = (next + 10) % 10
			if next == 9 {
				next = -1
			}
		}
		if i > 1 && next != step || i == 1 && next != 1 && next != -1 {
			runs = false
		}
		last, step = r, next
	}
	return len(kinds) <= 2 || runs
}

// common: long passwords that many people have. Short ones are refused for their length.
var common = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		password1234 password12345 password123456 passwordpassword adminadmin123 administrator administrator1 admin1234567 admin123456789
		qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 1q2w3e4r5t6y zaq12wsxcde3
		!qaz2wsx#edc asdfghjkl123 zxcvbnm12345 abc123456789 a12345678910 aa1234567890 123456789abc 123456abcdef abcd12345678 123123123123
		woaini1314520 woaini5201314 5201314520131 147258369147 iloveyou1234 letmein12345 welcome12345 changeme1234 p@ssw0rd1234
		jingcha12345 jingcha110110 gonganju12345 police123456 police110110 110110110110 zhunsheng123 plumbline123 plumbline1234`) {
		m[w] = true
	}
	return m
}()
