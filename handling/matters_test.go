package handling_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// supervised adds to a house those who supervise: a legal department, a superintendence that stands apart.
func supervised(t *testing.T) *house {
	h := newHouse(t)
	changes := []authority.Change{
		authority.Found(authority.Unit{ID: "fz", Kind: "legal", Name: authority.Text{ZH: "法制大队", EN: "Legal department"}, Parent: "ju"}),
		authority.Found(authority.Unit{ID: "dc", Kind: "superintendence", Name: authority.Text{ZH: "督察大队", EN: "Superintendence"}, Parent: "ju"}),
	}
	for i, p := range [][]string{{"kong", "assessor", "fz"}, {"meng", "assessor", "fz"}, {"bao", "superintendent", "dc"}, {"hai", "superintendent", "dc"}} {
		changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(p[0]), Name: "警员" + p[0], Number: "0200" + string(rune('a'+i))}), post(p[0], p[1], p[2]), post(p[0], "supervisor", "ju"))
	}
	if err := h.Found(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
	return h
}

// matter is a case of another procedure in the making.
type matter struct {
	*house
	proc, unit string
	id         casefile.CaseID
}

func (m *matter) try(by, kind, about string, d data) (*handling.Answer, error) {
	m.t.Helper()
	q := &handling.Request{ID: m.house.id(), Case: m.id, Kind: kind, Data: d}
	if m.id == "" {
		q.Procedure, q.Unit = "cn-police/"+m.proc, authority.UnitID(m.unit)
	} else {
		head, err := m.store.Case(context.Background(), m.id)
		if err != nil {
			m.t.Fatal(err)
		}
		q.Base = head.Acts
	}
	if role, ok := strings.CutPrefix(about, "+"); ok {
		q.Subjects = []handling.SubjectInput{{Role: role}}
	} else if about != "" {
		q.Subjects = []handling.SubjectInput{{ID: casefile.Subject(about)}}
	}
	m.to(m.now() + minute)
	a, err := m.Submit(context.Background(), as(by), q)
	if err == nil && m.id == "" && len(a.Refused) == 0 {
		m.id = a.Case
	}
	return a, err
}

func (m *matter) do(by, kind, about string, d data) *handling.Answer {
	m.t.Helper()
	a, err := m.try(by, kind, about, d)
	if err != nil {
		m.t.Fatalf("%s by %s: %v", kind, by, err)
	}
	if len(a.Refused) > 0 {
		m.t.Fatalf("%s by %s was refused: %+v", kind, by, a.Refused)
	}
	return a
}

func (m *matter) refused(by, kind, about, rule string, d data) {
	m.t.Helper()
	a, err := m.try(by, kind, about, d)
	if err != nil {
		m.t.Fatalf("%s by %s: %v", kind, by, err)
	}
	p, _ := police().Procedure(m.proc)
	if !slices.ContainsFunc(a.Record.Refused, func(r casefile.Reason) bool { return r.Rule == rule }) && (len(a.Refused) == 0 || p.Rules()[a.Refused[0].Rule].ID != rule) {
		m.t.Errorf("%s by %s: refused %+v, want %s", kind, by, a.Refused, rule)
	}
}

