package report

import (
	"cmp"
	"fmt"
	"slices"

	"plumbline/audit"
)

type qualityRow struct {
	What  string
	Count int64
	Of    string
	Means string
	Bad   bool
}

// quality lists what was seen in the data, and names what was not.
func (p *page) quality() {
	q := &p.F.Quality
	events := fmt.Sprintf(p.Say("共%s条", "of %s events"), p.Number(q.Events))
	acts := fmt.Sprintf(p.Say("共%s个行为", "of %s acts"), p.Number(p.R.Acts))
	cases := fmt.Sprintf(p.Say("共%s件", "of %s cases"), p.Number(p.R.Cases))
	var unreadable int64
	for _, u := range p.R.Unreadable {
		unreadable += u.Count
	}
	rows := []qualityRow{
		{p.Say("程序未列的行为", "Acts unknown to the procedure"), q.Unmapped, events, p.Say("未判断；名称见下", "not judged; named below"), true},
		{p.Say("不可读的值", "Values not readable"), unreadable, "", p.Say("当作没有；见下", "taken as absent; named below"), true},
		{p.Say("没有可判断行为的案件", "Cases without any act that is known"), q.Unjudgeable, cases, p.Say("不可能有问题，但计入案件总数", "cannot show a finding, and count as cases"), true},
		{p.Say("编号重复的案件", "Case ids that stand more than once"), q.Repeated, cases, p.Say("分别判断", "judged apart"), true},
		{p.Say("时间先后与日志顺序不符", "Acts dated before the act above them"), q.Backwards, acts, p.Say("按日志顺序判断，间隔不计", "judged in the log's order; no wait is counted"), true},
		{p.Say("与前一行为时间相同", "Acts at the very time of the act before"), q.SameTime, acts, p.Say("先后由日志顺序决定", "the log's order decides which came first"), false},
		{p.Say("同一行为同一时间重复", "The same act twice at one time"), q.Doubled, acts, p.Say("可能是重复登记", "perhaps entered twice"), true},
		{p.Say("恰在零时的时间", "Times at exactly midnight"), q.Midnight, events, p.Say("很可能只记到日：以小时计的期限不可靠", "probably dated to the day: limits in hours cannot be trusted"), false},
		{p.Say("只记到日的时间", "Dated to the day only"), q.DayOnly, events, p.Say("同日先后不明", "the order within a day is not known"), false},
		{p.Say("没有时区的时间", "Times without offset"), q.NoOffset, events, fmt.Sprintf(p.Say("按%s读取", "read in %s"), p.Proc.Pack.Zone.Name()), false},
		{p.Say("晚于截止时点的事件", "Events after the moment of this report"), q.Future, events, p.Say("日期可能有误", "perhaps misdated"), true},
		{p.Say("相隔一年以上的行为", "More than a year between two acts"), q.LongGaps, acts, p.Say("久拖，或者中间的行为没有记录", "long delay, or acts that are not in the log"), false},
		{p.Say("没有新案的月份", "Months in which no case begins"), q.EmptyMonths, "", p.Say("数据可能缺失", "data may be missing"), true},
		{p.Say("没有经办人的行为", "Acts that name no person"), q.NoPerson, acts, p.Say("由谁作出的规则不能判断", "rules about who acts were not judged"), false},
		{p.Say("没有单位的行为", "Acts that name no unit"), q.NoUnit, acts, "", false},
		{p.Say("不是已完成行为的记录", "Records that are not completed acts"), q.OtherSteps, "", p.Say("未计", "left out"), false},
		{p.Say("没有事件的案件", "Cases without events"), q.Empty, cases, "", true},
	}
	for _, r := range rows {
		if r.Count > 0 {
			p.Quality = append(p.Quality, r)
		} else {
			p.Clean = append(p.Clean, r.What)
		}
	}
}

// Unmapped lists the acts that the procedure does not know, the most frequent first.
func (p *page) Unmapped() []qualityRow {
	var out []qualityRow
	for k, n := range p.R.Unmapped {
		out = append(out, qualityRow{What: k, Count: n})
	}
	slices.SortFunc(out, func(a, b qualityRow) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return out[:min(len(out), 30)]
}

// asideRow is one kind of row that was set aside when tables were joined, with the places of the first.
type asideRow struct {
	Table, Column, Why string
	Count              int64
	Where              []string
}

const mostPlacesAside = 5

// SetAside lists the rows that did not fit when tables were joined.
func (p *page) SetAside() []asideRow {
	var out []asideRow
	for _, a := range p.R.SetAside {
		row := asideRow{Table: a.Table, Column: a.Column, Why: audit.AsideWhy(a).In(p.Lang), Count: a.Count}
		for _, x := range a.Rows[:min(len(a.Rows), mostPlacesAside)] {
			where := x.Where
			if x.Text != "" {
				where += fmt.Sprintf(" %q", x.Text)
			}
			row.Where = append(row.Where, where)
		}
		out = append(out, row)
	}
	return out
}
