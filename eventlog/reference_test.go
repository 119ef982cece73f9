package eventlog

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// reference reads XES with encoding/xml, by the same rules as far as they concern meaning, and gives the cases.
// It is not strict about form beyond what encoding/xml checks: our reader may refuse more, never less.
func reference(r io.Reader) ([]Case, error) {
	d := xml.NewDecoder(r)
	var cases []Case
	var c *Case
	var e *Event
	var when string
	sawLog := false
	path := []string{}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := t.Name.Local
			if t.Name.Space != "" && !strings.HasPrefix(t.Name.Space, "http") {
				name = t.Name.Space + ":" + name
			}
			at := strings.Join(path, "/")
			path = append(path, name)
			switch {
			case at == "" && name == "log" && !sawLog:
				sawLog = true
			case at == "":
				return nil, fmt.Errorf("second root or not log: %s", name)
			case at == "log" && name == "trace":
				c = &Case{Record: int64(len(cases) + 1)}
			case at == "log/trace" && name == "event":
				e, when = &Event{}, ""
			case at == "log/trace" || at == "log/trace/event":
				f, has := Field{}, 0
				for _, a := range t.Attr {
					if a.Name.Space != "" {
						continue
					}
					switch a.Name.Local {
					case "key":
						f.Key, has = a.Value, has|1
					case "value":
						f.Value, has = a.Value, has|2
					}
				}
				f.Kind, _ = kindOf(name)
				if name == "list" || name == "container" || has != 3 {
					continue
				}
				if at == "log/trace" {
					if f.Key == "concept:name" {
						c.ID = f.Value
					} else {
						c.Data = append(c.Data, f)
					}
					continue
				}
				switch f.Key {
				case "concept:name":
					e.Act = f.Value
				case "time:timestamp":
					when = f.Value
				case "org:resource":
					e.Person = f.Value
				case "org:role":
					e.Post = f.Value
				case "org:group":
					e.Unit = f.Value
				case "lifecycle:transition":
					e.Lifecycle = f.Value
				default:
					e.Data = append(e.Data, f)
				}
			}
		case xml.EndElement:
			at := strings.Join(path, "/")
			path = path[:len(path)-1]
			switch at {
			case "log/trace":
				if c.ID == "" {
					return nil, errors.New("no id")
				}
				cases = append(cases, *c)
			case "log/trace/event":
				st, ok := parseStamp(when)
				if e.Act == "" || !ok {
					return nil, errors.New("no act or time")
				}
				e.Time, e.Precision = st.at, st.precision
				c.Events = append(c.Events, *e)
			}
		case xml.CharData:
			if len(path) == 0 && strings.TrimSpace(string(t)) != "" && len(cases) > 0 {
				return nil, errors.New("text outside the root")
			}
		}
	}
	if !sawLog {
		return nil, errors.New("no log")
	}
	n := int64(0)
	for i := range cases {
		for k := range cases[i].Events {
			n++
			cases[i].Events[k].Record = n
		}
	}
	return cases, nil
}
