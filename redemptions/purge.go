package redemptions

import (
	"context"
	"fmt"
	"time"
)

// How long the counter remembers what is no record.
const (
	keepKeys  = 35 * 24 * time.Hour // Idempotency-Keys; at least 30 days are promised
	keepScans = 90 * 24 * time.Hour
	keepItems = 90 * 24 * time.Hour // of tills; longer than any may repeat itself
)

// Purge forgets idempotency keys, scans and items of tills that are past their
// time and returns how many. A till's chain begins behind what was forgotten. The redemptions themselves stay. For the daily job.
func (s *Service) Purge(ctx context.Context) (int64, error) {
	now := s.Clock.Now()
	var n int64
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		keys, err := s.forgetKeys(ctx, now.Add(-keepKeys))
		if err != nil {
			return fmt.Errorf("forget idempotency keys: %w", err)
		}
		scans, err := s.forgetScans(ctx, now.Add(-keepScans))
		if err != nil {
			return fmt.Errorf("forget scans: %w", err)
		}
		items, err := s.forgetItems(ctx, now.Add(-keepItems))
		if err != nil {
			return fmt.Errorf("forget items: %w", err)
		}
		days, err := s.forgetDays(ctx, now.Add(-keepItems))
		if err != nil {
			return fmt.Errorf("forget days of tills: %w", err)
		}
		n = keys + scans + items + days
		return nil
	})
	return n, err
}
