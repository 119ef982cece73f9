package audit

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Figures is what a report draws: gathered in the pass that judges, and only when asked for. All of it counts cases or acts
// whole, so that months, arcs and variants add up to the totals. What it says does not depend on how many workers read.
//
// Memory is bounded but for what grows with the findings: some 60 bytes for each case with a finding, from which examples are
// chosen, and the cases whose deadlines may still pass. Durations take at most 50 kB for each arc and duty; of variants and
// groups at most [MostKept] are told apart, and with more none is told. Names of persons and units are kept once each.
type Figures struct {
	Edition string `json:"edition"` // of the procedure
	First   string `json:"first"`   // the earliest event, RFC 3339; empty: none
	Last    string `json:"last"`

	Found  int64          `json:"found"`   // cases with at least one finding
	Grave  int64          `json:"grave"`   // with one of severity 1 or 2
	Rules  []RuleFigures  `json:"rules"`   // in the order of findings
	Months []MonthFigures `json:"months"`  // by the month of a case's first event, none left out between the first and the last
	NoDate int64          `json:"no_date"` // cases without events, in no month

	By     string         `json:"by"` // what Groups are: unit, post, person; empty: the log has none of them
	Groups []GroupFigures `json:"groups"`

	Acts     []ActFigures  `json:"acts"` // in the order of the procedure
	Arcs     []Arc         `json:"arcs"` // what directly followed what
	Duties   []DutyFigures `json:"duties"`
	Length   Spread        `json:"length"`            // of cases, from first act to last
	Distinct int64         `json:"distinct_variants"` // MostKept+1: more than MostKept
	Variants []Variant     `json:"variants"`          // the most frequent, at most 40; empty: more than MostKept are distinct
	Examples []Example     `json:"examples"`
	Quality  Quality       `json:"quality"`
}

// RuleFigures is where a rule could be broken: Of cases did or owed what its clauses speak of, or, where it says every case,
// all did. Cases with a finding of it are always among them.
type RuleFigures struct {
	Rule   string      `json:"rule"`
	Of     int64       `json:"of"`
	Acts   []string    `json:"acts"` // one of which must have been done
	Every  bool        `json:"every"`
	Months []RuleMonth `json:"months"` // as Figures.Months; empty for a rule without findings
}

// RuleMonth counts the cases that began in a month: with a finding, of those in which it could be.
type RuleMonth struct {
	Cases int64 `json:"cases"`
	Of    int64 `json:"of"`
}

// MonthFigures are the cases that began in a month.
type MonthFigures struct {
	Month string `json:"month"` // 2026-03
	Cases int64  `json:"cases"`
	Found int64  `json:"found"`
	Grave int64  `json:"grave"`
}

// GroupFigures are the cases of a unit, post or person: the first that the case names.
type GroupFigures struct {
	Name  string `json:"name"` // empty: the case names none
	Cases int64  `json:"cases"`
	Found int64  `json:"found"`
	Grave int64  `json:"grave"`
}

// ActFigures tells of one kind of act.
type ActFigures struct {
	Act   string `json:"act"`
	Title Title  `json:"title"`
	Count int64  `json:"count"`
	Cases int64  `json:"cases"`
	Found int64  `json:"found"` // findings that the act gave rise to
}

// Arc says how often one act directly followed another in a case. From is empty where the case begins, To where it ends.
type Arc struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
	Wait  Spread `json:"wait"`  // between the two; N is less than Count where the log sets the later one earlier
	Found int64  `json:"found"` // findings made by its second act, and deadlines that passed between the two
}

// DutyFigures tells how long duties took, and by how much they were missed.
type DutyFigures struct {
	Duty    string `json:"duty"`
	Took    Spread `json:"took"`    // from the act that left it to its discharge, on time or late
	Late    Spread `json:"late"`    // by how much, where it was discharged late
	Never   int64  `json:"never"`   // never discharged: its deadline passed, or the case is over
	Overdue Spread `json:"overdue"` // for how long, in whole days, where it was never discharged and had a deadline
}

// Variant is one way in which cases ran: the same acts in the same order.
type Variant struct {
	Acts  []string `json:"acts"`
	Cases int64    `json:"cases"`
	Found int64    `json:"found"`
	Grave int64    `json:"grave"`
}

