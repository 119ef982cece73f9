package calendar

import (
	"cmp"
	"fmt"
	"slices"
)

// Roll says what becomes of a term whose last day is not worked.
type Roll uint8

// The rolls. Hour terms and liberty clocks never roll, whatever is set.
const (
	RollNone        Roll = iota // it ends there
	RollNextWorking             // it ends on the first working day after; APR 35, CPL 105
)

// Interval is a stretch of suspended time. To == [Never]: it is still open.
type Interval struct{ From, To Instant }

// Clock is a term running in one case: everything its deadline depends on, and no state.
type Clock struct {
	Start       Instant // the start event: arrival, filing, receipt
	Base        Term
	Extensions  []Term     // granted, in order; whether a late one counts is for the judge
	Suspensions []Interval // in any order; they may overlap
	Liberty     bool       // a person's liberty is restricted: never rolls
	Roll        Roll
}

// Deadline is where a clock ends. It has passed when now > Due.
type Deadline struct {
	// Due is the last instant that is still in time: the last microsecond of the last civil
	// day, or, for hours and minutes, the exact end.
	Due Instant
	// Last is the civil date of Due.
	Last Date
	// Open says that a suspension is open: the deadline is not before Due, and does not fire.
	// Due is then the deadline as if the open suspension had ended when it began.
	Open bool
}

// Deadline computes start + (base + extensions) + suspended time, then one roll. See the package
// comment for the rules and the articles behind them.
//
// cal may be nil if neither working days nor a roll are asked for. Errors: a term without unit or
// out of range, hours mixed with days, a suspension that ends before it begins, a date outside the
// years 1 to 9999, a missing calendar, and [*YearError]. It does not change the clock.
func (c Clock) Deadline(z *Zone, cal *Calendar) (Deadline, error) {
	if z == nil {
		return Deadline{}, fmt.Errorf("a clock needs a zone to know civil dates")
	}
	if err := c.Base.check(); err != nil {
		return Deadline{}, err
	}
	civil := c.Base.IsCivil()
	for _, t := range c.Extensions {
		if err := t.check(); err != nil {
			return Deadline{}, fmt.Errorf("extension: %w", err)
		}
		if t.IsCivil() != civil {
			return Deadline{}, fmt.Errorf("extension %v of a term of %v mixes hours with days: write both in one kind", t, c.Base)
		}
	}
	if civil {
		return c.byDate(z, cal)
	}
	return c.byInstant(z)
}

// byInstant counts minutes and hours: from the very instant, across midnight and summer time.
func (c Clock) byInstant(z *Zone) (Deadline, error) {
	if err := inRange(z.Date(c.Start)); err != nil {
		return Deadline{}, err
	}
	due := c.Start + c.Base.micros()
	for _, t := range c.Extensions {
		due += t.micros()
		if err := inRange(z.Date(due)); err != nil {
			return Deadline{}, err
		}
	}
	open := false
	if len(c.Suspensions) > 0 {
		var room [8]stretch[Instant]
		list := room[:0]
		for n, s := range c.Suspensions {
			if s.To < s.From {
				return Deadline{}, backwards(n, s)
			}
			if s.To < c.Start {
				continue
			}
			st := stretch[Instant]{from: max(s.From, c.Start), to: s.To}
			if s.To == Never {
				st.to, st.open = st.from, true
			}
			list = append(list, st)
		}
		for list = union(list); len(list) > 0; list = list[1:] {
			s := list[0]
			if s.from > due {
				break // it began too late: nothing was left to suspend
			}
			due += s.to - s.from
			open = open || s.open
			if err := inRange(z.Date(due)); err != nil {
				return Deadline{}, err
			}
		}
	}
	last := z.Date(due)
	return Deadline{due, last, open}, inRange(last)
}

// byDate counts days, working days and months: by civil dates, the starting day not counted.
func (c Clock) byDate(z *Zone, cal *Calendar) (Deadline, error) {
	start := z.Date(c.Start)
	if err := inRange(start); err != nil {
		return Deadline{}, err
	}
	roll := c.Roll == RollNextWorking && !c.Liberty
	if cal == nil && (roll || c.Base.Unit == UnitWorkingDay) {
		return Deadline{}, fmt.Errorf("a term of %v with working days or a roll needs a calendar", c.Base)
	}
	last, err := c.unsuspended(start, cal)
	if err != nil {
		return Deadline{}, err
	}
	open := false
	if len(c.Suspensions) > 0 {
		if last, open, err = c.suspend(start, last, roll, z, cal); err != nil {
			return Deadline{}, err
		}
	}
	if roll {
		if last, err = cal.NextWorking(last); err != nil {
			return Deadline{}, err
		}
	}
	if err := inRange(last); err != nil {
		return Deadline{}, err
	}
	return Deadline{z.End(last), last, open}, nil
}

