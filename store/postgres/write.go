package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/store/audit"
	"plumbline/store/group"
)

// Commit moves a change; see handling.Store. When ctx ends before the writer took the change, nothing of it is written and
// the error is that of ctx; after that the outcome is waited for.
func (s *Store) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	return s.line.Commit(ctx, c)
}

// writer owns the only connection that writes. moved are the heads of the last transaction that was committed.
type writer struct {
	s     *Store
	conn  *pgx.Conn
	epoch int64
	moved heads
}

// heads are what a batch moves besides rows.
type heads struct {
	acts, views *ledger.Head
	notices     int64
	cases       int64 // the last n
}

type querier interface {
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
}

// begin takes the fence and reads the heads. A writer before us either committed what it was at, or fails at the fence.
func (w *writer) begin(ctx context.Context) error {
	if err := w.conn.QueryRow(ctx, `UPDATE ledger_head SET epoch = epoch + 1 WHERE log = 1 RETURNING epoch`).Scan(&w.epoch); err != nil {
		return fmt.Errorf("take the fence: %w", err)
	}
	var err error
	if w.moved.acts, w.moved.notices, err = loadHead(ctx, w.conn, 1); err != nil {
		return err
	}
	if w.moved.views, _, err = loadHead(ctx, w.conn, 2); err != nil {
		return err
	}
	return w.conn.QueryRow(ctx, `SELECT coalesce(max(n), 0) FROM case_head`).Scan(&w.moved.cases)
}

// loadHead reads the head of a log and holds it against its own root and the rows of the log.
func loadHead(ctx context.Context, q querier, log int) (*ledger.Head, int64, error) {
	table := map[int]string{1: "act", 2: "view"}[log]
	var size, notices, rows int64
	var root, edge []byte
	if err := q.QueryRow(ctx, `SELECT size, root, edge, notices FROM ledger_head WHERE log = $1`, log).Scan(&size, &root, &edge, &notices); err != nil {
		return nil, 0, fmt.Errorf("head of log %s: %w", table, err)
	}
	if err := q.QueryRow(ctx, `SELECT coalesce(max(idx) + 1, 0) FROM `+table).Scan(&rows); err != nil {
		return nil, 0, err
	}
	head, err := audit.Kept(table, size, rows, root, edge)
	return head, notices, err
}

// batch writes jobs in one transaction. A row the schema refuses is the fault of one of them: then each is written alone.
// Anything else ends writing.
func (w *writer) batch(jobs []*group.Job) []error {
	ctx, cancel := context.WithTimeout(context.Background(), w.s.wait)
	defer cancel()
	errs := make([]error, len(jobs))
	fault := w.s.line.Failed()
	if fault == nil {
		fault = w.run(ctx, jobs, errs)
	}
	if refusedRow(fault) && len(jobs) > 1 {
		fault = nil
		for i := range jobs {
			errs[i] = nil
			if fault == nil {
				fault = w.run(ctx, jobs[i:i+1], errs[i:i+1])
			}
			if refusedRow(fault) {
				errs[i], fault = fault, nil
			}
			if fault != nil {
				fault = w.s.line.Fail(fault)
				errs[i] = fault
			}
		}
		return errs
	}
	if refusedRow(fault) {
		errs[0] = fault
		return errs
	}
	if fault != nil {
		fault = w.s.line.Fail(fault)
		for i := range errs {
			errs[i] = fault
		}
	}
	return errs
}

// run does one transaction; errs get what was refused before it.
func (w *writer) run(ctx context.Context, jobs []*group.Job, errs []error) error {
	p := &plan{w: w, heads: heads{w.moved.acts.Clone(), w.moved.views.Clone(), w.moved.notices, w.moved.cases}}
	if err := p.fetch(ctx, jobs); err != nil {
		return err
	}
	for i, j := range jobs {
		var fault error
		switch {
		case j.Change != nil:
			errs[i], fault = p.change(j)
		case j.Look != nil:
			fault = p.look(*j.Look)
		default:
			p.plain = append(p.plain, j.Rows...)
		}
		if fault != nil {
			return fault
		}
	}
	root := p.acts.Root()
	if err := p.send(ctx, root); err != nil {
		return err
	}
	w.moved = p.heads
	group.Settle(jobs, errs, root, p.acts.Size())
	return nil
}

// send writes the plan: all statements in one round trip, the fence first.
func (p *plan) send(ctx context.Context, root ledger.Hash) (err error) {
	b := &pgx.Batch{}
	b.Queue(`BEGIN`)
	edge, err := p.acts.AppendBinary(nil)
	if err != nil {
		return err
	}
	b.Queue(moveFence, p.acts.Size(), root[:], edge, p.notices, p.w.epoch, p.w.moved.acts.Size())
	if err := p.statements(b); err != nil {
		return err
	}
	if b.Len() == 2 {
		return nil // nothing to write
	}
	b.Queue(`COMMIT`)
	results := p.w.conn.SendBatch(ctx, b)
	var tag pgconn.CommandTag
	for i := 0; i < b.Len() && err == nil; i++ {
		if tag, err = results.Exec(); err != nil && i == 1 {
			err = fmt.Errorf("%w: %s", errFence, err.Error())
		}
	}
	if e := results.Close(); err == nil {
		err = e
	}
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("COMMIT was answered with %s", tag)
	}
	if err != nil && !p.w.conn.IsClosed() {
		if _, e := p.w.conn.Exec(ctx, `ROLLBACK`); e != nil {
			return fmt.Errorf("%w: %s, and ROLLBACK: %w", errFence, err.Error(), e)
		}
	}
	return err
}

