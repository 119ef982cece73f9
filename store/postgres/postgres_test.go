package postgres

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"plumbline/handling"
	"plumbline/internal/pgtest"
	"plumbline/store/storetest"
)

var _ handling.Store = (*Store)(nil)

func open(t testing.TB, address string) *Store { return openWith(t, address, Options{}) }

func openWith(t testing.TB, address string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// alter runs a statement as the owner of the database who wants to cheat: without triggers and foreign keys.
func alter(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opened {
		address := pgtest.Database(t)
		s := open(t, address)
		return storetest.Opened{
			Store: s,
			Reopen: func() handling.Store {
				s.Close()
				s = open(t, address)
				return s
			},
			Hex:   func(b []byte) string { return fmt.Sprintf(`'\x%x'`, b) },
			Alter: func(statement string) { alter(t, address, statement) },
		}
	})
}
