package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"plumbline/audit"
)

//go:embed discover.html
var discoverHTML string

//go:embed history.css
var historyCSS string

// How much of a large log the page shows; the JSON holds all.
const (
	mostNodes = 25
	mostEdges = 60
	mostRows  = 40  // open on the page
	mostFolds = 400 // and folded below
)

// practicePage is what the page is made from.
type practicePage struct {
	*audit.Practice
	Lang          string
	CSS           template.CSS
	Broken        []audit.ClauseCount
	Followed      []audit.ClauseCount
	Silent        []audit.ClauseCount
	Untold        []audit.ClauseCount
	Told, Folded  []audit.Followed
	Often, Seldom []audit.PracticeAct
	Left          int // mined rules that are not on the page
	Said, Follows int
	Chance        int
	Picture       template.HTML
	Drawn         int // acts in the picture
}

// writePracticePage writes one page that needs nothing else.
func writePracticePage(w io.Writer, r *audit.Practice, lang string) error {
	p := &practicePage{Practice: r, Lang: lang, CSS: template.CSS(packDocCSS + historyCSS)} //nolint:gosec // our own style sheet
	for _, c := range r.Clauses {
		switch c.Outcome {
		case "broken":
			p.Broken = append(p.Broken, c)
		case "followed":
			p.Followed = append(p.Followed, c)
		case "untold":
			p.Untold = append(p.Untold, c)
		default:
			p.Silent = append(p.Silent, c)
		}
	}
	told := r.Told()
	p.Said, p.Follows, p.Chance = r.Folded()
	p.Told = told[:min(len(told), mostRows)]
	p.Folded = told[len(p.Told):min(len(told), mostRows+mostFolds)]
	p.Left = len(told) - len(p.Told) - len(p.Folded)
	p.Often = r.Acts[:min(len(r.Acts), mostRows)]
	p.Seldom = r.Acts[len(p.Often):]
	var svg string
	svg, p.Drawn = practicePicture(r, told, lang)
	p.Picture = template.HTML(svg) //nolint:gosec // drawGraph escapes what it writes
	t, err := template.New("discover").Funcs(pageWords(lang)).Parse(discoverHTML)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// pageWords are the functions of the pages that are made of a history.
func pageWords(lang string) template.FuncMap {
	return template.FuncMap{
		"t":    func(zh, en string) string { return audit.Title{ZH: zh, EN: en}.In(lang) },
		"in":   func(t audit.Title) string { return t.In(lang) },
		"n":    thousands,
		"inc":  func(i int) int { return i + 1 },
		"add":  func(a, b int) int { return a + b },
		"pct":  func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
		"pct2": func(x float64) string { return fmt.Sprintf("%.2f", 100*x) },
		"law":  func(f audit.Followed, procedure string) string { return f.LawText(procedure != "").In(lang) },
		"dict": func(pairs ...any) map[string]any {
			out := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				out[pairs[i].(string)] = pairs[i+1]
			}
			return out
		},
	}
}

func thousands(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// practicePicture draws what comes before what and what must follow what: the clauses of the procedure, and what practice
// follows without it. Of a large log it draws what most cases are about.
func practicePicture(r *audit.Practice, told []audit.Followed, lang string) (string, int) {
	type edge struct {
		from, to, class, label string
		duty                   bool
		weight                 int64
	}
	var edges []edge
	have := map[[2]string]bool{}
	add := func(e edge) {
		if key := [2]string{e.from, e.to}; e.from != e.to && !have[key] {
			have[key] = true
			edges = append(edges, e)
		}
	}
	label := func(s audit.Share) string {
		if s.Broken == 0 {
			return ""
		}
		return fmt.Sprintf("%.1f %%", 100*s.Share)
	}
	for _, c := range r.Clauses { // the broken ones first
		if c.Outcome == "silent" || c.Outcome == "untold" || len(c.Acts) != 2 || c.Kind != "before" && c.Kind != "demands" {
			continue
		}
		add(edge{c.Acts[0], c.Acts[1], c.Outcome, label(c.Judged), c.Kind == "demands", c.Judged.Cases})
	}
	for _, f := range told {
		if f.Kind == "condition" || f.Kind == "response" {
			add(edge{f.From.ID, f.To.ID, "unknown", label(f.Kept), f.Kind == "response", f.Kept.Cases})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(b.weight, a.weight) })
	var nodes []graphNode
	index := map[string]int{}
	node := func(id string) (int, bool) {
		if i, ok := index[id]; ok {
			return i, true
		}
		k := slices.IndexFunc(r.Acts, func(a audit.PracticeAct) bool { return a.ID == id })
		if k < 0 || len(nodes) == mostNodes {
			return 0, false
		}
		a := &r.Acts[k]
		class := "fact"
		if r.Procedure != "" && !a.Known {
			class = "fact away"
		}
		index[id] = len(nodes)
		nodes = append(nodes, graphNode{id: thousands(a.Cases), title: a.Title.In(lang), class: class, link: fmt.Sprintf("act-%d", k+1)})
		return index[id], true
	}
	var lines []graphEdge
	for _, e := range edges {
		from, ok := node(e.from)
		if !ok || len(lines) == mostEdges {
			continue
		}
		to, ok := node(e.to)
		if !ok {
			continue
		}
		lines = append(lines, graphEdge{from: from, to: to, duty: e.duty, class: e.class, label: e.label})
	}
	if len(lines) == 0 {
		return "", 0
	}
	return drawGraph(nodes, lines, audit.Title{ZH: "实践的先后", EN: "the order of practice"}.In(lang)), len(nodes)
}
