package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
)

type verificationRow struct {
	ID         uuid.UUID
	ByKind     string
	ByID       uuid.UUID
	State      string
	AskedAt    time.Time
	BeatAt     time.Time
	FinishedAt *time.Time
	Total      int64
	Entries    int64
	Head       database.Bytes
	Fault      string
	BrokenKind string
	BrokenSeq  int64
	BrokenID   *uuid.UUID
}

func (verificationRow) TableName() string { return "audit_verifications" }

func (r *verificationRow) verification() Verification {
	v := Verification{
		ID: r.ID, ByKind: r.ByKind, ByID: r.ByID, State: State(r.State), AskedAt: r.AskedAt.UTC(), Total: r.Total, Entries: r.Entries,
		Head: r.Head, Fault: r.Fault, BrokenKind: r.BrokenKind, BrokenSeq: r.BrokenSeq,
	}
	if r.FinishedAt != nil {
		v.FinishedAt = r.FinishedAt.UTC()
	}
	if r.BrokenID != nil {
		v.BrokenID = *r.BrokenID
	}
	return v
}

// lockHead holds the chain's head, as Append does.
func (s *Service) lockHead(ctx context.Context) (headRow, error) {
	var head headRow
	err := s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("chain = 0").Take(&head).Error
	if err != nil {
		return head, fmt.Errorf("lock chain head: %w", err)
	}
	return head, nil
}

func (s *Service) openVerification(ctx context.Context) (*Verification, error) {
	var rows []verificationRow
	err := s.db.From(ctx).Where("state IN ('waiting', 'running')").Order("asked_at").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	v := rows[0].verification()
	return &v, nil
}

func (s *Service) insertVerification(ctx context.Context, v *Verification) error {
	return s.db.From(ctx).Create(&verificationRow{
		ID: v.ID, ByKind: v.ByKind, ByID: v.ByID, State: string(v.State), AskedAt: v.AskedAt, BeatAt: v.AskedAt, Total: v.Total,
	}).Error
}

func (s *Service) verifications(ctx context.Context, p page.Request) ([]Verification, error) {
	q := s.db.From(ctx).Order("id DESC").Limit(p.Limit + 1)
	if p.After != uuid.Nil {
		q = q.Where("id < ?", p.After)
	}
	var rows []verificationRow
	err := q.Find(&rows).Error
	out := make([]Verification, len(rows))
	for i := range rows {
		out[i] = rows[i].verification()
	}
	return out, err
}

func (s *Service) verification(ctx context.Context, id uuid.UUID) (Verification, error) {
	var row verificationRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Verification{}, ErrNotFound
	}
	if err != nil {
		return Verification{}, fmt.Errorf("read verification: %w", err)
	}
	return row.verification(), nil
}

// leaseVerification takes the oldest that waits, or whose worker is lost.
func (s *Service) leaseVerification(ctx context.Context) (Verification, bool, error) {
	now := s.clock.Now()
	var rows []verificationRow
	err := s.db.From(ctx).Where("state = 'waiting' OR (state = 'running' AND beat_at < ?)", now.Add(-beatLost)).Order("asked_at").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Verification{}, false, err
	}
	r := &rows[0]
	n, err := s.exec(ctx, "UPDATE audit_verifications SET state = 'running', beat_at = ?, entries = 0 WHERE id = ? AND state = ? AND beat_at = ?", now, r.ID, r.State, r.BeatAt)
	if err != nil || n == 0 {
		return Verification{}, false, err
	}
	v := r.verification()
	v.State = Running
	return v, true, nil
}

// beat says how far a verification is, and that somebody works on it.
func (s *Service) beat(ctx context.Context, v *Verification, done int64) error {
	n, err := s.exec(ctx, "UPDATE audit_verifications SET beat_at = ?, entries = ? WHERE id = ? AND state = 'running' AND entries <= ?", s.clock.Now(), done, v.ID, done)
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

func (s *Service) release(ctx context.Context, v *Verification) error {
	_, err := s.exec(ctx, "UPDATE audit_verifications SET state = 'waiting' WHERE id = ? AND state = 'running'", v.ID)
	return err
}

func (s *Service) finishVerification(ctx context.Context, v *Verification) error {
	var id *uuid.UUID
	if v.BrokenID != uuid.Nil {
		id = &v.BrokenID
	}
	return s.db.From(ctx).Model(&verificationRow{}).Where("id = ?", v.ID).
		Select("State", "FinishedAt", "Entries", "Head", "Fault", "BrokenKind", "BrokenSeq", "BrokenID").
		Updates(&verificationRow{
			State: string(v.State), FinishedAt: &v.FinishedAt, Entries: v.Entries, Head: v.Head, Fault: v.Fault,
			BrokenKind: v.BrokenKind, BrokenSeq: v.BrokenSeq, BrokenID: id,
		}).Error
}
