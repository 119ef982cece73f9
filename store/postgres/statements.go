package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"plumbline/casefile"
)

const (
	findHeads = `SELECT n, id, revision, acts, duties, shown, unit, opener, handlers, words FROM case_head WHERE id = ANY ($1)`
	findActs  = `SELECT a.idx, a.number, a.act, a.request, a.leaf, h.id FROM act a JOIN case_head h ON h.n = a.n WHERE a.act = ANY ($1)`
	// A case of an act kept before that is not among the changed cases has no row in the plan: its revision is not told.
	findDuties = `SELECT u.of, d.duty, d.subject, d.cause FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS u (of, duty, subject, cause)
		JOIN case_head h ON h.id = u.of JOIN duty d ON d.n = h.n AND d.duty = u.duty AND d.subject = u.subject AND d.cause = u.cause`
	findFindings = `SELECT u.of, f.rule, f.clause, f.subject, f.cause
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS u (of, rule, clause, subject, cause)
		JOIN case_head h ON h.id = u.of JOIN finding f ON f.n = h.n AND f.rule = u.rule AND f.clause = u.clause AND f.subject = u.subject AND f.cause = u.cause`
	findRegisters = `SELECT r.unit, r.year, r.kind, r.last FROM unnest($1::text[], $2::bigint[], $3::text[]) AS u (unit, year, kind)
		JOIN register r ON r.unit = u.unit AND r.year = u.year AND r.kind = u.kind`

	// moveFence fails where the epoch or the size is another writer's: NULL is refused.
	moveFence = `UPDATE ledger_head SET size = $1, root = $2, edge = $3, notices = $4, epoch = CASE WHEN epoch = $5 AND size = $6 THEN epoch END WHERE log = 1`
	moveViews = `UPDATE ledger_head SET size = $1, root = $2, edge = $3 WHERE log = 2`

	dropPeople = `DELETE FROM case_person WHERE n = ANY ($1)`
	addPeople  = `INSERT INTO case_person (person, n) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING`
	putWords   = `INSERT INTO case_word (n, words) SELECT u.n, string_to_array(u.words, ' ') FROM unnest($1::bigint[], $2::text[]) AS u (n, words)
		ON CONFLICT (n) DO UPDATE SET words = excluded.words`
	moveHeld   = `UPDATE duty SET held = u.unit FROM unnest($1::bigint[], $2::text[]) AS u (n, unit) WHERE duty.n = u.n AND done = 0`
	dropDrafts = `DELETE FROM draft WHERE key = ANY ($1)`
)

// table is what is written of one table: its columns with their types.
type table struct {
	name    string
	columns []string
	types   []string
}

func tableOf(name, columns string) (t table) {
	t.name = name
	for _, c := range strings.Split(columns, ", ") {
		column, kind, _ := strings.Cut(c, " ")
		t.columns, t.types = append(t.columns, column), append(t.types, kind)
	}
	return t
}

func (t table) unnest() string {
	list := make([]string, len(t.types))
	for i, kind := range t.types {
		list[i] = fmt.Sprintf("$%d::%s[]", i+1, kind)
	}
	return "unnest(" + strings.Join(list, ", ") + ")"
}

// add inserts rows; on a key that is there the other columns are set, or nothing is: then there is an error.
func (t table) add(key ...string) string {
	text := "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") SELECT * FROM " + t.unnest()
	if len(key) > 0 {
		text += " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + t.set(len(key), "excluded.")
	}
	return text
}

func (t table) set(from int, of string) string {
	list := make([]string, 0, len(t.columns))
	for _, c := range t.columns[from:] {
		list = append(list, c+" = "+of+c)
	}
	return strings.Join(list, ", ")
}

