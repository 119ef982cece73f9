// Package strictyaml decodes YAML into Go structs and reports every mistake at once, each with its file, line and column.
//
// Unknown keys are mistakes and come with the nearest known key. A struct field takes the key in its `yaml:"key"` tag;
// `yaml:"key,required"` must be there. A struct with a field `yaml:"key,bare"` may also be written as that field's plain
// text alone. Pos fields and Str values remember where they stood, so that later checks can
// point at the same place.
package strictyaml

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Pos is a place in a file. Line and Column count from 1; zero means unknown.
type Pos struct {
	File   string
	Line   int
	Column int
}

func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one mistake with its place. Check names the rule it breaks, empty for plain syntax.
type Problem struct {
	Pos   Pos
	Check string
	Text  string
}

func (p Problem) String() string {
	if p.Check != "" {
		return fmt.Sprintf("%s: [%s] %s", p.Pos, p.Check, p.Text)
	}
	return fmt.Sprintf("%s: %s", p.Pos, p.Text)
}

// Problems is every mistake found, in file order. It is an error when not empty.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders problems by file, line and column.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i].Pos, ps[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// Str is a scalar text that remembers its place.
type Str struct {
	Text string
	Pos  Pos
}

// Map is a YAML mapping that keeps its order and the place of each key.
type Map[T any] []Entry[T]

// Entry is one key of a Map.
type Entry[T any] struct {
	Key   string
	Pos   Pos
	Value T
}

// Get returns the value under key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// FromYAML decodes itself from a mapping node.
func (m *Map[T]) FromYAML(d *Decoder, n ast.Node) {
	for _, kv := range d.mapping(n) {
		var v T
		e := Entry[T]{Key: kv.key, Pos: kv.pos}
		d.Decode(kv.value, &v)
		e.Value = v
		*m = append(*m, e)
	}
}

// Unmarshaler is a type with more than one way to be written, e.g. a bare id or a mapping.
type Unmarshaler interface{ FromYAML(*Decoder, ast.Node) }

// Decoder collects the problems of one file.
type Decoder struct {
	file     string
	problems Problems
}

// maxFile and maxDepth bound what hostile input can cost.
const (
	maxFile  = 4 << 20
	maxDepth = 64
)

// Decode reads data into the struct that into points at. The result is usable only when no problems are returned.
func Decode(file string, data []byte, into any) Problems {
	d := &Decoder{file: file}
	if len(data) > maxFile {
		return Problems{{Pos: Pos{File: file}, Text: fmt.Sprintf("file is larger than %d MiB", maxFile>>20)}}
	}
	if depth(data) > maxDepth {
		return Problems{{Pos: Pos{File: file}, Text: fmt.Sprintf("nested deeper than %d levels", maxDepth)}}
	}
	f, err := parse(data)
	if err != nil {
		return Problems{syntaxProblem(file, err)}
	}
	if len(f.Docs) == 0 || f.Docs[0] == nil || f.Docs[0].Body == nil {
		return Problems{{Pos: Pos{File: file, Line: 1, Column: 1}, Text: "file is empty"}}
	}
	if len(f.Docs) > 1 {
		d.Problem(f.Docs[1].Body, "one document a file, please: this file has %d", len(f.Docs))
	}
	d.Decode(f.Docs[0].Body, into)
	d.problems.Sort()
	return d.problems
}

// parse guards against panics of the parser on hostile bytes.
func parse(data []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("[1:1] not readable as YAML")
		}
	}()
	return parser.ParseBytes(data, 0)
}

// depth is an upper bound of the nesting: open brackets, and the deepest indentation.
func depth(data []byte) int {
	most, open := 0, 0
	for _, c := range data {
		switch c {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

func syntaxProblem(file string, err error) Problem {
	text := err.Error()
	pos := Pos{File: file, Line: 1, Column: 1}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		if at, message, ok := strings.Cut(rest, "] "); ok {
			line, column, _ := strings.Cut(at, ":")
			pos.Line, _ = strconv.Atoi(line)
			pos.Column, _ = strconv.Atoi(column)
			text = message
		}
	}
	if first, _, ok := strings.Cut(text, "\n"); ok {
		text = first
	}
	return Problem{Pos: pos, Text: text}
}

// PosOf tells where a node stands.
func (d *Decoder) PosOf(n ast.Node) Pos {
	p := Pos{File: d.file, Line: 1, Column: 1}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	if mv, ok := n.(*ast.MappingValueNode); ok {
		n = mv.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	return p
}

// Problem notes a mistake at a node.
func (d *Decoder) Problem(n ast.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{Pos: d.PosOf(n), Text: fmt.Sprintf(format, args...)})
}

type pair struct {
	key   string
	pos   Pos
	node  ast.Node
	value ast.Node
}

func (d *Decoder) mapping(n ast.Node) []pair {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode:
		return nil
	default:
		d.Problem(n, "expected keys and values, found %s", describe(n))
		return nil
	}
	pairs := make([]pair, 0, len(values))
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := Scalar(v.Key)
		if !ok {
			d.Problem(v.Key, "this key is not plain text")
			continue
		}
		if seen[key] {
			d.Problem(v.Key, "%q stands here a second time", key)
			continue
		}
		seen[key] = true
		pairs = append(pairs, pair{key, d.PosOf(v.Key), v.Key, v.Value})
	}
	return pairs
}

