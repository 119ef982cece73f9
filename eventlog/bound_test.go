package eventlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless gives a beginning and then the same text for ever.
type endless struct {
	head, body string
	given      int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	for n < len(p) {
		at := int(e.given) % len(e.body)
		k := copy(p[n:], e.body[at:])
		n, e.given = n+k, e.given+int64(k)
	}
	return n, nil
}

func TestEndlessInputIsRefusedInBoundedMemory(t *testing.T) {
	const trace = "<log><trace>"
	for _, tt := range []struct {
		name, file, head, body, want string
		most                         int64 // bytes taken from the source
	}{
		{"value", "a.xes", trace + "<string key=\"k\" value=\"", "a", "a.xes:1: more than 1 MiB in one value, text or comment (a closing quote may be missing)", 3 << 20},
		{"white space", "a.xes", trace, " ", "a.xes:1: more than 1 MiB in one value, text or comment (a closing quote may be missing)", 3 << 20},
		{"comment", "a.xes", trace + "<!--", "x </trace>", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"trace", "a.xes", trace, "<event/>", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"comments", "a.xes", trace, "<!-- -->", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"ends that are none", "a.xes", trace, "</trace", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"marks", "a.xes", trace, "<!?", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"nesting", "a.xes", trace, "<list key=\"a\">", "a.xes:1: no </trace> within 8 MiB (is it an XES file?)", 10 << 20},
		{"CSV", "a.csv", "a,b\n", "\"", "a.csv: a CSV of more than 8 MiB (it is held in memory whole; XES is not)", 18 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := &endless{head: tt.head, body: tt.body}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(context.Background(), src, tt.file, Options{Workers: 1, MaxValue: 1 << 20, MaxTrace: 8 << 20, MaxHeld: 8 << 20, chunk: 256 << 10},
				func(int, *Batch) error { return nil })
			runtime.ReadMemStats(&after)
			if fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if src.given > tt.most {
				t.Errorf("%d bytes were taken", src.given)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("%d bytes were allocated", got)
			}
		})
	}
}

// Endless numbers of good cases and different keys must not fill the memory either.
func TestKeysDoNotPileUp(t *testing.T) {
	x := newXES(must(rolesOf(nil)), Options{}.filled())
	n := 0
	for range 40 {
		var b strings.Builder
		for range 1000 {
			b.WriteString("<trace><string key=\"concept:name\" value=\"t\"/>")
			for range 10 {
				n++
				fmt.Fprintf(&b, "<int key=\"%d\" value=\"1\"/>", n)
			}
			b.WriteString("</trace>")
		}
		if err := scanText(x, b.String()); err != nil {
			t.Fatal(err)
		}
	}
	if k := len(x.inTrace.keys.all); k > maxInterned+20 {
		t.Errorf("%d keys are held", k)
	}
}

func TestScanningAllocatesNothingOnceWarm(t *testing.T) {
	x := newXES(must(rolesOf(nil)), Options{}.filled())
	var b strings.Builder
	for i := range 200 {
		b.WriteString(strings.Replace(goodTrace, "</event>", fmt.Sprintf("<string key=\"k\" value=\"a&amp;b %d\"/></event>", i), 1))
	}
	text := make([]byte, 0, b.Len()+pad)
	c := &chunk{index: 1, text: append(text, b.String()...)}
	if n := testing.AllocsPerRun(20, func() {
		if err := x.scan(c); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a chunk of 200 cases", n)
	}
	if len(x.cases) != 200 || x.cases[199].Events[0].Data[0].Value != "a&b 199" {
		t.Errorf("%d cases", len(x.cases))
	}
}

func scanText(x *xes, s string) error {
	if err := x.scan(&chunk{index: 1, text: append(make([]byte, 0, len(s)+pad), s...)}); err != nil {
		return err
	}
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An error long into the log still has the right line, whatever worker found it.
func TestLinesAndRecordsCountFromTheBeginning(t *testing.T) {
	var b bytes.Buffer
	io.WriteString(&b, "<log>\n")
	for range 3000 {
		io.WriteString(&b, goodTrace)
	}
	io.WriteString(&b, "\n\n<trace><string key=\"concept:name\" value=\"x\"/>\n\n<event/></trace></log>")
	for range 30 {
		_, err := Read(context.Background(), bytes.NewReader(b.Bytes()), "a.xes", Options{Workers: 3, chunk: 2000}, func(int, *Batch) error { return nil })
		if want := "a.xes:9006: event 3001: no concept:name (every event must say what was done)"; fmt.Sprint(err) != want {
			t.Fatalf("got %v\nwant %s", err, want)
		}
	}
}
