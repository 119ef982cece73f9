package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"plumbline/handling"
)

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	r, err := c.Get(url)
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

func TestTheDrawIsShown(t *testing.T) {
	b := newBureau(t, true)
	drawn := b.case_
	b.case_ = ""
	b.case_ = b.submit(t, "assessor", &handling.Request{Procedure: "cn-police/assessment", Unit: "legal", Kind: "open_round", Data: map[string]string{"title": "三月考评", "unit_assessed": "a", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "5", "second_share": "50", "indicators": "cases"}}).Case
	a := b.submit(t, "assessor", &handling.Request{Kind: "draw_sample"})
	page := b.site.URL + "/cases/" + string(b.case_)
	c := b.client(t, "assessor")
	if status, body := get(t, c, page); status != 200 || !strings.Contains(body, `"/cases/`+string(b.case_)+`/round"`) {
		t.Errorf("the round does not lead to its draw: %d", status)
	}
	status, body := get(t, c, page+"/round")
	for _, want := range []string{a.Record.Datum("seed").Text(), `href="/cases/` + string(drawn) + `"`, "SHA-256", "Cohen 1960"} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("%d, no %s", status, want)
		}
	}
	if status, _ := get(t, b.client(t, "wang"), page+"/round"); status != 404 {
		t.Errorf("whom it is not about reads it: %d", status)
	}
}

func TestCoverageAsksForDays(t *testing.T) {
	b := newBureau(t, true)
	c := b.client(t, "supervisor")
	for query, want := range map[string]int{"": 200, "?by=act": 200, "?from=2026-01-01&until=2026-03-02": 200, "?from=x": 422, "?until=2020-01-01": 422, "?from=2024-01-01": 422} {
		if status, _ := get(t, c, b.site.URL+"/coverage"+query); status != want {
			t.Errorf("%s: %d, want %d", query, status, want)
		}
	}
}
