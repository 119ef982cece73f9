package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/eventlog/ocelsqlite"
)

// openHistory gives what was named on a command line as one history: a file, several, or a folder for its files. The name is
// for reports.
func openHistory(paths []string, m *eventlog.Mapping) (name string, open audit.Opener, err error) {
	paths, err = filesUnder(paths)
	if err != nil {
		return "", nil, err
	}
	name = strings.Join(paths, " ")
	joined := m != nil && m.Tables != nil
	if len(paths) == 1 && !joined {
		if database, err := isSQLite(paths[0]); err != nil || database {
			return name, func() (io.ReadCloser, error) { return ocelsqlite.Open(paths[0]) }, err
		}
		return name, func() (io.ReadCloser, error) { return openFile(paths[0]) }, nil
	}
	files := &eventlog.Files{Name: name}
	for _, path := range paths {
		files.Files = append(files.Files, eventlog.File{Name: path, Open: func() (io.ReadCloser, error) { return openFile(path) }})
	}
	return name, func() (io.ReadCloser, error) { return files, nil }, nil
}

func isSQLite(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, len(ocelsqlite.Magic))
	n, _ := io.ReadFull(f, head)
	return string(head[:n]) == ocelsqlite.Magic, nil
}

// filesUnder puts the files of a folder in its place, by name; hidden ones stay out.
func filesUnder(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		before := len(files)
		for _, e := range entries {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s: no files in the folder", path)
		}
	}
	for i, f := range files {
		if slices.Contains(files[:i], f) {
			return nil, fmt.Errorf("%s: named twice", f)
		}
	}
	return files, nil
}

// openFile opens a file that can say afterwards whether it changed while it was read.
func openFile(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	before, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &steadyFile{f, before}, nil
}

type steadyFile struct {
	*os.File
	before os.FileInfo
}

// Unchanged compares size and time of change with what they were at the opening, of the file and of its name.
func (f *steadyFile) Unchanged() error {
	if !f.before.Mode().IsRegular() {
		return nil // a pipe has neither
	}
	now, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(f.Name())
	if err != nil || !os.SameFile(now, named) || now.Size() != f.before.Size() || !now.ModTime().Equal(f.before.ModTime()) {
		return &eventlog.Error{Name: f.Name(), What: "the file changed while it was read", Hint: "read a copy of it, or wait until nobody writes to it"}
	}
	return nil
}
