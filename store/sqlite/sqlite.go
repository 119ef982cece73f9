// Package sqlite keeps the record in one SQLite file: for a station, a bureau, a demonstration.
//
// One goroutine writes, on a connection of its own. It takes what is waiting, up to 256 changes, and moves them in one
// transaction (WAL, synchronous=FULL), so that many callers share one sync; callers get their answers after it. Readers
// have connections that cannot write. The heads of both logs move with every batch, so a crash cannot part acts and ledger.
//
// An engine error other than a broken constraint ends writing for good: the store is marked failed, and what was waiting
// gets ErrStopped. A sync that failed is never tried again; a restart finds out from the disk what is kept.
//
// Who can alter the file can alter the projections (heads, duties, findings, the text of notices), accounts and sessions, and
// the digest of a request beside its act; can delete the newest acts or views with all that belongs to them, and make up a
// whole new ledger. Check finds none of these. Who has kept a head of the ledger notices anything that changed below it.
//
// One process writes, and holds a lock on a file beside the store while it does. Others may read at the same time (Options.Reader):
// to check the record, to copy it. A reader takes no lock, changes nothing, and works when nobody writes, too.
//
// What is deleted (drafts, sessions) is overwritten, but stays in the write-ahead log until that is written over.
//
// Not handled: file systems without locks or with false syncs (NFS and its like), Windows.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"plumbline/store/backup"
	"plumbline/store/group"
)

// Options of a store; the zero Options are for production.
type Options struct {
	Reader bool         // open for reading alone, beside a process that writes or without one
	Log    *slog.Logger // nil: discarded
}

// Store is a handling.Store in one SQLite file.
type Store struct {
	path  string
	log   *slog.Logger
	lock  *os.File
	write *sql.DB // one connection, owned by the writer
	read  *sql.DB
	line  group.Line
	w     *writer
	id    string

	outdated error // why a reader cannot check tables that it cannot bring up to date
}

// ErrHeld says that another process writes to the store.
var ErrHeld = errors.New("another process writes to this record")

const (
	oldestEngine = "3.51.3" // earlier ones can lose WAL content when a checkpoint and a reset race
	batchSize    = 256
	maxReaders   = 4 // connections for reading
	// checkpointEvery: changes between two checkpoints. They run between batches; the engine's own limit lies far above.
	checkpointEvery = 2000
)

//go:embed migration/*.sql
var migrations embed.FS

// Open opens the store in the file path, making it when it is not there, and brings its tables up to date. It refuses a
// file that another process writes (ErrHeld), one of a newer program, and settings under which an acknowledged act could be lost.
//
// A reader makes and changes nothing; whatever would write, and Health, is casefile.ErrReadOnly.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{path: path, log: o.Log}
	open := s.open
	if o.Reader {
		open = s.openReader
	}
	if err := open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), s.shut())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	var err error
	if s.lock, err = lock(s.path + ".lock"); err != nil {
		return err
	}
	fresh, err := missing(s.path)
	if err != nil {
		return err
	}
	s.write = sql.OpenDB(connector{dsn(s.path, false), false})
	s.write.SetMaxOpenConns(1)
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	if fresh { // the name of a new file is on disk only when its folder is
		if err := backup.SyncDir(filepath.Dir(s.path)); err != nil {
			return err
		}
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if err := s.connectReaders(ctx); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if s.w, err = newWriter(ctx, s); err != nil {
		return err
	}
	s.line.Begin(s.log.With("path", s.path), batchSize, s.w.batch, s.w.checkpoint)
	return nil
}

func (s *Store) connectReaders(ctx context.Context) error {
	s.read = sql.OpenDB(connector{dsn(s.path, true), true})
	s.read.SetMaxOpenConns(maxReaders)
	s.read.SetMaxIdleConns(maxReaders)
	return s.read.PingContext(ctx)
}

// openReader opens what is there, as it is.
func (s *Store) openReader(ctx context.Context) error {
	s.line.ReadOnly(true)
	if err := s.connectReaders(ctx); err != nil {
		return err
	}
	var have int64
	if err := s.read.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&have); err != nil {
		return fmt.Errorf("version of its tables: %w", err)
	}
	var err error
	if s.outdated, err = backup.Tables(have, migrations); err != nil {
		return err
	}
	return s.read.QueryRowContext(ctx, `SELECT store FROM meta`).Scan(&s.id)
}

