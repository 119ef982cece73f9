package handling

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/procedure"
)

// Request is one act as a person enters it: texts as typed, to be read under the pack's types.
type Request struct {
	ID        casefile.ActID // made by the client, so that a retry after an unknown outcome is harmless
	Case      casefile.CaseID
	Procedure string            // pack/procedure; only for an act that opens a case
	Unit      authority.UnitID  // the unit that opens the case
	Base      int64             // number of the last act when the form was made; a case that moved since is shown first
	Kind      string            // id of the act
	Occurred  string            // wall clock of the pack's zone, 2026-03-01T10:05; empty: now. Decisions are always now
	Subjects  []SubjectInput    // whom or what it is about
	Data      map[string]string // by name of the datum; empty texts are left out
	Attached  []casefile.Attached
	Corrects  casefile.ActID
	Withdraws casefile.ActID
	Draft     string
	ofHouse   bool // its id was derived by the house
}

// SubjectInput names a subject of the case, or with an empty ID a new one.
type SubjectInput struct {
	ID   casefile.Subject
	Role string // of a new subject, or its new role
}

// Answer says what became of an act.
type Answer struct {
	Case    casefile.CaseID
	Kept    casefile.Kept
	Record  *casefile.Record
	Refused []procedure.Finding // every reason; the refusal is on the record, nothing else happened
	Found   []procedure.Finding // what judging found fault with; the act is on the record
	Opened  []casefile.Duty     // duties that it leaves
	Receipt *Receipt            // of a case that was opened
	Slips   []string            // codes of the slips of a survey that it issued: told once, kept only as digests
}

// Receipt is what the reporter takes away: with both, and only with both, the progress of the case can be asked for.
// The secret is shown once and kept only as a digest.
type Receipt struct{ Code, Secret string }

const mostTries = 8

// Submit judges an act and keeps it. It returns casefile.ErrNotFound where the person may not know the case,
// *Invalid for what cannot be an act, *Changed where the case moved since the form was made. A decision that the law
// does not allow comes back as an Answer with Refused.
func (h *House) Submit(ctx context.Context, who Who, q *Request) (*Answer, error) {
	for range mostTries {
		a, err := h.submitOnce(ctx, who, q)
		if !errors.Is(err, casefile.ErrConflict) {
			return a, err
		}
		// Someone else was faster, or the clock moved: look again.
	}
	return nil, fmt.Errorf("case %s: %w %d times in a row", q.Case, casefile.ErrConflict, mostTries)
}

func (h *House) submitOnce(ctx context.Context, who Who, q *Request) (*Answer, error) {
	c, err := h.caseFor(ctx, who, q, h.now())
	if err != nil {
		return nil, err
	}
	now := h.now() // after the case was read: the clock may have moved it meanwhile, and what it told is not told again
	if c.head.Acts != q.Base && c.head.Revision > 0 {
		since, err := h.records(ctx, c.head.ID, q.Base)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(since, func(r *casefile.Record) bool { return r.ID == q.ID }) {
			return h.again(ctx, c, who, q)
		}
		if err := h.look(ctx, who, &c.head, fmt.Sprintf("acts after %d", q.Base), now); err != nil {
			return nil, err
		}
		base := c.head.Acts
		if n := len(since); n > 0 { // another may have come since the head was read
			base = since[n-1].Number
		}
		return nil, &Changed{Base: base, Acts: since}
	}
	var past []*casefile.Record // read where the act refers to others, or brings somebody new
	if c.head.Revision > 0 && (q.Corrects != "" || q.Withdraws != "" || slices.ContainsFunc(q.Subjects, func(s SubjectInput) bool { return s.ID == "" })) {
		if past, err = h.records(ctx, c.head.ID, 0); err != nil {
			return nil, err
		}
	}
	r, info, err := h.record(ctx, c, who, q, past, now)
	if err != nil {
		return nil, err
	}
	out, err := h.judge(ctx, c, r, now)
	if err != nil {
		return nil, err
	}
	a, err := h.keep(ctx, c, who, q, r, info, out, now)
	if n, issues := slipsAsked(info, r); err == nil && issues && len(a.Refused) == 0 && !a.Kept.Again {
		a.Slips, err = h.issue(ctx, c.head.ID, n)
	}
	return a, err
}

