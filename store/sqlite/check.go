package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"plumbline/casefile"
	"plumbline/store/audit"
)

// Check reads the whole file: the engine's own check, every act from its bytes to the root of the ledger, every view
// likewise, and what heads and registers count against the rows they count. It names up to 20 faults.
func (s *Store) Check(ctx context.Context) (err error) {
	if s.outdated != nil {
		return fmt.Errorf("check: %w", s.outdated)
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	k := &checker{}
	for _, part := range []func(context.Context, querier) error{k.engine, k.schema, k.acts, k.views, k.counts, k.words} {
		if err := part(ctx, tx); err != nil {
			return fmt.Errorf("check: %w", err)
		}
	}
	return k.Err()
}

type checker struct{ audit.Report }

// each calls f for every row of a query.
func each(ctx context.Context, q querier, f func(scanner) error, text string, args ...any) (err error) {
	r, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		if err := f(r); err != nil {
			return err
		}
	}
	return r.Err()
}

func (k *checker) engine(ctx context.Context, q querier) error {
	err := each(ctx, q, func(row scanner) error {
		var text string
		err := row.Scan(&text)
		if text != "ok" {
			k.Fault("file: %s", text)
		}
		return err
	}, `PRAGMA integrity_check(20)`)
	if err != nil {
		return err
	}
	return each(ctx, q, func(row scanner) error {
		var table, parent string
		var rowid sql.NullInt64
		var fk int64
		err := row.Scan(&table, &rowid, &parent, &fk)
		k.Fault("row %d of %s names a row of %s that is not there", rowid.Int64, table, parent)
		return err
	}, `PRAGMA foreign_key_check`)
}

