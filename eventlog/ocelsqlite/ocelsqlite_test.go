package ocelsqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/eventlog"
)

// small is a log of two files and their fines, in the tables of OCEL 2.0.
const small = `
CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
CREATE TABLE object_File (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, place TEXT, state TEXT);
CREATE TABLE object_Fine (ocel_id TEXT, ocel_time TIMESTAMP, amount REAL);
CREATE TABLE event_Filing (ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP, officer TEXT);
CREATE TABLE event_Decision (ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP);
INSERT INTO event_map_type VALUES ('file it', 'Filing'), ('decide', 'Decision');
INSERT INTO object_map_type VALUES ('file', 'File'), ('fine', 'Fine');
INSERT INTO object VALUES ('A', 'file'), ('B', 'file'), ('F1', 'fine');
INSERT INTO object_File VALUES ('A', '1970-01-01 00:00:00', NULL, '县城', 'open'), ('A', '2025-03-02 10:00:00', 'state', NULL, 'decided');
INSERT INTO object_Fine VALUES ('F1', '1970-01-01 00:00:00', 120.5);
INSERT INTO event VALUES ('e1', 'file it'), ('e2', 'decide'), ('e3', 'file it');
INSERT INTO event_Filing VALUES ('e1', '2025-03-01 09:00:00', 'Li'), ('e3', '2025-03-03 09:00:00', NULL);
INSERT INTO event_Decision VALUES ('e2', '2025-03-02 10:00:00');
INSERT INTO event_object VALUES ('e1', 'A', 'of'), ('e2', 'A', 'of'), ('e2', 'F1', 'imposes'), ('e3', 'B', 'of'), ('e3', 'C', 'of');
`

func database(t testing.TB, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.sqlite")
	change(t, path, statements)
	return path
}

