package main

import (
	"database/sql"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

// makers are commands of the test scripts: they make files of the binary formats from text.
func makers() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"sqlite": sqliteFile,
	}
}

// sqlite DATABASE FILE... runs the statements in the files on a database.
func sqliteFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sqlite DATABASE FILE...")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	for _, file := range args[1:] {
		_, err = db.Exec(ts.ReadFile(file))
		ts.Check(err)
	}
	ts.Check(db.Close())
}
