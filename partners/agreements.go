package partners

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/uid"
)

// NewAgreement is an agreement to be entered.
type NewAgreement struct {
	Number           string
	StartsOn, EndsOn clock.Day
	RemindDays       int // 0: 30
}

const (
	agreementNumberMax = 80
	remindDefault      = 30
	remindMax          = 365
)

// CreateAgreement enters an agreement of a partner. The branch does, never the
// partner itself (ErrStaffOnly); a number is used once (ErrAgreementExists).
func (s *Service) CreateAgreement(ctx context.Context, partner uuid.UUID, n NewAgreement) (Agreement, error) {
	n.Number = strings.TrimSpace(n.Number)
	if n.RemindDays == 0 {
		n.RemindDays = remindDefault
	}
	wrong := n.check()
	if err := wrong.Err(ErrInvalid); err != nil {
		return Agreement{}, err
	}
	now := s.clock.Now()
	a := Agreement{
		ID: uid.At(now), PartnerID: partner, Number: n.Number, StartsOn: n.StartsOn, EndsOn: n.EndsOn,
		RemindDays: n.RemindDays, CreatedBy: actor.From(ctx).ID, CreatedAt: now,
	}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.reached(ctx, partner, actor.WritePartners)
		if err != nil {
			return err
		}
		if !p.Affiliation().ByStaff(actor.From(ctx).Scope(actor.WritePartners)) {
			return ErrStaffOnly
		}
		if p.State == Ended {
			return ErrState
		}
		if err := s.insertAgreement(ctx, a); err != nil {
			return err
		}
		return s.note(ctx, partner, "agreement_added", "", map[string]any{
			"agreement_id": a.ID, "starts_on": a.StartsOn, "ends_on": a.EndsOn,
		})
	})
	if err != nil {
		return Agreement{}, err
	}
	return a, nil
}

func (n NewAgreement) check() check.List {
	var wrong check.List
	wrong.Text("/number", n.Number, 1, agreementNumberMax)
	starts, ends := wrong.Day("/starts_on", n.StartsOn), wrong.Day("/ends_on", n.EndsOn)
	wrong.If(starts && ends && n.EndsOn < n.StartsOn, "/ends_on", check.BeforeStart)
	wrong.Range("/remind_days", int64(n.RemindDays), 1, remindMax)
	return wrong
}

// Agreements returns the agreements of a partner within reach, latest first.
func (s *Service) Agreements(ctx context.Context, partner uuid.UUID) ([]Agreement, error) {
	if err := s.readable(ctx, partner); err != nil {
		return nil, err
	}
	return s.agreements(ctx, partner)
}

// readable returns ErrNotFound unless the actor may read the partner.
func (s *Service) readable(ctx context.Context, partner uuid.UUID) error {
	a, err := s.affiliation(ctx, partner)
	if err != nil {
		return err
	}
	if !a.Within(actor.From(ctx).Scope(actor.ReadPartners)) {
		return ErrNotFound
	}
	return nil
}
