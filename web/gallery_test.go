package web

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
)

var (
	pictures = flag.String("pictures", "", "directory to put pictures of the gallery into")
	only     = flag.String("only", "", "pictures only of pages whose name matches this expression")
)

func renderer(t *testing.T) *Renderer {
	t.Helper()
	r, err := New(fixtureZone)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGallery renders every page in every state and both languages, and holds the HTML against what any page must keep.
func TestGallery(t *testing.T) {
	r := renderer(t)
	for _, lang := range Langs {
		for _, f := range fixtures(lang) {
			t.Run(lang+"/"+f.name, func(t *testing.T) {
				w := httptest.NewRecorder()
				if err := r.Render(w, http.StatusOK, f.page); err != nil {
					t.Fatal(err)
				}
				body := w.Body.String()
				for _, m := range faults(body, f.name == "sheet") {
					t.Error(m)
				}
				want := `<html lang="` + htmlLang(lang) + `">`
				if f.name != "sheet" && !strings.Contains(body, want) {
					t.Errorf("no %s", want)
				}
			})
		}
	}
}

// TestFaultsAreSeen holds the check itself to account.
func TestFaultsAreSeen(t *testing.T) {
	good := `<html><h1>a</h1><h2>b</h2><label for="x">c</label><input id="x">`
	for _, c := range []struct{ name, add, want string }{
		{"nothing wrong", "", ""},
		{"a style", `<p style="a">`, "style="},
		{"a handler", `<p onclick="a">`, "onclick="},
		{"two of an id", `<p id="x">`, `id x stands twice`},
		{"a heading left out", `<h4>x</h4>`, "h4 after h2"},
		{"an input without a label", `<input id="y" name="z">`, "y has no label"},
		{"described by nothing", `<p aria-describedby="q">`, "nothing has the id q"},
		{"a blank where a value should be", `<p>%!d(string=a)</p>`, "%!"},
		{"a refused address", `<a href="#ZgotmplZ">`, "ZgotmplZ"},
	} {
		got := strings.Join(faults(good+c.add, false), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

var (
	idAttr    = regexp.MustCompile(`\sid="([^"]*)"`)
	forAttr   = regexp.MustCompile(`\sfor="([^"]*)"`)
	headings  = regexp.MustCompile(`<h([1-6])[ >]`)
	refAttr   = regexp.MustCompile(`\saria-(?:describedby|labelledby)="([^"]*)"`)
	controls  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	inlineBad = regexp.MustCompile(`\s(style=|on[a-z]+=)"`)
)

// faults reads one page as text: what a strict policy would block, broken references, unlabelled inputs.
func faults(body string, printed bool) []string {
	var bad []string
	if m := inlineBad.FindStringSubmatch(body); m != nil {
		bad = append(bad, "inline "+m[1])
	}
	if !printed && (strings.Contains(body, "<style") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(body)) {
		bad = append(bad, "inline style or script element")
	}
	for _, s := range []string{"%!", "ZgotmplZ", "<no value>"} {
		if strings.Contains(body, s) {
			bad = append(bad, "contains "+s)
		}
	}
	ids := map[string]bool{}
	for _, m := range idAttr.FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			bad = append(bad, "id "+m[1]+" stands twice")
		}
		ids[m[1]] = true
	}
	for _, m := range refAttr.FindAllStringSubmatch(body, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !ids[id] {
				bad = append(bad, "nothing has the id "+id)
			}
		}
	}
	labelled := map[string]bool{}
	for _, m := range forAttr.FindAllStringSubmatch(body, -1) {
		labelled[m[1]] = true
		if !ids[m[1]] {
			bad = append(bad, "a label for "+m[1]+", which is not there")
		}
	}
	for _, c := range controls.FindAllString(body, -1) {
		if strings.Contains(c, `type="hidden"`) || strings.Contains(c, `type="radio"`) || strings.Contains(c, `type="checkbox"`) {
			continue // inside their labels
		}
		if m := idAttr.FindStringSubmatch(c); m == nil || !labelled[m[1]] {
			bad = append(bad, fmt.Sprintf("%s has no label", strings.Join(m, "")))
		}
	}
	last := 0
	for _, m := range headings.FindAllStringSubmatch(body, -1) {
		h := int(m[1][0] - '0')
		if !printed && h > last+1 {
			bad = append(bad, fmt.Sprintf("h%d after h%d", h, last))
		}
		last = h
	}
	return bad
}

// TestTexts: every key has a text in every language, is used, and every key a template or file asks for exists.
func TestTexts(t *testing.T) {
	r := renderer(t)
	used, prefixes := map[string]bool{}, map[string]bool{}
	for name, tree := range r.trees("zh") {
		walk(tree.Root, func(c *parse.CommandNode) {
			id, ok := c.Args[0].(*parse.IdentifierNode)
			if !ok || id.Ident != "t" && id.Ident != "tk" {
				return
			}
			key, ok := c.Args[1].(*parse.StringNode)
			switch {
			case !ok:
				t.Errorf("%s: the key of %s is not written out", name, c)
			case id.Ident == "t":
				used[key.Text] = true
			default:
				prefixes[key.Text+"."] = true
			}
		})
	}
	src, err := readFile("words.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`must\("([a-z_.]+)"`).FindAllStringSubmatch(src, -1) {
		used[m[1]] = true
	}
	for key := range used {
		if r.texts[key] == nil {
			t.Errorf("locale/texts.yaml: no %s", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.texts)) {
		for _, lang := range Langs {
			if _, ok := r.texts[key][lang]; !ok {
				t.Errorf("%s: no text in %s", key, lang)
			}
		}
		if len(r.texts[key]) != len(Langs) {
			t.Errorf("%s: languages %v", key, slices.Sorted(maps.Keys(r.texts[key])))
		}
		taken := used[key]
		for p := range prefixes {
			taken = taken || strings.HasPrefix(key, p)
		}
		if !taken {
			t.Errorf("%s: not used", key)
		}
	}
	for p := range prefixes {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(r.texts)), func(k string) bool { return strings.HasPrefix(k, p) }) {
			t.Errorf("no text below %s", p)
		}
	}
}

