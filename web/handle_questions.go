package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// ask leads from an act, a duty or a rule of a case, or of intake where the head has no id, to a question about it.
func (c *call) ask(head *casefile.Head, on, of, clause, title string) *Ask {
	v := url.Values{"on": {on}, "of": {of}}
	if clause != "" {
		v.Set("clause", clause)
	}
	a := &Ask{Of: title}
	if head.ID != "" {
		a.Href = caseURL(head.ID) + "/ask?" + v.Encode()
	} else {
		v.Set("procedure", head.Procedure[strings.LastIndexByte(head.Procedure, '/')+1:])
		a.Href = "/intake/ask?" + v.Encode()
	}
	a.Mine = c.askedAt(&handling.Place{Procedure: head.Procedure, On: on, Of: of, Clause: clause})
	return a
}

// askedAt lists what the reader asked about a place, in whatever case, the latest three first.
func (c *call) askedAt(at *handling.Place) (out []Link) {
	if c.asked == nil {
		mine, err := c.House.Asked(c.r.Context(), c.who)
		if err != nil {
			c.Log.Error("questions", "error", err) // the page is there for something else
		}
		c.asked = append([]*handling.Question{}, mine...)
	}
	for _, q := range slices.Backward(c.asked) {
		if len(out) == 3 {
			break
		}
		if q.Same(at) {
			n := strconv.FormatInt(q.Number, 10)
			state := c.both("待答复", "open")
			if len(q.Answers) > 0 {
				state = c.both("已答复", "answered")
			}
			out = append(out, Link{c.both("第"+n+"号疑问："+state, "Question "+n+": "+state), questionURL(q.Number)})
		}
	}
	return out
}

// aside opens the form of a question in a window of its own: what is typed on the page stays.
func aside(a *Ask) *Ask {
	if a != nil {
		a.Aside = true
	}
	return a
}

// clauseAt is a clause as a question names it: one that belongs to an act.
func clauseAt(p *procedure.Procedure, clause string) string {
	if of, _, _ := strings.Cut(clause, "."); slices.Contains(p.Acts(), of) {
		return clause
	}
	return ""
}

func questionURL(n int64) string { return "/questions/" + strconv.FormatInt(n, 10) }

// place reads from the address what a question is about. It is never taken from the form: there it is shown, not edited.
func (c *call) place() (handling.Place, error) {
	v := c.r.URL.Query()
	at := handling.Place{Case: c.caseID(), On: v.Get("on"), Of: v.Get("of"), Clause: v.Get("clause")}
	if at.Case != "" {
		return at, nil
	}
	o, err := c.opening()
	if err != nil {
		return at, err
	}
	at.Unit, at.Procedure = o.units[0].ID, c.House.Pack().ID+"/"+o.proc.ID
	return at, nil
}

// rulePlace shows a place. Seen: the reader may see its case.
func (c *call) rulePlace(at *handling.Place, number string, seen bool) RulePlace {
	p := RulePlace{Kind: at.On, Title: at.Title.In(c.lang), ID: at.Of, Procedure: at.Procedure, Edition: at.Edition, Case: CaseRef{Number: number}}
	if proc, err := c.House.Procedure(at.Procedure); err == nil {
		p.Procedure = proc.Title.In(c.lang)
	}
	if at.Clause != "" {
		p.ID += " " + at.Clause
	}
	if seen && number != "" {
		p.Case.Href = caseURL(at.Case)
	}
	for _, b := range at.Basis {
		cited := c.House.Pack().Cite(b)
		p.Articles = append(p.Articles, Pair{cited.Text().In(c.lang), cited.Gist.In(c.lang)})
	}
	return p
}

func askForm(c *call) error {
	return c.showAsk(http.StatusOK, casefile.ActID(newID()), "", nil)
}

func (c *call) showAsk(status int, id casefile.ActID, text string, problems []handling.Problem) error {
	at, err := c.place()
	if err != nil {
		return err
	}
	at, number, err := c.House.Place(c.r.Context(), c.who, at)
	if err != nil {
		return err
	}
	p := &AskPage{Frame: c.frame(AreaCases), Place: c.rulePlace(&at, number, at.Case != ""), Action: c.r.URL.Path + "?" + c.r.URL.RawQuery, ActID: usable(id, problems), Mine: c.askedAt(&at), Cancel: "/intake"}
	if at.Case != "" {
		p.Cancel = caseURL(at.Case)
	} else {
		p.Area = AreaIntake
	}
	p.Text = Field{Name: "text", Label: c.both("疑问", "Your question"), Help: c.both("写明哪一点不明确、您认为可以怎样理解。", "What is unclear, and how you would read it."), Type: FieldLong, Required: true, Max: handling.MostAsked, Value: text}
	p.Errors = faultsOf(c, &p.Text, problems)
	return c.page(status, p)
}

