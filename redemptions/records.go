package redemptions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
)

// digest is the SHA-256 of the record as JSON with a fixed order of members;
// the audit chain holds it.
func (r *Redemption) digest() []byte {
	row := rowOf(r)
	row.State = ""
	return digestOf(row)
}

func (a *action) digest() []byte { return digestOf(a) }

func digestOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // plain structs of strings, numbers and times always marshal
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// RecordBreach names a record that is not what the audit chain says.
type RecordBreach struct {
	Kind  string // redemption, redemption_action, exception_decision
	ID    uuid.UUID
	Fault string // altered, missing, unaudited
}

// Error implements error.
func (b *RecordBreach) Error() string { return fmt.Sprintf("%s %s: %s", b.Kind, b.ID, b.Fault) }

// Broken implements audit.Broken.
func (b *RecordBreach) Broken() (kind string, seq int64, id uuid.UUID, fault string) {
	return b.Kind, 0, b.ID, b.Fault
}

const recordBatch = 500

// RecordCheck compares stored records with the digests in the audit chain: give
// See to audit.Service.Verify, then call End. It returns a *RecordBreach for a
// record that was altered, is missing, or never went through the chain.
type RecordCheck struct {
	s       *Service
	ctx     context.Context //nolint:containedctx // the check is one walk within one call
	pending map[string]map[uuid.UUID][]byte
	seen    map[string]int64
}

// RecordCheck starts a check within ctx.
func (s *Service) RecordCheck(ctx context.Context) *RecordCheck {
	return &RecordCheck{
		s: s, ctx: ctx, seen: map[string]int64{},
		pending: map[string]map[uuid.UUID][]byte{subjectKind: {}, actionKind: {}, exceptionKind: {}},
	}
}

// CheckRecords is RecordCheck as audit.Service.AlsoCheck takes it.
func (s *Service) CheckRecords(ctx context.Context) (see func(*audit.Entry) error, end func() error) {
	c := s.RecordCheck(ctx)
	return c.See, c.End
}

// See takes note of one entry of the chain.
func (c *RecordCheck) See(e *audit.Entry) error {
	batch, mine := c.pending[e.Subject.Kind]
	if !mine || e.Digest == nil {
		return nil
	}
	batch[e.Subject.ID] = e.Digest
	c.seen[e.Subject.Kind]++
	if len(batch) < recordBatch {
		return nil
	}
	return c.flush(e.Subject.Kind)
}

// End compares what is left and counts the records.
func (c *RecordCheck) End() error {
	for _, kind := range []string{subjectKind, actionKind, exceptionKind} {
		if err := c.flush(kind); err != nil {
			return err
		}
		n, err := c.s.countRecords(c.ctx, kind)
		if err != nil {
			return fmt.Errorf("count records: %w", err)
		}
		if n != c.seen[kind] {
			return &RecordBreach{Kind: kind, Fault: "unaudited"}
		}
	}
	return nil
}

func (c *RecordCheck) flush(kind string) error {
	want := c.pending[kind]
	have, err := c.s.digests(c.ctx, kind, want)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	for id, digest := range want {
		switch got, ok := have[id]; {
		case !ok:
			return &RecordBreach{Kind: kind, ID: id, Fault: "missing"}
		case !bytes.Equal(got, digest):
			return &RecordBreach{Kind: kind, ID: id, Fault: "altered"}
		}
	}
	clear(want)
	return nil
}
