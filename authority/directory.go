package authority

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"plumbline/calendar"
)

// Directory is the organ as its changes made it. Its methods may be called from many goroutines at once: a reader works
// on the snapshot it found and never waits. The zero value is not usable; see [NewDirectory].
//
// A directory is being founded as long as no change has an author: such changes may set everything up, dated as it was.
// The first change with an author ends that for good. From then on:
//
//   - the author of a change holds the post [Administrator] when it is made, in his own right,
//   - nobody grants anything to himself,
//   - changes come in the order of their moments, and a post or delegation neither begins nor ends before its change,
//     so that what [Directory.PostsAt] says of a past moment stays what it was,
//   - an administrator whose term is open remains.
//
// Two persons behind the grant of an administrator's post are for the caller to demand.
type Directory struct {
	write sync.Mutex // held while a change is applied
	state atomic.Pointer[state]
}

// state is never changed once it is published; its slices neither.
type state struct {
	units     map[UnitID]Unit
	people    map[PersonID]Person
	numbers   map[string]PersonID
	posts     map[PersonID][]Appointment
	members   map[UnitID][]PersonID     // who was ever given a post there, or let act in one
	delegated map[PersonID][]Delegation // by whom they serve
	qualified map[PersonID][]Qualification
	ranks     map[PersonID][]rank
	last      calendar.Instant
	founded   bool
}

type rank struct {
	rank string
	from calendar.Instant
}

// NewDirectory is a directory that knows nobody.
func NewDirectory() *Directory {
	d := &Directory{}
	d.state.Store(&state{
		units: map[UnitID]Unit{}, people: map[PersonID]Person{}, numbers: map[string]PersonID{}, posts: map[PersonID][]Appointment{},
		members: map[UnitID][]PersonID{}, delegated: map[PersonID][]Delegation{}, qualified: map[PersonID][]Qualification{},
		ranks: map[PersonID][]rank{},
	})
	return d
}

// Clone is a directory that says the same and goes its own way from here.
func (d *Directory) Clone() *Directory {
	c := &Directory{}
	c.state.Store(d.state.Load())
	return c
}

// Apply adds the changes, in order, all or none. The error is an [*Error] with every reason against the first change that
// was refused. One call with many changes costs far less than many calls.
func (d *Directory) Apply(changes ...Change) error {
	d.write.Lock()
	defer d.write.Unlock()
	s := d.state.Load().copy(changes)
	for i, c := range changes {
		bad := c.malformed()
		if len(bad) == 0 {
			bad = s.refuse(c)
		}
		if len(bad) > 0 {
			return &Error{Index: i, Kind: c.Kind, Reasons: bad}
		}
		s.apply(c)
	}
	d.state.Store(s)
	return nil
}

// copy is a state of its own that still shares what the changes leave alone.
func (s *state) copy(changes []Change) *state {
	c := *s
	touched := map[string]bool{}
	for _, change := range changes {
		touched[change.Kind] = true
	}
	if touched[KindFound] {
		c.units = maps.Clone(s.units)
	}
	if touched[KindEnrol] {
		c.people, c.numbers = maps.Clone(s.people), maps.Clone(s.numbers)
	}
	if touched[KindAppoint] || touched[KindEndPost] {
		c.posts = maps.Clone(s.posts)
	}
	if touched[KindAppoint] || touched[KindDelegate] {
		c.members = maps.Clone(s.members)
	}
	if touched[KindDelegate] || touched[KindEndDelegation] {
		c.delegated = maps.Clone(s.delegated)
	}
	if touched[KindQualify] || touched[KindEndQualification] {
		c.qualified = maps.Clone(s.qualified)
	}
	if touched[KindRank] {
		c.ranks = maps.Clone(s.ranks)
	}
	return &c
}

