// Package storetest says in tests what a handling.Store is. Every store runs the same suite; after every test the store's
// own Check must find nothing.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

// Opened is an empty store to be tested.
type Opened struct {
	Store  handling.Store
	Reopen func() handling.Store  // closes the store and opens it again
	Alter  func(statement string) // runs SQL as the owner of the database would who wants to cheat: with triggers removed meanwhile
	Hex    func([]byte) string    // bytes as SQL writes them
}

// Run runs the suite on stores that open makes.
func Run(t *testing.T, open func(t *testing.T) Opened) {
	for _, c := range []struct {
		name string
		run  func(*fixture)
	}{
		{"an act gets the next number of its case and the next index of the ledger", appends},
		{"what is committed is read back as it was", readsBack},
		{"a change without an act moves the head alone", withoutAct},
		{"64 callers on one revision: one succeeds", conflict},
		{"a stale revision, or a case that is not there, is a conflict", stale},
		{"acts that follow one another in one change get the next numbers and indexes", several},
		{"of several acts all are kept or none", severalOrNone},
		{"the same act again is not written again", again},
		{"the same act from 16 callers at once is written once", againInFlight},
		{"the same id with another request is another act", otherAct},
		{"registers are drawn without a gap while changes fail", registers},
		{"a register drawn twice in one act gives two numbers", registerTwice},
		{"sealing may fill in the head", sealFills},
		{"sealing that fails or panics leaves no trace", sealFails},
		{"a row the schema refuses fails its own change alone", constraintAlone},
		{"a change whose parts are of other cases is refused", otherCases},
		{"a caller that gives up before its change was taken leaves no trace", givesUp},
		{"a caller that gives up later gets the outcome", givesUpLate},
		{"duties and findings are replaced by their keys", replaced},
		{"lists show what a naive reading of all heads shows", lists},
		{"words are found whole, in Chinese too", words},
		{"open duties come nearest deadline first", openDuties},
		{"open duties go with their case to another unit", openDutiesMove},
		{"ripe cases come longest waiting first", ripe},
		{"notices come in order and once", notices},
		{"views are kept in order", looks},
		{"accounts, sessions and drafts: the last write stands", people},
		{"a draft goes with the act made from it", draftGoes},
		{"surveys keep sums, and no slip beside an answer", surveys},
		{"the root follows from the leaves", roots},
		{"a reopened store has everything and goes on", reopened},
		{"after closing nothing is acknowledged", closed},
		{"a store altered behind its back is found out", altered},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{T: t, Opened: open(t), ctx: context.Background()}
			c.run(f)
			if f.Store != nil {
				f.ok(f.Store.Check(f.ctx))
			}
		})
	}
}

type fixture struct {
	*testing.T
	Opened
	ctx context.Context
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("got %v, want %v", err, want)
	}
}

func (f *fixture) same(got, want any) {
	f.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		f.Fatalf("got other than expected (-want +got):\n%s", d)
	}
}

// whole fails when a field of a struct is not set: a store that forgets it would pass. Those named are the store's own.
func (f *fixture) whole(v any, but ...string) {
	f.Helper()
	for field, value := range reflect.ValueOf(v).Fields() {
		if value.IsZero() && !slices.Contains(but, field.Name) {
			f.Fatalf("%T.%s is not set, so its column is not tested", v, field.Name)
		}
	}
}

func (f *fixture) commit(c *casefile.Change) casefile.Kept {
	f.Helper()
	k, err := f.Store.Commit(f.ctx, c)
	f.ok(err)
	return k
}

// must is for reads whose failure ends the test.
func must[T any](f *fixture) func(T, error) T {
	return func(v T, err error) T {
		f.Helper()
		f.ok(err)
		return v
	}
}

func appends(f *fixture) {
	var index int64
	for n := range int64(5) {
		for c := range 3 {
			id := casefile.CaseID(fmt.Sprint("case-", c))
			k := f.commit(Change(id, n, casefile.ActID(fmt.Sprint("act-", c, "-", n))))
			f.same(k, casefile.Kept{Revision: n + 1, Number: n + 1, Index: index, Leaf: k.Leaf, Root: k.Root, Size: index + 1})
			index++
		}
	}
	size, root, err := f.Store.Head(f.ctx)
	f.ok(err)
	f.same(size, index)
	all := must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 0, 100))
	f.same(len(all), 15)
	var head ledger.Head
	for i, e := range all {
		f.same(e.Index, int64(i))
		head.Append(e.Leaf)
	}
	want := head.Root()
	f.same(root, want)
	some := must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 4, 3))
	f.same(some, all[4:7])
	acts := must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "case-1", 2))
	f.same([]int64{acts[0].Number, acts[1].Number, acts[2].Number}, []int64{3, 4, 5})
	f.same(len(acts), 3)
	f.same(len(must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "no such case", 0))), 0)
}

// full is a head, a duty and a finding with every field set, so that a forgotten column shows.
func full() *casefile.Change {
	c := Change("case-full", 0, "act-full")
	c.Head = casefile.Head{ID: "case-full", Procedure: "p/q", Edition: "e", Unit: "u", UnitKind: "k", Number: "甲〔2026〕1号", Title: "标题", Stage: "s",
		Handlers: []string{"h2", "h1"}, Opener: "o", Opened: 1, Updated: 2, Closed: true, Due: 3, Overdue: 1, Findings: 1, Receipt: "RC-1", Secret: "x",
		Words: "标题 题目", Standing: []byte{0, 1, 2, 0xff, 0, '\n'}}
	c.Duties = []casefile.Duty{{Case: "case-full", Duty: "d", Subject: "s", Cause: 1, State: "late", Opened: 4, Amber: 5, Due: 6, Done: 7, Waiting: true, Liberty: true,
		Next: 8, Unit: "u2", Handler: "h"}}
	c.Findings = []casefile.Finding{{Case: "case-full", Rule: "r", Clause: "c", Subject: "s", Cause: 1, At: 9, Severity: 3, Unjudged: true, Missing: "m", Duty: "d",
		Due: 10, MadeBy: 1, Unit: "u3"}, {Case: "case-full", Rule: "r", Clause: "c2", At: 8, Warn: true, WithdrawnBy: 1}}
	c.Notices = []casefile.Notice{{Topic: "t", Case: "case-full", Number: 1, Text: "x", At: 11}}
	return c
}

