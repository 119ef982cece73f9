package eventlog

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateFormat says what of a date and time a number format shows.
type dateFormat struct{ day, clock bool }

// styles reads which styles show a number as a date or a time.
func (r *xlsxRows) styles(name string) error {
	formats := map[string]dateFormat{}
	return r.each(name, func(p []string, e *xml.StartElement) error {
		if len(p) != 3 {
			return nil
		}
		switch {
		case p[1] == "numFmts" && p[2] == "numFmt":
			if len(formats) > 1<<16 {
				return r.fail("too many number formats", damaged)
			}
			formats[attribute(e, "numFmtId")] = dateFormatOf(attribute(e, "formatCode"))
		case p[1] == "cellXfs" && p[2] == "xf":
			if len(r.dates) > 1<<20 {
				return r.fail("too many styles", damaged)
			}
			id := attribute(e, "numFmtId")
			f, own := formats[id]
			if !own {
				n, _ := strconv.Atoi(id)
				f = builtIn(n)
			}
			r.dates = append(r.dates, f)
		}
		return nil
	}, nil, nil)
}

// builtIn gives the formats that every workbook has by number (ECMA-376, 18.8.30), those of East Asian editions among them.
func builtIn(n int) dateFormat {
	switch {
	case 14 <= n && n <= 17, 27 <= n && n <= 31, n == 36, 50 <= n && n <= 54, n == 57, n == 58:
		return dateFormat{day: true}
	case 18 <= n && n <= 21, 32 <= n && n <= 35, n == 45, n == 47, n == 55, n == 56:
		return dateFormat{clock: true}
	case n == 22:
		return dateFormat{day: true, clock: true}
	}
	return dateFormat{}
}

// dateFormatOf looks for the letters of dates in a format's first section, outside quotes, escapes and brackets. A time that
// runs beyond a day ([h]:mm) is a duration, and stays a number.
func dateFormatOf(code string) (f dateFormat) {
	month := false
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch c := code[i]; c {
		case '"':
			if k := strings.IndexByte(code[i+1:], '"'); k >= 0 {
				i += k + 1
			}
		case '\\', '_', '*':
			i++
		case '[':
			k := strings.IndexByte(code[i:], ']')
			if k < 0 {
				return dateFormat{}
			}
			switch strings.ToLower(strings.Trim(code[i+1:i+k], "hmsHMS")) {
			case "":
				return dateFormat{}
			}
			i += k
		case 'y', 'Y', 'd', 'D', 'e', 'g', 'G':
			if (c == 'g' || c == 'G') && strings.HasPrefix(strings.ToLower(code[i:]), "general") {
				return dateFormat{}
			}
			if c == 'e' && i > 0 && strings.ContainsRune("0#?", rune(code[i-1])) {
				continue // an exponent
			}
			f.day = true
		case 'h', 'H', 's', 'S':
			f.clock = true
		case 'm', 'M':
			month = true
		}
	}
	if month && !f.clock {
		f.day = true
	}
	return f
}

// number tells a cell's number as text: as a date where its style shows one.
func (r *xlsxRows) number(text string, style int) (string, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return "", false
	}
	var f dateFormat
	if style >= 0 && style < len(r.dates) {
		f = r.dates[style]
	}
	const last = 2958465 // 9999-12-31
	if !f.day && !f.clock || n < 0 || n >= last+1 {
		return string(floatText(nil, n, 64)), true
	}
	day := math.Floor(n)
	millis := math.Round((n - day) * 86400_000)
	clock := "15:04:05.999"
	switch {
	case f.clock && !f.day && day == 0:
		return time.UnixMilli(int64(millis)).UTC().Format(clock), true
	case day == 60 && !r.from04:
		return "1900-02-29", true // a day that spreadsheets have and the calendar has not
	}
	at := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case r.from04:
		at = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60:
		at = at.AddDate(0, 0, 1)
	}
	at = at.AddDate(0, 0, int(day)).Add(time.Duration(millis) * time.Millisecond)
	if !f.clock && millis == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateOnly + "T" + clock), true
}
