// Package eventlog reads the histories that other systems have written down, so that they can be judged
// by a procedure they never ran under: XES (IEEE 1849), OCEL 2.0 as JSON or XML, and tables (CSV, XLSX, Parquet) with a mapping,
// which may join several. OCEL in SQLite is read by the package ocelsqlite below this one, which opens its file itself.
//
// An XES is read as a stream in one direction:
//
//	file -> gunzip -> cut at </trace> -> N workers scan -> settle in log order -> each(worker, batch)
//	        '----- one goroutine -----'   '------------ N goroutines ------------------------'
//
// One goroutine unpacks and cuts the text into chunks of about half a mebibyte. Workers scan chunks side by side
// into arenas of their own that are used again for the next chunk. Before a batch is handed to the caller it
// passes a gate in log order, where record and line numbers become those of the whole log, and where what only
// the whole log can show is found (a case identifier that comes back, timestamps with and without offset).
// A batch passes the gate only when everything before it was sound.
//
// Nothing is repaired and nothing is left out in silence. Input that cannot be read as a whole gives one
// *Error with the line; what is passed over by rule (nested attributes, other life cycle steps) is counted
// in Stats. When Read returns an error, whatever each has seen is not the log and must be discarded.
//
// Tables that a mapping joins ([Join], [Files]) and object-centric logs ([Objects]) are held: what a row or object takes is
// counted against [Options].MaxHeld. Each table is read row by row ([OpenRows]), whatever its file claims to hold. Rows that do not
// fit together are set aside and listed ([Aside]). [Files.Suggest] proposes a mapping where there is none.
//
// # What is read of XES
//
// Attributes of a trace become Case.Data, attributes of an event Event.Data, in the order of the file. Log
// attributes, globals, extensions and classifiers are checked for form and skipped. So are attributes nested in
// an attribute, and the standard's list and container; Stats.Nested counts them. An element with key and value
// under a name the standard does not know (<integer>) is read as text and counted in Stats.OddTags; any other
// foreign element is skipped with its content and counted there too. Namespaces are not resolved: elements are
// known by their plain names, and a prefixed name is foreign. A key that occurs twice in one event or trace is
// refused, as the standard demands unique keys. Events outside a trace belong to no case and are refused.
//
// The XML accepted is a subset: UTF-8, no DOCTYPE (hence no entities but the five standard ones and numeric
// references), no text between elements, ASCII element names. Line ends within values are read as \n; unlike
// an XML validator this package does not turn tabs and line ends within values into spaces.
package eventlog
