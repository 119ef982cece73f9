package procedure

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// compiler turns one file into a Procedure, noting every mistake in the loader.
type compiler struct {
	*loader
	p     *Procedure
	f     *procedureFile
	x     *exprs
	rules map[string]int
}

func (l *loader) compile(pack *Pack, f *procedureFile) *Procedure {
	p := &Procedure{file: f, Pack: pack, ID: f.Procedure.Text, Title: f.Title, actIndex: map[string]int{}, names: map[string]int{}, ignored: map[string]Text{}}
	c := &compiler{loader: l, p: p, f: f, rules: map[string]int{}}
	if want := strings.TrimSuffix(path.Base(f.Pos.File), ".yaml"); p.ID != want {
		c.problem(f.Procedure.Pos, "", "procedure %q stands in a file named %s.yaml: give both one name", p.ID, want)
	}
	c.head()
	for _, e := range f.Stages {
		if !validID(e.Key) {
			c.problem(e.Pos, "stage", "stage %q: an id is lower case letters, digits and _, beginning with a letter", e.Key)
		}
		p.stages = append(p.stages, Stage{e.Key, e.Value})
	}
	for _, r := range f.Rules {
		c.declareRule(r)
	}
	c.declareActs()
	c.declareFacts()
	for _, e := range f.Unmapped {
		p.ignored[e.Key] = e.Value.Title
	}
	var err error
	if c.x, err = newExprs(p); err != nil {
		c.problem(f.Pos, "expression", "%v", err)
		return nil
	}
	c.computeFacts()
	for _, e := range f.Subjects {
		c.scope(e.Value.Scope)
		p.sets = append(p.sets, subjectSet{e.Key, e.Value.Scope.Text, nil})
		p.sets[len(p.sets)-1].where = c.expr(e.Value.Where, place{scope: e.Value.Scope.Text}, cel.BoolType)
	}
	for i, e := range f.Acts {
		c.act(p.acts[i], i, &e.Value)
	}
	for i := range f.Apart {
		c.apart(i, &f.Apart[i])
	}
	for i := range f.Checks {
		d := &f.Checks[i]
		if d.At.Text != "end" {
			c.problem(d.At.Pos, "", "a check is made at the end: write at: end (what one act shows belongs to that act under expect)")
		}
		set := c.set(d.Of)
		at := place{}
		if set >= 0 {
			at.scope = p.sets[set].scope
		}
		p.checks = append(p.checks, check{guard: c.guard(&d.clause, d.Pos, fmt.Sprintf("check.%d", i+1), at, Text{}), set: set, that: c.expr(d.That, at, cel.BoolType)})
		k := &p.checks[len(p.checks)-1]
		k.moment = d.From.Text != "" || d.Until.Text != ""
		for _, e := range []*expr{k.when, k.unless, k.that} {
			k.moment = k.moment || e != nil && e.now
		}
	}
	c.path()
	c.remedies()
	c.finish()
	c.describe()
	l.made = append(l.made, c)
	return p
}

// competent adds the posts of tiers to a list, each once.
func competent(posts []string, tiers []postTier) []string {
	for _, t := range tiers {
		for _, post := range t.posts {
			if !slices.Contains(posts, post) {
				posts = append(posts, post)
			}
		}
	}
	return posts
}

// describe makes what pages and reports read of acts and duties, once.
func (c *compiler) describe() {
	p := c.p
	p.alone, p.matter = c.actsOf(c.f.Alone), c.f.Matter
	for i, a := range p.acts {
		d := &c.f.Acts[i].Value
		if part := d.Part; part.Text != "" && !slices.Contains(parts, part.Text) {
			c.problem(part.Pos, "", "part %q: expected one of %s", part.Text, strings.Join(parts, ", "))
		}
		info := ActInfo{ID: a.ID, Title: a.Title, Help: d.Help, Why: d.Why, Scope: a.Scope, Role: a.Role, Stage: d.Stage.Text, Part: d.Part.Text, Decision: a.decision, Relieves: a.relieves, Closes: a.closes, Opens: a.opens, AfterClose: a.afterClose, Reopens: a.reopens, By: a.by, Qualified: a.qualified, Basis: a.basis, Documents: texts(d.Documents), OtherThan: a.otherThan, Gives: d.Gives.Text, Takes: d.Takes.Text, Voids: a.voids, Annuls: conditions(d.Annuls), Publishes: d.Publishes.Text}
		info.Competent = competent(nil, a.competent)
		info.Measures = c.measures(d.Measures)
		for k, f := range a.fields {
			f.info.Taken = c.taken(&d.Data[k])
			info.Fields = append(info.Fields, f.info)
		}
		info.Due = c.due(a, &info, d.Due)
		p.actInfos = append(p.actInfos, info)
	}
	for _, d := range p.duties {
		if x := d.extended; x != nil {
			by := &p.actInfos[x.by]
			by.Competent = competent(by.Competent, x.approver)
		}
		info := DutyInfo{ID: d.ID, Title: d.Title, Why: d.why, Act: d.act, Do: d.do, Late: d.late, Never: d.missing, Basis: slices.Clone(d.basis), Liberty: d.liberty, Property: d.property, Warn: d.warn || d.promptly, Promptly: d.promptly, Limited: len(d.tiers) > 0}
		if d.rule >= 0 {
			for _, b := range p.rules[d.rule].Basis {
				if !slices.Contains(info.Basis, b) {
					info.Basis = append(info.Basis, b)
				}
			}
		}
		for _, t := range d.tiers {
			if text := both(termZH(t.term), termEN(t.term)); !slices.Contains(info.Terms, text) {
				info.Terms = append(info.Terms, text)
			}
		}
		p.dutyInfos = append(p.dutyInfos, info)
	}
}

