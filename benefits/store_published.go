package benefits

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

func (s *Service) offerOnce(ctx context.Context, id uuid.UUID, version int) (Offer, error) {
	var row offerRow
	err := s.db.From(ctx).Raw(`SELECT b.id AS benefit_id, v.version, b.partner_id, b.state, v.title, v.terms
		FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id
		WHERE b.id = ? AND v.version = ? AND v.published_at IS NOT NULL`, id, version).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Offer{}, ErrNotFound
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read published version: %w", err)
	}
	return row.offer()
}
