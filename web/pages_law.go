package web

import "plumbline/calendar"

// Law lists the procedures that are worked under, for anybody.
type Law struct {
	Frame
	Pack       string
	Procedures []LawEntry // the main one first
}

// LawEntry is one procedure on the list.
type LawEntry struct {
	Title, Href, Summary string
	Matter               bool // its cases look at what was done in others
	Acts, Duties         int
}

// LawPage is a procedure as it holds today, from the pack alone, for anybody.
type LawPage struct {
	Frame
	Title, Summary  string
	Version         string // the law's own edition that holds; may be empty
	Since           calendar.Date
	Edition         string // of the pack
	Stages          []LawStage
	Duties          []LawDuty
	Remedies        []LawRemedy
	Marks           []LawMark // rules in which something is not the law's own word
	Acts, Uncertain int       // acts; what is not checked against the text, of acts, duties and articles cited
}

// LawStage is a stage with the acts that the procedure lists under it.
type LawStage struct {
	ID, Title string
	Acts      []LawAct
}

// LawAct is one kind of act.
type LawAct struct {
	ID, Title, What, Why string
	Decision, Relieves   bool
	About                string   // case, person, item, document or call
	By                   []string // who may; empty: the officers of the case
	Varies               bool     // which of them follows from the case
	Documents            []string
	Leads                []Link // acts elsewhere that follow by themselves
	Articles             []LawArticle
	Unverified           string
}

// LawArticle is an article with what it says in short.
type LawArticle struct{ Name, Gist, Href, Unverified string }

// LawDuty is what an act leaves to be done.
type LawDuty struct {
	ID, Title, Why string
	Of             Link // the act that leaves it
	Do             []Link
	Limit          string // empty: there is none
	Varies         bool   // which of the lengths holds follows from the case
	Promptly       bool   // the text gives no figure; Limit is when we warn
	Liberty        bool
	Notes          []string // what lengthens it or does not count
	Articles       []string
	Marks          []LawMark
}

// LawRemedy is what may be done against an act.
type LawRemedy struct {
	Title, Where, Term string
	For                []string
	After              []Link // the acts that start its time
	Articles           []LawArticle
}

// LawMark says that something is not the law's own word: setting, reading or unverified.
type LawMark struct {
	Kind, Title, Text string
	Articles          []string
}

// Template names the file of each page.
func (*Law) Template() string     { return "law" }
func (*LawPage) Template() string { return "lawpage" }
