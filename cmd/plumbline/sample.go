package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"plumbline/audit"
	"plumbline/calendar"
	"plumbline/eventlog"
)

type sampleCommand struct {
	Fines  sampleFinesCommand  `cmd:"" default:"withargs" help:"A road-fine log with seeded faults, audited (the usual one)."`
	System sampleSystemCommand `cmd:"" help:"The export of a year of a made-up case system, with faults hidden in it, for watch to follow."`
	Found  sampleFoundCommand  `cmd:"" help:"Hold the findings on a record against the faults that were hidden."`
}

type sampleFinesCommand struct {
	Out   string `default:"sample" help:"Folder for the log and the report." type:"path"`
	Cases int    `default:"20000" help:"How many cases to make."`
	Seed  uint64 `default:"1" help:"The same seed makes the same log."`
	Lang  string `enum:"zh,en" default:"en" help:"Language of the report: zh or en."`
}

// Run makes a made-up log, audits it and checks that each seeded fault was found as often as it was seeded.
func (c *sampleFinesCommand) Run() error {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	path := filepath.Join(c.Out, "road-fines.xes")
	seeded := map[string]int64{}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = eventlog.WriteXES(f, madeUpFines(c.Cases, c.Seed, seeded))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	p, err := findProcedure("it-road-fines/narrative")
	if err != nil {
		return err
	}
	ctx, open := context.Background(), func() (io.ReadCloser, error) { return os.Open(path) }
	opt := audit.Options{ListCases: true, Figures: true, Rows: true}
	report, err := audit.Run(ctx, path, open, p, opt)
	if err != nil {
		return err
	}
	w := written{report: report, p: p, lang: c.Lang}
	if w.html, err = pageOf(ctx, path, []string{path}, open, opt, report, p); err != nil {
		return err
	}
	if err := w.toFolder(c.Out); err != nil {
		return err
	}
	for i := range report.Findings {
		report.Findings[i].CaseIDs = nil
	}
	if err := report.WriteText(os.Stdout, c.Lang); err != nil {
		return err
	}
	var wrong error
	fmt.Println()
	for _, f := range report.Findings {
		if want, ok := seeded[f.Rule]; ok {
			fmt.Printf("seeded %-22s %6d   found %6d\n", f.Rule, want, f.Cases)
			if want != f.Cases {
				wrong = errors.Join(wrong, fmt.Errorf("%s: %d seeded, %d found", f.Rule, want, f.Cases))
			}
		}
	}
	fmt.Printf("\nThe made-up log: %s\nThe report:      %s, with its tables beside it\nOne case told:   plumbline audit %s --procedure it-road-fines/narrative --explain D7\n", path, filepath.Join(c.Out, "report.html"), path)
	if wrong != nil {
		return failedCheck{wrong}
	}
	return nil
}

// madeUpFines makes cases that keep to the narrative, and in one of twenty seeds one fault, counted under its rule.
func madeUpFines(n int, seed uint64, seeded map[string]int64) iter.Seq[eventlog.Case] {
	faults := []string{"sent-late", "penalty-day", "prefecture-appeal-late", "collection-though-paid", "act-after-collection", "never-notified", "payment-sum"}
	return func(yield func(eventlog.Case) bool) {
		zone, err := calendar.LoadZone("Europe/Rome")
		if err != nil {
			panic(err) // the zone is built in
		}
		clear(seeded)
		for _, f := range faults {
			seeded[f] = 0
		}
		random := rand.New(rand.NewPCG(seed, 1))
		for i := range n {
			fault := ""
			if random.IntN(20) == 0 {
				fault = faults[random.IntN(len(faults))]
				seeded[fault]++
			}
			if !yield(madeUpFine(zone, random, i, fault)) {
				return
			}
		}
	}
}

func madeUpFine(zone *calendar.Zone, random *rand.Rand, i int, fault string) eventlog.Case {
	c := eventlog.Case{ID: "D" + strconv.Itoa(i+1)}
	day := calendar.NewDate(2008, time.January, 1) + calendar.Date(random.IntN(1500))
	add := func(act string, on calendar.Date, data ...string) {
		e := eventlog.Event{Act: act, Time: zone.Start(on), Precision: calendar.Day}
		for k := 0; k < len(data); k += 2 {
			e.Data = append(e.Data, eventlog.Field{Key: data[k], Value: data[k+1], Kind: eventlog.Float})
		}
		c.Events = append(c.Events, e)
	}
	amount := 30 + random.IntN(80)
	money := func(n int) string { return strconv.Itoa(n) + ".0" }
	add("Create Fine", day, "amount", money(amount), "totalPaymentAmount", "0.0")
	if fault == "" && random.IntN(3) == 0 {
		add("Payment", day+5, "paymentAmount", money(amount), "totalPaymentAmount", money(amount))
		return c
	}
	sent := day + 1 + calendar.Date(random.IntN(60))
	if fault == "sent-late" {
		sent = day + 91 + calendar.Date(random.IntN(30))
		add("Send Fine", sent, "expense", "12.0")
		add("Payment", sent+1, "paymentAmount", money(amount+12), "totalPaymentAmount", money(amount+12))
		add("Insert Fine Notification", sent+2)
		return c
	}
	add("Send Fine", sent, "expense", "12.0")
	if fault == "never-notified" {
		return c
	}
	notified := sent + 1 + calendar.Date(random.IntN(25))
	add("Insert Fine Notification", notified)
	switch fault {
	case "prefecture-appeal-late":
		add("Insert Date Appeal to Prefecture", notified+61+calendar.Date(random.IntN(9)))
		add("Send Appeal to Prefecture", notified+75)
		add("Receive Result Appeal from Prefecture", notified+150)
		add("Notify Result Appeal to Offender", notified+160)
		return c
	case "payment-sum":
		add("Payment", notified+3, "paymentAmount", money(amount+12), "totalPaymentAmount", money(amount+13))
		return c
	}
	on := notified + 60
	if fault == "penalty-day" {
		on++
	}
	add("Add penalty", on, "amount", money(2*amount))
	if fault == "collection-though-paid" {
		add("Payment", on+20, "paymentAmount", money(2*amount+12), "totalPaymentAmount", money(2*amount+12))
	}
	add("Send for Credit Collection", on+300)
	if fault == "act-after-collection" {
		add("Payment", on+330, "paymentAmount", money(10), "totalPaymentAmount", money(10))
	}
	return c
}
