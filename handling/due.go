package handling

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// dueWord stands before the period for which a case was opened that is due by the calendar.
const dueWord = "due:"

// period is the period of a number of months in which a day lies.
func period(months int, d calendar.Date) Span {
	y, m, _ := d.Civil()
	first := calendar.NewDate(y, m, 1).AddMonths(-((int(m) - 1) % months))
	return Span{first, first.AddMonths(months) - 1}
}

// dueKey is the word of a case that was opened for a period.
func dueKey(p *procedure.Procedure, info *procedure.ActInfo, x *procedure.Due, s Span) string {
	key := dueWord + p.ID
	for _, d := range x.Data {
		if slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == d.Name && len(f.Enum) > 0 }) {
			key += "/" + d.Name + "=" + d.Text
		}
	}
	return key + "/" + s.From.String()
}

// dueWords are the words of the periods that an opening act covers: one that begins before the grace is over and lasts to the end.
func (h *House) dueWords(p *procedure.Procedure, info *procedure.ActInfo, r *casefile.Record) []string {
	var out []string
	var s Span
	for _, f := range info.Fields {
		switch v := r.Datum(f.Name); {
		case !v.Known():
		case f.As == "period_from":
			s.From = v.Date()
		case f.As == "period_until":
			s.Until = v.Date()
		}
	}
	for i := range info.Due {
		x := &info.Due[i]
		of := period(x.Months, s.Until)
		same := !slices.ContainsFunc(x.Data, func(d procedure.DueDatum) bool {
			return slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool {
				return f.Name == d.Name && len(f.Enum) > 0 && r.Datum(f.Name).String() != d.Text
			})
		})
		if same && s.Until == of.Until && s.From <= of.From+calendar.Date(x.Grace) {
			out = append(out, dueKey(p, info, x, of))
		}
	}
	return out
}

// dueEvery is how often the clock looks for what is due by the calendar.
const dueEvery = calendar.Instant(3600 * 1_000_000)

// openDue opens what is due in this period or was in the last one, its grace over, and nobody opened: once, in each unit of the
// kind in which somebody held a post when the period began. No period that began before the record is due.
func (h *House) openDue(ctx context.Context, now calendar.Instant) (int, error) {
	if now < calendar.Instant(h.dueAgain.Load()) && now > calendar.Instant(h.dueAgain.Load())-2*dueEvery {
		return 0, nil
	}
	first, err := h.store.Entries(ctx, 0, 1)
	if err != nil || len(first) == 0 {
		return 0, err
	}
	r, err := casefile.DecodeRecord(first[0].Bytes)
	if err != nil {
		return 0, fmt.Errorf("the first act on the record: %w", err)
	}
	opened := 0
	for _, p := range h.pack.Procedures {
		for i := range p.Acts() {
			info := p.Act(i)
			for k := range info.Due {
				x := &info.Due[k]
				this := period(x.Months, h.pack.Zone.Date(now))
				for _, s := range []Span{period(x.Months, this.From-1), this} {
					if now < h.pack.Zone.Start(s.From+calendar.Date(x.Grace)) || h.pack.Zone.Start(s.From) < r.Recorded {
						continue
					}
					for _, u := range h.People().Units() {
						if u.Kind != x.Kind || !h.staffed(u.ID, h.pack.Zone.Start(s.From), nil) {
							continue
						}
						did, err := h.openOne(ctx, p, info, x, s, u, now)
						if err != nil {
							return opened, fmt.Errorf("opening %s in %s, due for %s: %w", p.ID, u.ID, s.From, err)
						}
						opened += one(did)
					}
				}
			}
		}
	}
	h.dueAgain.Store(int64(now + dueEvery))
	return opened, nil
}

// openOne opens a case for a period in a unit, where none was opened; who reads its id knows that of the next, and twice is once.
func (h *House) openOne(ctx context.Context, p *procedure.Procedure, info *procedure.ActInfo, x *procedure.Due, s Span, u authority.Unit, now calendar.Instant) (bool, error) {
	key := dueKey(p, info, x, s)
	there, err := h.store.Cases(ctx, casefile.Selection{Units: []string{string(u.ID)}, Words: []string{key}, Limit: 1})
	if err != nil || len(there) > 0 {
		return false, err
	}
	d := sha256.Sum256([]byte("plumbline due\n" + key + "\n" + string(u.ID)))
	q := &Request{ID: casefile.ActID("due-" + base32.StdEncoding.EncodeToString(d[:15])), Procedure: h.pack.ID + "/" + p.ID, Unit: u.ID, Kind: info.ID, Data: map[string]string{}, ofHouse: true}
	c := &standing{head: casefile.Head{ID: caseOf(q.ID), Procedure: q.Procedure, Unit: string(u.ID), UnitKind: u.Kind, Opened: now}, proc: p, at: p.New()}
	if h.has(ctx, c.head.ID) {
		return false, nil // opened, and handed to another unit or corrected since
	}
	for _, v := range x.Data {
		q.Data[v.Name] = v.Text
	}
	var filled []casefile.Datum
	for _, f := range info.Fields {
		switch f.As {
		case "period_from":
			q.Data[f.Name] = s.From.String()
		case "period_until":
			q.Data[f.Name] = s.Until.String()
		case "unopened":
			filled = append(filled, casefile.Datum{Name: f.Name, Value: casefile.BoolOf(true)})
		}
	}
	r, info, err := h.record(ctx, c, Who{}, q, nil, now)
	if err != nil {
		return false, err
	}
	r.Data = append(r.Data, filled...)
	r.Actor = &casefile.Actor{Person: authority.HousePost, Posts: []string{authority.HousePost}, Qualifications: []string{}, Relations: []string{}}
	out, err := h.judge(ctx, c, r, now)
	if err != nil {
		return false, err
	}
	_, err = h.keep(ctx, c, Who{}, q, r, info, out, now)
	if errors.Is(err, casefile.ErrConflict) || errors.Is(err, casefile.ErrOtherAct) {
		return false, nil // somebody was faster; the next look finds it
	}
	return err == nil, err
}
