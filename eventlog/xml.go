package eventlog

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// pad is how many zero bytes stand behind the text of a chunk, so that the scanner may look ahead without
// asking at every byte whether the text has ended. A zero byte stops every loop, for it is no XML character.
const pad = 16

// Classes of bytes; one table look-up tells a loop whether to go on.
const (
	stopDouble = 1 << iota // ends or interrupts a value in "
	stopSingle             // the same in '
	nameByte               // may stand within an element or attribute name
	nameStart              // may begin one
	space
)

var class = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c == '\t' || c == '\n':
			t[c] = space
		case c == '\r':
			t[c] = space | stopDouble | stopSingle // becomes \n
		case c < ' ' || c == '&' || c == '<' || c >= utf8.RuneSelf:
			t[c] = stopDouble | stopSingle
		case c == ' ':
			t[c] = space
		case c == '"':
			t[c] = stopDouble
		case c == '\'':
			t[c] = stopSingle
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':':
			t[c] = nameByte | nameStart
		case '0' <= c && c <= '9' || c == '-' || c == '.':
			t[c] = nameByte
		}
	}
	return t
}()

// scanner reads the XML of one chunk. The text is not changed: values with entities are resolved into an arena of
// their own, so that line numbers can be counted from the text at any time.
type scanner struct {
	b        []byte // the text and pad zero bytes
	n        int    // length of the text
	maxValue int
	resolved []byte // arena of resolved values; append only, so earlier strings stay good when it moves
	attrs    []attr // of the tag read last
}

type attr struct{ name, value string }

// tag is a start tag; its attributes are in scanner.attrs until the next one is read.
type tag struct {
	name   string
	closed bool // <x/>
	next   int  // offset behind the tag
}

func str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
func load32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func load16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }

// fail gives the error at offset i, unless the text ends there: then that is what is wrong.
func (x *scanner) fail(i int, what, hint string) *Error {
	if i >= x.n {
		return x.ended()
	}
	return (&Error{What: what, Hint: hint}).place(x.b[:x.n], i)
}

func (x *scanner) ended() *Error {
	e := &Error{What: "the text ends before </log>", Hint: "the file is incomplete"}
	return e.place(x.b[:x.n], x.n)
}

func (x *scanner) spaces(i int) int {
	for class[x.b[i]]&space != 0 {
		i++
	}
	return i
}

// name reads an element or attribute name. Names beyond ASCII occur in no XES and are refused.
func (x *scanner) name(i int) (string, int, *Error) {
	j := i
	if class[x.b[j]]&nameStart == 0 {
		return "", i, x.fail(i, "a name is expected here", "in XML every < begins a tag; write &lt; for the character")
	}
	for class[x.b[j]]&nameByte != 0 {
		j++
	}
	s := str(x.b[i:j])
	if k := strings.IndexByte(s, ':'); k == 0 || k == len(s)-1 || k != strings.LastIndexByte(s, ':') {
		return "", i, x.fail(i, "bad name "+quote(s), "")
	}
	return s, j, nil
}

// value reads an attribute value whose opening quote q stands just before i, and gives the offset behind the
// closing one.
func (x *scanner) value(i int, q byte) (string, int, *Error) {
	stop := uint8(stopDouble)
	if q == '\'' {
		stop = stopSingle
	}
	j := i
	for class[x.b[j]]&stop == 0 {
		j++
	}
	if x.b[j] == q {
		if j-i > x.maxValue {
			return "", i, x.tooLong(i)
		}
		return str(x.b[i:j]), j + 1, nil
	}
	return x.oddValue(i, j, q)
}

// oddValue reads a value in which something at j needs a closer look.
func (x *scanner) oddValue(i, j int, q byte) (string, int, *Error) {
	start := -1 // of the resolved value in the arena, once it differs from the text
	from := i   // what is not yet copied
	for j < x.n {
		c := x.b[j]
		if j-i > x.maxValue {
			return "", i, x.tooLong(i)
		}
		switch {
		case c == q:
			if start < 0 {
				return str(x.b[i:j]), j + 1, nil
			}
			x.resolved = append(x.resolved, x.b[from:j]...)
			return str(x.resolved[start:]), j + 1, nil
		case c == '<':
			return "", i, x.fail(j, "a value contains <", "a closing quote is missing, or the character should be written &lt;")
		case c == '&' || c == '\r':
			if start < 0 {
				start = len(x.resolved)
			}
			x.resolved = append(x.resolved, x.b[from:j]...)
			if c == '\r' {
				x.resolved = append(x.resolved, '\n')
				j++
				if x.b[j] == '\n' {
					j++
				}
			} else {
				r, next, err := x.reference(j)
				if err != nil {
					return "", i, err
				}
				x.resolved = utf8.AppendRune(x.resolved, r)
				j = next
			}
			from = j
		default:
			next, err := x.character(j)
			if err != nil {
				return "", i, err
			}
			j = next
		}
	}
	return "", i, x.ended()
}

