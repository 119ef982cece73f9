package eventlog

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"plumbline/calendar"
)

// Mapping says which column of a CSV, or which attribute key of an XES, means what. In YAML:
//
//	case: case:concept:name             # the identifier of the case
//	act: concept:name                   # what was done
//	time: time:timestamp                # when
//	layout: DD.MM.YYYY hh:mm            # of the times, if they are not written as in ISO 8601; see below
//	zone: Europe/Rome                   # for times without offset
//	person: org:resource                # who
//	post: org:role                      # in which role
//	unit: org:group                     # of which organ
//	lifecycle: lifecycle:transition     # then only the step "complete" counts as an act
//	data: {amount: amount}              # name -> column; without data every other column, under its own name
//	acts: {"Create Fine": create}       # other names for activities
//	encoding: gb18030                   # of a CSV that is not UTF-8
//	sheet: 2025                         # of an XLSX; else its first
//
// Only case, act and time are needed; of an OCEL log only case: {type: T}, the type of the objects that are the
// cases, and that only where it has several. With tables: in place of case, act and time a mapping joins several
// tables: see [Table].
//
// A layout is made of YYYY MM DD hh mm ss (M, D, h for one digit or two), f
// for the digits of a fraction, and Z for an offset; all else but letters and digits stands for itself.
//
// A name that begins with case: means, as in the CSV that pm4py writes, something of the case as a whole. In CSV
// it is a column, repeated on every row of the case; in XES it is an attribute of the trace, without the prefix.
// So one mapping serves both forms of a log.
//
// With lifecycle, events of another step (in any case of letters) are passed over and counted in
// Stats.OtherSteps; an event that names no step counts as an act, for most logs that lack it record only what
// was completed.
type Mapping struct {
	Case, Act, Time    string
	CaseType           string // of the objects of an OCEL log that are the cases
	Layout             string
	Zone               *calendar.Zone // nil: none given
	Person, Post, Unit string
	Lifecycle          string
	Data               map[string]string // name -> column; nil: every column that has no other meaning
	Acts               map[string]string // name in the log -> name handed on
	Encoding           string            // of a CSV: "" (UTF-8), "gb18030" or "utf-16"
	Sheet              string            // of an XLSX
	Tables             []*Table          // in the order of the file; then Case, Act, Time and the like are empty
}

const maxMapping = 1 << 20

// ParseMapping reads a mapping file; name serves in messages. It knows every key it accepts: a word misspelt is
// an *Error with its line, not a default.
func ParseMapping(name string, text []byte) (m *Mapping, err error) {
	p := mappingParser{name: name}
	if len(text) > maxMapping {
		return nil, &Error{Name: name, What: "a mapping of more than " + bytesOf(maxMapping)}
	}
	// The YAML parser is a library that reads what strangers wrote: should it stumble, the file is refused.
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, &Error{Name: name, What: fmt.Sprintf("the YAML cannot be read: %v", r)}
		}
	}()
	file, perr := parser.ParseBytes(text, 0)
	if perr != nil {
		return nil, p.syntax(perr)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, p.fail(doc.Body, "a second document", "a mapping is one")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, &Error{Name: name, What: "the mapping is empty", Hint: "case, act and time are needed"}
	}
	p.m = &Mapping{}
	if e := p.mapping(body); e != nil {
		return nil, e
	}
	return p.m, nil
}

type mappingParser struct {
	name string
	m    *Mapping
}

