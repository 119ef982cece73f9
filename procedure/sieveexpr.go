package procedure

import (
	"cmp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"plumbline/calendar"
	"plumbline/casefile"
)

// An expression for the sieve is a closure over its standing. It answers yes and no only where the judge would, and unknown
// for everything else: a fact that is missing, a sum out of range, a word that is not translated here.

type (
	sieveTest func(v *Sieve) answer
	sieveTerm func(v *Sieve) casefile.Value // the unknown value: it may be known to the judge
)

// test translates a condition; nil for none.
func (v *Sieve) test(e *expr) sieveTest {
	if e == nil {
		return nil
	}
	return sieveCompiler{v, e.ast}.test(e.ast.Expr())
}

// term translates an expression that gives a value.
func (v *Sieve) term(e *expr) sieveTerm { return sieveCompiler{v, e.ast}.term(e.ast.Expr()) }

type sieveCompiler struct {
	v   *Sieve
	ast *ast.AST
}

func cannotTell(*Sieve) answer            { return unknown }
func cannotGive(*Sieve) casefile.Value    { return casefile.Value{} }
func constant(w casefile.Value) sieveTerm { return func(*Sieve) casefile.Value { return w } }

func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

func (c sieveCompiler) test(e ast.Expr) sieveTest {
	if e.Kind() != ast.CallKind {
		is := c.term(e)
		return func(v *Sieve) answer {
			w := is(v)
			if w.Kind() != casefile.Bool {
				return unknown
			}
			return answerOf(w.Bool())
		}
	}
	call := e.AsCall()
	args := call.Args()
	switch f := call.FunctionName(); f {
	case operators.LogicalAnd:
		return c.decided(args, no, yes)
	case operators.LogicalOr:
		return c.decided(args, yes, no)
	case operators.LogicalNot:
		is := c.test(args[0])
		return func(v *Sieve) answer {
			switch is(v) {
			case yes:
				return no
			case no:
				return yes
			}
			return unknown
		}
	case operators.Conditional:
		cond, then, other := c.test(args[0]), c.test(args[1]), c.test(args[2])
		return func(v *Sieve) answer {
			switch cond(v) {
			case yes:
				return then(v)
			case no:
				return other(v)
			}
			return unknown
		}
	case operators.Equals:
		return c.compared(args, func(order int) bool { return order == 0 })
	case operators.NotEquals:
		return c.compared(args, func(order int) bool { return order != 0 })
	case operators.Less:
		return c.compared(args, func(order int) bool { return order < 0 })
	case operators.LessEquals:
		return c.compared(args, func(order int) bool { return order <= 0 })
	case operators.Greater:
		return c.compared(args, func(order int) bool { return order > 0 })
	case operators.GreaterEquals:
		return c.compared(args, func(order int) bool { return order >= 0 })
	case operators.In:
		return c.among(args)
	case "in_force":
		return c.inForce(args)
	}
	return cannotTell
}

// decided is && and ||: one part that decides is enough, whatever the others say.
func (c sieveCompiler) decided(args []ast.Expr, by, otherwise answer) sieveTest {
	parts := make([]sieveTest, len(args))
	for i, a := range args {
		parts[i] = c.test(a)
	}
	return func(v *Sieve) answer {
		said := otherwise
		for _, p := range parts {
			switch p(v) {
			case by:
				return by
			case unknown:
				said = unknown
			}
		}
		return said
	}
}

func (c sieveCompiler) compared(args []ast.Expr, holds func(order int) bool) sieveTest {
	l, r := c.term(args[0]), c.term(args[1])
	said := [3]answer{answerOf(holds(-1)), answerOf(holds(0)), answerOf(holds(1))}
	return func(v *Sieve) answer {
		a, b := exact(l(v), r(v))
		if a.Kind() != b.Kind() {
			return unknown
		}
		switch a.Kind() {
		case casefile.None:
			return unknown
		case casefile.Number:
			return said[1+cmp.Compare(a.Number(), b.Number())] // never NaN: such a datum is not read, and sums of numbers are not translated
		case casefile.Text:
			return said[1+strings.Compare(a.Text(), b.Text())]
		}
		return said[1+cmp.Compare(a.Int(), b.Int())]
	}
}

