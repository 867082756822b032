package partners

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

// Action is one thing that was done to a partner.
type Action struct {
	At        time.Time
	Done      string // created, submitted, approved, agreement_added, …
	ActorKind actor.Kind
	ActorID   uuid.UUID
	Reason    string // empty: the step has none
}

// History returns what was done to a partner within reach, newest first, at
// most 200.
func (s *Service) History(ctx context.Context, partner uuid.UUID) ([]Action, error) {
	if err := s.readable(ctx, partner); err != nil {
		return nil, err
	}
	return s.actions(ctx, partner)
}

// note writes what was done to a partner into its history and the audit log,
// the latter without the reason. Call it last.
func (s *Service) note(ctx context.Context, partner uuid.UUID, done, reason string, details map[string]any) error {
	who, now := actor.From(ctx), s.clock.Now()
	a := Action{At: now, Done: done, ActorKind: who.Kind, ActorID: who.ID, Reason: reason}
	if err := s.insertAction(ctx, uid.At(now), partner, a); err != nil {
		return err
	}
	return s.audit.Append(ctx, event(done, partner, details))
}
