package durable

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// badDisk fails at one step, and writes down every step.
type badDisk struct {
	realDisk
	fail  string // the step: create, write, chmod, sync, close, rename, mkdir, syncDir
	after int    // how many times it goes well before, or bytes for write
	err   error

	mu    sync.Mutex
	steps []string
}

func (d *badDisk) step(name, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, name+" "+filepath.Base(path))
	if d.fail == name {
		if d.after--; d.after < 0 {
			d.fail = "" // once: whoever tries again would succeed
			return d.err
		}
	}
	return nil
}

func (d *badDisk) create(dir, pattern string) (file, error) {
	if err := d.step("create", dir); err != nil {
		return nil, err
	}
	f, err := d.realDisk.create(dir, pattern)
	return &badFile{f, d, 0}, err
}

func (d *badDisk) rename(from, to string) error {
	if err := d.step("rename", to); err != nil {
		return err
	}
	return d.realDisk.rename(from, to)
}

func (d *badDisk) mkdir(path string) error {
	if err := d.step("mkdir", path); err != nil {
		return err
	}
	return d.realDisk.mkdir(path)
}

func (d *badDisk) syncDir(path string) error {
	if err := d.step("syncDir", path); err != nil {
		return err
	}
	return d.realDisk.syncDir(path)
}

type badFile struct {
	file
	d *badDisk
	n int
}

func (f *badFile) Write(p []byte) (int, error) {
	if f.d.fail == "write" && f.n+len(p) > f.d.after { // a full disk takes what still fits
		n, _ := f.file.Write(p[:max(0, f.d.after-f.n)])
		f.d.fail = ""
		return n, f.d.err
	}
	f.n += len(p)
	return f.file.Write(p)
}

func (f *badFile) Chmod(m fs.FileMode) error {
	if err := f.d.step("chmod", ""); err != nil {
		return err
	}
	return f.file.Chmod(m)
}

func (f *badFile) Sync() error {
	if err := f.d.step("sync", ""); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *badFile) Close() error {
	err := f.d.step("close", "")
	if cerr := f.file.Close(); err == nil {
		err = cerr
	}
	return err
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, e.Name())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	for _, s := range []string{"one", "", strings.Repeat("long", 100_000)} {
		if err := Write(dir, "a.txt", text(s)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(dir + "/a.txt")
		if err != nil || string(got) != s {
			t.Errorf("got %.20q, %v; want %.20q", got, err, s)
		}
	}
	if got := files(t, dir); !slices.Equal(got, []string{"a.txt"}) {
		t.Errorf("left %q", got)
	}
	for _, name := range []string{"", ".", "..", "a/b", "/a", "../a"} {
		if err := Write(dir, name, text("x")); err == nil {
			t.Errorf("%q was taken as a name", name)
		}
	}
	if err := Write(dir+"/none", "a", text("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder not there: %v", err)
	}
}

func TestOrderOfSteps(t *testing.T) {
	dir := t.TempDir()
	d := &badDisk{}
	if err := write(d, dir, "a", text("x")); err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(dir)
	if want := []string{"create " + base, "chmod .", "sync .", "close .", "rename a", "syncDir " + base}; !slices.Equal(d.steps, want) {
		t.Errorf("got %q, want %q", d.steps, want)
	}
}

func TestWriteFails(t *testing.T) {
	for _, step := range []string{"create", "write", "chmod", "sync", "close", "rename", "syncDir"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(dir, "a", text("old")); err != nil {
				t.Fatal(err)
			}
			d := &badDisk{fail: step, err: syscall.ENOSPC}
			if err := write(d, dir, "a", text(strings.Repeat("new", 100_000))); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("got %v, want ENOSPC", err)
			}
			seen := 0
			for _, s := range d.steps {
				if strings.HasPrefix(s, step+" ") {
					seen++
				}
			}
			if seen > 1 {
				t.Errorf("%s was tried %d times", step, seen)
			}
			if got := files(t, dir); !slices.Equal(got, []string{"a"}) {
				t.Errorf("left %q", got)
			}
			if got, _ := os.ReadFile(dir + "/a"); step != "syncDir" && string(got) != "old" {
				t.Errorf("the old file became %.20q", got)
			}
		})
	}
	t.Run("content can not be given", func(t *testing.T) {
		dir, mine := t.TempDir(), errors.New("mine")
		if err := Write(dir, "a", func(w io.Writer) error { io.WriteString(w, "half"); return mine }); !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
		if got := files(t, dir); len(got) > 0 {
			t.Errorf("left %q", got)
		}
	})
}