func readsBack(f *fixture) {
	c := full()
	f.whole(c.Head, "Revision", "Acts")
	f.whole(c.Duties[0])
	f.whole(c.Findings[0], "Warn", "WithdrawnBy") // the other has these
	f.whole(c.Notices[0], "Seq")
	k := f.commit(c)
	want := c.Head
	want.Revision, want.Acts = 1, 1
	f.same(must[casefile.Head](f)(f.Store.Case(f.ctx, "case-full")), want)
	f.same(must[casefile.Head](f)(f.Store.CaseOfReceipt(f.ctx, "RC-1")), want)
	want.Standing = nil
	f.same(must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Limit: 10})), []casefile.Head{want})
	f.same(must[[]casefile.Duty](f)(f.Store.Duties(f.ctx, "case-full")), c.Duties)
	slices.Reverse(c.Findings)
	f.same(must[[]casefile.Finding](f)(f.Store.Findings(f.ctx, "case-full")), c.Findings)
	c.Notices[0].Seq = 1
	f.same(must[[]casefile.Notice](f)(f.Store.Notices(f.ctx, 0, 10)), c.Notices)
	e := must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "case-full", 0))[0]
	r, err := casefile.DecodeRecord(e.Bytes)
	f.ok(err)
	leaf := r.Leaf()
	e.Bytes = nil
	f.same(e, casefile.Entry{Index: 0, Case: "case-full", Number: 1, Act: "act-full", Leaf: leaf})
	f.same(k.Leaf, leaf)
	_, err = f.Store.Case(f.ctx, "nobody")
	f.is(err, casefile.ErrNotFound)
	for _, code := range []string{"", "RC-2"} {
		_, err = f.Store.CaseOfReceipt(f.ctx, code)
		f.is(err, casefile.ErrNotFound)
	}

	// Standings are bytes: all of them, of any size, come back.
	for i, n := range []int{0, 1, 4096, 300_000} {
		c := Change("case-full", int64(i)+1, "")
		c.Head.Findings = 1
		c.Head.Standing = make([]byte, n)
		for j := range c.Head.Standing {
			c.Head.Standing[j] = byte(j*7 + i)
		}
		f.commit(c)
		if got := must[casefile.Head](f)(f.Store.Case(f.ctx, "case-full")).Standing; !bytes.Equal(got, c.Head.Standing) {
			f.Fatalf("a standing of %d bytes came back with %d, or other ones", n, len(got))
		}
	}
}

func withoutAct(f *fixture) {
	f.commit(Change("c", 0, "a"))
	f.same(f.commit(Change("c", 1, "")), casefile.Kept{Revision: 2})
	b := Change("c", 2, "b") // the second act, of the third revision
	b.Duties[0].Cause, b.Notices[0].Number = 2, 2
	f.same(f.commit(b).Number, int64(2))
	h := must[casefile.Head](f)(f.Store.Case(f.ctx, "c"))
	f.same([]int64{h.Revision, h.Acts}, []int64{3, 2})
	size, _, err := f.Store.Head(f.ctx)
	f.ok(err)
	f.same(size, int64(2))
}

// at once calls do from n goroutines and returns their errors.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errs
}

func conflict(f *fixture) {
	for revision := range int64(3) {
		errs := atOnce(64, func(i int) error {
			_, err := f.Store.Commit(f.ctx, Change("c", revision, casefile.ActID(fmt.Sprint("act-", revision, "-", i))))
			return err
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				f.is(err, casefile.ErrConflict)
			}
		}
		f.same(won, 1)
	}
	f.same(len(must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "c", 0))), 3)
}

func stale(f *fixture) {
	f.commit(Change("c", 0, "a"))
	f.commit(Change("c", 1, "b"))
	for i, c := range []*casefile.Change{Change("c", 0, "x"), Change("c", 1, "x"), Change("c", 3, "x"), Change("gone", 5, "x"), Change("c", -1, "x"), Change("gone", -1, "x"), Change("c", 1, "")} {
		if _, err := f.Store.Commit(f.ctx, c); !errors.Is(err, casefile.ErrConflict) {
			f.Errorf("change %d: got %v, want a conflict", i, err)
		}
	}
	_, err := f.Store.Case(f.ctx, "gone")
	f.is(err, casefile.ErrNotFound)
	f.same(f.commit(Change("c", 2, "x")).Number, int64(3))
}

func several(f *fixture) {
	f.commit(Change("other", 0, "o"))
	c := Several("c", 0, "a", "b", "c")
	reg := casefile.Register{Unit: "u", Year: 2026, Kind: "k"}
	c.Act.Registers, c.Then[1].Registers = []casefile.Register{reg}, []casefile.Register{reg, reg}
	k := f.commit(c)
	f.same(k, casefile.Kept{Revision: 1, Number: 1, Index: 1, Leaf: k.Leaf, Root: k.Root, Size: 4})
	f.same(f.commit(Change("c", 1, "d")).Number, int64(4))
	acts := must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "c", 0))
	f.same(len(acts), 4)
	for i, want := range []casefile.ActID{"a", "b", "c", "d"} {
		f.same([]any{acts[i].Act, acts[i].Number, acts[i].Index}, []any{want, int64(i) + 1, int64(i) + 1})
		f.ok(acts[i].Check())
	}
	third, err := casefile.DecodeRecord(acts[2].Bytes)
	f.ok(err)
	f.same(third.Issued, []casefile.Issued{{Kind: "k", Number: "u 2026 2"}, {Kind: "k", Number: "u 2026 3"}})
	h := must[casefile.Head](f)(f.Store.Case(f.ctx, "c"))
	f.same([]int64{h.Revision, h.Acts}, []int64{2, 4})
	again := f.commit(c)
	f.same([]any{again.Again, again.Number, again.Size}, []any{true, int64(1), int64(5)})
	f.same(len(must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "c", 0))), 4)
}

func severalOrNone(f *fixture) {
	f.commit(Change("other", 0, "taken"))
	size, root, err := f.Store.Head(f.ctx)
	f.ok(err)
	broken := Several("c", 0, "a", "b", "x")
	broken.Then[1].Seal = func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) {
		return nil, ledger.Hash{}, errSeal
	}
	_, err = f.Store.Commit(f.ctx, broken)
	f.is(err, errSeal)
	headless := Several("c", 0, "a", "b")
	headless.Act = nil
	for i, c := range []*casefile.Change{Several("c", 0, "a", "b", "a"), Several("c", 0, "a", "taken"), headless} {
		if _, err := f.Store.Commit(f.ctx, c); err == nil {
			f.Errorf("change %d was kept", i)
		}
	}
	_, err = f.Store.Case(f.ctx, "c")
	f.is(err, casefile.ErrNotFound)
	now, same, err := f.Store.Head(f.ctx)
	f.ok(err)
	f.same([]any{now, same}, []any{size, root})
	f.same(f.commit(Several("c", 0, "a", "b", "x")).Index, int64(1))
}

