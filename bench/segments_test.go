package bench

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/segment"
)

var manyActs = flag.Int("acts", 2_000_000, "acts of the history that BenchmarkSegments cuts and audits")

// BenchmarkSegments holds a made-up history, cut into segments, against a hundred rules, on one core and on all; beside it, in
// the same run, loops written by hand for these rules over the same columns, and the audit of a log of a tenth of the acts, at most 400,000.
// Rates are acts for each second of processor time.
func BenchmarkSegments(b *testing.B) {
	p, err := hundredRules()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	folder := b.TempDir()
	start := time.Now()
	if _, err := segment.CutCases(ctx, madeUp(*manyActs), "made up", func(name string) (io.WriteCloser, error) { return os.Create(filepath.Join(folder, name)) }); err != nil {
		b.Fatal(err)
	}
	cutting := time.Since(start)
	d, err := segment.Open(os.DirFS(folder), folder)
	if err != nil {
		b.Fatal(err)
	}
	acts := float64(d.Stats.Events)
	b.Logf("%d cases, %d acts, %d segments, %.2f bytes an act; made and cut in %v", d.Stats.Cases, d.Stats.Events, len(d.Files), float64(d.Size())/acts, cutting.Round(time.Millisecond))

	var log bytes.Buffer
	if err := eventlog.WriteXES(&log, madeUp(min(*manyActs/10, 400_000))); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var one, all, hand, plain time.Duration
	var report *audit.Report
	var counted map[string]int64
	plainActs := 0.0
	took := func(sum *time.Duration, do func() error) {
		start := processorTime(b)
		if err := do(); err != nil {
			b.Fatal(err)
		}
		*sum += processorTime(b) - start
	}
	for range b.N {
		took(&one, func() (err error) {
			report, err = audit.Run(ctx, "made up", opened(d), p, audit.Options{Workers: 1})
			return err
		})
		took(&hand, func() (err error) { counted, err = byHand(ctx, d, p.Pack.Zone); return err })
		start := time.Now()
		if _, err := audit.Run(ctx, "made up", opened(d), p, audit.Options{}); err != nil {
			b.Fatal(err)
		}
		all += time.Since(start)
		took(&plain, func() error {
			r, err := audit.Run(ctx, "log.xes", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(log.Bytes())), nil }, p, audit.Options{Workers: 1})
			if err == nil {
				plainActs += float64(r.Acts)
			}
			return err
		})
	}
	findings := int64(0)
	for _, f := range report.Findings {
		findings += f.Count
		if counted[f.Rule] != f.Count {
			b.Errorf("%s: %d findings, by hand %d", f.Rule, f.Count, counted[f.Rule])
		}
	}
	n := float64(b.N)
	rate := func(acts float64, took time.Duration) float64 { return acts / took.Seconds() / 1e6 }
	b.ReportMetric(rate(acts*n, one), "Macts/s/core")
	b.ReportMetric(all.Seconds()/n, "s-all-cores")
	b.ReportMetric(rate(acts*n, hand), "by-hand-Macts/s/core")
	b.ReportMetric(rate(plainActs, plain), "plain-Macts/s/core")
	b.ReportMetric(rate(acts*n, one)/rate(acts*n, hand), "to-by-hand")
	b.ReportMetric(rate(acts*n, one)/rate(plainActs, plain), "to-plain")
	b.Logf("%d findings", findings)
}

func opened(d *segment.Folder) audit.Opener { return func() (io.ReadCloser, error) { return d, nil } }

