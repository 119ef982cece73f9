package handling_test

import (
	"context"
	"errors"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// damaged is a store in which the acts of one case cannot be read.
type damaged struct {
	handling.Store
	id casefile.CaseID
}

func (d *damaged) Acts(ctx context.Context, id casefile.CaseID, after int64) ([]casefile.Entry, error) {
	if id == d.id {
		return nil, errors.New("damaged")
	}
	return d.Store.Acts(ctx, id, after)
}

// TestACaseThatCannotBeReadStopsNoOther: what is said of a person and of an offence from several cases leaves out the one that
// cannot be read, and says that it is incomplete.
func TestACaseThatCannotBeReadStopsNoOther(t *testing.T) {
	h := newHouse(t)
	first := walked(h, "close")
	second, _ := arrived(h, numberOf("+offender"), "2026-03-09T12:00")
	if got, err := h.Similar(t.Context(), second.id, "psapl-51-p1a"); err != nil || got.Incomplete || len(got.Decided) != 1 || second.inHand("wang").Incomplete {
		t.Errorf("all can be read: %+v %v", got, err)
	}
	h.House = h.over(h.store, func(s handling.Store) handling.Store { return &damaged{s, first.id} }, nil)
	if got := second.inHand("wang"); !got.Incomplete || len(got.Parts) != 1 {
		t.Errorf("time in hand: %+v", got)
	}
	if got, err := h.Similar(t.Context(), second.id, "psapl-51-p1a"); err != nil || !got.Incomplete || len(got.Decided) != 0 {
		t.Errorf("decided alike: %+v %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := h.Similar(ctx, second.id, "psapl-51-p1a"); err == nil {
		t.Errorf("nobody waits any more, and the answer is called incomplete: %+v", got)
	}
}
