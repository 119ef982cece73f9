package handling_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// fallen is a case that was decided and closed; fall enters what a reconsideration made of it.
func fallen(t *testing.T, h *house) *matter {
	c, _ := overtime(t, h)
	return c.contested()
}

// contested enters that the penalty of a case is reconsidered.
func (c *case1) contested() *matter {
	h := c.house
	m := &matter{house: h, proc: "administrative", unit: "b1", id: c.id}
	h.set("2026-03-20T09:00")
	m.do("qian", "receive_reconsideration", "p2", data{"organ": "某县人民政府", "track": "ordinary"})
	m.do("qian", "reply_reconsideration", "p2", data{"opinion": "事实清楚", "file": "true"})
	return m
}

func (m *matter) fall(result string) *handling.Answer {
	m.t.Helper()
	m.set("2026-04-20T09:00")
	return m.do("qian", "reconsideration_result", "p2", data{"result": result, "number": "复决1号", "anew": "false"})
}

// led lists the cases of a procedure.
func (h *house) led(proc string) []casefile.Head {
	h.t.Helper()
	all, err := h.store.Cases(bg, casefile.Selection{All: true, Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(x casefile.Head) bool { return x.Procedure != "cn-police/"+proc })
}

func (h *house) first(id casefile.CaseID) *casefile.Record {
	h.t.Helper()
	acts, err := h.store.Acts(bg, id, 0)
	if err != nil || len(acts) == 0 {
		h.t.Fatalf("no acts of %s: %v", id, err)
	}
	r, err := casefile.DecodeRecord(acts[0].Bytes)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// A decision falls: the house opens the inquiry against those who held it then, wherever they serve now, and nobody among them
// says what becomes of it.
func TestADecisionThatFellOpensAnInquiry(t *testing.T) {
	h := more(t)
	m := fallen(t, h)
	// Since then the handler has moved to another station, and the reviewer has left his post.
	leave := func(who, from, unit string) authority.Change {
		return authority.EndPost(authority.Appointment{Person: authority.PersonID(who), Post: from, Unit: authority.UnitID(unit)}, h.now()-minute)
	}
	if err := h.Found(bg, leave("wang", "handler", "b1"), post("wang", "handler", "b2"), leave("zhou", "legal_reviewer", "ju")); err != nil {
		t.Fatal(err)
	}
	a := m.fall("revoked")
	opened := h.led("fault")
	if len(opened) != 1 || opened[0].Unit != "fz" || opened[0].Opener != "" {
		t.Fatalf("opened %+v", opened)
	}
	r := h.first(opened[0].ID)
	if !r.ByLaw || r.Actor != nil || r.Datum("officers").Text() != "wang,qian,zhou,zhao" || r.Datum("case").Text() != string(m.id) || r.Datum("ground").Text() != "reconsidered" {
		t.Errorf("%+v", r)
	}
	if want := string(m.id) + "/" + ntoa(a.Kept.Number); r.Datum("origin").Text() != want {
		t.Errorf("it comes of %q, want %s", r.Datum("origin").Text(), want)
	}
	// Each file knows of the other.
	for _, x := range []struct {
		id   casefile.CaseID
		want string
		of   func(handling.Links) []handling.Led
	}{{m.id, string(opened[0].ID), func(l handling.Links) []handling.Led { return l.To }}, {opened[0].ID, string(m.id), func(l handling.Links) []handling.Led { return l.From }}} {
		f, err := h.File(bg, as("fa"), x.id, "case")
		if err != nil {
			t.Fatal(err)
		}
		links, err := h.Links(bg, as("fa"), f)
		if got := x.of(links); err != nil || len(got) != 1 || string(got[0].Head.ID) != x.want || !got[0].Seen || links.Waiting {
			t.Errorf("%s is tied to %+v, %v", x.id, links, err)
		}
	}
	// It stands on the desk of the legal department, with its limit.
	tasks, err := h.Tasks(bg, as("fa"))
	if err != nil || !slices.ContainsFunc(tasks, func(x handling.Task) bool { return x.Case == opened[0].ID }) {
		t.Error("nobody is told:", err)
	}
	// Who is concerned sees it; who took part ends nothing; somebody apart does, with reasons.
	f := &matter{house: h, proc: "fault", unit: "fz", id: opened[0].ID}
	if _, err := h.File(bg, as("wang"), f.id, "case"); err != nil {
		t.Error("the officer concerned does not see it:", err)
	}
	none := data{"ground": "new_evidence", "reason": "复议中才提交的证据"}
	f.refused("zhao", "no_inquiry", "", "involved", none)
	if _, err := f.try("wang", "no_inquiry", "", none); err == nil {
		t.Error("the officer concerned ends the inquiry")
	}
	f.do("fa", "no_inquiry", "", none)
	if head, _ := h.store.Case(bg, f.id); !head.Closed {
		t.Error("it stays open")
	}
	// Nobody opens one that claims to come of an act.
	by := &matter{house: h, proc: "fault", unit: "fz"}
	if _, err := by.try("fa", "open_fault", "", data{"title": "某事", "case": string(m.id), "officers": "wang", "ground": "other", "summary": "略", "origin": string(m.id) + "/1"}); err == nil || !strings.Contains(err.Error(), "origin") {
		t.Error("an origin was typed:", err)
	}
	if err := h.store.Check(bg); err != nil {
		t.Error(err)
	}
}

// A decision that stands leads to nothing; a result corrected to one that annuls does, and corrected once more to nothing new.
func TestWhatACorrectionLeadsTo(t *testing.T) {
	h := more(t)
	m := fallen(t, h)
	m.fall("upheld")
	if n := len(h.led("fault")); n != 0 {
		t.Fatal("opened for a decision that stands:", n)
	}
	for _, result := range []string{"revoked", "changed", "upheld"} {
		if _, err := m.change("qian", "reconsideration_result", "p2", data{"result": result, "number": "复决1号", "anew": "false"}, true); err != nil {
			t.Fatal(err)
		}
		if n := len(h.led("fault")); n != 1 {
			t.Fatalf("corrected to %s: %d inquiries", result, n)
		}
	}
}

// fails lets no case be opened while it is told to.
type fails struct {
	handling.Store
	on *bool
}

func (s fails) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	if *s.on && c.Revision == 0 {
		return casefile.Kept{}, errors.New("the power is gone")
	}
	return s.Store.Commit(ctx, c)
}

// The act is kept and the house stops before what it leads to: the next start does it, once.
func TestWhatAnActLeadsToIsDoneOnce(t *testing.T) {
	h := more(t)
	m := fallen(t, h)
	on := false
	h.House = h.over(h.store, func(s handling.Store) handling.Store { return fails{s, &on} }, nil)
	on = true
	m.fall("void")
	if n := len(h.led("fault")); n != 0 {
		t.Fatal("the store kept what it refused:", n)
	}
	f, err := h.File(bg, as("qian"), m.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	if links, err := h.Links(bg, as("qian"), f); err != nil || !links.Waiting {
		t.Errorf("the file does not say that something is to come: %+v, %v", links, err)
	}
	h.again()
	for range 3 {
		h.to(h.now() + 2*minute)
		if _, err := h.Tick(bg); err != nil {
			t.Fatal(err)
		}
		if n := len(h.led("fault")); n != 1 {
			t.Fatalf("%d inquiries", n)
		}
	}
	if head, _ := h.store.Case(bg, m.id); strings.Contains(head.Words, "leads:") {
		t.Error("the mark stays:", head.Words)
	}
	h.again()
	if _, err := h.Tick(bg); err != nil || len(h.led("fault")) != 1 {
		t.Error("done again after another start", err)
	}
	if err := h.store.Check(bg); err != nil {
		t.Error(err)
	}
}

// The inquiry was opened and the mark was still there when the house stopped.
func TestAMarkThatStayedOpensNothingAnew(t *testing.T) {
	h := more(t)
	m := fallen(t, h)
	m.fall("void")
	head, _ := h.store.Case(bg, m.id)
	change := &casefile.Change{Case: m.id, Revision: head.Revision, Head: head}
	change.Head.Words += " leads: leads:" + ntoa(head.Acts)
	if _, err := h.store.Commit(bg, change); err != nil {
		t.Fatal(err)
	}
	h.again()
	if _, err := h.Tick(bg); err != nil || len(h.led("fault")) != 1 {
		t.Error(len(h.led("fault")), err)
	}
	if head, _ := h.store.Case(bg, m.id); strings.Contains(head.Words, "leads:") {
		t.Error("the mark stays:", head.Words)
	}
}

// Where no unit can take it, it waits and is said to; once there is one it is opened.
func TestAnInquiryWaitsForAUnit(t *testing.T) {
	h := newHouse(t)
	m := fallen(t, h)
	m.fall("revoked")
	if n := len(h.led("fault")); n != 0 {
		t.Fatal(n)
	}
	if err := h.Found(bg, authority.Found(authority.Unit{ID: "fz", Kind: "legal", Name: authority.Text{ZH: "法制大队", EN: "Legal department"}, Parent: "ju"}), post("dong", "legal_reviewer", "fz")); err != nil {
		t.Fatal(err)
	}
	h.to(h.now() + 2*minute)
	if _, err := h.Tick(bg); err != nil {
		t.Fatal(err)
	}
	if got := h.led("fault"); len(got) != 1 || got[0].Unit != "fz" {
		t.Errorf("%+v", got)
	}
}

// A confirmed complaint opens an inquiry outside superintendence; what it comes of stays there.
func TestAConfirmedComplaintOpensAnInquiry(t *testing.T) {
	h := more(t)
	c, _ := overtime(t, h)
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "overtime_custody", "live": "false", "summary": "张某说被扣留九个多小时"})
	if err != nil {
		t.Fatal(err)
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc", id: a.Case}
	m.do("bao", "verify_complaint", "", data{"result": "partly", "facts": "到案14时，离开23时30分", "officers": "wang,sun"})
	opened := h.led("fault")
	if len(opened) != 1 || opened[0].Unit != "fz" {
		t.Fatalf("%+v", opened)
	}
	r := h.first(opened[0].ID)
	if r.Datum("officers").Text() != "wang,sun" || r.Datum("case").Text() != string(c.id) || r.Datum("ground").Text() != "complaint" {
		t.Errorf("%+v", r.Data)
	}
	for _, d := range r.Data {
		if strings.Contains(d.Value.String(), "张某") {
			t.Error("it tells of the complainant:", d)
		}
	}
	// The inquiry's people learn that it comes of superintendence and no more.
	f, err := h.File(bg, as("fa"), opened[0].ID, "case")
	if err != nil {
		t.Fatal(err)
	}
	links, err := h.Links(bg, as("fa"), f)
	if err != nil || len(links.From) != 1 || links.From[0].Seen || links.From[0].Head.Title != "" || links.From[0].Head.Unit != "" {
		t.Errorf("%+v, %v", links.From, err)
	}
	if _, err := h.File(bg, as("wang"), a.Case, "case"); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("the officer sees the complaint:", err)
	}
	// And superintendence sees that something followed.
	s, err := h.File(bg, as("bao"), a.Case, "case")
	if err != nil {
		t.Fatal(err)
	}
	if links, err = h.Links(bg, as("bao"), s); err != nil || len(links.To) != 1 || links.To[0].Proc.ID != "fault" {
		t.Errorf("%+v, %v", links.To, err)
	}
}

