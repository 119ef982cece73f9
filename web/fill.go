package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// This file turns what handling answers into what pages show.

// articles writes citations of what holds now, the source once for several of its articles.
func (c *call) articles(basis []string) []string { return c.articlesAt(basis, c.now) }

// articlesAt writes citations of what held at a moment.
func (c *call) articlesAt(basis []string, at calendar.Instant) []string {
	var out, sources []string
	for _, b := range c.House.Pack().InForce(basis, at) {
		cited := c.House.Pack().Cite(b)
		source := cited.Source.In(c.lang) + cited.Kind
		if i := slices.Index(sources, source); i >= 0 {
			switch {
			case c.lang == "en" || cited.Kind != "law" && cited.Kind != "rule":
				out[i] += ", " + cited.Article
			default:
				out[i] += "、第" + cited.Article + "条"
			}
			continue
		}
		sources = append(sources, source)
		out = append(out, cited.Text().In(c.lang))
	}
	return out
}

func caseURL(id casefile.CaseID) string { return "/cases/" + string(id) }

func actURL(id casefile.CaseID, n int64) string {
	return caseURL(id) + "/acts/" + strconv.FormatInt(n, 10)
}

func doURL(id casefile.CaseID, act string, subject casefile.Subject) string {
	u := caseURL(id) + "/do/" + act
	if subject != "" {
		u += "?subject=" + string(subject)
	}
	return u
}

func (c *call) caseRef(h *casefile.Head) CaseRef {
	number := h.Number
	if number == "" {
		number = string(h.ID)
	}
	return CaseRef{Title: h.Title, Number: number, Href: caseURL(h.ID)}
}

// areaOf is the item of the navigation under which a case stands.
func areaOf(f *handling.File) Area {
	if f.Proc.Matter() {
		return AreaMatters
	}
	return AreaCases
}

func (c *call) caseHead(f *handling.File) CaseHead {
	ref := c.caseRef(&f.Head)
	head := CaseHead{Title: ref.Title, Number: ref.Number, Href: ref.Href, Kind: f.Proc.Title.In(c.lang), Stage: f.Proc.StageTitle(f.Head.Stage).In(c.lang), Unit: f.Unit.In(c.lang), Handlers: c.names(f.Head.Handlers), Matter: f.Proc.Matter()}
	if f.Observed != "" {
		head.Chips = append(head.Chips, Chip{Text: c.both("来自 ", "from ") + c.House.SourceTitle(f.Observed).In(c.lang)})
	}
	if f.Head.Closed {
		head.Chips = append(head.Chips, Chip{c.both("已办结", "closed"), Good})
	}
	if f.Head.Overdue > 0 {
		head.Chips = append(head.Chips, Chip{c.both("有逾期", "overdue"), Bad})
	}
	return head
}

func (c *call) names(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, c.House.Name(id))
	}
	return out
}

// partyName is how a subject of the case is called.
func partyName(people []handling.Party, id casefile.Subject) string {
	for i := range people {
		if people[i].ID == id {
			return people[i].Label()
		}
	}
	return string(id)
}

// limit shows a duty with its clock.
func (c *call) limit(p *procedure.Procedure, d *casefile.Duty, people []handling.Party) Limit {
	l := Limit{Start: d.Opened, Due: d.Due, Liberty: d.Liberty, State: LimitRunning}
	info := p.Duty(d.Duty)
	if info != nil {
		l.Title, l.Articles, l.Promptly, l.Why = info.Title.In(c.lang), c.articles(info.Basis), info.Promptly, info.Why.In(c.lang)
	} else {
		l.Title = d.Duty
	}
	if d.Subject != "" {
		l.Person = partyName(people, d.Subject)
	}
	if d.Due != 0 {
		z := c.House.Pack().Zone
		l.Civil = z.End(z.Date(d.Due)) == d.Due
		if start := handling.Began(d); d.Due > start {
			l.Start, l.Used = start, int(min(100, max(0, (c.now-start)*100/(d.Due-start))))
		}
	}
	switch {
	case d.Done != 0:
		l.State = LimitDone
	case d.State == handling.Provisional:
		l.Note = c.both("该年工作日安排尚未载入，届满日可能顺延", "the working days of that year are not loaded: the last day may move on")
	case d.Waiting:
		l.State = LimitSuspended
	case d.Due != 0 && d.Due < c.now:
		l.State = LimitOverdue
	case d.Due != 0 && d.Amber <= c.now:
		l.State = LimitNear
	}
	return l
}

// limits are the duties of a case that are still to be done, liberty first, then by deadline.
func (c *call) limits(f *handling.File) []Limit {
	var out []Limit
	for i := range f.Duties {
		d := &f.Duties[i]
		if d.Done != 0 {
			continue
		}
		l := c.limit(f.Proc, d, f.People)
		l.Act = c.discharging(f, d)
		if f.Proc.Duty(d.Duty) != nil {
			l.Ask = c.ask(&f.Head, handling.OnDuty, d.Duty, "", l.Title)
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b Limit) int {
		if x := weight(a) - weight(b); x != 0 {
			return x
		}
		return int(max(-1, min(1, a.Due-b.Due)))
	})
	return out
}

