package eventlog

import (
	"slices"
	"strings"
)

// Reason says why a row, or a part of it, was set aside by a join.
type Reason string

// What does not fit when tables are joined.
const (
	Orphan     Reason = "orphan"     // it names a parent that is not there, or whose own parent is not there
	Childless  Reason = "childless"  // no row of a table below it names it; it counts all the same
	Repeated   Reason = "repeated"   // the same key and the same content again
	Replaced   Reason = "replaced"   // a later row with the same key and other content stands in its place
	Nameless   Reason = "nameless"   // it has no key, or leads to no case
	Timeless   Reason = "timeless"   // none of its events has a time
	Unreadable Reason = "unreadable" // a time that cannot be read, or an event that names no act
	Differing  Reason = "differing"  // it says of the case what another row says otherwise; the first stands
)

// Aside is what was set aside for one reason and column of a table.
type Aside struct {
	Table  string `json:"table"`
	Reason Reason `json:"reason"`
	Column string `json:"column"` // for Childless the table below
	Count  int64  `json:"count"`
	Rows   []Put  `json:"rows"` // the first of them, at most MaxListed
}

// Put is one row set aside: its file and line, and the text that stands under the column.
type Put struct {
	Where string `json:"where"`
	Text  string `json:"text,omitempty"`
}

// MaxListed bounds how many rows are listed for one reason and column; all are counted.
const MaxListed = 100_000

func (j *Join) aside(t *joined, why Reason, at spot, column, text string) {
	put(&j.asides, t.Name, why, column, j.place(at), text)
}

func put(list *[]*Aside, table string, why Reason, column, place, text string) {
	var a *Aside
	for _, x := range *list {
		if x.Table == table && x.Reason == why && x.Column == column {
			a = x
		}
	}
	if a == nil {
		a = &Aside{Table: table, Reason: why, Column: column}
		*list = append(*list, a)
	}
	if a.Count++; len(a.Rows) < MaxListed {
		a.Rows = append(a.Rows, Put{strings.Clone(place), strings.Clone(cut(text))})
	}
}

// Asides gives what was set aside so far: of each row as it came, and of the whole what does not fit now (orphans, rows
// without a row below). In the order of the tables.
func (j *Join) Asides() []*Aside {
	list := make([]*Aside, 0, len(j.asides))
	for _, a := range j.asides {
		list = append(list, &Aside{a.Table, a.Reason, a.Column, a.Count, slices.Clone(a.Rows)})
	}
	whole := make(map[*joined][]bool) // by row: it leads to a case
	for _, t := range j.downwards() {
		leads := make([]bool, len(t.rows))
		whole[t] = leads
		for n := range t.rows {
			if t.rows[n].dead {
				continue
			}
			parent, id := t.leads(int32(n))
			switch {
			case parent != "":
				if c, ok := t.above.first[parent]; ok {
					for p := c.first; p >= 0 && !leads[n]; p = t.above.next[p] {
						leads[n] = whole[t.parent][p]
					}
				}
				if !leads[n] {
					put(&list, t.Name, Orphan, t.By, j.place(t.rows[n].spot), parent)
				}
			case id != "":
				leads[n] = true
			}
		}
	}
	for _, t := range j.tables {
		for _, below := range t.children {
			named := make([]bool, len(t.rows))
			for name, c := range below.byParent.first {
				alive := false
				for n := c.first; n >= 0 && !alive; n = below.byParent.next[n] {
					alive = !below.rows[n].dead
				}
				if p, ok := below.above.first[name]; ok && alive {
					for n := p.first; n >= 0; n = below.above.next[n] {
						named[n] = true
					}
				}
			}
			for n := range t.rows {
				if !named[n] && !t.rows[n].dead {
					put(&list, t.Name, Childless, below.Name, j.place(t.rows[n].spot), t.nameOf(below.above, int32(n)))
				}
			}
		}
	}
	order := j.m.tableNames()
	slices.SortStableFunc(list, func(a, b *Aside) int {
		return slices.Index(order, a.Table) - slices.Index(order, b.Table)
	})
	return list
}

// downwards gives the tables, each behind its parent.
func (j *Join) downwards() []*joined {
	var list []*joined
	var visit func(t *joined)
	visit = func(t *joined) {
		list = append(list, t)
		for _, c := range t.children {
			visit(c)
		}
	}
	for _, t := range j.tables {
		if t.parent == nil {
			visit(t)
		}
	}
	return list
}
