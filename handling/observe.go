package handling

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/procedure"
)

// Source is another system whose acts are observed: done and decided there, judged and supervised here.
type Source struct {
	Name      string // one word; it stands on every act that it brings
	Procedure string // pack/procedure
	Unit      authority.UnitID
	Units     map[string]authority.UnitID  // what units are called there; others are Unit
	People    map[string]string            // what people are called there: their ids here; others are kept by name, without posts
	Posts     map[string]string            // what posts are called there
	Values    map[string]map[string]string // by datum: what its values are called there
	Subject   string                       // the datum that names the person or item an act is about
	Role      string                       // the datum that says in which role
	Whole     bool                         // all that stands there is offered every time: what is no longer there is withdrawn
	First     bool                         // it was never read to its end: what it tells is past, and leads to nothing elsewhere
	All       bool                         // all that stands there is offered now: a row that went back to what it said counts again
}

// FeedRow is one row of another system: one act as it tells it. Texts are as they stand there.
type FeedRow struct {
	Row       string // its key there; empty: it has none
	Place     string // file and line, for messages
	Act       string // of the procedure
	Occurred  calendar.Instant
	Precision calendar.Precision
	Person    string
	Post      string
	Unit      string
	Data      []FeedDatum
}

// FeedDatum is one value under the name that the procedure has for it.
type FeedDatum struct{ Name, Text string }

// Fault is what is wrong with a row: it was not kept, or only a datum of it was left out.
type Fault struct {
	Place  string
	Row    string // its key there
	Case   string // as it is called there
	Kept   bool   // the act is on the record, without the datum
	Later  bool   // it may be an act later: its time is still to come
	Reason Text
}

// Observed says what became of the rows of one case.
type Observed struct {
	Case                               casefile.CaseID
	Opened                             bool
	New, Corrected, Withdrawn, Repeats int
	Happened                           []calendar.Instant // when the acts that are new happened
	Stands                             ObservedTally      // of all that the source told of the case until now
	Faults                             []Fault
}

// ObservedTally counts the acts of another system that are on the record.
type ObservedTally struct {
	Acts, Corrected, Withdrawn int64 // a correction is an act too, a withdrawal is none
	Postless                   int64 // acts about which clauses on posts are not judged: who did them is not known here
}

// Add adds, or with a negative factor takes away.
func (t *ObservedTally) Add(x ObservedTally, times int64) {
	t.Acts += times * x.Acts
	t.Corrected += times * x.Corrected
	t.Withdrawn += times * x.Withdrawn
	t.Postless += times * x.Postless
}

func (t *ObservedTally) count(records []*casefile.Record) {
	for _, r := range records {
		switch {
		case r.Observed == nil:
			continue
		case r.Withdraws != "":
			t.Withdrawn++
			continue
		case r.Corrects != "":
			t.Corrected++
		}
		t.Acts++
		if r.Actor == nil || r.Actor.Posts == nil {
			t.Postless++
		}
	}
}

// longestRow is how many bytes a row may have, that its act fits into the record.
const longestRow = 256 << 10

// firstYear is from when on a record can say when something happened, in every zone.
var firstYear = calendar.InstantOf(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC))

// fromSource is the word of a case that was born elsewhere.
const fromSource = "observed:"

// ObservedFrom is the source of a case that was born in another system; empty where it was born here.
func ObservedFrom(head *casefile.Head) string {
	if from := keyed(head.Words, fromSource); len(from) > 0 {
		return from[0]
	}
	return ""
}

// ObservedCase is the id here of a case of another system.
func ObservedCase(source, id string) casefile.CaseID {
	return caseOf(casefile.ActID("observed\n" + source + "\n" + id))
}

