package web

import (
	"net/http"

	"plumbline/calendar"
	"plumbline/handling"
)

const (
	mostCoveredRows = 200
	mostCoveredDays = 366
)

func coverage(c *call) error {
	q := c.r.URL.Query()
	today := c.House.Pack().Zone.Date(c.now)
	y, m, _ := today.Civil()
	last := calendar.NewDate(y, m, 1) - 1 // a day of the month before
	y, m, _ = last.Civil()
	from, until := calendar.NewDate(y, m, 1), today
	p := &CoveragePage{Frame: c.frame(AreaFindings), Action: "/coverage", ByAct: q.Get("by") == "act"}
	for _, x := range []struct {
		name string
		to   *calendar.Date
	}{{"from", &from}, {"until", &until}} {
		if text := q.Get(x.name); text != "" {
			d, err := calendar.ParseDate(text)
			if err != nil {
				p.Errors = append(p.Errors, FieldError{x.name, c.both("请写成 2026-03-01", "write 2026-03-01")})
				continue
			}
			*x.to = d
		}
	}
	p.From, p.Until = from.String(), until.String()
	switch {
	case len(p.Errors) > 0:
	case until < from:
		p.Errors = append(p.Errors, FieldError{"until", c.both("早于起始日期", "it is before the first day")})
	case until-from > mostCoveredDays:
		p.Errors = append(p.Errors, FieldError{"until", c.both("至多一年", "a year at most")})
	}
	if len(p.Errors) > 0 {
		return c.page(http.StatusUnprocessableEntity, p)
	}
	got, err := c.House.Coverage(c.r.Context(), c.who, from, until, p.ByAct)
	if err != nil {
		return err
	}
	p.Cases, p.Matters, p.More = got.Cases, got.Matters, got.More
	for i := range got.Units {
		p.Units = append(p.Units, c.coveredRow(&got.Units[i]))
	}
	p.Left = max(0, len(got.Kinds)-mostCoveredRows)
	for i := range got.Kinds[:len(got.Kinds)-p.Left] {
		p.Kinds = append(p.Kinds, c.coveredRow(&got.Kinds[i]))
	}
	return c.page(http.StatusOK, p)
}

func (c *call) coveredRow(x *handling.Covered) CoveredRow {
	row := CoveredRow{Unit: c.House.Unit(x.Unit).In(c.lang), Acts: x.Acts, Cases: x.Cases, Looked: x.Looked, Finding: x.Finding, Named: x.Named, Drawn: x.Drawn}
	if x.Proc == nil {
		return row
	}
	row.Procedure, row.Kind = x.Proc.Title.In(c.lang), capital(x.Proc.StageTitle(x.Stage).In(c.lang))
	if x.Act >= 0 {
		row.Procedure, row.Kind = row.Procedure+c.both("，", ", ")+row.Kind, x.Proc.Act(x.Act).Title.In(c.lang)
	}
	return row
}
