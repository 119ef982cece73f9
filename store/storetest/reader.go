package storetest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"plumbline/casefile"
	"plumbline/ledger"
)

// Readers tests that a store opened for reading alone disturbs nobody, sees what is acknowledged and writes nothing. place
// gives a new place for a store, to be opened for writing or reading.
func Readers(t *testing.T, place func(t *testing.T) (write, read func() (Backed, error))) {
	ctx := context.Background()
	write, read := place(t)
	f := &fixture{T: t, ctx: ctx}
	opened := func(open func() (Backed, error)) Backed {
		t.Helper()
		s, err := open()
		f.ok(err)
		t.Cleanup(func() { _ = s.Close() }) // closed already, unless the test failed
		return s
	}
	w := opened(write)
	f.Store = w
	f.commit(laden("c", 0, "act-0"))
	r := opened(read)
	sees := func(acts int64) {
		t.Helper()
		size, root, err := r.Head(ctx)
		f.ok(err)
		_, want, err := w.Head(ctx)
		f.ok(err)
		f.same(size, acts)
		f.same(root, want)
		f.same(len(must[[]casefile.Entry](f)(r.Acts(ctx, "c", 0))), int(acts))
	}
	sees(1)
	f.commit(laden("c", 1, "act-1"))
	sees(2)

	_, err := r.Commit(ctx, Change("new", 0, "new"))
	for what, err := range map[string]error{
		"commit": err, "health": r.Health(), "look": r.Look(ctx, casefile.Looked{Case: "c"}), "account": r.PutAccount(ctx, casefile.Account{Login: "l"}),
		"session": r.PutSession(ctx, casefile.Session{}), "end of a session": r.EndSession(ctx, ledger.Hash{}), "draft": r.PutDraft(ctx, casefile.Draft{Key: "k"}),
		"slips": r.AddSlips(ctx, "c", []ledger.Hash{{}}), "answers": r.PutAnswers(ctx, "c", []ledger.Hash{{}}, nil), "end of a survey": r.EndSurvey(ctx, "c"),
		"end of a draft": r.DropDraft(ctx, "k"), "confirmation": r.Confirm(ctx, "p", "why"),
	} {
		t.Log(what)
		f.is(err, casefile.ErrReadOnly)
	}

	var stop atomic.Bool
	ended := make(chan error, 1)
	go func() {
		var err error
		for i := int64(0); err == nil && !stop.Load(); i++ {
			_, err = w.Commit(ctx, laden("busy", i, casefile.ActID(fmt.Sprint("busy-", i))))
		}
		ended <- err
	}()
	checked := r.Check(ctx)
	m, err := r.Backup(ctx, filepath.Join(t.TempDir(), "backup"))
	stop.Store(true)
	f.ok(checked)
	f.ok(err)
	f.ok(<-ended)
	size, _, err := w.Head(ctx)
	f.ok(err)
	if m.Size < 2 || m.Size > size {
		t.Errorf("the backup has %d acts, the store 2 before it and %d after it", m.Size, size)
	}

	// Nobody writes any more; then somebody does again.
	f.ok(w.Close())
	f.ok(r.Check(ctx))
	f.ok(r.Close())
	r = opened(read)
	f.ok(r.Check(ctx))
	_, err = r.Backup(ctx, filepath.Join(t.TempDir(), "alone"))
	f.ok(err)
	w = opened(write)
	f.Store = w
	f.commit(laden("c", 2, "act-2"))
	f.same(len(must[[]casefile.Entry](f)(r.Acts(ctx, "c", 0))), 3)
	f.ok(r.Close())
	f.ok(w.Check(ctx))
	f.ok(w.Close())
}
