package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
)

// Objects is an object-centric log (OCEL 2.0): events related to objects of several types. It is held whole. The objects
// of one type are the cases; an event related to several of them occurs in each.
type Objects struct {
	name    string
	most    int64
	held    int64
	bytes   int64
	objects []object
	events  []objectEvent
	byID    map[string]int32 // of objects
	eventAt map[string]int32
	types   map[string]string // interned
}

type object struct {
	id, kind string
	values   []timedValue
	events   []int32 // each once
}

type timedValue struct {
	name, value string
	stamp       // from then on
}

type objectEvent struct {
	id, kind string
	stamp
	data    []Field
	related []relation
}

type relation struct {
	id, qualifier string
	object        int32 // -1 while it is not known
}

// NewObjects makes an empty log; name serves in messages. It takes at most so many bytes of memory, about; 0 means 1 GiB.
func NewObjects(name string, most int64) *Objects {
	if most <= 0 {
		most = defaultMaxHeld
	}
	return &Objects{name: name, most: most, byID: map[string]int32{}, eventAt: map[string]int32{}, types: map[string]string{}}
}

func (o *Objects) fail(of string, record int64, what, hint string) *Error {
	return &Error{Name: o.name, Of: of, Record: record, What: what, Hint: hint}
}

// hold counts memory and refuses what no text may hold.
func (o *Objects) hold(of string, record int64, size int, texts ...string) *Error {
	for _, s := range texts {
		if strings.IndexByte(s, 0) >= 0 {
			return o.fail(of, record, "a NUL byte in "+quote(s), "the file is damaged")
		}
		size += len(s)
	}
	if o.held += int64(size); o.held > o.most {
		return o.fail(of, record, "the log takes more than "+bytesOf(int(o.most))+" of memory", "an object-centric log is held whole: give a part of it")
	}
	return nil
}

func (o *Objects) intern(s string) string {
	if t, ok := o.types[s]; ok {
		return t
	}
	s = strings.Clone(s)
	o.types[s] = s
	return s
}

// Object adds an object. Its identifier must be new.
func (o *Objects) Object(id, kind string) error {
	n := int64(len(o.objects) + 1)
	if id == "" || kind == "" {
		return o.fail("object", n, "an object without id or type", "")
	}
	if _, twice := o.byID[id]; twice {
		return o.fail("object", n, "the id "+quote(id)+" occurs twice", "which object is meant cannot be told")
	}
	if bad := o.hold("object", n, 160, id); bad != nil {
		return bad
	}
	o.byID[id] = int32(len(o.objects))
	o.objects = append(o.objects, object{id: id, kind: o.intern(kind)})
	return nil
}

// Value adds what an attribute of an object is from a time on; time may be empty, which means from the beginning.
func (o *Objects) Value(id, name, value, time string) error {
	k, ok := o.byID[id]
	if !ok {
		return &Error{Name: o.name, What: "a value of object " + quote(id) + ", which is not there"}
	}
	st := stamp{at: earliest, offset: true}
	if time != "" {
		if st, ok = parseStamp(time); !ok {
			return o.fail("object", int64(k)+1, "the time "+quote(time)+" of attribute "+quote(name)+" is not a time", (*layout)(nil).hint())
		}
	}
	if bad := o.hold("object", int64(k)+1, 80, value, name); bad != nil {
		return bad
	}
	x := &o.objects[k]
	x.values = append(x.values, timedValue{o.intern(name), value, st})
	return nil
}

// Event adds an event with its attributes. Its identifier must be new.
func (o *Objects) Event(id, kind, time string, data []Field) error {
	n := int64(len(o.events) + 1)
	if id == "" || kind == "" {
		return o.fail("event", n, "an event without id or type", "every event must say what was done")
	}
	if _, twice := o.eventAt[id]; twice {
		return o.fail("event", n, "the id "+quote(id)+" occurs twice", "which event is meant cannot be told")
	}
	if time == "" {
		return o.fail("event", n, "no time", "a history without times cannot be judged")
	}
	st, ok := parseStamp(time)
	if !ok {
		return o.fail("event", n, "time "+quote(time)+" is not a time", (*layout)(nil).hint())
	}
	if bad := o.hold("event", n, 160, id); bad != nil {
		return bad
	}
	for i := range data {
		if bad := o.hold("event", n, 40, data[i].Key, data[i].Value); bad != nil {
			return bad
		}
		data[i].Key = o.intern(data[i].Key)
	}
	o.eventAt[id] = int32(len(o.events))
	o.events = append(o.events, objectEvent{id: id, kind: o.intern(kind), stamp: st, data: data})
	return nil
}

// Relate relates an event to an object, which may be added later.
func (o *Objects) Relate(event, object, qualifier string) error {
	k, ok := o.eventAt[event]
	if !ok {
		return &Error{Name: o.name, What: "a relation of event " + quote(event) + ", which is not there"}
	}
	if bad := o.hold("event", int64(k)+1, 48, object); bad != nil {
		return bad
	}
	e := &o.events[k]
	e.related = append(e.related, relation{object, o.intern(qualifier), -1})
	return nil
}

