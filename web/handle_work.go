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

const onWorkbench = 30 // duties shown; the rest is in the list of cases

func workbench(c *call) error {
	ctx := c.r.Context()
	tasks, err := c.House.Tasks(ctx, c.who)
	if err != nil {
		return err
	}
	p := &Workbench{Frame: c.liveList(AreaWorkbench)}
	if c.House.OpensMain(c.who) {
		p.Intake = "/intake"
	}
	var shown []casefile.CaseID
	for i := range tasks {
		t := &tasks[i]
		proc, err := c.House.Procedure(t.Head.Procedure)
		if err != nil {
			return err
		}
		l := c.limit(proc, &t.Duty, nil)
		if t.Subject != "" {
			l.Person = c.House.PartyName(ctx, &t.Head, t.Subject)
		}
		l.Act = &Link{t.Acts[0].Title.In(c.lang), doURL(t.Head.ID, t.Acts[0].ID, scoped(t))}
		if t.Mine && !t.Usual { // its ordinary end is for somebody else: what there is to do stands on the case's page
			l.Act = &Link{c.both("打开案件", "Open the case"), caseURL(t.Head.ID)}
		}
		ref := c.caseRef(&t.Head)
		if l.State == LimitOverdue && !t.Warn {
			p.Overdue++
		}
		if !t.Mine && t.Acts[0].Decision {
			if slices.ContainsFunc(p.Awaiting, func(a Awaiting) bool { return a.What == t.Acts[0].Title.In(c.lang) && a.Case == ref }) {
				continue // several offenders, one decision
			}
			a := Awaiting{What: t.Acts[0].Title.In(c.lang), Case: ref, Since: t.Opened, Round: 1, Href: l.Act.Href}
			if len(t.Head.Handlers) > 0 {
				a.From = c.House.Name(t.Head.Handlers[0])
			}
			if t.Due != 0 {
				a.Urgency = &l
			}
			p.Awaiting = append(p.Awaiting, a)
			shown = append(shown, t.Head.ID)
			continue
		}
		if len(p.Duties) < onWorkbench {
			p.Duties = append(p.Duties, Duty{l, ref})
			shown = append(shown, t.Head.ID)
		} else {
			p.More = &Link{c.both("全部案件", "all cases"), "/cases"}
		}
	}
	p.Frame.Awaiting = len(p.Awaiting)
	drafts, heads, err := c.House.Drafts(ctx, c.who)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		row := DraftRow{What: d.Act, Href: "/intake", DropURL: "/intake/drop", Saved: d.Saved}
		if h, ok := heads[d.Case]; ok {
			row.Case = c.caseRef(&h)
			row.Href = doURL(d.Case, d.Act, d.Subject)
			row.DropURL = caseURL(d.Case) + "/do/" + d.Act + "/drop?subject=" + url.QueryEscape(string(d.Subject))
			if proc, err := c.House.Procedure(h.Procedure); err == nil {
				if i := proc.ActOf(d.Act); i >= 0 {
					row.What = proc.ActTitle(i).In(c.lang)
				}
			}
		} else {
			row.What = c.both("接报案", "Intake")
			for _, o := range c.openings() {
				if d.Act != "" && o.draft() == d.Act {
					row.What, row.Href, row.DropURL = o.act.Title.In(c.lang), o.at("/intake", url.Values{}), o.at("/intake/drop", url.Values{})
				}
			}
		}
		p.Drafts = append(p.Drafts, row)
	}
	recent, err := c.House.Cases(ctx, c.who, handling.Wanted{Mine: true, Limit: 8})
	if err != nil {
		return err
	}
	for i := range recent {
		p.Recent = append(p.Recent, c.caseRef(&recent[i]))
	}
	if p.Questions, err = c.questionsFor(); err != nil {
		return err
	}
	if err := c.unitFigures(p); err != nil {
		return err
	}
	for id := range heads {
		shown = append(shown, id)
	}
	for i := range recent {
		shown = append(shown, recent[i].ID)
	}
	slices.Sort(shown) // a list names cases and people: seeing it is a view of them
	if err := c.House.Listed(ctx, c.who, "workbench", slices.Compact(shown)); err != nil {
		return err
	}
	return c.page(http.StatusOK, p)
}

// scoped is the subject to name in the address of the act that discharges a duty.
func scoped(t *handling.Task) casefile.Subject {
	if t.Acts[0].Scope == "case" {
		return ""
	}
	return t.Subject
}

