package handling_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// What follows was tried against matters; each says what would be wrong, and none of it works.

// An assessor draws the cases of an organ of which he sees nothing.
func TestDrawOfAnotherOrgan(t *testing.T) {
	h := supervised(t)
	if err := h.Found(bg, authority.Found(authority.Unit{ID: "far", Kind: "county", Name: authority.Text{ZH: "邻县", EN: "Other"}}),
		authority.Enrol(authority.Person{ID: "yao", Name: "警员yao", Number: "040001"}), post("yao", "assessor", "far")); err != nil {
		t.Fatal(err)
	}
	overtime(t, h)
	h.set("2026-04-02T09:00")
	r := &matter{house: h, proc: "assessment", unit: "far"}
	r.do("yao", "open_round", "", data{"title": "考评", "unit_assessed": "ju", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "9", "second_share": "0", "indicators": "cases"})
	if _, err := r.try("yao", "draw_sample", "", nil); !errors.As(err, new(*handling.Invalid)) {
		t.Error(err)
	}
}

// After the hand-over: old handlers keep the case, and who serves in the unit that handled it is not of its unit.
func TestHandOverRelations(t *testing.T) {
	h := supervised(t)
	if err := h.Found(bg, post("sun", "assessor", "fz"), post("sun", "supervisor", "ju")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-02T09:00")
	m := &matter{house: h, proc: "call", unit: "b1"}
	m.do("chen", "take_call", "", data{"title": "报警", "category": "complaint", "call_number": "1", "when": "2026-03-02T08:59", "urgent": "true", "text": "x", "receiver": "chen", "reviewer": "wang", "decider": "li", "place": "x"})
	m.do("chen", "dispatch", "", data{"to_unit": "b1", "officers": "wang"})
	sheet := func() bool {
		s := &matter{house: h, proc: "score_sheet", unit: "fz"}
		a, err := s.try("sun", "open_sheet", "", data{"title": "t", "round": string(m.id), "case": string(m.id), "blind": "false"})
		if err != nil {
			t.Fatal(err)
		}
		return len(a.Refused) == 0
	}
	before := sheet()
	m.do("wang", "dispatch", "", data{"to_unit": "b2"})
	if !before && sheet() {
		t.Error("sun of the station that took and worked on the call scores it once it was handed over")
	}
	head, _ := h.store.Case(bg, m.id)
	if head.Unit == "b2" && slices.Contains(head.Handlers, "wang") {
		a, err := m.try("wang", "no_case", "", data{"reason": "repeat", "explained": "x", "told": "oral"})
		if err == nil && len(a.Refused) == 0 {
			t.Error("wang of b1 decides in the call of b2")
		}
		if _, err := m.try("wang", "dispatch", "", data{"to_unit": "b1"}); err == nil {
			head, _ = h.store.Case(bg, m.id)
			t.Errorf("wang of b1 takes the call back from b2: it is in %s", head.Unit)
		}
	}
}

// More than a hundred newer matters hide an open one from the officer.
func TestHundredMatters(t *testing.T) {
	h := more(t)
	first := &matter{house: h, proc: "education", unit: "fz"}
	first.course(t, "wang")
	for range 100 {
		m := &matter{house: h, proc: "education", unit: "fz"}
		m.course(t, "wang")
		m.do("pei", "cancel_course", "", data{"reason": "x"})
	}
	mine, err := h.Concerning(bg, as("wang"))
	if err != nil || !slices.ContainsFunc(mine, func(x casefile.Head) bool { return x.ID == first.id }) {
		t.Error("the only open matter about wang is not on his list", len(mine), err)
	}
}

// What an act named stays named when the act is withdrawn: coverage counts a look that nobody took.
func TestWithdrawnLink(t *testing.T) {
	h := supervised(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	r := &matter{house: h, proc: "assessment", unit: "fz"}
	r.do("kong", "open_round", "", data{"title": "考评", "unit_assessed": "b1", "mode": "periodic", "from": "2026-02-01", "to": "2026-02-28", "sample_size": "9", "second_share": "0", "indicators": "cases"})
	r.do("kong", "add_case", "", data{"case": string(c.id), "source": "other", "reason": "x"})
	if _, err := r.change("kong", "add_case", "", nil, false); err != nil {
		t.Fatal(err)
	}
	z := police().Zone
	cov, err := h.Coverage(bg, as("kong"), z.Date(at("2026-03-01T00:00")), z.Date(at("2026-04-30T00:00")), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range cov.Units {
		if u.Named > 0 {
			t.Errorf("%s has %d of %d cases named by a matter in which no act that stands names any", u.Unit, u.Named, u.Cases)
		}
	}
	f, err := h.File(bg, as("kong"), c.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	if links, err := h.Links(bg, as("kong"), f); err != nil || len(links.Matters) > 0 {
		t.Error("the case still shows it:", links.Matters, err)
	}
}

// Whom superintendence suspends is barred everywhere, until that ends.
func TestSuspendedByTheSuperintendence(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, authority.Enrol(authority.Person{ID: "zong", Name: "警员zong", Number: "040009"}), post("zong", "superintendent_general", "dc")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-02T08:00")
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("bao", "receive_complaint", "", data{"title": "某事", "source": "letter", "class": "other", "live": "false", "officers": "wang", "summary": "x"})
	m.do("bao", "verify_complaint", "", data{"result": "confirmed", "facts": "x", "no_case": "true"})
	m.do("bao", "register_officer", "+officer", data{"name": "王某", "officer": "wang"})
	m.do("bao", "propose_measure", "p1", data{"measure": "suspension", "days": "30", "facts": "x"})
	m.do("zong", "suspend_duty", "p1", data{"officer": "wang", "days": "30", "until": "2026-03-31", "reason": "x"})
	c := walked(h, "propose")
	if a, err := c.try(stepOf("propose")); err != nil || len(a.Refused) == 0 || !h.barred(t, "wang") {
		t.Error("suspended from duty, wang proposes a penalty:", err)
	}
	m.do("bao", "end_suspension", "p1", data{"reason": "early"})
	if h.barred(t, "wang") {
		t.Error("barred after the suspension ended")
	}
}

// Who handled the case before the present handler is not named, and reads the complaint.
func TestFormerHandler(t *testing.T) {
	h := supervised(t)
	c := walked(h, "leave")
	c.do(stepOf("leave"))
	s := stepOf("assign")
	s.at, s.data = "2026-03-03T09:00", data{"handlers": "sun"}
	c.do(s)
	if err := h.Found(bg, post("wang", "superintendent", "dc")); err != nil {
		t.Fatal(err)
	}
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "ill_treatment", "live": "false", "summary": "民警王某打人"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.File(bg, as("wang"), a.Case, "case"); err == nil {
		t.Errorf("wang, who summoned and inquired, reads the complaint; it names %s", a.Record.Datum("officers").Text())
	}
}

func TestFigureDenominators(t *testing.T) {
	h := supervised(t)
	h.set("2026-03-02T09:00")
	for i := range 10 {
		m := &matter{house: h, proc: "superintendence", unit: "dc"}
		d := data{"title": "某事", "source": "letter", "class": "other", "live": "false", "summary": "x"}
		if i == 0 {
			d["about_measures"] = "true"
		}
		m.do("bao", "receive_complaint", "", d)
	}
	h.set("2026-04-05T20:00") // before the house opens what nobody planned
	if _, err := h.Tick(bg); err != nil {
		t.Fatal(err)
	}
	rows, _, err := h.Figures(bg, as("bao"), police().Zone.Date(at("2026-04-15T00:00")))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Now.Of != 10 {
			t.Errorf("%s: %d of %d; ten matters of this procedure ran in the unit", r.Proc.Rules()[r.Rule].ID, r.Now.Count, r.Now.Of)
		}
	}
}

// A unit apart with nobody in it takes complaints.
func TestNobodyTakesIt(t *testing.T) {
	h := newHouse(t)
	if err := h.Found(bg, authority.Found(authority.Unit{ID: "dc", Kind: "superintendence", Name: authority.Text{ZH: "督察", EN: "x"}, Parent: "ju"})); err != nil {
		t.Fatal(err)
	}
	c := walked(h, "accept")
	if p, err := h.Progress(bg, c.rec.Code, c.rec.Secret); err != nil || p.Complain {
		t.Error("a complaint is offered:", err)
	}
	if _, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "ill_treatment", "live": "true", "summary": "x"}); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("it is taken:", err)
	}
}

