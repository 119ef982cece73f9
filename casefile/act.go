// Package casefile holds what stands in the file of a case: acts, each one step done with authority.
//
// An act says who did what, in which post, when, on which data. It is never edited: a correction or a withdrawal is a new
// act that names the old one. What acts mean is not known here; package procedure folds them under a pack.
package casefile

import (
	"fmt"

	"plumbline/calendar"
)

// Identifiers have their own types so that none is mistaken for another.
type (
	CaseID  string
	ActID   string
	Subject string // a person, item, document or call of the case; unique within its case
)

// Relations are what who acts may be to the matter, and to the cases it names: took part in one of these by any act, reviewed
// or decided one, is assigned to one, serves in the unit that holds one; is an officer whom the matter is about; or
// looked at another's matter about the same, which is to be done alone.
var Relations = []string{"took_part", "reviewed", "decided", "assigned", "same_unit", "concerned", "saw_other"}

// Actor is who did an act, resolved when it was submitted: posts and qualifications in force at that moment, and the
// Relations. A nil list means not known (a foreign log), an empty one none.
type Actor struct {
	Person         string
	Posts          []string
	Qualifications []string
	Relations      []string
}

// Unit is the organ or unit that holds the case, with its kind as the pack names it (station, county).
type Unit struct{ ID, Kind string }

// Ref names a subject an act is about, with its kind (person, item) and, where the act states it, its role (offender).
type Ref struct {
	ID         Subject
	Kind, Role string
}

// Datum is one named value of an act, as text to be read under the pack's type for it, or as a value.
type Datum struct {
	Name  string
	Value Value
}

// Act is the envelope of one step of a case.
type Act struct {
	ID        ActID
	Case      CaseID
	Kind      string             // the act's id in the procedure, e.g. decide
	Occurred  calendar.Instant   // when it happened, as claimed
	Precision calendar.Precision // how exactly that is known
	Recorded  calendar.Instant   // the server's clock; zero where unknown (a foreign log)
	Actor     *Actor             // nil: not known
	Unit      *Unit
	Subjects  []Ref
	Data      []Datum
	Documents []string // documents issued with the act; nil: not known
	Corrects  ActID    // this act stands in place of that one
	Withdraws ActID    // that act is taken back
}

// Datum is the value that the act has under a name; unknown where it has none.
func (a *Act) Datum(name string) Value {
	for _, d := range a.Data {
		if d.Name == name {
			return d.Value
		}
	}
	return Value{}
}

// ParseInstant reads an RFC 3339 instant, or one without offset in the zone's wall clock, or a bare date (its midnight).
func ParseInstant(s string, z *calendar.Zone) (calendar.Instant, error) {
	i, _, err := ParseWhen(s, z)
	return i, err
}

// ParseWhen is ParseInstant that also tells how exactly the text gives the moment.
func ParseWhen(s string, z *calendar.Zone) (calendar.Instant, calendar.Precision, error) {
	i, precision, offset, err := calendar.ParseInstant(s)
	if err != nil {
		return 0, 0, err
	}
	if !offset {
		if z == nil {
			return 0, 0, fmt.Errorf("%q has no offset and no zone is given", s)
		}
		i = z.Local(i)
	}
	return i, precision, nil
}
