package procedure

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// Verdict is what checking a property says.
type Verdict string

const (
	Proved     Verdict = "proved"
	Refuted    Verdict = "refuted"
	NotDecided Verdict = "not decided"
)

// Checked is one property of a pack with its verdict.
type Checked struct {
	Check   string // reachable, closable, dischargeable, waiting, two-people, relieving, in-force, figure, language, offence
	Of      string // procedure/act or duty; an offence
	Verdict Verdict
	Why     string   // the clauses that refute it, or why it is not decided
	Trace   []string // acts of a shortest trace found, for reachable and closable
	Pos     yaml.Pos
	// Accepted is the pack's reason to live with a property that is not decided.
	Accepted string
}

// Check answers for each property of a pack that has loaded: proved, refuted, or not decided.
//
// A trace that proves an act reachable was replayed by the judge. Refutation reads the clauses without their expressions
// (what cannot be reached then can never be reached). Everything between is not decided, with what stopped the trace.
func (p *Pack) Check() []Checked {
	var all []Checked
	for _, proc := range p.Procedures {
		c := &checker{p: proc}
		c.reach()
		c.duties()
		c.people()
		c.cites()
		c.languages()
		all = append(all, c.out...)
	}
	all = append(all, p.checkOffences()...)
	for i := range all {
		for _, a := range p.file.Accepted {
			if all[i].Verdict == NotDecided && a.Check.Text == all[i].Check && a.Of.Text == all[i].Of {
				all[i].Accepted = a.Reason
			}
		}
	}
	return all
}

type checker struct {
	p        *Procedure
	out      []Checked
	possible []bool // acts that clauses alone do not rule out
}

func (c *checker) say(check, of string, v Verdict, pos yaml.Pos, format string, args ...any) *Checked {
	c.out = append(c.out, Checked{Check: check, Of: c.p.ID + "/" + of, Verdict: v, Why: fmt.Sprintf(format, args...), Pos: pos})
	return &c.out[len(c.out)-1]
}

func (c *checker) pos(act int) yaml.Pos { return c.p.file.Acts[act].Pos }

// always tells whether a condition binds every time: no expression or exception lets it go.
func (k *condition) always() bool {
	return k.when == nil && k.unless == nil && len(k.unlessDone) == 0 && k.from == minInstant && k.until == calendar.Never && !k.mayBeEmpty
}

func (c *checker) reach() {
	p := c.p
	c.possible = make([]bool, len(p.acts))
	for changed := true; changed; {
		changed = false
		for i, a := range p.acts {
			if !c.possible[i] && !slices.ContainsFunc(a.after, func(k condition) bool {
				return k.always() && !slices.ContainsFunc(k.acts, func(x int) bool { return c.possible[x] })
			}) {
				c.possible[i], changed = true, true
			}
		}
	}
	closes, closed, stopped := 0, false, ""
	for i, a := range p.acts {
		if a.closes {
			closes++
		}
		if !c.possible[i] {
			var why []string
			for _, k := range a.after {
				if k.always() && !slices.ContainsFunc(k.acts, func(x int) bool { return c.possible[x] }) {
					why = append(why, k.id+" waits for "+p.acts[k.acts[0]].ID)
				}
			}
			c.say("reachable", a.ID, Refuted, c.pos(i), "%s, which can never be done", strings.Join(why, "; "))
			continue
		}
		trace, why := c.trace(i)
		if why != "" {
			c.say("reachable", a.ID, NotDecided, c.pos(i), "the traces tried are stopped by %s", why)
			if a.closes {
				stopped = why
			}
			continue
		}
		c.say("reachable", a.ID, Proved, c.pos(i), "").Trace = trace
		if a.closes && !closed {
			closed = true
			c.say("closable", "", Proved, c.pos(i), "").Trace = trace
		}
	}
	switch {
	case closed:
	case closes > 0 && stopped != "":
		c.say("closable", "", NotDecided, p.file.Pos, "closing was not reached: %s", stopped)
	case closes > 0:
		c.say("closable", "", Refuted, p.file.Pos, "no act that closes a case can be done")
	case p.Pack.Standing == "law":
		c.say("closable", "", Refuted, p.file.Pos, "no act closes a case: mark one with closes: true")
	}
}

