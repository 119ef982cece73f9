package web

import (
	"fmt"
	"net/http"

	"plumbline/casefile"
	"plumbline/handling"
)

func roundURL(id casefile.CaseID) string { return caseURL(id) + "/round" }

func round(c *call) error {
	r, err := c.House.Round(c.r.Context(), c.who, c.caseID())
	if err != nil {
		return err
	}
	p := &RoundPage{Frame: c.frame(AreaMatters), Head: c.caseHead(r.File), From: r.Plan.From, Until: r.Plan.Until, Size: r.Plan.Size, Share: r.Plan.Share, Seed: r.Seed, Population: r.Population, Again: r.Again, Same: r.Same}
	if r.Plan.Unit != "" {
		p.Unit = c.House.Unit(string(r.Plan.Unit)).In(c.lang)
	}
	for i := range r.Drawn {
		p.Drawn = append(p.Drawn, c.roundRow(&r.Drawn[i]))
	}
	for i := range r.Named {
		p.Named = append(p.Named, c.roundRow(&r.Named[i]))
	}
	a := &r.Agreement
	p.Agreement = AgreementShown{Pairs: a.Pairs, Least: handling.FewPairs, Few: a.Few(), Difference: fmt.Sprintf("%.1f", a.Difference), Graded: a.Graded, Equal: shareShown(a.Equal)}
	if !a.Constant {
		p.Agreement.Kappa = fmt.Sprintf("%.2f", a.Kappa)
	}
	return c.page(http.StatusOK, p)
}

func (c *call) roundRow(x *handling.RoundCase) RoundRow {
	row := RoundRow{Case: CaseRef{Title: string(x.ID)}, Twice: x.Twice, Alone: x.Alone}
	if x.Head != nil {
		row.Case, row.Unit = c.caseRef(x.Head), c.House.Unit(x.Head.Unit).In(c.lang)
	}
	for i := range x.Sheets {
		s := &x.Sheets[i]
		sheet := SheetRow{Href: caseURL(s.Head.ID), Scorer: c.House.Name(s.Scorer), Blind: s.Blind, Scored: s.Scored, Score: s.Score, Stage: c.stageOf(&s.Head)}
		for _, d := range s.Deductions {
			row := DeductionRow{Name: d.Name, Points: d.Points, Now: d.Now}
			if d.Finding != "" {
				row.Finding = &Link{Text: c.both("问题 ", "finding ") + findingNumber(d.Finding)}
				if of, ok := casefile.CaseOfFinding(d.Finding); ok && x.Head != nil && of == x.ID {
					row.Finding.Href = findingURL(d.Finding)
				}
			}
			sheet.Deductions = append(sheet.Deductions, row)
		}
		row.Sheets = append(row.Sheets, sheet)
	}
	return row
}

func (c *call) stageOf(h *casefile.Head) string {
	p, err := c.House.Procedure(h.Procedure)
	if err != nil {
		return h.Stage
	}
	return p.StageTitle(h.Stage).In(c.lang)
}
