package eventlog

import (
	"bytes"
	"unicode/utf8"
)

// csvText reads records by the rules of encoding/csv (RFC 4180 with \n or \r\n, empty lines passed over, no bare
// quotes), in place: fields point into the text, those with doubled quotes or \r\n within into an arena.
type csvText struct {
	b        []byte
	comma    byte
	maxValue int

	fields    []string // of the record read last
	start     int      // where it began, behind empty lines
	startLine int

	resolved     []byte
	keepResolved bool // fields outlive the next record
}

// record reads the record at off, which is on the given line. It gives the offset behind it and how many lines
// were passed. At the end of the text there are no fields.
func (t *csvText) record(off, line int) (next, lines int, bad *Error) {
	if !t.keepResolved {
		t.resolved = t.resolved[:0]
	}
	t.fields = t.fields[:0]
	i, b := off, t.b
	for i < len(b) && (b[i] == '\n' || b[i] == '\r' && (i+1 == len(b) || b[i+1] == '\n')) {
		if b[i] == '\n' {
			lines++
		}
		i++
	}
	t.start, t.startLine = i, line+lines
	if i >= len(b) {
		return i, lines, nil
	}
	for {
		var field string
		end := i
		if i < len(b) && b[i] == '"' {
			field, end, bad = t.quoted(i+1, line+lines)
			lines += bytes.Count(b[i:end], []byte{'\n'})
		} else {
			for end < len(b) && b[end] != t.comma && b[end] != '\n' && b[end] != '"' {
				end++
			}
			if end < len(b) && b[end] == '"' {
				return i, lines, t.fail(line+lines, end, "a quote within an unquoted field", "quote the field and double the quotes in it")
			}
			stop := end
			if stop > i && b[stop-1] == '\r' && (end == len(b) || b[end] == '\n') {
				stop--
			}
			field = str(b[i:stop])
		}
		if bad == nil && len(field) > t.maxValue {
			bad = t.fail(line+lines, i, "a value of more than "+bytesOf(t.maxValue), "a closing quote may be missing")
		}
		if bad == nil && len(t.fields) == maxFields {
			bad = t.fail(line+lines, i, "too many fields in one row", "")
		}
		if bad != nil {
			return i, lines, bad
		}
		t.fields = append(t.fields, field)
		if end < len(b) && b[end] == t.comma {
			i = end + 1
			continue
		}
		if end < len(b) { // a line end, with \r perhaps
			end += bytes.IndexByte(b[end:], '\n') + 1
			lines++
		}
		return end, lines, nil
	}
}

// quoted reads a quoted field whose opening quote stands before i, up to the byte behind its closing quote.
func (t *csvText) quoted(i, line int) (string, int, *Error) {
	b, from, start := t.b, i, len(t.resolved)
	j := i
	for {
		k := bytes.IndexByte(b[j:], '"')
		if k < 0 {
			return "", len(b), t.fail(line, i-1, "a quoted field that does not end", "its closing quote is missing")
		}
		j += k
		if j+1 < len(b) && b[j+1] == '"' {
			t.resolved = append(t.resolved, b[from:j+1]...)
			j += 2
			from = j
			continue
		}
		break
	}
	field := b[from:j]
	if from != i {
		t.resolved = append(t.resolved, field...)
		field = t.resolved[start:]
	}
	if bytes.Contains(field, []byte("\r\n")) {
		field = bytes.ReplaceAll(field, []byte("\r\n"), []byte("\n"))
	}
	end := j + 1
	if rest := b[end:]; len(rest) > 0 && rest[0] != t.comma && rest[0] != '\n' &&
		!(rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n')) {
		return "", end, t.fail(line+bytes.Count(b[i:end], []byte{'\n'}), end, "text behind a closing quote", "double the quotes within a field")
	}
	if end == len(b)-1 { // a single \r at the very end belongs to the line end
		if b[end] == '\r' {
			end++
		}
	}
	return str(field), end, nil
}

func (t *csvText) fail(line, at int, what, hint string) *Error {
	return &Error{Line: line, Column: at - bytes.LastIndexByte(t.b[:at], '\n'), What: what, Hint: hint}
}

// separator is the one of , ; and tab that the header has most of, outside quotes.
func separator(b []byte) byte {
	var count [3]int
	quoted := false
	b = bytes.TrimLeft(b, "\r\n")
	for _, c := range b {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return most(count)
		case c == ',':
			count[0]++
		case c == ';':
			count[1]++
		case c == '\t':
			count[2]++
		}
	}
	return most(count)
}

func most(count [3]int) byte {
	best := 0
	for i, n := range count {
		if n > count[best] {
			best = i
		}
	}
	return ",;\t"[best]
}

// checkText refuses what is not text: invalid UTF-8, NUL and other control characters.
func checkText(b []byte) *Error {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf && (c >= ' ' || class[c]&space != 0) {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			what := "control character " + hex(c)
			if c == 0 {
				what = "a NUL byte"
			}
			return (&Error{What: what, Hint: "the file is damaged, or not UTF-8 text"}).place(b, i)
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return (&Error{What: "byte " + hex(c) + " is not valid UTF-8", Hint: "convert the file to UTF-8, for instance with iconv"}).place(b, i)
		}
		i += size
	}
	return nil
}
