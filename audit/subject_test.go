package audit

import (
	"fmt"
	"strings"
	"testing"

	"plumbline/casefile"
)

// Another system names people by name or number: without names neither leaves the house.
func TestSubjectsOfAnotherSystemAreRedacted(t *testing.T) {
	const name = "张某110101199001020011"
	c := &Recorded{Head: casefile.Head{ID: "c1", Procedure: "x/y"}, Duties: []casefile.Duty{{Duty: "d", Subject: name, Cause: 1}}, Findings: []casefile.Finding{{Rule: "r", Subject: name, Cause: 1}},
		Acts: []*casefile.Record{{Number: 1, Act: casefile.Act{ID: "a1", Kind: "k", Subjects: []casefile.Ref{{ID: name, Kind: "person", Role: "offender"}, {ID: "p2", Kind: "person"}}}}}}
	for _, keep := range []bool{false, true} {
		history := fmt.Sprintf("%+v", c.History(&Pseudonyms{Keep: keep}))
		own, shared, events := c.Objects(&Pseudonyms{Keep: keep})
		objects := fmt.Sprintf("%+v %+v %+v", own, shared, events)
		for _, out := range []string{history, objects} {
			if strings.Contains(out, name) != keep || !strings.Contains(out, "p2") {
				t.Errorf("keep %v: %s", keep, out)
			}
		}
	}
}
