package web_test

import (
	"strings"
	"testing"
)

// Anybody reads the law, of every procedure; each act and duty stands there once, in both languages.
func TestTheLawIsPublic(t *testing.T) {
	b := newBureau(t, false)
	for _, lang := range []string{"zh", "en"} {
		c := b.client(t, "nobody")
		get(t, c, b.site.URL+"/lang/"+lang)
		status, list := get(t, c, b.site.URL+"/law")
		if status != 200 {
			t.Fatal(status)
		}
		for _, p := range b.house.Pack().Procedures {
			if !strings.Contains(list, `"/law/`+p.ID+`"`) {
				t.Errorf("%s is not on the list", p.ID)
			}
			status, page := get(t, c, b.site.URL+"/law/"+p.ID)
			if status != 200 {
				t.Errorf("%s: %d", p.ID, status)
			}
			for _, id := range p.Acts() {
				if n := strings.Count(page, `id="act-`+id+`"`); n != 1 {
					t.Errorf("%s/%s stands there %d times", p.ID, id, n)
				}
			}
			for _, part := range []string{"duties", "remedies", "marks"} {
				if strings.Contains(page, `"#`+part+`"`) != strings.Contains(page, `id="`+part+`"`) {
					t.Errorf("%s: the contents and the page disagree on %s", p.ID, part)
				}
			}
			for _, not := range []string{`href="#act-"`, "<dd></dd>"} {
				if strings.Contains(page, not) {
					t.Errorf("%s in %s: %s", p.ID, lang, not)
				}
			}
		}
	}
	if status, _ := get(t, b.client(t, "nobody"), b.site.URL+"/law/nothing"); status != 404 {
		t.Errorf("a procedure that is none: %d", status)
	}
}
