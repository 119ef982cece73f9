package authority

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/calendar"
)

// The kinds of change.
const (
	KindFound            = "found_unit"
	KindEnrol            = "enrol_person"
	KindAppoint          = "appoint"
	KindEndPost          = "end_post"
	KindDelegate         = "delegate"
	KindEndDelegation    = "end_delegation"
	KindQualify          = "qualify"
	KindEndQualification = "end_qualification"
	KindRank             = "change_rank"
)

// Change is one dated entry of the directory. It is flat so that an act can carry it; the constructors below say which
// fields a kind has, and no other may be set.
type Change struct {
	Kind string
	By   PersonID         // who made it; empty only while the directory is being founded
	At   calendar.Instant // when it was recorded

	Unit, Parent   UnitID
	UnitKind       string
	NameZH, NameEN string // of a unit
	Mark           string

	Person       PersonID
	Name, Number string // of a person
	Rank         string

	Post          string
	To            PersonID // who may act in Person's post
	Qualification string
	From, Until   calendar.Instant // zero means open; in a change that ends something, From names what is ended
	Reason        string           // any kind may have one, a delegation must
}

// Field is one named value of a change, as text. It is never empty.
type Field struct{ Name, Value string }

// Found adds a unit below one that exists, or at the top.
func Found(u Unit) Change {
	return Change{Kind: KindFound, Unit: u.ID, UnitKind: u.Kind, NameZH: u.Name.ZH, NameEN: u.Name.EN, Mark: u.Mark, Parent: u.Parent}
}

// Enrol adds a person, who holds no post yet.
func Enrol(p Person) Change {
	return Change{Kind: KindEnrol, Person: p.ID, Name: p.Name, Number: p.Number, Rank: p.Rank}
}

// Appoint puts a person in a post. It does not reach back before the moment it is recorded.
func Appoint(a Appointment) Change {
	return Change{Kind: KindAppoint, Person: a.Person, Post: a.Post, Unit: a.Unit, From: a.From, Until: a.Until}
}

// EndPost gives the appointment, as the directory knows it, an end or an earlier end. An end at its beginning means that it
// never came into force.
func EndPost(a Appointment, until calendar.Instant) Change {
	return Change{Kind: KindEndPost, Person: a.Person, Post: a.Post, Unit: a.Unit, From: a.From, Until: until}
}

// Delegate lets another person act in a post.
func Delegate(d Delegation) Change {
	return Change{Kind: KindDelegate, Person: d.From, To: d.To, Post: d.Post, Unit: d.Unit, From: d.Since, Until: d.Until, Reason: d.Reason}
}

// EndDelegation gives the delegation an end or an earlier end.
func EndDelegation(d Delegation, until calendar.Instant) Change {
	return Change{Kind: KindEndDelegation, Person: d.From, To: d.To, Post: d.Post, Unit: d.Unit, From: d.Since, Until: until}
}

// Qualify records a qualification. It may date from before: a certificate is older than its entry here.
func Qualify(q Qualification) Change {
	return Change{Kind: KindQualify, Person: q.Person, Qualification: q.ID, From: q.From, Until: q.Until}
}

// EndQualification gives the qualification an end or an earlier end.
func EndQualification(q Qualification, until calendar.Instant) Change {
	return Change{Kind: KindEndQualification, Person: q.Person, Qualification: q.ID, From: q.From, Until: until}
}

// Promote gives a person another rank from a moment on, later than the one of the last rank.
func Promote(p PersonID, rank string, from calendar.Instant) Change {
	return Change{Kind: KindRank, Person: p, Rank: rank, From: from}
}

// Made is the change with its author and moment. A founding change has no author. With an author, an appointment or
// delegation without a begin begins now, and an end without a moment is now.
func (c Change) Made(by PersonID, at calendar.Instant) Change {
	c.By, c.At = by, at
	switch {
	case by == "":
	case c.From == 0 && (c.Kind == KindAppoint || c.Kind == KindDelegate):
		c.From = at
	case c.Until == 0 && c.ends():
		c.Until = at
	}
	return c
}

