package casefile_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

var update = flag.Bool("update", false, "write golden files of kinds that have none yet")

func at(s string) calendar.Instant {
	i, err := casefile.ParseInstant(s, nil)
	if err != nil {
		panic(err)
	}
	return i
}

// kinds: one record for each kind of act the envelope knows. Their golden files decode for ever; nothing may change them.
var kinds = map[string]casefile.Record{
	"act": {
		Act: casefile.Act{ID: "6f1c", Case: "c1-7h3k", Kind: "propose", Occurred: at("2026-03-02T01:00:00Z"), Precision: calendar.Minute, Recorded: at("2026-03-02T01:02:03.000004Z"),
			Actor: &casefile.Actor{Person: "p-001", Posts: []string{"handler"}, Qualifications: []string{}, Relations: nil},
			Unit:  &casefile.Unit{ID: "u-01", Kind: "station"}, Subjects: []casefile.Ref{{ID: "s1", Kind: "person", Role: "offender"}},
			Data: []casefile.Datum{{Name: "fine", Value: casefile.MoneyOf(500_000_000)}, {Name: "detention_days", Value: casefile.IntOf(0)}, {Name: "closure", Value: casefile.BoolOf(false)},
				{Name: "text", Value: casefile.TextOf("第一行\n第二行\t\\")}, {Name: "on", Value: casefile.DateOf(20514)}, {Name: "seen", Value: casefile.InstantOf(at("2026-03-01T23:59:59.5Z"))}, {Name: "speed", Value: casefile.NumberOf(61.5)}}},
		Number: 7, Procedure: "cn-police/small", Edition: "0123456789abcdef",
		Issued:   []casefile.Issued{{Kind: "proposal_report", Number: "甲公行呈字〔2026〕3号"}},
		Attached: []casefile.Attached{{Digest: ledger.Hash{1, 2, 3}, Size: 12, Type: "image/png", Name: "扫描件 1.png"}},
	},
	"correction": {Act: casefile.Act{ID: "a2", Case: "c1", Kind: "leave", Occurred: at("2026-03-02T01:00:00Z"), Recorded: at("2026-03-02T03:00:00Z"), Corrects: "a1"}, Number: 2},
	"withdrawal": {Act: casefile.Act{ID: "a3", Case: "c1", Kind: "withdraw", Occurred: at("2026-03-02T01:00:00Z"), Precision: calendar.Day, Withdraws: "a1"}, Number: 3},
	"observed": {Act: casefile.Act{ID: "o1", Case: "c1-9", Kind: "file", Occurred: at("2026-03-02T01:00:00Z"), Precision: calendar.Minute, Recorded: at("2026-03-03T03:00:00Z"),
		Actor: &casefile.Actor{Person: "王五"}}, Number: 2, Procedure: "cn-police/small", Observed: &casefile.Observed{Source: "rms", Digest: ledger.Hash{7, 8}, Row: "步骤 17"}},
	"by-law":     {Act: casefile.Act{ID: "a4", Case: "c1", Kind: "release", Occurred: at("2026-03-02T01:00:00Z")}, ByLaw: true, Number: 4},
	"refusal": {Act: casefile.Act{ID: "a5", Case: "c1", Kind: "decide", Occurred: at("2026-03-02T01:00:00Z"), Documents: []string{}}, Number: 5,
		Refused: []casefile.Reason{{Rule: "R39", Clause: "decide.after.2", Subject: "s1"}, {Rule: "R45", Clause: "decide.after.7", Missing: "fact review_required is not known"}}},
}

