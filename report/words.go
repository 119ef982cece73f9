package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/procedure"
)

// words writes texts, numbers and times in one language, in the zone of the procedure.
type words struct {
	Lang string
	pack *procedure.Pack
}

// Say chooses between two languages.
func (w *words) Say(zh, en string) string { return audit.Title{ZH: zh, EN: en}.In(w.Lang) }

// In is a text in the language.
func (w *words) In(t audit.Title) string { return t.In(w.Lang) }

// Count writes how many there are of something; %s in the words stands for the number.
func (w *words) Count(n int64, zh, one, more string) string {
	if n == 1 {
		more = one
	}
	return strings.Replace(w.Say(zh, more), "%s", w.Number(n), 1)
}

// Number writes a count with its thousands apart.
func (w *words) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Percent writes a share from 0 to 1. What is neither none nor all is never written as such.
func (w *words) Percent(p float64) string {
	switch {
	case p == 0 || p == 1:
		return fmt.Sprintf("%.0f%%", p*100)
	case p < 0.00001:
		return w.Say("不足0.001%", "under 0.001%")
	case p < 0.001:
		return strconv.FormatFloat(p*100, 'g', 1, 64) + "%"
	case p > 0.9995:
		return w.Say("超过99.9%", "over 99.9%")
	}
	return fmt.Sprintf("%.1f%%", p*100)
}

// Time writes a number of seconds in the largest unit that says enough.
func (w *words) Time(seconds int64) string {
	one := func(n float64, zh, en string) string {
		text := strconv.FormatFloat(n, 'f', 0, 64)
		return w.Say(text+zh, text+" "+en)
	}
	s := float64(seconds)
	switch {
	case seconds == 0:
		return w.Say("当时", "at once")
	case seconds < 120:
		return one(s, "秒", "s")
	case seconds < 2*3600:
		return one(s/60, "分钟", "min")
	case seconds < 2*86400:
		return one(s/3600, "小时", "h")
	case seconds < 2*365*86400:
		return one(s/86400, "天", "d")
	}
	text := strconv.FormatFloat(s/(365.25*86400), 'f', 1, 64)
	return w.Say(text+"年", text+" y")
}

// Day writes a date, Moment with the time of day where it has one.
func (w *words) Day(at calendar.Instant) string {
	if at == calendar.Never {
		return ""
	}
	return w.local(at).Format("2006-01-02")
}

func (w *words) Moment(at calendar.Instant) string {
	t := w.local(at)
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02 15:04")
}

func (w *words) local(at calendar.Instant) time.Time { return at.Time().In(w.pack.Zone.Location()) }

// Month writes 2006-01 for people.
func (w *words) Month(m string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return m
	}
	return w.Say(fmt.Sprintf("%d年%d月", t.Year(), t.Month()), t.Format("January 2006"))
}

// Basis names what a rule rests on.
func (w *words) Basis(kind string) string {
	switch kind {
	case "law":
		return w.Say("法律", "law")
	case "rule":
		return w.Say("规章", "rule")
	case "model":
		return w.Say("模型", "model")
	case "contract":
		return w.Say("合同", "contract")
	case "data":
		return w.Say("数据", "data")
	}
	return kind
}
