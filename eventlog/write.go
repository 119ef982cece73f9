package eventlog

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"plumbline/calendar"
)

// WriteXES writes cases as XES 1849 that Read gives back as they were, but for Precision (a day or minute becomes
// a full timestamp), Record and Repeated. The same cases give the same bytes: case identifier and data first, then
// each event as concept:name, org:resource, org:role, org:group, lifecycle:transition, time:timestamp in UTC, data.
//
// It refuses what could not be read back: text that is not UTF-8 or holds characters XML does not allow, empty
// identifiers and acts, keys that occur twice, instants outside the years 0001 to 9999. What was written before
// the error is then not a log.
func WriteXES(w io.Writer, cases iter.Seq[Case]) error {
	x := &xesWriter{Writer: bufio.NewWriterSize(w, 64<<10)}
	x.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
	<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
`)
	n := 0
	for c := range cases {
		n++
		if err := x.writeCase(&c); err != nil {
			return fmt.Errorf("write case %d: %w", n, err)
		}
	}
	x.WriteString("</log>\n")
	return x.Flush()
}

type xesWriter struct {
	*bufio.Writer
	keys []string // of the element being written
	time []byte
}

func (x *xesWriter) writeCase(c *Case) error {
	if c.ID == "" {
		return fmt.Errorf("it has no identifier")
	}
	x.keys = x.keys[:0]
	x.WriteString("\t<trace>\n")
	if err := x.attribute("\t\t", Field{"concept:name", c.ID, String}); err != nil {
		return err
	}
	for _, f := range c.Data {
		if err := x.attribute("\t\t", f); err != nil {
			return err
		}
	}
	for i := range c.Events {
		if err := x.writeEvent(&c.Events[i]); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	_, err := x.WriteString("\t</trace>\n")
	return err
}

func (x *xesWriter) writeEvent(e *Event) error {
	if e.Act == "" {
		return fmt.Errorf("it has no act")
	}
	if e.Time < earliest || e.Time > latest {
		return fmt.Errorf("its time is outside the years 0001 to 9999")
	}
	x.keys = x.keys[:0]
	x.WriteString("\t\t<event>\n")
	for _, f := range [...]Field{
		{"concept:name", e.Act, String},
		{"org:resource", e.Person, String},
		{"org:role", e.Post, String},
		{"org:group", e.Unit, String},
		{"lifecycle:transition", e.Lifecycle, String},
	} {
		if f.Value == "" {
			continue
		}
		if err := x.attribute("\t\t\t", f); err != nil {
			return err
		}
	}
	if err := x.attribute("\t\t\t", Field{"time:timestamp", x.instant(e.Time), Time}); err != nil {
		return err
	}
	for _, f := range e.Data {
		if err := x.attribute("\t\t\t", f); err != nil {
			return err
		}
	}
	_, err := x.WriteString("\t\t</event>\n")
	return err
}

// instant is written with milliseconds, as OpenXES does, or with microseconds where there are any.
func (x *xesWriter) instant(i calendar.Instant) string {
	layout := "2006-01-02T15:04:05.000Z07:00"
	if i%1000 != 0 {
		layout = "2006-01-02T15:04:05.000000Z07:00"
	}
	x.time = time.UnixMicro(int64(i)).UTC().AppendFormat(x.time[:0], layout)
	return string(x.time)
}

func (x *xesWriter) attribute(indent string, f Field) error {
	for _, k := range x.keys {
		if k == f.Key {
			return fmt.Errorf("key %s occurs twice", quote(f.Key))
		}
	}
	x.keys = append(x.keys, f.Key)
	if int(f.Kind) >= len(kindNames) {
		return fmt.Errorf("key %s: unknown kind %d", quote(f.Key), f.Kind)
	}
	x.WriteString(indent)
	x.WriteString("<")
	x.WriteString(f.Kind.String())
	x.WriteString(` key="`)
	if err := x.escape(f.Key); err != nil {
		return fmt.Errorf("key %s: %w", quote(f.Key), err)
	}
	x.WriteString(`" value="`)
	if err := x.escape(f.Value); err != nil {
		return fmt.Errorf("value of %s: %w", quote(f.Key), err)
	}
	_, err := x.WriteString("\"/>\n")
	return err
}

// escape writes a value so that every XML reader gives it back unchanged: tabs and line ends as references, for
// within attributes XML would turn them into spaces.
func (x *xesWriter) escape(s string) error {
	from := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		esc := ""
		switch {
		case r == utf8.RuneError && size == 1:
			return fmt.Errorf("not valid UTF-8")
		case r == 0xFFFE || r == 0xFFFF || r < ' ' && !strings.ContainsRune("\t\n\r", r):
			return fmt.Errorf("a character that XML does not allow")
		case r == '&':
			esc = "&amp;"
		case r == '<':
			esc = "&lt;"
		case r == '>':
			esc = "&gt;"
		case r == '"':
			esc = "&quot;"
		case r < ' ':
			esc = fmt.Sprintf("&#%d;", r)
		}
		if esc != "" {
			x.WriteString(s[from:i])
			x.WriteString(esc)
			from = i + size
		}
		i += size
	}
	_, err := x.WriteString(s[from:])
	return err
}
