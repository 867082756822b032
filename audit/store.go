package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
)

type headRow struct {
	Chain int
	Seq   int64
	Hash  []byte
}

func (headRow) TableName() string { return "audit_heads" }

type entryRow struct {
	ID          uuid.UUID
	Chain       int
	Seq         int64
	At          time.Time
	ActorKind   string
	ActorID     uuid.UUID
	Action      string
	SubjectKind string
	SubjectID   uuid.UUID
	Digest      []byte
	Details     string
	RequestID   string
	PrevHash    []byte
	Hash        []byte
}

func (entryRow) TableName() string { return "audit_entries" }

// link puts e behind the newest entry of its chain. The head row is locked to
// the end of the transaction.
func (s *Service) link(ctx context.Context, e *Entry) error {
	var head headRow
	tx := s.db.From(ctx)
	if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("chain = ?", e.Chain).Take(&head).Error; err != nil {
		return fmt.Errorf("lock chain head: %w", err)
	}
	e.Seq, e.PrevHash = head.Seq+1, head.Hash
	e.Hash = e.sum()
	if err := tx.Create(rowOf(e)).Error; err != nil {
		return fmt.Errorf("insert entry: %w", err)
	}
	return tx.Exec("UPDATE audit_heads SET seq = ?, hash = ? WHERE chain = ?", e.Seq, e.Hash, e.Chain).Error
}

func (s *Service) head(ctx context.Context, chain int) (headRow, error) {
	var head headRow
	err := s.db.From(ctx).Where("chain = ?", chain).Take(&head).Error
	return head, err
}

// from returns at most limit entries from seq on, in order of seq.
func (s *Service) from(ctx context.Context, chain int, seq int64, limit int) ([]Entry, error) {
	var rows []entryRow
	err := s.db.From(ctx).Where("chain = ? AND seq >= ?", chain, seq).Order("seq, id").Limit(limit).Find(&rows).Error
	out := make([]Entry, len(rows))
	for i := range rows {
		out[i] = rows[i].entry()
	}
	return out, err
}

func (s *Service) count(ctx context.Context, chain int) (int64, error) {
	var n int64
	err := s.db.From(ctx).Model(&entryRow{}).Where("chain = ?", chain).Count(&n).Error
	return n, err
}

func rowOf(e *Entry) *entryRow {
	return &entryRow{
		ID: e.ID, Chain: e.Chain, Seq: e.Seq, At: e.At, ActorKind: string(e.ActorKind), ActorID: e.ActorID,
		Action: e.Action, SubjectKind: e.Subject.Kind, SubjectID: e.Subject.ID, Digest: e.Digest, Details: e.Details,
		RequestID: e.RequestID, PrevHash: e.PrevHash, Hash: e.Hash,
	}
}

func (r *entryRow) entry() Entry {
	return Entry{
		ID: r.ID, Chain: r.Chain, Seq: r.Seq, At: r.At, ActorKind: actor.Kind(r.ActorKind), ActorID: r.ActorID,
		Action: r.Action, Subject: Subject{Kind: r.SubjectKind, ID: r.SubjectID}, Digest: r.Digest, Details: r.Details,
		RequestID: r.RequestID, PrevHash: r.PrevHash, Hash: r.Hash,
	}
}
