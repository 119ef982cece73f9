package audit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Recorded is a case as the platform's own record has it. It is written as a history for others, and such a history is read
// back here and judged as the record was: see History.
type Recorded struct {
	Head     casefile.Head
	Acts     []*casefile.Record // all, in the order of their numbers
	Duties   []casefile.Duty
	Findings []casefile.Finding
	Proc     *procedure.Procedure // nil: not known; then every text is taken for free text
	AsOf     calendar.Instant     // the moment up to which deadlines had passed
	Record   string               // of which state of the record: acts in its ledger, and the root
}

// Beside the names that every log has (concept:name, org:resource ...) a history of the record carries these. Those of a case:
const (
	keyProcedure = "plumbline:procedure" // pack/procedure; by this key the history of a record is known
	keyAsOf      = "plumbline:as_of"
	keyClosed    = "plumbline:closed"
	keyHolds     = "plumbline:unit" // the unit that holds the case
	keyCaseNo    = "plumbline:case_number"
	keyTitle     = "plumbline:title"
	keyStage     = "plumbline:stage"
	keyHandlers  = "plumbline:handlers"
	keyRecord    = "plumbline:record"   // acts in the ledger when the export began, and its root
	keyRevision  = "plumbline:revision" // of the case
	keyPeople    = "plumbline:people"   // named: as the record has them; redacted: officers numbered, a cross for texts that may tell who somebody is
)

// And those of an event. Lists have commas between; an empty list, which is known to be empty, is "-".
const (
	keyNumber         = "plumbline:number" // in its case, from 1
	keyRecorded       = "plumbline:recorded"
	keyPrecision      = "plumbline:precision" // day or minute; absent: to the second
	keyPosts          = "plumbline:posts"
	keyQualifications = "plumbline:qualifications"
	keyRelations      = "plumbline:relations"
	keyUnitKind       = "plumbline:unit_kind" // of org:group
	keySubjects       = "plumbline:subjects"  // id kind role, or - for no role
	keyCorrects       = "plumbline:corrects"  // number of the act in whose place it stands
	keyWithdraws      = "plumbline:withdraws"
	keyByLaw          = "plumbline:by_law"
	keyRefused        = "plumbline:refused" // rules; the act took no effect
	keyDocuments      = "plumbline:documents"
	keyFiles          = "plumbline:files"    // how many were attached
	keyDuties         = "plumbline:duties"   // that it opened: id state, and the deadline where there is one
	keyFindings       = "plumbline:findings" // rules of the findings that it gave rise to and that stand
	keyWarnings       = "plumbline:warnings"
	keyUnjudged       = "plumbline:unjudged"
)

// Columns are those that every table of a record's history has; those of its data are to be added.
func Columns() *eventlog.Columns {
	var of eventlog.Case
	var e eventlog.Event
	text := func(into *[]eventlog.Field, kind eventlog.Kind, keys ...string) {
		for _, k := range keys {
			*into = append(*into, eventlog.Field{Key: k, Kind: kind})
		}
	}
	text(&of.Data, eventlog.String, keyProcedure, keyHolds, keyCaseNo, keyStage, keyHandlers, keyRecord, keyPeople, keyFindings, keyWarnings, keyUnjudged)
	text(&of.Data, eventlog.Int, keyRevision)
	text(&of.Data, eventlog.Time, keyAsOf)
	text(&of.Data, eventlog.Bool, keyClosed)
	text(&e.Data, eventlog.Int, keyNumber, keyCorrects, keyWithdraws, keyFiles)
	text(&e.Data, eventlog.Time, keyRecorded)
	text(&e.Data, eventlog.Bool, keyByLaw)
	text(&e.Data, eventlog.String, keyPrecision, keyPosts, keyQualifications, keyRelations, keyUnitKind, keySubjects, keyRefused, keyDocuments, keyDuties,
		keyFindings, keyWarnings, keyUnjudged)
	of.Events = []eventlog.Event{e}
	c := &eventlog.Columns{}
	c.Add(&of)
	return c
}

