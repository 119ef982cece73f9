package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/internal/pgtest"
	"plumbline/store/storetest"
)

func TestBackup(t *testing.T) {
	o := Options{Bin: pgtest.Start(t).Bin()}
	storetest.Backups(t, func(t *testing.T) (storetest.Backed, func(string)) {
		address := pgtest.Database(t)
		return openWith(t, address, o), func(statement string) { alter(t, address, statement) }
	}, func(t *testing.T, dir string) (func() storetest.Backed, error) {
		address := pgtest.Database(t)
		if err := Restore(context.Background(), dir, address, o); err != nil {
			if s, e := Open(context.Background(), address, o); e == nil {
				if n, _, _ := s.Head(context.Background()); n > 0 {
					t.Errorf("what was refused (%v) can be opened", err)
				}
				s.Close()
			}
			return nil, err
		}
		if Restore(context.Background(), dir, address, o) == nil {
			t.Error("restored over a store")
		}
		var s *Store
		return func() storetest.Backed {
			if s != nil {
				s.Close()
			}
			s = openWith(t, address, o)
			return s
		}, nil
	})
}

func TestReader(t *testing.T) {
	o := Options{Bin: pgtest.Start(t).Bin()}
	storetest.Readers(t, func(t *testing.T) (func() (storetest.Backed, error), func() (storetest.Backed, error)) {
		address := pgtest.Database(t)
		opener := func(o Options) func() (storetest.Backed, error) {
			return func() (storetest.Backed, error) { return Open(context.Background(), address, o) }
		}
		reader := o
		reader.Reader = true
		return opener(o), opener(reader)
	})
}

func TestReaderOfOtherTables(t *testing.T) {
	ctx := context.Background()
	address := pgtest.Database(t)
	if _, err := Open(ctx, address, Options{Reader: true}); err == nil || !strings.Contains(err.Error(), "there is no record in this database") {
		t.Errorf("an empty database: %v", err)
	}
	open(t, address).Close()
	alter(t, address, "UPDATE goose_db_version SET is_applied = false WHERE version_id > 1")
	if err := openWith(t, address, Options{Reader: true}).Check(ctx); err == nil || !strings.Contains(err.Error(), "of version 1, this program knows 3") {
		t.Errorf("an older record: %v", err)
	}
	alter(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)")
	if _, err := Open(ctx, address, Options{Reader: true}); err == nil || !strings.Contains(err.Error(), "a newer program wrote it") {
		t.Errorf("a newer record: %v", err)
	}
	alter(t, address, "DELETE FROM goose_db_version WHERE version_id = 99; UPDATE meta SET readonly = 'refused: torn'")
	if _, err := Open(ctx, address, Options{Reader: true}); err == nil || !strings.Contains(err.Error(), "refused: torn") {
		t.Errorf("a refused record: %v", err)
	}
}

// A writer does not push out another by mistake; told to, it does.
func TestSecondWriterIsRefused(t *testing.T) {
	ctx := context.Background()
	address := pgtest.Database(t)
	first := open(t, address)
	_, err := Open(ctx, address, Options{})
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "plumbline at the server's own machine, since 2") {
		t.Fatalf("got %v, want ErrHeld and who holds it", err)
	}
	if _, err := first.Commit(ctx, storetest.Change("c", 0, "a")); err != nil {
		t.Fatalf("after a second one was refused: %v", err)
	}
	second := openWith(t, address, Options{TakeOver: true})
	if _, err := first.Commit(ctx, storetest.Change("c", 1, "b")); !errors.Is(err, casefile.ErrStopped) {
		t.Errorf("got %v, want ErrStopped", err)
	}
	if k, err := second.Commit(ctx, storetest.Change("c", 1, "b")); err != nil || k.Index != 1 || k.Again {
		t.Errorf("%+v %v", k, err)
	}
	if _, err := Open(ctx, address, Options{}); !errors.Is(err, ErrHeld) { // the lock is the second's now
		t.Errorf("a third: got %v, want ErrHeld", err)
	}
	if err := errors.Join(second.Check(ctx), second.Close()); err != nil {
		t.Error(err)
	}
	open(t, address)
}

