package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/browser"
	"plumbline/procedure"
)

// summoned brings the case to where a person was brought in and may be heard.
func (b *bureau) summoned(t *testing.T) {
	t.Helper()
	offender := []handling.SubjectInput{{ID: "p1"}}
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某乙"}})
	b.submit(t, "wang", &handling.Request{Kind: "file"})
	b.submit(t, "head", &handling.Request{Kind: "approve_summons", Subjects: offender, Data: map[string]string{"reason": "涉嫌殴打他人", "appear_at": "2026-03-02T14:00", "appear_place": "办案区"}})
	b.submit(t, "wang", &handling.Request{Kind: "summon", Subjects: offender, Data: map[string]string{"arrived": "2026-03-02T09:06", "oral": "false"}})
}

// TestAnUnclearRuleIsAskedAndAnswered in the browser: why an act and a duty are wanted stands beside them; who finds a rule
// unclear asks where it stands; the legal department answers; who asked reads the answer, there and on the workbench.
func TestAnUnclearRuleIsAskedAndAnswered(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) { askInBrowser(t, lang, lang == "en") })
	}
}

func askInBrowser(t *testing.T, lang string, scripts bool) {
	bureau := newBureau(t, true)
	bureau.summoned(t)
	b := &walker{browser.New(t, browser.Options{Site: bureau.site.URL, Lang: lang, Scripts: scripts, Axe: "testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots}), t, lang}
	x := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	says := func(ctx context.Context, where string, texts ...string) {
		t.Helper()
		page := b.Text(ctx)
		for _, s := range texts {
			if !strings.Contains(page, s) {
				t.Errorf("%s does not say %q:\n%s", where, s, page)
			}
		}
	}
	send := func(ctx context.Context) int64 {
		t.Helper()
		browser.Eval[int](ctx, b.Browser, `document.querySelectorAll('form').forEach(f => f.noValidate = true), 0`)
		return b.Click(ctx, "form.asking button.main")
	}
	follow := func(ctx context.Context, selector string) {
		t.Helper()
		href := browser.Eval[string](ctx, b.Browser, `document.querySelector('`+selector+`')?.getAttribute('href') ?? ''`)
		if href == "" || b.Open(ctx, href) != http.StatusOK {
			t.Fatalf("nothing to follow at %s: %q\n%s", selector, href, b.Text(ctx))
		}
	}
	path := caseURL(bureau.case_)

	proc, err := bureau.house.Pack().Procedure("administrative")
	if err != nil {
		t.Fatal(err)
	}
	why := func(p *procedure.Procedure, act string) string { return p.Act(p.ActOf(act)).Why.In(lang) }
	duty := func(p *procedure.Procedure, id string) string { return p.Duty(id).Why.In(lang) }

	// Why it is wanted: on the form beside its help, at the duties it leaves, at a limit of the case.
	wang, _ := b.signedIn("wang", path+"/do/summon")
	says(wang, "the form of a summons", why(proc, "summon"), duty(proc, "inquiry_hours"), x("此处规则不明确", "This rule is unclear here"))
	b.Check(wang, "why-form")
	head, _ := b.signedIn("head", path+"/do/approve_summons?subject=p1")
	says(head, "the approval of a summons", why(proc, "approve_summons"))
	b.Check(head, "why-approval")
	b.Open(wang, path)
	browser.Eval[int](wang, b.Browser, `document.querySelectorAll('.limit details, .notyet-d').forEach(d => d.open = true), 0`)
	says(wang, "the case", duty(proc, "inquiry_hours"))
	b.Check(wang, "why-case")

	// Asking: the place is shown, what is wrong is said, names are turned back, and what was typed stays.
	follow(wang, `.limit a.ask[href*="inquiry_hours"]`)
	says(wang, "the form of a question", x("询问查证时限", "Hours of inquiry"), x("第97条", "art. 97"), "inquiry_hours", x("请勿写入姓名", "Write no names"))
	b.Check(wang, "ask")
	if status := send(wang); status != http.StatusUnprocessableEntity {
		t.Errorf("an empty question was answered with %d", status)
	}
	b.Check(wang, "ask-empty")
	b.Fill(wang, map[string]string{"text": "某乙到案后去医院的时间算不算？"})
	if status := send(wang); status != http.StatusUnprocessableEntity {
		t.Errorf("a question with a name was answered with %d", status)
	}
	says(wang, "the refusal of a name", "某乙")
	if kept := browser.Eval[string](wang, b.Browser, `document.querySelector('textarea').value`); !strings.HasPrefix(kept, "某乙到案后") {
		t.Errorf("what was typed is now %q", kept)
	}
	b.Fill(wang, map[string]string{"text": "到案后去医院的时间算不算？"})
	if status := send(wang); status != http.StatusOK {
		t.Fatalf("the question was answered with %d:\n%s", status, b.Text(wang))
	}
	says(wang, "the question", x("第2号疑问", "Question 2"), "到案后去医院", x("待答复", "Open"), x("法制部门尚未答复", "has not answered yet"))
	b.Check(wang, "question-asked")

	// The legal department finds it in its list and answers; the handler of another station finds nothing.
	reviewer, _ := b.signedIn("reviewer", "/")
	says(reviewer, "the workbench of a reviewer", x("待您答复", "awaits your answer"))
	follow(reviewer, `nav.areas a[href="/questions"]`)
	says(reviewer, "the list", x("传唤", "Summons"), x("询问查证时限", "Hours of inquiry"), "wang")
	b.Check(reviewer, "questions")
	follow(reviewer, `.questions a[href="/questions/2"]`)
	if status := send(reviewer); status != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer was taken with %d", status)
	}
	b.Check(reviewer, "question-errors")
	b.Fill(reviewer, map[string]string{"verdict": "reading", "text": "因病情需要就医的时间，不计入询问查证时限。"})
	if status := send(reviewer); status != http.StatusOK {
		t.Fatalf("the answer was answered with %d:\n%s", status, b.Text(reviewer))
	}
	says(reviewer, "the answered question", x("已答复", "Answered"), x("本机关的理解", "Our reading"))
	b.Check(reviewer, "question-answered")
	other, status := b.signedIn("other", "/questions/2")
	if status != http.StatusNotFound {
		t.Errorf("another station's handler gets %d", status)
	}
	b.Open(other, "/questions")
	b.Check(other, "questions-none")

	// Who asked reads the answer on the workbench, and where it was asked.
	b.Open(wang, "/")
	says(wang, "the workbench", x("已答复", "Answered"), x("本机关的理解", "Our reading"))
	b.Check(wang, "workbench-question")
	b.Open(wang, path)
	says(wang, "the limit", x("第2号疑问：已答复", "Question 2: answered"))
	follow(wang, `.limit a.asked`)
	says(wang, "the answer", "不计入询问查证时限")

	// At a refusal the rule that refused can be asked about, in a window of its own.
	b.Open(wang, path+"/do/approve_summons?subject=p1")
	b.Fill(wang, map[string]string{"d_reason": "涉嫌殴打他人", "d_appear_at": "2026-03-02T15:00", "d_appear_place": "办案区"})
	if status := b.submit(wang); status != http.StatusForbidden {
		t.Errorf("a handler's approval of a summons was answered with %d", status)
	}
	if target := browser.Eval[string](wang, b.Browser, `document.querySelector('.stop a.ask[href*="on=rule"]')?.target ?? 'none'`); target != "_blank" {
		t.Errorf("at the refusal the question opens in %q", target)
	}
	b.Check(wang, "why-refused")
	follow(wang, `.stop a.ask[href*="on=rule"]`)
	says(wang, "the form of a question about a rule", x("规则", "Rule"), x("第96条", "art. 96"))
	b.Check(wang, "ask-rule")

	// At intake there is no case yet.
	chen, _ := b.signedIn("chen", "/intake?way=walk_in")
	says(chen, "intake", why(proc, "receive_report"))
	follow(chen, "a.ask")
	says(chen, "the form of a question at intake", x("接报案时，尚无案件", "at intake, no case yet"))
	b.Check(chen, "ask-intake")
}

func caseURL(id casefile.CaseID) string { return "/cases/" + string(id) }

// TestAttackTheQuestionForm: the place comes from the address and is checked there, nothing of a form replaces it; texts are
// shown as text; other sites send nothing.
func TestAttackTheQuestionForm(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	at := caseURL(b.case_) + "/ask"
	for _, bad := range []string{"", "?on=act", "?on=act&of=fly", "?on=rule&of=summon", "?on=article&of=psapl/96", "?on=rule&of=R21&clause=fly.by", "?on=act&of=" + strings.Repeat("x", 3000)} {
		for _, method := range []string{"GET", "POST"} {
			if r, body := b.do(t, wang, method, at+bad, nil); r.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, "<textarea") {
				t.Errorf("%s %.60s: %s", method, bad, r.Status)
			}
		}
	}
	ok := at + "?on=act&of=summon"
	form := url.Values{"act_id": {"question-0000000000"}, "text": {"<script>alert(1)</script>？"}, "on": {"duty"}, "of": {"inquiry"}, "case": {"c1-0000000000000"}}
	if r, _ := b.do(t, wang, "POST", ok, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %s", r.Status)
	}
	for range 2 { // sent twice it is one
		r, body := b.post(t, wang, ok, form)
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/questions/2?done=asked" {
			t.Fatalf("%s %s\n%s", r.Status, r.Header.Get("Location"), body)
		}
	}
	_, body := b.do(t, wang, "GET", "/questions/2", nil)
	if strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;alert(1)") || !strings.Contains(body, ">summon<") || strings.Contains(body, "0000000000000") {
		t.Errorf("the question shows\n%s", body)
	}
	for name, change := range map[string]url.Values{"too long": {"text": {strings.Repeat("问", 1001)}}, "no id": {"act_id": {"x"}}, "a control character": {"text": {"a\x00b"}}} {
		f := url.Values{"act_id": {"question-0000000001"}, "text": {"？"}}
		for k, v := range change {
			f[k] = v
		}
		if r, _ := b.post(t, wang, ok, f); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, r.Status)
		}
	}
	for _, n := range []string{"0", "-1", "3", "x", "99999999999999999999", "1/answer"} {
		if r, _ := b.do(t, wang, "GET", "/questions/"+n, nil); r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("question %s: %s", n, r.Status)
		}
	}
	for _, q := range []string{"?state=none", "?after=x", "?after=-5", "?after=99999999999999999999"} {
		if r, _ := b.do(t, wang, "GET", "/questions"+q, nil); r.StatusCode != http.StatusOK {
			t.Errorf("list %s: %s", q, r.Status)
		}
	}
	reviewer := b.client(t, "reviewer")
	answer := url.Values{"act_id": {"answer-00000000000"}, "base": {"0"}, "verdict": {"right"}, "text": {"是。"}}
	if r, _ := b.post(t, reviewer, "/questions/1/answer", answer); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the answer: %s", r.Status)
	}
	answer.Set("act_id", "answer-00000000001")
	r, page := b.post(t, reviewer, "/questions/1/answer", answer)
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "其间已有人答复") || !strings.Contains(page, `name="base" value="1"`) {
		t.Errorf("an answer that came in between: %s\n%s", r.Status, page)
	}
}

