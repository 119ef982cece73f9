package procedure

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"plumbline/calendar"
	yaml "plumbline/internal/strictyaml"
)

// Pack is the law of one jurisdiction as data: its sources, its calendar and its procedures. Read-only once loaded.
type Pack struct {
	ID         string
	Title      Text
	Standing   string // law, model or contract: what its clauses claim to be
	Zone       *calendar.Zone
	Calendar   *calendar.Calendar // nil: no working days
	Roll       calendar.Roll
	Procedures []*Procedure // the main one first, the others by name

	file      packFile
	sources   yaml.Map[sourceDef]
	documents []*Document
	templates []documentFile // by document, with the places of their words
	offences  []*Offence
	sections  []Section // of offences

	inHand InHand
	grades map[string][]Grade // by offence
}

// Post, UnitKind, Qualification and Rank give the title of an id of pack.yaml; false where the pack has none.
func (p *Pack) Post(id string) (Text, bool) {
	d, ok := p.file.Posts.Get(id)
	return d.Title, ok
}
func (p *Pack) UnitKind(id string) (Text, bool)      { return titleOf(p.file.UnitKinds, id) }
func (p *Pack) Qualification(id string) (Text, bool) { return titleOf(p.file.Qualified, id) }
func (p *Pack) Rank(id string) (Text, bool)          { return titleOf(p.file.Ranks, id) }

// Role gives the title of what a subject of a case is, such as offender; Roles lists those of pack.yaml in its order.
func (p *Pack) Role(id string) (Text, bool) { return titleOf(p.file.Roles, id) }
func (p *Pack) Roles() []string             { return idsOf(p.file.Roles) }

func titleOf(m yaml.Map[titledDef], id string) (Text, bool) {
	d, ok := m.Get(id)
	return d.Title, ok
}

// Posts, UnitKinds, Qualifications and Ranks list the ids of pack.yaml in its order.
func (p *Pack) Posts() []string          { return idsOf(p.file.Posts) }
func (p *Pack) UnitKinds() []string      { return idsOf(p.file.UnitKinds) }
func (p *Pack) Qualifications() []string { return idsOf(p.file.Qualified) }
func (p *Pack) Ranks() []string          { return idsOf(p.file.Ranks) }

func idsOf[T any](m yaml.Map[T]) []string {
	var out []string
	for _, e := range m {
		out = append(out, e.Key)
	}
	return out
}

// Citation is an article as a page shows it.
type Citation struct {
	Source     Text   // the name of the source
	Kind       string // law, rule, model and so on
	Article    string // its number
	Gist       Text   // what it demands, in the pack's words
	URL        string // where the source can be read
	Unverified string // why it is not checked against the text
}

// Cite looks up "SOURCE/NO". What the pack does not have comes back as it was asked for, without a gist.
func (p *Pack) Cite(article string) Citation {
	source, no, _ := strings.Cut(article, "/")
	def, a, known := p.article(article)
	if !known {
		return Citation{Source: both(source, source), Article: no}
	}
	return Citation{Source: def.Title, Kind: def.Kind.Text, Article: no, Gist: a.Gist, URL: def.URL, Unverified: a.Unverified}
}

// article finds what "SOURCE/NO" names; known: the pack has the source.
func (p *Pack) article(cite string) (source sourceDef, article articleDef, known bool) {
	id, no, _ := strings.Cut(cite, "/")
	source, known = p.sources.Get(id)
	if i := slices.IndexFunc(source.Articles, func(a articleDef) bool { return a.No.Text == no }); i >= 0 {
		article = source.Articles[i]
	}
	return source, article, known
}

// InForce leaves of what is cited the articles that held at a moment; all of them, where none of them did.
func (p *Pack) InForce(basis []string, at calendar.Instant) []string {
	day := p.Zone.Date(at)
	out := slices.DeleteFunc(slices.Clone(basis), func(cite string) bool { return !p.held(cite, day) })
	if len(out) == 0 {
		return basis
	}
	return out
}

// held tells whether a version of the source that has the article was in force on a day.
func (p *Pack) held(cite string, day calendar.Date) bool {
	def, a, _ := p.article(cite)
	return slices.ContainsFunc(def.Versions, func(v versionDef) bool {
		from, err := calendar.ParseDate(v.From.Text)
		until, err2 := calendar.ParseDate(v.Until.Text)
		return (len(a.Versions) == 0 || slices.ContainsFunc(a.Versions, func(id yaml.Str) bool { return id.Text == v.ID.Text })) &&
			err == nil && from <= day && (v.Until.Text == "" || err2 == nil && day <= until)
	})
}

