package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/net/html"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
)

var narrative = func() *procedure.Procedure {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		panic(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		panic(err)
	}
	return p
}()

const mapping = "case: id\nact: what\ntime: at\nperson: who\nunit: where\nzone: Europe/Rome\ndata: {amount: amount, expense: expense, totalPaymentAmount: total, paymentAmount: paid}\n"

// judged is the report of a CSV of fines: id, what, at, who, where, amount, expense, total, paid.
func judged(t testing.TB, rows string) *Input {
	t.Helper()
	m, err := eventlog.ParseMapping("map.yaml", []byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	opt := audit.Options{Map: m, Figures: true, Rows: true}
	open := func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("id,what,at,who,where,amount,expense,total,paid\n" + rows)), nil
	}
	ctx := context.Background()
	r, err := audit.Run(ctx, "fines.csv", open, narrative, opt)
	if err != nil {
		t.Fatal(err)
	}
	stories, err := audit.Tell(ctx, "fines.csv", open, narrative, opt, r.Figures.Examples)
	if err != nil {
		t.Fatal(err)
	}
	return &Input{Report: r, Proc: narrative, Stories: stories, Sources: []Source{{Name: "fines.csv", Bytes: int64(len(rows)), SHA256: strings.Repeat("0", 64)}}}
}

// hostile are names that a page, a table or a picture might take for something else than text.
var hostile = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `=cmd|'/c calc'!A1`, `javascript:alert(1)`, `</style><b>`, `{{.R}}`, "案件 一号", strings.Repeat("long", 100), `' onmouseover='x`, `&lt;`}

// year is a log of a year: thirty fines a month, of which from May on every third is sent late, paid and not.
func year(units bool) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(f ...string) {
		if err := w.Write(f); err != nil {
			panic(err)
		}
	}
	n := 0
	for month := 1; month <= 12; month++ {
		for k := range 30 {
			id := fmt.Sprintf("F%03d", n)
			if n%7 == 6 {
				id = hostile[n/7%len(hostile)] + strconv.Itoa(n)
			}
			where := fmt.Sprintf("unit %d", n%6)
			if month > 4 && n%6 == 5 {
				where = hostile[1]
			}
			if !units {
				where = ""
			}
			day := func(m, d int) string { return fmt.Sprintf("20%02d-%02d-%02d", 10+(m-1)/12, (m-1)%12+1, d) }
			line(id, "Create Fine", day(month, 1+k%28), hostile[n%len(hostile)], where, "35", "", "0", "")
			switch {
			case n%3 == 0:
				line(id, "Payment", day(month+1, 3), "", "", "", "", "35", "35")
			case month > 4 && n%3 == 1:
				line(id, "Send Fine", day(month+5, 2), "", "", "", "11", "", "")
			default:
				line(id, "Send Fine", day(month+1, 2), "", "", "", "11", "", "")
				line(id, "Insert Fine Notification", day(month+1, 9), "", "", "", "", "", "")
				line(id, hostile[0], day(month+1, 10), "", "", "", "", "", "")
			}
			n++
		}
	}
	w.Flush()
	return b.String()
}

func written(t testing.TB, in *Input, lang string) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, in, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// each calls f for every node of a page.
func each(t testing.TB, page string, f func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		f(n)
	}
}

// standsAlone says what in a page is more than text and pictures of its own.
func standsAlone(t testing.TB, page string) (bad []string) {
	t.Helper()
	ids, to := map[string]bool{}, []string{}
	each(t, page, func(n *html.Node) {
		if n.Type == html.ElementNode && slices.Contains([]string{"script", "link", "img", "image", "use", "iframe", "object", "embed", "base", "form", "input", "button", "video", "audio", "foreignobject"}, strings.ToLower(n.Data)) {
			bad = append(bad, "element "+n.Data)
		}
		if n.Type == html.TextNode && n.Parent.Data == "style" && regexp.MustCompile(`(?i)url\(|@import|expression\(`).MatchString(n.Data) {
			bad = append(bad, "the style reaches out")
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				bad = append(bad, "id twice: "+a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				to = append(to, a.Val[1:])
			case a.Key == "href", a.Key == "src", a.Key == "style", strings.HasPrefix(a.Key, "on"), a.Key == "http-equiv":
				bad = append(bad, a.Key+"="+a.Val)
			}
		}
	})
	for _, id := range to {
		if !ids[id] {
			bad = append(bad, "nothing has the id "+id)
		}
	}
	for _, s := range []string{"%!", "NaN", "Inf", "ZgotmplZ", "<no value>"} {
		if strings.Contains(page, s) {
			bad = append(bad, "it says "+s)
		}
	}
	return bad
}

func TestPageStandsAlone(t *testing.T) {
	in := judged(t, year(true))
	for _, lang := range []string{"zh", "en"} {
		for _, m := range standsAlone(t, written(t, in, lang)) {
			t.Errorf("%s: %s", lang, m)
		}
	}
	if got := standsAlone(t, `<style>a{background:url(x)}</style><img src=x><p style="a" onclick=b><a href="#gone">`); len(got) != 6 {
		t.Errorf("the check itself sees %d of 6: %q", len(got), got)
	}
}

