package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"plumbline/audit"
	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
	"plumbline/report"
)

const (
	mostAudited  = 3000             // cases of which a report is made
	auditFor     = 15 * time.Second // that reading may take
	auditStays   = time.Minute      // that a report is shown though the record has moved on
	mostReports  = 32               // kept
	casesToAudit = "procedure"      // the parameter
)

// audits keeps the latest reports: judging thousands of cases again is not for every click.
type audits struct {
	making sync.Mutex // one report at a time
	mu     sync.Mutex
	asked  map[authority.PersonID]bool // who waits for one: each for one
	kept   map[string]*audited         // by person, procedure and the units that the person watches
}

// audited is a report of the record, as one person may see it.
type audited struct {
	past   handling.Past
	report *audit.Report
	heads  map[string]casefile.Head // of the examples
}

func auditPage(c *call) error {
	units := c.House.WatchedUnits(c.who)
	proc := c.House.ProcedureNamed(c.r.URL.Query().Get(casesToAudit))
	if len(units) == 0 || proc == nil {
		return casefile.ErrNotFound
	}
	a, err := c.audited(proc, units)
	if errors.Is(err, errAsked) {
		c.w.Header().Set("Retry-After", "15")
		http.Error(c.w, c.both("您要的报告正在生成，请稍候再打开", "a report for you is being made; open it again in a moment"), http.StatusServiceUnavailable)
		return nil
	}
	if err != nil {
		return err
	}
	p := &AuditPage{Frame: c.frame(AreaFindings), Action: "/audit", Title: proc.Title.In(c.lang), Revision: a.past.Revision, At: a.past.At, Cases: a.past.Cases, Sealed: a.past.Sealed, More: a.past.More}
	for _, x := range c.House.Pack().Procedures {
		p.Procedures = append(p.Procedures, Option{Value: x.ID, Text: x.Title.In(c.lang), Chosen: x.ID == proc.ID})
	}
	for _, u := range units {
		p.Units = append(p.Units, c.House.Unit(u).In(c.lang))
	}
	if a.past.Cases == 0 {
		return c.page(http.StatusOK, p)
	}
	var shown []casefile.CaseID
	for id := range a.heads {
		shown = append(shown, casefile.CaseID(id))
	}
	if err := c.House.Listed(c.r.Context(), c.who, "audit "+proc.ID, shown); err != nil {
		return err
	}
	in := &report.Input{Report: a.report, Proc: proc, House: true,
		Link:  func(id string) string { return "/cases/" + id },
		Title: func(id string) string { h := a.heads[id]; return strings.TrimSpace(h.Title + " " + h.Number) },
		Group: func(id string) string { return c.House.Unit(id).In(c.lang) }}
	if p.Report, err = report.Part(in, c.lang); err != nil {
		return err
	}
	return c.page(http.StatusOK, p)
}

// audited is the report of the record as it is, or as it was not long ago.
func (c *call) audited(proc *procedure.Procedure, units []string) (*audited, error) {
	key := string(c.who.Person) + "|" + c.who.Purpose + "|" + proc.ID + "|" + strings.Join(units, ",")
	if a := c.audits.find(key, c); a != nil {
		return a, nil
	}
	if !c.audits.ask(c.who.Person, true) {
		return nil, errAsked
	}
	defer c.audits.ask(c.who.Person, false)
	c.audits.making.Lock()
	defer c.audits.making.Unlock()
	if a := c.audits.find(key, c); a != nil { // made while this call waited
		return a, nil
	}
	a, err := c.makeAudit(proc)
	if err != nil {
		return nil, err
	}
	c.audits.keep(key, a)
	return a, nil
}

var errAsked = errors.New("a report for this person is being made")

// ask notes that a person waits for a report, or no longer; false: they wait already.
func (s *audits) ask(p authority.PersonID, now bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.asked[p]
	if s.asked == nil {
		s.asked = map[authority.PersonID]bool{}
	}
	if s.asked[p] = now; !now {
		delete(s.asked, p)
	}
	return !was
}

func (c *call) makeAudit(proc *procedure.Procedure) (*audited, error) {
	ctx, end := context.WithTimeout(c.r.Context(), 2*auditFor)
	defer end()
	begun := time.Now()
	g := audit.Gather(proc, audit.Options{Now: c.now})
	heads := map[string]casefile.Head{}
	past, err := c.House.Past(ctx, c.who, proc, mostAudited, func(head *casefile.Head, acts []*casefile.Record) error {
		if time.Since(begun) > auditFor {
			return handling.ErrEnough
		}
		heads[string(head.ID)] = *head
		return g.Add(&audit.Recorded{Head: *head, Acts: acts, Proc: proc, AsOf: c.now})
	})
	if err != nil {
		return nil, err
	}
	a := &audited{past: *past, report: g.Report("record"), heads: map[string]casefile.Head{}}
	for _, x := range a.report.Figures.Examples {
		a.heads[x.Case] = heads[x.Case]
	}
	return a, nil
}

func (s *audits) find(key string, c *call) *audited {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.kept[key]
	if a == nil || time.Duration(c.now-a.past.At)*time.Microsecond > auditStays {
		return nil
	}
	return a
}

func (s *audits) keep(key string, a *audited) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || len(s.kept) >= mostReports {
		s.kept = map[string]*audited{}
	}
	s.kept[key] = a
}
