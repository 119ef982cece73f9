package eventlog

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// book makes an XLSX of parts by name; those not given are the usual ones. A part "-" is left out.
func book(t testing.TB, parts ...string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="r3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r4" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://r"><sheets><sheet name="2024" r:id="r1"/><sheet name="2025" r:id="r2"/></sheets></workbook>`,
		"xl/sharedStrings.xml":       `<sst><si><t>id</t></si><si><t>what</t></si><si><r><t>wh</t></r><r><t>en</t></r><rPh><t>WEN</t></rPh></si></sst>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="171" formatCode="0.00E+00"/><numFmt numFmtId="172" formatCode="[h]:mm"/><numFmt numFmtId="173" formatCode="[Red]#,##0&quot; days&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/><xf numFmtId="20"/><xf numFmtId="173"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml":   fineSheet,
		"xl/worksheets/sheet2.xml":   `<worksheet><sheetData><row><c t="inlineStr"><is><t>only</t></is></c></row><row/><row><c><v>1</v></c></row></sheetData></worksheet>`,
	}
	for i := 0; i < len(parts); i += 2 {
		all[parts[i]] = parts[i+1]
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range sortedKeys(all) {
		if all[name] == "-" {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, all[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const fineSheet = `<?xml version="1.0"?><worksheet><sheetPr><tabColor/></sheetPr><dimension ref="A1:D9"/><sheetData>
<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="s"><v>2</v></c><c r="E2" t="str"><v>amount</v></c></row>
<row r="3"><c r="A3"><v>1</v></c><c r="B3" t="inlineStr"><is><r><t xml:space="preserve">Create </t></r><r><t>Fine</t></r></is></c><c r="C3" s="1"><v>40422</v></c><c r="E3"><v>50.100000000000001</v></c></row>
<row r="5" ht="3"/>
<row r="6"><c r="A6"><v>1</v></c><c r="C6" s="2"><v>40422.395833333336</v></c><c r="E6" t="b"><v>1</v></c></row>
<row r="7"><c r="A7" s="3"><v>40422</v></c><c r="B7" s="4"><v>1.5</v></c><c r="C7" s="5"><v>1.5</v></c><c r="D7" s="6"><v>0.5</v></c><c r="E7" s="7"><f>1+1</f><v>2</v></c></row>
<row r="8"><c r="A8" t="e"><v>#N/A</v></c><c r="C8" s="1"><v>1</v></c><c r="D8" s="1"><v>60</v></c><c r="E8" s="1"><v>61</v></c></row>
</sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells></worksheet>`

func TestXLSXCells(t *testing.T) {
	got, err := rowsOf("a.xlsx", book(t), &Table{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id|what|when|column 4|amount",
		"3 1|Create Fine|2010-09-01||50.1",
		"6 1||2010-09-01T09:30:00||true",
		"7 2010-09-01|1.5|1.5|12:00:00|2",
		"8 #N/A||1900-01-01|1900-02-29|1900-03-01",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = rowsOf("a.xlsx", book(t, "xl/workbook.xml", `<workbook xmlns:r="http://r"><workbookPr date1904="1"/><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`), &Table{}, Options{})
	if err != nil || got[1] != "3 1|Create Fine|2014-09-02||50.1" {
		t.Error(got, err)
	}
	got, err = rowsOf("a.xlsx", book(t), &Table{Sheet: "2025"}, Options{})
	if err != nil || cmp.Diff([]string{"only", "3 1"}, got) != "" {
		t.Error(got, err)
	}
}

func TestNumberFormats(t *testing.T) {
	for code, want := range map[string]dateFormat{
		"General": {}, "0.00": {}, "@": {}, `"year "0`: {}, `\d0`: {}, "0.0E+0": {}, "[h]:mm": {}, "[Red]0": {}, "#,##0.00 \"mm\"": {},
		"yyyy-mm-dd": {day: true}, "m/d/yy": {day: true}, `[$-804]yyyy"年"m"月"`: {day: true}, "mmm": {day: true}, "[DBNum1]m\"月\"d\"日\"": {day: true},
		"h:mm": {clock: true}, "mm:ss.0": {clock: true}, "yyyy/m/d h:mm": {day: true, clock: true}, "0;yyyy": {},
	} {
		if got := dateFormatOf(code); got != want {
			t.Errorf("%s: %+v", code, got)
		}
	}
}

// A date that a spreadsheet knows is read beside one that somebody typed in the mapping's layout.
func TestXLSXAsALog(t *testing.T) {
	data := book(t, "xl/worksheets/sheet1.xml", `<worksheet><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>
<row r="2"><c r="A2"><v>7</v></c><c r="B2" t="str"><v>Create Fine</v></c><c r="C2" s="2"><v>40422.395833333336</v></c></row>
<row r="3"><c r="A3"><v>7</v></c><c r="B3" t="str"><v>Send Fine</v></c><c r="C3" t="str"><v>2/9/2010 8:05</v></c></row></sheetData></worksheet>`)
	m := &Mapping{Case: "id", Act: "what", Time: "when", Layout: "D/M/YYYY h:mm"}
	cases, stats, err := whole(data, "a.xlsx", Options{Map: m})
	if err != nil || len(cases) != 1 || len(cases[0].Events) != 2 || stats.Format != "xlsx" {
		t.Fatal(cases, stats, err)
	}
	if e := cases[0].Events; fmt.Sprint(e[0].Time, e[1].Time, e[1].Record) != "2010-09-01T09:30:00Z 2010-09-02T08:05:00Z 3" {
		t.Error(e)
	}
}

func TestBadXLSX(t *testing.T) {
	sheet := func(rows string) []byte {
		return book(t, "xl/worksheets/sheet1.xml", "<worksheet><sheetData>"+rows+"</sheetData></worksheet>")
	}
	const head = `<row r="1"><c r="A1" t="str"><v>id</v></c></row>`
	good := book(t)
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", good[:len(good)-30], "the ZIP cannot be opened"},
		{"a ZIP of something else", book(t, "_rels/.rels", "-"), "a ZIP, but not an XLSX workbook"},
		{"a text document", book(t, "xl/workbook.xml", "<document/>"), "not a workbook"},
		{"a binary workbook", book(t, "_rels/.rels", `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`), "save it as .xlsx"},
		{"a sheet that is missing", book(t, "xl/worksheets/sheet1.xml", "-"), `lacks "xl/worksheets/sheet1.xml"`},
		{"an empty sheet", sheet(""), "the sheet is empty"},
		{"no XML", book(t, "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row"), `not XML in "xl/worksheets/sheet1.xml"`},
		{"entities that multiply", book(t, "xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>`), "a document type"},
		{"entities in the texts", book(t, "xl/sharedStrings.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><sst/>`), "a document type"},
		{"two columns of a name", sheet(`<row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>id</v></c></row>`), `a.xlsx:1: columns A and B are both called "id"`},
		{"a cell beyond the header", sheet(head + `<row r="4"><c r="AC4"><v>1</v></c></row>`), `a.xlsx:4: cell AC4 holds "1"`},
		{"a formula never computed", sheet(head + `<row r="2"><c r="A2"><f>B1</f></c></row>`), "a.xlsx:2: cell A2 holds a formula without its result"},
		{"a text that is not there", sheet(head + `<row r="2"><c r="A2" t="s"><v>99</v></c></row>`), `cell A2 names text "99", of 3`},
		{"a number that is none", sheet(head + `<row r="2"><c r="A2"><v>1x</v></c></row>`), `holds "1x", which is not a number`},
		{"a cell twice", sheet(head + `<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>`), "cell A2 stands twice"},
		{"a cell of another row", sheet(head + `<row r="2"><c r="A3"><v>1</v></c></row>`), `a cell "A3" in row 2`},
		{"rows backwards", sheet(head + `<row r="5"><c r="A5"><v>1</v></c></row><row r="2"/>`), `row "2" follows row 5`},
		{"a row beyond the sheet", sheet(head + `<row r="1048577"/>`), "more rows than a sheet has"},
		{"a column beyond the sheet", sheet(head + `<row r="2"><c r="ZZZZ2"><v>1</v></c></row>`), `a cell "ZZZZ2"`},
		{"nesting", book(t, "xl/worksheets/sheet1.xml", strings.Repeat("<a>", 5000)), "nested too deep"},
		{"nesting in the texts", book(t, "xl/sharedStrings.xml", strings.Repeat("<a>", 5000)), "nested too deep"},
		{"control characters", sheet(head + `<row r="2"><c r="A2" t="str"><v>ab</v></c></row><row r="3"><c r="A3" t="str"><v>` + "a\x01b" + `</v></c></row>`), "illegal character code U+0001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rowsOf("a.xlsx", tt.data, &Table{}, Options{})
			var bad *Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	_, err := rowsOf("a.xlsx", good, &Table{Sheet: "2026"}, Options{})
	if err == nil || !strings.Contains(err.Error(), `no sheet "2026"`) {
		t.Error(err)
	}
}

// What unpacks to a thousand times its size is refused after a bounded part of it.
func TestXLSXBombs(t *testing.T) {
	many := func(head, body, tail string, n int) string { return head + strings.Repeat(body, n/len(body)) + tail }
	const size = 12 << 20
	for _, tt := range []struct{ name, part, text, want string }{
		{"a text", "xl/sharedStrings.xml", many("<sst><si><t>", "aaaaaaaa", "</t></si></sst>", size), "of more than 4 MiB"},
		{"texts", "xl/sharedStrings.xml", many("<sst>", "<si><t>aaaaaaaaaaaaaaaa</t></si>", "</sst>", size), "the texts of the workbook take more than 8 MiB"},
		{"a cell", "xl/worksheets/sheet1.xml", many("<worksheet><sheetData><row><c t=\"str\"><v>", "aaaaaaaa", "</v></c></row></sheetData></worksheet>", size), "of more than 4 MiB"},
		{"a row", "xl/worksheets/sheet1.xml", many("<worksheet><sheetData><row>", "<f></f>", "</row></sheetData></worksheet>", size), "of more than 4 MiB"},
		{"attributes", "xl/worksheets/sheet1.xml", many("<worksheet ", "a=\"\" ", "/>", size), "of more than 4 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := book(t, tt.part, tt.text)
			tt.text = ""
			if len(data) > 1<<20 {
				t.Fatal("no bomb:", len(data))
			}
			if most := heapMost(t, func() {
				_, err := rowsOf("a.xlsx", data, &Table{}, Options{MaxHeld: 8 << 20})
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
			}); most > 300<<20 {
				t.Errorf("%d MiB were held", most>>20)
			}
		})
	}
	t.Run("a table of contents", func(t *testing.T) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 120_000 {
			if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("xl/some/long/name/of/a/part/%d", i), Method: zip.Store}); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := rowsOf("a.xlsx", b.Bytes(), &Table{}, Options{}); err == nil || !strings.Contains(err.Error(), "too large a table of contents") {
			t.Error(err)
		}
	})
}

