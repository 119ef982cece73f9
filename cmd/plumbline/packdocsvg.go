package main

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// The diagrams are drawn here and not by a library: the Graphviz that can be linked in starts its interpreter whenever the
// program starts, and runs machine code it finds under /tmp.

// A graphNode is one act in a diagram.
type graphNode struct {
	id    string
	title string
	class string // fact, decision, relieving, and away for an act of another stage
	link  string

	layer  int
	x      float64
	dummy  bool
	inputs []int // edges drawn upwards and downwards, by node
	output []int
}

// A graphEdge goes from what comes first to what comes after it.
type graphEdge struct {
	from, to int
	duty     bool
	class    string // more classes of its line; mostly empty
	label    string
	way      []int // nodes it passes, both ends included
}

const (
	nodeWide, nodeHigh = 126.0, 42.0
	gapWide, gapHigh   = 10.0, 38.0
	dummyWide          = 10.0
	mostInLayer        = 5
)

// drawGraph sets nodes in layers, what comes first above, and draws the edges between them.
func drawGraph(nodes []graphNode, edges []graphEdge, name string) string {
	layers := layer(nodes, edges)
	var all []graphNode
	all = append(all, nodes...)
	rows := make([][]int, layers)
	for i := range all {
		rows[all[i].layer] = append(rows[all[i].layer], i)
	}
	for k := range edges {
		e := &edges[k]
		a, b := e.from, e.to
		step := 1
		if all[a].layer > all[b].layer {
			step = -1
		}
		e.way = []int{a}
		for l := all[a].layer + step; l != all[b].layer && all[a].layer != all[b].layer; l += step {
			d := len(all)
			all = append(all, graphNode{layer: l, dummy: true})
			rows[l] = append(rows[l], d)
			e.way = append(e.way, d)
		}
		e.way = append(e.way, b)
		for n := 1; n < len(e.way); n++ {
			u, v := e.way[n-1], e.way[n]
			if all[u].layer > all[v].layer {
				u, v = v, u
			}
			if all[u].layer != all[v].layer {
				all[u].output, all[v].inputs = append(all[u].output, v), append(all[v].inputs, u)
			}
		}
	}
	order(all, rows)
	settle(all, rows)
	return paint(all, rows, edges, name)
}

// layer gives each node the first row below everything that comes before it, at most mostInLayer a row.
func layer(nodes []graphNode, edges []graphEdge) int {
	before := make([][]int, len(nodes))
	state := make([]int, len(nodes))
	after := make([][]int, len(nodes))
	for _, e := range edges {
		after[e.from] = append(after[e.from], e.to)
	}
	var sequence []int
	var visit func(int)
	visit = func(n int) {
		state[n] = 1
		for _, m := range after[n] {
			if state[m] == 1 {
				continue // a way back
			}
			if !slices.Contains(before[m], n) {
				before[m] = append(before[m], n)
			}
			if state[m] == 0 {
				visit(m)
			}
		}
		state[n] = 2
		sequence = append(sequence, n)
	}
	for n := range nodes {
		if state[n] == 0 {
			visit(n)
		}
	}
	slices.Reverse(sequence)
	// in the order of the pack as far as the edges allow
	var ready []int
	placed := make([]bool, len(nodes))
	count := map[int]int{}
	most := 0
	for len(ready) < len(nodes) {
		for n := range nodes {
			if placed[n] || slices.ContainsFunc(before[n], func(m int) bool { return !placed[m] }) {
				continue
			}
			l := 0
			for _, m := range before[n] {
				l = max(l, nodes[m].layer+1)
			}
			for count[l] >= mostInLayer {
				l++
			}
			nodes[n].layer, placed[n] = l, true
			count[l]++
			most = max(most, l+1)
			ready = append(ready, n)
		}
	}
	return most
}

// order reduces crossings: each row is sorted by the middle of its neighbours, downwards and upwards in turn.
func order(all []graphNode, rows [][]int) {
	at := make([]float64, len(all))
	number := func() {
		for _, row := range rows {
			for i, n := range row {
				at[n] = float64(i) - float64(len(row))/2
			}
		}
	}
	number()
	for round := range 12 {
		for i := range rows {
			k := i
			if round%2 == 1 {
				k = len(rows) - 1 - i
			}
			weight := map[int]float64{}
			for _, n := range rows[k] {
				near := all[n].inputs
				if round%2 == 1 {
					near = all[n].output
				}
				weight[n] = at[n]
				if len(near) > 0 {
					sum := 0.0
					for _, m := range near {
						sum += at[m]
					}
					weight[n] = sum / float64(len(near))
				}
			}
			slices.SortStableFunc(rows[k], func(a, b int) int { return cmp.Compare(weight[a], weight[b]) })
			number()
		}
	}
}