// unitFigures shows heads how their units stand; each count with what it is a part of.
func (c *call) unitFigures(p *Workbench) error {
	held, ok := c.House.PostOf(c.who.Person, c.now)
	if !ok || held.Post != authority.UnitHead && held.Post != authority.CountyHead {
		return nil
	}
	open, err := c.House.Cases(c.r.Context(), c.who, handling.Wanted{Open: true, Limit: 100})
	if err != nil {
		return err
	}
	late, found, unassigned := 0, 0, 0
	for _, h := range open {
		if h.Overdue > 0 {
			late++
		}
		if h.Findings > 0 {
			found++
		}
		if len(h.Handlers) == 0 {
			unassigned++
		}
	}
	of := c.both("未结案件", "of the open cases")
	if len(open) == 100 {
		of = c.both("最近变动的100件未结案件", "of the 100 open cases that moved last")
	}
	p.Unit = &UnitFigures{Unit: c.House.Unit(string(held.Unit)).In(c.lang), Period: c.both("现在", "now"), Figures: []Figure{
		{Label: c.both("有逾期职责", "with an overdue duty"), Count: late, Of: len(open), Unit: c.both("件", "cases"), Note: of, Href: "/cases?scope=all&state=open&overdue=1", Tone: tone(late, Bad)},
		{Label: c.both("有未撤回的问题", "with a finding that stands"), Count: found, Of: len(open), Unit: c.both("件", "cases"), Note: of, Href: "/cases?scope=all&state=open", Tone: tone(found, Near)},
		{Label: c.both("尚未指派民警", "without a handler"), Count: unassigned, Of: len(open), Unit: c.both("件", "cases"), Note: of, Href: "/cases?scope=all&state=open", Tone: tone(unassigned, Note)},
	}}
	return nil
}

func tone(n int, t Tone) Tone {
	if n == 0 {
		return Good
	}
	return t
}

const pageOfCases = 50

func caseList(c *call) error {
	q := c.r.URL.Query()
	p := &CaseList{Frame: c.liveList(AreaCases), Action: "/cases", Query: strings.TrimSpace(q.Get("q")), Scope: Scope(q.Get("scope")), State: q.Get("state"), Overdue: q.Get("overdue") == "1", Scopes: []Scope{ScopeMine, ScopeUnit, ScopeAll}}
	if c.House.OpensMain(c.who) {
		p.Intake = "/intake"
	}
	if p.Scope != ScopeMine && p.Scope != ScopeUnit {
		p.Scope = ScopeAll
	}
	if p.State != "closed" && p.State != "any" {
		p.State = "open"
	}
	w := handling.Wanted{Mine: p.Scope == ScopeMine, Late: p.Overdue, Open: p.State == "open", Closed: p.State == "closed", Text: p.Query, Limit: pageOfCases + 1}
	if held, ok := c.House.PostOf(c.who.Person, c.now); ok && p.Scope == ScopeUnit {
		w.Unit = string(held.Unit)
	}
	if len([]rune(p.Query)) > 60 {
		p.Error = c.both("查询内容最多60个字", "at most 60 characters")
		return c.page(http.StatusUnprocessableEntity, p)
	}
	if before, id, ok := strings.Cut(q.Get("after"), "."); ok {
		if n, err := strconv.ParseInt(before, 10, 64); err == nil {
			w.Before, w.AfterID = calendar.Instant(n), casefile.CaseID(id)
		}
	}
	heads, err := c.House.Cases(c.r.Context(), c.who, w)
	if err != nil {
		return err
	}
	more := len(heads) > pageOfCases
	if more {
		heads = heads[:pageOfCases]
	}
	shown := make([]casefile.CaseID, len(heads))
	for i := range heads {
		shown[i] = heads[i].ID
	}
	what := "list"
	if p.Query != "" {
		what = "search “" + p.Query + "”"
	}
	if err := c.House.Listed(c.r.Context(), c.who, what, shown); err != nil {
		return err
	}
	for i := range heads {
		p.Rows = append(p.Rows, c.caseRow(&heads[i]))
	}
	p.Pager.Showing = len(p.Rows)
	if more {
		last := heads[len(heads)-1]
		q.Set("after", strconv.FormatInt(int64(last.Updated), 10)+"."+string(last.ID))
		p.Pager.Next = "/cases?" + q.Encode()
	}
	if q.Has("after") && w.AfterID != "" {
		q.Del("after")
		p.Pager.First = "/cases?" + q.Encode()
	}
	return c.page(http.StatusOK, p)
}

// caseRow shows a case in a list.
func (c *call) caseRow(h *casefile.Head) CaseRow {
	kind, stage := h.Procedure, h.Stage
	if proc, err := c.House.Procedure(h.Procedure); err == nil {
		kind, stage = proc.Title.In(c.lang), proc.StageTitle(h.Stage).In(c.lang)
	}
	row := CaseRow{CaseRef: c.caseRef(h), Kind: kind, Stage: stage, Unit: c.House.Unit(h.Unit).In(c.lang), Handlers: c.names(h.Handlers), Closed: h.Closed, Findings: h.Findings, Opened: h.Opened}
	if h.Due != 0 {
		row.Next = &Limit{Title: c.both("最近期限", "next limit"), Due: h.Due, State: LimitRunning, Civil: c.House.Pack().Zone.End(c.House.Pack().Zone.Date(h.Due)) == h.Due}
		if h.Due < c.now {
			row.Next.State = LimitOverdue
		}
	} else if h.Overdue > 0 {
		row.Next = &Limit{Title: c.both("有职责未按期履行", "a duty was not done in time"), State: LimitOverdue}
	}
	return row
}
