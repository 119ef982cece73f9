package feed_test

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/feed"
	"plumbline/handling"
	"plumbline/internal/pgtest"
	"plumbline/packs"
	"plumbline/procedure"
	"plumbline/store/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var police = sync.OnceValue(func() *procedure.Pack {
	p, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		panic(err)
	}
	return p
})

// bureau is a house of a made-up organ, with what it follows.
type bureau struct {
	t     *testing.T
	dir   string
	store *sqlite.Store
	house *handling.House
	w     *feed.Watcher
	now   atomic.Int64
}

func newBureau(t *testing.T) *bureau {
	b := &bureau{t: t, dir: t.TempDir()}
	b.at("2026-06-01T08:00")
	b.open()
	if err := b.house.Found(context.Background(), authority.Found(authority.Unit{ID: "ju", Kind: "county", Name: authority.Text{ZH: "某县公安局", EN: "Police of Some County"}, Mark: "某公"}),
		authority.Found(authority.Unit{ID: "a", Kind: "station", Name: authority.Text{ZH: "甲所", EN: "A"}, Mark: "某公(甲)", Parent: "ju"})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Check(context.Background()); err != nil {
			t.Error(err)
		}
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bureau) at(s string) {
	i, err := casefile.ParseInstant(s, police().Zone)
	if err != nil {
		b.t.Fatal(err)
	}
	b.now.Store(int64(i))
}

func (b *bureau) open() {
	b.t.Helper()
	var err error
	if b.store, err = sqlite.Open(context.Background(), filepath.Join(b.dir, "record.db"), sqlite.Options{}); err != nil {
		b.t.Fatal(err)
	}
	if b.house, err = handling.Open(handling.Config{Store: b.store, Pack: police(), Now: func() calendar.Instant { return calendar.Instant(b.now.Load()) }, Random: rand.Reader}); err != nil {
		b.t.Fatal(err)
	}
}

// restart closes the record and what follows, and opens both from the disk.
func (b *bureau) restart() {
	b.t.Helper()
	if err := b.store.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
	b.follow()
}

const mapping = `zone: Asia/Shanghai
tables:
  call:
    file: "*.csv"
    key: no
    case: no
    events:
      - {act: receive_report, time: received, layout: "YYYY-MM-DD hh:mm:ss | YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY-MM-DD hh:mm:ssZ", unit: unit, data: {title: what}}
`

// system writes what is to be followed, and follows it.
func (b *bureau) system(text, mapped string) {
	b.t.Helper()
	b.file("map.yaml", mapped)
	b.file("sources.yaml", "sources:\n  x:\n    procedure: cn-police/administrative\n    unit: ju\n    units: {甲所: a}\n    map: map.yaml\n"+text)
	b.follow()
}

func (b *bureau) follow() {
	b.t.Helper()
	c, err := feed.ReadConfig(filepath.Join(b.dir, "sources.yaml"))
	if err != nil {
		b.t.Fatal(err)
	}
	if b.w, err = feed.New(context.Background(), c, b.house, police().Zone, filepath.Join(b.dir, "feeds"), slog.New(slog.DiscardHandler)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bureau) file(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
	rested := time.Now().Add(-time.Minute)
	if err := os.Chtimes(path, rested, rested); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bureau) poll() handling.Feed {
	b.t.Helper()
	if err := b.w.Poll(context.Background()); err != nil {
		b.t.Fatal(err)
	}
	return b.w.Feeds()[0]
}

// want polls and holds what stands against cases, acts, corrections and withdrawals, and the faults, each by its beginning.
func (b *bureau) want(cases, acts, corrected, withdrawn int64, faults ...string) {
	b.t.Helper()
	f := b.poll()
	if f.Cases != cases || f.Acts != acts || f.Corrected != corrected || f.Withdrawn != withdrawn {
		b.t.Errorf("%d cases, %d acts, %d corrected, %d withdrawn; want %d, %d, %d, %d", f.Cases, f.Acts, f.Corrected, f.Withdrawn, cases, acts, corrected, withdrawn)
	}
	if f.FaultRows != int64(len(faults)) || len(f.Faults) != len(faults) {
		b.t.Errorf("%d faults (%d listed), want %d: %+v", f.FaultRows, len(f.Faults), len(faults), f.Faults)
		return
	}
	for i, x := range f.Faults {
		if got := x.Place + " " + x.Case + " " + x.Reason.EN; !strings.HasPrefix(got, faults[i]) {
			b.t.Errorf("fault %d is %q, want %q", i, got, faults[i])
		}
	}
}

func (b *bureau) title(id string) string {
	b.t.Helper()
	h, err := b.store.Case(context.Background(), handling.ObservedCase("x", id))
	if err != nil {
		b.t.Fatal(id, err)
	}
	return h.Title
}

const head = "no,received,what,unit\n"

func TestAFileThatGrowsIsReadOnFromWhereItEnded(t *testing.T) {
	b := newBureau(t)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\n")
	b.system("    folder: in\n", mapping)
	b.want(1, 1, 0, 0)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\nJ2,,二,甲所\nJ3,2026-03-02 09:00,三,甲所\n")
	b.want(2, 2, 0, 0, "a.csv:3  table call: it has no time (received)")
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\nJ2,,二,甲所\nJ3,2026-03-02 09:00,三,甲所\nJ2,2026/3/2 09:30,二,甲所\nJ4,oops,四,甲所\n")
	b.want(3, 3, 0, 0, "a.csv:3  table call: it has no time (received)", "a.csv:6  table call: received cannot be read: \"oops\"")
	if b.title("J2") != "二" {
		t.Error(b.title("J2"))
	}
	b.restart()
	b.want(3, 3, 0, 0, "a.csv:3 ", "a.csv:6 ")
}

func TestAReplacedFileCorrects(t *testing.T) {
	b := newBureau(t)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\nJ2,2026-03-02 09:00,二,甲所\n")
	b.system("    folder: in\n", mapping)
	b.want(2, 2, 0, 0)
	b.file("in/a.csv", head+"J2,2026-03-02 09:00,弍,甲所\n")
	b.want(2, 3, 1, 0) // J1 stands: the source is not whole
	if b.title("J2") != "弍" || b.title("J1") != "一" {
		t.Error(b.title("J2"), b.title("J1"))
	}
	b.restart()
	b.want(2, 3, 1, 0)
}

func TestRowsThatCannotBeReadStopNoOthers(t *testing.T) {
	b := newBureau(t)
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("J2,2026-03-02 09:00,电动车,甲所\n")
	if err != nil {
		t.Fatal(err)
	}
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,\"一\"二,甲所\nJ3,2026-03-02 09:00,三,甲所\n"+gb+"J4,2026-03-02 09:00,\xFF\xFF\xFF,甲所\nJ5,2026-03-02 09:00,\x00,甲所\nJ6,2026-03-02\nJ7,2026-03-02 09:00,\"七\n七\",甲所\nJ8,2026-03-02 09:00,\"八,甲所\nJ9,2026-03-02 09:00,九,甲所\n")
	b.file("in/b.txt", "x")
	b.system("    folder: in\n", mapping)
	b.want(4, 4, 0, 0, "a.csv:10  the row cannot be read", "a.csv:2  the row cannot be read: text behind a closing quote", "a.csv:5  it is neither UTF-8 nor GB18030", "a.csv:6  it holds control characters", "a.csv:7  the row has 2 fields, the header 4", "b.txt  the file belongs to no table")
	if b.title("J2") != "电动车" || b.title("J9") != "九" {
		t.Error(b.title("J2"), b.title("J9"))
	}
	if f := b.w.Feeds()[0]; f.Decoded != 1 {
		t.Error("decoded", f.Decoded)
	}
}

func TestARowWhoseTimeIsStillToComeWaitsForIt(t *testing.T) {
	b := newBureau(t)
	b.file("in/a.csv", head+"J1,2026-06-02 09:00,一,甲所\n")
	b.system("    folder: in\n", mapping)
	b.want(0, 0, 0, 0, "a.csv:2 J1 its time lies in the future")
	b.restart()
	b.want(0, 0, 0, 0, "a.csv:2 J1 its time lies in the future")
	b.at("2026-06-02T09:01")
	b.want(1, 1, 0, 0)
}

func TestASilentFeedIsSaid(t *testing.T) {
	b := newBureau(t)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\n")
	b.system("    silent: 2h\n    folder: in\n", mapping)
	if b.poll().Silent {
		t.Error("silent at once")
	}
	b.at("2026-06-01T10:01")
	if !b.poll().Silent {
		t.Error("not silent after two hours")
	}
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\nJ2,2026-06-01 09:00,二,甲所\n")
	if f := b.poll(); f.Silent || f.Lag != 61*60*1e6 {
		t.Error(f.Silent, f.Lag)
	}
}

// databases are those that a table may stand in: each begins empty.
func databases(t *testing.T, b *bureau, do func(t *testing.T, b *bureau, db *sql.DB, source string)) {
	t.Run("sqlite", func(t *testing.T) {
		b := newBureau(t)
		db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "other.db")+"?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		do(t, b, db, "sqlite: other.db")
	})
	t.Run("postgres", func(t *testing.T) {
		b := newBureau(t)
		address := pgtest.Database(t)
		db, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		do(t, b, db, "postgres: "+strconv.Quote(address))
	})
}

