package handling

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Decided is what was imposed on one person in a decided case, without who they are.
type Decided struct {
	At   calendar.Instant // of the decision; zero where there are too few
	Tier string
	Fine casefile.Amount
	Days int
	Unit Text // empty where there are too few
}

// Similar is what was imposed for an offence in other cases of the house, the newest decision first.
type Similar struct {
	Decided    []Decided
	Few        bool // fewer than leastSimilar cases: day and unit are left out, or they would say who it was
	Incomplete bool // there are cases of the offence that could not be read
}

const (
	mostSimilar  = 40 // cases that are read
	leastSimilar = 3  // cases of which nobody is told by day and unit
)

// Similar lists what was imposed for an offence in other cases of the house: figures without names, shown to whoever weighs a penalty so that
// like is treated alike.
func (h *House) Similar(ctx context.Context, but casefile.CaseID, offence string) (Similar, error) {
	heads, err := h.store.Cases(ctx, casefile.Selection{All: true, Words: []string{offenceWord(offence)}, Limit: mostSimilar})
	if err != nil {
		return Similar{}, err
	}
	var out Similar
	cases := 0
	for i := range heads {
		p, err := h.procedureOf(heads[i].Procedure)
		if err != nil || heads[i].ID == but {
			continue // of another pack
		}
		records, err := h.records(ctx, heads[i].ID, 0)
		if ctx.Err() != nil {
			return Similar{}, ctx.Err()
		}
		if err != nil { // a case that cannot be read takes no other's page away
			h.log.Error("decided alike: a case is left out", "case", heads[i].ID, "error", err)
			out.Incomplete = true
			continue
		}
		found := decided(p, effective(records), offence)
		if len(found) > 0 {
			cases++
		}
		for _, d := range found {
			d.Unit = h.unitName(heads[i].Unit)
			out.Decided = append(out.Decided, d)
		}
	}
	slices.SortStableFunc(out.Decided, func(a, b Decided) int { return cmp.Compare(b.At, a.At) })
	if out.Few = cases > 0 && cases < leastSimilar; out.Few {
		for i := range out.Decided {
			out.Decided[i].At, out.Decided[i].Unit = 0, Text{}
		}
	}
	return out, nil
}

// offenceWord is what search looks an offence up by; no text that a person searches for makes it.
func offenceWord(id string) string { return "offence:" + id }

// remaining leaves out the acts that a later one voids.
func remaining(p *procedure.Procedure, records []*casefile.Record) []*casefile.Record {
	var out []*casefile.Record
	for _, r := range records {
		kind := p.ActOf(r.Kind)
		if kind < 0 {
			continue
		}
		info := p.Act(kind)
		out = slices.DeleteFunc(out, func(o *casefile.Record) bool {
			of := p.ActOf(o.Kind)
			same := info.Scope == "case" || info.Scope != p.Act(of).Scope || slices.Equal(r.Subjects, o.Subjects)
			return same && slices.Contains(info.Voids, of)
		})
		out = append(out, r)
	}
	return out
}

// decided folds what the acts of a case say of penalties: of each person the last offence and tier that were named, the last
// fine and days, once it was decided. What was voided or annulled since was not.
func decided(p *procedure.Procedure, records []*casefile.Record, offence string) []Decided {
	type penalty struct {
		Decided
		offence string
	}
	of := map[casefile.Subject]*penalty{}
	var order []casefile.Subject
	at := calendar.Instant(0)
	for _, r := range remaining(p, records) {
		info := p.Act(p.ActOf(r.Kind))
		if info.Part == "decision" {
			at = r.Occurred
		}
		if info.Annulled(r.Datum) {
			theirs := func(who casefile.Subject) bool {
				return slices.ContainsFunc(r.Subjects, func(s casefile.Ref) bool { return s.ID == who })
			}
			all := !slices.ContainsFunc(order, theirs)
			maps.DeleteFunc(of, func(who casefile.Subject, _ *penalty) bool { return all || theirs(who) })
		}
		if len(r.Subjects) != 1 {
			continue
		}
		who := r.Subjects[0].ID
		for _, f := range info.Fields {
			v := r.Datum(f.Name)
			if !v.Known() || !slices.Contains([]string{"offence", "tier", "fine", "days"}, f.As) {
				continue
			}
			if of[who] == nil {
				of[who] = &penalty{}
			}
			if !slices.Contains(order, who) {
				order = append(order, who)
			}
			switch x := of[who]; f.As {
			case "offence":
				x.offence, x.Tier = v.Text(), ""
			case "tier":
				x.Tier = v.Text()
			case "fine":
				x.Fine = v.Money()
			case "days":
				x.Days = int(v.Int())
			}
		}
	}
	var out []Decided
	for _, who := range order {
		if x := of[who]; x != nil && at != 0 && x.offence == offence {
			x.At = at
			out = append(out, x.Decided)
		}
	}
	return out
}
