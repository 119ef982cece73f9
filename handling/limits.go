package handling

import (
	"context"
	"slices"

	"plumbline/authority"
	"plumbline/casefile"
)

// Running is a limit that runs in a case that somebody may see, whoever has to act.
type Running struct {
	casefile.Duty
	Head casefile.Head
}

// UnitsSeen lists the units whose cases a person may see.
func (h *House) UnitsSeen(who Who) []string {
	s, _ := h.selection(who, h.now())
	return s.Units
}

// mostRunning are read at once, the nearest deadlines first.
const mostRunning = 1000

// Limits lists what is still to be done and has a deadline, in the cases that a person may see: all, those of one unit, or
// those assigned to the person. Nearest deadline first; more: there are further ones, all later than those given.
func (h *House) Limits(ctx context.Context, who Who, mine bool, unit string) (running []Running, more bool, err error) {
	now := h.now()
	s, any := h.selection(who, now)
	switch {
	case !any:
		return nil, false, nil
	case mine:
		s.Units, s.Handler = nil, string(who.Person)
	case unit != "" && !slices.Contains(s.Units, unit):
		return nil, false, nil
	case unit != "":
		s.Units, s.Handler = []string{unit}, ""
	}
	s.Limit = mostRunning
	duties, err := h.store.OpenDuties(ctx, s)
	if err != nil {
		return nil, false, err
	}
	more = len(duties) == mostRunning
	heads := map[casefile.CaseID]*casefile.Head{}
	for _, d := range duties {
		if d.Due == 0 { // those come last
			more = false
			break
		}
		head, read := heads[d.Case]
		if !read {
			got, err := h.store.Case(ctx, d.Case)
			if err != nil {
				return nil, false, err
			}
			if h.may(who, authority.SeeCase, &got, now) == nil {
				head = &got
			}
			heads[d.Case] = head
		}
		if head == nil {
			continue
		}
		if p, err := h.procedureOf(head.Procedure); err != nil || p.Duty(d.Duty) == nil {
			continue // the people's file; or of another edition, which the clock brings up to this one
		}
		running = append(running, Running{d, *head})
	}
	return running, more, nil
}
