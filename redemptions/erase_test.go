package redemptions_test

import (
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// TestErasingEmptiesItemsOfTills: texts and notes of a person's items go, with
// what is answered to a till that repeats itself left as it was.
func TestErasingEmptiesItemsOfTills(t *testing.T) {
	w := newTable(t, nil)
	kept := w.use(shop.Members{"scanned_at": w.Unix(time.Hour), "occurred_at": w.Unix(time.Hour)})
	use, good := w.till.Use(t, w.card, w.promo, 100_000, shop.Members{"allowance": w.allowance})
	_, void := w.till.Void(t, use, shop.Members{"reason": "Budi salah bayar"})
	w.want(kept, "refused", redemptions.ClockUntrusted, "quarantined")
	w.want(good, "granted", "")
	w.want(void, "granted", "")
	count := func(want int64, what string) {
		t.Helper()
		if n := scalar(t, w.Shop, "SELECT count(*) FROM till_items WHERE "+what); n != want {
			t.Errorf("%d items with %s, want %d", n, what, want)
		}
	}
	count(1, "text_sealed IS NOT NULL")
	count(1, "note <> ''")
	if err := w.Redemptions.Erase(testkit.System(t), w.Person(t)); err != nil { // somebody else
		t.Fatal(err)
	}
	count(1, "text_sealed IS NOT NULL")
	if err := w.Redemptions.Erase(testkit.System(t), w.person); err != nil {
		t.Fatal(err)
	}
	count(0, "text_sealed IS NOT NULL")
	count(0, "note <> ''")
	w.want(kept, "refused", redemptions.ClockUntrusted, "quarantined")
	w.want(good, "granted", "")
	w.want(void, "granted", "")
	verify(t, w.Shop)
}
