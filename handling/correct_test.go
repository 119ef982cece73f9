package handling_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// TestCorrected: a correction stands in the place of the act it names, also of a decision; who could not have done the act
// cannot correct it.
func TestCorrected(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	ctx := t.Context()
	correct := func(by string, number int, d data) (*handling.Answer, error) {
		old, err := casefile.DecodeRecord(c.rows().Acts[number-1].Bytes)
		if err != nil {
			t.Fatal(err)
		}
		q := c.request(step{do: old.Kind, data: d})
		q.Occurred, q.Corrects = "", old.ID
		for _, s := range old.Subjects {
			q.Subjects = append(q.Subjects, handling.SubjectInput{ID: s.ID})
		}
		return h.Submit(ctx, as(by), q)
	}
	h.set("2026-03-03T09:00")
	if a, err := correct("zhou", 3, data{"opinion": "y"}); err != nil || !slices.Contains(c.rules(a.Refused), "post") {
		t.Fatal("by a reviewer:", a, err)
	}
	a, err := correct("sun", 3, data{"opinion": "更正后的受案意见"})
	if err != nil || len(a.Refused) > 0 || a.Record.Occurred != at("2026-03-02T09:30") || a.Record.Recorded != h.now() {
		t.Fatal(a, err)
	}
	if r := c.rows(); r.Head.Findings != 0 || r.Head.Number != "某公(甲)受案字〔2026〕1号" || r.Head.Stage != "investigation" || !slices.Equal(r.Head.Handlers, []string{"wang", "sun"}) {
		t.Errorf("%+v", r.Head)
	}
	var bad *handling.Invalid
	if _, err := correct("sun", 3, data{"opinion": "z"}); !errors.As(err, &bad) {
		t.Error("corrected twice:", err)
	}
	papers, f, err := h.Paper(ctx, as("wang"), c.id, 3, "acceptance_register")
	if err != nil || !papers[0].Draft || f.Acts[2].Corrected != a.Kept.Number {
		t.Error(papers, err)
	}
	// A new title and an earlier hour of the report.
	q := c.request(step{"receive_report", "2026-03-02T08:50", "sun", "", data{"source": "walk_in", "title": "新案名", "summary": "x"}})
	q.Corrects = c.rows().Acts[0].Act
	if _, err := h.Submit(ctx, as("sun"), q); err != nil {
		t.Fatal(err)
	}
	if got := c.head(); got.Title != "新案名" || got.Opened != at("2026-03-02T08:50") || got.Findings != 0 {
		t.Errorf("%+v", got)
	}
	for _, s := range walk[12:] {
		c.do(s)
	}
	if got := c.head(); !got.Closed || got.Findings != 0 {
		t.Errorf("%+v", got)
	}
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}
}

// TestClockAndPeopleAtOnce: while people submit, the clock ticks; nothing is lost, told twice or left behind.
func TestClockAndPeopleAtOnce(t *testing.T) {
	h := newHouse(t)
	var cases []*case1
	for range 4 {
		c := walked(h, "leave")
		h.clock.Store(int64(at("2026-03-02T08:00")))
		cases = append(cases, c)
	}
	h.set("2026-03-02T16:10")
	var wg sync.WaitGroup
	for _, c := range cases {
		wg.Go(func() {
			for range 6 {
				q := &handling.Request{ID: casefile.ActID("entered-" + string(c.id) + "-" + rand.Text()), Case: c.id, Kind: "register_person", Data: data{"name": "证人"}, Subjects: []handling.SubjectInput{{Role: "witness"}}}
				for {
					_, err := h.Submit(t.Context(), as("wang"), q)
					var moved *handling.Changed
					if errors.As(err, &moved) {
						q.Base = moved.Base
						continue
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			h.clock.Add(int64(20 * minute))
			if _, err := h.Tick(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	wg.Wait()
	close(stop)
	<-done
	if h.now() < at("2026-03-03T09:00") {
		h.set("2026-03-03T09:00")
	}
	for _, c := range cases {
		c.tick()
		if c.told("amber", "inquiry_hours") != 1 || c.told("overdue", "inquiry_hours") != 1 || c.standing("R18") != 1 {
			t.Errorf("amber %d, overdue %d, findings %d", c.told("amber", "inquiry_hours"), c.told("overdue", "inquiry_hours"), c.standing("R18"))
		}
		if n := c.head().Acts; n != int64(17) {
			t.Error("acts", n)
		}
	}
	if err := h.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRoleStays: an act about a person gives them no other role; entering them again does.
func TestRoleStays(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	for _, s := range []struct {
		step
		role string
	}{{step{"record_inquiry", "", "wang", "p2", stepOf("record_inquiry").data}, "offender"}, {step{"register_person", "", "wang", "p2", data{"name": "李某"}}, "witness"}} {
		q := c.request(s.step)
		q.Occurred, q.Subjects[0].Role = "", "witness"
		if _, err := h.Submit(t.Context(), as("wang"), q); err != nil {
			t.Fatal(err)
		}
		f, err := h.File(t.Context(), as("wang"), c.id, "case")
		if err != nil || f.People[1].ID != "p2" || f.People[1].Role != s.role {
			t.Errorf("after %s: %+v %v", s.do, f.People, err)
		}
	}
}
