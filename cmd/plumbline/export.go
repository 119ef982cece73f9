package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"plumbline/audit"
	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/eventlog"
	"plumbline/handling"
	"plumbline/ledger"
	"plumbline/procedure"
)

type exportCommand struct {
	whichStore
	Format    string   `required:"" enum:"xes,ocel,csv,parquet" help:"xes, ocel (OCEL 2.0 JSON), csv or parquet."`
	Out       string   `required:"" help:"New file to write." placeholder:"FILE" type:"path"`
	Pack      string   `default:"cn-police" help:"The pack that the record is kept under: it says which data tell who somebody is."`
	Benchmark []string `placeholder:"FILE" help:"The agency's own benchmark, as serve has it; may be repeated."`
	Procedure []string `help:"Only cases of this procedure; may be repeated." placeholder:"PROC"`
	Unit      []string `help:"Only cases that this unit holds; may be repeated." placeholder:"UNIT"`
	From      string   `help:"Only cases opened from this day or moment on."`
	Until     string   `help:"Only cases opened up to this day, which counts, or moment."`
	Names     bool     `help:"Keep names, numbers, addresses, dates of birth and free text. Without it officers are numbered and texts about people become a cross."`
	With      []string `enum:"people,questions,apart" help:"Also the file of people, the file of questions, and what stands apart: superintendence, complaints, sheets that only who made them sees yet." placeholder:"people,questions,apart"`
	As        string   `xor:"who" placeholder:"PERSON" help:"Only cases that this person of the record may see, as on their pages; the views are theirs."`
	Person    string   `xor:"who" help:"Who takes it away, for the log of views; default: the user of this machine."`
	Purpose   string   `help:"What for, for the log of views; with --as also for cases that open only to a stated purpose."`
}

