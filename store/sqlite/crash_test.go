package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"plumbline/handling"
	"plumbline/store/storetest"
)

func TestMain(m *testing.M) {
	if storetest.Working() {
		os.Exit(storetest.Work(func(address string) (handling.Store, error) { return Open(context.Background(), address, Options{}) }))
	}
	os.Exit(m.Run())
}

// The kernel keeps what a killed process wrote: this test finds torn and forgotten changes, not a missing sync. That is what
// the power cut is for.
func TestKilledUnderLoad(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 4
	}
	storetest.Crash(t, storetest.Crashing{
		Rounds: rounds, Fresh: 5,
		Address: func(t *testing.T) string { return filepath.Join(t.TempDir(), "store.db") },
		Open:    func(t *testing.T, address string) handling.Store { return open(t, address) },
	})
}
