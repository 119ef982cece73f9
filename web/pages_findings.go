package web

import (
	"html/template"

	"plumbline/calendar"
)

// FindingList lists findings that stand in cases the reader may see.
type FindingList struct {
	Frame
	Mine   string // the reader's own enforcement file
	Feeds  bool   // other systems are followed, and the reader may see how they stand
	Audit  string // the audit report, for who watches a unit
	Scope  Scope
	Scopes []ScopeLink
	Rows   []FindingRow
	Pager  Pager
}

// ScopeLink is one scope to choose from.
type ScopeLink struct {
	Scope Scope
	Href  string
}

// FindingRow is one finding on the list.
type FindingRow struct {
	Href     string
	Title    string
	Rule     string
	Severity Severity
	At       calendar.Instant
	Case     CaseRef
	Unit     string
	Handlers []string
	Open     int // matters about it that are open
	Closed   int
}

// FindingPage is a finding with all that followed from it.
type FindingPage struct {
	Frame
	Number  string
	Finding Finding
	Stands  bool
	Case    CaseRef
	Unit    string
	Act     *Link
	Due     calendar.Instant
	Parts   []PartTaken
	Matters []MatterShown
	Counted []Link // studies in whose figures it counts
	Open    []Link // what the reader may open about it
}

// PartTaken is what somebody did in the case that bears on the finding.
type PartTaken struct{ Who, Post, What string }

// MatterShown is a matter about the finding, with its acts.
type MatterShown struct {
	Ref    CaseRef
	Kind   string
	Stage  string
	Unit   string
	Closed bool
	Of     *Link // the round of which it is a part
	Acts   []MatterAct
}

// MatterAct is one act of it.
type MatterAct struct {
	At    calendar.Instant
	Title string
	Who   string
	Href  string
}

// MatterList lists cases of other procedures than the main one, and what may be opened.
type MatterList struct {
	Frame
	Mine []CaseRow // about the reader
	Rows []CaseRow
	Open []Way
}

// Tied are the cases and findings that a case is tied to.
type Tied struct {
	About    []Link
	Counted  []Link // findings behind its figures
	Unseen   int    // of them that are not to be seen
	By       []Link
	From, To []Link // whose acts led to this, and to what its own led; without an address where it is not to be seen
	Waiting  bool   // what an act leads to is not there yet
}

// FiguresPage tells how often each finding was made, by unit.
type FiguresPage struct {
	Frame
	Action string
	Month  string // 2026-03
	Error  string
	Rows   []FigureRow
	Read   int

	Measured []MeasuredRow // in matters that the reader may see
}

// FigureRow is one kind of finding in one unit.
type FigureRow struct {
	Title, Rule string
	Severity    Severity
	Unit        string
	Now, Then   ShareShown
	Note        string // where it is noted in an open study; empty: nowhere
}

// ShareShown is a count with its denominator and interval.
type ShareShown struct {
	Count, Of int
	Interval  string // 3 % – 25 %
}

// CoveragePage tells how far supervision reached: by unit and by kind of act, what nobody looked at first.
type CoveragePage struct {
	Frame
	Action      string
	From, Until string // civil days, both included
	ByAct       bool   // by kind of act; else by stage
	Errors      []FieldError
	Units       []CoveredRow
	Kinds       []CoveredRow
	Left        int // rows of Kinds that are not shown
	Cases       int // that were read
	Matters     int // that were read
	More        bool
}

// CoveredRow is what was done in a unit, and in how many of the cases somebody looked. The last four are of Cases.
type CoveredRow struct {
	Unit, Kind, Procedure         string
	Acts, Cases                   int
	Looked, Finding, Named, Drawn int
}

// AuditPage is the audit report of the cases that the person may see, by one procedure.
type AuditPage struct {
	Frame
	Action     string
	Title      string // of the procedure
	Procedures []Option
	Units      []string // whose cases the person watches
	Revision   int64    // the size of the ledger from which it was computed
	At         calendar.Instant
	Cases      int // that were read
	Sealed     int // counted, not read
	More       bool
	Report     template.HTML // empty: there is no case
}

// OfficerPage is the enforcement file of an officer.
type OfficerPage struct {
	Frame
	Name, Number   string
	Mine           bool
	Posts          []string
	Qualifications []string
	Cases          ShareShown
	More           bool
	Findings       []FindingRow
	Matters        []CaseRow
}

// Template names the file of each page.
func (*FindingList) Template() string  { return "findings" }
func (*FindingPage) Template() string  { return "finding" }
func (*MatterList) Template() string   { return "matters" }
func (*FiguresPage) Template() string  { return "figures" }
func (*OfficerPage) Template() string  { return "officer" }
func (*CoveragePage) Template() string { return "coverage" }
func (*AuditPage) Template() string    { return "audit" }
