package audit

import (
	"slices"

	"plumbline/eventlog"
	"plumbline/procedure"
)

// Gathering judges cases of the platform's own record one by one, for who has them at hand and not in a file. Figures are
// gathered and findings are not listed, whatever the options say.
type Gathering struct{ w *worker }

// Gather begins without a case.
func Gather(p *procedure.Procedure, opt Options) *Gathering {
	opt.Figures, opt.Rows, opt.Workers = true, false, 1
	return &Gathering{newWorker(p, opt)}
}

// Add judges a case as the record judged it, up to its AsOf or Options.Now. A case of another procedure is left aside.
func (g *Gathering) Add(c *Recorded) error {
	h := c.History(&Pseudonyms{Keep: true})
	h.Record = g.w.cases + 1
	return g.w.judgeRecorded(&h, c.Head.Procedure)
}

// Report counts what was added; name says what it was. It may be asked for once.
func (g *Gathering) Report(name string) *Report {
	now := g.w.opt.Now
	if now == 0 {
		now = max(g.w.last, g.w.until)
	}
	r := g.w.report(name, now, eventlog.Stats{})
	r.Notes = slices.DeleteFunc(r.Notes, func(t Title) bool { return t == inLogOrder }) // a record is judged by when acts occurred
	return r
}
