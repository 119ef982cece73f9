package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/print"
	"plumbline/procedure"
)

func (c *call) papers() ([]handling.Paper, *handling.File, int64, string, error) {
	n, err := strconv.ParseInt(c.r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return nil, nil, 0, "", casefile.ErrNotFound
	}
	kind := c.r.PathValue("kind")
	papers, f, err := c.House.Paper(c.r.Context(), c.who, c.caseID(), n, kind)
	return papers, f, n, kind, err
}

// copyOf picks the copy for a person, the first where none is named.
func (c *call) copyOf(papers []handling.Paper) *handling.Paper {
	for i := range papers {
		if string(papers[i].Subject) == c.r.URL.Query().Get("subject") {
			return &papers[i]
		}
	}
	return &papers[0]
}

func (c *call) sheet(p *handling.Paper) Sheet {
	s := Sheet{Organ: p.Organ.ZH, Title: p.Title.ZH, Number: p.Number}
	if p.Draft {
		s.Draft = "已更正或者撤回"
	}
	for _, b := range p.Blocks {
		switch {
		case b.Text != nil:
			text := b.Text.ZH
			if strings.Contains(text, "\n") {
				s.Parts = append(s.Parts, SheetPart{Lines: strings.Split(text, "\n")})
			} else {
				s.Parts = append(s.Parts, SheetPart{Text: text})
			}
		case len(b.Fields) > 0:
			s.Parts = append(s.Parts, SheetPart{Rows: rows(b)})
		case len(b.Sign) > 0:
			for _, l := range b.Sign {
				s.Signs = append(s.Signs, l.ZH)
			}
		case b.Seal != nil:
			s.Seal, s.Date = b.Seal.ZH, chineseDate(c.House.Pack().Zone.Date(p.Issued).Civil())
		}
	}
	if d := p.Document; d.Unverified != "" {
		s.Foot = second(d.Unverified, "zh")
	}
	return s
}

// rows lays label and value in pairs, two to a row; a long value takes a row of its own.
func rows(b procedure.Block) [][]string {
	var out [][]string
	var half []string
	flush := func() {
		if half != nil {
			out = append(out, half)
			half = nil
		}
	}
	for _, f := range b.Fields {
		cell := []string{f.Label.ZH, f.Value}
		if len([]rune(f.Value)) > 16 {
			flush()
			out = append(out, cell)
			continue
		}
		if half == nil {
			half = cell
			continue
		}
		out = append(out, append(half, cell...))
		half = nil
	}
	flush()
	return out
}

const digits = "〇一二三四五六七八九"

// chineseDate writes a date as documents do: 二〇二六年十一月二日.
func chineseDate(year int, month time.Month, day int) string {
	d := []rune(digits)
	out := ""
	for _, r := range strconv.Itoa(year) {
		out += string(d[r-'0'])
	}
	return out + "年" + tens(d, int(month)) + "月" + tens(d, day) + "日"
}

func tens(d []rune, n int) string {
	switch {
	case n < 10:
		return string(d[n])
	case n == 10:
		return "十"
	case n < 20:
		return "十" + string(d[n-10])
	case n%10 == 0:
		return string(d[n/10]) + "十"
	}
	return string(d[n/10]) + "十" + string(d[n%10])
}

func documentPage(c *call) error {
	papers, f, n, kind, err := c.papers()
	if err != nil {
		return err
	}
	paper := c.copyOf(papers)
	act := &f.Acts[n-1]
	p := &DocumentPage{Frame: c.frame(areaOf(f)), Head: c.caseHead(f), Sheet: c.sheet(paper), Act: *c.linkTo(f, n)}
	if c.Printer != nil {
		p.PDF = documentURL(f.Head.ID, n, kind) + "/pdf"
		if paper.Subject != "" {
			p.PDF += "?subject=" + string(paper.Subject)
		}
	}
	for i := range f.Acts {
		for _, d := range f.Acts[i].Issued {
			if d.Kind == kind && len(f.Acts[i].Refused) == 0 && sameSubjects(f.Acts[i].Subjects, act.Subjects) {
				v := Version{Text: strings.TrimSpace(paper.Title.In(c.lang) + " " + d.Number), Href: documentURL(f.Head.ID, f.Acts[i].Number, kind), At: f.Acts[i].Recorded, Current: f.Acts[i].Number == n}
				if f.Acts[i].Corrected > 0 {
					v.Why = c.both("已被更正", "corrected")
				}
				p.Versions = append(p.Versions, v)
			}
		}
	}
	for i := range papers {
		if len(papers) > 1 {
			name := partyName(f.People, papers[i].Subject)
			p.Printed = append(p.Printed, Pair{c.both("份", "copy"), name})
		}
	}
	for _, a := range act.Attached {
		if strings.HasPrefix(a.Type, "image/") || a.Type == "application/pdf" {
			p.Signed = append(p.Signed, PartySign{Who: a.Name, State: c.both("已随行为入卷", "in the file with the act"), Tone: Good, At: act.Recorded, How: a.Type})
		}
	}
	return c.page(http.StatusOK, p)
}

func sameSubjects(a, b []casefile.Ref) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID {
			return false
		}
	}
	return true
}

func documentPDF(c *call) error {
	if c.Printer == nil {
		return casefile.ErrNotFound
	}
	papers, f, n, kind, err := c.papers()
	if err != nil {
		return err
	}
	paper := c.copyOf(papers)
	html, err := c.render.HTML(&SheetOnly{Frame: Frame{Lang: "zh", Now: c.now}, Sheet: c.sheet(paper)})
	if err != nil {
		return err
	}
	pdf, err := c.Printer.PDF(c.r.Context(), html)
	var missing *print.MissingError
	if errors.As(err, &missing) { // a legal document is not printed with a hole in it
		n := &Notice{Frame: c.frame(AreaCases), Kind: NoticeRefused, Back: &Link{c.both("返回文书", "back to the document"), documentURL(f.Head.ID, n, kind)}}
		n.Reasons = []Reason{{Text: c.both("下列字符没有字形，文书不能打印；请安装含有该字的字体：", "no font has these characters, so it cannot be printed; install a font that has them: ") + string(missing.Runes)}}
		return c.page(http.StatusUnprocessableEntity, n)
	}
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", fmt.Sprintf("inline; filename=\"%s-%d-%s.pdf\"", f.Head.ID, n, kind))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, err = c.w.Write(pdf)
	return err
}