var (
	headTable = tableOf("case_head", "n bigint, id text, revision bigint, acts bigint, duties bigint, shown bigint, procedure text, edition text, unit text, "+
		"unit_kind text, number text, title text, stage text, handlers text, opener text, opened bigint, updated bigint, closed bool, due bigint, "+
		"overdue bigint, findings bigint, receipt text, secret text, words text, standing bytea")
	addHeads = headTable.add()
	setHeads = "UPDATE case_head SET " + headTable.set(2, "u.") + " FROM " + headTable.unnest() + " AS u (" + strings.Join(headTable.columns, ", ") + ") WHERE case_head.n = u.n"

	addActs   = tableOf("act", "idx bigint, n bigint, number bigint, act text, request bytea, leaf bytea, bytes bytea").add()
	putDuties = tableOf("duty", "n bigint, duty text, subject text, cause bigint, state text, opened bigint, amber bigint, due bigint, done bigint, waiting bool, "+
		"liberty bool, next bigint, unit text, handler text, held text").add("n", "duty", "subject", "cause")
	putFindings = tableOf("finding", "n bigint, rule text, clause text, subject text, cause bigint, at bigint, severity bigint, unjudged bool, missing text, "+
		"warn bool, duty text, due bigint, made bigint, withdrawn bigint, unit text").add("n", "rule", "clause", "subject", "cause")
	putRegisters = tableOf("register", "unit text, year bigint, kind text, last bigint").add("unit", "year", "kind")
	addDrawn     = tableOf("drawn", "unit text, year bigint, kind text, number bigint, idx bigint").add()
	addOutbox    = tableOf("outbox", "seq bigint, topic text, n bigint, number bigint, text text, at bigint").add()
	addViews     = tableOf("view", "idx bigint, at bigint, person text, post text, case_id text, what text, purpose text, refused bool, salts bytea, leaf bytea").add()
)

// statements queues what the plan writes.
func (p *plan) statements(b *pgx.Batch) error {
	var fresh, old []*row
	for _, r := range p.rows {
		if r.stored {
			old = append(old, r)
		} else {
			fresh = append(fresh, r)
		}
	}
	for _, x := range []struct {
		text string
		rows []*row
	}{{addHeads, fresh}, {setHeads, old}} {
		if len(x.rows) > 0 {
			b.Queue(x.text, headArrays(x.rows)...)
		}
	}
	if rows := p.newActs; len(rows) > 0 {
		b.Queue(addActs, col(rows, func(r actRow) int64 { return r.index }), col(rows, func(r actRow) int64 { return r.n }), col(rows, func(r actRow) int64 { return r.number }),
			col(rows, func(r actRow) string { return string(r.act) }), col(rows, func(r actRow) []byte { return r.request[:] }),
			col(rows, func(r actRow) []byte { return r.leaf[:] }), col(rows, func(r actRow) []byte { return r.bytes }))
	}
	if rows := p.drawn; len(rows) > 0 {
		b.Queue(addDrawn, col(rows, func(r drawnRow) string { return r.Unit }), col(rows, func(r drawnRow) int64 { return int64(r.Year) }),
			col(rows, func(r drawnRow) string { return r.Kind }), col(rows, func(r drawnRow) int64 { return r.number }), col(rows, func(r drawnRow) int64 { return r.index }))
		var last []drawnRow
		for g, n := range p.draws {
			last = append(last, drawnRow{g, n, 0})
		}
		b.Queue(putRegisters, col(last, func(r drawnRow) string { return r.Unit }), col(last, func(r drawnRow) int64 { return int64(r.Year) }),
			col(last, func(r drawnRow) string { return r.Kind }), col(last, func(r drawnRow) int64 { return r.number }))
	}
	if rows := p.duties; len(rows) > 0 {
		type d = *dutyRow
		b.Queue(putDuties, col(rows, func(r d) int64 { return r.row.n }), col(rows, func(r d) string { return r.Duty.Duty }), col(rows, func(r d) string { return string(r.Subject) }),
			col(rows, func(r d) int64 { return r.Cause }), col(rows, func(r d) string { return r.State }), col(rows, func(r d) int64 { return int64(r.Opened) }),
			col(rows, func(r d) int64 { return int64(r.Amber) }), col(rows, func(r d) int64 { return int64(r.Due) }), col(rows, func(r d) int64 { return int64(r.Done) }),
			col(rows, func(r d) bool { return r.Waiting }), col(rows, func(r d) bool { return r.Liberty }), col(rows, func(r d) int64 { return int64(r.Next) }),
			col(rows, func(r d) string { return r.Unit }), col(rows, func(r d) string { return r.Handler }), col(rows, func(r d) string { return r.row.head.Unit }))
	}
	if rows := p.findings; len(rows) > 0 {
		type f = *findingRow
		b.Queue(putFindings, col(rows, func(r f) int64 { return r.row.n }), col(rows, func(r f) string { return r.Rule }), col(rows, func(r f) string { return r.Clause }),
			col(rows, func(r f) string { return string(r.Subject) }), col(rows, func(r f) int64 { return r.Cause }), col(rows, func(r f) int64 { return int64(r.At) }),
			col(rows, func(r f) int64 { return int64(r.Severity) }), col(rows, func(r f) bool { return r.Unjudged }), col(rows, func(r f) string { return r.Missing }),
			col(rows, func(r f) bool { return r.Warn }), col(rows, func(r f) string { return r.Duty }), col(rows, func(r f) int64 { return int64(r.Due) }),
			col(rows, func(r f) int64 { return r.MadeBy }), col(rows, func(r f) int64 { return r.WithdrawnBy }), col(rows, func(r f) string { return r.Unit }))
	}
	if rows := p.held; len(rows) > 0 {
		b.Queue(moveHeld, col(rows, func(r *row) int64 { return r.n }), col(rows, func(r *row) string { return r.head.Unit }))
	}
	if rows := p.outbox; len(rows) > 0 {
		b.Queue(addOutbox, col(rows, func(r noticeRow) int64 { return r.Seq }), col(rows, func(r noticeRow) string { return r.Topic }), col(rows, func(r noticeRow) int64 { return r.row.n }),
			col(rows, func(r noticeRow) int64 { return r.Number }), col(rows, func(r noticeRow) string { return r.Text }), col(rows, func(r noticeRow) int64 { return int64(r.At) }))
	}
	p.lookups(b)
	if len(p.drafts) > 0 {
		b.Queue(dropDrafts, p.drafts)
	}
	for _, st := range p.plain {
		b.Queue(st.Text, st.Args...)
	}
	return p.viewed(b)
}

