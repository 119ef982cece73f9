// Package ocelsqlite reads an object-centric log (OCEL 2.0) from an SQLite file that somebody else wrote.
//
// The file is opened read-only and as one that does not change, without extensions, and the schema is not trusted. A schema
// with a trigger, a view, a virtual table or a computed column is refused before anything is read, for none belongs in a log
// and each is a program of the file's author. Then the tables of OCEL 2.0 are read, each through one SELECT of its columns, and
// no other. Afterwards size, time and header of the file are compared with what they were.
package ocelsqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"plumbline/eventlog"
)

// Magic is how every SQLite file begins.
const Magic = "SQLite format 3\x00"

const (
	maxObjects = 20_000   // tables and indexes in a schema
	maxText    = 16 << 20 // bytes of one value or statement
	limitText  = 0        // SQLITE_LIMIT_LENGTH
	headerSize = 100
)

// Log is the log in one file. It is a history that reads itself: see eventlog.Read.
type Log struct {
	path   string
	log    *eventlog.Objects // kept for a second reading in another zone
	loaded func()            // for tests: called before the file is looked at again
}

// Open looks whether the file may be read at all.
func Open(path string) (*Log, error) {
	l := &Log{path: path}
	for _, beside := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + beside); err == nil && info.Size() > 0 {
			return nil, l.fail("a program is still writing to the database, or broke off: there is "+filepath.Base(path)+beside, "close it, or give a copy made with VACUUM INTO")
		}
	}
	_, err := l.state()
	return l, err
}

// Read is there because a history is a reader; it gives nothing.
func (l *Log) Read([]byte) (int, error) {
	return 0, errors.New(l.path + ": a database is not a stream")
}

// Close has nothing to close: the file is closed when it was read.
func (l *Log) Close() error { return nil }

func (l *Log) fail(what, hint string) error {
	return &eventlog.Error{Name: l.path, What: what, Hint: hint}
}

// state is what tells that a file was written to.
func (l *Log) state() (string, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.HasPrefix(head, []byte(Magic)) {
		return "", l.fail("not an SQLite database", "the file is damaged or incomplete")
	}
	return fmt.Sprintf("%d %d %x", info.Size(), info.ModTime().UnixNano(), head), nil
}

// ReadHistory reads the log whole and hands its cases on, under the terms of eventlog.Read.
func (l *Log) ReadHistory(ctx context.Context, opt eventlog.Options, each func(worker int, b *eventlog.Batch) error) (eventlog.Stats, error) {
	if l.log == nil {
		before, err := l.state()
		if err != nil {
			return eventlog.Stats{}, err
		}
		most := opt.MaxHeld
		if most <= 0 {
			most = 1 << 30
		}
		log := eventlog.NewObjects(l.path, most)
		loading := l.load(ctx, log, most)
		if l.loaded != nil {
			l.loaded()
		}
		// A change goes before what it may have made unreadable.
		if after, err := l.state(); err != nil || before != after {
			return eventlog.Stats{}, l.fail("the file changed while it was read", "read a copy of it, or wait until nobody writes to it")
		}
		if loading != nil {
			return eventlog.Stats{}, loading
		}
		l.log = log
	}
	return l.log.Read(ctx, opt, each)
}

