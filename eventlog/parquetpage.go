package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

const (
	maxPage       = 128 << 20 // bytes of one page, unpacked or not
	maxPageHeader = 64 << 10
)

// parquetColumn reads one column of a row group after the other.
type parquetColumn struct {
	rows     *parquetRows
	name     string
	leaf     int // which of the schema's it is
	maxDef   int
	kind     format.Type
	size     int // of a fixed value
	text     textWriter
	maxValue int

	in      *bufio.Reader
	left    int64 // bytes of the chunk not read yet
	codec   format.CompressionCodec
	page    int // ordinal in the chunk
	raw     []byte
	data    []byte
	buffers int // bytes counted for both

	dict     []string
	dictHeld int
	levels   hybrid
	nulls    bool // there are levels
	values   int  // left in the page, nulls included
	decode   func() (rawValue, bool)
	index    *hybrid
	scratch  []byte
}

func (c *parquetColumn) fail(what, hint string) *Error {
	return c.rows.fail("column "+quote(c.name)+", row group "+fmt.Sprint(c.rows.group)+", page "+fmt.Sprint(c.page)+": "+what, hint)
}

func (c *parquetColumn) begin(m *format.ColumnMetaData) {
	from, _ := chunkStart(m)
	section := io.NewSectionReader(c.rows.file, from, m.TotalCompressedSize)
	if c.in == nil {
		c.in = bufio.NewReaderSize(section, 4096)
	} else {
		c.in.Reset(section)
	}
	c.left, c.codec, c.page, c.values = m.TotalCompressedSize, m.Codec, 0, 0
	c.rows.budget.held -= int64(c.dictHeld)
	c.dict, c.dictHeld = nil, 0
}

// next gives the next value as text, "" for none. The text holds until the next call.
func (c *parquetColumn) next() (string, error) {
	for c.values == 0 {
		if err := c.nextPage(); err != nil {
			return "", err
		}
	}
	c.values--
	if c.nulls {
		level, ok := c.levels.next()
		if !ok || int(level) > c.maxDef {
			return "", c.fail("its levels are damaged", damaged)
		}
		if int(level) < c.maxDef {
			return "", nil
		}
	}
	if c.index != nil {
		k, ok := c.index.next()
		if !ok || int64(k) >= int64(len(c.dict)) {
			return "", c.fail("a value that is not in its dictionary", damaged)
		}
		return c.dict[k], nil
	}
	v, ok := c.decode()
	if !ok {
		return "", c.fail("its values end too soon or are damaged", damaged)
	}
	text, bad := c.written(c.scratch[:0], v)
	if bad != nil {
		return "", bad
	}
	c.scratch = text
	return str(text), nil
}

func (c *parquetColumn) written(dst []byte, v rawValue) ([]byte, error) {
	if len(v.b) > c.maxValue {
		return nil, c.fail("a value of more than "+bytesOf(c.maxValue), "")
	}
	from := len(dst)
	dst, ok := c.text(dst, v)
	if !ok {
		return nil, c.fail("a time out of range", "years 0001 to 9999 are read")
	}
	if v.b != nil {
		if bad := checkText(dst[from:]); bad != nil {
			return nil, c.fail(bad.What, "the column does not hold text")
		}
	}
	return dst, nil
}

// nextPage reads a page and makes ready for its values; a dictionary has none.
func (c *parquetColumn) nextPage() error {
	c.page++
	if c.left == 0 {
		return c.fail("the column ends before its rows do", damaged)
	}
	h, err := c.header()
	if err != nil {
		return err
	}
	packed, whole := int(h.CompressedPageSize), int(h.UncompressedPageSize)
	switch {
	case packed < 0 || whole < 0 || int64(packed) > c.left:
		return c.fail(fmt.Sprintf("a page of %d bytes, unpacked %d, with %d left in the column", packed, whole, c.left), damaged)
	case packed > maxPage || whole > maxPage:
		return c.fail(fmt.Sprintf("a page of %d bytes, unpacked %d; the most is %s", packed, whole, bytesOf(maxPage)), "write the table with smaller pages")
	}
	if need := max(packed, cap(c.raw)) + max(whole, cap(c.data)); need > c.buffers {
		if !c.rows.budget.take(need - c.buffers) {
			return c.fail("pages and dictionaries take more than "+bytesOf(int(c.rows.budget.most))+" of memory", "write the table with fewer columns, or smaller pages")
		}
		c.buffers = need
	}
	c.raw = sized(c.raw, packed)
	if _, err := io.ReadFull(c.in, c.raw); err != nil {
		return c.broken(err)
	}
	c.left -= int64(packed)
	if h.CRC != 0 && crc32.ChecksumIEEE(c.raw) != uint32(h.CRC) {
		return c.fail("the checksum does not match", damaged)
	}
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		if c.dict != nil {
			return c.fail("a second dictionary", damaged)
		}
		if err := c.unpack(c.raw, whole); err != nil {
			return err
		}
		return c.dictionary(int(h.DictionaryPageHeader.V.NumValues))
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		p := &h.DataPageHeader.V
		if err := c.unpack(c.raw, whole); err != nil {
			return err
		}
		data := c.data
		if c.nulls = c.maxDef > 0; c.nulls {
			width := bitsFor(c.maxDef)
			if p.DefinitionLevelEncoding == format.BitPacked || len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
				return c.fail("its levels are damaged, or of an old kind", damaged)
			}
			n := 4 + int(binary.LittleEndian.Uint32(data))
			c.levels = hybrid{b: data[4:n], width: width}
			data = data[n:]
		}
		return c.start(int(p.NumValues), p.Encoding, data)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		p := &h.DataPageHeaderV2.V
		reps, defs := int64(p.RepetitionLevelsByteLength), int64(p.DefinitionLevelsByteLength)
		if reps < 0 || defs < 0 || reps+defs > int64(packed) || reps+defs > int64(whole) {
			return c.fail("its levels are damaged", damaged)
		}
		n := int(reps + defs)
		if c.nulls = c.maxDef > 0; c.nulls {
			c.levels = hybrid{b: c.raw[reps:n], width: bitsFor(c.maxDef)}
		}
		data := c.raw[n:]
		if !p.IsCompressed.Valid || p.IsCompressed.V {
			if err := c.unpack(data, whole-n); err != nil {
				return err
			}
			data = c.data
		}
		return c.start(int(p.NumValues), p.Encoding, data)
	case h.Type == format.IndexPage:
		return nil
	}
	return c.fail("a page of an unknown kind", damaged)
}