// Read hands on the cases under the terms of the function Read.
func (o *Objects) Read(ctx context.Context, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	return o.read(ctx, opt.filled(), newIDSet(), each)
}

func (o *Objects) read(ctx context.Context, opt Options, ids *idSet, each func(worker int, b *Batch) error) (Stats, error) {
	stats := Stats{Format: "ocel", Bytes: o.bytes}
	kind, bad := o.caseType(opt.Map)
	if bad != nil {
		return stats, bad
	}
	for i := range o.objects {
		o.objects[i].events = o.objects[i].events[:0]
	}
	with, without := 0, 0
	for i := range o.events {
		e := &o.events[i]
		cased := false
		for k := range e.related {
			r := &e.related[k]
			n, ok := o.byID[r.id]
			if !ok {
				stats.Dangling++
				continue
			}
			r.object = n
			x := &o.objects[n]
			cased = cased || x.kind == kind
			if len(x.events) == 0 || x.events[len(x.events)-1] != int32(i) {
				x.events = append(x.events, int32(i))
			}
		}
		if !cased {
			stats.Uncased++
		}
		if e.offset {
			with = max(with, i+1)
		} else {
			without = max(without, i+1)
			if cased {
				stats.NoOffset++
			}
		}
	}
	if with > 0 && without > 0 && opt.Zone == nil {
		return stats, o.fail("event", int64(without), "the timestamp has no offset, that of event "+strconv.Itoa(with)+" is of the other sort", "say in which zone the times without offset are")
	}
	c := objectCases{o: o, zone: opt.Zone, m: opt.Map, acts: newActs(nil)}
	if opt.Map != nil {
		c.acts = newActs(opt.Map.Acts)
	}
	c.kinds()
	g := newGate(o.name, false)
	g.stats, g.ids = stats, ids
	index := 0
	for i := range o.objects {
		if o.objects[i].kind == kind {
			if bad := c.add(int32(i)); bad != nil {
				return g.stats, bad
			}
		}
		if len(c.events) >= 4096 || i == len(o.objects)-1 {
			if err := ctx.Err(); err != nil {
				return g.stats, err
			}
			c.batch.foundCases = 1 // so that repeated identifiers are looked for
			found := g.cases
			if g.settle(&chunk{index: index}, &c.batch, nil) {
				g.cases = found // records are the objects' own already
				if err := each(0, &Batch{Index: index, Cases: c.batch.cases}); err != nil {
					return g.stats, err
				}
			}
			c.reset()
			index++
		}
	}
	return g.stats, nil
}

// caseType finds whose objects the cases are.
func (o *Objects) caseType(m *Mapping) (string, *Error) {
	count := map[string]int{}
	for i := range o.objects {
		count[o.objects[i].kind]++
	}
	kinds := sortedKeys2(count)
	var said []string
	for _, k := range kinds {
		said = append(said, fmt.Sprintf("%s (%d)", cut(k), count[k]))
	}
	if len(said) > 30 {
		said = append(said[:30], "...")
	}
	there := strings.Join(said, ", ")
	switch {
	case m != nil && m.CaseType != "":
		if count[m.CaseType] == 0 {
			return "", &Error{Name: o.name, What: "no object is of the type " + quote(m.CaseType) + ", which the mapping names", Hint: "there are " + there}
		}
		return m.CaseType, nil
	case len(kinds) == 0:
		return "", &Error{Name: o.name, What: "no objects in the log", Hint: "there is nothing to judge"}
	case len(kinds) > 1 || m != nil && m.Case != "":
		return "", &Error{Name: o.name, What: "the log has objects of the types " + there, Hint: "say in a mapping file which of them are the cases, as in case: {type: " + yamlText(kinds[0]) + "}"}
	}
	return kinds[0], nil
}

