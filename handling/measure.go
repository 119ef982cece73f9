package handling

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Span is a stretch of civil days, both included.
type Span struct{ From, Until calendar.Date }

// Group are those taught, or others, in two spans: in how many of the cases in which they did an act under the rule it was
// found broken by an act of theirs.
type Group struct {
	Before, After Share
	People        int // who did such acts: in the span in which they were fewer
}

// Change is by how much the rate changed from before to after.
func (g *Group) Change() Difference { return Differ(g.After, g.Before) }

// Measurement is how often a rule was found broken before and after those concerned were taught or told, beside others of the
// same kind of unit who did acts of the same kind. A figure that would be one of few cases, or tell of few people, is left out:
// Without says why, and what is left out is zero.
type Measurement struct {
	Proc          *procedure.Procedure
	Rule          int
	Before, After Span
	Acts          []int    // by which a case comes under the rule
	Kinds         []string // of units in which those taught did them
	Taught        Group
	Others        Group
	Record        int64 // acts on the record when it was counted
	Without       string
}

// Why there is no figure, or no comparison.
const (
	FewCases     = "few_cases"     // of those taught, in one of the spans
	FewPeople    = "few_people"    // each would learn of the others
	Unseen       = "unseen"        // it is one person's, who has not seen it yet
	NoComparison = "no_comparison" // the others are too few cases, or too few people
)

// LeastCases and LeastPeople are what a group must have before a figure of it is told. They are our setting.
const LeastCases, LeastPeople = 10, 5

// Told tells whether there is a figure of those taught; Compared, whether there is one of others too.
func (m *Measurement) Told() bool     { return m.Without == "" || m.Without == NoComparison }
func (m *Measurement) Compared() bool { return m.Without == "" }

// Effect is by how much more the rate of those taught changed than that of the others. The interval joins those of the two changes.
//
// Source: G. Y. Zou, A. Donner, Construction of confidence limits about effect measures: a general approach, Statistics in
// Medicine 27 (2008), 1693-1702.
func (m *Measurement) Effect() Difference {
	a, b := m.Taught.Change(), m.Others.Change()
	d := a.By - b.By
	return Difference{d, d - math.Hypot(a.By-a.Low, b.High-b.By), d + math.Hypot(a.High-a.By, b.By-b.Low)}
}

// Difference of two rates, from -1 to 1 (of two changes: -2 to 2), with the interval in which it lies with 95 %.
type Difference struct{ By, Low, High float64 }

// Differ is the rate of a less that of b, which are taken as independent.
//
// Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
// (1998), 873-890, method 10.
func Differ(a, b Share) Difference {
	rate := func(s Share) float64 { return float64(s.Count) / float64(max(s.Of, 1)) }
	pa, pb := rate(a), rate(b)
	la, ua := a.Interval()
	lb, ub := b.Interval()
	return Difference{pa - pb, pa - pb - math.Hypot(pa-la, ub-pb), pa - pb + math.Hypot(ua-pa, pb-lb)}
}

// measuredRoles are the data of an act that measures: the house fills them in.
var measuredRoles = []string{"measured_before", "measured_before_of", "measured_after", "measured_after_of", "others_before", "others_before_of", "others_after", "others_after_of", "measured_from", "measured_without"}

// Filled tells whether the house fills a datum in, so that nobody types it.
func Filled(f *procedure.FieldInfo) bool {
	return f.As == "unopened" || slices.Contains(houseRoles, f.As) || slices.Contains(measuredRoles, f.As) || slices.Contains(surveyRoles, f.As)
}

// ruleNamed reads the rule that a datum names: RULE of the main procedure, or PROCEDURE/RULE.
func (h *House) ruleNamed(text string) (*procedure.Procedure, int, bool) {
	p := h.pack.Procedures[0]
	if id, rule, ok := strings.Cut(text, "/"); ok {
		var err error
		if p, err = h.pack.Procedure(id); err != nil {
			return nil, -1, false
		}
		text = rule
	}
	i := p.RuleOf(text)
	return p, i, i >= 0
}

// RuleName is how a datum names a rule.
func (h *House) RuleName(p *procedure.Procedure, rule int) string {
	if p == h.pack.Procedures[0] {
		return p.Rules()[rule].ID
	}
	return p.ID + "/" + p.Rules()[rule].ID
}

