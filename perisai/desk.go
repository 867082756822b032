package perisai

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
)

// Tally counts what a wadah has.
type Tally struct{ Agents, Registrations int64 }

// Month is a month of registrations, and of how many of those people a phone
// has taken the card since.
type Month struct {
	Month      string // 2026-11
	Registered int64
	HandedOver int64
}

// Line is a registration as a desk shows it: the name as on cards.
type Line struct {
	Registration
	Name       string // masked; empty: the person was erased
	HandedOver bool   // a phone took the card
	InTime     bool   // the wadah may give the link still
}

// monthsMost is how many months Months returns.
const monthsMost = 12

// Tallies counts agents and registrations of those of the wadah that lie in
// reach, by id.
func (s *Service) Tallies(ctx context.Context, wadahs []uuid.UUID) (map[uuid.UUID]Tally, error) {
	if len(wadahs) == 0 {
		return map[uuid.UUID]Tally{}, nil
	}
	return s.tallies(ctx, wadahs, actor.From(ctx).Scope(actor.ReadPerisai))
}

// Months returns the newest twelve months in which the wadah, or one agent
// unless that is zero, registered somebody, oldest first.
func (s *Service) Months(ctx context.Context, wadah, agent uuid.UUID) ([]Month, error) {
	return s.months(ctx, wadah, agent, actor.From(ctx).Scope(actor.ReadPerisai))
}

// Lines returns the registrations of an agent in reach, newest first, or
// ErrAgentNotFound.
func (s *Service) Lines(ctx context.Context, agent uuid.UUID, r page.Request) (page.Of[Line], error) {
	if _, err := s.GetAgent(ctx, agent); err != nil {
		return page.Of[Line]{}, err
	}
	all, err := s.ListRegistrations(ctx, agent, r)
	if err != nil {
		return page.Of[Line]{}, err
	}
	out := page.Of[Line]{Items: make([]Line, len(all.Items)), NextCursor: all.NextCursor}
	for i, reg := range all.Items {
		if out.Items[i], err = s.line(ctx, reg); err != nil {
			return page.Of[Line]{}, err
		}
	}
	return out, nil
}

func (s *Service) line(ctx context.Context, reg Registration) (Line, error) {
	l := Line{Registration: reg, InTime: reg.RegisteredOn >= clock.DayOf(s.clock.Now(), time.UTC).AddDays(-HandOverDays)}
	name, err := s.participants.MaskedName(ctx, reg.ParticipantID)
	if fault.KindOf(err) == fault.NotFound {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("name of a registration: %w", err)
	}
	l.Name = cards.DisplayName(name)
	l.HandedOver, err = s.participants.Activated(ctx, reg.ParticipantID)
	return l, err
}

// Metrics returns the metrics of which figures in reach were reported, by name.
func (s *Service) Metrics(ctx context.Context) ([]string, error) {
	return s.metrics(ctx, actor.From(ctx).Scope(actor.ReadPerisai))
}
