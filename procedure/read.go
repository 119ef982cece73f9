package procedure

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// What a page shows of a pack to people who review it: every clause as it is written. Nothing here judges.

// Clause is one demand as the pack states it.
type Clause struct {
	Kind       string // after, no_later_than, not_while, expect, excludes or duty; of a procedure apart or check
	Rule       int    // what is counted where it is not met, or -1
	Acts       []int
	Other      []int  // of apart: the acts that exclude Acts
	Of         string // the set whose members it speaks of; empty: the case or the subject of the act
	Any        bool   // one member is enough
	MayBeEmpty bool
	Warn       bool // told, never a breach

	When, Unless, That string // expressions
	UnlessDone, Since  []int
	Delay              *calendar.Term
	Tiers              []LimitTier
	From, Until        string // versions
	Basis              []string
	Unverified         string
}

// LimitTier is one length of a limit, with when it applies; the first that applies counts.
type LimitTier struct {
	When, From, Until string
	Term              calendar.Term
	Basis             []string
}

// PostTier is who may decide, with when it applies; the first that applies counts.
type PostTier struct {
	When  string
	Posts []string
	Rule  int
	Basis []string
}

// ActText is what an act demands and does.
type ActText struct {
	Clauses           []Clause
	Competent         []PostTier
	ByRule, OtherRule int  // -1: none
	Bars              Text // the datum that names who does no more in the case; empty: none
	BarsRule          int
	Includes          []int
	Waives, Duties    []int // duties
	Names             []string
	Unverified        string
}

// DutyText is what a duty demands; its Clause carries the guards and the limit.
type DutyText struct {
	Clause
	Start         string // expression; empty: the act
	Late, Missing int    // rules, or -1
	EnteredLate   int
	Roll          calendar.Roll
	Suspended     []SuspensionText
	Extended      *ExtensionText
	Lapses        []LapseText
	Applies       int // act done by law at expiry, or -1
}

// SuspensionText is a time that does not count.
type SuspensionText struct {
	From  int
	To    []int
	Pair  string
	Basis []string
}

// ExtensionText is how a limit may grow.
type ExtensionText struct {
	By                                 int
	Add                                calendar.Term
	Times                              int
	Approver                           []PostTier
	BeforeExpiry, TooMany, ApproverBad int
	Basis                              []string
}

// LapseText is what ends a duty without its being done.
type LapseText struct {
	When string
	Acts []int
}

// VersionText is a time in which a text is in force; days as written, Until mostly empty.
type VersionText struct {
	ID, From, Until string
	Title           Text
}

// FactText is what the judge remembers of a case or a subject.
type FactText struct {
	ID, Scope, Default string
	Kind               casefile.Kind
	Title              Text
	From               []string // ACT or ACT.DATUM
	Is                 string   // of a computed fact: its expression
	Basis              []string
}

// SetText is a set of subjects.
type SetText struct{ ID, Scope, Where string }

// StepText is one step of a published path; Act is empty where it is silent.
type StepText struct{ Act, Silent, From, To, That string }

// PathText is the path a history must follow.
type PathText struct {
	Start     string
	End       []string
	Rule      int
	CloseRule int
	Steps     []StepText
	Basis     []string
}

// SourceText is a source with its articles.
type SourceText struct {
	ID, Kind, URL string
	Title         Text
	Versions      []VersionText
	Articles      []ArticleText
}

// ArticleText is one article; Versions are those it was read in.
type ArticleText struct {
	No         string
	Versions   []string
	Gist       Text
	Unverified string
}

// AcceptedText is a property that was not decided by the check and taken over with a reason.
type AcceptedText struct{ Check, Of, Reason string }

// CaseText is a worked case as a page shows it.
type CaseText struct {
	Name, Procedure string
	Title           Text
	Acts            []string // ids, in order
	Findings        []CaseFinding
	Refused         []string // acts, by id or number
	Duties          []CaseDuty
}

// CaseFinding is a finding that a worked case expects.
type CaseFinding struct {
	Rule, Subject, At string
	Unjudged, Warn    bool
}

// CaseDuty is what a worked case expects of a duty.
type CaseDuty struct{ ID, Subject, State, Due string }

func (p *Procedure) clauseText(kind string, g *guard, d *clause) Clause {
	return Clause{Kind: kind, Rule: g.rule, Warn: d.Warn, When: d.When.Text, Unless: d.Unless.Text, UnlessDone: g.unlessDone, Since: g.since,
		From: d.From.Text, Until: d.Until.Text, Basis: texts(d.Basis), Unverified: d.Unverified}
}

