package procedure

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// answer is what an expression says: yes, no, or unknown because a fact is missing. Unknown is never no.
type answer uint8

const (
	no answer = iota
	yes
	unknown
)

// A missingFact is why an expression could not be answered.
type missingFact struct{ name string }

func (m *missingFact) Error() string { return "fact " + m.name + " is not known" }

// expr is one compiled expression.
type expr struct {
	source string
	pos    yaml.Pos
	prog   cel.Program
	ast    *ast.AST // for the sieve
	reads  []int    // the facts that it names, in the order of the procedure
	now    bool     // it reads the moment, itself or by a computed fact
	acts   []int    // the acts whose history it looks at
	cost   uint64   // at most, with the computed facts that it reads
}

// eval answers e in a frame. With unknown it names the missing fact. Where the data of the act are open and whether one is
// given would make the difference, that is what is missing.
func (e *expr) eval(f *frame) (answer, string) {
	f.given, f.asked = false, false
	a, missing := e.answer(f)
	if !f.asked {
		return a, missing
	}
	f.given = true
	if b, _ := e.answer(f); b != a {
		return unknown, "act.*"
	}
	return a, missing
}

func (e *expr) answer(f *frame) (answer, string) {
	v, _, err := e.prog.Eval(f)
	if err != nil {
		return unknown, missingIn(err)
	}
	if v == types.True {
		return yes, ""
	}
	return no, ""
}

// missingIn is the name of the fact for want of which an expression has no answer.
func missingIn(err error) string {
	var missing *missingFact
	if errors.As(err, &missing) {
		return missing.name
	}
	return err.Error()
}

// instant evaluates an expression that gives a moment.
func (e *expr) instant(f *frame) (calendar.Instant, string) {
	v, _, err := e.prog.Eval(f)
	if err != nil {
		return 0, missingIn(err)
	}
	return calendar.Instant(v.(celMoment)), ""
}

// frame is what an expression may look at: the act, the standing before it, the subject, and the earlier act that a
// condition found. It is CEL's activation; its views are pointers into it, so that nothing is allocated for a look-up.
type frame struct {
	p       *Procedure
	s       *Standing
	act     *Act
	subject int // index into s.subjects; 0 is the case
	prior   int // act whose kept data `done.` reads

	// While the next acts are weighed the data of the act are open: has(act.x) is then answered by given, and asked says that
	// it was.
	open, given, asked bool

	actV, caseV, subjectV, unitV, historyV, doneV, actorV view
}

// view is the object behind one name of the environment.
type view struct {
	f    *frame
	kind *cel.Type
}

func (v *view) ConvertToNative(t reflectType) (any, error) { return nil, noNative(v, t) }
func (v *view) ConvertToType(t ref.Type) ref.Val           { return noType(v, t) }
func (v *view) Equal(o ref.Val) ref.Val                    { return types.Bool(ref.Val(v) == o) }
func (v *view) Type() ref.Type                             { return v.kind }
func (v *view) Value() any                                 { return v }

func (f *frame) init(p *Procedure) {
	f.p = p
	for _, v := range []*view{&f.actV, &f.caseV, &f.subjectV, &f.unitV, &f.historyV, &f.doneV, &f.actorV} {
		v.f, v.kind = f, viewType
	}
}

var viewType = types.NewObjectType("view")

// ResolveName is CEL's way to ask for a name.
func (f *frame) ResolveName(name string) (any, bool) {
	switch name {
	case "act":
		return &f.actV, true
	case "case":
		return &f.caseV, true
	case "subject":
		return &f.subjectV, true
	case "unit":
		return &f.unitV, true
	case "history":
		return &f.historyV, true
	case "done":
		return &f.doneV, true
	case "now":
		if f.act != nil && f.act.Occurred != 0 {
			return celMoment(f.act.Occurred), true
		}
		return celMoment(f.s.now), true
	case "actor":
		return &f.actorV, true
	}
	return nil, false
}

// Parent is CEL's enclosing activation: there is none.
func (f *frame) Parent() cel.Activation { return nil }

// field is one name an expression can read from a view.
type field struct {
	typ *cel.Type
	get func(*frame) casefile.Value
	why func(*frame) (casefile.Value, string) // of a computed fact: its value, or what is missing for it
}

// typeProvider tells CEL the fields of each view's type, so that a misspelt fact is an error when the pack is loaded.
type typeProvider struct {
	types.Provider
	fields map[string]map[string]*field
}

