// Package browser looks at pages in a real browser for tests: as several people at once, with and without the pages' own
// scripts, with axe-core, at two widths, with pictures.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Browser is Chromium without a window.
type Browser struct {
	t     testing.TB
	ctx   context.Context
	axe   string
	shots string
	tabs  map[string]context.Context
	site  string
	seen  map[string]bool // kinds of page that were checked and pictured
	lang  string
	run   bool // pages may run their own scripts

	mu      sync.Mutex
	blocked []string // what pages' own policy stopped, as the console says it
}

func (b *Browser) scripts(ctx context.Context, on bool) {
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		b.t.Fatal(err)
	}
}

// Options says how to look at a site.
type Options struct {
	Site    string // its address
	Lang    string // language of its pages
	Scripts bool   // pages may run their own scripts
	Axe     string // file of axe-core
	Shots   string // folder for pictures; empty: none
}

// New starts the browser; the test's end stops it. A test fails where there is no browser or no axe.
func New(t testing.TB, o Options) *Browser {
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
	axe, err := os.ReadFile(o.Axe)
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
	return &Browser{t: t, ctx: ctx, axe: string(axe), shots: o.Shots, tabs: map[string]context.Context{}, site: o.Site, seen: map[string]bool{}, lang: o.Lang, run: o.Scripts}
}

// Tab is the browser of one person, with cookies of its own.
func (b *Browser) Tab(name string) context.Context {
	b.t.Helper()
	if b.tabs[name] == nil {
		ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
		b.t.Cleanup(end)
		b.tabs[name] = ctx
		if err := chromedp.Do(ctx); err != nil { // opens the tab; a context with a limit would close it again
			b.t.Fatal(err)
		}
		if err := chromedp.Listen(ctx, b.listen); err != nil {
			b.t.Fatal(err)
		}
		b.do(ctx, chromedp.Navigate(b.site+"/lang/"+b.lang))
		b.scripts(ctx, b.run)
	}
	return b.tabs[name]
}

// listen keeps what the console says of the pages' policy.
func (b *Browser) listen(ev any) {
	if e, ok := ev.(*log.EventEntryAdded); ok && strings.Contains(e.Entry.Text, "Content Security Policy") {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.blocked = append(b.blocked, e.Entry.Text)
	}
}

func (b *Browser) do(ctx context.Context, a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	if err := chromedp.Do(ctx, a); err != nil {
		b.t.Fatal(err)
	}
}

// Eval runs an expression in a page; a promise is waited for.
func Eval[T any](ctx context.Context, b *Browser, js string) T {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js[:min(len(js), 80)], err)
	}
	return v
}

// Click follows a link or sends a form and waits for the next page; it returns its status.
func (b *Browser) Click(ctx context.Context, selector string) int64 {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	r, err := chromedp.RunResponse(ctx, chromedp.Click(selector))
	if err != nil {
		b.t.Fatalf("click %s on %s: %v", selector, b.Text(ctx), err)
	}
	return r.Status
}

// Open goes to a path of the site; it returns the status.
func (b *Browser) Open(ctx context.Context, path string) int64 {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	r, err := chromedp.RunResponse(ctx, chromedp.Navigate(b.site+path))
	if err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	return r.Status
}

// Text is what a page says.
func (b *Browser) Text(ctx context.Context) string {
	return Eval[string](ctx, b, `document.body.innerText`)
}

// Fill enters values as a person would leave them: by the names of the inputs.
func (b *Browser) Fill(ctx context.Context, values map[string]string) {
	b.t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		b.t.Fatal(err)
	}
	missing := Eval[string](ctx, b, `(values => { let bad = [];
		for (const [name, value] of Object.entries(values)) {
			const all = [...document.querySelectorAll('[name="'+name+'"]')].filter(e => e.type !== 'hidden');
			if (!all.length && document.querySelector('input[type=hidden][name="'+name+'"]')?.value === value) continue;
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
		b.t.Fatalf("form at %s has no %s", Eval[string](ctx, b, "location.pathname"), missing)
	}
}

// Check looks at a page at 1440 and 375 points: it runs axe, looks for what scrolls sideways and for what the page's policy
// stopped, and takes pictures; of each kind of page once.
func (b *Browser) Check(ctx context.Context, kind string) {
	b.t.Helper()
	if b.seen[kind] {
		return
	}
	b.seen[kind] = true
	b.scripts(ctx, true) // axe is one
	defer b.scripts(ctx, b.run)
	Eval[int](ctx, b, b.axe+";0")
	for _, width := range widths {
		b.size(ctx, width)
		if wide := Eval[int64](ctx, b, "document.documentElement.scrollWidth"); wide > width {
			b.t.Errorf("%s (%s) is %d wide at %d: %s", kind, b.lang, wide, width, Eval[string](ctx, b, `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 4).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + e.textContent.slice(0, 40)).join('; ')`))
		}
		if found := Eval[string](ctx, b, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.failureSummary)).join(' | ')).join('\n'))`); found != "" {
			b.t.Errorf("axe on %s (%s) at %d: %s", kind, b.lang, width, found)
		}
	}
	b.mu.Lock()
	for _, text := range b.blocked {
		b.t.Errorf("%s (%s): %s", kind, b.lang, text)
	}
	b.blocked = nil
	b.mu.Unlock()
	b.Pictures(ctx, kind)
	b.size(ctx, widths[0])
}

var widths = []int64{1440, 375}

// Pictures takes a picture of a page at each width, where pictures are wanted.
func (b *Browser) Pictures(ctx context.Context, kind string) {
	b.t.Helper()
	for _, width := range widths {
		if b.shots != "" {
			b.Picture(ctx, filepath.Join(b.shots, fmt.Sprintf("%s.%s.%d.png", kind, b.lang, width)), width, 6000)
		}
	}
}

// Print prints a page as it lies on paper.
func (b *Browser) Print(ctx context.Context, file string) {
	b.t.Helper()
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	defer end()
	pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if err == nil {
		err = os.WriteFile(file, pdf, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *Browser) size(ctx context.Context, width int64) {
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}); err != nil {
		b.t.Fatal(err)
	}
}

// Picture takes a picture of the page at a width, cut off at a height.
func (b *Browser) Picture(ctx context.Context, file string, width, most int64) {
	b.t.Helper()
	b.size(ctx, width)
	height := min(Eval[int64](ctx, b, "document.documentElement.scrollHeight"), most)
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: new(true), Clip: &page.Viewport{Width: float64(width), Height: float64(height), Scale: 1}})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, shot.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
