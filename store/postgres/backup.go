package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"plumbline/store/backup"
	"plumbline/store/group"
)

const backupFile = "store.dump"

// refused marks a database into which something was restored that did not hold. It is never opened.
const refused = "refused: "

// Backup writes a dump of the store, as it stands at one moment, and its manifest into an empty folder while work goes on.
// It needs pg_dump, of at least the server's version.
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
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.Background())) }()
	var snapshot string // the dump and the manifest see the same moment
	if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return m, err
	}
	head, _, err := loadHead(ctx, tx, 1)
	if err != nil {
		return m, err
	}
	if err := s.program(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--snapshot="+snapshot, "--file="+filepath.Join(dir, backupFile)); err != nil {
		return m, err
	}
	return backup.Finish(dir, "postgres", s.id, head.Size(), head.Root(), backupFile)
}

func (s *Store) program(ctx context.Context, name string, args ...string) error {
	return program(ctx, s.address, s.bin, name, args...)
}

// program runs a client program of PostgreSQL. The password goes by the environment, where other users do not see it.
func program(ctx context.Context, address, bin, name string, args ...string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
	if bin == "" {
		c = exec.CommandContext(ctx, name, args...)
	}
	c.Env = append(os.Environ(), "PGHOST="+config.Host, "PGPORT="+strconv.Itoa(int(config.Port)), "PGUSER="+config.User, "PGDATABASE="+config.Database)
	if config.Password != "" {
		c.Env = append(c.Env, "PGPASSWORD="+config.Password)
	}
	c.Env = append(c.Env, tls(address)...)
	var talk bytes.Buffer
	c.Stderr = &talk
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(talk.String()))
	}
	return nil
}

var word = regexp.MustCompile(`(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)`)

// tls is what an address says about TLS, as environment. Where it says nothing the programs take what pgx takes: the same
// environment, or TLS if the server has it.
func tls(address string) (env []string) {
	named := url.Values{}
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		named = u.Query()
	} else {
		for _, m := range word.FindAllStringSubmatch(address, -1) {
			named.Set(m[1], strings.NewReplacer(`\\`, `\`, `\'`, `'`, `'`, ``).Replace(m[2]))
		}
	}
	for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation"} {
		if named.Has(name) {
			env = append(env, "PG"+strings.ToUpper(name)+"="+named.Get(name))
		}
	}
	return env
}

// Restore fills the database at address, which must be empty, from a backup. The backup is held against its manifest; what
// was restored is checked as a whole and its ledger compared. The store is read-only until a person confirms it; one that
// does not hold is never opened. It needs pg_restore.
func Restore(ctx context.Context, dir, address string, o Options) error {
	if err := restore(ctx, dir, address, o); err != nil {
		return fmt.Errorf("restore %s: %w", dir, err)
	}
	return nil
}

func restore(ctx context.Context, dir, address string, o Options) (err error) {
	m, err := backup.Read(dir, "postgres")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.Background())) }()
	var tables int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`).Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return errors.New("the database is not empty: nothing is restored over a store")
	}
	if err := program(ctx, address, o.Bin, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
		"--dbname="+conn.Config().Database, filepath.Join(dir, m.Files[0].Name)); err != nil {
		return err
	}
	mark := func(text string) error {
		_, err := conn.Exec(ctx, `UPDATE meta SET readonly = $1`, text)
		return err
	}
	if err := mark(refused + "not checked to the end"); err != nil {
		return err
	}
	if err := verifyRestored(ctx, address, &m, o); err != nil {
		return errors.Join(err, mark(refused+err.Error()))
	}
	if _, err := conn.Exec(ctx, `INSERT INTO event (at, kind, person, text) VALUES ($1, 'restored', '', $2)`, time.Now().UnixMicro(), m.Why()); err != nil {
		return err
	}
	return mark(m.Why())
}

func verifyRestored(ctx context.Context, address string, m *backup.Manifest, o Options) (err error) {
	s, err := openStore(ctx, address, o, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return m.Verify(ctx, s)
}

// Confirm ends the read-only state of a restored store: a person has compared its ledger with what witnesses hold, and says
// why it may be written. Both are recorded.
func (s *Store) Confirm(ctx context.Context, person, reason string) error {
	return s.line.Confirm(ctx, person, reason, group.Statement{Text: `WITH freed AS (UPDATE meta SET readonly = '' RETURNING one)
		INSERT INTO event (at, kind, person, text) SELECT $1::bigint, 'confirmed', $2::text, $3::text FROM freed`, Args: []any{time.Now().UnixMicro(), person, reason}})
}

// Events lists what was done to the store itself, oldest first.
func (s *Store) Events(ctx context.Context) ([]backup.Event, error) {
	return rows(ctx, s.read, func(row scanner) (e backup.Event, err error) {
		err = row.Scan(&e.At, &e.Kind, &e.Person, &e.Text)
		return e, err
	}, `SELECT at, kind, person, text FROM event ORDER BY seq`)
}
