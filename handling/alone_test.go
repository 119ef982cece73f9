package handling_test

import (
	"errors"
	"slices"
	"testing"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

// A second scorer comes to a score of their own: what the first gave is not there for them from the opening of their sheet to its
// score, by any way; and who read it before scores no more.
func TestTheSecondScorerStaysBlind(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, post("pei", "assessor", "fz")); err != nil {
		t.Fatal(err)
	}
	c, finding := overtime(t, h)
	h.set("2026-04-02T09:00")
	round := &matter{house: h, proc: "assessment", unit: "fz"}
	round.do("kong", "open_round", "", data{"title": "三月考评", "unit_assessed": "b1", "mode": "periodic", "from": "2026-03-01", "to": "2026-03-31", "sample_size": "5", "second_share": "100", "indicators": "cases", "parameters": "省厅文件"})
	round.do("kong", "draw_sample", "", nil)
	opened := data{"title": "评查表", "round": string(round.id), "case": string(c.id), "blind": "false"}
	first := &matter{house: h, proc: "score_sheet", unit: "fz"}
	first.do("kong", "open_sheet", "", opened)
	second := &matter{house: h, proc: "score_sheet", unit: "fz"}
	second.do("meng", "open_sheet", "", with(opened, "blind", "true"))
	first.do("kong", "deduct", "+", data{"name": "询问超时", "content": "cases", "act": "9", "article": "治安管理处罚法第97条", "finding": finding, "officers": "wang", "points": "20", "reason": "超过8小时"})
	first.do("kong", "score", "", data{"total": "80", "opinion": "超时一次"})
	sees := func(who string, want bool) {
		t.Helper()
		got := map[string]bool{}
		_, err := h.File(bg, as(who), first.id, "case")
		got["file"] = err == nil
		if err != nil && !errors.Is(err, casefile.ErrNotFound) {
			t.Error(err)
		}
		heads, err := h.Cases(bg, as(who), handling.Wanted{Matters: true, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		got["list"] = slices.ContainsFunc(heads, func(x casefile.Head) bool { return x.ID == first.id })
		chain, err := h.Chain(bg, as(who), finding)
		if err != nil {
			t.Fatal(err)
		}
		got["finding"] = slices.ContainsFunc(chain.Matters, func(m handling.Matter) bool { return m.Head.ID == first.id })
		_, got["named"] = h.Visible(bg, as(who), first.id)
		r, err := h.Round(bg, as(who), round.id)
		if err != nil {
			t.Fatal(err)
		}
		got["round"] = len(r.Drawn) > 0 && slices.ContainsFunc(r.Drawn[0].Sheets, func(s handling.ScoreSheet) bool { return s.Head.ID == first.id })
		for way, seen := range got {
			if seen != want {
				t.Errorf("%s, by %s: %v", who, way, seen)
			}
		}
	}
	sees("meng", false)
	h.again() // nor after another start
	sees("meng", false)
	if _, err := first.try("meng", "decide_objection", "i1", data{"result": "removed", "points": "0", "reason": "略"}); !errors.Is(err, casefile.ErrNotFound) {
		t.Error("decides about what is not there:", err)
	}
	// Whoever looks, lets their sheet go and takes another: their own look is on record.
	sees("pei", true)
	third := &matter{house: h, proc: "score_sheet", unit: "fz"}
	third.refused("pei", "open_sheet", "", "blind", with(opened, "blind", "true"))
	// The same by saying first that it is not blind, and putting that right afterwards.
	third.do("pei", "open_sheet", "", opened)
	if a, err := third.change("pei", "open_sheet", "", with(opened, "blind", "true"), true); err == nil && len(a.Refused) == 0 {
		if found, err := h.store.Findings(bg, third.id); err != nil || !slices.ContainsFunc(found, func(f casefile.Finding) bool { return f.Rule == "blind" && f.WithdrawnBy == 0 }) {
			t.Errorf("corrected to blind, and nothing is found: %+v, %v", found, err)
		}
	}
	second.do("meng", "score", "", data{"total": "100", "opinion": "未扣分"})
	sees("meng", true)
	sees("kong", true)
}

// A complaint that is not there for whom it is about leaves no gap on a page, and no page is skipped or shown twice.
func TestWhatIsHiddenLeavesNoGap(t *testing.T) {
	h := more(t)
	if err := h.Found(bg, post("bao", "superintendent_general", "dc")); err != nil {
		t.Fatal(err)
	}
	var hidden, all []casefile.CaseID
	for i := range 23 {
		officers := "wang"
		if i%3 == 0 {
			officers = "hai" // who serves in superintendence and is complained of
		}
		m := &matter{house: h, proc: "superintendence", unit: "dc"}
		m.do("bao", "receive_complaint", "", data{"title": "投诉", "source": "phone", "class": "overtime_custody", "live": "false", "officers": officers, "summary": "略"})
		if i%3 == 0 {
			hidden = append(hidden, m.id)
		}
		all = append(all, m.id)
	}
	for who, want := range map[string]int{"bao": len(all), "hai": len(all) - len(hidden)} {
		seen := map[casefile.CaseID]bool{}
		w := handling.Wanted{Matters: true, Limit: 5}
		for {
			page, err := h.Cases(bg, as(who), w)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page {
				if seen[x.ID] || who == "hai" && slices.Contains(hidden, x.ID) {
					t.Errorf("%s: %s twice, or not to be seen", who, x.ID)
				}
				seen[x.ID] = true
			}
			if len(page) < w.Limit {
				break
			}
			w.Before, w.AfterID = page[len(page)-1].Updated, page[len(page)-1].ID
		}
		if len(seen) != want {
			t.Errorf("%s sees %d on full pages, want %d", who, len(seen), want)
		}
	}
}

// A case left out of a complaint: nobody verifies it without naming the case, and not who took part in that.
func TestACaseLeftOutOfAComplaintIsNamed(t *testing.T) {
	h := more(t)
	c, _ := overtime(t, h)
	if err := h.Found(bg, authority.EndPost(authority.Appointment{Person: "wang", Post: "handler", Unit: "b1"}, h.now()-minute), post("wang", "superintendent", "dc")); err != nil {
		t.Fatal(err)
	}
	m := &matter{house: h, proc: "superintendence", unit: "dc"}
	m.do("bao", "receive_complaint", "", data{"title": "某所扣留时间过长", "source": "phone", "class": "overtime_custody", "live": "false", "summary": "略"})
	verified := data{"result": "unconfirmed", "facts": "无"}
	m.refused("wang", "verify_complaint", "", "case-unnamed", verified)
	m.refused("wang", "verify_complaint", "", "related", with(verified, "case", string(c.id)))
	m.do("hai", "verify_complaint", "", with(verified, "case", string(c.id)))
	m.refused("wang", "verify_complaint", "", "related", with(verified, "no_case", "true")) // the case is named for good
}
