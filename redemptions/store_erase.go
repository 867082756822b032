package redemptions

import (
	"context"

	"github.com/google/uuid"
)

// emptyItems goes by the person's records, which name the till and the key of the
// item that made each: items have no index by person.
func (s *Service) emptyItems(ctx context.Context, participant uuid.UUID) error {
	const made = ` IN (SELECT r.caller_id, r.idem_key FROM redemptions r WHERE r.participant_id = ? AND r.caller_kind = 'till')`
	for _, key := range []string{"jti", "subject"} {
		err := s.DB.From(ctx).Exec("UPDATE till_items SET text_sealed = NULL, note = '' WHERE (till_id, "+key+")"+made, participant).Error
		if err != nil {
			return err
		}
	}
	return nil
}
