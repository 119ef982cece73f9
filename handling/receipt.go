package handling

import (
	"context"
	"encoding/hex"
	"slices"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/internal/account"
)

// newReceipt makes the code and the second secret of a case that was reported. The code is kept to look the case up by,
// the secret only as a salted digest.
func (h *House) newReceipt(head *casefile.Head) (*Receipt, error) {
	code, err := account.NewReceipt(h.random)
	if err != nil {
		return nil, err
	}
	secret, err := account.NewSecond(h.random)
	if err != nil {
		return nil, err
	}
	salt, err := account.NewSalt(h.random)
	if err != nil {
		return nil, err
	}
	digest := secret.Digest(salt)
	head.Receipt, head.Secret = string(code), hex.EncodeToString(salt[:])+hex.EncodeToString(digest[:])
	return &Receipt{Code: code.String(), Secret: secret.String()}, nil
}

// reporter is the role of the person who may ask with a receipt.
const reporter = "reporter"

func sealed(s string) (salt account.Salt, digest account.Digest) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(salt)+len(digest) {
		return account.Salt{}, account.Digest{} // fits no secret
	}
	copy(salt[:], b)
	copy(digest[:], b[len(salt):])
	return salt, digest
}

// Progress is what a reporter is told: nothing about people, nothing of the content.
type Progress struct {
	Number  string
	Stages  []Stage
	Unit    Text
	Opened  calendar.Instant
	Updated calendar.Instant
	Closed  bool
	Limit   Text // the limit of the case that runs next
	Due     calendar.Instant
	Index   int64 // of the report in the ledger
	Size    int64 // of the ledger when asked
	// Remedies of the person who reported, against what was done so far.
	Remedies []RemedyLeft
	Looks    []Opened // who looked at the case last
	Complain bool     // somebody stands apart to whom it can be complained about
}

// RemedyLeft is a remedy whose time has begun. Last is its last instant, zero where it has none.
type RemedyLeft struct {
	Title, Where Text
	Last         calendar.Instant
	Basis        []string
}

// Progress answers a reporter who has both code and secret. A wrong code and a wrong secret are the same answer,
// casefile.ErrNotFound, after the same work.
func (h *House) Progress(ctx context.Context, code, secret string) (*Progress, error) {
	head, err := h.byReceipt(ctx, code, secret)
	if err != nil {
		return nil, err
	}
	c, err := h.load(ctx, head.ID)
	if err != nil {
		return nil, err
	}
	p := &Progress{Number: head.Number, Opened: head.Opened, Updated: head.Updated, Closed: head.Closed, Unit: h.unitName(head.Unit)}
	records, err := h.records(ctx, head.ID, 0)
	if err != nil {
		return nil, err
	}
	p.Stages = stages(c.proc, head, records)
	now := h.now()
	for _, r := range c.at.Running() {
		if info := c.proc.Duties()[r.Duty]; r.Due > now && !info.Warn && !info.Promptly && !r.Waiting && r.Subject == "" && (p.Due == 0 || r.Due < p.Due) {
			p.Due, p.Limit = r.Due, info.Title
		}
	}
	remedies := c.proc.Remedies()
	for i := range remedies {
		r := &remedies[i]
		for _, ref := range append([]casefile.Ref{{Role: reporter}}, c.at.Subjects()...) {
			if ref.ID != "" && ref.Role != reporter || !slices.Contains(r.For, reporter) {
				continue
			}
			if last, ok, err := c.at.LastDay(r, ref.ID); err == nil && ok {
				p.Remedies = append(p.Remedies, RemedyLeft{r.Title, r.Where, last, r.Basis})
				break
			}
		}
	}
	first, err := h.store.Acts(ctx, head.ID, 0)
	if err != nil {
		return nil, err
	}
	p.Index = first[0].Index
	p.Complain = h.apart(authority.UnitID(head.Unit), now) != ""
	if p.Looks, err = h.looksTold(ctx, head.ID); err != nil {
		return nil, err
	}
	p.Size, _, err = h.store.Head(ctx)
	return p, err
}
