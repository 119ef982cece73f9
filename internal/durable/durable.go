// Package durable writes files so that what was reported as written is there after a crash or a power cut.
//
// A file is written under a temporary name, brought to disk (fsync), given its name, and the name is brought to disk
// (fsync of the folder). So a name stands for the whole content or for what it stood for before, never for a part.
//
// A write or fsync that fails is returned and not tried again: the kernel may have thrown the data away with the
// error, so that a second fsync would succeed with nothing on disk.
// Source: PostgreSQL wiki, "Fsync Errors"; Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
//
// For file systems of Linux and macOS that keep what fsync brought to disk. Not handled: Windows, where folders have no
// fsync.
package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes the file name in dir, which must exist; fill gives its content. An older file of the name is replaced at
// once and whole. The file may be read and written by its owner alone.
//
// When Write fails before the file has its name, an older file is untouched and nothing is left behind. When it is the
// last step that fails, the fsync of the folder, the name may stand for the new content or, after a power cut, for the
// old one. A crash in the middle may leave a file ".NAME.*.tmp".
func Write(dir, name string, fill func(io.Writer) error) error {
	return write(realDisk{}, dir, name, fill)
}

func write(d disk, dir, name string, fill func(io.Writer) error) error {
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return fmt.Errorf("write %q: not the name of a file", name)
	}
	temp, err := writeTemp(d, dir, "."+name+".*.tmp", 0o600, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 64<<10)
		if err := fill(b); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := d.rename(temp, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, d.remove(temp)))
	}
	if err := d.syncDir(dir); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// writeTemp makes a file that is on disk, but has no lasting name yet. On error it leaves none.
func writeTemp(d disk, dir, pattern string, mode fs.FileMode, fill func(io.Writer) error) (path string, err error) {
	f, err := d.create(dir, pattern)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.remove(f.Name()))
		}
	}()
	err = fill(f)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return f.Name(), err
}

// disk is what the package asks of the file system. Tests put one in its place that fails.
type disk interface {
	create(dir, pattern string) (file, error)
	rename(from, to string) error
	remove(path string) error
	mkdir(path string) error // nil when it is there
	syncDir(path string) error
}

type file interface {
	io.Writer
	Name() string
	Chmod(fs.FileMode) error
	Sync() error
	Close() error
}

// realDisk is the disk of the operating system.
type realDisk struct{}

func (realDisk) create(dir, pattern string) (file, error) { return os.CreateTemp(dir, pattern) }
func (realDisk) rename(from, to string) error             { return os.Rename(from, to) }
func (realDisk) remove(path string) error                 { return os.Remove(path) }

func (realDisk) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (realDisk) syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
