package eventlog

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// readLongCSV reads a CSV that is not held whole. Its rows are sorted by case, then the cases by their first row, both outside
// memory: what is held is about Options.MaxHeld, and twice the rows of the longest case.
func readLongCSV(ctx context.Context, src *source, head []byte, opt Options, r roles, g *gate, each func(int, *Batch) error) (err error) {
	named := func(bad *Error) error {
		bad.Name = src.name
		return bad
	}
	w := &window{src: src, csvText: csvText{b: head, maxValue: opt.MaxValue}}
	if bad := w.checkHead(); bad != nil {
		return named(bad)
	}
	t, bad := openTable(head, opt, &r)
	if bad != nil {
		return named(bad)
	}
	w.comma, w.off, w.line = t.comma, t.body, t.line
	t.b = nil

	byCase := &sorter{open: opt.Spill, room: int(opt.MaxHeld / 2)}
	byFirst := &sorter{open: opt.Spill, room: int(opt.MaxHeld / 2)}
	defer func() {
		if failed := errors.Join(byCase.close(), byFirst.close()); err == nil {
			err = failed
		}
	}()
	var key []byte
	rows := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, bad, err := w.next()
		if bad != nil {
			return named(bad)
		}
		if err != nil {
			return err
		}
		if text == nil {
			break
		}
		if bad := t.fits(&w.csvText); bad != nil {
			return named(bad)
		}
		if w.startLine > math.MaxInt32 {
			return named(&Error{What: "a CSV of more than " + strconv.Itoa(math.MaxInt32) + " lines"})
		}
		rows++
		// The text holds no NUL, so that the rows of one case stay together.
		key = binary.BigEndian.AppendUint64(append(key[:0], w.fields[t.caseCol]...), uint64(w.startLine))
		if err := byCase.add(key, text); err != nil {
			return err
		}
	}
	w.b = nil
	if err := together(byCase, byFirst, src.name, opt.MaxTrace); err != nil {
		return err
	}
	if err := byCase.close(); err != nil {
		return err
	}
	if opt.Watch != nil {
		opt.Watch.Expect(rows)
	}
	return buildCSV(ctx, opt, r, g, each, func(take func(*table, int, int) error) error { return t.batches(byFirst, take) })
}

// fits holds the row that was read against the header.
func (t *table) fits(row *csvText) *Error {
	if len(row.fields) != len(t.columns) {
		return &Error{Line: row.startLine, What: "the row has " + counted(len(row.fields), "field") + ", the header " + strconv.Itoa(len(t.columns)),
			Hint: "a separator or a quote may be missing"}
	}
	if row.fields[t.caseCol] == "" {
		return &Error{Line: row.startLine, What: "the row names no case", Hint: "column " + strconv.Itoa(t.caseCol+1) + " is empty"}
	}
	return nil
}

// together makes of the rows of each case one record under its first line: its identifier, then each row with its line.
func together(byCase, byFirst *sorter, name string, most int) error {
	var id, first, all []byte
	end := func() error {
		if len(all) == 0 {
			return nil
		}
		return byFirst.add(first, all)
	}
	err := byCase.each(func(key, row []byte) error {
		of, line := key[:len(key)-8], key[len(key)-8:]
		if len(all) == 0 || string(of) != string(id) {
			if err := end(); err != nil {
				return err
			}
			id, first = append(id[:0], of...), append(first[:0], line...)
			all = append(binary.AppendUvarint(all[:0], uint64(len(id))), id...)
		}
		all = append(all, line...)
		all = append(binary.AppendUvarint(all, uint64(len(row))), row...)
		if len(all) > most {
			return &Error{Name: name, Line: int(binary.BigEndian.Uint64(first)), What: "case " + quote(string(id)) + " has rows of more than " + bytesOf(most)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}

// batches hands out tables of whole cases in the order of their first rows.
func (t *table) batches(cases *sorter, take func(*table, int, int) error) error {
	const rowsPerBatch, bytesPerBatch = 4096, 1 << 20
	var part *table
	end := func() error {
		if part == nil {
			return nil
		}
		full := part
		part = nil
		return take(full, 0, len(full.cases))
	}
	err := cases.each(func(_, b []byte) error {
		if part == nil {
			part = &table{csvText: csvText{comma: t.comma, maxValue: t.maxValue}, columns: t.columns, caseCol: t.caseCol}
		}
		text := func() string {
			n, k := binary.Uvarint(b)
			s := b[k : k+int(n)]
			b = b[k+int(n):]
			return string(s)
		}
		c := caseRows{id: text(), first: int32(len(part.rows))}
		for len(b) > 0 {
			line := int32(binary.BigEndian.Uint64(b))
			b = b[8:]
			n, k := binary.Uvarint(b)
			at := int32(len(part.rows))
			part.rows = append(part.rows, row{int32(len(part.b)), line, at + 1})
			part.b = append(part.b, b[k:k+int(n)]...)
			b = b[k+int(n):]
			c.last, c.rows = at, c.rows+1
		}
		part.rows[c.last].next = -1
		part.cases = append(part.cases, c)
		if len(part.rows) >= rowsPerBatch || len(part.b) >= bytesPerBatch {
			return end()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}

// window slides over a text and reads record after record.
type window struct {
	csvText
	src  *source
	eof  bool
	off  int
	line int
}

// next reads the next record, and gives its text with a line end behind it; nil at the end.
func (w *window) next() ([]byte, *Error, error) {
	for {
		next, lines, bad := w.record(w.off, w.line)
		if !w.eof && (bad != nil || next >= len(w.b)) { // there may be more of it
			if len(w.b)-w.off > 2*w.maxValue+(1<<20) {
				if bad == nil {
					bad = &Error{Line: w.line, What: "a row of more than " + bytesOf(w.maxValue), Hint: "a closing quote may be missing"}
				}
				return nil, bad, nil
			}
			if err := w.more(); err != nil {
				return nil, nil, err
			}
			continue
		}
		if bad == nil {
			if bad = checkText(w.b[w.off:next]); bad != nil {
				bad.Line += w.line - 1
			}
		}
		if bad != nil || len(w.fields) == 0 {
			return nil, bad, nil
		}
		text := w.b[w.start:next:next]
		w.off, w.line = next, w.line+lines
		if text[len(text)-1] != '\n' {
			text = append(text, '\n')
		}
		return text, nil, nil
	}
}

// more drops what was read and reads on.
func (w *window) more() error {
	const step = 1 << 20
	rest := w.b[w.off:]
	if cap(w.b)-len(rest) < step || cap(w.b) > 8*step+2*len(rest) {
		w.b = append(make([]byte, 0, len(rest)+max(step, len(rest))), rest...)
	} else {
		w.b = append(w.b[:0], rest...)
	}
	w.off = 0
	n, err := w.src.Read(w.b[len(w.b):cap(w.b)])
	w.b = w.b[:len(w.b)+n]
	if err == io.EOF {
		w.eof, err = true, nil
	}
	return err
}

// checkHead refuses a beginning that is no text, before a header is looked for in it.
func (w *window) checkHead() *Error {
	head := w.b[:min(len(w.b), 64<<10)]
	if k := strings.LastIndexByte(str(head), '\n'); k >= 0 {
		return checkText(head[:k])
	}
	return nil
}
