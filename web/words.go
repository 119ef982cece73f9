package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"plumbline/calendar"
)

// Langs are the languages of the pages. The first is the default.
var Langs = []string{"zh", "en"}

// texts holds the words of the pages: key, language, text. A text may have places (%s, %d) for fmt; an English text of a
// number may give "one|many" and is chosen by its first whole number.
type texts map[string]map[string]string

func loadTexts() (texts, error) {
	raw, err := files.ReadFile("locale/texts.yaml")
	if err != nil {
		return nil, err
	}
	var all texts
	if err := yaml.UnmarshalWithOptions(raw, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("locale/texts.yaml: %w", err)
	}
	return all, nil
}

// Words writes texts, moments and lengths of time in one language, for handlers that need a sentence of the pages.
func (r *Renderer) Words(lang string) Words { return Words{lang, r.texts, r.zone} }

// Words is made by Renderer.Words.
type Words struct {
	lang  string
	texts texts
	zone  *calendar.Zone
}

// Text is the text of key.
func (w Words) Text(key string, args ...any) (string, error) { return w.text(key, args...) }

func (w Words) text(key string, args ...any) (string, error) {
	s, ok := w.texts[key][w.lang]
	if !ok {
		return "", fmt.Errorf("no text %s in %s", key, w.lang)
	}
	if one, many, both := strings.Cut(s, "|"); both {
		s = many
		for _, a := range args {
			if n, ok := a.(int); ok {
				if n == 1 {
					s = one
				}
				break
			}
		}
	}
	if len(args) == 0 {
		return s, nil
	}
	return fmt.Sprintf(s, args...), nil
}

// must is text for keys written in this file; the test of keys knows them.
func (w Words) must(key string, args ...any) string {
	s, err := w.text(key, args...)
	if err != nil {
		panic(err)
	}
	return s
}

func (w Words) kind(prefix string, kind any) (string, error) {
	return w.text(prefix + "." + fmt.Sprint(kind))
}

func (w Words) local(i calendar.Instant) time.Time { return i.Time().In(w.zone.Location()) }

func stamp(t time.Time, text string) template.HTML {
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + template.HTMLEscapeString(text) + `</time>`)
}

// at is a moment to the minute.
func (w Words) at(i calendar.Instant) template.HTML {
	t := w.local(i)
	return stamp(t, t.Format("2006-01-02 15:04"))
}

// day is the civil day of a moment.
func (w Words) day(i calendar.Instant) template.HTML {
	t := w.local(i)
	return stamp(t, t.Format("2006-01-02"))
}

// clock is the minute of a moment.
func (w Words) clock(i calendar.Instant) template.HTML {
	t := w.local(i)
	return stamp(t, t.Format("15:04"))
}

func (w Words) date(d calendar.Date) template.HTML {
	return template.HTML(`<time datetime="` + d.String() + `">` + d.String() + `</time>`)
}

// due is the deadline as people say it: for a term in days the last day, otherwise the minute.
func (w Words) due(l Limit) template.HTML {
	if l.Civil {
		return w.day(l.Due)
	}
	return w.at(l.Due)
}

// left says how far a limit is from now: by civil days where it is counted in days, otherwise by the minute.
func (w Words) left(now calendar.Instant, l Limit) string {
	if l.State == LimitDone {
		return w.must("left.done")
	}
	if l.Due == 0 && l.State == LimitOverdue {
		return w.must("left.overdue")
	}
	if l.Due == 0 {
		return w.must("left.none")
	}
	if l.State == LimitSuspended {
		return w.must("left.suspended")
	}
	over := now > l.Due
	if l.Civil {
		n := int(w.zone.Date(l.Due) - w.zone.Date(now))
		switch {
		case over && n == 0: // cannot be, but a clock may say so
			return w.must("left.over", w.must("len.days", 1))
		case over:
			return w.must("left.over", w.must("len.days", -n))
		case n == 0:
			return w.must("left.today")
		}
		return w.must("left.left", w.must("len.days", n))
	}
	if over {
		return w.must("left.over", w.length(now.Time().Sub(l.Due.Time())))
	}
	return w.must("left.left", w.length(l.Due.Time().Sub(now.Time())))
}

// length writes at most two units.
func (w Words) length(d time.Duration) string {
	m := int(d / time.Minute)
	switch {
	case m < 60:
		return w.must("len.minutes", m)
	case m < 48*60 && m%60 == 0:
		return w.must("len.hours", m/60)
	case m < 48*60:
		return w.must("len.hours", m/60) + w.must("len.and") + w.must("len.minutes", m%60)
	}
	return w.must("len.days", m/60/24)
}

// list joins words as the language does.
func (w Words) list(words []string) string { return strings.Join(words, w.must("list.comma")) }

func (w Words) quote(s string) string { return w.must("list.quote", s) }
