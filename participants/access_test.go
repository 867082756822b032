package participants_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

func (w *world) looks(t testing.TB, id uuid.UUID) []participants.Access {
	t.Helper()
	l, err := w.OwnAccesses(me(t, id), page.Request{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for i := range l.Items {
		l.Items[i].ID, l.Items[i].At = uuid.Nil, time.Time{}
	}
	return l.Items
}

func TestEveryLookIsNotedOnceAnHour(t *testing.T) {
	w := newWorld(t)
	p, q := w.create(t, 1), w.create(t, 2)
	officer := as(w.ctx, actor.BranchOfficer, palu)
	view := func(ctx context.Context) {
		t.Helper()
		if _, err := w.Get(ctx, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	entries := w.count(t, "SELECT count(*) FROM audit_entries")
	view(w.ctx) // the program itself
	if len(w.looks(t, p.ID)) != 0 {
		t.Error("what the program does is no look")
	}
	for range 3 {
		view(officer)
		w.clock.Advance(time.Second)
		view(participants.WithReason(officer, participants.ForCard))
		view(participants.WithReason(officer, "curiosity")) // is no reason
	}
	want := []participants.Access{
		{Role: actor.BranchOfficer, Branch: "Palu", Action: "view", Reason: participants.ForCard},
		{Role: actor.BranchOfficer, Branch: "Palu", Action: "view", Reason: participants.Unspecified},
	}
	got := w.looks(t, p.ID)
	for i := range got {
		want[i].Branch = got[i].Branch
	}
	if d := cmp.Diff(want, got); d != "" || got[0].Branch == "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if n := w.count(t, "SELECT count(*) FROM audit_entries"); n != entries+2 {
		t.Errorf("%d audit entries, want one for each new look", n-entries)
	}
	w.clock.Advance(time.Hour)
	view(officer)
	if n := len(w.looks(t, p.ID)); n != 3 {
		t.Errorf("%d looks after an hour", n)
	}
	if n := len(w.looks(t, q.ID)); n != 0 {
		t.Errorf("the other one has %d", n)
	}
	w.verifyAudit(t)
}

func TestListsAndSearchesAreLooksAtEverybodyOnThePage(t *testing.T) {
	w := newWorld(t)
	var ids [3]uuid.UUID
	for i := range ids {
		w.clock.Advance(time.Second) // lists run by time
		ids[i] = w.create(t, i+1).ID
	}
	dpo := actor.With(w.ctx, actor.Actor{Kind: actor.Account, ID: uuid.New(), Grants: []actor.Grant{{Role: actor.DataProtectionOfficer, Scope: actor.National}}})
	if l, err := w.List(dpo, participants.Filter{}, page.Request{Limit: 2}); err != nil || len(l.Items) != 2 {
		t.Fatal(l, err)
	}
	w.clock.Advance(time.Second)
	if _, err := w.List(dpo, participants.Filter{KPJ: kpj(2)}, page.Request{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.List(dpo, participants.Filter{KPJ: kpj(77)}, page.Request{Limit: 2}); err != nil { // finds nobody
		t.Fatal(err)
	}
	look := participants.Access{Role: actor.DataProtectionOfficer, Action: "list", Reason: participants.Unspecified}
	found := look
	found.Action = "search"
	for id, want := range map[uuid.UUID][]participants.Access{ids[0]: nil, ids[1]: {found, look}, ids[2]: {look}} {
		got := w.looks(t, id)
		if len(got) == 0 {
			got = nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestALookAtARequestIsNoted(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	id := w.ask(t, p.ID, participants.AskCorrect, "salah").ID
	officer := participants.WithReason(as(w.ctx, actor.BranchOfficer, palu), participants.ForDataRequest)
	if _, err := w.Request(officer, id); err != nil {
		t.Fatal(err)
	}
	if got := w.looks(t, p.ID); len(got) != 1 || got[0].Action != "data_request" || got[0].Reason != participants.ForDataRequest {
		t.Errorf("%+v", got)
	}
}

func TestWhatAStepShowsIsNotedToo(t *testing.T) {
	w := newWorld(t)
	p, q, r := w.create(t, 1), w.create(t, 2), w.create(t, 3)
	officer := as(w.ctx, actor.BranchOfficer, palu)
	if _, err := w.Update(officer, p.ID, participants.Change{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.PrepareErasure(officer, w.ask(t, q.ID, participants.AskErase, "tolong").ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.PrepareErasure(officer, w.ask(t, r.ID, participants.AskErase, "").ID); err != nil {
		t.Fatal(err)
	}
	if got := w.looks(t, p.ID); len(got) != 1 || got[0].Action != "view" {
		t.Errorf("a change that changes nothing shows the person: %+v", got)
	}
	if got := w.looks(t, q.ID); len(got) != 1 || got[0].Action != "data_request" || got[0].Reason != participants.ForDataRequest {
		t.Errorf("a step shows what the person wrote: %+v", got)
	}
	if got := w.looks(t, r.ID); len(got) != 0 {
		t.Errorf("nothing was shown: %+v", got)
	}
	w.verifyAudit(t)
}

func TestLooksAreKeptForAYear(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	if _, err := w.Get(as(w.ctx, actor.BranchViewer, palu), p.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(w.clock.Now().AddDate(0, 12, 0))
	if n, err := w.SweepAccesses(w.ctx); err != nil || n != 0 {
		t.Errorf("on the last day: %d, %v", n, err)
	}
	w.clock.Advance(time.Second)
	if n, err := w.SweepAccesses(w.ctx); err != nil || n != 1 {
		t.Errorf("a second later: %d, %v", n, err)
	}
}
