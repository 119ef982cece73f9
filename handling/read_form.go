package handling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// record reads a request under the pack. Everything wrong with it is said at once; nothing is changed.
func (h *House) record(ctx context.Context, c *standing, who Who, q *Request, past []*casefile.Record, now calendar.Instant) (*casefile.Record, *procedure.ActInfo, error) {
	bad := &Invalid{}
	kind := c.proc.ActOf(q.Kind)
	if kind < 0 {
		bad.add("kind", "没有这种行为："+q.Kind, "there is no such act: "+q.Kind)
		return nil, nil, bad
	}
	info := c.proc.Act(kind)
	switch {
	case c.head.Revision == 0 && !info.Opens:
		bad.add("kind", "“"+info.Title.ZH+"”不能开启案件", info.Title.EN+" does not open a case")
	case c.head.Revision > 0 && info.Opens && q.Corrects == "" && q.Withdraws == "":
		bad.add("kind", "案件已经开启，不能再次“"+info.Title.ZH+"”", "the case is open already; "+info.Title.EN+" opens another")
	case c.head.Closed && !info.AfterClose:
		bad.add("kind", "案件已经办结，不能再实施“"+info.Title.ZH+"”", "the case is closed; "+info.Title.EN+" cannot be done any more")
	}
	if !q.ofHouse {
		bad.checkID(q.ID)
	}
	r := &casefile.Record{Number: c.head.Acts + 1, Procedure: c.head.Procedure, Edition: c.proc.Edition()[:16], Attached: q.Attached,
		Act: casefile.Act{ID: q.ID, Case: c.head.ID, Kind: info.ID, Recorded: now, Corrects: q.Corrects, Withdraws: q.Withdraws, Unit: &casefile.Unit{ID: c.head.Unit, Kind: c.head.UnitKind}}}
	old := named(q, info, past, bad)
	began := c.head.Opened
	if len(past) > 0 {
		began = past[0].Occurred // as it was first told: a correction does not move it a day at a time
	}
	r.Occurred, r.Precision = h.occurred(c, began, q, info, old, now, bad)
	inPost := r.Occurred
	if info.Decision || old != nil {
		inPost = now
	}
	var err error
	if r.Actor, err = h.actor(ctx, who.Person, &c.head, inPost, h.wordsOf(q, info)...); err != nil {
		return nil, nil, err
	}
	if q.Withdraws != "" {
		h.withdraw(c, r, info, old, bad)
	} else {
		for _, s := range q.Subjects {
			if _, ok := h.pack.Role(s.Role); s.Role != "" && s.Role != info.Role && !ok && casefile.ValidName(s.Role) {
				bad.add("subject", "没有“"+s.Role+"”这种身份", fmt.Sprintf("%q is not a role", s.Role))
			}
		}
		r.Subjects = subjects(c, q, info, past, bad)
		if old != nil {
			correct(c, r, info, old, bad)
		}
		if err := h.ownSubject(ctx, c, r, info, bad); err != nil {
			return nil, nil, err
		}
		if err := h.data(ctx, c, who, q, info, r, now, bad); err != nil {
			return nil, nil, err
		}
		for _, f := range info.Fields { // what the act comes of, no correction changes
			if f.As == "origin" && old != nil && old.Datum(f.Name).Known() {
				r.Data = append(r.Data, casefile.Datum{Name: f.Name, Value: old.Datum(f.Name)})
			}
		}
		for _, d := range info.Documents {
			r.Issued = append(r.Issued, casefile.Issued{Kind: d})
		}
	}
	if err := h.inSurvey(ctx, c, q, info, r, now, bad); err != nil {
		return nil, nil, err
	}
	h.attached(q, bad)
	if len(bad.Problems) > 0 {
		return nil, nil, bad
	}
	if missing := h.unprintable(ctx, c, r, info); missing != "" {
		bad.add("documents", "下列字符没有字形，文书不能出具；请安装含有该字的字体："+missing, "no font has these characters, so the document cannot be issued; install a font that has them: "+missing)
		return nil, nil, bad
	}
	return r, info, nil
}

