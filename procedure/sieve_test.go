package procedure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

// A drawn procedure has six acts about the case and one about a person, with clauses of every sort between them.
type drawing struct {
	t    *rapid.T
	text strings.Builder
}

var drawnActs = []string{"a", "b", "c", "d", "e", "f"}

func (d *drawing) of(options ...string) string { return rapid.SampledFrom(options).Draw(d.t, "of") }
func (d *drawing) act() string                 { return d.of(drawnActs...) }
func (d *drawing) one(in int) bool             { return rapid.Int64().Draw(d.t, "one in")%int64(in) == int64(in-1) }
func (d *drawing) acts() string {
	if d.one(2) {
		return d.act()
	}
	return "[" + d.act() + ", " + d.act() + "]"
}

// condition draws an expression; of is the act that it may read, or empty.
func (d *drawing) condition(of string, depth int) string {
	if depth > 0 && d.one(2) {
		switch l, r := d.condition(of, depth-1), d.condition(of, depth-1); d.of("and", "or", "not", "if") {
		case "and":
			return "(" + l + " && " + r + ")"
		case "or":
			return "(" + l + " || " + r + ")"
		case "not":
			return "!(" + l + ")"
		default:
			return "(" + l + " ? " + r + " : " + d.condition(of, 0) + ")"
		}
	}
	moment := func() string {
		options := []string{"first('" + d.act() + "')", "last('" + d.act() + "')", "now", "case.when"}
		if of != "" {
			options = append(options, "act.occurred", "act.w")
		}
		return d.of(options...)
	}
	order := func() string { return d.of("<", "<=", ">", ">=", "==", "!=") }
	options := []string{
		"done('" + d.act() + "')",
		fmt.Sprintf("count('%s') %s %d", d.act(), order(), rapid.IntRange(0, 3).Draw(d.t, "n")),
		fmt.Sprintf("days(%s, %s) %s %d", moment(), moment(), order(), rapid.IntRange(-2, 9).Draw(d.t, "n")),
		fmt.Sprintf("hours(%s, %s) %s %s", moment(), moment(), d.of("<", "<=", ">", ">="), d.of("24", "36.5", "100.0")),
		fmt.Sprintf("wd(%s, %s) %s %d", moment(), moment(), order(), rapid.IntRange(0, 5).Draw(d.t, "n")),
		fmt.Sprintf("%s %s %s", moment(), order(), moment()),
		"has(case.level)", "case.level " + order() + " 2", "case.total " + order() + " money('30')", "case.first_text " + d.of("==", "!=") + " 'p'",
		"abs(case.total - money('20')) <= money('10')", "case.high", "has(case.high)", "case.first_text in ['p', 'q']", "in_force('v2', " + moment() + ")",
		"case.first_text.startsWith('p')", "done('a') == done('b')", "case.level + 1 < count('c')",
	}
	if of != "" {
		options = append(options, "act.n "+order()+" 2", "has(act.n)", "act.yes", "has(act.yes) && act.yes", "act.m + case.total <= money('40')", "act.text in ['p', 'r']", "act.text < 'q'", "act.n - 1 > case.level")
	}
	return d.of(options...)
}

// guard draws what every clause may carry; not every clause has an act whose data it may read.
func (d *drawing) guard(of string, rule bool) string {
	var b strings.Builder
	if d.one(4) {
		fmt.Fprintf(&b, `, when: "%s"`, d.condition(of, 1))
	}
	if d.one(5) {
		fmt.Fprintf(&b, `, unless: "%s"`, d.condition(of, 1))
	}
	if d.one(6) {
		fmt.Fprintf(&b, ", unless_done: %s", d.acts())
	}
	if d.one(5) {
		fmt.Fprintf(&b, ", since: %s", d.acts())
	}
	if d.one(8) {
		b.WriteString(d.of(", from: v2", ", until: v1"))
	}
	if rule && d.one(8) {
		b.WriteString(", warn: true")
	}
	return b.String()
}

func (d *drawing) term() string { return d.of("1d", "3d", "5d", "30h", "2wd", "90min", "1mo", "20d") }

func (d *drawing) within(of string) string {
	if d.one(3) {
		return fmt.Sprintf(`[{when: "%s", is: %s}, {is: %s}]`, d.condition("", 0), d.term(), d.term())
	}
	return d.term()
}

