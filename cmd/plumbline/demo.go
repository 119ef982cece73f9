package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"plumbline/packs"
	"plumbline/procedure"
)

type demoCommand struct {
	Addr   string `default:"127.0.0.1:8080" help:"Where to listen."`
	Format string `enum:"text,json" default:"text" help:"What to print when it serves: text or json."`
	Cases  int    `default:"200" help:"How many cases to make."`
	Seed   uint64 `default:"1" help:"The same seed makes the same cases, counted back from now."`
	Pack   string `default:"cn-police" help:"The law to work under; the pack needs a demo.yaml."`
	Store  string `help:"postgres://... instead of a throw-away store; it must be empty."`
}

// Run serves until it is told to stop.
func (c *demoCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, os.Stdout)
}

// run fills a throw-away store with a made-up organ's cases and serves it until ctx ends.
func (c *demoCommand) run(ctx context.Context, out io.Writer) (err error) {
	free, err := net.Listen("tcp", c.Addr) // an address that is taken is told before the cases are played
	if err != nil {
		return err
	}
	if err := free.Close(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "plumbline-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := whichStore{Data: dir, Store: c.Store}.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	clock := &simClock{}
	pack, err := demoPack(c.Pack)
	if err != nil {
		return err
	}
	house, err := openHouse(ctx, store, pack, filepath.Join(dir, "files"), clock.Now)
	if err != nil {
		return err
	}
	if len(house.People().People()) > 0 {
		return errors.New("the store is not empty: a demonstration is never mixed with a record")
	}
	w, err := loadWorld(packs.FS, c.Pack, house.Pack())
	if err != nil {
		return err
	}
	began := time.Now()
	if days := house.Pack().Calendar; days != nil {
		if _, err := days.Working(house.Pack().Zone.Date(now().Add(45 * 24 * time.Hour))); err != nil {
			fmt.Fprintf(os.Stderr, "the demonstration runs into a year whose working days are not known, so some limits cannot be judged: %v\n", err)
		}
	}
	fmt.Fprintf(os.Stderr, "playing %d made-up cases ...\n", c.Cases)
	done, err := replay(ctx, house, w, clock, c.Seed, c.Cases, now())
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "played in %.1f s\n", time.Since(began).Seconds())
	return serve(ctx, serveOptions{Addr: c.Addr, House: house, Demos: done.demos(), Ready: func(url string) {
		if c.Format == "json" {
			_ = json.NewEncoder(out).Encode(struct {
				URL string `json:"url"`
				*played
			}{url, done})
			return
		}
		done.print(out, url)
	}})
}

// print tells what was made and how to sign in.
func (p *played) print(out io.Writer, url string) {
	n := p.Counts
	fmt.Fprintf(out, "ready %s\n\n", url)
	fmt.Fprintf(out, "%d made-up cases (%d closed) and %d matters beside them; in the cases %d acts, %d findings, %d refused attempts, %d duties open, %d overdue\n\n", n.Cases, n.Closed, n.Matters, n.Acts, n.Findings, n.Refused, n.Running, n.Overdue)
	row := func(login, password, person, role, unit string) {
		fmt.Fprintf(out, "%s%s%s%s%s\n", wide(login, 18), wide(password, 22), wide(person, 14), wide(role, 18), unit)
	}
	row("sign in as", "password", "person", "role", "unit")
	for _, s := range p.SignIns {
		row(s.Name, s.Password, s.Person, s.Role, s.Unit)
	}
}

// wide fills a text up to n columns of a terminal, in which a Han character takes two.
func wide(s string, n int) string {
	for _, c := range s {
		if n--; c >= 0x2e80 {
			n--
		}
	}
	return s + strings.Repeat(" ", max(n, 1))
}

// demoPack loads a pack with the made-up benchmark of its demonstration, where there is one.
func demoPack(name string) (*procedure.Pack, error) {
	file := path.Join(name, "demo-benchmark.yaml")
	data, err := fs.ReadFile(packs.FS, file)
	if errors.Is(err, fs.ErrNotExist) {
		return procedure.Load(packs.FS, name)
	}
	if err != nil {
		return nil, err
	}
	return procedure.Load(packs.FS, name, procedure.File{Name: file, Data: data})
}
