package audit_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
)

const roadFines = "../../shared/data/rtfm/Road_Traffic_Fine_Management_Process.xes.gz"

// independent holds what a separate count over the raw text of the log gave, made by someone who had not seen this code:
// occurrences and cases of each rule.
var independent = map[string]map[string][2]int64{
	"narrative": {
		"sent-late": {49772, 49772}, "notified-late": {47593, 47593}, "prefecture-appeal-late": {582, 582}, "judge-appeal-late": {224, 224},
		"prefecture-appeal-early": {28, 28}, "prefecture-appeal-unnotified": {145, 145}, "judge-appeal-unnotified": {17, 17}, "penalty-day": {0, 0},
		"penalty-though-paid": {46, 46}, "collection-though-paid": {3, 3}, "act-after-collection": {16, 16}, "paid-then-sent": {569, 569},
		"both-remedies": {188, 188}, "collection-after-judge": {148, 148}, "result-unsent": {43, 43}, "appeal-not-sent": {47, 47},
		"result-missing": {3185, 3185}, "result-not-notified": {103, 103}, "never-notified": {24127, 24127}, "payment-sum": {95, 77},
	},
	"published-model": {
		"send-delay": {50478, 50478}, "prefecture-delay": {655, 655}, "judge-delay": {240, 240}, "collection-guard": {3, 3},
		"close-guard": {27562, 27562}, "result-guard": {25, 25}, "control-flow": {3597, 3597},
	},
}