func nodeWidth(n *graphNode) float64 {
	if n.dummy {
		return dummyWide
	}
	return nodeWide
}

// settle moves nodes towards the middle of their neighbours, keeping the order and the distance in a row.
func settle(all []graphNode, rows [][]int) {
	for _, row := range rows {
		x := 0.0
		for _, n := range row {
			x += nodeWidth(&all[n]) / 2
			all[n].x = x
			x += nodeWidth(&all[n])/2 + gapWide
		}
		for _, n := range row {
			all[n].x -= (x - gapWide) / 2
		}
	}
	for round := range 16 {
		for i := range rows {
			row := rows[i]
			if round%2 == 1 {
				row = rows[len(rows)-1-i]
			}
			for _, n := range row {
				near := append(slices.Clone(all[n].inputs), all[n].output...)
				if len(near) == 0 {
					continue
				}
				sum := 0.0
				for _, m := range near {
					sum += all[m].x
				}
				all[n].x = (all[n].x + sum/float64(len(near))) / 2
			}
			apart(all, row)
		}
	}
	left, right := 0.0, 0.0
	for i := range all {
		left, right = min(left, all[i].x), max(right, all[i].x)
	}
	if most := mostInLayer * (nodeWide + gapWide); right-left > most { // too wide to read on paper
		for i := range all {
			all[i].x = (all[i].x - (left+right)/2) * most / (right - left)
		}
		for _, row := range rows {
			apart(all, row)
		}
	}
}

// apart pushes the nodes of a row apart, from the middle outwards.
func apart(all []graphNode, row []int) {
	mid := len(row) / 2
	for k := mid + 1; k < len(row); k++ {
		least := all[row[k-1]].x + (nodeWidth(&all[row[k-1]])+nodeWidth(&all[row[k]]))/2 + gapWide
		all[row[k]].x = max(all[row[k]].x, least)
	}
	for k := mid - 1; k >= 0; k-- {
		most := all[row[k+1]].x - (nodeWidth(&all[row[k+1]])+nodeWidth(&all[row[k]]))/2 - gapWide
		all[row[k]].x = min(all[row[k]].x, most)
	}
}