func TestNamesOfTheLogStayText(t *testing.T) {
	in := judged(t, year(true))
	page := written(t, in, "en")
	said := strings.Builder{}
	each(t, page, func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			said.WriteString(n.Data + "\n")
		}
	})
	for _, x := range in.Report.Figures.Examples {
		if !strings.Contains(said.String(), x.Case) {
			t.Errorf("case %q is not told by its name", x.Case)
		}
	}
	if !strings.Contains(said.String(), hostile[0]) { // an act that the procedure does not know
		t.Errorf("the unknown act is not named")
	}
}

// number reads a count as the page writes it.
func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFiguresAreThoseOfTheAudit(t *testing.T) {
	in := judged(t, year(true))
	r, f := in.Report, in.Report.Figures
	p := newPage(in, "en")
	cases, count := map[string]int64{}, int64(0)
	for _, row := range p.Rules {
		cases[row.Rule] = row.Cases
		if row.Cases > row.Share.Of || row.Share.Low > row.Share.P || row.Share.High < row.Share.P {
			t.Errorf("%s: %+v", row.Rule, row.Share)
		}
	}
	for _, x := range r.Findings {
		if x.Cases != cases[x.Rule] {
			t.Errorf("%s: %d cases on the page, %d found", x.Rule, cases[x.Rule], x.Cases)
		}
		count += x.Count
	}
	if len(r.Rows) != int(count) {
		t.Errorf("%d rows, %d findings", len(r.Rows), count)
	}
	for _, d := range p.Duties {
		sum := 0.0
		for _, b := range d.Bars {
			sum += b
		}
		if math.Abs(sum-100) > 1e-9 || d.Count.OnTime+d.Count.Late+d.Never+d.Waiting+d.Count.Lapsed+d.Count.Waived != d.All {
			t.Errorf("duty %s does not add up: %+v", d.Count.Duty, d)
		}
	}
	found := int64(0)
	for _, a := range f.Arcs {
		found += a.Found
	}
	if found != count {
		t.Errorf("%d findings on arcs, %d in all", found, count)
	}
	for _, tr := range p.Trends {
		sum := int64(0)
		for _, x := range tr.Points {
			sum += x.Count
		}
		var ripe int64
		for _, m := range f.Months {
			if p.Ripe == "" || m.Month <= p.Ripe {
				ripe += m.Found
			}
		}
		if tr.Severity == 0 && (sum != ripe || ripe == 0) {
			t.Errorf("the trend counts %d cases with a finding, the audit %d up to %q", sum, ripe, p.Ripe)
		}
	}
	// and as they are printed
	page := written(t, in, "en")
	m := regexp.MustCompile(`Of ([\d,]+) cases, ([\d,]+) \(`).FindStringSubmatch(page)
	if m == nil || number(t, m[1]) != r.Cases || number(t, m[2]) != f.Found {
		t.Errorf("the page begins with %q; %d cases, %d with a finding", m, r.Cases, f.Found)
	}
	if n := strings.Count(page, `<td class="of">`); n != len(p.Rules) {
		t.Errorf("%d rows of rules, want %d", n, len(p.Rules))
	}
}

// TestMapCountsEveryTransition holds the map against the arcs: what is drawn and what is said to be left out are all of them.
func TestMapCountsEveryTransition(t *testing.T) {
	in := judged(t, year(true))
	p := newPage(in, "en")
	drawn, all := int64(0), int64(0)
	for _, m := range regexp.MustCompile(`<g><title>[^<]*</title><text class="n"[^>]*>([\d,]+)</text>`).FindAllStringSubmatch(string(p.Map.SVG), -1) {
		drawn += number(t, m[1])
	}
	for _, a := range in.Report.Figures.Arcs {
		all += a.Count
	}
	if drawn+p.Map.LeftAll != all || p.Map.All != all {
		t.Errorf("drawn %d, left out %d, together not %d", drawn, p.Map.LeftAll, all)
	}
}

func TestNobodyIsNamedAmongGroups(t *testing.T) {
	in := judged(t, year(false))
	if in.Report.Figures.By != "person" {
		t.Fatalf("groups are by %q", in.Report.Figures.By)
	}
	p := newPage(in, "en")
	if p.Funnel == nil {
		t.Fatal("no funnel")
	}
	if len(p.Funnel.Outside) > 0 {
		t.Errorf("%d people are named", len(p.Funnel.Outside))
	}
}

