// Package ledger is the append-only Merkle log of acts: what a leaf commits to, and the head that every commit moves.
//
// Hashing is RFC 6962 with SHA-256. A leaf commits to a tree of salted fields, never to content, so that a copy with
// fields taken out still verifies; what was taken out leaves its hash.
package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
)

// Suite names the algorithms of a leaf. Another algorithm is another suite; an unknown suite is refused.
const Suite = "sha256"

// SaltSize is the size of a field's salt in bytes: 128 random bits, never derived from content.
const SaltSize = 16

// Hash is a SHA-256 digest.
type Hash [32]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 64 hexadecimal digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) { // hex.Decode panics beyond its target
		return Hash{}, fmt.Errorf("%.80q is not 64 lower-case hexadecimal digits", s)
	}
	if n, err := hex.Decode(h[:], []byte(s)); err != nil || n != len(h) || hex.EncodeToString(h[:]) != s {
		return Hash{}, fmt.Errorf("%q is not 64 lower-case hexadecimal digits", s)
	}
	return h, nil
}

// The two kinds of hash of RFC 6962 differ in their first byte.
const (
	leafPrefix = 0
	nodePrefix = 1
)

// Field commits to one named, salted value. What is hidden later keeps this hash in its place.
func Field(name string, salt [SaltSize]byte, value string) Hash {
	b := make([]byte, 0, 1+binary.MaxVarintLen64+len(name)+SaltSize+len(value))
	b = append(b, leafPrefix)
	b = binary.AppendUvarint(b, uint64(len(name)))
	b = append(b, name...)
	b = append(b, salt[:]...)
	b = append(b, value...)
	return sha256.Sum256(b)
}

// Leaf is the RFC 6962 leaf hash of what the log holds for an act: domain, suite and the root of its fields in order.
func Leaf(domain string, fields []Hash) Hash {
	var h Head
	for _, f := range fields {
		h.Append(f)
	}
	return sha256.Sum256(append([]byte{leafPrefix}, Entry(domain, h.Root())...))
}

// Entry is what the log holds for an act: nothing of its content.
func Entry(domain string, root Hash) []byte {
	return append([]byte(domain+"\n"+Suite+"\n"), root[:]...)
}

// Head is the right edge of a log: its size and the roots of the full subtrees that make it up, the largest first, one for
// each bit set in the size. The zero Head is the empty log; a copy of a Head is another log.
type Head struct {
	size  uint64
	n     int
	roots [64]Hash
}

// Size is the number of leaves.
func (h *Head) Size() int64 { return int64(h.size) }

// Append adds a leaf hash; its index is the Size before.
func (h *Head) Append(leaf Hash) {
	for full := h.size; full&1 == 1; full >>= 1 {
		h.n--
		leaf = node(&h.roots[h.n], &leaf)
	}
	h.roots[h.n] = leaf
	h.n++
	h.size++
}

// Root is the Merkle root; that of an empty log is the hash of nothing.
func (h *Head) Root() Hash {
	if h.n == 0 {
		return sha256.Sum256(nil)
	}
	root := h.roots[h.n-1]
	for i := h.n - 2; i >= 0; i-- {
		root = node(&h.roots[i], &root)
	}
	return root
}

func node(left, right *Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// AppendBinary writes the head: size, then the hashes from left to right.
func (h *Head) AppendBinary(b []byte) ([]byte, error) {
	b = binary.BigEndian.AppendUint64(b, h.size)
	for i := range h.n {
		b = append(b, h.roots[i][:]...)
	}
	return b, nil
}

// ErrHead says that a stored head is not one.
var ErrHead = errors.New("ledger head is cut short or damaged")

// ParseHead reads what AppendBinary wrote.
func ParseHead(b []byte) (*Head, error) {
	if len(b) < 8 || (len(b)-8)%sha256.Size != 0 {
		return nil, ErrHead
	}
	h := &Head{size: binary.BigEndian.Uint64(b), n: (len(b) - 8) / sha256.Size}
	if h.size > 1<<62 || h.n != bits.OnesCount64(h.size) {
		return nil, ErrHead
	}
	for i := range h.n {
		copy(h.roots[i][:], b[8+i*sha256.Size:])
	}
	return h, nil
}

// Clone copies h, so that a commit that fails leaves the head as it was.
func (h *Head) Clone() *Head {
	c := *h
	return &c
}
