package web

import "plumbline/calendar"

// FindingList lists findings that stand in cases the reader may see.
type FindingList struct {
	Frame
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
	About []Link
	By    []Link
}

// Template names the file of each page.
func (*FindingList) Template() string { return "findings" }
func (*FindingPage) Template() string { return "finding" }
func (*MatterList) Template() string  { return "matters" }
