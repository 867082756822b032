package cards

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// assertionRow is an assertion of a phone that was used up.
type assertionRow struct {
	Digest    []byte
	ExpiresAt time.Time
}

func (assertionRow) TableName() string { return "card_assertions" }

// useAssertion notes an assertion as used; a second time is ErrAssertion.
func (s *Service) useAssertion(ctx context.Context, digest []byte, exp time.Time) error {
	done := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&assertionRow{Digest: digest, ExpiresAt: exp})
	if done.Error == nil && done.RowsAffected != 1 {
		return ErrAssertion
	}
	return done.Error
}

func (s *Service) deleteAssertions(ctx context.Context, now time.Time) (int64, error) {
	done := s.db.From(ctx).Exec("DELETE FROM card_assertions WHERE expires_at <= ?", now)
	return done.RowsAffected, done.Error
}

// renewCard stores a new signature of an active card, or returns ErrNotFound.
func (s *Service) renewCard(ctx context.Context, c Card) error {
	done := s.db.From(ctx).Exec(`UPDATE cards SET kid = ?, expires_day = ?, masked_name = ?, signature = ?, renewed_at = ?
		WHERE participant_id = ? AND id = ? AND state = 'active'`,
		c.KID, c.ExpiresDay, c.MaskedName, c.Signature, c.RenewedAt, c.ParticipantID, c.ID)
	if done.Error == nil && done.RowsAffected != 1 {
		return ErrNotFound
	}
	return done.Error
}
