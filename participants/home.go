package participants

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Home returns the branch of a person and the region they live in, "" when that
// is not known; or ErrNotFound, also of the erased. For other domains: it does not look at who asks.
func (s *Service) Home(ctx context.Context, id uuid.UUID) (branchID uuid.UUID, regionCode string, err error) {
	branchID, regionCode, err = s.home(ctx, id)
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("look up home: %w", err)
	}
	return branchID, regionCode, nil
}
