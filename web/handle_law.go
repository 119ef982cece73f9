package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

func lawURL(p *procedure.Procedure) string { return "/law/" + p.ID }

func law(c *call) error {
	pack := c.House.Pack()
	p := &Law{Frame: c.frame(""), Pack: pack.Title.In(c.lang)}
	for _, x := range pack.Procedures {
		p.Procedures = append(p.Procedures, LawEntry{Title: x.Title.In(c.lang), Href: lawURL(x), Summary: x.Summary().In(c.lang), Matter: x.Matter(), Acts: len(x.Acts()), Duties: len(x.Duties())})
	}
	return c.page(http.StatusOK, p)
}

func lawPage(c *call) error {
	proc, err := c.House.Pack().Procedure(c.r.PathValue("procedure"))
	if err != nil {
		return casefile.ErrNotFound
	}
	l := &lawOf{call: c, proc: proc, uncertain: map[string]bool{}}
	p := &LawPage{Frame: c.frame(""), Title: proc.Title.In(c.lang), Summary: proc.Summary().In(c.lang), Edition: proc.Edition(), Acts: len(proc.Acts())}
	p.Version, p.Since = l.version()
	for _, s := range proc.Stages() {
		p.Stages = append(p.Stages, LawStage{ID: s.ID, Title: capital(s.Title.In(c.lang))})
	}
	for i, stage := range handling.StagesOf(proc) {
		k := slices.IndexFunc(p.Stages, func(s LawStage) bool { return s.ID == stage })
		if k < 0 {
			k, p.Stages = len(p.Stages), append(p.Stages, LawStage{ID: stage})
		}
		p.Stages[k].Acts = append(p.Stages[k].Acts, l.act(i))
	}
	p.Stages = slices.DeleteFunc(p.Stages, func(s LawStage) bool { return len(s.Acts) == 0 })
	for i := range proc.Duties() {
		if x := proc.DutyText(i); l.holds(x.From, x.Until) {
			p.Duties = append(p.Duties, l.duty(i))
		}
	}
	for i := range proc.Remedies() {
		p.Remedies = append(p.Remedies, l.remedy(&proc.Remedies()[i]))
	}
	for i := range proc.Rules() {
		p.Marks = append(p.Marks, l.marks(&proc.Rules()[i])...)
	}
	p.Uncertain = len(l.uncertain)
	return c.page(http.StatusOK, p)
}

// lawOf writes the pages of one procedure.
type lawOf struct {
	*call
	proc      *procedure.Procedure
	now       int             // the version that holds, by its place
	uncertain map[string]bool // what is not checked against the text
}

// version finds the version of the procedure that holds now.
func (l *lawOf) version() (title string, since calendar.Date) {
	today := l.House.Pack().Zone.Date(l.call.now)
	for i, v := range l.proc.Versions() {
		if from, err := calendar.ParseDate(v.From); err == nil && from <= today {
			l.now, title, since = i, v.Title.In(l.lang), from
		}
	}
	return title, since
}

// holds tells whether what is said from one version until another holds now.
func (l *lawOf) holds(from, until string) bool {
	at := func(id string, without int) int {
		if k := slices.IndexFunc(l.proc.Versions(), func(v procedure.VersionText) bool { return v.ID == id }); k >= 0 {
			return k
		}
		return without
	}
	return at(from, l.now) <= l.now && at(until, l.now) >= l.now
}

func (l *lawOf) note(where, why string) string {
	if why == "" {
		return ""
	}
	l.uncertain[where] = true
	return second(why, l.lang)
}

func (l *lawOf) cited(basis []string) []LawArticle {
	var out []LawArticle
	for _, id := range l.House.Pack().InForce(basis, l.call.now) {
		x := l.House.Pack().Cite(id)
		a := LawArticle{Name: x.Text().In(l.lang), Gist: x.Gist.In(l.lang), Unverified: l.note("article "+id, x.Unverified)}
		if strings.HasPrefix(x.URL, "https://") || strings.HasPrefix(x.URL, "http://") {
			a.Href = x.URL
		}
		out = append(out, a)
	}
	return out
}

