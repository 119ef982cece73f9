package handling

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// inPublic is the word of every case of which something stands in public, or did.
const inPublic = "public:"

// Published is what one matter has put before the public on the house's own site. A withdrawn one has neither title, text nor
// kind: only that it was there, when it went and why.
type Published struct {
	ID        casefile.CaseID
	Title     string
	Text      string
	Kind      string // an option of PublicKinds; empty: none was said
	Unit      Text
	At        calendar.Instant // when it was first published
	Changed   calendar.Instant // when the text that stands was; At, unless it was corrected
	Withdrawn calendar.Instant // zero: it stands
	Notice    string           // why it was withdrawn; empty: nobody said
	Basis     []string         // of the withdrawal

	words string // in which it is found
}

// PublicQuery narrows what is published: words that all occur in title and text or are its number; its kind; and the days on
// which it was published or withdrawn, both included. Zero: open. A withdrawn one is found by number and day alone.
type PublicQuery struct {
	Text, Kind  string
	From, Until calendar.Date
}

// Published lists what stands in public, the latest first, and in their place what was withdrawn. It is for anybody, from memory,
// and nothing is kept of who asked.
func (h *House) Published(s PublicQuery) []Published {
	words := strings.Fields(strings.ToLower(s.Text))
	var out []Published
	h.publicMu.RLock()
	for _, p := range h.public {
		within := func(at calendar.Instant) bool {
			d := h.pack.Zone.Date(at)
			return at != 0 && (s.From == 0 || d >= s.From) && (s.Until == 0 || d <= s.Until)
		}
		if s.Kind != "" && s.Kind != p.Kind || !within(p.At) && !within(p.Withdrawn) || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(p.words, w) }) {
			continue
		}
		out = append(out, p)
	}
	h.publicMu.RUnlock()
	slices.SortFunc(out, func(a, b Published) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// PublicKinds are the kinds of what may stand in public.
func (h *House) PublicKinds() []procedure.Option {
	var out []procedure.Option
	for _, p := range h.pack.Procedures {
		for k := range p.Acts() {
			for _, f := range p.Act(k).Fields {
				for _, o := range f.Enum {
					if f.As == "public_kind" && !slices.ContainsFunc(out, func(x procedure.Option) bool { return x.ID == o.ID }) {
						out = append(out, o)
					}
				}
			}
		}
	}
	return out
}

// PublicMonths are the first days of the months in which something was published or withdrawn, the latest first.
func (h *House) PublicMonths() []calendar.Date {
	var out []calendar.Date
	h.publicMu.RLock()
	defer h.publicMu.RUnlock()
	for _, p := range h.public {
		for _, at := range []calendar.Instant{p.At, p.Withdrawn} {
			if at != 0 {
				y, m, _ := h.pack.Zone.Date(at).Civil()
				out = append(out, calendar.NewDate(y, m, 1))
			}
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return slices.Compact(out)
}

// PublishedOne is what one matter has put before the public, or casefile.ErrNotFound.
func (h *House) PublishedOne(id casefile.CaseID) (Published, error) {
	h.publicMu.RLock()
	defer h.publicMu.RUnlock()
	if p, ok := h.public[id]; ok {
		return p, nil
	}
	return Published{}, casefile.ErrNotFound
}

// readPublished brings to hand what stands in public.
func (h *House) readPublished(ctx context.Context) error {
	s := casefile.Selection{All: true, Words: []string{inPublic}, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return err
		}
		for i := range heads {
			p, err := h.procedureOf(heads[i].Procedure)
			if err != nil {
				continue // of another pack
			}
			if err := h.readPublic(ctx, p, &heads[i]); err != nil {
				return err
			}
		}
		if len(heads) < s.Limit {
			return nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

// movePublished takes up what a case has in public after a change. What cannot be read is not shown.
func (h *House) movePublished(ctx context.Context, p *procedure.Procedure, head *casefile.Head) {
	if !slices.Contains(strings.Fields(head.Words), inPublic) {
		return
	}
	if err := h.readPublic(ctx, p, head); err != nil {
		h.log.Error("what a case has in public could not be read; it is not shown", "case", head.ID, "error", err)
		h.publicMu.Lock()
		delete(h.public, head.ID)
		h.publicMu.Unlock()
	}
}

// readPublic reads what a case has in public from its acts.
func (h *House) readPublic(ctx context.Context, p *procedure.Procedure, head *casefile.Head) error {
	records, err := h.records(ctx, head.ID, 0)
	if err != nil {
		return err
	}
	findings, err := h.store.Findings(ctx, head.ID)
	if err != nil {
		return err
	}
	out, ok := published(p, records, findings)
	out.ID, out.Unit = head.ID, h.unitName(head.Unit)
	out.words = strings.ToLower(string(out.ID) + "\n" + out.Title + "\n" + out.Text)
	h.publicMu.Lock()
	defer h.publicMu.Unlock()
	if ok {
		h.public[head.ID] = out
	} else {
		delete(h.public, head.ID)
	}
	return nil
}

// published tells what stands in public: what was on record when it was published, and nothing that came after; and not where a
// finding now stands against a decision on it. False: nothing ever did.
func published(p *procedure.Procedure, records []*casefile.Record, findings []casefile.Finding) (out Published, ok bool) {
	stands := effective(records)
	var wrong, gone calendar.Instant // when it was judged unlawful; when the act that published it was taken back
	for _, f := range findings {     // the acts that were judged unlawful afterwards, such as when what was said of the text is corrected
		if f.WithdrawnBy == 0 && !f.Warn && f.Duty == "" {
			if i := slices.IndexFunc(records, func(r *casefile.Record) bool { return r.Number == f.Cause }); i >= 0 && slices.Contains(stands, records[i]) {
				if k := p.ActOf(records[i].Kind); k >= 0 && p.Act(k).Decision && !p.Act(k).Relieves {
					wrong = max(wrong, f.At)
				}
			}
		}
	}
	shown := false
	for i, r := range records {
		k := p.ActOf(r.Kind)
		if k < 0 || len(r.Refused) > 0 || r.Withdraws != "" || p.Act(k).Publishes == "" {
			continue
		}
		info := p.Act(k)
		said, approved := saidBy(p, records[:i])
		routes, asked := said["public_route"]
		here := !asked || slices.Contains(strings.Split(routes, ","), procedure.OwnSite)
		if asked { // what was corrected behind the approval nobody approved
			then, _ := saidBy(p, records[:approved])
			here = here && then["title"] == said["title"] && then["redacted"] == said["redacted"]
		}
		if !ok && (!here || info.Publishes != "text") {
			continue // it never was on this site
		}
		ok, gone = true, 0
		for _, x := range records {
			if gone == 0 && (x.Withdraws == r.ID || x.Corrects == r.ID) {
				gone = x.Recorded
			}
		}
		if info.Publishes == "notice" {
			shown, out.Withdrawn, out.Notice, out.Basis = false, r.Occurred, "", info.Basis
			for _, f := range info.Fields {
				if v := r.Datum(f.Name); f.As == "public_notice" && v.Known() {
					out.Notice = v.Text()
				}
			}
			continue
		}
		shown = here && slices.Contains(stands, r)
		out.At = cmp.Or(out.At, r.Occurred)
		out.Changed, out.Withdrawn, out.Notice, out.Basis = r.Occurred, 0, "", nil
		out.Title, out.Text, out.Kind = said["title"], said["redacted"], said["public_kind"]
		if !here {
			gone = r.Occurred // from now on elsewhere alone
		}
	}
	if !shown || wrong > 0 {
		if out.Withdrawn == 0 && ok {
			out.Withdrawn = cmp.Or(gone, wrong)
		}
		out.Title, out.Text, out.Kind = "", "", ""
	}
	return out, ok
}

// saidBy gives what acts say, by the role of the datum, and how many of them were on record when the last said by which routes.
func saidBy(p *procedure.Procedure, records []*casefile.Record) (said map[string]string, approved int) {
	said = map[string]string{}
	for _, x := range effective(records) {
		k := p.ActOf(x.Kind)
		if k < 0 {
			continue
		}
		for _, f := range p.Act(k).Fields {
			if v := x.Datum(f.Name); v.Known() && v.Kind() == casefile.Text {
				if said[f.As] = v.Text(); f.As == "public_route" {
					approved = slices.Index(records, x) + 1
				}
			}
		}
	}
	return said, approved
}

// Publishes tells whether what comes of a procedure may stand in public.
func Publishes(p *procedure.Procedure) bool {
	return slices.ContainsFunc(p.Acts(), func(id string) bool { return p.Act(p.ActOf(id)).Publishes != "" })
}

// comesPublic tells whether a datum comes before the public: the text, its title, why it was withdrawn.
func (h *House) comesPublic(info *procedure.ActInfo, f *procedure.FieldInfo) bool {
	text := slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "redacted" })
	return f.As == "redacted" || f.As == "public_notice" || f.As == "title" && text
}

// aboutCases are the data that the house gives of the cases that a matter names: the offences of those about whom an act names
// one, and whether one of them is a natural person: of whom the file has a birthday or a gender, or who was to be detained.
func (h *House) aboutCases(ctx context.Context, c *standing, q *Request, info *procedure.ActInfo) ([]casefile.Datum, error) {
	asked := func(role string) int {
		return slices.IndexFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == role })
	}
	if asked("case_offences") < 0 && asked("on_person") < 0 {
		return nil, nil
	}
	var offences []string
	natural, named := map[string]bool{}, map[string]bool{}
	for _, id := range linked(append(strings.Fields(c.head.Words), h.wordsOf(q, info)...)) {
		head, err := h.store.Case(ctx, id)
		if err != nil {
			continue // the datum that names it says so
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue
		}
		records, err := h.records(ctx, id, 0)
		if err != nil {
			return nil, err
		}
		for _, r := range effective(records) {
			k := p.ActOf(r.Kind)
			if k < 0 {
				continue
			}
			for _, f := range p.Act(k).Fields {
				v := r.Datum(f.Name)
				if !v.Known() {
					continue
				}
				for _, s := range r.Subjects {
					who := string(id) + " " + string(s.ID)
					natural[who] = natural[who] || f.As == "birth" || f.As == "gender" || f.As == "days" && v.Int() > 0
					named[who] = named[who] || f.As == "offence"
				}
				if f.As == "offence" && !slices.Contains(offences, v.Text()) {
					offences = append(offences, v.Text())
				}
			}
		}
	}
	var out []casefile.Datum
	if i := asked("case_offences"); i >= 0 && len(offences) > 0 {
		out = append(out, casefile.Datum{Name: info.Fields[i].Name, Value: casefile.TextOf(strings.Join(offences, ","))})
	}
	if i := asked("on_person"); i >= 0 && len(offences) > 0 {
		person := false
		for who := range named {
			person = person || named[who] && natural[who]
		}
		out = append(out, casefile.Datum{Name: info.Fields[i].Name, Value: casefile.BoolOf(person)})
	}
	return out, nil
}
