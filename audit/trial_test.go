package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/packs"
	"plumbline/procedure"
)

// edited is a procedure of the road fines with words of it replaced: old, new, old, new…
func edited(t testing.TB, id string, words ...string) *procedure.Procedure {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(packs.FS, "it-road-fines", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(packs.FS, path)
		if err == nil && strings.HasSuffix(path, "/"+id+".yaml") {
			text := strings.NewReplacer(words...).Replace(string(data))
			if len(words) > 0 && text == string(data) {
				t.Fatalf("%s does not say %q", path, words)
			}
			data = []byte(text)
		}
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := procedure.Load(files, "it-road-fines")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// changes are the rules that change, as "rule +gained -lost".
func changes(r *audit.Trial) []string {
	var out []string
	for _, c := range r.Rules {
		if c.Changes() {
			out = append(out, fmt.Sprintf("%s +%d -%d", c.Rule, c.Gained.Count, c.Lost.Count))
		}
	}
	slices.Sort(out)
	return out
}

const lastOfLog = "Create_Fine 2000 amount 1 totalPaymentAmount 0" // so that every limit of the other cases has passed

func TestTrialTellsWhatAnEditGainsAndLoses(t *testing.T) {
	const sendIn = "{id: send, do: [send], within: 90d, "
	for _, c := range []struct {
		name     string
		old, new []string
		acts     string
		want     []string
	}{
		{"a limit is shortened", nil, []string{sendIn, "{id: send, do: [send], within: 60d, "}, "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 70 expense 10; Insert_Fine_Notification 80", []string{"sent-late +1 -0"}},
		{"a limit is lengthened", nil, []string{sendIn, "{id: send, do: [send], within: 120d, "}, "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 95 expense 10; Insert_Fine_Notification 96", []string{"sent-late +0 -1"}},
		{"late under both", nil, []string{sendIn, "{id: send, do: [send], within: 60d, "}, "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 95 expense 10; Insert_Fine_Notification 96", nil},
		{"a rule has another name", nil, []string{"sent-late", "sent-too-late"}, "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 95 expense 10; Insert_Fine_Notification 96", []string{"sent-late +0 -1", "sent-too-late +1 -0"}},
		{"what was never done counts as late", nil, []string{sendIn + "late: sent-late, missing: null}", sendIn + "late: sent-late}"}, "Create_Fine 0 amount 50 totalPaymentAmount 0; Payment 5 paymentAmount 50 totalPaymentAmount 50", []string{"sent-late +1 -0"}},
		{"two of one rule become one", nil, []string{"{id: notify, do: [notify], within: 90d, late: notified-late, missing: null}", "{id: notify, do: [notify], within: 90d, late: sent-late, missing: null}"},
			"Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 91 expense 10; Insert_Fine_Notification 91", []string{"notified-late +0 -1", "sent-late +1 -0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := audit.Try(context.Background(), "made", made(t, map[string]string{"A": c.acts, "Z": lastOfLog}), edited(t, "narrative", c.old...), edited(t, "narrative", c.new...), audit.TrialOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, changes(r)); diff != "" {
				t.Fatal(diff)
			}
			if changed := int64(min(1, len(c.want))); r.Changed != changed || int64(len(r.Told)) != changed || r.Cases != 2 {
				t.Errorf("%d of %d cases changed, %d told", r.Changed, r.Cases, len(r.Told))
			}
		})
	}
}

func TestTrialTellsACaseStepByStep(t *testing.T) {
	open := made(t, map[string]string{"A": "Create_Fine 0 amount 50 totalPaymentAmount 0; Tow_car 2; Send_Fine 70 expense 10; Insert_Fine_Notification 80", "Z": lastOfLog})
	r, err := audit.Try(context.Background(), "made", open, edited(t, "narrative"), edited(t, "narrative", "do: [send], within: 90d", "do: [send], within: 60d"), audit.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Told[0].Steps {
		got = append(got, s.At+" "+s.Act.Title.EN)
		for _, l := range s.Lines {
			got = append(got, strings.TrimSpace(l.Mark()+" "+l.Kind+" "+l.ID+" "+l.At+" "+l.Text.EN))
		}
	}
	want := []string{
		"2010-03-01 Create Fine",
		"- duty send  Send Fine: opened, due 2010-05-30",
		"+ duty send  Send Fine: opened, due 2010-04-30",
		"duty notify  Insert Fine Notification: opened, due 2010-05-30",
		"+ duty send 2010-05-01 Send Fine: overdue, due 2010-04-30",
		"+ finding sent-late 2010-05-01 Sent more than 90 days after the fine was created, due 2010-04-30 [model: narrative/send]",
		"2010-03-03 Tow car",
		"2010-05-10 Send Fine",
		"- duty send  Send Fine: on time, due 2010-05-30",
		"+ duty send  Send Fine: late, due 2010-04-30",
		"duty notify_sent  Notify what was sent: opened",
		"2010-05-20 Insert Fine Notification",
		"duty notify  Insert Fine Notification: on time, due 2010-05-30",
		"duty notify_sent  Notify what was sent: on time",
		"2015-08-22 the log is over",
	}
	for i := range want {
		want[i] = strings.TrimSpace(want[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Told[0].Steps[1].Act.Known || !r.Told[0].Steps[2].Act.Known {
		t.Error("which acts are known is not told right")
	}
}

// someCases draws a history of the road fines.
func someCases(t *rapid.T) map[string]string {
	out := map[string]string{"Z": lastOfLog}
	for i := range rapid.IntRange(1, 5).Draw(t, "cases") {
		day := 0
		acts := []string{"Create_Fine 0 amount 50 totalPaymentAmount 0"}
		for range rapid.IntRange(0, 7).Draw(t, "acts") {
			day += rapid.SampledFrom([]int{0, 1, 29, 30, 31, 60, 61, 90, 91, 200}).Draw(t, "days")
			act := rapid.SampledFrom([]string{"Send_Fine %d expense 10", "Insert_Fine_Notification %d", "Payment %d paymentAmount 50 totalPaymentAmount 50", "Payment %d totalPaymentAmount 50", "Add_penalty %d amount 100", "Appeal_to_Judge %d",
				"Insert_Date_Appeal_to_Prefecture %d", "Send_Appeal_to_Prefecture %d", "Receive_Result_Appeal_from_Prefecture %d", "Send_for_Credit_Collection %d", "Tow_car %d"}).Draw(t, "act")
			acts = append(acts, fmt.Sprintf(act, day))
		}
		out[fmt.Sprintf("C%d", i)] = strings.Join(acts, "; ")
	}
	return out
}

// TestTrialProperties: a version against itself changes nothing; swapping sides swaps what is gained and lost; the workers do not
// matter; and of every rule, each side and the difference are what audits of each case alone come to.
func TestTrialProperties(t *testing.T) {
	versions := []*procedure.Procedure{
		edited(t, "narrative"), edited(t, "narrative", "do: [send], within: 90d", "do: [send], within: 30d"), edited(t, "narrative", "late: notified-late, missing: null", "late: null, missing: notified-late"),
		edited(t, "narrative", "sent-late", "send-late"), edited(t, "road-fine"), edited(t, "published-model"),
	}
	now := calendar.InstantOf(time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC))
	rapid.Check(t, func(rt *rapid.T) {
		cases := someCases(rt)
		open := made(t, cases)
		opt := audit.TrialOptions{Options: audit.Options{Workers: rapid.IntRange(1, 3).Draw(rt, "workers"), ListCases: true}}
		if rapid.Bool().Draw(rt, "up to a moment") {
			opt.Now = now
		}
		a, b := rapid.SampledFrom(versions).Draw(rt, "old"), rapid.SampledFrom(versions).Draw(rt, "new")
		try := func(old, next *procedure.Procedure) *audit.Trial {
			r, err := audit.Try(context.Background(), "made", open, old, next, opt)
			if err != nil {
				rt.Fatal(err)
			}
			return r
		}
		if same := try(a, a); same.Changed != 0 || len(changes(same)) != 0 || len(same.Told) != 0 || same.Old != same.New {
			rt.Fatalf("against itself: %+v", same)
		}
		there, back := try(a, b), try(b, a)
		if there.Changed != back.Changed || there.Old != back.New || there.New != back.Old || !cmp.Equal(there.Gained, back.Lost) || !cmp.Equal(there.Lost, back.Gained) {
			rt.Fatalf("swapped: %+v and %+v", there, back)
		}
		for i := range there.Rules {
			r := &there.Rules[i]
			k := slices.IndexFunc(back.Rules, func(s audit.RuleTrial) bool { return s.Rule == r.Rule })
			if s := &back.Rules[k]; !cmp.Equal(r.Gained, s.Lost) || !cmp.Equal(r.Lost, s.Gained) || !cmp.Equal(r.Old, s.New) || !cmp.Equal(r.New, s.Old) {
				rt.Fatalf("swapped, %s: %+v and %+v", r.Rule, r, s)
			}
		}
		alone(rt, t, cases, there, a, b, opt.Options)
	})
}

// alone audits every case by itself under both versions and holds the trial against that. The findings of these rules are at most
// one for each case and cause, so that a difference of counts is what is gained or lost.
func alone(rt *rapid.T, t testing.TB, cases map[string]string, r *audit.Trial, old, next *procedure.Procedure, opt audit.Options) {
	type counts struct{ old, new int64 }
	sums := map[string]counts{}
	for id, acts := range cases {
		if opt.Now == 0 { // the whole log says how far limits run
			acts += "; Tow_car 2000"
		}
		for k, p := range []*procedure.Procedure{old, next} {
			one, err := audit.Run(context.Background(), "made", made(t, map[string]string{id: acts}), p, opt)
			if err != nil {
				rt.Fatal(err)
			}
			for _, f := range one.Findings {
				s := sums[f.Rule]
				if k == 0 {
					s.old += f.Count
				} else {
					s.new += f.Count
				}
				sums[f.Rule] = s
			}
		}
	}
	for _, x := range r.Rules {
		var got counts
		if x.Old != nil {
			got.old = x.Old.Count
		}
		if x.New != nil {
			got.new = x.New.Count
		}
		if want := sums[x.Rule]; got != want || x.Gained.Count-x.Lost.Count != want.new-want.old {
			rt.Fatalf("%s: %+v, gained %d, lost %d; case by case %+v", x.Rule, got, x.Gained.Count, x.Lost.Count, want)
		}
	}
}

func TestTrialRefusesWhatItCannotCompare(t *testing.T) {
	p := edited(t, "narrative")
	try := func(open audit.Opener, opt audit.TrialOptions) error {
		_, err := audit.Try(context.Background(), "made", open, p, edited(t, "road-fine"), opt)
		return err
	}
	if err := try(made(t, map[string]string{"A": lastOfLog}), audit.TrialOptions{Rules: []string{"sent-lte"}}); err == nil || !strings.Contains(err.Error(), "sent-late") {
		t.Errorf("a rule that neither has: %v", err)
	}
	if err := try(made(t, map[string]string{"A": "Tow_car 1"}), audit.TrialOptions{}); err == nil || !strings.Contains(err.Error(), "it-road-fines/narrative") {
		t.Errorf("nothing is known: %v", err)
	}
}

func TestTheTrialAndThePracticeAreStableJSON(t *testing.T) {
	open := made(t, map[string]string{"A": "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 70 expense 10; Tow_car 71", "Z": lastOfLog})
	trial, err := audit.Try(context.Background(), "made", open, edited(t, "narrative"), edited(t, "narrative", "do: [send], within: 90d", "do: [send], within: 60d", "penalty-day", "penalty-on"), audit.TrialOptions{Options: audit.Options{ListCases: true}})
	if err != nil {
		t.Fatal(err)
	}
	practice, err := audit.Discover(context.Background(), "made", open, edited(t, "narrative"), audit.PracticeOptions{Noise: .05})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"trial": trial, "practice": practice} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.NewCompiler().Compile("schema/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		read, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(read); err != nil {
			t.Error(err)
		}
	}
}

// TestTheTrialOfTheRealLogCountsAsAuditsDo holds both sides of a trial against audits of each version.
func TestTheTrialOfTheRealLogCountsAsAuditsDo(t *testing.T) {
	open := file(t, roadFines)
	old, next := edited(t, "road-fine"), edited(t, "road-fine", `{until: "1993", is: 150d,`, `{until: "1993", is: 90d,`)
	r, err := audit.Try(context.Background(), roadFines, open, old, next, audit.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range []*procedure.Procedure{old, next} {
		one, err := audit.Run(context.Background(), roadFines, open, p, audit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range one.Findings {
			i := slices.IndexFunc(r.Rules, func(x audit.RuleTrial) bool { return x.Rule == f.Rule })
			side := []*audit.RuleOf{r.Rules[i].Old, r.Rules[i].New}[k]
			if side.Count != f.Count || side.Cases != f.Cases || side.Unjudged != f.Unjudged {
				t.Errorf("%s: %+v, the audit says %d in %d cases", f.Rule, side, f.Count, f.Cases)
			}
		}
	}
	if diff := cmp.Diff([]string{"notified-late +37753 -0"}, changes(r)); diff != "" {
		t.Error(diff)
	}
	var months int64
	for _, m := range r.Months {
		months += m.Cases
		if m.Gained > 0 && m.Month > "2010-08" {
			t.Errorf("%s: %d gained, and the limit did not change", m.Month, m.Gained)
		}
	}
	if months != r.Cases {
		t.Errorf("the months have %d cases of %d", months, r.Cases)
	}
}

// BenchmarkTrial takes two versions in one reading, beside audits of one version.
func BenchmarkTrial(b *testing.B) {
	open := file(b, roadFines)
	old, next := edited(b, "narrative"), edited(b, "narrative", "do: [send], within: 90d", "do: [send], within: 60d")
	var trial, one time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := audit.Run(context.Background(), roadFines, open, old, audit.Options{}); err != nil {
			b.Fatal(err)
		}
		one += time.Since(start)
		start = time.Now()
		if _, err := audit.Try(context.Background(), roadFines, open, old, next, audit.TrialOptions{}); err != nil {
			b.Fatal(err)
		}
		trial += time.Since(start)
	}
	b.ReportMetric(trial.Seconds()/one.Seconds(), "trial/audit")
}
