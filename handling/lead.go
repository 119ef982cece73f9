package handling

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// An act may lead to another elsewhere (leads_to in a pack): the house opens a case, or does an act in the cases about this one.
// That an act is still to be looked at stands among the words of its case, in the transaction of the act; what it leads to has an
// id made of the act's; the word goes when all of it is done. Whoever stops in between finds the word and does the rest, once.
const (
	leadsOn  = "leads:"  // leads:NUMBER: what this act leads to is still to be done; alone: marks every such case
	cameFrom = "origin:" // origin:CASE: an act of that case led to one of this
)

const leadAgain = calendar.Instant(time.Minute / time.Microsecond) // when what could not be done is tried again

// leadWords are the words of an act that leads, or may lead, to something, or opens a case in which something may have been led to.
func (h *House) leadWords(p *procedure.Procedure, info *procedure.ActInfo, r *casefile.Record) []string {
	into := info.Opens && slices.ContainsFunc(h.pack.Procedures, func(x *procedure.Procedure) bool {
		return slices.ContainsFunc(x.Acts(), func(id string) bool {
			return slices.ContainsFunc(x.Leads(x.ActOf(id)), func(l *procedure.Lead) bool { return !l.Opens() && l.Procedure.ID == p.ID })
		})
	})
	if len(info.Leads) == 0 && !into || r.Withdraws != "" {
		return nil
	}
	return []string{leadsOn, leadsOn + strconv.FormatInt(r.Number, 10)}
}

