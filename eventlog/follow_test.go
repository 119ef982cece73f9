package eventlog

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// A join that follows names each event by its row, whatever file it came in; others have no use for it.
func TestAJoinThatFollowsNamesTheRowsOfItsEvents(t *testing.T) {
	for follow, want := range map[bool]string{true: "call/C1 file/F1/1 file/F1/2", false: "  "} {
		m, err := ParseMapping("m.yaml", []byte(threeTables))
		if err != nil {
			t.Fatal(err)
		}
		j := NewJoin(m, 0, follow)
		for _, f := range [][3]string{{"file", "b.csv", "file_no,call,kind,filed,closed\nF1,C1,theft,2025-01-01T10:00,2025年2月1日\n"}, {"call", "a.csv", "no,at,operator,place\nC1,2025-01-01 08:00:00,op1,East\n"}} {
			rows, err := OpenRows(strings.NewReader(f[2]), f[1], j.table(f[0]).Table, Options{})
			if err != nil {
				t.Fatal(err)
			}
			into, err := j.File(f[0], f[1], rows.Columns())
			if err != nil {
				t.Fatal(err)
			}
			for {
				values, line, err := rows.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if err := into.Row(line, values); err != nil {
					t.Fatal(err)
				}
			}
		}
		c, _ := j.Case("C1", nil)
		var got []string
		for _, e := range c.Events {
			got = append(got, e.Row)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("follows %v: %q, want %q", follow, got, want)
		}
	}
}

// What is wrong with a row of a CSV says on which line the row begins, and whether the next can be read.
func TestARowThatCannotBeReadSaysWhereItBegins(t *testing.T) {
	for _, c := range []struct {
		name, text string
		row        int
		alone      bool
	}{
		{"too few fields", "a,b\n1\n2,3\n", 2, true},
		{"too few fields at the end", "a,b\n1", 2, true},
		{"several lines in one field too few", "a,b\n\"1\n2\"\n3,4\n", 2, false},
		{"a quote that swallows the next row", "a,b\n1,2\n\"3,4\n5,\"6\"\n", 3, false},
		{"a quote that does not end", "a,b\n1,2\n3,\"4\n5,6\n", 3, false},
	} {
		rows, err := OpenRows(strings.NewReader(c.text), "a.csv", &Table{Name: "a"}, Options{})
		for err == nil {
			_, _, err = rows.Next()
		}
		var bad *Error
		if !errors.As(err, &bad) || bad.Row != c.row || bad.Alone != c.alone {
			t.Errorf("%s: %+v", c.name, err)
		}
		if want := "a.csv:"; bad != nil && !strings.HasPrefix(bad.Place(), want) {
			t.Error(bad.Place())
		}
	}
}
