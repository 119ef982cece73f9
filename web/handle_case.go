package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

func (c *call) caseID() casefile.CaseID { return casefile.CaseID(c.r.PathValue("id")) }

func casePage(c *call) error {
	f, err := c.House.File(c.r.Context(), c.who, c.caseID(), "case")
	if err != nil {
		return err
	}
	p := &Case{Frame: c.liveFrame(areaOf(f), &f.Head, false), Head: c.caseHead(f), Limits: c.limits(f), Stages: c.stages(f.Stages)}
	if f.Observed != "" {
		p.From = c.House.SourceTitle(f.Observed).In(c.lang)
	}
	for i := len(f.Acts) - 1; i >= 0; i-- {
		a := c.act(f, &f.Acts[i])
		for k := range a.Findings {
			a.Findings[k].Ask = nil // it stands at the finding in the list of those that stand
		}
		if a.State == ActRefused {
			p.Refusals++
		}
		p.Acts = append(p.Acts, a)
		for _, d := range f.Acts[i].Issued {
			if len(f.Acts[i].Refused) == 0 {
				p.Docs = append(p.Docs, c.documentRow(f, &f.Acts[i], d))
			}
		}
		for _, x := range f.Acts[i].Attached {
			p.Files = append(p.Files, Attachment{Name: x.Name, Href: fileURL(f.Head.ID, x), Size: size(x.Size), Digest: x.Digest.String(), Act: c.linkTo(f, f.Acts[i].Number), At: f.Acts[i].Recorded, By: a.Who})
		}
	}
	p.Next, p.NotYet = c.nexts(f)
	for i := range f.Findings {
		if x := &f.Findings[i]; x.WithdrawnBy == 0 && !x.Warn {
			p.Findings = append(p.Findings, c.finding(f, x))
		}
	}
	slices.SortStableFunc(p.Findings, func(a, b Finding) int { return int(a.Severity - b.Severity) })
	if p.People, err = c.people(f); err != nil {
		return err
	}
	p.Facts = c.facts(f)
	if handling.Draws(f.Proc) {
		p.Round = roundURL(f.Head.ID)
	}
	if handling.Surveys(f.Proc) {
		p.SurveyURL = surveyURL(f.Head.ID)
	}
	if measures(f.Proc) {
		p.MeasureURL = measureURL(f.Head.ID)
		for _, x := range c.House.MeasuredIn(f) {
			p.Measured = append(p.Measured, c.measured(f, &x))
		}
	}
	if p.Tied, err = c.tied(f); err != nil {
		return err
	}
	if looks, err := c.House.LastLooks(c.r.Context(), c.who, f, 6); err != nil {
		return err
	} else if looks != nil {
		p.LooksURL, p.Looks = caseURL(f.Head.ID)+"/looks", c.looked(looks)
	}
	if ref := c.r.URL.Query().Get("done"); ref != "" {
		p.Flash = c.done(f, ref)
	}
	return c.page(http.StatusOK, p)
}

// done says what the act just entered did.
func (c *call) done(f *handling.File, ref string) *Flash {
	n, err := strconv.ParseInt(ref, 10, 64)
	if err != nil || n < 1 || int(n) > len(f.Acts) {
		return nil
	}
	a := &f.Acts[n-1]
	flash := &Flash{Tone: Good, Text: c.both("已记入本案第"+ref+"号行为：", "On record as act "+ref+" of this case: ") + c.actTitle(f, a), Ref: strconv.FormatInt(a.Index, 10), Link: &Link{c.both("查看", "see it"), actURL(f.Head.ID, n)}}
	found := 0
	for _, x := range f.Findings {
		if x.MadeBy == n && x.WithdrawnBy == 0 && !x.Warn {
			found++
		}
	}
	if found > 0 {
		flash.Tone, flash.Text = Near, flash.Text+c.both(fmt.Sprintf("；发现%d个问题，见下", found), fmt.Sprintf("; %d found fault with it, below", found))
	}
	return flash
}

func (c *call) stages(all []handling.Stage) []Stage {
	var out []Stage
	for _, s := range all {
		out = append(out, Stage{capital(s.Title.In(c.lang)), s.State, s.At})
	}
	return out
}

