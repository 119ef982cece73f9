package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"
)

// Column is a run of whole numbers: base + unit × n, each n in width bytes, little endian. Read-only.
type Column struct {
	raw   []byte
	base  int64
	unit  int64
	n     int
	width uint8
}

// columnHead says of a column what its bytes do not.
type columnHead struct {
	Base  int64  `json:"base,omitempty"`
	Unit  int64  `json:"unit,omitempty"` // 0: 1
	N     int    `json:"n"`
	Width uint8  `json:"width,omitempty"` // bytes of each: 0, 1, 2, 4 or 8
	CRC   uint32 `json:"crc,omitempty"`   // CRC-32C of the bytes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Len is the number of values.
func (c *Column) Len() int { return c.n }

// At is the value at i, 0 <= i < Len.
func (c *Column) At(i int) int64 {
	switch c.width {
	case 1:
		return c.base + c.unit*int64(c.raw[i])
	case 2:
		return c.base + c.unit*int64(binary.LittleEndian.Uint16(c.raw[2*i:]))
	case 4:
		return c.base + c.unit*int64(binary.LittleEndian.Uint32(c.raw[4*i:]))
	case 8:
		return c.base + c.unit*int64(binary.LittleEndian.Uint64(c.raw[8*i:]))
	}
	return c.base
}

// Fill writes the values from first on into out.
func (c *Column) Fill(out []int64, first int) {
	switch c.width {
	case 1:
		for i, b := range c.raw[first : first+len(out)] {
			out[i] = c.base + c.unit*int64(b)
		}
	case 2:
		raw := c.raw[2*first:]
		for i := range out {
			out[i] = c.base + c.unit*int64(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case 4:
		raw := c.raw[4*first:]
		for i := range out {
			out[i] = c.base + c.unit*int64(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	default:
		for i := range out {
			out[i] = c.At(first + i)
		}
	}
}

// largest is the largest n; all are at least 0.
func (c *Column) largest() uint64 {
	var most uint64
	switch c.width {
	case 1:
		for _, b := range c.raw {
			most = max(most, uint64(b))
		}
	case 2:
		for i := 0; i < len(c.raw); i += 2 {
			most = max(most, uint64(binary.LittleEndian.Uint16(c.raw[i:])))
		}
	case 4:
		for i := 0; i < len(c.raw); i += 4 {
			most = max(most, uint64(binary.LittleEndian.Uint32(c.raw[i:])))
		}
	case 8:
		for i := 0; i < len(c.raw); i += 8 {
			most = max(most, binary.LittleEndian.Uint64(c.raw[i:]))
		}
	}
	return most
}

// appendColumn writes values in as few bytes as they need.
func appendColumn(out []byte, values []int64) ([]byte, columnHead) {
	h := columnHead{N: len(values)}
	if len(values) == 0 {
		return out, h
	}
	h.Base = slices.Min(values)
	var unit, most uint64
	for _, v := range values {
		d := uint64(v) - uint64(h.Base)
		most = max(most, d)
		if unit != 1 {
			unit = divisor(unit, d)
		}
	}
	if unit == 0 {
		return out, h // all are the base
	}
	if unit > math.MaxInt64 {
		unit = 1
	}
	if unit > 1 {
		h.Unit = int64(unit)
	}
	switch most /= unit; {
	case most <= math.MaxUint8:
		h.Width = 1
	case most <= math.MaxUint16:
		h.Width = 2
	case most <= math.MaxUint32:
		h.Width = 4
	default:
		h.Width = 8
	}
	from := len(out)
	for _, v := range values {
		n := (uint64(v) - uint64(h.Base)) / unit
		switch h.Width {
		case 1:
			out = append(out, byte(n))
		case 2:
			out = binary.LittleEndian.AppendUint16(out, uint16(n))
		case 4:
			out = binary.LittleEndian.AppendUint32(out, uint32(n))
		default:
			out = binary.LittleEndian.AppendUint64(out, n)
		}
	}
	h.CRC = crc32.Checksum(out[from:], castagnoli)
	return out, h
}

// divisor is the greatest common divisor.
func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// cutColumn takes a column off the front of b. Its values lie from lo to hi, n are wanted.
func cutColumn(b []byte, h columnHead, n int, lo, hi int64) (Column, []byte, error) {
	c := Column{base: h.Base, unit: h.Unit, n: h.N, width: h.Width}
	if c.unit == 0 {
		c.unit = 1
	}
	switch {
	case h.N != n:
		return c, b, fmt.Errorf("it says that it has %d values, and there are %d", h.N, n)
	case h.Width > 8 || bits.OnesCount8(h.Width) > 1 || h.Unit < 0:
		return c, b, fmt.Errorf("width %d, unit %d", h.Width, h.Unit)
	case n > len(b) && h.Width > 0 || n*int(h.Width) > len(b):
		return c, b, fmt.Errorf("it is cut short: %d bytes of %d × %d", len(b), n, h.Width)
	}
	c.raw, b = b[:n*int(h.Width):n*int(h.Width)], b[n*int(h.Width):]
	if sum := crc32.Checksum(c.raw, castagnoli); sum != h.CRC {
		return c, b, fmt.Errorf("its checksum is %08x, not %08x", sum, h.CRC)
	}
	if n == 0 {
		return c, b, nil
	}
	over, span := bits.Mul64(c.largest(), uint64(c.unit))
	if c.base < lo || c.base > hi || over > 0 || span > uint64(hi)-uint64(c.base) {
		return c, b, fmt.Errorf("a value is out of range: from %d in steps of %d", c.base, c.unit)
	}
	return c, b, nil
}
