package procedure

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	yaml "plumbline/internal/strictyaml"
)

// The types of this file are the language as it is written. docs/language.md tells what each word means; schema.go
// publishes the same types as JSON Schema.

// Text is a text in the languages of a pack.
type Text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// In returns the text in a language, or in the other one where it is missing.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// list is one id or a list of ids.
type list []yaml.Str

func (l *list) FromYAML(d *yaml.Decoder, n ast.Node) {
	if _, ok := yaml.Scalar(n); ok {
		var s yaml.Str
		d.Decode(n, &s)
		*l = list{s}
		return
	}
	var many []yaml.Str
	d.Decode(n, &many)
	*l = many
}

// named is a rule's id, or null for "no finding", or absent.
type named struct {
	yaml.Str
	null bool
}

func (v *named) FromYAML(d *yaml.Decoder, n ast.Node) {
	if _, ok := n.(*ast.NullNode); ok {
		v.null = true
		v.Pos = d.PosOf(n)
		return
	}
	d.Decode(n, &v.Str)
}

type packFile struct {
	Pos       yaml.Pos
	Pack      yaml.Str            `yaml:"pack,required"`
	Title     Text                `yaml:"title,required"`
	Standing  yaml.Str            `yaml:"standing,required"`
	Zone      yaml.Str            `yaml:"zone,required"`
	Main      yaml.Str            `yaml:"main"`
	Calendar  yaml.Str            `yaml:"calendar"`
	Roll      yaml.Str            `yaml:"roll"`
	RollBasis []yaml.Str          `yaml:"roll_basis"`
	Languages []yaml.Str          `yaml:"languages"`
	Posts     yaml.Map[postDef]   `yaml:"posts"`
	UnitKinds yaml.Map[titledDef] `yaml:"unit_kinds"`
	Qualified yaml.Map[titledDef] `yaml:"qualifications"`
	Ranks     yaml.Map[titledDef] `yaml:"ranks"`
	Roles     yaml.Map[titledDef] `yaml:"roles"`
	InHand    *inHandDef          `yaml:"in_hand"`
	Accepted  []acceptedDef       `yaml:"accepted"`
}

type inHandDef struct {
	Pos    yaml.Pos
	Duties []yaml.Str `yaml:"duties,required"`
	Warn   []yaml.Str `yaml:"warn,required"`
}

type postDef struct {
	Pos    yaml.Pos
	Title  Text `yaml:"title,required"`
	Single bool `yaml:"single"`
}

type titledDef struct {
	Pos   yaml.Pos
	Title Text `yaml:"title,required"`
}

type acceptedDef struct {
	Pos    yaml.Pos
	Check  yaml.Str `yaml:"check,required"`
	Of     yaml.Str `yaml:"of,required"`
	Reason string   `yaml:"reason,required"`
}

type calendarFile struct {
	Pos     yaml.Pos
	Name    yaml.Str           `yaml:"name,required"`
	Weekend []yaml.Str         `yaml:"weekend,required"`
	AnyYear bool               `yaml:"any_year"`
	Years   yaml.Map[yearFile] `yaml:"years"`
}

type yearFile struct {
	Pos    yaml.Pos
	Off    []yaml.Str `yaml:"off"`
	Work   []yaml.Str `yaml:"work"`
	Source sourceNote `yaml:"source"`
}

type sourceNote struct {
	ZH  string `yaml:"zh"`
	EN  string `yaml:"en"`
	URL string `yaml:"url"`

	Amended string `yaml:"amended"`
}

type sourcesFile struct {
	Pos     yaml.Pos
	Sources yaml.Map[sourceDef] `yaml:"sources,required"`
}

type sourceDef struct {
	Pos      yaml.Pos
	Kind     yaml.Str     `yaml:"kind,required"`
	Title    Text         `yaml:"title,required"`
	URL      string       `yaml:"url"`
	Versions []versionDef `yaml:"versions,required"`
	Articles []articleDef `yaml:"articles,required"`
}

type versionDef struct {
	Pos   yaml.Pos
	ID    yaml.Str `yaml:"id,required"`
	Title Text     `yaml:"title"`
	From  yaml.Str `yaml:"from,required"`
	Until yaml.Str `yaml:"until"`
}

