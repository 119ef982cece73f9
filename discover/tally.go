package discover

import (
	"fmt"
	"slices"
	"sync"
)

// MaxActs bounds the kinds of act of a log: the memory of a Tally grows with their square. A log with more of them has no
// kinds of act; a mapping can bring names together.
const MaxActs = 2000

// Alphabet gives each kind of act a number. Safe for concurrent use; numbers follow the order of first use, so results are
// told by name.
type Alphabet struct {
	mu    sync.Mutex
	names []string
	index map[string]uint16
}

// Number is the number of a kind of act, from 0. It fails where there are more than MaxActs.
func (a *Alphabet) Number(name string) (uint16, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, ok := a.index[name]; ok {
		return i, nil
	}
	if len(a.names) == MaxActs {
		return 0, fmt.Errorf("more than %d kinds of act: rules between so many names tell nothing; bring names together with a mapping file", MaxActs)
	}
	if a.index == nil {
		a.index = map[string]uint16{}
	}
	i := uint16(len(a.names))
	a.names = append(a.names, name)
	a.index[name] = i
	return i, nil
}

// Names lists the kinds of act by number.
func (a *Alphabet) Names() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.names)
}

// Tally counts in one pass over cases everything from which rules are read. Its zero value is ready; one for each goroutine.
// A case costs its events, and the square of the different acts in it.
type Tally struct {
	cases int64
	k     int // acts that the vectors and squares have room for

	with, again, events []int64 // by act: cases that have it, cases that have it more than once, times it was done

	// by two acts, at [a*k+b]: in how many cases
	firsts  []int64 // the first a comes before the first b
	lasts   []int64 // the last a comes before the last b
	follows []int64 // some b comes after some a
	between []int64 // b is done again, and each time an a came since the b before

	// of the case at hand
	first, last []int32 // place of the first and last of an act, from 1; 0: not seen
	seen        []uint16
	next, prev  []int32 // acts from the most recent to the least, a ring through the place k
	gaps        [][]uint16
	gapped      []bool
}

func (t *Tally) grow(n int) {
	k := max(16, 2*t.k, n)
	k = min(k, max(n, MaxActs))
	square := func(old []int64) []int64 {
		out := make([]int64, k*k)
		for a := range t.k {
			copy(out[a*k:], old[a*t.k:(a+1)*t.k])
		}
		return out
	}
	vector := func(old []int64) []int64 { return append(old, make([]int64, k-len(old))...) }
	t.firsts, t.lasts, t.follows, t.between = square(t.firsts), square(t.lasts), square(t.follows), square(t.between)
	t.with, t.again, t.events = vector(t.with), vector(t.again), vector(t.events)
	t.k = k
	t.first, t.last = make([]int32, k), make([]int32, k)
	t.next, t.prev = make([]int32, k+1), make([]int32, k+1)
	t.gaps, t.gapped = make([][]uint16, k), make([]bool, k)
}

// Case counts n cases whose acts are these, in their order.
func (t *Tally) Case(trace []uint16, n int64) {
	for _, a := range trace {
		if int(a) >= t.k {
			t.grow(int(a) + 1)
		}
	}
	t.cases += n
	if len(trace) == 0 {
		return
	}
	head := int32(t.k)
	t.next[head], t.prev[head] = head, head
	t.seen = t.seen[:0]
	for i, b := range trace {
		t.events[b] += n
		if t.first[b] == 0 {
			t.first[b] = int32(i + 1)
			t.seen = append(t.seen, b)
		} else {
			t.gap(b)
			t.next[t.prev[b]], t.prev[t.next[b]] = t.next[b], t.prev[b]
		}
		t.last[b] = int32(i + 1)
		t.next[b], t.prev[b] = t.next[head], head
		t.prev[t.next[head]], t.next[head] = int32(b), int32(b)
	}
	for i, a := range t.seen {
		row := int(a) * t.k
		t.with[a] += n
		for j, b := range t.seen {
			if i < j {
				t.firsts[row+int(b)] += n
			}
			if t.last[a] < t.last[b] {
				t.lasts[row+int(b)] += n
			}
			if t.first[a] < t.last[b] {
				t.follows[row+int(b)] += n
			}
		}
	}
	for _, b := range t.seen {
		if t.gapped[b] {
			t.again[b] += n
			for _, a := range t.gaps[b] {
				t.between[int(a)*t.k+int(b)] += n
			}
			t.gapped[b] = false
		}
		t.first[b], t.last[b] = 0, 0
	}
}

// gap keeps the acts that came in every gap between two b so far; b is about to be done again.
func (t *Tally) gap(b uint16) {
	since := t.last[b]
	if t.gapped[b] {
		t.gaps[b] = slices.DeleteFunc(t.gaps[b], func(a uint16) bool { return t.last[a] <= since })
		return
	}
	t.gapped[b], t.gaps[b] = true, t.gaps[b][:0]
	for a := t.next[t.k]; a != int32(b); a = t.next[a] {
		t.gaps[b] = append(t.gaps[b], uint16(a))
	}
}

// Add adds what another goroutine counted.
func (t *Tally) Add(o *Tally) {
	if o.k > t.k {
		t.grow(o.k)
	}
	t.cases += o.cases
	for a := range o.k {
		t.with[a] += o.with[a]
		t.again[a] += o.again[a]
		t.events[a] += o.events[a]
		for b := range o.k {
			at, from := a*t.k+b, a*o.k+b
			t.firsts[at] += o.firsts[from]
			t.lasts[at] += o.lasts[from]
			t.follows[at] += o.follows[from]
			t.between[at] += o.between[from]
		}
	}
}

// Cases is the number of cases counted; With those that have the act, Events how often it was done.
func (t *Tally) Cases() int64          { return t.cases }
func (t *Tally) With(act int) int64    { return at(t.with, act) }
func (t *Tally) Events(act int) int64  { return at(t.events, act) }
func (t *Tally) Both(a, b int) int64   { return t.pair(t.firsts, a, b) + t.pair(t.firsts, b, a) }
func (t *Tally) Before(a, b int) int64 { return t.pair(t.firsts, a, b) }
func (t *Tally) After(a, b int) int64  { return t.pair(t.lasts, a, b) }

func at(v []int64, i int) int64 {
	if i >= len(v) {
		return 0
	}
	return v[i]
}

func (t *Tally) pair(square []int64, a, b int) int64 {
	if a >= t.k || b >= t.k {
		return 0
	}
	return square[a*t.k+b]
}
