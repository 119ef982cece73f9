package web

import (
	"slices"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// approval shows a decision with everything it rests on: the conditions and what meets them, the file on one page, what
// changed since the last round, what reviewers said.
func (c *call) approval(f *handling.File, a *procedure.ActInfo, form Form, subject casefile.Subject, limits []Limit) *Approval {
	p := &Approval{Frame: c.liveFrame(areaOf(f), &f.Head, true), Head: c.caseHead(f), Title: a.Title.In(c.lang), Why: form.Why, Ask: form.Ask, Articles: c.articles(a.Basis), Limits: limits, Form: form, Refusal: form.Refusal, Conflict: form.Conflict, Round: 1}
	form.Refusal, form.Conflict = nil, nil
	p.Form = form
	kind := f.Proc.ActOf(a.ID)

	// Conditions: what stands against it, and what of its preconditions is done.
	for _, n := range f.Next {
		if n.Act != kind || subject != "" && n.Subject != subject && n.Subject != "" {
			continue
		}
		if a.Scope != "case" && n.Subject == "" && len(f.People) > 0 {
			continue
		}
		for _, r := range c.reasons(f.Proc, &f.Head, n.Against, f.People) {
			p.Checks = append(p.Checks, Condition{Text: r.Text, Met: "unmet", Articles: r.Articles, Fact: r.Fact, Act: r.Mend, Ask: aside(r.Ask)})
		}
	}
	for _, before := range f.Proc.Needs(kind) {
		for i := len(f.Acts) - 1; i >= 0; i-- {
			x := &f.Acts[i]
			if x.Kind == f.Proc.ActID(before) && x.Stands() {
				shown := c.act(f, x)
				text := shown.Title
				for _, who := range shown.Persons {
					text += " " + who
				}
				p.Checks = append(p.Checks, Condition{Text: text, Met: "met", Fact: c.both("由", "by ") + shown.Who + " " + c.local(x.Occurred), Act: &Link{c.both("查看", "see"), shown.Href}})
				break
			}
		}
	}

	// What is decided on: the last proposal, or before there is one the last act that this decision must follow.
	proposed := slices.ContainsFunc(f.Acts, func(x handling.FileAct) bool {
		return x.Info != nil && x.Info.Part == "proposal" && x.Stands()
	})
	for i := len(f.Acts) - 1; i >= 0; i-- {
		x := &f.Acts[i]
		if x.Info == nil || !x.Stands() {
			continue
		}
		if proposed && x.Info.Part == "proposal" || !proposed && slices.Contains(f.Proc.Needs(kind), f.Proc.ActOf(x.Info.ID)) {
			shown := c.act(f, x)
			p.By, p.At, p.Proposal = shown.Who+" "+shown.Post, x.Occurred, shown.Data
			for k := range x.Info.Fields { // facts, evidence and grounds in full: it is on them that is decided
				fi := &x.Info.Fields[k]
				if v := x.Datum(fi.Name); v.Known() && fi.Long {
					p.Grounds = append(p.Grounds, Pair{capital(fi.Title.In(c.lang)), c.House.Show(fi, v, c.lang)})
				}
			}
			for _, who := range shown.Persons {
				p.Proposal = append([]Pair{{c.both("针对", "about"), who}}, p.Proposal...)
			}
			break
		}
	}
	for _, n := range f.Next {
		if b := f.Proc.Act(n.Act); b.Part == "return" && len(n.Against) == 0 && c.offers(f, n) {
			p.Return = &Link{b.Title.In(c.lang), doURL(f.Head.ID, b.ID, n.Subject)}
		}
	}
	last := int64(0) // the last return
	for i := range f.Acts {
		x := &f.Acts[i]
		if x.Info == nil || len(x.Refused) > 0 {
			continue
		}
		if x.Info.Part == "return" {
			last = x.Number
			p.Round++
			for _, d := range c.act(f, x).Data {
				p.Returned = d.Value
			}
			if g := c.act(f, x).Gist; g != "" {
				p.Returned = g
			}
		}
	}
	stages := map[string]*FilePart{}
	var order []string
	for i := range f.Acts {
		x := &f.Acts[i]
		if x.Info == nil || len(x.Refused) > 0 {
			continue
		}
		stage := x.Info.Stage
		if stage == "" && len(order) > 0 {
			stage = order[len(order)-1]
		}
		if stages[stage] == nil {
			stages[stage] = &FilePart{Title: f.Proc.StageTitle(stage).In(c.lang)}
			order = append(order, stage)
		}
		shown := c.act(f, x)
		text := shown.Title
		for _, who := range shown.Persons {
			text += " " + who
		}
		note := shown.Gist
		for _, d := range shown.Data {
			if note != "" {
				note += c.both("；", "; ")
			}
			note += d.Name + c.both("：", ": ") + d.Value
		}
		stages[stage].Rows = append(stages[stage].Rows, FileRow{Text: text, Note: short(note, 200), Href: shown.Href, New: last > 0 && x.Number > last})
		if x.Info.Part == "review" {
			o := Opinion{Who: shown.Who, Post: shown.Post, Text: shown.Gist, At: x.Occurred, Href: shown.Href, Round: 1}
			for k := range f.Acts[:i] {
				if b := &f.Acts[k]; b.Info != nil && b.Info.Part == "return" && len(b.Refused) == 0 {
					o.Round++
				}
			}
			for _, d := range shown.Data {
				if o.Result = d.Value; len(x.Info.Fields[0].Enum) == 0 {
					o.Result = d.Name + c.both("：", ": ") + d.Value
				}
				break
			}
			p.Opinions = append(p.Opinions, o)
		}
	}
	for _, s := range order {
		p.File = append(p.File, *stages[s])
	}
	p.Changes = c.differences(f, last)
	return p
}

// differences compares the data that acts gave before the last return with what the same acts gave after it.
func (c *call) differences(f *handling.File, last int64) []Difference {
	if last == 0 {
		return nil
	}
	type key struct{ kind, subject, name string }
	before := map[key]string{}
	var out []Difference
	for i := range f.Acts {
		x := &f.Acts[i]
		if x.Info == nil || len(x.Refused) > 0 || x.Info.Part == "return" || x.Info.Part == "review" {
			continue
		}
		subject := ""
		if len(x.Subjects) > 0 {
			subject = string(x.Subjects[0].ID)
		}
		for k := range x.Info.Fields {
			fi := &x.Info.Fields[k]
			value := c.House.Show(fi, x.Datum(fi.Name), c.lang)
			at := key{x.Info.ID, subject, fi.Name}
			if x.Number > last && before[at] != value {
				label := fi.Title.In(c.lang)
				if subject != "" {
					label = partyName(f.People, casefile.Subject(subject)) + " " + label
				}
				out = append(out, Difference{Label: label, Before: short(before[at], 120), After: short(value, 120), Act: c.linkTo(f, x.Number)})
			}
			before[at] = value
		}
	}
	return out
}
