package handling_test

import "testing"

// TestPaperOfAThing: a document about a thing says what earlier acts told of it.
func TestPaperOfAThing(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "propose")
	c.do(step{"seize", "", "wang", "+", data{"name": "手机一部", "on_spot": "true", "spot_ground": "urgent", "officers": "wang,sun", "recorded_av": "true", "owner": "offender", "list": "given"}})
	c.do(step{"return_item", "", "wang", "i1", nil})
	papers, _, err := h.Paper(t.Context(), as("wang"), c.id, c.head().Acts, "return_list")
	if err != nil || len(papers) != 1 {
		t.Fatal(papers, err)
	}
	for _, b := range papers[0].Blocks {
		for _, f := range b.Fields {
			if f.Label.ZH == "物品名称" && f.Value == "手机一部" {
				return
			}
		}
	}
	t.Errorf("%+v", papers[0].Blocks)
}
