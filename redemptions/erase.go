package redemptions

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Erase takes the texts of a person's items out of the queues of tills: a text
// holds a card, and with it a masked name. So it does with comments. The records of uses, their counters
// and what was done about them stay under the id: they name nobody, and the
// audit log holds their digests. It joins the caller's transaction; give it to
// participants.Service.OnErase.
func (s *Service) Erase(ctx context.Context, participantID uuid.UUID) error {
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.emptyComments(ctx, participantID); err != nil {
			return err
		}
		return s.emptyItems(ctx, participantID)
	})
	if err != nil {
		return fmt.Errorf("erase items of tills: %w", err)
	}
	return nil
}
