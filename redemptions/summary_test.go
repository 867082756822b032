package redemptions

import (
	"testing"

	"github.com/berlaku/berlaku/benefits"
)

func TestTheCounterIsNotToldThePromosTotals(t *testing.T) {
	n := int64(20_000)
	terms := benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20,
		Limits: benefits.Limits{Participant: &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}, OutletPerDay: &n, TotalCount: &n, TotalAmount: &n},
	}
	if got := summaryOf(terms); got.ID != "20 % dari jasa, sekali sebulan" || got.EN != "20 % off labour, once a month" {
		t.Errorf("the counter reads %+v", got)
	}
	if terms.Limits.TotalCount == nil {
		t.Error("the terms lost their totals")
	}
}
