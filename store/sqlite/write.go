package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"modernc.org/sqlite"

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

// writer owns the only connection that writes. Its fields are those of the last transaction that was committed.
type writer struct {
	s       *Store
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	moved   heads
	changes int // since the last checkpoint
}

// heads are what a batch moves besides rows.
type heads struct {
	acts, views *ledger.Head
	notices     int64
	cases       int64 // the last n
	registers   map[casefile.Register]int64
}

func (h heads) clone() heads {
	return heads{h.acts.Clone(), h.views.Clone(), h.notices, h.cases, map[casefile.Register]int64{}}
}

func newWriter(ctx context.Context, s *Store) (*writer, error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, conn: conn, stmts: map[string]*sql.Stmt{}}
	for log, head := range map[int]**ledger.Head{1: &w.moved.acts, 2: &w.moved.views} {
		var notices int64
		if *head, notices, err = loadHead(ctx, conn, log); err != nil {
			return w, err
		}
		if log == 1 {
			w.moved.notices = notices
		}
	}
	return w, w.row(`SELECT coalesce(max(n), 0) FROM case_head`).Scan(&w.moved.cases)
}

type querier interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// loadHead reads the head of a log and holds it against its own root and the rows of the log.
func loadHead(ctx context.Context, q querier, log int) (*ledger.Head, int64, error) {
	table := map[int]string{1: "act", 2: "view"}[log]
	var size, notices, rows int64
	var root, edge []byte
	if err := q.QueryRowContext(ctx, `SELECT size, root, edge, notices FROM ledger_head WHERE log = ?`, log).Scan(&size, &root, &edge, &notices); err != nil {
		return nil, 0, fmt.Errorf("head of log %s: %w", table, err)
	}
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(idx) + 1, 0) FROM `+table).Scan(&rows); err != nil {
		return nil, 0, err
	}
	head, err := audit.Kept(table, size, rows, root, edge)
	return head, notices, err
}

func (w *writer) close() error {
	var errs []error
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

var always = context.Background() // a transaction that has begun is not cut short by one of its callers

func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if st := w.stmts[text]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(always, text)
	if err == nil {
		w.stmts[text] = st
	}
	return st, err
}

func (w *writer) exec(text string, args ...any) (int64, error) {
	st, err := w.stmt(text)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(always, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (w *writer) row(text string, args ...any) *sql.Row {
	st, err := w.stmt(text)
	if err != nil {
		return w.conn.QueryRowContext(always, text, args...) // gives the error again, in its place
	}
	return st.QueryRowContext(always, args...)
}

// batch writes jobs in one transaction. A broken constraint is the fault of one of them: then the batch is done again with
// a savepoint around each, which the usual batch is spared. Anything else ends writing.
func (w *writer) batch(jobs []*group.Job) []error {
	errs := make([]error, len(jobs))
	fault := w.s.line.Failed()
	if fault == nil {
		if fault = w.try(jobs, errs, false); constraint(fault) {
			clear(errs)
			fault = w.try(jobs, errs, true)
		}
	}
	if fault != nil {
		fault = w.s.line.Fail(fault)
		for i := range errs {
			errs[i] = fault
		}
	}
	return errs
}

func (w *writer) try(jobs []*group.Job, errs []error, careful bool) (fault error) {
	if _, err := w.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if fault != nil {
			if _, err := w.conn.ExecContext(always, `ROLLBACK`); err != nil {
				w.s.log.Warn("rollback", "error", err) // the engine has rolled back by itself
			}
		}
	}()
	h := w.moved.clone()
	for i, j := range jobs {
		if careful {
			if _, err := w.exec(`SAVEPOINT one`); err != nil {
				return err
			}
		}
		refused, err := w.one(&h, j)
		if careful && constraint(err) {
			refused = err
			_, err = w.exec(`ROLLBACK TO one`)
		}
		if err != nil {
			return err
		}
		if careful {
			if _, err := w.exec(`RELEASE one`); err != nil {
				return err
			}
		}
		errs[i] = refused
	}
	root, err := w.moveHeads(h)
	if err != nil {
		return err
	}
	if _, err := w.exec(`COMMIT`); err != nil {
		return err
	}
	h.registers = nil
	w.moved = h
	group.Settle(jobs, errs, root, h.acts.Size())
	w.changes += len(jobs)
	return nil
}

func (w *writer) moveHeads(h heads) (ledger.Hash, error) {
	root := h.acts.Root()
	if h.acts.Size() != w.moved.acts.Size() || h.notices != w.moved.notices {
		if err := w.moveHead(1, h.acts, root, w.moved.acts.Size(), h.notices); err != nil {
			return root, err
		}
	}
	if h.views.Size() != w.moved.views.Size() {
		return root, w.moveHead(2, h.views, h.views.Root(), w.moved.views.Size(), 0)
	}
	return root, nil
}

func (w *writer) moveHead(log int, head *ledger.Head, root ledger.Hash, before, notices int64) error {
	edge, err := head.AppendBinary(nil)
	if err != nil {
		return err
	}
	n, err := w.exec(`UPDATE ledger_head SET size = ?1, root = ?2, edge = ?3, notices = ?4 WHERE log = ?5 AND size = ?6`,
		head.Size(), root[:], edge, notices, log, before)
	if err == nil && n != 1 {
		err = fmt.Errorf("head of log %d is not of size %d: another program wrote", log, before)
	}
	return err
}

// one writes a job. What is refused has written nothing; a fault leaves the transaction to be rolled back.
func (w *writer) one(h *heads, j *group.Job) (refused, fault error) {
	switch {
	case j.Change != nil:
		return w.change(h, j)
	case j.Look != nil:
		return nil, w.look(h, j.Look)
	}
	for _, st := range j.Rows {
		if _, err := w.exec(st.Text, st.Args...); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

const (
	findAct  = `SELECT a.idx, a.number, a.request, a.leaf, h.revision FROM act a JOIN case_head h ON h.n = a.n WHERE a.act = ?`
	findHead = `SELECT n, revision, acts, duties, shown, unit, opener, handlers, words FROM case_head WHERE id = ?`
	lastDraw = `SELECT coalesce(max(last), 0) FROM register WHERE unit = ? AND year = ? AND kind = ?`

	addHead = `INSERT INTO case_head (n, revision, acts, duties, shown, procedure, edition, unit, unit_kind, number, title, stage, handlers, opener, opened,
		updated, closed, due, overdue, findings, receipt, secret, words, standing, id)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)`
	setHead = `UPDATE case_head SET revision = ?2, acts = ?3, duties = ?4, shown = ?5, procedure = ?6, edition = ?7, unit = ?8, unit_kind = ?9, number = ?10,
		title = ?11, stage = ?12, handlers = ?13, opener = ?14, opened = ?15, updated = ?16, closed = ?17, due = ?18, overdue = ?19, findings = ?20,
		receipt = ?21, secret = ?22, words = ?23, standing = ?24 WHERE n = ?1 AND id = ?25 AND revision = ?2 - 1`

	addAct   = `INSERT INTO act (idx, n, number, act, request, leaf, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)`
	addDrawn = `INSERT INTO drawn (unit, year, kind, number, idx) VALUES (?, ?, ?, ?, ?)`
	setDraw  = `INSERT INTO register (unit, year, kind, last) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last`

	setDuty = `UPDATE duty SET state = ?5, opened = ?6, amber = ?7, due = ?8, done = ?9, waiting = ?10, liberty = ?11, next = ?12, unit = ?13, handler = ?14,
		held = ?15 WHERE n = ?1 AND duty = ?2 AND subject = ?3 AND cause = ?4`
	addDuty = `INSERT INTO duty (n, duty, subject, cause, state, opened, amber, due, done, waiting, liberty, next, unit, handler, held)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`
	setFinding = `UPDATE finding SET at = ?6, severity = ?7, unjudged = ?8, missing = ?9, warn = ?10, duty = ?11, due = ?12, made = ?13, withdrawn = ?14,
		unit = ?15 WHERE n = ?1 AND rule = ?2 AND clause = ?3 AND subject = ?4 AND cause = ?5`
	addFinding = `INSERT INTO finding (n, rule, clause, subject, cause, at, severity, unjudged, missing, warn, duty, due, made, withdrawn, unit)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`
	addNotice = `INSERT INTO outbox (seq, topic, n, number, text, at) VALUES (?, ?, ?, ?, ?, ?)`
	moveHeld  = `UPDATE duty SET held = ? WHERE n = ? AND done = 0`

	dropPeople = `DELETE FROM case_person WHERE n = ?`
	addPerson  = `INSERT INTO case_person (person, n) VALUES (?, ?) ON CONFLICT DO NOTHING`
	dropWords  = `DELETE FROM case_word WHERE n = ?1 AND word IN (SELECT value FROM json_each(?2))`
	addWords   = `INSERT INTO case_word (word, n) SELECT value, ?1 FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`
	dropDraft  = `DELETE FROM draft WHERE key = ?`
)

// row of a case before a change.
type before struct {
	n, revision, acts, duties, shown int64
	unit, opener, handlers, words    string
}

// change writes one change. The order matters: what can be refused is refused before anything is written.
func (w *writer) change(h *heads, j *group.Job) (refused, fault error) {
	if j.Change.Act != nil {
		again, refused, fault := w.again(j)
		if again || refused != nil || fault != nil {
			return refused, fault
		}
	}
	var old before
	err := w.row(findHead, string(j.Change.Case)).Scan(&old.n, &old.revision, &old.acts, &old.duties, &old.shown, &old.unit, &old.opener, &old.handlers, &old.words)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	fresh := err != nil
	if fresh {
		old.n = h.cases + 1
	}
	c, refused, fault := j.Seal(old.revision, old.acts, func(r casefile.Register) (int64, error) { return w.drawn(h, r) })
	if refused != nil || fault != nil {
		return refused, fault
	}
	// A new head goes first: a row that came before its parent would make the engine look for its like in whole tables.
	if fresh {
		old.duties, old.shown = distinct(&c.Change)
		if err := w.head(c, &old, true); err != nil {
			return nil, err
		}
	}
	index := h.acts.Size()
	for i, a := range c.Acts {
		at := index + int64(i)
		if _, err := w.exec(addAct, at, old.n, a.Number, string(a.ID), a.Request[:], a.Leaf[:], a.Bytes); err != nil {
			return nil, err
		}
		for k, r := range a.Registers {
			if _, err := w.exec(addDrawn, r.Unit, r.Year, r.Kind, a.Drawn[k], at); err != nil {
				return nil, err
			}
		}
	}
	for r, n := range c.Last {
		if _, err := w.exec(setDraw, r.Unit, r.Year, r.Kind, n); err != nil {
			return nil, err
		}
	}
	if err := w.projections(h, &c.Change, &old); err != nil {
		return nil, err
	}
	if !fresh {
		if err := w.head(c, &old, false); err != nil {
			return nil, err
		}
	}
	if c.Draft != "" {
		if _, err := w.exec(dropDraft, c.Draft); err != nil {
			return nil, err
		}
	}

	j.Kept = casefile.Kept{Revision: c.Head.Revision}
	for i, a := range c.Acts {
		h.acts.Append(a.Leaf)
		if i == 0 {
			j.Kept.Number, j.Kept.Index, j.Kept.Leaf = a.Number, index, a.Leaf
		}
	}
	h.cases = max(h.cases, old.n)
	h.notices += int64(len(c.Notices))
	maps.Copy(h.registers, c.Last)
	return nil, nil
}

// again answers an act that is kept already, be it by this batch.
func (w *writer) again(j *group.Job) (again bool, refused, fault error) {
	var k casefile.Kept
	var request, leaf []byte
	err := w.row(findAct, string(j.Change.Act.ID)).Scan(&k.Index, &k.Number, &request, &leaf, &k.Revision)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil, nil
	case err != nil:
		return false, nil, err
	}
	copy(k.Leaf[:], leaf)
	return true, j.Again(request, k), nil
}

// drawn is the last number drawn from a register.
func (w *writer) drawn(h *heads, r casefile.Register) (n int64, err error) {
	if n, known := h.registers[r]; known {
		return n, nil
	}
	err = w.row(lastDraw, r.Unit, r.Year, r.Kind).Scan(&n)
	return n, err
}

// distinct counts the rows that the duties and the findings of a new case make.
func distinct(c *casefile.Change) (duties, findings int64) {
	type key struct {
		rule, clause string
		subject      casefile.Subject
		cause        int64
	}
	d, f := map[key]bool{}, map[key]bool{}
	for i := range c.Duties {
		d[key{c.Duties[i].Duty, "", c.Duties[i].Subject, c.Duties[i].Cause}] = true
	}
	for i := range c.Findings {
		f[key{c.Findings[i].Rule, c.Findings[i].Clause, c.Findings[i].Subject, c.Findings[i].Cause}] = true
	}
	return int64(len(d)), int64(len(f))
}

func (w *writer) projections(h *heads, c *casefile.Change, old *before) error {
	if c.Head.Unit != old.unit && old.duties > 0 {
		if _, err := w.exec(moveHeld, c.Head.Unit, old.n); err != nil {
			return err
		}
	}
	for i := range c.Duties {
		d := &c.Duties[i]
		added, err := w.put(setDuty, addDuty, old.n, d.Duty, string(d.Subject), d.Cause, d.State, int64(d.Opened), int64(d.Amber), int64(d.Due), int64(d.Done),
			d.Waiting, d.Liberty, int64(d.Next), d.Unit, d.Handler, c.Head.Unit)
		if err != nil {
			return err
		}
		old.duties += added
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		added, err := w.put(setFinding, addFinding, old.n, f.Rule, f.Clause, string(f.Subject), f.Cause, int64(f.At), f.Severity, f.Unjudged, f.Missing, f.Warn,
			f.Duty, int64(f.Due), f.MadeBy, f.WithdrawnBy, f.Unit)
		if err != nil {
			return err
		}
		old.shown += added
	}
	for i := range c.Notices {
		n := &c.Notices[i]
		if _, err := w.exec(addNotice, h.notices+int64(i)+1, n.Topic, old.n, n.Number, n.Text, int64(n.At)); err != nil {
			return err
		}
	}
	return nil
}

// put replaces a row, or adds it and says 1.
func (w *writer) put(set, add string, args ...any) (added int64, err error) {
	n, err := w.exec(set, args...)
	if err != nil || n > 0 {
		return 0, err
	}
	return w.exec(add, args...)
}

func (w *writer) head(c *group.Sealed, old *before, fresh bool) error {
	h := &c.Head
	text := setHead
	if fresh {
		text = addHead
	}
	n, err := w.exec(text, old.n, h.Revision, h.Acts, old.duties, old.shown, h.Procedure, h.Edition, h.Unit, h.UnitKind, h.Number, h.Title, h.Stage, c.Handlers, h.Opener,
		int64(h.Opened), int64(h.Updated), h.Closed, int64(h.Due), h.Overdue, h.Findings, h.Receipt, h.Secret, h.Words, blob(h.Standing), string(c.Case))
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("case %s is no longer at revision %d: another program wrote", c.Case, c.Revision)
	}
	if fresh || c.Handlers != old.handlers || h.Opener != old.opener {
		if _, err := w.exec(dropPeople, old.n); err != nil {
			return err
		}
		for _, p := range append([]string{h.Opener}, h.Handlers...) {
			if p == "" {
				continue
			}
			if _, err := w.exec(addPerson, p, old.n); err != nil {
				return err
			}
		}
	}
	if h.Words != old.words {
		return w.words(old.n, strings.Fields(old.words), strings.Fields(h.Words))
	}
	return nil
}

// words moves the words of a case; most stay.
func (w *writer) words(n int64, old, now []string) error {
	for _, m := range []struct {
		text          string
		these, others []string
	}{{dropWords, old, now}, {addWords, now, old}} {
		in := make(map[string]bool, len(m.others))
		for _, x := range m.others {
			in[x] = true
		}
		moved := slices.DeleteFunc(slices.Clone(m.these), func(x string) bool { return in[x] })
		if len(moved) == 0 {
			continue
		}
		list, err := json.Marshal(moved)
		if err != nil {
			return err
		}
		if _, err := w.exec(m.text, n, string(list)); err != nil {
			return err
		}
	}
	return nil
}

const addView = `INSERT INTO view (idx, at, person, post, case_id, what, purpose, refused, salts, leaf) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func (w *writer) look(h *heads, l *casefile.Looked) error {
	salts, leaf, err := group.SealView(l)
	if err != nil {
		return err
	}
	if _, err := w.exec(addView, h.views.Size(), int64(l.At), l.Person, l.Post, string(l.Case), l.What, l.Purpose, l.Refused, salts, leaf[:]); err != nil {
		return err
	}
	h.views.Append(leaf)
	return nil
}

// checkpoint moves the write-ahead log into the file between batches, so that no commit waits for it.
func (w *writer) checkpoint() {
	if w.changes < checkpointEvery || w.s.line.Failed() != nil {
		return
	}
	w.changes = 0
	var busy, log, done int64
	if err := w.row(`PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &log, &done); err != nil {
		w.s.line.Fail(fmt.Errorf("checkpoint: %w", err)) //nolint:errcheck // whoever writes next is told
	}
}

// constraint says whether err is a row that breaks a rule of the schema, told by the engine's code.
func constraint(err error) bool {
	const broken, mismatch, tooBig = 19, 20, 18
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case broken, mismatch, tooBig:
		return true
	}
	return false
}

func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