// Text prints the citation as it stands in a document.
func (c Citation) Text() Text {
	if c.Kind == "law" || c.Kind == "rule" {
		return Text{ZH: "《" + c.Source.In("zh") + "》第" + c.Article + "条", EN: c.Source.In("en") + ", art. " + c.Article}
	}
	return Text{ZH: "《" + c.Source.In("zh") + "》" + c.Article, EN: c.Source.In("en") + ", " + c.Article}
}

// Procedure returns one procedure of the pack.
func (p *Pack) Procedure(id string) (*Procedure, error) {
	var ids []string
	for _, proc := range p.Procedures {
		if proc.ID == id {
			return proc, nil
		}
		ids = append(ids, proc.ID)
	}
	return nil, fmt.Errorf("pack %s has no procedure %q%s", p.ID, id, yaml.Suggest(id, ids))
}

// InHand says when to warn that a person was held for long, all measures and cases together.
type InHand struct {
	Duties []string // those during which somebody is held, of whatever procedure
	Warn   []time.Duration
}

// InHand is nothing where the pack does not say it.
func (p *Pack) InHand() InHand { return p.inHand }

// Load reads a pack from the folder dir of fsys, with the benchmarks of the agency that runs it. Mistakes come back all at
// once as strictyaml.Problems.
func Load(fsys fs.FS, dir string, benchmarks ...File) (*Pack, error) {
	l := &loader{fsys: fsys, dir: dir, given: benchmarks}
	pack := l.load()
	if len(l.problems) > 0 {
		l.problems.Sort()
		return nil, l.problems
	}
	return pack, nil
}

type loader struct {
	digest   [32]byte // of everything read so far, chained
	fsys     fs.FS
	dir      string
	given    []File
	problems yaml.Problems
	made     []*compiler // one for each procedure
}

func (l *loader) problem(pos yaml.Pos, check, format string, args ...any) {
	l.problems = append(l.problems, yaml.Problem{Pos: pos, Check: check, Text: fmt.Sprintf(format, args...)})
}

// read decodes one file; false when it is not usable.
func (l *loader) read(name string, into any) bool {
	full := path.Join(l.dir, name)
	data, err := fs.ReadFile(l.fsys, full)
	if err != nil {
		l.problem(yaml.Pos{File: full}, "", "cannot be read: %v", err)
		return false
	}
	return l.decode(full, data, into)
}

func (l *loader) decode(name string, data []byte, into any) bool {
	l.digest = sha256.Sum256(append(l.digest[:], data...))
	problems := yaml.Decode(name, data, into)
	l.problems = append(l.problems, problems...)
	return len(problems) == 0
}

func (l *loader) load() *Pack {
	p := &Pack{}
	if !l.read("pack.yaml", &p.file) {
		return nil
	}
	f := &p.file
	p.ID, p.Title, p.Standing = f.Pack.Text, f.Title, f.Standing.Text
	if !oneOf(p.Standing, "law", "model", "contract") {
		l.problem(f.Standing.Pos, "", "standing %q: expected law, model or contract", p.Standing)
	}
	var err error
	if p.Zone, err = calendar.LoadZone(f.Zone.Text); err != nil {
		l.problem(f.Zone.Pos, "", "%v", err)
	}
	p.Roll = l.roll(f.Roll, calendar.RollNone)
	if f.InHand != nil {
		p.inHand.Duties = texts(f.InHand.Duties)
		for _, s := range f.InHand.Warn {
			t, err := calendar.ParseTerm(s.Text)
			if err != nil || t.Unit != calendar.UnitHour {
				l.problem(s.Pos, "", "in_hand: warn %q: expected hours, such as 24h", s.Text)
			}
			p.inHand.Warn = append(p.inHand.Warn, time.Duration(t.N)*time.Hour)
		}
	}
	if f.Calendar.Text != "" {
		p.Calendar = l.calendar(path.Join("calendars", f.Calendar.Text+".yaml"))
	}
	var sources sourcesFile
	if l.read("sources.yaml", &sources) {
		p.sources = sources.Sources
	}
	if len(l.problems) > 0 {
		return nil
	}
	l.documents(p)
	names, err := fs.Glob(l.fsys, path.Join(l.dir, "procedures", "*.yaml"))
	if err != nil || len(names) == 0 {
		l.problem(yaml.Pos{File: path.Join(l.dir, "procedures")}, "", "no procedure found: a pack has at least one file procedures/NAME.yaml")
	}
	l.offenceFiles(p) // before the procedures, whose data and expressions name offences
	l.benchmark(p, l.given)
	common := l.digest
	for _, name := range names {
		var pf procedureFile
		l.digest = common
		if l.read(strings.TrimPrefix(name, l.dir+"/"), &pf) && l.parts(name, &pf) {
			if proc := l.compile(p, &pf); proc != nil {
				proc.digest = l.digest
				p.Procedures = append(p.Procedures, proc)
			}
		}
	}
	if main := f.Main; main.Text != "" {
		i := slices.IndexFunc(p.Procedures, func(x *Procedure) bool { return x.ID == main.Text })
		if i < 0 {
			_, err := p.Procedure(main.Text)
			l.problem(main.Pos, "", "%v", err)
		} else {
			x := p.Procedures[i]
			p.Procedures = slices.Insert(slices.Delete(p.Procedures, i, i+1), 0, x)
		}
	}
	for _, c := range l.made {
		c.leads(p)
	}
	l.circles(p)
	l.checkDocuments(p)
	if f.InHand != nil {
		for _, s := range f.InHand.Duties {
			if !slices.ContainsFunc(p.Procedures, func(proc *Procedure) bool { return proc.DutyOf(s.Text) >= 0 }) {
				l.problem(s.Pos, "duty", "no procedure has a duty %q", s.Text)
			}
		}
	}
	return p
}

