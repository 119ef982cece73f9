package handling_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

const unclear = "口头传唤的，到案时间从何时起算？"

func (c *case1) asking(on, of, clause string) *handling.Asking {
	return &handling.Asking{ID: c.house.id(), Place: handling.Place{Case: c.id, On: on, Of: of, Clause: clause}, Text: unclear}
}

// sees lists who of all the people sees a question, and who of them answers.
func (h *house) sees(n int64) (see, answer []string) {
	h.t.Helper()
	for _, p := range []string{"chen", "li", "wang", "sun", "qian", "zhou", "zhao", "admin", "dong", "gao", "he", "free", "nobody", ""} {
		q, err := h.Question(context.Background(), as(p), n)
		list, _, bad := h.Questions(context.Background(), as(p), handling.Sought{})
		listed := slices.ContainsFunc(list, func(s handling.Seen) bool { return s.Number == n })
		if bad != nil || err != nil && !errors.Is(err, casefile.ErrNotFound) || listed != (err == nil) {
			h.t.Errorf("%s: %v, listed %v, %v", p, err, listed, bad)
		}
		if err == nil {
			see = append(see, p)
			if q.Answerable {
				answer = append(answer, p)
			}
		}
	}
	return see, answer
}

// TestAskAndAnswer: a question about a rule goes to the legal department of the unit's line, is answered on the record, and
// who asked reads the answer.
func TestAskAndAnswer(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	size, _, _ := h.store.Head(ctx)
	a := c.asking("act", "summon", "")
	q, err := h.Ask(ctx, as("wang"), a)
	if err != nil {
		t.Fatal(err)
	}
	if q.Number != 1 || q.Title.ZH != "传唤" || q.Title.EN != "Summons" || q.Procedure != adminID || len(q.Edition) != 16 || !slices.Contains(q.Basis, "psapl/96") || q.Case != c.id || q.Unit != "b1" || q.Text != unclear || q.At != h.now() {
		t.Errorf("%+v", q)
	}
	if after, _, _ := h.store.Head(ctx); after != size+1 {
		t.Errorf("%d acts more, want 1", after-size)
	}
	if see, answer := h.sees(1); strings.Join(see, " ") != "wang qian zhou dong" || strings.Join(answer, " ") != "zhou" {
		t.Errorf("seen by %v, answered by %v", see, answer)
	}
	for who, want := range map[string]bool{"wang": false, "qian": true, "zhou": true, "dong": true, "li": false, "admin": false, "": false} {
		if h.Counsels(as(who)) != want {
			t.Errorf("%s counsels: %v", who, !want)
		}
	}
	open, _, err := h.Questions(ctx, as("zhou"), handling.Sought{State: "open"})
	if err != nil || len(open) != 1 || open[0].CaseNumber != c.head().Number || !open[0].Visible {
		t.Errorf("%+v %v", open, err)
	}

	give := func(by string, base int, verdict, text string) error {
		h.to(h.now() + minute)
		return h.Answer(ctx, as(by), &handling.Answering{ID: h.id(), Question: 1, Base: base, Verdict: verdict, Text: text})
	}
	var no *handling.NotAllowed
	for _, by := range []string{"qian", "dong", "wang"} {
		if err := give(by, 0, "right", "到案时。"); !errors.As(err, &no) {
			t.Errorf("%s answers: %v", by, err)
		}
	}
	for _, by := range []string{"li", "chen", "gao", "admin", ""} {
		if err := give(by, 0, "right", "到案时。"); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q answers: %v", by, err)
		}
	}
	for field, bad := range map[string][2]string{"verdict": {"perhaps", "到案时。"}, "text": {"right", " \r\n "}} {
		if got := problems(give("zhou", 0, bad[0], bad[1])); !slices.Equal(got, []string{field}) {
			t.Errorf("%s: %v", field, got)
		}
	}
	if err := give("zhou", 0, "reading", "自进入办案场所时起，\r\n以执法记录仪为准。"); err != nil {
		t.Fatal(err)
	}
	if got := problems(give("zhou", 0, "right", "又：……")); !slices.Equal(got, []string{"base"}) {
		t.Errorf("an answer that came in between: %v", got)
	}
	if err := give("zhou", 1, "change", "规则包将注明。"); err != nil {
		t.Error(err)
	}
	mine, err := h.Asked(ctx, as("wang"))
	if err != nil || len(mine) != 1 || len(mine[0].Answers) != 2 || mine[0].Answers[0].Text != "自进入办案场所时起，\n以执法记录仪为准。" || mine[0].Answers[1].Verdict != "change" || mine[0].Answers[0].By != "zhou" {
		t.Errorf("%+v %v", mine, err)
	}
	for state, want := range map[string]int{"open": 0, "answered": 1, "": 1} {
		if got, _, err := h.Questions(ctx, as("dong"), handling.Sought{State: state}); err != nil || len(got) != want {
			t.Errorf("%q: %d %v", state, len(got), err)
		}
	}

	// All of it is in one file, in order, that is no case; and the same after a restart.
	entries, err := h.store.Acts(ctx, "questions", 0)
	if err != nil || len(entries) != 3 {
		t.Fatal(len(entries), err)
	}
	r, err := casefile.DecodeRecord(entries[1].Bytes)
	if err != nil || r.Kind != "answer_question" || r.Actor.Person != "zhou" || !slices.Contains(r.Actor.Posts, "legal_reviewer") || r.Unit.ID != "b1" {
		t.Errorf("%+v %v", r, err)
	}
	if got := c.reach(as("zhou"), "questions"); len(got) != 0 {
		t.Error("the file of questions:", got)
	}
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
	h.again()
	if again, err := h.Asked(ctx, as("wang")); err != nil || len(again) != 1 || len(again[0].Answers) != 2 || again[0].Title != q.Title || !slices.Equal(again[0].Basis, q.Basis) {
		t.Errorf("after a restart: %+v %v", again, err)
	}
}

