package web

import "plumbline/calendar"

// LimitsPage is what falls due when, in the cases that the reader may see.
type LimitsPage struct {
	Frame
	Action        string
	Mine          bool // only cases assigned to the reader
	Unit          string
	Units         []Option
	Held          []Duty  // clocks of people who are held, the nearest end first
	Overdue       []Duty  // what ran out last first: it can best still be mended
	OverdueMore   int     // ran out before those
	Weeks         [][]Day // Monday to Sunday
	Later         int     // due after these weeks
	More          bool    // so many that not all were read
	Before, After string
	Today         string // empty: it is shown
}

// Template implements Page.
func (LimitsPage) Template() string { return "limits" }

// Day is one day of the calendar.
type Day struct {
	Date    string // 2026-11-23
	At      calendar.Instant
	Text    string // its number; the first of a month and today with the month
	Note    string // a holiday, or a weekend day that is worked
	Today   bool
	Past    bool
	Off     bool
	Unknown bool   // the working days of its year are not loaded
	Further int    // due that day and not among Limits
	Limits  []Duty // the first of them
}
