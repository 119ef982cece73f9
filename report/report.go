// Package report renders what an audit found: one HTML file for those who answer for the work, tables for those who count.
//
// The page needs no network and no script, prints on A4 and reads at 375 px. It says what it rests on: a share stands with what
// it is a share of and the interval in which the rate behind it lies, groups stand by name and not by rate, and a model is
// never called law.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/procedure"
)

// Input is what is reported.
type Input struct {
	Report  *audit.Report // with Figures
	Proc    *procedure.Procedure
	Stories []audit.Story // of Report.Figures.Examples, in their order; nil: cases are not told
	Sources []Source      // what was read
	Version string        // of the program; empty: not told

	// House says that the report is of the platform's own record: it stands inside a page, names nobody, and cases are links.
	House bool
	Link  func(c string) string  // the address of a case; nil: none
	Title func(c string) string  // its name where it stands as a link; nil: its id
	Group func(id string) string // the name of a group; nil: its id
	Notes []audit.Title          // what else must be said of it
}

// Source is a file that was read.
type Source struct {
	Name   string
	Bytes  int64
	SHA256 string // in hex
}

//go:embed page.html
var pageText string

//go:embed style.css
var style string

// HTML writes the report as one file, in zh or en.
func HTML(out io.Writer, in *Input, lang string) error {
	return templates.ExecuteTemplate(out, "page", newPage(in, lang))
}

// Part is the report as a part of another page, which must have [Style].
func Part(in *Input, lang string) (template.HTML, error) {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, "report", newPage(in, lang)); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // made by html/template
}

// Style is the style sheet of the report. Every rule of it is about .report, but those for the body of a page that is nothing else,
// and for paper.
func Style() string { return style }

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"pc":    func(share float64) string { return fmt.Sprintf("%.2f", share*100) },
	"len64": func(rows any) int64 { return int64(reflect.ValueOf(rows).Len()) },
	"stack": stack,
}).Parse(pageText))

// stack draws the parts of a whole side by side.
func stack(parts [5]float64) template.HTML {
	var b strings.Builder
	x := 0.0
	for i, class := range []string{"ok", "late", "over", "open", "away"} {
		if parts[i] > 0 {
			fmt.Fprintf(&b, `<rect class="%s" x="%.2f%%" width="%.2f%%" height="100%%"/>`, class, x, parts[i])
		}
		x += parts[i]
	}
	return template.HTML(b.String()) //nolint:gosec // numbers
}

// page is what the template reads.
type page struct {
	*words
	*Input
	R     *audit.Report
	F     *audit.Figures
	Style template.CSS

	Model, Law, Unverified bool // what the rules rest on
	Span                   string
	Answers                []answer
	Rules, Silent          []ruleRow
	Places                 []placeRow
	PlaceRest              int64
	PlaceShare             float64
	Funnel                 *funnel
	Trends                 []*trend
	Ripe                   string // the last month whose cases have run long enough; empty: all
	Waits                  []waitRow
	WaitRest               int64
	WaitShare              float64
	Duties                 []*dutyRow // those missed most first
	Kept                   []*dutyRow // those never missed, in the order of the procedure
	Map                    processMap
	Variants               []variantRow
	VariantRest            int64
	VariantRestCases       int64
	Told                   []toldRule
	Quality                []qualityRow
	Clean                  []string // of what was looked for in the data, what is not there
}

type share struct {
	Count, Of      int64
	P, Low, High   float64
	Width, Left, W float64 // in percent: the bar, and the interval on it
}

func newShare(count, of int64) share {
	s := share{Count: count, Of: of}
	if of > 0 {
		s.P = float64(count) / float64(of)
	}
	s.Low, s.High = audit.Wilson(count, of)
	s.Width, s.Left = s.P*100, s.Low*100
	s.W = min(100-s.Left, max((s.High-s.Low)*100, 0.4))
	return s
}

type ruleRow struct {
	audit.RuleCount
	Share      share
	OfAll      bool   // it could be broken in every case
	OfWhat     string // in which
	Cites      []string
	Setting    string
	Unverified string
}

const (
	mostWaits    = 10
	mostGist     = 180 // bytes
	mostVariants = 12
)

func newPage(in *Input, lang string) *page {
	p := &page{words: &words{lang, in.Proc.Pack}, Input: in, R: in.Report, F: in.Report.Figures, Style: template.CSS(style)} //nolint:gosec // ours
	if p.F.First != "" {
		p.Span = p.F.First[:10] + p.Say(" 至 ", " to ") + p.F.Last[:10]
	}
	p.rules()
	p.places()
	p.groups()
	p.trends()
	p.time()
	p.Map = drawMap(p.words, p.F)
	p.variants()
	p.stories()
	p.quality()
	p.answers()
	return p
}

func (p *page) act(id string) string {
	if i := p.Proc.ActOf(id); i >= 0 {
		return p.Proc.ActTitle(i).In(p.Lang)
	}
	return id
}

func (p *page) rules() {
	var rows []ruleRow
	for i, r := range p.R.Findings {
		x := ruleRow{RuleCount: r, Share: newShare(r.Cases, p.F.Rules[i].Of), OfAll: p.F.Rules[i].Every || len(p.F.Rules[i].Acts) == 0, OfWhat: p.ofWhat(&p.F.Rules[i])}
		if x.Share.Of == p.R.Cases {
			x.OfAll, x.OfWhat = true, p.Say("全部案件", "all cases")
		}
		for _, c := range r.Basis.Cites {
			cited := p.Proc.Pack.Cite(c)
			text := cited.Text().In(p.Lang)
			if gist := cited.Gist.In(p.Lang); gist != "" && len(r.Basis.Cites) == 1 && len(gist) <= mostGist {
				text += p.Say("：", ": ") + gist
			}
			x.Cites = append(x.Cites, text)
			switch cited.Kind {
			case "law", "rule":
				p.Law = true
			case "model":
				p.Model = true
			}
		}
		x.Unverified, x.Setting = r.Basis.Unverified, p.Proc.Rules()[i].Setting
		p.Unverified = p.Unverified || x.Unverified != ""
		rows = append(rows, x)
	}
	slices.SortStableFunc(rows, func(a, b ruleRow) int {
		return cmp.Or(a.Severity-b.Severity, cmp.Compare(b.Cases, a.Cases))
	})
	for _, x := range rows {
		if x.Count > 0 {
			p.Rules = append(p.Rules, x)
		} else {
			p.Silent = append(p.Silent, x)
		}
	}
}

