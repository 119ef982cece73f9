package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

func people(c *call) error { return c.showPeople(http.StatusOK, nil, nil, nil) }

// showPeople shows the page of people; show puts in what was just done, in place of the form.
func (c *call) showPeople(status int, bad []FieldError, typed map[string]string, show func(*People)) error {
	roster, err := c.House.Roster(c.who)
	if err != nil {
		return err
	}
	d := c.House.People()
	z := c.House.Pack().Zone
	p := &People{Frame: c.frame(AreaPeople), Feeds: c.House.Follows(c.who), Unit: c.r.URL.Query().Get("unit")}
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
		given, err := c.House.Resets(c.r.Context(), c.who)
		if err != nil {
			return err
		}
		for _, g := range given {
			x := c.given(g)
			x.For = c.House.Name(string(g.Person))
			p.Given = append(p.Given, x)
		}
		do := c.r.URL.Query().Get("do")
		for _, k := range peopleChanges {
			p.Changes = append(p.Changes, Link{c.both(k.zh, k.en), "/people?unit=" + url.QueryEscape(unit) + "&do=" + k.kind})
			if k.kind == do && show == nil {
				p.Change = c.changeForm(k, unit, bad, typed)
			}
		}
	}
	if show != nil {
		show(p)
	}
	return c.page(status, p)
}

// peopleChange is a kind of change an administrator makes, and what its form asks for.
type peopleChange struct {
	kind, zh, en string
	fields       []string
}

const resetAccount = "reset_account"

var peopleChanges = []peopleChange{
	{authority.KindEnrol, "登记人员", "Enrol a person", []string{"id", "name", "number", "rank"}},
	{authority.KindAppoint, "任命", "Appoint", []string{"person", "post", "until"}},
	{authority.KindEndPost, "结束任职", "End a post", []string{"held"}},
	{authority.KindDelegate, "授权代行", "Delegate", []string{"held", "to", "until", "reason"}},
	{authority.KindEndDelegation, "结束授权", "End a delegation", []string{"delegation"}},
	{authority.KindQualify, "登记资格", "Qualify", []string{"person", "qualification", "from", "until"}},
	{authority.KindEndQualification, "终止资格", "End a qualification", []string{"qualified"}},
	{authority.KindRank, "变更警衔", "Change a rank", []string{"person", "rank"}},
	{authority.KindFound, "设立单位", "Found a unit below this one", []string{"id", "unit_kind", "name_zh", "name_en", "mark"}},
	{resetAccount, "设置登录", "Set a sign-in", []string{"person", "login"}},
}

// chosen tells whether a field of a change is chosen from what there is, be it nothing.
func chosen(field string) bool {
	return slices.Contains([]string{"person", "to", "held", "delegation", "qualified", "post", "qualification", "rank", "unit_kind"}, field)
}

// choices lists what stands, for changes that end something: the key of each and how it is shown.
func (c *call) choices(field, unit string) []Option {
	d := c.House.People()
	var out []Option
	for _, p := range d.People() {
		switch field {
		case "person", "to":
			if p.ID != c.who.Person {
				out = append(out, Option{Value: string(p.ID), Text: p.Name + " " + p.Number})
			}
		case "held":
			for i, a := range d.Appointments(p.ID) {
				if string(a.Unit) == unit && (a.Until == 0 || a.Until > c.now) && p.ID != c.who.Person {
					out = append(out, Option{Value: string(p.ID) + "/" + strconv.Itoa(i), Text: p.Name + " " + c.post(a.Post) + " " + c.span(a.From, a.Until)})
				}
			}
		case "delegation":
			for i, g := range d.Delegations(p.ID) {
				if string(g.Unit) == unit && (g.Until == 0 || g.Until > c.now) {
					out = append(out, Option{Value: string(p.ID) + "/" + strconv.Itoa(i), Text: c.House.Name(string(g.From)) + " → " + p.Name + " " + c.post(g.Post)})
				}
			}
		case "qualified":
			for i, q := range d.Qualifications(p.ID) {
				if (q.Until == 0 || q.Until > c.now) && p.ID != c.who.Person {
					out = append(out, Option{Value: string(p.ID) + "/" + strconv.Itoa(i), Text: p.Name + " " + c.qualification(q.ID) + " " + c.span(q.From, q.Until)})
				}
			}
		}
	}
	title := func(ids []string, name func(string) (handling.Text, bool)) {
		for _, id := range ids {
			t, _ := name(id)
			out = append(out, Option{Value: id, Text: t.In(c.lang)})
		}
	}
	pack := c.House.Pack()
	switch field {
	case "post":
		for _, id := range append(pack.Posts(), authority.Supervisor, authority.Administrator) {
			if id != "party" && !slices.ContainsFunc(out, func(o Option) bool { return o.Value == id }) {
				out = append(out, Option{Value: id, Text: c.post(id)})
			}
		}
	case "qualification":
		title(pack.Qualifications(), pack.Qualification)
	case "rank":
		title(pack.Ranks(), pack.Rank)
	case "unit_kind":
		title(pack.UnitKinds(), pack.UnitKind)
	}
	return out
}

