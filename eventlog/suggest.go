package eventlog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/calendar"
)

// Suggestion is a mapping proposed for tables that nobody has described yet, with how sure each part of it is. It is made of
// the columns' names and of what stands under them in the first rows. It is a beginning for a person, not a finding.
type Suggestion struct {
	Mapping *Mapping
	Guesses []Guess
	Open    []Question
}

// Guess is one part of the mapping.
type Guess struct {
	Table  string // "" where there is one
	Part   string // case, act, time, person, post, unit, lifecycle, key, parent
	Column string
	Sure   Sureness
	Why    []Why
	Others []string // columns that could be meant instead, the likelier first; at most three
}

// Sureness of a guess.
type Sureness uint8

// Sure means that name and values agree and nothing else could be meant.
const (
	Unsure Sureness = iota
	Likely
	Sure
)

// Why is what speaks for a guess.
type Why struct {
	What  string  // name, times, known, few, repeats, unique, within, title
	Of    string  // of within: TABLE.COLUMN; of title: the act whose title stands in the column's name
	Share float64 // of the values: that are times, known acts, or stand in the other column; 0 to 1
}

// Question is what is left to a person.
type Question struct {
	What  string // case, act, time, act-name, order, zone, zone-taken, unknown-acts, alone, sheets, unused
	Table string
	Names []string // columns, values or files that it is about
}

// partWords are what columns are called in Chinese and English records, the surest first.
var partWords = map[string][]string{
	"case":      {"concept:name", "case", "caseid", "案号", "案件编号", "案件", "警情编号", "接警编号", "警情", "案卷", "编号", "file", "dossier", "matter", "id", "no", "number"},
	"act":       {"concept:name", "activity", "act", "action", "event", "活动", "行为", "环节", "事项", "动作", "操作", "步骤", "task", "step", "what", "type", "类型"},
	"time":      {"time:timestamp", "timestamp", "time", "date", "when", "时间", "日期", "at", "on", "时", "日"},
	"person":    {"org:resource", "resource", "officer", "person", "承办人", "经办人", "办案民警", "民警", "处理人", "操作人", "警号", "user", "operator", "who", "by", "人员", "员", "人"},
	"post":      {"org:role", "role", "post", "position", "岗位", "职务", "角色"},
	"unit":      {"org:group", "unit", "organ", "department", "station", "单位", "部门", "机构", "派出所", "group", "team"},
	"lifecycle": {"lifecycle:transition", "lifecycle", "transition"},
}

// Acts tells what a procedure knows, so that acts are known again: Known by the exact name, Titles by what people call them.
// The zero value knows nothing.
type Acts struct {
	Known  func(name string) bool
	Titles map[string]string // title -> id
}

// Suggest proposes a mapping for the files, which must be tables. Of each file 100,000 rows are looked at. Options.Zone
// is proposed for times without offset.
func (f *Files) Suggest(ctx context.Context, opt Options, acts Acts) (*Suggestion, error) {
	opt = opt.filled()
	if err := f.allTables(opt); err != nil {
		return nil, err
	}
	tables, err := profileTables(ctx, f.Files, opt)
	if err != nil {
		return nil, err
	}
	s := &suggester{tables: tables, acts: acts, zone: opt.Zone, used: map[*profile]bool{}, Suggestion: Suggestion{Mapping: &Mapping{}}}
	for _, t := range tables {
		if len(t.sheets) > 1 {
			s.ask("sheets", t.name, t.sheets...)
		}
	}
	if len(tables) == 1 && s.act(tables[0]) != nil {
		s.flat(tables[0])
	} else {
		s.joined()
	}
	slices.SortStableFunc(s.Guesses, func(a, b Guess) int { return cmp.Compare(a.Table, b.Table) })
	return &s.Suggestion, nil
}

func (f *Files) allTables(opt Options) error {
	for _, file := range f.Files {
		if err := f.with(file, func(src *source) error {
			switch {
			case src.isTable():
				return nil
			case src.format == formatXES:
				return &Error{Name: src.name, What: "an XES log names its parts itself", Hint: "it needs no mapping"}
			}
			return &Error{Name: src.name, What: "an OCEL log names its parts itself", Hint: "only which objects are the cases is to be said, and audit lists their types when it is not"}
		}, true); err != nil {
			return err
		}
	}
	return nil
}

