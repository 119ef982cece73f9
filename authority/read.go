package authority

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"plumbline/calendar"
)

// Unit finds a unit.
func (d *Directory) Unit(id UnitID) (Unit, bool) {
	u, ok := d.state.Load().units[id]
	return u, ok
}

// Units lists all units, by id.
func (d *Directory) Units() []Unit { return byKey(d.state.Load().units) }

// Person finds a person.
func (d *Directory) Person(id PersonID) (Person, bool) {
	p, ok := d.state.Load().people[id]
	return p, ok
}

// ByNumber finds a person by police number.
func (d *Directory) ByNumber(number string) (Person, bool) {
	s := d.state.Load()
	p, ok := s.people[s.numbers[number]]
	return p, ok
}

// People lists everybody, by id.
func (d *Directory) People() []Person { return byKey(d.state.Load().people) }

// Above lists the units above one, the nearest first. It is empty for an unknown unit.
func (d *Directory) Above(u UnitID) []UnitID { return d.state.Load().above(u) }

// PostsAt lists the posts a person can act in at t, by unit and post; those delegated to them name whose they are.
func (d *Directory) PostsAt(p PersonID, t calendar.Instant) []Held {
	return d.state.Load().postsAt(p, t)
}

// Appointments lists every appointment a person ever had, in the order they were made.
func (d *Directory) Appointments(p PersonID) []Appointment {
	return slices.Clone(d.state.Load().posts[p])
}

// Delegations lists every delegation a person ever acted under, in the order they were made.
func (d *Directory) Delegations(to PersonID) []Delegation {
	return slices.Clone(d.state.Load().delegated[to])
}

// Qualifications lists every qualification a person ever had, in the order they were recorded.
func (d *Directory) Qualifications(p PersonID) []Qualification {
	return slices.Clone(d.state.Load().qualified[p])
}

// QualificationsAt lists the ids of the qualifications a person holds at t, sorted; never nil.
func (d *Directory) QualificationsAt(p PersonID, t calendar.Instant) []string {
	return d.state.Load().qualificationsAt(p, t)
}

// RankAt is a person's rank at t, empty where none is known.
func (d *Directory) RankAt(p PersonID, t calendar.Instant) string {
	s := d.state.Load()
	r := s.people[p].Rank
	for _, next := range s.ranks[p] {
		if next.from <= t {
			r = next.rank
		}
	}
	return r
}

// InPost lists who can act in a post of exactly this unit at t, delegates too, by id: whom a case can be assigned to.
func (d *Directory) InPost(post string, u UnitID, t calendar.Instant) []PersonID {
	s := d.state.Load()
	in := []PersonID{}
	for p := range s.people {
		if slices.ContainsFunc(s.postsAt(p, t), func(h Held) bool { return h.Post == post && h.Unit == u }) {
			in = append(in, p)
		}
	}
	slices.Sort(in)
	return in
}

// Actor says which posts and qualifications of a person count in a case of caseUnit at t: posts of that unit and of the
// units above it, in their own right or by delegation. A post in a unit beside or below it does not count, nor does an
// administrator's anywhere. Both lists are sorted, without doubles, and never nil: an empty one means none.
func (d *Directory) Actor(p PersonID, caseUnit UnitID, t calendar.Instant) (posts, qualifications []string) {
	s := d.state.Load()
	posts = []string{}
	if _, known := s.units[caseUnit]; known {
		line := append(s.above(caseUnit), caseUnit)
		for _, h := range s.postsAt(p, t) {
			if h.Post != Administrator && slices.Contains(line, h.Unit) {
				posts = append(posts, h.Post)
			}
		}
	}
	slices.Sort(posts)
	return slices.Compact(posts), s.qualificationsAt(p, t)
}

func (s *state) above(u UnitID) []UnitID {
	var up []UnitID
	for u = s.units[u].Parent; u != ""; u = s.units[u].Parent {
		up = append(up, u)
	}
	return up
}

// Below lists the units under one, at whatever depth.
func (d *Directory) Below(u UnitID) []UnitID { return d.state.Load().below(u) }

func (s *state) below(u UnitID) []UnitID {
	under := []UnitID{}
	for id := range s.units {
		if slices.Contains(s.above(id), u) {
			under = append(under, id)
		}
	}
	slices.Sort(under)
	return under
}

func (s *state) postsAt(p PersonID, t calendar.Instant) []Held {
	held := []Held{}
	for _, a := range s.posts[p] {
		if covers(a.From, a.Until, t) {
			held = append(held, Held{Post: a.Post, Unit: a.Unit})
		}
	}
	for _, g := range s.delegated[p] {
		if covers(g.Since, g.Until, t) && s.holdsItself(g.From, g.Post, g.Unit, t) {
			held = append(held, Held{Post: g.Post, Unit: g.Unit, For: g.From})
		}
	}
	slices.SortFunc(held, func(a, b Held) int {
		return cmp.Or(strings.Compare(string(a.Unit), string(b.Unit)), strings.Compare(a.Post, b.Post), strings.Compare(string(a.For), string(b.For)))
	})
	return held
}

func (s *state) qualificationsAt(p PersonID, t calendar.Instant) []string {
	ids := []string{}
	for _, q := range s.qualified[p] {
		if covers(q.From, q.Until, t) {
			ids = append(ids, q.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func byKey[K cmp.Ordered, V any](m map[K]V) []V {
	all := make([]V, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[k])
	}
	return all
}
