package web

import (
	"strconv"
	"strings"

	"plumbline/calendar"
)

// findingFixtures are the pages of findings, of the matters about them and of what is counted, with their states.
func findingFixtures(x func(zh, en string) string, f Frame) []fixture {
	with := func(a Area) Frame { f := f; f.Area = a; return f }
	number := "某公(甲)行受〔2026〕00012号"
	ref := CaseRef{x("甲某殴打他人案", "Mr A, assault"), number, "/cases/c12"}
	stationA, stationB := x("甲派出所", "Station A"), x("乙派出所", "Station B")
	legal := x("法制大队", "Legal department")
	slow := Finding{Rule: "R22-slow", Title: x("传唤2小时后才通知家属", "Family not told within 2 hours"), Severity: 3, Articles: []string{x("《治安管理处罚法》第97条", "PSAPL art. 97"), x("《办理行政案件程序规定》第55条", "APR art. 55")}, Person: x("甲某", "Mr A"), At: m("2026-11-23 07:31"), Setting: x("法律规定“及时”，2小时为提醒", "the law says promptly; 2 hours are our reminder"), Act: &Link{x("传唤", "Summons"), "#"}}
	matter := func(n, kind, stage string, closed bool, acts ...MatterAct) MatterShown {
		return MatterShown{Ref: CaseRef{x("传唤后未及时通知家属", "Family told late after a summons"), n, "/cases/c20"}, Kind: kind, Stage: stage, Unit: legal, Closed: closed, Acts: acts}
	}
	open := matter("c1-6qj9w3g69tr3q", x("执法监督", "Supervision of enforcement"), x("责令改正", "ordered to be put right"), false,
		MatterAct{m("2026-11-23 09:00"), x("受理监督事项", "Matter taken up"), x("民警20", "Officer 20"), "#"}, MatterAct{m("2026-11-23 09:40"), x("核实", "Verified"), x("民警20", "Officer 20"), "#"}, MatterAct{m("2026-11-23 10:20"), x("责令限期改正", "Ordered to be put right"), x("民警21", "Officer 21"), "#"})
	done := matter("c1-7rk0x4h70us4r", x("案件评查表", "Score sheet"), x("结束", "closed"), true,
		MatterAct{m("2026-11-23 08:00"), x("开立评查表", "Sheet opened"), x("民警22", "Officer 22"), "#"}, MatterAct{m("2026-11-23 08:30"), x("扣分", "Deduction"), x("民警22", "Officer 22"), "#"})
	done.Of = &Link{x("考评轮次：第四季度考评", "of the round: fourth quarter"), "#"}
	page := FindingPage{Counted: []Link{{x("十一月执法研判", "Study of November"), "#"}}, Frame: with(AreaFindings), Number: "k3v9q2ab", Finding: slow, Stands: true, Case: ref, Unit: stationA, Act: slow.Act, Due: m("2026-11-23 07:30"),
		Parts:   []PartTaken{{x("民警01", "Officer 01"), x("办案民警", "handler"), "did"}, {x("民警02", "Officer 02"), x("办案民警", "handler"), "assigned"}, {x("民警09", "Officer 09"), x("派出所所长", "head of station"), "decided"}},
		Matters: []MatterShown{done, open}, Open: []Link{{x("执法监督", "Supervision of enforcement"), "#"}, {x("案件评查表", "Score sheet"), "#"}, {x("执法督察", "Superintendence"), "#"}}}
	untouched := page
	untouched.Matters, untouched.Open = nil, nil
	gone := page
	gone.Stands, gone.Due, gone.Act, gone.Finding.Act, gone.Finding.Person, gone.Finding.Setting, gone.Open, gone.Parts = false, 0, nil, nil, "", "", nil, nil
	gone.Matters = page.Matters[:1]

	row := FindingRow{Href: "#", Title: slow.Title, Rule: slow.Rule, Severity: 3, At: slow.At, Case: ref, Unit: stationA, Handlers: []string{x("民警01", "Officer 01"), x("民警02", "Officer 02")}, Open: 1, Closed: 2}
	grave, light := row, row
	grave.Title, grave.Rule, grave.Severity, grave.Open, grave.Closed = x("未告知即呈请处罚决定", "Penalty decision asked for without notice"), "R39", 1, 0, 0
	light.Title, light.Rule, light.Severity, light.Open, light.Closed, light.Handlers = x("责令改正的期限早于责令之日", "The day set is before the day of the order"), "day-past", 4, 0, 1, nil
	light.Case.Title = x("某某省某某市某某县某某镇某某村民委员会某某村民小组甲某某某等二十三人结伙斗殴案", "Mr A of the Very Long Name of a Village Committee and twenty-two others, brawling")
	second := grave
	second.Title, second.Rule, second.Severity, second.Open = x("超过询问查证时限", "Held longer than the hours of inquiry allow"), "R18", 2, 2
	scopes := []ScopeLink{{ScopeMine, "#"}, {ScopeUnit, "#"}, {ScopeAll, "#"}}
	list := FindingList{Frame: with(AreaFindings), Mine: "/officers/o1", Scope: ScopeAll, Scopes: scopes, Rows: []FindingRow{grave, second, row, light}, Pager: Pager{Next: "#", Showing: 4}}
	none := FindingList{Frame: with(AreaFindings), Scope: ScopeMine, Scopes: scopes}

	verify := &Limit{Title: x("核实", "Verify"), State: LimitRunning, Civil: true, Promptly: true, Due: endOf(2026, 11, 26), Used: 10, Articles: []string{x("《公安机关内部执法监督工作规定》第13条", "ISR art. 13")}}
	late := &Limit{Title: x("说明情况", "Explain"), State: LimitOverdue, Civil: true, Due: endOf(2026, 11, 20), Used: 100}
	mine := CaseRow{CaseRef: CaseRef{open.Ref.Title, open.Ref.Number, "#"}, Kind: open.Kind, Stage: x("受理", "taken up"), Unit: legal, Next: late, Opened: m("2026-11-18 09:00")}
	other := CaseRow{CaseRef: CaseRef{x("甲派出所第四季度执法质量考评", "Assessment of Station A, fourth quarter"), "c1-8sl1y5j81vt5s", "#"}, Kind: x("执法质量考评", "Quality assessment"), Stage: x("方案与抽样", "plan and sample"), Unit: legal, Opened: m("2026-11-20 09:00")}
	third := CaseRow{CaseRef: CaseRef{x("夜间扣留的投诉", "Complaint of being held at night"), "c1-9tm2z6k92wu6t", "#"}, Kind: x("执法督察", "Superintendence"), Stage: x("受理", "taken up"), Unit: x("督察大队", "Superintendence"), Next: verify, Opened: m("2026-11-23 08:00")}
	opens := []Way{{x("受理监督事项", "Matter taken up"), "#", x("执法监督", "Supervision of enforcement"), false}, {x("启动考评", "Round opened"), "#", x("执法质量考评", "Quality assessment"), false}, {x("开立评查表", "Sheet opened"), "#", x("案件评查表", "Score sheet"), false}}
	matters := MatterList{Frame: with(AreaMatters), Mine: []CaseRow{mine}, Rows: []CaseRow{third, other}, Open: opens}
	nothing := MatterList{Frame: with(AreaMatters)}

	share := func(n, of int, interval string) ShareShown { return ShareShown{n, of, interval} }
	figures := FiguresPage{Frame: with(AreaFindings), Action: "/figures", Month: "2026-11", Read: 214, Rows: []FigureRow{
		{Title: grave.Title, Rule: "R39", Severity: 1, Unit: stationA, Now: share(1, 41, "0% – 13%"), Then: share(0, 38, "0% – 9%"), Note: "#"},
		{Title: second.Title, Rule: "R18", Severity: 2, Unit: stationB, Now: share(3, 12, "9% – 53%"), Then: share(1, 10, "2% – 40%"), Note: "#"},
		{Title: slow.Title, Rule: "R22-slow", Severity: 3, Unit: stationA, Now: share(9, 41, "12% – 37%"), Then: share(6, 38, "7% – 30%")}}}
	quiet := FiguresPage{Frame: with(AreaFindings), Action: "/figures", Month: "2026-11", Read: 214}
	wrong := FiguresPage{Frame: with(AreaFindings), Action: "/figures", Month: "2026-11", Error: x("请写成 2026-03", "write 2026-03")}

	closedMatter := other
	closedMatter.Closed, closedMatter.Title, closedMatter.Kind = true, x("2025年度执法质量考评", "Assessment of 2025"), x("执法质量考评", "Quality assessment")
	officer := OfficerPage{Frame: with(AreaFindings), Name: x("民警01", "Officer 01"), Number: "000001", Mine: true, Posts: []string{x("甲派出所办案民警", "handler (Station A)")}, Qualifications: []string{x("执法资格", "enforcement"), x("未成年人案件", "cases of minors")}, Cases: share(3, 41, "3% – 19%"), Findings: []FindingRow{second, row}, Matters: []CaseRow{mine, closedMatter}}
	above := officer
	above.Mine, above.More, above.Findings, above.Matters, above.Qualifications = false, true, nil, nil, nil

	form := &Form{Action: "#", ActID: "a-30", Title: opens[0].Title, Why: x("发现问题不等于有人管；受理后才有人负责查清和改正。", "A finding is nobody's work until somebody takes it up and answers for it."), Gist: x("就系统发现的问题、案件审核、检查、交办或者投诉反映的情况受理一个监督事项。", "Take up one matter: a finding, something met in a review, sent by a superior, or told in a complaint."), Articles: []string{x("《公安机关内部执法监督工作规定》第7条", "ISR art. 7")},
		Occurred: &Field{Name: "occurred", Label: x("发生时间", "When it happened"), Type: FieldInstant, Required: true, Value: "2026-11-23T10:42"},
		Fields: []Field{{Name: "d_title", Label: x("事项简称", "Short title"), Type: FieldText, Required: true, Max: 60}, {Name: "d_finding", Label: x("问题编号", "Finding"), Type: FieldText, Value: "c1-6qj9w3g69tr3q.k3v9q2ab", Max: 60},
			{Name: "d_officers", Label: x("相关民警", "Officers concerned"), Type: FieldOfficers, Options: []Option{{"o1", x("民警01", "Officer 01"), "", true}, {"o2", x("民警02", "Officer 02"), "", true}}}, {Name: "d_problem", Label: x("存在的问题", "What seems wrong"), Type: FieldLong, Required: true, Max: 2000}},
		Duties: []DutyAhead{{What: x("核实", "Verify"), By: x("法制审核人员", "legal reviewer"), Term: x("及时（提醒3日）", "promptly (warning at 3 days)"), Why: x("拖得越久，越难查清，也越难补救。", "The longer it lies the harder it is to find out.")}}, Draft: &Draft{}}
	others := append([]Way{}, opens...)
	others[0].Chosen = true
	covered := func(unit, kind, proc string, acts, cases, looked, finding, named, drawn int) CoveredRow {
		return CoveredRow{unit, kind, proc, acts, cases, looked, finding, named, drawn}
	}
	psc := x("治安案件", "public security case")
	reach := CoveragePage{Frame: with(AreaFindings), Action: "/coverage", From: "2026-10-01", Until: "2026-11-23", Cases: 53, Matters: 12, More: true, Left: 3, Units: []CoveredRow{covered(stationB, "", "", 140, 12, 0, 0, 0, 0), covered(stationA, "", "", 512, 41, 9, 6, 4, 5)},
		Kinds: []CoveredRow{covered(stationA, x("送达执行", "Service"), psc, 44, 16, 0, 0, 0, 0), covered(stationB, x("调查取证", "Investigation"), psc, 90, 12, 0, 0, 0, 0), covered(stationA, x("受案", "Acceptance"), psc, 80, 40, 9, 6, 4, 5)}}
	unreached := CoveragePage{Frame: with(AreaFindings), Action: "/coverage", From: "2026-10-01", Until: "2026-11-23", ByAct: true}
	misdated := unreached
	misdated.Errors = []FieldError{{"until", x("早于起始日期", "it is before the first day")}}
	sheet := func(who string, blind, scored bool, score int, d ...DeductionRow) SheetRow {
		return SheetRow{Href: "#", Scorer: who, Blind: blind, Scored: scored, Score: score, Stage: x("异议", "objections"), Deductions: d}
	}
	kong, meng := x("民警22", "Officer 22"), x("民警23", "Officer 23")
	rounds := RoundPage{Frame: with(AreaMatters), Head: CaseHead{Title: other.Title, Number: other.Number, Href: "#", Kind: other.Kind, Stage: other.Stage, Unit: legal}, Unit: stationA, From: dd(2026, 10, 1), Until: dd(2026, 12, 31), Size: 3, Share: 50, Seed: strings.Repeat("4be1f0a9", 8), Population: 41, Again: 43,
		Drawn: []RoundRow{{Case: ref, Unit: stationA, Twice: true, Sheets: []SheetRow{sheet(kong, false, true, 80, DeductionRow{x("询问超时", "held too long"), 20, 10, &Link{Text: x("问题 7f3a91c2", "finding 7f3a91c2"), Href: "#"}}), sheet(meng, true, true, 92, DeductionRow{x("未及时通知家属", "family told late"), 8, 8, nil})}}, {Case: light.Case, Unit: stationA, Twice: true, Alone: true, Sheets: []SheetRow{sheet(meng, true, false, 0)}}, {Case: CaseRef{Title: "c1-0uo43a7m03xv7v"}}},
		Named: []RoundRow{{Case: ref, Unit: stationA}}, Agreement: AgreementShown{Pairs: 1, Least: 10, Few: true, Difference: "12.0"}}
	measured := rounds
	measured.Same, measured.Again, measured.Named = true, 41, nil
	measured.Agreement = AgreementShown{Pairs: 24, Least: 10, Difference: "4.3", Graded: true, Equal: ShareShown{19, 24, "60% – 91%"}, Kappa: "0.62"}
	constant := measured
	constant.Agreement.Kappa = ""
	undrawn := RoundPage{Frame: with(AreaMatters), Head: rounds.Head, Unit: stationA, From: rounds.From, Until: rounds.Until, Size: 3, Agreement: AgreementShown{Least: 10, Few: true}}
	ungraded := measured
	ungraded.Agreement.Graded = false
	otherSystem := FeedShown{Name: "rms", Title: x("某县案件系统", "Case system of Some County"), Kind: "folder", Where: "/srv/export", Unit: x("某县公安局", "Police of Some County"), Procedure: psc, State: FeedFollowed, Polled: m("2026-11-23 10:40"), Last: m("2026-11-23 10:12"), Arrived: m("2026-11-23 10:13"), Lag: x("3小时20分", "3 h 20 min"),
		Cases: 200000, Acts: 1412003, Corrected: 2611, Withdrawn: 3, Postless: 41, Decoded: 222004, Faults: 1204, Left: 1201, Rows: []FeedRow{
			{"acts.csv:1050038", CaseRef{Title: "J00000212", Href: "#"}, RowPartly, x("“罚款”不能读出（伍佰），未采用", "fine is left out: \"five hundred\" is not an amount"), m("2026-11-23 10:13")},
			{"acts.csv:1050040", CaseRef{}, RowLeft, x("表 act：案件编号 指向的“A2026000100”没有收到；收到后自动补上", "table act: 案件编号 names \"A2026000100\", which has not come; once it comes the row counts"), m("2026-11-22 18:00")},
			{"acts.csv:1050041", CaseRef{Title: "J00000370", Href: "#"}, RowWaits, x("时间在将来（2026-12-23 09:00），到时再采用", "its time lies in the future (2026-12-23 09:00): it is taken then"), m("2026-11-22 18:00")}}}
	failed := otherSystem
	failed.Name, failed.Kind, failed.Where, failed.State, failed.Failed, failed.Rows, failed.Faults, failed.Left = "court", "table", "postgres://reader@court.example/rms", FeedFailed, "postgres://reader@court.example/rms: dial tcp: connection refused", nil, 0, 0
	silent := failed
	silent.Name, silent.Kind, silent.Where, silent.State, silent.Failed, silent.Lag, silent.Decoded, silent.Corrected, silent.Withdrawn, silent.Postless = "dispatch", "api", "https://dispatch.example/acts", FeedSilent, "", "", 0, 0, 0, 0
	reading := silent
	reading.Name, reading.State, reading.Done, reading.Polled, reading.Last, reading.Arrived, reading.Cases, reading.Acts = "new", FeedReading, 48211, 0, 0, 0, 48211, 301000
	followed := FeedsPage{with(AreaFindings), []FeedShown{otherSystem, failed, silent, reading}}
	days := make([]Day, 28)
	for i := range days {
		d := dd(2026, 11, 23) + calendar.Date(i)
		_, _, n := d.Civil()
		days[i] = Day{Date: d.String(), Text: strconv.Itoa(n), Today: i == 1, Past: i < 1, Off: i%7 > 4, Unknown: i > 26}
	}
	due := func(state LimitState, liberty bool) Duty {
		return Duty{Limit{Title: x("询问查证时限", "Hours of inquiry"), Person: x("某甲", "A"), State: state, Liberty: liberty, Start: m("2026-11-23 08:05"), Due: m("2026-11-23 16:05"), Used: 60, Articles: []string{x("《治安管理处罚法》第97条", "PSAPL art. 97")}}, ref}
	}
	days[1].Limits, days[1].Further, days[8].Limits, days[6].Note = []Duty{due(LimitNear, false), due(LimitRunning, false)}, 3, []Duty{due(LimitSuspended, false)}, x("上班", "worked")
	terms := LimitsPage{Frame: with(AreaLimits), Action: "/limits", Units: []Option{{Value: "a", Text: stationA}}, Held: []Duty{due(LimitOverdue, true), due(LimitNear, true)}, Overdue: []Duty{due(LimitOverdue, false)}, OverdueMore: 12, Weeks: [][]Day{days[:7], days[7:14], days[14:21], days[21:]}, Later: 1, More: true, Before: "#", After: "#", Today: "#"}
	calm := LimitsPage{Frame: with(AreaLimits), Action: "/limits", Mine: true, Weeks: terms.Weeks[2:], Before: "#", After: "#"}
	return []fixture{
		{"feeds", &followed}, {"feeds-none", &FeedsPage{Frame: with(AreaFindings)}},
		{"limits", &terms}, {"limits-none", &calm},
		{"round", &rounds}, {"round-measured", &measured}, {"round-constant", &constant}, {"round-ungraded", &ungraded}, {"round-undrawn", &undrawn},
		{"audit", auditFixture(x("zh", "en"), with(AreaFindings))}, {"audit-none", &AuditPage{Frame: with(AreaFindings), Action: "/audit", Title: psc, Procedures: []Option{{"administrative", psc, "", true}}, Units: []string{stationB}, Revision: 812, At: m("2026-11-23 10:42")}},
		{"coverage", &reach}, {"coverage-none", &unreached}, {"coverage-error", &misdated},
		{"finding", &page}, {"finding-untouched", &untouched}, {"finding-gone", &gone}, {"findings", &list}, {"findings-none", &none},
		{"matters", &matters}, {"matters-none", &nothing}, {"intake-matter", Intake{with(AreaMatters), nil, form, others}},
		{"figures", &figures}, {"figures-none", &quiet}, {"figures-error", &wrong}, {"officer", &officer}, {"officer-above", &above},
	}
}

