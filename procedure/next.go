package procedure

import (
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
)

// Next is one act on one subject as it would be judged now: lawful when nothing but what its own data decide stands
// against it.
type Next struct {
	Act     int
	Subject casefile.Subject // empty: the case, or a subject that is not in the case yet
	Against []Finding        // every reason why it would be refused, or found fault with
}

// Weigh tells what judging an act would find now, leaving s as it is. Deadlines up to the act are let pass first.
func (j *Judge) Weigh(s *Standing, a *Act) []Finding {
	probe := s.Clone()
	if a.Occurred > probe.now {
		var past Outcome
		j.Advance(probe, a.Occurred, &past)
	}
	return j.weighOn(probe, a)
}

// weighOn leaves behind in s only the subjects of the act.
func (j *Judge) weighOn(s *Standing, a *Act) []Finding {
	def := s.p.acts[a.Kind]
	var o Outcome
	apart := s.apart
	j.f.s, j.f.act = s, a
	if a.Unit != nil && s.unit == (casefile.Unit{}) {
		s.unit = *a.Unit
	}
	for _, ref := range a.Subjects {
		sub := s.subjectOf(ref)
		if ref.Kind == def.Scope {
			j.weigh(s, def, a, sub, &o)
			j.weighExtension(s, a, sub, &o)
		}
	}
	if def.Scope == caseScope {
		j.weigh(s, def, a, 0, &o)
		j.weighExtension(s, a, 0, &o)
	}
	s.apart = apart
	return o.Findings
}

// weighExtension tells what stands against more time for the duties that run, without granting it.
func (j *Judge) weighExtension(s *Standing, a *Act, sub int, o *Outcome) {
	for i := range s.duties {
		ds := s.duties[i]
		if ds.subject == 0 || sub == 0 || ds.subject == sub || s.subjects[ds.subject].kind != s.subjects[sub].kind {
			j.extend(s, &ds, s.p.duties[ds.duty], a, sub, o)
		}
	}
}

// Nexts weighs every act on every subject it may be about, at the instant now, done by the actor. What depends on data of
// the act itself is left open; what depends on a fact nobody has entered is a reason. A new subject is asked about with
// an empty id where the act may bring one.
func (j *Judge) Nexts(s *Standing, now calendar.Instant, actor *casefile.Actor) []Next {
	p := s.p
	probe := s.Clone()
	var past Outcome
	j.Advance(probe, now, &past)
	j.f.open = true
	defer func() { j.f.open = false }()
	var out []Next
	for i, def := range p.acts {
		a := Act{Ref: -1, Kind: i, Occurred: now, Precision: calendar.Second, Recorded: now, Actor: actor, Data: make([]casefile.Value, len(def.fields))}
		if def.Scope == caseScope {
			out = append(out, Next{Act: i, Against: settled(j.weighOn(probe, &a))})
			continue
		}
		for k := 1; k < len(s.subjects); k++ {
			sub := &s.subjects[k]
			if sub.kind != def.Scope || def.Role != "" && sub.role != "" && sub.role != def.Role && !def.relieves {
				continue
			}
			a.Subjects = []casefile.Ref{{ID: sub.id, Kind: sub.kind, Role: sub.role}}
			out = append(out, Next{Act: i, Subject: sub.id, Against: settled(j.weighOn(probe, &a))})
		}
		a.Subjects = []casefile.Ref{{Kind: def.Scope, Role: def.Role}}
		fresh := probe.Clone() // a subject without id must not stay
		out = append(out, Next{Act: i, Against: settled(j.weighOn(fresh, &a))})
	}
	return out
}

// settled drops what the act's own data will decide, and warnings.
func settled(found []Finding) []Finding {
	return slices.DeleteFunc(found, func(f Finding) bool {
		return f.Warn || f.Unjudged && strings.HasPrefix(f.Missing, "act.")
	})
}

// Reason is a finding told to people: the rule, and what the clause that saw it asks for.
type Reason struct {
	Rule  Rule
	Asks  Text     // what the clause asks for, e.g. 须先：处罚告知
	Acts  []int    // acts that would satisfy it
	Basis []string // of its rule, or of the act where the rule cites none
}

