package procedure

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// Offence is one entry of the catalogue of a pack: a conduct and what may be imposed for it. Read-only.
type Offence struct {
	ID         string
	Section    string // id of the file it stands in
	Title      Text
	Basis      []string
	Item       string // paragraph and item of the first article of Basis, as a citation prints them
	Conduct    Text   // what must have been done, in the pack's words
	Tiers      []Tier // in the order of TierNames; none where NoRange says why
	NoRange    Text
	Mediation  string   // one of MediationWords, or empty: not a class that may be mediated
	Flags      []string // of OffenceFlags
	Also       Text     // measures that are neither warning, fine nor detention
	Note       Text     // what a reader must know besides
	Unverified string   // why the ranges are not checked against the text

	pos yaml.Pos
}

// Tier is what may be imposed in one kind of circumstances: exactly one of its sanctions.
type Tier struct {
	ID    string // of TierNames
	When  Text   // the circumstances; empty for base
	AnyOf []Sanction
}

// Sanction is what is imposed together. What it names must all be imposed; MayAdd may be imposed with it or not.
type Sanction struct {
	Warning bool
	Fine    *FineRange
	Days    *DayRange // of detention
	MayAdd  *Sanction // has no MayAdd of its own
}

// FineRange is a range of a fine, both ends included. From 0: any fine above nothing.
type FineRange struct {
	From, To casefile.Amount
	// Gains: where the gains reach Gains.AtLeast the fine is a multiple of them, and From and To do not hold.
	Gains *GainsRange
}

// GainsRange is a multiple of the unlawful gains, from From to To times.
type GainsRange struct {
	From, To int
	AtLeast  casefile.Amount
}

// DayRange is a range of whole days, both ends included. From 0: any detention, at least a day.
type DayRange struct{ From, To int }

// Section is one file of offences.
type Section struct {
	ID    string
	Title Text
}

// TierNames are the tiers an offence may have, from the lightest. Raised stands between base and aggravated.
var TierNames = []string{"mitigated", "base", "raised", "aggravated"}

// MediationWords tell how far an offence may be ended by mediation.
var MediationWords = []string{"class", "maybe", "excluded"}

// OffenceFlags are what an offence may be marked with; docs/language.md says what each means.
var OffenceFlags = []string{"other_department", "no_on_spot", "unit_responsible", "venue_ban", "revocation", "new"}

// Offences lists the catalogue of the pack, file by file and in the order of each file. Not to be changed.
func (p *Pack) Offences() []*Offence { return p.offences }

// OffenceSections lists the files of the catalogue in order.
func (p *Pack) OffenceSections() []Section { return p.sections }