// ownSubject holds that who acts only because the matter is about them does so for themselves: about a subject for which an act
// named officers, only one of these.
func (h *House) ownSubject(ctx context.Context, c *standing, r *casefile.Record, info *procedure.ActInfo, bad *Invalid) error {
	others := slices.ContainsFunc(info.By, func(post string) bool { return post != authority.ConcernedPost && slices.Contains(r.Actor.Posts, post) })
	if len(r.Subjects) == 0 || others || !slices.Contains(info.By, authority.ConcernedPost) {
		return nil
	}
	past, err := h.records(ctx, c.head.ID, 0)
	if err != nil {
		return err
	}
	named := map[casefile.Subject]string{}
	for _, x := range effective(past) {
		i := c.proc.ActOf(x.Kind)
		if i < 0 {
			continue
		}
		for _, f := range c.proc.Act(i).Fields {
			if v := x.Datum(f.Name); (f.As == "concerned" || f.As == "affected") && v.Known() {
				for _, s := range x.Subjects {
					named[s.ID] = v.Text()
				}
			}
		}
	}
	for _, s := range r.Subjects {
		if who := named[s.ID]; who != "" && !slices.Contains(strings.Split(who, ","), r.Actor.Person) {
			bad.add("subject", "只能为本人提出", "this is about somebody else; who is concerned acts for themselves")
		}
	}
	return nil
}

// ofHouse begin the ids that the house derives from what they are of: whoever could take one beforehand would keep the house from it.
var ofHouse = []string{"lead-", "due-", "import-", "o-"}

// goodID tells whether an id is one that a form was made with: long enough that nobody meets another's.
func goodID(id casefile.ActID) bool {
	return !slices.ContainsFunc(ofHouse, func(p string) bool { return strings.HasPrefix(string(id), p) }) && len(id) >= 16 && len(id) <= 64 && casefile.CheckText(string(id)) == nil && !strings.ContainsAny(string(id), " \n\t")
}

func (e *Invalid) checkID(id casefile.ActID) {
	if !goodID(id) {
		e.add("id", "缺少行为编号，请重新打开表单", "the act has no proper id; open the form again")
	}
}

// unprintable lists the characters of an act that issues a document which no font has. What frees does not wait for a font.
func (h *House) unprintable(ctx context.Context, c *standing, r *casefile.Record, info *procedure.ActInfo) string {
	if h.glyphs == nil || len(info.Documents) == 0 || info.Relieves {
		return ""
	}
	var text strings.Builder
	for _, d := range r.Data {
		text.WriteString(d.Value.String())
	}
	if c.head.Revision > 0 {
		for _, ref := range r.Subjects {
			text.WriteString(h.PartyName(ctx, &c.head, ref.ID))
		}
	}
	var list []string
	for _, c := range h.glyphs.Missing(text.String()) {
		list = append(list, fmt.Sprintf("%c (U+%04X)", c, c))
	}
	return strings.Join(list, ", ")
}

// named finds the act that a correction or a withdrawal names: of this case and kind, and one that stands. Nil: none.
func named(q *Request, info *procedure.ActInfo, past []*casefile.Record, bad *Invalid) *casefile.Record {
	field, id := "corrects", q.Corrects
	if q.Withdraws != "" {
		field, id = "withdraws", q.Withdraws
	}
	if id == "" {
		return nil
	}
	if q.Corrects != "" && q.Withdraws != "" {
		bad.add(field, "不能同时更正和撤回", "an act cannot be corrected and withdrawn at once")
		return nil
	}
	all := effective(past)
	i := slices.IndexFunc(all, func(r *casefile.Record) bool { return r.ID == id })
	if i < 0 {
		bad.add(field, "本案没有这一行为，或者已经更正、撤回或者被拒绝", "there is no such act in this case, or it was corrected, withdrawn or refused")
		return nil
	}
	if all[i].Kind != info.ID {
		bad.add(field, "只能更正或者撤回同一种行为", "only an act of the same kind can be corrected or withdrawn")
		return nil
	}
	return all[i]
}

// withdraw makes r take back old: about the same subjects, without data or documents of its own. Only who did the act, or
// who holds a post for it, takes it back.
func (h *House) withdraw(c *standing, r *casefile.Record, info *procedure.ActInfo, old *casefile.Record, bad *Invalid) {
	if old == nil {
		return
	}
	r.Subjects = old.Subjects
	if info.Opens {
		bad.add("withdraws", "开启案件的行为不能撤回，可以更正", "the act that opened the case cannot be withdrawn; correct it")
	}
	if slices.Contains(r.Actor.Relations, "concerned") && (old.Actor == nil || old.Actor.Person != r.Actor.Person) {
		bad.add("withdraws", "本人被涉及的事项，只能撤回自己的行为", "who is concerned takes back only what they did themselves")
	}
	if !answers(r, info, old) {
		bad.add("withdraws", "只能由作出该行为的人或者有权作出的人撤回", "only who did this, or holds the post for it, can withdraw it")
	}
}

