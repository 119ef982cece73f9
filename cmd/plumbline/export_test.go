package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/audit"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/handling"
	"plumbline/packs"
)

// heldRecord is what a record holds, counted from its rows by another way than export goes.
type heldRecord struct {
	dir              string
	acts, refused    int
	cases            map[string]int // by procedure, what stands apart left aside
	findings, duties int            // of all those cases
	rules, unjudged  map[string]int64
	names            []string // of officers and parties
}

const (
	mainProcedure = "cn-police/administrative"
	exportedCases = 200 // the plan of the world has matters only among so many
)

func TestExport(t *testing.T) {
	r := demoRecord(t)
	t.Run("what is exported is judged as the record was", r.judgedAgain)
	t.Run("another version is tried on it", r.tried)
	t.Run("it is on the record", r.onTheRecord)
	t.Run("it says of which record it is, and what became of people", r.saysWhatItIs)
	t.Run("an officer takes away what they see", r.seenByOne)
	t.Run("ocel", r.objectCentric)
	t.Run("parquet has every act and its columns", r.parquet)
}

// demoRecord plays a world, and says what its record holds.
func demoRecord(t *testing.T) *heldRecord {
	t.Helper()
	r := &heldRecord{dir: t.TempDir(), cases: map[string]int{}, rules: map[string]int64{}, unjudged: map[string]int64{}}
	house, _, err := playIn(t, r.dir, packs.FS, 1, exportedCases, worldNow)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	store := house.Store()
	for _, p := range house.People().People() {
		r.names = append(r.names, p.Name)
	}
	heads, err := store.Cases(ctx, casefile.Selection{All: true, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range heads {
		if handling.Aside(&heads[i]) != "" {
			continue
		}
		r.cases[heads[i].Procedure]++
		entries, err := store.Acts(ctx, heads[i].ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		r.acts += len(entries)
		for _, e := range entries {
			record, err := casefile.DecodeRecord(e.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if len(record.Refused) > 0 {
				r.refused++
			}
			if name := record.Datum("name"); record.Kind == "register_person" && name.Known() {
				r.names = append(r.names, name.Text())
			}
		}
		findings, err := store.Findings(ctx, heads[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		duties, err := store.Duties(ctx, heads[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		r.findings, r.duties = r.findings+len(findings), r.duties+len(duties)
		for _, f := range findings {
			switch {
			case heads[i].Procedure != mainProcedure || f.WithdrawnBy != 0:
			case f.Unjudged:
				r.unjudged[f.Rule]++
			default:
				r.rules[f.Rule]++
			}
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if r.cases[mainProcedure] != exportedCases || len(r.cases) < 5 || r.refused == 0 || len(r.rules) < 8 || len(r.names) < 50 {
		t.Fatalf("the record has too little to try an export on: %v, %d refused, findings %v, %d names", r.cases, r.refused, r.rules, len(r.names))
	}
	return r
}

// export runs the command as it is typed.
func (r *heldRecord) export(t *testing.T, format string, more ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log."+format)
	args := append([]string{"export", "--data", r.dir, "--format", format, "--out", file, "--benchmark", "../../packs/cn-police/demo-benchmark.yaml"}, more...)
	if code := run(args); code != 0 {
		t.Fatalf("plumbline %s: exit %d", strings.Join(args, " "), code)
	}
	return file
}

// audited judges a log again: findings by rule, and what could not be judged.
func audited(t *testing.T, file string) (*audit.Report, map[string]int64, map[string]int64) {
	t.Helper()
	p, err := findProcedure(mainProcedure)
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Run(t.Context(), file, func() (io.ReadCloser, error) { return os.Open(file) }, p, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rules, unjudged := map[string]int64{}, map[string]int64{}
	for _, f := range report.Findings {
		if f.Count > 0 {
			rules[f.Rule] = f.Count
		}
		if f.Unjudged > 0 {
			unjudged[f.Rule] = f.Unjudged
		}
	}
	return report, rules, unjudged
}

func (r *heldRecord) judgedAgain(t *testing.T) {
	for _, format := range []string{"xes", "csv"} {
		for _, more := range [][]string{{"--names"}, nil} {
			t.Run(fmt.Sprint(format, more), func(t *testing.T) {
				file := r.export(t, format, more...)
				report, rules, unjudged := audited(t, file)
				if diff := cmp.Diff(r.rules, rules); diff != "" {
					t.Errorf("findings (-record +audit of the export)\n%s", diff)
				}
				if diff := cmp.Diff(r.unjudged, unjudged); diff != "" {
					t.Errorf("not judged (-record +audit of the export)\n%s", diff)
				}
				if report.Cases != exportedCases || len(report.Unmapped) > 0 || len(report.Unreadable) > 0 {
					t.Errorf("%d cases, unmapped %v, unreadable %v", report.Cases, report.Unmapped, report.Unreadable)
				}
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				told := slices.ContainsFunc(r.names, func(name string) bool { return strings.Contains(string(text), name) })
				if kept := more != nil; told != kept {
					t.Errorf("names are in it: %v", told)
				}
			})
		}
	}
}

// tried: under its own version the record finds what it holds, and a shorter limit finds more cases late, none fewer.
func (r *heldRecord) tried(t *testing.T) {
	file := r.export(t, "xes", "--names")
	pack := filepath.Join(t.TempDir(), "cn-police")
	if err := os.CopyFS(pack, os.DirFS("../../packs/cn-police")); err != nil {
		t.Fatal(err)
	}
	intake := filepath.Join(pack, "procedures/administrative/1_intake.yaml")
	text, err := os.ReadFile(intake)
	if err != nil {
		t.Fatal(err)
	}
	from, to, found := strings.Cut(string(text), "- id: case_limit")
	if shorter := strings.Replace(to, "within: 30d", "within: 2d", 1); !found || shorter == to {
		t.Fatal("the pack has no limit of 30 days for a case")
	} else if err := os.WriteFile(intake, []byte(from+"- id: case_limit"+shorter), 0o644); err != nil {
		t.Fatal(err)
	}
	old, err := findProcedure(mainProcedure)
	if err != nil {
		t.Fatal(err)
	}
	next, err := findProcedure(pack + "/administrative")
	if err != nil {
		t.Fatal(err)
	}
	name, open, err := openHistory([]string{file}, nil, newProgress(false, "en"))
	if err != nil {
		t.Fatal(err)
	}
	trial, err := audit.Try(t.Context(), name, open, old, next, audit.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]int64{}
	late := old.Rules()[old.Duties()[old.DutyOf("case_limit")].Late].ID
	for _, x := range trial.Rules {
		if x.Old.Count > 0 {
			rules[x.Rule] = x.Old.Count
		}
		if x.Changes() && x.Rule != late && x.Rule != "R16" { // R16: extended before it ran out
			t.Errorf("%s: %d gained, %d lost", x.Rule, x.Gained.Count, x.Lost.Count)
		}
		if x.Rule == late && (x.Gained.Count == 0 || x.Lost.Count > 0) {
			t.Errorf("a shorter limit: %d gained, %d lost", x.Gained.Count, x.Lost.Count)
		}
	}
	if diff := cmp.Diff(r.rules, rules); diff != "" {
		t.Errorf("findings (-record +old version)\n%s", diff)
	}
	if trial.Cases != exportedCases || len(trial.Told) == 0 {
		t.Fatalf("%d cases, %d told", trial.Cases, len(trial.Told))
	}
	marked := 0
	for _, s := range trial.Told[0].Steps {
		for _, l := range s.Lines {
			if l.Mark() == "+" && l.ID == late {
				marked++
			}
		}
	}
	if marked != 1 {
		t.Errorf("the case told shows what was gained %d times: %+v", marked, trial.Told[0])
	}
	practice, err := audit.Discover(t.Context(), name, open, old, audit.PracticeOptions{Noise: .05, Support: 10})
	if err != nil {
		t.Fatal(err)
	}
	if practice.Cases != exportedCases || slices.ContainsFunc(practice.Acts, func(a audit.PracticeAct) bool { return !a.Known }) {
		t.Errorf("%d cases; acts %+v", practice.Cases, practice.Acts)
	}
	if *shots != "" {
		for n, write := range map[string]func(io.Writer) error{"record-trial.html": func(w io.Writer) error { return writeTrialPage(w, trial, "zh") }, "record-practice.html": func(w io.Writer) error { return writePracticePage(w, practice, "zh") }} {
			var page strings.Builder
			if err := write(&page); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*shots, n), []byte(page.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// onTheRecord: where nobody else writes, each case that is taken away is in the log of views before.
func (r *heldRecord) onTheRecord(t *testing.T) {
	file := r.export(t, "xes", "--procedure", "administrative", "--person", "tester", "--purpose", "to see")
	store, err := (whichStore{Data: r.dir}).openFor(t.Context(), reading)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	looks, err := store.Looks(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(looks, func(l casefile.Looked) bool { return l.Person == "tester" && l.Purpose == "to see" })
	if i < 0 || !strings.HasPrefix(looks[i].What, "export xes ") {
		t.Fatalf("no view of the export: %+v", looks)
	}
	ids := strings.Fields(looks[i].What)[2:]
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`<trace>\s*<string key="concept:name" value="([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		at := slices.Index(ids, m[1])
		if at < 0 {
			t.Fatalf("case %s left without a view", m[1])
		}
		ids = slices.Delete(ids, at, at+1)
	}
	if len(ids) > 0 {
		t.Errorf("views of cases that did not leave: %v", ids)
	}
	if err := store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func (r *heldRecord) saysWhatItIs(t *testing.T) {
	store, err := (whichStore{Data: r.dir}).openFor(t.Context(), reading)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	size, root, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ format, record, people string }{
		{"xes", `key="plumbline:record" value="%s"`, `key="plumbline:people" value="%s"`},
		{"csv", ",%s,", ",%s,"},
		{"ocel", `"name":"record","time":"[^"]+","value":"%s"`, `"name":"people","time":"[^"]+","value":"%s"`},
		{"parquet", "%s", "%s"},
	} {
		for people, more := range map[string][]string{"named": {"--names"}, "redacted": nil} {
			text, err := os.ReadFile(r.export(t, x.format, more...))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{fmt.Sprintf(x.record, fmt.Sprintf("%d %s", size, root)), fmt.Sprintf(x.people, people)} {
				if !regexp.MustCompile(want).Match(text) {
					t.Errorf("%s %v: no %s in it", x.format, more, want)
				}
			}
		}
	}
}

// seenByOne: the cases that leave with an officer are those that their list of cases has.
func (r *heldRecord) seenByOne(t *testing.T) {
	store, err := (whichStore{Data: r.dir}).openFor(t.Context(), reading)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	pack, err := demoPack("cn-police")
	if err != nil {
		t.Fatal(err)
	}
	house, err := handling.Open(handling.Config{Store: store, Pack: pack, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	some := 0
	for _, p := range house.People().People() {
		held, ok := house.PostOf(p.ID, now())
		if !ok || held.Post != "handler" && held.Post != "unit_head" || some == 2 {
			continue
		}
		who := handling.Who{Person: p.ID}
		var want, got []string
		for w := (handling.Wanted{Limit: 100}); ; { // page by page, as they are shown
			listed, err := house.Cases(t.Context(), who, w)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range listed {
				if h.Procedure == mainProcedure {
					want = append(want, string(h.ID))
				}
				w.Before, w.AfterID = h.Updated, h.ID
			}
			if len(listed) == 0 {
				break
			}
		}
		if len(want) == 0 || len(want) == exportedCases {
			continue
		}
		some++
		text, err := os.ReadFile(r.export(t, "xes", "--procedure", "administrative", "--as", string(p.ID)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`<trace>\s*<string key="concept:name" value="([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s (-listed +exported)\n%s", p.ID, held.Post, diff)
		}
	}
	if some == 0 {
		t.Fatal("nobody sees a part of the cases")
	}
	if code := run([]string{"export", "--data", r.dir, "--format", "xes", "--out", filepath.Join(t.TempDir(), "x.xes"), "--as", "nobody"}); code != 2 {
		t.Errorf("as nobody: exit %d", code)
	}
}

// TestExportIsReadByPM4Py runs where `make export-pm4py` has installed PM4Py; neither the program nor its other tests need it.
func TestExportIsReadByPM4Py(t *testing.T) {
	python := os.Getenv("PM4PY")
	if python == "" {
		t.Skip("PM4PY does not name a Python with PM4Py: make export-pm4py does")
	}
	r, folder := demoRecord(t), t.TempDir()
	for _, format := range []string{"xes", "csv", "parquet", "ocel"} {
		if err := os.Rename(r.export(t, format), filepath.Join(folder, "log."+format)); err != nil {
			t.Fatal(err)
		}
	}
	cases := 0
	for _, n := range r.cases {
		cases += n
	}
	read := exec.Command(python, "../../bench/pm4py/read_export.py", folder, fmt.Sprint(cases), fmt.Sprint(r.acts), fmt.Sprint(r.findings), fmt.Sprint(r.duties))
	var talk strings.Builder
	read.Stderr = &talk
	out, err := read.Output()
	t.Logf("\n%s", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk.String())
	}
}

func (r *heldRecord) objectCentric(t *testing.T) {
	file := r.export(t, "ocel")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("fits the schema", func(t *testing.T) {
		const schema = "../../../shared/data/ocel/schema/schema_ocel2.json"
		text, err := os.Open(firstThere("../../../shared/data/ocel/schema/schema_ocel2.json", "../../../../shared/data/ocel/schema/schema_ocel2.json"))
		if err != nil {
			t.Skipf("the schema of OCEL 2.0 is not beside this repository: %v", err)
		}
		defer text.Close() //nolint:errcheck // only read
		form, err := jsonschema.UnmarshalJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(schema, form); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile(schema)
		if err != nil {
			t.Fatal(err)
		}
		log, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(log); err != nil {
			t.Error(err)
		}
	})
	type relation struct{ ObjectID, Qualifier string }
	type item struct {
		ID, Type      string
		Attributes    []struct{ Name, Value string }
		Relationships []relation
	}
	var log struct {
		EventTypes, ObjectTypes []struct {
			Name       string
			Attributes []struct{ Name string }
		}
		Events, Objects []item
	}
	if err := json.Unmarshal(raw, &log); err != nil {
		t.Fatal(err)
	}
	there, of := map[string]bool{}, map[string]int{}
	for _, o := range log.Objects {
		if there[o.ID] {
			t.Errorf("object %s is there twice", o.ID)
		}
		there[o.ID] = true
		of[o.Type]++
	}
	cases := 0
	for _, n := range r.cases {
		cases += n
	}
	if len(log.Events) != r.acts || of["case"] != cases || of["finding"] != r.findings || of["duty"] != r.duties || of["officer"] == 0 || of["unit"] == 0 || of["person"] == 0 || of["document"] == 0 {
		t.Errorf("%d events, objects %v; the record has %+v", len(log.Events), of, r)
	}
	types := map[string][]string{}
	for i, list := range [][]struct {
		Name       string
		Attributes []struct{ Name string }
	}{log.EventTypes, log.ObjectTypes} {
		for _, x := range list {
			for _, a := range x.Attributes {
				types[fmt.Sprint(i, x.Name)] = append(types[fmt.Sprint(i, x.Name)], a.Name)
			}
		}
	}
	refused := 0
	for i, list := range [][]item{log.Events, log.Objects} {
		for _, x := range list {
			for _, to := range x.Relationships {
				if !there[to.ObjectID] {
					t.Fatalf("%s leads to %s, which is not there", x.ID, to.ObjectID)
				}
			}
			for _, a := range x.Attributes {
				if !slices.Contains(types[fmt.Sprint(i, x.Type)], a.Name) {
					t.Fatalf("%s: type %s has no attribute %s", x.ID, x.Type, a.Name)
				}
			}
			if strings.HasSuffix(x.Type, ".refused") {
				refused++
			}
		}
	}
	if refused != r.refused {
		t.Errorf("%d refused attempts, the record has %d", refused, r.refused)
	}
}

func firstThere(paths ...string) string {
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return paths[0]
}

func (r *heldRecord) parquet(t *testing.T) {
	path := r.export(t, "parquet", "--with", "apart")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range table.Schema().Columns() {
		names = append(names, c[0])
	}
	for _, want := range []string{"case:concept:name", "concept:name", "time:timestamp", "plumbline:findings", "case:plumbline:as_of"} {
		if !slices.Contains(names, want) {
			t.Errorf("no column %s in %v", want, names)
		}
	}
	// The same cases as CSV, read by eventlog: as many rows.
	csv := r.export(t, "csv", "--with", "apart")
	in, err := os.Open(csv)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // only read
	procedures := map[string]bool{}
	stats, err := eventlog.Read(context.Background(), in, csv, eventlog.Options{Workers: 1}, func(_ int, b *eventlog.Batch) error {
		for i := range b.Cases {
			for _, f := range b.Cases[i].Data {
				if f.Key == "plumbline:procedure" {
					procedures[strings.Clone(f.Value)] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Events != table.NumRows() || stats.Events <= int64(r.acts) || !procedures["cn-police/superintendence"] {
		t.Errorf("parquet %d rows, csv %d, of the record without what stands apart %d; procedures %v", table.NumRows(), stats.Events, r.acts, slices.Sorted(maps.Keys(procedures)))
	}
}

func TestExportRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.xes")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"no record":        {"--data", dir, "--format", "xes", "--out", filepath.Join(dir, "new.xes")},
		"a file is there":  {"--data", dir, "--format", "xes", "--out", there},
		"no such day":      {"--data", dir, "--format", "xes", "--out", filepath.Join(dir, "new.xes"), "--from", "2026-02-30"},
		"no such format":   {"--data", dir, "--format", "pdf", "--out", filepath.Join(dir, "new.pdf")},
		"no such way with": {"--data", dir, "--format", "xes", "--out", filepath.Join(dir, "new.xes"), "--with", "all"},
	} {
		if code := run(append([]string{"export"}, args...)); code != 2 {
			t.Errorf("%s: exit %d", name, code)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there: %q, %v", text, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
