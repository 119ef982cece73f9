package storetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/store/backup"
)

// Backed is a store that can be backed up.
type Backed interface {
	handling.Store
	Backup(ctx context.Context, dir string) (backup.Manifest, error)
	Confirm(ctx context.Context, person, reason string) error
	Events(ctx context.Context) ([]backup.Event, error)
}

// Backups tests that a backup comes back, and that one that is torn, damaged, mixed up or altered does not. restore brings
// it into a place of its own and opens it there; alter is as in Opened.
func Backups(t *testing.T, open func(t *testing.T) (s Backed, alter func(statement string)), restore func(t *testing.T, dir string) (reopen func() Backed, err error)) {
	ctx := context.Background()
	t.Run("a backup taken under load comes back, read-only until confirmed", func(t *testing.T) {
		s, _ := open(t)
		f := &fixture{T: t, Opened: Opened{Store: s}, ctx: ctx}
		for i := range 30 {
			f.commit(laden(casefile.CaseID(fmt.Sprint("case-", i%3)), int64(i/3), casefile.ActID(fmt.Sprint("act-", i))))
		}
		f.ok(s.Look(ctx, casefile.Looked{Case: "case-1", Person: "p"}))
		var stop atomic.Bool
		ended := make(chan error, 1)
		go func() {
			var err error
			for i := int64(0); err == nil && !stop.Load(); i++ {
				_, err = s.Commit(ctx, laden("busy", i, casefile.ActID(fmt.Sprint("busy-", i))))
			}
			ended <- err
		}()
		dir := filepath.Join(t.TempDir(), "backup")
		m, err := s.Backup(ctx, dir)
		stop.Store(true)
		f.ok(err)
		f.ok(<-ended)
		if m.Size < 30 {
			t.Fatalf("the backup has %d acts, 30 were acknowledged before it", m.Size)
		}
		if _, err := s.Backup(ctx, dir); err == nil {
			t.Error("a backup was written over another")
		}
		all := must[[]casefile.Entry](f)(s.Entries(ctx, 0, int(m.Size)))

		reopen, err := restore(t, dir)
		f.ok(err)
		for range 2 { // a restart does not confirm
			s = reopen()
			f.is(s.Health(), casefile.ErrReadOnly)
			_, err = s.Commit(ctx, Change("new", 0, "new"))
			f.is(err, casefile.ErrReadOnly)
		}
		f.same(must[[]casefile.Entry](f)(s.Entries(ctx, 0, int(m.Size)+10)), all)
		f.ok(s.Look(ctx, casefile.Looked{Case: "case-1", Person: "p"})) // who looks at a restored store is on the record too
		for _, c := range [][2]string{{"", "why"}, {"who", ""}} {
			if s.Confirm(ctx, c[0], c[1]) == nil {
				t.Error("confirmed without a person or a reason")
			}
		}
		f.is(s.Health(), casefile.ErrReadOnly)
		f.ok(s.Confirm(ctx, "person-9", "compared with the witness"))
		f.ok(s.Health())
		if s.Confirm(ctx, "person-9", "again") == nil {
			t.Error("confirmed twice")
		}
		k, err := s.Commit(ctx, Change("new", 0, "new"))
		f.ok(err)
		f.same(k.Index, m.Size)
		s = reopen()
		f.ok(s.Health())
		events := must[[]backup.Event](f)(s.Events(ctx))
		if len(events) != 2 || events[0].Kind != "restored" || events[1].Kind != "confirmed" || events[1].Person != "person-9" || events[1].Text != "compared with the witness" {
			t.Errorf("events %+v", events)
		}
		f.ok(s.Check(ctx))
	})

	t.Run("what does not hold is refused with the reason", func(t *testing.T) {
		s, alter := open(t)
		f := &fixture{T: t, Opened: Opened{Store: s}, ctx: ctx}
		for i := range 20 {
			f.commit(laden("c", int64(i), casefile.ActID(fmt.Sprint("act-", i))))
		}
		good, later := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "later")
		m, err := s.Backup(ctx, good)
		f.ok(err)
		f.commit(laden("c", 20, "act-20"))
		_, err = s.Backup(ctx, later)
		f.ok(err)
		data, manifest := m.Files[0].Name, "manifest.json"
		change := func(name string, how func([]byte) []byte) func(string) {
			return func(dir string) {
				b, err := os.ReadFile(filepath.Join(dir, name))
				f.ok(err)
				f.ok(os.WriteFile(filepath.Join(dir, name), how(bytes.Clone(b)), 0o600))
			}
		}
		flip := func(at func(n int) int) func([]byte) []byte {
			return func(b []byte) []byte { b[at(len(b))] ^= 1; return b }
		}
		replace := func(old, now string) func([]byte) []byte {
			return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(now), 1) }
		}
		for _, c := range []struct {
			name  string
			spoil func(dir string)
			want  string
		}{
			{"a bit at the beginning", change(data, flip(func(int) int { return 20 })), "damaged"},
			{"a bit in the middle", change(data, flip(func(n int) int { return n / 2 })), "damaged"},
			{"a bit at the end", change(data, flip(func(n int) int { return n - 1 })), "damaged"},
			{"a torn file", change(data, func(b []byte) []byte { return b[:len(b)*2/3] }), "torn"},
			{"an empty file", change(data, func([]byte) []byte { return nil }), "torn"},
			{"a file too long", change(data, func(b []byte) []byte { return append(b, 0) }), "torn"},
			{"no file", func(dir string) { f.ok(os.Remove(filepath.Join(dir, data))) }, "no such file"},
			{"no manifest", func(dir string) { f.ok(os.Remove(filepath.Join(dir, manifest))) }, "not finished"},
			{"a torn manifest", change(manifest, func(b []byte) []byte { return b[:len(b)/2] }), "manifest.json"},
			{"another root", change(manifest, replace(m.Root, strings.Repeat("ab", 32))), "the manifest says"},
			{"another size", change(manifest, replace(`"size": 20,`, `"size": 19,`)), "the manifest says"},
			{"another store", change(manifest, replace(m.Store, strings.Repeat("0", 32))), "the manifest says"},
			{"another format", change(manifest, replace("backup 1", "backup 9")), "expected"},
			{"the file of another backup", func(dir string) {
				b, err := os.ReadFile(filepath.Join(later, data))
				f.ok(err)
				f.ok(os.WriteFile(filepath.Join(dir, data), b, 0o600))
			}, "manifest says"},
			{"a path out of the folder", change(manifest, replace(`"`+data+`"`, `"../`+data+`"`)), "not in the folder"},
		} {
			dir := filepath.Join(t.TempDir(), "copy")
			f.ok(os.CopyFS(dir, os.DirFS(good)))
			c.spoil(dir)
			if _, err := restore(t, dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.name, err, c.want)
			}
		}
		alter("UPDATE act SET leaf = request WHERE idx = 3")
		altered := filepath.Join(t.TempDir(), "altered")
		_, err = s.Backup(ctx, altered)
		f.ok(err)
		if _, err := restore(t, altered); err == nil || !strings.Contains(err.Error(), "act-3") {
			t.Errorf("a store altered before its backup: got %v, want act-3 named", err)
		}
	})
}
