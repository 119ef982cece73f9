package authority

import (
	"slices"
	"strings"

	"plumbline/calendar"
)

// Filter is [Directory.May] with [SeeCase] for many cases at once, as a store can apply it to rows: a case is seen if it is
// of one of Units or has Handler among its handlers or as its opener, and complains about nobody in NotAbout, and is neither
// sealed nor a minor's unless Protected.
type Filter struct {
	Units     []UnitID   // sorted
	Handler   PersonID   // empty: no case by assignment
	NotAbout  []PersonID // sorted
	Protected bool       // a purpose was stated
	None      bool       // sees no case at all
}

// Visible says which cases a person sees at now. Lists, searches, counts and exports go through it. Without a stated purpose
// they leave out what is sealed or a minor's.
func (d *Directory) Visible(who PersonID, purpose string, now calendar.Instant) Filter {
	s := d.state.Load()
	if !s.enrolled(who) || !s.inPost(who, now) {
		return Filter{None: true}
	}
	f := Filter{NotAbout: s.shielded(who, now), Protected: stated(purpose)}
	if permits(Assigned, SeeCase) && permits(OnDuty, SeeCase) && permits(Opened, SeeCase) {
		f.Handler = who
	}
	for _, h := range s.postsAt(who, now) {
		for _, seat := range seats {
			if !slices.Contains(seat.posts, h.Post) || !permits(seat.relation, SeeCase) {
				continue
			}
			if seat.own {
				f.Units = append(f.Units, h.Unit)
			}
			if seat.below {
				f.Units = append(f.Units, slices.DeleteFunc(s.below(h.Unit), func(u UnitID) bool { return !s.reaches(h.Post, u) })...)
			}
		}
	}
	slices.Sort(f.Units)
	f.Units = slices.Compact(f.Units)
	f.None = len(f.Units) == 0 && f.Handler == ""
	return f
}

// Matches says whether a case passes.
func (f Filter) Matches(c CaseView) bool {
	mine := f.Handler != "" && (c.Opener == f.Handler || slices.Contains(c.Handlers, f.Handler))
	hidden := slices.ContainsFunc(c.About, func(p PersonID) bool { return slices.Contains(f.NotAbout, p) })
	return !f.None && (mine || slices.Contains(f.Units, c.Unit)) && !hidden && (f.Protected || !c.Sealed && !c.Minor)
}

// toCase lists the relations of a person to a case, the closest first. An administrator has none.
func (s *state) toCase(who PersonID, c *CaseView, now calendar.Instant) []Relation {
	if !s.inPost(who, now) {
		return nil
	}
	has := map[Relation]bool{
		Assigned: slices.Contains(c.Handlers, who),
		OnDuty:   c.Opener == who && len(c.Handlers) == 0,
		Opened:   c.Opener == who,

		Concerned: slices.Contains(c.Concerned, who),
	}
	above := s.above(c.Unit)
	for _, h := range s.postsAt(who, now) {
		for _, seat := range seats {
			if slices.Contains(seat.posts, h.Post) && (seat.own && h.Unit == c.Unit || seat.below && slices.Contains(above, h.Unit) && s.reaches(h.Post, c.Unit)) {
				has[seat.relation] = true
			}
		}
	}
	var all []Relation
	for _, row := range table { // in its order: the closest first
		if has[row.relation] && (!c.Alone || slices.Contains([]Relation{OnDuty, Opened, HeadOfUnit, LineAbove}, row.relation)) {
			all = append(all, row.relation)
		}
	}
	return all
}

// reaches tells whether a post above a unit reaches down to it. Into one that stands apart only the head of the organ one level
// up does, to whom its measures are appealed.
func (s *state) reaches(post string, unit UnitID) bool {
	return s.units[unit].Kind != Superintendence || post == UpperOrgan
}

// toPerson lists the relations to a person; with none named, to the list of all.
func (s *state) toPerson(q Query) []Relation {
	var all []Relation
	held := s.postsAt(q.Who, q.Now)
	if slices.ContainsFunc(held, func(h Held) bool { return h.Post == Administrator }) {
		all = append(all, Administers)
	}
	for _, of := range s.postsAt(q.Person, q.Now) {
		line := append(s.above(of.Unit), of.Unit)
		if slices.ContainsFunc(held, func(h Held) bool { return slices.Contains(heads, h.Post) && slices.Contains(line, h.Unit) }) {
			return append(all, HeadOfPerson)
		}
	}
	return all
}

// excluded says why a case about these officers does not exist for a person, or nothing.
func (s *state) excluded(who PersonID, about []PersonID, now calendar.Instant) string {
	if slices.Contains(about, who) {
		return WhyComplaint
	}
	if len(about) > 0 {
		shielded := s.shielded(who, now)
		if slices.ContainsFunc(about, func(p PersonID) bool { return slices.Contains(shielded, p) }) {
			return WhyCommand
		}
	}
	return ""
}

// shielded lists those whose complaints a person does not see: the person's own, and those of everybody who ever
// served in a unit that the person heads at now. Ever: a transfer must not open the complaint to the old head.
func (s *state) shielded(who PersonID, now calendar.Instant) []PersonID {
	all := []PersonID{who}
	for _, h := range s.postsAt(who, now) {
		if slices.Contains(heads, h.Post) {
			all = append(all, s.members[h.Unit]...)
		}
	}
	slices.SortFunc(all, func(a, b PersonID) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(all)
}

// inPost says whether a person acts in a post of the organ. An administrator does not: Apply keeps the two apart, and this
// is the second fence.
func (s *state) inPost(p PersonID, t calendar.Instant) bool {
	held := s.postsAt(p, t)
	return len(held) > 0 && !slices.ContainsFunc(held, func(h Held) bool { return h.Post == Administrator })
}

func (s *state) enrolled(p PersonID) bool { _, ok := s.people[p]; return ok }
func (s *state) unitKnown(u UnitID) bool  { _, ok := s.units[u]; return ok }
