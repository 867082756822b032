package notices_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/notices"
)

// post keeps what would have been mailed.
type post struct{ texts []string }

func (*post) Mails() bool { return true }

func (p *post) Mail(_ context.Context, _ uuid.UUID, _, text pii.Text) error {
	p.texts = append(p.texts, text.Reveal())
	return nil
}

type homes map[uuid.UUID]uuid.UUID

func (h homes) Home(_ context.Context, id uuid.UUID) (uuid.UUID, string, error) {
	return h[id], "", nil
}

type world struct {
	*notices.Service
	db     *database.DB
	clock  *clock.Manual
	events *events.Service
	post   *post
	homes  homes
	known  map[uuid.UUID]notices.Reader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: testkit.DB(t), clock: testkit.Clock(), post: &post{}, homes: homes{}, known: map[uuid.UUID]notices.Reader{}}
	w.events = events.New(w.db, w.clock)
	w.Service = notices.New(notices.Deps{
		DB: w.db, Clock: w.clock, Homes: w.homes, Post: w.post, PublicURL: "https://berlaku.example",
		Readers: func(_ context.Context, id uuid.UUID) (notices.Reader, error) {
			r, ok := w.known[id]
			if !ok {
				return notices.Reader{}, notices.ErrNotFound
			}
			return r, nil
		},
	})
	w.events.OnPublish(w.Take)
	return w
}

func (w *world) publish(t *testing.T, e events.Event) {
	t.Helper()
	w.clock.Advance(time.Second)
	if err := w.db.InTx(testkit.System(t), func(ctx context.Context) error { return w.events.Publish(ctx, e) }); err != nil {
		t.Fatal(err)
	}
}

func (w *world) kinds(ctx context.Context, t *testing.T, f notices.Filter) (out []string) {
	t.Helper()
	p, err := w.List(ctx, f, page.Request{Limit: page.Max})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Items {
		out = append(out, string(n.Kind))
	}
	return out
}

func (w *world) unread(ctx context.Context, t *testing.T, want int) {
	t.Helper()
	if n, err := w.Unread(ctx); err != nil || n != want {
		t.Errorf("%d unread, %v; want %d", n, err, want)
	}
}

func TestWhoIsToldFollowsFromBranchPartnerAndPermission(t *testing.T) {
	w := newWorld(t)
	partner, person := uuid.New(), uuid.New()
	w.homes[person] = shop.Palu
	palu := map[string]any{"branch_id": shop.Palu}
	for _, e := range []events.Event{
		{Kind: "agreement.ending", SubjectID: uuid.New(), PartnerID: partner, Payload: palu},
		{Kind: "partner.submitted", SubjectID: partner, PartnerID: partner, Payload: palu},
		{Kind: "redemption.disputed", SubjectID: uuid.New(), PartnerID: partner, ParticipantID: person, Payload: struct{}{}},
		{Kind: "data_request.overdue", SubjectID: uuid.New(), ParticipantID: person, Payload: palu},
		{Kind: "card.issued", SubjectID: uuid.New(), ParticipantID: person, Payload: palu},
		{Kind: "till.silent", SubjectID: uuid.New(), Payload: nil}, // names nobody: passed over
	} {
		w.publish(t, e)
	}
	for _, c := range []struct {
		who  string
		ctx  context.Context
		want string
	}{
		{"officer", shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu), "data_request.overdue agreement.ending"},
		{"supervisor", shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Palu), "data_request.overdue redemption.disputed partner.submitted agreement.ending"},
		{"viewer", shop.As(t, actor.BranchViewer, actor.BranchScope, shop.Palu), ""},
		{"another branch", shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Donggala), ""},
		{"owner", shop.As(t, actor.PartnerOwner, actor.PartnerScope, partner), "redemption.disputed agreement.ending"},
		{"another owner", shop.As(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()), ""},
		{"DPO", shop.As(t, actor.DataProtectionOfficer, actor.National, uuid.Nil), "data_request.overdue"},
		{"analyst", shop.As(t, actor.HQAnalyst, actor.National, uuid.Nil), ""},
	} {
		if got := strings.Join(w.kinds(c.ctx, t, notices.Filter{}), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.who, got, c.want)
		}
	}
}

func TestANoticeHoldsNothingPersonal(t *testing.T) {
	w := newWorld(t)
	w.publish(t, events.Event{Kind: "import.finished", SubjectID: uuid.New(), Payload: map[string]any{
		"branch_id": shop.Palu, "created": 12, "state": "done", "name": "Budi Santoso", "participant_id": uuid.New(), "file": "Peserta Palu.xlsx",
	}})
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu)
	p, err := w.List(officer, notices.Filter{}, page.Request{Limit: 5})
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("%d, %v", len(p.Items), err)
	}
	n := p.Items[0]
	if n.Param("created") != "12" || n.Param("state") != "done" || n.Param("name") != "" || n.Param("file") != "" || n.Param("participant_id") != "" {
		t.Errorf("holds %v", n.Params)
	}
}

