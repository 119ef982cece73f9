package procedure

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// Document is the form of a document that is issued with an act. Its texts hold placeholders such as {subject.name}, all
// of which were checked when the pack was loaded; Fill puts values in their place. Read-only.
type Document struct {
	ID         string
	Title      Text
	Basis      []string
	Unverified string // why the form is not checked against the official one
	Number     string // template of its number; empty: it is not numbered
	// Each is a role: of a document issued with an act of the case there is one copy for every person with this role, and
	// {subject.…} is that person. Where nobody has the role there is one copy, its places for the person left blank.
	Each string
	// NamesCase: the first number of such a document is the number of the case.
	NamesCase bool
	Blocks    []Block
}

// Block is one part of a document: exactly one of Text, Fields, Sign and Seal is set.
type Block struct {
	// When and Unless say where the part is printed: where every one of When holds and none of Unless does.
	When, Unless []Condition
	Text         *Text        // a paragraph
	Fields       []LabelValue // rows of a table
	Sign         []Text       // lines to sign and date
	Seal         *Text        // place of the seal, with a date
}

// Condition holds where a value is known and one of Among, as they stand in a record; without Among wherever it is known.
type Condition struct {
	Of    string // in a document a placeholder, of an act a datum
	Among []string
}

func (c *Condition) holds(v casefile.Value) bool {
	return v.Known() && (len(c.Among) == 0 || slices.Contains(c.Among, v.String()))
}

// Printed tells whether a part of a document is printed, by the values of the record.
func (b *Block) Printed(value func(placeholder string) (casefile.Value, bool)) bool {
	holds := func(c Condition) bool {
		v, known := value(c.Of)
		return known && c.holds(v)
	}
	return !slices.ContainsFunc(b.When, func(c Condition) bool { return !holds(c) }) && !slices.ContainsFunc(b.Unless, holds)
}

// LabelValue is one row of a table; Value is a template.
type LabelValue struct {
	Label Text
	Value string
}

// Documents lists the documents of the pack, by id. Not to be changed.
func (p *Pack) Documents() []*Document { return p.documents }

// Document finds a document; nil when the pack has none of this id.
func (p *Pack) Document(id string) *Document {
	for _, d := range p.documents {
		if d.ID == id {
			return d
		}
	}
	return nil
}

const blank = "＿＿＿＿"

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// Fill puts values in place of the placeholders of a template. A value that is not known is printed as a blank to fill in.
func Fill(template string, value func(placeholder string) (string, bool)) string {
	return placeholder.ReplaceAllStringFunc(template, func(m string) string {
		if v, ok := value(m[1 : len(m)-1]); ok {
			return v
		}
		return blank
	})
}

// documents reads the folder documents of the pack, where there is one.
func (l *loader) documents(p *Pack) {
	names, _ := fs.Glob(l.fsys, path.Join(l.dir, "documents", "*.yaml"))
	c := &compiler{loader: l, p: &Procedure{Pack: p}}
	for _, name := range names {
		var f documentFile
		if !l.read(strings.TrimPrefix(name, l.dir+"/"), &f) {
			continue
		}
		d := &Document{ID: f.Document.Text, Title: f.Title, Basis: c.cite(f.Basis), Unverified: f.Unverified, Number: f.Number.Text, Each: f.Each.Text, NamesCase: f.NamesCase}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); d.ID != want || !validID(d.ID) {
			l.problem(f.Document.Pos, "document", "document %q stands in a file named %s.yaml: give both one name, of lower case letters, digits and _", d.ID, want)
		}
		if d.Number != "" && !strings.Contains(d.Number, "{no}") {
			l.problem(f.Number.Pos, "document", "the number %q has no {no}", d.Number)
		}
		if len(f.Body) == 0 {
			l.problem(f.Pos, "document", "document %s has no body", d.ID)
		}
		for _, b := range f.Body {
			d.Blocks = append(d.Blocks, l.block(&b))
		}
		p.documents, p.templates = append(p.documents, d), append(p.templates, f)
	}
}

