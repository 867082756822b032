package partners

import (
	"context"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/uid"
)

// NewSector is a sector to be.
type NewSector struct{ Code, NameID, NameEN string }

var sectorCode = regexp.MustCompile(`^[A-Z0-9]{2,8}$`)

const nameMax = 120

// CreateSector enters a sector as candidate. Only who writes sectors
// nationally may (ErrStaffOnly); a code is given once (ErrSectorExists).
func (s *Service) CreateSector(ctx context.Context, n NewSector) (Sector, error) {
	if !actor.From(ctx).Scope(actor.WriteSectors).National {
		return Sector{}, ErrStaffOnly
	}
	n.NameID, n.NameEN = strings.TrimSpace(n.NameID), strings.TrimSpace(n.NameEN)
	var wrong check.List
	wrong.If(!sectorCode.MatchString(n.Code), "/code", check.Format)
	wrong.Text("/name_id", n.NameID, 1, nameMax)
	wrong.Text("/name_en", n.NameEN, 1, nameMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Sector{}, err
	}
	now := s.clock.Now()
	sec := Sector{ID: uid.At(now), Code: n.Code, NameID: n.NameID, NameEN: n.NameEN, State: SectorCandidate, CreatedAt: now, UpdatedAt: now}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertSector(ctx, sec); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "sector.created", Subject: audit.Subject{Kind: "sector", ID: sec.ID}, Details: map[string]any{"code": sec.Code},
		})
	})
	if err != nil {
		return Sector{}, err
	}
	return sec, nil
}

// Sectors returns all sectors by code. They are public.
func (s *Service) Sectors(ctx context.Context) ([]Sector, error) { return s.sectors(ctx) }

// Sector returns one sector, or ErrSectorNotFound.
func (s *Service) Sector(ctx context.Context, id uuid.UUID) (Sector, error) {
	return s.sector(ctx, id, false)
}

// SetSectorState moves a sector on, or returns ErrState when the step is not
// one of its state machine. Only who writes sectors nationally may.
func (s *Service) SetSectorState(ctx context.Context, id uuid.UUID, to SectorState) (Sector, error) {
	if !actor.From(ctx).Scope(actor.WriteSectors).National {
		return Sector{}, ErrStaffOnly
	}
	if _, known := sectorSteps[to]; !known {
		return Sector{}, ErrInvalid.With(unknownValue("/state"))
	}
	var sec Sector
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if sec, err = s.sector(ctx, id, true); err != nil {
			return err
		}
		from := sec.State
		if !from.CanBecome(to) {
			return ErrState
		}
		sec.State, sec.UpdatedAt = to, s.clock.Now()
		if err := s.moveSector(ctx, id, from, to, sec.UpdatedAt); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{
			Action: "sector.moved", Subject: audit.Subject{Kind: "sector", ID: id}, Details: map[string]any{"from": from, "to": to},
		})
	})
	if err != nil {
		return Sector{}, err
	}
	return sec, nil
}
