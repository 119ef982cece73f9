package web_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"plumbline/casefile"
)

var shots = flag.String("shots", "", "folder for pictures of every page of the walk, at 1440 and 375 points")

// browser is Debian's Chromium without a window.
type browser struct {
	t    *testing.T
	ctx  context.Context
	axe  string
	tabs map[string]context.Context
	site string
	seen map[string]bool // pages that were checked and pictured
	lang string
	run  bool // pages may run their own scripts
}

func (b *browser) scripts(ctx context.Context, on bool) {
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		b.t.Fatal(err)
	}
}

func newBrowser(t *testing.T, site, lang string, run bool) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil && path == "" {
			path = p
		}
	}
	if path == "" {
		t.Fatal("no chromium on the path: run .ci/needs")
	}
	axe, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("no axe-core: run .ci/needs: ", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.Env("TMPDIR="+t.TempDir()), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(func() { end(); endAlloc() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, ctx: ctx, axe: string(axe), tabs: map[string]context.Context{}, site: site, seen: map[string]bool{}, lang: lang, run: run}
}

// tab is the browser of one person, with cookies of its own.
func (b *browser) tab(name string) context.Context {
	b.t.Helper()
	if b.tabs[name] == nil {
		ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
		b.t.Cleanup(end)
		b.tabs[name] = ctx
		if err := chromedp.Do(ctx); err != nil { // opens the tab; a context with a limit would close it again
			b.t.Fatal(err)
		}
		b.do(ctx, chromedp.Navigate(b.site+"/lang/"+b.lang))
		b.scripts(ctx, b.run)
	}
	return b.tabs[name]
}

func (b *browser) do(ctx context.Context, a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	if err := chromedp.Do(ctx, a); err != nil {
		b.t.Fatal(err)
	}
}

func eval[T any](b *browser, ctx context.Context, js string) T {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js[:min(len(js), 80)], err)
	}
	return v
}

// click follows a link or sends a form and waits for the next page; it returns its status.
func (b *browser) click(ctx context.Context, selector string) int64 {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	r, err := chromedp.RunResponse(ctx, chromedp.Click(selector))
	if err != nil {
		b.t.Fatalf("click %s on %s: %v", selector, b.text(ctx), err)
	}
	return r.Status
}

func (b *browser) open(ctx context.Context, path string) int64 {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	r, err := chromedp.RunResponse(ctx, chromedp.Navigate(b.site+path))
	if err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	return r.Status
}

func (b *browser) text(ctx context.Context) string {
	return eval[string](b, ctx, `document.body.innerText`)
}

// fill enters values as a person would leave them: by the names of the inputs.
func (b *browser) fill(ctx context.Context, values map[string]string) {
	b.t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		b.t.Fatal(err)
	}
	missing := eval[string](b, ctx, `(values => { let bad = [];
		for (const [name, value] of Object.entries(values)) {
			const all = [...document.querySelectorAll('[name="'+name+'"]')].filter(e => e.type !== 'hidden');
			if (document.querySelector('input[type=hidden][name="'+name+'"]')?.value === value) continue;
			if (!all.length) { bad.push(name); continue }
			for (const e of all) {
				if (e.type === 'radio' || e.type === 'checkbox') {
					const want = value.split(',').includes(e.value);
					if (e.type === 'checkbox' || want) e.checked = want;
				} else e.value = value;
			}
			if (all[0].type === 'radio' && value !== '' && !all.some(e => e.checked)) bad.push(name + '=' + value);
			if (all[0].tagName === 'SELECT' && all[0].value !== value) bad.push(name + '=' + value);
		}
		return bad.join(' ') })(`+string(raw)+`)`)
	if missing != "" {
		b.t.Fatalf("form at %s has no %s", eval[string](b, ctx, "location.pathname"), missing)
	}
}

