package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/feed"
	"plumbline/handling"
	"plumbline/internal/durable"
	"plumbline/internal/print"
	"plumbline/procedure"
	"plumbline/web"
)

type serveCommand struct {
	whichStore
	Addr string `default:"127.0.0.1:8080" help:"Where to listen."`
	Pack string `default:"cn-police" help:"The law to work under."`

	Benchmark []string `placeholder:"FILE" help:"The agency's own benchmark for discretion in penalties, as docs/language.md says; may be repeated."`

	TakeOver bool `help:"From another server that writes to the same PostgreSQL record: it is pushed out. For failover."`
	Proxy    bool `help:"A proxy in front ends TLS: cookies are for TLS only, and the last address in X-Forwarded-For is who asks."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run() error { return c.run(nil) }

// run serves, and follows what follow gives where it is not nil.
func (c *serveCommand) run(follow func(context.Context, *handling.House) (*feed.Watcher, error)) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	house, closing, err := c.house(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if len(house.People().People()) == 0 {
		fmt.Fprintf(os.Stderr, "nobody is on the record yet, so nobody can sign in: plumbline user found%[1]s FILE, then plumbline user password%[1]s LOGIN PERSON\n", c.flags())
	}
	o := serveOptions{Addr: c.Addr, House: house, Secure: c.Proxy || !loopback(c.Addr), Proxied: c.Proxy, Ready: func(url string) { fmt.Println("ready", url) }}
	if follow != nil {
		if o.Follow, err = follow(ctx, house); err != nil {
			return err
		}
	}
	return serve(ctx, o)
}

// house opens the record for writing and puts the pack to it; closing closes it.
func (c *serveCommand) house(ctx context.Context) (_ *handling.House, closing func() error, err error) {
	how := writing
	if c.TakeOver {
		how = takingOver
	}
	if c.TakeOver && c.Store == "" {
		return nil, nil, errors.New("--take-over is for a record in PostgreSQL: name it with --store")
	}
	pack, err := loadPack(c.Pack, c.Benchmark...)
	if err != nil {
		return nil, nil, err
	}
	store, err := c.openFor(ctx, how)
	if held(err) && c.Store != "" {
		err = fmt.Errorf("%w: stop it first, or push it out with --take-over", err)
	}
	if err != nil {
		return nil, nil, err
	}
	house, err := openHouse(ctx, store, pack, filepath.Join(c.Data, "files"), now)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return house, store.Close, nil
}

func now() calendar.Instant { return calendar.InstantOf(time.Now()) }

// openHouse puts a pack and the folder of attached files to a store.
func openHouse(ctx context.Context, store handling.Store, p *procedure.Pack, files string, clock func() calendar.Instant) (*handling.House, error) {
	if err := os.MkdirAll(filepath.Dir(files), 0o700); err != nil { // a record in a database needs a folder for files all the same
		return nil, err
	}
	blobs, err := durable.OpenBlobs(files)
	if err != nil {
		return nil, err
	}
	c := handling.Config{Store: store, Pack: p, Now: clock, Random: rand.Reader, Blobs: folder{blobs}, Log: slog.Default()}
	glyphs, err := print.Installed(ctx)
	if err == nil {
		c.Glyphs = glyphs
	} else {
		slog.Warn("characters of documents are not checked against the fonts", "error", err)
	}
	return handling.Open(c)
}

// folder is attached files in a folder of the file system.
type folder struct{ *durable.Blobs }

// Put keeps a file, or says casefile.ErrTooLarge.
func (f folder) Put(ctx context.Context, r io.Reader, limit int64) ([32]byte, int64, error) {
	b, err := f.Blobs.Put(ctx, r, limit)
	if errors.Is(err, durable.ErrTooLarge) {
		err = casefile.ErrTooLarge
	}
	return b.SHA256, b.Size, err
}

// serveOptions says what to serve. Ready is told the address once requests are answered.
type serveOptions struct {
	Addr    string
	House   *handling.House
	Demos   map[string][]web.DemoSignIn
	Secure  bool          // cookies only over TLS: a proxy ends it
	Proxied bool          // that proxy says in X-Forwarded-For for whom it asks
	Follow  *feed.Watcher // other systems; nil: none
	Ready   func(url string)
}

// serve answers requests and lets the clock run until ctx ends or the record can no longer be written.
func serve(ctx context.Context, o serveOptions) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	config := web.Config{House: o.House, Log: log, Demos: o.Demos, Secure: o.Secure, Proxied: o.Proxied}
	printer, noPrinter := print.New(ctx, print.Options{})
	if noPrinter == nil {
		config.Printer = printer
		defer func() { err = errors.Join(err, printer.Close()) }()
	} else {
		log.Warn("documents are shown as pages only, not as PDF", "error", noPrinter)
	}
	site, err := web.NewServer(config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 3 * time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	server.RegisterOnShutdown(site.Close)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(fmt.Errorf("clock: %w", o.House.RunClock(ctx, log))) }()
	var following sync.WaitGroup // what was read is kept before the record is closed
	defer following.Wait()
	defer cancel(nil)
	if o.Follow != nil {
		o.House.ShowFeeds(o.Follow)
		following.Go(func() { cancel(fmt.Errorf("feeds: %w", o.Follow.Run(ctx))) })
	}
	ended := make(chan struct{})
	go func() {
		<-ctx.Done()
		ending, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		_ = server.Shutdown(ending) // requests still running after ten seconds are cut
		close(ended)
	}()
	if o.Ready != nil {
		o.Ready("http://" + listener.Addr().String())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-ended
	if err := o.House.Settle(context.Background()); err != nil {
		return fmt.Errorf("answers of surveys that were not put down yet: %w", err)
	}
	if cause := context.Cause(ctx); errors.Is(cause, casefile.ErrStopped) {
		return cause
	}
	return nil
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback())
}
