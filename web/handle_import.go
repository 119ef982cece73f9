package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// ImportPage takes rows of another system. Posts unit and file to Action.
type ImportPage struct {
	Frame
	Action  string
	Title   string
	Units   *Field // nil: there is but one
	Columns []ImportColumn
	Error   string
	Done    bool
	Taken   int
	Again   int
	Rows    []ImportRow // what was not taken, then what was
}

// ImportColumn is a column that a file may have.
type ImportColumn struct {
	Name, Title, Form string
	Required          bool
}

// ImportRow is what became of a row.
type ImportRow struct {
	Line   int
	Number string
	Case   *Link
	Again  bool
	Faults []string
}

// Template names the file of the page.
func (*ImportPage) Template() string { return "import" }

// imported finds the opening that the address names, where its cases are imported.
func (c *call) imported() (opening, error) {
	o, err := c.opening()
	if err != nil {
		return o, err
	}
	if _, key := handling.ImportKey(o.proc); key == "" {
		return o, casefile.ErrNotFound
	}
	return o, nil
}

func (c *call) importPage(o opening) *ImportPage {
	p := &ImportPage{Frame: c.frame(AreaMatters), Action: o.at("/matters/import", url.Values{}), Title: o.act.Title.In(c.lang)}
	if len(o.units) > 1 {
		p.Units = &Field{Name: "unit", Label: c.both("单位", "Unit"), Type: FieldEnum, Required: true}
		for i, u := range o.units {
			p.Units.Options = append(p.Units.Options, Option{Value: string(u.ID), Text: c.House.Unit(string(u.ID)).In(c.lang), Chosen: i == 0})
		}
	}
	for i := range o.act.Fields {
		f := &o.act.Fields[i]
		p.Columns = append(p.Columns, ImportColumn{Name: f.Name, Title: f.Title.In(c.lang), Form: c.written(f), Required: f.Required})
	}
	return p
}

// written says how a value is written in a file.
func (c *call) written(f *procedure.FieldInfo) string {
	if len(f.Enum) > 0 {
		var ids []string
		for _, o := range f.Enum {
			ids = append(ids, o.ID)
		}
		return strings.Join(ids, " | ")
	}
	switch f.Kind {
	case casefile.Bool:
		return "true | false"
	case casefile.Instant:
		return "2026-03-01T10:05"
	case casefile.Date:
		return "2026-03-01"
	case casefile.Int:
		return "12"
	case casefile.Money:
		return "35.50"
	}
	if f.Names() || f.As == "officers" || f.As == "handlers" || f.As == "unit" {
		return c.both("编号", "id")
	}
	return c.both("文字", "text")
}

func showImport(c *call) error {
	o, err := c.imported()
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, c.importPage(o))
}

const mostImported = 8 << 20

func doImport(c *call) error {
	o, err := c.imported()
	if err != nil {
		return err
	}
	p := c.importPage(o)
	wrong := func(zh, en string) error {
		p.Error = c.both(zh, en)
		return c.page(http.StatusUnprocessableEntity, p)
	}
	if err := c.r.ParseMultipartForm(mostImported); err != nil {
		return errors.Join(errForm, err)
	}
	file, _, err := c.r.FormFile("file")
	if err != nil {
		return wrong("请选择CSV文件", "choose a CSV file")
	}
	defer func() { _ = file.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(file, mostImported+1))
	if err != nil {
		return err
	}
	if len(raw) > mostImported {
		return wrong("文件超过8 MB", "the file is larger than 8 MB")
	}
	rows, zh, en := csvRows(raw, o.act)
	if en != "" {
		return wrong(zh, en)
	}
	unit := o.units[0].ID
	if typed := authority.UnitID(c.r.PostFormValue("unit")); typed != "" {
		unit = typed
	}
	taken, err := c.House.Import(c.r.Context(), c.who, o.proc, unit, rows)
	var invalid *handling.Invalid
	if errors.As(err, &invalid) {
		p.Error = invalid.Problems[0].Text.In(c.lang)
		return c.page(http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	p.Done = true
	for _, t := range taken {
		row := ImportRow{Line: t.Line, Number: t.Number, Again: t.Again}
		for _, x := range t.Problems {
			label := x.Field
			if i := slices.IndexFunc(o.act.Fields, func(f procedure.FieldInfo) bool { return f.Name == x.Field }); i >= 0 {
				label = o.act.Fields[i].Title.In(c.lang)
			}
			row.Faults = append(row.Faults, label+c.both("：", ": ")+x.Text.In(c.lang))
		}
		for _, r := range c.reasons(o.proc, nil, t.Refused, nil) {
			row.Faults = append(row.Faults, r.Text)
		}
		switch {
		case len(row.Faults) > 0:
		case t.Again:
			p.Again++
			row.Case = &Link{c.both("打开", "open"), caseURL(t.Case)}
		default:
			p.Taken++
			row.Case = &Link{c.both("打开", "open"), caseURL(t.Case)}
		}
		p.Rows = append(p.Rows, row)
	}
	slices.SortStableFunc(p.Rows, func(a, b ImportRow) int { return one(len(b.Faults) > 0) - one(len(a.Faults) > 0) })
	return c.page(http.StatusOK, p)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// csvRows reads the rows of a file: a first line of names of data, then one row a line. What is wrong with the file as a whole
// comes back in both languages, with its line.
func csvRows(raw []byte, act *procedure.ActInfo) (rows []handling.Row, zh, en string) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return nil, "文件不是UTF-8编码，请另存为UTF-8", "the file is not UTF-8; save it as UTF-8"
	}
	r := csv.NewReader(bytes.NewReader(raw))
	head, err := r.Read()
	if err != nil {
		return nil, "文件是空的，或者第一行无法读取", "the file is empty, or its first line cannot be read"
	}
	for i, name := range head {
		head[i] = strings.TrimSpace(name)
		if !slices.ContainsFunc(act.Fields, func(f procedure.FieldInfo) bool { return f.Name == head[i] }) {
			return nil, "第1行：没有名为“" + head[i] + "”的一列", fmt.Sprintf("line 1: there is no column %q", head[i])
		}
		if slices.Contains(head[:i], head[i]) {
			return nil, "第1行：“" + head[i] + "”出现两次", fmt.Sprintf("line 1: %q stands there twice", head[i])
		}
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "无法读取：" + err.Error(), "cannot be read: " + err.Error()
		}
		line, _ := r.FieldPos(0)
		row := handling.Row{Line: line, Data: map[string]string{}}
		for i, cell := range cells {
			row.Data[head[i]] = cell
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, "文件中没有行", "the file has no rows"
	}
	return rows, "", ""
}
