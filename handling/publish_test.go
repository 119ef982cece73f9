package handling_test

import (
	"errors"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// publisher makes a house in which one person proposes, one checks and one approves.
func publisher(t *testing.T) *house {
	h := more(t)
	if err := h.Found(bg, post("zhou", "legal_reviewer", "b1"), post("zhao2", "county_head", "b1")); err != nil {
		t.Fatal(err)
	}
	return h
}

var clean = data{"sealed_record": "false", "identifies": "false", "minor": "false", "secret": "false", "endangers": "false", "private": "false", "redacted": "true", "opinion": "可以公开"}

func with(d data, more ...string) data {
	out := data{}
	for k, v := range d {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

var figures = data{"title": "季度执法统计", "category": "statistics", "subject_kind": "none", "mandatory": "false", "produced": "2026-03-01", "text_redacted": "受理报案三百件。\n办结二百件。"}

// published takes one piece of information to the public.
func (h *house) published(d data) *matter {
	h.t.Helper()
	p := &matter{house: h, proc: "publication", unit: "b1"}
	p.do("wang", "propose_publication", "", d)
	p.do("zhou", "check_publication", "", clean)
	p.do("zhao2", "approve_publication", "", data{"channel": "site"})
	p.do("wang", "publish", "", data{"address": "本站", "as_approved": "true"})
	return p
}

func TestPublishedAndWithdrawn(t *testing.T) {
	h := publisher(t)
	if got := h.Published(handling.PublicQuery{}); len(got) != 0 {
		t.Fatal(got)
	}
	p := h.published(figures)
	check := func(when string) {
		t.Helper()
		got := h.Published(handling.PublicQuery{})
		if len(got) != 1 || got[0].ID != p.id || got[0].Text != figures["text_redacted"] || got[0].Title != "季度执法统计" || got[0].Withdrawn != 0 {
			t.Errorf("%s: %+v", when, got)
		}
	}
	check("published")
	h.again()
	check("after a restart")
	day := police().Zone.Date(h.now())
	for _, x := range []struct {
		q    handling.PublicQuery
		want int
	}{{handling.PublicQuery{Text: "办结 受理"}, 1}, {handling.PublicQuery{Text: "办结 罚款"}, 0}, {handling.PublicQuery{From: day}, 1}, {handling.PublicQuery{Until: day}, 1}, {handling.PublicQuery{From: day + 1}, 0}, {handling.PublicQuery{Until: day - 1}, 0}, {handling.PublicQuery{Text: "季度", From: day, Until: day}, 1}} {
		if got := h.Published(x.q); len(got) != x.want {
			t.Errorf("%+v finds %d", x.q, len(got))
		}
	}
	// Nothing of it is changed in the record while it stands; what is revised stands there only once it was checked and approved.
	var bad *handling.Invalid
	if _, err := p.change("wang", "propose_publication", "", with(figures, "text_redacted", "某人被罚。"), true); !errors.As(err, &bad) {
		t.Error(err)
	}
	p.do("wang", "revise_text", "", data{"text_redacted": "受理报案三百零一件。", "reason": "更正"})
	if _, err := p.change("wang", "propose_publication", "", with(figures, "text_redacted", "某人被罚。"), true); err != nil {
		t.Error(err)
	}
	check("revised, and corrected behind the approval")
	p.refused("wang", "publish", "", "approval", data{"address": "本站", "as_approved": "true"})
	check("refused")
	p.do("wang", "withdraw_publication", "", data{"ground": "wrong", "address": "本站", "explanation": "数字有误", "explained": "true"})
	gone := h.now()
	for range 2 {
		got, err := h.PublishedOne(p.id)
		if err != nil || got.Text != "" || got.Title != "" || got.Notice != "数字有误" || got.Withdrawn != gone || len(got.Basis) == 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if found := h.Published(handling.PublicQuery{Text: "受理"}); len(found) != 0 {
			t.Errorf("its words are still found: %+v", found)
		}
		h.again()
	}
	// Published again, checked and approved anew.
	p.do("wang", "revise_text", "", data{"text_redacted": "受理报案三百零一件。", "reason": "更正"})
	p.do("zhou", "check_publication", "", clean)
	p.do("zhao2", "approve_publication", "", data{"channel": "site"})
	p.do("wang", "publish", "", data{"address": "本站", "as_approved": "true"})
	if got, err := h.PublishedOne(p.id); err != nil || got.Text != "受理报案三百零一件。" || got.Withdrawn != 0 || got.Notice != "" {
		t.Errorf("%+v, %v", got, err)
	}
	// The act that published it is taken back: nothing stands, and that something did is told, with the time of that.
	p.do("wang", "revise_text", "", data{"text_redacted": "受理报案三百零二件。", "reason": "更正"})
	if _, err := p.change("wang", "publish", "", nil, false); err != nil {
		t.Fatal(err)
	}
	gone = h.now()
	p.do("zhou", "check_publication", "", clean)
	if got, err := h.PublishedOne(p.id); err != nil || got.Text != "" || got.Withdrawn != gone {
		t.Errorf("%+v, %v", got, err)
	}
}

// Every way by which a decision on a person could come before the public, tried.
func TestNoWayToPublishAPerson(t *testing.T) {
	h := publisher(t)
	c, _ := overtime(t, h)
	decision := data{"title": "处罚决定", "case": string(c.id), "category": "public_order", "subject_kind": "person", "mandatory": "true", "produced": "2026-03-06", "text_redacted": "某人被处罚款。"}
	nothing := func(way string) {
		t.Helper()
		if got := h.Published(handling.PublicQuery{}); len(got) != 0 {
			t.Errorf("%s: %+v", way, got)
		}
	}
	refused := func(way string, d, checked data) {
		t.Helper()
		p := &matter{house: h, proc: "publication", unit: "b1"}
		p.do("wang", "propose_publication", "", d)
		p.do("zhou", "check_publication", "", checked)
		a, err := p.try("zhao2", "approve_publication", "", data{"channel": "site"})
		if err != nil || len(a.Refused) == 0 {
			t.Errorf("%s is approved: %v", way, err)
		} else if rule := p.ruleOf(a); rule != "sealed" && rule != "statistics" {
			t.Errorf("%s: refused by %s", way, rule)
		}
		p.refused("wang", "publish", "", "approval", data{"address": "本站", "as_approved": "true"})
		if _, err := h.PublishedOne(p.id); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s: it is there", way)
		}
		nothing(way)
	}
	refused("as what it is", decision, clean)
	// Called something else, and nobody who checks it says so: the case knows.
	refused("as a decision under another law", with(decision, "category", "other_decision"), clean)
	refused("as one on a unit", with(decision, "category", "other_decision", "subject_kind", "unit"), clean)
	refused("as one on a unit under the same law", with(decision, "subject_kind", "unit"), clean)
	refused("as statistics", with(decision, "category", "statistics", "subject_kind", "none"), clean)
	refused("as other information", with(decision, "category", "other", "subject_kind", "none"), clean)
	// Without its case only who checks it can tell.
	loose := with(figures, "text_redacted", "某日某人因殴打他人被处罚款。")
	refused("as statistics without a case, told from the text", loose, with(clean, "identifies", "true"))
	refused("as statistics without a case, a record", loose, with(clean, "sealed_record", "true"))

	// By name or number: in the text, in the title, in the reason of a withdrawal.
	p := &matter{house: h, proc: "publication", unit: "b1"}
	var bad *handling.Invalid
	for _, field := range []string{"text_redacted", "title"} {
		for _, said := range []string{"李某被处罚", "李 某被处罚", "110101199101020011"} {
			if _, err := p.try("wang", "propose_publication", "", with(decision, field, said)); !errors.As(err, &bad) || bad.Problems[0].Field != field {
				t.Errorf("%s takes %q: %v", field, said, err)
			}
		}
	}
	// The system's own word about the case is not typed.
	p.do("wang", "propose_publication", "", decision)
	p.do("zhou", "check_publication", "", clean)
	for _, d := range []data{{"channel": "site", "on_person": "false"}, {"channel": "site", "offences": "x"}} {
		if _, err := p.try("zhao2", "approve_publication", "", d); !errors.As(err, &bad) {
			t.Error("typed:", d, err)
		}
	}
	nothing("typed")

	// Another case named at first, and the right one once it is public: nothing of it stays.
	q := h.published(figures)
	q.do("wang", "revise_text", "", data{"text_redacted": figures["text_redacted"], "reason": "所属案件填错"})
	if _, err := q.change("wang", "propose_publication", "", with(figures, "case", string(c.id), "category", "public_order", "subject_kind", "person"), true); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := h.PublishedOne(q.id); err != nil || got.Text != "" || got.Title != "" || got.Withdrawn == 0 {
			t.Errorf("judged unlawful and still there: %+v, %v", got, err)
		}
		h.again()
	}
	a, err := q.try("wang", "withdraw_publication", "", data{"ground": "wrong", "address": "本站", "explanation": "误公开了李某的处罚", "explained": "true"})
	if !errors.As(err, &bad) || bad.Problems[0].Field != "explanation" {
		t.Errorf("the reason of the withdrawal names him: %+v, %v", a, err)
	}
	q.do("wang", "withdraw_publication", "", data{"ground": "wrong", "address": "本站", "explanation": "误公开", "explained": "true"})

	// No other case can be asked for by its number.
	for _, id := range []casefile.CaseID{c.id, p.id, "people", "questions", ""} {
		if got, err := h.PublishedOne(id); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s: %+v", id, got)
		}
	}
	for _, x := range h.Published(handling.PublicQuery{}) {
		if strings.Contains(x.Title+x.Text+x.Notice, "李某") {
			t.Errorf("%+v", x)
		}
	}
}

func (m *matter) ruleOf(a *handling.Answer) string {
	p, err := police().Procedure(m.proc)
	if err != nil || len(a.Refused) == 0 {
		return ""
	}
	return p.Rules()[a.Refused[0].Rule].ID
}

// Nobody's reading is kept.
func TestNobodyKeepsWhoReadsWhatIsPublished(t *testing.T) {
	h := publisher(t)
	p := h.published(figures)
	before, err := h.store.Looks(bg, p.id, 100)
	if err != nil {
		t.Fatal(err)
	}
	h.Published(handling.PublicQuery{Text: "受理"})
	if _, err := h.PublishedOne(p.id); err != nil {
		t.Fatal(err)
	}
	if after, err := h.store.Looks(bg, p.id, 100); err != nil || len(after) != len(before) {
		t.Errorf("%d looks, then %d", len(before), len(after))
	}
	if _, ok := h.People().Person(authority.PersonID("")); ok {
		t.Error("nobody is somebody")
	}
}
