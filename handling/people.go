package handling

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode"

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
			leaf, err := r.Leaf()
			return b, leaf, err
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

// PostOf is the post under which a person is shown: the first of those in force.
func (h *House) PostOf(p authority.PersonID, at calendar.Instant) (authority.Held, bool) {
	posts := h.People().PostsAt(p, at)
	if i := slices.IndexFunc(posts, func(x authority.Held) bool { return x.Post != authority.Administrator }); i >= 0 {
		return posts[i], true
	}
	if len(posts) > 0 {
		return posts[0], true
	}
	return authority.Held{}, false
}

// kindReset is an act of the people's file that is no change of the directory: a sign-in was given or its password reset.
const kindReset = "reset_account"

// SignInGiven is a sign-in that was given or reset. The password is told once and not kept.
type SignInGiven struct {
	Password string
	Alone    bool // who enrolled or appointed the person gave the first sign-in too: there was nobody else to do it
}

// ResetAccount gives a person a sign-in, or a new password for it, which they must change when they first use it. It is on
// the record who did it for whom; nobody does it for themselves. The same form sent again, known by its id, resets nothing.
//
// Who brought a person in does not also give the first sign-in, or one administrator alone could make up an officer and act
// as them. Where no other administrator can sign in, it is allowed and told.
func (h *House) ResetAccount(ctx context.Context, who Who, id casefile.ActID, login string, person authority.PersonID) (SignInGiven, error) {
	h.peopleMu.Lock() // what is checked here holds until it is kept
	defer h.peopleMu.Unlock()
	now := h.now()
	if !h.People().May(authority.Query{Who: who.Person, Action: authority.ChangePeople, Person: person, Now: now}).Allowed {
		return SignInGiven{}, casefile.ErrNotFound
	}
	alone, err := h.checkReset(ctx, who, id, login, person, now)
	if err != nil {
		return SignInGiven{}, err
	}
	var told []casefile.Notice
	if alone {
		told = []casefile.Notice{{Topic: "first_sign_in_alone", Case: peopleCase, Number: h.heard + 1, Text: string(person), At: now}}
	}
	data := []casefile.Datum{{Name: "person", Value: casefile.TextOf(string(person))}, {Name: "login", Value: casefile.TextOf(login)}}
	if err := h.keepPeople(ctx, id, kindReset, actorAlone(who.Person), data, now, told...); err != nil {
		return SignInGiven{}, err
	}
	given := SignInGiven{Password: rand.Text()[:16], Alone: alone}
	return given, h.PutAccount(ctx, login, person, given.Password, false)
}

// checkReset says everything that stands against a reset, and whether a first sign-in is given by who brought the person in.
func (h *House) checkReset(ctx context.Context, who Who, id casefile.ActID, login string, person authority.PersonID, now calendar.Instant) (alone bool, err error) {
	records, err := h.records(ctx, peopleCase, 0)
	if err != nil {
		return false, err
	}
	accounts, err := h.store.Accounts(ctx)
	if err != nil {
		return false, err
	}
	bad := &Invalid{}
	if !goodID(id) || slices.ContainsFunc(records, func(r *casefile.Record) bool { return r.ID == id }) {
		bad.add("id", "这张表单已经用过，密码只显示一次；要再次重置，请重新打开表单", "this form was used; a password is shown once. Open the form again for another reset")
	}
	if _, ok := h.People().Person(person); !ok || person == "" {
		bad.add("person", "没有这个人员", "there is no such person")
	}
	if login == "" || len(login) > 60 || casefile.CheckText(login) != nil || strings.ContainsFunc(login, unicode.IsSpace) {
		bad.add("login", "登录名不能为空，不能含空格", "the name must not be empty and has no blanks")
	}
	first, others := true, false
	for _, a := range accounts {
		owner := authority.PersonID(a.Person)
		if a.Login == login && owner != person {
			bad.add("login", "登录名已属于他人", "this name belongs to somebody else")
		}
		if a.Login != login && owner == person {
			bad.add("login", "此人已有登录名“"+a.Login+"”，一人只有一个", "this person signs in as "+a.Login+"; one name each")
		}
		first = first && owner != person
		others = others || owner != who.Person && owner != person && h.administers(owner, now)
	}
	alone = first && broughtIn(records, who.Person, person)
	if alone && others {
		bad.add("person", "此人由你登记、任命或者授权，首次登录须由另一名系统管理员设置", "you enrolled, appointed or delegated to this person; another administrator gives the first sign-in")
	}
	if len(bad.Problems) > 0 {
		return false, bad
	}
	return alone, nil
}

func (h *House) administers(p authority.PersonID, at calendar.Instant) bool {
	return slices.ContainsFunc(h.People().PostsAt(p, at), func(x authority.Held) bool { return x.Post == authority.Administrator })
}

// broughtIn tells whether an administrator ever enrolled a person or gave them a post, as the people's file has it.
func broughtIn(records []*casefile.Record, by, person authority.PersonID) bool {
	return slices.ContainsFunc(records, func(r *casefile.Record) bool {
		if r.Kind == kindReset {
			return false
		}
		c, err := changeOf(r)
		gave := (c.Kind == authority.KindEnrol || c.Kind == authority.KindAppoint) && c.Person == person || c.Kind == authority.KindDelegate && c.To == person
		return err == nil && gave && c.By == by
	})
}
