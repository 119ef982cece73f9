package feed

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"plumbline/calendar"
	"plumbline/handling"
	"plumbline/internal/durable"
)

// state is where reading a source stands, kept as NAME.json beside NAME.seen, which says of each case what was kept of it.
// Without them all is read again, and nothing changes by that.
type state struct {
	Mark      handling.Mark    `json:"mark"`  // how far the record reached then
	Print     [8]byte          `json:"print"` // of the configuration that was followed
	Began     calendar.Instant `json:"began"` // when it was first read to its end
	Polled    calendar.Instant `json:"polled"`
	Last      calendar.Instant `json:"last"`
	Arrived   calendar.Instant `json:"arrived"`
	Lag       calendar.Instant `json:"lag"`
	Cursor    string           `json:"cursor,omitempty"`     // of a table or an API: where the next reading begins
	CursorRow int64            `json:"cursor_row,omitempty"` // as it was counted
	Decoded   int64            `json:"decoded,omitempty"`

	Faults       []handling.FeedFault          `json:"faults,omitempty"` // those that are listed
	FaultRows    int64                         `json:"fault_rows,omitempty"`
	Rowless      []handling.FeedFault          `json:"rowless,omitempty"` // of no case
	RowlessCount int64                         `json:"rowless_count,omitempty"`
	Waiting      map[string][]handling.FeedRow `json:"waiting,omitempty"`
	Failed       string                        `json:"-"`
}

// known is what is kept of a case: what its rows said, where all of them were offered and none is at fault, and how much.
type known struct {
	says uint64
	handling.ObservedTally
}

// load reads the state. It counts only when the record holds what it held then, and where a reading goes on from a cursor
// also only under the same configuration.
func (f *following) load(ctx context.Context) error {
	f.seen, f.waiting, f.faulty = map[string]known{}, map[string][]handling.FeedRow{}, map[string][]handling.FeedFault{}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	s, err := readState(f.dir, f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	there, err := f.w.house.Reaches(ctx, s.Mark)
	if err != nil {
		return err
	}
	if !there {
		f.w.log.Warn("the record is not the one into which this source was read: all of it is read again", "source", f.Name)
		return nil
	}
	if s.Print != f.print {
		s.Cursor, s.Waiting, s.Rowless, s.RowlessCount, s.Faults, s.FaultRows = "", nil, nil, 0, nil, 0
	}
	f.state = *s
	for id, rows := range s.Waiting {
		f.waiting[id] = rows
	}
	for _, x := range s.Faults {
		if x.Case != "" {
			f.faulty[x.Case] = append(f.faulty[x.Case], x)
		}
	}
	file, err := os.Open(filepath.Join(f.dir, f.Name+".seen"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	return f.readSeen(bufio.NewReader(file))
}

func readState(dir, name string) (*state, error) {
	path := filepath.Join(dir, name+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w; without it all is read again, which changes nothing", path, err)
	}
	return &s, nil
}

const longestID = 1 << 16

// readSeen reads what writeSeen writes.
func (f *following) readSeen(r *bufio.Reader) error {
	for {
		n, err := binary.ReadUvarint(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && n > longestID {
			err = errors.New("an id is too long")
		}
		b := make([]byte, min(n, longestID)+8)
		if err == nil {
			_, err = io.ReadFull(r, b)
		}
		var counts [4]uint64
		for i := range counts {
			if err == nil {
				counts[i], err = binary.ReadUvarint(r)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w; without it all is read again, which changes nothing", filepath.Join(f.dir, f.Name+".seen"), err)
		}
		f.know(string(b[:n]), known{binary.BigEndian.Uint64(b[n:]), handling.ObservedTally{Acts: int64(counts[0]), Corrected: int64(counts[1]), Withdrawn: int64(counts[2]), Postless: int64(counts[3])}})
	}
}

func (f *following) writeSeen(w io.Writer) error {
	b := bufio.NewWriter(w)
	var buf []byte
	for id, k := range f.seen {
		buf = binary.AppendUvarint(buf[:0], uint64(len(id)))
		buf = binary.BigEndian.AppendUint64(append(buf, id...), k.says)
		for _, n := range []int64{k.Acts, k.Corrected, k.Withdrawn, k.Postless} {
			buf = binary.AppendUvarint(buf, uint64(n))
		}
		if _, err := b.Write(buf); err != nil {
			return err
		}
	}
	return b.Flush()
}

// save writes where reading stands, durably: first the cases, so that a crash in between only repeats.
func (f *following) save(ctx context.Context, cases bool) error {
	mark, err := f.w.house.Mark(ctx)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Mark, f.state.Print, f.state.Waiting = mark, f.print, f.waiting
	if cases {
		if err := durable.Write(f.dir, f.Name+".seen", f.writeSeen); err != nil {
			return err
		}
	}
	return durable.Write(f.dir, f.Name+".json", func(w io.Writer) error { return json.NewEncoder(w).Encode(&f.state) })
}

// Stand tells how the sources stood when they were last read, from what is kept in dir; a source that was never read is
// told as such.
func Stand(c *Config, dir string, now calendar.Instant) ([]handling.Feed, error) {
	var out []handling.Feed
	for i := range c.Sources {
		f := &following{Source: &c.Sources[i], dir: dir, seen: map[string]known{}}
		s, err := readState(dir, f.Name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if s != nil {
			f.state = *s
			if file, err := os.Open(filepath.Join(dir, f.Name+".seen")); err == nil {
				err = f.readSeen(bufio.NewReader(file))
				if err = errors.Join(err, file.Close()); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, f.status(now))
	}
	return out, nil
}
