package partners

import (
	"context"

	"github.com/google/uuid"
)

func (s *Service) deleteWishes(ctx context.Context, participant uuid.UUID) error {
	return s.db.From(ctx).Exec("DELETE FROM wishes WHERE participant_id = ?", participant).Error
}
