package handling

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/internal/account"
	"plumbline/ledger"
	"plumbline/procedure"
)

// A survey is answered by whoever holds a slip: a code drawn by lot, which the house keeps only as a digest and gives to nobody
// by name. It takes each slip once and keeps sums: which slip gave what is in no row, and what is put down is put down for ten
// slips at a time, so that neither the log of the database nor two of its backups tell. Until then it is in memory.

// LeastAnswers is how many must have answered, and be in a group and in what a group leaves, before it is told. Our setting.
const LeastAnswers = 10

// mostSlips is how many slips one act issues.
const mostSlips = 500

// Why a slip is not taken.
var (
	ErrSlipUsed   = errors.New("this slip was used")
	ErrSurveyOver = errors.New("the survey does not take answers now")
)

// surveyRoles are the data that the house fills in by an act that counts a survey, or makes it known.
var surveyRoles = []string{"answers", "answers_all", "tally", "survey_results"}

// surveys is what was answered and is not put down yet: for each survey fewer than ten.
type surveys struct {
	mu      sync.Mutex
	waiting map[casefile.CaseID]*waiting
}

// waiting holds sums, and beside them the slips: no answer is there as somebody gave it.
type waiting struct {
	slips  map[ledger.Hash]bool
	counts map[casefile.SurveyCount]int64 // the key without its N
}

// Surveys tells whether cases of a procedure are surveys.
func Surveys(p *procedure.Procedure) bool { return counting(p) != nil }

// counting is the act of a procedure that counts a survey; nil: it has none.
func counting(p *procedure.Procedure) *procedure.ActInfo {
	for i := range p.Acts() {
		if info := p.Act(i); slices.ContainsFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "tally" }) {
			return info
		}
	}
	return nil
}

// Sheet is what whoever holds a slip is asked.
type Sheet struct {
	Title     string
	Unit      Text
	Until     calendar.Date
	Questions []SheetQuestion
	Answers   []procedure.Option // to each question
	GroupOf   Text               // what the groups are
	Groups    []procedure.Option // none: they are not asked for
}

// SheetQuestion is one question.
type SheetQuestion struct {
	ID   casefile.Subject
	Text string
}

// survey is a survey as its acts made it.
type survey struct {
	c       *standing
	plan    Plan
	count   *procedure.ActInfo
	sheet   Sheet
	started bool
	over    bool // its last day has passed, or it was closed
}

// surveyOf reads a survey; casefile.ErrNotFound where the case is none.
func (h *House) surveyOf(ctx context.Context, c *standing, now calendar.Instant) (*survey, error) {
	s := &survey{c: c, count: counting(c.proc)}
	if s.count == nil {
		return nil, casefile.ErrNotFound
	}
	records, err := h.records(ctx, c.head.ID, 0)
	if err != nil {
		return nil, err
	}
	s.plan = planOf(c.proc, effective(records))
	s.started = s.plan.From != 0 && now >= h.pack.Zone.Start(s.plan.From)
	s.over = c.head.Closed || s.plan.Until == 0 || now > h.pack.Zone.End(s.plan.Until)
	s.sheet = Sheet{Title: c.head.Title, Unit: h.unitName(string(s.plan.Unit)), Until: s.plan.Until}
	for _, x := range c.at.Subjects() {
		if x.Kind == s.count.Scope {
			s.sheet.Questions = append(s.sheet.Questions, SheetQuestion{x.ID, h.PartyName(ctx, &c.head, x.ID)})
		}
	}
	for _, f := range s.count.Fields {
		switch f.As {
		case "tally":
			s.sheet.Answers = append(s.sheet.Answers, procedure.Option{ID: f.Name, Title: f.Title})
		case "group":
			s.sheet.GroupOf, s.sheet.Groups = f.Title, f.Enum
		}
	}
	return s, nil
}

