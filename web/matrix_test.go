package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/internal/durable"
	"plumbline/packs"
	"plumbline/procedure"
	"plumbline/store/sqlite"
	"plumbline/web"
)

const password = "correct horse battery"

// bureau is a made-up organ with two stations and one case, served for tests.
type bureau struct {
	house *handling.House
	site  *httptest.Server
	now   calendar.Instant
	case_ casefile.CaseID
	file  string // digest of a file in the case

	finding string // a finding in the case, where a test made one
}

type blobs struct{ *durable.Blobs }

func (b blobs) Put(ctx context.Context, r io.Reader, limit int64) ([32]byte, int64, error) {
	x, err := b.Blobs.Put(ctx, r, limit)
	return x.SHA256, x.Size, err
}

// paper prints nothing: what a page may show does not depend on the printer.
type paper struct{}

func (paper) PDF(context.Context, []byte) ([]byte, error) { return []byte("%PDF-"), nil }

// police is the pack, compiled once for all tests.
var police = sync.OnceValue(func() *procedure.Pack {
	p, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		panic(err)
	}
	return p
})

// newBureau makes a bureau, with the case where withCase is set.
func newBureau(t *testing.T, withCase bool) *bureau {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "record.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	pack := police()
	files, err := durable.OpenBlobs(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bureau{}
	if b.now, err = casefile.ParseInstant("2026-03-02T09:00", pack.Zone); err != nil {
		t.Fatal(err)
	}
	b.house, err = handling.Open(handling.Config{Store: store, Pack: pack, Now: func() calendar.Instant { return b.now }, Random: rand.Reader, Blobs: blobs{files}})
	if err != nil {
		t.Fatal(err)
	}
	b.people(t)
	if withCase {
		b.report(t)
	}
	server := b.server(t)
	b.site = httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); b.site.Close() })
	return b
}

