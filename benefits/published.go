package benefits

import (
	"context"

	"github.com/google/uuid"
)

// Published returns a promo as one version of it said that is or was at the
// tills, with the state of the promo now, or ErrNotFound. For other domains: no
// check of reach.
func (s *Service) Published(ctx context.Context, id uuid.UUID, version int) (Offer, error) {
	return s.offerOnce(ctx, id, version)
}
