package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// A trend is a p'-chart: the share of cases with a finding by the month in which they began, with the limits within which it
// moves by itself. The limits are those of the binomial distribution, three standard deviations, made wider by how much months
// differ from each other anyway (Laney): with thousands of cases a month plain limits call every month unusual. They are never
// made narrower.
type trend struct {
	Title    string
	Severity int
	Points   []point
	Mean     float64
	Wider    float64 // how much wider than the binomial limits
	Top      float64 // of the scale
	Outside  int     // months above the upper or below the lower limit
	High     *point  // the highest month above its limit; nil: none
	Runs     []run   // eight months or more on one side of the mean, the longest first, at most two
	Thin     int     // months with fewer than 20 cases, which are no part of the limits
}

type point struct {
	Month     string
	Count, Of int64
	P         float64
	Low, Up   float64
	Out       bool
	Thin      bool
}

type run struct {
	From, To  string
	Months    int
	Above     bool
	Count, Of int64
}

const (
	thin     = 20 // cases
	leastRun = 8
)

// newTrend makes a chart; nil where fewer than six months have enough cases.
func newTrend(title string, severity int, points []point) *trend {
	t := &trend{Title: title, Severity: severity, Points: points}
	var count, of int64
	full := 0
	for i := range points {
		p := &points[i]
		if p.Thin = p.Of < thin; p.Thin {
			t.Thin++
			continue
		}
		full++
		count += p.Count
		of += p.Of
	}
	if full < 6 || of == 0 {
		return nil
	}
	t.Mean = float64(count) / float64(of)
	sigma := func(n int64) float64 { return math.Sqrt(t.Mean * (1 - t.Mean) / float64(n)) }
	// the mean moving range of the standardised months
	last, sum, ranges := math.NaN(), 0.0, 0
	for i := range points {
		p := &points[i]
		if p.Of > 0 {
			p.P = float64(p.Count) / float64(p.Of)
		}
		if s := sigma(max(p.Of, 1)); !p.Thin && s > 0 {
			z := (p.P - t.Mean) / s
			if !math.IsNaN(last) {
				sum += math.Abs(z - last)
				ranges++
			}
			last = z
		}
	}
	t.Wider = 1
	if ranges > 0 {
		t.Wider = max(1, sum/float64(ranges)/1.128)
	}
	for i := range points {
		p := &points[i]
		if p.Thin {
			continue
		}
		half := 3 * sigma(p.Of) * t.Wider
		p.Low, p.Up = max(0, t.Mean-half), min(1, t.Mean+half)
		p.Out = p.P > p.Up || p.P < p.Low
		if p.Out {
			t.Outside++
			if p.P > p.Up && (t.High == nil || p.P > t.High.P) {
				t.High = p
			}
		}
		t.Top = max(t.Top, p.P, p.Up)
	}
	t.Top = ceiling(t.Top)
	t.findRuns()
	return t
}

// ceiling is the next round share.
func ceiling(p float64) float64 {
	for _, step := range []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8} {
		if p <= step {
			return step
		}
	}
	return 1
}

func (t *trend) findRuns() {
	var now run
	end := func() {
		if now.Months >= leastRun {
			at := len(t.Runs)
			for at > 0 && t.Runs[at-1].Months < now.Months {
				at--
			}
			t.Runs = append(t.Runs[:at], append([]run{now}, t.Runs[at:]...)...)
		}
		now = run{}
	}
	for i := range t.Points {
		p := &t.Points[i]
		if p.Thin {
			continue
		}
		if above := p.P > t.Mean; now.Months == 0 || above != now.Above || p.P == t.Mean {
			end()
			now = run{From: p.Month, Above: above}
		}
		now.To = p.Month
		now.Months++
		now.Count += p.Count
		now.Of += p.Of
	}
	end()
	t.Runs = t.Runs[:min(len(t.Runs), 2)]
}

// chart draws a trend. The picture is stretched to its place; letters stand beside it, and so keep their size.
func (t *trend) chart(name string) template.HTML {
	const wide, high = 1000.0, 200.0
	var b strings.Builder
	x := func(i int) float64 { return (float64(i) + 0.5) * wide / float64(len(t.Points)) }
	y := func(p float64) float64 { return high - p/t.Top*high }
	fmt.Fprintf(&b, `<svg class="trend" viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="%s">`, wide, high, template.HTMLEscapeString(name))
	var up, low, line strings.Builder
	broken := true
	for i, p := range t.Points {
		if p.Thin {
			broken = true
			continue
		}
		half := wide / float64(len(t.Points)) / 2
		fmt.Fprintf(&up, "L%.1f,%.1fL%.1f,%.1f", x(i)-half, y(p.Up), x(i)+half, y(p.Up))
		low.Reset()
		mark := "L"
		if broken {
			mark = "M"
		}
		fmt.Fprintf(&line, "%s%.1f,%.1f", mark, x(i), y(p.P))
		broken = false
	}
	low.Reset()
	for i := len(t.Points) - 1; i >= 0; i-- {
		if p := t.Points[i]; !p.Thin {
			half := wide / float64(len(t.Points)) / 2
			fmt.Fprintf(&low, "L%.1f,%.1fL%.1f,%.1f", x(i)+half, y(p.Low), x(i)-half, y(p.Low))
		}
	}
	fmt.Fprintf(&b, `<path class="band" d="M%sz"/>`, strings.TrimPrefix(up.String(), "L")+low.String())
	for _, share := range []float64{0.25, 0.5, 0.75, 1} {
		fmt.Fprintf(&b, `<path class="grid" d="M0,%.1fH%.0f"/>`, y(t.Top*share), wide)
	}
	fmt.Fprintf(&b, `<path class="mean" d="M0,%.1fH%.0f"/><path class="line" d="%s"/>`, y(t.Mean), wide, line.String())
	for i, p := range t.Points {
		if p.Out { // a line without length has round ends that are not stretched
			fmt.Fprintf(&b, `<path class="dot" d="M%.1f,%.1fh0"/>`, x(i), y(p.P))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and a name that is escaped
}

// years are the letters under a chart: where each year begins, in percent; every second or fifth where they are many.
func (t *trend) years() []tick {
	n := len(t.Points)
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50} {
		if step = s; n/12/s <= 8 {
			break
		}
	}
	var out []tick
	for i, p := range t.Points {
		year := p.Month[:len(p.Month)-3]
		var y int
		if _, err := fmt.Sscan(year, &y); err == nil && p.Month[len(p.Month)-2:] == "01" && y%step == 0 {
			out = append(out, tick{year, float64(i) / float64(n) * 100})
		}
	}
	if len(out) == 0 {
		out = []tick{{t.Points[0].Month, 0}}
	}
	return out
}

type tick struct {
	Text string
	At   float64
}
