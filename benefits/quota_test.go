package benefits_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
)

func (w *world) withTotals(t *testing.T, count, amount *int64) uuid.UUID {
	t.Helper()
	terms := good(w.outlets...)
	terms.Limits.TotalCount, terms.Limits.TotalAmount = count, amount
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Terbatas", terms))
	w.publish(t, b.ID)
	return b.ID
}

func (w *world) take(t *testing.T, id uuid.UUID, amount int64) error {
	t.Helper()
	return w.db.InTx(t.Context(), func(ctx context.Context) error { return w.TakeQuota(ctx, id, amount) })
}

func remaining(t *testing.T, w *world, id uuid.UUID) [2]int64 {
	t.Helper()
	count, amount, err := w.Remaining(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	out := [2]int64{-1, -1}
	if count != nil {
		out[0] = *count
	}
	if amount != nil {
		out[1] = *amount
	}
	return out
}

func TestTwoHundredAtOnceTakeExactlyTheLimit(t *testing.T) {
	cases := map[string]struct {
		count, amount *int64
		each          int64
		want          int64
		refusal       error
		left          [2]int64
	}{
		"of a total count":             {new(int64(100)), nil, 7, 100, benefits.ErrTotalSpent, [2]int64{0, -1}},
		"of a budget that divides":     {nil, new(int64(1_000)), 10, 100, benefits.ErrBudgetSpent, [2]int64{-1, 0}},
		"of a budget with a remainder": {nil, new(int64(1_005)), 10, 100, benefits.ErrBudgetSpent, [2]int64{-1, 5}},
		"of both, the count first":     {new(int64(50)), new(int64(1_000)), 10, 50, benefits.ErrTotalSpent, [2]int64{0, 500}},
		"of both, the budget first":    {new(int64(150)), new(int64(990)), 10, 99, benefits.ErrBudgetSpent, [2]int64{51, 0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.withTotals(t, c.count, c.amount)
			var taken, refused atomic.Int64
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					switch err := w.take(t, id, c.each); {
					case err == nil:
						taken.Add(1)
					case errors.Is(err, c.refusal):
						refused.Add(1)
					default:
						t.Errorf("got %v, want %v", err, c.refusal)
					}
				})
			}
			wg.Wait()
			if taken.Load() != c.want || refused.Load() != 200-c.want {
				t.Errorf("%d taken and %d refused, want %d taken", taken.Load(), refused.Load(), c.want)
			}
			if got := remaining(t, w, id); got != c.left {
				t.Errorf("left are %v, want %v", got, c.left)
			}
		})
	}
}

func TestWhatIsGivenBackCanBeTakenAgain(t *testing.T) {
	w := newWorld(t)
	id := w.withTotals(t, new(int64(1)), new(int64(100)))
	giveBack := func(amount int64) error {
		return w.db.InTx(t.Context(), func(ctx context.Context) error { return w.ReturnQuota(ctx, id, amount) })
	}
	if err := giveBack(1); err == nil {
		t.Error("more was given back than was taken")
	}
	for range 3 {
		if err := w.take(t, id, 60); err != nil {
			t.Fatal(err)
		}
		if err := w.take(t, id, 1); !errors.Is(err, benefits.ErrTotalSpent) {
			t.Errorf("got %v", err)
		}
		if err := giveBack(61); err == nil {
			t.Error("more was given back than was taken")
		}
		if err := giveBack(60); err != nil {
			t.Fatal(err)
		}
	}
	if got := remaining(t, w, id); got != [2]int64{1, 100} {
		t.Errorf("left are %v", got)
	}
	if err := w.take(t, id, 101); !errors.Is(err, benefits.ErrBudgetSpent) {
		t.Errorf("got %v", err)
	}
	if err := w.TakeQuota(t.Context(), id, 1); err == nil {
		t.Error("took outside a transaction")
	}
	if err := w.take(t, id, -1); err == nil {
		t.Error("took less than nothing")
	}
	if err := w.take(t, uuid.New(), 1); !errors.Is(err, benefits.ErrNotFound) {
		t.Errorf("an absent promo: %v", err)
	}
}

func TestWithoutTotalsNothingIsSpent(t *testing.T) {
	w := newWorld(t)
	id := w.withTotals(t, nil, nil)
	for range 3 {
		if err := w.take(t, id, 1_000_000_000); err != nil {
			t.Fatal(err)
		}
	}
	if got := remaining(t, w, id); got != [2]int64{-1, -1} {
		t.Errorf("left are %v", got)
	}
}

func TestANewTotalIsNeverBelowWhatIsUsed(t *testing.T) {
	w := newWorld(t)
	id := w.withTotals(t, new(int64(10)), new(int64(1_000)))
	for range 5 {
		if err := w.take(t, id, 100); err != nil {
			t.Fatal(err)
		}
	}
	revise := func(count, amount *int64) error {
		t.Helper()
		terms := good(w.outlets...)
		terms.Limits.TotalCount, terms.Limits.TotalAmount = count, amount
		must[benefits.Benefit](t)(w.Revise(w.owner, id, "Lebih sedikit", terms))
		must[benefits.Benefit](t)(w.Submit(w.owner, id))
		must[benefits.Benefit](t)(w.Approve(w.supervisor, id, benefits.Seen{}))
		_, err := w.Publish(w.supervisor, id)
		return err
	}
	if err := revise(new(int64(4)), nil); !errors.Is(err, benefits.ErrLimitBelowUse) {
		t.Errorf("a count below use: %v", err)
	}
	if err := revise(nil, new(int64(499))); !errors.Is(err, benefits.ErrLimitBelowUse) {
		t.Errorf("a budget below use: %v", err)
	}
	if got := remaining(t, w, id); got != [2]int64{5, 500} {
		t.Errorf("a refused publication changed the totals: %v", got)
	}
	if o := must[benefits.Offer](t)(w.Live(t.Context(), id)); o.Version != 1 {
		t.Errorf("a refused publication put version %d at the tills", o.Version)
	}
	if err := revise(new(int64(5)), new(int64(500))); err != nil {
		t.Errorf("totals equal to use: %v", err)
	}
	if err := w.take(t, id, 0); !errors.Is(err, benefits.ErrTotalSpent) {
		t.Errorf("got %v", err)
	}
	if err := revise(nil, new(int64(600))); err != nil {
		t.Error(err)
	}
	if got := remaining(t, w, id); got != [2]int64{-1, 100} {
		t.Errorf("left are %v", got)
	}
	b := must[benefits.Benefit](t)(w.Get(w.owner, id))
	if b.Remaining.Count != nil || b.Remaining.Amount == nil || *b.Remaining.Amount != 100 {
		t.Errorf("the promo shows %+v left", b.Remaining)
	}
}
