package handling

import (
	"context"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// File is a case as the case page shows it.
type File struct {
	Head     casefile.Head
	Proc     *procedure.Procedure
	Stages   []Stage
	Unit     Text
	Acts     []FileAct // in the order of their numbers
	Duties   []casefile.Duty
	Findings []casefile.Finding
	People   []Party
	Next     []procedure.Next // every act on every subject, with what stands against it
	Now      calendar.Instant
	Observed string                   // the source of a case that was born in another system; nothing is done in it here
	Computed []procedure.ComputedFact // what follows from the facts for the case and its people

	at   *procedure.Standing
	told map[casefile.CaseID]bool // other cases of which something was told with this one
}

// FileAct is one act with what lists need of it.
type FileAct struct {
	*casefile.Record
	Index     int64
	Info      *procedure.ActInfo // nil: the procedure does not have this kind; it is shown as it is
	Corrected int64              // number of the act that stands in its place; 0: none
	Withdrawn int64
	Late      bool // entered after later acts were known
}

// Stands tells whether the act took effect and nothing took its place.
func (a *FileAct) Stands() bool { return len(a.Refused) == 0 && a.Corrected == 0 && a.Withdrawn == 0 }

// Party is a person, item and so on of the case under the name it was given.
type Party struct {
	casefile.Ref
	Name string            // empty: not told
	Data map[string]string // the latest of every datum told about it, as people read it
}

// Stage is a stage of the procedure as a case went through it.
type Stage struct {
	Title Text
	State string           // past, now, ahead, skipped
	At    calendar.Instant // when it was entered; zero: it was not
}

// stages tells how a case went through the stages of its procedure, by the acts that stand.
func stages(p *procedure.Procedure, head *casefile.Head, records []*casefile.Record) []Stage {
	entered := map[string]calendar.Instant{}
	for _, r := range effective(records) {
		if i := p.ActOf(r.Kind); i >= 0 && entered[p.Act(i).Stage] == 0 {
			entered[p.Act(i).Stage] = r.Occurred
		}
	}
	var out []Stage
	state := "past"
	for _, s := range p.Stages() {
		x := Stage{Title: s.Title, State: state, At: entered[s.ID]}
		if s.ID == head.Stage {
			if x.State, state = "now", "ahead"; head.Closed {
				x.State = "past"
			}
		}
		if x.At == 0 && x.State == "past" {
			x.State = "skipped"
		}
		out = append(out, x)
	}
	return out
}

// File reads a case for a person who may see it. The view is on the record before the answer leaves.
func (h *House) File(ctx context.Context, who Who, id casefile.CaseID, what string) (*File, error) {
	now := h.now()
	c, err := h.open(ctx, who, authority.SeeCase, id, now)
	if err != nil {
		return nil, err
	}
	if err := h.look(ctx, who, &c.head, what, now); err != nil {
		return nil, err
	}
	return h.file(ctx, who, c, now)
}

func (h *House) file(ctx context.Context, who Who, c *standing, now calendar.Instant) (*File, error) {
	f := &File{Head: c.head, Proc: c.proc, Unit: h.unitName(c.head.Unit), Now: now, at: c.at}
	var err error
	if f.Acts, err = h.fileActs(ctx, c); err != nil {
		return nil, err
	}
	records := make([]*casefile.Record, len(f.Acts))
	for i, a := range f.Acts {
		records[i] = a.Record
	}
	if f.Duties, err = h.store.Duties(ctx, c.head.ID); err != nil {
		return nil, err
	}
	if f.Findings, err = h.store.Findings(ctx, c.head.ID); err != nil {
		return nil, err
	}
	f.Stages = stages(c.proc, &c.head, records)
	f.People = h.parties(c, f.Acts)
	actor, err := h.actor(ctx, who.Person, &c.head, now)
	if err != nil {
		return nil, err
	}
	j := c.proc.NewJudge()
	f.Computed = j.Computed(c.at)
	if f.Observed = ObservedFrom(&c.head); f.Observed != "" {
		return f, nil
	}
	f.Next = j.Nexts(c.at, max(now, c.at.Now()), actor)
	if c.head.Closed {
		f.Next = slices.DeleteFunc(f.Next, func(n procedure.Next) bool { return !c.proc.Act(n.Act).AfterClose })
	}
	return f, nil
}

// fileActs reads the acts of a case, each with what became of it.
func (h *House) fileActs(ctx context.Context, c *standing) ([]FileAct, error) {
	entries, err := h.store.Acts(ctx, c.head.ID, 0)
	if err != nil {
		return nil, err
	}
	var out []FileAct
	var latest calendar.Instant
	for _, e := range entries {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			return nil, err
		}
		a := FileAct{Record: r, Index: e.Index, Late: r.Occurred < latest && r.Recorded-r.Occurred > day}
		latest = max(latest, r.Occurred)
		if i := c.proc.ActOf(r.Kind); i >= 0 {
			a.Info = c.proc.Act(i)
		}
		for i := range out {
			if len(r.Refused) > 0 {
				break // a correction that was refused corrects nothing
			}
			if r.Corrects == out[i].ID && r.Corrects != "" {
				out[i].Corrected = r.Number
			}
			if r.Withdraws == out[i].ID && r.Withdraws != "" {
				out[i].Withdrawn = r.Number
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// Visible finds a case for a person who may see it, to name it; that is no view of what is in it.
func (h *House) Visible(ctx context.Context, who Who, id casefile.CaseID) (casefile.Head, bool) {
	head, err := h.store.Case(ctx, id)
	return head, err == nil && h.may(who, authority.SeeCase, &head, h.now()) == nil
}

// parties collects what acts told about the subjects of the case; of each datum the latest.
func (h *House) parties(c *standing, acts []FileAct) []Party {
	var out []Party
	for _, ref := range c.at.Subjects() {
		p := Party{Ref: ref, Data: map[string]string{}}
		for _, a := range acts {
			if a.Info == nil || !a.Stands() || !slices.ContainsFunc(a.Subjects, func(s casefile.Ref) bool { return s.ID == ref.ID && s.Kind == ref.Kind }) {
				continue
			}
			for _, f := range a.Info.Fields {
				v := a.Datum(f.Name)
				if !v.Known() || f.As == "secret" {
					continue
				}
				p.Data[f.Name] = h.Show(&f, v, "zh")
				if f.As == "name" {
					p.Name = v.Text()
				}
			}
		}
		out = append(out, p)
	}
	return out
}

// Show writes a datum for people: enumerated values by their title, instants in the wall clock of the pack's zone,
// officers by name.
func (h *House) Show(f *procedure.FieldInfo, v casefile.Value, lang string) string {
	switch {
	case !v.Known():
		return ""
	case f.As == "secret":
		return "＊＊＊"
	case slices.Contains([]string{"officers", "handlers", "concerned", "affected", "complained_of"}, f.As):
		return h.names(v.Text())
	case f.As == "unit" || f.As == "to_unit":
		return h.unitName(v.Text()).In(lang)
	case v.Kind() == casefile.Instant:
		return h.local(v.Instant())
	case v.Kind() == casefile.Bool:
		t := both("否", "no")
		if v.Bool() {
			t = both("是", "yes")
		}
		return t.In(lang)
	}
	if len(f.Enum) == 0 {
		return v.String()
	}
	var out []string
	for id := range strings.SplitSeq(v.Text(), ",") {
		i := slices.IndexFunc(f.Enum, func(o procedure.Option) bool { return o.ID == id })
		if i < 0 {
			return v.String()
		}
		out = append(out, f.Enum[i].Title.In(lang))
	}
	return strings.Join(out, both("、", ", ").In(lang))
}

func (h *House) names(ids string) string {
	var out []string
	for id := range strings.SplitSeq(ids, ",") {
		out = append(out, h.Name(id))
	}
	return strings.Join(out, "、")
}

// Name is an officer's name; the id where nobody has it.
func (h *House) Name(id string) string {
	if p, ok := h.People().Person(authority.PersonID(id)); ok {
		return p.Name
	}
	return id
}

func (h *House) unitName(id string) Text {
	u, ok := h.People().Unit(authority.UnitID(id))
	if !ok {
		return both(id, id)
	}
	return both(u.Name.ZH, u.Name.EN)
}

// Unit names a unit for pages.
func (h *House) Unit(id string) Text { return h.unitName(id) }

// look writes that a person saw something of a case, before they see it.
func (h *House) look(ctx context.Context, who Who, head *casefile.Head, what string, now calendar.Instant) error {
	l := casefile.Looked{At: now, Person: string(who.Person), Case: head.ID, What: what, Purpose: who.Purpose}
	if p, ok := h.PostOf(who.Person, now); ok {
		l.Post = p.Post
	}
	return h.store.Look(ctx, l)
}

// Listed writes that a person saw cases in a list, before they see it: titles and names are of people. It is one view of
// no case that names them all; a search counts also where it found none.
func (h *House) Listed(ctx context.Context, who Who, what string, ids []casefile.CaseID) error {
	if len(ids) == 0 && !strings.HasPrefix(what, "search ") {
		return nil
	}
	for _, id := range ids {
		what += " " + string(id)
	}
	return h.look(ctx, who, &casefile.Head{}, what, h.now())
}

// Looks tells who saw a case.
func (h *House) Looks(ctx context.Context, who Who, id casefile.CaseID, limit int) (casefile.Head, []casefile.Looked, error) {
	now := h.now()
	head, err := h.store.Case(ctx, id)
	if err != nil {
		return head, nil, err
	}
	if err := h.may(who, authority.SeeViews, &head, now); err != nil {
		return head, nil, err
	}
	if err := h.look(ctx, who, &head, "looks", now); err != nil {
		return head, nil, err
	}
	looks, err := h.looksFor(ctx, who, id, limit, now)
	return head, looks, err
}

// looksFor lists who saw a case, without those of a unit that stands apart unless the reader is one of them: that
// superintendence looked would warn.
func (h *House) looksFor(ctx context.Context, who Who, id casefile.CaseID, limit int, now calendar.Instant) ([]casefile.Looked, error) {
	looks, err := h.store.Looks(ctx, id, limit)
	if err != nil || h.isApart(who.Person, now) {
		return looks, err
	}
	return slices.DeleteFunc(looks, func(l casefile.Looked) bool { return h.isApart(authority.PersonID(l.Person), l.At) }), nil
}

// isApart tells whether a person serves in a unit that stands apart.
func (h *House) isApart(p authority.PersonID, at calendar.Instant) bool {
	return slices.ContainsFunc(h.People().PostsAt(p, at), func(x authority.Held) bool {
		u, ok := h.People().Unit(x.Unit)
		return ok && u.Kind == authority.Superintendence
	})
}

// LastLooks tells who saw a case last, beside the file that the reader was just recorded to see; nil where they may not know.
func (h *House) LastLooks(ctx context.Context, who Who, f *File, limit int) ([]casefile.Looked, error) {
	if h.may(who, authority.SeeViews, &f.Head, f.Now) != nil {
		return nil, nil
	}
	return h.looksFor(ctx, who, f.Head.ID, limit, f.Now)
}

// Attachment opens a file of a case. It returns casefile.ErrNotFound for a digest that no act of this case has.
func (h *House) Attachment(ctx context.Context, who Who, id casefile.CaseID, digest string) (casefile.Attached, error) {
	now := h.now()
	c, err := h.open(ctx, who, authority.SeeAttachment, id, now)
	if err != nil {
		return casefile.Attached{}, err
	}
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return casefile.Attached{}, err
	}
	for _, r := range records {
		for _, a := range r.Attached {
			if a.Digest.String() == digest {
				if err := h.look(ctx, who, &c.head, "attachment "+digest[:12], now); err != nil {
					return casefile.Attached{}, err
				}
				return a, nil
			}
		}
	}
	return casefile.Attached{}, casefile.ErrNotFound
}

// Procedure finds a procedure of the pack by the name that heads carry.
func (h *House) Procedure(name string) (*procedure.Procedure, error) { return h.procedureOf(name) }

// names of parties by case, so that a workbench of many duties reads each case once.
type namesOf struct {
	acts  int64
	names map[casefile.Subject]string
}

const mostNames = 10000

// PartyName is how a subject of a case is called, for a list of which every case may be seen. Its id where nothing was told.
func (h *House) PartyName(ctx context.Context, head *casefile.Head, id casefile.Subject) string {
	h.namesMu.Lock()
	n, ok := h.called[head.ID]
	h.namesMu.Unlock()
	if !ok || n.acts != head.Acts {
		n = namesOf{head.Acts, map[casefile.Subject]string{}}
		records, err := h.records(ctx, head.ID, 0)
		p, bad := h.procedureOf(head.Procedure)
		if err != nil || bad != nil {
			return string(id)
		}
		for _, r := range effective(records) {
			i := p.ActOf(r.Kind)
			if i < 0 {
				continue
			}
			for _, f := range p.Act(i).Fields {
				if v := r.Datum(f.Name); f.As == "name" && v.Known() {
					for _, s := range r.Subjects {
						n.names[s.ID] = v.Text()
					}
				}
			}
		}
		h.namesMu.Lock()
		if h.called == nil || len(h.called) > mostNames {
			h.called = map[casefile.CaseID]namesOf{}
		}
		h.called[head.ID] = n
		h.namesMu.Unlock()
	}
	if name := n.names[id]; name != "" {
		return name
	}
	return string(id)
}
