package handling_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// rms is another system in which the walk was done, with names of its own.
func rms() *handling.Source {
	s := &handling.Source{Name: "rms", Procedure: adminID, Unit: "ju", Units: map[string]authority.UnitID{"甲所": "b1"}, People: map[string]string{},
		Values: map[string]map[string]string{"role": {"报案": "reporter", "嫌疑": "offender"}}, Subject: "person_no", Role: "role"}
	for _, p := range []string{"chen", "li", "wang", "sun", "qian", "zhou", "zhao"} {
		s.People["警员"+p] = p
	}
	return s
}

// offered are the steps of a walk as the other system tells them.
func offered(steps []step) []handling.FeedRow {
	roles, n := map[string]string{}, 0
	var out []handling.FeedRow
	for i, s := range steps {
		r := handling.FeedRow{Row: "步骤" + string(rune('a'+i)), Place: "acts.csv:" + string(rune('a'+i)), Act: s.do, Occurred: at(s.at), Person: "警员" + s.by, Unit: "甲所"}
		about := s.about
		if role, ok := strings.CutPrefix(about, "+"); ok {
			n++
			about = "p" + string(rune('0'+n))
			roles[about] = map[string]string{"reporter": "报案", "offender": "嫌疑"}[role]
		}
		for k, v := range s.data {
			if k == "handlers" || k == "officers" {
				v = "警员wang，警员sun"
			}
			r.Data = append(r.Data, handling.FeedDatum{Name: k, Text: v})
		}
		if about != "" {
			r.Data = append(r.Data, handling.FeedDatum{Name: "person_no", Text: about}, handling.FeedDatum{Name: "role", Text: roles[about]})
		}
		out = append(out, r)
	}
	return out
}

type seenCase struct {
	*house
	source *handling.Source
}

func newSeen(t *testing.T) *seenCase { return &seenCase{newHouse(t), rms()} }

