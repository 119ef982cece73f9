package eventlog

import "plumbline/calendar"

// Kind of a value as the log declares it. The text is handed on as written: a Float is not parsed here.
type Kind uint8

// The kinds of XES 1849; CSV knows only String.
const (
	String Kind = iota
	Int
	Float
	Bool
	Time
	ID
)

var kindNames = [...]string{"string", "int", "float", "boolean", "date", "id"}

// String gives the name of the XES element that declares the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Field is one named value. Value is the text with entities resolved; it may be empty in XES, never in CSV.
type Field struct {
	Key, Value string
	Kind       Kind
}

// Event is one line of a history: what was done, when, by whom.
//
// Empty strings are absences: Person (who), Post (in which role) and Unit (of which organ) are seldom all known.
// Data holds what is left of the event after these were taken out, in the order of the file.
type Event struct {
	Act       string
	Time      calendar.Instant
	Precision calendar.Precision

	Person, Post, Unit string
	Lifecycle          string

	Data []Field

	// Row names the event in its system, whatever file it stands in: table, key, and which of the row's events it is.
	// Only a join that follows gives it, of tables with a key.
	Row string

	// Record finds the event again: in XES its ordinal among all events of the log, from 1, those passed over
	// for their life cycle included; in CSV the line on which its row begins.
	Record int64
}

// Case is one trace: its identifier, what the log says of it as a whole, and its events in file order,
// which need not be the order of their times.
type Case struct {
	ID     string
	Data   []Field
	Events []Event

	// Record is the ordinal of the trace in the log, from 1; in CSV the line of the case's first row.
	Record int64

	// Repeated says that an earlier trace of the log carries the same identifier. Never set in CSV, where the
	// rows of one case are brought together.
	Repeated bool
}

// Batch is a run of whole cases in log order.
//
// A batch and the strings in it belong to the reader and hold only until the callback returns; what is to be kept
// must be cloned (strings.Clone). Act and Field.Key alone are interned per worker and stay good, so that a caller
// may know them again by their bytes' address.
type Batch struct {
	Index int // dense from 0 in log order, so that results can be merged in order
	Cases []Case
}

// Watch is told how far a reading is, from several goroutines.
type Watch interface {
	Expect(acts int64)    // this many will be handed on, where that is known before the first
	Seen(cases, acts int) // a batch was handed on, and the callback is done with it
}

// Options of Read. The zero value reads XES with the standard's keys and CSV with the columns pm4py writes.
type Options struct {
	// Map says which key or column means what; nil for the usual names.
	Map *Mapping

	// Zone is for timestamps written without offset, and goes before the mapping's own zone. With neither, a
	// log in which no timestamp has an offset is read as if in UTC (Stats.NoOffset counts them), and a log
	// that has both sorts is refused, for no order could be trusted.
	Zone *calendar.Zone

	// Workers scan and call back side by side; 0 means GOMAXPROCS.
	Workers int

	// Watch is told how far the reading is; nil: nobody.
	Watch Watch

	// Bounds on what a file may demand; 0 means the default.
	MaxValue int   // bytes of one value; 16 MiB
	MaxTrace int   // bytes of one trace, and of the text before the first; 256 MiB
	MaxHeld  int64 // bytes of a CSV text, of joined rows, of an OCEL log, which are held whole; 1 GiB

	// Spill opens a temporary file, where a CSV longer than 64 MiB, or MaxHeld, is sorted. Without it a CSV longer than
	// MaxHeld is refused.
	Spill func() (Spill, error)

	chunk int // size at which a chunk is cut; tests make it small
}

const (
	defaultMaxValue = 16 << 20
	defaultMaxTrace = 256 << 20
	defaultMaxHeld  = 1 << 30
	defaultChunk    = 512 << 10

	spillFrom = 64 << 20 // bytes of a CSV that is held although it could be sorted outside memory

	maxDepth  = 64      // elements open at once
	maxFields = 1 << 16 // attributes of one event or trace; columns of a CSV
	maxAttrs  = 32      // XML attributes in one tag
)

// Stats of a log read to its end.
type Stats struct {
	Format string // "xes", "csv", "xlsx", "parquet", "ocel" or "tables"
	Bytes  int64  // of text, after unpacking
	Cases  int64
	Events int64 // handed to the callback

	OtherSteps int64 // events passed over because their life cycle step is not "complete"
	Empty      int64 // cases without events
	Repeated   int64 // cases whose identifier an earlier one carries (XES)
	NoOffset   int64 // events whose timestamp has no offset
	Nested     int64 // attributes skipped inside others, lists and containers included (XES)
	OddTags    int64 // elements in traces and events under names the standard does not know (XES)

	Uncased  int64    // events related to no object of the cases' type (OCEL)
	Dangling int64    // relations to objects that are not there (OCEL)
	Asides   []*Aside // what did not fit when tables were joined
	Files    []string // of the tables that were joined, in the order of their reading; see Place
}

func (s *Stats) add(o *Stats) {
	s.Cases += o.Cases
	s.Events += o.Events
	s.OtherSteps += o.OtherSteps
	s.Empty += o.Empty
	s.NoOffset += o.NoOffset
	s.Nested += o.Nested
	s.OddTags += o.OddTags
}
