package sqlite

import (
	"context"
	"database/sql"
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
	for _, trigger := range []string{"act_stays", "act_kept", "view_stays", "view_kept", "drawn_stays", "drawn_kept"} {
		if _, err := db.Exec("DROP TRIGGER IF EXISTS " + trigger); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
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
			Alter: func(statement string) {
				alter(t, strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path), statement)
			},
		}
	})
}
