package handling

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

// peopleCase is the file in which every change of units, people, posts and qualifications is an act, so that nobody can
// be given power off the record. It is no case of a procedure and nobody lists it.
const peopleCase casefile.CaseID = "people"

// readPeople folds the people's file into the directory.
func (h *House) readPeople() error {
	ctx := context.Background()
	d := authority.NewDirectory()
	records, err := h.records(ctx, peopleCase, 0)
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	var changes []authority.Change
	for _, r := range records {
		if r.Kind == kindReset {
			continue // told who did it, changed nothing of the directory
		}
		change, err := changeOf(r)
		if err != nil {
			return fmt.Errorf("people: act %d: %w", r.Number, err)
		}
		changes = append(changes, change)
	}
	if err := d.Apply(changes...); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	h.people.Store(d)
	h.heard = int64(len(records))
	return nil
}

func changeOf(r *casefile.Record) (authority.Change, error) {
	var data []authority.Field
	for _, d := range r.Data {
		data = append(data, authority.Field{Name: d.Name, Value: d.Value.Text()})
	}
	c, err := authority.ChangeFrom(r.Kind, data)
	if err == nil && (c.At != r.Recorded || r.Actor == nil && c.By != "" || r.Actor != nil && string(c.By) != r.Actor.Person) {
		err = fmt.Errorf("the change names another author or moment than its act")
	}
	return c, err
}

// ChangePeople puts a change of units, people, posts or qualifications on the record. It refuses with the directory's
// reasons (*authority.Error) or casefile.ErrNotFound for who may not.
func (h *House) ChangePeople(ctx context.Context, who Who, c authority.Change) error {
	h.peopleMu.Lock()
	defer h.peopleMu.Unlock()
	now := h.now()
	if !h.People().May(authority.Query{Who: who.Person, Action: authority.ChangePeople, Person: c.Person, Now: now}).Allowed {
		return casefile.ErrNotFound
	}
	return h.changePeople(ctx, c.Made(who.Person, now))
}

// Found puts the first units and people on the record of a house that has none: an author there is not yet.
func (h *House) Found(ctx context.Context, changes ...authority.Change) error {
	h.peopleMu.Lock()
	defer h.peopleMu.Unlock()
	for i, c := range changes {
		if c.At == 0 {
			c.At = h.now()
		}
		if err := h.changePeople(ctx, c); err != nil {
			return fmt.Errorf("change %d, %s: %w", i+1, c.Kind, err)
		}
	}
	return nil
}

func (h *House) changePeople(ctx context.Context, c authority.Change) error {
	next := h.People().Clone()
	if err := next.Fit(c); err != nil {
		return err
	}
	if err := next.Apply(c); err != nil {
		return err
	}
	var by *casefile.Actor
	if c.By != "" {
		by = actorAlone(c.By)
	}
	var data []casefile.Datum
	for _, f := range c.Data() {
		data = append(data, casefile.Datum{Name: f.Name, Value: casefile.TextOf(f.Value)})
	}
	if err := h.keepPeople(ctx, casefile.ActID(rand.Text()), c.Kind, by, data, c.At); err != nil {
		return err
	}
	h.people.Store(next)
	return nil
}

func actorAlone(p authority.PersonID) *casefile.Actor {
	return &casefile.Actor{Person: string(p), Posts: []string{}, Qualifications: []string{}, Relations: []string{}}
}

// keepPeople appends an act to the people's file; the caller holds peopleMu.
func (h *House) keepPeople(ctx context.Context, id casefile.ActID, kind string, by *casefile.Actor, data []casefile.Datum, at calendar.Instant, told ...casefile.Notice) error {
	r := &casefile.Record{Act: casefile.Act{ID: id, Case: peopleCase, Kind: kind, Occurred: at, Recorded: at, Actor: by, Data: data}}
	change := h.alone(r, h.heard, sha256.Sum256([]byte(r.ID)))
	change.Notices = told
	if _, err := h.store.Commit(ctx, change); err != nil {
		_ = h.readPeople() // it may have been kept all the same, or by another process: the record says
		return err
	}
	h.heard++
	return nil
}

// alone is the change that appends an act to a file that is no case of a procedure.
func (h *House) alone(r *casefile.Record, revision int64, request ledger.Hash) *casefile.Change {
	return &casefile.Change{Case: r.Case, Revision: revision, Head: casefile.Head{ID: r.Case, Procedure: string(r.Case), Updated: r.Recorded},
		Act: &casefile.NewAct{ID: r.ID, Request: request, Seal: func(_ *casefile.Change, number int64, _ []int64) ([]byte, ledger.Hash, error) {
			r.Number = number
			b, err := r.Encode(h.random)
			if err != nil {
				return nil, ledger.Hash{}, err
			}
			return b, r.Leaf(), nil
		}}}
}

// Officer is a person as pages name them.
type Officer struct {
	Person authority.Person
	Posts  []authority.Held
}

// Roster lists the people of the units that a person may see, everybody for those who see all.
func (h *House) Roster(who Who) ([]Officer, error) {
	now := h.now()
	d := h.People()
	var out []Officer
	for _, p := range d.People() {
		if d.May(authority.Query{Who: who.Person, Action: authority.SeePeople, Person: p.ID, Now: now}).Allowed {
			out = append(out, Officer{p, d.PostsAt(p.ID, now)})
		}
	}
	if len(out) == 0 {
		return nil, casefile.ErrNotFound
	}
	return out, nil
}

// PostOf is the post under which a person is shown: the first of those in force in which they work on cases; else one in which
// they only see, or administer.
func (h *House) PostOf(p authority.PersonID, at calendar.Instant) (authority.Held, bool) {
	posts := h.People().PostsAt(p, at)
	if len(posts) == 0 {
		return authority.Held{}, false
	}
	idle := []string{authority.Supervisor, authority.Administrator}
	i := slices.IndexFunc(posts, func(x authority.Held) bool { return !slices.Contains(idle, x.Post) })
	return posts[max(i, 0)], true
}
