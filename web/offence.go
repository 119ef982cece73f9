package web

import (
	"slices"
	"strconv"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// Weighing is what the law, the agency's benchmark and earlier decisions say of the penalty for an offence.
type Weighing struct {
	Offence   string
	Conduct   string
	Note      string
	Articles  []string
	Tiers     []WeighedTier
	NoRange   string
	Benchmark string // whose; empty: there is none for this offence
	Similar   []SimilarRow
	Cases     string // how many decided cases were found

	Few        bool // too few to tell day and unit of each
	Incomplete bool // some could not be read
}

// WeighedTier is one kind of circumstances, with the steps of the benchmark in it.
type WeighedTier struct {
	Title, When, Range string
	Chosen             bool
	Grades             []WeighedGrade
}

// WeighedGrade is one step of the benchmark.
type WeighedGrade struct {
	When, Range string
	Chosen      bool
}

// SimilarRow is a decided penalty without a name; without day and unit where there are few.
type SimilarRow struct{ Date, Tier, Penalty, Unit string }

const mostSimilarRows = 8

// weighing finds the offence that a form or the proposal under it names; nil where there is none.
func (c *call) weighing(f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject) (*Weighing, error) {
	if !slices.ContainsFunc(a.Fields, func(x procedure.FieldInfo) bool { return x.As == "fine" || x.As == "days" }) {
		return nil, nil
	}
	said := c.penaltyOf(f, a, e, subject)
	o := c.House.Pack().Offence(said["offence"])
	if o == nil {
		return nil, nil
	}
	w := &Weighing{Offence: o.Title.In(c.lang), Conduct: o.Conduct.In(c.lang), Note: o.Note.In(c.lang), Articles: c.articles(o.Basis), NoRange: o.NoRange.In(c.lang)}
	grades := c.House.Pack().Grades(o.ID)
	for _, t := range o.Tiers {
		x := WeighedTier{Title: c.tier(f.Proc, t.ID), When: t.When.In(c.lang), Range: procedure.SanctionsText(t.AnyOf).In(c.lang), Chosen: t.ID == said["tier"]}
		if x.When == x.Title {
			x.When = ""
		}
		for _, g := range grades {
			if g.Tier == t.ID {
				x.Grades = append(x.Grades, WeighedGrade{g.When.In(c.lang), procedure.SanctionsText(g.AnyOf).In(c.lang), g.ID == said["grade"]})
			}
		}
		w.Tiers = append(w.Tiers, x)
	}
	if len(grades) > 0 {
		w.Benchmark = grades[0].Of.Agency.In(c.lang)
	}
	similar, err := c.House.Similar(c.r.Context(), f.Head.ID, o.ID)
	if err != nil {
		return nil, err
	}
	w.Cases, w.Few, w.Incomplete = strconv.Itoa(len(similar.Decided)), similar.Few, similar.Incomplete
	for _, d := range similar.Decided[:min(len(similar.Decided), mostSimilarRows)] {
		row := SimilarRow{Tier: c.tier(f.Proc, d.Tier), Penalty: c.penalty(d.Fine, d.Days), Unit: d.Unit.In(c.lang)}
		if d.At != 0 {
			row.Date = c.local(d.At)[:10]
		}
		w.Similar = append(w.Similar, row)
	}
	return w, nil
}

// penaltyOf reads the data of a penalty by what they are: from the form, else from the last act on the subject that says it.
func (c *call) penaltyOf(f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject) map[string]string {
	said := map[string]string{}
	for _, fi := range a.Fields {
		if fi.As != "" && e.data[fi.Name] != "" {
			said[fi.As] = e.data[fi.Name]
		}
	}
	if said["offence"] != "" {
		return said
	}
	for i := len(f.Acts) - 1; i >= 0; i-- {
		x := &f.Acts[i]
		if x.Info == nil || !x.Stands() || subject != "" && len(x.Subjects) == 1 && x.Subjects[0].ID != subject {
			continue
		}
		for _, fi := range x.Info.Fields {
			if v := x.Datum(fi.Name); v.Known() && fi.As != "" && said[fi.As] == "" {
				said[fi.As] = v.String()
			}
		}
		if said["offence"] != "" {
			break
		}
	}
	return said
}

// tier names a tier as the procedure does.
func (c *call) tier(p *procedure.Procedure, id string) string {
	for i := range p.Acts() {
		for _, fi := range p.Act(i).Fields {
			for _, o := range fi.Enum {
				if fi.As == "tier" && o.ID == id {
					return o.Title.In(c.lang)
				}
			}
		}
	}
	return id
}

func (c *call) penalty(fine casefile.Amount, days int) string {
	s := procedure.Sanction{Warning: fine == 0 && days == 0}
	if days > 0 {
		s.Days = &procedure.DayRange{From: days, To: days}
	}
	if fine > 0 {
		s.Fine = &procedure.FineRange{From: fine, To: fine}
	}
	return procedure.SanctionsText([]procedure.Sanction{s}).In(c.lang)
}

// offences lists the catalogue for a form, under its sections.
func (c *call) offences(chosen string) []OptionGroup {
	pack := c.House.Pack()
	var out []OptionGroup
	for _, s := range pack.OffenceSections() {
		g := OptionGroup{Title: s.Title.In(c.lang)}
		for _, o := range pack.Offences() {
			if o.Section != s.ID {
				continue
			}
			text := o.Title.In(c.lang)
			if len(o.Basis) > 0 {
				no := pack.Cite(o.Basis[0]).Article
				text += c.both("（第"+no+"条）", " (art. "+no+")")
			}
			g.Options = append(g.Options, Option{Value: o.ID, Text: text, Chosen: o.ID == chosen})
		}
		out = append(out, g)
	}
	return out
}

// weighed tells whether a form asks for a datum: for the grade and a departure only where the benchmark has something for the
// offence of the form. It leaves the grade the steps there are.
func (c *call) weighed(x *Field, fi *procedure.FieldInfo, a *procedure.ActInfo, e *entered) bool {
	if fi.As != "grade" && fi.As != "departure" {
		return true
	}
	offence := ""
	for _, f := range a.Fields {
		if f.As == "offence" {
			offence = e.data[f.Name]
		}
	}
	grades := c.House.Pack().Grades(offence)
	x.Options = slices.DeleteFunc(x.Options, func(o Option) bool {
		return !slices.ContainsFunc(grades, func(g procedure.Grade) bool { return g.ID == o.Value })
	})
	return len(grades) > 0 || e.data[fi.Name] != ""
}
