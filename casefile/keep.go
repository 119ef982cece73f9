package casefile

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/ledger"
)

// The types of this file are what a store keeps beside the acts: projections of them, moved in the same transaction.

// Errors of a store, matched with errors.Is.
var (
	ErrConflict = errors.New("the case was changed meanwhile")                        // its revision is not the one judged on
	ErrOtherAct = errors.New("another act has this id")                               // same id, other content
	ErrNotFound = errors.New("not found")                                             // no such case, act, account ...
	ErrStopped  = errors.New("the record cannot be written: nothing is acknowledged") // after a failed sync or a lost fence
	ErrTooLarge = errors.New("the file is larger than is taken")
	ErrReadOnly = errors.New("the record is read-only: it was restored and not yet confirmed by a person, or is open for reading only")
)

// Head is a case as it stands: what lists show, and the standing to judge the next act on.
type Head struct {
	ID        CaseID
	Revision  int64  // moves with every change; optimistic concurrency
	Acts      int64  // number of the last act; refusals count
	Procedure string // pack/procedure
	Edition   string // of the procedure the standing was folded under
	Unit      string // the unit that holds the case
	UnitKind  string
	Number    string // case number from a register; empty until it has one
	Title     string
	Stage     string
	Handlers  []string // persons assigned, the first leads
	Opener    string   // the person who opened it
	Opened    calendar.Instant
	Updated   calendar.Instant
	Closed    bool
	Due       calendar.Instant // the nearest running deadline; zero: none
	Overdue   int              // running duties past their deadline
	Findings  int              // findings that stand, warnings aside
	Receipt   string           // code of the reporter's receipt, normalised; empty: none
	Secret    string           // salted hash of the reporter's second secret
	Words     string           // text that search looks in, application-made bigrams separated by spaces
	Standing  []byte
}

// Duty is one duty of a case as it stands.
type Duty struct {
	Case    CaseID
	Duty    string // id in the procedure
	Subject Subject
	Cause   int64 // number of the act that opened it
	State   string
	Opened  calendar.Instant
	Amber   calendar.Instant // 80 % of the way to Due; zero: no limit
	Due     calendar.Instant // zero: no limit
	Done    calendar.Instant // when it left the open states; zero: still to be done
	Waiting bool             // suspended: not before Due
	Liberty bool
	Next    calendar.Instant // when the clock must look at it next; zero: never
	Unit    string
	Handler string // the first handler of the case
}

// Finding is one finding of a case with its history.
type Finding struct {
	Case        CaseID
	Rule        string
	Clause      string
	Subject     Subject
	Cause       int64 // number of the act that gave rise to it
	At          calendar.Instant
	Severity    int
	Unjudged    bool
	Missing     string
	Warn        bool
	Duty        string
	Due         calendar.Instant
	MadeBy      int64 // number of the act whose arrival showed it; 0: a deadline passed
	WithdrawnBy int64 // 0: it stands
	Unit        string
}

// Register asks for the next number of a gap-free register: one for each unit, year and kind.
type Register struct {
	Unit string
	Year int
	Kind string
}

// Notice is one row of the outbox: what must be told because of a change. Consumers read it at least once, by Seq.
type Notice struct {
	Seq    int64 // given by the store
	Topic  string
	Case   CaseID
	Number int64  // the act, 0: a deadline
	Text   string // what the consumer needs, nothing about people
	At     calendar.Instant
}

// Change is all that one step moves, in one transaction.
type Change struct {
	Case     CaseID
	Revision int64     // that this was judged on; 0 for a case that does not exist yet. The head gets Revision+1
	Head     Head      // after the change; Revision and Acts are set by the store
	Act      *NewAct   // nil: no act
	Then     []*NewAct // acts that follow it: what a feed brings of a case is kept as one
	Duties   []Duty    // replaces the rows with the same case, duty, subject and cause
	Findings []Finding // replaces the rows with the same case, rule, clause, subject and cause
	Notices  []Notice
	Draft    string // key of the draft this act was made from; it is deleted
}

// NewAct is an act to be kept.
type NewAct struct {
	ID        ActID
	Request   ledger.Hash // of what the client sent: the same id with the same request is the same act
	Registers []Register  // numbers to draw
	// Seal makes the act's bytes for ever once its number in the case and the numbers drawn are known. It is called inside
	// the writer, must be fast and depend on nothing else. It may fill in c.Head (its Number, for one).
	Seal func(c *Change, number int64, drawn []int64) (bytes []byte, leaf ledger.Hash, err error)
}

// Acts lists the acts of a change in the order in which they are numbered.
func (c *Change) Acts() []*NewAct {
	if c.Act == nil {
		return nil
	}
	return append([]*NewAct{c.Act}, c.Then...)
}

// Kept says where a change landed: its first act, for those that follow have the next numbers and indexes. For a change
// without an act only Revision is set.
type Kept struct {
	Revision int64
	Number   int64 // in its case, from 1
	Index    int64 // in the ledger, from 0
	Leaf     ledger.Hash
	Root     ledger.Hash // of the ledger of size Size, in which the act is
	Size     int64
	Again    bool // this act was kept before; nothing was written now
}

// Entry is one act as it was kept.
type Entry struct {
	Index  int64
	Case   CaseID
	Number int64
	Act    ActID
	Leaf   ledger.Hash
	Bytes  []byte
}

// Looked is one view of a person's data, written before the answer leaves.
type Looked struct {
	Index   int64 // in the log of views, given by the store
	At      calendar.Instant
	Person  string
	Post    string
	Case    CaseID
	What    string // page or document
	Purpose string
	Refused bool
}

