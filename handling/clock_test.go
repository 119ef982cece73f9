package handling_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// told counts the notices of a topic about a duty.
func (c *case1) told(topic, duty string) int {
	n := 0
	for _, x := range c.rows().Notices {
		if x.Topic == topic && x.Text == duty && x.Case == c.id {
			n++
		}
	}
	return n
}

func (c *case1) tick() {
	c.t.Helper()
	for i := 0; ; i++ {
		n, err := c.Tick(c.t.(*testing.T).Context())
		if err != nil || i > 20 {
			c.t.Fatalf("tick %d: %v", i, err)
		}
		if n == 0 {
			return
		}
	}
}

func (c *case1) duty(id string) casefile.Duty {
	c.t.Helper()
	for _, d := range slices.Backward(c.rows().Duties) {
		if d.Duty == id {
			return d
		}
	}
	c.t.Fatalf("no duty %s", id)
	return casefile.Duty{}
}

func (c *case1) standing(rule string) int {
	n := 0
	for _, f := range c.rows().Findings {
		if f.Rule == rule && f.WithdrawnBy == 0 {
			n++
		}
	}
	return n
}

// TestAmberAndOverdue: each is told once, restart or not.
func TestAmberAndOverdue(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave") // summoned at 14:00: 8 hours
	d := c.duty("inquiry_hours")
	if d.Due != at("2026-03-02T22:00") || d.Amber != at("2026-03-02T20:24") {
		t.Fatalf("%+v", d)
	}
	check := func(when string, amber, overdue int) {
		t.Helper()
		c.tick()
		if a, o := c.told("amber", d.Duty), c.told("overdue", d.Duty); a != amber || o != overdue || c.standing("R18") != overdue {
			t.Errorf("%s: amber %d, overdue %d, findings %d", when, a, o, c.standing("R18"))
		}
	}
	h.to(d.Amber - 1)
	check("before", 0, 0)
	h.to(d.Amber)
	check("at 80 %", 1, 0)
	h.again()
	h.to(d.Amber + hour)
	check("after a restart", 1, 0)
	h.to(d.Due)
	check("at the deadline", 1, 0)
	h.to(d.Due + 1)
	check("after it", 1, 1)
	h.again()
	h.to(d.Due + hour)
	check("after another restart", 1, 1)
	late := c.request(step{"leave", "2026-03-02T16:30", "wang", "p2", nil})
	if a, err := h.Submit(t.Context(), as("wang"), late); err != nil || len(a.Refused) > 0 {
		t.Fatal(err)
	}
	if d := c.duty("inquiry_hours"); c.standing("R18") != 0 || d.State != "on time" || d.Done != at("2026-03-02T16:30") {
		t.Errorf("the person had left in time: %+v, %d", d, c.standing("R18"))
	}
	if f := c.rows().Findings; !slices.ContainsFunc(f, func(f casefile.Finding) bool { return f.Rule == "R18" && f.WithdrawnBy == c.head().Acts }) {
		t.Error("the finding is not marked withdrawn by the act")
	}
}

// TestActSeesTheDeadlineFirst: what passed is told also when an act comes before the clock.
func TestActSeesTheDeadlineFirst(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	h.set("2026-03-02T20:30")
	c.do(step{"register_person", "", "wang", "+witness", data{"name": "乙"}})
	if n := c.told("amber", "inquiry_hours"); n != 1 {
		t.Error("amber", n)
	}
	h.set("2026-03-02T22:30")
	c.do(step{"register_person", "", "wang", "+witness", data{"name": "丙"}})
	c.tick()
	if a, o := c.told("amber", "inquiry_hours"), c.told("overdue", "inquiry_hours"); a != 1 || o != 1 {
		t.Error(a, o)
	}
}