func again(f *fixture) {
	first := f.commit(Change("c", 0, "a"))
	f.commit(Change("c", 1, "b"))
	k := f.commit(Change("c", 0, "a"))
	f.same(k, casefile.Kept{Revision: 2, Number: 1, Index: 0, Leaf: first.Leaf, Root: k.Root, Size: 2, Again: true})
	_, root, err := f.Store.Head(f.ctx)
	f.ok(err)
	f.same(k.Root, root)
	f.same(len(must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "c", 0))), 2)
	f.same(len(must[[]casefile.Notice](f)(f.Store.Notices(f.ctx, 0, 10))), 2)
}

func againInFlight(f *fixture) {
	for round := range int64(10) {
		act := casefile.ActID(fmt.Sprint("act-", round))
		var written atomic.Int32
		var first atomic.Pointer[casefile.Kept]
		for _, err := range atOnce(16, func(int) error {
			k, err := f.Store.Commit(f.ctx, Change("c", round, act))
			if err != nil {
				return err
			}
			if !k.Again {
				written.Add(1)
			}
			if k.Number != round+1 || k.Index != round {
				return fmt.Errorf("kept as %+v", k)
			}
			if !first.CompareAndSwap(nil, &k) && first.Load().Leaf != k.Leaf {
				return fmt.Errorf("leaf %s and %s", first.Load().Leaf, k.Leaf)
			}
			return nil
		}) {
			f.ok(err)
		}
		f.same(written.Load(), int32(1))
	}
}

func otherAct(f *fixture) {
	f.commit(Change("c", 0, "a"))
	for _, c := range []*casefile.Change{Change("c", 1, "a"), Change("other", 0, "a")} {
		c.Act.Request = Request("something else")
		_, err := f.Store.Commit(f.ctx, c)
		f.is(err, casefile.ErrOtherAct)
	}
	// At once: one of two requests gets the id, the others are told.
	var kept atomic.Int32
	for _, err := range atOnce(32, func(i int) error {
		c := Change(casefile.CaseID(fmt.Sprint("case-", i)), 0, "b")
		c.Act.Request = Request(fmt.Sprint(i))
		_, err := f.Store.Commit(f.ctx, c)
		if err == nil {
			kept.Add(1)
		}
		return err
	}) {
		if err != nil {
			f.is(err, casefile.ErrOtherAct)
		}
	}
	f.same(kept.Load(), int32(1))
}

var errSeal = errors.New("this act cannot be sealed")

func registers(f *fixture) {
	regs := []casefile.Register{{Unit: "u1", Year: 2026, Kind: "case"}, {Unit: "u1", Year: 2027, Kind: "case"}, {Unit: "u2", Year: 2026, Kind: "case"}}
	const n = 48
	var mu sync.Mutex
	drawn := map[casefile.Register][]int64{}
	for round := range 4 {
		atOnce(n, func(i int) error {
			c := Change(casefile.CaseID(fmt.Sprint("case-", round, "-", i)), 0, casefile.ActID(fmt.Sprint("act-", round, "-", i)))
			r := regs[i%3]
			c.Act.Registers = []casefile.Register{r}
			var got int64
			c.Act.Seal = func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
				got = drawn[0]
				if i%4 == 1 {
					return nil, ledger.Hash{}, errSeal
				}
				return Seal(c, number, drawn)
			}
			if i%8 == 2 {
				c.Head.Receipt = "everybody's" // unique: all but the first fail
			}
			if i%8 == 3 {
				c.Revision = 7
			}
			_, err := f.Store.Commit(f.ctx, c)
			if err == nil {
				mu.Lock()
				drawn[r] = append(drawn[r], got)
				mu.Unlock()
			}
			return nil
		})
	}
	for _, r := range regs {
		slices.Sort(drawn[r])
		for i, n := range drawn[r] {
			if n != int64(i)+1 {
				f.Fatalf("register %v: %v", r, drawn[r])
			}
		}
		if len(drawn[r]) < n/3 {
			f.Fatalf("register %v: only %d drawn", r, len(drawn[r]))
		}
	}
}

func registerTwice(f *fixture) {
	r := casefile.Register{Unit: "u", Year: 2026, Kind: "k"}
	for i := range int64(3) {
		c := Change("c", i, casefile.ActID(fmt.Sprint(i)))
		c.Act.Registers = []casefile.Register{r, {Unit: "u", Year: 2026, Kind: "other"}, r}
		var got []int64
		c.Act.Seal = func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
			got = slices.Clone(drawn)
			return Seal(c, number, drawn)
		}
		f.commit(c)
		f.same(got, []int64{2*i + 1, i + 1, 2*i + 2})
	}
}

func sealFills(f *fixture) {
	c := Change("c", 0, "a")
	c.Act.Registers = []casefile.Register{{Unit: "u", Year: 2026, Kind: "case"}}
	c.Act.Seal = func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
		c.Head.Number = fmt.Sprint("No. ", drawn[0])
		c.Head.Acts, c.Head.Revision = 77, 77 // these are the store's
		return Seal(c, number, drawn)
	}
	f.commit(c)
	h := must[casefile.Head](f)(f.Store.Case(f.ctx, "c"))
	f.same([]any{h.Number, h.Acts, h.Revision}, []any{"No. 1", int64(1), int64(1)})
	f.same(len(must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Number: "No. 1", Limit: 5}))), 1)
	f.same(len(must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Number: "No.", Limit: 5}))), 0)
}

func sealFails(f *fixture) {
	f.commit(Change("c", 0, "a"))
	errs := atOnce(32, func(i int) error {
		c := Change(casefile.CaseID(fmt.Sprint("case-", i)), 0, casefile.ActID(fmt.Sprint("act-", i)))
		switch i % 4 {
		case 1:
			c.Act.Seal = func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) {
				return nil, ledger.Hash{}, errSeal
			}
		case 2:
			c.Act.Seal = func(*casefile.Change, int64, []int64) ([]byte, ledger.Hash, error) { panic("out of salt") }
		}
		_, err := f.Store.Commit(f.ctx, c)
		return err
	})
	for i, err := range errs {
		_, missing := f.Store.Case(f.ctx, casefile.CaseID(fmt.Sprint("case-", i)))
		switch i % 4 {
		case 1:
			f.is(err, errSeal)
			f.is(missing, casefile.ErrNotFound)
		case 2:
			if err == nil || !strings.Contains(err.Error(), "out of salt") {
				f.Fatalf("got %v, want the panic", err)
			}
			f.is(missing, casefile.ErrNotFound)
		default:
			f.ok(err)
			f.ok(missing)
		}
	}
	f.ok(f.Store.Health())
	f.same(f.commit(Change("c", 1, "b")).Index, int64(17))
}

