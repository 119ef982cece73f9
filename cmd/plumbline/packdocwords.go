package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"

	"plumbline/procedure"
)

// words tells clauses and expressions of one procedure in one language. The expression itself is always printed beside
// its words: the words are for reading, the expression is what is judged.
type words struct {
	zh   bool
	pack *procedure.Pack
	p    *procedure.Procedure

	fact map[string]procedure.FactText
	set  map[string]procedure.SetText
}

func newWords(lang string, pack *procedure.Pack, p *procedure.Procedure) *words {
	w := &words{zh: lang == "zh", pack: pack, p: p, fact: map[string]procedure.FactText{}, set: map[string]procedure.SetText{}}
	for _, f := range p.Facts() {
		key := "subject." + f.ID
		if f.Scope == "case" {
			key = "case." + f.ID
		}
		w.fact[key] = f
	}
	for _, s := range p.Sets() {
		w.set[s.ID] = s
	}
	return w
}

func (w *words) t(zh, en string) string {
	if w.zh {
		return zh
	}
	return en
}

func (w *words) in(t procedure.Text) string { return t.In(w.t("zh", "en")) }

func (w *words) quote(s string) string { return w.t("“"+s+"”", "‘"+s+"’") }

func (w *words) act(i int) string { return w.quote(w.in(w.p.ActTitle(i))) }

func (w *words) actNamed(id string) string {
	if i := w.p.ActOf(id); i >= 0 {
		return w.act(i)
	}
	return w.quote(id)
}

func (w *words) acts(list []int) string {
	var out []string
	for _, i := range list {
		out = append(out, w.act(i))
	}
	return strings.Join(out, w.t("或者", " or "))
}

// member names one member of a set.
func (w *words) member(id string) string {
	s, ok := w.set[id]
	if m := roleIs.FindStringSubmatch(s.Where); m != nil {
		if t, ok := w.pack.Role(m[1]); ok {
			return w.in(t)
		}
	}
	if !ok || s.Where == "" {
		return id
	}
	return id + w.t("（"+w.expr(s.Where, -1, -1)+"）", " ("+w.expr(s.Where, -1, -1)+")")
}

var roleIs = regexp.MustCompile(`^subject\.role\s*==\s*'(\w+)'$`)

var scopeNames = map[string]procedure.Text{
	"case": {ZH: "案件", EN: "case"}, "person": {ZH: "人员", EN: "person"}, "item": {ZH: "物品", EN: "item"},
	"document": {ZH: "文书", EN: "document"}, "call": {ZH: "警情", EN: "call"},
}

var kindTitles = map[string]procedure.Text{
	"bool": {ZH: "是或否", EN: "yes or no"}, "int": {ZH: "整数", EN: "whole number"}, "number": {ZH: "数值", EN: "number"}, "money": {ZH: "金额", EN: "amount of money"},
	"text": {ZH: "文字", EN: "text"}, "instant": {ZH: "时刻", EN: "date and time"}, "date": {ZH: "日期", EN: "date"},
}

// expr tells an expression in words; prior is the act whose data `done.` reads, act the one whose data `act.` reads, -1
// for none. What it cannot tell comes back as it is.
func (w *words) expr(source string, act, prior int) string {
	tree, errs := exprParser.Parse(common.NewTextSource(source))
	if len(errs.GetErrors()) > 0 {
		return source
	}
	r := &reader{w: w, act: act, prior: prior}
	n := r.tell(tree.Expr())
	if r.bad || n.text == "" {
		return source
	}
	return r.yes(n)
}

// exprParser knows no macros, so that done('send') stays a call, and keeps a && b && c in one call.
var exprParser, _ = parser.NewParser(parser.EnableVariadicOperatorASTs(true)) // an option that cannot fail

// node is a piece in words: bare names a yes-or-no datum and its opposite.
type node struct {
	text, not string
	bare      bool
	options   []procedure.Option
	literal   bool
	joined    bool
}