func change(t testing.TB, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(path string, m *eventlog.Mapping) (cases []eventlog.Case, stats eventlog.Stats, err error) {
	log, err := Open(path)
	if err != nil {
		return nil, stats, err
	}
	stats, err = eventlog.Read(context.Background(), log, path, eventlog.Options{Map: m}, func(_ int, b *eventlog.Batch) error {
		for _, c := range b.Cases {
			c.Events = append([]eventlog.Event(nil), c.Events...)
			cases = append(cases, c)
		}
		return nil
	})
	return cases, stats, err
}

func TestSmallLog(t *testing.T) {
	cases, stats, err := read(database(t, small), &eventlog.Mapping{CaseType: "file"})
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, c := range cases {
		fmt.Fprintln(&told, c.ID, c.Data)
		for _, e := range c.Events {
			fmt.Fprintln(&told, " ", e.Time, e.Act, e.Data)
		}
	}
	want := `A [{place 县城 string} {state decided string}]
  2025-03-01T09:00:00Z file it [{officer Li string} {place 县城 string} {state open string}]
  2025-03-02T10:00:00Z decide [{place 县城 string} {state decided string} {object:fine F1 string}]
B []
  2025-03-03T09:00:00Z file it []
`
	if diff := cmp.Diff(want, told.String()); diff != "" {
		t.Error(diff)
	}
	if stats.Format != "ocel" || stats.Cases != 2 || stats.Events != 3 || stats.Dangling != 1 || stats.NoOffset != 3 {
		t.Errorf("%+v", stats)
	}
}

// The published example is one log in three formats.
func TestExampleIsTheSameInEveryFormat(t *testing.T) {
	const example = "../../../shared/data/ocel/ocel20_example."
	if _, err := os.Stat(example + "sqlite"); err != nil {
		t.Skipf("no real data: %v", err)
	}
	for _, kind := range []string{"Purchase Order", "Invoice", "Payment", "Purchase Requisition"} {
		// The database tells its times in this zone without saying so.
		m, err := eventlog.ParseMapping("map.yaml", []byte("case: {type: "+kind+"}\nzone: Europe/Berlin\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := read(example+"sqlite", m)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"jsonocel", "xmlocel"} {
			text, err := os.ReadFile(example + format)
			if err != nil {
				t.Fatal(err)
			}
			var want []eventlog.Case
			if _, err := eventlog.Read(context.Background(), bytes.NewReader(text), format, eventlog.Options{Map: m}, func(_ int, b *eventlog.Batch) error {
				for _, c := range b.Cases {
					c.Events = append([]eventlog.Event(nil), c.Events...)
					want = append(want, c)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(eventlog.Case{}, "Record"), cmpopts.IgnoreFields(eventlog.Event{}, "Record"),
				cmpopts.SortSlices(func(a, b eventlog.Field) bool { return a.Key < b.Key })); diff != "" {
				t.Errorf("%s as %s and as SQLite:\n%s", kind, format, diff)
			}
		}
	}
}

func TestBadDatabases(t *testing.T) {
	for _, tt := range []struct{ name, statements, want string }{
		{"trigger", "CREATE TRIGGER sly AFTER INSERT ON event BEGIN DELETE FROM event; END", `the database has a trigger "sly"`},
		{"view", "CREATE VIEW sly AS SELECT * FROM event", `the database has a view "sly"`},
		{"a view in place of a table", "DROP TABLE event; CREATE VIEW event AS SELECT 'e1' AS ocel_id, 'file it' AS ocel_type", `the database has a view "event"`},
		{"virtual table", "CREATE VIRTUAL TABLE sly USING fts5(x)", `the database has a virtual table "sly"`},
		{"computed column", "ALTER TABLE event_Filing ADD COLUMN sly TEXT AS (hex(officer))", `table "event_Filing" computes its column "sly"`},
		{"no log", "DROP TABLE event_object", `not an OCEL 2.0 log: there is no table "event_object"`},
		{"a column is missing", "ALTER TABLE event_object DROP COLUMN ocel_qualifier", `table "event_object" has no column "ocel_qualifier"`},
		{"a type's table is missing", "DROP TABLE event_Filing", `the type "file it" is said to be in table "event_Filing", which is not there`},
		{"a type's table is another", "UPDATE event_map_type SET ocel_type_map = 'object' WHERE ocel_type = 'decide'", `which is another table`},
		{"an event without its row", "DELETE FROM event_Filing WHERE ocel_id = 'e3'", `event "e3" is not in the table of its type "file it"`},
		{"a row without its event", "DELETE FROM event WHERE ocel_id = 'e3'", `event "e3" of table "event_Filing" is not in table event`},
		{"an event in two tables", "INSERT INTO event_Decision VALUES ('e1', '2025-01-01')", `event "e1" stands in table "event_Filing" and again`},
		{"no time", "UPDATE event_Filing SET ocel_time = NULL", `no time`},
		{"a time that is none", "UPDATE event_Filing SET ocel_time = 'yesterday'", `"yesterday" is not a time`},
		{"a relation of no event", "INSERT INTO event_object VALUES ('e9', 'A', '')", `event "e9", which is not there`},
		{"not UTF-8", "UPDATE event_Filing SET officer = CAST(x'FF41' AS TEXT)", `not UTF-8`},
		{"NUL", "UPDATE event_Filing SET officer = 'a' || char(0) || 'b'", `not UTF-8`},
		{"an endless value", "UPDATE event_Filing SET officer = zeroblob(17000000)", `too big`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := database(t, small+tt.statements)
			cases, _, err := read(path, &eventlog.Mapping{CaseType: "file"})
			var bad *eventlog.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if len(cases) > 0 {
				t.Error("cases came out")
			}
			if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
				t.Error("reading left", left)
			}
		})
	}
}

func TestAWriterIsNoticed(t *testing.T) {
	t.Run("a journal beside it", func(t *testing.T) {
		path := database(t, small)
		if err := os.WriteFile(path+"-wal", []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "still writing") {
			t.Error(err)
		}
	})
	t.Run("a change while it is read", func(t *testing.T) {
		path := database(t, small)
		log, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		log.loaded = func() { change(t, path, "INSERT INTO object VALUES ('Z', 'file')") }
		_, err = eventlog.Read(context.Background(), log, path, eventlog.Options{Map: &eventlog.Mapping{CaseType: "file"}}, func(int, *eventlog.Batch) error {
			t.Error("cases came out")
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "changed while it was read") {
			t.Error(err)
		}
	})
	t.Run("a file that may not be written stays as it is", func(t *testing.T) {
		path := database(t, small)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o400); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(path, &eventlog.Mapping{CaseType: "file"}); err != nil {
			t.Error(err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Error("the file changed")
		}
	})
}

// What is held is bounded, whichever table is the large one.
func TestMemoryIsBounded(t *testing.T) {
	for _, statement := range []string{
		"INSERT INTO object SELECT 'o' || n, 'file' FROM many",
		"INSERT INTO event_Filing SELECT 'x' || n, '2025-01-01', 'somebody' FROM many",
		"INSERT INTO object_File SELECT 'A', '2025-01-01', NULL, 'somewhere', 'open' FROM many",
		"INSERT INTO event_object SELECT 'e1', 'A', 'of' FROM many",
	} {
		path := database(t, small+"CREATE TEMP TABLE many AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 20000) SELECT n FROM c;"+statement)
		log, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = log.ReadHistory(context.Background(), eventlog.Options{Map: &eventlog.Mapping{CaseType: "file"}, MaxHeld: 1 << 19}, func(int, *eventlog.Batch) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "of memory") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// FuzzDatabase lets the reader loose on a database with some bytes changed: it answers with cases or with an *Error, and
// writes nothing.
func FuzzDatabase(f *testing.F) {
	path := database(f, small)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(100), []byte{0xFF})
	f.Add(uint32(18), []byte{2, 2})
	f.Add(uint32(4096+5), []byte{0, 0, 0xFF, 0xFF})
	f.Add(uint32(0), []byte("SQLite format 3\x00\xFF\xFF"))
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		data := bytes.Clone(good)
		copy(data[int(at)%len(data):], with)
		path := filepath.Join(t.TempDir(), "x.sqlite")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := read(path, &eventlog.Mapping{CaseType: "file"})
		var bad *eventlog.Error
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(data, after) {
			t.Fatal("the file changed")
		}
	})
}