// TestLongCasesAreShortened tells a case of forty payments of which one stands wrong.
func TestLongCasesAreShortened(t *testing.T) {
	rows := "F1,Create Fine,2010-01-01,,,35,,0,\n"
	for i := 1; i <= 28; i++ {
		total := i
		if i == 14 {
			total = 99
		}
		rows += fmt.Sprintf("F1,Payment,2010-02-%02d,,,,,%d,1\n", i, total)
	}
	p := newPage(judged(t, rows), "en")
	if got := strings.Join(p.Variants[0].Acts, "; "); got != "Create Fine; Payment ×28" {
		t.Errorf("the way is %q", got)
	}
	if len(p.Told) == 0 {
		t.Fatal("no case is told")
	}
	c := p.Told[0].Cases[0]
	var titles []string
	for _, s := range c.Steps {
		titles = append(titles, s.Title)
	}
	if want := "Create Fine; 13 acts in between, without a finding; Payment; 13 acts in between, without a finding; Payment; the log ends here"; strings.Join(titles, "; ") != want || c.Found != 1 {
		t.Errorf("%d found: %q", c.Found, titles)
	}
}

func TestRowsSetAsideAreTold(t *testing.T) {
	in := judged(t, year(true))
	in.Report.SetAside = []*eventlog.Aside{{Table: "acts", Reason: eventlog.Orphan, Column: "call", Count: 1234, Rows: []eventlog.Put{{Where: "acts.csv:7", Text: hostile[0]}}}}
	page := written(t, in, "en")
	for _, s := range []string{"Rows set aside", "names a row that is not there", "1,234", "acts.csv:7", "&lt;script&gt;alert(1)"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	for _, m := range standsAlone(t, page) {
		t.Error(m)
	}
}

func TestEmptyStates(t *testing.T) {
	for name, rows := range map[string]string{
		"one case without a finding": "F1,Create Fine,2010-01-01,,,35,,0,\nF1,Payment,2010-01-05,,,,,35,35\n",
		"one act":                    "F1,Create Fine,2010-01-01,,,35,,0,\n",
		"only findings":              "F1,Create Fine,2010-01-01,,,35,,0,\nF1,Send Fine,2010-09-05,,,,11,,\n",
	} {
		in := judged(t, rows)
		for _, lang := range []string{"zh", "en"} {
			page := written(t, in, lang)
			for _, m := range standsAlone(t, page) {
				t.Errorf("%s, %s: %s", name, lang, m)
			}
			if in.Report.Figures.Found == 0 && !strings.Contains(page, newPage(in, lang).Say("没有发现问题。", "Nothing was found.")) {
				t.Errorf("%s, %s: it does not say that nothing was found", name, lang)
			}
		}
	}
}

func TestTablesHoldEveryFinding(t *testing.T) {
	in := judged(t, year(true))
	var text, binary bytes.Buffer
	if err := CSV(&text, in.Report, in.Proc); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := Parquet(&binary, in.Report); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[findingRow](bytes.NewReader(binary.Bytes()), int64(binary.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != len(in.Report.Rows)+1 || len(rows) != len(in.Report.Rows) || !slices.Equal(lines[0], columns) {
		t.Fatalf("%d lines with a head, %d rows, %d findings", len(lines), len(rows), len(in.Report.Rows))
	}
	formula := 0
	for i, x := range rows {
		line := lines[i+1]
		if x.Case != in.Report.Rows[i].Case || x.Rule != line[0] || strings.TrimPrefix(line[7], "'") != strings.TrimPrefix(x.Case, "'") {
			t.Errorf("row %d: %q and %q", i, x.Case, line[7])
		}
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+@\t", rune(cell[0])) {
				t.Errorf("row %d: a spreadsheet runs %q", i, cell)
			}
		}
		if strings.HasPrefix(x.Case, "=") {
			formula++
		}
	}
	if formula == 0 {
		t.Error("no case id of the test begins with =")
	}
}

// TestRealLog writes the report of the public log of road fines and holds it against the figures published of it elsewhere.
func TestRealLog(t *testing.T) {
	const log = "../../shared/data/rtfm/Road_Traffic_Fine_Management_Process.xes.gz"
	if _, err := os.Stat(log); err != nil {
		t.Skip("the public log of road fines is not beside the repository: ", err)
	}
	open := func() (io.ReadCloser, error) { return os.Open(log) }
	ctx := context.Background()
	r, err := audit.Run(ctx, log, open, narrative, audit.Options{Figures: true})
	if err != nil {
		t.Fatal(err)
	}
	in := &Input{Report: r, Proc: narrative, Sources: []Source{{Name: "road fines"}}}
	page := written(t, in, "en")
	for _, m := range standsAlone(t, page) {
		t.Error(m)
	}
	p := newPage(in, "en")
	if r.Cases != 150_370 || p.Map.All != 561_470+150_370 || len(page) > 400_000 {
		t.Errorf("%d cases, %d transitions, %d bytes", r.Cases, p.Map.All, len(page))
	}
	if v := p.Variants[0]; v.Cases != 56_482 || p.F.Distinct != 231 { // de Leoni and Mannhardt: 231 variants
		t.Errorf("the most frequent variant has %d cases of %d variants", v.Cases, p.F.Distinct)
	}
	for _, a := range p.F.Arcs {
		if a.From == "create" && a.To == "send" && (a.Count != 103_392 || p.Time(a.Wait.Median) != "88 d") {
			t.Errorf("from creating to sending: %d, %s", a.Count, p.Time(a.Wait.Median))
		}
	}
}
