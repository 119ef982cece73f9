package handling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// standing is a case loaded to be judged on.
type standing struct {
	head casefile.Head
	proc *procedure.Procedure
	at   *procedure.Standing
	// folded: at was made from the acts, under another edition than the rows of duties and findings.
	folded bool
}

// load reads a case and its standing. A standing made under another edition of the procedure is folded again.
func (h *House) load(ctx context.Context, id casefile.CaseID) (*standing, error) {
	head, err := h.store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	return h.stand(ctx, head)
}

// open reads a case for a person who may do this with it. The policy is asked before the standing is read: what one may
// not see takes no longer than what does not exist.
func (h *House) open(ctx context.Context, who Who, action authority.Action, id casefile.CaseID, now calendar.Instant) (*standing, error) {
	head, err := h.store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := h.may(who, action, &head, now); err != nil {
		return nil, err
	}
	return h.stand(ctx, head)
}

func (h *House) stand(ctx context.Context, head casefile.Head) (*standing, error) {
	id := head.ID
	if id == peopleCase || id == questionsCase {
		return nil, casefile.ErrNotFound
	}
	p, err := h.procedureOf(head.Procedure)
	if err != nil {
		return nil, err
	}
	s, err := p.Decode(head.Standing)
	folded := errors.Is(err, procedure.ErrOtherEdition)
	if folded {
		var records []*casefile.Record
		if records, err = h.records(ctx, id, 0); err == nil {
			s = p.RejudgeClosing(acts(p, records), head.Updated).Standing
		}
	}
	if err != nil {
		return nil, fmt.Errorf("standing of case %s: %w", id, err)
	}
	return &standing{head, p, s, folded}, nil
}

// records reads the acts of a case after a number.
func (h *House) records(ctx context.Context, id casefile.CaseID, after int64) ([]*casefile.Record, error) {
	entries, err := h.store.Acts(ctx, id, after)
	if err != nil {
		return nil, err
	}
	out := make([]*casefile.Record, len(entries))
	for i, e := range entries {
		if out[i], err = casefile.DecodeRecord(e.Bytes); err != nil {
			return nil, fmt.Errorf("act %d of case %s: %w", e.Number, id, err)
		}
	}
	return out, nil
}

// acts resolves records against a procedure: those that took effect and that it knows.
func acts(p *procedure.Procedure, records []*casefile.Record) []procedure.Act {
	number := make(map[casefile.ActID]int64, len(records))
	for _, r := range records {
		number[r.ID] = r.Number
	}
	out := make([]procedure.Act, 0, len(records))
	for _, r := range records {
		if len(r.Refused) > 0 {
			continue
		}
		if a, ok := resolve(p, r); ok {
			a.Corrects, a.Withdraws = number[r.Corrects], number[r.Withdraws]
			out = append(out, a)
		}
	}
	return out
}

// resolve reads a record under a procedure; false for an act that the procedure does not have.
func resolve(p *procedure.Procedure, r *casefile.Record) (procedure.Act, bool) {
	kind := p.ActOf(r.Kind)
	if kind < 0 && r.Withdraws == "" {
		return procedure.Act{}, false
	}
	a := procedure.Act{Ref: r.Number, Kind: max(kind, 0), Occurred: r.Occurred, Precision: r.Precision, Recorded: r.Recorded, Observed: r.Observed != nil, Actor: r.Actor, Unit: r.Unit, Subjects: r.Subjects, ByLaw: r.ByLaw}
	if kind >= 0 {
		fields := p.Act(kind).Fields
		a.Data = make([]casefile.Value, len(fields))
		for i, f := range fields {
			if v := r.Datum(f.Name); v.Kind() == f.Kind {
				a.Data[i] = v
			}
		}
	}
	return a, true
}

// judged is what judging one step says.
type judged struct {
	standing *procedure.Standing
	findings []procedure.Judged // new or changed, to be written
	duties   []procedure.DutyEvent
	refused  []procedure.Finding
	whole    bool               // findings and duties are those of the whole case, and
	records  []*casefile.Record // the acts that stand, in the order in which they occurred
	by       int64              // the act because of which it was judged again
	first    *casefile.Unit     // in which it was opened
	since    calendar.Instant   // limits that ran out before are told to nobody; zero: all are told
}