// CheckSource says what is wrong with a source for this house; nil: nothing.
func (h *House) CheckSource(s *Source) error {
	var bad []error
	if s.Name == "" || strings.ContainsAny(s.Name, " \n\t:") || casefile.CheckText(s.Name) != nil {
		bad = append(bad, fmt.Errorf("%q cannot name a source: one word is needed", s.Name))
	}
	p, err := h.procedureOf(s.Procedure)
	switch {
	case err != nil:
		bad = append(bad, fmt.Errorf("procedure %s: %w", s.Procedure, err))
	case p.Matter():
		bad = append(bad, fmt.Errorf("procedure %s is for matters of this house, which no other system brings", s.Procedure))
	}
	units := append(slices.Collect(maps.Values(s.Units)), s.Unit)
	slices.Sort(units)
	for _, u := range slices.Compact(units) {
		if _, ok := h.People().Unit(u); !ok {
			bad = append(bad, fmt.Errorf("there is no unit %q on the record: name one, or let the administrator found it", u))
		}
	}
	for _, there := range slices.Sorted(maps.Keys(s.People)) {
		if _, ok := h.People().Person(authority.PersonID(s.People[there])); !ok {
			bad = append(bad, fmt.Errorf("%q is said to be person %q, who is not on the record", there, s.People[there]))
		}
	}
	return errors.Join(bad...)
}

// Observe keeps what another system tells of one of its cases, and judges it at once. Nothing is refused: reasons against a
// decision are findings. Rows that are here already change nothing, whatever the order in which they come; a row with a key
// that says something new corrects the act it told of. Limits that ran out before since are on the pages and told to nobody.
//
// A row that cannot be an act is a Fault; the others are kept. All that is new of a case is one change.
func (h *House) Observe(ctx context.Context, s *Source, id string, rows []FeedRow, since calendar.Instant) (*Observed, error) {
	if strings.TrimSpace(id) == "" || len(id) > longestName || strings.Contains(id, "\n") || casefile.CheckText(id) != nil {
		out := &Observed{Case: ObservedCase(s.Name, id)}
		for i := range rows {
			out.Faults = append(out.Faults, Fault{Place: rows[i].Place, Row: rows[i].Row, Reason: both("案件编号过长或者含有不能入卷的字符", "the number of its case is too long, or has characters that cannot be kept")})
		}
		return out, nil
	}
	for range mostTries {
		o, err := h.observeOnce(ctx, s, id, rows, since)
		if !errors.Is(err, casefile.ErrConflict) {
			return o, err
		}
	}
	return nil, fmt.Errorf("case %s of %s: %w %d times in a row", id, s.Name, casefile.ErrConflict, mostTries)
}

func (h *House) observeOnce(ctx context.Context, s *Source, id string, rows []FeedRow, since calendar.Instant) (*Observed, error) {
	out := &Observed{Case: ObservedCase(s.Name, id)}
	c, past, err := h.observed(ctx, s, id, out)
	if err != nil {
		return nil, err
	}
	now := h.now()
	o := &observer{h: h, s: s, c: c, id: id, now: now, out: out, past: past}
	fresh := o.compare(rows)
	out.Stands.count(past)
	out.Stands.count(fresh)
	if len(fresh) == 0 {
		return out, nil
	}
	records := append(slices.Clone(past), fresh...)
	judged, _ := rejudge(c.proc, records, now)
	judged.since = since
	change := &casefile.Change{Case: out.Case, Revision: c.head.Revision, Head: c.head}
	change.Head.Updated = now
	h.describe(c, &change.Head, fresh[len(fresh)-1], judged)
	if out.Opened {
		if change.Head.Opened == 0 { // no act that opens a case was told
			change.Head.Opened = fresh[0].Occurred
		}
		change.Head.Words = addWords(bigrams(change.Head.Words, id), fromSource+s.Name)
	}
	var marks []string // of what is still to be followed, and of all that is new
	for _, mark := range keyed(c.head.Words, leadsOn) {
		marks = append(marks, leadsOn+mark)
	}
	for _, r := range fresh {
		if k := c.proc.ActOf(r.Kind); k >= 0 && !s.First {
			marks = append(marks, h.leadWords(c.proc, c.proc.Act(k), r)...)
		}
	}
	change.Head.Words = addWords(withoutKeys(change.Head.Words, leadsOn), marks...)
	if err := h.project(ctx, c, judged, change, now); err != nil {
		return nil, err
	}
	for i, r := range fresh {
		act, err := h.sealed(r)
		if err != nil {
			return nil, fmt.Errorf("case %s of %s: %w", id, s.Name, err)
		}
		if i == 0 {
			change.Act = act
		} else {
			change.Then = append(change.Then, act)
		}
	}
	if _, err := h.commit(ctx, change); err != nil {
		return nil, err
	}
	h.moveRights(&change.Head)
	if len(marks) > 0 {
		h.follow(context.WithoutCancel(ctx), out.Case)
	}
	return out, nil
}

