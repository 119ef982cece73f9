package eventlog

import (
	"archive/zip"
	"encoding/xml"
	"errors"
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

// packedPart is a file of the workbook being unpacked.
type packedPart struct {
	io.Reader
	rows  *xlsxRows
	name  string
	left  int64 // bytes that may still come
	since int   // bytes since the last row or text
	bad   error
}

func (r *xlsxRows) open(name string) (*packedPart, error) {
	f := r.files[name]
	if f == nil {
		return nil, r.fail("the workbook lacks "+quote(name), damaged)
	}
	in, err := f.Open()
	if err != nil {
		return nil, r.fail(quote(name)+" cannot be unpacked: "+err.Error(), damaged)
	}
	packed := int64(min(f.CompressedSize64, 1<<50))
	return &packedPart{Reader: in, rows: r, name: name, left: max(maxPart, maxPartRatio*packed)}, nil
}

func (p *packedPart) Read(b []byte) (int, error) {
	if p.bad != nil {
		return 0, p.bad
	}
	n, err := p.Reader.Read(b)
	p.left -= int64(n)
	p.since += n
	switch {
	case p.left < 0:
		p.bad = p.rows.fail(quote(p.name)+" unpacks to more than "+strconv.Itoa(maxPartRatio)+" times its size", "no table does that: is it a trap?")
	case p.since > maxSheetRow:
		p.bad = p.rows.fail("one row or text of more than "+bytesOf(maxSheetRow)+" in "+quote(p.name), "no table has that: is it a trap?")
	case err != nil && err != io.EOF:
		p.bad = p.rows.fail(quote(p.name)+" cannot be unpacked: "+err.Error(), damaged)
	default:
		return n, err
	}
	return 0, p.bad
}

// each walks over a part: start is called for each element with the path to it, text with what stands in it.
func (r *xlsxRows) each(name string, start func(path []string, e *xml.StartElement) error, end func(path []string) error, text func(path []string, s []byte) error) error {
	p, err := r.open(name)
	if err != nil {
		return err
	}
	d := xml.NewDecoder(p)
	var path []string
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return r.xmlError(p, err)
		}
		p.since = 0
		switch tok := tok.(type) {
		case xml.Directive:
			return r.fail("a document type in "+quote(name), "no spreadsheet program writes one")
		case xml.StartElement:
			if path = append(path, tok.Name.Local); len(path) > maxDepth {
				return r.fail("elements nested too deep in "+quote(name), damaged)
			}
			err = start(path, &tok)
		case xml.EndElement:
			if end != nil {
				err = end(path)
			}
			path = path[:len(path)-1]
		case xml.CharData:
			if text != nil {
				err = text(path, tok)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (r *xlsxRows) xmlError(p *packedPart, err error) error {
	var bad *xml.SyntaxError
	switch {
	case p.bad != nil:
		return p.bad
	case errors.As(err, &bad):
		return r.fail("not XML in "+quote(p.name)+": "+bad.Msg, damaged)
	}
	return r.fail("not XML in "+quote(p.name)+": "+err.Error(), damaged)
}

func attribute(e *xml.StartElement, name string) string {
	for i := range e.Attr {
		if e.Attr[i].Name.Local == name {
			return e.Attr[i].Value
		}
	}
	return ""
}

// xlsxPart is what a relation of the workbook leads to.
type xlsxPart struct{ kind, target string }

// relations reads where the parts of a part lie, by their ids.
func (r *xlsxRows) relations(of string) (map[string]xlsxPart, error) {
	found := map[string]xlsxPart{}
	dir, base := path.Split(of)
	err := r.each(dir+"_rels/"+base+".rels", func(p []string, e *xml.StartElement) error {
		if len(p) == 2 && p[1] == "Relationship" && attribute(e, "TargetMode") != "External" {
			target := attribute(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/", dir, target)
			}
			if len(found) >= maxSheetColumns {
				return r.fail("too many parts", damaged)
			}
			found[attribute(e, "Id")] = xlsxPart{path.Base(attribute(e, "Type")), strings.TrimPrefix(path.Clean(target), "/")}
		}
		return nil
	}, nil, nil)
	return found, err
}

// workbook reads what the sheets have in common, and finds the one wanted.
func (r *xlsxRows) workbook(want string) (sheet string, err error) {
	if r.files["_rels/.rels"] == nil {
		return "", r.fail("a ZIP, but not an XLSX workbook", "unpack it, and give the files within")
	}
	top, err := r.relations("")
	if err != nil {
		return "", err
	}
	book := ""
	for _, x := range top {
		if x.kind == "officeDocument" {
			book = x.target
		}
	}
	if ext := path.Ext(book); ext != ".xml" {
		return "", r.fail("not an XLSX workbook, though packed like one", "save it as .xlsx")
	}
	parts, err := r.relations(book)
	if err != nil {
		return "", err
	}
	var names, targets []string
	err = r.each(book, func(p []string, e *xml.StartElement) error {
		switch name := p[len(p)-1]; {
		case len(p) == 1 && name != "workbook":
			return r.fail("an office document, but not a workbook", "save the table as .xlsx")
		case len(p) == 2 && name == "workbookPr":
			r.from04 = attribute(e, "date1904") == "1" || attribute(e, "date1904") == "true"
		case len(p) == 3 && name == "sheet":
			id := ""
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					id = a.Value
				}
			}
			if x := parts[id]; x.kind == "worksheet" && len(names) < maxSheetColumns {
				names, targets = append(names, attribute(e, "name")), append(targets, x.target)
			}
		}
		return nil
	}, nil, nil)
	if err != nil {
		return "", err
	}
	k := 0
	if want != "" {
		k = slices.Index(names, want)
	}
	switch {
	case len(names) == 0:
		return "", r.fail("the workbook has no sheet of cells", "")
	case k < 0:
		return "", r.fail("no sheet "+quote(want)+", which the mapping names", nearestHint(want, names))
	}
	for _, id := range sortedRelations(parts) {
		switch x := parts[id]; x.kind {
		case "sharedStrings":
			err = r.sharedTexts(x.target)
		case "styles":
			err = r.styles(x.target)
		}
		if err != nil {
			return "", err
		}
	}
	return targets[k], nil
}

func sortedRelations(m map[string]xlsxPart) []string {
	var ids []string
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// sharedTexts reads the texts that cells name by number. Of rich text the runs are joined; phonetic hints are left out.
func (r *xlsxRows) sharedTexts(name string) error {
	var b []byte
	return r.each(name, func(p []string, e *xml.StartElement) error {
		if len(p) == 2 && p[1] == "si" {
			b = b[:0]
		}
		return nil
	}, func(p []string) error {
		if len(p) == 2 && p[1] == "si" {
			if !r.budget.take(len(b) + 40) {
				return r.fail("the texts of the workbook take more than "+bytesOf(int(r.budget.most))+" of memory", "give a part of the table, or a CSV")
			}
			r.texts = append(r.texts, string(b))
		}
		return nil
	}, func(p []string, s []byte) error {
		if len(p) >= 3 && p[len(p)-1] == "t" && !slices.Contains(p, "rPh") {
			b = append(b, s...)
			if len(b) > r.value {
				return r.fail("a text of more than "+bytesOf(r.value), "")
			}
		}
		return nil
	})
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
		r.sheet.since = 0
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
