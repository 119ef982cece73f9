package main

import (
	"errors"
	"fmt"
	"os"

	yaml "plumbline/internal/strictyaml"
)

type packCommand struct {
	Check packCheck `cmd:"" help:"Load a pack and report every mistake with file:line:column. (Reachability is not proved yet.)"`
}

type packCheck struct {
	Dir string `arg:"" help:"The pack's folder, or the name of a pack that comes with the program."`
}

func (c *packCheck) Run() error {
	pack, err := loadPack(c.Dir)
	var problems yaml.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(os.Stdout, problems.Error())
		return failedCheck{fmt.Errorf("%d mistakes in pack %s", len(problems), c.Dir)}
	}
	if err != nil {
		return err
	}
	for _, p := range pack.Procedures {
		fmt.Printf("%s/%s: %d acts, %d rules, %d duties: loads, every name, article and expression checked\n", pack.ID, p.ID, len(p.Acts()), len(p.Rules()), len(p.Duties()))
	}
	return nil
}