func (l *loader) block(b *blockDef) Block {
	out := Block{When: conditions(b.When), Unless: conditions(b.Unless)}
	kinds := 0
	if b.Text != nil {
		t := b.Text.text()
		out.Text = &t
		kinds++
	}
	for _, f := range b.Fields {
		out.Fields = append(out.Fields, LabelValue{f.label.text(), f.value.Text})
	}
	for _, s := range b.Sign {
		out.Sign = append(out.Sign, s.text())
	}
	if b.Seal != nil {
		t := b.Seal.text()
		out.Seal = &t
		kinds++
	}
	for _, n := range []int{len(out.Fields), len(out.Sign)} {
		if n > 0 {
			kinds++
		}
	}
	if kinds != 1 {
		l.problem(b.Pos, "document", "a block is exactly one of text, fields, sign and seal")
	}
	return out
}

func conditions(m yaml.Map[list]) []Condition {
	var out []Condition
	for _, e := range m {
		out = append(out, Condition{e.Key, texts(e.Value)})
	}
	return out
}

// checkDocuments checks each placeholder of each document against every act that issues it.
func (l *loader) checkDocuments(p *Pack) {
	if len(p.Procedures) == 0 {
		return
	}
	for i, d := range p.documents {
		f := &p.templates[i]
		issued := false
		for _, proc := range p.Procedures {
			if d.Each != "" && !slices.Contains(p.Roles(), d.Each) && !slices.Contains(proc.roles(), d.Each) {
				continue
			}
			for n, e := range proc.file.Acts {
				if !slices.ContainsFunc(e.Value.Documents, func(s yaml.Str) bool { return s.Text == d.ID }) {
					continue
				}
				issued = true
				l.placeholders(proc, proc.acts[n], d, f)
			}
		}
		switch {
		case issued:
		case d.Each != "":
			l.problem(f.Each.Pos, "document", "no procedure with an act about a %q issues document %s", d.Each, d.ID)
		default:
			l.problem(f.Document.Pos, "document", "no act issues document %s: name it under documents of an act", d.ID)
		}
	}
}

