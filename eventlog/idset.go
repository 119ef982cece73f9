package eventlog

import "hash/maphash"

// idSet remembers which identifiers were seen, by 64-bit hashes under a seed of its own: 8 to 32 bytes each.
// That two different identifiers of one log meet in a hash has, in a log of a million cases, a chance of one in
// thirty million; all that would follow is one case wrongly called repeated.
type idSet struct {
	seed  maphash.Seed
	slots []uint64 // open addressing; 0 is free; a power of two, at most half full
	used  int
}

func newIDSet() *idSet { return &idSet{seed: maphash.MakeSeed(), slots: make([]uint64, 1024)} }

// add says whether the identifier was there before.
func (s *idSet) add(id string) (before bool) {
	h := max(maphash.String(s.seed, id), 1)
	if s.used*2 >= len(s.slots) {
		old := s.slots
		s.slots, s.used = make([]uint64, 2*len(old)), 0
		for _, k := range old {
			if k != 0 {
				s.put(k)
			}
		}
	}
	return s.put(h)
}

func (s *idSet) put(h uint64) (before bool) {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return true
		case 0:
			s.slots[i] = h
			s.used++
			return false
		}
	}
}
