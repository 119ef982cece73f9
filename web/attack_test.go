package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/web"
)

// Each test here is an attack that once worked.

// do sends a request and reads the whole answer.
func (b *bureau) do(t *testing.T, c *http.Client, method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequest(method, b.site.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(text)
}

func (b *bureau) post(t *testing.T, c *http.Client, path string, form url.Values) (*http.Response, string) {
	t.Helper()
	return b.do(t, c, "POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// upload sends a form with files.
func (b *bureau) upload(t *testing.T, c *http.Client, path string, form url.Values, files map[string]string) (*http.Response, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range files {
		p, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(p, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.do(t, c, "POST", path, &body, "Content-Type", w.FormDataContentType())
}

var kept = regexp.MustCompile(`name="keep_file" value="([^"]+)"`)

func reports(id string) url.Values {
	return url.Values{"act_id": {id}, "d_source": {"walk_in"}, "d_title": {"某日某乙被盗案"}, "d_summary": {"某乙称被盗"}}
}

func TestAttackAFileIsNotTakenByItsDigest(t *testing.T) {
	b := newBureau(t, true)
	other := b.client(t, "other") // of another station, knows the digest of a file in a case they may not see
	for name, ticket := range map[string]string{
		"digest":       b.file + "|22|image/png|a.png",
		"marked empty": "|" + b.file + "|22|image/png|a.png",
		"marked wrong": strings.Repeat("A", 43) + "|" + b.file + "|22|image/png|a.png",
	} {
		form := reports(rand.Text())
		form.Set("keep_file", ticket)
		r, body := b.post(t, other, "/intake", form)
		at := regexp.MustCompile(`/cases/(c1-[0-9a-z]+)`).FindStringSubmatch(body)
		if r.StatusCode != http.StatusOK || at == nil {
			t.Fatalf("%s: %s\n%s", name, r.Status, body)
		}
		if r, body := b.do(t, other, "GET", "/cases/"+at[1]+"/files/"+b.file, nil); r.StatusCode != http.StatusNotFound || strings.Contains(body, "picture") {
			t.Errorf("%s: the file of another case came back: %s", name, r.Status)
		}
	}
}

func TestAttackATicketIsGoodForOneFormOnly(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	id := rand.Text()
	do := "/cases/" + string(b.case_) + "/do/register_person"
	_, body := b.upload(t, wang, do, url.Values{"act_id": {id}, "base": {"3"}, "intent": {"preview"}}, map[string]string{"b.png": "a new picture"})
	m := kept.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("the uploaded file did not come back with the form")
	}
	ticket := strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(m[1])
	keeps := func(c *http.Client, path, id, ticket string) bool {
		_, body := b.post(t, c, path, url.Values{"act_id": {id}, "base": {"3"}, "intent": {"preview"}, "keep_file": {ticket}, "d_source": {"walk_in"}})
		return kept.MatchString(body)
	}
	if !keeps(wang, do, id, ticket) {
		t.Error("the form it came with does not keep the file")
	}
	if !keeps(b.client(t, "wang"), do, id, ticket) {
		t.Error("another session of the same person does not keep the file")
	}
	if keeps(wang, do, rand.Text(), ticket) {
		t.Error("another act keeps the file")
	}
	if keeps(wang, "/intake", id, ticket) {
		t.Error("another case keeps the file")
	}
	if keeps(b.client(t, "head"), do, id, ticket) {
		t.Error("another person keeps the file")
	}
	if keeps(wang, do, id, strings.Replace(ticket, "image/png", "text/html", 1)) {
		t.Error("the type can be changed")
	}
}

func TestAttackDraftsKeepTheirFiles(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	do := "/cases/" + string(b.case_) + "/do/register_person"
	b.upload(t, wang, do, url.Values{"act_id": {rand.Text()}, "base": {"3"}, "intent": {"draft"}}, map[string]string{"b.png": "a new picture"})
	if _, body := b.do(t, wang, "GET", do, nil); !kept.MatchString(body) {
		t.Error("the draft lost its file")
	}
}

func TestAttackTooManyFiles(t *testing.T) {
	b := newBureau(t, true)
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("%d.png", i)] = fmt.Sprint("picture ", i)
	}
	r, body := b.upload(t, b.client(t, "wang"), "/cases/"+string(b.case_)+"/do/register_person", url.Values{"act_id": {rand.Text()}, "base": {"3"}}, files)
	if r.StatusCode != http.StatusUnprocessableEntity || kept.MatchString(body) {
		t.Errorf("%s", r.Status)
	}
}

func TestAttackRedirectsStayInside(t *testing.T) {
	b := newBureau(t, false)
	c := b.client(t, "wang")
	for _, to := range []string{"//evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/x\x00", "javascript:alert(1)", "", "evil.example", "/..//evil.example", "/.//evil.example", "/\u0085/evil.example"} {
		for _, path := range []string{"/signin?return=", "/lang/en?return="} {
			r, _ := b.do(t, c, "GET", path+url.QueryEscape(to), nil)
			at := r.Header.Get("Location")
			if r.StatusCode != http.StatusNotFound && (!strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.ContainsAny(at, "\t\r\n\\")) {
				t.Errorf("%s%q leads to %q", path, to, at)
			}
		}
	}
	if r, _ := b.do(t, c, "GET", "/lang/en?return="+url.QueryEscape("/cases?q=%E7%94%B2&state=any"), nil); r.Header.Get("Location") != "/cases?q=%E7%94%B2&state=any" {
		t.Errorf("an address of ours leads to %q", r.Header.Get("Location"))
	}
}

func TestAttackEveryAnswerIsGuarded(t *testing.T) {
	b := newBureau(t, true)
	c := b.client(t, "wang")
	for _, path := range []string{"/", "/account", "/healthz", "/lang/en", "/nothing", "/static/nothing", "/cases/" + string(b.case_), "/cases/" + string(b.case_) + "/files/" + b.file, "/cases/" + string(b.case_) + "/documents/1/report_register/pdf"} {
		r, _ := b.do(t, c, "GET", path, nil)
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Cross-Origin-Resource-Policy"} {
			if r.Header.Get(h) == "" {
				t.Errorf("%s has no %s", path, h)
			}
		}
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", path)
		}
	}
	for _, h := range [][]string{{"Origin", "null"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		if r, _ := b.do(t, c, "POST", "/intake/draft", strings.NewReader("a=b"), append(h, "Content-Type", "text/plain")...); r.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", h, r.Status)
		}
	}
}

