package audit

import (
	"crypto/rand"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/store/group"
)

func TestDrawn(t *testing.T) {
	r := &casefile.Record{Act: casefile.Act{ID: "a", Case: "c", Kind: "note", Occurred: 1, Recorded: 1, Actor: &casefile.Actor{Person: "p"},
		Unit: &casefile.Unit{ID: "u", Kind: "station"}}, Number: 1, Procedure: "p/q", Edition: "1"}
	r.Issued = []casefile.Issued{{Kind: "receipt", Number: "1"}, {Kind: "letter"}, {Kind: "receipt", Number: "2"}}
	b, err := r.Encode(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for kinds, good := range map[string]bool{"receipt\nreceipt": true, "other\nreceipt\nreceipt": true, "receipt": false, "": false, "receipt\nletter": false} {
		if err := Drawn(&casefile.Entry{Bytes: b}, kinds); (err == nil) != good {
			t.Errorf("%q: %v", kinds, err)
		}
	}
}

// Damaged salts are a fault like any other: too short, too long, or others.
func TestViewSalts(t *testing.T) {
	l := &casefile.Looked{Person: "p", What: "case"}
	salts, leaf, err := group.SealView(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		salts []byte
		want  string
	}{{salts, ""}, {nil, "its salts have 0 bytes"}, {salts[:40], "its salts have 40 bytes"}, {append(salts[:len(salts):len(salts)], 0), "its salts have"},
		{make([]byte, len(salts)), "its fields make leaf"}} {
		var r Report
		v := Views{Report: &r}
		v.View(l, c.salts, leaf[:])
		if err := r.Err(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d bytes of salts: got %v, want %q", len(c.salts), err, c.want)
		}
	}
}
