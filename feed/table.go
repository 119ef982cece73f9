package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"plumbline/eventlog"
)

// where names the database without what must not be shown.
func (t *Table) where() string {
	if t.SQLite != "" {
		return t.SQLite
	}
	c, err := pgx.ParseConfig(t.Postgres)
	if err != nil {
		return "postgres"
	}
	return "postgres://" + c.Host + "/" + c.Database
}

// overlap is how many rows a reading that goes on from the last begins before it: rows that were numbered earlier may become
// visible later.
const overlap = 1000

// readTable reads the views, or of the one view with an increasing column what lies behind what was read, as they are at one
// moment: whatever is written meanwhile belongs to the next reading.
func (f *following) readTable(ctx context.Context, r *round) (err error) {
	db, err := f.Table.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: f.Table.isolation(), ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%s: %w", f.Table.where(), err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if f.Table.Postgres != "" {          // times as text that can be read anywhere
		if _, err := tx.ExecContext(ctx, "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"); err != nil {
			return fmt.Errorf("%s: %w", f.Table.where(), err)
		}
	}
	join := eventlog.NewJoin(f.Map, maxJoined, true)
	var cursor place
	for _, t := range f.Map.Tables {
		if cursor, err = f.readView(ctx, tx, join, t.Name); err != nil {
			return fmt.Errorf("%s, %s: %w", f.Table.where(), f.Table.Views[t.Name], err)
		}
	}
	if err := tx.Rollback(); err != nil {
		return err
	}
	r.every = f.Table.After == ""
	r.whole = r.every
	if err := r.joined(ctx, join); err != nil {
		return err
	}
	if err := r.gone(ctx, join); err != nil {
		return err
	}
	r.setAside(join)
	f.mu.Lock()
	defer f.mu.Unlock()
	if cursor.value != "" && cursor.value != f.state.Cursor {
		f.state.Cursor, f.state.CursorRow = cursor.value, cursor.row
		r.looked = true
	}
	return nil
}

func (t *Table) isolation() sql.IsolationLevel {
	if t.SQLite != "" {
		return sql.LevelDefault // a transaction sees one moment
	}
	return sql.LevelRepeatableRead
}

func (t *Table) open() (*sql.DB, error) {
	if t.SQLite != "" {
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: t.SQLite}).EscapedPath(), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=busy_timeout(5000)"}
		return sql.Open("sqlite", u.String())
	}
	return sql.Open("pgx", t.Postgres)
}

// readView pours the rows of a view into the join, each value as text. It gives where the next reading begins, empty where
// all is read every time.
func (f *following) readView(ctx context.Context, tx *sql.Tx, join *eventlog.Join, table string) (place, error) {
	name, after := f.Table.Views[table], -1
	view := quotedPath(name)
	columns, err := columnsOf(ctx, tx, view)
	if err != nil {
		return place{}, err
	}
	into, err := join.File(table, name, columns)
	if err != nil {
		return place{}, err
	}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = "CAST(" + quoted(c) + " AS TEXT)"
	}
	query, args, kind, first := "SELECT "+strings.Join(texts, ", ")+" FROM "+view+" AS v", []any(nil), "", int64(1)
	if f.Table.After != "" {
		if after = slices.Index(columns, f.Table.After); after < 0 {
			return place{}, fmt.Errorf("there is no column %q, which after: names; there are %s", f.Table.After, strings.Join(columns, ", "))
		}
		if kind, err = f.Table.kindOf(ctx, tx, view); err != nil {
			return place{}, err
		}
		column := "v." + quoted(f.Table.After)
		if was, from, ok := strings.Cut(f.state.Cursor, ": "); ok && was == kind {
			test, arg, err := f.Table.from(kind, from)
			if err != nil {
				return place{}, err
			}
			first = f.state.CursorRow
			query, args = query+" WHERE "+column+" >= "+test+" OR "+column+" IS NULL", []any{arg}
		}
		query += " ORDER BY " + column + " IS NULL, " + column
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return place{}, err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	values, scanned := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		scanned[i] = &values[i]
	}
	var last []place // of the increasing column
	n := first
	for ; rows.Next(); n++ {
		if err := rows.Scan(scanned...); err != nil {
			return place{}, err
		}
		for i, v := range values {
			texts[i] = strings.ToValidUTF8(v.String, "\uFFFD")
		}
		if err := into.Row(n, texts); err != nil {
			return place{}, err
		}
		if after >= 0 && values[after].Valid {
			if last = append(last, place{strings.Clone(texts[after]), n}); len(last) > 2*overlap {
				last = slices.Clone(last[overlap:])
			}
		}
	}
	if err := rows.Err(); err != nil || len(last) == 0 {
		return place{}, err
	}
	from := last[max(0, len(last)-overlap)]
	return place{kind + ": " + from.value, from.row}, nil
}

// place is where a reading begins: at a value of the increasing column, which stands in so many a row.
type place struct {
	value string
	row   int64
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quotedPath quotes a name with its schema.
func quotedPath(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = quoted(parts[i])
	}
	return strings.Join(parts, ".")
}

func columnsOf(ctx context.Context, tx *sql.Tx, view string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+view+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	names, err := rows.Columns()
	return names, errors.Join(err, rows.Close())
}

// kindOf is what the database calls the type of the increasing column; empty while there are no rows.
func (t *Table) kindOf(ctx context.Context, tx *sql.Tx, view string) (kind string, err error) {
	column, of := quoted(t.After), "pg_typeof(%[1]s)::text"
	if t.SQLite != "" {
		of = "typeof(%[1]s)"
	}
	err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT "+of+" FROM %[2]s WHERE %[1]s IS NOT NULL ORDER BY %[1]s DESC LIMIT 1", column, view)).Scan(&kind)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return kind, err
}

// from gives the place for a value of that type in a query, and the value, which was kept as text.
func (t *Table) from(kind, text string) (place string, value any, err error) {
	switch {
	case t.SQLite == "":
		return "$1::text::" + kind, text, nil
	case kind == "integer":
		value, err = strconv.ParseInt(text, 10, 64)
	case kind == "real":
		value, err = strconv.ParseFloat(text, 64)
	default:
		value = text
	}
	return "?", value, err
}
