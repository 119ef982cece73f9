package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
)

// ways writes a log in which each case is the letters of its acts, a day apart.
func ways(t testing.TB, names map[rune]string, cases []string) Opener {
	t.Helper()
	var b bytes.Buffer
	err := eventlog.WriteXES(&b, func(yield func(eventlog.Case) bool) {
		for i, acts := range cases {
			c := eventlog.Case{ID: fmt.Sprintf("C%02d", i)}
			for k, act := range acts {
				c.Events = append(c.Events, eventlog.Event{Act: names[act], Time: calendar.Instant(int64(i+k) * 86400e6), Precision: calendar.Day})
			}
			if !yield(c) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
}

var fineActs = map[rune]string{'c': "Create Fine", 's': "Send Fine", 'n': "Insert Fine Notification", 'p': "Payment", 'a': "Add penalty", 'j': "Appeal to Judge", 'x': "Send for Credit Collection", 't': "Tow car"}

func narrative(t testing.TB) *procedure.Procedure {
	t.Helper()
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPracticeIsTheSameHoweverItIsRead: in memory or read again from the log, with one worker or several; and each clause's
// findings are those of an audit, and without noise every case is replayed.
func TestPracticeIsTheSameHoweverItIsRead(t *testing.T) {
	p := narrative(t)
	rapid.Check(t, func(rt *rapid.T) {
		cases := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("csnpajxt")), 0, 8, -1), 1, 12).Draw(rt, "cases")
		open := ways(t, fineActs, append(cases, "c"))
		look := func(opt PracticeOptions) *Practice {
			r, err := Discover(context.Background(), "made", open, p, opt)
			if err != nil {
				rt.Fatal(err)
			}
			return r
		}
		opt := PracticeOptions{Noise: rapid.SampledFrom([]float64{0, .05, .3}).Draw(rt, "noise"), Support: 1}
		whole := look(opt)
		again := opt
		again.held, again.mostOpen, again.Workers = 1, 1, rapid.IntRange(1, 3).Draw(rt, "workers")
		if diff := cmp.Diff(whole, look(again)); diff != "" {
			rt.Fatal(diff)
		}
		if opt.Noise == 0 && (whole.Fits != whole.Cases || len(whole.Strays) > 0) {
			rt.Fatalf("%d of %d cases fit, not %v", whole.Fits, whole.Cases, whole.Strays)
		}
		report, err := Run(context.Background(), "made", open, p, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		for _, f := range report.Findings {
			var found int64
			for _, c := range whole.Clauses {
				if slices.Contains(c.Rules, f.Rule) {
					found += c.Found
				}
				if len(c.Rules) > 1 {
					rt.Fatalf("%s has two rules: this test counts none of them twice", c.Clause)
				}
			}
			if found != f.Count {
				rt.Fatalf("%s: %d of the clauses, %d of the audit", f.Rule, found, f.Count)
			}
		}
	})
}

// TestTrialIsTheSameHoweverManyAreOpen: a log with more open cases than are held is judged in a second reading.
func TestTrialIsTheSameHoweverManyAreOpen(t *testing.T) {
	p := narrative(t)
	rules := p.Pack.Procedures
	open := ways(t, fineActs, []string{"c", "cs", "csn", "cs", "c", "cp", "csnaj"})
	times := 0
	counted := func() (io.ReadCloser, error) { times++; return open() }
	look := func(most int) (*Trial, int) {
		times = 0
		r, err := Try(context.Background(), "made", counted, p, rules[len(rules)-1], TrialOptions{Options: Options{mostOpen: most, ListCases: true}})
		if err != nil {
			t.Fatal(err)
		}
		return r, times
	}
	held, once := look(100)
	again, twice := look(2)
	if diff := cmp.Diff(held, again); diff != "" || twice != once+1 {
		t.Errorf("read %d and %d times: %s", once, twice, diff)
	}
}

func TestPracticeBesideTheClauses(t *testing.T) {
	open := ways(t, fineActs, []string{"csna", "csnax", "csnap", "csna", "cp", "cp", "csnaxt"})
	r, err := Discover(context.Background(), "made", open, narrative(t), PracticeOptions{Support: 2})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for _, c := range r.Clauses {
		for _, rule := range c.Rules {
			outcomes[rule] = c.Outcome
		}
	}
	for rule, want := range map[string]string{"penalty-day": "broken", "never-notified": "followed", "judge-appeal-late": "silent", "act-after-collection": "followed"} {
		if outcomes[rule] != want {
			t.Errorf("%s is %q, want %s", rule, outcomes[rule], want)
		}
	}
	var told []string
	for _, f := range r.Told() {
		told = append(told, f.Says.EN+": "+f.LawText(true).EN)
	}
	for _, want := range []string{"“Add penalty” only after “Insert Fine Notification”: an expression looks at both: penalty-day", "“Payment” only after “Create Fine”: nothing"} {
		if !slices.Contains(told, want) {
			t.Errorf("practice does not tell %q; it tells %s", want, strings.Join(told, "; "))
		}
	}
	i := slices.IndexFunc(r.Acts, func(a PracticeAct) bool { return a.ID == "Tow car" })
	if i < 0 || r.Acts[i].Known || r.Acts[i].Cases != 1 {
		t.Errorf("the act that the pack does not know: %+v", r.Acts)
	}
}

// TestALogThatChangesIsRefused: what is read again must be what was read before.
func TestALogThatChangesIsRefused(t *testing.T) {
	before, after := ways(t, fineActs, []string{"cs", "cp"}), ways(t, fineActs, []string{"cs", "ct"})
	times := 0
	open := func() (io.ReadCloser, error) {
		if times++; times == 1 {
			return before()
		}
		return after()
	}
	_, err := Discover(context.Background(), "made", open, narrative(t), PracticeOptions{held: 1})
	if err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("the log changed, and the error is %v", err)
	}
}

// TestTheGraphOfARealLogReplaysAllOfIt: DisCoveR's guarantee, on logs that nobody here wrote.
func TestTheGraphOfARealLogReplaysAllOfIt(t *testing.T) {
	for name, cases := range map[string]int64{"rtfm/Road_Traffic_Fine_Management_Process.xes.gz": 150370, "permits/receipt.xes.gz": 1434, "permits/BPIC15_1.xes.gz": 1199} {
		t.Run(name, func(t *testing.T) {
			file := "../../shared/data/" + name
			if _, err := os.Stat(file); err != nil {
				t.Skipf("the real log is not here: %v", err)
			}
			r, err := Discover(context.Background(), file, func() (io.ReadCloser, error) { return os.Open(file) }, nil, PracticeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Cases != cases || r.Fits != cases || len(r.Mined) == 0 {
				t.Errorf("%d cases, %d of them replay on %d relations; want all %d", r.Cases, r.Fits, len(r.Mined), cases)
			}
		})
	}
}
