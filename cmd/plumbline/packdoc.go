package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
	"plumbline/packs"
	"plumbline/procedure"
)

type packDoc struct {
	Dir  string `arg:"" help:"The pack's folder, or the name of a pack that comes with the program."`
	Out  string `default:"-" help:"The file to write; - is standard output."`
	Lang string `default:"zh" enum:"zh,en" help:"The language of the page: zh or en."`
}

//go:embed packdoc.html
var packDocHTML string

//go:embed packdoc.css
var packDocCSS string

func (c *packDoc) Run() error {
	pack, err := loadPack(c.Dir)
	var problems yaml.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(os.Stderr, problems.Error())
		return failedCheck{fmt.Errorf("pack %s is not sound; mistakes: %d", c.Dir, len(problems))}
	}
	if err != nil {
		return err
	}
	var fsys fs.FS = packs.FS
	dir := c.Dir
	if !slices.Contains(packs.Names, c.Dir) {
		clean := filepath.Clean(c.Dir)
		fsys, dir = os.DirFS(filepath.Dir(clean)), filepath.Base(clean)
	}
	cases, err := pack.ReadCases(fsys, dir)
	if errors.As(err, &problems) {
		fmt.Fprintln(os.Stderr, problems.Error())
		return failedCheck{fmt.Errorf("%d mistakes in the worked cases of %s", len(problems), c.Dir)}
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := writePackDoc(&b, pack, cases, c.Lang); err != nil {
		return err
	}
	if c.Out == "-" {
		_, err = os.Stdout.WriteString(b.String())
		return err
	}
	return os.WriteFile(c.Out, []byte(b.String()), 0o644)
}

// docMark is one thing that a lawyer must decide: not the law's own words.
type docMark struct {
	Kind  string // setting, reading, unverified or accepted
	Where string
	Link  string
	Title string
	Text  string
	Basis []docCite
}

type docCite struct{ ID, Source, No, Short, Gist, Link, URL, Unverified string }

// docCites are the articles of one source, to be printed after its name.
type docCites struct {
	Source string
	Law    bool
	List   []docCite
}

func groupCites(list []docCite) []docCites {
	var out []docCites
	for _, c := range list {
		k := slices.IndexFunc(out, func(g docCites) bool { return g.Source == c.Source })
		if k < 0 {
			k, out = len(out), append(out, docCites{Source: c.Source, Law: !strings.HasSuffix(c.Short, c.Source+"："+c.No) && !strings.HasSuffix(c.Short, c.Source+", "+c.No)})
		}
		out[k].List = append(out[k].List, c)
	}
	return out
}

type docRule struct {
	ID, Link, Title, Other, Severity, Setting, Reading, Unverified string
	Grave                                                          int
	Basis                                                          []docCite
	Where                                                          []docLink // the acts, duties and so on that count under it
}

type docLink struct{ Text, Link string }

type docDemand struct {
	said
	Rule       *docRule
	Basis      []docCite
	Unverified string
}

type docTier struct {
	Posts, When, Expr string
	Rule              *docRule
	Basis             []docCite
}

type docField struct {
	Title, Name, Type, Help string
	Required                bool
	Options                 []procedure.Option
	Basis                   []docCite
}

type docAct struct {
	ID, Link, Title, Other, Help, Why, Stage, Kind, KindTitle, About, Unverified string
	Inherited                                                                    bool // the stage is that of the act above
	Opens, Closes                                                                bool
	By, Qualified, OtherThan                                                     string
	ByRule, OtherRule                                                            *docRule
	Competent                                                                    []docTier
	Fields                                                                       []docField
	Demands                                                                      []docDemand
	Effects                                                                      []docDemand
	Duties                                                                       []*docDuty
	Documents                                                                    []docLink
	Basis                                                                        []docCite
	Names                                                                        string
}

type docDuty struct {
	ID, Link, Title, Other, Why, Do, Of, Start, Limit string
	Act                                               docLink
	Notes                                             []string // conditions
	Changes                                           []docDemand
	Exprs                                             []string
	Kinds                                             []string
	Late, Missing                                     *docRule
	Basis                                             []docCite
	Unverified                                        string
}

type docGraph struct {
	Title string
	SVG   template.HTML
	Alone []docLink
}

type docStage struct {
	ID, Title string
	Acts      []*docAct
}

type docProc struct {
	ID, Link, Title, Other, Summary, Edition string
	Versions                                 []procedure.VersionText
	Stages                                   []docStage
	Graphs                                   []docGraph
	Facts                                    []docFact
	Sets                                     []docFact
	Acts                                     []*docAct
	Demands                                  []docDemand
	Path                                     *docPath
	Rules                                    []*docRule
	Duties                                   []*docDuty
	Remedies                                 []docRemedy
	Ignored                                  []docLink
}

type docPath struct {
	Start, End      string
	Rule, CloseRule *docRule
	Steps           [][3]string
	Basis           []docCite
}

type docFact struct{ ID, Title, About, Type, From, Default string }

type docRemedy struct {
	Title, Where, Acts, For, Within string
	Basis                           []docCite
}

type docDocument struct {
	ID, Link, Title, Other, Number, Each, Unverified string
	NamesCase                                        bool
	Blocks                                           []docBlock
	Acts                                             []docLink
	Basis                                            []docCite
}

