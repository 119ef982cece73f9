package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"plumbline/authority"
	yaml "plumbline/internal/strictyaml"
	"plumbline/procedure"
)

// world is the demo.yaml of a pack: a made-up organ, and scenarios of which cases are made. What a step means, who does
// it and what goes wrong is data; nothing of a jurisdiction stands in the code that plays it.
type world struct {
	Procedure yaml.Str `yaml:"procedure,required"`
	Spread    span     `yaml:"spread,required"` // cases begin within it before now
	Hours     span     `yaml:"hours,required"`  // of an office day, since midnight: from, until
	Password  string   `yaml:"password,required"`
	organ
	Cast      yaml.Map[castDef]     `yaml:"cast,required"` // who acts in a case
	Names     []string              `yaml:"names,required"`
	Same      yaml.Map[string]      `yaml:"same"`  // the first of this role bears the name of the first of that one
	Words     yaml.Map[choice]      `yaml:"words"` // where a matter, a scenario or a step has none of its own
	Matters   yaml.Map[matter]      `yaml:"matters,required"`
	Parts     yaml.Map[[]worldStep] `yaml:"parts"`
	Scenarios yaml.Map[scenario]    `yaml:"scenarios,required"`
	Questions []worldQuestion       `yaml:"questions"`
}

// organ is units and their people, as an organ is founded with them.
type organ struct {
	Units  []worldUnit   `yaml:"units,required"`
	People []worldPerson `yaml:"people,required"`
}

type worldText struct {
	ZH string `yaml:"zh,required"`
	EN string `yaml:"en,required"`
}

type worldUnit struct {
	Pos    yaml.Pos
	ID     string    `yaml:"id,required"`
	Kind   string    `yaml:"kind,required"`
	Name   worldText `yaml:"name,required"`
	Mark   string    `yaml:"mark"`
	Parent string    `yaml:"parent"`
	Cases  bool      `yaml:"cases"` // cases are opened here
}

type worldPerson struct {
	Pos            yaml.Pos
	ID             string     `yaml:"id,required"`
	Name           string     `yaml:"name,required"`
	Number         string     `yaml:"number,required"`
	Rank           string     `yaml:"rank"`
	Post           string     `yaml:"post,required"`
	Unit           string     `yaml:"unit,required"`
	Also           []worldAs  `yaml:"also"` // further posts
	Qualifications []string   `yaml:"qualifications"`
	Login          string     `yaml:"login"` // empty: no sign-in
	Role           *worldText `yaml:"role"`  // how the sign-in is called
}

// worldAs is a post in a unit.
type worldAs struct {
	Post string `yaml:"post,required"`
	Unit string `yaml:"unit,required"`
}

// castDef draws a person for each case: one in the post in the unit of the case, in the unit above it, or in a unit that the
// world names.
type castDef struct {
	Pos   yaml.Pos
	Post  string `yaml:"post,required"`
	Above bool   `yaml:"above"`
	Unit  string `yaml:"unit"`
	Not   choice `yaml:"not"` // nor the people who play these
}

// matter is what a case is about: words for placeholders, drawn once a case, who takes part, and its own way of doing a part.
type matter struct {
	Words    yaml.Map[choice]      `yaml:"words"`
	Subjects yaml.Map[number]      `yaml:"subjects"`
	Parts    yaml.Map[[]worldStep] `yaml:"parts"` // instead of the world's of the same name
}

// worldQuestion is a question about a rule, asked at intake of the unit of who asks, and perhaps its answer.
type worldQuestion struct {
	Pos    yaml.Pos
	By     string       `yaml:"by,required"`  // a person
	Ago    span         `yaml:"ago,required"` // before now
	On     string       `yaml:"on,required"`  // act, duty or rule
	Of     string       `yaml:"of,required"`
	Text   string       `yaml:"text,required"`
	Answer *worldAnswer `yaml:"answer"`
}

type worldAnswer struct {
	By      string `yaml:"by,required"`
	Ago     span   `yaml:"ago,required"`
	Verdict string `yaml:"verdict,required"`
	Text    string `yaml:"text,required"`
}

