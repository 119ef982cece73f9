package handling

import (
	"cmp"
	"context"
	"math"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Share is a count with what it is a part of, and the interval in which the rate behind it lies with 95 % (Wilson): never a
// figure alone.
type Share struct{ Count, Of int }

// Interval is the Wilson interval of the rate, from 0 to 1; 0 to 1 where there is nothing to count.
func (s Share) Interval() (low, high float64) {
	if s.Of <= 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(s.Of), float64(min(s.Count, s.Of))/float64(s.Of)
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// OfficerFile is the enforcement file of an officer: what they hold, the cases assigned to them and in how many a finding
// stands, and the matters that were about them.
type OfficerFile struct {
	Person         authority.Person
	Posts          []authority.Held
	Qualifications []string
	Cases          Share // assigned cases with a finding that stands, of those assigned and read
	Findings       []Found
	Matters        []casefile.Head
	More           bool // there are more cases than were read
}

const mostOfOfficer = 200 // cases that are read

// OfficerFile reads the file of an officer: for the officer, or for a head above them. To anybody else it is not found.
func (h *House) OfficerFile(ctx context.Context, who Who, person authority.PersonID) (*OfficerFile, error) {
	now := h.now()
	p, ok := h.People().Person(person)
	if !ok || person != who.Person && h.People().May(authority.Query{Who: who.Person, Action: authority.SeePeople, Person: person, Now: now}).Relation != authority.HeadOfPerson {
		return nil, casefile.ErrNotFound
	}
	if err := h.look(ctx, who, &casefile.Head{}, "officer "+string(person), now); err != nil {
		return nil, err
	}
	out := &OfficerFile{Person: p, Posts: h.People().PostsAt(person, now), Qualifications: h.qualified(string(person), h.People().QualificationsAt(person, now), now)}
	s := casefile.Selection{Handler: string(person), Limit: 100}
	for read := 0; read < mostOfOfficer; read += s.Limit {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			if err := h.ofOfficer(ctx, who, out, &heads[i], string(person)); err != nil {
				return nil, err
			}
		}
		if out.More = len(heads) == s.Limit; !out.More {
			break
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
	var err error
	out.Matters, err = h.matters(ctx, who, concerns+string(person), false, now)
	return out, err
}

func (h *House) ofOfficer(ctx context.Context, who Who, out *OfficerFile, head *casefile.Head, person string) error {
	p, err := h.procedureOf(head.Procedure)
	if err != nil || !slices.Contains(head.Handlers, person) {
		return nil
	}
	out.Cases.Of++
	if head.Findings == 0 {
		return nil
	}
	out.Cases.Count++
	if h.may(who, authority.SeeCase, head, h.now()) != nil {
		return nil // of another unit: it counts, and is not named
	}
	found, err := h.store.Findings(ctx, head.ID)
	for _, x := range found {
		if x.WithdrawnBy == 0 && !x.Warn {
			out.Findings = append(out.Findings, Found{x, *head, p})
		}
	}
	return err
}

// Recurrent is how often one rule was found broken in one unit in a month, beside the month before.
type Recurrent struct {
	Proc      *procedure.Procedure
	Rule      int
	Unit      string
	Now, Then Share    // cases with such a finding, of the cases that ran in the unit in that month
	Findings  []string // ids of the findings counted, of both months: the first MostCounted that were read
}

// MostCounted is how many findings a figure names.
const MostCounted = 100

// Month is a calendar month in the pack's zone.
type Month struct{ From, Until calendar.Instant }

// MonthOf is the month in which a day lies, and the one before it.
func (h *House) MonthOf(d calendar.Date) (month, before Month) {
	z := h.pack.Zone
	first := func(d calendar.Date) calendar.Date {
		y, m, _ := d.Civil()
		return calendar.NewDate(y, m, 1)
	}
	from := first(d)
	next := first(from + 31)
	then := first(from - 1)
	return Month{z.Start(from), z.Start(next) - 1}, Month{z.Start(then), z.Start(from) - 1}
}

// Figures counts the findings that stand in the cases a person may see, by rule and unit, for a month beside the one before:
// the gravest first, then the most frequent. How many cases were read is told.
func (h *House) Figures(ctx context.Context, who Who, day calendar.Date) (out []Recurrent, read int, err error) {
	month, before := h.MonthOf(day)
	s, any := h.selection(who, h.now())
	if !any {
		return nil, 0, nil
	}
	s.Limit = 500
	type key struct {
		proc *procedure.Procedure
		rule int
		unit string
	}
	type of struct {
		proc *procedure.Procedure
		unit string
	}
	all, ran, ranThen := map[key]*Recurrent{}, map[of]int{}, map[of]int{}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return nil, 0, err
		}
		for i := range heads {
			head := &heads[i]
			p, err := h.procedureOf(head.Procedure)
			if err != nil || h.unlisted(who, head) {
				continue
			}
			read++
			ran[of{p, head.Unit}] += one(month.ran(head))
			ranThen[of{p, head.Unit}] += one(before.ran(head))
			if head.Findings == 0 {
				continue
			}
			found, err := h.store.Findings(ctx, head.ID)
			if err != nil {
				return nil, 0, err
			}
			seen, seenThen := map[key]bool{}, map[key]bool{}
			for _, x := range found {
				k := key{p, p.RuleOf(x.Rule), head.Unit}
				if x.WithdrawnBy != 0 || x.Warn || k.rule < 0 || x.At < before.From || x.At > month.Until {
					continue
				}
				if all[k] == nil {
					all[k] = &Recurrent{Proc: p, Rule: k.rule, Unit: head.Unit}
				}
				if len(all[k].Findings) < MostCounted {
					all[k].Findings = append(all[k].Findings, x.ID())
				}
				if x.At >= month.From {
					all[k].Now.Count += one(!seen[k])
					seen[k] = true
				} else {
					all[k].Then.Count += one(!seenThen[k])
					seenThen[k] = true
				}
			}
		}
		if len(heads) < s.Limit {
			break
		}
		s.Before, s.AfterID = heads[len(heads)-1].Updated, heads[len(heads)-1].ID
	}
	for k, r := range all {
		r.Now.Of, r.Then.Of = max(ran[of{k.proc, k.unit}], r.Now.Count), max(ranThen[of{k.proc, k.unit}], r.Then.Count)
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Recurrent) int {
		return cmp.Or(a.Proc.Rules()[a.Rule].Severity-b.Proc.Rules()[b.Rule].Severity, b.Now.Count-a.Now.Count, b.Then.Count-a.Then.Count,
			cmp.Compare(a.Proc.Rules()[a.Rule].ID, b.Proc.Rules()[b.Rule].ID), cmp.Compare(a.Unit, b.Unit))
	})
	return out, read, nil
}

// ran tells whether a case was open at some moment of the month, as far as its head tells.
func (m Month) ran(head *casefile.Head) bool {
	return head.Opened <= m.Until && (!head.Closed || head.Updated >= m.From)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