func execute(t *testing.T, db *sql.DB, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
}

const created = `CREATE TABLE calls (id BIGINT, no TEXT, received TIMESTAMP, what TEXT, unit TEXT)`

func TestATableIsReadOnFromAnIncreasingColumn(t *testing.T) {
	databases(t, nil, func(t *testing.T, b *bureau, db *sql.DB, source string) {
		execute(t, db, created, `INSERT INTO calls VALUES (1, 'J1', '2026-03-02 09:00:00', '一', '甲所'), (9, 'J2', '2026-03-02 09:00:00', '二', '甲所')`)
		b.system("    table:\n      "+source+"\n      views: {call: calls}\n      after: id\n", mapping)
		b.want(2, 2, 0, 0)
		execute(t, db, `INSERT INTO calls VALUES (5, 'J3', '2026-03-02 09:00:00', '三', '甲所'), (10, 'J2', '2026-03-02 09:00:00', '弍', '甲所'), (11, 'J4', NULL, '四', '甲所')`)
		b.restart()
		b.want(3, 4, 1, 0, "calls:") // 5 was numbered before 9 and came after it
		b.want(3, 4, 1, 0, "calls:")
		if b.title("J2") != "弍" {
			t.Error(b.title("J2"))
		}
		execute(t, db, `DELETE FROM calls`)
		b.want(3, 4, 1, 0, "calls:")
	})
}

