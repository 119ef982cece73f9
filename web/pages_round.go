package web

import "plumbline/calendar"

// RoundPage shows a round of assessment: the draw with what is needed to repeat it, the cases with their scores, and how far
// two scorers came to the same.
type RoundPage struct {
	Frame
	Head        CaseHead
	Unit        string // assessed, with the units below it; empty: not laid down
	From, Until calendar.Date
	Size, Share int
	Seed        string // empty: nothing was drawn yet
	Population  int
	Again       int // cases of the plan in the record now
	Same        bool
	Drawn       []RoundRow
	Named       []RoundRow
	Agreement   AgreementShown
}

// RoundRow is a case of a round.
type RoundRow struct {
	Case   CaseRef // without Href: its id alone
	Unit   string
	Twice  bool
	Sheets []SheetRow
	Alone  bool // the reader is to score it: other sheets are not there yet
}

// SheetRow is a score sheet of a case.
type SheetRow struct {
	Href, Scorer string
	Blind        bool
	Scored       bool
	Score        int
	Stage        string
	Deductions   []DeductionRow
}

// DeductionRow is one item of a sheet.
type DeductionRow struct {
	Name        string
	Points, Now int   // Now: as it stands after what was decided about it
	Finding     *Link // that it names; without an address where that is not to be seen
}

// AgreementShown is how far two scorers came to the same; Few: there are too few pairs to tell.
type AgreementShown struct {
	Pairs, Least int // pairs there are, and how many there must be
	Few          bool
	Difference   string
	Graded       bool
	Equal        ShareShown
	Kappa        string // empty: it cannot be formed
}

// Template names the file of the page.
func (*RoundPage) Template() string { return "round" }
