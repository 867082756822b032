package partners

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// EraseWishes forgets what a person wished for. It joins the caller's
// transaction; give it to participants.Service.OnErase.
func (s *Service) EraseWishes(ctx context.Context, participantID uuid.UUID) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error { return s.deleteWishes(ctx, participantID) })
	if err != nil {
		return fmt.Errorf("erase wishes: %w", err)
	}
	return nil
}