func problems(err error) (fields []string) {
	var bad *handling.Invalid
	if !errors.As(err, &bad) {
		return []string{"not invalid: " + errText(err)}
	}
	for _, p := range bad.Problems {
		if p.Text.ZH == "" || p.Text.EN == "" {
			fields = append(fields, "in one language: "+p.Field)
		}
		fields = append(fields, p.Field)
	}
	return fields
}

func errText(err error) string {
	if err == nil {
		return "taken"
	}
	return err.Error()
}

// TestAskedPlaces: a question is about an act, a duty or a rule of the procedure of its case; nothing else is a place.
func TestAskedPlaces(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	for _, good := range []struct{ on, of, clause, title string }{
		{"act", "record_inquiry", "", "询问"},
		{"duty", "inquiry", "", "及时询问"},
		{"rule", "R21", "", ""},
		{"rule", "R21", "summon.after.1", "："},
	} {
		at, number, err := h.Place(ctx, as("wang"), c.asking(good.on, good.of, good.clause).Place)
		if err != nil || !strings.Contains(at.Title.ZH, good.title) || at.Title.EN == "" || number != c.head().Number || len(at.Basis) == 0 {
			t.Errorf("%+v: %+v %q %v", good, at, number, err)
		}
		looks, err := h.store.Looks(ctx, c.id, 1)
		if err != nil || looks[0].What != "ask" || looks[0].Person != "wang" {
			t.Errorf("%+v %v", looks, err)
		}
	}
	for _, bad := range [][3]string{{"", "", ""}, {"act", "", ""}, {"act", "fly", ""}, {"act", "R21", ""}, {"duty", "summon", ""}, {"rule", "summon", ""}, {"rule", "R999", ""}, {"article", "psapl/96", ""},
		{"rule", "R21", "fly.after.1"}, {"rule", "R21", "summon.\u202eafter"}, {"rule", "R21", "summon.by\n"}, {"rule", "R21", "summon." + strings.Repeat("x", 200)}, {"act", "summon", "summon.by"}, {"ACT", "summon", ""}, {"act", "summon\x00", ""}, {"act", strings.Repeat("\xff", 500), ""}} {
		if _, _, err := h.Place(ctx, as("wang"), c.asking(bad[0], bad[1], bad[2]).Place); !slices.Equal(problems(err), []string{"place"}) {
			t.Errorf("%q is a place: %v", bad, err)
		}
		if _, err := h.Ask(ctx, as("wang"), c.asking(bad[0], bad[1], bad[2])); !slices.Equal(problems(err), []string{"place"}) {
			t.Errorf("%q was asked about: %v", bad, err)
		}
	}
	intake := handling.Place{Procedure: adminID, Unit: "b1", On: "act", Of: "receive_report"}
	if at, number, err := h.Place(ctx, as("chen"), intake); err != nil || at.Title.ZH != "接报案" || number != "" {
		t.Errorf("%+v %q %v", at, number, err)
	}
	q, err := h.Ask(ctx, as("chen"), &handling.Asking{ID: h.id(), Place: intake, Text: unclear})
	if err != nil || q.Case != "" || q.Unit != "b1" {
		t.Fatalf("%+v %v", q, err)
	}
	if see, answer := h.sees(q.Number); strings.Join(see, " ") != "chen qian zhou dong" || strings.Join(answer, " ") != "zhou" {
		t.Errorf("asked at intake, seen by %v, answered by %v", see, answer)
	}
	other, nowhere := intake, intake
	other.Unit, nowhere.Procedure = "b2", "cn-police/none"
	for who, at := range map[string]handling.Place{"chen": other, "gao": intake, "li": intake, "wang": nowhere, "admin": intake, "": intake} {
		if _, err := h.Ask(ctx, as(who), &handling.Asking{ID: h.id(), Place: at, Text: unclear}); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q asks at intake of %s: %v", who, at.Unit, err)
		}
	}
	for _, who := range []string{"gao", "he", "admin", "free", ""} { // who may not see the case, may not ask about it
		if _, err := h.Ask(ctx, as(who), c.asking("act", "summon", "")); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q asks: %v", who, err)
		}
		if _, _, err := h.Place(ctx, as(who), c.asking("act", "fly", "").Place); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q: %v", who, err)
		}
	}
	if _, err := h.Ask(ctx, as("zhou"), c.asking("duty", "inquiry", "")); err != nil {
		t.Error("a legal reviewer asks:", err)
	}
	if see, answer := h.sees(2); strings.Join(see, " ") != "qian zhou dong" || len(answer) != 0 {
		t.Errorf("the reviewer's own: seen by %v, answered by %v", see, answer)
	}
}