// tiedFixture is what a case that others are about is tied to.
func tiedFixture(x func(zh, en string) string) *Tied {
	return &Tied{Counted: []Link{{x("问题 7f3a91c2", "finding 7f3a91c2"), "#"}}, Unseen: 2, From: []Link{{Text: x("督察 c1-9zz9w3g69tr3q（无权查看）", "Superintendence c1-9zz9w3g69tr3q (not yours to see)")}}, To: []Link{{x("过错调查：行政复议", "Fault: reconsideration"), "#"}}, Waiting: true, About: []Link{{x("问题 k3v9q2ab", "finding k3v9q2ab"), "#"}, {x("治安案件：丙某赌博案", "public security case: Mr C, gambling"), "#"}}, By: []Link{{x("执法监督：传唤后未及时通知家属", "Supervision of enforcement: family told late after a summons"), "#"}, {x("案件评查表：第四季度第3件", "Score sheet: fourth quarter, no. 3"), "#"}}}
}

// queryFixtures are the states of the reporter's page in which something is complained of.
func queryFixtures(x func(zh, en string) string, ask Query, found *Progress) []fixture {
	form := func() *ComplaintForm {
		return &ComplaintForm{Action: "/query/complain", Code: "7KQ4-M2XP-90TB-K", Secret: "3FJW-8RTN", ActID: "a-9", Title: x("投诉", "Complaint"), Fields: []Field{
			{Name: "d_class", Label: x("投诉事项", "What it is about"), Type: FieldEnum, Required: true, Options: []Option{{"not_accepted", x("不受案、不立案", "Not accepted or filed"), "", false}, {"overtime", x("超时限制人身自由", "Held for too long"), "", false}, {"property", x("财物未退还", "Property not given back"), "", false}}},
			{Name: "d_live", Label: x("正在发生", "It is happening now"), Type: FieldBool, Required: true},
			{Name: "d_summary", Label: x("情况", "What happened"), Help: x("何时、何地、何人、何事。", "When, where, who and what."), Type: FieldLong, Required: true, Max: 2000}}}
	}
	looked := *found
	looked.Looks = []Pair{{"2026-11-23 10:40", x("办案民警，甲派出所", "handler, Station A")}, {"2026-11-22 18:05", x("派出所所长，甲派出所", "head of station, Station A")}, {"2026-11-20 09:12", x("法制员，法制大队", "legal officer, Legal department")}}
	looks := ask
	looks.State, looks.Result, looks.Complaint = QueryFound, &looked, form()
	complain := ask
	complain.State, complain.Complaint = QueryComplain, form()
	complain.Complaint.Fields[2].Error = x("必填", "required")
	complain.Errors = []FieldError{{"d_summary", x("情况：必填", "What happened: required")}}
	complained := ask
	complained.State = QueryComplained
	complained.Receipt = &ReceiptPage{Code: "9MR6-P4ZQ-12VD-M", Secret: "5HLY-0TVP", At: m("2026-11-23 10:44"), Index: "1853", Leaf: strings.Repeat("4be1f0a9", 8)}
	return []fixture{{"query-looks", looks}, {"query-complain", complain}, {"query-complained", complained}}
}