var errFence = errors.New("the head of the ledger could not be moved: another program has taken the fence, or the database is gone")

// refusedRow says whether a statement was refused because of what is in a row, told by its code: then nothing was written.
func refusedRow(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) || errors.Is(err, errFence) {
		return false
	}
	switch e.Code[:2] {
	case "22", "23", "54": // data exception, broken constraint, program limit
		return true
	}
	return false
}

// plan is one batch in memory: what it found, and what it will write.
type plan struct {
	w *writer
	heads

	// found, and moved by each change
	cases     map[casefile.CaseID]*row
	kept      map[casefile.ActID]actRow
	known     map[dutyKey]*dutyRow // nil: a row is there
	shown     map[findingKey]*findingRow
	registers map[casefile.Register]int64

	// to be written
	rows     []*row
	newActs  []actRow
	duties   []*dutyRow
	findings []*findingRow
	drawn    []drawnRow
	draws    map[casefile.Register]int64
	outbox   []noticeRow
	people   []*row
	words    []*row
	held     []*row
	drafts   []string
	views    []viewRow
	plain    []group.Statement
}

type row struct {
	n, duties, shown int64
	head             casefile.Head
	handlers         string
	stored, listed   bool // is in the database; is in plan.rows
	moved            [3]bool
}

type actRow struct {
	index, n, number int64
	act              casefile.ActID
	of               casefile.CaseID
	request, leaf    ledger.Hash
	bytes            []byte
}

type dutyKey struct {
	of      casefile.CaseID
	duty    string
	subject casefile.Subject
	cause   int64
}

type findingKey struct {
	of           casefile.CaseID
	rule, clause string
	subject      casefile.Subject
	cause        int64
}

type dutyRow struct {
	casefile.Duty
	row *row
}

type findingRow struct {
	casefile.Finding
	row *row
}

type noticeRow struct {
	casefile.Notice
	row *row
}

type drawnRow struct {
	casefile.Register
	number, index int64
}

type viewRow struct {
	casefile.Looked
	salts []byte
	leaf  ledger.Hash
}

// col makes one array of rows.
func col[R, T any](rows []R, f func(R) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = f(rows[i])
	}
	return out
}

// fetch reads all rows the jobs touch, in one round trip.
func (p *plan) fetch(ctx context.Context, jobs []*group.Job) error {
	p.cases, p.kept, p.known, p.shown = map[casefile.CaseID]*row{}, map[casefile.ActID]actRow{}, map[dutyKey]*dutyRow{}, map[findingKey]*findingRow{}
	p.registers, p.draws = map[casefile.Register]int64{}, map[casefile.Register]int64{}
	var cases, acts []string
	var duties []casefile.Duty
	var findings []casefile.Finding
	var registers []casefile.Register
	for _, j := range jobs {
		if j.Change == nil {
			continue
		}
		cases = append(cases, string(j.Change.Case))
		duties = append(duties, j.Change.Duties...)
		findings = append(findings, j.Change.Findings...)
		for _, a := range j.Change.Acts() {
			acts = append(acts, string(a.ID))
			registers = append(registers, a.Registers...)
		}
	}
	if len(cases) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	b.Queue(findHeads, cases).Query(func(rows pgx.Rows) error {
		return eachRow(rows, func() error {
			r := &row{stored: true}
			h := &r.head
			if err := rows.Scan(&r.n, &h.ID, &h.Revision, &h.Acts, &r.duties, &r.shown, &h.Unit, &h.Opener, &r.handlers, &h.Words); err != nil {
				return err
			}
			p.cases[h.ID] = r
			return nil
		})
	})
	if len(acts) > 0 {
		b.Queue(findActs, acts).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				var a actRow
				var request, leaf []byte
				if err := rows.Scan(&a.index, &a.number, &a.act, &request, &leaf, &a.of); err != nil {
					return err
				}
				copy(a.request[:], request)
				copy(a.leaf[:], leaf)
				p.kept[a.act] = a
				return nil
			})
		})
	}
	if len(duties) > 0 {
		type d = casefile.Duty
		b.Queue(findDuties, col(duties, func(x d) string { return string(x.Case) }), col(duties, func(x d) string { return x.Duty }),
			col(duties, func(x d) string { return string(x.Subject) }), col(duties, func(x d) int64 { return x.Cause })).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				var k dutyKey
				err := rows.Scan(&k.of, &k.duty, &k.subject, &k.cause)
				p.known[k] = nil
				return err
			})
		})
	}
	if len(findings) > 0 {
		type f = casefile.Finding
		b.Queue(findFindings, col(findings, func(x f) string { return string(x.Case) }), col(findings, func(x f) string { return x.Rule }),
			col(findings, func(x f) string { return x.Clause }), col(findings, func(x f) string { return string(x.Subject) }),
			col(findings, func(x f) int64 { return x.Cause })).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				var k findingKey
				err := rows.Scan(&k.of, &k.rule, &k.clause, &k.subject, &k.cause)
				p.shown[k] = nil
				return err
			})
		})
	}
	if len(registers) > 0 {
		type g = casefile.Register
		b.Queue(findRegisters, col(registers, func(x g) string { return x.Unit }), col(registers, func(x g) int64 { return int64(x.Year) }),
			col(registers, func(x g) string { return x.Kind })).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				var r casefile.Register
				var last int64
				err := rows.Scan(&r.Unit, &r.Year, &r.Kind, &last)
				p.registers[r] = last
				return err
			})
		})
	}
	return p.w.conn.SendBatch(ctx, b).Close()
}

