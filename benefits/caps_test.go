package benefits_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
)

// Two persons decide above the cap. Raising the cap is no way around the second.
func TestWhoRaisedTheCapDoesNotApproveByItAlone(t *testing.T) {
	w := newWorld(t)
	terms := good(w.outlets...)
	terms.Limits.TotalAmount = new(benefits.DefaultCap + 1)
	b := must[benefits.Benefit](t)(w.Create(w.owner, w.partner.ID, "Besar", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	if err := w.SetCap(w.national, benefits.Cap{BranchID: palu, Amount: 10 * benefits.DefaultCap, OpenEnded: true}); err != nil {
		t.Fatal(err)
	}
	if got := must[benefits.Benefit](t)(w.Approve(w.national, b.ID, benefits.Seen{})); got.VersionState != benefits.VersionSubmitted {
		t.Errorf("by who raised the cap: %s", got.VersionState)
	}
	if _, err := w.Approve(w.national, b.ID, benefits.Seen{}); !errors.Is(err, benefits.ErrSecondPerson) {
		t.Errorf("once more: %v", err)
	}
	if got := must[benefits.Benefit](t)(w.Approve(w.supervisor, b.ID, benefits.Seen{})); got.VersionState != benefits.VersionApproved {
		t.Errorf("by the branch, within its new cap: %s", got.VersionState)
	}
	small := w.propose(t)
	must[benefits.Benefit](t)(w.Submit(w.owner, small.ID))
	if got := must[benefits.Benefit](t)(w.Approve(w.national, small.ID, benefits.Seen{})); got.VersionState != benefits.VersionApproved {
		t.Errorf("what never needed a second: %s", got.VersionState)
	}
	other := as(t, actor.ProgrammeAdmin, actor.National, uuid.Nil)
	must[benefits.Benefit](t)(w.Revise(w.owner, b.ID, "Besar", terms))
	must[benefits.Benefit](t)(w.Submit(w.owner, b.ID))
	if got := must[benefits.Benefit](t)(w.Approve(other, b.ID, benefits.Seen{})); got.VersionState != benefits.VersionApproved {
		t.Errorf("by somebody else of headquarters: %s", got.VersionState)
	}
}
