package eventlog

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// parquetRows reads a Parquet row by row, one page of each column at a time. Footer and page headers are read by parquet-go;
// pages are unpacked and decoded here (parquetpage.go, parquetdecode.go, parquetvalue.go), for the library takes the counts and lengths in a
// file at their word: see docs/decisions/0020.
//
// Columns within lists and maps are passed over; those within a struct are called struct.column. What is held is a page and
// a dictionary for each column, together at most Options.MaxHeld.
type parquetRows struct {
	name    string
	file    io.ReaderAt
	size    int64
	meta    format.FileMetaData
	columns []*parquetColumn
	names   []string
	values  []string
	budget  budget
	zstd    *zstd.Decoder

	group int   // the next row group
	left  int64 // rows of the one being read
	row   int64 // so many were read
}

// budget counts bytes held against a bound.
type budget struct{ held, most int64 }

func (b *budget) take(n int) bool {
	b.held += int64(n)
	return b.held <= b.most
}

const (
	maxParquetColumns = 10_000
	maxParquetDepth   = 32  // of structures in the footer, and of the schema
	footerItemSize    = 700 // bytes that a structure of the footer takes, at most
)

func openParquet(s *source, opt Options) (*parquetRows, error) {
	at, size, err := s.random()
	if err != nil {
		return nil, err
	}
	r := &parquetRows{name: s.name, file: at, size: size, budget: budget{most: opt.MaxHeld}}
	s.bytes = size
	footer, err := r.footer()
	if err != nil {
		return nil, err
	}
	items := 0
	if _, ok := thriftEnd(footer, maxParquetDepth, &items, int(opt.MaxHeld/footerItemSize)); !ok {
		return nil, r.fail("the footer is damaged, or absurdly large", "")
	}
	if err := r.protected(func() error {
		return thrift.NewDecoder((&thrift.CompactProtocol{}).NewReaderFromBytes(footer)).Decode(&r.meta)
	}); err != nil {
		return nil, r.fail("the footer cannot be read: "+err.Error(), damaged)
	}
	if err := r.schema(opt.MaxValue); err != nil {
		return nil, err
	}
	r.values = make([]string, len(r.columns))
	return r, nil
}

const damaged = "the file is damaged: fetch it again"

func (r *parquetRows) fail(what, hint string) *Error {
	return &Error{Name: r.name, Line: int(r.row), What: what, Hint: hint}
}

// protected runs code of the library, which panics on some of what it is given.
func (r *parquetRows) protected(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return do()
}

func (r *parquetRows) footer() ([]byte, error) {
	const marks = 12 // PAR1 at the beginning, the footer's length and PAR1 at the end
	var end [8]byte
	if r.size < marks {
		return nil, r.fail("the Parquet ends too soon", "the file is incomplete: fetch it again")
	}
	if _, err := r.file.ReadAt(end[:], r.size-8); err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	switch n := int64(binary.LittleEndian.Uint32(end[:])); {
	case string(end[4:]) == "PARE":
		return nil, r.fail("the Parquet file is encrypted", "decrypt it first")
	case string(end[4:]) != "PAR1":
		return nil, r.fail("the Parquet does not end as one does", "the file is incomplete: fetch it again")
	case n > r.size-marks:
		return nil, r.fail(fmt.Sprintf("the footer is said to have %d bytes, the file has %d", n, r.size), damaged)
	case !r.budget.take(int(n)):
		return nil, r.fail(fmt.Sprintf("a footer of %d bytes", n), "is it a table?")
	default:
		footer := make([]byte, n)
		if _, err := r.file.ReadAt(footer, r.size-8-n); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		return footer, nil
	}
}

