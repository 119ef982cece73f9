package authority_test

import (
	"os"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/calendar"
)

const (
	day calendar.Instant = 24 * 3600 * 1_000_000
	now                  = 20_000 * day
)

// posts of the people of the matrix: person, post, unit.
var posts = [][3]string{
	{"assigned", "handler", "S"}, {"opener", "handler", "S"}, {"colleague", "handler", "S"}, {"lent", "handler", "T"}, {"handler_c", "handler", "C"},
	{"head_s", "unit_head", "S"}, {"head_t", "unit_head", "T"}, {"chief", "county_head", "C"}, {"chief_d", "county_head", "D"}, {"upper", "upper_organ", "P"},
	{"legal_s", "legal_officer", "S"}, {"legal_t", "legal_officer", "T"}, {"legal_c", "legal_officer", "C"},
	{"review_c", "legal_reviewer", "C"}, {"review_d", "legal_reviewer", "D"},
	{"super_c", "supervisor", "C"}, {"super_p", "supervisor", "P"}, {"super_t", "supervisor", "T"},
	{"archivist", "archivist", "S"}, {"admin", "administrator", "C"},
}

func matrixDirectory(t testing.TB) *authority.Directory {
	t.Helper()
	var all []authority.Change
	for _, u := range [][2]string{{"P", ""}, {"C", "P"}, {"D", "P"}, {"S", "C"}, {"T", "C"}} {
		all = append(all, authority.Found(authority.Unit{ID: authority.UnitID(u[0]), Kind: "station", Name: authority.Text{EN: u[0]}, Parent: authority.UnitID(u[1])}))
	}
	enrol := func(p string) {
		all = append(all, authority.Enrol(authority.Person{ID: authority.PersonID(p), Name: p, Number: "no. " + p}))
	}
	for _, p := range posts {
		enrol(p[0])
		all = append(all, authority.Appoint(authority.Appointment{Person: authority.PersonID(p[0]), Post: p[1], Unit: authority.UnitID(p[2])}))
	}
	for _, p := range []string{"former", "gone", "deputy", "lapsed", "orphan", "idle"} {
		enrol(p)
	}
	all = append(all,
		authority.Appoint(authority.Appointment{Person: "former", Post: "handler", Unit: "S", Until: now}),
		authority.Appoint(authority.Appointment{Person: "gone", Post: "unit_head", Unit: "S", Until: now - day}),
		authority.Delegate(authority.Delegation{From: "head_s", To: "deputy", Post: "unit_head", Unit: "S", Since: now, Reason: "training"}),
		authority.Delegate(authority.Delegation{From: "head_s", To: "lapsed", Post: "unit_head", Unit: "S", Since: now - 60*day, Until: now - 30*day, Reason: "leave"}),
		authority.Delegate(authority.Delegation{From: "gone", To: "orphan", Post: "unit_head", Unit: "S", Since: now - 60*day, Reason: "leave"}),
	)
	for i := range all {
		all[i] = all[i].Made("", 1)
		if all[i].Kind == authority.KindDelegate {
			all[i].At = now // so that a delegation without begin would be looked at here
		}
	}
	d := authority.NewDirectory()
	if err := d.Apply(all...); err != nil {
		t.Fatal(err)
	}
	return d
}

var caseColumns = []authority.Action{
	authority.SeeCase, authority.SeeAct, authority.SeeDocument, authority.SeeAttachment,
	authority.RecordAct, authority.DecideAct, authority.Assign, authority.Draft, authority.SeeViews, authority.AskQuestion,
}

func elsewhere(who authority.PersonID) []authority.Query {
	open := func(u authority.UnitID) authority.Query {
		return authority.Query{Action: authority.OpenCase, Case: &authority.CaseView{Unit: u}}
	}
	person := func(a authority.Action, p authority.PersonID) authority.Query {
		return authority.Query{Action: a, Person: p}
	}
	return []authority.Query{
		open("S"), open("T"), open("C"),
		person(authority.ListCases, ""), person(authority.Search, ""), person(authority.SeeWorkbench, ""), person(authority.ListQuestions, ""),
		person(authority.SeePeople, ""), person(authority.SeePeople, "assigned"), person(authority.SeePeople, who),
		person(authority.ChangePeople, ""), person(authority.ChangePeople, "assigned"), person(authority.ChangePeople, who),
		person(authority.SeeOwnAccount, ""), person(authority.SeeOwnAccount, "assigned"), person(authority.ManageOwnSessions, who), person(authority.ManageOwnSessions, "assigned"),
		person(authority.SignIn, ""), person(authority.SeeStatic, ""), person(authority.QueryAsReporter, ""),
		person("become_king", ""),
	}
}

