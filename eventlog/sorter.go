package eventlog

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
)

// Spill is a temporary file: it is written from its beginning, then read at any place, then closed and gone.
type Spill interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// sorter puts records in the order of their keys, whatever their number: it holds some, and writes them sorted to a spill when
// they are enough. Records with equal keys come in any order.
type sorter struct {
	open func() (Spill, error)
	room int // bytes that are held

	held  []byte
	at    []int // where each record begins
	file  Spill
	ends  []int64 // of the runs in the file
	wrote int64
}

// A record is the lengths of its key and value, then both.
func appendRecord(b, key, value []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(key)))
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(append(b, key...), value...)
}

func keyOf(b []byte) []byte {
	n, i := binary.Uvarint(b)
	_, j := binary.Uvarint(b[i:])
	return b[i+j : i+j+int(n)]
}

func (s *sorter) add(key, value []byte) error {
	if len(s.at) > 0 && len(s.held)+len(key)+len(value)+16*len(s.at) > s.room || len(s.held) > math.MaxInt32 {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if s.held == nil {
		s.held = make([]byte, 0, s.room) // so that it does not grow to twice of that
	}
	s.at = append(s.at, len(s.held))
	s.held = appendRecord(s.held, key, value)
	return nil
}

func (s *sorter) flush() (err error) {
	if len(s.at) == 0 {
		return nil
	}
	if s.file == nil {
		if s.file, err = s.open(); err != nil {
			return err
		}
	}
	slices.SortFunc(s.at, func(a, b int) int { return bytes.Compare(keyOf(s.held[a:]), keyOf(s.held[b:])) })
	w := bufio.NewWriterSize(s.file, 1<<20)
	for _, at := range s.at {
		b := s.held[at:]
		k, i := binary.Uvarint(b)
		v, j := binary.Uvarint(b[i:])
		n, err := w.Write(b[:i+j+int(k)+int(v)])
		s.wrote += int64(n)
		if err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.ends = append(s.ends, s.wrote)
	s.held, s.at = s.held[:0], s.at[:0]
	return nil
}

// each gives all records in the order of their keys; they hold until visit returns. It can be asked once.
func (s *sorter) each(visit func(key, value []byte) error) error {
	if err := s.flush(); err != nil {
		return err
	}
	s.held, s.at = nil, nil
	var runs runHeap
	from := int64(0)
	for _, end := range s.ends {
		r := &run{r: bufio.NewReaderSize(io.NewSectionReader(s.file, from, end-from), 64<<10)}
		from = end
		if err := r.next(); err != nil {
			return err
		}
		runs = append(runs, r)
	}
	heap.Init(&runs)
	for len(runs) > 0 {
		r := runs[0]
		if err := visit(r.key, r.value); err != nil {
			return err
		}
		switch err := r.next(); {
		case err == io.EOF:
			heap.Pop(&runs)
		case err != nil:
			return err
		default:
			heap.Fix(&runs, 0)
		}
	}
	return nil
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

// run is a sorted part of the file, and its next record.
type run struct {
	r          *bufio.Reader
	record     []byte
	key, value []byte
}

func (r *run) next() error {
	k, err := binary.ReadUvarint(r.r)
	if err != nil {
		return err
	}
	v, err := binary.ReadUvarint(r.r)
	if err != nil {
		return short(err)
	}
	r.record = slices.Grow(r.record[:0], int(k+v))[:k+v]
	_, err = io.ReadFull(r.r, r.record)
	r.key, r.value = r.record[:k:k], r.record[k:]
	return short(err)
}

// short is for a file that ends within a record: somebody else wrote to it.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

type runHeap []*run

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return bytes.Compare(h[i].key, h[j].key) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	*h = old[:len(old)-1]
	return r
}
