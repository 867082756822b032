package benefits

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
)

// lowOnes returns the live promos that run out of something and of which not all
// was told, by id.
func (s *Service) lowOnes(ctx context.Context, now time.Time) ([]lowOne, error) {
	today, _ := dayRange(now)
	var rows []struct {
		ID, PartnerID, BranchID uuid.UUID
		LiveVersion             int
		ValidTo                 clock.Day
		UsedCount, UsedAmount   int64
		LimitCount, LimitAmount *int64
		Told                    int
	}
	err := s.db.From(ctx).Raw(`SELECT b.id, b.partner_id, p.branch_id, b.live_version, v.valid_to, q.used_count, q.limit_count, q.used_amount, q.limit_amount,
		(SELECT count(*) FROM benefit_warnings w WHERE w.benefit_id = b.id AND w.version = b.live_version) AS told
		FROM benefits b JOIN partners p ON p.id = b.partner_id
		JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = b.live_version
		JOIN benefit_quotas q ON q.benefit_id = b.id AND q.slot = 0
		WHERE b.state = 'live' AND v.valid_to >= ? AND (v.valid_to <= ? OR (q.limit_count - q.used_count) * 100 <= q.limit_count * ?
			OR (q.limit_amount - q.used_amount) * 100 <= q.limit_amount * ?) ORDER BY b.id`,
		today, today.AddDays(EndingDays), LowShare, LowShare).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list promos that run out: %w", err)
	}
	out := make([]lowOne, 0, len(rows))
	for _, r := range rows {
		st := Stock{r.LimitCount, r.LimitAmount, Remaining{left(r.LimitCount, &r.UsedCount), left(r.LimitAmount, &r.UsedAmount)}}
		w := st.Warnings(r.ValidTo, today)
		if len(w) > r.Told {
			out = append(out, lowOne{benefit: r.ID, partner: r.PartnerID, branch: r.BranchID, version: r.LiveVersion, validTo: r.ValidTo, warnings: w})
		}
	}
	return out, nil
}

// noteWarning reports whether a warning is the first of its kind.
func (s *Service) noteWarning(ctx context.Context, low lowOne, what Lack, at time.Time) (bool, error) {
	res := s.db.From(ctx).Exec(`INSERT INTO benefit_warnings (benefit_id, version, what, told_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (benefit_id, version, what) DO NOTHING`, low.benefit, low.version, string(what), at)
	if res.Error != nil {
		return false, fmt.Errorf("note warning: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}