// schema finds the columns that can be told as text.
func (r *parquetRows) schema(maxValue int) error {
	all := r.meta.Schema
	if len(all) == 0 || len(all) > maxParquetColumns {
		return r.fail(fmt.Sprintf("a schema of %d elements", len(all)), "is it a table?")
	}
	at, leaf := 1, 0
	names := map[string]bool{}
	var walk func(children int32, path []string, def int, repeated bool) bool
	walk = func(children int32, path []string, def int, repeated bool) bool {
		for ; children > 0; children-- {
			if at == len(all) || len(path) == maxParquetDepth {
				return false
			}
			e := &all[at]
			at++
			path, def, repeated := append(path[:len(path):len(path)], e.Name), def, repeated
			switch e.RepetitionType.V {
			case format.Optional:
				def++
			case format.Repeated:
				repeated = true
			}
			if e.NumChildren.V > 0 {
				if !walk(e.NumChildren.V, path, def, repeated) {
					return false
				}
				continue
			}
			c := &parquetColumn{rows: r, name: strings.Join(path, "."), leaf: leaf, maxDef: def, kind: e.Type.V, size: int(e.TypeLength.V), maxValue: maxValue}
			leaf++
			if c.text = textOf(e); c.text != nil && !repeated && !names[c.name] && c.name != "" {
				names[c.name] = true
				r.columns = append(r.columns, c)
				r.names = append(r.names, c.name)
			}
		}
		return true
	}
	if !walk(all[0].NumChildren.V, nil, 0, false) || at != len(all) {
		return r.fail("the schema does not fit together", damaged)
	}
	if len(r.columns) == 0 {
		return r.fail("no columns that can be read", "lists, maps and bare bytes are not")
	}
	if !r.budget.take(len(r.columns) * 4096) {
		return r.fail(fmt.Sprintf("%d columns take too much memory", len(r.columns)), "")
	}
	for g := range r.meta.RowGroups {
		group := &r.meta.RowGroups[g]
		if len(group.Columns) != leaf || group.NumRows < 0 {
			return r.fail(fmt.Sprintf("row group %d has %d columns and %d rows, the schema has %d columns", g+1, len(group.Columns), group.NumRows, leaf), damaged)
		}
		for _, c := range r.columns {
			if err := r.chunkSound(g, c, &group.Columns[c.leaf]); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunkSound looks whether a column of a row group lies within the file.
func (r *parquetRows) chunkSound(g int, c *parquetColumn, chunk *format.ColumnChunk) error {
	m := &chunk.MetaData
	from, _ := chunkStart(m)
	fail := func(what string) error {
		return r.fail(fmt.Sprintf("column %s in row group %d: %s", quote(c.name), g+1, what), damaged)
	}
	switch {
	case chunk.FilePath != "":
		return fail("its data are in another file")
	case len(chunk.EncryptedColumnMetadata) > 0 || chunk.CryptoMetadata.Value != nil:
		return &Error{Name: r.name, What: "column " + quote(c.name) + " is encrypted", Hint: "decrypt the file first"}
	case m.Type != c.kind:
		return fail("its type is not the schema's")
	case from < 4 || m.TotalCompressedSize < 0 || from > r.size-8 || m.TotalCompressedSize > r.size-8-from:
		return fail(fmt.Sprintf("%d bytes at %d are not within the file of %d", m.TotalCompressedSize, from, r.size))
	case m.DictionaryPageOffset != 0 && m.DictionaryPageOffset >= m.DataPageOffset:
		return fail("its dictionary stands behind its data")
	}
	return nil
}

func chunkStart(m *format.ColumnMetaData) (from int64, dictionary bool) {
	if m.DictionaryPageOffset != 0 {
		return m.DictionaryPageOffset, true
	}
	return m.DataPageOffset, false
}

func (r *parquetRows) Columns() []string { return r.names }

func (r *parquetRows) Next() ([]string, int64, error) {
	for r.left == 0 {
		if r.group == len(r.meta.RowGroups) {
			return nil, 0, io.EOF
		}
		group := &r.meta.RowGroups[r.group]
		for _, c := range r.columns {
			c.begin(&group.Columns[c.leaf].MetaData)
		}
		r.left = group.NumRows
		r.group++
	}
	r.left--
	r.row++
	for i, c := range r.columns {
		v, err := c.next()
		if err != nil {
			return nil, 0, err
		}
		r.values[i] = v
	}
	return r.values, r.row, nil
}

// thriftEnd gives the end of a structure in thrift's compact form; false when it is damaged, nested too deep or has more
// than most structures and elements. The library makes room for as many elements as a list is said to have, so this comes first.
func thriftEnd(b []byte, depth int, items *int, most int) (end int, ok bool) {
	var value func(kind byte, at, depth int) int // -1 when damaged
	length := func(at int) (n, next int) {
		u, k := binary.Uvarint(b[min(at, len(b)):])
		if k <= 0 || u > uint64(len(b)) {
			return 0, -1
		}
		return int(u), at + k
	}
	value = func(kind byte, at, depth int) int {
		if at < 0 || at > len(b) || depth == 0 {
			return -1
		}
		switch kind {
		case 1, 2: // as an element; as a field the kind is the value
			return at + 1
		case 3:
			return at + 1
		case 4, 5, 6:
			_, k := binary.Uvarint(b[at:])
			if k <= 0 {
				return -1
			}
			return at + k
		case 7:
			return at + 8
		case 8:
			n, next := length(at)
			if next < 0 {
				return -1
			}
			return next + n
		case 9, 10:
			if at == len(b) {
				return -1
			}
			n, elem := int(b[at]>>4), b[at]&15
			at++
			if n == 15 {
				if n, at = length(at); at < 0 {
					return -1
				}
			}
			for ; n > 0 && at >= 0; n-- {
				if *items++; *items > most {
					return -1
				}
				at = value(elem, at, depth-1)
			}
			return at
		case 11:
			n, next := length(at)
			if next < 0 || n == 0 || next >= len(b) {
				return next
			}
			kinds := b[next]
			for at = next + 1; n > 0 && at >= 0; n-- {
				if *items++; *items > most {
					return -1
				}
				at = value(kinds&15, value(kinds>>4, at, depth-1), depth-1)
			}
			return at
		case 12:
			if *items++; *items > most {
				return -1
			}
			for at < len(b) {
				head := b[at]
				at++
				if head == 0 {
					return at
				}
				if head>>4 == 0 {
					_, k := binary.Uvarint(b[at:])
					if k <= 0 {
						return -1
					}
					at += k
				}
				if kind := head & 15; kind != 1 && kind != 2 {
					if at = value(kind, at, depth-1); at < 0 {
						return -1
					}
				}
			}
			return -1
		}
		return -1
	}
	end = value(12, 0, depth)
	return end, end >= 0 && end <= len(b)
}

// logical gives the annotation of a column; the older form stands in where the newer is missing.
func logical(e *format.SchemaElement) any {
	if v := e.LogicalType.Value; v != nil {
		return v
	}
	if !e.ConvertedType.Valid {
		return nil
	}
	unit := func(u format.TimeUnitValue) format.TimeUnit { return format.TimeUnit{Value: u} }
	switch e.ConvertedType.V {
	case deprecated.UTF8, deprecated.Json, deprecated.Enum:
		return &format.StringType{}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Date:
		return &format.DateType{}
	case deprecated.TimeMillis:
		return &format.TimeType{Unit: unit(&format.MilliSeconds{})}
	case deprecated.TimeMicros:
		return &format.TimeType{Unit: unit(&format.MicroSeconds{})}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: unit(&format.MilliSeconds{})}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: unit(&format.MicroSeconds{})}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{}
	case deprecated.Bson, deprecated.Interval:
		return &format.BsonType{}
	}
	return nil
}
