package handling

import (
	"context"
	"errors"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// A matter of supervision is a case of its own that names others: a finding, a case, the officers whom it is about. What it
// names stands among the words that search looks in, behind a prefix that no text a person searches for makes, so that each
// is found from the other.
const (
	aboutFinding = "finding:"
	aboutCase    = "case:"
	concerns     = "officer:"
	complainsOf  = "complaint:"
	onceNamed    = "named:" // a case that was named at any time, also by an act taken back: what who acts is to it still counts
	seenAlone    = "alone:" // for now only who opened it, and the heads, see it
)

// aboutMatter is the word of every case that is a matter.
const aboutMatter = "matter:"

// counts stands before a finding that a figure of a study counts.
const counts = "counts:"

// keysOf are the words of what one datum names.
func keysOf(f *procedure.FieldInfo, v casefile.Value) []string {
	prefix := map[string]string{"finding": aboutFinding, "counted": counts, "origin": cameFrom, "case": aboutCase, "concerned": concerns, "complained_of": complainsOf}[f.As]
	if prefix == "" || !v.Known() || v.Kind() != casefile.Text {
		return nil
	}
	var out []string
	if f.As == "origin" {
		of, _, _ := strings.Cut(v.Text(), "/")
		return []string{cameFrom + of}
	}
	for x := range strings.SplitSeq(v.Text(), ",") {
		out = append(out, prefix+x)
		if of, ok := casefile.CaseOfFinding(x); ok && prefix == aboutFinding {
			out = append(out, onceNamed+string(of))
		}
		if prefix == aboutCase {
			out = append(out, onceNamed+x)
		}
	}
	return out
}

// keyed lists what the words of a case name behind a prefix.
func keyed(words, prefix string) []string {
	var out []string
	for w := range strings.FieldsSeq(words) {
		if x, ok := strings.CutPrefix(w, prefix); ok {
			out = append(out, x)
		}
	}
	return out
}

// withoutKeys drops what stands behind prefixes from words.
func withoutKeys(words string, prefixes ...string) string {
	all := slices.DeleteFunc(strings.Fields(words), func(w string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(w, p) })
	})
	return strings.Join(all, " ")
}

