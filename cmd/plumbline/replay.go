package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	yaml "plumbline/internal/strictyaml"
	"plumbline/web"
)

// simClock is a clock that is set while a world is played; zero: the real one.
type simClock struct{ at atomic.Int64 }

func (c *simClock) Now() calendar.Instant {
	if t := c.at.Load(); t != 0 {
		return calendar.Instant(t)
	}
	return now()
}

func (c *simClock) set(t calendar.Instant) { c.at.Store(int64(t)) }

// played is what became of a world.
type played struct {
	SignIns []signIn       `json:"sign_ins"`
	Counts  counts         `json:"counts"`
	Rules   map[string]int `json:"findings_by_rule"` // warnings too; those in a case that goes with another as PROCEDURE/RULE
}

// signIn is a [web.DemoSignIn] as programs read it.
type signIn struct {
	Role     string `json:"role"`
	Name     string `json:"login"`
	Password string `json:"password"`
	Person   string `json:"person"`
	Post     string `json:"post"`
	Unit     string `json:"unit"`

	en web.DemoSignIn
}

func (p *played) demos() map[string][]web.DemoSignIn {
	out := map[string][]web.DemoSignIn{}
	for _, s := range p.SignIns {
		out["zh"] = append(out["zh"], web.DemoSignIn{Role: s.Role, Name: s.Name, Password: s.Password, Person: s.Person, Post: s.Post, Unit: s.Unit})
		out["en"] = append(out["en"], s.en)
	}
	return out
}

type counts struct {
	Cases    int `json:"cases"`   // those that go with them in another procedure aside
	Matters  int `json:"matters"` // these; what follows leaves them aside
	Closed   int `json:"closed"`
	Acts     int `json:"acts"`
	Refused  int `json:"refused"`  // attempts that were refused and recorded
	Findings int `json:"findings"` // warnings aside
	Running  int `json:"running"`  // duties still to be done
	Overdue  int `json:"overdue"`  // of them past their limit
	Liberty  int `json:"liberty"`  // of them clocks on somebody's liberty
}

// foundedBefore: the organ is older than its first case.
const foundedBefore = 24 * 3600 * 1_000_000

// replay founds the organ of a world and plays its cases up to now through the use cases, in the order of time, each step
// by its person at its moment. Deadlines pass as they would have. It leaves the clock at the real time.
func replay(ctx context.Context, h *handling.House, w *world, clock *simClock, seed uint64, cases int, now calendar.Instant) (*played, error) {
	now -= now % 1_000_000 // texts of moments go down to the second
	plans, err := w.plans(h.Pack(), seed, cases, now)
	if err != nil {
		return nil, err
	}
	clock.set(now.Add(-w.Spread.To) - foundedBefore)
	if err := h.Found(ctx, w.founding()...); err != nil {
		return nil, err
	}
	out := &played{Rules: map[string]int{}}
	if err := w.accounts(ctx, h, out); err != nil {
		return nil, err
	}
	r := &replayed{h: h, clock: clock, pack: h.Pack().ID, procedure: w.Procedure.Text, questions: w.asked(now, seed)}
	if err := r.play(ctx, plans, now); err != nil {
		return nil, err
	}
	clock.set(0)
	return out, r.count(ctx, out)
}

func (w *world) accounts(ctx context.Context, h *handling.House, out *played) error {
	for _, p := range w.People {
		if p.Login == "" {
			continue
		}
		if err := h.PutAccount(ctx, p.Login, authority.PersonID(p.ID), w.Password, true); err != nil {
			return fmt.Errorf("sign-in %s: %w", p.Login, err)
		}
		post, postEN := p.Role.ZH, p.Role.EN
		if title, ok := h.Pack().Post(p.Post); ok {
			post, postEN = title.ZH, title.EN
		}
		s := signIn{Role: p.Role.ZH, Name: p.Login, Password: w.Password, Person: p.Name, Post: post, Unit: h.Unit(p.Unit).ZH}
		s.en = web.DemoSignIn{Role: p.Role.EN, Name: p.Login, Password: w.Password, Person: p.Name, Post: postEN, Unit: h.Unit(p.Unit).EN}
		out.SignIns = append(out.SignIns, s)
	}
	return nil
}

// replayed is a replay under way.
type replayed struct {
	h               *handling.House
	clock           *simClock
	pack, procedure string
	cases           []*replayedCase
	questions       []spoken
}

// spoken is a question or an answer at its moment.
type spoken struct {
	at calendar.Instant
	do func(context.Context, *replayed) error
}

