package procedure

import (
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plumbline/calendar"
	"plumbline/casefile"
)

// A computed fact is an expression with a name: what follows from the facts and the offence is computed wherever a clause or
// a page asks for it, and nobody can tick it. It keeps nothing in the standing.

// computeFacts compiles the computed facts. One may read another that stands before it.
func (c *compiler) computeFacts() {
	for i := range c.p.facts {
		f := &c.p.facts[i]
		d := c.f.Facts[i].Value
		if d.Is.Text == "" {
			continue
		}
		if len(d.SetBy)+len(d.First)+len(d.Sum) > 0 || d.Default.Text != "" {
			c.problem(d.Is.Pos, "", "fact %s is computed: it has no set_by, first, sum or default", f.id)
		}
		f.basis = c.cite(d.Basis)
		is := c.expr(d.Is, place{scope: f.scope}, celTypeOf(f.kind))
		if is == nil {
			continue // said already
		}
		if k := slices.IndexFunc(is.reads, func(k int) bool { return k >= i && c.p.facts[k].computed }); k >= 0 {
			c.problem(d.Is.Pos, "expression", "fact %s reads %s, which is computed and does not stand before it", f.id, c.p.facts[is.reads[k]].id)
			continue
		}
		f.is = is
	}
}

// compute evaluates a computed fact; with an unknown value comes the name of what is missing.
func (f *frame) compute(fact *fact) (casefile.Value, string) {
	if fact.is == nil {
		return casefile.Value{}, fact.id
	}
	if fact.scope == caseScope {
		defer func(subject int) { f.subject = subject }(f.subject)
		f.subject = 0
	}
	return fact.is.value(f)
}

// value evaluates an expression to a value of the record.
func (e *expr) value(f *frame) (casefile.Value, string) {
	v, _, err := e.prog.Eval(f)
	if err != nil {
		return casefile.Value{}, missingIn(err)
	}
	return fromCEL(v), ""
}

func fromCEL(v ref.Val) casefile.Value {
	switch v := v.(type) {
	case types.Bool:
		return casefile.BoolOf(bool(v))
	case types.Int:
		return casefile.IntOf(int64(v))
	case types.Double:
		return casefile.NumberOf(float64(v))
	case celMoney:
		return casefile.MoneyOf(casefile.Amount(v))
	case types.String:
		return casefile.TextOf(string(v))
	case celMoment:
		return casefile.InstantOf(calendar.Instant(v))
	case celDate:
		return casefile.DateOf(calendar.Date(v))
	}
	return casefile.Value{}
}

// ComputedFact is what follows for the case or a subject of it. Unknown values name what is missing.
type ComputedFact struct {
	ID      string
	Title   Text
	Basis   []string
	Subject casefile.Subject
	Value   casefile.Value
	Missing string
}

// Computed lists what follows from a standing for the case and each subject that a computed fact is about.
func (j *Judge) Computed(s *Standing) []ComputedFact {
	var out []ComputedFact
	j.f.s, j.f.act = s, &Act{}
	for sub := range s.subjects {
		j.f.subject = sub
		for i := range j.f.p.facts {
			f := &j.f.p.facts[i]
			if f.is == nil || (sub == 0) != (f.scope == caseScope) || sub > 0 && s.subjects[sub].kind != f.scope {
				continue
			}
			v, missing := j.f.compute(f)
			out = append(out, ComputedFact{f.id, f.title, f.basis, s.subjects[sub].id, v, missing})
		}
	}
	return out
}
