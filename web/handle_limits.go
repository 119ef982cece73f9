package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

const (
	limitWeeks  = 4
	limitsOnDay = 6 // shown in one day of the calendar
	mostOverdue = 20
)

// limitsPage shows what falls due when: who is held and until when, what is overdue, and four weeks.
func limitsPage(c *call) error {
	ctx, q, pack := c.r.Context(), c.r.URL.Query(), c.House.Pack()
	today := pack.Zone.Date(c.now)
	from := today
	p := &LimitsPage{Frame: c.liveList(AreaLimits), Action: "/limits", Unit: q.Get("unit")}
	if text := q.Get("from"); text != "" {
		d, err := calendar.ParseDate(text)
		if err != nil || d < today-3660 || d > today+3660 {
			return casefile.ErrNotFound
		}
		from = d
	}
	from -= calendar.Date((int(from.Weekday()) + 6) % 7) // its Monday
	p.Mine = q.Get("scope") == "mine" || q.Get("scope") == "" && p.Unit == ""
	running, more, err := c.House.Limits(ctx, c.who, p.Mine, p.Unit)
	if err == nil && len(running) == 0 && q.Get("scope") == "" && p.Mine { // no case of their own: what they watch over
		p.Mine = false
		running, more, err = c.House.Limits(ctx, c.who, false, p.Unit)
	}
	if err != nil {
		return err
	}
	p.More = more
	var days [limitWeeks * 7]Day
	for i := range days {
		days[i] = c.day(from+calendar.Date(i), today)
	}
	var seen []casefile.CaseID
	show := func(r *handling.Running, to *[]Duty) error {
		d, err := c.runningLimit(r)
		if err == nil {
			*to = append(*to, d)
			seen = append(seen, r.Head.ID)
		}
		return err
	}
	var overdue []*handling.Running
	for i := range running {
		r := &running[i]
		on := int(pack.Zone.Date(r.Due) - from)
		switch {
		case r.Liberty: // over time or not: somebody is held
			err = show(r, &p.Held)
		case r.Due < c.now && !r.Waiting:
			overdue = append(overdue, r)
		case on < 0:
		case on >= len(days):
			p.Later++
		case len(days[on].Limits) == limitsOnDay:
			days[on].Further++
		default:
			err = show(r, &days[on].Limits)
		}
		if err != nil {
			return err
		}
	}
	slices.Reverse(overdue)
	p.OverdueMore = max(0, len(overdue)-mostOverdue)
	for _, r := range overdue[:len(overdue)-p.OverdueMore] {
		if err := show(r, &p.Overdue); err != nil {
			return err
		}
	}
	for i := 0; i < len(days); i += 7 {
		p.Weeks = append(p.Weeks, days[i:i+7])
	}
	link := func(d calendar.Date) string {
		v := url.Values{"from": {d.String()}, "scope": {map[bool]string{true: "mine", false: "all"}[p.Mine]}}
		if p.Unit != "" {
			v.Set("unit", p.Unit)
		}
		return "/limits?" + v.Encode()
	}
	p.Before, p.After = link(from-7*limitWeeks), link(from+7*limitWeeks)
	if from > today || today > from+6 {
		p.Today = link(today)
	}
	for _, u := range c.House.UnitsSeen(c.who) {
		p.Units = append(p.Units, Option{Value: u, Text: c.House.Unit(u).In(c.lang), Chosen: u == p.Unit})
	}
	slices.Sort(seen)
	if err := c.House.Listed(ctx, c.who, "limits", slices.Compact(seen)); err != nil {
		return err
	}
	return c.page(http.StatusOK, p)
}

// runningLimit shows one limit with its case.
func (c *call) runningLimit(r *handling.Running) (Duty, error) {
	proc, err := c.House.Procedure(r.Head.Procedure)
	if err != nil {
		return Duty{}, err
	}
	l := c.limit(proc, &r.Duty, nil)
	if r.Subject != "" {
		l.Person = c.House.PartyName(c.r.Context(), &r.Head, r.Subject)
	}
	return Duty{l, c.caseRef(&r.Head)}, nil
}

// day is one day of the calendar.
func (c *call) day(d, today calendar.Date) Day {
	_, month, n := d.Civil()
	day := Day{Date: d.String(), At: c.House.Pack().Zone.Start(d), Text: strconv.Itoa(n), Today: d == today, Past: d < today}
	if n == 1 || day.Today {
		day.Text = strconv.Itoa(int(month)) + c.both("月", "/") + day.Text + c.both("日", "")
	}
	if cal := c.House.Pack().Calendar; cal != nil {
		working, err := cal.Working(d)
		weekend := d.Weekday() == 0 || d.Weekday() == 6
		switch {
		case err != nil: // the year is not known
			day.Unknown = true
		case working && weekend:
			day.Note = c.both("上班", "worked")
		case !working:
			day.Off = true
			if !weekend {
				day.Note = c.both("休", "holiday")
			}
		}
	}
	return day
}
