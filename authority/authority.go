// Package authority knows organs, officers and posts: who may act in a case, and who may see what.
//
// A [Directory] is the sum of dated [Change]s. A change is never taken back: what ends gets an end, so that the directory
// answers for any past moment who held which post. Callers store each change as an act ([Change.Data], [ChangeFrom]) and
// apply the acts again, in order, when they start.
//
// Two questions are answered here, and nowhere else:
//
//	[Directory.Actor]  which posts and qualifications of a person count in a case of a unit (the procedure judges them)
//	[Directory.May]    whether a person may do or see something; [Directory.Visible] is the same table as a row filter
//
// Not handled: units that move or close, names that change, recusal (the procedure judges the relations of an act),
// and break-glass access.
package authority

import "plumbline/calendar"

// Identifiers have their own types so that none is mistaken for another.
type (
	PersonID string
	UnitID   string
)

// Text is a name in the two languages of the pages. Either may be empty, not both.
type Text struct{ ZH, EN string }

// Unit is an organ, or a part of one, that can hold cases.
type Unit struct {
	ID     UnitID
	Kind   string // as the pack names it: station, county
	Name   Text
	Mark   string // abbreviation in document numbers, e.g. 城公; may be empty
	Parent UnitID // the unit above; empty at the top
}

// Person is one human being, once: a police number belongs to one person only, so that "not the same person" cannot be
// met with a second entry.
type Person struct {
	ID     PersonID
	Name   string
	Number string // police number
	Rank   string // at enrolment; [Directory.RankAt] knows later ones
}

// The posts this package knows by name. A pack may name others; they count for the procedure ([Directory.Actor]) and
// make their holder a member of the organ, nothing more.
const (
	Handler       = "handler"
	UnitHead      = "unit_head"
	LegalOfficer  = "legal_officer"
	LegalReviewer = "legal_reviewer"
	CountyHead    = "county_head"
	UpperOrgan    = "upper_organ" // head of the organ one level up
	Supervisor    = "supervisor"
	Administrator = "administrator" // of the system; never held together with another post

	Assessor              = "assessor"
	Superintendent        = "superintendent"
	SuperintendentGeneral = "superintendent_general"
	Trainer               = "trainer"
	Dispatcher            = "dispatcher"

	// ConcernedPost is held by nobody in the directory: in it acts an officer whom a matter names as the one it is about.
	ConcernedPost = "concerned"

	// PartyPost is held by nobody either: in it acts a party through the portal.
	PartyPost = "party"

	// HousePost is held by nobody: in it the house opens by its clock what is due and nobody opened.
	HousePost = "house"
)

// staff: the posts that work on every matter of exactly their unit.
var staff = []string{Assessor, Superintendent, SuperintendentGeneral, Trainer, Dispatcher}

// Superintendence is the kind of unit that stands apart: of the posts above it only the head
// of the organ one level up sees its matters, to whom its measures are appealed.
const Superintendence = "superintendence"

// heads: the posts that command their unit and everything below it.
var heads = []string{UnitHead, CountyHead, UpperOrgan}

// Appointment puts a person in a post of a unit, from From up to but not including Until. Zero means open.
type Appointment struct {
	Person      PersonID
	Post        string
	Unit        UnitID
	From, Until calendar.Instant
}

// Delegation lets To act in a post that From holds. It counts while both the delegation and From's appointment are in
// force. A delegated post cannot be delegated again.
type Delegation struct {
	From, To PersonID
	Post     string
	Unit     UnitID
	Since    calendar.Instant
	Until    calendar.Instant // zero means open
	Reason   string
}

// Qualification is something a person must hold to act, e.g. legal_profession.
type Qualification struct {
	Person      PersonID
	ID          string
	From, Until calendar.Instant // zero means open
}

// Held is a post that a person can act in at a moment.
type Held struct {
	Post string
	Unit UnitID
	For  PersonID // whose post it is, when it is held by delegation; else empty
}

// covers says whether t lies in [from, until), where zero means open.
func covers(from, until, t calendar.Instant) bool {
	return (from == 0 || from <= t) && (until == 0 || t < until)
}

// overlap says whether two half-open stretches share a moment. One that ends where it begins has none.
func overlap(from1, until1, from2, until2 calendar.Instant) bool {
	if until1 != 0 && until1 <= from1 || until2 != 0 && until2 <= from2 {
		return false
	}
	return (until2 == 0 || from1 == 0 || from1 < until2) && (until1 == 0 || from2 == 0 || from2 < until1)
}
