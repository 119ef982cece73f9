package handling_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/casefile"
	"plumbline/handling"
)

// TestWalk takes a case from the report to its closing, by six people, and looks at every answer.
func TestWalk(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	c := &case1{house: h}
	var issued []string
	stages := map[string]string{}
	for i, s := range walk {
		a := c.do(s)
		if a.Kept.Number != int64(i+1) || len(a.Found) != 0 || a.Kept.Again {
			t.Fatalf("%s: number %d, found %v", s.do, a.Kept.Number, c.rules(a.Found))
		}
		for _, d := range a.Record.Issued {
			issued = append(issued, s.do+" "+d.Kind+" "+d.Number)
		}
		stages[s.do] = c.head().Stage
		for _, d := range a.Opened {
			if d.Cause != a.Kept.Number || d.Done != 0 {
				t.Errorf("%s opened %+v", s.do, d)
			}
		}
		if n, err := h.Tick(ctx); err != nil || n > 1 {
			t.Fatal(n, err)
		}
	}
	want := []string{"receive_report report_register 某公(甲)接字〔2026〕1号", "accept acceptance_register 某公(甲)受案字〔2026〕1号", "accept acceptance_receipt 某公(甲)受回字〔2026〕1号", "approve_summons summons_certificate 某公(甲)行传字〔2026〕1号",
		"notify_family family_notice_record ",
		"record_inquiry inquiry_record ", "propose proposal_report 某公(甲)行呈字〔2026〕1号", "notify_penalty penalty_notice ", "review_defence defence_review_record ",
		"legal_review legal_review_opinion 某公(甲)法审字〔2026〕1号", "fix_penalty approval_form 某公(甲)行审字〔2026〕1号", "decide penalty_decision 某公(甲)行罚决字〔2026〕1号", "serve service_return ",
		"notify_family_detention detention_family_notice ", "close closing_report 某公(甲)行结字〔2026〕1号"}
	if d := cmp.Diff(want, issued); d != "" {
		t.Error(d)
	}
	for do, stage := range map[string]string{"receive_report": "intake", "accept": "intake", "file": "investigation", "propose": "proposal", "fix_penalty": "review", "decide": "decided", "serve": "execution", "close": "closed"} {
		if stages[do] != stage {
			t.Errorf("after %s the stage is %s", do, stages[do])
		}
	}
	r := c.rows()
	if !r.Head.Closed || r.Head.Number != "某公(甲)受案字〔2026〕1号" || r.Head.Title != "某日张某被殴打案" || r.Head.Findings != 0 || r.Head.Overdue != 0 || !slices.Equal(r.Head.Handlers, []string{"wang", "sun"}) || r.Head.Opened != at("2026-03-02T09:00") {
		t.Errorf("head %+v", r.Head)
	}
	for _, f := range r.Findings {
		if !f.Warn {
			t.Errorf("finding %+v", f)
		}
	}
	for _, d := range r.Duties {
		if d.Done == 0 && d.Duty != "archive" { // which comes after
			t.Errorf("still to be done: %+v", d)
		}
	}
	if err := h.store.Check(ctx); err != nil {
		t.Error(err)
	}

	// What the reporter is told.
	p, err := h.Progress(ctx, c.rec.Code, c.rec.Secret)
	if err != nil || !p.Closed || p.Number != r.Head.Number || p.Index < 0 {
		t.Errorf("progress %+v, %v", p, err)
	}
	for _, bad := range [][2]string{{c.rec.Code, "AAAA-AAAA"}, {c.rec.Code, ""}, {"", c.rec.Secret}, {"0000-0000-0000-0000", c.rec.Secret}, {c.rec.Secret, c.rec.Code}, {string(c.id), c.rec.Secret}} {
		if _, err := h.Progress(ctx, bad[0], bad[1]); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("progress of %q: %v", bad, err)
		}
	}

	// Every document can be read, and what is known stands in it.
	for _, a := range r.Acts {
		rec, err := casefile.DecodeRecord(a.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rec.Issued {
			papers, _, err := h.Paper(ctx, as("wang"), c.id, rec.Number, d.Kind)
			if err != nil || len(papers) != 1 || papers[0].Number != d.Number {
				t.Fatalf("%s: %d papers, %v", d.Kind, len(papers), err)
			}
			if d.Kind == "report_register" { // the reporter was entered after it
				continue
			}
			for _, b := range papers[0].Blocks {
				for _, f := range b.Fields {
					if unknown(f.Value) && !slices.Contains(byHand, f.Label.ZH) {
						t.Errorf("%s: %s is %q", d.Kind, f.Label.ZH, f.Value)
					}
				}
				if b.Text != nil && unknown(b.Text.ZH) {
					t.Errorf("%s: %q", d.Kind, b.Text.ZH)
				}
			}
		}
	}

	// The next case of the unit continues every register.
	c2 := walked(h, "give_receipt")
	if got := c2.head().Number; got != "某公(甲)受案字〔2026〕2号" {
		t.Errorf("second case %s", got)
	}
}