// heapMost runs something and gives the most bytes of the heap that were in use meanwhile, above what was before.
func heapMost(t testing.TB, do func()) int64 {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := int64(m.HeapAlloc)
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		high := int64(0)
		for {
			select {
			case <-stop:
				most <- high
				return
			default:
				runtime.ReadMemStats(&m)
				high = max(high, int64(m.HeapAlloc)-before)
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	do()
	close(stop)
	return <-most
}

// FuzzXLSX lets the reader loose on sheets, texts and styles.
func FuzzXLSX(f *testing.F) {
	f.Add(fineSheet, `<sst><si><t>id</t></si></sst>`, `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" s="0"><v>1e300</v></c></row><row r="2"><c r="A2" s="0"><v>-1</v></c></row></sheetData></worksheet>`, `<sst/>`, `<styleSheet><numFmts><numFmt numFmtId="14" formatCode="[h"/></numFmts><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		if sheet == "-" || texts == "-" || styles == "-" {
			return
		}
		got, err := rowsOf("a.xlsx", book(t, "xl/worksheets/sheet1.xml", sheet, "xl/sharedStrings.xml", texts, "xl/styles.xml", styles), &Table{}, Options{MaxHeld: 32 << 20, MaxValue: 1 << 20})
		var bad *Error
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x00\x1b\n") {
			t.Fatalf("a message a terminal would obey: %q", err)
		}
		if err == nil && len(got) == 0 {
			t.Fatal("neither a header nor an error")
		}
	})
}
