package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

type idRow struct{ ID uuid.UUID }

func (s *Service) selectIDs(ctx context.Context, sel Selection, reach actor.Reach, limit int) ([]uuid.UUID, error) {
	tx := inReach(s.db.From(ctx).Table("participants").Select("participants.id").Where("participants.erased_at IS NULL"), reach)
	if sel.BranchID != uuid.Nil {
		tx = tx.Where("participants.branch_id = ?", sel.BranchID)
	}
	if sel.RegionCode != "" {
		tx = tx.Where("(participants.region_code = ? OR participants.region_code LIKE ?)", sel.RegionCode, sel.RegionCode+".%")
	}
	if sel.Segment != "" || sel.Status != "" {
		tx = tx.Where(`EXISTS (SELECT 1 FROM memberships s WHERE s.participant_id = participants.id
			AND (? = '' OR s.segment = ?) AND (? = '' OR s.status = ?))`,
			string(sel.Segment), string(sel.Segment), string(sel.Status), string(sel.Status))
	}
	if sel.ImportID != uuid.Nil {
		tx = tx.Where("EXISTS (SELECT 1 FROM membership_history h WHERE h.participant_id = participants.id AND h.import_id = ?)", sel.ImportID)
	}
	if sel.After != uuid.Nil {
		tx = tx.Where("participants.id > ?", sel.After)
	}
	var rows []idRow
	if err := tx.Order("participants.id").Limit(limit).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("select participants: %w", err)
	}
	out := make([]uuid.UUID, len(rows))
	for i := range rows {
		out[i] = rows[i].ID
	}
	return out, nil
}

func (s *Service) phonesOnRecord(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	out := make(map[uuid.UUID]bool, len(ids))
	for len(ids) > 0 {
		n := min(lookupMost, len(ids))
		var rows []idRow
		err := s.db.From(ctx).Raw("SELECT id FROM participants WHERE id IN ? AND phone_sealed IS NOT NULL AND length(phone_sealed) > 0", ids[:n]).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("look up phones: %w", err)
		}
		for _, r := range rows {
			out[r.ID] = true
		}
		ids = ids[n:]
	}
	return out, nil
}

func (s *Service) endUnused(ctx context.Context, ids []uuid.UUID, now time.Time) error {
	for len(ids) > 0 {
		n := min(lookupMost, len(ids))
		err := s.db.From(ctx).Exec("UPDATE activations SET expires_at = ? WHERE id IN ? AND used_at IS NULL AND expires_at > ?", now, ids[:n], now).Error
		if err != nil {
			return fmt.Errorf("end activations: %w", err)
		}
		ids = ids[n:]
	}
	return nil
}

// consentInForce returns the version of the newest consent that was not
// withdrawn, "" when there is none.
func (s *Service) consentInForce(ctx context.Context, id uuid.UUID) (string, error) {
	var rows []struct{ Version string }
	err := s.db.From(ctx).Raw(`SELECT version FROM consents WHERE participant_id = ? AND withdrawn_at IS NULL
		ORDER BY given_at DESC, id DESC LIMIT 1`, id).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Version, nil
}
