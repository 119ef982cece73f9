package web

import (
	"slices"

	"plumbline/calendar"
)

// surveyFixtures are the public page of a survey, its slips and its figures.
func surveyFixtures(x func(zh, en string) string, f, in Frame, head CaseHead) []fixture {
	options := func(chosen string) []Option {
		var out []Option
		for _, o := range [][3]string{{"good", "满意", "Satisfied"}, {"fair", "一般", "Neither"}, {"poor", "不满意", "Dissatisfied"}, {"unknown", "不了解", "Cannot say"}} {
			out = append(out, Option{o[0], x(o[1], o[2]), "", o[0] == chosen})
		}
		return out
	}
	ask := SurveyPage{Frame: f, State: SurveyAsk, Least: 10}
	empty := ask
	empty.Errors = []FieldError{{"slip", x("请填写答题码", "enter the code of the slip")}}
	sheet := SurveyPage{Frame: f, State: SurveySheet, Slip: "7KQ4-M2XP-90TB-3FJW-K", Title: x("派出所群众评议", "Survey on a station"), Unit: x("甲派出所", "Station A"), Until: dd(2026, 11, 30), Least: 10, Fields: []Field{
		{Name: "d_i1", Label: x("办案结果是否及时告知", "Were you told the result in time"), Type: FieldEnum, Required: true, Options: options("good")},
		{Name: "d_i2", Label: x("办理是否公正", "Was it dealt with fairly"), Type: FieldEnum, Required: true, Options: options("")}}}
	left := sheet
	left.Fields = slices.Clone(sheet.Fields)
	left.Fields[1].Error = x("请选一项", "choose one")
	left.Errors = []FieldError{{"d_i2", x("办理是否公正：请选一项", "Was it dealt with fairly: choose one")}}
	out := []fixture{{"survey", &ask}, {"survey-empty", &empty}, {"survey-sheet", &sheet}, {"survey-left-out", &left}}
	for _, s := range []SurveyState{SurveyTaken, SurveyMissing, SurveyUsed, SurveyOver, SurveyLimited} {
		out = append(out, fixture{"survey-" + string(s), &SurveyPage{Frame: f, State: s, Least: 10}})
	}
	slips := SlipsPage{Frame: in, Head: head, Unit: sheet.Unit, Until: sheet.Until, Where: "http://127.0.0.1:8080/survey", Slips: []string{"7KQ4-M2XP-90TB-3FJW-K", "3FJW-8RTN-12VD-5HLY-M", "9MR6-P4ZQ-0TVP-7KQ4-2"}, Number: 4}
	counted := SurveyedPage{Frame: in, Head: head, Unit: sheet.Unit, From: dd(2026, 11, 1), Until: sheet.Until, Questions: []string{sheet.Fields[0].Label, sheet.Fields[1].Label}, Slips: 60, Said: 60, Ended: true, Answers: []string{x("满意", "Satisfied"), x("一般", "Neither"), x("不满意", "Dissatisfied"), x("不了解", "Cannot say")}, Least: 10}
	row := func(group string, people int, same bool) SurveyedRow {
		r := SurveyedRow{Question: sheet.Fields[0].Label, Group: group, Href: "#", People: people, Same: same}
		for range 4 {
			r.Shares = append(r.Shares, ShareShown{people / 4, people, "12% – 41%"})
		}
		return r
	}
	counted.Rows = []SurveyedRow{row("", 42, true), row(x("被侵害人", "victim"), 16, true), row(x("报案人", "reporter"), 26, false)}
	few, open, ended, nothing := counted, counted, counted, counted
	few.Rows, few.Few, few.Slips = nil, true, 61
	open.Rows, open.Ended, open.Open = nil, false, true
	ended.Rows = nil
	nothing.Rows, nothing.Ended, nothing.Questions = nil, false, nil
	return append(out, fixture{"slips", &slips}, fixture{"surveyed", &counted}, fixture{"surveyed-few", &few}, fixture{"surveyed-open", &open}, fixture{"surveyed-ended", &ended}, fixture{"surveyed-nothing", &nothing})
}

// measureFixtures are a measurement told, one that is withheld, and one that has nothing to count.
func measureFixtures(x func(zh, en string) string, in Frame, head CaseHead) []fixture {
	points := x("个百分点", " points")
	told := MeasuredRow{Title: x("询问超过八小时", "Held for more than eight hours"), Rule: "R18", At: m("2026-11-20 09:00"), Before: [2]calendar.Date{dd(2026, 9, 1), dd(2026, 9, 30)}, After: [2]calendar.Date{dd(2026, 10, 2), dd(2026, 10, 31)},
		Groups: []GroupRow{{x("受训、受指导的", "Taught or guided"), ShareShown{10, 20, "30% – 70%"}, ShareShown{2, 25, "2% – 25%"}, "-42" + points + " (-63 – -15)", 6}, {x("其他同类的", "Others of the same kind"), ShareShown{8, 16, "28% – 72%"}, ShareShown{6, 12, "25% – 75%"}, "+0" + points + " (-33 – +33)", 6}},
		Effect: "-42" + points + " (-81 – +0)", From: x("做过这些行为的案件：传唤；单位种类：派出所；统计时全部记录共1853条", "cases with these acts: Summons; kinds of units: station; of 1853 acts on the record when it was counted")}
	alone := told
	alone.Groups, alone.Effect, alone.Without = told.Groups[:1], "", x("其他同类的案件或者人数太少，没有对照", "too few cases or people to compare with")
	few := told
	few.Groups, few.Effect, few.Without = nil, "", x("前后有一段的案件少于10件，不给数字", "fewer than 10 cases before or after: no figure")
	page := func(now, recorded []MeasuredRow) *MeasurePage {
		return &MeasurePage{Frame: in, Head: head, Now: now, Recorded: recorded}
	}
	return []fixture{{"measure", page([]MeasuredRow{told}, []MeasuredRow{alone})}, {"measure-few", page([]MeasuredRow{few}, nil)}, {"measure-nothing", page(nil, nil)}}
}