// reader tells one parsed expression; bad says that it met something it has no words for.
type reader struct {
	w          *words
	act, prior int
	bad        bool
}

// yes states a bare datum.
func (r *reader) yes(n node) string {
	if n.bare {
		return n.text + r.w.t("为“是”", " is yes")
	}
	return n.text
}

func (r *reader) tell(e ast.Expr) node {
	switch e.Kind() {
	case ast.CallKind:
		return r.call(e.AsCall())
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.String:
			return node{text: string(v), literal: true}
		case types.Int:
			return node{text: strconv.FormatInt(int64(v), 10)}
		case types.Double:
			return node{text: strconv.FormatFloat(float64(v), 'f', -1, 64)}
		case types.Bool:
			if v {
				return node{text: r.w.t("“是”", "yes")}
			}
			return node{text: r.w.t("“否”", "no")}
		}
	case ast.IdentKind:
		return r.datum(e.AsIdent())
	case ast.SelectKind:
		if s := e.AsSelect(); s.Operand().Kind() == ast.IdentKind {
			return r.datum(s.Operand().AsIdent() + "." + s.FieldName())
		}
	}
	r.bad = true
	return node{}
}

// group puts what was joined in parentheses, to stand inside something else.
func (r *reader) group(n node) string {
	if n.joined {
		return r.w.t("（"+n.text+"）", "("+n.text+")")
	}
	return n.text
}

func (r *reader) join(zh, en string, parts []node) node {
	var out []string
	for _, n := range parts {
		n.text = r.yes(n)
		out = append(out, r.group(n))
	}
	return node{text: strings.Join(out, r.w.t(zh, en)), joined: true}
}

var compareWords = map[string]procedure.Text{
	operators.Equals: {ZH: "为", EN: " is "}, operators.NotEquals: {ZH: "不为", EN: " is not "},
	operators.Less: {ZH: " < ", EN: " < "}, operators.LessEquals: {ZH: " ≤ ", EN: " ≤ "},
	operators.Greater: {ZH: " > ", EN: " > "}, operators.GreaterEquals: {ZH: " ≥ ", EN: " ≥ "},
}

// value names n where it is compared with of.
func (r *reader) value(n, of node) string {
	if !n.literal {
		return r.group(n)
	}
	if n.text == "" {
		return r.w.t("空白", "empty")
	}
	for _, o := range of.options {
		if o.ID == n.text {
			return r.w.quote(r.w.in(o.Title))
		}
	}
	return r.w.quote(n.text)
}

func (r *reader) not(n node) node {
	switch {
	case n.bare:
		return node{text: n.text + r.w.t("为“否”", " is no")}
	case n.not != "":
		return node{text: n.not, not: n.text}
	}
	return node{text: r.w.t("并非（"+n.text+"）", "not ("+n.text+")")}
}

