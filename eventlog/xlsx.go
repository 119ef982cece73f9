package eventlog

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// xlsxRows reads one sheet of an XLSX workbook row by row. Held are the workbook's shared texts and its number formats, at
// most Options.MaxHeld; the sheet itself streams. The header is the first row that holds anything; empty rows are passed over.
// A cell that a spreadsheet would show as a date is told as in ISO 8601, any other number as plainly as it can be.
type xlsxRows struct {
	name   string
	files  map[string]*zip.File
	budget budget
	value  int // bytes of one value at most

	texts  []string
	dates  []dateFormat // by style
	from04 bool         // days count from 1904

	sheets []string // names of all
	sheet  *packedPart
	d      *xml.Decoder
	line   int64 // of the row read last
	names  []string
	values []string
	seen   []bool
}

const (
	maxSheetRows    = 1 << 20 // of a sheet, as the format has it
	maxSheetColumns = 1 << 14
	maxSheetRow     = 4 << 20 // bytes of XML of one row, or one text
	maxDirectory    = 8 << 20 // bytes of the zip's table of contents
	maxPart         = 256 << 20
	maxPartRatio    = 200 // times its packed size that a larger part may unpack to
)

func openXLSX(s *source, t *Table, opt Options) (*xlsxRows, error) {
	at, size, err := s.random()
	if err != nil {
		return nil, err
	}
	s.bytes = size
	r := &xlsxRows{name: s.name, files: map[string]*zip.File{}, budget: budget{most: opt.MaxHeld}, value: opt.MaxValue}
	directory := &countedAt{at, maxDirectory}
	z, err := zip.NewReader(directory, size)
	switch {
	case directory.left < 0:
		return nil, r.fail("a ZIP with too large a table of contents", "")
	case err != nil:
		return nil, r.fail("the ZIP cannot be opened: "+err.Error(), damaged)
	}
	directory.left = 1 << 62
	for _, f := range z.File {
		name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/")
		if _, twice := r.files[name]; twice {
			return nil, r.fail("the workbook holds "+quote(name)+" twice", damaged)
		}
		r.files[name] = f
	}
	sheet, err := r.workbook(t.Sheet)
	if err != nil {
		return nil, err
	}
	if r.sheet, err = r.open(sheet); err != nil {
		return nil, err
	}
	r.d = xml.NewDecoder(r.sheet)
	if err := r.header(); err != nil {
		return nil, err
	}
	return r, nil
}

// countedAt stops reading after so many bytes.
type countedAt struct {
	io.ReaderAt
	left int64
}

func (c *countedAt) ReadAt(p []byte, off int64) (int, error) {
	if c.left -= int64(len(p)); c.left < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return c.ReaderAt.ReadAt(p, off)
}

func (r *xlsxRows) fail(what, hint string) *Error {
	return &Error{Name: r.name, Line: int(r.line), What: what, Hint: hint}
}

// header reads the first row that holds anything.
func (r *xlsxRows) header() error {
	r.seen, r.values = make([]bool, maxSheetColumns), make([]string, maxSheetColumns)
	last, err := r.row()
	if err == io.EOF {
		return r.fail("the sheet is empty", "say in the mapping which sheet: NAME holds the table")
	}
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i := range last + 1 {
		name := strings.TrimSpace(r.values[i])
		if name == "" {
			name = "column " + strconv.Itoa(i+1)
		}
		if j, twice := at[name]; twice {
			return r.fail("columns "+columnName(j)+" and "+columnName(i)+" are both called "+quote(name), "")
		}
		at[name] = i
		r.names = append(r.names, name)
	}
	return nil
}

func (r *xlsxRows) Columns() []string { return r.names }

func (r *xlsxRows) Next() ([]string, int64, error) {
	last, err := r.row()
	if err != nil {
		return nil, 0, err
	}
	if last >= len(r.names) {
		return nil, 0, r.fail("cell "+columnName(last)+strconv.FormatInt(r.line, 10)+" holds "+quote(r.values[last])+", but its column has no name in the header", "name the column, or clear the cell")
	}
	return r.values[:len(r.names)], r.line, nil
}

// row reads the next row that holds anything, and gives its last column that does.
func (r *xlsxRows) row() (last int, err error) {
	for {
		r.sheet.since = 0
		tok, err := r.d.Token()
		if err == io.EOF {
			return 0, io.EOF
		}
		if err != nil {
			return 0, r.xmlError(r.sheet, err)
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return 0, r.fail("a document type in the sheet", "no spreadsheet program writes one")
		case xml.StartElement:
			if tok.Name.Local == "row" {
				if last, err = r.cells(&tok); err != nil || last >= 0 {
					return last, err
				}
			} else if tok.Name.Local != "worksheet" && tok.Name.Local != "sheetData" {
				if err := r.skip(); err != nil {
					return 0, err
				}
			}
		}
	}
}

