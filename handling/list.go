package handling

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Wanted narrows a list of cases; who may see what is added here, never taken from the person.
type Wanted struct {
	Mine, Late, Open, Closed bool
	Found                    bool // only with findings that stand
	Matters                  bool // only matters: cases that are about another, a finding or officers
	Unit                     string
	Text                     string // words of titles, names and numbers
	Before                   calendar.Instant
	AfterID                  casefile.CaseID
	Limit                    int // at most 100; 0 means 50
}

// Cases lists cases that a person may see, newest change first.
func (h *House) Cases(ctx context.Context, who Who, w Wanted) ([]casefile.Head, error) {
	s, any := h.selection(who, h.now())
	if !any {
		return nil, nil
	}
	switch {
	case w.Mine:
		s.Units, s.Handler = nil, string(who.Person)
	case w.Unit != "" && slices.Contains(s.Units, w.Unit):
		s.Units, s.Handler = []string{w.Unit}, ""
	case w.Unit != "":
		return nil, nil
	}
	s.Late, s.Found, s.Open, s.Closed, s.Words, s.Before, s.AfterID = w.Late, w.Found, w.Open, w.Closed, Grams(w.Text), w.Before, w.AfterID
	if w.Matters {
		s.Words = append(s.Words, aboutMatter)
	}
	s.Limit = min(max(w.Limit, 0), 100)
	if s.Limit == 0 {
		s.Limit = 50
	}
	var out []casefile.Head
	for { // what is not there leaves no gap on a page
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			if len(out) < s.Limit && !h.unlisted(who, &heads[i]) {
				out = append(out, heads[i])
			}
		}
		if len(heads) < s.Limit || len(out) == s.Limit {
			return out, nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

// unlisted tells whether a case is not there for a person though it is of a unit or among the cases that they see: a complaint
// about them, or a sheet that is another's alone.
func (h *House) unlisted(who Who, head *casefile.Head) bool {
	if !strings.Contains(head.Words, complainsOf) && !strings.Contains(head.Words, seenAlone) && !h.besides(who, head) {
		return false
	}
	return h.may(who, authority.SeeCase, head, h.now()) != nil
}

// watches tells whether a person sees the cases of a unit.
func (h *House) watches(who Who, unit authority.UnitID, now calendar.Instant) bool {
	return slices.Contains(h.People().Visible(who.Person, who.Purpose, now).Units, unit)
}

// Task is a duty that waits for a person, or for somebody in their place.
type Task struct {
	casefile.Duty
	Head  casefile.Head
	Title Text
	Acts  []*procedure.ActInfo // those that discharge it and that the person's posts may do
	Usual bool                 // the first of them is the ordinary way, the one that the pack names first
	Basis []string
	Mine  bool // the case is assigned to the person; else their post may do it
	Warn  bool

	Elsewhere bool // the case was born in another system, where its acts are done
}

const mostTasks = 500

// Tasks lists duties still to be done that a person may do: those of their own cases, and those that only their post can
// do in cases they may see. Nearest deadline first, liberty before the rest.
func (h *House) Tasks(ctx context.Context, who Who) ([]Task, error) {
	now := h.now()
	s, any := h.selection(who, now)
	if !any {
		return nil, nil
	}
	s.Limit = mostTasks
	duties, err := h.store.OpenDuties(ctx, s)
	if err != nil {
		return nil, err
	}
	if duties, err = h.withConcerning(ctx, who, duties); err != nil {
		return nil, err
	}
	var out []Task
	heads := map[casefile.CaseID]*casefile.Head{}
	actors := map[casefile.CaseID]*casefile.Actor{}
	possible := map[casefile.CaseID][]procedure.Next{}
	for _, d := range duties {
		head := heads[d.Case]
		if head == nil {
			got, err := h.store.Case(ctx, d.Case)
			if err != nil {
				return nil, err
			}
			head = &got
			heads[d.Case] = head
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue // the people's file
		}
		info := p.Duty(d.Duty)
		if info == nil {
			continue // of another edition; the clock or the next act brings the rows up to this one
		}
		mine := slices.Contains(head.Handlers, string(who.Person)) || len(head.Handlers) == 0 && head.Opener == string(who.Person)
		if !mine && h.may(who, authority.DecideAct, head, now) != nil {
			continue // sees the case and does nothing in it
		}
		if h.unlisted(who, head) {
			continue
		}
		actor := actors[d.Case]
		if actor == nil {
			if actor, err = h.actor(ctx, who.Person, head, now); err != nil {
				return nil, err
			}
			actors[d.Case] = actor
		}
		t := Task{Duty: d, Head: *head, Title: info.Title, Basis: info.Basis, Warn: info.Warn, Mine: mine}
		for _, i := range info.Do {
			if ObservedFrom(head) != "" {
				break // done there; the limit is shown all the same
			}
			if a := p.Act(i); doable(a, actor.Posts, mine) {
				t.Acts = append(t.Acts, a)
			}
		}
		if len(t.Acts) > 0 && !mine { // of others' cases only what could be done now
			nexts, ok := possible[d.Case]
			if !ok {
				nexts = h.possible(p, head, actor, now)
				possible[d.Case] = nexts
			}
			t.Acts = slices.DeleteFunc(t.Acts, func(a *procedure.ActInfo) bool {
				return !slices.ContainsFunc(nexts, func(n procedure.Next) bool {
					return p.Act(n.Act) == a && len(n.Against) == 0 && (n.Subject == d.Subject || a.Scope == "case" || d.Subject == "")
				})
			})
		}
		if t.Elsewhere = ObservedFrom(head) != ""; t.Elsewhere {
			out = append(out, t)
		}
		if len(t.Acts) > 0 {
			t.Usual = p.Act(info.Do[0]) == t.Acts[0]
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Task) int { return rankOf(a) - rankOf(b) })
	return out, nil
}

// withConcerning adds the duties of the matters that are about the person: what they must answer stands before them too.
func (h *House) withConcerning(ctx context.Context, who Who, duties []casefile.Duty) ([]casefile.Duty, error) {
	heads, err := h.Concerning(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, head := range heads {
		if slices.ContainsFunc(duties, func(d casefile.Duty) bool { return d.Case == head.ID }) {
			continue // of their unit
		}
		more, err := h.store.Duties(ctx, head.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range more {
			if d.Done == 0 {
				duties = append(duties, d)
			}
		}
	}
	slices.SortStableFunc(duties, func(a, b casefile.Duty) int {
		return cmp.Or(one(a.Due == 0)-one(b.Due == 0), cmp.Compare(a.Due, b.Due))
	})
	return duties, nil
}

// doable tells whether who holds posts may do an act: one of the posts it is for, or where it is for none, the handler.
func doable(a *procedure.ActInfo, posts []string, mine bool) bool {
	needs := a.By
	if len(needs) == 0 {
		needs = a.Competent
	}
	return len(needs) == 0 && mine || slices.ContainsFunc(needs, func(post string) bool { return slices.Contains(posts, post) })
}

// possible weighs every act of a case for a person as the case stands; nothing where its standing cannot be read.
func (h *House) possible(p *procedure.Procedure, head *casefile.Head, actor *casefile.Actor, now calendar.Instant) []procedure.Next {
	at, err := p.Decode(head.Standing)
	if err != nil {
		return nil // of another edition: the case's own page folds it again
	}
	return p.NewJudge().Nexts(at, max(now, at.Now()), actor)
}

// rankOf puts liberty first, then what has a deadline, then the rest; within each the store's order by deadline stands.
func rankOf(t Task) int {
	switch {
	case t.Liberty:
		return 0
	case t.Due != 0 && !t.Warn:
		return 1
	case t.Due != 0:
		return 2
	}
	return 3
}
