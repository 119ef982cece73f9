package eventlog

import (
	"strings"
	"time"

	"plumbline/calendar"
)

// stamp is a timestamp as written. Without offset at is the wall clock read as if it stood in Greenwich.
type stamp struct {
	at        calendar.Instant
	precision calendar.Precision
	offset    bool
}

var (
	earliest = calendar.InstantOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
	latest   = calendar.InstantOf(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) - 1
)

// parseStamp reads what calendar.ParseInstant reads and, because databases and languages write them so, offsets
// as +0200, +02, or behind a blank. Years run from 0001 to 9999, in UTC too.
func parseStamp(s string) (stamp, bool) {
	at, p, offset, err := calendar.ParseInstant(s)
	if err != nil {
		var buf [48]byte
		usual, ok := usualOffset(buf[:0], s)
		if !ok {
			return stamp{}, false
		}
		if at, p, offset, err = calendar.ParseInstant(usual); err != nil {
			return stamp{}, false
		}
	}
	return stamp{at, p, offset}, at >= earliest && at <= latest
}

// usualOffset writes into buf the timestamp s with its offset as +02:00; false when s has no such offset.
func usualOffset(buf []byte, s string) ([]byte, bool) {
	k := strings.LastIndexAny(s, "+-")
	if k < len("2006-01-02T15:04") || len(s) > cap(buf)-3 {
		if z := strings.TrimSuffix(s, " Z"); z != s && len(s) <= cap(buf) {
			return append(append(buf, z...), 'Z'), true
		}
		return nil, false
	}
	buf = append(buf, strings.TrimSuffix(s[:k], " ")...)
	switch off := s[k:]; {
	case len(off) == 3:
		return append(append(buf, off...), ":00"...), true
	case len(off) == 5:
		return append(append(append(buf, off[:3]...), ':'), off[3:]...), true
	default:
		return append(buf, off...), len(off) == 6 && s[k-1] == ' '
	}
}