func TestProgramsUseTLSAsTheStoreDoes(t *testing.T) {
	for address, want := range map[string][]string{
		"postgres://u:p@h:1/d":                                      nil,
		"host=h user=u password='sslmode=require'":                  nil,
		"postgres://u@h/d?sslmode=verify-full&sslrootcert=%2Fa%20b": {"PGSSLMODE=verify-full", "PGSSLROOTCERT=/a b"},
		`host=h sslrootcert = 'it\'s a' sslmode=disable`:            {"PGSSLMODE=disable", "PGSSLROOTCERT=it's a"},
	} {
		if got := tls(address); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// Should a lock be lost while its writer goes on, the fence holds.
func TestSecondWriterTakesTheFence(t *testing.T) {
	ctx := context.Background()
	address := pgtest.Database(t)
	first := open(t, address)
	if _, err := first.Commit(ctx, storetest.Change("c", 0, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := first.w.conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	second := open(t, address)
	for range 2 {
		if _, err := first.Commit(ctx, storetest.Change("c", 1, "b")); !errors.Is(err, casefile.ErrStopped) {
			t.Fatalf("got %v, want ErrStopped", err)
		}
	}
	if err := first.Look(ctx, casefile.Looked{}); !errors.Is(err, casefile.ErrStopped) {
		t.Errorf("a view: got %v, want ErrStopped", err)
	}
	if err := first.Health(); !errors.Is(err, casefile.ErrStopped) {
		t.Errorf("health %v", err)
	}
	k, err := second.Commit(ctx, storetest.Change("c", 1, "b"))
	if err != nil || k.Index != 1 || k.Again {
		t.Errorf("%+v %v", k, err)
	}
	if err := second.Check(ctx); err != nil {
		t.Error(err)
	}
}

func TestWeakServersAreRefused(t *testing.T) {
	ctx := context.Background()
	address := pgtest.Database(t)
	open(t, address).Close()
	alter(t, address, "ALTER ROLE plumbline IN DATABASE "+address[strings.Index(address, "dbname=")+7:strings.Index(address, " sslmode")]+" SET synchronous_commit = local")
	if _, err := Open(ctx, address, Options{}); err == nil || !strings.Contains(err.Error(), `synchronous_commit is "local" and must be`) {
		t.Errorf("synchronous_commit=local: %v", err)
	}
	good := map[string]string{"fsync": "on", "full_page_writes": "on", "synchronous_commit": "remote_apply", "data_sync_retry": "off", "zero_damaged_pages": "off",
		"ignore_checksum_failure": "off", "server_encoding": "UTF8", "data_checksums": "on"}
	var warned []string
	warn := func(s string) { warned = append(warned, s) }
	if err := weak(good, warn); err != nil || len(warned) > 0 {
		t.Errorf("good settings: %v %v", err, warned)
	}
	for name, value := range map[string]string{"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "data_sync_retry": "on", "zero_damaged_pages": "on",
		"ignore_checksum_failure": "on", "server_encoding": "SQL_ASCII"} {
		was := good[name]
		good[name] = value
		if err := weak(good, warn); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
		delete(good, name)
		if weak(good, warn) == nil {
			t.Errorf("%s unknown: taken", name)
		}
		good[name] = was
	}
	good["data_checksums"] = "off"
	if err := weak(good, warn); err != nil || len(warned) != 1 {
		t.Errorf("no checksums: %v %v", err, warned)
	}
}

func TestNewerStoreIsRefused(t *testing.T) {
	address := pgtest.Database(t)
	open(t, address).Close()
	alter(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)")
	if _, err := Open(context.Background(), address, Options{}); err == nil || !strings.Contains(err.Error(), "a newer program wrote it") {
		t.Errorf("a store of version 99: %v", err)
	}
}

func TestAlteredSchemaIsFound(t *testing.T) {
	ctx := context.Background()
	address := pgtest.Database(t)
	s := open(t, address)
	if _, err := s.Commit(ctx, storetest.Change("c", 0, "a")); err != nil {
		t.Fatal(err)
	}
	const stays = "CREATE OR REPLACE FUNCTION record_stays() RETURNS trigger LANGUAGE plpgsql AS $$\n" + recordBody + " $$"
	for _, c := range []struct{ do, undo, want string }{
		{"DROP TRIGGER act_kept ON act", "CREATE TRIGGER act_kept BEFORE TRUNCATE ON act EXECUTE FUNCTION record_stays()", "trigger act_kept BEFORE TRUNCATE"},
		{"ALTER TABLE view DISABLE TRIGGER view_stays", "ALTER TABLE view ENABLE TRIGGER view_stays", "switched off"},
		{"ALTER TABLE duty DISABLE TRIGGER ALL", "ALTER TABLE duty ENABLE TRIGGER ALL", "foreign key duty_n_fkey"},
		{"CREATE OR REPLACE FUNCTION record_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$", stays, "with another body"},
		{"CREATE RULE mine AS ON INSERT TO view DO INSTEAD NOTHING", "DROP RULE mine ON view", "rule mine ON view"},
		{"CREATE TRIGGER mine BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION record_stays()", "DROP TRIGGER mine ON outbox", "trigger mine BEFORE INSERT ON outbox"},
		{"UPDATE duty SET n = 9", "UPDATE duty SET n = 1", "rows without their case in duty"},
		{"INSERT INTO event (at, kind, person, text) VALUES (1, 'restored', '', '')", "DELETE FROM event", "confirmation of a restored store"},
	} {
		alter(t, address, c.do)
		if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.do, err, c.want)
		}
		alter(t, address, c.undo)
		if err := s.Check(ctx); err != nil {
			t.Fatalf("%s: %v", c.undo, err)
		}
	}
}
