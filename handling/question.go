package handling

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
)

// questionsCase is the file in which every question about a rule, and every answer, is an act, so that nobody can drop one
// quietly. Like the people's file it is no case of a procedure, and nobody lists it.
const questionsCase casefile.CaseID = "questions"

// The kinds of act in it.
const (
	kindAsk    = "ask_question"
	kindAnswer = "answer_question"
)

// Place is where a rule was met that is not clear: an act, a duty or a rule of a procedure. Nothing in it is of people.
type Place struct {
	Case      casefile.CaseID  // empty: at intake, before there is a case
	Unit      authority.UnitID // that asks at intake; of a case its own
	Procedure string           // pack/procedure; of a case its own
	Edition   string           // of the procedure, when it was asked
	On        string           // OnAct, OnDuty or OnRule
	Of        string           // its id
	Clause    string           // of a rule: which of its demands; may be empty
	Title     Text
	Basis     []string
}

// What a question can be about.
const (
	OnAct  = "act"
	OnDuty = "duty"
	OnRule = "rule"
)

// Same tells whether two questions were met at the same act, duty or rule, in whatever case.
func (p *Place) Same(o *Place) bool {
	return p.Procedure == o.Procedure && p.On == o.On && p.Of == o.Of && (p.Clause == o.Clause || p.Clause == "" || o.Clause == "")
}

// Question is what somebody asked about a rule, with what was answered.
type Question struct {
	Number int64 // 1, 2, 3 … as they were asked; none is missing
	Act    casefile.ActID
	Place
	Asker   authority.PersonID
	At      calendar.Instant
	Text    string
	Answers []Answered // the first first; none: it is open
}

// Answered is one answer. A later one adds to those before it, which stay.
type Answered struct {
	Act     casefile.ActID
	By      authority.PersonID
	At      calendar.Instant
	Verdict string // one of Verdicts
	Text    string
}

func (q *Question) has(id casefile.ActID) bool {
	return q.Act == id || slices.ContainsFunc(q.Answers, func(a Answered) bool { return a.Act == id })
}

// Verdicts are what an answer may come to: the pack is right as it is; it should change; or the text leaves it open, and
// this is how we read it.
var Verdicts = []string{"right", "change", "reading"}

// questions is the file of questions, folded as far as it was read.
type questions struct {
	write sync.Mutex // held while one is committed: else those asked at once would wait for each other in vain
	mu    sync.Mutex
	all   []*Question            // never changed: an answer puts another in its place
	of    map[casefile.ActID]int // by the act that asked
	heard int64                  // acts of the file that are in it
}

// questionFile folds what the file has gained since it was last read, and returns all questions, and how many acts it has.
// It is read again each time: another process may write, and the outcome of one's own change may have been lost.
func (h *House) questionFile(ctx context.Context) ([]*Question, int64, error) {
	f := &h.asked
	f.mu.Lock()
	defer f.mu.Unlock()
	records, err := h.records(ctx, questionsCase, f.heard)
	if err != nil {
		return nil, 0, fmt.Errorf("questions: %w", err)
	}
	for _, r := range records {
		if err := f.add(r); err != nil {
			return nil, 0, fmt.Errorf("questions: act %d: %w", r.Number, err)
		}
		f.heard = r.Number
	}
	return slices.Clone(f.all), f.heard, nil
}

// add folds one act.
func (f *questions) add(r *casefile.Record) error {
	data := map[string]string{}
	for _, d := range r.Data {
		data[d.Name] = d.Value.Text()
	}
	if r.Actor == nil || r.Unit == nil {
		return errors.New("nobody, or no unit, asked or answered")
	}
	by := authority.PersonID(r.Actor.Person)
	switch r.Kind {
	case kindAsk:
		if f.of == nil {
			f.of = map[casefile.ActID]int{}
		}
		f.of[r.ID] = len(f.all)
		f.all = append(f.all, &Question{Number: int64(len(f.all)) + 1, Act: r.ID, Asker: by, At: r.Recorded, Text: data["text"], Place: Place{Case: casefile.CaseID(data["case"]), Unit: authority.UnitID(r.Unit.ID),
			Procedure: r.Procedure, Edition: r.Edition, On: data["on"], Of: data["of"], Clause: data["clause"], Title: both(data["title_zh"], data["title_en"]), Basis: strings.Fields(data["basis"])}})
	case kindAnswer:
		i, ok := f.of[casefile.ActID(data["question"])]
		if !ok {
			return fmt.Errorf("it answers %q, which was never asked", data["question"])
		}
		q := *f.all[i]
		q.Answers = append(slices.Clip(q.Answers), Answered{Act: r.ID, By: by, At: r.Recorded, Verdict: data["verdict"], Text: data["text"]})
		f.all[i] = &q
	default:
		return fmt.Errorf("no question has acts called %q", r.Kind)
	}
	return nil
}

// mayQuestion asks the policy about a question. The head is that of its case, nil where there is none or it does not matter.
func (h *House) mayQuestion(who Who, action authority.Action, q *Question, head *casefile.Head, now calendar.Instant) error {
	v := &authority.QuestionView{Unit: q.Unit, Asker: q.Asker}
	if head != nil {
		v.About = view(head).About
	}
	return answer(action, h.People().May(authority.Query{Who: who.Person, Action: action, Question: v, Now: now}))
}

// Sought narrows the list of questions; who may see what is added here.
type Sought struct {
	State string // open, answered; empty: any
	After int64  // page: those with a greater number
	Limit int    // at most 100; 0 means 50
}

