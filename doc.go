// Package plumbline is the root of the module; it holds no code. Plumbline (准绳) judges the acts of an enforcement
// agency against the law that binds them: what may be done, by whom, by when, under which article.
//
// # How to read the module
//
// From the ground up, each package by its doc comment first:
//
//	calendar            civil dates, working days, terms and how they run, stop and fall due
//	ledger              the append-only Merkle log: what a leaf commits to, the head
//	casefile            the act: who did what, when, on which data; the bytes of its record
//	authority           organs, officers, posts; who may do and see what
//	procedure           packs: parse, check, compile; the standing of a case; Advance, Judge, Rejudge
//	eventlog            reads the histories of other systems: XES, CSV
//	audit               a history judged by a procedure
//	packs               the procedures themselves, as data
//	handling            the use cases: from the form to the record; the only place that refuses
//	store/sqlite        keeps the record in one file
//	store/postgres      keeps the record in PostgreSQL
//	web                 routes, pages, forms
//	internal/account    passwords, locks, sessions, codes of a receipt
//	internal/print      documents as PDF, with every character or not at all
//	internal/durable    files that are there after a power cut
//	internal/strictyaml YAML with every mistake reported at its place
//	bench               the stores beside what their engines can do at most
//	cmd/plumbline       the command line; the only place where parts are wired together
//
// The first seven are the field: they know no file system, network, database, clock or chance, so the same input
// always gives the same answer. Which package may import which stands in arch_test.go, and is checked there.
package plumbline
