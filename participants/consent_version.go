package participants

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// ConsentVersion returns the version of the notice that a person consented to
// last and did not withdraw from, "" when there is none. For other domains: it
// does not look at who asks.
func (s *Service) ConsentVersion(ctx context.Context, id uuid.UUID) (string, error) {
	version, err := s.consentInForce(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read consent in force: %w", err)
	}
	return version, nil
}