func headArrays(rows []*row) []any {
	text := func(f func(h *casefile.Head) string) []string {
		return col(rows, func(r *row) string { return f(&r.head) })
	}
	number := func(f func(h *casefile.Head) int64) []int64 {
		return col(rows, func(r *row) int64 { return f(&r.head) })
	}
	type h = *casefile.Head
	return []any{
		col(rows, func(r *row) int64 { return r.n }), text(func(h h) string { return string(h.ID) }), number(func(h h) int64 { return h.Revision }),
		number(func(h h) int64 { return h.Acts }), col(rows, func(r *row) int64 { return r.duties }), col(rows, func(r *row) int64 { return r.shown }),
		text(func(h h) string { return h.Procedure }), text(func(h h) string { return h.Edition }), text(func(h h) string { return h.Unit }),
		text(func(h h) string { return h.UnitKind }), text(func(h h) string { return h.Number }), text(func(h h) string { return h.Title }),
		text(func(h h) string { return h.Stage }), col(rows, func(r *row) string { return r.handlers }), text(func(h h) string { return h.Opener }),
		number(func(h h) int64 { return int64(h.Opened) }), number(func(h h) int64 { return int64(h.Updated) }), col(rows, func(r *row) bool { return r.head.Closed }),
		number(func(h h) int64 { return int64(h.Due) }), number(func(h h) int64 { return int64(h.Overdue) }), number(func(h h) int64 { return int64(h.Findings) }),
		text(func(h h) string { return h.Receipt }), text(func(h h) string { return h.Secret }), text(func(h h) string { return h.Words }),
		col(rows, func(r *row) []byte { return blob(r.head.Standing) }),
	}
}

// lookups queues the people and the words of cases where they moved.
func (p *plan) lookups(b *pgx.Batch) {
	if len(p.people) > 0 {
		var who []string
		var n []int64
		for _, r := range p.people {
			for _, person := range append([]string{r.head.Opener}, r.head.Handlers...) {
				if person != "" {
					who, n = append(who, person), append(n, r.n)
				}
			}
		}
		b.Queue(dropPeople, col(p.people, func(r *row) int64 { return r.n }))
		b.Queue(addPeople, who, n)
	}
	if len(p.words) > 0 {
		b.Queue(putWords, col(p.words, func(r *row) int64 { return r.n }), col(p.words, func(r *row) string { return bare(r.head.Words) }))
	}
}

func (p *plan) viewed(b *pgx.Batch) error {
	rows := p.views
	if len(rows) == 0 {
		return nil
	}
	type v = viewRow
	b.Queue(addViews, col(rows, func(r v) int64 { return r.Index }), col(rows, func(r v) int64 { return int64(r.At) }), col(rows, func(r v) string { return r.Person }),
		col(rows, func(r v) string { return r.Post }), col(rows, func(r v) string { return string(r.Case) }), col(rows, func(r v) string { return r.What }),
		col(rows, func(r v) string { return r.Purpose }), col(rows, func(r v) bool { return r.Refused }), col(rows, func(r v) []byte { return r.salts }),
		col(rows, func(r v) []byte { return r.leaf[:] }))
	root := p.heads.views.Root()
	edge, err := p.heads.views.AppendBinary(nil)
	if err != nil {
		return err
	}
	b.Queue(moveViews, p.heads.views.Size(), root[:], edge)
	return nil
}