// TestSuspendedAndExtended: a suspended limit does not run out; an extension moves it; the wrong hand does not.
func TestSuspendedAndExtended(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	limit := c.duty("case_limit")
	h.set("2026-03-10T09:00")
	c.do(step{"entrust_appraisal", "", "wang", "+", nil})
	if d := c.duty("case_limit"); !d.Waiting || d.Next != 0 {
		t.Fatalf("%+v", d)
	}
	h.set("2026-04-20T09:00")
	c.tick()
	if c.standing("R15") != 0 || c.told("overdue", "case_limit")+c.told("amber", "case_limit") != 0 {
		t.Error("a suspended limit ran out")
	}
	c.do(step{"receive_appraisal", "", "wang", "i1", data{"use": "not_used"}})
	d := c.duty("case_limit")
	if d.Waiting || d.Due <= at("2026-04-20T09:00") || d.Due <= limit.Due || d.Next == 0 {
		t.Errorf("%+v", d)
	}
	if a, err := c.try(step{"extend_limit", "", "li", "", data{"reason": "x"}}); err != nil || !slices.Contains(c.rules(a.Refused), "R15") || c.duty("case_limit").Due != d.Due {
		t.Error("extended by the unit head", err, c.duty("case_limit"))
	}
	c.do(step{"extend_limit", "", "zhao", "", data{"reason": "x"}})
	e := c.duty("case_limit")
	if e.Due <= d.Due {
		t.Errorf("%+v", e)
	}
	h.to(d.Due + hour)
	c.tick()
	if c.standing("R15") != 0 {
		t.Error("the old deadline fired")
	}
	if other := walked(h, "propose"); true {
		other.do(step{"entrust_appraisal", "", "wang", "+", nil})
		other.do(step{"terminate", "", "li", "", nil})
		if d := other.duty("case_limit"); d.Waiting || d.Done == 0 || d.Next != 0 || d.State != "on time" {
			t.Errorf("ended while suspended: %+v", d)
		}
	}
	h.to(e.Due + 1)
	c.tick()
	if c.standing("R15") != 1 || c.head().Overdue != 1 {
		t.Error("the new one did not", c.standing("R15"), c.head().Overdue)
	}
	if err := h.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestClockJumps: a clock that jumps a month ahead and back neither repeats nor forgets.
func TestClockJumps(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	h.set("2026-04-20T09:00")
	c.tick()
	before := fmt.Sprint(c.rows())
	if c.told("overdue", "case_limit") != 1 || c.standing("R15") != 1 || c.standing("R18") != 1 {
		t.Error("the month did not pass")
	}
	h.set("2026-03-02T16:20")
	c.tick()
	if fmt.Sprint(c.rows()) != before {
		t.Error("a clock set back moved something by itself")
	}
	c.do(step{"leave", "2026-03-02T16:20", "wang", "p2", nil})
	if c.standing("R18") != 0 || c.standing("R15") != 0 || c.head().Findings != 0 || c.head().Overdue != 0 {
		t.Errorf("of a time that has not come: %+v", c.head())
	}
	for _, f := range c.rows().Findings {
		if f.WithdrawnBy == 0 && !f.Warn {
			t.Errorf("%+v", f)
		}
	}
	h.set("2026-04-20T09:00")
	c.tick()
	if c.standing("R15") != 1 || c.head().Overdue == 0 {
		t.Error("forgotten", c.standing("R15"))
	}
}

// TestManyRipe: every case passes its deadlines, also beyond one batch; and a second tick finds nothing to do.
func TestManyRipe(t *testing.T) {
	h := newHouse(t)
	for range 260 {
		c := &case1{house: h}
		c.do(walk[0])
	}
	h.set("2026-03-04T09:00")
	var moved []string
	total := 0
	for {
		n, err := h.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		total += n
		moved = append(moved, fmt.Sprint(n))
	}
	if got := strings.Join(moved, " "); total != 260 {
		t.Error("moved", got)
	}
}

// sick cannot read one case.
type sick struct {
	handling.Store
	id casefile.CaseID
}

func (s sick) Case(ctx context.Context, id casefile.CaseID) (casefile.Head, error) {
	if id == s.id {
		return casefile.Head{}, errors.New("a broken page")
	}
	return s.Store.Case(ctx, id)
}

// TestOneSickCase: a case that cannot be read is named, and stops no other case's limits.
func TestOneSickCase(t *testing.T) {
	h := newHouse(t)
	ill, well := &case1{house: h}, &case1{house: h}
	ill.do(walk[0])
	well.do(walk[0])
	h.set("2026-03-04T09:00")
	h.House = h.over(h.store, func(s handling.Store) handling.Store { return sick{s, ill.id} }, nil)
	n, err := h.Tick(t.Context())
	if n != 1 || err == nil || !strings.Contains(err.Error(), string(ill.id)) || well.told("overdue", "answer_report") != 1 {
		t.Error(n, err)
	}
}
