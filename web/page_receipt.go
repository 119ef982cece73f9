package web

import "plumbline/calendar"

// ReceiptPage is what the reporter takes away, shown once: with both codes, and only with both, progress can be asked for.
type ReceiptPage struct {
	Frame
	Code, Secret string
	At           calendar.Instant
	Index        string // in the record
	Leaf         string // hash of the act in the record
	Query        string // address of the reporter's page
	Case         Link
}

// Template names the page's template.
func (ReceiptPage) Template() string { return "receipt" }
