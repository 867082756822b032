package cards

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/participants"
)

// Activate puts a card on the phone that holds a one-time code: devicePoint is
// the phone's compressed P-256 point. The person's earlier phone cards are
// replaced in the same transaction. Whoever knows the code may call; a bad code
// gives the error of participants.Service.UseActivation and uses nothing up.
//
// A phone that never got its answer asks the same again: the same code with the
// same key gives, until the code's own end, the card it led to, and again is
// true. Both the code and the key's public half may be known to others by then
// (the half stands in every symbol that the phone shows), so that nothing may
// be given on an answer with again that the stored text of the card is not.
func (s *Service) Activate(ctx context.Context, code string, devicePoint []byte) (c Card, again bool, err error) {
	r := IssueRequest{Form: Phone, DeviceKey: devicePoint}
	if err := r.check(); err != nil {
		return Card{}, false, ErrDeviceKey
	}
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		id, activation, err := s.people.UseActivation(ctx, code)
		if errors.Is(err, participants.ErrActivation) {
			again = true
			c, err = s.activated(ctx, code, devicePoint)
			return err
		}
		if err != nil {
			return err
		}
		again, r.ParticipantID = false, id
		c, err = s.activate(ctx, r, activation)
		return err
	})
	if err != nil {
		return Card{}, false, fmt.Errorf("activate card: %w", err)
	}
	return c, again, nil
}

// activate makes the card of a code that was just used up, and ends the
// person's other phone cards.
func (s *Service) activate(ctx context.Context, r IssueRequest, activation uuid.UUID) (Card, error) {
	c, err := s.make(ctx, r, nil)
	if err != nil {
		return Card{}, err
	}
	earlier, err := s.activePhones(ctx, c.ParticipantID)
	if err != nil {
		return Card{}, err
	}
	for i := range earlier {
		if earlier[i].ID == c.ID {
			continue
		}
		if err := s.end(ctx, &earlier[i], Replaced, reasonAfter, c.ID); err != nil {
			return Card{}, err
		}
	}
	if err := s.people.BindActivation(ctx, activation, c.ID); err != nil {
		return Card{}, err
	}
	return c, s.record(ctx, "card.activated", c, map[string]any{"activation": activation, "replaced": len(earlier) - 1})
}

// activated returns the card that a used code led to, while it is good and on
// the phone with this key; else participants.ErrActivation, as for any bad code.
func (s *Service) activated(ctx context.Context, code string, devicePoint []byte) (Card, error) {
	id, err := s.people.UsedActivation(ctx, code)
	if err != nil {
		return Card{}, err
	}
	c, err := s.loadCard(ctx, id)
	if err != nil {
		return Card{}, err
	}
	if c.State != Active || !bytes.Equal(c.DeviceKey, devicePoint) {
		return Card{}, participants.ErrActivation
	}
	return c, nil
}
