package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A reporter asks after a report with two codes: one stands on the receipt, the other is told once and kept apart. Neither
// says anything about the report or the reporter.

// Receipt is the code on a receipt: 12 characters of 5 random bits each and a check character, without blanks or dashes.
type Receipt string

// Second is the second secret: 8 characters, without blanks or dashes.
type Second string

// alphabet is Crockford's base 32: no I, L, O, U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Slip is the code on a slip of an anonymous survey: 16 characters and a check character, without blanks or dashes. Whoever
// holds it answers once.
type Slip string

const (
	receiptLength = 12 // without the check character
	slipLength    = 16 // likewise
	secondLength  = 8
	typedLimit    = 200 // bytes; nobody types more
)

// What can be wrong with a code that somebody typed. None of them tells whether such a code exists.
var (
	ErrCodeLength    = errors.New("code has too few or too many characters")
	ErrCodeCharacter = errors.New("code has a character that no code has")
	ErrCodeCheck     = errors.New("code is mistyped: the check character does not fit")
)

// NewReceipt makes a receipt code, 60 bits.
func NewReceipt(random io.Reader) (Receipt, error) {
	s, err := draw(random, receiptLength)
	if err != nil {
		return "", err
	}
	return Receipt(s + string(check(s))), nil
}

// NewSecond makes a second secret, 40 bits.
func NewSecond(random io.Reader) (Second, error) {
	s, err := draw(random, secondLength)
	return Second(s), err
}

// NewSlip makes the code of a slip, 80 bits: its digest needs no salt.
func NewSlip(random io.Reader) (Slip, error) {
	s, err := draw(random, slipLength)
	if err != nil {
		return "", err
	}
	return Slip(s + string(check(s))), nil
}

// String is the code as it is printed: XXXX-XXXX-XXXX-XXXX-C.
func (s Slip) String() string {
	if len(s) != slipLength+1 {
		return "not a slip"
	}
	return string(s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:])
}

// ParseSlip reads what somebody typed, as [ParseReceipt] does.
func ParseSlip(typed string) (Slip, error) {
	s, err := normal(typed, slipLength+1)
	if err != nil {
		return "", err
	}
	if s[slipLength] != check(s[:slipLength]) {
		return "", ErrCodeCheck
	}
	return Slip(s), nil
}

// String is the code as it is printed: XXXX-XXXX-XXXX-C.
func (r Receipt) String() string {
	if len(r) != receiptLength+1 {
		return "not a receipt code"
	}
	return string(r[:4] + "-" + r[4:8] + "-" + r[8:12] + "-" + r[12:])
}

// String is the secret as it is printed: XXXX-XXXX.
func (s Second) String() string {
	if len(s) != secondLength {
		return "not a second secret"
	}
	return string(s[:4] + "-" + s[4:])
}

// ParseReceipt reads what somebody typed: either case, any width, blanks and dashes anywhere; O is 0, I and L are 1. One wrong
// character, or two that changed places, never pass the check. Errors: the ErrCode ones.
func ParseReceipt(typed string) (Receipt, error) {
	s, err := normal(typed, receiptLength+1)
	if err != nil {
		return "", err
	}
	if s[receiptLength] != check(s[:receiptLength]) {
		return "", ErrCodeCheck
	}
	return Receipt(s), nil
}

// ParseSecond reads what somebody typed, as [ParseReceipt] does. It has no check character: a mistyped secret is a wrong one.
func ParseSecond(typed string) (Second, error) {
	s, err := normal(typed, secondLength)
	return Second(s), err
}

// Salt keeps equal codes from having equal digests. For receipt codes, which are looked up by digest, it is one per
// installation; for second secrets one per report.
type Salt [16]byte

// NewSalt draws a salt.
func NewSalt(random io.Reader) (Salt, error) {
	var s Salt
	_, err := io.ReadFull(random, s[:])
	return s, err
}

// Digest is what is stored of the code.
func (r Receipt) Digest(s Salt) Digest { return salted("receipt", s, string(r)) }

// Digest is what is stored of the code. It says nothing of who holds it.
func (s Slip) Digest() Digest { return salted("slip", Salt{}, string(s)) }

// Digest is what is stored of the secret.
func (s Second) Digest(salt Salt) Digest { return salted("second", salt, string(s)) }

// Same compares two digests in constant time. For an unknown receipt compare with a digest of nothing, so that the work is
// the same.
func Same(a, b Digest) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

func salted(what string, s Salt, code string) Digest {
	h := sha256.New()
	fmt.Fprintf(h, "plumbline %s 1\x00%s%s", what, s[:], code) // the salt's length is fixed: one reading only
	return Digest(h.Sum(nil))
}

func draw(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("random bytes for a code: %w", err)
	}
	for i := range b {
		b[i] = alphabet[b[i]&31] // 32 divides 256: every character is as likely
	}
	return string(b), nil
}

func normal(typed string, length int) (string, error) {
	if len(typed) > typedLimit {
		return "", ErrCodeLength
	}
	var s strings.Builder
	for _, r := range strings.ToUpper(norm.NFKC.String(typed)) {
		switch {
		case r == 'O':
			r = '0'
		case r == 'I' || r == 'L':
			r = '1'
		case strings.ContainsRune(" \t\r\n-‐‑‒–—―−_.·", r): // dashes as keyboards of several countries make them
			continue
		}
		if !strings.ContainsRune(alphabet, r) {
			return "", ErrCodeCharacter
		}
		s.WriteRune(r)
	}
	if s.Len() != length {
		return "", ErrCodeLength
	}
	return s.String(), nil
}

// check is the sum of the characters over the field of 32 elements, each times a different power of its generator: any one
// wrong character and any two that changed places give another sum.
func check(s string) byte {
	var sum byte
	for i := range len(s) {
		if sum <<= 1; sum&32 != 0 { // times x, modulo x^5+x^2+1
			sum ^= 0b100101
		}
		sum ^= byte(strings.IndexByte(alphabet, s[i]))
	}
	if sum <<= 1; sum&32 != 0 { // once more, so that the last character and the check may not change places either
		sum ^= 0b100101
	}
	return alphabet[sum]
}
