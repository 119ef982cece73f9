package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/audit"
)

// A trend is a p'-chart: the share of cases with a finding by the month in which they began, with the limits within which it
// moves by itself. The limits are those of the binomial distribution, three standard deviations, made wider by how much months
// differ from each other anyway (Laney): with thousands of cases a month plain limits call every month unusual. They are never
// made narrower.
type trend struct {
	Title    string
	Severity int
	cases    int64
	Points   []point
	Mean     float64
	Wider    float64 // how much wider than the binomial limits
	Top      float64 // of the scale
	Outside  int     // months above the upper or below the lower limit
	High     *point  // the highest month above its limit; nil: none
	Runs     []run   // eight months or more on one side of the mean, the longest first, at most two
	Thin     int     // months with fewer than 20 cases, which are no part of the limits
}

const (
	leastCharted = 100 // cases with a finding
	mostTrends   = 5
)

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

// newTrend makes a chart; nil where fewer than six months, or than a third of them, have enough cases.
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
	if full < max(6, len(points)/3) || of == 0 {
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

// Chart draws a trend. The picture is stretched to its place; letters stand beside it, and so keep their size.
func (t *trend) Chart() template.HTML {
	const wide, high = 1000.0, 200.0
	var b strings.Builder
	x := func(i int) float64 { return (float64(i) + 0.5) * wide / float64(len(t.Points)) }
	y := func(p float64) float64 { return high - p/t.Top*high }
	fmt.Fprintf(&b, `<svg class="trend" viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="%s">`, wide, high, template.HTMLEscapeString(t.Title))
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

// Years are the letters under a chart: where each year begins, in percent; every second or fifth where they are many.
func (t *trend) Years() []tick {
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

func (p *page) trends() {
	p.ripe()
	var all []point
	for _, m := range p.F.Months {
		all = append(all, p.point(m.Month, m.Found, m.Cases))
	}
	if t := newTrend(p.Say("有任一问题的案件", "Cases with any finding"), 0, all); t != nil {
		p.Trends = append(p.Trends, t)
	}
	for _, i := range audit.Gravest(p.R.Findings, len(p.R.Findings)) {
		r := &p.R.Findings[i]
		if r.Cases < leastCharted {
			continue
		}
		var points []point
		for k, m := range p.F.Rules[i].Months {
			points = append(points, p.point(p.F.Months[k].Month, m.Cases, m.Of))
		}
		if t := newTrend(r.Title.In(p.Lang), r.Severity, points); t != nil {
			t.cases = r.Cases
			p.Trends = append(p.Trends, t)
		}
	}
	if len(p.Trends) > 1 { // the whole, then the rules with the most cases
		slices.SortStableFunc(p.Trends[1:], func(a, b *trend) int { return cmp.Compare(b.cases, a.cases) })
	}
	p.Trends = p.Trends[:min(len(p.Trends), mostTrends)]
}

// ripe finds the last month whose cases have run for the median length of a case: what younger ones did not do yet is no finding,
// and what they did not do may be one only because the log ends.
func (p *page) ripe() {
	now, err := time.Parse(time.RFC3339, p.R.Now)
	if err != nil || len(p.F.Months) == 0 {
		return
	}
	young := now.Add(-time.Duration(p.F.Length.Median) * time.Second)
	month := time.Date(young.Year(), young.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	if month < p.F.Months[len(p.F.Months)-1].Month {
		p.Ripe = month
	}
}

// point is a month of a trend; without cases where they are too young.
func (p *page) point(month string, count, of int64) point {
	if p.Ripe != "" && month > p.Ripe {
		count, of = 0, 0
	}
	return point{Month: month, Count: count, Of: of}
}

// Row is something that has a template of its own, as that reads it.
func (p *page) Row(of any) map[string]any { return map[string]any{"P": p, "T": of} }

// Whole writes the top of a scale.
func (p *page) Whole(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + "%" }

// TrendWords says what a chart shows.
func (p *page) TrendWords(t *trend) string {
	var s []string
	s = append(s, fmt.Sprintf(p.Say("平均%s", "Mean %s"), p.Percent(t.Mean)))
	switch {
	case t.Outside == 0:
		s = append(s, p.Say("各月均在控制限内：没有迹象表明某月与其他月份不同", "every month lies within the limits: nothing says that a month differs from the others"))
	case t.High != nil:
		s = append(s, p.Count(int64(t.Outside), "%s个月超出控制限", "%s month lies outside the limits", "%s months lie outside the limits")+fmt.Sprintf(p.Say("，最高为%s（%s）", ", the highest is %s (%s)"), p.Month(t.High.Month), p.Percent(t.High.P)))
	default:
		s = append(s, p.Count(int64(t.Outside), "%s个月低于控制下限", "%s month lies below the limits", "%s months lie below the limits"))
	}
	for _, r := range t.Runs {
		side := p.Say("低于", "below")
		if r.Above {
			side = p.Say("高于", "above")
		}
		s = append(s, fmt.Sprintf(p.Say("%s至%s连续%d个月%s平均（%s）", "from %s to %s %d months in a row %s the mean (%s)"), p.Month(r.From), p.Month(r.To), r.Months, side, p.Percent(float64(r.Count)/float64(r.Of))))
	}
	return strings.Join(s, p.Say("；", "; ")) + p.Say("。", ".")
}

// trendShort says it in a few words: of the long runs the later one, else the highest month.
func (p *page) trendShort(t *trend) string {
	mean := fmt.Sprintf(p.Say("（全期平均%s）。", " (mean of all months %s)."), p.Percent(t.Mean))
	switch {
	case len(t.Runs) > 0:
		r := slices.MaxFunc(t.Runs, func(a, b run) int { return cmp.Compare(a.From, b.From) })
		side := p.Say("低于", "below")
		if r.Above {
			side = p.Say("高于", "above")
		}
		return fmt.Sprintf(p.Say("自%s起连续%d个月%s平均，为%s", "from %s on %d months in a row %s the mean, at %s"), p.Month(r.From), r.Months, side, p.Percent(float64(r.Count)/float64(r.Of))) + mean
	case t.High != nil:
		return fmt.Sprintf(p.Say("最高为%s，%s", "highest in %s, %s"), p.Month(t.High.Month), p.Percent(t.High.P)) + mean
	case t.Outside == 0:
		return p.Say("各月均在控制限内", "every month within the limits") + mean
	}
	return p.Count(int64(t.Outside), "%s个月低于控制下限", "%s month below the limits", "%s months below the limits") + mean
}