type docBlock struct {
	Only       []string // where the part is printed, in words; empty: always
	Text, Seal template.HTML
	Fields     [][2]template.HTML
	Sign       []template.HTML
}

type docOffence struct {
	ID, Link, Section, Title, Other, Item, Conduct, More, Unverified string
	Tiers                                                            []string
	Basis                                                            []docCite
}

type docSource struct {
	procedure.SourceText
	Articles []docArticle
}

type docArticle struct {
	procedure.ArticleText
	ID, Link string
	Used     []docLink
}

type docCase struct {
	Name, Link, Title, Procedure string
	Count                        int
	Last                         string
	Findings                     []docFinding
	Refused                      []string
	Duties                       []string
}

type docFinding struct {
	Rule *docRule
	Text string
}

type docTable struct {
	Title string
	Rows  [][2]string // id, title
}

type docPage struct {
	Lang, ID, Title, Other, Standing, StandingText, Zone, Roll string
	RollBasis                                                  []docCite
	Calendar                                                   string
	Years                                                      [][2]string
	Marks                                                      []docMark
	Counts                                                     map[string]int
	Procs                                                      []*docProc
	Tables                                                     []docTable
	Offences                                                   []docOffence
	Documents                                                  []docDocument
	Sources                                                    []docSource
	Articles                                                   int
	Cases                                                      []docCase
	Accepted                                                   []procedure.AcceptedText
	CSS, Running                                               template.CSS
}

// docMaker gathers the page of one pack.
type docMaker struct {
	pack  *procedure.Pack
	lang  string
	page  *docPage
	used  map[string][]docLink // by article
	w     *words               // of the procedure at hand
	p     *procedure.Procedure
	rules []*docRule
	proc  *docProc
}

func writePackDoc(out io.Writer, pack *procedure.Pack, cases []procedure.CaseText, lang string) error {
	m := &docMaker{pack: pack, lang: lang, used: map[string][]docLink{}, page: &docPage{Lang: lang, Counts: map[string]int{}}}
	m.w = newWords(lang, pack, pack.Procedures[0])
	m.head()
	byID := map[string]*docProc{}
	for _, p := range pack.Procedures {
		m.procedure(p)
		byID[p.ID] = m.proc
	}
	m.offences()
	m.documents()
	m.sources()
	m.cases(cases, byID)
	for _, a := range m.page.Accepted {
		m.mark(docMark{Kind: "accepted", Where: a.Check, Title: a.Of, Text: a.Reason, Link: "accepted"})
	}
	t := func(zh, en string) string { return m.w.t(zh, en) }
	tmpl, err := template.New("packdoc").Funcs(template.FuncMap{
		"t": t, "in": m.w.in, "half": m.w.half,
		"kind": func(k string) string {
			return map[string]string{"setting": t("设定", "setting"), "reading": t("理解", "reading"), "unverified": t("未核对", "unverified"), "accepted": t("未证明", "not proved")}[k]
		},
		"group": groupCites,
		"inc":   func(i int) int { return i + 1 },
		"link":  func(s string) bool { return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") },
		"dict": func(kv ...any) map[string]any {
			d := map[string]any{}
			for i := 0; i+1 < len(kv); i += 2 {
				d[kv[i].(string)] = kv[i+1]
			}
			return d
		},
	}).Parse(packDocHTML)
	if err != nil {
		return err
	}
	return tmpl.Execute(out, m.page)
}

func (m *docMaker) other(t procedure.Text) string {
	o := t.In(map[string]string{"zh": "en", "en": "zh"}[m.lang])
	if o == m.w.in(t) {
		return ""
	}
	return o
}

func (m *docMaker) mark(k docMark) {
	m.page.Marks = append(m.page.Marks, k)
	m.page.Counts[k.Kind]++
}

func anchor(parts ...string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' || r == '#' || r == '%' {
			return '-'
		}
		return r
	}, strings.Join(parts, "-"))
}

// cite looks articles up, and notes where they are cited.
func (m *docMaker) cite(basis []string, where docLink) []docCite {
	var out []docCite
	for _, id := range basis {
		c := m.pack.Cite(id)
		short := m.w.in(c.Source)
		if c.Kind == "law" || c.Kind == "rule" {
			short += m.w.t("第"+c.Article+"条", ", art. "+c.Article)
		} else {
			short += m.w.t("：", ", ") + c.Article
		}
		out = append(out, docCite{id, m.w.in(c.Source), c.Article, short, m.w.in(c.Gist), anchor("art", id), c.URL, m.w.half(c.Unverified)})
		if where.Link != "" && !slices.Contains(m.used[id], where) {
			m.used[id] = append(m.used[id], where)
		}
	}
	return out
}

