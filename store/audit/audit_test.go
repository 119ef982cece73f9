package audit

import (
	"crypto/rand"
	"testing"

	"plumbline/casefile"
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
