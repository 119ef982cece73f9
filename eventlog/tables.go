package eventlog

import (
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Table is one table of a mapping that joins several. In YAML, under tables:, by name:
//
//	tables:
//	  call:
//	    file: calls-*.csv               # pattern, or list of them, of the files' base names; without it NAME.*
//	    key: call_no                    # names a row; a later row with the same key stands in place of the earlier
//	    case: call_no                   # the column that names the case, where the row has no parent
//	    events:
//	      - {act: call, time: received_at, person: operator}
//	  file:
//	    file: files.xlsx
//	    sheet: 2025
//	    key: file_no
//	    parent: {table: call, by: call} # the column of this table that names the key of a row of call
//	    case: file_no                   # for a file that names no call
//	    events:
//	      - {act: filing, time: filed_at, data: {kind: kind, place: call.place}}
//	      - {act: closing, time: closed_at, layout: "YYYY/M/D h:mm"}
//	  act:
//	    file: [acts-2024.csv, acts-2025.csv]
//	    encoding: gb18030
//	    parent: {table: file, by: file_no}
//	    events:
//	      - {act_from: what, time: at, person: who}
//
// A row is an event for each entry under events whose time column is not empty. Act is the name of the act, act_from the
// column that holds it. Every table leads to the case: by a column of its own (case), by its parent, or, where it has both,
// by its parent unless the row names none. Parent is {table, by} and names the parent's key; with of it names another
// column of the parent, which several of its rows may share: the row then belongs to each.
//
// Data gives an event's data (name -> column, or table.column for a table on the way to the case); an entry under events
// may have its own. Without data every column of the row that has no other meaning is taken, under its own name. The
// table's case_data is what it says of the case as a whole, Case.Data.
type Table struct {
	Name     string
	Files    []string // patterns as of path.Match, for base names
	Sheet    string   // of an XLSX; "" is the first
	Encoding string   // of a CSV: "" is UTF-8
	Key      string
	Case     string
	Parent   string // a table's name; "" for none
	By, Of   string // the column that names the parent; the parent's column that it names
	Events   []TableEvent
	Data     map[string]string
	CaseData map[string]string
}

// TableEvent says which columns of a row make an event.
type TableEvent struct {
	Act, ActFrom       string // one of the two
	Time, Layout       string
	Person, Post, Unit string
	Lifecycle          string
	Data               map[string]string // nil: the table's
}

// Takes says whether the file of that name belongs to the table.
func (t *Table) Takes(name string) bool {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return slices.ContainsFunc(t.Files, func(pattern string) bool {
		ok, err := path.Match(pattern, base)
		return ok && err == nil || pattern == base
	})
}

// flatTable is the one table of a mapping without tables: every row an event, and its case a column.
func (m *Mapping) flatTable() *Table {
	return &Table{Name: "log", Case: m.Case, Sheet: m.Sheet, Encoding: m.Encoding, Data: m.Data,
		Events: []TableEvent{{ActFrom: m.Act, Time: m.Time, Layout: m.Layout, Person: m.Person, Post: m.Post, Unit: m.Unit, Lifecycle: m.Lifecycle}}}
}

var (
	tableKeys      = []string{"file", "sheet", "encoding", "key", "case", "parent", "events", "data", "case_data"}
	parentKeys     = []string{"table", "by", "of"}
	tableEventKeys = []string{"act", "act_from", "time", "layout", "person", "post", "unit", "lifecycle", "data"}
)

// maxTables bounds what a mapping may ask to be joined.
const maxTables = 64

func (p *mappingParser) tables(n ast.Node) *Error {
	pairs, err := p.pairs(n)
	if err != nil {
		return err
	}
	if len(pairs) > maxTables {
		return p.fail(n, "too many tables", "")
	}
	at := map[string]ast.Node{}
	for _, kv := range pairs {
		t, err := p.oneTable(kv)
		if err != nil {
			return err
		}
		at[t.Name] = kv.Key
		p.m.Tables = append(p.m.Tables, t)
	}
	for _, t := range p.m.Tables {
		if e := p.linked(t, at[t.Name]); e != nil {
			return e
		}
	}
	if !slices.ContainsFunc(p.m.Tables, func(t *Table) bool { return len(t.Events) > 0 }) {
		return p.fail(n, "no table has events", "say under events: which columns of a row are an event, as in - {act: filing, time: filed_at}")
	}
	return nil
}

func (p *mappingParser) oneTable(kv *ast.MappingValueNode) (*Table, *Error) {
	name, err := p.text(kv.Key)
	if err != nil {
		return nil, err
	}
	if name == "" || strings.Contains(name, ".") {
		return nil, p.fail(kv.Key, "table "+quote(name)+": a table's name has letters and no stop", "")
	}
	t := &Table{Name: name}
	pairs, err := p.pairs(kv.Value)
	if err != nil {
		return nil, err
	}
	texts := map[string]*string{"sheet": &t.Sheet, "key": &t.Key, "case": &t.Case}
	tables := map[string]*map[string]string{"data": &t.Data, "case_data": &t.CaseData}
	for _, kv := range pairs {
		key, err := p.text(kv.Key)
		switch {
		case err != nil:
		case texts[key] != nil:
			*texts[key], err = p.text(kv.Value)
		case tables[key] != nil:
			*tables[key], err = p.table(kv.Value)
		case key == "file":
			t.Files, err = p.texts(kv.Value)
			for _, pattern := range t.Files {
				if _, bad := path.Match(pattern, "x"); bad != nil || strings.ContainsAny(pattern, `/\`) {
					err = p.fail(kv.Value, "file "+quote(pattern)+" is not a pattern for a base name", "as in acts-*.csv; the folder is named on the command line")
				}
			}
		case key == "encoding":
			t.Encoding, err = p.encoding(kv.Value)
		case key == "parent":
			err = p.parent(t, kv.Value)
		case key == "events":
			err = p.events(t, kv.Value)
		default:
			err = p.fail(kv.Key, "unknown key "+quote(key), nearestHint(key, tableKeys))
		}
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (p *mappingParser) parent(t *Table, n ast.Node) *Error {
	pairs, err := p.pairs(n)
	if err != nil {
		return err
	}
	texts := map[string]*string{"table": &t.Parent, "by": &t.By, "of": &t.Of}
	for _, kv := range pairs {
		key, err := p.text(kv.Key)
		if err != nil {
			return err
		}
		if texts[key] == nil {
			return p.fail(kv.Key, "unknown key "+quote(key), nearestHint(key, parentKeys))
		}
		if *texts[key], err = p.text(kv.Value); err != nil {
			return err
		}
	}
	if t.Parent == "" || t.By == "" {
		return p.fail(n, "a parent is a table and by which column it is named", "as in {table: file, by: file_no}")
	}
	return nil
}

func (p *mappingParser) events(t *Table, n ast.Node) *Error {
	entries := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		entries = list.Values
	}
	for _, n := range entries {
		pairs, err := p.pairs(n)
		if err != nil {
			return err
		}
		var e TableEvent
		texts := map[string]*string{"act": &e.Act, "act_from": &e.ActFrom, "time": &e.Time, "layout": &e.Layout,
			"person": &e.Person, "post": &e.Post, "unit": &e.Unit, "lifecycle": &e.Lifecycle}
		for _, kv := range pairs {
			key, err := p.text(kv.Key)
			switch {
			case err != nil:
			case texts[key] != nil:
				*texts[key], err = p.text(kv.Value)
			case key == "data":
				e.Data, err = p.table(kv.Value)
			default:
				err = p.fail(kv.Key, "unknown key "+quote(key), nearestHint(key, tableEventKeys))
			}
			if err != nil {
				return err
			}
		}
		switch {
		case (e.Act == "") == (e.ActFrom == ""):
			return p.fail(n, "an event has either act or act_from", "act is the name of the act itself, act_from the column that holds it")
		case e.Time == "":
			return p.fail(n, "the event does not say which column holds its time", "as in {act: filing, time: filed_at}")
		}
		if e.Layout != "" {
			if _, bad := parseLayout(e.Layout); bad != nil {
				return p.fail(n, bad.Error(), "")
			}
		}
		t.Events = append(t.Events, e)
	}
	return nil
}

// linked checks that the table leads to the case.
func (p *mappingParser) linked(t *Table, n ast.Node) *Error {
	if len(t.Files) == 0 {
		t.Files = []string{t.Name + ".*"}
	}
	if t.Parent == "" && t.Case == "" {
		return p.fail(n, "table "+quote(t.Name)+" does not lead to a case", "give it case: COLUMN, or parent: {table: T, by: COLUMN}")
	}
	for up, steps := t, 0; up.Parent != ""; steps++ {
		above := p.m.table(up.Parent)
		if above == nil {
			return p.fail(n, "table "+quote(up.Name)+" has the parent "+quote(up.Parent)+", which is not among the tables", nearestHint(up.Parent, p.m.tableNames()))
		}
		if up.Of == "" && above.Key == "" {
			return p.fail(n, "table "+quote(above.Name)+" is the parent of "+quote(up.Name)+" and has no key", "say which column names its rows: key: COLUMN")
		}
		if up = above; steps > maxTables {
			return p.fail(n, "table "+quote(t.Name)+" is its own parent", "")
		}
	}
	return nil
}

func (m *Mapping) table(name string) *Table {
	for _, t := range m.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (m *Mapping) tableNames() []string {
	var names []string
	for _, t := range m.Tables {
		names = append(names, t.Name)
	}
	return names
}

// texts reads one text or a list of them.
func (p *mappingParser) texts(n ast.Node) ([]string, *Error) {
	entries := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		entries = list.Values
	}
	var out []string
	for _, n := range entries {
		s, err := p.text(n)
		if err != nil {
			return nil, err
		}
		if s == "" {
			return nil, p.fail(n, "an empty name", "")
		}
		out = append(out, s)
	}
	return out, nil
}

func (p *mappingParser) encoding(n ast.Node) (string, *Error) {
	s, err := p.text(n)
	if err != nil {
		return "", err
	}
	switch e := strings.ToLower(strings.ReplaceAll(s, "-", "")); e {
	case "", "utf8":
		return "", nil
	case "gb18030", "gbk", "gb2312":
		return gb18030, nil // which holds the other two
	case "utf16", "utf16le":
		return utf16, nil
	}
	return "", p.fail(n, "encoding "+quote(s)+" is not known", "there are utf-8, utf-16 and gb18030, which holds gbk and gb2312")
}
