// Package audit is what the checks of all stores share.
package audit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"plumbline/casefile"
)

// Drawn holds an act whose bytes have been checked against the kinds of the numbers that are kept as drawn by it, one to a
// line: each numbered document it issued took a number from the register of its kind.
func Drawn(e *casefile.Entry, kinds string) error {
	if !bytes.Contains(e.Bytes, []byte("\nissued.")) {
		return nil
	}
	r, err := casefile.DecodeRecord(e.Bytes)
	if errors.Is(err, casefile.ErrNewer) {
		return nil // said by Entry.Check
	}
	if err != nil {
		return err
	}
	drawn := map[string]int{}
	for _, kind := range strings.Split(kinds, "\n") {
		drawn[kind]++
	}
	for _, d := range r.Issued {
		if d.Number == "" {
			continue
		}
		if drawn[d.Kind]--; drawn[d.Kind] < 0 {
			return fmt.Errorf("it issued %s %s, and no number of this register is kept as drawn by it", d.Kind, d.Number)
		}
	}
	return nil
}
