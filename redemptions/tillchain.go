package redemptions

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// TillChain returns how the items of a till hang together, for the owner of its
// partner and the staff who look after it; anybody else is tills.ErrNotFound.
func (s *Service) TillChain(ctx context.Context, till uuid.UUID) (Chain, error) {
	t, err := s.Tills.Known(ctx, till)
	if err != nil {
		return Chain{}, err
	}
	home, err := s.Partners.Affiliation(ctx, t.PartnerID)
	if errors.Is(err, partners.ErrNotFound) {
		return Chain{}, tills.ErrNotFound
	}
	if err != nil {
		return Chain{}, err
	}
	if !home.Within(actor.From(ctx).Scope(actor.ReadPartners)) {
		return Chain{}, tills.ErrNotFound
	}
	return s.chain(ctx, till)
}