func (m *docMaker) head() {
	p, pg := m.pack, m.page
	w := m.w
	pg.ID, pg.Title, pg.Other, pg.Standing, pg.Zone = p.ID, w.in(p.Title), m.other(p.Title), p.Standing, p.Zone.Name()
	pg.StandingText = map[string]string{
		"law":      w.t("法律：条款自称来自法律，问题即违法或者违规", "law: its clauses claim to be the law; findings are breaches"),
		"model":    w.t("模型：条款来自他人描述的模型，问题只是与模型不符", "model: its clauses come from somebody's model; findings are departures from it"),
		"contract": w.t("约定：条款来自约定，问题是违反约定", "contract: its clauses come from an agreement; findings are departures from it"),
	}[p.Standing]
	pg.Roll = w.t("最后一日为非工作日的，不顺延", "a period ends on its last day, worked or not")
	if p.Roll == calendar.RollNextWorking {
		pg.Roll = w.t("最后一日为非工作日的，顺延至其后第一个工作日；限制人身自由的期限除外", "a period whose last day is not worked ends on the first working day after; limits of liberty do not move")
	}
	pg.RollBasis = m.cite(p.RollBasis(), docLink{pg.Title, "pack"})
	pg.CSS = template.CSS(packDocCSS) //nolint:gosec // our own file
	clean := strings.NewReplacer(`\`, "", `"`, "", "<", "", ">", "", "\n", " ")
	pg.Running = template.CSS(`@page{@top-left{content:"` + clean.Replace(pg.Title+w.t("，规则包审阅稿", ", pack for review")) + `"}@top-right{content:"` + clean.Replace(p.ID+" "+p.Procedures[0].Edition()[:12]) + `"}}`)
	if cal := p.Calendar; cal == nil {
		pg.Calendar = w.t("无（不按工作日计算）", "none (no working days)")
	} else {
		pg.Calendar = cal.Name()
		for y := 1900; y <= 2200; y++ {
			if _, err := cal.Working(calendar.NewDate(y, 1, 1)); err != nil {
				continue
			}
			if y == 1900 {
				pg.Calendar += w.t("（任何年份，仅周末休息）", " (any year, weekends only)")
				break
			}
			pg.Years = append(pg.Years, [2]string{strconv.Itoa(y), cal.Source(y)})
		}
	}
	table := func(title string, ids []string, find func(string) (procedure.Text, bool)) {
		var rows [][2]string
		for _, id := range ids {
			t, _ := find(id)
			s := w.in(t)
			if o := m.other(t); o != "" {
				s += w.t("（", " (") + o + w.t("）", ")")
			}
			rows = append(rows, [2]string{id, s})
		}
		if len(rows) > 0 {
			pg.Tables = append(pg.Tables, docTable{title, rows})
		}
	}
	table(w.t("职务", "Posts"), p.Posts(), p.Post)
	table(w.t("资格", "Qualifications"), p.Qualifications(), p.Qualification)
	table(w.t("角色", "Roles"), p.Roles(), p.Role)
	table(w.t("单位类别", "Kinds of unit"), p.UnitKinds(), p.UnitKind)
	table(w.t("衔级", "Ranks"), p.Ranks(), p.Rank)
	pg.Accepted = p.Accepted()
}

func (m *docMaker) rule(i int) *docRule {
	if i < 0 {
		return nil
	}
	return m.rules[i]
}

// found notes under a rule where it is counted.
func (m *docMaker) found(r *docRule, where docLink) {
	if r != nil && !slices.Contains(r.Where, where) {
		r.Where = append(r.Where, where)
	}
}

func (m *docMaker) unverified(why string, where docLink, basis []docCite) string {
	if why != "" {
		m.mark(docMark{Kind: "unverified", Where: where.Text, Link: where.Link, Title: where.Text, Text: m.w.half(why), Basis: basis})
	}
	return m.w.half(why)
}

func (m *docMaker) demand(c *procedure.Clause, act int, where docLink) docDemand {
	d := docDemand{said: m.w.clause(c, act), Rule: m.rule(c.Rule), Basis: m.cite(c.Basis, where)}
	d.Unverified = m.unverified(c.Unverified, where, d.Basis)
	m.found(d.Rule, where)
	return d
}

func (m *docMaker) procedure(p *procedure.Procedure) {
	w := newWords(m.lang, m.pack, p)
	m.w, m.p, m.rules = w, p, nil
	pr := &docProc{ID: p.ID, Link: anchor("procedure", p.ID), Title: w.in(p.Title), Other: m.other(p.Title), Summary: w.in(p.Summary()), Versions: p.Versions(), Edition: p.Edition()}
	m.proc = pr
	m.page.Procs = append(m.page.Procs, pr)
	for _, r := range p.Rules() {
		at := docLink{r.ID, anchor("rule", p.ID, r.ID)}
		d := &docRule{ID: r.ID, Link: at.Link, Title: w.in(r.Title), Other: m.other(r.Title), Severity: w.severity(r.Severity), Grave: r.Severity, Setting: w.half(r.Setting), Reading: w.half(r.Reading), Unverified: w.half(r.Unverified), Basis: m.cite(r.Basis, at)}
		m.rules = append(m.rules, d)
		for _, k := range [][2]string{{"setting", d.Setting}, {"reading", d.Reading}, {"unverified", d.Unverified}} {
			if k[1] != "" {
				m.mark(docMark{Kind: k[0], Where: r.ID, Link: d.Link, Title: d.Title, Text: k[1], Basis: d.Basis})
			}
		}
	}
	pr.Rules = m.rules
	for i := range p.Duties() {
		pr.Duties = append(pr.Duties, m.duty(i))
	}
	stages := map[string]string{}
	for _, s := range p.Stages() {
		stages[s.ID] = w.in(s.Title)
		pr.Stages = append(pr.Stages, docStage{ID: s.ID, Title: w.in(s.Title)})
	}
	if len(pr.Stages) == 0 {
		pr.Stages = []docStage{{Title: w.t("全部行为", "all acts")}}
	}
	current := pr.Stages[0].ID
	var of []string // the stage each act is drawn in
	for i := range p.Acts() {
		a := m.act(i)
		if s := p.Act(i).Stage; s != "" {
			a.Stage, current = stages[s], s
		} else {
			a.Stage, a.Inherited = stages[current], true
		}
		of = append(of, current)
		pr.Acts = append(pr.Acts, a)
		k := slices.IndexFunc(pr.Stages, func(s docStage) bool { return s.ID == current })
		pr.Stages[k].Acts = append(pr.Stages[k].Acts, a)
	}
	for _, s := range pr.Stages {
		if g := m.graph(s, of); g.SVG != "" || len(g.Alone) > 0 {
			pr.Graphs = append(pr.Graphs, g)
		}
	}
	for _, c := range p.Clauses() {
		pr.Demands = append(pr.Demands, m.demand(&c, -1, docLink{w.t("程序的要求", "of the procedure"), pr.Link + "-demands"}))
	}
	about := func(scope string) string { return w.in(scopeNames[scope]) }
	for _, f := range p.Facts() {
		from := strings.Join(f.From, ", ")
		if f.Is != "" {
			from = w.expr(f.Is, -1, -1) + "  [" + f.Is + "]"
			m.cite(f.Basis, docLink{w.in(f.Title), pr.Link + "-facts"})
		}
		pr.Facts = append(pr.Facts, docFact{f.ID, w.in(f.Title), about(f.Scope), w.in(kindTitles[f.Kind.String()]), from, f.Default})
	}
	for _, s := range p.Sets() {
		pr.Sets = append(pr.Sets, docFact{s.ID, w.expr(s.Where, -1, -1), about(s.Scope), "", s.Where, ""})
	}
	if x := p.Path(); x != nil {
		at := docLink{w.t("路径", "path"), pr.Link + "-path"}
		pr.Path = &docPath{Start: x.Start, End: strings.Join(x.End, ", "), Rule: m.rule(x.Rule), CloseRule: m.rule(x.CloseRule), Basis: m.cite(x.Basis, at)}
		m.found(pr.Path.Rule, at)
		m.found(pr.Path.CloseRule, at)
		for _, s := range x.Steps {
			step := s.Silent
			if s.Act != "" {
				step = w.actNamed(s.Act)
			}
			that := ""
			if s.That != "" {
				that = w.expr(s.That, -1, -1) + "  [" + s.That + "]"
			}
			pr.Path.Steps = append(pr.Path.Steps, [3]string{s.From + " → " + s.To, step, that})
		}
	}
	for _, r := range p.Remedies() {
		within := w.t("条文未写明或者不由本案计算", "no time that this case can count")
		if r.Term != nil {
			within = w.in(procedure.TermText(*r.Term))
		}
		var roles []string
		for _, id := range r.For {
			t, ok := m.pack.Role(id)
			if !ok {
				t = procedure.Text{ZH: id, EN: id}
			}
			roles = append(roles, w.in(t))
		}
		pr.Remedies = append(pr.Remedies, docRemedy{w.in(r.Title), w.in(r.Where), w.acts(r.Acts), strings.Join(roles, w.t("、", ", ")), within, m.cite(r.Basis, docLink{w.in(r.Title), pr.Link + "-remedies"})})
	}
	for _, s := range p.IgnoredActs() {
		pr.Ignored = append(pr.Ignored, docLink{Text: s.ID + w.t("：", ": ") + w.in(s.Title)})
	}
}

func (m *docMaker) actLink(i int) docLink {
	return docLink{m.w.in(m.p.ActTitle(i)), anchor("act", m.p.ID, m.p.ActID(i))}
}

func (m *docMaker) duty(i int) *docDuty {
	w, info, x := m.w, m.p.Duties()[i], m.p.DutyText(i)
	d := &docDuty{ID: info.ID, Link: anchor("duty", m.p.ID, info.ID), Title: w.in(info.Title), Other: m.other(info.Title), Why: w.in(info.Why), Do: w.acts(info.Do), Act: m.actLink(info.Act), Late: m.rule(x.Late), Missing: m.rule(x.Missing)}
	at := docLink{w.t("职责：", "duty: ") + d.Title, d.Link}
	d.Basis = m.cite(x.Basis, at)
	d.Unverified = m.unverified(x.Unverified, at, d.Basis)
	m.found(d.Late, at)
	m.found(d.Missing, at)
	if x.Of != "" {
		d.Of = w.t("对每名"+w.member(x.Of), "for every "+w.member(x.Of))
	}
	if x.Start != "" {
		d.Start = w.expr(x.Start, info.Act, -1)
		d.Exprs = append(d.Exprs, x.Start)
	}
	switch {
	case info.Promptly:
		d.Limit = w.t("及时、立即（条文未写数字）；满"+w.term(x.Tiers, -1)+"提醒，是设定", "promptly (no figure in the text); told after "+w.term(x.Tiers, -1)+", a setting")
		if x.Late < 0 || m.p.Rules()[x.Late].Setting == "" {
			m.mark(docMark{Kind: "setting", Where: info.ID, Link: d.Link, Title: d.Title, Text: d.Limit, Basis: d.Basis})
		}
	case len(x.Tiers) > 0:
		d.Limit = w.term(x.Tiers, -1)
	default:
		d.Limit = w.t("无期限，提示即可", "no limit, only a task")
	}
	for _, t := range x.Tiers {
		if t.When != "" {
			d.Exprs = append(d.Exprs, t.When)
		}
		for _, c := range m.cite(t.Basis, at) {
			if !slices.Contains(d.Basis, c) {
				d.Basis = append(d.Basis, c)
			}
		}
	}
	var s said
	w.guards(&x.Clause, info.Act, -1, &s)
	d.Notes, d.Exprs = s.Notes, append(d.Exprs, s.Exprs...)
	for _, k := range []struct {
		is   bool
		text string
	}{{info.Liberty, w.t("人身自由", "liberty")}, {info.Property, w.t("财产", "property")}, {info.Promptly, w.t("设定的提醒", "warning by setting")}} {
		if k.is {
			d.Kinds = append(d.Kinds, k.text)
		}
	}
	for _, u := range x.Suspended {
		text := w.t("从"+w.act(u.From)+"到"+w.acts(u.To)+"不计入期限", "not counted: from "+w.act(u.From)+" to "+w.acts(u.To))
		if u.Pair != "" {
			text += w.t("（每个"+w.in(scopeNames[u.Pair])+"各自起止）", " (each "+w.in(scopeNames[u.Pair])+" on its own)")
		}
		d.Changes = append(d.Changes, docDemand{said: said{Text: w.t("扣除：", "Suspended: ") + text}, Basis: m.cite(u.Basis, at)})
	}
	if e := x.Extended; e != nil {
		text := w.t("延长：经"+w.act(e.By)+"，每次"+w.in(procedure.TermText(e.Add))+"，至多"+strconv.Itoa(e.Times)+"次，须在届满前批准", "Extended: by "+w.act(e.By)+", "+w.in(procedure.TermText(e.Add))+" each time, at most "+strconv.Itoa(e.Times)+" times, approved before expiry")
		dd := docDemand{said: said{Text: text}, Basis: m.cite(e.Basis, at)}
		for i, t := range e.Approver {
			note := w.t("批准人：", "approved by: ") + w.posts(t.Posts)
			if t.When != "" {
				note += w.t("（", " (") + w.expr(t.When, e.By, -1) + w.t("）", ")")
				dd.Exprs = append(dd.Exprs, t.When)
			} else if i > 0 {
				note += w.t("（其他情形）", " (otherwise)")
			}
			dd.Notes = append(dd.Notes, note)
			m.found(m.rule(t.Rule), at)
		}
		for _, r := range []struct {
			rule int
			text string
		}{{e.BeforeExpiry, w.t("届满后才批准的计入 ", "approved after expiry: ")}, {e.TooMany, w.t("次数过多的计入 ", "too often: ")}, {e.ApproverBad, w.t("无权批准的计入 ", "by another post: ")}} {
			dd.Notes = append(dd.Notes, r.text+m.rule(r.rule).ID)
			m.found(m.rule(r.rule), at)
		}
		d.Changes = append(d.Changes, dd)
	}
	for _, l := range x.Lapses {
		s := said{}
		if len(l.Acts) > 0 {
			s.Text = w.t("因"+w.acts(l.Acts)+"而消灭", "Lapses with "+w.acts(l.Acts))
		}
		if l.When != "" {
			s.Text += w.t("下列情形消灭：", "Lapses when: ") + w.expr(l.When, -1, -1)
			s.Exprs = append(s.Exprs, l.When)
		}
		d.Changes = append(d.Changes, docDemand{said: s})
	}
	if x.Applies >= 0 {
		d.Changes = append(d.Changes, docDemand{said: said{Text: w.t("届满时自动发生："+w.act(x.Applies), "Takes effect by itself at expiry: "+w.act(x.Applies))}})
	}
	if x.EnteredLate >= 0 {
		d.Changes = append(d.Changes, docDemand{said: said{Text: w.t("届满以后才录入或者更正的事实、中止，使期限显得更长或者释放显得及时的，计入", "What makes it look longer, or the release timely, and was entered or corrected after it ran out: counted")}, Rule: m.rule(x.EnteredLate)})
		m.found(m.rule(x.EnteredLate), at)
	}
	if x.Roll != m.pack.Roll {
		s := w.t("最后一日不顺延", "its last day does not move")
		if x.Roll == calendar.RollNextWorking {
			s = w.t("最后一日顺延至工作日", "its last day moves to a working day")
		}
		d.Changes = append(d.Changes, docDemand{said: said{Text: s}})
	}
	return d
}

func (m *docMaker) act(i int) *docAct {
	w, info, x := m.w, m.p.Act(i), m.p.ActText(i)
	at := m.actLink(i)
	a := &docAct{ID: info.ID, Link: at.Link, Title: at.Text, Other: m.other(info.Title), Help: w.in(info.Help), Why: w.in(info.Why), Opens: info.Opens, Closes: info.Closes, By: w.posts(info.By), About: w.in(scopeNames[info.Scope]), Names: strings.Join(x.Names, ", ")}
	a.Kind, a.KindTitle = "fact", w.t("事实", "fact")
	if info.Decision {
		a.Kind, a.KindTitle = "decision", w.t("决定", "decision")
	}
	if info.Relieves {
		a.Kind, a.KindTitle = a.Kind+" relieving", a.KindTitle+w.t("，解除", ", relieving")
	}
	if info.Role != "" {
		t, ok := m.pack.Role(info.Role)
		if !ok {
			t = procedure.Text{ZH: info.Role, EN: info.Role}
		}
		a.About += w.t("：", ": ") + w.in(t)
	}
	a.Basis = m.cite(info.Basis, at)
	a.Unverified = m.unverified(x.Unverified, at, a.Basis)
	var q []string
	for _, id := range info.Qualified {
		t, ok := m.pack.Qualification(id)
		if !ok {
			t = procedure.Text{ZH: id, EN: id}
		}
		q = append(q, w.in(t))
	}
	a.Qualified = strings.Join(q, w.t("或者", " or "))
	var apart []string
	for _, o := range info.OtherThan {
		apart = append(apart, w.act(o))
	}
	a.OtherThan = strings.Join(apart, w.t("、", ", "))
	a.ByRule, a.OtherRule = m.rule(x.ByRule), m.rule(x.OtherRule)
	m.found(a.ByRule, at)
	m.found(a.OtherRule, at)
	for k, t := range x.Competent {
		c := docTier{Posts: w.posts(t.Posts), Rule: m.rule(t.Rule), Basis: m.cite(t.Basis, at), Expr: t.When}
		if t.When != "" {
			c.When = w.expr(t.When, i, -1)
		} else if k > 0 {
			c.When = w.t("其他情形", "otherwise")
		}
		m.found(c.Rule, at)
		a.Competent = append(a.Competent, c)
	}
	for _, f := range info.Fields {
		d := docField{Title: w.in(f.Title), Name: f.Name, Type: w.in(kindTitles[f.Kind.String()]), Help: w.in(f.Help), Required: f.Required, Options: f.Enum, Basis: m.cite(f.Basis, at)}
		if f.As == "offence" {
			d.Type, d.Options = w.t("行为目录中的一项", "one of the catalogue of offences"), nil
		}
		if f.Several {
			d.Type = w.t("可以多选", "any number of")
		}
		if f.As == "secret" {
			d.Type += w.t("，保密", ", secret")
		}
		a.Fields = append(a.Fields, d)
	}
	for _, c := range x.Clauses {
		d := m.demand(&c, i, at)
		if c.Kind == "excludes" {
			a.Effects = append(a.Effects, d)
			continue
		}
		a.Demands = append(a.Demands, d)
	}
	effect := func(list []int, zh, en string) {
		if len(list) > 0 {
			var out []string
			for _, k := range list {
				out = append(out, w.act(k))
			}
			a.Effects = append(a.Effects, docDemand{said: said{Text: w.t(zh+strings.Join(out, "、"), en+strings.Join(out, ", "))}})
		}
	}
	if x.Bars != (procedure.Text{}) {
		r := m.rule(x.BarsRule)
		a.Effects = append(a.Effects, docDemand{said: said{Text: w.t("此后“"+w.in(x.Bars)+"”中的人不得再参与本案，解除性行为除外", "From now on whoever is named under "+w.in(x.Bars)+" does no more in the case, but what relieves")}, Rule: r})
		m.found(r, at)
	}
	effect(info.Voids, "此前的下列行为不再有效：", "From now on these count as not done: ")
	for _, c := range info.Annuls {
		f := &info.Fields[slices.IndexFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == c.Of })]
		among := m.among(f, c)
		a.Effects = append(a.Effects, docDemand{said: said{Text: w.t(w.quote(w.in(f.Title))+"为"+strings.Join(among, "或者")+"的，此前的决定不再有效，不作同类参考", "Where "+w.quote(w.in(f.Title))+" is "+strings.Join(among, " or ")+", what was decided before stands no longer and is no example")}})
	}
	effect(x.Includes, "此后仍可实施：", "May still be done after what is excluded: ")
	for _, k := range x.Waives {
		a.Effects = append(a.Effects, docDemand{said: said{Text: w.t("免除职责："+m.proc.Duties[k].Title, "Waives the duty: "+m.proc.Duties[k].Title)}})
	}
	for _, k := range x.Duties {
		a.Duties = append(a.Duties, m.proc.Duties[k])
	}
	for _, id := range info.Documents {
		if d := m.pack.Document(id); d != nil {
			a.Documents = append(a.Documents, docLink{w.in(d.Title), anchor("doc", id)})
		}
	}
	return a
}

