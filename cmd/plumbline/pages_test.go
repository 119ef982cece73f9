package main

import (
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"plumbline/internal/browser"
	"plumbline/packs"
	"plumbline/web"
)

var shots = flag.String("shots", "", "folder for pictures of the demonstration's pages, at 1440 and 375 points")

// TestDemoPages shows a played bureau to a browser as each of its people: nothing fails, axe finds nothing, nothing scrolls
// sideways, with the long names, many rows and odd states that a year of cases makes.
func TestDemoPages(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	house, done, err := play(t, packs.FS, 5, 60, now())
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.NewServer(web.Config{House: house, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Demos: done.demos()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	defer server.Close()
	for _, lang := range []string{"zh", "en"} {
		b := browser.New(t, browser.Options{Site: server.URL, Lang: lang, Scripts: true, Axe: "../../web/testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots})
		ctx := b.Tab("nobody")
		b.Open(ctx, "/signin")
		b.Check(ctx, "demo-signin")
		for _, s := range done.SignIns {
			if lang == "en" && s.Name != "station1-handler" {
				continue // the pages are the same, the words are looked at once
			}
			ctx := b.Tab(s.Name)
			b.Open(ctx, "/signin")
			b.Fill(ctx, map[string]string{"name": s.Name, "password": s.Password})
			if status := b.Click(ctx, "main button.main"); status != http.StatusOK {
				t.Fatalf("%s: %d after signing in", s.Name, status)
			}
			b.Check(ctx, "demo-home-"+s.Name)
			if s.Name == "administrator" {
				continue
			}
			for _, query := range []string{"state=open", "state=any&overdue=1"} {
				b.Open(ctx, "/cases?"+query)
				b.Check(ctx, "demo-cases-"+s.Name)
				links := strings.Fields(browser.Eval[string](ctx, b, `[...document.querySelectorAll('.cases tbody th a')].map(a => a.getAttribute('href')).slice(0, 6).join(' ')`))
				for _, l := range links {
					if status := b.Open(ctx, l); status != http.StatusOK {
						t.Errorf("%s as %s: %d", l, s.Name, status)
					}
					b.Check(ctx, "demo-case-"+s.Name+"-"+query[:9])
				}
			}
		}
	}
}
