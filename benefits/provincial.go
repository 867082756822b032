package benefits

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// Provincial is a promo that is live somewhere in a province.
type Provincial struct {
	Offer
	Left  Remaining
	Zones []*time.Location // of its open outlets there, each once
}

// LiveIn returns the promos that are live and not past their last day at an open
// outlet in one of the provinces (two digits of the region's code), oldest
// first. For other domains: no check of reach.
func (s *Service) LiveIn(ctx context.Context, provinces []string) ([]Provincial, error) {
	if len(provinces) == 0 {
		return []Provincial{}, nil
	}
	west, _ := dayRange(s.clock.Now())
	return s.liveIn(ctx, provinces, west)
}

// VersionKey names one version of a promo.
type VersionKey struct {
	ID      uuid.UUID
	Version int
}

// Titles returns the title of every version of the promos. For other domains: no
// check of reach.
func (s *Service) Titles(ctx context.Context, ids []uuid.UUID) (map[VersionKey]string, error) {
	if len(ids) == 0 {
		return map[VersionKey]string{}, nil
	}
	return s.titles(ctx, ids)
}

// dayRange returns the earliest and the latest calendar day that it is anywhere
// on earth at the instant now: outlets have zones of their own.
func dayRange(now time.Time) (west, east clock.Day) {
	return clock.DayOf(now.Add(-12*time.Hour), time.UTC), clock.DayOf(now.Add(14*time.Hour), time.UTC)
}
