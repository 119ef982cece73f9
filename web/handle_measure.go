package web

import (
	"fmt"
	"net/http"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// MeasurePage tells how often a rule was found broken before and after, beside others: counted now, and as it was recorded.
type MeasurePage struct {
	Frame
	Head     CaseHead
	Now      []MeasuredRow
	Recorded []MeasuredRow
}

// MeasuredRow is one measurement.
type MeasuredRow struct {
	Title, Rule   string
	Case          *CaseRef         // on pages that are not of the matter
	At            calendar.Instant // when it was recorded; zero: counted now
	Before, After [2]calendar.Date
	Groups        []GroupRow
	Effect        string // by how much more those taught changed than the others; empty: no comparison
	Without       string // why there is no figure, or no comparison
	From          string // what it was counted from
}

// GroupRow is what was counted in one group.
type GroupRow struct {
	Title         string
	Before, After ShareShown
	Change        string
	People        int
}

// Template names the page's file.
func (*MeasurePage) Template() string { return "measure" }

func measureURL(id casefile.CaseID) string { return caseURL(id) + "/measure" }

func measures(p *procedure.Procedure) bool {
	for i := range p.Acts() {
		if p.Act(i).Measures != nil {
			return true
		}
	}
	return false
}

func measurePage(c *call) error {
	f, err := c.House.File(c.r.Context(), c.who, c.caseID(), "case")
	if err != nil {
		return err
	}
	if !measures(f.Proc) {
		return casefile.ErrNotFound
	}
	p := &MeasurePage{Frame: c.frame(AreaMatters), Head: c.caseHead(f)}
	if p.Now, err = c.measuredNow(f); err != nil {
		return err
	}
	for _, x := range c.House.MeasuredIn(f) {
		p.Recorded = append(p.Recorded, c.measured(f, &x))
	}
	return c.page(http.StatusOK, p)
}

func (c *call) measuredNow(f *handling.File) ([]MeasuredRow, error) {
	all, err := c.House.Measurable(c.r.Context(), c.who, f.Head.ID)
	var out []MeasuredRow
	for i := range all {
		out = append(out, c.measured(f, &all[i]))
	}
	return out, err
}

// measured shows a measurement; f is the matter it is of, nil on the pages of others.
func (c *call) measured(f *handling.File, x *handling.Measured) MeasuredRow {
	row := MeasuredRow{At: x.At}
	if f == nil {
		ref := c.caseRef(&x.Head)
		row.Case = &ref
	}
	if x.Measurement == nil {
		row.Without = x.Why.In(c.lang)
		if f != nil && x.Subject != "" {
			for i := range f.People {
				if f.People[i].ID == x.Subject {
					row.Title = f.People[i].Label()
				}
			}
		}
		return row
	}
	rule := x.Proc.Rules()[x.Rule]
	row.Title, row.Rule = rule.Title.In(c.lang), c.House.RuleName(x.Proc, x.Rule)
	row.Before, row.After = [2]calendar.Date{x.Before.From, x.Before.Until}, [2]calendar.Date{x.After.From, x.After.Until}
	group := func(title string, g *handling.Group) {
		row.Groups = append(row.Groups, GroupRow{title, shareShown(g.Before), shareShown(g.After), difference(g.Change(), c.both("个百分点", " points")), g.People})
	}
	if x.Told() {
		group(c.both("受训、受指导的", "Taught or guided"), &x.Taught)
	}
	if x.Compared() {
		group(c.both("其他同类的", "Others of the same kind"), &x.Others)
		row.Effect = difference(x.Effect(), c.both("个百分点", " points"))
	}
	row.Without = map[string]string{
		handling.FewCases:     c.both(fmt.Sprintf("前后有一段的案件少于%d件，不给数字", handling.LeastCases), fmt.Sprintf("fewer than %d cases before or after: no figure", handling.LeastCases)),
		handling.FewPeople:    c.both(fmt.Sprintf("不足%d人，会看出是谁，不给数字", handling.LeastPeople), fmt.Sprintf("fewer than %d people, who could be told apart: no figure", handling.LeastPeople)),
		handling.Unseen:       c.both("只涉及一名民警，本人看过以后才给数字", "it is one officer's; no figure before that officer has seen it here"),
		handling.NoComparison: c.both("其他同类的案件或者人数太少，没有对照", "too few cases or people to compare with"),
	}[x.Without]
	var acts, kinds []string
	for _, i := range x.Acts {
		acts = append(acts, x.Proc.ActTitle(i).In(c.lang))
	}
	for _, k := range x.Kinds {
		title, _ := c.House.Pack().UnitKind(k)
		kinds = append(kinds, title.In(c.lang))
	}
	sep := c.both("、", ", ")
	row.From = fmt.Sprintf(c.both("做过这些行为的案件：%s；单位种类：%s；统计时全部记录共%d条", "cases with these acts: %s; kinds of units: %s; of %d acts on the record when it was counted"), strings.Join(acts, sep), strings.Join(kinds, sep), x.Record)
	return row
}

func difference(d handling.Difference, unit string) string {
	return fmt.Sprintf("%+.0f%s (%+.0f – %+.0f)", d.By*100, unit, d.Low*100, d.High*100)
}
