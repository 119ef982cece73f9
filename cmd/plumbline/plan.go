package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"

	yaml "plumbline/internal/strictyaml"
)

// plan is one case of a world, drawn but not yet played.
type plan struct {
	scenario string
	unit     string
	steps    []planned

	// while it is drawn
	w      *world
	zone   *calendar.Zone
	days   *calendar.Calendar
	random *rand.Rand
	key    string
	own    yaml.Map[[]worldStep] // parts of the scenario and the matter
	words  map[string]string
	cast   map[string]string
	names  map[string][]string // by role
	at     calendar.Instant
	over   bool
	sure   bool
	bad    error
}

// planned is one act at its moment.
type planned struct {
	at                  calendar.Instant // when it is entered
	occurred            calendar.Instant // zero: when it is entered
	id                  casefile.ActID
	kind, by            string
	home                string // the unit of who does it
	role                string
	fresh               bool   // the subjects are new to the case
	whom                []int  // of the role; empty: the whole case
	in                  string // the procedure of a case that goes with this one; empty: this one
	data                map[string]string
	refused             bool
	corrects, withdraws casefile.ActID
	answered            yaml.Map[int] // of the slips that it issues
}

// plans draws n cases that begin before now: first the least of every scenario in their order, as far as n goes. The same
// seed and now draw the same cases.
func (w *world) plans(pack *procedure.Pack, seed uint64, n int, now calendar.Instant) ([]*plan, error) {
	random := rand.New(rand.NewPCG(seed, 0))
	var courses []yaml.Entry[scenario]
	total := 0
	for _, s := range w.Scenarios {
		for range s.Value.Least {
			courses = append(courses, s)
		}
		total += s.Value.Weight
	}
	for len(courses) < n && total > 0 {
		draw := random.IntN(total)
		for _, s := range w.Scenarios {
			if draw -= s.Value.Weight; draw < 0 {
				courses = append(courses, s)
				break
			}
		}
	}
	if len(courses) < n {
		return nil, fmt.Errorf("%d cases cannot be made: no scenario has a weight", n)
	}
	var units []string
	for _, u := range w.Units {
		if u.Cases {
			units = append(units, u.ID)
		}
	}
	out := make([]*plan, n)
	for i, s := range courses[:n] {
		p := &plan{scenario: s.Key, unit: units[i%len(units)], w: w, zone: pack.Zone, days: pack.Calendar, random: rand.New(rand.NewPCG(seed, uint64(i)+1)), key: fmt.Sprintf("%d/%d/%s", seed, i, now)}
		if p.draw(&s.Value, now); p.bad != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Key, p.bad)
		}
		out[i] = p
	}
	return out, nil
}

func (p *plan) draw(s *scenario, now calendar.Instant) {
	if s.Began != nil {
		p.at = now.Add(-p.length(*s.Began))
	} else {
		p.at = now.Add(-time.Duration(p.random.Int64N(int64(p.w.Spread.To))))
		if day := p.daytime(p.at); day < now {
			p.at = day
		}
	}
	subject, _ := p.w.Matters.Get(s.Matters[p.random.IntN(len(s.Matters))].Text)
	p.words, p.cast, p.names = map[string]string{}, map[string]string{}, map[string][]string{}
	p.sure = s.Sure
	p.own = slices.Concat(s.Parts, subject.Parts)
	p.draws(p.w.Words)
	p.draws(subject.Words)
	p.draws(s.Words)
	names := slices.Clone(p.w.Names)
	for _, list := range []yaml.Map[number]{s.Subjects, subject.Subjects} {
		for _, e := range list {
			if _, have := p.names[e.Key]; have {
				continue
			}
			n := e.Value.From + p.random.IntN(e.Value.To-e.Value.From+1)
			if n > len(names) {
				p.fail("there are not enough names for %d of role %s", n, e.Key)
				return
			}
			p.names[e.Key], names = names[:n:n], names[n:]
		}
	}
	for _, e := range p.w.Same {
		if mine, theirs := p.names[e.Key], p.names[e.Value]; len(mine) > 0 && len(theirs) > 0 {
			mine[0] = theirs[0]
		}
	}
	for _, e := range p.w.Cast {
		p.cast[e.Key] = p.play(&e.Value, s.SignedIn)
	}
	p.follow(s.Steps)
	slices.SortStableFunc(p.steps, func(a, b planned) int { return int(min(max(a.at-b.at, -1), 1)) })
}

// daytime keeps most reports out of the small hours.
func (p *plan) daytime(t calendar.Instant) calendar.Instant {
	if hour := t.Time().In(p.zone.Location()).Hour(); hour < 6 && p.random.IntN(4) > 0 {
		return t.Add(9 * time.Hour)
	}
	return t
}

func (p *plan) fail(format string, args ...any) {
	if p.bad == nil {
		p.bad = fmt.Errorf(format, args...)
	}
}

