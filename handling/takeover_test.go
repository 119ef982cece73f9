package handling_test

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
)

// Who knows from what the house derives an id opens a case of their own under it: the house must not take that for its own.
func TestNobodyTakesAnIDOfTheHouse(t *testing.T) {
	h := more(t)
	m := fallen(t, h)
	derived := func(parts ...string) string {
		d := sha256.Sum256([]byte(strings.Join(parts, "\n")))
		return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d[:16])
	}
	fall := h.id() // of the act that will enter the result: the client makes it
	for _, prefix := range []casefile.ActID{"", "lead-"} {
		id := prefix + casefile.ActID(derived("plumbline lead", string(fall), "inquiry_reviewed"))
		_, err := h.Submit(bg, as("gao"), &handling.Request{ID: id, Procedure: adminID, Unit: "b2", Kind: "receive_report", Data: data{"source": "walk_in", "title": "某事", "summary": "略", "happened": "2026-03-02T08:00", "place": "某路"}})
		var bad *handling.Invalid
		if prefix != "" && !errors.As(err, &bad) {
			t.Errorf("%s: %v", id, err)
		}
	}
	m.set("2026-04-20T09:00")
	head, err := h.store.Case(bg, m.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Submit(bg, as("qian"), &handling.Request{ID: fall, Case: m.id, Kind: "reconsideration_result", Base: head.Acts, Subjects: []handling.SubjectInput{{ID: "p2"}}, Data: data{"result": "revoked", "number": "复决1号", "anew": "false"}}); err != nil {
		t.Fatal(err)
	}
	if n := len(h.led("fault")); n != 1 {
		t.Errorf("%d inquiries", n)
	}
	for _, id := range []casefile.ActID{"due-" + casefile.ActID(derived("x")), "import-" + casefile.ActID(derived("x")), "o-" + casefile.ActID(strings.ToLower(derived("x")))} {
		_, err := h.Submit(bg, as("gao"), &handling.Request{ID: id, Procedure: adminID, Unit: "b2", Kind: "receive_report", Data: data{"source": "walk_in", "title": "某事", "summary": "略", "happened": "2026-03-02T08:00", "place": "某路"}})
		var bad *handling.Invalid
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Text and title are put before the public as they were approved: a correction of the proposal after that is not.
func TestWhatIsCorrectedBehindTheApprovalIsNotShown(t *testing.T) {
	h := publisher(t)
	p := &matter{house: h, proc: "publication", unit: "b1"}
	p.do("wang", "propose_publication", "", figures)
	p.do("zhou", "check_publication", "", clean)
	p.do("zhao2", "approve_publication", "", data{"channel": "site"})
	if _, err := p.change("wang", "propose_publication", "", with(figures, "text_redacted", "某店老板是骗子。"), true); err != nil {
		t.Fatal(err)
	}
	p.do("wang", "publish", "", data{"address": "本站", "as_approved": "true"})
	for _, x := range h.Published(handling.PublicQuery{}) {
		t.Errorf("nobody approved it: %+v", x)
	}
}

// An officer has a colleague correct what they did, and an inquiry opens later: it is about them all the same.
func TestWhoHadTheirActCorrectedIsConcerned(t *testing.T) {
	h := more(t)
	c := &case1{house: h}
	for _, s := range walk {
		c.do(s)
		if s.do == "propose" {
			m := &matter{house: h, id: c.id}
			d := data{}
			for k, v := range s.data {
				d[k] = v
			}
			d["facts"] = "殴打他人。"
			if a, err := m.change("sun", "propose", "p2", d, true); err != nil || len(a.Refused) > 0 {
				t.Fatal(a, err)
			}
		}
	}
	c.contested().fall("revoked")
	opened := h.led("fault")
	if len(opened) != 1 {
		t.Fatal(opened)
	}
	if got := h.first(opened[0].ID).Datum("officers").Text(); !strings.Contains(got, "wang") || !strings.Contains(got, "sun") {
		t.Errorf("it is about %s", got)
	}
}
