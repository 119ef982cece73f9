package audit

import (
	"math/bits"
	"slices"
)

// Spread is how long something took over all cases, in seconds. Up to 512 durations are kept as they are; more go into
// buckets of a thousandth of their length, so that a median of a year is known to nine hours.
type Spread struct {
	N      int64 `json:"n"`
	Median int64 `json:"median_s"`
	P90    int64 `json:"p90_s"`
	Most   int64 `json:"most_s"`
	Total  int64 `json:"total_s"` // of all of them together
}

const (
	exactUpTo = 512
	fine      = 1024 // below it each second has a bucket; above, each doubling has fine/2
	buckets   = fine + (32-10)*fine/2
)

// spread gathers durations: at most 50 kB, whatever their number. What it says does not depend on their order.
type spread struct {
	n     int64
	sum   int64 // seconds
	most  uint32
	exact []uint32
	count []uint32 // nil: all of them are in exact
}

func (s *spread) add(micros int64) {
	v := uint32(min(max(micros, 0)/1_000_000, 1<<32-1))
	s.n++
	s.sum += int64(v)
	s.most = max(s.most, v)
	if s.count == nil {
		if len(s.exact) < exactUpTo {
			s.exact = append(s.exact, v)
			return
		}
		s.spill()
	}
	s.count[bucket(v)]++
}

func (s *spread) spill() {
	s.count = make([]uint32, buckets)
	for _, v := range s.exact {
		s.count[bucket(v)]++
	}
	s.exact = nil
}

func (s *spread) merge(o *spread) {
	s.n += o.n
	s.sum += o.sum
	s.most = max(s.most, o.most)
	if s.count == nil && o.count == nil && len(s.exact)+len(o.exact) <= exactUpTo {
		s.exact = append(s.exact, o.exact...)
		return
	}
	if s.count == nil {
		s.spill()
	}
	for _, v := range o.exact {
		s.count[bucket(v)]++
	}
	for i, n := range o.count {
		s.count[i] += n
	}
}

func bucket(v uint32) int {
	if v < fine {
		return int(v)
	}
	e := bits.Len32(v) - 10
	return fine + (e-1)*fine/2 + int(v>>e) - fine/2
}

// middle is the middle of a bucket.
func middle(i int) int64 {
	if i < fine {
		return int64(i)
	}
	i -= fine
	e := i/(fine/2) + 1
	return int64(i%(fine/2)+fine/2)<<e + 1<<(e-1)
}

// quantile is the smallest duration that a share q of all do not exceed.
func (s *spread) quantile(q float64) int64 {
	rank := max(int64(q*float64(s.n)+0.999999), 1)
	if s.count == nil {
		slices.Sort(s.exact)
		return int64(s.exact[rank-1])
	}
	var sum int64
	for i, n := range s.count {
		if sum += int64(n); sum >= rank {
			return min(middle(i), int64(s.most))
		}
	}
	return int64(s.most)
}

func (s *spread) told() Spread {
	if s.n == 0 {
		return Spread{}
	}
	return Spread{s.n, s.quantile(0.5), s.quantile(0.9), int64(s.most), s.sum}
}
