package calendar

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// AnyYear, as a key of the years given to [New], makes the calendar plain: in every year not
// listed the weekend alone is off. Its [Year] must be empty.
const AnyYear = 0

// Year is what differs from the weekend rule in one civil year. Dates stand in the year they fall
// in, also when the notice of the next year announced them.
type Year struct {
	Off    []Date // days off; a weekend day may be listed, for completeness
	Work   []Date // weekend days that are worked, to make up for a day off
	Source string // the notice, for people
}

// Calendar knows working days from days off. A year nobody loaded is unknown, and asking about it
// is a [*YearError]: guessing that next year has only weekends would let deadlines fall on
// holidays. It does not change once made and may be used by many goroutines.
type Calendar struct {
	name    string
	weekend [7]bool
	plain   bool
	sources map[int]string
	first   Date    // date of known[0]
	known   []uint8 // one a day: unknown, off, worked
}

const (
	unknown uint8 = iota
	off
	worked
)

// YearError says that a calendar does not know a year.
type YearError struct {
	Calendar string
	Year     int
}

func (e *YearError) Error() string {
	return fmt.Sprintf("calendar %q does not know the working days of %d: load the days off and make-up working days of %d, or wait for its notice",
		e.Calendar, e.Year, e.Year)
}

// New makes a calendar from the days of the week that are off (none, or up to six) and the years
// that are known, 1 to 9999, with [AnyYear] for all others. It is an error if a date stands under
// another year, twice, both off and worked, or is called a make-up day though it is no weekend day.
func New(name string, weekend []time.Weekday, years map[int]Year) (*Calendar, error) {
	c := &Calendar{name: name, sources: map[int]string{}}
	for _, w := range weekend {
		if w < time.Sunday || w > time.Saturday {
			return nil, fmt.Errorf("calendar %q: weekday %d does not exist", name, int(w))
		}
		c.weekend[w] = true
	}
	if c.weekend == [7]bool{true, true, true, true, true, true, true} {
		return nil, fmt.Errorf("calendar %q: a weekend of seven days leaves no working day", name)
	}
	if any, ok := years[AnyYear]; ok {
		if len(any.Off) > 0 || len(any.Work) > 0 {
			return nil, fmt.Errorf("calendar %q: the rule for any year is weekends only; list dates under their year", name)
		}
		c.plain = true
		c.sources[AnyYear] = any.Source
	}
	listed := slices.DeleteFunc(slices.Sorted(maps.Keys(years)), func(y int) bool { return y == AnyYear })
	if len(listed) == 0 {
		return c, nil
	}
	low, high := listed[0], listed[len(listed)-1]
	if low < 1 || high > 9999 {
		return nil, fmt.Errorf("calendar %q: years run from 1 to 9999, not %d to %d", name, low, high)
	}
	c.first = NewDate(low, time.January, 1)
	c.known = make([]uint8, NewDate(high+1, time.January, 1)-c.first)
	for _, y := range listed {
		if err := c.load(y, years[y]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// load writes one year into the table.
func (c *Calendar) load(y int, year Year) error {
	c.sources[y] = year.Source
	for d := NewDate(y, time.January, 1); d < NewDate(y+1, time.January, 1); d++ {
		c.known[d-c.first] = worked
		if c.weekend[d.Weekday()] {
			c.known[d-c.first] = off
		}
	}
	seen := make(map[Date]bool, len(year.Off)+len(year.Work))
	set := func(d Date, to uint8) error {
		switch {
		case d.Year() != y:
			return fmt.Errorf("calendar %q: %v stands under %d: move it to the year it falls in", c.name, d, y)
		case seen[d]:
			return fmt.Errorf("calendar %q: %v is listed twice", c.name, d)
		case to == worked && !c.weekend[d.Weekday()]:
			return fmt.Errorf("calendar %q: %v is a %v and worked anyway: a make-up working day falls on a weekend", c.name, d, d.Weekday())
		}
		seen[d] = true
		c.known[d-c.first] = to
		return nil
	}
	for _, d := range year.Off {
		if err := set(d, off); err != nil {
			return err
		}
	}
	for _, d := range year.Work {
		if err := set(d, worked); err != nil {
			return err
		}
	}
	return nil
}

// Name is the name the calendar was made with.
func (c *Calendar) Name() string { return c.name }

// Source is the notice behind a year, as given to [New]; empty where there is none.
func (c *Calendar) Source(year int) string { return c.sources[year] }

// Working reports whether d is worked. A date in a year not loaded is a [*YearError].
func (c *Calendar) Working(d Date) (bool, error) {
	if i := int64(d) - int64(c.first); i >= 0 && i < int64(len(c.known)) && c.known[i] != unknown {
		return c.known[i] == worked, nil
	}
	if d < minDate || d > maxDate {
		return false, fmt.Errorf("date %v is out of range: years 1 to 9999", d)
	}
	if !c.plain {
		return false, &YearError{c.name, d.Year()}
	}
	return !c.weekend[d.Weekday()], nil
}

// NextWorking is d if it is worked, and otherwise the first working day after it.
func (c *Calendar) NextWorking(d Date) (Date, error) {
	for ; ; d++ {
		ok, err := c.Working(d)
		if err != nil {
			return 0, err
		}
		if ok {
			return d, nil
		}
	}
}

// AddWorking is the nth working day after d, or before it for n below zero. The starting day is
// not counted, worked or not; n = 0 is d itself. |n| is at most [MaxTerm].
func (c *Calendar) AddWorking(d Date, n int) (Date, error) {
	if n < -MaxTerm || n > MaxTerm {
		return 0, fmt.Errorf("%d working days are out of range: at most %d", n, MaxTerm)
	}
	step := Date(1)
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		d += step
		ok, err := c.Working(d)
		if err != nil {
			return 0, err
		}
		if ok {
			n--
		}
	}
	return d, nil
}

// WorkingBetween counts the working days after a up to and including b. For b before a it is
// minus the count from b to a.
func (c *Calendar) WorkingBetween(a, b Date) (int, error) {
	if b < a {
		n, err := c.WorkingBetween(b, a)
		return -n, err
	}
	n := 0
	for d := a; d < b; {
		d++
		ok, err := c.Working(d)
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}
