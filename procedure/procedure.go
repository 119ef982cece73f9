package procedure

import (
	"encoding/hex"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
)

const caseScope = "case"

// scopes are what an act may be about: the case, or one level below it.
var scopes = map[string]bool{caseScope: true, "person": true, "item": true, "document": true, "call": true}

// Procedure is a compiled procedure. Read-only; safe for concurrent use.
type Procedure struct {
	Pack  *Pack
	ID    string
	Title Text

	digest   [32]byte // of the pack's files this was compiled from
	file     *procedureFile
	versions []version
	acts     []*act
	actIndex map[string]int
	facts    []fact
	sets     []subjectSet
	rules    []Rule
	duties   []*duty
	apart    []apart
	checks   []check
	path     *pathway
	names    map[string]int // names foreign logs use for acts
	ignored  map[string]Text

	matter    bool
	alone     []int
	stages    []Stage
	actInfos  []ActInfo
	dutyInfos []DutyInfo
	remedies  []Remedy
}

type version struct {
	id          string
	from, until calendar.Instant
}

// Matter tells whether the pack says that the cases of the procedure are matters: about another case, a finding, officers.
func (p *Procedure) Matter() bool { return p.matter }

// AloneUntil lists the acts of which one must be done before others than who opened a case, and the heads, see it; empty: all
// who may, see it at once.
func (p *Procedure) AloneUntil() []int { return p.alone }

// Rule is what findings are counted under.
type Rule struct {
	ID       string
	Title    Text
	Basis    []string // source/article
	Kind     string   // law, rule, model, contract or data: the kind of the first source cited
	Severity int      // 1 the gravest to 4
	// Unverified says why the citation is not certain, Setting that a figure is ours and not the law's, Reading what in the
	// rule is our reading of an article that states the figure but leaves something open.
	Unverified, Setting, Reading string
}

type act struct {
	ID, Scope, Role            string
	Title                      Text
	decision, relieves, closes bool
	opens, afterClose, reopens bool
	fields                     []actField
	basis                      []string
	by, qualified              []string
	byRule, otherRule          int
	bars, barsRule             int // the datum that names who does no more in the case, or -1
	competent                  []postTier
	otherThan                  []int
	keepsPerson, keeps         bool
	after                      []condition
	windows                    []window
	notWhile                   []milestone
	expects                    []expectation
	excludes                   []exclusion
	includes, voids, waives    []int
	duties                     []int
	sets                       []setting
	apart                      []int
	leads                      []*Lead
}

type actField struct {
	name     string
	source   string // its name in foreign logs
	kind     casefile.Kind
	required bool
	enum     []string
	info     FieldInfo
}

// setting is what an act's datum does to a fact.
type setting struct {
	fact, field int
	how         fold
}

type fold uint8

const (
	foldLast fold = iota
	foldFirst
	foldSum
)

type fact struct {
	id, scope string
	title     Text
	kind      casefile.Kind
	initial   casefile.Value
	lengthens bool // a liberty clock reads it

	computed bool
	is       *expr // of a computed fact
	basis    []string
}

type subjectSet struct {
	id, scope string
	where     *expr
}

// guard is what every clause carries.
type guard struct {
	id           string // stable name, e.g. decide.after.1
	rule         int
	when, unless *expr
	unlessDone   []int
	since        []int
	from, until  calendar.Instant
	warn         bool
}

type condition struct {
	guard
	acts       []int
	set        int // -1: none
	any        bool
	mayBeEmpty bool
	that       *expr
	delay      *calendar.Term
}

type window struct {
	guard
	acts  []int
	tiers []tier
}

type milestone struct {
	guard
	acts []int
}

type expectation struct {
	guard
	that *expr
}

type exclusion struct {
	guard
	acts []int
}

type apart struct {
	guard
	one, other []int
}

type check struct {
	guard
	set    int
	that   *expr
	moment bool // what it says depends on the moment: it reads it, or holds from or until one
}

type tier struct {
	when        *expr
	from, until calendar.Instant
	term        calendar.Term
	length      calendar.Instant // nominal, to compare tiers
}

type postTier struct {
	when  *expr
	posts []string
	rule  int
}

