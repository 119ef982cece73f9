package handling

import (
	"context"
	"slices"

	"plumbline/authority"
	"plumbline/casefile"
)

// Answering is an answer as it is sent.
type Answering struct {
	ID       casefile.ActID
	Question int64 // its number
	Base     int   // how many answers there were when the form was made
	Verdict  string
	Text     string
}

// Answer puts an answer on the record. Whoever may not see the question gets casefile.ErrNotFound, who sees it and may not
// answer *NotAllowed. A text that is none or names people of the case, and an answer that came in between, is *Invalid.
func (h *House) Answer(ctx context.Context, who Who, a *Answering) error {
	now := h.now()
	q, err := h.question(ctx, who, a.Question, now)
	if err == nil {
		err = h.mayQuestion(who, authority.AnswerQuestion, &q.Question, nil, now)
	}
	if err != nil {
		return err
	}
	bad := &Invalid{}
	bad.checkID(a.ID)
	if !slices.Contains(Verdicts, a.Verdict) {
		bad.add("verdict", "请选择结论", "choose what it comes to")
	}
	text := plainText("text", a.Text, bad)
	names, err := h.namesIn(ctx, &q.Question)
	if err != nil {
		return err
	}
	bad.checkNames("text", text, names)
	if len(bad.Problems) > 0 {
		return bad
	}
	r, err := h.questionAct(who, kindAnswer, a.ID, q.Unit, texts("question", string(q.Act), "verdict", a.Verdict, "text", text), now)
	if err != nil {
		return err
	}
	_, err = h.keepQuestion(ctx, r, func(all []*Question) error {
		if len(all[a.Question-1].Answers) != a.Base {
			return &Invalid{[]Problem{{"base", both("其间已有人答复，见上。仍要答复的，请再次提交", "somebody answered meanwhile, see above. Send it again if it still says something new"), nil}}}
		}
		return nil
	}, string(who.Person), string(q.Act), a.Verdict, text)
	return err
}

// namesIn lists the names and numbers of the people of the case in which a question arose, as its record has them now.
func (h *House) namesIn(ctx context.Context, q *Question) ([]string, error) {
	if q.Case == "" {
		return nil, nil
	}
	head, err := h.store.Case(ctx, q.Case)
	if err != nil {
		return nil, err
	}
	p, err := h.procedureOf(head.Procedure)
	if err != nil {
		return nil, err
	}
	return h.personal(ctx, p, q.Case)
}
