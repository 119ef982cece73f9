package eventlog

import "strings"

// usual reads the one shape nearly every line of a log has, <string key="..." value="..."/>, and gives the
// offset behind it, or 0 when it has another shape or anything about it needs the careful path.
func (x *xes) usual(i int) int {
	b := x.b
	var kind Kind
	var j int
	switch load64(b[i+1:]) {
	case tagString:
		kind, j = String, i+7
	case tagDate:
		kind, j = Time, i+5
	case tagFloat:
		kind, j = Float, i+6
	case tagInt:
		kind, j = Int, i+4
	case tagBool:
		kind, j = Bool, i+8
	case tagID:
		kind, j = ID, i+3
	default:
		return 0
	}
	if load32(b[j:]) != spaceKey || load16(b[j+4:]) != equalQuote {
		return 0
	}
	j += 6
	from := j
	for class[b[j]]&stopDouble == 0 {
		j++
	}
	key := b[from:j]
	if load64(b[j:]) != quoteValue || b[j+8] != '"' {
		return 0
	}
	j += 9
	from = j
	for class[b[j]]&stopDouble == 0 {
		j++
	}
	value := b[from:j]
	if b[j] != '"' || b[j+1] != '/' || b[j+2] != '>' || len(value) > x.maxValue || len(key) > x.maxValue {
		return 0
	}
	if !x.put(str(key), str(value), kind) {
		return 0 // the careful path finds the same again, and says so
	}
	return j + 3
}

var (
	tagString  = load64([]byte("string key"))
	tagDate    = load64([]byte("date key="))
	tagFloat   = load64([]byte("float key"))
	tagInt     = load64([]byte("int key=\""))
	tagBool    = load64([]byte("boolean key"))
	tagID      = load64([]byte("id key=\""))
	spaceKey   = load32([]byte(" key"))
	equalQuote = load16([]byte("=\""))
	quoteValue = load64([]byte("\" value="))
)

// put takes one attribute into the event or trace being read; false when its key was there before, or when there
// are too many.
func (x *xes) put(k, v string, kind Kind) bool {
	in := &x.inEvent
	if x.where == inTrace {
		in = &x.inTrace
	}
	e := in.keys.find(k)
	if e.stamp == in.serial || in.count == maxFields {
		return false
	}
	in.count++
	e.stamp = in.serial
	if e.role != 0 {
		x.take(e.role, v)
	}
	if e.keep {
		if x.where == inTrace {
			x.caseData = append(x.caseData, Field{e.name, v, kind})
		} else {
			x.fields = append(x.fields, Field{e.name, v, kind})
		}
	}
	return true
}

func (x *xes) beginTrace(i, next int) (int, *Error) {
	x.where, x.openAt = inTrace, i
	x.inTrace.begin()
	x.foundCases++
	x.beginCase(x.foundCases)
	return next, nil
}

func (x *xes) endTrace(end int) *Error {
	if end-x.openAt > x.maxTrace {
		return x.fault(x.openAt, "a trace of more than "+bytesOf(x.maxTrace), "")
	}
	if x.open.ID == "" {
		return x.fault(x.openAt, "no "+strings.TrimPrefix(x.names.caseKey, caseColumn), "a case must have an identifier")
	}
	x.endCase()
	x.where = inLog
	return nil
}

func (x *xes) beginEvent(i, next int) (int, *Error) {
	x.where, x.evAt = inEvent, i
	x.inEvent.begin()
	x.found++
	x.builder.beginEvent(x.found)
	return next, nil
}

func (x *xes) endEvent() *Error {
	if what, hint := x.builder.endEvent(x.evAt); what != "" {
		return x.fault(x.evAt, what, hint)
	}
	x.where = inTrace
	return nil
}