// ruleOf finds the rule that a matter is about, for one of its subjects or as a whole: the one it names, else that of a finding it
// names, else that of a finding which a case named by it is about.
func (h *House) ruleOf(ctx context.Context, c *standing, stand []*casefile.Record, subject casefile.Subject) (*procedure.Procedure, int, error) {
	for _, r := range slices.Backward(stand) {
		i := c.proc.ActOf(r.Kind)
		if i < 0 || len(r.Subjects) > 0 && (len(r.Subjects) != 1 || r.Subjects[0].ID != subject) {
			continue
		}
		for _, f := range c.proc.Act(i).Fields {
			if v := r.Datum(f.Name); f.As == "rule" && v.Known() {
				if p, rule, ok := h.ruleNamed(v.Text()); ok {
					return p, rule, nil
				}
			}
		}
	}
	if subject != "" {
		return nil, -1, nil
	}
	named := FindingsNamed(&c.head)
	for _, id := range keyed(c.head.Words, aboutCase) {
		if head, err := h.store.Case(ctx, casefile.CaseID(id)); err == nil {
			named = append(named, FindingsNamed(&head)...)
		}
	}
	for _, id := range named {
		of, _ := casefile.CaseOfFinding(id)
		head, err := h.store.Case(ctx, of)
		if err != nil {
			continue
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue
		}
		found, err := h.store.Findings(ctx, of)
		if err != nil {
			return nil, -1, err
		}
		for i := range found {
			if found[i].ID() == id {
				return p, p.RuleOf(found[i].Rule), nil
			}
		}
	}
	return nil, -1, nil
}

// spans are the days before and after, and the moment that parts them; false where the act that parts them was not done.
func (h *House) spans(c *standing, m *procedure.Measure, stand []*casefile.Record) (before, after Span, turn calendar.Instant, ok bool) {
	for _, r := range stand {
		i := c.proc.ActOf(r.Kind)
		switch {
		case m.Month != nil && i == m.Month.Act && r.Datum(m.Month.Datum).Known():
			month, _ := h.MonthOf(r.Datum(m.Month.Datum).Date())
			before = Span{h.pack.Zone.Date(month.From), h.pack.Zone.Date(month.Until)}
			next, _ := h.MonthOf(before.Until + 1)
			after = Span{h.pack.Zone.Date(next.From), h.pack.Zone.Date(next.Until)}
			turn, ok = next.From, true
		case slices.Contains(m.Since, i):
			d := h.pack.Zone.Date(r.Occurred)
			before, after = Span{d - calendar.Date(m.Over), d - 1}, Span{d + 1, d + calendar.Date(m.Over)}
			turn, ok = r.Occurred, true
		}
	}
	return before, after, turn, ok
}

// measure counts for an act of a matter, about one of its subjects or the whole; a text in its place says why there is nothing to
// count yet. Whose figure it is alone, and who looks now, sees it: the look is on the record.
func (h *House) measure(ctx context.Context, who Who, c *standing, info *procedure.ActInfo, subject casefile.Subject, now calendar.Instant) (*Measurement, Text, error) {
	records, err := h.records(ctx, c.head.ID, 0)
	if err != nil {
		return nil, Text{}, err
	}
	stand := effective(records)
	p, rule, err := h.ruleOf(ctx, c, stand, subject)
	if err != nil {
		return nil, Text{}, err
	}
	if rule < 0 {
		return nil, both("没有写明是哪一条规则或者哪一个问题，无从统计", "no rule and no finding is named, so there is nothing to count"), nil
	}
	out := &Measurement{Proc: p, Rule: rule, Acts: p.ActsUnder(rule)}
	var turn calendar.Instant
	var ok bool
	if out.Before, out.After, turn, ok = h.spans(c, info.Measures, stand); !ok {
		return nil, both("尚未完成，没有前后可比", "it was not done yet: there is no before and after"), nil
	}
	if end := h.pack.Zone.End(out.After.Until); now <= end {
		return nil, both("统计到 "+out.After.Until.String()+" 为止，此后才能统计", "it is counted up to "+out.After.Until.String()+", and only after that day"), nil
	}
	if out.Record, _, err = h.store.Head(ctx); err != nil {
		return nil, Text{}, err
	}
	concerned := keyed(c.head.Words, concerns)
	taught := func(r *casefile.Record) bool { return slices.Contains(concerned, r.Actor.Person) }
	if info.Measures.Units {
		var units []string
		for _, id := range concerned {
			for _, held := range h.People().PostsAt(authority.PersonID(id), turn) {
				units = append(units, string(held.Unit))
			}
		}
		taught = func(r *casefile.Record) bool { return r.Unit != nil && slices.Contains(units, r.Unit.ID) }
	}
	t := tally{m: out, zone: h.pack.Zone, taught: taught, now: now, others: map[string]*counted{}}
	if err := h.count(ctx, &t); err != nil {
		return nil, Text{}, err
	}
	return out, Text{}, h.withhold(ctx, who, c, &t)
}

