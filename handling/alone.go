package handling

import (
	"context"
	"slices"
	"strings"

	"plumbline/casefile"
)

// Who scores a case is to come to it alone (alone_until in a pack). A matter that is not scored yet is there for who opened it
// and for the heads; who has one open is not shown another's about the same, scored or not; and who looked at another's stands in
// the relation saw_other to a new one, which the pack may refuse.

// lone is a matter that its opener comes to alone.
type lone struct {
	opener, procedure string
	about             []string
}

// readLone brings to hand who has what open alone.
func (h *House) readLone(ctx context.Context) error {
	s := casefile.Selection{All: true, Words: []string{seenAlone}, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return err
		}
		for i := range heads {
			h.moveLone(&heads[i])
		}
		if len(heads) < s.Limit {
			return nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

// moveLone takes up a case after a change.
func (h *House) moveLone(head *casefile.Head) {
	h.loneMu.Lock()
	defer h.loneMu.Unlock()
	if view(head).Alone {
		h.lone[head.ID] = lone{head.Opener, head.Procedure, keyed(head.Words, aboutCase)}
	} else {
		delete(h.lone, head.ID)
	}
}

// besides tells whether a person has a matter of their own about the same open alone: one of the same procedure that names the
// same round and the same case.
func (h *House) besides(who Who, head *casefile.Head) bool {
	if head.Opener == string(who.Person) {
		return false
	}
	h.loneMu.RLock()
	defer h.loneMu.RUnlock()
	for id, x := range h.lone {
		if x.opener == string(who.Person) && x.procedure == head.Procedure && id != head.ID && same(x.about, keyed(head.Words, aboutCase)) {
			return true
		}
	}
	return false
}

// same tells whether two matters are about the same: they share a case and the round.
func same(a, b []string) bool {
	n := 0
	for _, id := range a {
		n += one(slices.Contains(b, id))
	}
	return n >= min(2, len(a))
}

// mostSeen is how many views of a matter are read to learn whether somebody looked at it.
const mostSeen = 10000

// sawOther tells whether a person looked at another's matter of the same procedure about the same.
func (h *House) sawOther(ctx context.Context, person string, head *casefile.Head, words []string) (bool, error) {
	p, err := h.procedureOf(head.Procedure)
	if err != nil || len(p.AloneUntil()) == 0 || head.Revision > 0 && !view(head).Alone {
		return false, nil // it is not scored alone, or was scored
	}
	about := keyed(strings.Join(words, " "), aboutCase)
	for _, of := range about {
		others, err := h.store.Cases(ctx, casefile.Selection{All: true, Words: []string{aboutCase + of}, Limit: 500})
		if err != nil {
			return false, err
		}
		for _, x := range others {
			if x.ID == head.ID || x.Procedure != head.Procedure || x.Opener == person || !same(about, keyed(x.Words, aboutCase)) {
				continue
			}
			looks, err := h.store.Looks(ctx, x.ID, mostSeen)
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(looks, func(l casefile.Looked) bool { return l.Person == person && !l.Refused }) {
				return true, nil
			}
		}
	}
	return false, nil
}
