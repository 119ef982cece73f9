package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"compress/gzip"
)

const (
	goodEvent = "<event><string key=\"concept:name\" value=\"go\"/><date key=\"time:timestamp\" value=\"2020-01-02T03:04:05Z\"/></event>\n"
	goodTrace = "<trace><string key=\"concept:name\" value=\"t\"/>\n" + goodEvent + "</trace>\n"
)

func inLogText(s string) string { return "<log>\n" + goodTrace + s + "</log>\n" }
func inTraceText(s string) string {
	return inLogText("<trace><string key=\"concept:name\" value=\"u\"/>\n" + s + "</trace>\n")
}
func inEventText(s string) string {
	return inTraceText("<event><string key=\"concept:name\" value=\"go\"/><date key=\"time:timestamp\" value=\"2020-01-02\"/>\n" + s + "</event>\n")
}

func pack(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.Bytes()
}

func event(time string) string {
	return "<event><string key=\"concept:name\" value=\"go\"/><date key=\"time:timestamp\" value=\"" + time + "\"/></event>\n"
}

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[(i+len(b))%len(b)] ^= 0x10
	return b
}

// badInputs: what is refused, and in which words. Lines count from 1; in most XES here line 5 is the first behind
// the good trace, 6 within the second trace.
func badInputs() []badInput {
	packed := pack(inLogText(strings.Repeat(goodTrace, 2000)))
	hollow := pack(inLogText(strings.Repeat(goodTrace, 2000) + "<trace>"))
	small := Options{MaxValue: 1 << 20, MaxTrace: 4 << 20, chunk: 64 << 10}
	m := func(s string) Options {
		m, err := ParseMapping("m.yaml", []byte(s))
		if err != nil {
			panic(err)
		}
		return Options{Map: m}
	}
	simple := m("{case: id, act: what, time: when}")
	return []badInput{
		// the file
		{"empty file", "a.xes", "", Options{}, "a.xes: the file is empty"},
		{"nothing but white space", "a.xes", " \n\n", Options{}, "a.xes: the file holds nothing but white space"},
		{"gzip of nothing", "a.xes.gz", string(pack("")), Options{}, "a.xes.gz: the file is empty (nothing came out of unpacking it)"},
		{"truncated gzip", "a.xes.gz", string(packed[:len(packed)/2]), Options{}, "a.xes.gz: the gzip data end too soon (the file is incomplete: fetch it again)"},
		{"gzip without its checksum", "a.xes.gz", string(packed[:len(packed)-5]), Options{}, "a.xes.gz: the gzip data end too soon (the file is incomplete: fetch it again)"},
		{"gzip header cut", "a.xes.gz", string(packed[:7]), Options{}, "a.xes.gz: the gzip data end too soon (the file is incomplete: fetch it again)"},
		{"garbage behind gzip", "a.xes.gz", string(packed) + "garbage and more", Options{}, "a.xes.gz: something follows the end of the gzip data (the file is damaged, or was joined with another)"},
		{"gzip checksum", "a.xes.gz", string(flip(packed, -7)), Options{}, "a.xes.gz: the gzip checksum does not match (the file is damaged: fetch it again)"},
		{"gzip checksum behind bad XML", "a.xes.gz", string(flip(hollow, -7)), Options{}, "a.xes.gz: the gzip checksum does not match (the file is damaged: fetch it again)"},
		{"gzip damaged", "a.xes.gz", string(packed[:60]) + "\xff\xff\xff\xff" + string(packed[64:]), Options{}, "a.xes.gz: the gzip data are damaged (fetch the file again)"},
		{"gzip within gzip", "a.xes.gz", string(pack(string(packed))), Options{}, "a.xes.gz: gzip within gzip (unpack it once)"},
		{"zip", "a.xes", "PK\x03\x04....", Options{}, "a.xes: the ZIP cannot be opened: zip: not a valid zip file (the file is damaged: fetch it again)"},
		{"UTF-16", "a.xes", "\xff\xfe<\x00l\x00", Options{}, "a.xes:1: the text is UTF-16 (convert the file to UTF-8, for instance with iconv)"},
		{"UTF-16 without mark", "a.xes", "<\x00l\x00o\x00g\x00", Options{}, "a.xes:1: the text is UTF-16 (convert the file to UTF-8, for instance with iconv)"},
		{"JSON", "a.json", `{"ocel": 1}`, Options{}, "a.json: JSON, but not OCEL 2.0: it lacks objects or events (OCEL 2.0 is the JSON that is read)"},
		{"not XML", "a.xes", "hello", Options{}, `a.xes:1: not XML: the text begins with "hello"`},
		{"unknown", "a.bin", "hello", Options{}, "a.bin: neither XES, OCEL, Parquet, XLSX nor CSV (files are known by their content; a CSV ends in .csv, or has a mapping)"},
		{"declared in another encoding", "a.xes", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<log/>", Options{}, `a.xes:1: the file declares its encoding as "ISO-8859-1" (convert it to UTF-8, for instance with iconv, and change the declaration)`},
		{"XML 1.1", "a.xes", "<?xml version=\"1.1\"?><log/>", Options{}, `a.xes:1: XML version "1.1" (only version 1.0 is read)`},
		{"blank before the declaration", "a.xes", "\n <?xml version=\"1.0\"?><log/>", Options{}, "a.xes:2: white space before the XML declaration (remove it)"},

		// the document
		{"no log", "a.xes", "<?xml version=\"1.0\"?>\n<!-- nothing -->", Options{}, "a.xes:2: no <log> in the file (is it an XES file?)"},
		{"another root", "a.xes", "\n<pnml>\n</pnml>", Options{}, "a.xes:2: the first element is <pnml>, not <log> (is it an XES file?)"},
		{"prefixed root", "a.xes", "<xes:log/>", Options{}, "a.xes:1: the first element is <xes:log>, not <log> (element names with a namespace prefix are not read)"},
		{"no traces", "a.xes", "<log></log>", Options{}, "a.xes: no cases in the log (there is nothing to judge)"},
		{"two logs", "a.xes", inLogText("") + inLogText(""), Options{}, "a.xes:6: an element after </log> (two files may have been joined)"},
		{"two files joined", "a.xes", inLogText("") + "<?xml version=\"1.0\"?>" + inLogText(""), Options{}, "a.xes:6: an XML declaration that is not at the beginning (two files may have been joined)"},
		{"ends before </log>", "a.xes", "<log>\n" + goodTrace, Options{}, "a.xes:5: the text ends before </log> (the file is incomplete)"},
		{"ends inside a trace", "a.xes", "<log>\n" + goodTrace + "<trace>\n", Options{}, "a.xes:6: the text ends inside a trace (the file is incomplete)"},
		{"ends inside an event", "a.xes", "<log>\n" + goodTrace + "<trace>\n<event>\n", Options{}, "a.xes:7: the text ends inside an event (the file is incomplete)"},
		{"ends inside a tag", "a.xes", "<log>\n" + goodTrace + "<trace>\n<string key", Options{}, "a.xes:6: the text ends before </log> (the file is incomplete)"},
		{"ends inside a value", "a.xes", "<log>\n" + goodTrace + "<trace>\n<string key=\"a", Options{}, "a.xes:6: the text ends before </log> (the file is incomplete)"},
		{"ends inside a comment", "a.xes", "<log>\n" + goodTrace + "<!-- </log>", Options{}, "a.xes:5: the text ends inside a comment (the file is incomplete)"},
		{"text behind the log", "a.xes", inLogText("") + "x", Options{}, "a.xes:6: text after </log>"},
		{"DOCTYPE", "a.xes", "<?xml version=\"1.0\"?>\n<!DOCTYPE log SYSTEM \"xes.dtd\">\n<log/>", Options{}, "a.xes:2: a DOCTYPE (document types and the entities they declare are not read; XES needs none, so the line can be removed)"},
		{"entity bomb", "a.xes", "<!DOCTYPE log [<!ENTITY a \"</trace>\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>\n<log/>", Options{}, "a.xes:1: a DOCTYPE (document types and the entities they declare are not read; XES needs none, so the line can be removed)"},

		// traces
		{"mismatched tags", "a.xes", inLogText("<trace><string key=\"concept:name\" value=\"u\"/>\n</event></trace>"), Options{}, "a.xes:6: </event> where </trace> is expected (the file is damaged or incomplete here)"},
		{"trace within a trace", "a.xes", inTraceText("<trace>"), Options{}, "a.xes:6: case 2: a <trace> within a trace (an end tag is missing before it)"},
		{"trace within something", "a.xes", inLogText("<global>\n" + goodTrace + "</global>"), Options{}, "a.xes:6: <trace> inside <global> (an end tag may be missing before it)"},
		{"event outside a trace", "a.xes", inLogText(goodEvent), Options{}, "a.xes:5: an event outside a trace (it belongs to no case)"},
		{"event within an event", "a.xes", inEventText("<event>"), Options{}, "a.xes:7: event 2: an <event> within an event (</event> is missing before it)"},
		{"case without name", "a.xes", inLogText("\n<trace>\n</trace>"), Options{}, "a.xes:6: case 2: no concept:name (a case must have an identifier)"},
		{"text between elements", "a.xes", inTraceText("hello"), Options{}, "a.xes:6: text between elements (XES keeps values in attributes; the text would be lost)"},
		{"CDATA between elements", "a.xes", inTraceText("<![CDATA[</trace>]]>"), Options{}, "a.xes:6: text between elements (XES keeps values in attributes; the text would be lost)"},
		{"value as text", "a.xes", inTraceText("<string key=\"a\" value=\"\">x</string>"), Options{}, "a.xes:6: text between elements (XES keeps values in attributes; the text would be lost)"},
		{"nested too deep", "a.xes", inTraceText(strings.Repeat("<list key=\"a\">", 100)), Options{}, "a.xes:6: elements nested too deep"},
		{"nested mismatch", "a.xes", inTraceText("<list key=\"a\"><values></list></values>"), Options{}, "a.xes:6: </list> where </values> is expected (the file is damaged or incomplete here)"},

		// events
		{"no time", "a.xes", inTraceText("\n<event><string key=\"concept:name\" value=\"x\"/></event>"), Options{}, "a.xes:7: event 2: no time:timestamp (a history without times cannot be judged)"},
		{"no act", "a.xes", inTraceText("\n<event>\n</event>"), Options{}, "a.xes:7: event 2: no concept:name (every event must say what was done)"},
		{"bad time", "a.xes", inTraceText(event("2020-02-30T00:00:00Z")), Options{}, `a.xes:6: event 2: time:timestamp "2020-02-30T00:00:00Z" is not a time (expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999)`},
		{"year 0", "a.xes", inTraceText(event("0001-01-01T00:00:00+05:00")), Options{}, `a.xes:6: event 2: time:timestamp "0001-01-01T00:00:00+05:00" is not a time (expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999)`},
		{"year 10000", "a.xes", inTraceText(event("9999-12-31T23:59:59-05:00")), Options{}, `a.xes:6: event 2: time:timestamp "9999-12-31T23:59:59-05:00" is not a time (expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999)`},
		{"offsets mixed", "a.xes", inTraceText(event("2020-01-02T00:00:00")), Options{}, "a.xes:6: event 2: the timestamp has no offset, that of event 1 is of the other sort (say in which zone the times without offset are)"},
		{"a key twice", "a.xes", inEventText("<int key=\"n\" value=\"1\"/>\n<int key=\"n\" value=\"1\"/>"), Options{}, `a.xes:8: event 2: key "n" occurs twice (which value holds cannot be told)`},
		{"a key twice around an event", "a.xes", inTraceText("<int key=\"n\" value=\"1\"/>" + goodEvent + "<int key=\"n\" value=\"1\"/>"), Options{}, `a.xes:7: case 2: key "n" occurs twice (which value holds cannot be told)`},
		{"no value", "a.xes", inEventText("<int key=\"n\"/>"), Options{}, `a.xes:7: event 2: attribute "n" without value`},
		{"no key", "a.xes", inEventText("<int value=\"n\"/>"), Options{}, "a.xes:7: event 2: <int> without key"},

		// tags and characters
		{"no quotes", "a.xes", inEventText("<int key=n value=\"1\"/>"), Options{}, "a.xes:7: the value of key has no opening quote"},
		{"no closing quote", "a.xes", inEventText("<int key=\"n value=\"1\"/>"), Options{}, "a.xes:7: bad syntax in tag <int> (a quote or > may be missing)"},
		{"runs into the next line", "a.xes", inEventText("<string key=\"n\" value=\"1/>\n<int key=\"m\" value=\"2\"/>"), Options{}, "a.xes:8: a value contains < (a closing quote is missing, or the character should be written &lt;)"},
		{"no =", "a.xes", inEventText("<int key \"n\"/>"), Options{}, "a.xes:7: = is expected after key"},
		{"attribute twice", "a.xes", inEventText("<int key=\"n\" key=\"m\" value=\"1\"/>"), Options{}, "a.xes:7: attribute key twice in one tag"},
		{"stray <", "a.xes", inEventText("< int/>"), Options{}, "a.xes:7: a name is expected here (in XML every < begins a tag; write &lt; for the character)"},
		{"unknown entity", "a.xes", inEventText("<string key=\"n\" value=\"&nbsp;\"/>"), Options{}, `a.xes:7: entity "&nbsp;" is not one of XML's five (entities of a file's own are not resolved)`},
		{"bare &", "a.xes", inEventText("<string key=\"n\" value=\"a & b\"/>"), Options{}, "a.xes:7: & without an entity name and ; (write &amp; for the character)"},
		{"reference to NUL", "a.xes", inEventText("<string key=\"n\" value=\"&#0;\"/>"), Options{}, `a.xes:7: reference "&#0;" names no character that XML allows`},
		{"reference to a surrogate", "a.xes", inEventText("<string key=\"n\" value=\"&#xD800;\"/>"), Options{}, `a.xes:7: reference "&#xD800;" names no character that XML allows`},
		{"NUL", "a.xes", inEventText("<string key=\"n\" value=\"a\x00\"/>"), Options{}, "a.xes:7: a NUL byte (the file is damaged, or not UTF-8 text)"},
		{"NUL between elements", "a.xes", inEventText("\x00"), Options{}, "a.xes:7: a NUL byte (the file is damaged, or not UTF-8 text)"},
		{"control character", "a.xes", inEventText("<string key=\"n\" value=\"a\x1b\"/>"), Options{}, "a.xes:7: control character 0x1b (XML allows none but tab and line ends)"},
		{"Latin-1", "a.xes", inEventText("<string key=\"n\" value=\"caf\xe9\"/>"), Options{}, "a.xes:7: byte 0xe9 is not valid UTF-8 (convert the file to UTF-8, for instance with iconv)"},
		{"Latin-1 in a comment", "a.xes", inEventText("<!-- caf\xe9 -->"), Options{}, "a.xes:7: byte 0xe9 is not valid UTF-8 (convert the file to UTF-8, for instance with iconv)"},
		{"-- in a comment", "a.xes", inEventText("<!-- a -- b -->"), Options{}, "a.xes:7: -- inside a comment"},

		// demands
		{"a huge value", "a.xes", inEventText("<string key=\"n\" value=\"" + strings.Repeat("a", 5<<20) + "\"/>"), small, "a.xes:7: more than 1 MiB in one value, text or comment (a closing quote may be missing)"},
		{"a value just too long", "a.xes", inEventText("<string key=\"n\" value=\"" + strings.Repeat("a", 1<<20+1) + "\"/>"), small, "a.xes:7: a value of more than 1 MiB (a closing quote may be missing)"},
		{"a value just too long, in one chunk", "a.xes", inEventText("<string key=\"n\" value=\"" + strings.Repeat("a", 1001) + "\"/>"), Options{MaxValue: 1000}, "a.xes:7: a value of more than 1000 bytes (a closing quote may be missing)"},
		{"a huge trace", "a.xes", inTraceText(strings.Repeat(goodEvent, 60000)), small, "a.xes:5: no </trace> within 4 MiB (is it an XES file?)"},
		{"a trace just too long", "a.xes", inTraceText(strings.Repeat(goodEvent, 10)), Options{MaxTrace: 1000}, "a.xes:5: case 2: a trace of more than 1000 bytes"},
		{"not XML for long", "a.xes", "<" + strings.Repeat("a", 5<<20), small, "a.xes:1: more than 1 MiB in one value, text or comment (a closing quote may be missing)"},
		{"too many attributes in a tag", "a.xes", inEventText("<int " + manyAttrs(40) + "/>"), Options{}, "a.xes:7: too many attributes in one tag"},
		{"too many attributes in an event", "a.xes", inEventText(manyFields(70000)), Options{}, "a.xes:65541: event 2: too many attributes"},

		// CSV
		{"no header", "a.csv", "\n\n", Options{}, "a.csv: the file holds nothing but white space"},
		{"no rows", "a.csv", "id,what,when\n", simple, "a.csv: no cases in the log (there is nothing to judge)"},
		{"no mapping", "a.csv", "file no,activity,date\n1,go,2020-01-01\n", Options{}, `a.csv:1: no column "case:concept:name"; the columns are file no, activity, date (say in a mapping file which columns are meant, as in case: "file no" | act: activity | time: date)`},
		{"wrong mapping", "a.csv", "id,what,wehn\n1,go,2020-01-01\n", simple, `a.csv:1: no column "when", which the mapping names (did you mean "wehn"?)`},
		{"quite wrong mapping", "a.csv", "a,b,c\n1,go,2020-01-01\n", simple, `a.csv:1: no column "id", which the mapping names (there are a, b, c)`},
		{"missing data column", "a.csv", "id,what,when\n1,go,2020-01-01\n", m("{case: id, act: what, time: when, data: {x: amuont}}"), `a.csv:1: no column "amuont", which the mapping names (there are id, what, when)`},
		{"duplicate columns", "a.csv", "id,what,when,id\n", simple, `a.csv:1: columns 1 and 4 are both called "id"`},
		{"ragged row", "a.csv", "id,what,when\n\n1,go,2020-01-01\n1,go\n", simple, "a.csv:4: the row has 2 fields, the header 3 (a separator or a quote may be missing)"},
		{"ragged row behind one with lines in it", "a.csv", "id,what,when\n1,\"g\no\",2020-01-01\n1,go,2020-01-01,\n", simple, "a.csv:4: the row has 4 fields, the header 3 (a separator or a quote may be missing)"},
		{"bare quote", "a.csv", "id,what,when\n1,g\"o,2020-01-01\n", simple, "a.csv:2: a quote within an unquoted field (quote the field and double the quotes in it)"},
		{"text behind a quote", "a.csv", "id,what,when\n1,\"go\"x,2020-01-01\n", simple, "a.csv:2: text behind a closing quote (double the quotes within a field)"},
		{"no closing quote in CSV", "a.csv", "id,what,when\n1,go,2020-01-01\n1,\"go,2020-01-01\n1,go,2020-01-01\n", simple, "a.csv:3: a quoted field that does not end (its closing quote is missing)"},
		{"no case", "a.csv", "id,what,when\n,go,2020-01-01\n", simple, "a.csv:2: the row names no case (column 1 is empty)"},
		{"no act in CSV", "a.csv", "id,what,when\n1,,2020-01-01\n", simple, "a.csv:2: no what (every event must say what was done)"},
		{"no time in CSV", "a.csv", "id,what,when\n1,go,\n", simple, "a.csv:2: no when (a history without times cannot be judged)"},
		{"bad time in CSV", "a.csv", "id,what,when\n1,go,24/12/2020\n", simple, `a.csv:2: when "24/12/2020" is not a time (expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999)`},
		{"time against the layout", "a.csv", "id,what,when\n1,go,2020-12-24\n", m("{case: id, act: what, time: when, layout: DD/MM/YYYY}"), `a.csv:2: when "2020-12-24" is not a time (the mapping says DD/MM/YYYY)`},
		{"offsets mixed in CSV", "a.csv", "id,what,when\n1,go,2020-01-01T00:00:00Z\n2,go,2020-01-01\n", simple, "a.csv:3: the timestamp has no offset, that on line 2 is of the other sort (say in which zone the times without offset are)"},
		{"NUL in CSV", "a.csv", "id,what,when\n1,g\x00,2020-01-01\n", simple, "a.csv:2: a NUL byte (the file is damaged, or not UTF-8 text)"},
		{"Latin-1 in CSV", "a.csv", "id,what,when\n1,caf\xe9,2020-01-01\n", simple, "a.csv:2: byte 0xe9 is not valid UTF-8 (convert the file to UTF-8, for instance with iconv)"},
		{"rows of a case disagree", "a.csv", "id,what,when,case:kind\n1,go,2020-01-01,a\n1,go,2020-01-01,b\n", simple, `a.csv:3: case "1" has "b" under "kind", but "a" on a row before (a column that begins with case: holds one value for the whole case)`},
		{"huge CSV", "a.csv", "id,what,when\n" + strings.Repeat("1,go,2020-01-01\n", 10000), Options{Map: simple.Map, MaxHeld: 1000}, "a.csv: a CSV of more than 1000 bytes (it is held in memory whole; XES is not)"},
		{"a long value in CSV", "a.csv", "id,what,when\n1,\"" + strings.Repeat("x", 1001) + "\",2020-01-01\n", Options{Map: simple.Map, MaxValue: 1000}, "a.csv:2: a value of more than 1000 bytes (a closing quote may be missing)"},
	}
}

type badInput struct {
	name, file, text string
	opt              Options
	want             string
}

func manyAttrs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=\"\"", i)
	}
	return b.String()
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<int key=\"%d\" value=\"1\"/>\n", i)
	}
	return b.String()
}

func TestBadInputIsRefusedInOneSentence(t *testing.T) {
	for _, tt := range badInputs() {
		t.Run(tt.name, func(t *testing.T) {
			for _, workers := range []int{1, 2} {
				for _, size := range []int{tt.opt.chunk, 1, 100} {
					opt := tt.opt
					opt.Workers, opt.chunk = workers, size
					_, err := Read(context.Background(), strings.NewReader(tt.text), tt.file, opt, func(int, *Batch) error { return nil })
					if fmt.Sprint(err) != tt.want {
						t.Errorf("workers %d, chunks of %d:\n got %v\nwant %s", workers, size, err, tt.want)
					}
					var e *Error
					if err != nil && !errors.As(err, &e) {
						t.Errorf("error of type %T", err)
					}
				}
			}
		})
	}
}
