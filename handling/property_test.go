package handling_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

const minute, hour, day = calendar.Instant(60e6), calendar.Instant(3600e6), calendar.Instant(86400e6)

// TestFoldIsTheRecord: whatever is entered, in whatever order, with the clock ticking in between, what the store says of the
// case is what judging its acts once more says.
func TestFoldIsTheRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir := temp(t)
		defer os.RemoveAll(dir)
		h := openHouse(t, filepath.Join(dir, "r.db"), at("2026-03-01T08:00"), nil)
		defer func() { h.store.Close() }()
		h.found()
		c := &case1{house: h}
		c.do(walk[0])
		p, _ := police().Procedure("administrative")
		next := 1
		var trail []string
		n := rapid.IntRange(3, 40).Draw(t, "steps")
		for range n {
			// Time passes; now and then a lot of it.
			h.to(h.now() + rapid.SampledFrom([]calendar.Instant{0, 7, 20 * 1e6, minute, 10 * minute, hour, 7 * hour, 25 * hour, 12 * day}).Draw(t, "passes"))
			if rapid.IntRange(0, 2).Draw(t, "tick") == 0 {
				if _, err := h.Tick(context.Background()); err != nil {
					t.Fatal(err)
				}
				trail = append(trail, "tick "+local(h.now()))
			}
			var s step
			var q *handling.Request
			acts := c.effective()
			switch kind := rapid.IntRange(0, 9).Draw(t, "what"); {
			case kind < 4 && next < len(walk): // the walk goes on, each at its place or later
				s = walk[next]
				next++
				q = c.request(s)
			case kind < 7: // anything
				i := rapid.IntRange(0, len(p.Acts())-1).Draw(t, "act")
				s = anything(t, p, i, h.now())
				q = c.request(s)
			default: // a correction or a withdrawal of what stands
				r := rapid.SampledFrom(acts).Draw(t, "old")
				s = anything(t, p, p.ActOf(r.Kind), h.now())
				if kind == 9 {
					q = c.request(step{do: r.Kind})
					q.Withdraws = r.ID
				} else {
					q = c.request(s)
					q.Corrects = r.ID
					q.Subjects = nil
					for _, ref := range r.Subjects {
						q.Subjects = append(q.Subjects, handling.SubjectInput{ID: ref.ID})
					}
				}
			}
			if s.by == "" {
				s.by = rapid.SampledFrom([]string{"chen", "li", "wang", "qian", "zhou", "zhao"}).Draw(t, "by")
			}
			if !p.Act(p.ActOf(q.Kind)).Decision {
				back := rapid.SampledFrom([]calendar.Instant{0, 0, minute, 3 * minute, hour, 9 * hour, 3 * day}).Draw(t, "ago")
				form := rapid.SampledFrom([]string{"2006-01-02T15:04", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02"}).Draw(t, "form")
				q.Occurred = (h.now() - back).Time().In(police().Zone.Location()).Format(form)
			}
			a, err := h.Submit(context.Background(), as(s.by), q)
			var bad *handling.Invalid
			var no *handling.NotAllowed
			if err != nil && !errors.As(err, &bad) && !errors.As(err, &no) && !errors.Is(err, casefile.ErrNotFound) {
				t.Fatalf("%s: %v", s.do, err)
			}
			said := fmt.Sprintf("%s by %s occurred %q now %s subjects %v corrects %q withdraws %q: ", q.Kind, s.by, q.Occurred, local(h.now()), q.Subjects, q.Corrects, q.Withdraws)
			switch {
			case err != nil:
				said += err.Error()
			case len(a.Refused) > 0:
				said += fmt.Sprint("refused ", c.rules(a.Refused))
			default:
				said += fmt.Sprintf("number %d", a.Kept.Number)
			}
			trail = append(trail, said)
			// At the end of it all, or now and then on the way.
			if rapid.IntRange(0, 3).Draw(t, "look") == 0 {
				c.compare(t, p, trail)
			}
		}
		c.compare(t, p, trail)
		if err := h.store.Check(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func local(i calendar.Instant) string {
	return i.Time().In(police().Zone.Location()).Format("2006-01-02T15:04:05.000000")
}

// effective lists the acts that can be corrected or withdrawn.
func (c *case1) effective() []*casefile.Record {
	var out []*casefile.Record
	gone := map[casefile.ActID]bool{}
	for _, e := range c.rows().Acts {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			c.t.Fatal(err)
		}
		if len(r.Refused) > 0 {
			continue
		}
		gone[r.Corrects], gone[r.Withdraws] = true, true
		out = append(out, r)
	}
	return slices.DeleteFunc(out, func(r *casefile.Record) bool { return gone[r.ID] || r.Withdraws != "" })
}

// anything draws lawful data for an act, its subject and who does it.
func anything(t *rapid.T, p *procedure.Procedure, i int, now calendar.Instant) step {
	info := p.Act(i)
	s := step{do: info.ID, data: data{}}
	if info.Scope != "case" {
		s.about = rapid.SampledFrom([]string{info.Scope[:1] + "1", info.Scope[:1] + "2", "+" + info.Role}).Draw(t, "about")
		if s.about == "+" && info.Scope == "person" {
			s.about = "+offender"
		}
	}
	for _, f := range info.Fields {
		if !f.Required && rapid.Bool().Draw(t, "left out") {
			continue
		}
		s.data[f.Name] = valueFor(t, &f, now)
	}
	return s
}

func valueFor(t *rapid.T, f *procedure.FieldInfo, now calendar.Instant) string {
	switch {
	case len(f.Enum) > 0:
		return rapid.SampledFrom(f.Enum).Draw(t, f.Name).ID
	case f.As == "officers" || f.As == "handlers":
		return rapid.SampledFrom([]string{"wang", "wang, sun", "chen"}).Draw(t, f.Name)
	}
	switch f.Kind {
	case casefile.Bool:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, f.Name)
	case casefile.Int:
		return rapid.SampledFrom([]string{"0", "5", "15"}).Draw(t, f.Name)
	case casefile.Money:
		return rapid.SampledFrom([]string{"0", "500", "1000.50", "5000"}).Draw(t, f.Name)
	case casefile.Instant:
		return (now - calendar.Instant(rapid.IntRange(0, 600).Draw(t, f.Name))*minute).Time().In(police().Zone.Location()).Format("2006-01-02T15:04")
	case casefile.Date:
		return "1990-01-02"
	}
	return "某事"
}

type dutyKey struct {
	Duty    string
	Subject casefile.Subject
	Cause   int64
}

type dutyRow struct {
	State     string
	Due, Done calendar.Instant
	Waiting   bool
}

// compare holds the rows of the store against judging the stored acts at the same moment.
func (c *case1) compare(t *rapid.T, p *procedure.Procedure, trail []string) {
	if _, err := c.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	rows := c.rows()
	number := map[casefile.ActID]int64{}
	var acts []procedure.Act
	for _, e := range rows.Acts {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		number[r.ID] = r.Number
		if len(r.Refused) > 0 {
			continue
		}
		a := procedure.Act{Ref: r.Number, Kind: p.ActOf(r.Kind), Occurred: r.Occurred, Precision: r.Precision, Recorded: r.Recorded, Actor: r.Actor, Unit: r.Unit, Subjects: r.Subjects, Corrects: number[r.Corrects], Withdraws: number[r.Withdraws]}
		for _, f := range p.Act(a.Kind).Fields {
			var v casefile.Value
			for _, d := range r.Data {
				if d.Name == f.Name {
					v = d.Value
				}
			}
			a.Data = append(a.Data, v)
		}
		acts = append(acts, a)
	}
	want := p.RejudgeClosing(acts, c.now())
	got, err := p.Decode(rows.Head.Standing)
	if err != nil {
		t.Fatal(err)
	}
	var past procedure.Outcome
	p.NewJudge().Advance(got, c.now(), &past) // amber leaves the standing where it is
	if len(past.Findings)+len(past.Duties) > 0 {
		t.Errorf("the clock left something: %+v", past)
	}
	differ := func(what string, want, got any) {
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b casefile.Value) bool { return a.Kind() == b.Kind() && a.String() == b.String() })); d != "" {
			for _, s := range trail {
				t.Log(s)
			}
			t.Fatalf("%s (- the fold, + the store) %s", what, d)
		}
	}
	differ("facts", want.Standing.Facts(), got.Facts())
	differ("subjects", sorted(want.Standing.Subjects()), sorted(got.Subjects()))
	differ("running", running(want.Standing), running(got))
	differ("closed", want.Standing.Closed(), rows.Head.Closed)
	var wf, gf []string
	count := 0
	for _, f := range want.Stands() {
		wf = append(wf, fmt.Sprint(p.Rules()[f.Rule].ID, f.Clause, f.Subject, f.Cause, f.At, f.Due, f.Unjudged, f.Warn))
		if !f.Warn {
			count++
		}
	}
	for _, f := range rows.Findings {
		if f.WithdrawnBy == 0 {
			gf = append(gf, fmt.Sprint(f.Rule, f.Clause, f.Subject, f.Cause, f.At, f.Due, f.Unjudged, f.Warn))
		}
	}
	differ("findings", sorted(wf), sorted(gf))
	differ("count of findings", count, rows.Head.Findings)
	wd, gd := map[dutyKey]dutyRow{}, map[dutyKey]dutyRow{}
	for _, e := range want.Duties {
		k := dutyKey{p.Duties()[e.Duty].ID, e.Subject, e.Cause}
		r := dutyRow{State: e.State.String(), Due: e.Due}
		if e.State != procedure.Opened && e.State != procedure.Overdue {
			r.Done = e.At
		}
		wd[k] = r
	}
	overdue := 0
	var nearest calendar.Instant
	for _, r := range want.Standing.Running() {
		info := p.Duties()[r.Duty]
		k := dutyKey{info.ID, r.Subject, r.Cause}
		row := wd[k]
		row.Due, row.Waiting = r.Due, r.Waiting
		if r.Provisional { // its last day lies in a year without a calendar
			row.State = handling.Provisional
		}
		wd[k] = row
		if r.Overdue && !info.Warn {
			overdue++
		}
		if !r.Overdue && (!r.Waiting || r.Provisional) && !info.Warn && r.Due != 0 && (nearest == 0 || r.Due < nearest) {
			nearest = r.Due
		}
	}
	for _, d := range rows.Duties {
		if d.State != "withdrawn" {
			gd[dutyKey{d.Duty, d.Subject, d.Cause}] = dutyRow{d.State, d.Due, d.Done, d.Waiting}
		}
		if d.Next != 0 && d.Next <= c.now() {
			t.Errorf("%+v waits for a moment that has passed", d)
		}
	}
	differ("duties", wd, gd)
	differ("overdue", overdue, rows.Head.Overdue)
	differ("nearest", nearest, rows.Head.Due)
}

func sorted[T any](s []T) []T {
	slices.SortFunc(s, func(a, b T) int { return slices.Compare([]byte(fmt.Sprint(a)), []byte(fmt.Sprint(b))) })
	if s == nil {
		return []T{}
	}
	return s
}

func running(s *procedure.Standing) []procedure.Running { return sorted(s.Running()) }
