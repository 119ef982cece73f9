package eventlog

import (
	"bytes"
	"strings"
)

// where the scanner stands in the document.
type where uint8

const (
	beforeLog where = iota
	inLog
	inTrace
	inEvent
	afterLog
)

// chunk is a piece of the log that begins where the one before ended: at the start, or just behind a </trace>.
type chunk struct {
	index int
	text  []byte // pad bytes of capacity behind it
	last  bool
	err   *Error // instead of a scan: what the cutter found
	cause error  // instead of a scan: the reader's own error
}

// xes scans chunks into the arenas of one worker.
type xes struct {
	scanner
	builder

	maxTrace int

	where   where
	inTrace attributes // of the trace being read; events may stand between them
	inEvent attributes
	openAt  int // offset of the trace being read
	evAt    int // and of the event
}

// attributes keeps the keys of traces or events, and which of them the element being read has had.
type attributes struct {
	keys   *keys
	serial uint64 // of the element; see key.stamp
	count  int
}

func (a *attributes) begin() {
	a.serial++
	a.count = 0
	a.keys.trim()
}

func newXES(r roles, opt Options) *xes {
	x := &xes{}
	x.init(r, opt.Zone)
	x.maxValue, x.maxTrace = opt.MaxValue, opt.MaxTrace
	x.inTrace.keys, x.inEvent.keys = newKeys(r.ofCase), newKeys(r.ofEvent)
	return x
}

// scan reads one chunk; the batch it leaves holds until the next call. Records and lines count from the
// beginning of the chunk.
func (x *xes) scan(c *chunk) *Error {
	n := len(c.text)
	b := c.text[:n+pad]
	clear(b[n:])
	x.b, x.n = b, n
	x.resolved = x.resolved[:0]
	x.reset()
	x.text = c.text
	x.where = inLog
	i := 0
	var err *Error
	if c.index == 0 {
		x.where = beforeLog
		if bytes.HasPrefix(c.text, []byte("\xEF\xBB\xBF")) {
			i = 3
		}
		if i, err = x.declaration(i); err != nil {
			return err
		}
	}
	for {
		i = x.spaces(i)
		if b[i] != '<' {
			if i >= n {
				break
			}
			if i, err = x.stray(i); err != nil {
				return err
			}
			continue
		}
		switch b[i+1] {
		case '/':
			i, err = x.close(i)
		case '!', '?':
			i, err = x.between(i)
		default:
			i, err = x.element(i)
		}
		if err != nil {
			return err
		}
	}
	x.lines = bytes.Count(c.text, []byte{'\n'})
	if c.last && x.where != afterLog || !c.last && x.where != inLog {
		return x.cutShort()
	}
	return nil
}

// cutShort says where in the document the text ends.
func (x *xes) cutShort() *Error {
	e := x.ended()
	switch x.where {
	case beforeLog:
		e.What, e.Hint = "no <log> in the file", "is it an XES file?"
	case inTrace:
		e.What = "the text ends inside a trace"
	case inEvent:
		e.What = "the text ends inside an event"
	}
	return e
}

func (x *xes) stray(i int) (int, *Error) {
	if x.where == beforeLog {
		return i, x.fail(i, "text before <log>", "is it an XES file?")
	}
	if x.where == afterLog {
		return i, x.fail(i, "text after </log>", "")
	}
	if j, err := x.foreignText(i); err != nil {
		return j, err
	}
	return i, x.fail(i, "text between elements", "XES keeps values in attributes; the text would be lost")
}

// between passes over a comment or the like.
func (x *xes) between(i int) (int, *Error) {
	cdata := x.b[i+2] == '['
	j, text, err := x.markup(i)
	if err != nil {
		return i, err
	}
	if cdata && (text || x.where == beforeLog || x.where == afterLog) {
		return i, x.fail(i, "text between elements", "XES keeps values in attributes; the text would be lost")
	}
	return j, nil
}

// element reads the start tag at i and what belongs to it. The shapes that nearly every log consists of come first.
func (x *xes) element(i int) (int, *Error) {
	if x.where >= inTrace && x.where <= inEvent {
		if j := x.usual(i); j > 0 {
			return j, nil
		}
	}
	b := x.b
	if x.where == inTrace && load64(b[i:]) == tagEvent {
		return x.beginEvent(i, i+7)
	}
	if x.where == inLog && load64(b[i:]) == tagTrace {
		return x.beginTrace(i, i+7)
	}
	t, err := x.tag(i)
	if err != nil {
		return i, err
	}
	if x.where == beforeLog {
		if t.name != "log" {
			hint := "is it an XES file?"
			if strings.HasSuffix(t.name, ":log") {
				hint = "element names with a namespace prefix are not read"
			}
			return i, x.fail(i, "the first element is <"+cut(t.name)+">, not <log>", hint)
		}
		x.where = inLog
		if t.closed {
			x.where = afterLog
		}
		return t.next, nil
	}
	if x.where == afterLog {
		return i, x.fail(i, "an element after </log>", "two files may have been joined")
	}
	return x.rest(i, t)
}

var (
	tagEvent = load64([]byte("<event>\n"))
	tagTrace = load64([]byte("<trace>\n"))
)