// overtime is a case in which somebody was held for too long, and the finding of it.
func overtime(t *testing.T, h *house) (*case1, string) {
	c := &case1{house: h}
	for _, s := range walk {
		if s.do == "leave" {
			s.at = "2026-03-02T23:30" // nine and a half hours
		}
		c.do(s)
	}
	findings, err := h.store.Findings(context.Background(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(findings, func(f casefile.Finding) bool { return f.Rule == "R18" && f.WithdrawnBy == 0 })
	if i < 0 {
		t.Fatal("nobody was held for too long")
	}
	return c, findings[i].ID()
}

func TestAFindingIsScored(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	c, finding := overtime(t, h)
	h.set("2026-04-02T09:00")
	round := &matter{house: h, proc: "assessment", unit: "fz"}
	round.do("kong", "open_round", "", data{"title": "三月考评", "unit_assessed": "b1", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "5", "second_share": "100", "indicators": "cases", "parameters": "省厅文件"})
	if _, err := round.try("kong", "draw_sample", "", data{"drawn": string(c.id)}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("somebody types which cases are drawn:", err)
	}
	a := round.do("kong", "draw_sample", "", nil)
	entries, err := h.store.Acts(ctx, round.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	drawn := data{"seed": entries[0].Leaf.String(), "drawn": string(c.id), "second": string(c.id)}
	for name, want := range drawn {
		if got := a.Record.Datum(name).Text(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := a.Record.Datum("population").Int(); got != 1 {
		t.Error("population", got)
	}
	sheet := &matter{house: h, proc: "score_sheet", unit: "fz"}
	opened := data{"title": "评查表", "round": string(round.id), "case": string(c.id), "blind": "false"}
	if _, err := sheet.try("gao", "open_sheet", "", opened); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("a handler opens a sheet:", err)
	}
	sheet.do("kong", "open_sheet", "", opened)
	for who, want := range map[string]error{"kong": nil, "meng": casefile.ErrNotFound, "dong": casefile.ErrNotFound, "zhao": nil} {
		if _, err := h.File(ctx, as(who), sheet.id, "case"); !errors.Is(err, want) {
			t.Errorf("%s, before it is scored: %v", who, err)
		}
		heads, err := h.Cases(ctx, as(who), handling.Wanted{Matters: true, Limit: 100})
		if listed := slices.ContainsFunc(heads, func(x casefile.Head) bool { return x.ID == sheet.id }); err != nil || listed != (want == nil) {
			t.Errorf("%s has it in a list: %v, %v", who, listed, err)
		}
	}
	// The officer sees the sheet only once it is about them.
	see := func(who string) error {
		_, err := h.File(ctx, as(who), sheet.id, "case")
		return err
	}
	if err := see("wang"); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("an officer sees a sheet that is not about them:", err)
	}
	deduct := data{"name": "询问超时", "content": "cases", "act": "9", "article": "治安管理处罚法第97条", "finding": finding, "officers": "wang", "points": "20", "reason": "超过8小时"}
	bad := data{}
	for k, v := range deduct {
		bad[k] = v
	}
	bad["finding"] = string(c.id) + ".aaaaaaaa"
	if _, err := sheet.try("kong", "deduct", "+", bad); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a finding that is none:", err)
	}
	sheet.do("kong", "deduct", "+", deduct)
	if err := see("wang"); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("the officer sees the sheet before it is scored:", err)
	}
	sheet.do("kong", "score", "", data{"total": "80", "opinion": "超时一次"})
	if err := see("wang"); err != nil {
		t.Error("the officer does not see the sheet:", err)
	}
	if err := see("sun"); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("a colleague sees the sheet:", err)
	}
	if err := see("meng"); err != nil {
		t.Error("the other assessor does not see it once it is scored:", err)
	}
	if _, err := sheet.try("wang", "score", "", data{"total": "100", "opinion": "好"}); !errors.As(err, new(*handling.NotAllowed)) {
		t.Error("the officer scores:", err)
	}
	sheet.do("wang", "object", "i1", data{"reason": "对方就医在内"})
	sheet.refused("kong", "decide_objection", "i1", "own-objection", data{"result": "upheld", "points": "20", "reason": "维持"})
	sheet.do("meng", "decide_objection", "i1", data{"result": "reduced", "points": "10", "reason": "就医时间有记录"})
	// The finding shows what was done about it, and who had what part.
	chain, err := h.Chain(ctx, as("dong"), finding)
	if err != nil {
		t.Fatal(err)
	}
	if len(chain.Matters) != 1 { // the legal department is below the county
		t.Error("a supervisor of the county does not see the sheet")
	}
	if chain, err = h.Chain(ctx, as("kong"), finding); err != nil || len(chain.Matters) != 1 || chain.Matters[0].Head.ID != sheet.id || chain.Parts[0] != (handling.Part{Person: "wang", What: "did"}) {
		t.Error(chain, err)
	}
	if chain, err = h.Chain(ctx, as("wang"), finding); err != nil || len(chain.Matters) != 1 {
		t.Error("the officer does not see what was done about the finding:", err)
	}
	if mine, err := h.Concerning(ctx, as("wang")); err != nil || len(mine) != 1 {
		t.Error(mine, err)
	}
}

