package handling_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// blind is a store that cannot write views.
type blind struct{ handling.Store }

func (blind) Look(context.Context, casefile.Looked) error { return casefile.ErrStopped }

// TestLookFirst: who sees something of a case is on the record before they see it; if that cannot be, nothing is shown.
func TestLookFirst(t *testing.T) {
	h := newHouse(t)
	files := blobs{}
	ctx := t.Context()
	h.House = h.over(h.store, nil, files)
	c := walked(h, "propose")
	kept, err := h.Attach(ctx, as("wang"), c.id, "现场.jpg", "image/jpeg", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	q := c.request(step{"state_defence", "", "wang", "p2", nil})
	q.Occurred, q.Attached = "", []casefile.Attached{kept}
	if _, err := h.Submit(ctx, as("wang"), q); err != nil {
		t.Fatal(err)
	}
	stale := c.request(step{"register_person", "", "wang", "+witness", data{"name": "x"}})
	stale.Base, stale.Occurred = 1, ""
	shows := map[string]func(h *handling.House) (any, error){
		"case": func(h *handling.House) (any, error) { return h.File(ctx, as("wang"), c.id, "case") },
		"document 1/report_register": func(h *handling.House) (any, error) {
			p, f, err := h.Paper(ctx, as("wang"), c.id, 1, "report_register")
			if f != nil && err != nil {
				t.Error("a file besides", err)
			}
			return p, err
		},
		"attachment " + kept.Digest.String()[:12]: func(h *handling.House) (any, error) {
			a, err := h.Attachment(ctx, as("wang"), c.id, kept.Digest.String())
			if a == (casefile.Attached{}) {
				return nil, err
			}
			return &a, err
		},
		"looks": func(h *handling.House) (any, error) { _, l, err := h.Looks(ctx, as("li"), c.id, 10); return l, err },
		"acts after 1": func(h *handling.House) (any, error) {
			_, err := h.Submit(ctx, as("wang"), stale)
			var moved *handling.Changed
			if errors.As(err, &moved) {
				return moved, nil
			}
			return nil, err
		},
	}
	for what, show := range shows {
		got, err := show(h.House)
		if err != nil || reflect.ValueOf(got).IsNil() {
			t.Errorf("%s: %v %v", what, got, err)
		}
		looks, err := h.store.Looks(ctx, c.id, 1)
		if err != nil || len(looks) != 1 || looks[0].What != what || looks[0].Post == "" || looks[0].Person == "" || looks[0].At != h.now() {
			t.Errorf("%s: %+v %v", what, looks, err)
		}
		got, err = show(h.over(h.store, func(s handling.Store) handling.Store { return blind{s} }, files))
		if !errors.Is(err, casefile.ErrStopped) || got != nil && !reflect.ValueOf(got).IsNil() {
			t.Errorf("%s with a blind store: %v %v", what, got, err)
		}
	}
}

// reach asks for everything of a case that a Who can ask for; every answer but ErrNotFound is listed.
func (c *case1) reach(who handling.Who, id casefile.CaseID) []string {
	ctx := context.Background()
	var out []string
	says := func(name string, err error, got bool) {
		var no *handling.NotAllowed
		switch {
		case errors.Is(err, casefile.ErrNotFound):
			if err.Error() != casefile.ErrNotFound.Error() {
				out = append(out, name+" says "+err.Error())
			}
		case errors.As(err, &no):
			out = append(out, name+" refused")
		case err != nil:
			out = append(out, name+": "+err.Error())
		case got:
			out = append(out, name)
		}
	}
	_, err := c.File(ctx, who, id, "case")
	says("File", err, true)
	_, _, err = c.Paper(ctx, who, id, 1, "report_register")
	says("Paper", err, true)
	_, err = c.Attachment(ctx, who, id, strings.Repeat("0", 64))
	if who.Person != "wang" {
		says("Attachment", err, true)
	}
	_, _, err = c.Looks(ctx, who, id, 10)
	says("Looks", err, true)
	q := &handling.Request{ID: c.house.id(), Case: id, Base: 1, Kind: "state_defence", Subjects: []handling.SubjectInput{{ID: "p2"}}}
	_, err = c.Submit(ctx, who, q)
	var moved *handling.Changed
	if errors.As(err, &moved) {
		err = nil
	}
	says("Submit", err, true)
	_, err = c.Submit(ctx, who, &handling.Request{ID: c.house.id(), Case: id, Base: 1, Kind: "no such act"})
	if errors.As(err, &moved) {
		err = nil
	}
	says("Submit", err, true)
	_, err = c.SaveDraft(ctx, who, id, "state_defence", "p2", []byte("x"))
	says("SaveDraft", err, true)
	_, err = c.Attach(ctx, who, id, "a", "b", strings.NewReader("x"))
	says("Attach", err, true)
	for _, w := range []handling.Wanted{{}, {Mine: true}, {Unit: "b1"}, {Text: "张某"}, {Open: true}} {
		heads, err := c.Cases(ctx, who, w)
		says("Cases", err, slices.ContainsFunc(heads, func(h casefile.Head) bool { return h.ID == id }))
	}
	tasks, err := c.Tasks(ctx, who)
	says("Tasks", err, slices.ContainsFunc(tasks, func(x handling.Task) bool { return x.Case == id }))
	_, heads, err := c.Drafts(ctx, who)
	_, has := heads[id]
	says("Drafts", err, has)
	slices.Sort(out)
	return slices.Compact(out)
}

// TestUnseen: what one may not see does not exist, in every method.
func TestUnseen(t *testing.T) {
	h := newHouse(t)
	h.House = h.over(h.store, nil, blobs{})
	c := walked(h, "propose")
	ctx := t.Context()
	hidden := func(name string, who handling.Who) {
		t.Helper()
		if got := c.reach(who, c.id); len(got) != 0 {
			t.Errorf("%s reaches %v", name, got)
		}
		if a, b := c.reach(who, c.id), c.reach(who, "c1-zzzzzzzzzzzzz"); !slices.Equal(a, b) {
			t.Errorf("%s: %v is not as what does not exist, %v", name, a, b)
		}
	}
	seen := func(name string, who handling.Who) {
		t.Helper()
		if got := c.reach(who, c.id); !slices.Contains(got, "File") || !slices.Contains(got, "Cases") {
			t.Errorf("%s reaches only %v", name, got)
		}
	}
	for _, w := range []string{"gao", "he", "admin", "free", "nobody", "", "PEOPLE"} {
		hidden(w, as(w))
	}
	for _, w := range []string{"wang", "sun", "li", "qian", "zhou", "zhao", "dong", "chen"} {
		seen(w, as(w))
	}
	if got := c.reach(as("wang"), "people"); len(got) != 0 {
		t.Error("the people's file:", got)
	}
	change := func(x authority.Change) {
		t.Helper()
		h.to(h.now() + minute)
		if err := h.ChangePeople(ctx, as("admin"), x); err != nil {
			t.Fatal(err)
		}
	}
	// Handed over: the former handler sees nothing any more.
	c.do(step{"assign", "", "li", "", data{"handlers": "sun"}})
	hidden("the former handler", as("wang"))
	seen("the new one", as("sun"))
	// A delegate, before, during and after.
	hidden("not yet a delegate", as("gao"))
	d := authority.Delegation{From: "li", To: "gao", Post: "unit_head", Unit: "b1", Since: h.now() + hour, Until: h.now() + 5*hour, Reason: "leave"}
	change(authority.Delegate(d))
	hidden("a delegate of tomorrow", as("gao"))
	h.to(d.Since)
	seen("the delegate", as("gao"))
	h.to(d.Until)
	hidden("the delegate of yesterday", as("gao"))
	// A post that ends.
	change(authority.EndPost(authority.Appointment{Person: "sun", Post: "handler", Unit: "b1"}, h.now()+2*minute))
	seen("whose post ends soon", as("sun"))
	h.to(h.now() + 2*minute)
	hidden("whose post ended", as("sun"))
	change(authority.EndPost(authority.Appointment{Person: "chen", Post: "handler", Unit: "b1"}, h.now()+2*minute))
	h.to(h.now() + 2*minute)
	hidden("the opener without a post", as("chen"))
	if got := h.Opens(as("chen")); got {
		t.Error("opens in", got)
	}
	// People.
	for _, w := range []string{"gao", "chen", "nobody", "", "wang"} {
		if _, err := h.Roster(as(w)); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q sees the roster: %v", w, err)
		}
		if err := h.ChangePeople(ctx, as(w), post("free", "county_head", "ju")); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("%q changes people: %v", w, err)
		}
	}
	if err := h.ChangePeople(ctx, as("admin"), post("admin", "county_head", "ju")); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("an administrator grants himself a post:", err)
	}
	if err := h.Found(ctx, post("free", "county_head", "ju")); err == nil {
		t.Error("founded twice")
	}
	// All of it is on the record, and the same after a restart.
	before := h.People().PostsAt("gao", d.Since)
	h.again()
	if after := h.People().PostsAt("gao", d.Since); !slices.Equal(before, after) {
		t.Error(before, after)
	}
}

// TestPeopleAfterAnUnknownOutcome: a change whose outcome was not learned does not stop the next one.
func TestPeopleAfterAnUnknownOutcome(t *testing.T) {
	h := newHouse(t)
	lost := &deaf{Store: h.store}
	h.House = h.over(h.store, func(handling.Store) handling.Store { return lost }, nil)
	lost.on = true
	if err := h.ChangePeople(t.Context(), as("admin"), post("free", "handler", "b1")); err == nil {
		t.Fatal("kept?")
	}
	lost.on = false
	h.to(h.now() + calendar.Instant(1e6))
	if err := h.ChangePeople(t.Context(), as("admin"), authority.Enrol(authority.Person{ID: "new", Name: "新", Number: "019999"})); err != nil {
		t.Error(err)
	}
	if got := h.People().PostsAt("free", h.now()); len(got) != 1 {
		t.Error(got)
	}
}

// deaf keeps what it is given, and the answer is lost.
type deaf struct {
	handling.Store
	on bool
}

func (d *deaf) Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error) {
	k, err := d.Store.Commit(ctx, c)
	if d.on && err == nil {
		return casefile.Kept{}, context.Canceled
	}
	return k, err
}