// again answers for an act that was kept before: from the record, never from judging it a second time. The store knows
// whether it was the same request; another one with its id is casefile.ErrOtherAct.
func (h *House) again(ctx context.Context, c *standing, who Who, q *Request) (*Answer, error) {
	act := &casefile.NewAct{ID: q.ID, Request: q.digest(), Seal: func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) {
		return nil, ledger.Hash{}, casefile.ErrConflict
	}}
	kept, err := h.store.Commit(ctx, &casefile.Change{Case: c.head.ID, Revision: c.head.Revision, Head: c.head, Act: act})
	if err != nil {
		return nil, err
	}
	h.rereadRights(ctx, c.head.ID)
	h.movePublished(context.WithoutCancel(ctx), c.proc, &c.head)
	if keyed(c.head.Words, leadsOn) != nil { // whoever kept it stopped before what it leads to
		h.follow(context.WithoutCancel(ctx), c.head.ID)
	}
	records, err := h.records(ctx, c.head.ID, kept.Number-1)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || records[0].ID != q.ID || records[0].Actor == nil || records[0].Actor.Person != string(who.Person) {
		return nil, casefile.ErrOtherAct
	}
	a := &Answer{Case: c.head.ID, Kept: kept, Record: records[0]}
	for _, r := range a.Record.Refused {
		if f, ok := findingOf(c.proc, r.Rule, ""); ok {
			f.Clause, f.Subject, f.Cause, f.At, f.Missing, f.Unjudged = r.Clause, r.Subject, kept.Number, a.Record.Occurred, r.Missing, r.Missing != ""
			a.Refused = append(a.Refused, f)
		}
	}
	findings, err := h.store.Findings(ctx, c.head.ID)
	if err != nil {
		return nil, err
	}
	for _, row := range findings {
		if f, ok := findingOf(c.proc, row.Rule, row.Duty); ok && row.MadeBy == kept.Number && row.WithdrawnBy == 0 {
			f.Clause, f.Subject, f.Cause, f.At, f.Missing, f.Unjudged, f.Warn, f.Due = row.Clause, row.Subject, row.Cause, row.At, row.Missing, row.Unjudged, row.Warn, row.Due
			a.Found = append(a.Found, f)
		}
	}
	duties, err := h.store.Duties(ctx, c.head.ID)
	a.Opened = slices.DeleteFunc(duties, func(d casefile.Duty) bool { return d.Cause != kept.Number || d.Done != 0 })
	return a, err
}

// findingOf is a finding of a rule of the procedure, and of a duty where one is named.
func findingOf(p *procedure.Procedure, rule, duty string) (procedure.Finding, bool) {
	i := p.RuleOf(rule)
	return procedure.Finding{Rule: i, Duty: p.DutyOf(duty)}, i >= 0
}

// caseFor loads the case of a request, or makes the empty one of an act that opens a case.
func (h *House) caseFor(ctx context.Context, who Who, q *Request, now calendar.Instant) (*standing, error) {
	if q.Case != "" {
		c, err := h.open(ctx, who, authority.SeeCase, q.Case, now)
		if err != nil {
			return nil, err
		}
		if i := c.proc.ActOf(q.Kind); i >= 0 {
			return c, h.mayDo(who, c.proc.Act(i), &c.head, now)
		}
		if ObservedFrom(&c.head) != "" {
			return nil, &NotAllowed{Action: authority.RecordAct, Why: WhyElsewhere}
		}
		return c, h.may(who, authority.RecordAct, &c.head, now)
	}
	p, err := h.procedureOf(q.Procedure)
	if err != nil {
		return nil, casefile.ErrNotFound
	}
	unit, ok := h.People().Unit(q.Unit)
	if !ok || !h.mayOpen(who, p, q.Unit, now) {
		return nil, casefile.ErrNotFound
	}
	if len(q.ID) < 16 {
		return nil, &Invalid{[]Problem{{"id", both("缺少行为编号，请重新打开表单", "the act has no id; open the form again"), nil}}}
	}
	id := caseOf(q.ID)
	if head, err := h.store.Case(ctx, id); err == nil { // the same form sent again
		records, err := h.records(ctx, id, 0)
		if err != nil {
			return nil, err
		}
		if head.Opener != string(who.Person) || records[0].ID != q.ID {
			return nil, casefile.ErrOtherAct
		}
		return h.load(ctx, id)
	}
	return &standing{head: casefile.Head{ID: id, Procedure: q.Procedure, Unit: string(unit.ID), UnitKind: unit.Kind, Opener: string(who.Person), Opened: now}, proc: p, at: p.New()}, nil
}

