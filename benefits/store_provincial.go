package benefits

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// openAt joins the outlets o at which a live promo b counts now: active, of an
// active partner p in an open sector s.
const openAt = `FROM benefits b
	JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.live_version
	JOIN benefit_outlets l ON l.benefit_id = b.id AND l.version = b.live_version
	JOIN outlets o ON o.id = l.outlet_id AND o.state = 'active'
	JOIN partners p ON p.id = o.partner_id AND p.state = 'active'
	JOIN sectors s ON s.id = p.sector_id AND s.state = 'open'
	WHERE b.state = 'live' `

type provincialRow struct {
	Promo       offerRow `gorm:"embedded"`
	UsedCount   *int64
	LimitCount  *int64
	UsedAmount  *int64
	LimitAmount *int64
	Zone        string
}

func (s *Service) liveIn(ctx context.Context, provinces []string, lastFrom clock.Day) ([]Provincial, error) {
	var rows []provincialRow
	err := s.db.From(ctx).Raw(`SELECT b.id AS benefit_id, v.version, b.partner_id, b.state, v.title, v.terms,
		q.used_count, q.limit_count, q.used_amount, q.limit_amount, z.zone
		FROM (SELECT DISTINCT b.id, o.zone `+openAt+`AND v.valid_to >= ? AND substr(o.region_code, 1, 2) IN ?) z
		JOIN benefits b ON b.id = z.id
		JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.live_version
		LEFT JOIN benefit_quotas q ON q.benefit_id = b.id AND q.slot = 0
		ORDER BY b.id, z.zone`, lastFrom, provinces).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list promos of province: %w", err)
	}
	out := []Provincial{}
	for i := range rows {
		r := &rows[i]
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			return nil, fmt.Errorf("zone of outlet: %w", err)
		}
		if n := len(out); n > 0 && out[n-1].BenefitID == r.Promo.BenefitID {
			out[n-1].Zones = append(out[n-1].Zones, zone)
			continue
		}
		offer, err := r.Promo.offer()
		if err != nil {
			return nil, err
		}
		out = append(out, Provincial{
			Offer: offer, Zones: []*time.Location{zone},
			Left: Remaining{Count: left(r.LimitCount, r.UsedCount), Amount: left(r.LimitAmount, r.UsedAmount)},
		})
	}
	return out, nil
}

func (s *Service) titles(ctx context.Context, ids []uuid.UUID) (map[VersionKey]string, error) {
	var rows []struct {
		BenefitID uuid.UUID
		Version   int
		Title     string
	}
	err := s.db.From(ctx).Raw("SELECT benefit_id, version, title FROM benefit_versions WHERE benefit_id IN ?", ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	out := make(map[VersionKey]string, len(rows))
	for _, r := range rows {
		out[VersionKey{r.BenefitID, r.Version}] = r.Title
	}
	return out, nil
}