// counted are the cases and people of one group, before and after.
type counted struct {
	share  [2]Share
	people [2]map[string]bool
}

func (c *counted) add(span int, found bool, people map[string]bool) {
	c.share[span].Of++
	c.share[span].Count += one(found)
	if c.people[span] == nil {
		c.people[span] = map[string]bool{}
	}
	for p := range people {
		c.people[span][p] = true
	}
}

func (c *counted) group() Group {
	return Group{c.share[0], c.share[1], min(len(c.people[0]), len(c.people[1]))}
}

// enough tells whether there are cases enough.
func (c *counted) enough() bool { return min(c.share[0].Of, c.share[1].Of) >= LeastCases }

type tally struct {
	m      *Measurement
	zone   *calendar.Zone
	taught func(*casefile.Record) bool
	now    calendar.Instant
	own    counted
	others map[string]*counted // by kind of unit
}

// span is the span in which a moment lies, or -1.
func (t *tally) span(at calendar.Instant) int {
	for i, s := range []Span{t.m.Before, t.m.After} {
		if at >= t.zone.Start(s.From) && at <= t.zone.End(s.Until) {
			return i
		}
	}
	return -1
}

// count reads the cases of the rule's procedure that moved since the first day. What stands apart is not counted.
func (h *House) count(ctx context.Context, t *tally) error {
	from, until := t.zone.Start(t.m.Before.From), t.zone.End(t.m.After.Until)
	name := h.pack.ID + "/" + t.m.Proc.ID
	s := casefile.Selection{All: true, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return err
		}
		for i := range heads {
			head := &heads[i]
			if head.Updated < from { // the newest change comes first
				return nil
			}
			if head.Procedure != name || head.Opened > until || head.UnitKind == authority.Superintendence {
				continue
			}
			records, err := h.records(ctx, head.ID, 0)
			if err != nil {
				return err
			}
			found, err := h.store.Findings(ctx, head.ID)
			if err != nil {
				return err
			}
			t.add(effective(records), found)
		}
		if len(heads) < s.Limit {
			return nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

// add counts one case: in each span in which acts under the rule were done in it, once, with those taught where one of them did
// such an act. A finding counts where an act of the group's gave rise to it, and where it arose no longer after the span than
// has passed since the last day: both spans are looked at with the same hindsight.
func (t *tally) add(stand []*casefile.Record, found []casefile.Finding) {
	for span, s := range []Span{t.m.Before, t.m.After} {
		people := [2]map[string]bool{{}, {}} // others, those taught
		acts, kind := [2]map[int64]bool{{}, {}}, ""
		for _, r := range stand {
			if i := t.m.Proc.ActOf(r.Kind); r.Actor == nil || t.span(r.Occurred) != span || !slices.Contains(t.m.Acts, i) {
				continue
			}
			g := one(t.taught(r))
			people[g][r.Actor.Person], acts[g][r.Number] = true, true
			if r.Unit != nil && (kind == "" || g == 1) {
				kind = r.Unit.Kind
			}
		}
		if len(acts[0])+len(acts[1]) == 0 {
			continue
		}
		g := one(len(acts[1]) > 0)
		horizon := t.zone.End(s.Until) + t.now - t.zone.End(t.m.After.Until)
		broken := slices.ContainsFunc(found, func(f casefile.Finding) bool {
			return f.WithdrawnBy == 0 && !f.Warn && f.Rule == t.m.Proc.Rules()[t.m.Rule].ID && acts[g][f.Cause] && f.At <= horizon
		})
		if g == 1 {
			t.own.add(span, broken, people[1])
			if !slices.Contains(t.m.Kinds, kind) {
				t.m.Kinds = append(t.m.Kinds, kind)
			}
			continue
		}
		if t.others[kind] == nil {
			t.others[kind] = &counted{}
		}
		t.others[kind].add(span, broken, people[0])
	}
}

// withhold puts into the measurement what may be told of what was counted.
func (h *House) withhold(ctx context.Context, who Who, c *standing, t *tally) error {
	m := t.m
	slices.Sort(m.Kinds)
	others := counted{}
	for _, kind := range m.Kinds {
		for span := range 2 {
			if x := t.others[kind]; x != nil {
				others.share[span].Count += x.share[span].Count
				others.share[span].Of += x.share[span].Of
				if others.people[span] == nil {
					others.people[span] = map[string]bool{}
				}
				for p := range x.people[span] {
					others.people[span][p] = true
				}
			}
		}
	}
	all := map[string]bool{}
	for span := range 2 {
		for p := range t.own.people[span] {
			all[p] = true
		}
	}
	switch {
	case !t.own.enough():
		m.Without = FewCases
		return nil
	case len(all) == 1:
		seen, err := h.sawMeasured(ctx, who, c, all, t.zone.End(m.After.Until), t.now)
		if err != nil {
			return err
		}
		if !seen {
			m.Without = Unseen
			return nil
		}
	case t.own.group().People < LeastPeople:
		m.Without = FewPeople
		return nil
	}
	m.Taught = t.own.group()
	if !others.enough() || others.group().People < LeastPeople {
		m.Without = NoComparison
		return nil
	}
	m.Others = others.group()
	return nil
}

const measureLook = "measure" // what a view of a measurement says that was seen

// sawMeasured tells whether the one person whose figure it is has looked at it since its last day; if it is who looks now, that
// is put on the record first.
func (h *House) sawMeasured(ctx context.Context, who Who, c *standing, person map[string]bool, since, now calendar.Instant) (bool, error) {
	if person[string(who.Person)] {
		return true, h.look(ctx, who, &c.head, measureLook, now)
	}
	looks, err := h.store.Looks(ctx, c.head.ID, mostLooksRead)
	return slices.ContainsFunc(looks, func(l casefile.Looked) bool {
		return person[l.Person] && l.What == measureLook && l.At > since && !l.Refused
	}), err
}

const mostLooksRead = 1000

// measured are the data that the house fills in for an act that measures.
func (h *House) measured(ctx context.Context, who Who, c *standing, info *procedure.ActInfo, r *casefile.Record, now calendar.Instant, bad *Invalid) ([]casefile.Datum, error) {
	var subject casefile.Subject
	if len(r.Subjects) > 1 {
		bad.add("subject", "一次只统计一项", "one at a time")
		return nil, nil
	}
	if len(r.Subjects) == 1 {
		subject = r.Subjects[0].ID
	}
	m, why, err := h.measure(ctx, who, c, info, subject, now)
	if err != nil {
		return nil, err
	}
	if m == nil {
		bad.Problems = append(bad.Problems, Problem{Field: "measured", Text: why})
		return nil, nil
	}
	figures := map[string]int{}
	if m.Told() {
		g := &m.Taught
		figures["measured_before"], figures["measured_before_of"], figures["measured_after"], figures["measured_after_of"] = g.Before.Count, g.Before.Of, g.After.Count, g.After.Of
	}
	if m.Compared() {
		g := &m.Others
		figures["others_before"], figures["others_before_of"], figures["others_after"], figures["others_after_of"] = g.Before.Count, g.Before.Of, g.After.Count, g.After.Of
	}
	var out []casefile.Datum
	for _, f := range info.Fields {
		n, ok := figures[f.As]
		switch {
		case ok:
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.IntOf(int64(n))})
		case f.As == "measured_from":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.TextOf(m.from())})
		case f.As == "measured_without" && m.Without != "":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.TextOf(m.Without)})
		}
	}
	return out, nil
}

