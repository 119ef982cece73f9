package web_test

import (
	"context"
	"flag"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/internal/browser"
)

var shots = flag.String("shots", "", "folder for pictures of every page of the walk, at 1440 and 375 points")

// walker is the browser of a walk.
type walker struct {
	*browser.Browser
	t    *testing.T
	lang string
}

// signedIn opens a path as a person, signing in where the platform asks for it.
func (b *walker) signedIn(name, path string) (context.Context, int64) {
	b.t.Helper()
	ctx := b.Tab(name)
	status := b.Open(ctx, path)
	if strings.HasPrefix(browser.Eval[string](ctx, b.Browser, "location.pathname"), "/signin") {
		b.Check(ctx, "signin")
		b.Fill(ctx, map[string]string{"name": name, "password": password})
		status = b.Click(ctx, "form.signin button, main form button")
	}
	return ctx, status
}

// move is one step of the walk: a person does an act in the browser.
type move struct {
	at      string // wall clock of the act
	who     string
	act     string
	about   string // subject of the case, or new:ROLE
	data    map[string]string
	shown   bool   // the case page afterwards is one to look at
	refused string // the platform must refuse, naming this article, or that it is a setting of ours
}

// walk is the ordinary procedure from report to closing, as six people do it, with an unlawful attempt at each gate.
func walk() []move {
	d := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m["d_"+pairs[i]] = pairs[i+1]
		}
		return m
	}
	proposal := d("fine", "500", "detention_days", "5", "not_served", "served", "evidence_kinds", "victim,av", "measure", "行政拘留五日，并处罚款五百元", "facts", "殴打他人致轻微伤", "evidence", "被侵害人陈述、监控录像", "grounds", "治安管理处罚法第51条", "offence", "psapl-51-p1a", "tier", "base")
	tooLow := maps.Clone(proposal) // ordinary beating: detention and a fine, not a fine alone
	tooLow["d_detention_days"] = "0"
	return []move{
		{at: "2026-03-02T09:10", who: "chen", act: "register_person", about: "new:reporter", data: d("name", "某甲")},
		{at: "2026-03-02T09:12", who: "chen", act: "register_person", about: "new:offender", data: d("name", "某乙", "gender", "male", "address", "某路1号")},
		{at: "2026-03-02T09:15", who: "chen", act: "file", data: d("matter", "殴打他人"), refused: "第90条"},
		{at: "2026-03-02T09:20", who: "chen", shown: true, act: "accept", data: d("opinion", "属本单位管辖，受案")},
		{at: "2026-03-02T09:30", who: "chen", act: "give_receipt", about: "p1", data: d("how", "handed")},
		{at: "2026-03-02T09:40", who: "chen", act: "assign", data: d("handlers", "wang"), refused: "setting"},
		{at: "2026-03-02T10:00", who: "head", act: "assign", data: d("handlers", "wang,colleague")},
		{at: "2026-03-02T10:30", who: "wang", act: "file", data: d("matter", "殴打他人")},
		{at: "2026-03-02T10:40", who: "wang", act: "approve_summons", about: "p2", data: d("reason", "涉嫌殴打他人", "appear_at", "2026-03-02T14:00", "appear_place", "办案区"), refused: "第96条"},
		{at: "2026-03-02T11:00", who: "head", act: "approve_summons", about: "p2", data: d("reason", "涉嫌殴打他人", "appear_at", "2026-03-02T14:00", "appear_place", "办案区")},
		{at: "2026-03-02T14:05", who: "wang", act: "summon", about: "p2", data: d("arrived", "2026-03-02T14:00", "oral", "false")},
		{at: "2026-03-02T14:20", who: "wang", shown: true, act: "notify_family", about: "p2", data: d("how", "phone", "family", "某丙，妻子")},
		{at: "2026-03-02T16:10", who: "wang", act: "record_inquiry", about: "p2", data: d("officers", "wang,colleague", "began", "2026-03-02T14:30", "ended", "2026-03-02T16:00", "where", "case_area", "place", "办案区询问室", "recorded_av", "true", "under_18", "false", "rights_told", "true", "text", "问：……\n答：……", "checked", "read", "signed", "signed")},
		{at: "2026-03-02T16:30", who: "wang", act: "leave", about: "p2"},
		{at: "2026-03-02T16:40", who: "legal", act: "leave", about: "p2"}, // a release is never refused, whoever enters it and however often
		{at: "2026-03-04T09:00", who: "wang", act: "decide", data: d("level", "county"), refused: "第112条"},
		{at: "2026-03-04T09:20", who: "wang", act: "propose", about: "p2", data: tooLow, refused: "第113条"},
		{at: "2026-03-04T09:30", who: "wang", act: "propose", about: "p2", data: proposal},
		{at: "2026-03-04T10:00", who: "legal", act: "return_proposal", about: "p2", data: d("reason", "证据目录不全，请补充")},
		{at: "2026-03-04T11:00", who: "wang", act: "propose", about: "p2", data: proposal},
		{at: "2026-03-04T11:30", who: "wang", act: "notify_penalty", about: "p2", data: d("fine", "500", "detention_days", "5", "answer", "defence")},
		{at: "2026-03-04T11:40", who: "wang", shown: true, act: "state_defence", about: "p2", data: d("said", "称系互殴")},
		{at: "2026-03-04T15:00", who: "wang", act: "review_defence", about: "p2", data: d("adopted", "not_adopted", "result", "监控录像显示对方未还手")},
		{at: "2026-03-05T09:00", who: "legal", act: "assess_review", data: d("required", "true", "collective", "false", "reason", "案情疑难")},
		{at: "2026-03-05T09:20", who: "wang", act: "review_proposal", about: "p2", data: d("result", "pass", "opinion", "事实清楚"), refused: "第170条"},
		{at: "2026-03-05T10:00", who: "legal", act: "review_proposal", about: "p2", data: d("result", "pass", "opinion", "事实清楚，证据充分")},
		{at: "2026-03-05T11:00", who: "head", act: "fix_penalty", about: "p2", data: d("fine", "500", "detention_days", "5"), refused: "第109条"},
		{at: "2026-03-05T13:00", who: "county", act: "fix_penalty", about: "p2", data: d("fine", "500", "detention_days", "5", "measure", "行政拘留五日，并处罚款五百元")},
		{at: "2026-03-05T13:30", who: "county", act: "decide", data: d("level", "county"), refused: "第114条"},
		{at: "2026-03-05T14:00", who: "reviewer", act: "legal_review", data: d("result", "pass", "opinion", "合法")},
		{at: "2026-03-06T09:00", who: "county", shown: true, act: "decide", data: d("level", "county")},
		{at: "2026-03-06T09:30", who: "head", act: "close", data: d("ground", "executed"), refused: "第258条"},
		{at: "2026-03-06T10:00", who: "wang", act: "serve", about: "p2", data: d("how", "handed")},
		{at: "2026-03-06T10:30", who: "wang", act: "notify_family_detention", about: "p2", data: d("family", "某丙")},
		{at: "2026-03-09T09:00", who: "wang", act: "execute_penalty", about: "p2", data: d("what", "both")},
		{at: "2026-03-09T10:00", who: "head", act: "close", data: d("ground", "executed")},
	}
}

