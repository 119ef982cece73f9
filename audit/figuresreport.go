package audit

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// Row is one finding, for tables. Rows stand in the order of the log, those of a case in the order in which they were made.
type Row struct {
	Finding  int    // index into Report.Findings
	Case     string // its id
	Record   int64  // ordinal of the case in the log
	Subject  string // person or item; empty: the case
	When     calendar.Instant
	Due      calendar.Instant // the deadline that passed; 0: none
	Act      string           // that gave rise to it, by its id in the procedure; empty: the case as a whole
	Person   string           // who did that act, where the log says so
	Unit     string           // its unit, or else post
	Unjudged bool             // could not be judged: not in Report.Findings[].Count
}

func (c *collector) row(id string, m *course, f *procedure.Finding, k int) Row {
	r := Row{Finding: f.Rule, Case: id, Record: m.record, Subject: string(f.Subject), When: f.At, Due: f.Due}
	if k >= 0 {
		s := &m.steps[k]
		r.Act, r.Person, r.Unit = c.p.ActID(int(s.act)), c.names[s.who], c.names[s.unit]
	}
	return r
}

// merge adds what another worker gathered.
func (c *collector) merge(o *collector) {
	c.firstAt, c.lastAt = min(c.firstAt, o.firstAt), max(c.lastAt, o.lastAt)
	c.found += o.found
	c.graveN += o.graveN
	c.noDate += o.noDate
	for i := range o.of {
		c.of[i] += o.of[i]
		c.chosen[i] = append(c.chosen[i], o.chosen[i]...)
	}
	for k, m := range o.months {
		t := c.months[k]
		if t == nil {
			c.months[k] = m
			continue
		}
		t.tallied.add(&m.tallied)
		for r := range m.rules {
			t.rules[r].Cases += m.rules[r].Cases
			t.rules[r].Of += m.rules[r].Of
		}
	}
	for i := range o.groups {
		for k, t := range o.groups[i] {
			n := c.name(o.names[k])
			if c.groups[i][n] == nil {
				c.groups[i][n] = &tallied{}
			}
			c.groups[i][n].add(t)
		}
	}
	for i := range o.acts {
		a, b := &c.acts[i], &o.acts[i]
		a.Count, a.Cases, a.Found = a.Count+b.Count, a.Cases+b.Cases, a.Found+b.Found
	}
	for i, b := range o.arcs {
		switch a := c.arcs[i]; {
		case b == nil:
		case a == nil:
			c.arcs[i] = b
		default:
			a.count += b.count
			a.found += b.found
			a.wait.merge(&b.wait)
		}
	}
	for i := range o.duties {
		c.duties[i].took.merge(&o.duties[i].took)
		c.duties[i].late.merge(&o.duties[i].late)
		c.duties[i].never += o.duties[i].never
		for day, n := range o.duties[i].overdue {
			c.duties[i].overdue[day] += n
		}
	}
	c.length.merge(&o.length)
	for k, v := range o.variants {
		if c.variants[k] == nil {
			c.variants[k] = v
			continue
		}
		c.variants[k].add(v)
	}
	c.quality.add(&o.quality)
	c.list = append(c.list, o.list...)
}

func (t *tallied) add(o *tallied) {
	t.cases, t.found, t.grave = t.cases+o.cases, t.found+o.found, t.grave+o.grave
}

func (q *Quality) add(o *Quality) {
	q.Events += o.Events
	q.Unmapped += o.Unmapped
	q.Ignored += o.Ignored
	q.Midnight += o.Midnight
	q.DayOnly += o.DayOnly
	q.Backwards += o.Backwards
	q.SameTime += o.SameTime
	q.Doubled += o.Doubled
	q.LongGaps += o.LongGaps
	q.Future += o.Future
	q.NoPerson += o.NoPerson
	q.NoUnit += o.NoUnit
	q.Unjudgeable += o.Unjudgeable
}

// figures tells what was gathered. rules are those of the report.
func (c *collector) figures(rules []RuleCount, now calendar.Instant, stats eventlog.Stats) *Figures {
	zone := c.p.Pack.Zone.Location()
	write := func(at calendar.Instant) string {
		if at == calendar.Never || at == math.MinInt64 {
			return ""
		}
		return at.Time().In(zone).Format(time.RFC3339)
	}
	f := &Figures{Edition: c.p.Edition(), First: write(c.firstAt), Last: write(c.lastAt), Found: c.found, Grave: c.graveN, NoDate: c.noDate,
		Rules: []RuleFigures{}, Months: []MonthFigures{}, Groups: []GroupFigures{}, Acts: []ActFigures{}, Arcs: []Arc{}, Duties: []DutyFigures{},
		Length: c.length.told(), Variants: []Variant{}, Examples: []Example{}, Quality: c.quality}
	f.Quality.Empty, f.Quality.Repeated, f.Quality.OtherSteps, f.Quality.NoOffset = stats.Empty, stats.Repeated, stats.OtherSteps, stats.NoOffset
	for i := range rules {
		f.Rules = append(f.Rules, RuleFigures{Rule: rules[i].Rule, Of: c.of[i], Acts: c.speaksOf(i), Every: c.speak[i].Every, Months: []RuleMonth{}})
	}
	c.byMonth(f, rules)
	c.byGroup(f)
	for i, a := range c.acts {
		a.Act, a.Title = c.p.ActID(i), titleOf(c.p.ActTitle(i))
		f.Acts = append(f.Acts, a)
	}
	id := func(i int) string {
		if i == c.n {
			return ""
		}
		return c.p.ActID(i)
	}
	for i, a := range c.arcs {
		if a != nil {
			f.Arcs = append(f.Arcs, Arc{id(i / (c.n + 1)), id(i % (c.n + 1)), a.count, a.wait.told(), a.found})
		}
	}
	for i := range c.duties {
		d := &c.duties[i]
		f.Duties = append(f.Duties, DutyFigures{c.p.Duties()[i].ID, d.took.told(), d.late.told(), d.never, c.overdue(d, now)})
	}
	c.byVariant(f)
	c.choose(f, rules)
	return f
}

