package eventlog

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

// rowsOf reads a whole table: its columns, then each row with its line.
func rowsOf(name string, data []byte, t *Table, opt Options) ([]string, error) {
	rows, err := OpenRows(bytes.NewReader(data), name, t, opt)
	if err != nil {
		return nil, err
	}
	out := []string{strings.Join(rows.Columns(), "|")}
	for {
		values, line, err := rows.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, fmt.Sprint(line)+" "+strings.Join(values, "|"))
	}
}

// written writes a table in which every column is of one kind, with the library.
func written(t interface{ Fatal(...any) }, node parquet.Node, values []any, options ...parquet.WriterOption) []byte {
	schema := parquet.NewSchema("log", parquet.Group{"x": node})
	var b bytes.Buffer
	w := parquet.NewWriter(&b, append(options, schema)...)
	for _, v := range values {
		var x parquet.Value
		if v == nil {
			x = parquet.NullValue().Level(0, 0, 0)
		} else {
			def := 0
			if node.Optional() {
				def = 1
			}
			x = parquet.ValueOf(v).Level(0, def, 0)
		}
		if _, err := w.WriteRows([]parquet.Row{{x}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquetKinds(t *testing.T) {
	day := time.Date(2025, 3, 1, 9, 30, 0, 123456000, time.UTC)
	for _, tt := range []struct {
		name   string
		node   parquet.Node
		values []any
		want   string
	}{
		{"text", parquet.String(), []any{"开单", "", "a\"b"}, "开单,,a\"b"},
		{"enum", parquet.Enum(), []any{"A"}, "A"},
		{"bytes that are text", parquet.Leaf(parquet.ByteArrayType), []any{[]byte("old")}, "old"},
		{"boolean", parquet.Leaf(parquet.BooleanType), []any{true, false}, "true,false"},
		{"int32", parquet.Int(32), []any{int32(math.MinInt32), int32(7)}, "-2147483648,7"},
		{"uint32", parquet.Uint(32), []any{int32(-1)}, "4294967295"},
		{"int64", parquet.Int(64), []any{int64(math.MaxInt64)}, "9223372036854775807"},
		{"uint64", parquet.Uint(64), []any{int64(-1)}, "18446744073709551615"},
		{"float", parquet.Leaf(parquet.FloatType), []any{float32(0.1), float32(math.NaN())}, "0.1,"},
		{"double", parquet.Leaf(parquet.DoubleType), []any{50.0, 1e30, -0.25}, "50,1e+30,-0.25"},
		{"date", parquet.Date(), []any{int32(20148), int32(-1)}, "2025-03-01,1969-12-31"},
		{"time", parquet.Time(parquet.Millisecond), []any{int32(34200500)}, "09:30:00.5"},
		{"timestamp", parquet.Timestamp(parquet.Microsecond), []any{day.UnixMicro(), int64(-1)}, "2025-03-01T09:30:00.123456Z,1969-12-31T23:59:59.999999Z"},
		{"timestamp in nanoseconds", parquet.Timestamp(parquet.Nanosecond), []any{day.UnixNano()}, "2025-03-01T09:30:00.123456Z"},
		{"timestamp without zone", parquet.TimestampAdjusted(parquet.Millisecond, false), []any{day.UnixMilli()}, "2025-03-01T09:30:00.123"},
		{"decimal", parquet.Decimal(2, 9, parquet.Int32Type), []any{int32(-5), int32(12345)}, "-0.05,123.45"},
		{"decimal in bytes", parquet.Decimal(1, 9, parquet.FixedLenByteArrayType(4)), []any{[]byte{0xFF, 0xFF, 0xFF, 0xFF}, []byte{0, 0, 1, 0}}, "-0.1,25.6"},
		{"uuid", parquet.UUID(), []any{[]byte("0123456789abcdef")}, "30313233-3435-3637-3839-616263646566"},
		{"nothing", parquet.Optional(parquet.String()), []any{nil, "a", nil, nil, "b"}, ",a,,,b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rowsOf("a.parquet", written(t, tt.node, tt.values), &Table{}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var values []string
			for i, row := range got[1:] {
				values = append(values, strings.TrimPrefix(row, strconv.Itoa(i+1)+" "))
			}
			if diff := cmp.Diff(tt.want, strings.Join(values, ",")); diff != "" || got[0] != "x" {
				t.Error(got[0], diff)
			}
		})
	}
}

// What the library writes is read back, however it is encoded, packed and cut into pages and row groups.
func TestParquetIsReadHoweverItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type made struct {
			node      parquet.Node
			encodings []func(parquet.Node) parquet.Node
			value     *rapid.Generator[any]
		}
		encoded := func(e ...func(parquet.Node) parquet.Node) []func(parquet.Node) parquet.Node { return e }
		plain := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.Plain) }
		dict := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.RLEDictionary) }
		delta := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.DeltaBinaryPacked) }
		lengths := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.DeltaLengthByteArray) }
		prefixes := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.DeltaByteArray) }
		split := func(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.ByteStreamSplit) }
		text := rapid.Map(rapid.StringMatching(`[a-c]{0,6}[开单罚]{0,2}`), func(s string) any { return s })
		m := rapid.SampledFrom([]made{
			{parquet.String(), encoded(plain, dict, lengths, prefixes), text},
			{parquet.Int(64), encoded(plain, dict, delta), rapid.Map(rapid.Int64(), func(n int64) any { return n })},
			{parquet.Int(32), encoded(plain, dict, delta), rapid.Map(rapid.Int32Range(-3, 1000), func(n int32) any { return n })},
			{parquet.Leaf(parquet.DoubleType), encoded(plain, dict, split), rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f })},
			{parquet.Leaf(parquet.BooleanType), encoded(plain), rapid.Map(rapid.Bool(), func(b bool) any { return b })},
		}).Draw(t, "kind")
		node := rapid.SampledFrom(m.encodings).Draw(t, "encoding")(m.node)
		if rapid.Bool().Draw(t, "optional") {
			node = parquet.Optional(node)
			inner := m.value
			m.value = rapid.Custom(func(t *rapid.T) any {
				if rapid.IntRange(0, 3).Draw(t, "null") == 0 {
					return nil
				}
				return inner.Draw(t, "value")
			})
		}
		values := rapid.SliceOfN(m.value, 1, 400).Draw(t, "values")
		data := written(t, node, values,
			parquet.Compression(rapid.SampledFrom([]compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Brotli, &parquet.Lz4Raw}).Draw(t, "codec")),
			parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version")),
			parquet.PageBufferSize(rapid.SampledFrom([]int{64, 1 << 20}).Draw(t, "page")),
			parquet.MaxRowsPerRowGroup(int64(rapid.SampledFrom([]int{30, 1 << 20}).Draw(t, "group"))))
		got, err := rowsOf("a.parquet", data, &Table{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"x"}
		for i, v := range values {
			s := ""
			if f, ok := v.(float64); ok {
				s = string(floatText(nil, f, 64))
			} else if v != nil {
				s = fmt.Sprint(v)
			}
			want = append(want, fmt.Sprint(i+1, " ", s))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func parquetFine(t testing.TB) []byte {
	type row struct {
		ID     string  `parquet:"id,dict"`
		What   string  `parquet:"what"`
		When   int64   `parquet:"when,timestamp(microsecond)"`
		Amount float64 `parquet:"amount,optional"`
		List   []int64 `parquet:"list"`
		Person struct {
			Name string `parquet:"name,optional"`
		} `parquet:"person"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd))
	rows := make([]row, 3)
	for i := range rows {
		rows[i] = row{ID: "F1", What: []string{"Create Fine", "Send Fine", "Payment"}[i], When: time.Date(2010, 9, 1+i, 8, 0, 0, 0, time.UTC).UnixMicro(), Amount: 50.5, List: []int64{1, 2}}
		rows[i].Person.Name = "P" + strconv.Itoa(i)
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquetAsALog(t *testing.T) {
	m := &Mapping{Case: "id", Act: "what", Time: "when", Person: "person.name"}
	cases, stats, err := whole(parquetFine(t), "fines.parquet", Options{Map: m})
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 1 || len(cases[0].Events) != 3 || stats.Format != "parquet" {
		t.Fatalf("%+v %+v", cases, stats)
	}
	e := cases[0].Events[1]
	if fmt.Sprint(e.Time, " ", e.Act, " ", e.Person, e.Data, e.Record) != "2010-09-02T08:00:00Z Send Fine P1[{amount 50.5 string}] 2" {
		t.Error(e)
	}
}

// changed gives a Parquet with its footer changed.
func changed(t *testing.T, data []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	body, footer := data[:len(data)-8-n], data[len(data)-8-n:len(data)-8]
	var meta format.FileMetaData
	protocol := &thrift.CompactProtocol{}
	if err := thrift.Unmarshal(protocol, footer, &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(protocol, &meta)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(body), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

// onePage makes a Parquet of one column of text with one data page as given.
func onePage(t *testing.T, rows int64, codec format.CompressionCodec, header *format.PageHeader, page []byte, def bool) []byte {
	t.Helper()
	protocol := &thrift.CompactProtocol{}
	head, err := thrift.Marshal(protocol, header)
	if err != nil {
		t.Fatal(err)
	}
	out := append(append([]byte("PAR1"), head...), page...)
	repetition := format.Required
	if def {
		repetition = format.Optional
	}
	footer, err := thrift.Marshal(protocol, &format.FileMetaData{
		Version: 1, NumRows: rows,
		Schema: []format.SchemaElement{{Name: "log", NumChildren: thrift.New(int32(1))},
			{Name: "x", Type: thrift.New(format.ByteArray), RepetitionType: thrift.New(repetition), LogicalType: format.LogicalType{Value: &format.StringType{}}}},
		RowGroups: []format.RowGroup{{NumRows: rows, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: format.ByteArray, Codec: codec, NumValues: rows, PathInSchema: []string{"x"}, Encoding: []format.Encoding{format.Plain},
			TotalCompressedSize: int64(len(head) + len(page)), TotalUncompressedSize: int64(len(head) + len(page)), DataPageOffset: 4}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func TestBadParquet(t *testing.T) {
	good := parquetFine(t)
	v1 := func(n int32, e format.Encoding) thrift.Null[format.DataPageHeader] {
		return thrift.New(format.DataPageHeader{NumValues: n, Encoding: e, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})
	}
	page := func(packed, whole int32, h thrift.Null[format.DataPageHeader]) *format.PageHeader {
		return &format.PageHeader{Type: format.DataPage, CompressedPageSize: packed, UncompressedPageSize: whole, DataPageHeader: h}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.WriteString(z, strings.Repeat("\x00", 1<<20)) // into memory
	_ = z.Close()
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", good[:len(good)-5], "does not end as one does"},
		{"only its mark", []byte("PAR1"), "ends too soon"},
		{"a footer longer than the file", append(bytes.Clone(good[:len(good)-8]), "\xFF\xFF\xFF\x7FPAR1"...), "the footer is said to have 2147483647 bytes"},
		{"an encrypted one", append(bytes.Clone(good[:len(good)-4]), "PARE"...), "encrypted"},
		{"a list of a thousand million", append([]byte("PAR1\x15\x02\x29\xFC\xFF\xFF\xFF\xFF\x03"), "\x07\x00\x00\x00PAR1"...), "the footer is damaged, or absurdly large"},
		{"a column beyond the end", changed(t, good, func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.TotalCompressedSize = 1 << 40 }), "are not within the file"},
		{"a column before the beginning", changed(t, good, func(m *format.FileMetaData) { m.RowGroups[0].Columns[1].MetaData.DataPageOffset = -1 }), "are not within the file"},
		{"more rows than values", changed(t, good, func(m *format.FileMetaData) { m.RowGroups[0].NumRows = 1 << 60 }), "ends before its rows do"},
		{"fewer columns than the schema", changed(t, good, func(m *format.FileMetaData) { m.RowGroups[0].Columns = m.RowGroups[0].Columns[:2] }), "row group 1 has 2 columns"},
		{"a schema that does not end", changed(t, good, func(m *format.FileMetaData) { m.Schema[0].NumChildren.V = 1000 }), "does not fit together"},
		{"data elsewhere", changed(t, good, func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "/etc/passwd" }), "in another file"},
		{"a page that claims 2 GB", onePage(t, 1, format.Snappy, page(5, math.MaxInt32, v1(1, format.Plain)), []byte("\xFF\xFF\xFF\xFF\x07"), false), "unpacked 2147483647; the most is 128 MiB"},
		{"a page longer than its column", onePage(t, 1, format.Snappy, page(500, 5, v1(1, format.Plain)), []byte("hello"), false), "with 5 left in the column"},
		{"a page that unpacks to more", onePage(t, 1, format.Gzip, page(int32(bomb.Len()), 100, v1(1, format.Plain)), bomb.Bytes(), false), "cannot be unpacked to the 100 bytes it promises"},
		{"lz4 that is none", onePage(t, 1, format.Lz4Raw, page(5, 100, v1(1, format.Plain)), []byte("\xFFabcd"), false), "cannot be unpacked to the 100 bytes"},
		{"an old lz4", onePage(t, 1, format.Lz4, page(5, 100, v1(1, format.Plain)), []byte("\xFFabcd"), false), "packed as LZ4"},
		{"a value longer than its page", onePage(t, 1, format.Uncompressed, page(5, 5, v1(1, format.Plain)), []byte("\xFF\xFF\xFF\x7Fa"), false), "its values end too soon"},
		{"no dictionary", onePage(t, 1, format.Uncompressed, page(3, 3, v1(1, format.RLEDictionary)), []byte("\x01\x02\x00"), false), "encoded as RLE_DICTIONARY, are damaged"},
		{"lengths that claim 2 billion", onePage(t, 1, format.Uncompressed, page(8, 8, v1(1, format.DeltaLengthByteArray)), []byte("\x80\x01\x04\xFF\xFF\xFF\xFF\x07"), false), "are damaged"},
		{"not text", onePage(t, 1, format.Uncompressed, page(6, 6, v1(1, format.Plain)), []byte("\x02\x00\x00\x00\xFF\xFE"), false), "a.parquet:1: column \"x\", row group 1, page 1: byte 0xff is not valid UTF-8"},
		{"levels longer than the page", onePage(t, 1, format.Uncompressed, page(5, 5, v1(1, format.Plain)), []byte("\xFF\x00\x00\x00\x02"), true), "its levels are damaged"},
		{"a checksum", onePage(t, 1, format.Uncompressed, &format.PageHeader{Type: format.DataPage, CompressedPageSize: 5, UncompressedPageSize: 5, CRC: 5, DataPageHeader: v1(1, format.Plain)}, []byte("\x01\x00\x00\x00a"), false), "the checksum does not match"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := rowsOf("a.parquet", tt.data, &Table{}, Options{})
			runtime.ReadMemStats(&after)
			var bad *Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

// A run of a thousand million nulls takes four bytes of the file, and must not take more of the memory.
func TestParquetRunsTakeNoMemory(t *testing.T) {
	const n = 1 << 30
	levels := binary.AppendUvarint(nil, n<<1)
	levels = append(levels, 0)
	body := append(binary.LittleEndian.AppendUint32(nil, uint32(len(levels))), levels...)
	data := onePage(t, n, format.Uncompressed, &format.PageHeader{Type: format.DataPage, CompressedPageSize: int32(len(body)), UncompressedPageSize: int32(len(body)),
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: n, Encoding: format.Plain, DefinitionLevelEncoding: format.RLE})}, body, true)
	rows, err := OpenRows(bytes.NewReader(data), "a.parquet", &Table{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range 1 << 20 {
		if v, line, err := rows.Next(); err != nil || v[0] != "" || line != int64(i)+1 {
			t.Fatal(v, line, err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}

// FuzzParquet lets the reader loose on files that were changed: it answers with rows or an *Error, in bounded memory.
func FuzzParquet(f *testing.F) {
	good := parquetFine(f)
	f.Add(good)
	f.Add(written(f, parquet.Optional(parquet.Encoded(parquet.String(), &parquet.DeltaByteArray)), []any{"a", nil, "ab"}, parquet.DataPageVersion(1)))
	f.Add(written(f, parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked), []any{int64(1), int64(1 << 40)}, parquet.DataPageVersion(2)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("PAR1")) {
			return
		}
		rows, err := OpenRows(bytes.NewReader(data), "a.parquet", &Table{}, Options{MaxHeld: 32 << 20, MaxValue: 1 << 20})
		for n := 0; err == nil && n < 10_000; n++ {
			_, _, err = rows.Next()
		}
		var bad *Error
		if err != nil && err != io.EOF && !errors.As(err, &bad) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x00\x1b\n") {
			t.Fatalf("a message a terminal would obey: %q", err)
		}
	})
}

// What we write as Parquet is read back without a mapping.
func TestWrittenParquetReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cases []Case
		seen := map[string]bool{}
		strip := func(data []Field) (kept []Field) {
			for _, f := range data {
				if f.Kind = String; f.Value != "" {
					kept = append(kept, f)
				}
			}
			slices.SortFunc(kept, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
			return kept
		}
		for _, c := range anyCases().Draw(t, "cases") {
			if c.ID = strings.TrimSpace(c.ID); seen[c.ID] || len(c.Events) == 0 {
				continue
			}
			seen[c.ID] = true
			c.Data = strip(c.Data)
			for i := range c.Events {
				c.Events[i].Data = strip(c.Events[i].Data)
			}
			cases = append(cases, c)
		}
		if len(cases) == 0 {
			return
		}
		var columns Columns
		for i := range cases {
			columns.Add(&cases[i])
		}
		var b bytes.Buffer
		if err := WriteParquet(&b, &columns, slices.Values(cases)); err != nil {
			return // two columns of one name, say
		}
		got, _, err := whole(b.Bytes(), "w.parquet", Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Data = strip(got[i].Data)
			for k := range got[i].Events {
				got[i].Events[k].Data = strip(got[i].Events[k].Data)
			}
		}
		if diff := cmp.Diff(cases, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Case{}, "Record", "Repeated"), cmpopts.IgnoreFields(Event{}, "Record", "Precision")); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
	})
}
