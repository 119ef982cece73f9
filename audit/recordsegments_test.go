package audit

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
	"plumbline/segment"
)

type segmentInMemory struct {
	bytes.Buffer
	files fstest.MapFS
	name  string
}

func (s *segmentInMemory) Close() error {
	s.files[s.name] = &fstest.MapFile{Data: s.Bytes()}
	return nil
}

// A record's own history is judged as it became known, also from segments, where no sieve may go over it.
func TestARecordInSegmentsIsJudgedAsARecord(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		t.Fatal(err)
	}
	at := p.Pack.Zone.Start(14_000)
	var log bytes.Buffer
	if err := eventlog.WriteXES(&log, slices.Values([]eventlog.Case{{ID: "F1",
		Data: []eventlog.Field{{Key: keyProcedure, Value: "it-road-fines/narrative"}, {Key: keyAsOf, Value: "2010-01-01T00:00:00Z"}},
		Events: []eventlog.Event{
			{Act: "Create Fine", Time: at, Data: []eventlog.Field{{Key: keyNumber, Value: "1"}}},
			{Act: "Send Fine", Time: at + 120*86_400_000_000, Data: []eventlog.Field{{Key: keyNumber, Value: "2"}}},
			{Act: "Send Fine", Time: at + 20*86_400_000_000, Data: []eventlog.Field{{Key: keyNumber, Value: "3"}, {Key: keyCorrects, Value: "2"}}},
		}}})); err != nil {
		t.Fatal(err)
	}
	want, err := Run(context.Background(), "log.xes", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(log.Bytes())), nil }, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range want.Findings {
		if f.Rule == "sent-late" && f.Count > 0 {
			t.Fatal("the correction has no effect: the log is not judged as a record")
		}
	}
	files := fstest.MapFS{}
	if _, err := segment.Cut(context.Background(), bytes.NewReader(log.Bytes()), "log.xes", nil, eventlog.Options{}, func(name string) (io.WriteCloser, error) {
		return &segmentInMemory{files: files, name: name}, nil
	}); err != nil {
		t.Fatal(err)
	}
	d, err := segment.Open(files, "cut")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(context.Background(), "log.xes", func() (io.ReadCloser, error) { return d, nil }, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
