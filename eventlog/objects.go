package eventlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"plumbline/calendar"
)

// Object is one thing of an object-centric log (OCEL 2.0): what kind it is of, what is known of it since when, and what it
// is to other objects. An object that Write is given again under its id is passed over.
type Object struct {
	ID, Type  string
	Since     calendar.Instant // of all its data
	Data      []Field
	Relations []Relation
}

// Relation leads to an object; Qualifier says what it is there.
type Relation struct{ Object, Qualifier string }

// ObjectEvent is an event of an object-centric log.
type ObjectEvent struct {
	ID, Type  string
	Time      calendar.Instant
	Data      []Field
	Relations []Relation
}

// ObjectWriter writes OCEL 2.0 JSON as it goes: events to the log, objects to the scratch, from which Close copies them
// behind the events; last the types with their attributes. In memory are only the types and the ids of the objects that are
// shared by cases (see Write).
type ObjectWriter struct {
	out, aside *bufio.Writer
	scratch    io.ReadWriteSeeker
	shared     map[string]bool
	types      [2]map[string]map[string]Kind // of events, of objects
	written    [2]int64
	err        error
}

// NewObjectWriter begins a log. The scratch is empty, as a new file is; who made it removes it.
func NewObjectWriter(w io.Writer, scratch io.ReadWriteSeeker) *ObjectWriter {
	x := &ObjectWriter{out: bufio.NewWriterSize(w, 64<<10), aside: bufio.NewWriterSize(scratch, 64<<10), scratch: scratch, shared: map[string]bool{},
		types: [2]map[string]map[string]Kind{{}, {}}}
	x.out.WriteString(`{"events":[`)
	return x
}

// Counts are the events and the objects written so far.
func (x *ObjectWriter) Counts() (events, objects int64) { return x.written[0], x.written[1] }

// Write adds what belongs together. Objects of shared come again with other cases and are written once; ids of the others
// are the caller's to keep apart. An error ends the log.
func (x *ObjectWriter) Write(objects, shared []Object, events []ObjectEvent) error {
	for i := range shared {
		if !x.shared[shared[i].ID] {
			x.shared[shared[i].ID] = true
			x.object(&shared[i])
		}
	}
	for i := range objects {
		x.object(&objects[i])
	}
	for i := range events {
		x.event(&events[i])
	}
	return x.err
}

type ocelRelation struct {
	Object    string `json:"objectId"`
	Qualifier string `json:"qualifier"`
}

type ocelDatum struct {
	Name  string `json:"name"`
	Time  string `json:"time,omitempty"`
	Value string `json:"value"`
}

type ocelItem struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	Time      string         `json:"time,omitempty"`
	Data      []ocelDatum    `json:"attributes"`
	Relations []ocelRelation `json:"relationships"`
}

func (x *ObjectWriter) object(o *Object) {
	item := ocelItem{ID: o.ID, Type: o.Type, Data: []ocelDatum{}, Relations: relations(o.Relations)}
	for _, f := range o.Data {
		item.Data = append(item.Data, ocelDatum{Name: f.Key, Time: stampOf(o.Since), Value: f.Value})
	}
	x.item(x.aside, 1, &item, o.Data)
}

func (x *ObjectWriter) event(e *ObjectEvent) {
	item := ocelItem{ID: e.ID, Type: e.Type, Time: stampOf(e.Time), Data: []ocelDatum{}, Relations: relations(e.Relations)}
	for _, f := range e.Data {
		item.Data = append(item.Data, ocelDatum{Name: f.Key, Value: f.Value})
	}
	if e.Time < earliest || e.Time > latest {
		x.err = errors.Join(x.err, fmt.Errorf("write event %s: its time is outside the years 0001 to 9999", quote(e.ID)))
	}
	x.item(x.out, 0, &item, e.Data)
}

func relations(list []Relation) []ocelRelation {
	out := make([]ocelRelation, len(list))
	for i, r := range list {
		out[i] = ocelRelation(r)
	}
	return out
}

func (x *ObjectWriter) item(w *bufio.Writer, which int, item *ocelItem, data []Field) {
	if x.err != nil {
		return
	}
	if item.ID == "" || item.Type == "" {
		x.err = errors.New("write: an event or an object has no id or no type")
		return
	}
	attributes := x.types[which][item.Type]
	if attributes == nil {
		attributes = map[string]Kind{}
		x.types[which][item.Type] = attributes
	}
	take(attributes, data)
	if x.written[which]++; x.written[which] > 1 {
		w.WriteByte(',')
	}
	w.WriteByte('\n')
	text, err := plainJSON(item)
	if err == nil {
		_, err = w.Write(text)
	}
	x.err = err
}

func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

type ocelType struct {
	Name       string          `json:"name"`
	Attributes []ocelAttribute `json:"attributes"`
}

type ocelAttribute struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// kinds of OCEL 2.0: what a kind is called there.
var ocelKinds = map[Kind]string{String: "string", ID: "string", Int: "integer", Float: "float", Bool: "boolean", Time: "time"}

func ocelTypes(of map[string]map[string]Kind) []ocelType {
	out := []ocelType{}
	for name, attributes := range of {
		t := ocelType{name, []ocelAttribute{}}
		for _, key := range sortedKinds(attributes) {
			t.Attributes = append(t.Attributes, ocelAttribute{key, ocelKinds[attributes[key]]})
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b ocelType) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Close ends the log. Without it, or with an error, what was written is no log.
func (x *ObjectWriter) Close() error {
	if x.err != nil {
		return x.err
	}
	if err := x.aside.Flush(); err != nil {
		return err
	}
	if _, err := x.scratch.Seek(0, io.SeekStart); err != nil {
		return err
	}
	x.out.WriteString("\n],\n\"objects\":[")
	if _, err := io.Copy(x.out, x.scratch); err != nil {
		return err
	}
	x.out.WriteString("\n]")
	for i, name := range []string{"eventTypes", "objectTypes"} {
		text, err := plainJSON(ocelTypes(x.types[i]))
		if err != nil {
			return err
		}
		fmt.Fprintf(x.out, ",\n%q:%s", name, text)
	}
	x.out.WriteString("}\n")
	return x.out.Flush()
}