// taken reads where a datum was said before: "act", which has a datum of the same name, or "act.datum".
func (c *compiler) taken(e *yaml.Entry[fieldDef]) []Said {
	var out []Said
	for _, s := range e.Value.Taken {
		name, datum, dotted := strings.Cut(s.Text, ".")
		if !dotted {
			datum = e.Key
		}
		i, known := c.p.actIndex[name]
		if !known {
			c.problem(s.Pos, "act", "no act %q%s", name, yaml.Suggest(name, c.p.actNames()))
			continue
		}
		var names []string
		found := false
		for _, f := range c.p.acts[i].fields {
			names = append(names, f.name)
			if f.name != datum {
				continue
			}
			found = true
			if kind, _ := casefile.ParseKind(e.Value.Type.Text); f.kind != kind {
				c.problem(s.Pos, "field", "%s.%s is %s, %s is %s", name, datum, f.kind, e.Key, kind)
			}
			if f.info.As == "secret" {
				c.problem(s.Pos, "field", "%s.%s is a secret, which is never shown again", name, datum)
			}
		}
		if !found {
			c.problem(s.Pos, "field", "%s has no datum %q%s", name, datum, yaml.Suggest(datum, names))
		}
		out = append(out, Said{i, datum})
	}
	return out
}

// parts are what an act may be in a round of approval.
var parts = []string{"proposal", "return", "review", "decision"}

// remedies compiles what people may do against acts.
func (c *compiler) remedies() {
	for i := range c.f.Remedies {
		d := &c.f.Remedies[i]
		r := Remedy{Title: d.Title, Where: d.Where, Acts: c.actsOf(d.Act), For: texts(d.For), Basis: c.cite(d.Basis)}
		for _, role := range d.For {
			if known := c.p.Pack.Roles(); len(known) > 0 && !slices.Contains(known, role.Text) {
				c.problem(role.Pos, "role", "no role %q in pack.yaml%s", role.Text, yaml.Suggest(role.Text, known))
			}
		}
		if d.Within.Text != "" {
			if t, ok := c.term(d.Within); ok {
				r.Term = &t
			}
		}
		c.p.remedies = append(c.p.remedies, r)
	}
}

func (c *compiler) expr(s yaml.Str, at place, want *cel.Type) *expr {
	if !scopes[orCase(at.scope)] {
		return nil // said already
	}
	if kinds := c.p.Pack.UnitKinds(); len(kinds) > 0 {
		for _, m := range unitKind.FindAllStringSubmatch(s.Text, -1) {
			if !slices.Contains(kinds, m[1]) {
				c.problem(s.Pos, "expression", "no kind of unit %q in pack.yaml%s", m[1], yaml.Suggest(m[1], kinds))
			}
		}
	}
	if roles := c.p.Pack.Roles(); len(roles) > 0 {
		for _, m := range roleNamed.FindAllStringSubmatch(s.Text, -1) {
			if !slices.Contains(roles, m[1]) {
				c.problem(s.Pos, "role", "no role %q in pack.yaml%s", m[1], yaml.Suggest(m[1], roles))
			}
		}
	}
	for _, m := range offenceFlag.FindAllStringSubmatch(s.Text, -1) {
		if !slices.Contains(OffenceFlags, m[1]) {
			c.problem(s.Pos, "expression", "no flag %q of offences%s", m[1], yaml.Suggest(m[1], OffenceFlags))
		}
	}
	for _, m := range versionNamed.FindAllStringSubmatch(s.Text, -1) {
		c.force(yaml.Str{Text: m[1], Pos: s.Pos}, yaml.Str{})
	}
	e, problems := c.x.compile(s, at, want)
	c.problems = append(c.problems, problems...)
	return e
}

var offenceFlag = regexp.MustCompile(`\bflagged\([^,()]*,\s*'(\w*)'\)`)

var versionNamed = regexp.MustCompile(`\bin_force\(\s*'([^']*)'`)

var unitKind = regexp.MustCompile(`\bunit\.kind\s*[!=]=\s*'(\w*)'`)

func orCase(s string) string {
	if s == "" {
		return caseScope
	}
	return s
}

func (c *compiler) scope(s yaml.Str) string {
	scope := orCase(s.Text)
	if !scopes[scope] {
		c.problem(s.Pos, "", "scope %q: expected case, person, item, document or call", s.Text)
	}
	return scope
}

func (c *compiler) head() {
	var last calendar.Instant = math.MinInt64
	for _, v := range c.f.Versions {
		from := c.p.Pack.Zone.Start(c.date(v.From))
		until := calendar.Never
		if v.Until.Text != "" {
			until = c.p.Pack.Zone.End(c.date(v.Until))
		}
		if from <= last {
			c.problem(v.Pos, "", "versions stand in order of their first day")
		}
		last = from
		c.p.versions = append(c.p.versions, version{v.ID.Text, from, until})
	}
}