// exact makes a whole number beside a measured one such a one, where that is the same number.
func exact(a, b casefile.Value) (casefile.Value, casefile.Value) {
	const most = 1 << 53
	whole := func(v casefile.Value) bool { return v.Kind() == casefile.Int && v.Int() < most && v.Int() > -most }
	switch {
	case a.Kind() == casefile.Number && whole(b):
		return a, casefile.NumberOf(float64(b.Int()))
	case b.Kind() == casefile.Number && whole(a):
		return casefile.NumberOf(float64(a.Int())), b
	}
	return a, b
}

// among is a value in a list of texts written out.
func (c sieveCompiler) among(args []ast.Expr) sieveTest {
	if args[1].Kind() != ast.ListKind {
		return cannotTell
	}
	var list []string
	for _, e := range args[1].AsList().Elements() {
		if e.Kind() != ast.LiteralKind {
			return cannotTell
		}
		s, ok := e.AsLiteral().(types.String)
		if !ok {
			return cannotTell
		}
		list = append(list, string(s))
	}
	is := c.term(args[0])
	return func(v *Sieve) answer {
		w := is(v)
		if w.Kind() != casefile.Text {
			return unknown
		}
		return answerOf(slices.Contains(list, w.Text()))
	}
}

func (c sieveCompiler) inForce(args []ast.Expr) sieveTest {
	if args[0].Kind() != ast.LiteralKind {
		return cannotTell
	}
	id, _ := args[0].AsLiteral().(types.String)
	i := slices.IndexFunc(c.v.p.versions, func(v version) bool { return v.id == string(id) })
	if i < 0 {
		return cannotTell
	}
	version, at := c.v.p.versions[i], c.term(args[1])
	return func(v *Sieve) answer {
		w := at(v)
		if w.Kind() != casefile.Instant {
			return unknown
		}
		return answerOf(w.Instant() >= version.from && w.Instant() <= version.until)
	}
}

func (c sieveCompiler) term(e ast.Expr) sieveTerm {
	switch e.Kind() {
	case ast.LiteralKind:
		switch l := e.AsLiteral().(type) {
		case types.Bool:
			return constant(casefile.BoolOf(bool(l)))
		case types.Int:
			return constant(casefile.IntOf(int64(l)))
		case types.Double:
			return constant(casefile.NumberOf(float64(l)))
		case types.String:
			return constant(casefile.TextOf(string(l)))
		}
	case ast.IdentKind:
		if e.AsIdent() == "now" {
			return moment
		}
	case ast.SelectKind:
		return c.selected(e.AsSelect())
	case ast.CallKind:
		return c.called(e.AsCall())
	}
	return cannotGive
}

// moment is when the act occurred, or the end. An act of the very instant 0 has none, so that `now` is another then.
func moment(v *Sieve) casefile.Value {
	if v.at == 0 {
		return casefile.Value{}
	}
	return casefile.InstantOf(v.at)
}

