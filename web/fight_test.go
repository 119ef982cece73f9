package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	goyaml "github.com/goccy/go-yaml"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/browser"
	"plumbline/packs"
	"plumbline/procedure"
)

// played is an act of a worked case, as its file has it.
type played struct {
	Do, At string
	By     struct{ Person string }
	About  []struct{ ID, Role string }
	Data   map[string]any
}

// TestAFightOfThree walks the worked case of that name in the browser, by the same people at the same times: two adults and a
// minor, an injury appraisal, a hearing, a return, detention, reconsideration. Whatever was said once about somebody, or about
// the case, is not typed again: the form has it.
func TestAFightOfThree(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := fs.ReadFile(packs.FS, "cn-police/cases/walk-a-fight-of-three.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Acts []played }
	if err := goyaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	bureau := newBureau(t, false)
	w := &fight{walker: &walker{browser.New(t, browser.Options{Site: bureau.site.URL, Lang: "zh", Scripts: true, Axe: "testdata/axe/node_modules/axe-core/axe.min.js", Shots: *shots}), t, "zh"},
		bureau: bureau, subjects: map[string]string{}, typed: map[string]string{}}
	if w.proc, err = bureau.house.Pack().Procedure("administrative"); err != nil {
		t.Fatal(err)
	}
	who := map[string]bool{}
	for i := range file.Acts {
		w.act(&file.Acts[i])
		if t.Failed() {
			return
		}
		who[file.Acts[i].By.Person] = true
	}
	if len(who) != 7 {
		t.Errorf("%v acted, want seven people", slices.Sorted(maps.Keys(who)))
	}
	id := casefile.CaseID(strings.TrimPrefix(w.path, "/cases/"))
	head, err := bureau.house.Store().Case(t.Context(), id)
	if err != nil || !head.Closed || head.Findings != 0 || head.Overdue != 0 {
		t.Errorf("at the end: closed %v, %d findings, %d overdue, %v", head.Closed, head.Findings, head.Overdue, err)
	}
	w.record(id, file.Acts)
	ctx, _ := w.signedIn("wang", w.path)
	w.Check(ctx, "fight-case")
}

type fight struct {
	*walker
	bureau   *bureau
	proc     *procedure.Procedure
	path     string
	subjects map[string]string // as the platform names them, by the name in the file
	typed    map[string]string // act in which a text was typed, by subject and text
}

// act does one act of the file: what the form has already is left, the rest is typed.
func (w *fight) act(a *played) {
	w.t.Helper()
	w.t.Logf("%s %s %s", a.At, a.By.Person, a.Do)
	w.bureau.clock(w.t, a.At)
	info := w.proc.Act(w.proc.ActOf(a.Do))
	at, subject := w.path+"/do/"+a.Do, ""
	values := map[string]string{}
	switch {
	case w.path == "":
		at = "/intake?way=" + fmt.Sprint(a.Data["source"])
	case len(a.About) == 1 && w.subjects[a.About[0].ID] == "":
		subject = fmt.Sprintf("p%d", len(w.subjects)+1)
		w.subjects[a.About[0].ID] = subject
		values["subject_new"], values["subject_role"] = "1", a.About[0].Role
	case len(a.About) == 1:
		subject = w.subjects[a.About[0].ID]
		at += "?subject=" + url.QueryEscape(subject)
	}
	ctx, status := w.signedIn(a.By.Person, at)
	if status != http.StatusOK {
		w.t.Fatalf("the form of %s answers %d to %s", a.Do, status, a.By.Person)
	}
	has := w.has(ctx)
	for name, v := range a.Data {
		want := said(v)
		if has["d_"+name] == want {
			continue
		}
		values["d_"+name] = want
		i := slices.IndexFunc(info.Fields, func(f procedure.FieldInfo) bool { return f.Name == name })
		if f := info.Fields[i]; f.Kind != casefile.Text || len(f.Enum) > 0 || f.As == "officers" || f.As == "handlers" || len([]rune(want)) < 4 {
			continue // chosen, or a figure
		}
		for _, about := range []string{subject, ""} {
			if before := w.typed[about+" "+want]; before != "" {
				w.t.Errorf("%q is typed for %s.%s and was typed for %s: taken_from would find it", want, a.Do, name, before)
			}
		}
		w.typed[subject+" "+want] = a.Do + "." + name
	}
	w.Fill(ctx, values)
	if slices.Contains([]string{"propose", "notify_hearing_date", "hold_hearing", "deliver_detention"}, a.Do) {
		w.Check(ctx, "fight-"+a.Do)
	}
	if status := w.submit(ctx); status != http.StatusOK {
		w.t.Fatalf("%s by %s was answered with %d\n%s", a.Do, a.By.Person, status, w.Text(ctx))
	}
	if w.path == "" {
		w.Click(ctx, ".actions a.button")
		w.path = browser.Eval[string](ctx, w.Browser, "location.pathname")
	}
}

// has reads what a form holds before anything is typed.
func (w *fight) has(ctx context.Context) map[string]string {
	out := map[string]string{}
	raw := browser.Eval[string](ctx, w.Browser, `JSON.stringify([...document.querySelectorAll('[name^="d_"]')].filter(e => !['radio', 'checkbox'].includes(e.type) || e.checked).map(e => [e.name, e.value]))`)
	var pairs [][2]string
	if err := json.Unmarshal([]byte(raw), &pairs); err != nil {
		w.t.Fatal(err)
	}
	for _, p := range pairs {
		if old, ok := out[p[0]]; ok {
			p[1] = old + "," + p[1]
		}
		out[p[0]] = p[1]
	}
	return out
}

// record compares what the record says at the end with the file: the same acts by the same people on the same data.
func (w *fight) record(id casefile.CaseID, acts []played) {
	f, err := w.bureau.house.File(context.Background(), handling.Who{Person: authority.PersonID("wang")}, id, "case")
	if err != nil {
		w.t.Fatal(err)
	}
	var own []handling.FileAct
	for _, x := range f.Acts {
		if !x.ByLaw {
			own = append(own, x)
		}
	}
	if len(own) != len(acts) {
		w.t.Fatalf("%d acts, want %d", len(own), len(acts))
	}
	for i, a := range acts {
		x := own[i]
		if x.Kind != a.Do || x.Actor.Person != a.By.Person || len(x.Refused) > 0 {
			w.t.Errorf("act %d is %s by %s, want %s by %s", i+1, x.Kind, x.Actor.Person, a.Do, a.By.Person)
		}
		for name, v := range a.Data {
			k := slices.IndexFunc(x.Data, func(d casefile.Datum) bool { return d.Name == name })
			if k < 0 || x.Data[k].Value.Kind() == casefile.Text && sorted(x.Data[k].Value.Text()) != sorted(said(v)) {
				w.t.Errorf("act %d, %s: %s is not %v", i+1, a.Do, name, v)
			}
		}
	}
}

func said(v any) string { return fmt.Sprint(v) }

// sorted puts what may be chosen in any order into one.
func sorted(list string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(list, ",")), ",")
}
