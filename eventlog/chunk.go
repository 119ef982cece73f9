package eventlog

import (
	"bytes"
	"errors"
	"io"
)

// cutter cuts a stream of XES into chunks that end behind a </trace>, so that each can be scanned alone.
//
// A </trace> within a comment, a CDATA section or a processing instruction is text and no place to cut, so the
// cutter follows these three through the stream; where a chunk has no "<!" and no "<?" that costs two searches
// for a byte. It may be misled by text that is not XML (a "<!--" within a value), but then the scanner refuses
// the chunk at that very place, before the cut matters.
type cutter struct {
	src      io.Reader
	size     int // a chunk is cut as soon as it is this long
	maxTrace int
	maxValue int

	rest []byte // read, and behind the last cut
	eof  bool

	// Within the chunk being gathered:
	seen  int    // everything before was looked at
	until string // ends the construct that stands open at seen; "" outside any
	cut   int    // the last good place to cut, or -1
	open  int    // the last '<', to measure values with
}

// next gathers a chunk into buf, which it may replace by a larger one. The text given has pad bytes of capacity
// behind it. An *Error concerns the text gathered so far, with a line that counts from its beginning.
func (c *cutter) next(buf []byte) (text []byte, last bool, err error) {
	buf = append(buf[:0], c.rest...)
	c.rest = c.rest[:0]
	c.seen, c.until, c.cut, c.open = 0, "", -1, 0
	for !c.eof {
		buf = room(buf)
		n, err := c.src.Read(buf[len(buf):min(cap(buf)-pad, len(buf)+maxRead)])
		buf = buf[:len(buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			c.eof = true
		case err != nil:
			return buf, true, err
		}
		if len(buf) < c.size || c.eof {
			continue
		}
		if c.look(buf); c.cut > 0 {
			c.rest = append(c.rest, buf[c.cut:]...)
			return buf[:c.cut], false, nil
		}
		if len(buf)-c.open > c.maxValue+64 {
			e := &Error{What: "more than " + bytesOf(c.maxValue) + " in one value, text or comment", Hint: "a closing quote may be missing"}
			return buf, true, e.place(buf, c.open)
		}
		if len(buf) > c.maxTrace {
			e := &Error{What: "no </trace> within " + bytesOf(c.maxTrace), Hint: "is it an XES file?"}
			return buf, true, e.place(buf, len(buf)-len(bytes.TrimLeft(buf, " \t\r\n")))
		}
	}
	return room(buf), true, nil
}

// maxRead bounds one read, so that bounds on values and traces are not passed by much before they are looked at.
const maxRead = 256 << 10

// room makes space for reading, and for pad bytes behind it.
func room(buf []byte) []byte {
	if cap(buf)-len(buf) >= 4096+pad {
		return buf
	}
	grown := make([]byte, len(buf), max(2*cap(buf), 64<<10))
	copy(grown, buf)
	return grown
}

// look goes through what came in since the last look, and sets cut.
func (c *cutter) look(buf []byte) {
	if k := bytes.LastIndexByte(buf[c.seen:], '<'); k >= 0 {
		c.open = c.seen + k
	}
	bang, query := -1, -1 // the next "<!" and "<?", found once and kept until passed
	i := c.seen
	for {
		if c.until != "" {
			k := bytes.Index(buf[i:], []byte(c.until))
			if k < 0 {
				c.seen = max(i, len(buf)-len(c.until)+1)
				return
			}
			i += k + len(c.until)
			c.until = ""
		}
		bang, query = nextMark(buf, i, bang, '!'), nextMark(buf, i, query, '?')
		p := min(bang, query)
		if q := traceEnd(buf[i:p]); q > 0 {
			c.cut = i + q
		}
		switch rest := buf[p:]; {
		case p == len(buf):
			c.seen = max(i, p-pad) // the beginning of something may stand at the very end
			return
		case len(rest) < len("<![CDATA["):
			c.seen = p
			return
		case bytes.HasPrefix(rest, []byte("<!--")):
			c.until, i = "-->", p+4
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			c.until, i = "]]>", p+9
		case rest[1] == '?':
			c.until, i = "?>", p+2
		default:
			i = p + 2 // refused by the scanner
		}
	}
}

// nextMark gives the offset of '<' before the byte second at or behind i, len(buf) if there is none. At is what
// it gave before: searching again only when that was passed keeps the whole linear.
func nextMark(buf []byte, i, at int, second byte) int {
	if at >= i {
		return at
	}
	for from := i + 1; from < len(buf); {
		k := bytes.IndexByte(buf[from:], second)
		if k < 0 {
			break
		}
		if from += k; buf[from-1] == '<' {
			return from - 1
		}
		from++
	}
	return len(buf)
}

// traceEnd gives the offset behind the last </trace> of the segment, or 0.
func traceEnd(b []byte) int {
	for end := len(b); ; {
		k := bytes.LastIndex(b[:end], []byte("</trace"))
		if k < 0 {
			return 0
		}
		j := k + len("</trace")
		for j < len(b) && class[b[j]]&space != 0 {
			j++
		}
		if j < len(b) && b[j] == '>' {
			return j + 1
		}
		end = k
	}
}
