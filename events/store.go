package events

import (
	"context"
	"time"

	"github.com/google/uuid"
)

type outboxRow struct {
	ID            uuid.UUID
	Kind          string
	SubjectID     uuid.UUID
	ParticipantID *uuid.UUID
	PartnerID     *uuid.UUID
	Payload       string
	CreatedAt     time.Time
}

func (outboxRow) TableName() string { return "outbox" }

func (s *Service) insert(ctx context.Context, row *outboxRow) error {
	return s.db.From(ctx).Create(row).Error
}
