package procedure_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// clocks is a procedure in which every mechanism of a clock appears once.
var clocks = map[string]string{
	"p/pack.yaml": `pack: p
title: {zh: 样例, en: Sample}
standing: model
zone: Asia/Shanghai
posts: {chief: {title: {zh: 局长, en: Chief}}, upper: {title: {zh: 上级, en: Upper}}}
`,
	"p/sources.yaml": "sources: {m: {kind: model, title: {zh: 例, en: M}, versions: [{id: a, from: 2020-01-01}], articles: [{no: \"1\", gist: {zh: 例, en: m}}]}}\n",
	"p/procedures/q.yaml": `procedure: q
title: {zh: 程序, en: Procedure}
versions: [{id: old, from: 2020-01-01, until: 2025-12-31}, {id: new, from: 2026-01-01}]
subjects:
  suspect: {scope: person, where: "subject.role == 'suspect'"}
  held: {scope: item, where: "subject.held"}
facts:
  complex: {type: bool, set_by: [classify]}
  many: {type: bool, set_by: [classify]}
  held: {scope: item, type: bool, set_by: [take, free]}
  due: {type: money, set_by: [fine]}
  paid: {type: money, sum: [pay.paid]}
rules:
  limit: {title: {zh: 超期, en: Over the limit}, severity: 1, basis: [m/1]}
  stale: {title: {zh: 迟延长, en: Stale}, severity: 2, basis: [m/1]}
  often: {title: {zh: 多次, en: Often}, severity: 2, basis: [m/1]}
  power: {title: {zh: 无权, en: No power}, severity: 1, basis: [m/1]}
  hours: {title: {zh: 超时, en: Overtime}, severity: 1, basis: [m/1]}
  entered: {title: {zh: 补录, en: Entered late}, severity: 2, basis: [m/1]}
  return: {title: {zh: 未还, en: Not returned}, severity: 1, basis: [m/1]}
  unpaid: {title: {zh: 未缴, en: Unpaid}, severity: 3, basis: [m/1]}
  never: {title: {zh: 从未, en: Never}, severity: 3, basis: [m/1]}
  promptly: {title: {zh: 及时, en: Promptly}, severity: 3, basis: [m/1]}
  pending: {title: {zh: 未决, en: Pending}, severity: 2, basis: [m/1]}
  untold: {title: {zh: 未告知, en: Untold}, severity: 1, basis: [m/1]}
acts:
  open:
    title: {zh: 立案, en: Open}
    duties:
      - id: decide
        do: [decide]
        within: [{until: old, is: 20d}, {from: new, is: 10d}]
        late: limit
        suspended: [{from: ask, to: [answer], pair: item}]
        extended: {by: extend, add: 5d, times: 2, before_expiry: stale, too_many: often, approver_rule: power, approver: [{when: "unit.kind == 'station'", is: chief}, {is: upper}]}
  ask: {title: {zh: 委托鉴定, en: Ask}, scope: item}
  answer: {title: {zh: 收到鉴定, en: Answer}, scope: item}
  extend: {title: {zh: 延长, en: Extend}}
  tell: {title: {zh: 告知, en: Tell}, scope: person}
  propose: {title: {zh: 拟定, en: Propose}, voids: [tell]}
  object: {title: {zh: 申辩, en: Object}, duties: [{id: reply, do: [reply], late: null, missing: never}]}
  reply: {title: {zh: 复核, en: Reply}}
  decide:
    title: {zh: 决定, en: Decide}
    kind: decision
    after: [{act: tell, of: every suspect, since: propose, rule: untold}]
    not_while: [{act: reply, rule: pending}]
    duties:
      - {id: give, do: [give], within: {promptly: {warn: 2h}}, late: promptly}
      - {id: hand, do: [free], of: every held, property: true, within: 3d, late: return}
  give: {title: {zh: 送达, en: Give}}
  arrive:
    title: {zh: 到案, en: Arrive}
    scope: person
    role: suspect
    duties:
      - {id: inquiry, do: [leave], liberty: true, within: [{when: case.complex, is: 24h}, {when: case.many, is: 12h}, {is: 8h}], late: hours, entered_late: entered, on_expiry: {applies: leave}}
  classify: {title: {zh: 认定, en: Classify}, data: {complex: bool, many: bool}}
  leave: {title: {zh: 离开, en: Leave}, scope: person, relieves: true}
  take: {title: {zh: 扣押, en: Take}, scope: item, data: {held: bool}}
  free: {title: {zh: 发还, en: Free}, scope: item, relieves: true, data: {held: bool}}
  fine:
    title: {zh: 罚款, en: Fine}
    data: {due: money}
    duties:
      - {id: pay, do: [collect], within: 15d, late: unpaid, lapses: [{when: case.paid >= case.due}]}
  pay: {title: {zh: 缴款, en: Pay}, data: {paid: money}}
  collect: {title: {zh: 征收, en: Collect}}
  forgive: {title: {zh: 免缴, en: Forgive}, waives: [pay]}
`,
}

