package participants

import (
	"context"

	"github.com/google/uuid"
)

func (s *Service) home(ctx context.Context, id uuid.UUID) (uuid.UUID, string, error) {
	var rows []struct {
		BranchID   uuid.UUID
		RegionCode *string
	}
	if err := s.db.From(ctx).Raw("SELECT branch_id, region_code FROM participants WHERE id = ?", id).Scan(&rows).Error; err != nil {
		return uuid.Nil, "", err
	}
	if len(rows) == 0 {
		return uuid.Nil, "", ErrNotFound
	}
	return rows[0].BranchID, orZero(rows[0].RegionCode), nil
}