// bySlip finds the survey of a slip that may be answered. A slip nobody issued and one that is mistyped are casefile.ErrNotFound.
// The caller holds the lock where it answers.
func (h *House) bySlip(ctx context.Context, typed string) (*survey, ledger.Hash, error) {
	slip, err := account.ParseSlip(typed)
	if err != nil {
		return nil, ledger.Hash{}, casefile.ErrNotFound
	}
	digest := ledger.Hash(slip.Digest())
	id, used, err := h.store.Slip(ctx, digest)
	if err != nil {
		return nil, digest, err
	}
	if w := h.surveys.waiting[id]; used || w != nil && w.slips[digest] {
		return nil, digest, ErrSlipUsed
	}
	c, err := h.load(ctx, id)
	if err != nil {
		return nil, digest, err
	}
	s, err := h.surveyOf(ctx, c, h.now())
	if err != nil {
		return nil, digest, err
	}
	kept, err := h.store.Survey(ctx, id)
	if err == nil && (!s.started || s.over || kept.Ended) {
		err = ErrSurveyOver
	}
	return s, digest, err
}

// Sheet is what the holder of a slip is asked. That somebody looked is nowhere written: it would be a time. It fails with
// casefile.ErrNotFound, ErrSlipUsed and ErrSurveyOver.
func (h *House) Sheet(ctx context.Context, slip string) (*Sheet, error) {
	h.surveys.mu.Lock()
	defer h.surveys.mu.Unlock()
	s, _, err := h.bySlip(ctx, slip)
	if err != nil {
		return nil, err
	}
	return &s.sheet, nil
}

// AnswerSheet takes the answers of a slip, one to each question, once. It fails as Sheet does, and with *Invalid where a question
// is left out.
func (h *House) AnswerSheet(ctx context.Context, slip, group string, answers map[casefile.Subject]string) error {
	h.surveys.mu.Lock()
	defer h.surveys.mu.Unlock()
	s, digest, err := h.bySlip(ctx, slip)
	if err != nil {
		return err
	}
	if err := h.store.Health(); err != nil {
		return err
	}
	bad := &Invalid{}
	chosen := func(all []procedure.Option, id string) bool {
		return slices.ContainsFunc(all, func(o procedure.Option) bool { return o.ID == id })
	}
	for _, q := range s.sheet.Questions {
		if !chosen(s.sheet.Answers, answers[q.ID]) {
			bad.add(string(q.ID), "请选一项", "choose one")
		}
	}
	if group != "" && !chosen(s.sheet.Groups, group) {
		bad.add("group", "不在可选项中", "not one of the values to choose from")
	}
	if len(bad.Problems) > 0 {
		return bad
	}
	id := s.c.head.ID
	w := h.surveys.waiting[id]
	if w == nil {
		w = &waiting{map[ledger.Hash]bool{}, map[casefile.SurveyCount]int64{}}
		if h.surveys.waiting == nil {
			h.surveys.waiting = map[casefile.CaseID]*waiting{}
		}
		h.surveys.waiting[id] = w
	}
	w.slips[digest] = true
	for _, q := range s.sheet.Questions {
		w.counts[casefile.SurveyCount{Group: group, Question: q.ID, Answer: answers[q.ID]}]++
	}
	if len(w.slips) < LeastAnswers {
		return nil
	}
	if err := h.putDown(ctx, id); err != nil {
		h.log.Error("answers of a survey are not put down yet", "error", err) // they wait for the next
	}
	return nil
}

// putDown writes what waits. The caller holds the lock.
func (h *House) putDown(ctx context.Context, id casefile.CaseID) error {
	w := h.surveys.waiting[id]
	if w == nil {
		return nil
	}
	var counts []casefile.SurveyCount
	for c, n := range w.counts {
		c.N = n
		counts = append(counts, c)
	}
	if err := h.store.PutAnswers(ctx, id, slices.Collect(maps.Keys(w.slips)), counts); err != nil {
		return err
	}
	delete(h.surveys.waiting, id)
	return nil
}