// observed loads a case of a source, or makes the empty one.
func (h *House) observed(ctx context.Context, s *Source, id string, out *Observed) (*standing, []*casefile.Record, error) {
	head, err := h.store.Case(ctx, out.Case)
	if errors.Is(err, casefile.ErrNotFound) {
		p, err := h.procedureOf(s.Procedure)
		if err != nil {
			return nil, nil, err
		}
		out.Opened = true
		return &standing{head: casefile.Head{ID: out.Case, Procedure: s.Procedure, Number: id}, proc: p, at: p.New()}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := h.stand(ctx, head)
	if err != nil {
		return nil, nil, err
	}
	past, err := h.records(ctx, out.Case, 0)
	return c, past, err
}

// sealed encodes an act ahead of the writer: its number is known, for the writer refuses the change when the case has moved.
func (h *House) sealed(r *casefile.Record) (*casefile.NewAct, error) {
	b, err := r.Encode(h.random)
	if err != nil {
		return nil, err
	}
	leaf := r.Leaf()
	return &casefile.NewAct{ID: r.ID, Request: r.Observed.Digest, Seal: func(_ *casefile.Change, number int64, _ []int64) ([]byte, ledger.Hash, error) {
		if number != r.Number {
			return nil, ledger.Hash{}, casefile.ErrConflict
		}
		return b, leaf, nil
	}}, nil
}

// observer compares what is offered of a case with what is kept of it.
type observer struct {
	h    *House
	s    *Source
	c    *standing
	id   string
	now  calendar.Instant
	out  *Observed
	past []*casefile.Record
	home authority.UnitID // the unit of the case
}

// compare makes records of what is new: the rows in the order in which they occurred, then what is gone.
func (o *observer) compare(rows []FeedRow) []*casefile.Record {
	latest := map[ledger.Hash]*casefile.Record{} // by what the row said
	times := map[ledger.Hash]int{}
	gone := map[casefile.ActID]*casefile.Record{} // the act that took its place, or took it back
	for _, r := range o.past {
		if r.Observed == nil {
			continue
		}
		if r.Withdraws == "" {
			latest[r.Observed.Digest] = r
			times[r.Observed.Digest]++
		}
		gone[r.Corrects], gone[r.Withdraws] = r, r
	}
	o.settleHome(rows)
	stands := map[string]*casefile.Record{} // by the key of the row
	var keyless []*casefile.Record
	for _, r := range o.past {
		switch {
		case r.Observed == nil || r.Withdraws != "" || gone[r.ID] != nil:
		case r.Observed.Row != "-":
			stands[r.Observed.Row] = r
		default:
			keyless = append(keyless, r)
		}
	}
	there := map[ledger.Hash]bool{}
	for i := range rows {
		there[rows[i].Digest()] = true
	}
	back := func(r *casefile.Record) bool { // a row says again what it said, and its later version is no longer there
		for gone[r.ID] != nil && gone[r.ID].Withdraws == "" {
			r = gone[r.ID]
		}
		return (o.s.Whole || o.s.All) && !there[r.Observed.Digest]
	}
	var fresh []*casefile.Record
	offered := map[ledger.Hash]bool{}
	for i := range rows {
		digest := rows[i].Digest()
		if offered[digest] {
			o.out.Repeats++
			continue
		}
		offered[digest] = true
		if was := latest[digest]; was != nil && (gone[was.ID] == nil || gone[was.ID].Withdraws == "" && !back(was)) {
			o.out.Repeats++ // here already, or what a later row stands in place of
			if gone[was.ID] == nil {
				o.record(&rows[i], digest, 0) // what is wrong with it is told every time
			}
			continue
		}
		r := o.record(&rows[i], digest, times[digest])
		if r == nil {
			continue
		}
		times[digest]++
		if old := stands[r.Observed.Row]; old != nil && r.Observed.Row != "-" {
			r.Corrects = old.ID
		}
		if r.Observed.Row != "-" {
			stands[r.Observed.Row] = r
		}
		fresh = append(fresh, r)
	}
	if o.s.Whole {
		o.vanished(fresh, keyless, offered)
		for _, r := range o.past {
			if r.Observed != nil && r.Withdraws == "" && gone[r.ID] == nil && !offered[r.Observed.Digest] &&
				!slices.ContainsFunc(fresh, func(x *casefile.Record) bool { return x.Corrects == r.ID }) {
				fresh = append(fresh, o.withdrawal(r))
			}
		}
	}
	slices.SortStableFunc(fresh, func(a, b *casefile.Record) int { return cmp.Compare(a.Occurred, b.Occurred) })
	for i, r := range fresh {
		r.Number = o.c.head.Acts + int64(i) + 1
		switch {
		case r.Withdraws != "":
			o.out.Withdrawn++
		case r.Corrects != "":
			o.out.Corrected++
		default:
			o.out.New++
		}
		if r.Withdraws == "" {
			o.out.Happened = append(o.out.Happened, r.Occurred)
		}
	}
	return fresh
}

// settleHome finds the unit of the case: the one it has, else that of the first row that names a unit of the house.
func (o *observer) settleHome(rows []FeedRow) {
	o.home = authority.UnitID(o.c.head.Unit)
	for i := range rows {
		if u, ok := o.s.Units[rows[i].Unit]; ok && o.home == "" {
			o.home = u
		}
	}
	o.home = cmp.Or(o.home, o.s.Unit)
}

// vanished pairs rows without a key that are new with those of the same kind that are no longer there: each is a correction.
func (o *observer) vanished(fresh, keyless []*casefile.Record, offered map[ledger.Hash]bool) {
	for _, r := range fresh {
		i := slices.IndexFunc(keyless, func(x *casefile.Record) bool {
			return r.Observed.Row == "-" && r.Kind == x.Kind && !offered[x.Observed.Digest] && !slices.ContainsFunc(fresh, func(y *casefile.Record) bool { return y.Corrects == x.ID })
		})
		if i >= 0 {
			r.Corrects = keyless[i].ID
		}
	}
}

func (o *observer) withdrawal(old *casefile.Record) *casefile.Record {
	return &casefile.Record{Procedure: old.Procedure, Edition: o.c.proc.Edition()[:16], Observed: old.Observed,
		Act: casefile.Act{ID: actOf(o.s.Name, o.id, "gone "+string(old.ID), ledger.Hash{}, 0), Case: old.Case, Kind: old.Kind, Occurred: o.now, Recorded: o.now, Unit: old.Unit, Withdraws: old.ID}}
}

// actOf derives the id of an observed act: the same row, told again, is the same act.
func actOf(source, id, row string, digest ledger.Hash, times int) casefile.ActID {
	d := sha256.Sum256([]byte(strings.Join([]string{"plumbline observed act", source, id, row, digest.String(), strconv.Itoa(times)}, "\n")))
	return casefile.ActID("o-" + strings.ToLower(base32.StdEncoding.EncodeToString(d[:15])))
}

// Digest identifies what a row says, under whatever name its file has.
func (x *FeedRow) Digest() ledger.Hash {
	data := slices.Clone(x.Data)
	slices.SortFunc(data, func(a, b FeedDatum) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Text, b.Text)) })
	h := sha256.New()
	for _, t := range []string{x.Row, x.Act, strconv.FormatInt(int64(x.Occurred), 10), x.Precision.String(), x.Person, x.Post, x.Unit} {
		fmt.Fprintf(h, "%d %s\n", len(t), t)
	}
	for _, d := range data {
		fmt.Fprintf(h, "%d %s %d %s\n", len(d.Name), d.Name, len(d.Text), d.Text)
	}
	return ledger.Hash(h.Sum(nil))
}