func TestAttackMalformedRequests(t *testing.T) {
	b := newBureau(t, true)
	wang, nobody := b.client(t, "wang"), b.client(t, "nobody")
	id := string(b.case_)
	for _, path := range []string{"/cases/%00", "/cases/%ff", "/cases/" + id + "/do/register_person?subject=%00", "/cases/" + id + "?purpose=%ff", "/cases/" + id + "/do/a%0ab", "/cases/" + id + "/do/%E2%80%AE", "/account/sessions/" + strings.Repeat("ab", 2000) + "/end"} {
		for _, method := range []string{"GET", "POST"} {
			if r, _ := b.do(t, wang, method, path, nil); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s %.60s: %s", method, path, r.Status)
			}
		}
	}
	for _, path := range []string{"/cases/" + id + "/do/register_person", "/cases/" + id + "/do/register_person/draft", "/intake/draft"} {
		for _, body := range []string{"--x\r\nContent-Disposition: form-data; name=\"d_name\"\r\n\r\nx", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x00.png\"\r\n\r\nx\r\n--x--\r\n", ""} {
			if r, _ := b.do(t, wang, "POST", path, strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x"); r.StatusCode != http.StatusBadRequest {
				t.Errorf("%s with %q: %s", path, body, r.Status)
			}
		}
		if r, _ := b.do(t, wang, "POST", path, strings.NewReader("a=%zz"), "Content-Type", "application/x-www-form-urlencoded"); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s with a bad escape: %s", path, r.Status)
		}
	}
	for _, path := range []string{"/signin", "/query"} { // who is nobody sends no megabytes
		if r, _ := b.post(t, nobody, path, url.Values{"name": {strings.Repeat("x", 1<<20)}, "code": {"x"}, "secret": {"x"}}); r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s took a megabyte: %s", path, r.Status)
		}
	}
	for _, name := range []string{"\x00", "\xff", "wang\x00", strings.Repeat("甲", 1000)} {
		if r, _ := b.post(t, nobody, "/signin", url.Values{"name": {name}, "password": {password}}); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("sign-in as %.10q: %s", name, r.Status)
		}
	}
}

