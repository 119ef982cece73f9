package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"plumbline/casefile"
	"plumbline/store/audit"
)

// Check reads the whole record: every act from its bytes to the root of the ledger, every view
// likewise, and what heads and registers count against the rows they count. It names up to 20 faults.
func (s *Store) Check(ctx context.Context) (err error) {
	if s.outdated != nil {
		return fmt.Errorf("check: %w", s.outdated)
	}
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.Background())) }()
	for _, name := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} { // here whole tables are read
		if _, err := tx.Exec(ctx, `SET LOCAL `+name+` = on`); err != nil {
			return err
		}
	}
	k := &checker{}
	for _, part := range []func(context.Context, querier) error{k.schema, k.acts, k.views, k.counts, k.words} {
		if err := part(ctx, tx); err != nil {
			return fmt.Errorf("check: %w", err)
		}
	}
	return k.Err()
}

type checker struct{ audit.Report }

// each calls f for every row of a query.
func each(ctx context.Context, q querier, f func(scanner) error, text string, args ...any) error {
	r, err := q.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		if err := f(r); err != nil {
			return err
		}
	}
	return r.Err()
}

// schema looks for triggers that are missing, switched off or altered, and for triggers and rules nobody knows.
func (k *checker) schema(ctx context.Context, q querier) error {
	missing := map[string]bool{}
	for _, table := range []string{"act", "view", "drawn"} {
		missing["trigger "+table+"_stays BEFORE DELETE OR UPDATE ON "+table+" FOR EACH ROW EXECUTE FUNCTION "+recordStays] = true
		missing["trigger "+table+"_kept BEFORE TRUNCATE ON "+table+" FOR EACH STATEMENT EXECUTE FUNCTION "+recordStays] = true
	}
	err := each(ctx, q, func(row scanner) error {
		var what string
		err := row.Scan(&what)
		if !missing[what] {
			k.Fault("%s was not made by the program", what)
		}
		delete(missing, what)
		return err
	}, `SELECT 'trigger ' || t.tgname || replace(split_part(replace(replace(pg_get_triggerdef(t.oid), 'public.', ''), 'CREATE TRIGGER ' || t.tgname, ''), ' EXECUTE ', 1), '"', '')
			|| ' EXECUTE FUNCTION ' || p.proname || CASE t.tgenabled WHEN 'O' THEN '' ELSE ', switched off' END
			|| CASE WHEN p.proname = 'record_stays' AND btrim(p.prosrc, E'\n ') <> $1 THEN ', with another body' ELSE '' END
		FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
		UNION ALL SELECT 'rule ' || r.rulename || ' ON ' || c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
		WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN'
		UNION ALL SELECT 'foreign key ' || co.conname || ' ON ' || c.relname || ', whose trigger is switched off,' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		JOIN pg_constraint co ON co.oid = t.tgconstraint WHERE c.relnamespace = 'public'::regnamespace AND t.tgisinternal AND t.tgenabled <> 'O'`, recordBody)
	for what := range missing {
		k.Fault("%s is not there", what)
	}
	return err
}