func (o *observer) fault(x *FeedRow, kept bool, zh, en string) {
	o.out.Faults = append(o.out.Faults, Fault{Place: x.Place, Row: x.Row, Case: o.id, Kept: kept, Reason: both(zh, en)})
}

// record reads a row under the pack; nil where it cannot be an act.
func (o *observer) record(x *FeedRow, digest ledger.Hash, times int) *casefile.Record {
	kind := o.c.proc.ActOf(x.Act)
	switch {
	case kind < 0 && o.c.proc.Ignored(x.Act):
		return nil
	case kind < 0:
		o.fault(x, false, "程序中没有“"+x.Act+"”这种行为：在映射的 acts 中写明它对应哪一种", fmt.Sprintf("the procedure has no act %q: say under acts of the mapping which one it is", x.Act))
		return nil
	case x.Occurred < firstYear:
		o.fault(x, false, "时间早于公元1年", "its time lies before the year 1")
		return nil
	case x.Occurred > o.now:
		o.fault(x, false, "时间在将来（"+o.h.local(x.Occurred)+"），到时再采用", "its time lies in the future ("+o.h.local(x.Occurred)+"): it is taken then")
		o.out.Faults[len(o.out.Faults)-1].Later = true
		return nil
	}
	for _, text := range []string{x.Row, x.Person, x.Post, x.Unit} {
		if err := casefile.CheckText(text); err != nil {
			o.fault(x, false, "含有不能入卷的字符："+err.Error(), err.Error())
			return nil
		}
	}
	size := len(x.Row) + len(x.Person) + len(x.Post)
	for _, d := range x.Data {
		size += len(d.Text)
	}
	if size > longestRow {
		o.fault(x, false, "这一行过长，不能入卷", fmt.Sprintf("the row has %d bytes; %d is the most", size, longestRow))
		return nil
	}
	info := o.c.proc.Act(kind)
	r := &casefile.Record{Procedure: o.s.Procedure, Edition: o.c.proc.Edition()[:16],
		Observed: &casefile.Observed{Source: o.s.Name, Digest: digest, Row: cmp.Or(x.Row, "-")},
		Act:      casefile.Act{ID: actOf(o.s.Name, o.id, x.Row, digest, times), Case: o.out.Case, Kind: info.ID, Occurred: x.Occurred, Precision: x.Precision, Recorded: o.now}}
	r.Unit = o.unit(x.Unit)
	if x.Person != "" {
		r.Actor = o.actor(x, r.Unit)
	}
	o.data(x, info, r)
	if info.Scope != "case" && len(r.Subjects) == 0 {
		o.fault(x, true, "没有写明“"+info.Title.ZH+"”针对的人或物，不能据此判断", info.Title.EN+": it does not say whom or what it is about, so nothing is judged by it")
	}
	return r
}