func TestAttackTheLogOfViewsTakesNoMadeUpWords(t *testing.T) {
	b := newBureau(t, true)
	b.do(t, b.client(t, "wang"), "GET", "/cases/"+string(b.case_)+"/do/"+url.PathEscape("accept by the county head")+"?purpose="+strings.Repeat("x", 3000)+"%E2%80%AE", nil)
	b.do(t, b.client(t, "wang"), "GET", "/cases/"+string(b.case_)+"?purpose="+strings.Repeat("x", 3000)+"%E2%80%AE", nil)
	looks, err := b.house.Store().Looks(context.Background(), b.case_, 100)
	if err != nil || len(looks) == 0 {
		t.Fatal(len(looks), err)
	}
	for _, l := range looks {
		if strings.Contains(l.What, "county head") || len(l.Purpose) > 250 || strings.Contains(l.Purpose, "\u202e") {
			t.Errorf("%.60q for %.60q", l.What, l.Purpose)
		}
	}
}

func TestAttackListsAreViews(t *testing.T) {
	b := newBureau(t, true)
	c := b.client(t, "head")
	for path, want := range map[string]string{"/": "workbench ", "/cases": "list ", "/cases?q=" + url.QueryEscape("某甲"): "search “某甲” ", "/cases?q=" + url.QueryEscape("查无此人"): "search “查无此人”"} {
		if r, _ := b.do(t, c, "GET", path, nil); r.StatusCode != http.StatusOK {
			t.Fatal(path, r.Status)
		}
		looks, err := b.house.Store().Looks(context.Background(), "", 1)
		if err != nil || len(looks) != 1 {
			t.Fatal(looks, err)
		}
		l := looks[0]
		if l.Person != "head" || !strings.HasPrefix(l.What, want) || strings.HasSuffix(want, " ") && !strings.Contains(l.What, string(b.case_)) {
			t.Errorf("%s: %q, want %q", path, l.What, want)
		}
	}
}

func TestAttackAStolenSessionEndsWithThePassword(t *testing.T) {
	b := newBureau(t, false)
	c, elsewhere := b.client(t, "wang"), b.client(t, "wang")
	stolen := &http.Client{Jar: &cookies{all: map[string]*http.Cookie{"session": c.Jar.(*cookies).all["session"]}}, CheckRedirect: c.CheckRedirect}
	next := "another horse battery"
	if r, _ := b.post(t, c, "/account/password", url.Values{"current": {password}, "new": {next}, "again": {next}}); r.StatusCode != http.StatusSeeOther {
		t.Fatal(r.Status)
	}
	for name, x := range map[string]*http.Client{"a copy of the token": stolen, "another session": elsewhere} {
		if r, _ := b.do(t, x, "GET", "/account", nil); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%s outlives the password: %s", name, r.Status)
		}
	}
	if r, _ := b.do(t, c, "GET", "/account", nil); r.StatusCode != http.StatusOK {
		t.Errorf("who changed it is signed out: %s", r.Status)
	}
}

func TestAttackSigningInEndsTheSessionBefore(t *testing.T) {
	b := newBureau(t, false)
	c := b.client(t, "wang")
	before := &http.Client{Jar: &cookies{all: map[string]*http.Cookie{"session": c.Jar.(*cookies).all["session"]}}, CheckRedirect: c.CheckRedirect}
	if r, _ := b.post(t, c, "/signin", url.Values{"name": {"wang"}, "password": {password}}); r.StatusCode != http.StatusSeeOther {
		t.Fatal(r.Status)
	}
	if r, _ := b.do(t, before, "GET", "/account", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the session before goes on: %s", r.Status)
	}
}

func TestAttackAGivenPasswordOpensTheAccountOnly(t *testing.T) {
	b := newBureau(t, true)
	if err := b.house.PutAccount(context.Background(), "wang", "wang", password, false); err != nil {
		t.Fatal(err)
	}
	c := b.client(t, "wang")
	for _, path := range []string{"/", "/cases", "/cases/" + string(b.case_), "/intake"} {
		if r, _ := b.do(t, c, "GET", path, nil); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/account" {
			t.Errorf("%s: %s %s", path, r.Status, r.Header.Get("Location"))
		}
	}
	next := "another horse battery"
	if r, _ := b.post(t, c, "/account/password", url.Values{"current": {password}, "new": {next}, "again": {next}}); r.StatusCode != http.StatusSeeOther {
		t.Fatal(r.Status)
	}
	if r, _ := b.do(t, c, "GET", "/cases/"+string(b.case_), nil); r.StatusCode != http.StatusOK {
		t.Errorf("after the change: %s", r.Status)
	}
}