type suggester struct {
	Suggestion
	tables []*profiled
	acts   Acts
	zone   *calendar.Zone // proposed for times without offset
	zoned  bool           // there are such
	used   map[*profile]bool
}

func (s *suggester) ask(what, table string, names ...string) {
	if len(s.tables) == 1 {
		table = ""
	}
	s.Open = append(s.Open, Question{what, table, names})
}

func (s *suggester) guess(t *profiled, part string, r *ranked) {
	g := Guess{Part: part, Column: r.c.name, Sure: r.sure, Why: r.why, Others: r.others}
	if len(s.tables) > 1 {
		g.Table = t.name
	}
	s.used[r.c] = true
	s.Guesses = append(s.Guesses, g)
}

// ranked is the best column for a part, with its rivals.
type ranked struct {
	c      *profile
	score  float64
	why    []Why
	sure   Sureness
	others []string
}

// rank finds the column with the highest score; score gives 0 to those that cannot be meant, above 4 to those that name and
// values both speak for.
func (t *profiled) rank(score func(c *profile) (float64, []Why)) *ranked {
	var all []ranked
	for _, c := range t.columns {
		if n, why := score(c); n > 0 {
			all = append(all, ranked{c: c, score: n, why: why})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	best := all[0]
	for _, r := range all[1:min(len(all), 4)] {
		best.others = append(best.others, r.c.name)
	}
	second := 0.0
	if len(all) > 1 {
		second = all[1].score
	}
	switch {
	case best.score > 4 && best.score >= second+1.5:
		best.sure = Sure
	case best.score > 2 && best.score > second:
		best.sure = Likely
	}
	return &best
}

// named tells how well a column's name fits a part: 3 for a word that says so plainly, less for one that merely occurs.
func named(column, part string) float64 {
	name := strings.ToLower(strings.TrimPrefix(column, caseColumn))
	words := partWords[part]
	for i, w := range words {
		if name == w || name == strings.ReplaceAll(w, "id", "_id") {
			return 3 - float64(i)/float64(len(words))
		}
	}
	tokens := strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) })
	for i, w := range words {
		if slices.Contains(tokens, w) || !ascii(w) && utf8.RuneCountInString(w) > 1 && strings.Contains(name, w) || !ascii(w) && strings.HasSuffix(name, w) {
			return 2 - float64(i)/float64(len(words))
		}
	}
	return 0
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lastRune(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

func because(name float64, others ...Why) (why []Why) {
	if name > 0 {
		why = append(why, Why{What: "name"})
	}
	return append(why, others...)
}

// act finds the column whose values are names of acts; nil when none is.
func (s *suggester) act(t *profiled) *ranked {
	best := t.rank(func(c *profile) (float64, []Why) {
		if _, _, timed := c.time(); timed || c.numbers*2 > c.filled || c.distinct() > 300 || c.distinct() < 1 || strings.HasPrefix(c.name, caseColumn) {
			return 0, nil
		}
		name := named(c.name, "act")
		known, rows := 0, 0
		for v, n := range c.counts {
			rows += n
			if s.acts.Known != nil && s.acts.Known(v) {
				known += n
			}
		}
		share := float64(known) / float64(max(rows, 1))
		score := name
		var why []Why
		if share > 0 {
			score += 4 * share
			why = append(why, Why{What: "known", Share: share})
		}
		if c.distinct() >= 2 && c.distinct()*3 <= t.rows && (name > 0 || share > 0) {
			score += 1.5
			why = append(why, Why{What: "few", Share: float64(c.distinct()) / float64(t.rows)})
		}
		return score, because(name, why...)
	})
	return best
}

func (t *profiled) times() (list []ranked) {
	for _, c := range t.columns {
		if l, _, ok := c.time(); ok && !(l != nil && strings.HasPrefix(l.text, "YYYYMM") && named(c.name, "time") == 0) {
			name := named(c.name, "time")
			n := slices.Max(c.fits)
			r := ranked{c: c, score: name, why: because(name, Why{What: "times", Share: float64(n) / float64(c.filled)}), sure: Likely}
			if name > 0 {
				r.sure = Sure
			}
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	return list
}

// people fills in who did it, where a column's name says so.
func (s *suggester) people(t *profiled, person, post, unit, lifecycle *string) {
	for _, x := range []struct {
		part string
		into *string
	}{{"person", person}, {"post", post}, {"unit", unit}, {"lifecycle", lifecycle}} {
		if r := t.rank(func(c *profile) (float64, []Why) {
			if _, _, timed := c.time(); timed || s.used[c] || strings.HasPrefix(c.name, caseColumn) {
				return 0, nil
			}
			name := named(c.name, x.part)
			score := name
			if name > 0 && c.distinct() > 1 && c.distinct()*2 <= c.filled {
				score += 1
				return score, because(name, Why{What: "repeats"})
			}
			return score, because(name)
		}); r != nil {
			*x.into = r.c.name
			s.guess(t, x.part, r)
		}
	}
}

// flat proposes for one table of which every row is an event.
func (s *suggester) flat(t *profiled) {
	m := s.Mapping
	m.Encoding, m.Sheet = t.encoding, t.sheet
	act := s.act(t)
	times := t.times()
	if len(times) > 0 {
		best := times[0]
		for _, r := range times[1:min(len(times), 4)] {
			best.others = append(best.others, r.c.name)
		}
		if len(times) > 1 && times[1].score >= best.score-0.5 {
			best.sure = Unsure
		}
		m.Time = best.c.name
		m.Layout = s.layout(t, best.c)
		s.guess(t, "time", &best)
	} else {
		m.Time = "..."
		s.ask("time", t.name)
	}
	if r := t.rank(func(c *profile) (float64, []Why) {
		if _, _, timed := c.time(); timed || c == act.c || c.filled < t.rows || c.distinct() < 2 && t.rows > 10 {
			return 0, nil
		}
		name := named(c.name, "case")
		if strings.HasPrefix(c.name, caseColumn) && name > 0 {
			name = 3
		}
		if per := float64(t.rows) / float64(max(c.distinct(), 1)); name > 0 && per >= 1.2 && per <= 200 {
			return name + 1.5, because(name, Why{What: "repeats"})
		}
		return name, because(name)
	}); r != nil {
		m.Case = r.c.name
		s.guess(t, "case", r)
	} else {
		m.Case = "..."
		s.ask("case", t.name, t.names()...)
	}
	m.Act = act.c.name
	s.guess(t, "act", act)
	s.unknownActs(t, act.c)
	s.people(t, &m.Person, &m.Post, &m.Unit, &m.Lifecycle)
}

func (t *profiled) names() []string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return names
}

// layout gives the layout for a mapping, and asks where day and month could be told either way, or the zone is open.
func (s *suggester) layout(t *profiled, c *profile) string {
	l, rival, _ := c.time()
	if rival != nil {
		s.ask("order", t.name, c.name, l.text, rival.text)
	}
	if c.offsets == 0 && !s.zoned {
		s.zoned = true
		if s.Mapping.Zone = s.zone; s.zone != nil {
			s.Open = append(s.Open, Question{What: "zone-taken", Names: []string{s.zone.Name()}})
		} else {
			s.Open = append(s.Open, Question{What: "zone"})
		}
	}
	if l == nil {
		return ""
	}
	return l.text
}

func (s *suggester) unknownActs(t *profiled, c *profile) {
	var unknown []string
	for v := range c.counts {
		if s.acts.Known != nil && !s.acts.Known(v) {
			unknown = append(unknown, v)
		}
	}
	if len(unknown) > 0 {
		slices.SortFunc(unknown, func(a, b string) int { return cmp.Or(cmp.Compare(c.counts[b], c.counts[a]), cmp.Compare(a, b)) })
		s.ask("unknown-acts", t.name, unknown[:min(len(unknown), 20)]...)
	}
}
