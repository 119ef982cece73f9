package handling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Tick lets deadlines pass: in every case in which a limit turned amber or ran out, the standing is advanced to now,
// findings and duties are written, and who must know is told, in one transaction. Each deadline is seen once: a case
// that somebody else moved meanwhile is left for the next Tick. What is due by the
// calendar and nobody opened is opened. It returns how many cases moved.
func (h *House) Tick(ctx context.Context) (int, error) {
	now := h.now()
	h.followDue(ctx, now)
	opened, err := h.openDue(ctx, now)
	if err != nil {
		return opened, err
	}
	ripe, err := h.store.Ripe(ctx, now, 256)
	if err != nil {
		return 0, err
	}
	moved := opened
	var failed error // a case that cannot be read stops no other case's limits
	for _, id := range ripe {
		err := h.pass(ctx, id, now)
		switch {
		case err == nil:
			moved++
		case errors.Is(err, casefile.ErrConflict):
		case errors.Is(err, casefile.ErrStopped), errors.Is(err, casefile.ErrReadOnly), ctx.Err() != nil:
			return moved, err
		default:
			failed = errors.Join(failed, fmt.Errorf("case %s: %w", id, err))
		}
	}
	return moved, failed
}

// pass lets the deadlines of one case pass.
func (h *House) pass(ctx context.Context, id casefile.CaseID, now calendar.Instant) error {
	c, err := h.load(ctx, id)
	if err != nil {
		return err
	}
	var out *judged
	if c.folded { // the rows are of another edition
		records, err := h.records(ctx, id, 0)
		if err != nil {
			return err
		}
		out, _ = rejudge(c.proc, records, now)
	} else {
		next := c.at.Clone()
		var o procedure.Outcome
		c.proc.NewJudge().Advance(next, now, &o)
		if len(o.Findings) == 0 && len(o.Duties) == 0 {
			next = c.at // only amber: the standing has not changed, so an act entered later is not late for it
		}
		out = &judged{standing: next, duties: o.Duties}
		for _, f := range o.Findings {
			out.findings = append(out.findings, procedure.Judged{Finding: f})
		}
	}
	change := &casefile.Change{Case: id, Revision: c.head.Revision, Head: c.head}
	if err := h.project(ctx, c, out, change, now); err != nil {
		return err
	}
	_, err = h.commit(ctx, change)
	return err
}

// RunClock ticks until ctx ends: at the next deadline, and at least once a second, so that a clock that was set, or a
// machine that slept, is noticed. An error is logged and tried again; a stopped store ends it.
func (h *House) RunClock(ctx context.Context, log *slog.Logger) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if err := h.store.Health(); errors.Is(err, casefile.ErrStopped) {
			return err // what cannot be recorded is not done: the process ends, and a restart reads what is on disk
		}
		n, err := h.Tick(ctx)
		switch {
		case errors.Is(err, casefile.ErrStopped):
			return err
		case err != nil && ctx.Err() == nil:
			log.Error("clock", "error", err)
		}
		wait := time.Second
		if n > 0 && err == nil {
			wait = 0
		}
		timer.Reset(wait)
	}
}