type duty struct {
	guard
	ID                string
	Title, why        Text
	act               int
	do                []int
	set               int
	start             *expr
	tiers             []tier // none: no limit
	promptly          bool
	liberty, property bool
	roll              calendar.Roll
	late, missing     int // rule, or -1
	missingSaid       bool
	entered           int
	suspended         []suspension
	extended          *extension
	lapses            []lapse
	applies           int  // act done by law at expiry, or -1
	follows           bool // its tiers have expressions: they are looked at again as facts change
	lasts             bool // one of its acts may be done in a closed case: closing does not end it
	basis             []string
}

type suspension struct {
	from int
	to   []int
	pair string
}

type extension struct {
	by                                 int
	add                                calendar.Term
	times                              int
	beforeExpiry, tooMany, approverBad int
	approver                           []postTier
}

type lapse struct {
	when *expr
	acts []int
}

type pathway struct {
	rule, closeRule int
	stages          []string
	start           uint64
	end             uint64
	steps           [][]step // by act
	silent          []step
}

type step struct {
	from, to uint
	that     *expr
}

func (p *Procedure) actNames() []string {
	names := make([]string, len(p.acts))
	for i, a := range p.acts {
		names[i] = a.ID
	}
	return names
}

// Rules lists every rule that can be found under this procedure, in the order of the pack.
func (p *Procedure) Rules() []Rule { return p.rules }

// RuleOf finds a rule by its id: its index in Rules, -1 when there is none.
func (p *Procedure) RuleOf(id string) int {
	return slices.IndexFunc(p.rules, func(r Rule) bool { return r.ID == id })
}

// Edition names the data this procedure was compiled from: the digest of the pack's files as hex. Any change of the
// pack's law, calendar, documents or of this procedure makes another edition.
func (p *Procedure) Edition() string { return hex.EncodeToString(p.digest[:]) }

// DutyInfo is what a report or a page shows of a duty.
type DutyInfo struct {
	ID    string
	Title Text
	Why   Text  // why the law wants it, in a sentence
	Act   int   // the act that leaves it
	Do    []int // the acts that discharge it
	Basis []string
	Late  int // the rule counted when its deadline passes, or -1
	Never int // the rule that stands when it was never done by the end, or -1

	Liberty, Property bool
	Warn              bool   // lateness is told, never a breach
	Promptly          bool   // the text names no figure: the deadline shown is a setting at which lateness is told
	Limited           bool   // it has a deadline
	Terms             []Text // the lengths its limit may have, longest conditions first
}

// Duties lists the duties of the procedure; DutyEvent.Duty is an index into it. Not to be changed.
func (p *Procedure) Duties() []DutyInfo { return p.dutyInfos }

// DutyOf finds a duty by its id: its index in Duties, -1 when there is none.
func (p *Procedure) DutyOf(id string) int {
	return slices.IndexFunc(p.dutyInfos, func(d DutyInfo) bool { return d.ID == id })
}

// Duty finds a duty by its id; nil when there is none.
func (p *Procedure) Duty(id string) *DutyInfo {
	if i := p.DutyOf(id); i >= 0 {
		return &p.dutyInfos[i]
	}
	return nil
}

// Stage is a named part of a procedure.
type Stage struct {
	ID    string
	Title Text
}

// Stages lists the stages in their order. Not to be changed.
func (p *Procedure) Stages() []Stage { return p.stages }

// StageTitle is a stage's title; its id, where the procedure does not have it.
func (p *Procedure) StageTitle(id string) Text {
	for _, s := range p.stages {
		if s.ID == id {
			return s.Title
		}
	}
	return both(id, id)
}

