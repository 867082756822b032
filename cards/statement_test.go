package cards_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
)

// statement verifies a statement under the published keys of the status lists
// and returns its key and payload.
func (w *world) statement(text, typ string) (kid string, payload map[string]any) {
	w.t.Helper()
	keys, err := w.cards.ListKeys(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	token, err := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithoutClaimsValidation()).ParseWithClaims(text, claims, func(token *jwt.Token) (any, error) {
		kid, _ = token.Header["kid"].(string)
		for _, k := range keys {
			if k.KID == kid && slices.Contains(k.UseFor, "status") {
				return k.Public, nil
			}
		}
		return nil, errors.New("no key of the status lists")
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"alg": "EdDSA", "kid": kid, "typ": typ}, token.Header); diff != "" {
		w.t.Error(diff)
	}
	return kid, claims
}

func TestAStatementIsSignedByTheKeyOfTheStatusLists(t *testing.T) {
	w := newWorld(t)
	type word struct {
		Sub string `json:"sub"`
		N   *int64 `json:"n"`
	}
	sign := func() string {
		t.Helper()
		text, err := w.cards.SignStatement(w.ctx, "x+jwt", word{Sub: "kasir"})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := sign()
	kid, payload := w.statement(first, "x+jwt")
	if diff := cmp.Diff(map[string]any{"sub": "kasir", "n": nil}, payload); diff != "" {
		t.Error(diff)
	}
	w.clock.Advance(time.Hour)
	if sign() != first {
		t.Error("the same words an hour later are another text")
	}
	if _, err := w.cards.RotateKeys(w.ctx, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if again, _ := w.statement(sign(), "x+jwt"); again == kid {
		t.Error("the old key still signs")
	}
	if _, err := w.cards.SignStatement(w.ctx, "x+jwt", func() {}); err == nil {
		t.Error("what is no JSON was signed")
	}
	w.clock.Advance(5 * 365 * 24 * time.Hour)
	if _, err := w.cards.SignStatement(w.ctx, "x+jwt", 1); !errors.Is(err, cards.ErrNoKey) {
		t.Errorf("after all keys: got %v", err)
	}
}

func TestShardsOfBranches(t *testing.T) {
	w := newWorld(t)
	shards := func(branches ...uuid.UUID) []cards.ShardVersion {
		t.Helper()
		got, err := w.cards.ShardsOf(w.ctx, branches)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff([]cards.ShardVersion{}, shards(palu, donggala)); diff != "" {
		t.Errorf("before the first card: %s", diff)
	}
	card := w.printed(w.person(palu))
	want := []cards.ShardVersion{{Shard: card.Idx / cards.ShardSize, Version: 0}}
	if diff := cmp.Diff(want, shards(donggala, palu)); diff != "" {
		t.Error(diff)
	}
	if _, err := w.cards.Revoke(w.ctx, card.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	want[0].Version++
	if diff := cmp.Diff(want, shards(palu)); diff != "" {
		t.Errorf("after a revocation: %s", diff)
	}
	if len(shards(donggala)) != 0 || len(shards()) != 0 {
		t.Error("another branch has the list")
	}
}
