// Package postgres keeps the record in PostgreSQL: for production.
//
// One goroutine writes, on a connection of its own. It takes what is waiting, up to 256 changes, reads the rows they touch
// in one round trip, judges and seals them in memory, and writes all of them in a second one, a transaction of a few
// statements over arrays. The first of these moves the head of the ledger, once for the batch, and is the fence: a second
// program that takes the record over takes the next epoch, and the first then stops with ErrStopped.
//
// One process writes. Its connection holds an advisory lock, so that no second one takes over by mistake: Open fails with
// ErrHeld. To take over on purpose (Options.TakeOver) ends that connection; the fence holds whatever becomes of the lock.
// Others may read at the same time (Options.Reader): to check the record, to copy it. They take neither lock nor fence.
//
// An error other than a row the schema refuses ends writing for good: the outcome of what was waiting is not known, and
// callers get ErrStopped. A restart finds out from the database what is kept.
//
// Who owns the database can alter the projections (heads, duties, findings, the text of notices), accounts and sessions, and
// the digest of a request beside its act; can delete the newest acts or views with all that belongs to them, and make up a
// whole new ledger. Check finds none of these, nor a constraint or an index that was dropped. Who has kept a head of the
// ledger notices anything that changed below it.
//
// What is deleted (drafts, sessions) stays in the files of the server until vacuum makes room for others, and in its log.
//
// Not handled: a standby promoted beside a living primary (the fence is in the database that was split).
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"plumbline/store/backup"
	"plumbline/store/group"
)

// Options of a store; the zero Options are for production.
type Options struct {
	Reader   bool          // open for reading alone, beside a process that writes or without one
	TakeOver bool          // from another process that writes; it stops
	Log      *slog.Logger  // nil: discarded
	Wait     time.Duration // for one batch, before its outcome counts as unknown; 0: one minute
	Bin      string        // folder of pg_dump and pg_restore; empty: found by PATH
}

// Store is a handling.Store in a PostgreSQL database.
type Store struct {
	address string
	log     *slog.Logger
	wait    time.Duration
	bin     string
	read    *pgxpool.Pool
	line    group.Line
	w       *writer
	id      string

	outdated error // why a reader cannot check tables that it cannot bring up to date
}

const (
	batchSize  = 256
	maxReaders = 8 // connections for reading
)

// ErrHeld says that another process writes to the store.
var ErrHeld = errors.New("another process writes to this record")

//go:embed migration/*.sql
var migrations embed.FS

// Open opens the store in the database at address (a DSN or URL), brings its tables up to date and takes lock and fence. It
// refuses a database that another process writes (ErrHeld), one of a newer program, and a server whose settings could lose
// an acknowledged act.
//
// A reader makes and changes nothing; whatever would write, and Health, is casefile.ErrReadOnly.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	return openStore(ctx, address, o, false)
}

func openStore(ctx context.Context, address string, o Options, restoring bool) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Wait <= 0 {
		o.Wait = time.Minute
	}
	s := &Store{address: address, log: o.Log, wait: o.Wait, bin: o.Bin}
	var err error
	if o.Reader {
		err = s.openReader(ctx)
	} else {
		err = s.open(ctx, o, restoring)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.shut())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options, restoring bool) error {
	config, err := pgx.ParseConfig(s.address)
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = "plumbline"
	config.RuntimeParams["timezone"] = "UTC"
	for name, value := range planning {
		config.RuntimeParams[name] = value
	}
	holder := config.Copy()
	for name, value := range keepalive {
		holder.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, holder)
	if err != nil {
		return err
	}
	s.w = &writer{s: s, conn: conn}
	if err := s.verify(ctx, conn, true); err != nil {
		return err
	}
	if err := s.w.hold(ctx, o.TakeOver); err != nil {
		return err
	}
	if err := migrate(ctx, config); err != nil {
		return err
	}
	if err := s.begin(ctx, conn, restoring); err != nil {
		return err
	}
	if err := s.connectReaders(ctx); err != nil {
		return err
	}
	if err := s.w.begin(ctx); err != nil {
		return err
	}
	s.line.Begin(s.log, batchSize, s.w.batch, func() {})
	return nil
}

func (s *Store) connectReaders(ctx context.Context) error {
	pool, err := pgxpool.ParseConfig(s.address)
	if err != nil {
		return err
	}
	pool.MaxConns = maxReaders
	pool.ConnConfig.RuntimeParams["application_name"] = "plumbline reader"
	pool.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	for name, value := range planning {
		if name != "plan_cache_mode" { // how common a word or a unit is matters to a list
			pool.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return s.verify(ctx, c, false) }
	if s.read, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return err
	}
	return s.read.Ping(ctx)
}

// openReader opens what is there, as it is.
func (s *Store) openReader(ctx context.Context) error {
	s.line.ReadOnly(true)
	if err := s.connectReaders(ctx); err != nil {
		return err
	}
	var have int64
	var readonly string
	err := s.read.QueryRow(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&have)
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) && e.Code == "42P01" {
		return errors.New("there is no record in this database")
	}
	if err != nil {
		return fmt.Errorf("version of its tables: %w", err)
	}
	if s.outdated, err = backup.Tables(have, migrations); err != nil {
		return err
	}
	if err := s.read.QueryRow(ctx, `SELECT store, readonly FROM meta`).Scan(&s.id, &readonly); err != nil {
		return err
	}
	return notRefused(readonly)
}

