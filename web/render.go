package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"text/template/parse"

	"plumbline/calendar"
	"plumbline/report"
)

//go:embed templates static locale
var files embed.FS

// Policy is the Content-Security-Policy of every page. connect-src is for drafts saved while typing.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Renderer turns page structs into HTML. All templates are parsed when it is made; safe for concurrent use.
type Renderer struct {
	zone   *calendar.Zone
	texts  texts
	pages  map[string]map[string]*template.Template // language, template
	static map[string]asset                         // name in static/ -> where it is served
}

type asset struct {
	name string // app.1a2b3c4d.css
	body []byte
	kind string
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// New parses the templates. Moments are written in zone.
func New(zone *calendar.Zone) (*Renderer, error) {
	r := &Renderer{zone: zone, pages: map[string]map[string]*template.Template{}, static: map[string]asset{}}
	var err error
	if r.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if err := r.loadStatic(); err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, lang := range Langs {
		shared := template.New("").Option("missingkey=error").Funcs(r.funcs(lang))
		if _, err := shared.ParseFS(files, "templates/part_*.html", "templates/layout.html"); err != nil {
			return nil, err
		}
		r.pages[lang] = map[string]*template.Template{}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || strings.HasPrefix(name, "part_") {
				continue
			}
			one, err := shared.Clone()
			if err != nil {
				return nil, err
			}
			if _, err := one.ParseFS(files, file); err != nil {
				return nil, err
			}
			r.pages[lang][name] = one
		}
	}
	return r, nil
}

// HTML is the page as bytes. An error is a programmer's mistake: a template that does not fit its struct.
func (r *Renderer) HTML(p Page) ([]byte, error) {
	lang := p.frame().lang()
	t := r.pages[lang][p.Template()]
	if t == nil {
		return nil, fmt.Errorf("page %s: no template", p.Template())
	}
	entry := "layout"
	if t.Lookup("document") != nil { // a page that brings its own html element
		entry = "document"
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, entry, p); err != nil {
		return nil, fmt.Errorf("page %s in %s: %w", p.Template(), lang, err)
	}
	return b.Bytes(), nil
}

// Render answers with the page, whole or not at all: nothing is written where it returns an error from making the page.
func (r *Renderer) Render(w http.ResponseWriter, status int, p Page) error {
	body, err := r.HTML(p)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", htmlLang(p.frame().lang()))
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // what one person saw is not kept for the next at the same desk
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// StaticPath is where Static is mounted.
const StaticPath = "/static/"

// Static serves the style sheet, scripts and pictures. Their addresses carry a hash of their content, so they may be kept
// for ever.
func (r *Renderer) Static() http.Handler {
	byName := map[string]asset{}
	for _, a := range r.static {
		byName[a.name] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		a, ok := byName[strings.TrimPrefix(req.URL.Path, StaticPath)]
		if !ok {
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(a.body) // the browser has gone: nobody left to tell
	})
}

func (r *Renderer) loadStatic() error {
	r.addStatic("report.css", []byte(report.Style()))
	return fs.WalkDir(files, "static", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		ext := path.Ext(p)
		if kinds[ext] == "" {
			return fmt.Errorf("%s: no content type for %s", p, ext)
		}
		r.addStatic(path.Base(p), body)
		return nil
	})
}

func (r *Renderer) addStatic(base string, body []byte) {
	sum, ext := sha256.Sum256(body), path.Ext(base)
	r.static[base] = asset{strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:4]) + ext, body, kinds[ext]}
}

func (f *Frame) lang() string {
	if f.Lang == "en" {
		return "en"
	}
	return "zh"
}

func htmlLang(lang string) string {
	if lang == "zh" {
		return "zh-CN"
	}
	return lang
}

// funcs are the functions templates may call, bound to one language.
func (r *Renderer) funcs(lang string) template.FuncMap {
	w := Words{lang, r.texts, r.zone}
	return template.FuncMap{
		"t":     w.text, // t "key" args…
		"tk":    w.kind, // tk "prefix" kind: the text under prefix.kind
		"at":    w.at,
		"day":   w.day,
		"date":  w.date,
		"clock": w.clock,
		"left":  w.left,
		"due":   w.due,
		"list":  w.list,
		"quote": w.quote,
		"lang":  func() string { return htmlLang(lang) },
		"asset": func(name string) (string, error) {
			a, ok := r.static[name]
			if !ok {
				return "", fmt.Errorf("no static file %s", name)
			}
			return StaticPath + a.name, nil
		},
		"inline": func(name string) (template.CSS, error) { // for the sheet that goes to the printer
			a, ok := r.static[name]
			if !ok {
				return "", fmt.Errorf("no static file %s", name)
			}
			return template.CSS(a.body), nil
		},
		"fault":   fault,
		"icon":    icon,
		"dict":    dict,
		"add":     func(a, b int) int { return a + b },
		"percent": percent,
		"within":  func(n int) int { return min(max(n, 0), 100) },
		"areas": func(f *Frame) []Area {
			if f.Nav != nil {
				return f.Nav
			}
			return []Area{AreaWorkbench, AreaIntake, AreaCases, AreaLimits, AreaFindings, AreaMatters, AreaQuestions, AreaPeople}
		},
		"fields": strings.Fields,
		"frame":  func(p Page) *Frame { return p.frame() },
		"lax":    func(f Field) Field { f.Lax = true; return f },
	}
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return n * 100 / of
}