// load finds a procedure of it-road-fines, or PACK/PROCEDURE.
func load(t testing.TB, id string) *procedure.Procedure {
	of, id, named := strings.Cut(id, "/")
	if !named {
		of, id = "it-road-fines", of
	}
	pack, err := procedure.Load(packs.FS, of)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func file(t testing.TB, name string) audit.Opener {
	if _, err := os.Stat(name); err != nil {
		t.Skipf("the real log is not here: %v", err)
	}
	return func() (io.ReadCloser, error) { return os.Open(name) }
}

func TestEveryCountOfTheRealLogIsThatOfAnIndependentCount(t *testing.T) {
	open := file(t, roadFines)
	for id, want := range independent {
		t.Run(id, func(t *testing.T) {
			r, err := audit.Run(context.Background(), roadFines, open, load(t, id), audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Cases != 150370 || r.Acts != 561470 || len(r.Unmapped) > 0 || len(r.Unreadable) > 0 {
				t.Errorf("%d cases, %d acts, unmapped %v, unreadable %v", r.Cases, r.Acts, r.Unmapped, r.Unreadable)
			}
			if len(r.Findings) != len(want) {
				t.Errorf("%d rules, want %d", len(r.Findings), len(want))
			}
			for _, f := range r.Findings {
				if w, ok := want[f.Rule]; !ok || f.Count != w[0] || f.Cases != w[1] || f.Unjudged != 0 {
					t.Errorf("%s: %d in %d cases, %d unjudged; want %v", f.Rule, f.Count, f.Cases, f.Unjudged, w)
				}
				if f.Basis.Kind != "model" {
					t.Errorf("%s is called %s: a model is no law", f.Rule, f.Basis.Kind)
				}
			}
			alone, err := audit.Run(context.Background(), roadFines, open, load(t, id), audit.Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(alone, r); diff != "" {
				t.Errorf("one worker and several differ: %s", diff)
			}
		})
	}
}

func TestTheSampleGivesTheSameAsXESAndAsCSV(t *testing.T) {
	var reports []*audit.Report
	for _, name := range []string{"../../shared/data/rtfm/roadtraffic100traces.xes", "../../shared/data/rtfm/roadtraffic100traces.csv"} {
		r, err := audit.Run(context.Background(), name, file(t, name), load(t, "road-fine"), audit.Options{ListCases: true})
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	reports[1].Log = reports[0].Log
	if diff := cmp.Diff(reports[0], reports[1]); diff != "" {
		t.Error(diff)
	}
}

// made writes a log of our own: each case is a list of acts "name day [key value]…", days counted from 1 March 2010.
func made(t testing.TB, cases map[string]string) audit.Opener {
	zone, err := calendar.LoadZone("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(cases))
	for id := range cases {
		names = append(names, id)
	}
	slices.Sort(names)
	var b bytes.Buffer
	err = eventlog.WriteXES(&b, func(yield func(eventlog.Case) bool) {
		for _, id := range names {
			c := eventlog.Case{ID: id}
			for _, line := range strings.Split(cases[id], "; ") {
				words := strings.Fields(line)
				var day int
				fmt.Sscan(words[1], &day)
				e := eventlog.Event{Act: strings.ReplaceAll(words[0], "_", " "), Time: zone.Start(calendar.NewDate(2010, 3, 1) + calendar.Date(day)), Precision: calendar.Day}
				for k := 2; k < len(words); k += 2 {
					e.Data = append(e.Data, eventlog.Field{Key: words[k], Value: words[k+1]})
				}
				c.Events = append(c.Events, e)
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

func TestEachRuleOfTheNarrativeHasACaseOnEitherSide(t *testing.T) {
	const create = "Create_Fine 0 amount 50 totalPaymentAmount 0"
	const sent = create + "; Send_Fine 90 expense 10"
	const told = create + "; Send_Fine 30 expense 10; Insert_Fine_Notification 40"
	for name, c := range map[string]struct{ acts, want string }{
		"sent on the 90th day":                   {sent + "; Insert_Fine_Notification 90", ""},
		"sent on the 91st day":                   {create + "; Send_Fine 91 expense 10; Insert_Fine_Notification 91", "sent-late notified-late"},
		"never sent, never notified":             {create, ""},
		"notified on the 91st day":               {sent + "; Insert_Fine_Notification 91", "notified-late"},
		"appeal on the 60th day":                 {told + "; Insert_Date_Appeal_to_Prefecture 100; Send_Appeal_to_Prefecture 101; Receive_Result_Appeal_from_Prefecture 150; Notify_Result_Appeal_to_Offender 151", ""},
		"appeal on the 61st day":                 {told + "; Insert_Date_Appeal_to_Prefecture 101; Send_Appeal_to_Prefecture 101; Receive_Result_Appeal_from_Prefecture 150; Notify_Result_Appeal_to_Offender 151", "prefecture-appeal-late"},
		"appeal to the judge on the 61st day":    {told + "; Appeal_to_Judge 101", "judge-appeal-late"},
		"appeal before the notification":         {sent + "; Insert_Date_Appeal_to_Prefecture 89; Insert_Fine_Notification 90; Send_Appeal_to_Prefecture 91; Receive_Result_Appeal_from_Prefecture 150; Notify_Result_Appeal_to_Offender 151", "prefecture-appeal-early"},
		"appeal on the day of the notification":  {sent + "; Insert_Date_Appeal_to_Prefecture 90; Insert_Fine_Notification 90; Send_Appeal_to_Prefecture 91; Receive_Result_Appeal_from_Prefecture 150; Notify_Result_Appeal_to_Offender 151", ""},
		"appeal and never a notification":        {create + "; Insert_Date_Appeal_to_Prefecture 20; Send_Appeal_to_Prefecture 21; Receive_Result_Appeal_from_Prefecture 150; Notify_Result_Appeal_to_Offender 151", "prefecture-appeal-unnotified"},
		"judge and never a notification":         {create + "; Appeal_to_Judge 20", "judge-appeal-unnotified"},
		"penalty on the 60th day":                {told + "; Add_penalty 100 amount 100", ""},
		"penalty on the 59th day":                {told + "; Add_penalty 99 amount 100", "penalty-day"},
		"penalty though paid to the cent":        {told + "; Payment 50 paymentAmount 60.00 totalPaymentAmount 60; Add_penalty 100 amount 100", "penalty-though-paid"},
		"penalty with a cent owing":              {told + "; Payment 50 paymentAmount 59.99 totalPaymentAmount 59.99; Add_penalty 100 amount 100", ""},
		"collection though paid":                 {told + "; Payment 50 paymentAmount 60 totalPaymentAmount 60; Send_for_Credit_Collection 300", "collection-though-paid"},
		"an act after collection":                {told + "; Send_for_Credit_Collection 300; Payment 301 paymentAmount 60 totalPaymentAmount 60", "act-after-collection"},
		"paid, then sent":                        {create + "; Payment 5 paymentAmount 50 totalPaymentAmount 50; Send_Fine 10 expense 10; Insert_Fine_Notification 20", "paid-then-sent"},
		"both remedies":                          {told + "; Insert_Date_Appeal_to_Prefecture 50; Send_Appeal_to_Prefecture 51; Receive_Result_Appeal_from_Prefecture 60; Notify_Result_Appeal_to_Offender 61; Appeal_to_Judge 62", "both-remedies"},
		"collection after the judge":             {told + "; Appeal_to_Judge 50; Send_for_Credit_Collection 300", "collection-after-judge"},
		"a result for what was never sent":       {told + "; Receive_Result_Appeal_from_Prefecture 60; Notify_Result_Appeal_to_Offender 61", "result-unsent"},
		"an appeal that was never sent":          {told + "; Insert_Date_Appeal_to_Prefecture 50", "appeal-not-sent"},
		"sent and no result":                     {told + "; Insert_Date_Appeal_to_Prefecture 50; Send_Appeal_to_Prefecture 51", "result-missing"},
		"a result that was never notified":       {told + "; Insert_Date_Appeal_to_Prefecture 50; Send_Appeal_to_Prefecture 51; Receive_Result_Appeal_from_Prefecture 60", "result-not-notified"},
		"sent and never notified":                {create + "; Send_Fine 30 expense 10", "never-notified"},
		"total off by half a cent":               {create + "; Payment 5 paymentAmount 50 totalPaymentAmount 50.005", ""},
		"total off by more than half a cent":     {create + "; Payment 5 paymentAmount 50 totalPaymentAmount 50.006", "payment-sum"},
		"total short by more than half a cent":   {create + "; Payment 5 paymentAmount 50 totalPaymentAmount 49.99", "payment-sum"},
		"a payment without amount is not judged": {create + "; Payment 5 totalPaymentAmount 50", "payment-sum?"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := audit.Run(context.Background(), "made", made(t, map[string]string{"A": c.acts, "Z": "Create_Fine 900 amount 1 totalPaymentAmount 0"}), load(t, "narrative"), audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Findings {
				if f.Count > 0 {
					got = append(got, f.Rule)
				}
				if f.Unjudged > 0 {
					got = append(got, f.Rule+"?")
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestActsTheProcedureDoesNotKnowAreCountedNeverDropped(t *testing.T) {
	open := made(t, map[string]string{"A": "Create_Fine 0 amount 50 totalPaymentAmount 0; Tow_car 1; Tow_car 2"})
	r, err := audit.Run(context.Background(), "made", open, load(t, "narrative"), audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Acts != 1 || r.Unmapped["Tow car"] != 2 {
		t.Errorf("%d acts, unmapped %v", r.Acts, r.Unmapped)
	}
	if _, err := audit.Run(context.Background(), "made", made(t, map[string]string{"A": "Tow_car 1"}), load(t, "narrative"), audit.Options{}); err == nil || !strings.Contains(err.Error(), `"Tow car"`) {
		t.Errorf("nothing maps, and the error is %v", err)
	}
}

func TestExplainTellsActsDutiesAndFindingsInBothLanguages(t *testing.T) {
	open := made(t, map[string]string{"A": "Create_Fine 0 amount 50 totalPaymentAmount 0; Send_Fine 91 expense 10"})
	for lang, want := range map[string][]string{"en": {"case A", "Send Fine [send]: overdue", "sent-late", "model: narrative/send"}, "zh": {"案件 A", "逾期", "开单90日后才寄送"}} {
		var b bytes.Buffer
		if err := audit.Explain(context.Background(), &b, lang, "A", "made", open, load(t, "narrative"), audit.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: no %q in\n%s", lang, w, &b)
			}
		}
	}
	if err := audit.Explain(context.Background(), io.Discard, "en", "B", "made", open, load(t, "narrative"), audit.Options{}); err == nil {
		t.Error("a case that is not there was explained")
	}
}

func TestTheReportIsStableJSON(t *testing.T) {
	r, err := audit.Run(context.Background(), "made", made(t, map[string]string{"A": "Create_Fine 0 amount 50 totalPaymentAmount 0"}), load(t, "narrative"), audit.Options{ListCases: true, Figures: true})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("schema/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	if len(r.Findings) != 20 {
		t.Errorf("%d findings: every rule stands there, also at zero", len(r.Findings))
	}
}

// The whole audit beside unpacking the file, in one run.
func BenchmarkAudit(b *testing.B) {
	open := file(b, roadFines)
	for _, id := range []string{"narrative", "published-model", "road-fine"} {
		p := load(b, id)
		b.Run(id, func(b *testing.B) {
			for b.Loop() {
				if _, err := audit.Run(context.Background(), roadFines, open, p, audit.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("reference gzip -dc", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("gzip", "-dc", roadFines).Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference compress-gzip", func(b *testing.B) {
		for b.Loop() {
			f, err := open()
			if err != nil {
				b.Fatal(err)
			}
			z, err := gzip.NewReader(f)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, z); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
}
