package redemptions_test

import (
	"context"
	"testing"
	"time"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// A till that was cut off repeats an old request when it comes back. It made a
// record then, so it gets that record, however long ago the use was.
func TestARepetitionIsNotTooOldForItsRecord(t *testing.T) {
	s := shop.New(t)
	_, text := s.Printed(t, s.Person(t))
	till, r := s.Till(t, s.Outlet), request(text, s.Promo(t, nil), 10_000)
	r.OccurredAt = ptr(s.Clock.Now().Add(-6 * 24 * time.Hour))
	first, _, err := s.Redemptions.Redeem(till, r)
	if err != nil || first.Outcome != redemptions.Granted {
		t.Fatal(first.Reason, err)
	}
	s.Clock.Advance(48 * time.Hour)
	again, replayed, err := s.Redemptions.Redeem(till, r)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("got %v %v %v, want the record of two days ago", again.ID, replayed, err)
	}
}

// The proof runs while tills go on working: what comes in meanwhile is neither
// cut off nor unaudited.
func TestTheProofHoldsWhileTillsWork(t *testing.T) {
	s := shop.New(t)
	_, text := s.Printed(t, s.Person(t))
	till, promo := s.Till(t, s.Outlet), s.Promo(t, nil)
	use := func() {
		if got, _, err := s.Redemptions.Redeem(till, request(text, promo, 10_000)); err != nil || got.Outcome != redemptions.Granted {
			t.Error(got.Reason, err)
		}
	}
	use()
	err := s.DB.Snapshot(t.Context(), func(ctx context.Context) error {
		check := s.Redemptions.RecordCheck(ctx)
		seen := 0
		r, err := s.Audit.Verify(ctx, func(e *audit.Entry) error {
			if seen++; seen == 1 {
				use()
			}
			return check.See(e)
		})
		if err != nil {
			return err
		}
		use()
		if r.Entries != int64(seen) {
			t.Errorf("%d entries, %d seen", r.Entries, seen)
		}
		return check.End()
	})
	if err != nil {
		t.Errorf("an untouched log, written to meanwhile: %v", err)
	}
	verify(t, s)
}
