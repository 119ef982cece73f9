package authority

import (
	"slices"
	"strings"

	"plumbline/calendar"
)

// Action is something a person wants to do or see.
type Action string

// The actions. Those of the first group are about one case and need its [CaseView].
const (
	SeeCase       Action = "see_case"
	SeeAct        Action = "see_act"
	SeeDocument   Action = "see_document"
	SeeAttachment Action = "see_attachment"
	RecordAct     Action = "record_act" // put a fact before the judge
	DecideAct     Action = "decide_act" // put a decision before the judge, who knows the competent post
	Assign        Action = "assign"
	Draft         Action = "draft"
	SeeViews      Action = "see_views"    // who looked at the case
	AskQuestion   Action = "ask_question" // of the legal department, what a rule means here

	SeeQuestion    Action = "see_question" // of the second group: about one question, needs its QuestionView
	AnswerQuestion Action = "answer_question"
	ListQuestions  Action = "list_questions" // what stands in the list, SeeQuestion says

	OpenCase     Action = "open_case" // the CaseView says in which unit
	ListCases    Action = "list_cases"
	Search       Action = "search"
	SeeWorkbench Action = "see_workbench"

	SeeFeeds Action = "see_feeds" // how following other systems stands; the CaseView, where given, says of which unit

	SeePeople         Action = "see_people" // Query.Person, or the list where it is empty
	ChangePeople      Action = "change_people"
	SeeOwnAccount     Action = "see_own_account"
	ManageOwnSessions Action = "manage_own_sessions"

	SignIn          Action = "sign_in"
	SeeStatic       Action = "see_static"
	QueryAsReporter Action = "query_as_reporter"
)

// Relation is how a person stands to what an action is about.
type Relation string

// The relations, to a case first, the closest first.
const (
	Assigned    Relation = "handler"        // assigned to the case, and in some post
	OnDuty      Relation = "duty"           // opened the case, nobody is assigned yet, and in some post
	HeadOfUnit  Relation = "unit_head"      // a head's post in the unit of the case
	LegalOfUnit Relation = "legal_officer"  // legal officer of the unit
	LegalReview Relation = "legal_reviewer" // legal reviewer of the unit or above it, legal officer above it
	LineAbove   Relation = "command"        // a head's post above the unit
	Supervising Relation = "supervisor"     // supervisor of the unit or above it
	Opened      Relation = "opener"         // opened the case, others are assigned
	Staff       Relation = "staff"          // a working post of supervision in exactly the unit of the matter
	Concerned   Relation = "concerned"      // an officer whom the matter names as the one it is about
	OpensThere  Relation = "duty_officer"   // a post that opens cases of the kind, in exactly the unit in which one is to be opened
	Asker       Relation = "asker"          // asked the question, and in some post

	Member       Relation = "in_post"       // holds any post but the administrator's
	Administers  Relation = "administrator" // holds the administrator's post
	HeadOfPerson Relation = "superior"      // a head's post in a unit of the person, or above it
	Oneself      Relation = "self"          // enrolled, and asks about nobody else
	Anyone       Relation = "anyone"        // not signed in
)

// see: what need to know opens in a case. Who may see a case may ask what its rules mean.
var see = []Action{SeeCase, SeeAct, SeeDocument, SeeAttachment, AskQuestion}

// table is the policy: what a relation permits. What does not stand here is refused. Beside it stand four rules, in
// [Directory.May]: complaints, sealed and minors' cases, closed cases.
var table = []struct {
	relation Relation
	actions  []Action
}{
	{Assigned, append([]Action{RecordAct, DecideAct, Draft}, see...)},
	{OnDuty, append([]Action{RecordAct, DecideAct, Draft}, see...)},
	{HeadOfUnit, append([]Action{RecordAct, DecideAct, Assign, Draft, SeeViews}, see...)},
	{LegalOfUnit, append([]Action{RecordAct, DecideAct, Draft, SeeQuestion}, see...)},
	{LegalReview, append([]Action{RecordAct, DecideAct, Draft, SeeQuestion, AnswerQuestion}, see...)},
	{LineAbove, append([]Action{RecordAct, DecideAct, Assign, SeeViews}, see...)},
	{Supervising, append([]Action{SeeViews, SeeQuestion, SeeFeeds}, see...)},
	{Staff, append([]Action{RecordAct, DecideAct, Draft, SeeViews}, see...)},
	{Opened, see},
	{Concerned, append([]Action{RecordAct, DecideAct, Draft}, see...)}, // of the acts that the pack gives to that post
	{OpensThere, []Action{OpenCase}},
	{Asker, []Action{SeeQuestion}},
	{Member, []Action{ListCases, Search, SeeWorkbench, ListQuestions}},
	{Administers, []Action{SeePeople, ChangePeople, SeeFeeds}},
	{HeadOfPerson, []Action{SeePeople}},
	{Oneself, []Action{SeeOwnAccount, ManageOwnSessions}},
	{Anyone, []Action{SignIn, SeeStatic, QueryAsReporter}},
}

