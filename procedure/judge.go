package procedure

import (
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
)

// Act is one act as the judge reads it: the envelope resolved against a procedure. Data follows the order of Fields.
type Act struct {
	Ref       int64 // the caller's number of this act, unique in its case: position in the log, or recorded index
	Kind      int   // index of the act in the procedure
	Occurred  calendar.Instant
	Precision calendar.Precision
	Recorded  calendar.Instant // zero: not known
	Observed  bool             // done in another system, where it was known when it occurred: Recorded is when it arrived here
	Actor     *casefile.Actor  // nil: not known
	Unit      *casefile.Unit
	Subjects  []casefile.Ref
	Data      []casefile.Value
	ByLaw     bool
	Corrects  int64 // Ref of the act this one stands in place of; 0: none
	Withdraws int64 // Ref of the act this one takes back; 0: none. Such an act has no kind of its own
}

// Finding is what judging saw. It is not blame. Its identity is (Rule, Clause, Subject, Cause).
type Finding struct {
	Rule     int
	Clause   string // the clause that saw it, e.g. decide.after.2
	Subject  casefile.Subject
	Cause    int64            // Ref of the act that gave rise to it: the act judged, or the one that opened the duty
	At       calendar.Instant // when it was seen: the act, or the first moment after the deadline
	Unjudged bool             // a fact is missing: this cannot be judged
	Missing  string           // the fact that is missing
	Warn     bool             // told, never a breach
	Duty     int              // the duty missed, or -1
	Due      calendar.Instant // its deadline
}

// State is what became of a duty.
type State uint8

const (
	Opened State = iota
	OnTime
	Late
	Overdue // its deadline passed and it is still to be done
	Open    // no more history; its deadline is not yet passed
	Missing // no more history; it was never done
	Lapsed
	Waived
)

var stateNames = [...]string{"opened", "on time", "late", "overdue", "open", "missing", "lapsed", "waived"}

func (s State) String() string { return stateNames[s] }

// DutyEvent is one step in the life of a duty.
type DutyEvent struct {
	Duty    int
	Subject casefile.Subject
	Cause   int64
	State   State
	At, Due calendar.Instant // Due is zero for a duty without limit
}

// Outcome is what one judgement says. The caller owns it and may reuse it; each call appends.
type Outcome struct {
	Findings  []Finding
	Withdrawn []Finding // findings of late duties that turned out never to be done
	Duties    []DutyEvent
	Refused   bool // a decision that is unlawful: handling refuses it with every finding of this outcome
}

// Reset empties o and keeps its memory.
func (o *Outcome) Reset() {
	o.Findings, o.Withdrawn, o.Duties, o.Refused = o.Findings[:0], o.Withdrawn[:0], o.Duties[:0], false
}

// Judge moves standings, with memory of its own: one for each goroutine.
type Judge struct {
	f     frame
	depth int
	void  bool // the act being applied is a decision that was refused
}

// NewJudge makes a judge for one goroutine.
func (p *Procedure) NewJudge() *Judge {
	j := &Judge{}
	j.f.init(p)
	return j
}

// Act advances s to the act, holds the act against the law and applies it, always with every reason: whether a refused
// decision takes effect is for the caller, who keeps a Clone.
func (j *Judge) Act(s *Standing, a *Act, o *Outcome) {
	if a.Occurred > s.now {
		j.Advance(s, a.Occurred, o)
	}
	p := s.p
	def := p.acts[a.Kind]
	j.f.s, j.f.act = s, a
	if a.Unit != nil && s.unit == (casefile.Unit{}) {
		s.unit = *a.Unit
	}
	before := len(o.Findings)
	if def.Scope == caseScope {
		for _, ref := range a.Subjects {
			s.subjectOf(ref)
		}
		j.weigh(s, def, a, 0, o)
		j.void = refuses(def, o.Findings[before:])
		o.Refused = o.Refused || j.void
		j.apply(s, def, a, 0, o)
	} else {
		for _, ref := range a.Subjects {
			if ref.Kind == def.Scope {
				if ref.Role == "" {
					ref.Role = def.Role
				}
				s.subjectOf(ref)
			}
		}
		for _, ref := range a.Subjects {
			if ref.Kind != def.Scope {
				continue
			}
			sub := s.subjectOf(ref)
			j.weigh(s, def, a, sub, o)
			j.void = refuses(def, o.Findings[before:])
			o.Refused = o.Refused || j.void
			j.apply(s, def, a, sub, o)
			before = len(o.Findings)
		}
	}
	if def.closes {
		s.closed = true
	}
	if def.reopens {
		s.closed, s.ended = false, false
	}
}