func sortedKeys2(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// objectCases puts cases together from objects and their events.
type objectCases struct {
	o      *Objects
	zone   *calendar.Zone
	m      *Mapping
	acts   *acts
	types  []string
	batch  scanned
	events []Event
}

func (c *objectCases) reset() {
	c.batch = scanned{cases: c.batch.cases[:0]}
	c.events = c.events[:0]
}

func (c *objectCases) kinds() {
	seen := map[string]int{}
	for i := range c.o.objects {
		seen[c.o.objects[i].kind]++
	}
	c.types = sortedKeys2(seen)
}

func (c *objectCases) instant(s stamp) calendar.Instant {
	if !s.offset && c.zone != nil {
		return c.zone.Local(s.at)
	}
	return s.at
}

// at gives the value of an attribute of an object that was known at a time; the one written last where two have one time.
func (c *objectCases) at(x *object, name string, at calendar.Instant) string {
	best, value := calendar.Instant(0), ""
	found := false
	for _, v := range x.values {
		if t := c.instant(v.stamp); v.name == name && t <= at && (!found || t >= best) {
			best, value, found = t, v.value, true
		}
	}
	return value
}

// names lists the attributes of an object, each once, in the order of the log.
func (x *object) names() []string {
	var names []string
	for _, v := range x.values {
		if !slices.Contains(names, v.name) {
			names = append(names, v.name)
		}
	}
	return names
}

func (c *objectCases) add(n int32) *Error {
	x := &c.o.objects[n]
	made := Case{ID: x.id, Record: int64(n) + 1}
	for _, name := range x.names() {
		v := c.at(x, name, latest)
		if c.m == nil || c.m.Data == nil {
			made.Data = append(made.Data, Field{name, v, String})
			continue
		}
		for _, as := range sortedKeys(c.m.Data) {
			if c.m.Data[as] == caseColumn+name {
				made.Data = append(made.Data, Field{as, v, String})
			}
		}
	}
	from := len(c.events)
	for _, k := range x.events {
		e := &c.o.events[k]
		ev := Event{Act: e.kind, Time: c.instant(e.stamp), Precision: e.precision, Record: int64(k) + 1}
		if c.m != nil {
			for _, r := range []struct {
				ref  string
				into *string
			}{{c.m.Act, &ev.Act}, {c.m.Person, &ev.Person}, {c.m.Post, &ev.Post}, {c.m.Unit, &ev.Unit}, {c.m.Lifecycle, &ev.Lifecycle}} {
				if r.ref != "" {
					*r.into = c.value(x, e, r.ref, ev.Time)
				}
			}
			if c.m.Lifecycle != "" && ev.Lifecycle != "" && !isComplete(ev.Lifecycle) {
				c.batch.stats.OtherSteps++
				continue
			}
			if ev.Act == "" {
				return c.o.fail("event", int64(k)+1, "no "+c.m.Act, "every event must say what was done")
			}
		}
		ev.Act = c.acts.find(ev.Act)
		ev.Data = c.data(x, e, ev.Time)
		c.events = append(c.events, ev)
	}
	if to := len(c.events); to > from {
		made.Events = c.events[from:to:to]
		slices.SortStableFunc(made.Events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	} else {
		c.batch.stats.Empty++
	}
	c.batch.cases = append(c.batch.cases, made)
	c.batch.stats.Cases++
	c.batch.stats.Events += int64(len(made.Events))
	return nil
}

// data gives an event's data: as the mapping names them, or all there is.
func (c *objectCases) data(x *object, e *objectEvent, at calendar.Instant) []Field {
	var data []Field
	keep := func(name, value string) {
		if value != "" {
			data = append(data, Field{name, value, String})
		}
	}
	if c.m != nil && c.m.Data != nil {
		for _, name := range sortedKeys(c.m.Data) {
			if ref := c.m.Data[name]; !strings.HasPrefix(ref, caseColumn) {
				keep(name, c.value(x, e, ref, at))
			}
		}
		return data
	}
	for _, f := range e.data {
		keep(f.Key, f.Value)
	}
	for _, name := range x.names() {
		if !slices.ContainsFunc(e.data, func(f Field) bool { return f.Key == name }) {
			keep(name, c.at(x, name, at))
		}
	}
	for _, kind := range c.types {
		if kind != x.kind {
			keep(objectRef+kind, c.value(x, e, objectRef+kind, at))
		}
	}
	return data
}

const (
	objectRef    = "object:"
	qualifierRef = "qualifier:"
)

// value finds what a mapping names: an attribute of the event, else of the case's object at the time; object:TYPE, the ids of
// the related objects of a type; object:TYPE:ATTRIBUTE, of the only one of a type, at the time; qualifier:Q, the ids of those
// related under that qualifier.
func (c *objectCases) value(x *object, e *objectEvent, ref string, at calendar.Instant) string {
	if q, ok := strings.CutPrefix(ref, qualifierRef); ok {
		return e.ids(func(r *relation) bool { return r.qualifier == q })
	}
	if rest, ok := strings.CutPrefix(ref, objectRef); ok {
		kind, attribute := rest, ""
		for _, t := range c.types {
			if a, ok := strings.CutPrefix(rest, t+":"); ok {
				kind, attribute = t, a
			}
		}
		var only *object
		ids := e.ids(func(r *relation) bool {
			if r.object < 0 || c.o.objects[r.object].kind != kind {
				return false
			}
			if y := &c.o.objects[r.object]; only == nil || only == y {
				only = y
			} else {
				only = x // several: whose attribute is meant cannot be told
			}
			return true
		})
		switch {
		case attribute == "":
			return ids
		case only == nil || only.kind != kind:
			return ""
		}
		return c.at(only, attribute, at)
	}
	for _, f := range e.data {
		if f.Key == ref {
			return f.Value
		}
	}
	return c.at(x, ref, at)
}

func (e *objectEvent) ids(is func(*relation) bool) string {
	var ids []string
	for i := range e.related {
		if r := &e.related[i]; is(r) && !slices.Contains(ids, r.id) {
			ids = append(ids, r.id)
		}
	}
	return strings.Join(ids, ", ")
}