// fined is a case in which a shop is fined: of whom is fined the file has no age, and nobody was detained.
func fined(h *house) *case1 {
	c := &case1{house: h}
	for _, s := range walk {
		d := data{}
		for k, v := range s.data {
			d[k] = v
		}
		switch s.do {
		case "register_person":
			if s.about == "+offender" {
				d = data{"name": "街口小店"}
			}
		case "propose":
			d["tier"] = "mitigated"
			d["detention_days"] = "0"
			delete(d, "not_served")
		case "notify_penalty", "fix_penalty":
			d["detention_days"] = "0"
		case "execute_penalty":
			s.do, d = "receive_fine", data{"amount": "500", "voucher": "1"}
		case "notify_family_detention":
			continue
		}
		if s.data = d; len(d) == 0 {
			s.data = nil
		}
		c.do(s)
	}
	return c
}

// decisionPublished takes the decision on a shop to the public.
func (h *house) decisionPublished(id casefile.CaseID) *matter {
	if err := h.Found(bg, post("zhou", "legal_reviewer", "b1"), post("zhao2", "county_head", "b1")); err != nil {
		h.t.Fatal(err)
	}
	return h.published(onShop(id))
}

func onShop(id casefile.CaseID) data {
	return data{"title": "某店处罚决定", "case": string(id), "category": "other_decision", "subject_kind": "unit", "mandatory": "false", "produced": "2026-03-06", "text_redacted": "某店被处罚款（演示）。"}
}

