package partners

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
)

// Line is a partner in a list, without its contact.
type Line struct {
	Partner
	EndsOn  clock.Day // of its last agreement; empty: it has none
	Outlets int       // active ones
}

// Place is a regency or city with the branch that looks after it.
type Place struct {
	Code, Name string
	Kind       string    // regency or city
	BranchID   uuid.UUID // zero: none does
	BranchName string
}

// Lines returns the partners within reach, newest first, without contacts.
func (s *Service) Lines(ctx context.Context, f Filter, r page.Request) (page.Of[Line], error) {
	rows, err := s.lines(ctx, actor.From(ctx).Scope(actor.ReadPartners), f, r)
	if err != nil {
		return page.Of[Line]{}, err
	}
	return page.Cut(rows, r, func(l Line) uuid.UUID { return l.ID }), nil
}

// Counts returns how many partners within reach stand in each state; the state
// of the filter does not count.
func (s *Service) Counts(ctx context.Context, f Filter) (map[State]int64, error) {
	f.State = ""
	return s.counts(ctx, actor.From(ctx).Scope(actor.ReadPartners), f)
}

// Waiting returns the submitted partners within reach, those first that wait
// longest, at most 200.
func (s *Service) Waiting(ctx context.Context) ([]Line, error) {
	return s.waiting(ctx, actor.From(ctx).Scope(actor.ReadPartners))
}

// Places returns the regencies and cities by name. They are public.
func (s *Service) Places(ctx context.Context) ([]Place, error) { return s.places(ctx) }