func TestGoldenActsDecodeForEver(t *testing.T) {
	for name, r := range kinds {
		file := filepath.Join("testdata", "acts", name+".act")
		want, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) && *update {
			b, err := r.Encode(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			leaf := r.Leaf()
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b, 0o644), os.WriteFile(file+".leaf", []byte(leaf.String()+"\n"), 0o644)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := casefile.DecodeRecord(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		leaf := got.Leaf()
		if wantLeaf, err := os.ReadFile(file + ".leaf"); err != nil || leaf.String()+"\n" != string(wantLeaf) {
			t.Errorf("%s: leaf %s, golden %s (%v)", name, leaf, wantLeaf, err)
		}
		if !reflect.DeepEqual(plain(got), plain(&r)) {
			t.Errorf("%s: golden act reads\n%+v, want\n%+v", name, plain(got), plain(&r))
		}
	}
}

// plain is a record without how it is written.
func plain(r *casefile.Record) casefile.Record {
	p := casefile.Record{Act: r.Act, Number: r.Number, Procedure: r.Procedure, Edition: r.Edition, ByLaw: r.ByLaw, Refused: r.Refused, Issued: r.Issued, Attached: r.Attached, Observed: r.Observed, Hidden: r.Hidden}
	return p
}

func TestHiddenFieldsKeepTheLeaf(t *testing.T) {
	r := kinds["act"]
	r.Attached = append(r.Attached, casefile.Attached{Digest: ledger.Hash{9}, Type: "image/png", Name: "2.png"})
	b, err := r.Encode(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := r.Leaf()
	copied := r.Hide("data.text", "subject.1", "attached.1")
	if bytes.Contains(copied, []byte("第一行")) || bytes.Contains(copied, []byte("扫描件")) {
		t.Fatal("what was taken out is still there")
	}
	// A later field of the same name keeps its number: the first is gone, not the count.
	got, err := casefile.DecodeRecord(copied)
	if err != nil {
		t.Fatal(err)
	}
	if leaf := got.Leaf(); leaf != want {
		t.Errorf("leaf of the copy is %s, of the original %s", leaf, want)
	}
	if len(got.Hidden) != 3 {
		t.Errorf("hidden: %v", got.Hidden)
	}
	if again, err := casefile.DecodeRecord(b); err != nil || again.Number != 7 {
		t.Error(err)
	}
}

func TestTwoEncodingsShareNoSalt(t *testing.T) {
	r := kinds["act"]
	a, _ := r.Encode(rand.Reader)
	b, _ := r.Encode(rand.Reader)
	if bytes.Equal(a, b) {
		t.Error("salts are not random")
	}
}

func TestStrictDecoder(t *testing.T) {
	good, err := os.ReadFile("testdata/acts/act.act")
	if err != nil {
		t.Fatal(err)
	}
	salt := "AAAAAAAAAAAAAAAAAAAAAA"
	edit := func(old, with string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("golden act has no %q", old)
		}
		return strings.Replace(string(good), old, with, 1)
	}
	drop := func(name string) string {
		var kept []string
		for _, l := range strings.SplitAfter(string(good), "\n") {
			if !strings.HasPrefix(l, name+" ") {
				kept = append(kept, l)
			}
		}
		return strings.Join(kept, "")
	}
	for name, c := range map[string][2]string{
		"empty":                     {"", "line 1: an act begins with"},
		"newer version":             {"plumbline act 2\n", "newer version"},
		"cut short":                 {string(good[:len(good)-1]), "cut short"},
		"no id":                     {drop("id"), "field id is missing"},
		"no kind":                   {drop("kind"), "field kind is missing"},
		"field twice":               {edit("case ", "id "+salt+" x\ncase "), "stands twice"},
		"out of order":              {string(good) + "kind " + salt + " x\n", "stands after"},
		"short salt":                {edit("kind ", "kind AAAA x\nkind "), "not a salt"},
		"other name of a field":     {edit("kind ", "Kind "+salt+" x\nkind "), "not a name"},
		"instant of another form":   {edit("01:00:00.000000Z", "01:00:00Z"), "is not an instant"},
		"precision of another word": {edit(" minute\n", " minutes\n"), "a precision"},
		"number with a zero":        {edit(" 7\n", " 07\n"), "a number from 1"},
		"money of another form":     {edit("money 500", "money 500.0"), "not written in the one way"},
		"unknown kind of value":     {edit("money 500", "yuan 500"), "a kind and a value"},
		"invalid UTF-8":             {edit("money 500", "text \xff"), "not valid UTF-8"},
		"reordering character":      {edit("第一行", "\u202e第一行"), "U+202E"},
		"raw tab":                   {edit("第一行", "\t第一行"), "not written in the one way"},
		"other escape":              {edit("第一行", `\x第一行`), "a backslash"},
		"subject skipped":           {edit("subject.1", "subject.2"), "subject.1 is the next"},
		"size with a sign":          {edit(" 12 image", " +12 image"), "a size in bytes"},
		"digest in capitals":        {edit("010203", "01020A"), "hexadecimal"},
		"carriage return":           {edit("kind ", "kind "+salt+" x\r\nkind "), "control character"},
	} {
		_, err := casefile.DecodeRecord([]byte(c[0]))
		if err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", name, err, c[1])
		}
	}
}