func (c *compiler) declareRule(e yaml.Entry[ruleDef]) {
	r := e.Value
	if r.Severity < 1 || r.Severity > 4 {
		c.problem(r.Pos, "", "severity %d of rule %s: expected 1 (the gravest) to 4", r.Severity, e.Key)
	}
	c.rules[e.Key] = len(c.p.rules)
	c.p.rules = append(c.p.rules, Rule{ID: e.Key, Title: r.Title, Basis: c.cite(r.Basis), Severity: r.Severity, Unverified: r.Unverified, Setting: r.Setting, Reading: r.Reading, Kind: c.kind(r.Basis)})
}

// cite checks that each citation names an article of the catalogue.
func (c *compiler) cite(basis []yaml.Str) []string {
	var out []string
	for _, b := range basis {
		source, article, ok := strings.Cut(b.Text, "/")
		def, known := c.p.Pack.sources.Get(source)
		if !ok || !known {
			var names []string
			for _, e := range c.p.Pack.sources {
				names = append(names, e.Key)
			}
			c.problem(b.Pos, "article", "%q: write source/article with a source of sources.yaml%s", b.Text, yaml.Suggest(source, names))
			continue
		}
		var numbers []string
		found := false
		for _, a := range def.Articles {
			numbers = append(numbers, a.No.Text)
			found = found || a.No.Text == article
		}
		if !found {
			c.problem(b.Pos, "article", "%s has no article %q in sources.yaml%s", source, article, yaml.Suggest(article, numbers))
		}
		out = append(out, b.Text)
	}
	return out
}

func (c *compiler) kind(basis []yaml.Str) string {
	for _, b := range basis {
		source, _, _ := strings.Cut(b.Text, "/")
		if def, ok := c.p.Pack.sources.Get(source); ok {
			return def.Kind.Text
		}
	}
	return c.p.Pack.Standing
}

// rule finds a declared rule, or makes one for a clause that names none.
func (c *compiler) rule(s yaml.Str, auto string, title Text, severity int, basis []yaml.Str) int {
	if s.Text == "" {
		if i, ok := c.rules[auto]; ok {
			return i
		}
		if severity == 0 {
			severity = 3
		}
		c.rules[auto] = len(c.p.rules)
		c.p.rules = append(c.p.rules, Rule{ID: auto, Title: title, Severity: severity, Basis: c.cite(basis), Kind: c.kind(basis)})
		return c.rules[auto]
	}
	i, ok := c.rules[s.Text]
	if !ok {
		c.problem(s.Pos, "rule", "no rule %q%s", s.Text, yaml.Suggest(s.Text, keys(c.rules)))
		return 0
	}
	return i
}

func keys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (c *compiler) declareActs() {
	for i, e := range c.f.Acts {
		d := e.Value
		a := &act{ID: e.Key, Title: d.Title, Scope: c.scope(d.Scope), Role: d.Role.Text, relieves: d.Relieves, closes: d.Closes, afterClose: d.AfterClose || d.Relieves || d.Reopens, reopens: d.Reopens, otherRule: -1, byRule: -1, bars: -1, barsRule: -1}
		switch d.Kind.Text {
		case "decision":
			a.decision = true
		case "fact", "":
		default:
			c.problem(d.Kind.Pos, "", "kind %q: expected fact (it happened) or decision (refused if unlawful)", d.Kind.Text)
		}
		if roles := c.p.Pack.Roles(); d.Role.Text != "" && len(roles) > 0 && !slices.Contains(roles, d.Role.Text) {
			c.problem(d.Role.Pos, "role", "no role %q in pack.yaml%s", d.Role.Text, yaml.Suggest(d.Role.Text, roles))
		}
		a.opens = d.Opens
		c.stage(d.Stage)
		if !validID(e.Key) {
			c.problem(e.Pos, "", "act %q: an id is lower case letters, digits and _, beginning with a letter", e.Key)
		}
		for _, f := range d.Data {
			kind, ok := casefile.ParseKind(f.Value.Type.Text)
			if !ok {
				c.problem(f.Value.Pos, "", "type %q of %s%s", f.Value.Type.Text, f.Key, yaml.Suggest(f.Value.Type.Text, casefile.KindNames()))
			}
			source := f.Value.Name.Text
			if source == "" {
				source = f.Key
			}
			a.fields = append(a.fields, actField{f.Key, source, kind, f.Value.Required, texts(f.Value.Enum.ids), c.field(f.Key, kind, &f.Value)})
		}
		c.p.actIndex[e.Key] = i
		for _, n := range d.Names {
			if _, twice := c.p.names[n.Text]; twice {
				c.problem(n.Pos, "", "name %q stands for two acts", n.Text)
			}
			c.p.names[n.Text] = i
		}
		c.p.acts = append(c.p.acts, a)
	}
}

// stage checks that a stage is declared.
func (c *compiler) stage(s yaml.Str) {
	if ids := idsOf(c.f.Stages); s.Text != "" && !slices.Contains(ids, s.Text) {
		c.problem(s.Pos, "stage", "no stage %q under stages%s", s.Text, yaml.Suggest(s.Text, ids))
	}
}

// Characters that a text may have where the pack does not say: on one line, and on several.
const shortText, longText = 200, 10000

