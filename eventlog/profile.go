package eventlog

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// profiled is a table as its first rows show it: one file, or several with the same columns.
type profiled struct {
	name     string
	files    []string // base names
	encoding string
	sheet    string
	sheets   []string // others of the workbook
	columns  []*profile
	rows     int
}

// profile is what the values of a column are like.
type profile struct {
	name    string
	filled  int
	numbers int
	offsets int            // times with an offset
	fits    []int          // by usualLayouts: so many values are times in it
	counts  map[string]int // of the first distinct values
	all     map[uint64]struct{}
	typed   bool
}

const (
	profiledRows     = 100_000 // of each file
	profiledDistinct = 500
)

// usualLayouts are tried on every column; the first is that of ISO 8601 and its like.
var usualLayouts = func() (all []*layout) {
	all = append(all, nil)
	for _, day := range []string{"YYYY/M/D", "YYYY-M-D", "YYYY.M.D", "YYYY年M月D日", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY", "YYYYMMDD"} {
		for _, clock := range []string{"", " h:mm", " h:mm:ss", " h时mm分", " h时mm分ss秒", "h时mm分", "hhmmss", "hhmm"} {
			if (clock == "hhmmss" || clock == "hhmm") != (day == "YYYYMMDD") && clock != "" || strings.Contains(clock, "时") && !strings.Contains(day, "年") {
				continue
			}
			l, err := parseLayout(day + clock)
			if err != nil {
				panic(err) // they are written above
			}
			all = append(all, l)
		}
	}
	return all
}()

// dayFirst and its like tell the layouts that a column alone may not tell apart.
func confusable(a, b *layout) bool {
	swap := strings.NewReplacer("D/M/", "M/D/", "M/D/", "D/M/")
	return a != nil && b != nil && a != b && swap.Replace(a.text) == b.text
}

// profileTables looks at the first rows of every file.
func profileTables(ctx context.Context, files []File, opt Options) ([]*profiled, error) {
	var tables []*profiled
	for _, file := range files {
		t, err := profileFile(ctx, file, opt)
		if err != nil {
			return nil, err
		}
		if k := slices.IndexFunc(tables, t.like); k >= 0 {
			tables[k].join(t)
		} else {
			tables = append(tables, t)
		}
	}
	for i, t := range tables {
		t.name = t.called()
		for n := 2; slices.ContainsFunc(tables[:i], func(u *profiled) bool { return u.name == t.name }); n++ {
			t.name = t.called() + strconv.Itoa(n)
		}
	}
	return tables, nil
}

