package tills

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// silentRow is a till that was not heard of, with who looks after it.
type silentRow struct {
	ID, OutletID, PartnerID, BranchID uuid.UUID
	SeenAt                            *time.Time
}

func (s *Service) markSeen(ctx context.Context, till uuid.UUID, now time.Time) error {
	return s.db.From(ctx).Exec(`UPDATE tills SET seen_at = ?, silent_at = NULL
		WHERE id = ? AND state = 'active' AND (seen_at IS NULL OR seen_at <= ?)`, now, till, now.Add(-touchEvery)).Error
}

func (s *Service) silentTills(ctx context.Context, before time.Time) ([]silentRow, error) {
	var rows []silentRow
	err := s.db.From(ctx).Raw(`SELECT t.id, t.outlet_id, t.partner_id, p.branch_id, t.seen_at
		FROM tills t JOIN outlets o ON o.id = t.outlet_id JOIN partners p ON p.id = t.partner_id
		WHERE t.state = 'active' AND t.silent_at IS NULL AND o.state = 'active' AND p.state = 'active' AND p.updated_at <= ?
			AND t.confirmed_at <= ? AND (t.seen_at IS NULL OR t.seen_at <= ?)
		ORDER BY t.id LIMIT ?`, before, before, before, silentBatch).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list silent tills: %w", err)
	}
	return rows, nil
}

// markSilent notes that a till is told to be silent, and reports whether it was not before.
func (s *Service) markSilent(ctx context.Context, till uuid.UUID, before, now time.Time) (bool, error) {
	res := s.db.From(ctx).Exec(`UPDATE tills SET silent_at = ?
		WHERE id = ? AND state = 'active' AND silent_at IS NULL AND (seen_at IS NULL OR seen_at <= ?)`, now, till, before)
	if res.Error != nil {
		return false, fmt.Errorf("mark silent till: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}
