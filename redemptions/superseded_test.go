package redemptions_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

// A till holds a version for as long as its allowance of it: the generous terms
// of long ago are not to be had by naming their number.
func TestAVersionThatWasReplacedLongBefore(t *testing.T) {
	w := newTable(t, nil)
	terms := w.Terms()
	offline(&terms)
	terms.Value = 10
	if _, err := w.Benefits.Revise(w.Owner(t), w.promo, "Diskon jasa servis", terms); err != nil {
		t.Fatal(err)
	}
	w.Publish(t, w.promo)
	at := func(off time.Duration, allowance any) string {
		return w.use(shop.Members{"scanned_at": w.Unix(off), "occurred_at": w.Unix(off), "allowance": allowance})
	}
	w.Clock.Advance(benefits.AllowanceLife)
	w.want(at(0, w.allowance), "granted", "")
	w.want(at(0, nil), "granted", "", "no_allowance") // it might have been returned
	w.Clock.Advance(6 * 24 * time.Hour)
	w.want(at(-6*24*time.Hour, w.allowance), "granted", "")
	for name, allowance := range map[string]any{"none": nil, "its own": w.allowance, "another's": uuid.New()} {
		if r := w.one(at(-5*24*time.Hour, allowance)); r.Outcome != "refused" || r.Reason != string(redemptions.BenefitNotLive) {
			t.Errorf("under an allowance (%s): got %s %q, want it refused", name, r.Outcome, r.Reason)
		}
	}
	w.want(w.use(shop.Members{"version": 2, "discount": 5_000, "net": 45_000, "allowance": nil}), "granted", "", "no_allowance")
}
