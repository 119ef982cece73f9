package eventlog

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

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
	r.sheets = names
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
