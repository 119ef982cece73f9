package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"plumbline/ledger"
)

// BenchmarkVerify hashes entries and folds them to the root of a ledger, as a check does, beside raw SHA-256 over blocks of the same
// lengths: one of 33 bytes for each leaf, one of 65 for each inner node. ratio is the fold's speed to that of raw hashing.
// One operation is a ledger of 100,000 acts.
func BenchmarkVerify(b *testing.B) {
	const leaves = 100_000
	all := make([]ledger.Hash, leaves)
	for i := range all {
		binary.BigEndian.PutUint64(all[i][:], uint64(i))
		all[i] = sha256.Sum256(all[i][:])
	}
	var folding, hashing time.Duration
	var entry, leaf [33]byte
	var root ledger.Hash
	var node [65]byte
	for b.Loop() {
		start := time.Now()
		var h ledger.Head
		for _, l := range all {
			copy(entry[1:], l[:])
			h.Append(sha256.Sum256(entry[:]))
		}
		root = h.Root()
		folding += time.Since(start)
		start = time.Now()
		for i := range all {
			copy(leaf[1:], all[i][:])
			sum := sha256.Sum256(leaf[:])
			copy(node[33:], sum[:])
			if i > 0 {
				sum = sha256.Sum256(node[:])
				copy(node[1:], sum[:])
			}
		}
		hashing += time.Since(start)
	}
	if root == (ledger.Hash{}) {
		b.Fatal("no root")
	}
	b.ReportMetric(float64(b.N)*leaves/folding.Seconds(), "leaves/s")
	b.ReportMetric(hashing.Seconds()/folding.Seconds(), "ratio")
}
