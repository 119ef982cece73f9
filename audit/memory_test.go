package audit_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/segment"
)

// paid gives n cases of a fine that was paid, late in one of ten.
func paid(n int) iter.Seq[eventlog.Case] {
	return func(yield func(eventlog.Case) bool) {
		const day = calendar.Instant(86_400_000_000)
		amounts := make([]string, 100)
		for i := range amounts {
			amounts[i] = fmt.Sprintf("%d.5", 20+i)
		}
		for i := range n {
			at := day * calendar.Instant(14_000+i%900)
			late := calendar.Instant(0)
			if i%10 == 0 {
				late = 100
			}
			money := func(key string) []eventlog.Field {
				return []eventlog.Field{{Key: key, Value: amounts[i%len(amounts)], Kind: eventlog.Float}}
			}
			if !yield(eventlog.Case{ID: fmt.Sprintf("F%08d", i), Record: int64(i + 1), Events: []eventlog.Event{
				{Act: "Create Fine", Time: at, Record: int64(3*i + 1), Data: money("amount")},
				{Act: "Send Fine", Time: at + day*(20+late), Record: int64(3*i + 2), Data: money("expense")},
				{Act: "Insert Fine Notification", Time: at + day*(30+late), Record: int64(3*i + 3)},
			}}) {
				return
			}
		}
	}
}

// peak is the most that was held at the moments it was asked to look.
type peak struct {
	mu    sync.Mutex
	bytes uint64
}

func (p *peak) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	p.bytes = max(p.bytes, m.HeapAlloc)
}

func (p *peak) Expect(int64)  {}
func (p *peak) Seen(int, int) { p.look() }

// Cutting and judging hold a segment for each worker, however many there are, and judging makes no garbage by the case.
func TestManySegmentsTakeNoMoreMemoryThanFew(t *testing.T) {
	p := load(t, "narrative")
	ctx := context.Background()
	const few, many = 200_000, 800_000
	measure := func(cases int) (cutting, judging, allocations uint64) {
		dir := t.TempDir()
		var held peak
		if _, err := segment.CutCases(ctx, paid(cases), "paid", func(name string) (io.WriteCloser, error) {
			held.look()
			return os.Create(filepath.Join(dir, name))
		}); err != nil {
			t.Fatal(err)
		}
		cutting = held.bytes
		d, err := segment.Open(os.DirFS(dir), dir)
		if err != nil {
			t.Fatal(err)
		}
		held = peak{}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := audit.Run(ctx, "paid", opened(d), p, audit.Options{Workers: 2, Watch: &held})
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if r.Cases != int64(cases) {
			t.Fatalf("%d cases", r.Cases)
		}
		return cutting, held.bytes, after.Mallocs - before.Mallocs
	}
	cutFew, judgeFew, mallocsFew := measure(few)
	cutMany, judgeMany, mallocsMany := measure(many)
	t.Logf("cutting %d and %d MB, judging %d and %d MB, %d and %d allocations", cutFew>>20, cutMany>>20, judgeFew>>20, judgeMany>>20, mallocsFew, mallocsMany)
	const slack = 8 << 20
	if cutMany > cutFew+slack || cutMany > 100<<20 {
		t.Errorf("cutting held %d bytes for few, %d for many", cutFew, cutMany)
	}
	if judgeMany > judgeFew+slack || judgeMany > 100<<20 {
		t.Errorf("judging held %d bytes for few, %d for many", judgeFew, judgeMany)
	}
	if more := mallocsMany - mallocsFew; more > (many-few)/50 {
		t.Errorf("%d allocations for %d more cases", more, many-few)
	}
}
