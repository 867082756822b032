package audit

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

// Filter narrows a list of entries; zero fields do not.
type Filter struct {
	SubjectKind string
	SubjectID   uuid.UUID
}

// List returns entries, newest first. Who reads the log nationally sees all of
// them, others what they did themselves: an entry belongs to no branch.
func (s *Service) List(ctx context.Context, f Filter, p page.Request) (page.Of[Entry], error) {
	who := actor.From(ctx)
	by := who.ID
	if who.Scope(actor.ReadAudit).National {
		by = uuid.Nil
	}
	entries, err := s.list(ctx, f, by, p)
	if err != nil {
		return page.Of[Entry]{}, fmt.Errorf("list audit log: %w", err)
	}
	return page.Cut(entries, p, func(e Entry) uuid.UUID { return e.ID }), nil
}
