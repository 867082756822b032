package audit

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

// Filter narrows a list of entries; zero fields do not.
type Filter struct {
	SubjectKind string
	SubjectID   uuid.UUID
	Action      string // the whole of it, or what it begins with up to the dot
	ActorKind   actor.Kind
	ActorID     uuid.UUID
	RequestID   string
	From, To    time.Time // From included, To not
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

// Get returns one entry: to who reads the log nationally any, to others what
// they did themselves. It returns ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Entry, error) {
	who := actor.From(ctx)
	if !who.Can(actor.ReadAudit) {
		return Entry{}, ErrNotFound
	}
	e, err := s.get(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if !who.Scope(actor.ReadAudit).National && e.ActorID != who.ID {
		return Entry{}, ErrNotFound
	}
	return e, nil
}

// Good reports whether the entry is what its hash says.
func (e *Entry) Good() bool { return bytes.Equal(e.Hash, e.sum()) }
