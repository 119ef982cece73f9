package procedure_test

import (
	"slices"
	"testing"

	"plumbline/packs"
	"plumbline/procedure"
)

// TestRelations holds what a procedure says of the order of acts against clauses read by eye.
func TestRelations(t *testing.T) {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		t.Fatal(err)
	}
	act := func(ids ...string) []int {
		var out []int
		for _, id := range ids {
			out = append(out, p.ActOf(id))
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		name     string
		kind     procedure.RelationKind
		rule     string
		from, to []int
		guarded  bool
	}{
		{"a duty with a limit", procedure.Demands, "sent-late", act("create"), act("send"), true},
		{"an exclusion", procedure.Ends, "act-after-collection", act("collect"), act(p.Acts()...), false},
		{"what stands apart", procedure.NotBoth, "collection-after-judge", act("collect"), act("appeal_judge"), false},
		{"what an act's expression looks at", procedure.Speaks, "paid-then-sent", act("payment"), act("send"), true},
		{"a window", procedure.Speaks, "judge-appeal-late", act("notify"), act("appeal_judge"), true},
		{"data alone", procedure.Speaks, "payment-sum", nil, act("payment"), true},
		{"what a check looks at", procedure.Speaks, "result-unsent", act("receive_result", "send_appeal"), nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range p.Relations() {
				to := slices.Sorted(slices.Values(r.To))
				if r.Rule == p.RuleOf(c.rule) && r.Kind == c.kind && slices.Equal(r.From, c.from) && slices.Equal(to, c.to) && r.Guarded == c.guarded {
					return
				}
			}
			t.Errorf("no such relation among %+v", p.Relations())
		})
	}
}
