// Package ledger is the append-only Merkle log of acts: what a leaf commits to, and the head that every commit moves.
//
// Hashing is RFC 6962 with SHA-256. A leaf commits to a tree of salted fields, never to content, so that a copy with
// fields taken out still verifies; what was taken out leaves its hash.
package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
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

// Field commits to one named, salted value. What is hidden later keeps this hash in its place.
func Field(name string, salt [SaltSize]byte, value string) Hash {
	b := make([]byte, 0, len(name)+len(value)+SaltSize+4)
	b = binary.AppendUvarint(b, uint64(len(name)))
	b = append(b, name...)
	b = append(b, salt[:]...)
	b = append(b, value...)
	return leafHash(b)
}

// Leaf is the RFC 6962 leaf hash of what the log holds for an act: domain, suite and the root of its fields in order.
func Leaf(domain string, fields []Hash) (Hash, error) {
	root, err := rootOf(fields)
	if err != nil {
		return Hash{}, err
	}
	return leafHash(Entry(domain, root)), nil
}

// Entry is what the log holds for an act: nothing of its content.
func Entry(domain string, root Hash) []byte {
	return append([]byte(domain+"\n"+Suite+"\n"), root[:]...)
}

func rootOf(leaves []Hash) (Hash, error) {
	var h Head
	for _, l := range leaves {
		if err := h.Append(l); err != nil {
			return Hash{}, err
		}
	}
	return h.Root()
}

func leafHash(data []byte) Hash { return Hash(rfc6962.DefaultHasher.HashLeaf(data)) }

var factory = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// Head is the right edge of a log: its size and the at most 64 hashes that its root follows from. The zero Head is the
// empty log.
type Head struct{ r *compact.Range }

// Size is the number of leaves.
func (h *Head) Size() int64 {
	if h.r == nil {
		return 0
	}
	return int64(h.r.End())
}

// Append adds a leaf hash; its index is the Size before.
func (h *Head) Append(leaf Hash) error {
	if h.r == nil {
		h.r = factory.NewEmptyRange(0)
	}
	return h.r.Append(bytes.Clone(leaf[:]), nil)
}

// Root is the Merkle root; that of an empty log is the hash of nothing.
func (h *Head) Root() (Hash, error) {
	if h.Size() == 0 {
		return Hash(rfc6962.DefaultHasher.EmptyRoot()), nil
	}
	root, err := h.r.GetRootHash(nil)
	if err != nil {
		return Hash{}, err
	}
	return Hash(root), nil
}

// Clone copies h, so that a commit that fails leaves the head as it was.
func (h *Head) Clone() *Head {
	if h.r == nil {
		return &Head{}
	}
	c, err := factory.NewRange(0, h.r.End(), append([][]byte(nil), h.r.Hashes()...))
	if err != nil {
		panic(err) // a range that was valid is valid
	}
	return &Head{c}
}

// AppendBinary writes the head: size, then the hashes from left to right.
func (h *Head) AppendBinary(b []byte) ([]byte, error) {
	b = binary.BigEndian.AppendUint64(b, uint64(h.Size()))
	if h.r != nil {
		for _, x := range h.r.Hashes() {
			b = append(b, x...)
		}
	}
	return b, nil
}

// ErrHead says that a stored head is not one.
var ErrHead = errors.New("ledger head is cut short or damaged")

// ParseHead reads what AppendBinary wrote.
func ParseHead(b []byte) (*Head, error) {
	if len(b) < 8 || (len(b)-8)%32 != 0 {
		return nil, ErrHead
	}
	size := binary.BigEndian.Uint64(b)
	if size > 1<<62 {
		return nil, ErrHead
	}
	var hashes [][]byte
	for b = b[8:]; len(b) > 0; b = b[32:] {
		hashes = append(hashes, bytes.Clone(b[:32]))
	}
	r, err := factory.NewRange(0, size, hashes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return &Head{r}, nil
}
