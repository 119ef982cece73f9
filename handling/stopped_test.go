package handling_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// failing is a store whose disk gives out.
type failing struct {
	handling.Store
	stopped atomic.Bool
}

func (f *failing) Health() error {
	if f.stopped.Load() {
		return casefile.ErrStopped
	}
	return f.Store.Health()
}

// Ripe answers without the disk, so that time can be made up around it.
func (f *failing) Ripe(context.Context, calendar.Instant, int) ([]casefile.CaseID, error) {
	return nil, nil
}

// TestClockEndsWithTheRecord: when the record can no longer be written the clock ends, and with it the process, even if no
// deadline is near.
func TestClockEndsWithTheRecord(t *testing.T) {
	f := &failing{}
	h := openHouse(t, filepath.Join(t.TempDir(), "record.db"), at("2026-03-02T09:00"), func(s handling.Store) handling.Store { f.Store = s; return f })
	t.Cleanup(func() { _ = h.store.Close() })
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		go func() { ended <- h.RunClock(context.Background(), slog.New(slog.DiscardHandler)) }()
		time.Sleep(5 * time.Second)
		select {
		case err := <-ended:
			t.Fatal("the clock ended while all was well: ", err)
		default:
		}
		f.stopped.Store(true)
		time.Sleep(2 * time.Second)
		select {
		case err := <-ended:
			if !errors.Is(err, casefile.ErrStopped) {
				t.Error(err)
			}
		default:
			t.Error("the clock runs on without a record")
		}
	})
}