func weight(l Limit) int {
	switch {
	case l.Liberty:
		return 0
	case l.Due != 0 && !l.Promptly:
		return 1
	case l.Due != 0:
		return 2
	}
	return 3
}

// discharging is the act by which this person may do a duty now.
func (c *call) discharging(f *handling.File, d *casefile.Duty) *Link {
	info := f.Proc.Duty(d.Duty)
	if info == nil {
		return nil
	}
	for _, n := range f.Next { // the act that the pack names first is the ordinary way; the others are never pressed on anybody
		if n.Act == info.Do[0] && len(n.Against) == 0 && (n.Subject == d.Subject || n.Subject == "" || d.Subject == "") && c.offers(f, n) {
			a := f.Proc.Act(n.Act)
			return &Link{a.Title.In(c.lang), doURL(f.Head.ID, a.ID, n.Subject)}
		}
	}
	return nil
}

// offers tells whether an act is offered to this person at all: acts about a new person only where their role is free,
// and only to those whose relation to the case lets them act.
func (c *call) offers(f *handling.File, n procedure.Next) bool {
	a := f.Proc.Act(n.Act)
	if c.House.MayAct(c.who, f, a) != nil {
		return false
	}
	if n.Subject == "" && a.Scope != "case" {
		return a.Brings()
	}
	return true
}

// reasons tells findings in words; those of a case with what would remove them, and where to ask about the rule.
func (c *call) reasons(p *procedure.Procedure, head *casefile.Head, found []procedure.Finding, people []handling.Party) []Reason {
	var out []Reason
	for i := range found {
		why := p.Why(&found[i])
		r := Reason{Text: why.Asks.In(c.lang), Articles: c.articles(why.Basis)}
		if rule := why.Rule.Title.In(c.lang); why.Rule.Severity < 3 && rule != r.Text { // a mere order of steps says nothing more
			r.Fact = rule
		}
		if len(r.Articles) == 0 && why.Rule.Setting != "" {
			r.Fact = second(why.Rule.Setting, c.lang) // no article: the page says whose demand it is
		}
		if found[i].Subject != "" {
			r.Text = partyName(people, found[i].Subject) + c.both("：", ": ") + r.Text
		}
		if found[i].Unjudged && found[i].Missing != "" {
			r.Fact = c.both("缺少事实：", "missing fact: ") + found[i].Missing
		}
		if len(why.Acts) > 0 && head != nil {
			a := p.Act(why.Acts[0])
			r.Mend = &Link{a.Title.In(c.lang), doURL(head.ID, a.ID, found[i].Subject)}
		}
		if head != nil {
			r.Ask = c.ask(head, handling.OnRule, why.Rule.ID, clauseAt(p, found[i].Clause), r.Text)
		}
		if !slices.ContainsFunc(out, func(x Reason) bool { return x.Text == r.Text }) {
			out = append(out, r)
		}
	}
	return out
}

func (c *call) storedReasons(f *handling.File, head *casefile.Head, refused []casefile.Reason) []Reason {
	var found []procedure.Finding
	for _, r := range refused {
		i := f.Proc.RuleOf(r.Rule)
		if i < 0 {
			continue
		}
		found = append(found, procedure.Finding{Rule: i, Clause: r.Clause, Subject: r.Subject, Missing: r.Missing, Unjudged: r.Missing != ""})
	}
	return c.reasons(f.Proc, head, found, f.People)
}

func (c *call) finding(f *handling.File, x *casefile.Finding) Finding {
	out := Finding{Href: findingURL(x.ID()), Rule: x.Rule, Title: x.Rule, Severity: Severity(x.Severity), At: x.At}
	if i := f.Proc.RuleOf(x.Rule); i >= 0 {
		r := f.Proc.Rules()[i]
		out.Title, out.Articles, out.Setting = r.Title.In(c.lang), c.articlesAt(r.Basis, x.At), second(r.Setting, c.lang)
		out.Ask = c.ask(&f.Head, handling.OnRule, r.ID, clauseAt(f.Proc, x.Clause), out.Title)
	}
	if x.Subject != "" {
		out.Person = partyName(f.People, x.Subject)
	}
	if x.Unjudged {
		out.Unjudged = x.Missing
	}
	if x.Cause > 0 && int(x.Cause) <= len(f.Acts) {
		out.Act = &Link{c.actTitle(f, &f.Acts[x.Cause-1]), actURL(f.Head.ID, x.Cause)}
	}
	if x.Due != 0 {
		out.Facts = c.both("期限 ", "limit ") + c.local(x.Due)
	}
	if x.WithdrawnBy > 0 {
		out.State = c.both("已因第"+strconv.FormatInt(x.WithdrawnBy, 10)+"号行为撤回", "withdrawn by act "+strconv.FormatInt(x.WithdrawnBy, 10))
	}
	return out
}

