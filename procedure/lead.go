package procedure

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// An act may lead to another elsewhere: the house opens a case of another procedure, or does an act in the cases of it that are
// about this one. Nobody does that act; it happens by force of the rule that the pack writes down.

// Lead is one thing that an act leads to.
type Lead struct {
	ID        string     // unique in its procedure
	Procedure *Procedure // of the act it leads to
	Act       int
	In        string // kind of the unit in which a new case is opened; empty: the act is done in each case of Procedure that names this one
	Officers  []int  // acts of this procedure: the officers who did them are those concerned
	data      []leadDatum
	when      *expr
}

type leadDatum struct {
	field int
	is    *expr
}

// Said is a datum that a lead gives: its name and the expression that it comes from.
func (l *Lead) Said() [][2]string {
	var out [][2]string
	for _, d := range l.data {
		out = append(out, [2]string{l.Procedure.acts[l.Act].fields[d.field].name, d.is.source})
	}
	return out
}

// When is the condition as it is written; empty: always.
func (l *Lead) When() string {
	if l.when == nil {
		return ""
	}
	return l.when.source
}

// Opens tells whether a new case is opened by it.
func (l *Lead) Opens() bool { return l.Procedure.acts[l.Act].opens }

// Led is a lead that an act has set off, with the data that are known.
type Led struct {
	*Lead
	Data []casefile.Datum
}

// Leads lists what an act leads to, or may lead to.
func (p *Procedure) Leads(act int) []*Lead { return p.acts[act].leads }

// Led tells what an act leads to, where s is the standing in which it has taken effect. A condition that cannot be answered
// counts as met: what may have to be looked into is looked into. Of several subjects the first for which it is met gives the data.
func (j *Judge) Led(s *Standing, a *Act) []Led {
	var out []Led
	def := s.p.acts[a.Kind]
	subjects := []int{0}
	if def.Scope != caseScope {
		subjects = nil
		for _, ref := range a.Subjects {
			if ref.Kind == def.Scope {
				subjects = append(subjects, s.subjectOf(ref))
			}
		}
	}
	j.f.s, j.f.act = s, a
	for _, l := range def.leads {
		for _, sub := range subjects {
			j.f.subject = sub
			if l.when != nil {
				if met, _ := l.when.eval(&j.f); met == no {
					continue
				}
			}
			led := Led{Lead: l}
			for _, d := range l.data {
				if v, _ := d.is.value(&j.f); v.Known() {
					led.Data = append(led.Data, casefile.Datum{Name: l.Procedure.acts[l.Act].fields[d.field].name, Value: v})
				}
			}
			out = append(out, led)
			break
		}
	}
	return out
}

// HouseFills are the roles of data that the house gives an act to which another leads: the case that it comes of, the finding
// that this one was about, the officers, and the act it comes of.
var HouseFills = []string{"case", "finding", "concerned", "origin"}

var quoted = regexp.MustCompile(`^'([^'\\]*)'$`)

// leads compiles what the acts of a procedure lead to, once every procedure is there.
func (c *compiler) leads(p *Pack) {
	seen := map[string]bool{}
	for i, e := range c.f.Acts {
		from := c.p.acts[i]
		for k := range e.Value.LeadsTo {
			d := &e.Value.LeadsTo[k]
			if seen[d.ID.Text] || !validID(d.ID.Text) {
				c.problem(d.ID.Pos, "leads", "id %q of what %s leads to: lower case letters, digits and _, and once in the procedure", d.ID.Text, from.ID)
			}
			seen[d.ID.Text] = true
			if l := c.lead(p, from, d); l != nil {
				from.leads = append(from.leads, l)
			}
		}
		c.p.actInfos[i].Leads = from.leads
	}
}

