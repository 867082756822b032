package participants_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
)

// counter lets so many through.
type counter struct{ left int }

func (c *counter) Allow(context.Context, string, int, time.Duration) (bool, time.Duration, error) {
	c.left--
	return c.left >= 0, 7 * time.Minute, nil
}

func TestMaskedShowsNoNameToWhoMayReadThem(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, palu)
	open, err := w.Get(officer, p.ID)
	if err != nil || strings.Contains(open.Name.Reveal(), "*") {
		t.Fatalf("%s, %v", open.Name.Reveal(), err)
	}
	profile, err := w.Profile(officer, p.ID)
	if err != nil || !strings.Contains(profile.Name.Reveal(), "*") || len(profile.Memberships) == 0 || len(profile.History) == 0 || profile.Branch.ID != palu {
		t.Errorf("%+v, %v", profile, err)
	}
	list, err := w.List(participants.Masked(officer), participants.Filter{}, page.Request{Limit: 5})
	if err != nil || len(list.Items) != 1 || !strings.Contains(list.Items[0].Name.Reveal(), "*") {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := w.Profile(shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Donggala), p.ID); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("of another branch: %v", err)
	}
}

func TestEachRevealIsALookOfItsOwn(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, palu)
	for range 2 {
		got, err := w.Reveal(officer, p.ID, participants.ForService, "peserta  di loket")
		if err != nil || len(got.IDNumber) != 16 || len(got.KPJ) != 1 {
			t.Fatalf("%v", err)
		}
		w.clock.Advance(time.Second)
	}
	if n := w.count(t, "SELECT count(*) FROM data_accesses WHERE whole"); n != 2 {
		t.Errorf("%d looks at everything", n)
	}
	if n := w.count(t, "SELECT count(*) FROM data_accesses WHERE CAST(note_sealed AS text) LIKE '%loket%'"); n != 0 {
		t.Error("the words lie open in the database")
	}
	looks, err := w.OwnAccesses(me(t, p.ID), page.Request{Limit: 5})
	if err != nil || len(looks.Items) != 2 || looks.Items[0].Reason != participants.ForService || looks.Items[0].Action != "view" {
		t.Errorf("the person sees %+v, %v", looks.Items, err)
	}
	for name, err := range map[string]error{
		"no words":       revealErr(w.Reveal(officer, p.ID, participants.ForService, "ya")),
		"no reason":      revealErr(w.Reveal(officer, p.ID, "curious", "ingin tahu saja")),
		"too many words": revealErr(w.Reveal(officer, p.ID, participants.ForService, pii.Text(strings.Repeat("panjang ", 50)))),
	} {
		if !errors.Is(err, participants.ErrLookReason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	viewer := shop.As(t, actor.BranchViewer, actor.BranchScope, palu)
	if err := revealErr(w.Reveal(viewer, p.ID, participants.ForService, "ingin tahu saja")); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("a viewer: %v", err)
	}
	w.verifyAudit(t)
}

func revealErr(_ participants.Whole, err error) error { return err }

func TestSearchesAreCounted(t *testing.T) {
	w := newWorld(t)
	w.LimitClaims(&counter{left: 2})
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, palu)
	search := func() error {
		_, err := w.List(officer, participants.Filter{KPJ: "23000000001"}, page.Request{Limit: 1})
		return err
	}
	for range 2 {
		if err := search(); err != nil {
			t.Error(err)
		}
	}
	err := search()
	late, ok := errors.AsType[*participants.SearchLimitError](err)
	if !errors.Is(err, participants.ErrSearches) || !ok || late.RetryAfter() != 7*time.Minute {
		t.Errorf("the third: %v", err)
	}
	if _, err := w.List(officer, participants.Filter{}, page.Request{Limit: 1}); err != nil {
		t.Errorf("a list is no search: %v", err)
	}
}

func TestWhatIsAskedAtADesk(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, palu)
	q, made, err := w.AskFor(officer, p.ID, participants.AskExport, "di loket")
	if err != nil || !made || q.State != participants.RequestOpen || !q.DueAt.Equal(w.clock.Now().Add(72*time.Hour)) {
		t.Fatalf("%+v %v", q, err)
	}
	if again, made, err := w.AskFor(officer, p.ID, participants.AskExport, ""); err != nil || made || again.ID != q.ID {
		t.Errorf("again: %+v %v %v", again, made, err)
	}
	if open, late, err := w.Waiting(officer); err != nil || open != 1 || late != 0 {
		t.Errorf("%d wait, %d late, %v", open, late, err)
	}
	stranger := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	if _, _, err := w.AskFor(stranger, p.ID, participants.AskErase, ""); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("another branch: %v", err)
	}
	if _, err := w.HandOver(stranger, q.ID); !errors.Is(err, participants.ErrRequestNotFound) {
		t.Errorf("another branch: %v", err)
	}
	for range 2 { // again is fine
		if own, err := w.HandOver(officer, q.ID); err != nil || own.ID != p.ID {
			t.Errorf("%v", err)
		}
	}
	if done, err := w.Request(officer, q.ID); err != nil || done.State != participants.RequestDone {
		t.Errorf("%s, %v", done.State, err)
	}
	erase, _, err := w.AskFor(officer, p.ID, participants.AskErase, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.HandOver(officer, erase.ID); !errors.Is(err, participants.ErrRequestKind) {
		t.Errorf("an erasure is no copy: %v", err)
	}
	if out, _, err := w.AskFor(officer, p.ID, participants.AskWithdraw, ""); err != nil || out.State != participants.RequestDone || !w.standing(t, p.ID).Restricted {
		t.Errorf("withdrawing: %+v %v", out, err)
	}
	w.clock.Advance(80 * time.Hour)
	if open, late, err := w.Waiting(officer); err != nil || open != 1 || late != 1 {
		t.Errorf("%d wait, %d late, %v", open, late, err)
	}
	if list, err := w.Requests(officer, participants.RequestFilter{Overdue: true}, page.Request{Limit: 5}); err != nil || len(list.Items) != 1 || list.Items[0].ID != erase.ID {
		t.Errorf("overdue: %+v %v", list.Items, err)
	}
	w.verifyAudit(t)
}

func TestAStatusIsSetWithoutTheKPJ(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, palu)
	m, err := w.SetStatus(officer, p.ID, p.Memberships[0].ID, participants.NewStatus{Status: participants.Inactive})
	if err != nil || m.Status != participants.Inactive || m.KPJMasked != p.Memberships[0].KPJMasked || w.standing(t, p.ID).Valid {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := w.SetStatus(officer, p.ID, uuid.New(), participants.NewStatus{Status: participants.Active}); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("a membership that there is not: %v", err)
	}
	viewer := shop.As(t, actor.BranchViewer, actor.BranchScope, palu)
	if _, err := w.SetStatus(viewer, p.ID, m.ID, participants.NewStatus{Status: participants.Active}); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("a viewer: %v", err)
	}
}