// correct holds a correction against the act it stands in place of. It is about the same subjects, or an act could be moved
// from one person to another. Posts are for the judge; an act that names none is corrected by who did it, is assigned to the
// case or heads its unit.
func correct(c *standing, r *casefile.Record, info *procedure.ActInfo, old *casefile.Record, bad *Invalid) {
	if !slices.Equal(ids(r.Subjects), ids(old.Subjects)) {
		bad.add("subject", "更正不能改变行为针对的人或物；请撤回原行为，另行录入", "a correction is about the same subjects; withdraw the act and enter another")
	}
	anyone := len(info.By)+len(info.Competent) == 0
	if anyone && !answers(r, info, old) && !slices.Contains(c.head.Handlers, r.Actor.Person) && !slices.Contains(r.Actor.Posts, authority.UnitHead) {
		bad.add("corrects", "只能由作出该行为的人、本案办案人员或者办案单位负责人更正", "only who did this, a handler of the case or the head of its unit can correct it")
	}
}

// answers tells whether who enters r did the old act, or holds a post for acts of its kind.
func answers(r *casefile.Record, info *procedure.ActInfo, old *casefile.Record) bool {
	held := func(post string) bool { return post != authority.ConcernedPost && slices.Contains(r.Actor.Posts, post) }
	return old.Actor != nil && old.Actor.Person == r.Actor.Person || slices.ContainsFunc(info.By, held) || slices.ContainsFunc(info.Competent, held)
}

func ids(refs []casefile.Ref) []casefile.Subject {
	var out []casefile.Subject
	for _, ref := range refs {
		out = append(out, ref.ID)
	}
	slices.Sort(out)
	return out
}

const longestName = 200

// attached checks the files that an act names: they were taken, and are called what can be written down.
func (h *House) attached(q *Request, bad *Invalid) {
	if len(q.Attached) > MostAttached {
		bad.add("attached", fmt.Sprintf("附件有 %d 个，最多 %d 个", len(q.Attached), MostAttached), fmt.Sprintf("%d files; %d is the most", len(q.Attached), MostAttached))
		return
	}
	for _, a := range q.Attached {
		switch {
		case a.Name == "" || utf8.RuneCountInString(a.Name) > longestName || casefile.CheckText(a.Name) != nil || strings.ContainsAny(a.Name, "\n\t"):
			bad.add("attached", "附件名称过长或者含有不能入卷的字符", "the name of a file is missing, too long or has characters that cannot be kept")
		case a.Type == "" || len(a.Type) > longestName || casefile.CheckText(a.Type) != nil || strings.ContainsAny(a.Type, " \n\t"):
			bad.add("attached", "附件类型不成立："+a.Name, "not a media type: "+a.Name)
		case a.Size < 0 || a.Size > MaxAttachment:
			bad.add("attached", fmt.Sprintf("附件过大，最多 %d MB：%s", MaxAttachment>>20, a.Name), fmt.Sprintf("the file is too large, at most %d MB: %s", MaxAttachment>>20, a.Name))
		case !h.taken(a):
			bad.add("attached", "没有收到这个附件，请重新上传："+a.Name, "this file has not arrived; upload it again: "+a.Name)
		}
	}
}

