package discover

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func traces(log ...string) [][]uint16 {
	var out [][]uint16
	for _, c := range log {
		trace := []uint16{}
		for _, r := range c {
			trace = append(trace, uint16(r-'a'))
		}
		out = append(out, trace)
	}
	return out
}

// mine goes all the way, with the cases dealt to so many workers.
func mine(log [][]uint16, opt Options, workers int) (*Graph, *Tally) {
	var t Tally
	for w := range workers {
		var part Tally
		for i := w; i < len(log); i += workers {
			part.Case(log[i], 1)
		}
		t.Add(&part)
	}
	g := Mine(&t, opt)
	first := g.NewRefiner(&t)
	for w := range workers {
		r := g.NewRefiner(&t)
		for i := w; i < len(log); i += workers {
			r.Case(log[i], 1)
		}
		first.Add(r)
	}
	g.Refine(&t, first)
	return g, &t
}

func told(g *Graph) []string {
	var out []string
	for _, r := range g.Relations {
		mark := ""
		if r.Follows {
			mark = " (follows)"
		}
		out = append(out, fmt.Sprintf("%s %c %c %d-%d%s", r.Kind, 'a'+r.From, 'a'+r.To, r.Cases, r.Broken, mark))
	}
	slices.Sort(out)
	return out
}

func TestMine(t *testing.T) {
	for _, c := range []struct {
		name string
		log  []string
		opt  Options
		want []string
	}{
		{"a chain", []string{"abc", "abc"}, Options{}, []string{
			"condition a b 2-0", "condition a c 2-0 (follows)", "condition b c 2-0",
			"exclude b a 2-0 (follows)", "exclude c a 2-0 (follows)", "exclude c b 2-0 (follows)",
			"once a a 2-0", "once b b 2-0", "once c c 2-0",
			"response a b 2-0", "response a c 2-0 (follows)", "response b c 2-0",
		}},
		{"a choice", []string{"ab", "ac"}, Options{}, []string{
			"apart b c 1-0", "condition a b 1-0", "condition a c 1-0",
			"exclude b a 1-0 (follows)", "exclude c a 1-0 (follows)", "once a a 2-0", "once b b 1-0", "once c c 1-0",
		}},
		{"again only after another", []string{"abab", "ab"}, Options{}, []string{
			"again a b 1-0", "condition a b 2-0", "response a b 2-0",
		}},
		{"what may still come must come", []string{"abd", "acd", "d"}, Options{}, []string{ // d alone: neither was excluded
			"apart b c 1-0", "condition a b 1-0", "condition a c 1-0", "exclude b a 1-0 (follows)", "exclude c a 1-0 (follows)",
			"exclude d a 2-0", "exclude d b 1-0", "exclude d c 1-0",
			"once a a 2-0", "once b b 1-0", "once c c 1-0", "once d d 3-0",
			"response a d 2-0", "response b d 1-0", "response c d 1-0",
		}},
		{"one of two", []string{"abd", "acd"}, Options{}, []string{
			"apart b c 1-0", "condition a b 1-0", "condition a c 1-0", "condition a d 2-0",
			"exclude b a 1-0 (follows)", "exclude c a 1-0 (follows)", "exclude d a 2-0 (follows)", "exclude d b 1-0", "exclude d c 1-0",
			"once a a 2-0", "once b b 1-0", "once c c 1-0", "once d d 2-0", "open_condition b d 2-0", "open_condition c d 2-0",
			"response a d 2-0", "response b d 1-0", "response c d 1-0",
		}},
		{"noise", []string{"ab", "ab", "ab", "ba"}, Options{Noise: .25}, []string{
			"condition a b 4-1", "exclude b a 4-1 (follows)", "once a a 4-0", "once b b 4-0", "response a b 4-1",
		}},
		{"support", []string{"ab", "ab", "c"}, Options{Support: 2}, []string{
			"condition a b 2-0", "exclude b a 2-0 (follows)", "once a a 2-0", "once b b 2-0", "response a b 2-0",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for workers := 1; workers < 3; workers++ {
				g, _ := mine(traces(c.log...), c.opt, workers)
				if diff := cmp.Diff(c.want, told(g)); diff != "" {
					t.Errorf("%d workers: %s", workers, diff)
				}
			}
		})
	}
}

func someLog(t *rapid.T) [][]uint16 {
	act := rapid.Uint16Range(0, uint16(rapid.IntRange(0, 7).Draw(t, "acts")))
	return rapid.SliceOfN(rapid.SliceOfN(act, 0, 12), 1, 12).Draw(t, "log")
}

// TestFitness: without noise the graph lets every case happen that it was mined from.
func TestFitness(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := someLog(t)
		g, _ := mine(log, Options{Support: rapid.Int64Range(0, 3).Draw(t, "support")}, 1)
		r := g.NewReplayer()
		for _, c := range log {
			if ok, at := r.Fits(c); !ok {
				t.Fatalf("%v stops at %d on %v", c, at, told(g))
			}
		}
	})
}