// asked are the questions of a world and their answers, in the order of time. They are numbered as they are asked.
func (w *world) asked(now calendar.Instant, seed uint64) []spoken {
	var out []spoken
	id := func(text string) casefile.ActID {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s", seed, now, text))
		return casefile.ActID(hex.EncodeToString(sum[:16]))
	}
	for _, q := range w.Questions {
		unit := ""
		for _, p := range w.People {
			if p.ID == q.By {
				unit = p.Unit
			}
		}
		var number int64
		out = append(out, spoken{now.Add(-q.Ago.From), func(ctx context.Context, r *replayed) error {
			at := handling.Place{Unit: authority.UnitID(unit), Procedure: r.pack + "/" + r.procedure, On: q.On, Of: q.Of}
			got, err := r.h.Ask(ctx, handling.Who{Person: authority.PersonID(q.By)}, &handling.Asking{ID: id(q.Text), Place: at, Text: q.Text})
			if err != nil {
				return fmt.Errorf("%s: %w", q.Pos, err)
			}
			number = got.Number
			return nil
		}})
		if q.Answer == nil {
			continue
		}
		a := q.Answer
		out = append(out, spoken{now.Add(-a.Ago.From), func(ctx context.Context, r *replayed) error {
			err := r.h.Answer(ctx, handling.Who{Person: authority.PersonID(a.By)}, &handling.Answering{ID: id(a.Text), Question: number, Verdict: a.Verdict, Text: a.Text})
			if err != nil {
				return fmt.Errorf("%s: its answer: %w", q.Pos, err)
			}
			return nil
		}})
	}
	slices.SortStableFunc(out, func(a, b spoken) int { return cmp.Compare(a.at, b.at) })
	return out
}

type replayedCase struct {
	id   casefile.CaseID
	acts int64
	who  map[string][]casefile.Subject // by role
	with map[string]*replayedCase      // by procedure: those that go with it
}

func (r *replayed) play(ctx context.Context, plans []*plan, now calendar.Instant) error {
	type turn struct {
		at          calendar.Instant
		which, step int
	}
	var turns []turn
	r.cases = make([]*replayedCase, len(plans))
	for i, p := range plans {
		r.cases[i] = &replayedCase{who: map[string][]casefile.Subject{}, with: map[string]*replayedCase{}}
		for k, s := range p.steps {
			if s.at <= now {
				turns = append(turns, turn{s.at, i, k})
			}
		}
	}
	slices.SortFunc(turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.which, b.which), cmp.Compare(a.step, b.step))
	})
	for _, t := range turns {
		for len(r.questions) > 0 && r.questions[0].at <= t.at {
			if err := r.until(ctx, r.questions[0].at); err != nil {
				return err
			}
			if err := r.questions[0].do(ctx, r); err != nil {
				return err
			}
			r.questions = r.questions[1:]
		}
		if err := r.until(ctx, t.at); err != nil {
			return err
		}
		p := plans[t.which]
		if err := r.step(ctx, p, r.cases[t.which], &p.steps[t.step]); err != nil {
			s := &p.steps[t.step]
			return fmt.Errorf("scenario %s, case %d, step %d (%s at %s): %w", p.scenario, t.which, t.step+1, s.kind, s.at, err)
		}
	}
	return r.until(ctx, now)
}

// until lets the deadlines up to t pass, each at its moment.
func (r *replayed) until(ctx context.Context, t calendar.Instant) error {
	for {
		next, err := r.h.Store().NextRipe(ctx)
		if err != nil {
			return err
		}
		if next == 0 || next > t {
			r.clock.set(t)
			return nil
		}
		r.clock.set(max(next, r.h.Now()))
		n, err := r.h.Tick(ctx)
		if err != nil {
			return fmt.Errorf("deadlines at %s: %w", r.h.Now(), err)
		}
		if n == 0 {
			return fmt.Errorf("deadlines at %s do not pass", r.h.Now())
		}
	}
}

// step does one act as its person.
func (r *replayed) step(ctx context.Context, p *plan, c *replayedCase, s *planned) error {
	name, unit := r.pack+"/"+r.procedure, authority.UnitID(p.unit)
	if s.in != "" {
		of, _, _ := strings.Cut(s.in, "/")
		name = r.pack + "/" + of
		unit = authority.UnitID(s.home)
		if err := r.named(ctx, c, s.data); err != nil {
			return err
		}
		if c.with[s.in] == nil {
			c.with[s.in] = &replayedCase{who: map[string][]casefile.Subject{}}
		}
		c = c.with[s.in]
	}
	q := &handling.Request{ID: s.id, Case: c.id, Base: c.acts, Kind: s.kind, Data: s.data, Corrects: s.corrects, Withdraws: s.withdraws}
	if c.id == "" {
		q.Procedure, q.Unit = name, unit
	}
	if s.occurred != 0 {
		q.Occurred = s.occurred.Time().In(r.h.Pack().Zone.Location()).Format("2006-01-02T15:04:05")
	}
	for _, i := range s.whom {
		switch known := c.who[s.role]; {
		case i < len(known):
			q.Subjects = append(q.Subjects, handling.SubjectInput{ID: known[i]})
		case s.fresh:
			in := handling.SubjectInput{}
			if _, ok := r.h.Pack().Role(s.role); ok {
				in.Role = s.role
			}
			q.Subjects = append(q.Subjects, in)
		default:
			return fmt.Errorf("there is no %s %d in the case yet", s.role, i+1)
		}
	}
	a, err := r.h.Submit(ctx, handling.Who{Person: authority.PersonID(s.by)}, q)
	if err != nil {
		var invalid *handling.Invalid
		if errors.As(err, &invalid) {
			return fmt.Errorf("%w, data %v", err, s.data)
		}
		return fmt.Errorf("%s: %w", s.by, err)
	}
	if (len(a.Refused) > 0) != s.refused {
		if s.refused {
			return fmt.Errorf("it was to be refused, and was not")
		}
		proc, err := r.h.Procedure(name)
		if err != nil {
			return err
		}
		var why []string
		for _, f := range a.Refused {
			why = append(why, fmt.Sprintf("%s %s (%s %s)", proc.Rules()[f.Rule].ID, f.Clause, f.Subject, f.Missing))
		}
		return fmt.Errorf("refused: %s", strings.Join(why, "; "))
	}
	c.id, c.acts = a.Case, a.Kept.Number
	if err := r.answer(ctx, a.Slips, s.answered); err != nil {
		return err
	}
	if s.fresh && !s.refused { // nobody comes into the case with an act that is refused
		c.who[s.role] = append(c.who[s.role], a.Record.Subjects[0].ID)
	}
	return nil
}

