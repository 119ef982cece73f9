package handling_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/packs"
	"plumbline/procedure"
	"plumbline/store/sqlite"
)

// Every organ, person and case here is made up.

var police = sync1(func() *procedure.Pack {
	p, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		panic(err)
	}
	return p
})

func sync1[T any](f func() T) func() T {
	var p atomic.Pointer[T]
	return func() T {
		if v := p.Load(); v != nil {
			return *v
		}
		v := f()
		p.Store(&v)
		return v
	}
}

// at reads a wall clock of the pack's zone.
func at(s string) calendar.Instant {
	i, err := casefile.ParseInstant(s, police().Zone)
	if err != nil {
		panic(err)
	}
	return i
}

// house is a small bureau: a county organ above two stations, its people, and a clock that is set by hand.
type house struct {
	*handling.House
	t     fataler
	path  string
	store *sqlite.Store
	clock *atomic.Int64
	ids   int
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

const adminID = "cn-police/administrative"

func newHouse(t *testing.T) *house {
	h := openHouse(t, filepath.Join(t.TempDir(), "record.db"), at("2026-03-01T08:00"), nil)
	t.Cleanup(func() { h.store.Close() })
	h.found()
	return h
}

func openHouse(t fataler, path string, now calendar.Instant, wrap func(handling.Store) handling.Store) *house {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, path: path, store: s, clock: &atomic.Int64{}}
	h.clock.Store(int64(now))
	h.House = h.over(s, wrap, nil)
	return h
}

func (h *house) over(s handling.Store, wrap func(handling.Store) handling.Store, blobs handling.Blobs) *handling.House {
	if wrap != nil {
		s = wrap(s)
	}
	got, err := handling.Open(handling.Config{Store: s, Pack: police(), Now: func() calendar.Instant { return calendar.Instant(h.clock.Load()) }, Random: rand.Reader, Blobs: blobs})
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// again closes the store and opens it from the disk.
func (h *house) again() {
	if err := h.store.Close(); err != nil {
		h.t.Fatal(err)
	}
	s, err := sqlite.Open(context.Background(), h.path, sqlite.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.store = s
	h.House = h.over(s, nil, nil)
}

func (h *house) set(s string)          { h.clock.Store(int64(at(s))) }
func (h *house) to(i calendar.Instant) { h.clock.Store(int64(i)) }
func (h *house) now() calendar.Instant { return calendar.Instant(h.clock.Load()) }
func (h *house) id() casefile.ActID    { h.ids++; return casefile.ActID(fmt.Sprintf("act-%020d", h.ids)) }
func as(p string) handling.Who         { return handling.Who{Person: authority.PersonID(p)} }
func post(p, post, unit string) authority.Change {
	return authority.Appoint(authority.Appointment{Person: authority.PersonID(p), Post: post, Unit: authority.UnitID(unit)})
}

func (h *house) found() {
	h.t.Helper()
	changes := []authority.Change{
		authority.Found(authority.Unit{ID: "ju", Kind: "county", Name: authority.Text{ZH: "某县公安局", EN: "Police of Some County"}, Mark: "某公"}),
		authority.Found(authority.Unit{ID: "b1", Kind: "station", Name: authority.Text{ZH: "甲派出所", EN: "Station A"}, Mark: "某公(甲)", Parent: "ju"}),
		authority.Found(authority.Unit{ID: "b2", Kind: "station", Name: authority.Text{ZH: "乙派出所", EN: "Station B"}, Mark: "某公(乙)", Parent: "ju"}),
	}
	for i, p := range [][3]string{{"chen", "handler", "b1"}, {"li", "unit_head", "b1"}, {"wang", "handler", "b1"}, {"sun", "handler", "b1"}, {"qian", "legal_officer", "b1"},
		{"zhou", "legal_reviewer", "ju"}, {"zhao", "county_head", "ju"}, {"admin", "administrator", "ju"}, {"dong", "supervisor", "ju"}, {"gao", "handler", "b2"}, {"he", "unit_head", "b2"}, {"free", "", ""}} {
		changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(p[0]), Name: "警员" + p[0], Number: fmt.Sprintf("0100%02d", i)}))
		if p[1] != "" {
			changes = append(changes, post(p[0], p[1], p[2]))
		}
	}
	for _, p := range []authority.PersonID{"qian", "zhou"} {
		changes = append(changes, authority.Qualify(authority.Qualification{Person: p, ID: "legal_profession"}))
	}
	if err := h.Found(context.Background(), changes...); err != nil {
		h.t.Fatal(err)
	}
}