func (c *call) qualification(id string) string {
	if t, ok := c.House.Pack().Qualification(id); ok {
		return t.In(c.lang)
	}
	return id
}

func (c *call) changeForm(k peopleChange, unit string, bad []FieldError, typed map[string]string) *Form {
	form := &Form{Action: "/people?unit=" + url.QueryEscape(unit) + "&do=" + k.kind, ActID: newID(), Title: c.both(k.zh, k.en), Gist: c.both("人事变动是记入记录的行为；不能为自己办理。", "A change of people is an act on the record; nobody makes one for themselves."), Errors: bad, Submit: c.both(k.zh, k.en), Cancel: "/people?unit=" + url.QueryEscape(unit)}
	if k.kind == resetAccount {
		form.Gist += c.both("谁登记、任命或者授权了此人，就由另一名系统管理员设置首次登录；只有一名系统管理员的除外。登录密码出自同一人之手的管理员，不算两人。系统管理员的登录被设置，本人和全体系统管理员都看得到。", " Who enrolled, appointed or delegated to a person leaves the first sign-in to another administrator, where there is one. Administrators whose passwords came from one hand are not two. A password given to an administrator is shown to them and to every administrator.")
	}
	labels := map[string][2]string{"id": {"编号（小写字母开头，可含数字、-和_）", "Id (from a lower case letter; digits, - and _)"}, "name": {"姓名", "Name"}, "number": {"警号", "Police number"}, "rank": {"警衔", "Rank"}, "person": {"人员", "Person"}, "post": {"岗位", "Post"}, "until": {"至（含当日），不填即无期限", "Until (that day included); empty: without end"}, "from": {"自", "From"}, "held": {"岗位和任期", "Post and term"}, "to": {"由谁代行", "Who acts instead"}, "reason": {"理由", "Reason"}, "delegation": {"授权", "Delegation"}, "qualification": {"资格", "Qualification"}, "qualified": {"人员和资格", "Person and qualification"}, "unit_kind": {"单位种类", "Kind of unit"}, "name_zh": {"中文名称", "Name in Chinese"}, "name_en": {"英文名称", "Name in English"}, "mark": {"文号简称", "Mark in document numbers"}, "login": {"登录名", "Name to sign in with"}}
	for _, name := range k.fields {
		f := Field{Name: name, Label: c.both(labels[name][0], labels[name][1]), Type: FieldText, Max: 60, Value: typed[name], Required: name != "until" && name != "mark" && name != "rank" && name != "from"}
		switch {
		case name == "until" || name == "from":
			f.Type, f.Max = FieldDate, 0
		case chosen(name):
			f.Type, f.Options = FieldOfficer, c.choices(name, unit)
			for i := range f.Options {
				f.Options[i].Chosen = f.Options[i].Value == f.Value
			}
		}
		for _, e := range bad {
			if e.Name == name {
				f.Error = e.Text
			}
		}
		form.Fields = append(form.Fields, f)
	}
	return form
}

// change reads a form into a change of the directory; what cannot be read is said at its field.
func (c *call) change(k peopleChange, unit string, typed map[string]string) (authority.Change, []FieldError) {
	var bad []FieldError
	say := func(field, zh, en string) { bad = append(bad, FieldError{field, c.both(zh, en)}) }
	when := func(field string, end bool) calendar.Instant {
		if typed[field] == "" {
			return 0
		}
		day, err := calendar.ParseDate(typed[field])
		if err != nil {
			say(field, "不是日期", "not a date")
			return 0
		}
		if end {
			return c.House.Pack().Zone.End(day) + 1
		}
		return c.House.Pack().Zone.Start(day)
	}
	for _, name := range k.fields {
		if options := c.choices(name, unit); chosen(name) && typed[name] != "" && !slices.ContainsFunc(options, func(o Option) bool { return o.Value == typed[name] }) {
			say(name, "不在可选项中", "not one of the values to choose from")
		}
		if err := casefile.CheckText(typed[name]); err != nil {
			say(name, "含有不能入卷的字符", err.Error())
		}
	}
	if len(bad) > 0 {
		return authority.Change{}, bad
	}
	d := c.House.People()
	person, index, _ := strings.Cut(typed["held"]+typed["delegation"]+typed["qualified"], "/")
	n, err := strconv.Atoi(index)
	id := authority.PersonID(person)
	var out authority.Change
	switch k.kind {
	case authority.KindEnrol:
		out = authority.Enrol(authority.Person{ID: authority.PersonID(typed["id"]), Name: typed["name"], Number: typed["number"], Rank: typed["rank"]})
	case authority.KindAppoint:
		out = authority.Appoint(authority.Appointment{Person: authority.PersonID(typed["person"]), Post: typed["post"], Unit: authority.UnitID(unit), Until: when("until", true)})
	case authority.KindEndPost, authority.KindDelegate:
		if all := d.Appointments(id); err == nil && n >= 0 && n < len(all) && string(all[n].Unit) == unit {
			out = authority.EndPost(all[n], 0)
			if k.kind == authority.KindDelegate {
				out = authority.Delegate(authority.Delegation{From: id, To: authority.PersonID(typed["to"]), Post: all[n].Post, Unit: all[n].Unit, Until: when("until", true), Reason: typed["reason"]})
			}
		}
	case authority.KindEndDelegation:
		if all := d.Delegations(id); err == nil && n >= 0 && n < len(all) && string(all[n].Unit) == unit {
			out = authority.EndDelegation(all[n], 0)
		}
	case authority.KindQualify:
		out = authority.Qualify(authority.Qualification{Person: authority.PersonID(typed["person"]), ID: typed["qualification"], From: when("from", false), Until: when("until", true)})
	case authority.KindEndQualification:
		if all := d.Qualifications(id); err == nil && n >= 0 && n < len(all) {
			out = authority.EndQualification(all[n], 0)
		}
	case authority.KindRank:
		out = authority.Promote(authority.PersonID(typed["person"]), typed["rank"], c.now)
	case authority.KindFound:
		out = authority.Found(authority.Unit{ID: authority.UnitID(typed["id"]), Kind: typed["unit_kind"], Name: authority.Text{ZH: typed["name_zh"], EN: typed["name_en"]}, Mark: typed["mark"], Parent: authority.UnitID(unit)})
	}
	if out.Kind == "" {
		say(k.fields[0], "请选择", "choose one")
	}
	return out, bad
}

