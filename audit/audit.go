// Package audit keeps a log that cannot be changed unseen.
//
// Every change of state appends one entry in the transaction that makes the
// change; each entry holds the hash of the one before it. An edit, a deletion,
// an insertion or a swap breaks the chain at a row that Verify names. Entries
// carry ids and codes, never names, numbers or card texts, so that erasing a
// person leaves the chain whole.
//
// Where an entry stands for a stored record, Digest is the SHA-256 of that
// record's canonical form; the owner of the record compares (see
// redemptions.Service.RecordCheck; AlsoCheck).
//
// Every hour the log is signed: a Checkpoint holds the root of the Merkle tree
// over all entries so far. Who keeps one outside can prove later, without the
// server, that an entry stands in it (Prove) and that nothing of it was replaced
// or cut off (ProveConsistency).
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/uid"
)

// Subject is what an entry is about.
type Subject struct {
	Kind string // "benefit", "card", "redemption", …
	ID   uuid.UUID
}

// Event is what a domain wants to have recorded.
type Event struct {
	Action  string // "benefit.approved": subject kind, dot, past participle
	Subject Subject
	Digest  []byte         // SHA-256 of the stored record, or nil
	Details map[string]any // codes, ids, numbers; nothing personal
}

// Entry is one link of the chain.
type Entry struct {
	ID        uuid.UUID
	Chain     int
	Seq       int64
	At        time.Time
	ActorKind actor.Kind
	ActorID   uuid.UUID
	Action    string
	Subject   Subject
	Digest    []byte
	Details   string // JSON as it was hashed
	RequestID string
	PrevHash  []byte
	Hash      []byte
}

// Service appends to the log, reads and verifies it.
type Service struct {
	db     *database.DB
	clock  clock.Clock
	signer *Signer
	public string // key of the checkpoints
	checks []Check
}

// New returns the audit log in db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Append adds one entry to the chain inside the transaction of ctx; who acts is
// taken from ctx. It takes the lock of the chain's head, so call it last.
func (s *Service) Append(ctx context.Context, e Event) error {
	if !s.db.InTransaction(ctx) {
		return fmt.Errorf("append %s to audit log: outside a transaction", e.Action)
	}
	details, err := json.Marshal(e.Details)
	if err != nil {
		return fmt.Errorf("append %s to audit log: %w", e.Action, err)
	}
	if e.Details == nil {
		details = []byte("{}")
	}
	who, now := actor.From(ctx), s.clock.Now()
	entry := Entry{
		ID: uid.At(now), At: now, ActorKind: who.Kind, ActorID: who.ID, RequestID: who.RequestID,
		Action: e.Action, Subject: e.Subject, Digest: e.Digest, Details: string(details),
	}
	if err := s.link(ctx, &entry); err != nil {
		return fmt.Errorf("append %s to audit log: %w", e.Action, err)
	}
	return nil
}

// sum is the hash of an entry: SHA-256 of its canonical bytes.
func (e *Entry) sum() []byte {
	h := sha256.Sum256(e.Canonical())
	return h[:]
}
