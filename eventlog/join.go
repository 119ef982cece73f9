package eventlog

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
)

// Join brings the rows of several tables together into cases, as a mapping says. Rows come in any order, a parent after
// its children too; a case can be asked for at any time and is what the rows so far make of it. So it serves a history
// that is read once and one that grows.
//
// It holds every row in memory: the columns that the mapping takes, as text, and 30 to 120 bytes more. Strings it hands
// out point there and stay good as long as the Join. It is not safe for use by several goroutines while rows come in.
type Join struct {
	m      *Mapping
	usual  bool // the names that pm4py writes, not a mapping somebody gave; every step counts
	flat   bool // one table without keys, each bad row an error, events in the order of the rows
	tables []*joined
	files  []string // names, from 1 in a row's spot
	cases  []string // in the order of their first rows
	known  map[string]struct{}

	chunk []byte // the arena's last piece
	held  int64
	most  int64

	follow  bool
	touched map[string]struct{}

	stats         Stats // OtherSteps
	with, without spot  // the first timestamp of each sort
	asides        []*Aside
}

// spot is where a row stands: file and line (or row of a sheet, or ordinal in a Parquet), both from 1.
type spot struct{ file, line int32 }

// joined is a table with its rows.
type joined struct {
	*Table
	parent   *joined
	above    *lookup // in parent: the column that By names
	children []*joined
	columns  []string // kept, in the order in which they are held
	at       map[string]int
	every    bool            // all columns are kept
	wanted   map[string]bool // else these
	meaning  map[string]bool // columns that are no data of their own accord
	rows     []heldRow
	byKey    *lookup
	byCase   *lookup // rows without parent only
	byParent *lookup
	lookups  []*lookup
	opened   bool
}

type heldRow struct {
	text []byte // times of the events, then columns
	spot
	dead bool // another stands in its place
}

// lookup finds the rows of a table by the text of one column.
type lookup struct {
	column string
	first  map[string]chain
	next   []int32 // by row; -1 ends a chain
}

type chain struct{ first, last int32 }

const stampSize = 9 // of an event's time in a row: how it is known, and the instant

// NewJoin makes an empty join of the mapping's tables; of a mapping without tables it makes one table, "log". Rows may
// take most bytes of memory; 0 means 1 GiB. With follow it keeps in mind which cases change: see Touched.
func NewJoin(m *Mapping, most int64, follow bool) *Join {
	j := &Join{m: m, known: map[string]struct{}{}, most: most, follow: follow, touched: map[string]struct{}{}}
	if j.most <= 0 {
		j.most = defaultMaxHeld
	}
	tables := m.Tables
	if j.flat = len(tables) == 0; j.flat {
		tables = []*Table{m.flatTable()}
	}
	for _, t := range tables {
		j.tables = append(j.tables, &joined{Table: t, at: map[string]int{}, wanted: map[string]bool{}, meaning: map[string]bool{}})
	}
	for _, t := range j.tables {
		t.byKey, t.byCase, t.byParent = t.find(t.Key), t.find(t.Case), t.find(t.By)
		if t.byCase != nil && (t.byCase == t.byKey || t.byCase == t.byParent) { // holds rows without parent only
			t.byCase = &lookup{column: t.Case, first: map[string]chain{}}
			t.lookups = append(t.lookups, t.byCase)
		}
		for _, e := range t.Events {
			t.every = t.every || e.Data == nil && t.Data == nil
			for _, c := range []string{e.Time, e.ActFrom, e.Person, e.Post, e.Unit, e.Lifecycle} {
				t.meaning[c] = true
			}
		}
		for _, c := range []string{t.Key, t.Case, t.By} {
			t.meaning[c] = true
		}
		delete(t.meaning, "")
	}
	for _, t := range j.tables {
		if t.Parent != "" {
			t.parent = j.table(t.Parent)
			t.parent.children = append(t.parent.children, t)
			if of := t.Of; of != "" {
				t.above = t.parent.find(of)
			} else {
				t.above = t.parent.byKey
			}
		}
		for name := range t.references() {
			if u, column, ok := t.resolve(name); ok {
				u.wanted[column] = true
			} else {
				t.wanted[name] = true
			}
		}
	}
	return j
}

// find gives the lookup of a column, which it makes when there is none.
func (t *joined) find(column string) *lookup {
	if column == "" {
		return nil
	}
	for _, l := range t.lookups {
		if l.column == column && l != t.byCase {
			return l
		}
	}
	l := &lookup{column: column, first: map[string]chain{}}
	t.lookups = append(t.lookups, l)
	return l
}