// rest handles any element within the log whose tag was read in full.
func (x *xes) rest(i int, t tag) (int, *Error) {
	switch t.name {
	case "trace":
		if x.where != inLog {
			return i, x.fault(i, "a <trace> within a trace", "an end tag is missing before it")
		}
		j, err := x.beginTrace(i, t.next)
		if err == nil && t.closed {
			err = x.endTrace(t.next)
		}
		return j, err
	case "event":
		switch x.where {
		case inLog:
			return i, x.fail(i, "an event outside a trace", "it belongs to no case")
		case inEvent:
			return i, x.fault(i, "an <event> within an event", "</event> is missing before it")
		}
		j, err := x.beginEvent(i, t.next)
		if err == nil && t.closed {
			err = x.endEvent()
		}
		return j, err
	case "log":
		return i, x.fail(i, "a <log> within the log", "two files may have been joined")
	}
	kind, known := kindOf(t.name)
	if x.where == inLog {
		// Log attributes, globals, extensions, classifiers.
		return x.inner(t, false)
	}
	if t.name == "list" || t.name == "container" {
		x.stats.Nested++
		return x.inner(t, true)
	}
	k, hasKey := x.attr("key")
	v, hasValue := x.attr("value")
	if !known {
		x.stats.OddTags++
		if !hasKey || !hasValue {
			return x.inner(t, false)
		}
		kind = String
	}
	if !hasKey {
		return i, x.fault(i, "<"+t.name+"> without key", "")
	}
	if !hasValue {
		return i, x.fault(i, "attribute "+quote(k)+" without value", "")
	}
	if !x.put(k, v, kind) {
		return i, x.duplicate(i, k)
	}
	return x.inner(t, true)
}

func kindOf(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return String, false
}

// inner passes over the content of an element that was just opened, up to and with its end tag. What it holds is
// counted as nested when the element is an attribute; elsewhere text may stand between the elements as well.
func (x *xes) inner(t tag, nested bool) (int, *Error) {
	if t.closed {
		return t.next, nil
	}
	var stack [maxDepth]string
	stack[0] = t.name
	depth, i := 1, t.next
	for {
		i = x.spaces(i)
		var err *Error
		switch {
		case i >= x.n:
			return i, x.cutShort()
		case x.b[i] != '<' && nested:
			return x.stray(i)
		case x.b[i] != '<':
			i, err = x.foreignText(i)
		case x.b[i+1] == '/':
			var name string
			at := i
			if name, i, err = x.endTag(i); err != nil {
				return i, err
			}
			if depth--; name != stack[depth] {
				return at, x.mismatch(at, name, stack[depth])
			}
			if depth == 0 {
				return i, nil
			}
		case x.b[i+1] == '!' || x.b[i+1] == '?':
			if nested {
				i, err = x.between(i)
			} else {
				i, _, err = x.markup(i)
			}
		default:
			at := i
			var u tag
			if u, err = x.tag(i); err != nil {
				return i, err
			}
			if u.name == "trace" || u.name == "event" || u.name == "log" {
				// Else the cutter would cut within an element.
				return at, x.fail(at, "<"+u.name+"> inside <"+cut(stack[depth-1])+">", "an end tag may be missing before it")
			}
			if nested {
				x.stats.Nested++
			}
			i = u.next
			if !u.closed {
				if depth == maxDepth-3 { // log, trace and event are open too
					return at, x.fail(at, "elements nested too deep", "")
				}
				stack[depth] = u.name
				depth++
			}
		}
		if err != nil {
			return i, err
		}
	}
}

// close reads the end tag at i.
func (x *xes) close(i int) (int, *Error) {
	name, j, err := x.endTag(i)
	if err != nil {
		return i, err
	}
	want := ""
	switch x.where {
	case inLog:
		want = "log"
	case inTrace:
		want = "trace"
	case inEvent:
		want = "event"
	}
	if want == "" {
		return i, x.fail(i, "</"+cut(name)+"> closes nothing", "")
	}
	if name != want {
		return i, x.mismatch(i, name, want)
	}
	switch x.where {
	case inLog:
		x.where = afterLog
	case inTrace:
		err = x.endTrace(j)
	case inEvent:
		err = x.endEvent()
	}
	return j, err
}

func (x *xes) mismatch(i int, got, want string) *Error {
	return x.fail(i, "</"+cut(got)+"> where </"+cut(want)+"> is expected", "the file is damaged or incomplete here")
}

// fault names the event or trace being read.
func (x *xes) fault(i int, what, hint string) *Error {
	e := x.fail(i, what, hint)
	switch x.where {
	case inEvent:
		e.Of, e.Record = "event", x.found
	case inTrace:
		e.Of, e.Record = "case", x.foundCases
	}
	return e
}

func (x *xes) duplicate(i int, k string) *Error {
	if x.inTrace.count == maxFields || x.inEvent.count == maxFields {
		return x.fault(i, "too many attributes", "")
	}
	return x.fault(i, "key "+quote(k)+" occurs twice", "which value holds cannot be told")
}

// cut shortens a name for a message.
func cut(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
