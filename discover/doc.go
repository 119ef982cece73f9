// Package discover mines the rules that practice follows: relations between two acts, as a DCR graph.
//
// The miner is DisCoveR (Back, Slaats, Hildebrandt, Marquard 2021: "DisCoveR: accurate and efficient discovery of declarative
// process models", doi 10.1007/s10009-021-00616-0) with counts in the place of its bits: where the original drops a relation at
// the first case that breaks it, a Tally counts in how many cases it holds, so that a share of noise can be allowed and every
// relation told with its support. Everything it needs of a case are the places of the first and the last of each act, and what
// came between two of one kind; a case costs its events and the square of its different acts.
//
// Three looks at the cases: Tally and Mine give the relations, Refiner and Refine what is demanded only while something can still
// be done, a Replayer says which cases the graph lets happen. Without noise it lets all of them happen.
//
// Two things differ from the paper. An act that excludes itself is brought back by whatever comes before every repetition of it
// (alternate precedence), not only by what comes immediately before. And relations that others lead to are marked, not removed:
// the graph that is replayed is whole, what people read is short.
//
// What practice follows is no law: a rule mined here says what was done, not what must be done.
package discover