func limitTiers(compiled []tier, written []tierDef) []LimitTier {
	var out []LimitTier
	for i, t := range compiled {
		d := &written[i]
		out = append(out, LimitTier{d.When.Text, d.From.Text, d.Until.Text, t.term, texts(d.Basis)})
	}
	return out
}

func postTiers(compiled []postTier, written []tierPosts) []PostTier {
	var out []PostTier
	for i, t := range compiled {
		out = append(out, PostTier{written[i].When.Text, t.posts, t.rule, texts(written[i].Basis)})
	}
	return out
}

// ActText tells what an act demands and does, in the order of the pack.
func (p *Procedure) ActText(i int) ActText {
	a, d := p.acts[i], &p.file.Acts[i].Value
	out := ActText{ByRule: -1, OtherRule: -1, Competent: postTiers(a.competent, d.Competent), Includes: a.includes, Waives: a.waives, Duties: a.duties, Names: texts(d.Names), Unverified: d.Unverified}
	if len(a.by)+len(a.qualified) > 0 {
		out.ByRule = a.byRule
	}
	if a.bars >= 0 {
		out.Bars, out.BarsRule = a.fields[a.bars].info.Title, a.barsRule
	}
	if len(a.otherThan) > 0 {
		out.OtherRule = a.otherRule
	}
	for k := range a.after {
		c, w := &a.after[k], &d.After[k]
		t := p.clauseText("after", &c.guard, &w.clause)
		t.Acts, t.Of, t.Any, t.MayBeEmpty, t.That, t.Delay = c.acts, w.Of.Set, w.Of.Any, w.MayBeEmpty, w.That.Text, c.delay
		out.Clauses = append(out.Clauses, t)
	}
	for k := range a.windows {
		c, w := &a.windows[k], &d.NoLaterThan[k]
		t := p.clauseText("no_later_than", &c.guard, &w.clause)
		t.Acts, t.Tiers = c.acts, limitTiers(c.tiers, w.Within.Tiers)
		out.Clauses = append(out.Clauses, t)
	}
	for k := range a.notWhile {
		t := p.clauseText("not_while", &a.notWhile[k].guard, &d.NotWhile[k].clause)
		t.Acts = a.notWhile[k].acts
		out.Clauses = append(out.Clauses, t)
	}
	for k := range a.expects {
		t := p.clauseText("expect", &a.expects[k].guard, &d.Expect[k].clause)
		t.That = d.Expect[k].That.Text
		out.Clauses = append(out.Clauses, t)
	}
	for k := range a.excludes {
		t := p.clauseText("excludes", &a.excludes[k].guard, &d.Excludes[k].clause)
		t.Acts = a.excludes[k].acts
		out.Clauses = append(out.Clauses, t)
	}
	return out
}

// Clauses are the demands that belong to no one act.
func (p *Procedure) Clauses() []Clause {
	var out []Clause
	for i := range p.apart {
		t := p.clauseText("apart", &p.apart[i].guard, &p.file.Apart[i].clause)
		t.Acts, t.Other = p.apart[i].one, p.apart[i].other
		out = append(out, t)
	}
	for i := range p.checks {
		d := &p.file.Checks[i]
		t := p.clauseText("check", &p.checks[i].guard, &d.clause)
		t.Of, t.Any, t.That = d.Of.Set, d.Of.Any, d.That.Text
		out = append(out, t)
	}
	return out
}

// DutyText tells what a duty demands; its index is that of Duties.
func (p *Procedure) DutyText(i int) DutyText {
	c := p.duties[i]
	var d *dutyDef
	for k, n := range p.acts[c.act].duties {
		if n == i {
			d = &p.file.Acts[c.act].Value.Duties[k]
		}
	}
	out := DutyText{Clause: p.clauseText("duty", &c.guard, &d.clause), Start: d.Start.Text, Late: c.late, Missing: c.missing, EnteredLate: c.entered, Roll: c.roll, Applies: c.applies}
	out.Acts, out.Of, out.Tiers = c.do, d.Of.Set, limitTiers(c.tiers, d.Within.Tiers)
	for k, s := range c.suspended {
		out.Suspended = append(out.Suspended, SuspensionText{s.from, s.to, s.pair, texts(d.Suspended[k].Basis)})
	}
	if x := c.extended; x != nil {
		out.Extended = &ExtensionText{x.by, x.add, x.times, postTiers(x.approver, d.Extended.Approver), x.beforeExpiry, x.tooMany, x.approverBad, texts(d.Extended.Basis)}
	}
	for k, l := range c.lapses {
		out.Lapses = append(out.Lapses, LapseText{d.Lapses[k].When.Text, l.acts})
	}
	return out
}

// Summary says what the procedure covers, and what it leaves out.
func (p *Procedure) Summary() Text { return p.file.Summary }