// Run writes the views, then the file: what leaves the house is on the record before.
func (c *exportCommand) Run() (err error) {
	ctx := context.Background()
	pack, err := loadPack(c.Pack, c.Benchmark...)
	if err != nil {
		return err
	}
	x := &exporting{exportCommand: c, pack: pack, people: &audit.Pseudonyms{Keep: c.Names}}
	if err := x.span(); err != nil {
		return err
	}
	if _, err := os.Stat(c.Out); err == nil {
		return fmt.Errorf("%s is there already: name a new file", c.Out)
	}
	if err := x.putOnRecord(ctx); err != nil {
		return err
	}
	store, err := c.existing(ctx, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := x.over(ctx, store); err != nil {
		return err
	}
	if err := x.write(ctx); err != nil {
		return err
	}
	x.tell()
	return nil
}

// exporting is an export under way.
type exporting struct {
	*exportCommand
	pack        *procedure.Pack
	store       record
	house       *handling.House // with --as: says what the person may see
	size        int64           // of the ledger: cases opened after it are left for the next time
	root        ledger.Hash     // of the ledger at this size
	from, until calendar.Instant
	people      *audit.Pseudonyms

	cases, acts, otherEdition, withdrawn int64
	procedures                           map[string]int64
	aside                                map[string]int64 // by reason
}

func (x *exporting) span() error {
	var err error
	if x.From != "" {
		if x.from, err = casefile.ParseInstant(x.From, x.pack.Zone); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if x.Until == "" {
		return nil
	}
	var precision calendar.Precision
	if x.until, precision, err = casefile.ParseWhen(x.Until, x.pack.Zone); err != nil {
		return fmt.Errorf("--until: %w", err)
	}
	if precision == calendar.Day {
		x.until = x.pack.Zone.End(x.pack.Zone.Date(x.until))
	}
	return nil
}

// putOnRecord writes into the log of views which cases are taken away. Where another process writes to the record, or it is
// read-only, that cannot be, and is said.
func (x *exporting) putOnRecord(ctx context.Context) (err error) {
	x.store, err = x.existing(ctx, writing)
	unseen := "no view of this export is on the record: %v. Stop the server for an export that leaves its mark\n"
	if held(err) {
		fmt.Fprintf(os.Stderr, unseen, err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.store.Close()) }()
	if err := x.over(ctx, x.store); err != nil {
		return err
	}
	who := cmp.Or(x.As, x.Person)
	if u, err := user.Current(); who == "" && err == nil {
		who = "operator " + u.Username
	}
	var ids []string
	look := func() error {
		if len(ids) == 0 {
			return nil
		}
		l := casefile.Looked{At: now(), Person: cmp.Or(who, "operator"), What: "export " + x.Format + " " + strings.Join(ids, " "), Purpose: x.Purpose}
		ids = ids[:0]
		return x.store.Look(ctx, l)
	}
	err = x.heads(ctx, func(head *casefile.Head) error {
		if ids = append(ids, string(head.ID)); len(ids) < 200 {
			return nil
		}
		return look()
	})
	if err == nil {
		err = look()
	}
	if errors.Is(err, casefile.ErrReadOnly) {
		fmt.Fprintf(os.Stderr, unseen, err)
		return nil
	}
	return err
}

// over says from which store cases are read from now on; the first says how far the export goes.
func (x *exporting) over(ctx context.Context, store record) (err error) {
	x.store = store
	if x.size == 0 {
		if x.size, x.root, err = store.Head(ctx); err != nil {
			return err
		}
	}
	if x.As == "" {
		return nil
	}
	if x.house, err = handling.Open(handling.Config{Store: store, Pack: x.pack, Now: now}); err != nil {
		return err
	}
	if _, ok := x.house.People().Person(authority.PersonID(x.As)); !ok {
		return fmt.Errorf("--as: no person %q in the record", x.As)
	}
	return nil
}

// heads calls each with the cases that are asked for, in the order in which they were opened.
func (x *exporting) heads(ctx context.Context, each func(*casefile.Head) error) error {
	x.aside = map[string]int64{}
	const page = 1000
	for from := int64(0); from < x.size; from += page {
		entries, err := x.store.Entries(ctx, from, int(min(page, x.size-from)))
		if err != nil {
			return err
		}
		for i := range entries {
			if entries[i].Number != 1 {
				continue
			}
			head, err := x.store.Case(ctx, entries[i].Case)
			if err != nil {
				return fmt.Errorf("case %s: %w", entries[i].Case, err)
			}
			if x.house != nil {
				who := handling.Who{Person: authority.PersonID(x.As), Purpose: x.Purpose}
				if _, ok := x.house.Visible(ctx, who, head.ID); !ok {
					continue // what one may not see is not there: it is not counted either
				}
			}
			if !x.wanted(&head) {
				continue
			}
			if err := each(&head); err != nil {
				return fmt.Errorf("case %s: %w", head.ID, err)
			}
		}
	}
	return nil
}

func (x *exporting) wanted(head *casefile.Head) bool {
	_, short, _ := strings.Cut(head.Procedure, "/")
	switch {
	case len(x.Procedure) > 0 && !slices.Contains(x.Procedure, head.Procedure) && !slices.Contains(x.Procedure, short):
		return false
	case len(x.Unit) > 0 && !slices.Contains(x.Unit, head.Unit):
		return false
	case x.from != 0 && head.Opened < x.from, x.until != 0 && head.Opened > x.until:
		return false
	}
	if why := handling.Aside(head); why != "" && !slices.Contains(x.With, why) {
		x.aside[why]++
		return false
	}
	return true
}

// recorded calls each with the cases that are asked for. A case that moves while it is read is read again.
func (x *exporting) recorded(ctx context.Context, each func(*audit.Recorded) error) error {
	x.cases, x.acts, x.otherEdition, x.withdrawn, x.procedures = 0, 0, 0, 0, map[string]int64{}
	return x.heads(ctx, func(head *casefile.Head) error {
		c, err := x.read(ctx, head.ID)
		if err != nil {
			return err
		}
		x.cases++
		x.acts += int64(len(c.Acts))
		x.procedures[c.Head.Procedure]++
		for i := range c.Findings {
			if c.Findings[i].WithdrawnBy != 0 {
				x.withdrawn++
			}
		}
		return each(c)
	})
}

func (x *exporting) read(ctx context.Context, id casefile.CaseID) (*audit.Recorded, error) {
	for range 8 {
		c := &audit.Recorded{Record: fmt.Sprintf("%d %s", x.size, x.root)}
		var entries []casefile.Entry
		var err error
		for _, step := range []func() error{
			func() (err error) { c.Head, err = x.store.Case(ctx, id); return err },
			func() (err error) { entries, err = x.store.Acts(ctx, id, 0); return err },
			func() (err error) { c.Duties, err = x.store.Duties(ctx, id); return err },
			func() (err error) { c.Findings, err = x.store.Findings(ctx, id); return err },
		} {
			if err = step(); err != nil {
				return nil, err
			}
		}
		again, err := x.store.Case(ctx, id)
		if err != nil {
			return nil, err
		}
		if again.Revision != c.Head.Revision {
			continue
		}
		for _, e := range entries {
			r, err := casefile.DecodeRecord(e.Bytes)
			if err != nil {
				return nil, fmt.Errorf("act %d: %w", e.Number, err)
			}
			c.Acts = append(c.Acts, r)
		}
		x.judgedUnder(c)
		return c, nil
	}
	return nil, errors.New("it changes faster than it is read")
}

// judgedUnder finds the procedure of a case, and the moment up to which the record has judged it.
func (x *exporting) judgedUnder(c *audit.Recorded) {
	c.AsOf = max(c.Head.Opened, c.Head.Updated)
	for i := range c.Findings {
		c.AsOf = max(c.AsOf, c.Findings[i].At)
	}
	of, name, _ := strings.Cut(c.Head.Procedure, "/")
	if of != x.pack.ID {
		return
	}
	p, err := x.pack.Procedure(name)
	if err != nil {
		return
	}
	c.Proc = p
	s, err := p.Decode(c.Head.Standing)
	if err != nil {
		x.otherEdition++
		return
	}
	c.AsOf = max(c.AsOf, s.Now())
}

// write makes the file under another name beside its own, and gives it its name when it is whole.
func (x *exporting) write(ctx context.Context) (err error) {
	f, err := os.CreateTemp(filepath.Dir(x.Out), ".export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := x.writeTo(ctx, f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), x.Out); err != nil {
		return err
	}
	return f.Close()
}

func (x *exporting) writeTo(ctx context.Context, w io.Writer) error {
	switch x.Format {
	case "ocel":
		return x.writeObjects(ctx, w)
	case "xes":
		return x.histories(ctx, func(cases func(func(eventlog.Case) bool)) error { return eventlog.WriteXES(w, cases) })
	}
	columns := audit.Columns()
	first := &audit.Pseudonyms{Keep: x.Names}
	if err := x.recorded(ctx, func(c *audit.Recorded) error {
		h := c.History(first)
		columns.Add(&h)
		return nil
	}); err != nil {
		return err
	}
	write := eventlog.WriteCSV
	if x.Format == "parquet" {
		write = eventlog.WriteParquet
	}
	return x.histories(ctx, func(cases func(func(eventlog.Case) bool)) error { return write(w, columns, cases) })
}

var errEnough = errors.New("the writer takes no more")

// histories hands the cases to a writer, and brings back what went wrong with either.
func (x *exporting) histories(ctx context.Context, write func(func(func(eventlog.Case) bool)) error) error {
	var wrong error
	err := write(func(yield func(eventlog.Case) bool) {
		wrong = x.recorded(ctx, func(c *audit.Recorded) error {
			if !yield(c.History(x.people)) {
				return errEnough
			}
			return nil
		})
	})
	if errors.Is(wrong, errEnough) {
		wrong = nil
	}
	return errors.Join(wrong, err)
}

func (x *exporting) writeObjects(ctx context.Context, w io.Writer) (err error) {
	scratch, err := os.CreateTemp(filepath.Dir(x.Out), ".export-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close(), os.Remove(scratch.Name())) }()
	out := eventlog.NewObjectWriter(w, scratch)
	if err := x.recorded(ctx, func(c *audit.Recorded) error { return out.Write(c.Objects(x.people)) }); err != nil {
		return err
	}
	return out.Close()
}

// tell says what was written, on stdout, and what was not, on stderr.
func (x *exporting) tell() {
	fmt.Printf("%s: %d cases, %d acts\n", x.Out, x.cases, x.acts)
	for _, p := range slices.Sorted(maps.Keys(x.procedures)) {
		fmt.Printf("  %6d  %s\n", x.procedures[p], p)
	}
	fmt.Printf("from the record at %d acts, root %s\n", x.size, x.root)
	if x.Names {
		fmt.Println("people: as they are in the record, with names, numbers, addresses and free text")
	} else {
		fmt.Println("people: redacted, officers by numbers, a cross for every text that may tell who somebody is; --names keeps them")
	}
	left := func(n int64, text string) {
		if n > 0 {
			fmt.Fprintf(os.Stderr, text+"\n", n)
		}
	}
	left(x.aside["apart"], "left out: %d cases that stand apart (superintendence, complaints, sheets not yet opened); --with apart takes them in")
	left(x.aside["people"], "left out: the file of people (%d); --with people takes it in")
	left(x.aside["questions"], "left out: the file of questions (%d); --with questions takes it in")
	if !x.Names {
		left(int64(x.people.Officers()), "%d officers are numbered from 1")
		left(x.people.Texts, "%d names, numbers, addresses and free texts became ×1, ×2 ...")
		left(x.people.Dropped, "left out: %d dates of birth, so what depends on age cannot be judged again")
	}
	if x.Format != "ocel" {
		left(x.withdrawn, "left out: %d findings that were withdrawn; ocel has them")
	}
	left(x.otherEdition, "%d cases were last judged under another edition of the pack than "+x.Pack+" is now: an audit may find otherwise")
	fmt.Fprintln(os.Stderr, "left out: the files attached to acts, their names, the log of views, and salts and leaves of the ledger: a log proves nothing of the record")
}