func TestAWholeTableWithdrawsWhatIsGone(t *testing.T) {
	databases(t, nil, func(t *testing.T, b *bureau, db *sql.DB, source string) {
		execute(t, db, created, `INSERT INTO calls VALUES (1, 'J1', '2026-03-02 09:00:00', '一', '甲所'), (2, 'J2', '2026-03-02 09:00:00', '二', '甲所')`)
		b.system("    whole: true\n    table:\n      "+source+"\n      views: {call: calls}\n", mapping)
		b.want(2, 2, 0, 0)
		execute(t, db, `UPDATE calls SET what = '弍' WHERE id = 2`, `DELETE FROM calls WHERE id = 1`)
		b.restart()
		b.want(2, 3, 1, 1)
		execute(t, db, `INSERT INTO calls VALUES (1, 'J1', '2026-03-02 09:00:00', '一', '甲所')`)
		b.want(2, 4, 1, 1)
	})
}

// A case and its call are written in one transaction: no reading may see one without the other.
func TestTablesAreReadAsTheyAreAtOneMoment(t *testing.T) {
	const joined = `zone: Asia/Shanghai
tables:
  call: {key: no, case: no, events: [{act: receive_report, time: received, layout: "YYYY-MM-DD hh:mm:ss", unit: unit, data: {title: what}}]}
  sent: {key: id, parent: {table: call, by: no}, events: [{act: transfer_case, time: at, layout: "YYYY-MM-DD hh:mm:ss", data: {}}]}
`
	databases(t, nil, func(t *testing.T, b *bureau, db *sql.DB, source string) {
		execute(t, db, created, `CREATE TABLE moves (id BIGINT, no TEXT, at TIMESTAMP)`)
		b.system("    table:\n      "+source+"\n      views: {call: calls, sent: moves}\n", joined)
		stop, n := make(chan struct{}), 0
		var writing sync.WaitGroup
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n++
				tx, err := db.Begin()
				if err != nil {
					t.Error(err)
					return
				}
				for _, q := range []string{`INSERT INTO moves VALUES (%[1]d, 'J%[1]d', '2026-03-02 10:00:00')`, `INSERT INTO calls VALUES (%[1]d, 'J%[1]d', '2026-03-02 09:00:00', '一', '甲所')`} {
					if _, err := tx.Exec(fmt.Sprintf(q, n)); err != nil {
						t.Error(err)
					}
				}
				if err := tx.Commit(); err != nil {
					t.Error(err)
					return
				}
			}
		})
		for range 20 {
			if f := b.poll(); f.FaultRows > 0 || f.Acts != 2*f.Cases {
				t.Errorf("%d cases, %d acts: %+v", f.Cases, f.Acts, f.Faults)
				break
			}
		}
		close(stop)
		writing.Wait()
		b.want(int64(n), int64(2*n), 0, 0)
	})
}

// other is a system with an API.
type other struct {
	mu    sync.Mutex
	rows  []map[string]any
	page  int
	goOn  bool // the last page names where the next rows will be
	fails int  // so many answers
	asked int
}