// check runs axe on a page, looks for what scrolls sideways at 375 points, and takes pictures: of each kind of page once.
func (b *browser) check(ctx context.Context, kind string) {
	b.t.Helper()
	if b.seen[kind] {
		return
	}
	b.seen[kind] = true
	b.scripts(ctx, true) // axe is one
	defer b.scripts(ctx, b.run)
	eval[int](b, ctx, b.axe+";0")
	if found := eval[string](b, ctx, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.failureSummary)).join(' | ')).join('\n'))`); found != "" {
		b.t.Errorf("axe on %s (%s): %s", kind, b.lang, found)
	}
	for _, width := range []int64{1440, 375} {
		b.size(ctx, width)
		if wide := eval[int64](b, ctx, "document.documentElement.scrollWidth"); wide > width {
			b.t.Errorf("%s (%s) is %d wide at %d: %s", kind, b.lang, wide, width, eval[string](b, ctx, `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 4).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + e.textContent.slice(0, 40)).join('; ')`))
		}
		if *shots != "" {
			height := min(eval[int64](b, ctx, "document.documentElement.scrollHeight"), 5000)
			shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: new(true), Clip: &page.Viewport{Width: float64(width), Height: float64(height), Scale: 1}})
			if err != nil {
				b.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s.%s.%d.png", kind, b.lang, width)), shot.Data, 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.size(ctx, 1440)
}

func (b *browser) size(ctx context.Context, width int64) {
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}); err != nil {
		b.t.Fatal(err)
	}
}

// signedIn opens a path as a person, signing in where the platform asks for it.
func (b *browser) signedIn(name, path string) (context.Context, int64) {
	b.t.Helper()
	ctx := b.tab(name)
	status := b.open(ctx, path)
	if strings.HasPrefix(eval[string](b, ctx, "location.pathname"), "/signin") {
		b.check(ctx, "signin")
		b.fill(ctx, map[string]string{"name": name, "password": password})
		status = b.click(ctx, "form.signin button, main form button")
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
	proposal := d("fine", "500", "detention_days", "5", "licence_or_closure", "false", "minor_detention", "false", "measure", "行政拘留五日，并处罚款五百元", "facts", "殴打他人致轻微伤", "evidence", "被侵害人陈述、监控录像", "grounds", "治安管理处罚法第51条")
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
		{at: "2026-03-04T09:00", who: "wang", act: "decide", data: d("level", "county"), refused: "第112条"},
		{at: "2026-03-04T09:30", who: "wang", act: "propose", about: "p2", data: proposal},
		{at: "2026-03-04T10:00", who: "legal", act: "return_proposal", about: "p2", data: d("reason", "证据目录不全，请补充")},
		{at: "2026-03-04T11:00", who: "wang", act: "propose", about: "p2", data: proposal},
		{at: "2026-03-04T11:30", who: "wang", act: "notify_penalty", about: "p2", data: d("fine", "500", "detention_days", "5", "answer", "defence")},
		{at: "2026-03-04T11:40", who: "wang", shown: true, act: "state_defence", about: "p2", data: d("text", "称系互殴")},
		{at: "2026-03-04T15:00", who: "wang", act: "review_defence", about: "p2", data: d("adopted", "not_adopted", "result", "监控录像显示对方未还手")},
		{at: "2026-03-05T09:00", who: "legal", act: "assess_review", data: d("required", "true", "reason", "案情疑难")},
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
	b := newBrowser(t, bureau.site.URL, lang, scripts)
	bureau.clock(t, "2026-03-02T09:00")

	// Intake: how it came in, then the form; the receipt is shown once.
	ctx, _ := b.signedIn("chen", "/")
	b.check(ctx, "workbench-empty")
	b.open(ctx, "/intake")
	b.check(ctx, "intake")
	b.open(ctx, "/intake?way=walk_in")
	if status := b.submit(ctx); status != http.StatusUnprocessableEntity {
		t.Fatalf("an empty report was taken: %d", status)
	}
	b.check(ctx, "intake-error")
	b.fill(ctx, map[string]string{"d_source": "walk_in", "d_title": "某日某甲被殴打案", "d_summary": "某甲称在某路被某乙殴打", "d_place": "某路"})
	if status := b.submit(ctx); status != http.StatusOK {
		t.Fatalf("the report was not taken: %d %s", status, b.text(ctx))
	}
	b.check(ctx, "receipt")
	codes := strings.Fields(eval[string](b, ctx, `[...document.querySelectorAll('.codes dd')].map(e => e.textContent).join(' ')`))
	if len(codes) != 2 {
		t.Fatalf("the receipt shows %v", codes)
	}
	b.click(ctx, ".actions a.button")
	path := eval[string](b, ctx, "location.pathname")

	for _, m := range walk() {
		t.Logf("%s %s %s", m.at, m.who, m.act)
		b.step(bureau, path, m)
		if t.Failed() {
			return
		}
	}
	bureau.clock(t, "2026-03-09T10:10")
	ctx, _ = b.signedIn("wang", path)
	b.check(ctx, "case-closed")
	head, err := bureau.house.Store().Case(context.Background(), casefile.CaseID(strings.TrimPrefix(path, "/cases/")))
	if err != nil || !head.Closed || head.Findings != 0 {
		t.Errorf("at the end the case is closed: %v, with %d findings (%v)", head.Closed, head.Findings, err)
	}
	b.others(bureau, path, codes)
}

// submit sends the form of the page.
func (b *browser) submit(ctx context.Context) int64 {
	b.t.Helper()
	eval[int](b, ctx, `document.querySelectorAll('form').forEach(f => f.noValidate = true), 0`) // the server must see what is wrong
	return b.click(ctx, `button[name="intent"][value="submit"]`)
}

func (b *browser) step(bureau *bureau, path string, m move) {
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
	b.fill(ctx, values)
	b.check(ctx, "form-"+m.act)
	status = b.submit(ctx)
	text := b.text(ctx)
	switch {
	case m.refused == "" && (status != http.StatusOK || !strings.Contains(eval[string](b, ctx, "location.search"), "done=")):
		b.t.Errorf("%s %s was not taken: %d\n%s", m.who, m.act, status, text)
	case m.refused != "" && status != http.StatusForbidden:
		b.t.Errorf("%s %s was not refused: %d\n%s", m.who, m.act, status, text)
	case m.refused != "" && !strings.Contains(text, article(m.refused, b.lang)):
		b.t.Errorf("the refusal of %s by %s does not name %s:\n%s", m.act, m.who, m.refused, text)
	}
	if m.refused != "" {
		b.check(ctx, "refused-"+m.act)
	} else if m.shown {
		b.check(ctx, "case-after-"+m.act)
	}
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
func (b *browser) others(bureau *bureau, path string, codes []string) {
	b.t.Helper()
	ctx, _ := b.signedIn("head", "/")
	b.check(ctx, "workbench")
	b.open(ctx, path)
	decision := eval[string](b, ctx, `document.querySelector('a[href$="/penalty_decision"]').getAttribute('href')`)
	for kind, at := range map[string]string{"cases": "/cases?state=any", "cases-none": "/cases?q=%E6%97%A0%E6%AD%A4%E6%A1%88&state=any", "looks": path + "/looks", "people": "/people", "account": "/account", "act": path + "/acts/1", "document-decision": decision, "document-register": path + "/documents/1/report_register", "notfound": "/cases/c1-0000000000000"} {
		b.open(ctx, at)
		if kind == "document-decision" && !strings.Contains(b.text(ctx), "行政处罚决定书") {
			b.t.Errorf("no decision at %s:\n%s", at, b.text(ctx))
		}
		b.check(ctx, kind)
	}
	ctx, _ = b.signedIn("admin", "/people?unit=a")
	b.check(ctx, "people-admin")
	anyone := b.tab("reporter")
	b.open(anyone, "/query")
	b.check(anyone, "query")
	b.fill(anyone, map[string]string{"code": codes[0], "secret": "0000-0000"})
	if status := b.click(anyone, "main form button"); status != http.StatusNotFound {
		b.t.Errorf("a wrong secret was answered with %d", status)
	}
	b.check(anyone, "query-missing")
	b.fill(anyone, map[string]string{"code": codes[0], "secret": codes[1]})
	if status := b.click(anyone, "main form button"); status != http.StatusOK {
		b.t.Errorf("the right codes were answered with %d", status)
	}
	b.check(anyone, "query-found")
}
