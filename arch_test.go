package plumbline

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "plumbline"

// arrows: what each package may import from this module, tests included. A row ending in /* stands for the folders
// below it; "*" permits everything. ARCHITECTURE.md shows the same table.
var arrows = map[string][]string{
	".":          {},
	"calendar":   {},
	"internal/*": {},
	"packs":      {},
	"ledger":     {},
	"authority":  {"calendar"},
	"casefile":   {"calendar", "ledger"},
	"eventlog":   {"calendar"},
	"eventlog/*": {"eventlog"},
	"segment":    {"eventlog", "calendar"},
	"discover":   {},
	"procedure":  {"casefile", "calendar", "internal/strictyaml"},
	"audit":      {"procedure", "casefile", "calendar", "eventlog", "segment", "discover"},
	"report":     {"audit", "procedure", "casefile", "calendar"},
	"handling":   {"procedure", "casefile", "calendar", "ledger", "authority", "internal/account"},
	"feed":       {"calendar", "casefile", "authority", "eventlog", "handling", "internal/durable", "internal/strictyaml"},
	"store/*":    {"calendar", "casefile", "ledger", "internal/pgtest", "handling", "store/group", "store/audit", "store/backup", "store/storetest"},
	"web":        {"calendar", "casefile", "procedure", "authority", "handling", "ledger", "audit", "report", "internal/print"},
	"bench":      {"*"},
	"cmd/*":      {"*"},
}

// testArrows: what only the test files of a package may import besides.
var testArrows = map[string][]string{
	"procedure": {"packs"}, // the packs that come with the project are the judge's largest test
	"audit":     {"packs"},
	"report":    {"packs", "eventlog"},
	"handling":  {"packs", "store/sqlite"},
	"feed":      {"packs", "store/sqlite", "procedure", "internal/pgtest"},
	"web":       {"packs", "store/sqlite", "internal/durable", "internal/browser"},
}

// field: packages whose answers depend on their arguments alone.
var field = []string{"calendar", "authority", "ledger", "casefile", "procedure", "eventlog", "segment", "discover", "audit", "report"}

// notInField: why a field package must not import or call it.
var notInField = map[string]string{
	"os":           "files are opened by cmd and handed over as readers or fs.FS",
	"net/http":     "the field answers no requests",
	"database/sql": "the field keeps nothing",
	"math/rand":    "the same input gives the same answer",
	"math/rand/v2": "the same input gives the same answer",
	"time.Now":     "now is an argument",
	"time.Since":   "now is an argument",
	"time.Until":   "now is an argument",
}

func TestArrows(t *testing.T) {
	for _, m := range checkTree(t, os.DirFS("."), arrows) {
		t.Error(m)
	}
}

