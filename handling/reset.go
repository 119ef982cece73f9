package handling

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"unicode"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
)

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
// as them. Nor does somebody whose own password comes from them, who may be nobody else. Where no other administrator can sign
// in, it is allowed and told. A password for an administrator is told.
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
	tell := func(topic string) {
		told = append(told, casefile.Notice{Topic: topic, Case: peopleCase, Number: h.heard + 1, Text: string(person), At: now})
	}
	if alone {
		tell("first_sign_in_alone")
	}
	if h.administers(person, now) {
		tell("administrator_reset")
	}
	if err := h.keepPeople(ctx, id, kindReset, actorAlone(who.Person), resetData(person, login), now, told...); err != nil {
		return SignInGiven{}, err
	}
	given := SignInGiven{Password: rand.Text()[:16], Alone: alone}
	return given, h.PutAccount(ctx, login, person, given.Password, false)
}

// GiveAccount is a reset by whoever runs the server: on the record without an author, and nobody's hand but theirs. The person
// must change the password. It is put on the record last: what was not done must not look as if it had been.
func (h *House) GiveAccount(ctx context.Context, login string, person authority.PersonID, password string) error {
	h.peopleMu.Lock()
	defer h.peopleMu.Unlock()
	if err := h.PutAccount(ctx, login, person, password, false); err != nil {
		return err
	}
	now := h.now()
	var told []casefile.Notice
	if h.administers(person, now) {
		told = []casefile.Notice{{Topic: "administrator_reset", Case: peopleCase, Number: h.heard + 1, Text: string(person), At: now}}
	}
	return h.keepPeople(ctx, casefile.ActID(rand.Text()), kindReset, nil, resetData(person, login), now, told...)
}

func resetData(person authority.PersonID, login string) []casefile.Datum {
	return []casefile.Datum{{Name: "person", Value: casefile.TextOf(string(person))}, {Name: "login", Value: casefile.TextOf(login)}}
}

// Reset is a password that somebody gave, or was given.
type Reset struct {
	Person, By authority.PersonID // By empty: by whoever runs the server
	At         calendar.Instant
}

const mostResets = 20

// Resets lists who gave whom a password, the newest first: of a person's own account, and to administrators of every
// administrator's.
func (h *House) Resets(ctx context.Context, who Who) ([]Reset, error) {
	records, err := h.records(ctx, peopleCase, 0)
	if err != nil {
		return nil, err
	}
	now := h.now()
	all := h.administers(who.Person, now)
	var out []Reset
	for _, r := range slices.Backward(records) {
		if r.Kind != kindReset || len(out) == mostResets {
			continue
		}
		if x := resetOf(r); x.Person == who.Person || all && (h.administers(x.Person, x.At) || h.administers(x.Person, now)) {
			out = append(out, x)
		}
	}
	return out, nil
}

func resetOf(r *casefile.Record) Reset {
	x := Reset{Person: authority.PersonID(r.Datum("person").Text()), At: r.Recorded}
	if r.Actor != nil {
		x.By = authority.PersonID(r.Actor.Person)
	}
	return x
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
		bad.add("person", "此人由你登记、任命或者授权，或者由登录密码与你出自同一人之手的管理员办理，首次登录须由另一名系统管理员设置；没有的，先由运维人员在服务器上重设一名管理员的密码", "you enrolled, appointed or delegated to this person, or an administrator did whose password and yours may be in one hand; another administrator gives the first sign-in. Where there is none, whoever runs the server first gives one of you a new password there")
	}
	if len(bad.Problems) > 0 {
		return false, bad
	}
	return alone, nil
}

func (h *House) administers(p authority.PersonID, at calendar.Instant) bool {
	return slices.ContainsFunc(h.People().PostsAt(p, at), func(x authority.Held) bool { return x.Post == authority.Administrator })
}

// broughtIn tells whether a person was enrolled, or given a post, by an administrator or by somebody who may be the same: whose
// password then came from a hand that this one's comes from too.
func broughtIn(records []*casefile.Record, by, person authority.PersonID) bool {
	mine := hands(records, by)
	for i, r := range records {
		if r.Kind == kindReset {
			continue
		}
		c, err := changeOf(r)
		gave := (c.Kind == authority.KindEnrol || c.Kind == authority.KindAppoint) && c.Person == person || c.Kind == authority.KindDelegate && c.To == person
		if err != nil || !gave || c.By == "" {
			continue
		}
		if slices.ContainsFunc(hands(records[:i], c.By), func(p authority.PersonID) bool { return slices.Contains(mine, p) }) {
			return true
		}
	}
	return false
}

// hands lists who may be using an account: the person, whoever last gave them a password, and so on. A password from whoever
// runs the server, or none that was ever given, ends it.
func hands(records []*casefile.Record, p authority.PersonID) []authority.PersonID {
	out := []authority.PersonID{p}
	for _, r := range slices.Backward(records) {
		if r.Kind != kindReset || resetOf(r).Person != p {
			continue
		}
		by := resetOf(r).By
		if by == "" || slices.Contains(out, by) {
			break
		}
		out, p = append(out, by), by
	}
	return out
}
