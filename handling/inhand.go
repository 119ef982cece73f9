package handling

import (
	"context"
	"slices"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// InHand is how long a person was held, under whatever name, in all cases of the house together. Each clock has its own cap;
// nothing here resets when the case, the unit or the kind of measure changes.
type InHand struct {
	Time   time.Duration // of the run that lasts, or of the last one: parts less than a day apart are one
	Parts  []Held        // of that run, in order
	Passed []time.Duration
	Now    bool // the person is held now

	Incomplete bool // there are cases of the same id number that were not read, or could not be: it may be longer
}

// Held is one part of it. Times that overlap count once.
type Held struct {
	Case     casefile.CaseID
	What     Text
	From, To calendar.Instant // To is zero while it lasts
}

const (
	mostOfPerson = 400            // other cases that are looked into, the newest change first
	mostHeld     = 40             // of those in which somebody was held, that are read
	apart        = 24 * time.Hour // a longer time at liberty ends a run
)

// InHand adds up how long a subject of a case was held, there and in other cases of the same id number; nothing where they
// were not held in this case. That a person is told of another case is on the record as a view of that case before they are.
func (h *House) InHand(ctx context.Context, who Who, f *File, p *Party) (InHand, error) {
	parts := h.held(f.Proc, f.Head.ID, f.Duties, p.ID)
	if len(parts) == 0 {
		return InHand{}, nil
	}
	more, incomplete, err := h.elsewhere(ctx, f.Head.ID, identity(f.Proc, p))
	if err != nil {
		return InHand{}, err
	}
	out := sumHeld(append(parts, more...), f.Now, h.pack.InHand().Warn)
	out.Incomplete = incomplete
	for _, x := range out.Parts {
		if x.Case == f.Head.ID || f.told[x.Case] {
			continue
		}
		if err := h.look(ctx, who, &casefile.Head{ID: x.Case}, "inhand", f.Now); err != nil {
			return InHand{}, err
		}
		if f.told == nil {
			f.told = map[casefile.CaseID]bool{}
		}
		f.told[x.Case] = true
	}
	return out, nil
}

// elsewhere lists the times of whoever has an id number in other cases than one; incomplete: not every case was read.
func (h *House) elsewhere(ctx context.Context, but casefile.CaseID, number string) (out []Held, incomplete bool, err error) {
	if number == "" {
		return nil, false, nil
	}
	heads, err := h.store.Cases(ctx, casefile.Selection{All: true, Words: identityWords(number), Limit: mostOfPerson})
	if err != nil {
		return nil, false, err
	}
	incomplete = len(heads) == mostOfPerson
	read := 0
	for i := range heads {
		if read == mostHeld {
			return out, true, nil
		}
		more, was, err := h.heldElsewhere(ctx, &heads[i], but, number)
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if was {
			read++
		}
		if err != nil { // a case that cannot be read takes no other's page away
			h.log.Error("time in hand: a case is left out", "case", heads[i].ID, "error", err)
			incomplete = true
		}
		out = append(out, more...)
	}
	return out, incomplete, nil
}

// heldElsewhere lists the times of a person in another case; was: somebody was held in it, so that its acts were read.
func (h *House) heldElsewhere(ctx context.Context, head *casefile.Head, but casefile.CaseID, number string) (out []Held, was bool, err error) {
	if _, err := h.procedureOf(head.Procedure); err != nil || head.ID == but {
		return nil, false, nil // of another pack
	}
	duties, err := h.store.Duties(ctx, head.ID)
	if err != nil || !slices.ContainsFunc(duties, h.holds) {
		return nil, false, err
	}
	c, err := h.load(ctx, head.ID) // a listed head has no standing
	if err != nil {
		return nil, true, err
	}
	acts, err := h.fileActs(ctx, c)
	if err != nil {
		return nil, true, err
	}
	for _, x := range h.parties(c, acts) {
		if identity(c.proc, &x) == number {
			out = append(out, h.held(c.proc, head.ID, duties, x.ID)...)
		}
	}
	return out, true, nil
}

// holds tells whether a duty is one during which somebody was held; a time that was entered and taken back is none.
func (h *House) holds(d casefile.Duty) bool {
	return d.Opened != 0 && d.State != Withdrawn && slices.Contains(h.pack.InHand().Duties, d.Duty)
}

// held lists the times of a subject in one case.
func (h *House) held(p *procedure.Procedure, id casefile.CaseID, duties []casefile.Duty, subject casefile.Subject) []Held {
	var out []Held
	for _, d := range duties {
		if d.Subject == subject && h.holds(d) {
			if info := p.Duty(d.Duty); info != nil {
				out = append(out, Held{id, info.Title, d.Opened, d.Done})
			}
		}
	}
	return out
}

// sumHeld takes the last run of parts and adds up the time that they cover.
func sumHeld(parts []Held, now calendar.Instant, warn []time.Duration) InHand {
	slices.SortFunc(parts, func(a, b Held) int { return int(a.From - b.From) })
	var out InHand
	end := calendar.Instant(0)
	for _, x := range parts {
		to := x.To
		if to == 0 {
			to = now
		}
		if len(out.Parts) > 0 && x.From.Time().Sub(end.Time()) > apart {
			out = InHand{}
		}
		if len(out.Parts) == 0 {
			end = x.From
		}
		out.Parts, out.Now = append(out.Parts, x), out.Now || x.To == 0
		if from := max(x.From, end); to > from {
			out.Time += to.Time().Sub(from.Time())
		}
		end = max(end, to)
	}
	for _, w := range warn {
		if out.Time > w {
			out.Passed = append(out.Passed, w)
		}
	}
	return out
}
