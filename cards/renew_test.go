package cards_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

const week = 7 * 24 * time.Hour

func (w *world) renew(p phone) cards.Card {
	w.t.Helper()
	c, err := w.cards.Renew(as(w.t, p.card.ParticipantID))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// actions counts what the audit log says of a subject.
func (w *world) actions(id uuid.UUID) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, e := range w.entries(audit.Filter{SubjectID: id}) {
		out[e.Action]++
	}
	return out
}

// entries reads the audit log.
func (w *world) entries(f audit.Filter) []audit.Entry {
	w.t.Helper()
	var out []audit.Entry
	req := page.Request{Limit: page.Max}
	for {
		p, err := w.audit.List(w.ctx, f, req)
		if err != nil {
			w.t.Fatal(err)
		}
		if out = append(out, p.Items...); p.NextCursor == "" {
			return out
		}
		if req, err = page.Parse(page.Max, p.NextCursor); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestARenewedCardIsTheSameCardWithANewDayAndKey(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	old := p.card
	w.clock.Advance(week)
	keys, err := w.cards.RotateKeys(w.ctx, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	got := w.renew(p)
	want := old
	want.ExpiresDay, want.RenewedAt, want.KID, want.Signature = old.ExpiresDay+7, w.clock.Now(), keys[0].KID, got.Signature
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if bytes.Equal(got.Signature, old.Signature) {
		t.Error("the signature is the old one")
	}
	stored, err := w.cards.Get(w.ctx, old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, stored); diff != "" {
		t.Errorf("stored card differs:\n%s", diff)
	}
	for name, c := range map[string]cards.Card{"old": old, "new": got} {
		text := w.show(p, c)
		if seen := w.want(text, cards.OK); seen.Card == nil || seen.Card.ID != old.ID {
			t.Errorf("the %s text is of another card", name)
		}
		if code := w.offline(text); code != cards.OK {
			t.Errorf("the %s text offline: %s", name, code)
		}
	}
	w.clock.Set(old.ExpiresAt())
	w.want(w.show(p, old), cards.EExpired)
	w.want(w.show(p, got), cards.OK)
	if seen := w.check(got.ShortCode); seen.Code != cards.OK {
		t.Errorf("the short code reads %s", seen.Code)
	}
}

func TestRenewingWithinADayAnswersWhatIsStored(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	if got := w.renew(p); !cmp.Equal(got, p.card) {
		t.Error("a card that was issued just now was signed again")
	}
	w.clock.Advance(week)
	first := w.renew(p)
	w.clock.Advance(day - time.Second)
	if again := w.renew(p); !cmp.Equal(again, first) {
		t.Error("within a day the card was signed again")
	}
	w.clock.Advance(time.Second)
	if third := w.renew(p); third.ExpiresDay != first.ExpiresDay+1 {
		t.Errorf("after a day it is good until day %d, want %d", third.ExpiresDay, first.ExpiresDay+1)
	}
	if got := w.actions(p.card.ID)["card.renewed"]; got != 2 {
		t.Errorf("the log holds %d renewals", got)
	}
}

func TestACardOfAWithdrawnKeyIsRenewedAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	if _, err := w.cards.RotateKeys(w.ctx, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.cards.RevokeKey(w.ctx, p.card.KID); err != nil {
		t.Fatal(err)
	}
	w.want(w.show(p, p.card), cards.EKeyRevoked)
	w.want(w.show(p, w.renew(p)), cards.OK)
}

func TestWhoIsRenewedAndWhoIsNot(t *testing.T) {
	w := newWorld(t)
	lapsed := w.phone(w.person(palu))
	if err := w.become(w.ctx, lapsed.card.ParticipantID, w.count, participants.Inactive); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(week)
	w.want(w.show(lapsed, w.renew(lapsed)), cards.EInactive)

	held := w.phone(w.person(palu))
	consent := participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.BySelf}
	if err := errors.Join(w.people.GiveConsent(w.ctx, held.card.ParticipantID, consent), w.people.WithdrawConsent(w.ctx, held.card.ParticipantID)); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(week)
	if _, err := w.cards.Renew(as(t, held.card.ParticipantID)); !errors.Is(err, cards.ErrRestricted) {
		t.Errorf("a restricted person: %v", err)
	}
	w.wantToken("a restricted person's phone still proves itself", w.assertion(held), nil)

	ended := w.phone(w.person(palu))
	if _, err := w.cards.Revoke(w.ctx, ended.card.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	paper := w.person(palu)
	w.printed(paper)
	for name, id := range map[string]uuid.UUID{"a revoked card": ended.card.ParticipantID, "a printed card": paper} {
		if _, err := w.cards.Renew(as(t, id)); !errors.Is(err, cards.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.cards.Renew(w.ctx); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("nobody's phone: %v", err)
	}
}

func TestACorrectedNameReachesTheCardWhenItIsRenewed(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	name := pii.Text("Budiman Santosa")
	if _, err := w.people.Update(w.ctx, p.card.ParticipantID, participants.Change{Name: &name}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(week)
	got := w.renew(p)
	if got.MaskedName != "BU*****-SA*****" {
		t.Errorf("the card says %s", got.MaskedName)
	}
	w.want(w.show(p, got), cards.OK)
	w.want(w.show(p, p.card), cards.OK)
}

func TestAPersonSeesAndEndsOwnCardsOnly(t *testing.T) {
	w := newWorld(t)
	me, other := w.phone(w.person(palu)), w.phone(w.person(palu))
	paper := w.printed(me.card.ParticipantID)
	ctx := as(t, me.card.ParticipantID)
	own, err := w.cards.Own(ctx)
	if err != nil || len(own) != 2 {
		t.Fatalf("%d cards, %v", len(own), err)
	}
	for _, c := range []struct {
		name   string
		id     uuid.UUID
		reason string
		want   error
	}{
		{"another's card", other.card.ID, "lost", cards.ErrNotFound},
		{"a card that there is not", uuid.New(), "lost", cards.ErrNotFound},
		{"a reason of staff", paper.ID, "fraud", cards.ErrReason},
		{"the printed card", paper.ID, "lost", nil},
		{"the printed card again", paper.ID, "lost", cards.ErrNotActive},
		{"the phone's own card", me.card.ID, "holder_request", nil},
	} {
		if _, err := w.cards.RevokeOwn(ctx, c.id, c.reason); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	w.want(w.cards.Text(paper), cards.ERevoked)
	w.want(w.show(other, other.card), cards.OK)
	if _, err := w.cards.RevokeOwn(w.ctx, other.card.ID, "lost"); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("staff by the way of phones: %v", err)
	}
	if got := w.actions(paper.ID); got["card.revoked"] != 1 {
		t.Errorf("the log: %v", got)
	}
}

func TestThePhoneIsToldHowItsCardStands(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	person, n := p.card.ParticipantID, w.count
	ctx := as(t, person)
	read := func() cards.OwnStatus {
		t.Helper()
		got, err := w.cards.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	set := func(status participants.Status, until clock.Day) {
		t.Helper()
		w.clock.Advance(24 * time.Hour)
		m := w.membership(n, status, w.today())
		m.ProtectedUntil = until
		if _, err := w.people.SetMembership(w.ctx, person, *m); err != nil {
			t.Fatal(err)
		}
	}
	got := read()
	if got.Card.ID != p.card.ID || got.Membership != cards.MembershipActive || !got.Standing.Valid || got.Branch == "" || got.ConsentVersion != "" ||
		got.NoticeVersion != participants.PrivacyNotice().Version || !got.At.Equal(w.clock.Now()) {
		t.Errorf("got %+v", got)
	}
	for _, c := range []struct {
		status participants.Status
		days   int
		want   cards.Membership
	}{
		{participants.Active, 15, cards.MembershipActive}, {participants.Active, 14, cards.MembershipEndsSoon},
		{participants.Active, 0, cards.MembershipEndsSoon}, {participants.InArrears, -3, cards.MembershipInArrears},
		{participants.Inactive, -3, cards.MembershipInactive}, {participants.Unverified, 0, cards.MembershipUnverified},
	} {
		set(c.status, w.today().AddDays(c.days+1)) // set goes a day on
		if got := read(); got.Membership != c.want {
			t.Errorf("%s with %d days left is told as %s, want %s", c.status, c.days, got.Membership, c.want)
		}
	}
	consent := participants.NewConsent{Version: "2026-11", TextHash: make([]byte, 32), Channel: participants.BySelf}
	if err := w.people.GiveConsent(w.ctx, person, consent); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.ConsentVersion != "2026-11" {
		t.Errorf("consent %q", got.ConsentVersion)
	}
	if err := w.people.WithdrawConsent(w.ctx, person); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.ConsentVersion != "" || got.Membership != cards.MembershipRestricted || got.Standing.Valid {
		t.Errorf("after withdrawing: %+v", got)
	}
	if _, err := w.cards.Revoke(w.ctx, p.card.ID, "stolen"); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.Card.State != cards.Revoked || got.Card.RevokeReason != "stolen" {
		t.Errorf("after revoking: %+v", got.Card)
	}
	if _, err := w.cards.Status(as(t, w.person(palu))); !errors.Is(err, cards.ErrNotFound) {
		t.Errorf("somebody without a phone card: %v", err)
	}
}