func (tp *typeProvider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := tp.fields[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return tp.Provider.FindStructType(name)
}

func (tp *typeProvider) FindStructFieldNames(name string) ([]string, bool) {
	if fields, ok := tp.fields[name]; ok {
		var names []string
		for n := range fields {
			names = append(names, n)
		}
		return names, true
	}
	return tp.Provider.FindStructFieldNames(name)
}

func (tp *typeProvider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	fields, ok := tp.fields[name]
	if !ok {
		return tp.Provider.FindStructFieldType(name, fieldName)
	}
	fd, ok := fields[fieldName]
	if !ok {
		return nil, false
	}
	open := strings.HasPrefix(name, "act_") && fieldName != "occurred" && fieldName != "recorded"
	lacking := &missingFact{strings.SplitN(name, "_", 2)[0] + "." + fieldName}
	return &types.FieldType{
		Type: fd.typ,
		IsSet: func(target any) bool {
			f := target.(*view).f
			if f.open && open {
				f.asked = true
				return f.given
			}
			return fd.get(f).Known()
		},
		GetFrom: func(target any) (any, error) {
			if fd.why != nil { // computed: what is missing is what it reads
				v, missing := fd.why(target.(*view).f)
				if !v.Known() {
					return nil, &missingFact{missing}
				}
				return toCEL(v), nil
			}
			v := fd.get(target.(*view).f)
			if !v.Known() {
				return nil, lacking
			}
			return toCEL(v), nil
		},
	}, true
}

// exprs compiles the expressions of one procedure.
type exprs struct {
	p    *Procedure
	base *cel.Env
	tp   *typeProvider
	envs map[string]*cel.Env
}

// maxCost bounds what one expression may cost, in CEL's units, proved when the pack is loaded.
const maxCost = 10_000

func newExprs(p *Procedure) (*exprs, error) {
	x := &exprs{p: p, envs: map[string]*cel.Env{}}
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	x.tp = &typeProvider{Provider: registry, fields: map[string]map[string]*field{}}
	x.declare()
	span := func(name string, result *cel.Type, fn func(a, b calendar.Instant) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_moments", []*cel.Type{momentType, momentType}, result,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				return fn(calendar.Instant(a.(celMoment)), calendar.Instant(b.(celMoment)))
			})))
	}
	zone, cal := p.Pack.Zone, p.Pack.Calendar
	money2 := []*cel.Type{moneyType, moneyType}
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(x.tp),
		cel.CrossTypeNumericComparisons(true),
		cel.Function("money", cel.Overload("money_string", []*cel.Type{cel.StringType}, moneyType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				a, err := casefile.ParseAmount(string(v.(types.String)))
				if err != nil {
					return types.WrapErr(err)
				}
				return celMoney(a)
			}))),
		cel.Function("abs", cel.Overload("abs_money", []*cel.Type{moneyType}, moneyType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				if m := v.(celMoney); m < 0 {
					return -m
				}
				return v
			}))),
		cel.Function("times", cel.Overload("times_money_int", []*cel.Type{moneyType, cel.IntType}, moneyType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				m, n := int64(a.(celMoney)), int64(b.(types.Int))
				if hi, lo := bits.Mul64(uint64(max(m, -m)), uint64(max(n, -n))); hi != 0 || lo > math.MaxInt64 || m == math.MinInt64 || n == math.MinInt64 {
					return types.NewErr("amount out of range")
				}
				return celMoney(m * n)
			}))),
		cel.Function("start_of", cel.Overload("start_of_date", []*cel.Type{dateType}, momentType,
			cel.UnaryBinding(func(d ref.Val) ref.Val { return celMoment(zone.Start(calendar.Date(d.(celDate)))) }))),
		cel.Function("day_of", cel.Overload("day_of_moment", []*cel.Type{momentType}, dateType,
			cel.UnaryBinding(func(t ref.Val) ref.Val { return celDate(zone.Date(calendar.Instant(t.(celMoment)))) }))),
		span("days", cel.IntType, func(a, b calendar.Instant) ref.Val { return types.Int(zone.Date(b) - zone.Date(a)) }),
		span("hours", cel.DoubleType, func(a, b calendar.Instant) ref.Val { return types.Double(float64(b-a) / 3.6e9) }),
		cel.Function("in_force", cel.Overload("in_force_version", []*cel.Type{cel.StringType, momentType}, cel.BoolType,
			cel.BinaryBinding(func(version, at ref.Val) ref.Val {
				for _, v := range p.versions {
					if v.id == string(version.(types.String)) {
						return types.Bool(calendar.Instant(at.(celMoment)) >= v.from && calendar.Instant(at.(celMoment)) <= v.until)
					}
				}
				return types.NewErr("the procedure has no version %s", version)
			}))),
		cel.Function("age", cel.Overload("age_date", []*cel.Type{dateType, momentType}, cel.IntType,
			cel.BinaryBinding(func(birth, at ref.Val) ref.Val {
				return types.Int(calendar.Age(calendar.Date(birth.(celDate)), zone.Date(calendar.Instant(at.(celMoment)))))
			}))),
		span("wd", cel.IntType, func(a, b calendar.Instant) ref.Val {
			if cal == nil {
				return types.NewErr("the pack has no calendar of working days")
			}
			n, err := cal.WorkingBetween(zone.Date(a), zone.Date(b))
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Int(n)
		}),
		cel.Function(operators.Add, cel.Overload("add_money", money2, moneyType)),
		cel.Function(operators.Subtract, cel.Overload("subtract_money", money2, moneyType)),
		cel.Variable("case", types.NewObjectType("case")),
		cel.Variable("now", momentType),
		cel.Variable("unit", types.NewObjectType("unit")),
		cel.Variable("history", types.NewObjectType("history")),
		cel.Variable("actor", types.NewObjectType("actor")),
		cel.Macros(x.historyMacro("done"), x.historyMacro("first"), x.historyMacro("last"), x.historyMacro("count"), x.holdsMacro(), relatedMacro()),
	}
	opts = append(opts, p.offenceFunctions()...)
	for _, op := range []string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals} {
		opts = append(opts, cel.Function(op,
			cel.Overload(op+"_money", money2, cel.BoolType),
			cel.Overload(op+"_moment", []*cel.Type{momentType, momentType}, cel.BoolType),
			cel.Overload(op+"_date", []*cel.Type{dateType, dateType}, cel.BoolType)))
	}
	x.base, err = cel.NewEnv(opts...)
	return x, err
}