// graph draws one stage: its acts, what must come before them and where their duties lead.
func (m *docMaker) graph(s docStage, of []string) docGraph {
	g := docGraph{Title: s.Title}
	index := map[int]int{}
	var nodes []graphNode
	var edges []graphEdge
	node := func(i int) int {
		if n, ok := index[i]; ok {
			return n
		}
		if i < 0 {
			d := m.proc.Duties[-1-i]
			do := m.p.Duties()[-1-i].Do
			index[i] = len(nodes)
			nodes = append(nodes, graphNode{id: fmt.Sprint(m.w.t("以下列行为之一履行：", "by one of "), len(do), m.w.t("种", " acts")), title: d.Title, class: "duty away", link: d.Link})
			return index[i]
		}
		at := m.actLink(i)
		class := m.kindOf(i)
		if of[i] != s.ID {
			class += " away"
		}
		index[i] = len(nodes)
		nodes = append(nodes, graphNode{id: m.p.ActID(i), title: at.Text, class: class, link: at.Link})
		return index[i]
	}
	edge := func(from, to int, duty bool, label string) {
		for k := range edges {
			if e := &edges[k]; e.from == from && e.to == to {
				if e.label == "" {
					e.label = label
				}
				e.duty = e.duty && duty
				return
			}
		}
		edges = append(edges, graphEdge{from: from, to: to, duty: duty, label: label})
	}
	var own []int
	for i := range of {
		if of[i] == s.ID {
			own = append(own, i)
		}
	}
	linked := map[int]bool{}
	type pair struct {
		from, to int
		duty     bool
		label    string
	}
	var pairs []pair
	for _, i := range own {
		for _, b := range m.p.Needs(i) {
			if b != i {
				pairs = append(pairs, pair{b, i, false, ""})
			}
		}
		for _, k := range m.p.ActText(i).Duties {
			info := m.p.Duties()[k]
			var terms []string
			for _, t := range info.Terms {
				terms = append(terms, m.w.in(t))
			}
			if info.Promptly {
				terms = []string{m.w.t("及时", "promptly")}
			}
			label := strings.Join(terms, "/")
			var away []int
			for _, to := range info.Do {
				if of[to] != s.ID {
					away = append(away, to)
				}
			}
			for _, to := range info.Do {
				if of[to] == s.ID || len(away) == 1 {
					pairs = append(pairs, pair{i, to, true, label})
				}
			}
			if len(away) > 1 { // one box for all that lies in other stages
				pairs = append(pairs, pair{i, -1 - k, true, label})
			}
		}
	}
	for _, x := range pairs {
		linked[x.from], linked[x.to] = true, true
	}
	for _, i := range own {
		if linked[i] {
			node(i)
		} else {
			g.Alone = append(g.Alone, m.actLink(i))
		}
	}
	for _, x := range pairs {
		edge(node(x.from), node(x.to), x.duty, x.label)
	}
	if len(nodes) > 0 {
		g.SVG = template.HTML(drawGraph(nodes, edges, m.proc.Title+", "+s.Title)) //nolint:gosec // drawGraph escapes every text
	}
	return g
}

