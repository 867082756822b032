package redemptions

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

func (exceptionRow) TableName() string { return "exception_decisions" }

func (s *Service) insertException(ctx context.Context, row *exceptionRow) error {
	if err := s.DB.From(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("insert decision: %w", err)
	}
	return nil
}

// readExceptions fills in what was decided about flagged records, and of those
// that a decision made, the decision.
func (s *Service) readExceptions(ctx context.Context, all []Redemption) error {
	at := map[uuid.UUID]*Redemption{}
	var ids []uuid.UUID
	for i := range all {
		if r := &all[i]; len(r.Flags) > 0 {
			at[r.ID], ids = r, append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []exceptionRow
	if err := s.DB.From(ctx).Where("redemption_id IN ? OR made_id IN ?", ids, ids).Find(&rows).Error; err != nil {
		return fmt.Errorf("read decisions: %w", err)
	}
	for i := range rows {
		e := &rows[i]
		if r := at[e.RedemptionID]; r != nil {
			r.Exception = e.exception()
		}
		if e.MadeID == nil {
			continue
		}
		if r := at[*e.MadeID]; r != nil && r.Exception == nil {
			r.Exception = e.exception()
			r.Exception.MadeOther, r.Exception.MadeID = true, &e.RedemptionID
		}
	}
	return nil
}
