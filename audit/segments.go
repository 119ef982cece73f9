package audit

import (
	"context"
	"slices"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
	"plumbline/segment"
)

// sievable tells whether a sieve knows all that is asked: what was found and what became of duties. Figures and lists ask for
// more of each act, an act may take data from what is said of the case as a whole, and a record's own history is judged as it
// became known.
func sievable(d *segment.Folder, p *procedure.Procedure, opt Options) bool {
	return !opt.Figures && !opt.Rows && !takesOfCase(p) && !slices.Contains(d.Said, keyProcedure)
}

// runSegments audits a history that was cut into segments. A sieve goes over the columns first; only the cases of which it is
// not sure are judged act by act. The report is that of the log itself.
func runSegments(ctx context.Context, name string, d *segment.Folder, p *procedure.Procedure, opt Options) (*Report, error) {
	var zone *calendar.Zone
	if d.Civil {
		zone = p.Pack.Zone
	}
	if opt.Now == 0 { // the index knows it from the start, so that no case has to wait for it
		last, err := d.Last(ctx, zone)
		if err != nil {
			return nil, err
		}
		opt.Now = last
	}
	if opt.Watch != nil {
		opt.Watch.Expect(d.Stats.Events)
	}
	a := &audit{p: p, opt: opt}
	err := d.Each(ctx, opt.Workers, func(worker, _ int, f *segment.File) error {
		w := a.worker(worker)
		if w.sifter == nil {
			w.sifter = newSifter(p, zone)
		}
		w.sift(f)
		if opt.Watch != nil {
			opt.Watch.Seen(f.Cases, f.Acts)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.report(name, d.Stats)
}

// takesOfCase tells whether an act takes data from what a log says of the case as a whole.
func takesOfCase(p *procedure.Procedure) bool {
	for i := range p.Acts() {
		if slices.ContainsFunc(p.Fields(i), func(f procedure.Field) bool { return strings.HasPrefix(f.Source, ofCase) }) {
			return true
		}
	}
	return false
}

// sifter goes over segments on one goroutine.
type sifter struct {
	p      *procedure.Procedure
	zone   *calendar.Zone // nil: times are instants
	file   *segment.File
	sieve  *procedure.Sieve
	bound  []bound
	rows   []int // next row of each shape
	kinds  []sifted
	times  []int64
	data   [][]casefile.Value // by act, for the judge
	sieved [][]casefile.Value // by act, for the sieve
	actor  casefile.Actor
	posts  [1]string
	act    procedure.Act
	judged int64 // cases
}

// bound is what a shape of the segment is to the procedure.
type bound struct {
	kind          int    // -1: unknown to the procedure
	names, reads  bool   // the sieve looks at who, at data
	sieve, fields []slot // data that the sieve reads, that the judge reads
	person, post  *slot
}

// slot is where a column's values go, with every text of its dictionary read once.
type slot struct {
	at     int
	codes  *segment.Column
	values []casefile.Value
	texts  []string
}

// sifted is one act of the case at hand.
type sifted struct{ shape, row int }

func newSifter(p *procedure.Procedure, zone *calendar.Zone) *sifter {
	x := &sifter{p: p, zone: zone, sieve: p.NewSieve()}
	for i := range p.Acts() {
		x.data = append(x.data, make([]casefile.Value, len(p.Fields(i))))
		x.sieved = append(x.sieved, make([]casefile.Value, len(p.Fields(i))))
	}
	return x
}

// sift judges the cases of a segment, or is sure of them without.
func (w *worker) sift(f *segment.File) {
	x := w.sifter
	w.bind(f)
	record, act := f.Recorder(), 0
	for c := range f.Cases {
		n := int(f.Counts.At(c))
		x.take(f, act, n)
		act += n
		w.cases++
		if x.sure(n, w.opt.Now) {
			w.countSure(f.ID(c), x.sieve)
			continue
		}
		x.judged++
		w.standing.Reset()
		w.outcome.Reset()
		for i := range n {
			if a := x.read(i); a != nil {
				a.Ref = record.At(act - n + i)
				w.judgement.Act(w.standing, a, &w.outcome)
			}
		}
		w.judgement.Advance(w.standing, w.opt.Now, &w.outcome)
		w.judgement.End(w.standing, w.opt.Now, &w.outcome)
		w.count(f.ID(c), &w.outcome, nil)
	}
}

// bind reads the shapes and dictionaries of a segment under the procedure, and counts what is not known or not readable.
func (w *worker) bind(f *segment.File) {
	x := w.sifter
	x.file, x.bound, x.rows = f, make([]bound, len(f.Shapes)), make([]int, len(f.Shapes))
	type reading struct {
		dict int
		kind casefile.Kind
	}
	read := map[reading][]casefile.Value{}
	bad := map[reading]map[int]error{}
	for i := range f.Shapes {
		s, b := &f.Shapes[i], &x.bound[i]
		if b.kind = w.p.ActOf(s.Act); b.kind < 0 {
			if s.Rows > 0 && !w.p.Ignored(s.Act) {
				w.unmapped[s.Act] += int64(s.Rows)
			}
			continue
		}
		w.acts += int64(s.Rows)
		if w.p.ActScope(b.kind) != "case" {
			w.faceless += int64(s.Rows)
		}
		b.names = x.sieve.Names(b.kind)
		wanted := map[int]bool{}
		for _, k := range x.sieve.Reads(b.kind) {
			wanted[k], b.reads = true, true
		}
		for k := range s.Fields {
			field := &s.Fields[k]
			switch field.Role {
			case segment.Person:
				b.person = &slot{codes: &field.Codes, texts: f.Dicts[field.Dict]}
			case segment.Post:
				b.post = &slot{codes: &field.Codes, texts: f.Dicts[field.Dict]}
			case segment.Datum:
				at, ok := w.reader.slots[b.kind][field.Key]
				if !ok {
					continue
				}
				r := reading{field.Dict, w.reader.fields[b.kind][at].Kind}
				if read[r] == nil {
					read[r] = make([]casefile.Value, len(f.Dicts[field.Dict]))
					for n, text := range f.Dicts[field.Dict] {
						v, err := casefile.ParseValue(r.kind, text, w.p.Pack.Zone)
						if read[r][n] = v; err != nil {
							read[r][n] = casefile.Value{}
							if bad[r] == nil {
								bad[r] = map[int]error{}
							}
							bad[r][n] = err
						}
					}
				}
				to := slot{at: at, codes: &field.Codes, values: read[r]}
				b.fields = append(b.fields, to)
				if wanted[at] {
					b.sieve = append(b.sieve, to)
				}
				if bad[r] != nil {
					w.unread(f, i, field, bad[r])
				}
			}
		}
	}
}

// unread counts the values of one column that are not of the type the procedure wants.
func (w *worker) unread(f *segment.File, shape int, field *segment.Field, bad map[int]error) {
	record, row := f.Recorder(), 0
	for act := range f.Acts {
		if int(f.Of.At(act)) != shape {
			continue
		}
		code := int(field.Codes.At(row))
		row++
		if why := bad[code]; why != nil {
			w.fail(w.p.ActID(w.sifter.bound[shape].kind), field.Key, f.Dicts[field.Dict][code], record.At(act), why)
		}
	}
}

// take lays out the next case, whose n acts begin at from.
func (x *sifter) take(f *segment.File, from, n int) {
	if cap(x.kinds) < n {
		x.kinds, x.times = make([]sifted, 2*n), make([]int64, 2*n)
	}
	x.kinds, x.times = x.kinds[:n], x.times[:n]
	f.Of.Fill(x.times, from)
	for i, shape := range x.times {
		x.kinds[i] = sifted{int(shape), x.rows[shape]}
		x.rows[shape]++
	}
	f.Times.Fill(x.times, from)
	if x.zone != nil {
		for i, t := range x.times {
			x.times[i] = int64(x.zone.Local(calendar.Instant(t)))
		}
	}
}

// sure holds the case against the law with the sieve.
func (x *sifter) sure(n int, now calendar.Instant) bool {
	x.sieve.Reset()
	for i := range n {
		k := x.kinds[i]
		b := &x.bound[k.shape]
		if b.kind < 0 {
			continue
		}
		data := x.sieved[b.kind]
		if b.reads {
			fill(data, b.sieve, k.row)
		}
		var actor *casefile.Actor
		if b.names {
			actor = x.who(b, k.row)
		}
		if !x.sieve.Act(b.kind, calendar.Instant(x.times[i]), data, actor) {
			return false
		}
	}
	return x.sieve.End(now)
}

// fill lays out the data of an act. Of two columns for one datum the later goes before, unless it cannot be read.
func fill(data []casefile.Value, slots []slot, row int) {
	clear(data)
	for i := range slots {
		if v := slots[i].values[slots[i].codes.At(row)]; v.Known() {
			data[slots[i].at] = v
		}
	}
}

func (x *sifter) who(b *bound, row int) *casefile.Actor {
	if b.person == nil {
		return nil
	}
	x.actor = casefile.Actor{Person: b.person.text(row)}
	if b.post != nil {
		x.posts[0] = b.post.text(row)
		x.actor.Posts = x.posts[:]
	}
	return &x.actor
}

func (s *slot) text(row int) string { return s.texts[s.codes.At(row)] }

// read gives the i-th act of the case as the judge reads it; nil when the procedure does not know it.
func (x *sifter) read(i int) *procedure.Act {
	k := x.kinds[i]
	b := &x.bound[k.shape]
	if b.kind < 0 {
		return nil
	}
	data := x.data[b.kind]
	fill(data, b.fields, k.row)
	x.act = procedure.Act{Kind: b.kind, Occurred: calendar.Instant(x.times[i]), Precision: x.file.Shapes[k.shape].Precision, Data: data, Actor: x.who(b, k.row)}
	return &x.act
}

// countSure adds a case of which the sieve is sure.
func (w *worker) countSure(id string, v *procedure.Sieve) {
	w.cased++
	for _, m := range v.Missed {
		w.countFinding(m.Rule, m.Warn, id)
	}
	for _, d := range v.Duties {
		w.duties[d.Duty].add(d.State, d.Due)
	}
}
