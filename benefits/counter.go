package benefits

import (
	"context"

	"github.com/google/uuid"
)

// AtVersion returns a promo as one version of it said, with the state of the
// promo now, or ErrNotFound. For other domains: no check of reach.
func (s *Service) AtVersion(ctx context.Context, id uuid.UUID, version int) (Offer, error) {
	return s.offerOf(ctx, id, version)
}

// Unpublished returns a promo of which no version is at the tills: state and
// partner, version 0, no terms; or ErrNotFound. For other domains: no check of
// reach.
func (s *Service) Unpublished(ctx context.Context, id uuid.UUID) (Offer, error) {
	return s.bare(ctx, id)
}