func readFile(name string) (string, error) {
	b, err := os.ReadFile(name)
	return string(b), err
}

func walk(n parse.Node, visit func(*parse.CommandNode)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, m := range n.Nodes {
				walk(m, visit)
			}
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, visit)
			}
		}
	case *parse.CommandNode:
		visit(n)
		for _, a := range n.Args {
			walk(a, visit)
		}
	case *parse.IfNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.RangeNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.WithNode:
		walk(n.Pipe, visit)
		walk(n.List, visit)
		walk(n.ElseList, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	}
}

// TestTemplatesHoldNoWords: the words of the pages, as against those of the case, are in the page's language.
func TestTemplatesHoldNoWords(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	names, err := files.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range names {
		if e.Name() == "part_sheet.html" {
			continue // documents are Chinese
		}
		b, err := files.ReadFile("templates/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if m := han.Find(b); m != nil {
			t.Errorf("%s: %s stands in the template, not in locale/texts.yaml", e.Name(), m)
		}
	}
}

func TestTheQueryAnswersWrongCodeAndWrongSecretAlike(t *testing.T) {
	// The page has one state for both; what was typed is all that may differ.
	r := renderer(t)
	q := Query{State: QueryMissing, Action: "/query", Code: "x"}
	a, err := r.HTML(q)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.HTML(q)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the answer differs: %v", err)
	}
}

func TestLeft(t *testing.T) {
	r := renderer(t)
	now := m("2026-11-23 10:42")
	for _, c := range []struct {
		name, zh, en string
		l            Limit
	}{
		{"hours", "剩余 2小时48分钟", "2 h 48 min left", Limit{Due: m("2026-11-23 13:30")}},
		{"minutes over", "逾期 1分钟", "1 min overdue", Limit{Due: m("2026-11-23 10:41")}},
		{"days", "剩余 1日", "1 day left", Limit{Civil: true, Due: endOf(2026, 11, 24)}},
		{"the last day", "今日届满", "Ends today", Limit{Civil: true, Due: endOf(2026, 11, 23)}},
		{"the day after the last", "逾期 1日", "1 day overdue", Limit{Civil: true, Due: endOf(2026, 11, 22)}},
		{"many days over", "逾期 3日", "3 days overdue", Limit{Civil: true, Due: endOf(2026, 11, 20)}},
		{"suspended", "中止计算", "Suspended", Limit{Civil: true, State: LimitSuspended, Due: endOf(2026, 11, 20)}},
		{"no limit", "未定期限", "No limit set", Limit{}},
	} {
		if got := r.Words("zh").left(now, c.l); got != c.zh {
			t.Errorf("%s: %s, want %s", c.name, got, c.zh)
		}
		if got := r.Words("en").left(now, c.l); got != c.en {
			t.Errorf("%s: %s, want %s", c.name, got, c.en)
		}
	}
}

func TestStaticAddressesCarryTheHashAndArePermanent(t *testing.T) {
	r := renderer(t)
	body, err := r.HTML(SignIn{Action: "/signin"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(string(body), -1) {
		w := httptest.NewRecorder()
		r.Static().ServeHTTP(w, httptest.NewRequest("GET", p[1], nil))
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", p[1], w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	r.Static().ServeHTTP(w, httptest.NewRequest("GET", "/static/app.css", nil))
	if w.Code != 404 {
		t.Errorf("without the hash: %d", w.Code)
	}
}

func TestHalfPagesAreNotSent(t *testing.T) {
	r := renderer(t)
	w := httptest.NewRecorder()
	if err := r.Render(w, 200, Notice{Kind: "unheard of"}); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("%v, %d bytes, %v", err, w.Body.Len(), w.Header())
	}
}

// TestEmptyPages renders every kind of page with nothing in it: templates are not checked against their structs when the
// program is built, so the branches that no fixture takes are taken here.
func TestEmptyPages(t *testing.T) {
	r := renderer(t)
	seen := map[reflect.Type]bool{}
	for _, f := range fixtures("zh") {
		kind := reflect.TypeOf(f.page)
		for kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if seen[kind] {
			continue
		}
		seen[kind] = true
		for _, lang := range Langs {
			page := reflect.New(kind)
			page.Elem().FieldByName("Frame").FieldByName("Lang").SetString(lang)
			p := page.Interface().(Page)
			if n, ok := p.(*Notice); ok {
				n.Kind = NoticeError
			}
			if q, ok := p.(*Query); ok {
				q.State = QueryAsk
			}
			if _, err := r.HTML(p); err != nil {
				t.Error(err)
			}
		}
	}
	if len(seen) < 14 {
		t.Errorf("only %d kinds of page have fixtures", len(seen))
	}
}
