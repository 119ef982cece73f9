package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"plumbline/audit"
)

//go:embed trial.html
var trialHTML string

// trialPage is what the page is made from.
type trialPage struct {
	*audit.Trial
	Lang      string
	CSS       template.CSS
	Same      []audit.RuleTrial // rules without change
	Differing []audit.RuleTrial
	Duties    []audit.DutyTrial // that come to different counts
	Picture   template.HTML
}

// writeTrialPage writes one page that needs nothing else.
func writeTrialPage(w io.Writer, r *audit.Trial, lang string) error {
	p := &trialPage{Trial: r, Lang: lang, CSS: template.CSS(packDocCSS + historyCSS)} //nolint:gosec // our own style sheet
	for _, t := range r.Rules {
		if t.Changes() {
			p.Differing = append(p.Differing, t)
		} else {
			p.Same = append(p.Same, t)
		}
	}
	for _, d := range r.Duties {
		if d.Differs() {
			p.Duties = append(p.Duties, d)
		}
	}
	if r.Changed > 0 {
		months := make([]audit.RuleChange, len(r.Months))
		for i := range r.Months {
			months[i] = r.Months[i].RuleChange
		}
		p.Picture = bars(months, r.Months, 480, 120, true, audit.Title{ZH: "每月增加和减少的问题", EN: "findings gained and lost by month"}.In(lang))
	}
	words := pageWords(lang)
	words["bars"] = func(t audit.RuleTrial) template.HTML {
		return bars(t.Months, r.Months, 180, 34, false, audit.Title{ZH: t.Title.ZH + "：按月", EN: t.Title.EN + ": by month"}.In(lang))
	}
	words["all"] = func(c audit.Change) bool { return int64(len(c.First)) >= c.Cases }
	t, err := template.New("trial").Funcs(words).Parse(trialHTML)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// bars draws what was gained upwards and what was lost downwards, by month; months without change stay empty.
func bars(rows []audit.RuleChange, all []audit.MonthTrial, wide, high float64, axis bool, name string) template.HTML {
	var up, down int64
	at := map[string]int{}
	for i, m := range all {
		at[m.Month] = i
	}
	for _, m := range rows {
		up, down = max(up, m.Gained), max(down, m.Lost)
	}
	if up+down == 0 {
		return ""
	}
	left, foot := 0.0, 0.0
	if axis {
		left, foot = 44, 16
	}
	step, scale := min(24, (wide-left)/float64(len(all))), (high-foot-2)/float64(up+down)
	zero := 1 + float64(up)*scale
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="months" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s"><title>%s</title>`, wide, high, template.HTMLEscapeString(name), template.HTMLEscapeString(name))
	for _, m := range rows {
		x := left + float64(at[m.Month])*step
		said := fmt.Sprintf("%s +%d −%d", m.Month, m.Gained, m.Lost)
		for _, bar := range []struct {
			class string
			y, h  float64
		}{{"gained", zero - float64(m.Gained)*scale, float64(m.Gained) * scale}, {"lost", zero, float64(m.Lost) * scale}} {
			if bar.h > 0 {
				fmt.Fprintf(&b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s</title></rect>`, bar.class, x, bar.y, max(step*.86, .8), max(bar.h, .8), said)
			}
		}
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.2fH%.0f"/>`, left, zero, wide)
	if axis {
		if up > 0 {
			fmt.Fprintf(&b, `<text x="%.0f" y="10" class="end">+%s</text>`, left-4, thousands(up))
		}
		if down > 0 {
			fmt.Fprintf(&b, `<text x="%.0f" y="%.1f" class="end">−%s</text>`, left-4, high-foot-1, thousands(down))
		}
		b.WriteString(years(all, left, step, high))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers and an escaped name
}

// years writes the years under the months, as many as there is room for; of a short time the first month.
func years(all []audit.MonthTrial, left, step, high float64) string {
	var b strings.Builder
	free, n := 0.0, 0
	for i, m := range all {
		x := left + float64(i)*step
		label := m.Month[:4]
		if i > 0 && !strings.HasSuffix(m.Month, "-01") || x < free || x > left+step*float64(len(all))-26 {
			continue
		}
		if i == 0 && !strings.HasSuffix(m.Month, "-01") {
			label = m.Month
		}
		class := []string{"even", "odd"}[n%2] // every second one is left out on a narrow screen
		fmt.Fprintf(&b, `<text class="%s" x="%.1f" y="%.0f">%s</text>`, class, x, high-3, label)
		n++
		free = x + 7.2*float64(len(label))
	}
	return b.String()
}
