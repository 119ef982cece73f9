package web

// questionFixtures are the pages of questions about rules with their states.
func questionFixtures(x func(zh, en string) string, f Frame) []fixture {
	number := "某公(甲)行受〔2026〕00012号"
	place := RulePlace{Kind: "act", ID: "summon", Title: x("传唤", "Summons"), Procedure: x("治安案件", "public security case"), Edition: "79f67cbf43d7630f", Case: CaseRef{Number: number, Href: "/cases/c12"},
		Articles: []Pair{{x("《治安管理处罚法》第96条", "PSAPL art. 96"), x("传唤须经办案部门负责人批准并使用传唤证；现场可口头传唤并注明", "A summons needs the unit head's approval and a certificate; on the scene it may be oral, which the record notes")}, {x("《办理行政案件程序规定》第67条", "APR art. 67"), ""}}}
	rule := place
	rule.Kind, rule.ID, rule.Title = "rule", "R21 summon.after.2", x("未经批准传唤：须先：批准传唤", "Summoned without approval: First: Summons approved")
	rule.Case.Href = ""
	text := x("口头传唤的，到案时间从出示证件时起算，还是从进入办案场所时起算？我们一直按进入办案场所起算。", "After an oral summons, do the hours run from the moment the card was shown, or from entering the station? We have counted from entering.")
	field := Field{Name: "text", Label: x("疑问", "Your question"), Help: x("写明哪一点不明确、您认为可以怎样理解。", "What is unclear, and how you would read it."), Type: FieldLong, Required: true, Max: 1000}
	ask := AskPage{Frame: f, Place: place, Action: "#", ActID: "a-1", Text: field, Cancel: "#", Mine: []Link{{x("第3号疑问：已答复", "Question 3: answered"), "#"}}}
	ask.Area = AreaCases
	wrong := ask
	wrong.Mine, wrong.Place.Case = nil, CaseRef{}
	wrong.Text.Value = x("甲某何时到案？", "When did Mr A arrive?")
	wrong.Text.Error = x("写有本案人员的姓名或者号码，请改写为其身份：甲某", "it names somebody of the case, or gives their number; say who they are in it instead: Mr A")
	wrong.Errors = []FieldError{{"text", wrong.Text.Label + x("：", ": ") + wrong.Text.Error}}
	form := func() *AnswerForm {
		return &AnswerForm{Action: "#", ActID: "a-2", Base: "0", Text: Field{Name: "text", Label: x("答复", "Answer"), Type: FieldLong, Required: true, Max: 1000}, Verdict: Field{Name: "verdict", Label: x("结论", "What it comes to"), Type: FieldEnum, Required: true, Options: []Option{
			{"right", x("规则包无误", "The pack is right"), x("按所示规则办理。", "Do as it says there."), false}, {"change", x("规则包应当修改", "The pack should change"), x("规则包将修改；修改之前按答复办理。", "It will be changed; until then, do as the answer says."), false}, {"reading", x("本机关的理解", "Our reading"), x("条文没有写明，我们这样理解。", "The text leaves it open; this is how we take it."), false}}}}
	}
	open := QuestionPage{Frame: f, Number: "4", Place: rule, Text: text, Who: x("民警01", "Officer 01"), Unit: x("甲派出所", "Station A"), At: m("2026-11-23 10:02"), Form: form(), List: "/questions"}
	bad := open
	bad.Form = form()
	bad.Form.Verdict.Error, bad.Form.Text.Error = x("请选择结论", "choose what it comes to"), x("必填", "required")
	bad.Form.Errors = []FieldError{{"verdict", bad.Form.Verdict.Error}, {"text", bad.Form.Text.Label + x("：", ": ") + bad.Form.Text.Error}}
	mine := open
	mine.Form, mine.Place = nil, place
	mine.Flash = &Flash{Tone: Good, Text: x("疑问已记入记录，由法制部门答复。答复在工作台和原处可见。", "Your question is on the record; the legal department answers it. You see the answer on your workbench, and where you asked."), Link: &Link{x("回到案件", "Back to the case"), "#"}}
	answered := open
	answered.Answers = []AnswerGiven{{"reading", x("自进入办案场所时起算，以执法记录仪为准。", "From entering the station, by the body camera."), x("民警20", "Officer 20"), x("法制审核人员", "legal reviewer"), m("2026-11-23 15:20")}, {"change", x("规则包的提示将补写这一点。", "The help of the pack will say so."), x("民警21", "Officer 21"), x("法制审核人员", "legal reviewer"), m("2026-11-24 09:05")}}
	answered.Form = form()
	answered.Form.Again = true
	again := answered
	again.Form = form()
	again.Form.Again = true
	again.Form.Errors = []FieldError{{"text", x("其间已有人答复，见上。仍要答复的，请再次提交", "somebody answered meanwhile, see above. Send it again if it still says something new")}}
	states := []QuestionFilter{{QuestionOpen, "#"}, {QuestionAnswered, "#"}, {QuestionAny, "#"}}
	row := QuestionRow{Number: "4", Href: "#", Kind: "act", Title: x("传唤", "Summons"), Articles: []string{x("《治安管理处罚法》第96条、第97条", "PSAPL art. 96, 97")}, Text: text, Who: x("民警01", "Officer 01"), Unit: x("甲派出所", "Station A"), At: m("2026-11-23 10:02"), Case: place.Case, State: QuestionOpen}
	unseen, intake, done := row, row, row
	unseen.Number, unseen.Kind, unseen.Title, unseen.Case.Href = "5", "rule", rule.Title, ""
	intake.Number, intake.Title, intake.Case = "7", x("接报案", "Report received"), CaseRef{}
	done.Number, done.Kind, done.Title, done.State, done.Verdict, done.Answered = "3", "duty", x("询问查证时限", "Hours of inquiry"), QuestionAnswered, "reading", m("2026-11-23 15:20")
	list := Questions{Frame: f, State: QuestionOpen, States: states, Counsel: true, Rows: []QuestionRow{row, unseen, intake}, Pager: Pager{Next: "#", Showing: 3}}
	all := list
	all.State, all.Rows, all.Pager = QuestionAny, []QuestionRow{done, row, unseen, intake}, Pager{First: "#", Showing: 4}
	none := Questions{Frame: f, State: QuestionAny, States: states}
	nothing := none
	nothing.Counsel, nothing.State = true, QuestionOpen
	return []fixture{{"ask", ask}, {"ask-errors", wrong}, {"question", open}, {"question-errors", bad}, {"question-mine", mine}, {"question-answered", answered}, {"question-meanwhile", again}, {"questions", list}, {"questions-any", all}, {"questions-none", none}, {"questions-nothing", nothing}}
}
