// Package calendar counts time as law does: civil dates, working days, terms and how they run,
// stop and fall due. It is pure: no clock, no database, no configuration; what it knows of
// holidays is handed to it.
//
// # Shape
//
// An [Instant] is a moment, a [Date] a civil date; a [Zone] says which dates instants have where
// the organ sits. A [Term] is a length with its unit: 8h, 30d, 5wd, 2mo. A [Calendar] knows working
// days, year by year, and says so when it does not know. A [Clock] is one term running in one case;
// [Clock.Deadline] is the only arithmetic:
//
//	deadline = start + (base + granted extensions, in order) + suspended time, then one roll
//
// A deadline has passed when now > Due.
//
// # Rules
//
// The numbers are those of the project's notes on the field; the worked cases for each stand in
// testdata/deadlines.txt. APR: procedure for administrative cases of the police (2019). CPL:
// criminal procedure (2018). APL: administrative penalties (2021). ARL: administrative
// reconsideration (2023). AEL: administrative coercion (2011). PSAPL: public security
// administration penalties (2025). GIR: government information (2019).
//
//	T1  The day a term starts on is not counted (APR 35, CPL 105). If its last day is a holiday, the
//	    first day after the holiday is the last (the same). Not so while a person is held: CPL 105
//	    says it of custody, APR 35 of restricted liberty. [Clock.Liberty] never rolls.
//	    Those articles leave the starting hour out too. Here every hour term, of liberty or not,
//	    runs by the minute from its start: at most an hour stricter than the text, never laxer.
//	    Bail and residential surveillance: set RollNone (our reading of CPL 79).
//	T2  Two, three, five and seven days of the APL are working days (APL 85): wd.
//	T3  So are three, five, seven and ten days of the ARL (ARL 88), and ten days or fewer of the
//	    AEL (AEL 69): wd.
//	T4  Days of criminal procedure are calendar days (CPL 105): d.
//	T5  Whether the two days of PSAPL 116 are working days is open: write two clocks.
//	T6  A start is the instant the pack names (arrival, APR 68). What restarts a clock makes a new
//	    Clock; what does not restart (a person's time in hand) keeps its own.
//	T7  Appraisal and hearing suspend (PSAPL 118; APR 112, 165; CPL 149 for psychiatric appraisal in
//	    custody). Custody counted anew (CPL 160) and the limit after failed mediation (APR 185) are
//	    new Clocks.
//	T8  A Clock holds all its deadline depends on: start, term, extensions, suspensions, liberty.
//
// A holiday is any day not worked: festivals and weekends, but not a weekend day worked to make up
// for one. The notices of the State Council decide, year by year.
//
// # Decisions
//
//   - Hours never roll, though Roll be set. APR 35 and CPL 105 move a last day; a term of hours has
//     none, and where it binds the police a roll would lengthen it many times over.
//   - Hours are elapsed time: twenty-four hours into summer time end at 13:00, if begun at 12:00.
//   - Day terms end with the last microsecond of their last civil day.
//   - Months go to the same day of the month or to its last. Months in a row are added up first.
//   - Suspended time is the union of its intervals from the start on: by civil dates for day terms
//     (from day a to day b, b-a days, or the working days after a up to b where the base term counts
//     those), by instants for hours.
//   - While a suspension is open the deadline is "not before": as if it had ended when it began.
//     Nothing that closes it can bring the deadline before that.
//   - What has expired is not revived by a suspension. A term rolled over holidays has not expired
//     until the day it rolled to ends; a suspension beginning there ends the term with itself, as
//     nothing of it is left. No term ends inside a suspension that was in time.
//   - An extension counts if it is in the list. To judge whether it came in time, compare the grant
//     with the deadline of the clock without it; the sum is the same either way.
//   - Hours and days are not mixed in one clock: we know of no article that does.
//
// # Not handled
//
// Travel time of documents, and what is posted before expiry (CPL 105): a pack sets the act's
// instant. Counting from the last day of a month to the last day of the next (said to be court
// practice; not in the texts we hold). Half days off, opening hours, local holidays, unless the
// calendar lists them. Holidays by rule (Easter, the first Monday): list them by year. The Italian
// suspension of August: write it as a suspension. Law in time (T9) and time in hand over several
// cases (T10): the procedure's.
package calendar
