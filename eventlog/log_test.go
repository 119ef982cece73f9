package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"compress/gzip"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/calendar"
)

// sums adds up the field key over all events, and counts acts.
func sums(t *testing.T, data []byte, name, key string) (total float64, acts map[string]int, stats Stats) {
	t.Helper()
	type part struct {
		total float64
		acts  map[string]int
	}
	const workers = 2
	parts := make([]part, workers)
	stats, err := Read(context.Background(), bytes.NewReader(data), name, Options{Workers: workers}, func(w int, b *Batch) error {
		if parts[w].acts == nil {
			parts[w].acts = map[string]int{}
		}
		for _, c := range b.Cases {
			for _, e := range c.Events {
				parts[w].acts[strings.Clone(e.Act)]++
				for _, f := range e.Data {
					if f.Key == key {
						v, err := strconv.ParseFloat(f.Value, 64)
						if err != nil {
							return err
						}
						parts[w].total += v
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	acts = map[string]int{}
	for _, p := range parts {
		total += p.total
		for a, n := range p.acts {
			acts[a] += n
		}
	}
	return math.Round(total*100) / 100, acts, stats
}

func TestRoadFinesAreReadWhole(t *testing.T) {
	_, acts, stats := sums(t, shared(t, "rtfm/Road_Traffic_Fine_Management_Process.xes.gz"), "rtfm.xes.gz", "amount")
	if stats.Cases != 150370 || stats.Events != 561470 || stats.Nested != 0 || stats.OddTags != 0 || stats.NoOffset != 0 || stats.Repeated != 0 {
		t.Errorf("stats %+v", stats)
	}
	// The log's own header counts its activities.
	want := map[string]int{
		"Payment": 77601, "Insert Date Appeal to Prefecture": 4188, "Receive Result Appeal from Prefecture": 999,
		"Send Appeal to Prefecture": 4141, "Notify Result Appeal to Offender": 896, "Appeal to Judge": 555,
		"Add penalty": 79860, "Insert Fine Notification": 79860, "Send for Credit Collection": 59013,
		"Create Fine": 150370, "Send Fine": 103987,
	}
	if diff := cmp.Diff(want, acts); diff != "" {
		t.Error(diff)
	}
}

func TestRoadFinesAgreeWithEncodingXML(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	data := shared(t, "rtfm/Road_Traffic_Fine_Management_Process.xes.gz")
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(z, 20<<20))
	if err != nil {
		t.Fatal(err)
	}
	text = append(text[:bytes.LastIndex(text, []byte("<trace>"))], "</log>"...)
	agree(t, text)
}

func TestPermitsAgreeWithEncodingXML(t *testing.T) {
	for _, name := range []string{"permits/receipt.xes.gz", "permits/BPIC15_1.xes.gz"} {
		data := shared(t, name)
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		stats := agree(t, text)
		t.Logf("%s: %+v", name, stats)
	}
}

func agree(t *testing.T, text []byte) Stats {
	t.Helper()
	want, err := reference(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got, stats, err := whole(text, "log.xes", Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if i >= len(want) || !cmp.Equal(want[i], got[i], cmpopts.IgnoreFields(Case{}, "Repeated")) {
			t.Fatalf("case %d differs\n%s", i, cmp.Diff(want[min(i, len(want)-1)], got[i]))
		}
	}
	if len(want) != len(got) {
		t.Fatalf("%d cases, encoding/xml finds %d", len(got), len(want))
	}
	return stats
}

func TestSampleIsTheSameInBothForms(t *testing.T) {
	xesCases, _, err := whole(shared(t, "rtfm/roadtraffic100traces.xes"), "a.xes", Options{})
	if err != nil {
		t.Fatal(err)
	}
	csvCases, stats, err := whole(shared(t, "rtfm/roadtraffic100traces.csv"), "a.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Cases != 100 || stats.Events != 390 || stats.Format != "csv" {
		t.Errorf("stats %+v", stats)
	}
	// The CSV has no kinds, writes whole numbers with .0, and orders columns by name.
	norm := func(cases []Case) {
		for i := range cases {
			for k := range cases[i].Events {
				e := &cases[i].Events[k]
				for j := range e.Data {
					e.Data[j].Kind = String
					if v, err := strconv.ParseFloat(e.Data[j].Value, 64); err == nil {
						e.Data[j].Value = fmt.Sprint(v)
					}
				}
				slices.SortFunc(e.Data, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
			}
		}
	}
	norm(xesCases)
	norm(csvCases)
	if diff := cmp.Diff(xesCases, csvCases, cmpopts.IgnoreFields(Event{}, "Record"), cmpopts.IgnoreFields(Case{}, "Record")); diff != "" {
		t.Errorf("(-xes +csv)\n%s", diff)
	}
}

func TestLogWithoutTimestampsIsRefused(t *testing.T) {
	_, _, err := whole(shared(t, "rtfm/odd_simulated_no_timestamps.xes.gz"), "odd.xes.gz", Options{})
	const want = "odd.xes.gz:10: event 1: no time:timestamp (a history without times cannot be judged)"
	if fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// strange has one of everything that is passed over or read by a rule of its own.
const strange = `<?xml version='1.0' encoding='utf-8'?>
<!-- a </trace> that is none -->
<?note </trace> ?>
<log xmlns="http://www.xes-standard.org/">
	<global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
	<string key="origin" value="x"><string key="deep" value="y"/></string>
	<x:y xmlns:x="urn:x">text &amp; <![CDATA[</trace>]]></x:y>
	<trace>
		<!-- </trace> --><?p </trace>?>
		<string key='concept:name' value="a&amp;b"  />
		<event>
			<date value="2020-01-02T03:04:05.678901+02:00" key="time:timestamp"/>
			<string key="concept:name" value="&lt;go&gt; &#x5206;&#31867;"/>
			<string key="org:role" value="clerk"/>
			<integer key="n" value="1"/>
			<odd><inner>text</inner></odd>
			<string key="v" value="it's 'so'"><int key="nested" value="2"/></string>
			<list key="l"><values><int key="x" value="1"/></values></list>
			<boolean key="b" value="true"></boolean>
			<id key="i" value="f00"/>
		</event>
		<float key="after" value="1.5"/>
	</trace >
	<trace><string key="concept:name" value="a&amp;b"/></trace>
</log>
<!-- end -->
`

func TestWhatIsPassedOverIsCounted(t *testing.T) {
	for size := 1; size < len(strange)+10; size += 7 {
		got, stats, err := whole([]byte(strange), "s.xes", Options{chunk: size})
		if err != nil {
			t.Fatal(err)
		}
		at, _, _, _ := calendar.ParseInstant("2020-01-02T03:04:05.678901+02:00")
		want := []Case{
			{ID: "a&b", Record: 1, Data: []Field{{"after", "1.5", Float}}, Events: []Event{{
				Act: "<go> 分类", Time: at, Post: "clerk", Record: 1,
				Data: []Field{{"n", "1", String}, {"v", "it's 'so'", String}, {"b", "true", Bool}, {"i", "f00", ID}},
			}}},
			{ID: "a&b", Record: 2, Repeated: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
		if want := (Stats{Format: "xes", Bytes: int64(len(strange)), Cases: 2, Events: 1, Empty: 1, Repeated: 1, Nested: 4, OddTags: 2}); !cmp.Equal(stats, want) {
			t.Fatalf("stats %+v\nwant  %+v", stats, want)
		}
	}
}

// slow gives its text in small pieces.
type slow struct {
	r io.Reader
	n int
}

func (s *slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }

func TestChunksDoNotShow(t *testing.T) {
	var b strings.Builder
	b.WriteString("<log>\n")
	for i := range 60 {
		fmt.Fprintf(&b, "<trace>\n<string key=\"concept:name\" value=\"c%d\"/>\n", i)
		if i%3 == 0 {
			b.WriteString("<!-- </trace> <![CDATA[ -->\n<?x </trace> <!-- ?><![CDATA[ ]]>")
		}
		for range i % 4 {
			b.WriteString(goodEvent)
		}
		b.WriteString("</trace>")
		if i%5 == 0 {
			b.WriteString("<!-- between </trace> -->")
		}
	}
	b.WriteString("</log>")
	want, _, err := whole([]byte(b.String()), "a.xes", Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for size := 1; size < 600; size += 11 {
		for _, piece := range []int{1, 7, 64, 4096} {
			var got []Case
			_, err := Read(context.Background(), &slow{strings.NewReader(b.String()), piece}, "a.xes", Options{Workers: 1, chunk: size}, func(_ int, b *Batch) error {
				got = append(got, cloneCases(b.Cases)...)
				return nil
			})
			if err != nil || !cmp.Equal(want, got) {
				t.Fatalf("chunks of %d from pieces of %d: %v\n%s", size, piece, err, cmp.Diff(want, got))
			}
		}
	}
}

func TestOffsetsAreComparedOverTheWholeLog(t *testing.T) {
	text := "<log>\n" + strings.Repeat(goodTrace, 5000) + "<trace><string key=\"concept:name\" value=\"x\"/>\n" + event("2020-07-01 12:00") + "</trace>\n</log>"
	for range 20 {
		_, _, err := whole([]byte(text), "a.xes", Options{Workers: 2, chunk: 1000})
		if want := "a.xes:15003: event 5001: the timestamp has no offset, that of event 1 is of the other sort (say in which zone the times without offset are)"; fmt.Sprint(err) != want {
			t.Fatalf("got %v\nwant %s", err, want)
		}
	}
	zone, err := calendar.LoadZone("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	got, stats, err := whole([]byte(text), "a.xes", Options{Zone: zone})
	if err != nil || stats.NoOffset != 1 {
		t.Fatal(stats, err)
	}
	last := got[5000].Events[0]
	if last.Time.String() != "2020-07-01T10:00:00Z" || last.Precision != calendar.Minute {
		t.Errorf("got %v, %v", last.Time, last.Precision)
	}
}

func TestCallbackAndContextEndTheReading(t *testing.T) {
	text := []byte("<log>\n" + strings.Repeat(goodTrace, 5000) + "</log>")
	stop := errors.New("enough")
	var calls atomic.Int64
	_, err := Read(context.Background(), bytes.NewReader(text), "a.xes", Options{Workers: 2, chunk: 1000}, func(int, *Batch) error {
		if calls.Add(1) == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls.Load() > 50 {
		t.Errorf("after %d calls: %v", calls.Load(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Read(ctx, bytes.NewReader(text), "a.xes", Options{Workers: 2, chunk: 1000}, func(int, *Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("disk on fire")
	_, err = Read(context.Background(), io.MultiReader(bytes.NewReader(text[:50000]), failing{broken}), "a.xes", Options{}, func(int, *Batch) error { return nil })
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