func (l *lawOf) posts(ids []string) []string {
	var out []string
	for _, id := range ids {
		if name := l.post(id); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (l *lawOf) linkTo(i int) Link {
	return Link{l.proc.ActTitle(i).In(l.lang), "#act-" + l.proc.ActID(i)}
}

func (l *lawOf) links(acts []int) []Link {
	var out []Link
	for _, i := range acts {
		out = append(out, l.linkTo(i))
	}
	return out
}

func (l *lawOf) act(i int) LawAct {
	a, x := l.proc.Act(i), l.proc.ActText(i)
	out := LawAct{ID: a.ID, Title: a.Title.In(l.lang), What: a.Help.In(l.lang), Why: a.Why.In(l.lang), Decision: a.Decision, Relieves: a.Relieves, About: a.Scope, By: l.posts(append(slices.Clone(a.By), a.Competent...)), Varies: len(x.Competent) > 1, Articles: l.cited(a.Basis), Unverified: l.note("act "+a.ID, x.Unverified)}
	for _, x := range a.Leads {
		to := Link{x.Procedure.Title.In(l.lang) + l.both("：", ": ") + x.Procedure.ActTitle(x.Act).In(l.lang), lawURL(x.Procedure) + "#act-" + x.Procedure.ActID(x.Act)}
		if !slices.Contains(out.Leads, to) {
			out.Leads = append(out.Leads, to)
		}
	}
	for _, id := range a.Documents {
		if d := l.House.Pack().Document(id); d != nil {
			out.Documents = append(out.Documents, d.Title.In(l.lang))
		}
	}
	return out
}

func (l *lawOf) duty(i int) LawDuty {
	info, x := l.proc.Duties()[i], l.proc.DutyText(i)
	out := LawDuty{ID: info.ID, Title: info.Title.In(l.lang), Why: info.Why.In(l.lang), Of: l.linkTo(info.Act), Do: l.links(info.Do), Promptly: info.Promptly, Liberty: info.Liberty}
	basis := slices.Clone(x.Basis)
	var terms []string
	for _, t := range x.Tiers {
		if !l.holds(t.From, t.Until) {
			continue
		}
		out.Varies = out.Varies || t.When != ""
		if text := procedure.TermText(t.Term).In(l.lang); !slices.Contains(terms, text) {
			terms = append(terms, text)
		}
		for _, b := range t.Basis {
			if !slices.Contains(basis, b) {
				basis = append(basis, b)
			}
		}
	}
	out.Limit, out.Articles = strings.Join(terms, l.both("、", ", ")), l.articles(basis)
	for _, u := range x.Suspended {
		var until []string
		for _, to := range u.To {
			until = append(until, l.proc.ActTitle(to).In(l.lang))
		}
		from, to := l.proc.ActTitle(u.From).In(l.lang), strings.Join(until, l.both("、", ", "))
		out.Notes = append(out.Notes, l.both("不计入：从“"+from+"”到“"+to+"”", "Not counted: from "+from+" to "+to))
	}
	if e := x.Extended; e != nil {
		by, add, times := l.proc.ActTitle(e.By).In(l.lang), procedure.TermText(e.Add).In(l.lang), strconv.Itoa(e.Times)
		out.Notes = append(out.Notes, l.both("可以延长：经“"+by+"”，每次"+add+"，至多"+times+"次，须在届满前", "May be extended: by "+by+", "+add+" each time, at most "+times+" times, before it ends"))
	}
	if why := l.note("duty "+info.ID, x.Unverified); why != "" {
		out.Marks = append(out.Marks, LawMark{Kind: "unverified", Text: why})
	}
	for _, a := range l.cited(basis) {
		if a.Unverified != "" {
			out.Marks = append(out.Marks, LawMark{Kind: "unverified", Text: a.Name + l.both("：", ": ") + a.Unverified})
		}
	}
	if x.Late >= 0 {
		out.Marks = append(out.Marks, l.marks(&l.proc.Rules()[x.Late])...)
	}
	return out
}

func (l *lawOf) remedy(r *procedure.Remedy) LawRemedy {
	out := LawRemedy{Title: r.Title.In(l.lang), Where: r.Where.In(l.lang), After: l.links(r.Acts), Articles: l.cited(r.Basis)}
	if r.Term != nil {
		out.Term = procedure.TermText(*r.Term).In(l.lang)
	}
	for _, id := range r.For {
		out.For = append(out.For, l.role(id))
	}
	return out
}

// marks lists what in a rule is not the law's own word.
func (l *lawOf) marks(r *procedure.Rule) []LawMark {
	var out []LawMark
	for _, m := range []struct{ kind, text string }{{"setting", r.Setting}, {"reading", r.Reading}, {"unverified", r.Unverified}} {
		if m.text != "" {
			out = append(out, LawMark{m.kind, r.Title.In(l.lang), second(m.text, l.lang), l.articles(r.Basis)})
		}
	}
	return out
}