func (h *House) taken(a casefile.Attached) bool {
	f, err := h.OpenAttached(a)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// occurred reads when the act happened. A decision is made now; a fact is dated by the person who enters it. A correction
// stands in the place of the act it names.
func (h *House) occurred(c *standing, began calendar.Instant, q *Request, info *procedure.ActInfo, old *casefile.Record, now calendar.Instant, bad *Invalid) (calendar.Instant, calendar.Precision) {
	if q.Corrects != "" && old != nil && (info.Decision || q.Occurred == "") {
		return old.Occurred, old.Precision
	}
	if info.Decision || q.Occurred == "" || q.Withdraws != "" {
		return now, calendar.Second
	}
	at, precision, offset, err := calendar.ParseInstant(q.Occurred)
	if err != nil || precision == calendar.Day && len(q.Occurred) > 10 {
		bad.add("occurred", "“"+q.Occurred+"”不是时间，写成 2026-03-01T10:05", fmt.Sprintf("%q is not a time; write 2026-03-01T10:05", q.Occurred))
		return now, calendar.Second
	}
	zone := h.pack.Zone
	if offset {
		bad.add("occurred", "请写本机关所在时区（"+zone.Name()+"）的时间，不写时差", "write the time of "+zone.Name()+", without an offset")
		return now, calendar.Second
	}
	at = zone.Local(at)
	kind := c.proc.ActOf(info.ID)
	frees := slices.ContainsFunc(c.proc.Duties(), func(d procedure.DutyInfo) bool { return d.Liberty && slices.Contains(d.Do, kind) })
	switch {
	case precision == calendar.Day && frees: // a day is too coarse for a limit of hours
		bad.add("occurred", "请写到几时几分，如 2026-03-01T10:05", "write the hour and minute too, as 2026-03-01T10:05")
	case at > now:
		bad.add("occurred", "时间在将来；现在是 "+h.local(now), "this time is in the future; now it is "+h.local(now))
	case c.head.Revision == 0 && at < now-366*day:
		bad.add("occurred", "早于一年以前", "more than a year ago")
	case c.head.Revision > 0 && at < began-day:
		bad.add("occurred", "早于本案开始一日以上；本案始于 "+h.local(began), "more than a day before the case began, which was "+h.local(began))
	}
	return at, precision
}

const day = calendar.Instant(24 * 3600 * 1_000_000)

// local writes an instant in the wall clock of the pack's zone, to the minute.
func (h *House) local(t calendar.Instant) string {
	return t.Time().In(h.pack.Zone.Location()).Format("2006-01-02 15:04")
}

func (h *House) year(t calendar.Instant) int { return t.Time().In(h.pack.Zone.Location()).Year() }

const mostSubjects = 50

// subjects reads whom or what the act is about. A new subject gets the next id of its kind.
func subjects(c *standing, q *Request, info *procedure.ActInfo, past []*casefile.Record, bad *Invalid) []casefile.Ref {
	known := c.at.Subjects()
	var out []casefile.Ref
	if info.Scope == "case" {
		if len(q.Subjects) > 0 {
			bad.add("subject", "“"+info.Title.ZH+"”针对全案，不针对某人某物", info.Title.EN+" is about the whole case")
		}
		return nil
	}
	if len(q.Subjects) == 0 {
		bad.add("subject", "请选择“"+info.Title.ZH+"”针对的人或物", "choose whom or what "+info.Title.EN+" is about")
	}
	fresh := 0 // the last number given to a subject of this kind, by whatever act: none is given twice
	count := func(s casefile.Ref) {
		if n, err := strconv.Atoi(strings.TrimPrefix(string(s.ID), info.Scope[:1])); err == nil && s.Kind == info.Scope {
			fresh = max(fresh, n)
		}
	}
	for _, s := range known {
		count(s)
	}
	for _, r := range past {
		for _, s := range r.Subjects {
			count(s)
		}
	}
	if len(q.Subjects) > mostSubjects {
		bad.add("subject", fmt.Sprintf("一次最多 %d 个", mostSubjects), fmt.Sprintf("%d at once is the most", mostSubjects))
		return nil
	}
	names := slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "name" })
	for _, in := range q.Subjects {
		if in.ID != "" && slices.ContainsFunc(out, func(s casefile.Ref) bool { return s.ID == in.ID }) {
			bad.add("subject", "“"+string(in.ID)+"”重复", fmt.Sprintf("%q is named twice", in.ID))
			continue
		}
		role := in.Role
		if role == "" {
			role = info.Role
		}
		if role != "" && !casefile.ValidName(role) {
			bad.add("subject", "角色“"+role+"”不成立", fmt.Sprintf("%q is not a role", role))
			continue
		}
		if in.ID == "" {
			fresh++
			out = append(out, casefile.Ref{ID: casefile.Subject(info.Scope[:1] + strconv.Itoa(fresh)), Kind: info.Scope, Role: role})
			continue
		}
		i := slices.IndexFunc(known, func(k casefile.Ref) bool { return k.ID == in.ID && k.Kind == info.Scope })
		if i < 0 {
			bad.add("subject", "本案没有“"+string(in.ID)+"”", fmt.Sprintf("there is no %s %q in this case", info.Scope, in.ID))
			continue
		}
		if in.Role == "" || !names && known[i].Role != "" {
			role = known[i].Role // only entering a person again gives another role, or an offender heard as a witness would be none
		}
		if info.Role != "" && role != info.Role && !info.Relieves { // what frees, frees whoever it is
			bad.add("subject", "“"+info.Title.ZH+"”不针对此人的身份", info.Title.EN+" is not about a subject of this role")
		}
		out = append(out, casefile.Ref{ID: in.ID, Kind: info.Scope, Role: role})
	}
	return out
}

