package procedure

import (
	"slices"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// Due says that in each unit of a kind a case is opened for each period of the calendar: by somebody, or when Grace days of the
// period have passed by the house.
type Due struct {
	Months int    // of a period: 1, 3 or 12, from the first of a year on
	Kind   string // of unit
	Grace  int    // days
	Data   []DueDatum
}

// DueDatum is a datum of the opening act as the house gives it. One with an enum tells which cases are of this kind.
type DueDatum struct{ Name, Text string }

var periods = map[string]int{"month": 1, "quarter": 3, "year": 12}

// due compiles when a case is due.
func (c *compiler) due(a *act, info *ActInfo, defs []dueDef) []Due {
	var out []Due
	for _, d := range defs {
		x := Due{Months: periods[d.Every.Text], Kind: d.In.Text}
		if x.Months == 0 {
			c.problem(d.Every.Pos, "", "every %q: expected month, quarter or year", d.Every.Text)
		}
		if !a.opens {
			c.problem(d.Pos, "", "%s opens no case: only what opens one is due by the calendar", a.ID)
		}
		if kinds := c.p.Pack.UnitKinds(); !slices.Contains(kinds, d.In.Text) {
			c.problem(d.In.Pos, "", "no kind of unit %q in pack.yaml%s", d.In.Text, yaml.Suggest(d.In.Text, kinds))
		}
		if t, ok := c.term(d.After); ok {
			if x.Grace = int(t.N); t.Unit != calendar.UnitDay || t.N > 27 {
				c.problem(d.After.Pos, "", "after %s: expected calendar days, at most 27d", d.After.Text)
			}
		}
		for _, e := range d.Data {
			i := slices.IndexFunc(info.Fields, func(f FieldInfo) bool { return f.Name == e.Key })
			if i < 0 {
				c.problem(e.Pos, "field", "%s has no datum %q", a.ID, e.Key)
				continue
			}
			if _, ok := info.Fields[i].Choose(e.Value.Text); !ok {
				c.problem(e.Value.Pos, "field", "%q is not one of the values of %s", e.Value.Text, e.Key)
			}
			x.Data = append(x.Data, DueDatum{e.Key, e.Value.Text})
		}
		for _, f := range info.Fields {
			given := f.As == "period_from" || f.As == "period_until" || slices.ContainsFunc(x.Data, func(d DueDatum) bool { return d.Name == f.Name })
			if f.Required && !given {
				c.problem(d.Pos, "field", "%s is required and the house has nothing to put there: give it in data", f.Name)
			}
		}
		for _, as := range []string{"period_from", "period_until"} {
			if !slices.ContainsFunc(info.Fields, func(f FieldInfo) bool { return f.As == as && f.Kind == casefile.Date }) {
				c.problem(d.Pos, "field", "%s has no datum as %s, so its period is not known", a.ID, as)
			}
		}
		out = append(out, x)
	}
	return out
}