// A call is taken for a matter: nobody is related to it, and the case that came of it counts as looked at by supervision.
func TestCallIsNoMatter(t *testing.T) {
	h := supervised(t)
	if err := h.Found(bg, post("chen", "assessor", "fz"), post("chen", "supervisor", "ju")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-02T08:00")
	m := &matter{house: h, proc: "call", unit: "b1"}
	m.do("chen", "take_call", "", data{"title": "报警", "category": "complaint", "call_number": "1", "when": "2026-03-02T07:59", "urgent": "true", "text": "x", "receiver": "chen", "reviewer": "wang", "decider": "li", "place": "x"})
	c := walked(h, "file")
	m.do("chen", "link_case", "", data{"case": string(c.id), "track": "administrative"})
	z := police().Zone
	cov, err := h.Coverage(bg, as("li"), z.Date(at("2026-03-01T00:00")), z.Date(at("2026-04-30T00:00")), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range cov.Units {
		if u.Looked > 0 {
			t.Errorf("in %s %d of %d cases were looked at; nobody supervised anything (%d matters read)", u.Unit, u.Looked, u.Cases, cov.Matters)
		}
	}
	sheet := &matter{house: h, proc: "score_sheet", unit: "fz"}
	a, err := sheet.try("chen", "open_sheet", "", data{"title": "t", "round": string(m.id), "case": string(m.id), "blind": "false"})
	if err == nil && len(a.Refused) == 0 {
		t.Errorf("chen scores the call that chen took, relations %v", a.Record.Actor.Relations)
	}
}

// A criminal case can name a case too, so the house takes every criminal case for a matter: nobody is related to it.
func TestCriminalIsNoMatter(t *testing.T) {
	p, _ := police().Procedure("criminal")
	if p.Matter() {
		t.Error("criminal is a matter")
	}
	h := supervised(t)
	if err := h.Found(bg, post("wang", "superintendent", "dc")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-02T08:00")
	k := &matter{house: h, proc: "criminal", unit: "b1"}
	k.do("wang", "register_criminal", "", data{"title": "某案", "filing_number": "1"})
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("hai", "receive_complaint", "", data{"title": "某事", "source": "letter", "class": "ill_treatment", "live": "false", "summary": "x"})
	n := &matter{house: h, proc: "superintendence", unit: "dc"}
	n.do("wang", "receive_complaint", "", data{"title": "某事", "source": "letter", "class": "ill_treatment", "live": "false", "case": string(k.id), "summary": "x"})
	a, err := n.try("wang", "verify_complaint", "", data{"result": "unconfirmed", "facts": "无"})
	if err == nil && len(a.Refused) == 0 {
		t.Errorf("who opened and handles the criminal case verifies the complaint about it; relations %v", a.Record.Actor.Relations)
	}
}

// Words smuggled through what is typed.
func TestSmuggle(t *testing.T) {
	h := supervised(t)
	c := walked(h, "propose")
	for _, field := range []string{"offence", "tier", "measure", "facts", "not_served"} {
		s := stepOf("propose")
		d := data{}
		for k, v := range s.data {
			d[k] = v
		}
		d[field] = d[field] + " officer:gao given:no_enforcement:sun:1 finding:x case:y"
		s.data = d
		if _, err := c.try(s); err != nil && !errors.As(err, new(*handling.Invalid)) {
			t.Error(field, err)
		}
		if strings.Contains(c.head().Words, "officer:gao") {
			t.Error(field, c.head().Words)
		}
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("bao", "receive_complaint", "", data{"title": "officer:gao given:no_enforcement:sun:1 matter:", "source": "letter", "class": "other", "live": "false", "summary": "x"})
	head, _ := h.store.Case(bg, m.id)
	if slices.Contains(strings.Fields(head.Words), "officer:gao") {
		t.Error(head.Words)
	}
}

// Somebody suspended twice, in two matters: lifting one lifts both.
func TestTwoSuspensions(t *testing.T) {
	h := more(t)
	one := &matter{house: h, proc: "education", unit: "fz"}
	one.course(t, "wang")
	one.do("zhao", "suspend_right", "+officer", data{"officer": "wang", "ground": "unlawful", "reason": "x"})
	two := &matter{house: h, proc: "education", unit: "fz"}
	two.course(t, "wang")
	two.do("zhao2", "suspend_right", "+officer", data{"officer": "wang", "ground": "improper", "reason": "x"})
	two.do("zhao2", "lift_suspension", "p1", data{"officer": "wang", "reason": "x"})
	head, _ := h.store.Case(bg, one.id)
	if !h.barred(t, "wang") {
		t.Errorf("the suspension of the first matter stands, nobody lifted it, and wang is not barred: %s", head.Words)
	}
}

// Complained twice with one receipt; a replay with other content under the same id.
func TestComplaintReplay(t *testing.T) {
	h := supervised(t)
	c, _ := overtime(t, h)
	id := h.id()
	d := data{"class": "other", "live": "false", "summary": "x"}
	if _, err := h.Complain(bg, c.rec.Code, c.rec.Secret, id, d); err != nil {
		t.Fatal(err)
	}
	d["summary"] = strings.Repeat("很长", 500_000)
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), d)
	if err == nil {
		t.Errorf("a complaint of %d characters is on the record", len([]rune(a.Record.Datum("summary").Text())))
	}
	n := 0
	for range 50 {
		if _, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "other", "live": "true", "summary": "x"}); err == nil {
			n++
		}
	}
}