// begin fills the rows every store has, and reads what kind of store this is.
func (s *Store) begin(ctx context.Context) error {
	name, root, edge, err := group.Newborn()
	if err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (one, store) VALUES (1, ?) ON CONFLICT DO NOTHING`, name); err != nil {
		return err
	}
	// Only an empty store gets empty heads: a head that is missing beside acts is damage.
	if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_head (log, size, root, edge) SELECT log, 0, ?1, ?2 FROM (SELECT 1 AS log UNION ALL SELECT 2)
		WHERE NOT EXISTS (SELECT 1 FROM act) AND NOT EXISTS (SELECT 1 FROM view) AND NOT EXISTS (SELECT 1 FROM ledger_head)`, root[:], edge); err != nil {
		return err
	}
	var readonly string
	if err := tx.QueryRowContext(ctx, `SELECT store, readonly FROM meta`).Scan(&s.id, &readonly); err != nil {
		return err
	}
	s.line.ReadOnly(readonly != "")
	return tx.Commit()
}

// ID is the random name the store was given when it was made.
func (s *Store) ID() string { return s.id }

// Health is nil while changes can be acknowledged.
func (s *Store) Health() error { return s.line.Health() }

// Close writes what is waiting and closes the file. A store that has failed is left on the disk as it is.
func (s *Store) Close() error {
	s.line.Close()
	return s.shut()
}

// shut closes all connections. The last one that may write moves the log into the file and syncs both: after a fault nothing
// is synced again, so there a reader, which may not, goes last.
func (s *Store) shut() error {
	var errs []error
	read := func() {
		if s.read != nil {
			errs = append(errs, s.read.Close())
		}
	}
	fault := s.line.Faulty()
	if !fault {
		read()
	}
	if s.w != nil {
		errs = append(errs, s.w.close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if fault {
		read()
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return backup.Newer(have, want)
	}
	_, err = p.Up(ctx)
	return err
}

// settings of every connection. They are read back, because a build, a file or a file system may not grant them.
var settings = []struct{ name, value, why string }{
	{"journal_mode", "wal", "readers and the writer would stand in each other's way"},
	{"synchronous", "2", "an acknowledged act could be lost when power fails"},
	{"foreign_keys", "1", "rows could stand without their case"},
	{"trusted_schema", "0", "a prepared file could run functions"},
	{"mmap_size", "0", "a stray write or a read error could pass unnoticed"},
	{"secure_delete", "1", "drafts and sessions that were deleted would stay in the file"},
	{"cell_size_check", "1", "a damaged page could be taken for a sound one"},
}

func dsn(path string, read bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(10000)")
	for _, s := range settings {
		if s.name != "journal_mode" || !read {
			value := s.value
			if s.name == "synchronous" {
				value = "full"
			}
			q.Add("_pragma", s.name+"("+value+")")
		}
	}
	if read {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
		q.Add("_pragma", "cache_size(-16000)")
	} else {
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "wal_autocheckpoint(100000)")
		q.Add("_pragma", "cache_size(-64000)")
		q.Add("_pragma", "temp_store(2)")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// connector opens connections and lets none out whose settings are not those asked for.
type connector struct {
	dsn  string
	read bool
}

var engine = &sqlite.Driver{}

func (c connector) Driver() driver.Driver { return engine }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := engine.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func verify(ctx context.Context, conn driver.Conn) error {
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return errors.New("the driver cannot be asked for its settings")
	}
	one := func(text string) (string, error) {
		rows, err := q.QueryContext(ctx, text, nil)
		if err != nil {
			return "", err
		}
		defer rows.Close() //nolint:errcheck // read only
		v := make([]driver.Value, 1)
		if err := rows.Next(v); err != nil {
			return "", fmt.Errorf("%s: %w", text, err)
		}
		return fmt.Sprint(v[0]), nil
	}
	version, err := one("SELECT sqlite_version()")
	if err != nil {
		return err
	}
	if older(version, oldestEngine) {
		return fmt.Errorf("SQLite %s is older than %s: its write-ahead log can lose acknowledged acts", version, oldestEngine)
	}
	for _, s := range settings {
		have, err := one("PRAGMA " + s.name)
		if err != nil {
			return err
		}
		if have != s.value {
			return fmt.Errorf("%s is %s and must be %s: otherwise %s", s.name, have, s.value, s.why)
		}
	}
	return nil
}

func older(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	for i := range w {
		a, b := 0, 0
		if i < len(h) {
			a, _ = strconv.Atoi(h[i]) // not a number counts as 0: older
		}
		if b, _ = strconv.Atoi(w[i]); a != b {
			return a < b
		}
	}
	return false
}

// lock takes the side file for this process; the kernel gives it back when the process ends, however it ends.
func lock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w (lock on %s: %w)", ErrHeld, name, err), f.Close())
	}
	return f, nil
}

func missing(name string) (bool, error) {
	_, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}
