package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/calendar"
)

// Every organ, person, number and case here is made up.

var fixtureZone = mustZone("Asia/Shanghai")

func mustZone(name string) *calendar.Zone {
	z, err := calendar.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

// m is a moment as the wall clock in fixtureZone shows it.
func m(s string) calendar.Instant {
	i, _, offset, err := calendar.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	if offset {
		return i
	}
	return fixtureZone.Local(i)
}

func dd(y, mo, d int) calendar.Date { return calendar.NewDate(y, time.Month(mo), d) }

// endOf is the last instant of a civil day.
func endOf(y, mo, d int) calendar.Instant { return fixtureZone.End(dd(y, mo, d)) }

type fixture struct {
	name string
	page Page
}

// fixtures are the pages with their states, in one language.
func fixtures(lang string) []fixture {
	x := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	now := m("2026-11-23 10:42")
	art := func(nums ...string) []string {
		out := []string{}
		for _, n := range nums {
			law, no, _ := strings.Cut(n, "/")
			short := map[string][2]string{"psapl": {"治安管理处罚法", "PSAPL"}, "apr": {"办理行政案件程序规定", "APR"}, "apl": {"行政处罚法", "APL"}}[law]
			out = append(out, x("《"+short[0]+"》第"+no+"条", short[1]+" art. "+no))
		}
		return out
	}
	f := Frame{Lang: lang, Now: now, Person: x("民警01", "Officer 01"), Post: x("办案民警", "handler"), Unit: x("甲派出所", "Station A"),
		Organ: x("某县公安局", "Police of Some County"), Overdue: 1, Demo: true, LangURL: "?lang=x"}
	head := f
	head.Person, head.Post, head.Awaiting = x("民警09", "Officer 09"), x("派出所所长", "head of station"), 2
	with := func(f Frame, a Area) Frame { f.Area = a; return f }
	nobody := Frame{Lang: lang, Now: now, Organ: f.Organ, Demo: true, LangURL: "?lang=x"}

	title := x("甲某殴打他人案", "Mr A, assault")
	num := "某公(甲)行受〔2026〕00012号"
	ref := CaseRef{title, num, "/cases/c12"}
	ch := CaseHead{Title: title, Number: num, Href: "/cases/c12", Kind: x("治安案件", "public security case"), Stage: x("调查取证", "investigation"),
		Chips: []Chip{{x("有未成年人", "a minor is involved"), Near}}, Unit: x("甲派出所", "Station A"), Handlers: []string{x("民警01", "Officer 01"), x("民警02", "Officer 02")}}
	leave := &Link{x("记录离开", "Record leaving"), "/cases/c12/acts/new/leave"}
	whyHours := x("尚未作出处罚决定，不得长时间限制人身自由，时限届满必须让人离开。", "Nobody is held for long before there is a decision; when the hours are over, the person goes.")
	unclear := func(of string, mine ...Link) *Ask { return &Ask{Href: "#", Of: of, Mine: mine} }
	hours := Limit{Why: whyHours, Ask: unclear(x("询问查证时限", "Hours of inquiry"), Link{x("第3号疑问：已答复", "Question 3: answered"), "#"}), Title: x("询问查证时限", "Hours of inquiry"), Person: x("甲某", "Mr A"), State: LimitRunning, Liberty: true, Start: m("2026-11-23 05:30"),
		Due: m("2026-11-23 13:30"), Used: 65, Articles: art("psapl/97"), Act: leave}
	family := Limit{Title: x("通知家属", "Tell the family"), Person: x("甲某", "Mr A"), State: LimitOverdue, Promptly: true, Due: m("2026-11-23 07:30"), Used: 100,
		Articles: art("psapl/97"), Act: &Link{x("记录通知", "Record telling"), "/cases/c12/acts/new/notify_family"}}
	caseLimit := Limit{Ask: unclear(x("办理期限", "Case limit")), Title: x("办理期限", "Case limit"), State: LimitNear, Civil: true, Due: endOf(2026, 11, 28), Used: 83, Articles: art("psapl/118"),
		Note: x("不含鉴定期间 3 日", "3 days of appraisal not counted"), Act: &Link{x("呈请处罚", "Propose penalty"), "/cases/c12/acts/new/propose"}}
	seizure := Limit{Title: x("扣押期限", "Limit of seizure"), Person: x("木棍一根", "a wooden stick"), State: LimitSuspended, Civil: true, Due: endOf(2026, 12, 2), Used: 60,
		Articles: art("apr/112"), Note: x("自11-20起中止，待鉴定意见", "suspended since 11-20, awaiting the appraisal")}
	receipt := Limit{Title: x("受案回执", "Receipt of acceptance"), Person: x("乙某", "Mr B"), State: LimitDone, Civil: true, Due: endOf(2026, 11, 2), Used: 100, Articles: art("apr/61")}
	serve := Limit{Title: x("送达决定书（2个工作日）", "Serve the decision (2 working days)"), Person: x("丙某", "Mr C"), State: LimitRunning, Civil: true, Due: endOf(2026, 11, 25), Used: 20,
		Articles: art("psapl/116"), Act: &Link{x("记录送达", "Record service"), "#"}}

	fLate := Finding{Ask: unclear(x("传唤2小时后才通知家属", "Family not told within 2 hours")), Rule: "R22-slow", Title: x("传唤2小时后才通知家属", "Family not told within 2 hours"), Severity: 3, Facts: x("05:30到案，截至10:42无通知记录。", "Arrived 05:30; nothing recorded by 10:42."),
		Articles: art("psapl/97", "apr/55"), Person: x("甲某", "Mr A"), At: now, Act: &Link{x("传唤", "Summons"), "#a1843"}, Setting: x("法律规定“及时”，2小时为提醒", "the law says promptly; 2 hours are our reminder")}
	fGrave := Finding{Rule: "R39", Title: x("未告知即呈请处罚决定", "Penalty decision asked for without notice"), Severity: 1, Facts: x("对甲某没有处罚告知。", "No notice to Mr A."), Articles: art("psapl/112"), At: now}
	fUnknown := Finding{Rule: "R45", Title: x("应当法制审核而未经审核", "Mandatory legal review missing"), Severity: 4, Articles: art("psapl/114"), At: now, Unjudged: x("须经法制审核", "legal review is required")}

	acts := []Act{
		{Title: x("处罚决定", "Penalty decision"), Href: "/cases/c12/acts/1850", Index: "1850", Occurred: m("2026-11-23 09:58"), Recorded: m("2026-11-23 09:58"), Who: x("民警09", "Officer 09"), Post: x("派出所所长", "head of station"), Decision: true, State: ActRefused,
			Articles: art("psapl/113"), Reasons: []Reason{{Text: x("应先处罚告知，且在拟定处罚之后", "Notice must come first, after the proposal"), Articles: art("psapl/112"), Fact: x("对甲某没有处罚告知", "no notice to Mr A")}}},
		{Title: x("传唤", "Summons"), Href: "/cases/c12/acts/1843", Index: "1843", Occurred: m("2026-11-23 05:30"), Recorded: m("2026-11-23 05:41"), Who: x("民警01", "Officer 01"), Post: x("办案民警", "handler"), State: ActStands, Persons: []string{x("甲某", "Mr A")},
			Data: []Pair{{x("到案时间", "arrival"), "2026-11-23 05:30"}, {x("口头传唤", "oral"), x("是", "yes")}, {x("地点", "place"), x("某镇某路某烧烤店", "a barbecue in Some Road")}},
			Docs: []Link{{x("传唤证（补）", "Summons, written afterwards"), "#"}}, Files: []Link{{x("执法记录仪 05.mp4", "body camera 05.mp4"), "#"}}, Articles: art("psapl/96", "apr/67"), Findings: []Finding{fLate}},
		{Title: x("委托鉴定", "Appraisal entrusted"), Href: "#", Index: "1847", Occurred: m("2026-11-20 09:30"), Recorded: m("2026-11-22 18:05"), Late: x("2日8小时", "2 days 8 h"), Who: x("民警02", "Officer 02"), Post: x("办案民警", "handler"), State: ActStands,
			Persons: []string{x("木棍一根", "a wooden stick")}, Gist: x("委托县局鉴定机构作物证鉴定。", "Sent to the county laboratory."), Docs: []Link{{x("鉴定聘请书 0031号", "Appraisal commission no. 0031"), "/cases/c12/documents/31"}}, Articles: art("psapl/118")},
		{Title: x("询问被侵害人", "Victim heard"), Href: "#", Index: "1840", Occurred: m("2026-11-03 09:00"), Recorded: m("2026-11-03 10:15"), Who: x("民警01", "Officer 01"), Post: x("办案民警", "handler"), State: ActCorrected, By: &Link{x("由第1841号更正：询问时间写错", "Corrected by no. 1841: the hour was wrong"), "#a1841"},
			Persons: []string{x("乙某", "Mr B")}, Data: []Pair{{x("结束", "ended"), "2026-11-03 09:10"}}, Docs: []Link{{x("询问笔录（第1次）", "Record of hearing 1"), "#"}}, Articles: art("apr/75")},
		{Title: x("登记保存解除", "Preservation lifted"), Index: "1838", Occurred: m("2026-11-02 23:59"), DayOnly: true, State: ActByLaw, Articles: art("apr/110")},
		{Title: x("立案", "Filing"), Href: "#", Index: "1836", Occurred: m("2026-11-02 22:10"), Recorded: m("2026-11-02 22:10"), Who: x("民警09", "Officer 09"), Post: x("派出所所长", "head of station"), Decision: true, State: ActStands, Articles: art("psapl/90")},
		{Title: x("受案", "Acceptance"), Href: "#", Index: "1835", Occurred: m("2026-11-02 21:46"), Recorded: m("2026-11-02 21:50"), Who: x("民警03", "Officer 03"), Post: x("值班民警", "officer on duty"), State: ActStands,
			Gist: x("110指令转入：乙某称在烧烤店门口被甲某用木棍打伤。", "From the emergency call: Mr B says that Mr A hit him with a stick outside a barbecue."), Docs: []Link{{x("受案登记表", "Register of acceptance"), "#"}, {x("受案回执", "Receipt"), "/cases/c12/documents/1"}}, Articles: art("psapl/90", "apr/60")},
	}
	stages := []Stage{{x("受案", "Acceptance"), "past", m("2026-11-02 21:46")}, {x("立案", "Filing"), "past", m("2026-11-02 22:10")}, {x("调查取证", "Investigation"), "now", m("2026-11-02 22:10")}, {x("听证", "Hearing"), "skipped", 0}, {x("审核审批", "Review and approval"), "ahead", 0}, {x("处罚决定", "Decision"), "ahead", 0}, {x("送达执行", "Service"), "ahead", 0}, {x("结案", "Closing"), "ahead", 0}}
	notice := Reason{Ask: unclear(x("应先作处罚告知", "Notice of the penalty must come first")), Text: x("应先作处罚告知", "Notice of the penalty must come first"), Articles: art("psapl/112"), Fact: x("对甲某没有处罚告知", "no notice to Mr A"), Mend: &Link{x("处罚告知", "Give notice"), "#"}}
	review := Reason{Text: x("应先认定是否须经法制审核", "Whether legal review is required must be settled"), Articles: art("psapl/114"), Fact: x("未知", "unknown")}
	looks := []Look{
		{At: m("2026-11-23 10:40"), Who: x("民警01", "Officer 01"), Post: x("办案民警", "handler"), Unit: x("甲派出所", "Station A"), What: x("案件页", "case page"), Index: "90211"},
		{At: m("2026-11-23 09:31"), Who: x("民警44", "Officer 44"), Post: x("民警", "officer"), Unit: x("乙派出所", "Station B"), What: x("人员信息", "particulars"), Refused: true, Index: "90188"},
		{At: m("2026-11-22 23:10"), Who: x("民警30", "Officer 30"), Post: x("督察", "superintendent"), Unit: x("督察大队", "Inspectorate"), What: x("全案", "whole file"), Purpose: x("核查投诉2026-071", "looking into complaint 2026-071"), Index: "90105"},
	}
	docs := []Document{
		{x("传唤证（补）", "Summons, written afterwards"), "某公(甲)传〔2026〕00009号", "#", "#", m("2026-11-23 05:41"), x("待签名", "to be signed"), Near},
		{x("鉴定聘请书", "Appraisal commission"), "某公(甲)鉴聘〔2026〕00031号", "#", "#", m("2026-11-22 18:05"), "", ""},
		{x("受案回执", "Receipt of acceptance"), "某公(甲)受回〔2026〕00012号", "/cases/c12/documents/1", "#", m("2026-11-02 21:50"), x("已签收", "signed"), Good},
	}
	files := []Attachment{{Name: x("现场照片01.jpg", "scene01.jpg"), Href: "#", Size: "2.1 MB", Digest: strings.Repeat("9f3ac0d1", 8), Act: &Link{x("受案", "Acceptance"), "#a1835"}, At: m("2026-11-02 21:52"), By: x("民警03", "Officer 03")}}
	people := []Person{{Name: x("甲某", "Mr A"), Role: x("违法嫌疑人", "suspected offender"), Href: "#", Chips: []Chip{{x("在办案区", "held"), Bad}}, InHand: &TimeInHand{Time: x("26小时", "26 h"), Lasts: true, Over: true, Warning: x("已超过24小时提醒线", "past the warning at 24 h"), Parts: []Pair{{x("询问查证时限", "Hours of inquiry"), x("2026-11-22 05:30 – 至今，本案", "2026-11-22 05:30 – until now, this case")}}, Incomplete: true}, Facts: []Pair{{x("出生", "born"), "1990-**-**"}, {x("联系", "phone"), "139****0000"}}},
		{Name: x("乙某", "Mr B"), Role: x("被侵害人", "victim")}, {Name: x("丁某", "D"), Role: x("证人", "witness"), Chips: []Chip{{x("未成年人", "minor"), Near}}, Facts: []Pair{{x("法定代理人", "guardian"), x("戊某", "E")}}}}
	c := Case{Frame: with(f, AreaCases), Head: ch, Limits: []Limit{hours, family, caseLimit, seizure}, Stages: stages, Acts: acts,
		Next:     []NextAct{{Link: Link{x("通知家属", "Tell the family"), "#"}, Main: true, Gist: x("甲某到案后尚未通知家属。", "Nobody has told Mr A's family yet."), Due: &family}, {Link: Link{x("询问违法嫌疑人", "Hear the suspect"), "#"}}, {Link: Link{x("记录离开", "Record leaving"), "#"}, Relieves: true}, {Link: Link{x("认定延长询问查证的情形", "Ask for the longer inquiry"), "#"}, Gist: x("须在13:30之前由负责人决定。", "The head must decide before 13:30.")}},
		NotYet:   []NotYet{{x("处罚决定", "Penalty decision"), []Reason{notice, review}}, {x("结案", "Closing"), []Reason{{Text: x("应先有处罚决定、终止调查或者移送", "A decision, termination or transfer must come first"), Articles: art("apr/258")}}}},
		Findings: []Finding{fGrave, fLate, fUnknown}, People: people, Facts: []Pair{{x("来源", "came by"), x("110指令", "emergency call")}, {x("发生时间", "happened"), "2026-11-02 21:20"}, {x("地点", "place"), x("某镇某路某烧烤店门口", "outside a barbecue, Some Road")}}, Docs: docs, Files: files, Looks: looks, LooksURL: "/cases/c12/looks", Refusals: 1}
	fresh := c
	fresh.Head.Chips, fresh.Head.Handlers = nil, nil
	fresh.Limits, fresh.Stages, fresh.Acts, fresh.Next, fresh.NotYet, fresh.Findings, fresh.People, fresh.Docs, fresh.Files, fresh.Looks, fresh.LooksURL, fresh.Facts = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, "", nil
	long := c
	long.Head.Title = x("某某省某某市某某县某某镇某某村民委员会某某村民小组甲某某某、乙某某某等二十三人结伙斗殴、寻衅滋事、故意损毁财物案", "Mr A of the Very Long Name of a Village Committee and twenty-two others, brawling, provoking trouble and wilful damage to property")
	long.Limits = nil
	for i := range 9 {
		l := hours
		l.Person = fmt.Sprintf(x("甲某%02d", "Mr A %02d"), i+1)
		l.State = []LimitState{LimitOverdue, LimitNear, LimitRunning}[i/3]
		l.Due = []calendar.Instant{m("2026-11-23 10:02"), m("2026-11-23 11:20"), m("2026-11-23 15:00")}[i/3]
		l.Used = []int{100, 92, 40}[i/3]
		long.Limits = append(long.Limits, l)
	}
	long.Limits = append(long.Limits, caseLimit, seizure, receipt)
	long.Stopped = true
	tied := c
	tied.Tied, tied.Round = tiedFixture(x), "#"
	tied.Acts = append(slices.Clone(c.Acts), Act{Title: x("登记决定被改变", "Fall of the decision noted"), Index: "1830", Occurred: m("2026-11-01 09:00"), State: ActByRule, Articles: art("apl/48")})
	closed := c
	closed.Head.Stage = x("已结案", "closed")
	closed.Head.Chips = []Chip{{x("记录已封存", "sealed"), Note}}
	closed.Limits = []Limit{receipt}
	closed.Flash = &Flash{Tone: Good, Text: x("结案已记录，序号", "Closing recorded, index"), Ref: "1861", Link: &Link{x("查看", "See it"), "#"}}

	yes := Option{"pass", x("通过", "pass"), "", false}
	whySummon := x("询问查证时限自到案起算，到案时间记录准确，才能保证不超时限制人身自由。", "The hours of inquiry run from arrival; only an exact record keeps a person from being held beyond them.")
	summon := Form{Why: whySummon, Ask: &Ask{Href: "#", Of: x("传唤", "Summons"), Aside: true, Mine: []Link{{x("第4号疑问：待答复", "Question 4: open"), "#"}}}, Action: "#", ActID: "a-77", Base: "1847", Title: x("传唤", "Summons"), Gist: x("记录违法嫌疑人被传唤到案。时限自到案时起按分钟计算。", "Record that the suspect was summoned and arrived. The hours run by the minute from arrival."), Articles: art("psapl/96", "apr/67"),
		Subjects: &Subjects{Label: x("传唤何人", "Who is summoned"), Options: []Option{{"p1", x("甲某", "Mr A"), x("违法嫌疑人", "suspected offender"), true}, {"p3", x("丁某", "D"), x("证人", "witness"), false}}, CanAdd: true,
			NewFields: []Field{{Name: "new_name", Label: x("姓名", "Name"), Type: FieldText, Required: true}, {Name: "new_idno", Label: x("证件号码", "Number of identity document"), Type: FieldText}}},
		Occurred: &Field{Name: "occurred", Label: x("发生时间", "When it happened"), Type: FieldInstant, Required: true, Value: "2026-11-23T05:30"},
		Fields: []Field{{Name: "arrived", Label: x("到案时间", "Arrival"), Type: FieldInstant, Required: true, Articles: art("apr/68"), Value: "2026-11-23T05:30", Help: x("进入办案场所的时间，以执法记录仪为准。", "When the person entered the station, by the body camera.")},
			{Name: "oral", Label: x("口头传唤", "Oral summons"), Type: FieldBool, Required: true, Value: "true"}, {Name: "place", Label: x("地点", "Place"), Type: FieldText, Required: true, Max: 200, Value: x("某镇某路某烧烤店", "a barbecue in Some Road")},
			{Name: "reason", Label: x("传唤原因和依据", "Ground of the summons"), Type: FieldLong, Required: true, Max: 1000, Articles: art("psapl/96")},
			{Name: "officers", Label: x("在场民警", "Officers present"), Type: FieldOfficers, Required: true, Help: x("不少于两人。", "At least two."), Options: []Option{{"o1", x("民警01", "Officer 01"), "", true}, {"o2", x("民警02", "Officer 02"), "", true}, {"o7", x("民警07", "Officer 07"), "", false}}}},
		Attach:    &Attach{Label: x("附件", "Attachments"), Accept: "image/*,application/pdf", MaxMB: 20, Signature: x("被传唤人签名", "Signature of the person summoned"), Kept: []Attachment{{Name: x("传唤证扫描.pdf", "summons.pdf"), Size: "310 KB", Digest: "ab12"}}},
		Duties:    []DutyAhead{{x("询问查证结束", "End the inquiry"), x("办案民警", "handler"), x("8小时", "8 hours"), m("2026-11-23 13:30"), false, true, art("psapl/97"), whyHours}, {x("通知家属", "Tell the family"), x("办案民警", "handler"), x("及时", "promptly"), 0, false, false, art("psapl/97"), ""}},
		Documents: []DocumentAhead{{x("传唤证", "Summons"), x("一式两份，须当事人签名", "two copies, to be signed by the person")}}, Draft: &Draft{Saved: m("2026-11-23 10:40"), SaveURL: "#", DropURL: "#"}, Cancel: "/cases/c12"}
	wrong := summon
	wrong.Fields = append([]Field{}, summon.Fields...)
	wrong.Fields[0].Error = x("到案时间晚于现在", "Arrival lies after now")
	wrong.Fields[3].Error = x("请填写传唤原因和依据", "Give the ground of the summons")
	wrong.Errors = []FieldError{{"arrived", wrong.Fields[0].Error}, {"reason", wrong.Fields[3].Error}}
	wrong.Subjects = &Subjects{Label: summon.Subjects.Label, Options: summon.Subjects.Options, CanAdd: true, Adding: true, NewFields: summon.Subjects.NewFields, Error: x("请选择一人", "Choose one person")}
	conflicted := summon
	conflicted.Conflict = &Conflict{Still: true, Changes: []Change{{x("委托鉴定", "Appraisal entrusted"), x("民警02", "Officer 02"), x("木棍一根", "a wooden stick"), m("2026-11-23 10:39"), "#"}}}
	decide := Form{Action: "#", ActID: "a-78", Base: "1847", Title: x("处罚决定", "Penalty decision"), Decision: true, Articles: art("psapl/113"),
		Fields:  []Field{{Name: "fine", Label: x("罚款", "Fine"), Type: FieldMoney, Required: true, Value: "500"}, {Name: "days", Label: x("行政拘留", "Detention"), Type: FieldInt, Required: true, Value: "5", Max: 20}, {Name: "ground", Label: x("适用条款", "Provision applied"), Type: FieldEnum, Required: true, Options: []Option{{"51-1", x("第51条第1款", "art. 51(1)"), x("5日以上10日以下", "5 to 10 days"), true}, {"51-2", x("第51条第2款", "art. 51(2)"), "", false}}}, {Name: "by", Label: x("承办民警", "Handler"), Type: FieldOfficer, Options: []Option{{"o1", x("民警01", "Officer 01"), "", true}}}},
		Refusal: &Refusal{Number: "1850", Href: "#", Reasons: []Reason{notice, review}}, Cancel: "/cases/c12"}
	plain := Form{Action: "#", ActID: "a-79", Base: "1847", Title: x("记录离开", "Record leaving"), Relieves: true, Occurred: summon.Occurred, Subjects: &Subjects{Label: x("何人", "Who"), Options: summon.Subjects.Options[:1]}, Cancel: "#"}

	ways := []Way{{x("110指令", "Emergency call"), "?way=110", "", false}, {x("当面报案", "In person"), "?way=person", "", false}, {x("举报", "Tip-off"), "?way=tip", "", false}, {x("群众扭送", "Brought in"), "?way=brought", "", false}, {x("投案", "Surrender"), "?way=surrender", "", false}, {x("移送", "Transfer"), "?way=transfer", "", false}, {x("工作中发现", "Found on duty"), "?way=found", "", false}}
	chosen := append([]Way{}, ways...)
	chosen[1].Chosen = true
	inform := Form{Action: "#", ActID: "a-1", Title: x("接报案登记", "Report taken in"), Articles: art("psapl/90", "apr/60"), Occurred: &Field{Name: "occurred", Label: x("接报时间", "When it came in"), Type: FieldInstant, Required: true, Value: "2026-11-23T10:42"},
		Subjects: &Subjects{Label: x("报案人", "Who reports"), CanAdd: true, Adding: true, NewFields: []Field{{Name: "new_name", Label: x("姓名", "Name"), Type: FieldText, Required: true}, {Name: "new_phone", Label: x("联系电话", "Phone"), Type: FieldText, Help: x("报案人凭后四位查询进展。", "Its last four digits let the reporter ask how it stands.")}, {Name: "new_idno", Label: x("证件号码", "Number of identity document"), Type: FieldText}}},
		Fields:   []Field{{Name: "when", Label: x("案发时间", "When it happened"), Type: FieldInstant}, {Name: "place", Label: x("案发地点", "Where"), Type: FieldText, Required: true}, {Name: "what", Label: x("报案内容", "What is reported"), Type: FieldLong, Required: true, Max: 4000, Help: x("按报案人原话记录。", "In the reporter's own words.")}, {Name: "injured", Label: x("有人受伤", "Somebody is hurt"), Type: FieldBool, Required: true}},
		Attach:   &Attach{Label: x("报案材料", "What was handed over"), MaxMB: 20, Signature: x("报案人签名", "Signature of the reporter")}, Duties: []DutyAhead{{What: x("出具受案回执", "Issue the receipt"), By: x("接报民警", "officer who took it in"), Term: x("当场", "at once"), Articles: art("apr/61")}, {What: x("决定是否立案", "Decide on filing"), By: x("办案部门负责人", "head of unit"), Term: x("24小时", "24 hours"), Due: m("2026-11-24 10:42"), Articles: art("apr/61")}},
		Documents: []DocumentAhead{{x("受案登记表", "Register of acceptance"), ""}, {x("受案回执", "Receipt of acceptance"), x("交报案人，附查询码", "for the reporter, with the code")}}, Submit: x("受案并出具回执", "Accept and issue the receipt"), Draft: &Draft{}}

	duties := []Duty{{hours, ref}, {family, ref}, {caseLimit, ref}, {serve, CaseRef{x("丙某赌博案", "Mr C, gambling"), "某公(甲)行受〔2026〕00009号", "#"}}, {seizure, ref}}
	work := Workbench{Frame: with(f, AreaWorkbench), Duties: duties, Drafts: []DraftRow{{x("传唤", "Summons"), "#", "#", ref, m("2026-11-23 10:40")}, {x("接报案登记", "Report taken in"), "#", "#", CaseRef{}, m("2026-11-22 23:51")}}, Recent: []CaseRef{ref, {x("丙某赌博案", "Mr C, gambling"), "某公(甲)行受〔2026〕00009号", "#"}}, Intake: "/intake", More: &Link{x("全部 14 项职责", "All 14 duties"), "#"}}
	work.Questions = []QuestionBrief{{Link: Link{x("询问查证时限", "Hours of inquiry"), "#"}, State: QuestionAnswered, Verdict: "reading", Mine: true, At: m("2026-11-22 16:20")}, {Link: Link{x("传唤", "Summons"), "#"}, State: QuestionOpen, Mine: true, At: m("2026-11-23 10:02")}}
	boss := work
	boss.Frame = with(head, AreaWorkbench)
	boss.Awaiting = []Awaiting{{What: x("审批：处罚决定", "Approve: penalty decision"), Case: ref, From: x("民警01，办案民警", "Officer 01, handler"), Since: m("2026-11-23 09:20"), Round: 2, Href: "#", Urgency: &caseLimit}, {What: x("审批：认定延长询问查证", "Approve: longer inquiry"), Case: ref, From: x("民警02，办案民警", "Officer 02, handler"), Since: m("2026-11-23 10:31"), Round: 1, Href: "#", Urgency: &hours}}
	boss.Drafts = nil
	boss.Unit = &UnitFigures{x("甲派出所", "Station A"), x("今日 10:42", "today 10:42"), []Figure{{x("在办案件有逾期职责", "Open cases with an overdue duty"), 3, 41, x("件", "cases"), x("占在办案件", "of open cases"), "#", Bad}, {x("3日内届满", "Deadlines within 3 days"), 6, 58, x("项", "duties"), x("占在计时限", "of running limits"), "#", Near}, {x("办案区内人员", "Persons held now"), 1, 4, x("人", "persons"), x("占办案区容量", "of the places there are"), "#", Plain}, {x("待整改问题", "Findings to mend"), 5, 12, x("项", "findings"), x("占本月问题", "of this month's findings"), "#", Plain}, {x("回执当场出具", "Receipts issued at once"), 37, 38, x("件", "reports"), x("占本月接报", "of this month's reports"), "#", Good}}}
	calm := Workbench{Frame: with(f, AreaWorkbench), Intake: "/intake"}
	calm.Now, calm.Overdue = m("2026-11-24 03:07"), 0

	rows := []CaseRow{{CaseRef: ref, Kind: x("治安案件", "public security case"), Stage: x("调查取证", "investigation"), Unit: x("甲派出所", "Station A"), Handlers: ch.Handlers, Next: &hours, Findings: 3, Opened: m("2026-11-02 21:46")}}
	names := []string{x("丙某赌博案", "Mr C, gambling"), x("丁某盗窃案", "D, theft"), x("戊某寻衅滋事案", "E, provoking trouble"), x("己某殴打他人案", "F, assault"), x("某烟酒店非法存放烟花爆竹案", "A shop, fireworks kept unlawfully")}
	for i, n := range names {
		r := CaseRow{CaseRef: CaseRef{n, fmt.Sprintf("某公(甲)行受〔2026〕%05d号", 11-i), "#"}, Kind: x("治安案件", "public security case"), Stage: []string{x("送达执行", "service"), x("调查取证", "investigation"), x("审核审批", "review"), x("受案", "acceptance"), x("已结案", "closed")}[i], Unit: x("甲派出所", "Station A"), Handlers: ch.Handlers[:1], Opened: m("2026-11-01 12:00")}
		r.Next = []*Limit{&serve, &caseLimit, &seizure, nil, nil}[i]
		r.Findings, r.Closed = []int{0, 1, 2, 0, 0}[i], i == 4
		rows = append(rows, r)
	}
	list := CaseList{Frame: with(f, AreaCases), Action: "/cases", Scope: ScopeUnit, Scopes: []Scope{ScopeMine, ScopeUnit, ScopeAll}, State: "open", Rows: rows, Pager: Pager{Next: "#", Showing: len(rows)}, Intake: "/intake"}
	none := list
	none.Rows, none.Query, none.Pager = nil, x("庚某", "Mr G"), Pager{}
	odd := none
	odd.Query, odd.Error = "某", x("至少输入两个字。", "Give at least two characters.")
	second := list
	second.Rows = append([]CaseRow{}, rows...)
	second.Rows[0].Title = long.Head.Title
	second.Pager = Pager{First: "#", Next: "#", Showing: 6}
	second.Query = x("甲某", "Mr A")

	ap := Approval{Why: x("处罚由不参与调查的负责人决定，当事人的权利才有人把关。", "Who decides on the penalty did not investigate, so that somebody stands for the rights of the person."), Ask: unclear(x("处罚决定", "penalty decision")), Frame: with(head, AreaWorkbench), Head: ch, Title: x("处罚决定", "penalty decision"), Articles: art("psapl/113"), Round: 2, By: x("民警01，办案民警", "Officer 01, handler"), At: m("2026-11-23 09:20"),
		Proposal: []Pair{{x("被处罚人", "Offender"), x("甲某", "Mr A")}, {x("罚款", "Fine"), x("500元", "500 yuan")}, {x("行政拘留", "Detention"), x("5日", "5 days")}, {x("适用条款", "Provision"), x("第51条第1款", "art. 51(1)")}},
		Grounds:  []Pair{{x("违法事实", "Facts"), x("甲某用木棍殴打乙某，致其头皮挫伤，有被侵害人陈述、证人证言、监控录像、鉴定意见证实。", "Mr A hit Mr B with a stick and bruised his head, as shown by the victim, a witness, a camera and the appraisal.")}},
		File:     []FilePart{{x("事实", "Facts"), []FileRow{{x("2026-11-02 21:20，某镇某烧烤店门口", "2026-11-02 21:20, outside a barbecue"), "", "", false}}}, {x("证据", "Evidence"), []FileRow{{x("询问笔录：甲某（第1次）", "Hearing of Mr A (1)"), x("承认殴打", "admits it"), "#", false}, {x("询问笔录：乙某（第1次）", "Hearing of Mr B (1)"), "", "#", false}, {x("鉴定意见", "Appraisal"), x("轻微伤", "minor injury"), "#", true}}}, {x("告知与申辩", "Notice and defence"), []FileRow{{x("处罚告知笔录", "Record of notice"), x("甲某放弃陈述申辩", "Mr A gives up his defence"), "#", true}}}},
		Changes:  []Difference{{x("行政拘留", "Detention"), x("7日", "7 days"), x("5日", "5 days"), &Link{x("拟定处罚", "Proposal"), "#"}}, {x("鉴定意见", "Appraisal"), "", x("轻微伤", "minor injury"), &Link{x("收到鉴定意见", "Appraisal received"), "#"}}}, Returned: x("缺鉴定意见，拘留日数缺少理由。", "The appraisal is missing; the days need a reason."),
		Opinions: []Opinion{{x("民警20", "Officer 20"), x("法制员", "legal officer"), x("通过", "passed"), x("事实清楚，程序合法，量罚适当。", "Facts are clear, the procedure lawful, the penalty fitting."), m("2026-11-23 09:50"), 2, "#"}, {x("民警20", "Officer 20"), x("法制员", "legal officer"), x("不通过", "not passed"), x("缺鉴定意见。", "The appraisal is missing."), m("2026-11-20 16:10"), 1, "#"}},
		Checks:   []Condition{{x("处罚告知，且在拟定之后", "Notice after the proposal"), "met", art("psapl/112"), x("2026-11-23 08:40 告知甲某", "Mr A told 2026-11-23 08:40"), &Link{x("第1848号", "no. 1848"), "#"}, nil}, {x("法制审核通过", "Legal review passed"), "met", art("psapl/114"), "", nil, nil}, {x("处罚不因申辩加重", "Not raised because of a defence"), "met", art("psapl/112"), "", nil, nil}, {x("审批人不是承办人", "The approver is not the handler"), "met", nil, "", nil, nil}},
		Limits:   []Limit{hours, caseLimit}, Return: &Link{x("退回补充", "Send back"), "#"}, Form: Form{Action: "#", ActID: "a-90", Base: "1851", Title: x("处罚决定", "Penalty decision"), Submit: x("提交：处罚决定", "Submit: Penalty decision"), Cancel: "/cases/c12", Fields: append(append([]Field{}, decide.Fields[:2]...), Field{Name: "opinion", Label: x("审批意见", "Opinion"), Type: FieldLong}, Field{Name: "also", Label: x("其他违法行为", "Other offences"), Type: FieldLong, Rare: true}),
			Duties: []DutyAhead{{x("送达决定书", "Serve the decision"), x("办案民警", "handler"), x("2个工作日", "2 working days"), endOf(2026, 11, 25), true, false, art("psapl/116"), ""}}, Documents: []DocumentAhead{{x("行政处罚决定书", "Written decision"), x("文号在记录时取得", "gets its number when recorded")}}}}
	ap.Weighing = &Weighing{Offence: x("殴打他人", "Beating"), Conduct: x("殴打他人", "beating"), Note: x("有第二款情形的，见51-p2", "circumstances of paragraph 2: see 51-p2"), Articles: art("psapl/51"), Benchmark: x("某县公安局", "Police of Some County"), Cases: "2", Incomplete: true,
		Tiers: []WeighedTier{{Title: x("情节较轻", "Mitigated"), When: x("情节较轻", "minor circumstances"), Range: x("拘留不超过5日，或者罚款不超过1000", "detention of up to 5 days, or a fine of up to 1000")},
			{Title: x("一般情节", "Ordinary"), Range: x("拘留5–10日并处罚款500–1000", "detention of 5–10 days and a fine of 500–1000"), Chosen: true, Grades: []WeighedGrade{{x("徒手、未达轻微伤", "bare hands, less than a minor injury"), x("拘留5–7日并处罚款500–700", "detention of 5–7 days and a fine of 500–700"), true}, {x("造成轻微伤", "a minor injury"), x("拘留7–10日并处罚款700–1000", "detention of 7–10 days and a fine of 700–1000"), false}}}},
		Similar: []SimilarRow{{"2026-10-02", x("一般情节", "Ordinary"), x("拘留5日并处罚款500", "detention of 5 days and a fine of 500"), x("某县公安局甲派出所", "Station A")}, {"2026-09-11", x("情节较轻", "Mitigated"), x("罚款300", "a fine of 300"), x("某县公安局乙派出所", "Station B")}}}
	ap.Follows = []Follows{{Text: x("须告知听证权利", "Hearing right must be told"), Value: x("是", "yes"), Yes: true, Articles: art("psapl/117")}, {Text: x("派出所可以决定", "A station may decide"), Value: x("否", "no"), Articles: art("psapl/109")}, {Text: x("不执行拘留", "Detention is not served"), Lacks: x("出生日期", "date of birth"), Articles: art("psapl/23")}}
	apFew, few := ap, *ap.Weighing
	few.Cases, few.Few, few.Similar = "1", true, []SimilarRow{{Tier: x("一般情节", "Ordinary"), Penalty: x("罚款300", "a fine of 300")}}
	apFew.Weighing = &few
	apNo := ap
	apNo.Weighing = &Weighing{Offence: x("无自己幅度的行为", "One without a range"), Conduct: x("见他条", "see another article"), NoRange: x("依他条处罚", "punished under another article"), Cases: "0"}
	apNo.Round, apNo.Changes, apNo.Opinions, apNo.Return = 1, nil, nil, nil
	apNo.Checks = append([]Condition{{x("听证权利告知", "Right to a hearing told"), "unknown", art("psapl/117"), x("缺少事实：拟处罚款", "missing fact: fine proposed"), nil, nil}, {x("法制审核通过", "Legal review passed"), "unmet", art("psapl/114"), x("没有法制审核", "there is none"), &Link{x("送法制审核", "Send to review"), "#"}, unclear("")}}, ap.Checks[:1]...)
	apNo.Form.Fields = append([]Field{}, ap.Form.Fields...)
	apNo.Form.Fields[1].Error = x("不超过20日", "20 days at most")
	apNo.Form.Errors = []FieldError{{"days", apNo.Form.Fields[1].Error}}

	one := ActPage{Frame: with(f, AreaCases), Head: ch, Act: acts[1], Opened: summon.Duties, Ended: []Pair{{x("通知到案", "Bring in"), x("按期履行", "in time")}}, Mend: []Link{{x("更正", "Correct"), "#"}, {x("撤回", "Withdraw"), "#"}},
		Record: Record{Index: "1843", InCase: "7", ActID: "01JD0000000000000000000077", Leaf: strings.Repeat("4be1f0a9", 8), Root: strings.Repeat("77c0de12", 8), Size: "1,851", Length: 412, Pack: "cn-police/administrative@2025", Bytes: `{"id":"01JD0000000000000000000077","case":"c12","kind":"summon","occurred":"2026-11-23T05:30:00+08:00","recorded":"2026-11-23T05:41:07.113204+08:00","actor":{"person":"o1","posts":["handler"],"qualifications":["enforcement"]},"subjects":[{"id":"p1","kind":"person","role":"offender"}],"data":{"arrived":"2026-11-23T05:30:00+08:00","oral":true,"place":"某镇某路某烧烤店"}}`}}

	sheet := Sheet{Organ: "某县公安局甲派出所", Title: "受案回执", Number: "某公(甲)受回〔2026〕00012号", Parts: []SheetPart{{Text: "你于2026年11月2日报称的甲某殴打他人一案我单位已受理（受案登记表文号为某公(甲)行受〔2026〕00012号）。"}, {Text: "你可通过下列方式查询案件进展情况：凭查询码7KQ4-M2XP查询；联系人：民警01，联系电话：0000-0000110。"}, {Rows: [][]string{{"报案人", "乙某", "联系方式", "139****0000"}, {"案件类别", "治安案件", "受案时间", "2026年11月2日21时46分"}, {"受案民警", "民警03", "接报方式", "110指令"}, {"备注", "伤情鉴定另行通知"}}}}, Seal: "某县公安局甲派出所", Date: "二〇二六年十一月二日", Signs: []string{"报案人", "受案民警"}, Foot: "一式两份，一份交报案人，一份附卷。记录序号1835"}
	draftSheet := sheet
	draftSheet.Title, draftSheet.Draft, draftSheet.Number, draftSheet.Foot = "询问笔录（第1次）", "草稿", "", "第 1 页，共 1 页"
	draftSheet.Parts = []SheetPart{{Rows: [][]string{{"时间", "2026年11月23日6时10分至7时02分"}, {"地点", "某县公安局甲派出所询问室"}, {"询问人", "民警01、民警02", "记录人", "民警02"}, {"被询问人", "甲某", "性别", "男"}}}, {Lines: []string{"问：我们是某县公安局甲派出所的民警，现依法对你进行询问。你应当如实回答，与本案无关的问题有权拒绝回答。听清楚了吗？", "答：听清楚了。", "问：你是否申请办案民警回避？", "答：不申请。"}}}
	draftSheet.Signs = []string{"被询问人", "询问人"}
	doc := DocumentPage{Frame: with(f, AreaCases), Head: ch, Sheet: sheet, PDF: "#", Act: Link{x("受案", "Acceptance"), "#"}, Signed: []PartySign{{x("乙某", "Mr B"), x("已签收", "signed"), Good, m("2026-11-02 21:55"), x("手写签名", "drawn")}}, Versions: []Version{{x("第2版", "version 2"), "", m("2026-11-02 21:53"), x("更正联系电话", "phone number corrected"), true}, {x("第1版", "version 1"), "#", m("2026-11-02 21:50"), "", false}}}
	docDraft := doc
	docDraft.Sheet, docDraft.PDF = draftSheet, ""
	docDraft.Signed = []PartySign{{x("甲某", "Mr A"), x("拒绝签名", "refused"), Bad, m("2026-11-23 07:05"), x("见证人在场", "before a witness")}}

	progress := Progress{Number: "某公(甲)受回〔2026〕00012号", What: x("在烧烤店门口被人用木棍打伤", "hit with a stick outside a barbecue"), Received: m("2026-11-02 21:46"), Unit: x("某县公安局甲派出所", "Station A, Police of Some County"),
		Stages: []Stage{stages[0], stages[1], stages[2], stages[5], stages[7]}, Now: x("您的报案已经立案，正在调查取证。", "A case has been filed on your report and is being investigated."), Next: &Limit{Title: x("办理期限", "Case limit"), State: LimitRunning, Civil: true, Due: endOf(2026, 11, 28), Used: 83, Articles: art("psapl/118")},
		Remedies: []Remedy{{Title: x("要求说明理由", "Ask for reasons"), Where: x("某县公安局甲派出所", "Station A"), Open: true}, {Title: x("申请行政复议", "Apply for administrative reconsideration"), Where: x("某县人民政府", "government of Some County"), Last: dd(2027, 1, 22), Articles: art("apr/61")}, {Title: x("对受案回执提出异议", "Object to the receipt"), Where: x("某县公安局法制大队", "legal department"), Last: dd(2026, 11, 9), Passed: true}}, Proof: "1835"}
	pub := nobody
	pub.Demo = false
	ask := Query{Frame: pub, Action: "/query", State: QueryAsk}
	with2 := func(change func(*Query)) Query { q := ask; change(&q); return q }

	pp := People{Given: []Given{{x("民警91", "Officer 91"), x("民警90", "Officer 90"), m("2026-11-20 08:00")}}, Frame: with(f, AreaPeople), Unit: x("甲派出所", "Station A"), Units: []UnitNode{{x("某县公安局", "Police of Some County"), x("县级公安机关", "county organ"), "#", 0, 6, false}, {x("法制大队", "Legal department"), x("内设机构", "department"), "#", 1, 3, false}, {x("甲派出所", "Station A"), x("派出所", "station"), "#", 1, 5, true}, {x("乙派出所", "Station B"), x("派出所", "station"), "#", 1, 4, false}},
		Posts:       []Post{{Title: x("派出所所长", "head of station"), Person: x("民警09", "Officer 09"), Number: "000009", From: dd(2024, 3, 1), Open: true, Qualifications: []Qualification{{x("执法资格", "enforcement"), dd(2020, 1, 1), 0, true, ""}}}, {Title: x("办案民警", "handler"), Person: x("民警01", "Officer 01"), Number: "000001", From: dd(2022, 7, 1), Open: true, Qualifications: []Qualification{{x("执法资格", "enforcement"), dd(2022, 7, 1), 0, true, ""}, {x("未成年人案件", "cases of minors"), dd(2024, 1, 1), dd(2026, 12, 20), false, Near}}}, {Title: x("办案民警", "handler"), Person: x("民警07", "Officer 07"), Number: "000007", From: dd(2021, 7, 1), Open: true, Qualifications: []Qualification{{x("执法资格", "enforcement"), dd(2021, 7, 1), dd(2026, 6, 30), false, Bad}}}, {Title: x("法制员", "legal officer")}, {Title: x("办案民警", "handler"), Person: x("民警05", "Officer 05"), Number: "000005", From: dd(2019, 1, 1), To: dd(2026, 9, 30), Ended: true}},
		Delegations: []Delegation{{x("民警09", "Officer 09"), x("民警01", "Officer 01"), x("审批认定延长询问查证", "to decide on longer inquiries"), dd(2026, 11, 20), dd(2026, 11, 27)}}}
	adm := pp
	adm.Administrator, adm.Changes = true, []Link{{x("任命", "Appoint"), "#"}, {x("授权代行", "Delegate"), "#"}}
	adm.Person, adm.Post = x("民警50", "Officer 50"), x("系统管理员", "administrator")
	admForm := adm
	admForm.Secret, admForm.Change = &Pair{"d9", "K7QX-2M9D-PV4H"}, &Form{Action: "#", ActID: "a-5", Title: x("任命", "Appointment"), Decision: true, Fields: []Field{{Name: "person", Label: x("人员", "Person"), Type: FieldOfficer, Required: true, Options: []Option{{"o7", x("民警07", "Officer 07"), "", false}}}, {Name: "post", Label: x("职务", "Post"), Type: FieldEnum, Required: true, Options: []Option{yes, {"h", x("办案民警", "handler"), "", true}}}, {Name: "from", Label: x("自", "From"), Type: FieldDate, Required: true, Value: "2026-12-01"}, {Name: "to", Label: x("至", "To"), Type: FieldDate}}, Cancel: "#"}
	emptyUnit := pp
	emptyUnit.Posts, emptyUnit.Delegations = nil, nil

	acc := Account{Given: []Given{{By: x("民警90", "Officer 90"), At: m("2026-11-20 08:00")}}, Frame: f, Login: "000001", Action: "#", MinLength: 12, EndOthers: "#", Sessions: []Session{{x("Windows，Chromium 156", "Windows, Chromium 156"), m("2026-11-23 08:01"), now, true, ""}, {x("Android，Chromium 155", "Android, Chromium 155"), m("2026-11-20 19:30"), m("2026-11-22 23:58"), false, "#"}}, Qualification: []Pair{{x("甲派出所，办案民警", "Station A, handler"), x("2022-07-01 至今", "since 2022-07-01")}, {x("执法资格", "enforcement"), x("2022-07-01 至今", "since 2022-07-01")}}}
	accBad := acc
	accBad.Errors = []FieldError{{"current", x("现密码不正确", "The current password is not right")}, {"again", x("两次输入不一致", "The two do not agree")}}
	accBad.Sessions, accBad.EndOthers = acc.Sessions[:1], ""

	demos := []DemoSignIn{{x("办案民警", "Handler"), "d1", "x", x("民警01", "Officer 01"), x("办案民警", "handler"), x("甲派出所", "Station A")}, {x("派出所所长", "Head of station"), "d9", "x", x("民警09", "Officer 09"), x("所长", "head"), x("甲派出所", "Station A")}, {x("法制员", "Legal officer"), "d20", "x", x("民警20", "Officer 20"), x("法制员", "legal officer"), x("法制大队", "Legal department")}, {x("县局负责人", "Head of the county organ"), "d30", "x", x("民警30", "Officer 30"), x("副局长", "deputy head"), x("某县公安局", "Police of Some County")}, {x("督察", "Superintendent"), "d40", "x", x("民警40", "Officer 40"), x("督察", "superintendent"), x("督察大队", "Inspectorate")}, {x("管理员", "Administrator"), "d50", "x", x("民警50", "Officer 50"), x("管理员", "administrator"), x("某县公安局", "Police of Some County")}}
	in := SignIn{Frame: nobody, Action: "/signin"}
	in.Frame.Demo = false
	inDemo := SignIn{Frame: nobody, Action: "/signin", Demos: demos}
	inWith := func(t SignInTrouble) SignIn {
		s := in
		s.Trouble = t
		s.Name = "000001"
		s.Return = "/cases/c12"
		s.Until = m("2026-11-23 10:57")
		return s
	}
	note := func(k NoticeKind, change func(*Notice)) Notice {
		n := Notice{Frame: f, Kind: k, Ref: "R-7F3K-0042", Back: &Link{x("回到工作台", "Back to the workbench"), "/"}}
		if change != nil {
			change(&n)
		}
		return n
	}
	page := ActFormPage{Frame: with(f, AreaCases), Head: ch, Limits: []Limit{hours, caseLimit}}
	form := func(fm Form) ActFormPage { p := page; p.Form = fm; return p }
	manyLooks := []Look{}
	for range 8 {
		manyLooks = append(manyLooks, looks...)
	}
	return append([]fixture{
		{"signin", in}, {"signin-wrong", inWith(SignInWrong)}, {"signin-locked", inWith(SignInLocked)}, {"signin-expired", inWith(SignInExpired)}, {"signin-ended", inWith(SignInEnded)}, {"signin-demo", inDemo},
		{"account", acc}, {"account-errors", accBad},
		{"workbench", work}, {"workbench-head", boss}, {"workbench-empty", calm},
		{"intake", Intake{with(f, AreaIntake), ways, nil, nil}}, {"intake-form", Intake{with(f, AreaIntake), chosen, &inform, []Way{{x("接报案", "Report received"), "#", x("治安案件", "Public security case"), true}, {x("接收行政转刑事案件", "Converted case received"), "#", x("刑事案件（占位）", "Criminal case (a stub)"), false}}}},
		{"cases", list}, {"cases-search", second}, {"cases-none", none}, {"cases-error", odd},
		{"case", c}, {"case-new", fresh}, {"case-long", long}, {"case-closed", closed},
		{"actform", form(summon)}, {"actform-errors", form(wrong)}, {"actform-conflict", form(conflicted)}, {"actform-refused", form(decide)}, {"actform-small", form(plain)},
		{"approval", ap}, {"approval-few", apFew}, {"approval-unmet", apNo},
		{"act", one}, {"document", doc}, {"document-draft", docDraft}, {"sheet", SheetOnly{f, sheet}},
		{"query", ask}, {"query-missing", with2(func(q *Query) { q.State, q.Code = QueryMissing, "7KQ4-M2XP-90TB-K" })}, {"query-limited", with2(func(q *Query) { q.State, q.Until = QueryLimited, m("2026-11-23 11:00") })}, {"query-empty", with2(func(q *Query) {
			q.Errors = []FieldError{{"secret", x("请填写查询密码", "Enter the second code")}}
		})}, {"query-found", with2(func(q *Query) { q.State, q.Result = QueryFound, &progress })},
		{"people", pp}, {"people-admin", adm}, {"people-appoint", admForm}, {"people-empty", emptyUnit},
		{"receipt", ReceiptPage{Frame: with(f, AreaIntake), Code: "7KQ4-M2XP-90TB-K", Secret: "3FJW-8RTN", At: m("2026-11-23 10:44"), Index: "1852", Leaf: strings.Repeat("4be1f0a9", 8), Query: "/query", Case: Link{x("打开案件", "Open the case"), "#"}}},
		{"looks", Looks{with(f, AreaCases), ref, manyLooks, Pager{Next: "#"}}}, {"looks-none", Looks{with(f, AreaCases), ref, nil, Pager{}}},
		{"notice-notfound", note(NoticeNotFound, nil)}, {"notice-error", note(NoticeError, nil)}, {"notice-refused", note(NoticeRefused, func(n *Notice) { n.Reasons = []Reason{notice, review} })}, {"notice-conflict", note(NoticeConflict, nil)}, {"notice-stopped", note(NoticeStopped, func(n *Notice) { n.Stopped = true })},
	}, slices.Concat(questionFixtures(x, with(f, AreaQuestions)), findingFixtures(x, f), queryFixtures(x, ask, &progress), lawFixtures(x, pub), publishedFixtures(x, pub), surveyFixtures(x, pub, with(f, AreaMatters), ch), measureFixtures(x, with(f, AreaMatters), ch), []fixture{{"case-tied", tied}})...)
}
