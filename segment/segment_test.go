package segment

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/eventlog"
)

const fines = "../../shared/data/rtfm/Road_Traffic_Fine_Management_Process.xes.gz"

// memory is a folder that cut writes to.
type memory struct {
	mu sync.Mutex
	fs fstest.MapFS
}

type memoryFile struct {
	bytes.Buffer
	close func([]byte)
}

func (f *memoryFile) Close() error { f.close(f.Bytes()); return nil }

func (m *memory) create(name string) (io.WriteCloser, error) {
	return &memoryFile{close: func(b []byte) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.fs[name] = &fstest.MapFile{Data: b}
	}}, nil
}

func cutText(t testing.TB, text []byte, name string, opt eventlog.Options, full int) (*Folder, fstest.MapFS) {
	m := &memory{fs: fstest.MapFS{}}
	if _, err := cut(context.Background(), bytes.NewReader(text), name, nil, opt, m.create, full); err != nil {
		t.Fatal(err)
	}
	d, err := Open(m.fs, "folder")
	if err != nil {
		t.Fatal(err)
	}
	return d, m.fs
}

// gathered clones what a reader hands on, in the order of the log.
func gathered(t testing.TB, read func(each func(int, *eventlog.Batch) error) error) []eventlog.Case {
	var mu sync.Mutex
	batches := map[int][]eventlog.Case{}
	err := read(func(_ int, b *eventlog.Batch) error {
		cases := make([]eventlog.Case, len(b.Cases))
		for i, c := range b.Cases {
			c.ID, c.Data = strings.Clone(c.ID), cloned(c.Data)
			c.Events = slices.Clone(c.Events)
			for k := range c.Events {
				e := &c.Events[k]
				e.Person, e.Post, e.Unit, e.Lifecycle, e.Data = strings.Clone(e.Person), strings.Clone(e.Post), strings.Clone(e.Unit), strings.Clone(e.Lifecycle), cloned(e.Data)
			}
			cases[i] = c
		}
		mu.Lock()
		defer mu.Unlock()
		batches[b.Index] = cases
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []eventlog.Case
	for i := range len(batches) {
		if batches[i] == nil {
			t.Fatalf("no batch %d of %d", i, len(batches))
		}
		out = append(out, batches[i]...)
	}
	return out
}

func cloned(fields []eventlog.Field) []eventlog.Field {
	var out []eventlog.Field
	for _, f := range fields {
		out = append(out, eventlog.Field{Key: strings.Clone(f.Key), Value: strings.Clone(f.Value), Kind: f.Kind})
	}
	return out
}

func readLog(t testing.TB, text []byte, name string, opt eventlog.Options) []eventlog.Case {
	return gathered(t, func(each func(int, *eventlog.Batch) error) error {
		_, err := eventlog.Read(context.Background(), bytes.NewReader(text), name, opt, each)
		return err
	})
}

func readFolder(t testing.TB, d *Folder, zone *calendar.Zone, workers int) []eventlog.Case {
	return gathered(t, func(each func(int, *eventlog.Batch) error) error {
		_, err := d.ReadHistory(context.Background(), eventlog.Options{Zone: zone, Workers: workers}, each)
		return err
	})
}

func TestSegmentsGiveBackTheLog(t *testing.T) {
	for _, name := range []string{"../../shared/data/rtfm/roadtraffic100traces.xes", "../../shared/data/rtfm/roadtraffic100traces.csv",
		"../../shared/data/permits/BPIC15_1.xes.gz", "../../shared/data/permits/receipt.xes.gz", fines} {
		t.Run(name[strings.LastIndex(name, "/")+1:], func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Skipf("the real log is not here: %v", err)
			}
			full := 200
			if name == fines {
				full = 100_000
			}
			d, files := cutText(t, text, name, eventlog.Options{}, full)
			want := readLog(t, text, name, eventlog.Options{})
			if diff := cmp.Diff(want, readFolder(t, d, nil, 2)); diff != "" {
				t.Fatal(diff[:min(len(diff), 4000)])
			}
			_, again := cutText(t, text, name, eventlog.Options{Workers: 1}, full)
			for file := range files {
				if !bytes.Equal(files[file].Data, again[file].Data) {
					t.Errorf("%s: one worker and several make different bytes", file)
				}
			}
		})
	}
}

