package casefile

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/calendar"
	"plumbline/ledger"
)

// Record is an act as it is kept: the act, its place, the edition it was judged under and what came of it.
//
// Its bytes, version 1, are lines of text that people can read and that never change:
//
//	plumbline act 1
//	id SALT 6f1c...
//	data.fine SALT money 500
//
// Each line is a name, the salt of the field (base64url, 22 characters) and its value, in the order of fieldRank. A line
// whose value was erased by law reads "NAME # HASH" and still verifies.
type Record struct {
	Act
	Number    int64  // in its case, from 1; nothing is missing
	Procedure string // pack/procedure
	Edition   string // of the procedure's files
	ByLaw     bool
	Refused   []Reason // the act was refused for these: nothing took effect but the refusal itself
	Issued    []Issued
	Attached  []Attached
	Observed  *Observed // nil: the act was done here
	Hidden    []string // names of fields that were erased; in a full record none
	Unknown   []Line   // fields of a newer edition of this version, kept and shown
	lines     []Line
}

// Reason is one reason of a refusal, as judged at that moment.
type Reason struct {
	Rule, Clause string
	Subject      Subject
	Missing      string // fact that was not known
}

// Issued is a document that was issued with the act.
type Issued struct{ Kind, Number string }

// Attached is a file in the case: what it is, its digest and size. Its name is what the sender called it.
type Attached struct {
	Digest ledger.Hash
	Size   int64
	Type   string
	Name   string
}

// Observed says of which row of another system an act tells: it was done there, and only seen here.
type Observed struct {
	Source string      // the feed that brought it, one word
	Digest ledger.Hash // of what the row said
	Row    string      // the key of the row in that system; a correction is of the same row
}

// Line is one field of a record.
type Line struct {
	Name   string
	Salt   [ledger.SaltSize]byte
	Value  string
	Hash   ledger.Hash // commitment of the field
	Hidden bool
}

const (
	recordHead = "plumbline act 1\n"
	// recordDomain separates leaves of acts from leaves of anything else.
	recordDomain = "plumbline act 1"
	maxRecord    = 1 << 20
)

// ErrNewer says that bytes are an act of a later version: they are kept and shown as they are.
var ErrNewer = errors.New("act is of a newer version than this program knows")

// fieldRank is the order of the fields. A name ending in a point stands for all names that begin with it.
var fieldRank = []string{"id", "case", "number", "kind", "procedure", "edition", "occurred", "recorded", "by_law", "actor", "posts", "qualifications", "relations",
	"unit", "subject.", "data.", "documents", "issued.", "attached.", "corrects", "withdraws", "refused.", "observed"}

func rank(name string) int {
	for i, r := range fieldRank {
		if name == r || strings.HasSuffix(r, ".") && strings.HasPrefix(name, r) && len(name) > len(r) {
			return i
		}
	}
	return len(fieldRank)
}

