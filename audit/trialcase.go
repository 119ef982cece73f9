package audit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// CaseTrial is one case that changed, step by step under both versions.
type CaseTrial struct {
	Case   string   `json:"case"`
	Gained []string `json:"gained"` // rules
	Lost   []string `json:"lost"`
	Steps  []Step   `json:"steps"` // the acts of the log in its order; the last one is the end of the log
}

// Step is one act with what both versions make of it, or make of the time until the next.
type Step struct {
	At    string  `json:"at"` // local time of the new version's zone
	Act   ActName `json:"act"`
	By    string  `json:"by,omitempty"`
	Data  []Datum `json:"data"`
	End   bool    `json:"end,omitempty"` // no act: the log is over
	Lines []Line  `json:"lines"`
}

// Datum is one value that came with an act.
type Datum struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Line is a finding, or what became of a duty.
type Line struct {
	Side     string `json:"side"` // both, old, new
	Kind     string `json:"kind"` // finding, duty
	ID       string `json:"id"`   // of the rule or the duty
	Severity int    `json:"severity,omitempty"`
	At       string `json:"at,omitempty"` // where it came later than the act
	Text     Title  `json:"text"`
}

// Mark is how a line stands in a text: - for what only the old version says, + for what only the new one does.
func (l *Line) Mark() string {
	return map[string]string{"old": "-", "new": "+"}[l.Side]
}

// Told are the lines that people read: all but the duties of which both versions say the same.
func (s *Step) Told() []Line {
	return slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.Side == "both" && l.Kind == "duty" })
}

