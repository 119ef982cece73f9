// Package plumbline is the root of the module; it holds no code. Plumbline (准绳) judges the acts of an enforcement
// agency against the law that binds them: what may be done, by whom, by when, under which article.
//
// # How to read the module
//
// From the ground up, each package by its doc comment first:
//
//	calendar            civil dates, working days, terms and how they run, stop and fall due
//	casefile            the act: who did what, when, on which data; values, money
//	procedure           packs: parse, check, compile; the standing of a case; Advance, Judge, Rejudge
//	eventlog            reads the histories of other systems: XES, CSV
//	audit               joins the last two: a history judged by a procedure
//	packs               the procedures themselves, as data
//	cmd/plumbline       the command line; the only place where parts are wired together
//	internal/strictyaml YAML with every mistake reported at its place
//
// The first five are the field: they know no file system, network, database, clock or chance, so the same input
// always gives the same answer. Which package may import which stands in arch_test.go, and is checked there.
package plumbline