// usable is the id of a form that is shown again: another, where this one is among its problems.
func usable(id casefile.ActID, problems []handling.Problem) string {
	if slices.ContainsFunc(problems, func(p handling.Problem) bool { return p.Field == "id" }) {
		return newID()
	}
	return string(id)
}

// faultsOf puts problems at their fields and above the form.
func faultsOf(c *call, text *Field, problems []handling.Problem) (out []FieldError) {
	for _, x := range problems {
		e := FieldError{x.Field, x.Text.In(c.lang)}
		if e.Name == text.Name {
			text.Error = e.Text
			e.Text = text.Label + c.both("：", ": ") + e.Text
		} else if e.Name != "verdict" {
			e.Name = text.Name // what has no field of its own
		}
		out = append(out, e)
	}
	return out
}

func doAsk(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	at, err := c.place()
	if err != nil {
		return err
	}
	a := &handling.Asking{ID: casefile.ActID(c.r.PostForm.Get("act_id")), Place: at, Text: c.r.PostForm.Get("text")}
	q, err := c.House.Ask(c.r.Context(), c.who, a)
	var invalid *handling.Invalid
	switch {
	case errors.As(err, &invalid):
		return c.showAsk(http.StatusUnprocessableEntity, a.ID, a.Text, invalid.Problems) // a wrong place has no form: it answers so itself
	case err != nil:
		return err
	}
	return c.redirect(questionURL(q.Number) + "?done=asked")
}

func (c *call) questionNumber() (int64, error) {
	n, err := strconv.ParseInt(c.r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, casefile.ErrNotFound
	}
	return n, nil
}

func questionPage(c *call) error {
	n, err := c.questionNumber()
	if err != nil {
		return err
	}
	return c.showQuestion(http.StatusOK, n, &handling.Answering{ID: casefile.ActID(newID())}, nil)
}

// showQuestion shows a question; to who may answer it, with the form as it was filled in.
func (c *call) showQuestion(status int, n int64, a *handling.Answering, problems []handling.Problem) error {
	q, err := c.House.Question(c.r.Context(), c.who, n)
	if err != nil {
		return err
	}
	p := &QuestionPage{Frame: c.frame(AreaQuestions), Number: strconv.FormatInt(n, 10), Place: c.rulePlace(&q.Place, q.CaseNumber, q.Visible), Text: q.Text, Who: c.House.Name(string(q.Asker)), Unit: c.House.Unit(string(q.Unit)).In(c.lang), At: q.At, List: "/questions"}
	for _, x := range q.Answers {
		g := AnswerGiven{Verdict: x.Verdict, Text: x.Text, Who: c.House.Name(string(x.By)), At: x.At}
		if held, ok := c.House.PostOf(x.By, x.At); ok {
			g.Post = c.post(held.Post)
		}
		p.Answers = append(p.Answers, g)
	}
	if q.Answerable {
		f := &AnswerForm{Action: questionURL(n) + "/answer", ActID: usable(a.ID, problems), Base: strconv.Itoa(len(q.Answers)), Again: len(q.Answers) > 0}
		f.Verdict = Field{Name: "verdict", Label: c.both("结论", "What it comes to"), Type: FieldEnum, Required: true}
		hints := map[string]string{"right": c.both("按所示规则办理。", "Do as it says there."), "change": c.both("规则包将修改；修改之前按答复办理。", "It will be changed; until then, do as the answer says."), "reading": c.both("条文没有写明，我们这样理解。", "The text leaves it open; this is how we take it.")}
		for _, v := range handling.Verdicts {
			text, err := c.render.Words(c.lang).kind("verdict", v)
			if err != nil {
				return err
			}
			f.Verdict.Options = append(f.Verdict.Options, Option{Value: v, Text: text, Hint: hints[v], Chosen: v == a.Verdict})
		}
		f.Text = Field{Name: "text", Label: c.both("答复", "Answer"), Type: FieldLong, Required: true, Max: handling.MostAsked, Value: a.Text}
		f.Errors = faultsOf(c, &f.Text, problems)
		f.Verdict.Error = fault(f.Errors, "verdict")
		p.Form = f
	}
	p.Flash = c.questionDone(q)
	return c.page(status, p)
}

// questionDone says what the last form did.
func (c *call) questionDone(q *handling.Seen) *Flash {
	var f *Flash
	switch c.r.URL.Query().Get("done") {
	case "asked":
		f = &Flash{Tone: Good, Text: c.both("疑问已记入记录，由法制部门答复。答复在工作台和原处可见。", "Your question is on the record; the legal department answers it. You see the answer on your workbench, and where you asked.")}
		if q.Visible {
			f.Link = &Link{c.both("回到案件", "Back to the case"), caseURL(q.Case)}
		}
	case "answered":
		f = &Flash{Tone: Good, Text: c.both("答复已记入记录，提出人可以看到。", "The answer is on the record; who asked sees it."), Link: &Link{c.both("其他待答复的疑问", "Other open questions"), "/questions"}}
	}
	return f
}

