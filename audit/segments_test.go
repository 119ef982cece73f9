package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/segment"
)

// cutLog cuts a log into a folder on disk.
func cutLog(t testing.TB, name string, open audit.Opener, opt eventlog.Options) *segment.Folder {
	dir := t.TempDir()
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := segment.Cut(context.Background(), r, name, opt, func(name string) (io.WriteCloser, error) { return os.Create(filepath.Join(dir, name)) }); err != nil {
		t.Fatal(err)
	}
	d, err := segment.Open(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func sameReport(t *testing.T, name string, open audit.Opener, id string, opt audit.Options) {
	t.Helper()
	p := load(t, id)
	opt.ListCases = true
	want, err := audit.Run(context.Background(), name, open, p, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		opt.Segments, opt.Workers = cutLog(t, name, open, eventlog.Options{Map: opt.Map}), workers
		got, err := audit.Run(context.Background(), name, nil, p, opt)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d workers: %s", workers, diff[:min(len(diff), 3000)])
		}
	}
}

func TestSegmentsOfTheRealLogGiveTheReportOfTheLog(t *testing.T) {
	for _, id := range []string{"narrative", "published-model", "road-fine"} {
		t.Run(id, func(t *testing.T) {
			sameReport(t, roadFines, file(t, roadFines), id, audit.Options{})
			sameReport(t, roadFines, file(t, roadFines), id, audit.Options{Now: 1_262_300_400_000_000})
		})
	}
}

func TestSegmentsOfACSVGiveTheReportOfTheCSV(t *testing.T) {
	const name = "../../shared/data/rtfm/roadtraffic100traces.csv"
	sameReport(t, name, file(t, name), "narrative", audit.Options{})
}

// Wall clock, values that cannot be read, acts that are not known: a report from segments says of them what the log's says.
func TestSegmentsSayOfABadLogWhatTheLogSays(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,what,when,who,amount,total\n")
	for i := range 300 {
		fmt.Fprintf(&text, "F%d,Create Fine,2010-03-%02d,Ada,%d.5,0\n", i, 1+i%27, i%7)
		fmt.Fprintf(&text, "F%d,Tow car,2010-03-%02d,,,\n", i, 1+i%27)
		amount := "10"
		if i%10 == 3 {
			amount = "ten" + fmt.Sprint(i%20)
		}
		fmt.Fprintf(&text, "F%d,Payment,2010-03-28 02:3%d,,%s,%d\n", i, i%10, amount, i%12)
		if i%3 == 0 {
			fmt.Fprintf(&text, "F%d,Send for Credit Collection,2010-06-%02d,,,\n", i, 1+i%27)
		}
		if i%50 == 7 {
			fmt.Fprintf(&text, "F%d,Payment,2010-07-01,,3,3\n", i)
		}
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text.String())), nil }
	m, err := eventlog.ParseMapping("map.yaml", []byte("case: id\nact: what\ntime: when\nperson: who\ndata: {paymentAmount: amount, totalPaymentAmount: total}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"narrative", "published-model", "road-fine"} {
		sameReport(t, "log.csv", open, id, audit.Options{Map: m})
	}
	p := load(t, "narrative")
	var want, got bytes.Buffer
	if err := audit.Explain(context.Background(), &want, "en", "F3", "log.csv", open, p, audit.Options{Map: m}); err != nil {
		t.Fatal(err)
	}
	d := cutLog(t, "log.csv", open, eventlog.Options{Map: m})
	if err := audit.Explain(context.Background(), &got, "en", "F3", "log.csv", nil, p, audit.Options{Segments: d}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(want.String(), "ten3") {
		t.Errorf("the case has no value that cannot be read:\n%s", &want)
	}
}
