// Package segment keeps a history as columns, so that many rules can be held against very many acts.
//
// A history is cut once into a folder of segments: immutable files of about 260,000 acts each, whole cases, in the order
// of the log, and an index that is written last. A folder without its index is not whole and is not read.
//
//	log ──Cut──► 000001.segment 000002.segment … index.json ──Read──► batches, as eventlog gives them
//	                                                        └─Each──► columns, as they are
//
// # A segment
//
// Acts that say the same kind of thing (the same activity, precision and keys in the same order) have one Shape. A segment
// holds the number of acts of each case, the shape, time and record of each act, and for each shape a table with one row for
// each of its acts, in their order. A value is a code into the dictionary of its key, so that a text is kept, and read under
// a procedure, once for each segment in which it occurs. Whole numbers are kept as base + unit × n with n in 0, 1, 2, 4 or 8
// bytes, whatever the largest needs.
//
//	"plumbseg" | version, 4 bytes | length of the head, 4 bytes | head, JSON | columns, in the order of the head
//
// Each column has its CRC-32C in the head, and the index the SHA-256 of each head: a file cut short, altered or of another
// cut is refused with the column at fault. The index has its own digest. The index names the files of the log with length and SHA-256. That guards against damage
// and mistakes, not against somebody who wants to deceive: they can make another folder. Who doubts one cuts the log again.
//
// What a log says is kept whole, in its order, so that what is read from segments is what eventlog.Read gave. Not kept
// are precise places in the text of the log beyond Record.
package segment
