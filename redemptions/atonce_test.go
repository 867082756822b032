package redemptions_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

func jtiOf(t *testing.T, item string) uuid.UUID {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(item, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ JTI uuid.UUID }
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c.JTI
}

// mixed is a queue of uses and voids, of which some are beyond the limit.
func mixed(t *testing.T, w *table, n int) []string {
	t.Helper()
	var items []string
	for i := range n {
		use := w.use(nil)
		items = append(items, use)
		if i%3 == 0 {
			_, void := w.till.Void(t, jtiOf(t, use), nil)
			items = append(items, void)
		}
	}
	return items
}

func TestTheSameBatchEightTimesAtOnce(t *testing.T) {
	w := newTable(t, perMonth(4))
	items := mixed(t, w, 12) // 4 voids: 8 stand, 4 within the limit
	batches := make([]redemptions.Batch, 8)
	var wg sync.WaitGroup
	for i := range batches {
		wg.Go(func() {
			var err error
			if batches[i], err = w.Redemptions.Sync(w.till.Context(t), items); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, b := range batches[1:] {
		for i := range b.Results {
			if a, c := batches[0].Results[i], b.Results[i]; a.Key != c.Key || a.Outcome != c.Outcome || a.ReceiptCode != c.ReceiptCode {
				t.Errorf("item %d: got %+v and %+v", i, a, c)
			}
		}
	}
	if rows, stored := w.stored(); rows != 12 || stored != 16 {
		t.Errorf("%d records and %d items, want 12 and 16", rows, stored)
	}
	w.counters(4, 4)
	if n := w.flagged(); n != 4 {
		t.Errorf("%d stand flagged, want 4", n)
	}
	verify(t, w.Shop)
}

// A till sends an item, its online request with the same key, and a void at
// once, from tabs and workers that know nothing of each other.
func TestItemsRequestsAndVoidsAtOnce(t *testing.T) {
	w := newTable(t, perMonth(100))
	var wg sync.WaitGroup
	for range 12 {
		r := request(w.card, w.promo, 50_000)
		use := w.use(shop.Members{"jti": r.Key})
		_, void := w.till.Void(t, r.Key, nil)
		for _, send := range []func() error{
			func() error { _, err := w.Redemptions.Sync(w.till.Context(t), []string{use}); return err },
			func() error { _, err := w.Redemptions.Sync(w.till.Context(t), []string{void}); return err },
			func() error {
				_, _, err := w.Redemptions.Redeem(w.till.Context(t), r)
				if errors.Is(err, redemptions.ErrKeyReused) {
					return nil
				}
				return err
			},
		} {
			wg.Go(func() {
				if err := send(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if rows, items := w.stored(); rows != 12 || items != 24 {
		t.Errorf("%d records and %d items, want 12 and 24", rows, items)
	}
	w.counters(0, 0)
	verify(t, w.Shop)
}

// dying are cards whose owner's server dies at a check.
type dying struct {
	redemptions.Cards
	left atomic.Int64
	die  context.CancelFunc
}

func (d *dying) Check(ctx context.Context, text string, at time.Time) (cards.Presented, error) {
	if d.left.Add(-1) < 0 {
		d.die()
		return cards.Presented{}, ctx.Err()
	}
	return d.Cards.Check(ctx, text, at)
}

func TestABatchThatDiesInTheMiddleIsSentAgain(t *testing.T) {
	for after := range int64(6) {
		w := newTable(t, func(b *benefits.Terms) { perMonth(2)(b); b.Offline.Allowance = 40 })
		items := mixed(t, w, 6)
		ctx, cancel := context.WithCancel(w.till.Context(t))
		d := &dying{Cards: w.Cards, die: cancel}
		d.left.Store(after)
		half := redemptions.New(redemptions.Deps{
			DB: w.DB, Clock: w.Clock, Cards: d, Benefits: w.Benefits, Partners: w.Partners, Participants: w.Participants,
			Tills: w.Tills, Keys: w.Keys, Audit: w.Audit, Events: w.Events,
		})
		if _, err := half.Sync(ctx, items); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want the batch to die", err)
		}
		if rows, _ := w.stored(); rows != after {
			t.Errorf("%d records before it died, want %d", rows, after)
		}
		first := handIn(t, w.Shop, w.till.Context(t), items...)
		if diff := cmp.Diff(first, handIn(t, w.Shop, w.till.Context(t), items...)); diff != "" {
			t.Errorf("sent once more: %s", diff)
		}
		if rows, stored := w.stored(); rows != 6 || stored != 8 {
			t.Errorf("%d records and %d items, want 6 and 8", rows, stored)
		}
		w.counters(2, 2)
		verify(t, w.Shop)
	}
}
