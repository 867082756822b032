package partners

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/clock"
)

const reasonMax = 500

// move is one step of a partner and what goes with it.
type move struct {
	step   Step
	done   string // past participle, for the audit log
	perm   actor.Permission
	reason *string // nil: the step has none
	event  string  // "" : nobody outside wants to know
	guard  func(context.Context, Partner) error
	mark   func(*Partner, uuid.UUID)
}

// Submit hands a draft to the branch for approval.
func (s *Service) Submit(ctx context.Context, id uuid.UUID) (Partner, error) {
	return s.move(ctx, id, move{
		step: StepSubmit, done: "submitted", perm: actor.WritePartners, event: "partner.submitted",
		mark: func(p *Partner, who uuid.UUID) { p.SubmittedBy = who },
	})
}

// Withdraw takes a submitted partner back to draft; only who submitted it can
// (ErrNotSubmitter).
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID) (Partner, error) {
	return s.move(ctx, id, move{step: StepWithdraw, done: "withdrawn", perm: actor.WritePartners, guard: submittedBy})
}

func submittedBy(ctx context.Context, p Partner) error {
	if actor.From(ctx).ID != p.SubmittedBy {
		return ErrNotSubmitter
	}
	return nil
}

// Approve accepts a submitted partner; who entered, prepared or submitted it
// cannot (ErrOwnProposal).
func (s *Service) Approve(ctx context.Context, id uuid.UUID) (Partner, error) {
	return s.move(ctx, id, move{
		step: StepApprove, done: "approved", perm: actor.ApprovePartners,
		guard: secondPair,
		mark:  func(p *Partner, who uuid.UUID) { p.ApprovedBy = who },
	})
}

// secondPair wants somebody else than those whose work it is.
func secondPair(ctx context.Context, p Partner) error {
	prepared := []uuid.UUID{p.CreatedBy, p.SubmittedBy}
	if p.PreparedBy != uuid.Nil {
		prepared = append(prepared, p.PreparedBy)
	}
	if slices.Contains(prepared, actor.From(ctx).ID) {
		return ErrOwnProposal
	}
	return nil
}

// Reject sends a submitted partner back to draft, with a reason.
func (s *Service) Reject(ctx context.Context, id uuid.UUID, reason string) (Partner, error) {
	return s.move(ctx, id, move{step: StepReject, done: "rejected", perm: actor.ApprovePartners, reason: &reason})
}

// Activate opens an approved partner. It needs an agreement in force today, an
// open sector and an active outlet: ErrNoAgreement, ErrSectorNotOpen, ErrNoOutlet.
func (s *Service) Activate(ctx context.Context, id uuid.UUID) (Partner, error) {
	return s.move(ctx, id, move{
		step: StepActivate, done: "activated", perm: actor.ApprovePartners, guard: s.ready, event: "partner.activated",
	})
}

// Suspend closes an active partner for the time being: no promo of it counts.
func (s *Service) Suspend(ctx context.Context, id uuid.UUID, reason string) (Partner, error) {
	return s.move(ctx, id, move{
		step: StepSuspend, done: "suspended", perm: actor.ApprovePartners, reason: &reason, event: "partner.suspended",
	})
}

// Resume opens a suspended partner again, under the conditions of Activate.
func (s *Service) Resume(ctx context.Context, id uuid.UUID) (Partner, error) {
	return s.move(ctx, id, move{
		step: StepResume, done: "resumed", perm: actor.ApprovePartners, guard: s.ready, event: "partner.activated",
	})
}

// End closes a partner for good, with a reason.
func (s *Service) End(ctx context.Context, id uuid.UUID, reason string) (Partner, error) {
	return s.move(ctx, id, move{step: StepEnd, done: "ended", perm: actor.ApprovePartners, reason: &reason})
}

func (s *Service) move(ctx context.Context, id uuid.UUID, m move) (Partner, error) {
	reason, err := m.reasonText()
	if err != nil {
		return Partner{}, err
	}
	var p Partner
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if p, err = s.reached(ctx, id, m.perm); err != nil {
			return err
		}
		from := p.State
		to, allowed := from.Next(m.step)
		if !allowed {
			return ErrState
		}
		if m.guard != nil {
			if err := m.guard(ctx, p); err != nil {
				return err
			}
		}
		p.State, p.StateReason, p.UpdatedAt = to, reason, s.clock.Now()
		if m.mark != nil {
			m.mark(&p, actor.From(ctx).ID)
		}
		if err := s.moveState(ctx, p, from); err != nil {
			return err
		}
		if err := s.tell(ctx, p, m.event); err != nil {
			return err
		}
		return s.note(ctx, id, m.done, reason, map[string]any{"from": from, "to": to})
	})
	if err != nil {
		return Partner{}, err
	}
	return p, nil
}

func (m move) reasonText() (string, error) {
	if m.reason == nil {
		return "", nil
	}
	text := strings.TrimSpace(*m.reason)
	var wrong check.List
	wrong.Lines("/reason", text, 1, reasonMax)
	return text, wrong.Err(ErrInvalid)
}

func (s *Service) tell(ctx context.Context, p Partner, kind string) error {
	if kind == "" {
		return nil
	}
	return s.events.Publish(ctx, events.Event{
		Kind: kind, SubjectID: p.ID, PartnerID: p.ID,
		Payload: map[string]any{"partner_id": p.ID, "branch_id": p.BranchID, "state": p.State},
	})
}

// ready returns what a partner lacks to be active.
func (s *Service) ready(ctx context.Context, p Partner) error {
	sector, err := s.sector(ctx, p.SectorID, false)
	if err != nil {
		return err
	}
	if sector.State != SectorOpen {
		return ErrSectorNotOpen
	}
	today, err := s.branchDay(ctx, p.BranchID)
	if err != nil {
		return err
	}
	switch ok, err := s.inForce(ctx, p.ID, today); {
	case err != nil:
		return err
	case !ok:
		return ErrNoAgreement
	}
	n, err := s.activeOutlets(ctx, p.ID)
	if err == nil && n == 0 {
		return ErrNoOutlet
	}
	return err
}

// branchDay returns what day it is at a branch.
func (s *Service) branchDay(ctx context.Context, branch uuid.UUID) (clock.Day, error) {
	zone, err := s.branchZone(ctx, branch)
	if err != nil {
		return "", err
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return "", err
	}
	return clock.DayOf(s.clock.Now(), loc), nil
}
