package redemptions

import (
	"context"
	"fmt"
	"strings"

	"github.com/berlaku/berlaku/internal/actor"
)

func (s *Service) sum(ctx context.Context, reach actor.Reach, f Filter) (Sum, error) {
	where, args := f.where(reach)
	var out Sum
	err := s.DB.From(ctx).Raw(`SELECT count(*) AS records,
		COALESCE(CAST(sum(CASE WHEN `+standing+` THEN 1 ELSE 0 END) AS bigint), 0) AS standing,
		COALESCE(CAST(sum(CASE WHEN r.outcome = 'refused' THEN 1 ELSE 0 END) AS bigint), 0) AS refused,
		COALESCE(CAST(sum(CASE WHEN `+standing+` THEN r.gross ELSE 0 END) AS bigint), 0) AS gross,
		COALESCE(CAST(sum(CASE WHEN `+standing+` THEN r.discount ELSE 0 END) AS bigint), 0) AS discount
		FROM redemptions r WHERE `+strings.Join(where, " AND "), args...).Scan(&out).Error
	if err != nil {
		return Sum{}, fmt.Errorf("sum redemptions: %w", err)
	}
	return out, nil
}
