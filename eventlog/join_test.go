package eventlog

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// filesOf makes a history of texts by name.
func filesOf(texts ...string) *Files {
	f := &Files{Name: "history"}
	for i := 0; i < len(texts); i += 2 {
		f.Files = append(f.Files, File{texts[i], func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(texts[i+1])), nil }})
	}
	return f
}

// told writes cases for a test: one line each, events with their place.
func told(t *testing.T, f History, opt Options) (string, Stats, error) {
	t.Helper()
	var cases []Case
	opt.Workers = 1
	stats, err := Read(context.Background(), f, "history", opt, func(_ int, b *Batch) error {
		for i := range b.Cases {
			cases = append(cases, cloned(b.Cases[i]))
		}
		return nil
	})
	var out strings.Builder
	for _, c := range cases {
		out.WriteString(tellCase(&c, &stats))
	}
	return out.String(), stats, err
}

func cloned(c Case) Case {
	d := c
	d.Events = append([]Event(nil), c.Events...)
	for i := range d.Events {
		d.Events[i].Data = append([]Field(nil), d.Events[i].Data...)
	}
	d.Data = append([]Field(nil), c.Data...)
	return d
}

func tellCase(c *Case, s *Stats) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s", c.ID)
	for _, d := range c.Data {
		fmt.Fprintf(&out, " %s=%s", d.Key, d.Value)
	}
	out.WriteString("\n")
	for _, e := range c.Events {
		fmt.Fprintf(&out, "  %s %s", e.Time, e.Act)
		for _, p := range []string{e.Person, e.Post, e.Unit} {
			if p != "" {
				out.WriteString(" by " + p)
			}
		}
		for _, d := range e.Data {
			fmt.Fprintf(&out, " %s=%s", d.Key, d.Value)
		}
		fmt.Fprintf(&out, " [%s]\n", s.Place(e.Record))
	}
	return out.String()
}

func asidesOf(list []*Aside) string {
	var out strings.Builder
	for _, a := range list {
		fmt.Fprintf(&out, "%s %s %s %d:", a.Table, a.Reason, a.Column, a.Count)
		for _, r := range a.Rows {
			fmt.Fprintf(&out, " %s %q", r.Where, r.Text)
		}
		out.WriteString("\n")
	}
	return out.String()
}

const threeTables = `zone: Asia/Shanghai
acts: {询问: inquiry}
tables:
  call:
    key: no
    case: no
    events: [{act: call, time: at, person: operator, data: {place: place}}]
  file:
    key: file_no
    parent: {table: call, by: call}
    case: file_no
    case_data: {kind: kind}
    events:
      - {act: filing, time: filed, data: {kind: kind, place: call.place}}
      - {act: closing, time: closed, layout: YYYY年M月D日, data: {}}
  act:
    file: acts*.csv
    encoding: gb18030
    key: id
    parent: {table: file, by: file_no}
    events: [{act_from: what, time: at, person: who}]
`

const (
	callsCSV = "no,at,operator,place\nC1,2025-01-01 08:00:00,op1,East\nC2,2025-01-02 08:00:00,op2,\"West, 2\"\nC1,2025-01-01 08:00:00,op1,East\nC2,2025-01-02 09:00:00,op2,West\nC3,,op1,x\nC4,2025-13-01,op,x\n"
	filesCSV = "file_no,call,kind,filed,closed\nF1,C1,theft,2025-01-01T10:00,2025年2月1日\nF2,,fraud,2025-01-05T10:00,\nF3,C9,theft,2025-01-05T10:00,\n,,,2025-01-05T10:00,\n"
	actsCSV  = "id,file_no,what,at,who,note\n1,F1,询问,2025-01-01 11:00,张三,n\n2, F1 ,inspection,2025-01-01 09:00,,\n3,F7,询问,2025-01-01 11:00,张三,\n4,F3,询问,2025-01-01 11:00,,\n5,F2,,2025-01-06 11:00,,\n6,F2,询问,2025-01-06 11:00,李四,"
)