// parts adds the further files of a procedure, procedures/NAME/*.yaml in the order of their names.
func (l *loader) parts(name string, f *procedureFile) bool {
	names, _ := fs.Glob(l.fsys, path.Join(strings.TrimSuffix(name, ".yaml"), "*.yaml")) // the pattern is ours
	ok := true
	for _, n := range names {
		var part partFile
		if !l.read(strings.TrimPrefix(n, l.dir+"/"), &part) {
			ok = false
			continue
		}
		if part.PartOf.Text != f.Procedure.Text {
			l.problem(part.PartOf.Pos, "part", "part of %q stands in the folder of procedure %q", part.PartOf.Text, f.Procedure.Text)
		}
		f.add(&part.procedureBody, l)
	}
	if len(f.Acts) == 0 {
		l.problem(f.Pos, "", "the procedure has no act: write acts here or in %s", path.Join(strings.TrimSuffix(name, ".yaml"), "PART.yaml"))
		return false
	}
	return ok
}

func (l *loader) roll(s yaml.Str, otherwise calendar.Roll) calendar.Roll {
	switch s.Text {
	case "":
		return otherwise
	case "none":
		return calendar.RollNone
	case "next_working_day":
		return calendar.RollNextWorking
	}
	l.problem(s.Pos, "", "roll %q: expected none or next_working_day", s.Text)
	return otherwise
}

var weekdays = map[string]time.Weekday{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

func (l *loader) calendar(name string) *calendar.Calendar {
	var f calendarFile
	if !l.read(name, &f) {
		return nil
	}
	var weekend []time.Weekday
	for _, w := range f.Weekend {
		day, ok := weekdays[w.Text]
		if !ok {
			l.problem(w.Pos, "", "weekday %q: expected one of mon, tue, wed, thu, fri, sat, sun", w.Text)
		}
		weekend = append(weekend, day)
	}
	years := map[int]calendar.Year{}
	for _, e := range f.Years {
		var n int
		if _, err := fmt.Sscanf(e.Key, "%4d", &n); err != nil || fmt.Sprint(n) != e.Key {
			l.problem(e.Pos, "", "year %q is not a year such as 2026", e.Key)
			continue
		}
		years[n] = calendar.Year{Off: l.dates(e.Value.Off), Work: l.dates(e.Value.Work), Source: e.Value.Source.ZH}
	}
	if f.AnyYear {
		years[calendar.AnyYear] = calendar.Year{}
	}
	c, err := calendar.New(f.Name.Text, weekend, years)
	if err != nil {
		l.problem(f.Pos, "", "%v", err)
	}
	return c
}

func (l *loader) dates(in []yaml.Str) []calendar.Date {
	var out []calendar.Date
	for _, s := range in {
		out = append(out, l.date(s))
	}
	return out
}

func (l *loader) date(s yaml.Str) calendar.Date {
	d, err := calendar.ParseDate(s.Text)
	if err != nil {
		l.problem(s.Pos, "", "%v", err)
	}
	return d
}

func oneOf(s string, options ...string) bool {
	for _, o := range options {
		if s == o {
			return true
		}
	}
	return false
}
