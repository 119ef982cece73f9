package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/procedure"
)

type discoverCommand struct {
	Log       []string `arg:"" help:"The history, as audit reads it."`
	Procedure string   `help:"PACK/PROCEDURE to lay the rules of practice beside." placeholder:"PACK/PROCEDURE"`
	Map       string   `help:"Mapping file: which column or key means what." type:"path"`
	Format    string   `enum:"text,json,html" default:"text" help:"text, json or html."`
	Lang      string   `enum:"zh,en" default:"en" help:"Language of the text: zh or en."`
	Noise     float64  `default:"5" help:"A rule may be broken in this per cent of the cases that it is about; 0: no exception." placeholder:"PERCENT"`
	Support   int64    `default:"10" help:"A rule is about at least so many cases." placeholder:"CASES"`
	Out       string   `help:"Also write practice.json, practice.txt and practice.html to this folder." placeholder:"DIR" type:"path"`
}

// Run mines the rules that practice follows, and lays them beside those of a procedure.
func (c *discoverCommand) Run() error {
	if c.Noise < 0 || c.Noise >= 50 {
		return fmt.Errorf("--noise %v: a share in per cent, at least 0 and less than 50: what is broken as often as not is no rule", c.Noise)
	}
	if c.Support < 1 {
		return fmt.Errorf("--support %d: a rule is about at least 1 case", c.Support)
	}
	var p *procedure.Procedure
	var err error
	if c.Procedure != "" {
		if p, err = findProcedure(c.Procedure); err != nil {
			return err
		}
	}
	opt := audit.PracticeOptions{Noise: c.Noise / 100, Support: c.Support}
	if opt.Map, err = readMapping(c.Map); err != nil {
		return err
	}
	shown := newProgress(false, c.Lang)
	defer shown.end()
	opt.Spill, opt.Watch = newSpill, shown.watch()
	name, open, err := openHistory(c.Log, opt.Map, shown)
	if err != nil {
		return err
	}
	r, err := audit.Discover(context.Background(), name, open, p, opt)
	shown.end()
	if err != nil {
		return err
	}
	forms := map[string]func(io.Writer) error{
		"json": func(w io.Writer) error { return writeJSON(w, r) },
		"text": func(w io.Writer) error { return r.WriteText(w, c.Lang) },
		"html": func(w io.Writer) error { return writePracticePage(w, r, c.Lang) },
	}
	if c.Out != "" {
		if err := writeForms(c.Out, map[string]func(io.Writer) error{"practice.json": forms["json"], "practice.txt": forms["text"], "practice.html": forms["html"]}); err != nil {
			return err
		}
	}
	return forms[c.Format](os.Stdout)
}

// readMapping reads a mapping file; none is nil.
func readMapping(file string) (*eventlog.Mapping, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return eventlog.ParseMapping(file, text)
}

// writeForms writes files into a folder, which is made where it is not there.
func writeForms(dir string, forms map[string]func(io.Writer) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, write := range forms {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		err = write(f)
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return err
		}
	}
	return nil
}
