// Package handling holds the use cases of the platform, one file each: what an officer, a head, a party does, from the
// form to the record. It decides who may, asks the judge, and hands the store one change to keep.
//
// Only handling refuses, and only decisions; an act that frees is never refused. A refusal is an answer with every reason
// and is itself kept on the record. Nothing of a jurisdiction stands here: packs say what acts there are.
package handling

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/internal/account"
	"plumbline/procedure"
)

// Config is what a House needs. All fields are required but Glyphs, Blobs and Log.
type Config struct {
	Store  Store
	Pack   *procedure.Pack
	Now    func() calendar.Instant
	Random io.Reader
	Glyphs Glyphs       // characters that documents can be printed with; nil: not checked
	Blobs  Blobs        // attachments; nil: none are taken
	Log    *slog.Logger // nil: discarded
}

// Glyphs tells which characters of a text no font has. Issuing stops at such a character.
type Glyphs interface{ Missing(text string) []rune }

// House is an agency at work: one store, one pack, its people. Safe for concurrent use.
type House struct {
	store  Store
	pack   *procedure.Pack
	now    func() calendar.Instant
	random io.Reader
	glyphs Glyphs
	blobs  Blobs
	log    *slog.Logger

	passwords *account.Passwords
	signInMu  sync.Mutex
	misses    map[string]int // wrong passwords by the mark of the browser that sent them

	people   atomic.Pointer[authority.Directory]
	peopleMu sync.Mutex // held while a change of people is committed
	namesMu  sync.Mutex
	called   map[casefile.CaseID]namesOf
	heard    int64 // acts of the people's case that are in the directory

	rightsMu sync.Mutex
	rights   map[casefile.CaseID][]right // qualifications that matters gave and took

	leadsMu sync.Mutex
	leads   map[casefile.CaseID]calendar.Instant // cases in which what an act leads to is still to be done, and when it is tried next

	loneMu sync.RWMutex
	lone   map[casefile.CaseID]lone // what its opener comes to alone

	publicMu sync.RWMutex
	public   map[casefile.CaseID]Published // what stands in public, and what did

	dueAgain atomic.Int64 // when the clock next looks for what is due by the calendar and nobody opened

	asked   questions
	surveys surveys

	feeds atomic.Pointer[Feeds]

	following followers
}

// Open makes a House and reads its people from the record.
func Open(c Config) (*House, error) {
	h := &House{store: c.Store, pack: c.Pack, now: c.Now, random: c.Random, glyphs: c.Glyphs, blobs: c.Blobs, log: c.Log, misses: map[string]int{}, leads: map[casefile.CaseID]calendar.Instant{}, public: map[casefile.CaseID]Published{}, lone: map[casefile.CaseID]lone{}}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if h.passwords, err = account.NewPasswords(); err != nil {
		return nil, err
	}
	if err := h.readPeople(); err != nil {
		return nil, err
	}
	if err := h.readRights(context.Background()); err != nil {
		return nil, err
	}
	if err := h.readLone(context.Background()); err != nil {
		return nil, err
	}
	if err := h.readPublished(context.Background()); err != nil {
		return nil, err
	}
	if err := h.readLeads(context.Background()); err != nil {
		return nil, err
	}
	return h, nil
}

// Pack is the law the house works under.
func (h *House) Pack() *procedure.Pack { return h.pack }

// People is the directory as of now: immutable.
func (h *House) People() *authority.Directory { return h.people.Load() }

// Now is the house's clock.
func (h *House) Now() calendar.Instant { return h.now() }

// Store is the record, for those who back it up or check it.
func (h *House) Store() Store { return h.store }

// Who acts or asks: a person who is signed in. The zero Who is nobody.
type Who struct {
	Person  authority.PersonID
	Purpose string // stated for sealed records and minors
}

// Text is a text in the languages of the house.
type Text = procedure.Text

func both(zh, en string) Text { return Text{ZH: zh, EN: en} }

// Problem is one thing wrong with what was entered: which field, what, and what to do.
type Problem struct {
	Field string // name of the datum, or occurred, subject, kind, attached ...
	Text  Text
	Basis []string
}

// Invalid says that what was entered cannot be an act. Nothing was changed.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	s := "invalid input:"
	for _, p := range e.Problems {
		s += fmt.Sprintf(" %s: %s;", p.Field, p.Text.EN)
	}
	return s
}

func (e *Invalid) add(field, zh, en string) {
	e.Problems = append(e.Problems, Problem{Field: field, Text: both(zh, en)})
}

// Changed says that the case moved since the form was made. Nothing was lost or changed; the acts are those in between.
type Changed struct {
	Base int64 // number of the last act now; the form may be sent again with it
	Acts []*casefile.Record
}

func (e *Changed) Error() string {
	return fmt.Sprintf("the case has %d acts more than when the form was made", len(e.Acts))
}

// procedureOf finds the procedure a case runs under, written pack/procedure.
func (h *House) procedureOf(name string) (*procedure.Procedure, error) {
	prefix := h.pack.ID + "/"
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return nil, fmt.Errorf("procedure %q is not of pack %s", name, h.pack.ID)
	}
	return h.pack.Procedure(name[len(prefix):])
}
