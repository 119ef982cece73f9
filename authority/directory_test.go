package authority_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"plumbline/authority"
	"plumbline/calendar"
)

// bureau: a county b1 with stations s1 and s2. zhao administers, li heads s1, wang and sun are handlers of s1.
func bureau(t testing.TB) *authority.Directory {
	t.Helper()
	d := authority.NewDirectory()
	all := []authority.Change{
		authority.Found(authority.Unit{ID: "b1", Kind: "county", Name: authority.Text{ZH: "城县公安局"}, Mark: "城公"}),
		authority.Found(authority.Unit{ID: "s1", Kind: "station", Name: authority.Text{ZH: "一所"}, Parent: "b1"}),
		authority.Found(authority.Unit{ID: "s2", Kind: "station", Name: authority.Text{ZH: "二所"}, Parent: "b1"}),
	}
	for _, p := range []authority.PersonID{"zhao", "li", "wang", "sun", "zhou"} {
		all = append(all, authority.Enrol(authority.Person{ID: p, Name: string(p), Number: "n-" + string(p), Rank: "constable"}))
	}
	all = append(all,
		authority.Appoint(authority.Appointment{Person: "zhao", Post: "administrator", Unit: "b1"}),
		authority.Appoint(authority.Appointment{Person: "li", Post: "unit_head", Unit: "s1", From: now - 100*day}),
		authority.Appoint(authority.Appointment{Person: "wang", Post: "handler", Unit: "s1"}),
		authority.Appoint(authority.Appointment{Person: "sun", Post: "handler", Unit: "s1", Until: now + 10*day}),
		authority.Qualify(authority.Qualification{Person: "wang", ID: "basic", From: now - 50*day}),
	)
	for i := range all {
		all[i] = all[i].Made("", now-10*day)
	}
	if err := d.Apply(all...); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestChangesThatAreRefused(t *testing.T) {
	head := authority.Appointment{Person: "li", Post: "unit_head", Unit: "s1", From: now - 100*day}
	appoint := func(p authority.PersonID, post string, u authority.UnitID, from, until calendar.Instant) authority.Change {
		return authority.Appoint(authority.Appointment{Person: p, Post: post, Unit: u, From: from, Until: until})
	}
	delegate := func(from, to authority.PersonID, post string, since, until calendar.Instant) authority.Change {
		return authority.Delegate(authority.Delegation{From: from, To: to, Post: post, Unit: "s1", Since: since, Until: until, Reason: "leave"})
	}
	for _, c := range []struct {
		name   string
		by     authority.PersonID
		change authority.Change
		want   string
	}{
		{"an appointment", "zhao", appoint("zhou", "handler", "s1", now, 0), ""},
		{"two posts of one person", "zhao", appoint("wang", "legal_officer", "s1", now, 0), ""},
		{"a unit nobody knows", "zhao", appoint("zhou", "handler", "s9", now, 0), "unknown_unit"},
		{"a person nobody knows", "zhao", appoint("ghost", "handler", "s1", now, 0), "unknown_person"},
		{"both", "zhao", appoint("ghost", "handler", "s9", now, 0), "unknown_person unknown_unit"},
		{"end before begin", "zhao", appoint("zhou", "handler", "s1", now+1, now), "ends_before_it_begins"},
		{"held already", "zhao", appoint("wang", "handler", "s1", now, 0), "already_held"},
		{"held until then", "zhao", appoint("sun", "handler", "s1", now+10*day, 0), ""},
		{"held a moment longer", "zhao", appoint("sun", "handler", "s1", now+10*day-1, 0), "already_held"},
		{"an appointment that reaches back", "zhao", appoint("zhou", "handler", "s1", now-1, 0), "reaches_back"},
		{"an appointment without begin begins now", "zhao", appoint("zhou", "handler", "s1", 0, 0), ""},
		{"the administrator appoints himself", "zhao", appoint("zhao", "county_head", "b1", now, 0), "self_grant administrator_apart"},
		{"the administrator qualifies himself", "zhao", authority.Qualify(authority.Qualification{Person: "zhao", ID: "basic"}), "self_grant"},
		{"the administrator promotes himself", "zhao", authority.Promote("zhao", "general", now), "self_grant"},
		{"the administrator acts for the head", "zhao", delegate("li", "zhao", "unit_head", now, 0), "self_grant administrator_apart"},
		{"a handler makes himself head", "wang", appoint("wang", "unit_head", "s1", now, 0), "author_not_administrator self_grant"},
		{"the head appoints", "li", appoint("zhou", "handler", "s1", now, 0), "author_not_administrator"},
		{"a handler becomes administrator", "zhao", appoint("wang", "administrator", "b1", now, 0), "administrator_apart"},
		{"a second administrator", "zhao", appoint("zhou", "administrator", "b1", now, 0), ""},
		{"a second founding", "", appoint("zhou", "administrator", "b1", now, 0), "author_missing"},
		{"the last administrator goes", "zhao", authority.EndPost(authority.Appointment{Person: "zhao", Post: "administrator", Unit: "b1"}, now), "last_administrator"},
		{"an end", "zhao", authority.EndPost(head, now), ""},
		{"an end without a moment is now", "zhao", authority.EndPost(head, 0), ""},
		{"an end that reaches back", "zhao", authority.EndPost(head, now-1), "reaches_back"},
		{"an end of what nobody held", "zhao", authority.EndPost(authority.Appointment{Person: "li", Post: "unit_head", Unit: "s2", From: head.From}, now), "not_held"},
		{"a later end", "zhao", authority.EndPost(authority.Appointment{Person: "sun", Post: "handler", Unit: "s1"}, now+11*day), "ends_already"},
		{"a delegation", "zhao", delegate("li", "wang", "unit_head", now, now+day), ""},
		{"a delegation of a post not held", "zhao", delegate("wang", "sun", "unit_head", now, 0), "not_held"},
		{"a delegation after the post has ended", "zhao", delegate("sun", "wang", "handler", now+10*day, 0), "not_held"},
		{"a delegation to oneself", "zhao", delegate("li", "li", "unit_head", now, 0), "self_delegation"},
		{"a delegation of the administrator's post", "zhao", authority.Delegate(authority.Delegation{From: "zhao", To: "zhou", Post: "administrator", Unit: "b1", Since: now, Reason: "leave"}), "not_delegable"},
		{"an end of a delegation never made", "zhao", authority.EndDelegation(authority.Delegation{From: "li", To: "wang", Post: "unit_head", Unit: "s1", Since: now}, now+1), "not_delegated"},
		{"a unit twice", "zhao", authority.Found(authority.Unit{ID: "s1", Kind: "station", Name: authority.Text{ZH: "一所"}}), "unit_exists"},
		{"a unit above itself", "zhao", authority.Found(authority.Unit{ID: "s3", Kind: "station", Name: authority.Text{ZH: "三所"}, Parent: "s3"}), "loop"},
		{"a unit below nothing", "zhao", authority.Found(authority.Unit{ID: "s3", Kind: "station", Name: authority.Text{ZH: "三所"}, Parent: "b9"}), "unknown_unit"},
		{"a person twice", "zhao", authority.Enrol(authority.Person{ID: "li", Name: "Li", Number: "x"}), "person_exists"},
		{"a person under a second name", "zhao", authority.Enrol(authority.Person{ID: "li2", Name: "Li Er", Number: "n-li"}), "number_taken"},
		{"a qualification older than its entry", "zhao", authority.Qualify(authority.Qualification{Person: "li", ID: "basic", From: now - 900*day}), ""},
		{"a qualification held already", "zhao", authority.Qualify(authority.Qualification{Person: "wang", ID: "basic", From: now}), "already_held"},
		{"an end of a qualification not held", "zhao", authority.EndQualification(authority.Qualification{Person: "li", ID: "basic"}, now), "not_held"},
		{"a rank", "zhao", authority.Promote("li", "inspector", now), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := bureau(t)
			first := authority.Enrol(authority.Person{ID: "qian", Name: "Qian", Number: "q"}).Made("zhao", now)
			if err := d.Apply(first); err != nil {
				t.Fatal(err)
			}
			if got := codes(d.Apply(c.change.Made(c.by, now))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := codes(d.Apply(c.change.Made(c.by, now-1))); !strings.Contains(got, "out_of_order") && !strings.Contains(got, "ends_before") {
				t.Errorf("a moment before the last change: got %q", got)
			}
		})
	}
}

func TestAllChangesOfOneCallOrNone(t *testing.T) {
	d := bureau(t)
	err := d.Apply(
		authority.Enrol(authority.Person{ID: "new", Name: "New", Number: "1"}).Made("zhao", now),
		authority.Enrol(authority.Person{ID: "new", Name: "New", Number: "2"}).Made("zhao", now),
	)
	if err == nil || !strings.HasPrefix(err.Error(), "change 1, enrol_person: ") {
		t.Errorf("%v", err)
	}
	if _, there := d.Person("new"); there {
		t.Error("half of it was applied")
	}
}

func TestAPostCountsFromItsBeginToBeforeItsEnd(t *testing.T) {
	d := bureau(t)
	lent := authority.Delegation{From: "li", To: "wang", Post: "unit_head", Unit: "s1", Since: now + day, Until: now + 9*day, Reason: "leave"}
	head := authority.Appointment{Person: "li", Post: "unit_head", Unit: "s1", From: now - 100*day}
	for _, c := range []authority.Change{authority.Delegate(lent), authority.EndPost(head, now+5*day)} {
		if err := d.Apply(c.Made("zhao", now)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		who  authority.PersonID
		at   calendar.Instant
		want string
	}{
		{"li", now - 100*day - 1, ""}, {"li", now - 100*day, "unit_head"}, {"li", now + 5*day - 1, "unit_head"}, {"li", now + 5*day, ""},
		{"wang", now, "handler"}, {"wang", now + day - 1, "handler"}, {"wang", now + day, "handler unit_head(li)"},
		{"wang", now + 5*day - 1, "handler unit_head(li)"},
		{"wang", now + 5*day, "handler"}, // li's own term is over, and with it what li lent
		{"zhao", now, "administrator"}, {"ghost", now, ""},
	} {
		var got []string
		for _, h := range d.PostsAt(c.who, c.at) {
			name := h.Post
			if h.For != "" {
				name += "(" + string(h.For) + ")"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s at %s: %q, want %q", c.who, c.at, got, c.want)
		}
	}
}

func TestPostsCountInTheirUnitAndBelow(t *testing.T) {
	d := matrixDirectory(t)
	for _, c := range []struct {
		who  authority.PersonID
		unit authority.UnitID
		want string
	}{
		{"assigned", "S", "handler"}, {"assigned", "T", ""}, {"assigned", "C", ""},
		{"chief", "S", "county_head"}, {"chief", "C", "county_head"}, {"chief", "D", ""}, {"chief", "P", ""},
		{"upper", "S", "upper_organ"}, {"deputy", "S", "unit_head"}, {"archivist", "S", "archivist"},
		{"admin", "S", ""}, {"idle", "S", ""}, {"nobody", "S", ""}, {"assigned", "X", ""},
	} {
		posts, qualifications := d.Actor(c.who, c.unit, now)
		if posts == nil || qualifications == nil || strings.Join(posts, " ") != c.want {
			t.Errorf("%s in %s: %v, %v; want %q", c.who, c.unit, posts, qualifications, c.want)
		}
	}
	b := bureau(t)
	if _, q := b.Actor("wang", "s1", now); !slices.Equal(q, []string{"basic"}) {
		t.Errorf("%v", q)
	}
	if _, q := b.Actor("wang", "s1", now-51*day); len(q) != 0 || q == nil {
		t.Errorf("%v", q)
	}
	if got := b.InPost("handler", "s1", now); !slices.Equal(got, []authority.PersonID{"sun", "wang"}) {
		t.Errorf("%v", got)
	}
}

func TestAnAppointmentThatNeverCameIntoForceMakesRoom(t *testing.T) {
	d := bureau(t)
	a := authority.Appointment{Person: "zhou", Post: "handler", Unit: "s1", From: now + day}
	b := a
	b.From = now // it begins before the one that never was
	for i, c := range []authority.Change{authority.Appoint(a), authority.EndPost(a, a.From), authority.Appoint(b), authority.EndPost(b, a.From+day)} {
		if err := d.Apply(c.Made("zhao", now)); err != nil {
			t.Fatal(i, err)
		}
		held := len(d.PostsAt("zhou", a.From)) == 1
		if want := i != 1; held != want {
			t.Errorf("after change %d: held %v", i, held)
		}
	}
	if got := d.PostsAt("zhou", a.From+day); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestRanksAreDated(t *testing.T) {
	d := bureau(t)
	if err := d.Apply(authority.Promote("li", "inspector", now+day).Made("zhao", now)); err != nil {
		t.Fatal(err)
	}
	if a, b := d.RankAt("li", now), d.RankAt("li", now+day); a != "constable" || b != "inspector" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestACloneGoesItsOwnWayWhileOthersRead(t *testing.T) {
	d := bureau(t)
	c := d.Clone()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				if g == 0 {
					p := fmt.Sprintf("p%d", i)
					if err := d.Apply(authority.Enrol(authority.Person{ID: authority.PersonID(p), Name: p, Number: p}).Made("zhao", now)); err != nil {
						t.Error(err)
					}
				}
				if !d.May(authority.Query{Who: "wang", Action: authority.Search, Now: now}).Allowed {
					t.Error("refused")
				}
				d.Visible("li", "", now)
			}
		})
	}
	wg.Wait()
	if a, b := len(d.People()), len(c.People()); a != 205 || b != 5 {
		t.Errorf("%d and %d people", a, b)
	}
}

func TestNobodyOpensTheComplaintAboutThemself(t *testing.T) {
	d := bureau(t)
	ask := func(about ...authority.PersonID) authority.Decision {
		return d.May(authority.Query{Who: "wang", Action: authority.OpenCase, Case: &authority.CaseView{Unit: "s1", About: about}, Now: now})
	}
	if a, b := ask("sun"), ask("sun", "wang"); !a.Allowed || b != (authority.Decision{Why: authority.WhyComplaint}) {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestBlanksAreNoPurpose(t *testing.T) {
	d := bureau(t)
	c := authority.CaseView{Unit: "s1", Sealed: true}
	for purpose, want := range map[string]bool{"": false, " \t\u3000": false, "申诉复查": true} {
		got := d.May(authority.Query{Who: "li", Action: authority.SeeCase, Case: &c, Now: now, Purpose: purpose})
		if got.Allowed != want || d.Visible("li", purpose, now).Matches(c) != want {
			t.Errorf("%q: %+v", purpose, got)
		}
	}
}

// A complaint stays hidden from the old head after the officer has moved away, and is open to the new one of another unit.
func TestATransferDoesNotOpenAComplaintToTheOldHead(t *testing.T) {
	d := bureau(t)
	for _, c := range []authority.Change{
		authority.EndPost(authority.Appointment{Person: "wang", Post: "handler", Unit: "s1"}, now),
		authority.Appoint(authority.Appointment{Person: "wang", Post: "handler", Unit: "s2", From: now}),
	} {
		if err := d.Apply(c.Made("zhao", now)); err != nil {
			t.Fatal(err)
		}
	}
	c := authority.CaseView{Unit: "s1", Handlers: []authority.PersonID{"sun"}, About: []authority.PersonID{"wang"}}
	got := d.May(authority.Query{Who: "li", Action: authority.SeeCase, Case: &c, Now: now + day})
	if want := (authority.Decision{Why: authority.WhyCommand, NotFound: true}); got != want {
		t.Errorf("%+v", got)
	}
	// The same for one who only acted there.
	lent := authority.Delegation{From: "sun", To: "zhou", Post: "handler", Unit: "s1", Since: now, Until: now + 1, Reason: "leave"}
	if err := d.Apply(authority.Delegate(lent).Made("zhao", now)); err != nil {
		t.Fatal(err)
	}
	c.About = []authority.PersonID{"zhou"}
	if got := d.May(authority.Query{Who: "li", Action: authority.SeeCase, Case: &c, Now: now + day}); got.Allowed {
		t.Errorf("%+v", got)
	}
}

// What a directory says of the past stays: once it is founded, no change alters who held which post before it was made.
func TestLaterChangesDoNotTouchThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, applied := randomDirectory(t)
		d := authority.NewDirectory()
		for _, c := range applied {
			before := d.Clone()
			if err := d.Apply(c); err != nil {
				t.Fatal(err)
			}
			for _, p := range before.People() {
				for _, m := range moments {
					if a, b := before.PostsAt(p.ID, m), d.PostsAt(p.ID, m); c.By != "" && m < c.At && !slices.Equal(a, b) {
						t.Fatalf("%+v: %s at %s: was %v, is %v", c, p.ID, m, a, b)
					}
				}
			}
		}
	})
}