// Encode makes the bytes of r, with fresh salts read from salts. It refuses what does not belong into a record: invalid
// UTF-8, control characters but line breaks and tabs, and characters that reorder text.
func (r *Record) Encode(salts io.Reader) ([]byte, error) {
	var lines []Line
	var bad []error
	add := func(name, value string) {
		if err := CheckText(value); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", name, err))
		}
		lines = append(lines, Line{Name: name, Value: value})
	}
	text := func(name, value string) {
		if value != "" {
			add(name, value)
		}
	}
	texts := func(name string, values []string) {
		if values != nil {
			for _, v := range values {
				if v == "" || strings.ContainsAny(v, ", \n") {
					bad = append(bad, fmt.Errorf("%s: %q cannot be listed", name, v))
				}
			}
			add(name, strings.Join(values, ","))
		}
	}
	word := func(name string, words ...string) string {
		for _, w := range words {
			if w == "" || strings.ContainsAny(w, " \n") {
				bad = append(bad, fmt.Errorf("%s: %q is not one word", name, w))
			}
		}
		return strings.Join(words, " ")
	}
	add("id", string(r.ID))
	add("case", string(r.Case))
	add("number", strconv.FormatInt(r.Number, 10))
	add("kind", r.Kind)
	text("procedure", r.Procedure)
	text("edition", r.Edition)
	add("occurred", word("occurred", writeInstant(r.Occurred), r.Precision.String()))
	if r.Recorded != 0 {
		add("recorded", writeInstant(r.Recorded))
	}
	if r.ByLaw {
		add("by_law", "true")
	}
	if r.Actor != nil {
		add("actor", r.Actor.Person)
		texts("posts", r.Actor.Posts)
		texts("qualifications", r.Actor.Qualifications)
		texts("relations", r.Actor.Relations)
	}
	if r.Unit != nil {
		add("unit", word("unit", r.Unit.ID, r.Unit.Kind))
	}
	for i, s := range r.Subjects {
		name := "subject." + strconv.Itoa(i+1)
		role := s.Role
		if role == "" {
			role = "-"
		}
		add(name, word(name, string(s.ID), s.Kind, role))
	}
	for _, d := range r.Data {
		if !ValidName(d.Name) {
			bad = append(bad, fmt.Errorf("%q is not a name of a datum", d.Name))
		}
		if !d.Value.Known() {
			bad = append(bad, fmt.Errorf("data.%s: an unknown value is left out, not kept", d.Name))
		}
		add("data."+d.Name, d.Value.Kind().String()+" "+writeValue(d.Value))
	}
	texts("documents", r.Documents)
	for i, d := range r.Issued {
		name := "issued." + strconv.Itoa(i+1)
		add(name, word(name, d.Kind)+" "+d.Number)
	}
	for i, a := range r.Attached {
		name := "attached." + strconv.Itoa(i+1)
		add(name, word(name, a.Digest.String(), strconv.FormatInt(a.Size, 10), a.Type)+" "+a.Name)
	}
	text("corrects", string(r.Corrects))
	text("withdraws", string(r.Withdraws))
	for i, f := range r.Refused {
		name := "refused." + strconv.Itoa(i+1)
		add(name, word(name, f.Rule, f.Clause, dash(string(f.Subject)))+" "+dash(f.Missing))
	}
	if o := r.Observed; o != nil {
		add("observed", word("observed", o.Source, o.Digest.String())+" "+o.Row)
	}
	for i := range lines {
		if _, err := io.ReadFull(salts, lines[i].Salt[:]); err != nil {
			return nil, fmt.Errorf("random salt: %w", err)
		}
	}
	for _, u := range r.Unknown {
		bad = append(bad, fmt.Errorf("%s: a field this program does not know is never written", u.Name))
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	b := writeLines(lines)
	if len(b) > maxRecord {
		return nil, fmt.Errorf("act has %d bytes; %d is the most", len(b), maxRecord)
	}
	again, err := DecodeRecord(b) // what cannot be read back is not written
	if err != nil {
		return nil, fmt.Errorf("act cannot be read back: %w", err)
	}
	r.lines = again.lines
	return b, nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func undash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// ValidName tells whether s can name a datum or a role: lower case letters, digits and _, from a letter.
func ValidName(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// CheckText refuses what does not belong into a record: invalid UTF-8, control characters other than line break and tab,
// and invisible characters that reorder or hide text.
func CheckText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("text is not valid UTF-8")
	}
	for _, c := range s {
		switch {
		case c == '\n' || c == '\t':
		case unicode.IsControl(c) || c == utf8.RuneError:
			return fmt.Errorf("control character U+%04X", c)
		case c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069 || c == 0x200E || c == 0x200F || c == 0x061C || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0x200B:
			return fmt.Errorf("character U+%04X reorders or hides text", c)
		}
	}
	return nil
}

var escape = strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\t", "\\t")