// refusedEnding marks an attempt that was refused: another activity than the act, for nothing of the act took effect.
const refusedEnding = ".refused"

// Pseudonyms stand for people in what leaves the house: officers are numbered as they come, the same person by the same
// number, and a text that may tell who somebody is becomes a cross with a number, the same text of a case the same number, so
// that what compares texts finds the same. Keep leaves everything as it is.
type Pseudonyms struct {
	Keep     bool
	officers map[string]string
	texts    map[string]string // of the case at hand
	Texts    int64             // that became a cross
	Dropped  int64             // dates of birth left out
}

// Officers is how many people got a number.
func (n *Pseudonyms) Officers() int { return len(n.officers) }

func (n *Pseudonyms) officer(id string) string {
	if n.Keep || id == "" {
		return id
	}
	if n.officers == nil {
		n.officers = map[string]string{}
	}
	if n.officers[id] == "" {
		n.officers[id] = fmt.Sprintf("officer-%d", len(n.officers)+1)
	}
	return n.officers[id]
}

func (n *Pseudonyms) officersIn(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = n.officer(id)
	}
	return strings.Join(out, ",")
}

const cross = "×"

// namesOfficers are the roles of data whose texts are ids of officers; plainText are those whose texts tell nothing of people.
var (
	namesOfficers = []string{"handlers", "officers", "concerned", "complained_of"}
	plainText     = []string{"unit", "to_unit", "case", "finding", "offence", "tier", "grade", "gender", "channel", "seed", "drawn", "drawn_twice"}
)

// value is what may leave of a datum; false: nothing.
func (n *Pseudonyms) value(f *procedure.FieldInfo, v casefile.Value) (string, bool) {
	text := v.String()
	if v.Kind() == casefile.Instant {
		text = stamp(v.Instant())
	}
	switch {
	case n.Keep:
		return text, true
	case f != nil && slices.Contains(namesOfficers, f.As):
		return n.officersIn(strings.Split(text, ",")), true
	case f != nil && f.As == "birth":
		n.Dropped++
		return "", false
	case v.Kind() != casefile.Text, f != nil && (len(f.Enum) > 0 || slices.Contains(plainText, f.As)):
		return text, true
	}
	return n.crossed(text), true
}

func (n *Pseudonyms) crossed(text string) string {
	n.Texts++
	if n.texts[text] == "" {
		n.texts[text] = cross + strconv.Itoa(len(n.texts)+1)
	}
	return n.texts[text]
}

// ownSubject are the ids that the house gives; one that another system gave may be a name or a number of somebody.
var ownSubject = regexp.MustCompile(`^[a-z][0-9]{1,4}$`)

func (n *Pseudonyms) subject(id casefile.Subject) string {
	if n.Keep || id == "" || ownSubject.MatchString(string(id)) {
		return string(id)
	}
	return n.crossed(string(id))
}

// fields lists what may leave of the data of an act.
func (c *Recorded) fields(r *casefile.Record, n *Pseudonyms) []eventlog.Field {
	var known []procedure.FieldInfo
	if c.Proc != nil {
		if i := c.Proc.ActOf(r.Kind); i >= 0 {
			known = c.Proc.Act(i).Fields
		}
	}
	var out []eventlog.Field
	for _, d := range r.Data {
		var f *procedure.FieldInfo
		if i := slices.IndexFunc(known, func(f procedure.FieldInfo) bool { return f.Name == d.Name }); i >= 0 {
			f = &known[i]
		}
		if text, ok := n.value(f, d.Value); ok {
			out = append(out, eventlog.Field{Key: d.Name, Value: text, Kind: logKinds[d.Value.Kind()]})
		}
	}
	return out
}

var logKinds = map[casefile.Kind]eventlog.Kind{casefile.Bool: eventlog.Bool, casefile.Int: eventlog.Int, casefile.Number: eventlog.Float,
	casefile.Money: eventlog.Float, casefile.Text: eventlog.String, casefile.Instant: eventlog.Time, casefile.Date: eventlog.String}

