package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// EraseParticipant forgets the sessions of a participant's phones. It joins the
// caller's transaction; give it to participants.Service.OnErase.
func (s *Service) EraseParticipant(ctx context.Context, participantID uuid.UUID) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error { return s.deleteParticipantSessions(ctx, participantID) })
	if err != nil {
		return fmt.Errorf("erase sessions: %w", err)
	}
	return nil
}
