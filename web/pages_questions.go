package web

import "plumbline/calendar"

// RulePlace is where a rule was met that is not clear.
type RulePlace struct {
	Kind      string // act, duty or rule
	Title     string
	ID        string
	Articles  []Pair // each with what it demands, in our words
	Procedure string // its title
	Edition   string
	Case      CaseRef // Number empty: at intake. Only its number is shown; Href only where the reader may see the case
}

// AskPage is the form of a question about a rule.
type AskPage struct {
	Frame
	Place  RulePlace
	Action string // posts act_id, text
	ActID  string
	Text   Field
	Errors []FieldError
	Mine   []Link // what the reader asked here before
	Cancel string
}

// QuestionPage is one question with its answers.
type QuestionPage struct {
	Frame
	Number  string
	Place   RulePlace
	Text    string
	Who     string
	Unit    string
	At      calendar.Instant
	Answers []AnswerGiven
	Form    *AnswerForm // nil: the reader does not answer
	List    string
}

// AnswerGiven is one answer.
type AnswerGiven struct {
	Verdict string // as in verdict.… of the texts
	Text    string
	Who     string
	Post    string
	At      calendar.Instant
}

// AnswerForm answers a question. Posts act_id, base, verdict and text to Action.
type AnswerForm struct {
	Action, ActID, Base string
	Verdict, Text       Field
	Errors              []FieldError
	Again               bool // it was answered before
}

// QuestionState says which questions are listed, and how one stands.
type QuestionState string

// The states.
const (
	QuestionOpen     QuestionState = "open"
	QuestionAnswered QuestionState = "answered"
	QuestionAny      QuestionState = "any" // of the list only
)

// Questions lists questions about rules, the oldest first.
type Questions struct {
	Frame
	State   QuestionState
	States  []QuestionFilter
	Counsel bool // the reader sees what others ask
	Rows    []QuestionRow
	Pager   Pager
}

// QuestionFilter is one choice of the list.
type QuestionFilter struct {
	State QuestionState
	Href  string
}

// QuestionRow is one question of the list.
type QuestionRow struct {
	Number, Href string
	Kind, Title  string
	Articles     []string
	Text         string // its beginning
	Who, Unit    string
	At           calendar.Instant
	Case         CaseRef // as in RulePlace
	State        QuestionState
	Verdict      string // of the last answer
	Answered     calendar.Instant
}

// QuestionBrief is a question on the workbench.
type QuestionBrief struct {
	Link
	State   QuestionState
	Verdict string
	Mine    bool
	At      calendar.Instant // when it was asked; of an answered one, when it was answered
}

// Template names.
func (AskPage) Template() string      { return "ask" }
func (QuestionPage) Template() string { return "question" }
func (Questions) Template() string    { return "questions" }