func (r *reader) call(c ast.CallExpr) node {
	w, fn := r.w, c.FunctionName()
	var args []node
	if c.IsMemberFunction() {
		fn = "." + fn
		args = append(args, r.tell(c.Target()))
	}
	for _, a := range c.Args() {
		args = append(args, r.tell(a))
	}
	at := func(i int) string {
		if i >= len(args) {
			r.bad = true
			return ""
		}
		return args[i].text
	}
	if op, ok := compareWords[fn]; ok {
		return node{text: r.value(args[0], args[1]) + w.in(op) + r.value(args[1], args[0])}
	}
	switch fn {
	case operators.LogicalOr:
		return r.join("，或者", ", or ", args)
	case operators.LogicalAnd:
		return r.join("，并且", ", and ", args)
	case operators.LogicalNot:
		return r.not(args[0])
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide:
		op, _ := operators.FindReverse(fn)
		return node{text: at(0) + " " + op + " " + at(1)}
	case ".matches":
		return node{text: at(0) + w.t("符合格式 ", " has the form ") + at(1), not: at(0) + w.t("不符合格式 ", " has not the form ") + at(1)}
	case "done":
		a := w.actNamed(at(0))
		return node{text: w.t("已实施"+a, a+" was done"), not: w.t("未实施"+a, a+" was not done")}
	case "count":
		return node{text: w.t("实施"+w.actNamed(at(0))+"的次数", "the number of times "+w.actNamed(at(0))+" was done")}
	case "holds":
		q := at(0)
		if t, ok := w.pack.Qualification(q); ok {
			q = w.in(t)
		}
		return node{text: w.t("行为人具备"+q, "who acts holds "+q), not: w.t("行为人不具备"+q, "who acts does not hold "+q)}
	case "first", "last":
		return node{text: w.t(map[string]string{"first": "首次", "last": "最近一次"}[fn]+w.actNamed(at(0))+"的时间", "the time of the "+fn+" "+w.actNamed(at(0)))}
	case "hours", "days", "wd":
		unit := map[string]procedure.Text{"hours": {ZH: "小时数", EN: "hours"}, "days": {ZH: "日历日数", EN: "calendar days"}, "wd": {ZH: "工作日数", EN: "working days"}}[fn]
		return node{text: w.t("从"+at(0)+"到"+at(1)+"的"+unit.ZH, "the "+unit.EN+" from "+at(0)+" to "+at(1))}
	case "money":
		return node{text: at(0)}
	case "in_range":
		return node{text: w.t("拟处的"+at(2)+"和"+at(3)+"在"+at(0)+"、"+at(1)+"的法定幅度之内", at(2)+" and "+at(3)+" lie in the range of "+at(0)+" with "+at(1))}
	case "not_above":
		return node{text: w.t("拟处的"+at(2)+"和"+at(3)+"不高于"+at(0)+"、"+at(1)+"的法定上限", at(2)+" and "+at(3)+" are not above the range of "+at(0)+" with "+at(1))}
	case "mediation":
		return node{text: w.t(at(0)+"在目录中的调解类别", "what the catalogue says of mediating "+at(0)), options: []procedure.Option{
			{ID: "class", Title: procedure.Text{ZH: "可以调解的行为", EN: "may be mediated"}}, {ID: "maybe", Title: procedure.Text{ZH: "由办案机关酌定", EN: "whoever decides may"}}, {ID: "excluded", Title: procedure.Text{ZH: "不适用调解", EN: "excluded"}}}}
	case "may_detain":
		return node{text: w.t(at(0)+"可以处行政拘留", "detention is possible for "+at(0)), not: w.t(at(0)+"不能处行政拘留", "detention is not possible for "+at(0))}
	case "most_days", "most_fine":
		what := map[string]procedure.Text{"most_days": {ZH: "最长拘留日数", EN: "the longest detention"}, "most_fine": {ZH: "最高罚款", EN: "the highest fine"}}[fn]
		return node{text: w.t(at(0)+"的"+what.ZH, what.EN+" for "+at(0))}
	case "flagged":
		return node{text: w.t(at(0)+"在目录中标有 "+at(1), "the catalogue marks "+at(0)+" as "+at(1)), not: w.t(at(0)+"在目录中未标有 "+at(1), "the catalogue does not mark "+at(0)+" as "+at(1))}
	case "in_force":
		return node{text: w.t(at(1)+"时适用"+at(0)+"版本", "version "+at(0)+" was in force at "+at(1)), not: w.t(at(1)+"时不适用"+at(0)+"版本", "version "+at(0)+" was not in force at "+at(1))}
	case "age":
		return node{text: w.t("按"+at(0)+"计算到"+at(1)+"的周岁", "the age, from "+at(0)+", at "+at(1))}
	case "abs":
		return node{text: "|" + at(0) + "|"}
	case "has":
		return node{text: at(0) + w.t("已填写", " is given"), not: at(0) + w.t("未填写", " is not given")}
	}
	r.bad = true
	return node{}
}