func (c *seenCase) observe(rows []handling.FeedRow) *handling.Observed {
	c.t.Helper()
	o, err := c.Observe(context.Background(), c.source, "治立字2026-17", rows, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

func (c *seenCase) id() casefile.CaseID { return handling.ObservedCase("rms", "治立字2026-17") }

func (c *seenCase) head() casefile.Head {
	c.t.Helper()
	h, err := c.store.Case(context.Background(), c.id())
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}

// found lists the rules of the findings that stand.
func (c *seenCase) found() []string {
	c.t.Helper()
	all, err := c.store.Findings(context.Background(), c.id())
	if err != nil {
		c.t.Fatal(err)
	}
	var out []string
	for _, f := range all {
		if f.WithdrawnBy == 0 && !f.Warn {
			out = append(out, f.Rule)
		}
	}
	slices.Sort(out)
	return out
}

func (c *seenCase) want(rules ...string) {
	c.t.Helper()
	if got := c.found(); !slices.Equal(got, rules) {
		c.t.Errorf("findings %v, want %v", got, rules)
	}
	if n := c.head().Findings; n != len(rules) {
		c.t.Errorf("the head counts %d findings", n)
	}
	if err := c.store.Check(context.Background()); err != nil {
		c.t.Errorf("%v", err)
	}
}

func TestALawfulCaseOfAnotherSystemIsOnTheRecordWithoutAFinding(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	o := c.observe(offered(walk))
	if !o.Opened || o.New != len(walk) || len(o.Faults) > 0 || o.Stands.Postless > 0 {
		t.Fatalf("%+v", o)
	}
	c.want()
	h := c.head()
	if !h.Closed || h.Acts != int64(len(walk)) || h.Revision != 1 || h.Unit != "b1" || h.Number != "治立字2026-17" || h.Title != "某日张某被殴打案" || handling.ObservedFrom(&h) != "rms" {
		t.Errorf("%+v", h)
	}
	f, err := c.File(context.Background(), as("dong"), c.id(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if f.Observed != "rms" || len(f.Next) > 0 || f.Acts[0].Record.Observed.Source != "rms" || f.Acts[0].Record.Observed.Row != "步骤a" {
		t.Errorf("%+v", f)
	}
	if len(f.People) != 2 || f.People[1].Role != "offender" {
		t.Errorf("people %+v", f.People)
	}
}

func TestAFeedThatRepeatsAndReordersChangesNothing(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	all := offered(walk)
	random := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		some := slices.Clone(all)
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		c.observe(append(some[:random.IntN(len(some))], some[:3]...))
		c.to(c.now() + 3_600_000_000)
	}
	c.observe(all)
	c.want()
	before := c.head()
	o := c.observe(all)
	if o.Repeats != len(all) || o.New+o.Corrected+o.Withdrawn > 0 || c.head().Revision != before.Revision || before.Acts != int64(len(all)) {
		t.Errorf("%+v, %d acts", o, before.Acts)
	}
}

func TestNothingIsRefusedAndWhatIsWrongIsAFinding(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	all := offered(walk)
	all = slices.DeleteFunc(all, func(r handling.FeedRow) bool {
		return r.Act == "notify_penalty" || r.Act == "state_defence" || r.Act == "review_defence"
	})
	o := c.observe(all)
	if o.New != len(all) {
		t.Fatalf("%+v", o)
	}
	if got := c.found(); !slices.Contains(got, "R39") {
		t.Errorf("decided without notice: %v", got)
	}
	if h := c.head(); !h.Closed {
		t.Error("the decision took effect there; here it did not")
	}
}

func TestACorrectedRowIsJudgedAgain(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	all := offered(walk)
	leave := slices.IndexFunc(all, func(r handling.FeedRow) bool { return r.Act == "leave" })
	wrong := slices.Clone(all)
	wrong[leave].Occurred = at("2026-03-03T03:00") // 13 hours after arrival
	c.observe(wrong)
	if got := c.found(); !slices.Contains(got, "R18") {
		t.Fatalf("thirteen hours: %v", got)
	}
	c.set("2026-03-11T08:00")
	if o := c.observe(all); o.Corrected != 1 || o.New != 0 || o.Repeats != len(all)-1 {
		t.Fatalf("%+v", o)
	}
	if got := c.found(); slices.Contains(got, "R18") || !slices.Contains(got, "R18-entered") && len(got) == 0 {
		t.Errorf("that a late release was made timely by a correction stays: %v", got)
	}
	before := c.head()
	c.observe(wrong) // the old file again
	if c.head().Revision != before.Revision {
		t.Error("an old version of a row undid its correction")
	}
}

func TestALateRowTakesBackWhatTheClockFound(t *testing.T) {
	c := newSeen(t)
	all := offered(walk)
	leave := slices.IndexFunc(all, func(r handling.FeedRow) bool { return r.Act == "leave" })
	c.set("2026-03-02T18:00")
	c.observe(all[:leave])
	c.set("2026-03-03T06:00")
	if _, err := c.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := c.found(); !slices.Contains(got, "R18") {
		t.Fatalf("nobody left: %v", got)
	}
	notices, err := c.store.Notices(context.Background(), 0, 100)
	if err != nil || !slices.ContainsFunc(notices, func(n casefile.Notice) bool { return n.Topic == "overdue" && n.Case == c.id() }) {
		t.Errorf("its limits run by the clock of the house: %v %v", notices, err)
	}
	c.observe(all[leave : leave+1])
	c.want()
}

func TestWhatIsGoneFromAWholeTableIsWithdrawn(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	all := offered(walk)
	for i := range all {
		all[i].Row = ""
	}
	c.observe(all)
	some := slices.Clone(all[:len(all)-1])
	if o := c.observe(some); o.New+o.Corrected+o.Withdrawn > 0 {
		t.Fatalf("a table that is not said to be whole: %+v", o)
	}
	c.source.Whole = true
	some[3].Data = []handling.FeedDatum{{Name: "how", Text: "post"}, {Name: "person_no", Text: "p1"}, {Name: "role", Text: "报案"}}
	if o := c.observe(some); o.Withdrawn != 1 || o.Corrected != 1 {
		t.Fatalf("%+v", o)
	}
	if h := c.head(); h.Closed {
		t.Error("closing was withdrawn")
	}
	if o := c.observe(some); o.New+o.Corrected+o.Withdrawn > 0 {
		t.Fatalf("again: %+v", o)
	}
	some = append(some, all[len(all)-1])
	if o := c.observe(some); o.New != 1 || !c.head().Closed {
		t.Fatalf("back again: %+v", o)
	}
	c.want()
}

func TestPeopleWhoAreNotKnownHereHaveNoPosts(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	delete(c.source.People, "警员wang")
	o := c.observe(offered(walk))
	if o.Stands.Postless == 0 {
		t.Error("nobody without posts")
	}
	if got := c.found(); slices.Contains(got, "post") {
		t.Errorf("%v", got)
	}
	h := c.head()
	if !slices.Contains(h.Handlers, "rms:警员wang") || !slices.Contains(h.Handlers, "sun") {
		t.Errorf("%v", h.Handlers)
	}
}

func TestRowsThatCannotBeActsAreListedAndStopNoOther(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-05T08:00") // the later half lies in the future
	all := offered(walk)
	all[2].Act = "受理"
	all[0].Data = append(all[0].Data, handling.FeedDatum{Name: "happened", Text: "上午"})
	o := c.observe(all)
	var kept, not int
	for _, f := range o.Faults {
		if f.Place == "" || f.Case != "治立字2026-17" || f.Reason.ZH == "" || f.Reason.EN == "" {
			t.Errorf("%+v", f)
		}
		if f.Kept {
			kept++
		} else {
			not++
		}
	}
	if kept != 1 || not != 1+len(all)-o.New-1 || o.New == 0 {
		t.Errorf("%d kept with a fault, %d not, %+v", kept, not, o)
	}
}

func TestNobodyActsHereInACaseThatWasBornElsewhere(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-02T12:00")
	c.observe(offered(walk)[:6])
	q := &handling.Request{ID: c.house.id(), Case: c.id(), Kind: "register_person", Base: c.head().Acts, Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: data{"name": "李某"}}
	var not *handling.NotAllowed
	if _, err := c.Submit(context.Background(), as("wang"), q); !errors.As(err, &not) || not.Why != handling.WhyElsewhere {
		t.Fatalf("%v", err)
	}
	if _, err := c.Submit(context.Background(), as("gao"), q); !errors.Is(err, casefile.ErrNotFound) {
		t.Errorf("who may not see the case: %v", err)
	}
	tasks, err := c.Tasks(context.Background(), as("wang"))
	if err != nil || len(tasks) == 0 || !tasks[0].Elsewhere || len(tasks[0].Acts) > 0 {
		t.Errorf("its limits stand on the workbench, to be seen: %+v %v", tasks, err)
	}
}

func TestWhatRanOutLongAgoIsToldToNobody(t *testing.T) {
	c := newSeen(t)
	c.set("2026-09-10T08:00")
	if _, err := c.Observe(context.Background(), c.source, "治立字2026-17", offered(walk)[:11], c.now()); err != nil {
		t.Fatal(err)
	}
	if got := c.found(); !slices.Contains(got, "R15") || !slices.Contains(got, "R18") {
		t.Errorf("%v", got)
	}
	if _, err := c.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	notices, err := c.store.Notices(context.Background(), 0, 100)
	if err != nil || slices.ContainsFunc(notices, func(n casefile.Notice) bool { return n.Case == c.id() }) {
		t.Errorf("%+v %v", notices, err)
	}
}

func TestASourceSaysWhatOfItIsNotHere(t *testing.T) {
	c := newSeen(t)
	if err := c.CheckSource(c.source); err != nil {
		t.Error(err)
	}
	bad := &handling.Source{Name: "a b", Procedure: "cn-police/none", Unit: "x", Units: map[string]authority.UnitID{"甲": "y"}, People: map[string]string{"王": "nobody"}}
	err := c.CheckSource(bad)
	for _, want := range []string{`"a b"`, "cn-police/none", `"x"`, `"y"`, `"nobody"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in: %v", want, err)
		}
	}
}

// BenchmarkObserve keeps and judges whole cases of 25 acts, as many at a time as a feed brings.
func BenchmarkObserve(b *testing.B) {
	h := openHouse(b, filepath.Join(b.TempDir(), "record.db"), at("2026-03-01T08:00"), nil)
	b.Cleanup(func() { h.store.Close() })
	h.found()
	h.set("2026-03-10T08:00")
	source, all := rms(), offered(walk)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Observe(context.Background(), source, strconv.FormatInt(n.Add(1), 10), all, h.now()); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N*len(all))/b.Elapsed().Seconds(), "acts/s")
}

func TestAnOpenPageIsToldOfWhatAnotherSystemDid(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	open := c.Follow(as("dong"), "")
	defer open.Close()
	c.observe(offered(walk)[:3])
	select {
	case <-open.Wake():
	default:
		t.Fatal("nothing was told")
	}
	if !open.Moved() {
		t.Error("no case moved")
	}
	c.observe(offered(walk)[:3]) // the same again
	select {
	case <-open.Wake():
		t.Error("a repetition was told")
	default:
	}
}

func TestHowOtherSystemsStandIsForThoseWhoSuperviseThem(t *testing.T) {
	c := newSeen(t)
	if c.Follows(as("dong")) {
		t.Error("nothing is followed, and there is a page")
	}
	c.ShowFeeds(oneFeed{})
	for who, want := range map[string]int{"dong": 1, "admin": 1, "li": -1, "wang": -1, "zhao": -1, "free": -1} {
		all, err := c.Feeds(context.Background(), as(who))
		if want < 0 {
			if !errors.Is(err, casefile.ErrNotFound) || c.Follows(as(who)) {
				t.Errorf("%s: %v %v", who, all, err)
			}
			continue
		}
		if err != nil || len(all) != want || !c.Follows(as(who)) {
			t.Errorf("%s: %v %v", who, all, err)
			continue
		}
		if named := all[0].Faults[0].Case != ""; named != (who == "dong") {
			t.Errorf("%s: a case is named: %v", who, named)
		}
		if said := strings.Contains(all[0].Faults[0].Reason.ZH, "某丁"); said != (who == "dong") {
			t.Errorf("%s: what a row says of somebody is told: %v", who, said)
		}
	}
}

// oneFeed is one system that is followed.
type oneFeed struct{}

func (oneFeed) Feeds() []handling.Feed {
	return []handling.Feed{{Source: "rms", Unit: "ju", Faults: []handling.FeedFault{{Fault: handling.Fault{Place: "a.csv:2", Case: "17", Kept: true, Reason: handling.Text{ZH: "“生日”不能读出（某丁）"}}}}}}
}

func (oneFeed) Title(string) (handling.Text, bool) {
	return handling.Text{ZH: "某系统", EN: "A system"}, true
}

func TestARecordKnowsWhetherItReachesAMark(t *testing.T) {
	c := newSeen(t)
	ctx := context.Background()
	c.set("2026-03-10T08:00")
	if ok, err := c.Reaches(ctx, handling.Mark{}); ok || err != nil {
		t.Error("no mark is reached", err)
	}
	c.observe(offered(walk)[:3])
	m, err := c.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.observe(offered(walk))
	if ok, err := c.Reaches(ctx, m); !ok || err != nil {
		t.Error("a record that grew does not reach", err)
	}
	later, err := c.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other := newSeen(t)
	other.set("2026-03-10T08:00")
	other.observe(offered(walk)[:3])
	for _, m := range []handling.Mark{m, later} { // the same acts, with other salts, or fewer
		if ok, err := other.Reaches(ctx, m); ok || err != nil {
			t.Error("another record reaches", err)
		}
	}
}

// A row is changed and changed back: what it says now counts, and the act does not vanish.
func TestARowThatGoesBackToWhatItSaidCounts(t *testing.T) {
	for _, whole := range []bool{true, false} {
		for _, key := range []string{"步骤", ""} {
			c := newSeen(t)
			c.set("2026-03-10T08:00")
			c.source.Whole, c.source.All = whole, true
			all := offered(walk)
			for i := range all {
				if key == "" {
					all[i].Row = ""
				}
			}
			leave := slices.IndexFunc(all, func(r handling.FeedRow) bool { return r.Act == "leave" })
			all[leave].Occurred = at("2026-03-02T23:30") // held for too long
			c.observe(all)
			before := c.found()
			if len(before) == 0 {
				t.Fatal("nothing found")
			}
			better := slices.Clone(all)
			better[leave].Occurred = at("2026-03-02T16:30")
			for range 3 {
				c.observe(better)
				if key != "" {
					c.want()
				}
				c.observe(all)
				c.observe(all)
				if key != "" || whole {
					c.want(before...)
				}
			}
		}
	}
}

// No row, however it is made, keeps the rest of a source from being read.
func TestARowThatCannotBeKeptStopsNoOther(t *testing.T) {
	c := newSeen(t)
	c.set("2026-03-10T08:00")
	rows := offered(walk)
	with := func(at int, name, text string) {
		rows[at].Data = append(slices.DeleteFunc(slices.Clone(rows[at].Data), func(d handling.FeedDatum) bool { return d.Name == name }), handling.FeedDatum{Name: name, Text: text})
	}
	with(0, "summary", strings.Repeat("长", 400_000))
	with(4, "handlers", "，、")
	with(6, "person_no", strings.Repeat("x\u2028", 3)+"\x00")
	rows[8].Post = "民警\t甲"
	rows[9].Person = strings.Repeat("某\n", 200_000)
	rows[10].Row = strings.Repeat("k", 2<<20)
	rows[11].Occurred = at("0001-01-01T00:00")
	o := c.observe(rows)
	if len(o.Faults) == 0 || o.New < len(walk)-5 {
		t.Errorf("%d acts, %d faults", o.New, len(o.Faults))
	}
	for _, id := range []string{"", "甲\x00", "甲\n乙", strings.Repeat("1", 70_000), "\u202e17"} {
		o, err := c.Observe(context.Background(), c.source, id, offered(walk), 0)
		if err != nil || o.New > 0 || len(o.Faults) != len(walk) {
			t.Errorf("case %.10q: %+v, %v", id, o, err)
		}
	}
	if err := c.store.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// What an act of another system leads to is done, wherever it stands among what came; what was past when it was first followed is left.
func TestAnObservedActLeadsToAnother(t *testing.T) {
	for _, first := range []bool{true, false} {
		c := &seenCase{more(t), rms()}
		c.set("2026-05-10T08:00")
		c.source.First = first
		rows := offered(walk)
		for _, s := range []step{{"receive_reconsideration", "2026-03-20T09:00", "qian", "p2", data{"organ": "某县人民政府", "track": "ordinary"}},
			{"reconsideration_result", "2026-04-20T09:00", "qian", "p2", data{"result": "revoked", "number": "复决1号", "anew": "false"}},
			{"record_inquiry", "2026-04-21T09:00", "wang", "p2", data{"text": "问答略"}}} {
			r := offered([]step{s})[0]
			r.Row = s.do
			rows = append(rows, r)
		}
		c.observe(rows)
		for range 2 {
			want := 1
			if first {
				want = 0
			}
			if got := c.led("fault"); len(got) != want {
				t.Fatalf("first %v: %d inquiries", first, len(got))
			}
			c.again()
			if _, err := c.Tick(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if first {
			continue
		}
		if r := c.house.first(c.led("fault")[0].ID); r.Datum("officers").Text() != "wang,qian,zhou,zhao" || r.Datum("case").Text() != string(c.id()) {
			t.Errorf("%+v", r)
		}
	}
}
