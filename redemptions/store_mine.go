package redemptions

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

// grantedOf reads one row more than a page of a person's granted uses.
func (s *Service) grantedOf(ctx context.Context, person uuid.UUID, p page.Request) ([]Redemption, error) {
	query, args := selectRow+"WHERE r.participant_id = ? AND r.outcome = 'granted'", []any{person}
	if p.After != uuid.Nil {
		query, args = query+" AND r.id < ?", append(args, p.After)
	}
	var rows []row
	if err := s.DB.From(ctx).Raw(query+" ORDER BY r.id DESC LIMIT ?", append(args, p.Limit+1)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list own uses: %w", err)
	}
	out := make([]Redemption, len(rows))
	for i := range rows {
		r, err := rows[i].redemption()
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// months sums a person's standing uses of a year by month.
func (s *Service) months(ctx context.Context, person uuid.UUID, year int) ([]Month, error) {
	out := []Month{}
	err := s.DB.From(ctx).Raw(`SELECT substr(CAST(r.local_on AS text), 1, 7) AS month, count(*) AS uses,
		CAST(sum(r.gross) AS bigint) AS gross, CAST(sum(r.discount) AS bigint) AS discount FROM redemptions r
		WHERE r.participant_id = ? AND r.local_on BETWEEN ? AND ? AND `+standing+` GROUP BY 1 ORDER BY 1`,
		person, clock.Day(fmt.Sprintf("%04d-01-01", year)), clock.Day(fmt.Sprintf("%04d-12-31", year))).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("sum own uses: %w", err)
	}
	return out, nil
}

// countersOf reads every counter of a person.
func (s *Service) countersOf(ctx context.Context, person uuid.UUID) (*ownCounters, error) {
	var windows []struct {
		BenefitID uuid.UUID
		Per       string
		WindowOn  clock.Day
		Used      int64
		Over      int64
	}
	db := s.DB.From(ctx)
	err := db.Raw("SELECT benefit_id, per, window_on, used, over FROM usages WHERE participant_id = ?", person).Scan(&windows).Error
	if err != nil {
		return nil, fmt.Errorf("read own counters: %w", err)
	}
	var days []struct {
		BenefitID uuid.UUID
		LastOn    clock.Day
	}
	err = db.Raw("SELECT benefit_id, last_on FROM usage_days WHERE participant_id = ? AND last_on IS NOT NULL", person).Scan(&days).Error
	if err != nil {
		return nil, fmt.Errorf("read own days: %w", err)
	}
	out := &ownCounters{windows: make(map[windowKey]windowCount, len(windows)), last: make(map[uuid.UUID]clock.Day, len(days))}
	for _, w := range windows {
		out.windows[windowKey{w.BenefitID, benefits.Per(w.Per), w.WindowOn}] = windowCount{w.Used, w.Over}
	}
	for _, d := range days {
		out.last[d.BenefitID] = d.LastOn
	}
	return out, nil
}