func TestAttackRolesAndUnitsAreNotMadeUp(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	form := url.Values{"act_id": {rand.Text()}, "base": {"3"}, "subject_new": {"1"}, "subject_role": {"emperor"}, "d_name": {"某乙"}}
	if r, _ := b.post(t, wang, "/cases/"+string(b.case_)+"/do/register_person", form); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a role that no pack has: %s", r.Status)
	}
	in := reports(rand.Text())
	in.Set("unit", "b")
	if r, _ := b.post(t, wang, "/intake", in); r.StatusCode != http.StatusNotFound {
		t.Errorf("a case in another station: %s", r.Status)
	}
	heads, err := b.house.Cases(context.Background(), who("otherhead"), handling.Wanted{})
	if err != nil || len(heads) > 0 {
		t.Errorf("%d cases in the other station, %v", len(heads), err)
	}
	// What belongs to the server is not read from a form.
	in = reports(rand.Text())
	for _, name := range []string{"recorded", "actor", "number", "index", "handlers", "d_handlers", "opener", "case", "kind", "procedure", "edition", "corrects", "withdraws", "receipt"} {
		in.Set(name, "other")
	}
	r, body := b.post(t, wang, "/intake", in)
	at := regexp.MustCompile(`/cases/(c1-[0-9a-z]+)`).FindStringSubmatch(body)
	if r.StatusCode != http.StatusOK || at == nil {
		t.Fatal(r.Status)
	}
	head, err := b.house.Store().Case(context.Background(), casefile.CaseID(at[1]))
	if err != nil || head.Opener != "wang" || head.Unit != "a" || len(head.Handlers) != 0 || head.Acts != 1 {
		t.Errorf("%+v, %v", head, err)
	}
}

