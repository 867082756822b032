package perisai

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
)

// CreateWadah enters a wadah of a branch in reach. Errors: ErrBranchNotFound,
// ErrInvalid, ErrCodeTaken.
func (s *Service) CreateWadah(ctx context.Context, n NewWadah) (Wadah, error) {
	if !writesBranch(ctx, n.BranchID) {
		return Wadah{}, ErrBranchNotFound
	}
	if bad := checkTexts(map[string]string{"/code": n.Code, "/name": n.Name}); len(bad) > 0 {
		return Wadah{}, ErrInvalid.With(bad...)
	}
	now := s.clock.Now()
	w := Wadah{ID: uid.At(now), BranchID: n.BranchID, Code: n.Code, Name: n.Name, CreatedAt: now}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.participants.Branch(ctx, n.BranchID); err != nil {
			return err
		}
		if err := s.insertWadah(ctx, w); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "wadah.created", Subject: audit.Subject{Kind: "wadah", ID: w.ID}, Details: map[string]any{"branch_id": w.BranchID},
		})
	})
	return w, err
}

// ListWadahs returns the wadah in reach, newest first.
func (s *Service) ListWadahs(ctx context.Context, r page.Request) (page.Of[Wadah], error) {
	rows, err := s.listWadahs(ctx, actor.From(ctx).Scope(actor.ReadPerisai), r)
	return page.Cut(rows, r, func(w Wadah) uuid.UUID { return w.ID }), err
}

// GetWadah returns one wadah in reach, or ErrWadahNotFound.
func (s *Service) GetWadah(ctx context.Context, id uuid.UUID) (Wadah, error) {
	return s.wadah(ctx, id, actor.From(ctx).Scope(actor.ReadPerisai))
}

// CreateAgent enters an agent of a wadah whose branch is in reach. Errors:
// ErrWadahNotFound, ErrInvalid, ErrCodeTaken.
func (s *Service) CreateAgent(ctx context.Context, n NewAgent) (Agent, error) {
	all, err := s.CreateAgents(ctx, []NewAgent{n})
	if err != nil {
		return Agent{}, err
	}
	return all[0], nil
}

// CreateAgents enters many agents in one transaction with one audit entry.
func (s *Service) CreateAgents(ctx context.Context, all []NewAgent) ([]Agent, error) {
	for i := range all {
		if bad := all[i].check(); len(bad) > 0 {
			return nil, ErrInvalid.With(bad...)
		}
	}
	now := s.clock.Now()
	var out []Agent
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.agentRows(ctx, all, now)
		if err != nil {
			return err
		}
		if err := s.insertAgents(ctx, rows); err != nil {
			return err
		}
		if out, err = s.shownAgents(rows); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "agents.created", Subject: audit.Subject{Kind: "agent", ID: firstOnly(rows)}, Details: map[string]any{"count": len(rows)},
		})
	})
	return out, err
}

func firstOnly(rows []agentRow) uuid.UUID {
	if len(rows) == 1 {
		return rows[0].ID
	}
	return uuid.Nil
}

func (n *NewAgent) check() []fault.Field {
	bad := checkTexts(map[string]string{"/code": n.Code, "/name": n.Name.Reveal(), "/region_code": n.RegionCode})
	bad = append(bad, checkDay("/active_from", n.ActiveFrom, true)...)
	bad = append(bad, checkDay("/active_to", n.ActiveTo, false)...)
	if n.ActiveTo != "" && n.ActiveTo < n.ActiveFrom {
		bad = append(bad, field("/active_to", "before_start"))
	}
	if n.Phone != "" {
		if _, err := participants.ParsePhone(n.Phone.Reveal()); err != nil {
			bad = append(bad, field("/phone", participants.ErrPhoneForm.Code))
		}
	}
	return bad
}

func (s *Service) shownAgents(rows []agentRow) ([]Agent, error) {
	out := make([]Agent, len(rows))
	for i := range rows {
		r := &rows[i]
		name, err := s.keys.Unseal(pii.Place{Table: "agents", Column: "name_sealed", Row: r.ID}, r.NameSealed)
		if err != nil {
			return nil, fmt.Errorf("open agent's name: %w", err)
		}
		out[i] = Agent{
			ID: r.ID, WadahID: r.WadahID, BranchID: r.BranchID, RegionCode: r.RegionCode, Code: r.Code, Name: pii.Text(name),
			ActiveFrom: r.ActiveFrom, ActiveTo: r.ActiveTo, CreatedAt: r.CreatedAt,
		}
	}
	return out, nil
}

// ListAgents returns the agents in reach, newest first; wadahID narrows the
// list unless it is zero.
func (s *Service) ListAgents(ctx context.Context, wadahID uuid.UUID, r page.Request) (page.Of[Agent], error) {
	rows, err := s.listAgents(ctx, actor.From(ctx).Scope(actor.ReadPerisai), wadahID, r)
	if err != nil {
		return page.Of[Agent]{}, err
	}
	cut := page.Cut(rows, r, func(a agentRow) uuid.UUID { return a.ID })
	items, err := s.shownAgents(cut.Items)
	return page.Of[Agent]{Items: items, NextCursor: cut.NextCursor}, err
}

// GetAgent returns one agent in reach, or ErrAgentNotFound.
func (s *Service) GetAgent(ctx context.Context, id uuid.UUID) (Agent, error) {
	row, err := s.agent(ctx, id, actor.From(ctx).Scope(actor.ReadPerisai))
	if err != nil {
		return Agent{}, err
	}
	all, err := s.shownAgents([]agentRow{*row})
	if err != nil {
		return Agent{}, err
	}
	return all[0], nil
}