// unsuspended is the last day of base and extensions. Months in a row are added up before they
// are laid on the calendar, so that clipping to a short month between them costs no days: one
// month and one more from January 31 end on March 31.
func (c Clock) unsuspended(start Date, cal *Calendar) (Date, error) {
	last, months := start, 0
	for i := -1; i < len(c.Extensions); i++ {
		t := c.Base
		if i >= 0 {
			t = c.Extensions[i]
		}
		if t.Unit == UnitMonth {
			months += int(t.N)
			continue
		}
		if months > 0 {
			last, months = last.AddMonths(months), 0
		}
		if t.Unit == UnitDay {
			last += Date(t.N)
		} else {
			if cal == nil {
				return 0, fmt.Errorf("an extension of %v needs a calendar", t)
			}
			var err error
			if last, err = cal.AddWorking(last, int(t.N)); err != nil {
				return 0, err
			}
		}
		if err := inRange(last); err != nil {
			return 0, err
		}
	}
	if months > 0 {
		last = last.AddMonths(months)
	}
	return last, inRange(last)
}

// suspend moves last by the civil days of the suspensions, counted as the base term counts.
//
// From civil day a to civil day b they are b-a days, so a suspension within one day is none. A
// suspension that begins after the term has ended, rolled where it rolls, does not revive it. The
// term never ends inside a closed suspension: one that begins on a rolled day, when nothing of the
// term is left, ends the term with its own last day.
func (c Clock) suspend(start, last Date, roll bool, z *Zone, cal *Calendar) (Date, bool, error) {
	var room [8]stretch[Date]
	list := room[:0]
	for n, s := range c.Suspensions {
		if s.To < s.From {
			return 0, false, backwards(n, s)
		}
		st := stretch[Date]{from: max(z.Date(s.From), start), to: z.Date(s.To)}
		if s.To == Never {
			st.to, st.open = st.from, true
		}
		if st.to < start {
			continue
		}
		list = append(list, st)
	}
	open := false
	for list = union(list); len(list) > 0; list = list[1:] {
		s := list[0]
		if s.from > last {
			end := last
			if roll {
				var err error
				if end, err = cal.NextWorking(last); err != nil {
					return 0, false, err
				}
			}
			if s.from > end {
				break
			}
		}
		open = open || s.open
		if err := inRange(s.to); err != nil {
			return 0, false, err
		}
		if c.Base.Unit != UnitWorkingDay {
			last = max(last+s.to-s.from, s.to)
		} else {
			n, err := cal.WorkingBetween(s.from, s.to)
			if err == nil {
				last, err = cal.AddWorking(last, n)
			}
			if err == nil && last < s.to {
				last, err = cal.NextWorking(s.to)
			}
			if err != nil {
				return 0, false, err
			}
		}
		if err := inRange(last); err != nil {
			return 0, false, err
		}
	}
	return last, open, nil
}

// stretch is an interval in instants or dates. An open one is held as empty, at its beginning.
type stretch[T cmp.Ordered] struct {
	from, to T
	open     bool
}

// union sorts the stretches in place and joins those that touch or overlap.
func union[T cmp.Ordered](list []stretch[T]) []stretch[T] {
	slices.SortFunc(list, func(a, b stretch[T]) int { return cmp.Compare(a.from, b.from) })
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			out[n-1].open = out[n-1].open || s.open
			continue
		}
		out = append(out, s)
	}
	return out
}

// micros is the length of a term of minutes or hours.
func (t Term) micros() Instant {
	if t.Unit == UnitHour {
		return Instant(t.N) * hourMicros
	}
	return Instant(t.N) * minuteMicros
}

func inRange(d Date) error {
	if d < minDate || d > maxDate {
		return fmt.Errorf("date %v is out of range: years 1 to 9999", d)
	}
	return nil
}

func backwards(n int, s Interval) error {
	return fmt.Errorf("suspension %d ends before it begins: %v to %v", n+1, s.From, s.To)
}
