package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

type auditCommand struct {
	Log       []string `arg:"" help:"The history: XES, OCEL 2.0, CSV, Parquet or XLSX; several files, or a folder; or a folder of segments."`
	Procedure string   `help:"PACK/PROCEDURE; PACK is a pack that comes with the program, or a folder."`
	Map       string   `help:"Mapping file: which column or key means what." type:"path"`
	Suggest   string   `name:"suggest-map" help:"Propose a mapping for these tables and write it to this new file instead; --procedure may be missing." placeholder:"FILE" type:"path"`
	Format    string   `enum:"text,json,html,csv,parquet" default:"text" help:"text, json, html (a report to read), csv (every finding); parquet only with --out."`
	Lang      string   `enum:"zh,en" default:"en" help:"Language of the text: zh or en."`
	Cases     bool     `help:"With --format json: list the case ids of each finding."`
	Explain   string   `help:"Tell this case step by step instead." placeholder:"CASE"`
	Now       string   `help:"Let deadlines pass up to this instant; default: the last of the log." placeholder:"INSTANT"`
	FailOn    int      `help:"Exit 1 when a finding of this severity (1 the gravest, to 4) or graver is there." placeholder:"SEVERITY"`
	Progress  bool     `help:"Show progress on stderr also where it is no terminal."`
	Out       string   `help:"Also write report.html, report.json, report.txt, findings.csv and findings.parquet to this folder; set-aside.csv where rows did not fit." placeholder:"DIR" type:"path"`
}

func (c *auditCommand) Run() error {
	var p *procedure.Procedure
	var err error
	if c.Procedure != "" || c.Suggest == "" {
		if p, err = findProcedure(c.Procedure); err != nil {
			return err
		}
	}
	if c.Suggest != "" {
		return suggest(c.Log, p, c.Suggest, c.Lang)
	}
	if c.Format == "parquet" && c.Out == "" {
		return errors.New("--format parquet needs --out DIR: it is no text for a terminal")
	}
	page := c.Format == "html" || c.Out != ""
	opt := audit.Options{ListCases: c.Cases, Figures: page, Rows: c.Format == "csv" || c.Out != "", Spill: newSpill}
	if opt.Map, err = readMapping(c.Map); err != nil {
		return err
	}
	if c.Now != "" {
		if opt.Now, err = casefile.ParseInstant(c.Now, p.Pack.Zone); err != nil {
			return fmt.Errorf("--now: %w", err)
		}
	}
	shown := newProgress(c.Progress, c.Lang)
	defer shown.end()
	opt.Watch = shown.watch()
	name, open, err := openHistory(c.Log, opt.Map, shown)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if c.Explain != "" {
		return audit.Explain(ctx, os.Stdout, c.Lang, c.Explain, name, open, p, opt)
	}
	report, err := audit.Run(ctx, name, open, p, opt)
	if err != nil {
		return err
	}
	w := written{report, p, nil, c.Lang}
	if page {
		if w.html, err = pageOf(ctx, name, c.Log, open, opt, report, p); err != nil {
			return err
		}
	}
	shown.end()
	if c.Out != "" {
		if err := w.toFolder(c.Out); err != nil {
			return err
		}
	}
	if c.Format != "parquet" {
		err = w.to(os.Stdout, c.Format)
	}
	if err == nil && c.FailOn > 0 && report.Worst() <= c.FailOn {
		return failedCheck{fmt.Errorf("findings of severity %d or graver", c.FailOn)}
	}
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// findProcedure loads PACK/PROCEDURE: a pack of the program by name, or a folder by path.
func findProcedure(name string) (*procedure.Procedure, error) {
	at := strings.LastIndex(name, "/")
	if at <= 0 {
		return nil, fmt.Errorf("procedure %q: write PACK/PROCEDURE, with PACK one of %s or a folder", name, strings.Join(packs.Names, ", "))
	}
	pack, err := loadPack(name[:at])
	if err != nil {
		return nil, err
	}
	return pack.Procedure(name[at+1:])
}

// loadPack loads a pack of the program or of a folder, with files that hold the benchmarks of the agency.
func loadPack(name string, benchmarks ...string) (*procedure.Pack, error) {
	var given []procedure.File
	for _, file := range benchmarks {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("benchmark: %w", err)
		}
		given = append(given, procedure.File{Name: file, Data: data})
	}
	if info, err := os.Stat(name); !slices.Contains(packs.Names, name) && (err != nil || !info.IsDir()) {
		return nil, fmt.Errorf("no pack %q: it is neither a folder nor one of %s", name, strings.Join(packs.Names, ", "))
	}
	fsys, dir := packFolder(name)
	return procedure.Load(fsys, dir, given...)
}

// packFolder is where a pack of the program or of a folder lies.
func packFolder(name string) (fs.FS, string) {
	if slices.Contains(packs.Names, name) {
		return packs.FS, name
	}
	dir := filepath.Clean(name)
	return os.DirFS(filepath.Dir(dir)), filepath.Base(dir)
}
