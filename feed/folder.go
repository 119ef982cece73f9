package feed

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/eventlog"
	"plumbline/handling"
)

// fileState is what was read of a file.
type fileState struct {
	size  int64 // of the file then
	at    time.Time
	read  int64    // bytes, to the end of a line
	line  int64    // lines in them
	sum   [32]byte // of them
	head  []byte   // the line with the names of the columns; nil: the file can only be read from its beginning
	rowed int64    // lines that were not UTF-8
	bad   []handling.FeedFault
	broke bool // it could not be read to its end
}

// settled is how long a file must have been as it is to count as written to its end.
const settled = 2 * time.Second

// maxJoined bounds the rows that are held to be joined.
const maxJoined = 4 << 30

// errAnew says that a file is not what was read of it: all is read again.
var errAnew = errors.New("a file was replaced while the folder was read")

// readFolder reads what is new in the folder: of a file that grew what was added. Where one was replaced, or is gone, all are
// read again: what is then told differently is a correction, what is not told any more a withdrawal if the source is whole.
func (f *following) readFolder(ctx context.Context, r *round) error {
	for range 3 {
		err := f.readFiles(ctx, r)
		if err == nil || !errors.Is(err, errAnew) {
			if err != nil {
				f.join = nil // half read
			}
			return err
		}
		f.join = nil
	}
	return errAnew
}

func (f *following) readFiles(ctx context.Context, r *round) error {
	there, err := f.list()
	if err != nil {
		return err
	}
	for name := range f.files {
		if _, ok := there[name]; !ok {
			f.join = nil
		}
	}
	fresh := f.join == nil
	if fresh {
		f.join, f.files = eventlog.NewJoin(f.Map, maxJoined, true), map[string]*fileState{}
	}
	changed, whole := fresh, true
	for _, name := range sortedNames(there) {
		is, had := there[name], f.files[name]
		if had != nil && had.size == is.size && had.at.Equal(is.at) && had.read == is.size {
			whole = whole && !had.broke
			continue
		}
		now, err := f.readFile(ctx, name, is, had)
		if err != nil {
			return err
		}
		if now == nil {
			whole = false
			continue
		}
		whole = whole && !now.broke && now.read == is.size && time.Since(is.at) > settled
		f.files[name], changed = now, true
	}
	if !changed {
		return nil
	}
	for _, t := range f.Map.Tables {
		whole = whole && slices.ContainsFunc(sortedNames(f.files), t.Takes)
	}
	r.every, r.whole = true, whole
	if err := r.joined(ctx, f.join); err != nil {
		return err
	}
	if fresh {
		if err := r.gone(ctx, f.join); err != nil {
			return err
		}
	}
	r.setAside(f.join)
	decoded := int64(0)
	for _, s := range f.files {
		for _, x := range s.bad {
			r.aside(x.Place, x.Reason)
		}
		decoded += s.rowed
	}
	f.mu.Lock()
	f.state.Decoded = decoded
	f.mu.Unlock()
	return nil
}

type fileInfo struct {
	size int64
	at   time.Time
}

func (f *following) list() (map[string]fileInfo, error) {
	entries, err := os.ReadDir(f.Folder)
	if err != nil {
		return nil, err
	}
	out := map[string]fileInfo{}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part") {
			continue
		}
		info, err := os.Stat(filepath.Join(f.Folder, name)) // a link stands for its file
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or a folder
		}
		out[name] = fileInfo{info.Size(), info.ModTime()}
	}
	return out, nil
}

func sortedNames[T any](m map[string]T) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// readFile brings the rows of a file into the join: all, or those behind what was read of it. Nil where it has to rest first.
func (f *following) readFile(ctx context.Context, name string, is fileInfo, had *fileState) (*fileState, error) {
	var t *eventlog.Table
	for _, x := range f.Map.Tables {
		if x.Takes(name) {
			t = x
		}
	}
	if t == nil {
		s := &fileState{size: is.size, at: is.at, read: is.size}
		s.fault(name, handling.Text{ZH: "这个文件不属于映射中的任何一个表：在映射的 file 中写明，或者移出文件夹", EN: "the file belongs to no table of the mapping: say under file: which one, or take it out of the folder"})
		return s, nil
	}
	file, err := os.Open(filepath.Join(f.Folder, name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnew, err)
	}
	defer func() { _ = file.Close() }() // only read
	rested := time.Since(is.at) > settled
	magic := make([]byte, 4)
	n, _ := file.ReadAt(magic, 0)
	if isBinary(magic[:n]) {
		if !rested {
			return nil, nil
		}
		if had != nil {
			return nil, errAnew
		}
		return f.readPacked(ctx, file, name, is, t)
	}
	s := &fileState{size: is.size, at: is.at}
	if !rested || n == 0 { // up to the end of a line
		if is.size, err = lastLine(file, is.size); err != nil {
			return nil, err
		}
		if is.size == 0 {
			return nil, nil
		}
	}
	if err := f.readText(ctx, file, name, is.size, t, s, had); err != nil {
		return nil, err
	}
	// What was read must still be there, whatever was added meanwhile.
	after, err := os.Stat(file.Name())
	if err != nil || after.Size() < s.size {
		return nil, errAnew
	}
	if !s.broke && (after.Size() != s.size || !after.ModTime().Equal(s.at)) {
		sum, err := sumOf(file, s.read)
		if err != nil || sum != s.sum {
			return nil, errAnew
		}
	}
	return s, nil
}

func (s *fileState) fault(place string, why handling.Text) {
	if len(s.bad) < handling.MostFaults {
		s.bad = append(s.bad, handling.FeedFault{Fault: handling.Fault{Place: place, Reason: why}})
	}
}

