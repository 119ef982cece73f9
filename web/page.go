// Package web shows the platform: one typed struct per page, a template for each, and the files they need.
//
// A page struct carries exactly what its page shows. Whoever fills it has asked the field first: no template judges,
// counts a term or hides what a person may not see. Texts of a case or of a pack arrive in the page's language; the words
// of the pages themselves stand in locale/texts.yaml. Moments arrive as calendar.Instant and are written in the organ's
// zone by the templates. Every page works without scripts; static/app.js only adds to it.
//
// Not handled here: routes, sessions, who may see what, and reading the forms that come back.
package web

import "plumbline/calendar"

// Page is what Render takes: a struct of this package.
type Page interface {
	Template() string // the file in templates/ without .html
	frame() *Frame
}

// Area is an item of the main navigation.
type Area string

// The areas. A page outside all of them has the empty one.
const (
	AreaWorkbench Area = "workbench"
	AreaIntake    Area = "intake"
	AreaCases     Area = "cases"
	AreaLimits    Area = "limits"
	AreaFindings  Area = "findings"
	AreaMatters   Area = "matters" // cases of other procedures than the main one
	AreaQuestions Area = "questions"
	AreaPeople    Area = "people"
)

// Frame is what stands around every page. Embedded in each page struct.
type Frame struct {
	Lang string           // zh (also where it is empty) or en
	Now  calendar.Instant // the request's one reading of the clock: what "left" is counted from

	// Who is signed in. Person empty: nobody, and there is no navigation.
	Person, Post, Unit string
	Organ              string // the organ whose platform this is, e.g. 某县公安局

	Area Area   // which item of the navigation is current
	Nav  []Area // what this person may open, in order; nil: all

	Overdue, Awaiting int // own duties past their deadline; decisions that wait for this person

	Flash   *Flash // what the last request did
	Demo    bool   // says on every page that all data is made up
	Stopped bool   // the record cannot be written at the moment: says so, and buttons that write are not shown

	LangURL string // this page in the other language

	Live     string // where the page learns that what it shows has moved; empty: it does not
	LiveForm bool   // something is typed on the page: it says so and changes nothing
}

func (f Frame) frame() *Frame { return &f }

// Flash is one sentence about the last request.
type Flash struct {
	Tone Tone
	Text string
	Link *Link  // where to go from here
	Ref  string // index in the record, or a reference
}

// Tone says how something stands, never only by colour: a word is always beside it.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Note  Tone = "note"
	Near  Tone = "near"
	Bad   Tone = "bad"
)

// Link is text that leads somewhere. Without Href it is shown as text.
type Link struct{ Text, Href string }

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// Chip is a short label.
type Chip struct {
	Text string
	Tone Tone
}

// Reason says why something may not be done, or what is wrong: the clause in words, its articles, and the fact held
// against it.
type Reason struct {
	Text     string
	Articles []string
	Fact     string // what the record says, or which fact is missing
	Mend     *Link  // the act that would remove the reason
	Ask      *Ask   // nil: not asked about here
}

// Ask leads from an act, a duty or a rule to a question about it, and to those that the reader asked about it before.
type Ask struct {
	Href  string
	Of    string // what it is about, for who hears the link alone
	Aside bool   // in a window of its own: what is typed on this page stays
	Mine  []Link
}

// LimitState says how a clock stands.
type LimitState string

// The states of a limit.
const (
	LimitRunning   LimitState = "running"
	LimitNear      LimitState = "near"      // 80 % used, or what the pack warns at
	LimitOverdue   LimitState = "overdue"   // past, not done
	LimitSuspended LimitState = "suspended" // does not count at the moment; Due is "not before"
	LimitDone      LimitState = "done"
)

// Limit is one clock that runs in a case: a duty with its deadline.
type Limit struct {
	Title    string // 询问查证时限
	Person   string // whom it concerns; empty: the case
	State    LimitState
	Liberty  bool             // a person is held
	Civil    bool             // counted in days: the last day is shown, not the minute
	Promptly bool             // the law says promptly; Due is our warning, not a limit of the law
	Start    calendar.Instant // zero: not shown
	Due      calendar.Instant // last instant still in time; zero: no limit, only open
	Used     int              // percent of the term used, 0 to 100; above is shown as 100
	Articles []string
	Note     string // e.g. 自11-10起中止，待鉴定意见; 已延长1次
	Act      *Link  // the act that discharges it, where this person may do it
	Why      string // why the law wants it; may be empty
	Ask      *Ask
}

// CaseRef is a case named on another page.
type CaseRef struct{ Title, Number, Href string }

// Severity of a finding: 1 the gravest to 4.
type Severity int

// Finding is what judging saw. It is not blame.
type Finding struct {
	Href     string // its own page
	Rule     string // R22
	Title    string
	Severity Severity
	Facts    string
	Articles []string
	Person   string // whom it concerns
	At       calendar.Instant
	Act      *Link  // the act that gave rise to it
	Setting  string // the figure is ours, not the law's: why
	Unjudged string // the fact that is missing; empty: judged
	State    string // e.g. 已整改, in words; empty: open
	Ask      *Ask
}

