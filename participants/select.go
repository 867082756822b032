package participants

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
)

// Selection narrows which people are meant; zero fields do not.
type Selection struct {
	BranchID   uuid.UUID // the person's own branch
	RegionCode string    // a region with everything in it: 72 includes 72.71
	Segment    Segment   // Segment and Status are of one and the same membership, as stored
	Status     Status
	ImportID   uuid.UUID // who has a membership that this import made or changed
	After      uuid.UUID // only ids beyond it, to read on
}

// Select returns the ids of at most limit people within the reach of the
// actor's permission to issue cards, in order of their ids, erased ones left
// out. For other domains.
func (s *Service) Select(ctx context.Context, sel Selection, limit int) ([]uuid.UUID, error) {
	return s.selectIDs(ctx, sel, actor.From(ctx).Scope(actor.IssueCards), limit)
}

// WithPhone tells of which of these people a phone is on record. For other
// domains: it does not look at who asks.
func (s *Service) WithPhone(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	return s.phonesOnRecord(ctx, ids)
}

// CanSend reports whether there is a way to send people anything at all.
func (s *Service) CanSend() bool { return s.messages != nil && s.messages.Enabled() }

// EndActivations ends those of these activations that were not used. It joins
// the caller's transaction. For other domains: the caller has judged whether it
// may be, and appends to the audit log.
func (s *Service) EndActivations(ctx context.Context, ids []uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return s.endUnused(ctx, ids, s.clock.Now()) })
}