func unescape(s string) (string, bool) {
	if !strings.Contains(s, "\\") {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", false
		}
		switch s[i] {
		case '\\':
			b.WriteByte('\\')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		default:
			return "", false
		}
	}
	return b.String(), true
}

var saltText = base64.RawURLEncoding.Strict()

func writeLines(lines []Line) []byte {
	b := []byte(recordHead)
	for _, l := range lines {
		b = append(b, l.Name...)
		if l.Hidden {
			b = append(append(b, " # "...), l.Hash.String()...)
		} else {
			b = append(saltText.AppendEncode(append(b, ' '), l.Salt[:]), ' ')
			b = append(b, escape.Replace(l.Value)...)
		}
		b = append(b, '\n')
	}
	return b
}

// DecodeRecord reads the bytes of an act, strictly: what Encode would not have written is refused, with its line.
func DecodeRecord(b []byte) (*Record, error) {
	if len(b) > maxRecord {
		return nil, fmt.Errorf("act has %d bytes; %d is the most", len(b), maxRecord)
	}
	s := string(b)
	body, ok := strings.CutPrefix(s, recordHead)
	if !ok {
		if strings.HasPrefix(s, "plumbline act ") {
			return nil, ErrNewer
		}
		return nil, fmt.Errorf("line 1: an act begins with %q", strings.TrimSpace(recordHead))
	}
	if !strings.HasSuffix(body, "\n") {
		return nil, errors.New("the last line does not end: the act is cut short")
	}
	r := &Record{}
	last := -1
	for n, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		l, err := readLine(line)
		if err == nil && rank(l.Name) < last {
			err = fmt.Errorf("%s stands after what follows it", l.Name)
		}
		if err == nil && slices.ContainsFunc(r.lines, func(x Line) bool { return x.Name == l.Name }) {
			err = fmt.Errorf("%s stands twice", l.Name)
		}
		if err == nil {
			last = rank(l.Name)
			r.lines = append(r.lines, l)
			err = r.read(l)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
	}
	for _, name := range []string{"id", "case", "number", "kind", "occurred"} {
		if !slices.ContainsFunc(r.lines, func(l Line) bool { return l.Name == name }) {
			return nil, fmt.Errorf("field %s is missing", name)
		}
	}
	return r, nil
}

func readLine(line string) (Line, error) {
	name, rest, ok := strings.Cut(line, " ")
	if !ok || name == "" {
		return Line{}, fmt.Errorf("%q is not a name, a salt and a value", short(line))
	}
	l := Line{Name: name}
	head, tail, _ := strings.Cut(name, ".")
	if !ValidName(head) || strings.Contains(name, ".") && !ValidName(tail) && !ordinal(tail) {
		return Line{}, fmt.Errorf("%q is not a name of a field", short(name))
	}
	salt, value, ok := strings.Cut(rest, " ")
	if !ok {
		return Line{}, fmt.Errorf("%s: a salt and a value are expected", name)
	}
	if salt == "#" {
		hash, err := ledger.ParseHash(value)
		l.Hidden, l.Hash = true, hash
		return l, err
	}
	raw, err := saltText.DecodeString(salt)
	if err != nil || len(raw) != ledger.SaltSize {
		return Line{}, fmt.Errorf("%s: %q is not a salt of %d bytes", name, short(salt), ledger.SaltSize)
	}
	copy(l.Salt[:], raw)
	if l.Value, ok = unescape(value); !ok {
		return Line{}, fmt.Errorf("%s: a backslash is followed by \\, n or t", name)
	}
	if err := CheckText(l.Value); err != nil {
		return Line{}, fmt.Errorf("%s: %w", name, err)
	}
	if escape.Replace(l.Value) != value {
		return Line{}, fmt.Errorf("%s: not written in the one way", name)
	}
	l.Hash = ledger.Field(name, l.Salt, l.Value)
	return l, nil
}