// byHand: what the walk does not enter, so that the documents leave room for it. Everything else must be filled in.
var byHand = []string{"行政复议机关", "人民法院", "到案时间", "年龄", "报案人是否要求保密", "国籍（外国人）", "是否人大代表（违法嫌疑人）", "到案经过", "离开时间（询问查证结束后填写）", "通知家属情况或者无法通知的原因", "饮食和休息情况", "语言和听说障碍", "手语或者翻译人员", "到场成年人的姓名、关系和联系方式", "家属姓名及关系", "告知监护人（不满十八周岁的）", "签名情况", "未能通知的原因", "说明"}

func unknown(s string) bool {
	return strings.Contains(s, "____") || strings.Contains(s, "{") || strings.Contains(s, "＿") || s == ""
}

// TestGates: what the law does not allow yet is refused with its rule, stands on the record, and changes nothing else.
func TestGates(t *testing.T) {
	second := func(do, by string, d data) step { s := stepOf(do); s.by, s.data = by, d; return s }
	for _, g := range []struct {
		name  string
		until string // the walk stops before this act
		try   step
		rule  string
	}{
		{"file before acceptance", "accept", second("file", "chen", nil), "order"},
		{"accept twice", "give_receipt", stepOf("accept"), "order"},
		{"assigned by a handler", "assign", second("assign", "chen", data{"handlers": "wang"}), "head-decides"},
		{"summons without power", "approve_summons", second("approve_summons", "wang", stepOf("approve_summons").data), "R21"},
		{"proposal without facts", "propose", second("propose", "wang", data{"fine": "1", "detention_days": "0"}), "content"},
		{"approval without review", "review_proposal", stepOf("fix_penalty"), "review"},
		{"review by the handler", "review_proposal", second("review_proposal", "wang", stepOf("review_proposal").data), "R46"},
		{"station head approves detention", "fix_penalty", second("fix_penalty", "li", stepOf("fix_penalty").data), "R48"},
		{"decide before notice", "notify_penalty", stepOf("decide"), "R39"},
		{"decide before defence is reviewed", "review_defence", stepOf("decide"), "R40"},
		{"decide without legal review", "legal_review", stepOf("decide"), "R45"},
		{"decide by the handler", "decide", second("decide", "wang", data{"level": "county"}), "R48"},
		{"decide twice", "serve", stepOf("decide"), "order"},
		{"close before service", "serve", stepOf("close"), "close-unserved"},
		{"close before execution", "execute_penalty", stepOf("close"), "R58"},
		{"close by the handler", "close", second("close", "wang", data{"ground": "executed"}), "head-decides"},
		{"longer inquiry granted by the handler", "notify_family", step{"classify_inquiry", "2026-03-02T14:05", "wang", "p2", data{"complex": "true", "detention_possible": "true", "reason": "复杂"}}, "R18-self-granted"},
		{"limit extended by the unit head", "propose", step{"extend_limit", "2026-03-03T09:00", "li", "", data{"reason": "复杂"}}, "R15"},
	} {
		t.Run(g.name, func(t *testing.T) {
			h := newHouse(t)
			c := walked(h, g.until)
			h.to(h.now() + 60e6)
			before := c.rows()
			try := g.try
			try.at = ""
			a, err := c.try(try)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(c.rules(a.Refused), g.rule) {
				t.Fatalf("refused for %v, want %s", c.rules(a.Refused), g.rule)
			}
			after := c.rows()
			last, err := casefile.DecodeRecord(after.Acts[len(after.Acts)-1].Bytes)
			if err != nil || len(last.Refused) != len(a.Refused) || len(last.Issued) != 0 || len(after.Acts) != len(before.Acts)+1 {
				t.Errorf("record %+v, %v", last, err)
			}
			if !slices.ContainsFunc(last.Refused, func(r casefile.Reason) bool { return r.Rule == g.rule }) {
				t.Errorf("kept reasons %+v", last.Refused)
			}
			want := before.Head
			want.Revision, want.Acts, want.Updated = want.Revision+1, want.Acts+1, after.Head.Updated
			if d := cmp.Diff(want, after.Head); d != "" {
				t.Error("head", d)
			}
			if d := cmp.Diff(before.Duties, after.Duties) + cmp.Diff(before.Findings, after.Findings); d != "" {
				t.Error(d)
			}
			// The walk goes on as if nothing had happened, and what was refused can be done in its place.
			on := false
			for _, s := range walk {
				if on = on || s.do == g.until; on {
					c.do(s)
				}
			}
			if n := c.head(); n.Findings != 0 || !n.Closed {
				t.Errorf("at the end: %+v", n)
			}
			if err := h.store.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRelief: what frees is kept, whoever does it and however late.
func TestRelief(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "notify_family")
	for _, s := range []step{
		{"leave", "", "qian", "p2", nil}, // a legal officer, no post for it
		{"leave", "", "zhao", "p2", nil},
		{"return_item", "", "wang", "+", nil},
		{"release", "", "qian", "+", nil},
		{"terminate", "", "wang", "", data{"ground": "no_facts"}}, // by a handler
	} {
		if a, err := c.try(s); err != nil || len(a.Refused) > 0 {
			t.Errorf("%s by %s: %v %+v", s.do, s.by, err, a)
		}
	}
	c = walked(h, "")
	h.to(h.now() + 30*24*3600*1e6)
	for _, s := range []step{{"leave", "", "wang", "p2", nil}, {"release", "", "wang", "+", nil}, {"terminate", "", "zhao", "", nil}} {
		if a, err := c.try(s); err != nil || len(a.Refused) > 0 {
			t.Errorf("closed: %s by %s: %v", s.do, s.by, err)
		}
	}
	if got := c.head(); got.Stage != "closed" || !got.Closed {
		t.Error("what frees moved a closed case to stage", got.Stage)
	}
	late := c.request(step{"leave", "", "wang", "p2", nil})
	late.Occurred = "2026-03-02T16:31"
	if a, err := h.Submit(t.Context(), as("wang"), late); err != nil || len(a.Refused) > 0 {
		t.Error("late", err)
	}
	if got := c.head(); got.Stage != "closed" || !got.Closed {
		t.Error("judged again, the stage is", got.Stage)
	}
	var no *handling.NotAllowed
	if _, err := c.try(step{"state_defence", "", "wang", "p2", nil}); !errors.As(err, &no) {
		t.Error("closed: a fact that frees nobody:", err)
	}
	f, err := h.File(context.Background(), as("wang"), c.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range f.Next {
		if !f.Proc.Act(n.Act).AfterClose {
			t.Error("offered in a closed case:", f.Proc.Act(n.Act).ID)
		}
	}
}
