package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
)

type requestRow struct {
	ParticipantID uuid.UUID
	ID            uuid.UUID
	BranchID      uuid.UUID
	Kind          string
	State         string
	NoteSealed    database.Bytes
	AnswerSealed  database.Bytes
	DueAt         time.Time
	CreatedAt     time.Time
	PreparedBy    *uuid.UUID
	PreparedAt    *time.Time
	DecidedBy     *uuid.UUID
	DecidedAt     *time.Time
}

func (requestRow) TableName() string { return "data_requests" }

func (r *requestRow) place(column string) pii.Place { return place("data_requests", column, r.ID) }

// waits reports whether staff or the person may still do something about it.
func (r *requestRow) waits() bool {
	return r.State == string(RequestOpen) || r.State == string(RequestPrepared)
}

func (s *Service) insertRequest(ctx context.Context, r *requestRow) error {
	if err := s.db.From(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("write data request: %w", err)
	}
	return nil
}

func (s *Service) updateRequest(ctx context.Context, r *requestRow) error {
	res := s.db.From(ctx).Model(&requestRow{}).Where("participant_id = ? AND id = ?", r.ParticipantID, r.ID).Updates(map[string]any{
		"state": r.State, "note_sealed": r.NoteSealed, "answer_sealed": r.AnswerSealed, "prepared_by": r.PreparedBy, "prepared_at": r.PreparedAt,
		"decided_by": r.DecidedBy, "decided_at": r.DecidedAt,
	})
	return oneRow(res, "update data request")
}

func (s *Service) request(ctx context.Context, id uuid.UUID) (*requestRow, error) {
	var row requestRow
	if err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return nil, missing(err, ErrRequestNotFound, "read data request")
	}
	return &row, nil
}

// waiting returns the request of a kind that still waits for staff, or nil.
func (s *Service) waiting(ctx context.Context, person uuid.UUID, kind RequestKind) (*requestRow, error) {
	var row requestRow
	err := s.db.From(ctx).Where("participant_id = ? AND kind = ? AND state IN ('open', 'prepared')", person, string(kind)).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil, nil //nolint:nilnil // none is an answer here
	case err != nil:
		return nil, fmt.Errorf("read waiting data request: %w", err)
	}
	return &row, nil
}

func (s *Service) requestsOf(ctx context.Context, person uuid.UUID, r page.Request) ([]requestRow, error) {
	return readRequests(s.db.From(ctx).Where("participant_id = ?", person), r)
}

// listing is what a list of requests is narrowed by.
type listing struct {
	reach  actor.Reach
	filter RequestFilter
	page   page.Request
	now    time.Time
}

func (s *Service) listRequests(ctx context.Context, l listing) ([]requestRow, error) {
	tx, f := importsIn(s.db.From(ctx), l.reach), l.filter
	if f.Waiting || f.Overdue {
		tx = tx.Where("state IN ('open', 'prepared')")
	}
	if f.Overdue {
		tx = tx.Where("due_at < ?", l.now)
	}
	if f.State != "" {
		tx = tx.Where("state = ?", string(f.State))
	}
	if f.Kind != "" {
		tx = tx.Where("kind = ?", string(f.Kind))
	}
	return readRequests(tx, l.page)
}

func readRequests(tx *gorm.DB, r page.Request) ([]requestRow, error) {
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []requestRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list data requests: %w", err)
	}
	return rows, nil
}

// overdue returns the requests that still wait and were due before an instant.
func (s *Service) overdue(ctx context.Context, before time.Time) ([]requestRow, error) {
	var rows []requestRow
	err := s.db.From(ctx).Where("state IN ('open', 'prepared') AND due_at < ?", before).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read overdue data requests: %w", err)
	}
	return rows, nil
}

// consentsOf returns a person's consents, the newest first.
func (s *Service) consentsOf(ctx context.Context, person uuid.UUID) ([]consentRow, error) {
	var rows []consentRow
	if err := s.db.From(ctx).Where("participant_id = ?", person).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	return rows, nil
}
