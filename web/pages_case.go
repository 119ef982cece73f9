package web

import "plumbline/calendar"

// CaseHead is the bar that says which case a page is about.
type CaseHead struct {
	Title, Number, Href string
	Kind                string // the procedure: 治安案件
	Stage               string
	Chips               []Chip // sealed, minor, closed, …
	Unit                string
	Handlers            []string
	Matter              bool // it is about another case, a finding or officers; nobody has to be assigned
}

// Case is the page of a case.
type Case struct {
	Frame
	Head     CaseHead
	From     string  // the other system in which the case is handled; empty: it is handled here
	Limits   []Limit // liberty first
	Stages   []Stage
	Acts     []Act // newest first
	Next     []NextAct
	NotYet   []NotYet
	Findings []Finding
	People   []Person
	Facts    []Pair // where, when, how it came in
	Tied     *Tied  // nil: to nothing that the reader may see
	Round    string // the page of a round, where the case draws a sample; empty: it draws none

	SurveyURL  string // where the survey's figures are; empty: it is none
	MeasureURL string // where the matter measures before and after; empty: it measures nothing
	Measured   []MeasuredRow
	Docs       []Document
	Files      []Attachment
	Looks      []Look // the last few
	LooksURL   string
	Refusals   int // refused attempts among Acts
}

// Stage is a part of the procedure on the stage line.
type Stage struct {
	Title string
	State string           // past, now, ahead, skipped
	At    calendar.Instant // entered; zero: not yet
}

// ActState says what became of an act.
type ActState string

// The states of an act on the timeline.
const (
	ActStands    ActState = "stands"
	ActRefused   ActState = "refused"   // attempted; of no effect
	ActCorrected ActState = "corrected" // another stands in its place: By
	ActWithdrawn ActState = "withdrawn" // taken back: By
	ActByLaw     ActState = "by_law"    // done by the law itself when a limit ran out
	ActByRule    ActState = "by_rule"   // done by the house, because an act elsewhere led to it
)

// Act is one act on the timeline.
type Act struct {
	Title, Href string
	Index       string // in the record
	Occurred    calendar.Instant
	DayOnly     bool             // the record gives only the day
	Recorded    calendar.Instant // zero: not known
	Late        string           // entered late: by how much, in words; empty: not late
	Observed    bool             // another system told of it
	From        string           // which one, where it is not that of the whole case
	Row         string           // its row there
	Who, Post   string
	Persons     []string // whom it is about
	Decision    bool
	State       ActState
	By          *Link // ActCorrected, ActWithdrawn: the act that did it
	Names       *Link // this act corrects or withdraws that one
	Gist        string
	Data        []Pair
	Docs        []Link
	Files       []Link
	Articles    []string
	Reasons     []Reason // ActRefused
	Findings    []Finding
}

// NextAct is an act that is lawful now.
type NextAct struct {
	Link
	Gist     string
	Main     bool // what the procedure leads to; shown first
	Relieves bool // frees a person or returns property
	Due      *Limit
}

// NotYet is an act that is not possible now, and why.
type NotYet struct {
	Title   string
	Reasons []Reason
}

// Person is someone in the case.
type Person struct {
	Name, Role, Href string
	Chips            []Chip // minor, held, …
	Facts            []Pair // particulars this reader may see
	Follows          []Follows
	InHand           *TimeInHand // nil: was not held in this case
}

// TimeInHand is how long somebody was held, in all cases and measures together.
type TimeInHand struct {
	Time    string
	Lasts   bool
	Over    bool
	Warning string
	Parts   []Pair // what, when and in which case

	Incomplete bool // not every case was read: it may be longer
}

// Document is issued by an act.
type Document struct {
	Title, Number, Href, PDF string
	At                       calendar.Instant
	State                    string // 已签收, 待签名, in words
	Tone                     Tone
}

// ActFormPage is the form of one act in a case.
type ActFormPage struct {
	Frame
	Head     CaseHead
	Form     Form
	Limits   []Limit // of the case, for the margin
	Weighing *Weighing
}

// Approval is the page on which a decision is taken.
type Approval struct {
	Frame
	Head     CaseHead
	Title    string // 处罚决定
	Why      string // as in Form
	Ask      *Ask
	Articles []string
	Round    int
	By       string // who proposes, with post
	At       calendar.Instant
	Proposal []Pair
	Grounds  []Pair // facts, evidence and grounds of the proposal, in full
	File     []FilePart
	Changes  []Difference // since the last round; empty in round 1
	Returned string       // reason of the last return
	Opinions []Opinion
	Checks   []Condition
	Limits   []Limit
	Return   *Link // the act that sends it back with a reason; nil: the procedure has none
	Conflict *Conflict
	Refusal  *Refusal
	Form     Form // what the decision says, with its own data; its Conflict and Refusal stay nil
	Weighing *Weighing
	Follows  []Follows
}

