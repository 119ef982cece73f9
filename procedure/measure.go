package procedure

import (
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// Measure says what an act measures: in how many cases a rule was found broken before and after those concerned were taught or
// told, beside others who were not. Either Since and Over, or Month.
type Measure struct {
	Units bool  // of the units in which the officers concerned hold posts; else of the officers themselves
	Since []int // the last of these acts parts before and after
	Over  int   // days on either side of its day, which itself belongs to neither
	Month *Said // the first day of a calendar month, which is before; the next one is after
}

// measures compiles what an act measures.
func (c *compiler) measures(d *measuresDef) *Measure {
	if d == nil {
		return nil
	}
	out := &Measure{Units: d.Of.Text == "units"}
	if d.Of.Text != "units" && d.Of.Text != "officers" {
		c.problem(d.Of.Pos, "", "of %q: expected officers or units", d.Of.Text)
	}
	if (d.Month.Text == "") == (len(d.Since) == 0) {
		c.problem(d.Pos, "", "measures: write since with over, or month")
		return out
	}
	if d.Month.Text != "" {
		act, datum, ok := strings.Cut(d.Month.Text, ".")
		i, known := c.p.actIndex[act]
		if !ok || !known || !slices.ContainsFunc(c.p.acts[i].fields, func(f actField) bool { return f.name == datum && f.kind == casefile.Date }) {
			c.problem(d.Month.Pos, "field", "month %q: write ACT.DATUM, a date%s", d.Month.Text, yaml.Suggest(act, c.p.actNames()))
			return out
		}
		out.Month = &Said{i, datum}
		return out
	}
	out.Since = c.actsOf(d.Since)
	if t, ok := c.term(d.Over); ok {
		if t.Unit != calendar.UnitDay || t.N < 1 || t.N > 366 {
			c.problem(d.Over.Pos, "", "over %s: expected calendar days, 1d to 366d", d.Over.Text)
		}
		out.Over = int(t.N)
	}
	return out
}

// ActsUnder lists the acts by which a case comes under a rule: those with a clause of the rule, and those that leave a duty
// whose lateness or absence is found under it.
func (p *Procedure) ActsUnder(rule int) []int {
	var out []int
	for i, a := range p.acts {
		under := a.byRule == rule || a.otherRule == rule || a.barsRule == rule
		clause := func(g *guard) { under = under || g.rule == rule }
		for k := range a.after {
			clause(&a.after[k].guard)
		}
		for k := range a.windows {
			clause(&a.windows[k].guard)
		}
		for k := range a.notWhile {
			clause(&a.notWhile[k].guard)
		}
		for k := range a.expects {
			clause(&a.expects[k].guard)
		}
		for k := range a.excludes {
			clause(&a.excludes[k].guard)
		}
		for _, t := range a.competent {
			under = under || t.rule == rule
		}
		for _, k := range a.apart {
			clause(&p.apart[k].guard)
		}
		if under {
			out = append(out, i)
		}
	}
	for i := range p.duties {
		d := p.duties[i]
		if d.rule == rule || d.late == rule || d.missing == rule || d.entered == rule {
			out = append(out, d.act)
		}
		if x := d.extended; x != nil && (x.beforeExpiry == rule || x.tooMany == rule || x.approverBad == rule) {
			out = append(out, x.by)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