func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

func bitsFor(most int) int {
	n := 0
	for ; most > 0; most >>= 1 {
		n++
	}
	return n
}

func (c *parquetColumn) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c.fail("it ends too soon", damaged)
	}
	return fmt.Errorf("%s: %w", c.rows.name, err)
}

// header reads a page's header, of which the file says nowhere how long it is.
func (c *parquetColumn) header() (*format.PageHeader, error) {
	var h format.PageHeader
	for want := 512; ; want *= 8 {
		if want > c.in.Size() {
			c.in = bufio.NewReaderSize(c.in, want)
		}
		b, err := c.in.Peek(int(min(int64(want), c.left)))
		if err != nil && err != io.EOF {
			return nil, c.broken(err)
		}
		items := 0
		if end, ok := thriftEnd(b, maxParquetDepth, &items, 1000); ok {
			if err := c.rows.protected(func() error {
				return thrift.NewDecoder((&thrift.CompactProtocol{}).NewReaderFromBytes(b[:end])).Decode(&h)
			}); err != nil {
				return nil, c.fail("the page's header cannot be read: "+err.Error(), damaged)
			}
			_, _ = c.in.Discard(end) // it was peeked at
			c.left -= int64(end)
			return &h, nil
		}
		if want >= maxPageHeader || int64(want) >= c.left {
			return nil, c.fail("the page's header is damaged", damaged)
		}
	}
}

// unpack fills data with exactly as many bytes as the header promises.
func (c *parquetColumn) unpack(raw []byte, whole int) error {
	var in io.Reader
	if len(raw) == 0 && whole == 0 {
		c.data = c.data[:0] // nothing but nulls
		return nil
	}
	bad := c.fail("it cannot be unpacked to the "+fmt.Sprint(whole)+" bytes it promises", damaged)
	switch c.codec {
	case format.Uncompressed:
		if len(raw) != whole {
			return bad
		}
		c.data = append(sized(c.data, whole)[:0], raw...)
		return nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(raw); err != nil || n != whole {
			return bad
		}
		c.data = sized(c.data, whole)
		if out, err := snappy.Decode(c.data, raw); err != nil || len(out) != whole {
			return bad
		}
		return nil
	case format.Lz4Raw:
		c.data = sized(c.data, whole)
		if n, err := lz4.UncompressBlock(raw, c.data); whole > 0 && (err != nil || n != whole) {
			return bad
		}
		return nil
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return bad
		}
		in = z
	case format.Brotli:
		in = brotli.NewReader(bytes.NewReader(raw))
	case format.Zstd:
		z := c.rows.zstd
		if z == nil {
			z, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxPage)) // the options are sound
			c.rows.zstd = z
		}
		if z.Reset(bytes.NewReader(raw)) != nil {
			return bad
		}
		in = z
	default:
		return c.fail("it is packed as "+c.codec.String(), "write the table with snappy, gzip, zstd, brotli or lz4_raw, or unpacked")
	}
	c.data = sized(c.data, whole)
	if _, err := io.ReadFull(in, c.data); err != nil {
		return bad
	}
	var more [1]byte
	if n, _ := in.Read(more[:]); n > 0 {
		return bad
	}
	return nil
}

// dictionary writes every value of the dictionary as text.
func (c *parquetColumn) dictionary(n int) error {
	decode, ok := c.plain(c.data)
	if n < 0 || n > maxPage || !ok {
		return c.fail("a dictionary of "+fmt.Sprint(n)+" values", damaged)
	}
	c.dict = []string{}
	var texts []byte
	var ends []int
	for range n {
		v, ok := decode()
		if !ok {
			return c.fail("its dictionary ends too soon", damaged)
		}
		var err error
		before := len(texts)
		if texts, err = c.written(texts, v); err != nil {
			return err
		}
		ends = append(ends, len(texts))
		cost := 3*(len(texts)-before) + 40 // as slices grow
		c.dictHeld += cost
		if !c.rows.budget.take(cost) {
			return c.fail("pages and dictionaries take more than "+bytesOf(int(c.rows.budget.most))+" of memory", "write the table with fewer columns, or smaller dictionaries")
		}
	}
	c.dict = make([]string, n)
	from := 0
	for i, end := range ends {
		c.dict[i] = str(texts[from:end])
		from = end
	}
	return nil
}
