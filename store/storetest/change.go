package storetest

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

// Start is the moment at which made-up cases begin.
var Start = calendar.InstantOf(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))

// Change makes a small real change of a case: an act, the head after it, one duty and one notice. An empty act id makes a
// change without an act. Its fields may be altered before it is committed.
func Change(id casefile.CaseID, revision int64, act casefile.ActID) *casefile.Change {
	at := Start.Add(time.Duration(revision) * time.Minute)
	c := &casefile.Change{
		Case: id, Revision: revision,
		Head: casefile.Head{
			ID: id, Procedure: "made-up/one", Edition: "1", Unit: "unit-1", UnitKind: "station", Title: "Case " + string(id), Stage: "filed",
			Opener: "person-1", Opened: Start, Updated: at, Standing: fmt.Appendf(nil, "standing of %s after %d", id, revision+1),
		},
	}
	if act == "" {
		return c
	}
	c.Act = &casefile.NewAct{ID: act, Request: Request("request of " + string(act)), Seal: Seal}
	c.Duties = []casefile.Duty{{Case: id, Duty: "decide", Cause: revision + 1, State: "open", Opened: at, Amber: at.Add(4 * time.Hour), Due: at.Add(5 * time.Hour),
		Next: at.Add(4 * time.Hour), Unit: "unit-1", Handler: "person-1"}}
	c.Notices = []casefile.Notice{{Topic: "act", Case: id, Number: revision + 1, Text: string(act), At: at}}
	return c
}

// Request is the digest of what a client sent.
func Request(s string) ledger.Hash { return sha256.Sum256([]byte(s)) }

// Several makes a change with an act and those that follow it.
func Several(id casefile.CaseID, revision int64, acts ...casefile.ActID) *casefile.Change {
	c := Change(id, revision, acts[0])
	for _, act := range acts[1:] {
		c.Then = append(c.Then, &casefile.NewAct{ID: act, Request: Request("request of " + string(act)), Seal: sealOf(act)})
	}
	return c
}

// Seal makes the record of the first act of a made-up change; numbers drawn are issued as documents.
func Seal(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
	return sealOf(c.Act.ID)(c, number, drawn)
}

func sealOf(act casefile.ActID) func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) {
	return func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
		return seal(act, c, number, drawn)
	}
}

func seal(act casefile.ActID, c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
	registers := c.Act.Registers
	for _, a := range c.Then {
		if a.ID == act {
			registers = a.Registers
		}
	}
	r := &casefile.Record{
		Act: casefile.Act{ID: act, Case: c.Case, Kind: "note", Occurred: c.Head.Updated, Recorded: c.Head.Updated,
			Actor: &casefile.Actor{Person: "person-1"}, Unit: &casefile.Unit{ID: "unit-1", Kind: "station"}},
		Number: number, Procedure: c.Head.Procedure, Edition: c.Head.Edition,
	}
	for i, n := range drawn {
		g := registers[i]
		r.Issued = append(r.Issued, casefile.Issued{Kind: g.Kind, Number: fmt.Sprintf("%s %d %d", g.Unit, g.Year, n)})
	}
	b, err := r.Encode(rand.Reader)
	if err != nil {
		return nil, ledger.Hash{}, err
	}
	return b, r.Leaf(), nil
}