// references gives every column, of its own or of a table above, from which the table takes a value.
func (t *joined) references() map[string]bool {
	refs := map[string]bool{}
	take := func(data map[string]string) {
		for _, c := range data {
			refs[c] = true
		}
	}
	take(t.Data)
	take(t.CaseData)
	for _, e := range t.Events {
		take(e.Data)
		for _, c := range []string{e.ActFrom, e.Person, e.Post, e.Unit, e.Lifecycle} {
			refs[c] = true
		}
	}
	delete(refs, "")
	return refs
}

// resolve finds the table above that a reference TABLE.COLUMN names.
func (t *joined) resolve(reference string) (above *joined, column string, ok bool) {
	name, column, dotted := strings.Cut(reference, ".")
	if !dotted {
		return nil, "", false
	}
	for u := t.parent; u != nil; u = u.parent {
		if u.Name == name {
			return u, column, true
		}
	}
	return nil, "", false
}

func (j *Join) table(name string) *joined {
	for _, t := range j.tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// JoinedFile takes the rows of one file.
type JoinedFile struct {
	j      *Join
	t      *joined
	file   int32
	slots  []int // of the table's kept columns: the column in the file, or -1
	roles  []fileRole
	events []fileEvent
	typed  bool // its cells know what a time is: they come as in ISO 8601 whatever the layout of those that are text
}

type fileRole struct {
	lookup *lookup
	column int
}

type fileEvent struct {
	time, act, lifecycle int // columns; -1 for none
	layout               *layout
	timeName, actName    string
}

// File begins a file of a table with its columns, which need not be the same or in the same order in each of the
// table's files. It is an *Error when a column is missing that the mapping names.
func (j *Join) File(table, name string, columns []string) (*JoinedFile, error) {
	t := j.table(table)
	if t == nil {
		return nil, &Error{Name: name, What: "the mapping has no table " + quote(table), Hint: nearestHint(table, j.m.tableNames())}
	}
	if len(j.files) == math.MaxUint16 {
		return nil, &Error{Name: name, What: "too many files"}
	}
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		if k, twice := at[c]; twice {
			return nil, &Error{Name: name, Line: 1, What: fmt.Sprintf("columns %d and %d are both called %s", k+1, i+1, quote(c))}
		}
		at[c] = i
	}
	j.files = append(j.files, strings.Clone(name))
	f := &JoinedFile{j: j, t: t, file: int32(len(j.files))}
	var bad *Error
	find := func(column string) int {
		if column == "" {
			return -1
		}
		i, ok := at[column]
		if !ok && bad == nil {
			bad = &Error{Name: name, Line: 1, What: "no column " + quote(column) + ", which the mapping names", Hint: nearestHint(column, columns)}
		}
		return i
	}
	for _, l := range t.lookups {
		f.roles = append(f.roles, fileRole{l, find(l.column)})
	}
	for _, e := range t.Events {
		x := fileEvent{time: find(e.Time), act: find(e.ActFrom), lifecycle: find(e.Lifecycle), timeName: e.Time, actName: e.ActFrom}
		if e.Layout != "" {
			x.layout, _ = parseLayout(e.Layout) // the mapping's parser has tried it
		}
		f.events = append(f.events, x)
	}
	for name := range t.references() {
		if _, own := at[name]; own {
			t.wanted[name] = true // also where it is written like TABLE.COLUMN
		} else if _, _, up := t.resolve(name); !up {
			find(name)
		}
	}
	for name := range t.wanted {
		if strings.Contains(name, ".") && at[name] == 0 && (len(columns) == 0 || columns[0] != name) {
			continue
		}
		find(name)
	}
	if bad != nil {
		return nil, bad
	}
	for _, c := range columns {
		if _, have := t.at[c]; !have && (t.wanted[c] || t.every && !t.meaning[c]) {
			c = strings.Clone(c)
			t.at[c] = len(t.columns)
			t.columns = append(t.columns, c)
		}
	}
	for _, c := range t.columns {
		if i, ok := at[c]; ok {
			f.slots = append(f.slots, i)
		} else {
			f.slots = append(f.slots, -1)
		}
	}
	t.opened = true
	return f, nil
}

// From says how the rows were read: the cells of an XLSX and a Parquet know what a time is. They then come as in ISO 8601, beside
// those that are text in the mapping's layout.
func (f *JoinedFile) From(rows Rows) {
	_, text := rows.(*csvRows)
	f.typed = !text
}

