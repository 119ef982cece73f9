package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"plumbline/casefile"
	"plumbline/handling"
)

type sampleFoundCommand struct {
	whichStore
	Faults string `arg:"" help:"faults.csv of sample system." type:"existingfile"`
	Source string `default:"rms" help:"Under which name the system was followed."`
}

// Run reads every case on the record and says which faults stand as findings, and what else was found. Exit 1 when it is not
// just what was hidden.
func (c *sampleFoundCommand) Run() (err error) {
	ctx := context.Background()
	f, err := os.Open(c.Faults)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if len(rows) == 0 || len(rows[0]) < 2 {
		return fmt.Errorf("%s: case and rule are expected", c.Faults)
	}
	hidden, names := map[casefile.CaseID]string{}, map[casefile.CaseID]string{}
	for _, row := range rows[1:] {
		id := handling.ObservedCase(c.Source, row[0])
		hidden[id], names[id] = row[1], row[0]
	}
	store, err := c.existing(ctx, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	found, more := 0, map[string]int{}
	examples := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(hidden)) {
		all, err := store.Findings(ctx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(x casefile.Finding) bool { return x.Rule == hidden[id] && standing(&x) }) {
			found++
		} else {
			fmt.Printf("not found: %s in %s\n", hidden[id], names[id])
		}
		for i := range all {
			if standing(&all[i]) && all[i].Rule != hidden[id] {
				more[hidden[id]+" and "+all[i].Rule]++
			}
		}
	}
	cases, others := 0, 0
	selection := casefile.Selection{All: true, Limit: 1000}
	for {
		heads, err := store.Cases(ctx, selection)
		if err != nil {
			return err
		}
		if len(heads) == 0 {
			break
		}
		for i := range heads {
			h := &heads[i]
			if !strings.Contains(h.Procedure, "/") { // the file of the organ's people is no case
				continue
			}
			if cases++; h.Findings == 0 || hidden[h.ID] != "" {
				continue
			}
			others++
			all, err := store.Findings(ctx, h.ID)
			if err != nil {
				return err
			}
			for k := range all {
				if standing(&all[k]) {
					more[all[k].Rule]++
					examples[all[k].Rule] = h.Number
				}
			}
		}
		last := &heads[len(heads)-1]
		selection.Before, selection.AfterID = last.Updated, last.ID
	}
	fmt.Printf("%d cases; %d faults hidden, %d found; %d other cases with findings\n", cases, len(hidden), found, others)
	for _, k := range slices.Sorted(maps.Keys(more)) {
		fmt.Printf("besides: %s, %d times %s\n", k, more[k], examples[k])
	}
	if found < len(hidden) || others > 0 {
		return failedCheck{errors.New("what was found is not what was hidden")}
	}
	return nil
}

func standing(x *casefile.Finding) bool { return x.WithdrawnBy == 0 && !x.Warn }
