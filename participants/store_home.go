package participants

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"
)

// home reads where a person lives. Inside a transaction nobody is erased until
// its end.
func (s *Service) home(ctx context.Context, id uuid.UUID) (uuid.UUID, string, error) {
	var rows []struct {
		BranchID   uuid.UUID
		RegionCode *string
	}
	tx := s.db.From(ctx).Table("participants").Select("branch_id, region_code").Where("id = ? AND erased_at IS NULL", id)
	if s.db.InTransaction(ctx) {
		tx = tx.Clauses(clause.Locking{Strength: "SHARE"})
	}
	if err := tx.Find(&rows).Error; err != nil {
		return uuid.Nil, "", err
	}
	if len(rows) == 0 {
		return uuid.Nil, "", ErrNotFound
	}
	return rows[0].BranchID, orZero(rows[0].RegionCode), nil
}