func constraintAlone(f *fixture) {
	errs := atOnce(40, func(i int) error {
		c := Change(casefile.CaseID(fmt.Sprint("case-", i)), 0, casefile.ActID(fmt.Sprint("act-", i)))
		if i%2 == 0 {
			c.Head.Receipt = "one receipt"
		}
		_, err := f.Store.Commit(f.ctx, c)
		return err
	})
	won := 0
	for i, err := range errs {
		switch {
		case i%2 == 1:
			f.ok(err)
		case err == nil:
			won++
		case errors.Is(err, casefile.ErrStopped):
			f.Fatal(err)
		}
	}
	f.same(won, 1)
	f.ok(f.Store.Health())
	size, _, err := f.Store.Head(f.ctx)
	f.ok(err)
	f.same(size, int64(21))
}

func otherCases(f *fixture) {
	for i, spoil := range []func(*casefile.Change){
		func(c *casefile.Change) { c.Head.ID = "other" },
		func(c *casefile.Change) { c.Case, c.Head.ID = "", "" },
		func(c *casefile.Change) { c.Duties[0].Case = "other" },
		func(c *casefile.Change) { c.Notices[0].Case = "other" },
		func(c *casefile.Change) { c.Findings = []casefile.Finding{{Case: "other"}} },
	} {
		c := Change("c", 0, "a")
		spoil(c)
		if _, err := f.Store.Commit(f.ctx, c); err == nil || errors.Is(err, casefile.ErrStopped) {
			f.Errorf("change %d: got %v, want a refusal", i, err)
		}
	}
	f.commit(Change("c", 0, "a"))
}

// held commits a change whose sealing waits; it returns when sealing has begun.
func held(ctx context.Context, f *fixture, c *casefile.Change) (release func(), outcome chan error) {
	begun, wait, once := make(chan struct{}), make(chan struct{}), sync.Once{}
	c.Act.Seal = func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
		once.Do(func() { close(begun) })
		<-wait
		return Seal(c, number, drawn)
	}
	outcome = make(chan error, 1)
	go func() {
		_, err := f.Store.Commit(ctx, c)
		outcome <- err
	}()
	<-begun
	return func() { close(wait) }, outcome
}

func givesUp(f *fixture) {
	release, outcome := held(f.ctx, f, Change("first", 0, "a"))
	ctx, cancel := context.WithCancel(f.ctx)
	second := make(chan error, 1)
	go func() {
		_, err := f.Store.Commit(ctx, Change("second", 0, "b"))
		second <- err
	}()
	for range 100 {
		runtime.Gosched()
	}
	cancel()
	f.is(<-second, context.Canceled)
	release()
	f.ok(<-outcome)
	f.commit(Change("third", 0, "c"))
	_, err := f.Store.Case(f.ctx, "second")
	f.is(err, casefile.ErrNotFound)

	_, err = f.Store.Commit(ctx, Change("second", 0, "b"))
	f.is(err, context.Canceled)
}

func givesUpLate(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx)
	release, outcome := held(ctx, f, Change("c", 0, "a"))
	cancel()
	select {
	case err := <-outcome:
		f.Fatalf("answered %v before the outcome is known", err)
	case <-time.After(20 * time.Millisecond):
	}
	release()
	f.ok(<-outcome)
	f.same(len(must[[]casefile.Entry](f)(f.Store.Acts(f.ctx, "c", 0))), 1)
}

func replaced(f *fixture) {
	c := Change("c", 0, "a")
	d := casefile.Duty{Case: "c", Duty: "d", Subject: "s", Cause: 1, State: "open", Opened: 10, Due: 20, Next: 15}
	e := casefile.Duty{Case: "c", Duty: "d", Subject: "s", Cause: 2, State: "open", Opened: 5}
	c.Duties = []casefile.Duty{d, e}
	x := casefile.Finding{Case: "c", Rule: "r", Clause: "1", Cause: 1, At: 10, MadeBy: 1}
	y := casefile.Finding{Case: "c", Rule: "r", Clause: "2", Cause: 1, At: 10, MadeBy: 1}
	c.Findings = []casefile.Finding{x, y}
	c.Head.Findings = 2
	f.commit(c)
	f.same(must[[]casefile.Duty](f)(f.Store.Duties(f.ctx, "c")), []casefile.Duty{e, d})
	f.same(must[[]casefile.Finding](f)(f.Store.Findings(f.ctx, "c")), []casefile.Finding{x, y})

	c = Change("c", 1, "b")
	d.State, d.Done, d.Next = "done", 18, 0
	g := casefile.Duty{Case: "c", Duty: "d", Cause: 1, State: "open", Opened: 10}
	c.Duties = []casefile.Duty{g, d}
	x.WithdrawnBy = 2
	c.Findings = []casefile.Finding{x}
	c.Head.Findings = 1
	f.commit(c)
	f.same(must[[]casefile.Duty](f)(f.Store.Duties(f.ctx, "c")), []casefile.Duty{e, d, g})
	f.same(must[[]casefile.Finding](f)(f.Store.Findings(f.ctx, "c")), []casefile.Finding{x, y})
	next := must[calendar.Instant](f)(f.Store.NextRipe(f.ctx))
	f.same(next, calendar.Instant(0))

	// The same key twice in one change: the last stands.
	c = Change("c", 2, "")
	g2 := g
	g2.State = "later"
	c.Duties = []casefile.Duty{g, g2}
	c.Head.Findings = 1
	f.commit(c)
	f.same(must[[]casefile.Duty](f)(f.Store.Duties(f.ctx, "c")), []casefile.Duty{e, d, g2})
	c = Change("new", 0, "n")
	g.Case, g2.Case, x.Case, y.Case = "new", "new", "new", "new"
	x.WithdrawnBy = 1
	c.Duties, c.Findings, c.Head.Findings = []casefile.Duty{g, g2}, []casefile.Finding{y, x, y}, 1
	f.commit(c)
	f.same(must[[]casefile.Duty](f)(f.Store.Duties(f.ctx, "new")), []casefile.Duty{g2})
	f.same(must[[]casefile.Finding](f)(f.Store.Findings(f.ctx, "new")), []casefile.Finding{y, x})
}

