package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/pgtest"
	"plumbline/ledger"
	"plumbline/store/group"
	"plumbline/store/postgres"
	"plumbline/store/sqlite"
	"plumbline/store/storetest"
)

// dir holds the filled stores of SQLite, which outlive single benchmarks.
var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "plumbline-bench"); err != nil {
		panic(err)
	}
	code := pgtest.Run(m)
	for _, s := range filled {
		s.Close()
	}
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

const (
	callers = 64
	perCase = 32 // cases of each caller
)

// step is one change of a case that is there, with the bytes of its act made beforehand, in the caller.
type step struct {
	c     *casefile.Change
	n     int64 // row of the case
	bytes []byte
	leaf  ledger.Hash
}

func makeStep(b *testing.B, caller, i int) *step {
	k := caller*perCase + i%perCase
	revision := int64(i / perCase)
	id := casefile.CaseID(fmt.Sprintf("case-%06d", k))
	s := &step{c: storetest.Change(id, revision, casefile.ActID(fmt.Sprintf("act-%06d-%d", k, revision))), n: int64(k) + 1}
	s.c.Head.Standing = make([]byte, 1000)
	s.c.Head.Handlers = []string{"person-1"}
	var err error
	if s.bytes, s.leaf, err = storetest.Seal(s.c, revision+1, nil); err != nil {
		b.Error(err)
	}
	s.c.Act.Seal = func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) { return s.bytes, s.leaf, nil }
	return s
}

// arm is one of two ways to write the same rows.
type arm struct {
	name  string
	write func(*step) error
	next  [callers]int
	took  time.Duration
	done  int
}

