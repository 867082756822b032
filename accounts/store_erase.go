package accounts

import (
	"context"

	"github.com/google/uuid"
)

func (s *Service) deleteParticipantSessions(ctx context.Context, participant uuid.UUID) error {
	return s.db.From(ctx).Exec("DELETE FROM sessions WHERE participant_id = ?", participant).Error
}
