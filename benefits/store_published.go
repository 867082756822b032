package benefits

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// offerOnce returns a version that was published, and that no later one had
// replaced before an instant.
func (s *Service) offerOnce(ctx context.Context, id uuid.UUID, version int, before time.Time) (Offer, error) {
	var row offerRow
	err := s.db.From(ctx).Raw(`SELECT b.id AS benefit_id, v.version, b.partner_id, b.state, v.title, v.terms
		FROM benefits b JOIN benefit_versions v ON v.benefit_id = b.id
		WHERE b.id = ? AND v.version = ? AND v.published_at IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM benefit_versions n WHERE n.benefit_id = v.benefit_id AND n.version > v.version AND n.published_at < ?)`, id, version, before).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Offer{}, ErrNotFound
	}
	if err != nil {
		return Offer{}, fmt.Errorf("read published version: %w", err)
	}
	return row.offer()
}
