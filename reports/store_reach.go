package reports

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// ActiveByRegion counts participants of the reach who have an active
// membership, by the code of their region; "" is unknown. For other domains: the
// caller says how far it may look.
func (s *Service) ActiveByRegion(ctx context.Context, reach actor.Reach) (map[string]int64, error) {
	return s.byRegion(ctx, "count participants", `SELECT COALESCE(p.region_code, '') AS code, count(DISTINCT p.id) AS count
		FROM participants p JOIN memberships m ON m.participant_id = p.id
		WHERE m.status = 'active' AND %s GROUP BY 1`, reach, "p.branch_id")
}

// UsesByRegion counts granted uses of a sector, by the region of the outlet. For
// other domains: the caller says how far it may look.
func (s *Service) UsesByRegion(ctx context.Context, reach actor.Reach, sector uuid.UUID) (map[string]int64, error) {
	return s.byRegion(ctx, "count uses", `SELECT o.region_code AS code, count(*) AS count
		FROM redemptions r JOIN outlets o ON o.id = r.outlet_id
		WHERE r.sector_id = ? AND `+standing+` AND %s GROUP BY 1`, reach, "r.branch_id", sector)
}

// RegionNames names every region by its code.
func (s *Service) RegionNames(ctx context.Context) (map[string]string, error) {
	var rows []struct{ Code, Name string }
	if err := s.db.From(ctx).Raw("SELECT code, name FROM regions").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read regions: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Code] = r.Name
	}
	return out, nil
}

// byRegion runs a count whose %s stands for the condition of reach.
func (s *Service) byRegion(ctx context.Context, what, query string, reach actor.Reach, branch string, args ...any) (map[string]int64, error) {
	condition, within := within(actor.Reach{National: reach.National, Branches: reach.Branches}, branch, "", "")
	var rows []struct {
		Code  string
		Count int64
	}
	if err := s.db.From(ctx).Raw(fmt.Sprintf(query, condition), append(args, within...)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Code] = r.Count
	}
	return out, nil
}