// Why tells in words what stands behind a finding.
func (p *Procedure) Why(f *Finding) Reason {
	r := Reason{Rule: p.rules[f.Rule], Basis: p.rules[f.Rule].Basis}
	head, tail, _ := strings.Cut(f.Clause, ".")
	at, ok := p.actIndex[head]
	if !ok {
		r.Asks = r.Rule.Title
		return r
	}
	def := p.acts[at]
	if len(r.Basis) == 0 {
		r.Basis = def.basis
	}
	part, number, _ := strings.Cut(tail, ".")
	n, err := strconv.Atoi(number)
	n--
	in := func(count int) bool { return err == nil && n >= 0 && n < count }
	switch {
	case part == "after" && in(len(def.after)):
		c := &def.after[n]
		r.Acts = c.acts
		zh, en := p.titles(c.acts)
		r.Asks = both("须先："+zh, "First: "+en)
		if c.delay != nil {
			r.Asks = both("须在“"+zh+"”之后满"+termZH(*c.delay), "Not before "+termEN(*c.delay)+" after: "+en)
		}
		if c.that != nil && c.delay == nil {
			r.Asks = both("须先："+zh+"，且其结果符合要求", "First, with the result that is asked for: "+en)
		}
	case part == "not_while" && in(len(def.notWhile)):
		r.Acts = def.notWhile[n].acts
		zh, en := p.titles(r.Acts)
		r.Asks = both("尚有未决事项，须先："+zh, "Something is pending; first: "+en)
	case part == "no_later_than" && in(len(def.windows)):
		zh, en := p.titles(def.windows[n].acts)
		r.Asks = both("期限已过，自“"+zh+"”起计算", "The time for it, counted from "+en+", is over")
	case part == "by":
		var zh, en []string
		for _, id := range append(slices.Clone(def.by), def.qualified...) {
			t := p.Pack.title(id)
			zh, en = append(zh, t.ZH), append(en, t.EN)
		}
		r.Asks = both("由下列人员作出："+strings.Join(zh, "、"), "To be done by: "+strings.Join(en, ", "))
	case part == "competent":
		r.Asks = both("作出该决定须有相应权限", "The power to decide this is with another post")
	case part == "other_than":
		zh, en := p.titles(def.otherThan)
		r.Asks = both("不得由实施过下列行为的人作出："+zh, "Not by a person who did: "+en)
	default:
		r.Asks = r.Rule.Title
	}
	return r
}

func (p *Procedure) titles(acts []int) (zh, en string) {
	var z, e []string
	for _, a := range acts {
		z, e = append(z, p.acts[a].Title.ZH), append(e, p.acts[a].Title.EN)
	}
	return strings.Join(z, "或者"), strings.Join(e, " or ")
}

// title names a post or a qualification; its id where the pack gives no title.
func (p *Pack) title(id string) Text {
	for _, find := range []func(string) (Text, bool){p.Post, p.Qualification} {
		if t, ok := find(id); ok {
			return t
		}
	}
	return both(id, id)
}

var unitZH = map[calendar.Unit]string{calendar.UnitMinute: "分钟", calendar.UnitHour: "小时", calendar.UnitDay: "日", calendar.UnitWorkingDay: "个工作日", calendar.UnitMonth: "个月"}
var unitEN = map[calendar.Unit]string{calendar.UnitMinute: "minutes", calendar.UnitHour: "hours", calendar.UnitDay: "days", calendar.UnitWorkingDay: "working days", calendar.UnitMonth: "months"}

func termZH(t calendar.Term) string {
	if t == (calendar.Term{Unit: calendar.UnitDay}) {
		return "当日"
	}
	return strconv.Itoa(int(t.N)) + unitZH[t.Unit]
}

func termEN(t calendar.Term) string {
	if t == (calendar.Term{Unit: calendar.UnitDay}) {
		return "the day itself"
	}
	return strconv.Itoa(int(t.N)) + " " + unitEN[t.Unit]
}
