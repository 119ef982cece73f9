package eventlog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// rawValue is a value of a Parquet as it is stored: a number (of a float its bits), or bytes.
type rawValue struct {
	n int64
	b []byte
}

// textWriter writes a value as text behind dst; false when it is out of range.
type textWriter func(dst []byte, v rawValue) ([]byte, bool)

// textOf says how a column's values are told as text; nil for those that cannot be.
func textOf(e *format.SchemaElement) textWriter {
	bytes := e.Type.V == format.ByteArray || e.Type.V == format.FixedLenByteArray
	switch t := logical(e).(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		if e.Type.V == format.ByteArray {
			return plainText
		}
	case *format.DateType:
		if e.Type.V == format.Int32 {
			return func(dst []byte, v rawValue) ([]byte, bool) { return stampText(dst, v.n*86400, 0, time.DateOnly) }
		}
	case *format.TimeType:
		if unit := unitOf(t.Unit); unit > 0 && !bytes {
			return func(dst []byte, v rawValue) ([]byte, bool) {
				seconds, nanos := split(v.n, unit)
				if seconds < 0 || seconds >= 86400 {
					return dst, false
				}
				return stampText(dst, seconds, nanos, "15:04:05.999999999")
			}
		}
	case *format.TimestampType:
		if unit := unitOf(t.Unit); unit > 0 && e.Type.V == format.Int64 {
			layout := "2006-01-02T15:04:05.999999999"
			if t.IsAdjustedToUTC {
				layout += "Z"
			}
			return func(dst []byte, v rawValue) ([]byte, bool) {
				seconds, nanos := split(v.n, unit)
				return stampText(dst, seconds, nanos, layout)
			}
		}
	case *format.DecimalType:
		if t.Scale >= 0 && t.Scale <= 1000 {
			return func(dst []byte, v rawValue) ([]byte, bool) { return decimalText(dst, v, int(t.Scale), bytes), true }
		}
	case *format.IntType:
		if !bytes {
			return func(dst []byte, v rawValue) ([]byte, bool) {
				switch {
				case t.IsSigned:
					return strconv.AppendInt(dst, v.n, 10), true
				case e.Type.V == format.Int32:
					return strconv.AppendUint(dst, uint64(uint32(v.n)), 10), true
				}
				return strconv.AppendUint(dst, uint64(v.n), 10), true
			}
		}
	case *format.UUIDType:
		if e.Type.V == format.FixedLenByteArray && e.TypeLength.V == 16 {
			return func(dst []byte, v rawValue) ([]byte, bool) {
				for i, from := range []int{0, 4, 6, 8, 10} {
					if i > 0 {
						dst = append(dst, '-')
					}
					dst = fmt.Appendf(dst, "%x", v.b[from:[]int{4, 6, 8, 10, 16}[i]])
				}
				return dst, true
			}
		}
	case *format.NullType:
		return func(dst []byte, v rawValue) ([]byte, bool) { return dst, true }
	case nil:
		switch e.Type.V {
		case format.Boolean:
			return func(dst []byte, v rawValue) ([]byte, bool) { return strconv.AppendBool(dst, v.n != 0), true }
		case format.Int32, format.Int64:
			return func(dst []byte, v rawValue) ([]byte, bool) { return strconv.AppendInt(dst, v.n, 10), true }
		case format.Float:
			return func(dst []byte, v rawValue) ([]byte, bool) {
				return floatText(dst, float64(math.Float32frombits(uint32(v.n))), 32), true
			}
		case format.Double:
			return func(dst []byte, v rawValue) ([]byte, bool) {
				return floatText(dst, math.Float64frombits(uint64(v.n)), 64), true
			}
		case format.Int96: // nanoseconds of the day, and a Julian day
			return func(dst []byte, v rawValue) ([]byte, bool) {
				const epoch = 2440588
				day := int64(int32(binary.LittleEndian.Uint32(v.b[8:])))
				seconds, nanos := split(int64(binary.LittleEndian.Uint64(v.b)), 1e9)
				return stampText(dst, (day-epoch)*86400+seconds, nanos, "2006-01-02T15:04:05.999999999")
			}
		case format.ByteArray:
			return plainText // older programs write text without saying so
		}
	}
	return nil
}

func plainText(dst []byte, v rawValue) ([]byte, bool) { return append(dst, v.b...), true }

func unitOf(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e3
	case *format.MicroSeconds:
		return 1e6
	case *format.NanoSeconds:
		return 1e9
	}
	return 0
}

func split(n, unit int64) (seconds, nanos int64) {
	seconds, rest := n/unit, n%unit
	if rest < 0 {
		seconds, rest = seconds-1, rest+unit
	}
	return seconds, rest * (1e9 / unit)
}

