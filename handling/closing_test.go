package handling_test

import (
	"errors"
	"slices"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// TestClosingShowsWhatWasNeverDone: when a case closes no more history comes, so a duty nobody ever did is missing now, not
// late for ever; what is missing stands as a finding and waits on nobody's desk any more.
func TestClosingShowsWhatWasNeverDone(t *testing.T) {
	h := newHouse(t)
	c := &case1{house: h}
	for _, s := range walk {
		if s.do == "notify_family" {
			continue
		}
		c.do(s)
		if _, err := h.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := c.rows()
	var standing []string
	for _, f := range r.Findings {
		if f.WithdrawnBy == 0 {
			standing = append(standing, f.Rule)
		} else if f.Rule != "R22-slow" || f.WithdrawnBy != r.Head.Acts {
			t.Errorf("withdrawn: %+v", f)
		}
	}
	if !slices.Equal(standing, []string{"R22"}) || r.Head.Findings != 1 || r.Head.Overdue != 0 {
		t.Errorf("findings %v, head counts %d, overdue %d", standing, r.Head.Findings, r.Head.Overdue)
	}
	for _, d := range r.Duties {
		if d.Duty == "archive" { // comes after
			continue
		}
		if d.Done == 0 || d.Next != 0 {
			t.Errorf("still to be done in a closed case: %+v", d)
		}
		if d.Duty == "tell_family" && d.State != "missing" {
			t.Errorf("the family was never told: %+v", d)
		}
	}
	if err := h.Store().Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhatComesAfterClosing: reconsideration and filing away come when a case is closed. What the pack lets come then is
// taken, by whoever may act in the case, with its limits; nothing else is, until an act opens the case again.
func TestWhatComesAfterClosing(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "")
	reply := step{"reply_reconsideration", "2026-03-31T09:00", "qian", "p2", data{"opinion": "决定合法", "file": "true"}}
	c.do(step{"receive_reconsideration", "2026-03-16T09:00", "qian", "p2", data{"organ": "某县人民政府", "track": "ordinary"}})
	c.do(step{"archive", "2026-03-17T09:00", "wang", "", data{"place": "档案室", "complete": "true"}})
	if got := c.head(); !got.Closed || got.Stage != "closed" {
		t.Fatalf("what comes after the end moved the case: %+v", got)
	}
	q := c.request(step{"restore", "", "chen", "p2", nil})
	q.Data = reply.data
	var no *handling.NotAllowed
	if _, err := h.Submit(t.Context(), as("chen"), q); !errors.As(err, &no) || no.Action != authority.RecordAct {
		t.Error("who only opened the case:", err)
	}
	if _, err := h.SaveDraft(t.Context(), as("qian"), c.id, "reply_reconsideration", "p2", []byte("d_opinion=x")); err != nil {
		t.Error("a draft of what may still come:", err)
	}
	if _, err := h.SaveDraft(t.Context(), as("qian"), c.id, "propose", "p2", []byte("d_fine=1")); !errors.As(err, &no) {
		t.Error("a draft of what may not:", err)
	}
	h.set("2026-03-31T09:00") // the tenth working day was the 30th
	if _, err := h.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := func() bool {
		return slices.ContainsFunc(c.rows().Duties, func(d casefile.Duty) bool { return d.Duty == "reply_ordinary" && d.State == "overdue" })
	}
	if r := c.rows(); !late() || r.Head.Overdue != 1 || !slices.ContainsFunc(r.Findings, func(f casefile.Finding) bool { return f.Rule == "R92" && f.WithdrawnBy == 0 }) {
		t.Errorf("a limit in a closed case does not run: %+v", r.Head)
	}
	c.do(reply)
	if late() {
		t.Error("still overdue")
	}
	again := step{"resume_case", "2026-05-12T09:00", "li", "", data{"ground": "review", "reason": "责令重新作出"}}
	if a, err := c.try(again); err != nil || len(a.Refused) == 0 {
		t.Error("taken up again without an order:", err)
	}
	c.do(step{"reconsideration_result", "2026-05-11T09:00", "qian", "p2", data{"result": "revoked", "anew": "true", "by_day": "2026-06-01"}})
	c.do(again)
	if got := c.head(); got.Closed || got.Stage != "investigation" {
		t.Errorf("not open again: %+v", got)
	}
	for _, s := range walk[slices.IndexFunc(walk, func(s step) bool { return s.do == "propose" }):] {
		if s.at = ""; s.do == "notify_penalty" {
			s.data = data{"fine": "500", "detention_days": "5", "answer": "none"}
		}
		if s.do == "state_defence" || s.do == "review_defence" {
			continue
		}
		h.to(h.now() + 3600*1e6)
		c.do(s)
	}
	if got := c.head(); !got.Closed || got.Stage != "closed" {
		t.Errorf("not closed again: %+v", got)
	}
	if err := h.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	before := c.rows().Head
	h.again() // judged from the record it says the same
	if _, err := h.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.head(); got.Closed != before.Closed || got.Findings != before.Findings || got.Stage != before.Stage {
		t.Errorf("%+v, then %+v", before, got)
	}
}
