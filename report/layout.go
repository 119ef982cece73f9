package report

import (
	"cmp"
	"math"
	"slices"
)

// The process map is laid out in layers, after Sugiyama: ways back are turned round, each act stands below what leads to it,
// long arcs are cut at every layer they pass, rows are ordered to cross little, and places are found row by row. Labels of
// arcs are boxes of the layout, so that none lies on another.

// A box is something with a place in a row: an act, the label of an arc, or a point that an arc passes.
type box struct {
	wide, high float64
	row        int
	x, y       float64 // of its middle
	shift      float64 // of the arc that passes it, from its middle
	near       []link
	act        int // -1: belongs to an arc
}

type link struct {
	to     int
	weight float64
}

// An edge joins two boxes; way lists the boxes it passes from one to the other, both included.
type edge struct {
	from, to int
	weight   float64
	wide     float64 // of its label, which stands right of the line
	thick    float64 // of its line
	way      []int
	label    int // box of the label
}

const (
	labelHigh = 29.0
	rowGap    = 17.0 // between a row of acts and a row of labels
	sideGap   = 14.0
	pointWide = 8.0
)

// arrange places acts (the boxes given, of which the second is the end of all) and edges; loops, with from equal to to, are left to the painter. It returns all boxes
// and the size of the picture.
func arrange(acts []box, edges []edge) (all []box, wide, high float64) {
	rows := layers(acts, edges)
	all = slices.Clone(acts)
	table := make([][]int, 2*rows-1)
	for i := range all {
		all[i].row *= 2
		table[all[i].row] = append(table[all[i].row], i)
	}
	join := func(a, b int, w float64) {
		all[a].near = append(all[a].near, link{b, w})
		all[b].near = append(all[b].near, link{a, w})
	}
	for k := range edges {
		e := &edges[k]
		if e.from == e.to {
			continue
		}
		a, b, step := all[e.from].row, all[e.to].row, 1
		if a > b {
			step = -1
		}
		middle := (a + b) / 2
		if middle%2 == 0 {
			middle -= step
		}
		e.way = []int{e.from}
		for row := a + step; row != b; row += step {
			d := box{wide: pointWide, row: row, act: -1}
			if row == middle {
				d.wide, d.high = e.wide+e.thick, labelHigh
				d.shift = (e.thick - d.wide) / 2
				e.label = len(all)
			}
			e.way = append(e.way, len(all))
			table[row] = append(table[row], len(all))
			all = append(all, d)
		}
		e.way = append(e.way, e.to)
		for i := 1; i < len(e.way); i++ {
			w := 1 + 2*e.weight
			if i > 1 && i < len(e.way)-1 {
				w *= 6 // long arcs run straight
			}
			join(e.way[i-1], e.way[i], w)
		}
	}
	untangle(all, table)
	spreadOut(all, table)
	straighten(all, table, edges)
	wide = fromLeft(all)
	y := 6.0
	for r, row := range table {
		tall := 0.0
		for _, i := range row {
			tall = max(tall, all[i].high)
		}
		if r > 0 {
			y += rowGap
		}
		for _, i := range row {
			all[i].y = y + tall/2
		}
		y += tall
	}
	return all, wide, y + 6
}

// layers gives every act its row, counted from 0, and says how many there are. Edges against the order are ways back.
func layers(acts []box, edges []edge) int {
	order := sequence(len(acts), edges)
	place := make([]int, len(acts))
	for i, n := range order {
		place[n] = i
	}
	// ends of an edge, the upper first: ways back are turned round
	ends := func(e *edge) (upper, lower int) {
		if place[e.from] < place[e.to] {
			return e.from, e.to
		}
		return e.to, e.from
	}
	for _, n := range order {
		for k := range edges {
			if upper, lower := ends(&edges[k]); upper == n && lower != n {
				acts[lower].row = max(acts[lower].row, acts[n].row+1)
			}
		}
	}
	for i := range acts {
		acts[1].row = max(acts[1].row, acts[i].row)
	}
	// what could stand lower stands beside what it is tied to most
	for range 4 {
		for i := len(order) - 1; i >= 0; i-- {
			n := order[i]
			low, high, pull := 0, math.MaxInt32, 0.0
			for k := range edges {
				switch upper, lower := ends(&edges[k]); {
				case upper == lower:
				case lower == n:
					low = max(low, acts[upper].row+1)
					pull -= edges[k].weight
				case upper == n:
					high = min(high, acts[lower].row-1)
					pull += edges[k].weight
				}
			}
			if high != math.MaxInt32 && pull > 0 {
				acts[n].row = max(low, high)
			} else if pull < 0 && n != 1 {
				acts[n].row = low
			}
		}
	}
	rows := 0
	for i := range acts {
		rows = max(rows, acts[i].row+1)
	}
	return rows
}