// linked lists the cases that words name, by themselves or by a finding in them.
func linked(words []string) []casefile.CaseID {
	var out []casefile.CaseID
	for _, w := range words {
		if id, ok := strings.CutPrefix(w, aboutCase); ok {
			out = append(out, casefile.CaseID(id))
		}
		if id, ok := strings.CutPrefix(w, aboutFinding); ok {
			if c, ok := casefile.CaseOfFinding(id); ok {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// actor resolves who acts in a case at a moment: posts and qualifications, and what they are to the cases it names. More are
// words of an act that is not in the head yet.
func (h *House) actor(ctx context.Context, who authority.PersonID, head *casefile.Head, at calendar.Instant, more ...string) (*casefile.Actor, error) {
	a := &casefile.Actor{Person: string(who), Relations: []string{}}
	a.Posts, a.Qualifications = h.People().Actor(who, authority.UnitID(head.Unit), at)
	a.Qualifications = h.qualified(a.Person, a.Qualifications, at)
	words := append(strings.Fields(head.Words), more...)
	if slices.Contains(words, concerns+string(who)) {
		a.Relations = append(a.Relations, "concerned")
	}
	if slices.Contains(keyed(head.Words, concerns), string(who)) { // nobody comes to the post by the act for which they need it
		a.Posts = append(a.Posts, authority.ConcernedPost)
	}
	var named []casefile.CaseID
	for _, w := range words {
		if id, ok := strings.CutPrefix(w, onceNamed); ok && !slices.Contains(named, casefile.CaseID(id)) {
			named = append(named, casefile.CaseID(id))
		}
	}
	for _, id := range named {
		if err := h.relate(ctx, a, id, at); err != nil {
			return nil, err
		}
	}
	saw, err := h.sawOther(ctx, a.Person, head, words)
	if err != nil {
		return nil, err
	}
	if saw {
		a.Relations = append(a.Relations, "saw_other")
	}
	slices.Sort(a.Relations)
	a.Relations = slices.Compact(a.Relations)
	return a, nil
}

// relate adds what an actor is to a case.
func (h *House) relate(ctx context.Context, a *casefile.Actor, id casefile.CaseID, at calendar.Instant) error {
	head, err := h.store.Case(ctx, id)
	if errors.Is(err, casefile.ErrNotFound) {
		return nil // the datum that names it says so
	}
	if err != nil {
		return err
	}
	p, err := h.procedureOf(head.Procedure)
	if err != nil || p.Matter() {
		return nil // of another pack; or itself about a case: to work on the one does not bar from the other
	}
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return err
	}
	if slices.Contains(head.Handlers, a.Person) {
		a.Relations = append(a.Relations, "assigned")
	}
	units := []string{head.Unit} // that have it or had it
	for _, r := range records {
		if r.Unit != nil {
			units = append(units, r.Unit.ID)
		}
	}
	if slices.ContainsFunc(h.People().PostsAt(authority.PersonID(a.Person), at), func(x authority.Held) bool { return slices.Contains(units, string(x.Unit)) }) {
		a.Relations = append(a.Relations, "same_unit")
	}
	stand := effective(records)
	for _, r := range records {
		i := p.ActOf(r.Kind)
		if i < 0 || r.Actor == nil || len(r.Refused) > 0 {
			continue
		}
		did := r.Actor.Person == a.Person
		if did {
			switch p.Act(i).Part {
			case "review":
				a.Relations = append(a.Relations, "reviewed")
			case "decision":
				a.Relations = append(a.Relations, "decided")
			}
		}
		// Who is named by another as having taken part did so only from within the unit: else anybody could shut out anybody.
		for _, f := range p.Act(i).Fields {
			if f.As != "officers" || !slices.Contains(stand, r) || !slices.Contains(strings.Split(r.Datum(f.Name).Text(), ","), a.Person) {
				continue
			}
			did = did || slices.ContainsFunc(h.People().PostsAt(authority.PersonID(a.Person), r.Occurred), func(x authority.Held) bool { return string(x.Unit) == head.Unit })
		}
		if did {
			a.Relations = append(a.Relations, "took_part")
		}
	}
	return nil
}

// reference reads a datum that names a case or a finding: one that the person may see. What they may not see does not exist.
func (h *House) reference(ctx context.Context, who Who, unitKind string, f *procedure.FieldInfo, text string, now calendar.Instant) (casefile.Value, bool) {
	outside := func(head *casefile.Head) bool { // what stands apart is not named outside
		return head.UnitKind == authority.Superintendence && unitKind != authority.Superintendence
	}
	if f.As == "finding" {
		_, head, err := h.finding(ctx, who, text, now)
		if err != nil || outside(head) {
			return casefile.Value{}, false
		}
		return casefile.TextOf(text), true
	}
	head, err := h.store.Case(ctx, casefile.CaseID(text))
	if err != nil || h.may(who, authority.SeeCase, &head, now) != nil || outside(&head) {
		return casefile.Value{}, false
	}
	return casefile.TextOf(string(head.ID)), true
}

// finding finds a finding for a person who may see its case.
func (h *House) finding(ctx context.Context, who Who, id string, now calendar.Instant) (*casefile.Finding, *casefile.Head, error) {
	c, ok := casefile.CaseOfFinding(id)
	if !ok {
		return nil, nil, casefile.ErrNotFound
	}
	head, err := h.store.Case(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if err := h.may(who, authority.SeeCase, &head, now); err != nil {
		return nil, nil, err
	}
	findings, err := h.store.Findings(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	for i := range findings {
		if findings[i].ID() == id {
			return &findings[i], &head, nil
		}
	}
	return nil, nil, casefile.ErrNotFound
}

const mostMatters = 100

// matters lists what was done about a finding, a case or an officer, as far as the person may see it: the oldest first.
func (h *House) matters(ctx context.Context, who Who, word string, open bool, now calendar.Instant) ([]casefile.Head, error) {
	heads, err := h.store.Cases(ctx, casefile.Selection{All: true, Open: open, Words: []string{word}, Limit: mostMatters})
	if err != nil {
		return nil, err
	}
	heads = slices.DeleteFunc(heads, func(x casefile.Head) bool { return h.may(who, authority.SeeCase, &x, now) != nil })
	slices.SortStableFunc(heads, func(a, b casefile.Head) int { return int(a.Opened - b.Opened) })
	return heads, nil
}

// Concerning lists the open matters that name a person as the one they are about.
func (h *House) Concerning(ctx context.Context, who Who) ([]casefile.Head, error) {
	now := h.now()
	return h.matters(ctx, who, concerns+string(who.Person), true, now)
}

// FindingsNamed lists the findings that a case is about.
func FindingsNamed(head *casefile.Head) []string { return keyed(head.Words, aboutFinding) }

// Links are what a case is tied to: what it names, and what names it.
type Links struct {
	Findings []string // it is about
	Counted  []Found  // behind its figures, of those that the reader may see
	Unseen   int      // behind its figures besides
	Cases    []casefile.Head
	Matters  []casefile.Head // that are about it
	From, To []Led           // whose acts led to acts of it, and to which its own led
	Waiting  bool            // what one of its acts leads to could not be done yet
}

// Links reads what a case is tied to, as far as the person may see it.
func (h *House) Links(ctx context.Context, who Who, f *File) (Links, error) {
	out := Links{Findings: keyed(f.Head.Words, aboutFinding)}
	for _, id := range linked(strings.Fields(f.Head.Words)) {
		if head, err := h.store.Case(ctx, id); err == nil && h.may(who, authority.SeeCase, &head, f.Now) == nil {
			out.Cases = append(out.Cases, head)
		}
	}
	counted, unseen, err := h.counted(ctx, who, keyed(f.Head.Words, counts), f.Now)
	if err != nil {
		return out, err
	}
	out.Counted, out.Unseen = counted, unseen
	var from []casefile.Head
	for _, id := range keyed(f.Head.Words, cameFrom) {
		if head, err := h.store.Case(ctx, casefile.CaseID(id)); err == nil {
			from = append(from, head)
		}
	}
	to, err := h.store.Cases(ctx, casefile.Selection{All: true, Words: []string{cameFrom + string(f.Head.ID)}, Limit: mostMatters})
	if err != nil {
		return out, err
	}
	out.From, out.To, out.Waiting = h.led(who, from, f.Now), h.led(who, to, f.Now), keyed(f.Head.Words, leadsOn) != nil
	out.Matters, err = h.matters(ctx, who, aboutCase+string(f.Head.ID), false, f.Now)
	out.Matters = slices.DeleteFunc(out.Matters, func(m casefile.Head) bool {
		return slices.ContainsFunc(out.To, func(l Led) bool { return l.Head.ID == m.ID })
	})
	return out, err
}

// counted reads the findings behind a figure that a person may see, and tells how many more there are.
func (h *House) counted(ctx context.Context, who Who, ids []string, now calendar.Instant) (out []Found, unseen int, err error) {
	for _, id := range ids {
		x, head, err := h.finding(ctx, who, id, now)
		if errors.Is(err, casefile.ErrNotFound) {
			unseen++
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, Found{*x, *head, p})
	}
	return out, unseen, nil
}

// wordsOf are the words of what a request names, to know what who sends it is to that.
func (h *House) wordsOf(q *Request, info *procedure.ActInfo) []string {
	var out []string
	for i := range info.Fields {
		f := &info.Fields[i]
		text := strings.TrimSpace(q.Data[f.Name])
		if text == "" || f.Kind != casefile.Text {
			continue
		}
		if f.As == "concerned" || f.As == "complained_of" { // by whatever number they are called
			if v, err := h.officers("", f, text, h.now()); err == nil {
				text = v.Text()
			}
		}
		out = append(out, keysOf(f, casefile.TextOf(text))...)
	}
	return out
}

// Chain is a finding with its case and with all that was done about it.
type Chain struct {
	Finding casefile.Finding
	File    *File
	Parts   []Part          // who had what part in it, as the record shows: a proposal to those who determine, no blame
	Matters []Matter        // the oldest first
	Counted []casefile.Head // studies in whose figures it counts, the oldest first
}

// Part is what a person did in a case that bears on a finding.
type Part struct {
	Person string
	What   string // assigned, did, proposed, reviewed, decided
}

// Matter is a case that was opened about a finding, as far as a list shows it.
type Matter struct {
	Head casefile.Head
	Proc *procedure.Procedure
	Acts []FileAct      // that stand
	Of   *casefile.Head // the round of which it is a part; nil: of none that the reader may see
}

// Chain reads a finding for a person who may see its case. Each matter that is shown is a view of it.
func (h *House) Chain(ctx context.Context, who Who, id string) (*Chain, error) {
	now := h.now()
	x, head, err := h.finding(ctx, who, id, now)
	if err != nil {
		return nil, err
	}
	f, err := h.File(ctx, who, head.ID, "finding "+id)
	if err != nil {
		return nil, err
	}
	out := &Chain{Finding: *x, File: f, Parts: parts(f, x)}
	heads, err := h.matters(ctx, who, aboutFinding+id, false, now)
	if err != nil {
		return nil, err
	}
	for i := range heads {
		c, err := h.load(ctx, heads[i].ID)
		if err != nil {
			return nil, err
		}
		if err := h.look(ctx, who, &c.head, "finding "+id, now); err != nil {
			return nil, err
		}
		m := Matter{Head: c.head, Proc: c.proc, Of: h.roundOf(ctx, who, &c.head, now)}
		acts, err := h.fileActs(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, a := range acts {
			if a.Info != nil && a.Stands() {
				m.Acts = append(m.Acts, a)
			}
		}
		out.Matters = append(out.Matters, m)
	}
	out.Counted, err = h.matters(ctx, who, counts+id, false, now)
	return out, err
}

// roundOf finds the round of assessment that a matter names.
func (h *House) roundOf(ctx context.Context, who Who, head *casefile.Head, now calendar.Instant) *casefile.Head {
	for _, id := range keyed(head.Words, aboutCase) {
		x, err := h.store.Case(ctx, casefile.CaseID(id))
		if err != nil || h.may(who, authority.SeeCase, &x, now) != nil {
			continue
		}
		if p, err := h.procedureOf(x.Procedure); err == nil && Draws(p) {
			return &x
		}
	}
	return nil
}

// parts lists who was assigned when a finding arose, did the act that gave rise to it, and proposed, reviewed or decided
// about the same subject or the case. Each person once, by what is closest to the finding.
func parts(f *File, x *casefile.Finding) []Part {
	var out []Part
	add := func(person, what string) {
		if person != "" && !slices.ContainsFunc(out, func(p Part) bool { return p.Person == person }) {
			out = append(out, Part{person, what})
		}
	}
	var assigned []string
	for _, a := range f.Acts {
		if a.Info == nil || !a.Stands() || a.Occurred > x.At {
			continue
		}
		for _, fi := range a.Info.Fields {
			if v := a.Datum(fi.Name); fi.As == "handlers" && v.Known() {
				assigned = strings.Split(v.Text(), ",")
			}
		}
		if a.Number == x.Cause && a.Actor != nil {
			add(a.Actor.Person, "did")
		}
	}
	for _, p := range assigned {
		add(p, "assigned")
	}
	for _, a := range f.Acts {
		what := map[string]string{"proposal": "proposed", "review": "reviewed", "decision": "decided"}
		if a.Info == nil || a.Actor == nil || !a.Stands() || what[a.Info.Part] == "" {
			continue
		}
		about := len(a.Subjects) == 0 || x.Subject == "" || slices.ContainsFunc(a.Subjects, func(s casefile.Ref) bool { return s.ID == x.Subject })
		if about {
			add(a.Actor.Person, what[a.Info.Part])
		}
	}
	return out
}

// Found is one finding on a list.
type Found struct {
	casefile.Finding
	Head casefile.Head
	Proc *procedure.Procedure
}

// Findings lists the findings that stand in cases a person may see, warnings aside: the gravest of each case first, the cases
// that moved last first.
func (h *House) Findings(ctx context.Context, who Who, w Wanted) ([]Found, error) {
	w.Found = true
	heads, err := h.Cases(ctx, who, w)
	if err != nil {
		return nil, err
	}
	var out []Found
	for _, head := range heads {
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue
		}
		findings, err := h.store.Findings(ctx, head.ID)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(findings, func(a, b casefile.Finding) int { return a.Severity - b.Severity })
		for _, x := range findings {
			if x.WithdrawnBy == 0 && !x.Warn {
				out = append(out, Found{x, head, p})
			}
		}
	}
	return out, nil
}

// Matters counts what was done about a finding as far as the person may see it: open matters and closed ones.
func (h *House) Matters(ctx context.Context, who Who, id string) (open, closed int, err error) {
	heads, err := h.matters(ctx, who, aboutFinding+id, false, h.now())
	for _, x := range heads {
		if x.Closed {
			closed++
		} else {
			open++
		}
	}
	return open, closed, err
}

// Participants lists whom a matter may be about: the officers who did acts in the cases it names, or in the case itself where
// it is none, and the heads of their units; and those it is about already. As far as the person may see the cases.
func (h *House) Participants(ctx context.Context, who Who, id casefile.CaseID) []string {
	now := h.now()
	head, err := h.store.Case(ctx, id)
	if err != nil || h.may(who, authority.SeeCase, &head, now) != nil {
		return nil
	}
	out := keyed(head.Words, concerns)
	for _, of := range append(linked(strings.Fields(head.Words)), id) {
		head, err := h.store.Case(ctx, of)
		if err != nil || h.may(who, authority.SeeCase, &head, now) != nil {
			continue
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil || p.Matter() {
			continue
		}
		records, err := h.records(ctx, of, 0)
		if err != nil {
			continue
		}
		out = append(out, head.Handlers...)
		for _, r := range records {
			if r.Actor != nil {
				out = append(out, r.Actor.Person)
			}
		}
		for _, x := range h.People().InPost(authority.UnitHead, authority.UnitID(head.Unit), now) {
			out = append(out, string(x))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// FindingsOf lists the findings that stand in the cases that a matter names, as far as the person may see them.
func (h *House) FindingsOf(ctx context.Context, who Who, f *File) ([]Found, error) {
	var out []Found
	for _, id := range linked(strings.Fields(f.Head.Words)) {
		head, err := h.store.Case(ctx, id)
		if err != nil || h.may(who, authority.SeeCase, &head, f.Now) != nil {
			continue
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue
		}
		findings, err := h.store.Findings(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, x := range findings {
			if x.WithdrawnBy == 0 && !x.Warn {
				out = append(out, Found{x, head, p})
			}
		}
	}
	return out, nil
}
