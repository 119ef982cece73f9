package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

func findingURL(id string) string { return "/findings/" + id }

// findingNumber is how a finding is called: the end of its id, which is its own.
func findingNumber(id string) string {
	_, tail, _ := strings.Cut(id, ".")
	return tail
}

const casesOfFindings = 25

func findingList(c *call) error {
	q := c.r.URL.Query()
	p := &FindingList{Frame: c.liveList(AreaFindings), Mine: "/officers/" + string(c.who.Person), Scope: Scope(q.Get("scope"))}
	if len(c.House.WatchedUnits(c.who)) > 0 {
		p.Audit = "/audit"
	}
	if p.Scope != ScopeUnit && p.Scope != ScopeAll {
		p.Scope = ScopeMine
		if !c.House.OpensMain(c.who) && q.Get("scope") == "" { // who handles no cases begins with all
			p.Scope = ScopeAll
		}
	}
	p.Feeds = c.House.Follows(c.who)
	for _, s := range []Scope{ScopeMine, ScopeUnit, ScopeAll} {
		p.Scopes = append(p.Scopes, ScopeLink{s, "/findings?scope=" + string(s)})
	}
	w := handling.Wanted{Mine: p.Scope == ScopeMine, Limit: casesOfFindings}
	if held, ok := c.House.PostOf(c.who.Person, c.now); ok && p.Scope == ScopeUnit {
		w.Unit = string(held.Unit)
	}
	if before, id, ok := strings.Cut(q.Get("after"), "."); ok {
		if n, err := strconv.ParseInt(before, 10, 64); err == nil {
			w.Before, w.AfterID = calendar.Instant(n), casefile.CaseID(id)
		}
	}
	found, err := c.House.Findings(c.r.Context(), c.who, w)
	if err != nil {
		return err
	}
	var cases []casefile.CaseID
	for i := range found {
		cases = append(cases, found[i].Head.ID)
	}
	cases = slices.Compact(cases)
	if err := c.House.Listed(c.r.Context(), c.who, "findings", cases); err != nil {
		return err
	}
	for i := range found {
		x := &found[i]
		row := c.findingRow(x)
		if row.Open, row.Closed, err = c.House.Matters(c.r.Context(), c.who, x.ID()); err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	p.Pager.Showing = len(p.Rows)
	if len(cases) == casesOfFindings {
		last := found[len(found)-1].Head
		p.Pager.Next = "/findings?scope=" + string(p.Scope) + "&after=" + strconv.FormatInt(int64(last.Updated), 10) + "." + string(last.ID)
	}
	if w.AfterID != "" {
		p.Pager.First = "/findings?scope=" + string(p.Scope)
	}
	return c.page(http.StatusOK, p)
}

func (c *call) findingRow(x *handling.Found) FindingRow {
	row := FindingRow{Href: findingURL(x.ID()), Title: x.Rule, Rule: x.Rule, Severity: Severity(x.Severity), At: x.At, Case: c.caseRef(&x.Head), Unit: c.House.Unit(x.Head.Unit).In(c.lang), Handlers: c.names(x.Head.Handlers)}
	if k := x.Proc.RuleOf(x.Rule); k >= 0 {
		row.Title = x.Proc.Rules()[k].Title.In(c.lang)
	}
	return row
}

func findingPage(c *call) error {
	id := c.r.PathValue("id")
	chain, err := c.House.Chain(c.r.Context(), c.who, id)
	if err != nil {
		return err
	}
	f := chain.File
	shown := c.finding(f, &chain.Finding)
	p := &FindingPage{Frame: c.liveFrame(AreaFindings, &f.Head, false), Number: findingNumber(id), Finding: shown, Stands: chain.Finding.WithdrawnBy == 0, Case: c.caseRef(&f.Head), Unit: f.Unit.In(c.lang), Act: shown.Act, Due: chain.Finding.Due}
	var concerned []string
	for _, x := range chain.Parts {
		row := PartTaken{Who: c.House.Name(x.Person), What: x.What}
		if held, ok := c.House.PostOf(authority.PersonID(x.Person), chain.Finding.At); ok {
			row.Post = c.post(held.Post)
		}
		p.Parts = append(p.Parts, row)
		if x.What == "did" || x.What == "assigned" {
			concerned = append(concerned, x.Person)
		}
	}
	for _, m := range chain.Matters {
		row := MatterShown{Ref: c.caseRef(&m.Head), Kind: m.Proc.Title.In(c.lang), Stage: m.Proc.StageTitle(m.Head.Stage).In(c.lang), Unit: c.House.Unit(m.Head.Unit).In(c.lang), Closed: m.Head.Closed}
		if m.Of != nil {
			row.Of = &Link{c.both("考评轮次：", "of the round: ") + m.Of.Title, roundURL(m.Of.ID)}
		}
		for _, a := range m.Acts {
			x := MatterAct{At: a.Occurred, Title: a.Info.Title.In(c.lang), Href: actURL(m.Head.ID, a.Number)}
			if a.Actor != nil {
				x.Who = c.House.Name(a.Actor.Person)
			}
			row.Acts = append(row.Acts, x)
		}
		p.Matters = append(p.Matters, row)
	}
	for i := range chain.Counted {
		p.Counted = append(p.Counted, Link{c.caseRef(&chain.Counted[i]).Title, caseURL(chain.Counted[i].ID)})
	}
	if p.Stands {
		about := url.Values{"finding": {id}, "case": {string(f.Head.ID)}, "concerned": {strings.Join(concerned, ",")}}
		p.Open = c.openAbout(about)
	}
	return c.page(http.StatusOK, p)
}

// openAbout lists what the person may open that can name all that is given.
func (c *call) openAbout(about url.Values) []Link {
	var out []Link
	for _, o := range c.openings() {
		names := false
		for _, fi := range o.act.Fields {
			names = names || fi.As == "finding" || !about.Has("finding") && fi.As == "case"
		}
		if !names || o.main {
			continue
		}
		q := url.Values{}
		for k, v := range about {
			q[k] = v
		}
		out = append(out, Link{o.proc.Title.In(c.lang), o.at("/intake", q)})
	}
	return out
}

func matterList(c *call) error {
	p := &MatterList{Frame: c.liveList(AreaMatters)}
	mine, err := c.House.Concerning(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	heads, err := c.House.Cases(c.r.Context(), c.who, handling.Wanted{Matters: true, Open: true, Limit: pageOfCases})
	if err != nil {
		return err
	}
	var cases []casefile.CaseID
	for _, h := range append(slices.Clone(mine), heads...) {
		cases = append(cases, h.ID)
	}
	slices.Sort(cases)
	if err := c.House.Listed(c.r.Context(), c.who, "matters", slices.Compact(cases)); err != nil {
		return err
	}
	for i := range mine {
		p.Mine = append(p.Mine, c.caseRow(&mine[i]))
	}
	for i := range heads {
		if !slices.ContainsFunc(mine, func(x casefile.Head) bool { return x.ID == heads[i].ID }) {
			p.Rows = append(p.Rows, c.caseRow(&heads[i]))
		}
	}
	for _, o := range c.openings() {
		if !o.main {
			p.Open = append(p.Open, Way{Title: o.act.Title.In(c.lang), Note: o.proc.Title.In(c.lang), Href: o.at("/intake", url.Values{})})
			if _, key := handling.ImportKey(o.proc); key != "" {
				p.Open = append(p.Open, Way{Title: o.act.Title.In(c.lang) + c.both("：", ": ") + c.both("从文件导入", "import from a file"), Note: o.proc.Title.In(c.lang), Href: o.at("/matters/import", url.Values{})})
			}
		}
	}
	return c.page(http.StatusOK, p)
}

// tied shows what a case is tied to.
func (c *call) tied(f *handling.File) (*Tied, error) {
	links, err := c.House.Links(c.r.Context(), c.who, f)
	if err != nil {
		return nil, err
	}
	out := &Tied{}
	for _, id := range links.Findings {
		out.About = append(out.About, Link{c.both("问题 ", "finding ") + findingNumber(id), findingURL(id)})
	}
	link := func(h *casefile.Head) Link {
		ref, kind := c.caseRef(h), ""
		if p, err := c.House.Procedure(h.Procedure); err == nil {
			kind = p.Title.In(c.lang) + c.both("：", ": ")
		}
		return Link{kind + ref.Title, ref.Href}
	}
	for i := range links.Cases {
		out.About = append(out.About, link(&links.Cases[i]))
	}
	for i := range links.Counted {
		x := &links.Counted[i]
		out.Counted = append(out.Counted, Link{c.both("问题 ", "finding ") + findingNumber(x.ID()), findingURL(x.ID())})
	}
	out.Unseen = links.Unseen
	for i := range links.Matters {
		out.By = append(out.By, link(&links.Matters[i]))
	}
	led := func(of []handling.Led) []Link {
		var out []Link
		for i := range of {
			if of[i].Seen {
				out = append(out, link(&of[i].Head))
			} else {
				out = append(out, Link{Text: of[i].Proc.Title.In(c.lang) + " " + string(of[i].Head.ID) + c.both("（无权查看）", " (not yours to see)")})
			}
		}
		return out
	}
	out.From, out.To, out.Waiting = led(links.From), led(links.To), links.Waiting
	if len(out.About)+len(out.By)+len(out.From)+len(out.To)+len(out.Counted)+out.Unseen == 0 && !out.Waiting {
		return nil, nil
	}
	return out, nil
}
