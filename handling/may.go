package handling

import (
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// may asks the policy about a case. What one may not see is not found, in the same words as what does not exist.
func (h *House) may(who Who, action authority.Action, head *casefile.Head, now calendar.Instant) error {
	return h.mayAfter(who, action, head, now, false)
}

// mayAfter is may; afterClose: what is to be done may be done in a closed case.
func (h *House) mayAfter(who Who, action authority.Action, head *casefile.Head, now calendar.Instant, afterClose bool) error {
	d := h.People().May(authority.Query{Who: who.Person, Action: action, Case: view(head), Now: now, Purpose: who.Purpose, AfterClose: afterClose})
	if d.Allowed && h.besides(who, head) {
		return casefile.ErrNotFound
	}
	return answer(action, d)
}

func answer(action authority.Action, d authority.Decision) error {
	switch {
	case d.Allowed:
		return nil
	case d.NotFound:
		return casefile.ErrNotFound
	}
	return &NotAllowed{Action: action, Why: d.Why}
}

// WhyElsewhere is why nothing is done here in a case that was born in another system: its acts are done there.
const WhyElsewhere = "observed_elsewhere"

// NotAllowed says that a person who may see a case may not do this in it.
type NotAllowed struct {
	Action authority.Action
	Why    string
}

func (e *NotAllowed) Error() string { return string(e.Action) + ": " + e.Why }

func view(head *casefile.Head) *authority.CaseView {
	v := &authority.CaseView{Unit: authority.UnitID(head.Unit), Opener: authority.PersonID(head.Opener), Closed: head.Closed}
	for _, p := range head.Handlers {
		v.Handlers = append(v.Handlers, authority.PersonID(p))
	}
	v.Alone = strings.Contains(" "+head.Words+" ", " "+seenAlone+" ")
	for _, p := range keyed(head.Words, concerns) {
		v.Concerned = append(v.Concerned, authority.PersonID(p))
	}
	for _, p := range keyed(head.Words, complainsOf) {
		v.About = append(v.About, authority.PersonID(p))
	}
	return v
}

// selection is the cases a person may see, as a filter for the store.
func (h *House) selection(who Who, now calendar.Instant) (casefile.Selection, bool) {
	f := h.People().Visible(who.Person, who.Purpose, now)
	s := casefile.Selection{Handler: string(f.Handler)}
	for _, u := range f.Units {
		s.Units = append(s.Units, string(u))
	}
	return s, !f.None
}

// mayOpen tells whether a person may open a case of a procedure in a unit.
func (h *House) mayOpen(who Who, p *procedure.Procedure, unit authority.UnitID, now calendar.Instant) bool {
	return h.People().May(authority.Query{Who: who.Person, Action: authority.OpenCase, Case: &authority.CaseView{Unit: unit}, Opens: openers(p), Now: now}).Allowed
}

// openers are the posts that open cases of a procedure.
func openers(p *procedure.Procedure) []string {
	for i := range p.Acts() {
		if a := p.Act(i); a.Opens {
			return a.By
		}
	}
	return nil
}

// OpensIn lists the units in which a person may open a case of a procedure now, that of the post they are shown under first.
func (h *House) OpensIn(who Who, proc *procedure.Procedure) []authority.Unit {
	now := h.now()
	shown, _ := h.PostOf(who.Person, now)
	var out []authority.Unit
	for _, held := range h.People().PostsAt(who.Person, now) {
		u, ok := h.People().Unit(held.Unit)
		if !ok || !h.mayOpen(who, proc, held.Unit, now) || slices.ContainsFunc(out, func(x authority.Unit) bool { return x.ID == u.ID }) {
			continue
		}
		if held.Unit == shown.Unit {
			out = slices.Insert(out, 0, u)
		} else {
			out = append(out, u)
		}
	}
	return out
}

// Opens tells whether a person may open a case of any procedure now.
func (h *House) Opens(who Who) bool {
	return slices.ContainsFunc(h.pack.Procedures, func(p *procedure.Procedure) bool { return len(h.OpensIn(who, p)) > 0 })
}

// OpensMain tells whether a person may open a case of the pack's main procedure now.
func (h *House) OpensMain(who Who) bool { return len(h.OpensIn(who, h.pack.Procedures[0])) > 0 }

// MayAct tells whether a person may put an act of a case that they see before the judge: nil or *NotAllowed.
func (h *House) MayAct(who Who, f *File, a *procedure.ActInfo) error {
	return h.mayDo(who, a, &f.Head, f.Now)
}

// mayDo asks the policy about one act. An officer who is in the matter only because it is about them does the acts that the
// pack gives to them, and no others.
func (h *House) mayDo(who Who, a *procedure.ActInfo, head *casefile.Head, now calendar.Instant) error {
	if err := h.may(who, authority.SeeCase, head, now); err == nil && ObservedFrom(head) != "" {
		return &NotAllowed{Action: toDo(a), Why: WhyElsewhere}
	}
	d := h.People().May(authority.Query{Who: who.Person, Action: toDo(a), Case: view(head), Now: now, Purpose: who.Purpose, AfterClose: a.AfterClose})
	if d.Allowed && d.Relation == authority.Concerned && !slices.Contains(a.By, authority.ConcernedPost) {
		return &NotAllowed{Action: toDo(a), Why: authority.WhyNotForThis}
	}
	return answer(toDo(a), d)
}

// toDo is what the policy is asked before an act. What frees goes to the judge like a decision.
func toDo(a *procedure.ActInfo) authority.Action {
	if a.Decision || a.Relieves {
		return authority.DecideAct
	}
	return authority.RecordAct
}

// Aside says why a case does not leave the house together with others: it is the file of "people" or of "questions", or it is
// "apart": with superintendence, about a complaint, or a sheet that only who made it sees yet. Empty: it may.
func Aside(head *casefile.Head) string {
	switch {
	case head.ID == peopleCase:
		return "people"
	case head.ID == questionsCase:
		return "questions"
	case head.UnitKind == authority.Superintendence, len(keyed(head.Words, complainsOf)) > 0, view(head).Alone:
		return "apart"
	}
	return ""
}