// refuses tells whether the reasons stop a decision. An act that frees is never refused.
func refuses(def *act, reasons []Finding) bool {
	if !def.decision || def.relieves {
		return false
	}
	return slices.ContainsFunc(reasons, func(f Finding) bool { return !f.Warn })
}

func (j *Judge) find(s *Standing, g *guard, rule, sub int, o *Outcome, verdict answer, missing string) {
	if rule < 0 || verdict == yes {
		return
	}
	// Two duties of one kind may run for one subject; what one act shows of both is one finding.
	for i := len(o.Findings) - 1; i >= 0 && o.Findings[i].Cause == j.f.act.Ref; i-- {
		if f := &o.Findings[i]; f.Rule == rule && f.Clause == g.id && f.Subject == s.subjects[sub].id {
			return
		}
	}
	o.Findings = append(o.Findings, Finding{Rule: rule, Clause: g.id, Subject: s.subjects[sub].id, Cause: j.f.act.Ref, At: j.f.act.Occurred, Unjudged: verdict == unknown, Missing: missing, Warn: g.warn, Duty: -1})
}

// applies tells whether a clause speaks at this act for this subject. An unknown `when` counts as yes and says so;
// an unknown `unless` never excuses.
func (j *Judge) applies(s *Standing, g *guard, sub int) (bool, string) {
	at := j.f.act.Occurred
	if at < g.from || at > g.until {
		return false, ""
	}
	j.f.subject = sub
	if g.when != nil {
		switch ok, missing := g.when.eval(&j.f); ok {
		case no:
			return false, ""
		case unknown:
			return true, missing
		}
	}
	if g.unless != nil {
		if ok, _ := g.unless.eval(&j.f); ok == yes {
			return false, ""
		}
	}
	for _, u := range g.unlessDone {
		if s.doneAfter(u, sub, s.latest(g.since, sub)) {
			return false, ""
		}
	}
	return true, ""
}

// weigh looks at every clause of an act before the act takes effect.
func (j *Judge) weigh(s *Standing, def *act, a *Act, sub int, o *Outcome) {
	if h := s.own(a.Kind, sub); h != nil && h.excluded {
		x := &s.p.acts[h.by].excludes[h.byIndex]
		if ok, missing := j.applies(s, &x.guard, sub); ok {
			j.find(s, &x.guard, x.rule, sub, o, orUnknown(missing), missing)
		}
	}
	for i := range def.after {
		j.weighCondition(s, &def.after[i], a, sub, o)
	}
	for i := range def.windows {
		w := &def.windows[i]
		if ok, missing := j.applies(s, &w.guard, sub); ok {
			j.weighWindow(s, w, a, sub, o, missing)
		}
	}
	for i := range def.notWhile {
		m := &def.notWhile[i]
		if !slices.ContainsFunc(s.duties, func(d dutyState) bool {
			return intersects(s.p.duties[d.duty].do, m.acts) && (d.subject == 0 || sub == 0 || d.subject == sub)
		}) {
			continue
		}
		if ok, missing := j.applies(s, &m.guard, sub); ok {
			j.find(s, &m.guard, m.rule, sub, o, orUnknown(missing), missing)
		}
	}
	for i := range def.expects {
		e := &def.expects[i]
		if ok, missing := j.applies(s, &e.guard, sub); ok {
			verdict := unknown
			if missing == "" {
				verdict, missing = e.that.eval(&j.f)
			}
			j.find(s, &e.guard, e.rule, sub, o, verdict, missing)
		}
	}
	j.weighActor(s, def, a, sub, o)
	for _, i := range def.apart {
		x := &s.p.apart[i]
		if s.apart&(1<<i) != 0 {
			continue
		}
		other := x.one
		if slices.Contains(x.one, a.Kind) {
			other = x.other
		}
		if s.latest(other, sub) > 0 {
			if ok, missing := j.applies(s, &x.guard, sub); ok {
				s.apart |= 1 << i
				j.find(s, &x.guard, x.rule, sub, o, orUnknown(missing), missing)
			}
		}
	}
}