// Offence finds an offence; nil when the pack has none of this id.
func (p *Pack) Offence(id string) *Offence {
	for _, o := range p.offences {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// Has tells whether the offence is marked with a flag.
func (o *Offence) Has(flag string) bool { return slices.Contains(o.Flags, flag) }

// Tier finds a tier; nil when the offence has none of this id.
func (o *Offence) Tier(id string) *Tier {
	for i := range o.Tiers {
		if o.Tiers[i].ID == id {
			return &o.Tiers[i]
		}
	}
	return nil
}

// MaxFine is the highest fine that any tier allows, 0 for none. Unlimited: gains may lift a fine above any figure, and the
// amount is the highest where they do not.
func (o *Offence) MaxFine() (most casefile.Amount, unlimited bool) {
	for i := range o.Tiers {
		m, u := o.Tiers[i].maxFine()
		most, unlimited = max(most, m), unlimited || u
	}
	return most, unlimited
}

func (t *Tier) maxFine() (most casefile.Amount, unlimited bool) {
	for _, s := range t.AnyOf {
		for _, part := range s.parts() {
			if f := part.Fine; f != nil {
				most, unlimited = max(most, f.To), unlimited || f.Gains != nil
			}
		}
	}
	return most, unlimited
}

// MaxDays is the longest detention that any tier allows, 0 for none.
func (o *Offence) MaxDays() int {
	most := 0
	for _, t := range o.Tiers {
		most = max(most, t.maxDays())
	}
	return most
}

// DetentionPossible tells whether a tier allows detention; asked of the tier "", whether any does.
func (o *Offence) DetentionPossible(tier string) bool {
	return slices.ContainsFunc(o.Tiers, func(t Tier) bool { return (tier == "" || t.ID == tier) && t.maxDays() > 0 })
}

func (t *Tier) maxDays() int {
	most := 0
	for _, s := range t.AnyOf {
		for _, part := range s.parts() {
			if part.Days != nil {
				most = max(most, part.Days.To)
			}
		}
	}
	return most
}

// parts are the sanction and what may be added to it.
func (s *Sanction) parts() []*Sanction {
	if s.MayAdd == nil {
		return []*Sanction{s}
	}
	return []*Sanction{s, s.MayAdd}
}

// Proposal is a penalty to be measured. A fine or days of 0 mean that none is proposed.
type Proposal struct {
	Warning bool
	Fine    casefile.Amount
	Days    int
	Gains   *casefile.Amount // the unlawful gains; nil: not known. Read only where the fine is a multiple of them
}

// Allows tells whether a proposed penalty is within the range of a tier. It returns nothing when it is; otherwise every
// reason why it does not fit the sanction of the tier that it comes closest to. A penalty reduced below its tier for a
// reason that the law allows is outside the range too: whether that reason is there is not asked here. Where the fine is a
// multiple of gains that are not known, every fine that some gains allow passes.
func (o *Offence) Allows(tier string, p Proposal) []Text {
	t := o.Tier(tier)
	switch {
	case len(o.Tiers) == 0:
		return []Text{{ZH: "没有自己的处罚幅度：" + o.NoRange.In("zh"), EN: "it has no range of its own: " + o.NoRange.In("en")}}
	case t == nil:
		return []Text{{ZH: fmt.Sprintf("没有“%s”这一档次", tier), EN: fmt.Sprintf("it has no tier %q", tier)}}
	case p.Fine < 0 || p.Days < 0:
		return []Text{{ZH: "罚款和天数不能小于零", EN: "a fine or days below nothing"}}
	case !p.Warning && p.Fine == 0 && p.Days == 0:
		return []Text{{ZH: "没有提出处罚", EN: "no penalty is proposed"}}
	}
	var best []Text
	for i := range t.AnyOf {
		why := t.AnyOf[i].misfit(p)
		if len(why) == 0 {
			return nil
		}
		if best == nil || len(why) < len(best) {
			best = why
		}
	}
	return best
}

// misfit lists what is wrong with a proposal under one sanction.
func (s *Sanction) misfit(p Proposal) []Text {
	var why []Text
	say := func(zh, en string, args ...any) {
		why = append(why, Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)})
	}
	add := s.MayAdd
	if add == nil {
		add = &Sanction{}
	}
	switch {
	case s.Warning && !p.Warning:
		say("应当警告", "a warning must be given")
	case p.Warning && !s.Warning && !add.Warning:
		say("不得警告", "a warning is not provided for")
	}
	days := s.Days
	if days == nil {
		days = add.Days
	}
	switch {
	case p.Days == 0:
		if s.Days != nil {
			say("应当拘留%s日", "detention of %s days must be imposed", s.Days)
		}
	case days == nil:
		say("不得拘留", "detention is not provided for")
	case p.Days > days.To:
		say("拘留%d日，超过上限%d日", "detention of %d days, above the limit of %d", p.Days, days.To)
	case p.Days < days.From:
		say("拘留%d日，低于下限%d日", "detention of %d days, below the minimum of %d", p.Days, days.From)
	}
	fine := s.Fine
	if fine == nil {
		fine = add.Fine
	}
	switch {
	case p.Fine == 0:
		if s.Fine != nil {
			say("应当罚款%s", "a fine of %s must be imposed", s.Fine)
		}
	case fine == nil:
		say("不得罚款", "a fine is not provided for")
	default:
		from, to, unlimited := fine.bounds(p.Gains)
		if !unlimited && p.Fine > to {
			say("罚款%s，超过上限%s", "a fine of %s, above the limit of %s", p.Fine, to)
		}
		if p.Fine < from {
			say("罚款%s，低于下限%s", "a fine of %s, below the minimum of %s", p.Fine, from)
		}
	}
	return why
}

// bounds are the lowest and the highest fine by the gains.
func (f *FineRange) bounds(gains *casefile.Amount) (from, to casefile.Amount, unlimited bool) {
	g := f.Gains
	switch {
	case g == nil:
		return f.From, f.To, false
	case gains == nil:
		return min(f.From, times(g.AtLeast, g.From)), 0, true
	case *gains >= g.AtLeast:
		return times(*gains, g.From), times(*gains, g.To), false
	}
	return f.From, f.To, false
}

// times multiplies, and stops at the greatest amount there is.
func times(a casefile.Amount, n int) casefile.Amount {
	if n > 0 && a > maxAmount/casefile.Amount(n) {
		return maxAmount
	}
	return a * casefile.Amount(n)
}

const maxAmount = casefile.Amount(1<<63 - 1)

func (d *DayRange) String() string { return span(fmt.Sprint(d.From), fmt.Sprint(d.To)) }