// fault is what is wrong with a field, or nothing.
func fault(all []FieldError, name string) string {
	for _, e := range all {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// dict makes a map of its arguments, for templates that take more than one.
func dict(kv ...any) (map[string]any, error) {
	m := map[string]any{}
	for i := 0; i+1 < len(kv); i += 2 {
		k, ok := kv[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", kv[i])
		}
		m[k] = kv[i+1]
	}
	return m, nil
}

// icons are drawn on a 16 by 16 grid with one stroke; a word always stands beside them.
var icons = map[string]string{
	"mark":    `<path d="M12 1v11" stroke="currentColor" stroke-width="1.6"/><path d="M5 3.2h14" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/><path d="M12 12c2.6 1.2 3.6 3 3.6 4.600L12 23l-3.600-6.400C8.400 15 9.400 13.200 12 12z" fill="currentColor"/>`,
	"doc":     `<path d="M3.5 1.500h6l3 3v10h-9zM9.500 1.500v3h3"/>`,
	"clip":    `<path d="M11.500 5.500 6.800 10.200a1.400 1.400 0 0 0 2 2L13.500 7.500a2.900 2.900 0 0 0-4.100-4.100L4.200 8.600a4.300 4.300 0 0 0 6.100 6.100"/>`,
	"clock":   `<circle cx="8" cy="8" r="6.300"/><path d="M8 4.300V8l2.600 1.700"/>`,
	"warn":    `<path d="M8 1.800 14.800 14H1.200zM8 6.200v3.600M8 11.700v.6"/>`,
	"person":  `<circle cx="8" cy="5" r="2.800"/><path d="M2.500 14.500c.6-3.300 2.700-4.700 5.500-4.700s4.900 1.400 5.500 4.700"/>`,
	"held":    `<path d="M3 7h10v7.500H3zM5 7V4.800a3 3 0 0 1 6 0V7"/>`,
	"check":   `<path d="m2.500 8.500 3.700 3.700L13.500 4.500"/>`,
	"cross":   `<path d="m3.500 3.500 9 9m0-9-9 9"/>`,
	"unknown": `<path d="M5.500 5.600A2.500 2.500 0 1 1 8.700 8c-.5.200-.7.600-.7 1.200v.6M8 12v.6"/>`,
	"pause":   `<path d="M5.500 3v10m5-10v10"/>`,
	"right":   `<path d="m6 3.500 4.500 4.500L6 12.500"/>`,
	"search":  `<circle cx="7" cy="7" r="4.500"/><path d="m10.500 10.500 4 4"/>`,
	"print":   `<path d="M4.500 5.500v-4h7v4M4.500 11.500h-3v-6h13v6h-3M4.500 9.500h7v5h-7z"/>`,
	"eye":     `<path d="M1 8s2.600-4.500 7-4.500S15 8 15 8s-2.600 4.500-7 4.500S1 8 1 8z"/><circle cx="8" cy="8" r="2"/>`,
	"chain":   `<path d="M6.500 9.500l3-3M7 4.500l1.300-1.300a3.200 3.200 0 0 1 4.500 4.500L11.500 9M9 11.500l-1.300 1.300a3.200 3.200 0 0 1-4.500-4.500L4.500 7"/>`,
}

func icon(name string) (template.HTML, error) {
	body, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %s", name)
	}
	box := `viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.400" stroke-linejoin="round" stroke-linecap="round"`
	if name == "mark" {
		box = `viewBox="0 0 24 24" fill="none"`
	}
	return template.HTML(`<svg class="icon i-` + name + `" ` + box + ` aria-hidden="true" focusable="false">` + body + `</svg>`), nil
}

// trees gives the parsed templates of one language, for tests that read them.
func (r *Renderer) trees(lang string) map[string]*parse.Tree {
	all := map[string]*parse.Tree{}
	for page, t := range r.pages[lang] {
		for _, one := range t.Templates() {
			if one.Tree != nil {
				all[page+"/"+one.Name()] = one.Tree
			}
		}
	}
	return all
}
