package redemptions_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

func perMonth(n int64) func(*benefits.Terms) {
	return func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: n, Per: benefits.PerMonth}
	}
}

// counters are used and over of the one person.
func (w *table) counters(used, over int64) {
	w.t.Helper()
	if u, o := scalar(w.t, w.Shop, "SELECT sum(used) FROM usages"), scalar(w.t, w.Shop, "SELECT sum(over) FROM usages"); u != used || o != over {
		w.t.Errorf("the counters say %d used and %d over, want %d and %d", u, o, used, over)
	}
}

func TestUsesBeyondAPersonsLimit(t *testing.T) {
	w := newTable(t, perMonth(2))
	var keys []uuid.UUID
	for i := range 5 {
		flags := []string{"over_limit"}
		if i < 2 {
			flags = nil
		}
		keys = append(keys, w.want(w.use(nil), "granted", "", flags...).Key)
		w.Clock.Advance(time.Second)
	}
	w.counters(2, 3)
	online, _, err := w.Redemptions.Redeem(w.till.Context(t), request(w.card, w.promo, 10_000))
	if err != nil || online.Reason != redemptions.LimitParticipant {
		t.Errorf("online: got %q %v, want %q", online.Reason, err, redemptions.LimitParticipant)
	}
	// A void makes room for the earliest use beyond the limit.
	_, void := w.till.Void(t, keys[0], nil)
	w.want(void, "granted", "")
	w.counters(2, 2)
	if n := w.flagged(); n != 2 {
		t.Errorf("%d uses stand flagged, want 2", n)
	}
	// One beyond it is taken back over the API: nobody gains a place.
	last := w.find(keys[4])
	if !slices.Contains(last.Flags, "over_limit") {
		t.Errorf("got %v, want the last one flagged", last.Flags)
	}
	if _, err := w.Redemptions.Void(w.Owner(t), last.ID, "uji"); err != nil {
		t.Fatal(err)
	}
	w.counters(2, 1)
	if n := scalar(t, w.Shop, "SELECT over FROM till_days"); n != 1 {
		t.Errorf("the till's day counts %d, want 1", n)
	}
	for _, k := range keys[1:4] {
		if _, err := w.Redemptions.Void(w.Owner(t), w.find(k).ID, "uji"); err != nil {
			t.Fatal(err)
		}
	}
	w.counters(0, 0)
	if n := scalar(t, w.Shop, "SELECT over FROM till_days"); n != 0 {
		t.Errorf("the till's day counts %d, want 0", n)
	}
	verify(t, w.Shop)
}

func (w *table) find(key uuid.UUID) redemptions.Redemption {
	w.t.Helper()
	var id uuid.UUID
	if err := w.DB.From(w.t.Context()).Raw("SELECT redemption_id FROM till_items WHERE jti = ?", key).Row().Scan(&id); err != nil {
		w.t.Fatal(err)
	}
	r, err := w.Redemptions.Get(w.Supervisor(w.t), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// flagged is how many uses stand with over_limit.
func (w *table) flagged() (n int) {
	w.t.Helper()
	var keys []uuid.UUID
	if err := w.DB.From(w.t.Context()).Raw("SELECT jti FROM till_items WHERE kind = 'use'").Scan(&keys).Error; err != nil {
		w.t.Fatal(err)
	}
	for _, k := range keys {
		if r := w.find(k); r.State == redemptions.Recorded && slices.Contains(r.Flags, "over_limit") {
			n++
		}
	}
	return n
}

func TestUsesBeyondAnOutletsDay(t *testing.T) {
	w := newTable(t, func(b *benefits.Terms) { b.Limits.OutletPerDay = ptr(int64(1)) })
	first := w.want(w.use(nil), "granted", "")
	second := w.want(w.use(nil), "granted", "", "over_limit")
	third := w.want(w.use(nil), "granted", "", "over_limit")
	used := func(want int64) {
		t.Helper()
		if n := scalar(t, w.Shop, "SELECT used FROM outlet_usages"); n != want {
			t.Errorf("the outlet's day says %d, want %d", n, want)
		}
	}
	used(1)
	for i, c := range []struct {
		id      uuid.UUID
		used    int64
		flagged int
	}{{*first.ID, 1, 1}, {*third.ID, 1, 0}, {*second.ID, 0, 0}} {
		if _, err := w.Redemptions.Void(w.Owner(t), c.id, "uji"); err != nil {
			t.Fatal(err)
		}
		used(c.used)
		if n := w.flagged(); n != c.flagged {
			t.Errorf("after void %d: %d stand flagged, want %d", i+1, n, c.flagged)
		}
	}
	verify(t, w.Shop)
}

func TestUsesNearerThanTheInterval(t *testing.T) {
	w := newTable(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 9, Per: benefits.PerYear, MinIntervalDays: ptr(3)}
	})
	day := func(n int) shop.Members {
		at := w.Unix(time.Duration(n) * 24 * time.Hour)
		return shop.Members{"scanned_at": at, "occurred_at": at}
	}
	w.want(w.use(day(-1)), "granted", "")
	w.want(w.use(day(-3)), "granted", "", "over_limit") // though it comes later, it is too near
	w.want(w.use(day(-6)), "granted", "")
	w.counters(3, 0)
	verify(t, w.Shop)
}