// lead compiles one; nil where what it names does not exist.
func (c *compiler) lead(p *Pack, from *act, d *leadDef) *Lead {
	id, name, _ := strings.Cut(d.Act.Text, ".")
	i := slices.IndexFunc(p.Procedures, func(x *Procedure) bool { return x.ID == id })
	if i < 0 {
		var ids []string
		for _, x := range p.Procedures {
			ids = append(ids, x.ID)
		}
		c.problem(d.Act.Pos, "leads", "%q: write PROCEDURE.ACT; no procedure %q%s", d.Act.Text, id, yaml.Suggest(id, ids))
		return nil
	}
	to := p.Procedures[i]
	k, ok := to.actIndex[name]
	if !ok {
		c.problem(d.Act.Pos, "leads", "procedure %s has no act %q%s", id, name, yaml.Suggest(name, to.actNames()))
		return nil
	}
	target := to.acts[k]
	l := &Lead{ID: d.ID.Text, Procedure: to, Act: k, In: d.In.Text, Officers: c.actsOf(d.Officers), when: c.expr(d.When, place{act: from.ID, scope: from.Scope}, cel.BoolType)}
	bad := func(format string, args ...any) { c.problem(d.Act.Pos, "leads", format, args...) }
	if to == c.p {
		bad("%s leads out of its own case: name an act of another procedure", from.ID)
	}
	if target.decision {
		bad("%s is a decision, which may be refused: what follows by itself is a fact", d.Act.Text)
	}
	if target.Scope != caseScope {
		bad("%s is about a %s, of which the house knows nothing", d.Act.Text, target.Scope)
	}
	kinds := p.UnitKinds()
	switch {
	case target.opens && l.In == "":
		bad("%s opens a case: say in what kind of unit (in:)", d.Act.Text)
	case target.opens && len(kinds) > 0 && !slices.Contains(kinds, l.In):
		c.problem(d.In.Pos, "leads", "no kind of unit %q in pack.yaml%s", l.In, yaml.Suggest(l.In, kinds))
	case !target.opens && l.In != "":
		c.problem(d.In.Pos, "leads", "%s opens no case: it is done in those of %s that name this one, wherever they are", d.Act.Text, id)
	case !target.opens && !target.afterClose:
		bad("%s may come when its case is closed: mark it after_close", d.Act.Text)
	case !target.opens && !slices.ContainsFunc(to.acts, func(a *act) bool { return a.opens && hasRole(a, "case") }):
		bad("no case of %s names another (a datum as case of what opens it), so none is found", id)
	}
	if !hasRole(target, "origin") {
		bad("%s has no datum as origin, in which it is told what it comes of", d.Act.Text)
	}
	if len(l.Officers) > 0 && !hasRole(target, "concerned") {
		bad("%s has no datum as concerned for the officers", d.Act.Text)
	}
	var names []string
	for _, f := range target.fields {
		names = append(names, f.name)
	}
	for _, e := range d.Data {
		n := slices.Index(names, e.Key)
		if n < 0 {
			c.problem(e.Pos, "leads", "%s has no datum %q%s", d.Act.Text, e.Key, yaml.Suggest(e.Key, names))
			continue
		}
		f := &target.fields[n]
		if f.info.As == "origin" {
			c.problem(e.Pos, "leads", "%s is filled in by the house", e.Key)
		}
		is := c.expr(e.Value, place{act: from.ID, scope: from.Scope}, celTypeOf(f.kind))
		if is == nil {
			continue // said already
		}
		if m := quoted.FindStringSubmatch(is.source); m != nil && len(f.info.Enum) > 0 {
			if _, ok := f.info.Choose(m[1]); !ok {
				c.problem(e.Pos, "leads", "%s of %s is %q: expected one of %s", e.Key, d.Act.Text, m[1], strings.Join(f.enum, ", "))
			}
		}
		l.data = append(l.data, leadDatum{n, is})
	}
	for n, f := range target.fields {
		given := slices.Contains(HouseFills, f.info.As) || slices.ContainsFunc(l.data, func(x leadDatum) bool { return x.field == n })
		if f.required && !given {
			bad("%s needs %s: say what it is under data", d.Act.Text, f.name)
		}
	}
	slices.SortFunc(l.data, func(a, b leadDatum) int { return cmp.Compare(a.field, b.field) })
	return l
}

func hasRole(a *act, role string) bool {
	return slices.ContainsFunc(a.fields, func(f actField) bool { return f.info.As == role })
}

// circles refuses leads that come back to where they began: what follows would never end.
func (l *loader) circles(p *Pack) {
	type node struct {
		p   *Procedure
		act int
	}
	state := map[node]int{} // 1: on the way, 2: done
	var visit func(n node) bool
	visit = func(n node) bool {
		switch state[n] {
		case 1:
			return true
		case 2:
			return false
		}
		state[n] = 1
		round := slices.ContainsFunc(n.p.acts[n.act].leads, func(x *Lead) bool { return visit(node{x.Procedure, x.Act}) })
		state[n] = 2
		return round
	}
	for _, proc := range p.Procedures {
		for i := range proc.acts {
			if visit(node{proc, i}) {
				l.problem(proc.file.Acts[i].Pos, "leads", "what %s/%s leads to leads back to it", proc.ID, proc.acts[i].ID)
			}
		}
	}
}
