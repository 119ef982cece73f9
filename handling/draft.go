package handling

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"plumbline/authority"
	"plumbline/casefile"
)

const maxDraft = 256 << 10

// DraftKey names the draft of a form: one for each person, case, act and subject.
func DraftKey(who Who, id casefile.CaseID, act string, subject casefile.Subject) string {
	return draftsOf(who) + strings.Join([]string{string(id), act, string(subject)}, "/")
}

// draftsOf begins the keys of all drafts of a person.
func draftsOf(who Who) string { return url.PathEscape(string(who.Person)) + "/" }

// SaveDraft keeps what a person has typed so far. A draft is not an act and nobody else sees it.
func (h *House) SaveDraft(ctx context.Context, who Who, id casefile.CaseID, act string, subject casefile.Subject, body []byte) (casefile.Draft, error) {
	now := h.now()
	if act != "" && !casefile.ValidName(act) || len(subject) > 64 || casefile.CheckText(string(subject)) != nil {
		return casefile.Draft{}, casefile.ErrNotFound
	}
	if len(body) > maxDraft {
		return casefile.Draft{}, &Invalid{[]Problem{{"draft", both(fmt.Sprintf("草稿最多 %d KiB", maxDraft>>10), fmt.Sprintf("a draft has at most %d KiB", maxDraft>>10)), nil}}}
	}
	if id == "" {
		if !h.Opens(who) {
			return casefile.Draft{}, casefile.ErrNotFound
		}
	} else {
		head, err := h.store.Case(ctx, id)
		if err != nil {
			return casefile.Draft{}, err
		}
		p, err := h.procedureOf(head.Procedure)
		known := err == nil && p.ActOf(act) >= 0
		if err := h.mayAfter(who, authority.Draft, &head, now, known && p.Act(p.ActOf(act)).AfterClose); err != nil {
			return casefile.Draft{}, err
		}
		if !known {
			return casefile.Draft{}, casefile.ErrNotFound
		}
	}
	if err := h.roomFor(ctx, who, DraftKey(who, id, act, subject)); err != nil {
		return casefile.Draft{}, err
	}
	d := casefile.Draft{Key: DraftKey(who, id, act, subject), Person: string(who.Person), Case: id, Act: act, Subject: subject, Body: body, Saved: now}
	return d, h.store.PutDraft(ctx, d)
}

const mostDrafts = 200 // of one person

// roomFor tells whether a person may keep one draft more.
func (h *House) roomFor(ctx context.Context, who Who, key string) error {
	if _, err := h.store.Draft(ctx, key); !errors.Is(err, casefile.ErrNotFound) {
		return err
	}
	all, err := h.store.Drafts(ctx, string(who.Person))
	if err == nil && len(all) >= mostDrafts {
		err = &Invalid{[]Problem{{"draft", both(fmt.Sprintf("草稿已有 %d 份，请先处理", len(all)), fmt.Sprintf("there are %d drafts; finish or drop some first", len(all))), nil}}}
	}
	return err
}

// Draft reads a draft back; the zero Draft where there is none.
func (h *House) Draft(ctx context.Context, who Who, id casefile.CaseID, act string, subject casefile.Subject) (casefile.Draft, error) {
	d, err := h.store.Draft(ctx, DraftKey(who, id, act, subject))
	if errors.Is(err, casefile.ErrNotFound) {
		return casefile.Draft{}, nil
	}
	return d, err
}

// Drafts lists a person's drafts, and the heads of their cases that the person may still see.
func (h *House) Drafts(ctx context.Context, who Who) ([]casefile.Draft, map[casefile.CaseID]casefile.Head, error) {
	drafts, err := h.store.Drafts(ctx, string(who.Person))
	if err != nil {
		return nil, nil, err
	}
	heads := map[casefile.CaseID]casefile.Head{}
	var out []casefile.Draft
	for _, d := range drafts {
		if d.Case != "" {
			head, err := h.store.Case(ctx, d.Case)
			if err != nil || h.may(who, authority.SeeCase, &head, h.now()) != nil {
				continue
			}
			heads[d.Case] = head
		}
		out = append(out, d)
	}
	return out, heads, nil
}

// DropDraft throws a draft away.
func (h *House) DropDraft(ctx context.Context, who Who, id casefile.CaseID, act string, subject casefile.Subject) error {
	return h.store.DropDraft(ctx, DraftKey(who, id, act, subject))
}