// TestAttackQuestionsNameNoCase: a reviewer who may not see a case any more, or not yet, sees its number and nothing else.
func TestAttackQuestionsNameNoCase(t *testing.T) {
	b := newBureau(t, true)
	head, err := b.house.Store().Case(t.Context(), b.case_)
	if err != nil {
		t.Fatal(err)
	}
	b.submit(t, "head", &handling.Request{Kind: "assign", Data: map[string]string{"handlers": "colleague"}})
	wang := b.client(t, "wang") // asked, and has handed the case over
	for _, at := range []string{"/questions", "/questions/1", "/"} {
		r, body := b.do(t, wang, "GET", at, nil)
		if r.StatusCode != http.StatusOK || strings.Contains(body, head.Title) || strings.Contains(body, caseURL(b.case_)) {
			t.Errorf("%s: %s\n%s", at, r.Status, body)
		}
		if at != "/" && !strings.Contains(body, head.Number) {
			t.Errorf("%s does not show the number %s", at, head.Number)
		}
	}
	looks, err := b.house.Store().Looks(t.Context(), b.case_, 1)
	if err != nil || len(looks) != 1 || looks[0].Person != "wang" || looks[0].What != "question 1" {
		t.Errorf("%+v %v", looks, err)
	}
	lists, err := b.house.Store().Looks(t.Context(), "", 3)
	if err != nil || !strings.Contains(fmt.Sprint(lists), "questions "+string(b.case_)) {
		t.Errorf("%+v %v", lists, err)
	}
}
