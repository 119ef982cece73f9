package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/internal/browser"
)

// TestHistoryPages looks at the pages of discover and trial in a browser, in both languages, with a made-up log and an empty
// result: nothing of them comes from elsewhere, axe finds nothing, nothing scrolls sideways.
func TestHistoryPages(t *testing.T) {
	var log bytes.Buffer
	if err := eventlog.WriteXES(&log, madeUpFines(600, 3, map[string]int64{})); err != nil {
		t.Fatal(err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(log.Bytes())), nil }
	narrative, err := findProcedure("it-road-fines/narrative")
	if err != nil {
		t.Fatal(err)
	}
	law, err := findProcedure("it-road-fines/road-fine")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	practice, err := audit.Discover(ctx, "road-fines.xes", open, narrative, audit.PracticeOptions{Noise: .05, Support: 10})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := audit.Discover(ctx, "road-fines.xes", open, nil, audit.PracticeOptions{Noise: .05, Support: 10})
	if err != nil {
		t.Fatal(err)
	}
	trial, err := audit.Try(ctx, "road-fines.xes", open, narrative, law, audit.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	same, err := audit.Try(ctx, "road-fines.xes", open, law, law, audit.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		pages := map[string]func(io.Writer) error{
			"practice":       func(w io.Writer) error { return writePracticePage(w, practice, lang) },
			"practice-alone": func(w io.Writer) error { return writePracticePage(w, alone, lang) },
			"trial":          func(w io.Writer) error { return writeTrialPage(w, trial, lang) },
			"trial-same":     func(w io.Writer) error { return writeTrialPage(w, same, lang) },
		}
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			write, ok := pages[strings.TrimPrefix(r.URL.Path, "/")]
			if !ok {
				asked = append(asked, r.URL.Path)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := write(w); err != nil {
				t.Error(err)
			}
		}))
		b := browser.New(t, browser.Options{Site: server.URL, Lang: lang, Axe: "../../web/testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots})
		tab := b.Tab("reader")
		for name := range pages {
			b.Open(tab, "/"+name)
			if text := b.Text(tab); strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: a value that the template refused:\n%s", name, lang, text)
			}
			b.Check(tab, name)
			// what is folded away is looked at too
			browser.Eval[int](tab, b, `document.querySelectorAll('details').forEach(d => d.open = !d.open), 0`)
			b.Check(tab, name+"-unfolded")
		}
		server.Close()
		for _, path := range asked {
			if path != "/favicon.ico" && !strings.HasPrefix(path, "/lang/") {
				t.Errorf("a page asks for %s", path)
			}
		}
	}
}