func (b *bureau) server(t *testing.T) *web.Server {
	t.Helper()
	server, err := web.NewServer(web.Config{House: b.house, Printer: paper{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Demos: map[string][]web.DemoSignIn{"zh": {}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// posts of the people, by name.
var posts = map[string][2]string{"chen": {"handler", "a"}, "wang": {"handler", "a"}, "colleague": {"handler", "a"}, "head": {"unit_head", "a"}, "legal": {"legal_officer", "a"}, "reviewer": {"legal_reviewer", "bureau"}, "county": {"county_head", "bureau"}, "supervisor": {"supervisor", "bureau"}, "admin": {"administrator", "bureau"}, "other": {"handler", "b"}, "otherhead": {"unit_head", "b"}, "former": {"handler", "a"},
	"assessor": {"assessor", "legal"}, "assessor2": {"assessor", "legal"}, "lawyer": {"legal_reviewer", "legal"}, "lawhead": {"unit_head", "legal"}, "inspector": {"superintendent", "inspectors"}, "general": {"superintendent_general", "inspectors"}, "trainer": {"trainer", "school"}, "caller": {"dispatcher", "command"}, "county2": {"county_head", "bureau"}}

// watching are those who besides supervise the bureau: what they work on lies in its stations.
var watching = []string{"assessor", "assessor2", "lawyer", "lawhead", "inspector", "general", "trainer", "caller"}

func (b *bureau) people(t *testing.T) {
	t.Helper()
	from := b.now - 400*24*3600*1_000_000
	changes := []authority.Change{
		authority.Found(authority.Unit{ID: "bureau", Kind: "county", Name: authority.Text{ZH: "某县公安局", EN: "A county bureau"}, Mark: "某公"}),
		authority.Found(authority.Unit{ID: "a", Kind: "station", Name: authority.Text{ZH: "甲派出所", EN: "Station A"}, Mark: "某公甲", Parent: "bureau"}),
		authority.Found(authority.Unit{ID: "b", Kind: "station", Name: authority.Text{ZH: "乙派出所", EN: "Station B"}, Mark: "某公乙", Parent: "bureau"}),
		authority.Found(authority.Unit{ID: "legal", Kind: "legal", Name: authority.Text{ZH: "法制大队", EN: "Legal department"}, Mark: "某公法", Parent: "bureau"}),
		authority.Found(authority.Unit{ID: "inspectors", Kind: "superintendence", Name: authority.Text{ZH: "督察大队", EN: "Superintendence"}, Mark: "某公督", Parent: "bureau"}),
		authority.Found(authority.Unit{ID: "school", Kind: "training", Name: authority.Text{ZH: "教育训练中心", EN: "Training centre"}, Mark: "某公训", Parent: "bureau"}),
		authority.Found(authority.Unit{ID: "command", Kind: "command", Name: authority.Text{ZH: "指挥中心", EN: "Command centre"}, Mark: "某公指", Parent: "bureau"}),
	}
	n := 0
	for name, p := range posts {
		n++
		a := authority.Appointment{Person: authority.PersonID(name), Post: p[0], Unit: authority.UnitID(p[1]), From: from}
		if name == "former" {
			a.Until = b.now - 24*3600*1_000_000
		}
		changes = append(changes, authority.Enrol(authority.Person{ID: authority.PersonID(name), Name: name, Number: fmt.Sprintf("%04d", n)}), authority.Appoint(a))
		if slices.Contains(watching, name) {
			changes = append(changes, authority.Appoint(authority.Appointment{Person: a.Person, Post: "supervisor", Unit: "bureau", From: from}))
		}
		if p[0] == "legal_officer" || p[0] == "legal_reviewer" {
			changes = append(changes, authority.Qualify(authority.Qualification{Person: a.Person, ID: "legal_profession", From: from}))
		}
	}
	for i := range changes {
		changes[i].At = from
	}
	if err := b.house.Found(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
	for name := range posts {
		if err := b.house.PutAccount(context.Background(), name, authority.PersonID(name), password, true); err != nil {
			t.Fatal(err)
		}
	}
}

func who(name string) handling.Who { return handling.Who{Person: authority.PersonID(name)} }

// report opens the case: chen takes it in, head assigns wang, who asks about a rule.
func (b *bureau) report(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	file, err := b.house.Attach(ctx, who("chen"), "", "a.png", "image/png", strings.NewReader("not really a picture"))
	if err != nil {
		t.Fatal(err)
	}
	b.file = file.Digest.String()
	a := b.submit(t, "chen", &handling.Request{Procedure: "cn-police/administrative", Unit: "a", Kind: "receive_report", Attached: []casefile.Attached{file}, Data: map[string]string{"source": "walk_in", "title": "某日某甲被殴打案", "summary": "某甲称被人殴打"}})
	b.case_ = a.Case
	b.submit(t, "chen", &handling.Request{Kind: "accept", Data: map[string]string{"opinion": "属本单位管辖"}})
	b.submit(t, "head", &handling.Request{Kind: "assign", Data: map[string]string{"handlers": "wang"}})
	b.askAbout(t, "wang", "act", "summon")
}

// find makes a finding in the case: somebody is summoned before it is filed.
func (b *bureau) find(t *testing.T) {
	t.Helper()
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某乙"}})
	b.submit(t, "wang", &handling.Request{Kind: "summon", Subjects: []handling.SubjectInput{{ID: "p1"}}, Data: map[string]string{"oral": "false", "arrived": "2026-03-02T09:01"}})
	found, err := b.house.Store().Findings(context.Background(), b.case_)
	if err != nil || len(found) == 0 {
		t.Fatal("no finding", err)
	}
	b.finding = found[0].ID()
}

// askAbout asks about a rule of the case.
func (b *bureau) askAbout(t *testing.T, name, on, of string) {
	t.Helper()
	b.now += 60 * 1_000_000
	if _, err := b.house.Ask(context.Background(), who(name), &handling.Asking{ID: casefile.ActID(rand.Text()), Place: handling.Place{Case: b.case_, On: on, Of: of}, Text: "口头传唤的，从何时起算？"}); err != nil {
		t.Fatal(err)
	}
}

func (b *bureau) submit(t *testing.T, name string, q *handling.Request) *handling.Answer {
	t.Helper()
	ctx := context.Background()
	q.ID, q.Case = casefile.ActID(rand.Text()), b.case_
	if b.case_ != "" {
		head, err := b.house.Store().Case(ctx, b.case_)
		if err != nil {
			t.Fatal(err)
		}
		q.Base = head.Acts
	}
	b.now += 60 * 1_000_000
	a, err := b.house.Submit(ctx, who(name), q)
	if err != nil {
		t.Fatalf("%s by %s: %v", q.Kind, name, err)
	}
	if len(a.Refused) > 0 {
		t.Fatalf("%s by %s was refused: %+v", q.Kind, name, a.Refused)
	}
	return a
}

// client signs in; nobody gets a client that is not signed in. Redirects are answers, not followed.
func (b *bureau) client(t *testing.T, name string) *http.Client {
	t.Helper()
	jar := &cookies{}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if name == "nobody" {
		return c
	}
	r, err := c.PostForm(b.site.URL+"/signin", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s cannot sign in: %s", name, r.Status)
	}
	return c
}

// cookies keeps every cookie for every address: a jar for one site.
type cookies struct{ all map[string]*http.Cookie }

func (j *cookies) SetCookies(_ *url.URL, set []*http.Cookie) {
	if j.all == nil {
		j.all = map[string]*http.Cookie{}
	}
	for _, c := range set {
		j.all[c.Name] = c
	}
}

func (j *cookies) Cookies(*url.URL) []*http.Cookie {
	var out []*http.Cookie
	for _, c := range j.all {
		out = append(out, c)
	}
	return out
}

// address puts values into a route's pattern.
func (b *bureau) address(pattern string, id casefile.CaseID) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{$}", "", "{lang}", "en", "{procedure}", "administrative", "{person}", "wang", "{id}", string(id), "{n}", "1", "{act}", "register_person", "{kind}", "report_register", "{digest}", b.file, "{token}", strings.Repeat("ab", 32)).Replace(path)
}

func TestAuthorizationMatrix(t *testing.T) {
	raw, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	rows := map[string][]string{}
	for _, line := range strings.Split(string(raw), "\n") {
		w := strings.Fields(line)
		switch {
		case len(w) == 0 || w[0] == "#":
		case w[0] == "route":
			names = w[1:]
		case len(w) != len(names)+2:
			t.Fatalf("row %q has %d cells, the head has %d", line, len(w)-2, len(names))
		default:
			rows[w[0]+" "+w[1]] = w[2:]
		}
	}
	patterns := map[string]bool{}
	for _, r := range web.Routes() {
		patterns[r.Pattern] = true
		if rows[r.Pattern] == nil {
			t.Errorf("route %s has no row in testdata/matrix.txt", r.Pattern)
		}
	}
	for p := range rows {
		if !patterns[p] {
			t.Errorf("testdata/matrix.txt has a row for %s, which is no route", p)
		}
	}
	b := newBureau(t, true)
	b.find(t)
	cells := 0
	for i, name := range names {
		var c *http.Client
		ended := false
		for pattern, row := range rows {
			if c == nil || ended { // some routes end the session
				c = b.client(t, name)
			}
			ended = strings.Contains(pattern, "sign") || strings.Contains(pattern, "end")
			status, body := b.ask(t, c, pattern, b.case_)
			cells++
			if status != row[i] {
				t.Errorf("%s as %s: %s, want %s", pattern, name, status, row[i])
			}
			question := strings.Contains(pattern, "/questions/{n}")
			if !strings.Contains(pattern, "{id}") && !question || status != "404" {
				continue
			}
			// What one may not see is the same answer as what does not exist, to the byte.
			if question {
				pattern = strings.ReplaceAll(pattern, "{n}", "999")
			}
			missing, other := b.ask(t, c, pattern, "c1-0000000000000")
			if missing != "404" || !bytes.Equal(body, other) {
				t.Errorf("%s as %s: the answer for this case differs from that for none", pattern, name)
			}
		}
	}
	t.Logf("%d cells", cells)
}

func (b *bureau) ask(t *testing.T, c *http.Client, pattern string, id casefile.CaseID) (string, []byte) {
	t.Helper()
	method, path := b.address(pattern, id)
	switch {
	case pattern == "POST /people":
		path += "?unit=a&do=appoint"
	case pattern == "GET /findings/{id}":
		path += strings.TrimPrefix(b.finding, string(b.case_)) // its own in this case; in another there is none such
	case strings.HasSuffix(pattern, "/intake/ask"):
		path += "?on=act&of=receive_report"
	case strings.HasSuffix(pattern, "/ask"):
		path += "?on=act&of=summon"
	}
	q, err := http.NewRequest(method, b.site.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if r.StatusCode == http.StatusSeeOther && strings.HasPrefix(r.Header.Get("Location"), "/signin") && !strings.Contains(r.Header.Get("Location"), "ended") {
		return "in", body
	}
	return fmt.Sprint(r.StatusCode), body
}

// submitAbout enters an act without data about somebody of the case.
func (b *bureau) submitAbout(t *testing.T, name, kind, subject string) {
	t.Helper()
	b.submit(t, name, &handling.Request{Kind: kind, Subjects: []handling.SubjectInput{{ID: casefile.Subject(subject)}}, Data: map[string]string{}})
}