// refuse lists everything that stands against a well-formed change.
func (s *state) refuse(c Change) (bad []Reason) {
	no := func(when bool, code, format string, args ...any) {
		if when {
			bad = append(bad, reason(code, format, args...))
		}
	}
	known := func(p PersonID) bool { _, ok := s.people[p]; return ok }

	// Who, and in which order.
	no(c.By == "" && s.founded, "author_missing", "the directory has been founded: a change has an author")
	no(c.At < s.last, "out_of_order", "made at %s, but the last change was made at %s", c.At, s.last)
	no(c.By != "" && !s.holdsItself(c.By, Administrator, "", c.At), "author_not_administrator", "%s is no administrator at %s", c.By, c.At)
	gets := c.Person // who gets something by it
	switch c.Kind {
	case KindDelegate:
		gets = c.To
	case KindEndPost, KindEndDelegation, KindEndQualification:
		gets = ""
	}
	no(c.By != "" && c.By == gets, "self_grant", "%s would grant it to themself", c.By)

	// People and units it names.
	named := c.Person != "" && c.Kind != KindEnrol
	no(named && !known(c.Person), "unknown_person", "%s is not enrolled", c.Person)
	no(c.To != "" && !known(c.To), "unknown_person", "%s is not enrolled", c.To)
	if _, ok := s.units[c.Unit]; c.Kind != KindFound {
		no(c.Unit != "" && !ok, "unknown_unit", "there is no unit %s", c.Unit)
	}

	// No reaching back. Qualifications and ranks are facts from elsewhere and may be older than their entry.
	back := c.By != "" && (c.Kind == KindAppoint || c.Kind == KindDelegate)
	no(back && c.From < c.At, "reaches_back", "it would begin before it is made; made at %s", c.At)
	no(c.By != "" && c.ends() && c.Until < c.At, "reaches_back", "it would end before it is made; made at %s", c.At)

	switch c.Kind {
	case KindFound:
		_, there := s.units[c.Unit]
		no(there, "unit_exists", "there is a unit %s", c.Unit)
		_, above := s.units[c.Parent]
		no(c.Parent == c.Unit, "loop", "%s would stand above itself", c.Unit)
		no(c.Parent != "" && c.Parent != c.Unit && !above, "unknown_unit", "there is no unit %s to stand above it", c.Parent)
	case KindEnrol:
		no(known(c.Person), "person_exists", "%s is enrolled", c.Person)
		other, taken := s.numbers[c.Number]
		no(taken, "number_taken", "the number is %s's", other)
	case KindAppoint:
		for _, a := range s.posts[c.Person] {
			same := a.Post == c.Post && a.Unit == c.Unit
			meet := overlap(a.From, a.Until, c.From, c.Until)
			no(same && meet, "already_held", "%s is %s of %s in that time", c.Person, c.Post, c.Unit)
			no(!same && meet && (a.Post == Administrator) != (c.Post == Administrator), "administrator_apart",
				"an administrator has no other post: %s is %s of %s", c.Person, a.Post, a.Unit)
		}
		for _, g := range s.delegated[c.Person] {
			no(c.Post == Administrator && overlap(g.Since, g.Until, c.From, c.Until), "administrator_apart",
				"an administrator has no other post: %s acts as %s of %s", c.Person, g.Post, g.Unit)
		}
	case KindEndPost:
		i := s.appointment(c)
		no(i < 0, "not_held", "%s was not appointed %s of %s from that moment", c.Person, c.Post, c.Unit)
		if i >= 0 {
			a := s.posts[c.Person][i]
			no(a.Until != 0 && a.Until <= c.Until, "ends_already", "it ends at %s", a.Until)
			no(c.Post == Administrator && a.Until == 0 && s.openAdministrators() == 1, "last_administrator", "nobody would be left to make changes")
		}
	case KindDelegate:
		no(c.Post == Administrator, "not_delegable", "an administrator's post is not delegated")
		no(c.Person == c.To, "self_delegation", "%s holds the post already", c.To)
		since := c.From
		if since == 0 {
			since = c.At
		}
		no(known(c.Person) && !s.holdsItself(c.Person, c.Post, c.Unit, since), "not_held", "%s is not %s of %s at %s", c.Person, c.Post, c.Unit, since)
		for _, g := range s.delegated[c.To] {
			no(g.From == c.Person && g.Post == c.Post && g.Unit == c.Unit && overlap(g.Since, g.Until, c.From, c.Until), "already_held",
				"%s acts as %s of %s in that time", c.To, c.Post, c.Unit)
		}
		for _, a := range s.posts[c.To] {
			no(a.Post == Administrator && overlap(a.From, a.Until, c.From, c.Until), "administrator_apart", "an administrator acts in no other post: %s", c.To)
		}
	case KindEndDelegation:
		i := s.delegation(c)
		no(i < 0, "not_delegated", "%s was not let act for %s as %s of %s from that moment", c.To, c.Person, c.Post, c.Unit)
		if i >= 0 {
			g := s.delegated[c.To][i]
			no(g.Until != 0 && g.Until <= c.Until, "ends_already", "it ends at %s", g.Until)
		}
	case KindQualify:
		for _, q := range s.qualified[c.Person] {
			no(q.ID == c.Qualification && overlap(q.From, q.Until, c.From, c.Until), "already_held", "%s holds %s in that time", c.Person, c.Qualification)
		}
	case KindEndQualification:
		i := s.qualification(c)
		no(i < 0, "not_held", "%s does not hold %s from that moment", c.Person, c.Qualification)
		if i >= 0 {
			q := s.qualified[c.Person][i]
			no(q.Until != 0 && q.Until <= c.Until, "ends_already", "it ends at %s", q.Until)
		}
	case KindRank:
		if rs := s.ranks[c.Person]; len(rs) > 0 {
			no(c.From <= rs[len(rs)-1].from, "out_of_order", "the last rank is from %s", rs[len(rs)-1].from)
		}
	}
	return bad
}