// What an officer must answer stands among their duties, though the matter is of another unit; and among nobody else's of theirs.
func TestWhoIsAskedFindsItOnTheWorkbench(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	c, finding := overtime(t, h)
	if err := h.Found(ctx, authority.Enrol(authority.Person{ID: "fang", Name: "警员fang", Number: "050001"}), post("fang", "legal_reviewer", "fz"), post("fang", "supervisor", "ju")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-11T09:00")
	m := &matter{house: h, proc: "supervision", unit: "fz"}
	m.do("fang", "take_up", "", data{"title": "询问超时", "source": "finding", "finding": finding, "case": string(c.id), "officers": "wang", "problem": "超过八小时"})
	m.do("fang", "ask_explanation", "", data{"officers": "wang", "questions": "为何超过八小时", "until": "2026-03-16"})
	for who, want := range map[string]bool{"wang": true, "sun": false, "li": false} {
		tasks, err := h.Tasks(ctx, as(who))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(tasks, func(x handling.Task) bool { return x.Case == m.id && x.Duty.Duty == "explanation" }); got != want {
			t.Errorf("%s has it on the workbench: %v", who, got)
		}
	}
}

// Who took part in a case, or serves in its unit, does not score it.
func TestNobodyScoresTheirOwn(t *testing.T) {
	h := supervised(t)
	c, _ := overtime(t, h)
	h.set("2026-04-02T09:00")
	if err := h.Found(context.Background(), post("qian", "assessor", "fz")); err != nil {
		t.Fatal(err)
	}
	sheet := &matter{house: h, proc: "score_sheet", unit: "fz"}
	sheet.refused("qian", "open_sheet", "", "scorer-apart", data{"title": "评查表", "round": string(c.id), "case": string(c.id), "blind": "false"})
}

// A complaint made with the receipt of a case is with superintendence at once, and does not exist for the unit and its line.
func TestAComplaintIsKeptApart(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	c, _ := overtime(t, h)
	id := h.id()
	form := h.ComplaintForm()
	if form == nil {
		t.Fatal("no form")
	}
	given := data{"class": "overtime_custody", "live": "false", "summary": "被扣留九个多小时"}
	if _, err := h.Complain(ctx, c.rec.Code, "WRONG", id, given); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("with a wrong secret:", err)
	}
	if _, err := h.Complain(ctx, c.rec.Code, c.rec.Secret, id, data{"class": "overtime_custody"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("with nothing said:", err)
	}
	a, err := h.Complain(ctx, c.rec.Code, c.rec.Secret, id, given)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Complain(ctx, c.rec.Code, c.rec.Secret, id, given); !errors.Is(err, casefile.ErrOtherAct) {
		t.Error("sent twice:", err)
	}
	if got := a.Record.Datum("officers").Text(); got != "wang,sun,chen,li,qian,zhou,zhao" {
		t.Error("it is about", got)
	}
	for _, who := range []string{"wang", "sun", "chen", "li", "zhao", "zhou", "dong", "qian", "kong", "admin", "gao"} {
		if _, err := h.File(ctx, as(who), a.Case, "case"); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s sees it: %v", who, err)
		}
		heads, err := h.Cases(ctx, as(who), handling.Wanted{Limit: 100})
		if err != nil || slices.ContainsFunc(heads, func(x casefile.Head) bool { return x.ID == a.Case }) {
			t.Errorf("%s has it in a list: %v", who, err)
		}
		f, err := h.File(ctx, as(who), c.id, "case")
		if err != nil {
			continue
		}
		links, err := h.Links(ctx, as(who), f)
		if err != nil || len(links.Matters) > 0 {
			t.Errorf("%s finds it from the case: %v", who, err)
		}
	}
	tasks, err := h.Tasks(ctx, as("bao"))
	if err != nil || !slices.ContainsFunc(tasks, func(x handling.Task) bool { return x.Case == a.Case }) {
		t.Error("it is not on the superintendent's desk:", err)
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc", id: a.Case}
	m.do("bao", "verify_complaint", "", data{"result": "confirmed", "facts": "到案14时，离开23时30分"})
	// The complainant follows it with a receipt of its own.
	p, err := h.Progress(ctx, a.Receipt.Code, a.Receipt.Secret)
	if err != nil || !slices.ContainsFunc(p.Stages, func(s handling.Stage) bool { return s.State == "now" && s.Title.ZH == "已核查" }) {
		t.Errorf("%+v, %v", p, err)
	}
	// And the one of the case tells who looked, but not that superintendence did.
	if p, err = h.Progress(ctx, c.rec.Code, c.rec.Secret); err != nil || len(p.Looks) == 0 || slices.ContainsFunc(p.Looks, func(o handling.Opened) bool { return o.Unit.ZH == "督察大队" }) {
		t.Errorf("%+v, %v", p, err)
	}
}

// The same sample is drawn again by whoever knows the seed and the cases.
func TestTheDrawCanBeRepeated(t *testing.T) {
	h := supervised(t)
	var ids []string
	for range 4 {
		c := &case1{house: h}
		c.do(walk[0])
		ids = append(ids, string(c.id))
	}
	h.set("2026-04-02T09:00")
	round := &matter{house: h, proc: "assessment", unit: "fz"}
	round.do("kong", "open_round", "", data{"title": "三月考评", "unit_assessed": "ju", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "2", "second_share": "50", "indicators": "cases"})
	a := round.do("kong", "draw_sample", "", nil)
	seed := a.Record.Datum("seed").Text()
	slices.SortFunc(ids, func(x, y string) int {
		dx, dy := sha256.Sum256([]byte(seed+"\n"+x)), sha256.Sum256([]byte(seed+"\n"+y))
		return slices.Compare(dx[:], dy[:])
	})
	if got := a.Record.Datum("drawn").Text(); got != strings.Join(ids[:2], ",") || a.Record.Datum("second").Text() != ids[0] || a.Record.Datum("population").Int() != 4 {
		t.Errorf("drawn %s of %d, want %v", got, a.Record.Datum("population").Int(), ids[:2])
	}
	round.refused("meng", "draw_sample", "", "drawn-again", nil)
}

// What is published names nobody: the form begins with the decision, its people taken out, and a text that names one is not taken.
func TestAPublicationNamesNobody(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	c, _ := overtime(t, h)
	text, err := h.Redacted(ctx, as("wang"), c.id)
	if err != nil || !strings.Contains(text, "违法嫌疑人1") {
		t.Fatal(err, text)
	}
	for _, hidden := range []string{"李某", "110101199101020011", "1991-01-02"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q stays in\n%s", hidden, text)
		}
	}
	m := &matter{house: h, proc: "publication", unit: "b1"}
	p, _ := police().Procedure("publication")
	opening := p.Act(p.ActOf("propose_publication"))
	given := data{"case": string(c.id), "title": "公开", "text_redacted": "李 某被处罚款500元"}
	for _, f := range opening.Fields { // whatever else is asked for
		switch {
		case given[f.Name] != "" || !f.Required:
		case len(f.Enum) > 0:
			given[f.Name] = f.Enum[0].ID
		case f.Kind == casefile.Bool:
			given[f.Name] = "false"
		case f.Kind == casefile.Date:
			given[f.Name] = "2026-03-06"
		case f.Kind == casefile.Text:
			given[f.Name] = "略"
		}
	}
	given["text_redacted"] = "李某被处罚款500元"
	var invalid *handling.Invalid
	if _, err := m.try("wang", "propose_publication", "", given); !errors.As(err, &invalid) || invalid.Problems[0].Field != "text_redacted" {
		t.Error("a name is published:", err)
	}
	given["text_redacted"] = text
	if _, err := m.try("wang", "propose_publication", "", given); err != nil {
		t.Error(err)
	}
}
