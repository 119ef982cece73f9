package eventlog

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync"
)

// Read reads the log in r and calls each with batch after batch. The format is known by content and, where that
// leaves doubt, by name, which otherwise serves in messages: XES, CSV and OCEL in JSON or XML, each also packed with
// gzip; XLSX and Parquet, for which r must also be an io.ReaderAt and an io.Seeker. A History reads itself.
//
// Calls run side by side, at most one at a time per worker (0 to Workers-1), in no order; Batch.Index gives the
// order. A batch comes only after all text before it was found sound, but what follows may still be bad: with an
// error from Read, what was seen so far is not the log. When the log is bad Read returns an *Error, the first in
// log order; else the first error of each, ctx.Err(), or the reader's error.
//
// Memory: XES takes a few mebibytes per worker, 8 to 32 bytes per case to find repeated identifiers, and for a
// very long trace about three times its text. CSV is held whole (Options.MaxHeld), plus 12 bytes per row; with Options.Spill
// a long one takes about 200 MiB, whatever its length. Of OCEL, XLSX and Parquet what is read of them is held (MaxHeld).
func Read(ctx context.Context, r io.Reader, name string, opt Options, each func(worker int, b *Batch) error) (Stats, error) {
	if opt.Watch != nil {
		each = watched(opt.Watch, each)
	}
	if h, ok := r.(History); ok {
		return h.ReadHistory(ctx, opt, each)
	}
	stats, err := readOne(ctx, r, name, opt, newIDSet(), each)
	if err == nil {
		err = unchanged(r)
	}
	if err == nil && stats.Cases == 0 {
		err = &Error{Name: name, What: "no cases in the log", Hint: "there is nothing to judge"}
	}
	return stats, err
}

// History is a reader that is more than one stream of text: several files, or a database. Read asks it to hand on its
// cases itself, under the terms of Read.
type History interface {
	io.Reader
	ReadHistory(ctx context.Context, opt Options, each func(worker int, b *Batch) error) (Stats, error)
}

// unchanged asks a source that can tell whether it is still what was opened.
func unchanged(r io.Reader) error {
	if u, ok := r.(interface{ Unchanged() error }); ok {
		return u.Unchanged()
	}
	return nil
}

// readOne reads one log. The identifiers of its cases are looked up among ids, and added.
func readOne(ctx context.Context, r io.Reader, name string, opt Options, ids *idSet, each func(worker int, b *Batch) error) (Stats, error) {
	opt = opt.filled()
	src, err := openSource(r, name, opt.Map != nil)
	if err != nil {
		return Stats{}, err
	}
	switch {
	case src.format == formatOCELJSON || src.format == formatOCELXML:
		return readOCEL(ctx, src, opt, ids, each)
	case opt.Map != nil && opt.Map.Tables != nil:
		return Stats{}, &Error{Name: name, What: "the mapping joins tables", Hint: "give the files of its tables, or a mapping with case, act and time"}
	case src.format == formatXLSX || src.format == formatParquet:
		stats, err := readRows(ctx, src, opt, each)
		stats.Format = src.format
		return stats, err
	case opt.Map != nil && opt.Map.CaseType != "":
		return Stats{}, &Error{Name: name, What: "the mapping names a type of object as the case, and this is not an OCEL log", Hint: "case, act and time are needed"}
	}
	roles, err := rolesOf(opt.Map)
	if err != nil {
		return Stats{}, err
	}
	g := newGate(name, opt.Zone == nil)
	g.ids = ids
	if src.format == formatCSV {
		if opt.Map != nil {
			src.decode(opt.Map.Encoding)
		}
		err = readCSV(ctx, src, opt, roles, g, each)
	} else {
		err = readXES(ctx, src, opt, roles, g, each)
	}
	g.stats.Format, g.stats.Bytes = src.format, src.bytes
	return g.stats, err
}

func watched(w Watch, each func(int, *Batch) error) func(int, *Batch) error {
	return func(worker int, b *Batch) error {
		acts := 0
		for i := range b.Cases {
			acts += len(b.Cases[i].Events)
		}
		cases := len(b.Cases)
		err := each(worker, b)
		w.Seen(cases, acts)
		return err
	}
}

func (o Options) filled() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxValue <= 0 {
		o.MaxValue = defaultMaxValue
	}
	if o.MaxTrace <= 0 {
		o.MaxTrace = defaultMaxTrace
	}
	if o.MaxHeld <= 0 {
		o.MaxHeld = defaultMaxHeld
	}
	if o.chunk <= 0 {
		o.chunk = defaultChunk
	}
	if o.Zone == nil && o.Map != nil {
		o.Zone = o.Map.Zone
	}
	return o
}

// readXES runs the one goroutine that unpacks and cuts, and the workers that scan.
func readXES(ctx context.Context, src *source, opt Options, r roles, g *gate, each func(int, *Batch) error) error {
	full := make(chan chunk, opt.Workers)
	free := make(chan []byte, 2*opt.Workers+1) // every buffer there is
	for range cap(free) {
		free <- nil
	}
	var wg sync.WaitGroup
	var sound bool // the source was read to its end without an error of its own; read after wg.Wait
	wg.Go(func() {
		defer close(full)
		cut := &cutter{src: src, size: opt.chunk, maxTrace: opt.MaxTrace, maxValue: opt.MaxValue}
		for index, last := 0, false; !last; index++ {
			var buf []byte
			select {
			case buf = <-free:
			case <-g.stop:
				return
			case <-ctx.Done():
				g.fail(index, ctx.Err())
				return
			}
			if cap(buf) > 4*opt.chunk+64<<10 {
				buf = nil // one long trace should not weigh for the rest of the log
			}
			if buf == nil {
				buf = make([]byte, 0, opt.chunk+64<<10)
			}
			c := chunk{index: index}
			var err error
			if c.text, last, err = cut.next(buf); err != nil {
				var bad *Error
				if errors.As(err, &bad) && bad.Name == "" {
					c.err = bad
				} else {
					c.cause = err
				}
			}
			c.last = last
			sound = last && err == nil
			full <- c
		}
	})
	for worker := range opt.Workers {
		wg.Go(func() {
			x := newXES(r, opt)
			for c := range full {
				if g.stopped() {
					continue // until the cutter sees it too
				}
				err := c.err
				if err == nil && c.cause == nil {
					err = x.scan(&c)
				} else {
					x.reset() // of the batch before
				}
				if g.settle(&c, &x.scanned, err) {
					if err := each(worker, &Batch{Index: c.index, Cases: x.cases}); err != nil {
						g.fail(c.index, err)
					}
				}
				free <- c.text
			}
		})
	}
	wg.Wait()
	err := g.err
	var bad *Error
	if errors.As(err, &bad) && src.packed && !sound && bad.Err == nil {
		// What looks like bad XML may be a damaged gzip file, and only its end tells.
		if _, rest := io.CopyN(io.Discard, src, maxDrain); rest != nil && rest != io.EOF {
			err = rest
		}
	}
	return err
}

// maxDrain bounds the search for damage behind an error; unpacking it takes less than a second.
const maxDrain = 1 << 30

func bytesOf(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return strconv.Itoa(n>>20) + " MiB"
	}
	return strconv.Itoa(n) + " bytes"
}

func hex(c byte) string { return "0x" + strconv.FormatUint(uint64(c), 16) }
