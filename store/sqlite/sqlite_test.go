package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/handling"
	"plumbline/store/storetest"
)

var _ handling.Store = (*Store)(nil)

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// alter runs a statement as somebody who has the file and wants to cheat.
func alter(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(text string) {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	var again []string // who knows how covers the tracks
	for _, trigger := range []string{"act_stays", "act_kept", "view_stays", "view_kept", "drawn_stays", "drawn_kept"} {
		var text string
		if err := db.QueryRow("SELECT sql FROM sqlite_schema WHERE name = ?", trigger).Scan(&text); err == nil && !strings.Contains(statement, trigger) {
			run("DROP TRIGGER " + trigger)
			again = append(again, text)
		}
	}
	run(statement)
	for _, text := range again {
		run(text)
	}
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opened {
		path := filepath.Join(t.TempDir(), "a b%20?c#", "store.db")
		path = strings.Replace(path, "a b%20?c#/", "a b%20?c#", 1) // a name that an address must escape
		s := open(t, path)
		return storetest.Opened{
			Store: s,
			Reopen: func() handling.Store {
				s.Close()
				s = open(t, path)
				return s
			},
			Hex: func(b []byte) string { return fmt.Sprintf("x'%x'", b) },
			Alter: func(statement string) {
				alter(t, strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path), statement)
			},
		}
	})
}