// Seen is a question as a person may see it.
type Seen struct {
	Question
	CaseNumber string // of the case in which it arose, as it is now; empty: it arose at intake
	Visible    bool   // that person may see the case
	Answerable bool   // and answer
}

// Questions lists those a person may see, the oldest first, and tells whether there are more. Of a case it shows the number,
// and nothing else.
func (h *House) Questions(ctx context.Context, who Who, w Sought) (seen []Seen, more bool, err error) {
	now := h.now()
	all, _, err := h.questionFile(ctx)
	if err != nil {
		return nil, false, err
	}
	limit := min(max(w.Limit, 0), 100)
	if limit == 0 {
		limit = 50
	}
	for _, q := range all {
		open := len(q.Answers) == 0
		if q.Number <= w.After || w.State == "open" && !open || w.State == "answered" && open || h.mayQuestion(who, authority.SeeQuestion, q, nil, now) != nil {
			continue
		}
		s, err := h.seen(ctx, who, q, now)
		switch {
		case errors.Is(err, casefile.ErrNotFound):
		case err != nil:
			return nil, false, err
		case len(seen) == limit:
			return seen, true, nil
		default:
			seen = append(seen, s)
		}
	}
	return seen, false, nil
}

// seen adds to a question what its case adds; casefile.ErrNotFound where the case keeps it from the person.
func (h *House) seen(ctx context.Context, who Who, q *Question, now calendar.Instant) (Seen, error) {
	s := Seen{Question: *q}
	var head *casefile.Head
	if q.Case != "" {
		got, err := h.store.Case(ctx, q.Case)
		if err != nil {
			return s, err
		}
		head = &got
		s.CaseNumber = numberOf(head)
		s.Visible = h.may(who, authority.SeeCase, head, now) == nil
	}
	if err := h.mayQuestion(who, authority.SeeQuestion, q, head, now); err != nil {
		return s, err
	}
	if head != nil && head.UnitKind == authority.Superintendence && !s.Visible && q.Asker != who.Person {
		s.Case, s.CaseNumber = "", "" // that there is such a case is not told outside
	}
	s.Answerable = h.mayQuestion(who, authority.AnswerQuestion, q, head, now) == nil
	return s, nil
}

// Question finds a question for a person who may see it. The view of its case is on the record before the answer leaves.
func (h *House) Question(ctx context.Context, who Who, number int64) (*Seen, error) {
	now := h.now()
	s, err := h.question(ctx, who, number, now)
	if err == nil && s.Case != "" {
		err = h.look(ctx, who, &casefile.Head{ID: s.Case}, fmt.Sprintf("question %d", number), now)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h *House) question(ctx context.Context, who Who, number int64, now calendar.Instant) (*Seen, error) {
	all, _, err := h.questionFile(ctx)
	if err != nil {
		return nil, err
	}
	if number < 1 || number > int64(len(all)) {
		return nil, casefile.ErrNotFound
	}
	s, err := h.seen(ctx, who, all[number-1], now)
	return &s, err
}

// Asked lists a person's own questions, the oldest first.
func (h *House) Asked(ctx context.Context, who Who) ([]*Question, error) {
	now := h.now()
	all, _, err := h.questionFile(ctx)
	return slices.DeleteFunc(all, func(q *Question) bool {
		return q.Asker != who.Person || h.mayQuestion(who, authority.SeeQuestion, q, nil, now) != nil
	}), err
}

// Counsels tells whether a person's posts let them see what others ask.
func (h *House) Counsels(who Who) bool {
	now := h.now()
	return slices.ContainsFunc(h.People().PostsAt(who.Person, now), func(p authority.Held) bool {
		return h.mayQuestion(who, authority.SeeQuestion, &Question{Place: Place{Unit: p.Unit}}, nil, now) == nil
	})
}

// questionAct is an act of the file of questions: done in the posts that the person holds for the unit.
func (h *House) questionAct(who Who, kind string, id casefile.ActID, unit authority.UnitID, data []casefile.Datum, now calendar.Instant) (*casefile.Record, error) {
	u, ok := h.People().Unit(unit)
	if !ok {
		return nil, casefile.ErrNotFound
	}
	posts, qualifications := h.People().Actor(who.Person, unit, now)
	return &casefile.Record{Act: casefile.Act{ID: id, Case: questionsCase, Kind: kind, Occurred: now, Recorded: now, Unit: &casefile.Unit{ID: string(u.ID), Kind: u.Kind}, Data: data,
		Actor: &casefile.Actor{Person: string(who.Person), Posts: posts, Qualifications: qualifications, Relations: []string{}}}}, nil
}

// keepQuestion appends an act to the file, if nothing in the file stands against it; said is what was sent. It returns the
// questions with it.
func (h *House) keepQuestion(ctx context.Context, r *casefile.Record, against func([]*Question) error, said ...string) ([]*Question, error) {
	raw, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	h.asked.write.Lock()
	defer h.asked.write.Unlock()
	for range mostTries {
		all, heard, err := h.questionFile(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(q *Question) bool { return q.has(r.ID) }) { // sent again, it does not stand against itself
			if err := against(all); err != nil {
				return nil, err
			}
		}
		_, err = h.store.Commit(ctx, h.alone(r, heard, sha256.Sum256(raw)))
		switch {
		case err == nil:
			all, _, err = h.questionFile(ctx)
			return all, err
		case !errors.Is(err, casefile.ErrConflict):
			return nil, err
		}
	}
	return nil, fmt.Errorf("questions: %w %d times in a row", casefile.ErrConflict, mostTries)
}

func texts(pairs ...string) (out []casefile.Datum) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, casefile.Datum{Name: pairs[i], Value: casefile.TextOf(pairs[i+1])})
		}
	}
	return out
}