// datum names what a dotted name stands for.
func (r *reader) datum(name string) node {
	w := r.w
	head, field, dotted := strings.Cut(name, ".")
	if f, ok := w.fact[name]; ok {
		title := w.quote(w.in(f.Title))
		if f.Title == (procedure.Text{}) {
			title = name // of two data of one name the expression tells which
		}
		n := node{text: title, bare: f.Kind.String() == "bool"}
		for _, from := range f.From {
			id, datum, with := strings.Cut(from, ".")
			if !with {
				datum = f.ID
			}
			if i := w.p.ActOf(id); i >= 0 {
				for _, x := range w.p.Act(i).Fields {
					if x.Name == datum {
						n.options = append(n.options, x.Enum...)
					}
				}
			}
		}
		return n
	}
	at := map[string]int{"act": r.act, "done": r.prior}
	if i, ok := at[head]; ok && dotted {
		if field == "occurred" {
			return node{text: w.t("行为时间", "the time of the act")}
		}
		if field == "recorded" {
			return node{text: w.t("录入时间", "the time it was recorded")}
		}
		if i >= 0 {
			for _, x := range w.p.Act(i).Fields {
				if x.Name == field {
					t := w.quote(w.in(x.Title))
					if x.Title.ZH == x.Name && head == "act" { // the pack gives no title
						t = name
					}
					if head == "done" {
						t = w.t(w.act(i)+"的"+t, t+" of "+w.act(i))
					}
					return node{text: t, bare: x.Kind.String() == "bool", options: x.Enum}
				}
			}
		}
	}
	var options []procedure.Option
	switch name {
	case "unit.kind":
		for _, id := range w.pack.UnitKinds() {
			t, _ := w.pack.UnitKind(id)
			options = append(options, procedure.Option{ID: id, Title: t})
		}
		return node{text: w.t("办案单位类别", "the kind of the handling unit"), options: options}
	case "subject.role":
		for _, id := range w.pack.Roles() {
			t, _ := w.pack.Role(id)
			options = append(options, procedure.Option{ID: id, Title: t})
		}
		return node{text: w.t("其角色", "the role"), options: options}
	}
	return node{text: name}
}

// said is a clause told to people.
type said struct {
	Text  string
	Notes []string // when, unless and the like, one a line
	Exprs []string // the expressions as they are written
}

func (s *said) note(text, source string) {
	s.Notes = append(s.Notes, text)
	if source != "" {
		s.Exprs = append(s.Exprs, source)
	}
}

func (w *words) term(list []procedure.LimitTier, act int) string {
	var out []string
	for i, t := range list {
		s := w.in(procedure.TermText(t.Term))
		if t.When != "" {
			s += w.t("（"+w.expr(t.When, act, -1)+"）", " ("+w.expr(t.When, act, -1)+")")
		} else if i > 0 {
			s += w.t("（其他情形）", " (otherwise)")
		}
		s += w.versions(t.From, t.Until)
		out = append(out, s)
	}
	return strings.Join(out, w.t("；", "; "))
}

func (w *words) versions(from, until string) string {
	var out string
	if from != "" {
		out += w.t("，自"+from+"版起", ", from version "+from)
	}
	if until != "" {
		out += w.t("，至"+until+"版止", ", until version "+until)
	}
	return out
}

