package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"plumbline/ledger"
	"plumbline/store/backup"
	"plumbline/store/group"
)

const backupFile = "store.db"

// Backup writes a copy of the store, as it stands at one moment, and its manifest into an empty folder while work goes on.
func (s *Store) Backup(ctx context.Context, dir string) (backup.Manifest, error) {
	m, err := s.backup(ctx, dir)
	if err != nil {
		err = fmt.Errorf("backup into %s: %w", dir, err)
	}
	return m, err
}

func (s *Store) backup(ctx context.Context, dir string) (m backup.Manifest, err error) {
	if err := backup.Dir(dir); err != nil {
		return m, err
	}
	db := sql.OpenDB(connector{dsn(s.path, true), true})
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	file := filepath.Join(dir, backupFile)
	if _, err := db.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil { // it may write a file; this one it opened for reading
		return m, err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
		return m, err
	}
	size, root, err := headOf(ctx, file) // from the copy: it is the copy that the manifest speaks for
	if err != nil {
		return m, err
	}
	return backup.Finish(dir, "sqlite", s.id, size, root, backupFile)
}

// headOf reads the head of the ledger in a file that nobody writes.
func headOf(ctx context.Context, file string) (size int64, root ledger.Hash, err error) {
	db, err := sql.Open("sqlite", dsn(file, true)+"&immutable=1")
	if err != nil {
		return 0, root, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	head, _, err := loadHead(ctx, db, 1)
	if err != nil {
		return 0, root, err
	}
	return head.Size(), head.Root(), nil
}

// Restore makes a store in the file target, which must not exist, from a backup. The backup is held against its manifest,
// the copy is checked as a whole and its ledger compared, before it gets its name. The store is read-only until a person
// confirms it.
func Restore(ctx context.Context, dir, target string, o Options) error {
	if err := restore(ctx, dir, target, o); err != nil {
		return fmt.Errorf("restore %s: %w", dir, err)
	}
	return nil
}

func restore(ctx context.Context, dir, target string, o Options) (err error) {
	m, err := backup.Read(dir, "sqlite")
	if err != nil {
		return err
	}
	if fresh, err := missing(target); err != nil || !fresh {
		return errors.Join(fmt.Errorf("%s exists: nothing is restored over a store", target), err)
	}
	part := target + ".restoring"
	defer func() {
		for _, end := range []string{"", "-wal", "-shm", ".lock"} {
			if e := os.Remove(part + end); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	if err := backup.Copy(filepath.Join(dir, m.Files[0].Name), part); err != nil {
		return err
	}
	s, err := Open(ctx, part, o)
	if err != nil {
		return err
	}
	if err := s.quarantine(ctx, &m); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := os.Rename(part, target); err != nil {
		return err
	}
	return backup.SyncDir(filepath.Dir(target))
}

// quarantine checks what was restored and lets nothing be written to it.
func (s *Store) quarantine(ctx context.Context, m *backup.Manifest) error {
	if err := m.Verify(ctx, s); err != nil {
		return err
	}
	return s.line.Put(ctx, group.Statement{Text: `UPDATE meta SET readonly = ?`, Args: []any{m.Why()}},
		group.Statement{Text: addEvent, Args: []any{time.Now().UnixMicro(), "restored", "", m.Why()}})
}

const addEvent = `INSERT INTO event (at, kind, person, text) VALUES (?, ?, ?, ?)`

// Confirm ends the read-only state of a restored store: a person has compared its ledger with what witnesses hold, and says
// why it may be written. Both are recorded.
func (s *Store) Confirm(ctx context.Context, person, reason string) error {
	return s.line.Confirm(ctx, person, reason, group.Statement{Text: `UPDATE meta SET readonly = ''`},
		group.Statement{Text: addEvent, Args: []any{time.Now().UnixMicro(), "confirmed", person, reason}})
}

// Events lists what was done to the store itself, oldest first.
func (s *Store) Events(ctx context.Context) ([]backup.Event, error) {
	return rows(ctx, s.read, func(row scanner) (e backup.Event, err error) {
		err = row.Scan(&e.At, &e.Kind, &e.Person, &e.Text)
		return e, err
	}, `SELECT at, kind, person, text FROM event ORDER BY seq`)
}
