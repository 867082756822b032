package cards

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/assertion"
	"github.com/berlaku/berlaku/internal/fault"
)

// What an assertion of a phone says of itself.
const (
	assertionTyp = "card-assertion+jwt"
	tokenPath    = "/v1/my/token"
)

// maxHeirs bounds how often a card may have been replaced on the same phone
// since that phone last heard of it.
const maxHeirs = 20

// Faults of a phone that proves itself.
var (
	// ErrAssertion occurs when an assertion does not hold: of another form, key,
	// audience or time, of a card that there is not, or used before.
	ErrAssertion = fault.New(fault.Unauthenticated, "assertion_invalid", "The phone could not be recognised.")
	// ErrCardRevoked occurs when the phone is the right one and its card was revoked.
	ErrCardRevoked = fault.New(fault.Forbidden, "card_revoked", "This card was ended.")
	// ErrCardReplaced occurs when the phone is the right one and its card was replaced by another.
	ErrCardReplaced = fault.New(fault.Forbidden, "card_replaced", "This card was replaced by another one.")
)

// Audience is what an assertion of a phone names as aud.
func (s *Service) Audience() string { return s.url + tokenPath }

// Authenticate finds the phone card whose phone signed the assertion, uses the
// assertion up and calls do, all in one transaction: when do fails the
// assertion is as good as before. It is ES256 {alg, kid: card id, typ:
// "card-assertion+jwt"} over exactly {iss: card id, aud: Audience, iat, exp ≤
// iat+60, jti}, so nothing that a till is shown can stand for it. A card past
// its day is still that phone's. A card that was replaced on the same phone is
// taken for the one that it carries now, which do is given. Why a card has ended
// is told only to a phone with a good signature: ErrCardRevoked or
// ErrCardReplaced; everything else is ErrAssertion.
func (s *Service) Authenticate(ctx context.Context, text string, do func(context.Context, Card) error) error {
	reader := assertion.Reader{Typ: assertionTyp, Audience: s.Audience()}
	id, err := reader.Named(text)
	if err != nil {
		return ErrAssertion.Because(err)
	}
	c, err := s.loadCard(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrAssertion
	case err != nil:
		return fmt.Errorf("authenticate phone: %w", err)
	case c.Form != Phone:
		return ErrAssertion
	}
	held, err := reader.Verify(text, id, c.DeviceKey, s.clock.Now())
	if err != nil {
		return ErrAssertion.Because(err)
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.people.Lock(ctx, c.ParticipantID); err != nil {
			return err
		}
		now, err := s.heir(ctx, c) // it may have ended meanwhile
		if err != nil {
			return err
		}
		if err := alive(now); err != nil {
			return err
		}
		if err := s.useAssertion(ctx, held.Digest, held.Expires); err != nil {
			return err
		}
		self := actor.Actor{Kind: actor.Participant, ID: now.ParticipantID, RequestID: actor.From(ctx).RequestID}
		return do(actor.With(ctx, self), now)
	})
}

// heir returns the card as it stands now; of one that was replaced without
// leaving its phone, the last that followed it there: of the same person, with
// exactly the key that c had.
func (s *Service) heir(ctx context.Context, c Card) (Card, error) {
	now, err := s.loadCard(ctx, c.ID)
	if err != nil {
		return Card{}, err
	}
	for range maxHeirs {
		if now.State != Replaced || now.ReplacedBy == uuid.Nil {
			break
		}
		next, err := s.loadCard(ctx, now.ReplacedBy)
		if err != nil {
			return Card{}, err
		}
		if next.ParticipantID != c.ParticipantID || next.Form != Phone || !bytes.Equal(next.DeviceKey, c.DeviceKey) {
			break
		}
		now = next
	}
	return now, nil
}

// alive tells a phone that has proved itself why its card is none any more.
func alive(c Card) error {
	switch c.State {
	case Active:
		return nil
	case Revoked:
		return ErrCardRevoked
	case Replaced:
		return ErrCardReplaced
	}
	return ErrAssertion
}

// SweepAssertions forgets used assertions that have run out and returns how many.
func (s *Service) SweepAssertions(ctx context.Context) (int64, error) {
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.deleteAssertions(ctx, s.clock.Now())
		return err
	})
	return n, err
}
