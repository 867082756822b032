package redemptions

import (
	"context"

	"github.com/google/uuid"
)

// chainEnds returns the first number of a till that is kept and the highest
// that is here, 0 when none is.
func (s *Service) chainEnds(ctx context.Context, till uuid.UUID) (from, highest int64, err error) {
	err = s.DB.From(ctx).Raw(`SELECT t.items_from, COALESCE((SELECT max(i.seq) FROM till_items i WHERE i.till_id = t.id), 0)
		FROM tills t WHERE t.id = ?`, till).Row().Scan(&from, &highest)
	return from, highest, err
}

// gap are numbers that are not here, High excluded.
type gap struct{ Low, High int64 }

func (s *Service) chainGaps(ctx context.Context, till uuid.UUID, from int64) ([]gap, error) {
	var out []gap
	err := s.DB.From(ctx).Raw(`SELECT low, seq AS high FROM (
			SELECT seq, COALESCE(LAG(seq) OVER (ORDER BY seq) + 1, ?) AS low FROM till_items WHERE till_id = ? AND seq >= ?
		) g WHERE low < seq ORDER BY low LIMIT ?`, from, till, from, chainMost).Scan(&out).Error
	return out, err
}

// chainBroken returns the numbers of items that name another one before them
// than any that is here. Only the first of all names none.
func (s *Service) chainBroken(ctx context.Context, till uuid.UUID, from int64) ([]int64, error) {
	out := []int64{}
	err := s.DB.From(ctx).Raw(`SELECT DISTINCT i.seq FROM till_items i WHERE i.till_id = ? AND i.seq >= ? AND (
			(i.prev IS NULL AND i.seq > 1) OR (i.prev IS NOT NULL AND i.seq = 1)
			OR (i.prev IS NOT NULL AND EXISTS (SELECT 1 FROM till_items p WHERE p.till_id = i.till_id AND p.seq = i.seq - 1)
				AND NOT EXISTS (SELECT 1 FROM till_items p WHERE p.till_id = i.till_id AND p.seq = i.seq - 1 AND p.hash = i.prev)))
		ORDER BY i.seq LIMIT ?`, till, from, chainMost).Scan(&out).Error
	return out, err
}

func (s *Service) chainForked(ctx context.Context, till uuid.UUID, from int64) ([]int64, error) {
	out := []int64{}
	err := s.DB.From(ctx).Raw(`SELECT seq FROM till_items WHERE till_id = ? AND seq >= ? GROUP BY seq HAVING count(*) > 1 ORDER BY seq LIMIT ?`,
		till, from, chainMost).Scan(&out).Error
	return out, err
}
