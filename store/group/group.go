// Package group gathers what many callers want written into batches for one writer: group commit. It holds what the writers
// of all stores have in common: how callers reach them, when they end, and what makes a change or a view fit to be written.
package group

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// ErrClosed says that the queue was closed before the job was taken: nothing of it was written.
var ErrClosed = errors.New("closed")

// Queue hands jobs to one goroutine in batches, in the order of their arrival.
type Queue[J any] struct {
	max   int
	in    chan *waiting[J]
	quit  chan struct{} // closed: take no more
	ended chan struct{} // closed: the writer is gone
	once  sync.Once
}

type waiting[J any] struct {
	job   J
	state atomic.Int32
	err   error
	done  chan struct{}
}

const (
	queued int32 = iota
	taken
	left // the caller went away before the job was taken
)

// New starts the writer. write gets 1 to max jobs and returns the outcome of each; after is called when the callers have
// their answers.
func New[J any](most int, write func([]J) []error, after func()) *Queue[J] {
	q := &Queue[J]{max: most, in: make(chan *waiting[J], 4*most), quit: make(chan struct{}), ended: make(chan struct{})}
	go q.run(write, after)
	return q
}

// Do waits until j is written and returns its outcome. When ctx ends before j was taken, j is never written and the error
// is that of ctx; once it was taken, the outcome is waited for, so that it is always known.
func (q *Queue[J]) Do(ctx context.Context, j J) error {
	w := &waiting[J]{job: j, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-q.quit:
		return ErrClosed
	default:
	}
	select {
	case q.in <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-q.quit:
		return ErrClosed
	}
	var err error
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-q.ended:
		err = ErrClosed
	}
	if w.state.CompareAndSwap(queued, left) {
		return err
	}
	<-w.done
	return w.err
}

// Close takes no more jobs, writes those that wait and returns when the writer has ended.
func (q *Queue[J]) Close() {
	q.once.Do(func() { close(q.quit) })
	<-q.ended
}

func (q *Queue[J]) run(write func([]J) []error, after func()) {
	defer close(q.ended)
	batch := make([]*waiting[J], 0, q.max)
	jobs := make([]J, 0, q.max)
	for open := true; open || len(q.in) > 0; {
		batch, jobs = batch[:0], jobs[:0]
		take := func(w *waiting[J]) {
			if w.state.CompareAndSwap(queued, taken) {
				batch, jobs = append(batch, w), append(jobs, w.job)
			}
		}
		if open {
			select {
			case w := <-q.in:
				take(w)
			case <-q.quit:
				open = false
			}
		}
		// Callers that were answered just now come back at once: let them, so that batches do not alternate in size.
		for patience := 3; len(batch) < q.max; {
			select {
			case w := <-q.in:
				take(w)
				continue
			default:
			}
			if patience--; patience < 0 {
				break
			}
			runtime.Gosched()
		}
		if len(batch) == 0 {
			continue
		}
		errs := write(jobs)
		for i, w := range batch {
			w.err = errs[i]
			close(w.done)
		}
		clear(batch)
		clear(jobs)
		after()
	}
}
