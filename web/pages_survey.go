package web

import "plumbline/calendar"

// SurveyState says what the public page of a survey shows.
type SurveyState string

// The states of the page. A slip nobody issued and one that is mistyped are one answer.
const (
	SurveyAsk     SurveyState = "ask" // for the slip
	SurveySheet   SurveyState = "sheet"
	SurveyTaken   SurveyState = "taken"
	SurveyMissing SurveyState = "missing"
	SurveyUsed    SurveyState = "used"
	SurveyOver    SurveyState = "over"
	SurveyLimited SurveyState = "limited" // too many attempts
)

// SurveyPage is what whoever holds a slip is asked. It knows nobody.
type SurveyPage struct {
	Frame
	State       SurveyState
	Slip        string
	Title, Unit string
	Until       calendar.Date
	Fields      []Field // the questions, then the group where one is asked for
	Errors      []FieldError
	Least       int // answers that are put down together, and that a figure is of
}

// Template names the page's file.
func (*SurveyPage) Template() string { return "survey" }

// SlipsPage shows the slips that an act issued, once, to be printed and cut.
type SlipsPage struct {
	Frame
	Head   CaseHead
	Unit   string
	Until  calendar.Date
	Where  string // address of the public page
	Slips  []string
	Number int64 // of the act that issued them
}

// Template names the page's file.
func (*SlipsPage) Template() string { return "slips" }

// SurveyedPage shows what a survey has collected: nothing before it was counted.
type SurveyedPage struct {
	Frame
	Head        CaseHead
	Unit        string
	From, Until calendar.Date
	Questions   []string
	Slips, Said int64 // kept, and issued by acts
	Open        bool
	Ended, Few  bool
	Answers     []string
	Rows        []SurveyedRow
	Least       int
}

// SurveyedRow is one question, of all or of a group, as an act told it.
type SurveyedRow struct {
	Question, Group string // Group empty: all
	Href            string // the act
	People          int
	Shares          []ShareShown // as Answers
	Same            bool         // counting again gives it
}

// Template names the page's file.
func (*SurveyedPage) Template() string { return "surveyed" }
