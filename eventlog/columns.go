package eventlog

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"plumbline/calendar"
)

// Columns are those of a table that holds cases: one row for each event, with the names that pm4py uses. What belongs to the
// case stands in every row of it, behind "case:". A table needs its columns before its first row, so whoever streams goes
// through the cases twice: Add them all, then write.
type Columns struct {
	ofCase, ofEvent map[string]Kind // a key that comes as several kinds is text
}

// Add takes in the keys of a case.
func (c *Columns) Add(of *Case) {
	if c.ofCase == nil {
		c.ofCase, c.ofEvent = map[string]Kind{}, map[string]Kind{}
	}
	take(c.ofCase, of.Data)
	for i := range of.Events {
		take(c.ofEvent, of.Events[i].Data)
	}
}

func take(into map[string]Kind, data []Field) {
	for _, f := range data {
		if have, ok := into[f.Key]; ok && have != f.Kind {
			f.Kind = String
		}
		into[f.Key] = f.Kind
	}
}

// first are the columns that every table has.
var first = []string{caseColumn + "concept:name", "concept:name", "time:timestamp", "org:resource", "org:role", "org:group", "lifecycle:transition"}

// layOut names all columns with their kinds, and finds the place of a key.
func (c *Columns) layOut() (names []string, kinds []Kind, ofCase, ofEvent map[string]int, err error) {
	names, kinds = slices.Clone(first), make([]Kind, len(first))
	kinds[2] = Time
	ofCase, ofEvent = map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	for _, of := range []struct {
		keys   map[string]Kind
		before string
		at     map[string]int
	}{{c.ofEvent, "", ofEvent}, {c.ofCase, caseColumn, ofCase}} {
		for _, key := range sortedKinds(of.keys) {
			name := of.before + key
			if seen[name] {
				return nil, nil, nil, nil, fmt.Errorf("two columns are called %s", quote(name))
			}
			seen[name] = true
			of.at[key] = len(names)
			names, kinds = append(names, name), append(kinds, of.keys[key])
		}
	}
	return names, kinds, ofCase, ofEvent, nil
}

func sortedKinds(m map[string]Kind) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// rows calls each with the cells of every event; an empty cell is an absence. The cells are used again for the next.
func (c *Columns) rows(cases iter.Seq[Case], ofCase, ofEvent map[string]int, n int, each func([]string) error) error {
	row := make([]string, n)
	number := 0
	for one := range cases {
		number++
		put := func(at map[string]int, data []Field) error {
			for _, f := range data {
				i, ok := at[f.Key]
				if !ok {
					return fmt.Errorf("key %s has no column", quote(f.Key))
				}
				row[i] = f.Value
			}
			return nil
		}
		for i := range one.Events {
			e := &one.Events[i]
			clear(row)
			copy(row, []string{one.ID, e.Act, stampOf(e.Time), e.Person, e.Post, e.Unit, e.Lifecycle})
			err := put(ofCase, one.Data)
			if err == nil {
				err = put(ofEvent, e.Data)
			}
			if err == nil && (one.ID == "" || e.Act == "") {
				err = fmt.Errorf("it has no identifier or no act")
			}
			if err == nil && (e.Time < earliest || e.Time > latest) {
				err = fmt.Errorf("its time is outside the years 0001 to 9999")
			}
			if err == nil {
				err = each(row)
			}
			if err != nil {
				return fmt.Errorf("write case %d, event %d: %w", number, i+1, err)
			}
		}
	}
	return nil
}

func stampOf(i calendar.Instant) string {
	return time.UnixMicro(int64(i)).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}

// WriteCSV writes cases as one table that Read gives back without a mapping, but for Precision, kinds (all are text), Record,
// empty values and cases without events. The columns are known beforehand: a key that they lack is an error.
func WriteCSV(w io.Writer, c *Columns, cases iter.Seq[Case]) error {
	names, _, ofCase, ofEvent, err := c.layOut()
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	if err := c.rows(cases, ofCase, ofEvent, len(names), out.Write); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// rowsInMemory bounds what a row group of Parquet holds before it is written.
const rowsInMemory = 1 << 14

// WriteParquet writes the same table as Parquet: times as microseconds in UTC, numbers and truth values as such where a
// column has nothing else, text otherwise; what is absent is null.
func WriteParquet(w io.Writer, c *Columns, cases iter.Seq[Case]) error {
	names, kinds, ofCase, ofEvent, err := c.layOut()
	if err != nil {
		return err
	}
	group := parquet.Group{}
	for i, name := range names {
		group[name] = parquet.Compressed(parquet.Optional(nodeOf(kinds[i])), &parquet.Snappy)
	}
	schema := parquet.NewSchema("acts", group)
	order := make([]int, len(names)) // the library sorts columns by name
	place := map[string]int{}
	for i, path := range schema.Columns() {
		place[path[0]] = i
	}
	for i, name := range names {
		order[place[name]] = i
	}
	out := parquet.NewWriter(w, schema)
	pending, held := make(parquet.Row, len(names)), 0
	err = c.rows(cases, ofCase, ofEvent, len(names), func(cells []string) error {
		for at, i := range order {
			v, err := cellOf(kinds[i], cells[i])
			if err != nil {
				return fmt.Errorf("column %s: %w", quote(names[i]), err)
			}
			present := 1
			if v.IsNull() {
				present = 0
			}
			pending[at] = v.Level(0, present, at)
		}
		if _, err := out.WriteRows([]parquet.Row{pending}); err != nil {
			return err
		}
		if held++; held < rowsInMemory {
			return nil
		}
		held = 0
		return out.Flush()
	})
	if err != nil {
		return err
	}
	return out.Close()
}

func nodeOf(k Kind) parquet.Node {
	switch k {
	case Int:
		return parquet.Leaf(parquet.Int64Type)
	case Float:
		return parquet.Leaf(parquet.DoubleType)
	case Bool:
		return parquet.Leaf(parquet.BooleanType)
	case Time:
		return parquet.Timestamp(parquet.Microsecond)
	}
	return parquet.String()
}

func cellOf(k Kind, text string) (parquet.Value, error) {
	if text == "" {
		return parquet.NullValue(), nil
	}
	switch k {
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return parquet.Int64Value(n), err
	case Float:
		f, err := strconv.ParseFloat(text, 64)
		return parquet.DoubleValue(f), err
	case Bool:
		b, err := strconv.ParseBool(text)
		return parquet.BooleanValue(b), err
	case Time:
		i, _, offset, err := calendar.ParseInstant(text)
		if err == nil && !offset {
			err = fmt.Errorf("%q has no offset", text)
		}
		return parquet.Int64Value(int64(i)), err
	}
	return parquet.ByteArrayValue([]byte(text)), nil
}