// Settle puts down what was answered in surveys and waits for more. It is called before the store is closed: what a server that
// is killed had not put down is lost, its slips are good again.
func (h *House) Settle(ctx context.Context) error {
	h.surveys.mu.Lock()
	defer h.surveys.mu.Unlock()
	var errs []error
	for _, id := range slices.Collect(maps.Keys(h.surveys.waiting)) {
		errs = append(errs, h.putDown(ctx, id))
	}
	return errors.Join(errs...)
}

// slipsAsked is how many slips an act issues; false: it issues none.
func slipsAsked(info *procedure.ActInfo, r *casefile.Record) (int, bool) {
	for _, f := range info.Fields {
		if v := r.Datum(f.Name); f.As == "slips" && v.Known() {
			return int(v.Int()), true
		}
	}
	return 0, false
}

// issue draws the slips of an act that was kept. They are known only to who issues them, once.
func (h *House) issue(ctx context.Context, id casefile.CaseID, n int) ([]string, error) {
	var codes []string
	var digests []ledger.Hash
	for range n {
		slip, err := account.NewSlip(h.random)
		if err != nil {
			return nil, err
		}
		codes, digests = append(codes, slip.String()), append(digests, ledger.Hash(slip.Digest()))
	}
	return codes, h.store.AddSlips(ctx, id, digests)
}

// inSurvey holds acts of a survey against what keeps it about a unit and nobody in it: a question names no officer of the unit,
// and no slips are issued for a unit of few, whose answers would be about each of them.
func (h *House) inSurvey(ctx context.Context, c *standing, q *Request, info *procedure.ActInfo, r *casefile.Record, now calendar.Instant, bad *Invalid) error {
	n, issues := slipsAsked(info, r)
	count := counting(c.proc)
	if count == nil || c.head.Revision == 0 || info == count || !issues && info.Scope != count.Scope {
		return nil
	}
	s, err := h.surveyOf(ctx, c, now)
	if err != nil {
		return err
	}
	kept, err := h.store.Survey(ctx, c.head.ID)
	if err != nil {
		return err
	}
	d := h.People()
	staff := map[authority.PersonID]string{}
	for _, p := range d.People() {
		if slices.ContainsFunc(d.PostsAt(p.ID, now), func(held authority.Held) bool { return held.Unit == s.plan.Unit }) {
			staff[p.ID] = p.Name
		}
	}
	switch {
	case !issues:
		for _, f := range info.Fields {
			v := r.Datum(f.Name)
			if !v.Known() || f.Kind != casefile.Text {
				continue
			}
			for _, name := range staff {
				if len([]rune(name)) > 1 && strings.Contains(v.Text(), name) {
					bad.add(f.Name, "写有被评单位民警的姓名："+name+"；评议只问单位的工作", "it names an officer of the unit, "+name+"; a survey is about the unit's work")
				}
			}
		}
		if kept.Slips > 0 || kept.Ended {
			bad.add("subject", "答题条已经发出，问题不能再改", "slips were issued: what is asked stays as it is")
		}
	case q.Corrects != "":
		bad.add("corrects", "发出的答题条不能更正；需要更多的，再发放一次", "slips that were issued are not corrected; issue more if they are needed")
	case n < 1 || n > mostSlips:
		bad.add(slipsField(info), "一次发放1至500张", "1 to 500 at once")
	case kept.Ended || s.over:
		bad.add(slipsField(info), "评议已经截止或者已经统计", "the survey is over, or was counted")
	case len(s.sheet.Questions) == 0:
		bad.add(slipsField(info), "还没有问题", "there is no question yet")
	case len(staff) < LeastPeople:
		bad.add(slipsField(info), "被评单位在职人员不足5人，评单位等于评个人", "fewer than five people hold posts in the unit: its survey would be about each of them")
	}
	return nil
}

func slipsField(info *procedure.ActInfo) string {
	for _, f := range info.Fields {
		if f.As == "slips" {
			return f.Name
		}
	}
	return ""
}