func TestUsesBeyondALimitAreBoundedByDay(t *testing.T) {
	w := newTable(t, func(b *benefits.Terms) { perMonth(1)(b); b.Offline.Allowance = 100 })
	items := make([]string, redemptions.OfflinePerDay+4)
	for i := range items {
		items[i] = w.use(nil)
	}
	b := handIn(t, w.Shop, w.till.Context(t), items...)
	granted, refused := 0, 0
	for _, r := range b.Results {
		switch {
		case r.Outcome == "granted":
			granted++
		case r.Reason == string(redemptions.LimitParticipant):
			refused++
		}
	}
	if granted != redemptions.OfflinePerDay+1 || refused != 3 {
		t.Errorf("%d granted, %d refused, want one within the limit, %d beyond it, and 3 refused", granted, refused, redemptions.OfflinePerDay)
	}
	w.counters(1, redemptions.OfflinePerDay)
	if n := scalar(t, w.Shop, "SELECT used_uses FROM allowances"); n != redemptions.OfflinePerDay+1 {
		t.Errorf("%d uses of the allowance: the refused ones took something", n)
	}
	w.Clock.Advance(24 * time.Hour)
	w.want(w.use(nil), "granted", "", "over_limit")
	verify(t, w.Shop)
}

func TestVoidsThatATillBringsIn(t *testing.T) {
	t.Run("before their use", func(t *testing.T) {
		w := newTable(t, perMonth(1))
		use := w.use(nil)
		key := w.keyOf(use)
		_, void := w.till.Void(t, key, nil)
		if r := w.want(void, "granted", ""); r.ID != nil {
			t.Errorf("got %v, want no record yet", r.ID)
		}
		r := w.want(use, "granted", "")
		if got := w.find(r.Key); got.State != redemptions.Voided {
			t.Errorf("got %s, want it voided as it came", got.State)
		}
		if again := w.want(void, "granted", ""); again.ID == nil || *again.ID != *r.ID {
			t.Errorf("the void again: got %v, want its use", again.ID)
		}
		w.counters(0, 0)
		if n := scalar(t, w.Shop, "SELECT used_count FROM benefit_quotas"); n != 14 {
			t.Errorf("the total counts %d, want the 15 set aside without the one that came back", n)
		}
		verify(t, w.Shop)
	})
	t.Run("late, and twice", func(t *testing.T) {
		w := newTable(t, perMonth(1))
		key := w.one(w.use(nil)).Key
		_, in := w.till.Void(t, key, shop.Members{"occurred_at": w.Unix(15 * time.Minute)})
		_, late := w.till.Void(t, key, shop.Members{"occurred_at": w.Unix(15*time.Minute + time.Second)})
		w.want(in, "granted", "")
		w.want(late, "granted", "", "late_void")
		w.counters(0, 0)
		verify(t, w.Shop)
	})
	t.Run("of a use online", func(t *testing.T) {
		w := newTable(t, perMonth(1))
		r := request(w.card, w.promo, 10_000)
		made, _, err := w.Redemptions.Redeem(w.till.Context(t), r)
		if err != nil {
			t.Fatal(err)
		}
		_, void := w.till.Void(t, r.Key, nil)
		if got := w.want(void, "granted", ""); got.ID == nil || *got.ID != made.ID {
			t.Errorf("got %v, want the use online", got.ID)
		}
		w.counters(0, 0)
		verify(t, w.Shop)
	})
	t.Run("of a refused use, of another till's, of a void", func(t *testing.T) {
		w := newTable(t, perMonth(1))
		refused := w.want(w.use(shop.Members{"list_age": 300_000}), "refused", redemptions.StatusListStale)
		_, void := w.till.Void(t, refused.Key, nil)
		if got := w.want(void, "granted", ""); got.ID == nil {
			t.Error("the refused use is not named")
		}
		good := w.one(w.use(nil))
		other := w.OfflineTill(t, w.Outlet)
		_, foreign := other.Void(t, good.Key, nil)
		if got := w.want(foreign, "granted", ""); got.ID != nil {
			t.Errorf("another till's use: got %v", got.ID)
		}
		_, ofVoid := w.till.Void(t, w.keyOf(void), nil)
		w.want(ofVoid, "granted", "")
		w.counters(1, 0)
		verify(t, w.Shop)
	})
}