// Cases opened in the period are dated out of it by the unit itself.
func TestOpenedOutOfThePeriod(t *testing.T) {
	h := supervised(t)
	h.set("2026-03-05T09:00")
	c := &case1{house: h}
	s := walk[0]
	s.at = "2026-03-02T09:00"
	c.do(s)
	d := data{}
	for k, v := range s.data {
		d[k] = v
	}
	h.set("2026-04-02T08:00")
	last := casefile.ActID("")
	acts, _ := h.store.Acts(bg, c.id, 0)
	r, _ := casefile.DecodeRecord(acts[0].Bytes)
	last = r.ID
	for i, when := range []string{"2026-03-01T09:30", "2026-02-28T10:00"} {
		id := h.id()
		_, err := h.Submit(bg, as("chen"), &handling.Request{ID: id, Case: c.id, Kind: "receive_report", Base: c.head().Acts, Data: d, Corrects: last, Occurred: when})
		if i == 1 != errors.As(err, new(*handling.Invalid)) || i == 0 && err != nil {
			t.Errorf("%s: %v", when, err)
		}
		last = id
	}
}

// An act on the complaint by who sees both: a matter that the officers see names the complaint.
func TestComplaintNamedElsewhere(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, post("bao", "legal_reviewer", "fz")); err != nil {
		t.Fatal(err)
	}
	c, _ := overtime(t, h)
	x, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "other", "live": "false", "summary": "x"})
	if err != nil {
		t.Fatal(err)
	}
	f := &matter{house: h, proc: "fault", unit: "fz"}
	a, err := f.try("bao", "open_fault", "", data{"title": "过错", "case": string(x.Case), "ground": "complaint", "officers": "wang", "summary": "x"})
	if err != nil || len(a.Refused) > 0 {
		return
	}
	file, err := h.File(bg, as("wang"), f.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	if got := file.Acts[0].Datum("case").Text(); got == string(x.Case) {
		t.Error("wang reads in the fault matter that there is a complaint:", got)
	}
	if links, err := h.Links(bg, as("wang"), file); err != nil || slices.ContainsFunc(links.Cases, func(y casefile.Head) bool { return y.ID == x.Case }) {
		t.Error("the fault matter shows wang the complaint:", err)
	}
}