// caseOf derives the id of a case from the act that opens it: one form, one case, however often it is sent.
func caseOf(id casefile.ActID) casefile.CaseID {
	d := sha256.Sum256([]byte("plumbline case\n" + string(id)))
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	b := []byte("c1-")
	for _, x := range d[:13] {
		b = append(b, alphabet[x&31])
	}
	return casefile.CaseID(b)
}

// keep makes the change of a judged act and commits it.
func (h *House) keep(ctx context.Context, c *standing, who Who, q *Request, r *casefile.Record, info *procedure.ActInfo, out *judged, now calendar.Instant) (*Answer, error) {
	answer := &Answer{Case: c.head.ID, Record: r, Refused: out.refused}
	change := &casefile.Change{Case: c.head.ID, Revision: c.head.Revision, Head: c.head}
	change.Head.Updated = now
	if strings.HasPrefix(q.Draft, draftsOf(who)) && len(out.refused) == 0 { // nobody throws away another's draft
		change.Draft = q.Draft
	}
	act := &casefile.NewAct{ID: r.ID, Request: q.digest()}
	var numbered []*procedure.Document
	if len(out.refused) > 0 {
		r.Issued = nil
		for _, f := range out.refused {
			r.Refused = append(r.Refused, casefile.Reason{Rule: c.proc.Rules()[f.Rule].ID, Clause: f.Clause, Subject: f.Subject, Missing: f.Missing})
		}
		change.Notices = append(change.Notices, casefile.Notice{Topic: "refused", Case: c.head.ID, Number: r.Number, Text: info.ID, At: now})
		if change.Revision == 0 { // a case that was never opened has no record to put the refusal on
			return answer, nil
		}
	} else {
		for i := range r.Issued {
			if d := h.pack.Document(r.Issued[i].Kind); d != nil && d.Number != "" {
				numbered = append(numbered, d)
				act.Registers = append(act.Registers, casefile.Register{Unit: c.head.Unit, Year: h.year(now), Kind: d.ID})
			}
		}
		h.describe(c, &change.Head, r, out)
		if err := h.project(ctx, c, out, change, now); err != nil {
			return nil, err
		}
		if change.Revision == 0 {
			receipt, err := h.newReceipt(&change.Head)
			if err != nil {
				return nil, err
			}
			answer.Receipt = receipt
		}
		for _, f := range out.findings {
			if f.MadeBy == r.Number && f.WithdrawnBy == 0 {
				answer.Found = append(answer.Found, f.Finding)
			}
		}
		for _, d := range change.Duties {
			if d.Cause == r.Number && d.Done == 0 {
				answer.Opened = append(answer.Opened, d)
			}
		}
		change.Notices = append(change.Notices, casefile.Notice{Topic: "act", Case: c.head.ID, Number: r.Number, Text: info.ID, At: now})
	}
	year, unit := h.year(now), c.head.Unit
	act.Seal = func(change *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
		r.Number = number
		for i, d := range numbered {
			no := h.documentNumber(d, unit, year, drawn[i])
			for k := range r.Issued {
				if r.Issued[k].Kind == d.ID {
					r.Issued[k].Number = no
				}
			}
			if d.NamesCase && change.Head.Number == "" {
				change.Head.Number = no
				change.Head.Words = bigrams(change.Head.Words, no)
			}
		}
		b, err := r.Encode(h.random)
		if err != nil {
			return nil, ledger.Hash{}, err
		}
		return b, r.Leaf(), nil
	}
	change.Act = act
	kept, err := h.commit(ctx, change)
	if err != nil {
		if !errors.Is(err, casefile.ErrConflict) {
			h.rereadRights(ctx, c.head.ID) // it may have been kept all the same
		}
		return nil, err
	}
	if kept.Again {
		return h.again(ctx, c, who, q)
	}
	answer.Kept = kept
	h.moveRights(&change.Head)
	h.moveLone(&change.Head)
	h.movePublished(context.WithoutCancel(ctx), c.proc, &change.Head)
	if len(out.refused) == 0 && len(h.leadWords(c.proc, info, r)) > 0 {
		h.follow(context.WithoutCancel(ctx), c.head.ID)
	}
	return answer, nil
}