type articleDef struct {
	Pos        yaml.Pos
	No         yaml.Str   `yaml:"no,required"`
	Versions   []yaml.Str `yaml:"versions"`
	Gist       Text       `yaml:"gist,required"`
	Unverified string     `yaml:"unverified"`
}

type procedureFile struct {
	Pos       yaml.Pos
	Procedure yaml.Str       `yaml:"procedure,required"`
	Title     Text           `yaml:"title,required"`
	Summary   Text           `yaml:"summary"`
	Roll      yaml.Str       `yaml:"roll"`
	Versions  []versionDef   `yaml:"versions,required"`
	Stages    yaml.Map[Text] `yaml:"stages"`
	Path      *pathDef       `yaml:"path"`
	Matter    bool           `yaml:"matter"`
	Alone     list           `yaml:"alone_until"`
	procedureBody
}

// partFile is a further file of a procedure: procedures/NAME/PART.yaml.
type partFile struct {
	Pos    yaml.Pos
	PartOf yaml.Str `yaml:"part_of,required"`
	procedureBody
}

// procedureBody is what every file of a procedure may hold.
type procedureBody struct {
	Subjects yaml.Map[setDef]    `yaml:"subjects"`
	Facts    yaml.Map[factDef]   `yaml:"facts"`
	Rules    yaml.Map[ruleDef]   `yaml:"rules"`
	Acts     yaml.Map[actDef]    `yaml:"acts"`
	Apart    []apartDef          `yaml:"apart"`
	Checks   []checkDef          `yaml:"checks"`
	Unmapped yaml.Map[titledDef] `yaml:"ignored_acts"`
	Remedies []remedyDef         `yaml:"remedies"`
}

// add puts a part behind what is there already; what stands in both is a problem.
func (b *procedureBody) add(part *procedureBody, l *loader) {
	addEntries(l, "set", &b.Subjects, part.Subjects)
	addEntries(l, "fact", &b.Facts, part.Facts)
	addEntries(l, "rule", &b.Rules, part.Rules)
	addEntries(l, "act", &b.Acts, part.Acts)
	addEntries(l, "ignored act", &b.Unmapped, part.Unmapped)
	b.Apart = append(b.Apart, part.Apart...)
	b.Checks = append(b.Checks, part.Checks...)
	b.Remedies = append(b.Remedies, part.Remedies...)
}

func addEntries[T any](l *loader, what string, to *yaml.Map[T], part yaml.Map[T]) {
	for _, e := range part {
		if i := slices.IndexFunc(*to, func(x yaml.Entry[T]) bool { return x.Key == e.Key }); i >= 0 {
			l.problem(e.Pos, "part", "%s %s stands already at %s", what, e.Key, (*to)[i].Pos)
			continue
		}
		*to = append(*to, e)
	}
}

type remedyDef struct {
	Pos    yaml.Pos
	Title  Text       `yaml:"title,required"`
	Where  Text       `yaml:"where,required"`
	Act    list       `yaml:"act,required"`
	For    list       `yaml:"for,required"`
	Within yaml.Str   `yaml:"within"`
	Basis  []yaml.Str `yaml:"basis"`
}

type setDef struct {
	Pos   yaml.Pos
	Scope yaml.Str `yaml:"scope,required"`
	Where yaml.Str `yaml:"where"`
}

type factDef struct {
	Pos     yaml.Pos
	Title   Text     `yaml:"title"`
	Scope   yaml.Str `yaml:"scope"`
	Type    yaml.Str `yaml:"type,required"`
	SetBy   list     `yaml:"set_by"`
	First   list     `yaml:"first"`
	Sum     list     `yaml:"sum"`
	Default yaml.Str `yaml:"default"`

	Is    yaml.Str   `yaml:"is"`
	Basis []yaml.Str `yaml:"basis"`
}

type ruleDef struct {
	Pos        yaml.Pos
	Title      Text       `yaml:"title,required"`
	Severity   int        `yaml:"severity,required"`
	Basis      []yaml.Str `yaml:"basis"`
	Unverified string     `yaml:"unverified"`
	Setting    string     `yaml:"setting"`
	Reading    string     `yaml:"reading"`
}