func (c *Change) ends() bool {
	return c.Kind == KindEndPost || c.Kind == KindEndDelegation || c.Kind == KindEndQualification
}

// Data is the change as the data of an act, in a fixed order, without what is empty. [ChangeFrom] reads it back. The
// act's own author and moment must equal the fields by and at; that is for the caller to hold.
func (c Change) Data() []Field {
	var out []Field
	for _, col := range columns {
		if text, at := col.of(&c); text != nil && *text != "" {
			out = append(out, Field{col.name, *text})
		} else if at != nil && *at != 0 {
			out = append(out, Field{col.name, at.String()})
		}
	}
	return out
}

// ChangeFrom reads what [Change.Data] wrote, in any order. An unknown name, a field that is no part of the kind, one that
// is missing, empty or there twice, a moment written otherwise than Data writes it: each is an error. The error is
// an [*Error] with every reason.
func ChangeFrom(kind string, data []Field) (Change, error) {
	c := Change{Kind: kind}
	var bad []Reason
	var seen []string
	for _, f := range data {
		i := slices.IndexFunc(columns, func(col column) bool { return col.name == f.Name })
		switch {
		case i < 0:
			bad = append(bad, reason("unknown_field", "no field is called %q", f.Name))
			continue
		case slices.Contains(seen, f.Name):
			bad = append(bad, reason("field_twice", "%s is there twice", f.Name))
			continue
		case f.Value == "":
			bad = append(bad, reason("field_empty", "%s is there, but empty", f.Name))
			continue
		}
		seen = append(seen, f.Name)
		text, at := columns[i].of(&c)
		if text != nil {
			*text = f.Value
			continue
		}
		t, _, offset, err := calendar.ParseInstant(f.Value)
		if err != nil || !offset || t == 0 || t.String() != f.Value {
			bad = append(bad, reason("bad_instant", "%s: %q is not an instant as 2006-01-02T15:04:05Z", f.Name, f.Value))
			continue
		}
		*at = t
	}
	if len(bad) == 0 {
		bad = c.malformed()
	}
	if len(bad) > 0 {
		return Change{}, &Error{Kind: kind, Reasons: bad}
	}
	return c, nil
}

// column is a field of Change under the name it has in an act's data: a text, or an instant.
type column struct {
	name string
	of   func(*Change) (*string, *calendar.Instant)
}

var columns = []column{
	{"by", func(c *Change) (*string, *calendar.Instant) { return (*string)(&c.By), nil }},
	{"at", func(c *Change) (*string, *calendar.Instant) { return nil, &c.At }},
	{"unit", func(c *Change) (*string, *calendar.Instant) { return (*string)(&c.Unit), nil }},
	{"parent", func(c *Change) (*string, *calendar.Instant) { return (*string)(&c.Parent), nil }},
	{"unit_kind", func(c *Change) (*string, *calendar.Instant) { return &c.UnitKind, nil }},
	{"name_zh", func(c *Change) (*string, *calendar.Instant) { return &c.NameZH, nil }},
	{"name_en", func(c *Change) (*string, *calendar.Instant) { return &c.NameEN, nil }},
	{"mark", func(c *Change) (*string, *calendar.Instant) { return &c.Mark, nil }},
	{"person", func(c *Change) (*string, *calendar.Instant) { return (*string)(&c.Person), nil }},
	{"name", func(c *Change) (*string, *calendar.Instant) { return &c.Name, nil }},
	{"number", func(c *Change) (*string, *calendar.Instant) { return &c.Number, nil }},
	{"rank", func(c *Change) (*string, *calendar.Instant) { return &c.Rank, nil }},
	{"post", func(c *Change) (*string, *calendar.Instant) { return &c.Post, nil }},
	{"to", func(c *Change) (*string, *calendar.Instant) { return (*string)(&c.To), nil }},
	{"qualification", func(c *Change) (*string, *calendar.Instant) { return &c.Qualification, nil }},
	{"from", func(c *Change) (*string, *calendar.Instant) { return nil, &c.From }},
	{"until", func(c *Change) (*string, *calendar.Instant) { return nil, &c.Until }},
	{"reason", func(c *Change) (*string, *calendar.Instant) { return &c.Reason, nil }},
}

