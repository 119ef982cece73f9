package handling

import (
	"context"
	"errors"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/internal/account"
	"plumbline/procedure"
)

// online is the way in (as: channel) of a complaint that a party makes on the page of the receipt.
const online = "online"

// ComplaintForm is the act by which a party complains: the pack's opening act that is also for the party, with the data that
// the party gives. Nil where the pack has none. Whether somebody stands apart to take it, Progress says.
func (h *House) ComplaintForm() *procedure.ActInfo {
	_, info := h.complaint()
	if info == nil {
		return nil
	}
	form := *info
	form.Fields = slices.DeleteFunc(slices.Clone(info.Fields), func(f procedure.FieldInfo) bool { return !byParty(&f) })
	return &form
}

// byParty tells whether the party fills a datum in; the house knows the others.
func byParty(f *procedure.FieldInfo) bool {
	return !f.Names() && f.As != "title" && f.As != "channel" && !f.Rare
}

func (h *House) complaint() (*procedure.Procedure, *procedure.ActInfo) {
	for _, p := range h.pack.Procedures {
		for i := range p.Acts() {
			if a := p.Act(i); a.Opens && slices.Contains(a.By, authority.PartyPost) {
				return p, a
			}
		}
	}
	return nil, nil
}

// apart is the unit that takes complaints about cases of a unit: the nearest that stands apart beside it or beside a unit above
// it, in which somebody holds a post. None for its own cases: those are for the organ above.
func (h *House) apart(unit authority.UnitID, now calendar.Instant) authority.UnitID {
	if u, _ := h.People().Unit(unit); u.Kind == authority.Superintendence {
		return ""
	}
	return h.nearest(authority.Superintendence, unit, now, nil)
}

// nearest is the unit of a kind that is the unit itself, stands beside it or below it, or does so of a unit above it, and in which
// somebody holds a post: where there is one, somebody who is not among these officers.
func (h *House) nearest(kind string, unit authority.UnitID, now calendar.Instant, but []string) authority.UnitID {
	d := h.People()
	find := func(but []string) authority.UnitID {
		for u, ok := d.Unit(unit); ok; u, ok = d.Unit(u.Parent) {
			for _, x := range d.Units() {
				if x.Kind == kind && (x.ID == u.ID || x.Parent == u.ID || x.Parent == u.Parent && u.Parent != "") && h.staffed(x.ID, now, but) {
					return x.ID
				}
			}
		}
		return ""
	}
	if id := find(but); id != "" || len(but) == 0 {
		return id
	}
	return find(nil)
}

// staffed tells whether somebody who is not among these officers holds a post in a unit.
func (h *House) staffed(unit authority.UnitID, now calendar.Instant, but []string) bool {
	d := h.People()
	return slices.ContainsFunc(d.People(), func(p authority.Person) bool {
		return !slices.Contains(but, string(p.ID)) && slices.ContainsFunc(d.PostsAt(p.ID, now), func(held authority.Held) bool { return held.Unit == unit })
	})
}

// Complain opens a complaint of whoever holds the receipt of a case about how it is handled. It goes to the unit that stands
// apart, names the case and everybody who ever had a hand in it, and is hidden from them and from their heads. The answer
// carries a receipt of its own. A wrong code and a wrong secret are casefile.ErrNotFound, after the same work.
func (h *House) Complain(ctx context.Context, code, secret string, id casefile.ActID, data map[string]string) (*Answer, error) {
	about, err := h.byReceipt(ctx, code, secret)
	if err != nil {
		return nil, err
	}
	p, info := h.complaint()
	now := h.now()
	unit, ok := h.People().Unit(h.apart(authority.UnitID(about.Unit), now))
	if info == nil || !ok {
		return nil, casefile.ErrNotFound
	}
	if !goodID(id) {
		bad := &Invalid{}
		bad.checkID(id)
		return nil, bad
	}
	q := &Request{ID: id, Procedure: h.pack.ID + "/" + p.ID, Unit: unit.ID, Kind: info.ID, Data: map[string]string{}}
	for _, f := range info.Fields {
		switch {
		case f.As == "title":
			q.Data[f.Name] = info.Title.ZH + " " + h.local(now)[:10]
		case f.As == "channel":
			q.Data[f.Name] = online
		case byParty(&f):
			q.Data[f.Name] = data[f.Name]
		}
	}
	c := &standing{head: casefile.Head{ID: caseOf(id), Procedure: q.Procedure, Unit: string(unit.ID), UnitKind: unit.Kind, Opened: now}, proc: p, at: p.New()}
	if _, err := h.store.Case(ctx, c.head.ID); !errors.Is(err, casefile.ErrNotFound) {
		if err == nil {
			err = casefile.ErrOtherAct // sent twice: the receipt was shown the first time
		}
		return nil, err
	}
	r, info, err := h.record(ctx, c, Who{}, q, nil, now)
	if err != nil {
		return nil, err
	}
	r.Actor = &casefile.Actor{Person: authority.PartyPost, Posts: []string{authority.PartyPost}, Qualifications: []string{}, Relations: []string{}}
	if err := h.complete(ctx, info, r, about); err != nil {
		return nil, err
	}
	out, err := h.judge(ctx, c, r, now)
	if err != nil {
		return nil, err
	}
	return h.keep(ctx, c, Who{}, q, r, info, out, now)
}