func lists(f *fixture) {
	units, people, tokens := []string{"u1", "u2", "u3"}, []string{"p1", "p2", "p3"}, []string{"aa", "ab", "张三", "李四"}
	var all []casefile.Head
	seed := uint64(1)
	pick := func(n int) int { // the same cases in every run
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed>>33) % n
	}
	for i := range 80 {
		c := Change(casefile.CaseID(fmt.Sprintf("case-%02d", i)), 0, casefile.ActID(fmt.Sprint("act-", i)))
		for revision := range int64(1 + pick(2)) { // some are altered once: old places in lists must go
			c.Revision = revision
			c.Head.Unit, c.Head.Opener = units[pick(3)], people[pick(3)]
			c.Head.Handlers = nil
			for range pick(3) {
				c.Head.Handlers = append(c.Head.Handlers, people[pick(3)])
			}
			c.Head.Updated = Start + calendar.Instant(pick(12))
			c.Head.Closed, c.Head.Overdue = pick(3) == 0, max(0, pick(4)-2)
			if i%3 == 0 {
				c.Head.Findings, c.Findings = 1, []casefile.Finding{{Case: c.Case, Rule: "r", Cause: 1, At: 9, Severity: 3, MadeBy: 1}}
			}
			var words []string
			for range pick(4) {
				words = append(words, tokens[pick(4)])
			}
			c.Head.Words = strings.Join(words, " ")
			c.Head.Number = []string{"", "", "n1", "n2"}[pick(4)]
			if revision > 0 {
				c.Act = nil
			}
			f.commit(c)
		}
		h := c.Head
		h.Revision, h.Acts, h.Standing = c.Revision+1, 1, nil
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b casefile.Head) int {
		if a.Updated != b.Updated {
			return -cmpInstant(a.Updated, b.Updated)
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	rapid.Check(f.T, func(r *rapid.T) {
		some := func(name string, from []string) []string {
			return rapid.SliceOfN(rapid.SampledFrom(append(from, "zz")), 0, 2).Draw(r, name)
		}
		s := casefile.Selection{
			Units: some("units", units), Handler: rapid.SampledFrom([]string{"", "p1", "p2", "zz"}).Draw(r, "handler"), All: rapid.IntRange(0, 3).Draw(r, "all") == 0,
			Open: rapid.IntRange(0, 3).Draw(r, "open") == 0, Closed: rapid.IntRange(0, 3).Draw(r, "closed") == 0, Late: rapid.IntRange(0, 3).Draw(r, "late") == 0,
			Found: rapid.IntRange(0, 3).Draw(r, "found") == 0,
			Words: some("words", tokens), Number: rapid.SampledFrom([]string{"", "", "", "n1"}).Draw(r, "number"),
			Limit: rapid.SampledFrom([]int{1, 3, 7, 200}).Draw(r, "limit"),
		}
		want := slices.DeleteFunc(slices.Clone(all), func(h casefile.Head) bool { return !shows(s, h) })
		for page := 0; ; page++ {
			got, err := f.Store.Cases(f.ctx, s)
			if err != nil {
				r.Fatal(err)
			}
			n := min(s.Limit, len(want))
			if d := cmp.Diff(want[:n], got, cmpopts.EquateEmpty()); d != "" {
				r.Fatalf("page %d of %+v (-want +got):\n%s", page, s, d)
			}
			if want = want[n:]; n == 0 {
				return
			}
			s.Before, s.AfterID = got[n-1].Updated, got[n-1].ID
		}
	})
}

func cmpInstant(a, b calendar.Instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// shows is what Selection means, read naively.
func shows(s casefile.Selection, h casefile.Head) bool {
	mine := s.Handler != "" && (h.Opener == s.Handler || slices.Contains(h.Handlers, s.Handler))
	for _, w := range s.Words {
		if !slices.Contains(strings.Fields(h.Words), w) {
			return false
		}
	}
	return (s.All || mine || slices.Contains(s.Units, h.Unit)) && !(s.Open && h.Closed) && !(s.Closed && !h.Closed) && !(s.Late && h.Overdue == 0) && !(s.Found && h.Findings == 0) &&
		(s.Number == "" || h.Number == s.Number)
}

func words(f *fixture) {
	for id, words := range map[casefile.CaseID]string{"a": "王 王五 五 盗窃 O'Neil", "b": "王五 五一", "c": "x\"y a_b a%b 王五六"} {
		c := Change(id, 0, casefile.ActID(id))
		c.Head.Words = words
		f.commit(c)
	}
	for _, c := range []struct {
		words []string
		want  []casefile.CaseID
	}{
		{[]string{"王五"}, []casefile.CaseID{"a", "b"}}, {[]string{"王五", "盗窃"}, []casefile.CaseID{"a"}}, {[]string{"王五六"}, []casefile.CaseID{"c"}},
		{[]string{"王"}, []casefile.CaseID{"a"}}, {[]string{"五一"}, []casefile.CaseID{"b"}}, {[]string{"O'Neil"}, []casefile.CaseID{"a"}}, {[]string{"o'neil"}, nil},
		{[]string{`x"y`}, []casefile.CaseID{"c"}}, {[]string{"x"}, nil}, {[]string{"a_b", "a%b"}, []casefile.CaseID{"c"}}, {[]string{"a%"}, nil}, {[]string{"*"}, nil},
		{[]string{"王五", "王五"}, []casefile.CaseID{"a", "b"}}, {[]string{"' OR 1=1 --"}, nil}, {[]string{"王五:*"}, nil}, {[]string{""}, nil},
	} {
		var got []casefile.CaseID
		for _, h := range must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Words: c.words, Limit: 9})) {
			got = append(got, h.ID)
		}
		if !slices.Equal(got, c.want) {
			f.Errorf("%q: found %v, want %v", c.words, got, c.want)
		}
	}
	c := Change("a", 1, "")
	c.Head.Words = "王 李六"
	f.commit(c)
	f.same(len(must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Words: []string{"王五"}, Limit: 9}))), 1)
	f.same(len(must[[]casefile.Head](f)(f.Store.Cases(f.ctx, casefile.Selection{All: true, Words: []string{"李六", "王"}, Limit: 9}))), 1)
}

func openDuties(f *fixture) {
	due := map[casefile.CaseID]calendar.Instant{"a": 30, "b": 0, "c": 10, "d": 20}
	for i, id := range []casefile.CaseID{"a", "b", "c", "d"} {
		c := Change(id, 0, casefile.ActID(id))
		c.Head.Unit, c.Head.Handlers = []string{"u1", "u2"}[i/2], []string{fmt.Sprint("p", i)}
		c.Duties = []casefile.Duty{{Case: id, Duty: "x", Cause: 1, Due: due[id], Unit: "elsewhere"}, {Case: id, Duty: "over", Cause: 1, Due: 1, Done: 2}}
		f.commit(c)
	}
	for _, c := range []struct {
		s    casefile.Selection
		want string
	}{
		{casefile.Selection{All: true, Limit: 9}, "c d a b"}, {casefile.Selection{All: true, Limit: 2}, "c d"}, {casefile.Selection{Units: []string{"u1"}, Limit: 9}, "a b"},
		{casefile.Selection{Units: []string{"u2", "u1", "u2"}, Limit: 3}, "c d a"}, {casefile.Selection{Handler: "p1", Limit: 9}, "b"},
		{casefile.Selection{Units: []string{"u2"}, Handler: "p0", Limit: 9}, "c d a"}, {casefile.Selection{Units: []string{"u1"}, Handler: "p0", Limit: 9}, "a b"},
		{casefile.Selection{Limit: 9}, ""}, {casefile.Selection{Handler: "person-1", Limit: 1}, "c"},
	} {
		var got []string
		for _, d := range must[[]casefile.Duty](f)(f.Store.OpenDuties(f.ctx, c.s)) {
			got = append(got, string(d.Case))
			f.same(d, casefile.Duty{Case: d.Case, Duty: "x", Cause: 1, Due: due[d.Case], Unit: "elsewhere"})
		}
		if strings.Join(got, " ") != c.want {
			f.Errorf("%+v: got %v, want %s", c.s, got, c.want)
		}
	}
}

