package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

var (
	// ErrTooLarge: the content is longer than the limit.
	ErrTooLarge = errors.New("too large")
	// ErrDamaged: what lies under a digest has another one.
	ErrDamaged = errors.New("damaged: the content does not have the digest it is kept under")
)

// Blob names a content by its digest.
type Blob struct {
	SHA256 [sha256.Size]byte
	Size   int64 // bytes
}

// Blobs is a folder of contents, each in a read-only file under its digest: ab/cd/abcd... in hexadecimal. Its methods
// may be called from several goroutines, and several programs may use one folder.
//
// Someone who can write to the folder can remove a content, or damage it, which Open notices; they can not put another
// one in its place.
type Blobs struct {
	disk disk
	dir  string

	mu    sync.Mutex
	known map[string]bool // folders whose name is known to be on disk
	lost  error           // a folder's fsync failed: what is on disk is not known any more
}

const (
	tempDir = "tmp"          // below the folder: contents not yet complete
	stale   = 24 * time.Hour // after which a temporary file is taken to be left by a crash
)

// OpenBlobs opens the folder dir, and makes it if it is not there; the folder above must be. It removes what a crash
// left half written more than a day ago.
func OpenBlobs(dir string) (*Blobs, error) {
	return openBlobs(realDisk{}, dir)
}

func openBlobs(d disk, dir string) (*Blobs, error) {
	b := &Blobs{disk: d, dir: filepath.Clean(dir), known: map[string]bool{}}
	temp := filepath.Join(b.dir, tempDir)
	for _, path := range []string{b.dir, temp} {
		if err := b.ensure(path); err != nil {
			return nil, fmt.Errorf("open blobs: %w", err)
		}
	}
	left, err := os.ReadDir(temp)
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > stale {
			_ = d.remove(filepath.Join(temp, e.Name())) // it only takes room; the next start tries again
		}
	}
	return b, nil
}

// Put keeps what r gives, at most limit bytes, and returns once it is on disk. Content already there is replaced by its
// equal: one file stays, and a damaged one is whole again.
//
// It reads no further than one buffer beyond the limit. It looks at ctx between two reads; a read that blocks must be
// ended by whoever owns r.
//
// Errors: ErrTooLarge, those of ctx, r and the file system. None of them leaves anything behind. Once the fsync of a
// folder has failed every later Put fails too, until the folder is opened anew.
func (b *Blobs) Put(ctx context.Context, r io.Reader, limit int64) (Blob, error) {
	if err := b.usable(); err != nil {
		return Blob{}, err
	}
	var size int64
	sum := sha256.New()
	temp, err := writeTemp(b.disk, filepath.Join(b.dir, tempDir), "*", 0o400, func(w io.Writer) error {
		buf := make([]byte, 128<<10)
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, rerr := r.Read(buf)
			if size += int64(n); size > limit {
				return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
			}
			sum.Write(buf[:n])
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if rerr == io.EOF {
				return nil
			}
			if rerr != nil {
				return fmt.Errorf("read: %w", rerr)
			}
		}
	})
	if err != nil {
		return Blob{}, fmt.Errorf("put: %w", err)
	}
	blob := Blob{SHA256: [sha256.Size]byte(sum.Sum(nil)), Size: size}
	if err := b.name(temp, blob.SHA256); err != nil {
		return Blob{}, fmt.Errorf("put: %w", err)
	}
	return blob, nil
}

// name gives a complete file its lasting name.
func (b *Blobs) name(temp string, sum [sha256.Size]byte) error {
	path := b.path(sum)
	folder := filepath.Dir(path)
	for _, d := range []string{filepath.Dir(folder), folder} {
		if err := b.ensure(d); err != nil {
			return errors.Join(err, b.disk.remove(temp))
		}
	}
	if err := b.disk.rename(temp, path); err != nil {
		return errors.Join(err, b.disk.remove(temp))
	}
	return b.sync(folder)
}

func (b *Blobs) path(sum [sha256.Size]byte) string {
	s := hex.EncodeToString(sum[:])
	return filepath.Join(b.dir, s[:2], s[2:4], s)
}

// ensure makes a folder and brings its name to disk. That a folder is there does not say that its name is on disk:
// another goroutine may just have made it. So each is brought to disk once by every Blobs that uses it.
func (b *Blobs) ensure(path string) error {
	b.mu.Lock()
	known := b.known[path]
	b.mu.Unlock()
	if known {
		return nil
	}
	if err := b.disk.mkdir(path); err != nil {
		return err
	}
	if err := b.sync(filepath.Dir(path)); err != nil {
		return err
	}
	b.mu.Lock()
	b.known[path] = true
	b.mu.Unlock()
	return nil
}

func (b *Blobs) sync(dir string) error {
	err := b.disk.syncDir(dir)
	if err != nil {
		b.mu.Lock()
		b.lost = err
		b.mu.Unlock()
	}
	return err
}

func (b *Blobs) usable() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost != nil {
		return fmt.Errorf("put: not tried, because bringing a folder to disk failed before: %w", b.lost)
	}
	return nil
}

// Open gives the content with a digest. It is checked while it is read: only a Read that returns io.EOF says that all
// that came before is whole, and where it is not, ErrDamaged comes in place of io.EOF. So do nothing that can not be
// undone before the end is reached.
//
// Errors: fs.ErrNotExist.
func (b *Blobs) Open(sum [sha256.Size]byte) (io.ReadCloser, error) {
	f, err := os.Open(b.path(sum))
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return &checked{f: f, want: sum, sum: sha256.New()}, nil
}

type checked struct {
	f    *os.File
	want [sha256.Size]byte
	sum  hash.Hash
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && [sha256.Size]byte(c.sum.Sum(nil)) != c.want {
		return n, fmt.Errorf("blob %x: %w", c.want, ErrDamaged)
	}
	return n, err
}

func (c *checked) Close() error { return c.f.Close() }
