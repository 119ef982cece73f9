package eventlog

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Tables far larger than the memory they may take are read row by row.
func TestLargeTablesAreReadInLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes some hundred megabytes of XML, packed")
	}
	const rows = 150_000
	make := map[string]func(io.Writer) error{
		"log.csv": func(w io.Writer) error {
			_, err := io.WriteString(w, "id,what,when,note\n")
			for i := 0; i < rows && err == nil; i++ {
				_, err = fmt.Fprintf(w, "F%d,step %d,2025-01-01T00:00:00Z,%s\n", i, i%9, strings.Repeat("x", 200))
			}
			return err
		},
		"log.xlsx": func(w io.Writer) error {
			z := zip.NewWriter(w)
			put := func(name, text string) (io.Writer, error) {
				p, err := z.Create(name)
				if err == nil {
					_, err = io.WriteString(p, text)
				}
				return p, err
			}
			_, err := put("_rels/.rels", `<Relationships><Relationship Id="w" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
			if err == nil {
				_, err = put("xl/workbook.xml", `<workbook xmlns:r="http://x/r"><sheets><sheet name="a" r:id="s"/></sheets></workbook>`)
			}
			if err == nil {
				_, err = put("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s" Type="http://x/worksheet" Target="s.xml"/></Relationships>`)
			}
			if err != nil {
				return err
			}
			p, err := put("xl/s.xml", `<worksheet><sheetData><row><c t="str"><v>id</v></c><c t="str"><v>what</v></c><c t="str"><v>when</v></c></row>`)
			for i := 0; i < rows && err == nil; i++ {
				_, err = fmt.Fprintf(p, `<row><c t="str"><v>F%d-%x</v></c><c t="str"><v>step</v></c><c t="str"><v>2025-01-01</v></c></row>`, i, i*i)
			}
			if err == nil {
				_, err = io.WriteString(p, "</sheetData></worksheet>")
			}
			if err != nil {
				return err
			}
			return z.Close()
		},
		"log.parquet": func(w io.Writer) error {
			type row struct {
				ID   string `parquet:"id"`
				What string `parquet:"what,dict"`
				When string `parquet:"when,delta"`
				Note string `parquet:"note"`
			}
			p := parquet.NewGenericWriter[row](w, parquet.MaxRowsPerRowGroup(50_000), parquet.Compression(&parquet.Zstd))
			for i := range rows {
				if _, err := p.Write([]row{{fmt.Sprintf("F%d", i), fmt.Sprintf("step %d", i%9), "2025-01-01", fmt.Sprint(strings.Repeat("x", 200), i*i)}}); err != nil {
					return err
				}
			}
			return p.Close()
		},
	}
	for _, name := range []string{"log.csv", "log.xlsx", "log.parquet"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }() // only read
			if err := make[name](f); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			n := 0
			most := heapMost(t, func() {
				r, err := OpenRows(f, name, &Table{}, Options{MaxHeld: 16 << 20})
				for ; err == nil; n++ {
					_, _, err = r.Next()
				}
				if err != io.EOF {
					t.Error(err)
				}
			})
			if n-1 != rows || most > 48<<20 {
				t.Errorf("%d rows, %d MiB held", n-1, most>>20)
			}
			// As a log its rows are held, up to the bound, and no further.
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			most = heapMost(t, func() {
				_, err := Read(context.Background(), f, name, Options{Map: &Mapping{Case: "id", Act: "what", Time: "when"}, MaxHeld: 16 << 20}, func(int, *Batch) error { return nil })
				if err == nil || !strings.Contains(err.Error(), "more than 16 MiB") {
					t.Error(err)
				}
			})
			if most > 128<<20 {
				t.Errorf("%d MiB held", most>>20)
			}
		})
	}
}

// Endless OCEL is refused at the bound too, whether it is one element or many.
func TestEndlessOCELIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, head, body, want string }{
		{"a.jsonocel", `{"objects":[{"id":"`, "a", "one element of more than 1 MiB"},
		{"b.jsonocel", `{"x":`, "[", "b.jsonocel:1"},
		{"c.jsonocel", `{"objects":[`, " ", "one element of more than 1 MiB"},
		{"a.xmlocel", `<log><objects><object id="`, "a", "one element of more than 1 MiB"},
		{"b.xmlocel", `<log><objects>`, "<a>", "b.xmlocel:1"},
		{"c.xmlocel", `<log><objects><object id="1" type="a"><attributes>`, "<attribute/>", "one element of more than 1 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			most := heapMost(t, func() {
				_, err := Read(context.Background(), &endless{head: tt.head, body: tt.body}, tt.name, Options{MaxValue: 1 << 20, MaxHeld: 8 << 20}, func(int, *Batch) error { return nil })
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Error(err)
				}
			})
			if most > 200<<20 {
				t.Errorf("%d MiB held", most>>20)
			}
		})
	}
	var many bytes.Buffer
	many.WriteString(`{"objects":[{"id":"x","type":"t"}`)
	for i := range 200_000 {
		fmt.Fprintf(&many, `,{"id":"o%d","type":"t"}`, i)
	}
	many.WriteString(`],"events":[]}`)
	if _, err := Read(context.Background(), &many, "a.jsonocel", Options{MaxHeld: 8 << 20}, func(int, *Batch) error { return nil }); err == nil || !strings.Contains(err.Error(), "takes more than 8 MiB of memory") {
		t.Error(err)
	}
}

// FuzzOCEL lets the readers of both texts loose: they answer with cases or an *Error.
func FuzzOCEL(f *testing.F) {
	f.Add([]byte(`{"objects":[{"id":"A","type":"file","attributes":[{"name":"k","time":"2025-01-01","value":1}]}],"events":[{"id":"e","type":"t","time":"2025-01-01T00:00:00Z","relationships":[{"objectId":"A","qualifier":"q"}]}]}`))
	f.Add([]byte(`<?xml version="1.0"?><log><object-types/><objects><object id="A" type="file"><attributes><attribute name="k" time="2025-01-01">1</attribute></attributes></object></objects><events><event id="e" type="t" time="2025-01-01"><objects><relationship object-id="A" qualifier="q"/></objects></event></events></log>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, name := range []string{"a.jsonocel", "a.xmlocel"} {
			_, _, err := whole(text, name, Options{MaxHeld: 16 << 20, MaxValue: 1 << 20, Workers: 1})
			var bad *Error
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x00\x1b\n") {
				t.Fatalf("a message a terminal would obey: %q", err)
			}
		}
	})
}
