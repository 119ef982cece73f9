package handling

import (
	"context"
	"sync"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
)

// A page that is left open learns of what happens meanwhile. Every change that the house keeps is told to those who follow;
// what is told is that a case moved, never what happened in it: that is read as any page is, by who may, with a view on the
// record. A follower who misses changes, because it was away or too slow, asks how the case or the list stands now.

// Following is one page that is open.
type Following struct {
	h    *House
	who  Who
	only casefile.CaseID // empty: every case that the person may see
	wake chan struct{}

	mu    sync.Mutex
	moved map[casefile.CaseID]*casefile.Head
	many  bool // more than are kept
}

const mostMoved = 256 // cases kept for one follower; beyond that it is told that something moved

type followers struct {
	mu  sync.Mutex
	all map[*Following]struct{}
}

// Follow tells of cases that move from now on: of one, or of all that the person may see. It ends with Close.
func (h *House) Follow(who Who, only casefile.CaseID) *Following {
	f := &Following{h: h, who: who, only: only, wake: make(chan struct{}, 1), moved: map[casefile.CaseID]*casefile.Head{}}
	h.following.mu.Lock()
	defer h.following.mu.Unlock()
	if h.following.all == nil {
		h.following.all = map[*Following]struct{}{}
	}
	h.following.all[f] = struct{}{}
	return f
}

// Close ends it.
func (f *Following) Close() {
	f.h.following.mu.Lock()
	defer f.h.following.mu.Unlock()
	delete(f.h.following.all, f)
}

// Wake receives when there may be something to take.
func (f *Following) Wake() <-chan struct{} { return f.wake }

// Moved tells whether a case that the person may see now has moved since it was last asked.
func (f *Following) Moved() bool {
	f.mu.Lock()
	moved, many := f.moved, f.many
	f.moved, f.many = map[casefile.CaseID]*casefile.Head{}, false
	f.mu.Unlock()
	if many {
		return true
	}
	now := f.h.now()
	for _, head := range moved {
		if f.h.may(f.who, authority.SeeCase, head, now) == nil {
			return true
		}
	}
	return false
}

// commit hands the store one change, and tells those who follow once it is kept.
func (h *House) commit(ctx context.Context, change *casefile.Change) (casefile.Kept, error) {
	kept, err := h.store.Commit(ctx, change)
	if err != nil || kept.Again {
		return kept, err
	}
	h.tell(&change.Head)
	return kept, nil
}

func (h *House) tell(head *casefile.Head) {
	h.following.mu.Lock()
	defer h.following.mu.Unlock()
	var told *casefile.Head
	for f := range h.following.all {
		if f.only != "" && f.only != head.ID {
			continue
		}
		if told == nil {
			kept := *head
			kept.Standing = nil
			told = &kept
		}
		f.mu.Lock()
		if len(f.moved) < mostMoved || f.moved[head.ID] != nil {
			f.moved[head.ID] = told
		} else {
			f.many = true
		}
		f.mu.Unlock()
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// CaseStands gives the revision of a case that the person may see: it moves with every change.
func (h *House) CaseStands(ctx context.Context, who Who, id casefile.CaseID) (int64, error) {
	head, err := h.store.Case(ctx, id)
	if err != nil {
		return 0, err
	}
	return head.Revision, h.may(who, authority.SeeCase, &head, h.now())
}

// slack: two changes may be kept in another order than their instants were taken. A list is asked for anew rather than
// left behind.
const slack = 5_000_000

// ListMoved tells whether a case that the person may see has moved since an instant. It may say so of what moved shortly before.
func (h *House) ListMoved(ctx context.Context, who Who, since calendar.Instant) (bool, error) {
	heads, err := h.Cases(ctx, who, Wanted{Limit: 1})
	return len(heads) > 0 && heads[0].Updated > since-slack, err
}