func (o *other) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if o.fails > 0 && r.FormValue("from") != "" {
		o.fails--
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	from, _ := strconv.Atoi(r.FormValue("from"))
	to := min(from+o.page, len(o.rows))
	answer := map[string]any{"data": map[string]any{"rows": o.rows[from:to]}}
	if to < len(o.rows) || o.goOn {
		answer["next"] = to
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func apiRow(no, what string) map[string]any {
	return map[string]any{"no": no, "received": "2026-03-02T09:00:00+08:00", "report": map[string]any{"what": what}, "unit": "甲所"}
}

func TestAnAPIIsReadPageByPage(t *testing.T) {
	api := strings.ReplaceAll(strings.ReplaceAll(mapping, "what}", "report.what}"), "YYYY-MM-DD hh:mm:ssZ", "YYYY-MM-DDThh:mm:ssZ")
	for _, goOn := range []bool{false, true} {
		t.Run(fmt.Sprintf("the last page names the next: %v", goOn), func(t *testing.T) {
			b := newBureau(t)
			o := &other{page: 2, goOn: goOn, rows: []map[string]any{apiRow("J1", "一"), apiRow("J2", "二"), apiRow("J3", "三"), apiRow("J4", "四"), apiRow("J5", "五")}}
			s := httptest.NewServer(o)
			defer s.Close()
			b.file("token", "secret\n")
			b.system("    api: {url: "+s.URL+"/acts, rows: data.rows, next: next, cursor: from, token_file: token}\n", api)
			o.fails = 1
			if err := b.w.Poll(context.Background()); err == nil || !strings.Contains(err.Error(), "502") {
				t.Fatal(err)
			}
			if f := b.w.Feeds()[0]; !strings.Contains(f.Failed, "page 2: it answers 502") {
				t.Error(f.Failed)
			}
			b.want(5, 5, 0, 0)
			o.rows = append(o.rows, apiRow("J2", "弍"), map[string]any{"no": "J6"})
			b.restart()
			asked := o.asked
			b.want(5, 6, 1, 0, s.URL)
			if b.title("J2") != "弍" {
				t.Error(b.title("J2"))
			}
			if n := o.asked - asked; goOn && n > 2 {
				t.Errorf("%d pages were asked for, where two are new", n)
			}
			b.want(5, 6, 1, 0, s.URL)
		})
	}
}

func TestAPackedFileIsReadOnceItRests(t *testing.T) {
	b := newBureau(t)
	pack := func(text string) string {
		var out strings.Builder
		w := gzip.NewWriter(&out)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	b.file("in/a.csv", pack(head+"J1,2026-03-02 09:00,一,甲所\n"))
	b.system("    folder: in\n", mapping)
	b.want(1, 1, 0, 0)
	b.file("in/a.csv", pack(head+"J1,2026-03-02 09:00,壹,甲所\n"))
	if err := os.Chtimes(filepath.Join(b.dir, "in/a.csv"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	b.want(1, 1, 0, 0)
	b.file("in/a.csv", pack(head+"J1,2026-03-02 09:00,壹,甲所\n"))
	b.want(1, 2, 1, 0)
	b.file("in/a.csv", pack(head + "J1,2026-03-02 09:00,壹,甲所\n")[:40])
	b.want(1, 2, 1, 0, "a.csv")
	b.file("in/a.csv", "\xFF\xFEn\x00o\x00,\x00r\x00e\x00c\x00e\x00i\x00v\x00e\x00d\x00,\x00w\x00h\x00a\x00t\x00,\x00u\x00n\x00i\x00t\x00\n\x00J\x002\x00,\x002\x000\x002\x006\x00-\x000\x003\x00-\x000\x002\x00 \x000\x009\x00:\x000\x000\x00,\x00x\x00,\x00\n\x00")
	if f := b.poll(); f.FaultRows+f.Cases < 2 { // read, or told that it cannot be
		t.Errorf("%+v", f)
	}
}

func TestManyCasesAreKeptSideBySide(t *testing.T) {
	b := newBureau(t)
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "J%d,2026-03-02 09:00,事,甲所\n", i)
	}
	b.file("in/a.csv", head+text.String())
	b.system("    folder: in\n", mapping)
	done := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() { // as a page does meanwhile
		for {
			select {
			case <-done:
				return
			default:
				b.w.Feeds()
			}
		}
	})
	b.want(600, 600, 0, 0)
	close(done)
	looking.Wait()
	b.restart()
	b.want(600, 600, 0, 0)
}
