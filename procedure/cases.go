package procedure

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"plumbline/calendar"
	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// A worked case is a short history with what the judge must say of it: the tests of a pack, written so that a lawyer can
// read them. Acts are judged as when a case is handled: a refused decision takes no effect, and its reasons are findings.

type workedCase struct {
	Pos       yaml.Pos
	Title     Text           `yaml:"title,required"`
	Procedure yaml.Str       `yaml:"procedure"`
	Now       yaml.Str       `yaml:"now"`
	Acts      []workedAct    `yaml:"acts,required"`
	Expect    workedExpected `yaml:"expect,required"`
}

type workedAct struct {
	Pos      yaml.Pos
	Do       yaml.Str           `yaml:"do,required"`
	At       yaml.Str           `yaml:"at,required"`
	Recorded yaml.Str           `yaml:"recorded"`
	ByLaw    bool               `yaml:"by_law"` // no person does it: it follows by itself
	By       *workedActor       `yaml:"by"`
	Unit     *workedUnit        `yaml:"unit"`
	About    []workedRef        `yaml:"about"`
	Data     yaml.Map[yaml.Str] `yaml:"data"`
}

type workedActor struct {
	Pos            yaml.Pos
	Person         string     `yaml:"person,required"`
	Posts          []yaml.Str `yaml:"posts"`
	Qualifications []yaml.Str `yaml:"qualifications"`
	Related        []yaml.Str `yaml:"related"`
}

type workedUnit struct {
	Pos  yaml.Pos
	ID   string `yaml:"id,required"`
	Kind string `yaml:"kind"`
}

type workedRef struct {
	Pos  yaml.Pos
	ID   string   `yaml:"id,required"`
	Kind yaml.Str `yaml:"kind"`
	Role string   `yaml:"role"`
}

type workedExpected struct {
	Pos      yaml.Pos
	Findings []workedFinding `yaml:"findings"`
	Refused  []yaml.Str      `yaml:"refused"`
	Duties   []workedDuty    `yaml:"duties"`
	Leads    *list           `yaml:"leads_to"` // what the acts led to elsewhere, in their order; absent: not looked at
}

type workedFinding struct {
	Pos      yaml.Pos
	Rule     yaml.Str `yaml:"rule,required"`
	Subject  string   `yaml:"subject"`
	At       yaml.Str `yaml:"at"`
	Unjudged bool     `yaml:"unjudged"`
	Warn     bool     `yaml:"warn"`
}

type workedDuty struct {
	Pos     yaml.Pos
	ID      yaml.Str `yaml:"id,required"`
	Subject string   `yaml:"subject"`
	State   yaml.Str `yaml:"state,required"`
	Due     yaml.Str `yaml:"due"`
}

// CaseResult is what became of one worked case. It passed when it has no differences.
type CaseResult struct {
	File        string
	Title       Text
	Procedure   string
	Differences []string // one a line, each naming the rule or act and what was expected
}