func TestTimesOfWallClockAreReadInTheZoneOfWhoReads(t *testing.T) {
	const text = "case:concept:name,concept:name,time:timestamp\nA,x,2010-03-28 02:30:00\nA,y,2010-03-28 03:10:00\nB,x,2010-01-01\n"
	rome, err := calendar.LoadZone("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	d, _ := cutText(t, []byte(text), "log.csv", eventlog.Options{}, 2)
	want := readLog(t, []byte(text), "log.csv", eventlog.Options{Zone: rome})
	if diff := cmp.Diff(want, readFolder(t, d, rome, 1)); diff != "" {
		t.Error(diff)
	}
	last := want[0].Events[0].Time // 02:30 never was, and is 03:30
	if got, err := d.Last(context.Background(), rome); err != nil || got != last {
		t.Errorf("last %v, %v; want %v", got, err, last)
	}
}

// TestAnEventHasNoFieldThatSegmentsDoNotKnow fails when a log says more than segments keep. They do not keep Row, which names an
// event only to whoever follows a system.
func TestAnEventHasNoFieldThatSegmentsDoNotKnow(t *testing.T) {
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[eventlog.Event](): "Act Time Precision Person Post Unit Lifecycle Data Row Record",
		reflect.TypeFor[eventlog.Case]():  "ID Data Events Record Repeated",
		reflect.TypeFor[eventlog.Field](): "Key Value Kind",
	} {
		var names []string
		for i := range typ.NumField() {
			names = append(names, typ.Field(i).Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%v has %s; segments keep %s", typ, got, want)
		}
	}
}

func drawCases(t *rapid.T) []eventlog.Case {
	word := rapid.SampledFrom([]string{"", "a", "b", "审批", "a longer text"})
	fields := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) eventlog.Field {
		return eventlog.Field{Key: word.Draw(t, "key"), Value: word.Draw(t, "value"), Kind: eventlog.Kind(rapid.IntRange(0, int(eventlog.ID)).Draw(t, "kind"))}
	}), 0, 3)
	record := int64(0)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) eventlog.Case {
		c := eventlog.Case{ID: word.Draw(t, "id"), Record: rapid.Int64Range(0, 1<<40).Draw(t, "case record"), Repeated: rapid.Bool().Draw(t, "repeated")}
		if f := fields.Draw(t, "of the case"); len(f) > 0 {
			c.Data = f
		}
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			record += rapid.Int64Range(-3, 300).Draw(t, "step")
			e := eventlog.Event{Act: word.Draw(t, "act"), Person: word.Draw(t, "person"), Post: word.Draw(t, "post"), Unit: word.Draw(t, "unit"), Lifecycle: word.Draw(t, "lifecycle"),
				Time: calendar.Instant(rapid.Int64Range(int64(earliest), int64(latest)).Draw(t, "time")), Precision: calendar.Precision(rapid.IntRange(0, 2).Draw(t, "precision")), Record: record}
			if f := fields.Draw(t, "data"); len(f) > 0 {
				e.Data = f
			}
			c.Events = append(c.Events, e)
		}
		return c
	}), 1, 8).Draw(t, "cases")
}

