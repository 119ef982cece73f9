package discover

import "math/bits"

// set is a set of acts, one bit for each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set) put(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set) drop(i int)     { s[i>>6] &^= 1 << (i & 63) }

func (s set) each(visit func(i int)) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			visit(w<<6 + bits.TrailingZeros64(word))
		}
	}
}

func newSets(n int) []set {
	all := make(set, n*((n+63)/64))
	out := make([]set, n)
	for i := range out {
		out[i], all = all[:(n+63)/64:(n+63)/64], all[(n+63)/64:]
	}
	return out
}