type data = map[string]string

// step is one act of the walk.
type step struct {
	do, at, by string
	about      string // id of a subject; "+role" brings a new one
	data       data
}

// walk is packs/cn-police/cases/walk-from-report-to-closing.yaml as people enter it.
var walk = []step{
	{"receive_report", "2026-03-02T09:00", "chen", "", data{"source": "walk_in", "title": "某日张某被殴打案", "summary": "张某称被人殴打", "happened": "2026-03-02T08:00", "place": "某镇某路"}},
	{"register_person", "2026-03-02T09:10", "chen", "+reporter", data{"name": "张某", "gender": "male", "birth": "1990-01-02", "id_kind": "居民身份证", "id_number": "110101199001020011", "address": "某镇", "phone": "13900000000", "household": "某县", "employer": "无", "former_record": "无"}},
	{"accept", "2026-03-02T09:30", "chen", "", data{"opinion": "属本单位管辖，建议受案"}},
	{"give_receipt", "2026-03-02T09:40", "chen", "p1", data{"how": "handed"}},
	{"assign", "2026-03-02T10:00", "li", "", data{"handlers": "wang, sun"}},
	{"file", "2026-03-02T10:30", "wang", "", nil},
	{"register_person", "2026-03-02T10:40", "wang", "+offender", data{"name": "李某", "gender": "male", "birth": "1991-01-02", "id_kind": "居民身份证", "id_number": "110101199101020011", "address": "某镇", "phone": "13900000001", "household": "某县", "employer": "无", "former_record": "无"}},
	{"approve_summons", "2026-03-02T11:00", "li", "p2", data{"reason": "涉嫌殴打他人", "appear_at": "2026-03-02T14:00", "appear_place": "办案区", "compelled": "false"}},
	{"summon", "2026-03-02T14:00", "wang", "p2", data{"arrived": "2026-03-02T14:00", "oral": "false"}},
	{"notify_family", "2026-03-02T14:10", "wang", "p2", data{"how": "phone"}},
	{"record_inquiry", "2026-03-02T16:00", "wang", "p2", data{"officers": "wang, sun", "began": "2026-03-02T14:30", "ended": "2026-03-02T16:00", "where": "case_area", "place": "办案区询问室", "recorded_av": "true", "under_18": "false", "guardian": "absent_noted", "rights_told": "true", "text": "问答略", "checked": "read", "signed": "signed"}},
	{"leave", "2026-03-02T16:30", "wang", "p2", nil},
	{"propose", "2026-03-04T09:00", "wang", "p2", data{"fine": "500", "detention_days": "5", "not_served": "served", "evidence_kinds": "victim,av", "measure": "行政拘留五日，并处罚款五百元", "facts": "殴打他人", "evidence": "被侵害人陈述、监控录像", "grounds": "治安管理处罚法第51条", "property": "无", "offence": "psapl-51-p1a", "tier": "base"}},
	{"notify_penalty", "2026-03-04T10:00", "wang", "p2", data{"fine": "500", "detention_days": "5", "answer": "defence"}},
	{"state_defence", "2026-03-04T10:10", "wang", "p2", data{"said": "称系互殴"}},
	{"review_defence", "2026-03-04T15:00", "wang", "p2", data{"adopted": "not_adopted", "result": "监控录像显示未还手"}},
	{"assess_review", "2026-03-05T09:00", "qian", "", data{"required": "true", "collective": "false", "reason": "案情疑难"}},
	{"review_proposal", "2026-03-05T10:00", "qian", "p2", data{"result": "pass", "opinion": "事实清楚"}},
	{"legal_review", "2026-03-05T14:00", "zhou", "", data{"result": "pass"}},
	{"fix_penalty", "2026-03-05T16:00", "zhao", "p2", data{"fine": "500", "detention_days": "5", "measure": "行政拘留五日，并处罚款五百元", "manner": "送拘留所执行"}},
	{"decide", "2026-03-06T09:00", "zhao", "", data{"level": "county"}},
	{"serve", "2026-03-06T10:00", "wang", "p2", data{"how": "handed", "received_by": "本人", "note": "无"}},
	{"notify_family_detention", "2026-03-06T10:30", "wang", "p2", data{"family": "妻子", "place": "某县拘留所"}},
	{"execute_penalty", "2026-03-09T09:00", "wang", "p2", data{"what": "both"}},
	{"close", "2026-03-09T10:00", "li", "", data{"ground": "executed"}},
}

