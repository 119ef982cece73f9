package eventlog

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// start makes ready to read the values of a page.
func (c *parquetColumn) start(n int, encoding format.Encoding, data []byte) error {
	if n < 0 {
		return c.fail("a page of "+fmt.Sprint(n)+" values", damaged)
	}
	c.values, c.index, c.decode = n, nil, nil
	ok := true
	switch encoding {
	case format.Plain:
		c.decode, ok = c.plain(data)
	case format.RLEDictionary, format.PlainDictionary: //nolint:staticcheck // older programs still write it
		if len(data) == 0 {
			data = []byte{0} // no values but nulls
		}
		if ok = c.dict != nil && data[0] <= 32; ok {
			c.index = &hybrid{b: data[1:], width: int(data[0])}
		}
	case format.RLE:
		if ok = c.kind == format.Boolean && len(data) >= 4; ok {
			h := &hybrid{b: data[4:], width: 1}
			c.decode = func() (rawValue, bool) { v, ok := h.next(); return rawValue{n: int64(v)}, ok }
		}
	case format.DeltaBinaryPacked:
		var d *deltas
		if len(data) == 0 {
			c.decode = noValues
			break
		}
		if d, ok = newDeltas(data); ok {
			ok = c.kind == format.Int32 || c.kind == format.Int64
			c.decode = func() (rawValue, bool) {
				v, ok := d.next()
				if c.kind == format.Int32 {
					v = int64(int32(v))
				}
				return rawValue{n: v}, ok
			}
		}
	case format.DeltaLengthByteArray:
		c.decode, ok = c.deltaLengths(data)
	case format.DeltaByteArray:
		c.decode, ok = c.deltaBytes(data)
	case format.ByteStreamSplit:
		c.decode, ok = c.streams(data)
	default:
		return c.fail("values encoded as "+encoding.String(), "write the table with the usual encodings")
	}
	if !ok {
		return c.fail("its values, encoded as "+encoding.String()+", are damaged", damaged)
	}
	return nil
}

func noValues() (rawValue, bool) { return rawValue{}, false }

// width is the bytes of a value; 0 where it varies, -1 where there is none.
func (c *parquetColumn) width() int {
	switch c.kind {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		if c.size > 0 && c.size <= c.maxValue {
			return c.size
		}
		return -1
	}
	return 0
}

// fixed reads a value of fixed width.
func (c *parquetColumn) fixed(b []byte) rawValue {
	switch c.kind {
	case format.Int32:
		return rawValue{n: int64(int32(binary.LittleEndian.Uint32(b)))}
	case format.Float:
		return rawValue{n: int64(binary.LittleEndian.Uint32(b))}
	case format.Int64, format.Double:
		return rawValue{n: int64(binary.LittleEndian.Uint64(b))}
	}
	return rawValue{b: b}
}

func (c *parquetColumn) plain(b []byte) (func() (rawValue, bool), bool) {
	width := c.width()
	at := 0
	switch {
	case width < 0:
		return nil, false
	case width > 0:
		return func() (rawValue, bool) {
			if len(b) < width {
				return rawValue{}, false
			}
			v := c.fixed(b[:width])
			b = b[width:]
			return v, true
		}, true
	case c.kind == format.Boolean:
		return func() (rawValue, bool) {
			if at/8 >= len(b) {
				return rawValue{}, false
			}
			v := rawValue{n: int64(b[at/8] >> (at % 8) & 1)}
			at++
			return v, true
		}, true
	}
	return func() (rawValue, bool) {
		if len(b) < 4 {
			return rawValue{}, false
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n > int64(len(b)-4) {
			return rawValue{}, false
		}
		v := rawValue{b: b[4 : 4+n]}
		b = b[4+n:]
		return v, true
	}, true
}

// deltaLengths reads all lengths before all bytes: the numbers are walked twice, and no list of them is made.
func (c *parquetColumn) deltaLengths(data []byte) (func() (rawValue, bool), bool) {
	if c.kind != format.ByteArray {
		return nil, false
	}
	if len(data) == 0 {
		return noValues, true
	}
	walk, ok := newDeltas(data)
	if !ok {
		return nil, false
	}
	b, ok := walk.rest()
	lengths, ok2 := newDeltas(data)
	return func() (rawValue, bool) {
		n, ok := lengths.next()
		if !ok || n < 0 || n > int64(len(b)) {
			return rawValue{}, false
		}
		v := rawValue{b: b[:n:n]}
		b = b[n:]
		return v, true
	}, ok && ok2
}

// deltaBytes reads values each of which begins with so many bytes of the one before.
func (c *parquetColumn) deltaBytes(data []byte) (func() (rawValue, bool), bool) {
	if c.kind != format.ByteArray && c.kind != format.FixedLenByteArray {
		return nil, false
	}
	if len(data) == 0 {
		return noValues, true
	}
	walk, ok := newDeltas(data)
	if !ok {
		return nil, false
	}
	rest, ok := walk.rest()
	if !ok {
		return nil, false
	}
	prefixes, _ := newDeltas(data)
	kind := c.kind
	c.kind = format.ByteArray
	suffix, ok := c.deltaLengths(rest)
	c.kind = kind
	var value []byte
	return func() (rawValue, bool) {
		n, ok := prefixes.next()
		if !ok || n < 0 || n > int64(len(value)) {
			return rawValue{}, false
		}
		v, ok := suffix()
		if !ok || n+int64(len(v.b)) > int64(min(c.maxValue+1, math.MaxInt32)) || kind == format.FixedLenByteArray && int(n)+len(v.b) != c.size {
			return rawValue{}, false
		}
		value = append(value[:n], v.b...)
		return rawValue{b: value}, true
	}, ok
}

// streams reads values whose first bytes stand together, then their second, and so on.
func (c *parquetColumn) streams(data []byte) (func() (rawValue, bool), bool) {
	width := c.width()
	if width <= 0 || len(data)%width != 0 {
		return nil, false
	}
	n, at := len(data)/width, 0
	value := make([]byte, width)
	return func() (rawValue, bool) {
		if at == n {
			return rawValue{}, false
		}
		for i := range value {
			value[i] = data[i*n+at]
		}
		at++
		return c.fixed(value), true
	}, true
}
