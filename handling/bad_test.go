package handling_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

// blobs is files in memory.
type blobs map[[32]byte][]byte

func (b blobs) Put(_ context.Context, r io.Reader, limit int64) ([32]byte, int64, error) {
	all, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || int64(len(all)) > limit {
		return [32]byte{}, 0, errors.Join(err, casefile.ErrTooLarge)
	}
	d := sha256.Sum256(all)
	b[d] = all
	return d, int64(len(all)), nil
}

func (b blobs) Open(d [32]byte) (io.ReadCloser, error) {
	all, ok := b[d]
	if !ok {
		return nil, casefile.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

// TestBadInput: what cannot be an act names its field in both languages, and nothing changes.
func TestBadInput(t *testing.T) {
	h := newHouse(t)
	files := blobs{}
	h.House = h.over(h.store, nil, files)
	other := walked(h, "propose")
	h.set("2026-03-02T08:00") // the clock of the first case starts again
	c := walked(h, "propose")
	ctx := t.Context()
	kept, err := h.Attach(ctx, as("wang"), c.id, "现场.jpg", "image/jpeg", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Attach(ctx, as("wang"), c.id, "a", "b", io.LimitReader(zeros{}, handling.MaxAttachment+1)); !errors.Is(err, casefile.ErrTooLarge) {
		t.Error("too large:", err)
	}
	foreign := c.rows().Acts
	otherAct := other.rows().Acts[5].Act
	inquiry := stepOf("record_inquiry").data
	with := func(d data, kv ...string) data {
		d = maps.Clone(d)
		if d == nil {
			d = data{}
		}
		for i := 0; i < len(kv); i += 2 {
			d[kv[i]] = kv[i+1]
		}
		return d
	}
	inq := func(kv ...string) step { return step{"record_inquiry", "", "wang", "p2", with(inquiry, kv...)} }
	person := func(kv ...string) step {
		return step{"register_person", "", "wang", "+witness", with(data{"name": "证人"}, kv...)}
	}
	sum := func(kv ...string) step {
		return step{"summon", "", "wang", "p2", with(data{"arrived": "2026-03-02T16:00"}, kv...)}
	}
	prop := func(kv ...string) step { s := stepOf("propose"); s.at, s.data = "", with(s.data, kv...); return s }
	assign := func(to string) step { return step{"assign", "", "li", "", data{"handlers": to}} }
	plain := func(q *handling.Request) {}
	occurred := func(s string) func(*handling.Request) { return func(q *handling.Request) { q.Occurred = s } }
	file := func(a casefile.Attached) func(*handling.Request) {
		return func(q *handling.Request) { q.Attached = []casefile.Attached{a} }
	}
	changed := func(f func(*casefile.Attached)) func(*handling.Request) { a := kept; f(&a); return file(a) }
	for i, row := range []struct {
		step  step
		alter func(*handling.Request)
		field string
	}{
		{inq("text", ""), plain, "text"},
		{inq("text", " \n "), plain, "text"},
		{inq("signed", ""), plain, "signed"},
		{inq("began", "gestern"), plain, "began"},
		{inq("began", "2026-03-02"), plain, "began"},
		{inq("began", "2026-03-02T14:30+01:00"), plain, "began"},
		{inq("began", "2026-03-02T14:30Z"), plain, "began"},
		{inq("began", "2026-02-30T14:30"), plain, "began"},
		{inq("began", "2026-03-02T25:30"), plain, "began"},
		{inq("ended", "2026-03-02T23:59"), plain, "ended"},
		{sum("arrived", "2026-03-03T17:00"), plain, "arrived"},
		{inq("recorded_av", "vielleicht"), plain, "recorded_av"},
		{inq("where", "moon"), plain, "where"},
		{inq("where", "CASE_AREA"), plain, "where"},
		{inq("checked", "read,read_out"), plain, "checked"},
		{inq("text", "a\x00b"), plain, "text"},
		{inq("text", "a\u202eb"), plain, "text"},
		{inq("text", "a\u2066b"), plain, "text"},
		{inq("text", "a\x1b[31mb"), plain, "text"},
		{inq("text", "a\xffb"), plain, "text"},
		{inq("text", strings.Repeat("问", 50001)), plain, "text"},
		{inq("officers", "nobody"), plain, "officers"},
		{inq("officers", ","), plain, "officers"},
		{inq("officers", "wang,free"), plain, "officers"}, // in no post
		{inq("mood", "bad"), plain, "mood"},
		{inq("", "x"), plain, ""},
		{person("name", ""), plain, "name"},
		{person("name", strings.Repeat("证", 61)), plain, "name"},
		{person("birth", "1990-13-01"), plain, "birth"},
		{person("birth", "01.02.1990"), plain, "birth"},
		{person("gender", "x"), plain, "gender"},
		{person("phone", strings.Repeat("1", 41)), plain, "phone"},
		{prop("fine", "-1"), plain, "fine"},
		{prop("fine", "1,000"), plain, "fine"},
		{prop("fine", "99999999999999999999999999"), plain, "fine"},
		{prop("fine", "NaN"), plain, "fine"},
		{prop("detention_days", "-5"), plain, "detention_days"},
		{prop("detention_days", "5.5"), plain, "detention_days"},
		{prop("detention_days", "99999999999999999999"), plain, "detention_days"},
		{prop("detention_days", ""), plain, "detention_days"},
		{assign("gao"), plain, "handlers"}, // of another station
		{assign("li"), plain, "handlers"},  // no handler
		{assign("admin"), plain, "handlers"},
		{assign("、"), plain, "handlers"},
		{sum("arrived", ""), plain, "arrived"},
		{sum(), occurred("tomorrow"), "occurred"},
		{step{"leave", "", "wang", "p2", nil}, occurred("2026-03-02"), "occurred"},
		{sum(), occurred("2026-03-02T17:00+08:00"), "occurred"},
		{sum(), occurred("2027-03-02T17:00"), "occurred"},
		{sum(), occurred("2026-02-27T17:00"), "occurred"},
		{sum(), occurred("0001-01-01T00:00"), "occurred"},
		{sum(), func(q *handling.Request) { q.Subjects = nil }, "subject"},
		{sum(), func(q *handling.Request) { q.Subjects[0].ID = "p9" }, "subject"},
		{sum(), func(q *handling.Request) { q.Subjects = append(q.Subjects, q.Subjects[0]) }, "subject"},
		{sum(), func(q *handling.Request) { q.Subjects[0].ID = "p1" }, "subject"}, // the reporter
		{sum(), func(q *handling.Request) { q.Subjects = []handling.SubjectInput{{Role: "Not A Role"}} }, "subject"},
		{sum(), func(q *handling.Request) { q.Subjects = make([]handling.SubjectInput, 51) }, "subject"},
		{assign("wang"), func(q *handling.Request) { q.Subjects = []handling.SubjectInput{{ID: "p1"}} }, "subject"},
		{sum(), func(q *handling.Request) { q.ID = "short" }, "id"},
		{sum(), func(q *handling.Request) { q.ID = casefile.ActID(strings.Repeat("x", 65)) }, "id"},
		{sum(), func(q *handling.Request) { q.ID = "sixteen letters and blanks" }, "id"},
		{sum(), func(q *handling.Request) { q.ID = "a\u202eaaaaaaaaaaaaaaaaaaaaa" }, "id"},
		{step{"levitate", "", "wang", "", nil}, plain, "kind"},
		{step{"", "", "wang", "", nil}, plain, "kind"},
		{sum(), func(q *handling.Request) { q.Corrects = "an-act-nobody-ever-did" }, "corrects"},
		{sum(), func(q *handling.Request) { q.Corrects = otherAct }, "corrects"},
		{sum(), func(q *handling.Request) { q.Corrects = foreign[0].Act }, "corrects"}, // of another kind
		{step{"receive_report", "", "chen", "", nil}, func(q *handling.Request) { q.Withdraws = foreign[0].Act }, "withdraws"},
		{step{"accept", "", "zhou", "", nil}, func(q *handling.Request) { q.Withdraws = foreign[2].Act }, "withdraws"}, // no post for it
		{step{"accept", "", "chen", "", nil}, func(q *handling.Request) { q.Withdraws, q.Corrects = foreign[2].Act, foreign[2].Act }, "withdraws"},
		{sum(), changed(func(a *casefile.Attached) { a.Size = handling.MaxAttachment + 1 }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Size = -1 }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Digest = ledger.Hash{1} }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Name = "" }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Name = "x\u202egpj.exe" }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Name = "a\nb" }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Type = "" }), "attached"},
		{sum(), changed(func(a *casefile.Attached) { a.Type = "a b" }), "attached"},
		{sum(), func(q *handling.Request) { q.Attached = slices.Repeat([]casefile.Attached{kept}, 51) }, "attached"},
	} {
		if row.step.by == "chen" || row.step.by == "zhou" {
			row.step.data = nil
		}
		q := c.request(row.step)
		q.Occurred = ""
		row.alter(q)
		who := as(row.step.by)
		if who.Person == "chen" {
			who = as("li")
		}
		before := c.rows()
		a, err := h.Submit(ctx, who, q)
		var bad *handling.Invalid
		if !errors.As(err, &bad) {
			t.Errorf("row %d, %s %s: %+v, %v", i, row.step.do, row.field, a, err)
			continue
		}
		if !slices.ContainsFunc(bad.Problems, func(p handling.Problem) bool { return p.Field == row.field }) {
			t.Errorf("row %d: wants field %q, got %+v", i, row.field, bad.Problems)
		}
		for _, p := range bad.Problems {
			if p.Text.ZH == "" || p.Text.EN == "" || !strings.ContainsFunc(p.Text.ZH, func(r rune) bool { return r > 0x3000 }) {
				t.Errorf("row %d: %q / %q", i, p.Text.ZH, p.Text.EN)
			}
		}
		if d := cmp.Diff(before, c.rows()); d != "" {
			t.Errorf("row %d changed the case: %s", i, d)
		}
	}

	// The same, where it is not the input that is wrong.
	ok := c.request(inq())
	ok.Occurred, ok.Attached = "", []casefile.Attached{kept}
	first, err := h.Submit(ctx, as("wang"), ok)
	if err != nil {
		t.Fatal(err)
	}
	before := c.rows()
	other2 := *ok
	other2.Data = with(ok.Data, "text", "etwas anderes")
	gone := *ok
	gone.Case = "c1-0000000000000"
	stale := *c.request(sum())
	stale.Base--
	elsewhere := *ok
	elsewhere.Case, elsewhere.Base = other.id, other.head().Acts
	ahead := *ok
	ahead.ID, ahead.Base = h.id(), 9999
	behind := *ok
	behind.ID, behind.Base = h.id(), -5
	latest := other2
	latest.Base = before.Head.Acts
	people := *ok
	people.Case = "people"
	for i, row := range []struct {
		who  string
		q    handling.Request
		want error
	}{
		{"wang", other2, casefile.ErrOtherAct},
		{"wang", latest, casefile.ErrOtherAct},
		{"sun", *ok, casefile.ErrOtherAct},
		{"wang", elsewhere, casefile.ErrOtherAct},
		{"wang", gone, casefile.ErrNotFound},
		{"wang", people, casefile.ErrNotFound},
		{"gao", *ok, casefile.ErrNotFound},
		{"admin", *ok, casefile.ErrNotFound},
		{"", *ok, casefile.ErrNotFound},
		{"nobody", *ok, casefile.ErrNotFound},
		{"free", *ok, casefile.ErrNotFound},
		{"dong", *ok, &handling.NotAllowed{}},
		{"wang", stale, &handling.Changed{}},
		{"wang", ahead, &handling.Changed{}},
		{"wang", behind, &handling.Changed{}},
	} {
		q := row.q
		_, err := h.Submit(ctx, as(row.who), &q)
		var c1 *handling.Changed
		var no *handling.NotAllowed
		switch row.want.(type) {
		case *handling.Changed:
			if !errors.As(err, &c1) || c1.Base != before.Head.Acts {
				t.Errorf("%d: %v", i, err)
			}
		case *handling.NotAllowed:
			if !errors.As(err, &no) {
				t.Errorf("%d: %v", i, err)
			}
		default:
			if !errors.Is(err, row.want) {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
	again, err := h.Submit(ctx, as("wang"), ok)
	if err != nil || !again.Kept.Again || again.Kept.Number != first.Kept.Number || again.Kept.Index != first.Kept.Index || again.Kept.Leaf != first.Kept.Leaf || len(again.Found) != len(first.Found) || len(again.Opened) != len(first.Opened) {
		t.Errorf("again %+v, %v; first %+v", again, err, first)
	}
	if d := cmp.Diff(before, c.rows()); d != "" {
		t.Error("the case changed:", d)
	}

	// An act that opens a case.
	for i, q := range []handling.Request{
		{Kind: "accept", ID: h.id(), Procedure: adminID, Unit: "b1", Data: data{"opinion": "x"}},
		{Kind: "receive_report", ID: "x", Procedure: adminID, Unit: "b1", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: adminID, Unit: "b2", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: adminID, Unit: "ju", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: adminID, Unit: "moon", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: "administrative", Unit: "b1", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: "cn-police/moon", Unit: "b1", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: "it-road-fines/narrative", Unit: "b1", Data: walk[0].data},
		{Kind: "receive_report", ID: h.id(), Procedure: adminID, Unit: "b1", Data: walk[0].data, Occurred: "0026-03-01T10:00"},
		{Kind: "receive_report", ID: h.id(), Procedure: adminID, Unit: "b1", Data: walk[0].data, Corrects: foreign[0].Act},
		{Kind: "register_person", ID: h.id(), Procedure: adminID, Unit: "b1", Data: data{"name": "x"}, Subjects: []handling.SubjectInput{{Role: "victim"}}},
	} {
		if a, err := h.Submit(ctx, as("chen"), &q); err == nil {
			t.Errorf("opening %d: %+v", i, a)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestReportedLate: a report that was entered days later takes what happened in between.
func TestReportedLate(t *testing.T) {
	h := newHouse(t)
	h.set("2026-03-05T09:00")
	c := &case1{house: h}
	s := walk[0]
	c.do(s)
	c.do(walk[1])
	if got := c.head().Opened; got != at("2026-03-02T09:00") {
		t.Error("opened", got)
	}
	if a := c.do(step{"accept", "", "chen", "", data{"opinion": "x"}}); len(a.Refused) > 0 {
		t.Error(a.Refused)
	}
}

// TestWithdrawn: what lists say of a case follows a withdrawal, no number is drawn for it, and nobody takes the id of one
// who was entered by mistake.
func TestWithdrawn(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "file")
	take := func(by, kind string, number int) *handling.Answer {
		t.Helper()
		q := c.request(step{do: kind})
		q.Occurred, q.Withdraws = "", c.rows().Acts[number-1].Act
		a, err := h.Submit(t.Context(), as(by), q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	take("li", "assign", 5)
	if got := c.head().Handlers; len(got) != 0 {
		t.Error("handlers", got)
	}
	if a := take("chen", "accept", 3); len(a.Record.Issued) != 0 {
		t.Error("a withdrawal issues", a.Record.Issued)
	}
	take("chen", "register_person", 2)
	a := c.do(step{"register_person", "", "chen", "+victim", data{"name": "乙"}})
	b := c.do(step{"register_person", "", "chen", "+offender", data{"name": "丙"}})
	if fmt.Sprint(a.Record.Subjects[0].ID, b.Record.Subjects[0].ID) != "p2p3" {
		t.Error(a.Record.Subjects, b.Record.Subjects)
	}
	take("chen", "register_person", int(a.Kept.Number))
	if d := c.do(step{"register_person", "", "chen", "+offender", data{"name": "丁"}}); d.Record.Subjects[0].ID != "p4" {
		t.Error(d.Record.Subjects)
	}
	if err := h.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