func open(t testing.TB) *Blobs {
	t.Helper()
	b, err := OpenBlobs(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, b *Blobs, s string) Blob {
	t.Helper()
	blob, err := b.Put(t.Context(), strings.NewReader(s), int64(len(s)))
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

func read(b *Blobs, sum [32]byte) (string, error) {
	r, err := b.Open(sum)
	if err != nil {
		return "", err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	return string(got), err
}

func TestPutAndOpen(t *testing.T) {
	b := open(t)
	for _, s := range []string{"", "一", strings.Repeat("证据", 200_000)} {
		blob := put(t, b, s)
		if blob.SHA256 != sha256.Sum256([]byte(s)) || blob.Size != int64(len(s)) {
			t.Errorf("got %v", blob)
		}
		if got, err := read(b, blob.SHA256); err != nil || got != s {
			t.Errorf("got %.20q, %v", got, err)
		}
		info, err := os.Stat(b.path(blob.SHA256))
		if err != nil || info.Mode() != 0o400 {
			t.Errorf("got %v, %v; want a read-only file", info, err)
		}
	}
	put(t, b, "一")
	if got := files(t, b.dir); len(got) != 3 {
		t.Errorf("files %q, want 3", got)
	}
	if path := b.path(sha256.Sum256(nil)); !strings.HasSuffix(path, "/e3/b0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") {
		t.Error(path)
	}
	if _, err := b.Open(sha256.Sum256([]byte("never put"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	again, err := OpenBlobs(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(again, sha256.Sum256([]byte("一"))); got != "一" || err != nil {
		t.Errorf("opened anew: %q, %v", got, err)
	}
}

func TestTooLarge(t *testing.T) {
	b := open(t)
	for _, c := range []struct {
		size, limit int64
		ok          bool
	}{{0, 0, true}, {10, 10, true}, {11, 10, false}, {1, 0, false}, {1 << 20, 1<<20 - 1, false}, {0, -1, false}, {5, 1<<63 - 1, true}} {
		_, err := b.Put(t.Context(), strings.NewReader(strings.Repeat("x", int(c.size))), c.limit)
		if c.ok && err != nil || !c.ok && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes, limit %d: %v", c.size, c.limit, err)
		}
	}
	if got := files(t, b.dir); len(got) != 3 {
		t.Errorf("left %q, want the three that were taken", got)
	}
	endless := &counted{}
	if _, err := b.Put(t.Context(), endless, 1000); !errors.Is(err, ErrTooLarge) || endless.n > 1<<20 {
		t.Errorf("read %d bytes: %v", endless.n, err)
	}
}

type counted struct{ n int }

func (c *counted) Read(p []byte) (int, error) { c.n += len(p); return len(p), nil }

func TestPutFails(t *testing.T) {
	content := strings.Repeat("证据", 100_000)
	for _, c := range []struct {
		step  string
		after int
		err   error
	}{
		{"create", 0, syscall.EMFILE}, {"write", 0, syscall.ENOSPC}, {"write", 200_000, syscall.ENOSPC}, {"chmod", 0, syscall.EPERM},
		{"sync", 0, syscall.EIO}, {"close", 0, syscall.EIO}, {"mkdir", 0, syscall.ENOSPC}, {"mkdir", 1, syscall.ENOSPC},
		{"syncDir", 0, syscall.EIO}, {"syncDir", 1, syscall.EIO}, {"syncDir", 2, syscall.EIO}, {"rename", 0, syscall.ENOSPC},
	} {
		t.Run(fmt.Sprintf("%s %d", c.step, c.after), func(t *testing.T) {
			d := &badDisk{}
			b, err := openBlobs(d, filepath.Join(t.TempDir(), "blobs"))
			if err != nil {
				t.Fatal(err)
			}
			d.fail, d.after, d.err, d.steps = c.step, c.after, c.err, nil
			if _, err := b.Put(t.Context(), strings.NewReader(content), 1<<20); !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if last := d.steps[len(d.steps)-1]; !strings.HasPrefix(last, c.step+" ") && c.step != "write" && c.step != "chmod" && c.step != "sync" {
				t.Errorf("after %s failed came more: %q", c.step, d.steps)
			}
			named := c.step == "syncDir" && c.after == 2
			if got := files(t, b.dir); len(got) > 0 && !named {
				t.Errorf("left %q", got)
			}
			_, err = b.Put(t.Context(), strings.NewReader(content), 1<<20)
			if c.step == "syncDir" && !errors.Is(err, syscall.EIO) {
				t.Errorf("after a folder was lost: %v", err)
			}
			if c.step != "syncDir" && err != nil {
				t.Errorf("the next put: %v", err)
			}
		})
	}
	t.Run("the sender breaks off", func(t *testing.T) {
		b := open(t)
		if _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader(content), iotest.ErrReader(io.ErrUnexpectedEOF)), 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Put(ctx, strings.NewReader(content), 1<<20); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if got := files(t, b.dir); len(got) > 0 {
			t.Errorf("left %q", got)
		}
	})
}

func TestSameContentSideBySide(t *testing.T) {
	b := open(t)
	other, err := OpenBlobs(b.dir) // as another program would
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			s := strings.Repeat(fmt.Sprint(i%4), 300_000)
			for _, b := range []*Blobs{b, other} {
				blob, err := b.Put(context.Background(), iotest.HalfReader(strings.NewReader(s)), 1<<20)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := read(b, blob.SHA256); err != nil || got != s {
					t.Errorf("got %.20q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	if got := files(t, b.dir); len(got) != 4 {
		t.Errorf("files %q, want 4", got)
	}
}

func TestDamageIsSeen(t *testing.T) {
	content := strings.Repeat("证据", 100_000)
	for name, change := range map[string]func([]byte) []byte{
		"one bit":    func(p []byte) []byte { p[len(p)/2] ^= 1; return p },
		"cut off":    func(p []byte) []byte { return p[:len(p)-1] },
		"emptied":    func([]byte) []byte { return nil },
		"lengthened": func(p []byte) []byte { return append(p, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			blob := put(t, b, content)
			path := b.path(blob.SHA256)
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change([]byte(content)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(b, blob.SHA256); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
			r, err := b.Open(blob.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := io.Copy(io.Discard, iotest.OneByteReader(r)); !errors.Is(err, ErrDamaged) {
				t.Errorf("byte by byte: got %v", err)
			}
			if _, err := r.Read(make([]byte, 1)); !errors.Is(err, ErrDamaged) {
				t.Errorf("read after the end: got %v", err)
			}
			put(t, b, content)
			if got, err := read(b, blob.SHA256); err != nil || got != content {
				t.Errorf("put again: %v", err)
			}
		})
	}
}

func TestLeftoversOfACrash(t *testing.T) {
	b := open(t)
	for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": time.Hour} {
		path := filepath.Join(b.dir, tempDir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenBlobs(b.dir); err != nil {
		t.Fatal(err)
	}
	if got := files(t, b.dir); !slices.Equal(got, []string{"new"}) {
		t.Errorf("left %q, want the new one alone", got)
	}
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{4 << 10, 16 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			blobs := open(b)
			content := make([]byte, size)
			b.SetBytes(int64(size))
			for i := range b.N {
				content[i%size]++
				if _, err := blobs.Put(b.Context(), bytes.NewReader(content), int64(size)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