var bg = context.Background()

// more adds a trainer, a second county head, legal reviewers and a head of the legal department.
func more(t *testing.T) *house {
	h := supervised(t)
	var changes []authority.Change
	for i, p := range [][]string{{"pei", "trainer", "fz"}, {"zhao2", "county_head", "ju"}, {"fa", "legal_reviewer", "fz"}, {"lv", "unit_head", "fz"}} {
		changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(p[0]), Name: "警员" + p[0], Number: "0300" + string(rune('a'+i))}), post(p[0], p[1], p[2]))
	}
	changes = append(changes, post("fa", "supervisor", "ju"), post("pei", "supervisor", "ju"))
	if err := h.Found(bg, changes...); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) barred(t *testing.T, who string) bool {
	t.Helper()
	f, err := h.OfficerFile(bg, as(who), authority.PersonID(who))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(f.Qualifications, "no_enforcement")
}

// withdraw takes back the last act of a kind.
func (m *matter) change(by, kind string, subj string, d data, correct bool) (*handling.Answer, error) {
	m.t.Helper()
	head, err := m.store.Case(bg, m.id)
	if err != nil {
		m.t.Fatal(err)
	}
	acts, err := m.store.Acts(bg, m.id, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	q := &handling.Request{ID: m.house.id(), Case: m.id, Kind: kind, Base: head.Acts, Data: d}
	if subj != "" {
		q.Subjects = []handling.SubjectInput{{ID: casefile.Subject(subj)}}
	}
	for _, e := range acts {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			m.t.Fatal(err)
		}
		if r.Kind == kind && r.Withdraws == "" {
			if correct {
				q.Corrects = r.ID
			} else {
				q.Withdraws = r.ID
			}
		}
	}
	m.to(m.now() + minute)
	return m.Submit(bg, as(by), q)
}

