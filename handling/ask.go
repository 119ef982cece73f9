package handling

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// MostAsked is how many characters a question or an answer has.
const MostAsked = 1000

// mostOpen is how many questions of one person may be open: a question cannot be taken back, so the list must not be flooded.
const mostOpen = 50

// Asking is a question as it is sent.
type Asking struct {
	ID casefile.ActID // made with the form: sent twice it is asked once
	Place
	Text string
}

// met is a place, read: what was named there, in which case.
type met struct {
	Place
	head  *casefile.Head // nil: at intake
	names []string       // of the people of the case, and their numbers: they do not belong into a question
}

// meet finds a place for a person who may ask about it. A place that is none comes back as *Invalid.
func (h *House) meet(ctx context.Context, who Who, at Place, now calendar.Instant) (*met, error) {
	m := &met{Place: at}
	var p *procedure.Procedure
	if at.Case != "" {
		c, err := h.open(ctx, who, authority.AskQuestion, at.Case, now)
		if err != nil {
			return nil, err
		}
		p, m.head = c.proc, &c.head
		m.Procedure, m.Unit = c.head.Procedure, authority.UnitID(c.head.Unit)
		if m.names, err = h.personal(ctx, c.proc, at.Case); err != nil {
			return nil, err
		}
	} else {
		var err error
		if p, err = h.procedureOf(at.Procedure); err != nil || !h.mayOpen(who, p, at.Unit, now) {
			return nil, casefile.ErrNotFound
		}
	}
	m.Edition = p.Edition()[:16]
	bad := &Invalid{}
	switch i := p.ActOf(at.Of); {
	case at.Clause != "" && at.On != OnRule:
		bad.add("place", "只有规则才有条款", "only a rule has clauses")
	case at.On == OnAct && i >= 0 && p.ActID(i) == at.Of:
		m.Title, m.Basis = p.Act(i).Title, p.Act(i).Basis
	case at.On == OnDuty && p.Duty(at.Of) != nil:
		m.Title, m.Basis = p.Duty(at.Of).Title, p.Duty(at.Of).Basis
	case at.On == OnRule && p.RuleOf(at.Of) >= 0:
		why := p.Why(&procedure.Finding{Rule: p.RuleOf(at.Of), Clause: at.Clause})
		m.Title, m.Basis = why.Rule.Title, why.Basis
		odd := strings.Trim(at.Clause, "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" || len(at.Clause) > 200
		if of, _, _ := strings.Cut(at.Clause, "."); at.Clause != "" && (odd || !slices.Contains(p.Acts(), of)) {
			bad.add("place", "没有这个条款："+short(at.Clause), "there is no such clause: "+short(at.Clause))
		} else if why.Asks != why.Rule.Title {
			m.Title = both(why.Rule.Title.ZH+"："+why.Asks.ZH, why.Rule.Title.EN+": "+why.Asks.EN)
		}
	default:
		bad.add("place", "这个办案程序没有所指的行为、职责或者规则："+short(at.On+" "+at.Of), "this procedure has no such act, duty or rule: "+short(at.On+" "+at.Of))
	}
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	return m, nil
}

// short is a text from outside as far as a message repeats it.
func short(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "")); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// personal lists the names, and the numbers of documents and telephones, of the people of a case.
func (h *House) personal(ctx context.Context, p *procedure.Procedure, id casefile.CaseID) ([]string, error) {
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range records {
		i := p.ActOf(r.Kind)
		if i < 0 || p.Act(i).Scope != "person" {
			continue
		}
		for _, f := range p.Act(i).Fields {
			if v := r.Datum(f.Name).Text(); slices.Contains([]string{"name", "id_number", "phone"}, f.As) && utf8.RuneCountInString(v) > 1 {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// Place reads the place of a question for the form: with its title and articles, and the number of its case.
func (h *House) Place(ctx context.Context, who Who, at Place) (Place, string, error) {
	now := h.now()
	m, err := h.meet(ctx, who, at, now)
	if err != nil {
		return Place{}, "", err
	}
	if m.head == nil {
		return m.Place, "", nil
	}
	if err := h.look(ctx, who, m.head, "ask", now); err != nil {
		return Place{}, "", err
	}
	return m.Place, numberOf(m.head), nil
}

func numberOf(head *casefile.Head) string {
	if head.Number == "" {
		return string(head.ID)
	}
	return head.Number
}

// Ask puts a question about a rule on the record, for the legal department in line with the unit. It returns *Invalid for a
// place that there is not, and for a text that is none or names people of the case.
func (h *House) Ask(ctx context.Context, who Who, a *Asking) (*Question, error) {
	now := h.now()
	m, err := h.meet(ctx, who, a.Place, now)
	if err != nil {
		return nil, err
	}
	bad := &Invalid{}
	bad.checkID(a.ID)
	text := plainText("text", a.Text, bad)
	bad.checkNames("text", text, m.names)
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	data := texts("on", m.On, "of", m.Of, "clause", m.Clause, "case", string(m.Case), "title_zh", m.Title.ZH, "title_en", m.Title.EN, "basis", strings.Join(m.Basis, " "), "text", text)
	r, err := h.questionAct(who, kindAsk, a.ID, m.Unit, data, now)
	if err != nil {
		return nil, err
	}
	r.Procedure, r.Edition = m.Procedure, m.Edition
	all, err := h.keepQuestion(ctx, r, func(all []*Question) error {
		open := 0
		for _, q := range all {
			if q.Asker == who.Person && len(q.Answers) == 0 {
				open++
			}
		}
		if open >= mostOpen {
			return &Invalid{[]Problem{{"text", both(fmt.Sprintf("你有%d个疑问尚未答复，请等待答复", open), fmt.Sprintf("%d questions of yours are still open; wait for their answers", open)), nil}}}
		}
		return nil
	}, string(who.Person), string(m.Case), string(m.Unit), m.Procedure, m.On, m.Of, m.Clause, text)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(q *Question) bool { return q.Act == a.ID && q.Asker == who.Person })
	if i < 0 {
		return nil, casefile.ErrOtherAct
	}
	return all[i], nil
}

// plainText is what was entered in a field that must be filled in and is no place for people's numbers.
func plainText(field, s string, bad *Invalid) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	switch n := utf8.RuneCountInString(s); {
	case s == "":
		bad.add(field, "必填", "required")
	case casefile.CheckText(s) != nil:
		bad.add(field, "含有不能入卷的字符："+casefile.CheckText(s).Error(), casefile.CheckText(s).Error())
	case n > MostAsked:
		bad.add(field, fmt.Sprintf("有 %d 个字，最多 %d 个", n, MostAsked), fmt.Sprintf("%d characters; %d is the most", n, MostAsked))
	case digits(s) > 8:
		bad.add(field, "写有像证件号码或者电话号码的长数字，请删去", "it has a long number, as of a document or a telephone; leave it out")
	}
	return s
}

// checkNames says that a text names somebody of the case, unless something else is wrong already.
func (e *Invalid) checkNames(field, text string, names []string) {
	if i := slices.IndexFunc(names, func(name string) bool { return mentions(text, name) }); i >= 0 && len(e.Problems) == 0 {
		e.add(field, "写有本案人员的姓名或者号码，请改写为其身份："+names[i], "it names somebody of the case, or gives their number; say who they are in it instead: "+names[i])
	}
}

// mentions tells whether a text names somebody: a number however it is written, a name in Han characters wherever it stands,
// another as a whole word.
func mentions(text, name string) bool {
	if number := folded(name); number != "" && strings.Contains(bare(text), number) {
		return true
	}
	letter := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r) }
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, size := utf8.DecodeRuneInString(text[at+len(name):])
		first, _ := utf8.DecodeRuneInString(name)
		last, _ := utf8.DecodeLastRuneInString(name)
		if !(letter(first) && letter(before)) && !(letter(last) && size > 0 && letter(after)) {
			return true
		}
		_, one := utf8.DecodeRuneInString(text[at:])
		at += one
	}
}

// dated is a day as a record writes it, which is no part of a number.
var dated = regexp.MustCompile(`\b\d{4}-\d{1,2}-\d{1,2}\b`)

// digits is the length of the longest run of digits, blanks and hyphens between them left out.
func digits(s string) int {
	most, run := 0, 0
	for _, r := range dated.ReplaceAllString(s, "/") {
		switch {
		case unicode.IsDigit(r):
			run++
		case !unicode.IsSpace(r) && !unicode.Is(unicode.Dash, r):
			run = 0
		}
		most = max(most, run)
	}
	return most
}
