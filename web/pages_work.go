package web

import "plumbline/calendar"

// SignInTrouble says why signing in did not work.
type SignInTrouble string

// The troubles.
const (
	SignInWrong   SignInTrouble = "wrong"   // name or password: which one is not said
	SignInLocked  SignInTrouble = "locked"  // too many attempts; Until says when it opens
	SignInExpired SignInTrouble = "expired" // the session ended; Return leads back
	SignInEnded   SignInTrouble = "ended"   // signed out
)

// SignIn is the page before all others. Posts name, password, return to Action.
type SignIn struct {
	Frame
	Action  string
	Trouble SignInTrouble
	Until   calendar.Instant // SignInLocked
	Name    string           // as typed
	Return  string           // path to go to afterwards
	Demos   []DemoSignIn     // empty outside a demonstration
}

// DemoSignIn signs in a made-up person with one button: posts name and password to SignIn.Action.
type DemoSignIn struct{ Role, Name, Password, Person, Post, Unit string }

// Account changes the password and ends sessions.
type Account struct {
	Frame
	Login         string
	Action        string // posts current, new, again
	MinLength     int
	Errors        []FieldError // fields current, new, again
	Sessions      []Session
	EndOthers     string // posts; empty: there are no others
	Qualification []Pair // own posts and qualifications with their dates, to read
	Given         []Given
}

// Given is a password that somebody gave to another: For whom is empty on one's own account.
type Given struct {
	For, By string
	At      calendar.Instant
}

// Session is one browser that is signed in.
type Session struct {
	Device      string
	Since, Last calendar.Instant
	Current     bool
	EndURL      string // posts
}

// Workbench is what waits for one person, most urgent first.
type Workbench struct {
	Frame
	Duties   []Duty // liberty first, then overdue, near, running
	More     *Link  // where Duties are not all
	Awaiting []Awaiting
	Drafts   []DraftRow
	Recent   []CaseRef
	Unit     *UnitFigures // heads only
	Watch    *Watch       // who watches over units
	Intake   string       // where a report is taken in; empty: this person does not take in

	Questions []QuestionBrief // about rules: to be answered, and the person's own
}

// Watch is what waits for whoever watches over units.
type Watch struct {
	Untouched []FindingRow // nobody has taken them up; newest first
	More      bool         // there are further ones
}

// Duty is a limit of some case on the workbench.
type Duty struct {
	Limit
	Case CaseRef
}

// Awaiting is a review or decision that waits for this person.
type Awaiting struct {
	What    string // 审批：处罚决定
	Case    CaseRef
	From    string // who asks, with post
	Since   calendar.Instant
	Round   int    // 2 and above: it was returned before
	Href    string // the approval page
	Urgency *Limit // the deadline behind it, if any
}

// DraftRow is a form begun and not sent.
type DraftRow struct {
	What, Href, DropURL string
	Case                CaseRef // zero: an intake
	Saved               calendar.Instant
}

// UnitFigures are counts of a unit, each with what it is a part of. Not for comparing persons.
type UnitFigures struct {
	Unit, Period string
	Figures      []Figure
}

// Figure is a count out of a whole.
type Figure struct {
	Label     string
	Count, Of int
	Unit      string // 件, 项
	Note      string // what the whole is
	Href      string
	Tone      Tone
}

// Intake takes up what was brought: first how it came in, then the form.
type Intake struct {
	Frame
	Ways   []Way
	Form   *Form // nil until a way is chosen
	Others []Way // what else opens a case, the main one first; empty where nothing else does
}

// Way is how a report came in. The first in the list is the commonest.
type Way struct {
	Title, Href string
	Note        string // may be empty
	Chosen      bool
}

// Scope is whose cases are listed.
type Scope string

// The scopes.
const (
	ScopeMine Scope = "mine"
	ScopeUnit Scope = "unit"
	ScopeAll  Scope = "all" // all this person may see
)

// CaseList lists and searches cases. Its form sends q, scope, state (open, closed, any), overdue (1) by GET to Action.
type CaseList struct {
	Frame
	Action  string
	Query   string
	Scope   Scope
	Scopes  []Scope // what this person may choose
	State   string  // open, closed, any
	Overdue bool
	Error   string // what is wrong with the query
	Rows    []CaseRow
	Pager   Pager
	Intake  string // as in Workbench
}

// CaseRow is one case of the list.
type CaseRow struct {
	CaseRef
	Kind, Stage, Unit string
	Handlers          []string
	Closed            bool
	Next              *Limit // the nearest deadline; nil: none runs
	Findings          int
	Opened            calendar.Instant
}

// UnitNode is a unit in the tree of an organ, in depth-first order.
type UnitNode struct {
	Name, Kind, Href string
	Depth            int // 0 the organ itself
	Posts            int // filled today
	Current          bool
}

// People shows who holds which post, and what they are qualified for.
type People struct {
	Frame
	Units         []UnitNode
	Unit          string // the chosen unit
	Posts         []Post
	Delegations   []Delegation
	Changes       []Link // administrators only: the kinds of change, each an act on the record
	Change        *Form  // the one that is being made
	Secret        *Pair  // sign-in and password just made, shown once
	Administrator bool
	Feeds         bool    // other systems are followed, and the reader may see how they stand
	Given         []Given // administrators only: passwords that administrators were given
}

// Post is a position with who holds it and since when.
type Post struct {
	Title, Person, Number string // Number: of the officer; Person empty: vacant
	From, To              calendar.Date
	Open                  bool // To is not fixed
	Ended                 bool // shown greyed
	Qualifications        []Qualification
}

// Qualification is what a person must hold to act.
type Qualification struct {
	Title    string
	From, To calendar.Date
	Open     bool // without end
	Tone     Tone // Bad: lapsed, Near: lapses soon
}

// Delegation: one acts for another, within limits.
type Delegation struct {
	From, To, For string // who, to whom, for which acts
	Since, Until  calendar.Date
}

// NoticeKind is why there is no page.
type NoticeKind string

// The notices.
const (
	NoticeNotFound NoticeKind = "not_found" // also: what one may not know
	NoticeError    NoticeKind = "error"
	NoticeRefused  NoticeKind = "refused"
	NoticeConflict NoticeKind = "conflict"
	NoticeStopped  NoticeKind = "stopped" // the record cannot be written: nothing is accepted now
)

// Notice stands where a page cannot be shown.
type Notice struct {
	Frame
	Kind    NoticeKind
	Ref     string // what the log knows the cause by
	Reasons []Reason
	Back    *Link
}

// Looks shows who looked at a case.
type Looks struct {
	Frame
	Case  CaseRef
	Rows  []Look
	Pager Pager
}

// Look is one view of a case, or one that was refused.
type Look struct {
	At              calendar.Instant
	Who, Post, Unit string
	What            string // which part
	Purpose         string // as stated; empty where none is asked
	Refused         bool
	Index           string // in the log of views
}

// Template names.
func (SignIn) Template() string    { return "signin" }
func (Account) Template() string   { return "account" }
func (Workbench) Template() string { return "workbench" }
func (Intake) Template() string    { return "intake" }
func (CaseList) Template() string  { return "cases" }
func (People) Template() string    { return "people" }
func (Notice) Template() string    { return "notice" }
func (Looks) Template() string     { return "looks" }
