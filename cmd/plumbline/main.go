// Command plumbline holds the acts of an enforcement agency against the law.
//
// Results go to stdout, talk to stderr. Exit 0: done, findings included; 1: a check failed; 2: misuse or broken input.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

type commands struct {
	Serve    serveCommand    `cmd:"" help:"The platform: pages, clock, record."`
	Watch    watchCommand    `cmd:"" help:"The platform, and beside it the acts of other systems, judged as they come in."`
	Audit    auditCommand    `cmd:"" help:"Judge another system's history under a procedure."`
	Segment  segmentCommand  `cmd:"" help:"Cut a history into segments, to audit it many times."`
	Discover discoverCommand `cmd:"" help:"Mine the rules that practice follows from a log, and lay them beside those of a procedure."`
	Trial    trialCommand    `cmd:"" help:"Judge a history by two versions of a procedure: findings gained and lost, with their cases."`
	Demo     demoCommand     `cmd:"" help:"The platform on a throw-away store, filled by playing a made-up bureau's cases."`
	Sample   sampleCommand   `cmd:"" help:"Make made-up histories with seeded faults: a log to audit, a system to watch."`
	Pack     packCommand     `cmd:"" help:"Check and test packs."`

	Export  exportCommand  `cmd:"" help:"Write the record as a log for other programs: XES, OCEL 2.0, CSV, Parquet."`
	User    userCommand    `cmd:"" help:"Found an organ, give people sign-ins."`
	Check   checkCommand   `cmd:"" help:"Fold the whole record again; say whether every act is at its place."`
	Backup  backupCommand  `cmd:"" help:"Copy the record while it is in use."`
	Restore restoreCommand `cmd:"" help:"Make a record of a backup; it is read-only until confirmed."`
	Confirm confirmCommand `cmd:"" help:"Let a restored record be written to again."`
}

// A failedCheck is exit 1: the work was done and the answer is no.
type failedCheck struct{ error }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) (code int) {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("plumbline"), kong.Description("Holds the acts of an enforcement agency against the law. 以事实为根据，以法律为准绳。"),
		kong.UsageOnError(), kong.Exit(func(n int) { exit = n; panic(exitNow{}) }))
	if err != nil {
		panic(err)
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exitNow); !ok {
				panic(r)
			}
			code = exit
		}
	}()
	ctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "plumbline: %v\n", err)
		return 2
	}
	err = ctx.Run()
	var failed failedCheck
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		fmt.Fprintf(os.Stderr, "plumbline: %v\n", err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "plumbline: %v\n", err)
	return 2
}

type exitNow struct{}