// judge holds an act against the law on top of the standing. An act that occurred before what was already judged, or before
// a limit that has run out since, one that corrects or withdraws, makes the case be judged again from its beginning.
func (h *House) judge(ctx context.Context, c *standing, r *casefile.Record, now calendar.Instant) (*judged, error) {
	a, ok := resolve(c.proc, r)
	if !ok {
		return nil, fmt.Errorf("procedure %s has no act %s", c.proc.ID, r.Kind)
	}
	records, err := h.near(ctx, c, a.Occurred)
	if err != nil {
		return nil, err
	}
	ranOut := func(x procedure.Running) bool { return x.Due != 0 && !x.Waiting && a.Occurred <= x.Due && x.Due < now }
	if r.Corrects == "" && r.Withdraws == "" && a.Occurred > c.at.Now() && !c.folded && records == nil && !slices.ContainsFunc(c.at.Running(), ranOut) {
		j := c.proc.NewJudge()
		next := c.at.Clone()
		var past, o procedure.Outcome
		j.Advance(next, a.Occurred, &past)
		j.Act(next, &a, &o)
		if o.Refused {
			// What passed meanwhile is left to the clock; the refused act takes no effect.
			return &judged{standing: c.at, refused: against(o.Findings)}, nil
		}
		if (a.Precision == calendar.Second || len(o.Findings) == 0) && !c.proc.Act(a.Kind).Closes {
			out := &judged{standing: next, duties: append(past.Duties, o.Duties...)}
			for _, f := range past.Findings {
				out.findings = append(out.findings, procedure.Judged{Finding: f})
			}
			for _, f := range o.Findings {
				out.findings = append(out.findings, procedure.Judged{Finding: f, MadeBy: a.Ref})
			}
			return out, nil
		}
		// Its time is not known to the second: another order may be lawful. Or it closes the case: what was never done shows now.
	}
	if records == nil {
		if records, err = h.records(ctx, c.head.ID, 0); err != nil {
			return nil, err
		}
	}
	out, history := rejudge(c.proc, append(records, r), now)
	if r.Withdraws == "" && c.proc.Act(a.Kind).Decision && !c.proc.Act(a.Kind).Relieves {
		if found := slices.DeleteFunc(history.Stands(), func(f procedure.Finding) bool { return f.Cause != a.Ref || f.Duty >= 0 }); len(against(found)) > 0 {
			return &judged{standing: c.at, refused: against(found)}, nil
		}
	}
	return out, nil
}

// near returns the acts of the case when one of them, of a time not known to the second, may have happened after t:
// then their order is open, and only judging the case as a whole finds the lawful one. Else nil.
func (h *House) near(ctx context.Context, c *standing, t calendar.Instant) ([]*casefile.Record, error) {
	zone := h.pack.Zone
	if c.head.Revision == 0 || zone.Date(t) != zone.Date(c.at.Now()) {
		return nil, nil
	}
	records, err := h.records(ctx, c.head.ID, 0)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		end := r.Occurred
		switch r.Precision {
		case calendar.Day:
			end = zone.End(zone.Date(r.Occurred))
		case calendar.Minute:
			end = r.Occurred.Add(time.Minute) - 1
		}
		if r.Occurred < t && min(end, r.Recorded) >= t && len(r.Refused) == 0 {
			return records, nil
		}
	}
	return nil, nil
}

// rejudge judges a case as a whole, up to now.
func rejudge(p *procedure.Procedure, records []*casefile.Record, now calendar.Instant) (*judged, *procedure.History) {
	history := p.RejudgeClosing(acts(p, records), now)
	out := &judged{standing: history.Standing, findings: history.Findings, duties: history.Duties, whole: true, records: effective(records)}
	out.findings = slices.DeleteFunc(out.findings, func(f procedure.Judged) bool { return f.Unjudged && f.Missing == "actor" && postless(records, f.Cause) })
	if n := len(records); n > 0 {
		out.by, out.first = records[n-1].Number, records[0].Unit
	}
	return out, history
}

// postless tells whether an act was observed and who did it holds posts that are not known here: that clauses on posts cannot
// be judged is said of the source, not again of each of its acts.
func postless(records []*casefile.Record, number int64) bool {
	i := slices.IndexFunc(records, func(r *casefile.Record) bool { return r.Number == number })
	return i >= 0 && records[i].Observed != nil && (records[i].Actor == nil || records[i].Actor.Posts == nil)
}

