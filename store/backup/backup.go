// Package backup holds what the backups of all stores have in common: a folder of files and a manifest that says what they
// are, how long, with which digests, and what ledger is in them.
//
// A manifest finds torn, mixed up and damaged backups. Who can write to the backup can make up another one as a whole: only
// a head of the ledger kept elsewhere, by a witness, shows that.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"plumbline/calendar"
	"plumbline/ledger"
)

// Manifest says what a backup holds.
type Manifest struct {
	Format string    `json:"format"`
	Engine string    `json:"engine"` // sqlite or postgres
	Store  string    `json:"store"`  // the store's random name
	Made   time.Time `json:"made"`
	Size   int64     `json:"size"` // of the ledger of acts
	Root   string    `json:"root"`
	Files  []File    `json:"files"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Event is something that was done to a store itself: it was restored, or confirmed.
type Event struct {
	At     calendar.Instant
	Kind   string
	Person string
	Text   string
}

const (
	format = "plumbline backup 1"
	name   = "manifest.json"
)

// version is that of the newest of a program's migrations, whose names begin with their numbers.
func version(migrations fs.FS) (int64, error) {
	names, err := fs.Glob(migrations, "migration/*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.Join(errors.New("no migrations"), err)
	}
	number, _, _ := strings.Cut(path.Base(names[len(names)-1]), "_")
	return strconv.ParseInt(number, 10, 64)
}

// Tables holds the version of a record's tables against the newest of the program's migrations. outdated: they can be read,
// not checked.
func Tables(have int64, migrations fs.FS) (outdated, refused error) {
	want, err := version(migrations)
	switch {
	case err != nil:
		return nil, err
	case have > want:
		return nil, Newer(have, want)
	case have < want:
		return fmt.Errorf("its tables are of version %d, this program knows %d: check it once this program has served it", have, want), nil
	}
	return nil, nil
}

// Newer refuses tables that this program does not know yet.
func Newer(have, want int64) error {
	return fmt.Errorf("its tables are of version %d, this program knows %d: a newer program wrote it", have, want)
}

// Dir makes the folder of a new backup; one that has anything in it is refused.
func Dir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list, err := os.ReadDir(dir)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("folder %s is not empty: a backup is never written over another", dir)
	}
	return err
}

// write syncs the files, digests them and writes the manifest last: without it a backup is none.
func write(dir string, m Manifest, files ...string) error {
	m.Format = format
	for _, f := range files {
		file, err := digest(dir, f, true)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, file)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	part := filepath.Join(dir, name+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		return err
	}
	return SyncDir(dir)
}

// Read reads the manifest of a backup of an engine and holds its files against it.
func Read(dir, engine string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: it is no backup, or one that was not finished", dir, name)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	if m.Format != format || m.Engine != engine {
		return m, fmt.Errorf("%s: a %q of %s, %q of %s expected", name, m.Format, m.Engine, format, engine)
	}
	if _, err := ledger.ParseHash(m.Root); err != nil || len(m.Files) == 0 || m.Size < 0 {
		return m, fmt.Errorf("%s: it names no ledger or no files", name)
	}
	for _, want := range m.Files {
		if filepath.Base(want.Name) != want.Name {
			return m, fmt.Errorf("%s: file %q is not in the folder", name, want.Name)
		}
		have, err := digest(dir, want.Name, false)
		if err != nil {
			return m, err
		}
		if have.Size != want.Size {
			return m, fmt.Errorf("%s has %d bytes, the manifest says %d: the backup is torn", want.Name, have.Size, want.Size)
		}
		if have.SHA256 != want.SHA256 {
			return m, fmt.Errorf("%s has digest %s, the manifest says %s: the backup is damaged or was altered", want.Name, have.SHA256, want.SHA256)
		}
	}
	return m, nil
}

// Finish makes the manifest of a store's backup and writes it. What it returns was read again, as it lies on the disk.
func Finish(dir, engine, store string, size int64, root ledger.Hash, files ...string) (Manifest, error) {
	m := Manifest{Engine: engine, Store: store, Made: time.Now().UTC(), Size: size, Root: root.String()}
	if err := write(dir, m, files...); err != nil {
		return m, err
	}
	return Read(dir, engine)
}

// Restored is a store that was made from a backup.
type Restored interface {
	ID() string
	Check(ctx context.Context) error
	Head(ctx context.Context) (size int64, root ledger.Hash, err error)
}

// Verify checks a restored store as a whole and compares it with what the manifest says.
func (m *Manifest) Verify(ctx context.Context, s Restored) error {
	if err := s.Check(ctx); err != nil {
		return err
	}
	size, root, err := s.Head(ctx)
	if err != nil {
		return err
	}
	if s.ID() != m.Store {
		return fmt.Errorf("the store in it is %s, the manifest says %s", s.ID(), m.Store)
	}
	if size != m.Size || root.String() != m.Root {
		return fmt.Errorf("the ledger in it has size %d and root %s, the manifest says %d and %s", size, root, m.Size, m.Root)
	}
	return nil
}

// Why says why a restored store is read-only.
func (m *Manifest) Why() string {
	return fmt.Sprintf("restored from a backup of %s with %d acts and root %s", m.Made.Format(time.RFC3339), m.Size, m.Root)
}

func digest(dir, file string, sync bool) (File, error) {
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return File{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	if sync {
		if err := f.Sync(); err != nil {
			return File{}, err
		}
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{file, n, fmt.Sprintf("%x", h.Sum(nil))}, err
}

// Copy copies a file and syncs it; to must not exist.
func Copy(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
