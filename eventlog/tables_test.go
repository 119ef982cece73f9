package eventlog

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/calendar"
)

const joinMapping = `zone: Asia/Shanghai
acts: {"立案": filing}
tables:
  call:
    file: calls-*.csv
    key: call_no
    case: call_no
    events:
      - {act: call, time: received_at, person: operator}
  file:
    file: files.xlsx
    sheet: 2025
    key: file_no
    parent: {table: call, by: call}
    case: file_no
    case_data: {kind: kind}
    events:
      - {act: filing, time: filed_at, data: {kind: kind, place: call.place}}
      - {act: closing, time: closed_at, layout: "YYYY/M/D h:mm"}
  act:
    file: [acts-2024.csv, "acts 2025.csv"]
    encoding: GBK
    parent: {table: file, by: file_no, of: old_no}
    data: {}
    events: {act_from: what, time: at, person: who, post: post, unit: unit, lifecycle: step}
`

func TestMappingOfTables(t *testing.T) {
	m, err := ParseMapping("m.yaml", []byte(joinMapping))
	if err != nil {
		t.Fatal(err)
	}
	zone := must(calendar.LoadZone("Asia/Shanghai"))
	want := &Mapping{Zone: zone, Acts: map[string]string{"立案": "filing"}, Tables: []*Table{
		{Name: "call", Files: []string{"calls-*.csv"}, Key: "call_no", Case: "call_no", Events: []TableEvent{{Act: "call", Time: "received_at", Person: "operator"}}},
		{Name: "file", Files: []string{"files.xlsx"}, Sheet: "2025", Key: "file_no", Case: "file_no", Parent: "call", By: "call",
			CaseData: map[string]string{"kind": "kind"}, Events: []TableEvent{
				{Act: "filing", Time: "filed_at", Data: map[string]string{"kind": "kind", "place": "call.place"}},
				{Act: "closing", Time: "closed_at", Layout: "YYYY/M/D h:mm"}}},
		{Name: "act", Files: []string{"acts-2024.csv", "acts 2025.csv"}, Encoding: "gb18030", Parent: "file", By: "file_no", Of: "old_no", Data: map[string]string{},
			Events: []TableEvent{{ActFrom: "what", Time: "at", Person: "who", Post: "post", Unit: "unit", Lifecycle: "step"}}},
	}}
	same := cmp.Options{cmpopts.EquateComparable(), cmp.Comparer(func(a, b *calendar.Zone) bool { return a == b || a != nil && b != nil && a.Name() == b.Name() })}
	if diff := cmp.Diff(want, m, same); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	again, err := ParseMapping("again.yaml", []byte(m.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m)
	}
	if diff := cmp.Diff(m, again, same); diff != "" {
		t.Errorf("written and read back (-want +got)\n%s", diff)
	}
	for name, want := range map[string]bool{"calls-1.csv": true, "x/calls-2.csv": true, `x\calls-3.csv`: true, "calls.csv": false} {
		if m.Tables[0].Takes(name) != want {
			t.Errorf("Takes(%q) is not %v", name, want)
		}
	}
}

func TestBadMappingsOfTablesAreRefused(t *testing.T) {
	const events = "events: [{act: a, time: t}]"
	for _, tt := range []struct{ name, text, want string }{
		{"no way to the case", "tables: {a: {" + events + "}}", `m.yaml:1: table "a" does not lead to a case (give it case: COLUMN, or parent: {table: T, by: COLUMN})`},
		{"no such parent", "tables: {file: {key: k, case: k, " + events + "}, b: {parent: {table: flie, by: x}}}", `m.yaml:1: table "b" has the parent "flie", which is not among the tables (did you mean "file"?)`},
		{"a parent without key", "tables: {a: {case: k, " + events + "}, b: {parent: {table: a, by: x}}}", `m.yaml:1: table "a" is the parent of "b" and has no key (say which column names its rows: key: COLUMN)`},
		{"half a parent", "tables:\n  b: {parent: {table: a}}", `m.yaml:2: a parent is a table and by which column it is named (as in {table: file, by: file_no})`},
		{"a circle", "tables: {a: {key: k, parent: {table: b, by: x}, " + events + "}, b: {key: k, parent: {table: a, by: x}}}", `m.yaml:1: table "a" is its own parent`},
		{"no events", "tables: {a: {case: k}}", `m.yaml:1: no table has events (say under events: which columns of a row are an event, as in - {act: filing, time: filed_at})`},
		{"two names for an act", "tables: {a: {case: k, events: [{act: a, act_from: b, time: t}]}}", `m.yaml:1: an event has either act or act_from (act is the name of the act itself, act_from the column that holds it)`},
		{"an event without time", "tables: {a: {case: k, events: [{act: a}]}}", `m.yaml:1: the event does not say which column holds its time (as in {act: filing, time: filed_at})`},
		{"a bad layout", "tables: {a: {case: k, events: [{act: a, time: t, layout: hh}]}}", `m.yaml:1: layout "hh": it lacks the year YYYY`},
		{"a folder", "tables: {a: {file: x/a.csv}}", `m.yaml:1: file "x/a.csv" is not a pattern for a base name (as in acts-*.csv; the folder is named on the command line)`},
		{"an encoding", "tables: {a: {encoding: big5}}", `m.yaml:1: encoding "big5" is not known (there are utf-8, utf-16 and gb18030, which holds gbk and gb2312)`},
		{"a word misspelt", "tables: {a: {kee: x}}", `m.yaml:1: unknown key "kee" (did you mean "key"?)`},
		{"flat words beside tables", "act: x\ntables: {a: {case: k, " + events + "}}", `m.yaml:1: beside tables there is no act (it belongs to a table, or to one of its events)`},
		{"a stop in a name", "tables: {a.b: {case: k}}", `m.yaml:1: table "a.b": a table's name has letters and no stop`},
		{"a case that is neither", "case: {kind: x}", `m.yaml:1: the case is a column, or the objects of one type (as in case: case_no, or case: {type: Case})`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseMapping("m.yaml", []byte(tt.text)); fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
