package redemptions_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// offline lets a promo be given without the server.
func offline(b *benefits.Terms) { b.Offline = benefits.Offline{Allowed: true, Allowance: 15} }

func handIn(t *testing.T, s *shop.Shop, till context.Context, items ...string) redemptions.Batch {
	t.Helper()
	b, err := s.Redemptions.Sync(till, items)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Results) != len(items) {
		t.Fatalf("%d results for %d items", len(b.Results), len(items))
	}
	return b
}

// one hands in one item.
func one(t *testing.T, s *shop.Shop, till context.Context, item string) redemptions.ItemResult {
	t.Helper()
	return handIn(t, s, till, item).Results[0]
}

func allowance(t *testing.T, s *shop.Shop, o *shop.OfflineTill, promo uuid.UUID) benefits.Allowance {
	t.Helper()
	all, err := s.Benefits.RenewAllowances(o.Context(t), o.ID, o.Outlet)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a benefits.Allowance) bool { return a.BenefitID == promo })
	if i < 0 {
		t.Fatal("no allowance")
	}
	return all[i]
}

func TestAUseThatATillBringsIn(t *testing.T) {
	s := shop.New(t)
	promo, person := s.Promo(t, offline), s.Person(t)
	phone, o := s.Phone(t, person), s.OfflineTill(t, s.Outlet)
	a := allowance(t, s, o, promo)
	key, item := o.Use(t, phone.Show(t, s.Clock.Now()), promo, 75_000, shop.Members{"allowance": a.ID, "receipt_number": " nsc-17 "})
	s.Clock.Advance(5 * time.Hour)

	b := handIn(t, s, o.Context(t), item)
	r := b.Results[0]
	if r.Key != key || r.Outcome != "granted" || r.Reason != "" || r.ID == nil || len(r.Flags) != 0 || len(r.ReceiptCode) != 10 {
		t.Fatalf("got %+v, want it granted without a flag", r)
	}
	if diff := cmp.Diff(redemptions.Chain{Highest: 1, Next: 2, Missing: []int64{}, Broken: []int64{}, Forked: []int64{}}, b.Chain); diff != "" {
		t.Error(diff)
	}
	got, err := s.Redemptions.Get(s.Supervisor(t), *r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Online || got.CallerKind != "till" || got.CallerID != o.ID || got.IdemKey != key || got.ReceiptNumber != "NSC-17" || got.Discount != 15_000 ||
		got.ParticipantID != person || !got.OccurredAt.Equal(s.Clock.Now().Add(-5*time.Hour)) || !got.RecordedAt.Equal(s.Clock.Now()) || got.LocalHour != 10 {
		t.Errorf("got %+v, want the use as it was at the till", got)
	}
	if receipt, err := s.Redemptions.Receipt(t.Context(), r.ReceiptCode); err != nil || !receipt.At.Equal(got.OccurredAt) {
		t.Errorf("the receipt says %v %v, want when the customer got it", receipt.At, err)
	}
	s.Clock.Advance(30 * 24 * time.Hour)
	if diff := cmp.Diff(b, handIn(t, s, o.Context(t), item)); diff != "" {
		t.Errorf("the same item a month later: %s", diff)
	}
	if n := scalar(t, s, "SELECT used_uses FROM allowances"); n != 1 {
		t.Errorf("%d uses of the allowance, want 1", n)
	}
	verify(t, s)
}

func TestOnlyATillHandsInAndNotTooMuch(t *testing.T) {
	s := shop.New(t)
	o := s.OfflineTill(t, s.Outlet)
	_, item := o.Use(t, "", uuid.New(), 1, nil)
	till := actor.From(o.Context(t))
	noPermission := till
	noPermission.Permissions = []actor.Permission{actor.Redeem}
	for name, ctx := range map[string]context.Context{
		"nobody": t.Context(), "an API key": s.Till(t, s.Outlet), "an owner": s.Owner(t), "a till that may not": actor.With(t.Context(), noPermission),
	} {
		if _, err := s.Redemptions.Sync(ctx, []string{item}); !errors.Is(err, redemptions.ErrCaller) {
			t.Errorf("%s: got %v, want %v", name, err, redemptions.ErrCaller)
		}
	}
	for _, n := range []int{0, redemptions.MaxItems + 1} {
		if _, err := s.Redemptions.Sync(o.Context(t), make([]string, n)); !errors.Is(err, redemptions.ErrItems) {
			t.Errorf("%d items: got %v, want %v", n, err, redemptions.ErrItems)
		}
	}
	for _, r := range handIn(t, s, o.Context(t), make([]string, redemptions.MaxItems)...).Results {
		if r.Outcome != "rejected" || r.Reason != "item_malformed" {
			t.Fatalf("an empty item: got %+v", r)
		}
	}
}