func (m *docMaker) kindOf(i int) string {
	switch info := m.p.Act(i); {
	case info.Relieves:
		return "relieving"
	case info.Decision:
		return "decision"
	}
	return "fact"
}

// holes shows the placeholders of a template as boxes.
func holes(s string) template.HTML {
	var b strings.Builder
	for s != "" {
		before, rest, open := strings.Cut(s, "{")
		b.WriteString(template.HTMLEscapeString(before))
		if !open {
			break
		}
		hole, after, _ := strings.Cut(rest, "}")
		b.WriteString(`<span class="hole">` + template.HTMLEscapeString(hole) + `</span>`)
		s = after
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

// offences shows the catalogue: each conduct with what may be imposed for it.
func (m *docMaker) offences() {
	w := m.w
	sections := map[string]string{}
	for _, s := range m.pack.OffenceSections() {
		sections[s.ID] = w.in(s.Title)
	}
	last := ""
	for _, o := range m.pack.Offences() {
		at := docLink{w.in(o.Title), anchor("offence", o.ID)}
		x := docOffence{ID: o.ID, Link: at.Link, Title: at.Text, Other: m.other(o.Title), Item: o.Item, Conduct: w.in(o.Conduct), Basis: m.cite(o.Basis, at)}
		x.Unverified = m.unverified(o.Unverified, at, x.Basis)
		if o.Section != last {
			x.Section, last = sections[o.Section], o.Section
		}
		for _, t := range o.Tiers {
			text := w.in(procedure.SanctionsText(t.AnyOf))
			when := w.in(t.When)
			if when == "" {
				when = w.t("一般情节", "ordinary")
			}
			x.Tiers = append(x.Tiers, when+w.t("：", ": ")+text)
		}
		if len(o.Tiers) == 0 {
			x.Tiers = append(x.Tiers, w.in(o.NoRange))
		}
		var more []string
		for _, s := range []string{w.in(o.Also), w.in(o.Note), map[string]string{"class": w.t("属于可以调解的一类", "of the class that may be mediated"), "maybe": w.t("是否可以调解有待确认", "whether it may be mediated is open"), "excluded": w.t("不得调解", "not to be mediated")}[o.Mediation], strings.Join(o.Flags, ", ")} {
			if s != "" {
				more = append(more, s)
			}
		}
		x.More = strings.Join(more, w.t("；", "; "))
		m.page.Offences = append(m.page.Offences, x)
	}
}

// printed tells where a part of a document is printed.
func (m *docMaker) printed(d *procedure.Document, b *procedure.Block) []string {
	var out []string
	tell := func(list []procedure.Condition, zh, en string) {
		for _, c := range list {
			title, among := m.datum(d, c)
			if len(among) == 0 {
				among = []string{m.w.t("已填写", "given")}
			}
			out = append(out, m.w.t(fmt.Sprintf(zh, title, strings.Join(among, "或者")), fmt.Sprintf(en, title, strings.Join(among, " or "))))
		}
	}
	tell(b.When, "仅当%s：%s", "only where %s is %s")
	tell(b.Unless, "%s：%s的不印", "not where %s is %s")
	return out
}

// datum names what a condition of a document asks for: of the act that issues it, or of any act that gives it.
func (m *docMaker) datum(d *procedure.Document, c procedure.Condition) (title string, among []string) {
	w, field := m.w, c.Of[strings.Index(c.Of, ".")+1:]
	title, among = c.Of, c.Among
	for _, p := range m.pack.Procedures {
		for i := range p.Acts() {
			info := p.Act(i)
			if strings.HasPrefix(c.Of, "act.") && !slices.Contains(info.Documents, d.ID) {
				continue
			}
			for k := range info.Fields {
				f := &info.Fields[k]
				if f.Name != field {
					continue
				}
				title, among = w.quote(w.in(f.Title)), m.among(f, c)
			}
		}
	}
	return title, among
}

// among names the values that a condition asks a datum for.
func (m *docMaker) among(f *procedure.FieldInfo, c procedure.Condition) []string {
	w, among := m.w, slices.Clone(c.Among)
	for n, s := range c.Among {
		if f.Kind == casefile.Bool {
			among[n] = map[string]string{"true": w.t("“是”", "yes"), "false": w.t("“否”", "no")}[s]
		}
		for _, o := range f.Enum {
			if o.ID == s {
				among[n] = w.quote(w.in(o.Title))
			}
		}
	}
	return among
}

func (m *docMaker) documents() {
	w := m.w
	for _, d := range m.pack.Documents() {
		at := docLink{w.in(d.Title), anchor("doc", d.ID)}
		x := docDocument{ID: d.ID, Link: at.Link, Title: at.Text, Other: m.other(d.Title), Number: d.Number, NamesCase: d.NamesCase, Basis: m.cite(d.Basis, at)}
		x.Unverified = m.unverified(d.Unverified, at, x.Basis)
		if d.Each != "" {
			t, ok := m.pack.Role(d.Each)
			if !ok {
				t = procedure.Text{ZH: d.Each, EN: d.Each}
			}
			x.Each = w.in(t)
		}
		for _, b := range d.Blocks {
			o := docBlock{Only: m.printed(d, &b)}
			if b.Text != nil {
				o.Text = holes(w.in(*b.Text))
			}
			if b.Seal != nil {
				o.Seal = holes(w.in(*b.Seal))
			}
			for _, f := range b.Fields {
				o.Fields = append(o.Fields, [2]template.HTML{holes(w.in(f.Label)), holes(f.Value)})
			}
			for _, s := range b.Sign {
				o.Sign = append(o.Sign, holes(w.in(s)))
			}
			x.Blocks = append(x.Blocks, o)
		}
		for _, pr := range m.page.Procs {
			for _, a := range pr.Acts {
				if slices.Contains(a.Documents, at) {
					x.Acts = append(x.Acts, docLink{a.Title, a.Link})
				}
			}
		}
		m.page.Documents = append(m.page.Documents, x)
	}
}

func (m *docMaker) sources() {
	for _, s := range m.pack.Sources() {
		x := docSource{SourceText: s}
		for _, a := range s.Articles {
			id := s.ID + "/" + a.No
			link := docLink{m.w.in(s.Title) + " " + a.No, anchor("art", id)}
			a.Unverified = m.unverified(a.Unverified, link, nil)
			x.Articles = append(x.Articles, docArticle{a, id, link.Link, m.used[id]})
			m.page.Articles++
		}
		m.page.Sources = append(m.page.Sources, x)
	}
}

var stateZH = map[string]string{"opened": "已产生", "on time": "按期履行", "late": "逾期履行", "overdue": "已逾期", "open": "未届满", "missing": "未履行", "lapsed": "已消灭", "waived": "已免除"}

func (m *docMaker) cases(cases []procedure.CaseText, procs map[string]*docProc) {
	w := m.w
	for _, c := range cases {
		x := docCase{Name: c.Name, Link: anchor("case", c.Name), Title: w.in(c.Title), Procedure: c.Procedure, Count: len(c.Acts)}
		pr := procs[c.Procedure]
		title := func(id string) string {
			if pr != nil {
				for _, a := range pr.Acts {
					if a.ID == id {
						return a.Title
					}
				}
			}
			return id
		}
		if len(c.Acts) > 0 {
			x.Last = title(c.Acts[len(c.Acts)-1])
		}
		for _, f := range c.Findings {
			var text []string
			if f.Subject != "" {
				text = append(text, f.Subject)
			}
			if f.At != "" {
				text = append(text, f.At)
			}
			if f.Unjudged {
				text = append(text, w.t("无法判断", "cannot be judged"))
			}
			if f.Warn {
				text = append(text, w.t("仅提醒", "a warning"))
			}
			d := docFinding{Text: strings.Join(text, ", "), Rule: &docRule{ID: f.Rule}}
			if pr != nil {
				if k := slices.IndexFunc(pr.Rules, func(r *docRule) bool { return r.ID == f.Rule }); k >= 0 {
					d.Rule = pr.Rules[k]
				}
			}
			x.Findings = append(x.Findings, d)
		}
		for _, id := range c.Refused {
			x.Refused = append(x.Refused, title(id))
		}
		for _, d := range c.Duties {
			s := d.ID
			if pr != nil {
				for _, y := range pr.Duties {
					if y.ID == d.ID {
						s = y.Title
					}
				}
			}
			if d.Subject != "" {
				s += " (" + d.Subject + ")"
			}
			state := d.State
			if zh, ok := stateZH[state]; ok {
				state = w.t(zh, state)
			}
			s += w.t("：", ": ") + state
			if d.Due != "" {
				s += w.t("，期限 ", ", due ") + d.Due
			}
			x.Duties = append(x.Duties, s)
		}
		m.page.Cases = append(m.page.Cases, x)
	}
}