func stamp(i calendar.Instant) string { return i.Time().Format("2006-01-02T15:04:05.000000Z07:00") }

// shown is a list as one value.
func shown(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ",")
}

// data gathers fields, leaving out what is empty.
type data []eventlog.Field

func (d *data) text(key, value string) {
	if value != "" {
		*d = append(*d, eventlog.Field{Key: key, Value: value})
	}
}

func (d *data) of(kind eventlog.Kind, key, value string) {
	*d = append(*d, eventlog.Field{Key: key, Value: value, Kind: kind})
}

// History is the case as a history: an event for each act that was kept, in the order of their numbers, refused attempts as
// acts of their own (see docs/export.md). A finding that was withdrawn is not in it.
func (c *Recorded) History(n *Pseudonyms) eventlog.Case {
	h := &c.Head
	n.texts = map[string]string{}
	out := eventlog.Case{ID: string(h.ID)}
	d := data{}
	d.text(keyProcedure, h.Procedure)
	d.of(eventlog.Time, keyAsOf, stamp(c.AsOf))
	d.of(eventlog.Bool, keyClosed, strconv.FormatBool(h.Closed))
	d.text(keyHolds, h.Unit)
	d.text(keyCaseNo, h.Number)
	d.text(keyStage, h.Stage)
	d.text(keyHandlers, n.officersIn(h.Handlers))
	d.text(keyRecord, c.Record)
	d.of(eventlog.Int, keyRevision, strconv.FormatInt(int64(h.Revision), 10))
	d.text(keyPeople, map[bool]string{true: "named", false: "redacted"}[n.Keep])
	if n.Keep {
		d.text(keyTitle, h.Title)
	}
	c.came(0, &d) // what no single act gave rise to
	out.Data = d
	number := c.numbers()
	for _, r := range c.Acts {
		out.Events = append(out.Events, c.event(r, n, number))
	}
	return out
}

func (c *Recorded) numbers() map[casefile.ActID]int64 {
	number := map[casefile.ActID]int64{}
	for _, r := range c.Acts {
		number[r.ID] = r.Number
	}
	return number
}

func (c *Recorded) event(r *casefile.Record, n *Pseudonyms, number map[casefile.ActID]int64) eventlog.Event {
	e := eventlog.Event{Act: r.Kind, Time: r.Occurred, Lifecycle: "complete"}
	d := data{}
	d.of(eventlog.Int, keyNumber, strconv.FormatInt(r.Number, 10))
	if r.Recorded != 0 {
		d.of(eventlog.Time, keyRecorded, stamp(r.Recorded))
	}
	if r.Precision != calendar.Second {
		d.text(keyPrecision, r.Precision.String())
	}
	if a := r.Actor; a != nil {
		e.Person = n.officer(a.Person)
		if len(a.Posts) > 0 {
			e.Post = a.Posts[0]
		}
		for _, l := range []struct {
			key  string
			list []string
		}{{keyPosts, a.Posts}, {keyQualifications, a.Qualifications}, {keyRelations, a.Relations}} {
			if l.list != nil {
				d.text(l.key, shown(l.list))
			}
		}
	}
	if r.Unit != nil {
		e.Unit = r.Unit.ID
		d.text(keyUnitKind, r.Unit.Kind)
	}
	var subjects []string
	for _, s := range r.Subjects {
		subjects = append(subjects, n.subject(s.ID)+" "+s.Kind+" "+shown(some(s.Role)))
	}
	d.text(keySubjects, strings.Join(subjects, ","))
	for _, l := range []struct {
		key string
		of  casefile.ActID
	}{{keyCorrects, r.Corrects}, {keyWithdraws, r.Withdraws}} {
		if l.of != "" {
			d.of(eventlog.Int, l.key, strconv.FormatInt(number[l.of], 10))
		}
	}
	if r.ByLaw {
		d.of(eventlog.Bool, keyByLaw, "true")
	}
	if len(r.Refused) > 0 {
		e.Act += refusedEnding
		var rules []string
		for _, x := range r.Refused {
			rules = append(rules, x.Rule)
		}
		d.text(keyRefused, strings.Join(rules, ","))
	}
	var documents []string
	for _, x := range r.Issued {
		documents = append(documents, strings.TrimSpace(x.Kind+" "+x.Number))
	}
	d.text(keyDocuments, strings.Join(documents, ","))
	if len(r.Attached) > 0 {
		d.of(eventlog.Int, keyFiles, strconv.Itoa(len(r.Attached)))
	}
	c.came(r.Number, &d)
	e.Data = append(d, c.fields(r, n)...)
	return e
}

