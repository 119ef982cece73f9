package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestPictures shows the gallery to a browser under the pages' own policy and takes pictures: at 1440 and 375 pixels, and
// as paper for the pages that are printed. It fails where a page scrolls sideways at 375, where the policy blocked
// something, and where axe-core sees a violation.
//
//	go test ./web -run TestPictures -pictures /tmp/gallery [-only '^case']
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the gallery takes a minute and more")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium on the path: run .ci/needs: ", err)
	}
	if *pictures == "" {
		*pictures = t.TempDir() // looked at by the browser only
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	want, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	axeText, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("no axe-core: run .ci/needs: ", err)
	}
	r := renderer(t)
	mux := http.NewServeMux()
	mux.Handle(StaticPath, r.Static())
	for _, lang := range Langs {
		for _, f := range fixtures(lang) {
			mux.HandleFunc("/"+lang+"/"+f.name, func(w http.ResponseWriter, _ *http.Request) {
				if f.name == "sheet" { // goes to the printer, never to a browser under the policy
					body, err := r.HTML(f.page)
					if err != nil {
						t.Error(err)
					}
					w.Write(body)
					return
				}
				if err := r.Render(w, http.StatusOK, f.page); err != nil {
					t.Error(err)
				}
			})
		}
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	b := startBrowser(t, chromium)
	for _, lang := range Langs {
		for _, f := range fixtures(lang) {
			if !want.MatchString(f.name) {
				continue
			}
			name := filepath.Join(*pictures, f.name+"."+lang)
			for _, width := range []int{1440, 375} {
				b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
				b.blocked = nil
				b.open(srv.URL + "/" + lang + "/" + f.name)
				wide := b.number("document.documentElement.scrollWidth")
				if f.name != "sheet" && wide > width {
					t.Errorf("%s %s: %d pixels wide at %d: %s", lang, f.name, wide, width, b.text(`[...document.querySelectorAll('main *')].filter(e=>e.getBoundingClientRect().right>innerWidth+1).slice(0,4).map(e=>e.tagName+'.'+(e.className.baseVal??e.className)).join(' ')`))
				}
				var shot struct{ Data []byte }
				b.into(&shot, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "clip": map[string]any{"x": 0, "y": 0, "width": max(width, wide), "height": min(b.number("document.documentElement.scrollHeight"), 6000), "scale": 1}})
				if err := os.WriteFile(fmt.Sprintf("%s.%d.png", name, width), shot.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				if f.name != "sheet" {
					for _, m := range b.blocked {
						t.Errorf("%s %s: %s", lang, f.name, m)
					}
				}
				if f.name != "sheet" {
					b.eval(string(axeText) + ";0")
					if s := b.text(`axe.run(document,{resultTypes:['violations']}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.slice(0,3).map(n=>n.target.join(' ')+' '+(n.any[0]?.message??'')).join(' | ')).join('\n'))`); s != "" {
						t.Errorf("%s %s at %d: %s", lang, f.name, width, s)
					}
				}
			}
			if regexp.MustCompile(`^(case|receipt|document|document-draft|sheet)$`).MatchString(f.name) {
				var pdf struct{ Data []byte }
				b.into(&pdf, "Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true})
				if err := os.WriteFile(name+".pdf", pdf.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestScripts tries what static/app.js adds: drafts saved while typing, the signature pad, the warning of entries not sent.
func TestScripts(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium on the path: run .ci/needs: ", err)
	}
	r := renderer(t)
	saved := make(chan string, 9)
	mux := http.NewServeMux()
	mux.Handle(StaticPath, r.Static())
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, _ *http.Request) {
		for _, f := range fixtures("zh") {
			if p, ok := f.page.(ActFormPage); ok && f.name == "actform" {
				p.Form.Draft = &Draft{SaveURL: "/save"}
				if err := r.Render(w, http.StatusOK, p); err != nil {
					t.Error(err)
				}
			}
		}
	})
	mux.HandleFunc("POST /save", func(_ http.ResponseWriter, req *http.Request) {
		if err := req.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		saved <- req.PostFormValue("intent") + "|" + req.PostFormValue("reason") + "|" + req.PostFormValue("signature")
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	b := startBrowser(t, chromium)
	b.open(srv.URL + "/form")
	b.eval(`{const f=document.getElementById('f-reason');f.value='甲';f.dispatchEvent(new Event('input',{bubbles:true}));
		const c=document.querySelector('canvas'),r=c.getBoundingClientRect();c.setPointerCapture=()=>{};
		for(const[n,x]of[['pointerdown',5],['pointermove',60],['pointerup',60]])c.dispatchEvent(new PointerEvent(n,{clientX:r.left+x,clientY:r.top+20,pointerId:1}));0}`)
	select {
	case got := <-saved:
		if want := "draft|甲|"; got != want {
			t.Errorf("saved %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Error("no draft was saved")
	}
	time.Sleep(300 * time.Millisecond) // the browser reads the answer; nothing else tells
	if drawn := b.text(`document.querySelector('input[name=signature]').value`); !strings.HasPrefix(drawn, "data:image/png;base64,") {
		t.Errorf("the pad gives %.30q", drawn)
	}
	if note := b.text(`document.querySelector('[data-draft-note]').textContent`); !strings.HasPrefix(note, "草稿已保存") {
		t.Errorf("the note says %q", note)
	}
}

// browser speaks the DevTools protocol over the pipe that Chromium offers, so that no library is needed.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	n       int
	session string
	loaded  bool
	blocked []string // what the policy stopped, as the console says it
}

func startBrowser(t *testing.T, path string) *browser {
	t.Helper()
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	cmd := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, to: ourOut, from: bufio.NewReaderSize(ourIn, 1<<20)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil)
		cmd.Wait()
		cancel()
	})
	var target struct{ TargetID string }
	b.into(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var s struct{ SessionID string }
	b.into(&s, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = s.SessionID
	b.call("Page.enable", nil)
	b.call("Log.enable", nil)
	b.call("Runtime.enable", nil)
	return b
}

func (b *browser) into(v any, method string, params any) {
	b.t.Helper()
	b.n++
	msg := map[string]any{"id": b.n, "method": method}
	if params != nil {
		msg["params"] = params
	}
	if b.session != "" {
		msg["sessionId"] = b.session
	}
	raw, err := json.Marshal(msg)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(raw, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		m := b.read()
		if m.ID != b.n {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, *m.Error)
		}
		if v != nil {
			if err := json.Unmarshal(m.Result, v); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

type message struct {
	ID     int
	Method string
	Params struct {
		Entry struct{ Source, Text string }
	}
	Result json.RawMessage
	Error  *json.RawMessage
}

func (b *browser) read() message {
	raw, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatal("browser: ", err)
	}
	var m message
	// Parameters of messages that nobody waits for may have other shapes.
	_ = json.Unmarshal(raw[:len(raw)-1], &m)
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded = true
	case "Log.entryAdded":
		if strings.Contains(m.Params.Entry.Text, "Content Security Policy") {
			b.blocked = append(b.blocked, m.Params.Entry.Text)
		}
	}
	return m
}

func (b *browser) call(method string, params any) { b.t.Helper(); b.into(nil, method, params) }

func (b *browser) open(url string) {
	b.t.Helper()
	b.loaded = false
	b.call("Page.navigate", map[string]any{"url": url})
	for !b.loaded {
		b.read()
	}
}

func (b *browser) eval(js string) json.RawMessage {
	b.t.Helper()
	var v struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.into(&v, "Runtime.evaluate", map[string]any{"expression": js, "returnByValue": true, "awaitPromise": true})
	if v.ExceptionDetails != nil {
		b.t.Fatalf("%.80s: %s", js, v.ExceptionDetails)
	}
	return v.Result.Value
}

func (b *browser) number(js string) int {
	var f float64
	if err := json.Unmarshal(b.eval(js), &f); err != nil {
		b.t.Fatal(err)
	}
	return int(f)
}

func (b *browser) text(js string) string {
	var s string
	if err := json.Unmarshal(b.eval(js), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}