func orUnknown(missing string) answer {
	if missing != "" {
		return unknown
	}
	return no
}

func intersects(a, b []int) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

func (j *Judge) weighCondition(s *Standing, c *condition, a *Act, sub int, o *Outcome) {
	if c.set < 0 {
		if ok, missing := j.applies(s, &c.guard, sub); ok {
			verdict := unknown
			if missing == "" {
				verdict, missing = j.holds(s, c, a, sub)
			}
			j.find(s, &c.guard, c.rule, sub, o, verdict, missing)
		}
		return
	}
	set := &s.p.sets[c.set]
	members, good := 0, 0
	for i := 1; i < len(s.subjects); i++ {
		if s.subjects[i].kind != set.scope {
			continue
		}
		j.f.subject = i
		if set.where != nil {
			if in, _ := set.where.eval(&j.f); in == no {
				continue
			}
		}
		members++
		ok, missing := j.applies(s, &c.guard, i)
		if !ok {
			good++
			continue
		}
		verdict := unknown
		if missing == "" {
			verdict, missing = j.holds(s, c, a, i)
		}
		if verdict == yes {
			good++
		} else if !c.any {
			j.find(s, &c.guard, c.rule, i, o, verdict, missing)
		}
	}
	if members == 0 && !c.mayBeEmpty || c.any && members > 0 && good == 0 {
		j.find(s, &c.guard, c.rule, 0, o, no, "")
	}
}

// holds tells whether one of the acts of a condition was done in this round, fits `that`, and waited long enough.
func (j *Judge) holds(s *Standing, c *condition, a *Act, sub int) (answer, string) {
	since := int32(0)
	if len(c.since) > 0 {
		since = s.latest(c.since, sub)
	}
	verdict, missing := no, ""
	for _, x := range c.acts {
		if h := s.own(x, sub); h != nil && h.excluded {
			return yes, "" // what can no longer be done is no longer a condition
		}
		if !s.doneAfter(x, sub, since) {
			continue
		}
		if c.that != nil {
			j.f.prior, j.f.subject = x, sub
			ok, why := c.that.eval(&j.f)
			if ok == unknown {
				verdict, missing = unknown, why
			}
			if ok != yes {
				continue
			}
		}
		if c.delay != nil {
			waited, err := calendar.Clock{Start: s.last(x, sub).Instant(), Base: *c.delay}.Deadline(s.p.Pack.Zone, s.p.Pack.Calendar)
			if err != nil {
				return unknown, err.Error()
			}
			if end(a, s.p.Pack.Zone) <= waited.Due {
				continue
			}
		}
		return yes, ""
	}
	return verdict, missing
}

// end is the last instant at which an act may have happened, given how exactly its time is known. It happened before it
// was recorded: a decision taken later cannot be put before it.
func end(a *Act, z *calendar.Zone) calendar.Instant {
	last := a.Occurred
	switch a.Precision {
	case calendar.Day:
		last = z.End(z.Date(a.Occurred))
	case calendar.Minute:
		last = a.Occurred + 60_000_000 - 1
	}
	if a.Recorded >= a.Occurred {
		last = min(last, a.Recorded)
	}
	return last
}

