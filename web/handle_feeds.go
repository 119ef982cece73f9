package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"plumbline/casefile"
	"plumbline/handling"
)

// onFeeds is how many rows the page lists of a feed; the command lists more.
const onFeeds = 200

func feeds(c *call) error {
	all, err := c.House.Feeds(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := &FeedsPage{Frame: c.frame(AreaFindings)}
	var shown []casefile.CaseID
	for i := range all {
		f := &all[i]
		x := c.feed(f)
		for k := range f.Faults[:min(len(f.Faults), onFeeds)] {
			row := c.feedRow(f, &f.Faults[k])
			if row.Case.Href != "" {
				shown = append(shown, handling.ObservedCase(f.Source, f.Faults[k].Case))
			}
			x.Rows = append(x.Rows, row)
		}
		x.Left = int(f.FaultRows) - len(x.Rows)
		p.Feeds = append(p.Feeds, x)
	}
	slices.Sort(shown)
	if err := c.House.Listed(c.r.Context(), c.who, "feeds", slices.Compact(shown)); err != nil {
		return err
	}
	return c.page(http.StatusOK, p)
}

func (c *call) feed(f *handling.Feed) FeedShown {
	x := FeedShown{Name: f.Source, Title: f.Title.In(c.lang), Kind: f.Kind, Where: f.Where, Unit: c.House.Unit(string(f.Unit)).In(c.lang), Procedure: f.Procedure,
		State: FeedFollowed, Failed: f.Failed, Done: int(f.Reading), Polled: f.Polled, Last: f.Last, Arrived: f.Arrived,
		Cases: int(f.Cases), Acts: int(f.Acts), Corrected: int(f.Corrected), Withdrawn: int(f.Withdrawn), Postless: int(f.Postless), Decoded: int(f.Decoded), Faults: int(f.FaultRows)}
	if _, id, ok := strings.Cut(f.Procedure, "/"); ok {
		if p, err := c.House.Pack().Procedure(id); err == nil {
			x.Procedure = p.Title.In(c.lang)
		}
	}
	if f.Lag > 0 {
		x.Lag = c.lag(time.Duration(f.Lag) * time.Microsecond)
	}
	switch {
	case f.Failed != "":
		x.State = FeedFailed
	case f.Reading >= 0:
		x.State = FeedReading
	case f.Polled == 0:
		x.State = FeedNew
	case f.Silent:
		x.State = FeedSilent
	}
	return x
}

// lag writes how late acts come: days above two of them, else hours and minutes.
func (c *call) lag(d time.Duration) string {
	switch {
	case d > 48*time.Hour:
		return fmt.Sprintf(c.both("%d日", "%d days"), int(d.Hours())/24)
	case d < time.Minute:
		return c.both("不到1分钟", "less than a minute")
	}
	return c.length(d)
}

func (c *call) feedRow(f *handling.Feed, x *handling.FeedFault) FeedRow {
	row := FeedRow{Place: x.Place, Case: CaseRef{Title: x.Case}, Reason: x.Reason.In(c.lang), At: x.At, What: RowLeft}
	if f.Kind == "table" || f.Kind == "api" {
		row.Place = strings.TrimPrefix(x.Place, f.Where+" ")
	}
	if x.Case != "" && x.There {
		row.Case.Href = caseURL(handling.ObservedCase(f.Source, x.Case))
	}
	switch {
	case x.Kept:
		row.What = RowPartly
	case x.Later:
		row.What = RowWaits
	}
	return row
}
