package feed_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plumbline/handling"
)

// A system that does not answer keeps no other from being read.
func TestASystemThatDoesNotAnswerHoldsUpNoOther(t *testing.T) {
	b := newBureau(t)
	hangs := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hangs:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(hangs)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\n")
	b.file("map.yaml", mapping)
	source := "    procedure: cn-police/administrative\n    unit: ju\n    units: {甲所: a}\n    map: map.yaml\n"
	b.file("sources.yaml", "every: 1s\nsources:\n  a:\n"+source+"    api: {url: "+s.URL+", rows: rows, timeout: 1h}\n  x:\n"+source+"    folder: in\n")
	b.follow()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- b.w.Run(ctx) }()
	for range 100 {
		if _, err := b.store.Case(ctx, handling.ObservedCase("x", "J1")); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if b.title("J1") != "一" {
		t.Error("not read")
	}
	stop()
	<-ended
}

// A small answer takes no more work than its size allows: neither by names of fields nor by depth.
func TestAnAnswerThatIsNoTableIsRefused(t *testing.T) {
	b := newBureau(t)
	var rows []string
	for i := range 60_000 {
		rows = append(rows, fmt.Sprintf(`{"no":"J","f%d":1}`, i))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"rows":[`+strings.Join(rows, ",")+`]}`)
	}))
	defer s.Close()
	b.system("    api: {url: "+s.URL+", rows: rows}\n", mapping)
	if err := b.w.Poll(context.Background()); err == nil || !strings.Contains(err.Error(), "different fields") {
		t.Error(err)
	}
	rows = []string{`{"no":"J1","received":"2026-03-02 09:00","what":"一","unit":"甲所","x":` + strings.Repeat(`{"`+strings.Repeat("a", 1000)+`":`, 5000) + "1" + strings.Repeat("}", 5000) + "}"}
	b.want(1, 1, 0, 0)
}

// A key that stands in the address of an API is shown to nobody.
func TestTheKeyInAnAddressIsNotShown(t *testing.T) {
	b := newBureau(t)
	answer := `{"rows":[{"no":"J1","received":"oops"}]}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, answer) }))
	b.system("    api: {url: \""+s.URL+"/acts?key=geheim\", rows: rows}\n", mapping)
	if f := b.poll(); len(f.Faults) == 0 || strings.Contains(fmt.Sprintf("%+v", f), "geheim") {
		t.Errorf("%+v", f)
	}
	answer = "no list"
	if err := b.w.Poll(context.Background()); err == nil || strings.Contains(fmt.Sprintf("%+v", b.w.Feeds()[0]), "geheim") {
		t.Errorf("%+v, %v", b.w.Feeds()[0], err)
	}
	s.Close()
	if err := b.w.Poll(context.Background()); err == nil || strings.Contains(fmt.Sprintf("%+v", b.w.Feeds()[0]), "geheim") {
		t.Errorf("%+v, %v", b.w.Feeds()[0], err)
	}
}