func (c *call) documentRow(f *handling.File, a *handling.FileAct, d casefile.Issued) Document {
	title := d.Kind
	if doc := c.House.Pack().Document(d.Kind); doc != nil {
		title = doc.Title.In(c.lang)
	}
	out := Document{Title: title, Number: d.Number, Href: documentURL(f.Head.ID, a.Number, d.Kind), At: a.Recorded, State: c.both("已出具", "issued"), Tone: Good}
	if c.Printer != nil {
		out.PDF = out.Href + "/pdf"
	}
	if a.Corrected > 0 || a.Withdrawn > 0 {
		out.State, out.Tone = c.both("已被更正或者撤回", "corrected or withdrawn"), Note
	}
	return out
}

// nexts lists what may be done now and what not yet. What duties ask for comes first. An act that several people of the
// case may be the subject of is one entry: its form asks about whom. Of what is not possible yet, only what this person's
// posts could do is listed.
func (c *call) nexts(f *handling.File) (next []NextAct, not []NotYet) {
	wanted := map[int]*Limit{}
	for i := range f.Duties {
		d := &f.Duties[i]
		if info := f.Proc.Duty(d.Duty); d.Done == 0 && info != nil {
			l := c.limit(f.Proc, d, f.People)
			for _, x := range info.Do {
				if wanted[x] == nil || l.Due != 0 && (wanted[x].Due == 0 || l.Due < wanted[x].Due) {
					wanted[x] = &l
				}
			}
		}
	}
	for i := range f.Proc.Acts() {
		a := f.Proc.Act(i)
		if a.Opens || f.Head.Closed && !a.AfterClose {
			continue
		}
		var lawful, against []procedure.Next
		for _, n := range f.Next {
			switch {
			case n.Act != i || !c.offers(f, n) || n.Subject != "" && a.Role != "" && !c.concerns(f, i, n.Subject):
			case len(n.Against) == 0 || a.Relieves && wanted[i] != nil:
				lawful = append(lawful, n)
			case a.Relieves: // it would not be refused, but nothing asks for it here
			default:
				against = append(against, n)
			}
		}
		title := a.Title.In(c.lang)
		if len(lawful) > 0 {
			var subject casefile.Subject
			var names []string
			for _, n := range lawful {
				if n.Subject != "" {
					subject = n.Subject
					names = append(names, partyName(f.People, n.Subject))
				}
			}
			if len(lawful) > 1 {
				subject = ""
			}
			if len(names) > 0 && a.Role != "" {
				title += c.both("：", ": ") + strings.Join(names, c.both("、", ", "))
			}
			next = append(next, NextAct{Link: Link{title, doURL(f.Head.ID, a.ID, subject)}, Gist: a.Help.In(c.lang), Main: wanted[i] != nil && !a.Relieves || wanted[i] != nil && wanted[i].Liberty, Relieves: a.Relieves, Due: wanted[i]})
			continue
		}
		for _, n := range against {
			if !slices.ContainsFunc(n.Against, func(x procedure.Finding) bool { return ofPerson(x.Clause) }) {
				if n.Subject != "" {
					title += c.both("：", ": ") + partyName(f.People, n.Subject)
				}
				not = append(not, NotYet{title, c.reasons(f.Proc, &f.Head, n.Against, f.People)})
				break
			}
		}
	}
	slices.SortStableFunc(next, func(a, b NextAct) int { return order(a) - order(b) })
	return next, not
}

// concerns tells whether an act about a role is of interest for a subject: one of that role, or one for whom a duty waits for
// it. What frees may be entered for anybody, but is offered only there.
func (c *call) concerns(f *handling.File, act int, subject casefile.Subject) bool {
	for i := range f.People {
		if f.People[i].ID == subject && f.People[i].Role == f.Proc.Act(act).Role {
			return true
		}
	}
	return slices.ContainsFunc(f.Duties, func(d casefile.Duty) bool {
		info := f.Proc.Duty(d.Duty)
		return d.Done == 0 && d.Subject == subject && info != nil && slices.Contains(info.Do, act)
	})
}

// ofPerson tells whether a clause is about who acts: such an act is for somebody else.
func ofPerson(clause string) bool {
	return strings.HasSuffix(clause, ".by") || strings.HasSuffix(clause, ".competent") || strings.HasSuffix(clause, ".barred") || strings.HasSuffix(clause, ".other_than")
}

func order(n NextAct) int {
	switch {
	case n.Main && n.Due != nil && n.Due.Liberty:
		return 0
	case n.Main && n.Due != nil && n.Due.Due != 0:
		return 1
	case n.Main:
		return 2
	case n.Relieves:
		return 4
	}
	return 3
}