// TestRefuses: the graph is no flower. What breaks a relation that was mined does not replay.
func TestRefuses(t *testing.T) {
	g, _ := mine(traces("abd", "acd"), Options{}, 1)
	r := g.NewReplayer()
	for c, want := range map[string]int{"bd": 0, "aab": 1, "abcd": 2, "ad": 1, "ab": 2, "abda": 3} {
		if ok, at := r.Fits(traces(c)[0]); ok || at != want {
			t.Errorf("%s: %v at %d, want to stop at %d", c, ok, at, want)
		}
	}
}

// TestNaive holds every count against the meaning of its relation, case by case.
func TestNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := someLog(t)
		opt := Options{Noise: rapid.SampledFrom([]float64{0, .1, .25, .4}).Draw(t, "noise"), Support: rapid.Int64Range(1, 3).Draw(t, "support")}
		g, tally := mine(log, opt, rapid.IntRange(1, 3).Draw(t, "workers"))
		want := naive(log, opt)
		if diff := cmp.Diff(want, count(g)); diff != "" {
			t.Fatal(diff)
		}
		for a := range uint16(8) {
			with, events := int64(0), int64(0)
			for _, c := range log {
				n := int64(len(slices.DeleteFunc(slices.Clone(c), func(x uint16) bool { return x != a })))
				events += n
				with += min(n, 1)
			}
			if tally.With(int(a)) != with || tally.Events(int(a)) != events {
				t.Fatalf("act %d: with %d events %d, want %d and %d", a, tally.With(int(a)), tally.Events(int(a)), with, events)
			}
		}
	})
}

type pair struct {
	Kind     Kind
	From, To int
}

func count(g *Graph) map[pair][2]int64 {
	out := map[pair][2]int64{}
	for _, r := range g.Relations {
		out[pair{r.Kind, r.From, r.To}] = [2]int64{r.Cases, r.Broken}
	}
	return out
}

// broken is how a case looks that breaks a relation of a and b.
var broken = map[Kind]string{Once: "a.*a", Condition: "^[^a]*b", Response: "a[^b]*$", Again: "b[^a]*b", Exclude: "a.*b", Apart: "a.*b|b.*a"}

func holds(k Kind, a, b int) func([]uint16) bool {
	letter := func(x int) string { return string(rune('A' + x)) }
	re := regexp.MustCompile(strings.NewReplacer("a", letter(a), "b", letter(b)).Replace(broken[k]))
	return func(c []uint16) bool {
		var text strings.Builder
		for _, x := range c {
			text.WriteString(letter(int(x)))
		}
		return !re.MatchString(text.String())
	}
}

// naive asks every relation of every case, as regular expressions over one letter for each act: it shares nothing with the miner.
func naive(log [][]uint16, opt Options) map[pair][2]int64 {
	out := map[pair][2]int64{}
	weigh := func(k Kind, a, b int, about func(c []uint16) bool, holds func(c []uint16) bool) bool {
		var n, broken int64
		for _, c := range log {
			if about(c) {
				n++
				if !holds(c) {
					broken++
				}
			}
		}
		if n < max(1, opt.Support) || float64(broken) > opt.Noise*float64(n) {
			return false
		}
		out[pair{k, a, b}] = [2]int64{n, broken}
		return true
	}
	has := func(c []uint16, a int) bool { return slices.Contains(c, uint16(a)) }
	times := func(c []uint16, a int) (n int) {
		for _, x := range c {
			if int(x) == a {
				n++
			}
		}
		return n
	}
	for a := range 8 {
		weigh(Once, a, a, func(c []uint16) bool { return has(c, a) }, holds(Once, a, a))
	}
	for a := range 8 {
		for b := range 8 {
			if a == b {
				continue
			}
			rel := func(k Kind) func([]uint16) bool { return holds(k, a, b) }
			_, once := out[pair{Once, b, b}]
			strict := weigh(Condition, a, b, func(c []uint16) bool { return has(c, b) }, rel(Condition))
			if strict && !once {
				weigh(Again, a, b, func(c []uint16) bool { return times(c, b) > 1 }, rel(Again))
			}
			weigh(Response, a, b, func(c []uint16) bool { return has(c, a) }, rel(Response))
			withA, withB, both := int64(0), int64(0), int64(0)
			for _, c := range log {
				if has(c, a) {
					withA++
				}
				if has(c, b) {
					withB++
				}
				if has(c, a) && has(c, b) {
					both++
				}
			}
			rarer := min(withA, withB)
			if withA == 0 || withB == 0 {
				continue
			}
			if rarer >= max(1, opt.Support) && float64(both) <= opt.Noise*float64(rarer) {
				if a < b {
					out[pair{Apart, a, b}] = [2]int64{rarer, both}
				}
			} else if slices.ContainsFunc(log, func(c []uint16) bool { return has(c, a) && has(c, b) && rel(Exclude)(c) }) {
				weigh(Exclude, a, b, func(c []uint16) bool { return has(c, a) && has(c, b) }, rel(Exclude))
			}
		}
	}
	// open conditions, by running the exclusions that were mined
	excl, incl := map[[2]int]bool{}, map[[2]int]bool{}
	for p := range out {
		switch p.Kind {
		case Once, Exclude:
			excl[[2]int{p.From, p.To}] = true
		case Again:
			excl[[2]int{p.To, p.To}], incl[[2]int{p.From, p.To}] = true, true
		case Apart:
			excl[[2]int{p.From, p.To}], excl[[2]int{p.To, p.From}] = true, true
		}
	}
	for a := range 8 {
		for b := range 8 {
			earlier := int64(0)
			for _, c := range log {
				if i := slices.Index(c, uint16(a)); i >= 0 && slices.Contains(c[i+1:], uint16(b)) {
					earlier++
				}
			}
			if _, strict := out[pair{Condition, a, b}]; strict || a == b || earlier < max(1, opt.Support) {
				continue
			}
			weigh(Open, a, b, func(c []uint16) bool { return has(c, b) }, func(c []uint16) bool {
				gone, done := map[int]bool{}, map[int]bool{}
				for _, e := range c {
					if int(e) == b && !done[a] && !gone[a] {
						return false
					}
					done[int(e)] = true
					for x := range 8 {
						if excl[[2]int{int(e), x}] {
							gone[x] = true
						}
						if incl[[2]int{int(e), x}] {
							gone[x] = false
						}
					}
				}
				return true
			})
		}
	}
	return out
}

