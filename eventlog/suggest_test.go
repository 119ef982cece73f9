package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// guessed writes a suggestion as lines.
func guessed(s *Suggestion) string {
	var b strings.Builder
	for _, g := range s.Guesses {
		fmt.Fprintf(&b, "%s %s=%s %d %v\n", g.Table, g.Part, g.Column, g.Sure, g.Others)
	}
	for _, q := range s.Open {
		fmt.Fprintf(&b, "? %s %s %v\n", q.Table, q.What, q.Names)
	}
	return b.String()
}

func TestSuggestions(t *testing.T) {
	many := func(head, row string, n int) string {
		var b strings.Builder
		b.WriteString(head + "\n")
		for i := range n {
			fmt.Fprintf(&b, row+"\n", i/2, i%28+1)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name  string
		files []string
		want  string
	}{
		{"two times, and two columns that could be the case",
			[]string{"log.csv", many("file,number,step,begun,ended", "F%[1]d,N%[1]d,a,2025-03-%02[2]d,2025-03-%02[2]d 10:00", 20)},
			" time=begun 0 [ended]\n case=file 1 [number]\n act=step 1 []\n?  zone []\n"},
		{"numbers that look like days are no times",
			[]string{"log.csv", many("案号,环节,金额,办理时间", "A%d,询问,20250301,2025年3月%d日", 20)},
			" time=办理时间 2 []\n case=案号 2 []\n act=环节 1 []\n?  zone []\n"},
		{"tables that nothing joins",
			[]string{"a.csv", many("a_id,at", "A%[1]d,2025-01-%02[2]d", 20), "b.csv", many("b_id,when", "B%[1]d,2025-01-%02[2]d", 20)},
			"a case=a_id 0 []\na time=at 2 []\nb case=b_id 0 []\nb time=when 2 []\n? a alone []\n?  zone []\n? a act-name [at]\n? b alone []\n? b act-name [when]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := filesOf(tt.files...).Suggest(context.Background(), Options{}, Acts{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, guessed(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzSuggest holds that whatever is proposed for a table can be read as a mapping again, and is the same then.
func FuzzSuggest(f *testing.F) {
	f.Add("id,what,when\n1,a,2025-01-01\n", "id,of\n1,1\n")
	f.Add("案号,环节,时间\nA,询问,2025年1月1日\nA,送达,2025年1月2日\n", "a: b\n1\n")
	f.Add("\"x\ny: {\",\"\"\"\"\n1,2025-01-01\n", "#,&a\n1,20250101\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		s, err := filesOf("a.csv", a, "b.csv", b).Suggest(context.Background(), Options{}, Acts{})
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		m, err := ParseMapping("m.yaml", []byte(s.Mapping.String()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, s.Mapping)
		}
		if m.String() != s.Mapping.String() {
			t.Fatalf("written\n%s\nread\n%s", s.Mapping, m)
		}
	})
}