// effective leaves out what was refused, corrected or withdrawn, in the order in which the rest occurred.
func effective(records []*casefile.Record) []*casefile.Record {
	gone := map[casefile.ActID]bool{}
	for _, r := range records {
		if len(r.Refused) == 0 {
			gone[r.Corrects], gone[r.Withdraws] = true, true
		}
	}
	out := slices.DeleteFunc(slices.Clone(records), func(r *casefile.Record) bool {
		return gone[r.ID] || len(r.Refused) > 0 || r.Withdraws != ""
	})
	slices.SortStableFunc(out, func(a, b *casefile.Record) int { return cmp.Compare(a.Occurred, b.Occurred) })
	return out
}

func against(found []procedure.Finding) []procedure.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f procedure.Finding) bool { return f.Warn })
}

// Provisional is the state of a duty whose last day lies in a year of which the working days are not known: it does not end
// before Due.
const Provisional = "provisional"

// Withdrawn is the state of a duty whose act was corrected or withdrawn: it never was. Done says when that was entered.
const Withdrawn = "withdrawn"

// amber is the moment at which 80 % of a limit has run.
func amber(start, due calendar.Instant) calendar.Instant { return start + (due-start)/5*4 }

// Began is when a duty's limit began to run, to the microsecond or a few: not stored, for [amber] and Due say it. When the
// duty was opened, where it has no limit.
func Began(d *casefile.Duty) calendar.Instant {
	if d.Due == 0 || d.Amber == 0 {
		return d.Opened
	}
	return d.Due - (d.Due-d.Amber)*5
}

// project brings the rows of duties and findings, and the figures of the head, to what judging said.
func (h *House) project(ctx context.Context, c *standing, out *judged, change *casefile.Change, now calendar.Instant) error {
	p := c.proc
	old, err := h.dutyRows(ctx, c.head)
	if err != nil {
		return err
	}
	type key struct {
		duty    string
		subject casefile.Subject
		cause   int64
	}
	keyOf := func(d *casefile.Duty) key { return key{d.Duty, d.Subject, d.Cause} }
	before := map[key]casefile.Duty{}
	for i := range old {
		before[keyOf(&old[i])] = old[i]
	}
	rows := map[key]*casefile.Duty{}
	var order []key
	row := func(duty int, subject casefile.Subject, cause int64) *casefile.Duty {
		info := &p.Duties()[duty]
		k := key{info.ID, subject, cause}
		if rows[k] == nil {
			d, ok := before[k]
			if !ok {
				d = casefile.Duty{Case: change.Case, Duty: info.ID, Subject: subject, Cause: cause, Liberty: info.Liberty}
			}
			rows[k] = &d
			order = append(order, k)
		}
		return rows[k]
	}
	for _, e := range out.duties {
		d := row(e.Duty, e.Subject, e.Cause)
		d.State, d.Due = e.State.String(), e.Due
		switch e.State {
		case procedure.Opened:
			d.Opened, d.Done = e.At, 0
		case procedure.Overdue:
			d.Done = 0
		default:
			d.Done, d.Waiting = e.At, false
		}
	}
	head := &change.Head
	head.Due, head.Overdue = 0, 0
	for _, r := range out.standing.Running() {
		info := &p.Duties()[r.Duty]
		d := row(r.Duty, r.Subject, r.Cause)
		d.Due, d.Waiting, d.Done, d.Next, d.Amber = r.Due, r.Waiting, 0, 0, 0
		if d.Opened == 0 || info.Liberty { // of liberty counts when it was taken, not when that was entered
			d.Opened = r.Start
		}
		d.State = procedure.Opened.String()
		if r.Provisional {
			d.State = Provisional
			if !info.Warn && (head.Due == 0 || r.Due < head.Due) {
				head.Due = r.Due
			}
		}
		if r.Overdue {
			d.State = procedure.Overdue.String()
			if !info.Warn {
				head.Overdue++
			}
		}
		if r.Due != 0 {
			d.Amber = amber(r.Start, r.Due)
		}
		if out.since == 0 || d.Due >= out.since {
			tell(change, d, before[keyOf(d)], now)
		}
		if r.Due != 0 && !r.Waiting && !r.Overdue {
			if d.Next = d.Amber; d.Amber <= now {
				d.Next = r.Due + 1
			}
			if !info.Warn && (head.Due == 0 || r.Due < head.Due) {
				head.Due = r.Due
			}
		}
	}
	if out.whole { // what the fold no longer knows was taken back
		for _, o := range old {
			if k := keyOf(&o); rows[k] == nil {
				o.State, o.Done, o.Next = Withdrawn, now, 0
				rows[k] = &o
				order = append(order, k)
			}
		}
	}
	for _, k := range order {
		d := rows[k]
		if d.Done != 0 {
			d.Next = 0
		}
		d.Unit, d.Handler = head.Unit, ""
		if len(head.Handlers) > 0 {
			d.Handler = head.Handlers[0]
		}
		change.Duties = append(change.Duties, *d)
	}
	if !slices.Equal(c.head.Handlers, head.Handlers) || c.head.Unit != head.Unit {
		for _, o := range old { // the rows that did not change follow the case
			if rows[keyOf(&o)] == nil && o.Done == 0 {
				if o.Unit, o.Handler = head.Unit, ""; len(head.Handlers) > 0 {
					o.Handler = head.Handlers[0]
				}
				change.Duties = append(change.Duties, o)
			}
		}
	}
	if out.whole {
		head.Findings = 0
		if err := h.overtaken(ctx, c, out, change); err != nil {
			return err
		}
	}
	for _, f := range out.findings {
		rule := p.Rules()[f.Rule]
		row := casefile.Finding{Case: change.Case, Rule: rule.ID, Clause: f.Clause, Subject: f.Subject, Cause: f.Cause, At: f.At, Severity: rule.Severity, Unjudged: f.Unjudged, Missing: f.Missing, Warn: f.Warn, Due: f.Due, MadeBy: f.MadeBy, WithdrawnBy: f.WithdrawnBy, Unit: head.Unit}
		if f.Duty >= 0 {
			row.Duty = p.Duties()[f.Duty].ID
		}
		if !f.Warn && f.WithdrawnBy == 0 {
			head.Findings++
		}
		change.Findings = append(change.Findings, row)
	}
	head.Closed = out.standing.Closed()
	head.Edition = p.Edition()
	head.Standing, err = out.standing.AppendBinary(nil)
	return err
}