// caseOf reads a heading of the matrix.
func caseOf(t *testing.T, heading string) (c authority.CaseView, purpose string) {
	words := strings.Split(heading, ", ")
	c.Unit = authority.UnitID(strings.TrimPrefix(words[0], "case of "))
	c.Opener, c.Handlers = "opener", []authority.PersonID{"assigned", "lent", "former"}
	if c.Unit == "C" {
		c.Opener, c.Handlers = "handler_c", []authority.PersonID{"handler_c"}
	}
	for _, w := range words[1:] {
		about, is := strings.CutPrefix(w, "about ")
		switch {
		case is:
			c.About = []authority.PersonID{authority.PersonID(about)}
		case w == "nobody assigned":
			c.Handlers = nil
		case w == "sealed":
			c.Sealed = true
		case w == "minor":
			c.Minor = true
		case w == "closed":
			c.Closed = true
		case w == "purpose stated":
			purpose = "complaint 17 of 2026"
		default:
			t.Fatalf("heading %q: %q?", heading, w)
		}
	}
	return c, purpose
}

// questionOf reads a heading of the matrix that is about a question.
func questionOf(heading string) (q authority.QuestionView, is bool) {
	rest, is := strings.CutPrefix(heading, "question of ")
	rest, about, _ := strings.Cut(rest, ", about ")
	unit, asker, _ := strings.Cut(rest, " by ")
	q.Unit, q.Asker = authority.UnitID(unit), authority.PersonID(asker)
	if about != "" {
		q.About = []authority.PersonID{authority.PersonID(about)}
	}
	return q, is
}

func TestTheMatrixWrittenByHand(t *testing.T) {
	d := matrixDirectory(t)
	text, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	everybody := len(posts) + len([]string{"former", "deputy", "lapsed", "orphan", "idle", "stranger", "nobody"})
	cells, heading, seen := 0, "", map[string]bool{}
	end := func() {
		if heading != "" && len(seen) != everybody {
			t.Errorf("%s: %d people, want %d", heading, len(seen), everybody)
		}
		heading, seen = "", map[string]bool{}
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case line == "":
			end()
			continue
		case heading == "":
			heading = line
			continue
		}
		var who []string
		var want strings.Builder
		for _, w := range strings.Fields(line) {
			if strings.Trim(w, "Ynpc.") == "" {
				want.WriteString(w)
			} else {
				who = append(who, w)
			}
		}
		for _, p := range who {
			if seen[p] {
				t.Errorf("%s: %s is there twice", heading, p)
			}
			seen[p] = true
			id := authority.PersonID(p)
			if p == "nobody" {
				id = ""
			}
			var ask []authority.Query
			if q, is := questionOf(heading); is {
				ask = []authority.Query{{Action: authority.SeeQuestion, Question: &q}, {Action: authority.AnswerQuestion, Question: &q}}
			} else if heading == "elsewhere" {
				ask = elsewhere(id)
			} else {
				c, purpose := caseOf(t, heading)
				for _, a := range caseColumns {
					ask = append(ask, authority.Query{Action: a, Case: &c, Purpose: purpose})
				}
			}
			if want.Len() != len(ask) {
				t.Fatalf("%s, %s: %d cells, want %d", heading, p, want.Len(), len(ask))
			}
			for i, q := range ask {
				q.Who, q.Now = id, now
				got := d.May(q)
				if cell(got) != want.String()[i] {
					t.Errorf("%s, %s, %s %s: got %c (%+v), want %c", heading, p, q.Action, q.Person, cell(got), got, want.String()[i])
				}
				cells++
			}
		}
	}
	end()
	t.Logf("%d cells", cells)
	if cells < 300 {
		t.Errorf("only %d cells", cells)
	}
}

func cell(d authority.Decision) byte {
	switch {
	case d.Allowed:
		return 'Y'
	case d.NotFound:
		return '.'
	case d.Why == authority.WhyPurpose:
		return 'p'
	case d.Why == authority.WhyClosed:
		return 'c'
	}
	return 'n'
}

// TestWhatMayComeAfterClosing: for an act that may be done in a closed case, the case is as if it were open, for the same
// people and no others.
func TestWhatMayComeAfterClosing(t *testing.T) {
	d := matrixDirectory(t)
	for _, heading := range []string{"case of S", "case of S, sealed", "case of S, about assigned", "case of C"} {
		open, purpose := caseOf(t, heading)
		closed := open
		closed.Closed = true
		for _, p := range posts {
			for _, a := range caseColumns {
				was := d.May(authority.Query{Who: authority.PersonID(p[0]), Action: a, Case: &open, Now: now, Purpose: purpose})
				got := d.May(authority.Query{Who: authority.PersonID(p[0]), Action: a, Case: &closed, Now: now, Purpose: purpose, AfterClose: true})
				if got != was {
					t.Errorf("%s, %s, %s: %+v, in the open case %+v", heading, p[0], a, got, was)
				}
			}
		}
	}
}