func short(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "?") + "…"
	}
	return s
}

func ordinal(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && strconv.Itoa(n) == s
}

func (r *Record) read(l Line) error {
	if err := r.numbered(l.Name); err != nil {
		return err
	}
	if l.Hidden {
		r.Hidden = append(r.Hidden, l.Name)
		return nil
	}
	v := l.Value
	wrong := func(want string) error { return fmt.Errorf("%s: %q is not %s", l.Name, short(v), want) }
	head, tail, _ := strings.Cut(l.Name, ".")
	if rank(l.Name) == len(fieldRank) {
		r.Unknown = append(r.Unknown, l)
		return nil
	}
	var err error
	switch head {
	case "id":
		r.ID = ActID(v)
	case "case":
		r.Case = CaseID(v)
	case "number":
		if r.Number, err = strconv.ParseInt(v, 10, 64); err != nil || r.Number < 1 || strconv.FormatInt(r.Number, 10) != v {
			return wrong("a number from 1")
		}
	case "kind":
		r.Kind = v
	case "procedure":
		r.Procedure = v
	case "edition":
		r.Edition = v
	case "occurred":
		at, precision, _ := strings.Cut(v, " ")
		if r.Occurred, err = readInstant(at); err != nil {
			return wrong("an instant and a precision")
		}
		for _, p := range []calendar.Precision{calendar.Second, calendar.Minute, calendar.Day} {
			if p.String() == precision {
				r.Precision = p
				return nil
			}
		}
		return wrong("an instant and a precision")
	case "recorded":
		if r.Recorded, err = readInstant(v); err != nil || r.Recorded == 0 {
			return wrong("an instant")
		}
	case "by_law":
		if r.ByLaw = true; v != "true" {
			return wrong("true")
		}
	case "actor":
		r.Actor = &Actor{Person: v}
	case "posts", "qualifications", "relations":
		if r.Actor == nil {
			return fmt.Errorf("%s without an actor", l.Name)
		}
		list := []string{}
		if v != "" {
			list = strings.Split(v, ",")
		}
		if slices.ContainsFunc(list, func(s string) bool { return s == "" || strings.ContainsAny(s, " \n") }) {
			return wrong("a list of words")
		}
		*map[string]*[]string{"posts": &r.Actor.Posts, "qualifications": &r.Actor.Qualifications, "relations": &r.Actor.Relations}[head] = list
	case "unit":
		w, ok := wordsOf(v, 2)
		if !ok {
			return wrong("a unit and its kind")
		}
		r.Unit = &Unit{w[0], w[1]}
	case "subject":
		w, ok := wordsOf(v, 3)
		if !ok {
			return wrong("the next subject: id, kind, role or -")
		}
		r.Subjects = append(r.Subjects, Ref{Subject(w[0]), w[1], undash(w[2])})
	case "data":
		kind, text, ok := strings.Cut(v, " ")
		k, known := ParseKind(kind)
		if !ok || !known {
			return wrong("a kind and a value")
		}
		value, err := readValue(k, text)
		if err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
		r.Data = append(r.Data, Datum{tail, value})
	case "documents":
		r.Documents = []string{}
		if v != "" {
			r.Documents = strings.Split(v, ",")
		}
		if slices.ContainsFunc(r.Documents, func(s string) bool { return s == "" || strings.ContainsAny(s, " \n") }) {
			return wrong("a list of words")
		}
	case "issued":
		kind, number, ok := strings.Cut(v, " ")
		if !ok || kind == "" || strings.Contains(kind, "\n") {
			return wrong("the next document: kind and number")
		}
		r.Issued = append(r.Issued, Issued{kind, number})
	case "attached":
		w := strings.SplitN(v, " ", 4)
		if len(w) != 4 || w[2] == "" || strings.Contains(w[2], "\n") {
			return wrong("the next file: digest, size, type, name")
		}
		a := Attached{Type: w[2], Name: w[3]}
		if a.Digest, err = ledger.ParseHash(w[0]); err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
		if a.Size, err = strconv.ParseInt(w[1], 10, 64); err != nil || a.Size < 0 || strconv.FormatInt(a.Size, 10) != w[1] {
			return wrong("a size in bytes")
		}
		r.Attached = append(r.Attached, a)
	case "corrects":
		r.Corrects = ActID(v)
	case "withdraws":
		r.Withdraws = ActID(v)
	case "refused":
		w := strings.SplitN(v, " ", 4)
		if len(w) != 4 || w[0] == "" || w[1] == "" || w[2] == "" || w[3] == "" {
			return wrong("the next reason: rule, clause, subject or -, missing fact or -")
		}
		r.Refused = append(r.Refused, Reason{w[0], w[1], Subject(undash(w[2])), undash(w[3])})
	case "observed":
		w := strings.SplitN(v, " ", 3)
		if len(w) != 3 || w[0] == "" || w[2] == "" {
			return wrong("a source, the digest and the key of a row")
		}
		digest, err := ledger.ParseHash(w[1])
		if err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
		r.Observed = &Observed{w[0], digest, w[2]}
	}
	if v == "" && head != "posts" && head != "qualifications" && head != "relations" && head != "documents" {
		return fmt.Errorf("%s is empty", l.Name)
	}
	return nil
}

