package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"plumbline/feed"
	"plumbline/handling"
)

type watchCommand struct {
	serveCommand
	File string `arg:"" help:"Which systems, and how they are read: docs/watch.md." type:"existingfile"`

	Once   bool   `help:"Read every source once, to its end, say how they stand, and stop. No pages."`
	Stand  bool   `help:"Say how the sources stood when they were last read, and stop. Reads no source, and may run beside a server."`
	Format string `enum:"text,json" default:"text" help:"Of --once and --stand: text or json."`
	Lang   string `enum:"zh,en" default:"en" help:"Language of the text."`
}

// Run serves as the command serve does and follows other systems beside it: one process writes to a record.
func (c *watchCommand) Run() error {
	config, err := feed.ReadConfig(c.File)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Data, "feeds")
	switch {
	case c.Once && c.Stand:
		return errors.New("--once reads the sources, --stand only says how they stand: name one of them")
	case c.Stand:
		feeds, err := feed.Stand(config, dir, now())
		if err != nil {
			return err
		}
		return writeFeeds(os.Stdout, feeds, c.Format, c.Lang)
	case c.Once:
		return c.once(config, dir)
	}
	return c.run(func(ctx context.Context, h *handling.House) (*feed.Watcher, error) {
		return feed.New(ctx, config, h, h.Pack().Zone, dir, slog.Default())
	})
}

func (c *watchCommand) once(config *feed.Config, dir string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	house, closing, err := c.house(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	w, err := feed.New(ctx, config, house, house.Pack().Zone, dir, slog.Default())
	if err != nil {
		return err
	}
	failed := w.Poll(ctx)
	if ctx.Err() != nil {
		return failed
	}
	if err := writeFeeds(os.Stdout, w.Feeds(), c.Format, c.Lang); err != nil {
		return err
	}
	return failed
}

// feedLine is a feed in JSON: instants as in RFC 3339, empty where there is none.
type feedLine struct {
	Source    string `json:"source"`
	Kind      string `json:"kind"`
	Where     string `json:"where"`
	Procedure string `json:"procedure"`
	Polled    string `json:"polled,omitempty"`
	Failed    string `json:"failed,omitempty"`
	Last      string `json:"last,omitempty"`
	Arrived   string `json:"arrived,omitempty"`
	Lag       int64  `json:"lag_seconds"`
	Silent    bool   `json:"silent"`
	Cases     int64  `json:"cases"`
	Acts      int64  `json:"acts"`
	Corrected int64  `json:"corrected"`
	Withdrawn int64  `json:"withdrawn"`
	Postless  int64  `json:"postless"`
	Decoded   int64  `json:"decoded"`
	Rejected  int64  `json:"rejected"`
	Rows      []row  `json:"rows"`
}

type row struct {
	Place  string `json:"place"`
	Case   string `json:"case,omitempty"`
	Kept   bool   `json:"kept"`
	Later  bool   `json:"later"`
	Reason string `json:"reason"`
}

// writeFeeds says how feeds stand and which rows they set aside, as text or as one line of JSON for each feed.
func writeFeeds(w io.Writer, feeds []handling.Feed, format, lang string) error {
	for i := range feeds {
		f := &feeds[i]
		if format == "json" {
			x := feedLine{Source: f.Source, Kind: f.Kind, Where: f.Where, Procedure: f.Procedure, Failed: f.Failed, Lag: int64(f.Lag) / 1e6, Silent: f.Silent, Cases: f.Cases, Acts: f.Acts,
				Corrected: f.Corrected, Withdrawn: f.Withdrawn, Postless: f.Postless, Decoded: f.Decoded, Rejected: f.FaultRows, Rows: []row{}}
			if f.Polled > 0 {
				x.Polled = f.Polled.String()
			}
			if f.Arrived > 0 {
				x.Last, x.Arrived = f.Last.String(), f.Arrived.String()
			}
			for _, r := range f.Faults {
				x.Rows = append(x.Rows, row{r.Place, r.Case, r.Kept, r.Later, r.Reason.In(lang)})
			}
			if err := json.NewEncoder(w).Encode(x); err != nil {
				return err
			}
			continue
		}
		if err := writeFeed(w, f, lang); err != nil {
			return err
		}
	}
	return nil
}

func writeFeed(w io.Writer, f *handling.Feed, lang string) (err error) {
	say := func(zh, en string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintln(w, strings.Map(func(r rune) rune { // what another system tells moves no cursor
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					return unicode.ReplacementChar
				}
				return r
			}, fmt.Sprintf(cmp.Or(map[string]string{"zh": zh}[lang], en), args...)))
		}
	}
	say("%s：%s，%s", "%s: %s, %s", f.Source, f.Where, f.Procedure)
	switch {
	case f.Failed != "":
		say("  没有读到底：%s", "  not read to its end: %s", f.Failed)
	case f.Polled == 0:
		say("  还没有读过", "  not read yet")
	default:
		say("  读到底：%s", "  read to its end at %s", f.Polled)
	}
	say("  案件 %d，行为 %d，更正 %d，撤回 %d", "  cases %d, acts %d, corrected %d, withdrawn %d", f.Cases, f.Acts, f.Corrected, f.Withdrawn)
	if f.Arrived > 0 {
		say("  最新一项行为发生于 %s", "  the latest act happened at %s", f.Last)
	}
	if f.Silent {
		say("  很久没有新的内容", "  silent: nothing new has come for longer than it may")
	}
	if f.Postless > 0 {
		say("  %d 项行为没有写明这里认识的人，职务要求不据此判断", "  %d acts do not name anybody known here: what the law asks of posts is not judged of them", f.Postless)
	}
	if f.Decoded > 0 {
		say("  %d 行不是 UTF-8，按 GB18030 读出", "  %d lines were not UTF-8 and were read as GB18030", f.Decoded)
	}
	say("  没有采用或者有一项没有采用的行：%d", "  rows not taken, or not whole: %d", f.FaultRows)
	for _, x := range f.Faults {
		where := x.Place
		if x.Case != "" {
			where += ", " + x.Case
		}
		say("  - %s：%s", "  - %s: %s", where, x.Reason.In(lang))
	}
	if left := f.FaultRows - int64(len(f.Faults)); left > 0 {
		say("  还有 %d 行没有列出", "  %d more are not listed", left)
	}
	return err
}
