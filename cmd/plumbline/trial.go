package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"plumbline/audit"
	"plumbline/casefile"
)

type trialCommand struct {
	Log    []string `arg:"" help:"The history, as audit reads it."`
	Old    string   `required:"" help:"PACK/PROCEDURE as it stands; PACK is a pack that comes with the program, or a folder." placeholder:"PACK/PROCEDURE"`
	New    string   `required:"" help:"PACK/PROCEDURE to try." placeholder:"PACK/PROCEDURE"`
	Rule   []string `help:"Compare only these rules." placeholder:"RULE"`
	Map    string   `help:"Mapping file: which column or key means what." type:"path"`
	Format string   `enum:"text,json,html" default:"text" help:"text, json or html."`
	Lang   string   `enum:"zh,en" default:"en" help:"Language of the text: zh or en."`
	Cases  bool     `help:"List the ids of all cases that changed, by rule."`
	Now    string   `help:"Let deadlines pass up to this instant; default: the last of the log." placeholder:"INSTANT"`
	FailOn int      `help:"Exit 1 when the new version finds more of this severity (1 the gravest, to 4) or graver." placeholder:"SEVERITY"`
	Out    string   `help:"Also write trial.json, trial.txt and trial.html to this folder." placeholder:"DIR" type:"path"`
}

// Run judges a history by two versions and tells what the new one finds more and finds no more.
func (c *trialCommand) Run() error {
	old, err := findProcedure(c.Old)
	if err != nil {
		return fmt.Errorf("--old: %w", err)
	}
	next, err := findProcedure(c.New)
	if err != nil {
		return fmt.Errorf("--new: %w", err)
	}
	opt := audit.TrialOptions{Options: audit.Options{ListCases: c.Cases}, Rules: c.Rule}
	if opt.Map, err = readMapping(c.Map); err != nil {
		return err
	}
	if c.Now != "" {
		if opt.Now, err = casefile.ParseInstant(c.Now, next.Pack.Zone); err != nil {
			return fmt.Errorf("--now: %w", err)
		}
	}
	shown := newProgress(false, c.Lang)
	defer shown.end()
	opt.Spill, opt.Watch = newSpill, shown.watch()
	name, open, err := openHistory(c.Log, opt.Map, shown)
	if err != nil {
		return err
	}
	r, err := audit.Try(context.Background(), name, open, old, next, opt)
	shown.end()
	if err != nil {
		return err
	}
	forms := map[string]func(io.Writer) error{
		"json": func(w io.Writer) error { return writeJSON(w, r) },
		"text": func(w io.Writer) error { return r.WriteText(w, c.Lang) },
		"html": func(w io.Writer) error { return writeTrialPage(w, r, c.Lang) },
	}
	if c.Out != "" {
		if err := writeForms(c.Out, map[string]func(io.Writer) error{"trial.json": forms["json"], "trial.txt": forms["text"], "trial.html": forms["html"]}); err != nil {
			return err
		}
	}
	if err := forms[c.Format](os.Stdout); err != nil {
		return err
	}
	if c.FailOn > 0 && r.WorstGained() <= c.FailOn {
		return failedCheck{fmt.Errorf("the new version finds more of severity %d or graver", c.FailOn)}
	}
	return nil
}
