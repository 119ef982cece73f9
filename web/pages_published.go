package web

import "plumbline/calendar"

// PublishedList is what stands in public, for anybody.
type PublishedList struct {
	Frame
	Action        string
	Query         string
	Kinds, Months []Option
	Narrowed      bool // by any of them
	Rows          []PublishedRow
	All           int   // that stand or stood there
	More          bool  // only the latest are shown
	Law           *Link // the procedure by which it is published: what it is, in short
}

// PublishedRow is one piece of information. A withdrawn one has no title and no kind.
type PublishedRow struct {
	Href, Title, Kind, Unit string
	At, Withdrawn           calendar.Instant
}

// PublishedPage is one piece of information, or that it was withdrawn.
type PublishedPage struct {
	Frame
	Row      PublishedRow
	Number   string
	Text     []string // paragraphs; none of a withdrawn one
	Changed  calendar.Instant
	Notice   string
	Articles []LawArticle
}

// Template names the file of each page.
func (*PublishedList) Template() string { return "published" }
func (*PublishedPage) Template() string { return "publishedone" }