// RunCases judges the worked cases in dir/cases of fsys, in the order of their names. Mistakes in the files come back all
// at once as strictyaml.Problems; a case that came out differently than expected is no error but a result.
func (p *Pack) RunCases(fsys fs.FS, dir string) ([]CaseResult, error) {
	var results []CaseResult
	err := eachCase(fsys, dir, func(name string, f *workedCase) yaml.Problems {
		r := caseReader{pack: p, f: f}
		if run := r.read(); len(r.problems) == 0 {
			results = append(results, CaseResult{name, f.Title, run.p.ID, run.differences()})
		}
		return r.problems
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// eachCase visits the worked cases in dir/cases of fsys in the order of their names. Mistakes, in the files and those that
// visit tells, come back all at once as strictyaml.Problems.
func eachCase(fsys fs.FS, dir string, visit func(name string, f *workedCase) yaml.Problems) error {
	names, err := fs.Glob(fsys, path.Join(dir, "cases", "*.yaml"))
	if err != nil {
		return err
	}
	var problems yaml.Problems
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		var f workedCase
		found := yaml.Decode(name, data, &f)
		if len(found) == 0 {
			found = visit(name, &f)
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		problems.Sort()
		return problems
	}
	return nil
}

// caseReader resolves a worked case against the pack.
type caseReader struct {
	pack     *Pack
	f        *workedCase
	problems yaml.Problems
}

// caseRun is a worked case ready to be judged.
type caseRun struct {
	p        *Procedure
	f        *workedCase
	acts     []Act
	now      calendar.Instant
	findings []when // of f.Expect.Findings: their at
	dues     []when
	refused  []int // acts expected to be refused
}

// when is a moment as exactly as a case gives it.
type when struct {
	given   bool
	from    calendar.Instant
	through calendar.Instant
}

func (w when) fits(t calendar.Instant) bool { return !w.given || t >= w.from && t <= w.through }

func (r *caseReader) problem(pos yaml.Pos, format string, args ...any) {
	r.problems = append(r.problems, yaml.Problem{Pos: pos, Text: fmt.Sprintf(format, args...)})
}

func (r *caseReader) instant(s yaml.Str) (calendar.Instant, calendar.Precision) {
	i, precision, err := casefile.ParseWhen(s.Text, r.pack.Zone)
	if err != nil {
		r.problem(s.Pos, "%v", err)
	}
	return i, precision
}

func (r *caseReader) when(s yaml.Str) when {
	if s.Text == "" {
		return when{}
	}
	i, precision := r.instant(s)
	var through calendar.Instant
	switch precision {
	case calendar.Day:
		through = r.pack.Zone.End(r.pack.Zone.Date(i))
	case calendar.Minute:
		through = i + 60_000_000 - 1
	default:
		through = i + 1_000_000 - 1
	}
	return when{true, i, through}
}

func (r *caseReader) read() *caseRun {
	run := &caseRun{f: r.f}
	switch id := r.f.Procedure; {
	case id.Text != "":
		var err error
		if run.p, err = r.pack.Procedure(id.Text); err != nil {
			r.problem(id.Pos, "%v", err)
			return nil
		}
	case len(r.pack.Procedures) == 1 || r.pack.file.Main.Text != "":
		run.p = r.pack.Procedures[0]
	default:
		r.problem(r.f.Pos, "pack %s has %d procedures: say which with procedure:, or name its main one in pack.yaml", r.pack.ID, len(r.pack.Procedures))
		return nil
	}
	for i := range r.f.Acts {
		r.act(run, &r.f.Acts[i])
	}
	if len(run.acts) == 0 {
		r.problem(r.f.Pos, "a case has at least one act")
		return nil
	}
	run.now = run.acts[len(run.acts)-1].Occurred
	if r.f.Now.Text != "" {
		now, _ := r.instant(r.f.Now)
		if now < run.now {
			r.problem(r.f.Now.Pos, "now is before the last act")
		}
		run.now = now
	}
	r.expected(run)
	return run
}

func (r *caseReader) act(run *caseRun, w *workedAct) {
	kind, known := run.p.actIndex[w.Do.Text]
	if !known {
		r.problem(w.Do.Pos, "no act %q%s", w.Do.Text, yaml.Suggest(w.Do.Text, run.p.actNames()))
		return
	}
	def := run.p.acts[kind]
	a := Act{Ref: int64(len(run.acts) + 1), Kind: kind, ByLaw: w.ByLaw, Data: make([]casefile.Value, len(def.fields))}
	a.Occurred, a.Precision = r.instant(w.At)
	if n := len(run.acts); n > 0 && a.Occurred < run.acts[n-1].Occurred {
		r.problem(w.At.Pos, "acts stand in the order in which they happened: %s is before the act above", w.At.Text)
	}
	a.Recorded = a.Occurred
	if w.Recorded.Text != "" {
		a.Recorded, _ = r.instant(w.Recorded)
	}
	if w.By != nil {
		a.Actor = &casefile.Actor{Person: w.By.Person, Posts: texts(w.By.Posts), Qualifications: append([]string{}, texts(w.By.Qualifications)...), Relations: append([]string{}, texts(w.By.Related)...)}
		var posts []string
		for _, e := range r.pack.file.Posts {
			posts = append(posts, e.Key)
		}
		for _, s := range w.By.Related {
			if !slices.Contains(casefile.Relations, s.Text) {
				r.problem(s.Pos, "no relation %q%s", s.Text, yaml.Suggest(s.Text, casefile.Relations))
			}
		}
		for _, s := range w.By.Posts {
			if !slices.Contains(posts, s.Text) {
				r.problem(s.Pos, "no post %q in pack.yaml%s", s.Text, yaml.Suggest(s.Text, posts))
			}
		}
	}
	if w.Unit != nil {
		a.Unit = &casefile.Unit{ID: w.Unit.ID, Kind: w.Unit.Kind}
	}
	for _, s := range w.About {
		ref := casefile.Ref{ID: casefile.Subject(s.ID), Kind: s.Kind.Text, Role: s.Role}
		if ref.Kind == "" {
			ref.Kind = def.Scope
		}
		if !scopes[ref.Kind] || ref.Kind == caseScope {
			r.problem(s.Pos, "say what %s is: kind: person, item, document or call", s.ID)
		}
		a.Subjects = append(a.Subjects, ref)
	}
	if def.Scope != caseScope && !slices.ContainsFunc(a.Subjects, func(ref casefile.Ref) bool { return ref.Kind == def.Scope }) {
		r.problem(w.Pos, "%s is done to a %s: name it under about", def.ID, def.Scope)
	}
	r.data(def, &a, w)
	run.acts = append(run.acts, a)
}

func (r *caseReader) data(def *act, a *Act, w *workedAct) {
	var names []string
	for i, f := range def.fields {
		names = append(names, f.name)
		text, given := w.Data.Get(f.name)
		if !given {
			if f.required {
				r.problem(w.Pos, "%s needs the datum %s", def.ID, f.name)
			}
			continue
		}
		v, err := casefile.ParseValue(f.kind, text.Text, r.pack.Zone)
		if err != nil {
			r.problem(text.Pos, "%s of %s: %v", f.name, def.ID, err)
		}
		if f.info.Max > 0 && utf8.RuneCountInString(text.Text) > f.info.Max {
			r.problem(text.Pos, "%s of %s is longer than %d characters", f.name, def.ID, f.info.Max)
		}
		if len(f.enum) > 0 {
			kept, ok := f.info.Choose(text.Text)
			if !ok {
				r.problem(text.Pos, "%s of %s is %q: expected one of %s", f.name, def.ID, text.Text, strings.Join(f.enum, ", "))
			}
			v = casefile.TextOf(kept)
		}
		a.Data[i] = v
	}
	for _, e := range w.Data {
		if !slices.Contains(names, e.Key) {
			r.problem(e.Pos, "act %s has no datum %q%s", def.ID, e.Key, yaml.Suggest(e.Key, names))
		}
	}
}

func (r *caseReader) expected(run *caseRun) {
	want := &r.f.Expect
	for i := range want.Findings {
		w := &want.Findings[i]
		var ids []string
		for _, rule := range run.p.rules {
			ids = append(ids, rule.ID)
		}
		if !slices.Contains(ids, w.Rule.Text) {
			r.problem(w.Rule.Pos, "no rule %q%s", w.Rule.Text, yaml.Suggest(w.Rule.Text, ids))
		}
		run.findings = append(run.findings, r.when(w.At))
	}
	for i := range want.Duties {
		w := &want.Duties[i]
		var ids []string
		for _, d := range run.p.duties {
			ids = append(ids, d.ID)
		}
		if !slices.Contains(ids, w.ID.Text) {
			r.problem(w.ID.Pos, "no duty %q%s", w.ID.Text, yaml.Suggest(w.ID.Text, ids))
		}
		if !slices.Contains(stateNames[:], w.State.Text) {
			r.problem(w.State.Pos, "state %q: expected one of %s", w.State.Text, strings.Join(stateNames[:], ", "))
		}
		run.dues = append(run.dues, r.when(w.Due))
	}
	if want.Leads != nil {
		var ids []string
		for _, a := range run.p.acts {
			for _, l := range a.leads {
				ids = append(ids, l.ID)
			}
		}
		for _, s := range *want.Leads {
			if !slices.Contains(ids, s.Text) {
				r.problem(s.Pos, "no act leads to %q%s", s.Text, yaml.Suggest(s.Text, ids))
			}
		}
	}
	for _, s := range want.Refused {
		if n, err := strconv.Atoi(s.Text); err == nil && n >= 1 && n <= len(run.acts) {
			run.refused = append(run.refused, n-1)
			continue
		}
		var at []int
		for i, a := range run.acts {
			if run.p.acts[a.Kind].ID == s.Text {
				at = append(at, i)
			}
		}
		switch len(at) {
		case 0:
			r.problem(s.Pos, "refused: %q is neither an act of this case nor the number of one, from 1 to %d", s.Text, len(run.acts))
		case 1:
			run.refused = append(run.refused, at[0])
		default:
			r.problem(s.Pos, "refused: %s is done %d times in this case: give its number, counted from 1", s.Text, len(at))
		}
	}
}

type dutyKey struct {
	duty    int
	subject casefile.Subject
	cause   int64
}

// differences judges the case and tells where it came out otherwise than expected.
func (run *caseRun) differences() []string {
	var findings []Finding
	var refused []int
	led := []string{}
	final := map[dutyKey]DutyEvent{}
	var order []dutyKey
	note := func(events []DutyEvent) {
		for _, e := range events {
			k := dutyKey{e.Duty, e.Subject, e.Cause}
			if _, seen := final[k]; !seen {
				order = append(order, k)
			}
			final[k] = e
		}
	}
	s, j := run.p.New(), run.p.NewJudge()
	var o Outcome
	for i := range run.acts {
		a := &run.acts[i]
		o.Reset()
		j.Advance(s, a.Occurred, &o)
		findings = append(findings, o.Findings...)
		note(o.Duties)
		before := s.Clone()
		o.Reset()
		j.Act(s, a, &o)
		findings = append(findings, o.Findings...)
		if o.Refused {
			s = before
			refused = append(refused, i)
			continue
		}
		note(o.Duties)
		for _, l := range j.Led(s, a) {
			led = append(led, l.ID)
		}
	}
	o.Reset()
	j.End(s, run.now, &o)
	findings = append(findings, o.Findings...)
	note(o.Duties)
	for _, w := range o.Withdrawn {
		findings = slices.DeleteFunc(findings, func(f Finding) bool {
			return f.Rule == w.Rule && f.Clause == w.Clause && f.Subject == w.Subject && f.Cause == w.Cause
		})
	}
	out := run.compareFindings(findings)
	if want := run.f.Expect.Leads; want != nil && !slices.Equal(texts(*want), led) {
		out = append(out, fmt.Sprintf("should lead to [%s] elsewhere and leads to [%s]", strings.Join(texts(*want), ", "), strings.Join(led, ", ")))
	}
	for _, i := range run.refused {
		if !slices.Contains(refused, i) {
			out = append(out, fmt.Sprintf("act %d (%s) should have been refused and was allowed", i+1, run.actName(i)))
		}
	}
	for _, i := range refused {
		if !slices.Contains(run.refused, i) {
			out = append(out, fmt.Sprintf("act %d (%s) was refused and should have been allowed", i+1, run.actName(i)))
		}
	}
	for i, w := range run.f.Expect.Duties {
		fits := false
		var seen []string
		for _, k := range order {
			e := final[k]
			if run.p.duties[k.duty].ID != w.ID.Text || w.Subject != "" && string(k.subject) != w.Subject {
				continue
			}
			fits = fits || e.State.String() == w.State.Text && run.dues[i].fits(e.Due)
			seen = append(seen, fmt.Sprintf("%s, due %s%s", e.State, run.local(e.Due), of(string(k.subject))))
		}
		if !fits {
			found := "there was no such duty"
			if len(seen) > 0 {
				found = "it is " + strings.Join(seen, "; ")
			}
			due := ""
			if w.Due.Text != "" {
				due = ", due " + w.Due.Text
			}
			out = append(out, fmt.Sprintf("duty %s%s should be %s%s: %s", w.ID.Text, of(w.Subject), w.State.Text, due, found))
		}
	}
	return out
}

func (run *caseRun) actName(i int) string {
	t := run.p.acts[run.acts[i].Kind].Title
	return t.EN + " " + t.ZH + " at " + run.local(run.acts[i].Occurred)
}

// compareFindings pairs each expected finding with one that was made, the most exactly described first.
func (run *caseRun) compareFindings(got []Finding) []string {
	want := run.f.Expect.Findings
	order := make([]int, len(want))
	for i := range order {
		order[i] = i
	}
	exact := func(i int) (n int) {
		if want[i].Subject != "" {
			n++
		}
		if run.findings[i].given {
			n++
		}
		return n
	}
	sort.SliceStable(order, func(a, b int) bool { return exact(order[a]) > exact(order[b]) })
	used := make([]bool, len(got))
	var missing, extra []string
	for _, i := range order {
		w := want[i]
		at := -1
		for k, f := range got {
			if !used[k] && run.p.rules[f.Rule].ID == w.Rule.Text && (w.Subject == "" || string(f.Subject) == w.Subject) && run.findings[i].fits(f.At) && f.Warn == w.Warn && f.Unjudged == w.Unjudged {
				at = k
				break
			}
		}
		if at >= 0 {
			used[at] = true
			continue
		}
		text := fmt.Sprintf("expected and not found: %s%s", run.ruleName(w.Rule.Text, run.now), of(w.Subject))
		if w.At.Text != "" {
			text += " at " + w.At.Text
		}
		missing = append(missing, text+marks(w.Warn, w.Unjudged, ""))
	}
	for k, f := range got {
		if used[k] {
			continue
		}
		text := fmt.Sprintf("found and not expected: %s%s at %s%s", run.ruleName(run.p.rules[f.Rule].ID, f.At), of(string(f.Subject)), run.local(f.At), marks(f.Warn, f.Unjudged, f.Missing))
		if f.Cause > 0 && int(f.Cause) <= len(run.acts) {
			text += fmt.Sprintf(", by act %d (%s)", f.Cause, run.p.acts[run.acts[f.Cause-1].Kind].ID)
		}
		extra = append(extra, text+", clause "+f.Clause)
	}
	return append(missing, extra...)
}

func (run *caseRun) ruleName(id string, at calendar.Instant) string {
	for _, r := range run.p.rules {
		if r.ID == id {
			text := id + ` "` + r.Title.EN + " " + r.Title.ZH + `"`
			if len(r.Basis) > 0 {
				text += " (" + strings.Join(run.p.Pack.InForce(r.Basis, at), ", ") + ")"
			}
			return text
		}
	}
	return id
}

func of(subject string) string {
	if subject == "" {
		return ""
	}
	return " for " + subject
}

func marks(warn, unjudged bool, missing string) string {
	text := ""
	if warn {
		text += ", a warning"
	}
	if unjudged {
		text += ", cannot be judged"
		if missing != "" {
			text += " (" + missing + " is not known)"
		}
	}
	return text
}

// local prints a moment in the pack's zone.
func (run *caseRun) local(i calendar.Instant) string {
	if i == 0 {
		return "never"
	}
	t := i.Time().In(run.p.Pack.Zone.Location())
	if i%60_000_000 == 0 {
		return t.Format("2006-01-02T15:04")
	}
	return t.Format("2006-01-02T15:04:05")
}