// trace looks for acts that lead to the goal without a refusal, by what its conditions ask for, and replays them.
func (c *checker) trace(goal int) ([]string, string) {
	why := ""
	for variant := range 4 {
		var plan []int
		c.plan(goal, &plan, map[int]bool{}, variant)
		bad := c.replay(plan, variant)
		if bad != "" {
			if why == "" {
				why = bad
			}
			continue
		}
		for i := 0; i < len(plan)-1; {
			if shorter := slices.Delete(slices.Clone(plan), i, i+1); c.replay(shorter, variant) == "" {
				plan = shorter
			} else {
				i++
			}
		}
		names := make([]string, len(plan))
		for i, x := range plan {
			names[i] = c.p.acts[x].ID
		}
		return names, ""
	}
	return nil, why
}

// plan puts before an act what its conditions ask for.
func (c *checker) plan(act int, plan *[]int, seen map[int]bool, variant int) {
	if seen[act] {
		return
	}
	seen[act] = true
	for _, k := range c.p.acts[act].after {
		for i := range k.acts {
			x := k.acts[(i+variant)%len(k.acts)]
			if c.possible[x] {
				for _, since := range k.since {
					c.plan(since, plan, seen, variant)
				}
				c.plan(x, plan, seen, variant)
				break
			}
		}
	}
	*plan = append(*plan, act)
}

// replay judges a plan; it returns what refused an act, or nothing.
func (c *checker) replay(plan []int, variant int) string {
	p := c.p
	j, s := p.NewJudge(), p.New()
	at := p.versions[len(p.versions)-1].from
	var posts, qualifications []string
	for _, e := range p.Pack.file.Posts {
		posts = append(posts, e.Key)
	}
	for _, a := range p.acts {
		qualifications = append(qualifications, a.qualified...)
	}
	for n, x := range plan {
		a := p.acts[x]
		at += 3_600_000_000
		for _, k := range a.after {
			if k.delay != nil {
				days := calendar.Instant(k.delay.N)*2 + 12
				if k.delay.Unit == calendar.UnitMonth {
					days *= 31
				}
				at += days * 86_400_000_000
			}
		}
		act := Act{Ref: int64(n + 1), Kind: x, Occurred: at, Recorded: at, Actor: &casefile.Actor{Person: fmt.Sprint("person ", n), Posts: posts, Qualifications: qualifications, Relations: []string{}}, Unit: &casefile.Unit{ID: "u", Kind: "station"}}
		for scope := range scopes {
			if scope != caseScope {
				ref := casefile.Ref{ID: casefile.Subject(scope), Kind: scope}
				if scope == "person" {
					ref.Role = c.role()
				}
				act.Subjects = append(act.Subjects, ref)
			}
		}
		for _, f := range a.fields {
			act.Data = append(act.Data, p.sample(f, variant, at))
		}
		var o Outcome
		j.Act(s, &act, &o)
		if o.Refused {
			var why []string
			for _, f := range o.Findings {
				if f.Duty < 0 && !f.Warn {
					why = append(why, f.Clause)
				}
			}
			return strings.Join(why, ", ")
		}
	}
	return ""
}

