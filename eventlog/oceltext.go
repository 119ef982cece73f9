package eventlog

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// readOCEL reads an object-centric log in JSON or XML whole, and then its cases.
func readOCEL(ctx context.Context, src *source, opt Options, ids *idSet, each func(worker int, b *Batch) error) (Stats, error) {
	o := NewObjects(src.name, opt.MaxHeld)
	t := &oceled{ctx: ctx, src: src, o: o, most: opt.MaxValue}
	var err error
	if src.format == formatOCELJSON {
		err = t.json()
	} else {
		err = t.xml()
	}
	o.bytes = src.bytes
	if err != nil {
		return Stats{Format: "ocel", Bytes: src.bytes}, err
	}
	return o.read(ctx, opt, ids, each)
}

// oceled reads the text of an OCEL log: it hands the text on to a decoder, checks it and counts lines on the way, and bounds
// what one element may demand.
type oceled struct {
	ctx   context.Context
	src   *source
	o     *Objects
	most  int // bytes of one element
	since int // bytes since the last element
	line  int // lines handed on
	part  [utf8.UTFMax]byte
	parts int // bytes of a rune that the last piece ended in
	bad   error
}

func (t *oceled) Read(p []byte) (int, error) {
	if t.bad != nil {
		return 0, t.bad
	}
	if t.bad = t.ctx.Err(); t.bad != nil {
		return 0, t.bad
	}
	n, err := t.src.Read(p)
	if bad := t.check(p[:n]); bad != nil {
		t.bad = bad
		return 0, bad
	}
	if t.since += n; t.since > t.most+1<<20 {
		t.bad = &Error{Name: t.src.name, Line: t.line + 1, What: "one element of more than " + bytesOf(t.most), Hint: "a closing quote or bracket may be missing"}
		return 0, t.bad
	}
	if err != nil && err != io.EOF {
		t.bad = err
	}
	return n, err
}

// check refuses what is not UTF-8; a rune may be cut by the end of a piece.
func (t *oceled) check(b []byte) error {
	for i := 0; i < len(b); {
		if t.parts > 0 {
			t.part[t.parts] = b[i]
			t.parts++
			i++
			if !utf8.FullRune(t.part[:t.parts]) {
				continue
			}
			if r, _ := utf8.DecodeRune(t.part[:t.parts]); r == utf8.RuneError && string(t.part[:t.parts]) != "\uFFFD" {
				return t.notText(t.part[0])
			}
			t.parts = 0
			continue
		}
		c := b[i]
		if c < utf8.RuneSelf {
			if c == '\n' {
				t.line++
			}
			if c == 0 {
				return t.notText(0)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			if utf8.FullRune(b[i:]) {
				return t.notText(c)
			}
			t.parts = copy(t.part[:], b[i:])
			return nil
		}
		i += size
	}
	return nil
}

func (t *oceled) notText(c byte) error {
	e := &Error{Name: t.src.name, Line: t.line + 1, What: "byte " + hex(c) + " is not valid UTF-8", Hint: "convert the file to UTF-8, for instance with iconv"}
	if c == 0 {
		e.What, e.Hint = "a NUL byte", "the file is damaged, or not UTF-8 text"
	}
	return e
}

// fail is what is wrong in the text, after the reader's own troubles.
func (t *oceled) fail(line int, what, hint string) error {
	if t.bad != nil && t.bad != io.EOF {
		return t.bad
	}
	return &Error{Name: t.src.name, Line: line, What: what, Hint: hint}
}

// jsonText is a value of an attribute: the schema says text, others write numbers and truth values.
type jsonText string

func (s *jsonText) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) > 0 && b[0] == '"':
		var text string
		err := json.Unmarshal(b, &text)
		*s = jsonText(text)
		return err
	case string(b) == "null":
		*s = ""
	case len(b) > 0 && (b[0] == '{' || b[0] == '['):
		return errors.New("a value is text, a number or a truth value, not a list or an object")
	default:
		*s = jsonText(b)
	}
	return nil
}

type jsonObject struct {
	ID, Type, Time string
	Attributes     []struct {
		Name, Time string
		Value      jsonText
	}
	Relationships []struct{ ObjectID, Qualifier string }
}

func (t *oceled) json() error {
	d := json.NewDecoder(t)
	seen := map[string]bool{}
	line := func() int { return t.lineAt(d) }
	if err := t.delim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return t.jsonError(err, line())
		}
		name, _ := key.(string)
		if seen[name] {
			return t.fail(line(), "the key "+quote(name)+" occurs twice", "")
		}
		seen[name] = true
		if name != "objects" && name != "events" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return t.jsonError(err, line())
			}
			t.since = 0
			continue
		}
		if err := t.delim(d, '['); err != nil {
			return err
		}
		for d.More() {
			var x jsonObject
			if err := d.Decode(&x); err != nil {
				return t.jsonError(err, line())
			}
			t.since = 0
			var err error
			if name == "objects" {
				err = t.jsonObject(&x)
			} else {
				err = t.jsonEvent(&x)
			}
			if err != nil {
				return err
			}
		}
		if err := t.delim(d, ']'); err != nil {
			return err
		}
	}
	if err := t.delim(d, '}'); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return t.fail(line(), "something follows the end of the JSON", "the file is damaged, or was joined with another")
	}
	if !seen["objects"] || !seen["events"] {
		if seen["ocel:events"] || seen["ocel:global-log"] {
			return t.fail(0, "this is OCEL 1.0", "OCEL 2.0 is read")
		}
		return t.fail(0, "JSON, but not OCEL 2.0: it lacks objects or events", "OCEL 2.0 is the JSON that is read")
	}
	return nil
}