func doAnswer(c *call) error {
	n, err := c.questionNumber()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	f := c.r.PostForm
	a := &handling.Answering{ID: casefile.ActID(f.Get("act_id")), Question: n, Verdict: f.Get("verdict"), Text: f.Get("text")}
	a.Base, _ = strconv.Atoi(f.Get("base"))
	err = c.House.Answer(c.r.Context(), c.who, a)
	var invalid *handling.Invalid
	switch {
	case errors.As(err, &invalid):
		return c.showQuestion(http.StatusUnprocessableEntity, n, a, invalid.Problems)
	case err != nil:
		return err
	}
	return c.redirect(questionURL(n) + "?done=answered")
}

const pageOfQuestions = 50

func questionList(c *call) error {
	v := c.r.URL.Query()
	p := &Questions{Frame: c.frame(AreaQuestions), State: QuestionState(v.Get("state")), Counsel: c.House.Counsels(c.who)}
	if !slices.Contains([]QuestionState{QuestionOpen, QuestionAnswered, QuestionAny}, p.State) {
		if p.State = QuestionAny; p.Counsel {
			p.State = QuestionOpen
		}
	}
	for _, s := range []QuestionState{QuestionOpen, QuestionAnswered, QuestionAny} {
		p.States = append(p.States, QuestionFilter{s, "/questions?state=" + string(s)})
	}
	w := handling.Sought{Limit: pageOfQuestions}
	if p.State != QuestionAny {
		w.State = string(p.State)
	}
	w.After, _ = strconv.ParseInt(v.Get("after"), 10, 64)
	seen, more, err := c.House.Questions(c.r.Context(), c.who, w)
	if err != nil {
		return err
	}
	var cases []casefile.CaseID
	for i := range seen {
		if q := &seen[i]; q.Case != "" {
			cases = append(cases, q.Case)
		}
	}
	slices.Sort(cases) // the list names cases by their numbers: seeing it is a view of them
	if err := c.House.Listed(c.r.Context(), c.who, "questions", slices.Compact(cases)); err != nil {
		return err
	}
	for i := range seen {
		p.Rows = append(p.Rows, c.questionRow(&seen[i]))
	}
	p.Pager.Showing = len(p.Rows)
	if more {
		p.Pager.Next = "/questions?state=" + string(p.State) + "&after=" + strconv.FormatInt(seen[len(seen)-1].Number, 10)
	}
	if w.After > 0 {
		p.Pager.First = "/questions?state=" + string(p.State)
	}
	return c.page(http.StatusOK, p)
}

func (c *call) questionRow(q *handling.Seen) QuestionRow {
	row := QuestionRow{Number: strconv.FormatInt(q.Number, 10), Href: questionURL(q.Number), Kind: q.On, Title: q.Title.In(c.lang), Articles: c.articles(q.Basis), Text: short(q.Text, 120), Who: c.House.Name(string(q.Asker)), Unit: c.House.Unit(string(q.Unit)).In(c.lang), At: q.At, Case: CaseRef{Number: q.CaseNumber}, State: QuestionOpen}
	if q.Visible {
		row.Case.Href = caseURL(q.Case)
	}
	if n := len(q.Answers); n > 0 {
		row.State, row.Verdict, row.Answered = QuestionAnswered, q.Answers[n-1].Verdict, q.Answers[n-1].At
	}
	return row
}

const (
	onBrief   = 5
	answerNew = 30 * day // so long an answer stands on the workbench
)

// questionsFor are the questions of the workbench: those that wait for this person's answer, the oldest first, then the
// person's own that are open or were answered lately, the newest first.
func (c *call) questionsFor() (out []QuestionBrief, err error) {
	if !c.House.People().May(authority.Query{Who: c.who.Person, Action: authority.ListQuestions, Now: c.now}).Allowed {
		return nil, nil
	}
	add := func(q *handling.Question, mine bool) {
		b := QuestionBrief{Link: Link{q.Title.In(c.lang), questionURL(q.Number)}, State: QuestionOpen, Mine: mine, At: q.At}
		if n := len(q.Answers); n > 0 {
			b.State, b.Verdict, b.At = QuestionAnswered, q.Answers[n-1].Verdict, q.Answers[n-1].At
		}
		if len(out) < onBrief && (b.State == QuestionOpen || c.now-b.At < answerNew) {
			out = append(out, b)
		}
	}
	if c.House.Counsels(c.who) {
		open, _, err := c.House.Questions(c.r.Context(), c.who, handling.Sought{State: "open", Limit: 20})
		if err != nil {
			return nil, err
		}
		for i := range open {
			if open[i].Answerable {
				add(&open[i].Question, false)
			}
		}
	}
	mine, err := c.House.Asked(c.r.Context(), c.who)
	for _, q := range slices.Backward(mine) {
		add(q, true)
	}
	return out, err
}