func (j *Judge) weighWindow(s *Standing, w *window, a *Act, sub int, o *Outcome, missing string) {
	since := s.latest(w.since, sub)
	var from calendar.Instant
	open := false
	for _, x := range w.acts {
		if s.doneAfter(x, sub, since) {
			from, open = s.last(x, sub).Instant(), true
		}
	}
	if !open {
		return
	}
	t, found := j.tier(w.tiers, from, sub)
	if !found {
		return
	}
	d, err := calendar.Clock{Start: from, Base: t, Roll: s.p.Pack.Roll}.Deadline(s.p.Pack.Zone, s.p.Pack.Calendar)
	switch {
	case missing != "":
		j.find(s, &w.guard, w.rule, sub, o, unknown, missing)
	case err != nil:
		j.find(s, &w.guard, w.rule, sub, o, unknown, err.Error())
	case a.Occurred > d.Due:
		j.find(s, &w.guard, w.rule, sub, o, no, "")
	}
}

// tier picks the limit that applies to what began at `from`: the first whose condition holds; where a condition is
// unknown, the shortest of those that may apply.
func (j *Judge) tier(tiers []tier, from calendar.Instant, sub int) (calendar.Term, bool) {
	j.f.subject = sub
	var best *tier
	for i := range tiers {
		t := &tiers[i]
		if from < t.from || from > t.until {
			continue
		}
		verdict := yes
		if t.when != nil {
			verdict, _ = t.when.eval(&j.f)
		}
		if verdict == no {
			continue
		}
		if best == nil || t.length < best.length {
			best = t
		}
		if verdict == yes {
			break
		}
	}
	if best == nil {
		return calendar.Term{}, false
	}
	return best.term, true
}

func (j *Judge) weighActor(s *Standing, def *act, a *Act, sub int, o *Outcome) {
	if len(def.by) == 0 && len(def.qualified) == 0 && len(def.competent) == 0 && len(def.otherThan) == 0 && len(s.persons) == 0 || a.ByLaw {
		return
	}
	j.f.subject = sub
	for _, did := range s.persons {
		if who := s.p.acts[did.act]; who.bars >= 0 && def.bars < 0 && !def.relieves && takesPart(def, a, did.person) {
			j.find(s, &guard{id: def.ID + ".barred"}, who.barsRule, sub, o, no, "")
			break
		}
	}
	g := guard{id: def.ID + ".by"}
	if len(def.by)+len(def.qualified) > 0 {
		switch {
		case a.Actor == nil || a.Actor.Posts == nil && len(def.by) > 0:
			j.find(s, &g, def.byRule, sub, o, unknown, "actor")
		case len(def.by) > 0 && !sharesText(a.Actor.Posts, def.by):
			j.find(s, &g, def.byRule, sub, o, no, "")
		case len(def.qualified) > 0 && !sharesText(a.Actor.Qualifications, def.qualified):
			j.find(s, &g, def.byRule, sub, o, no, "")
		}
	}
	if len(def.competent) > 0 {
		g.id = def.ID + ".competent"
		ok, rule, missing := j.empowered(def.competent, a, sub)
		j.find(s, &g, rule, sub, o, ok, missing)
	}
	if len(def.otherThan) > 0 {
		g.id = def.ID + ".other_than"
		for _, did := range s.persons {
			if slices.Contains(def.otherThan, did.act) && a.Actor != nil && did.person == a.Actor.Person && (sub == 0 || did.subject == 0 || did.subject == sub) {
				j.find(s, &g, def.otherRule, sub, o, no, "")
				break
			}
		}
	}
}

// takesPart tells whether somebody does an act, or is named in it as an officer who takes part or is assigned.
func takesPart(def *act, a *Act, person string) bool {
	if a.Actor != nil && a.Actor.Person == person {
		return true
	}
	for i, f := range def.fields {
		if (f.info.As == "officers" || f.info.As == "handlers") && a.Data[i].Known() && slices.Contains(personsIn(a.Data[i]), person) {
			return true
		}
	}
	return false
}