// run lets 64 callers write each steps.
func (a *arm) run(b *testing.B, each int) {
	var all sync.WaitGroup
	steps := make([][]*step, callers)
	for g := range callers {
		for range each {
			steps[g] = append(steps[g], makeStep(b, g, a.next[g]))
			a.next[g]++
		}
	}
	start := time.Now()
	for g := range callers {
		all.Go(func() {
			for _, s := range steps[g] {
				if err := a.write(s); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	a.took += time.Since(start)
	a.done += each * callers
}

// BenchmarkCommit writes acts of 2048 cases through a store, and the same rows by plain statements with the same engine,
// settings and batching, in turns; ratio is store to plain. One operation is one change of each.
func BenchmarkCommit(b *testing.B) {
	for _, engine := range []struct {
		name         string
		store, plain func(b *testing.B) func(*step) error
	}{{"sqlite", sqliteStore, sqlitePlain}, {"postgres", postgresStore, postgresPlain}} {
		b.Run(engine.name, func(b *testing.B) {
			arms := []*arm{{name: "store", write: engine.store(b)}, {name: "plain", write: engine.plain(b)}}
			for _, a := range arms {
				a.run(b, perCase) // makes the cases
				a.took, a.done = 0, 0
			}
			b.ResetTimer()
			for left := b.N; left > 0; left -= callers * 40 {
				for _, a := range arms {
					a.run(b, min(40, (left+callers-1)/callers))
				}
				arms[0], arms[1] = arms[1], arms[0]
			}
			rate := map[string]float64{}
			for _, a := range arms {
				rate[a.name] = float64(a.done) / a.took.Seconds()
				b.ReportMetric(rate[a.name], a.name+"/s")
			}
			b.ReportMetric(rate["store"]/rate["plain"], "ratio")
		})
	}
}

func committer(s handling.Store) func(*step) error {
	return func(x *step) error {
		_, err := s.Commit(context.Background(), x.c)
		return err
	}
}

func openSQLite(b *testing.B, path string) *sqlite.Store {
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func openPostgres(b *testing.B, address string) *postgres.Store {
	s, err := postgres.Open(context.Background(), address, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func sqliteStore(b *testing.B) func(*step) error {
	return committer(openSQLite(b, filepath.Join(b.TempDir(), "store.db")))
}
func postgresStore(b *testing.B) func(*step) error {
	return committer(openPostgres(b, pgtest.Database(b)))
}

// columns of a head with their types, as both plain writers write them.
var columns = strings.Fields("n:bigint id:text revision:bigint acts:bigint duties:bigint shown:bigint procedure:text edition:text unit:text unit_kind:text number:text " +
	"title:text stage:text handlers:text opener:text opened:bigint updated:bigint closed:bool due:bigint overdue:bigint findings:bigint receipt:text secret:text " +
	"words:text standing:bytea")

func (s *step) head() []any {
	h := &s.c.Head
	r := s.c.Revision + 1
	return []any{s.n, string(h.ID), r, r, r, int64(0), h.Procedure, h.Edition, h.Unit, h.UnitKind, h.Number, h.Title, h.Stage, `["person-1"]`, h.Opener, int64(h.Opened), int64(h.Updated),
		h.Closed, int64(h.Due), int64(h.Overdue), int64(h.Findings), h.Receipt, h.Secret, h.Words, h.Standing}
}

func (s *step) act(index int64) []any {
	return []any{index, s.n, s.c.Revision + 1, string(s.c.Act.ID), s.c.Act.Request[:], s.leaf[:], s.bytes}
}

func (s *step) duty() []any {
	d := &s.c.Duties[0]
	return []any{s.n, d.Duty, string(d.Subject), d.Cause, d.State, int64(d.Opened), int64(d.Amber), int64(d.Due), int64(d.Done), d.Waiting, d.Liberty, int64(d.Next), d.Unit, d.Handler, d.Unit}
}

func (s *step) notice(seq int64) []any {
	n := &s.c.Notices[0]
	return []any{seq, n.Topic, s.n, n.Number, n.Text, int64(n.At)}
}

func names(list []string) string {
	var out []string
	for _, c := range list {
		name, _, _ := strings.Cut(c, ":")
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

const (
	actNames    = "idx, n, number, act, request, leaf, bytes"
	dutyNames   = "n, duty, subject, cause, state, opened, amber, due, done, waiting, liberty, next, unit, handler, held"
	noticeNames = "seq, topic, n, number, text, at"
)

// plain is a group-commit writer that looks nothing up: batch writes steps in one transaction.
func plain(b *testing.B, batch func([]*step) error) func(*step) error {
	q := group.New(256, func(steps []*step) []error {
		err := batch(steps)
		errs := make([]error, len(steps))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}, func() {})
	b.Cleanup(q.Close)
	return func(s *step) error { return q.Do(context.Background(), s) }
}

func sqlitePlain(b *testing.B) func(*step) error {
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "plain.db")
	openSQLite(b, path).Close() // for its tables
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)"+
		"&_pragma=mmap_size(0)&_pragma=cell_size_check(1)&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(100000)&_pragma=cache_size(-64000)&_pragma=temp_store(2)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { db.Close() })
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	prepare := func(text string) *sql.Stmt {
		st, err := conn.PrepareContext(ctx, text)
		if err != nil {
			b.Fatal(text, err)
		}
		return st
	}
	var set []string
	for i, c := range columns[2:] {
		name, _, _ := strings.Cut(c, ":")
		set = append(set, fmt.Sprintf("%s = ?%d", name, i+3))
	}
	addHead := prepare("INSERT INTO case_head (" + names(columns) + ") VALUES (" + marks(len(columns)) + ")")
	setHead := prepare("UPDATE case_head SET " + strings.Join(set, ", ") + " WHERE n = ?1 AND id = ?2 AND revision = ?3 - 1")
	person := prepare("INSERT INTO case_person (person, n) VALUES ('person-1', ?)")
	addAct := prepare("INSERT INTO act (" + actNames + ") VALUES (" + marks(7) + ")")
	addDuty := prepare("INSERT INTO duty (" + dutyNames + ") VALUES (" + marks(15) + ")")
	addNotice := prepare("INSERT INTO outbox (" + noticeNames + ") VALUES (" + marks(6) + ")")
	moveHead := prepare("UPDATE ledger_head SET size = ?, notices = ?, edge = ? WHERE log = 1")
	begin, commit, checkpoint := prepare("BEGIN IMMEDIATE"), prepare("COMMIT"), prepare("PRAGMA wal_checkpoint(PASSIVE)")
	var index int64
	since := 0
	edge := make([]byte, 400)
	return plain(b, func(steps []*step) error {
		run := func(st *sql.Stmt, args ...any) (err error) { _, err = st.Exec(args...); return err }
		if err := run(begin); err != nil {
			return err
		}
		for _, s := range steps {
			head := setHead
			if s.c.Revision == 0 {
				head = addHead
			}
			if err := run(head, s.head()...); err != nil {
				return err
			}
			if s.c.Revision == 0 {
				if err := run(person, s.n); err != nil {
					return err
				}
			}
			if err := run(addAct, s.act(index)...); err != nil {
				return err
			}
			if err := run(addDuty, s.duty()...); err != nil {
				return err
			}
			index++
			if err := run(addNotice, s.notice(index)...); err != nil {
				return err
			}
		}
		if err := run(moveHead, index, index, edge); err != nil {
			return err
		}
		if err := run(commit); err != nil {
			return err
		}
		if since += len(steps); since >= 2000 {
			since = 0
			return run(checkpoint)
		}
		return nil
	})
}

// arrays turns rows into one array for each column.
func arrays(rows [][]any) []any {
	out := make([]any, len(rows[0]))
	for c := range out {
		switch rows[0][c].(type) {
		case int64:
			out[c] = column[int64](rows, c)
		case string:
			out[c] = column[string](rows, c)
		case bool:
			out[c] = column[bool](rows, c)
		default:
			out[c] = column[[]byte](rows, c)
		}
	}
	return out
}

func column[T any](rows [][]any, c int) []T {
	list := make([]T, len(rows))
	for i := range rows {
		list[i] = rows[i][c].(T)
	}
	return list
}

func postgresPlain(b *testing.B) func(*step) error {
	ctx := context.Background()
	address := pgtest.Database(b)
	openPostgres(b, address).Close() // for its tables
	conn, err := pgx.Connect(ctx, address+" enable_seqscan=off enable_hashjoin=off enable_mergejoin=off jit=off plan_cache_mode=force_generic_plan")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(ctx) })
	unnest := func(types ...string) string {
		for i := range types {
			types[i] = fmt.Sprintf("$%d::%s[]", i+1, types[i])
		}
		return "unnest(" + strings.Join(types, ", ") + ")"
	}
	var types, set []string
	for _, c := range columns {
		name, kind, _ := strings.Cut(c, ":")
		types, set = append(types, kind), append(set, name+" = u."+name)
	}
	heads := unnest(types...)
	addHead := "INSERT INTO case_head (" + names(columns) + ") SELECT * FROM " + heads
	setHead := "UPDATE case_head SET " + strings.Join(set[2:], ", ") + " FROM " + heads + " AS u (" + names(columns) + ") WHERE case_head.n = u.n AND case_head.revision = u.revision - 1"
	addAct := "INSERT INTO act (" + actNames + ") SELECT * FROM " + unnest("bigint", "bigint", "bigint", "text", "bytea", "bytea", "bytea")
	addDuty := "INSERT INTO duty (" + dutyNames + ") SELECT * FROM " + unnest("bigint", "text", "text", "bigint", "text", "bigint", "bigint", "bigint", "bigint", "bool", "bool", "bigint", "text", "text", "text")
	addNotice := "INSERT INTO outbox (" + noticeNames + ") SELECT * FROM " + unnest("bigint", "text", "bigint", "bigint", "text", "bigint")
	var index int64
	edge := make([]byte, 400)
	return plain(b, func(steps []*step) error {
		var fresh, old, acts, duties, notices [][]any
		var people []int64
		for _, s := range steps {
			if s.c.Revision == 0 {
				fresh, people = append(fresh, s.head()), append(people, s.n)
			} else {
				old = append(old, s.head())
			}
			acts, duties = append(acts, s.act(index)), append(duties, s.duty())
			index++
			notices = append(notices, s.notice(index))
		}
		q := &pgx.Batch{}
		q.Queue("BEGIN")
		q.Queue("UPDATE ledger_head SET size = $1, notices = $2, edge = $3 WHERE log = 1", index, index, edge)
		if len(fresh) > 0 {
			q.Queue(addHead, arrays(fresh)...)
			q.Queue("INSERT INTO case_person (person, n) SELECT 'person-1', unnest($1::bigint[])", people)
		}
		if len(old) > 0 {
			q.Queue(setHead, arrays(old)...)
		}
		q.Queue(addAct, arrays(acts)...)
		q.Queue(addDuty, arrays(duties)...)
		q.Queue(addNotice, arrays(notices)...)
		q.Queue("COMMIT")
		return conn.SendBatch(ctx, q).Close()
	})
}

// filled are stores with many cases in 50 units, made once.
var filled = map[string]handling.Store{}

func fill(b *testing.B, engine string, cases int) handling.Store {
	key := fmt.Sprint(engine, cases)
	if s := filled[key]; s != nil {
		return s
	}
	var s handling.Store
	var err error
	if engine == "sqlite" {
		s, err = sqlite.Open(context.Background(), filepath.Join(dir, fmt.Sprint(cases, ".db")), sqlite.Options{})
	} else {
		s, err = postgres.Open(context.Background(), pgtest.Database(b), postgres.Options{})
	}
	if err != nil {
		b.Fatal(err)
	}
	filled[key] = s
	var all sync.WaitGroup
	for g := range 256 {
		all.Go(func() {
			for i := g; i < cases; i += 256 {
				c := storetest.Change(casefile.CaseID(fmt.Sprintf("case-%07d", i)), 0, casefile.ActID(fmt.Sprintf("act-%07d", i)))
				c.Head.Unit = fmt.Sprint("unit-", i%50)
				c.Head.Updated = c.Head.Updated.Add(time.Duration(i) * time.Second)
				c.Head.Opener = fmt.Sprint("person-", i%1000)
				c.Head.Words = fmt.Sprintf("盗窃 案件 w%d w%d", i%500, i%7000)
				c.Head.Standing = make([]byte, 1000)
				c.Head.Closed = i%10 != 0
				c.Duties[0].Unit = c.Head.Unit
				c.Duties[0].Due = c.Duties[0].Due.Add(time.Duration(i*7919%cases) * time.Second)
				if _, err := s.Commit(context.Background(), c); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return s
}

var caseCounts = flag.String("cases", "10000,100000", "numbers of cases in the filled stores")

func sizes(b *testing.B) (out []int) {
	for _, s := range strings.Split(*caseCounts, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 10_000 {
			b.Fatalf("-cases %s: numbers from 10000, separated by commas", *caseCounts)
		}
		out = append(out, n)
	}
	return out
}

// BenchmarkRead reads what pages show, at the numbers of cases of -cases, and adds an act: the figures of one kind should be
// the same for all.
func BenchmarkRead(b *testing.B) {
	ctx := context.Background()
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, r := range []struct {
			name string
			want int
			do   func(s handling.Store, i, cases int) (int, error)
		}{
			{"open a case", 4, func(s handling.Store, i, cases int) (n int, err error) {
				id := casefile.CaseID(fmt.Sprintf("case-%07d", i*7919%cases))
				if _, err = s.Case(ctx, id); err == nil {
					n++
				}
				acts, err1 := s.Acts(ctx, id, 0)
				duties, err2 := s.Duties(ctx, id)
				findings, err3 := s.Findings(ctx, id)
				for _, e := range []error{err, err1, err2, err3} {
					if e != nil {
						return 0, e
					}
				}
				return 2 + n + len(acts)*len(duties) + len(findings), nil
			}},
			{"list 100 of a unit", 100, func(s handling.Store, i, _ int) (int, error) {
				l, err := s.Cases(ctx, casefile.Selection{Units: []string{fmt.Sprint("unit-", i%50)}, Limit: 100})
				return len(l), err
			}},
			{"list 100 with a common word", 100, func(s handling.Store, i, _ int) (int, error) {
				l, err := s.Cases(ctx, casefile.Selection{Units: []string{fmt.Sprint("unit-", i%50)}, Words: []string{"盗窃"}, Limit: 100})
				return len(l), err
			}},
			{"find a rare word", 0, func(s handling.Store, i, _ int) (int, error) {
				_, err := s.Cases(ctx, casefile.Selection{All: true, Words: []string{"案件", fmt.Sprint("w", 500+i%6000)}, Limit: 100})
				return 0, err
			}},
			{"add an act", 1, func(s handling.Store, i, cases int) (int, error) {
				id := casefile.CaseID(fmt.Sprintf("case-%07d", i*7919%cases))
				head, err := s.Case(ctx, id)
				if err != nil {
					return 0, err
				}
				c := storetest.Change(id, head.Revision, casefile.ActID(rand.Text()))
				head.Standing = make([]byte, 1000)
				c.Head = head
				_, err = s.Commit(ctx, c)
				return 1, err
			}},
			{"100 open duties of a unit", 100, func(s handling.Store, i, _ int) (int, error) {
				l, err := s.OpenDuties(ctx, casefile.Selection{Units: []string{fmt.Sprint("unit-", i%50)}, Limit: 100})
				return len(l), err
			}},
		} {
			for _, cases := range sizes(b) {
				b.Run(fmt.Sprintf("%s/%s/%d", engine, strings.ReplaceAll(r.name, " ", "_"), cases), func(b *testing.B) {
					s := fill(b, engine, cases)
					i := 0
					for b.Loop() {
						n, err := r.do(s, i, cases)
						if err != nil || n < r.want {
							b.Fatalf("%d rows: %v", n, err)
						}
						i++
					}
				})
			}
		}
	}
}