// clause tells what a clause of act asks for.
func (w *words) clause(c *procedure.Clause, act int) said {
	var s said
	prior := -1
	if len(c.Acts) > 0 {
		prior = c.Acts[0]
	}
	acts := w.acts(c.Acts)
	of := ""
	if c.Of != "" {
		m := w.member(c.Of)
		of = w.t("对每名"+m+"：", "for every "+m+": ")
		if c.Any {
			of = w.t("对任一"+m+"：", "for any "+m+": ")
		}
		if sc := w.set[c.Of].Scope; sc != "person" {
			of = strings.Replace(of, "每名", "每个", 1)
		}
	}
	switch c.Kind {
	case "after":
		s.Text = w.t("须先："+of+acts, "First: "+of+acts)
		if c.Delay != nil {
			d := w.in(procedure.TermText(*c.Delay))
			s.Text = w.t("须先："+of+acts+"，并且此后已满"+d, "First: "+of+acts+", and "+d+" have run out since")
		}
		if c.That != "" {
			s.note(w.t("且须："+w.expr(c.That, act, prior), "and with: "+w.expr(c.That, act, prior)), c.That)
		}
		if c.MayBeEmpty {
			s.note(w.t("没有此类对象的，视为满足", "met where there is nobody of that kind"), "")
		}
	case "no_later_than":
		s.Text = w.t("不得迟于"+acts+"之后："+w.term(c.Tiers, act), "Not later after "+acts+" than: "+w.term(c.Tiers, act))
		for _, t := range c.Tiers {
			if t.When != "" {
				s.Exprs = append(s.Exprs, t.When)
			}
		}
	case "not_while":
		s.Text = w.t("尚有应当实施"+acts+"的职责未了的，不得实施", "Not while a duty to do "+acts+" is pending")
	case "expect", "check":
		s.Text = w.t("要求："+of+w.expr(c.That, act, prior), "Asked for: "+of+w.expr(c.That, act, prior))
		if c.Kind == "check" {
			s.Text = w.t("终了时", "At the end. ") + s.Text
		}
		s.Exprs = append(s.Exprs, c.That)
	case "excludes":
		s.Text = w.t("此后不得实施："+acts, "From then on not: "+acts)
	case "apart":
		s.Text = w.t("同一案件中不得既有"+acts+"又有"+w.acts(c.Other), "Not both in one case: "+acts+", and "+w.acts(c.Other))
	}
	w.guards(c, act, prior, &s)
	return s
}

// guards adds when a clause speaks and when it is silent.
func (w *words) guards(c *procedure.Clause, act, prior int, s *said) {
	if c.When != "" {
		s.note(w.t("仅当："+w.expr(c.When, act, prior), "only when: "+w.expr(c.When, act, prior)), c.When)
	}
	if c.Unless != "" {
		s.note(w.t("除非："+w.expr(c.Unless, act, prior), "unless: "+w.expr(c.Unless, act, prior)), c.Unless)
	}
	if len(c.UnlessDone) > 0 {
		s.note(w.t("已实施"+w.acts(c.UnlessDone)+"的除外", "not where "+w.acts(c.UnlessDone)+" was done"), "")
	}
	if len(c.Since) > 0 {
		var list []string
		for _, i := range c.Since {
			list = append(list, w.act(i))
		}
		s.note(w.t("只计最近一次"+strings.Join(list, "、")+"之后实施的", "only what was done after the last "+strings.Join(list, ", ")+" counts"), "")
	}
	if v := w.versions(c.From, c.Until); v != "" {
		s.note(strings.TrimLeft(v, "，, "), "")
	}
	if c.Warn {
		s.note(w.t("仅提醒，不作为违法", "a warning only, never a breach"), "")
	}
}

// half takes one language of a remark that packs write as 中文 / English.
func (w *words) half(s string) string {
	zh, en, ok := strings.Cut(s, " / ")
	if !ok || !han.MatchString(zh) || strings.Contains(en, " / ") || han.MatchString(en) {
		return s
	}
	return w.t(zh, en)
}

var han = regexp.MustCompile(`\p{Han}`)

func (w *words) posts(ids []string) string {
	var out []string
	for _, id := range ids {
		t, ok := w.pack.Post(id)
		if !ok {
			t = procedure.Text{ZH: id, EN: id}
		}
		out = append(out, w.in(t))
	}
	return strings.Join(out, w.t("、", ", "))
}

func (w *words) severity(n int) string {
	return fmt.Sprintf("%d %s", n, []string{"", w.t("严重", "gravest"), w.t("较重", "grave"), w.t("一般", "medium"), w.t("轻微", "slight")}[n])
}
