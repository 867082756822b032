package redemptions_test

import (
	"testing"

	"github.com/berlaku/berlaku/redemptions"
)

// A till that gave up waiting takes the use back by an item, and only then the
// request arrives that was on its way: the use does not stand.
func TestARequestThatComesAfterItsVoid(t *testing.T) {
	w := newTable(t, perMonth(1))
	r := request(w.card, w.promo, 50_000)
	_, void := w.till.Void(t, r.Key, nil)
	if got := w.want(void, "granted", ""); got.ID != nil {
		t.Fatalf("got %v, want a void that waits", got.ID)
	}
	got, replayed, err := w.Redemptions.Redeem(w.till.Context(t), r)
	if err != nil || replayed || got.Outcome != redemptions.Granted || got.State != redemptions.Voided {
		t.Fatalf("got %s, %s, %v, want it granted and void", got.Outcome, got.State, err)
	}
	again, replayed, err := w.Redemptions.Redeem(w.till.Context(t), r)
	if err != nil || !replayed || again.ID != got.ID || again.State != redemptions.Voided {
		t.Errorf("repeated: got %s, %v, want the same, void", again.State, err)
	}
	if v := w.want(void, "granted", ""); v.ID == nil || *v.ID != got.ID {
		t.Errorf("got %v, want the void tied to %v", v.ID, got.ID)
	}
	w.counters(0, 0)
	verify(t, w.Shop)
}