// Selection says which cases a list shows. Who may see what is decided before; a store never asks who is logged in.
type Selection struct {
	Units   []string         // cases of these units, or
	Handler string           // cases assigned to or opened by this person; both empty: none
	All     bool             // no filter by unit or person
	Open    bool             // only cases that are not closed
	Closed  bool             // only closed ones
	Late    bool             // only with an overdue duty
	Found   bool             // only with findings that stand
	Words   []string         // all must occur in Words
	Number  string           // exact case number
	Before  calendar.Instant // page: Updated before this, or equal and ID after AfterID; zero: from the newest
	AfterID CaseID
	Limit   int
}

// Account is a local sign-in.
type Account struct {
	Login    string
	Person   string
	Password string // argon2id
	Failed   int
	Locks    int              // how often it was locked in a row
	Since    calendar.Instant // first of the failures that count
	Locked   calendar.Instant // until; zero: not
	Changed  calendar.Instant
	Must     bool // the password must be changed at the next sign-in
}

// Session is one signed-in browser.
type Session struct {
	Token   ledger.Hash // SHA-256 of the token
	Person  string
	Login   string
	Started calendar.Instant
	Seen    calendar.Instant
	Client  string // what the browser says it is
}

// Draft is a form not yet submitted. It is not an act.
type Draft struct {
	Key     string // person, case, act and subject
	Person  string
	Case    CaseID
	Act     string
	Subject Subject
	Body    []byte
	Saved   calendar.Instant
}

// Survey is what an anonymous survey has collected. Nothing tells which slip gave which answer, nor when.
type Survey struct {
	Slips  int64 // issued
	Used   int64
	Ended  bool // it was counted: nothing is taken any more
	Counts []SurveyCount
}

// SurveyCount is how many of a group gave one answer to one question.
type SurveyCount struct {
	Group    string // empty: they did not say
	Question Subject
	Answer   string
	N        int64
}

// LookedSalts is how many salts the leaf of a view needs: one for each of its fields.
const LookedSalts = 7

// Leaf is the leaf hash of a view in the log of views, which commits to each of its fields with a salt of its own.
func (l Looked) Leaf(salts [LookedSalts][ledger.SaltSize]byte) ledger.Hash {
	fields := [LookedSalts][2]string{{"at", writeInstant(l.At)}, {"person", l.Person}, {"post", l.Post}, {"case", string(l.Case)}, {"what", l.What},
		{"purpose", l.Purpose}, {"refused", strconv.FormatBool(l.Refused)}}
	var hashes [LookedSalts]ledger.Hash
	for i, f := range fields {
		hashes[i] = ledger.Field(f[0], salts[i], f[1])
	}
	return ledger.Leaf("plumbline view 1", hashes[:])
}

// Check refuses a change whose parts are not all of its case.
func (c *Change) Check() error {
	wrong := func(what string, of CaseID) error {
		return fmt.Errorf("%s is of case %q, the change of %q", what, of, c.Case)
	}
	if c.Case == "" || c.Head.ID != c.Case {
		return wrong("the head", c.Head.ID)
	}
	if c.Act == nil && len(c.Then) > 0 {
		return fmt.Errorf("the change of case %q has acts that follow none", c.Case)
	}
	for i := range c.Duties {
		if d := &c.Duties[i]; d.Case != c.Case {
			return wrong("duty "+d.Duty, d.Case)
		}
	}
	for i := range c.Findings {
		if f := &c.Findings[i]; f.Case != c.Case {
			return wrong("finding "+f.Rule, f.Case)
		}
	}
	for i := range c.Notices {
		if n := &c.Notices[i]; n.Case != c.Case {
			return wrong("notice "+n.Topic, n.Case)
		}
	}
	return nil
}

// Sealed calls Seal for a store. A panic stays with the change it belongs to, and what is the store's in the head stays.
func (c *Change) Sealed(act *NewAct, number int64, drawn []int64) (bytes []byte, leaf ledger.Hash, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sealing panicked: %v", p)
		}
	}()
	revision, acts := c.Head.Revision, c.Head.Acts
	bytes, leaf, err = act.Seal(c, number, drawn)
	c.Head.Revision, c.Head.Acts = revision, acts
	if err == nil && len(bytes) == 0 {
		err = errors.New("sealing made no bytes")
	}
	return bytes, leaf, err
}

// Check holds an entry against its own bytes: ids, number and leaf. Bytes of a newer version give ErrNewer.
func (e *Entry) Check() error {
	r, err := DecodeRecord(e.Bytes)
	if err != nil {
		return err
	}
	if r.ID != e.Act || r.Case != e.Case || r.Number != e.Number {
		return fmt.Errorf("its bytes say act %s, case %s, number %d", r.ID, r.Case, r.Number)
	}
	if leaf := r.Leaf(); leaf != e.Leaf {
		return fmt.Errorf("its bytes make leaf %s, %s is kept", leaf, e.Leaf)
	}
	return nil
}

// ID is the finding's name wherever it is spoken of: the case, a point, and eight characters of what makes it this finding.
func (f *Finding) ID() string {
	d := sha256.Sum256([]byte(fmt.Sprintf("plumbline finding\n%s\n%s\n%s\n%d", f.Rule, f.Clause, f.Subject, f.Cause)))
	return string(f.Case) + "." + strings.ToLower(base32.StdEncoding.EncodeToString(d[:5]))
}

// CaseOfFinding is the case in the id of a finding; false where it is no such id.
func CaseOfFinding(id string) (CaseID, bool) {
	c, tail, ok := strings.Cut(id, ".")
	return CaseID(c), ok && c != "" && len(tail) == 8
}
