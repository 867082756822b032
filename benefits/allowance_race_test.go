package benefits_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/database"
)

// sum reads one number.
func sum(ctx context.Context, t *testing.T, db *database.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.From(ctx).Raw(query, args...).Row().Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

const (
	usedSQL     = `SELECT CAST(coalesce(sum(used_count), 0) AS bigint) FROM benefit_quotas WHERE benefit_id = ?`
	spentSQL    = `SELECT CAST(coalesce(sum(used_amount), 0) AS bigint) FROM benefit_quotas WHERE benefit_id = ?`
	openSQL     = `SELECT CAST(coalesce(sum(uses - used_uses), 0) AS bigint) FROM allowances WHERE benefit_id = ? AND closed_at IS NULL`
	openRupiah  = `SELECT CAST(coalesce(sum(amount - used_amount), 0) AS bigint) FROM allowances WHERE benefit_id = ? AND closed_at IS NULL`
	raceTotal   = 40
	raceEach    = 5_000 // rupiah off every bill
	raceRoutine = 64
	raceSteps   = 12
)

// counter is one promo under siege: the uses that stand.
type counter struct {
	id       uuid.UUID
	standing atomic.Int64
}

// TestFiveTillsNeverPassATotal lets 64 at once renew, use, return, sweep and
// take online at five tills, with two promos of forty uses each.
func TestFiveTillsNeverPassATotal(t *testing.T) {
	w := newWorld(t)
	promos := make([]*counter, 2)
	for i := range promos {
		promos[i] = &counter{id: w.offline(t, 12, func(terms *benefits.Terms) {
			fixed(benefits.Amount, raceEach, 0)(terms)
			totals(new(int64(raceTotal)), new(int64(raceTotal*raceEach)))(terms)
		})}
	}
	tills := make([]uuid.UUID, 5)
	for i := range tills {
		tills[i] = w.till(t, w.outlets[0])
	}
	var used, refused, online, returned, swept atomic.Int64
	var wg sync.WaitGroup
	for n := range raceRoutine {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 7))
			for range raceSteps {
				switch r.IntN(8) {
				case 0:
					w.takeOnline(t, promos[r.IntN(2)], &online)
				case 1:
					n, err := w.SweepAllowances(t.Context())
					if err != nil {
						t.Error(err)
					}
					swept.Add(n)
					w.clock.Advance(120 * time.Hour)
				default:
					w.useSome(t, promos, tills[r.IntN(5)], r, &used, &refused, &returned)
				}
				w.watch(t, promos)
			}
		})
	}
	wg.Wait()
	t.Logf("%d used, %d refused, %d online, %d returned, %d swept", used.Load(), refused.Load(), online.Load(), returned.Load(), swept.Load())
	if used.Load() == 0 || online.Load() == 0 || returned.Load() == 0 {
		t.Error("the load did too little")
	}
	for _, p := range promos {
		standing := p.standing.Load()
		if have, open := sum(t.Context(), t, w.db, usedSQL, p.id), sum(t.Context(), t, w.db, openSQL, p.id); have != standing+open || have > raceTotal {
			t.Errorf("%d counted, %d uses stand and %d are handed out", have, standing, open)
		}
		if have, open := sum(t.Context(), t, w.db, spentSQL, p.id), sum(t.Context(), t, w.db, openRupiah, p.id); have != standing*raceEach+open {
			t.Errorf("Rp%d counted, %d uses stand and Rp%d are handed out", have, standing, open)
		}
	}
	w.clock.Advance(30 * 24 * time.Hour)
	if _, err := w.SweepAllowances(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range promos {
		standing := p.standing.Load()
		if got := remaining(t, w, p.id); got != [2]int64{raceTotal - standing, (raceTotal - standing) * raceEach} {
			t.Errorf("%d uses stand and %v are left of %d", standing, got, raceTotal)
		}
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// takeOnline uses the promo as a till with a network does, and voids every third
// of those uses.
func (w *world) takeOnline(t *testing.T, p *counter, taken *atomic.Int64) {
	t.Helper()
	switch err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.TakeQuota(ctx, p.id, raceEach) }); {
	case errors.Is(err, benefits.ErrTotalSpent), errors.Is(err, benefits.ErrBudgetSpent):
		return
	case err != nil:
		t.Error(err)
		return
	}
	p.standing.Add(1)
	if taken.Add(1)%3 == 0 {
		w.takeBack(t, p)
	}
}

// takeBack voids one use that stands.
func (w *world) takeBack(t *testing.T, p *counter) {
	t.Helper()
	if err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.ReturnQuota(ctx, p.id, raceEach) }); err != nil {
		t.Error(err)
	}
	p.standing.Add(-1)
}

// useSome renews what a till holds, uses one of it a few times, more often than
// it may, and now and then returns it.
func (w *world) useSome(t *testing.T, promos []*counter, till uuid.UUID, r *rand.Rand, used, refused, returned *atomic.Int64) {
	t.Helper()
	held, err := w.RenewAllowances(t.Context(), till, w.outlets[0])
	if err != nil {
		t.Error(err)
		return
	}
	for _, a := range held {
		for range r.IntN(4) {
			switch err := w.use(t.Context(), a, raceEach); {
			case err == nil:
				p := promos[0]
				if a.BenefitID != p.id {
					p = promos[1]
				}
				p.standing.Add(1)
				if used.Add(1)%5 != 0 {
					w.takeBack(t, p)
				}
			case errors.Is(err, benefits.ErrAllowance): // another used or closed it
				refused.Add(1)
			default:
				t.Error(err)
			}
		}
		if r.IntN(3) == 0 {
			if err := w.ReturnAllowance(t.Context(), a.TillID, a.ID); err != nil {
				t.Error(err)
			}
			returned.Add(1)
		}
	}
}

// watch looks in between, at one state of the store.
func (w *world) watch(t *testing.T, promos []*counter) {
	t.Helper()
	err := w.db.Snapshot(t.Context(), func(ctx context.Context) error {
		for _, p := range promos {
			have, open := sum(ctx, t, w.db, usedSQL, p.id), sum(ctx, t, w.db, openSQL, p.id)
			if have > raceTotal || open > have {
				t.Errorf("%d counted of %d, %d of them handed out", have, raceTotal, open)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