// Example is a case to be told step by step: of a rule the earliest, the median and the latest with a finding of it, by the
// moment of their first event.
type Example struct {
	Rule   string `json:"rule"`
	Which  string `json:"which"` // earliest, median, latest
	Case   string `json:"case"`
	Record int64  `json:"record"` // ordinal of the case in the log
}

// Quality tells how good the log is, in events and cases.
type Quality struct {
	Events    int64 `json:"events"`    // complete events read
	Unmapped  int64 `json:"unmapped"`  // of kinds that the procedure does not know
	Ignored   int64 `json:"ignored"`   // of kinds that the procedure says to pass over
	Midnight  int64 `json:"midnight"`  // at exactly 00:00:00 in the procedure's zone
	DayOnly   int64 `json:"day_only"`  // dated to the day, without a time
	Backwards int64 `json:"backwards"` // acts dated before the act that stands before them
	SameTime  int64 `json:"same_time"` // acts with the very time of the act before them: the log's order decides
	Doubled   int64 `json:"doubled"`   // of these, the same kind of act
	LongGaps  int64 `json:"long_gaps"` // more than a year between two acts of a case
	Future    int64 `json:"future"`    // events after Report.Now
	NoPerson  int64 `json:"no_person"` // acts without a person
	NoUnit    int64 `json:"no_unit"`   // acts with neither unit nor post

	Unjudgeable int64 `json:"unjudgeable"`  // cases without any act that the procedure knows
	Empty       int64 `json:"empty"`        // cases without events
	Repeated    int64 `json:"repeated"`     // cases whose id stands more than once
	OtherSteps  int64 `json:"other_steps"`  // records that are not completed acts
	NoOffset    int64 `json:"no_offset"`    // times without offset from UTC
	EmptyMonths int64 `json:"empty_months"` // months between the first and the last in which no case began
}

const (
	// MostKept is how many variants, and how many groups, are told apart.
	MostKept = 200_000
	// MostMonths is how many months a log may span; beyond it months are not told.
	MostMonths = 2400

	mostVariants  = 40
	mostExampleOf = 6 // rules
	grave         = 2
	longGap       = 365 * 24 * time.Hour
)

// step is one act of a case as the figures see it.
type step struct {
	ref  int64
	at   calendar.Instant
	act  int32
	who  int32 // of collector.names; 0: not known
	unit int32 // unit, or where there is none the post
}

// course is the case being read, or one that is held until the log's end.
type course struct {
	id     string
	record int64
	first  calendar.Instant // of all events; calendar.Never: none
	group  [3]int32         // first unit, post, person
	steps  []step
}

// collector gathers figures of the cases of one worker.
type collector struct {
	p     *procedure.Procedure
	n     int // acts of the procedure
	rows  bool
	until calendar.Instant // 0: the last event
	speak []procedure.Speaking

	names  []string // 0: none
	number map[string]int32

	now course // the case being read

	firstAt, lastAt calendar.Instant
	found, graveN   int64
	of              []int64
	months          map[int32]*monthTally
	noDate          int64
	groups          [3]map[int32]*tallied
	acts            []ActFigures
	arcs            []*arc // from, to; the last of each is the outside
	duties          []dutySpread
	length          spread
	variants        map[string]*tallied
	chosen          [][]candidate // by rule
	quality         Quality
	list            []Row

	// of the case being finished
	did     []bool
	opened  []bool
	broke   []bool
	pattern []byte
}

type monthTally struct {
	tallied
	rules []RuleMonth
}

type tallied struct{ cases, found, grave int64 }

func (t *tallied) count(found, grave bool) {
	t.cases++
	if found {
		t.found++
	}
	if grave {
		t.grave++
	}
}

type arc struct {
	count, found int64
	wait         spread
}

type dutySpread struct {
	took, late spread
	never      int64
	overdue    map[calendar.Date]int64 // deadlines of duties never done: how far the log goes is known at its end
}

type candidate struct {
	at     calendar.Instant
	record int64
	id     string
}

