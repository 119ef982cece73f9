package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
)

func people(c *call) error { return c.showPeople(http.StatusOK, nil, nil) }

func (c *call) showPeople(status int, bad []FieldError, typed map[string]string) error {
	roster, err := c.House.Roster(c.who)
	if err != nil {
		return err
	}
	d := c.House.People()
	z := c.House.Pack().Zone
	p := &People{Frame: c.frame(AreaPeople), Unit: c.r.URL.Query().Get("unit")}
	if p.Unit == "" {
		if held, ok := c.House.PostOf(c.who.Person, c.now); ok {
			p.Unit = string(held.Unit)
		}
	}
	var walk func(parent authority.UnitID, depth int)
	walk = func(parent authority.UnitID, depth int) {
		for _, u := range d.Units() {
			if u.Parent != parent {
				continue
			}
			n := UnitNode{Name: c.House.Unit(string(u.ID)).In(c.lang), Href: "/people?unit=" + string(u.ID), Depth: depth, Current: string(u.ID) == p.Unit}
			if t, ok := c.House.Pack().UnitKind(u.Kind); ok {
				n.Kind = t.In(c.lang)
			}
			for _, o := range roster {
				for _, h := range o.Posts {
					if h.Unit == u.ID {
						n.Posts++
					}
				}
			}
			p.Units = append(p.Units, n)
			walk(u.ID, depth+1)
		}
	}
	walk("", 0)
	unit := p.Unit
	p.Unit = c.House.Unit(unit).In(c.lang)
	for _, o := range roster {
		for _, a := range d.Appointments(o.Person.ID) {
			if string(a.Unit) != unit {
				continue
			}
			post := Post{Title: c.post(a.Post), Person: o.Person.Name, Number: o.Person.Number, From: z.Date(a.From), Open: a.Until == 0, Ended: a.Until != 0 && a.Until <= c.now}
			if a.Until != 0 {
				post.To = z.Date(a.Until - 1)
			}
			for _, q := range d.Qualifications(o.Person.ID) {
				x := Qualification{Title: q.ID, From: z.Date(q.From), Open: q.Until == 0, Tone: Good}
				if t, ok := c.House.Pack().Qualification(q.ID); ok {
					x.Title = t.In(c.lang)
				}
				if q.Until != 0 {
					x.To = z.Date(q.Until - 1)
					if q.Until <= c.now {
						x.Tone = Bad
					} else if q.Until < c.now+30*day {
						x.Tone = Near
					}
				}
				post.Qualifications = append(post.Qualifications, x)
			}
			p.Posts = append(p.Posts, post)
		}
		for _, g := range d.Delegations(o.Person.ID) {
			if string(g.Unit) != unit {
				continue
			}
			x := Delegation{From: c.House.Name(string(g.From)), To: o.Person.Name, For: c.post(g.Post) + c.both("：", ": ") + g.Reason, Since: z.Date(g.Since)}
			if g.Until != 0 {
				x.Until = z.Date(g.Until - 1)
			}
			p.Delegations = append(p.Delegations, x)
		}
	}
	slices.SortStableFunc(p.Posts, func(a, b Post) int {
		if a.Ended != b.Ended {
			if a.Ended {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Title, b.Title)
	})
	p.Administrator = d.May(authority.Query{Who: c.who.Person, Action: authority.ChangePeople, Now: c.now}).Allowed
	if p.Administrator {
		p.AppointURL = "/people?unit=" + unit
		p.Appoint = c.appointForm(unit, bad, typed)
	}
	return c.page(status, p)
}

func (c *call) appointForm(unit string, bad []FieldError, typed map[string]string) *Form {
	form := &Form{Action: "/people?unit=" + unit, ActID: newID(), Title: c.both("任命", "Appointment"), Gist: c.both("任命是记入记录的行为；不能任命自己。", "An appointment is an act on the record; nobody appoints themselves."), Errors: bad, Submit: c.both("任命", "Appoint")}
	person := Field{Name: "person", Label: c.both("人员", "Person"), Type: FieldOfficer, Required: true}
	for _, p := range c.House.People().People() {
		if p.ID != c.who.Person {
			person.Options = append(person.Options, Option{Value: string(p.ID), Text: p.Name + " " + p.Number, Chosen: typed["person"] == string(p.ID)})
		}
	}
	post := Field{Name: "post", Label: c.both("岗位", "Post"), Type: FieldEnum, Required: true}
	for _, id := range c.House.Pack().Posts() {
		if id != "party" {
			post.Options = append(post.Options, Option{Value: id, Text: c.post(id), Chosen: typed["post"] == id})
		}
	}
	until := Field{Name: "until", Label: c.both("任期至（含当日）", "Until (that day included)"), Help: c.both("不填即无期限。", "Left empty: without end."), Type: FieldDate, Value: typed["until"]}
	form.Fields = []Field{person, post, until}
	for i := range form.Fields {
		for _, e := range bad {
			if e.Name == form.Fields[i].Name {
				form.Fields[i].Error = e.Text
			}
		}
	}
	return form
}

func changePeople(c *call) error {
	if !c.House.People().May(authority.Query{Who: c.who.Person, Action: authority.ChangePeople, Now: c.now}).Allowed {
		return casefile.ErrNotFound
	}
	if err := c.parse(); err != nil {
		return err
	}
	unit := c.r.URL.Query().Get("unit")
	typed := map[string]string{"person": c.r.PostForm.Get("person"), "post": c.r.PostForm.Get("post"), "until": c.r.PostForm.Get("until")}
	a := authority.Appointment{Person: authority.PersonID(typed["person"]), Post: typed["post"], Unit: authority.UnitID(unit), From: c.now}
	if typed["until"] != "" {
		day, err := calendar.ParseDate(typed["until"])
		if err != nil {
			return c.showPeople(http.StatusUnprocessableEntity, []FieldError{{"until", c.both("不是日期", "not a date")}}, typed)
		}
		a.Until = c.House.Pack().Zone.End(day) + 1
	}
	if _, ok := c.House.Pack().Post(a.Post); !ok {
		return c.showPeople(http.StatusUnprocessableEntity, []FieldError{{"post", c.both("没有这个岗位", "there is no such post")}}, typed)
	}
	err := c.House.ChangePeople(c.r.Context(), c.who, authority.Appoint(a))
	var refused *authority.Error
	if errors.As(err, &refused) {
		return c.showPeople(http.StatusUnprocessableEntity, []FieldError{{"person", refused.Error()}}, typed)
	}
	if err != nil {
		return err
	}
	return c.redirect("/people?unit=" + unit)
}
