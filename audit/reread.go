package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// fieldOf finds a datum by its key; empty where there is none.
func fieldOf(data []eventlog.Field, key string) string {
	for i := range data {
		if data[i].Key == key {
			return data[i].Value
		}
	}
	return ""
}

// recordedUnder tells whether a history is that of a record, and under which procedure it was kept.
func recordedUnder(c *eventlog.Case) (string, bool) {
	name := fieldOf(c.Data, keyProcedure)
	return name, name != ""
}

// judgeRecorded judges the history of a record as the record was judged: people and items by name, corrections and
// withdrawals, acts that became known late, the end where the case was closed. A case of another procedure is left aside.
func (w *worker) judgeRecorded(c *eventlog.Case, under string) error {
	if under != w.p.Pack.ID+"/"+w.p.ID {
		w.elsewhere[strings.Clone(under)]++
		return nil
	}
	w.cases++
	if w.figures != nil {
		w.figures.begin(c.ID, c.Record)
	}
	var acts []procedure.Act
	var seen []eventlog.Event // of acts
	for i := range c.Events {
		e := &c.Events[i]
		w.last = max(w.last, e.Time)
		if fieldOf(e.Data, keyRefused) != "" {
			w.attempts++
			continue
		}
		a, ok, err := w.reader.recorded(c, e, w.fail)
		if err != nil {
			return fmt.Errorf("case %s, event %d: %w", c.ID, i+1, err)
		}
		if !ok {
			w.unmapped[strings.Clone(e.Act)]++
			continue
		}
		w.acts++
		acts, seen = append(acts, a), append(seen, *e)
	}
	now, err := asOf(c, w.opt.Now, w.p)
	if err != nil {
		return err
	}
	w.until = max(w.until, now)
	o := rejudged(w.p, acts, now)
	var m *course
	if w.figures != nil {
		w.figures.recorded(acts, seen)
		m = &w.figures.now
	}
	w.count(c.ID, &o, m)
	return nil
}

// asOf is the moment up to which the history of a record is judged: now, or what the history says.
func asOf(c *eventlog.Case, now calendar.Instant, p *procedure.Procedure) (calendar.Instant, error) {
	if now != 0 {
		return now, nil
	}
	now, err := casefile.ParseInstant(fieldOf(c.Data, keyAsOf), p.Pack.Zone)
	if err != nil {
		return 0, fmt.Errorf("case %s: %s: %w", c.ID, keyAsOf, err)
	}
	return now, nil
}

// rejudged is what stands of a record's case.
func rejudged(p *procedure.Procedure, acts []procedure.Act, now calendar.Instant) procedure.Outcome {
	h := p.RejudgeClosing(acts, now)
	o := procedure.Outcome{Findings: h.Stands(), Duties: h.Duties}
	for _, r := range h.Standing.Running() { // a case that still runs has not missed anything yet
		d := procedure.DutyEvent{Duty: r.Duty, State: procedure.Open}
		if r.Overdue {
			d.State, d.Due = procedure.Missing, r.Due
		}
		o.Duties = append(o.Duties, d)
	}
	return o
}

// recorded notes the acts of a case of a record: in the order in which they occurred, each in the place of the one that it
// corrects, without those that were withdrawn.
func (c *collector) recorded(acts []procedure.Act, seen []eventlog.Event) {
	gone := map[int64]bool{}
	for i := range acts {
		gone[acts[i].Corrects], gone[acts[i].Withdraws] = true, true
	}
	order := make([]int, 0, len(acts))
	for i := range acts {
		if !gone[acts[i].Ref] && acts[i].Withdraws == 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(acts[a].Occurred, acts[b].Occurred) })
	for _, i := range order {
		e := &seen[i]
		e.Record, e.Precision = acts[i].Ref, acts[i].Precision
		c.event(e, acts[i].Kind)
	}
}

// recorded reads one event of the history of a record. Unlike act it gives an act with memory of its own.
func (r *reader) recorded(c *eventlog.Case, e *eventlog.Event, fail func(act, field, value string, record int64, why error)) (procedure.Act, bool, error) {
	withdraws, err := numberIn(e.Data, keyWithdraws)
	if err != nil {
		return procedure.Act{}, false, err
	}
	var a procedure.Act
	if known, ok := r.act(c, e, fail); ok {
		a = *known
		a.Data = slices.Clone(a.Data)
		a.Kind = known.Kind
	} else if withdraws == 0 {
		return a, false, nil
	} else {
		a = procedure.Act{Occurred: e.Time}
	}
	a.Withdraws = withdraws
	if a.Ref, err = numberIn(e.Data, keyNumber); err == nil && a.Ref == 0 {
		err = fmt.Errorf("%s is missing", keyNumber)
	}
	if err != nil {
		return a, false, err
	}
	if a.Corrects, err = numberIn(e.Data, keyCorrects); err != nil {
		return a, false, err
	}
	if text := fieldOf(e.Data, keyRecorded); text != "" {
		if a.Recorded, err = casefile.ParseInstant(text, r.p.Pack.Zone); err != nil {
			return a, false, fmt.Errorf("%s: %w", keyRecorded, err)
		}
	}
	a.Precision = calendar.Second
	switch text := fieldOf(e.Data, keyPrecision); text {
	case "", calendar.Second.String():
	case calendar.Minute.String():
		a.Precision = calendar.Minute
	case calendar.Day.String():
		a.Precision = calendar.Day
	default:
		return a, false, fmt.Errorf("%s: %q is none of day, minute, second", keyPrecision, text)
	}
	a.ByLaw = fieldOf(e.Data, keyByLaw) == "true"
	a.Actor = nil
	if e.Person != "" {
		a.Actor = &casefile.Actor{Person: e.Person, Posts: listIn(e.Data, keyPosts), Qualifications: listIn(e.Data, keyQualifications), Relations: listIn(e.Data, keyRelations)}
	}
	if e.Unit != "" {
		a.Unit = &casefile.Unit{ID: e.Unit, Kind: fieldOf(e.Data, keyUnitKind)}
	}
	for _, text := range listIn(e.Data, keySubjects) {
		words := strings.Split(text, " ")
		if len(words) != 3 {
			return a, false, fmt.Errorf("%s: %q is not an id, a kind and a role or -", keySubjects, text)
		}
		if words[2] == "-" {
			words[2] = ""
		}
		a.Subjects = append(a.Subjects, casefile.Ref{ID: casefile.Subject(words[0]), Kind: words[1], Role: words[2]})
	}
	return a, true, nil
}

// listIn reads a list; nil where it is not there.
func listIn(data []eventlog.Field, key string) []string {
	switch text := fieldOf(data, key); text {
	case "":
		return nil
	case "-":
		return []string{}
	default:
		return strings.Split(text, ",")
	}
}

// numberIn reads the number of an act; 0 where it is not there.
func numberIn(data []eventlog.Field, key string) (int64, error) {
	text := fieldOf(data, key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s: %q is not the number of an act", key, text)
	}
	return n, nil
}
