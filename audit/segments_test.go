package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
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
	if _, err := segment.Cut(context.Background(), r, name, nil, opt, func(name string) (io.WriteCloser, error) { return os.Create(filepath.Join(dir, name)) }); err != nil {
		t.Fatal(err)
	}
	d, err := segment.Open(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func opened(d *segment.Folder) audit.Opener { return func() (io.ReadCloser, error) { return d, nil } }

func sameReport(t *testing.T, name string, open audit.Opener, id string, opt audit.Options) {
	t.Helper()
	p := load(t, id)
	opt.ListCases = true
	want, err := audit.Run(context.Background(), name, open, p, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		opt.Workers = workers
		got, err := audit.Run(context.Background(), name, opened(cutLog(t, name, open, eventlog.Options{Map: opt.Map})), p, opt)
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
	if err := audit.Explain(context.Background(), &got, "en", "F3", "log.csv", opened(d), p, audit.Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(want.String(), "ten3") {
		t.Errorf("the case has no value that cannot be read:\n%s", &want)
	}
}

// drawCases draws cases of a procedure: its acts and others, in any order, by people with posts or without, with values that can
// be read and that cannot.
func drawCases(t *rapid.T, p *procedure.Procedure) []eventlog.Case {
	at := p.Pack.Zone.Start(calendar.NewDate(2026, 3, 2))
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) eventlog.Case {
		c := eventlog.Case{ID: "c" + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "id"))}
		for range rapid.IntRange(0, 7).Draw(t, "acts") {
			at += calendar.Instant(rapid.IntRange(-50, 500).Draw(t, "hours")) * 3_600_000_000
			kind := rapid.IntRange(-1, len(p.Acts())-1).Draw(t, "kind")
			e := eventlog.Event{Act: "tow the car", Time: at}
			if kind >= 0 {
				e.Act = p.ActID(kind)
				for _, f := range p.Fields(kind) {
					if text := drawText(t, f, at); text != "" {
						e.Data = append(e.Data, eventlog.Field{Key: f.Name, Value: text})
					}
				}
			}
			if rapid.Bool().Draw(t, "named") {
				e.Person = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "person")
				e.Post = rapid.SampledFrom([]string{"", "handler", "chief", "party"}).Draw(t, "post")
			}
			c.Events = append(c.Events, e)
		}
		return c
	}), 1, 12).Draw(t, "cases")
}

func drawText(t *rapid.T, f procedure.Field, at calendar.Instant) string {
	n := rapid.IntRange(-2, 9).Draw(t, "value")
	switch {
	case n == -2:
		return ""
	case n == -1:
		return "?"
	}
	switch f.Kind {
	case casefile.Bool:
		return []string{"true", "false"}[n%2]
	case casefile.Int, casefile.Number:
		return fmt.Sprint(n)
	case casefile.Money:
		return fmt.Sprintf("%d.50", n*100)
	case casefile.Instant:
		return (at + calendar.Instant(n)*80_000_000_000).Time().UTC().Format("2006-01-02T15:04:05Z")
	case casefile.Date:
		return fmt.Sprintf("2026-03-%02d", 1+n)
	}
	return []string{"p", "q", "pass", "审批"}[n%4]
}

// Over any history, and under every procedure of the packs, an audit of segments says what the audit of the log says.
func TestSegmentsGiveTheReportOfAnyLog(t *testing.T) {
	var procedures []*procedure.Procedure
	for _, name := range packs.Names {
		pack, err := procedure.Load(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		procedures = append(procedures, pack.Procedures...)
	}
	slices.SortFunc(procedures, func(a, b *procedure.Procedure) int {
		return strings.Compare(a.Pack.ID+a.ID, b.Pack.ID+b.ID)
	})
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(procedures).Draw(t, "procedure")
		var log bytes.Buffer
		if err := eventlog.WriteXES(&log, slices.Values(drawCases(t, p))); err != nil {
			t.Fatal(err)
		}
		opt := audit.Options{ListCases: true, Workers: 1}
		if rapid.Bool().Draw(t, "later") {
			opt.Now = p.Pack.Zone.Start(calendar.NewDate(2026, 11, 1))
		}
		want, err := audit.Run(context.Background(), "log.xes", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(log.Bytes())), nil }, p, opt)
		files := fstest.MapFS{}
		if _, err := segment.Cut(context.Background(), bytes.NewReader(log.Bytes()), "log.xes", nil, eventlog.Options{}, intoMap(files)); err != nil {
			t.Fatal(err)
		}
		d, err2 := segment.Open(files, "cut")
		if err2 != nil {
			t.Fatal(err2)
		}
		got, err2 := audit.Run(context.Background(), "log.xes", opened(d), p, opt)
		if fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("log: %v\nsegments: %v", err, err2)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s/%s: %s", p.Pack.ID, p.ID, diff)
		}
	})
}

type mapFile struct {
	bytes.Buffer
	files fstest.MapFS
	name  string
}

func (f *mapFile) Close() error { f.files[f.name] = &fstest.MapFile{Data: f.Bytes()}; return nil }

func intoMap(files fstest.MapFS) func(string) (io.WriteCloser, error) {
	return func(name string) (io.WriteCloser, error) { return &mapFile{files: files, name: name}, nil }
}

// What is said of a case as a whole, and what a record's history says, is judged from segments as from the log.
func TestSegmentsKeepWhatIsSaidOfACase(t *testing.T) {
	var text strings.Builder
	text.WriteString("case:concept:name,concept:name,time:timestamp,case:startdate,case:deadline,case:enddate_planned,case:enddate\n")
	for i := range 60 {
		ended := ""
		if i%3 > 0 {
			ended = fmt.Sprintf("2011-04-%02dT12:00:00+02:00", 1+i%28)
		}
		fmt.Fprintf(&text, "R%d,Confirmation of receipt,2011-03-0%dT10:00:00+01:00,2011-03-02,2011-04-20,2011-04-10,%s\n", i, 1+i%4, ended)
	}
	text.WriteString("last,Confirmation of receipt,2011-05-02T10:00:00+02:00,2011-05-02,2011-06-20,2011-06-20,\n")
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text.String())), nil }
	const id = "nl-permit-receipt/receipt"
	sameReport(t, "log.csv", open, id, audit.Options{})
	r, err := audit.Run(context.Background(), "log.csv", open, load(t, id), audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if want := map[string]int64{"open-late": 20, "ended-late": 10, "before-start": 15}; want[f.Rule] > 0 && f.Count != want[f.Rule] {
			t.Errorf("%s: %d, want %d", f.Rule, f.Count, want[f.Rule])
		}
	}

	kept := strings.NewReplacer("case:startdate", "case:plumbline:procedure", ",2011-03-02,", ",cn-police/administrative,", ",2011-05-02,", ",cn-police/administrative,").Replace(text.String())
	open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(kept)), nil }
	d := cutLog(t, "log.csv", open, eventlog.Options{})
	_, want := audit.Run(context.Background(), "log.csv", open, load(t, "narrative"), audit.Options{})
	_, got := audit.Run(context.Background(), "log.csv", opened(d), load(t, "narrative"), audit.Options{})
	if want == nil || got == nil || want.Error() != got.Error() {
		t.Errorf("of a record under another procedure the log says %v, its segments %v", want, got)
	}
}