// play draws who plays a part of the cast.
func (p *plan) play(c *castDef, signedIn bool) string {
	units := []string{p.unit}
	if c.Above {
		for _, u := range p.w.Units {
			if u.ID == p.unit {
				units = []string{u.Parent}
			}
		}
	}
	if c.Unit != "" {
		units = []string{c.Unit}
	}
	var fit, shown []string
	for _, x := range p.w.People {
		if x.Post == c.Post && slices.Contains(units, x.Unit) && !slices.ContainsFunc(c.Not, func(not string) bool { return p.cast[not] == x.ID }) {
			fit = append(fit, x.ID)
			if x.Login != "" {
				shown = append(shown, x.ID)
			}
		}
	}
	if len(fit) == 0 {
		p.fail("nobody in unit %s is %s", p.unit, c.Post)
		return ""
	}
	if signedIn && len(shown) > 0 {
		return shown[p.random.IntN(len(shown))]
	}
	return fit[p.random.IntN(len(fit))]
}

func (p *plan) person(id string) worldPerson {
	i := slices.IndexFunc(p.w.People, func(x worldPerson) bool { return x.ID == id })
	return p.w.People[i]
}

// draws fixes words for the rest of the case.
func (p *plan) draws(words yaml.Map[choice]) {
	for _, e := range words {
		p.words[e.Key] = e.Value[p.random.IntN(len(e.Value))]
	}
}

func (p *plan) chance(percent int) bool { return percent > 0 && p.random.IntN(100) < percent }

func (p *plan) length(s span) time.Duration {
	if s.To == s.From {
		return s.From
	}
	return s.From + time.Duration(p.random.Int64N(int64(s.To-s.From)))
}

// follow plays steps one after another until the case stops.
func (p *plan) follow(steps []worldStep) {
	for i := range steps {
		s := &steps[i]
		if p.over || p.bad != nil {
			return
		}
		switch {
		case s.Stop:
			p.over = true
		case len(s.Words) > 0:
			p.draws(s.Words)
		case s.Part.Text != "":
			part, ok := p.own.Get(s.Part.Text)
			if !ok {
				part, _ = p.w.Parts.Get(s.Part.Text)
			}
			p.follow(part)
		case len(s.OneOf) > 0:
			total := 0
			for _, b := range s.OneOf {
				total += b.Weight
			}
			draw := p.random.IntN(total)
			for _, b := range s.OneOf {
				if draw -= b.Weight; draw < 0 {
					p.draws(b.Words)
					p.follow(b.Steps)
					break
				}
			}
		case !p.sure && p.chance(s.Stops):
			p.over = true
		default:
			p.act(s)
		}
	}
}

// act puts the acts of one step at their moments.
func (p *plan) act(s *worldStep) {
	var groups [][]int
	n := len(p.names[s.About.Role])
	switch s.About.How {
	case "":
		groups = [][]int{nil}
	case "one":
		groups = [][]int{{0}}
	case "all":
		groups = [][]int{nil}
		for i := range n {
			groups[0] = append(groups[0], i)
		}
	default:
		for i := range n {
			groups = append(groups, []int{i})
		}
	}
	if s.About.How != "" && n == 0 {
		return // a case without a victim serves none
	}
	wait := p.length(s.Wait)
	if s.Days != "" {
		wait += p.shift(s.Days, s)
	}
	if p.chance(s.Late.Chance) {
		wait += p.length(s.Late.By)
	}
	first := true
	for _, whom := range groups {
		if s.Chance != nil && !p.chance(*s.Chance) {
			continue
		}
		if !first {
			wait = max(p.length(s.Apart), 2*time.Minute)
		}
		p.at = p.after(wait+time.Duration(1+p.random.IntN(59))*time.Second, s.Wait.Working, first, s.Office)
		first = false
		x := planned{at: p.at, kind: s.Act.Text, by: p.cast[s.By.Text], home: p.person(p.cast[s.By.Text]).Unit, role: s.About.Role, fresh: s.About.How == "new", in: s.In.Text, whom: whom, refused: s.Refused, data: map[string]string{}, answered: s.Answered}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", p.key, len(p.steps)))
		x.id = casefile.ActID(hex.EncodeToString(sum[:16]))
		data := s.Data
		if p.chance(s.Instead.Chance) {
			data = slices.Concat(data, s.Instead.Data)
		}
		for _, e := range data {
			x.data[e.Key] = p.fill(e.Value[p.random.IntN(len(e.Value))], s, whom, 0)
		}
		if s.Corrects.Text != "" {
			x.corrects, x.occurred = p.last(s.Corrects.Text, whom)
		}
		if s.Withdraws.Text != "" {
			x.withdraws, x.occurred = p.last(s.Withdraws.Text, whom)
		}
		if p.chance(s.Entered.Chance) {
			x.occurred, x.at = x.at, x.at.Add(p.length(s.Entered.By))
		}
		p.steps = append(p.steps, x)
	}
}

// last finds the act of a kind that was done last about somebody.
func (p *plan) last(kind string, whom []int) (casefile.ActID, calendar.Instant) {
	for i := len(p.steps) - 1; i >= 0; i-- {
		if x := p.steps[i]; x.kind == kind && slices.Equal(x.whom, whom) {
			if x.occurred != 0 {
				return x.id, x.occurred
			}
			return x.id, x.at
		}
	}
	p.fail("no %s was done before", kind)
	return "", 0
}

