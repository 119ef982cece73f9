package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/store/group"
)

// Look writes a view into the log of views and returns when it is on disk.
func (s *Store) Look(ctx context.Context, l casefile.Looked) error {
	return s.line.Look(ctx, l)
}

// Looks lists the views of a case, newest first.
func (s *Store) Looks(ctx context.Context, id casefile.CaseID, limit int) ([]casefile.Looked, error) {
	return rows(ctx, s.read, func(row scanner) (casefile.Looked, error) {
		var l casefile.Looked
		err := row.Scan(&l.Index, &l.At, &l.Person, &l.Post, &l.Case, &l.What, &l.Purpose, &l.Refused)
		return l, err
	}, `SELECT idx, at, person, post, case_id, what, purpose, refused FROM view WHERE case_id = $1 ORDER BY idx DESC LIMIT $2`, string(id), limit)
}

func (s *Store) put(ctx context.Context, text string, args ...any) error {
	return s.line.Put(ctx, group.Statement{Text: text, Args: args})
}

// PutAccount writes an account; the last write stands.
func (s *Store) PutAccount(ctx context.Context, a casefile.Account) error {
	return s.put(ctx, `INSERT INTO account (login, person, password, failed, locks, since, locked, changed, must) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (login) DO UPDATE SET person = excluded.person, password = excluded.password, failed = excluded.failed, locks = excluded.locks,
		since = excluded.since, locked = excluded.locked, changed = excluded.changed, must = excluded.must`,
		a.Login, a.Person, a.Password, a.Failed, a.Locks, int64(a.Since), int64(a.Locked), int64(a.Changed), a.Must)
}

const accounts = `SELECT login, person, password, failed, locks, since, locked, changed, must FROM account `

func scanAccount(row scanner) (casefile.Account, error) {
	var a casefile.Account
	err := row.Scan(&a.Login, &a.Person, &a.Password, &a.Failed, &a.Locks, &a.Since, &a.Locked, &a.Changed, &a.Must)
	return a, found(err)
}

// Account returns the account of a login, or casefile.ErrNotFound.
func (s *Store) Account(ctx context.Context, login string) (casefile.Account, error) {
	return scanAccount(s.read.QueryRow(ctx, accounts+`WHERE login = $1`, login))
}

// Accounts lists all accounts by login.
func (s *Store) Accounts(ctx context.Context) ([]casefile.Account, error) {
	return rows(ctx, s.read, scanAccount, accounts+`ORDER BY login`)
}

// PutSession writes a session; the last write stands.
func (s *Store) PutSession(ctx context.Context, x casefile.Session) error {
	return s.put(ctx, `INSERT INTO session (token, person, login, started, seen, client) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (token) DO UPDATE SET person = excluded.person, login = excluded.login, started = excluded.started, seen = excluded.seen, client = excluded.client`,
		x.Token[:], x.Person, x.Login, int64(x.Started), int64(x.Seen), x.Client)
}

const sessions = `SELECT token, person, login, started, seen, client FROM session `

func scanSession(row scanner) (casefile.Session, error) {
	var x casefile.Session
	var token []byte
	err := row.Scan(&token, &x.Person, &x.Login, &x.Started, &x.Seen, &x.Client)
	copy(x.Token[:], token)
	return x, found(err)
}

// Session returns the session of a token, or casefile.ErrNotFound.
func (s *Store) Session(ctx context.Context, token ledger.Hash) (casefile.Session, error) {
	return scanSession(s.read.QueryRow(ctx, sessions+`WHERE token = $1`, token[:]))
}

// Sessions lists the sessions of a person, the first started first.
func (s *Store) Sessions(ctx context.Context, person string) ([]casefile.Session, error) {
	return rows(ctx, s.read, scanSession, sessions+`WHERE person = $1 ORDER BY started, token`, person)
}

// EndSession deletes a session; one that is not there is ended.
func (s *Store) EndSession(ctx context.Context, token ledger.Hash) error {
	return s.put(ctx, `DELETE FROM session WHERE token = $1`, token[:])
}

// PutDraft writes a draft; the last write stands.
func (s *Store) PutDraft(ctx context.Context, d casefile.Draft) error {
	return s.put(ctx, `INSERT INTO draft (key, person, case_id, act, subject, body, saved) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO UPDATE SET person = excluded.person, case_id = excluded.case_id, act = excluded.act, subject = excluded.subject,
		body = excluded.body, saved = excluded.saved`,
		d.Key, d.Person, string(d.Case), d.Act, string(d.Subject), blob(d.Body), int64(d.Saved))
}

const drafts = `SELECT key, person, case_id, act, subject, body, saved FROM draft `

func scanDraft(row scanner) (casefile.Draft, error) {
	var d casefile.Draft
	err := row.Scan(&d.Key, &d.Person, &d.Case, &d.Act, &d.Subject, &d.Body, &d.Saved)
	return d, found(err)
}

// Draft returns a draft, or casefile.ErrNotFound.
func (s *Store) Draft(ctx context.Context, key string) (casefile.Draft, error) {
	return scanDraft(s.read.QueryRow(ctx, drafts+`WHERE key = $1`, key))
}

// Drafts lists the drafts of a person, the last saved first.
func (s *Store) Drafts(ctx context.Context, person string) ([]casefile.Draft, error) {
	return rows(ctx, s.read, scanDraft, drafts+`WHERE person = $1 ORDER BY saved DESC, key`, person)
}

// DropDraft deletes a draft; one that is not there is dropped.
func (s *Store) DropDraft(ctx context.Context, key string) error {
	return s.put(ctx, `DELETE FROM draft WHERE key = $1`, key)
}

func found(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return casefile.ErrNotFound
	}
	return err
}
