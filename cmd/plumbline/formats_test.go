package main

import (
	"archive/zip"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/simplifiedchinese"
	_ "modernc.org/sqlite"

	"plumbline/eventlog"
)

// makers are commands of the test scripts: they make files of the binary formats from text.
func makers() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"sqlite":  sqliteFile,
		"xlsx":    xlsxFile,
		"parquet": parquetFile,
		"gbk":     gbkFile,
	}
}

// sqlite DATABASE FILE... runs the statements in the files on a database.
func sqliteFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sqlite DATABASE FILE...")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	for _, file := range args[1:] {
		_, err = db.Exec(ts.ReadFile(file))
		ts.Check(err)
	}
	ts.Check(db.Close())
}

func tableOf(ts *testscript.TestScript, file string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(file))).ReadAll()
	ts.Check(err)
	return rows
}

// xlsx FILE SHEET=CSV... writes a workbook of sheets. A cell that is a date is one in the workbook too.
func xlsxFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: xlsx FILE SHEET=CSV...")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	put := func(name, text string) {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = w.Write([]byte(text))
		ts.Check(err)
	}
	var sheets, relations strings.Builder
	for i, arg := range args[1:] {
		name, file, _ := strings.Cut(arg, "=")
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="s%d"/>`, name, i+1, i)
		fmt.Fprintf(&relations, `<Relationship Id="s%d" Type="http://x/worksheet" Target="worksheets/sheet%d.xml"/>`, i, i)
		var b strings.Builder
		b.WriteString(`<worksheet><sheetData>`)
		for _, row := range tableOf(ts, file) {
			b.WriteString("<row>")
			for _, cell := range row {
				if at, err := time.Parse("2006-01-02 15:04", cell); err == nil {
					fmt.Fprintf(&b, `<c s="1"><v>%.9f</v></c>`, at.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours()/24)
					continue
				}
				b.WriteString(`<c t="inlineStr"><is><t>`)
				ts.Check(xml.EscapeText(&b, []byte(cell)))
				b.WriteString(`</t></is></c>`)
			}
			b.WriteString("</row>")
		}
		b.WriteString(`</sheetData></worksheet>`)
		put(fmt.Sprintf("xl/worksheets/sheet%d.xml", i), b.String())
	}
	put("_rels/.rels", `<Relationships><Relationship Id="w" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	put("xl/workbook.xml", `<workbook xmlns:r="http://x/r"><sheets>`+sheets.String()+`</sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="f" Type="http://x/styles" Target="styles.xml"/>`+relations.String()+`</Relationships>`)
	put("xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`)
	ts.Check(z.Close())
	ts.Check(f.Close())
}

// parquet FILE CSV writes a table; a column called NAME:timestamp holds times.
func parquetFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: parquet FILE CSV")
	}
	rows := tableOf(ts, args[1])
	group := parquet.Group{}
	for _, column := range rows[0] {
		name, timed := strings.CutSuffix(column, ":timestamp")
		if group[name] = parquet.Optional(parquet.String()); timed {
			group[name] = parquet.Optional(parquet.Timestamp(parquet.Microsecond))
		}
	}
	schema := parquet.NewSchema("table", group)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := parquet.NewWriter(f, schema)
	for _, row := range rows[1:] {
		cells := make(parquet.Row, len(row))
		for i, v := range row {
			name, timed := strings.CutSuffix(rows[0][i], ":timestamp")
			leaf, _ := schema.Lookup(name)
			switch {
			case v == "":
				cells[leaf.ColumnIndex] = parquet.NullValue().Level(0, 0, leaf.ColumnIndex)
			case timed:
				at, err := time.Parse("2006-01-02 15:04", v)
				ts.Check(err)
				cells[leaf.ColumnIndex] = parquet.ValueOf(at.UnixMicro()).Level(0, 1, leaf.ColumnIndex)
			default:
				cells[leaf.ColumnIndex] = parquet.ValueOf(v).Level(0, 1, leaf.ColumnIndex)
			}
		}
		_, err := w.WriteRows([]parquet.Row{cells})
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(f.Close())
}

// gbk FILE... writes files again in GBK.
func gbkFile(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		text, err := simplifiedchinese.GBK.NewEncoder().String(ts.ReadFile(file))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
	}
}

// A table that changes while it is read is noticed, in every format, and also when it is another of the tables that is being read.
func TestATableThatChangesWhileItIsReadIsNoticed(t *testing.T) {
	const table = "id,what,when\n1,Create Fine,2010-01-01\n"
	for _, change := range []struct {
		name string
		do   func(path string) error
	}{
		{"it grows", func(path string) error { return os.WriteFile(path, []byte(table+"2,Create Fine,2010-01-02\n"), 0o600) }},
		{"another takes its place", func(path string) error {
			if err := os.WriteFile(path+".new", []byte(table), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}},
		{"it goes", os.Remove},
	} {
		t.Run(change.name, func(t *testing.T) {
			dir := t.TempDir()
			var paths []string
			for _, name := range []string{"a.csv", "b.csv"} {
				paths = append(paths, filepath.Join(dir, name))
				if err := os.WriteFile(paths[len(paths)-1], []byte(table), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			read := func(r io.Reader, m *eventlog.Mapping) error {
				_, err := eventlog.Read(context.Background(), r, "log", eventlog.Options{Map: m}, func(int, *eventlog.Batch) error { return nil })
				return err
			}
			m := &eventlog.Mapping{Case: "id", Act: "what", Time: "when"}
			one, err := openFile(paths[1])
			if err != nil {
				t.Fatal(err)
			}
			// Of two files the first changes when the second is opened.
			files := &eventlog.Files{Name: dir, Files: []eventlog.File{fileAt(paths[0]), {Name: paths[1], Open: func() (io.ReadCloser, error) {
				if err := change.do(paths[0]); err != nil {
					return nil, err
				}
				return openFile(paths[1])
			}}}}
			joined := &eventlog.Mapping{Tables: []*eventlog.Table{
				{Name: "a", Files: []string{"a.csv"}, Case: "id"},
				{Name: "b", Files: []string{"b.csv"}, Case: "id", Events: []eventlog.TableEvent{{ActFrom: "what", Time: "when"}}},
			}}
			if err := read(files, joined); err == nil || !strings.Contains(err.Error(), "a.csv: the file changed while it was read") {
				t.Error(err)
			}
			if err := change.do(paths[1]); err != nil {
				t.Fatal(err)
			}
			if err := read(one, m); err == nil || !strings.Contains(err.Error(), "b.csv: the file changed while it was read") {
				t.Error(err)
			}
		})
	}
}
