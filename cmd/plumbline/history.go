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
	"plumbline/segment"
)

// openHistory gives what was named on a command line as one history: a file, several, a folder for its files, or a folder of
// segments. The name is for reports; shown is told of what is read.
func openHistory(paths []string, m *eventlog.Mapping, shown *progress) (name string, open audit.Opener, err error) {
	if len(paths) == 1 {
		switch d, err := openSegments(paths[0]); {
		case err != nil:
			return "", nil, err
		case d != nil && m != nil && segment.MappingDigest(m) != d.Mapping:
			return "", nil, fmt.Errorf("%s: the segments were cut with another mapping, or none: leave --map out, or cut the log again", paths[0])
		case d != nil:
			return d.Log, shown.reads(0, func() (io.ReadCloser, error) { return d, nil }), nil
		}
	}
	paths, err = filesUnder(paths)
	if err != nil {
		return "", nil, err
	}
	size := int64(0)
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	openFile := func(path string) (io.ReadCloser, error) { return shown.file(openFile(path)) }
	name = strings.Join(paths, " ")
	joined := m != nil && m.Tables != nil
	if len(paths) == 1 && !joined {
		if database, err := isSQLite(paths[0]); err != nil || database {
			return name, shown.reads(0, func() (io.ReadCloser, error) { return ocelsqlite.Open(paths[0]) }), err
		}
		return name, shown.reads(size, func() (io.ReadCloser, error) { return openFile(paths[0]) }), nil
	}
	files := &eventlog.Files{Name: name}
	for _, path := range paths {
		files.Files = append(files.Files, fileAt(path))
	}
	return name, shown.reads(size, func() (io.ReadCloser, error) { return files, nil }), nil
}

// openSegments opens a folder of segments; nil where path is none.
func openSegments(path string) (*segment.Folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil // a file, or nothing: whoever opens it says what is wrong
	}
	for _, e := range entries {
		if e.Name() == segment.IndexName || strings.HasSuffix(e.Name(), segment.Ending) {
			return segment.Open(os.DirFS(path), path)
		}
	}
	return nil, nil
}

func fileAt(path string) eventlog.File {
	return eventlog.File{Name: path, Open: func() (io.ReadCloser, error) { return openFile(path) }}
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
func openFile(path string) (*steadyFile, error) {
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

// Unchanged compares what the name stands for with what was opened: the file, its size and time of change. It answers also when
// the file is closed.
func (f *steadyFile) Unchanged() error {
	if !f.before.Mode().IsRegular() {
		return nil // a pipe has neither
	}
	now, err := os.Stat(f.Name())
	if err != nil || !os.SameFile(now, f.before) || now.Size() != f.before.Size() || !now.ModTime().Equal(f.before.ModTime()) {
		return &eventlog.Error{Name: f.Name(), What: "the file changed while it was read", Hint: "read a copy of it, or wait until nobody writes to it"}
	}
	return nil
}