// A handler names every superintendent as present in an act of his own case: nobody may verify the complaint about it.
func TestNamingBarsTheSuperintendence(t *testing.T) {
	for _, withdrawn := range []bool{false, true} {
		h := supervised(t)
		c := &case1{house: h}
		for _, s := range walk {
			if s.do == "record_inquiry" {
				d := data{}
				for k, v := range s.data {
					d[k] = v
				}
				d["officers"] = "wang, sun, bao, hai"
				s.data = d
			}
			if s.do == "leave" {
				break
			}
			c.do(s)
		}
		if withdrawn {
			m := &matter{house: h, id: c.id}
			if _, err := m.change("wang", "record_inquiry", "", nil, false); err != nil {
				t.Fatal(err)
			}
		}
		a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "ill_treatment", "live": "false", "summary": "打人"})
		if err != nil {
			t.Fatal(err)
		}
		m := &matter{house: h, proc: "superintendence", unit: "dc", id: a.Case}
		for _, who := range []string{"bao", "hai"} {
			a, err := m.try(who, "verify_complaint", "", data{"result": "confirmed", "facts": "属实"})
			if err != nil || len(a.Refused) > 0 {
				t.Errorf("withdrawn=%v: %s cannot verify: %v %+v", withdrawn, who, err, a.Record.Refused)
			}
		}
	}
}

// A complaint about how superintendence handled a complaint names nobody, is on the desk of who is complained of, who verifies it.
func TestComplaintAboutSuperintendence(t *testing.T) {
	h := supervised(t)
	c, _ := overtime(t, h)
	given := data{"class": "other", "live": "false", "summary": "被扣留"}
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), given)
	if err != nil {
		t.Fatal(err)
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc", id: a.Case}
	m.do("bao", "verify_complaint", "", data{"result": "unconfirmed", "facts": "无"})
	if _, err := h.Complain(bg, a.Receipt.Code, a.Receipt.Secret, h.id(), data{"class": "other", "live": "false", "summary": "警员bao包庇"}); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("a complaint about superintendence lands with superintendence:", err)
	}
}