func paint(all []graphNode, rows [][]int, edges []graphEdge, name string) string {
	left, right := 0.0, 0.0
	for i := range all {
		w := nodeWidth(&all[i]) / 2
		left, right = min(left, all[i].x-w), max(right, all[i].x+w)
	}
	left, right = left-8, right+8
	y := func(n int) float64 { return 8 + float64(all[n].layer)*(nodeHigh+gapHigh) + nodeHigh/2 }
	high := 16 + float64(len(rows))*(nodeHigh+gapHigh) - gapHigh
	width := right - left
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="graph" viewBox="0 0 %.0f %.0f" width="%.0f" role="group" aria-label="%s">`, width, high, width, html.EscapeString(name))
	var labels strings.Builder
	for _, e := range edges {
		class := "must"
		if e.duty {
			class = "duty"
		}
		class = strings.TrimSpace(class + " " + e.class)
		x1, x2 := all[e.from].x-left, all[e.to].x-left
		y1, y2 := y(e.from), y(e.to)
		switch {
		case e.from == e.to:
			fmt.Fprintf(&b, `<path class="%s" d="M%.0f,%.0f c22,-14 22,22 2,12"/>`, class, x1+nodeWide/2, y1-6)
		case all[e.from].layer == all[e.to].layer:
			side := 1.0
			if x1 > x2 {
				side = -1
			}
			fmt.Fprintf(&b, `<path class="%s" d="M%.0f,%.0f C%.0f,%.0f %.0f,%.0f %.0f,%.0f"/>`, class, x1+side*nodeWide/4, y1+nodeHigh/2, x1+side*nodeWide/3, y1+nodeHigh, x2-side*nodeWide/3, y2+nodeHigh, x2-side*nodeWide/4, y2+nodeHigh/2)
			label(&labels, (x1+x2)/2, y1+nodeHigh/2+14, e.label)
		default:
			down := 1.0
			if y1 > y2 {
				down = -1
			}
			// the ends of edges are spread over the side of a box by where they go
			start := x1 + spread(all[e.way[1]].x-all[e.from].x)
			end := x2 + spread(all[e.way[len(e.way)-2]].x-all[e.to].x)
			px, py := start, y1+down*nodeHigh/2
			fmt.Fprintf(&b, `<path class="%s" d="M%.0f,%.0f`, class, px, py)
			for k := 1; k < len(e.way); k++ {
				n := e.way[k]
				qx, qy := all[n].x-left, y(n)-down*nodeHigh/2
				if k == len(e.way)-1 {
					qx = end
				}
				fmt.Fprintf(&b, ` C%.0f,%.0f %.0f,%.0f %.0f,%.0f`, px, py+down*gapHigh*.55, qx, qy-down*gapHigh*.55, qx, qy)
				if k == 1 && e.label != "" {
					label(&labels, (px+qx)/2, (py+qy)/2, e.label)
				}
				if k < len(e.way)-1 {
					qy += down * nodeHigh
					fmt.Fprintf(&b, ` L%.0f,%.0f`, qx, qy)
				}
				px, py = qx, qy
			}
			fmt.Fprintf(&b, `"/><path class="head %s" d="M%.0f,%.0f l-3.5,%.0f l7,0 z"/>`, class, end, py, -7*down)
		}
	}
	for i := range all {
		n := &all[i]
		if n.dummy {
			continue
		}
		x, yy := n.x-left-nodeWide/2, y(i)-nodeHigh/2
		round := 3
		if strings.Contains(n.class, "fact") {
			round = 18
		}
		fmt.Fprintf(&b, `<a href="#%s"><g class="node %s"><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="%d"/>`, n.link, n.class, x, yy, nodeWide, nodeHigh, round)
		lines := breakLine(n.title, nodeWide-12, 11.5)
		first := yy + nodeHigh/2 - float64(len(lines)-1)*6.5 - 2
		for k, l := range lines {
			fmt.Fprintf(&b, `<text class="title" x="%.0f" y="%.1f">%s</text>`, n.x-left, first+float64(k)*12.5, html.EscapeString(l))
		}
		fmt.Fprintf(&b, `<text class="id" x="%.0f" y="%.1f">%s</text></g></a>`, n.x-left, yy+nodeHigh-4.5, html.EscapeString(n.id))
	}
	b.WriteString(labels.String())
	b.WriteString(`</svg>`)
	return b.String()
}

func spread(d float64) float64 { return max(-nodeWide/2+14, min(nodeWide/2-14, d*.18)) }

func label(b *strings.Builder, x, y float64, text string) {
	if text == "" {
		return
	}
	w := textWide(text, 9) + 6
	fmt.Fprintf(b, `<rect class="label" x="%.0f" y="%.0f" width="%.0f" height="12"/><text class="label" x="%.0f" y="%.1f">%s</text>`, x-w/2, y-6, w, x, y+3.3, html.EscapeString(text))
}

// textWide estimates how wide a text prints: no font is at hand, and a wide character is as wide as it is high.
func textWide(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case r >= 0x2E80:
			w += size
		case r >= 'A' && r <= 'Z' || r == 'm' || r == 'w':
			w += size * .72
		case strings.ContainsRune("iljtf.,'| ()", r):
			w += size * .32
		default:
			w += size * .56
		}
	}
	return w
}

// breakLine sets a title in at most two lines, the second cut where it is too long.
func breakLine(s string, most, size float64) []string {
	if textWide(s, size) <= most {
		return []string{s}
	}
	var pieces []string
	if strings.Contains(s, " ") {
		pieces = append(pieces, strings.SplitAfter(s, " ")...)
	} else {
		for _, r := range s {
			pieces = append(pieces, string(r))
		}
	}
	lines := []string{""}
	for _, p := range pieces {
		if last := len(lines) - 1; lines[last] != "" && textWide(lines[last]+strings.TrimSpace(p), size) > most {
			if last == 1 {
				cut := strings.TrimSpace(lines[1])
				for cut != "" && textWide(cut+"…", size) > most {
					_, n := utf8.DecodeLastRuneInString(cut)
					cut = cut[:len(cut)-n]
				}
				lines[1] = cut + "…"
				return lines
			}
			lines = append(lines, "")
		}
		lines[len(lines)-1] += p
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}
