package web_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	goyaml "github.com/goccy/go-yaml"

	"plumbline/casefile"
	"plumbline/internal/browser"
	"plumbline/procedure"
)

// entry is one act of testdata/one-matter.yaml.
type entry struct {
	In, From, Do, At, By string
	Figures, Rule        string
	Drawn                string
	Refused              string
	About                struct{ ID, Role string }
	Data                 map[string]any
}

// TestOneMatter follows one matter through the whole house in the browser: call, filing, inquiry overtime, decision, execution,
// supervision, the draw, a deduction and an objection, the fault and its appeal, the correction, the course, the examination,
// the right to act again, and the next month's study that shows the problem came back; and the complaint about it to
// superintendence and back. One finding's number is on all of it, in both directions.
func TestOneMatter(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("testdata/one-matter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var acts []entry
	if err := goyaml.Unmarshal(text, &acts); err != nil {
		t.Fatal(err)
	}
	bureau := newBureau(t, false)
	w := &mission{walker: &walker{browser.New(t, browser.Options{Site: bureau.site.URL, Lang: "zh", Scripts: true, Axe: "testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots}), t, "zh"},
		bureau: bureau, files: map[string]casefile.CaseID{}}
	for i := range acts {
		if acts[i].In == "supervision" && w.files["supervision"] == "" {
			w.complain()
		}
		w.act(&acts[i])
		if t.Failed() {
			return
		}
	}
	w.complaint()
	w.chain(acts)
}

type mission struct {
	*walker
	bureau *bureau
	files  map[string]casefile.CaseID
	codes  []string // of the receipt of the case
	told   []string // of the complaint
}

// finding is the id of the first finding of a rule in a file.
func (w *mission) finding(file, rule string) string {
	w.t.Helper()
	found, err := w.bureau.house.Store().Findings(w.t.Context(), w.files[file])
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(found, func(f casefile.Finding) bool { return f.Rule == rule && f.WithdrawnBy == 0 })
	if i < 0 {
		w.t.Fatalf("no finding of %s in %s", rule, file)
	}
	return found[i].ID()
}

// filled puts ids in the place of {FILE} and {FILE RULE}.
func (w *mission) filled(v any) string {
	text := said(v)
	name, whole := strings.CutPrefix(text, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !whole || !closed {
		return text
	}
	if file, rule, ok := strings.Cut(name, " "); ok {
		return w.finding(file, rule)
	}
	return string(w.files[name])
}

func (w *mission) act(a *entry) {
	w.t.Helper()
	w.t.Logf("%s %s %s %s", a.At, a.By, a.In, a.Do)
	w.bureau.clock(w.t, a.At)
	of, _, _ := strings.Cut(a.In, "/")
	proc, err := w.bureau.house.Pack().Procedure(of)
	if err != nil {
		w.t.Fatal(err)
	}
	id := w.files[a.In]
	values := map[string]string{}
	at := "/cases/" + string(id) + "/do/" + a.Do
	opened := id == ""
	switch {
	case opened && of == "administrative":
		at = "/intake?way=" + said(a.Data["source"])
	case opened:
		at = "/intake?procedure=" + of
	case a.About.Role != "" || a.About.ID != "" && !w.known(id, a.About.ID):
		values["subject_new"] = "1"
		if info := proc.Act(proc.ActOf(a.Do)); a.About.Role != "" && info.Role == "" {
			values["subject_role"] = a.About.Role
		}
	case a.About.ID != "":
		at += "?subject=" + url.QueryEscape(a.About.ID)
	}
	var ctx context.Context
	var status int64
	switch {
	case a.From != "": // from the page of the finding, which it is then about
		var s int64
		ctx, s = w.signedIn(a.By, "/findings/"+w.finding("administrative", a.From))
		if s != http.StatusOK {
			w.t.Fatalf("the page of the finding answers %d to %s", s, a.By)
		}
		w.Check(ctx, "finding-"+of)
		status = w.Click(ctx, `a.button[href*="procedure=`+of+`"]`)
	case a.Figures != "":
		ctx, _ = w.signedIn(a.By, "/figures?month="+a.Figures)
		w.Check(ctx, "figures")
		row := browser.Eval[string](ctx, w.Browser, `[...document.querySelectorAll('tbody tr')].find(r => r.querySelector('.mono')?.textContent === '`+a.Rule+`')?.textContent ?? ''`)
		if !strings.Contains(row, "1 / ") {
			w.t.Errorf("the figures of %s do not show %s: %q", a.Figures, a.Rule, row)
		}
		status = w.Click(ctx, `tbody tr a.button[href*="`+a.Rule+`"]`)
	default:
		ctx, status = w.signedIn(a.By, at)
	}
	if status != http.StatusOK {
		w.t.Fatalf("the form of %s answers %d to %s\n%s", a.Do, status, a.By, w.Text(ctx))
	}
	for name, v := range a.Data {
		values["d_"+name] = w.filled(v)
	}
	w.Fill(ctx, values)
	if a.About.ID != "" && opened {
		w.t.Fatal("an opening act is about nobody")
	}
	w.Check(ctx, "mission-"+of+"-"+a.Do)
	want := int64(http.StatusOK)
	if a.Refused != "" {
		want = http.StatusForbidden
	}
	if status := w.submit(ctx); status != want {
		w.t.Fatalf("%s by %s was answered with %d, want %d\n%s", a.Do, a.By, status, want, w.Text(ctx))
	}
	if a.Refused != "" {
		w.refused(id, proc, a)
		return
	}
	if opened {
		if of == "administrative" && a.In == "administrative" {
			w.codes = strings.Fields(browser.Eval[string](ctx, w.Browser, `[...document.querySelectorAll('.codes dd')].map(e => e.textContent).join(' ')`))
		}
		if strings.HasPrefix(browser.Eval[string](ctx, w.Browser, "location.pathname"), "/intake") { // the receipt
			w.Click(ctx, ".actions a.button")
		}
		w.files[a.In] = casefile.CaseID(strings.TrimPrefix(browser.Eval[string](ctx, w.Browser, "location.pathname"), "/cases/"))
		w.Check(ctx, "mission-"+of)
	}
	if a.Drawn != "" {
		w.drawn(a)
	}
}

// known tells whether a file has a subject.
func (w *mission) known(id casefile.CaseID, subject string) bool {
	w.t.Helper()
	entries, err := w.bureau.house.Store().Acts(w.t.Context(), id, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		r, err := casefile.DecodeRecord(e.Bytes)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(r.Refused) == 0 && slices.ContainsFunc(r.Subjects, func(s casefile.Ref) bool { return string(s.ID) == subject }) {
			return true
		}
	}
	return false
}

// refused looks whether the refusal is on the record, under the rule.
func (w *mission) refused(id casefile.CaseID, proc *procedure.Procedure, a *entry) {
	w.t.Helper()
	r := w.last(id)
	if !slices.ContainsFunc(r.Refused, func(x casefile.Reason) bool { return x.Rule == a.Refused }) {
		w.t.Errorf("%s by %s: refused %v, want %s of %s", a.Do, a.By, r.Refused, a.Refused, proc.ID)
	}
}

func (w *mission) last(id casefile.CaseID) *casefile.Record {
	w.t.Helper()
	entries, err := w.bureau.house.Store().Acts(w.t.Context(), id, 0)
	if err != nil || len(entries) == 0 {
		w.t.Fatal("no acts", err)
	}
	r, err := casefile.DecodeRecord(entries[len(entries)-1].Bytes)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// drawn looks whether the case is in the sample.
func (w *mission) drawn(a *entry) {
	w.t.Helper()
	drawn := strings.Split(w.last(w.files[a.In]).Datum("drawn").Text(), ",")
	if !slices.Contains(drawn, string(w.files[a.Drawn])) {
		w.t.Errorf("%s is not drawn: %v", a.Drawn, drawn)
	}
}

// complain: who holds the receipt complains about how the case is handled.
func (w *mission) complain() {
	w.t.Helper()
	w.bureau.clock(w.t, "2026-03-10T09:00")
	if len(w.codes) != 2 {
		w.t.Fatal("the receipt shows", w.codes)
	}
	ctx := w.Tab("nobody")
	w.Open(ctx, "/query")
	w.Fill(ctx, map[string]string{"code": w.codes[0], "secret": w.codes[1]})
	if status := w.Click(ctx, "main form button"); status != http.StatusOK {
		w.t.Fatal("the receipt finds nothing", status)
	}
	browser.Eval[int](ctx, w.Browser, `document.querySelector('details.complaint').open = true, 0`)
	w.Check(ctx, "query-complain")
	w.Fill(ctx, map[string]string{"d_class": "overtime_custody", "d_live": "false", "d_summary": "被扣留到夜里十一点半"})
	if status := w.Click(ctx, "details.complaint form button"); status != http.StatusOK {
		w.t.Fatalf("the complaint is answered with %d\n%s", status, w.Text(ctx))
	}
	w.Check(ctx, "query-complained")
	w.told = strings.Fields(browser.Eval[string](ctx, w.Browser, `[...document.querySelectorAll('.codes dd')].map(e => e.textContent).join(' ')`))
	heads, err := w.bureau.house.Store().Cases(w.t.Context(), casefile.Selection{All: true, Words: []string{"case:" + string(w.files["administrative"])}, Limit: 10})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range heads {
		if h.Unit == "inspectors" {
			w.files["superintendence"] = h.ID
		}
	}
}

// complaint: superintendence finds it on its desk, verifies it, answers for it; those it is about never see it; and the one who
// complained learns how it ended.
func (w *mission) complaint() {
	w.t.Helper()
	id := w.files["superintendence"]
	if id == "" {
		w.t.Fatal("the complaint is nowhere")
	}
	for _, name := range []string{"wang", "chen", "head", "county", "county2", "lawyer", "supervisor", "admin"} {
		if _, status := w.signedIn(name, "/cases/"+string(id)); status != http.StatusNotFound {
			w.t.Errorf("%s gets %d for the complaint", name, status)
		}
	}
	for _, a := range []entry{
		{In: "superintendence", Do: "verify_complaint", At: "2026-06-10T09:00", By: "inspector", Data: map[string]any{"result": "confirmed", "facts": "到案14时，离开23时30分"}},
		{In: "superintendence", Do: "refer_fault", At: "2026-06-10T10:00", By: "inspector", Data: map[string]any{"number": "{fault}"}},
		{In: "superintendence", Do: "report_upward", At: "2026-06-10T11:00", By: "inspector", Data: map[string]any{"to": "市局督察", "text": "属实，已追究"}},
		{In: "superintendence", Do: "close_superintendence", At: "2026-06-10T12:00", By: "general", Data: map[string]any{"summary": "属实，责任已追究"}},
	} {
		w.act(&a)
	}
	ctx := w.Tab("nobody")
	w.Open(ctx, "/query")
	w.Fill(ctx, map[string]string{"code": w.told[0], "secret": w.told[1]})
	w.Click(ctx, "main form button")
	if text := w.Text(ctx); !strings.Contains(text, "本案已经办结") {
		w.t.Error("who complained does not learn that it ended:\n", text)
	}
}

// chain: from the finding to each matter about it, and from each of them back, for somebody who may see them all.
func (w *mission) chain(acts []entry) {
	w.t.Helper()
	id := w.finding("administrative", "R18")
	about := []string{"supervision", "score_sheet/first", "fault", "education"}
	ctx, status := w.signedIn("supervisor", "/findings/"+id)
	if status != http.StatusOK {
		w.t.Fatal("the supervisor gets", status)
	}
	w.Check(ctx, "mission-chain")
	for _, file := range about {
		path := "/cases/" + string(w.files[file])
		w.Open(ctx, "/findings/"+id)
		if status := w.Click(ctx, `article.matter h3 a[href="`+path+`"]`); status != http.StatusOK {
			w.t.Errorf("from the finding to %s: %d", file, status)
			continue
		}
		if status := w.Click(ctx, `a[href="/findings/`+id+`"]`); status != http.StatusOK || browser.Eval[string](ctx, w.Browser, "location.pathname") != "/findings/"+id {
			w.t.Errorf("from %s to the finding: %d", file, status)
		}
	}
	if w.files["superintendence"] != "" && strings.Contains(browser.Eval[string](ctx, w.Browser, "document.body.innerHTML"), string(w.files["superintendence"])) {
		w.t.Error("the page of the finding shows the complaint")
	}
	// The round: from the finding by its sheet, and back by the deduction, by number.
	round := "/cases/" + string(w.files["assessment"]) + "/round"
	w.Open(ctx, "/findings/"+id)
	if status := w.Click(ctx, `article.matter a[href="`+round+`"]`); status != http.StatusOK || browser.Eval[string](ctx, w.Browser, "location.pathname") != round {
		w.t.Errorf("from the finding to the round: %d", status)
	}
	w.Check(ctx, "mission-round")
	if status := w.Click(ctx, `main td a[href="/findings/`+id+`"]`); status != http.StatusOK || browser.Eval[string](ctx, w.Browser, "location.pathname") != "/findings/"+id {
		w.t.Errorf("from the round to the finding: %d", status)
	}
	// The study counts it in the month before, and the one that came back in its own; each leads there and back.
	study := "/cases/" + string(w.files["study"])
	for _, x := range []string{id, w.finding("administrative/next", "R18")} {
		w.Open(ctx, "/findings/"+x)
		if status := w.Click(ctx, `dd a[href="`+study+`"]`); status != http.StatusOK || browser.Eval[string](ctx, w.Browser, "location.pathname") != study {
			w.t.Errorf("from the finding %s to the study: %d", x, status)
		}
		w.Check(ctx, "mission-study")
		if status := w.Click(ctx, `dd a[href="/findings/`+x+`"]`); status != http.StatusOK || browser.Eval[string](ctx, w.Browser, "location.pathname") != "/findings/"+x {
			w.t.Errorf("from the study to the finding %s: %d", x, status)
		}
	}
	// The officer: their own file has all of it.
	ctx, _ = w.signedIn("wang", "/officers/wang")
	w.Check(ctx, "mission-officer")
	for _, file := range about {
		if !browser.Eval[bool](ctx, w.Browser, `!!document.querySelector('a[href="/cases/`+string(w.files[file])+`"]')`) {
			w.t.Errorf("the officer's file does not show %s", file)
		}
	}
	who := map[string]bool{}
	for _, a := range acts {
		who[a.By] = true
	}
	w.t.Logf("%d acts by %d people in %d files", len(acts), len(who), len(w.files))
}
