package redemptions

import (
	"context"
	"errors"
	"time"
)

// tellItem fills in by which item a till handed the use in.
func (s *Service) tellItem(ctx context.Context, r *Redemption, st *Story) error {
	row, err := s.knownItem(ctx, r.CallerID, r.IdemKey)
	if errors.Is(err, errNoItem) {
		return nil
	}
	if err != nil {
		return err
	}
	at := row.ReceivedAt.UTC()
	st.Item = &ItemFacts{Seq: row.Seq, ReceivedAt: at, Delay: at.Sub(row.OccurredAt), Kept: row.TextSealed != nil}
	return nil
}

// tellScan fills in when the card was scanned, while that is remembered.
func (s *Service) tellScan(ctx context.Context, r *Redemption, st *Story) error {
	if r.ScanID == nil {
		return nil
	}
	scan, err := s.scan(ctx, r.CallerID, *r.ScanID)
	if errors.Is(err, ErrScanNotFound) {
		return nil
	}
	st.ScannedAt = scan.ScannedAt
	return err
}

func (s *Service) rank(ctx context.Context, where string, args ...any) (n int64, err error) {
	err = scalar(s.DB.From(ctx), &n, "SELECT count(*) FROM redemptions r WHERE "+where+" AND r.outcome = 'granted'", args...)
	return n, err
}

func (s *Service) actsOn(ctx context.Context, r *Redemption) ([]action, error) {
	var acts []action
	err := s.DB.From(ctx).Where("participant_id = ? AND redemption_id = ?", r.ParticipantID, r.ID).Order("acted_at, id").Find(&acts).Error
	return acts, err
}

func (s *Service) roomsOf(ctx context.Context, r *Redemption) ([]Room, error) {
	var rows []struct {
		Kind      string
		ClearedAt time.Time
	}
	err := s.DB.From(ctx).Raw("SELECT kind, cleared_at FROM limit_clearances WHERE participant_id = ? AND redemption_id = ? ORDER BY cleared_at, kind", r.ParticipantID, r.ID).Scan(&rows).Error
	out := make([]Room, len(rows))
	for i, row := range rows {
		out[i] = Room{Kind: row.Kind, At: row.ClearedAt.UTC()}
	}
	return out, err
}
