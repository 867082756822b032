package redemptions_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
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

// What a till is told to be left is what is left after its own use, also when
// others use the same promo at the same moment.
func TestNoTwoTillsAreToldTheSameRest(t *testing.T) {
	const limit, tills = 8, 24
	for name, change := range map[string]func(*benefits.Terms){
		"of the participant": func(b *benefits.Terms) {
			b.Limits.Participant = &benefits.ParticipantLimit{Count: limit, Per: benefits.PerMonth}
		},
		"of the outlet's day": func(b *benefits.Terms) { b.Limits.OutletPerDay = ptr(int64(limit)) },
		"of the total":        func(b *benefits.Terms) { b.Limits.TotalCount = ptr(int64(limit)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := shop.New(t)
			_, text := s.Printed(t, s.Person(t))
			promo := s.Promo(t, change)
			var wg sync.WaitGroup
			var mu sync.Mutex
			told := map[int64]int{}
			for range tills {
				till := s.Till(t, s.Outlet)
				wg.Go(func() {
					got, _, err := s.Redemptions.Redeem(till, request(text, promo, 10_000))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err != nil:
						t.Error(err)
					case got.Outcome == redemptions.Granted && got.Remaining != nil:
						told[*got.Remaining]++
					}
				})
			}
			wg.Wait()
			for left := range int64(limit) {
				if told[left] != 1 {
					t.Errorf("%d tills were told that %d are left, want one", told[left], left)
				}
			}
			verify(t, s)
		})
	}
}
