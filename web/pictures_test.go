package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"plumbline/internal/browser"
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
	for _, lang := range Langs {
		b := browser.New(t, browser.Options{Site: srv.URL, Lang: lang, Scripts: true, Axe: axeFile, Shots: *pictures})
		tab := b.Tab("reader")
		for _, f := range fixtures(lang) {
			if !want.MatchString(f.name) {
				continue
			}
			b.Open(tab, "/"+lang+"/"+f.name)
			if f.name == "sheet" {
				b.Pictures(tab, f.name)
			} else {
				b.Check(tab, f.name)
			}
			if printed.MatchString(f.name) {
				b.Print(tab, filepath.Join(*pictures, f.name+"."+lang+".pdf"))
			}
		}
	}
}

var printed = regexp.MustCompile(`^(case|receipt|document|document-draft|sheet|finding|figures|coverage|audit|round|published-one|published-withdrawn|lawpage)$`)

const axeFile = "testdata/axe/node_modules/axe-core/axe.min.js"

// TestScripts tries what static/app.js adds: drafts saved while typing, the signature pad, the warning of entries not sent.
func TestScripts(t *testing.T) {
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
	b := browser.New(t, browser.Options{Site: srv.URL, Lang: "zh", Scripts: true, Axe: axeFile})
	tab := b.Tab("officer")
	b.Open(tab, "/form")
	browser.Eval[int](tab, b, `{const f=document.getElementById('f-reason');f.value='甲';f.dispatchEvent(new Event('input',{bubbles:true}));
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
	if drawn := browser.Eval[string](tab, b, `document.querySelector('input[name=signature]').value`); !strings.HasPrefix(drawn, "data:image/png;base64,") {
		t.Errorf("the pad gives %.30q", drawn)
	}
	if note := browser.Eval[string](tab, b, `document.querySelector('[data-draft-note]').textContent`); !strings.HasPrefix(note, "草稿已保存") {
		t.Errorf("the note says %q", note)
	}
}