func (d *drawing) clauses(act string) {
	list := func(name string, most int, item func() string) {
		if n := rapid.IntRange(-most, most).Draw(d.t, name); n > 0 {
			fmt.Fprintf(&d.text, "    %s:\n", name)
			for range n {
				fmt.Fprintf(&d.text, "      - {%s}\n", item())
			}
		}
	}
	list("after", 2, func() string {
		s := "act: " + d.acts() + d.guard(act, true)
		if d.one(6) {
			s += ", delay: " + d.of("1d", "30h", "2wd")
		}
		if d.one(8) {
			s += `, that: "done.n > 1"`
		}
		if d.one(10) {
			s += ", of: every held" + d.of("", ", may_be_empty: true")
		}
		return s
	})
	list("no_later_than", 1, func() string { return "act: " + d.acts() + ", within: " + d.within(act) + d.guard(act, true) })
	list("not_while", 1, func() string { return "act: " + d.acts() + d.guard(act, true) })
	list("expect", 1, func() string { return `that: "` + d.condition(act, 2) + `"` + d.guard(act, true) })
	if d.one(5) {
		list("excludes", 1, func() string { return "acts: [" + d.act() + ", h]" + d.guard("", true) })
	}
	id := 0
	list("duties", 2, func() string {
		id++
		s := fmt.Sprintf("id: %s%d, do: [%s]%s", act, id, d.act(), d.guard(act, true))
		if d.one(10) {
			s += ", of: every held"
		}
		if !d.one(4) {
			s += ", within: " + d.within(act)
			if d.one(6) {
				s += `, start: "` + d.of("act.w", "first('"+d.act()+"')", "act.occurred") + `"`
			}
			if d.one(8) {
				s += ", roll: next_working_day"
			}
			if d.one(10) {
				s += fmt.Sprintf(", suspended: [{from: %s, to: %s}]", d.act(), d.act())
			}
			if d.one(12) {
				s += fmt.Sprintf(", extended: {by: %s, add: 3d, approver: [{is: [chief]}]}", d.act())
			}
			if d.one(12) {
				s += fmt.Sprintf(", on_expiry: {applies: %s}", d.act())
			}
			s += d.of("", "", ", late: null", ", missing: null", ", missing: never")
		} else {
			s += d.of("", ", late: null, missing: never", ", late: null, missing: null")
		}
		if d.one(4) {
			s += ", lapses: [{act: " + d.acts() + "}]"
		} else if d.one(6) {
			s += `, lapses: [{when: "` + d.condition("", 1) + `"}]`
		}
		return s
	})
}

func (d *drawing) procedure() string {
	b := &d.text
	b.WriteString(`procedure: q
title: {zh: 程序, en: Procedure}
versions: [{id: v1, from: 2000-01-01, until: 2026-03-09}, {id: v2, from: 2026-03-10}]
subjects: {held: {scope: person}}
facts:
  level: {type: int, set_by: [a.n, b.n]}
  total: {type: money, sum: [a.m, c.m]}
  first_text: {type: text, first: [b.text, d.text]}
  when: {type: instant, set_by: [e.w]}
  high: {type: bool, is: "case.total > money('10')"}
rules:
  never: {title: {zh: 从未, en: Never}, severity: 2, basis: [m/1]}
acts:
  h: {title: {zh: 人, en: Person}, scope: person}
`)
	for _, a := range drawnActs {
		fmt.Fprintf(b, "  %s:\n    title: {zh: %s, en: %s}\n    kind: %s\n    data: {n: int, m: money, yes: bool, text: text, w: instant}\n", a, a, a, d.of("fact", "decision"))
		if d.one(8) {
			b.WriteString("    by: [handler]\n")
		}
		if d.one(12) {
			fmt.Fprintf(b, "    competent: [{when: \"%s\", is: [chief]}, {is: [handler, chief]}]\n", d.condition(a, 0))
		}
		if d.one(12) {
			fmt.Fprintf(b, "    other_than: [%s]\n", d.act())
		}
		if d.one(8) {
			fmt.Fprintf(b, "    includes: [%s]\n", d.act())
		}
		if d.one(8) {
			fmt.Fprintf(b, "    voids: [%s]\n", d.act())
		}
		d.clauses(a)
	}
	if d.one(3) {
		fmt.Fprintf(b, "apart:\n  - {one: [%s], other: [%s]%s}\n", d.act(), d.act(), d.guard("", true))
	}
	if d.one(2) {
		b.WriteString("checks:\n")
		for range rapid.IntRange(1, 2).Draw(d.t, "checks") {
			fmt.Fprintf(b, "  - {at: end, rule: never, that: \"%s\"%s}\n", d.condition("", 1), d.guard("", false))
		}
	}
	if d.one(6) {
		fmt.Fprintf(b, "path:\n  rule: never\n  close_rule: never\n  basis: [m/1]\n  start: s\n  steps:\n")
		for range rapid.IntRange(3, 8).Draw(d.t, "steps") {
			from, to := d.of("s", "t", "u"), d.of("s", "t", "u")
			if d.one(4) {
				fmt.Fprintf(b, "    - {from: %s, to: %s, that: \"%s\"}\n", from, to, d.condition("", 0))
			} else {
				fmt.Fprintf(b, "    - {from: %s, to: %s, act: %s}\n", from, to, d.act())
			}
		}
		b.WriteString("    - {from: s, to: u, act: a}\n  end: [s, t, u]\n")
	}
	return b.String()
}