func (p *mappingParser) fail(n ast.Node, what, hint string) *Error {
	e := &Error{Name: p.name, What: what, Hint: hint}
	if t := n.GetToken(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

func (p *mappingParser) syntax(err error) *Error {
	e := &Error{Name: p.name, What: "not YAML: " + err.Error(), Err: err}
	var at yaml.Error
	if errors.As(err, &at) {
		e.What = "not YAML: " + at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			e.Line, e.Column = t.Position.Line, t.Position.Column
		}
	}
	return e
}

var mappingKeys = []string{"case", "act", "time", "layout", "zone", "person", "post", "unit", "lifecycle", "data", "acts", "encoding", "sheet", "tables"}

func (p *mappingParser) mapping(body ast.Node) *Error {
	pairs, err := p.pairs(body)
	if err != nil {
		return err
	}
	m := p.m
	texts := map[string]*string{
		"case": &m.Case, "act": &m.Act, "time": &m.Time, "layout": &m.Layout, "person": &m.Person,
		"post": &m.Post, "unit": &m.Unit, "lifecycle": &m.Lifecycle, "sheet": &m.Sheet,
	}
	for _, kv := range pairs {
		key, err := p.text(kv.Key)
		if err != nil {
			return err
		}
		if typed, bad := p.caseType(key, kv.Value); typed || bad != nil {
			if bad != nil {
				return bad
			}
			continue
		}
		if into := texts[key]; into != nil {
			if *into, err = p.text(kv.Value); err != nil {
				return err
			}
			if key == "layout" && *into != "" {
				if _, bad := parseLayout(*into); bad != nil {
					return p.fail(kv.Value, bad.Error(), "")
				}
			}
			continue
		}
		switch key {
		case "zone":
			name, err := p.text(kv.Value)
			if err != nil {
				return err
			}
			if name == "" {
				continue
			}
			zone, bad := calendar.LoadZone(name)
			if bad != nil {
				return p.fail(kv.Value, bad.Error(), "")
			}
			m.Zone = zone
		case "data":
			if m.Data, err = p.table(kv.Value); err != nil {
				return err
			}
			names := map[string]string{}
			for _, name := range sortedKeys(m.Data) {
				column := m.Data[name]
				if names[column] != "" {
					return p.fail(kv.Value, "column "+quote(column)+" is taken twice, as "+quote(names[column])+" and "+quote(name), "")
				}
				names[column] = name
			}
		case "acts":
			if m.Acts, err = p.table(kv.Value); err != nil {
				return err
			}
		case "encoding":
			if m.Encoding, err = p.encoding(kv.Value); err != nil {
				return err
			}
		case "tables":
			if err := p.tables(kv.Value); err != nil {
				return err
			}
		default:
			return p.fail(kv.Key, "unknown key "+quote(key), nearestHint(key, mappingKeys))
		}
	}
	if m.Tables != nil {
		for _, kv := range pairs {
			if key := kv.Key.GetToken().Value; !slices.Contains([]string{"tables", "zone", "acts"}, key) {
				return p.fail(kv.Key, "beside tables there is no "+key, "it belongs to a table, or to one of its events")
			}
		}
		return nil
	}
	if m.CaseType != "" {
		return nil
	}
	for _, need := range mappingKeys[:3] {
		if *texts[need] == "" {
			return p.fail(body, "the mapping does not say what is the "+need, "case, act and time are needed")
		}
	}
	return nil
}

// caseType reads case: {type: T}; typed is false for any other value.
func (p *mappingParser) caseType(key string, n ast.Node) (typed bool, err *Error) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		return false, nil
	}
	if key != "case" {
		return false, nil
	}
	t, err := p.table(n)
	if err != nil {
		return false, err
	}
	if len(t) != 1 || t["type"] == "" {
		return false, p.fail(n, "the case is a column, or the objects of one type", "as in case: case_no, or case: {type: Case}")
	}
	p.m.CaseType = t["type"]
	return true, nil
}

// pairs gives the entries of a YAML mapping. Anchors, aliases, tags and merges are refused: a mapping is read by
// people, who should see what it says where it says it.
func (p *mappingParser) pairs(n ast.Node) ([]*ast.MappingValueNode, *Error) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return nil, p.fail(n, "names with values are expected here", "as in name: column")
	}
	seen := make(map[string]bool, len(pairs))
	for _, kv := range pairs {
		key, err := p.text(kv.Key)
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, p.fail(kv.Key, "key "+quote(key)+" occurs twice", "")
		}
		seen[key] = true
	}
	return pairs, nil
}