// from is what a measurement was counted from, as its act keeps it.
func (m *Measurement) from() string {
	var acts []string
	for _, i := range m.Acts {
		acts = append(acts, m.Proc.ActID(i))
	}
	return fmt.Sprintf("%s/%s %s/%s %s/%s acts=%s kinds=%s people=%d/%d record=%d", m.Proc.ID, m.Proc.Rules()[m.Rule].ID, m.Before.From, m.Before.Until,
		m.After.From, m.After.Until, strings.Join(acts, ","), strings.Join(m.Kinds, ","), m.Taught.People, m.Others.People, m.Record)
}

// readMeasured reads a measurement from its act; false where it was typed, before the house counted.
func (h *House) readMeasured(info *procedure.ActInfo, r *casefile.Record) (*Measurement, bool) {
	m := &Measurement{}
	numbers := map[string]*int{"measured_before": &m.Taught.Before.Count, "measured_before_of": &m.Taught.Before.Of, "measured_after": &m.Taught.After.Count, "measured_after_of": &m.Taught.After.Of,
		"others_before": &m.Others.Before.Count, "others_before_of": &m.Others.Before.Of, "others_after": &m.Others.After.Count, "others_after_of": &m.Others.After.Of}
	var from string
	for _, f := range info.Fields {
		switch v := r.Datum(f.Name); {
		case !v.Known():
		case f.As == "measured_from":
			from = v.Text()
		case f.As == "measured_without":
			m.Without = v.Text()
		case numbers[f.As] != nil:
			*numbers[f.As] = int(v.Int())
		}
	}
	words := strings.Fields(from)
	if len(words) != 7 {
		return nil, false
	}
	var ok bool
	if m.Proc, m.Rule, ok = h.ruleNamed(words[0]); !ok {
		return nil, false
	}
	for i, s := range []*Span{&m.Before, &m.After} {
		a, b, _ := strings.Cut(words[1+i], "/")
		var err1, err2 error
		s.From, err1 = calendar.ParseDate(a)
		s.Until, err2 = calendar.ParseDate(b)
		if err1 != nil || err2 != nil {
			return nil, false
		}
	}
	for id := range strings.SplitSeq(strings.TrimPrefix(words[3], "acts="), ",") {
		if i := m.Proc.ActOf(id); i >= 0 {
			m.Acts = append(m.Acts, i)
		}
	}
	m.Kinds = strings.FieldsFunc(strings.TrimPrefix(words[4], "kinds="), func(r rune) bool { return r == ',' })
	_, err1 := fmt.Sscanf(words[5], "people=%d/%d", &m.Taught.People, &m.Others.People)
	_, err2 := fmt.Sscanf(words[6], "record=%d", &m.Record)
	return m, err1 == nil && err2 == nil
}