func (c *call) people(f *handling.File) ([]Person, error) {
	var out []Person
	var err error
	for i := range f.People {
		x := &f.People[i]
		p := Person{Name: x.Label(), Role: c.role(x.Role), Href: "#acts"}
		switch x.Kind {
		case "item":
			p.Role = c.both("物品", "item")
		case "document":
			p.Role = c.both("文书", "document")
		}
		for _, l := range f.Duties {
			if l.Done == 0 && l.Liberty && l.Subject == x.ID {
				p.Chips = append(p.Chips, Chip{c.both("人身自由受限", "held"), Bad})
			}
		}
		for k := range f.Proc.Acts() {
			for _, fi := range f.Proc.Act(k).Fields {
				if v := x.Data[fi.Name]; v != "" && slices.Contains([]string{"gender", "birth", "id_number", "phone", "address"}, fi.As) {
					p.Facts = append(p.Facts, Pair{capital(fi.Title.In(c.lang)), v})
				}
			}
			if len(p.Facts) > 0 {
				break
			}
		}
		for _, x := range c.follows(f, x.ID) {
			if x.Yes || x.Lacks == "" && x.Value != c.both("否", "no") {
				p.Follows = append(p.Follows, x)
			}
		}
		if p.InHand, err = c.inHand(f, x); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// inHand tells how long somebody was held, in all cases together; of another case its number only to who may see it.
func (c *call) inHand(f *handling.File, x *handling.Party) (*TimeInHand, error) {
	held, err := c.House.InHand(c.r.Context(), c.who, f, x)
	if err != nil || len(held.Parts) == 0 {
		return nil, err
	}
	out := &TimeInHand{Time: c.length(held.Time), Lasts: held.Now, Over: len(held.Passed) > 0, Incomplete: held.Incomplete}
	for _, w := range held.Passed {
		out.Warning = c.both("已超过"+c.length(w)+"提醒线", "past the warning at "+c.length(w))
	}
	for _, p := range held.Parts {
		where := c.both("本案", "this case")
		if p.Case != f.Head.ID {
			where = c.both("他案", "another case")
			if head, ok := c.House.Visible(c.r.Context(), c.who, p.Case); ok {
				where = c.caseRef(&head).Number
			}
		}
		to := c.both("至今", "until now")
		if p.To != 0 {
			to = c.local(p.To)
		}
		out.Parts = append(out.Parts, Pair{p.What.In(c.lang), c.local(p.From) + " – " + to + c.both("，", ", ") + where})
	}
	return out, nil
}

// length writes a length of time in hours and minutes.
func (c *call) length(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	if m == 0 {
		return fmt.Sprintf(c.both("%d小时", "%d h"), h)
	}
	return fmt.Sprintf(c.both("%d小时%d分", "%d h %d min"), h, m)
}

func (c *call) role(id string) string {
	if t, ok := c.House.Pack().Role(id); ok {
		return t.In(c.lang)
	}
	return id
}

// facts are the data of the act that opened the case.
func (c *call) facts(f *handling.File) []Pair {
	if len(f.Acts) == 0 || f.Acts[0].Info == nil {
		return nil
	}
	var out []Pair
	a := f.Acts[0]
	for i := range a.Info.Fields {
		fi := &a.Info.Fields[i]
		if v := a.Datum(fi.Name); v.Known() && fi.As != "title" {
			out = append(out, Pair{capital(fi.Title.In(c.lang)), c.House.Show(fi, v, c.lang)})
		}
	}
	return append(out, Pair{c.both("受理单位", "Unit"), f.Unit.In(c.lang)})
}

func (c *call) looked(looks []casefile.Looked) []Look {
	var out []Look
	for _, l := range looks {
		x := Look{At: l.At, Who: c.House.Name(l.Person), Post: c.post(l.Post), What: c.what(l.What), Purpose: l.Purpose, Refused: l.Refused, Index: strconv.FormatInt(l.Index, 10)}
		if held, ok := c.House.PostOf(authority.PersonID(l.Person), l.At); ok {
			x.Unit = c.House.Unit(string(held.Unit)).In(c.lang)
		}
		out = append(out, x)
	}
	return out
}

func (c *call) what(s string) string {
	head, tail, _ := strings.Cut(s, " ")
	words := map[string][2]string{"case": {"案件页", "case page"}, "act": {"行为", "act"}, "document": {"文书", "document"}, "attachment": {"附件", "file"}, "looks": {"查看记录", "who looked"}, "form": {"表单", "form"}, "ask": {"提出规则疑问", "asking about a rule"}, "question": {"规则疑问", "question about a rule"}, "round": {"考评的抽样与评分", "draw and scores of a round"}, "survey": {"评议的统计", "what a survey has collected"}, "inhand": {"在控时间（自他案）", "time in hand, from another case"}}
	w, ok := words[head]
	if !ok {
		return s
	}
	return strings.TrimSpace(c.both(w[0], w[1]) + " " + tail)
}

const onLooks = 200

func looks(c *call) error {
	head, looks, err := c.House.Looks(c.r.Context(), c.who, c.caseID(), onLooks)
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, &Looks{Frame: c.frame(AreaCases), Case: c.caseRef(&head), Rows: c.looked(looks), Pager: Pager{Showing: len(looks)}})
}

func actPage(c *call) error {
	n, err := strconv.ParseInt(c.r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return casefile.ErrNotFound
	}
	f, err := c.House.File(c.r.Context(), c.who, c.caseID(), fmt.Sprintf("act %d", n))
	if err != nil {
		return err
	}
	if int(n) > len(f.Acts) {
		return casefile.ErrNotFound
	}
	a := &f.Acts[n-1]
	leaf := a.Leaf()
	var secret []string
	if a.Info != nil {
		for _, fi := range a.Info.Fields {
			if fi.As == "secret" {
				secret = append(secret, "data."+fi.Name)
			}
		}
	}
	bytes := a.Hide(secret...)
	entrySize, root, err := c.House.Store().Head(c.r.Context())
	if err != nil {
		return err
	}
	p := &ActPage{Frame: c.frame(areaOf(f)), Head: c.caseHead(f), Act: c.act(f, a), Record: Record{Index: strconv.FormatInt(a.Index, 10), InCase: strconv.FormatInt(n, 10), ActID: string(a.ID), Leaf: leaf.String(), Root: root.String(), Size: strconv.FormatInt(entrySize, 10), Bytes: string(bytes), Length: len(bytes), Pack: strings.TrimSpace(a.Procedure + " " + a.Edition)}}
	if len(a.Refused) > 0 {
		p.Act.Reasons = c.storedReasons(f, &f.Head, a.Refused)
		for i := range p.Act.Reasons {
			p.Act.Reasons[i].Mend = nil // what would have removed it then
		}
	}
	if correctable(a) && c.House.MayAct(c.who, f, a.Info) == nil {
		p.Mend = append(p.Mend, Link{c.both("更正", "Correct"), doURL(f.Head.ID, a.Info.ID, "") + "?corrects=" + strconv.FormatInt(n, 10)})
	}
	for i := range f.Duties {
		d := &f.Duties[i]
		if d.Cause != n {
			continue
		}
		l := c.limit(f.Proc, d, f.People)
		what := l.Title
		if l.Person != "" {
			what += c.both("：", ": ") + l.Person
		}
		if d.Done == 0 {
			p.Opened = append(p.Opened, DutyAhead{What: what, Due: d.Due, Civil: l.Civil, Liberty: d.Liberty, Articles: l.Articles, Why: l.Why})
		} else {
			p.Ended = append(p.Ended, Pair{what, c.dutyState(d.State) + " " + c.local(d.Done)})
		}
	}
	if measures(f.Proc) {
		p.MeasureURL = measureURL(f.Head.ID)
		for _, x := range c.House.MeasuredIn(f) {
			p.Measured = append(p.Measured, c.measured(f, &x))
		}
	}
	return c.page(http.StatusOK, p)
}

func (c *call) dutyState(s string) string {
	words := map[string][2]string{"on time": {"按期履行", "on time"}, "late": {"逾期履行", "late"}, "overdue": {"逾期未履行", "overdue"}, "lapsed": {"不再需要", "lapsed"}, "waived": {"免除", "waived"}, "withdrawn": {"随行为撤回", "withdrawn with its act"}, "opened": {"待履行", "open"}}
	if w, ok := words[s]; ok {
		return c.both(w[0], w[1])
	}
	return s
}

// inline are the types that a browser may show; everything else is saved to disk.
var inline = []string{"image/png", "image/jpeg"}

// attachment serves foreign bytes: as a download, never interpreted by our origin.
func attachment(c *call) error {
	a, err := c.House.Attachment(c.r.Context(), c.who, c.caseID(), c.r.PathValue("digest"))
	if err != nil {
		return err
	}
	body, err := c.House.OpenAttached(a)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	disposition := "attachment"
	if slices.Contains(inline, a.Type) {
		h.Set("Content-Type", a.Type)
		disposition = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	if _, err := io.Copy(c.w, body); err != nil {
		c.Log.Error("attachment", "digest", a.Digest, "error", err)
		panic(http.ErrAbortHandler) // a flipped bit: the answer must not look whole
	}
	return nil
}
