package web

import (
	"net/http"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// mostPublished are shown on one page; who wants others narrows the days.
const mostPublished = 100

// outside says to those who gather pages that these are for people who look, not to be kept elsewhere: what is withdrawn here
// is to be gone.
func (c *call) outside() { c.w.Header().Set("X-Robots-Tag", "noindex, noarchive") }

func publishedURL(id casefile.CaseID) string { return "/published/" + string(id) }

func publishedList(c *call) error {
	c.outside()
	q := c.r.URL.Query()
	var law *Link
	for _, x := range c.House.Pack().Procedures {
		if law == nil && handling.Publishes(x) {
			law = &Link{x.Summary().In(c.lang), lawURL(x)}
		}
	}
	p := &PublishedList{Frame: c.frame(""), Action: "/published", Query: plain(q.Get("q"), 100), From: plain(q.Get("from"), 10), Until: plain(q.Get("until"), 10), Law: law}
	w := handling.PublicQuery{Text: p.Query}
	for _, d := range []struct {
		name, text string
		to         *calendar.Date
	}{{"from", p.From, &w.From}, {"until", p.Until, &w.Until}} {
		if d.text == "" {
			continue
		}
		day, err := calendar.ParseDate(d.text)
		if err != nil {
			p.Errors = append(p.Errors, FieldError{d.name, c.both("请填写日期，如 2026-03-01", "write a date, such as 2026-03-01")})
			continue
		}
		*d.to = day
	}
	if len(p.Errors) > 0 {
		return c.page(http.StatusUnprocessableEntity, p)
	}
	found := c.House.Published(w)
	p.All = len(found)
	for i := range found[:min(len(found), mostPublished)] {
		p.Rows = append(p.Rows, c.publishedRow(&found[i]))
	}
	p.More = len(found) > mostPublished
	return c.page(http.StatusOK, p)
}

func (c *call) publishedRow(x *handling.Published) PublishedRow {
	return PublishedRow{Href: publishedURL(x.ID), Title: x.Title, Unit: x.Unit.In(c.lang), At: x.At, Withdrawn: x.Withdrawn}
}

func publishedOne(c *call) error {
	c.outside()
	x, err := c.House.PublishedOne(casefile.CaseID(c.r.PathValue("id")))
	if err != nil {
		return err
	}
	p := &PublishedPage{Frame: c.frame(""), PublishedRow: c.publishedRow(&x), Number: string(x.ID), Notice: x.Notice}
	if x.Changed != x.At {
		p.Changed = x.Changed
	}
	for line := range strings.SplitSeq(x.Text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Text = append(p.Text, line)
		}
	}
	for _, id := range c.House.Pack().InForce(x.Basis, c.now) {
		a := c.House.Pack().Cite(id)
		p.Articles = append(p.Articles, LawArticle{Name: a.Text().In(c.lang), Gist: a.Gist.In(c.lang)})
	}
	return c.page(http.StatusOK, p)
}