// profileFile opens the file as what it is: in the encoding its reader asks for, and of a workbook the widest sheet.
func profileFile(ctx context.Context, file File, opt Options) (*profiled, error) {
	t := &profiled{files: []string{path.Base(strings.ReplaceAll(file.Name, `\`, "/"))}}
	err := t.read(ctx, file, &Table{}, opt)
	var bad *Error
	for _, name := range []string{gb18030, utf16} {
		if errors.As(err, &bad) && strings.Contains(bad.Hint, "encoding: "+name) {
			t.encoding = name
			err = t.read(ctx, file, &Table{Encoding: name}, opt)
		}
	}
	best := t
	for _, sheet := range t.sheets[min(1, len(t.sheets)):] {
		u := &profiled{files: t.files, sheet: sheet}
		if u.read(ctx, file, &Table{Sheet: sheet}, opt) == nil && (err != nil || len(u.columns) > len(best.columns)) {
			best, err = u, nil
		}
	}
	return best, err
}

func (t *profiled) read(ctx context.Context, file File, as *Table, opt Options) (err error) {
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	rows, err := OpenRows(r, file.Name, as, opt)
	if x, ok := rows.(*xlsxRows); ok && x != nil {
		t.sheets = x.sheets
	}
	if err != nil {
		return err
	}
	_, text := rows.(*csvRows)
	t.columns, t.rows = nil, 0
	for _, name := range rows.Columns() {
		t.columns = append(t.columns, &profile{name: strings.Clone(name), fits: make([]int, len(usualLayouts)), counts: map[string]int{}, all: map[uint64]struct{}{}, typed: !text})
	}
	for t.rows < profiledRows {
		if t.rows%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		values, _, err := rows.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		t.rows++
		for i, c := range t.columns {
			c.add(strings.TrimSpace(values[i]))
		}
	}
	return nil
}

func (c *profile) add(v string) {
	if v == "" {
		return
	}
	c.filled++
	h := fnv.New64a()
	_, _ = io.WriteString(h, v) // it never fails
	c.all[h.Sum64()] = struct{}{}
	if _, known := c.counts[v]; known || len(c.counts) < profiledDistinct {
		c.counts[strings.Clone(v)]++
	}
	if _, err := strconv.ParseFloat(v, 64); err == nil {
		c.numbers++
	}
	if len(v) > 40 || c.filled > 2000 && slices.Max(c.fits) < c.filled/4 {
		return
	}
	for i, l := range usualLayouts {
		if st, ok := l.parse(v); ok && plausible(st) {
			c.fits[i]++
			if i == 0 && st.offset {
				c.offsets++
			}
		}
	}
}

// plausible keeps numbers that merely look like dates from passing for them.
func plausible(st stamp) bool {
	year := st.at.Time().UTC().Year()
	return year >= 1950 && year <= 2100
}

// like says whether two files are parts of one table.
func (t *profiled) like(u *profiled) bool {
	return slices.EqualFunc(t.columns, u.columns, func(a, b *profile) bool { return a.name == b.name }) && t.encoding == u.encoding && t.sheet == u.sheet
}

func (t *profiled) join(u *profiled) {
	t.files = append(t.files, u.files...)
	t.rows += u.rows
	for i, c := range t.columns {
		d := u.columns[i]
		c.filled, c.numbers, c.offsets = c.filled+d.filled, c.numbers+d.numbers, c.offsets+d.offsets
		for k, n := range d.fits {
			c.fits[k] += n
		}
		for h := range d.all {
			c.all[h] = struct{}{}
		}
		for v, n := range d.counts {
			if _, known := c.counts[v]; known || len(c.counts) < profiledDistinct {
				c.counts[v] += n
			}
		}
	}
}

// called names the table by what its files' names have in common.
func (t *profiled) called() string {
	name := strings.TrimSuffix(t.files[0], ".gz")
	name = strings.TrimSuffix(name, path.Ext(name))
	for _, f := range t.files[1:] {
		for !strings.HasPrefix(f, name) {
			_, size := lastRune(name)
			name = name[:len(name)-size]
		}
	}
	name = strings.ReplaceAll(name, ".", "_")
	if short := strings.TrimRight(name, "0123456789-_ "); short != "" {
		name = short
	}
	if name == "" {
		name = "table"
	}
	return name
}

func (c *profile) distinct() int { return len(c.all) }

// unique says that no value stands twice.
func (c *profile) unique() bool { return c.filled > 0 && c.distinct() == c.filled }

// time gives the layout in which the values are times, and another in which they are too; false when they are none.
func (c *profile) time() (l, rival *layout, ok bool) {
	best := 0
	for i, n := range c.fits {
		if n > c.fits[best] {
			best = i
		}
	}
	if c.filled == 0 || c.fits[best]*10 < c.filled*9 {
		return nil, nil, false
	}
	l = usualLayouts[best]
	for i, n := range c.fits {
		if n == c.fits[best] && confusable(l, usualLayouts[i]) {
			rival = usualLayouts[i]
		}
	}
	return l, rival, true
}

// within is the share of the values that stand in another column.
func (c *profile) within(d *profile) float64 {
	if len(c.all) == 0 {
		return 0
	}
	n := 0
	for h := range c.all {
		if _, ok := d.all[h]; ok {
			n++
		}
	}
	return float64(n) / float64(len(c.all))
}
