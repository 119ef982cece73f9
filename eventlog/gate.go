package eventlog

import (
	"strconv"
	"sync"
)

// gate lets batches pass in log order, though they were scanned side by side. Passing, they learn how many
// events, cases and lines came before, and are held against what the log said so far.
//
// A worker waits here at most while the batches before its own are being scanned; those are in the hands of
// other workers, who never wait for a later one.
type gate struct {
	name   string
	noZone bool
	stop   chan struct{} // closed with the first error

	mu    sync.Mutex
	turn  sync.Cond
	next  int // index of the batch whose turn it is
	err   error
	errAt int

	stats   Stats
	lines   int   // before the batch whose turn it is
	events  int64 // found before it, passed over ones included; stays 0 in CSV
	cases   int64 // the same of cases
	with    int64 // record of the first event with an offset, 0 while there is none
	without int64
	ids     *idSet
}

func newGate(name string, noZone bool) *gate {
	g := &gate{name: name, noZone: noZone, stop: make(chan struct{}), ids: newIDSet()}
	g.turn.L = &g.mu
	return g
}

// fail stops the reading. Of several errors the one earliest in the log stands.
func (g *gate) fail(index int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failLocked(index, err)
}

func (g *gate) failLocked(index int, err error) {
	if g.err == nil {
		close(g.stop)
	}
	if g.err == nil || index < g.errAt {
		g.err, g.errAt = err, index
	}
	g.turn.Broadcast()
}

func (g *gate) stopped() bool {
	select {
	case <-g.stop:
		return true
	default:
		return false
	}
}

// settle waits for the batch's turn, makes its numbers those of the whole log, and says whether it may be
// handed on.
func (g *gate) settle(c *chunk, x *scanned, bad *Error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.next != c.index && g.err == nil {
		g.turn.Wait()
	}
	if g.next != c.index {
		return false
	}
	if c.cause != nil {
		g.failLocked(c.index, c.cause)
		return false
	}
	if g.noZone {
		if m := g.mixed(x); m != nil {
			bad = m // the scan ended at bad, so these events stand before it
		}
	}
	if bad != nil {
		g.failLocked(c.index, g.global(bad))
		return false
	}
	for i := range x.cases {
		k := &x.cases[i]
		k.Record += g.cases
		for j := range k.Events {
			k.Events[j].Record += g.events
		}
		if x.foundCases == 0 {
			continue // CSV has brought the rows of each case together
		}
		if k.Repeated = g.ids.add(k.ID); k.Repeated {
			g.stats.Repeated++
		}
	}
	g.stats.add(&x.stats)
	g.events += x.found
	g.cases += x.foundCases
	g.lines += x.lines
	g.next++
	g.turn.Broadcast()
	return g.err == nil
}

// global makes an error's numbers those of the whole log.
func (g *gate) global(e *Error) *Error {
	e.Name = g.name
	if e.Line > 0 {
		e.Line += g.lines
	}
	switch e.Of {
	case "event":
		e.Record += g.events
	case "case":
		e.Record += g.cases
	}
	return e
}

// mixed finds the first event whose timestamp is of the other sort than the log's first.
func (g *gate) mixed(x *scanned) *Error {
	var later mark
	var what string
	with, without := g.with, g.without
	if with == 0 && x.with.record != 0 {
		with = g.events + x.with.record
		later, what = x.with, "an offset"
	}
	if without == 0 && x.without.record != 0 {
		without = g.events + x.without.record
		if later.record < x.without.record {
			later, what = x.without, "no offset"
		}
	}
	if with != 0 && without != 0 && (g.with == 0 || g.without == 0) {
		const hint = "say in which zone the times without offset are"
		other := with
		if what == "an offset" {
			other = without
		}
		if x.text == nil {
			return &Error{Line: int(later.record), Hint: hint, What: "the timestamp has " + what + ", that on line " + strconv.FormatInt(other, 10) + " is of the other sort"}
		}
		e := &Error{Of: "event", Record: later.record, Hint: hint, What: "the timestamp has " + what + ", that of event " + strconv.FormatInt(other, 10) + " is of the other sort"}
		return e.place(x.text, later.at)
	}
	g.with, g.without = with, without
	return nil
}
