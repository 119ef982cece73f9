package eventlog

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole reads everything and clones it, in log order.
func whole(data []byte, name string, opt Options) ([]Case, Stats, error) {
	var mu sync.Mutex
	batches := map[int][]Case{}
	stats, err := Read(context.Background(), bytes.NewReader(data), name, opt, func(_ int, b *Batch) error {
		cases := cloneCases(b.Cases)
		mu.Lock()
		defer mu.Unlock()
		batches[b.Index] = cases
		return nil
	})
	var all []Case
	for i := range len(batches) {
		all = append(all, batches[i]...)
	}
	return all, stats, err
}

func cloneCases(cases []Case) []Case {
	clone := func(f []Field) []Field {
		f = slices.Clone(f)
		for i := range f {
			f[i].Key, f[i].Value = strings.Clone(f[i].Key), strings.Clone(f[i].Value)
		}
		return f
	}
	cases = slices.Clone(cases)
	for i := range cases {
		c := &cases[i]
		c.ID, c.Data, c.Events = strings.Clone(c.ID), clone(c.Data), slices.Clone(c.Events)
		for k := range c.Events {
			e := &c.Events[k]
			for _, s := range []*string{&e.Act, &e.Person, &e.Post, &e.Unit, &e.Lifecycle} {
				*s = strings.Clone(*s)
			}
			e.Data = clone(e.Data)
		}
	}
	return cases
}

// shared opens a file of the shared data, or skips the test.
func shared(t testing.TB, name string) []byte {
	data, err := os.ReadFile("../../shared/data/" + name)
	if err != nil {
		t.Skipf("needs shared data that are not part of the repository: %v", err)
	}
	return data
}

func TestSampleAgreesWithEncodingXML(t *testing.T) {
	data := shared(t, "rtfm/roadtraffic100traces.xes")
	want, err := reference(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 1000, 5000, 1 << 20} {
		got, _, err := whole(data, "sample.xes", Options{chunk: size})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("chunks of %d: (-encoding/xml +ours)\n%s", size, diff)
		}
	}
}