func openDutiesMove(f *fixture) {
	f.commit(Change("c", 0, "a"))
	move := Change("c", 1, "b")
	move.Duties = nil
	move.Head.Unit = "unit-2"
	f.commit(move)
	f.same(len(must[[]casefile.Duty](f)(f.Store.OpenDuties(f.ctx, casefile.Selection{Units: []string{"unit-1"}, Limit: 9}))), 0)
	f.same(len(must[[]casefile.Duty](f)(f.Store.OpenDuties(f.ctx, casefile.Selection{Units: []string{"unit-2"}, Limit: 9}))), 1)
}

func ripe(f *fixture) {
	f.same(must[calendar.Instant](f)(f.Store.NextRipe(f.ctx)), calendar.Instant(0))
	for id, next := range map[casefile.CaseID][]calendar.Instant{"a": {50, 30}, "b": {10}, "c": {0, 40}, "d": {0}, "e": {30}} {
		c := Change(id, 0, casefile.ActID(id))
		c.Duties = nil
		for i, n := range next {
			c.Duties = append(c.Duties, casefile.Duty{Case: id, Duty: "x", Cause: int64(i), Next: n})
		}
		f.commit(c)
	}
	f.same(must[calendar.Instant](f)(f.Store.NextRipe(f.ctx)), calendar.Instant(10))
	get := func(now calendar.Instant, limit int) string {
		var s []string
		for _, id := range must[[]casefile.CaseID](f)(f.Store.Ripe(f.ctx, now, limit)) {
			s = append(s, string(id))
		}
		return strings.Join(s, " ")
	}
	f.same([]string{get(9, 9), get(10, 9), get(30, 9), get(100, 9), get(100, 2)}, []string{"", "b", "b a e", "b a e c", "b a"})
	c := Change("b", 1, "")
	c.Duties = []casefile.Duty{{Case: "b", Duty: "x", Cause: 0, Next: 60}}
	f.commit(c)
	f.same(must[calendar.Instant](f)(f.Store.NextRipe(f.ctx)), calendar.Instant(30))
}

func notices(f *fixture) {
	for _, err := range atOnce(24, func(i int) error {
		id := casefile.CaseID(fmt.Sprint("case-", i))
		c := Change(id, 0, casefile.ActID(fmt.Sprint("act-", i)))
		c.Notices = append(c.Notices, casefile.Notice{Topic: "second", Case: id, Text: string(id)})
		_, err := f.Store.Commit(f.ctx, c)
		return err
	}) {
		f.ok(err)
	}
	var seq int64
	seen := map[string]int{}
	for {
		page := must[[]casefile.Notice](f)(f.Store.Notices(f.ctx, seq, 7))
		if len(page) == 0 {
			break
		}
		for _, n := range page {
			f.same(n.Seq, seq+1)
			seq = n.Seq
			seen[n.Topic+" "+string(n.Case)]++
		}
	}
	f.same([]int{int(seq), len(seen)}, []int{48, 48})
}

func looks(f *fixture) {
	var want []casefile.Looked
	for i := range 20 {
		l := casefile.Looked{Index: int64(i), At: Start + calendar.Instant(i), Person: "p", Post: "judge", Case: casefile.CaseID(fmt.Sprint("c", i%2)), What: "case",
			Purpose: "handling", Refused: i%3 == 0}
		f.ok(f.Store.Look(f.ctx, l))
		if i%2 == 1 {
			want = append(want, l)
		}
	}
	slices.Reverse(want)
	f.same(must[[]casefile.Looked](f)(f.Store.Looks(f.ctx, "c1", 100)), want)
	f.same(must[[]casefile.Looked](f)(f.Store.Looks(f.ctx, "c1", 3)), want[:3])
	for _, err := range atOnce(64, func(int) error { return f.Store.Look(f.ctx, want[0]) }) {
		f.ok(err)
	}
	all := must[[]casefile.Looked](f)(f.Store.Looks(f.ctx, "c1", 100))
	f.same([]int64{all[0].Index, int64(len(all))}, []int64{83, 74})
}

func people(f *fixture) {
	a := casefile.Account{Login: "l", Person: "p", Password: "$argon2id$", Failed: 2, Locks: 4, Since: 1, Locked: 2, Changed: 3, Must: true}
	f.whole(a)
	f.ok(f.Store.PutAccount(f.ctx, casefile.Account{Login: "l", Person: "other"}))
	f.ok(f.Store.PutAccount(f.ctx, a))
	f.ok(f.Store.PutAccount(f.ctx, casefile.Account{Login: "k"}))
	f.same(must[casefile.Account](f)(f.Store.Account(f.ctx, "l")), a)
	f.same(must[[]casefile.Account](f)(f.Store.Accounts(f.ctx)), []casefile.Account{{Login: "k"}, a})
	_, err := f.Store.Account(f.ctx, "nobody")
	f.is(err, casefile.ErrNotFound)

	s := casefile.Session{Token: Request("t"), Person: "p", Login: "l", Started: 5, Seen: 6, Client: "browser"}
	f.whole(s)
	other := casefile.Session{Token: Request("u"), Person: "p", Started: 4}
	f.ok(f.Store.PutSession(f.ctx, s))
	f.ok(f.Store.PutSession(f.ctx, other))
	s.Seen = 9
	f.ok(f.Store.PutSession(f.ctx, s))
	f.same(must[casefile.Session](f)(f.Store.Session(f.ctx, s.Token)), s)
	f.same(must[[]casefile.Session](f)(f.Store.Sessions(f.ctx, "p")), []casefile.Session{other, s})
	f.ok(f.Store.EndSession(f.ctx, s.Token))
	f.ok(f.Store.EndSession(f.ctx, s.Token))
	_, err = f.Store.Session(f.ctx, s.Token)
	f.is(err, casefile.ErrNotFound)

	d := casefile.Draft{Key: "k", Person: "p", Case: "c", Act: "decide", Subject: "s", Body: []byte{1, 0, 2}, Saved: 3}
	f.whole(d)
	f.ok(f.Store.PutDraft(f.ctx, casefile.Draft{Key: "k", Person: "q"}))
	f.ok(f.Store.PutDraft(f.ctx, d))
	f.ok(f.Store.PutDraft(f.ctx, casefile.Draft{Key: "j", Person: "p", Saved: 4}))
	f.same(must[casefile.Draft](f)(f.Store.Draft(f.ctx, "k")), d)
	f.same(must[[]casefile.Draft](f)(f.Store.Drafts(f.ctx, "p")), []casefile.Draft{{Key: "j", Person: "p", Saved: 4}, d})
	f.ok(f.Store.DropDraft(f.ctx, "k"))
	f.ok(f.Store.DropDraft(f.ctx, "k"))
	_, err = f.Store.Draft(f.ctx, "k")
	f.is(err, casefile.ErrNotFound)
}

