package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

func figures(c *call) error {
	p := &FiguresPage{Frame: c.frame(AreaFindings), Action: "/figures", Month: c.r.URL.Query().Get("month")}
	today := c.House.Pack().Zone.Date(c.now)
	if p.Month == "" {
		p.Month = today.String()[:7]
	}
	day, err := calendar.ParseDate(p.Month + "-01")
	if err != nil || len(p.Month) != 7 {
		p.Month, p.Error = today.String()[:7], c.both("请写成 2026-03", "write 2026-03")
		return c.page(http.StatusUnprocessableEntity, p)
	}
	rows, read, err := c.House.Figures(c.r.Context(), c.who, day)
	if err != nil {
		return err
	}
	study, noting, err := c.study()
	if err != nil {
		return err
	}
	p.Read = read
	measured, err := c.House.AllMeasured(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for i := range measured {
		p.Measured = append(p.Measured, c.measured(nil, &measured[i]))
	}
	for _, r := range rows {
		rule := r.Proc.Rules()[r.Rule]
		row := FigureRow{Title: rule.Title.In(c.lang), Rule: rule.ID, Severity: Severity(rule.Severity), Unit: c.House.Unit(r.Unit).In(c.lang), Now: shareShown(r.Now), Then: shareShown(r.Then)}
		if study != nil {
			q := url.Values{"subject_new": {"1"}}
			given := map[string]string{"name": row.Title, "rule": c.House.RuleName(r.Proc, r.Rule), "count": strconv.Itoa(r.Now.Count), "cases": strconv.Itoa(r.Now.Of), "before": strconv.Itoa(r.Then.Count), "before_cases": strconv.Itoa(r.Then.Of), "places": row.Unit, "findings": strings.Join(r.Findings, ",")}
			for _, f := range noting.Fields {
				if v := given[f.Name]; v != "" {
					q.Set("d_"+f.Name, v)
				}
			}
			row.Note = doURL(study.ID, noting.ID, "") + "?" + q.Encode()
		}
		p.Rows = append(p.Rows, row)
	}
	return c.page(http.StatusOK, p)
}

// study finds an open matter in which figures are noted, item by item, and the act that notes one: one that asks for a rule and
// for its count. Nil where the person has none.
func (c *call) study() (*casefile.Head, *procedure.ActInfo, error) {
	heads, err := c.House.Cases(c.r.Context(), c.who, handling.Wanted{Matters: true, Open: true, Limit: pageOfCases})
	if err != nil {
		return nil, nil, err
	}
	for i := range heads {
		p, err := c.House.Procedure(heads[i].Procedure)
		if err != nil {
			continue
		}
		for k := range p.Acts() {
			a, has := p.Act(k), map[string]bool{}
			for _, f := range a.Fields {
				has[f.Name] = true
			}
			if a.Scope == "item" && has["rule"] && has["count"] && has["cases"] && c.House.MayAct(c.who, &handling.File{Head: heads[i], Proc: p, Now: c.now}, a) == nil {
				return &heads[i], a, nil
			}
		}
	}
	return nil, nil, nil
}

func shareShown(s handling.Share) ShareShown {
	low, high := s.Interval()
	return ShareShown{s.Count, s.Of, fmt.Sprintf("%.0f%% – %.0f%%", low*100, high*100)}
}

func officer(c *call) error {
	f, err := c.House.OfficerFile(c.r.Context(), c.who, authority.PersonID(c.r.PathValue("person")))
	if err != nil {
		return err
	}
	p := &OfficerPage{Frame: c.frame(AreaFindings), Name: f.Person.Name, Number: f.Person.Number, Mine: f.Person.ID == c.who.Person, Cases: shareShown(f.Cases), More: f.More}
	for _, h := range f.Posts {
		p.Posts = append(p.Posts, c.postIn(h))
	}
	for _, q := range f.Qualifications {
		p.Qualifications = append(p.Qualifications, c.qualification(q))
	}
	for i := range f.Findings {
		x := &f.Findings[i]
		row := c.findingRow(x)
		p.Findings = append(p.Findings, row)
	}
	for i := range f.Matters {
		p.Matters = append(p.Matters, c.caseRow(&f.Matters[i]))
	}
	return c.page(http.StatusOK, p)
}

// postIn names a post with its unit.
func (c *call) postIn(h authority.Held) string {
	unit := c.House.Unit(string(h.Unit)).In(c.lang)
	return c.both(unit+c.post(h.Post), c.post(h.Post)+" ("+unit+")")
}