func TestSixPeopleWalkTheProcedure(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		// In Chinese without the pages' own scripts, in English with them.
		t.Run(lang, func(t *testing.T) { walkInBrowser(t, lang, lang == "en") })
	}
}

func (b *bureau) clock(t *testing.T, at string) {
	t.Helper()
	now, err := casefile.ParseInstant(at, b.house.Pack().Zone)
	if err != nil {
		t.Fatal(err)
	}
	b.now = now
	if _, err := b.house.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func walkInBrowser(t *testing.T, lang string, scripts bool) {
	bureau := newBureau(t, false)
	b := &walker{browser.New(t, browser.Options{Site: bureau.site.URL, Lang: lang, Scripts: scripts, Axe: "testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots}), t, lang}
	bureau.clock(t, "2026-03-02T09:00")

	// Intake: how it came in, then the form; the receipt is shown once.
	ctx, _ := b.signedIn("chen", "/")
	b.Check(ctx, "workbench-empty")
	b.Open(ctx, "/intake")
	b.Check(ctx, "intake")
	b.Open(ctx, "/intake?way=walk_in")
	if status := b.submit(ctx); status != http.StatusUnprocessableEntity {
		t.Fatalf("an empty report was taken: %d", status)
	}
	b.Check(ctx, "intake-error")
	b.Fill(ctx, map[string]string{"d_source": "walk_in", "d_title": "某日某甲被殴打案", "d_summary": "某甲称在某路被某乙殴打", "d_place": "某路"})
	if status := b.submit(ctx); status != http.StatusOK {
		t.Fatalf("the report was not taken: %d %s", status, b.Text(ctx))
	}
	b.Check(ctx, "receipt")
	codes := strings.Fields(browser.Eval[string](ctx, b.Browser, `[...document.querySelectorAll('.codes dd')].map(e => e.textContent).join(' ')`))
	if len(codes) != 2 {
		t.Fatalf("the receipt shows %v", codes)
	}
	b.Click(ctx, ".actions a.button")
	path := browser.Eval[string](ctx, b.Browser, "location.pathname")

	for _, m := range walk() {
		t.Logf("%s %s %s", m.at, m.who, m.act)
		if m.act == "propose" && m.at == "2026-03-04T09:30" {
			b.together(bureau, path)
		}
		b.step(bureau, path, m)
		if t.Failed() {
			return
		}
	}
	bureau.clock(t, "2026-03-09T10:10")
	ctx, _ = b.signedIn("wang", path)
	b.Check(ctx, "case-closed")
	head, err := bureau.house.Store().Case(context.Background(), casefile.CaseID(strings.TrimPrefix(path, "/cases/")))
	if err != nil || !head.Closed || head.Findings != 0 {
		t.Errorf("at the end the case is closed: %v, with %d findings (%v)", head.Closed, head.Findings, err)
	}
	b.others(bureau, path, codes)
}

// submit sends the form of the page.
func (b *walker) submit(ctx context.Context) int64 {
	b.t.Helper()
	browser.Eval[int](ctx, b.Browser, `document.querySelectorAll('form').forEach(f => f.noValidate = true), 0`) // the server must see what is wrong
	return b.Click(ctx, `button[name="intent"][value="submit"]`)
}

func (b *walker) step(bureau *bureau, path string, m move) {
	b.t.Helper()
	bureau.clock(b.t, m.at)
	at := path + "/do/" + m.act
	subject, role, isNew := strings.Cut(m.about, "new:")
	if !isNew && m.about != "" {
		at += "?subject=" + subject
	}
	ctx, status := b.signedIn(m.who, at)
	if status != http.StatusOK {
		b.t.Errorf("%s %s: the form answers %d", m.who, m.act, status)
		return
	}
	values := map[string]string{}
	for k, v := range m.data {
		values[k] = v
	}
	if isNew {
		values["subject_new"], values["subject_role"] = "1", role
	}
	b.Fill(ctx, values)
	b.Check(ctx, "form-"+m.act)
	status = b.submit(ctx)
	text := b.Text(ctx)
	switch {
	case m.refused == "" && (status != http.StatusOK || !strings.Contains(browser.Eval[string](ctx, b.Browser, "location.search"), "done=")):
		b.t.Errorf("%s %s was not taken: %d\n%s", m.who, m.act, status, text)
	case m.refused != "" && status != http.StatusForbidden:
		b.t.Errorf("%s %s was not refused: %d\n%s", m.who, m.act, status, text)
	case m.refused != "" && !strings.Contains(text, article(m.refused, b.lang)):
		b.t.Errorf("the refusal of %s by %s does not name %s:\n%s", m.act, m.who, m.refused, text)
	}
	if m.refused != "" {
		b.Check(ctx, "refused-"+m.act)
	} else if m.shown {
		b.Check(ctx, "case-after-"+m.act)
	}
}

// together has two people at one case: the second sees what changed, keeps what was typed, and can send it again. Then a
// session is lost while a form is being filled in: what was saved as a draft is there after signing in.
func (b *walker) together(bureau *bureau, path string) {
	b.t.Helper()
	wang, _ := b.signedIn("wang", path+"/do/register_person?subject=p2")
	values := map[string]string{"d_name": "某乙", "d_employer": "某厂"}
	b.Fill(wang, values)
	other, _ := b.signedIn("colleague", path+"/do/register_person?subject=p1")
	b.Fill(other, map[string]string{"d_name": "某甲", "d_phone": "12300000000"})
	if status := b.submit(other); status != http.StatusOK {
		b.t.Errorf("the first of two was not taken: %d", status)
	}
	if status := b.submit(wang); status != http.StatusConflict {
		b.t.Errorf("the second of two was answered with %d", status)
	}
	b.Check(wang, "conflict")
	if text := b.Text(wang); !strings.Contains(text, "colleague") {
		b.t.Errorf("the second does not see who changed the case:\n%s", text)
	}
	if kept := browser.Eval[string](wang, b.Browser, `document.querySelector('[name=d_employer]').value`); kept != "某厂" {
		b.t.Errorf("what the second had typed is now %q", kept)
	}
	if status := b.submit(wang); status != http.StatusOK {
		b.t.Errorf("sent again it was answered with %d:\n%s", status, b.Text(wang))
	}
	// A fact entered wrongly is corrected from its own page: prefilled, and the old record stays to be seen.
	head, err := bureau.house.Store().Case(context.Background(), casefile.CaseID(strings.TrimPrefix(path, "/cases/")))
	if err != nil {
		b.t.Fatal(err)
	}
	b.Open(wang, path+"/acts/"+strconv.FormatInt(head.Acts, 10))
	b.Click(wang, `a[href*="corrects="]`)
	if kept := browser.Eval[string](wang, b.Browser, `document.querySelector('[name=d_employer]').value`); kept != "某厂" {
		b.t.Errorf("the correction begins with %q", kept)
	}
	b.Check(wang, "correction")
	b.Fill(wang, map[string]string{"d_employer": "某二厂"})
	if status := b.submit(wang); status != http.StatusOK {
		b.t.Errorf("the correction was answered with %d:\n%s", status, b.Text(wang))
	}
	form := path + "/do/register_person?subject=p2"
	b.Open(wang, form)
	b.Fill(wang, map[string]string{"d_name": "某乙", "d_phone": "45600000000"})
	b.Click(wang, `button[name="intent"][value="draft"]`)
	sessions, err := bureau.house.Store().Sessions(context.Background(), "wang")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, s := range sessions {
		if err := bureau.house.Store().EndSession(context.Background(), s.Token); err != nil {
			b.t.Fatal(err)
		}
	}
	wang, _ = b.signedIn("wang", form)
	if kept := browser.Eval[string](wang, b.Browser, `document.querySelector('[name=d_phone]').value`); kept != "45600000000" {
		b.t.Errorf("after a lost session the draft says %q", kept)
	}
	b.Click(wang, "form.drop button")
}

// article writes 第90条 as the English pages do.
func article(s, lang string) string {
	switch {
	case s == "setting" && lang == "zh":
		return "我们的设定"
	case s == "setting":
		return "our setting"
	case lang == "zh":
		return s
	}
	return "art. " + strings.TrimSuffix(strings.TrimPrefix(s, "第"), "条")
}

// others looks at the pages beside the walk.
func (b *walker) others(bureau *bureau, path string, codes []string) {
	b.t.Helper()
	ctx, _ := b.signedIn("head", "/")
	b.Check(ctx, "workbench")
	b.Open(ctx, path)
	decision := browser.Eval[string](ctx, b.Browser, `document.querySelector('a[href$="/penalty_decision"]').getAttribute('href')`)
	for kind, at := range map[string]string{"cases": "/cases?state=any", "cases-none": "/cases?q=%E6%97%A0%E6%AD%A4%E6%A1%88&state=any", "looks": path + "/looks", "people": "/people", "account": "/account", "act": path + "/acts/1", "document-decision": decision, "document-register": path + "/documents/1/report_register", "notfound": "/cases/c1-0000000000000"} {
		b.Open(ctx, at)
		if kind == "document-decision" && !strings.Contains(b.Text(ctx), "行政处罚决定书") {
			b.t.Errorf("no decision at %s:\n%s", at, b.Text(ctx))
		}
		b.Check(ctx, kind)
	}
	ctx, _ = b.signedIn("admin", "/people?unit=a")
	b.Check(ctx, "people-admin")
	anyone := b.Tab("reporter")
	b.Open(anyone, "/query")
	b.Check(anyone, "query")
	b.Fill(anyone, map[string]string{"code": codes[0], "secret": "0000-0000"})
	if status := b.Click(anyone, "main form button"); status != http.StatusNotFound {
		b.t.Errorf("a wrong secret was answered with %d", status)
	}
	b.Check(anyone, "query-missing")
	b.Fill(anyone, map[string]string{"code": codes[0], "secret": codes[1]})
	if status := b.Click(anyone, "main form button"); status != http.StatusOK {
		b.t.Errorf("the right codes were answered with %d", status)
	}
	b.Check(anyone, "query-found")
}
