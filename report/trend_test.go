package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"plumbline/audit"
)

func months(of int64, counts ...int64) []point {
	var out []point
	for i, n := range counts {
		out = append(out, point{Month: fmt.Sprintf("%04d-%02d", 2020+i/12, i%12+1), Count: n, Of: of})
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

// TestControlLimits holds the limits against examples worked by hand.
func TestControlLimits(t *testing.T) {
	t.Run("months that differ as chance has it: the limits of a p chart", func(t *testing.T) {
		// mean 0.1, of 400: sigma = sqrt(0.1 * 0.9 / 400) = 0.015; the months lie 0.0025 from the mean, a range of 1/3 sigma,
		// so the limits are not made narrower: 0.1 - 0.045 and 0.1 + 0.045
		c := newTrend("", 1, months(400, 39, 41, 39, 41, 39, 41, 39, 41))
		if !near(c.Mean, 0.1) || c.Wider != 1 || !near(c.Points[0].Low, 0.055) || !near(c.Points[0].Up, 0.145) || c.Outside != 0 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("months that differ more anyway: wider, after Laney", func(t *testing.T) {
		// mean 0.2, of 100: sigma 0.04; z = -2.5, 2.5, ...: mean moving range 5, sigma of z = 5 / 1.128 = 4.43262;
		// 0.2 + 3 * 0.04 * 4.43262 = 0.731915; below it ends at 0
		c := newTrend("", 1, months(100, 10, 30, 10, 30, 10, 30, 10, 30))
		if !near(c.Wider, 4.43262) || !near(c.Points[0].Up, 0.731915) || c.Points[0].Low != 0 || c.Outside != 0 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("a month beyond the limit is outside, and the highest", func(t *testing.T) {
		// 23 months with 20 of 400 and one with 60: mean 520/9600 = 0.0541667, sigma = sqrt(0.0541667 * 0.9458333 / 400)
		// = 0.0113174; z of 0.05 = -0.3682, of 0.15 = 8.4679; two ranges of 8.8360 in 23: 0.76835 / 1.128 = 0.68116 < 1;
		// up = 0.0541667 + 3 * 0.0113174 = 0.0881187
		counts := []int64{20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 60, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20}
		c := newTrend("", 1, months(400, counts...))
		if !near(c.Points[0].Up, 0.0881187) || c.Outside != 1 || c.High == nil || c.High.Month != "2020-12" {
			t.Errorf("%+v, high %+v", c, c.High)
		}
	})
	t.Run("fewer than twenty cases are no part of it", func(t *testing.T) {
		p := months(400, 39, 41, 39, 41, 39, 41, 39, 41)
		p[3].Of, p[3].Count = 19, 19
		c := newTrend("", 1, p)
		if c.Thin != 1 || c.Outside != 0 || c.Mean > 0.101 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("too few months make no chart", func(t *testing.T) {
		if c := newTrend("", 1, months(400, 39, 41, 39, 41, 39)); c != nil {
			t.Errorf("%+v", c)
		}
	})
}

func TestRunsOnOneSide(t *testing.T) {
	c := newTrend("", 1, months(400, 20, 20, 20, 20, 20, 20, 20, 20, 20, 60, 60, 60, 60, 60, 60, 60, 60))
	if len(c.Runs) != 2 || c.Runs[0].Months != 9 || c.Runs[0].Above || c.Runs[1].Months != 8 || !c.Runs[1].Above || c.Runs[1].From != "2020-10" || c.Runs[1].Count != 480 {
		t.Errorf("%+v", c.Runs)
	}
	p := &page{words: &words{Lang: "en"}}
	if got := p.trendShort(c); got != "from October 2020 on 8 months in a row above the mean, at 15.0% (mean of all months 9.7%)." {
		t.Error(got)
	}
	if c := newTrend("", 1, months(400, 20, 20, 20, 20, 20, 20, 20, 60, 60, 60, 60, 60, 60, 60)); len(c.Runs) != 0 {
		t.Errorf("seven months are a run: %+v", c.Runs)
	}
}

// TestFunnelLimits holds the limits of groups against an example worked by hand.
func TestFunnelLimits(t *testing.T) {
	var f audit.Figures
	f.By = "unit"
	// twenty units of 400 with 40 each, and one of 900 with 180: mean 980/8900 = 0.1101124; the units lie within one standard
	// deviation, so that once the outermost tenth is drawn in the limits are those of chance: of 900 cases
	// 3 * sqrt(0.1101124 * 0.8898876 / 900) = 0.0313033 from the mean, and 0.2 lies beyond
	for i := range 20 {
		f.Groups = append(f.Groups, audit.GroupFigures{Name: fmt.Sprintf("u%02d", i), Cases: 400, Found: 40})
	}
	f.Groups = append(f.Groups, audit.GroupFigures{Name: "far <b>", Cases: 900, Found: 180}, audit.GroupFigures{Name: "small", Cases: 19, Found: 19})
	p := &page{words: &words{Lang: "en"}, Input: &Input{}, F: &f}
	p.groups()
	x := p.Funnel
	if x == nil || !near(x.Mean, 0.1101124) || x.Wider != 1 || x.Above != 1 || x.Below != 0 || x.Thin != 1 || len(x.Outside) != 1 || x.Outside[0].Name != "far <b>" {
		t.Fatalf("%+v", x)
	}
	if x.Least != 100 || x.Most != 1000 {
		t.Errorf("the scale goes from %d to %d", x.Least, x.Most)
	}
	if svg := string(p.FunnelChart()); strings.Count(svg, "h0") != 21 || strings.Count(svg, `class="dot"`) != 1 {
		t.Error(svg)
	}
	f.By = "person"
	p.groups()
	if len(p.Funnel.Outside) != 0 {
		t.Error("a person is named")
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	zh, en := &words{Lang: "zh"}, &words{Lang: "en"}
	for _, c := range []struct{ got, want string }{
		{en.Number(1234567), "1,234,567"}, {en.Number(999), "999"}, {en.Number(-1000), "-1,000"},
		{en.Percent(0), "0%"}, {en.Percent(1), "100%"}, {en.Percent(0.333), "33.3%"}, {en.Percent(3.0 / 59013), "0.005%"}, {en.Percent(1e-7), "under 0.001%"}, {zh.Percent(0.99999), "超过99.9%"},
		{zh.Time(0), "当时"}, {zh.Time(59), "59秒"}, {en.Time(3600), "60 min"}, {en.Time(36 * 3600), "36 h"}, {zh.Time(488 * 86400), "488天"}, {en.Time(3 * 365 * 86400), "3.0 y"},
		{zh.Month("2026-03"), "2026年3月"}, {en.Month("2026-03"), "March 2026"},
		{(&page{}).Interval(newShare(3, 59013)), "0.002–0.015%"}, {(&page{}).Interval(newShare(103, 997)), "8.6–12.4%"}, {(&page{}).Interval(newShare(1, 3)), "6–79%"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
