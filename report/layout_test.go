package report

import (
	"testing"

	"pgregory.net/rapid"
)

// TestNothingOnTheMapLiesOnAnother lays out maps of any shape: acts and labels keep apart, and the picture holds them.
func TestNothingOnTheMapLiesOnAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 14).Draw(t, "acts")
		acts := make([]box, n)
		for i := range acts {
			acts[i] = box{wide: rapid.Float64Range(40, 200).Draw(t, "wide"), high: rapid.Float64Range(20, 50).Draw(t, "high"), act: i}
		}
		var edges []edge
		seen := map[[2]int]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "arcs") {
			a, z := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			if a != 1 && z != 0 && !seen[[2]int{a, z}] { // nothing leaves the end, nothing leads to the start
				seen[[2]int{a, z}] = true
				edges = append(edges, edge{from: a, to: z, weight: rapid.Float64Range(0.01, 1).Draw(t, "weight"), wide: rapid.Float64Range(10, 60).Draw(t, "label"), thick: 3})
			}
		}
		all, wide, high := arrange(acts, edges)
		for i := range all {
			a := &all[i]
			if a.x-a.wide/2 < 0 || a.x+a.wide/2 > wide || a.y-a.high/2 < 0 || a.y+a.high/2 > high {
				t.Fatalf("box %d is outside: %+v of %.0f x %.0f", i, *a, wide, high)
			}
			for k := range i {
				b := &all[k]
				if abs(a.x-b.x) < (a.wide+b.wide)/2-0.01 && abs(a.y-b.y) < (a.high+b.high)/2-0.01 {
					t.Fatalf("box %d lies on box %d: %+v, %+v", i, k, *a, *b)
				}
			}
		}
		for _, e := range edges {
			if e.from != e.to && (len(e.way) < 3 || e.way[0] != e.from || e.way[len(e.way)-1] != e.to || all[e.label].high == 0) {
				t.Fatalf("edge %+v", e)
			}
		}
	})
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
