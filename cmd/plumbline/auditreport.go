package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"plumbline/audit"
	"plumbline/procedure"
	"plumbline/report"
)

// written is a report in each of its forms.
type written struct {
	report *audit.Report
	p      *procedure.Procedure
	html   *report.Input // nil: not asked for
	lang   string
}

// to writes one form.
func (w *written) to(out io.Writer, format string) error {
	b := bufio.NewWriter(out)
	var err error
	switch format {
	case "json":
		err = writeJSON(b, w.report)
	case "html":
		err = report.HTML(b, w.html, w.lang)
	case "csv":
		err = report.CSV(b, w.report, w.p)
	case "set-aside":
		err = w.report.WriteSetAside(b, w.lang)
	case "parquet":
		err = report.Parquet(b, w.report)
	default:
		err = w.report.WriteText(b, w.lang)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// toFolder writes every form.
func (w *written) toFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := [][2]string{{"report.html", "html"}, {"report.json", "json"}, {"report.txt", "text"}, {"findings.csv", "csv"}, {"findings.parquet", "parquet"}}
	if len(w.report.SetAside) > 0 {
		files = append(files, [2]string{"set-aside.csv", "set-aside"})
	}
	for _, x := range files {
		f, err := os.Create(filepath.Join(dir, x[0]))
		if err != nil {
			return err
		}
		err = w.to(f, x[1])
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pageOf reads the log once more, for the cases that the page tells, and its files for the digests that say which they were.
func pageOf(ctx context.Context, name string, files []string, open audit.Opener, opt audit.Options, r *audit.Report, p *procedure.Procedure) (*report.Input, error) {
	stories, err := audit.Tell(ctx, name, open, p, opt, r.Figures.Examples)
	if err != nil {
		return nil, err
	}
	in := &report.Input{Report: r, Proc: p, Stories: stories, Version: version()}
	if d, err := openSegments(files[0]); err != nil || d != nil {
		for _, of := range d.Of {
			in.Sources = append(in.Sources, report.Source(of))
		}
		return in, err
	}
	if files, err = filesUnder(files); err != nil {
		return nil, err
	}
	for _, path := range files {
		s, err := sourceOf(path)
		if err != nil {
			return nil, err
		}
		in.Sources = append(in.Sources, s)
	}
	return in, nil
}

func sourceOf(path string) (report.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return report.Source{}, err
	}
	defer func() { _ = f.Close() }() // only read
	digest := sha256.New()
	size, err := io.Copy(digest, f)
	return report.Source{Name: filepath.Base(path), Bytes: size, SHA256: hex.EncodeToString(digest.Sum(nil))}, err
}

// version names the program, with the commit it was built from where that is known.
func version() string {
	s := "Plumbline"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return s
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return s + " " + v
	}
	for _, x := range info.Settings {
		if x.Key == "vcs.revision" {
			s += " " + x.Value[:min(12, len(x.Value))]
		}
	}
	return s
}
