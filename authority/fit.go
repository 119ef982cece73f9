package authority

import (
	"strings"

	"plumbline/calendar"
)

// Fit refuses what [Directory.Apply] takes from older acts and nobody may enter any more: an id that could be read as two, a
// number that could be read as somebody else's id, a rank that is held already. The error is an [*Error] with every reason.
func (d *Directory) Fit(c Change) error {
	var bad []Reason
	no := func(when bool, code, format string, args ...any) {
		if when {
			bad = append(bad, reason(code, format, args...))
		}
	}
	switch c.Kind {
	case KindFound:
		no(!validID(string(c.Unit)), "bad_id", "%q is no id: lower case letters, digits, - and _, from a letter", c.Unit)
	case KindAppoint, KindDelegate:
		no(c.Post == ConcernedPost || c.Post == PartyPost || c.Post == HousePost, "post_of_nobody", "nobody is appointed to %q", c.Post)
	case KindEnrol:
		no(string(c.Person) == PartyPost || string(c.Person) == HousePost, "bad_id", "%q is what a party is called", c.Person)
		no(!validID(string(c.Person)), "bad_id", "%q is no id: lower case letters, digits, - and _, from a letter", c.Person)
		_, isNumber := d.ByNumber(string(c.Person))
		_, isID := d.Person(PersonID(c.Number))
		no(isNumber || isID, "mistakable", "the id or the number stands for somebody else")
	case KindRank:
		no(c.Rank == d.RankAt(c.Person, calendar.Never), "already_held", "%s holds this rank", c.Person)
	}
	if len(bad) > 0 {
		return &Error{Kind: c.Kind, Reasons: bad}
	}
	return nil
}

// validID tells whether s can stand in an address, in a list with commas and beside an index.
func validID(s string) bool {
	rest := strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz0123456789-_")
	return s != "" && len(s) <= 64 && s[0] >= 'a' && s[0] <= 'z' && rest == ""
}