// lawFixtures are the public pages of the law.
func lawFixtures(x func(zh, en string) string, f Frame) []fixture {
	articles := []LawArticle{{x("《治安管理处罚法》第96条", "PSAPL art. 96"), x("传唤须经办案部门负责人批准并使用传唤证；现场可口头传唤并注明", "a summons needs the unit head's approval and a certificate; on the scene it may be oral, which the record notes"), "#", ""}, {x("《办理行政案件程序规定》第67条", "APR art. 67"), x("使用传唤证传唤的，到案和离开时间由当事人填写", "times of arrival and leaving are entered by the person"), "", x("2026年修改后的条号未核对", "its number after the amendment of 2026 is not checked")}}
	summon := Link{x("传唤", "Summons"), "#act-summon"}
	mark := LawMark{"setting", x("传唤2小时后才通知家属", "Family not told within 2 hours"), x("条文写及时；2小时是我们的提醒设定", "the article says promptly; the 2 hours are our setting for a warning"), []string{x("《治安管理处罚法》第97条", "PSAPL art. 97")}}
	list := Law{Frame: f, Pack: x("公安机关行政和刑事案件", "police cases"), Procedures: []LawEntry{{x("治安案件", "Public security case"), "#", x("从接报案到结案归档的办理程序。", "From the report to filing away."), false, 148, 96}, {x("执法监督", "Supervision of enforcement"), "#", x("法制部门对一个执法问题的监督。", "The legal department follows one matter."), true, 18, 17}}}
	page := LawPage{Frame: f, Title: x("治安案件", "Public security case"), Summary: x("从接报案到结案归档的办理程序：受案、立案、传唤、询问、扣押、鉴定、告知、听证、审核、决定、送达、执行。", "From the report to filing away: acceptance, filing, summons, inquiry, seizure, appraisal, notice, hearing, review, decision, service, execution."), Version: x("2026年治安管理处罚法", "the law of 2026"), Since: dd(2026, 1, 1), Edition: strings.Repeat("4be1f0a9", 8), Acts: 148, Uncertain: 3,
		Stages: []LawStage{{"accept", x("受案", "Acceptance"), []LawAct{{ID: "receive_report", Title: x("接报案", "Report received"), Why: x("报案是案件的起点，从此有据可查。", "A case begins here; from now on it is on record."), About: "case", Articles: articles[1:]}}}, {"investigate", x("调查取证", "Investigation"), []LawAct{
			{ID: "summon", Title: summon.Text, Why: x("询问查证时限自到案起算，到案时间记录准确，才能保证不超时限制人身自由。", "The hours run from arrival; only an exact record keeps a person from being held beyond them."), What: x("记录违法嫌疑人被传唤到案。", "Record that the suspect was summoned and arrived."), About: "person", By: []string{x("办案民警", "case handler")}, Documents: []string{x("传唤证", "Summons")}, Articles: articles},
			{ID: "release", Title: x("离开", "Leaving"), Relieves: true, About: "person"}, {ID: "decide", Title: x("处罚决定", "Penalty decision"), Decision: true, About: "case", By: []string{x("办案部门负责人", "head of the handling unit"), x("县级以上公安机关负责人", "head of the county organ")}, Varies: true, Unverified: x("条号未核对", "number not checked"), Articles: articles[:1]}}}},
		Duties: []LawDuty{{ID: "end_inquiry", Title: x("询问查证结束", "End the inquiry"), Why: x("时限届满必须让人离开。", "When the hours are over, the person goes."), Of: summon, Do: []Link{{x("离开", "Leaving"), "#act-release"}}, Limit: x("8小时、12小时、24小时", "8 hours, 12 hours, 24 hours"), Varies: true, Liberty: true, Notes: []string{x("可以延长：经“批准延长”，每次12小时，至多1次，须在届满前", "May be extended: by approval, 12 hours each time, at most 1 times, before it ends")}, Articles: []string{articles[0].Name}},
			{ID: "tell_family", Title: x("通知家属", "Tell the family"), Of: summon, Limit: x("2小时", "2 hours"), Promptly: true, Marks: []LawMark{mark}}, {ID: "close", Title: x("结案", "Close the case"), Of: summon}},
		Remedies: []LawRemedy{{Title: x("申请行政复议", "Apply for administrative reconsideration"), Where: x("同级人民政府", "the government of the same level"), Term: x("60日", "60 days"), For: []string{x("违法嫌疑人", "suspected offender"), x("被侵害人", "victim")}, After: []Link{{x("处罚决定", "Penalty decision"), "#act-decide"}}, Articles: articles[:1]}, {Title: x("要求说明理由", "Ask for reasons"), Where: x("办案单位", "the unit")}},
		Marks:    []LawMark{mark, {"reading", x("超过询问查证时限", "Held longer than the hours allow"), x("自进入办案场所时起算", "counted from entering the station"), nil}}}
	return []fixture{{"law", &list}, {"lawpage", &page}}
}