// field checks how a datum is asked for.
func (c *compiler) field(name string, kind casefile.Kind, d *fieldDef) FieldInfo {
	f := FieldInfo{Name: name, Kind: kind, Title: d.Title, Help: d.Help, Required: d.Required, Long: d.Long, Rare: d.Rare, Max: d.Max, Several: d.Several, As: d.As.Text, Basis: c.cite(d.Basis)}
	if f.Title == (Text{}) {
		f.Title = both(name, name)
	}
	if kind != casefile.Text && kind != casefile.None {
		switch {
		case d.Max != 0 || d.Long:
			c.problem(d.Pos, "field", "%s is %s: max and long are for text", name, kind)
		case len(d.Enum.ids) > 0:
			c.problem(d.Enum.ids[0].Pos, "field", "%s is %s: enum is for text", name, kind)
		}
	}
	if d.Several && len(d.Enum.ids) == 0 {
		c.problem(d.Pos, "field", "several of what? %s has no enum", name)
	}
	if kind == casefile.Text && f.Max == 0 {
		f.Max = shortText
		for _, id := range d.Enum.ids {
			if d.Several {
				f.Max += len(id.Text) + 1
			}
		}
		if f.Long {
			f.Max = longText
		}
	}
	if d.Rare && d.Required {
		c.problem(d.Pos, "field", "%s is required and rare: what must be given is not folded away", name)
	}
	if d.Max < 0 {
		c.problem(d.Pos, "field", "max %d of %s: expected a number of characters", d.Max, name)
	}
	if f.As != "" {
		want, ok := map[string]casefile.Kind{"period_from": casefile.Date, "period_until": casefile.Date, "sample_size": casefile.Int, "second_share": casefile.Int, "population": casefile.Int, "grade_from": casefile.Int, "unopened": casefile.Bool, "measured_before": casefile.Int, "measured_before_of": casefile.Int, "measured_after": casefile.Int, "measured_after_of": casefile.Int, "others_before": casefile.Int, "others_before_of": casefile.Int, "others_after": casefile.Int, "others_after_of": casefile.Int, "slips": casefile.Int, "answers": casefile.Int, "answers_all": casefile.Int, "tally": casefile.Int, "score": casefile.Int, "points": casefile.Int, "blind": casefile.Bool, "on_person": casefile.Bool, "birth": casefile.Date, "fine": casefile.Money, "days": casefile.Int}[f.As]
		if !ok {
			want = casefile.Text
		}
		switch {
		case !slices.Contains(FieldRoles, f.As):
			c.problem(d.As.Pos, "field", "as %q of %s: expected one of %s%s", f.As, name, strings.Join(FieldRoles, ", "), yaml.Suggest(f.As, FieldRoles))
		case kind != want && kind != casefile.None && f.As != "secret":
			c.problem(d.As.Pos, "field", "%s is %s: a datum as %s is %s", name, kind, f.As, want)
		}
	}
	for _, id := range d.Enum.ids {
		if slices.ContainsFunc(f.Enum, func(o Option) bool { return o.ID == id.Text }) {
			c.problem(id.Pos, "field", "%q stands twice in the enum of %s", id.Text, name)
		}
		o := Option{id.Text, both(id.Text, id.Text)}
		if t, ok := d.Enum.titles.Get(id.Text); ok && t != (Text{}) {
			o.Title = t
		}
		f.Enum = append(f.Enum, o)
	}
	if f.As == "offence" {
		switch {
		case len(d.Enum.ids) > 0:
			c.problem(d.Enum.ids[0].Pos, "field", "%s is an offence: its values are those of the catalogue, not an enum", name)
		case len(c.p.Pack.offences) == 0:
			c.problem(d.As.Pos, "field", "%s is an offence, and the pack has no catalogue in offences/", name)
		}
		for _, o := range c.p.Pack.offences {
			f.Enum = append(f.Enum, Option{o.ID, o.Title})
		}
	}
	if f.As == "grade" {
		for _, o := range c.p.Pack.offences {
			for _, g := range c.p.Pack.Grades(o.ID) {
				f.Enum = append(f.Enum, Option{g.ID, g.When})
			}
		}
	}
	return f
}