func (f *FineRange) String() string {
	s := span(f.From.String(), f.To.String())
	if f.Gains != nil {
		return s + fmt.Sprintf(" (%d–%d × ≥ %s)", f.Gains.From, f.Gains.To, f.Gains.AtLeast)
	}
	return s
}

func span(from, to string) string {
	if from == "0" {
		return "≤ " + to
	}
	return from + "–" + to
}

// String prints a sanction in figures, the same in every language: W warning, F fine, D days of detention; "(+ …)" may be
// added.
func (s *Sanction) String() string {
	var out []string
	if s.Warning {
		out = append(out, "W")
	}
	if s.Days != nil {
		out = append(out, "D "+s.Days.String())
	}
	if s.Fine != nil {
		out = append(out, "F "+s.Fine.String())
	}
	text := strings.Join(out, " + ")
	if s.MayAdd != nil {
		text += " (+ " + s.MayAdd.String() + ")"
	}
	return text
}

// SanctionsText tells in words what may be imposed: one of the sanctions.
func SanctionsText(any []Sanction) Text {
	var zh, en []string
	for i := range any {
		t := any[i].text()
		zh, en = append(zh, t.ZH), append(en, t.EN)
	}
	return Text{ZH: strings.Join(zh, "，或者"), EN: strings.Join(en, ", or ")}
}

func (s *Sanction) text() Text {
	var zh, en []string
	say := func(t Text) { zh, en = append(zh, t.ZH), append(en, t.EN) }
	between := func(from, to string) Text {
		switch from {
		case to:
			return both(to, to)
		case "0":
			return both("不超过"+to, "up to "+to)
		}
		return both(from+"–"+to, from+"–"+to)
	}
	if s.Warning {
		say(both("警告", "a warning"))
	}
	if d := s.Days; d != nil {
		t := between(strconv.Itoa(d.From), strconv.Itoa(d.To))
		say(both("拘留"+t.ZH+"日", "detention of "+t.EN+" days"))
	}
	if f := s.Fine; f != nil {
		t := between(f.From.String(), f.To.String())
		t = both("罚款"+t.ZH, "a fine of "+t.EN)
		if g := f.Gains; g != nil {
			n := strconv.Itoa(g.From) + "–" + strconv.Itoa(g.To)
			t = both(t.ZH+"（违法所得达"+g.AtLeast.String()+"的，为其"+n+"倍）", t.EN+" (gains of "+g.AtLeast.String()+" or more: "+n+" times the gains)")
		}
		say(t)
	}
	out := both(strings.Join(zh, "并处"), strings.Join(en, " and "))
	if s.MayAdd != nil {
		more := s.MayAdd.text()
		out = both(out.ZH+"，可以并处"+more.ZH, out.EN+", to which may be added "+more.EN)
	}
	return out
}

type offenceFile struct {
	Pos      yaml.Pos
	Section  yaml.Str             `yaml:"section,required"`
	Title    Text                 `yaml:"title,required"`
	Offences yaml.Map[offenceDef] `yaml:"offences,required"`
}

type offenceDef struct {
	Pos        yaml.Pos
	Title      Text                    `yaml:"title,required"`
	Basis      []yaml.Str              `yaml:"basis,required"`
	Item       string                  `yaml:"item"`
	Conduct    Text                    `yaml:"conduct,required"`
	Tiers      yaml.Map[[]sanctionDef] `yaml:"tiers"`
	When       yaml.Map[Text]          `yaml:"when"`
	NoRange    Text                    `yaml:"no_range"`
	Mediation  yaml.Str                `yaml:"mediation"`
	Flags      []yaml.Str              `yaml:"flags"`
	Also       Text                    `yaml:"also"`
	Note       Text                    `yaml:"note"`
	Unverified string                  `yaml:"unverified"`
}

type sanctionDef struct {
	Pos yaml.Pos
	imposedDef
	MayAdd *addedDef `yaml:"may_add"`
}

type addedDef struct {
	Pos yaml.Pos
	imposedDef
}

type imposedDef struct {
	Warning   bool          `yaml:"warning"`
	Fine      *fineDef      `yaml:"fine"`
	Detention *detentionDef `yaml:"detention"`
}

type fineDef struct {
	Pos   yaml.Pos
	From  yaml.Str  `yaml:"from"`
	To    yaml.Str  `yaml:"to,required"`
	Gains *gainsDef `yaml:"gains"`
}

type gainsDef struct {
	Pos     yaml.Pos
	From    yaml.Str `yaml:"from,required"`
	To      yaml.Str `yaml:"to,required"`
	AtLeast yaml.Str `yaml:"at_least"`
}