// personsIn are the ids of a datum that names people, comma between.
func personsIn(v casefile.Value) []string {
	_, _, text := v.Raw()
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// empowered tells whether the actor holds a post of the tier that applies.
func (j *Judge) empowered(tiers []postTier, a *Act, sub int) (answer, int, string) {
	j.f.subject = sub
	for _, t := range tiers {
		if t.when != nil {
			switch ok, missing := t.when.eval(&j.f); ok {
			case no:
				continue
			case unknown:
				return unknown, t.rule, missing
			}
		}
		switch {
		case a.Actor == nil || a.Actor.Posts == nil:
			return unknown, t.rule, "actor"
		case sharesText(a.Actor.Posts, t.posts):
			return yes, t.rule, ""
		}
		return no, t.rule, ""
	}
	return yes, 0, ""
}

func sharesText(a, b []string) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// apply lets the act take effect on one subject.
func (j *Judge) apply(s *Standing, def *act, a *Act, sub int, o *Outcome) {
	p := s.p
	h := &s.subjects[sub].hist[a.Kind]
	s.seq++
	if h.count == 0 {
		h.first = a.Occurred
	}
	h.last, h.seq, h.done = a.Occurred, s.seq, true
	h.count++
	if def.keeps {
		kept := slices.Clone(a.Data)
		for i := range kept {
			kept[i] = kept[i].Clone()
		}
		s.subjects[sub].kept[a.Kind] = kept
	}
	if def.bars >= 0 && a.Data[def.bars].Known() {
		for _, person := range personsIn(a.Data[def.bars]) {
			s.persons = append(s.persons, didBy{a.Kind, sub, strings.Clone(person)})
		}
	}
	if def.keepsPerson && a.Actor != nil {
		s.persons = append(s.persons, didBy{a.Kind, sub, strings.Clone(a.Actor.Person)})
	}
	for _, set := range def.sets {
		if j.void && p.facts[set.fact].lengthens {
			continue // nobody grants themselves time: what was decided without power lengthens no liberty clock
		}
		target := &s.subjects[sub].facts[set.fact]
		if p.facts[set.fact].scope == caseScope {
			target = &s.subjects[0].facts[set.fact]
		}
		v := a.Data[set.field]
		switch set.how {
		case foldSum:
			*target = target.Add(v)
		case foldFirst:
			if !target.Known() {
				*target = v.Clone()
			}
		default:
			if v.Known() {
				*target = v.Clone()
			}
		}
	}
	for i := range def.excludes {
		for _, x := range def.excludes[i].acts {
			for k := range s.subjects {
				if y := &s.subjects[k].hist[x]; !y.excluded {
					y.excluded, y.by, y.byIndex = true, int16(a.Kind), int16(i)
				}
			}
		}
	}
	for _, x := range def.includes {
		for k := range s.subjects {
			s.subjects[k].hist[x].excluded = false
		}
	}
	for _, x := range def.voids {
		s.each(x, sub, func(h *history) { h.done = false })
	}
	j.discharge(s, a, sub, o)
	running := len(s.duties)
	for _, i := range def.duties {
		j.open(s, i, a, sub, o)
	}
	if len(s.duties) > 0 {
		j.retime(s, a, sub, running, o)
	}
	if p.path != nil {
		j.walk(s, a, o)
	}
}

// walk moves along a published path: silent steps are free.
func (j *Judge) walk(s *Standing, a *Act, o *Outcome) {
	w := s.p.path
	if s.broken {
		return
	}
	at, next := w.closure(s.path), uint64(0)
	for _, st := range w.steps[a.Kind] {
		if at&(1<<st.from) != 0 {
			next |= 1 << st.to
		}
	}
	s.path = next
	if next == 0 {
		s.broken = true
		j.find(s, &guard{id: "path"}, w.rule, 0, o, no, "")
	}
}

// closure adds every stage that silent steps reach, their guards aside.
func (w *pathway) closure(at uint64) uint64 {
	for {
		before := at
		for _, st := range w.silent {
			if at&(1<<st.from) != 0 {
				at |= 1 << st.to
			}
		}
		if at == before {
			return at
		}
	}
}
