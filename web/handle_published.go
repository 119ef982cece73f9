package web

import (
	"net/http"
	"strings"

	"plumbline/casefile"
	"plumbline/handling"
)

// mostPublished are shown on one page; who wants others narrows the month.
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
	p := &PublishedList{Frame: c.frame(""), Action: "/published", Query: plain(q.Get("q"), 100), Law: law}
	w := handling.PublicQuery{Text: p.Query}
	for _, o := range c.House.PublicKinds() {
		p.Kinds = append(p.Kinds, Option{Value: o.ID, Text: o.Title.In(c.lang), Chosen: o.ID == q.Get("kind")})
		if o.ID == q.Get("kind") {
			w.Kind = o.ID
		}
	}
	for _, first := range c.House.PublicMonths() {
		m := Option{Value: first.String()[:len("2026-03")]}
		m.Text, m.Chosen = m.Value, m.Value == q.Get("month")
		if m.Chosen {
			w.From, w.Until = first, first.AddMonths(1)-1
		}
		p.Months = append(p.Months, m)
	}
	p.Narrowed = w != handling.PublicQuery{}
	found := c.House.Published(w)
	p.All = len(found)
	for i := range found[:min(len(found), mostPublished)] {
		p.Rows = append(p.Rows, c.publishedRow(&found[i]))
	}
	p.More = len(found) > mostPublished
	return c.page(http.StatusOK, p)
}

func (c *call) publishedRow(x *handling.Published) PublishedRow {
	return PublishedRow{Href: publishedURL(x.ID), Title: x.Title, Kind: c.publicKind(x.Kind), Unit: x.Unit.In(c.lang), At: x.At, Withdrawn: x.Withdrawn}
}

func (c *call) publicKind(id string) string {
	for _, o := range c.House.PublicKinds() {
		if o.ID == id {
			return o.Title.In(c.lang)
		}
	}
	return ""
}

func publishedOne(c *call) error {
	c.outside()
	x, err := c.House.PublishedOne(casefile.CaseID(c.r.PathValue("id")))
	if err != nil {
		return err
	}
	p := &PublishedPage{Frame: c.frame(""), Row: c.publishedRow(&x), Number: string(x.ID), Notice: x.Notice}
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
