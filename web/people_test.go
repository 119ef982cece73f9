package web_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/authority"
)

// TestAdministratorMakesChangesOfPeople: a new officer is enrolled, qualified, appointed, given a sign-in, delegated a post
// and leaves again; each is an act on the record, none is made for oneself, and what is refused says why in Chinese.
func TestAdministratorMakesChangesOfPeople(t *testing.T) {
	b := newBureau(t, true)
	admin := b.client(t, "admin")
	size := func() int64 {
		n, _, err := b.house.Store().Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	send := func(do string, v url.Values) (int, string) {
		t.Helper()
		b.now += 1_000_000
		r, err := admin.PostForm(b.site.URL+"/people?unit=a&do="+do, v)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r.StatusCode, string(body)
	}
	kept := func(do string, v url.Values) {
		t.Helper()
		before := size()
		if status, body := send(do, v); status != http.StatusSeeOther || size() != before+1 {
			t.Fatalf("%s: %d, %d acts more\n%s", do, status, size()-before, body)
		}
	}
	kept("enrol_person", url.Values{"id": {"zhou"}, "name": {"周某"}, "number": {"0099"}, "rank": {"constable"}})
	kept("qualify", url.Values{"person": {"zhou"}, "qualification": {"legal_profession"}, "from": {"2020-01-01"}})
	kept("appoint", url.Values{"person": {"zhou"}, "post": {"handler"}, "until": {"2026-12-31"}})
	kept("change_rank", url.Values{"person": {"zhou"}, "rank": {"sergeant"}})
	kept("found_unit", url.Values{"id": {"a-1"}, "unit_kind": {"station"}, "name_zh": {"甲所一组"}, "name_en": {"Group 1"}, "mark": {"某公甲一"}})
	kept("delegate", url.Values{"held": {"head/0"}, "to": {"zhou"}, "until": {"2026-03-31"}, "reason": {"出差"}})
	posts, _ := b.house.People().Actor("zhou", "a", b.now+1)
	if strings.Join(posts, " ") != "handler unit_head" {
		t.Errorf("zhou acts as %v", posts)
	}
	kept("end_delegation", url.Values{"delegation": {"zhou/0"}})

	for _, bad := range []struct {
		do, says string
		v        url.Values
	}{
		{"enrol_person", "警号已属于他人", url.Values{"id": {"wu"}, "name": {"吴某"}, "number": {"0099"}}},
		{"appoint", "不在可选项中", url.Values{"person": {"admin"}, "post": {"county_head"}}},
		{"appoint", "系统管理员不能同时担任其他岗位", url.Values{"person": {"zhou"}, "post": {"administrator"}}},
		{"appoint", "不是日期", url.Values{"person": {"wang"}, "post": {"handler"}, "until": {"tomorrow"}}},
		{"end_post", "请选择", url.Values{}},
		{"reset_account", "登录名已属于他人", url.Values{"act_id": {rand.Text()}, "login": {"wang"}, "person": {"zhou"}}},
		{"reset_account", "此人已有登录名“wang”", url.Values{"act_id": {rand.Text()}, "login": {"wang2"}, "person": {"wang"}}},
		{"reset_account", "不能含空格", url.Values{"act_id": {rand.Text()}, "login": {"周\u3000某"}, "person": {"zhou"}}},
		{"enrol_person", "编号须以小写字母开头", url.Values{"id": {"a,b"}, "name": {"吴某"}, "number": {"0100"}}},
		{"enrol_person", "编号或者警号与他人", url.Values{"id": {"wu"}, "name": {"吴某"}, "number": {"zhou"}}},
		{"change_rank", "已经担任或者具有", url.Values{"person": {"zhou"}, "rank": {"sergeant"}}},
	} {
		before := size()
		if status, body := send(bad.do, bad.v); status != http.StatusUnprocessableEntity || !strings.Contains(body, bad.says) || size() != before {
			t.Errorf("%s %v: %d, want %q in\n%s", bad.do, bad.v, status, bad.says, body)
		}
	}
	if status, _ := send("reset_account", url.Values{"act_id": {rand.Text()}, "login": {"admin"}, "person": {"admin"}}); status != http.StatusNotFound {
		t.Errorf("an administrator reset their own sign-in: %d", status)
	}

	before := size()
	form := url.Values{"act_id": {rand.Text()}, "login": {"zhou"}, "person": {"zhou"}}
	status, body := send("reset_account", form)
	found := regexp.MustCompile(`<dd class="mono">([A-Z2-7]{16})</dd>`).FindStringSubmatch(body)
	if status != http.StatusOK || found == nil || size() != before+1 || !strings.Contains(body, "没有其他系统管理员") {
		t.Fatalf("reset: %d\n%s", status, body)
	}
	if status, body := send("reset_account", form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "这张表单已经用过") || size() != before+1 {
		t.Errorf("the same form sent again: %d, %d acts more", status, size()-before)
	}
	zhou := &http.Client{Jar: &cookies{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := zhou.PostForm(b.site.URL+"/signin", url.Values{"name": {"zhou"}, "password": {found[1]}})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/account" {
		t.Errorf("with a new password the first page is %d %s, not the account", r.StatusCode, r.Header.Get("Location"))
	}
	kept("end_post", url.Values{"held": {"zhou/0"}})
	if posts := b.house.People().PostsAt("zhou", b.now+1); len(posts) != 0 {
		t.Errorf("after the end of the post zhou holds %v", posts)
	}
	if _, ok := b.house.People().Person(authority.PersonID("wu")); ok {
		t.Error("a refused person was enrolled")
	}
}