func gb(s string) string {
	b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

const wantJoined = `C1 kind=theft
  2025-01-01T00:00:00Z call by op1 place=East [call.csv:2]
  2025-01-01T01:00:00Z inspection [acts-1.csv:3]
  2025-01-01T02:00:00Z filing kind=theft place=East [file.csv:2]
  2025-01-01T03:00:00Z inquiry by 张三 note=n [acts-1.csv:2]
  2025-01-31T16:00:00Z closing [file.csv:2]
C2
  2025-01-02T01:00:00Z call by op2 place=West [call.csv:5]
C3
C4
F2 kind=fraud
  2025-01-05T02:00:00Z filing kind=fraud [file.csv:3]
  2025-01-06T03:00:00Z inquiry by 李四 [acts-1.csv:7]
`

const wantAsides = `call repeated no 1: call.csv:4 "C1"
call replaced no 1: call.csv:3 "C2"
call timeless at 1: call.csv:6 ""
call unreadable at 1: call.csv:7 "2025-13-01"
call childless file 3: call.csv:5 "C2" call.csv:6 "C3" call.csv:7 "C4"
file nameless file_no 1: file.csv:5 ""
file orphan call 1: file.csv:4 "C9"
file childless act 1: file.csv:5 ""
act unreadable what 1: acts-1.csv:6 ""
act orphan file_no 2: acts-1.csv:4 "F7" acts-1.csv:5 "F3"
`

func TestTablesAreJoined(t *testing.T) {
	m := must(ParseMapping("m.yaml", []byte(threeTables)))
	f := filesOf("call.csv", callsCSV, "file.csv", filesCSV, "acts-1.csv", gb(actsCSV))
	for range 2 { // the second time from what was joined
		got, stats, err := told(t, f, Options{Map: m})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantJoined, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(wantAsides, asidesOf(stats.Asides)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if stats.Cases != 5 || stats.Events != 8 || stats.Empty != 2 || stats.NoOffset == 0 {
			t.Errorf("%+v", stats)
		}
	}
}

// Whatever the order in which rows come, the cases are the same in the end, and each change names its cases.
func TestAJoinCanGrow(t *testing.T) {
	m := must(ParseMapping("m.yaml", []byte(threeTables)))
	j := NewJoin(m, 0, true)
	feed := func(table, name, text string) {
		t.Helper()
		rows, err := OpenRows(strings.NewReader(text), name, m.table(table), Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := j.File(table, name, rows.Columns())
		if err != nil {
			t.Fatal(err)
		}
		for {
			values, line, err := rows.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Row(line, values); err != nil {
				t.Fatal(err)
			}
		}
	}
	touched := func(want string) {
		t.Helper()
		if got := strings.Join(j.Touched(), " "); got != want {
			t.Errorf("touched %q, want %q", got, want)
		}
	}
	feed("act", "acts-1.csv", gb(actsCSV))
	touched("")
	feed("file", "file.csv", filesCSV)
	touched("F2")
	feed("call", "call.csv", callsCSV)
	touched("C1 C2 C3 C4")
	got := ""
	for _, id := range []string{"C1", "C2", "C3", "C4", "F2"} {
		c, ok := j.Case(id, nil)
		if !ok {
			t.Fatalf("no case %s", id)
		}
		got += tellCase(&c, j.Places())
	}
	if diff := cmp.Diff(wantJoined, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(wantAsides, asidesOf(j.Asides())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// A corrected row moves an act to another case: both change.
	feed("act", "acts-2.csv", gb("id,file_no,what,at,who,note\n6,F1,询问,2025-01-06 11:00,李四,"))
	touched("C1 F2")
	c, _ := j.Case("F2", nil)
	if len(c.Events) != 1 {
		t.Errorf("%d events are left of F2", len(c.Events))
	}
	// The parent comes late: its orphans find it.
	feed("call", "call-2.csv", "no,at,operator,place\nC9,2025-01-04 08:00:00,op1,East\n")
	touched("C9")
	if c, _ := j.Case("C9", nil); len(c.Events) != 3 {
		t.Errorf("C9 has %d events", len(c.Events))
	}
	if _, ok := j.Case("nothing", nil); ok {
		t.Error("a case that is not there")
	}
}

// One table in several files is the same history as in one, and as read by the reader of a single CSV.
func TestOneTableInSeveralFiles(t *testing.T) {
	m := must(ParseMapping("m.yaml", []byte(fullMapping)))
	const head = "case:concept:name;what;when;who;step;amt;case:channel;else\n"
	const one, two = "A;Create Fine;01.02.2020 10:00;ann;complete;35,0;desk;x\nB;Pay;02.02.2020 10:00;;COMPLETE;;;x\n", "A;Pay;01.07.2020 10:00;bob;start;1;desk;x\nA;Pay;01.07.2020 09:00;bob;;1;desk;x\n"
	single, stats1, err := whole([]byte(head+one+two), "a.csv", Options{Map: m})
	if err != nil {
		t.Fatal(err)
	}
	f := filesOf("1.csv", head+one, "2.csv", "\xEF\xBB\xBF"+head+two)
	var cases []Case
	stats, err := Read(context.Background(), f, "history", Options{Map: m, Workers: 1}, func(_ int, b *Batch) error {
		for i := range b.Cases {
			c := cloned(b.Cases[i])
			c.Record = 0
			for k := range c.Events {
				c.Events[k].Record = 0
			}
			cases = append(cases, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range single {
		single[i].Record = 0
		for k := range single[i].Events {
			single[i].Events[k].Record = 0
		}
	}
	if diff := cmp.Diff(single, cases); diff != "" {
		t.Errorf("(-one file +two)\n%s", diff)
	}
	if stats.OtherSteps != stats1.OtherSteps || stats.NoOffset != stats1.NoOffset {
		t.Errorf("%+v\n%+v", stats1, stats)
	}
}

func TestBadTablesAreRefused(t *testing.T) {
	join := must(ParseMapping("m.yaml", []byte(threeTables)))
	flat := must(ParseMapping("m.yaml", []byte("{case: id, act: what, time: at}")))
	for _, tt := range []struct {
		name  string
		files []string
		opt   Options
		want  string
	}{
		{"a table without file", []string{"call.csv", callsCSV, "file.csv", filesCSV}, Options{Map: join}, `history: no file for table "act", whose files are called acts*.csv (the files are call.csv, file.csv)`},
		{"a file without table", []string{"call.csv", callsCSV, "file.csv", filesCSV, "acts.csv", gb(actsCSV), "x.csv", "a\n"}, Options{Map: join}, `x.csv: the file belongs to no table of the mapping (say under file: which table it is, or leave the file out)`},
		{"a column that is missing", []string{"call.csv", "no,at,operater,place\n"}, Options{Map: join}, `call.csv:1: no column "operator", which the mapping names (did you mean "operater"?)`},
		{"a column of the parent that is missing", []string{"call.csv", "no,at,operator\n"}, Options{Map: join}, `call.csv:1: no column "place", which the mapping names (there are no, at, operator)`},
		{"a row too short", []string{"call.csv", "no,at,operator,place\n1,2\n"}, Options{Map: join}, `call.csv:2: the row has 2 fields, the header 4 (a separator or a quote may be missing)`},
		{"a quote that does not end", []string{"call.csv", "no,at,operator,place\n1,2,3,4\n\"1,2,3,4\n"}, Options{Map: join}, `call.csv:3: a quoted field that does not end (its closing quote is missing)`},
		{"GB18030 not said", []string{"call.csv", "no,at,operator,place\n1,,," + gb("东城") + "\n"}, Options{Map: join}, `call.csv:2: byte 0xb6 is not valid UTF-8 (it looks like GB18030 or GBK: say encoding: gb18030 in the mapping)`},
		{"not GB18030", []string{"call.csv", callsCSV, "file.csv", filesCSV, "acts.csv", "id,file_no,what,at,who,note\n1,F1,\xff\xff,2020-01-01,,\n"}, Options{Map: join}, `acts.csv:2: the text is not GB18030 (the file is damaged, or in another encoding)`},
		{"a control character", []string{"call.csv", "no,at,operator,place\n1,2,3,\x01\n"}, Options{Map: join}, `call.csv:2: control character 0x1 (the file is damaged, or not UTF-8 text)`},
		{"a log among the tables", []string{"call.csv", "<log/>"}, Options{Map: join}, `call.csv: the file is xes, not a table (tables are CSV, XLSX and Parquet)`},
		{"no header", []string{"call.csv", "\n\n"}, Options{Map: join}, `call.csv: the file holds nothing but white space`},
		{"columns twice", []string{"call.csv", "a,a\n"}, Options{Map: join}, `call.csv:1: columns 1 and 2 are both called "a"`},
		{"too much for the memory", []string{"call.csv", callsCSV}, Options{Map: join, MaxHeld: 100}, `call.csv:3: the rows take more than 100 bytes of memory (name under data: only the columns that are needed)`},
		{"a row too long", []string{"call.csv", "no,at,operator,place\n" + strings.Repeat("x", 3<<20)}, Options{Map: join, MaxValue: 1 << 20}, `call.csv:2: a value of more than 1 MiB (a closing quote may be missing)`},
		{"flat: no time", []string{"1.csv", "id,what,at\n1,a,2020-01-01\n", "2.csv", "id,what,at\n1,a,\n"}, Options{Map: flat}, `2.csv:2: no at (a history without times cannot be judged)`},
		{"flat: a bad time", []string{"1.csv", "id,what,at\n1,a,2020-01-01\n", "2.csv", "id,what,at\n1,a,soon\n"}, Options{Map: flat}, `2.csv:2: at "soon" is not a time (expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999)`},
		{"flat: no act", []string{"1.csv", "id,what,at\n1,,2020-01-01\n", "2.csv", "id,what,at\n"}, Options{Map: flat}, `1.csv:2: no what (every event must say what was done)`},
		{"flat: no case", []string{"1.csv", "id,what,at\n,a,2020-01-01\n", "2.csv", "id,what,at\n"}, Options{Map: flat}, `1.csv:2: the row names no case (column "id" is empty)`},
		{"two sorts of times", []string{"1.csv", "id,what,at\n1,a,2020-01-01\n", "2.csv", "id,what,at\n1,a,2020-01-01T00:00Z\n"}, Options{Map: flat}, `1.csv:2: the timestamp has no offset, that at 2.csv:2 is of the other sort (say in which zone the times without offset are)`},
		{"tables and logs", []string{"1.csv", "id,what,at\n", "2.xes", "<log/>"}, Options{Map: flat}, `history: some of the files are tables, some are logs of whole cases (audit them apart)`},
		{"nothing in them", []string{"1.csv", "id,what,at\n", "2.csv", "id,what,at\n"}, Options{Map: flat}, `history: no cases in the log (there is nothing to judge)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := told(t, filesOf(tt.files...), tt.opt); fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
