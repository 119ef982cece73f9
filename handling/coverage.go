package handling

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Coverage tells how far supervision reached what was done in a stretch of time, as far as the person may see cases and
// matters: where nobody looked stands first.
//
// Counted is a case, not an act: a matter about a case, or a draw of it, need not have looked at every act in it. Matters of
// any time up to now count, whatever came of them. Not counted: views of a case, review and approval inside it, warnings, and
// whatever the person may not see, such as a complaint that is kept apart from them.
type Coverage struct {
	Units   []Covered // everything done in a unit
	Kinds   []Covered // the same by kind
	Cases   int       // cases that were read
	Matters int       // matters that were read
	More    bool      // there are more cases than were read; those that moved last were
}

// Covered is what was done in a unit, and in how many of the cases of it somebody looked. Every count but Acts is of Cases.
type Covered struct {
	Unit  string
	Proc  *procedure.Procedure // nil: of all procedures
	Stage string               // of the procedure; empty: all of them, or it has none
	Act   int                  // of the procedure; -1: all of the stage

	Acts    int // recorded in that time, those that stand
	Cases   int // in which they were
	Finding int // in which a finding is named by a matter
	Named   int // that a matter names
	Drawn   int // that were drawn in a sample
	Looked  int // any of the three
}

// Blind tells whether nobody looked at any case of it.
func (c *Covered) Blind() bool { return c.Looked == 0 }

const mostCovered = 2000 // cases that are read

// seen is how a case was looked at.
type seen struct{ finding, named, drawn bool }

// Coverage counts the acts recorded from one day to another, both included, by unit and stage, or by unit and kind of act.
// Acts that were refused, corrected or withdrawn do not count, nor do those of matters. A case counts for the unit that has it
// now; an act that enters no stage counts in the stage that the procedure lists it under.
func (h *House) Coverage(ctx context.Context, who Who, from, until calendar.Date, byAct bool) (*Coverage, error) {
	s, any := h.selection(who, h.now())
	if !any {
		return &Coverage{}, nil
	}
	out := &Coverage{}
	looked, err := h.lookedAt(ctx, who, out)
	if err != nil {
		return nil, err
	}
	type key struct {
		unit  string
		proc  *procedure.Procedure
		stage string
		act   int
	}
	start, end := h.pack.Zone.Start(from), h.pack.Zone.End(until)
	all, stages := map[key]*Covered{}, map[*procedure.Procedure][]string{}
	s.Limit = 500
	for done := false; !done; {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			head := &heads[i]
			if head.Updated < start { // the newest change comes first: nothing was recorded in it since
				done = true
				break
			}
			p, err := h.procedureOf(head.Procedure)
			if err != nil || p.Matter() {
				continue
			}
			if out.Cases == mostCovered {
				out.More, done = true, true
				break
			}
			out.Cases++
			records, err := h.records(ctx, head.ID, 0)
			if err != nil {
				return nil, err
			}
			if stages[p] == nil {
				stages[p] = StagesOf(p)
			}
			counted := map[key]bool{}
			for _, r := range effective(records) {
				act := p.ActOf(r.Kind)
				if act < 0 || r.Recorded < start || r.Recorded > end {
					continue
				}
				kind := key{head.Unit, p, stages[p][act], -1}
				if byAct {
					kind.act = act
				}
				for _, k := range []key{{unit: head.Unit, act: -1}, kind} {
					if all[k] == nil {
						all[k] = &Covered{Unit: k.unit, Proc: k.proc, Stage: k.stage, Act: k.act}
					}
					all[k].Acts++
					if !counted[k] {
						counted[k] = true
						all[k].add(looked[head.ID])
					}
				}
			}
		}
		if done = done || len(heads) < s.Limit; !done {
			s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
		}
	}
	for _, c := range all {
		if c.Proc == nil {
			out.Units = append(out.Units, *c)
		} else {
			out.Kinds = append(out.Kinds, *c)
		}
	}
	slices.SortFunc(out.Units, blindFirst)
	slices.SortFunc(out.Kinds, blindFirst)
	return out, nil
}

func (c *Covered) add(x seen) {
	c.Cases++
	c.Finding += one(x.finding)
	c.Named += one(x.named)
	c.Drawn += one(x.drawn)
	c.Looked += one(x.finding || x.named || x.drawn)
}

// blindFirst puts first what nobody looked at, the most cases first; then what was looked at least.
func blindFirst(a, b Covered) int {
	proc := func(c *Covered) string {
		if c.Proc == nil {
			return ""
		}
		return c.Proc.ID
	}
	return cmp.Or(cmp.Compare(a.Looked*b.Cases, b.Looked*a.Cases), b.Cases-a.Cases, b.Acts-a.Acts, cmp.Compare(a.Unit, b.Unit), cmp.Compare(proc(&a), proc(&b)), cmp.Compare(a.Stage, b.Stage), a.Act-b.Act)
}

// StagesOf is the stage that each act stands under: its own, or that of the act before it in the pack.
func StagesOf(p *procedure.Procedure) []string {
	current := ""
	if all := p.Stages(); len(all) > 0 {
		current = all[0].ID
	}
	out := make([]string, len(p.Acts()))
	for i := range out {
		if s := p.Act(i).Stage; s != "" {
			current = s
		}
		out[i] = current
	}
	return out
}

// lookedAt reads from every matter that the person may see which cases it names, by themselves or by a finding, or drew.
func (h *House) lookedAt(ctx context.Context, who Who, told *Coverage) (map[casefile.CaseID]seen, error) {
	out, now := map[casefile.CaseID]seen{}, h.now()
	note := func(id casefile.CaseID, change func(*seen)) {
		x := out[id]
		change(&x)
		out[id] = x
	}
	s := casefile.Selection{All: true, Words: []string{aboutMatter}, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			head := &heads[i]
			p, err := h.procedureOf(head.Procedure)
			if err != nil || h.may(who, authority.SeeCase, head, now) != nil {
				continue
			}
			told.Matters++
			for _, id := range keyed(head.Words, aboutCase) {
				note(casefile.CaseID(id), func(x *seen) { x.named = true })
			}
			for _, id := range keyed(head.Words, aboutFinding) {
				if id, ok := casefile.CaseOfFinding(id); ok {
					note(id, func(x *seen) { x.finding = true })
				}
			}
			if !slices.ContainsFunc(p.Acts(), func(id string) bool { return draws(p.Act(p.ActOf(id))) }) {
				continue
			}
			records, err := h.records(ctx, head.ID, 0)
			if err != nil {
				return nil, err
			}
			for _, id := range drawnIn(p, records) {
				note(id, func(x *seen) { x.drawn = true })
			}
		}
		if len(heads) < s.Limit {
			return out, nil
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
}

// drawnIn lists the cases that a matter drew, in the order in which they were drawn.
func drawnIn(p *procedure.Procedure, records []*casefile.Record) []casefile.CaseID {
	var out []casefile.CaseID
	for _, r := range effective(records) {
		i := p.ActOf(r.Kind)
		if i < 0 {
			continue
		}
		for _, f := range p.Act(i).Fields {
			if v := r.Datum(f.Name); f.As == "drawn" && v.Known() {
				for id := range strings.SplitSeq(v.Text(), ",") {
					out = append(out, casefile.CaseID(id))
				}
			}
		}
	}
	return out
}
