package cards

import (
	"context"

	"github.com/google/uuid"
)

// eraseCards empties the rows of a person's cards. A phone card keeps a point
// that is on no curve: none can prove that it holds the key.
func (s *Service) eraseCards(ctx context.Context, participantID uuid.UUID) error {
	tx := s.db.From(ctx)
	err := tx.Exec("UPDATE cards SET masked_name = ?, signature = ?, short_code = '' WHERE participant_id = ?", erasedName, []byte{}, participantID).Error
	if err != nil {
		return err
	}
	if err := tx.Exec("UPDATE cards SET device_key = ? WHERE participant_id = ? AND form = 'phone'", make([]byte, pointLen), participantID).Error; err != nil {
		return err
	}
	return tx.Exec("DELETE FROM short_codes WHERE participant_id = ?", participantID).Error
}
