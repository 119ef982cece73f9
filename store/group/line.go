package group

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"plumbline/casefile"
	"plumbline/ledger"
)

// Job is one write that waits for the writer of a store: a change, a view, or plain rows.
type Job struct {
	Change *casefile.Change
	Kept   casefile.Kept // the answer to a change
	Look   *casefile.Looked
	Rows   []Statement
}

// Statement is a text of the engine's language with its arguments.
type Statement struct {
	Text string
	Args []any
}

// Line leads to the writer of a store and says whether it still writes. The Line of a reader is never begun, and read-only.
type Line struct {
	log      *slog.Logger
	queue    *Queue[*Job]
	failed   atomic.Pointer[error]
	faulty   atomic.Bool // failed, and not because it was closed
	readonly atomic.Bool
}

// Begin starts the writer; see New.
func (l *Line) Begin(log *slog.Logger, most int, write func([]*Job) []error, after func()) {
	l.log, l.queue = log, New(most, write, after)
}

// ReadOnly says whether changes are refused.
func (l *Line) ReadOnly(is bool) { l.readonly.Store(is) }

// Health is nil while changes can be acknowledged.
func (l *Line) Health() error {
	if err := l.Failed(); err != nil {
		return err
	}
	if l.readonly.Load() {
		return casefile.ErrReadOnly
	}
	return nil
}

// Failed is why nothing is written any more; nil: it is.
func (l *Line) Failed() error {
	if p := l.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Faulty says that writing ended by a fault, not because the store was closed.
func (l *Line) Faulty() bool { return l.faulty.Load() }

// Fail ends writing for good; the first cause stays.
func (l *Line) Fail(cause error) error {
	err := fmt.Errorf("%w: %w", casefile.ErrStopped, cause)
	if l.failed.CompareAndSwap(nil, &err) {
		l.faulty.Store(true)
		l.log.Error("store stopped", "cause", cause)
	}
	return l.Failed()
}

// Close writes what is waiting; then nothing is written any more.
func (l *Line) Close() {
	if l.queue != nil {
		l.queue.Close()
	}
	closed := fmt.Errorf("%w: closed", casefile.ErrStopped)
	l.failed.CompareAndSwap(nil, &closed)
}

func (l *Line) do(ctx context.Context, j *Job) error {
	if err := l.Failed(); err != nil {
		return err
	}
	if l.queue == nil { // a reader
		return casefile.ErrReadOnly
	}
	err := l.queue.Do(ctx, j)
	if errors.Is(err, ErrClosed) {
		return fmt.Errorf("%w: %w", casefile.ErrStopped, err)
	}
	return err
}

// Commit moves a change; see handling.Store. When ctx ends before the writer took the change, nothing of it is written and
// the error is that of ctx; after that the outcome is waited for.
func (l *Line) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	if l.readonly.Load() {
		return casefile.Kept{}, casefile.ErrReadOnly
	}
	j := &Job{Change: c}
	if err := l.do(ctx, j); err != nil {
		return casefile.Kept{}, fmt.Errorf("change of case %s: %w", c.Case, err)
	}
	return j.Kept, nil
}

// Look writes a view into the log of views.
func (l *Line) Look(ctx context.Context, looked casefile.Looked) error {
	return l.do(ctx, &Job{Look: &looked})
}

// Put writes plain rows, in a store that is read-only, too.
func (l *Line) Put(ctx context.Context, rows ...Statement) error { return l.do(ctx, &Job{Rows: rows}) }

// Confirm ends the read-only state of a restored store: rows record who says why, and that it has ended.
func (l *Line) Confirm(ctx context.Context, person, reason string, rows ...Statement) error {
	if person == "" || reason == "" {
		return errors.New("confirm a restored store: a person and a reason are needed")
	}
	if !l.readonly.Load() {
		return errors.New("confirm a restored store: it is not read-only")
	}
	err := l.Put(ctx, rows...)
	if err == nil {
		l.readonly.Store(false)
	}
	return err
}

// Settle tells those whose acts a committed batch wrote or found the ledger after it.
func Settle(jobs []*Job, errs []error, root ledger.Hash, size int64) {
	for i, j := range jobs {
		if j.Change != nil && j.Change.Act != nil && errs[i] == nil {
			j.Kept.Root, j.Kept.Size = root, size
		}
	}
}