func stepOf(do string) step {
	return walk[slices.IndexFunc(walk, func(s step) bool { return s.do == do })]
}

// case1 is a case in the making.
type case1 struct {
	*house
	id  casefile.CaseID
	rec *handling.Receipt
}

func (c *case1) request(s step) *handling.Request {
	q := &handling.Request{ID: c.house.id(), Case: c.id, Kind: s.do, Data: s.data}
	if c.id == "" {
		q.Procedure, q.Unit = adminID, "b1"
	} else {
		q.Base = c.head().Acts
	}
	if i := police().Procedures; i != nil {
		p, _ := police().Procedure("administrative")
		if k := p.ActOf(s.do); k >= 0 && !p.Act(k).Decision {
			q.Occurred = s.at
		}
	}
	if role, ok := strings.CutPrefix(s.about, "+"); ok {
		q.Subjects = []handling.SubjectInput{{Role: role}}
	} else if s.about != "" {
		q.Subjects = []handling.SubjectInput{{ID: casefile.Subject(s.about)}}
	}
	return q
}

func (c *case1) head() casefile.Head {
	c.t.Helper()
	h, err := c.store.Case(context.Background(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}

// do submits a step at its moment and expects it to be lawful.
func (c *case1) do(s step) *handling.Answer {
	c.t.Helper()
	a, err := c.try(s)
	if err != nil {
		c.t.Fatalf("%s: %v", s.do, err)
	}
	if len(a.Refused) > 0 {
		c.t.Fatalf("%s refused: %v", s.do, c.rules(a.Refused))
	}
	return a
}

func (c *case1) try(s step) (*handling.Answer, error) {
	if s.at != "" && at(s.at) > c.now() {
		c.set(s.at)
	}
	a, err := c.Submit(context.Background(), as(s.by), c.request(s))
	if err == nil && c.id == "" {
		c.id, c.rec = a.Case, a.Receipt
	}
	return a, err
}

func (c *case1) rules(found []procedure.Finding) []string {
	p, _ := police().Procedure("administrative")
	var out []string
	for _, f := range found {
		out = append(out, p.Rules()[f.Rule].ID)
	}
	return out
}

// walked is a case that went as far as the first act of a kind, that act left out.
func walked(h *house, until string) *case1 {
	h.t.Helper()
	c := &case1{house: h}
	for _, s := range walk {
		if s.do == until {
			break
		}
		c.do(s)
	}
	return c
}

// rows is everything the store has of a case.
type rows struct {
	Head     casefile.Head
	Acts     []casefile.Entry
	Duties   []casefile.Duty
	Findings []casefile.Finding
	Notices  []casefile.Notice
	Size     int64
}

func (c *case1) rows() rows {
	c.t.Helper()
	ctx := context.Background()
	r := rows{Head: c.head()}
	var e [5]error
	r.Acts, e[0] = c.store.Acts(ctx, c.id, 0)
	r.Duties, e[1] = c.store.Duties(ctx, c.id)
	r.Findings, e[2] = c.store.Findings(ctx, c.id)
	r.Notices, e[3] = c.store.Notices(ctx, 0, 10000)
	r.Size, _, e[4] = c.store.Head(ctx)
	if err := errors.Join(e[:]...); err != nil {
		c.t.Fatal(err)
	}
	return r
}

func temp(t fataler) string {
	dir, err := os.MkdirTemp("", "plumbline-handling")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