// TestHolds holds the relation of one case against its expression.
func TestHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := someLog(t)[0]
		for _, k := range []Kind{Once, Condition, Response, Again, Exclude, Apart} {
			a, b := rapid.IntRange(0, 7).Draw(t, "a"), rapid.IntRange(0, 7).Draw(t, "b")
			if k == Once {
				b = a
			} else if a == b {
				continue
			}
			if r := (&Relation{Kind: k, From: a, To: b}); r.Holds(c) != holds(k, a, b)(c) {
				t.Fatalf("%v: %s %d %d holds: %v", c, k, a, b, r.Holds(c))
			}
		}
	})
}

// TestFollows: without noise, a relation that is marked as following from others holds wherever the others hold.
func TestFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := mine(someLog(t), Options{}, 1)
		other := rapid.SliceOfN(rapid.Uint16Range(0, 7), 0, 8).Draw(t, "another case")
		for i := range g.Relations {
			if r := &g.Relations[i]; !r.Follows && r.Kind != Open && !r.Holds(other) {
				return
			}
		}
		for i := range g.Relations {
			if r := &g.Relations[i]; r.Kind != Open && !r.Holds(other) {
				t.Fatalf("%v breaks %s %d %d, which is said to follow", other, r.Kind, r.From, r.To)
			}
		}
	})
}

// TestByChance: 30 and 40 cases of 1000 meet in 1.2 by chance, so that none is no news; 100 and 200 meet in 20.
func TestByChance(t *testing.T) {
	for _, c := range []struct {
		chance float64
		broken int64
		want   bool
	}{{1.2, 0, true}, {2.99, 0, true}, {3, 0, false}, {20, 0, false}, {20, 12, false}, {20, 14, true}, {4, 1, true}, {5, 1, false}} {
		if got := (&Relation{Kind: Apart, Chance: c.chance, Broken: c.broken}).ByChance(); got != c.want {
			t.Errorf("%v by chance, %d seen: %v", c.chance, c.broken, got)
		}
	}
	if (&Relation{Kind: Once}).ByChance() {
		t.Error("only what is apart can be apart by chance")
	}
}

// TestWilson holds the interval against its definition: its ends are the rates from which the share lies just 1.96 standard
// errors away.
func TestWilson(t *testing.T) {
	for _, c := range [][2]int64{{0, 10}, {1, 10}, {5, 10}, {10, 10}, {999, 1000}, {1, 1}} {
		low, high := Wilson(c[0], c[1])
		n, share := float64(c[1]), float64(c[0])/float64(c[1])
		for _, rate := range []float64{low, high} {
			if rate == share {
				continue // the end of the scale
			}
			if away := math.Abs(share-rate) / math.Sqrt(rate*(1-rate)/n); math.Abs(away-1.96) > 1e-3 {
				t.Errorf("%d of %d: %v is %v standard errors away", c[0], c[1], rate, away)
			}
		}
		if low > share || high < share {
			t.Errorf("%d of %d: %v to %v", c[0], c[1], low, high)
		}
	}
	if low, high := Wilson(0, 0); low != 0 || high != 1 {
		t.Errorf("nothing seen: %v to %v", low, high)
	}
}

// BenchmarkMine takes a log and one twice as long, and reports how much longer the second takes: twice is linear.
func BenchmarkMine(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	log := make([][]uint16, 40000)
	for i := range log {
		for range 4 + random.IntN(24) {
			log[i] = append(log[i], uint16(random.IntN(12)+random.IntN(12)))
		}
	}
	took := [2]time.Duration{}
	events := 0
	for b.Loop() {
		for k, n := range []int{len(log) / 2, len(log)} {
			start := time.Now()
			mine(log[:n], Options{Noise: .05, Support: 10}, 1)
			took[k] += time.Since(start)
		}
	}
	for _, c := range log {
		events += len(c)
	}
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "2n/n")
	b.ReportMetric(float64(events)*float64(b.N)/took[1].Seconds(), "acts/s")
}
