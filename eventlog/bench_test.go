package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

const fines = "../../shared/data/rtfm/Road_Traffic_Fine_Management_Process.xes.gz"

// benchLog is the road fines log, or one made up of the same shapes where the shared data are absent.
func benchLog(b *testing.B) []byte {
	if data, err := os.ReadFile(fines); err == nil {
		return data
	}
	b.Logf("%s is absent: a generated log is read instead", fines)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := bufio.NewWriter(z)
	io.WriteString(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log>\n")
	for i := range 100_000 {
		fmt.Fprintf(w, "\t<trace>\n\t\t<string key=\"concept:name\" value=\"A%d\"/>\n", i)
		for k := range 4 {
			fmt.Fprintf(w, "\t\t<event>\n\t\t\t<float key=\"amount\" value=\"%d.5\"/>\n\t\t\t<string key=\"concept:name\" value=\"Act %d\"/>\n"+
				"\t\t\t<string key=\"lifecycle:transition\" value=\"complete\"/>\n\t\t\t<date key=\"time:timestamp\" value=\"20%02d-07-24T00:00:00+02:00\"/>\n"+
				"\t\t\t<int key=\"article\" value=\"157\"/>\n\t\t</event>\n", i%90, k, (i+k)%30)
		}
		io.WriteString(w, "\t</trace>\n")
	}
	io.WriteString(w, "</log>\n")
	w.Flush()
	z.Close()
	return packed.Bytes()
}

func BenchmarkGunzip(b *testing.B) {
	data := benchLog(b)
	buf := make([]byte, 256<<10)
	for b.Loop() {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{z}, buf)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}

func BenchmarkReadXES(b *testing.B) {
	data := benchLog(b)
	for _, workers := range []int{1, 2} {
		for _, size := range []int{256 << 10, 512 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("workers=%d/chunk=%dK", workers, size>>10), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s, err := Read(context.Background(), bytes.NewReader(data), "log.xes.gz", Options{Workers: workers, chunk: size},
						func(int, *Batch) error { return nil })
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(s.Bytes)
				}
			})
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("case:concept:name,concept:name,time:timestamp,org:resource,amount,article\n")
	for i := range 200_000 {
		fmt.Fprintf(&text, "A%d,Act %d,2006-07-24 00:00:00+02:00,561,%d.5,157\n", i/4, i%4, i%90)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(context.Background(), bytes.NewReader(text.Bytes()), "log.csv", Options{}, func(int, *Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(text.Len()))
}

// BenchmarkReference reads a tenth of the log with encoding/xml, for the ratio.
func BenchmarkReference(b *testing.B) {
	z, err := gzip.NewReader(bytes.NewReader(benchLog(b)))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(z, 18<<20))
	if err != nil {
		b.Fatal(err)
	}
	end := bytes.LastIndex(text, []byte("</trace>"))
	doc := string(text[:end]) + "</trace></log>"
	for b.Loop() {
		if _, err := reference(strings.NewReader(doc)); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(doc)))
}