// sequence orders the acts so that little weight runs backwards (Eades, Lin and Smyth).
func sequence(n int, edges []edge) []int {
	gone := make([]bool, n)
	var front, back []int
	for len(front)+len(back) < n {
		in, out := make([]float64, n), make([]float64, n)
		for k := range edges {
			if e := &edges[k]; e.from != e.to && !gone[e.from] && !gone[e.to] {
				out[e.from] += e.weight
				in[e.to] += e.weight
			}
		}
		best, taken := -1, false
		for i := range n {
			switch {
			case gone[i]:
			case out[i] == 0 && in[i] > 0:
				gone[i], taken = true, true
				back = append(back, i)
			case in[i] == 0:
				gone[i], taken = true, true
				front = append(front, i)
			case best < 0 || out[i]-in[i] > out[best]-in[best]:
				best = i
			}
			if taken {
				break
			}
		}
		if !taken && best >= 0 {
			gone[best] = true
			front = append(front, best)
		}
	}
	slices.Reverse(back)
	return append(front, back...)
}

// untangle orders the rows: by the middle of what a box is tied to above and below, in turn; the order with the fewest
// crossings is kept.
func untangle(all []box, table [][]int) {
	at := make([]float64, len(all))
	number := func() {
		for _, row := range table {
			for i, n := range row {
				at[n] = (float64(i) + 0.5) / float64(len(row))
			}
		}
	}
	number()
	best, fewest := clone(table), math.Inf(1)
	for round := range 24 {
		for k := range table {
			r, from := k, -1
			if round%2 == 1 {
				r, from = len(table)-1-k, 1
			}
			weight := map[int]float64{}
			for _, n := range table[r] {
				sum, total := 0.0, 0.0
				for _, l := range all[n].near {
					if all[l.to].row == r+from {
						sum += at[l.to] * l.weight
						total += l.weight
					}
				}
				weight[n] = at[n]
				if total > 0 {
					weight[n] = sum / total
				}
			}
			slices.SortStableFunc(table[r], func(a, b int) int { return cmp.Compare(weight[a], weight[b]) })
			number()
		}
		if c := crossings(all, table, at); c < fewest {
			best, fewest = clone(table), c
		}
	}
	for i := range table {
		copy(table[i], best[i])
	}
}

func clone(table [][]int) [][]int {
	out := make([][]int, len(table))
	for i := range table {
		out[i] = slices.Clone(table[i])
	}
	return out
}

func crossings(all []box, table [][]int, at []float64) float64 {
	sum := 0.0
	for r := range len(table) - 1 {
		type line struct{ a, b, w float64 }
		var lines []line
		for _, n := range table[r] {
			for _, l := range all[n].near {
				if all[l.to].row == r+1 {
					lines = append(lines, line{at[n], at[l.to], l.weight})
				}
			}
		}
		for i := range lines {
			for k := range i {
				if (lines[i].a-lines[k].a)*(lines[i].b-lines[k].b) < 0 {
					sum += lines[i].w * lines[k].w
				}
			}
		}
	}
	return sum
}

