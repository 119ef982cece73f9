package audit

import (
	"encoding/csv"
	"fmt"
	"io"

	"plumbline/eventlog"
)

// reasons says in both languages why a row was set aside when tables were joined.
var reasons = map[eventlog.Reason]Title{
	eventlog.Orphan:     {"所指的上级记录不存在，或者不属于任何案件", "names a row that is not there, or that leads to no case"},
	eventlog.Childless:  {"没有下级记录指向它（仍计入）", "no row below names it (it counts)"},
	eventlog.Repeated:   {"同一记录重复出现", "the same row again"},
	eventlog.Replaced:   {"被后来的同号记录取代", "a later row with its key stands in its place"},
	eventlog.Nameless:   {"没有编号，或者不属于任何案件", "no key, or leads to no case"},
	eventlog.Timeless:   {"没有时间", "none of its events has a time"},
	eventlog.Unreadable: {"时间不可读，或者未写明行为", "a time that cannot be read, or no act"},
	eventlog.Differing:  {"与同案其他记录不一致（以先者为准）", "says of its case what another row says otherwise (the first stands)"},
}

// AsideWhy says why rows of a kind were set aside.
func AsideWhy(a *eventlog.Aside) Title { return reasons[a.Reason] }

// shownAside bounds the places that the text shows of each kind; JSON and CSV have all that were listed.
const shownAside = 5

func (r *Report) writeAside(w io.Writer, lang string) {
	if len(r.SetAside) == 0 {
		return
	}
	say := func(zh, en string) string { return Title{zh, en}.In(lang) }
	fmt.Fprintf(w, "\n%s\n", say("未并入的记录\t列\t条数\t原因\t位置", "rows set aside\tcolumn\tcount\twhy\twhere"))
	for _, a := range r.SetAside {
		where := ""
		for i, p := range a.Rows[:min(len(a.Rows), shownAside)] {
			if i > 0 {
				where += say("；", "; ")
			}
			where += p.Where
			if p.Text != "" {
				where += fmt.Sprintf(" %q", p.Text)
			}
		}
		if a.Count > shownAside {
			where += say("……", " ...")
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", a.Table, a.Column, a.Count, AsideWhy(a).In(lang), where)
	}
}

// WriteSetAside writes every row that was listed as set aside, as CSV: table, reason, column, where, text.
func (r *Report) WriteSetAside(out io.Writer, lang string) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"table", "reason", "why", "column", "where", "text"}) // Flush and Error tell
	for _, a := range r.SetAside {
		for _, p := range a.Rows {
			_ = w.Write([]string{a.Table, string(a.Reason), reasons[a.Reason].In(lang), a.Column, p.Where, p.Text})
		}
		if more := a.Count - int64(len(a.Rows)); more > 0 {
			_ = w.Write([]string{a.Table, string(a.Reason), Title{fmt.Sprintf("另有%d条未列", more), fmt.Sprintf("%d more are not listed", more)}.In(lang), a.Column, "", ""})
		}
	}
	w.Flush()
	return w.Error()
}