// The head of the unit is told at once that superintendence looks at the case.
func TestLooksWarn(t *testing.T) {
	h := supervised(t)
	c, _ := overtime(t, h)
	if _, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "other", "live": "false", "summary": "被扣留"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.File(bg, handling.Who{Person: "bao", Purpose: "核查投诉"}, c.id, "case"); err != nil {
		t.Fatal(err)
	}
	_, looks, err := h.Looks(bg, as("li"), c.id, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range looks {
		if l.Person == "bao" {
			t.Errorf("the head complained of reads %+v", l)
		}
	}
}

// Figures and tasks tell an officer of the complaint about them.
func TestFiguresAndTasks(t *testing.T) {
	h := supervised(t)
	h.set("2026-03-02T09:00")
	_, base, err := h.Figures(bg, as("hai"), police().Zone.Date(at("2026-04-15T00:00")))
	if err != nil {
		t.Fatal(err)
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("bao", "receive_complaint", "", data{"title": "某事", "source": "letter", "class": "other", "live": "false", "officers": "hai", "about_measures": "true", "summary": "x"})
	h.set("2026-04-05T20:00") // before the house opens what nobody planned
	if _, err := h.Tick(bg); err != nil {
		t.Fatal(err)
	}
	if _, err := h.File(bg, as("hai"), m.id, "case"); !errors.Is(err, casefile.ErrNotFound) {
		t.Fatal("hai sees it")
	}
	rows, read, err := h.Figures(bg, as("hai"), police().Zone.Date(at("2026-04-15T00:00")))
	if err != nil {
		t.Fatal(err)
	}
	if read != base || len(rows) > 0 {
		t.Errorf("hai reads %d cases (before %d), %d rows", read, base, len(rows))
	}
	n := &matter{house: h, proc: "superintendence", unit: "dc"}
	n.do("bao", "receive_complaint", "", data{"title": "另一事", "source": "letter", "class": "other", "live": "false", "summary": "x"})
	a, err := n.change("hai", "receive_complaint", "", data{"title": "警员bao受贿", "source": "letter", "class": "other", "live": "false", "officers": "bao", "summary": "x"}, true)
	if err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	if _, err := h.File(bg, as("bao"), n.id, "case"); !errors.Is(err, casefile.ErrNotFound) {
		t.Fatal("bao sees it")
	}
	tasks, err := h.Tasks(bg, as("bao"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tasks {
		if x.Case == n.id {
			t.Errorf("on the workbench of bao: %s, %s", x.Head.Title, x.Duty.Duty)
		}
	}
}

func (m *matter) course(t *testing.T, who string) {
	t.Helper()
	m.do("pei", "open_course", "", data{"title": "训练", "officers": who, "kind": "professional", "topic": "R18"})
}

// A suspended county head withdraws the suspension that is about him.
func TestConcernedWithdraws(t *testing.T) {
	h := more(t)
	m := &matter{house: h, proc: "education", unit: "fz"}
	m.course(t, "zhao")
	m.refused("zhao", "suspend_right", "+officer", "own-decision", data{"officer": "zhao", "ground": "unlawful", "reason": "x"})
	m.do("zhao2", "suspend_right", "+officer", data{"officer": "zhao", "ground": "unlawful", "reason": "x"})
	if !h.barred(t, "zhao") {
		t.Fatal("not barred")
	}
	a, err := m.change("zhao", "suspend_right", "", nil, false)
	if err == nil && len(a.Refused) == 0 && !h.barred(t, "zhao") {
		t.Error("the suspended takes back his own suspension")
	}
}

// Whoever works on any matter of fault lifts any suspension, their own too.
func TestRestoreByAnybody(t *testing.T) {
	h := more(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	m := &matter{house: h, proc: "education", unit: "fz"}
	m.course(t, "kong")
	m.do("zhao", "suspend_right", "+officer", data{"officer": "kong", "ground": "unlawful", "reason": "x"})
	if !h.barred(t, "kong") {
		t.Fatal("not barred")
	}
	f := &matter{house: h, proc: "fault", unit: "fz"}
	f.do("fa", "open_fault", "", data{"title": "过错", "case": string(c.id), "ground": "other", "officers": "wang", "summary": "x"})
	f.do("fa", "name_officer", "+officer", data{"name": "王某", "officer": "wang", "part": "handled", "facts": "x"})
	a, err := f.try("kong", "restore", "p1", data{"officer": "kong", "reason": "x"})
	if err == nil && len(a.Refused) == 0 && !h.barred(t, "kong") {
		t.Errorf("kong lifts his own suspension in another's matter; found %d", len(a.Found))
	}
}

// By the police number an officer is not concerned by what he does.
func TestPoliceNumberEvadesConcerned(t *testing.T) {
	h := more(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	sheet := &matter{house: h, proc: "score_sheet", unit: "fz"}
	sheet.do("kong", "open_sheet", "", data{"title": "评查表", "round": string(c.id), "case": string(c.id), "blind": "false"})
	d := data{"name": "询问超时", "content": "cases", "act": "9", "article": "x", "officers": "kong", "points": "0", "reduction": "self_found", "accounted": "true", "reason": "x"}
	sheet.refused("kong", "deduct", "+", "scorer-apart", d)
	d["officers"] = "0200a"
	a, err := sheet.try("kong", "deduct", "+", d)
	if err == nil && len(a.Refused) == 0 {
		t.Errorf("kept, about %s by %s %v", a.Record.Datum("officers").Text(), a.Record.Actor.Person, a.Record.Actor.Relations)
	}
}

// lossy keeps a change and says that it does not know.
type lossy struct {
	handling.Store
	lose *bool
}

func (s lossy) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	k, err := s.Store.Commit(ctx, c)
	if err == nil && *s.lose {
		*s.lose = false
		return casefile.Kept{}, errors.New("connection lost")
	}
	return k, err
}

// A suspension of which the answer was lost does not count until the next start.
func TestLostAnswerLeavesRightsStale(t *testing.T) {
	h := more(t)
	lose := false
	h.House = h.over(h.store, func(s handling.Store) handling.Store { return lossy{s, &lose} }, nil)
	m := &matter{house: h, proc: "education", unit: "fz"}
	m.course(t, "wang")
	head, _ := h.store.Case(bg, m.id)
	q := &handling.Request{ID: h.id(), Case: m.id, Kind: "suspend_right", Base: head.Acts, Subjects: []handling.SubjectInput{{Role: "officer"}}, Data: data{"officer": "wang", "ground": "unlawful", "reason": "x"}}
	h.to(h.now() + minute)
	lose = true
	if _, err := h.Submit(bg, as("zhao"), q); err == nil {
		t.Error("the answer was not lost")
	}
	if _, err := h.Submit(bg, as("zhao"), q); err != nil {
		t.Error("sent again:", err)
	}
	live := h.barred(t, "wang")
	h.again()
	if after := h.barred(t, "wang"); live != after {
		t.Errorf("barred %v in the running house, %v after a restart", live, after)
	}
}

// The sample is chosen: the seed is known, then period and size are corrected.
func TestSampleIsGround(t *testing.T) {
	h := supervised(t)
	for range 6 {
		c := &case1{house: h}
		s := walk[0]
		s.at = ""
		h.to(h.now() + 24*60*minute)
		c.do(s)
	}
	h.set("2026-04-02T09:00")
	round := &matter{house: h, proc: "assessment", unit: "fz"}
	d := data{"title": "三月考评", "unit_assessed": "ju", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "1", "second_share": "0", "indicators": "cases"}
	round.do("kong", "open_round", "", d)
	round.do("kong", "draw_sample", "", nil)
	if _, err := round.change("kong", "draw_sample", "", nil, false); err != nil {
		t.Fatal(err)
	}
	d["to"] = "2026-03-04"
	if a, err := round.change("kong", "open_round", "", d, true); err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	if _, err := round.try("kong", "draw_sample", "", nil); !errors.As(err, new(*handling.Invalid)) {
		t.Error("drawn again:", err)
	}
}

// A call is sent to the superintendence and is gone for head, county head and supervisor.
func TestCallIsBuried(t *testing.T) {
	h := supervised(t)
	h.set("2026-03-02T09:00")
	m := &matter{house: h, proc: "call", unit: "b1"}
	m.do("chen", "take_call", "", data{"title": "报警", "call_number": "1", "when": "2026-03-02T08:59", "urgent": "true", "category": "complaint", "text": "被警员打", "receiver": "chen", "reviewer": "wang", "decider": "li", "place": "x"})
	see := func(who string) bool { _, err := h.File(bg, as(who), m.id, "case"); return err == nil }
	if !see("li") || !see("zhao") || !see("dong") {
		t.Fatal("not seen before")
	}
	if _, err := m.try("chen", "dispatch", "", data{"to_unit": "dc"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("it is sent to superintendence:", err)
	}
	if !see("li") || !see("zhao") || !see("dong") {
		t.Error("not seen any more")
	}
}

// Typed ids: what does not exist and what is hidden answer otherwise.
func TestReferenceOracle(t *testing.T) {
	h := supervised(t)
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("bao", "receive_complaint", "", data{"title": "某事", "source": "letter", "class": "other", "live": "false", "officers": "wang", "summary": "x"})
	open := func(id string) error {
		s := &matter{house: h, proc: "score_sheet", unit: "fz"}
		_, err := s.try("kong", "open_sheet", "", data{"title": "t", "round": id, "case": id, "blind": "false"})
		return err
	}
	hidden, none := open(string(m.id)), open("c1-aaaaaaaaaaaaa")
	if errors.Is(hidden, casefile.ErrNotFound) != errors.Is(none, casefile.ErrNotFound) {
		t.Errorf("hidden: %v; none: %v", hidden, none)
	}
}

// The head of a second unit reads the titles of cases of the first.
func TestOfficerFileOfAnotherUnit(t *testing.T) {
	h := supervised(t)
	overtime(t, h)
	if err := h.Found(bg, post("wang", "handler", "b2")); err != nil {
		t.Fatal(err)
	}
	f, err := h.OfficerFile(bg, as("he"), "wang")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Findings {
		if _, err := h.File(bg, as("he"), x.Head.ID, "case"); errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("he reads %q, finding %s, of a case that is not found for him", x.Head.Title, x.Rule)
			break
		}
	}
}

// Another officer who is concerned takes back an objection.
func TestObjectionTakenBack(t *testing.T) {
	h := supervised(t)
	c, finding := overtime(t, h)
	h.set("2026-04-02T09:00")
	m := &matter{house: h, proc: "score_sheet", unit: "fz"}
	m.do("kong", "open_sheet", "", data{"title": "评查表", "round": string(c.id), "case": string(c.id), "blind": "false"})
	m.do("kong", "deduct", "+", data{"name": "询问超时", "content": "cases", "act": "9", "article": "x", "finding": finding, "officers": "wang,sun", "points": "20", "reason": "超过8小时"})
	m.do("kong", "score", "", data{"total": "80", "opinion": "超时一次"})
	m.do("wang", "object", "i1", data{"reason": "对方就医在内"})
	a, err := m.change("sun", "object", "", nil, false)
	if err == nil && len(a.Refused) == 0 {
		t.Error("sun takes back the objection of wang")
	}
}

// Complaints of another county go to the first superintendence of the house.
func TestWhichSuperintendence(t *testing.T) {
	h := newHouse(t)
	if err := h.Found(bg, authority.Found(authority.Unit{ID: "other", Kind: "county", Name: authority.Text{ZH: "邻县", EN: "Other"}}),
		authority.Found(authority.Unit{ID: "a-dc", Kind: "superintendence", Name: authority.Text{ZH: "邻县督察", EN: "Other"}, Parent: "other"}),
		authority.Found(authority.Unit{ID: "dc", Kind: "superintendence", Name: authority.Text{ZH: "督察", EN: "Ours"}, Parent: "ju"}),
		authority.Enrol(authority.Person{ID: "bao", Name: "警员bao", Number: "020001"}), post("bao", "superintendent", "dc")); err != nil {
		t.Fatal(err)
	}
	c, _ := overtime(t, h)
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "other", "live": "false", "summary": "x"})
	if err != nil {
		t.Fatal(err)
	}
	head, _ := h.store.Case(bg, a.Case)
	if head.Unit != "dc" {
		t.Errorf("a complaint about a station of the county went to %s", head.Unit)
	}
}

// An act that opened is corrected after the hand-over; then the hand-over is taken back.
func TestUnitLost(t *testing.T) {
	h := supervised(t)
	h.set("2026-03-02T09:00")
	m := &matter{house: h, proc: "call", unit: "b1"}
	d := data{"title": "报警", "call_number": "1", "when": "2026-03-02T08:59", "urgent": "true", "category": "complaint", "text": "x", "receiver": "chen", "reviewer": "wang", "decider": "li", "place": "x"}
	m.do("chen", "take_call", "", d)
	m.do("chen", "dispatch", "", data{"to_unit": "b2"})
	if a, err := m.change("chen", "take_call", "", d, true); err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	if _, err := m.change("chen", "dispatch", "", nil, false); err != nil {
		t.Fatal(err)
	}
	head, _ := h.store.Case(bg, m.id)
	if head.Unit != "b1" {
		t.Errorf("the hand-over was taken back and the case is still in %s", head.Unit)
	}
}

// Who is named takes back that they are named.
func TestNamedTakesItBack(t *testing.T) {
	h := more(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	f := &matter{house: h, proc: "fault", unit: "fz"}
	f.do("fa", "open_fault", "", data{"title": "过错", "case": string(c.id), "ground": "other", "officers": "wang", "summary": "x"})
	f.do("fa", "name_officer", "+officer", data{"name": "周某", "officer": "zhou", "part": "reviewed", "facts": "x"})
	a, err := f.change("zhou", "name_officer", "", nil, false)
	if err == nil && len(a.Refused) == 0 {
		t.Error("zhou takes it back that the inquiry is about zhou")
	}
}