// notes are the acts by which a publication learnt that its decision fell.
func (h *house) notes(id casefile.CaseID) []*casefile.Record {
	h.t.Helper()
	acts, err := h.store.Acts(bg, id, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []*casefile.Record
	for _, e := range acts {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			h.t.Fatal(err)
		}
		if r.Kind == "note_annulled" {
			out = append(out, r)
		}
	}
	return out
}

// What was published of a decision that fell is to be withdrawn within three working days, without anybody saying so there.
func TestAPublicationLearnsThatItsDecisionFell(t *testing.T) {
	h := more(t)
	m := fined(h).contested()
	p := h.decisionPublished(m.id)
	m.fall("revoked")
	duties, err := h.store.Duties(bg, p.id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(duties, func(d casefile.Duty) bool { return d.Duty == "withdrawal" && d.Done == 0 })
	if i < 0 || duties[i].Due != at("2026-04-24T00:00")-1 {
		t.Fatalf("%+v", duties)
	}
	noted := h.notes(p.id)
	if len(noted) != 1 {
		t.Fatal(len(noted), "notes")
	}
	if r := noted[0]; !r.ByLaw || r.Datum("result").Text() != "revoked" || r.Datum("number").Text() != "复决1号" || !strings.HasPrefix(r.Datum("origin").Text(), string(m.id)+"/") {
		t.Errorf("%+v", r)
	}
	p.refused("wang", "revise_text", "", "fallen", data{"text_redacted": "某店被罚款。", "reason": "重新公开"})
	// Withdrawn in time: the duty is done, and what stood there is gone.
	p.do("wang", "withdraw_publication", "", data{"ground": "fallen", "address": "本站", "explanation": "原处罚决定已被复议机关撤销", "explained": "true"})
	if duties, err = h.store.Duties(bg, p.id); err != nil || duties[i].Done == 0 {
		t.Errorf("%+v, %v", duties[i], err)
	}
	if got, err := h.PublishedOne(p.id); err != nil || got.Text != "" || !slices.Contains(got.Basis, "apl/48") {
		t.Errorf("%+v, %v", got, err)
	}
}

// The case itself is put right after an inquiry into fault: the publication about the case learns it all the same.
func TestAPublicationLearnsThatItsCaseWasPutRight(t *testing.T) {
	h := more(t)
	c := fined(h)
	p := h.decisionPublished(c.id)
	f := &matter{house: h, proc: "fault", unit: "fz"}
	f.do("fa", "open_fault", "", data{"title": "某案", "case": string(c.id), "officers": "wang", "ground": "supervision", "summary": "略"})
	f.do("fa", "name_officer", "+officer", data{"name": "警员", "officer": "wang", "part": "handled", "facts": "为何"})
	f.do("fa", "hear_officer", "p1", data{"how": "in_person", "statement": "略"})
	f.do("fa", "determine", "p1", data{"facts": "略", "x_law_changed": "false", "x_law_unclear": "false", "x_unforeseeable": "false", "x_fact_dispute": "false", "x_new_evidence": "false", "x_document_changed": "false", "x_other_side": "false", "exemption_reasons": "均不存在", "affects": "true", "wrongful_case": "false", "result": "fault", "intent": "negligence", "share_rule": "own_duty", "share": "全部", "aggravating": "no_ground", "mitigating": "admitted", "lifelong": "false", "position": "serving", "reasons": "应当注意而未注意"})
	f.do("lv", "correct_case", "", data{"how": "supplied", "published": "false", "done": "补正"})
	if n := len(h.notes(p.id)); n != 0 {
		t.Fatal("supplied, and it fell:", n)
	}
	f.do("lv", "correct_case", "", data{"how": "revoked", "published": "true", "done": "撤销"})
	if got := h.notes(p.id); len(got) != 1 || !strings.HasPrefix(got[0].Datum("origin").Text(), string(f.id)+"/") {
		t.Errorf("%+v", got)
	}
	late := &matter{house: h, proc: "publication", unit: "b1"}
	late.do("wang", "propose_publication", "", onShop(c.id))
	if n := len(h.notes(late.id)); n != 1 {
		t.Error("proposed after it fell, and knows of", n)
	}
}

// A decision that fell before anybody proposed to publish it is not published; also where the house stopped in between.
func TestAFallenDecisionIsNotPublished(t *testing.T) {
	h := more(t)
	m := fined(h).contested()
	m.fall("changed")
	if err := h.Found(bg, post("zhou", "legal_reviewer", "b1"), post("zhao2", "county_head", "b1")); err != nil {
		t.Fatal(err)
	}
	p := &matter{house: h, proc: "publication", unit: "b1"}
	p.do("wang", "propose_publication", "", onShop(m.id))
	if n := len(h.notes(p.id)); n != 1 {
		t.Fatal(n, "notes")
	}
	p.do("zhou", "check_publication", "", clean)
	p.refused("zhao2", "approve_publication", "", "fallen", data{"channel": "site"})
	// Named wrongly first: the case that fell is named in a correction.
	q := &matter{house: h, proc: "publication", unit: "b1"}
	q.do("wang", "propose_publication", "", figures)
	if _, err := q.change("wang", "propose_publication", "", onShop(m.id), true); err != nil {
		t.Fatal(err)
	}
	if n := len(h.notes(q.id)); n != 1 {
		t.Error(n, "notes after the correction")
	}
}

// Clocks of two houses over one record, forms and restarts all at once: each thing is done once.
func TestWhatAnActLeadsToIsDoneOnceByMany(t *testing.T) {
	h := more(t)
	m := fined(h).contested()
	p := h.decisionPublished(m.id)
	h.House = h.over(h.store, func(s handling.Store) handling.Store { return stops{s, m.id} }, nil)
	m.fall("revoked")
	if len(h.led("fault")) != 0 || len(h.notes(p.id)) != 0 {
		t.Fatal("done already")
	}
	h.to(h.now() + 2*minute)
	houses := []*handling.House{h.over(h.store, nil, nil), h.over(h.store, nil, nil), h.over(h.store, nil, nil)}
	errs := make(chan error, 4*len(houses))
	for range 4 {
		for _, x := range houses {
			go func() {
				_, err := x.Tick(bg)
				errs <- err
			}()
		}
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for range 2 { // what lost a race is tried again
		h.to(h.now() + 2*minute)
		for _, x := range houses {
			if _, err := x.Tick(bg); err != nil {
				t.Error(err)
			}
		}
	}
	if f, n := len(h.led("fault")), len(h.notes(p.id)); f != 1 || n != 1 {
		t.Errorf("%d inquiries, %d notes", f, n)
	}
	if head, _ := h.store.Case(bg, m.id); strings.Contains(head.Words, "leads:") {
		t.Error("the mark stays:", head.Words)
	}
	if err := h.store.Check(bg); err != nil {
		t.Error(err)
	}
}

// stops keeps what is done in one case and nothing elsewhere.
type stops struct {
	handling.Store
	but casefile.CaseID
}

func (s stops) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	if c.Case != s.but {
		return casefile.Kept{}, errors.New("the power is gone")
	}
	return s.Store.Commit(ctx, c)
}

// An acquittal, and a case given up after somebody was held.
func TestAnAcquittalOpensAnInquiry(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, authority.Found(authority.Unit{ID: "xz", Kind: "county", Name: authority.Text{ZH: "刑侦大队", EN: "Criminal"}, Parent: "ju"}), post("sun", "handler", "xz"), post("zhou", "legal_reviewer", "xz"), post("zhao", "county_head", "xz")); err != nil {
		t.Fatal(err)
	}
	m := &matter{house: h, proc: "criminal", unit: "xz"}
	m.do("sun", "register_criminal", "", data{"title": "某日财物被盗案", "filing_number": "立1号"})
	m.do("sun", "submit_for_review", "+", data{"bundle": "卷1", "asks": "prosecution", "contents": "略"})
	m.do("zhou", "review_unified", "d1", data{"result": "pass", "opinion": "略"})
	m.do("zhao", "approve_reviewed", "d1", data{"result": "approved"})
	m.do("zhou", "send_out", "d1", data{"to": "court", "organ_name": "某法院", "list": "略"})
	m.do("zhou", "receive_answer", "d1", data{"result": "acquitted", "received": "2026-03-01T08:00"})
	opened := h.led("fault")
	if len(opened) != 1 {
		t.Fatalf("%d inquiries", len(opened))
	}
	if r := h.first(opened[0].ID); r.Datum("officers").Text() != "sun,zhou,zhao" || r.Datum("ground").Text() != "acquittal" {
		t.Errorf("%+v", r.Data)
	}
	m.do("sun", "submit_for_review", "+", data{"bundle": "卷2", "asks": "withdrawal", "held": "false", "contents": "略"})
	m.do("zhou", "review_unified", "d2", data{"result": "pass", "opinion": "略"})
	m.do("zhao", "approve_reviewed", "d2", data{"result": "approved"})
	if n := len(h.led("fault")); n != 1 {
		t.Errorf("nobody was held, and there are %d inquiries", n)
	}
	m.do("sun", "submit_for_review", "+", data{"bundle": "卷3", "asks": "withdrawal", "held": "true", "contents": "略"})
	m.do("zhou", "review_unified", "d3", data{"result": "pass", "opinion": "略"})
	m.do("zhao", "approve_reviewed", "d3", data{"result": "approved"})
	if n := len(h.led("fault")); n != 2 {
		t.Errorf("given up after somebody was held, and there are %d inquiries", n)
	}
}

func ntoa(n int64) string { return strconv.FormatInt(n, 10) }