// What a change has shared with an older snapshot it copies first.
func TestASnapshotNeverChanges(t *testing.T) {
	lent := authority.Delegation{From: "li", To: "sun", Post: "unit_head", Unit: "s1", Since: now, Reason: "leave"}
	for _, c := range []authority.Change{
		authority.Found(authority.Unit{ID: "s3", Kind: "station", Name: authority.Text{ZH: "三所"}, Parent: "b1"}),
		authority.Enrol(authority.Person{ID: "new", Name: "New", Number: "new"}),
		authority.Appoint(authority.Appointment{Person: "zhou", Post: "handler", Unit: "s1"}),
		authority.EndPost(authority.Appointment{Person: "wang", Post: "handler", Unit: "s1"}, now),
		authority.Delegate(authority.Delegation{From: "wang", To: "zhou", Post: "handler", Unit: "s1", Reason: "leave"}),
		authority.EndDelegation(lent, now+1),
		authority.Qualify(authority.Qualification{Person: "wang", ID: "legal_profession"}),
		authority.EndQualification(authority.Qualification{Person: "wang", ID: "basic", From: now - 50*day}, now),
		authority.Promote("li", "inspector", now),
	} {
		d := bureau(t)
		if err := d.Apply(authority.Delegate(lent).Made("zhao", now)); err != nil {
			t.Fatal(err)
		}
		before, want := d.Clone(), everything(d)
		if err := d.Apply(c.Made("zhao", now)); err != nil {
			t.Fatal(err)
		}
		if everything(before) != want {
			t.Errorf("%s changed a snapshot", c.Kind)
		}
		if everything(d) == want {
			t.Errorf("%s changed nothing", c.Kind)
		}
	}
}

