package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"plumbline/audit"
	"plumbline/casefile"
)

// TestAuditOfTheRecord asks for the report of the record as several people: who watches units has it of those, and no others.
func TestAuditOfTheRecord(t *testing.T) {
	b := newBureau(t, true)
	b.find(t)
	size := func() string {
		_, body := get(t, b.client(t, "head"), b.site.URL+"/audit")
		_, after, _ := strings.Cut(body, "依据账本前 ")
		n, _, _ := strings.Cut(after, " ")
		return n
	}
	for name, want := range map[string]struct {
		status int
		says   []string
	}{
		"wang":       {http.StatusNotFound, nil},
		"head":       {http.StatusOK, []string{"读取您有权查看的 1 件案件", "1件案件中，1件（100%）至少有一个问题", `<a href="/cases/` + string(b.case_), "数据质量", `class="map"`}},
		"supervisor": {http.StatusOK, []string{"读取您有权查看的 1 件案件"}},
		"otherhead":  {http.StatusOK, []string{"没有您有权查看的此类案件"}},
		"admin":      {http.StatusNotFound, nil},
	} {
		status, body := get(t, b.client(t, name), b.site.URL+"/audit")
		if status != want.status {
			t.Errorf("%s: %d, want %d", name, status, want.status)
		}
		for _, s := range want.says {
			if !strings.Contains(body, s) {
				t.Errorf("%s: the page does not say %q", name, s)
			}
		}
		if strings.Contains(body, "style=") || strings.Contains(body, "<style") {
			t.Errorf("%s: the page has a style that its policy stops", name)
		}
	}
	if status, _ := get(t, b.client(t, "head"), b.site.URL+"/audit?procedure=nothing"); status != http.StatusNotFound {
		t.Errorf("a procedure that is not there: %d", status)
	}
	if before := size(); before == "" || before == "0" {
		t.Errorf("it does not say at which revision it was made: %q", before)
	}
	past, err := b.house.Past(context.Background(), who("head"), b.house.ProcedureNamed(""), 0, nil)
	if err != nil || !past.More || past.Cases != 0 {
		t.Errorf("no case was to be read: %+v, %v", past, err)
	}
}

// TestAuditSaysWhatTheRecordHolds holds the counts of the report against the findings that stand in the record.
func TestAuditSaysWhatTheRecordHolds(t *testing.T) {
	b := newBureau(t, true)
	b.find(t)
	ctx := context.Background()
	proc := b.house.ProcedureNamed("")
	g := audit.Gather(proc, audit.Options{})
	want := map[string]int64{}
	past, err := b.house.Past(ctx, who("supervisor"), proc, 10, func(head *casefile.Head, acts []*casefile.Record) error {
		found, err := b.house.Store().Findings(ctx, head.ID)
		for _, x := range found {
			if x.WithdrawnBy == 0 && !x.Unjudged {
				want[x.Rule]++
			}
		}
		return errors.Join(err, g.Add(&audit.Recorded{Head: *head, Acts: acts, Proc: proc, AsOf: b.now}))
	})
	if err != nil {
		t.Fatal(err)
	}
	r := g.Report("record")
	if past.Cases != 1 || r.Cases != 1 || len(want) == 0 || r.Figures.Found != 1 {
		t.Fatalf("%+v, %d cases, %d rules", past, r.Cases, len(want))
	}
	for _, x := range r.Findings {
		if x.Count != want[x.Rule] {
			t.Errorf("%s: %d in the report, %d in the record", x.Rule, x.Count, want[x.Rule])
		}
	}
	acts := int64(0)
	for _, a := range r.Figures.Acts {
		acts += a.Count
	}
	if acts != r.Acts || r.Acts == 0 {
		t.Errorf("%d acts in the figures, %d judged", acts, r.Acts)
	}
}

// TestNobodyKeepsOthersFromTheirReport asks for many reports at once as one person: one is made, the rest are told to wait.
func TestNobodyKeepsOthersFromTheirReport(t *testing.T) {
	b := newBureau(t, true)
	b.find(t)
	head, others := b.client(t, "head"), make(chan int, 40)
	for i := range cap(others) {
		go func() {
			status, _ := get(t, head, fmt.Sprintf("%s/audit?purpose=%d", b.site.URL, i))
			others <- status
		}()
	}
	n := map[int]int{}
	for range cap(others) {
		n[<-others]++
	}
	if n[http.StatusOK] == 0 || n[http.StatusServiceUnavailable] == 0 || n[http.StatusOK]+n[http.StatusServiceUnavailable] != cap(others) {
		t.Error(n)
	}
	if status, _ := get(t, head, b.site.URL+"/audit?purpose=after"); status != http.StatusOK {
		t.Error("afterwards:", status)
	}
}
