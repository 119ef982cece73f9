package handling_test

import (
	"crypto/rand"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"plumbline/calendar"
	"plumbline/handling"
	"plumbline/packs"
	"plumbline/procedure"
)

// TestStagesAreThoseOfTheActsThatStand: a stage begins with the act that stands, not with the one it corrects or one that was
// taken back.
func TestStagesAreThoseOfTheActsThatStand(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "register_person")
	q := c.request(step{"receive_report", "2026-03-02T08:40", "chen", "", stepOf("receive_report").data})
	q.Corrects = c.last()
	h.set("2026-03-02T10:30")
	if _, err := h.Submit(t.Context(), as("chen"), q); err != nil {
		t.Fatal(err)
	}
	c.do(stepOf("accept"))
	c.do(step{"file", "", "chen", "", nil})
	q = c.request(step{"file", "", "chen", "", nil})
	q.Withdraws = c.last()
	if _, err := h.Submit(t.Context(), as("chen"), q); err != nil {
		t.Fatal(err)
	}
	f, err := h.File(t.Context(), as("chen"), c.id, "case")
	if err != nil {
		t.Fatal(err)
	}
	if intake, investigation := f.Stages[0], f.Stages[1]; intake.At != at("2026-03-02T08:40") || investigation.At != 0 {
		t.Errorf("intake entered at %s, investigation at %s", intake.At, investigation.At)
	}
}

// TestARefusedCorrectionCorrectsNothing: the act it named is shown as standing, and can still be corrected.
func TestARefusedCorrectionCorrectsNothing(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "give_receipt")
	q := c.request(step{"accept", "", "zhou", "", data{"opinion": "x"}}) // no reviewer accepts
	q.Corrects = c.last()
	if a, err := h.Submit(t.Context(), as("zhou"), q); err != nil || len(a.Refused) == 0 {
		t.Fatal(a, err)
	}
	f, err := h.File(t.Context(), as("chen"), c.id, "case")
	if err == nil && f.Acts[2].Corrected != 0 {
		t.Errorf("act 3 is shown as corrected by act %d, which was refused", f.Acts[2].Corrected)
	}
	if err != nil {
		t.Error(err)
	}
}

// noFont has no character at all.
type noFont struct{}

func (noFont) Missing(text string) []rune { return []rune(text) }

// TestAttackReleaseWaitsForNoFont: a document that cannot be printed stops what it decides, never what frees.
func TestAttackReleaseWaitsForNoFont(t *testing.T) {
	h := newHouse(t)
	c := walked(h, "leave")
	pack := lettered(t)
	var err error
	h.House, err = handling.Open(handling.Config{Store: h.store, Pack: pack, Now: func() calendar.Instant { return h.now() }, Random: rand.Reader, Glyphs: noFont{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.try(stepOf("record_inquiry")); err == nil {
		t.Error("a document without a letter was issued")
	}
	if a, err := c.try(stepOf("leave")); err != nil || len(a.Record.Issued) != 1 {
		t.Error("leaving was stopped:", err)
	}
}

// lettered is the pack with a document that goes with leaving.
func lettered(t *testing.T) *procedure.Pack {
	files := fstest.MapFS{"cn-police/documents/leaving_note.yaml": {Data: []byte("document: leaving_note\ntitle: {zh: 离开记录, en: Leaving}\nbasis: [apr/68]\nunverified: x\nbody:\n  - fields:\n      - [{zh: 被传唤人, en: Who left}, \"{subject.name}\"]\n")}}
	err := fs.WalkDir(packs.FS, "cn-police", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.FS, path)
		files[path] = &fstest.MapFile{Data: []byte(strings.Replace(string(b), "{zh: 离开, en: Leaving}\n", "{zh: 离开, en: Leaving}\n    documents: [leaving_note]\n", 1))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := procedure.Load(files, "cn-police")
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := pack.Procedure("administrative"); !slices.Equal(p.Act(p.ActOf("leave")).Documents, []string{"leaving_note"}) {
		t.Fatal("no document was put in")
	}
	return pack
}