func surveys(f *fixture) {
	slips := []ledger.Hash{Request("1"), Request("2"), Request("3")}
	f.ok(f.Store.AddSlips(f.ctx, "c", slips))
	f.ok(f.Store.AddSlips(f.ctx, "d", []ledger.Hash{Request("4")}))
	_, _, err := f.Store.Slip(f.ctx, Request("5"))
	f.is(err, casefile.ErrNotFound)
	if err := f.Store.AddSlips(f.ctx, "d", slips[:1]); err == nil {
		f.Error("a slip is of two surveys")
	}
	count := func(group, answer string, n int64) casefile.SurveyCount {
		return casefile.SurveyCount{Group: group, Question: "i1", Answer: answer, N: n}
	}
	f.ok(f.Store.PutAnswers(f.ctx, "c", slips[:2], []casefile.SurveyCount{count("", "good", 1), count("b", "poor", 1)}))
	f.ok(f.Store.PutAnswers(f.ctx, "c", slips[2:], []casefile.SurveyCount{count("b", "poor", 1)}))
	id, used, err := f.Store.Slip(f.ctx, slips[0])
	f.ok(err)
	f.same([]any{id, used}, []any{casefile.CaseID("c"), true})
	id, used, err = f.Store.Slip(f.ctx, Request("4"))
	f.ok(err)
	f.same([]any{id, used}, []any{casefile.CaseID("d"), false})
	f.ok(f.Store.EndSurvey(f.ctx, "c"))
	f.ok(f.Store.EndSurvey(f.ctx, "c"))
	got := must[casefile.Survey](f)(f.Store.Survey(f.ctx, "c"))
	f.whole(got)
	f.same(got, casefile.Survey{Slips: 3, Used: 3, Ended: true, Counts: []casefile.SurveyCount{count("", "good", 1), count("b", "poor", 2)}})
	f.same(must[casefile.Survey](f)(f.Store.Survey(f.ctx, "d")), casefile.Survey{Slips: 1})
	f.same(must[casefile.Survey](f)(f.Store.Survey(f.ctx, "none")), casefile.Survey{})
	f.ok(f.Store.Check(f.ctx))
	f.ok(f.Store.PutAnswers(f.ctx, "d", nil, []casefile.SurveyCount{count("", "good", 1)}))
	if err := f.Store.Check(f.ctx); err == nil || !strings.Contains(err.Error(), "survey") {
		f.Error("an answer without a slip is not found out:", err)
	}
	f.ok(f.Store.PutAnswers(f.ctx, "d", []ledger.Hash{Request("4")}, nil))
}

func draftGoes(f *fixture) {
	for _, key := range []string{"k", "stays"} {
		f.ok(f.Store.PutDraft(f.ctx, casefile.Draft{Key: key, Person: "p"}))
	}
	c := Change("c", 5, "a")
	c.Draft = "k"
	_, err := f.Store.Commit(f.ctx, c)
	f.is(err, casefile.ErrConflict)
	f.same(len(must[[]casefile.Draft](f)(f.Store.Drafts(f.ctx, "p"))), 2)
	c = Change("c", 0, "a")
	c.Draft = "k"
	f.commit(c)
	f.same(must[[]casefile.Draft](f)(f.Store.Drafts(f.ctx, "p")), []casefile.Draft{{Key: "stays", Person: "p"}})
}

func roots(f *fixture) {
	kept := make([]casefile.Kept, 120)
	for _, err := range atOnce(len(kept), func(i int) (err error) {
		kept[i], err = f.Store.Commit(f.ctx, Change(casefile.CaseID(fmt.Sprint("case-", i)), 0, casefile.ActID(fmt.Sprint("act-", i))))
		return err
	}) {
		f.ok(err)
	}
	want := map[int64]ledger.Hash{}
	var head ledger.Head
	for _, e := range must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 0, 1000)) {
		head.Append(e.Leaf)
		want[head.Size()] = head.Root()
	}
	for _, k := range kept {
		if k.Index >= k.Size || k.Root != want[k.Size] {
			f.Fatalf("%+v: the ledger of size %d has root %s", k, k.Size, want[k.Size])
		}
	}
}

func reopened(f *fixture) {
	r := casefile.Register{Unit: "u", Year: 2026, Kind: "k"}
	draw := func(c *casefile.Change) *casefile.Change {
		c.Act.Registers = []casefile.Register{r}
		c.Act.Seal = func(c *casefile.Change, number int64, drawn []int64) ([]byte, ledger.Hash, error) {
			c.Head.Number = fmt.Sprint(drawn[0])
			return Seal(c, number, drawn)
		}
		return c
	}
	f.commit(draw(full()))
	f.commit(draw(Change("c", 0, "a")))
	f.ok(f.Store.Look(f.ctx, casefile.Looked{Case: "c", Person: "p"}))
	before := must[casefile.Head](f)(f.Store.Case(f.ctx, "case-full"))
	entries := must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 0, 10))

	f.Store = f.Reopen()
	f.ok(f.Store.Check(f.ctx))
	f.same(must[casefile.Head](f)(f.Store.Case(f.ctx, "case-full")), before)
	f.same(must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 0, 10)), entries)
	f.same(f.commit(Change("c", 0, "a")).Again, true)
	k := f.commit(draw(Change("c", 1, "b")))
	f.same([]int64{k.Index, k.Number, k.Size}, []int64{2, 2, 3})
	f.same(must[casefile.Head](f)(f.Store.Case(f.ctx, "c")).Number, "3")
	f.ok(f.Store.Look(f.ctx, casefile.Looked{Case: "c", Person: "p"}))
	f.same(must[[]casefile.Looked](f)(f.Store.Looks(f.ctx, "c", 1))[0].Index, int64(1))
	f.same(must[[]casefile.Notice](f)(f.Store.Notices(f.ctx, 2, 9))[0].Seq, int64(3))
	f.commit(Change("new", 0, "n"))
}