func (c sieveCompiler) selected(s ast.SelectExpr) sieveTerm {
	p := c.v.p
	of, name := c.ast.GetType(s.Operand().ID()).TypeName(), s.FieldName()
	var is sieveTerm
	computed := false
	switch {
	case of == "history":
		what, id, _ := strings.Cut(name, "_")
		k, ok := p.actIndex[id]
		if !ok {
			return cannotGive
		}
		is = map[string]sieveTerm{
			"done":  func(v *Sieve) casefile.Value { return casefile.BoolOf(v.hist[k].done) },
			"count": func(v *Sieve) casefile.Value { return casefile.IntOf(int64(v.hist[k].count)) },
			"first": func(v *Sieve) casefile.Value {
				if v.hist[k].count == 0 {
					return casefile.Value{}
				}
				return casefile.InstantOf(v.hist[k].first)
			},
			"last": func(v *Sieve) casefile.Value {
				if v.hist[k].count == 0 {
					return casefile.Value{}
				}
				return casefile.InstantOf(v.hist[k].last)
			},
		}[what]
	case of == "case":
		i := slices.IndexFunc(p.facts, func(f fact) bool { return f.id == name && f.scope == caseScope })
		switch {
		case i < 0:
			return cannotGive
		case p.facts[i].is != nil:
			is, computed = c.v.term(p.facts[i].is), true
		case p.facts[i].computed:
			return cannotGive
		default:
			c.v.keepFact(i)
			is = func(v *Sieve) casefile.Value { return v.facts[i] }
		}
	case strings.HasPrefix(of, "act_"):
		k, ok := p.actIndex[strings.TrimPrefix(of, "act_")]
		if !ok || name == "recorded" {
			return cannotGive
		}
		if name == "occurred" {
			is = func(v *Sieve) casefile.Value { return casefile.InstantOf(v.at) }
			break
		}
		j := slices.IndexFunc(p.acts[k].fields, func(f actField) bool { return f.name == name })
		if j < 0 {
			return cannotGive
		}
		c.v.read(k, j)
		is = func(v *Sieve) casefile.Value { return v.data[j] }
	}
	switch {
	case is == nil:
		return cannotGive
	case !s.IsTestOnly():
		return is
	}
	return func(v *Sieve) casefile.Value {
		known := is(v).Known()
		if computed && !known {
			return casefile.Value{}
		}
		return casefile.BoolOf(known)
	}
}

func (c sieveCompiler) called(call ast.CallExpr) sieveTerm {
	args := make([]sieveTerm, len(call.Args()))
	for i, a := range call.Args() {
		args[i] = c.term(a)
	}
	zone, cal := c.v.p.Pack.Zone, c.v.p.Pack.Calendar
	span := func(of func(a, b calendar.Instant) casefile.Value) sieveTerm {
		return func(v *Sieve) casefile.Value {
			a, b := args[0](v), args[1](v)
			if a.Kind() != casefile.Instant || b.Kind() != casefile.Instant {
				return casefile.Value{}
			}
			return of(a.Instant(), b.Instant())
		}
	}
	switch call.FunctionName() {
	case "money":
		if e := call.Args()[0]; e.Kind() == ast.LiteralKind {
			if s, ok := e.AsLiteral().(types.String); ok {
				if a, err := casefile.ParseAmount(string(s)); err == nil {
					return constant(casefile.MoneyOf(a))
				}
			}
		}
	case "abs":
		return func(v *Sieve) casefile.Value {
			w := args[0](v)
			if w.Kind() == casefile.Money && w.Int() < 0 {
				return casefile.MoneyOf(-w.Money())
			}
			return w
		}
	case "days":
		return span(func(a, b calendar.Instant) casefile.Value { return casefile.IntOf(int64(zone.Date(b) - zone.Date(a))) })
	case "hours":
		return span(func(a, b calendar.Instant) casefile.Value { return casefile.NumberOf(float64(b-a) / 3.6e9) })
	case "wd":
		if cal == nil {
			break
		}
		return span(func(a, b calendar.Instant) casefile.Value {
			n, err := cal.WorkingBetween(zone.Date(a), zone.Date(b))
			if err != nil {
				return casefile.Value{}
			}
			return casefile.IntOf(int64(n))
		})
	case "start_of":
		return func(v *Sieve) casefile.Value {
			d := args[0](v)
			if d.Kind() != casefile.Date {
				return casefile.Value{}
			}
			return casefile.InstantOf(zone.Start(d.Date()))
		}
	case operators.Add, operators.Subtract:
		sign := int64(1)
		if call.FunctionName() == operators.Subtract {
			sign = -1
		}
		return func(v *Sieve) casefile.Value {
			a, b := args[0](v), args[1](v)
			if a.Kind() != casefile.Money && a.Kind() != casefile.Int || b.Int() == -1<<63 {
				return casefile.Value{}
			}
			k, n, _ := b.Raw()
			return a.Add(casefile.RawValue(k, sign*n, ""))
		}
	}
	return cannotGive
}
