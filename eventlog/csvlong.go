package eventlog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
)

// readLongCSV reads a CSV that is not held whole. Its rows are sorted by case, then the cases by their first row, both outside
// memory: what is held is about Options.MaxHeld, and twice the rows of the longest case.
func readLongCSV(ctx context.Context, src *source, head []byte, opt Options, r roles, g *gate, each func(int, *Batch) error) (err error) {
	src.bytes -= int64(len(head)) // it is read again
	src.r = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), src.r), 64<<10)
	w := &csvRows{src: src, name: src.name, line: 1}
	w.maxValue, w.comma = opt.MaxValue, separator(head)
	if _, err := w.record1(); err != nil && err != io.EOF { // the header
		return err
	}
	t, bad := openTable(w.b[:w.off:w.off], opt, &r)
	named := func(bad *Error) error {
		bad.Name = src.name
		return bad
	}
	if bad != nil {
		return named(bad)
	}
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
		line, err := w.record1()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if bad := t.fits(&w.csvText); bad != nil {
			return named(bad)
		}
		if line > math.MaxInt32 {
			return named(&Error{What: "a CSV of more than " + strconv.Itoa(math.MaxInt32) + " lines"})
		}
		rows++
		// The text holds no NUL, so that the rows of one case stay together.
		key = binary.BigEndian.AppendUint64(append(key[:0], w.fields[t.caseCol]...), uint64(line))
		text := w.b[w.start:w.off:w.off]
		if text[len(text)-1] != '\n' {
			text = append(text, '\n')
		}
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
