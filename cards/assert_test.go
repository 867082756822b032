package cards_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
)

const publicURL = "https://berlaku.example"

// phone is somebody's phone with a card on it.
type phone struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	card cards.Card
}

// phone puts a card on a new phone of a person, as people do it.
func (w *world) phone(person uuid.UUID) phone {
	w.t.Helper()
	key, device := newPhone(w.t)
	a, err := w.people.BeginActivation(w.ctx, person)
	if err != nil {
		w.t.Fatal(err)
	}
	c, _, err := w.cards.Activate(w.t.Context(), a.Code, device)
	if err != nil {
		w.t.Fatal(err)
	}
	return phone{w.t, key, c}
}

func as(t testing.TB, person uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: person, Permissions: []actor.Permission{actor.OwnRecords, actor.ReadOwnCard}})
}

// sign makes a token of any header and claims texts.
func (p phone) sign(header, claims string) string {
	p.t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig)
}

func header(card uuid.UUID) string {
	return fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"card-assertion+jwt"}`, card)
}

// claims are good ones, with some replaced; a nil value leaves one out.
func claims(t testing.TB, card uuid.UUID, now time.Time, with map[string]any) string {
	t.Helper()
	c := map[string]any{
		"iss": card.String(), "aud": publicURL + "/v1/my/token", "iat": now.Unix(), "exp": now.Unix() + 60, "jti": uuid.NewString(),
	}
	for k, v := range with {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return string(mustJSON(t, c))
}

func (w *world) assertion(p phone) string {
	return p.sign(header(p.card.ID), claims(w.t, p.card.ID, w.clock.Now(), nil))
}

// token tells whether a phone would get a token, and for which card.
func (w *world) token(text string) (cards.Card, error) {
	var got cards.Card
	err := w.cards.Authenticate(w.t.Context(), text, func(ctx context.Context, c cards.Card) error {
		if who := actor.From(ctx); who.Kind != actor.Participant || who.ID != c.ParticipantID {
			w.t.Errorf("acts as %s %s", who.Kind, who.ID)
		}
		got = c
		return nil
	})
	return got, err
}

func (w *world) wantToken(name, text string, want error) {
	w.t.Helper()
	c, err := w.token(text)
	if !errors.Is(err, want) || err != nil && c.ID != uuid.Nil {
		w.t.Errorf("%s: got %v, want %v", name, err, want)
	}
}

func TestOnlyThePhoneOfACardProvesItselfAndOnlyOnce(t *testing.T) {
	w := newWorld(t)
	p, other := w.phone(w.person(palu)), w.phone(w.person(palu))
	printed := w.printed(p.card.ParticipantID)
	shown, err := cards.Present(w.cards.Text(p.card), p.key, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	expanded, code := cards.Expand(w.cards.Origin(), shown)
	if code != cards.OK {
		t.Fatal(code)
	}
	id, now := p.card.ID, w.clock.Now()
	unix := now.Unix()
	c := func(with map[string]any) string { return claims(t, id, now, with) }
	h := func(text string) string { return fmt.Sprintf(text, id) }
	till := `{"alg":"ES256","kid":%q,"typ":"till-assertion+jwt"}`
	good := w.assertion(p)
	for name, text := range map[string]string{
		"nothing":                       "",
		"the code that a till is shown": shown,
		"the stored text of the card":   w.cards.Text(p.card),
		"the card as SD-JWT with proof": expanded.SDJWT,
		"the proof alone (KB-JWT)":      expanded.ProofJWT,
		"the issuer's part alone":       expanded.IssuerJWT,
		"the short code":                p.card.ShortCode,
		"an assertion of a till":        p.sign(h(till), c(nil)),
		"that, for a till's address":    p.sign(h(till), c(map[string]any{"aud": publicURL + "/v1/tills/token"})),
		"typ of a proof":                p.sign(h(`{"alg":"ES256","kid":%q,"typ":"kb+jwt"}`), c(nil)),
		"alg none":                      p.sign(h(`{"alg":"none","kid":%q,"typ":"card-assertion+jwt"}`), c(nil)),
		"its own key in the header":     p.sign(h(`{"alg":"ES256","kid":%q,"typ":"card-assertion+jwt","jwk":{}}`), c(nil)),
		"another card's key":            other.sign(header(id), c(nil)),
		"another card's id":             p.sign(header(other.card.ID), claims(t, other.card.ID, now, nil)),
		"a printed card's id":           p.sign(header(printed.ID), claims(t, printed.ID, now, nil)),
		"a card that there is not":      p.sign(header(uuid.Nil), claims(t, uuid.Nil, now, nil)),
		"iss of another":                p.sign(header(id), c(map[string]any{"iss": other.card.ID.String()})),
		"a till's address as aud":       p.sign(header(id), c(map[string]any{"aud": publicURL + "/v1/tills/token"})),
		"what a proof names as aud":     p.sign(header(id), c(map[string]any{"aud": "https://kartu.example/till"})),
		"another server as aud":         p.sign(header(id), c(map[string]any{"aud": "https://elsewhere.example/v1/my/token"})),
		"two audiences":                 p.sign(header(id), c(map[string]any{"aud": []string{publicURL + "/v1/my/token", "x"}})),
		"an hour long":                  p.sign(header(id), c(map[string]any{"exp": unix + 3600})),
		"over":                          p.sign(header(id), c(map[string]any{"iat": unix - 61, "exp": unix - 1})),
		"from two minutes on":           p.sign(header(id), c(map[string]any{"iat": unix + 120, "exp": unix + 180})),
		"without jti":                   p.sign(header(id), c(map[string]any{"jti": nil})),
		"one member more":               p.sign(header(id), c(map[string]any{"nonce": "offline"})),
		"good, with a line end":         good + "\n",
	} {
		w.wantToken(name, text, cards.ErrAssertion)
	}
	if got, err := w.token(good); err != nil || got.ID != id { // none of the above used it up
		t.Fatalf("the phone itself: %v", err)
	}
	w.wantToken("a second time", good, cards.ErrAssertion)
	w.wantToken("from a clock that is a minute ahead", p.sign(header(id), c(map[string]any{"iat": unix + 60, "exp": unix + 120})), nil)
}

func TestAnAssertionIsGoodOnceAmongTwenty(t *testing.T) {
	w := newWorld(t)
	text := w.assertion(w.phone(w.person(palu)))
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.token(text); err == nil {
				in.Add(1)
			} else if !errors.Is(err, cards.ErrAssertion) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d tokens for one assertion", in.Load())
	}
}

func TestWhatFailsAfterTheProofUsesNothingUp(t *testing.T) {
	w, broken := newWorld(t), errors.New("broken")
	text := w.assertion(w.phone(w.person(palu)))
	if err := w.cards.Authenticate(t.Context(), text, func(context.Context, cards.Card) error { return broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	w.wantToken("again", text, nil)
}

func TestAnEndedCardGetsNoTokenAndHearsWhy(t *testing.T) {
	w := newWorld(t)
	person := w.person(palu)
	first := w.phone(person)
	second := w.phone(person)
	w.wantToken("the phone before the last", w.assertion(first), cards.ErrCardReplaced)
	w.wantToken("the last phone", w.assertion(second), nil)
	w.wantToken("the first phone's id with another key", phone{t, second.key, first.card}.sign(header(first.card.ID), claims(t, first.card.ID, w.clock.Now(), nil)), cards.ErrAssertion)
	if _, err := w.cards.Revoke(w.ctx, second.card.ID, "stolen"); err != nil {
		t.Fatal(err)
	}
	w.wantToken("a revoked card", w.assertion(second), cards.ErrCardRevoked)

	gone := w.phone(w.person(palu))
	if err := w.cards.Erase(w.ctx, gone.card.ParticipantID); err != nil {
		t.Fatal(err)
	}
	w.wantToken("the phone of an erased person", w.assertion(gone), cards.ErrAssertion)
}

// TestAPhoneThatIsGoneIsNotGivenTheNextCard: it would be followed there.
func TestAPhoneThatIsGoneIsNotGivenTheNextCard(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	_, point := newPhone(t)
	for _, reason := range []string{"lost", "stolen"} {
		if _, err := w.cards.Replace(w.ctx, p.card.ID, cards.ReplaceRequest{Reason: reason}); !errors.Is(err, cards.ErrDeviceKey) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := w.cards.Replace(w.ctx, p.card.ID, cards.ReplaceRequest{Reason: "stolen", DeviceKey: point}); err != nil {
		t.Fatal(err)
	}
	w.wantToken("the phone that was stolen", w.assertion(p), cards.ErrCardReplaced)
	paper := w.printed(p.card.ParticipantID)
	if _, err := w.cards.Replace(w.ctx, paper.ID, cards.ReplaceRequest{Reason: "lost"}); err != nil {
		t.Errorf("a printed one: %v", err)
	}
}

// TestACardEndsBeforeOrAfterATokenIsMade: else the token of a phone that was
// stolen would outlive the card.
func TestACardEndsBeforeOrAfterATokenIsMade(t *testing.T) {
	w := newWorld(t)
	for name, revoke := range map[string]func(phone) error{
		"by staff": func(p phone) error { _, err := w.cards.Revoke(w.ctx, p.card.ID, "stolen"); return err },
		"by the person": func(p phone) error {
			_, err := w.cards.RevokeOwn(as(t, p.card.ParticipantID), p.card.ID, "stolen")
			return err
		},
	} {
		p, ended := w.phone(w.person(palu)), make(chan error, 1)
		err := w.cards.Authenticate(t.Context(), w.assertion(p), func(context.Context, cards.Card) error {
			go func() { ended <- revoke(p) }()
			select {
			case err := <-ended:
				ended <- err
				t.Errorf("%s: the card ended while a token was made (%v)", name, err)
			case <-time.After(300 * time.Millisecond):
			}
			return nil
		})
		if err = errors.Join(err, <-ended); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.wantToken(name, w.assertion(p), cards.ErrCardRevoked)
	}
}

// replace ends a card by another: on its phone, or on that with another key.
func (w *world) replace(card uuid.UUID, key []byte) cards.Card {
	w.t.Helper()
	c, err := w.cards.Replace(w.ctx, card, cards.ReplaceRequest{DeviceKey: key})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestAPhoneWhoseCardWasReplacedOnItGetsATokenForTheNext(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	last := w.replace(p.card.ID, nil)
	for range 2 {
		got, err := w.token(w.assertion(p))
		if err != nil || got.ID != last.ID || got.State != cards.Active || got.Idx == p.card.Idx {
			t.Fatalf("got card %s, %v; want %s", got.ID, err, last.ID)
		}
		last = w.replace(last.ID, nil)
	}
	w.wantToken("the first card's id with another key", w.phone(w.person(palu)).sign(header(p.card.ID), claims(t, p.card.ID, w.clock.Now(), nil)), cards.ErrAssertion)
	if _, err := w.cards.Revoke(w.ctx, last.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	w.wantToken("a phone whose last card was revoked", w.assertion(p), cards.ErrCardRevoked)
}

func TestACardThatWentToAnotherPhoneStaysReplaced(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	_, elsewhere := newPhone(t)
	away := w.replace(w.replace(p.card.ID, nil).ID, elsewhere)
	w.wantToken("once on this phone, then on another", w.assertion(p), cards.ErrCardReplaced)
	w.replace(away.ID, p.card.DeviceKey)
	w.wantToken("and back: what lay between was not this phone's", w.assertion(p), cards.ErrCardReplaced)
}

func TestReplacementsAreFollowedSoFar(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	last := p.card
	for range 20 {
		last = w.replace(last.ID, nil)
	}
	w.wantToken("twenty times", w.assertion(p), nil)
	w.replace(last.ID, nil)
	w.wantToken("once more", w.assertion(p), cards.ErrCardReplaced)
}

func TestACardPastItsDayGetsATokenAndIsRenewed(t *testing.T) {
	w := newWorld(t)
	p := w.phone(w.person(palu))
	w.clock.Advance(45 * 24 * time.Hour)
	if _, err := w.cards.EnsureKeys(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.want(w.show(p, p.card), cards.EExpired)
	w.wantToken("past its day", w.assertion(p), nil)
	again, err := w.cards.Renew(as(t, p.card.ParticipantID))
	if err != nil {
		t.Fatal(err)
	}
	w.want(w.show(p, again), cards.OK)
}

func TestUsedAssertionsAreSwept(t *testing.T) {
	w := newWorld(t)
	text := w.assertion(w.phone(w.person(palu)))
	w.wantToken("first", text, nil)
	sweep := func(want int64) {
		t.Helper()
		if n, err := w.cards.SweepAssertions(w.ctx); n != want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	sweep(0)
	w.wantToken("after a sweep that came too early", text, cards.ErrAssertion)
	w.clock.Advance(time.Minute)
	sweep(1)
	w.wantToken("after it was forgotten", text, cards.ErrAssertion)
}

// show is what a phone shows a till now.
func (w *world) show(p phone, c cards.Card) string {
	w.t.Helper()
	text, err := cards.Present(w.cards.Text(c), p.key, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}
