package main

import (
	"fmt"
	"regexp"
	"strings"

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
// for none. What it cannot read comes back as it is.
func (w *words) expr(source string, act, prior int) string {
	r := &reader{w: w, act: act, prior: prior, rest: tokens.FindAllString(source, -1)}
	n := r.or()
	if r.bad || len(r.rest) > 0 || n.text == "" {
		return source
	}
	return r.yes(n)
}

var tokens = regexp.MustCompile(`'[^']*'|"[^"]*"|[0-9.]+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|&&|\|\||[=!<>]=|[-+*/<>!()?:,.]|\S`)

// node is a piece in words: bare names a yes-or-no datum and its opposite.
type node struct {
	text, not string
	bare      bool
	options   []procedure.Option
	literal   bool
	joined    bool
}

type reader struct {
	w          *words
	act, prior int
	rest       []string
	bad        bool
}

func (r *reader) next() string {
	if len(r.rest) == 0 {
		r.bad = true
		return ""
	}
	s := r.rest[0]
	r.rest = r.rest[1:]
	return s
}

func (r *reader) is(s string) bool { return len(r.rest) > 0 && r.rest[0] == s }

func (r *reader) take(s string) bool {
	if r.is(s) {
		r.rest = r.rest[1:]
		return true
	}
	return false
}

func (r *reader) need(s string) {
	if !r.take(s) {
		r.bad = true
	}
}

// yes states a bare datum.
func (r *reader) yes(n node) string {
	if n.bare {
		return n.text + r.w.t("为“是”", " is yes")
	}
	return n.text
}

func (r *reader) join(op, zh, en string, part func() node) node {
	first := part()
	if !r.is(op) {
		return first
	}
	group := func(n node) string {
		if n.joined {
			return r.w.t("（", "(") + r.yes(n) + r.w.t("）", ")")
		}
		return r.yes(n)
	}
	out := []string{group(first)}
	for r.take(op) {
		out = append(out, group(part()))
	}
	return node{text: strings.Join(out, r.w.t(zh, en)), joined: true}
}

func (r *reader) or() node  { return r.join("||", "，或者", ", or ", r.and) }
func (r *reader) and() node { return r.join("&&", "，并且", ", and ", r.compare) }

var compareWords = map[string]procedure.Text{"==": {ZH: "为", EN: " is "}, "!=": {ZH: "不为", EN: " is not "}, "<": {ZH: " < ", EN: " < "}, "<=": {ZH: " ≤ ", EN: " ≤ "}, ">": {ZH: " > ", EN: " > "}, ">=": {ZH: " ≥ ", EN: " ≥ "}}

func (r *reader) compare() node {
	left := r.sum()
	if len(r.rest) == 0 {
		return left
	}
	op, ok := compareWords[r.rest[0]]
	if !ok {
		return left
	}
	r.next()
	right := r.sum()
	value := func(n, of node) string {
		if !n.literal {
			return n.text
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
	return node{text: value(left, right) + r.w.in(op) + value(right, left)}
}

func (r *reader) sum() node {
	n := r.not()
	for len(r.rest) > 0 && strings.Contains("+ - * /", r.rest[0]) {
		op := r.next()
		n = node{text: n.text + " " + op + " " + r.not().text}
	}
	return n
}

func (r *reader) not() node {
	if !r.take("!") {
		return r.primary()
	}
	n := r.not()
	switch {
	case n.bare:
		return node{text: n.text + r.w.t("为“否”", " is no")}
	case n.not != "":
		return node{text: n.not, not: n.text}
	}
	return node{text: r.w.t("并非（"+n.text+"）", "not ("+n.text+")")}
}

func (r *reader) primary() node {
	tok := r.next()
	switch {
	case tok == "(":
		n := r.or()
		r.need(")")
		if n.joined {
			n = node{text: r.w.t("（"+n.text+"）", "("+n.text+")")}
		}
		return n
	case tok == "":
		return node{}
	case tok[0] == '\'' || tok[0] == '"':
		return node{text: tok[1 : len(tok)-1], literal: true}
	case tok[0] >= '0' && tok[0] <= '9':
		return node{text: strings.TrimSuffix(tok, ".0")}
	case tok == "true":
		return node{text: r.w.t("“是”", "yes")}
	case tok == "false":
		return node{text: r.w.t("“否”", "no")}
	case !wordStart.MatchString(tok):
		r.bad = true
		return node{}
	}
	if !r.take("(") {
		return r.datum(tok)
	}
	var args []node
	for !r.is(")") && !r.bad {
		args = append(args, r.or())
		if !r.take(",") {
			break
		}
	}
	r.need(")")
	return r.call(tok, args)
}

var wordStart = regexp.MustCompile(`^[A-Za-z_]`)

func (r *reader) call(fn string, args []node) node {
	w := r.w
	at := func(i int) string {
		if i >= len(args) {
			r.bad = true
			return ""
		}
		return args[i].text
	}
	if of, ok := strings.CutSuffix(fn, ".matches"); ok {
		t := r.datum(of).text
		return node{text: t + w.t("符合格式 ", " has the form ") + at(0), not: t + w.t("不符合格式 ", " has not the form ") + at(0)}
	}
	switch fn {
	case "done":
		a := w.actNamed(at(0))
		return node{text: w.t("已实施"+a, a+" was done"), not: w.t("未实施"+a, a+" was not done")}
	case "count":
		return node{text: w.t("实施"+w.actNamed(at(0))+"的次数", "the number of times "+w.actNamed(at(0))+" was done")}
	case "first", "last":
		return node{text: w.t(map[string]string{"first": "首次", "last": "最近一次"}[fn]+w.actNamed(at(0))+"的时间", "the time of the "+fn+" "+w.actNamed(at(0)))}
	case "hours", "days", "wd":
		unit := map[string]procedure.Text{"hours": {ZH: "小时数", EN: "hours"}, "days": {ZH: "日历日数", EN: "calendar days"}, "wd": {ZH: "工作日数", EN: "working days"}}[fn]
		return node{text: w.t("从"+at(0)+"到"+at(1)+"的"+unit.ZH, "the "+unit.EN+" from "+at(0)+" to "+at(1))}
	case "money":
		return node{text: at(0)}
	case "in_range":
		return node{text: w.t("拟处的"+at(2)+"和"+at(3)+"在"+at(0)+"、"+at(1)+"的法定幅度之内", at(2)+" and "+at(3)+" lie in the range of "+at(0)+" with "+at(1))}
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
