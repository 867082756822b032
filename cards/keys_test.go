package cards_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/testkit"
)

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const day = 24 * time.Hour

func TestEveryPurposeHasItsOwnKey(t *testing.T) {
	w := newWorld(t)
	keys, err := w.cards.ListKeys(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var uses []string
	for _, k := range keys {
		uses = append(uses, k.UseFor...)
		life := map[string]time.Duration{"card": 30 * day, "print": 365 * day, "status": 7 * day}[k.UseFor[0]]
		if len(k.UseFor) != 1 || len(k.KID) != 2 || k.NotBefore.After(testkit.Start) || k.NotAfter.Before(testkit.Start.Add(90*day+life)) {
			t.Errorf("key %+v", k)
		}
	}
	slices.Sort(uses)
	if !slices.Equal(uses, []string{"card", "print", "status"}) {
		t.Errorf("purposes %v", uses)
	}
	if made, err := w.cards.EnsureKeys(w.ctx); err != nil || len(made) != 0 {
		t.Errorf("a second run made %d keys, %v", len(made), err)
	}
}

func TestKeysFollowOneAnotherWithoutAGap(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	kids := map[string]bool{}
	for d := range 400 {
		if d > 0 {
			w.clock.Advance(day)
			if _, err := w.cards.EnsureKeys(w.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if d%20 != 0 {
			continue
		}
		c := w.printed(person)
		kids[c.KID] = true
		if code := w.offline(w.cards.Text(c)); code != cards.OK {
			t.Fatalf("day %d: %s", d, code)
		}
	}
	keys, err := w.cards.ListKeys(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if lead := k.NotBefore.Sub(k.CreatedAt); k.NotBefore.After(testkit.Start) && lead < 29*day {
			t.Errorf("key %s was published %s before its first use", k.KID, lead)
		}
	}
	if len(keys) != 3*5 || len(kids) != 5 {
		t.Errorf("%d keys, %d of them on printed cards, in 400 days", len(keys), len(kids))
	}
}

func TestAKeySignsOnlyFromItsFirstDayOn(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	first := w.printed(person).KID
	made, err := w.cards.RotateKeys(w.ctx, time.Time{})
	if err != nil || len(made) != 3 {
		t.Fatalf("made %d keys, %v", len(made), err)
	}
	if kid := w.printed(person).KID; kid != first {
		t.Errorf("signed with %s before its time", kid)
	}
	w.clock.Advance(30 * day)
	if kid := w.printed(person).KID; kid == first {
		t.Error("still signs with the old key")
	}
}

func TestAWithdrawnKeyIsReplacedAtOnce(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	old := w.printed(person)
	if err := w.cards.RevokeKey(w.ctx, old.KID); err != nil {
		t.Fatal(err)
	}
	if err := w.cards.RevokeKey(w.ctx, old.KID); !errors.Is(err, cards.ErrKeyRevoked) {
		t.Errorf("twice: %v", err)
	}
	if err := w.cards.RevokeKey(w.ctx, "??"); !errors.Is(err, cards.ErrKeyNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := w.cards.Issue(w.ctx, cards.IssueRequest{ParticipantID: person, Form: cards.Printed}); !errors.Is(err, cards.ErrNoKey) {
		t.Errorf("issue without a key: %v", err)
	}
	if made, err := w.cards.EnsureKeys(w.ctx); err != nil || len(made) != 1 {
		t.Fatalf("made %d keys, %v", len(made), err)
	}
	w.want(w.cards.Text(w.printed(person)), cards.OK)
	w.want(w.cards.Text(old), cards.EKeyRevoked)
}

func TestStatusTokensAreKeptUntilSomethingChanges(t *testing.T) {
	w := newWorld(t)
	if _, err := w.cards.StatusToken(w.ctx, 0); !errors.Is(err, cards.ErrShard) {
		t.Errorf("a list of nothing: %v", err)
	}
	c := w.printed(w.person(palu))
	token := func() cards.StatusToken {
		t.Helper()
		tok, err := w.cards.StatusToken(w.ctx, c.Idx/cards.ShardSize)
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	first := token()
	w.clock.Advance(59 * time.Minute)
	if again := token(); again != first {
		t.Error("signed anew within the hour")
	}
	if got := first.MaxAge(w.clock.Now()); got != time.Minute {
		t.Errorf("max age %s", got)
	}
	if _, err := w.cards.Revoke(w.ctx, c.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	second := token()
	if second.Tag == first.Tag || second.Token == first.Token {
		t.Error("a revocation did not change the list")
	}
	w.clock.Advance(time.Hour)
	third := token()
	if third.Tag == second.Tag || third.IssuedAt != w.clock.Now() {
		t.Error("not signed anew after an hour")
	}
	keys, err := w.cards.ListKeys(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if slices.Contains(k.UseFor, "status") {
			if err := w.cards.RevokeKey(w.ctx, k.KID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.cards.StatusToken(w.ctx, c.Idx/cards.ShardSize); !errors.Is(err, cards.ErrNoKey) {
		t.Errorf("a list under a withdrawn key: %v", err)
	}
}

func TestAKeySignsOnlyWhatItMayVouchFor(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	now := w.clock.Now()
	short, err := w.cards.CreateKey(w.ctx, cards.UsePrint, now.Add(time.Minute), now.Add(364*day))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	if c := w.printed(person); c.KID == short.KID {
		t.Error("signed with a key that ends before the card")
	}
}