func everything(d *authority.Directory) string {
	s := fmt.Sprint(d.Units(), d.People())
	for _, p := range d.People() {
		s += fmt.Sprint(d.Appointments(p.ID), d.Delegations(p.ID), d.Qualifications(p.ID), d.RankAt(p.ID, now+day), d.Visible(p.ID, "", now+day))
	}
	return s
}

// BenchmarkRestart reads 3,000 people with a post each, one change after the other and all at once.
func BenchmarkRestart(b *testing.B) {
	all := []authority.Change{authority.Found(authority.Unit{ID: "b1", Kind: "county", Name: authority.Text{EN: "b1"}}).Made("", now)}
	for i := range 100 {
		all = append(all, authority.Found(authority.Unit{ID: authority.UnitID(fmt.Sprint("s", i)), Kind: "station", Name: authority.Text{EN: "s"}, Parent: "b1"}).Made("", now))
	}
	for i := range 3000 {
		p := authority.PersonID(fmt.Sprint("p", i))
		all = append(all, authority.Enrol(authority.Person{ID: p, Name: "P", Number: string(p)}).Made("", now),
			authority.Appoint(authority.Appointment{Person: p, Post: "handler", Unit: authority.UnitID(fmt.Sprint("s", i%100))}).Made("", now))
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			d := authority.NewDirectory()
			for _, c := range all {
				if err := d.Apply(c); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("at once", func(b *testing.B) {
		for b.Loop() {
			if err := authority.NewDirectory().Apply(all...); err != nil {
				b.Fatal(err)
			}
		}
	})
}
