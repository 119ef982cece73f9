package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	yaml "plumbline/internal/strictyaml"
	"plumbline/procedure"
)

type packCommand struct {
	New   packNew   `cmd:"" help:"Start a pack of three acts with an example log to audit."`
	Check packCheck `cmd:"" help:"Report every mistake of a pack with file:line:column, and what is proved, refuted or not decided of it."`
	Test  packTest  `cmd:"" help:"Run a pack's worked cases; exit 1 when one fails, 2 when there are none."`
	Doc   packDoc   `cmd:"" help:"One printable HTML page of all that a pack says, for lawyers to review."`
}

type packCheck struct {
	Dir    string `arg:"" help:"The pack's folder, or the name of a pack that comes with the program."`
	Traces bool   `help:"Print the shortest trace found for each act."`

	Benchmark []string `placeholder:"FILE" help:"Check an agency's benchmark against the ranges of the pack's offences; may be repeated."`
}

func (c *packCheck) Run() error {
	pack, err := loadPack(c.Dir, c.Benchmark...)
	var problems yaml.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(os.Stdout, problems.Error())
		return failedCheck{fmt.Errorf("pack %s is not sound; mistakes: %d", c.Dir, len(problems))}
	}
	if err != nil {
		return err
	}
	for _, p := range pack.Procedures {
		fmt.Printf("%s/%s: %d acts, %d rules, %d duties: loads, every name, article and expression checked\n", pack.ID, p.ID, len(p.Acts()), len(p.Rules()), len(p.Duties()))
		if pack.Standing == "law" {
			acts, duties := p.Unexplained()
			fmt.Printf("%s/%s: %d of %d acts and %d of %d duties say why the law wants them\n", pack.ID, p.ID, len(p.Acts())-len(acts), len(p.Acts()), len(p.Duties())-len(duties), len(p.Duties()))
			if len(acts) > 0 {
				fmt.Printf("  without why, %d acts: %s\n", len(acts), strings.Join(acts, ", "))
			}
			if len(duties) > 0 {
				fmt.Printf("  without why, %d duties: %s\n", len(duties), strings.Join(duties, ", "))
			}
		}
	}
	count := map[procedure.Verdict]int{}
	bad := 0
	for _, r := range pack.Check() {
		count[r.Verdict]++
		switch {
		case r.Verdict == procedure.Proved:
			if c.Traces && len(r.Trace) > 0 {
				fmt.Printf("proved       [%s] %s: %s\n", r.Check, r.Of, strings.Join(r.Trace, " → "))
			}
		case r.Accepted != "":
			fmt.Printf("accepted     [%s] %s: %s (not decided: %s)\n", r.Check, r.Of, r.Accepted, r.Why)
		default:
			bad++
			fmt.Printf("%s: %s [%s] %s: %s\n", r.Pos, r.Verdict, r.Check, r.Of, r.Why)
		}
	}
	fmt.Printf("%d proved, %d refuted, %d not decided\n", count[procedure.Proved], count[procedure.Refuted], count[procedure.NotDecided])
	if bad > 0 {
		return failedCheck{fmt.Errorf("properties refuted, or not decided and not accepted in pack.yaml: %d", bad)}
	}
	return nil
}