const (
	recordStays = "record_stays"
	recordBody  = `BEGIN RAISE EXCEPTION 'what is in % is never changed and never deleted', TG_TABLE_NAME; END`
)

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
		LEFT JOIN (SELECT idx, string_agg(kind, chr(10)) AS kinds FROM drawn GROUP BY idx) d ON d.idx = a.idx ORDER BY a.idx`)
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
	{"standing findings of case", `SELECT h.id, h.findings, count(f.seq) FROM case_head h LEFT JOIN finding f ON f.n = h.n AND f.withdrawn = 0 AND NOT f.warn
		GROUP BY h.n HAVING h.findings <> count(f.seq)`},
	{"duties held by the unit of case", `SELECT h.id, 0, count(*) FROM case_head h JOIN duty d ON d.n = h.n WHERE d.done = 0 AND d.held <> h.unit GROUP BY h.n`},
	{"numbers drawn from register", `SELECT concat(r.unit, ' ', r.year, ' ', r.kind), r.last, count(d.number) FROM register r
		LEFT JOIN drawn d ON d.unit = r.unit AND d.year = r.year AND d.kind = r.kind AND d.number <= r.last GROUP BY r.unit, r.year, r.kind HAVING r.last <> count(d.number)`},
	{"numbers drawn beyond register", `SELECT concat(d.unit, ' ', d.year, ' ', d.kind), 0, count(*) FROM drawn d
		LEFT JOIN register r ON d.unit = r.unit AND d.year = r.year AND d.kind = r.kind WHERE d.number > coalesce(r.last, 0) GROUP BY d.unit, d.year, d.kind`},
	{"notices in the outbox", `SELECT '', l.notices, o.n FROM ledger_head l, (SELECT count(*) AS n, coalesce(max(seq), 0) AS last FROM outbox) o
		WHERE l.log = 1 AND (l.notices <> o.n OR l.notices <> o.last)`},
	{"act beyond the last of case", `SELECT h.id, h.acts, max(x.number) FROM case_head h JOIN (SELECT n, cause AS number FROM duty UNION ALL SELECT n, made FROM finding
		UNION ALL SELECT n, withdrawn FROM finding UNION ALL SELECT n, number FROM outbox) x ON x.n = h.n WHERE x.number > h.acts GROUP BY h.n`},
	{"confirmation of a restored store", `SELECT '', 1, 0 FROM meta WHERE readonly = '' AND (SELECT kind FROM event ORDER BY seq DESC LIMIT 1) = 'restored'`},
	{"rows without their case in", `SELECT x.of, 0, count(*) FROM (SELECT 'duty' AS of, n FROM duty UNION ALL SELECT 'finding', n FROM finding UNION ALL SELECT 'outbox', n FROM outbox
		UNION ALL SELECT 'case_person', n FROM case_person UNION ALL SELECT 'case_word', n FROM case_word) x LEFT JOIN case_head h ON h.n = x.n WHERE h.n IS NULL GROUP BY x.of`},
	{"numbers without their act in register", `SELECT concat(d.unit, ' ', d.year, ' ', d.kind), 0, count(*) FROM drawn d LEFT JOIN act a ON a.idx = d.idx WHERE a.idx IS NULL
		GROUP BY d.unit, d.year, d.kind`},
	{"answers, of slips that were used, in survey", `SELECT c.case_id, (SELECT count(*) FROM survey_slip s WHERE s.case_id = c.case_id AND s.used) AS used, sum(c.n)::bigint
		FROM survey_count c GROUP BY c.case_id, c.question HAVING (SELECT count(*) FROM survey_slip s WHERE s.case_id = c.case_id AND s.used) <> sum(c.n)`},
	{"slips used without an answer in survey", `SELECT s.case_id, 0, count(*) FROM survey_slip s LEFT JOIN survey_count c ON c.case_id = s.case_id
		WHERE s.used AND c.case_id IS NULL GROUP BY s.case_id`},
	{"people of case", `WITH said AS (SELECT n, opener AS person FROM case_head WHERE opener <> ''
		UNION SELECT n, p FROM case_head, jsonb_array_elements_text(handlers::jsonb) p WHERE p <> '')
		SELECT h.id, count(s.n), count(p.n) FROM said s FULL JOIN case_person p ON p.n = s.n AND p.person = s.person JOIN case_head h ON h.n = coalesce(s.n, p.n)
		GROUP BY h.id HAVING count(s.n) <> count(*) OR count(p.n) <> count(*)`},
}

// words holds the words of every case against the table they are searched in.
func (k *checker) words(ctx context.Context, q querier) error {
	return each(ctx, q, func(row scanner) error {
		var id, said, have string
		err := row.Scan(&id, &said, &have)
		k.Words(id, said, have)
		return err
	}, `SELECT h.id, h.words, coalesce(w.words, '') FROM case_head h LEFT JOIN (SELECT n, array_to_string(words, ' ') AS words FROM case_word) w ON w.n = h.n`)
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
