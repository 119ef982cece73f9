package eventlog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// The same table in every encoding that offices write, with a mapping that names it or, with a byte order mark, without, and
// both read as one table and joined.
func TestEncodings(t *testing.T) {
	const text = "编号,事项,时间\n一,开单,2025-03-01\n一,寄送,2025-03-02\n"
	encoded := func(e encoding.Encoding) string {
		out, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want, _, err := whole([]byte(text), "a.csv", Options{Map: &Mapping{Case: "编号", Act: "事项", Time: "时间"}})
	if err != nil || len(want) != 1 {
		t.Fatal(want, err)
	}
	for _, tt := range []struct{ name, text, encoding, error string }{
		{"UTF-8", text, "", ""},
		{"UTF-8 with mark", "\xEF\xBB\xBF" + text, "", ""},
		{"UTF-8 with mark, though the mapping says otherwise", "\xEF\xBB\xBF" + text, gb18030, ""},
		{"GBK", encoded(simplifiedchinese.GBK), gb18030, ""},
		{"GB18030", encoded(simplifiedchinese.GB18030), gb18030, ""},
		{"UTF-16 with mark", encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), "", ""},
		{"UTF-16 with mark, big end first", encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM)), "", ""},
		{"UTF-16 without mark", encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)), utf16, ""},
		{"GBK and nobody says so", encoded(simplifiedchinese.GBK), "", "a.csv:1: byte 0xb1 is not valid UTF-8 (it looks like GB18030 or GBK: say encoding: gb18030 in the mapping)"},
		{"UTF-16 and nobody says so", "i\x00d\x00,\x00b\x00\n\x00", "", "a.csv:1: a NUL byte (it looks like UTF-16: say encoding: utf-16 in the mapping)"},
		{"not GB18030", text, gb18030, "is not GB18030 (the file is damaged, or in another encoding)"},
		{"half a character", encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)) + "a", "", "is not UTF-16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &Mapping{Case: "编号", Act: "事项", Time: "时间", Encoding: tt.encoding}
			got, _, err := whole([]byte(tt.text), "a.csv", Options{Map: m})
			_, joined := rowsOf("a.csv", []byte(tt.text), &Table{Encoding: tt.encoding}, Options{})
			if tt.error != "" {
				for _, err := range []error{err, joined} {
					if err == nil || !strings.Contains(err.Error(), tt.error) {
						t.Errorf("got  %v\nwant %s", err, tt.error)
					}
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil || joined != nil {
				t.Error(err, joined, diff)
			}
		})
	}
	if _, _, err := whole([]byte("\xFF\xFE<\x00l\x00"), "a.xes", Options{}); !strings.Contains(fmt.Sprint(err), "the text is UTF-16") {
		t.Error(err)
	}
}
