package eventlog

import (
	"cmp"
	"slices"
	"strings"
)

// joined proposes tables: keys, which names which, and the events in their rows.
func (s *suggester) joined() {
	type link struct {
		by, of *profile
		score  float64
		share  float64
	}
	n := len(s.tables)
	links := make([][]link, n) // links[i][j]: how table i names a row of table j
	for i, t := range s.tables {
		links[i] = make([]link, n)
		for j, u := range s.tables {
			if i == j {
				continue
			}
			for _, of := range u.columns {
				if !keylike(of) || of.distinct()*10 < of.filled*9 {
					continue
				}
				for _, by := range t.columns {
					if !keylike(by) {
						continue
					}
					share := by.within(of)
					score := share
					if strings.EqualFold(by.name, of.name) {
						score += 0.5
					} else if distance(by.name, of.name) <= 2 {
						score += 0.2
					}
					if share >= 0.5 && (by.distinct() >= 3 || strings.EqualFold(by.name, of.name)) && score > links[i][j].score {
						links[i][j] = link{by, of, score, share}
					}
				}
			}
		}
	}
	// Each table takes as its parent the one it names best; of two that name each other the one whose rows may repeat the
	// name, or that has more of them, is the child.
	parent := slices.Repeat([]int{-1}, n)
	for i := range s.tables {
		for j := range s.tables {
			l := links[i][j]
			if l.by == nil || parent[i] >= 0 && l.score <= links[i][parent[i]].score {
				continue
			}
			if back := links[j][i]; back.by != nil && (back.score > l.score || back.score == l.score && (s.tables[j].rows > s.tables[i].rows || s.tables[j].rows == s.tables[i].rows && j > i)) && l.by.unique() {
				continue
			}
			parent[i] = j
		}
		for up, steps := parent[i], 0; up >= 0; up, steps = parent[up], steps+1 {
			if up == i || steps > n {
				parent[i] = -1
				break
			}
		}
	}
	for i, t := range s.tables {
		m := &Table{Name: t.name, Files: t.files, Sheet: t.sheet, Encoding: t.encoding}
		s.Mapping.Tables = append(s.Mapping.Tables, m)
		if j := parent[i]; j >= 0 {
			l := links[i][j]
			m.Parent, m.By = s.tables[j].name, l.by.name
			sure := Unsure
			switch {
			case l.share >= 0.9 && l.score > l.share+0.1:
				sure = Sure
			case l.share >= 0.9 || l.score > 1:
				sure = Likely
			}
			s.guess(t, "parent", &ranked{c: l.by, sure: sure, why: []Why{{What: "within", Of: s.tables[j].name + "." + l.of.name, Share: l.share}}})
		}
	}
	for i, t := range s.tables {
		m := s.Mapping.Tables[i]
		of := map[*profile]int{}
		var key *profile
		for j := range s.tables {
			if parent[j] == i {
				if of[links[j][i].of]++; key == nil || of[links[j][i].of] > of[key] {
					key = links[j][i].of
				}
			}
		}
		for j := range s.tables {
			if parent[j] == i && links[j][i].of != key {
				s.Mapping.Tables[j].Of = links[j][i].of.name
			}
		}
		if key != nil {
			m.Key = key.name
			why := []Why{{What: "unique"}}
			s.guess(t, "key", &ranked{c: key, sure: Likely, why: why})
		}
		if m.Parent == "" {
			s.root(t, m, key)
		}
		s.events(t, m)
	}
	if last := s.Mapping.Tables[n-1]; !slices.ContainsFunc(s.Mapping.Tables, func(t *Table) bool { return len(t.Events) > 0 }) {
		last.Events = []TableEvent{{Act: "...", Time: "..."}}
		s.ask("time", last.Name)
	}
}

// keylike says whether a column may name rows: neither times nor amounts.
func keylike(c *profile) bool {
	if _, _, timed := c.time(); timed || c.filled == 0 {
		return false
	}
	for v := range c.counts {
		if strings.ContainsAny(v, ". \n") && len(v) < 12 && c.numbers == c.filled {
			return false
		}
		break
	}
	return c.distinct() >= 2
}

// root says by what a table without parent names its cases.
func (s *suggester) root(t *profiled, m *Table, key *profile) {
	if key != nil {
		m.Case = key.name
		s.guess(t, "case", &ranked{c: key, sure: Likely, why: []Why{{What: "unique"}}})
		return
	}
	if len(s.tables) > 1 {
		s.ask("alone", t.name)
	}
	if r := t.rank(func(c *profile) (float64, []Why) {
		if !keylike(c) {
			return 0, nil
		}
		name := named(c.name, "case")
		if name > 0 && c.unique() {
			return name + 1, because(name, Why{What: "unique"})
		}
		return name, because(name)
	}); r != nil {
		m.Case = r.c.name
		s.guess(t, "case", r)
		return
	}
	m.Case = "..."
	s.ask("case", t.name, t.names()...)
}

// events proposes an event for each column of times, or one whose name stands in a column.
func (s *suggester) events(t *profiled, m *Table) {
	times := t.times()
	if len(times) == 0 {
		return // it says something of its case, and no act
	}
	if act := s.act(t); act != nil && (act.score > 3.5 || len(times) == 1 && act.score > 2) {
		e := TableEvent{ActFrom: act.c.name, Time: times[0].c.name, Layout: s.layout(t, times[0].c)}
		for _, r := range times[1:min(len(times), 4)] {
			times[0].others = append(times[0].others, r.c.name)
		}
		s.guess(t, "act", act)
		s.guess(t, "time", &times[0])
		s.unknownActs(t, act.c)
		s.people(t, &e.Person, &e.Post, &e.Unit, &e.Lifecycle)
		m.Events = append(m.Events, e)
		return
	}
	slices.SortStableFunc(times, func(a, b ranked) int { return cmp.Compare(t.place(a.c), t.place(b.c)) })
	var who TableEvent
	s.people(t, &who.Person, &who.Post, &who.Unit, &who.Lifecycle)
	for _, r := range times {
		e := who
		e.Time, e.Layout = r.c.name, s.layout(t, r.c)
		e.Act = s.actOf(r.c.name)
		if e.Act == "" {
			e.Act = r.c.name
			s.ask("act-name", t.name, r.c.name)
		} else {
			r.sure, r.why = Likely, append(r.why, Why{What: "title", Of: e.Act})
		}
		s.guess(t, "time", &r)
		m.Events = append(m.Events, e)
	}
}

func (t *profiled) place(c *profile) int { return slices.Index(t.columns, c) }

// actOf finds the act whose title stands in a column's name, the longest where there are several.
func (s *suggester) actOf(column string) string {
	found, id := "", ""
	for _, title := range sortedKeys(s.acts.Titles) {
		if strings.Contains(strings.ToLower(column), strings.ToLower(title)) && len(title) > 2 && len(title) > len(found) {
			found, id = title, s.acts.Titles[title]
		}
	}
	return id
}