// fields: what a kind must have and what it may have besides. Every kind must have at, and may have by and reason.
var fields = map[string]struct{ must, may []string }{
	KindFound:            {[]string{"unit", "unit_kind"}, []string{"name_zh", "name_en", "mark", "parent"}},
	KindEnrol:            {[]string{"person", "name", "number"}, []string{"rank"}},
	KindAppoint:          {[]string{"person", "post", "unit"}, []string{"from", "until"}},
	KindEndPost:          {[]string{"person", "post", "unit", "until"}, []string{"from"}},
	KindDelegate:         {[]string{"person", "to", "post", "unit", "reason"}, []string{"from", "until"}},
	KindEndDelegation:    {[]string{"person", "to", "post", "unit", "until"}, []string{"from"}},
	KindQualify:          {[]string{"person", "qualification"}, []string{"from", "until"}},
	KindEndQualification: {[]string{"person", "qualification", "until"}, []string{"from"}},
	KindRank:             {[]string{"person", "rank", "from"}, nil},
}

const maxText = 500 // bytes of one field

// malformed says what is wrong with the change by itself, whatever the directory holds.
func (c *Change) malformed() []Reason {
	has, known := fields[c.Kind]
	if !known {
		return []Reason{reason("unknown_kind", "no change is called %q", c.Kind)}
	}
	var bad []Reason
	for _, col := range columns {
		text, at := col.of(c)
		set := text != nil && *text != "" || at != nil && *at != 0
		must := col.name == "at" || slices.Contains(has.must, col.name)
		switch {
		case must && !set:
			bad = append(bad, reason("field_missing", "%s is missing", col.name))
		case set && !must && col.name != "by" && col.name != "reason" && !slices.Contains(has.may, col.name):
			bad = append(bad, reason("field_out_of_place", "%s is no part of %s", col.name, c.Kind))
		case set && text != nil && !plain(*text):
			bad = append(bad, reason("bad_text", "%s holds what cannot be seen, blanks at an end, or is too long", col.name))
		case set && at != nil && !written(*at):
			bad = append(bad, reason("bad_instant", "%s lies outside the years 1 to 9999", col.name))
		}
	}
	if c.Kind == KindFound && c.NameZH == "" && c.NameEN == "" {
		bad = append(bad, reason("field_missing", "a unit has a name in one language at least"))
	}
	if c.Until != 0 && c.From != 0 && (c.Until < c.From || c.Until == c.From && !c.ends()) {
		bad = append(bad, reason("ends_before_it_begins", "it would end at %s, before it begins at %s", c.Until, c.From))
	}
	return bad
}

// plain says whether a text is what it looks like: no control characters, none without width or that turn the direction.
// Private use is let through: rare characters of names are written so.
func plain(s string) bool {
	if len(s) > maxText || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
	}) < 0
}

func written(t calendar.Instant) bool {
	again, _, offset, err := calendar.ParseInstant(t.String())
	return err == nil && offset && again == t
}

// Reason is one thing that stands against a change: a code for pages and tests, a text for logs.
type Reason struct{ Code, Text string }

func reason(code, format string, args ...any) Reason {
	return Reason{code, fmt.Sprintf(format, args...)}
}

// Error is a change that was refused, with every reason. Index is its place among the changes given to
// [Directory.Apply], of which then none was applied.
type Error struct {
	Index   int
	Kind    string
	Reasons []Reason
}

func (e *Error) Error() string {
	texts := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		texts[i] = r.Text
	}
	return fmt.Sprintf("change %d, %s: %s", e.Index, e.Kind, strings.Join(texts, "; "))
}

// Has says whether a reason has the code.
func (e *Error) Has(code string) bool {
	return slices.ContainsFunc(e.Reasons, func(r Reason) bool { return r.Code == code })
}