// FilePart is a heading of the file on one page: facts, evidence, statements, earlier acts.
type FilePart struct {
	Title string
	Rows  []FileRow
}

// FileRow is one line of it. New: it was not there in the last round.
type FileRow struct {
	Text, Note, Href string
	New              bool
}

// Difference is a value that changed since the last round.
type Difference struct {
	Label, Before, After string
	Act                  *Link
}

// Opinion is what a reviewer wrote.
type Opinion struct {
	Who, Post, Result string
	Text              string
	At                calendar.Instant
	Round             int
	Href              string
}

// Condition is a demand of the law on the decision.
type Condition struct {
	Text     string
	Met      string // met, unmet or unknown
	Articles []string
	Fact     string // what meets it, or what is missing
	Act      *Link
	Ask      *Ask
}

// ActPage shows one act whole, with its place in the record.
type ActPage struct {
	Frame
	Head   CaseHead
	Act    Act
	Opened []DutyAhead // duties it opened
	Ended  []Pair      // duties it discharged: what, how
	Record Record
	Mend   []Link // correct, withdraw

	MeasureURL string // where the matter measures before and after what it taught or told; empty: it measures nothing
	Measured   []MeasuredRow
}

// Record is what the ledger holds of an act.
type Record struct {
	Index  string
	InCase string // its number within the case
	ActID  string
	Leaf   string // hash, hex
	Root   string // of the tree that holds it
	Size   string // of that tree
	Bytes  string // as stored; shown as they are
	Length int
	Pack   string // under which edition it was judged
}

// DocumentPage shows a document as it lies on paper.
type DocumentPage struct {
	Frame
	Head     CaseHead
	Sheet    Sheet
	Versions []Version
	PDF      string
	Act      Link // that issued it
	Signed   []PartySign
	Printed  []Pair // further facts: copies, who received
}

// Version is an edition of a document. Earlier ones stay readable.
type Version struct {
	Text, Href string
	At         calendar.Instant
	Why        string
	Current    bool
}

// PartySign is whether a party has signed.
type PartySign struct {
	Who, State string
	Tone       Tone
	At         calendar.Instant
	How        string // drawn, scanned, refused before a witness
}

// Sheet is the paper itself: everything on it, nothing else. Always in the language of the law, here Chinese.
type Sheet struct {
	Organ, Title, Number string
	Draft                string // across the paper, e.g. 草稿; empty: issued
	Parts                []SheetPart
	Seal                 string   // 某县公安局
	Date                 string   // 二〇二六年十一月二日
	Signs                []string // who signs where, e.g. 报案人
	Foot                 string
}

// SheetPart is a paragraph, or a table of pairs two to a row where Rows is set.
type SheetPart struct {
	Text  string
	Rows  [][]string // cells: name, value, name, value; a row of two spans
	Lines []string   // questions and answers, or lists: one a line
}

// SheetOnly is the sheet as a document of its own, with its style in it: for the PDF printer.
type SheetOnly struct {
	Frame
	Sheet Sheet
}

// QueryState says what the reporter's page shows.
type QueryState string

// The states of the query page. Not found is one answer, whether the code or the second secret was wrong.
const (
	QueryAsk     QueryState = "ask"
	QueryFound   QueryState = "found"
	QueryMissing QueryState = "missing"

	QueryComplain   QueryState = "complain"   // the form again
	QueryComplained QueryState = "complained" // taken
	QueryLimited    QueryState = "limited"    // too many attempts
)

// Query is the page for who brought a report. Posts code and secret to Action.
type Query struct {
	Frame
	Action string
	State  QueryState
	Code   string
	Errors []FieldError // fields code, secret: only that they are empty
	Until  calendar.Instant
	Result *Progress

	Complaint *ComplaintForm // about how the case is handled; nil: none can be made here
	Receipt   *ReceiptPage   // of a complaint that was taken
}

// ComplaintForm complains about how a case is handled. Posts act_id, code, secret and the fields to Action.
type ComplaintForm struct {
	Action, Code, Secret, ActID, Title string
	Fields                             []Field
}

// Progress is what a reporter learns.
type Progress struct {
	Number, What string // of the receipt; what was reported, in the reporter's words
	Received     calendar.Instant
	Unit         string
	Stages       []Stage
	Now          string // one sentence: where it stands
	Next         *Limit
	Remedies     []Remedy
	Proof        string // index in the record
	Looks        []Pair // who looked: when, post and unit
}

// Remedy is what the reporter may do, and until when.
type Remedy struct {
	Title, Where string
	Last         calendar.Date
	Open         bool // no last day
	Passed       bool
	Articles     []string
}

// Template names.
func (Case) Template() string         { return "case" }
func (ActFormPage) Template() string  { return "actform" }
func (Approval) Template() string     { return "approval" }
func (ActPage) Template() string      { return "act" }
func (DocumentPage) Template() string { return "document" }
func (SheetOnly) Template() string    { return "sheet" }
func (Query) Template() string        { return "query" }
