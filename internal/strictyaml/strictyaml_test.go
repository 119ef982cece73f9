package strictyaml

import (
	"strings"
	"testing"
)

type sample struct {
	Pos   Pos
	Name  Str         `yaml:"name,required"`
	Count int         `yaml:"count"`
	Tags  []string    `yaml:"tags"`
	Parts Map[string] `yaml:"parts"`
}

func TestEveryMistakeHasItsPlace(t *testing.T) {
	var s sample
	got := Decode("f.yaml", []byte("naem: x\ncount: many\ntags: one\nparts: {a: 1, b: [2]}\n"), &s).Error()
	want := `f.yaml:1:1: unknown key "naem": did you mean "name"?
f.yaml:1:1: key "name" is missing here
f.yaml:2:8: expected a whole number, found "many"
f.yaml:3:7: expected a list such as [a, b], found "one"
f.yaml:4:18: expected text, found a list`
	if got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsNoSinglePlainDocumentIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "syntax": "name: [x", "two documents": "name: x\n---\nname: y\n", "twice": "name: x\nname: y\n",
		"deep": strings.Repeat("[", 100) + strings.Repeat("]", 100), "tag": "name: !x y\n", "alias": "name: &a x\ntags: *a\n",
	} {
		var s sample
		if got := Decode("f.yaml", []byte(text), &s); len(got) == 0 {
			t.Errorf("%s was read as %+v", name, s)
		}
	}
}

func TestOrderAndPlaceAreKept(t *testing.T) {
	var s sample
	if got := Decode("f.yaml", []byte("name: x\nparts:\n  b: one\n  a: two\n"), &s); len(got) > 0 {
		t.Fatal(got)
	}
	if s.Parts[0].Key != "b" || s.Parts[1].Pos.String() != "f.yaml:4:3" || s.Name.Pos.Column != 7 {
		t.Fatalf("%+v", s)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: x\ncount: 3\ntags: [a]\nparts: {a: b}\n"))
	f.Add([]byte("name: &a x\ntags: *a"))
	f.Add([]byte("? [a]\n: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		for _, p := range Decode("f.yaml", data, &s) {
			if p.Text == "" || strings.Contains(p.Text, "\n") {
				t.Fatalf("%q", p)
			}
		}
	})
}