// overdue tells for how long duties have been waiting.
func (c *collector) overdue(d *dutySpread, now calendar.Instant) Spread {
	today := c.p.Pack.Zone.Date(now)
	days := slices.Sorted(maps.Keys(d.overdue))
	slices.Reverse(days) // the shortest wait first
	var n, sum int64
	for _, k := range d.overdue {
		n += k
	}
	at := func(share float64) int64 {
		sum = 0
		for _, day := range days {
			if sum += d.overdue[day]; float64(sum) >= share*float64(n) {
				return int64(max(today-day, 0)) * 24 * 3600
			}
		}
		return 0
	}
	total := int64(0)
	for day, k := range d.overdue {
		total += int64(max(today-day, 0)) * 24 * 3600 * k
	}
	return Spread{n, at(0.5), at(0.9), at(1), total}
}

// speaksOf lists the acts of which one was done where a rule could be broken: those its clauses are about, and those that
// leave its duties.
func (c *collector) speaksOf(rule int) []string {
	out := []string{}
	for _, a := range c.speak[rule].Acts {
		out = append(out, c.p.ActID(a))
	}
	for _, d := range c.speak[rule].Duties {
		if id := c.p.ActID(c.p.Duties()[d].Act); !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (c *collector) byMonth(f *Figures, rules []RuleCount) {
	if len(c.months) == 0 {
		return
	}
	first, last := int32(math.MaxInt32), int32(math.MinInt32)
	for k := range c.months {
		first, last = min(first, k), max(last, k)
	}
	if last-first >= MostMonths {
		return // dates that cannot be right: the first and the last event say so
	}
	none := &monthTally{rules: make([]RuleMonth, len(rules))}
	for k := first; k <= last; k++ {
		t := c.months[k]
		if t == nil {
			t = none
			f.Quality.EmptyMonths++
		}
		f.Months = append(f.Months, MonthFigures{fmt.Sprintf("%04d-%02d", k/12, k%12+1), t.cases, t.found, t.grave})
		for r := range rules {
			if rules[r].Count > 0 {
				f.Rules[r].Months = append(f.Rules[r].Months, t.rules[r])
			}
		}
	}
}

func (c *collector) byGroup(f *Figures) {
	for i, by := range []string{"unit", "post", "person"} {
		t := c.groups[i]
		if len(t) == 0 || len(t) == 1 && t[0] != nil {
			continue // the log has none
		}
		f.By = by
		if len(t) > MostKept {
			return
		}
		for n, g := range t {
			f.Groups = append(f.Groups, GroupFigures{c.names[n], g.cases, g.found, g.grave})
		}
		slices.SortFunc(f.Groups, func(a, b GroupFigures) int { return cmp.Compare(a.Name, b.Name) })
		return
	}
}

func (c *collector) byVariant(f *Figures) {
	f.Distinct = min(int64(len(c.variants)), MostKept+1)
	if f.Distinct > MostKept {
		return
	}
	keys := make([]string, 0, len(c.variants))
	for k := range c.variants {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.variants[b].cases, c.variants[a].cases), cmp.Compare(a, b))
	})
	for _, k := range keys[:min(len(keys), mostVariants)] {
		v := Variant{Cases: c.variants[k].cases, Found: c.variants[k].found, Grave: c.variants[k].grave, Acts: []string{}}
		for i := 0; i < len(k); i += 2 {
			v.Acts = append(v.Acts, c.p.ActID(int(k[i])|int(k[i+1])<<8))
		}
		f.Variants = append(f.Variants, v)
	}
}

// choose takes the examples: of the gravest rules with findings, the more frequent first, three cases each.
func (c *collector) choose(f *Figures, rules []RuleCount) {
	for _, r := range Gravest(rules, mostExampleOf) {
		all := c.chosen[r]
		slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.record, b.record)) })
		last := len(all) - 1
		for k, x := range []struct {
			which string
			at    int
		}{{"earliest", 0}, {"median", last / 2}, {"latest", last}} {
			if k > 0 && (x.at == 0 || k == 2 && last/2 == last) {
				continue
			}
			f.Examples = append(f.Examples, Example{rules[r].Rule, x.which, all[x.at].id, all[x.at].record})
		}
	}
}

// Wilson is the interval in which the rate behind a share lies with 95 %, from 0 to 1; all of it where there is nothing to count.
func Wilson(count, of int64) (low, high float64) {
	if of <= 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(of), float64(min(count, of))/float64(of)
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// Gravest lists the rules with findings, by index, at most n: the gravest first, of those the ones with the most cases.
func Gravest(rules []RuleCount, n int) []int {
	var out []int
	for i := range rules {
		if rules[i].Cases > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return cmp.Or(rules[a].Severity-rules[b].Severity, cmp.Compare(rules[b].Cases, rules[a].Cases))
	})
	return out[:min(len(out), n)]
}