var drawnPack = map[string]string{
	"p/pack.yaml": `pack: p
title: {zh: 样例, en: Sample}
standing: model
zone: Asia/Shanghai
calendar: c
roll: none
posts:
  handler: {title: {zh: 办案民警, en: Handler}}
  chief: {title: {zh: 局长, en: Chief}}
`,
	"p/calendars/c.yaml": "name: c\nweekend: [sat, sun]\nyears:\n  2026: {off: [2026-03-04], work: [], source: {zh: 通知, en: notice, url: x}}\n",
	"p/sources.yaml":     "sources:\n  m: {kind: model, title: {zh: 模型, en: Model}, versions: [{id: v, from: 2000-01-01}], articles: [{no: \"1\", gist: {zh: 一, en: one}}]}\n",
}

func drawProcedure(t *rapid.T) *procedure.Procedure {
	files := map[string]string{"p/procedures/q.yaml": (&drawing{t: t}).procedure()}
	for name, text := range drawnPack {
		files[name] = text
	}
	pack, err := load(files)
	if err != nil {
		t.Fatalf("%v\n%s", err, files["p/procedures/q.yaml"])
	}
	p, err := pack.Procedure("q")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plainHistory draws acts that name no subjects, hours or days apart, some dated before the one before.
func plainHistory(t *rapid.T, p *procedure.Procedure, most int) []procedure.Act {
	at := p.Pack.Zone.Start(rapid.SampledFrom([]calendar.Date{calendar.NewDate(2026, 3, 2), calendar.NewDate(2026, 12, 21)}).Draw(t, "from")) // 2027 has no calendar
	acts := make([]procedure.Act, rapid.IntRange(0, most).Draw(t, "acts"))
	for i := range acts {
		at += calendar.Instant(rapid.IntRange(-5, 60).Draw(t, "hours")) * 3_600_000_000
		kind := rapid.IntRange(0, len(p.Acts())-1).Draw(t, "kind")
		a := procedure.Act{Ref: int64(i + 1), Kind: kind, Occurred: at, Precision: calendar.Precision(rapid.IntRange(0, 2).Draw(t, "precision"))}
		for _, f := range p.Fields(kind) {
			a.Data = append(a.Data, smallValue(t, f, at))
		}
		if rapid.Bool().Draw(t, "actor") {
			a.Actor = &casefile.Actor{Person: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "person"), Posts: []string{rapid.SampledFrom([]string{"handler", "chief"}).Draw(t, "post")}}
		}
		acts[i] = a
	}
	return acts
}

func smallValue(t *rapid.T, f procedure.Field, at calendar.Instant) casefile.Value {
	n := int64(rapid.IntRange(-1, 5).Draw(t, "value"))
	if n < 0 {
		return casefile.Value{}
	}
	switch f.Kind {
	case casefile.Bool:
		return casefile.BoolOf(n > 2)
	case casefile.Int:
		return casefile.IntOf(n)
	case casefile.Number:
		return casefile.NumberOf(float64(n))
	case casefile.Money:
		return casefile.MoneyOf(casefile.Amount(n * 10_000_000))
	case casefile.Text:
		return casefile.TextOf([]string{"p", "q", "r"}[n%3])
	case casefile.Instant:
		return casefile.InstantOf(at - calendar.Instant(n)*86_400_000_000)
	default:
		return casefile.DateOf(calendar.NewDate(2026, 3, 2))
	}
}