// historyMacro turns done('send') into history.done_send, so that a misspelt act is found when the pack is loaded.
func (x *exprs) historyMacro(name string) cel.Macro {
	return cel.GlobalMacro(name, 1, func(mef cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		arg := args[0]
		if arg.Kind() == ast.LiteralKind {
			if id, ok := arg.AsLiteral().(types.String); ok {
				if _, known := x.p.actIndex[string(id)]; known {
					return mef.NewSelect(mef.NewIdent("history"), name+"_"+string(id)), nil
				}
				return nil, mef.NewError(arg.ID(), fmt.Sprintf("no act %q%s", string(id), yaml.Suggest(string(id), x.p.actNames())))
			}
		}
		return nil, mef.NewError(arg.ID(), name+"() takes the id of an act in quotes")
	})
}

// holdsMacro turns holds('jurist') into actor.holds_jurist.
func (x *exprs) holdsMacro() cel.Macro {
	return cel.GlobalMacro("holds", 1, func(mef cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		arg := args[0]
		if arg.Kind() == ast.LiteralKind {
			if id, ok := arg.AsLiteral().(types.String); ok {
				if declared := x.p.Pack.Qualifications(); !slices.Contains(declared, string(id)) {
					return nil, mef.NewError(arg.ID(), fmt.Sprintf("no qualification %q in pack.yaml%s", string(id), yaml.Suggest(string(id), declared)))
				}
				return mef.NewSelect(mef.NewIdent("actor"), "holds_"+string(id)), nil
			}
		}
		return nil, mef.NewError(arg.ID(), "holds() takes the id of a qualification in quotes")
	})
}

// relatedMacro turns related('reviewed') into actor.related_reviewed.
func relatedMacro() cel.Macro {
	return cel.GlobalMacro("related", 1, func(mef cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		arg := args[0]
		if arg.Kind() == ast.LiteralKind {
			if id, ok := arg.AsLiteral().(types.String); ok {
				if !slices.Contains(casefile.Relations, string(id)) {
					return nil, mef.NewError(arg.ID(), fmt.Sprintf("no relation %q%s", string(id), yaml.Suggest(string(id), casefile.Relations)))
				}
				return mef.NewSelect(mef.NewIdent("actor"), "related_"+string(id)), nil
			}
		}
		return nil, mef.NewError(arg.ID(), "related() takes the name of a relation in quotes")
	})
}

