package handling

import (
	"context"
	"errors"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Past says what of the record was read by [House.Past].
type Past struct {
	Revision int64 // the size of the ledger when reading began
	At       calendar.Instant
	Cases    int  // that were handed over
	Sealed   int  // that the person sees only for a stated purpose: counted, and not read
	More     bool // there are older cases, which were not read
}

// ErrEnough stops [House.Past] without an error.
var ErrEnough = errors.New("enough was read")

// WatchedUnits are the units whose cases a person sees whole: as head, in review, in supervision. Empty: none.
func (h *House) WatchedUnits(who Who) []string {
	s, _ := h.selection(who, h.now())
	return s.Units
}

// Past hands over the cases of a procedure in the units that a person watches, each with all acts kept of it, the newest change
// first and at most most of them. Cases that change meanwhile are handed over once, as they are when their turn comes. To who
// watches no unit it is not found. A complaint about the person, and a sheet that is another's alone, are not even counted.
func (h *House) Past(ctx context.Context, who Who, p *procedure.Procedure, most int, each func(*casefile.Head, []*casefile.Record) error) (*Past, error) {
	s, any := h.selection(who, h.now())
	if !any || len(s.Units) == 0 {
		return nil, casefile.ErrNotFound
	}
	s.Handler = ""
	out := &Past{At: h.now()}
	var err error
	if out.Revision, _, err = h.store.Head(ctx); err != nil {
		return nil, err
	}
	seen := map[casefile.CaseID]bool{}
	name := h.pack.ID + "/" + p.ID
	one := func(head *casefile.Head) error {
		if head.Procedure != name || seen[head.ID] || h.unlisted(who, head) {
			return nil
		}
		seen[head.ID] = true
		if h.may(who, authority.SeeCase, head, h.now()) != nil {
			out.Sealed++
			return nil
		}
		if out.Cases == most {
			return ErrEnough
		}
		records, err := h.records(ctx, head.ID, 0)
		if err != nil {
			return err
		}
		out.Cases++
		return each(head, records)
	}
	pages := func(until calendar.Instant) error {
		s := s
		s.Limit = 500
		for {
			heads, err := h.store.Cases(ctx, s)
			if err != nil {
				return err
			}
			for i := range heads {
				if heads[i].Updated < until {
					return nil
				}
				if err := one(&heads[i]); err != nil {
					return err
				}
			}
			if len(heads) < s.Limit {
				return nil
			}
			s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
		}
	}
	err = pages(0)
	if err == nil { // what moved to the front while it was being read
		err = pages(out.At)
	}
	if errors.Is(err, ErrEnough) {
		out.More, err = true, nil
	}
	return out, err
}

// ProcedureNamed finds a procedure of the pack by its id; the main one where the id is empty, nil where there is none.
func (h *House) ProcedureNamed(id string) *procedure.Procedure {
	i := slices.IndexFunc(h.pack.Procedures, func(p *procedure.Procedure) bool { return p.ID == id || id == "" })
	if i < 0 {
		return nil
	}
	return h.pack.Procedures[i]
}
