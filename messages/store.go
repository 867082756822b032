package messages

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
)

// States of a stored message.
const (
	queued  = "queued"
	sent    = "sent"
	failed  = "failed"
	dropped = "dropped" // never meant to leave
)

type messageRow struct {
	ID            uuid.UUID
	ParticipantID uuid.UUID
	AccountID     *uuid.UUID
	Kind          string
	ToSealed      database.Bytes
	TextSealed    database.Bytes
	State         string
	Tries         int
	Failure       string
	CreatedAt     time.Time
	DueAt         time.Time
	ExpiresAt     time.Time
	EndedAt       *time.Time
}

func (messageRow) TableName() string { return "messages" }

func place(column string, id uuid.UUID) pii.Place {
	return pii.Place{Table: "messages", Column: column, Row: id}
}

func (s *Service) insert(ctx context.Context, r *messageRow) error {
	if err := s.db.From(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("queue message: %w", err)
	}
	return nil
}

// due returns what may be tried now. What ends first comes first: codes before
// links.
func (s *Service) due(ctx context.Context, now time.Time, most int) ([]messageRow, error) {
	var rows []messageRow
	err := s.db.From(ctx).Where("state = ? AND due_at <= ?", queued, now).Order("expires_at, id").Limit(most).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read due messages: %w", err)
	}
	return rows, nil
}

// take makes r this server's until the lease ends, and reports whether nobody
// else was faster.
func (s *Service) take(ctx context.Context, r *messageRow, until time.Time) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE messages SET tries = tries + 1, due_at = ? WHERE id = ? AND state = ? AND tries = ?", until, r.ID, queued, r.Tries)
	if res.Error != nil {
		return false, fmt.Errorf("take message: %w", res.Error)
	}
	r.Tries++
	return res.RowsAffected == 1, nil
}

// end forgets number and text. A message that was erased meanwhile stays away;
// one that another server took meanwhile ends as well: it has left.
func (s *Service) end(ctx context.Context, id uuid.UUID, state, failure string, now time.Time) error {
	err := s.db.From(ctx).Exec(`UPDATE messages SET state = ?, failure = ?, ended_at = ?, to_sealed = NULL, text_sealed = NULL
		WHERE id = ? AND state = ?`, state, failure, now, id, queued).Error
	if err != nil {
		return fmt.Errorf("end message: %w", err)
	}
	return nil
}

func (s *Service) postpone(ctx context.Context, r *messageRow, failure string, due time.Time) error {
	err := s.db.From(ctx).Exec("UPDATE messages SET failure = ?, due_at = ? WHERE id = ? AND state = ? AND tries = ?", failure, due, r.ID, queued, r.Tries).Error
	if err != nil {
		return fmt.Errorf("postpone message: %w", err)
	}
	return nil
}

func (s *Service) deleteOf(ctx context.Context, participantID uuid.UUID) error {
	if err := s.db.From(ctx).Exec("DELETE FROM messages WHERE participant_id = ?", participantID).Error; err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	return nil
}

func (s *Service) deleteBefore(ctx context.Context, t time.Time) (int64, error) {
	res := s.db.From(ctx).Exec("DELETE FROM messages WHERE state <> ? AND created_at < ?", queued, t)
	return res.RowsAffected, res.Error
}