func closed(f *fixture) {
	f.commit(Change("c", 0, "a"))
	f.ok(f.Store.Close())
	_, err := f.Store.Commit(f.ctx, Change("c", 1, "b"))
	f.is(err, casefile.ErrStopped)
	f.is(f.Store.Look(f.ctx, casefile.Looked{}), casefile.ErrStopped)
	f.is(f.Store.Health(), casefile.ErrStopped)
	f.Store = f.Reopen()
	f.same(f.commit(Change("c", 1, "b")).Index, int64(1))
}

func altered(f *fixture) {
	for i := range 12 {
		c := Change(casefile.CaseID(fmt.Sprint("c", i%3)), int64(i/3), casefile.ActID(fmt.Sprint("a", i)))
		c.Findings = []casefile.Finding{{Case: c.Case, Rule: "r", Cause: int64(i)}}
		c.Head.Findings = i/3 + 1
		c.Act.Registers = []casefile.Register{{Unit: "u", Year: 2026, Kind: "k"}}
		c.Head.Handlers, c.Head.Words = []string{"h"}, "w"
		f.commit(c)
		f.ok(f.Store.Look(f.ctx, casefile.Looked{Case: c.Case, Person: "p", What: "case"}))
	}
	f.ok(f.Store.Check(f.ctx))
	// What is altered and altered back between, so that each is found by itself.
	for _, c := range []struct{ do, undo string }{
		{"UPDATE act SET number = 9 WHERE idx = 9", "UPDATE act SET number = 4 WHERE idx = 9"},
		{"UPDATE act SET act = 'x' WHERE idx = 3", "UPDATE act SET act = 'a3' WHERE idx = 3"},
		{"UPDATE act SET idx = 99 WHERE idx = 11", "UPDATE act SET idx = 11 WHERE idx = 99"},
		{"UPDATE view SET person = 'q' WHERE idx = 2", "UPDATE view SET person = 'p' WHERE idx = 2"},
		{"UPDATE view SET idx = 77 WHERE idx = 11", "UPDATE view SET idx = 11 WHERE idx = 77"},
		{"UPDATE case_head SET acts = 5 WHERE id = 'c1'", "UPDATE case_head SET acts = 4 WHERE id = 'c1'"},
		{"UPDATE case_head SET findings = 0 WHERE id = 'c1'", "UPDATE case_head SET findings = 4 WHERE id = 'c1'"},
		{"UPDATE finding SET withdrawn = 1 WHERE cause = 4", "UPDATE finding SET withdrawn = 0 WHERE cause = 4"},
		{"UPDATE register SET last = 13", "UPDATE register SET last = 12"},
		{"UPDATE drawn SET number = 40 WHERE number = 3", "UPDATE drawn SET number = 3 WHERE number = 40"},
		{"UPDATE ledger_head SET size = 11 WHERE log = 1", "UPDATE ledger_head SET size = 12 WHERE log = 1"},
		{"UPDATE case_head SET unit = 'x' WHERE id = 'c2'", "UPDATE case_head SET unit = 'unit-1' WHERE id = 'c2'"},
		{"UPDATE case_head SET opener = 'x' WHERE id = 'c2'", "UPDATE case_head SET opener = 'person-1' WHERE id = 'c2'"},
		{"UPDATE case_head SET words = 'x' WHERE id = 'c0'", "UPDATE case_head SET words = 'w' WHERE id = 'c0'"},
		{"DELETE FROM drawn WHERE number = 12; UPDATE register SET last = 11", "INSERT INTO drawn (unit, year, kind, number, idx) VALUES ('u', 2026, 'k', 12, 11); UPDATE register SET last = 12"},
		{"DELETE FROM drawn; CREATE TABLE gone AS SELECT * FROM register; DELETE FROM register", "INSERT INTO register SELECT * FROM gone; DROP TABLE gone; " +
			"INSERT INTO drawn (unit, year, kind, number, idx) SELECT 'u', 2026, 'k', idx + 1, idx FROM act"},
		{"UPDATE drawn SET idx = 5 WHERE number = 1", "UPDATE drawn SET idx = 0 WHERE number = 1"},
		{"UPDATE drawn SET kind = 'j'; UPDATE register SET kind = 'j'", "UPDATE drawn SET kind = 'k'; UPDATE register SET kind = 'k'"},
		{"UPDATE outbox SET number = 9 WHERE seq = 2", "UPDATE outbox SET number = 1 WHERE seq = 2"},
	} {
		f.Alter(c.do)
		if err := f.Store.Check(f.ctx); err == nil {
			f.Errorf("%s: not found", c.do)
		}
		f.Alter(c.undo)
		f.ok(f.Store.Check(f.ctx))
	}
	// Bytes that claim to be of a later version hide what was there.
	text := must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 6, 1))[0].Bytes
	set := func(b []byte) string {
		if f.Hex == nil {
			f.Fatal("how a store writes bytes is not said")
		}
		return "UPDATE act SET bytes = " + f.Hex(b) + " WHERE idx = 6"
	}
	f.Alter(set([]byte("plumbline act 9\n")))
	if err := f.Store.Check(f.ctx); !errors.Is(err, casefile.ErrNewer) {
		f.Errorf("bytes of a later version: %v", err)
	}
	f.Alter(set(text))
	f.ok(f.Store.Check(f.ctx))

	// The last act goes and the heads are made anew: what the act left behind tells of it. When that is
	// deleted too, only a head kept outside tells.
	var head ledger.Head
	for _, e := range must[[]casefile.Entry](f)(f.Store.Entries(f.ctx, 0, 11)) {
		head.Append(e.Leaf)
	}
	root := head.Root()
	edge := must[[]byte](f)(head.AppendBinary(nil))
	f.Alter("DELETE FROM drawn WHERE idx = 11; UPDATE register SET last = 11; DELETE FROM act WHERE idx = 11; UPDATE case_head SET acts = 3 WHERE id = 'c2'; " +
		"UPDATE ledger_head SET size = 11, root = " + f.Hex(root[:]) + ", edge = " + f.Hex(edge) + " WHERE log = 1")
	if err := f.Store.Check(f.ctx); err == nil || !strings.Contains(err.Error(), "act beyond the last of case c2: 3 expected, 4 found") {
		f.Errorf("the last act deleted, heads made anew: %v", err)
	}
	for _, do := range []string{"DELETE FROM outbox WHERE seq = 5", "DELETE FROM duty WHERE cause = 2", "DELETE FROM finding WHERE cause = 7", "DELETE FROM view WHERE idx = 4",
		"DELETE FROM drawn WHERE number = 5", "DELETE FROM act WHERE idx = 7"} {
		was := fmt.Sprint(f.Store.Check(f.ctx))
		f.Alter(do)
		if is := fmt.Sprint(f.Store.Check(f.ctx)); is == was {
			f.Errorf("%s: not found; %s", do, is)
		}
	}
	f.ok(f.Store.Close())
	f.Store = nil // what was altered stays
}