// seats: the relations that a post in a unit gives to that unit's cases (own) and to those of all units below it.
var seats = []struct {
	relation   Relation
	posts      []string
	own, below bool
}{
	{HeadOfUnit, heads, true, false},
	{LineAbove, heads, false, true},
	{LegalOfUnit, []string{LegalOfficer}, true, false},
	{LegalReview, []string{LegalReviewer}, true, true},
	{LegalReview, []string{LegalOfficer}, false, true},
	{Supervising, []string{Supervisor}, true, true},
	{Staff, staff, true, false},
}

// CaseView is what the policy needs to know of a case.
type CaseView struct {
	Unit     UnitID     // holds the case
	Opener   PersonID   // opened it
	Handlers []PersonID // are assigned
	Sealed   bool
	Minor    bool // concerns a minor
	Closed   bool
	About    []PersonID // officers complained about

	Concerned []PersonID // officers whom the matter is about
	Alone     bool       // for now only for who opened it and the heads: somebody else is to come to a view of their own
}

// QuestionView is what the policy needs to know of a question about a rule.
type QuestionView struct {
	Unit  UnitID // in which it was asked: that of the case, where it arose in one
	Asker PersonID
	About []PersonID // officers complained about in the case in which it arose
}

// Query asks whether Who may do Action at Now. Who is empty for somebody not signed in.
type Query struct {
	Who      PersonID
	Action   Action
	Case     *CaseView     // for actions about a case, and for OpenCase
	Question *QuestionView // for actions about a question
	Person   PersonID      // for pages about people and accounts
	Now      calendar.Instant
	Purpose  string // why, in the person's own words

	AfterClose bool     // what is to be done may be done in a closed case
	Opens      []string // the posts that open cases of the kind, for OpenCase; none: a handler's
}

// Why a decision came out as it did. For the log; never shown to the one refused.
const (
	WhyAllowed       = "allowed"
	WhyUnknownAction = "unknown_action"
	WhyUnknownPerson = "unknown_person" // not signed in, or not enrolled
	WhyNoCase        = "no_case"        // none was given, or its unit does not exist; or no question
	WhyNoRelation    = "no_relation"
	WhyNotForThis    = "relation_does_not_permit"
	WhyComplaint     = "complained_about"
	WhyCommand       = "commands_complained_about"
	WhyPurpose       = "purpose_missing"
	WhyClosed        = "case_closed"
	WhySelf          = "never_for_oneself"
)

// Decision is the answer to a [Query].
type Decision struct {
	Allowed  bool
	Relation Relation // the one that permitted it; of a refusal, the closest one; may be empty
	Why      string   // one of the Why codes
	NotFound bool     // a refusal that must look as if there were nothing
}

// May decides. It is the only place where seeing and the door to acting are permitted; default is to refuse. Whether an
// act is lawful is judged by the procedure, after this.
//
//   - A case that complains about an officer does not exist for that officer, nor for the heads of any unit that the
//     officer ever served in, whatever else they are to the case.
//   - What is to be looked at by another with fresh eyes is there for who opened it, and for the heads, alone.
//   - A sealed case, or a minor's, opens only to a stated purpose, for everybody.
//   - In a closed case nothing is drafted, assigned or recorded but what the procedure lets come after. A decision goes to
//     the judge: one may reopen it.
//   - Nobody answers their own question.
//
// A refusal looks like "not found" to everybody who may not see the case at all, or the person.
func (d *Directory) May(q Query) Decision {
	s := d.state.Load()
	about := slices.Contains(see, q.Action) || slices.Contains([]Action{RecordAct, DecideAct, Assign, Draft, SeeViews}, q.Action)
	switch {
	case !granted(q.Action):
		return Decision{Why: WhyUnknownAction, NotFound: true}
	case permits(Anyone, q.Action):
		return Decision{Allowed: true, Relation: Anyone, Why: WhyAllowed}
	case !s.enrolled(q.Who):
		return Decision{Why: WhyUnknownPerson, NotFound: true}
	case about || q.Action == OpenCase:
		if q.Case == nil || !s.unitKnown(q.Case.Unit) {
			return Decision{Why: WhyNoCase, NotFound: true}
		}
		if q.Action == OpenCase {
			return s.mayOpen(q)
		}
		return s.mayInCase(q)
	case q.Action == SeeQuestion || q.Action == AnswerQuestion:
		if q.Question == nil || !s.unitKnown(q.Question.Unit) {
			return Decision{Why: WhyNoCase, NotFound: true}
		}
		return s.mayAboutQuestion(q)
	case q.Action == SeeFeeds:
		return decide(s.toFeeds(q), q.Action, false)
	case q.Action == SeePeople || q.Action == ChangePeople:
		if q.Action == ChangePeople && q.Person == q.Who {
			return Decision{Why: WhySelf, NotFound: true}
		}
		return decide(s.toPerson(q), q.Action, true)
	case q.Action == SeeOwnAccount || q.Action == ManageOwnSessions:
		if q.Person != "" && q.Person != q.Who {
			return Decision{Why: WhyNoRelation, NotFound: true}
		}
		return decide([]Relation{Oneself}, q.Action, true)
	default: // lists: what stands in them is for Visible to say
		var in []Relation
		if s.inPost(q.Who, q.Now) {
			in = []Relation{Member}
		}
		return decide(in, q.Action, false)
	}
}

