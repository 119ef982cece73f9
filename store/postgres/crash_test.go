package postgres

import (
	"context"
	"os"
	"os/exec"
	"testing"

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
