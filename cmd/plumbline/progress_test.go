package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestProgressTellsWhatIsLeft(t *testing.T) {
	at := time.Unix(0, 0)
	p := &progress{out: io.Discard, now: func() time.Time { return at }, began: at, stop: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	says := func(want string) {
		t.Helper()
		if got := p.line(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	says("0 cases, 0 acts")
	open := p.reads(1000, func() (io.ReadCloser, error) { return p.file(openFile(path)) })
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	says("0 %: 0 cases, 0 acts")
	if _, err := io.ReadFull(r, make([]byte, 250)); err != nil {
		t.Fatal(err)
	}
	at = at.Add(10 * time.Second)
	p.Seen(1, 30)
	says("25 %, about 30s left: 1 case, 30 acts")
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	says("100 %: 1 case, 30 acts")
	p.Expect(120) // a table is read whole before its first case
	at = at.Add(time.Minute)
	says("25 %, about 3m0s left: 1 case, 30 acts")
	p.lang = "zh"
	says("25%，约余 180 秒：案件 1，行为 30")
	p.lang = "en"
	r.Close()
	if r, err = open(); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	says("0 %: 0 cases, 0 acts (read a second time)")
}

// What is asked for goes to stderr line by line, and ends with the work.
func TestProgressEnds(t *testing.T) {
	p := newProgress(false, "en")
	if p.out != nil && !p.terminal {
		t.Error("nobody asked, and it is no terminal")
	}
	p.end()
	p.end()
}
