package benefits

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

func (s *Service) offerOf(ctx context.Context, id uuid.UUID, version int) (Offer, error) {
	var row offerRow
	err := s.db.From(ctx).Raw(`SELECT b.id AS benefit_id, v.version, b.partner_id, b.state, v.title, v.terms
		FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id WHERE b.id = ? AND v.version = ?`, id, version).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Offer{}, ErrNotFound
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read version: %w", err)
	}
	return row.offer()
}

func (s *Service) bare(ctx context.Context, id uuid.UUID) (Offer, error) {
	var row offerRow
	err := s.db.From(ctx).Raw(`SELECT id AS benefit_id, partner_id, state FROM benefits WHERE id = ? AND live_version = 0`, id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Offer{}, ErrNotFound
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read promo: %w", err)
	}
	return Offer{BenefitID: row.BenefitID, PartnerID: row.PartnerID, State: State(row.State)}, nil
}