// sieved judges a history with a sieve: what it says of findings and duties, and whether it is sure.
func sieved(v *procedure.Sieve, acts []procedure.Act, now calendar.Instant) (found, duties []string, sure bool) {
	v.Reset()
	for i := range acts {
		a := &acts[i]
		data := make([]casefile.Value, len(a.Data))
		for _, k := range v.Reads(a.Kind) {
			data[k] = a.Data[k]
		}
		actor := a.Actor
		if !v.Names(a.Kind) {
			actor = nil
		}
		if !v.Act(a.Kind, a.Occurred, data, actor) {
			return nil, nil, false
		}
	}
	if !v.End(now) {
		return nil, nil, false
	}
	for _, m := range v.Missed {
		found = append(found, fmt.Sprint(m.Rule, m.Warn))
	}
	for _, d := range v.Duties {
		duties = append(duties, fmt.Sprint(d.Duty, d.State, d.Due))
	}
	slices.Sort(found)
	slices.Sort(duties)
	return found, duties, true
}

// judged says the same of a history by the judge.
func judged(p *procedure.Procedure, acts []procedure.Act, now calendar.Instant) (found, duties []string, o procedure.Outcome) {
	j, s := p.NewJudge(), p.New()
	for i := range acts {
		j.Act(s, &acts[i], &o)
	}
	j.Advance(s, now, &o)
	j.End(s, now, &o)
	for _, f := range o.Findings {
		if !slices.ContainsFunc(o.Withdrawn, func(g procedure.Finding) bool {
			return g.Rule == f.Rule && g.Clause == f.Clause && g.Cause == f.Cause && g.Subject == f.Subject
		}) {
			found = append(found, fmt.Sprint(f.Rule, f.Warn))
			if f.Unjudged {
				found[len(found)-1] += " unjudged"
			}
		}
	}
	for _, d := range o.Duties {
		if d.State != procedure.Opened && d.State != procedure.Overdue {
			duties = append(duties, fmt.Sprint(d.Duty, d.State, d.Due))
		}
	}
	slices.Sort(found)
	slices.Sort(duties)
	return found, duties, o
}

func agree(t *rapid.T, p *procedure.Procedure, v *procedure.Sieve, acts []procedure.Act, now calendar.Instant) bool {
	found, duties, sure := sieved(v, acts, now)
	if !sure {
		return false
	}
	wantFound, wantDuties, o := judged(p, acts, now)
	if diff := cmp.Diff(wantFound, found); diff != "" {
		t.Fatalf("findings: %s\n%+v\n%+v", diff, o.Findings, acts)
	}
	if diff := cmp.Diff(wantDuties, duties); diff != "" {
		t.Fatalf("duties: %s\n%+v", diff, acts)
	}
	return true
}

func TestASieveIsSureOnlyOfWhatTheJudgeFinds(t *testing.T) {
	var sure, all, withDuties int
	rapid.Check(t, func(t *rapid.T) {
		p := drawProcedure(t)
		v := p.NewSieve()
		for range 20 {
			acts := plainHistory(t, p, 8)
			now := p.Pack.Zone.Start(calendar.NewDate(2026, 3, 2)) + calendar.Instant(rapid.IntRange(0, 1).Draw(t, "later"))*300*86_400_000_000 + calendar.Instant(rapid.IntRange(0, 40).Draw(t, "days"))*86_400_000_000
			all++
			if agree(t, p, v, acts, now) {
				sure++
				if len(v.Missed) > 0 {
					withDuties++
				}
			}
		}
	})
	t.Logf("sure of %d of %d cases, of %d with findings of duties", sure, all, withDuties)
	if sure*20 < all || withDuties == 0 {
		t.Errorf("sure of %d of %d cases, of %d with findings of duties: too few for a test", sure, all, withDuties)
	}
}

func TestASieveOfTheRealPacksIsSureOnlyOfWhatTheJudgeFinds(t *testing.T) {
	for _, name := range packs.Names {
		pack, err := procedure.Load(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pack.Procedures {
			t.Run(name+"/"+p.ID, func(t *testing.T) {
				v := p.NewSieve()
				sure, all := 0, 0
				rapid.Check(t, func(t *rapid.T) {
					for range 5 {
						acts := plainHistory(t, p, 5)
						all++
						if agree(t, p, v, acts, p.Pack.Zone.Start(calendar.NewDate(2026, 6, 1))) {
							sure++
						}
					}
				})
				t.Logf("sure of %d of %d", sure, all)
			})
		}
	}
}
