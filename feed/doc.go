// Package feed follows other systems: it reads what they offer, a folder of files, a view of a database or an API, brings
// its rows together into cases as a mapping says, and hands them to handling, which keeps and judges them.
//
// Where reading stands is written down only after what was read is on the record. So a crash repeats and never loses, and
// what is repeated changes nothing.
package feed
