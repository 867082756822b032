package cards

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Recheck says how a card that was verified before stands at the instant at:
// key, expiry and status as the live tables have them now. It is for other
// domains and unscoped; ErrNotFound when there is no such card.
func (s *Service) Recheck(ctx context.Context, id uuid.UUID, at time.Time) (Presented, error) {
	c, err := s.loadCard(ctx, id)
	if err != nil {
		return Presented{}, err
	}
	h, err := s.lookUp(ctx, c.KID, c.Idx)
	if err != nil {
		return Presented{}, fmt.Errorf("check card again: %w", err)
	}
	if h.card == nil || h.key == nil {
		return Presented{}, ErrNotFound
	}
	p := Presented{Card: h.card, Idx: c.Idx, Form: c.Form, MaskedName: c.MaskedName, ExpiresOn: c.ExpiresOn()}
	switch {
	case !h.key.RevokedAt.IsZero():
		p.Code = EKeyRevoked
	case !at.Before(c.ExpiresAt()):
		p.Code = EExpired
	default:
		p.Code = h.liveStatus()
	}
	return p, nil
}

// DisplayName returns a masked name as people read it: spaces for the dashes of the wire.
func DisplayName(masked string) string { return strings.ReplaceAll(masked, "-", " ") }