// TestArrowsBreak holds the check itself to account: each small tree has one fault, and it is named.
func TestArrowsBreak(t *testing.T) {
	rows := map[string][]string{"calendar": {}, "casefile": {"calendar"}}
	good := map[string]string{
		"calendar/a.go": "// Package calendar counts.\npackage calendar\n",
		"casefile/a.go": "// Package casefile holds.\npackage casefile\nimport _ \"plumbline/calendar\"\n",
	}
	for _, c := range []struct{ name, file, text, want string }{
		{"nothing wrong", "casefile/b.go", "package casefile\n", ""},
		{"an arrow not listed", "calendar/b.go", "package calendar\nimport _ \"plumbline/casefile\"\n", "calendar/b.go: calendar may not import casefile"},
		{"a package not listed", "helpers/b.go", "// Package helpers helps.\npackage helpers\n", "helpers: no row in the table of arrows"},
		{"two package comments", "calendar/b.go", "// Package calendar again.\npackage calendar\n", "calendar: 2 package comments, want 1: a.go, b.go"},
		{"a row whose package is gone", "casefile/a.go", "", "casefile: a row in the table of arrows, but no package"},
		{"the file system in the field", "calendar/b.go", "package calendar\nimport _ \"os\"\n", "calendar/b.go: os: files are opened by cmd"},
		{"the clock in the field", "calendar/b.go", "package calendar\nimport \"time\"\nvar f = time.Now\n", "calendar/b.go:3: time.Now: now is an argument"},
		{"the clock under another name", "calendar/b.go", "package calendar\nimport t \"time\"\nvar f = t.Now\n", "calendar/b.go:3: time.Now: now is an argument"},
		{"the clock in a test is fine", "calendar/b_test.go", "package calendar\nimport \"time\"\nvar f = time.Now\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			files := maps.Clone(good)
			files[c.file] = c.text
			for name, text := range files {
				if text == "" {
					continue
				}
				if err := os.MkdirAll(dir+"/"+path.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(dir+"/"+name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := strings.Join(checkTree(t, os.DirFS(dir), rows), "\n")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// checkTree reads every Go file below root and says what stands against rows. It opens the files itself: the test
// cache notices files a test read, not those read by a child process.
func checkTree(t *testing.T, root fs.FS, rows map[string][]string) []string {
	t.Helper()
	var bad []string
	comments := map[string][]string{} // package -> files with a package comment; a key for every package
	err := fs.WalkDir(root, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); p != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return fs.SkipDir
			}
			if _, err := fs.Stat(root, path.Join(p, "go.mod")); p != "." && err == nil {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		pkg, test := path.Dir(p), strings.HasSuffix(p, "_test.go")
		inField := slices.Contains(field, pkg) && !test
		mode := parser.ImportsOnly | parser.ParseComments
		if inField {
			mode = parser.SkipObjectResolution | parser.ParseComments
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, text, mode)
		if err != nil {
			return err
		}
		if !test {
			comments[pkg] = append(comments[pkg], nil...) // a key even without a comment
			if f.Doc != nil {
				comments[pkg] = append(comments[pkg], path.Base(p))
			}
		}
		clock := "" // the name package time has in this file
		for _, im := range f.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			if to, ours := strings.CutPrefix(name, module+"/"); ours && !permitted(rows, pkg, to, test) {
				bad = append(bad, fmt.Sprintf("%s: %s may not import %s", p, pkg, to))
			}
			if why := notInField[name]; inField && why != "" {
				bad = append(bad, fmt.Sprintf("%s: %s: %s", p, name, why))
			}
			if name == "time" {
				clock = "time"
				if im.Name != nil {
					clock = im.Name.Name
				}
			}
		}
		if inField && clock == "." {
			bad = append(bad, p+": time imported with a dot")
		}
		if inField && clock != "" {
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == clock {
					if why := notInField["time."+s.Sel.Name]; why != "" {
						bad = append(bad, fmt.Sprintf("%s:%d: time.%s: %s", p, fset.Position(s.Pos()).Line, s.Sel.Name, why))
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, in := range comments {
		if _, listed := row(rows, pkg); !listed {
			bad = append(bad, pkg+": no row in the table of arrows")
		}
		if len(in) != 1 {
			bad = append(bad, fmt.Sprintf("%s: %d package comments, want 1: %s", pkg, len(in), strings.Join(in, ", ")))
		}
	}
	for r := range rows {
		under, star := strings.CutSuffix(r, "*")
		alive := false
		for pkg := range comments {
			alive = alive || pkg == r || star && strings.HasPrefix(pkg, under)
		}
		if !alive {
			bad = append(bad, r+": a row in the table of arrows, but no package")
		}
	}
	slices.Sort(bad)
	return bad
}

// row finds the row that a package stands under: its own, or the nearest one ending in /*.
func row(rows map[string][]string, pkg string) ([]string, bool) {
	if to, ok := rows[pkg]; ok {
		return to, true
	}
	for dir := path.Dir(pkg); dir != "."; dir = path.Dir(dir) {
		if to, ok := rows[dir+"/*"]; ok {
			return to, true
		}
	}
	return nil, false
}

func permitted(rows map[string][]string, from, to string, test bool) bool {
	may, _ := row(rows, from)
	return from == to || slices.Contains(may, to) || slices.Contains(may, "*") || test && slices.Contains(testArrows[from], to)
}