// declare gives each view its fields.
func (x *exprs) declare() {
	p := x.p
	history := map[string]*field{}
	for i, a := range p.acts {
		history["done_"+a.ID] = &field{typ: cel.BoolType, get: func(f *frame) casefile.Value { return casefile.BoolOf(f.s.done(i, f.subject)) }}
		history["count_"+a.ID] = &field{typ: cel.IntType, get: func(f *frame) casefile.Value { return casefile.IntOf(int64(f.s.count(i, f.subject))) }}
		history["first_"+a.ID] = &field{typ: momentType, get: func(f *frame) casefile.Value { return f.s.first(i, f.subject) }}
		history["last_"+a.ID] = &field{typ: momentType, get: func(f *frame) casefile.Value { return f.s.last(i, f.subject) }}
		data, kept := map[string]*field{}, map[string]*field{}
		for j, fd := range a.fields {
			data[fd.name] = &field{typ: celTypeOf(fd.kind), get: func(f *frame) casefile.Value { return f.act.Data[j] }}
			kept[fd.name] = &field{typ: celTypeOf(fd.kind), get: func(f *frame) casefile.Value { return f.s.kept(f.prior, i, j, f.subject) }}
		}
		occurred := &field{typ: momentType, get: func(f *frame) casefile.Value { return casefile.InstantOf(f.act.Occurred) }}
		data["occurred"] = occurred
		data["recorded"] = &field{typ: momentType, get: func(f *frame) casefile.Value {
			if f.act.Recorded == 0 {
				return casefile.Value{}
			}
			return casefile.InstantOf(f.act.Recorded)
		}}
		x.tp.fields["act_"+a.ID] = data
		x.tp.fields["done_"+a.ID] = kept
	}
	x.tp.fields["history"] = history
	x.tp.fields["unit"] = map[string]*field{
		"kind": {typ: cel.StringType, get: func(f *frame) casefile.Value { return known(f.s.unit.Kind) }},
		"id":   {typ: cel.StringType, get: func(f *frame) casefile.Value { return known(f.s.unit.ID) }},
	}
	x.tp.fields["actor"] = map[string]*field{}
	for _, id := range p.Pack.Qualifications() {
		x.tp.fields["actor"]["holds_"+id] = &field{typ: cel.BoolType, get: func(f *frame) casefile.Value {
			if f.act.Actor == nil || f.act.Actor.Qualifications == nil {
				return casefile.Value{}
			}
			return casefile.BoolOf(slices.Contains(f.act.Actor.Qualifications, id))
		}}
	}
	for _, id := range casefile.Relations {
		x.tp.fields["actor"]["related_"+id] = &field{typ: cel.BoolType, get: func(f *frame) casefile.Value {
			if f.act.Actor == nil || f.act.Actor.Relations == nil {
				return casefile.Value{}
			}
			return casefile.BoolOf(slices.Contains(f.act.Actor.Relations, id))
		}}
	}
	x.tp.fields["case"] = map[string]*field{}
	for scope := range scopes {
		x.tp.fields["subject_"+scope] = map[string]*field{
			"id":   {typ: cel.StringType, get: func(f *frame) casefile.Value { return known(string(f.s.subjects[f.subject].id)) }},
			"role": {typ: cel.StringType, get: func(f *frame) casefile.Value { return known(f.s.subjects[f.subject].role) }},
		}
	}
	for i, fact := range p.facts {
		fd := &field{typ: celTypeOf(fact.kind), get: func(f *frame) casefile.Value { return f.s.fact(i, f.subject) }}
		if fact.computed {
			fd.why = func(f *frame) (casefile.Value, string) { return f.compute(&p.facts[i]) }
			fd.get = func(f *frame) casefile.Value { v, _ := fd.why(f); return v }
		}
		x.tp.fields[fact.view()][fact.id] = fd
	}
}

// view names the type of what the fact is read from: the case, or a subject of its scope.
func (f *fact) view() string {
	if f.scope == caseScope {
		return "case"
	}
	return "subject_" + f.scope
}

func known(s string) casefile.Value {
	if s == "" {
		return casefile.Value{}
	}
	return casefile.TextOf(s)
}

// place is where an expression stands, which decides what it may name.
type place struct {
	act   string // act whose data `act.` reads; empty: none
	scope string // scope of `subject.`; case: none
	prior string // act whose data `done.` reads; empty: none
}

