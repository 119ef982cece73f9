package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/browser"
	"plumbline/packs"
	"plumbline/web"
)

var shots = flag.String("shots", "", "folder for pictures of the demonstration's pages, at 1440 and 375 points")

var tour = flag.String("tour", "", "folder for the pictures of the README's tour")

// TestTour takes the README's tour of the demonstration: what it says is seen there.
func TestTour(t *testing.T) {
	house, done, err := play(t, packs.FS, 1, 60, now())
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.NewServer(web.Config{House: house, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Demos: done.demos()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	defer server.Close()
	defer site.Close()
	b := browser.New(t, browser.Options{Site: server.URL, Lang: "zh", Scripts: true, Axe: "../../web/testdata/axe/node_modules/axe-core/axe.min.js"})
	step := func(ctx context.Context, name string, says ...string) {
		t.Helper()
		text := b.Text(ctx)
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Fatalf("%s does not say %q:\n%s", name, s, text)
			}
		}
		if *tour != "" {
			b.Picture(ctx, filepath.Join(*tour, name+".png"), 1200, 860)
		}
	}
	as := func(login string) context.Context {
		t.Helper()
		ctx := b.Tab(login)
		b.Open(ctx, "/signin")
		b.Fill(ctx, map[string]string{"name": login, "password": done.SignIns[0].Password})
		if status := b.Click(ctx, "main button.main"); status != http.StatusOK {
			t.Fatalf("%s cannot sign in: %d", login, status)
		}
		return ctx
	}
	first := func(ctx context.Context, selector string) string {
		t.Helper()
		href := browser.Eval[string](ctx, b, `document.querySelector('`+selector+`')?.getAttribute('href') ?? ''`)
		if href == "" {
			t.Fatalf("nothing is at %s:\n%s", selector, b.Text(ctx))
		}
		return href
	}
	send := func(ctx context.Context) int64 { return b.Click(ctx, `button[name="intent"][value="submit"]`) }

	handler := as("station1-handler")
	step(handler, "tour-1-workbench", "询问查证时限", "第97条")

	b.Open(handler, first(handler, ".duties tr.liberty a"))
	path := browser.Eval[string](handler, b, "location.pathname")
	offender := browser.Eval[string](handler, b, `(document.querySelector('a[href*="/do/leave?subject="]')?.getAttribute('href') ?? '').split('=').pop()`)
	b.Open(handler, path+"/do/approve_summons?subject="+offender)
	b.Fill(handler, map[string]string{"d_reason": "涉嫌殴打他人", "d_appear_at": "2026-11-30T09:00", "d_appear_place": "办案区"})
	if status := send(handler); status != http.StatusForbidden {
		t.Fatalf("a handler's approval of a summons was answered with %d", status)
	}
	step(handler, "tour-2-refused", "不予执行", "第96条")

	legal := as("station1-legal")
	b.Open(legal, first(legal, `a[href*="/do/review_proposal"]`))
	step(legal, "tour-3-approval", "案卷一览", "法定条件")

	b.Open(handler, "/cases?state=closed")
	found := false
	for _, l := range strings.Fields(browser.Eval[string](handler, b, `[...document.querySelectorAll('.cases tbody th a')].map(a => a.getAttribute('href')).join(' ')`)) {
		b.Open(handler, l)
		if paper := browser.Eval[string](handler, b, `document.querySelector('a[href$="/penalty_decision"]')?.getAttribute('href') ?? ''`); paper != "" {
			b.Open(handler, paper)
			found = true
			break
		}
	}
	if !found {
		t.Fatal("no closed case of the handler has a decision")
	}
	step(handler, "tour-4-document", "行政处罚决定书", "行政复议")

	b.Open(handler, "/intake?way=walk_in")
	b.Fill(handler, map[string]string{"d_title": "某日某甲自行车被盗案", "d_summary": "某甲称停放在某处的自行车被盗"})
	if status := send(handler); status != http.StatusOK {
		t.Fatalf("the report was answered with %d:\n%s", status, b.Text(handler))
	}
	step(handler, "tour-5-receipt", "回执")
	codes := strings.Fields(browser.Eval[string](handler, b, `[...document.querySelectorAll('.codes dd')].map(e => e.textContent).join(' ')`))
	reporter := b.Tab("reporter")
	b.Open(reporter, "/query")
	b.Fill(reporter, map[string]string{"code": codes[0], "secret": codes[1]})
	if status := b.Click(reporter, "main form button"); status != http.StatusOK {
		t.Fatalf("the reporter is answered with %d", status)
	}
	step(reporter, "tour-6-query", "受理")
}

// TestDemoPages shows a played bureau to a browser as each of its people: nothing fails, axe finds nothing, nothing scrolls
// sideways, with the long names, many rows and odd states that a year of cases makes.
func TestDemoPages(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	house, done, err := play(t, packs.FS, 5, 100, now())
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.NewServer(web.Config{House: house, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Demos: done.demos()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	defer server.Close()
	defer site.Close()
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