func (o *observer) unit(there string) *casefile.Unit {
	id, ok := o.s.Units[there]
	if !ok {
		id = o.home
	}
	u, _ := o.h.People().Unit(id)
	return &casefile.Unit{ID: string(id), Kind: u.Kind}
}

// person is the id here of somebody of another system. A name that is nobody's here is kept with its source, so that it is
// never taken for the id of somebody else.
func (o *observer) person(there string) (id string, known bool) {
	if id, ok := o.s.People[there]; ok {
		return id, true
	}
	return o.s.Name + ":" + strings.Map(func(c rune) rune {
		if c == ',' || c == ' ' || c == '\n' || c == '\t' {
			return '_'
		}
		return c
	}, there), false
}

// actor resolves who did an act there. Posts of somebody who is not known here are not known, as in an audit.
func (o *observer) actor(x *FeedRow, unit *casefile.Unit) *casefile.Actor {
	id, known := o.person(x.Person)
	a := &casefile.Actor{Person: id}
	if known {
		a.Relations = []string{}
		a.Posts, a.Qualifications = o.h.People().Actor(authority.PersonID(id), authority.UnitID(unit.ID), x.Occurred)
		a.Qualifications = o.h.qualified(id, a.Qualifications, x.Occurred)
	}
	if x.Post != "" {
		post := x.Post
		if here, ok := o.s.Posts[post]; ok {
			post = here
		}
		if !strings.ContainsAny(post, ", \n") {
			a.Posts = append(slices.DeleteFunc(a.Posts, func(p string) bool { return p == post }), post)
		}
	}
	return a
}