// scenario is one course that cases take.
type scenario struct {
	Weight   int                   `yaml:"weight"` // its share of the cases beyond the least
	Least    int                   `yaml:"least"`
	Began    *span                 `yaml:"began"` // how long before now; nothing: within the spread
	Matters  []yaml.Str            `yaml:"matters,required"`
	Subjects yaml.Map[number]      `yaml:"subjects"`  // instead of the matter's
	SignedIn bool                  `yaml:"signed_in"` // played by people who have a sign-in, where there are such
	Words    yaml.Map[choice]      `yaml:"words"`
	Sure     bool                  `yaml:"sure"`  // it never stands still
	Parts    yaml.Map[[]worldStep] `yaml:"parts"` // instead of the matter's and the world's of the same name
	Steps    []worldStep           `yaml:"steps,required"`
}

// worldStep is one act, or the steps of a part, or one of several branches, or words for what follows.
type worldStep struct {
	Pos   yaml.Pos
	Part  yaml.Str         `yaml:"part"`
	OneOf []branch         `yaml:"one_of"`
	Stop  bool             `yaml:"stop"` // nothing more is done in the case
	Words yaml.Map[choice] `yaml:"words"`

	Act       yaml.Str         `yaml:"act"`
	In        yaml.Str         `yaml:"in"` // not in the case but in one of this procedure that goes with it, or PROCEDURE/NAME where there are several; the first act opens it, in the unit of who does it
	By        yaml.Str         `yaml:"by"`
	About     aboutWhom        `yaml:"about"`
	Wait      span             `yaml:"wait"`  // after the step before
	Days      string           `yaml:"days"`  // and as many days more as this word says
	Apart     span             `yaml:"apart"` // between one subject and the next
	Office    bool             `yaml:"office"`
	Chance    *int             `yaml:"chance"` // per cent; not written: always. Drawn for each subject
	Stops     int              `yaml:"stops"`  // per cent: the case stands still before this step
	Late      slip             `yaml:"late"`
	Entered   slip             `yaml:"entered"` // the act is done in time and entered later
	Instead   other            `yaml:"instead"`
	Refused   bool             `yaml:"refused"`   // it is expected to be refused, and the record says so
	Corrects  yaml.Str         `yaml:"corrects"`  // stands in place of the last act of this kind about the same subject
	Withdraws yaml.Str         `yaml:"withdraws"` // takes it back
	Answered  yaml.Map[int]    `yaml:"answered"`  // of an act that issues slips: answer to how many of them give it to every question
	Data      yaml.Map[choice] `yaml:"data"`
}

type branch struct {
	Weight int              `yaml:"weight,required"`
	Words  yaml.Map[choice] `yaml:"words"` // from here on
	Steps  []worldStep      `yaml:"steps"`
}

type slip struct {
	Chance int  `yaml:"chance"` // per cent
	By     span `yaml:"by"`
}

type other struct {
	Chance int              `yaml:"chance"`
	Data   yaml.Map[choice] `yaml:"data"`
}

// choice is a text, or a list of which one is drawn.
type choice []string

func (c *choice) FromYAML(d *yaml.Decoder, n ast.Node) {
	if seq, ok := n.(*ast.SequenceNode); ok && len(seq.Values) > 0 {
		d.Decode(n, (*[]string)(c))
		return
	}
	var s string
	d.Decode(n, &s)
	*c = choice{s}
}

// number is a whole number, or a range [from, to].
type number struct{ From, To int }

func (r *number) FromYAML(d *yaml.Decoder, n ast.Node) {
	var list []int
	if _, ok := n.(*ast.SequenceNode); ok {
		d.Decode(n, &list)
	} else {
		list = make([]int, 1)
		d.Decode(n, &list[0])
	}
	if len(list) == 0 || len(list) > 2 || list[0] < 0 || list[len(list)-1] < list[0] {
		d.Problem(n, "write a number, or a range as [1, 3]")
		return
	}
	r.From, r.To = list[0], list[len(list)-1]
}

// span is a length of time, or a range [from, to] of it: 10m, 8h, 3d, or working days as 6wd.
type span struct {
	From, To time.Duration
	Working  int
}

