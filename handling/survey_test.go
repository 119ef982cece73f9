package handling_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

// surveyed is a survey on a station with two questions and its slips; it is answered from the second to the tenth of March.
func surveyed(t fataler, h *house, slips int) (*matter, []string) {
	t.Helper()
	h.set("2026-03-02T08:00")
	m := &matter{house: h, proc: "survey", unit: "fz"}
	m.do("kong", "open_survey", "", data{"title": "群众评议", "unit": "b1", "asked": "parties", "starts": "2026-03-02", "ends": "2026-03-10", "about_unit": "true"})
	m.do("kong", "put_question", "+", data{"name": "告知是否清楚"})
	m.do("kong", "put_question", "+", data{"name": "办理是否及时"})
	a := m.do("kong", "issue_slips", "", data{"number": fmt.Sprint(slips), "how": "counter"})
	if len(a.Slips) != slips {
		t.Fatalf("%d slips, want %d", len(a.Slips), slips)
	}
	return m, a.Slips
}

func both2(answer string) map[casefile.Subject]string {
	return map[casefile.Subject]string{"i1": answer, "i2": "unknown"}
}

func (m *matter) answered(slips []string, group, answer string) {
	m.t.Helper()
	for _, s := range slips {
		if err := m.AnswerSheet(context.Background(), s, group, both2(answer)); err != nil {
			m.t.Fatal(err)
		}
	}
}

// withheld tries to count a question and fails the test where any figure comes of it.
func (m *matter) withheld(what, group string) {
	m.t.Helper()
	a, err := m.try("kong", "count_answers", "i1", data{"group": group})
	if !errors.As(err, new(*handling.Invalid)) {
		m.t.Errorf("%s: counted: %+v %v", what, a, err)
	}
	if err != nil && strings.ContainsAny(err.Error(), "123456789") && !strings.Contains(err.Error(), "10") {
		m.t.Errorf("%s: what is said tells a figure: %v", what, err)
	}
}

func countedIn(a *handling.Answer) string {
	out := ""
	for _, d := range a.Record.Data {
		out += fmt.Sprintf("%s=%s ", d.Name, d.Value)
	}
	return strings.TrimSpace(out)
}