// skip passes over what stands in the element begun last.
func (r *xlsxRows) skip() error {
	for depth := 1; depth > 0; {
		tok, err := r.d.Token()
		if err != nil {
			return r.xmlError(r.sheet, err)
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return r.fail("elements nested too deep", damaged)
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

func (r *xlsxRows) cells(row *xml.StartElement) (last int, err error) {
	n := r.line + 1
	if s := attribute(row, "r"); s != "" {
		if n, err = strconv.ParseInt(s, 10, 32); err != nil || n <= r.line {
			return 0, r.fail("row "+quote(s)+" follows row "+strconv.FormatInt(r.line, 10), damaged)
		}
	}
	if n > maxSheetRows {
		return 0, r.fail("more rows than a sheet has", damaged)
	}
	r.line = n
	width := len(r.values)
	if r.names != nil {
		width = len(r.names)
	}
	clear(r.values[:width])
	clear(r.seen)
	last = -1
	column := -1
	for {
		tok, err := r.d.Token()
		if err != nil {
			return 0, r.xmlError(r.sheet, err)
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			return last, nil
		case xml.StartElement:
			if tok.Name.Local != "c" {
				if err := r.skip(); err != nil {
					return 0, err
				}
				continue
			}
			column++
			if ref := attribute(&tok, "r"); ref != "" {
				var ok bool
				if column, ok = columnOf(ref, n); !ok {
					return 0, r.fail("a cell "+quote(ref)+" in row "+strconv.FormatInt(n, 10), damaged)
				}
			}
			if column >= maxSheetColumns || r.seen[column] {
				return 0, r.fail("cell "+columnName(column)+strconv.FormatInt(n, 10)+" stands twice, or beyond the sheet", damaged)
			}
			r.seen[column] = true
			v, err := r.cell(&tok, column)
			if err != nil {
				return 0, err
			}
			if r.values[column] = v; v != "" {
				last = max(last, column)
			}
		}
	}
}

// cell reads one cell's value as text.
func (r *xlsxRows) cell(c *xml.StartElement, column int) (string, error) {
	var value, inline []byte
	formula, valued := false, false
	var path []string
	for done := false; !done; {
		tok, err := r.d.Token()
		if err != nil {
			return "", r.xmlError(r.sheet, err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if path = append(path, tok.Name.Local); len(path) > maxDepth {
				return "", r.fail("elements nested too deep", damaged)
			}
			formula = formula || len(path) == 1 && path[0] == "f"
			valued = valued || len(path) == 1 && path[0] == "v"
		case xml.EndElement:
			if done = len(path) == 0; !done {
				path = path[:len(path)-1]
			}
		case xml.CharData:
			switch {
			case len(path) == 1 && path[0] == "v":
				value = append(value, tok...)
			case len(path) > 1 && path[0] == "is" && path[len(path)-1] == "t" && !slices.Contains(path, "rPh"):
				inline = append(inline, tok...)
			}
		}
	}
	where := "cell " + columnName(column) + strconv.FormatInt(r.line, 10)
	if len(value) > r.value || len(inline) > r.value {
		return "", r.fail(where+" holds more than "+bytesOf(r.value), "")
	}
	kind := attribute(c, "t")
	if formula && !valued && kind != "inlineStr" {
		return "", r.fail(where+" holds a formula without its result", "open the file in a spreadsheet program and save it: formulas are not computed here")
	}
	text := string(value)
	switch kind {
	case "s":
		k, err := strconv.Atoi(strings.TrimSpace(text))
		if text == "" {
			return "", nil
		}
		if err != nil || k < 0 || k >= len(r.texts) {
			return "", r.fail(where+" names text "+quote(text)+", of "+strconv.Itoa(len(r.texts)), damaged)
		}
		text = r.texts[k]
	case "inlineStr":
		text = string(inline)
	case "b":
		switch text {
		case "1":
			text = "true"
		case "0":
			text = "false"
		}
	case "str", "e", "d":
	case "", "n":
		if text = strings.TrimSpace(text); text == "" {
			return "", nil
		}
		style, _ := strconv.Atoi(attribute(c, "s"))
		var ok bool
		if text, ok = r.number(text, style); !ok {
			return "", r.fail(where+" holds "+quote(string(value))+", which is not a number", damaged)
		}
	default:
		return "", r.fail(where+" is of the unknown kind "+quote(kind), damaged)
	}
	if bad := checkText([]byte(text)); bad != nil {
		return "", r.fail(where+": "+bad.What, damaged)
	}
	return text, nil
}

// columnOf reads the column of a reference such as AB12 in row 12, from 0.
func columnOf(ref string, row int64) (int, bool) {
	n := 0
	i := 0
	for ; i < len(ref) && 'A' <= ref[i] && ref[i] <= 'Z' && n < maxSheetColumns; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	return n - 1, n > 0 && n <= maxSheetColumns && ref[i:] == strconv.FormatInt(row, 10)
}

func columnName(n int) string {
	name := ""
	for n++; n > 0; n = (n - 1) / 26 {
		name = fmt.Sprintf("%c", 'A'+(n-1)%26) + name
	}
	return name
}
