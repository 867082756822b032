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
	"github.com/berlaku/berlaku/participants"
)

func me(t testing.TB, id uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: id, Permissions: []actor.Permission{actor.OwnRecords}})
}

func (w *world) ask(t testing.TB, id uuid.UUID, kind participants.RequestKind, note pii.Text) participants.DataRequest {
	t.Helper()
	w.clock.Advance(time.Second) // lists run by time
	r, _, err := w.Ask(me(t, id), kind, note)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsDoneAtOnceAndWhatWaits(t *testing.T) {
	w := newWorld(t)
	n := person(1)
	n.Consent = &participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}
	p, err := w.Create(w.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[participants.RequestKind]participants.RequestState{
		participants.AskSee: participants.RequestDone, participants.AskExport: participants.RequestDone, participants.AskWithdraw: participants.RequestDone,
		participants.AskCorrect: participants.RequestOpen, participants.AskErase: participants.RequestOpen,
	} {
		r := w.ask(t, p.ID, kind, "tolong")
		if r.State != want || r.BranchID != palu || !r.DueAt.Equal(w.clock.Now().Add(72*time.Hour)) || (r.DecidedAt != nil) != (want == participants.RequestDone) {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if got := w.standing(t, p.ID); !got.Restricted || got.Valid {
		t.Errorf("after the withdrawal: %+v", got)
	}
	if n := w.count(t, "SELECT count(*) FROM consents WHERE withdrawn_at IS NULL"); n != 0 {
		t.Errorf("%d consents are in force", n)
	}
	for kind, want := range map[string]int{"data_request.opened": 2, "data_request.done": 3} {
		if n := w.count(t, "SELECT count(*) FROM outbox WHERE kind = ?", kind); n != want {
			t.Errorf("%d events %s, want %d", n, kind, want)
		}
	}
	if n := w.count(t, "SELECT count(*) FROM outbox WHERE payload LIKE '%tolong%'"); n != 0 {
		t.Error("an event tells what the person wrote")
	}
	w.verifyAudit(t)
}

func TestWithdrawingWithoutAConsentRestrictsToo(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	w.ask(t, p.ID, participants.AskWithdraw, "")
	if !w.standing(t, p.ID).Restricted {
		t.Error("data that came by an import are processed on")
	}
	notice := participants.PrivacyNotice()
	if err := w.ConsentAgain(me(t, p.ID), notice.Version, []byte("another text")); !errors.Is(err, participants.ErrConsentVersion) {
		t.Errorf("another text: %v", err)
	}
	if err := w.ConsentAgain(me(t, p.ID), notice.Version, notice.Hash[:]); err != nil || w.standing(t, p.ID).Restricted {
		t.Errorf("after the consent: %v", err)
	}
}

func TestASecondRequestIsTheFirst(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	first := w.ask(t, p.ID, participants.AskErase, "satu")
	again, made, err := w.Ask(me(t, p.ID), participants.AskErase, "dua")
	if err != nil || made || again.ID != first.ID || again.Note != "satu" {
		t.Errorf("%+v %v %v", again, made, err)
	}
	other := w.ask(t, p.ID, participants.AskCorrect, "")
	if other.ID == first.ID {
		t.Error("another kind is another request")
	}
	if err := w.CancelRequest(me(t, p.ID), first.ID); err != nil {
		t.Error(err)
	}
	if err := w.CancelRequest(me(t, p.ID), first.ID); err != nil {
		t.Errorf("twice: %v", err)
	}
	w.clock.Advance(time.Second)
	if next, made, err := w.Ask(me(t, p.ID), participants.AskErase, ""); err != nil || !made || next.ID == first.ID {
		t.Errorf("after taking it back: %+v %v %v", next, made, err)
	}
	stranger := w.create(t, 2)
	if err := w.CancelRequest(me(t, stranger.ID), other.ID); !errors.Is(err, participants.ErrRequestNotFound) {
		t.Errorf("of somebody else: %v", err)
	}
	list, err := w.OwnRequests(me(t, p.ID), page.Request{Limit: 2})
	if err != nil || len(list.Items) != 2 || list.NextCursor == "" || list.Items[1].Kind != participants.AskCorrect {
		t.Errorf("own list: %+v %v", list, err)
	}
	if list, err := w.OwnRequests(me(t, stranger.ID), page.Request{Limit: 10}); err != nil || len(list.Items) != 0 {
		t.Errorf("the stranger's: %+v %v", list, err)
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	for name, c := range map[string]struct {
		ctx  context.Context
		kind participants.RequestKind
		note pii.Text
		want error
	}{
		"by staff":             {as(w.ctx, actor.BranchOfficer, palu), participants.AskSee, "", participants.ErrNotFound},
		"of nobody":            {me(t, uuid.New()), participants.AskSee, "", participants.ErrNotFound},
		"an unknown kind":      {me(t, p.ID), "sell", "", participants.ErrInvalid},
		"a note too long":      {me(t, p.ID), participants.AskCorrect, pii.Text(strings.Repeat("é", 1001)), participants.ErrRequestText},
		"a control character":  {me(t, p.ID), participants.AskCorrect, "a\x00b", participants.ErrRequestText},
		"what is not of UTF-8": {me(t, p.ID), participants.AskCorrect, "a\xffb", participants.ErrRequestText},
	} {
		if _, _, err := w.Ask(c.ctx, c.kind, c.note); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r := w.ask(t, p.ID, participants.AskCorrect, pii.Text(strings.Repeat("é", 999)+"\r\n")); len([]rune(r.Note.Reveal())) != 999 {
		t.Errorf("a long note was kept with %d characters", len([]rune(r.Note.Reveal())))
	}
}

func TestStaffHandleRequestsWithinReach(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	r := w.ask(t, p.ID, participants.AskCorrect, "nama saya salah")
	officer, stranger := as(w.ctx, actor.BranchOfficer, palu), as(w.ctx, actor.BranchOfficer, donggala)
	if _, err := w.Request(stranger, r.ID); !errors.Is(err, participants.ErrRequestNotFound) {
		t.Errorf("another branch reads it: %v", err)
	}
	if _, err := w.CompleteRequest(stranger, r.ID, "sudah"); !errors.Is(err, participants.ErrRequestNotFound) {
		t.Errorf("another branch answers it: %v", err)
	}
	if list, err := w.Requests(stranger, participants.RequestFilter{}, page.Request{Limit: 10}); err != nil || len(list.Items) != 0 {
		t.Errorf("another branch lists %v, %v", list.Items, err)
	}
	list, err := w.Requests(officer, participants.RequestFilter{State: participants.RequestOpen, Kind: participants.AskCorrect}, page.Request{Limit: 10})
	if err != nil || len(list.Items) != 1 || list.Items[0].Note != "" || list.Items[0].Overdue {
		t.Errorf("the list: %+v, %v", list.Items, err)
	}
	if got, err := w.Request(officer, r.ID); err != nil || got.Note != "nama saya salah" {
		t.Errorf("read: %+v %v", got, err)
	}
	if _, err := w.CompleteRequest(officer, r.ID, "  "); !errors.Is(err, participants.ErrRequestText) {
		t.Errorf("an empty answer: %v", err)
	}
	if _, err := w.PrepareErasure(officer, r.ID); !errors.Is(err, participants.ErrRequestKind) {
		t.Errorf("a correction prepared as an erasure: %v", err)
	}
	done, err := w.CompleteRequest(officer, r.ID, "Nama sudah diperbaiki.")
	if err != nil || done.State != participants.RequestDone || done.DecidedBy != actor.From(officer).ID {
		t.Errorf("completed: %+v %v", done, err)
	}
	if _, err := w.RefuseRequest(officer, r.ID, "terlambat"); !errors.Is(err, participants.ErrRequestState) {
		t.Errorf("decided twice: %v", err)
	}
	own, err := w.OwnRequests(me(t, p.ID), page.Request{Limit: 10})
	if err != nil || own.Items[0].Answer != "Nama sudah diperbaiki." {
		t.Errorf("the person reads %+v, %v", own.Items, err)
	}
	w.verifyAudit(t)
}

func TestNobodyApprovesTheirOwnPreparation(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	r := w.ask(t, p.ID, participants.AskErase, "")
	officer, supervisor, other := as(w.ctx, actor.BranchOfficer, palu), as(w.ctx, actor.BranchSupervisor, palu), as(w.ctx, actor.BranchSupervisor, palu)
	if _, err := w.ApproveErasure(other, r.ID); !errors.Is(err, participants.ErrRequestState) {
		t.Errorf("before it was prepared: %v", err)
	}
	if _, err := w.PrepareErasure(supervisor, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.PrepareErasure(other, r.ID); !errors.Is(err, participants.ErrRequestState) {
		t.Errorf("prepared twice: %v", err)
	}
	if _, err := w.ApproveErasure(supervisor, r.ID); !errors.Is(err, participants.ErrOwnPreparation) {
		t.Errorf("by the same: %v", err)
	}
	for name, ctx := range map[string]context.Context{"an officer": officer, "another branch": as(w.ctx, actor.BranchSupervisor, donggala)} {
		if _, err := w.ApproveErasure(ctx, r.ID); !errors.Is(err, participants.ErrRequestNotFound) {
			t.Errorf("by %s: %v", name, err)
		}
	}
	if _, err := w.Get(w.ctx, p.ID); err != nil {
		t.Fatalf("erased too early: %v", err)
	}
	if done, err := w.ApproveErasure(other, r.ID); err != nil || done.State != participants.RequestDone {
		t.Errorf("by another: %+v %v", done, err)
	}
	if _, err := w.Get(w.ctx, p.ID); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("after it: %v", err)
	}
	w.verifyAudit(t)
}

func TestAnOverdueRequestIsToldOnce(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	r := w.ask(t, p.ID, participants.AskCorrect, "")
	w.ask(t, p.ID, participants.AskSee, "") // done: never late
	told := func(want int64) {
		t.Helper()
		if n, err := w.TellOverdue(w.ctx); err != nil || n != want {
			t.Errorf("%d told, %v; want %d", n, err, want)
		}
	}
	told(0)
	w.clock.Set(r.DueAt)
	told(0)
	w.clock.Advance(time.Second)
	told(1)
	w.clock.Advance(time.Hour)
	told(0)
	if got, err := w.Request(as(w.ctx, actor.BranchOfficer, palu), r.ID); err != nil || !got.Overdue {
		t.Errorf("%+v %v", got, err)
	}
	if n := w.count(t, "SELECT count(*) FROM outbox WHERE kind = 'data_request.overdue'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestOwnDataIsWholeButForTheNumbers(t *testing.T) {
	w := newWorld(t)
	n := person(1)
	n.BirthOn, n.Consent = "1970-02-03", &participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByAgent}
	p, err := w.Create(w.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Own(me(t, p.ID))
	if err != nil || got.Name != n.Name || got.BirthOn != n.BirthOn || got.Phone != "+6281234567890" || got.IDNumberMasked != "************0002" ||
		got.Branch == "" || len(got.Memberships) != 1 || !strings.HasPrefix(got.Memberships[0].KPJMasked, "*******") || len(got.Consents) != 1 ||
		got.Consents[0].Channel != participants.ByAgent {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := w.Own(as(w.ctx, actor.BranchSupervisor, palu)); !errors.Is(err, participants.ErrNotFound) {
		t.Errorf("staff: %v", err)
	}
}
