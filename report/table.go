package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/procedure"
)

// findingRow is one finding in a table. Absent values are empty.
type findingRow struct {
	Rule       string     `parquet:"rule,dict"`
	TitleZH    string     `parquet:"title_zh,dict"`
	TitleEN    string     `parquet:"title_en,dict"`
	Severity   int32      `parquet:"severity"`
	Kind       string     `parquet:"basis_kind,dict"`
	Basis      string     `parquet:"basis,dict"`
	Unverified string     `parquet:"unverified,dict"`
	Case       string     `parquet:"case"`
	Record     int64      `parquet:"record"`
	Subject    string     `parquet:"subject,dict"`
	When       time.Time  `parquet:"when,timestamp(microsecond)"`
	Due        *time.Time `parquet:"due,optional,timestamp(microsecond)"`
	Act        string     `parquet:"act,dict"`
	Person     string     `parquet:"person,dict"`
	Unit       string     `parquet:"unit,dict"`
	Unjudged   bool       `parquet:"unjudged"`
}

var columns = []string{"rule", "title_zh", "title_en", "severity", "basis_kind", "basis", "unverified", "case", "record", "subject", "when", "due", "act", "person", "unit", "unjudged"}

func tableRow(r *audit.Report, x *audit.Row) findingRow {
	f := &r.Findings[x.Finding]
	row := findingRow{f.Rule, f.Title.ZH, f.Title.EN, int32(f.Severity), f.Basis.Kind, strings.Join(f.Basis.Cites, " "), f.Basis.Unverified,
		x.Case, x.Record, x.Subject, x.When.Time(), nil, x.Act, x.Person, x.Unit, x.Unjudged}
	if x.Due != 0 && x.Due != calendar.Never {
		t := x.Due.Time()
		row.Due = &t
	}
	return row
}

// CSV writes a row for each finding of a report made with audit.Options.Rows: UTF-8, comma, RFC 4180; times as RFC 3339 in the
// zone of the procedure. A text that a spreadsheet would take for a formula stands behind an apostrophe.
func CSV(out io.Writer, r *audit.Report, p *procedure.Procedure) error {
	w := csv.NewWriter(out)
	if err := w.Write(columns); err != nil {
		return err
	}
	zone := p.Pack.Zone.Location()
	for i := range r.Rows {
		x := tableRow(r, &r.Rows[i])
		due := ""
		if x.Due != nil {
			due = x.Due.In(zone).Format(time.RFC3339)
		}
		if err := w.Write([]string{x.Rule, x.TitleZH, x.TitleEN, strconv.Itoa(int(x.Severity)), x.Kind, x.Basis, x.Unverified, plain(x.Case), strconv.FormatInt(x.Record, 10),
			plain(x.Subject), x.When.In(zone).Format(time.RFC3339), due, x.Act, plain(x.Person), plain(x.Unit), strconv.FormatBool(x.Unjudged)}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// plain keeps a spreadsheet from reading a text of the log as a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// Parquet writes the same rows as a Parquet file, texts as they are; times in UTC, to the microsecond.
func Parquet(out io.Writer, r *audit.Report) error {
	w := parquet.NewGenericWriter[findingRow](out, parquet.Compression(&parquet.Zstd))
	batch := make([]findingRow, 0, 1024)
	for i := range r.Rows {
		batch = append(batch, tableRow(r, &r.Rows[i]))
		if len(batch) == cap(batch) || i == len(r.Rows)-1 {
			if _, err := w.Write(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return w.Close()
}
