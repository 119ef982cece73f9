package eventlog

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzXES holds the scanner against encoding/xml: whatever ours accepts the other accepts as well, with the same
// cases. The converse does not hold, for we refuse more. And chunks and workers never show in what comes out.
func FuzzXES(f *testing.F) {
	f.Add([]byte(strange), uint16(40))
	f.Add([]byte("<log>"+goodTrace+goodTrace+"</log>"), uint16(10))
	for _, tt := range badInputs() {
		if strings.HasSuffix(tt.file, ".xes") && len(tt.text) < 2000 {
			f.Add([]byte(tt.text), uint16(100))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint16) {
		got, _, err := whole(text, "a.xes", Options{Workers: 1})
		cut, _, cutErr := whole(text, "a.xes", Options{Workers: 2, chunk: int(size)%200 + 1})
		if fmt.Sprint(err) != fmt.Sprint(cutErr) {
			t.Fatalf("in one chunk: %v\nin chunks: %v", err, cutErr)
		}
		var bad *Error
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\x00\x1b\n") || !utf8.ValidString(err.Error())) {
			t.Fatalf("a message a terminal would obey: %q", err)
		}
		if err != nil || bytes.HasPrefix(text, []byte("\x1f\x8b")) {
			return
		}
		if diff := cmp.Diff(got, cut); diff != "" {
			t.Fatalf("chunks show:\n%s", diff)
		}
		want, err := reference(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("encoding/xml refuses what we accept: %v", err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Case{}, "Repeated"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-encoding/xml +ours)\n%s", diff)
		}
		var b bytes.Buffer
		if err := WriteXES(&b, slices.Values(got)); err != nil {
			return // a second concept:name on the trace's side, say
		}
		again, _, err := whole(b.Bytes(), "b.xes", Options{})
		if diff := cmp.Diff(got, again, cmpopts.IgnoreFields(Event{}, "Precision", "Record"), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("written and read back: %v\n%s", err, diff)
		}
	})
}

// FuzzCSV holds the record reader against encoding/csv, and lets the whole reader loose on the text.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("case:concept:name,concept:name,time:timestamp,x\n1,\"a\"\"b\",2020-01-01,\r\n1,\"a\r\nb\",2020-01-01,y\n\n2,c,2020-01-01T00:00,z"))
	f.Add([]byte("a;b\n\"\";\"\r\n"))
	f.Add([]byte("a\tb\r\r\n\"x\"\ty\r"))
	for _, tt := range badInputs() {
		if strings.HasSuffix(tt.file, ".csv") && len(tt.text) < 1000 {
			f.Add([]byte(tt.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ours := csvText{b: text, comma: separator(text), maxValue: 1 << 20, keepResolved: true}
		var got [][]string
		var lines []int
		var bad *Error
		for off, line := 0, 1; bad == nil; {
			var n int
			off, n, bad = ours.record(off, line)
			if bad != nil || len(ours.fields) == 0 {
				break
			}
			line += n
			got, lines = append(got, slices.Clone(ours.fields)), append(lines, ours.startLine)
		}
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.FieldsPerRecord = rune(ours.comma), -1
		var want [][]string
		var wantLines []int
		var err error
		for {
			var rec []string
			if rec, err = r.Read(); err != nil {
				break
			}
			line, _ := r.FieldPos(0)
			want, wantLines = append(want, rec), append(wantLines, line)
		}
		if (bad != nil) != (err != io.EOF) {
			t.Fatalf("ours: %v\nencoding/csv: %v", bad, err)
		}
		if !slices.EqualFunc(got, want, slices.Equal) || !slices.Equal(lines, wantLines) {
			t.Fatalf("ours: %q %v\nencoding/csv: %q %v", got, lines, want, wantLines)
		}

		one, _, err1 := whole(text, "a.csv", Options{Workers: 1})
		two, _, err2 := whole(text, "a.csv", Options{Workers: 2})
		if fmt.Sprint(err1) != fmt.Sprint(err2) || err1 == nil && !cmp.Equal(one, two) {
			t.Fatalf("workers show: %v, %v", err1, err2)
		}
		open := 0
		long, _, err3 := whole(text, "a.csv", spilling(&open, 2))
		if (err1 == nil) != (err3 == nil) || err1 == nil && !cmp.Equal(one, long) || open != 0 {
			t.Fatalf("a long one is read otherwise: %v, %v, %d files open", err1, err3, open)
		}
		var e *Error
		if err1 != nil && !errors.As(err1, &e) {
			t.Fatalf("error of type %T: %v", err1, err1)
		}
		events := 0
		for _, c := range one {
			events += len(c.Events)
		}
		if err1 == nil && !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))), []byte("<")) && events != len(want)-1 {
			t.Fatalf("%d events from %d rows", events, len(want)-1)
		}
	})
}

// FuzzMapping: nothing but an *Error comes of a bad mapping; a good one writes and reads back.
func FuzzMapping(f *testing.F) {
	f.Add([]byte(fullMapping))
	f.Add([]byte("{case: c, act: a, time: t, data: {}}"))
	f.Add([]byte("case: &a c\nact: *a\n<<: {time: t}\n"))
	f.Add([]byte("case: |\n  c\nact: >-\n  a\ntime: !!str 1\nlayout: YYYY-MM-DD hh:mm:ss.fZ\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseMapping("m.yaml", text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		if m.Case == "" || m.Act == "" || m.Time == "" {
			t.Fatalf("incomplete: %+v", m)
		}
		again, err := ParseMapping("m.yaml", []byte(m.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, m)
		}
		if again.String() != m.String() {
			t.Fatalf("%s\nreads back as\n%s", m, again)
		}
		_, err = Read(context.Background(), strings.NewReader("c,a,t\n1,2,2020-01-01\n"), "a.csv", Options{Map: m}, func(int, *Batch) error { return nil })
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T: %v", err, err)
		}
	})
}

// FuzzGzip: a packed log is read whole or refused; what gzip.NewReader will not unpack to its end we do not read.
func FuzzGzip(f *testing.F) {
	packed := pack("<log>" + goodTrace + "</log>")
	f.Add(packed)
	f.Add(append(bytes.Clone(packed), packed...))
	f.Add(append(bytes.Clone(packed), 0, 0, 0))
	f.Add(packed[:len(packed)-3])
	f.Add(flip(packed, 40))
	f.Add(flip(packed, -2))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, stats, err := whole(data, "a.xes.gz", Options{MaxHeld: 1 << 20})
		var e *Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			return
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || int64(len(text)) != stats.Bytes {
			t.Fatalf("read %d bytes; the standard library unpacks %d and says %v", stats.Bytes, len(text), err)
		}
	})
}
