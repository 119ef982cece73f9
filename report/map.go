package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"plumbline/audit"
)

const (
	mostOnMap  = 22 // acts
	mostArcs   = 30
	actWide    = 146.0
	actHigh    = 50.0
	loopWide   = 22.0
	mostWide   = 1300.0 // of a picture that is shrunk to its page
	lowHigh    = 38.0   // of an act whose title needs one line
	letterSize = 11.5
	scale      = 1.25 // of the picture, where there is room
)

// processMap is the picture of what directly followed what, with what was left out of it.
type processMap struct {
	SVG               template.HTML
	Least             int64 // arcs with fewer transitions are left out, unless an act would stand without its usual way in or out
	LeftArcs, LeftAll int64 // arcs left out and their transitions
	Arcs, All         int64 // in all
	LeftActs          int64 // kinds of act left out
	Wide              float64
}

// drawMap draws the most frequent acts and arcs.
func drawMap(w *words, f *audit.Figures) processMap {
	var m processMap
	shown := map[string]bool{"": true}
	byCount := slices.Clone(f.Acts)
	slices.SortStableFunc(byCount, func(a, b audit.ActFigures) int { return cmp.Compare(b.Count, a.Count) })
	for i, a := range byCount {
		switch {
		case a.Count == 0:
		case i < mostOnMap:
			shown[a.Act] = true
		default:
			m.LeftActs++
		}
	}
	arcs := slices.Clone(f.Arcs)
	slices.SortStableFunc(arcs, func(a, b audit.Arc) int { return cmp.Compare(b.Count, a.Count) })
	in, out := map[string]bool{}, map[string]bool{}
	var kept []audit.Arc
	for _, a := range arcs {
		m.Arcs++
		m.All += a.Count
		if a.Count == 0 || !shown[a.From] || !shown[a.To] {
			m.LeftArcs++
			m.LeftAll += a.Count
			continue
		}
		usual := a.From != "" && !out[a.From] || a.To != "" && !in[a.To]
		if len(kept) >= mostArcs && !usual {
			m.LeftArcs++
			m.LeftAll += a.Count
			continue
		}
		if len(kept) < mostArcs {
			m.Least = a.Count
		}
		in[a.To], out[a.From] = true, true
		kept = append(kept, a)
	}
	m.SVG, m.Wide = paintMap(w, f, kept, shown)
	return m
}

func paintMap(w *words, f *audit.Figures, arcs []audit.Arc, shown map[string]bool) (template.HTML, float64) {
	// the two ends are acts of the picture
	acts := []box{{wide: 74, high: 26, act: 0}, {wide: 74, high: 26, act: 1}}
	titles := []string{w.Say("开始", "start"), w.Say("结束", "end")}
	figures := []audit.ActFigures{{}, {}}
	place := map[string]int{}
	for _, a := range f.Acts {
		if shown[a.Act] && a.Count > 0 {
			place[a.Act] = len(acts)
			high := actHigh
			if len(breakLine(a.Title.In(w.Lang), actWide-14, letterSize)) == 1 {
				high = lowHigh
			}
			acts = append(acts, box{wide: actWide, high: high, act: len(acts)})
			titles, figures = append(titles, a.Title.In(w.Lang)), append(figures, a)
		}
	}
	most := 1.0
	for _, a := range arcs {
		most = max(most, float64(a.Count))
	}
	edges := make([]edge, len(arcs))
	labels := make([][2]string, len(arcs))
	for i, a := range arcs {
		from, to := 0, 1
		if a.From != "" {
			from = place[a.From]
		}
		if a.To != "" {
			to = place[a.To]
		}
		labels[i][0] = w.Number(a.Count)
		if a.Wait.N > 0 {
			labels[i][1] = w.Time(a.Wait.Median)
		}
		wide := max(textWide(labels[i][0], 10.5), textWide(labels[i][1], 10)) + 11
		weight := math.Sqrt(float64(a.Count) / most)
		edges[i] = edge{from: from, to: to, weight: weight, wide: wide, thick: 1 + 6*weight}
	}
	for _, e := range edges { // a loop, with its label, stands at the right of its act
		if e.from == e.to {
			acts[e.from].wide += 2 * (loopWide + e.wide)
		}
	}
	all, wide, high := arrange(acts, edges)

	var b, glow, lines, text strings.Builder
	for i, a := range arcs {
		e := &edges[i]
		stroke := e.thick
		if e.from == e.to {
			n := &all[e.from]
			x, y := n.x+actWide/2, n.y
			path := fmt.Sprintf("M%.0f,%.0f c24,-14 24,30 3,16", x, y-8)
			fmt.Fprintf(&lines, `<path class="arc" stroke-width="%.1f" d="%s"/>`, min(stroke, 3), path)
			fmt.Fprintf(&text, `<g><title>%s</title><text class="n" x="%.0f" y="%.0f">%s</text><text class="t" x="%.0f" y="%.0f">%s</text></g>`, html.EscapeString(arcTitle(w, titles[e.from], titles[e.to], a)),
				x+loopWide, y-1, labels[i][0], x+loopWide, y+11, html.EscapeString(labels[i][1]))
			continue
		}
		path, tip := course(all, e, stroke)
		if a.Found > 0 {
			share := math.Sqrt(min(1, float64(a.Found)/float64(a.Count)))
			fmt.Fprintf(&glow, `<path class="glow" stroke-width="%.1f" stroke-opacity="%.2f" d="%s"/>`, stroke+9, 0.10+0.42*share, path)
		}
		fmt.Fprintf(&lines, `<path class="arc" stroke-width="%.1f" d="%s"/>%s`, stroke, path, tip)
		l := &all[e.label]
		x := l.x + l.shift + stroke/2 + 5.5
		fmt.Fprintf(&text, `<g><title>%s</title><text class="n" x="%.1f" y="%.1f">%s</text>`, html.EscapeString(arcTitle(w, titles[e.from], titles[e.to], a)), x, l.y-1.5, labels[i][0])
		if labels[i][1] != "" {
			fmt.Fprintf(&text, `<text class="t" x="%.1f" y="%.1f">%s</text>`, x, l.y+10, html.EscapeString(labels[i][1]))
		}
		text.WriteString("</g>")
	}
	class := "map"
	if wide > mostWide { // it scrolls rather than shrink
		class += " broad"
	}
	fmt.Fprintf(&b, `<svg class="%s" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`, class, wide, high, wide*scale, high*scale, html.EscapeString(w.Say("办案过程图", "process map")))
	b.WriteString(glow.String() + lines.String() + text.String())
	for i := range acts {
		n := &all[i]
		x, y := n.x-n.wide/2, n.y-n.high/2
		if i > 1 {
			x = n.x - actWide/2
		}
		if i < 2 {
			fmt.Fprintf(&b, `<g class="end"><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="13"/><text x="%.0f" y="%.0f">%s</text></g>`, x, y, n.wide, n.high, n.x, n.y+4, html.EscapeString(titles[i]))
			continue
		}
		a := figures[i]
		class := ""
		if a.Found > 0 {
			class = " found"
		}
		fmt.Fprintf(&b, `<g class="act%s"><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="4"/>`, class, x, y, actWide, n.high)
		split := breakLine(titles[i], actWide-14, letterSize)
		first := y + 15
		for k, l := range split {
			fmt.Fprintf(&b, `<text class="title" x="%.0f" y="%.1f">%s</text>`, n.x, first+float64(k)*13, html.EscapeString(l))
		}
		fmt.Fprintf(&b, `<text class="n" x="%.0f" y="%.1f">%s`, n.x, y+n.high-7, w.Number(a.Count))
		if a.Found > 0 {
			fmt.Fprintf(&b, `<tspan class="bad" dx="7">%s</tspan>`, html.EscapeString(w.Count(a.Found, "问题%s", "%s finding", "%s findings")))
		}
		b.WriteString(`</text></g>`)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()), wide //nolint:gosec // every text in it is escaped above
}

