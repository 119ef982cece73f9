package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
)

// A log with more open cases than are held is read twice, and the report is the same.
func TestManyOpenCasesAreNotHeld(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("road-fine")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := eventlog.WriteXES(&log, func(yield func(eventlog.Case) bool) {
		at := p.Pack.Zone.Start(14_000)
		for i := range 500 {
			c := eventlog.Case{ID: fmt.Sprint(i), Events: []eventlog.Event{{Act: "Create Fine", Time: at}}}
			if i%3 == 0 {
				c.Events = append(c.Events, eventlog.Event{Act: "Send Fine", Time: at + 86_400_000_000*110})
			}
			at += 86_400_000_000 / 4
			if !yield(c) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	run := func(most int) (*Report, int) {
		opened := 0
		open := func() (io.ReadCloser, error) { opened++; return io.NopCloser(bytes.NewReader(log.Bytes())), nil }
		r, err := Run(context.Background(), "log.xes", open, p, Options{ListCases: true, mostOpen: most})
		if err != nil {
			t.Fatal(err)
		}
		return r, opened
	}
	want, once := run(0)
	got, twice := run(5)
	if once != 1 || twice != 2 {
		t.Errorf("the log was opened %d and %d times", once, twice)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
