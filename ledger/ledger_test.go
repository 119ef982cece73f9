package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"plumbline/ledger"
)

// root is RFC 6962, section 2.1, written down as it is defined: the reference.
func root(leaves []ledger.Hash) ledger.Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		l, r := root(leaves[:k]), root(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

func TestHeadIsRFC6962(t *testing.T) {
	var h ledger.Head
	var leaves []ledger.Hash
	for i := range 130 {
		got := h.Root()
		if want := root(leaves); got != want || h.Size() != int64(i) {
			t.Fatalf("size %d: root %s, want %s", h.Size(), got, want)
		}
		b, err := h.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ledger.ParseHead(b)
		if err != nil {
			t.Fatal(err)
		}
		if r := again.Root(); r != got {
			t.Fatalf("size %d: the head read back has root %s, want %s", i, r, got)
		}
		kept := h.Clone()
		leaf := ledger.Hash{byte(i), byte(i >> 8)}
		h.Append(leaf)
		if kept.Size() != int64(i) {
			t.Fatal("a clone moved with its original")
		}
		leaves = append(leaves, leaf)
	}
}

func TestDamagedHeadIsRefused(t *testing.T) {
	var h ledger.Head
	for i := range 5 {
		h.Append(ledger.Hash{byte(i)})
	}
	b, err := h.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := ledger.ParseHead(b[:n]); err == nil {
			t.Errorf("%d of %d bytes were taken for a head", n, len(b))
		}
	}
	if _, err := ledger.ParseHead(append(bytes.Clone(b), make([]byte, 32)...)); err == nil {
		t.Error("a hash too many was taken")
	}
}

// What a leaf is made of, computed here by hand with SHA-256 alone.
func TestLeafOfTwoFields(t *testing.T) {
	salt := [ledger.SaltSize]byte{7}
	field := func(name, value string) ledger.Hash {
		return sha256.Sum256(append(append([]byte{0, byte(len(name))}, name...), append(salt[:], value...)...))
	}
	a, b := field("kind", "decide"), field("data.fine", "money 500")
	if got := ledger.Field("kind", salt, "decide"); got != a {
		t.Errorf("field %s, want %s", got, a)
	}
	r := sha256.Sum256(append(append([]byte{1}, a[:]...), b[:]...))
	want := ledger.Hash(sha256.Sum256(append([]byte("\x00plumbline act 1\nsha256\n"), r[:]...)))
	got := ledger.Leaf("plumbline act 1", []ledger.Hash{a, b})
	if got != want {
		t.Errorf("leaf %s, want %s", got, want)
	}
	if other := ledger.Leaf("plumbline view 1", []ledger.Hash{a, b}); other == got {
		t.Error("another domain has the same leaf")
	}
}

func TestParseHash(t *testing.T) {
	h := ledger.Hash{0xab, 1}
	if got, err := ledger.ParseHash(h.String()); err != nil || got != h {
		t.Error(got, err)
	}
	for _, s := range []string{"", "ab", h.String() + "0", "AB" + h.String()[2:], "zz" + h.String()[2:]} {
		if _, err := ledger.ParseHash(s); err == nil {
			t.Errorf("%q was taken for a hash", s)
		}
	}
}
