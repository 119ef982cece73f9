package eventlog

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// Rows reads a table row by row.
type Rows interface {
	// Columns are the names in the header.
	Columns() []string
	// Next gives a row's values, as many as there are columns, and its line (row of a sheet, ordinal in a Parquet), from 1;
	// io.EOF at the end. The values hold until the next call. Errors about the file are of type *Error.
	Next() (values []string, line int64, err error)
}

// OpenRows opens a CSV (plain or gzip), XLSX or Parquet, known by content, as the table says. XLSX and Parquet want
// random access: r must also be an io.ReaderAt and an io.Seeker, as a file is.
func OpenRows(r io.Reader, name string, t *Table, opt Options) (Rows, error) {
	opt = opt.filled()
	src, err := openSource(r, name, true)
	if err != nil {
		return nil, err
	}
	return src.rows(t, opt)
}

func (s *source) rows(t *Table, opt Options) (Rows, error) {
	switch s.format {
	case formatCSV:
		return openCSVRows(s, t.Encoding, opt)
	case formatParquet:
		return openParquet(s, opt)
	case formatXLSX:
		return openXLSX(s, t, opt)
	}
	return nil, &Error{Name: s.name, What: "the file is " + s.format + ", not a table", Hint: "tables are CSV, XLSX and Parquet"}
}

// csvRows reads a CSV through a window that slides over it.
type csvRows struct {
	csvText
	src   *source
	name  string
	eof   bool
	off   int // in the window
	line  int
	names []string
}

func openCSVRows(s *source, encoding string, opt Options) (*csvRows, error) {
	r := &csvRows{src: s, line: 1, name: s.name}
	r.maxValue = opt.MaxValue
	s.decode(encoding)
	if err := r.fill(64 << 10); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(r.b, []byte("\xEF\xBB\xBF")) {
		r.off = 3
	}
	r.comma = separator(r.b[r.off:])
	line, err := r.record1()
	if err == io.EOF {
		return nil, &Error{Name: r.name, What: "the CSV has no header"}
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range r.fields {
		if name = strings.TrimSpace(strings.Clone(name)); name == "" {
			name = "column " + strconv.Itoa(i+1)
		}
		if j, ok := at[name]; ok {
			return nil, &Error{Name: r.name, Line: int(line), What: "columns " + strconv.Itoa(j+1) + " and " + strconv.Itoa(i+1) + " are both called " + quote(name)}
		}
		at[name] = i
		r.names = append(r.names, name)
	}
	if len(r.names) > maxFields {
		return nil, &Error{Name: r.name, Line: int(line), What: "too many columns"}
	}
	return r, nil
}

func (r *csvRows) Columns() []string { return r.names }

func (r *csvRows) Next() ([]string, int64, error) {
	line, err := r.record1()
	if err != nil {
		return nil, 0, err
	}
	if len(r.fields) != len(r.names) {
		return nil, 0, &Error{Name: r.name, Line: int(line), What: "the row has " + counted(len(r.fields), "field") + ", the header " + strconv.Itoa(len(r.names)),
			Hint: "a separator or a quote may be missing",
			Row:  int(line), Alone: r.line == int(line)+1 || r.eof && r.off >= len(r.b)}
	}
	return r.fields, line, nil
}

// record1 reads the next record whole, reading on where it may not be at its end.
func (r *csvRows) record1() (int64, error) {
	for {
		next, lines, bad := r.record(r.off, r.line)
		if !r.eof && (bad != nil || next >= len(r.b)) {
			if len(r.b)-r.off > r.maxValue+r.maxValue/2+1<<20 {
				return 0, &Error{Name: r.name, Line: r.line, What: "a row of more than " + bytesOf(r.maxValue), Hint: "a closing quote may be missing"}
			}
			if err := r.fill(max(256<<10, len(r.b)-r.off)); err != nil {
				return 0, err
			}
			continue
		}
		if bad == nil {
			if bad = checkText(r.b[r.off:next]); bad != nil {
				bad.Line += r.line - 1
				bad.Hint = r.src.hint(bad, r.b[r.off:])
			} else if bad = r.src.misread(r.b[r.off:next]); bad != nil {
				bad.Line += r.line - 1
			}
		}
		if bad != nil {
			bad.Name, bad.Row = r.name, r.startLine
			return 0, bad
		}
		line := r.startLine
		r.off, r.line = next, r.line+lines
		if len(r.fields) == 0 {
			return 0, io.EOF
		}
		return int64(line), nil
	}
}

// fill slides the window to the record being read and reads on.
func (r *csvRows) fill(n int) error {
	if r.off > 0 || cap(r.b)-len(r.b) < n {
		grown := r.b[:0]
		if cap(r.b) < len(r.b)-r.off+n {
			grown = make([]byte, 0, 2*(len(r.b)-r.off+n))
		}
		r.b = append(grown, r.b[r.off:]...)
		r.off = 0
	}
	for n > 0 && !r.eof {
		k, err := r.src.Read(r.b[len(r.b):min(cap(r.b), len(r.b)+n)])
		r.b = r.b[:len(r.b)+k]
		if n -= k; err == io.EOF {
			r.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}