func changePeople(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	unit := c.r.URL.Query().Get("unit")
	i := slices.IndexFunc(peopleChanges, func(k peopleChange) bool { return k.kind == c.r.URL.Query().Get("do") })
	if _, ok := c.House.People().Unit(authority.UnitID(unit)); i < 0 || !ok { // a unit is founded below another
		return casefile.ErrNotFound
	}
	k := peopleChanges[i]
	typed := map[string]string{}
	for _, name := range k.fields {
		typed[name] = strings.TrimSpace(c.r.PostForm.Get(name))
	}
	if k.kind == resetAccount {
		return c.reset(typed)
	}
	change, bad := c.change(k, unit, typed)
	if len(bad) > 0 {
		return c.showPeople(http.StatusUnprocessableEntity, bad, typed, nil)
	}
	err := c.House.ChangePeople(c.r.Context(), c.who, change)
	var refused *authority.Error
	if errors.As(err, &refused) {
		for _, r := range refused.Reasons {
			bad = append(bad, FieldError{k.fields[0], c.refusedChange(r)})
		}
		return c.showPeople(http.StatusUnprocessableEntity, bad, typed, nil)
	}
	if err != nil {
		return err
	}
	return c.redirect("/people?unit=" + url.QueryEscape(unit))
}

// reset gives a sign-in and shows its password, once.
func (c *call) reset(typed map[string]string) error {
	given, err := c.House.ResetAccount(c.r.Context(), c.who, casefile.ActID(c.r.PostForm.Get("act_id")), typed["login"], authority.PersonID(typed["person"]))
	var invalid *handling.Invalid
	if errors.As(err, &invalid) {
		var bad []FieldError
		for _, p := range invalid.Problems {
			bad = append(bad, FieldError{p.Field, p.Text.In(c.lang)})
		}
		return c.showPeople(http.StatusUnprocessableEntity, bad, typed, nil)
	}
	if err != nil {
		return err
	}
	return c.showPeople(http.StatusOK, nil, nil, func(p *People) {
		p.Secret = &Pair{typed["login"], given.Password}
		if given.Alone {
			p.Flash = &Flash{Tone: Near, Text: c.both("此人由你登记、任命或者授权，又由你设置首次登录；没有其他系统管理员可以设置。这已记入记录并通报。", "You brought this person in and gave their first sign-in too: there is no other administrator to do it. This is on the record and in the outbox.")}
		}
	})
}

// refusedChange tells a reason of the directory in the reader's language; the reason's own words are English.
func (c *call) refusedChange(r authority.Reason) string {
	zh := map[string]string{
		"out_of_order": "早于上一次变动", "self_grant": "不能为自己办理", "self_delegation": "本人已担任该岗位", "unknown_person": "没有这个人员", "unknown_unit": "没有这个单位",
		"reaches_back": "不能早于现在", "unit_exists": "单位编号已存在", "person_exists": "人员编号已存在", "number_taken": "警号已属于他人", "already_held": "该期间已经担任或者具有",
		"administrator_apart": "系统管理员不能同时担任其他岗位", "not_held": "本人在该期间并不担任或者具有", "ends_already": "已经终止", "last_administrator": "至少保留一名系统管理员",
		"not_delegable": "系统管理员岗位不能授权代行", "not_delegated": "没有这项授权", "ends_before_it_begins": "终止早于开始", "field_missing": "有必填项未填", "bad_id": "编号须以小写字母开头，只含小写字母、数字、-和_", "mistakable": "编号或者警号与他人的警号或者编号相同", "bad_text": "含有不能使用的字符",
	}
	if t, ok := zh[r.Code]; ok && c.lang == "zh" {
		return t
	}
	return r.Text
}
