package cards

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// codeOwners returns whose short codes these are, by code.
func (s *Service) codeOwners(ctx context.Context, codes []string) (map[string]codeRow, error) {
	out := make(map[string]codeRow, len(codes))
	for batch := range slices.Chunk(codes, lookupMost) {
		var rows []codeRow
		if err := s.db.From(ctx).Where("code IN ?", batch).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("look up short codes: %w", err)
		}
		for _, r := range rows {
			out[r.Code] = r
		}
	}
	return out, nil
}

// countRunning counts the runs of a branch that are under way; the zero branch
// is that of runs across branches.
func (s *Service) countRunning(ctx context.Context, branch uuid.UUID) (n int64, err error) {
	tx := s.db.From(ctx).Table("card_runs").Where("state = 'running'")
	if branch == uuid.Nil {
		tx = tx.Where("branch_id IS NULL")
	} else {
		tx = tx.Where("branch_id = ?", branch)
	}
	if err := tx.Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count running card runs: %w", err)
	}
	return n, nil
}

// holdBranch holds a branch's row to the end of the transaction; of the zero
// branch, that of the first one.
func (s *Service) holdBranch(ctx context.Context, branch uuid.UUID) error {
	tx := s.db.From(ctx).Table("branches").Select("id").Clauses(forUpdate).Order("id").Limit(1)
	if branch != uuid.Nil {
		tx = tx.Where("id = ?", branch)
	}
	var rows []struct{ ID uuid.UUID }
	if err := tx.Find(&rows).Error; err != nil {
		return fmt.Errorf("hold branch: %w", err)
	}
	return nil
}