// publishedFixtures are what stands in public.
func publishedFixtures(x func(zh, en string) string, f Frame) []fixture {
	stands := PublishedRow{Href: "/published/c1-6qj9w3g69tr3q", Title: x("某餐馆未落实治安保卫制度处罚决定", "Decision on a restaurant"), Kind: x("依其他法律作出的行政决定", "administrative decision under another law"), Unit: x("城东派出所", "East Station"), At: m("2026-10-09 10:00")}
	gone := PublishedRow{Href: "/published/c1-0zz9w3g69tr3q", Unit: stands.Unit, At: m("2026-09-01 10:00"), Withdrawn: m("2026-11-20 16:20")}
	list := PublishedList{Frame: f, Action: "/published", Kinds: []Option{{Value: "other_decision", Text: stands.Kind}, {Value: "statistics", Text: x("不含个人的统计信息", "statistics without persons"), Chosen: true}}, Months: []Option{{Value: "2026-11"}, {Value: "2026-10"}}, Rows: []PublishedRow{stands, gone}, All: 2, Law: &Link{x("一份决定或者信息的公开：提出、审查、批准、发布、撤回。", "One piece of information: proposal, check, approval, publication, withdrawal."), "#"}}
	none := list
	none.Rows, none.All, none.Narrowed, none.Query = nil, 0, true, x("网吧", "bar")
	one := PublishedPage{Frame: f, Row: stands, Number: "c1-6qj9w3g69tr3q", Changed: m("2026-10-12 09:00"), Text: []string{x("行政处罚决定书", "Decision"), x("当事人某餐馆，住×。", "The restaurant, of ×."), x("现决定给予罚款二千元的处罚。如不服本决定，可以在收到之日起六十日内申请行政复议，或者在六个月内提起行政诉讼。", "A fine of 2,000 yuan is imposed. Reconsideration may be asked for within 60 days, a suit brought within six months.")}}
	withdrawn := PublishedPage{Frame: f, Row: gone, Number: "c1-0zz9w3g69tr3q", Notice: x("原处罚决定已被复议机关撤销。", "The decision was revoked on reconsideration."), Articles: []LawArticle{{x("《行政处罚法》第48条", "Administrative Penalty Law art. 48"), x("公开的决定被变更、撤销、确认违法或者无效的，3日内撤回并说明理由", "withdrawn within 3 days once it falls, with reasons"), "#", ""}}}
	return []fixture{{"published", &list}, {"published-none", &none}, {"published-one", &one}, {"published-withdrawn", &withdrawn}}
}