func arcTitle(w *words, from, to string, a audit.Arc) string {
	s := from + " → " + to + w.Say("：", ": ") + w.Number(a.Count)
	if a.Wait.N > 0 {
		s += fmt.Sprintf(w.Say("；间隔中位数%s，九成不超过%s", "; median wait %s, nine in ten within %s"), w.Time(a.Wait.Median), w.Time(a.Wait.P90))
	}
	if a.Found > 0 {
		s += w.Count(a.Found, "；问题%s", "; %s finding", "; %s findings")
	}
	return s
}

// course is the line of an edge through the boxes that it passes, and its arrowhead.
func course(all []box, e *edge, stroke float64) (path, tip string) {
	way := e.way
	down := 1.0
	if all[way[0]].row > all[way[len(way)-1]].row {
		down = -1
	}
	head := 6 + stroke*0.6
	a, z := &all[way[0]], &all[way[len(way)-1]]
	lean := func(from, to *box) float64 { // ends are spread over the side of a box by where they go
		most := min(from.wide, actWide)/2 - 16
		return max(-most, min(most, (to.x+to.shift-from.x-from.shift)*0.22))
	}
	px, py := a.x+lean(a, &all[way[1]]), a.y+down*a.high/2
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f,%.1f", px, py)
	for k := 1; k < len(way); k++ {
		n := &all[way[k]]
		x, y := n.x+n.shift, n.y-down*n.high/2
		if k == len(way)-1 {
			x, y = z.x+lean(z, &all[way[k-1]]), z.y-down*(z.high/2+head*0.8)
		}
		half := (y - py) / 2
		fmt.Fprintf(&b, "C%.1f,%.1f %.1f,%.1f %.1f,%.1f", px, py+half, x, y-half, x, y)
		px, py = x, y
		if k < len(way)-1 && n.high > 0 {
			py = n.y + down*n.high/2
			fmt.Fprintf(&b, "L%.1f,%.1f", px, py)
		}
	}
	end := z.y - down*z.high/2
	tip = fmt.Sprintf(`<path class="head" d="M%.1f,%.1f l%.1f,%.1f h%.1f z"/>`, px, end, -head/2, -down*head, head)
	return b.String(), tip
}

// textWide estimates how wide a text prints: no font is at hand, and a wide character is as wide as it is high.
func textWide(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case r >= 0x2E80:
			w += size
		case r >= 'A' && r <= 'Z' || r == 'm' || r == 'w':
			w += size * .8
		case strings.ContainsRune("iljtf.,'| ()", r):
			w += size * .37
		default:
			w += size * .65
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
		pieces = strings.SplitAfter(s, " ")
	} else {
		for _, r := range s {
			pieces = append(pieces, string(r))
		}
	}
	lines := []string{""}
	for _, p := range pieces {
		last := len(lines) - 1
		if lines[last] != "" && textWide(lines[last]+strings.TrimSpace(p), size) > most {
			if last == 1 {
				lines[1] = cut(lines[1]+p, most, size)
				return lines
			}
			lines[0] = strings.TrimSpace(lines[0])
			lines = append(lines, "")
			last = 1
		}
		lines[last] += p
	}
	lines[len(lines)-1] = cut(strings.TrimSpace(lines[len(lines)-1]), most, size)
	return lines
}

func cut(s string, most, size float64) string {
	if textWide(s, size) <= most {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && textWide(string(r)+"…", size) > most {
		r = r[:len(r)-1]
	}
	return strings.TrimSpace(string(r)) + "…"
}
