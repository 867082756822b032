package audit

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Breach names the first row that is not as it was written.
type Breach struct {
	Seq   int64     // place in the chain where it breaks
	ID    uuid.UUID // the row found there; the zero id when it is missing
	Fault string    // missing, inserted, altered, unlinked, head
}

// Error implements error.
func (b *Breach) Error() string {
	return fmt.Sprintf("audit chain breaks at entry %d (row %s): %s", b.Seq, b.ID, b.Fault)
}

// The ways in which a chain breaks.
const (
	BreachMissing  = "missing"  // there is no row with this number
	BreachInserted = "inserted" // a second row with this number
	BreachAltered  = "altered"  // the row does not match its own hash
	BreachUnlinked = "unlinked" // the row does not hold the hash of the one before
	BreachHead     = "head"     // the chain ends elsewhere than its head says
)

// Result is what Verify found.
type Result struct {
	Entries int64
	Seq     int64  // of the newest entry
	Hash    []byte // of the newest entry; note it outside to prove later that nothing was cut off
}

const verifyBatch = 1000

// Verify walks the chain from its first entry, calling see for each good one
// (see may be nil). It returns a *Breach for the first bad row.
func (s *Service) Verify(ctx context.Context, see func(*Entry) error) (Result, error) {
	var r Result
	for next := int64(1); ; {
		entries, err := s.from(ctx, 0, next, verifyBatch)
		if err != nil {
			return r, fmt.Errorf("read audit log: %w", err)
		}
		for i := range entries {
			e := &entries[i]
			if fault := e.fault(r.Seq, r.Hash); fault != "" {
				return r, breach(r.Seq, e, fault)
			}
			if see != nil {
				if err := see(e); err != nil {
					return r, err
				}
			}
			r.Entries, r.Seq, r.Hash = r.Entries+1, e.Seq, e.Hash
		}
		if len(entries) < verifyBatch {
			return r, s.verifyEnd(ctx, r)
		}
		next = r.Seq + 1
	}
}

func breach(prev int64, e *Entry, fault string) *Breach {
	b := &Breach{Seq: prev + 1, ID: e.ID, Fault: fault}
	switch fault {
	case BreachMissing:
		b.ID = uuid.Nil
	case BreachInserted:
		b.Seq = e.Seq
	}
	return b
}

func (e *Entry) fault(prevSeq int64, prevHash []byte) string {
	switch {
	case e.Seq > prevSeq+1:
		return BreachMissing
	case e.Seq <= prevSeq:
		return BreachInserted
	case !bytes.Equal(e.Hash, e.sum()):
		return BreachAltered
	case !bytes.Equal(e.PrevHash, prevHash):
		return BreachUnlinked
	}
	return ""
}

// verifyEnd compares the last entry with the head and looks for rows outside
// the numbering.
func (s *Service) verifyEnd(ctx context.Context, r Result) error {
	head, err := s.head(ctx, 0)
	if err != nil {
		return fmt.Errorf("read chain head: %w", err)
	}
	switch {
	case head.Seq > r.Seq:
		return &Breach{Seq: r.Seq + 1, Fault: BreachMissing}
	case head.Seq < r.Seq, !bytes.Equal(head.Hash, r.Hash):
		return &Breach{Seq: head.Seq + 1, Fault: BreachHead}
	}
	n, err := s.count(ctx, 0)
	if err != nil {
		return fmt.Errorf("count audit log: %w", err)
	}
	if n != r.Entries {
		return &Breach{Seq: 0, Fault: BreachInserted}
	}
	return nil
}

// VerifySince reports whether the entry seq is still there with the hash that
// somebody noted outside: nothing before it was replaced and it was not cut
// off. It returns a *Breach otherwise. Use it together with Verify.
func (s *Service) VerifySince(ctx context.Context, seq int64, hash []byte) error {
	entries, err := s.from(ctx, 0, seq, 1)
	if err != nil {
		return fmt.Errorf("read audit log: %w", err)
	}
	switch {
	case len(entries) == 0 || entries[0].Seq != seq:
		return &Breach{Seq: seq, Fault: BreachMissing}
	case !bytes.Equal(entries[0].Hash, hash):
		return &Breach{Seq: seq, ID: entries[0].ID, Fault: BreachAltered}
	}
	return nil
}
