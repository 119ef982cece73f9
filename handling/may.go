package handling

import (
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

func (h *House) mayOpen(who Who, unit authority.UnitID, now calendar.Instant) bool {
	return h.People().May(authority.Query{Who: who.Person, Action: authority.OpenCase, Case: &authority.CaseView{Unit: unit}, Now: now}).Allowed
}

// OpensIn lists the units in which a person may open a case now.
func (h *House) OpensIn(who Who) []authority.Unit {
	now := h.now()
	var out []authority.Unit
	for _, p := range h.People().PostsAt(who.Person, now) {
		if u, ok := h.People().Unit(p.Unit); ok && h.mayOpen(who, p.Unit, now) && (len(out) == 0 || out[len(out)-1].ID != u.ID) {
			out = append(out, u)
		}
	}
	return out
}

// MayAct tells whether a person may put an act of a case that they see before the judge: nil or *NotAllowed.
func (h *House) MayAct(who Who, f *File, a *procedure.ActInfo) error {
	return h.mayAfter(who, toDo(a), &f.Head, f.Now, a.AfterClose)
}

// toDo is what the policy is asked before an act. What frees goes to the judge like a decision.
func toDo(a *procedure.ActInfo) authority.Action {
	if a.Decision || a.Relieves {
		return authority.DecideAct
	}
	return authority.RecordAct
}
