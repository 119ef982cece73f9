package eventlog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/calendar"
)

const fullMapping = `# of the road fines
case: case:concept:name
act: "what"
time: when
layout: DD.MM.YYYY hh:mm
zone: Europe/Rome
person: who
lifecycle: step
data: {amount: amt, channel: "case:channel"}
acts: {"Create Fine": create}
`

func TestMappingOfCSV(t *testing.T) {
	m, err := ParseMapping("m.yaml", []byte(fullMapping))
	if err != nil {
		t.Fatal(err)
	}
	// Rows of two cases take turns; one step is not complete; the separator is the one Italian offices use.
	text := "\xEF\xBB\xBFcase:concept:name;what;when;who;step;amt;case:channel;else\r\n" +
		"A;Create Fine;01.02.2020 10:00;ann;complete;35,0;desk;x\r\n" +
		"B;Pay;02.02.2020 10:00;;COMPLETE;;;x\r\n" +
		"A;Pay;01.07.2020 10:00;bob;start;1;desk;x\r\n" +
		"\r\n" +
		"A;\"Pay \"\"all\"\"\";01.07.2020 10:01;\"b\r\nc\";;;;\r\n"
	got, stats, err := whole([]byte(text), "a.csv", Options{Map: m})
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) calendar.Instant { i, _, _, _ := calendar.ParseInstant(s); return i }
	want := []Case{
		{ID: "A", Record: 2, Data: []Field{{"channel", "desk", String}}, Events: []Event{
			{Act: "create", Time: at("2020-02-01T09:00:00Z"), Precision: calendar.Minute, Person: "ann", Lifecycle: "complete", Record: 2, Data: []Field{{"amount", "35,0", String}}},
			{Act: "Pay \"all\"", Time: at("2020-07-01T08:01:00Z"), Precision: calendar.Minute, Person: "b\nc", Record: 6},
		}},
		{ID: "B", Record: 3, Events: []Event{
			{Act: "Pay", Time: at("2020-02-02T09:00:00Z"), Precision: calendar.Minute, Lifecycle: "COMPLETE", Record: 3},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if stats.OtherSteps != 1 || stats.NoOffset != 3 || stats.Events != 3 {
		t.Errorf("stats %+v", stats)
	}
}

func TestOneMappingServesBothForms(t *testing.T) {
	m, err := ParseMapping("m.yaml", []byte("{case: 'case:concept:name', act: concept:name, time: time:timestamp, unit: org:group, data: {kind: 'case:kind', n: amount}, acts: {a: b}}"))
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := whole([]byte(`<log><trace><string key="concept:name" value="1"/><string key="kind" value="k"/><string key="more" value="k"/><event>
		<string key="concept:name" value="a"/><string key="time:timestamp" value="2020-01-01"/><string key="org:group" value="u"/><string key="amount" value="5"/><string key="kind" value="no"/></event></trace></log>`), "a.xes", Options{Map: m})
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := whole([]byte("case:concept:name\tconcept:name\ttime:timestamp\torg:group\tamount\tcase:kind\tkind\n1\ta\t2020-01-01\tu\t5\tk\tno\n"), "a.tsv", Options{Map: m})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x, c, cmpopts.IgnoreFields(Event{}, "Record"), cmpopts.IgnoreFields(Case{}, "Record")); diff != "" {
		t.Errorf("(-xes +csv)\n%s", diff)
	}
	if len(x) != 1 || x[0].Events[0].Act != "b" || x[0].Data[0] != (Field{"kind", "k", String}) {
		t.Errorf("got %+v", x)
	}
}

func TestMappingWrittenReadsBack(t *testing.T) {
	m, err := ParseMapping("m.yaml", []byte(fullMapping))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseMapping("m.yaml", []byte(m.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again, cmp.Comparer(func(a, b *calendar.Zone) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestBadMappingsAreRefused(t *testing.T) {
	const need = "case: c\nact: a\ntime: t\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "m.yaml: the mapping is empty (case, act and time are needed)"},
		{"only a comment", "# hm\n", "m.yaml: the mapping is empty (case, act and time are needed)"},
		{"a list", "- a\n", "m.yaml:1: names with values are expected here (as in name: column)"},
		{"unknown key", need + "persn: x\n", `m.yaml:4: unknown key "persn" (did you mean "person"?)`},
		{"unknown key far from any", need + "qqqqqq: x\n", `m.yaml:4: unknown key "qqqqqq" (there are case, act, time, layout, zone, person, post, unit, lifecycle, data, acts, encoding, sheet, tables)`},
		{"no time", "case: c\nact: a\n", "m.yaml:1: the mapping does not say what is the time (case, act and time are needed)"},
		{"key twice", need + "act: b\n", `m.yaml:4: not YAML: mapping key "act" already defined at [2:1]`},
		{"column twice", need + "data: {x: k, y: k}\n", `m.yaml:4: column "k" is taken twice, as "x" and "y"`},
		{"unknown zone", need + "zone: Europe/Roma\n", `m.yaml:4: zone "Europe/Roma" is not known: use an IANA name such as Asia/Shanghai: unknown time zone Europe/Roma`},
		{"bad layout", need + "layout: YYYY-QQ\n", `m.yaml:4: layout "YYYY-QQ": "QQ" means nothing here (write it with YYYY MM DD hh mm ss f Z)`},
		{"bad second layout", need + "layout: YYYY-MM-DD | YYYY-MM\n", `m.yaml:4: layout "YYYY-MM": it lacks the day DD`},
		{"layout without day", need + "layout: YYYY-MM\n", `m.yaml:4: layout "YYYY-MM": it lacks the day DD`},
		{"layout with minutes alone", need + "layout: YYYY-MM-DD mm\n", `m.yaml:4: layout "YYYY-MM-DD mm": it lacks the hour hh`},
		{"an alias", "case: &x c\nact: *x\ntime: t\n", "m.yaml:1: plain text is expected here"},
		{"a list for a column", need + "person: [a]\n", "m.yaml:4: plain text is expected here"},
		{"two documents", need + "---\n" + need, "m.yaml:5: a second document (a mapping is one)"},
		{"not YAML", "case: \"c\nact", "m.yaml:1: not YAML: could not find end character of double-quoted text"},
		{"huge", strings.Repeat("#", maxMapping+1), "m.yaml: a mapping of more than 1 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMapping("m.yaml", []byte(tt.text))
			if fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestTimestamps(t *testing.T) {
	for _, tt := range []struct{ layout, text, want string }{
		{"", "2006-07-24T00:00:00+02:00", "2006-07-23T22:00:00Z second offset"},
		{"", "2006-07-24 00:00:00+0200", "2006-07-23T22:00:00Z second offset"},
		{"", "2006-07-24 00:00:00.5+02", "2006-07-23T22:00:00.5Z second offset"},
		{"", "2006-07-24 00:00 -02:30", "2006-07-24T02:30:00Z minute offset"},
		{"", "2006-07-24 00:00 Z", "2006-07-24T00:00:00Z minute offset"},
		{"", "2006-07-24", "2006-07-24T00:00:00Z day"},
		{"", "2006-07-24T24:00:00", "refused"},
		{"", "2006-07-24T00:00:00+2", "refused"},
		{"", "2006-07-24T00:00:00+02000", "refused"},
		{"", "24.07.2006", "refused"},
		{"", strings.Repeat("9", 100) + "+02", "refused"},
		{"D.M.YYYY", "4.7.2006", "2006-07-04T00:00:00Z day"},
		{"D.M.YYYY", "14.12.2006", "2006-12-14T00:00:00Z day"},
		{"DD.MM.YYYY", "4.7.2006", "refused"},
		{"D.M.YYYY | YYYY/M/D hh:mm|YYYY年M月D日", "4.7.2006", "2006-07-04T00:00:00Z day"},
		{"D.M.YYYY | YYYY/M/D hh:mm|YYYY年M月D日", "2006/7/4 09:05", "2006-07-04T09:05:00Z minute"},
		{"D.M.YYYY | YYYY/M/D hh:mm|YYYY年M月D日", "2006年7月4日", "2006-07-04T00:00:00Z day"},
		{"D.M.YYYY | YYYY/M/D hh:mm|YYYY年M月D日", "2006-07-04", "refused"},
		{"YYYYMMDD", "20060704", "2006-07-04T00:00:00Z day"},
		{"YYYY/MM/DD hh:mm:ss.f", "2006/07/04 01:02:03.1234567", "2006-07-04T01:02:03.123456Z second"},
		{"YYYY-MM-DDThh:mmZ", "2006-07-04T01:02+01", "2006-07-04T00:02:00Z minute offset"},
		{"YYYY-MM-DDThh:mmZ", "2006-07-04T01:02+0130", "2006-07-03T23:32:00Z minute offset"},
		{"YYYY-MM-DD", "2006-02-29", "refused"},
		{"YYYY-MM-DD", "2006-02-28 ", "refused"},
		{"YYYY-MM-DD", "0000-02-28", "refused"},
	} {
		var l *layout
		if tt.layout != "" {
			var err error
			if l, err = parseLayout(tt.layout); err != nil {
				t.Errorf("%s: %v", tt.layout, err)
				continue
			}
		}
		got := "refused"
		if st, ok := l.parse(tt.text); ok {
			got = fmt.Sprint(st.at, " ", st.precision)
			if st.offset {
				got += " offset"
			}
		}
		if got != tt.want {
			t.Errorf("%q under %q: got %s, want %s", tt.text, tt.layout, got, tt.want)
		}
	}
}