// processorTime is what the process has used of processors, which other work on the machine does not change much.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// byHand counts the findings of the hundred rules with loops that know nothing else.
func byHand(ctx context.Context, d *segment.Folder, zone *calendar.Zone) (map[string]int64, error) {
	now, err := d.Last(ctx, nil)
	if err != nil {
		return nil, err
	}
	const hour = 3_600_000_000
	offset := int64(8 * hour) // Shanghai, in the years of the history
	type limit struct {
		has  bool
		span int64
		days bool
	}
	limitOf := func(t term) limit {
		if t.hours > 0 {
			return limit{true, int64(t.hours) * hour, false}
		}
		return limit{true, int64(t.days+1) * 24 * hour, true}
	}
	var nexts, laters [phases][ways]limit
	for phase := range phases {
		for way := range ways {
			if hasNext(phase) {
				nexts[phase][way] = limitOf(next(phase, way))
			}
			if hasAfterNext(phase) {
				laters[phase][way] = limitOf(afterNext(phase, way))
			}
		}
	}
	due := func(l limit, at int64) int64 {
		if !l.days {
			return at + l.span
		}
		local := at + offset
		return local - local%(24*hour) + l.span - offset - 1
	}
	var mu sync.Mutex
	var late, later, early, amount [phases][ways]int64
	err = d.Each(ctx, 1, func(_, _ int, f *segment.File) error {
		mu.Lock()
		defer mu.Unlock()
		type kind struct {
			phase, way int
			codes      *segment.Column
			tooMuch    []bool
			row        int
		}
		kinds := make([]kind, len(f.Shapes))
		for i := range f.Shapes {
			s := &f.Shapes[i]
			kinds[i] = kind{phase: int(s.Act[1] - '0'), way: int(s.Act[2] - 'a')}
			for k := range s.Fields {
				if field := &s.Fields[k]; field.Key == "amount" && hasAmount(kinds[i].phase, kinds[i].way) {
					kinds[i].codes = &field.Codes
					for _, text := range f.Dicts[field.Dict] {
						v, err := strconv.ParseFloat(text, 64)
						if err != nil {
							return err
						}
						kinds[i].tooMuch = append(kinds[i].tooMuch, v > mostAmount)
					}
				}
			}
		}
		var times [phases]int64
		var of, at [phases]int64
		act := 0
		for c := range f.Cases {
			n := int(f.Counts.At(c))
			f.Of.Fill(of[:n], act)
			f.Times.Fill(at[:n], act)
			act += n
			times = [phases]int64{}
			for i := range n {
				k := &kinds[of[i]]
				t := at[i]
				times[k.phase] = t
				if wantsBefore(k.phase, k.way) && times[k.phase-1] == 0 {
					early[k.phase][k.way]++
				}
				if k.codes != nil {
					if k.tooMuch[k.codes.At(k.row)] {
						amount[k.phase][k.way]++
					}
					k.row++
				}
			}
			for i := range n {
				k := &kinds[of[i]]
				if l := nexts[k.phase][k.way]; l.has {
					done := times[k.phase+1]
					if done == 0 {
						done = int64(now)
					}
					if done > due(l, at[i]) {
						late[k.phase][k.way]++
					}
				}
				if l := laters[k.phase][k.way]; l.has {
					done := times[k.phase+2]
					if done == 0 {
						done = int64(now)
					}
					if done > due(l, at[i]) {
						later[k.phase][k.way]++
					}
				}
			}
		}
		return nil
	})
	out := map[string]int64{}
	for phase := range phases {
		for way := range ways {
			a := actName(phase, way)
			for rule, n := range map[string]int64{"next-": late[phase][way], "later-": later[phase][way], "early-": early[phase][way], "amount-": amount[phase][way]} {
				out[rule+a] = n
			}
		}
	}
	return out, err
}

// What the benchmark holds against each other is the same: the sieve, the loops by hand, and the audit of the log.
func TestTheHistoryOfTheBenchmarkIsJudgedAlike(t *testing.T) {
	p, err := hundredRules()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	folder := t.TempDir()
	if _, err := segment.CutCases(ctx, madeUp(100_000), "made up", func(name string) (io.WriteCloser, error) { return os.Create(filepath.Join(folder, name)) }); err != nil {
		t.Fatal(err)
	}
	d, err := segment.Open(os.DirFS(folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := eventlog.WriteXES(&log, madeUp(100_000)); err != nil {
		t.Fatal(err)
	}
	hand, err := byHand(ctx, d, p.Pack.Zone)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func() (*audit.Report, error){
		"segments": func() (*audit.Report, error) { return audit.Run(ctx, "made up", opened(d), p, audit.Options{}) },
		"log": func() (*audit.Report, error) {
			return audit.Run(ctx, "log.xes", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(log.String())), nil }, p, audit.Options{})
		},
	} {
		r, err := run()
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]bool{}
		for _, f := range r.Findings {
			if f.Count > 0 {
				kinds[f.Rule[:4]] = true
			}
			if f.Count != hand[f.Rule] {
				t.Errorf("%s: %s: %d, by hand %d", name, f.Rule, f.Count, hand[f.Rule])
			}
		}
		if len(kinds) != 4 {
			t.Errorf("%s: of the four kinds of rule only %v have findings", name, kinds)
		}
	}
}