// toFeeds: of a feed of one unit, who supervises that unit; of the page of all, whoever supervises any, or administers.
func (s *state) toFeeds(q Query) []Relation {
	if q.Case != nil {
		return slices.DeleteFunc(s.toCase(q.Who, q.Case, q.Now), func(r Relation) bool { return r != Supervising })
	}
	var out []Relation
	for _, h := range s.postsAt(q.Who, q.Now) {
		switch h.Post {
		case Supervisor:
			out = append(out, Supervising)
		case Administrator:
			out = append(out, Administers)
		}
	}
	return out
}

func (s *state) mayOpen(q Query) Decision {
	if slices.Contains(q.Case.About, q.Who) {
		return Decision{Why: WhyComplaint}
	}
	opens := q.Opens
	if len(opens) == 0 {
		opens = []string{Handler}
	}
	there := func(h Held) bool {
		return slices.Contains(opens, h.Post) && !slices.Contains(heads, h.Post) && h.Unit == q.Case.Unit // a head assigns, and opens nothing
	}
	var relations []Relation
	if s.inPost(q.Who, q.Now) && slices.ContainsFunc(s.postsAt(q.Who, q.Now), there) {
		relations = []Relation{OpensThere}
	}
	return decide(relations, OpenCase, false)
}

func (s *state) mayInCase(q Query) Decision {
	if why := s.excluded(q.Who, q.Case.About, q.Now); why != "" {
		return Decision{Why: why, NotFound: true}
	}
	relations := s.toCase(q.Who, q.Case, q.Now)
	if !slices.ContainsFunc(relations, func(r Relation) bool { return permits(r, SeeCase) }) {
		return decide(nil, q.Action, true)
	}
	found := decide(relations, q.Action, false)
	switch {
	case !found.Allowed:
		return found
	case (q.Case.Sealed || q.Case.Minor) && !stated(q.Purpose):
		return Decision{Relation: found.Relation, Why: WhyPurpose}
	case q.Case.Closed && !q.AfterClose && slices.Contains([]Action{RecordAct, Assign, Draft}, q.Action):
		return Decision{Relation: found.Relation, Why: WhyClosed}
	}
	return found
}

// answersApart tells whether a question of a unit that stands apart is for this legal reviewer above it. No case of the unit is: what
// a rule means is the same for all, and whoever asks is owed an answer.
func (s *state) answersApart(q Query) bool {
	return s.units[q.Question.Unit].Kind == Superintendence && s.inPost(q.Who, q.Now) && slices.ContainsFunc(s.postsAt(q.Who, q.Now), func(h Held) bool {
		return h.Post == LegalReviewer && slices.Contains(s.above(q.Question.Unit), h.Unit)
	})
}

// mayAboutQuestion: a question shows nothing of its case but the number, so whether that is sealed or closed does not matter.
func (s *state) mayAboutQuestion(q Query) Decision {
	if why := s.excluded(q.Who, q.Question.About, q.Now); why != "" {
		return Decision{Why: why, NotFound: true}
	}
	relations := s.toCase(q.Who, &CaseView{Unit: q.Question.Unit}, q.Now)
	if s.answersApart(q) {
		relations = append(relations, LegalReview)
	}
	if q.Question.Asker == q.Who && s.inPost(q.Who, q.Now) {
		relations = append(relations, Asker)
	}
	if !slices.ContainsFunc(relations, func(r Relation) bool { return permits(r, SeeQuestion) }) {
		return decide(nil, q.Action, true)
	}
	if q.Action == AnswerQuestion && q.Question.Asker == q.Who {
		return Decision{Relation: Asker, Why: WhySelf}
	}
	return decide(relations, q.Action, false)
}

// decide allows the action by the first relation that permits it.
func decide(relations []Relation, a Action, hide bool) Decision {
	for _, r := range relations {
		if permits(r, a) {
			return Decision{Allowed: true, Relation: r, Why: WhyAllowed}
		}
	}
	if len(relations) == 0 {
		return Decision{Why: WhyNoRelation, NotFound: hide}
	}
	return Decision{Relation: relations[0], Why: WhyNotForThis, NotFound: hide}
}

func granted(a Action) bool {
	for _, row := range table {
		if slices.Contains(row.actions, a) {
			return true
		}
	}
	return false
}

func permits(r Relation, a Action) bool {
	for _, row := range table {
		if row.relation == r {
			return slices.Contains(row.actions, a)
		}
	}
	return false
}

func stated(purpose string) bool { return strings.TrimSpace(purpose) != "" }
