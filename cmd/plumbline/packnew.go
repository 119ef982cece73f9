package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plumbline/packs"
)

// newPack is the pack that a newcomer starts from.
//
//go:embed newpack
var newPack embed.FS

type packNew struct {
	Dir string `arg:"" help:"The folder to make; it must not exist, or be empty."`
}

func (c *packNew) Run() error {
	c.Dir = filepath.Clean(c.Dir)
	if slices.Contains(packs.Names, c.Dir) {
		return fmt.Errorf("%s is the name of a pack that comes with the program: choose another", c.Dir)
	}
	if have, err := os.ReadDir(c.Dir); err == nil && len(have) > 0 {
		return fmt.Errorf("%s exists and is not empty: a new pack overwrites nothing", c.Dir)
	} else if err != nil && !os.IsNotExist(err) {
		return err
	}
	files, err := fs.Sub(newPack, "newpack")
	if err != nil {
		return err
	}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(c.Dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if name == "pack.yaml" {
			text = []byte(strings.Replace(string(text), "PACKNAME", packID(c.Dir), 1))
		}
		fmt.Println(filepath.Join(c.Dir, filepath.FromSlash(name)))
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		return err
	}
	in := func(name string) string { return shellWord(filepath.Join(c.Dir, name)) }
	fmt.Printf("\nCheck it, then audit its example:\n  plumbline pack check %s\n  plumbline audit %s --procedure %s --map %s\n", in(""), in("example.csv"), shellWord(c.Dir+"/application"), in("mapping.yaml"))
	return nil
}

// packID makes an id of the folder's name, in quotes so that YAML reads 2026 as a name too.
func packID(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(filepath.Base(dir)))
	if id = strings.Trim(id, "-_"); id == "" {
		id = "my-pack"
	}
	return `"` + id + `"`
}

// shellWord quotes a path that a shell would take apart.
func shellWord(s string) string {
	if strings.ContainsAny(s, " \t\n'\"\\$&;|<>()*?[]#~`!{}") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
