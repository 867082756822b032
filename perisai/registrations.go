package perisai

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// Register records who registered a person. Errors: ErrNoParticipant,
// ErrAgentNotFound, ErrBranchNotFound, ErrInvalid, ErrAgentInactive,
// ErrRegistered.
func (s *Service) Register(ctx context.Context, r Registration) (Registration, error) {
	all, err := s.register(ctx, []Registration{r})
	if err != nil {
		return Registration{}, err
	}
	return all[0], nil
}

// RegisterMany records many registrations in one transaction with one audit
// entry; one that is refused refuses all.
func (s *Service) RegisterMany(ctx context.Context, all []Registration) error {
	if len(all) == 0 {
		return nil
	}
	_, err := s.register(ctx, all)
	return err
}

func (s *Service) register(ctx context.Context, in []Registration) ([]Registration, error) {
	now := s.clock.Now()
	var out []Registration
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if out, err = s.complete(ctx, in, now); err != nil {
			return err
		}
		if err := s.insertRegistrations(ctx, out); err != nil {
			return err
		}
		subject := audit.Subject{Kind: "registration"}
		if len(out) == 1 {
			subject.ID = out[0].ID
		}
		return s.audit.Append(ctx, audit.Event{Action: "registrations.created", Subject: subject, Details: map[string]any{"count": len(out)}})
	})
	return out, err
}

// complete checks registrations and fills in what follows from the agent.
func (s *Service) complete(ctx context.Context, in []Registration, now time.Time) ([]Registration, error) {
	reach := actor.From(ctx).Scope(actor.WritePerisai)
	ids, agentIDs := make([]uuid.UUID, len(in)), []uuid.UUID(nil)
	for i := range in {
		ids[i] = in[i].ParticipantID
		if in[i].AgentID != uuid.Nil {
			agentIDs = append(agentIDs, in[i].AgentID)
		}
	}
	people, err := s.participants.Standings(ctx, ids)
	if err != nil {
		return nil, err
	}
	agents, err := s.agentsByID(ctx, agentIDs)
	if err != nil {
		return nil, err
	}
	branches, err := s.participants.Branches(ctx)
	if err != nil {
		return nil, err
	}
	today := map[uuid.UUID]clock.Day{uuid.Nil: clock.DayOf(now, time.UTC)}
	for _, b := range branches {
		today[b.ID] = b.DayAt(now)
	}
	out := make([]Registration, len(in))
	for i, r := range in {
		p, ok := people[r.ParticipantID]
		if !ok || !reach.HasBranch(p.BranchID) {
			return nil, ErrNoParticipant
		}
		if err := r.complete(agents, reach); err != nil {
			return nil, err
		}
		day, known := today[r.BranchID]
		if !known {
			return nil, ErrBranchNotFound
		}
		if err := r.checkDay(day); err != nil {
			return nil, err
		}
		r.ID, r.CreatedAt = uid.At(now), now
		out[i] = r
	}
	return out, nil
}

func (r *Registration) complete(agents map[uuid.UUID]agentRow, reach actor.Reach) error {
	if r.AgentID != uuid.Nil {
		a, ok := agents[r.AgentID]
		if !ok || !reach.HasBranch(a.BranchID) {
			return ErrAgentNotFound
		}
		if !(Agent{ActiveFrom: a.ActiveFrom, ActiveTo: a.ActiveTo}).ActiveOn(r.RegisteredOn) {
			return ErrAgentInactive
		}
		r.WadahID = a.WadahID
		if r.BranchID == uuid.Nil && !r.Unallocated {
			r.BranchID = a.BranchID
		}
	}
	if r.Unallocated {
		r.BranchID = uuid.Nil
		if !reach.National {
			return ErrBranchNotFound
		}
		return nil
	}
	if r.BranchID == uuid.Nil || !reach.HasBranch(r.BranchID) {
		return ErrBranchNotFound
	}
	return nil
}

func (r *Registration) checkDay(today clock.Day) error {
	if bad := checkDay("/registered_on", r.RegisteredOn, true); len(bad) > 0 {
		return ErrInvalid.With(bad...)
	}
	if r.RegisteredOn > today {
		return ErrInvalid.With(field("/registered_on", "date_future"))
	}
	return nil
}

// ListRegistrations returns the registrations in reach, newest first; agentID
// narrows the list unless it is zero.
func (s *Service) ListRegistrations(ctx context.Context, agentID uuid.UUID, r page.Request) (page.Of[Registration], error) {
	rows, err := s.listRegistrations(ctx, actor.From(ctx).Scope(actor.ReadPerisai), agentID, r)
	return page.Cut(rows, r, func(x Registration) uuid.UUID { return x.ID }), err
}

// ReportFigure keeps a number as it was reported. A figure of all branches
// needs national reach. Errors: ErrBranchNotFound, ErrInvalid.
func (s *Service) ReportFigure(ctx context.Context, f Figure) (Figure, error) {
	if !writesBranch(ctx, f.BranchID) {
		return Figure{}, ErrBranchNotFound
	}
	bad := checkTexts(map[string]string{"/metric": f.Metric, "/source": f.Source})
	bad = append(bad, checkDay("/period_start", f.PeriodStart, true)...)
	bad = append(bad, checkDay("/period_end", f.PeriodEnd, true)...)
	bad = append(bad, checkDay("/as_of", f.AsOf, true)...)
	if f.PeriodEnd < f.PeriodStart {
		bad = append(bad, field("/period_end", "before_start"))
	}
	if f.Value < 0 {
		bad = append(bad, field("/value", "negative"))
	}
	if len(f.Note) > textMost {
		bad = append(bad, field("/note", "too_long"))
	}
	if len(bad) > 0 {
		return Figure{}, ErrInvalid.With(bad...)
	}
	f.CreatedAt = s.clock.Now()
	f.ID = uid.At(f.CreatedAt)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if f.BranchID != uuid.Nil {
			if _, err := s.participants.Branch(ctx, f.BranchID); err != nil {
				return err
			}
		}
		if err := s.insertFigure(ctx, f); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "figure.reported", Subject: audit.Subject{Kind: "reported_figure", ID: f.ID},
			Details: map[string]any{"metric": f.Metric, "value": f.Value, "period_start": f.PeriodStart, "period_end": f.PeriodEnd},
		})
	})
	return f, err
}

// Figures returns the reported figures of a metric whose period lies within
// from and to, oldest period first: those of all branches together, and those
// of the branches in reach.
func (s *Service) Figures(ctx context.Context, metric string, from, to clock.Day) ([]Figure, error) {
	return s.figures(ctx, actor.From(ctx).Scope(actor.ReadPerisai), Figure{Metric: metric, PeriodStart: from, PeriodEnd: to})
}