// came adds what came of an act.
func (c *Recorded) came(number int64, d *data) {
	var duties []string
	for _, x := range c.Duties {
		if x.Cause == number {
			text := x.Duty + " " + x.State
			if x.Due != 0 {
				text += " " + stamp(x.Due)
			}
			duties = append(duties, text)
		}
	}
	d.text(keyDuties, strings.Join(duties, ","))
	rules := map[string][]string{}
	for i := range c.Findings {
		if x := &c.Findings[i]; x.Cause == number && x.WithdrawnBy == 0 {
			rules[standsAs(x)] = append(rules[standsAs(x)], x.Rule)
		}
	}
	for _, key := range []string{keyFindings, keyWarnings, keyUnjudged} {
		d.text(key, strings.Join(rules[key], ","))
	}
}

// standsAs tells under which key a finding stands.
func standsAs(x *casefile.Finding) string {
	switch {
	case x.Unjudged:
		return keyUnjudged
	case x.Warn:
		return keyWarnings
	}
	return keyFindings
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// Objects is the case as part of an object-centric log: the case, its people and items, documents, duties and findings as
// objects; officers and units as objects that it shares with other cases; an event for each act.
func (c *Recorded) Objects(n *Pseudonyms) (own, shared []eventlog.Object, events []eventlog.ObjectEvent) {
	h := &c.Head
	id := string(h.ID)
	unit := func(u string) string {
		shared = append(shared, eventlog.Object{ID: "unit:" + u, Type: "unit"})
		return "unit:" + u
	}
	officer := func(p string) string {
		p = "officer:" + n.officer(p)
		shared = append(shared, eventlog.Object{ID: p, Type: "officer"})
		return p
	}
	history := c.History(n)
	this := eventlog.Object{ID: id, Type: "case", Since: h.Opened, Relations: []eventlog.Relation{{Object: unit(h.Unit), Qualifier: "held by"}}}
	for _, f := range history.Data {
		if !slices.Contains([]string{keyHolds, keyHandlers, keyFindings, keyWarnings, keyUnjudged}, f.Key) { // objects of their own
			f.Key = strings.TrimPrefix(f.Key, "plumbline:")
			this.Data = append(this.Data, f)
		}
	}
	for _, p := range h.Handlers {
		this.Relations = append(this.Relations, eventlog.Relation{Object: officer(p), Qualifier: "assigned"})
	}
	own = append(own, this)
	part := func(o eventlog.Object) { // of the case
		o.Relations = append(o.Relations, eventlog.Relation{Object: id, Qualifier: "in"})
		own = append(own, o)
	}
	subject := func(s casefile.Subject) string { return id + "/" + n.subject(s) }
	event := func(number int64) string { return id + "#" + strconv.FormatInt(number, 10) }
	duty := func(d string, s casefile.Subject, cause int64) string {
		return event(cause) + "/" + d + "/" + n.subject(s)
	}
	left := map[int64][]eventlog.Relation{} // by acts
	for i := range c.Duties {
		x := &c.Duties[i]
		d := data{}
		d.text("duty", x.Duty)
		d.text("state", x.State)
		if x.Due != 0 {
			d.of(eventlog.Time, "due", stamp(x.Due))
		}
		if x.Done != 0 {
			d.of(eventlog.Time, "done", stamp(x.Done))
		}
		o := eventlog.Object{ID: duty(x.Duty, x.Subject, x.Cause), Type: "duty", Since: x.Opened, Data: d}
		if x.Subject != "" {
			o.Relations = append(o.Relations, eventlog.Relation{Object: subject(x.Subject), Qualifier: "about"})
		}
		part(o)
		left[x.Cause] = append(left[x.Cause], eventlog.Relation{Object: o.ID, Qualifier: "leaves"})
	}
	for i := range c.Findings {
		x := &c.Findings[i]
		d := data{}
		d.text("rule", x.Rule)
		d.text("clause", x.Clause)
		d.of(eventlog.Int, "severity", strconv.Itoa(x.Severity))
		d.of(eventlog.Bool, "warning", strconv.FormatBool(x.Warn))
		d.of(eventlog.Bool, "unjudged", strconv.FormatBool(x.Unjudged))
		d.of(eventlog.Bool, "withdrawn", strconv.FormatBool(x.WithdrawnBy != 0))
		if c.Proc != nil {
			if k := c.Proc.RuleOf(x.Rule); k >= 0 {
				rule := c.Proc.Rules()[k]
				d.text("title", rule.Title.In("en"))
				d.text("basis", strings.Join(rule.Basis, ","))
			}
		}
		o := eventlog.Object{ID: x.ID(), Type: "finding", Since: x.At, Data: d}
		if x.Subject != "" {
			o.Relations = append(o.Relations, eventlog.Relation{Object: subject(x.Subject), Qualifier: "about"})
		}
		if x.Duty != "" {
			o.Relations = append(o.Relations, eventlog.Relation{Object: duty(x.Duty, x.Subject, x.Cause), Qualifier: "of duty"})
		}
		part(o)
		left[x.Cause] = append(left[x.Cause], eventlog.Relation{Object: o.ID, Qualifier: "gives rise to"})
	}
	known := map[casefile.Subject]bool{}
	for i, r := range c.Acts {
		e := &history.Events[i]
		o := eventlog.ObjectEvent{ID: event(r.Number), Type: e.Act, Time: r.Occurred, Relations: []eventlog.Relation{{Object: id, Qualifier: "case"}}}
		for _, f := range e.Data {
			if !slices.Contains([]string{keyDuties, keyFindings, keyWarnings, keyUnjudged, keyDocuments, keySubjects}, f.Key) {
				o.Data = append(o.Data, f)
			}
		}
		if r.Actor != nil {
			o.Relations = append(o.Relations, eventlog.Relation{Object: officer(r.Actor.Person), Qualifier: "by"})
		}
		if r.Unit != nil {
			o.Relations = append(o.Relations, eventlog.Relation{Object: unit(r.Unit.ID), Qualifier: "in"})
		}
		for _, s := range r.Subjects {
			if !known[s.ID] {
				known[s.ID] = true
				d := data{}
				d.text("role", s.Role)
				part(eventlog.Object{ID: subject(s.ID), Type: s.Kind, Since: r.Occurred, Data: d})
			}
			role := s.Role
			if role == "" {
				role = "about"
			}
			o.Relations = append(o.Relations, eventlog.Relation{Object: subject(s.ID), Qualifier: role})
		}
		for k, x := range r.Issued {
			d := data{}
			d.text("kind", x.Kind)
			d.text("number", x.Number)
			paper := eventlog.Object{ID: fmt.Sprintf("%s/document/%d", event(r.Number), k+1), Type: "document", Since: r.Occurred, Data: d}
			part(paper)
			o.Relations = append(o.Relations, eventlog.Relation{Object: paper.ID, Qualifier: "issues"})
		}
		o.Relations = append(o.Relations, left[r.Number]...)
		events = append(events, o)
	}
	return own, shared, events
}
