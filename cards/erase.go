package cards

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// erasedReason is why the cards of somebody who asked to be erased ended.
const erasedReason = "erased"

// erasedName stands where a masked name stood: it is that of somebody without a
// Latin letter, so every reader copes with it.
const erasedName = "PESERTA"

// Erase ends a person's active cards for ever and takes from all of them what
// tells who held them: the masked name, the phone's key, the signature over both,
// the short code. Index and dates stay, for the status lists. It joins the
// caller's transaction; give it to participants.Service.OnErase.
func (s *Service) Erase(ctx context.Context, participantID uuid.UUID) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		all, err := s.loadCards(ctx, participantID)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].State != Active {
				continue
			}
			if err := s.end(ctx, &all[i], Revoked, erasedReason, uuid.Nil); err != nil {
				return err
			}
			if err := s.record(ctx, "card.revoked", all[i], map[string]any{"reason": erasedReason}); err != nil {
				return err
			}
		}
		return s.eraseCards(ctx, participantID)
	})
	if err != nil {
		return fmt.Errorf("erase cards: %w", err)
	}
	return nil
}
