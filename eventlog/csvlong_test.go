package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// memorySpill is a spill that counts whether it was closed.
type memorySpill struct {
	bytes.Buffer
	open *int
}

func (m *memorySpill) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(p, off)
}
func (m *memorySpill) Close() error { *m.open--; return nil }

// spilling reads a text outside memory.
func spilling(open *int, workers int) Options {
	return Options{Workers: workers, MaxHeld: 1, Spill: func() (Spill, error) { *open++; return &memorySpill{open: open}, nil }}
}

func TestALongCSVIsReadAsIfItWereHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("case:concept:name;concept:name;time:timestamp;note;case:kind\n")
		if rapid.Bool().Draw(t, "mark") {
			b.Reset()
			b.WriteString("\uFEFFcase:concept:name;concept:name;time:timestamp;note;case:kind\r\n")
		}
		cell := rapid.SampledFrom([]string{"", "x", "a b", "\"q \"\"r\"\" s\"", "\"two\nlines\"", "审批"})
		n := rapid.IntRange(0, 300).Draw(t, "rows")
		for i := range n {
			id := rapid.IntRange(0, 20).Draw(t, "case")
			end := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end")
			if i == n-1 && rapid.Bool().Draw(t, "open end") {
				end = ""
			}
			fmt.Fprintf(&b, "C%d;act %d;2020-01-%02d;%s;%d%s", id, i%3, 1+i%28, cell.Draw(t, "cell"), id%3, end)
		}
		if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
			b.WriteString(rapid.SampledFrom([]string{"\n;x;2020-01-01;;\n", "\nC1;x;never;;1\n", "\nC1;x\n", "\nC1;x;2020-01-01;\"open;1\n", "\nC1;x;2020-01-01;;9\n", "\nC1;x;2020-01-01;\x01;1\n"}).Draw(t, "what"))
		}
		text := []byte(b.String())
		want, wantStats, err := whole(text, "a.csv", Options{})
		open := 0
		got, gotStats, err2 := whole(text, "a.csv", spilling(&open, rapid.IntRange(1, 3).Draw(t, "workers")))
		if open != 0 {
			t.Fatalf("%d temporary files were left open", open)
		}
		if (err == nil) != (err2 == nil) {
			t.Fatalf("held: %v\nspilled: %v\n%s", err, err2, text)
		}
		if err != nil {
			if err.Error() != err2.Error() {
				t.Fatalf("held: %v\nspilled: %v\n%s", err, err2, text)
			}
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(wantStats, gotStats); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestASorterPutsRecordsInOrderWithLittleRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		open := 0
		s := &sorter{open: spilling(&open, 1).Spill, room: rapid.IntRange(1, 500).Draw(t, "room")}
		var want []string
		for _, k := range rapid.SliceOf(rapid.StringN(0, 4, 8)).Draw(t, "keys") {
			v := rapid.StringN(0, 20, 60).Draw(t, "value")
			if err := s.add([]byte(k), []byte(v)); err != nil {
				t.Fatal(err)
			}
			want = append(want, k+"\x00"+v)
		}
		var got, keys []string
		if err := s.each(func(k, v []byte) error {
			keys = append(keys, string(k))
			got = append(got, string(k)+"\x00"+string(v))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(keys) {
			t.Fatalf("not sorted: %q", keys)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if err := s.close(); err != nil || open != 0 {
			t.Fatal(err, open)
		}
	})
}

// A disk that is full, or a file that somebody cut, ends the reading with an error.
func TestASpillThatFailsEndsTheReading(t *testing.T) {
	text := []byte("case:concept:name,concept:name,time:timestamp\nA,x,2020-01-01\nB,x,2020-01-01\n")
	full := errors.New("disk full")
	if _, _, err := whole(text, "a.csv", Options{MaxHeld: 1, Spill: func() (Spill, error) { return nil, full }}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if _, _, err := whole(text, "a.csv", Options{MaxHeld: 1, Spill: func() (Spill, error) { return forgetful{}, nil }}); err == nil {
		t.Error("a file that lost its text was read")
	}
}

type forgetful struct{}

func (forgetful) Write(p []byte) (int, error)           { return len(p), nil }
func (forgetful) ReadAt(p []byte, _ int64) (int, error) { return 0, errors.New("nothing there") }
func (forgetful) Close() error                          { return nil }

// rows gives a CSV of many cases whose rows stand far apart, without holding it.
type rows struct {
	n, most int
	buf     []byte
	rnd     *rand.Rand
}

func (r *rows) Read(p []byte) (int, error) {
	for len(r.buf) < 64<<10 && r.n < r.most {
		if r.n == 0 {
			r.buf = append(r.buf, "case:concept:name,concept:name,time:timestamp,note\n"...)
		}
		r.buf = fmt.Appendf(r.buf, "case %d,act %d,2020-01-%02d,%x\n", r.rnd.IntN(1+r.most/8), r.n%7, 1+r.n%28, r.rnd.Uint64())
		r.n++
	}
	n := copy(p, r.buf)
	r.buf = append(r.buf[:0], r.buf[n:]...)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestALongCSVIsReadInBoundedMemory(t *testing.T) {
	const most, held = 1_500_000, 4 << 20 // some 70 MB of text
	dir := t.TempDir()
	var peak uint64
	acts := 0
	opt := Options{Workers: 1, MaxHeld: held, Spill: func() (Spill, error) { return os.CreateTemp(dir, "") }}
	look := func() {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	src := &rows{most: most, rnd: rand.New(rand.NewPCG(1, 2))}
	stats, err := Read(context.Background(), &looking{src, look, 0}, "a.csv", opt, func(_ int, b *Batch) error {
		if b.Index%40 == 0 {
			look()
		}
		for i := range b.Cases {
			acts += len(b.Cases[i].Events)
		}
		return nil
	})
	if err != nil || acts != most || stats.Events != most {
		t.Fatalf("%d acts, %v", acts, err)
	}
	t.Logf("%d bytes of text, at most %d held", stats.Bytes, peak)
	if peak > 40<<20 {
		t.Errorf("%d bytes were held at once", peak)
	}
}

// looking looks at the memory now and then while a text is read.
type looking struct {
	r    *rows
	look func()
	n    int
}

func (l *looking) Read(p []byte) (int, error) {
	if l.n++; l.n%200 == 0 {
		l.look()
	}
	return l.r.Read(p)
}