// countedSurvey is what an act that counts a survey says: of all who answered, or of one group. The first such act ends the survey
// before anything is read, so that no two tell of different answers. Nothing is told of fewer than ten.
func (h *House) countedSurvey(ctx context.Context, c *standing, q *Request, info *procedure.ActInfo, r *casefile.Record, now calendar.Instant, bad *Invalid) ([]casefile.Datum, error) {
	s, err := h.surveyOf(ctx, c, now)
	if err != nil {
		return nil, err
	}
	if !s.over {
		bad.add("answers", "截止以后才能统计；此前不给任何数字", "it is counted after its last day; before that there is no figure")
		return nil, nil
	}
	if len(r.Subjects) != 1 {
		bad.add("subject", "一次只统计一个问题", "one question at a time")
		return nil, nil
	}
	kept, err := h.endSurvey(ctx, c.head.ID)
	if err != nil {
		return nil, err
	}
	group := ""
	for _, f := range info.Fields {
		if f.As == "group" {
			group = strings.TrimSpace(q.Data[f.Name])
		}
	}
	told, ok := tellSurvey(&kept, group)
	if !ok {
		bad.add("answers", "回答的人、该组或者剩下的人不足10人，不给数字", "fewer than ten answered, are in the group or are left without it: no figure")
		return nil, nil
	}
	var out []casefile.Datum
	for _, f := range info.Fields {
		switch f.As {
		case "answers":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.IntOf(told.people)})
		case "answers_all":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.IntOf(kept.Used)})
		case "tally":
			out = append(out, casefile.Datum{Name: f.Name, Value: casefile.IntOf(told.sums[answerTo{r.Subjects[0].ID, f.Name}])})
		}
	}
	return out, nil
}

// resultsOf writes what was counted, a line for each question and group, for an act that makes it known: nobody types it again.
func (h *House) resultsOf(ctx context.Context, c *standing, info *procedure.ActInfo) ([]casefile.Datum, error) {
	i := slices.IndexFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.As == "survey_results" })
	count := counting(c.proc)
	if i < 0 || count == nil {
		return nil, nil
	}
	records, err := h.records(ctx, c.head.ID, 0)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, r := range effective(records) {
		if r.Kind != count.ID || len(r.Subjects) != 1 {
			continue
		}
		question, people, sums := h.PartyName(ctx, &c.head, r.Subjects[0].ID), "", []string(nil)
		for _, f := range count.Fields {
			switch v := r.Datum(f.Name); {
			case !v.Known():
			case f.As == "group":
				for _, o := range f.Enum {
					if o.ID == v.Text() {
						question += "（" + o.Title.ZH + "）"
					}
				}
			case f.As == "answers":
				people = v.String()
			case f.As == "tally":
				sums = append(sums, f.Title.ZH+" "+v.String())
			}
		}
		lines = append(lines, question+"："+people+"人回答，"+strings.Join(sums, "，"))
	}
	if len(lines) == 0 {
		return nil, nil
	}
	return []casefile.Datum{{Name: info.Fields[i].Name, Value: casefile.TextOf(strings.Join(lines, "\n"))}}, nil
}

func (h *House) endSurvey(ctx context.Context, id casefile.CaseID) (casefile.Survey, error) {
	h.surveys.mu.Lock()
	defer h.surveys.mu.Unlock()
	if err := h.putDown(ctx, id); err != nil {
		return casefile.Survey{}, err
	}
	if err := h.store.EndSurvey(ctx, id); err != nil {
		return casefile.Survey{}, err
	}
	return h.store.Survey(ctx, id)
}

type answerTo struct {
	question casefile.Subject
	answer   string
}

type toldOf struct {
	people int64
	sums   map[answerTo]int64
}

// tellSurvey sums up a group, or with none all who answered; false where it is not told. Which groups are told follows from their sizes
// alone: none under ten, and where what is not told would be under ten, the smallest groups are not told either until it is not.
// So whatever is taken from whatever, ten are left.
func tellSurvey(s *casefile.Survey, group string) (toldOf, bool) {
	out := toldOf{s.Used, map[answerTo]int64{}}
	if s.Used < LeastAnswers {
		return out, false
	}
	if group != "" {
		n, ok := tellable(s)[group]
		if !ok {
			return out, false
		}
		out.people = n
	}
	for _, c := range s.Counts {
		if group == "" || c.Group == group {
			out.sums[answerTo{c.Question, c.Answer}] += c.N
		}
	}
	return out, true
}