// data reads what a row says under the types of the procedure. What cannot be read is left out, and said.
func (o *observer) data(x *FeedRow, info *procedure.ActInfo, r *casefile.Record) {
	role := info.Role
	for _, d := range x.Data {
		if d.Name == o.s.Role && info.Role == "" {
			role = cmp.Or(o.s.Values[d.Name][strings.TrimSpace(d.Text)], strings.TrimSpace(d.Text))
		}
	}
	if _, ok := o.h.pack.Role(role); !ok && role != info.Role {
		o.fault(x, true, "没有“"+role+"”这种身份，未采用", fmt.Sprintf("%q is not a role: translate it under values", role))
		role = ""
	}
	for _, d := range x.Data {
		text := strings.TrimSpace(strings.ReplaceAll(d.Text, "\r\n", "\n"))
		if text == "" {
			continue
		}
		if here, ok := o.s.Values[d.Name][text]; ok {
			text = here
		}
		if d.Name == o.s.Subject && info.Scope != "case" {
			if id := strings.Join(strings.Fields(text), "_"); casefile.CheckText(id) == nil {
				r.Subjects = []casefile.Ref{{ID: casefile.Subject(id), Kind: info.Scope, Role: role}}
			}
		}
		i := slices.IndexFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == d.Name })
		if i < 0 {
			continue
		}
		f := &info.Fields[i]
		v, err := o.value(f, text)
		if err != nil {
			o.fault(x, true, "“"+f.Title.ZH+"”不能读出（"+text+"），未采用", fmt.Sprintf("%s is left out: %v", f.Title.EN, err))
			continue
		}
		r.Data = append(r.Data, casefile.Datum{Name: f.Name, Value: v})
	}
}

func (o *observer) value(f *procedure.FieldInfo, text string) (casefile.Value, error) {
	if err := casefile.CheckText(text); err != nil {
		return casefile.Value{}, err
	}
	switch f.As {
	case "officers", "handlers", "concerned", "affected", "complained_of":
		var ids []string
		for name := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(",，、;； ", c) }) {
			id, _ := o.person(name)
			ids = append(ids, id)
		}
		return casefile.TextOf(strings.Join(ids, ",")), nil
	case "unit", "to_unit":
		id, ok := o.s.Units[text]
		if !ok {
			return casefile.Value{}, fmt.Errorf("no unit here is called %q there", text)
		}
		return casefile.TextOf(string(id)), nil
	case "case", "finding":
		return casefile.Value{}, errors.New("another system cannot name what is of this house")
	}
	if f.Kind == casefile.Instant {
		i, err := casefile.ParseInstant(yearFirst(text), o.h.pack.Zone)
		return casefile.InstantOf(i), err
	}
	if f.Kind == casefile.Date {
		text = yearFirst(text)
	}
	chosen, ok := f.Choose(text)
	if !ok {
		return casefile.Value{}, fmt.Errorf("%q is not one of its values: translate it under values", text)
	}
	return o.h.value(f, chosen)
}

// yearFirst writes a time that begins with the year, as 2026/3/2 9:05 or 2026年3月2日, as the house does: nothing else can be
// meant by it.
func yearFirst(text string) string {
	m := yearFirstForm.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	two := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	out := m[1] + "-" + two(m[2]) + "-" + two(m[3])
	if m[4] != "" {
		out += "T" + two(m[4]) + ":" + m[5] + m[6]
	}
	return out
}

var yearFirstForm = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(:\d{2})?)?$`)
