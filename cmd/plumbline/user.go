package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"

	"plumbline/authority"
	"plumbline/handling"
	yaml "plumbline/internal/strictyaml"
)

type userCommand struct {
	Found    foundCommand    `cmd:"" help:"Put the first units and people on the record, from a file."`
	Password passwordCommand `cmd:"" help:"Give a person a sign-in, or a new password; read from standard input."`
}

type foundCommand struct {
	whichStore
	Pack string `default:"cn-police" help:"The law to work under."`
	File string `arg:"" help:"YAML with units and people; the form is that of units and people in packs/cn-police/demo.yaml." type:"existingfile"`
}

// Run founds an organ. It is done once: later changes are made by its administrator, on the people page.
func (c *foundCommand) Run() (err error) {
	ctx := context.Background()
	store, house, err := c.house(ctx, c.Pack)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if len(house.People().People()) > 0 {
		return errors.New("this organ has been founded: its administrator makes every further change on the people page")
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var o organ
	if bad := yaml.Decode(c.File, text, &o); len(bad) > 0 {
		return bad
	}
	for _, u := range o.Units {
		if _, ok := house.Pack().UnitKind(u.Kind); !ok {
			return fmt.Errorf("unit %s: pack %s has no kind of unit %q", u.ID, c.Pack, u.Kind)
		}
	}
	for _, p := range o.People {
		if _, ok := house.Pack().Post(p.Post); !ok && p.Post != authority.Administrator && p.Post != authority.Supervisor {
			return fmt.Errorf("person %s: pack %s has no post %q", p.ID, c.Pack, p.Post)
		}
	}
	if err := house.Found(ctx, o.founding()...); err != nil {
		return err
	}
	fmt.Printf("%d units, %d people; give them sign-ins with: plumbline user password%s LOGIN PERSON\n", len(house.People().Units()), len(house.People().People()), c.flags())
	return nil
}

type passwordCommand struct {
	whichStore
	Pack   string `default:"cn-police" help:"The law to work under."`
	Login  string `arg:"" help:"Name to sign in with."`
	Person string `arg:"" help:"Id or police number of the person."`
}

// Run reads a password from standard input; the person must change it at the first sign-in.
func (c *passwordCommand) Run() (err error) {
	ctx := context.Background()
	store, house, err := c.house(ctx, c.Pack)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	p, ok := house.People().Person(authority.PersonID(c.Person))
	if !ok {
		p, ok = house.People().ByNumber(c.Person)
	}
	if !ok {
		return fmt.Errorf("nobody here has the id or police number %q", c.Person)
	}
	fmt.Fprintf(os.Stderr, "password for %s (%s), at least twelve characters: ", c.Login, p.Name)
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	err = house.GiveAccount(ctx, c.Login, p.ID, password)
	var weak *handling.WeakPassword
	if errors.As(err, &weak) {
		return fmt.Errorf("the password is too weak: %s", strings.Join(weak.Faults, ", "))
	}
	return err
}

// readPassword reads a line. A terminal does not show it.
func readPassword(in *os.File) (string, error) {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && line == "" {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, os.Interrupt, syscall.SIGTERM)
	read := make(chan struct{})
	defer func() {
		signal.Stop(broken)
		close(read)
	}()
	go func() { // whoever breaks off gets a terminal back that shows what is typed
		select {
		case <-broken:
			_ = term.Restore(fd, before)
			os.Exit(2)
		case <-read:
		}
	}()
	line, err := term.ReadPassword(fd)
	fmt.Fprintln(os.Stderr)
	return string(line), err
}

// house opens a record for a command that changes people.
func (w whichStore) house(ctx context.Context, pack string) (handling.Store, *handling.House, error) {
	store, err := w.open(ctx)
	if held(err) {
		err = fmt.Errorf("%w: stop it first, or let the administrator do it on the people page", err)
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := loadPack(pack)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	house, err := openHouse(ctx, store, p, filepath.Join(w.Data, "files"), now)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, house, nil
}