func notRefused(readonly string) error {
	if why, bad := strings.CutPrefix(readonly, refused); bad {
		return fmt.Errorf("what was restored into it was refused: %s", why)
	}
	return nil
}

// begin fills the rows every store has, and reads what kind of store this is.
func (s *Store) begin(ctx context.Context, conn *pgx.Conn, restoring bool) error {
	name, root, edge, err := group.Newborn()
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO meta (one, store) VALUES (true, $1) ON CONFLICT DO NOTHING`, name); err != nil {
			return err
		}
		// Only an empty store gets empty heads: a head that is missing beside acts is damage.
		if _, err := tx.Exec(ctx, `INSERT INTO ledger_head (log, size, root, edge) SELECT log, 0, $1, $2 FROM (VALUES (1), (2)) AS l (log)
			WHERE NOT EXISTS (SELECT 1 FROM act) AND NOT EXISTS (SELECT 1 FROM view) ON CONFLICT DO NOTHING`, root[:], edge); err != nil {
			return err
		}
		var readonly string
		if err := tx.QueryRow(ctx, `SELECT store, readonly FROM meta`).Scan(&s.id, &readonly); err != nil {
			return err
		}
		s.line.ReadOnly(readonly != "")
		if restoring {
			return nil
		}
		return notRefused(readonly)
	})
}

// ID is the random name the store was given when it was made.
func (s *Store) ID() string { return s.id }

// Health is nil while changes can be acknowledged.
func (s *Store) Health() error { return s.line.Health() }

// Close writes what is waiting and closes the connections.
func (s *Store) Close() error {
	s.line.Close()
	return s.shut()
}

// shut waits no longer than a few seconds for a server that does not answer.
func (s *Store) shut() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var err error
	if s.read != nil {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			s.read.Close() // waits for whoever reads, however long
		}()
		select {
		case <-closed:
		case <-ctx.Done():
			err = errors.New("somebody still reads")
		}
	}
	if s.w == nil {
		return err
	}
	return errors.Join(err, s.w.conn.Close(ctx))
}

func migrate(ctx context.Context, config *pgx.ConnConfig) (err error) {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker() // two programs that start at once take turns
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithSessionLocker(locker))
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

// planning of statements: all find rows by their keys, Check aside. A plan made while a table was small, which reads it from
// end to end, would stay in the cache while the table grows.
var planning = map[string]string{"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
	"plan_cache_mode": "force_generic_plan"}

// settings the server must have. They are read on every new connection, because each can be set for a role or a database.
var settings = []struct{ name, value, why string }{
	{"fsync", "on", "an acknowledged act could be lost when power fails"},
	{"full_page_writes", "on", "a page torn by a power cut could not be repaired"},
	{"synchronous_commit", "on remote_apply remote_write", "an acknowledged act could be lost when power fails"},
	{"data_sync_retry", "off", "a failed sync could pass for a good one when tried again"},
	{"zero_damaged_pages", "off", "damage would be read as nothing"},
	{"ignore_checksum_failure", "off", "damage would be read as data"},
	{"server_encoding", "UTF8", "text could not be kept as it was signed"},
	{"data_checksums", "on", "damage on the disk goes unnoticed until it is read as data"},
}

const oldestServer = 13

func (s *Store) verify(ctx context.Context, conn *pgx.Conn, first bool) error {
	names := make([]string, len(settings))
	for i, x := range settings {
		names[i] = x.name
	}
	rows, err := conn.Query(ctx, `SELECT name, setting FROM pg_settings WHERE name = ANY ($1)`, append(names, "server_version_num"))
	if err != nil {
		return err
	}
	have := map[string]string{}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error { have[name] = value; return nil }); err != nil {
		return err
	}
	var standby bool
	if err := conn.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&standby); err != nil {
		return err
	}
	if standby && s.w != nil {
		return errors.New("the server is a standby: only its primary can be written")
	}
	if n, err := strconv.Atoi(have["server_version_num"]); err != nil || n/10000 < oldestServer {
		return fmt.Errorf("the server is of version number %s and must be at least PostgreSQL %d", have["server_version_num"], oldestServer)
	}
	return weak(have, func(text string) {
		if first {
			s.log.Warn(text)
		}
	})
}

// weak names the first setting under which an act could be lost. A server without data checksums is warned of only: they
// can be set when a cluster is made, and many were made without.
func weak(have map[string]string, warn func(string)) error {
	for _, x := range settings {
		if strings.Contains(" "+x.value+" ", " "+have[x.name]+" ") && have[x.name] != "" {
			continue
		}
		text := fmt.Sprintf("%s is %q and must be %q: otherwise %s", x.name, have[x.name], strings.ReplaceAll(x.value, " ", " or "), x.why)
		if x.name != "data_checksums" {
			return errors.New(text)
		}
		warn(text)
	}
	return nil
}
