package benefits

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Published returns a promo as one version of it said that a till could hold at
// an instant, with the state of the promo now, or ErrNotFound. A till holds a
// version no longer than its allowance of it, AllowanceLife after the next one
// was published. For other domains: no check of reach.
func (s *Service) Published(ctx context.Context, id uuid.UUID, version int, at time.Time) (Offer, error) {
	return s.offerOnce(ctx, id, version, at.Add(-AllowanceLife))
}