func (p *mappingParser) text(n ast.Node) (string, *Error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil // a column may be called 12 or yes
	case *ast.NullNode:
		return "", nil
	}
	return "", p.fail(n, "plain text is expected here", "")
}

func (p *mappingParser) table(n ast.Node) (map[string]string, *Error) {
	table := map[string]string{}
	if _, ok := n.(*ast.NullNode); ok {
		return nil, nil
	}
	pairs, err := p.pairs(n)
	if err != nil {
		return nil, err
	}
	for _, kv := range pairs {
		key, err := p.text(kv.Key)
		if err != nil {
			return nil, err
		}
		value, err := p.text(kv.Value)
		if err != nil {
			return nil, err
		}
		if key == "" || value == "" {
			return nil, p.fail(kv.Key, "an empty name", "")
		}
		table[key] = value
	}
	return table, nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// String writes the mapping as a file that ParseMapping reads back.
func (m *Mapping) String() string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, yamlText(value))
		}
	}
	line("case", m.Case)
	if m.CaseType != "" {
		fmt.Fprintf(&b, "case: {type: %s}\n", yamlText(m.CaseType))
	}
	line("act", m.Act)
	line("time", m.Time)
	line("layout", m.Layout)
	if m.Zone != nil {
		line("zone", m.Zone.Name())
	}
	line("person", m.Person)
	line("post", m.Post)
	line("unit", m.Unit)
	line("lifecycle", m.Lifecycle)
	line("encoding", m.Encoding)
	line("sheet", m.Sheet)
	if m.Data != nil {
		b.WriteString("data: " + yamlTable(m.Data) + "\n")
	}
	if len(m.Acts) > 0 {
		b.WriteString("acts: " + yamlTable(m.Acts) + "\n")
	}
	if len(m.Tables) > 0 {
		b.WriteString("tables:\n")
	}
	for _, t := range m.Tables {
		t.write(&b)
	}
	return b.String()
}

func (t *Table) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s:\n", yamlText(t.Name))
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(b, "    %s: %s\n", key, value)
		}
	}
	text := func(key, value string) {
		if value != "" {
			line(key, yamlText(value))
		}
	}
	table := func(key string, value map[string]string) {
		if value != nil {
			line(key, yamlTable(value))
		}
	}
	var files []string
	for _, f := range t.Files {
		files = append(files, yamlText(f))
	}
	line("file", "["+strings.Join(files, ", ")+"]")
	text("sheet", t.Sheet)
	text("encoding", t.Encoding)
	text("key", t.Key)
	text("case", t.Case)
	if t.Parent != "" {
		parent := map[string]string{"table": t.Parent, "by": t.By}
		if t.Of != "" {
			parent["of"] = t.Of
		}
		table("parent", parent)
	}
	table("data", t.Data)
	table("case_data", t.CaseData)
	if len(t.Events) > 0 {
		b.WriteString("    events:\n")
	}
	for _, e := range t.Events {
		var parts []string
		for _, x := range []struct{ key, value string }{{"act", e.Act}, {"act_from", e.ActFrom}, {"time", e.Time}, {"layout", e.Layout},
			{"person", e.Person}, {"post", e.Post}, {"unit", e.Unit}, {"lifecycle", e.Lifecycle}} {
			if x.value != "" {
				parts = append(parts, x.key+": "+yamlText(x.value))
			}
		}
		if e.Data != nil {
			parts = append(parts, "data: "+yamlTable(e.Data))
		}
		fmt.Fprintf(b, "      - {%s}\n", strings.Join(parts, ", "))
	}
}

func yamlTable(t map[string]string) string {
	var parts []string
	for _, k := range sortedKeys(t) {
		parts = append(parts, yamlText(k)+": "+yamlText(t[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// yamlText quotes whatever is not plainly plain.
func yamlText(s string) string {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '/' || i > 0 && (c == ':' || c == '-') && i < len(s)-1) {
			return strconv.Quote(s)
		}
	}
	switch strings.ToLower(s) {
	case "", "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	return s
}