// complete adds what the house knows of the case: which it is, and everybody who ever had a hand in it.
func (h *House) complete(ctx context.Context, info *procedure.ActInfo, r *casefile.Record, about *casefile.Head) error {
	p, err := h.procedureOf(about.Procedure)
	if err != nil {
		return err
	}
	records, err := h.records(ctx, about.ID, 0)
	if err != nil {
		return err
	}
	var officers []string
	add := func(ids ...string) {
		for _, id := range ids {
			if _, ok := h.People().Person(authority.PersonID(id)); ok && !slices.Contains(officers, id) {
				officers = append(officers, id)
			}
		}
	}
	add(about.Handlers...)
	for _, x := range records {
		i := p.ActOf(x.Kind)
		if i < 0 || len(x.Refused) > 0 {
			continue
		}
		if x.Actor != nil {
			add(x.Actor.Person)
		}
		for _, f := range p.Act(i).Fields {
			if v := x.Datum(f.Name); f.As == "handlers" && v.Known() {
				add(strings.Split(v.Text(), ",")...)
			}
		}
	}
	var data []casefile.Datum
	for _, f := range info.Fields { // in the order of the pack
		switch v := r.Datum(f.Name); {
		case f.As == "case":
			data = append(data, casefile.Datum{Name: f.Name, Value: casefile.TextOf(string(about.ID))})
		case f.As == "complained_of" && len(officers) > 0:
			data = append(data, casefile.Datum{Name: f.Name, Value: casefile.TextOf(strings.Join(officers, ","))})
		case v.Known():
			data = append(data, casefile.Datum{Name: f.Name, Value: v})
		}
	}
	r.Data = data
	return nil
}

// byReceipt finds a case by its receipt's code and secret. A wrong code and a wrong secret are the same answer,
// casefile.ErrNotFound, after the same work.
func (h *House) byReceipt(ctx context.Context, code, secret string) (*casefile.Head, error) {
	receipt, badCode := account.ParseReceipt(code)
	second, badSecret := account.ParseSecond(secret)
	head, err := h.store.CaseOfReceipt(ctx, string(receipt))
	if err != nil && !errors.Is(err, casefile.ErrNotFound) {
		return nil, err
	}
	salt, want := sealed(head.Secret)
	if same := account.Same(second.Digest(salt), want); !same || err != nil || badCode != nil || badSecret != nil {
		return nil, casefile.ErrNotFound
	}
	return &head, nil
}

// Opened tells of views of a case on one day in one post and unit, as its reporter is told of them: not by whom.
type Opened struct {
	Day   calendar.Date
	Post  string
	Unit  Text
	Times int
}

const mostOpened = 200 // views that are read

// looksTold lists who looked at a case, the last day first. What superintendence does with it is not told: it would warn.
func (h *House) looksTold(ctx context.Context, id casefile.CaseID) ([]Opened, error) {
	looks, err := h.store.Looks(ctx, id, mostOpened)
	if err != nil {
		return nil, err
	}
	var out []Opened
	for _, l := range looks {
		held, ok := h.PostOf(authority.PersonID(l.Person), l.At)
		if !ok || h.isApart(authority.PersonID(l.Person), l.At) {
			continue
		}
		x := Opened{h.pack.Zone.Date(l.At), held.Post, h.unitName(string(held.Unit)), 1}
		i := slices.IndexFunc(out, func(o Opened) bool { return o.Day == x.Day && o.Post == x.Post && o.Unit == x.Unit })
		if i < 0 {
			out = append(out, x)
		} else {
			out[i].Times++
		}
	}
	return out, nil
}