// keyOf is the jti of an item.
func (w *table) keyOf(item string) uuid.UUID {
	w.t.Helper()
	return jtiOf(w.t, item)
}

func TestAReplyThatWasLost(t *testing.T) {
	w := newTable(t, perMonth(5))
	r := request(w.card, w.promo, 50_000)
	made, _, err := w.Redemptions.Redeem(w.till.Context(t), r)
	if err != nil || made.Outcome != redemptions.Granted {
		t.Fatal(made.Reason, err)
	}
	item := w.use(shop.Members{"jti": r.Key})
	for range 2 {
		got := w.want(item, "granted", "")
		if *got.ID != made.ID || got.ReceiptCode != made.ReceiptCode {
			t.Errorf("got %+v, want the record made online", got)
		}
	}
	if rows, items := w.stored(); rows != 1 || items != 1 {
		t.Errorf("%d records, %d items, want one of each", rows, items)
	}
	// Another bill under the key of a use online.
	r2 := request(w.card, w.promo, 60_000)
	if _, _, err := w.Redemptions.Redeem(w.till.Context(t), r2); err != nil {
		t.Fatal(err)
	}
	if got := w.want(w.use(shop.Members{"jti": r2.Key}), "rejected", redemptions.KeyReused); got.Key != r2.Key {
		t.Errorf("got key %v, want it named: the signature was good", got.Key)
	}
	// The item comes first, the request that hung in the network after it.
	r3 := request(w.card, w.promo, 50_000)
	w.want(w.use(shop.Members{"jti": r3.Key}), "granted", "")
	if _, _, err := w.Redemptions.Redeem(w.till.Context(t), r3); !errors.Is(err, redemptions.ErrKeyReused) {
		t.Errorf("online after the item: got %v, want %v", err, redemptions.ErrKeyReused)
	}
	if rows, _ := w.stored(); rows != 3 {
		t.Errorf("%d records, want 3", rows)
	}
	// The void of a request whose reply was lost comes before its item.
	r4 := request(w.card, w.promo, 50_000)
	_, void := w.till.Void(t, r4.Key, nil)
	w.want(void, "granted", "")
	if _, _, err := w.Redemptions.Redeem(w.till.Context(t), r4); err != nil {
		t.Fatal(err)
	}
	w.want(w.use(shop.Members{"jti": r4.Key}), "granted", "")
	w.counters(3, 0)
	verify(t, w.Shop)
}