type actDef struct {
	Pos         yaml.Pos
	Title       Text               `yaml:"title,required"`
	Help        Text               `yaml:"help"`
	Why         Text               `yaml:"why"`
	Stage       yaml.Str           `yaml:"stage"`
	Part        yaml.Str           `yaml:"part"`
	Opens       bool               `yaml:"opens"`
	Kind        yaml.Str           `yaml:"kind"`
	Scope       yaml.Str           `yaml:"scope"`
	Role        yaml.Str           `yaml:"role"`
	Names       []yaml.Str         `yaml:"names"`
	By          list               `yaml:"by"`
	ByRule      yaml.Str           `yaml:"by_rule"`
	Competent   []tierPosts        `yaml:"competent"`
	Qualified   list               `yaml:"qualified"`
	OtherThan   list               `yaml:"other_than"`
	OtherRule   yaml.Str           `yaml:"other_rule"`
	Bars        yaml.Str           `yaml:"bars"`
	BarsRule    yaml.Str           `yaml:"bars_rule"`
	Relieves    bool               `yaml:"relieves"`
	Closes      bool               `yaml:"closes"`
	AfterClose  bool               `yaml:"after_close"`
	Reopens     bool               `yaml:"reopens"`
	Data        yaml.Map[fieldDef] `yaml:"data"`
	Documents   []yaml.Str         `yaml:"documents"`
	Basis       []yaml.Str         `yaml:"basis"`
	Unverified  string             `yaml:"unverified"`
	After       []afterDef         `yaml:"after"`
	NoLaterThan []windowDef        `yaml:"no_later_than"`
	NotWhile    []notWhileDef      `yaml:"not_while"`
	Expect      []expectDef        `yaml:"expect"`
	Duties      []dutyDef          `yaml:"duties"`
	Excludes    []excludeDef       `yaml:"excludes"`
	Includes    list               `yaml:"includes"`
	Voids       list               `yaml:"voids"`
	Annuls      yaml.Map[list]     `yaml:"annuls"`
	Waives      list               `yaml:"waives"`
	Measures    *measuresDef       `yaml:"measures"`
	Due         []dueDef           `yaml:"due"`
	Gives       yaml.Str           `yaml:"gives"`
	Takes       yaml.Str           `yaml:"takes"`
	LeadsTo     []leadDef          `yaml:"leads_to"`
	Publishes   yaml.Str           `yaml:"publishes"`
}

// leadDef is an act elsewhere that the house does because of this one.
type leadDef struct {
	Pos      yaml.Pos
	ID       yaml.Str           `yaml:"id,required"`
	Act      yaml.Str           `yaml:"act,required"`
	In       yaml.Str           `yaml:"in"`
	When     yaml.Str           `yaml:"when"`
	Officers list               `yaml:"officers"`
	Data     yaml.Map[yaml.Str] `yaml:"data"`
}

type dueDef struct {
	Pos   yaml.Pos
	Every yaml.Str           `yaml:"every,required"`
	In    yaml.Str           `yaml:"in,required"`
	After yaml.Str           `yaml:"after,required"`
	Data  yaml.Map[yaml.Str] `yaml:"data"`
}

type measuresDef struct {
	Pos   yaml.Pos
	Of    yaml.Str `yaml:"of,required"`
	Since list     `yaml:"since"`
	Over  yaml.Str `yaml:"over"`
	Month yaml.Str `yaml:"month"`
}

type fieldDef struct {
	Pos      yaml.Pos
	Type     yaml.Str   `yaml:"type,bare"`
	Title    Text       `yaml:"title"`
	Help     Text       `yaml:"help"`
	Required bool       `yaml:"required"`
	Enum     enumDef    `yaml:"enum"`
	Several  bool       `yaml:"several"`
	Max      int        `yaml:"max"`
	Long     bool       `yaml:"long"`
	Rare     bool       `yaml:"rare"`
	As       yaml.Str   `yaml:"as"`
	Taken    list       `yaml:"taken_from"`
	Basis    []yaml.Str `yaml:"basis"`
	Name     yaml.Str   `yaml:"name"`
}

// enumDef is a list of ids, or a map from ids to their titles.
type enumDef struct {
	ids    []yaml.Str
	titles yaml.Map[Text]
}

func (v *enumDef) FromYAML(d *yaml.Decoder, n ast.Node) {
	if _, ok := n.(*ast.SequenceNode); ok {
		d.Decode(n, &v.ids)
		return
	}
	d.Decode(n, &v.titles)
	for _, e := range v.titles {
		v.ids = append(v.ids, yaml.Str{Text: e.Key, Pos: e.Pos})
	}
}