// spreadOut finds the places in the rows: each box as near as may be to what it is tied to, in order and apart.
func spreadOut(all []box, table [][]int) {
	for _, row := range table {
		x := 0.0
		for _, n := range row {
			all[n].x = x + all[n].wide/2
			x += all[n].wide + sideGap
		}
		for _, n := range row {
			all[n].x -= (x - sideGap) / 2
		}
	}
	for round := range 60 {
		for k := range table {
			row := table[k]
			if round%2 == 1 {
				row = table[len(table)-1-k]
			}
			wish, weight := make([]float64, len(row)), make([]float64, len(row))
			for i, n := range row {
				sum, total := all[n].x*0.1, 0.1
				for _, l := range all[n].near {
					sum += (all[l.to].x + all[l.to].shift - all[n].shift) * l.weight
					total += l.weight
				}
				wish[i], weight[i] = sum/total, total
			}
			nearest(all, row, wish, weight)
		}
	}
}

// straighten gives the boxes that a long edge passes one place across, as far as their neighbours in the rows let it.
func straighten(all []box, table [][]int, edges []edge) {
	place := make([]int, len(all))
	for _, row := range table {
		for i, n := range row {
			place[n] = i
		}
	}
	free := func(n int) (low, high float64) { // where a box may stand
		low, high = math.Inf(-1), math.Inf(1)
		row := table[all[n].row]
		if i := place[n]; i > 0 {
			l := &all[row[i-1]]
			low = l.x + (l.wide+all[n].wide)/2 + sideGap
		}
		if i := place[n]; i < len(row)-1 {
			r := &all[row[i+1]]
			high = r.x - (r.wide+all[n].wide)/2 - sideGap
		}
		return low, high
	}
	for range 12 {
		for k := range edges {
			way := edges[k].way
			if len(way) < 3 {
				continue
			}
			chain := way[1 : len(way)-1]
			for len(chain) > 0 {
				low, high, sum, n := math.Inf(-1), math.Inf(1), 0.0, 0
				if len(way) == 3 { // with nothing to pass but its label, it goes as its ends stand
					sum, n = (all[way[0]].x + all[way[2]].x), 2
				}
				taken := 0
				for _, b := range chain {
					l, h := free(b)
					l, h = l+all[b].shift, h+all[b].shift
					if max(low, l) > min(high, h) {
						break
					}
					low, high = max(low, l), min(high, h)
					sum += all[b].x + all[b].shift
					n++
					taken++
				}
				x := max(low, min(high, sum/float64(max(n, 1))))
				for _, b := range chain[:taken] {
					all[b].x = x - all[b].shift
				}
				chain = chain[max(taken, 1):]
			}
		}
		for i := range all { // acts stand in the middle of what they are tied to
			if b := &all[i]; b.act >= 0 && len(b.near) > 0 {
				sum, total := 0.0, 0.0
				for _, l := range b.near {
					sum += (all[l.to].x + all[l.to].shift) * l.weight
					total += l.weight
				}
				low, high := free(i)
				if low <= high {
					b.x = max(low, min(high, sum/total))
				}
			}
		}
	}
}

// fromLeft moves the picture to its margin and returns its width.
func fromLeft(all []box) float64 {
	left, right := math.Inf(1), math.Inf(-1)
	for i := range all {
		left, right = min(left, all[i].x-all[i].wide/2), max(right, all[i].x+all[i].wide/2)
	}
	const margin = 10
	for i := range all {
		all[i].x += margin - left
	}
	return right - left + 2*margin
}

// nearest puts a row as near to its wishes as its order and the distances allow, by least squares: neighbours that want to
// stand in each other's place share one.
func nearest(all []box, row []int, wish, weight []float64) {
	type block struct {
		at, weight float64
		n          int
	}
	offset := make([]float64, len(row))
	for i := 1; i < len(row); i++ {
		offset[i] = offset[i-1] + (all[row[i-1]].wide+all[row[i]].wide)/2 + sideGap
	}
	var blocks []block
	for i := range row {
		b := block{wish[i] - offset[i], weight[i], 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].at > b.at {
			a := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			b = block{(a.at*a.weight + b.at*b.weight) / (a.weight + b.weight), a.weight + b.weight, a.n + b.n}
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.n {
			all[row[i]].x = b.at + offset[i]
			i++
		}
	}
}
