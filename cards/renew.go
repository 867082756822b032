package cards

import (
	"context"
	"fmt"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/fault"
)

// Renew signs the phone card of the participant who acts anew: the same card,
// index, short code and phone, with a new day, the newest key's signature and
// the name as it is masked now. The text that the phone held so far stays good
// until its own day, so that a phone whose answer was lost loses nothing.
//
// Within a day after it was issued or renewed the card is answered as it is,
// unless its key was withdrawn. While the membership does not count as valid it
// is renewed all the same and stays inactive. It returns ErrNotFound (no active
// phone card), ErrRestricted or ErrNoKey.
func (s *Service) Renew(ctx context.Context) (Card, error) {
	c, err := s.Mine(ctx)
	if err != nil {
		return Card{}, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.people.Lock(ctx, c.ParticipantID); err != nil {
			return err
		}
		if c, err = s.Mine(ctx); err != nil {
			return err
		}
		standing, err := s.people.Standing(ctx, c.ParticipantID)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return ErrNotFound
		case err != nil:
			return err
		case standing.Restricted:
			return ErrRestricted
		}
		fresh, err := s.fresh(ctx, c)
		if err != nil || fresh {
			return err
		}
		return s.renew(ctx, &c)
	})
	if err != nil {
		return Card{}, fmt.Errorf("renew card: %w", err)
	}
	return c, nil
}

// fresh reports whether a card was signed less than a day ago with a key that
// is still good.
func (s *Service) fresh(ctx context.Context, c Card) (bool, error) {
	signed := c.IssuedAt
	if c.RenewedAt.After(signed) {
		signed = c.RenewedAt
	}
	if s.clock.Now().Sub(signed) >= day {
		return false, nil
	}
	k, err := s.loadKey(ctx, c.KID)
	return err == nil && k.RevokedAt.IsZero(), err
}

func (s *Service) renew(ctx context.Context, c *Card) error {
	now := s.clock.Now()
	c.ExpiresDay = int(now.Unix()/daySeconds) + phoneDays
	c.RenewedAt = now
	name, err := s.people.MaskedName(ctx, c.ParticipantID)
	if err != nil {
		return err
	}
	c.MaskedName = name
	kid, key, err := s.signingKey(ctx, UseCard, c.ExpiresAt())
	if err != nil {
		return err
	}
	c.KID = kid
	if c.Signature, err = s.origin.Sign(c.Contents(), key); err != nil {
		return err
	}
	if err := s.renewCard(ctx, *c); err != nil {
		return err
	}
	told := map[string]any{"card_id": c.ID, "idx": c.Idx, "form": c.Form, "expires_at": c.ExpiresAt().Unix()}
	if err := s.events.Publish(ctx, events.Event{Kind: "card.renewed", SubjectID: c.ID, ParticipantID: c.ParticipantID, Payload: told}); err != nil {
		return err
	}
	return s.audit.Append(ctx, audit.Event{
		Action: "card.renewed", Subject: audit.Subject{Kind: "card", ID: c.ID},
		Details: map[string]any{"form": c.Form, "idx": c.Idx, "kid": c.KID, "expires_day": c.ExpiresDay},
	})
}