// role is the role most acts give a person.
func (c *checker) role() string {
	for _, s := range c.p.sets {
		if s.where != nil {
			if m := regexp.MustCompile(`subject\.role == '(\w+)'`).FindStringSubmatch(s.where.source); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

// mild tells how much may be done about an offence: one of many penalties in its lightest tier, or mediation.
func (o *Offence) mild() int {
	n := 0
	if t := o.Tier(TierNames[0]); t != nil {
		n = 2 * len(t.AnyOf)
	}
	if o.Mediation == MediationWords[0] {
		n++
	}
	return n
}

func (p *Procedure) sample(f actField, variant int, at calendar.Instant) casefile.Value {
	switch f.kind {
	case casefile.Bool:
		return casefile.BoolOf(variant%2 == 1)
	case casefile.Int:
		return casefile.IntOf(int64(variant))
	case casefile.Number:
		return casefile.NumberOf(1)
	case casefile.Money:
		return casefile.MoneyOf(100_000_000)
	case casefile.Text:
		if f.info.As == "offence" {
			return casefile.TextOf(slices.MaxFunc(p.Pack.offences, func(a, b *Offence) int { return a.mild() - b.mild() }).ID)
		}
		if f.info.Several && variant < 2 {
			return casefile.TextOf(strings.Join(f.enum, ","))
		}
		if len(f.enum) > 0 {
			return casefile.TextOf(f.enum[variant/2%len(f.enum)])
		}
		return casefile.TextOf([]string{"pass", "yes"}[variant/2%2])
	case casefile.Instant:
		return casefile.InstantOf(at)
	}
	return casefile.DateOf(calendar.NewDate(2026, 1, 5))
}

func (c *checker) duties() {
	p := c.p
	for _, d := range p.duties {
		pos := c.pos(d.act)
		opener := p.acts[d.act]
		var stopped []string
		for _, x := range d.do {
			switch {
			case !c.possible[x]:
				stopped = append(stopped, p.acts[x].ID+" can never be done")
			case slices.ContainsFunc(opener.excludes, func(e exclusion) bool { return slices.Contains(e.acts, x) }):
				stopped = append(stopped, p.acts[x].ID+" is excluded by "+opener.ID+", which opens the duty")
			}
		}
		if len(stopped) == len(d.do) {
			c.say("dischargeable", d.ID, Refuted, pos, "%s", strings.Join(stopped, "; "))
		} else {
			c.say("dischargeable", d.ID, Proved, pos, "")
		}
		c.waiting(d, pos)
		if d.liberty || d.property {
			if slices.ContainsFunc(d.do, func(x int) bool { return p.acts[x].relieves }) {
				c.say("relieving", d.ID, Proved, pos, "")
			} else {
				c.say("relieving", d.ID, Refuted, pos, "a duty of liberty or property needs an act marked relieves: true among its do")
			}
		}
	}
}

// waiting finds a deadline that ends before what it waits for may be done.
func (c *checker) waiting(d *duty, pos yaml.Pos) {
	if len(d.tiers) == 0 {
		return
	}
	for _, x := range d.do {
		for _, k := range c.p.acts[x].after {
			if k.delay == nil || !k.always() || !slices.Contains(k.acts, d.act) {
				continue
			}
			for _, t := range d.tiers {
				zone, cal := c.p.Pack.Zone, c.p.Pack.Calendar
				start := max(t.from, c.p.versions[len(c.p.versions)-1].from)
				due, err1 := calendar.Clock{Start: start, Base: t.term}.Deadline(zone, cal)
				wait, err2 := calendar.Clock{Start: start, Base: *k.delay}.Deadline(zone, cal)
				if err1 == nil && err2 == nil && wait.Due >= due.Due && len(d.do) == 1 {
					c.say("waiting", d.ID, Refuted, pos, "%s must be done within %s, and %s makes it wait %s", c.p.acts[x].ID, t.term, k.id, k.delay)
					return
				}
			}
		}
	}
	c.say("waiting", d.ID, Proved, pos, "")
}

// people finds separations that nobody can keep: two acts by different people that only one and the same person may do.
func (c *checker) people() {
	p := c.p
	single := map[string]bool{}
	for _, e := range p.Pack.file.Posts {
		single[e.Key] = e.Value.Single
	}
	for i, a := range p.acts {
		for _, o := range a.otherThan {
			b := p.acts[o]
			if len(a.by) == 1 && len(b.by) == 1 && a.by[0] == b.by[0] && single[a.by[0]] {
				c.say("two-people", a.ID, Refuted, c.pos(i), "%s and %s are both done by %s, a post with one holder, and must be two people", a.ID, b.ID, a.by[0])
			} else if a == b {
				c.say("two-people", a.ID, Refuted, c.pos(i), "%s must be done by somebody other than who did it", a.ID)
			} else {
				c.say("two-people", a.ID, Proved, c.pos(i), "")
			}
		}
	}
}

// cites checks that what is cited was in force, and that figures stand in the gist of what they cite.
func (c *checker) cites() {
	p := c.p
	for i, r := range p.rules {
		pos := p.file.Pos
		if i < len(p.file.Rules) {
			pos = p.file.Rules[i].Pos
		}
		for _, b := range r.Basis {
			if why := c.notInForce(b, p.versions); why != "" {
				c.say("in-force", r.ID, Refuted, pos, "%s", why)
			} else {
				c.say("in-force", r.ID, Proved, pos, "")
			}
		}
	}
	for _, d := range p.duties {
		if d.promptly || d.rule >= 0 && p.rules[d.rule].Setting != "" {
			continue
		}
		basis := slices.Clone(d.basis)
		if d.rule >= 0 {
			basis = append(basis, p.rules[d.rule].Basis...)
		}
		if len(basis) == 0 {
			continue
		}
		for _, t := range d.tiers {
			if c.stated(basis, t.term.N) {
				c.say("figure", d.ID, Proved, c.pos(d.act), "")
			} else {
				c.say("figure", d.ID, Refuted, c.pos(d.act), "%s stands in no gist of %s: correct the figure, cite the article that states it, or mark the rule as a setting", t.term, strings.Join(basis, ", "))
			}
		}
	}
}

// notInForce tells what is wrong when no version of the source with this article holds on the first day of any version of
// the procedure.
func (c *checker) notInForce(cite string, versions []version) string {
	if slices.ContainsFunc(versions, func(v version) bool { return c.p.Pack.held(cite, c.p.Pack.Zone.Date(v.from)) }) {
		return ""
	}
	return cite + " was not in force on the first day of any version of the procedure"
}

func (c *checker) stated(basis []string, n int32) bool {
	figure := regexp.MustCompile(fmt.Sprintf(`(^|[^0-9])%d($|[^0-9])`, n))
	for _, b := range basis {
		_, a, _ := c.p.Pack.article(b)
		if figure.MatchString(a.Gist.ZH) || figure.MatchString(a.Gist.EN) {
			return true
		}
	}
	return false
}

// languages finds titles without one of the languages.
func (c *checker) languages() {
	both := func(of, what string, t Text, pos yaml.Pos) {
		switch {
		case t.ZH == "":
			c.say("language", of, Refuted, pos, "the %s has no zh", what)
		case t.EN == "":
			c.say("language", of, Refuted, pos, "the %s has no en", what)
		}
	}
	need := func(of string, t Text, pos yaml.Pos) { both(of, "title", t, pos) }
	why := func(of string, t Text, pos yaml.Pos) {
		if t != (Text{}) {
			both(of, "why", t, pos)
		}
	}
	need("", c.p.Title, c.p.file.Pos)
	for _, e := range c.p.file.Acts {
		need(e.Key, e.Value.Title, e.Pos)
		why(e.Key, e.Value.Why, e.Pos)
	}
	for _, e := range c.p.file.Rules {
		need(e.Key, e.Value.Title, e.Pos)
	}
	for _, d := range c.p.duties {
		need(d.ID, d.Title, c.pos(d.act))
		why(d.ID, d.why, c.pos(d.act))
	}
}

// Unexplained lists the acts and the duties that do not say why the law wants them.
func (p *Procedure) Unexplained() (acts, duties []string) {
	for i := range p.actInfos {
		if p.actInfos[i].Why == (Text{}) {
			acts = append(acts, p.actInfos[i].ID)
		}
	}
	for i := range p.dutyInfos {
		if p.dutyInfos[i].Why == (Text{}) {
			duties = append(duties, p.dutyInfos[i].ID)
		}
	}
	return acts, duties
}