// describe brings what lists show of a case to what its acts say: the new act adds to it, or where the case was judged
// again, every act that stands, in the order in which they occurred.
func (h *House) describe(c *standing, head *casefile.Head, r *casefile.Record, out *judged) {
	records := []*casefile.Record{r}
	if out.whole {
		records = out.records
		head.Stage, head.Title, head.Handlers = "", "", nil
		if out.first != nil { // where it was opened; the acts that stand say where it went
			head.Unit, head.UnitKind = out.first.ID, out.first.Kind
		}
		head.Words = withoutKeys(head.Words, aboutFinding, aboutCase, counts, cameFrom, concerns, complainsOf, gaveRight, tookRight, dueWord) // told again by the acts that stand
	}
	words, keys := []string{}, []string{}
	if kind := c.proc.ActOf(r.Kind); kind >= 0 && c.proc.Act(kind).Publishes != "" {
		keys = append(keys, inPublic)
	}
	if c.proc.Matter() {
		keys = append(keys, aboutMatter)
	}
	alone := len(c.proc.AloneUntil()) > 0 && (out.whole || head.Revision == 0 || strings.Contains(head.Words, seenAlone))
	head.Words = withoutKeys(head.Words, seenAlone)
	opened, closed := false, c.head.Closed && !out.whole
	for _, r := range records {
		kind := c.proc.ActOf(r.Kind)
		if kind < 0 {
			continue
		}
		info := c.proc.Act(kind)
		alone = alone && !slices.Contains(c.proc.AloneUntil(), kind)
		closed = closed && !info.Reopens
		if info.Stage != "" && !closed { // what comes after the end does not move it
			head.Stage = info.Stage
		}
		closed = closed || info.Closes
		keys = append(keys, h.dueWords(c.proc, info, r)...)
		if info.Opens && !opened && (out.whole || head.Revision == 0) {
			head.Opened, opened = r.Occurred, true
		}
		for _, f := range info.Fields {
			datum := r.Datum(f.Name)
			if !datum.Known() || f.Kind != casefile.Text {
				continue
			}
			v := datum.Text()
			keys = append(keys, keysOf(&f, datum)...)
			switch f.As {
			case "to_unit":
				if u, ok := h.People().Unit(authority.UnitID(v)); ok {
					head.Unit, head.UnitKind, head.Handlers = string(u.ID), u.Kind, nil
				}
			case "title":
				head.Title = v
				words = append(words, v)
			case "handlers":
				head.Handlers = strings.Split(v, ",")
			case "name", "place":
				words = append(words, v)
			case "offence":
				keys = append(keys, offenceWord(v))
			case "id_number":
				keys = append(keys, identityWords(v)...)
			}
		}
		if slices.ContainsFunc(out.findings, func(f procedure.Judged) bool {
			return f.Cause == r.Number && f.Duty < 0 && !f.Warn && f.WithdrawnBy == 0
		}) {
			continue // what was done without power gives and takes nothing
		}
		keys = append(keys, rightsOf(info, r, strings.Join(append(strings.Fields(head.Words), keys...), " "))...)
	}
	if head.Title == "" {
		head.Title = c.proc.Title.ZH
	}
	if alone {
		keys = append(keys, seenAlone)
	}
	if kind := c.proc.ActOf(r.Kind); kind >= 0 {
		keys = append(keys, h.leadWords(c.proc, c.proc.Act(kind), r)...)
	}
	head.Words = addWords(bigrams(head.Words, words...), keys...)
}

// digest identifies what the client sent, whenever it was sent.
func (q *Request) digest() ledger.Hash {
	c := *q
	c.Base, c.Draft = 0, ""
	b, err := json.Marshal(c) // maps in the order of their keys
	if err != nil {
		panic(err)
	}
	return sha256.Sum256(b)
}

// bigrams adds texts to what search looks in: pairs of neighbouring Han characters, other runs whole and in lower case.
// A word of one character stands alone.
func bigrams(words string, texts ...string) string {
	var more []string
	for _, t := range texts {
		more = append(more, Grams(t)...)
	}
	return addWords(words, more...)
}

func addWords(words string, more ...string) string {
	all := append(strings.Fields(words), more...)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// Grams cuts a text into the words that search compares.
func Grams(text string) []string {
	var out []string
	var run []rune
	han := false
	flush := func() {
		switch {
		case len(run) == 0:
		case !han || len(run) == 1:
			out = append(out, strings.ToLower(string(run)))
		default:
			for i := range len(run) - 1 {
				out = append(out, string(run[i:i+2]))
			}
		}
		run = run[:0]
	}
	for _, c := range text {
		isHan := unicode.Is(unicode.Han, c)
		if !isHan && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			flush()
			continue
		}
		if isHan != han {
			flush()
			han = isHan
		}
		run = append(run, c)
	}
	flush()
	return out
}