// numbered checks that fields of one name are numbered from 1 without a gap, hidden ones counted.
func (r *Record) numbered(name string) error {
	head, tail, ok := strings.Cut(name, ".")
	if !ok || head == "data" || rank(name) == len(fieldRank) {
		return nil
	}
	n := 0
	for _, l := range r.lines {
		if strings.HasPrefix(l.Name, head+".") {
			n++
		}
	}
	if tail != strconv.Itoa(n) {
		return fmt.Errorf("%s: %s.%d is the next", name, head, n)
	}
	return nil
}

func wordsOf(s string, n int) ([]string, bool) {
	w := strings.Split(s, " ")
	return w, len(w) == n && !slices.ContainsFunc(w, func(x string) bool { return x == "" || strings.ContainsAny(x, "\n\t") })
}

// Leaf is the leaf hash of the act in the ledger.
func (r *Record) Leaf() ledger.Hash {
	fields := make([]ledger.Hash, len(r.lines))
	for i := range r.lines {
		fields[i] = r.lines[i].Hash
	}
	return ledger.Leaf(recordDomain, fields)
}

// Hide returns the bytes of r with the named fields taken out; the leaf stays the same.
func (r *Record) Hide(names ...string) []byte {
	lines := slices.Clone(r.lines)
	for i := range lines {
		if slices.Contains(names, lines[i].Name) {
			lines[i] = Line{Name: lines[i].Name, Hash: lines[i].Hash, Hidden: true}
		}
	}
	return writeLines(lines)
}

const instantForm = "2006-01-02T15:04:05.000000Z"

func writeInstant(i calendar.Instant) string { return i.Time().Format(instantForm) }

func readInstant(s string) (calendar.Instant, error) {
	i, _, offset, err := calendar.ParseInstant(s)
	if err == nil && (!offset || writeInstant(i) != s) {
		err = fmt.Errorf("%q is not an instant such as %s", short(s), instantForm)
	}
	return i, err
}

func writeValue(v Value) string {
	if v.Kind() == Instant {
		return writeInstant(v.Instant())
	}
	return v.String()
}

func readValue(k Kind, s string) (Value, error) {
	var v Value
	var err error
	if k == Instant {
		var i calendar.Instant
		i, err = readInstant(s)
		v = InstantOf(i)
	} else {
		v, err = ParseValue(k, s, nil)
	}
	if err == nil && writeValue(v) != s {
		err = fmt.Errorf("%q is not written in the one way, %q", short(s), short(writeValue(v)))
	}
	return v, err
}