// clause is what every clause may carry.
type clause struct {
	Rule       yaml.Str   `yaml:"rule"`
	When       yaml.Str   `yaml:"when"`
	Unless     yaml.Str   `yaml:"unless"`
	UnlessDone list       `yaml:"unless_done"`
	Since      list       `yaml:"since"`
	From       yaml.Str   `yaml:"from"`
	Until      yaml.Str   `yaml:"until"`
	Basis      []yaml.Str `yaml:"basis"`
	Severity   int        `yaml:"severity"`
	Unverified string     `yaml:"unverified"`
	Warn       bool       `yaml:"warn"`
}

type afterDef struct {
	Pos yaml.Pos
	clause
	Act        list     `yaml:"act,required,bare"`
	Of         ofDef    `yaml:"of"`
	That       yaml.Str `yaml:"that"`
	Delay      yaml.Str `yaml:"delay"`
	MayBeEmpty bool     `yaml:"may_be_empty"`
}

// ofDef is "every SET" or "any SET".
type ofDef struct {
	Pos yaml.Pos
	Any bool
	Set string
}

func (o *ofDef) FromYAML(d *yaml.Decoder, n ast.Node) {
	o.Pos = d.PosOf(n)
	var s string
	d.Decode(n, &s)
	switch {
	case len(s) > 6 && s[:6] == "every ":
		o.Set = s[6:]
	case len(s) > 4 && s[:4] == "any ":
		o.Any, o.Set = true, s[4:]
	default:
		d.Problem(n, `%q: write "every SET" or "any SET", with a set declared under subjects`, s)
	}
}

type windowDef struct {
	Pos yaml.Pos
	clause
	Act    list      `yaml:"act,required"`
	Within withinDef `yaml:"within,required"`
}

type notWhileDef struct {
	Pos yaml.Pos
	clause
	Act list `yaml:"act,required,bare"`
}

type expectDef struct {
	Pos yaml.Pos
	clause
	That yaml.Str `yaml:"that,required"`
}

type excludeDef struct {
	Pos yaml.Pos
	clause
	Acts list `yaml:"acts,required,bare"`
}

type dutyDef struct {
	Pos yaml.Pos
	clause
	ID        yaml.Str     `yaml:"id,required"`
	Title     Text         `yaml:"title"`
	Why       Text         `yaml:"why"`
	Do        list         `yaml:"do,required"`
	Of        ofDef        `yaml:"of"`
	Start     yaml.Str     `yaml:"start"`
	Within    withinDef    `yaml:"within"`
	Liberty   bool         `yaml:"liberty"`
	Property  bool         `yaml:"property"`
	Roll      yaml.Str     `yaml:"roll"`
	Late      named        `yaml:"late"`
	Missing   named        `yaml:"missing"`
	Entered   yaml.Str     `yaml:"entered_late"`
	Suspended []suspendDef `yaml:"suspended"`
	Extended  *extendDef   `yaml:"extended"`
	Lapses    []lapseDef   `yaml:"lapses"`
	OnExpiry  *expiryDef   `yaml:"on_expiry"`
}

type withinDef struct {
	Pos   yaml.Pos
	Tiers []tierDef
	Warn  yaml.Str // set: the law says promptly, and this is the setting at which the platform warns
}

type tierDef struct {
	Pos   yaml.Pos
	When  yaml.Str   `yaml:"when"`
	From  yaml.Str   `yaml:"from"`
	Until yaml.Str   `yaml:"until"`
	Is    yaml.Str   `yaml:"is,required"`
	Basis []yaml.Str `yaml:"basis"`
}

type promptlyDef struct {
	Pos      yaml.Pos
	Promptly struct {
		Warn yaml.Str `yaml:"warn,required"`
	} `yaml:"promptly,required"`
}

func (w *withinDef) FromYAML(d *yaml.Decoder, n ast.Node) {
	w.Pos = d.PosOf(n)
	if _, ok := yaml.Scalar(n); ok {
		t := tierDef{Pos: w.Pos}
		d.Decode(n, &t.Is)
		w.Tiers = []tierDef{t}
		return
	}
	if _, ok := n.(*ast.SequenceNode); ok {
		d.Decode(n, &w.Tiers)
		return
	}
	var p promptlyDef
	d.Decode(n, &p)
	w.Warn = p.Promptly.Warn
	w.Tiers = []tierDef{{Pos: w.Pos, Is: w.Warn}}
}