func (s *span) FromYAML(d *yaml.Decoder, n ast.Node) {
	var list []string
	if _, ok := n.(*ast.SequenceNode); ok {
		d.Decode(n, &list)
	} else {
		list = make([]string, 1)
		d.Decode(n, &list[0])
	}
	var err error
	switch len(list) {
	case 1:
		if days, ok := strings.CutSuffix(list[0], "wd"); ok {
			s.Working, err = strconv.Atoi(days)
		} else if s.From, err = length(list[0]); err == nil {
			s.To = s.From
		}
	case 2:
		if s.From, err = length(list[0]); err == nil {
			s.To, err = length(list[1])
		}
	default:
		err = fmt.Errorf("it has %d parts", len(list))
	}
	if err == nil && (s.To < s.From || s.From < 0 || s.Working < 0) {
		err = fmt.Errorf("it ends before it begins")
	}
	if err != nil {
		d.Problem(n, "write a length as 10m, 8h, 3d or 6wd, or a range as [10m, 2h]: %v", err)
	}
}

func length(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// aboutWhom says about whom or what a step is: "new ROLE" brings everybody of the role into the case, one act each;
// "each ROLE" is one act for each of them, "all ROLE" one for all, "one ROLE" for the first. Nothing: the whole case.
type aboutWhom struct {
	Pos       yaml.Pos
	How, Role string
}

func (a *aboutWhom) FromYAML(d *yaml.Decoder, n ast.Node) {
	var s string
	d.Decode(n, &s)
	how, role, _ := strings.Cut(s, " ")
	if !slices.Contains([]string{"new", "each", "all", "one"}, how) || role == "" {
		d.Problem(n, "write new, each, all or one, and a role; found %q", s)
	}
	*a = aboutWhom{d.PosOf(n), how, role}
}

// loadWorld reads dir/demo.yaml. Mistakes come back all at once as strictyaml.Problems.
func loadWorld(fsys fs.FS, dir string, pack *procedure.Pack) (*world, error) {
	file := path.Join(dir, "demo.yaml")
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("pack %s has no demonstration: %w", dir, err)
	}
	w := &world{}
	if bad := yaml.Decode(file, text, w); len(bad) > 0 {
		return nil, bad
	}
	p, err := pack.Procedure(w.Procedure.Text)
	if err != nil {
		return nil, yaml.Problems{{Pos: w.Procedure.Pos, Text: err.Error()}}
	}
	c := &worldCheck{w: w, p: p, pack: pack}
	c.all()
	if len(c.bad) > 0 {
		c.bad.Sort()
		return nil, c.bad
	}
	return w, nil
}

// worldCheck finds names that nothing has, before a case is played.
type worldCheck struct {
	w    *world
	p    *procedure.Procedure
	pack *procedure.Pack
	bad  yaml.Problems
}

func (c *worldCheck) say(pos yaml.Pos, format string, args ...any) {
	c.bad = append(c.bad, yaml.Problem{Pos: pos, Text: fmt.Sprintf(format, args...)})
}

func (c *worldCheck) all() {
	for _, p := range c.w.People {
		if !slices.ContainsFunc(c.w.Units, func(u worldUnit) bool { return u.ID == p.Unit }) {
			c.say(p.Pos, "no unit is called %q", p.Unit)
		}
		if p.Login != "" && p.Role == nil {
			c.say(p.Pos, "a sign-in has a role")
		}
	}
	if c.w.Hours.To > 24*time.Hour || c.w.Hours.To == c.w.Hours.From {
		c.say(c.w.Procedure.Pos, "hours: the stretch of a day, as [8h30m, 17h30m]")
	}
	for i, e := range c.w.Cast {
		for _, not := range e.Value.Not {
			if !slices.ContainsFunc(c.w.Cast[:i], func(x yaml.Entry[castDef]) bool { return x.Key == not }) {
				c.say(e.Value.Pos, "nobody before this one plays %q", not)
			}
		}
	}
	for _, e := range c.w.Parts {
		c.steps(e.Value, 0)
	}
	for _, m := range c.w.Matters {
		c.instead(m.Value.Parts)
	}
	for _, e := range c.w.Scenarios {
		for _, m := range e.Value.Matters {
			if _, ok := c.w.Matters.Get(m.Text); !ok {
				c.say(m.Pos, "no matter is called %q", m.Text)
			}
		}
		c.instead(e.Value.Parts)
		c.steps(e.Value.Steps, 0)
	}
	for _, q := range c.w.Questions {
		people := []string{q.By}
		if q.Answer != nil {
			people = append(people, q.Answer.By)
		}
		for _, id := range people {
			if !slices.ContainsFunc(c.w.People, func(p worldPerson) bool { return p.ID == id }) {
				c.say(q.Pos, "nobody is called %q", id)
			}
		}
	}
}

