package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"plumbline/handling"
	"plumbline/store/backup"
	"plumbline/store/postgres"
	"plumbline/store/sqlite"
)

// whichStore says which record a command works on.
type whichStore struct {
	Data  string `default:"plumbline-data" help:"Folder of the embedded store and of attached files." type:"path"`
	Store string `help:"postgres://... instead of the embedded store."`
}

func (w whichStore) file() string { return filepath.Join(w.Data, "record.db") }

// record is a store with what its keeper does.
type record interface {
	handling.Store
	Backup(ctx context.Context, dir string) (backup.Manifest, error)
	Confirm(ctx context.Context, person, reason string) error
}

// How a command opens a record.
type access int

const (
	writing access = iota
	reading        // beside a server or without one; nothing is changed
	takingOver
)

func (w whichStore) open(ctx context.Context) (record, error) { return w.openFor(ctx, writing) }

func (w whichStore) openFor(ctx context.Context, how access) (record, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if w.Store != "" {
		if !strings.HasPrefix(w.Store, "postgres://") && !strings.HasPrefix(w.Store, "postgresql://") {
			return nil, fmt.Errorf("--store %q: expected postgres://USER@HOST:PORT/DATABASE", w.Store)
		}
		s, err := postgres.Open(ctx, w.Store, postgres.Options{Log: log, Reader: how == reading, TakeOver: how == takingOver})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if how != reading {
		if err := os.MkdirAll(w.Data, 0o700); err != nil {
			return nil, err
		}
	}
	s, err := sqlite.Open(ctx, w.file(), sqlite.Options{Log: log, Reader: how == reading})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// held says whether a record could not be opened because another process writes to it.
func held(err error) bool { return errors.Is(err, sqlite.ErrHeld) || errors.Is(err, postgres.ErrHeld) }

// flags are those that name the record, as a shell takes them.
func (w whichStore) flags() string {
	var text string
	if usual, err := filepath.Abs("plumbline-data"); err != nil || w.Data != usual {
		text += " --data " + quoted(w.Data)
	}
	if w.Store != "" {
		text += " --store " + quoted(w.Store)
	}
	return text
}

func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.,:@%_-") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// existing opens a record that must be there already, so that a mistyped folder makes no empty one.
func (w whichStore) existing(ctx context.Context, how access) (record, error) {
	if w.Store == "" {
		if _, err := os.Stat(w.file()); err != nil {
			return nil, fmt.Errorf("there is no record in %s: name its folder with --data, or a database with --store", w.Data)
		}
	}
	return w.openFor(ctx, how)
}

type backupCommand struct {
	whichStore
	Dir string `arg:"" help:"New folder for the backup." type:"path"`
}

// Run copies the record while it is in use.
func (c *backupCommand) Run() (err error) {
	ctx := context.Background()
	store, err := c.existing(ctx, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	m, err := store.Backup(ctx, c.Dir)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d acts, root %s\nattached files are not in it: copy %s beside it\n", c.Dir, m.Size, m.Root, filepath.Join(c.Data, "files"))
	return nil
}

type restoreCommand struct {
	whichStore
	Dir string `arg:"" help:"Folder of the backup." type:"existingdir"`
}

// Run makes a new record of a backup. It is read-only until a person confirms it.
func (c *restoreCommand) Run() error {
	ctx := context.Background()
	if c.Store != "" {
		if err := postgres.Restore(ctx, c.Dir, c.Store, postgres.Options{}); err != nil {
			return err
		}
	} else {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return err
		}
		if err := sqlite.Restore(ctx, c.Dir, c.file(), sqlite.Options{}); err != nil {
			return err
		}
	}
	fmt.Printf("restored and checked; nothing is written until it is confirmed: plumbline confirm%s --person NAME --reason WHY\n", c.flags())
	return nil
}

type confirmCommand struct {
	whichStore
	Person string `required:"" help:"Who confirms."`
	Reason string `required:"" help:"Why this backup is the record from now on."`
}

// Run lets a restored record be written to again.
func (c *confirmCommand) Run() (err error) {
	ctx := context.Background()
	store, err := c.existing(ctx, writing)
	if held(err) {
		err = fmt.Errorf("%w: stop it first", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Confirm(ctx, c.Person, c.Reason)
}

type checkCommand struct{ whichStore }

// Run folds the whole record again, while it is in use. What is wrong is exit 1.
func (c *checkCommand) Run() (err error) {
	ctx := context.Background()
	store, err := c.existing(ctx, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Check(ctx); err != nil {
		return failedCheck{err}
	}
	size, root, err := store.Head(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d acts, root %s: every act is in the ledger at its place, every row fits\n", size, root)
	return nil
}