func (s *fileState) broken(bad *eventlog.Error) {
	s.broke, s.head = true, nil
	s.fault(bad.Place(), handling.Text{ZH: "从此处起文件读不下去，此前的行已采用：" + bad.Error(), EN: "from here on the file cannot be read; the rows before are taken: " + bad.Error()})
}

// isBinary knows gzip, ZIP (XLSX), Parquet and text in UTF-16.
func isBinary(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) || bytes.HasPrefix(b, []byte{0x1F, 0x8B}) || bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("PAR1"))
}

// lastLine is the offset behind the last line end before size.
func lastLine(f io.ReaderAt, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for size > 0 {
		n := min(size, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], size-n); err != nil && err != io.EOF {
			return 0, err
		}
		if k := bytes.LastIndexByte(buf[:n], '\n'); k >= 0 {
			return size - n + int64(k) + 1, nil
		}
		size -= n
	}
	return 0, nil
}

func sumOf(f io.ReaderAt, n int64) (sum [32]byte, err error) {
	h := sha256.New()
	got, err := io.Copy(h, io.NewSectionReader(f, 0, n))
	if err == nil && got < n {
		err = io.ErrUnexpectedEOF
	}
	h.Sum(sum[:0])
	return sum, err
}

// readPacked reads a file whose rows do not stand line by line.
func (f *following) readPacked(ctx context.Context, file *os.File, name string, is fileInfo, t *eventlog.Table) (*fileState, error) {
	s := &fileState{size: is.size, at: is.at, read: is.size}
	_, err := f.pour(ctx, s, file, name, t, 0)
	var bad *eventlog.Error
	if errors.As(err, &bad) {
		s.broken(bad)
		err = nil
	}
	after, statErr := os.Stat(file.Name())
	if statErr != nil || after.Size() != is.size || !after.ModTime().Equal(is.at) {
		return nil, errAnew
	}
	return s, err
}

// mostBad is after how many rows whose quotes do not fit the rest of a file is left alone.
const mostBad = 100

// readText reads a CSV up to end, from where it was read before if that is still the same.
func (f *following) readText(ctx context.Context, file *os.File, name string, end int64, t *eventlog.Table, s, had *fileState) error {
	h := sha256.New()
	var from, line int64
	if had != nil {
		if had.head == nil || had.read > end {
			return errAnew
		}
		if _, err := io.Copy(h, io.NewSectionReader(file, 0, had.read)); err != nil {
			return err
		}
		if [32]byte(h.Sum(nil)) != had.sum {
			return errAnew
		}
		from, line = had.read, had.line
		s.head, s.bad, s.rowed = had.head, slices.Clone(had.bad), had.rowed
	}
	text := *t
	text.Encoding = ""
	again, ragged := int64(0), false // a row that ends somewhere else than its line: on from the line behind it
	for tries := 0; ; tries++ {
		l := &lines{name: name, src: bufio.NewReaderSize(io.NewSectionReader(file, from, end-from), 256<<10), sum: h, line: line}
		l.bad = func(at int64, why handling.Text) {
			if at > again {
				s.fault(name+":"+strconv.FormatInt(at, 10), why)
			}
		}
		if s.head == nil {
			head, err := l.next()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			s.head = bytes.Clone(head)
		}
		for l.line < again {
			if _, err := l.next(); err != nil {
				return err
			}
		}
		// Lines are counted behind the head, which is read as the first.
		at, err := f.pour(ctx, s, io.MultiReader(bytes.NewReader(s.head), l), name, &text, l.line-1)
		var bad *eventlog.Error
		if errors.As(err, &bad) {
			if bad.Row > 1 && at > again && tries < mostBad {
				s.fault(name+":"+strconv.FormatInt(at, 10), handling.Text{ZH: "这一行读不出来：" + bad.What, EN: "the row cannot be read: " + bad.What})
				again, ragged = at, true
				h = sha256.New()
				if _, err := io.Copy(h, io.NewSectionReader(file, 0, from)); err != nil {
					return err
				}
				continue
			}
			bad.Line = int(at)
			s.broken(bad)
			err = nil
		}
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, l); err != nil && !s.broke { // nothing, but of a broken file
			return fmt.Errorf("%s: %w", name, err)
		}
		if ragged { // what is added may belong to such a row
			s.head = nil
		}
		s.read, s.line, s.rowed = end, l.line, s.rowed+l.decoded
		h.Sum(s.sum[:0])
		return nil
	}
}

// pour brings rows into the join. Lines are counted from behind. On an error it gives the line.
func (f *following) pour(ctx context.Context, s *fileState, from io.Reader, name string, t *eventlog.Table, behind int64) (int64, error) {
	place := func(err error) (int64, error) {
		var bad *eventlog.Error
		if errors.As(err, &bad) && max(bad.Row, bad.Line) > 1 {
			return int64(cmp.Or(bad.Row, bad.Line)) + behind, err
		}
		return 1, err
	}
	rows, err := eventlog.OpenRows(from, name, t, eventlog.Options{})
	if err != nil {
		return place(err)
	}
	into, err := f.join.File(t.Name, name, rows.Columns())
	if err != nil {
		return place(err)
	}
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		values, line, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		var bad *eventlog.Error
		if errors.As(err, &bad) && bad.Alone {
			at, _ := place(err)
			s.fault(name+":"+strconv.FormatInt(at, 10), handling.Text{ZH: "这一行的栏数与表头不符：" + bad.What, EN: bad.What + "; " + bad.Hint})
			continue
		}
		if err != nil {
			return place(err)
		}
		if err := into.Row(line+behind, values); err != nil {
			return place(err)
		}
	}
}
