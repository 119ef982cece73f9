package feed

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"io"
	"testing"
	"unicode/utf8"

	"plumbline/handling"
)

// Whatever stands in a file, what is handed on is text, line by line, and all of the file was read.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a,b\n1,2\r\n"))
	f.Add([]byte("\xB5\xE7\xB6\xAF,\n\xFF\xFF\n\x00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		told := 0
		l := &lines{name: "x", src: bufio.NewReaderSize(bytes.NewReader(text), 16), sum: sha256.New(), bad: func(int64, handling.Text) { told++ }}
		got, err := io.ReadAll(l)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(got) || bytes.ContainsRune(got, utf8.RuneError) && utf8.Valid(text) && !bytes.ContainsRune(text, utf8.RuneError) {
			t.Errorf("%q became %q", text, got)
		}
		if l.n != int64(len(text)) || [32]byte(l.sum.Sum(nil)) != sha256.Sum256(text) {
			t.Errorf("%d of %d bytes", l.n, len(text))
		}
		if n := bytes.Count(text, []byte("\n")); int64(n) > l.line || l.line > int64(n)+1 || told > int(l.line) {
			t.Errorf("%d lines, %d told, %d line ends", l.line, told, n)
		}
	})
}

// An answer of an API gives rows or an error, never more.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"data": {"rows": [{"a": 1, "b": {"c": [true, null, "x"]}}]}, "next": 7}`))
	f.Add([]byte(`{"data": {"rows": [1]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := &API{Rows: []string{"data", "rows"}, Next: []string{"next"}}
		rows, _, err := a.parse(body)
		if err != nil && rows != nil {
			t.Error("rows and an error")
		}
		for _, r := range rows {
			flat(map[string]string{}, "", r)
		}
	})
}
