package handling

import (
	"context"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

// Feed is how following another system stands: what was read, kept and set aside.
type Feed struct {
	Source    string
	Title     Text
	Kind      string // folder, table or api
	Where     string // the folder, the view, the address
	Procedure string
	Unit      authority.UnitID

	Reading int64            // cases looked at in the reading that is under way; -1: none is
	Polled  calendar.Instant // when it was last read to its end; zero: never
	Failed  string           // why the last reading ended early; empty: it did not
	Silent  bool             // nothing new has come for longer than it may
	Last    calendar.Instant // when the latest act of it happened
	Arrived calendar.Instant // when an act of it last arrived here
	Lag     calendar.Instant // between happening and arriving, of the acts that arrived together last: the middle one

	Cases int64
	ObservedTally
	Decoded int64 // lines that were not UTF-8 and were read as GB18030

	Faults    []FeedFault // those that stand, at most [MostFaults]
	FaultRows int64       // all that stand
}

// MostFaults bounds how many rows a feed lists; all are counted.
const MostFaults = 10_000

// FeedFault is a row of a feed that was not kept, or of which something was left out.
type FeedFault struct {
	Fault
	At    calendar.Instant // when it was first seen
	There bool             // something of its case is on the record
}

// Feeds tells how following other systems stands.
type Feeds interface {
	Feeds() []Feed
	Title(source string) (t Text, ok bool)
}

// ShowFeeds lets the house tell how the feeds stand, once they are there.
func (h *House) ShowFeeds(f Feeds) { h.feeds.Store(&f) }

// Follows says whether the page of the feeds has something for a person.
func (h *House) Follows(who Who) bool {
	return h.feeds.Load() != nil && h.People().May(authority.Query{Who: who.Person, Action: authority.SeeFeeds, Now: h.now()}).Allowed
}

// SourceTitle is what another system is called; its name where it is not followed now.
func (h *House) SourceTitle(name string) Text {
	if source := h.feeds.Load(); source != nil {
		if t, ok := (*source).Title(name); ok {
			return t
		}
	}
	return both(name, name)
}

// Mark says how far the record reaches: it holds every act up to the one with this index, which has this leaf.
type Mark struct {
	Index int64       `json:"index"`
	Leaf  ledger.Hash `json:"leaf"`
}

// Mark gives that of the newest act; the zero mark of an empty record.
func (h *House) Mark(ctx context.Context) (Mark, error) {
	size, _, err := h.store.Head(ctx)
	if err != nil || size == 0 {
		return Mark{}, err
	}
	last, err := h.store.Entries(ctx, size-1, 1)
	if err != nil || len(last) == 0 {
		return Mark{}, err
	}
	return Mark{size - 1, last[0].Leaf}, nil
}

// Reaches says whether the record still holds what it held when the mark was made. One that was restored from an older
// backup does not.
func (h *House) Reaches(ctx context.Context, m Mark) (bool, error) {
	if m == (Mark{}) {
		return false, nil
	}
	there, err := h.store.Entries(ctx, m.Index, 1)
	return err == nil && len(there) == 1 && there[0].Leaf == m.Leaf, err
}

// Feeds lists the feeds that a person may see: a supervisor of the unit of a feed or above it, and the administrator, to whom
// no case is named. It returns casefile.ErrNotFound to others; none where none is followed.
func (h *House) Feeds(_ context.Context, who Who) ([]Feed, error) {
	now := h.now()
	ask := func(c *authority.CaseView) error {
		return answer(authority.SeeFeeds, h.People().May(authority.Query{Who: who.Person, Action: authority.SeeFeeds, Case: c, Now: now}))
	}
	if ask(nil) != nil {
		return nil, casefile.ErrNotFound
	}
	source := h.feeds.Load()
	if source == nil {
		return nil, nil
	}
	administers := slices.ContainsFunc(h.People().PostsAt(who.Person, now), func(x authority.Held) bool { return x.Post == authority.Administrator })
	var out []Feed
	for _, f := range (*source).Feeds() {
		switch {
		case ask(&authority.CaseView{Unit: f.Unit}) == nil:
		case administers:
			f.Faults = slices.Clone(f.Faults)
			for i := range f.Faults {
				x := &f.Faults[i]
				x.Case, x.Row = "", ""
				if x.Kept { // the reason tells what the datum says, which may be of somebody
					x.Reason = both("有一项不能读出，未采用；是哪一项，监督该单位的人看得到", "a datum cannot be read and is left out; who supervises the unit sees which")
				}
			}
		default:
			continue
		}
		out = append(out, f)
	}
	return out, nil
}
