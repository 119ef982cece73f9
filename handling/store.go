package handling

import (
	"context"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/ledger"
)

// Store keeps the record. store/storetest says in tests what is written here in words.
//
// Reads see every change that was acknowledged before they began. A store never asks who is logged in.
type Store interface {
	// Commit moves all of a change in one transaction, together with other changes (group commit), and returns only when
	// it is on disk. Changes take effect one after another; a change that fails leaves no trace and does not disturb the
	// others. The index of an act is its position: index = size of the ledger before it.
	//
	// It fails with casefile.ErrConflict when the case's revision is not c.Revision, with ErrOtherAct when the act id is
	// taken by another request, with ErrReadOnly, and with ErrStopped when the outcome is unknown: after a failed sync
	// nothing is acknowledged any more. The same act again (same id, same request) is not written again; Kept.Again.
	Commit(ctx context.Context, c *casefile.Change) (casefile.Kept, error)

	// Case returns the head of a case, or casefile.ErrNotFound.
	Case(ctx context.Context, id casefile.CaseID) (casefile.Head, error)
	// CaseOfReceipt finds a case by the code of its reporter's receipt, or casefile.ErrNotFound.
	CaseOfReceipt(ctx context.Context, code string) (casefile.Head, error)
	// Acts returns the acts of a case in the order of their numbers, those after a number.
	Acts(ctx context.Context, id casefile.CaseID, after int64) ([]casefile.Entry, error)
	// Duties and Findings return all rows of a case, oldest first.
	Duties(ctx context.Context, id casefile.CaseID) ([]casefile.Duty, error)
	Findings(ctx context.Context, id casefile.CaseID) ([]casefile.Finding, error)
	// Cases lists heads without their standings, newest change first.
	Cases(ctx context.Context, s casefile.Selection) ([]casefile.Head, error)
	// OpenDuties lists duties still to be done in cases of a selection (its Units, Handler, All), nearest deadline first,
	// those without a deadline last.
	OpenDuties(ctx context.Context, s casefile.Selection) ([]casefile.Duty, error)
	// Ripe lists cases in which a duty's Next is at or before now, the longest waiting first.
	Ripe(ctx context.Context, now calendar.Instant, limit int) ([]casefile.CaseID, error)
	// NextRipe is the earliest Next of all duties; zero: none.
	NextRipe(ctx context.Context) (calendar.Instant, error)

	// Entries returns acts of the whole ledger from an index on; Head is the ledger's size and root.
	Entries(ctx context.Context, from int64, limit int) ([]casefile.Entry, error)
	Head(ctx context.Context) (size int64, root ledger.Hash, err error)
	// Notices returns outbox rows after a sequence number.
	Notices(ctx context.Context, after int64, limit int) ([]casefile.Notice, error)

	// Look writes views into the log of views, durably, before it returns. Looks lists those of a case, newest first.
	Look(ctx context.Context, l casefile.Looked) error
	Looks(ctx context.Context, id casefile.CaseID, limit int) ([]casefile.Looked, error)

	// Accounts, sessions and drafts: plain rows, the last write stands. Account and Session return ErrNotFound.
	PutAccount(ctx context.Context, a casefile.Account) error
	Account(ctx context.Context, login string) (casefile.Account, error)
	Accounts(ctx context.Context) ([]casefile.Account, error)
	PutSession(ctx context.Context, s casefile.Session) error
	Session(ctx context.Context, token ledger.Hash) (casefile.Session, error)
	Sessions(ctx context.Context, person string) ([]casefile.Session, error)
	EndSession(ctx context.Context, token ledger.Hash) error
	PutDraft(ctx context.Context, d casefile.Draft) error
	Draft(ctx context.Context, key string) (casefile.Draft, error)
	Drafts(ctx context.Context, person string) ([]casefile.Draft, error)
	DropDraft(ctx context.Context, key string) error

	// AddSlips adds slips of an anonymous survey, as digests; Slip returns whose a slip is and whether it was used, or
	// ErrNotFound. PutAnswers marks slips of a survey as used and adds to its counts, in one transaction: nothing kept says
	// which slip gave what. EndSurvey notes that it was counted. Survey returns what it has collected, its counts in order.
	AddSlips(ctx context.Context, id casefile.CaseID, slips []ledger.Hash) error
	Slip(ctx context.Context, slip ledger.Hash) (id casefile.CaseID, used bool, err error)
	PutAnswers(ctx context.Context, id casefile.CaseID, slips []ledger.Hash, counts []casefile.SurveyCount) error
	EndSurvey(ctx context.Context, id casefile.CaseID) error
	Survey(ctx context.Context, id casefile.CaseID) (casefile.Survey, error)

	// Check folds the whole ledger again and compares it with the heads, and every projection count with its rows: nil, or
	// what is wrong.
	Check(ctx context.Context) error
	// Health is nil while changes can be acknowledged.
	Health() error
	Close() error
}