func (t *oceled) jsonObject(x *jsonObject) error {
	if err := t.o.Object(x.ID, x.Type); err != nil {
		return err
	}
	for _, a := range x.Attributes {
		if err := t.o.Value(x.ID, a.Name, string(a.Value), a.Time); err != nil {
			return err
		}
	}
	return nil
}

func (t *oceled) jsonEvent(x *jsonObject) error {
	var data []Field
	for _, a := range x.Attributes {
		data = append(data, Field{a.Name, string(a.Value), String})
	}
	if err := t.o.Event(x.ID, x.Type, x.Time, data); err != nil {
		return err
	}
	for _, r := range x.Relationships {
		if err := t.o.Relate(x.ID, r.ObjectID, r.Qualifier); err != nil {
			return err
		}
	}
	return nil
}

func (t *oceled) delim(d *json.Decoder, want rune) error {
	tok, err := d.Token()
	if err != nil {
		return t.jsonError(err, t.lineAt(d))
	}
	if tok != json.Delim(want) {
		return t.fail(t.lineAt(d), fmt.Sprintf("%q is expected here", want), "is it an OCEL 2.0 file?")
	}
	return nil
}

// lineAt is the line of the decoder: those handed on, less those it holds.
func (t *oceled) lineAt(d *json.Decoder) int {
	rest, _ := io.ReadAll(io.LimitReader(d.Buffered(), 64<<20))
	return 1 + t.line - strings.Count(string(rest), "\n")
}

func (t *oceled) jsonError(err error, line int) error {
	var typed *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return t.fail(line, "the JSON ends too soon", "the file is incomplete: fetch it again")
	case errors.As(err, &typed):
		return t.fail(line, "a "+typed.Value+" stands where "+typed.Type.Kind().String()+" is expected, under "+quote(typed.Field), "is it an OCEL 2.0 file?")
	}
	return t.fail(line, "not JSON: "+err.Error(), "the file is damaged")
}

type xmlObject struct {
	ID         string `xml:"id,attr"`
	Type       string `xml:"type,attr"`
	Time       string `xml:"time,attr"`
	Attributes []struct {
		Name  string `xml:"name,attr"`
		Time  string `xml:"time,attr"`
		Value string `xml:",chardata"`
	} `xml:"attributes>attribute"`
	Relations []xmlRelation `xml:"objects>relationship"`
	Objects   []xmlRelation `xml:"objects>object"` // as the standard's schema calls them
}

type xmlRelation struct {
	Object    string `xml:"object-id,attr"`
	Qualifier string `xml:"qualifier,attr"`
}

func (t *oceled) xml() error {
	d := xml.NewDecoder(t)
	line := func() int { n, _ := d.InputPos(); return n }
	var path []string
	ended := false
	for {
		tok, err := d.Token()
		if err == io.EOF && ended {
			return nil
		}
		if err != nil {
			return t.xmlError(err, line())
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return t.fail(line(), "a document type or declaration", "remove it: only plain XML is read")
		case xml.CharData:
			if strings.TrimSpace(string(tok)) != "" {
				return t.fail(line(), "text between elements", "the file is damaged")
			}
		case xml.EndElement:
			path = path[:len(path)-1]
			ended = len(path) == 0
		case xml.StartElement:
			name := tok.Name.Local
			switch {
			case ended || len(path) == 0 && name != "log":
				return t.fail(line(), "element "+quote(name)+" where <log> is expected, once", "is it an OCEL 2.0 file?")
			case len(path) == 2 && (path[1] == "objects" && name == "object" || path[1] == "events" && name == "event"):
				var x xmlObject
				at := line()
				if err := d.DecodeElement(&x, &tok); err != nil {
					return t.xmlError(err, line())
				}
				if err := t.xmlOne(&x, name, at); err != nil {
					return err
				}
				t.since = 0
			case len(path) == 2 && (path[1] == "objects" || path[1] == "events"):
				return t.fail(line(), "element "+quote(name)+" among the "+path[1], "is it an OCEL 2.0 file?")
			case len(path) >= maxDepth:
				return t.fail(line(), "elements nested too deep", "")
			default:
				path = append(path, name)
				if len(path) <= 3 {
					t.since = 0
				}
			}
		}
	}
}

func (t *oceled) xmlOne(x *xmlObject, name string, line int) (err error) {
	defer func() {
		var bad *Error
		if errors.As(err, &bad) && bad.Line == 0 {
			bad.Line = line
		}
	}()
	if name == "object" {
		if err := t.o.Object(x.ID, x.Type); err != nil {
			return err
		}
		for _, a := range x.Attributes {
			if err := t.o.Value(x.ID, a.Name, a.Value, a.Time); err != nil {
				return err
			}
		}
		return nil
	}
	var data []Field
	for _, a := range x.Attributes {
		data = append(data, Field{a.Name, a.Value, String})
	}
	if err := t.o.Event(x.ID, x.Type, x.Time, data); err != nil {
		return err
	}
	for _, r := range append(x.Relations, x.Objects...) {
		if err := t.o.Relate(x.ID, r.Object, r.Qualifier); err != nil {
			return err
		}
	}
	return nil
}

func (t *oceled) xmlError(err error, line int) error {
	var bad *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.As(err, &bad) && bad.Msg == "unexpected EOF":
		return t.fail(line, "the XML ends too soon", "the file is incomplete: fetch it again")
	case bad != nil:
		return t.fail(bad.Line, "not XML: "+bad.Msg, "the file is damaged")
	}
	return t.fail(line, "not XML: "+err.Error(), "the file is damaged")
}
