package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// TestASurveyIsAnsweredOnItsPage: slips are shown once to who issues them, answered by whoever holds them, and counted; what the pages
// say before that tells nothing.
func TestASurveyIsAnsweredOnItsPage(t *testing.T) {
	b := newBureau(t, false)
	b.case_ = b.submit(t, "assessor", &handling.Request{Procedure: "cn-police/survey", Unit: "legal", Kind: "open_survey", Data: map[string]string{"title": "三月评议", "unit": "a", "asked": "parties", "starts": "2026-03-02", "ends": "2026-03-10", "about_unit": "true"}}).Case
	b.submit(t, "assessor", &handling.Request{Kind: "put_question", Subjects: []handling.SubjectInput{{}}, Data: map[string]string{"name": "办理是否<及时>"}})
	own, anyone := b.client(t, "assessor"), b.client(t, "nobody")
	page := b.site.URL + "/cases/" + string(b.case_)
	status, form := get(t, own, page+"/do/issue_slips")
	input := func(name string) string {
		found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(form)
		if found == nil {
			t.Fatalf("%d: the form has no %s", status, name)
		}
		return found[1]
	}
	fields := url.Values{"act_id": {input("act_id")}, "base": {input("base")}, "d_number": {"12"}, "d_how": {"counter"}}
	status, body := send(t, own, page+"/do/issue_slips", fields)
	slips := regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}-[0-9A-Z]`).FindAllString(body, -1)
	if status != 200 || len(slips) != 12 || !strings.Contains(body, b.site.URL+"/survey") {
		t.Fatalf("%d, %d slips: %.2000s", status, len(slips), body)
	}
	if status, body := send(t, own, page+"/do/issue_slips", fields); slices.ContainsFunc(slips, func(s string) bool { return strings.Contains(body, s) }) {
		t.Errorf("sent again the slips are shown again: %d", status)
	}
	answer := func(slip, a string) (int, string) {
		return send(t, anyone, b.site.URL+"/survey/answer", url.Values{"slip": {slip}, "d_i1": {a}, "d_group": {"victim"}})
	}
	ask := func(slip string) (int, string) {
		return send(t, anyone, b.site.URL+"/survey", url.Values{"slip": {slip}})
	}
	if status, body := ask(strings.ToLower(strings.ReplaceAll(slips[0], "-", " "))); status != 200 || !strings.Contains(body, "办理是否&lt;及时&gt;") || !strings.Contains(body, "甲派出所") || strings.Count(body, `name="d_i1"`) != 4 {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := answer(slips[0], ""); status != 422 {
		t.Errorf("nothing chosen: %d", status)
	}
	if status, _ := answer(slips[0], "excellent"); status != 422 {
		t.Errorf("an answer that is none: %d", status)
	}
	for i, s := range slips[:9] {
		if status, body := answer(s, []string{"good", "poor"}[i%2]); status != 200 || strings.Contains(body, s) {
			t.Errorf("answer %d: %d", i, status)
		}
	}
	for what, got := range map[string]int{"answered twice": first(answer(slips[0], "good")), "looked at again": first(ask(slips[0]))} {
		if got != 409 {
			t.Errorf("%s: %d", what, got)
		}
	}
	for _, bad := range []string{"x", "0000-0000-0000-0000-0", slips[10] + "x"} {
		if status, _ := ask(bad); status != 404 {
			t.Errorf("%s: %d", bad, status)
		}
		if status, _ := answer(bad, "good"); status != 404 {
			t.Errorf("answered with %s: %d", bad, status)
		}
	}
	if status, body := get(t, own, page+"/survey"); status != 200 || strings.Contains(body, "<td") {
		t.Errorf("before it is counted: %d, or a figure", status)
	}
	if status, _ := get(t, b.client(t, "wang"), page+"/survey"); status != 404 {
		t.Errorf("who may not see the matter: %d", status)
	}
	answer(slips[9], "good")
	b.now += 10 * 24 * 3600 * 1_000_000
	if status, _ := answer(slips[10], "good"); status != 409 {
		t.Errorf("after the last day: %d", status)
	}
	b.submit(t, "assessor", &handling.Request{Kind: "count_answers", Subjects: []handling.SubjectInput{{ID: "i1"}}})
	own = b.client(t, "assessor") // the old session is over
	if status, body := get(t, own, page); status != 200 || !strings.Contains(body, "/survey\"") {
		t.Errorf("the survey does not lead to its figures: %d", status)
	}
	for lang, want := range map[string][]string{"zh": {"满意", "一致", ">6<", ">4<", "全体"}, "en": {"Satisfied", "the same", ">6<", ">4<"}} {
		get(t, own, b.site.URL+"/lang/"+lang)
		status, body := get(t, own, page+"/survey")
		for _, w := range want {
			if status != 200 || !strings.Contains(body, w) {
				t.Errorf("%s: %d, no %s", lang, status, w)
			}
		}
	}
}

func first(status int, _ string) int { return status }

func send(t *testing.T, c *http.Client, to string, fields url.Values) (int, string) {
	t.Helper()
	r, err := c.PostForm(to, fields)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	w := httptest.NewRecorder()
	if _, err := w.Body.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, w.Body.String()
}

// TestAMeasurementIsShown: the course, the study, the notice of guidance in it and the list of all name rate, interval and whom
// it is beside, in both languages; where there are too few they say so and show no figure.
func TestAMeasurementIsShown(t *testing.T) {
	const day = 24 * 3600 * 1_000_000
	b := newBureau(t, false)
	officers := map[string][]string{}
	var changes []authority.Change
	for _, unit := range []string{"a", "b"} {
		for i := range 5 {
			id := fmt.Sprint(unit, "-", i)
			officers[unit] = append(officers[unit], id)
			changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(id), Name: id, Number: fmt.Sprint("90", unit, i)}), authority.Appoint(authority.Appointment{Person: authority.PersonID(id), Post: "handler", Unit: authority.UnitID(unit), From: b.now - day}))
		}
	}
	if err := b.house.Found(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
	calls := func(unit string, n, bad int) {
		t.Helper()
		for i := range n {
			b.case_ = ""
			receiver := "caller"
			if i < bad {
				receiver = "head"
			}
			b.submit(t, officers[unit][i%5], &handling.Request{Procedure: "cn-police/call", Unit: authority.UnitID(unit), Kind: "take_call", Data: map[string]string{"title": "报警", "call_number": fmt.Sprint(b.now), "when": "2026-03-02T08:00", "category": "consultation", "urgent": "false", "text": "咨询", "receiver": receiver, "reviewer": "head", "decider": "head"}})
		}
	}
	calls("a", 20, 10)
	calls("b", 16, 8)
	open := func(by string, q *handling.Request) string {
		t.Helper()
		b.case_ = ""
		b.case_ = b.submit(t, by, q).Case
		return b.site.URL + "/cases/" + string(b.case_)
	}
	course := open("trainer", &handling.Request{Procedure: "cn-police/education", Unit: "school", Kind: "open_course", Data: map[string]string{"title": "三名责任人", "topic": "接警", "rule": "call/named", "officers": strings.Join(officers["a"], ","), "kind": "professional"}})
	held := b.case_
	alone := open("trainer", &handling.Request{Procedure: "cn-police/education", Unit: "school", Kind: "open_course", Data: map[string]string{"title": "一人", "topic": "接警", "rule": "call/U1", "officers": "a-0", "kind": "professional"}})
	few := b.case_
	b.now += 29 * day
	for _, id := range []casefile.CaseID{held, few} {
		b.case_ = id
		b.submit(t, "trainer", &handling.Request{Kind: "hold_course", Data: map[string]string{"hours": "4", "method": "cases", "teacher": "方某", "content": "三名责任人"}})
	}
	b.now += 2 * day
	study := open("lawyer", &handling.Request{Procedure: "cn-police/study", Unit: "legal", Kind: "open_study", Data: map[string]string{"title": "三月研判", "month": "2026-03-01"}})
	b.submit(t, "lawyer", &handling.Request{Kind: "note_recurrent", Subjects: []handling.SubjectInput{{}}, Data: map[string]string{"name": "三名责任人", "rule": "call/named", "count": "18", "cases": "36"}})
	guidance := study + fmt.Sprint("/acts/", b.submit(t, "lawhead", &handling.Request{Kind: "issue_guidance", Subjects: []handling.SubjectInput{{}}, Data: map[string]string{"name": "通知", "units": "甲派出所", "officers": "head", "problem": "x", "guidance": "y", "until": "2026-04-20"}}).Kept.Number)
	studied := b.case_
	calls("a", 25, 2)
	calls("b", 12, 6)
	b.now += 40 * day
	told := func(by, path string, zh, en []string) {
		t.Helper()
		c := b.client(t, by)
		for lang, want := range map[string][]string{"zh": zh, "en": en} {
			get(t, c, b.site.URL+"/lang/"+lang)
			status, body := get(t, c, path)
			for _, w := range want {
				if status != 200 || !strings.Contains(body, w) {
					t.Errorf("%s, %s %s: %d, no %s", by, lang, path, status, w)
				}
			}
		}
	}
	// 10 of 20 and 2 of 25 among those taught, 8 of 16 and 6 of 12 among the others; 42 points more.
	zh := []string{"受训、受指导的", "其他同类的", "10 / 20", "2 / 25", "8 / 16", "6 / 12", "30% – 70%", "95%区间", "-42个百分点"}
	en := []string{"Taught or guided", "Others of the same kind", "10 of 20", "2 of 25", "8 of 16", "6 of 12", "30% – 70%", "95 % interval", "-42 points"}
	for by, path := range map[string]string{"trainer": course, "lawyer": study} {
		told(by, path+"/measure", zh, en)
	}
	told("trainer", alone+"/measure", []string{"前后有一段的案件少于10件，不给数字"}, []string{"fewer than 10 cases before or after: no figure"})
	b.case_ = held
	b.submit(t, "trainer", &handling.Request{Kind: "measure_recurrence", Data: map[string]string{"judgement": "少了"}})
	b.case_ = studied
	b.submit(t, "lawyer", &handling.Request{Kind: "measure_effect", Subjects: []handling.SubjectInput{{ID: "i1"}}, Data: map[string]string{"judgement": "fallen"}})
	told("trainer", course, zh, en)
	told("lawyer", study, zh, en)
	told("head", guidance, zh, en) // who answers for it in the unit
	told("lawyer", b.site.URL+"/figures", zh, en)
}