// ActInfo is what a page or a form shows of an act. Made when the pack is loaded; not to be changed.
type ActInfo struct {
	ID                                string
	Title, Help                       Text
	Why                               Text // why the law wants it, in a sentence
	Scope, Role, Stage                string
	Part                              string // proposal, return, review or decision: what it is in a round of approval; mostly empty
	Decision, Relieves, Closes, Opens bool
	AfterClose, Reopens               bool // it may be done in a closed case, as what frees always may; it opens a closed case again
	By, Qualified, Basis, Documents   []string
	Competent                         []string    // posts that may decide in some case, of all tiers; of an act that extends a limit, its approvers
	OtherThan                         []int       // acts that the same person must not have done in this case
	Measures                          *Measure    // the act records what the house measures; mostly nil
	Due                               []Due       // where a case that this act opens is due by the calendar
	Gives, Takes                      string      // a qualification that the officers concerned get by it, or lose; mostly empty
	Voids                             []int       // acts that count as not done from then on
	Annuls                            []Condition // see Annulled
	Fields                            []FieldInfo
	Leads                             []*Lead // what the house does elsewhere because of it
	Publishes                         string  // text: from it on the last redacted text stands in public; notice: that it was withdrawn does. Mostly empty
}

// Annulled tells whether an act with these data annuls what was decided before on its subject, for all in the case where nothing
// was on that one: the act says when, and every condition holds.
func (a *ActInfo) Annulled(datum func(name string) casefile.Value) bool {
	return len(a.Annuls) > 0 && !slices.ContainsFunc(a.Annuls, func(c Condition) bool { return !c.holds(datum(c.Of)) })
}

// Brings tells whether somebody or something new may come into the case with the act, whatever role it is for: it gives a name.
func (a *ActInfo) Brings() bool {
	return a.Role == "" || slices.ContainsFunc(a.Fields, func(f FieldInfo) bool { return f.As == "name" })
}

// FieldInfo is one datum of an act as a form asks for it, in the order of Act.Data.
type FieldInfo struct {
	Name           string
	Kind           casefile.Kind
	Title, Help    Text // Title is its name where the pack gives none
	Required, Long bool
	Rare           bool   // seldom needed: a form keeps it folded away
	Max            int    // characters a text may have; 0 for other kinds
	As             string // what the datum is for the file: one of FieldRoles, or empty
	Enum           []Option
	Several        bool // more than one of Enum may be chosen: their ids with commas between, in the order of Enum
	Basis          []string
	Taken          []Said // where a form finds it already said, the first that was said counts
}

// Names tells whether the datum names a case, a finding or officers that the matter is about.
func (f *FieldInfo) Names() bool {
	return slices.Contains([]string{"case", "finding", "concerned", "complained_of"}, f.As)
}

// Said is a datum of an act.
type Said struct {
	Act   int
	Datum string
}

// Choose reads what was chosen of Enum: the value to be kept, and whether it is one that the pack lists. Where there is no
// Enum every text will do.
func (f *FieldInfo) Choose(text string) (string, bool) {
	if len(f.Enum) == 0 {
		return text, true
	}
	chosen := []string{text}
	if f.Several {
		chosen = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	}
	var kept []string
	for _, o := range f.Enum {
		if slices.Contains(chosen, o.ID) {
			kept = append(kept, o.ID)
		}
	}
	known := func(id string) bool { return slices.Contains(kept, id) }
	return strings.Join(kept, ","), len(kept) > 0 && !slices.ContainsFunc(chosen, func(id string) bool { return !known(id) })
}

// Option is one value that a datum may have.
type Option struct {
	ID    string
	Title Text // its id where the pack gives none
}

// OwnSite is the route (a datum as public_route) by which a text goes out on the site of the house itself.
const OwnSite = "site"

// FieldRoles are what a datum may be for the file of a case (`as` in a pack): of a person the name and so on, the short title
// of the case, the officers assigned to it, those who take part in the act, a place; of a penalty the offence of the pack's
// catalogue, its tier, the grade of the agency's benchmark, the reason for departing from it, the fine and the days of
// detention; the number under which another system knows the case, how a complaint came in; a text without the people of the cases named, why such a text was withdrawn, of what kind it is and by which routes it goes out, the offences that these cases are about and whether a natural person is; another case or a finding that the matter is about, the findings that a figure counts, the act that led to this one, the officers it is about, those a complaint is about; of a round of
// assessment the unit, the period, the size of its sample, the scores at which grades begin, and what the house fills in when
// it draws that; that nobody
// opened it when it was due and the house did; of an act that measures what the house fills in: cases with the finding, of how many, before and after, of those taught and of others, what
// that was counted from, and why there is no figure; of an anonymous survey the slips issued, the group told of, and what the
// house fills in when it is counted: how many answered, in the group and in all, and how many gave each answer, and all of that for who makes it known; of a case that was drawn its score, the points deducted, and whether the scorer was a blind second one; and what
// is never shown after entry.
var FieldRoles = []string{"redacted", "public_notice", "public_kind", "public_route", "case_offences", "on_person", "external", "channel", "to_unit", "unit", "period_from", "period_until", "sample_size", "second_share", "grade_from", "seed", "population", "drawn", "drawn_twice", "rule", "unopened", "measured_before", "measured_before_of", "measured_after", "measured_after_of", "others_before", "others_before_of", "others_after", "others_after_of", "measured_from", "measured_without", "slips", "group", "answers", "answers_all", "tally", "survey_results", "score", "points", "blind", "case", "finding", "counted", "origin", "concerned", "affected", "complained_of", "name", "id_number", "birth", "gender", "phone", "address", "title", "handlers", "officers", "place", "offence", "tier", "grade", "departure", "fine", "days", "secret"}