// instead are parts that stand in place of the world's.
func (c *worldCheck) instead(parts yaml.Map[[]worldStep]) {
	for _, e := range parts {
		if _, ok := c.w.Parts.Get(e.Key); !ok {
			c.say(e.Pos, "no part is called %q, so this one stands in place of none", e.Key)
		}
		c.steps(e.Value, 0)
	}
}

func (c *worldCheck) steps(steps []worldStep, depth int) {
	if depth > 20 {
		c.say(steps[0].Pos, "parts within parts without end")
		return
	}
	for _, s := range steps {
		kinds := 0
		for _, is := range []bool{s.Part.Text != "", len(s.OneOf) > 0, s.Stop, len(s.Words) > 0, s.Act.Text != ""} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			c.say(s.Pos, "a step has one of act, part, one_of, words and stop")
			continue
		}
		for _, b := range s.OneOf {
			c.steps(b.Steps, depth+1)
		}
		if s.Part.Text != "" {
			part, ok := c.w.Parts.Get(s.Part.Text)
			if !ok {
				c.say(s.Part.Pos, "no part is called %q", s.Part.Text)
			}
			c.steps(part, depth+1)
		}
		if s.Act.Text != "" {
			c.act(s)
		}
	}
}

func (c *worldCheck) act(s worldStep) {
	proc := c.p
	if s.In.Text != "" {
		var err error
		name, _, _ := strings.Cut(s.In.Text, "/")
		if proc, err = c.pack.Procedure(name); err != nil {
			c.say(s.In.Pos, "%v", err)
			return
		}
	}
	kind := proc.ActOf(s.Act.Text)
	if kind < 0 {
		c.say(s.Act.Pos, "the procedure has no act %q", s.Act.Text)
		return
	}
	info := proc.Act(kind)
	if _, ok := c.w.Cast.Get(s.By.Text); !ok {
		c.say(s.Act.Pos, "by whom? nobody plays %q", s.By.Text)
	}
	if (info.Scope == "case") != (s.About.How == "") {
		c.say(s.Act.Pos, "%s is about one %s", s.Act.Text, info.Scope)
	}
	for _, data := range []yaml.Map[choice]{s.Data, s.Instead.Data} {
		for _, e := range data {
			if !slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == e.Key }) {
				c.say(e.Pos, "%s has no datum %q", s.Act.Text, e.Key)
			}
		}
	}
	for _, k := range []yaml.Str{s.Corrects, s.Withdraws} {
		if k.Text != "" && proc.ActOf(k.Text) < 0 {
			c.say(k.Pos, "the procedure has no act %q", k.Text)
		}
	}
}

// founding are the changes that put the organ on the record. What is wrong with a unit or a person is said by the directory
// when they are applied.
func (w *organ) founding() []authority.Change {
	var out []authority.Change
	for _, u := range w.Units {
		out = append(out, authority.Found(authority.Unit{ID: authority.UnitID(u.ID), Kind: u.Kind, Name: authority.Text(u.Name), Mark: u.Mark, Parent: authority.UnitID(u.Parent)}))
	}
	for _, p := range w.People {
		id := authority.PersonID(p.ID)
		out = append(out, authority.Enrol(authority.Person{ID: id, Name: p.Name, Number: p.Number, Rank: p.Rank}),
			authority.Appoint(authority.Appointment{Person: id, Post: p.Post, Unit: authority.UnitID(p.Unit)}))
		for _, a := range p.Also {
			out = append(out, authority.Appoint(authority.Appointment{Person: id, Post: a.Post, Unit: authority.UnitID(a.Unit)}))
		}
		for _, q := range p.Qualifications {
			out = append(out, authority.Qualify(authority.Qualification{Person: id, ID: q}))
		}
	}
	return out
}
