package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"plumbline/casefile"
)

const callsHead = "call_number,title,when,place,category,urgent,text,receiver,reviewer,decider\n"

// bring sends a file of calls as a person.
func (b *bureau) bring(t *testing.T, name, file string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "calls.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, file); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequest(http.MethodPost, b.site.URL+"/matters/import?procedure=call", &body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", form.FormDataContentType())
	r, err := b.client(t, name).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// Calls come from the call system as a file: each row is a call, a bad row stops no other, and the same file twice is one.
func TestCallsAreImported(t *testing.T) {
	b := newBureau(t, false)
	calls := func() int {
		t.Helper()
		heads, err := b.house.Store().Cases(t.Context(), casefile.Selection{Units: []string{"command"}, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(heads)
	}
	row := func(number, when, category string) string {
		return number + ",有人打架," + when + ",某路," + category + ",false,\"有人打架，\n请快来\",caller,legal,head\n"
	}
	file := "\ufeff" + callsHead + row("0302001", "2026-03-02T08:38", "offence") + row("0302002", "2026-03-02T08:40", "dispute") + row("0302003", "2027-03-02T08:40", "help") + row("0302004", "2026-03-02T08:45", "robbery") + row("0302002", "2026-03-02T08:41", "dispute")
	status, text := b.bring(t, "caller", file)
	if status != http.StatusOK || calls() != 2 {
		t.Fatalf("%d, %d calls\n%s", status, calls(), text)
	}
	for _, want := range []string{"时间在将来", "不在可选项中", "编号在文件中重复", "导入 2 件，此前已导入 0 件，共 5 行"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, text = b.bring(t, "caller", callsHead+row("0302001", "2026-03-02T08:38", "offence")+row("0302002", "2026-03-02T08:50", "dispute")); calls() != 2 || !strings.Contains(text, "此前已导入 1 件") || !strings.Contains(text, "已经导入，内容不同") {
		t.Errorf("%d calls\n%s", calls(), text)
	}
	for what, file := range map[string]string{"empty": "", "no rows": callsHead, "another column": "call_number,mood\n1,2\n", "twice": "call_number,call_number\n1,2\n", "ragged": callsHead + "1,2\n", "not text": callsHead + "\xff\n", "quotes": callsHead + "\"1,2\n"} {
		if status, _ := b.bring(t, "caller", file); status != http.StatusUnprocessableEntity || calls() != 2 {
			t.Errorf("%s: %d, %d calls", what, status, calls())
		}
	}
	if status, _ := b.bring(t, "county", callsHead+row("9", "2026-03-02T08:38", "offence")); status != http.StatusNotFound {
		t.Error("who takes no calls imports them:", status)
	}
}