// Row takes a row: its values by the file's columns, and its line (row of a sheet, ordinal), from 1. The values need
// hold only during the call. What is wrong with the row itself is set aside, see Asides; an error is of the whole: too
// many rows for the bound on memory, or, under a mapping without tables, a row that cannot be read.
func (f *JoinedFile) Row(line int64, values []string) error {
	j, t := f.j, f.t
	if len(t.rows) == math.MaxInt32 || line > math.MaxInt32 {
		return f.fail(line, "too many rows", "")
	}
	at := spot{f.file, int32(line)}
	text := j.room(f.size(values))
	text, err := f.stamps(text, at, values)
	if err != nil {
		return err
	}
	text = binary.AppendUvarint(text, uint64(len(f.slots)))
	for _, i := range f.slots {
		v := ""
		if i >= 0 {
			v = values[i]
		}
		text = binary.AppendUvarint(text, uint64(len(v)))
		text = append(text, v...)
	}
	var few [8]string
	names := few[:0] // by lookup; they lie in the arena, as the maps' keys
	var key, parent, id string
	for _, r := range f.roles {
		v := strings.TrimSpace(values[r.column])
		text = binary.AppendUvarint(text, uint64(len(v)))
		from := len(text)
		text = append(text, v...)
		name := str(text[from:])
		names = append(names, name)
		if r.lookup == t.byKey {
			key = name
		}
		if r.lookup == t.byParent {
			parent = name
		}
		if r.lookup == t.byCase {
			id = name
		}
	}
	switch column := t.Case; {
	case id != "" || parent != "":
	case j.flat:
		return f.fail(line, "the row names no case", "column "+quote(column)+" is empty")
	case column == "":
		j.aside(t, Nameless, at, t.By, "")
	default:
		j.aside(t, Nameless, at, column, "")
	}
	if key == "" && len(t.children) > 0 && t.Key != "" && t.Key != t.Case {
		j.aside(t, Nameless, at, t.Key, "")
	}
	if key != "" {
		if c, ok := t.byKey.first[key]; ok {
			old := &t.rows[c.last]
			if string(old.text) == string(text) {
				j.aside(t, Repeated, at, t.Key, key)
				return nil // and its text in the arena is written over
			}
			j.aside(t, Replaced, old.spot, t.Key, key)
			j.touch(t, c.last)
			old.dead = true
		}
	}
	if j.held += int64(len(text)) + 48; j.held > j.most {
		return f.fail(line, "the rows take more than "+bytesOf(int(j.most))+" of memory", "name under data: only the columns that are needed")
	}
	j.chunk = j.chunk[:len(j.chunk)+len(text)]
	n := int32(len(t.rows))
	t.rows = append(t.rows, heldRow{text: text[:len(text):len(text)], spot: at})
	for i, r := range f.roles {
		l, name := r.lookup, names[i]
		l.next = append(l.next, -1)
		if name == "" || l == t.byCase && parent != "" {
			continue
		}
		c, ok := l.first[name]
		switch {
		case !ok:
			c.first = n
			j.held += 64
		case l == t.byKey:
			c.first = n // the one before is dead
		default:
			l.next[c.last] = n
		}
		c.last = n
		l.first[name] = c
	}
	if _, ok := j.known[id]; !ok && id != "" && parent == "" {
		j.known[id] = struct{}{}
		j.cases = append(j.cases, id)
		j.held += 64
	}
	j.touch(t, n)
	return nil
}

func (f *JoinedFile) fail(line int64, what, hint string) *Error {
	return &Error{Name: f.j.files[f.file-1], Line: int(line), What: what, Hint: hint}
}

// size is at least what the row takes in the arena.
func (f *JoinedFile) size(values []string) int {
	size := len(f.events)*stampSize + binary.MaxVarintLen32
	for _, i := range f.slots {
		size += binary.MaxVarintLen32
		if i >= 0 {
			size += len(values[i])
		}
	}
	for _, r := range f.roles {
		size += binary.MaxVarintLen32 + len(values[r.column])
	}
	return size
}

