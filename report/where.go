package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"plumbline/audit"
)

// placeRow is a way from one act to the next, with what was found on it.
type placeRow struct {
	From, To string
	Found    int64
	Count    int64
	Share    float64 // of all findings
}

const mostPlaces = 8

func (p *page) places() {
	var total int64
	arcs := slices.Clone(p.F.Arcs)
	for _, a := range arcs {
		total += a.Found
	}
	slices.SortStableFunc(arcs, func(a, b audit.Arc) int { return cmp.Compare(b.Found, a.Found) })
	for _, a := range arcs {
		if a.Found == 0 {
			break
		}
		if len(p.Places) == mostPlaces {
			p.PlaceRest++
			continue
		}
		s := float64(a.Found) / float64(total)
		p.PlaceShare += s
		p.Places = append(p.Places, placeRow{p.end(a.From, true), p.end(a.To, false), a.Found, a.Count, s})
	}
}

// end names an act of an arc, or the end of it at which no act stands.
func (p *page) end(act string, begin bool) string {
	switch {
	case act != "":
		return p.act(act)
	case begin:
		return p.Say("开始", "start")
	}
	return p.Say("结束", "end")
}

// A funnel shows how far units (or posts, or whatever the log names) differ: the share of their cases with a finding against how
// many cases they have, with the limits within which chance alone would keep them. It answers whether there is anything to ask,
// and is no league table: dots have no names; only units beyond the limits are named, in the order of their names.
type funnel struct {
	Dots    []dot
	Mean    float64
	Wider   float64 // how much wider than the binomial limits: by how much groups differ anyway
	Top     float64 // of the scale
	Least   int64   // cases at the left edge and the right edge, in powers of ten
	Most    int64
	Above   int
	Below   int
	Thin    int // groups with fewer than 20 cases, which are not drawn
	Outside []groupRow
}

type dot struct {
	Of  int64
	P   float64
	Out bool
}

type groupRow struct {
	Name  string
	Share share
	Above bool
}

const (
	leastGroups = 5
	mostNamed   = 30
)

func (p *page) groups() {
	var f funnel
	var count, of int64
	var kept []audit.GroupFigures
	for _, g := range p.F.Groups {
		switch {
		case g.Name == "":
		case g.Cases < thin:
			f.Thin++
		default:
			kept = append(kept, g)
			count, of = count+g.Found, of+g.Cases
		}
	}
	if len(kept) < leastGroups || count == 0 || count == of {
		return
	}
	f.Mean = float64(count) / float64(of)
	sigma := func(n int64) float64 { return math.Sqrt(f.Mean * (1 - f.Mean) / float64(n)) }
	f.Wider = wider(kept, f.Mean, sigma)
	f.Least, f.Most = math.MaxInt64, 1
	slices.SortStableFunc(kept, func(a, b audit.GroupFigures) int { return cmp.Compare(a.Name, b.Name) })
	for _, g := range kept {
		d := dot{Of: g.Cases, P: float64(g.Found) / float64(g.Cases)}
		half := 3 * sigma(g.Cases) * f.Wider
		f.Least, f.Most = min(f.Least, g.Cases), max(f.Most, g.Cases)
		f.Top = max(f.Top, d.P, min(1, f.Mean+half))
		if d.Out = math.Abs(d.P-f.Mean) > half; d.Out {
			above := d.P > f.Mean
			if above {
				f.Above++
			} else {
				f.Below++
			}
			if p.F.By == "unit" {
				name := g.Name
				if p.Group != nil {
					name = p.Group(name)
				}
				f.Outside = append(f.Outside, groupRow{name, newShare(g.Found, g.Cases), above})
			}
		}
		f.Dots = append(f.Dots, d)
	}
	f.Outside = f.Outside[:min(len(f.Outside), mostNamed)]
	f.Top = ceiling(f.Top)
	power := func(n float64) int64 { return int64(math.Round(math.Pow(10, n))) }
	f.Least, f.Most = power(math.Floor(math.Log10(float64(f.Least)))), power(math.Ceil(math.Log10(float64(f.Most)+1)))
	p.Funnel = &f
}

