package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"plumbline/eventlog"
	"plumbline/segment"
)

type segmentCommand struct {
	Log      []string `arg:"" help:"The history, as audit reads it: a file, several, or a folder."`
	Out      string   `required:"" help:"Folder for the segments; it must be new or empty." placeholder:"DIR" type:"path"`
	Map      string   `help:"Mapping file: which column or key means what." type:"path"`
	Lang     string   `enum:"zh,en" default:"en" help:"Language of the text: zh or en."`
	Progress bool     `help:"Show progress on stderr also where it is no terminal."`
}

// Run cuts a history into segments, which audit takes in place of the log.
func (c *segmentCommand) Run() (err error) {
	shown := newProgress(c.Progress, c.Lang)
	defer shown.end()
	opt := eventlog.Options{Spill: newSpill, Watch: shown.watch()}
	if opt.Map, err = readMapping(c.Map); err != nil {
		return err
	}
	name, open, err := openHistory(c.Log, opt.Map, shown)
	if err != nil {
		return err
	}
	if d, err := openSegments(c.Log[0]); err == nil && d != nil {
		return fmt.Errorf("%s: these are segments already: name the log they were cut from", c.Log[0])
	}
	of, err := originsOf(c.Log)
	if err != nil {
		return err
	}
	dir, err := newFolder(c.Out)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			dir.remove()
		}
	}()
	r, err := open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	x, err := segment.Cut(context.Background(), r, name, of, opt, dir.create)
	if err != nil {
		return err
	}
	shown.end()
	var size int64
	for _, f := range x.Files {
		size += f.Bytes
	}
	format := "%s: %d cases, %d acts, in %d files of %s\n"
	if c.Lang == "zh" {
		format = "%s：案件 %d，行为 %d，列段文件 %d 个，共 %s\n"
	}
	fmt.Printf(format, c.Out, x.Stats.Cases, x.Stats.Events, len(x.Files), bytesOf(size))
	return nil
}

// newSpill opens a temporary file that goes with its closing, and where the system lets it, with the end of the program.
func newSpill() (eventlog.Spill, error) {
	f, err := os.CreateTemp("", "plumbline-")
	if err != nil {
		return nil, err
	}
	if os.Remove(f.Name()) == nil {
		return f, nil
	}
	return spilled{f}, nil
}

type spilled struct{ *os.File }

func (s spilled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

func bytesOf(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// originsOf says what the files of a log are before they are read.
func originsOf(paths []string) (of []segment.Origin, err error) {
	if paths, err = filesUnder(paths); err != nil {
		return nil, err
	}
	for _, path := range paths {
		s, err := sourceOf(path)
		if err != nil {
			return nil, err
		}
		of = append(of, segment.Origin(s))
	}
	return of, nil
}

// outFolder is one that a command makes, and takes away again where the work fails.
type outFolder struct {
	dir  string
	made bool // the folder itself
	held []string
}

func newFolder(dir string) (*outFolder, error) {
	f := &outFolder{dir: dir}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.made = true
		return f, os.MkdirAll(dir, 0o755)
	case err != nil:
		return nil, err
	case len(entries) > 0:
		return nil, fmt.Errorf("%s: the folder is not empty: name a new one", dir)
	}
	return f, nil
}

func (f *outFolder) create(name string) (io.WriteCloser, error) {
	w, err := os.OpenFile(filepath.Join(f.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		f.held = append(f.held, name)
	}
	return w, err
}

// remove takes away what was made; what it cannot, lies there without an index and is not read.
func (f *outFolder) remove() {
	for _, name := range f.held {
		_ = os.Remove(filepath.Join(f.dir, name))
	}
	if f.made {
		_ = os.Remove(f.dir)
	}
}