func (x *scanner) tooLong(i int) *Error {
	return x.fail(i, "a value of more than "+bytesOf(x.maxValue), "a closing quote may be missing")
}

// character checks the character at i and gives the offset behind it.
func (x *scanner) character(i int) (int, *Error) {
	c := x.b[i]
	switch {
	case c == 0:
		return i, x.fail(i, "a NUL byte", "the file is damaged, or not UTF-8 text")
	case c < ' ' && class[c]&space == 0:
		return i, x.fail(i, "control character "+hex(c), "XML allows none but tab and line ends")
	case c < utf8.RuneSelf:
		return i + 1, nil
	}
	r, size := utf8.DecodeRune(x.b[i:x.n])
	if r == utf8.RuneError && size <= 1 {
		return i, x.fail(i, "byte "+hex(c)+" is not valid UTF-8", "convert the file to UTF-8, for instance with iconv")
	}
	if r == 0xFFFE || r == 0xFFFF {
		return i, x.fail(i, "a character that XML does not allow", "")
	}
	return i + size, nil
}

// reference resolves the entity or character reference at i.
func (x *scanner) reference(i int) (rune, int, *Error) {
	end := i + 1
	for end < i+14 && x.b[end] != ';' && (class[x.b[end]]&nameByte != 0 || x.b[end] == '#') {
		end++
	}
	if x.b[end] != ';' {
		return 0, i, x.fail(i, "& without an entity name and ;", "write &amp; for the character")
	}
	name, next := str(x.b[i+1:end]), end+1
	switch name {
	case "lt":
		return '<', next, nil
	case "gt":
		return '>', next, nil
	case "amp":
		return '&', next, nil
	case "quot":
		return '"', next, nil
	case "apos":
		return '\'', next, nil
	}
	digits, base := strings.TrimPrefix(name, "#"), rune(10)
	if len(digits) == len(name) {
		return 0, i, x.fail(i, "entity "+quote("&"+name+";")+" is not one of XML's five", "entities of a file's own are not resolved")
	}
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	r, ok := rune(0), digits != ""
	for k := 0; ok && k < len(digits); k++ {
		d := rune(16)
		switch c := digits[k]; {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= c && c <= 'f':
			d = rune(c-'a') + 10
		case 'A' <= c && c <= 'F':
			d = rune(c-'A') + 10
		}
		r = r*base + d
		ok = d < base && r <= utf8.MaxRune
	}
	if !ok || !utf8.ValidRune(r) || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
		return 0, i, x.fail(i, "reference "+quote("&"+name+";")+" names no character that XML allows", "")
	}
	return r, next, nil
}

// tag reads the start tag at i, whatever its shape.
func (x *scanner) tag(i int) (tag, *Error) {
	name, j, err := x.name(i + 1)
	if err != nil {
		return tag{}, err
	}
	x.attrs = x.attrs[:0]
	for {
		k := x.spaces(j)
		switch x.b[k] {
		case '>':
			return tag{name, false, k + 1}, nil
		case '/':
			if x.b[k+1] != '>' {
				return tag{}, x.fail(k+1, "> is expected after /", "")
			}
			return tag{name, true, k + 2}, nil
		}
		if k == j {
			return tag{}, x.fail(j, "bad syntax in tag <"+name+">", "a quote or > may be missing")
		}
		if j, err = x.attribute(k); err != nil {
			return tag{}, err
		}
	}
}

// attribute reads name="value" at i into attrs.
func (x *scanner) attribute(i int) (int, *Error) {
	name, j, err := x.name(i)
	if err != nil {
		return i, err
	}
	for _, a := range x.attrs {
		if a.name == name {
			return i, x.fail(i, "attribute "+name+" twice in one tag", "")
		}
	}
	if len(x.attrs) == maxAttrs {
		return i, x.fail(i, "too many attributes in one tag", "")
	}
	if j = x.spaces(j); x.b[j] != '=' {
		return i, x.fail(j, "= is expected after "+name, "")
	}
	j = x.spaces(j + 1)
	q := x.b[j]
	if q != '"' && q != '\'' {
		return i, x.fail(j, "the value of "+name+" has no opening quote", "")
	}
	value, j, err := x.value(j+1, q)
	if err != nil {
		return i, err
	}
	x.attrs = append(x.attrs, attr{name, value})
	return j, nil
}

func (x *scanner) attr(name string) (string, bool) {
	for _, a := range x.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// endTag reads </name> at i.
func (x *scanner) endTag(i int) (string, int, *Error) {
	name, j, err := x.name(i + 2)
	if err != nil {
		return "", i, err
	}
	if j = x.spaces(j); x.b[j] != '>' {
		return "", i, x.fail(j, "> is expected after </"+name, "")
	}
	return name, j + 1, nil
}