// ofWhat says in which cases a rule could be broken.
func (p *page) ofWhat(r *audit.RuleFigures) string {
	if r.Every || len(r.Acts) == 0 {
		return p.Say("全部案件", "all cases")
	}
	names, more := []string{}, ""
	for i, a := range r.Acts {
		if i == 2 && len(r.Acts) > 3 {
			more = p.Say("等", " or others")
			break
		}
		names = append(names, p.act(a))
	}
	return p.Say("有“"+strings.Join(names, "”或者“")+"”"+more+"的案件", "cases with "+strings.Join(names, " or ")+more)
}

// AsOf is the moment up to which limits ran.
func (p *page) AsOf() string { return strings.Replace(p.R.Now, "T", " ", 1) }

// FoundShare and GraveShare are the cases with a finding, and with a grave one.
func (p *page) FoundShare() share { return newShare(p.F.Found, p.R.Cases) }
func (p *page) GraveShare() share { return newShare(p.F.Grave, p.R.Cases) }

// DutyShare is the duties with a limit that were missed as a rule counts it: late, or never done.
func (p *page) DutyShare() share {
	var missed, all int64
	for _, d := range p.Duties {
		if d.Limit != "" {
			missed += d.Missed()
			all += d.All
		}
	}
	return newShare(missed, all)
}

// Interval writes the interval of a share, with as many digits as it is narrow.
func (p *page) Interval(s share) string {
	digits := 3
	for d, least := range []float64{0.1, 0.002, 0.0002} {
		if s.High-s.Low > least {
			digits = d
			break
		}
	}
	return fmt.Sprintf("%.*f–%.*f%%", digits, s.Low*100, digits, s.High*100)
}

// answer is what a reader asks first, with the place where it is told in full.
type answer struct {
	Asked, Place string
	Says         []string
}

// answers say in a few sentences what the report holds.
func (p *page) answers() {
	add := func(zh, en, place string, says ...string) {
		says = slices.DeleteFunc(says, func(s string) bool { return s == "" })
		if len(says) > 0 {
			p.Answers = append(p.Answers, answer{p.Say(zh, en), place, says})
		}
	}
	if len(p.Rules) > 0 {
		most, worst := &p.Rules[0], &p.Rules[0]
		for i := range p.Rules {
			if p.Rules[i].Cases > most.Cases {
				most = &p.Rules[i]
			}
		}
		of := fmt.Sprintf(p.Say("%s件%s", "%s %s"), p.Number(most.Share.Of), most.OfWhat)
		if most.OfAll {
			of = fmt.Sprintf(p.Say("全部%s件案件", "all %s cases"), p.Number(most.Share.Of))
		}
		says := []string{fmt.Sprintf(p.Say("最常见：%s，%s件，占%s的%s。", "Most often: %s, in %s of %s (%s)."), p.In(most.Title), p.Number(most.Cases), of, p.Percent(most.Share.P))}
		if worst != most {
			says = append(says, fmt.Sprintf(p.Say("最严重（S%d）：%s，%s。", "Gravest (S%d): %s, in %s."), worst.Severity, p.In(worst.Title), p.Count(worst.Cases, "%s件", "%s case", "%s cases")))
		}
		add("什么问题最多", "What goes wrong most", "rules", says...)
	}
	if len(p.Places) > 0 {
		x := p.Places[0]
		says := []string{fmt.Sprintf(p.Say("最多的一段是“%s”至“%s”：%s个问题，占全部问题的%s。", "Most arise between %s and %s: %s findings, %s of all."), x.From, x.To, p.Number(x.Found), p.Percent(x.Share))}
		if p.Funnel != nil {
			says = append(says, p.funnelSays())
		}
		add("问题出在哪里", "Where", "where", says...)
	}
	if len(p.Trends) > 0 {
		says := []string{}
		for _, t := range p.Trends[:min(2, len(p.Trends))] {
			says = append(says, t.Title+p.Say("：", ": ")+p.trendShort(t))
		}
		add("从何时起", "Since when", "trend", says...)
	}
	if len(p.Waits) > 0 {
		x := p.Waits[0]
		says := []string{fmt.Sprintf(p.Say("耗时最多的一段是“%s”至“%s”：占全部间隔的%s，中位数%s。", "Most passes between %s and %s: %s of all waiting, median %s."), x.From, x.To, p.Percent(x.Share), p.Time(x.Wait.Median))}
		var late *dutyRow
		for i := range p.Duties {
			if d := p.Duties[i]; d.Count.Late > 0 && (late == nil || d.Figures.Late.Total > late.Figures.Late.Total) {
				late = d
			}
		}
		if late != nil {
			says = append(says, fmt.Sprintf(p.Say("迟延合计最多的职责是“%s”：逾期履行%s，迟延中位数%s。", "Late by most in all: the duty %s, %s, median delay %s."), late.Title, p.Count(late.Count.Late, "%s项", "once", "%s times"), p.Time(late.Figures.Late.Median)))
		}
		add("时间耗在哪里", "Where the time goes", "time", says...)
	}
}
