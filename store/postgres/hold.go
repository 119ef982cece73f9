package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The advisory lock of the writer, by two numbers of our own. A session has it until it ends, however it ends.
const lockClass, lockObject = 0x706c756d, 1

// keepalive of the writer's connection: when its machine is gone without a word, the server ends the session within a minute.
var keepalive = map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}

// patience with a process that was closed or killed just now: the server takes a moment to notice.
const patience = 2 * time.Second

// hold takes the lock. A process that has it keeps it, unless its connection is to be ended.
func (w *writer) hold(ctx context.Context, takeOver bool) error {
	held, err := w.lock(ctx)
	if err != nil || !held {
		return err
	}
	who, err := w.holder(ctx)
	if err != nil {
		return err
	}
	if !takeOver {
		return fmt.Errorf("%w: %s", ErrHeld, who)
	}
	w.s.log.Warn("record is taken over", "from", who)
	if _, err := w.conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM (`+holders+`) h`, lockClass, lockObject); err != nil {
		return fmt.Errorf("end the connection of %s: %w", who, err)
	}
	if held, err = w.lock(ctx); held {
		err = fmt.Errorf("%w, although its connection was to be ended: %s", ErrHeld, who)
	}
	return err
}

// lock says whether another session has the lock.
func (w *writer) lock(ctx context.Context) (held bool, err error) {
	err = pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d`, patience.Milliseconds())); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `SELECT pg_advisory_lock($1::int, $2::int)`, lockClass, lockObject) // of the session, not of the transaction
		return err
	})
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) && e.Code == "55P03" {
		return true, nil
	}
	return false, err
}

const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $1::int AND objid = $2::int AND objsubid = 2
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// holder describes who has the lock, as far as the server tells.
func (w *writer) holder(ctx context.Context) (who string, err error) {
	err = w.conn.QueryRow(ctx, `SELECT concat(coalesce(a.application_name, 'a program'), ' at ', coalesce(host(a.client_addr), 'the server''s own machine'),
		to_char(a.backend_start, '", since "YYYY-MM-DD HH24:MI:SS" UTC"'), ' (server process ', a.pid, ')')
		FROM (`+holders+`) h JOIN pg_stat_activity a USING (pid)`, lockClass, lockObject).Scan(&who)
	if errors.Is(err, pgx.ErrNoRows) { // it ended just now
		return "one that has just ended: try again", nil
	}
	return who, err
}
