package cards_test

import (
	"strings"
	"testing"

	"github.com/berlaku/berlaku/cards"
)

// TestErasedCardsAreOverAndSayNothing: cards of every state lose what tells who
// held them, and every way of reading them copes.
func TestErasedCardsAreOverAndSayNothing(t *testing.T) {
	w := newWorld(t)
	id, other := w.person(palu), w.person(palu)
	printed, kept := w.printed(id), w.printed(other)
	old := w.printed(id)
	if _, err := w.cards.Revoke(w.ctx, old.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	key, point := newPhone(t)
	phone, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: id, Form: cards.Phone, DeviceKey: point})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := cards.Present(w.cards.Text(phone), key, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{w.cards.Text(printed), shown}
	for _, text := range texts {
		w.want(text, cards.OK)
	}
	if err := w.cards.Erase(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		w.want(text, cards.ERevoked)
		if code := w.offline(text); code != cards.ERevoked {
			t.Errorf("offline: %s", code)
		}
	}
	w.want(printed.ShortCode, cards.EOrigin)
	w.want(w.cards.Text(kept), cards.OK)
	all, err := w.cards.List(w.ctx, id)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d cards, %v", len(all), err)
	}
	for _, c := range all {
		want := "erased"
		if c.ID == old.ID {
			want = "lost"
		}
		if c.State != cards.Revoked || c.RevokeReason != want || strings.Contains(c.MaskedName, "*") || c.ShortCode != "" || len(c.Signature) != 0 || strings.Trim(string(c.DeviceKey), "\x00") != "" {
			t.Errorf("%s: %+v", want, c)
		}
		if _, err := w.cards.Recheck(w.ctx, c.ID, w.clock.Now()); err != nil {
			t.Errorf("read again: %v", err)
		}
	}
	for _, c := range all {
		if _, err := w.cards.PDF(c); c.Form == cards.Printed && err != nil {
			t.Errorf("as a picture: %v", err)
		}
	}
	if err := w.cards.Erase(w.ctx, id); err != nil {
		t.Errorf("twice: %v", err)
	}
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Error(err)
	}
}