// FieldError names a field of a form and what is wrong with it. The summary links to it.
type FieldError struct{ Name, Text string }

// FieldType is how a field is asked.
type FieldType string

// The field types.
const (
	FieldText     FieldType = "text"
	FieldLong     FieldType = "long"
	FieldBool     FieldType = "bool" // yes or no, neither chosen at first: unknown is not false
	FieldInt      FieldType = "int"
	FieldMoney    FieldType = "money"
	FieldInstant  FieldType = "instant" // datetime-local in the organ's zone: 2026-11-23T08:05
	FieldDate     FieldType = "date"    // 2026-11-23
	FieldEnum     FieldType = "enum"    // up to five options as radios, more as a list
	FieldSeveral  FieldType = "several" // as enum, any number of them, as check boxes
	FieldOfficer  FieldType = "officer"
	FieldOfficers FieldType = "officers" // several, as check boxes
	FieldSecret   FieldType = "secret"   // a password
)

// Field is one datum a form asks for.
type Field struct {
	Name     string // of the input; also the anchor of its error
	Label    string
	Help     string
	Articles []string
	Type     FieldType
	Required bool
	Max      int    // characters, or the greatest figure; 0: none
	Value    string // as typed; bool: true, false or empty
	Options  []Option
	Groups   []OptionGroup // FieldEnum: instead of Options, where there are many
	Error    string
	Refresh  bool // what is chosen changes what else the page shows
	Rare     bool // folded away while it is empty
	Lax      bool // needed, but the browser does not insist: the part of the form it stands in may stay unused
}

// OptionGroup is choices under a heading, in a list.
type OptionGroup struct {
	Title   string
	Options []Option
}

// Option is one choice. Hint stands below it.
type Option struct {
	Value, Text, Hint string
	Chosen            bool
}

// Form is the form of one act. Names of its inputs besides Fields: act_id, base, subject, subject_new (1),
// occurred, file (several), keep_file (digest, several), signature (data URI), intent (submit, preview or draft).
type Form struct {
	Action   string // where it posts, multipart
	ActID    string // made when the form was first shown, so that sending twice is harmless
	Base     string // revision of the case it was made from
	Title    string // 传唤
	Gist     string // what to enter; may be empty
	Why      string // why the law wants the act; may be empty
	Ask      *Ask
	Articles []string
	Decision bool // refused if unlawful; otherwise it is recorded with its findings
	Relieves bool // an act that frees: never refused

	Subjects *Subjects
	Occurred *Field // nil: the server's clock is taken (decisions)
	Fields   []Field
	Attach   *Attach

	Duties    []DutyAhead
	Documents []DocumentAhead

	Errors   []FieldError // shown above, each linking to its field; fields carry the same texts
	Conflict *Conflict
	Refusal  *Refusal
	Draft    *Draft
	Measured []MeasuredRow // what the house fills in by an act that measures, counted now
	Submit   string        // text of the button; empty: "record"
	Cancel   string        // where the other button leads
}

// Subjects asks whom or what the act is about.
type Subjects struct {
	Label     string
	Options   []Option
	CanAdd    bool    // offers a new person; without Options the new person is all there is, and its fields stand open
	Adding    bool    // the part for the new person is open
	NewFields []Field // particulars of the new person
	Error     string
}

// Attach takes scans and a drawn signature.
type Attach struct {
	Label     string
	Accept    string // as the input's accept: image/*,application/pdf
	MaxMB     int
	Kept      []Attachment // already uploaded with this draft
	Signature string       // label of the signature pad; empty: none
	Error     string
}

// Attachment is a file of the case.
type Attachment struct {
	Name, Href, Size, Digest string // Digest: SHA-256 in hex
	Act                      *Link
	At                       calendar.Instant
	By                       string
}

// DutyAhead is a duty the act will open.
type DutyAhead struct {
	What     string
	By       string // who must do it
	Term     string // 8小时, 2个工作日
	Due      calendar.Instant
	Civil    bool
	Liberty  bool
	Articles []string
	Why      string
}

// DocumentAhead is a document the act will issue.
type DocumentAhead struct{ Title, Note string }

// Conflict: somebody changed the case since the form was made. What was entered is kept.
type Conflict struct {
	Changes []Change
	Still   bool // the act is still lawful on the case as it stands
}

// Change is one act others did meanwhile.
type Change struct {
	What, Who, Gist string
	At              calendar.Instant
	Href            string
}

// Refusal is the answer to an unlawful decision.
type Refusal struct {
	Number  string // index under which the refusal itself was recorded
	Href    string
	Reasons []Reason
}

// Draft says that what was entered is kept on the server.
type Draft struct {
	Saved   calendar.Instant // zero: nothing yet
	SaveURL string           // where the script posts the form while typing; empty: no autosave
	DropURL string           // posts to throw the draft away
}

// Pager leads through a list by cursor. Empty: no such page.
type Pager struct {
	First, Next string
	Showing     int
}
