package handling_test

import (
	"errors"
	"sync"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// TestTwoAtOnce: of many who submit on the same base one wins; the others are shown what came in between, and lose nothing.
func TestTwoAtOnce(t *testing.T) {
	const people = 32
	h := newHouse(t)
	c := walked(h, "propose")
	base := c.head().Acts
	var wg sync.WaitGroup
	var mu sync.Mutex
	wins, numbers := map[int64]int{}, map[int64]bool{}
	for i := range people {
		q := c.request(step{"register_person", "", []string{"wang", "sun"}[i%2], "+witness", data{"name": "证人"}})
		q.Occurred = ""
		wg.Go(func() {
			for {
				at := q.Base
				a, err := h.Submit(t.Context(), as([]string{"wang", "sun"}[i%2]), q)
				var moved *handling.Changed
				if errors.As(err, &moved) {
					if moved.Base <= at || int64(len(moved.Acts)) != moved.Base-at || moved.Acts[0].Number != at+1 {
						t.Errorf("base %d: now %d, %d acts in between", at, moved.Base, len(moved.Acts))
					}
					q.Base = moved.Base
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				wins[at]++
				numbers[a.Kept.Number] = true
				if a.Kept.Number != at+1 {
					t.Errorf("on base %d number %d", at, a.Kept.Number)
				}
				mu.Unlock()
				return
			}
		})
	}
	wg.Wait()
	for b, n := range wins {
		if n != 1 {
			t.Errorf("%d won on base %d", n, b)
		}
	}
	if len(numbers) != people || c.head().Acts != base+people {
		t.Errorf("%d numbers, %d acts", len(numbers), c.head().Acts-base)
	}
	seen := map[casefile.Subject]bool{}
	for _, e := range c.rows().Acts[base:] {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil || seen[r.Subjects[0].ID] {
			t.Fatal(r.Subjects, err)
		}
		seen[r.Subjects[0].ID] = true
	}
	if err := h.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSameActAtOnce: one act, sent sixteen times at once, is one act with one answer; be it done, refused, or the first.
func TestSameActAtOnce(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	h.to(h.now() + hour)
	for _, row := range []struct {
		by      string
		q       *handling.Request
		refused int
	}{
		{"wang", c.request(step{"record_inquiry", "", "wang", "p2", stepOf("record_inquiry").data}), 0},
		{"zhao", nil, 2},
		{"chen", nil, 0},
	} {
		if row.q == nil && row.by == "zhao" {
			row.q = c.request(stepOf("fix_penalty"))
		} else if row.q == nil {
			row.q = (&case1{house: h}).request(walk[0])
		}
		if row.by == "wang" {
			row.q.Occurred = ""
		}
		var wg sync.WaitGroup
		var answers [16]*handling.Answer
		for i := range answers {
			wg.Go(func() {
				q := *row.q
				a, err := h.Submit(t.Context(), as(row.by), &q)
				if err != nil {
					t.Error(err)
					return
				}
				answers[i] = a
			})
		}
		wg.Wait()
		first, receipts := 0, 0
		for _, a := range answers {
			if a == nil {
				t.FailNow()
			}
			if !a.Kept.Again {
				first++
			}
			if a.Receipt != nil {
				receipts++
			}
			b := answers[0]
			if a.Case != b.Case || a.Kept.Number != b.Kept.Number || a.Kept.Index != b.Kept.Index || a.Kept.Leaf != b.Kept.Leaf || len(a.Refused) != len(b.Refused) || len(a.Found) != len(b.Found) || len(a.Opened) != len(b.Opened) || a.Record.ID != row.q.ID {
				t.Errorf("%s: %+v\nand %+v", row.q.Kind, a, b)
			}
			if (row.refused > 0) != (len(a.Refused) > 0) {
				t.Errorf("%s: refused %v", row.q.Kind, c.rules(a.Refused))
			}
		}
		if first != 1 || (row.by == "chen") != (receipts == 1) {
			t.Errorf("%s: written %d times, %d receipts", row.q.Kind, first, receipts)
		}
	}
	// Sent again after it was done, the decision is not judged a second time.
	d := walked(h, "decide")
	s := stepOf("decide")
	q := d.request(s)
	h.set("2026-03-20T09:00")
	if a, err := h.Submit(t.Context(), as("zhao"), q); err != nil || len(a.Refused) > 0 {
		t.Fatal(a, err)
	}
	for _, base := range []int64{q.Base, q.Base + 1} {
		again := *q
		again.Base = base
		if a, err := h.Submit(t.Context(), as("zhao"), &again); err != nil || !a.Kept.Again || len(a.Refused) > 0 || len(a.Record.Issued) != 1 {
			t.Errorf("base %d: %+v %v", base, a, err)
		}
	}
}
