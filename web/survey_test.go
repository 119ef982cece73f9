package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plumbline/authority"
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

// TestAMeasurementIsShown: the matter, the course's own page and the list of all name rate, interval and whom it is beside; where
// there are too few it says so and shows none.
func TestAMeasurementIsShown(t *testing.T) {
	b := newBureau(t, false)
	call := func(by, unit string, bad bool) {
		t.Helper()
		b.case_ = ""
		receiver := "caller"
		if bad {
			receiver = "head"
		}
		b.submit(t, by, &handling.Request{Procedure: "cn-police/call", Unit: authority.UnitID(unit), Kind: "take_call", Data: map[string]string{"title": "报警", "call_number": fmt.Sprint(b.now), "when": "2026-03-02T08:00", "category": "consultation", "urgent": "false", "text": "咨询", "receiver": receiver, "reviewer": "head", "decider": "head"}})
	}
	for i := range 20 {
		call("chen", "a", i < 10)
	}
	b.case_ = ""
	b.case_ = b.submit(t, "trainer", &handling.Request{Procedure: "cn-police/education", Unit: "school", Kind: "open_course", Data: map[string]string{"title": "三名责任人", "topic": "接警", "rule": "call/named", "officers": "chen", "kind": "professional"}}).Case
	course := b.case_
	b.now += 20 * 24 * 3600 * 1_000_000
	b.submit(t, "trainer", &handling.Request{Kind: "hold_course", Data: map[string]string{"hours": "4", "method": "cases", "teacher": "方某", "content": "三名责任人"}})
	b.now += 2 * 24 * 3600 * 1_000_000
	for i := range 20 {
		call("chen", "a", i < 2)
	}
	b.now += 40 * 24 * 3600 * 1_000_000
	b.case_ = course
	page := b.site.URL + "/cases/" + string(course)
	shows := func(by, lang, path string, want ...string) {
		t.Helper()
		c := b.client(t, by)
		get(t, c, b.site.URL+"/lang/"+lang)
		status, body := get(t, c, path)
		for _, w := range want {
			if status != 200 || !strings.Contains(body, w) {
				t.Errorf("%s, %s %s: %d, no %s", by, lang, path, status, w)
			}
		}
	}
	shows("trainer", "zh", page+"/measure", "只涉及一名民警")
	shows("trainer", "en", page+"/measure", "one officer")
	shows("chen", "zh", page+"/measure", "其他同类的案件或者人数太少", "-40", "10", "30%")
	b.submit(t, "trainer", &handling.Request{Kind: "measure_recurrence", Data: map[string]string{"judgement": "少了"}})
	for _, path := range []string{page, page + "/measure", b.site.URL + "/figures"} {
		shows("trainer", "zh", path, "受训、受指导的", "个百分点", "95%", "没有对照")
		shows("trainer", "en", path, "Taught or guided", "points", "95", "too few cases or people to compare with")
	}
}
