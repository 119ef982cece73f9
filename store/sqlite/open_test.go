package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/store/storetest"
)

func TestBackup(t *testing.T) {
	storetest.Backups(t, func(t *testing.T) (storetest.Backed, func(string)) {
		path := filepath.Join(t.TempDir(), "store.db")
		return open(t, path), func(statement string) { alter(t, path, statement) }
	}, func(t *testing.T, dir string) (func() storetest.Backed, error) {
		path := filepath.Join(t.TempDir(), "restored.db")
		if err := Restore(context.Background(), dir, path, Options{}); err != nil {
			if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
				t.Errorf("a refused restore left %v", left)
			}
			return nil, err
		}
		var s *Store
		return func() storetest.Backed {
			if s != nil {
				s.Close()
			}
			s = open(t, path)
			return s
		}, nil
	})
}

func TestReader(t *testing.T) {
	storetest.Readers(t, func(t *testing.T) (func() (storetest.Backed, error), func() (storetest.Backed, error)) {
		path := filepath.Join(t.TempDir(), "store.db")
		opener := func(o Options) func() (storetest.Backed, error) {
			return func() (storetest.Backed, error) { return Open(context.Background(), path, o) }
		}
		return opener(Options{}), opener(Options{Reader: true})
	})
}

func TestReaderOfOtherTables(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := Open(ctx, path, Options{Reader: true}); err == nil {
		t.Error("a reader opened what is not there")
	}
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("a reader made %v", left)
	}
	open(t, path).Close()
	alter(t, path, "UPDATE goose_db_version SET is_applied = 0 WHERE version_id > 1")
	s, err := Open(ctx, path, Options{Reader: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), "of version 1, this program knows 3") {
		t.Errorf("an older record: %v", err)
	}
	if _, err := s.read.Exec(`DELETE FROM meta`); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("a reader's connection wrote: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	if _, err := Open(ctx, path, Options{Reader: true}); err == nil || !strings.Contains(err.Error(), "a newer program wrote it") {
		t.Errorf("a newer record: %v", err)
	}
}

func TestOneProcessAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	if _, err := Open(context.Background(), path, Options{}); !errors.Is(err, ErrHeld) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestNewerStoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path).Close()
	alter(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	if _, err := Open(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), "a newer program wrote it") {
		t.Errorf("a store of version 99: %v", err)
	}
}

func TestDamagedHeadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	for i := range int64(3) {
		if _, err := s.Commit(context.Background(), storetest.Change("c", i, casefile.ActID(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	for _, c := range []struct{ do, undo string }{
		{"UPDATE ledger_head SET size = 2 WHERE log = 1", "UPDATE ledger_head SET size = 3 WHERE log = 1"},
		{"CREATE TABLE gone AS SELECT * FROM ledger_head; DELETE FROM ledger_head", "INSERT INTO ledger_head SELECT * FROM gone; DROP TABLE gone"},
		{"CREATE TABLE gone AS SELECT * FROM act WHERE idx = 2; DELETE FROM act WHERE idx = 2", "INSERT INTO act SELECT * FROM gone; DROP TABLE gone"},
	} {
		alter(t, path, c.do)
		if s, err := Open(context.Background(), path, Options{}); err == nil {
			s.Close()
			t.Errorf("%s: opened", c.do)
		}
		alter(t, path, c.undo)
	}
	open(t, path)
}

func TestWeakSettingsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	good := dsn(path, false)
	for _, c := range []struct{ old, weak, want string }{
		{"synchronous%28full%29", "synchronous%28normal%29", "synchronous is 1 and must be 2: otherwise an acknowledged act could be lost"},
		{"synchronous%28full%29", "synchronous%28off%29", "synchronous is 0"},
		{"journal_mode%28wal%29", "journal_mode%28memory%29", "journal_mode is memory"},
		{"foreign_keys%281%29", "foreign_keys%280%29", "foreign_keys is 0"},
		{"trusted_schema%280%29", "trusted_schema%281%29", "trusted_schema is 1"},
		{"mmap_size%280%29", "mmap_size%281000000%29", "mmap_size is 1000000"},
		{"secure_delete%281%29", "secure_delete%28fast%29", "secure_delete is 2 and must be 1: otherwise drafts and sessions that were deleted would stay"},
	} {
		weak := strings.Replace(good, c.old, c.weak, 1)
		if weak == good {
			t.Fatalf("%s does not have %s", good, c.old)
		}
		db := sql.OpenDB(connector{weak, false})
		if err := db.Ping(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.weak, err, c.want)
		}
		db.Close()
	}
	for version, want := range map[string]bool{"3.51.2": true, "3.51.3": false, "3.52": false, "3.9.99": true, "4": false, "3.51": true, "": true} {
		if older(version, oldestEngine) != want {
			t.Errorf("%q older than %s: %v", version, oldestEngine, !want)
		}
	}
}

// A writer that failed answers everybody with ErrStopped and stays so, and readers read on.
func TestFailedStoreStaysFailed(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	if _, err := s.Commit(ctx, storetest.Change("c", 0, "a")); err != nil {
		t.Fatal(err)
	}
	alter(t, path, "UPDATE ledger_head SET size = 7 WHERE log = 1") // somebody else wrote: the guarded update moves nothing
	if _, err := s.Commit(ctx, storetest.Change("c", 1, "b")); !errors.Is(err, casefile.ErrStopped) {
		t.Fatalf("got %v, want ErrStopped", err)
	}
	alter(t, path, "UPDATE ledger_head SET size = 1 WHERE log = 1")
	for range 2 {
		if _, err := s.Commit(ctx, storetest.Change("c", 1, "b")); !errors.Is(err, casefile.ErrStopped) {
			t.Errorf("got %v, want ErrStopped", err)
		}
		if err := s.Look(ctx, casefile.Looked{}); !errors.Is(err, casefile.ErrStopped) {
			t.Errorf("got %v, want ErrStopped", err)
		}
	}
	if err := s.Health(); !errors.Is(err, casefile.ErrStopped) {
		t.Errorf("health %v", err)
	}
	if h, err := s.Case(ctx, "c"); err != nil || h.Revision != 1 {
		t.Errorf("reading: %v %v", h, err)
	}
	s.Close()
	s = open(t, path)
	if k, err := s.Commit(ctx, storetest.Change("c", 1, "b")); err != nil || k.Index != 1 {
		t.Errorf("after a restart: %+v %v", k, err)
	}
}

// What was deleted is not in the file once the write-ahead log has been moved into it, as it is when a store is closed.
func TestDeletedDraftsAreGone(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	const mark, kept = "a word typed and thrown away; ", "a word typed and kept; "
	token := storetest.Request("token")
	for _, err := range []error{
		s.PutDraft(ctx, casefile.Draft{Key: "short", Person: "p", Body: []byte(mark)}),
		s.PutDraft(ctx, casefile.Draft{Key: "long", Person: "p", Body: bytes.Repeat([]byte(mark), 2000)}),
		s.PutDraft(ctx, casefile.Draft{Key: "stays", Person: "p", Body: []byte(kept)}),
		s.PutSession(ctx, casefile.Session{Token: token, Client: mark}),
		s.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	has := func(what string) bool {
		files, err := filepath.Glob(path + "*")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(b, []byte(what))
		}
		return found
	}
	if !has(mark) || !has(kept) {
		t.Fatal("what is there cannot be seen in the file: nothing is shown")
	}
	s = open(t, path)
	if err := errors.Join(s.DropDraft(ctx, "short"), s.DropDraft(ctx, "long"), s.EndSession(ctx, token), s.Close()); err != nil {
		t.Fatal(err)
	}
	if has(mark) || has(string(token[:])) || !has(kept) {
		t.Error("a deleted draft or session is still in the file")
	}
}

func TestAlteredSchemaIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	for _, c := range []struct{ do, undo, want string }{
		{"DROP TRIGGER act_kept", "CREATE TRIGGER act_kept BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'an act is never deleted'); END", "trigger act_kept is not there"},
		{"DROP TRIGGER view_stays; CREATE TRIGGER view_stays BEFORE UPDATE ON view BEGIN SELECT 1; END",
			"DROP TRIGGER view_stays; CREATE TRIGGER view_stays BEFORE UPDATE ON view BEGIN SELECT RAISE(ABORT, 'a view is never changed'); END", "trigger view_stays is not what"},
		{"CREATE TRIGGER mine AFTER INSERT ON act BEGIN DELETE FROM duty; END", "DROP TRIGGER mine", "trigger mine was not made by the program"},
		{"CREATE TRIGGER mine AFTER INSERT ON goose_db_version BEGIN DELETE FROM duty; END", "DROP TRIGGER mine", "trigger mine was not made by the program"},
		{"DROP INDEX case_receipt", "CREATE UNIQUE INDEX case_receipt ON case_head (receipt) WHERE receipt <> ''", "index case_receipt is not there"},
		{"CREATE TABLE copied AS SELECT * FROM case_head", "DROP TABLE copied", "table copied was not made"},
		{"INSERT INTO event (at, kind, person, text) VALUES (1, 'restored', '', '')", "DELETE FROM event; DELETE FROM sqlite_sequence WHERE name = 'event'",
			"confirmation of a restored store"},
		{"INSERT INTO event (at, kind, person, text) VALUES (1, 'x', '', ''); DELETE FROM event", "DELETE FROM sqlite_sequence WHERE name = 'event'", "none ever deleted"},
	} {
		alter(t, path, c.do)
		if err := s.Check(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.do, err, c.want)
		}
		alter(t, path, c.undo)
		if err := s.Check(context.Background()); err != nil {
			t.Fatalf("%s: %v", c.undo, err)
		}
	}
}