func (x *exprs) env(at place) (*cel.Env, error) {
	key := at.act + "|" + at.scope + "|" + at.prior
	if env, ok := x.envs[key]; ok {
		return env, nil
	}
	var opts []cel.EnvOption
	if at.act != "" {
		opts = append(opts, cel.Variable("act", types.NewObjectType("act_"+at.act)))
	}
	if at.scope != "" && at.scope != caseScope {
		opts = append(opts, cel.Variable("subject", types.NewObjectType("subject_"+at.scope)))
	}
	if at.prior != "" {
		opts = append(opts, cel.Variable("done", types.NewObjectType("done_"+at.prior)))
	}
	env, err := x.base.Extend(opts...)
	if err == nil {
		x.envs[key] = env
	}
	return env, err
}

// compile reads one expression; an empty one is nil. Mistakes come back with their place.
func (x *exprs) compile(s yaml.Str, at place, want *cel.Type) (*expr, []yaml.Problem) {
	if s.Text == "" {
		return nil, nil
	}
	problem := func(column int, format string, args ...any) []yaml.Problem {
		pos := s.Pos
		pos.Column += column
		return []yaml.Problem{{Pos: pos, Check: "expression", Text: fmt.Sprintf(format, args...)}}
	}
	env, err := x.env(at)
	if err != nil {
		return nil, problem(0, "%v", err)
	}
	compiled, issues := env.Compile(s.Text)
	if issues.Err() != nil {
		var out []yaml.Problem
		for _, e := range issues.Errors() {
			out = append(out, problem(column(e), "%s, in %q", e.Message, s.Text)...)
		}
		return nil, out
	}
	if !compiled.OutputType().IsExactType(want) {
		return nil, problem(0, "%q gives %s where %s is wanted", s.Text, compiled.OutputType(), want)
	}
	estimate, err := env.EstimateCost(compiled, noHints{})
	if err != nil {
		return nil, problem(0, "%v", err)
	}
	if estimate.Max > maxCost {
		return nil, problem(0, "%q may cost %d, more than %d", s.Text, estimate.Max, maxCost)
	}
	reads, computing := x.reads(compiled.NativeRep(), estimate.Max)
	cost := estimate.Max + computing
	if cost > maxCost {
		return nil, problem(0, "%q may cost %d with the computed facts that it reads, more than %d", s.Text, cost, maxCost)
	}
	prog, err := env.Program(compiled, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, problem(0, "%v", err)
	}
	return &expr{source: s.Text, pos: s.Pos, prog: prog, ast: compiled.NativeRep(), reads: reads, now: x.readsNow(compiled.NativeRep(), reads), acts: x.histories(compiled.NativeRep()), cost: cost}, nil
}

// histories lists the acts of which a checked expression asks whether, when or how often they were done.
func (x *exprs) histories(checked *ast.AST) []int {
	var acts []int
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || checked.GetType(e.AsSelect().Operand().ID()).TypeName() != "history" {
			return
		}
		_, id, _ := strings.Cut(e.AsSelect().FieldName(), "_")
		if i, ok := x.p.actIndex[id]; ok && !slices.Contains(acts, i) {
			acts = append(acts, i)
		}
	}))
	return acts
}

// reads lists the facts that a checked expression names, however it is written: what selects from the case or a subject, by
// the type that CEL found. With them comes what computing them may cost; one inside a macro over a list is computed as often
// as the expression, which costs at most this much, can take a step.
func (x *exprs) reads(checked *ast.AST, steps uint64) (facts []int, computing uint64) {
	again := map[int64]bool{} // what is inside a macro over a list
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind {
			ast.PreOrderVisit(e, ast.NewExprVisitor(func(inner ast.Expr) { again[inner.ID()] = true }))
		}
		if e.Kind() != ast.SelectKind {
			return
		}
		of := checked.GetType(e.AsSelect().Operand().ID()).TypeName()
		i := slices.IndexFunc(x.p.facts, func(f fact) bool { return f.id == e.AsSelect().FieldName() && f.view() == of })
		if i < 0 {
			return
		}
		if !slices.Contains(facts, i) {
			facts = append(facts, i)
		}
		if f := x.p.facts[i]; f.is != nil && again[e.ID()] {
			computing += steps * f.is.cost
		} else if f.is != nil {
			computing += f.is.cost
		}
	}))
	slices.Sort(facts)
	return facts, computing
}

// readsNow tells whether a checked expression, or a computed fact that it reads, names the moment.
func (x *exprs) readsNow(checked *ast.AST, facts []int) bool {
	named := slices.ContainsFunc(facts, func(i int) bool { is := x.p.facts[i].is; return is != nil && is.now })
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		named = named || e.Kind() == ast.IdentKind && e.AsIdent() == "now"
	}))
	return named
}

func column(e *common.Error) int { return max(0, e.Location.Column()) }
