package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
)

type accessRow struct {
	ParticipantID uuid.UUID
	ID            uuid.UUID
	AccountID     uuid.UUID
	Role          string
	BranchID      *uuid.UUID
	Action        string
	Reason        string
	HourAt        time.Time
	At            time.Time
	Whole         bool
	NoteSealed    database.Bytes
}

func (accessRow) TableName() string { return "data_accesses" }

// newAccesses returns those rows, all of one look, that are not stored yet, so
// that a look that is known writes nothing.
func (s *Service) newAccesses(ctx context.Context, rows []accessRow) ([]accessRow, error) {
	known := map[uuid.UUID]bool{}
	for from := 0; from < len(rows); from += lookupMost {
		batch := rows[from:min(from+lookupMost, len(rows))]
		ids := make([]uuid.UUID, len(batch))
		for i := range batch {
			ids[i] = batch[i].ParticipantID
		}
		var found []accessRow
		err := s.db.From(ctx).Select("participant_id").
			Where("participant_id IN ? AND account_id = ? AND action = ? AND reason = ? AND hour_at = ?", ids, rows[0].AccountID, rows[0].Action, rows[0].Reason, rows[0].HourAt).
			Find(&found).Error
		if err != nil {
			return nil, fmt.Errorf("read accesses: %w", err)
		}
		for i := range found {
			known[found[i].ParticipantID] = true
		}
	}
	var fresh []accessRow
	for i := range rows {
		if !known[rows[i].ParticipantID] {
			fresh = append(fresh, rows[i])
		}
	}
	return fresh, nil
}

func (s *Service) insertAccesses(ctx context.Context, rows []accessRow) (int64, error) {
	res := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, insertMost)
	if res.Error != nil {
		return 0, fmt.Errorf("note accesses: %w", res.Error)
	}
	return res.RowsAffected, nil
}

func (s *Service) accessesOf(ctx context.Context, person uuid.UUID, r page.Request) ([]accessRow, error) {
	tx := s.db.From(ctx).Where("participant_id = ?", person)
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []accessRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read accesses: %w", err)
	}
	return rows, nil
}

func (s *Service) forgetAccesses(ctx context.Context, before time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("DELETE FROM data_accesses WHERE at < ?", before)
	return res.RowsAffected, res.Error
}
