package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plumbline/audit"
)

type waitRow struct {
	From, To string
	Count    int64
	Wait     audit.Spread
	Share    float64 // of all waiting
	Found    int64
}

type dutyRow struct {
	Count   audit.DutyCount
	Figures audit.DutyFigures
	Title   string
	From    string
	All     int64
	Never   int64      // never done, and a rule counts that
	Waiting int64      // not done: its deadline has not passed, or no rule counts it
	Bars    [5]float64 // on time, late, never done, waiting, ended otherwise; percent
	Limit   string
}

// Missed is how often it was late or, as a rule counts it, never done.
func (d *dutyRow) Missed() int64 { return d.Count.Late + d.Never }

type variantRow struct {
	Acts  []string
	Cases int64
	Share float64
	Found share
	Grave int64
}

func (p *page) time() {
	var total int64
	arcs := slices.Clone(p.F.Arcs)
	for _, a := range arcs {
		total += a.Wait.Total
	}
	slices.SortStableFunc(arcs, func(a, b audit.Arc) int { return cmp.Compare(b.Wait.Total, a.Wait.Total) })
	for _, a := range arcs {
		if a.Wait.Total == 0 {
			continue
		}
		if len(p.Waits) == mostWaits {
			p.WaitRest++
			continue
		}
		s := float64(a.Wait.Total) / float64(total)
		p.WaitShare += s
		p.Waits = append(p.Waits, waitRow{p.act(a.From), p.act(a.To), a.Count, a.Wait, s, a.Found})
	}
	for i, d := range p.R.Duties {
		info := &p.Proc.Duties()[i]
		row := dutyRow{Count: d, Figures: p.F.Duties[i], Title: d.Title.In(p.Lang), From: p.Proc.ActTitle(info.Act).In(p.Lang), All: d.OnTime + d.Late + d.Open + d.Lapsed + d.Waived}
		if row.All == 0 {
			continue
		}
		if info.Never >= 0 {
			row.Never = row.Figures.Never
		}
		row.Waiting = d.Open - row.Never
		if len(info.Terms) > 0 {
			var terms []string
			for _, t := range info.Terms {
				if s := t.In(p.Lang); !slices.Contains(terms, s) {
					terms = append(terms, s)
				}
			}
			row.Limit = strings.Join(terms[:min(len(terms), 3)], p.Say("／", " / "))
		}
		for k, n := range []int64{d.OnTime, d.Late, row.Never, row.Waiting, d.Lapsed + d.Waived} {
			row.Bars[k] = float64(n) / float64(row.All) * 100
		}
		p.Duties = append(p.Duties, &row)
		if row.Missed() == 0 {
			p.Kept = append(p.Kept, &row)
		}
	}
	slices.SortStableFunc(p.Duties, func(a, b *dutyRow) int { return cmp.Compare(b.Missed(), a.Missed()) })
}

func (p *page) variants() {
	shown := int64(0)
	for _, v := range p.F.Variants[:min(len(p.F.Variants), mostVariants)] {
		row := variantRow{Cases: v.Cases, Share: float64(v.Cases) / float64(max(p.R.Cases, 1)), Found: newShare(v.Found, v.Cases), Grave: v.Grave}
		for i := 0; i < len(v.Acts); {
			n := 1
			for i+n < len(v.Acts) && v.Acts[i+n] == v.Acts[i] {
				n++
			}
			name := p.act(v.Acts[i])
			if n > 1 {
				name += fmt.Sprintf(" ×%d", n)
			}
			row.Acts = append(row.Acts, name)
			i += n
		}
		if len(row.Acts) > 24 {
			row.Acts = append(row.Acts[:23], "…")
		}
		shown += v.Cases
		p.Variants = append(p.Variants, row)
	}
	p.VariantRest = p.F.Distinct - int64(len(p.Variants))
	p.VariantRestCases = p.R.Cases - p.F.Quality.Unjudgeable - shown
}

// Days writes how long something has been waiting, known to the day.
func (p *page) Days(seconds int64) string {
	if seconds < 24*3600 {
		return p.Say("不足1天", "under a day")
	}
	return p.Time(seconds)
}

// NeverDone names duties that were not done though they should have been: those of a record may still be.
func (p *page) NeverDone() string {
	if p.House {
		return p.Say("逾期未履行", "overdue, not done")
	}
	return p.Say("始终未履行", "never done")
}