// wider is by how much groups differ more than chance would have it: the root of the mean squared distance from the mean in
// standard deviations, the outermost tenth on each side drawn in (Spiegelhalter 2005); never less than 1.
func wider(groups []audit.GroupFigures, mean float64, sigma func(int64) float64) float64 {
	var z []float64
	for _, g := range groups {
		z = append(z, (float64(g.Found)/float64(g.Cases)-mean)/sigma(g.Cases))
	}
	slices.Sort(z)
	low, high := z[len(z)/10], z[len(z)-1-len(z)/10]
	sum := 0.0
	for _, x := range z {
		x = max(low, min(high, x))
		sum += x * x
	}
	return max(1, math.Sqrt(sum/float64(len(z))))
}

// FunnelChart draws the funnel. As with trends the picture is stretched to its place, and letters stand beside it.
func (p *page) FunnelChart() template.HTML {
	const wide, high = 1000.0, 200.0
	f := p.Funnel
	left, right := math.Log10(float64(f.Least)), math.Log10(float64(f.Most))
	x := func(n float64) float64 { return (math.Log10(n) - left) / (right - left) * wide }
	y := func(share float64) float64 { return high - share/f.Top*high }
	var b, up, low strings.Builder
	fmt.Fprintf(&b, `<svg class="trend" viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="%s">`, wide, high, template.HTMLEscapeString(p.FunnelWords()))
	for i := 0; i <= 60; i++ {
		n := math.Pow(10, left+(right-left)*float64(i)/60)
		half := 3 * math.Sqrt(f.Mean*(1-f.Mean)/n) * f.Wider
		fmt.Fprintf(&up, "L%.1f,%.1f", x(n), y(min(f.Top, f.Mean+half)))
		low.Reset()
	}
	for i := 60; i >= 0; i-- {
		n := math.Pow(10, left+(right-left)*float64(i)/60)
		half := 3 * math.Sqrt(f.Mean*(1-f.Mean)/n) * f.Wider
		fmt.Fprintf(&low, "L%.1f,%.1f", x(n), y(max(0, f.Mean-half)))
	}
	fmt.Fprintf(&b, `<path class="band" d="M%sz"/>`, strings.TrimPrefix(up.String(), "L")+low.String())
	fmt.Fprintf(&b, `<path class="mean" d="M0,%.1fH%.0f"/>`, y(f.Mean), wide)
	for _, d := range f.Dots {
		class := "in"
		if d.Out {
			class = "dot"
		}
		fmt.Fprintf(&b, `<path class="%s" d="M%.1f,%.1fh0"/>`, class, x(float64(d.Of)), y(d.P))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and words that are escaped
}

// FunnelTicks are the letters under it.
func (p *page) FunnelTicks() []tick {
	var out []tick
	for n := p.Funnel.Least; n < p.Funnel.Most; n *= 10 {
		at := math.Log10(float64(n)/float64(p.Funnel.Least)) / math.Log10(float64(p.Funnel.Most)/float64(p.Funnel.Least)) * 100
		out = append(out, tick{fmt.Sprintf(p.Say("%s件", "%s cases"), p.Number(n)), at})
	}
	return out
}

// FunnelWords says what the funnel shows.
func (p *page) FunnelWords() string {
	s := p.funnelSays()
	if n := p.Funnel.Thin; n > 0 {
		s += fmt.Sprintf(p.Say("另有%d个不足%d件，不能下结论，未画。", " %d more have fewer than %d cases, from which nothing follows; they are not drawn."), n, thin)
	}
	return s
}

func (p *page) funnelSays() string {
	f := p.Funnel
	what := map[string][2]string{"unit": {"单位", "units"}, "post": {"职务", "posts"}, "person": {"资源编号", "resources"}}[p.F.By]
	s := fmt.Sprintf(p.Say("%d个%s，平均%s：", "%d %s, mean %s: "), len(f.Dots), p.Say(what[0], what[1]), p.Percent(f.Mean))
	var parts []string
	if f.Above > 0 {
		parts = append(parts, fmt.Sprintf(p.Say("%d个高于控制限", "%d above the limits"), f.Above))
	}
	if f.Below > 0 {
		parts = append(parts, fmt.Sprintf(p.Say("%d个低于控制限", "%d below the limits"), f.Below))
	}
	if len(parts) == 0 {
		return s + p.Say("没有一个超出控制限，原因不在某一处。", "none outside the limits; the cause is not in one of them.")
	}
	return s + strings.Join(parts, p.Say("，", ", ")) + p.Say("，其余在带内。", ", all others within.")
}