// Act describes an act by its index.
func (p *Procedure) Act(i int) *ActInfo { return &p.actInfos[i] }

// ActOf finds an act by its id or by a name that foreign logs use; -1 when there is none.
func (p *Procedure) ActOf(name string) int {
	if i, ok := p.actIndex[name]; ok {
		return i
	}
	if i, ok := p.names[name]; ok {
		return i
	}
	return -1
}

// Ignored tells whether a foreign act is known to mean nothing here.
func (p *Procedure) Ignored(name string) bool { _, ok := p.ignored[name]; return ok }

// ActTitle and ActID name an act by index.
func (p *Procedure) ActTitle(i int) Text { return p.acts[i].Title }
func (p *Procedure) ActID(i int) string  { return p.acts[i].ID }

// Field is one datum of an act.
type Field struct {
	Name, Source string // Source is its name in foreign logs
	Kind         casefile.Kind
}

// Fields lists the data of an act in the order of Act.Data.
func (p *Procedure) Fields(act int) []Field {
	out := make([]Field, len(p.acts[act].fields))
	for i, f := range p.acts[act].fields {
		out[i] = Field{f.name, f.source, f.kind}
	}
	return out
}

// Acts lists the ids of the acts; an act's index is its position here.
func (p *Procedure) Acts() []string { return p.actNames() }

// Relieves tells whether an act frees: release, lift, return. Such an act is never refused.
func (p *Procedure) Relieves(act int) bool { return p.acts[act].relieves }

// ActScope tells what an act is about: case, or the kind of subject it names.
func (p *Procedure) ActScope(i int) string { return p.acts[i].Scope }

// Needs lists the acts that an act must follow, by its conditions, whether or not they speak in a given case.
func (p *Procedure) Needs(act int) []int {
	var out []int
	for i := range p.acts[act].after {
		out = append(out, p.acts[act].after[i].acts...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Remedy is what a person may do against an act, where, and how long after it.
type Remedy struct {
	Title, Where Text
	Acts         []int    // the act that starts its time, such as service
	For          []string // roles that have it
	Term         *calendar.Term
	Basis        []string
}

// Remedies lists the remedies of the procedure. Not to be changed.
func (p *Procedure) Remedies() []Remedy { return p.remedies }

// LastDay is the last instant of a remedy for a subject, counted from the last act that started its time; false where
// none was done, zero where there is no limit. The subject is empty for acts of the case.
func (s *Standing) LastDay(r *Remedy, subject casefile.Subject) (calendar.Instant, bool, error) {
	sub := 0
	for i := range s.subjects {
		if s.subjects[i].id == subject {
			sub = i
		}
	}
	var from casefile.Value
	for _, a := range r.Acts {
		h := s.own(a, sub)
		if h != nil && h.done && (!from.Known() || h.last > from.Instant()) {
			from = casefile.InstantOf(h.last)
		}
	}
	if !from.Known() {
		return 0, false, nil
	}
	if r.Term == nil {
		return 0, true, nil
	}
	d, err := calendar.Clock{Start: from.Instant(), Base: *r.Term, Roll: s.p.Pack.Roll}.Deadline(s.p.Pack.Zone, s.p.Pack.Calendar)
	return d.Due, err == nil, err
}
