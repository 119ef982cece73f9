package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/pgtest"
	"plumbline/store/storetest"
)

func TestMain(m *testing.M) {
	if storetest.Working() {
		os.Exit(storetest.Work(func(address string) (handling.Store, error) { return Open(context.Background(), address, Options{}) }))
	}
	pgtest.Main(m)
}

func crashing(rounds int) storetest.Crashing {
	if testing.Short() {
		rounds = 1
	}
	return storetest.Crashing{
		Rounds: rounds, Fresh: 5,
		Address: func(t *testing.T) string { return pgtest.Database(t) },
		Open:    func(t *testing.T, address string) handling.Store { return open(t, address) },
	}
}

func TestKilledUnderLoad(t *testing.T) { storetest.Crash(t, crashing(10)) }

// The server stops at once, as in a crash of its machine but for the kernel: it must recover from its log.
func TestServerStopsUnderLoad(t *testing.T) {
	c := crashing(3)
	c.Kill = func(t *testing.T, child *exec.Cmd) {
		if err := pgtest.Start(t).Stop(true); err != nil {
			t.Fatal(err)
		}
	}
	c.Recover = func(t *testing.T) {
		if err := pgtest.Start(t).Start(); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Crash(t, c)
}

// A server that is killed or hangs: whoever waits is told within the time set that the outcome is unknown, health answers at
// once all the while, the store can be closed although somebody reads, and what was acknowledged is there afterwards.
func TestServerKilledOrHung(t *testing.T) {
	const wait = 2 * time.Second
	for _, c := range []struct {
		name     string
		fell, up func(*pgtest.Server) error
	}{
		{"killed", (*pgtest.Server).Kill, (*pgtest.Server).Start},
		{"hung", func(s *pgtest.Server) error { return s.Signal(syscall.SIGSTOP) }, func(s *pgtest.Server) error { return s.Signal(syscall.SIGCONT) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			server, address := pgtest.Start(t), pgtest.Database(t)
			s := openWith(t, address, Options{Wait: wait})
			var mu sync.Mutex
			acked := map[casefile.ActID]casefile.Kept{}
			var slowest time.Duration // of the calls that failed
			var all sync.WaitGroup
			for g := range 16 {
				all.Go(func() {
					for i := int64(0); ; i++ {
						act := casefile.ActID(fmt.Sprint("act-", g, "-", i))
						begun := time.Now()
						k, err := s.Commit(ctx, storetest.Change(casefile.CaseID(fmt.Sprint("case-", g)), i, act))
						mu.Lock()
						if err == nil {
							acked[act] = k
						} else if slowest = max(slowest, time.Since(begun)); !errors.Is(err, casefile.ErrStopped) {
							t.Errorf("got %v, want ErrStopped", err)
						}
						mu.Unlock()
						if err != nil {
							return
						}
					}
				})
			}
			reads := make(chan error, 1)
			go func() {
				var err error
				for err == nil || errors.Is(err, casefile.ErrNotFound) {
					_, err = s.Case(ctx, "case-0")
				}
				reads <- err
			}()
			for enough := 0; enough < 100; time.Sleep(10 * time.Millisecond) {
				mu.Lock()
				enough = len(acked)
				mu.Unlock()
				if s.Health() != nil {
					t.Fatal(s.Health())
				}
			}
			if err := c.fell(server); err != nil {
				t.Fatal(err)
			}
			rose := false
			rise := func() {
				if !rose {
					rose = true
					if err := c.up(server); err != nil {
						t.Error(err)
					}
				}
			}
			defer rise()
			ended := make(chan struct{})
			go func() { all.Wait(); close(ended) }()
			for deadline := time.After(wait + 5*time.Second); ended != nil; {
				begun := time.Now()
				_ = s.Health() // nil, or stopped
				if took := time.Since(begun); took > 100*time.Millisecond {
					t.Errorf("health took %s", took)
				}
				select {
				case <-ended:
					ended = nil
				case <-deadline:
					t.Fatal("somebody got no answer")
				case <-time.After(5 * time.Millisecond):
				}
			}
			if slowest > wait+time.Second {
				t.Errorf("an answer took %s, %s was set", slowest, wait)
			}
			begun := time.Now()
			_, err := s.Commit(ctx, storetest.Change("late", 0, "late"))
			for _, err := range []error{err, s.Health(), s.Look(ctx, casefile.Looked{})} {
				if !errors.Is(err, casefile.ErrStopped) {
					t.Errorf("afterwards: %v", err)
				}
			}
			if took := time.Since(begun); took > time.Second {
				t.Errorf("afterwards answers took %s", took)
			}
			begun = time.Now()
			closed := s.Close()
			if took := time.Since(begun); took > 7*time.Second {
				t.Errorf("closing took %s", took)
			}
			t.Logf("%d acts acknowledged, the last answer after %s, closed after %s (%v)", len(acked), slowest, time.Since(begun), closed)

			rise()
			<-reads
			s = open(t, address)
			if err := s.Check(ctx); err != nil {
				t.Error(err)
			}
			there := map[casefile.ActID]casefile.Entry{}
			list, err := s.Entries(ctx, 0, len(acked)+1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				there[e.Act] = e
			}
			for act, k := range acked {
				if e, ok := there[act]; !ok || e.Index != k.Index || e.Leaf != k.Leaf {
					t.Errorf("act %s was acknowledged as %d and is not there", act, k.Index)
				}
			}
		})
	}
}
