package handling

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"plumbline/casefile"
	"plumbline/ledger"
)

// Ticket stands for a file that a person uploaded with the form of an act, so that the form can be sent again without the
// file. It is good for this account, case and act only: whoever knows a digest, or kept a ticket from before they lost a
// case, gets nothing with it into another.
func (h *House) Ticket(ctx context.Context, s casefile.Session, id casefile.CaseID, act casefile.ActID, a casefile.Attached) (string, error) {
	text := strings.Join([]string{a.Digest.String(), strconv.FormatInt(a.Size, 10), a.Type, a.Name}, "|")
	mark, err := h.mark(ctx, s, id, act, text)
	return mark + "|" + text, err
}

// Redeem is the file of a ticket; false for what is none of this account, case and act.
func (h *House) Redeem(ctx context.Context, s casefile.Session, id casefile.CaseID, act casefile.ActID, ticket string) (casefile.Attached, bool) {
	mark, text, _ := strings.Cut(ticket, "|")
	w := strings.SplitN(text, "|", 4)
	want, err := h.mark(ctx, s, id, act, text)
	if err != nil || len(w) != 4 || !hmac.Equal([]byte(mark), []byte(want)) {
		return casefile.Attached{}, false
	}
	digest, bad := ledger.ParseHash(w[0])
	size, err := strconv.ParseInt(w[1], 10, 64)
	return casefile.Attached{Digest: digest, Size: size, Type: w[2], Name: w[3]}, bad == nil && err == nil
}

// mark is keyed by what the store alone knows of an account, the salted hash of its password: it outlives a restart, is the
// same in every process, and ends with the password.
func (h *House) mark(ctx context.Context, s casefile.Session, id casefile.CaseID, act casefile.ActID, text string) (string, error) {
	a, err := h.store.Account(ctx, s.Login)
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, []byte(a.Password))
	for _, part := range []string{"plumbline ticket", a.Login, string(id), string(act), text} {
		_, _ = m.Write([]byte(strconv.Itoa(len(part)) + " " + part)) // a hash takes everything
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)), nil
}