func TestReadingIsOnesOwn(t *testing.T) {
	w := newWorld(t)
	one, two := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu), shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu)
	other := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Donggala)
	for range 3 {
		w.publish(t, events.Event{Kind: "quota.low", SubjectID: uuid.New(), Payload: map[string]any{"branch_id": shop.Palu}})
	}
	w.unread(one, t, 3)
	p, err := w.List(one, notices.Filter{}, page.Request{Limit: 2})
	if err != nil || len(p.Items) != 2 || p.NextCursor == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	id := p.Items[0].ID
	for range 2 { // twice is once
		if err := w.MarkRead(one, id); err != nil {
			t.Error(err)
		}
	}
	if err := w.MarkRead(other, id); !errors.Is(err, notices.ErrNotFound) {
		t.Errorf("of another branch: %v", err)
	}
	if _, err := w.Get(other, id); !errors.Is(err, notices.ErrNotFound) {
		t.Errorf("of another branch: %v", err)
	}
	w.unread(one, t, 2)
	w.unread(two, t, 3)
	if got := w.kinds(one, t, notices.Filter{Unread: true}); len(got) != 2 {
		t.Errorf("%d in the list of the unread", len(got))
	}
	if err := w.MarkAllRead(one); err != nil {
		t.Error(err)
	}
	w.unread(one, t, 0)
	w.unread(two, t, 3)
	w.publish(t, events.Event{Kind: "quota.low", SubjectID: uuid.New(), Payload: map[string]any{"branch_id": shop.Palu}})
	w.unread(one, t, 1)
}

func TestMailsHoldCountsAndLeaveOnce(t *testing.T) {
	w := newWorld(t)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu)
	w.known[actor.From(officer).ID] = notices.Reader{Actor: actor.From(officer), Email: "petugas@contoh.example"}
	tell := func(kind string) {
		w.publish(t, events.Event{Kind: kind, SubjectID: uuid.New(), Payload: map[string]any{"branch_id": shop.Palu}})
	}
	mail := func(want int64) {
		t.Helper()
		w.clock.Advance(time.Second)
		if n, err := w.Mail(testkit.System(t)); err != nil || n != want {
			t.Errorf("%d mails, %v; want %d", n, err, want)
		}
	}
	tell("quota.low")
	if err := w.SetSettings(officer, map[notices.Kind]notices.Mailing{notices.QuotaLow: notices.MailNow, notices.ImportFinished: notices.MailDaily}); err != nil {
		t.Fatal(err)
	}
	mail(0) // what was before is not mailed
	tell("quota.low")
	tell("quota.low")
	tell("import.finished")
	mail(1)
	mail(0)
	if len(w.post.texts) != 1 || !strings.Contains(w.post.texts[0], ": 2\n") || !strings.Contains(w.post.texts[0], "https://berlaku.example/konsol/pemberitahuan") ||
		strings.Contains(w.post.texts[0], "Impor") {
		t.Errorf("mailed %q", w.post.texts)
	}
	w.clock.Advance(29 * time.Hour) // past seven of the next day
	mail(1)
	mail(0)
	if !strings.Contains(w.post.texts[1], "Impor selesai / Import finished: 1") {
		t.Errorf("the daily one: %q", w.post.texts[1])
	}
	if err := w.SetSettings(officer, nil); err != nil {
		t.Fatal(err)
	}
	tell("quota.low")
	mail(0)
	if err := w.SetSettings(officer, map[notices.Kind]notices.Mailing{notices.PartnerSubmitted: notices.MailNow}); !errors.Is(err, notices.ErrSetting) {
		t.Errorf("a kind of which one never hears: %v", err)
	}
	if err := w.SetSettings(officer, map[notices.Kind]notices.Mailing{notices.QuotaLow: "hourly"}); !errors.Is(err, notices.ErrSetting) {
		t.Errorf("a way that there is not: %v", err)
	}
}

func TestOldNoticesGo(t *testing.T) {
	w := newWorld(t)
	officer := shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu)
	w.publish(t, events.Event{Kind: "quota.low", SubjectID: uuid.New(), Payload: map[string]any{"branch_id": shop.Palu}})
	p, err := w.List(officer, notices.Filter{}, page.Request{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.MarkRead(officer, p.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(179 * 24 * time.Hour)
	if n, err := w.Purge(testkit.System(t)); err != nil || n != 0 {
		t.Errorf("%d went, %v", n, err)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	if n, err := w.Purge(testkit.System(t)); err != nil || n != 1 {
		t.Errorf("%d went, %v", n, err)
	}
}