func versionTexts(in []versionDef) []VersionText {
	var out []VersionText
	for _, v := range in {
		out = append(out, VersionText{v.ID.Text, v.From.Text, v.Until.Text, v.Title})
	}
	return out
}

// Versions lists the versions of the procedure in order of their first day.
func (p *Procedure) Versions() []VersionText { return versionTexts(p.file.Versions) }

// Facts lists what the judge remembers, and Sets the sets of subjects that clauses speak of.
func (p *Procedure) Facts() []FactText {
	var out []FactText
	for i, e := range p.file.Facts {
		from := append(append(texts(e.Value.SetBy), texts(e.Value.First)...), texts(e.Value.Sum)...)
		out = append(out, FactText{e.Key, p.facts[i].scope, e.Value.Default.Text, p.facts[i].kind, e.Value.Title, from, e.Value.Is.Text, p.facts[i].basis})
	}
	return out
}

// FactTitle names a fact as expressions write it, such as subject.fine; what has no title is named by its id.
func (p *Procedure) FactTitle(name string) Text {
	_, id, _ := strings.Cut(name, ".")
	for _, f := range p.facts {
		if f.id == id && f.title != (Text{}) {
			return f.title
		}
	}
	return both(name, name)
}

func (p *Procedure) Sets() []SetText {
	var out []SetText
	for _, e := range p.file.Subjects {
		out = append(out, SetText{e.Key, e.Value.Scope.Text, e.Value.Where.Text})
	}
	return out
}

// Path is the published path of the procedure; nil where it has none.
func (p *Procedure) Path() *PathText {
	d := p.file.Path
	if d == nil {
		return nil
	}
	out := &PathText{Start: d.Start.Text, End: texts(d.End), Rule: p.path.rule, CloseRule: p.path.closeRule, Basis: texts(d.Basis)}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, StepText{s.Act.Text, s.Silent.Text, s.From.Text, s.To.Text, s.That.Text})
	}
	return out
}

// IgnoredActs lists names of foreign logs that are known to mean nothing here, with why.
func (p *Procedure) IgnoredActs() []Stage {
	var out []Stage
	for _, e := range p.file.Unmapped {
		out = append(out, Stage{e.Key, e.Value.Title})
	}
	return out
}

// Sources lists the sources of the pack with every article, in the order of sources.yaml.
func (p *Pack) Sources() []SourceText {
	var out []SourceText
	for _, e := range p.sources {
		s := SourceText{e.Key, e.Value.Kind.Text, e.Value.URL, e.Value.Title, versionTexts(e.Value.Versions), nil}
		for _, a := range e.Value.Articles {
			s.Articles = append(s.Articles, ArticleText{a.No.Text, texts(a.Versions), a.Gist, a.Unverified})
		}
		out = append(out, s)
	}
	return out
}

// Accepted lists the properties that the pack takes over without a proof; RollBasis the articles behind its Roll.
func (p *Pack) Accepted() []AcceptedText {
	var out []AcceptedText
	for _, a := range p.file.Accepted {
		out = append(out, AcceptedText{a.Check.Text, a.Of.Text, a.Reason})
	}
	return out
}
func (p *Pack) RollBasis() []string { return texts(p.file.RollBasis) }

// ReadCases reads the worked cases in dir/cases of fsys without judging them, in the order of their names.
func (p *Pack) ReadCases(fsys fs.FS, dir string) ([]CaseText, error) {
	var out []CaseText
	err := eachCase(fsys, dir, func(name string, f *workedCase) yaml.Problems {
		c := CaseText{Name: strings.TrimSuffix(path.Base(name), ".yaml"), Procedure: f.Procedure.Text, Title: f.Title}
		if c.Procedure == "" && (len(p.Procedures) == 1 || p.file.Main.Text != "") {
			c.Procedure = p.Procedures[0].ID
		}
		for _, a := range f.Acts {
			c.Acts = append(c.Acts, a.Do.Text)
		}
		for _, w := range f.Expect.Findings {
			c.Findings = append(c.Findings, CaseFinding{w.Rule.Text, w.Subject, w.At.Text, w.Unjudged, w.Warn})
		}
		for _, s := range f.Expect.Refused {
			var n int
			if _, err := fmt.Sscanf(s.Text, "%d", &n); err == nil && n >= 1 && n <= len(c.Acts) {
				c.Refused = append(c.Refused, c.Acts[n-1])
				continue
			}
			c.Refused = append(c.Refused, s.Text)
		}
		for _, w := range f.Expect.Duties {
			c.Duties = append(c.Duties, CaseDuty{w.ID.Text, w.Subject, w.State.Text, w.Due.Text})
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// TermText prints a length of time.
func TermText(t calendar.Term) Text { return both(termZH(t), termEN(t)) }