// after is the moment a while after the last step: for office work within the hours of a working day.
func (p *plan) after(wait time.Duration, working int, first, office bool) calendar.Instant {
	t := p.at.Add(wait)
	if first && working > 0 {
		date := p.zone.Date(t)
		start := p.zone.Start(date)
		for n := 0; n < working; {
			if date++; p.working(date) {
				n++
			}
		}
		t = p.zone.Start(date) + t - start
	}
	if !office {
		return t
	}
	for {
		date := p.zone.Date(t)
		start := p.zone.Start(date)
		opens, shuts := start.Add(p.w.Hours.From), start.Add(p.w.Hours.To)
		switch {
		case !p.working(date) || t > shuts:
			t = p.zone.Start(date + 1).Add(p.w.Hours.From).Add(time.Duration(p.random.Int64N(int64(2 * time.Hour))))
		case t < opens:
			t = opens.Add(time.Duration(p.random.Int64N(int64(2 * time.Hour))))
		default:
			return t
		}
	}
}

// working days of a year that the calendar does not have yet are Monday to Friday: it is only a made-up plan.
func (p *plan) working(d calendar.Date) bool {
	if p.days != nil {
		if is, err := p.days.Working(d); err == nil {
			return is
		}
	}
	return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
}

// fill puts words in the place of {names}: a word of the matter, who plays a part of the cast, {ROLE} the first and
// {ROLEs} all names of a role, {name} that of whom the step is about, {now}, {now-2h} and {now+90m} its moment, {date} its day
// as it is told, {day}, {day-3d} and {day+WORD} (as many days more as a word says) its day as a datum, {unit} the unit of the case, {month} and {month_end} the first and
// last day of the month in which the case began, {month+2} the first day of the second month after it, {named WHOM} the name of
// who plays a part of the cast. When the step is played: {number} is the number of the case, {case} its id, {finding RULE} the id
// of the first finding of this rule in it, {cause RULE} the number of the act behind that, {matter PROCEDURE} the id of a case
// that goes with it, {finding RULE in PROCEDURE} and {cause RULE in PROCEDURE} those in there.
func (p *plan) fill(text string, s *worldStep, whom []int, depth int) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		out.WriteString(p.word(name, s, whom, depth))
		text = after
	}
}

func (p *plan) word(name string, s *worldStep, whom []int, depth int) string {
	if depth > 8 {
		p.fail("%s: words within words without end", s.Pos)
		return ""
	}
	if text, ok := p.words[name]; ok {
		return p.fill(text, s, whom, depth+1)
	}
	if id, ok := p.cast[name]; ok {
		return id
	}
	if names := p.names[name]; len(names) > 0 {
		return names[0]
	}
	if names := p.names[strings.TrimSuffix(name, "s")]; len(names) > 0 {
		return strings.Join(names, "、")
	}
	local := p.at.Time().In(p.zone.Location())
	switch {
	case name == "name" && len(whom) > 0:
		return p.names[s.About.Role][whom[0]]
	case name == "date":
		return fmt.Sprintf("%d月%d日", local.Month(), local.Day())
	case strings.HasPrefix(name, "now"):
		if shift := name[len("now"):]; shift != "" {
			local = local.Add(p.shift(strings.TrimPrefix(shift, "+"), s))
		}
		return local.Format("2006-01-02T15:04")
	case strings.HasPrefix(name, "day"):
		if shift := name[len("day"):]; shift != "" {
			local = local.Add(p.shift(strings.TrimPrefix(shift, "+"), s))
		}
		return local.Format("2006-01-02")
	case name == "unit":
		return p.unit
	case strings.HasPrefix(name, "named ") && p.cast[name[len("named "):]] != "":
		return p.person(p.cast[name[len("named "):]]).Name
	case strings.HasPrefix(name, "month"):
		began := local
		if len(p.steps) > 0 {
			began = p.steps[0].at.Time().In(p.zone.Location())
		}
		if name == "month_end" {
			return time.Date(began.Year(), began.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
		}
		if more, err := strconv.Atoi(cmp.Or(name[len("month"):], "0")); err == nil {
			return time.Date(began.Year(), began.Month()+time.Month(more), 1, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
		}
	case name == "number" || name == "case" || strings.HasPrefix(name, "finding ") || strings.HasPrefix(name, "cause ") || strings.HasPrefix(name, "matter "):
		return "{" + name + "}" // known when the step is played
	}
	p.fail("%s: nothing is called {%s}", s.Pos, name)
	return ""
}

// shift is a length, or as many days as a word says.
func (p *plan) shift(text string, s *worldStep) time.Duration {
	if _, ok := p.words[text]; ok {
		text = p.fill("{"+text+"}", s, nil, 0) + "d"
	}
	d, err := length(text)
	if err != nil {
		p.fail("%s: %q: %w", s.Pos, text, err)
	}
	return d
}