type suspendDef struct {
	Pos   yaml.Pos
	From  yaml.Str   `yaml:"from,required"`
	To    list       `yaml:"to,required"`
	Pair  yaml.Str   `yaml:"pair"`
	Basis []yaml.Str `yaml:"basis"`
}

type extendDef struct {
	Pos          yaml.Pos
	By           yaml.Str    `yaml:"by,required"`
	Add          yaml.Str    `yaml:"add,required"`
	Times        int         `yaml:"times"`
	BeforeExpiry yaml.Str    `yaml:"before_expiry"`
	TooMany      yaml.Str    `yaml:"too_many"`
	Approver     []tierPosts `yaml:"approver"`
	ApproverRule yaml.Str    `yaml:"approver_rule"`
	Basis        []yaml.Str  `yaml:"basis"`
}

type tierPosts struct {
	Pos   yaml.Pos
	When  yaml.Str   `yaml:"when"`
	Is    list       `yaml:"is,required"`
	Rule  yaml.Str   `yaml:"rule"`
	Basis []yaml.Str `yaml:"basis"`
}

type lapseDef struct {
	Pos  yaml.Pos
	When yaml.Str `yaml:"when"`
	Act  list     `yaml:"act"`
}

type expiryDef struct {
	Pos     yaml.Pos
	Applies yaml.Str `yaml:"applies,required"`
}

type apartDef struct {
	Pos yaml.Pos
	clause
	One   list `yaml:"one,required"`
	Other list `yaml:"other,required"`
}

type checkDef struct {
	Pos yaml.Pos
	clause
	At   yaml.Str `yaml:"at,required"`
	Of   ofDef    `yaml:"of"`
	That yaml.Str `yaml:"that,required"`
}

type pathDef struct {
	Pos    yaml.Pos
	Rule   yaml.Str   `yaml:"rule,required"`
	Start  yaml.Str   `yaml:"start,required"`
	End    list       `yaml:"end,required"`
	Steps  []stepDef  `yaml:"steps,required"`
	Closes yaml.Str   `yaml:"close_rule"`
	Basis  []yaml.Str `yaml:"basis"`
}

type stepDef struct {
	Pos    yaml.Pos
	Act    yaml.Str `yaml:"act"`
	Silent yaml.Str `yaml:"silent"`
	From   yaml.Str `yaml:"from,required"`
	To     yaml.Str `yaml:"to,required"`
	That   yaml.Str `yaml:"that"`
}

type documentFile struct {
	Pos        yaml.Pos
	Document   yaml.Str   `yaml:"document,required"`
	Title      Text       `yaml:"title,required"`
	Basis      []yaml.Str `yaml:"basis"`
	Unverified string     `yaml:"unverified"`
	Number     yaml.Str   `yaml:"number"`
	NamesCase  bool       `yaml:"names_case"`
	Each       yaml.Str   `yaml:"each"`
	Body       []blockDef `yaml:"body,required"`
}

// blockDef is exactly one of text, fields, sign and seal.
type blockDef struct {
	Pos    yaml.Pos
	When   yaml.Map[list] `yaml:"when"`
	Unless yaml.Map[list] `yaml:"unless"`
	Text   *phrase        `yaml:"text"`
	Fields []labelledDef  `yaml:"fields"`
	Sign   []phrase       `yaml:"sign"`
	Seal   *phrase        `yaml:"seal"`
}

// phrase is a text that may hold placeholders, each with its place.
type phrase struct {
	Pos yaml.Pos
	ZH  yaml.Str `yaml:"zh,required"`
	EN  yaml.Str `yaml:"en"`
}

func (p phrase) text() Text { return Text{ZH: p.ZH.Text, EN: p.EN.Text} }

// labelledDef is written as [label, value].
type labelledDef struct {
	label phrase
	value yaml.Str
}

func (v *labelledDef) FromYAML(d *yaml.Decoder, n ast.Node) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok || len(seq.Values) != 2 {
		d.Problem(n, `expected a label and a value such as [{zh: 姓名, en: Name}, "{subject.name}"]`)
		return
	}
	d.Decode(seq.Values[0], &v.label)
	d.Decode(seq.Values[1], &v.value)
}
