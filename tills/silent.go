package tills

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
)

// How long a till may be quiet before its owner hears of it, and how exactly is
// known when it was last heard of.
const (
	SilentAfter = 7 * 24 * time.Hour
	touchEvery  = time.Minute
	touchWait   = 250 * time.Millisecond
	silentBatch = 500 // tills that one run tells of; the next run goes on
)

// touch notes that a till was heard of, at most once in touchEvery. A request
// does not fail, nor wait long, because that could not be written.
func (s *Service) touch(ctx context.Context, t Till) {
	now := s.clock.Now()
	if t.State != Active || now.Sub(t.SeenAt) < touchEvery {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, touchWait)
	defer cancel()
	_ = s.db.InTx(ctx, func(ctx context.Context) error { return s.markSeen(ctx, t.ID, now) }) //nolint:errcheck // see above
}

// TellSilent publishes till.silent, once, for every active till of an active
// partner's active outlet that was not heard of for SilentAfter, and returns of
// how many. Only days count on which the partner was open as it is now: a till
// of one that was changed or resumed lately has its time again. A week holds
// every weekday, so the outlet was open in it, whatever its hours are. A till
// that came back and falls silent again is told of again.
func (s *Service) TellSilent(ctx context.Context) (int64, error) {
	now := s.clock.Now()
	before := now.Add(-SilentAfter)
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		n = 0
		all, err := s.silentTills(ctx, before)
		if err != nil {
			return err
		}
		for i := range all {
			told, err := s.tellSilent(ctx, &all[i], before, now)
			if err != nil {
				return err
			}
			n += told
		}
		return nil
	})
	return n, err
}

func (s *Service) tellSilent(ctx context.Context, r *silentRow, before, now time.Time) (int64, error) {
	marked, err := s.markSilent(ctx, r.ID, before, now)
	if err != nil || !marked {
		return 0, err
	}
	return 1, s.events.Publish(ctx, events.Event{
		Kind: "till.silent", SubjectID: r.ID, PartnerID: r.PartnerID,
		Payload: struct {
			TillID     uuid.UUID  `json:"till_id"`
			OutletID   uuid.UUID  `json:"outlet_id"`
			PartnerID  uuid.UUID  `json:"partner_id"`
			BranchID   uuid.UUID  `json:"branch_id"`
			LastSeenAt *time.Time `json:"last_seen_at"`
		}{r.ID, r.OutletID, r.PartnerID, r.BranchID, r.SeenAt},
	})
}