// roles lists the roles that acts give, and those that sets look for.
func (p *Procedure) roles() []string {
	var out []string
	for _, a := range p.acts {
		if a.Role != "" {
			out = append(out, a.Role)
		}
	}
	for _, s := range p.sets {
		if s.where != nil {
			for _, m := range roleNamed.FindAllStringSubmatch(s.where.source, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

var roleNamed = regexp.MustCompile(`subject\.role\s*[!=]=\s*'(\w*)'`)

func (l *loader) placeholders(proc *Procedure, a *act, d *Document, f *documentFile) {
	if d.Each != "" && a.Scope != caseScope {
		l.problem(f.Each.Pos, "document", "each: %s: %s is about a %s already; each is for documents of acts about the case", d.Each, a.ID, a.Scope)
		return
	}
	check := func(s yaml.Str, inNumber bool) {
		if rest := placeholder.ReplaceAllString(s.Text, ""); strings.ContainsAny(rest, "{}") {
			l.problem(s.Pos, "placeholder", "a brace without its partner in %q", s.Text)
		}
		for _, m := range placeholder.FindAllStringSubmatch(s.Text, -1) {
			if why := proc.unknownPlaceholder(a, d, m[1], inNumber); why != "" {
				l.problem(s.Pos, "placeholder", "{%s} in document %s of %s: %s", m[1], d.ID, a.ID, why)
			}
		}
	}
	inText := func(p phrase) { check(p.ZH, false); check(p.EN, false) }
	check(f.Number, true)
	for _, b := range f.Body {
		for _, e := range slices.Concat(b.When, b.Unless) {
			if why := proc.unknownCondition(a, d, e.Key, e.Value); why != "" {
				l.problem(e.Pos, "placeholder", "%s in document %s of %s: %s", e.Key, d.ID, a.ID, why)
			}
		}
		if b.Text != nil {
			inText(*b.Text)
		}
		for _, x := range b.Fields {
			inText(x.label)
			check(x.value, false)
		}
		for _, x := range b.Sign {
			inText(x)
		}
		if b.Seal != nil {
			inText(*b.Seal)
		}
	}
}

// unknownPlaceholder tells what is wrong with a placeholder; nothing when it can be filled.
func (p *Procedure) unknownPlaceholder(a *act, d *Document, name string, inNumber bool) string {
	simple := []string{"occurred", "recorded", "year", "no", "case.number", "unit.name", "unit.mark", "organ.name", "actor.name"}
	if inNumber {
		simple = []string{"year", "no", "case.number", "unit.name", "unit.mark", "organ.name"}
	}
	if slices.Contains(simple, name) {
		if name == "no" && d.Number == "" {
			return "this document is not numbered"
		}
		return ""
	}
	head, field, dotted := strings.Cut(name, ".")
	if inNumber || !dotted || !slices.Contains([]string{"act", "subject", "case", "due"}, head) {
		return "no such placeholder" + yaml.Suggest(name, append(simple, "subject.label"))
	}
	if head == "due" {
		var ids []string
		for _, i := range a.duties {
			ids = append(ids, p.duties[i].ID)
		}
		if !slices.Contains(ids, field) {
			return "the act leaves no duty of this name" + yaml.Suggest(field, ids)
		}
		return ""
	}
	if head == "subject" {
		if d.Each == "" && a.Scope == caseScope {
			return "the act is about the case and names no subject: say each: ROLE"
		}
		if field == "label" {
			return ""
		}
	}
	var names []string
	found, secret := false, false
	fields, scope := p.fieldsOf(a, d, head)
	for _, g := range fields {
		names = append(names, g.name)
		if g.name == field {
			found, secret = true, secret || g.info.As == "secret"
		}
	}
	switch {
	case secret:
		return "a secret is never printed"
	case found:
		return ""
	case head == "act":
		return "the act has no such datum" + yaml.Suggest(field, names)
	}
	return "no act about a " + scope + " has such a datum" + yaml.Suggest(field, names)
}

// fieldsOf lists the data that a placeholder of a document reads: those of act a, which issues it, or of every act of the
// scope.
func (p *Procedure) fieldsOf(a *act, d *Document, head string) (out []*actField, scope string) {
	scope = caseScope
	if head == "subject" {
		if scope = a.Scope; d.Each != "" {
			scope = "person"
		}
	}
	for _, x := range p.acts {
		if head == "act" && x != a || head != "act" && x.Scope != scope {
			continue
		}
		for i := range x.fields {
			out = append(out, &x.fields[i])
		}
	}
	return out, scope
}

// unknownCondition tells what is wrong with a condition of a part; nothing when it can be asked.
func (p *Procedure) unknownCondition(a *act, d *Document, name string, among list) string {
	head, field, _ := strings.Cut(name, ".")
	if !slices.Contains([]string{"act", "subject", "case"}, head) || field == "label" {
		return "a condition asks for a datum: act.DATUM, subject.DATUM or case.DATUM"
	}
	if why := p.unknownPlaceholder(a, d, name, false); why != "" {
		return why
	}
	fields, _ := p.fieldsOf(a, d, head)
	for _, g := range fields {
		if g.name != field {
			continue
		}
		if why := p.neverAmong(g, among); why != "" {
			return why
		}
	}
	return ""
}

// neverAmong tells what is wrong with the values that a condition asks a datum for; nothing when each can be in a record.
func (p *Procedure) neverAmong(f *actField, among list) string {
	for _, s := range among {
		switch v, err := casefile.ParseValue(f.kind, s.Text, p.Pack.Zone); {
		case err != nil:
			return err.Error()
		case len(f.enum) > 0 && !slices.Contains(f.enum, s.Text):
			return "no value " + strconv.Quote(s.Text) + yaml.Suggest(s.Text, f.enum)
		case v.String() != s.Text:
			return "write " + v.String() + ", as a record has it"
		}
	}
	return ""
}
