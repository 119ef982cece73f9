package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestLimitsShowWhoIsHeldToThoseWhoMaySeeIt: somebody summoned stands on the board of the station and of who supervises it,
// and of nobody else; once over time still, until they have left.
func TestLimitsShowWhoIsHeldToThoseWhoMaySeeIt(t *testing.T) {
	b := newBureau(t, true)
	b.find(t)
	page := func(name, query string) string {
		t.Helper()
		r, err := b.client(t, name).Get(b.site.URL + "/limits" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatal(r.Status, err)
		}
		return string(body)
	}
	held := func(body string) bool {
		board, _, _ := strings.Cut(body, `id="calendar"`)
		_, board, _ = strings.Cut(board, `id="held"`)
		return strings.Contains(board, "询问查证") && strings.Contains(board, "某乙")
	}
	for name, want := range map[string]bool{"wang": true, "chen": true, "head": true, "supervisor": true, "other": false, "otherhead": false, "inspector": true} {
		if got := held(page(name, "")); got != want {
			t.Errorf("%s sees on the board who is held in station A: %t", name, got)
		}
	}
	if held(page("wang", "?unit=b&scope=all")) || !held(page("supervisor", "?unit=a&scope=all")) {
		t.Error("the unit that is asked for is not the one shown")
	}
	if body := page("supervisor", "?from=2027-06-01"); !held(body) || !strings.Contains(body, "2027-05-31") {
		t.Error("another month: the board or the calendar is not there")
	}
	b.now += 9 * 3600 * 1_000_000
	if !held(page("wang", "")) {
		t.Error("over time, and gone from the board")
	}
	b.submitAbout(t, "wang", "leave", "p1")
	if held(page("wang", "")) {
		t.Error("left, and still on the board")
	}
	for _, q := range []string{"?from=yesterday", "?from=9999-01-01"} {
		r, err := b.client(t, "wang").Get(b.site.URL + "/limits" + q)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", q, r.Status)
		}
	}
}
