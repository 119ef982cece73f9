package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// public takes one piece of information to the site; upto stops before that act.
func (b *bureau) public(t *testing.T, title, text, route, upto string) casefile.CaseID {
	t.Helper()
	b.case_ = ""
	for _, s := range []struct {
		by, do string
		data   map[string]string
	}{
		{"wang", "propose_publication", map[string]string{"title": title, "category": "statistics", "subject_kind": "none", "mandatory": "false", "produced": "2026-03-01", "text_redacted": text}},
		{"reviewer", "check_publication", map[string]string{"sealed_record": "false", "identifies": "false", "minor": "false", "secret": "false", "endangers": "false", "private": "false", "redacted": "true", "opinion": "可以公开"}},
		{"county", "approve_publication", map[string]string{"channel": route}},
		{"wang", "publish", map[string]string{"address": "本站", "as_approved": "true"}},
		{"wang", "withdraw_publication", map[string]string{"ground": "wrong", "address": "本站", "explanation": "数字有误，已经撤回", "explained": "true"}},
	} {
		if s.do == upto {
			break
		}
		q := &handling.Request{Kind: s.do, Data: maps.Clone(s.data)}
		if b.case_ == "" {
			q.Procedure, q.Unit = "cn-police/publication", "a"
		}
		if a := b.submit(t, s.by, q); b.case_ == "" {
			b.case_ = a.Case
		}
	}
	return b.case_
}

// What stands in public is read by anybody; of what does not, nobody learns so much as that it is there.
func TestPublishedPages(t *testing.T) {
	b := newBureau(t, false)
	c := b.client(t, "nobody")
	_, empty := get(t, c, b.site.URL+"/published")
	secret := b.public(t, "尚未公开的事项", "不得先看", "site", "publish")
	board := b.public(t, "只贴公告栏的事项", "只在公告栏", "board", "withdraw_publication")
	if _, now := get(t, c, b.site.URL+"/published"); now != empty {
		t.Error("what is not published here changes the page")
	}
	stands := b.public(t, "二月执法统计", "受理报案三百件。\n办结二百件。", "site,board", "withdraw_publication")
	gone := b.public(t, "一月执法统计", "受理报案二百件。", "site", "")

	for _, lang := range []string{"zh", "en"} {
		get(t, c, b.site.URL+"/lang/"+lang)
		status, list := get(t, c, b.site.URL+"/published")
		for text, want := range map[string]bool{"二月执法统计": true, `"/published/` + string(stands) + `"`: true, `"/published/` + string(gone) + `"`: true, "一月执法统计": false, "数字有误": false, "尚未公开": false, "公告栏": false, string(secret): false, string(board): false, "wang": false} {
			if status != 200 || strings.Contains(list, text) != want {
				t.Errorf("%s, list, %d: %q is there: %v", lang, status, text, !want)
			}
		}
		status, page := get(t, c, b.site.URL+"/published/"+string(stands))
		for text, want := range map[string]bool{"<p>受理报案三百件。</p>": true, "<p>办结二百件。</p>": true, `name="robots"`: true, "wang": false, "可以公开": false} {
			if status != 200 || strings.Contains(page, text) != want {
				t.Errorf("%s, page, %d: %q is there: %v", lang, status, text, !want)
			}
		}
		status, page = get(t, c, b.site.URL+"/published/"+string(gone))
		for text, want := range map[string]bool{"数字有误，已经撤回": true, "48": true, "一月": false, "受理": false, "统计": false} {
			if status != 200 || strings.Contains(page, text) != want {
				t.Errorf("%s, withdrawn, %d: %q is there: %v", lang, status, text, !want)
			}
		}
		// What is not there, not yet there and no publication at all: one answer.
		none, want := get(t, c, b.site.URL+"/published/c1-0000000000000")
		for _, id := range []casefile.CaseID{secret, board, "people"} {
			if status, body := get(t, c, b.site.URL+"/published/"+string(id)); none != 404 || status != none || body != want {
				t.Errorf("%s: %d, and another page than for none (%d)", id, status, none)
			}
		}
	}

	for _, x := range []struct {
		query string
		want  string // the first letters of what is found
	}{
		{"", "sg"}, {"q=办结", "s"}, {"q=受理", "s"}, {"q=" + string(stands), "s"}, {"q=" + strings.ToUpper(string(gone)), "g"}, {"q=一月", ""}, {"q=不得先看", ""}, {"q=" + string(secret), ""},
		{"kind=statistics", "s"}, {"kind=other_decision", ""}, {"kind=nothing", "sg"}, {"month=2026-03", "sg"}, {"month=2026-03&q=办结&kind=statistics", "s"}, {"month=2020-01", "sg"}, {"q=" + strings.Repeat("办", 5000), ""},
	} {
		at, rest, _ := strings.Cut(x.query, "=")
		if at == "q" {
			rest = url.QueryEscape(rest)
		}
		status, body := get(t, c, b.site.URL+"/published?"+at+"="+rest)
		found := ""
		for name, id := range map[string]casefile.CaseID{"s": stands, "g": gone} {
			if strings.Contains(body, `"/published/`+string(id)+`"`) {
				found += name
			}
		}
		if len(found) == 2 {
			found = "sg"
		}
		if status != 200 || found != x.want {
			t.Errorf("?%s: %d, finds %q, want %q", x.query, status, found, x.want)
		}
	}
	if r, err := http.Get(b.site.URL + "/published"); err != nil || r.Header.Get("X-Robots-Tag") == "" || len(r.Cookies()) > 0 {
		t.Errorf("%v: %v", err, r.Header)
	}
}