// apply adds a change that was not refused. Slices are copied: older snapshots share them.
func (s *state) apply(c Change) {
	s.last = c.At
	s.founded = s.founded || c.By != ""
	switch c.Kind {
	case KindFound:
		s.units[c.Unit] = Unit{ID: c.Unit, Kind: c.UnitKind, Name: Text{c.NameZH, c.NameEN}, Mark: c.Mark, Parent: c.Parent}
	case KindEnrol:
		s.people[c.Person] = Person{ID: c.Person, Name: c.Name, Number: c.Number, Rank: c.Rank}
		s.numbers[c.Number] = c.Person
	case KindAppoint:
		s.posts[c.Person] = append(slices.Clone(s.posts[c.Person]), Appointment{c.Person, c.Post, c.Unit, c.From, c.Until})
		s.serve(c.Unit, c.Person)
	case KindEndPost:
		all := slices.Clone(s.posts[c.Person])
		all[s.appointment(c)].Until = c.Until
		s.posts[c.Person] = all
	case KindDelegate:
		s.delegated[c.To] = append(slices.Clone(s.delegated[c.To]), Delegation{c.Person, c.To, c.Post, c.Unit, c.From, c.Until, c.Reason})
		s.serve(c.Unit, c.To)
	case KindEndDelegation:
		all := slices.Clone(s.delegated[c.To])
		all[s.delegation(c)].Until = c.Until
		s.delegated[c.To] = all
	case KindQualify:
		s.qualified[c.Person] = append(slices.Clone(s.qualified[c.Person]), Qualification{c.Person, c.Qualification, c.From, c.Until})
	case KindEndQualification:
		all := slices.Clone(s.qualified[c.Person])
		all[s.qualification(c)].Until = c.Until
		s.qualified[c.Person] = all
	case KindRank:
		s.ranks[c.Person] = append(slices.Clone(s.ranks[c.Person]), rank{c.Rank, c.From})
	}
}

// serve notes that a person was given a post in a unit, whatever becomes of it.
func (s *state) serve(u UnitID, p PersonID) {
	if !slices.Contains(s.members[u], p) {
		s.members[u] = append(slices.Clone(s.members[u]), p)
	}
}

// appointment, delegation and qualification find what a change ends, or give -1. One that never came into force (it ends
// where it begins) may have a successor from the same moment, so the last one counts.
func (s *state) appointment(c Change) int {
	return lastIndex(s.posts[c.Person], func(a Appointment) bool { return a.Post == c.Post && a.Unit == c.Unit && a.From == c.From })
}

func (s *state) delegation(c Change) int {
	return lastIndex(s.delegated[c.To], func(g Delegation) bool {
		return g.From == c.Person && g.Post == c.Post && g.Unit == c.Unit && g.Since == c.From
	})
}

func (s *state) qualification(c Change) int {
	return lastIndex(s.qualified[c.Person], func(q Qualification) bool { return q.ID == c.Qualification && q.From == c.From })
}

func lastIndex[T any](all []T, is func(T) bool) int {
	for i := len(all) - 1; i >= 0; i-- {
		if is(all[i]) {
			return i
		}
	}
	return -1
}

// holdsItself says whether a person holds a post in their own right; an empty unit means any.
func (s *state) holdsItself(p PersonID, post string, unit UnitID, t calendar.Instant) bool {
	return slices.ContainsFunc(s.posts[p], func(a Appointment) bool {
		return a.Post == post && (unit == "" || a.Unit == unit) && covers(a.From, a.Until, t)
	})
}

func (s *state) openAdministrators() (n int) {
	for _, all := range s.posts {
		for _, a := range all {
			if a.Post == Administrator && a.Until == 0 {
				n++
			}
		}
	}
	return n
}
