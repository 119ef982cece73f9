package calendar

import (
	"testing"
	"time"
)

var (
	sinkInstant  Instant
	sinkDate     Date
	sinkDeadline Deadline
)

func BenchmarkParseInstant(b *testing.B) {
	text := []byte("2006-07-24T12:34:56.789+02:00")
	b.ReportAllocs()
	for b.Loop() {
		i, _, _, err := ParseInstant(text)
		if err != nil {
			b.Fatal(err)
		}
		sinkInstant = i
	}
}

func BenchmarkParseInstantStandardLibrary(b *testing.B) {
	for b.Loop() {
		t, err := time.Parse(time.RFC3339, "2006-07-24T12:34:56.789+02:00")
		if err != nil {
			b.Fatal(err)
		}
		sinkInstant = InstantOf(t)
	}
}

// Instants spread over twenty years, so that the table does not sit in the cache for free.
func BenchmarkZoneDate(b *testing.B) {
	z := zone(b, "Europe/Rome")
	i, n := Instant(NewDate(2000, 1, 1))*dayMicros, 0
	for b.Loop() {
		sinkDate = z.Date(i + Instant(n%7300)*dayMicros)
		n += 997
	}
}

func BenchmarkZoneDateStandardLibrary(b *testing.B) {
	z := zone(b, "Europe/Rome")
	i, n := Instant(NewDate(2000, 1, 1))*dayMicros, 0
	for b.Loop() {
		sinkDate = z.slowDate(i + Instant(n%7300)*dayMicros)
		n += 997
	}
}

func BenchmarkZoneLocal(b *testing.B) {
	z := zone(b, "Europe/Rome")
	i := Instant(NewDate(2006, 7, 24)) * dayMicros
	for b.Loop() {
		sinkInstant = z.Local(i)
	}
}

func BenchmarkDeadline(b *testing.B) {
	z, cal := zone(b, "Asia/Shanghai"), china(b)
	start := z.Start(NewDate(2026, 3, 2)) + 9*hourMicros
	day := func(n int) Instant { return start + Instant(n)*dayMicros }
	for _, c := range []struct {
		name string
		c    Clock
	}{
		{"days", Clock{Start: start, Base: Days(30).Term()}},
		{"days rolled", Clock{Start: start, Base: Days(33).Term(), Roll: RollNextWorking}},
		{"hours of liberty", Clock{Start: start, Base: Hours(8).Term(), Liberty: true}},
		{"months", Clock{Start: start, Base: Months(2).Term()}},
		{"working days", Clock{Start: start, Base: WorkingDays(5).Term()}},
		{"days with two suspensions", Clock{Start: start, Base: Days(30).Term(), Roll: RollNextWorking,
			Suspensions: []Interval{{day(3), day(10)}, {day(8), day(13)}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := c.c.Deadline(z, cal)
				if err != nil {
					b.Fatal(err)
				}
				sinkDeadline = d
			}
		})
	}
}

func BenchmarkLoadZoneFirst(b *testing.B) {
	loc := zone(b, "Europe/Rome").Location()
	for b.Loop() {
		newZone("Europe/Rome", loc)
	}
}

// The paths an audit takes a million times must not allocate.
func TestNoAllocation(t *testing.T) {
	z, cal := zone(t, "Europe/Rome"), plain(t)
	text := []byte("2006-07-24T12:34:56.789+02:00")
	clock := Clock{Start: 1e15, Base: Days(60).Term(), Roll: RollNextWorking, Suspensions: []Interval{{2e15, 3e15}, {1e15, 1e15 + 1}}}
	hours := Clock{Start: 1e15, Base: Hours(8).Term(), Suspensions: clock.Suspensions}
	if n := testing.AllocsPerRun(100, func() {
		sinkInstant, _, _, _ = ParseInstant(text)
		sinkDate = z.Date(sinkInstant)
		sinkInstant = z.Local(sinkInstant)
		sinkDeadline, _ = clock.Deadline(z, cal)
		sinkDeadline, _ = hours.Deadline(z, cal)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
