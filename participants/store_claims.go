package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

type claimRow struct {
	ID            uuid.UUID
	ParticipantID *uuid.UUID
	CodeHash      []byte
	Tries         int
	CreatedAt     time.Time
	ExpiresAt     time.Time
	UsedAt        *time.Time
}

func (claimRow) TableName() string { return "claims" }

// claimantRow returns the person of a key, or nil: both by one statement.
func (s *Service) claimantRow(ctx context.Context, key keyRow) (*participantRow, error) {
	var rows []participantRow
	err := s.db.From(ctx).Raw(`SELECT p.id, p.birth_sealed, p.phone_sealed, p.restricted FROM identity_keys k
		JOIN participants p ON p.id = k.participant_id WHERE k.kind = ? AND k.digest = ?`, key.Kind, key.Digest).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read claimant: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // nobody has this number, which is no error here
	}
	return &rows[0], nil
}

func (s *Service) insertClaim(ctx context.Context, r *claimRow) error {
	if err := s.db.From(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("write claim: %w", err)
	}
	return nil
}

// tryClaim counts a try and returns the claim, an empty one when there is none,
// and whether it was still open to be tried.
func (s *Service) tryClaim(ctx context.Context, id uuid.UUID, now time.Time) (_ *claimRow, open bool, err error) {
	res := s.db.From(ctx).Exec("UPDATE claims SET tries = tries + 1 WHERE id = ? AND tries < ? AND used_at IS NULL AND expires_at > ?", id, claimTries, now)
	if res.Error != nil {
		return nil, false, fmt.Errorf("count try: %w", res.Error)
	}
	var rows []claimRow
	if err := s.db.From(ctx).Where("id = ?", id).Find(&rows).Error; err != nil {
		return nil, false, fmt.Errorf("read claim: %w", err)
	}
	if len(rows) == 0 {
		return &claimRow{}, false, nil
	}
	return &rows[0], res.RowsAffected == 1, nil
}

func (s *Service) useClaim(ctx context.Context, id uuid.UUID, now time.Time) error {
	return oneRow(s.db.From(ctx).Exec("UPDATE claims SET used_at = ? WHERE id = ? AND used_at IS NULL", now, id), "use claim")
}

func (s *Service) deleteClaims(ctx context.Context, before time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("DELETE FROM claims WHERE expires_at < ?", before)
	return res.RowsAffected, res.Error
}
