package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"plumbline/internal/pgtest"
)

type tests struct{ m *testing.M }

func (t tests) Run() int { return pgtest.Run(t.m) }

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"plumbline": func() { os.Exit(run(os.Args[1:])) }})
}

func TestScripts(t *testing.T) {
	database := func() string {
		c, err := pgx.ParseConfig(pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		return "postgres://" + c.User + "@/" + c.Database + "?host=" + url.QueryEscape(c.Host)
	}
	record, other := database(), database()
	path := pgtest.Start(t).Bin() + string(os.PathListSeparator)
	packs, err := filepath.Abs("../../packs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: makers(), Setup: func(e *testscript.Env) error {
		e.Setenv("RECORD", record)
		e.Setenv("OTHER", other)
		e.Setenv("PACKS", packs)
		if !strings.HasPrefix(e.Getenv("PATH"), path) {
			e.Setenv("PATH", path+e.Getenv("PATH")) // pg_dump
		}
		return nil
	}})
}
