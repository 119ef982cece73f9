package eventlog

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Error says why a log or mapping cannot be read, and where. It is the only kind of error Read gives about the
// input; others come from the context, the callback or the underlying reader.
type Error struct {
	Name   string // of the file, as given
	Line   int    // of the text, after unpacking; from 1; 0 where no line can be named
	Column int    // in bytes, from 1; 0 where unknown
	Of     string // what Record counts: "event" or "case", or "" for none
	Record int64  // ordinal in the log, from 1
	What   string // lower case, no stop
	Hint   string // what the officer can do about it; may be empty
	Row    int    // line on which the row of a CSV begins that cannot be read; 0 where unknown
	Alone  bool   // only that row: the next can be read
	Err    error  // the cause where there is one, such as io.ErrUnexpectedEOF
}

// Error gives "file:line: event 12: what (hint)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Name)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Of != "" {
		fmt.Fprintf(&b, "%s %d: ", e.Of, e.Record)
	}
	b.WriteString(e.What)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// Place gives "file:line", or the file alone.
func (e *Error) Place() string {
	if e.Line > 0 {
		return e.Name + ":" + strconv.Itoa(e.Line)
	}
	return e.Name
}

func (e *Error) Unwrap() error { return e.Err }

// place sets line and column for the offset in text, whose first line is number 1; the gate adds what came before.
func (e *Error) place(text []byte, off int) *Error {
	off = min(max(off, 0), len(text))
	head := text[:off]
	e.Line = 1 + bytes.Count(head, []byte{'\n'})
	e.Column = off - bytes.LastIndexByte(head, '\n')
	return e
}

// quote shows a piece of input in a message: short, and without anything a terminal would obey.
func quote(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%+.60q...", s)
	}
	return fmt.Sprintf("%q", s)
}