// script judges acts written one a line: "kind time [about=ID,ID] [by=POST] [unit=KIND] [recorded=TIME] [corrects=N] [withdraws=N] [datum=value]…".
func script(t *testing.T, p *procedure.Procedure, text, until string, end bool) []string {
	t.Helper()
	var acts []procedure.Act
	when := func(s string) calendar.Instant {
		i, err := casefile.ParseInstant(s, p.Pack.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		kind := p.ActOf(words[0])
		if kind < 0 {
			t.Fatalf("no act %s", words[0])
		}
		fields := p.Fields(kind)
		a := procedure.Act{Ref: int64(n + 1), Kind: kind, Occurred: when(words[1]), Data: make([]casefile.Value, len(fields))}
		a.Recorded = a.Occurred
		for _, w := range words[2:] {
			key, value, _ := strings.Cut(w, "=")
			switch key {
			case "about":
				for _, id := range strings.Split(value, ",") {
					ref := casefile.Ref{ID: casefile.Subject(id), Kind: "item"}
					if strings.HasPrefix(id, "p") {
						ref.Kind, ref.Role = "person", "suspect"
					}
					a.Subjects = append(a.Subjects, ref)
				}
			case "by":
				a.Actor = &casefile.Actor{Person: "x", Posts: []string{value}}
			case "unit":
				a.Unit = &casefile.Unit{ID: "u", Kind: value}
			case "recorded":
				a.Recorded = when(value)
			case "corrects", "withdraws":
				line, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				if a.Corrects = line; key == "withdraws" {
					a.Corrects, a.Withdraws = 0, line
				}
			default:
				i := slices.IndexFunc(fields, func(f procedure.Field) bool { return f.Name == key })
				v, err := casefile.ParseValue(fields[i].Kind, value, p.Pack.Zone)
				if err != nil {
					t.Fatal(err)
				}
				a.Data[i] = v
			}
		}
		acts = append(acts, a)
	}
	h := p.Rejudge(acts, when(until))
	found := h.Stands()
	var o procedure.Outcome
	if end {
		p.NewJudge().End(h.Standing, when(until), &o)
		found = append(found, o.Findings...)
	}
	var out []string
	for _, f := range found {
		line := p.Rules()[f.Rule].ID
		if f.Subject != "" {
			line += " " + string(f.Subject)
		}
		line += " " + f.At.Time().In(p.Pack.Zone.Location()).Format("01-02T15:04")
		if f.Unjudged {
			line += " ?" + f.Missing
		}
		if f.Warn {
			line += " warn"
		}
		out = append(out, line)
	}
	for _, d := range append(slices.Clone(h.Duties), o.Duties...) {
		if d.State == procedure.Lapsed || d.State == procedure.Waived {
			out = append(out, fmt.Sprint(p.Duties()[d.Duty].ID, " ", d.State))
		}
	}
	return out
}

func TestClocks(t *testing.T) {
	pack, err := load(clocks)
	if err != nil {
		t.Fatal(err)
	}
	p := pack.Procedures[0]
	for _, c := range []struct{ name, acts, until, want string }{
		{"the last day is in time", "open 2026-03-02T09:00\ndecide 2026-03-12T23:59\ngive 2026-03-13T00:10", "2026-03-20", "untold 03-12T23:59"},
		{"the day after is not", "open 2026-03-02T09:00", "2026-03-13T00:01", "limit 03-13T00:00"},
		{"a case of the old law keeps its limit", "open 2025-12-31T09:00", "2026-01-20", ""},
		{"a suspension stops the clock", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1\nanswer 2026-03-15T09:00 about=i1", "2026-03-22T23:00", ""},
		{"and it runs on afterwards", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1\nanswer 2026-03-15T09:00 about=i1", "2026-03-23T00:01", "limit 03-23T00:00"},
		{"an open suspension never fires", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1", "2026-12-01", ""},
		{"two overlapping suspensions count once", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1\nask 2026-03-08T09:00 about=i2\nanswer 2026-03-10T09:00 about=i1\nanswer 2026-03-12T09:00 about=i2", "2026-03-20T00:01", "limit 03-20T00:00"},
		{"one answer does not end the other's suspension", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1\nask 2026-03-08T09:00 about=i2\nanswer 2026-03-10T09:00 about=i1", "2026-12-01", ""},
		{"two items sent away together come back one by one", "open 2026-03-02T09:00\nask 2026-03-05T09:00 about=i1,i2\nanswer 2026-03-10T09:00 about=i1", "2026-12-01", ""},
		{"an extension in time by the right post", "open 2026-03-02T09:00 unit=station\nextend 2026-03-10T09:00 by=chief", "2026-03-17T23:00", ""},
		{"an extension after expiry does not revive", "open 2026-03-02T09:00 unit=station\nextend 2026-03-13T09:00 by=chief", "2026-03-14", "limit 03-13T00:00, stale 03-13T09:00"},
		{"an extension by the wrong post does not count", "open 2026-03-02T09:00 unit=county\nextend 2026-03-10T09:00 by=chief", "2026-03-13T00:01", "power 03-10T09:00, limit 03-13T00:00"},
		{"two cases of one kind, extended by the wrong post: neither gets the time", "open 2026-03-02T09:00 unit=county\nopen 2026-03-03T09:00\nextend 2026-03-10T09:00 by=chief", "2026-03-14T00:01", "power 03-10T09:00, limit 03-13T00:00, limit 03-14T00:00"},
		{"a third extension is one too many", "open 2026-03-02T09:00 unit=station\nextend 2026-03-03T09:00 by=chief\nextend 2026-03-04T09:00 by=chief\nextend 2026-03-05T09:00 by=chief", "2026-03-06", "often 03-05T09:00"},
		{"who extended is not known: cannot be judged, does not count", "open 2026-03-02T09:00 unit=station\nextend 2026-03-03T09:00", "2026-03-04", "power 03-03T09:00 ?actor"},
		{"eight hours when nothing is known", "arrive 2026-03-02T09:00 about=p1", "2026-03-02T17:01", "hours p1 03-02T17:00"},
		{"a fact in time lengthens it", "arrive 2026-03-02T09:00 about=p1\nclassify 2026-03-02T16:00 complex=true\nleave 2026-03-03T08:00 about=p1", "2026-03-04", ""},
		{"an unknown longer tier leaves the shorter one that holds", "arrive 2026-03-02T09:00 about=p1\nclassify 2026-03-02T10:00 many=true", "2026-03-02T21:01", "hours p1 03-02T21:00"},
		{"a fact after the limit changes nothing", "arrive 2026-03-02T09:00 about=p1\nclassify 2026-03-02T17:30 complex=true", "2026-03-03", "hours p1 03-02T17:00"},
		{"a fact entered after the limit leaves a finding", "arrive 2026-03-02T09:00 about=p1\nclassify 2026-03-02T16:00 complex=true recorded=2026-03-02T18:00", "2026-03-02T20:00", "entered p1 03-02T16:00"},
		{"four clocks for two people run apart", "arrive 2026-03-02T09:00 about=p1\narrive 2026-03-02T10:00 about=p2\nleave 2026-03-02T12:00 about=p1", "2026-03-03", "hours p2 03-02T18:00"},
		{"every suspect must be told", "open 2026-03-02T09:00\narrive 2026-03-02T09:00 about=p1,p2\nleave 2026-03-02T10:00 about=p1,p2\npropose 2026-03-03T09:00\ntell 2026-03-04T09:00 about=p1\ndecide 2026-03-05T09:00\ngive 2026-03-05T09:30", "2026-03-06", "untold p2 03-05T09:00"},
		{"a new proposal needs a new notice", "open 2026-03-02T09:00\narrive 2026-03-02T09:00 about=p1\nleave 2026-03-02T10:00 about=p1\ntell 2026-03-03T09:00 about=p1\npropose 2026-03-04T09:00\ndecide 2026-03-05T09:00\ngive 2026-03-05T09:30", "2026-03-06", "untold p1 03-05T09:00"},
		{"no decision while a reply is pending", "open 2026-03-02T09:00\narrive 2026-03-02T09:00 about=p1\nleave 2026-03-02T10:00 about=p1\ntell 2026-03-03T09:00 about=p1\nobject 2026-03-04T09:00\ndecide 2026-03-05T09:00\ngive 2026-03-05T09:30\nreply 2026-03-05T10:00", "2026-03-06", "pending 03-05T09:00"},
		{"promptly warns and is no breach", "open 2026-03-02T09:00\narrive 2026-03-02T09:00 about=p1\nleave 2026-03-02T10:00 about=p1\ntell 2026-03-03T09:00 about=p1\ndecide 2026-03-05T09:00", "2026-03-05T12:00", "promptly 03-05T11:00 warn"},
		{"a duty for each thing that is held", "open 2026-03-02T09:00\narrive 2026-03-02T09:00 about=p1\nleave 2026-03-02T10:00 about=p1\ntell 2026-03-03T09:00 about=p1\ntake 2026-03-03T09:00 about=i1,i2 held=true\nfree 2026-03-04T09:00 about=i1 held=false\ndecide 2026-03-05T09:00\ngive 2026-03-05T09:30", "2026-03-09T00:01", "return i2 03-09T00:00"},
		{"payment in full takes the ground away", "fine 2026-03-02T09:00 due=100\npay 2026-03-05T09:00 paid=60\npay 2026-03-06T09:00 paid=40", "2026-04-01", "pay lapsed"},
		{"payment in part does not", "fine 2026-03-02T09:00 due=100\npay 2026-03-05T09:00 paid=60", "2026-03-18T00:01", "unpaid 03-18T00:00"},
		{"a waiver ends it", "fine 2026-03-02T09:00 due=100\nforgive 2026-03-05T09:00", "2026-04-01", "pay waived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(script(t, p, c.acts, c.until, false), ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if got := strings.Join(script(t, p, "object 2026-03-04T09:00", "2026-03-05", true), ", "); got != "never 03-05T00:00" {
		t.Errorf("a duty never done: %s", got)
	}
}

// TestNobodyGrantsThemselvesTime: a fact that lengthens a liberty limit, decided without power, lengthens nothing, however the
// limit spells the fact that it reads.
func TestNobodyGrantsThemselvesTime(t *testing.T) {
	for _, reads := range []string{"case.complex", "case .complex", "(case).complex", "[case].exists(c, c.complex)", "case. grave"} {
		files := maps.Clone(clocks)
		q := strings.Replace(files["p/procedures/q.yaml"], "{when: case.complex, is: 24h}", "{when: \""+reads+"\", is: 24h}", 1)
		q = strings.Replace(q, "\nrules:", "\n  grave: {type: bool, is: \"(case).complex\"}\nrules:", 1)
		files["p/procedures/q.yaml"] = strings.Replace(q, "{title: {zh: 认定, en: Classify},", "{title: {zh: 认定, en: Classify}, kind: decision, by: [chief], by_rule: power,", 1)
		pack, err := load(files)
		if err != nil {
			t.Fatal(err)
		}
		for by, want := range map[string]string{"chief": "", "upper": "power 03-02T10:00, hours p1 03-02T17:00"} {
			got := strings.Join(script(t, pack.Procedures[0], "arrive 2026-03-02T09:00 about=p1\nclassify 2026-03-02T10:00 complex=true by="+by, "2026-03-03", false), ", ")
			if got != want {
				t.Errorf("%s, by %s: %s, want %s", reads, by, got, want)
			}
		}
	}
}
