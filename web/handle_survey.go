package web

import (
	"errors"
	"net/http"
	"strings"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

func showSurvey(c *call) error { return c.page(http.StatusOK, c.surveyPage(SurveyAsk, "")) }

func (c *call) surveyPage(state SurveyState, slip string) *SurveyPage {
	return &SurveyPage{Frame: c.frame(""), State: state, Slip: slip, Least: handling.LeastAnswers}
}

// doSurvey shows the holder of a slip what is asked. The slip stands in the body of the request, never in an address.
func doSurvey(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	slip := strings.TrimSpace(c.r.PostFormValue("slip"))
	if c.slow(authority.QueryAsReporter) {
		return c.page(http.StatusTooManyRequests, c.surveyPage(SurveyLimited, slip))
	}
	if slip == "" {
		p := c.surveyPage(SurveyAsk, "")
		p.Errors = []FieldError{{"slip", c.both("请填写答题码", "enter the code of the slip")}}
		return c.page(http.StatusUnprocessableEntity, p)
	}
	sheet, err := c.House.Sheet(c.r.Context(), slip)
	if err != nil {
		return c.noSheet(slip, err)
	}
	return c.page(http.StatusOK, c.surveySheet(slip, sheet, func(string) string { return "" }))
}

// noSheet says why a slip is not answered.
func (c *call) noSheet(slip string, err error) error {
	switch {
	case errors.Is(err, casefile.ErrNotFound):
		return c.page(http.StatusNotFound, c.surveyPage(SurveyMissing, slip))
	case errors.Is(err, handling.ErrSlipUsed):
		return c.page(http.StatusConflict, c.surveyPage(SurveyUsed, ""))
	case errors.Is(err, handling.ErrSurveyOver):
		return c.page(http.StatusConflict, c.surveyPage(SurveyOver, ""))
	}
	return err
}

func (c *call) surveySheet(slip string, s *handling.Sheet, given func(name string) string) *SurveyPage {
	p := c.surveyPage(SurveySheet, slip)
	p.Title, p.Unit, p.Until = s.Title, s.Unit.In(c.lang), s.Until
	add := func(name string, title procedure.Text, options []procedure.Option, required bool) {
		p.Fields = append(p.Fields, c.field(nil, &procedure.FieldInfo{Name: name, Title: title, Kind: casefile.Text, Enum: options, Required: required}, given(name)))
	}
	for _, q := range s.Questions {
		add(string(q.ID), procedure.Text{ZH: q.Text, EN: q.Text}, s.Answers, true)
	}
	if len(s.Groups) > 0 {
		add("group", s.GroupOf, s.Groups, false)
	}
	return p
}

// doAnswerSurvey takes the answers of a slip, once.
func doAnswerSurvey(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	slip := strings.TrimSpace(c.r.PostFormValue("slip"))
	if c.slow(authority.QueryAsReporter) {
		return c.page(http.StatusTooManyRequests, c.surveyPage(SurveyLimited, slip))
	}
	sheet, err := c.House.Sheet(c.r.Context(), slip)
	if err != nil {
		return c.noSheet(slip, err)
	}
	given := func(name string) string { return c.r.PostFormValue("d_" + name) }
	answers := map[casefile.Subject]string{}
	for _, q := range sheet.Questions {
		answers[q.ID] = given(string(q.ID))
	}
	var invalid *handling.Invalid
	err = c.House.AnswerSheet(c.r.Context(), slip, given("group"), answers)
	if errors.As(err, &invalid) {
		p := c.surveySheet(slip, sheet, given)
		form := Form{Fields: p.Fields}
		c.problems(&form, invalid.Problems)
		p.Errors = form.Errors
		return c.page(http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return c.noSheet(slip, err)
	}
	return c.page(http.StatusOK, c.surveyPage(SurveyTaken, ""))
}

func surveyURL(id casefile.CaseID) string { return caseURL(id) + "/survey" }

// slips shows the slips that an act has just issued.
func (c *call) slips(a *handling.Answer) error {
	s, err := c.House.Surveyed(c.r.Context(), c.who, a.Case)
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, &SlipsPage{Frame: c.frame(AreaMatters), Head: c.caseHead(s.File), Unit: s.Sheet.Unit.In(c.lang), Until: s.Sheet.Until, Where: c.address("/survey"), Slips: a.Slips, Number: a.Kept.Number})
}

func surveyed(c *call) error {
	s, err := c.House.Surveyed(c.r.Context(), c.who, c.caseID())
	if err != nil {
		return err
	}
	p := &SurveyedPage{Frame: c.frame(AreaMatters), Head: c.caseHead(s.File), Unit: s.Sheet.Unit.In(c.lang), From: s.From, Until: s.Sheet.Until, Slips: s.Slips, Said: s.Said, Open: s.Open, Ended: s.Ended, Few: s.Few, Least: handling.LeastAnswers}
	for _, q := range s.Sheet.Questions {
		p.Questions = append(p.Questions, q.Text)
	}
	for _, o := range s.Sheet.Answers {
		p.Answers = append(p.Answers, capital(o.Title.In(c.lang)))
	}
	for _, x := range s.Rows {
		row := SurveyedRow{Question: x.Question, Group: x.Group.In(c.lang), Href: actURL(s.File.Head.ID, x.Number), People: int(x.People), Same: x.Same}
		for _, n := range x.Sums {
			row.Shares = append(row.Shares, shareShown(handling.Share{Count: int(n), Of: int(x.People)}))
		}
		p.Rows = append(p.Rows, row)
	}
	return c.page(http.StatusOK, p)
}