func (l *Log) load(ctx context.Context, log *eventlog.Objects, most int64) (err error) {
	path, err := filepath.Abs(l.path)
	if err != nil {
		return err
	}
	query := url.Values{"mode": {"ro"}, "immutable": {"1"},
		"_pragma": {"trusted_schema(0)", "query_only(1)", "cell_size_check(1)", "mmap_size(0)", "writable_schema(0)", "cache_size(-4096)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return l.broken(err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := sqlite.Limit(conn, limitText, maxText); err != nil {
		return err
	}
	r := &reader{l: l, ctx: ctx, conn: conn, log: log, most: most, tables: map[string][]string{}}
	if err := r.schema(); err != nil {
		return err
	}
	if err := r.objects(); err != nil {
		return err
	}
	return r.events()
}

// broken says that the database cannot be read.
func (l *Log) broken(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &eventlog.Error{Name: l.path, What: "the database cannot be read: " + err.Error(), Hint: "the file is damaged or incomplete: fetch it again", Err: err}
}

type reader struct {
	l      *Log
	ctx    context.Context
	conn   *sql.Conn
	log    *eventlog.Objects
	most   int64               // bytes that may be held
	tables map[string][]string // columns by name
}

// schema looks at everything in the schema before a table is touched.
func (r *reader) schema() error {
	n := 0
	var names []string
	err := r.query(`SELECT CAST(type AS TEXT), CAST(name AS TEXT), CAST(coalesce(sql, '') AS TEXT) FROM sqlite_schema`, 3, func(v []sql.NullString) error {
		kind, name, text := v[0].String, v[1].String, strings.ToUpper(strings.Join(strings.Fields(v[2].String), " "))
		if n++; n > maxObjects {
			return r.l.fail("more than "+fmt.Sprint(maxObjects)+" tables and indexes", "is it an OCEL 2.0 log?")
		}
		switch {
		case kind == "trigger" || kind == "view":
			return r.l.fail("the database has a "+kind+" "+quote(name), "a log holds tables only: a "+kind+" is a program of its author, and nothing was read")
		case kind == "table" && !strings.HasPrefix(text, "CREATE TABLE "):
			return r.l.fail("the database has a virtual table "+quote(name), "a log holds plain tables only, and nothing was read")
		case kind == "table":
			names = append(names, name)
		case kind != "index":
			return r.l.fail("the schema has a "+quote(kind), "the file is damaged")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if !r.ours(name) {
			continue
		}
		var columns []string
		err := r.query("PRAGMA table_xinfo("+ident(name)+")", 7, func(v []sql.NullString) error {
			if v[6].String != "0" {
				return r.l.fail("table "+quote(name)+" computes its column "+quote(v[1].String), "a log holds plain columns only, and nothing was read")
			}
			columns = append(columns, v[1].String)
			return nil
		})
		if err != nil {
			return err
		}
		r.tables[name] = columns
	}
	for _, need := range []struct {
		table   string
		columns []string
	}{{"event", []string{"ocel_id", "ocel_type"}}, {"object", []string{"ocel_id", "ocel_type"}}, {"event_object", []string{"ocel_event_id", "ocel_object_id", "ocel_qualifier"}},
		{"event_map_type", []string{"ocel_type", "ocel_type_map"}}, {"object_map_type", []string{"ocel_type", "ocel_type_map"}}} {
		have, ok := r.tables[need.table]
		if !ok {
			return r.l.fail("not an OCEL 2.0 log: there is no table "+quote(need.table), "OCEL 2.0 is the SQLite that is read")
		}
		for _, c := range need.columns {
			if !slices.Contains(have, c) {
				return r.l.fail("not an OCEL 2.0 log: table "+quote(need.table)+" has no column "+quote(c), "")
			}
		}
	}
	return nil
}

// ours says whether a table may be one of OCEL 2.0.
func (r *reader) ours(name string) bool {
	return name == "event" || name == "object" || strings.HasPrefix(name, "event_") || strings.HasPrefix(name, "object_")
}

// kinds reads which table holds a type: event_X or object_X.
func (r *reader) kinds(of string) (kinds, tables []string, err error) {
	err = r.query("SELECT CAST(ocel_type AS TEXT), CAST(ocel_type_map AS TEXT) FROM "+ident(of+"_map_type")+" NOT INDEXED", 2, func(v []sql.NullString) error {
		table := of + "_" + v[1].String
		if table == "event_object" || table == "event_map_type" || table == "object_object" || table == "object_map_type" {
			return r.l.fail("the type "+quote(v[0].String)+" is said to be in "+quote(table)+", which is another table", "")
		}
		columns, ok := r.tables[table]
		if !ok {
			return r.l.fail("the type "+quote(v[0].String)+" is said to be in table "+quote(table)+", which is not there", "the file is incomplete")
		}
		if !slices.Contains(columns, "ocel_id") || !slices.Contains(columns, "ocel_time") {
			return r.l.fail("table "+quote(table)+" has no column ocel_id or ocel_time", "")
		}
		kinds, tables = append(kinds, v[0].String), append(tables, table)
		return nil
	})
	return kinds, tables, err
}

func (r *reader) objects() error {
	err := r.query("SELECT CAST(ocel_id AS TEXT), CAST(ocel_type AS TEXT) FROM object NOT INDEXED", 2, func(v []sql.NullString) error {
		return r.log.Object(v[0].String, v[1].String)
	})
	if err != nil {
		return err
	}
	_, tables, err := r.kinds("object")
	if err != nil {
		return err
	}
	for _, table := range tables {
		columns := r.tables[table]
		err := r.all(table, func(v []sql.NullString) error {
			id, time, changed := "", "", ""
			for i, c := range columns {
				switch c {
				case "ocel_id":
					id = v[i].String
				case "ocel_time":
					time = v[i].String
				case "ocel_changed_field":
					changed = v[i].String
				}
			}
			for i, c := range columns {
				if own(c) && v[i].Valid && (changed == "" || changed == c) {
					if err := r.log.Value(id, c, v[i].String, time); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// own says whether a column is an attribute and not one of the format's.
func own(column string) bool {
	return column != "ocel_id" && column != "ocel_time" && column != "ocel_changed_field"
}

func (r *reader) events() error {
	type row struct {
		table, time string
		data        []eventlog.Field
	}
	rows := map[string]row{}
	held := int64(0)
	kinds, tables, err := r.kinds("event")
	if err != nil {
		return err
	}
	for _, table := range tables {
		columns := r.tables[table]
		err := r.all(table, func(v []sql.NullString) error {
			x := row{table: table}
			id := ""
			for i, c := range columns {
				switch {
				case c == "ocel_id":
					id = v[i].String
				case c == "ocel_time":
					x.time = v[i].String
				case own(c) && v[i].Valid:
					x.data = append(x.data, eventlog.Field{Key: c, Value: v[i].String})
				}
			}
			if before, twice := rows[id]; twice {
				return r.l.fail("event "+quote(id)+" stands in table "+quote(before.table)+" and again in "+quote(table), "which holds cannot be told")
			}
			rows[id] = x
			held += int64(rowSize + len(id) + len(x.time))
			for _, f := range x.data {
				held += int64(fieldSize + len(f.Value))
			}
			if held > r.most {
				return r.l.fail(fmt.Sprintf("the log takes more than %d MiB of memory", r.most>>20), "an object-centric log is held whole: give a part of it")
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	err = r.query("SELECT CAST(ocel_id AS TEXT), CAST(ocel_type AS TEXT) FROM event NOT INDEXED", 2, func(v []sql.NullString) error {
		id, kind := v[0].String, v[1].String
		x, ok := rows[id]
		k := slices.Index(kinds, kind)
		if !ok || k < 0 || tables[k] != x.table {
			return r.l.fail("event "+quote(id)+" is not in the table of its type "+quote(kind), "the file is incomplete: its time is unknown")
		}
		delete(rows, id)
		return r.log.Event(id, kind, x.time, x.data)
	})
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		id := slices.Min(slices.Collect(maps.Keys(rows)))
		return r.l.fail("event "+quote(id)+" of table "+quote(rows[id].table)+" is not in table event", "the file is incomplete")
	}
	return r.query("SELECT CAST(ocel_event_id AS TEXT), CAST(ocel_object_id AS TEXT), CAST(ocel_qualifier AS TEXT) FROM event_object NOT INDEXED", 3, func(v []sql.NullString) error {
		return r.log.Relate(v[0].String, v[1].String, v[2].String)
	})
}

// What a row held beside the log takes, about.
const (
	rowSize   = 200
	fieldSize = 40
)

// all reads every row of a table, all columns as text.
func (r *reader) all(table string, each func([]sql.NullString) error) error {
	var columns []string
	for _, c := range r.tables[table] {
		columns = append(columns, "CAST("+ident(c)+" AS TEXT)")
	}
	return r.query("SELECT "+strings.Join(columns, ", ")+" FROM "+ident(table)+" NOT INDEXED", len(columns), each)
}

func (r *reader) query(text string, columns int, each func([]sql.NullString) error) (err error) {
	rows, err := r.conn.QueryContext(r.ctx, text)
	if err != nil {
		return r.l.broken(err)
	}
	defer func() {
		if closing := rows.Close(); err == nil && closing != nil {
			err = r.l.broken(closing)
		}
	}()
	values := make([]sql.NullString, columns)
	into := make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return r.l.broken(err)
		}
		for i := range values {
			if s := values[i].String; strings.IndexByte(s, 0) >= 0 || s != strings.ToValidUTF8(s, "?") {
				return r.l.fail("a text that is not UTF-8: "+quote(s), "the file is damaged")
			}
		}
		if err := each(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return r.l.broken(err)
	}
	return nil
}

// ident writes a name as SQL does.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quote(s string) string { return fmt.Sprintf("%.60q", s) }