// data reads the data of an act under the pack's types.
func (h *House) data(ctx context.Context, c *standing, who Who, q *Request, info *procedure.ActInfo, r *casefile.Record, now calendar.Instant, bad *Invalid) error {
	if draws(info) {
		drawn, err := h.draw(ctx, c, who, info, now, bad)
		if err != nil {
			return err
		}
		r.Data = append(r.Data, drawn...)
	}
	about, err := h.aboutCases(ctx, c, q, info)
	if err != nil {
		return err
	}
	r.Data = append(r.Data, about...)
	if info.Measures != nil {
		measured, err := h.measured(ctx, who, c, info, r, now, bad)
		if err != nil {
			return err
		}
		r.Data = append(r.Data, measured...)
	}
	if slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "tally" }) {
		counted, err := h.countedSurvey(ctx, c, q, info, r, now, bad)
		if err != nil {
			return err
		}
		r.Data = append(r.Data, counted...)
	}
	results, err := h.resultsOf(ctx, c, info)
	if err != nil {
		return err
	}
	r.Data = append(r.Data, results...)
	for name := range q.Data {
		if !slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == name }) {
			bad.add(name, "“"+info.Title.ZH+"”没有这一项", info.Title.EN+" has no such datum")
		}
	}
	for i := range info.Fields {
		f := &info.Fields[i]
		say := func(zh, en string) {
			bad.Problems = append(bad.Problems, Problem{Field: f.Name, Text: both(zh, en), Basis: f.Basis})
		}
		if Filled(f) {
			if q.Data[f.Name] != "" {
				say("由系统填写，不能录入", "filled in by the system, not typed")
			}
			continue
		}
		text := strings.TrimSpace(strings.ReplaceAll(q.Data[f.Name], "\r\n", "\n"))
		if text == "" {
			if f.Required {
				say("必填："+f.Title.ZH, "required: "+f.Title.EN)
			}
			continue
		}
		if err := casefile.CheckText(text); err != nil {
			say("含有不能入卷的字符："+err.Error(), err.Error())
			continue
		}
		if n := utf8.RuneCountInString(text); f.Kind == casefile.Text && f.Max > 0 && n > f.Max {
			say(fmt.Sprintf("有 %d 个字，最多 %d 个", n, f.Max), fmt.Sprintf("%d characters; %d is the most", n, f.Max))
			continue
		}
		text, ok := f.Choose(text)
		if !ok {
			say("不在可选项中", "not one of the values to choose from")
			continue
		}
		v, err := h.value(f, text)
		if err != nil {
			say(wantZH[f.Kind], err.Error())
			continue
		}
		if v.Kind() == casefile.Int && v.Int() < 0 || v.Kind() == casefile.Money && v.Money() < 0 {
			say("不能是负数", "cannot be negative")
			continue
		}
		if v.Kind() == casefile.Instant && !info.Decision && v.Instant() > now { // else a limit could be made to begin later
			say("时间在将来；现在是 "+h.local(now), "this time is in the future; now it is "+h.local(now))
			continue
		}
		u, ok := h.People().Unit(authority.UnitID(text))
		if f.As == "to_unit" && (!ok || u.Kind == authority.Superintendence || c.head.UnitKind == authority.Superintendence) || f.As == "unit" && !ok {
			say("没有这个单位，或者不能移交给它："+text, fmt.Sprintf("there is no unit %q, or none to hand a case to", text))
			continue
		}
		if h.comesPublic(info, f) {
			name, err := h.unredacted(ctx, c, q, info, text)
			if err != nil {
				return err
			}
			if name != "" {
				say("写有案件人员的姓名或者号码，请隐去："+name, "it names somebody of the case, or gives their number; leave it out: "+name)
				continue
			}
		}
		if f.As == "rule" {
			if _, _, ok := h.ruleNamed(text); !ok {
				say("没有这条规则："+text+"；写规则编号，其他程序的写成 程序/编号", fmt.Sprintf("there is no rule %q; write its id, of another procedure PROCEDURE/ID", text))
				continue
			}
		}
		if f.As == "case" || f.As == "finding" {
			ok := false
			if v, ok = h.reference(ctx, who, c.head.UnitKind, f, text, now); !ok {
				say("没有这个编号，或者无权查看："+text, fmt.Sprintf("there is no %q, or it is not yours to see", text))
				continue
			}
		}
		if f.As == "counted" {
			named := commas(text)
			_, unseen, err := h.counted(ctx, who, named, now)
			if err != nil {
				return err
			}
			if unseen > 0 || len(named) > MostCounted {
				say(fmt.Sprintf("有问题编号不存在或者无权查看，或者多于%d个", MostCounted), fmt.Sprintf("some of these findings do not exist or are not yours to see, or there are more than %d", MostCounted))
				continue
			}
			v = casefile.TextOf(strings.Join(named, ","))
		}
		if slices.Contains([]string{"officers", "handlers", "concerned", "affected", "complained_of"}, f.As) {
			if v, err = h.officers(goesTo(c, q, info), f, text, now); err != nil {
				say("不是本单位在职民警的编号："+text, err.Error())
				continue
			}
		}
		r.Data = append(r.Data, casefile.Datum{Name: f.Name, Value: v})
	}
	return nil
}

