package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"plumbline/discover"
	"plumbline/procedure"
)

// Practice is what a log shows of the rules that practice follows. Its JSON form is stable.
type Practice struct {
	Log       string        `json:"log"`
	Procedure string        `json:"procedure,omitempty"`
	Title     Title         `json:"title"`
	Cases     int64         `json:"cases"`
	Noise     float64       `json:"noise"`   // a rule may be broken in this share of its cases
	Support   int64         `json:"support"` // and is about at least so many
	Fits      int64         `json:"fits"`    // cases that the mined graph lets happen
	Strays    []string      `json:"strays"`  // the first of those it does not
	Acts      []PracticeAct `json:"acts"`    // the most frequent first
	Clauses   []ClauseCount `json:"clauses"` // of the procedure
	Mined     []Followed    `json:"mined"`   // those about most cases first
	Notes     []Title       `json:"notes"`
}

// ActName is an act: its id in the procedure, or its name in the log where the procedure does not know it.
type ActName struct {
	ID    string `json:"id"`
	Title Title  `json:"title"`
	Known bool   `json:"known"`
}

// PracticeAct is one kind of act of the log.
type PracticeAct struct {
	ActName
	Cases int64 `json:"cases"`
	Times int64 `json:"times"`
}

// Share is of how many cases something holds, with the 95 % interval (Wilson) of the rate behind it.
type Share struct {
	Cases  int64   `json:"cases"`  // that it is about
	Broken int64   `json:"broken"` // of them in which it does not hold
	Share  float64 `json:"share"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

func shareOf(cases, broken int64) Share {
	s := Share{Cases: cases, Broken: broken}
	if cases > 0 {
		s.Share = float64(cases-broken) / float64(cases)
	}
	s.Low, s.High = discover.Wilson(cases-broken, cases)
	return s
}

func (s *Share) String() string {
	if s.Cases == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %% [%.2f–%.2f]", 100*s.Share, 100*s.Low, 100*s.High)
}

// Followed is one rule mined from practice.
type Followed struct {
	Kind     string   `json:"kind"` // once, condition, open_condition, response, again, exclude, apart
	From     ActName  `json:"from"`
	To       ActName  `json:"to"`
	Says     Title    `json:"says"`
	Kept     Share    `json:"kept"`
	Chance   float64  `json:"chance,omitempty"`    // apart: cases with both, if they came independently
	ByChance bool     `json:"by_chance,omitempty"` // apart: as few would come of independence
	Done     int64    `json:"done,omitempty"`      // open_condition: cases in which from did come before to
	Examples []string `json:"examples"`            // the first cases that break it
	Law      string   `json:"law"`                 // said: the procedure says it too; mentioned: an expression of it looks at both acts; unknown
	Mentions []string `json:"mentions,omitempty"`
	Follows  bool     `json:"follows"` // other rules mined lead to it
}

// ClauseCount is one clause of the procedure, as practice keeps it.
type ClauseCount struct {
	Kind    string   `json:"kind"` // before, demands, ends, not_both, speaks
	Clause  string   `json:"clause"`
	Rules   []string `json:"rules"`
	Title   Title    `json:"title"`
	Basis   []string `json:"basis"`
	Says    Title    `json:"says"` // the order that it wants, guards and limits aside
	Acts    []string `json:"acts"` // the acts that it names, what it looks at first
	Guarded bool     `json:"guarded"`
	Outcome string   `json:"outcome"` // followed, broken, silent: the log has no case for it; untold: see untoldClause
	// What the judge found, with guards, rounds and limits.
	Found      int64    `json:"found"`
	FoundCases int64    `json:"found_cases"`
	Told       int64    `json:"told,omitempty"` // of found: told, never a breach
	Unjudged   int64    `json:"unjudged"`
	Judged     Share    `json:"judged"` // of the cases that it may be about, those without a finding
	Examples   []string `json:"examples"`
	// Order is how the plain order is kept; nothing for speaks.
	Order *Share `json:"order,omitempty"`
}

// Outcomes of clauses, in the order in which they are told.
const (
	brokenClause   = "broken"
	followedClause = "followed"
	silentClause   = "silent"
	untoldClause   = "untold" // it speaks only in some cases, and the pack names no finding for it: nobody can tell
)

func (m *miner) report(name string, g *discover.Graph, x *examiner) *Practice {
	r := &Practice{Log: name, Cases: m.tally.Cases(), Noise: m.opt.Noise, Support: max(1, m.opt.Support), Fits: x.fits, Strays: ids(x.strays),
		Acts: []PracticeAct{}, Clauses: []ClauseCount{}, Mined: []Followed{}, Notes: []Title{
			{"实践所遵循的，不是法律：这里说的是人们做了什么，不是应当做什么。多数人的做法可以是错的，少数人的做法可以是对的。",
				"What practice follows is no law: this tells what was done, not what must be done. What most do may be wrong, and what few do right."},
			{"行为的先后依日志中的顺序", "the order of acts is that of the log"}}}
	if m.p != nil {
		r.Procedure, r.Title = m.p.Pack.ID+"/"+m.p.ID, titleOf(m.p.Title)
		if m.p.HasPath() {
			r.Notes = append(r.Notes, Title{"本程序规定了完整的步骤序列（path）；下面只比较各条款，步骤序列所含的先后未作比较",
				"This procedure prescribes a path; only its clauses are compared here, not the orders that the path contains"})
		}
	}
	if m.passed > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d个行为按规则包声明不计，未纳入", m.passed), fmt.Sprintf("%d acts that the pack says mean nothing were left out", m.passed)})
	}
	if m.left > 0 {
		r.Notes = append(r.Notes, Title{fmt.Sprintf("%d件案件的记录适用其他程序，未计", m.left), fmt.Sprintf("%d cases of the record were kept under other procedures and were left out", m.left)})
	}
	for n := range m.names {
		r.Acts = append(r.Acts, PracticeAct{m.actName(n), m.tally.With(n), m.tally.Events(n)})
	}
	sort.Slice(r.Acts, func(i, j int) bool {
		a, b := &r.Acts[i], &r.Acts[j]
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(b.Times, a.Times), strings.Compare(a.ID, b.ID)) < 0
	})
	m.reportClauses(r, x)
	m.reportMined(r, g, x)
	return r
}

var clauseKinds = map[procedure.RelationKind]string{procedure.Before: "before", procedure.Demands: "demands", procedure.Ends: "ends", procedure.NotBoth: "not_both", procedure.Speaks: "speaks"}

func (m *miner) reportClauses(r *Practice, x *examiner) {
	rules := map[int]ClauseCount{}
	for i := range m.clauses {
		c, seen, order := &m.clauses[i], m.seen[i], &x.order[i]
		row := ClauseCount{Kind: clauseKinds[c.Kind], Clause: c.Clause, Rules: []string{}, Basis: []string{}, Acts: []string{}, Guarded: c.Guarded,
			Found: seen.found, Told: seen.told, FoundCases: seen.cases, Unjudged: seen.unjudged, Judged: shareOf(order.cases, min(seen.cases, order.cases)), Examples: ids(seen.examples), Says: m.saysClause(c)}
		for _, a := range slices.Concat(c.From, c.To) {
			row.Acts = append(row.Acts, m.p.ActID(a))
		}
		for _, rule := range []int{c.Rule, c.Missing} {
			if rule < 0 {
				continue
			}
			info := m.p.Rules()[rule]
			if !slices.Contains(row.Rules, info.ID) {
				row.Rules = append(row.Rules, info.ID)
			}
			if row.Title == (Title{}) {
				row.Title = titleOf(info.Title)
			}
			for _, b := range info.Basis {
				if !slices.Contains(row.Basis, b) {
					row.Basis = append(row.Basis, b)
				}
			}
		}
		if c.Kind != procedure.Speaks {
			kept := shareOf(order.cases, order.broken)
			row.Order = &kept
			if len(row.Rules) == 0 { // nothing can be found: the plain order tells
				row.Examples = ids(order.examples)
			}
		}
		switch {
		case len(row.Rules) == 0 && c.Guarded && order.cases > 0:
			row.Outcome = untoldClause
			row.Examples = []string{}
		case seen.found > 0 || len(row.Rules) == 0 && order.broken > 0:
			row.Outcome = brokenClause
		case order.cases > 0:
			row.Outcome = followedClause
		default:
			row.Outcome = silentClause
		}
		rules[i] = row
	}
	for _, outcome := range []string{brokenClause, followedClause, silentClause, untoldClause} {
		from := len(r.Clauses)
		for i := range m.clauses {
			if rules[i].Outcome == outcome {
				r.Clauses = append(r.Clauses, rules[i])
			}
		}
		slices.SortStableFunc(r.Clauses[from:], func(a, b ClauseCount) int {
			return cmp.Or(cmp.Compare(b.FoundCases, a.FoundCases), cmp.Compare(b.Judged.Cases, a.Judged.Cases))
		})
	}
}

func (m *miner) saysClause(c *clause) Title {
	list := func(acts []int, zh, en string) Title {
		if len(acts) > 4 && len(acts) == len(m.p.Acts()) {
			return Title{"任何行为", "any act"}
		}
		var t Title
		for i, a := range acts {
			title := titleOf(m.p.ActTitle(a))
			switch {
			case i == 4:
				t.ZH += fmt.Sprintf("等%d项", len(acts))
				t.EN += fmt.Sprintf(" and %d more", len(acts)-4)
				return t
			case i > 0:
				t.ZH, t.EN = t.ZH+zh, t.EN+en
			}
			t.ZH, t.EN = t.ZH+"「"+title.ZH+"」", t.EN+"“"+title.EN+"”"
		}
		return t
	}
	from, to := list(c.From, "或", " or "), list(c.To, "或", " or ")
	switch c.Kind {
	case procedure.Before:
		return Title{to.ZH + "之前必先有" + from.ZH, to.EN + " only after " + from.EN}
	case procedure.Demands:
		return Title{from.ZH + "之后必有" + to.ZH, "after " + from.EN + " follows " + to.EN}
	case procedure.Ends:
		return Title{from.ZH + "之后不再有" + to.ZH, "after " + from.EN + " no more " + to.EN}
	case procedure.NotBoth:
		return Title{from.ZH + "与" + to.ZH + "不在同一案件", from.EN + " and " + to.EN + " never in one case"}
	}
	if from = list(c.From, "、", ", "); c.From == nil {
		from = Title{"数据", "data"}
	}
	if c.To == nil {
		return Title{"案件终结时看" + from.ZH, "at the end looks at " + from.EN}
	}
	return Title{to.ZH + "时看" + from.ZH, "at " + to.EN + " looks at " + from.EN}
}

func saysMined(k discover.Kind, a, b Title) Title {
	a, b = Title{"「" + a.ZH + "」", "“" + a.EN + "”"}, Title{"「" + b.ZH + "」", "“" + b.EN + "”"}
	switch k {
	case discover.Once:
		return Title{a.ZH + "至多一次", a.EN + " at most once"}
	case discover.Condition:
		return Title{b.ZH + "之前必先有" + a.ZH, b.EN + " only after " + a.EN}
	case discover.Open:
		return Title{b.ZH + "之前必先有" + a.ZH + "，后者已不可能的除外", b.EN + " only after " + a.EN + ", unless that can no longer be done"}
	case discover.Response:
		return Title{a.ZH + "之后必有" + b.ZH, "after " + a.EN + " follows " + b.EN}
	case discover.Again:
		return Title{"再次" + b.ZH + "之前必再有" + a.ZH, b.EN + " again only after another " + a.EN}
	case discover.Exclude:
		return Title{a.ZH + "之后不再有" + b.ZH, "after " + a.EN + " no more " + b.EN}
	default:
		return Title{a.ZH + "与" + b.ZH + "不在同一案件", a.EN + " and " + b.EN + " never in one case"}
	}
}

func (m *miner) reportMined(r *Practice, g *discover.Graph, x *examiner) {
	at := make(map[discover.Relation]int, len(g.Relations))
	for i, rel := range g.Relations {
		at[rel] = i
	}
	sorted := slices.Clone(g.Relations)
	for i := range sorted { // what has no direction is told by name
		if rel := &sorted[i]; rel.Kind == discover.Apart && m.names[rel.From] > m.names[rel.To] {
			n := at[*rel]
			rel.From, rel.To = rel.To, rel.From
			at[*rel] = n
		}
	}
	discover.Sort(sorted, m.names)
	law := newLaw(m)
	for _, rel := range sorted {
		a, b := m.actName(rel.From), m.actName(rel.To)
		f := Followed{Kind: rel.Kind.String(), From: a, To: b, Says: saysMined(rel.Kind, a.Title, b.Title), Kept: shareOf(rel.Cases, rel.Broken),
			Chance: rel.Chance, ByChance: rel.ByChance(), Done: rel.Done, Examples: ids(x.mined[at[rel]].examples), Follows: rel.Follows}
		f.Law, f.Mentions = law.says(&rel)
		r.Mined = append(r.Mined, f)
	}
}

// law is what a procedure says of two acts, with what follows from it.
type law struct {
	m                        *miner
	act                      []int // of the procedure, by number of the alphabet; -1: unknown to it
	before, then, ends, both map[[2]int]bool
	mentions                 map[[2]int][]string
}

func newLaw(m *miner) *law {
	l := &law{m: m, before: map[[2]int]bool{}, then: map[[2]int]bool{}, ends: map[[2]int]bool{}, both: map[[2]int]bool{}, mentions: map[[2]int][]string{}}
	for _, name := range m.names {
		i := -1
		if m.p != nil {
			i = m.p.ActOf(name)
		}
		l.act = append(l.act, i)
	}
	for _, c := range m.relations {
		for _, a := range c.From {
			for _, b := range c.To {
				switch c.Kind {
				case procedure.Before:
					l.before[[2]int{a, b}] = true
				case procedure.Demands:
					l.then[[2]int{a, b}] = true
				case procedure.Ends:
					l.ends[[2]int{a, b}] = true
				case procedure.NotBoth:
					l.both[[2]int{a, b}], l.both[[2]int{b, a}] = true, true
				}
			}
		}
		if c.Kind == procedure.Speaks {
			acts := slices.Concat(c.From, c.To)
			for _, a := range acts {
				for _, b := range acts {
					rule := m.ruleID(c.Rule, c.Clause)
					if a != b && !slices.Contains(l.mentions[[2]int{a, b}], rule) {
						l.mentions[[2]int{a, b}] = append(l.mentions[[2]int{a, b}], rule)
					}
				}
			}
		}
	}
	if m.p != nil {
		n := len(m.p.Acts())
		for _, rel := range []map[[2]int]bool{l.before, l.then} {
			for k := range n {
				for a := range n {
					if !rel[[2]int{a, k}] {
						continue
					}
					for b := range n {
						if rel[[2]int{k, b}] {
							rel[[2]int{a, b}] = true
						}
					}
				}
			}
		}
	}
	return l
}

func (m *miner) ruleID(rule int, clause string) string {
	if rule < 0 {
		return clause
	}
	return m.p.Rules()[rule].ID
}

// says tells what the procedure has of a relation that practice follows: said, mentioned or unknown.
func (l *law) says(r *discover.Relation) (string, []string) {
	a, b := l.act[r.From], l.act[r.To]
	if a < 0 || b < 0 {
		return "unknown", nil
	}
	ab, ba := [2]int{a, b}, [2]int{b, a}
	said := false
	switch r.Kind {
	case discover.Once:
		said = l.ends[ab]
	case discover.Condition, discover.Open:
		said = l.before[ab]
	case discover.Response:
		said = l.then[ab]
	case discover.Exclude:
		said = l.ends[ab] || l.both[ab]
	case discover.Apart:
		said = l.both[ab] || l.ends[ab] && l.ends[ba]
	}
	switch {
	case said:
		return "said", nil
	case len(l.mentions[ab]) > 0:
		return "mentioned", l.mentions[ab]
	}
	return "unknown", nil
}

// Told lists the mined rules that are worth reading: those to which no others lead nor chance alone, that the procedure does not say. What is
// done at most once stands apart, since a line for each of them would hide the rest.
func (r *Practice) Told() []Followed {
	return slices.DeleteFunc(slices.Clone(r.Mined), func(f Followed) bool { return f.Follows || f.ByChance || f.Law == "said" || f.Kind == onceKind })
}

var onceKind = discover.Once.String()

// Once lists the acts that are done at most once in a case, where the procedure does not say so.
func (r *Practice) Once() []Followed {
	return slices.DeleteFunc(slices.Clone(r.Mined), func(f Followed) bool { return f.Follows || f.Law == "said" || f.Kind != onceKind })
}

// Folded counts the mined rules that Told leaves out: those the procedure says too, those to which others lead, and what chance
// alone makes likely.
func (r *Practice) Folded() (said, follows, chance int) {
	for _, f := range r.Mined {
		switch {
		case f.Law == "said":
			said++
		case f.Follows:
			follows++
		case f.ByChance:
			chance++
		}
	}
	return said, follows, chance
}

// Shown bounds the rows of each list in the text.
const Shown = 40

// WriteText prints the practice for people.
func (r *Practice) WriteText(out io.Writer, lang string) error {
	say := func(zh, en string) string { return Title{zh, en}.In(lang) }
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s: %s\n", say("实践遵循的规则", "The rules that practice follows"), say("日志", "log"), r.Log)
	if r.Procedure != "" {
		fmt.Fprintf(w, "%s: %s (%s)\n", say("对照", "beside"), r.Title.In(lang), r.Procedure)
	}
	fmt.Fprintf(w, "%s\n", r.Notes[0].In(lang))
	fmt.Fprintf(w, say("\n案件 %d，行为种类 %d；规则至少涉及 %d 件，允许例外 %s；挖掘出的图可重演 %d 件（%s）\n",
		"\n%d cases, %d kinds of act; a rule is about at least %d cases and may have exceptions in %s; the mined graph replays %d cases (%s)\n"),
		r.Cases, len(r.Acts), r.Support, percent(r.Noise), r.Fits, percent(float64(r.Fits)/float64(max(1, r.Cases))))
	for _, part := range []struct {
		outcome string
		title   Title
	}{{brokenClause, Title{"规则包有、实践违反的", "in the pack, broken by practice"}}, {followedClause, Title{"规则包有、实践遵循的", "in the pack, followed"}}, {silentClause, Title{"规则包有、日志中没有出现的", "in the pack, no case for it in the log"}}, {untoldClause, Title{"规则包有、无从判断的（有条件，而规则包没有为其规定问题）", "in the pack, not to be told (it speaks only in some cases, and no finding is named for it)"}}} {
		rows := slices.DeleteFunc(slices.Clone(r.Clauses), func(c ClauseCount) bool { return c.Outcome != part.outcome })
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s: %d\n", part.title.In(lang), len(rows))
		if part.outcome == silentClause || part.outcome == untoldClause {
			for _, c := range rows[:min(len(rows), Shown)] {
				fmt.Fprintf(w, "  %s\t%s\n", c.name(), c.Says.In(lang))
			}
			more(w, len(rows), lang)
			continue
		}
		fmt.Fprintf(w, "%s\n", say("规则\t发现\t案件\t不能判断\t涉及案件\t无问题 [95 %]\t单看先后 [95 %]\t内容\t例", "rule\tfindings\tcases\tunjudged\tabout\twithout finding [95 %]\tplain order kept [95 %]\tsays\te.g."))
		for _, c := range rows[:min(len(rows), Shown)] {
			order := "–"
			if c.Order != nil {
				order = c.Order.String()
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", c.name(), c.Found, c.FoundCases, c.Unjudged, c.Judged.Cases, c.Judged.String(), order, c.text(lang), strings.Join(c.Examples, " "))
		}
		more(w, len(rows), lang)
	}
	told := r.Told()
	said, follows, chance := r.Folded()
	fmt.Fprintf(w, "\n%s: %d", r.heading().In(lang), len(told))
	if r.Procedure != "" {
		fmt.Fprintf(w, say("；规则包也有的 %d 条未列", "; not listed: %d that the pack says too"), said)
	}
	fmt.Fprintf(w, say("；可由其他推出的 %d 条、出于偶然也不足为奇的 %d 条未列（均在 JSON 中）\n", "; not listed: %d that follow from others, %d that may come of chance (all are in the JSON)\n"), follows, chance)
	if len(told) > 0 {
		fmt.Fprintf(w, "%s\n", say("涉及案件\t例外\t遵循 [95 %]\t内容\t规则包\t例外的例", "about\texceptions\tfollowed [95 %]\tpractice\tthe pack\texceptions, e.g."))
	}
	for _, f := range told[:min(len(told), Shown)] {
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\t%s\n", f.Kept.Cases, f.Kept.Broken, f.Kept.String(), f.Says.In(lang), f.LawText(r.Procedure != "").In(lang), strings.Join(f.Examples, " "))
	}
	more(w, len(told), lang)
	if once := r.Once(); len(once) > 0 {
		fmt.Fprintf(w, "\n%s: %d\n", r.onceHeading().In(lang), len(once))
		for _, f := range once[:min(len(once), Shown)] {
			fmt.Fprintf(w, "%d\t%d\t%s\t%s\n", f.Kept.Cases, f.Kept.Broken, f.Kept.String(), f.From.Title.In(lang))
		}
		more(w, len(once), lang)
	}
	for _, n := range r.Notes[1:] {
		fmt.Fprintf(w, "\n%s: %s\n", say("注", "note"), n.In(lang))
	}
	return w.Flush()
}

func (r *Practice) heading() Title {
	if r.Procedure == "" {
		return Title{"实践遵循的", "followed by practice"}
	}
	return Title{"实践遵循、规则包没有的", "followed by practice, unknown to the pack"}
}

func (r *Practice) onceHeading() Title {
	if r.Procedure == "" {
		return Title{"每案至多一次的行为", "done at most once in a case"}
	}
	return Title{"实践中每案至多一次、规则包没有这样说的行为", "done at most once in a case, which the pack does not say"}
}

func more(w io.Writer, n int, lang string) {
	if n > Shown {
		fmt.Fprintln(w, Title{fmt.Sprintf("……以及另外 %d 条（--format json 全部列出）", n-Shown), fmt.Sprintf("… and %d more (--format json lists all)", n-Shown)}.In(lang))
	}
}

// LawText is what the pack has of a mined rule, in a few words.
func (f *Followed) LawText(procedure bool) Title {
	switch {
	case !procedure:
		return Title{"–", "–"}
	case !f.From.Known || !f.To.Known:
		return Title{"行为未列", "act not in the pack"}
	case f.Law == "mentioned":
		list := strings.Join(f.Mentions, ", ")
		return Title{"表达式涉及：" + list, "an expression looks at both: " + list}
	}
	return Title{"没有", "nothing"}
}

func (c *ClauseCount) name() string {
	if len(c.Rules) == 0 {
		return c.Clause
	}
	return strings.Join(c.Rules, " ")
}

// OnlyTold says that what was found is never a breach.
func (c *ClauseCount) OnlyTold() bool { return c.Found > 0 && c.Told == c.Found }

// text is the order that a clause wants, marked where it wants more; of one that is an expression, its rule's title.
func (c *ClauseCount) text(lang string) string {
	switch {
	case c.OnlyTold():
		return Title{"提示，不是违反：", "told, no breach: "}.In(lang) + c.Title.In(lang)
	case c.Kind == "speaks":
		return Title{"不应有：", "must not be: "}.In(lang) + c.Title.In(lang)
	case c.Guarded:
		return c.Says.In(lang) + Title{"（有条件或者期限）", " (with a guard or a limit)"}.In(lang)
	}
	return c.Says.In(lang)
}