// tellable are the groups that are told, with how many are in each.
func tellable(s *casefile.Survey) map[string]int64 {
	told, hidden := map[string]int64{}, int64(0)
	for _, c := range s.Counts {
		if c.Question == s.Counts[0].Question { // who answers answers every question
			told[c.Group] += c.N
		}
	}
	hide := func(group string) { hidden += told[group]; delete(told, group) }
	for group, n := range maps.Clone(told) {
		if group == "" || n < LeastAnswers {
			hide(group)
		}
	}
	for hidden > 0 && hidden < LeastAnswers && len(told) > 0 {
		groups := slices.Sorted(maps.Keys(told))
		hide(slices.MinFunc(groups, func(a, b string) int { return int(told[a] - told[b]) }))
	}
	return told
}

// Surveyed is a survey as who may see its case is shown it.
type Surveyed struct {
	File  *File
	Sheet Sheet
	From  calendar.Date
	Slips int64 // kept
	Said  int64 // that acts issued: where there are other slips, somebody made them
	Open  bool  // it takes answers
	Ended bool  // it was counted
	Few   bool  // of a survey that was counted: fewer than ten answered
	Rows  []SurveyRow
}

// SurveyRow is what an act told of a question, and whether counting again gives the same.
type SurveyRow struct {
	Question string
	Group    Text // empty: all
	Number   int64
	People   int64
	All      int64
	Sums     []int64 // as the sheet's Answers
	Same     bool
}

// Surveyed shows a survey: how many slips were issued and what was counted; nothing of answers before that.
func (h *House) Surveyed(ctx context.Context, who Who, id casefile.CaseID) (*Surveyed, error) {
	f, err := h.File(ctx, who, id, "survey")
	if err != nil {
		return nil, err
	}
	c, err := h.load(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := h.surveyOf(ctx, c, h.now())
	if err != nil {
		return nil, err
	}
	kept, err := h.store.Survey(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &Surveyed{File: f, Sheet: s.sheet, From: s.plan.From, Slips: kept.Slips, Open: s.started && !s.over && !kept.Ended && kept.Slips > 0, Ended: kept.Ended, Few: kept.Ended && kept.Used < LeastAnswers}
	for i := range f.Acts {
		a := &f.Acts[i]
		if a.Info != nil && len(a.Record.Refused) == 0 {
			if n, issues := slipsAsked(a.Info, a.Record); issues { // also where it was taken back: its slips are out
				out.Said += int64(n)
			}
		}
		if a.Info == nil || a.Info.ID != s.count.ID || !a.Stands() || len(a.Subjects) != 1 {
			continue
		}
		row := SurveyRow{Question: h.PartyName(ctx, &f.Head, a.Subjects[0].ID), Number: a.Number}
		group := ""
		for _, x := range a.Info.Fields {
			v := a.Record.Datum(x.Name)
			switch {
			case !v.Known():
			case x.As == "answers":
				row.People = v.Int()
			case x.As == "answers_all":
				row.All = v.Int()
			case x.As == "group":
				group = v.Text()
				for _, o := range x.Enum {
					if o.ID == group {
						row.Group = o.Title
					}
				}
			}
		}
		told, ok := tellSurvey(&kept, group)
		row.Same = ok && told.people == row.People && kept.Used == row.All
		for _, o := range s.sheet.Answers {
			n := a.Record.Datum(o.ID)
			if n.Known() {
				row.Sums = append(row.Sums, n.Int())
			} else {
				row.Sums = append(row.Sums, 0)
			}
			row.Same = row.Same && told.sums[answerTo{a.Subjects[0].ID, o.ID}] == row.Sums[len(row.Sums)-1]
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}