func newCollector(p *procedure.Procedure, opt Options) *collector {
	n := len(p.Acts())
	c := &collector{p: p, n: n, rows: opt.Rows, until: opt.Now, names: []string{""}, number: map[string]int32{"": 0}, firstAt: calendar.Never, lastAt: math.MinInt64,
		of: make([]int64, len(p.Rules())), months: map[int32]*monthTally{}, acts: make([]ActFigures, n), arcs: make([]*arc, (n+1)*(n+1)),
		duties: make([]dutySpread, len(p.Duties())), variants: map[string]*tallied{}, chosen: make([][]candidate, len(p.Rules())),
		did: make([]bool, n), opened: make([]bool, len(p.Duties())), broke: make([]bool, len(p.Rules()))}
	for i := range c.duties {
		c.duties[i].overdue = map[calendar.Date]int64{}
	}
	for i := range c.groups {
		c.groups[i] = map[int32]*tallied{}
	}
	for i := range p.Rules() {
		c.speak = append(c.speak, p.Speaks(i))
	}
	return c
}

func (c *collector) name(s string) int32 {
	if s == "" {
		return 0
	}
	n, ok := c.number[s]
	if !ok {
		s = strings.Clone(s)
		n = int32(len(c.names))
		c.names = append(c.names, s)
		c.number[s] = n
	}
	return n
}

func (c *collector) begin(id string, record int64) {
	c.now = course{id: id, record: record, first: calendar.Never, steps: c.now.steps[:0]}
}

// event notes an event of the case; kind -1: not of the procedure.
func (c *collector) event(e *eventlog.Event, kind int) {
	q, m := &c.quality, &c.now
	q.Events++
	c.moment(e.Time, e.Precision)
	person, unit, post := c.name(e.Person), c.name(e.Unit), c.name(e.Post)
	m.group = [3]int32{cmp.Or(m.group[0], unit), cmp.Or(m.group[1], post), cmp.Or(m.group[2], person)}
	if kind < 0 {
		if c.p.Ignored(e.Act) {
			q.Ignored++
		} else {
			q.Unmapped++
		}
		return
	}
	c.act(step{e.Record, e.Time, int32(kind), person, cmp.Or(unit, post)})
}

func (c *collector) moment(at calendar.Instant, precision calendar.Precision) {
	c.now.first = min(c.now.first, at)
	c.firstAt, c.lastAt = min(c.firstAt, at), max(c.lastAt, at)
	if c.until != 0 && at > c.until {
		c.quality.Future++
	}
	if precision == calendar.Day {
		c.quality.DayOnly++
	} else if at == c.p.Pack.Zone.Start(c.p.Pack.Zone.Date(at)) {
		c.quality.Midnight++
	}
}

func (c *collector) act(s step) {
	if s.who == 0 {
		c.quality.NoPerson++
	}
	if s.unit == 0 {
		c.quality.NoUnit++
	}
	c.now.steps = append(c.now.steps, s)
}

// hold copies the case being read, to finish it when the log is over.
func (c *collector) hold() *course {
	m := c.now
	m.id, m.steps = strings.Clone(m.id), slices.Clone(m.steps)
	return &m
}

func (c *collector) arc(from, to int32) *arc {
	i := int(from)*(c.n+1) + int(to)
	if c.arcs[i] == nil {
		c.arcs[i] = &arc{}
	}
	return c.arcs[i]
}

// finish counts a case with what judging it said; found are the findings that stand.
func (c *collector) finish(m *course, found []procedure.Finding, duties []procedure.DutyEvent) {
	clear(c.did)
	clear(c.opened)
	clear(c.broke)
	c.walk(m)
	kept := ""
	id := func() string { // m.id may belong to the reader
		if kept == "" {
			kept = strings.Clone(m.id)
		}
		return kept
	}
	severe, any := false, false
	rules := c.p.Rules()
	for i := range found {
		f := &found[i]
		if f.Unjudged {
			continue
		}
		any = true
		severe = severe || rules[f.Rule].Severity <= grave
		k := m.find(f.Cause)
		if k >= 0 {
			c.acts[m.steps[k].act].Found++
		}
		if len(m.steps) > 0 {
			c.glow(m, f, k)
		}
		if !c.broke[f.Rule] {
			c.broke[f.Rule] = true
			c.chosen[f.Rule] = append(c.chosen[f.Rule], candidate{m.first, m.record, id()})
		}
		if c.rows {
			c.list = append(c.list, c.row(id(), m, f, k))
		}
	}
	for i := range duties {
		d := &duties[i]
		c.opened[d.Duty] = true
		s := &c.duties[d.Duty]
		switch d.State {
		case procedure.OnTime, procedure.Late:
			if k := m.find(d.Cause); k >= 0 {
				s.took.add(int64(d.At - m.steps[k].at))
			}
			if d.State == procedure.Late && d.Due != 0 {
				s.late.add(Lateness(c.p.Pack.Zone, d.Due, d.At) * 1_000_000)
			}
		case procedure.Missing:
			s.never++
			if d.Due != 0 {
				s.overdue[c.p.Pack.Zone.Date(d.Due)]++
			}
		}
	}
	c.tally(m, any, severe)
}