// stamps writes when the row's events were. A time that cannot be read is set aside; in a flat table it is an error.
func (f *JoinedFile) stamps(text []byte, at spot, values []string) ([]byte, error) {
	quiet := len(f.events) > 0 // no event, and nothing said about it
	for i := range f.events {
		e := &f.events[i]
		v := strings.TrimSpace(values[e.time])
		var what, field, value, hint string
		switch {
		case e.act >= 0 && values[e.act] == "" && (v != "" || f.j.flat):
			what, field, hint = "no "+e.actName, e.actName, "every event must say what was done"
		case v == "" && f.j.flat:
			what, hint = "no "+e.timeName, "a history without times cannot be judged"
		case v == "":
			text = append(text, make([]byte, stampSize)...)
			continue
		default:
			st, ok := e.layout.parse(v)
			if !ok && f.typed {
				st, ok = parseStamp(v)
			}
			if !ok {
				what, field, value, hint = e.timeName+" "+quote(v)+" is not a time", e.timeName, v, e.layout.hint()
				break
			}
			quiet = false
			if e.lifecycle >= 0 && !f.j.usual && values[e.lifecycle] != "" && !isComplete(values[e.lifecycle]) {
				f.j.stats.OtherSteps++
				text = append(text, make([]byte, stampSize)...)
				continue
			}
			first := &f.j.with
			how := byte(st.precision)<<2 | 1
			if st.offset {
				how |= 2
			} else {
				first = &f.j.without
			}
			if first.file == 0 {
				*first = at
			}
			text = binary.LittleEndian.AppendUint64(append(text, how), uint64(st.at))
			continue
		}
		if f.j.flat {
			return nil, f.fail(int64(at.line), what, hint)
		}
		quiet = false
		f.j.aside(f.t, Unreadable, at, field, value)
		text = append(text, make([]byte, stampSize)...)
	}
	if quiet {
		f.j.aside(f.t, Timeless, at, f.events[0].timeName, "")
	}
	return text, nil
}

// room gives space in the arena, of length 0; what is written there is kept by lengthening j.chunk.
func (j *Join) room(n int) []byte {
	if cap(j.chunk)-len(j.chunk) < n {
		j.chunk = make([]byte, 0, max(1<<20, n))
	}
	return j.chunk[len(j.chunk):len(j.chunk):cap(j.chunk)]
}

// touch keeps in mind the cases to which a row belongs.
func (j *Join) touch(t *joined, n int32) {
	if j.follow {
		j.climb(t, n)
	}
}

func (j *Join) climb(t *joined, n int32) {
	parent, id := t.leads(n)
	if parent == "" {
		if id != "" {
			j.touched[id] = struct{}{}
		}
		return
	}
	if c, ok := t.above.first[parent]; ok {
		for p := c.first; p >= 0; p = t.above.next[p] {
			if !t.parent.rows[p].dead {
				j.climb(t.parent, p)
			}
		}
	}
}

// leads gives what the row says of where it belongs: the name of its parent, and of its case.
func (t *joined) leads(n int32) (parent, id string) {
	names := t.rows[n].names(len(t.Events))
	for _, l := range t.lookups {
		name := names.next()
		if l == t.byParent {
			parent = name
		}
		if l == t.byCase {
			id = name
		}
	}
	return parent, id
}

// nameOf gives what the row says under the column of a lookup.
func (t *joined) nameOf(l *lookup, n int32) string {
	names := t.rows[n].names(len(t.Events))
	for _, x := range t.lookups {
		if name := names.next(); x == l {
			return name
		}
	}
	return ""
}

// place names a row as its file and line.
func (j *Join) place(at spot) string { return j.files[at.file-1] + ":" + strconv.Itoa(int(at.line)) }

// texts walks over the lengths and texts of a row. They lie in the arena, which is not written to again.
type texts []byte

func (x *texts) next() string {
	n, k := binary.Uvarint(*x)
	s := (*x)[k : k+int(n)]
	*x = (*x)[k+int(n):]
	return str(s)
}

// columns are the texts behind the times.
func (r *heldRow) columns(events int) (count int, x texts) {
	b := r.text[events*stampSize:]
	n, k := binary.Uvarint(b)
	return int(n), texts(b[k:])
}

func (r *heldRow) names(events int) texts {
	n, x := r.columns(events)
	for range n {
		x.next()
	}
	return x
}

// when reads the time of the row's event number i.
func (r *heldRow) when(i int) (at calendar.Instant, p calendar.Precision, offset, ok bool) {
	b := r.text[i*stampSize:]
	return calendar.Instant(binary.LittleEndian.Uint64(b[1:])), calendar.Precision(b[0] >> 2), b[0]&2 != 0, b[0]&1 != 0
}

// Touched gives the cases that changed since it was asked last, sorted: those of every row that came, and those of the
// rows that another replaced. Only a join that follows knows them.
func (j *Join) Touched() []string {
	ids := make([]string, 0, len(j.touched))
	for id := range j.touched {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clear(j.touched)
	return ids
}

// Len is the number of cases so far.
func (j *Join) Len() int { return len(j.cases) }

// Cases gives the identifiers of all cases, in the order of their first rows.
func (j *Join) Cases() []string { return slices.Clone(j.cases) }
