package web

import "plumbline/calendar"

// FeedsPage tells how following other systems stands.
type FeedsPage struct {
	Frame
	Feeds []FeedShown
}

// Template is the file of the page.
func (*FeedsPage) Template() string { return "feeds" }

// FeedState says how a feed stands, worst first.
type FeedState string

// The states of a feed.
const (
	FeedFailed   FeedState = "failed" // the last reading ended early
	FeedReading  FeedState = "reading"
	FeedNew      FeedState = "new" // never read yet
	FeedSilent   FeedState = "silent"
	FeedFollowed FeedState = "followed"
)

// FeedShown is one other system.
type FeedShown struct {
	Name, Title, Kind, Where, Unit, Procedure string

	State                                   FeedState
	Failed                                  string // why
	Done                                    int    // cases looked at in the reading that is under way
	Polled, Last, Arrived                   calendar.Instant
	Lag                                     string // empty: not known
	Cases, Acts                             int
	Corrected, Withdrawn, Postless, Decoded int

	Faults int // rows not taken, or not whole
	Rows   []FeedRow
	Left   int // of Faults, not in Rows
}

// RowState says what became of a row that is listed.
type RowState string

// What becomes of such rows.
const (
	RowLeft   RowState = "left"   // it is not an act here
	RowPartly RowState = "partly" // it is, but for something in it
	RowWaits  RowState = "waits"  // until its time has come
)

// FeedRow is a row with which something is wrong.
type FeedRow struct {
	Place  string // file and line
	Case   CaseRef
	What   RowState
	Reason string
	At     calendar.Instant // when it was first seen
}