// tell puts into the outbox that a limit turned amber or ran out, once: whoever sees it first, the clock or an act. The row
// was is the duty's before; zero: none.
func tell(change *casefile.Change, d *casefile.Duty, was casefile.Duty, now calendar.Instant) {
	overdue := procedure.Overdue.String()
	say := func(topic string) {
		change.Notices = append(change.Notices, casefile.Notice{Topic: topic, Case: change.Case, Number: d.Cause, Text: d.Duty, At: now})
	}
	if d.Due != 0 && !d.Waiting && d.Amber <= now && was.State != overdue && (was.Amber != d.Amber || was.Next <= was.Amber) {
		say("amber")
	}
	if d.State == overdue && was.State != overdue {
		say("overdue")
	}
}

// overtaken withdraws findings of which judging the case as a whole knows nothing: a clock that was set back, another
// edition of the procedure.
func (h *House) overtaken(ctx context.Context, c *standing, out *judged, change *casefile.Change) error {
	if c.head.Revision == 0 {
		return nil
	}
	old, err := h.store.Findings(ctx, c.head.ID)
	if err != nil {
		return err
	}
	for _, o := range old {
		known := func(f procedure.Judged) bool {
			return c.proc.Rules()[f.Rule].ID == o.Rule && f.Clause == o.Clause && f.Subject == o.Subject && f.Cause == o.Cause
		}
		if o.WithdrawnBy == 0 && !slices.ContainsFunc(out.findings, known) {
			o.WithdrawnBy = out.by
			change.Findings = append(change.Findings, o)
		}
	}
	return nil
}

func (h *House) dutyRows(ctx context.Context, head casefile.Head) ([]casefile.Duty, error) {
	if head.Revision == 0 {
		return nil, nil
	}
	return h.store.Duties(ctx, head.ID)
}
