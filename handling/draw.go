package handling

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/procedure"
)

// houseRoles are the data that the house alone fills in: the draw of a sample, what an act comes of, what the cases named are
// about. Nobody types them.
var houseRoles = []string{"seed", "population", "drawn", "drawn_twice", "origin", "case_offences", "on_person"}

// draws tells whether an act draws a sample.
func draws(info *procedure.ActInfo) bool {
	return slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "drawn" })
}

// Plan is what was laid down for a round before any case was seen, as its acts tell.
type Plan struct {
	Unit        authority.UnitID // with those below it
	From, Until calendar.Date    // both included
	Size        int              // cases to be drawn
	Share       int              // per cent of them that a second person scores
	Grades      []int            // scores at which the next grade begins, rising; none: not laid down
}

func (p *Plan) whole() bool { return p.Unit != "" && p.From != 0 && p.Until != 0 && p.Size > 0 }

// twice is how many of n drawn cases a second person scores.
func (p *Plan) twice(n int) int { return (n*min(p.Share, 100) + 99) / 100 }

// planOf reads the plan of a round from its acts.
func planOf(proc *procedure.Procedure, records []*casefile.Record) Plan {
	var out Plan
	for _, r := range records {
		i := proc.ActOf(r.Kind)
		if i < 0 || len(r.Refused) > 0 {
			continue
		}
		for _, f := range proc.Act(i).Fields {
			v := r.Datum(f.Name)
			switch {
			case !v.Known():
			case f.As == "unit":
				out.Unit = authority.UnitID(v.Text())
			case f.As == "period_from":
				out.From = v.Date()
			case f.As == "period_until":
				out.Until = v.Date()
			case f.As == "sample_size":
				out.Size = int(v.Int())
			case f.As == "second_share":
				out.Share = int(v.Int())
			case f.As == "grade_from":
				out.Grades = append(out.Grades, int(v.Int()))
			}
		}
	}
	slices.Sort(out.Grades)
	return out
}

// byLot orders cases by the digest of the seed, a line feed and the case's id: whoever knows seed and cases draws the same.
func byLot(seed string, ids []casefile.CaseID) {
	digest := func(id casefile.CaseID) []byte {
		d := sha256.Sum256([]byte(seed + "\n" + string(id)))
		return d[:]
	}
	slices.SortFunc(ids, func(a, b casefile.CaseID) int { return cmp.Or(bytes.Compare(digest(a), digest(b)), cmp.Compare(a, b)) })
}

// seedOf is the leaf of the act that last laid down a plan: on the record before the draw, and the house's own salts are in it,
// so that nobody chooses it, and who changes the plan gets another.
func seedOf(proc *procedure.Procedure, records []*casefile.Record) (seed ledger.Hash) {
	for _, r := range records {
		if p := planOf(proc, []*casefile.Record{r}); p.Unit != "" || p.From != 0 || p.Until != 0 || p.Size != 0 || p.Share != 0 {
			seed = r.Leaf()
		}
	}
	return seed
}

// draw takes the sample of a round: of the cases that its unit and those below opened in its period, those whose digest with
// the seed is smallest. A sample is drawn once. Whoever knows the seed and the cases of the period draws the same again.
func (h *House) draw(ctx context.Context, c *standing, who Who, info *procedure.ActInfo, now calendar.Instant, bad *Invalid) ([]casefile.Datum, error) {
	records, err := h.records(ctx, c.head.ID, 0)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	stand := effective(records)
	for _, r := range records {
		switch i := c.proc.ActOf(r.Kind); {
		case i < 0 || len(r.Refused) > 0 || !draws(c.proc.Act(i)):
		case slices.Contains(stand, r):
			return nil, nil // what a second draw is, the pack says
		default:
			bad.add("drawn", "样本已经抽取过；撤回以后也不再抽取", "the sample was drawn; also where that was taken back it is not drawn again")
			return nil, nil
		}
	}
	plan := planOf(c.proc, stand)
	if !plan.whole() {
		bad.add("drawn", "开启时未填写被考评单位、期间或者抽取件数", "unit, period or size of the sample were not given when it was opened")
		return nil, nil
	}
	if !h.watches(who, plan.Unit, now) {
		bad.add("drawn", "被考评单位不在你可以查看的范围", "the unit that is assessed is not yours to see")
		return nil, nil
	}
	seed := seedOf(c.proc, stand)
	ids, err := h.opened(ctx, plan.Unit, h.pack.Zone.Start(plan.From), h.pack.Zone.End(plan.Until))
	if err != nil {
		return nil, err
	}
	byLot(seed.String(), ids)
	var drawn []string
	for _, id := range ids[:min(len(ids), plan.Size)] {
		drawn = append(drawn, string(id))
	}
	if len(drawn) == 0 {
		bad.add("drawn", "该单位在此期间没有案件", "the unit opened no case in this period")
		return nil, nil
	}
	var out []casefile.Datum
	for _, f := range info.Fields {
		switch f.As {
		case "seed":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.TextOf(seed.String())})
		case "population":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.IntOf(int64(len(ids)))})
		case "drawn":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.TextOf(strings.Join(drawn, ","))})
		case "drawn_twice": // the first of them: their order is drawn too
			if n := plan.twice(len(drawn)); n > 0 {
				out = append(out, casefile.Datum{Name: f.Name, Value: casefile.TextOf(strings.Join(drawn[:n], ","))})
			}
		}
	}
	return out, nil
}

// opened lists the cases of the main procedure that a unit and those below it opened in a stretch of time.
func (h *House) opened(ctx context.Context, unit authority.UnitID, from, until calendar.Instant) ([]casefile.CaseID, error) {
	s := casefile.Selection{Units: []string{string(unit)}, Limit: 500}
	for _, u := range h.People().Below(unit) {
		s.Units = append(s.Units, string(u))
	}
	main := h.pack.ID + "/" + h.pack.Procedures[0].ID
	var out []casefile.CaseID
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, x := range heads {
			if x.Procedure == main && x.Opened >= from && x.Opened <= until {
				out = append(out, x.ID)
			}
		}
		if len(heads) < s.Limit {
			return out, nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}
