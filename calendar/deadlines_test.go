package calendar

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// The worked deadlines stand in testdata/deadlines.txt, where a lawyer can check them without
// reading Go; its head explains the columns.
func TestDeadlines(t *testing.T) {
	text, err := os.ReadFile("testdata/deadlines.txt")
	if err != nil {
		t.Fatal(err)
	}
	calendars := map[string]*Calendar{"cn": china(t), "plain": plain(t), "-": nil}
	rows := 0
	seen := map[string]bool{}
	for n, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "|")
		if len(f) != 10 {
			t.Fatalf("line %d has %d columns, want 10: %s", n+1, len(f), line)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		name, zone, cal, start, base, extensions, suspensions, rule, want, basis := f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9]
		if seen[name] || basis == "" {
			t.Errorf("line %d: a name twice, or no basis: %s", n+1, name)
		}
		seen[name] = true
		rows++
		t.Run(name, func(t *testing.T) {
			z, err := LoadZone(map[string]string{"cn": "Asia/Shanghai", "it": "Europe/Rome"}[zone])
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			c := Clock{Start: moment(t, z, start)}
			if c.Base, err = ParseTerm(base); err != nil {
				t.Fatal(err)
			}
			for _, e := range fields(extensions) {
				term, err := ParseTerm(e)
				if err != nil {
					t.Fatal(err)
				}
				c.Extensions = append(c.Extensions, term)
			}
			for _, s := range fields(suspensions) {
				from, to, ok := strings.Cut(s, "..")
				if !ok {
					t.Fatalf("suspension %q is not from..to", s)
				}
				i := Interval{moment(t, z, from), Never}
				if to != "" {
					i.To = moment(t, z, to)
				}
				c.Suspensions = append(c.Suspensions, i)
			}
			switch rule {
			case "stays":
			case "rolls":
				c.Roll = RollNextWorking
			case "liberty":
				c.Liberty, c.Roll = true, RollNextWorking // the roll is set, and must be ignored
			default:
				t.Fatalf("rule %q is not stays, rolls or liberty", rule)
			}
			calendar, ok := calendars[cal]
			if !ok {
				t.Fatalf("calendar %q is not cn, plain or -", cal)
			}
			d, err := c.Deadline(z, calendar)
			if got := show(z, c, d, err); got != want {
				t.Errorf("line %d: got %s, want %s (%s)", n+1, got, want, basis)
			}
			if err == nil && (d.Last != z.Date(d.Due) || c.Base.IsCivil() && d.Due != z.End(d.Last)) {
				t.Errorf("line %d: due %v does not belong to %v", n+1, d.Due, d.Last)
			}
		})
	}
	if rows < 80 {
		t.Errorf("%d worked deadlines, want at least 80", rows)
	}
}

// show writes a deadline as the table does.
func show(z *Zone, c Clock, d Deadline, err error) string {
	var year *YearError
	switch {
	case errors.As(err, &year):
		return fmt.Sprintf("error: year %d", year.Year)
	case err != nil:
		for _, what := range []string{"out of range", "mixes", "ends before it begins", "needs a calendar"} {
			if strings.Contains(err.Error(), what) {
				return "error: " + what
			}
		}
		return "error: " + err.Error()
	}
	s := d.Last.String()
	if !c.Base.IsCivil() {
		s = d.Due.Time().In(z.Location()).Format("2006-01-02T15:04")
		if z.Name() == "Europe/Rome" {
			s = d.Due.Time().In(z.Location()).Format("2006-01-02T15:04Z07:00")
		}
	}
	if d.Open {
		return "not before " + s
	}
	return s
}

func moment(t *testing.T, z *Zone, s string) Instant {
	t.Helper()
	i, _, offset, err := ParseInstant(s)
	if err != nil {
		t.Fatal(err)
	}
	if !offset {
		i = z.Local(i)
	}
	return i
}

func fields(s string) []string {
	if s == "-" {
		return nil
	}
	return strings.Fields(s)
}

// china is the calendar of the pack, read here without the pack loader.
func china(t testing.TB) *Calendar {
	t.Helper()
	text, err := os.ReadFile("../packs/cn-police/calendars/cn.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Name    string
		Weekend []string
		Years   map[int]struct {
			Off, Work []string
			Source    map[string]string
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(file.Weekend) != "[sat sun]" {
		t.Fatalf("weekend is %v", file.Weekend)
	}
	years := map[int]Year{}
	for y, in := range file.Years {
		years[y] = Year{dates(t, in.Off), dates(t, in.Work), in.Source["zh"]}
		if in.Source["zh"] == "" || in.Source["url"] == "" {
			t.Errorf("%d has no source", y)
		}
	}
	c, err := New(file.Name, []time.Weekday{time.Saturday, time.Sunday}, years)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func plain(t testing.TB) *Calendar {
	t.Helper()
	c, err := New("plain", []time.Weekday{time.Saturday, time.Sunday}, map[int]Year{AnyYear: {}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func dates(t testing.TB, list []string) []Date {
	t.Helper()
	var out []Date
	for _, s := range list {
		d, err := ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

func zone(t testing.TB, name string) *Zone {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