// Measured is a measurement of a matter: as it would be recorded now, or as an act recorded it.
type Measured struct {
	Head    casefile.Head
	Subject casefile.Subject // of the matter; empty: the whole
	At      calendar.Instant // when it was recorded; zero: it would be now
	*Measurement
	Why Text // where there is no measurement: why
}

// Measurable is what a matter measures, counted now, for who may see it: of each rule that it is about. Nil where it measures
// nothing.
func (h *House) Measurable(ctx context.Context, who Who, id casefile.CaseID) ([]Measured, error) {
	now := h.now()
	c, err := h.open(ctx, who, authority.SeeCase, id, now)
	if err != nil {
		return nil, err
	}
	var out []Measured
	for i := range c.proc.Acts() {
		info := c.proc.Act(i)
		if info.Measures == nil {
			continue
		}
		subjects := []casefile.Subject{""}
		if info.Scope != "case" {
			subjects = nil
			for _, s := range c.at.Subjects() {
				if s.Kind == info.Scope {
					subjects = append(subjects, s.ID)
				}
			}
		}
		for _, s := range subjects {
			x := Measured{Head: c.head, Subject: s}
			if x.Measurement, x.Why, err = h.measure(ctx, who, c, info, s, now); err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// MeasuredIn lists what the acts of a matter recorded, the oldest first.
func (h *House) MeasuredIn(f *File) []Measured {
	var out []Measured
	for i := range f.Acts {
		a := &f.Acts[i]
		if a.Info == nil || a.Info.Measures == nil || !a.Stands() {
			continue
		}
		x := Measured{Head: f.Head, At: a.Recorded}
		if len(a.Subjects) == 1 {
			x.Subject = a.Subjects[0].ID
		}
		var ok bool
		if x.Measurement, ok = h.readMeasured(a.Info, a.Record); ok {
			out = append(out, x)
		}
	}
	return out
}

const mostMeasured = 50 // matters that are read

// AllMeasured lists what the matters a person may see have recorded, the newest first; nothing is ranked.
func (h *House) AllMeasured(ctx context.Context, who Who) ([]Measured, error) {
	now := h.now()
	var out []Measured
	s := casefile.Selection{All: true, Words: []string{aboutMatter}, Limit: 500}
	for read := 0; read < mostMeasured; {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			p, err := h.procedureOf(heads[i].Procedure)
			if err != nil || read == mostMeasured || !slices.ContainsFunc(p.Acts(), func(id string) bool { return p.Act(p.ActOf(id)).Measures != nil }) || h.may(who, authority.SeeCase, &heads[i], now) != nil {
				continue
			}
			read++
			f, err := h.File(ctx, who, heads[i].ID, "figures")
			if err != nil {
				return nil, err
			}
			out = append(out, h.MeasuredIn(f)...)
		}
		if len(heads) < s.Limit {
			break
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
	slices.SortStableFunc(out, func(a, b Measured) int { return int(b.At - a.At) })
	return out, nil
}