func TestFieldsOfANewerEditionAreKept(t *testing.T) {
	good, err := os.ReadFile("testdata/acts/withdrawal.act")
	if err != nil {
		t.Fatal(err)
	}
	r, err := casefile.DecodeRecord(append(good, "signature.2 AAAAAAAAAAAAAAAAAAAAAA sm2 abc\n"...))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unknown) != 1 || r.Unknown[0].Name != "signature.2" || r.Unknown[0].Value != "sm2 abc" {
		t.Errorf("unknown fields: %+v", r.Unknown)
	}
	r.Kind = "kind_of_next_year"
	if _, err := r.Encode(rand.Reader); err == nil {
		t.Error("a record with unknown fields was written anew")
	}
}

func TestEncodeRefusesWhatDoesNotBelong(t *testing.T) {
	base := kinds["correction"]
	for name, change := range map[string]func(r *casefile.Record){
		"control character": func(r *casefile.Record) {
			r.Data = []casefile.Datum{{Name: "t", Value: casefile.TextOf("a\x00")}}
		},
		"unknown value":      func(r *casefile.Record) { r.Data = []casefile.Datum{{Name: "t"}} },
		"empty text":         func(r *casefile.Record) { r.ID = "" },
		"name of a datum":    func(r *casefile.Record) { r.Data = []casefile.Datum{{Name: "T", Value: casefile.IntOf(1)}} },
		"subject with space": func(r *casefile.Record) { r.Subjects = []casefile.Ref{{ID: "a b", Kind: "person"}} },
		"post with comma":    func(r *casefile.Record) { r.Actor = &casefile.Actor{Person: "p", Posts: []string{"a,b"}} },
		"number zero":        func(r *casefile.Record) { r.Number = 0 },
		"too long": func(r *casefile.Record) {
			r.Data = []casefile.Datum{{Name: "t", Value: casefile.TextOf(strings.Repeat("x", 1<<20))}}
		},
	} {
		r := base
		change(&r)
		if b, err := r.Encode(rand.Reader); err == nil {
			t.Errorf("%s was written: %s", name, b)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	files, _ := filepath.Glob("testdata/acts/*.act")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := casefile.DecodeRecord(b)
		if err != nil {
			return
		}
		if got := r.Hide(); !bytes.Equal(got, b) {
			t.Errorf("read and written again it differs:\n%q\n%q", b, got)
		}
		r.Leaf()
	})
}

func TestEncodeDecodeIsIdentity(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,8}`)
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Map(func(c rune) rune {
			if casefile.CheckText(string(c)) != nil {
				return -1
			}
			return c
		}, rapid.StringN(1, 30, -1).Draw(t, "text")) + "。"
	})
	when := rapid.Custom(func(t *rapid.T) calendar.Instant {
		return calendar.Instant(rapid.Int64Range(1, 4e15).Draw(t, "instant"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := casefile.Record{Number: rapid.Int64Range(1, 1e6).Draw(t, "number"), Act: casefile.Act{ID: casefile.ActID(text.Draw(t, "id")), Case: casefile.CaseID(word.Draw(t, "case")), Kind: word.Draw(t, "kind"), Occurred: when.Draw(t, "occurred"), Precision: calendar.Precision(rapid.IntRange(0, 2).Draw(t, "precision"))}}
		if rapid.Bool().Draw(t, "actor") {
			r.Actor = &casefile.Actor{Person: text.Draw(t, "person"), Posts: rapid.SliceOfN(word, 0, 3).Draw(t, "posts")}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "subjects") {
			r.Subjects = append(r.Subjects, casefile.Ref{ID: casefile.Subject(word.Draw(t, "subject")), Kind: "person", Role: []string{"", "offender"}[i%2]})
		}
		if rapid.Bool().Draw(t, "data") {
			r.Data = []casefile.Datum{{Name: "a", Value: casefile.TextOf(text.Draw(t, "a"))}, {Name: "b", Value: casefile.InstantOf(when.Draw(t, "b"))}, {Name: "c", Value: casefile.NumberOf(rapid.Float64Range(-1e9, 1e9).Draw(t, "c"))}, {Name: "d", Value: casefile.MoneyOf(casefile.Amount(rapid.Int64Range(-1e15, 1e15).Draw(t, "d")))}}
		}
		b, err := r.Encode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		got, err := casefile.DecodeRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(plain(got), plain(&r)) {
			t.Fatalf("read back\n%+v, want\n%+v", plain(got), plain(&r))
		}
	})
}