func TestASurveyIsCountedFromItsAnswers(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	m, slips := surveyed(t, h, 30)
	sheet, err := h.Sheet(ctx, strings.ToLower(slips[0]))
	if err != nil || len(sheet.Questions) != 2 || sheet.Questions[0].Text != "告知是否清楚" || len(sheet.Answers) != 4 || len(sheet.Groups) != 4 || sheet.Unit.ZH != "甲派出所" {
		t.Fatalf("%+v %v", sheet, err)
	}
	if err := h.AnswerSheet(ctx, slips[0], "", map[casefile.Subject]string{"i1": "good"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a question left out:", err)
	}
	m.answered(slips[:12], "victim", "good")
	m.answered(slips[12:22], "reporter", "poor")
	m.answered(slips[22:25], "reporter", "fair")
	if s, err := h.Surveyed(ctx, as("kong"), m.id); err != nil || !s.Open || s.Ended || len(s.Rows) > 0 || s.Slips != 30 {
		t.Errorf("while it runs: %+v %v", s, err)
	}
	h.set("2026-03-11T09:00")
	if _, err := h.Sheet(ctx, slips[29]); !errors.Is(err, handling.ErrSurveyOver) {
		t.Error("after the last day:", err)
	}
	if _, err := m.try("kong", "count_answers", "i1", data{"good": "25"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("somebody types a nicer figure:", err)
	}
	m.refused("zhao", "count_answers", "i1", "post", nil)
	for _, x := range []struct{ about, group, want string }{
		{"i1", "", "group_size=25 whole=25 good=12 fair=3 poor=10 unknown=0"},
		{"i2", "", "group_size=25 whole=25 good=0 fair=0 poor=0 unknown=25"},
		{"i1", "victim", "group_size=12 whole=25 good=12 fair=0 poor=0 unknown=0 group=victim"},
		{"i1", "reporter", "group_size=13 whole=25 good=0 fair=3 poor=10 unknown=0 group=reporter"},
	} {
		if got := countedIn(m.do("kong", "count_answers", x.about, data{"group": x.group})); got != x.want {
			t.Errorf("%s %s: %s, want %s", x.about, x.group, got, x.want)
		}
	}
	s, err := h.Surveyed(ctx, as("kong"), m.id)
	if err != nil || !s.Ended || s.Few || len(s.Rows) != 4 || slices.ContainsFunc(s.Rows, func(r handling.SurveyRow) bool { return !r.Same }) {
		t.Errorf("counted: %+v %v", s, err)
	}
	if _, err := m.try("kong", "publish_survey", "", data{"where": "unit", "summary": "多数满意", "results": "人人满意"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("somebody types nicer results:", err)
	}
	made := m.do("kong", "publish_survey", "", data{"where": "unit", "summary": "多数满意"}).Record.Datum("results").Text()
	if want := "告知是否清楚：25人回答，满意 12，一般 3，不满意 10，不了解 0\n办理是否及时：25人回答"; !strings.HasPrefix(made, want) || !strings.Contains(made, "告知是否清楚（被侵害人）：12人回答") {
		t.Error("made known:", made)
	}
	m.do("kong", "close_survey", "", nil)
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
	if s.Slips != 30 || s.Said != 30 {
		t.Errorf("%d slips, %d on the record", s.Slips, s.Said)
	}
	if err := h.store.AddSlips(ctx, m.id, []ledger.Hash{{1}}); err != nil { // somebody with the database
		t.Fatal(err)
	}
	if s, err := h.Surveyed(ctx, as("kong"), m.id); err != nil || s.Slips != 31 || s.Said != 30 {
		t.Errorf("a slip more is not seen: %+v %v", s, err)
	}
	if err := h.store.PutAnswers(ctx, m.id, nil, []casefile.SurveyCount{{Question: "i1", Answer: "good", N: 5}}); err != nil { // somebody with the database
		t.Fatal(err)
	}
	if s, err := h.Surveyed(ctx, as("kong"), m.id); err != nil || s.Rows[0].Same || !s.Rows[1].Same {
		t.Errorf("altered sums are not seen: %+v %v", s.Rows, err)
	}
	if err := h.store.Check(ctx); err == nil || !strings.Contains(err.Error(), "survey") {
		t.Error("altered sums pass the check:", err)
	}
}

func TestAttackAnsweringTwice(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	m, slips := surveyed(t, h, 30)
	again := func(when string, slip string) {
		t.Helper()
		if err := h.AnswerSheet(ctx, slip, "", both2("poor")); !errors.Is(err, handling.ErrSlipUsed) {
			t.Errorf("%s: %v", when, err)
		}
		if _, err := h.Sheet(ctx, slip); !errors.Is(err, handling.ErrSlipUsed) {
			t.Errorf("%s, looked at: %v", when, err)
		}
	}
	m.answered(slips[:1], "", "good")
	again("at once", slips[0])
	m.answered(slips[1:10], "", "good")
	again("once put down", slips[0])
	m.answered(slips[10:12], "", "good")
	if err := h.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	h.again()
	again("after a restart", slips[11])
	for _, typed := range []string{"", "x", slips[12][:18], slips[12][:len(slips[12])-1] + "%", "0000-0000-0000-0000-0", strings.Repeat("A", 10000)} {
		if err := h.AnswerSheet(ctx, typed, "", both2("poor")); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%.20q: %v", typed, err)
		}
	}
	if err := h.AnswerSheet(ctx, slips[12], "police", both2("poor")); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a group that is none:", err)
	}
	other, more := surveyed(t, h, 10)
	m.answered(more, "", "poor") // goes where its slips are of
	h.set("2026-03-11T09:00")
	if got := countedIn(m.do("kong", "count_answers", "i1", nil)); got != "group_size=12 whole=12 good=12 fair=0 poor=0 unknown=0" {
		t.Error(got)
	}
	if got := countedIn(other.do("kong", "count_answers", "i1", nil)); got != "group_size=10 whole=10 good=0 fair=0 poor=10 unknown=0" {
		t.Error(got)
	}
}

func TestAttackFiguresOfAFew(t *testing.T) {
	h := supervised(t)
	m, slips := surveyed(t, h, 40)
	m.answered(slips[:9], "victim", "good")
	m.withheld("while it runs", "")
	h.set("2026-03-11T09:00")
	m.withheld("nine answers", "")
	if s, err := h.Surveyed(context.Background(), as("kong"), m.id); err != nil || !s.Few || len(s.Rows) > 0 {
		t.Errorf("%+v %v", s, err)
	}
	m.do("kong", "stop_survey", "", data{"reason": "回答不足10人"})

	m, slips = surveyed(t, h, 40)
	m.answered(slips[:12], "victim", "good")
	m.answered(slips[12:24], "reporter", "fair")
	m.answered(slips[24:33], "other", "poor")
	h.set("2026-03-11T09:00")
	m.withheld("a group of nine", "other")
	m.withheld("what is left would be nine", "reporter") // of two as large, the one that is not told is always the same
	if got := countedIn(m.do("kong", "count_answers", "i1", data{"group": "victim"})); got != "group_size=12 whole=33 good=12 fair=0 poor=0 unknown=0 group=victim" {
		t.Error(got)
	}
	m.withheld("nobody in it", "dealt_with")
}

// The last day is moved once figures are out, so that one more answer would be the difference.
func TestAttackTheDifferenceOfTwoCounts(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	m, slips := surveyed(t, h, 30)
	m.answered(slips[:14], "", "good")
	h.set("2026-03-11T09:00")
	first := countedIn(m.do("kong", "count_answers", "i1", nil))
	later := data{"title": "群众评议", "unit": "b1", "asked": "parties", "starts": "2026-03-02", "ends": "2026-03-20", "about_unit": "true"}
	if _, err := m.change("kong", "open_survey", "", later, true); err != nil {
		t.Fatal(err)
	}
	if err := h.AnswerSheet(ctx, slips[20], "", both2("poor")); !errors.Is(err, handling.ErrSurveyOver) {
		t.Error("answered after it was counted:", err)
	}
	if _, err := m.change("kong", "count_answers", "i1", nil, false); err != nil { // taken back
		t.Fatal(err)
	}
	if err := h.AnswerSheet(ctx, slips[20], "", both2("poor")); !errors.Is(err, handling.ErrSurveyOver) {
		t.Error("answered after the count was taken back:", err)
	}
	h.again()
	if err := h.AnswerSheet(ctx, slips[20], "", both2("poor")); !errors.Is(err, handling.ErrSurveyOver) {
		t.Error("answered after a restart:", err)
	}
	if _, err := m.try("kong", "issue_slips", "", data{"number": "1", "how": "visit"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("one slip more:", err)
	}
	h.set("2026-03-21T09:00")
	if got := countedIn(m.do("kong", "count_answers", "i1", nil)); got != first {
		t.Errorf("counted again %s, before %s", got, first)
	}
}

func TestAttackASurveyOnOneOfficer(t *testing.T) {
	h := supervised(t)
	if err := h.Found(context.Background(), authority.Found(authority.Unit{ID: "b3", Kind: "station", Name: authority.Text{ZH: "丙派出所", EN: "Station C"}, Parent: "ju"}),
		authority.Enrol(authority.Person{ID: "lone", Name: "独一", Number: "099999"}), post("lone", "handler", "b3")); err != nil {
		t.Fatal(err)
	}
	h.set("2026-03-02T08:00")
	m := &matter{house: h, proc: "survey", unit: "fz"}
	open := data{"title": "群众评议", "unit": "b3", "asked": "parties", "starts": "2026-03-02", "ends": "2026-03-10", "about_unit": "true"}
	m.do("kong", "open_survey", "", open)
	if _, err := m.try("kong", "put_question", "+", data{"name": "民警独一态度如何"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a question names an officer:", err)
	}
	m.do("kong", "put_question", "+", data{"name": "办理是否及时"})
	if _, err := m.try("kong", "issue_slips", "", data{"number": "20", "how": "visit"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("slips for a unit of one:", err)
	}
	m, _ = surveyed(t, h, 10)
	if _, err := m.try("kong", "put_question", "+", data{"name": "又一个问题"}); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a question after slips were issued:", err)
	}
	if _, err := m.change("kong", "put_question", "i2", data{"name": "换一个问题"}, true); !errors.As(err, new(*handling.Invalid)) {
		t.Error("another question behind the same answers:", err)
	}
	if _, err := m.change("kong", "put_question", "i2", nil, false); !errors.As(err, new(*handling.Invalid)) {
		t.Error("a question taken back behind its answers:", err)
	}
}

// TestNothingSaysWhoAnsweredWhat: nine answers leave the files of the record as they are, to the byte: no row, no time, no order.
// The tenth puts sums down; no table holds a slip beside an answer, and no other table has changed.
func TestNothingSaysWhoAnsweredWhat(t *testing.T) {
	ctx := context.Background()
	h := supervised(t)
	m, slips := surveyed(t, h, 30)
	files := func() (all []byte) {
		for _, name := range []string{h.path, h.path + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	size, root, err := h.store.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := files()
	for i, s := range slips[:9] {
		if _, err := h.Sheet(ctx, s); err != nil {
			t.Fatal(err)
		}
		m.answered([]string{s}, "", []string{"good", "poor", "fair"}[i%3])
		if !bytes.Equal(files(), before) {
			t.Fatalf("answer %d left something in the record's files", i+1)
		}
	}
	if bytes.Contains(before, []byte(slips[0])) || bytes.Contains(before, []byte(strings.ReplaceAll(slips[0], "-", ""))) {
		t.Error("the code of a slip is kept")
	}
	m.answered(slips[9:10], "", "good")
	if s, r, err := h.store.Head(ctx); err != nil || s != size || r != root {
		t.Error("an answer is on the ledger:", err)
	}
	if looks, err := h.store.Looks(ctx, m.id, 100); err != nil || len(looks) > 0 {
		t.Errorf("that somebody answered is in the log of views: %v %v", looks, err)
	}
	kept, err := h.store.Survey(ctx, m.id)
	if err != nil || kept.Used != 10 {
		t.Fatal(kept, err)
	}
	for _, c := range kept.Counts {
		if c.Question == "i1" && c.N < 3 || c.Question == "i2" && c.N != 10 {
			t.Errorf("%+v", c)
		}
	}
}

// A store that does not take answers: they wait, none is lost and none is counted twice.
type refusing struct {
	handling.Store
	refuse bool
}

func (r *refusing) PutAnswers(ctx context.Context, id casefile.CaseID, slips []ledger.Hash, counts []casefile.SurveyCount) error {
	if r.refuse {
		return errKilled
	}
	return r.Store.PutAnswers(ctx, id, slips, counts)
}

func TestAnswersWaitForTheStore(t *testing.T) {
	h := supervised(t)
	r := &refusing{Store: h.store, refuse: true}
	h.House = h.over(h.store, func(handling.Store) handling.Store { return r }, nil)
	m, slips := surveyed(t, h, 30)
	m.answered(slips[:13], "", "good")
	r.refuse = false
	m.answered(slips[13:14], "", "poor")
	h.set("2026-03-11T09:00")
	if got := countedIn(m.do("kong", "count_answers", "i1", nil)); got != "group_size=14 whole=14 good=13 fair=0 poor=1 unknown=0" {
		t.Error(got)
	}
}

// Whatever is told of however many groups: what is left is nobody, or ten.
func TestWhatIsToldLeavesTenProperty(t *testing.T) {
	h := supervised(t)
	groups := []string{"", "reporter", "victim", "dealt_with", "other"}
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m, _ := surveyed(t, h, 1)
		sizes, all := map[string]int64{}, int64(0)
		var counts []casefile.SurveyCount
		var slips []ledger.Hash
		for _, g := range groups {
			sizes[g] = rapid.SampledFrom([]int64{0, 1, 4, 5, 6, 9, 10, 11, 15}).Draw(t, "in "+g)
			if all += sizes[g]; sizes[g] > 0 {
				counts = append(counts, casefile.SurveyCount{Group: g, Question: "i1", Answer: "good", N: sizes[g]}, casefile.SurveyCount{Group: g, Question: "i2", Answer: "fair", N: sizes[g]})
			}
		}
		for i := range all {
			slips = append(slips, ledger.Hash{byte(n), byte(n >> 8), byte(i)})
		}
		if err := errors.Join(h.store.AddSlips(context.Background(), m.id, slips), h.store.PutAnswers(context.Background(), m.id, slips, counts)); err != nil {
			t.Fatal(err)
		}
		h.set("2026-03-11T09:00")
		told := map[string]int64{}
		for _, g := range groups {
			a, err := m.try("kong", "count_answers", "i1", data{"group": g})
			if err == nil && len(a.Refused) == 0 {
				told[g] = a.Record.Datum("group_size").Int()
			}
			if want := sizes[g]; err == nil && g != "" && told[g] != want {
				t.Errorf("%s: %d, want %d", g, told[g], want)
			}
		}
		if _, ok := told[""]; ok != (all >= 10) {
			t.Errorf("of all %d: told %v", all, ok)
		}
		delete(told, "")
		names := slices.Sorted(maps.Keys(told))
		for set := range 1 << len(names) {
			left := all
			for i, g := range names {
				if set&(1<<i) != 0 {
					left -= told[g]
				}
			}
			if left > 0 && left < 10 && all >= 10 {
				t.Errorf("of %v, told %v: %d are left", sizes, told, left)
			}
		}
	})
}
