// Package procedure reads packs and judges acts.
//
// A pack is the law of one jurisdiction as data; a procedure in it is a timed condition-response graph with data. Its
// Standing says where a case stands: what was done, which duties run, which facts are known. Three pure functions move it:
// Judge.Advance lets deadlines pass, Judge.Act holds one act against the law and applies it, Procedure.Rejudge folds a
// history again when knowledge comes late. Judge.End says what only the end of a history shows.
//
//	act ──► weigh: after, no_later_than, not_while, expect, by, apart, excluded ──► findings
//	    └─► apply: history, facts, excludes, voids, path
//	         └─► duties: discharge, open, suspend, extend, refit, lapse ──► deadlines ──► findings
//
// Clauses read the standing before the act; duties are opened on the standing after it. A fact that is missing is unknown,
// never false: a clause then says that it cannot be judged, a decision is refused, an exception does not excuse, and of the
// tiers that may apply the shortest holds.
//
// Not handled here: who may see a case, and whether a refused decision takes effect (the caller keeps a Clone).
package procedure