// TestAskedTexts: a question is a text of its own words, without the people of the case.
func TestAskedTexts(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	size, _, _ := h.store.Head(ctx)
	for _, bad := range []string{"", " \n\t", strings.Repeat("问", 1001), "a\x00b", "a\u202eb", "a\xffb", "李某的到案时间", "问：李某何时到案", "证件110101199101020011无效", "电话 13900000001", "另一号码 220101199101020011"} {
		a := c.asking("act", "summon", "")
		a.Text = bad
		if _, err := h.Ask(ctx, as("wang"), a); !slices.Equal(problems(err), []string{"text"}) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	for _, bad := range []casefile.ActID{"", "short", casefile.ActID(strings.Repeat("x", 65)), "with a blank, long enough", "with\nline breaks, long enough"} {
		a := c.asking("act", "summon", "")
		a.ID = bad
		if _, err := h.Ask(ctx, as("wang"), a); !slices.Equal(problems(err), []string{"id"}) {
			t.Errorf("id %q: %v", bad, err)
		}
	}
	if after, _, _ := h.store.Head(ctx); after != size {
		t.Errorf("%d acts were kept", after-size)
	}
	for _, good := range []string{strings.Repeat("问", 1000), "第97条的“8小时”，2026年3月2日起？", "行1\r\n行2"} {
		a := c.asking("act", "summon", "")
		a.Text = good
		if _, err := h.Ask(ctx, as("wang"), a); err != nil {
			t.Errorf("%.20q: %v", good, err)
		}
	}
}

// TestAskedOnce: the same form sent twice is one question, also where its outcome was lost; its id with other words is none.
func TestAskedOnce(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	a := c.asking("act", "summon", "")
	lost := &deaf{Store: h.store, on: true}
	over := h.over(h.store, func(handling.Store) handling.Store { return lost }, nil)
	if _, err := over.Ask(ctx, as("wang"), a); !errors.Is(err, context.Canceled) {
		t.Fatal("the outcome was not lost:", err)
	}
	lost.on = false
	for _, by := range []*handling.House{over, h.House, over} { // the other house has not heard of it either
		if q, err := by.Ask(ctx, as("wang"), a); err != nil || q.Number != 1 {
			t.Errorf("%+v %v", q, err)
		}
	}
	other := *a
	other.Text += "另问：……"
	if _, err := h.Ask(ctx, as("wang"), &other); !errors.Is(err, casefile.ErrOtherAct) {
		t.Error("other words:", err)
	}
	if _, err := h.Ask(ctx, as("sun"), a); !errors.Is(err, casefile.ErrOtherAct) {
		t.Error("somebody else:", err)
	}
	answer := &handling.Answering{ID: h.id(), Question: 1, Verdict: "right", Text: "到案时。"}
	for range 2 {
		if err := h.Answer(ctx, as("zhou"), answer); err != nil {
			t.Error(err)
		}
	}
	if q, err := over.Question(ctx, as("wang"), 1); err != nil || len(q.Answers) != 1 {
		t.Errorf("%+v %v", q, err)
	}
	if _, err := h.store.Case(ctx, "questions"); err != nil {
		t.Error(err)
	}
}

// TestManyAsk: questions asked at once get numbers without gaps; and nobody floods the list.
func TestManyAsk(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	var asks []*handling.Asking
	for range 50 {
		asks = append(asks, c.asking("act", "summon", ""))
	}
	var wg sync.WaitGroup
	for _, a := range asks {
		wg.Go(func() {
			if _, err := h.Ask(ctx, as("wang"), a); err != nil {
				t.Error(err)
			}
			if _, err := h.Asked(ctx, as("wang")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := h.Ask(ctx, as("wang"), c.asking("act", "summon", "")); !slices.Equal(problems(err), []string{"text"}) {
		t.Error("the 51st:", err)
	}
	if _, err := h.Ask(ctx, as("sun"), c.asking("act", "summon", "")); err != nil {
		t.Error(err)
	}
	seen := int64(0)
	for {
		page, more, err := h.Questions(ctx, as("zhou"), handling.Sought{After: seen, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range page {
			if seen++; q.Number != seen {
				t.Fatalf("no. %d after %d", q.Number, seen-1)
			}
		}
		if !more {
			break
		}
	}
	if seen != 51 {
		t.Errorf("%d questions", seen)
	}
	if err := h.Answer(ctx, as("zhou"), &handling.Answering{ID: h.id(), Question: 7, Verdict: "right", Text: "是。"}); err != nil {
		t.Fatal(err)
	}
	if mine, err := h.Asked(ctx, as("zhou")); err != nil || len(mine) != 0 {
		t.Error(mine, err)
	}
	if _, err := h.Ask(ctx, as("wang"), c.asking("act", "summon", "")); err != nil {
		t.Error("after an answer:", err)
	}
}

// TestAskedCases: what a question shows of its case is the number. Views of it are on the record first.
func TestAskedCases(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	ctx := t.Context()
	if _, err := h.Ask(ctx, as("wang"), c.asking("act", "summon", "")); err != nil {
		t.Fatal(err)
	}
	h.to(h.now() + minute)
	c.do(step{"assign", "", "li", "", data{"handlers": "sun"}})
	q, err := h.Question(ctx, as("wang"), 1)
	if err != nil || q.Visible || q.CaseNumber != c.head().Number {
		t.Errorf("who handed the case over: %+v %v", q, err)
	}
	looks, err := h.store.Looks(ctx, c.id, 1)
	if err != nil || looks[0].What != "question 1" || looks[0].Person != "wang" || looks[0].Post != "handler" {
		t.Errorf("%+v %v", looks, err)
	}
	unseen := h.over(h.store, func(s handling.Store) handling.Store { return blind{s} }, nil)
	if q, err := unseen.Question(ctx, as("zhou"), 1); !errors.Is(err, casefile.ErrStopped) || q != nil {
		t.Errorf("with a blind store: %+v %v", q, err)
	}
	if at, number, err := unseen.Place(ctx, as("sun"), c.asking("act", "summon", "").Place); !errors.Is(err, casefile.ErrStopped) || number != "" || at.Title.ZH != "" {
		t.Errorf("with a blind store: %+v %q %v", at, number, err)
	}
	h.to(h.now() + minute)
	if err := h.ChangePeople(ctx, as("admin"), authority.EndPost(authority.Appointment{Person: "wang", Post: "handler", Unit: "b1"}, h.now()+1)); err != nil {
		t.Fatal(err)
	}
	h.to(h.now() + minute)
	if mine, err := h.Asked(ctx, as("wang")); err != nil || len(mine) != 0 {
		t.Errorf("out of post: %v %v", mine, err)
	}
	if see, _ := h.sees(1); strings.Join(see, " ") != "qian zhou dong" {
		t.Errorf("seen by %v", see)
	}
}

// TestAnswersNameNobody: an answer names no people of the case either, nor gives their numbers, however these are written; days
// and hours are no numbers.
func TestAnswersNameNobody(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	for _, x := range []struct {
		text string
		may  bool
	}{
		{"李某的到案时间以询问笔录为准。", false},
		{"电话139-0000-0001的人", false},
		{"电话139 0000 0001的人", false},
		{"证件 110101 1991 0102 0011", false},
		{"证件１１０１０１—１９９１０１０２—００１１", false},
		{"证件110101/19910102/0011", false},
		{"号码 9876-5432-10", false},
		{"到案时间为2026-03-02 14:00，见第96条。", true},
		{"2026-03-02 至 2026-03-05 之间适用第96条。", true},
	} {
		q, err := h.Ask(t.Context(), as("wang"), c.asking("act", "summon", ""))
		if err != nil {
			t.Fatal(err)
		}
		var bad *handling.Invalid
		err = h.Answer(t.Context(), as("zhou"), &handling.Answering{ID: h.id(), Question: q.Number, Verdict: "reading", Text: x.text})
		if x.may && err != nil || !x.may && (!errors.As(err, &bad) || bad.Problems[0].Field != "text") {
			t.Errorf("%s: %v", x.text, err)
		}
		asked := c.asking("act", "summon", "")
		asked.Text = x.text
		if _, err := h.Ask(t.Context(), as("wang"), asked); (err == nil) != x.may {
			t.Errorf("asked: %s: %v", x.text, err)
		}
	}
}

// A question asked in superintendence is for the legal reviewers above it, who learn the rule it is about and not that there is
// such a case; whom the complaint is about learns nothing.
func TestAskedApart(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, post("pei", "legal_reviewer", "ju")); err != nil {
		t.Fatal(err)
	}
	c, _ := overtime(t, h)
	a, err := h.Complain(bg, c.rec.Code, c.rec.Secret, h.id(), data{"class": "overtime_custody", "live": "false", "summary": "略"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := h.Ask(bg, as("bao"), &handling.Asking{ID: h.id(), Place: handling.Place{Case: a.Case, On: "act", Of: "verify_complaint"}, Text: "无法查实的，是否也要写明理由？"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := h.Question(bg, as("pei"), q.Number)
	if err != nil || !seen.Answerable || seen.Visible || seen.Case != "" || seen.CaseNumber != "" {
		t.Fatalf("%+v, %v", seen, err)
	}
	if list, _, err := h.Questions(bg, as("pei"), handling.Sought{}); err != nil || len(list) != 1 || list[0].Case != "" || list[0].CaseNumber != "" {
		t.Errorf("%+v, %v", list, err)
	}
	// Who reviewed in the case is complained of too.
	for _, who := range []string{"wang", "sun", "chen", "li", "zhao", "qian", "zhou", "fa", "kong"} {
		if _, err := h.Question(bg, as(who), q.Number); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%s sees it: %v", who, err)
		}
	}
	// An answer is no way to find out who is in the complaint.
	if err := h.Answer(bg, as("pei"), &handling.Answering{ID: h.id(), Question: q.Number, Verdict: handling.Verdicts[0], Text: "张某应当写明。"}); err != nil {
		t.Errorf("the answer tells who is in it: %v", err)
	}
	if seen, err = h.Question(bg, as("bao"), q.Number); err != nil || len(seen.Answers) != 1 || seen.Case != a.Case {
		t.Errorf("who asked does not read the answer: %+v, %v", seen, err)
	}
}