// walk counts the acts of a case, what followed what, and its variant.
func (c *collector) walk(m *course) {
	q := &c.quality
	out := int32(c.n)
	last := out
	c.pattern = c.pattern[:0]
	for i := range m.steps {
		s := &m.steps[i]
		c.acts[s.act].Count++
		if !c.did[s.act] {
			c.did[s.act] = true
			c.acts[s.act].Cases++
		}
		a := c.arc(last, s.act)
		a.count++
		if i > 0 {
			wait := s.at - m.steps[i-1].at
			switch {
			case wait < 0:
				q.Backwards++
			case wait == 0:
				q.SameTime++
				if s.act == last {
					q.Doubled++
				}
			case wait > calendar.Instant(longGap.Microseconds()):
				q.LongGaps++
			}
			if wait >= 0 {
				a.wait.add(int64(wait))
			}
		}
		last = s.act
		c.pattern = append(c.pattern, byte(s.act), byte(s.act>>8))
	}
	if len(m.steps) == 0 {
		q.Unjudgeable++
		return
	}
	c.arc(last, out).count++
	c.length.add(int64(m.steps[len(m.steps)-1].at - m.steps[0].at))
}

// glow puts a finding on the arc in which it arose: that of the act judged, or the one in which a deadline passed.
func (c *collector) glow(m *course, f *procedure.Finding, cause int) {
	to := len(m.steps) // the end of the case
	switch {
	case f.Duty < 0 && cause >= 0:
		to = cause
	case f.Duty >= 0 && f.Due != 0:
		to = slices.IndexFunc(m.steps, func(s step) bool { return s.at > f.Due })
		if to < 0 {
			to = len(m.steps)
		}
	}
	from, into := int32(c.n), int32(c.n)
	if to > 0 {
		from = m.steps[to-1].act
	}
	if to < len(m.steps) {
		into = m.steps[to].act
	}
	c.arc(from, into).found++
}

// find is the place of an act among the steps, -1 where it is not there.
func (m *course) find(ref int64) int {
	return slices.IndexFunc(m.steps, func(s step) bool { return s.ref == ref })
}

// tally counts the case whole: in its month, its group, its variant, and for each rule that could be broken in it.
func (c *collector) tally(m *course, found, severe bool) {
	if found {
		c.found++
	}
	if severe {
		c.graveN++
	}
	var month *monthTally
	if m.first == calendar.Never {
		c.noDate++
	} else {
		y, mo, _ := c.p.Pack.Zone.Date(m.first).Civil()
		key := int32(y*12 + int(mo) - 1)
		if month = c.months[key]; month == nil {
			month = &monthTally{rules: make([]RuleMonth, len(c.of))}
			c.months[key] = month
		}
		month.count(found, severe)
	}
	for r := range c.speak {
		s := &c.speak[r]
		if !c.broke[r] && !s.Every && !slices.ContainsFunc(s.Acts, func(a int) bool { return c.did[a] }) && !slices.ContainsFunc(s.Duties, func(d int) bool { return c.opened[d] }) {
			continue
		}
		c.of[r]++
		if month != nil {
			month.rules[r].Of++
			if c.broke[r] {
				month.rules[r].Cases++
			}
		}
	}
	for i, g := range m.group {
		if t := c.groups[i]; len(t) <= MostKept {
			if t[g] == nil {
				t[g] = &tallied{}
			}
			t[g].count(found, severe)
		}
	}
	if v := c.variants[string(c.pattern)]; v != nil {
		v.count(found, severe)
	} else if len(m.steps) > 0 && len(c.variants) <= MostKept {
		v = &tallied{}
		v.count(found, severe)
		c.variants[string(c.pattern)] = v
	}
}

// Lateness is by how much a deadline was missed, in seconds: in whole civil days where it fell at the end of a day.
func Lateness(zone *calendar.Zone, due, at calendar.Instant) int64 {
	if day := zone.Date(due); due == zone.End(day) {
		return int64(zone.Date(at)-day) * 24 * 3600
	}
	return int64(at-due) / 1_000_000
}
