package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

type consentRow struct {
	ParticipantID uuid.UUID
	ID            uuid.UUID
	Version       string
	TextHash      []byte
	Channel       string
	GivenAt       time.Time
	WithdrawnAt   *time.Time
}

func (consentRow) TableName() string { return "consents" }

type activationRow struct {
	ID            uuid.UUID
	ParticipantID uuid.UUID
	CodeHash      []byte
	CreatedBy     uuid.UUID
	CreatedAt     time.Time
	ExpiresAt     time.Time
	UsedAt        *time.Time
	CardID        *uuid.UUID
}

func (activationRow) TableName() string { return "activations" }

type listQuery struct {
	filter Filter
	keys   []keyRow
	reach  actor.Reach
	page   page.Request
}

func (s *Service) list(ctx context.Context, q listQuery) ([]participantRow, error) {
	q.filter.today = s.clock.Now()
	tx := filtered(inReach(s.db.From(ctx), q.reach), q.filter)
	for _, k := range q.keys {
		tx = tx.Where("participants.id IN (SELECT k.participant_id FROM identity_keys k WHERE k.kind = ? AND k.digest = ?)", k.Kind, k.Digest)
	}
	if q.page.After != uuid.Nil {
		tx = tx.Where("participants.id < ?", q.page.After)
	}
	var rows []participantRow
	if err := tx.Order("participants.id DESC").Limit(q.page.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list participants: %w", err)
	}
	return rows, nil
}

func (s *Service) membership(ctx context.Context, person, id uuid.UUID) (*membershipRow, error) {
	var row membershipRow
	if err := s.db.From(ctx).Where("participant_id = ? AND id = ?", person, id).Take(&row).Error; err != nil {
		return nil, missing(err, ErrNotFound, "read membership")
	}
	return &row, nil
}

func (s *Service) withdrawAll(ctx context.Context, person uuid.UUID, now time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("UPDATE consents SET withdrawn_at = ? WHERE participant_id = ? AND withdrawn_at IS NULL", now, person)
	if res.Error != nil {
		return 0, fmt.Errorf("withdraw consents: %w", res.Error)
	}
	return res.RowsAffected, nil
}

func (s *Service) endActivations(ctx context.Context, person uuid.UUID, now time.Time) error {
	err := s.db.From(ctx).Exec("UPDATE activations SET expires_at = ? WHERE participant_id = ? AND used_at IS NULL AND expires_at > ?", now, person, now).Error
	if err != nil {
		return fmt.Errorf("end activations: %w", err)
	}
	return nil
}

func (s *Service) insertActivation(ctx context.Context, r *activationRow) error {
	if err := s.db.From(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("write activation: %w", err)
	}
	return nil
}

func (s *Service) useActivation(ctx context.Context, hash []byte, now time.Time) (*activationRow, error) {
	res := s.db.From(ctx).Exec("UPDATE activations SET used_at = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?", now, hash, now)
	if res.Error != nil {
		return nil, fmt.Errorf("use activation: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return nil, ErrActivation
	}
	var row activationRow
	if err := s.db.From(ctx).Where("code_hash = ?", hash).Take(&row).Error; err != nil {
		return nil, missing(err, ErrActivation, "read activation")
	}
	return &row, nil
}

// holderOf returns whose unused code it is, or ErrActivation.
func (s *Service) holderOf(ctx context.Context, hash []byte, now time.Time) (uuid.UUID, error) {
	var row activationRow
	err := s.db.From(ctx).Where("code_hash = ? AND used_at IS NULL AND expires_at > ?", hash, now).Take(&row).Error
	if err != nil {
		return uuid.Nil, missing(err, ErrActivation, "read activation")
	}
	return row.ParticipantID, nil
}

func (s *Service) usedActivation(ctx context.Context, hash []byte, now time.Time) (uuid.UUID, error) {
	var row activationRow
	err := s.db.From(ctx).Where("code_hash = ? AND card_id IS NOT NULL AND expires_at > ?", hash, now).Take(&row).Error
	if err != nil {
		return uuid.Nil, missing(err, ErrActivation, "read used activation")
	}
	return *row.CardID, nil
}

func (s *Service) bindActivation(ctx context.Context, id, card uuid.UUID) error {
	res := s.db.From(ctx).Exec("UPDATE activations SET card_id = ? WHERE id = ? AND card_id IS NULL", card, id)
	return oneRow(res, "bind activation")
}

func (s *Service) countActivated(ctx context.Context, participantID uuid.UUID) (n int64, err error) {
	err = s.db.From(ctx).Table("activations").Where("participant_id = ? AND used_at IS NOT NULL AND card_id IS NOT NULL", participantID).Count(&n).Error
	return n, err
}