func encoded(t interface{ Fatal(...any) }, cases []eventlog.Case) []byte {
	w := newWriter()
	for i := range cases {
		if err := w.add(&cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	b, _, err := w.encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnySegmentReadsBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := drawCases(t)
		f, err := Parse("s", encoded(t, cases), "")
		if err != nil {
			t.Fatal(err)
		}
		r := f.reader(nil)
		var got []eventlog.Case
		for r.at < f.Cases {
			for _, c := range r.cases(2) {
				c.Events, c.Data = slices.Clone(c.Events), cloned(c.Data)
				for i := range c.Events {
					c.Events[i].Data = cloned(c.Events[i].Data)
				}
				got = append(got, c)
			}
		}
		if diff := cmp.Diff(cases, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Nothing that is altered or cut short is taken for what it was: it is refused, with its place.
func TestASegmentThatWasAlteredIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := encoded(t, drawCases(t))
		digest := headDigest(b)
		if _, err := Parse("s", b, digest); err != nil {
			t.Fatal(err)
		}
		if cutAt := rapid.IntRange(0, len(b)-1).Draw(t, "cut"); true {
			if _, err := Parse("s", b[:cutAt], digest); err == nil {
				t.Fatalf("cut at %d of %d, and read", cutAt, len(b))
			}
		}
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		bad := slices.Clone(b)
		bad[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if _, err := Parse("s", bad, digest); err == nil {
			t.Fatalf("altered at %d of %d, and read", at, len(b))
		} else if !strings.HasPrefix(err.Error(), "s: ") {
			t.Fatalf("the error has no place: %v", err)
		}
		if _, err := Parse("s", append(slices.Clone(b), 0), digest); err == nil {
			t.Fatal("a byte too many, and read")
		}
	})
}

func headDigest(b []byte) string {
	n := binary.LittleEndian.Uint32(b[len(magic)+4:])
	return digestOf(b[prefix : prefix+int(n)])
}

func TestLengthsThatLieAreRefused(t *testing.T) {
	cases := []eventlog.Case{{ID: "A", Events: []eventlog.Event{{Act: "x", Data: []eventlog.Field{{Key: "k", Value: "v"}}}, {Act: "y"}}}, {ID: "B"}}
	b := encoded(t, cases)
	n := int(binary.LittleEndian.Uint32(b[len(magic)+4:]))
	for name, change := range map[string]func(*head){
		"cases":            func(h *head) { h.Cases = math.MaxInt },
		"fewer cases":      func(h *head) { h.Cases = 1 },
		"acts":             func(h *head) { h.Acts, h.Of.N, h.Times.N, h.Steps.N = 1<<24, 1<<24, 1<<24, 1<<24 },
		"negative":         func(h *head) { h.Acts = -1 },
		"ids":              func(h *head) { h.IDs.N, h.IDs.Lens.N = 1<<40, 1<<40 },
		"texts":            func(h *head) { h.Dicts[0].N, h.Dicts[0].Lens.N = 1<<40, 1<<40 },
		"text bytes":       func(h *head) { h.IDs.Bytes.N = math.MaxInt },
		"rows":             func(h *head) { h.Shapes[0].Rows = 1 << 23 },
		"codes":            func(h *head) { h.Shapes[0].Fields[0].Codes.Base = 1 },
		"dictionary":       func(h *head) { h.Shapes[0].Fields[0].Dict = 7 },
		"shape":            func(h *head) { h.Shapes = h.Shapes[:1] },
		"width":            func(h *head) { h.Of.Width = 3 },
		"time":             func(h *head) { h.Times.Base = math.MaxInt64 },
		"unit":             func(h *head) { h.Of.Unit = math.MaxInt64 },
		"precision":        func(h *head) { h.Shapes[0].Precision = 9 },
		"role":             func(h *head) { h.Shapes[0].Fields[0].Role = 9 },
		"counts of others": func(h *head) { h.Counts.Base = 1 },
	} {
		var h head
		if err := json.Unmarshal(b[prefix:prefix+n], &h); err != nil {
			t.Fatal(err)
		}
		change(&h)
		text, err := json.Marshal(&h)
		if err != nil {
			t.Fatal(err)
		}
		bad := append(binary.LittleEndian.AppendUint32(slices.Clone(b[:len(magic)+4]), uint32(len(text))), text...)
		bad = append(bad, b[prefix+n:]...)
		if _, err := Parse("s", bad, ""); err == nil {
			t.Errorf("%s: read", name)
		} else if !strings.Contains(err.Error(), "cut the log again") {
			t.Errorf("%s: %v does not say what to do", name, err)
		}
	}
}

// FuzzParse changes heads and columns; what is read holds together, whatever it says.
func FuzzParse(f *testing.F) {
	add := func(cases ...eventlog.Case) {
		b := encoded(f, cases)
		n := int(binary.LittleEndian.Uint32(b[len(magic)+4:]))
		f.Add(b[prefix:prefix+n], b[prefix+n:])
	}
	add(eventlog.Case{ID: "A", Events: []eventlog.Event{{Act: "x", Data: []eventlog.Field{{Key: "k", Value: "v"}}}, {Act: "y", Time: 5}}}, eventlog.Case{ID: "B", Repeated: true})
	add(eventlog.Case{ID: "A", Data: []eventlog.Field{{Key: "k"}}})
	f.Fuzz(func(t *testing.T, text, body []byte) {
		b := binary.LittleEndian.AppendUint32([]byte(magic), version)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
		s, err := Parse("s", append(append(b, text...), body...), "")
		if err != nil {
			return
		}
		r := s.reader(nil)
		for r.at < s.Cases {
			r.cases(100)
		}
		if r.act != s.Acts {
			t.Fatalf("%d acts of %d", r.act, s.Acts)
		}
	})
}

// FuzzOpen changes the index, sealed again; whatever it says, a folder is read or refused.
func FuzzOpen(f *testing.F) {
	_, files := cutText(f, []byte("case:concept:name,concept:name,time:timestamp\nA,x,2010-03-28T02:30:00Z\nB,y,2010-03-28T03:10:00Z\n"), "log.csv", eventlog.Options{}, 1)
	f.Add(files[IndexName].Data)
	f.Fuzz(func(t *testing.T, text []byte) {
		var x Index
		if err := json.Unmarshal(text, &x); err == nil {
			if x.Digest, err = x.digest(); err != nil {
				t.Fatal(err)
			}
			if text, err = json.Marshal(x); err != nil {
				t.Fatal(err)
			}
		}
		altered := fstest.MapFS{IndexName: &fstest.MapFile{Data: text}}
		for _, name := range []string{"000001.segment", "000002.segment"} {
			altered[name] = files[name]
		}
		d, err := Open(altered, "folder")
		if err != nil {
			return
		}
		if _, err := d.Last(context.Background(), nil); err != nil {
			return
		}
		n := int64(0)
		if stats, err := d.ReadHistory(context.Background(), eventlog.Options{Workers: 1}, func(_ int, b *eventlog.Batch) error { n += int64(len(b.Cases)); return nil }); err == nil && n != stats.Cases {
			t.Fatalf("%d cases of %d", n, stats.Cases)
		}
	})
}

func TestAFolderThatIsNotWholeIsRefused(t *testing.T) {
	const text = "case:concept:name,concept:name,time:timestamp\nA,x,2010-03-28T02:30:00Z\nB,y,2010-03-28T03:10:00Z\nC,x,2010-01-01T00:00:00Z\n"
	whole, files := cutText(t, []byte(text), "log.csv", eventlog.Options{}, 1)
	if len(whole.Files) != 3 || whole.Stats.Events != 3 {
		t.Fatalf("%+v", whole.Index)
	}
	read := func(fs fstest.MapFS) error {
		d, err := Open(fs, "folder")
		if err == nil {
			_, err = d.ReadHistory(context.Background(), eventlog.Options{}, func(int, *eventlog.Batch) error { return nil })
		}
		return err
	}
	// index changes the index and seals it again.
	index := func(f fstest.MapFS, from, to string) {
		text := bytes.Replace(f[IndexName].Data, []byte(from), []byte(to), 1)
		var x Index
		if err := json.Unmarshal(text, &x); err != nil || bytes.Equal(text, f[IndexName].Data) {
			t.Fatal(err, "nothing was changed")
		}
		sum, err := x.digest()
		if err != nil {
			t.Fatal(err)
		}
		f[IndexName].Data = bytes.Replace(text, []byte(x.Digest), []byte(sum), 1)
	}
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"the index was altered": {func(f fstest.MapFS) {
			f[IndexName].Data = bytes.Replace(f[IndexName].Data, []byte(`"civil": false`), []byte(`"civil": true`), 1)
		}, "index.json: it was altered"},
		"whole":             {func(fstest.MapFS) {}, ""},
		"no index":          {func(f fstest.MapFS) { delete(f, IndexName) }, "the cut did not end"},
		"a segment is gone": {func(f fstest.MapFS) { delete(f, "000002.segment") }, "000002.segment"},
		"two were swapped": {func(f fstest.MapFS) {
			f["000002.segment"], f["000003.segment"] = f["000003.segment"], f["000002.segment"]
		}, "the index says"},
		"one is of another cut": {func(f fstest.MapFS) {
			index(f, whole.Files[1].Head, whole.Files[0].Head)
		}, "000002.segment: head: it is not the one of the index"},
		"one is cut short":          {func(f fstest.MapFS) { f["000002.segment"].Data = f["000002.segment"].Data[:40] }, "it has 40 bytes"},
		"one is of a later version": {func(f fstest.MapFS) { f["000001.segment"].Data[9]++ }, "version 257"},
		"the index is other": {func(f fstest.MapFS) {
			index(f, `"cases": 1`, `"cases": 2`)
		}, "hold 4 cases"},
		"a file elsewhere": {func(f fstest.MapFS) {
			index(f, `"000001.`, `"../000001.`)
		}, "../000001"},
	} {
		t.Run(name, func(t *testing.T) {
			altered := fstest.MapFS{}
			for n, f := range files {
				altered[n] = &fstest.MapFile{Data: slices.Clone(f.Data)}
			}
			c.change(altered)
			err := read(altered)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestACutThatFailsLeavesNoIndex(t *testing.T) {
	m := &memory{fs: fstest.MapFS{}}
	text := "case:concept:name,concept:name,time:timestamp\nA,x,2010-03-28T02:30:00Z\nB,y,soon\n"
	if _, err := cut(context.Background(), strings.NewReader(text), "log.csv", nil, eventlog.Options{}, m.create, 1); err == nil || m.fs[IndexName] != nil {
		t.Errorf("error %v, files %v", err, m.fs)
	}
	full := errors.New("disk full")
	if _, err := cut(context.Background(), strings.NewReader(text[:70]), "log.csv", nil, eventlog.Options{}, func(string) (io.WriteCloser, error) { return nil, full }, 1); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

func ExampleOpen() {
	m := &memory{fs: fstest.MapFS{}}
	log := "case:concept:name,concept:name,time:timestamp\nA,file,2026-03-02\nA,decide,2026-03-09\n"
	if _, err := Cut(context.Background(), strings.NewReader(log), "log.csv", nil, eventlog.Options{}, m.create); err != nil {
		fmt.Println(err)
		return
	}
	d, _ := Open(m.fs, "folder")
	fmt.Println(d.Log, d.Stats.Cases, "case,", d.Stats.Events, "acts, wall clock:", d.Civil)
	// Output: log.csv 1 case, 2 acts, wall clock: true
}
