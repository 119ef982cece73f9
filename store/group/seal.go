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

// Sealed is a change that may be written: its head is numbered, its act has its numbers and its bytes.
type Sealed struct {
	casefile.Change
	Bytes    []byte
	Leaf     ledger.Hash
	Drawn    []int64                     // for the registers of the act, one by one
	Last     map[casefile.Register]int64 // of each of them, after this act
	Handlers string                      // of the head, as JSON
}

// Seal judges a change by what stands of its case, a revision and a number of acts, and seals it. last tells the last number
// drawn from a register. The change of the job stays as it is: it is sealed again when its batch is done again.
func (j *Job) Seal(revision, acts int64, last func(casefile.Register) (int64, error)) (_ *Sealed, refused, fault error) {
	c := &Sealed{Change: *j.Change}
	if c.Revision != revision {
		return nil, fmt.Errorf("%w: revision %d was judged on, %d stands", casefile.ErrConflict, c.Revision, revision), nil
	}
	c.Head.Revision, c.Head.Acts = revision+1, acts
	if c.Act != nil {
		c.Head.Acts++
		if err := c.draw(last); err != nil {
			return nil, nil, err
		}
		var err error
		if c.Bytes, c.Leaf, err = c.Sealed(c.Head.Acts, c.Drawn); err != nil {
			return nil, fmt.Errorf("act %s: %w", c.Act.ID, err), nil
		}
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

func (c *Sealed) draw(last func(casefile.Register) (int64, error)) (err error) {
	c.Last = make(map[casefile.Register]int64, len(c.Act.Registers))
	for _, r := range c.Act.Registers {
		n, known := c.Last[r]
		if !known {
			if n, err = last(r); err != nil {
				return err
			}
		}
		c.Last[r] = n + 1
		c.Drawn = append(c.Drawn, n+1)
	}
	return nil
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
