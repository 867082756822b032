// Package events writes what happened into the outbox, in the transaction in
// which it happens: an event exists exactly when the change does. Delivery
// reads the outbox later; nothing is sent from here.
package events

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/uid"
)

// Event is something that others may want to know. Payload holds ids, codes
// and rupiah; nothing personal.
type Event struct {
	Kind          string // "redemption.granted": noun, dot, past participle
	SubjectID     uuid.UUID
	ParticipantID uuid.UUID // zero when it concerns nobody
	PartnerID     uuid.UUID // zero when it concerns no partner
	Payload       any
}

// Service is the outbox.
type Service struct {
	db    *database.DB
	clock clock.Clock
	heard []func(ctx context.Context, e Event) error
}

// New returns the outbox in db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// OnPublish registers who hears of every event, inside the transaction in which
// it happens. Call it while wiring, before the service is used.
func (s *Service) OnPublish(f func(ctx context.Context, e Event) error) {
	s.heard = append(s.heard, f)
}

// Publish writes e inside the transaction of ctx.
func (s *Service) Publish(ctx context.Context, e Event) error {
	if !s.db.InTransaction(ctx) {
		return fmt.Errorf("publish %s: outside a transaction", e.Kind)
	}
	payload, err := json.Marshal(e.Payload)
	if err != nil {
		return fmt.Errorf("publish %s: %w", e.Kind, err)
	}
	now := s.clock.Now()
	row := outboxRow{
		ID: uid.At(now), Kind: e.Kind, SubjectID: e.SubjectID, ParticipantID: orNull(e.ParticipantID),
		PartnerID: orNull(e.PartnerID), Payload: string(payload), CreatedAt: now,
	}
	if err := s.insert(ctx, &row); err != nil {
		return fmt.Errorf("publish %s: %w", e.Kind, err)
	}
	for _, f := range s.heard {
		if err := f(ctx, e); err != nil {
			return fmt.Errorf("publish %s: %w", e.Kind, err)
		}
	}
	return nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
