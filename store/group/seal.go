package group

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"plumbline/casefile"
	"plumbline/ledger"
)

// Again answers an act that is kept already, with the digest of its request: the same request gets the same answer.
func (j *Job) Again(request []byte, kept casefile.Kept) (refused error) {
	if string(request) != string(j.Change.Act.Request[:]) {
		return fmt.Errorf("act %s: %w", j.Change.Act.ID, casefile.ErrOtherAct)
	}
	kept.Again = true
	j.Kept = kept
	return nil
}

// Sealed is a change that may be written: its head is numbered, its acts have their numbers and their bytes.
type Sealed struct {
	casefile.Change
	Acts     []SealedAct
	Last     map[casefile.Register]int64 // of each register drawn from, after this change
	Handlers string                      // of the head, as JSON
}

// SealedAct is an act with what it got.
type SealedAct struct {
	*casefile.NewAct
	Number int64
	Bytes  []byte
	Leaf   ledger.Hash
	Drawn  []int64 // for its registers, one by one
}

// Seal judges a change by what stands of its case, a revision and a number of acts, and seals it. last tells the last number
// drawn from a register. The change of the job stays as it is: it is sealed again when its batch is done again.
func (j *Job) Seal(revision, acts int64, last func(casefile.Register) (int64, error)) (_ *Sealed, refused, fault error) {
	c := &Sealed{Change: *j.Change}
	if c.Revision != revision {
		return nil, fmt.Errorf("%w: revision %d was judged on, %d stands", casefile.ErrConflict, c.Revision, revision), nil
	}
	c.Head.Revision, c.Head.Acts = revision+1, acts
	var err error
	c.Last = map[casefile.Register]int64{}
	for _, act := range j.Change.Acts() {
		c.Head.Acts++
		a := SealedAct{NewAct: act, Number: c.Head.Acts}
		if a.Drawn, err = c.draw(act, last); err != nil {
			return nil, nil, err
		}
		if a.Bytes, a.Leaf, err = c.Sealed(act, a.Number, a.Drawn); err != nil {
			return nil, fmt.Errorf("act %s: %w", act.ID, err), nil
		}
		c.Acts = append(c.Acts, a)
	}
	if err := c.Check(); err != nil {
		return nil, err, nil
	}
	list, err := json.Marshal(append([]string{}, c.Head.Handlers...))
	if err != nil {
		return nil, err, nil
	}
	c.Handlers = string(list)
	return c, nil, nil
}

func (c *Sealed) draw(act *casefile.NewAct, last func(casefile.Register) (int64, error)) (drawn []int64, err error) {
	for _, r := range act.Registers {
		n, known := c.Last[r]
		if !known {
			if n, err = last(r); err != nil {
				return nil, err
			}
		}
		c.Last[r] = n + 1
		drawn = append(drawn, n+1)
	}
	return drawn, nil
}

// SealView makes the salts of a view, as they are kept, and its leaf.
func SealView(l *casefile.Looked) (salts []byte, leaf ledger.Hash, err error) {
	salts = make([]byte, casefile.LookedSalts*ledger.SaltSize)
	if _, err := io.ReadFull(rand.Reader, salts); err != nil {
		return nil, leaf, err
	}
	return salts, ViewLeaf(l, salts), nil
}

// ViewLeaf is the leaf of a view with salts as they are kept.
func ViewLeaf(l *casefile.Looked, salts []byte) ledger.Hash {
	var s [casefile.LookedSalts][ledger.SaltSize]byte
	for i := range s {
		copy(s[i][:], salts[min(i*ledger.SaltSize, len(salts)):])
	}
	return l.Leaf(s)
}

// Newborn is what a new store is filled with: its random name, and the head of a log that is empty.
func Newborn() (id string, root ledger.Hash, edge []byte, err error) {
	var name [16]byte
	if _, err := io.ReadFull(rand.Reader, name[:]); err != nil {
		return "", root, nil, err
	}
	var none ledger.Head
	edge, err = none.AppendBinary(nil)
	return hex.EncodeToString(name[:]), none.Root(), edge, err
}