func eachRow(rows pgx.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// change plans one change. What is refused has left nothing in the plan.
func (p *plan) change(j *group.Job) (refused, fault error) {
	if act := j.Change.Act; act != nil {
		if a, ok := p.kept[act.ID]; ok {
			kept := casefile.Kept{Number: a.number, Index: a.index, Leaf: a.leaf}
			if r := p.cases[a.of]; r != nil {
				kept.Revision = r.head.Revision
			}
			return j.Again(a.request[:], kept), nil
		}
	}
	old := p.cases[j.Change.Case]
	if old == nil {
		old = &row{head: casefile.Head{ID: j.Change.Case}}
	}
	c, refused, fault := j.Seal(old.head.Revision, old.head.Acts, func(g casefile.Register) (int64, error) { return p.registers[g], nil })
	if refused != nil || fault != nil {
		return refused, fault
	}
	r := p.move(old, c.Head, c.Handlers)
	j.Kept = casefile.Kept{Revision: c.Head.Revision}
	for i, s := range c.Acts {
		a := actRow{index: p.acts.Size(), n: r.n, number: s.Number, act: s.ID, of: c.Case, request: s.Request, leaf: s.Leaf, bytes: s.Bytes}
		if i == 0 {
			j.Kept.Number, j.Kept.Index, j.Kept.Leaf = a.number, a.index, a.leaf
		}
		p.acts.Append(a.leaf)
		p.newActs = append(p.newActs, a)
		p.kept[a.act] = a
		for k, g := range s.Registers {
			p.drawn = append(p.drawn, drawnRow{g, s.Drawn[k], a.index})
		}
	}
	maps.Copy(p.registers, c.Last)
	maps.Copy(p.draws, c.Last)
	for _, d := range c.Duties {
		k := dutyKey{c.Case, d.Duty, d.Subject, d.Cause}
		have, is := p.known[k]
		if !is {
			r.duties++
		}
		if have != nil {
			have.Duty = d
			continue
		}
		p.known[k] = &dutyRow{d, r}
		p.duties = append(p.duties, p.known[k])
	}
	for _, f := range c.Findings {
		k := findingKey{c.Case, f.Rule, f.Clause, f.Subject, f.Cause}
		have, is := p.shown[k]
		if !is {
			r.shown++
		}
		if have != nil {
			have.Finding = f
			continue
		}
		p.shown[k] = &findingRow{f, r}
		p.findings = append(p.findings, p.shown[k])
	}
	for _, n := range c.Notices {
		p.notices++
		n.Seq = p.notices
		p.outbox = append(p.outbox, noticeRow{n, r})
	}
	if c.Draft != "" {
		p.drafts = append(p.drafts, c.Draft)
	}
	return nil, nil
}

// move puts the head after a change into the plan, once for each case however often it moves.
func (p *plan) move(r *row, h casefile.Head, handlers string) *row {
	if r.n == 0 {
		p.heads.cases++
		r.n = p.heads.cases
		p.cases[h.ID] = r
	}
	if !r.listed {
		r.listed = true
		p.rows = append(p.rows, r)
	}
	for i, m := range []struct {
		moved bool
		list  *[]*row
	}{
		{!r.stored && r.head.Revision == 0 || handlers != r.handlers || h.Opener != r.head.Opener, &p.people},
		{h.Words != r.head.Words, &p.words},
		{h.Unit != r.head.Unit && r.duties > 0, &p.held},
	} {
		if m.moved && !r.moved[i] {
			r.moved[i] = true
			*m.list = append(*m.list, r)
		}
	}
	r.head, r.handlers = h, handlers
	return r
}

func (p *plan) look(l casefile.Looked) error {
	salts, leaf, err := group.SealView(&l)
	if err != nil {
		return err
	}
	l.Index = p.heads.views.Size()
	p.views = append(p.views, viewRow{l, salts, leaf})
	p.heads.views.Append(leaf)
	return nil
}

func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// bare is text without the order and the spaces it had.
func bare(words string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(strings.Fields(words)))), " ")
}