// answer answers a survey with slips, each to every question the same, the groups in turn.
func (r *replayed) answer(ctx context.Context, slips []string, answered yaml.Map[int]) error {
	for _, e := range answered {
		for range e.Value {
			if len(slips) == 0 {
				return fmt.Errorf("fewer slips than answers")
			}
			sheet, err := r.h.Sheet(ctx, slips[0])
			if err != nil {
				return err
			}
			group := ""
			if n := len(sheet.Groups); n > 0 {
				group = sheet.Groups[len(slips)%n].ID
			}
			answers := map[casefile.Subject]string{}
			for _, q := range sheet.Questions {
				answers[q.ID] = e.Key
			}
			if err := r.h.AnswerSheet(ctx, slips[0], group, answers); err != nil {
				return err
			}
			slips = slips[1:]
		}
	}
	return nil
}

// named puts what is known only now where it is asked for: number and id of the case, findings in it and the acts that gave
// rise to them, cases that go with it and findings in those.
func (r *replayed) named(ctx context.Context, c *replayedCase, data map[string]string) error {
	asks := func(v string) bool { return strings.Contains(v, "{") }
	if !slices.ContainsFunc(slices.Collect(maps.Values(data)), asks) {
		return nil
	}
	var with []string
	findings := func(of *replayedCase, in string) error {
		found, err := r.h.Store().Findings(ctx, of.id)
		for i := range found {
			if found[i].WithdrawnBy == 0 {
				with = append(with, "{finding "+found[i].Rule+in+"}", found[i].ID(), "{cause "+found[i].Rule+in+"}", strconv.FormatInt(found[i].Cause, 10))
			}
		}
		return err
	}
	if c.id != "" {
		head, err := r.h.Store().Case(ctx, c.id)
		if err != nil {
			return err
		}
		with = append(with, "{number}", cmp.Or(head.Number, string(head.ID)), "{case}", string(head.ID))
		if err := findings(c, ""); err != nil {
			return err
		}
	}
	for name, m := range c.with {
		with = append(with, "{matter "+name+"}", string(m.id))
		if err := findings(m, " in "+name); err != nil {
			return err
		}
	}
	for k, v := range data {
		data[k] = strings.NewReplacer(with...).Replace(v)
		if strings.Contains(data[k], "{") {
			return fmt.Errorf("%s: nothing is called %s", k, data[k])
		}
	}
	return nil
}

func (r *replayed) count(ctx context.Context, out *played) error {
	store := r.h.Store()
	for _, c := range r.cases {
		if c.id == "" {
			continue
		}
		head, err := store.Case(ctx, c.id)
		if err != nil {
			return err
		}
		out.Counts.Cases++
		out.Counts.Acts += int(head.Acts)
		out.Counts.Findings += head.Findings
		out.Counts.Overdue += head.Overdue
		if head.Closed {
			out.Counts.Closed++
		}
		duties, err := store.Duties(ctx, c.id)
		if err != nil {
			return err
		}
		for _, d := range duties {
			if d.Done == 0 {
				out.Counts.Running++
				if d.Liberty {
					out.Counts.Liberty++
				}
			}
		}
		if err := r.rules(ctx, out, c.id, ""); err != nil {
			return err
		}
		for name, m := range c.with {
			out.Counts.Matters++
			of, _, _ := strings.Cut(name, "/")
			if err := r.rules(ctx, out, m.id, of+"/"); err != nil {
				return err
			}
		}
		entries, err := store.Acts(ctx, c.id, 0)
		if err != nil {
			return err
		}
		for _, e := range entries {
			record, err := casefile.DecodeRecord(e.Bytes)
			if err != nil {
				return err
			}
			if len(record.Refused) > 0 {
				out.Counts.Refused++
			}
		}
	}
	return nil
}

// rules counts the findings of one case by their rules.
func (r *replayed) rules(ctx context.Context, out *played, id casefile.CaseID, prefix string) error {
	findings, err := r.h.Store().Findings(ctx, id)
	for _, f := range findings {
		if f.WithdrawnBy == 0 {
			out.Rules[prefix+f.Rule]++
		}
	}
	return err
}