func stampText(dst []byte, seconds, nanos int64, layout string) ([]byte, bool) {
	const first, last = -62135596800, 253402300799 // of the years 0001 and 9999
	if seconds < first || seconds > last {
		return dst, false
	}
	return time.Unix(seconds, nanos).UTC().AppendFormat(dst, layout), true
}

// floatText writes NaN as nothing, for that is how tables say that a number is missing.
func floatText(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) {
		return dst
	}
	if a := math.Abs(f); a != 0 && (a < 1e-9 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'g', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

func decimalText(dst []byte, v rawValue, scale int, bytes bool) []byte {
	n := big.NewInt(v.n)
	if bytes {
		n.SetBytes(v.b[:min(len(v.b), 256)])
		if len(v.b) > 0 && v.b[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*min(len(v.b), 256))))
		}
	}
	if n.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := n.Abs(n).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

// hybrid reads numbers in Parquet's mixture of runs and packed groups. A run is told value by value: what a file claims to
// repeat takes no memory.
type hybrid struct {
	b      []byte
	width  int
	left   int // of the run or group
	packed bool
	value  uint32
	bits   uint64
	have   int
}

func (h *hybrid) next() (uint32, bool) {
	for h.left == 0 {
		u, k := binary.Uvarint(h.b)
		if k <= 0 || u>>1 > math.MaxInt32 {
			return 0, false
		}
		h.b = h.b[k:]
		h.packed, h.left, h.bits, h.have = u&1 != 0, int(u>>1), 0, 0
		if h.packed {
			if h.left > len(h.b)*8 && h.width > 0 {
				return 0, false
			}
			h.left *= 8
			continue
		}
		n := (h.width + 7) / 8
		if len(h.b) < n {
			return 0, false
		}
		h.value = 0
		for i := range n {
			h.value |= uint32(h.b[i]) << (8 * i)
		}
		h.b = h.b[n:]
	}
	h.left--
	if !h.packed {
		return h.value, true
	}
	for h.have < h.width {
		if len(h.b) == 0 {
			return 0, false
		}
		h.bits |= uint64(h.b[0]) << h.have
		h.b = h.b[1:]
		h.have += 8
	}
	v := uint32(h.bits & (1<<h.width - 1))
	h.bits >>= h.width
	h.have -= h.width
	return v, true
}

// deltas reads DELTA_BINARY_PACKED: a first number, then blocks of differences in mini blocks of one width each.
type deltas struct {
	b      []byte
	minis  int // in a block
	size   int // values of a mini block
	left   int // values in all
	first  bool
	value  int64
	least  int64  // what is added to each difference of the block
	widths []byte // of the block's mini blocks to come
	in     int    // values left in the mini block
	packed []byte // the mini block
	bit    int
	width  int
}

func newDeltas(b []byte) (*deltas, bool) {
	var n [3]uint64
	for i := range n {
		u, k := binary.Uvarint(b)
		if k <= 0 || u > math.MaxInt32 {
			return nil, false
		}
		n[i], b = u, b[k:]
	}
	first, k := binary.Varint(b)
	if k <= 0 || n[1] == 0 || n[0] == 0 || n[0]%128 != 0 || n[0]%n[1] != 0 || n[0]/n[1]%32 != 0 {
		return nil, false
	}
	return &deltas{b: b[k:], minis: int(n[1]), size: int(n[0] / n[1]), left: int(n[2]), first: true, value: first}, true
}

func (d *deltas) next() (int64, bool) {
	if d.left == 0 {
		return 0, false
	}
	d.left--
	if d.first {
		d.first = false
		return d.value, true
	}
	if d.in == 0 && !d.block() {
		return 0, false
	}
	d.in--
	var v uint64
	for have := 0; have < d.width; {
		if d.bit/8 >= len(d.packed) {
			return 0, false
		}
		take := min(8-d.bit%8, d.width-have)
		v |= uint64(d.packed[d.bit/8]>>(d.bit%8)&(1<<take-1)) << have
		d.bit, have = d.bit+take, have+take
	}
	d.value += d.least + int64(v)
	return d.value, true
}

// block begins the next mini block.
func (d *deltas) block() bool {
	if len(d.widths) == 0 {
		least, k := binary.Varint(d.b)
		if k <= 0 || len(d.b)-k < d.minis {
			return false
		}
		d.least, d.widths, d.b = least, d.b[k:k+d.minis], d.b[k+d.minis:]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	if d.width > 64 {
		return false
	}
	n := min(d.size*d.width/8, len(d.b)) // the last may end behind its values
	d.packed, d.b = d.b[:n], d.b[n:]
	d.in, d.bit = d.size, 0
	return true
}

// rest gives what follows the numbers, by walking to their end.
func (d *deltas) rest() ([]byte, bool) {
	for d.left > 0 {
		if _, ok := d.next(); !ok {
			return nil, false
		}
	}
	return d.b, true
}