// schema holds the tables, indexes and triggers of the file against those its migrations make.
func (k *checker) schema(ctx context.Context, q querier) error {
	want, err := made()
	if err != nil {
		return err
	}
	have, err := objects(ctx, q)
	if err != nil {
		return err
	}
	for name, text := range want {
		switch is, ok := have[name]; {
		case !ok:
			k.Fault("%s is not there", name)
		case is != text:
			k.Fault("%s is not what the program made", name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			k.Fault("%s was not made by the program", name)
		}
	}
	return nil
}

var made = sync.OnceValues(func() (_ map[string]string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	if err := migrate(always, db); err != nil {
		return nil, err
	}
	return objects(always, db)
})

// objects lists what the schema has, by type and name. The table of migrations and the engine's own are left out.
func objects(ctx context.Context, q querier) (map[string]string, error) {
	all := map[string]string{}
	return all, each(ctx, q, func(row scanner) error {
		var name, text string
		err := row.Scan(&name, &text)
		all[name] = text
		return err
	}, `SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, '') FROM sqlite_schema WHERE name <> 'goose_db_version' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
}

func (k *checker) acts(ctx context.Context, q querier) error {
	acts := audit.Acts{Report: &k.Report}
	err := each(ctx, q, func(row scanner) error {
		var kinds string
		e, err := scanEntry(row, &kinds)
		if err != nil {
			return err
		}
		acts.Act(&e, kinds)
		return nil
	}, `SELECT a.idx, coalesce(h.id, ''), a.number, a.act, a.leaf, a.bytes, coalesce(d.kinds, '') FROM act a LEFT JOIN case_head h ON h.n = a.n
		LEFT JOIN (SELECT idx, group_concat(kind, char(10)) AS kinds FROM drawn GROUP BY idx) d ON d.idx = a.idx ORDER BY a.idx`)
	if err != nil {
		return err
	}
	if err := each(ctx, q, func(row scanner) error {
		var id casefile.CaseID
		var n int64
		err := row.Scan(&id, &n)
		acts.Case(id, n)
		return err
	}, `SELECT id, acts FROM case_head`); err != nil {
		return err
	}
	kept, _, err := loadHead(ctx, q, 1)
	k.Head(1, &acts.Head, kept, err)
	return nil
}

func (k *checker) views(ctx context.Context, q querier) error {
	views := audit.Views{Report: &k.Report}
	err := each(ctx, q, func(row scanner) error {
		var l casefile.Looked
		var salts, leaf []byte
		if err := row.Scan(&l.Index, &l.At, &l.Person, &l.Post, &l.Case, &l.What, &l.Purpose, &l.Refused, &salts, &leaf); err != nil {
			return err
		}
		views.View(&l, salts, leaf)
		return nil
	}, `SELECT idx, at, person, post, case_id, what, purpose, refused, salts, leaf FROM view ORDER BY idx`)
	if err != nil {
		return err
	}
	kept, _, err := loadHead(ctx, q, 2)
	k.Head(2, &views.Head, kept, err)
	return nil
}

// counts: each query lists what does not count up, as a text and two numbers.
var counts = []struct{ what, text string }{
	{"duties of case", `SELECT h.id, h.duties, count(d.seq) FROM case_head h LEFT JOIN duty d ON d.n = h.n GROUP BY h.n HAVING h.duties <> count(d.seq)`},
	{"findings of case", `SELECT h.id, h.shown, count(f.seq) FROM case_head h LEFT JOIN finding f ON f.n = h.n GROUP BY h.n HAVING h.shown <> count(f.seq)`},
	{"standing findings of case", `SELECT h.id, h.findings, count(f.seq) FROM case_head h LEFT JOIN finding f ON f.n = h.n AND f.withdrawn = 0 AND f.warn = 0
		GROUP BY h.n HAVING h.findings <> count(f.seq)`},
	{"duties held by the unit of case", `SELECT h.id, 0, count(*) FROM case_head h JOIN duty d ON d.n = h.n WHERE d.done = 0 AND d.held <> h.unit GROUP BY h.n`},
	{"numbers drawn from register", `SELECT r.unit || ' ' || r.year || ' ' || r.kind, r.last, count(d.number) FROM register r
		LEFT JOIN drawn d ON d.unit = r.unit AND d.year = r.year AND d.kind = r.kind AND d.number <= r.last GROUP BY r.unit, r.year, r.kind HAVING r.last <> count(d.number)`},
	{"numbers drawn beyond register", `SELECT d.unit || ' ' || d.year || ' ' || d.kind, 0, count(*) FROM drawn d
		LEFT JOIN register r ON d.unit = r.unit AND d.year = r.year AND d.kind = r.kind WHERE d.number > coalesce(r.last, 0) GROUP BY d.unit, d.year, d.kind`},
	{"notices in the outbox", `SELECT '', l.notices, o.n FROM ledger_head l, (SELECT count(*) AS n, coalesce(max(seq), 0) AS last FROM outbox) o
		WHERE l.log = 1 AND (l.notices <> o.n OR l.notices <> o.last)`},
	{"act beyond the last of case", `SELECT h.id, h.acts, max(x.number) FROM case_head h JOIN (SELECT n, cause AS number FROM duty UNION ALL SELECT n, made FROM finding
		UNION ALL SELECT n, withdrawn FROM finding UNION ALL SELECT n, number FROM outbox) x ON x.n = h.n WHERE x.number > h.acts GROUP BY h.n`},
	{"confirmation of a restored store", `SELECT '', 1, 0 FROM meta WHERE readonly = '' AND (SELECT kind FROM event ORDER BY seq DESC LIMIT 1) = 'restored'`},
	{"events of the store, none ever deleted,", `SELECT '', s.seq, (SELECT count(*) FROM event) AS have FROM sqlite_sequence s WHERE s.name = 'event' AND s.seq <> have`},
	{"answers, of slips that were used, in survey", `SELECT c.case_id, (SELECT count(*) FROM survey_slip s WHERE s.case_id = c.case_id AND s.used = 1) AS used, sum(c.n)
		FROM survey_count c GROUP BY c.case_id, c.question HAVING (SELECT count(*) FROM survey_slip s WHERE s.case_id = c.case_id AND s.used = 1) <> sum(c.n)`},
	{"slips used without an answer in survey", `SELECT s.case_id, 0, count(*) FROM survey_slip s LEFT JOIN survey_count c ON c.case_id = s.case_id
		WHERE s.used = 1 AND c.case_id IS NULL GROUP BY s.case_id`},
	{"people of case", `SELECT h.id, (SELECT count(DISTINCT value) FROM (SELECT value FROM json_each(h.handlers) UNION SELECT h.opener) WHERE value <> ''),
		(SELECT count(*) FROM case_person p WHERE p.n = h.n AND (p.person = h.opener OR p.person IN (SELECT value FROM json_each(h.handlers)))) AS have
		FROM case_head h WHERE (SELECT count(DISTINCT value) FROM (SELECT value FROM json_each(h.handlers) UNION SELECT h.opener) WHERE value <> '') <> have
		OR have <> (SELECT count(*) FROM case_person p WHERE p.n = h.n)`},
}

// words holds the words of every case against the table they are searched in.
func (k *checker) words(ctx context.Context, q querier) error {
	return each(ctx, q, func(row scanner) error {
		var id, said, have string
		err := row.Scan(&id, &said, &have)
		k.Words(id, said, have)
		return err
	}, `SELECT h.id, h.words, coalesce(w.words, '') FROM case_head h LEFT JOIN (SELECT n, group_concat(word, ' ') AS words FROM case_word GROUP BY n) w ON w.n = h.n`)
}

func (k *checker) counts(ctx context.Context, q querier) error {
	for _, c := range counts {
		err := each(ctx, q, func(row scanner) error {
			var of string
			var said, have int64
			err := row.Scan(&of, &said, &have)
			k.Count(c.what, of, said, have)
			return err
		}, c.text)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return nil
}
