package eventlog

import (
	"fmt"
	"strings"
	"time"

	"plumbline/calendar"
)

// layout of timestamps, as a mapping gives it; nil stands for the ISO forms of parseStamp.
//
//	YYYY  year           MM  month, two digits    M  one or two
//	                     DD  day                  D
//	                     hh  hour 00-23           h
//	mm  minute           ss  second
//	f   fraction of the second, one digit or more; beyond microseconds cut off
//	Z   offset: Z, +02:00, +0200 or +02
//
// T and everything that is not an ASCII letter or digit stands for itself; DD.MM.YYYY hh:mm is a layout, and so is
// YYYY年M月D日 h时mm分. There are no names of months, for they would tie the log to a language. Where a log was written in
// several ways they stand in one text, with | between them, and the first that fits a time is taken.
type layout struct {
	text  string
	or    *layout
	parts []part
	civil calendar.Precision // precision of what it describes
}

// part is one piece of a layout: a number of min to max digits, an offset, or a literal byte.
type part struct {
	what     byte // Y M D h m s f Z, or 0 for literal
	literal  byte
	min, max int
}

// parseLayout refuses a layout that does not give a whole date, or gives something twice.
func parseLayout(text string) (*layout, error) {
	text, others, several := strings.Cut(text, "|")
	l := &layout{text: strings.TrimSpace(text), civil: calendar.Day}
	if text = l.text; several {
		or, err := parseLayout(others)
		if err != nil {
			return nil, err
		}
		l.or = or
	}
	seen := map[byte]bool{}
	for i := 0; i < len(text); {
		c := text[i]
		n := 1
		for i+n < len(text) && text[i+n] == c {
			n++
		}
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		p := part{what: c, min: n, max: max(n, 2)}
		switch {
		case c == 'Y' && n == 4:
			p.max = 4
		case (c == 'M' || c == 'D' || c == 'h') && n <= 2, (c == 'm' || c == 's') && n == 2, c == 'Z' && n == 1:
		case c == 'f' && n == 1:
			p.max = 12
		case letter && c != 'T' || '0' <= c && c <= '9' || c < ' ':
			return nil, fmt.Errorf("layout %s: %s means nothing here (write it with YYYY MM DD hh mm ss f Z)", quote(text), quote(text[i:i+n]))
		default:
			n, p = 1, part{literal: c}
		}
		if p.what != 0 {
			if seen[c] {
				return nil, fmt.Errorf("layout %s: %q occurs twice", quote(text), c)
			}
			seen[c] = true
		}
		l.parts = append(l.parts, p)
		i += n
	}
	for _, need := range []struct{ what, without, name string }{
		{"Y", "", "year YYYY"}, {"M", "", "month MM"}, {"D", "", "day DD"},
		{"h", "m", "hour hh"}, {"m", "h", "minutes mm"}, {"m", "s", "minutes mm"}, {"s", "f", "seconds ss"}, {"h", "Z", "hour hh"},
	} {
		if !seen[need.what[0]] && (need.without == "" || seen[need.without[0]]) {
			return nil, fmt.Errorf("layout %s: it lacks the %s", quote(text), need.name)
		}
	}
	switch {
	case seen['s']:
		l.civil = calendar.Second
	case seen['m']:
		l.civil = calendar.Minute
	}
	return l, nil
}

// parse reads a timestamp; false when it does not follow the layout or no such moment exists.
func (l *layout) parse(s string) (stamp, bool) {
	if l == nil {
		return parseStamp(s)
	}
	st, ok := l.one(s)
	for l = l.or; !ok && l != nil; l = l.or {
		st, ok = l.one(s)
	}
	return st, ok
}

func (l *layout) one(s string) (stamp, bool) {
	v := [128]int{'h': 0}
	micros, offset, hasOffset := 0, 0, false
	for _, p := range l.parts {
		switch {
		case p.what == 0:
			if s == "" || s[0] != p.literal {
				return stamp{}, false
			}
			s = s[1:]
			continue
		case p.what == 'Z':
			n, off, ok := readOffset(s)
			if !ok {
				return stamp{}, false
			}
			s, offset, hasOffset = s[n:], off, true
			continue
		}
		n := 0
		for n < len(s) && n < p.max && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		if n < p.min {
			return stamp{}, false
		}
		if p.what == 'f' {
			unit := 100_000
			for k := 0; k < n; k++ {
				micros += int(s[k]-'0') * unit
				unit /= 10
			}
		} else {
			for k := 0; k < n; k++ {
				v[p.what] = v[p.what]*10 + int(s[k]-'0')
			}
		}
		s = s[n:]
	}
	if s != "" || v['Y'] < 1 || v['M'] < 1 || v['M'] > 12 || v['h'] > 23 || v['m'] > 59 || v['s'] > 59 {
		return stamp{}, false
	}
	date := calendar.NewDate(v['Y'], time.Month(v['M']), v['D'])
	if y, m, d := date.Civil(); y != v['Y'] || int(m) != v['M'] || d != v['D'] {
		return stamp{}, false
	}
	seconds := int64(date)*86400 + int64(v['h']*3600+v['m']*60+v['s']-offset)
	at := calendar.Instant(seconds*1e6 + int64(micros))
	return stamp{at, l.civil, hasOffset}, at >= earliest && at <= latest
}

// readOffset reads Z, +02:00, +0200 or +02 at the beginning of s, and gives its length and seconds.
func readOffset(s string) (n, seconds int, ok bool) {
	if strings.HasPrefix(s, "Z") {
		return 1, 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' || !digits(s[1:3]) {
		return 0, 0, false
	}
	hours, minutes := int(s[1]-'0')*10+int(s[2]-'0'), 0
	n = 3
	rest := strings.TrimPrefix(s[3:], ":")
	if len(rest) >= 2 && digits(rest[:2]) {
		minutes = int(rest[0]-'0')*10 + int(rest[1]-'0')
		n = len(s) - len(rest) + 2
	}
	seconds = hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return n, seconds, hours < 24 && minutes < 60
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (l *layout) hint() string {
	if l == nil {
		return "expected is a form like 2006-07-24T00:00:00+02:00, years 0001 to 9999"
	}
	text := l.text
	for l = l.or; l != nil; l = l.or {
		text += " | " + l.text
	}
	return "the mapping says " + text
}
