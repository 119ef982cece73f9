package main

import (
	"errors"
	"fmt"
	"path"
	"strings"

	yaml "plumbline/internal/strictyaml"
)

type packTest struct {
	Dir string `arg:"" help:"The pack's folder, or the name of a pack that comes with the program."`
}

func (c *packTest) Run() error {
	pack, err := loadPack(c.Dir)
	var problems yaml.Problems
	if errors.As(err, &problems) {
		fmt.Println(problems.Error())
		return failedCheck{fmt.Errorf("%d mistakes in pack %s", len(problems), c.Dir)}
	}
	if err != nil {
		return err
	}
	fsys, dir := packFolder(c.Dir)
	results, err := pack.RunCases(fsys, dir)
	if errors.As(err, &problems) {
		fmt.Println(problems.Error())
		return failedCheck{fmt.Errorf("%d mistakes in the worked cases of %s", len(problems), c.Dir)}
	}
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return fmt.Errorf("pack %s has no worked cases: put them in %s", c.Dir, path.Join(dir, "cases", "NAME.yaml"))
	}
	failed := 0
	for _, r := range results {
		name := strings.TrimSuffix(path.Base(r.File), ".yaml")
		if len(r.Differences) == 0 {
			fmt.Printf("ok    %s: %s %s\n", name, r.Title.EN, r.Title.ZH)
			continue
		}
		failed++
		fmt.Printf("FAIL  %s: %s %s\n", name, r.Title.EN, r.Title.ZH)
		for _, d := range r.Differences {
			fmt.Printf("      %s\n", d)
		}
	}
	fmt.Printf("%d worked cases, %d failed\n", len(results), failed)
	if failed > 0 {
		return failedCheck{fmt.Errorf("%d of %d worked cases failed", failed, len(results))}
	}
	return nil
}
