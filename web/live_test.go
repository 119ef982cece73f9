package web_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"plumbline/handling"
	"plumbline/internal/browser"
)

// until waits for an expression to hold in a page.
func (b *walker) until(ctx context.Context, what, js string) {
	b.t.Helper()
	for range 100 {
		if browser.Eval[bool](ctx, b.Browser, js) {
			return
		}
		time.Sleep(150 * time.Millisecond)
	}
	b.t.Fatalf("%s: not within 15 s on %s", what, b.Text(ctx))
}

// TestAPageLeftOpenShowsWhatOthersDo: another's act appears without a reload, what is typed stays, a server that was away is
// caught up with, and a page whose session ended says so.
func TestAPageLeftOpenShowsWhatOthersDo(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bureau := newBureau(t, true)
	w := &walker{browser.New(t, browser.Options{Site: bureau.site.URL, Lang: "zh", Scripts: true, Axe: "testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots}), t, "zh"}
	page := "/cases/" + string(bureau.case_)
	reader, _ := w.signedIn("wang", page)
	list, _ := w.signedIn("head", "/cases")
	w.Open(reader, page)
	browser.Eval[int](reader, w.Browser, `window.kept = 1; document.querySelector('details').open = true; document.querySelector('details summary').focus(); 1`)

	bureau.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某乙"}})
	w.until(reader, "the new act on the case's page", `document.querySelector('.timeline').innerText.includes('某乙') || document.querySelector('#people').innerText.includes('某乙')`)
	if !browser.Eval[bool](reader, w.Browser, `window.kept === 1 && document.querySelector('details').open`) {
		t.Error("the page was loaded anew, or what was opened on it was closed")
	}
	w.until(list, "the case in the list", `!!document.querySelector('.live p') && document.querySelector('.live').dataset.kind === 'fresh'`)
	w.Check(reader, "live-fresh")

	// A form: what is typed stays, and the page says that the case moved.
	w.Open(reader, page+"/do/register_person?role=reporter")
	w.Fill(reader, map[string]string{"d_name": "某丙"})
	browser.Eval[int](reader, w.Browser, `document.querySelector('[name=d_name]').dispatchEvent(new Event('input', {bubbles: true})); 1`)
	bureau.submit(t, "head", &handling.Request{Kind: "assign", Data: map[string]string{"handlers": "wang,colleague"}})
	w.until(reader, "the form says that the case moved", `document.querySelector('.live').dataset.kind === 'moved'`)
	if got := browser.Eval[string](reader, w.Browser, `document.querySelector('[name=d_name]').value`); got != "某丙" {
		t.Errorf("what was typed is now %q", got)
	}
	w.Check(reader, "live-form")
	browser.Eval[int](reader, w.Browser, `window.onbeforeunload = null; document.querySelectorAll('form').forEach(f => f.dispatchEvent(new Event('submit'))); 1`)

	// The server goes away and comes back; what happened meanwhile is caught up with.
	w.Open(reader, page)
	addr := bureau.site.Listener.Addr().String()
	handler := bureau.site.Config.Handler
	handler.(interface{ Close() }).Close()
	bureau.site.CloseClientConnections()
	bureau.site.Close()
	bureau.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "witness"}}, Data: map[string]string{"name": "某丁"}})
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := bureau.server(t)
	again := &httptest.Server{Listener: listener, Config: &http.Server{Handler: server}}
	again.Start()
	t.Cleanup(func() { server.Close(); again.Close() })
	w.until(reader, "what happened while the server was away", `document.querySelector('#people').innerText.includes('某丁')`)

	// The session ends elsewhere: the page says so and learns nothing more.
	sessions, err := bureau.house.Sessions(context.Background(), who("wang"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if err := bureau.house.EndSession(context.Background(), who("wang"), s.Token); err != nil {
			t.Fatal(err)
		}
	}
	bureau.submit(t, "head", &handling.Request{Kind: "assign", Data: map[string]string{"handlers": "wang"}})
	w.until(reader, "the page says that the session ended", `document.querySelector('.live').innerText.includes('登录已结束')`)
	w.Check(reader, "live-ended")
}

// stream opens a line and gives its events as they come.
func (b *bureau) stream(t *testing.T, c *http.Client, path, last string) (<-chan string, func()) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, b.site.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Accept", "text/event-stream")
	if last != "" {
		q.Header.Set("Last-Event-ID", last)
	}
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s: %s %s", path, r.Status, r.Header.Get("Content-Type"))
	}
	events := make(chan string, 64)
	go func() {
		defer close(events)
		defer r.Body.Close()
		for s := bufio.NewScanner(r.Body); s.Scan(); {
			if id, ok := strings.CutPrefix(s.Text(), "id: "); ok {
				events <- id
			}
		}
	}()
	return events, end
}

func next(t *testing.T, events <-chan string, within time.Duration) string {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(within):
		return ""
	}
}

// TestALineTellsOnlyWhatMayBeSeen: events come for cases that the person may see when it happens, and after a break for what
// moved meanwhile; they hold nothing of the case.
func TestALineTellsOnlyWhatMayBeSeen(t *testing.T) {
	b := newBureau(t, true)
	head, err := b.house.Store().Case(context.Background(), b.case_)
	if err != nil {
		t.Fatal(err)
	}
	chen, other := b.client(t, "chen"), b.client(t, "other")
	case_ := "/cases/" + string(b.case_) + "/live"
	mine, endMine := b.stream(t, chen, case_, "")
	defer endMine()
	if e := next(t, mine, 5*time.Second); e == "" {
		t.Error("a page that does not say how it stands is not told to look")
	}
	b.now += 60_000_000
	lists, endLists := b.stream(t, other, "/live", "")
	defer endLists()
	next(t, lists, time.Second) // it said nothing of how it stands
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某乙"}})
	first := next(t, mine, 5*time.Second)
	if first == "" || first == "0" {
		t.Errorf("the act was not told: %q", first)
	}
	if e := next(t, lists, time.Second); e != "" {
		t.Errorf("an officer of another station was told %q", e)
	}
	endMine()
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "witness"}}, Data: map[string]string{"name": "某丙"}})
	again, endAgain := b.stream(t, chen, case_, first)
	if e := next(t, again, 5*time.Second); e == "" || e == first {
		t.Errorf("after a break the line said %q", e)
	} else {
		endAgain()
		still, endStill := b.stream(t, chen, case_, e)
		defer endStill()
		if e := next(t, still, time.Second); e != "" {
			t.Errorf("a page that is up to date was told %q", e)
		}
	}
	if after, err := b.house.Store().Case(context.Background(), b.case_); err != nil || after.Revision <= head.Revision {
		t.Fatal(after.Revision, err)
	}
}

// TestLinesAreCounted: one person cannot hold all of them, and a closed server holds none.
func TestLinesAreCounted(t *testing.T) {
	b := newBureau(t, true)
	c := b.client(t, "chen")
	path := "/cases/" + string(b.case_) + "/live?at=1000"
	for range 24 {
		_, end := b.stream(t, c, path, "")
		defer end()
	}
	q, _ := http.NewRequest(http.MethodGet, b.site.URL+path, nil)
	q.Header.Set("Accept", "text/event-stream")
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the 25th line: %s", r.Status)
	}
	b.site.Config.Handler.(interface{ Close() }).Close()
	done := make(chan struct{})
	go func() { b.site.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("lines hold a server that closes")
	}
}