func TestAttackAnActIDOfSomebodyElse(t *testing.T) {
	b := newBureau(t, true)
	records, err := b.house.Store().Acts(context.Background(), b.case_, 0)
	if err != nil {
		t.Fatal(err)
	}
	first, err := casefile.DecodeRecord(records[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"act_id": {string(first.ID)}, "d_source": {"walk_in"}, "d_title": {"某日某甲被殴打案"}, "d_summary": {"某甲称被人殴打"}}
	for _, name := range []string{"other", "wang"} { // the same bytes, sent by others
		r, body := b.post(t, b.client(t, name), "/intake", form)
		if r.StatusCode == http.StatusOK || strings.Contains(body, string(b.case_)) || strings.Contains(r.Header.Get("Location"), string(b.case_)) {
			t.Errorf("%s got %s %s", name, r.Status, r.Header.Get("Location"))
		}
	}
}

func TestAttackThePagesShowTextAsText(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	x := `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	a := b.submitAs(t, "wang", "register_person", map[string]string{"name": x, "address": x}, "offender")
	id := "/cases/" + string(b.case_)
	clients := []*http.Client{wang, b.client(t, "head"), b.client(t, "admin"), b.client(t, "nobody")}
	for _, path := range []string{"/", "/cases?q=" + url.QueryEscape(x), id, id + "/acts/" + fmt.Sprint(a.Kept.Number), id + "/looks?purpose=" + url.QueryEscape(x), id + "/do/register_person?subject=" + url.QueryEscape(x), "/query?code=" + url.QueryEscape(x), "/signin?return=" + url.QueryEscape(x), "/people?unit=" + url.QueryEscape(x)} {
		for _, c := range clients {
			if _, body := b.do(t, c, "GET", path, nil); strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
				t.Errorf("%s runs what was typed", path)
			}
		}
	}
}

// submitAs submits an act about a new person.
func (b *bureau) submitAs(t *testing.T, name, kind string, data map[string]string, role string) *handling.Answer {
	t.Helper()
	return b.submit(t, name, &handling.Request{Kind: kind, Data: data, Subjects: []handling.SubjectInput{{Role: role}}})
}

func TestAttackFilesOfOtherTypesAreNotTaken(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	do := "/cases/" + string(b.case_) + "/do/register_person"
	for _, name := range []string{"x.svg", "x.html", "x.png.html", "x.png.svg", "x", "x.xhtml", ".htaccess", "x.PHP"} {
		if r, body := b.upload(t, wang, do, url.Values{"act_id": {rand.Text()}, "base": {"3"}, "intent": {"preview"}}, map[string]string{name: "<script>"}); r.StatusCode != http.StatusUnprocessableEntity || kept.MatchString(body) {
			t.Errorf("%s: %s", name, r.Status)
		}
	}
	_, body := b.upload(t, wang, do, url.Values{"act_id": {rand.Text()}, "base": {"3"}, "intent": {"preview"}}, map[string]string{"../../../etc/x.png": "x"})
	m := kept.FindStringSubmatch(body)
	if m == nil || !strings.HasSuffix(m[1], "|x.png") {
		t.Errorf("%v", m)
	}
}

func TestAttackTriesAreCounted(t *testing.T) {
	b := newBureau(t, false)
	site, err := web.NewServer(web.Config{House: b.house, Log: discarded, Secure: true, Proxied: true})
	if err != nil {
		t.Fatal(err)
	}
	try := func(path, from, forwarded string) int {
		q := httptest.NewRequest("POST", path, strings.NewReader("name=nobody&password=x&code=x&secret=y"))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.RemoteAddr = from
		if forwarded != "" {
			q.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, q)
		return w.Code
	}
	for i := range 10 {
		if got := try("/query", fmt.Sprintf("[2001:db8::%d]:5", i+1), ""); got != http.StatusNotFound {
			t.Fatalf("try %d: %d", i, got)
		}
	}
	if got := try("/query", "[2001:db8::ffff]:5", ""); got != http.StatusTooManyRequests {
		t.Errorf("one subscriber of IPv6 has many addresses and as many tries: %d", got)
	}
	if got := try("/signin", "[2001:db8::1]:5", ""); got != http.StatusUnauthorized {
		t.Errorf("queries use up the sign-ins: %d", got)
	}
	for i := range 10 {
		try("/query", "127.0.0.1:5", fmt.Sprintf("192.0.2.%d, 198.51.100.1", i)) // the client may have written the first
	}
	if got := try("/query", "127.0.0.1:5", "192.0.2.99, 198.51.100.1"); got != http.StatusTooManyRequests {
		t.Errorf("a made-up X-Forwarded-For gives new tries: %d", got)
	}
	if got := try("/query", "127.0.0.1:5", "198.51.100.2"); got != http.StatusNotFound {
		t.Errorf("one client behind the proxy blocks the others: %d", got)
	}
	last := 0
	for i := range 200 {
		last = try("/query", fmt.Sprintf("203.0.%d.%d:5", i/250, i%250), "")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("many addresses together are not limited: %d", last)
	}
}

func TestAttackReceiptCodeAloneTellsNothing(t *testing.T) {
	b := newBureau(t, true)
	head, err := b.house.Store().Case(context.Background(), b.case_)
	if err != nil {
		t.Fatal(err)
	}
	c := b.client(t, "nobody")
	_, none := b.post(t, c, "/query", url.Values{"code": {"0000-0000-0000-0"}, "secret": {"0000-0000"}})
	for _, code := range []string{head.Receipt, "", "people", string(b.case_), head.Number} {
		for _, secret := range []string{"0000-0000", "0", strings.Repeat("0", 500), head.Secret, base64.StdEncoding.EncodeToString(make([]byte, 32))} {
			r, body := b.post(t, c, "/query", url.Values{"code": {code}, "secret": {secret}})
			if code == "" {
				continue
			}
			if r.StatusCode != http.StatusNotFound {
				t.Errorf("%q with %.20q: %s", code, secret, r.Status)
			}
			if strings.ReplaceAll(body, code, "") != strings.ReplaceAll(none, "0000-0000-0000-0", "") {
				t.Errorf("%q: the answer differs from that for a code that does not exist", code)
			}
		}
	}
}

var discarded = slog.New(slog.DiscardHandler)

func TestAttackDraftsDoNotPileUp(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	do := "/cases/" + string(b.case_) + "/do/"
	if r, _ := b.post(t, wang, do+"no_such_act/draft", url.Values{"a": {"b"}}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a draft of no act: %s", r.Status)
	}
	if r, _ := b.post(t, wang, do+"accept/draft", url.Values{"a": {strings.Repeat("x", 300<<10)}}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a draft of 300 KiB: %s", r.Status)
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if _, err := b.house.SaveDraft(context.Background(), who("wang"), b.case_, "accept", casefile.Subject(fmt.Sprint("p", i)), []byte("a=b")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if r, _ := b.post(t, wang, do+"accept/draft?subject=p999", url.Values{"a": {"b"}}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("draft 201: %s", r.Status)
	}
	if r, _ := b.post(t, wang, do+"accept/draft?subject=p1", url.Values{"a": {"c"}}); r.StatusCode != http.StatusNoContent {
		t.Errorf("an old draft cannot be saved any more: %s", r.Status)
	}
}

// TestAttackChangesOfPeople: an administrator gains nothing for themself by any kind of change, whatever the page would have
// offered; nobody else changes people.
func TestAttackChangesOfPeople(t *testing.T) {
	b := newBureau(t, true)
	tries := []struct {
		do, unit string
		v        url.Values
	}{
		{"appoint", "a", url.Values{"person": {"admin"}, "post": {"handler"}}},
		{"appoint", "nowhere", url.Values{"person": {"wang"}, "post": {"handler"}}},
		{"appoint", "a", url.Values{"person": {"wang"}, "post": {"party"}}},
		{"appoint", "a", url.Values{"person": {"wang"}, "post": {"administrator"}}},
		{"delegate", "a", url.Values{"held": {"head/0"}, "to": {"admin"}, "reason": {"x"}}},
		{"delegate", "bureau", url.Values{"held": {"admin/0"}, "to": {"wang"}, "reason": {"x"}}},
		{"delegate", "a", url.Values{"held": {"head/-1"}, "to": {"wang"}, "reason": {"x"}}},
		{"delegate", "a", url.Values{"held": {"head/99999999999999999999"}, "to": {"wang"}, "reason": {"x"}}},
		{"end_post", "a", url.Values{"held": {"county/0"}}},
		{"end_post", "bureau", url.Values{"held": {"admin/0"}}},
		{"end_post", "nowhere", url.Values{"held": {"admin/0"}}},
		{"end_post", "", url.Values{"held": {"county/0"}}},
		{"end_post", "empty", url.Values{"held": {"county/0"}}}, // nobody holds a post there: nothing to choose from
		{"delegate", "empty", url.Values{"held": {"county/0"}, "to": {"wang"}, "reason": {"x"}}},
		{"end_delegation", "empty", url.Values{"delegation": {"wang/0"}}},
		{"end_qualification", "a", url.Values{"qualified": {"admin/0"}}},
		{"found_unit", "", url.Values{"id": {"top"}, "unit_kind": {"county"}, "name_zh": {"x"}, "name_en": {"x"}}},
		{"enrol_person", "", url.Values{"id": {"someone"}, "name": {"x"}, "number": {"0102"}}},
		{"enrol_person", "nowhere", url.Values{"id": {"someone"}, "name": {"x"}, "number": {"0102"}}},
		{"qualify", "a", url.Values{"person": {"admin"}, "qualification": {"legal_profession"}}},
		{"qualify", "a", url.Values{"person": {"wang"}, "qualification": {"made_up"}}},
		{"change_rank", "a", url.Values{"person": {"admin"}, "rank": {"sergeant"}}},
		{"enrol_person", "a", url.Values{"id": {"wang"}, "name": {"x"}, "number": {"0100"}}},
		{"enrol_person", "a", url.Values{"id": {"x\u202e"}, "name": {"x"}, "number": {"0101"}}},
		{"found_unit", "a", url.Values{"id": {"bureau"}, "unit_kind": {"station"}, "name_zh": {"x"}, "name_en": {"x"}}},
		{"reset_account", "a", url.Values{"login": {"admin"}, "person": {"admin"}}},
		{"reset_account", "a", url.Values{"login": {"admin2"}, "person": {"admin"}}},
		{"reset_account", "a", url.Values{"login": {"admin"}, "person": {"wang"}}},
		{"reset_account", "a", url.Values{"login": {"county"}, "person": {"wang"}}},
		{"reset_account", "a", url.Values{"login": {"made-up"}, "person": {"nobody"}}},
		{"made_up", "a", nil},
	}
	b.now += 1_000_000
	if err := b.house.ChangePeople(t.Context(), who("admin"), authority.Found(authority.Unit{ID: "empty", Kind: "station", Name: authority.Text{EN: "x"}, Parent: "bureau"})); err != nil {
		t.Fatal(err)
	}
	if err := b.house.ChangePeople(t.Context(), who("admin"), authority.Delegate(authority.Delegation{From: "head", To: "wang", Post: "unit_head", Unit: "a", Reason: "x"})); err != nil {
		t.Fatal(err)
	}
	before, _, err := b.house.Store().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"admin", "county", "supervisor", "head"} {
		c := b.client(t, name)
		for _, x := range tries {
			b.now += 1_000_000
			if x.do == "reset_account" {
				x.v.Set("act_id", rand.Text())
			}
			r, _ := b.post(t, c, "/people?unit="+x.unit+"&do="+x.do, x.v)
			if r.StatusCode != http.StatusNotFound && (name != "admin" || r.StatusCode != http.StatusUnprocessableEntity) {
				t.Errorf("%s, %s in %s, %v: %s", name, x.do, x.unit, x.v, r.Status)
			}
		}
	}
	if after, _, err := b.house.Store().Head(t.Context()); err != nil || after != before {
		t.Errorf("%d acts more, %v", after-before, err)
	}
}

// TestAttackCorrectsNothingElse: a form corrects a standing fact of its own kind and case, for who may act in it; nobody else is
// shown the case by it.
func TestAttackCorrectsNothingElse(t *testing.T) {
	b := newBureau(t, true)
	b.submit(t, "wang", &handling.Request{Kind: "file"})
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某甲某"}})
	b.submit(t, "wang", &handling.Request{Kind: "summon", Occurred: "2026-03-02T09:05", Subjects: []handling.SubjectInput{{ID: "p1"}}, Data: map[string]string{"arrived": "2026-03-02T09:05", "oral": "true"}})
	at := "/cases/" + string(b.case_) + "/do/"
	form := url.Values{"act_id": {rand.Text()}, "base": {"6"}, "subject": {"p1"}, "occurred": {"2026-03-02T09:04"}, "d_arrived": {"2026-03-02T09:04"}, "d_oral": {"true"}}
	for name, want := range map[string]int{"supervisor": 403, "chen": 403, "other": 404, "otherhead": 404, "former": 404, "admin": 404} {
		c := b.client(t, name)
		for _, method := range []string{"GET", "POST"} {
			r, body := b.do(t, c, method, at+"summon?corrects=6", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
			if r.StatusCode != want || strings.Contains(body, "某甲某") {
				t.Errorf("%s %s: %s", name, method, r.Status)
			}
		}
	}
	wang := b.client(t, "wang")
	for _, path := range []string{"summon?corrects=99", "summon?corrects=0", "summon?corrects=-1", "summon?corrects=x", "summon?corrects=5", "summon?corrects=9223372036854775807", "assign?corrects=3", "accept?corrects=2", "leave?corrects=6"} {
		if r, _ := b.do(t, wang, "GET", at+path, nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, r.Status)
		}
		if r, _ := b.post(t, wang, at+path, form); r.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %s", path, r.Status)
		}
	}
	for range 2 { // the answer was lost, the form is sent again
		if r, _ := b.post(t, wang, at+"summon?corrects=6", form); r.StatusCode != http.StatusSeeOther || !strings.HasSuffix(r.Header.Get("Location"), "?done=7") {
			t.Fatal(r.Status, r.Header.Get("Location"))
		}
	}
	if r, _ := b.do(t, wang, "GET", at+"summon?corrects=6", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("an act that was corrected is offered to be corrected: %s", r.Status)
	}
	form.Set("act_id", rand.Text())
	if r, _ := b.post(t, wang, at+"summon?corrects=6", form); r.StatusCode != http.StatusConflict {
		t.Errorf("another correction of it, made before the first: %s", r.Status)
	}
	form.Set("base", "7")
	if r, body := b.post(t, wang, at+"summon?corrects=6", form); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "已经更正") {
		t.Errorf("another correction of it: %s", r.Status)
	}
	form.Set("intent", "preview")
	if r, _ := b.post(t, wang, at+"summon?corrects=7", form); r.StatusCode != http.StatusOK {
		t.Errorf("looked at before it is sent: %s", r.Status)
	}
	form.Del("intent")
	form.Set("base", "6")
	if r, body := b.post(t, wang, at+"summon?corrects=7", form); r.StatusCode != http.StatusConflict || !strings.Contains(body, "corrects=7") { // of an old base
		t.Error(r.Status)
	}
	head, err := b.house.Store().Case(t.Context(), b.case_)
	if err != nil || head.Acts != 7 {
		t.Errorf("%d acts, %v", head.Acts, err)
	}
}

// TestAttackReleaseInAClosedCase: what frees is entered by its page in a closed case too, with its file and whoever the page
// shows the case to; nothing else is, and nothing is drafted.
func TestAttackReleaseInAClosedCase(t *testing.T) {
	b := newBureau(t, true)
	b.submit(t, "wang", &handling.Request{Kind: "file"})
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": "某甲某"}})
	b.submit(t, "wang", &handling.Request{Kind: "summon", Occurred: "2026-03-02T09:05", Subjects: []handling.SubjectInput{{ID: "p1"}}, Data: map[string]string{"arrived": "2026-03-02T09:05", "oral": "true"}})
	b.submit(t, "county", &handling.Request{Kind: "terminate", Data: map[string]string{"ground": "no_facts"}})
	b.submit(t, "county", &handling.Request{Kind: "close", Data: map[string]string{"ground": "terminated"}})
	wang, at := b.client(t, "wang"), "/cases/"+string(b.case_)
	if r, body := b.do(t, wang, "GET", at, nil); r.StatusCode != http.StatusOK || !strings.Contains(body, at+"/do/leave?subject=p1") {
		t.Fatal("leaving is not offered in the closed case:", r.Status)
	}
	if r, body := b.do(t, wang, "GET", at+"/do/leave?subject=p1", nil); r.StatusCode != http.StatusOK || strings.Contains(body, `value="draft"`) {
		t.Errorf("the form: %s, or it offers a draft", r.Status)
	}
	form := url.Values{"act_id": {rand.Text()}, "base": {"8"}, "subject": {"p1"}, "occurred": {"2026-03-02T09:08"}}
	form.Set("intent", "preview")
	if r, _ := b.post(t, wang, at+"/do/leave?subject=p1", form); r.StatusCode != http.StatusOK {
		t.Errorf("looked at before it is sent: %s", r.Status)
	}
	form.Del("intent")
	if r, body := b.upload(t, wang, at+"/do/leave?subject=p1", form, map[string]string{"a.png": "signed"}); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s\n%s", r.Status, body)
	}
	for _, act := range []string{"summon", "register_person", "give_receipt"} {
		if r, _ := b.do(t, wang, "GET", at+"/do/"+act, nil); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s in a closed case: %s", act, r.Status)
		}
	}
	if r, _ := b.do(t, wang, "GET", at+"/do/leave?corrects=9", nil); r.StatusCode != http.StatusOK {
		t.Errorf("a release of the wrong minute cannot be corrected: %s", r.Status)
	}
}

// TestACorrectionKeepsTheSecond: a form holds minutes. Where the minute is left as it was, so is the instant on the record.
func TestACorrectionKeepsTheSecond(t *testing.T) {
	b := newBureau(t, true)
	b.now += 17_000_000
	b.submit(t, "wang", &handling.Request{Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "witness"}}, Data: map[string]string{"name": "某乙"}})
	entered := b.now
	minute := func(i calendar.Instant) string {
		return i.Time().In(b.house.Pack().Zone.Location()).Format("2006-01-02T15:04")
	}
	wang, at := b.client(t, "wang"), "/cases/"+string(b.case_)+"/do/register_person?corrects="
	for i, x := range []struct {
		minute string
		want   calendar.Instant
	}{{"", entered}, {minute(entered), entered}, {minute(entered - 60_000_000), entered - 77_000_000}} {
		b.now += 60_000_000
		form := url.Values{"act_id": {rand.Text()}, "base": {fmt.Sprint(4 + i)}, "subject": {"p1"}, "subject_role": {"witness"}, "occurred": {x.minute}, "d_name": {"某丙"}}
		if r, body := b.post(t, wang, at+fmt.Sprint(4+i), form); r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s\n%s", r.Status, body)
		}
		f, err := b.house.File(t.Context(), who("wang"), b.case_, "case")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Acts[4+i].Occurred; got != x.want {
			t.Errorf("corrected with %q it happened at %s, want %s", x.minute, got, x.want)
		}
	}
}