// second picks the language of a note written "中文 / English".
func second(s, lang string) string {
	zh, en, ok := strings.Cut(s, " / ")
	if ok && lang == "en" {
		return en
	}
	return zh
}

func (c *call) local(t calendar.Instant) string {
	return t.Time().In(c.House.Pack().Zone.Location()).Format("2006-01-02 15:04")
}

func (c *call) actTitle(f *handling.File, a *handling.FileAct) string {
	if a.Info == nil {
		return a.Kind
	}
	return a.Info.Title.In(c.lang)
}

func (c *call) act(f *handling.File, a *handling.FileAct) Act {
	out := Act{Title: c.actTitle(f, a), Href: actURL(f.Head.ID, a.Number), Index: strconv.FormatInt(a.Index, 10), Occurred: a.Occurred, DayOnly: a.Precision == calendar.Day, Recorded: a.Recorded, State: ActStands}
	if a.Actor != nil {
		out.Who = c.House.Name(a.Actor.Person)
		if held, ok := c.House.PostOf(authority.PersonID(a.Actor.Person), a.Occurred); ok {
			out.Post = c.post(held.Post)
		}
		if a.Actor.Person == authority.HousePost {
			out.Who = capital(c.post(authority.HousePost))
		}
	}
	if o := a.Observed; o != nil {
		if out.Observed = true; o.Source != f.Observed {
			out.From = c.House.SourceTitle(o.Source).In(c.lang)
		}
		if o.Row != "-" {
			out.Row = o.Row
		}
		out.Who = strings.TrimPrefix(out.Who, o.Source+":")
	}
	if d := a.Recorded - a.Occurred; a.Late && a.Observed == nil {
		out.Late = c.both(fmt.Sprintf("补录，晚%d日", d/day), fmt.Sprintf("entered %d days later", d/day))
	}
	for _, s := range a.Subjects {
		out.Persons = append(out.Persons, partyName(f.People, s.ID))
	}
	switch {
	case len(a.Refused) > 0:
		out.State, out.Reasons = ActRefused, c.storedReasons(f, nil, a.Refused)
	case a.Corrected > 0:
		out.State, out.By = ActCorrected, c.linkTo(f, a.Corrected)
	case a.Withdrawn > 0:
		out.State, out.By = ActWithdrawn, c.linkTo(f, a.Withdrawn)
	case a.ByLaw:
		out.State = ActByLaw
		if a.Info != nil && slices.ContainsFunc(a.Info.Fields, func(f procedure.FieldInfo) bool { return f.As == "origin" && a.Datum(f.Name).Known() }) {
			out.State = ActByRule
		}
	}
	for i := range f.Acts {
		if x := &f.Acts[i]; x.ID != "" && (x.ID == a.Corrects || x.ID == a.Withdraws) {
			out.Names = c.linkTo(f, x.Number)
		}
	}
	if a.Info != nil {
		out.Decision, out.Articles = a.Info.Decision, c.articles(a.Info.Basis)
		for i := range a.Info.Fields {
			fi := &a.Info.Fields[i]
			for _, d := range a.Data {
				if d.Name != fi.Name {
					continue
				}
				text := c.House.Show(fi, d.Value, c.lang)
				if fi.Long {
					if out.Gist == "" { // the first long text is what an act is mainly about
						out.Gist = short(text, 120)
					}
				} else {
					out.Data = append(out.Data, Pair{capital(fi.Title.In(c.lang)), text})
				}
			}
		}
	}
	for _, d := range a.Issued {
		title, number := d.Kind, d.Number
		if doc := c.House.Pack().Document(d.Kind); doc != nil {
			title = doc.Title.In(c.lang)
		}
		if len(a.Refused) == 0 {
			out.Docs = append(out.Docs, Link{strings.TrimSpace(title + " " + number), documentURL(f.Head.ID, a.Number, d.Kind)})
		}
	}
	for _, x := range a.Attached {
		out.Files = append(out.Files, Link{x.Name, fileURL(f.Head.ID, x)})
	}
	for i := range f.Findings {
		if x := &f.Findings[i]; x.MadeBy == a.Number && x.WithdrawnBy == 0 && !x.Warn {
			out.Findings = append(out.Findings, c.finding(f, x))
		}
	}
	return out
}

const day = calendar.Instant(24 * 3600 * 1_000_000)

func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

func documentURL(id casefile.CaseID, act int64, kind string) string {
	return caseURL(id) + "/documents/" + strconv.FormatInt(act, 10) + "/" + kind
}

func fileURL(id casefile.CaseID, a casefile.Attached) string {
	return caseURL(id) + "/files/" + a.Digest.String()
}

func (c *call) linkTo(f *handling.File, n int64) *Link {
	if n < 1 || int(n) > len(f.Acts) {
		return nil
	}
	return &Link{c.actTitle(f, &f.Acts[n-1]), actURL(f.Head.ID, n)}
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