func validID(s string) bool {
	for i, r := range s {
		if (r < 'a' || r > 'z') && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

func texts(in []yaml.Str) []string {
	var out []string
	for _, s := range in {
		out = append(out, s.Text)
	}
	return out
}

func (c *compiler) declareFacts() {
	for _, e := range c.f.Facts {
		d := e.Value
		kind, ok := casefile.ParseKind(d.Type.Text)
		if !ok {
			c.problem(d.Type.Pos, "", "type %q of fact %s%s", d.Type.Text, e.Key, yaml.Suggest(d.Type.Text, casefile.KindNames()))
		}
		f := fact{id: e.Key, scope: c.scope(d.Scope), title: d.Title, kind: kind, computed: d.Is.Text != ""}
		if d.Default.Text != "" {
			v, err := casefile.ParseValue(kind, d.Default.Text, c.p.Pack.Zone)
			if err != nil {
				c.problem(d.Default.Pos, "", "%v", err)
			}
			f.initial = v
		} else if len(d.Sum) > 0 {
			f.initial = casefile.Zero(kind)
		}
		index := len(c.p.facts)
		c.p.facts = append(c.p.facts, f)
		for _, s := range d.SetBy {
			c.settles(s, e.Key, index, kind, foldLast)
		}
		for _, s := range d.First {
			c.settles(s, e.Key, index, kind, foldFirst)
		}
		for _, s := range d.Sum {
			c.settles(s, e.Key, index, kind, foldSum)
		}
	}
}

// settles binds "act" or "act.field" to a fact.
func (c *compiler) settles(s yaml.Str, factID string, index int, kind casefile.Kind, how fold) {
	name, fieldName, ok := strings.Cut(s.Text, ".")
	if !ok {
		fieldName = factID
	}
	i, known := c.p.actIndex[name]
	if !known {
		c.problem(s.Pos, "act", "no act %q%s", name, yaml.Suggest(name, c.p.actNames()))
		return
	}
	var names []string
	for j, f := range c.p.acts[i].fields {
		if f.name == fieldName {
			if f.kind != kind {
				c.problem(s.Pos, "", "%s.%s is %s, the fact %s is %s", name, fieldName, f.kind, factID, kind)
			}
			c.p.acts[i].sets = append(c.p.acts[i].sets, setting{index, j, how})
			return
		}
		names = append(names, f.name)
	}
	c.problem(s.Pos, "fact", "act %s has no datum %q%s", name, fieldName, yaml.Suggest(fieldName, names))
}

func (c *compiler) actsOf(l list) []int {
	var out []int
	for _, s := range l {
		i, ok := c.p.actIndex[s.Text]
		if !ok {
			c.problem(s.Pos, "act", "no act %q%s", s.Text, yaml.Suggest(s.Text, c.p.actNames()))
			continue
		}
		out = append(out, i)
	}
	return out
}

func (c *compiler) set(o ofDef) int {
	if o.Set == "" {
		return -1
	}
	var names []string
	for i, s := range c.p.sets {
		if s.id == o.Set {
			return i
		}
		names = append(names, s.id)
	}
	c.problem(o.Pos, "", "no set %q under subjects%s", o.Set, yaml.Suggest(o.Set, names))
	return -1
}

func (c *compiler) guard(d *clause, pos yaml.Pos, id string, at place, title Text) guard {
	g := guard{id: id, from: math.MinInt64, until: calendar.Never, warn: d.Warn}
	if d.Severity < 0 || d.Severity > 4 {
		c.problem(pos, "", "severity %d: expected 1 (the gravest) to 4", d.Severity)
	}
	g.rule = c.rule(d.Rule, id, title, d.Severity, d.Basis)
	g.when = c.expr(d.When, at, cel.BoolType)
	g.unless = c.expr(d.Unless, at, cel.BoolType)
	g.unlessDone = c.actsOf(d.UnlessDone)
	g.since = c.actsOf(d.Since)
	g.from, g.until = c.force(d.From, d.Until)
	if len(d.Basis) > 0 && d.Rule.Text != "" {
		c.cite(d.Basis)
	}
	return g
}

// force reads the versions from and until which a clause holds.
func (c *compiler) force(from, until yaml.Str) (calendar.Instant, calendar.Instant) {
	first, last := calendar.Instant(math.MinInt64), calendar.Never
	find := func(s yaml.Str) *version {
		var ids []string
		for i := range c.p.versions {
			if c.p.versions[i].id == s.Text {
				return &c.p.versions[i]
			}
			ids = append(ids, c.p.versions[i].id)
		}
		c.problem(s.Pos, "version", "no version %q of this procedure%s", s.Text, yaml.Suggest(s.Text, ids))
		return nil
	}
	if from.Text != "" {
		if v := find(from); v != nil {
			first = v.from
		}
	}
	if until.Text != "" {
		if v := find(until); v != nil {
			last = v.until
		}
	}
	return first, last
}

func (c *compiler) term(s yaml.Str) (calendar.Term, bool) {
	t, err := calendar.ParseTerm(s.Text)
	if err != nil {
		c.problem(s.Pos, "", "%v", err)
		return t, false
	}
	if t.Unit == calendar.UnitWorkingDay && c.p.Pack.Calendar == nil {
		c.problem(s.Pos, "", "%s counts working days and the pack has no calendar", s.Text)
		return t, false
	}
	return t, true
}

func (c *compiler) tiers(w withinDef, at place) []tier {
	var out []tier
	for _, d := range w.Tiers {
		t := tier{when: c.expr(d.When, at, cel.BoolType)}
		t.from, t.until = c.force(d.From, d.Until)
		t.term, _ = c.term(d.Is)
		t.length = calendar.Instant(t.term.N) * map[calendar.Unit]calendar.Instant{calendar.UnitMinute: 1, calendar.UnitHour: 60, calendar.UnitDay: 1440, calendar.UnitWorkingDay: 2016, calendar.UnitMonth: 43200}[t.term.Unit]
		c.cite(d.Basis)
		out = append(out, t)
	}
	return out
}

func (c *compiler) posts(tiers []tierPosts, at place, auto string, title Text) []postTier {
	var out []postTier
	for _, d := range tiers {
		for _, post := range d.Is {
			c.post(post)
		}
		out = append(out, postTier{c.expr(d.When, at, cel.BoolType), texts(d.Is), c.rule(d.Rule, auto, title, 1, d.Basis)})
	}
	return out
}

func (c *compiler) post(s yaml.Str) {
	var names []string
	for _, e := range c.p.Pack.file.Posts {
		names = append(names, e.Key)
	}
	if !slices.Contains(names, s.Text) {
		c.problem(s.Pos, "post", "no post %q in pack.yaml%s", s.Text, yaml.Suggest(s.Text, names))
	}
}

func both(zh, en string) Text { return Text{ZH: zh, EN: en} }

func (c *compiler) act(a *act, index int, d *actDef) {
	at := place{act: a.ID, scope: a.Scope}
	a.basis = c.cite(d.Basis)
	for _, s := range d.By {
		c.post(s)
	}
	a.by, a.qualified = texts(d.By), texts(d.Qualified)
	if declared := c.p.Pack.Qualifications(); len(declared) > 0 {
		for _, s := range append([]yaml.Str{d.Gives, d.Takes}, d.Qualified...) {
			if s.Text != "" && !slices.Contains(declared, s.Text) {
				c.problem(s.Pos, "qualification", "no qualification %q in pack.yaml%s", s.Text, yaml.Suggest(s.Text, declared))
			}
		}
	}
	for _, s := range d.Documents {
		if c.p.Pack.Document(s.Text) == nil {
			var ids []string
			for _, doc := range c.p.Pack.documents {
				ids = append(ids, doc.ID)
			}
			c.problem(s.Pos, "document", "no document %q: expected a file documents/%s.yaml%s", s.Text, s.Text, yaml.Suggest(s.Text, ids))
		}
	}
	if len(a.by)+len(a.qualified) > 0 {
		a.byRule = c.rule(d.ByRule, a.ID+".by", both("无权实施："+a.Title.ZH, "done without the post: "+a.Title.EN), 1, d.Basis)
	}
	a.competent = c.posts(d.Competent, at, a.ID+".competent", both("无权决定："+a.Title.ZH, "decided without competence: "+a.Title.EN))
	if a.otherThan = c.actsOf(d.OtherThan); len(a.otherThan) > 0 {
		a.otherRule = c.rule(d.OtherRule, a.ID+".other_than", both("同一人先后实施："+a.Title.ZH, "same person did both: "+a.Title.EN), 2, nil)
		for i, o := range a.otherThan {
			c.p.acts[o].keepsPerson = true
			if c.p.file.Acts[o].Value.Bars.Text != "" {
				c.problem(d.OtherThan[i].Pos, "bars", "%s bars others from the case: who did it is not kept", c.p.acts[o].ID)
			}
		}
	}
	if d.Bars.Text != "" {
		var names []string
		for _, f := range a.fields {
			names = append(names, f.name)
		}
		if a.bars = slices.Index(names, d.Bars.Text); a.bars < 0 || a.fields[a.bars].kind != casefile.Text {
			c.problem(d.Bars.Pos, "bars", "no text datum %q of %s%s", d.Bars.Text, a.ID, yaml.Suggest(d.Bars.Text, names))
			a.bars = -1
		}
		a.barsRule = c.rule(d.BarsRule, a.ID+".bars", both("被排除后仍参与本案", "acted in the case after being barred from it"), 2, d.Basis)
	}
	for i, k := range d.After {
		cond := condition{acts: c.actsOf(k.Act), set: c.set(k.Of), any: k.Of.Any, mayBeEmpty: k.MayBeEmpty}
		if len(cond.acts) == 0 {
			continue
		}
		inner := at
		if cond.set >= 0 {
			inner.scope = c.p.sets[cond.set].scope
		}
		first := c.p.acts[cond.acts[0]]
		cond.guard = c.guard(&k.clause, k.Pos, fmt.Sprintf("%s.after.%d", a.ID, i+1), inner, both("未先"+first.Title.ZH+"即"+a.Title.ZH, a.Title.EN+" without "+first.Title.EN))
		inner.prior = first.ID
		cond.that = c.expr(k.That, inner, cel.BoolType)
		if cond.that != nil {
			for _, o := range cond.acts {
				c.p.acts[o].keeps = true
			}
		}
		if k.Delay.Text != "" {
			if t, ok := c.term(k.Delay); ok {
				cond.delay = &t
			}
		}
		a.after = append(a.after, cond)
	}
	for i, k := range d.NoLaterThan {
		g := c.guard(&k.clause, k.Pos, fmt.Sprintf("%s.no_later_than.%d", a.ID, i+1), at, both(a.Title.ZH+"逾期", a.Title.EN+" too late"))
		a.windows = append(a.windows, window{g, c.actsOf(k.Act), c.tiers(k.Within, at)})
	}
	for i, k := range d.NotWhile {
		g := c.guard(&k.clause, k.Pos, fmt.Sprintf("%s.not_while.%d", a.ID, i+1), at, both(a.Title.ZH+"时尚有事项未决", a.Title.EN+" while something is pending"))
		a.notWhile = append(a.notWhile, milestone{g, c.actsOf(k.Act)})
	}
	for i, k := range d.Expect {
		g := c.guard(&k.clause, k.Pos, fmt.Sprintf("%s.expect.%d", a.ID, i+1), at, both(a.Title.ZH+"不符合要求", a.Title.EN+" not as required"))
		a.expects = append(a.expects, expectation{g, c.expr(k.That, at, cel.BoolType)})
	}
	for i, k := range d.Excludes {
		g := c.guard(&k.clause, k.Pos, fmt.Sprintf("%s.excludes.%d", a.ID, i+1), place{scope: a.Scope}, both(a.Title.ZH+"之后不得实施", "not after "+a.Title.EN))
		a.excludes = append(a.excludes, exclusion{g, c.actsOf(k.Acts)})
	}
	a.includes, a.voids = c.actsOf(d.Includes), c.actsOf(d.Voids)
	for _, f := range a.fields {
		if f.info.As == "public_route" && !slices.Contains(f.enum, OwnSite) {
			c.problem(d.Pos, "field", "%s of %s is the route by which a text goes out: one of its values is %s, the house's own", f.name, a.ID, OwnSite)
		}
	}
	switch d.Publishes.Text {
	case "":
	case "text":
		if !slices.ContainsFunc(c.p.acts, func(x *act) bool { return hasRole(x, "redacted") }) {
			c.problem(d.Publishes.Pos, "publishes", "%s publishes a text, and no act of the procedure has a datum as redacted", a.ID)
		}
	case "notice":
		if !hasRole(a, "public_notice") {
			c.problem(d.Publishes.Pos, "publishes", "%s publishes that a text was withdrawn, and has no datum as public_notice that says why", a.ID)
		}
	default:
		c.problem(d.Publishes.Pos, "publishes", "publishes %q: expected text or notice", d.Publishes.Text)
	}
	for _, e := range d.Annuls {
		var names []string
		for _, f := range a.fields {
			names = append(names, f.name)
		}
		if i := slices.Index(names, e.Key); i < 0 {
			c.problem(e.Pos, "field", "%s has no datum %q%s", a.ID, e.Key, yaml.Suggest(e.Key, names))
		} else if len(e.Value) == 0 {
			c.problem(e.Pos, "field", "annuls: which values of %s?", e.Key)
		} else if why := c.p.neverAmong(&a.fields[i], e.Value); why != "" {
			c.problem(e.Pos, "field", "%s", why)
		}
	}
	for i := range d.Duties {
		c.duty(a, index, &d.Duties[i])
	}
}

func (c *compiler) duty(a *act, index int, k *dutyDef) {
	d := &duty{ID: k.ID.Text, Title: k.Title, why: k.Why, act: index, do: c.actsOf(k.Do), set: c.set(k.Of), liberty: k.Liberty, property: k.Property, promptly: k.Within.Warn.Text != "", applies: -1, entered: -1, late: -1, missing: -1}
	at := place{act: a.ID, scope: a.Scope}
	if k.Of.Any {
		c.problem(k.Of.Pos, "", `a duty is opened for every member of a set: write "every %s"`, k.Of.Set)
	}
	inner := at
	if d.set >= 0 {
		inner.scope = c.p.sets[d.set].scope
	}
	if len(d.do) > 0 && d.Title == (Text{}) {
		d.Title = c.p.acts[d.do[0]].Title
	}
	auto := a.ID + "." + d.ID
	name := yaml.Str{Text: k.Late.Text, Pos: k.Late.Pos}
	if name.Text == "" {
		name = k.Rule
	}
	if name.Text == "" && (k.Late.null || len(k.Within.Tiers) == 0) && k.Missing.Text != "" {
		name = k.Missing.Str
	}
	plain := k.clause
	plain.Rule = name
	if name.Text == "" && k.Late.null {
		d.guard = c.guardWithoutRule(&plain, auto, inner)
	} else {
		d.guard = c.guard(&plain, k.Pos, auto, inner, both(d.Title.ZH+"逾期", d.Title.EN+" late"))
		d.late = d.rule
	}
	if k.Late.null {
		d.late = -1
	}
	switch d.missing = d.late; {
	case k.Missing.null:
		d.missing, d.missingSaid = -1, true
	case k.Missing.Text != "":
		d.missing, d.missingSaid = c.rule(k.Missing.Str, "", Text{}, 0, nil), true
	}
	d.lasts = k.Missing.Text == "" && slices.ContainsFunc(d.do, func(x int) bool { return c.p.acts[x].afterClose })
	d.start = c.expr(k.Start, at, momentType)
	d.roll = c.roll(k.Roll, c.roll(c.f.Roll, c.p.Pack.Roll))
	outer := place{scope: inner.scope}
	d.tiers = c.tiers(k.Within, outer)
	for _, t := range d.tiers {
		d.follows = d.follows || t.when != nil
	}
	d.basis = c.cite(k.Basis)
	if d.liberty {
		d.entered = c.rule(k.Entered, auto+".entered_late", both("延长限制人身自由期限的事实补录迟延："+d.Title.ZH, "a fact that lengthens a liberty limit was entered after the limit ran out: "+d.Title.EN), 2, nil)
	}
	for _, s := range k.Suspended {
		from := c.actsOf(list{s.From})
		if to := c.actsOf(s.To); len(from) > 0 && len(to) > 0 {
			d.suspended = append(d.suspended, suspension{from[0], to, s.Pair.Text})
		}
		c.cite(s.Basis)
	}
	if e := k.Extended; e != nil {
		by := c.actsOf(list{e.By})
		if t, ok := c.term(e.Add); ok && len(by) > 0 {
			x := &extension{by: by[0], add: t, times: max(1, e.Times)}
			x.beforeExpiry = c.rule(e.BeforeExpiry, auto+".extended_after_expiry", both("期限届满后才延长", "extended after expiry"), 2, e.Basis)
			x.tooMany = c.rule(e.TooMany, auto+".extended_too_often", both("延长次数超过规定", "extended too often"), 1, e.Basis)
			x.approverBad = c.rule(e.ApproverRule, auto+".extended_without_power", both("无权批准延长", "extension approved without power"), 1, e.Basis)
			x.approver = c.posts(e.Approver, place{act: c.p.acts[by[0]].ID, scope: c.p.acts[by[0]].Scope}, c.p.rules[x.approverBad].ID, Text{})
			d.extended = x
		}
		c.cite(e.Basis)
	}
	for _, s := range k.Lapses {
		d.lapses = append(d.lapses, lapse{c.expr(s.When, outer, cel.BoolType), c.actsOf(s.Act)})
	}
	if k.OnExpiry != nil {
		if applied := c.actsOf(list{k.OnExpiry.Applies}); len(applied) > 0 {
			d.applies = applied[0]
		}
	}
	for _, other := range c.p.duties {
		if other.ID == d.ID {
			c.problem(k.ID.Pos, "", "duty %q stands a second time", d.ID)
		}
	}
	a.duties = append(a.duties, len(c.p.duties))
	c.p.duties = append(c.p.duties, d)
}

// guardWithoutRule is for a duty that only reminds: neither its lateness nor its absence is a finding.
func (c *compiler) guardWithoutRule(d *clause, id string, at place) guard {
	g := guard{id: id, rule: -1, from: math.MinInt64, until: calendar.Never}
	g.when, g.unless = c.expr(d.When, at, cel.BoolType), c.expr(d.Unless, at, cel.BoolType)
	g.unlessDone, g.since = c.actsOf(d.UnlessDone), c.actsOf(d.Since)
	g.from, g.until = c.force(d.From, d.Until)
	return g
}

func (c *compiler) apart(i int, d *apartDef) {
	a := apart{c.guard(&d.clause, d.Pos, fmt.Sprintf("apart.%d", i+1), place{}, both("互斥的行为", "acts that exclude each other")), c.actsOf(d.One), c.actsOf(d.Other)}
	for _, j := range append(slices.Clone(a.one), a.other...) {
		if !slices.Contains(c.p.acts[j].apart, i) {
			c.p.acts[j].apart = append(c.p.acts[j].apart, i)
		}
	}
	c.p.apart = append(c.p.apart, a)
}

func (c *compiler) path() {
	d := c.f.Path
	if d == nil {
		return
	}
	w := &pathway{rule: c.rule(d.Rule, "", Text{}, 0, nil), closeRule: -1, steps: make([][]step, len(c.p.acts))}
	if d.Closes.Text != "" {
		w.closeRule = c.rule(d.Closes, "", Text{}, 0, nil)
	}
	stage := func(s yaml.Str) uint {
		i := slices.Index(w.stages, s.Text)
		if i < 0 {
			i = len(w.stages)
			w.stages = append(w.stages, s.Text)
			if i == 64 {
				c.problem(s.Pos, "", "a path has at most 64 stages")
			}
		}
		return uint(i) % 64
	}
	w.start = 1 << stage(d.Start)
	for _, s := range d.Steps {
		st := step{stage(s.From), stage(s.To), nil}
		if s.Act.Text != "" {
			for _, i := range c.actsOf(list{s.Act}) {
				w.steps[i] = append(w.steps[i], st)
			}
			continue
		}
		st.that = c.expr(s.That, place{}, cel.BoolType)
		w.silent = append(w.silent, st)
	}
	for _, s := range d.End {
		w.end |= 1 << stage(s)
	}
	c.cite(d.Basis)
	c.p.path = w
}

// lengthens marks the facts that a liberty clock reads, through computed ones too.
func (c *compiler) lengthens(e *expr) {
	for _, i := range e.reads {
		f := &c.p.facts[i]
		if f.is != nil && !f.lengthens {
			c.lengthens(f.is)
		}
		f.lengthens = true
	}
}

func (c *compiler) finish() {
	for _, d := range c.p.duties {
		for _, t := range d.tiers {
			if !d.liberty || t.when == nil {
				continue
			}
			c.lengthens(t.when)
		}
	}
	for i, e := range c.f.Acts {
		for _, s := range e.Value.Waives {
			at := slices.IndexFunc(c.p.duties, func(d *duty) bool { return d.ID == s.Text })
			if at < 0 {
				c.problem(s.Pos, "duty", "no duty %q", s.Text)
				continue
			}
			c.p.acts[i].waives = append(c.p.acts[i].waives, at)
		}
	}
	if c.p.Pack.Standing == "law" {
		for _, r := range c.p.rules {
			if len(r.Basis) == 0 && r.Setting == "" {
				if e, ok := c.f.Rules.Get(r.ID); ok {
					c.problem(e.Pos, "cited", "rule %s cites no article: a pack of law says on what each rule rests", r.ID)
				}
			}
		}
	}
}
