package eventlog

import "strings"

// roles is a mapping made ready for the scanners: what each key means.
type roles struct {
	caseKey, act, time string
	person, post, unit string
	lifecycle          string
	onlyComplete       bool              // events of other life cycle steps are passed over
	data               map[string]string // key -> name; nil keeps every key that has no other meaning
	acts               map[string]string
	layout             *layout
}

// caseColumn marks, in CSV columns and mapping files, what belongs to the case as a whole; pm4py writes it so.
const caseColumn = "case:"

// rolesOf gives the meanings under a mapping, or the usual ones of XES (and, with case: before the identifier,
// of the CSV that pm4py writes from it).
func rolesOf(m *Mapping) (roles, error) {
	if m == nil {
		return roles{
			caseKey: "concept:name", act: "concept:name", time: "time:timestamp",
			person: "org:resource", post: "org:role", unit: "org:group", lifecycle: "lifecycle:transition",
		}, nil
	}
	r := roles{
		caseKey: m.Case, act: m.Act, time: m.Time, person: m.Person, post: m.Post, unit: m.Unit,
		lifecycle: m.Lifecycle, onlyComplete: m.Lifecycle != "", acts: m.Acts,
	}
	if m.Layout != "" {
		var err error
		if r.layout, err = parseLayout(m.Layout); err != nil {
			return r, err
		}
	}
	if m.Data != nil {
		r.data = make(map[string]string, len(m.Data))
		for name, key := range m.Data {
			r.data[key] = name
		}
	}
	return r, nil
}

// ofEvent says what an event's key means.
func (r *roles) ofEvent(text string) key {
	k := key{text: text, name: text}
	for _, x := range []struct {
		key  string
		role uint8
	}{{r.act, isAct}, {r.time, isTime}, {r.person, isPerson}, {r.post, isPost}, {r.unit, isUnit}, {r.lifecycle, isLifecycle}} {
		if text == x.key && text != "" {
			k.role |= x.role
		}
	}
	if r.data == nil {
		k.keep = k.role == 0
	} else if name, ok := r.data[text]; ok {
		k.name, k.keep = name, true
	}
	return k
}

// ofCase says what a trace's key means. A mapping may write it with or without case: before it where it names
// the identifier; among the data, case: tells it from an event's key of the same name.
func (r *roles) ofCase(text string) key {
	k := key{text: text, name: text}
	if text == strings.TrimPrefix(r.caseKey, caseColumn) {
		k.role = isCase
	}
	if r.data == nil {
		k.keep = k.role == 0
	} else if name, ok := r.data[caseColumn+text]; ok {
		k.name, k.keep = name, true
	}
	return k
}
