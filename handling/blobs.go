package handling

import (
	"context"
	"io"

	"plumbline/authority"
	"plumbline/casefile"
)

// MaxAttachment is the most bytes an attached file may have.
const MaxAttachment = 50 << 20

// MostAttached is how many files one act takes.
const MostAttached = 50

// Blobs keeps the bytes of attached files by their digest. Put returns casefile.ErrTooLarge beyond limit and leaves
// nothing behind; what Open returns fails at its end when a bit was flipped.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, limit int64) (digest [32]byte, size int64, err error)
	Open(digest [32]byte) (io.ReadCloser, error)
}

// Attach keeps a file for an act that is being entered. It is in the case only once an act names it.
func (h *House) Attach(ctx context.Context, who Who, id casefile.CaseID, name, mediaType string, r io.Reader) (casefile.Attached, error) {
	if h.blobs == nil {
		return casefile.Attached{}, casefile.ErrNotFound
	}
	now := h.now()
	if id != "" {
		head, err := h.store.Case(ctx, id)
		if err != nil {
			return casefile.Attached{}, err
		}
		// A closed case still takes what frees, with its files; no act, no file.
		if err := h.may(who, authority.DecideAct, &head, now); err != nil {
			return casefile.Attached{}, err
		}
	} else if !h.Opens(who) {
		return casefile.Attached{}, casefile.ErrNotFound
	}
	digest, size, err := h.blobs.Put(ctx, r, MaxAttachment)
	if err != nil {
		return casefile.Attached{}, err
	}
	return casefile.Attached{Digest: digest, Size: size, Type: mediaType, Name: name}, nil
}

// OpenAttached opens the bytes of a file that Attachment found.
func (h *House) OpenAttached(a casefile.Attached) (io.ReadCloser, error) {
	if h.blobs == nil {
		return nil, casefile.ErrNotFound
	}
	return h.blobs.Open(a.Digest)
}