var wantZH = map[casefile.Kind]string{casefile.Bool: "请选择是或者否", casefile.Int: "请填整数", casefile.Number: "请填数字", casefile.Money: "请填金额，如 500 或者 35.50", casefile.Instant: "请填时间，如 2026-03-01T10:05", casefile.Date: "请填日期，如 2026-03-01"}

func (h *House) value(f *procedure.FieldInfo, text string) (casefile.Value, error) {
	if f.Kind == casefile.Instant {
		i, precision, offset, err := calendar.ParseInstant(text)
		if err == nil && precision == calendar.Day {
			err = errors.New("write date and time, as 2026-03-01T10:05")
		}
		if err == nil && offset {
			err = fmt.Errorf("write the time of %s, without an offset", h.pack.Zone.Name())
		}
		return casefile.InstantOf(h.pack.Zone.Local(i)), err
	}
	return casefile.ParseValue(f.Kind, text, h.pack.Zone)
}

// commas are the ids in a text, each once.
func commas(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '，' || r == '、' || unicode.IsSpace(r) }) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// goesTo is the unit that has the case once the act is done.
func goesTo(c *standing, q *Request, info *procedure.ActInfo) authority.UnitID {
	for _, f := range info.Fields {
		if to := strings.TrimSpace(q.Data[f.Name]); f.As == "to_unit" && to != "" {
			return authority.UnitID(to)
		}
	}
	return authority.UnitID(c.head.Unit)
}

// officers reads ids or police numbers of officers, separated by commas or spaces. Handlers must be in a handler's post
// of the unit that holds the case.
func (h *House) officers(unit authority.UnitID, f *procedure.FieldInfo, text string, now calendar.Instant) (casefile.Value, error) {
	var ids []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '，' || r == '、' || r == ' ' }) {
		p, ok := h.People().Person(authority.PersonID(w))
		if !ok {
			p, ok = h.People().ByNumber(w)
		}
		if !ok || len(h.People().PostsAt(p.ID, now)) == 0 {
			return casefile.Value{}, fmt.Errorf("%q is not an officer in post", w)
		}
		if f.As == "handlers" && !slices.Contains(h.People().InPost(authority.Handler, unit, now), p.ID) {
			return casefile.Value{}, fmt.Errorf("%q is not a case handler of the unit that holds the case", w)
		}
		if !slices.Contains(ids, string(p.ID)) {
			ids = append(ids, string(p.ID))
		}
	}
	if len(ids) == 0 {
		return casefile.Value{}, fmt.Errorf("%q names nobody", text)
	}
	return casefile.TextOf(strings.Join(ids, ",")), nil
}
