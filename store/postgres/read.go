package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

const headColumns = `h.id, h.revision, h.acts, h.procedure, h.edition, h.unit, h.unit_kind, h.number, h.title, h.stage, h.handlers, h.opener, h.opened, h.updated,
	h.closed, h.due, h.overdue, h.findings, h.receipt, h.secret, h.words`

type scanner interface{ Scan(into ...any) error }

func scanHead(row scanner, more ...any) (casefile.Head, error) {
	var h casefile.Head
	var handlers []byte
	err := row.Scan(append([]any{&h.ID, &h.Revision, &h.Acts, &h.Procedure, &h.Edition, &h.Unit, &h.UnitKind, &h.Number, &h.Title, &h.Stage, &handlers, &h.Opener, &h.Opened,
		&h.Updated, &h.Closed, &h.Due, &h.Overdue, &h.Findings, &h.Receipt, &h.Secret, &h.Words}, more...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, casefile.ErrNotFound
	}
	if err == nil {
		if err = json.Unmarshal(handlers, &h.Handlers); err != nil {
			err = fmt.Errorf("handlers of case %s: %w", h.ID, err)
		}
	}
	if len(h.Handlers) == 0 {
		h.Handlers = nil
	}
	return h, err
}

// Case returns the head of a case, or casefile.ErrNotFound.
func (s *Store) Case(ctx context.Context, id casefile.CaseID) (casefile.Head, error) {
	return s.oneCase(ctx, `h.id = $1`, string(id))
}

// CaseOfReceipt finds a case by the code of its reporter's receipt.
func (s *Store) CaseOfReceipt(ctx context.Context, code string) (casefile.Head, error) {
	if code == "" {
		return casefile.Head{}, casefile.ErrNotFound
	}
	return s.oneCase(ctx, `h.receipt = $1 AND h.receipt <> ''`, code)
}

func (s *Store) oneCase(ctx context.Context, where, arg string) (casefile.Head, error) {
	var standing []byte
	h, err := scanHead(s.read.QueryRow(ctx, `SELECT `+headColumns+`, h.standing FROM case_head h WHERE `+where, arg), &standing)
	h.Standing = standing
	if err != nil {
		return casefile.Head{}, err
	}
	return h, nil
}

// rows reads all rows of a query.
func rows[T any](ctx context.Context, q querier, scan func(scanner) (T, error), text string, args ...any) (out []T, _ error) {
	r, err := q.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}

func oneEntry(row scanner) (casefile.Entry, error) { return scanEntry(row) }

func scanEntry(row scanner, more ...any) (casefile.Entry, error) {
	var e casefile.Entry
	var leaf []byte
	err := row.Scan(append([]any{&e.Index, &e.Case, &e.Number, &e.Act, &leaf, &e.Bytes}, more...)...)
	copy(e.Leaf[:], leaf)
	return e, err
}

const entries = `SELECT a.idx, h.id, a.number, a.act, a.leaf, a.bytes FROM act a JOIN case_head h ON h.n = a.n `

// Acts returns the acts of a case in the order of their numbers, those after a number.
func (s *Store) Acts(ctx context.Context, id casefile.CaseID, after int64) ([]casefile.Entry, error) {
	return rows(ctx, s.read, oneEntry, entries+`WHERE h.id = $1 AND a.number > $2 ORDER BY a.number`, string(id), after)
}

// Entries returns acts of the whole ledger from an index on.
func (s *Store) Entries(ctx context.Context, from int64, limit int) ([]casefile.Entry, error) {
	return rows(ctx, s.read, oneEntry, entries+`WHERE a.idx >= $1 ORDER BY a.idx LIMIT $2`, from, limit)
}

// Head is the ledger's size and root.
func (s *Store) Head(ctx context.Context) (size int64, root ledger.Hash, err error) {
	var r []byte
	err = s.read.QueryRow(ctx, `SELECT size, root FROM ledger_head WHERE log = 1`).Scan(&size, &r)
	copy(root[:], r)
	return size, root, err
}

const dutyColumns = `h.id, d.duty, d.subject, d.cause, d.state, d.opened, d.amber, d.due, d.done, d.waiting, d.liberty, d.next, d.unit, d.handler`

func scanDuty(row scanner) (casefile.Duty, error) {
	var d casefile.Duty
	err := row.Scan(&d.Case, &d.Duty, &d.Subject, &d.Cause, &d.State, &d.Opened, &d.Amber, &d.Due, &d.Done, &d.Waiting, &d.Liberty, &d.Next, &d.Unit, &d.Handler)
	return d, err
}

// Duties returns all duties of a case: by when they were opened, then as they came.
func (s *Store) Duties(ctx context.Context, id casefile.CaseID) ([]casefile.Duty, error) {
	return rows(ctx, s.read, scanDuty, `SELECT `+dutyColumns+` FROM duty d JOIN case_head h ON h.n = d.n WHERE h.id = $1 ORDER BY d.opened, d.seq`, string(id))
}

// Findings returns all findings of a case: by when they arose, then as they came.
func (s *Store) Findings(ctx context.Context, id casefile.CaseID) ([]casefile.Finding, error) {
	return rows(ctx, s.read, func(row scanner) (casefile.Finding, error) {
		var f casefile.Finding
		err := row.Scan(&f.Case, &f.Rule, &f.Clause, &f.Subject, &f.Cause, &f.At, &f.Severity, &f.Unjudged, &f.Missing, &f.Warn, &f.Duty, &f.Due, &f.MadeBy,
			&f.WithdrawnBy, &f.Unit)
		return f, err
	}, `SELECT h.id, f.rule, f.clause, f.subject, f.cause, f.at, f.severity, f.unjudged, f.missing, f.warn, f.duty, f.due, f.made, f.withdrawn, f.unit
		FROM finding f JOIN case_head h ON h.n = f.n WHERE h.id = $1 ORDER BY f.at, f.seq`, string(id))
}

// Cases lists heads without their standings, newest change first.
//
// Each unit, open or closed, is a list of its own in the index; a page takes the newest of each and merges them, so that
// its cost does not grow with the number of cases.
func (s *Store) Cases(ctx context.Context, sel casefile.Selection) ([]casefile.Head, error) {
	if sel.Limit <= 0 || sel.Open && sel.Closed || !sel.All && len(sel.Units) == 0 && sel.Handler == "" {
		return nil, nil
	}
	var conds []string
	var args []any
	arg := func(v any) string { args = append(args, v); return fmt.Sprintf("$%d", len(args)) }
	if sel.Before != 0 {
		at := arg(int64(sel.Before))
		conds = append(conds, "h.updated <= "+at, "(h.updated < "+at+" OR h.id > "+arg(string(sel.AfterID))+")")
	}
	if sel.Late {
		conds = append(conds, "h.overdue > 0")
	}
	if sel.Found {
		conds = append(conds, "h.findings > 0")
	}
	if sel.Number != "" {
		conds = append(conds, "h.number <> '' AND h.number = "+arg(sel.Number))
	}
	if len(sel.Words) > 0 {
		conds = append(conds, "EXISTS (SELECT 1 FROM case_word w WHERE w.n = h.n AND w.words @> "+arg(sel.Words)+"::text[])")
	}
	limit := arg(int64(sel.Limit))

	var lists []string
	list := func(more ...string) {
		lists = append(lists, "(SELECT h.n, h.updated, h.id FROM case_head h WHERE "+strings.Join(append(more, conds...), " AND ")+
			" ORDER BY h.updated DESC, h.id LIMIT "+limit+")")
	}
	for closed := range 2 {
		if closed == 0 && sel.Closed || closed == 1 && sel.Open {
			continue
		}
		state := fmt.Sprintf("h.closed = %t", closed == 1)
		if sel.All {
			list(state)
			continue
		}
		for _, u := range slices.Compact(slices.Sorted(slices.Values(sel.Units))) {
			list(state, "h.unit = "+arg(u))
		}
		if sel.Handler != "" {
			list(state, "h.n IN (SELECT n FROM case_person WHERE person = "+arg(sel.Handler)+")")
		}
	}
	return rows(ctx, s.read, func(row scanner) (casefile.Head, error) { return scanHead(row) },
		`SELECT `+headColumns+` FROM (SELECT DISTINCT n FROM (`+strings.Join(lists, " UNION ALL ")+`) u) l JOIN case_head h ON h.n = l.n
		ORDER BY h.updated DESC, h.id LIMIT `+limit, args...)
}

// OpenDuties lists duties still to be done in cases of a selection, nearest deadline first, those without one last.
func (s *Store) OpenDuties(ctx context.Context, sel casefile.Selection) ([]casefile.Duty, error) {
	if sel.Limit <= 0 || !sel.All && len(sel.Units) == 0 && sel.Handler == "" {
		return nil, nil
	}
	const order = " ORDER BY (d.due = 0), d.due, h.id, d.duty, d.subject, d.cause LIMIT $1"
	args := []any{int64(sel.Limit)}
	arg := func(v any) string { args = append(args, v); return fmt.Sprintf("$%d", len(args)) }
	var lists []string
	list := func(where string) {
		lists = append(lists, "(SELECT d.seq FROM duty d JOIN case_head h ON h.n = d.n WHERE d.done = 0"+where+order+")")
	}
	if sel.All {
		list("")
	} else {
		for _, u := range slices.Compact(slices.Sorted(slices.Values(sel.Units))) {
			list(" AND d.held = " + arg(u))
		}
		if sel.Handler != "" {
			list(" AND d.n IN (SELECT n FROM case_person WHERE person = " + arg(sel.Handler) + ")")
		}
	}
	return rows(ctx, s.read, scanDuty, `SELECT `+dutyColumns+` FROM (SELECT DISTINCT seq FROM (`+strings.Join(lists, " UNION ALL ")+`) u) l
		JOIN duty d ON d.seq = l.seq JOIN case_head h ON h.n = d.n`+order, args...)
}

// Ripe lists cases in which a duty's Next is at or before now, the longest waiting first.
func (s *Store) Ripe(ctx context.Context, now calendar.Instant, limit int) ([]casefile.CaseID, error) {
	return rows(ctx, s.read, func(row scanner) (id casefile.CaseID, err error) {
		err = row.Scan(&id)
		return id, err
	},
		`SELECT h.id FROM (SELECT n, min(next) AS since FROM duty WHERE next <> 0 AND next <= $1 GROUP BY n) r JOIN case_head h ON h.n = r.n
		ORDER BY r.since, h.id LIMIT $2`, int64(now), limit)
}

// NextRipe is the earliest Next of all duties; zero: none.
func (s *Store) NextRipe(ctx context.Context) (next calendar.Instant, err error) {
	err = s.read.QueryRow(ctx, `SELECT coalesce((SELECT next FROM duty WHERE next <> 0 ORDER BY next LIMIT 1), 0)`).Scan(&next)
	return next, err
}

// Notices returns outbox rows after a sequence number.
func (s *Store) Notices(ctx context.Context, after int64, limit int) ([]casefile.Notice, error) {
	return rows(ctx, s.read, func(row scanner) (casefile.Notice, error) {
		var n casefile.Notice
		err := row.Scan(&n.Seq, &n.Topic, &n.Case, &n.Number, &n.Text, &n.At)
		return n, err
	}, `SELECT o.seq, o.topic, h.id, o.number, o.text, o.at FROM outbox o JOIN case_head h ON h.n = o.n WHERE o.seq > $1 ORDER BY o.seq LIMIT $2`, after, limit)
}
