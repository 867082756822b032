package redemptions_test

import (
	"testing"

	"github.com/google/uuid"
)

func TestSeveralVoidsWaitForOneUse(t *testing.T) {
	w := newTable(t, perMonth(1))
	key := uuid.New()
	use := w.use(map[string]any{"jti": key})
	var voids []string
	for range 3 {
		_, void := w.till.Void(t, key, nil)
		voids = append(voids, void)
		if r := w.want(void, "granted", ""); r.ID != nil {
			t.Errorf("got %v, want a void that waits", r.ID)
		}
	}
	id := w.want(use, "granted", "").ID
	for _, void := range voids {
		if r := w.want(void, "granted", ""); r.ID == nil || *r.ID != *id {
			t.Errorf("got %v, want the void tied to %v", r.ID, id)
		}
	}
	w.counters(0, 0)
	if n := scalar(t, w.Shop, "SELECT count(*) FROM redemption_actions"); n != 1 {
		t.Errorf("%d voids of one use, want 1", n)
	}
	verify(t, w.Shop)
}