type detentionDef struct {
	Pos  yaml.Pos
	From yaml.Str `yaml:"from"`
	To   yaml.Str `yaml:"to,required"`
}

var offenceID = regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`)

// offenceFiles reads the folder offences of the pack, where there is one. Expressions ask the catalogue, so it is part of
// the edition of every procedure.
func (l *loader) offenceFiles(p *Pack) {
	names, _ := fs.Glob(l.fsys, path.Join(l.dir, "offences", "*.yaml"))
	c := &compiler{loader: l, p: &Procedure{Pack: p}}
	first := map[string]yaml.Pos{}
	for _, name := range names {
		var f offenceFile
		if !l.read(strings.TrimPrefix(name, l.dir+"/"), &f) {
			continue
		}
		section := Section{f.Section.Text, f.Title}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); section.ID != want {
			l.problem(f.Section.Pos, "offence", "section %q stands in a file named %s.yaml: give both one name", section.ID, want)
		}
		if len(f.Offences) == 0 {
			l.problem(f.Pos, "offence", "section %s has no offences", section.ID)
		}
		p.sections = append(p.sections, section)
		for i := range f.Offences {
			e := &f.Offences[i]
			if !offenceID.MatchString(e.Key) {
				l.problem(e.Pos, "offence", "offence %q: an id is lower case letters and digits in groups joined by - or _, beginning with a letter", e.Key)
			}
			if at, ok := first[e.Key]; ok {
				l.problem(e.Pos, "offence", "offence %s is there already, at %s", e.Key, at)
				continue
			}
			first[e.Key] = e.Pos
			p.offences = append(p.offences, c.offence(section.ID, e.Key, e.Pos, &e.Value))
		}
	}
}

func (c *compiler) offence(section, id string, pos yaml.Pos, d *offenceDef) *Offence {
	o := &Offence{ID: id, Section: section, Title: d.Title, Basis: c.cite(d.Basis), Item: d.Item, Conduct: d.Conduct, NoRange: d.NoRange,
		Mediation: d.Mediation.Text, Flags: texts(d.Flags), Also: d.Also, Note: d.Note, Unverified: d.Unverified, pos: pos}
	if len(d.Basis) == 0 {
		c.problem(pos, "offence", "offence %s cites no article", id)
	}
	if s := o.Mediation; s != "" && !slices.Contains(MediationWords, s) {
		c.problem(d.Mediation.Pos, "offence", "mediation %q: expected %s%s", s, strings.Join(MediationWords, ", "), yaml.Suggest(s, MediationWords))
	}
	for i, f := range d.Flags {
		if !slices.Contains(OffenceFlags, f.Text) {
			c.problem(f.Pos, "offence", "no flag %q: expected %s%s", f.Text, strings.Join(OffenceFlags, ", "), yaml.Suggest(f.Text, OffenceFlags))
		} else if slices.Contains(o.Flags[:i], f.Text) {
			c.problem(f.Pos, "offence", "flag %s is given twice", f.Text)
		}
	}
	for _, e := range d.Tiers {
		if !slices.Contains(TierNames, e.Key) {
			c.problem(e.Pos, "offence", "no tier %q: expected %s%s", e.Key, strings.Join(TierNames, ", "), yaml.Suggest(e.Key, TierNames))
		}
		if len(e.Value) == 0 {
			c.problem(e.Pos, "offence", "tier %s of %s has no penalty", e.Key, id)
		}
	}
	for _, e := range d.When {
		if _, ok := d.Tiers.Get(e.Key); !ok {
			c.problem(e.Pos, "offence", "when: %s has no tier %q", id, e.Key)
		}
	}
	noRange := d.NoRange != Text{}
	switch {
	case len(d.Tiers) == 0 && !noRange:
		c.problem(pos, "offence", "offence %s has no range: give it tiers, or say under no_range why it has none", id)
	case len(d.Tiers) > 0 && noRange:
		c.problem(pos, "offence", "offence %s has tiers and says under no_range that it has none", id)
	}
	for _, name := range TierNames {
		defs, ok := d.Tiers.Get(name)
		if !ok {
			continue
		}
		t := Tier{ID: name}
		t.When, _ = d.When.Get(name)
		for i := range defs {
			t.AnyOf = append(t.AnyOf, c.sanction(&defs[i]))
		}
		o.Tiers = append(o.Tiers, t)
	}
	return o
}

func (c *compiler) sanction(d *sanctionDef) Sanction {
	s := c.imposed(d.Pos, &d.imposedDef)
	if d.MayAdd == nil {
		return s
	}
	add := c.imposed(d.MayAdd.Pos, &d.MayAdd.imposedDef)
	if s.Warning && add.Warning || s.Fine != nil && add.Fine != nil || s.Days != nil && add.Days != nil {
		c.problem(d.MayAdd.Pos, "offence", "may_add has what must be imposed already")
	}
	s.MayAdd = &add
	return s
}

func (c *compiler) imposed(pos yaml.Pos, d *imposedDef) Sanction {
	s := Sanction{Warning: d.Warning}
	if !d.Warning && d.Fine == nil && d.Detention == nil {
		c.problem(pos, "offence", "a penalty has at least one of warning, fine and detention")
	}
	if f := d.Fine; f != nil {
		s.Fine = &FineRange{From: c.fine(f.From, 0), To: c.fine(f.To, 1)}
		if s.Fine.To > 0 && s.Fine.From > s.Fine.To { // a To of 0 was said already
			c.problem(f.Pos, "offence", "a fine from %s to %s: from is more than to", f.From.Text, f.To.Text)
		}
		if g := f.Gains; g != nil {
			s.Fine.Gains = &GainsRange{From: c.whole(g.From), To: c.whole(g.To), AtLeast: c.fine(g.AtLeast, 0)}
			if s.Fine.Gains.To > 0 && s.Fine.Gains.From > s.Fine.Gains.To {
				c.problem(g.Pos, "offence", "%s to %s times the gains: from is more than to", g.From.Text, g.To.Text)
			}
		}
	}
	if t := d.Detention; t != nil {
		s.Days = &DayRange{To: c.whole(t.To)}
		if t.From.Text != "" {
			s.Days.From = c.whole(t.From)
		}
		if s.Days.To > 0 && s.Days.From > s.Days.To {
			c.problem(t.Pos, "offence", "detention from %s to %s days: from is more than to", t.From.Text, t.To.Text)
		}
	}
	return s
}

// fine reads an amount of at least the least millionths; an absent one is 0.
func (c *compiler) fine(s yaml.Str, least casefile.Amount) casefile.Amount {
	if s.Text == "" {
		return 0
	}
	a, err := casefile.ParseAmount(s.Text)
	if err != nil {
		c.problem(s.Pos, "offence", "%v", err)
	} else if a < least {
		c.problem(s.Pos, "offence", "%s is no amount of a fine", s.Text)
	}
	return a
}

func (c *compiler) whole(s yaml.Str) int {
	n, err := strconv.Atoi(s.Text)
	if err != nil || n < 1 || n > 100_000 {
		c.problem(s.Pos, "offence", "%q: expected a whole number from 1", s.Text)
		return 0
	}
	return n
}

// checkOffences proves of each offence with a range that its tiers rise, and that its bounds are what Allows says they are.
func (p *Pack) checkOffences() []Checked {
	var out []Checked
	for _, o := range p.offences {
		k := Checked{Check: "offence", Of: o.ID, Verdict: Proved, Pos: o.pos}
		if why := o.unsound(); why != "" {
			k.Verdict, k.Why = Refuted, why
		}
		out = append(out, k)
	}
	return out
}

func (o *Offence) unsound() string {
	for i := 1; i < len(o.Tiers); i++ {
		lower, higher := o.Tiers[i-1], o.Tiers[i]
		if lower.maxDays() > higher.maxDays() {
			return fmt.Sprintf("tier %s reaches %d days, tier %s only %d", lower.ID, lower.maxDays(), higher.ID, higher.maxDays())
		}
	}
	for _, t := range o.Tiers {
		for _, s := range t.AnyOf {
			least, most := s.bounds()
			for _, b := range []Proposal{least, most} {
				if why := o.Allows(t.ID, b); len(why) > 0 {
					return fmt.Sprintf("tier %s does not allow a bound of its own, %s: %s", t.ID, s.String(), why[0].EN)
				}
			}
		}
	}
	return ""
}

// bounds are the least and the most that a sanction allows, where fines do not depend on gains.
func (s *Sanction) bounds() (least, most Proposal) {
	none := casefile.Amount(-1)
	least, most = Proposal{Warning: s.Warning, Gains: &none}, Proposal{Warning: s.Warning, Gains: &none}
	if s.Fine != nil {
		least.Fine = max(s.Fine.From, 1)
	}
	if s.Days != nil {
		least.Days = max(s.Days.From, 1)
	}
	for _, part := range s.parts() {
		most.Warning = most.Warning || part.Warning
		if part.Fine != nil {
			most.Fine = part.Fine.To
		}
		if part.Days != nil {
			most.Days = part.Days.To
		}
	}
	return least, most
}