// readLeads finds the cases in which something is still to be followed.
func (h *House) readLeads(ctx context.Context) error {
	s := casefile.Selection{All: true, Words: []string{leadsOn}, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return err
		}
		for _, x := range heads {
			h.leadLater(x.ID, 0)
		}
		if len(heads) < s.Limit {
			return nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

func (h *House) leadLater(id casefile.CaseID, at calendar.Instant) {
	h.leadsMu.Lock()
	defer h.leadsMu.Unlock()
	h.leads[id] = at
}

// follow does what the acts of a case lead to. What cannot be done now is logged and tried again by the clock.
func (h *House) follow(ctx context.Context, id casefile.CaseID) {
	h.leadLater(id, h.now()+leadAgain)
	if err := h.lead(ctx, id); err != nil {
		h.log.Error("what an act leads to could not be done; it is tried again", "case", id, "error", err)
		return
	}
	h.leadsMu.Lock()
	defer h.leadsMu.Unlock()
	delete(h.leads, id)
}

// followDue follows what was left.
func (h *House) followDue(ctx context.Context, now calendar.Instant) {
	h.leadsMu.Lock()
	var due []casefile.CaseID
	for id, at := range h.leads {
		if at <= now {
			due = append(due, id)
		}
	}
	h.leadsMu.Unlock()
	for _, id := range due {
		h.follow(ctx, id)
	}
}

// lead does what the marked acts of a case lead to, and takes their marks away.
func (h *House) lead(ctx context.Context, id casefile.CaseID) error {
	c, err := h.load(ctx, id)
	if err != nil {
		return err
	}
	marks := keyed(c.head.Words, leadsOn)
	if len(marks) == 0 {
		return nil
	}
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return err
	}
	stand := effective(records)
	var done []string
	var failed error
	for _, mark := range marks {
		if mark == "" {
			continue
		}
		n, err := strconv.Atoi(mark)
		if err != nil || n < 1 || n > len(records) {
			return fmt.Errorf("no act %q", mark)
		}
		r := records[n-1]
		if slices.Contains(stand, r) { // else it was taken back meanwhile
			err = h.leadOn(ctx, c, r, records)
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		done = append(done, leadsOn+mark)
	}
	return errors.Join(failed, h.unmark(ctx, id, done))
}

// unmark takes marks from the words of a case, in a change without an act.
func (h *House) unmark(ctx context.Context, id casefile.CaseID, marks []string) error {
	for range mostTries {
		head, err := h.store.Case(ctx, id)
		if err != nil {
			return err
		}
		change := &casefile.Change{Case: id, Revision: head.Revision, Head: head}
		words := slices.DeleteFunc(strings.Fields(head.Words), func(w string) bool { return slices.Contains(marks, w) })
		if !slices.ContainsFunc(words, func(w string) bool { return len(w) > len(leadsOn) && strings.HasPrefix(w, leadsOn) }) {
			words = slices.DeleteFunc(words, func(w string) bool { return w == leadsOn })
		}
		change.Head.Words = strings.Join(words, " ")
		if _, err = h.store.Commit(ctx, change); !errors.Is(err, casefile.ErrConflict) {
			return err
		}
	}
	return casefile.ErrConflict
}

// step is one thing that an act leads to.
type step struct {
	led  procedure.Led
	act  casefile.ActID // that leads to it: of one that was corrected the first, so that it is led to once
	data []casefile.Datum
}

// steps are what one act of a case leads to.
func (h *House) steps(c *standing, r *casefile.Record, records []*casefile.Record) ([]step, error) {
	first := r
	for first.Corrects != "" {
		i := slices.IndexFunc(records, func(x *casefile.Record) bool { return x.ID == first.Corrects })
		if i < 0 {
			return nil, fmt.Errorf("act %s corrects none of its case", first.ID)
		}
		first = records[i]
	}
	a, ok := resolve(c.proc, r)
	if !ok {
		return nil, nil // of an edition that had it
	}
	until := records[:r.Number]
	s := c.proc.RejudgeClosing(acts(c.proc, until), r.Recorded).Standing
	var out []step
	for _, led := range c.proc.NewJudge().Led(s, &a) {
		out = append(out, step{led, first.ID, h.leadData(c, led, r, until)})
	}
	return out, nil
}

// leadOn does what one act leads to, and in a case that it opens what acts of the cases this is about led to in others like it.
func (h *House) leadOn(ctx context.Context, c *standing, r *casefile.Record, records []*casefile.Record) error {
	steps, failed := h.steps(c, r, records)
	for _, x := range steps {
		if x.led.Opens() {
			failed = errors.Join(failed, h.leadOpen(ctx, c, x))
		} else {
			failed = errors.Join(failed, h.leadInto(ctx, c, x))
		}
	}
	if k := c.proc.ActOf(r.Kind); k >= 0 && c.proc.Act(k).Opens {
		for _, id := range keyed(c.head.Words, aboutCase) {
			failed = errors.Join(failed, h.leadFrom(ctx, c, casefile.CaseID(id)), h.aboutThese(ctx, []string{id}, func(head *casefile.Head) error {
				if head.ID == c.head.ID {
					return nil
				}
				return h.leadFrom(ctx, c, head.ID)
			}))
		}
	}
	return failed
}

// aboutThese does something with every matter about one of these cases.
func (h *House) aboutThese(ctx context.Context, ids []string, do func(*casefile.Head) error) error {
	for _, id := range ids {
		s := casefile.Selection{All: true, Words: []string{aboutCase + id}, Limit: 500}
		for {
			heads, err := h.store.Cases(ctx, s)
			if err != nil {
				return err
			}
			for i := range heads {
				if err := do(&heads[i]); err != nil {
					return err
				}
			}
			if len(heads) < s.Limit {
				break
			}
			s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
		}
	}
	return nil
}

// leadFrom does in a case what acts of another had led to before it was there.
func (h *House) leadFrom(ctx context.Context, c *standing, id casefile.CaseID) error {
	from, err := h.load(ctx, id)
	if errors.Is(err, casefile.ErrNotFound) {
		return nil // named by its number elsewhere
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(from.proc.Acts(), func(act string) bool {
		return slices.ContainsFunc(from.proc.Leads(from.proc.ActOf(act)), func(l *procedure.Lead) bool { return !l.Opens() && l.Procedure.ID == c.proc.ID })
	}) {
		return nil
	}
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return err
	}
	var failed error
	for _, r := range effective(records) {
		if k := from.proc.ActOf(r.Kind); k < 0 || len(from.proc.Leads(k)) == 0 {
			continue
		}
		steps, err := h.steps(from, r, records)
		failed = errors.Join(failed, err)
		for _, x := range steps {
			if !x.led.Opens() && x.led.Procedure.ID == c.proc.ID {
				failed = errors.Join(failed, h.leadIntoOne(ctx, c.head.ID, x))
			}
		}
	}
	return failed
}

// leadData are the data of an act that another leads to, in the order of the pack: what the pack says, and what the house fills in.
func (h *House) leadData(c *standing, led procedure.Led, r *casefile.Record, records []*casefile.Record) []casefile.Datum {
	said := func(name string) casefile.Value {
		for _, d := range led.Data {
			if d.Name == name {
				return d.Value
			}
		}
		return casefile.Value{}
	}
	of := string(c.head.ID)
	finding := ""
	if c.proc.Matter() { // what it is about, not the matter itself
		of = ""
		if named := keyed(c.head.Words, aboutFinding); len(named) > 0 {
			finding = named[0]
		}
		if cases := keyed(c.head.Words, aboutCase); len(cases) > 0 {
			of = cases[0]
		} else if in, ok := casefile.CaseOfFinding(finding); ok {
			of = string(in)
		}
	}
	var out []casefile.Datum
	for _, f := range led.Procedure.Act(led.Act).Fields {
		v := said(f.Name)
		fill := ""
		switch {
		case f.As == "concerned":
			fill = strings.Join(h.holders(c.proc, led.Officers, records, r, v), ",")
		case v.Known():
		case f.As == "case":
			fill = of
		case f.As == "finding":
			fill = finding
		case f.As == "origin":
			fill = string(c.head.ID) + "/" + strconv.FormatInt(r.Number, 10)
		}
		if fill != "" {
			v = casefile.TextOf(fill)
		}
		if v.Known() && (v.Kind() != casefile.Text || v.Text() != "") {
			out = append(out, casefile.Datum{Name: f.Name, Value: v})
		}
	}
	return out
}

// holders are the officers who did these acts about the subjects of r or about the case, as they count when r is done: rounds that
// an act voided are over. More are officers that the pack names besides.
func (h *House) holders(p *procedure.Procedure, kinds []int, records []*casefile.Record, r *casefile.Record, more casefile.Value) []string {
	var out []string
	add := func(ids ...string) {
		for _, id := range ids {
			if _, ok := h.People().Person(authority.PersonID(id)); ok && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	var did []*casefile.Record
	for _, x := range effective(records) {
		k := p.ActOf(x.Kind)
		if k < 0 || x.Occurred > r.Occurred {
			continue
		}
		same := len(x.Subjects) == 0 || len(r.Subjects) == 0 || slices.ContainsFunc(x.Subjects, func(s casefile.Ref) bool {
			return slices.ContainsFunc(r.Subjects, func(t casefile.Ref) bool { return s.ID == t.ID })
		})
		if !same {
			continue
		}
		voids := p.Act(k).Voids
		did = slices.DeleteFunc(did, func(y *casefile.Record) bool { return slices.Contains(voids, p.ActOf(y.Kind)) })
		if slices.Contains(kinds, k) && x.Actor != nil {
			did = append(did, x)
		}
	}
	by := map[casefile.ActID]*casefile.Record{}
	for _, x := range records {
		by[x.ID] = x
	}
	for _, x := range did {
		for ; x != nil; x = by[x.Corrects] { // who had it corrected did it all the same
			if x.Actor != nil {
				add(x.Actor.Person)
			}
		}
	}
	if more.Known() {
		add(strings.Split(more.Text(), ",")...)
	}
	return out
}

// leadID is the id of an act that another leads to: the same for the same, however often it is tried.
func leadID(parts ...string) casefile.ActID {
	d := sha256.Sum256([]byte("plumbline lead\n" + strings.Join(parts, "\n")))
	return casefile.ActID("lead-" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d[:16]))
}

// leadOpen opens the case that an act leads to, in the nearest unit of the kind.
func (h *House) leadOpen(ctx context.Context, c *standing, x step) error {
	led, data := x.led, x.data
	id := leadID(string(x.act), led.ID)
	if _, err := h.store.Case(ctx, caseOf(id)); !errors.Is(err, casefile.ErrNotFound) {
		return err // opened before
	}
	now := h.now()
	var concerned []string
	for _, f := range led.Procedure.Act(led.Act).Fields {
		if i := slices.IndexFunc(data, func(d casefile.Datum) bool { return d.Name == f.Name }); i >= 0 && f.As == "concerned" {
			concerned = append(concerned, strings.Split(data[i].Value.Text(), ",")...)
		}
	}
	u, ok := h.People().Unit(h.nearest(led.In, authority.UnitID(c.head.Unit), now, concerned))
	if !ok {
		return fmt.Errorf("act leads to %s/%s in a unit of the kind %s, and there is none near %s in which somebody holds a post", led.Procedure.ID, led.Procedure.ActID(led.Act), led.In, c.head.Unit)
	}
	to := &standing{head: casefile.Head{ID: caseOf(id), Procedure: h.pack.ID + "/" + led.Procedure.ID, Unit: string(u.ID), UnitKind: u.Kind, Opened: now}, proc: led.Procedure, at: led.Procedure.New()}
	err := h.leadAct(ctx, to, led, id, data, now)
	if errors.Is(err, casefile.ErrConflict) || errors.Is(err, casefile.ErrOtherAct) { // another was faster with the same
		_, err = h.store.Case(ctx, caseOf(id))
	}
	return err
}

// leadInto does an act in each case of a procedure that is about this one; of a matter, in each about the cases that it is about.
func (h *House) leadInto(ctx context.Context, c *standing, x step) error {
	ids := []string{string(c.head.ID)}
	if c.proc.Matter() {
		ids = keyed(c.head.Words, aboutCase)
	}
	return h.aboutThese(ctx, ids, func(head *casefile.Head) error {
		if head.Procedure != h.pack.ID+"/"+x.led.Procedure.ID {
			return nil
		}
		return h.leadIntoOne(ctx, head.ID, x)
	})
}

func (h *House) leadIntoOne(ctx context.Context, id casefile.CaseID, x step) error {
	act := leadID(string(x.act), x.led.ID, string(id))
	for range mostTries {
		to, err := h.load(ctx, id)
		if err != nil {
			return err
		}
		records, err := h.records(ctx, id, 0)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(records, func(r *casefile.Record) bool { return r.ID == act }) {
			return nil
		}
		if err := h.leadAct(ctx, to, x.led, act, x.data, h.now()); !errors.Is(err, casefile.ErrConflict) {
			return err
		}
	}
	return casefile.ErrConflict
}

// leadAct does an act by force of a rule: no person does it.
func (h *House) leadAct(ctx context.Context, to *standing, led procedure.Led, id casefile.ActID, data []casefile.Datum, now calendar.Instant) error {
	info := led.Procedure.Act(led.Act)
	r := &casefile.Record{Number: to.head.Acts + 1, Procedure: to.head.Procedure, Edition: to.proc.Edition()[:16], ByLaw: true,
		Act: casefile.Act{ID: id, Case: to.head.ID, Kind: info.ID, Occurred: now, Precision: calendar.Second, Recorded: now, Unit: &casefile.Unit{ID: to.head.Unit, Kind: to.head.UnitKind}, Data: data}}
	for _, d := range info.Documents {
		r.Issued = append(r.Issued, casefile.Issued{Kind: d})
	}
	out, err := h.judge(ctx, to, r, now)
	if err != nil {
		return err
	}
	q := &Request{ID: id, Kind: info.ID, Data: map[string]string{}}
	for _, d := range data {
		q.Data[d.Name] = d.Value.String()
	}
	_, err = h.keep(ctx, to, Who{}, q, r, info, out, now)
	return err
}

// Led is what an act led to elsewhere, or what led to this case. That it is there, everybody may know who sees the one; what it
// is, who may see the other.
type Led struct {
	Head casefile.Head // only ID and Procedure where it is not to be seen
	Proc *procedure.Procedure
	Seen bool
}

// led reads cases as far as a person may see them.
func (h *House) led(who Who, heads []casefile.Head, now calendar.Instant) []Led {
	var out []Led
	for _, x := range heads {
		p, err := h.procedureOf(x.Procedure)
		if err != nil {
			continue
		}
		seen := h.may(who, authority.SeeCase, &x, now) == nil
		if !seen {
			x = casefile.Head{ID: x.ID, Procedure: x.Procedure}
		}
		out = append(out, Led{x, p, seen})
	}
	return out
}
