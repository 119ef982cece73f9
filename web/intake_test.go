package web_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/casefile"
)

// TestIntakeOffersTheMainProcedureFirst: the pack has two procedures that open a case; the main one is what the page is
// about, the other is chosen by its link and keeps its own draft.
func TestIntakeOffersTheMainProcedureFirst(t *testing.T) {
	b := newBureau(t, true)
	wang := b.client(t, "wang")
	if r, body := b.do(t, wang, "GET", "/intake", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, "/intake?way=call_110") || !strings.Contains(body, `href="/intake?procedure=criminal"`) {
		t.Errorf("%s: %s", r.Status, body)
	}
	const other = "/intake?procedure=criminal"
	if r, body := b.do(t, wang, "GET", other, nil); r.StatusCode != http.StatusOK || !strings.Contains(body, "d_source_number") || strings.Contains(body, "way=call_110") || !strings.Contains(body, `action="`+other+`"`) {
		t.Errorf("%s: %s", r.Status, body)
	}
	if r, _ := b.do(t, wang, "GET", "/intake?procedure=nothing", nil); r.StatusCode != http.StatusNotFound {
		t.Error("a procedure that no pack has:", r.Status)
	}
	form := url.Values{"act_id": {rand.Text()}, "d_title": {"某日某超市财物被盗案"}, "d_source_number": {"某公受案字〔2026〕7号"}, "d_reason": {"价值达到刑事立案标准"}}
	if r, _ := b.post(t, wang, "/intake/draft?procedure=criminal", form); r.StatusCode != http.StatusNoContent {
		t.Error("draft:", r.Status)
	}
	if _, body := b.do(t, wang, "GET", other, nil); !strings.Contains(body, "某公受案字〔2026〕7号") {
		t.Error("the draft is not there")
	}
	if _, body := b.do(t, wang, "GET", "/intake?way=walk_in", nil); strings.Contains(body, "某日某超市财物被盗案") {
		t.Error("the draft of one stands in the form of the other")
	}
	if _, body := b.do(t, wang, "GET", "/", nil); !strings.Contains(body, `href="`+other+`"`) {
		t.Error("the workbench does not lead to the draft")
	}
	r, body := b.post(t, wang, other, form)
	at := regexp.MustCompile(`/cases/(c1-[0-9a-z]+)`).FindStringSubmatch(body)
	if r.StatusCode != http.StatusOK || at == nil {
		t.Fatal(r.Status, body)
	}
	head, err := b.house.Store().Case(context.Background(), casefile.CaseID(at[1]))
	if err != nil || head.Procedure != "cn-police/criminal" || head.Title != "某日某超市财物被盗案" {
		t.Errorf("%+v, %v", head, err)
	}
	if r, body := b.do(t, wang, "GET", "/cases/"+at[1], nil); r.StatusCode != http.StatusOK || !strings.Contains(body, "占位") {
		t.Error("the page of the case:", r.Status)
	}
}