// Scalar returns the text of a scalar node; null is no scalar.
func Scalar(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(s.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingKeyNode:
		return Scalar(s.Value)
	}
	return "", false
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AliasNode, *ast.AnchorNode:
		return "an alias (write it out: packs have no anchors)"
	case *ast.TagNode:
		return "a YAML tag (put quotes around a text that begins with !)"
	}
	if s, ok := Scalar(n); ok {
		return strconv.Quote(s)
	}
	return "something else"
}

// Decode reads node n into the value that into points at.
func (d *Decoder) Decode(n ast.Node, into any) {
	d.value(n, reflect.ValueOf(into).Elem())
}

func (d *Decoder) value(n ast.Node, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if _, null := n.(*ast.NullNode); null {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
		return
	}
	if u, ok := v.Addr().Interface().(Unmarshaler); ok {
		u.FromYAML(d, n)
		return
	}
	if v.Type() == reflect.TypeFor[Str]() {
		var s string
		d.value(n, reflect.ValueOf(&s).Elem())
		v.Set(reflect.ValueOf(Str{s, d.PosOf(n)}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := Scalar(n)
		if !ok {
			d.Problem(n, "expected text, found %s", describe(n))
			return
		}
		v.SetString(s)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.Problem(n, "expected true or false, found %s", describe(n))
			return
		}
		v.SetBool(b.Value)
	case reflect.Int:
		s, ok := Scalar(n)
		i, err := strconv.Atoi(s)
		if !ok || err != nil {
			d.Problem(n, "expected a whole number, found %s", describe(n))
			return
		}
		v.SetInt(int64(i))
	case reflect.Slice:
		d.slice(n, v)
	case reflect.Struct:
		d.structure(n, v)
	default:
		panic("strictyaml: cannot decode into " + v.Type().String())
	}
}

// Tag is what a struct field says of its key.
type Tag struct {
	Name     string
	Required bool
	Bare     bool // the struct may be written as this field's text alone
}

// TagOf reads a field's tag; false for a field that has no key.
func TagOf(f reflect.StructField) (Tag, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	t := Tag{Name: name}
	for option := range strings.SplitSeq(options, ",") {
		t.Required, t.Bare = t.Required || option == "required", t.Bare || option == "bare"
	}
	return t, name != ""
}

// fields visits the tagged fields of a struct and of the structs embedded in it, and sets their Pos.
func (d *Decoder) fields(n ast.Node, v reflect.Value, visit func(t Tag, f reflect.Value)) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[Pos]() && f.Name == "Pos" {
			v.Field(i).Set(reflect.ValueOf(d.PosOf(n)))
			continue
		}
		if f.Anonymous {
			d.fields(n, v.Field(i), visit)
			continue
		}
		if t, ok := TagOf(f); ok {
			visit(t, v.Field(i))
		}
	}
}

func (d *Decoder) slice(n ast.Node, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if _, null := n.(*ast.NullNode); !null {
			d.Problem(n, "expected a list such as [a, b], found %s", describe(n))
		}
		return
	}
	for _, item := range seq.Values {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(item, e)
		v.Set(reflect.Append(v, e))
	}
}

func (d *Decoder) structure(n ast.Node, v reflect.Value) {
	fields := map[string]reflect.Value{}
	var names, required []string
	var bare reflect.Value
	d.fields(n, v, func(t Tag, f reflect.Value) {
		fields[t.Name] = f
		names = append(names, t.Name)
		if t.Required {
			required = append(required, t.Name)
		}
		if t.Bare {
			bare = f
		}
	})
	if _, ok := Scalar(n); ok && bare.IsValid() {
		d.value(n, bare)
		return
	}
	seen := map[string]bool{}
	for _, kv := range d.mapping(n) {
		f, ok := fields[kv.key]
		if !ok {
			d.Problem(kv.node, "unknown key %q%s", kv.key, Suggest(kv.key, names))
			continue
		}
		seen[kv.key] = true
		d.value(kv.value, f)
	}
	for _, name := range required {
		if !seen[name] {
			d.Problem(n, "key %q is missing here", name)
		}
	}
}

// Suggest returns ": did you mean …?" with the candidate nearest to word, or the list when it is short, or nothing.
func Suggest(word string, candidates []string) string {
	best, distance := "", len(word)/2+2
	for _, c := range candidates {
		if n := editDistance(word, c, distance); n < distance {
			best, distance = c, n
		}
	}
	if best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	if len(candidates) > 0 && len(candidates) <= 12 {
		return ": expected one of " + strings.Join(candidates, ", ")
	}
	return ""
}

// editDistance is Levenshtein's, given up at limit.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	previous := make([]int, len(b)+1)
	current := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
		}
		previous, current = current, previous
	}
	return min(previous[len(b)], limit)
}
