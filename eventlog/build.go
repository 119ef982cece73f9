package eventlog

import (
	"strings"

	"plumbline/calendar"
)

// builder puts cases together in the arenas of one worker. The arenas only grow within a batch; when one moves,
// slices cut from it before stay good, for what they hold is not changed again.
type builder struct {
	names roles
	acts  *acts
	zone  *calendar.Zone

	scanned
	events   []Event
	fields   []Field // of events
	caseData []Field // of traces; apart, for in XES events may stand between them

	open      Case // the case being read
	firstCase int  // where its Data begin in caseData
	firstEv   int  // where its events begin
	ev        Event
	evTime    string
	firstData int // where the event's Data begin in fields
}

// scanned is what passes the gate: a batch, and what must be held against the rest of the log.
type scanned struct {
	text       []byte // in which marks are offsets; nil in CSV, whose records are lines already
	cases      []Case
	stats      Stats
	found      int64 // events, passed over ones included; 0 in CSV
	foundCases int64 // 0 in CSV
	lines      int   // 0 in CSV
	with       mark  // the first event whose timestamp has an offset
	without    mark
}

// mark remembers an event by its record, and where its text begins.
type mark struct {
	record int64
	at     int
}

func (b *builder) init(r roles, zone *calendar.Zone) {
	b.names, b.zone, b.acts = r, zone, newActs(r.acts)
}

func (b *builder) reset() {
	b.scanned = scanned{cases: b.cases[:0]}
	b.events, b.fields, b.caseData = b.events[:0], b.fields[:0], b.caseData[:0]
}

func (b *builder) beginCase(record int64) {
	b.open = Case{Record: record}
	b.firstCase, b.firstEv = len(b.caseData), len(b.events)
}

func (b *builder) endCase() {
	if n := len(b.caseData); n > b.firstCase {
		b.open.Data = b.caseData[b.firstCase:n:n]
	}
	if n := len(b.events); n > b.firstEv {
		b.open.Events = b.events[b.firstEv:n:n]
	} else {
		b.stats.Empty++
	}
	b.stats.Events += int64(len(b.open.Events))
	b.cases = append(b.cases, b.open)
	b.stats.Cases++
}

func (b *builder) beginEvent(record int64) {
	b.ev = Event{Record: record}
	b.evTime = ""
	b.firstData = len(b.fields)
}

// endEvent checks and keeps the event being read, which begins at the offset at. What is wrong with it comes
// back in words.
func (b *builder) endEvent(at int) (what, hint string) {
	ev := &b.ev
	if ev.Act == "" {
		return "no " + b.names.act, "every event must say what was done"
	}
	if b.evTime == "" {
		return "no " + b.names.time, "a history without times cannot be judged"
	}
	st, ok := b.names.layout.parse(b.evTime)
	if !ok {
		return b.names.time + " " + quote(b.evTime) + " is not a time", b.names.layout.hint()
	}
	if b.names.onlyComplete && ev.Lifecycle != "" && !isComplete(ev.Lifecycle) {
		b.stats.OtherSteps++
		b.fields = b.fields[:b.firstData]
		return "", ""
	}
	ev.Time, ev.Precision = st.at, st.precision
	m := &b.with
	if !st.offset {
		m = &b.without
		b.stats.NoOffset++
		if b.zone != nil {
			ev.Time = b.zone.Local(st.at)
		}
	}
	if m.record == 0 {
		*m = mark{ev.Record, at}
	}
	ev.Act = b.acts.find(ev.Act)
	if n := len(b.fields); n > b.firstData {
		ev.Data = b.fields[b.firstData:n:n]
	}
	b.events = append(b.events, *ev)
	return "", ""
}

func isComplete(s string) bool { return len(s) == 8 && strings.EqualFold(s, "complete") }

// take gives a value the place its key's roles say.
func (b *builder) take(role uint8, v string) {
	if role&isAct != 0 {
		b.ev.Act = v
	}
	if role&isTime != 0 {
		b.evTime = v
	}
	if role&isPerson != 0 {
		b.ev.Person = v
	}
	if role&isPost != 0 {
		b.ev.Post = v
	}
	if role&isUnit != 0 {
		b.ev.Unit = v
	}
	if role&isLifecycle != 0 {
		b.ev.Lifecycle = v
	}
	if role&isCase != 0 {
		b.open.ID = v
	}
}
