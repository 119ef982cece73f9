package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/store/group"
)

// Report gathers what a check finds: 20 faults by name, the others by their number.
type Report struct {
	faults []error
	more   int
}

// Fault adds one.
func (r *Report) Fault(format string, args ...any) {
	if len(r.faults) < 20 {
		r.faults = append(r.faults, fmt.Errorf(format, args...))
	} else {
		r.more++
	}
}

// Err is all faults; nil: there are none.
func (r *Report) Err() error {
	if r.more > 0 {
		return errors.Join(append(slices.Clip(r.faults), fmt.Errorf("and %d more", r.more))...)
	}
	return errors.Join(r.faults...)
}

// Count takes a row of a query that lists what does not count up.
func (r *Report) Count(what, of string, said, have int64) {
	r.Fault("%s %s: %d expected, %d found", what, of, said, have)
}

// Words holds the words of a case against those it is searched by.
func (r *Report) Words(id, said, have string) {
	if want := slices.Compact(slices.Sorted(slices.Values(strings.Fields(said)))); !slices.Equal(want, slices.Sorted(slices.Values(strings.Fields(have)))) {
		r.Fault("words of case %s: those searched are not those of its head", id)
	}
}

// Head compares what was folded with what is kept, or why that cannot be read.
func (r *Report) Head(log int, folded, kept *ledger.Head, unreadable error) {
	if unreadable != nil {
		r.Fault("%w", unreadable)
		return
	}
	want, have := folded.Root(), kept.Root()
	if want != have || folded.Size() != kept.Size() {
		r.Fault("log %d: its rows make size %d and root %s, its head says %d and %s", log, folded.Size(), want, kept.Size(), have)
	}
}

// Kept is the head of a log as it is kept, held against its own root and the number of rows of the log.
func Kept(log string, size, rows int64, root, edge []byte) (*ledger.Head, error) {
	head, err := ledger.ParseHead(edge)
	if err != nil {
		return nil, fmt.Errorf("head of log %s: %w", log, err)
	}
	have := head.Root()
	if head.Size() != size || rows != size || string(have[:]) != string(root) {
		return nil, fmt.Errorf("head of log %s: it says size %d and root %x, its edge %d and %s, its rows %d", log, size, root, head.Size(), have, rows)
	}
	return head, nil
}

// Acts folds all acts in the order of the ledger.
type Acts struct {
	Report  *Report
	Head    ledger.Head
	numbers map[casefile.CaseID]int64
}

// Act takes the next one, with the kinds of the numbers drawn by it.
func (a *Acts) Act(e *casefile.Entry, kinds string) {
	if a.numbers == nil {
		a.numbers = map[casefile.CaseID]int64{}
	}
	if e.Index != a.Head.Size() {
		a.Report.Fault("act %s stands at %d in the ledger, %d expected", e.Act, e.Index, a.Head.Size())
	}
	if a.numbers[e.Case]++; e.Number != a.numbers[e.Case] {
		a.Report.Fault("act %s (index %d) is number %d of case %s, %d expected", e.Act, e.Index, e.Number, e.Case, a.numbers[e.Case])
		a.numbers[e.Case] = e.Number
	}
	// An act of a newer version is a fault too: otherwise bytes that claim to be one would pass in the place of any act.
	err := e.Check()
	if err == nil {
		err = Drawn(e, kinds)
	}
	if err != nil {
		a.Report.Fault("act %s (index %d): %w", e.Act, e.Index, err)
	}
	a.Head.Append(e.Leaf)
}

// Case holds what a case counts against the acts that were folded.
func (a *Acts) Case(id casefile.CaseID, acts int64) {
	if acts != a.numbers[id] {
		a.Report.Fault("case %s: its head counts %d acts, %d are kept", id, acts, a.numbers[id])
	}
}

// Views folds all views in their order.
type Views struct {
	Report *Report
	Head   ledger.Head
}

// View takes the next one, with its salts and its leaf as they are kept.
func (v *Views) View(l *casefile.Looked, salts, leaf []byte) {
	if l.Index != v.Head.Size() {
		v.Report.Fault("view %d stands where %d is expected", l.Index, v.Head.Size())
	}
	if want := casefile.LookedSalts * ledger.SaltSize; len(salts) != want {
		v.Report.Fault("view %d: its salts have %d bytes, %d expected", l.Index, len(salts), want)
	}
	made := group.ViewLeaf(l, salts)
	if string(made[:]) != string(leaf) {
		v.Report.Fault("view %d: its fields make leaf %s, %x is kept", l.Index, made, leaf)
	}
	v.Head.Append(made)
}
