package feed

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/handling"
)

// House is what keeps and judges the acts that are read.
type House interface {
	Observe(ctx context.Context, s *handling.Source, id string, rows []handling.FeedRow, since calendar.Instant) (*handling.Observed, error)
	CheckSource(s *handling.Source) error
	Mark(ctx context.Context) (handling.Mark, error)
	Reaches(ctx context.Context, m handling.Mark) (bool, error)
	Now() calendar.Instant
}

// Watcher follows the sources of a configuration.
type Watcher struct {
	house House
	zone  *calendar.Zone
	every time.Duration
	feeds []*following
	log   *slog.Logger
}

// following is one source with how far it was read.
type following struct {
	*Source
	w   *Watcher
	dir string

	reading sync.Mutex                      // held during a reading
	join    *eventlog.Join                  // of a folder: all its rows
	files   map[string]*fileState           // of a folder: what was read
	waiting map[string][]handling.FeedRow   // by case: rows whose time is still to come
	faulty  map[string][]handling.FeedFault // by case

	mu    sync.Mutex // of what follows
	state state
	seen  map[string]known // by case
	sum   handling.ObservedTally
	busy  bool
	done  atomic.Int64 // cases in this reading
}

// New makes a watcher. Where reading stands is kept in dir, which is made when it is not there. Times without offset are
// of the zone, where a mapping names none.
func New(ctx context.Context, c *Config, house House, zone *calendar.Zone, dir string, log *slog.Logger) (*Watcher, error) {
	w := &Watcher{house: house, zone: zone, every: c.Every, log: log}
	var bad []error
	for i := range c.Sources {
		f := &following{Source: &c.Sources[i], w: w, dir: dir}
		if err := house.CheckSource(&f.Source.Source); err != nil {
			bad = append(bad, fmt.Errorf("source %s: %w", f.Name, err))
			continue
		}
		if err := f.load(ctx); err != nil {
			bad = append(bad, fmt.Errorf("source %s: %w", f.Name, err))
		}
		w.feeds = append(w.feeds, f)
	}
	return w, errors.Join(bad...)
}

// Run reads all sources again and again until ctx ends or the record can no longer be written. What fails is told on the
// page of the feeds, logged, and tried again.
func (w *Watcher) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, f := range w.feeds { // each for itself: one that does not answer holds up no other
		all.Go(func() {
			for {
				if err := w.pollOne(ctx, f); errors.Is(err, casefile.ErrStopped) {
					stop(err)
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(w.every):
				}
			}
		})
	}
	<-ctx.Done()
	all.Wait()
	return context.Cause(ctx)
}

// Poll reads every source once, to its end. A source that fails stops no other.
func (w *Watcher) Poll(ctx context.Context) error {
	var errs []error
	for _, f := range w.feeds {
		err := w.pollOne(ctx, f)
		if err != nil {
			errs = append(errs, fmt.Errorf("source %s: %w", f.Name, err))
		}
		if errors.Is(err, casefile.ErrStopped) || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func (w *Watcher) pollOne(ctx context.Context, f *following) error {
	err := f.poll(ctx)
	if err != nil && ctx.Err() == nil {
		w.log.Error("feed", "source", f.Name, "error", err)
	}
	return err
}

// Feeds tells how the sources stand.
func (w *Watcher) Feeds() []handling.Feed {
	var out []handling.Feed
	for _, f := range w.feeds {
		out = append(out, f.status(w.house.Now()))
	}
	return out
}

// Title is what a source is called; false where none has that name.
func (w *Watcher) Title(source string) (handling.Text, bool) {
	for _, f := range w.feeds {
		if f.Name == source {
			return f.Source.Title, true
		}
	}
	return handling.Text{}, false
}

func (f *following) poll(ctx context.Context) (err error) {
	f.reading.Lock()
	defer f.reading.Unlock()
	f.mu.Lock()
	f.busy = true
	f.mu.Unlock()
	f.done.Store(0)
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.busy = false
		if f.state.Failed = ""; err != nil && ctx.Err() == nil {
			f.state.Failed = err.Error()
		}
	}()
	r := f.begin()
	switch {
	case f.Folder != "":
		err = f.readFolder(ctx, r)
	case f.Table != nil:
		err = f.readTable(ctx, r)
	default:
		err = f.readAPI(ctx, r)
	}
	if err == nil {
		err = r.come(ctx)
	}
	if err != nil {
		return err
	}
	return r.finish(ctx)
}

func (f *following) zone() *calendar.Zone {
	if f.Map.Zone != nil {
		return f.Map.Zone
	}
	return f.w.zone
}

func (f *following) status(now calendar.Instant) handling.Feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.state
	out := handling.Feed{Source: f.Name, Title: f.Title, Procedure: f.Procedure, Unit: f.Unit, Reading: -1, Polled: s.Polled, Failed: s.Failed, Last: s.Last, Arrived: s.Arrived, Lag: s.Lag,
		Cases: int64(len(f.seen)), ObservedTally: f.sum, Decoded: s.Decoded, Faults: slices.Clone(s.Faults), FaultRows: s.FaultRows}
	if f.busy {
		out.Reading = f.done.Load()
	}
	if since := max(s.Arrived, s.Began); since > 0 {
		out.Silent = now-since > calendar.Instant(f.Silent.Microseconds())
	}
	for i := range out.Faults {
		_, out.Faults[i].There = f.seen[out.Faults[i].Case]
	}
	out.Kind, out.Where = f.where()
	return out
}

// where tells which of the three ways a source is, and where it is.
func (s *Source) where() (kind, where string) {
	switch {
	case s.Folder != "":
		return "folder", s.Folder
	case s.Table != nil:
		return "table", s.Table.where()
	}
	return "api", s.API.where()
}

func fingerprint(text string) (out [8]byte) {
	sum := sha256.Sum256([]byte(text))
	copy(out[:], sum[:])
	return out
}
