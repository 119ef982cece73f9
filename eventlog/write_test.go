package eventlog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/calendar"
)

// anyCases draws cases that XES can hold.
func anyCases() *rapid.Generator[[]Case] {
	text := rapid.StringOf(rapid.OneOf(
		rapid.RuneFrom([]rune("abc 01&<>\"'\t\n\r]-")), rapid.RuneFrom([]rune("é分類\u2028\u007f𝄞\uFFFD")),
	))
	some := rapid.Custom(func(t *rapid.T) string { return "x" + text.Draw(t, "text") })
	data := rapid.Custom(func(t *rapid.T) []Field {
		keys := rapid.SliceOfNDistinct(some, 0, 4, rapid.ID).Draw(t, "keys")
		var fields []Field
		for _, k := range keys {
			fields = append(fields, Field{k, text.Draw(t, "value"), Kind(rapid.IntRange(0, 5).Draw(t, "kind"))})
		}
		return fields
	})
	event := rapid.Custom(func(t *rapid.T) Event {
		return Event{
			Act: some.Draw(t, "act"), Time: calendar.Instant(rapid.Int64Range(int64(earliest), int64(latest)).Draw(t, "time")),
			Person: text.Draw(t, "person"), Post: text.Draw(t, "post"), Unit: text.Draw(t, "unit"),
			Lifecycle: text.Draw(t, "lifecycle"), Data: data.Draw(t, "data"),
		}
	})
	one := rapid.Custom(func(t *rapid.T) Case {
		c := Case{ID: some.Draw(t, "id"), Data: data.Draw(t, "data")}
		if n := rapid.IntRange(0, 4).Draw(t, "events"); n > 0 {
			for range n {
				c.Events = append(c.Events, event.Draw(t, "event"))
			}
		}
		return c
	})
	return rapid.SliceOfN(one, 1, 6)
}

func TestWrittenLogReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := anyCases().Draw(t, "cases")
		var b, again bytes.Buffer
		if err := WriteXES(&b, slices.Values(cases)); err != nil {
			t.Fatal(err)
		}
		got, stats, err := whole(b.Bytes(), "w.xes", Options{Workers: 2, chunk: rapid.IntRange(1, 3000).Draw(t, "chunk")})
		if err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		if diff := cmp.Diff(cases, got, cmpopts.IgnoreFields(Case{}, "Record", "Repeated"), cmpopts.IgnoreFields(Event{}, "Record")); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
		if int(stats.Cases) != len(cases) || stats.Bytes != int64(b.Len()) {
			t.Fatalf("stats %+v", stats)
		}
		ref, err := reference(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ref, got, cmpopts.IgnoreFields(Case{}, "Repeated")); diff != "" {
			t.Fatalf("(-encoding/xml +read)\n%s", diff)
		}
		if err := WriteXES(&again, slices.Values(got)); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Fatalf("written again it differs (%v)", err)
		}
	})
}

func TestWriterRefusesWhatCannotBeReadBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Case
		want string
	}{
		{"no identifier", Case{}, "write case 1: it has no identifier"},
		{"no act", Case{ID: "a", Events: []Event{{}}}, "write case 1: event 1: it has no act"},
		{"the end of time", Case{ID: "a", Events: []Event{{Act: "a", Time: calendar.Never}}}, "write case 1: event 1: its time is outside the years 0001 to 9999"},
		{"control character", Case{ID: "a\x00"}, `write case 1: value of "concept:name": a character that XML does not allow`},
		{"not UTF-8", Case{ID: "a\xff"}, `write case 1: value of "concept:name": not valid UTF-8`},
		{"a key twice", Case{ID: "a", Data: []Field{{"k", "1", Int}, {"k", "1", Int}}}, `write case 1: key "k" occurs twice`},
		{"a key of our own", Case{ID: "a", Events: []Event{{Act: "a", Data: []Field{{"time:timestamp", "x", Time}}}}}, `write case 1: event 1: key "time:timestamp" occurs twice`},
		{"unknown kind", Case{ID: "a", Data: []Field{{"k", "1", Kind(9)}}}, `write case 1: key "k": unknown kind 9`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := WriteXES(new(strings.Builder), slices.Values([]Case{tt.c}))
			if fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