// tell reads the log once more and tells the first cases of each rule that changed.
func (t *trial) tell(ctx context.Context, name string, open Opener, now calendar.Instant, total *trialWorker, r *Trial) error {
	changed := map[caseRef]*CaseTrial{}
	for i, tally := range total.rules {
		for k, only := range tally.only {
			for _, ref := range only.first[:min(len(only.first), toldCases)] {
				c := changed[ref]
				if c == nil {
					c = &CaseTrial{Case: ref.id, Gained: []string{}, Lost: []string{}}
					changed[ref] = c
				}
				if k == newSide {
					c.Gained = append(c.Gained, t.rules[i])
				} else {
					c.Lost = append(c.Lost, t.rules[i])
				}
			}
		}
	}
	if len(changed) == 0 {
		return nil
	}
	var mu sync.Mutex
	cases := map[caseRef]eventlog.Case{}
	_, err := read(ctx, name, open, t.sides[newSide], t.opt.Options, func() { cases = map[caseRef]eventlog.Case{} }, func(_ int, b *eventlog.Batch) error {
		for i := range b.Cases {
			if c := &b.Cases[i]; changed[refOf(c)] != nil {
				kept := keep(c)
				mu.Lock()
				cases[refOf(&kept)] = kept
				mu.Unlock()
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	refs := make([]caseRef, 0, len(changed))
	for ref := range changed {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, caseRef.compare)
	for _, ref := range refs {
		c, ok := cases[ref]
		if !ok {
			return fmt.Errorf("%s: case %s is not there any more: the log changed while it was read", name, ref.id)
		}
		if changed[ref].Steps, err = t.steps(&c, now); err != nil {
			return err
		}
		r.Told = append(r.Told, *changed[ref])
	}
	return nil
}

// steps tells a case under both versions: what both say once, what one of them says marked.
func (t *trial) steps(c *eventlog.Case, now calendar.Instant) ([]Step, error) {
	end := Title{"日志至此为止", "the log is over"}
	if _, ok := recordedUnder(c); ok {
		var err error
		if now, err = asOf(c, t.opt.Now, t.sides[newSide]); err != nil {
			return nil, err
		}
		end = Title{"记录导出", "the record was exported"}
	}
	var sides [2]*teller
	for k, p := range t.sides {
		var err error
		if sides[k], err = newTeller(p, c, now); err != nil {
			return nil, err
		}
	}
	when := sides[newSide].when
	out := make([]Step, 0, len(c.Events)+1)
	for i := range c.Events {
		e := &c.Events[i]
		s := Step{At: when(e.Time), By: e.Person, Act: ActName{ID: e.Act, Title: Title{e.Act, e.Act}}, Data: []Datum{}}
		for k := range sides { // the new version's words where it knows the act
			if p := t.sides[k]; sides[k].acts[i] >= 0 {
				s.Act, s.Data = ActName{p.ActID(sides[k].acts[i]), titleOf(p.ActTitle(sides[k].acts[i])), true}, sides[k].data[i]
			}
		}
		s.Lines = sideBySide(sides[oldSide].lines[i], sides[newSide].lines[i])
		out = append(out, s)
	}
	i := len(c.Events)
	return append(out, Step{At: when(now), End: true, Act: ActName{Title: end}, Data: []Datum{}, Lines: sideBySide(sides[oldSide].lines[i], sides[newSide].lines[i])}), nil
}

// sideBySide joins what two versions say at a step: what only the old one says stands first.
func sideBySide(old, next []Line) []Line {
	left := append([]Line{}, old...)
	var out []Line
	for _, l := range next {
		l.Side = "new"
		if i := slices.Index(left, l.on("")); i >= 0 {
			l.Side = "both"
			left = slices.Delete(left, i, i+1)
		}
		out = append(out, l)
	}
	for i := range left {
		left[i].Side = "old"
	}
	return append(left, out...)
}

func (l Line) on(side string) Line {
	l.Side = side
	return l
}

// teller is a case under one version: by event its act (-1: unknown) and its data, and by event and at the end what is said.
type teller struct {
	p     *procedure.Procedure
	acts  []int
	data  [][]Datum
	lines [][]Line
}

func newTeller(p *procedure.Procedure, c *eventlog.Case, now calendar.Instant) (*teller, error) {
	n := len(c.Events)
	x := &teller{p: p, acts: make([]int, n), data: make([][]Datum, n), lines: make([][]Line, n+1)}
	if _, ok := recordedUnder(c); ok {
		return x, x.recorded(c, now)
	}
	r, j, s := newReader(p), p.NewJudge(), p.New()
	steps := make([]procedure.Outcome, n+1)
	passed := make([]procedure.Outcome, n+1) // in the time until the next act
	before := n
	for i := range c.Events {
		act, ok := r.act(c, &c.Events[i], func(_, _, _ string, _ int64, _ error) {})
		x.data[i] = []Datum{}
		if !ok {
			x.acts[i] = -1
			continue
		}
		x.does(i, act)
		j.Advance(s, act.Occurred, &passed[before])
		j.Act(s, act, &steps[i])
		before = i
	}
	j.Advance(s, now, &passed[before])
	j.End(s, now, &steps[n])
	for i := range steps { // what is taken back later is not told
		for _, o := range []*procedure.Outcome{&steps[i], &passed[i]} {
			o.Withdrawn = append(o.Withdrawn, steps[n].Withdrawn...)
			dropWithdrawn(o)
		}
		x.say(i, &steps[i], math.MaxInt64, now)
		x.say(i, &passed[i], math.MinInt64, now)
	}
	return x, nil
}

// does notes the act of an event with its data.
func (x *teller) does(i int, act *procedure.Act) {
	x.acts[i] = act.Kind
	for k, f := range x.p.Fields(act.Kind) {
		if v := act.Data[k]; v.Known() {
			x.data[i] = append(x.data[i], Datum{f.Name, x.value(v)})
		}
	}
}

// recorded tells the case of a record: what stands of it, at the act that gave rise to it.
func (x *teller) recorded(c *eventlog.Case, now calendar.Instant) error {
	r := newReader(x.p)
	acts, at, err := recordedActs(&r, c)
	if err != nil {
		return err
	}
	for i := range c.Events {
		x.acts[i], x.data[i] = -1, []Datum{}
	}
	place := map[int64]int{}
	for k := range acts {
		place[acts[k].Ref] = at[k]
		if acts[k].Withdraws == 0 {
			x.does(at[k], &acts[k])
		}
	}
	of := func(cause int64) (int, calendar.Instant) {
		if i, ok := place[cause]; ok {
			return i, c.Events[i].Time
		}
		return len(c.Events), now
	}
	o := rejudged(x.p, acts, now)
	for _, d := range o.Duties {
		i, acted := of(d.Cause)
		x.say(i, &procedure.Outcome{Duties: []procedure.DutyEvent{d}}, acted, now)
	}
	for _, f := range o.Findings {
		i, acted := of(f.Cause)
		x.say(i, &procedure.Outcome{Findings: []procedure.Finding{f}}, acted, now)
	}
	return nil
}

// say adds what is said of a step; what came after a moment, until another, says when.
func (x *teller) say(i int, o *procedure.Outcome, after, until calendar.Instant) {
	later := func(at calendar.Instant) string {
		if at == 0 || at <= after || at > until {
			return ""
		}
		return x.when(at)
	}
	for _, d := range o.Duties {
		info := x.p.Duties()[d.Duty]
		text := Title{stateZH[d.State], d.State.String()}
		if d.Due != 0 {
			text.ZH, text.EN = text.ZH+"，期限至 "+x.when(d.Due), text.EN+", due "+x.when(d.Due)
		}
		title := titleOf(info.Title)
		x.lines[i] = append(x.lines[i], Line{Kind: "duty", ID: info.ID, At: later(d.At), Text: Title{title.ZH + "：" + text.ZH, title.EN + ": " + text.EN}})
	}
	for _, f := range o.Findings {
		rule := x.p.Rules()[f.Rule]
		text := titleOf(rule.Title)
		if f.Unjudged {
			text.ZH, text.EN = text.ZH+"（不能判断：缺 "+f.Missing+"）", text.EN+" (cannot be judged: "+f.Missing+" is missing)"
		}
		if f.Due != 0 {
			text.ZH, text.EN = text.ZH+"，期限至 "+x.when(f.Due), text.EN+", due "+x.when(f.Due)
		}
		basis := " [" + rule.Kind
		if cites := x.p.Pack.InForce(rule.Basis, f.At); len(cites) > 0 {
			basis += ": " + strings.Join(cites, ", ")
		}
		basis += "]"
		x.lines[i] = append(x.lines[i], Line{Kind: "finding", ID: rule.ID, Severity: rule.Severity, At: later(f.At), Text: Title{text.ZH + basis, text.EN + basis}})
	}
}

// when is a moment in the version's zone; the last of a day is the day.
func (x *teller) when(i calendar.Instant) string {
	zone := x.p.Pack.Zone
	if d := zone.Date(i); i == zone.End(d) || i == zone.Start(d) {
		return d.String()
	}
	return i.Time().In(zone.Location()).Format("2006-01-02 15:04")
}

func (x *teller) value(v casefile.Value) string {
	if v.Kind() == casefile.Instant {
		return x.when(v.Instant())
	}
	return v.String()
}
