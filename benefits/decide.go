package benefits

import (
	"bytes"
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
)

const reasonMax = 500

// Seen is what an approver had before him. Zero fields are not compared.
type Seen struct {
	Version   int
	TermsHash []byte
}

// Submit hands the newest version in. From here on it never changes.
func (s *Service) Submit(ctx context.Context, id uuid.UUID) (Benefit, error) {
	return s.step(ctx, id, actor.WriteBenefits, StepSubmit, func(ctx context.Context, b *benefitRow, v Version) (audit.Event, error) {
		b.mirror(Submitted)
		if err := s.markSubmitted(ctx, v, actor.From(ctx).ID, s.clock.Now()); err != nil {
			return audit.Event{}, err
		}
		return event("submitted", id, v.Version, v.TermsHash), s.tellBranch(ctx, *b, "benefit.submitted")
	})
}

// Approve accepts the version that waits, if it is the one that was seen
// (ErrTermsChanged). Its author, who handed it in, and an owner cannot
// (ErrOwnProposal, ErrNotFound). What may cost more than the branch approves by
// itself is approved by headquarters (ErrAboveCap), by two persons: after the
// first it is still submitted, and the first cannot be the second
// (ErrSecondPerson).
func (s *Service) Approve(ctx context.Context, id uuid.UUID, seen Seen) (Benefit, error) {
	return s.step(ctx, id, actor.ApproveBenefits, StepApprove, func(ctx context.Context, b *benefitRow, v Version) (audit.Event, error) {
		if seen.Version != 0 && seen.Version != v.Version || len(seen.TermsHash) > 0 && !bytes.Equal(seen.TermsHash, v.TermsHash) {
			return audit.Event{}, ErrTermsChanged
		}
		who := actor.From(ctx).ID
		if b.proposedBy(v, who) {
			return audit.Event{}, ErrOwnProposal
		}
		enough, err := s.authorise(ctx, b.PartnerID, v)
		if err != nil {
			return audit.Event{}, err
		}
		if !enough {
			return event("signed", id, v.Version, v.TermsHash), nil
		}
		b.mirror(Approved)
		return event("approved", id, v.Version, v.TermsHash), s.markDecided(ctx, v, who, s.clock.Now())
	})
}

// Reject refuses the version that waits, with a reason.
func (s *Service) Reject(ctx context.Context, id uuid.UUID, reason string) (Benefit, error) {
	reason = strings.TrimSpace(reason)
	var wrong check.List
	wrong.Lines("/reason", reason, 1, reasonMax)
	if err := wrong.Err(ErrInvalid); err != nil {
		return Benefit{}, err
	}
	return s.step(ctx, id, actor.ApproveBenefits, StepReject, func(ctx context.Context, b *benefitRow, v Version) (audit.Event, error) {
		b.mirror(Rejected)
		v.DecideReason = reason
		if err := s.markDecided(ctx, v, actor.From(ctx).ID, s.clock.Now()); err != nil {
			return audit.Event{}, err
		}
		return event("rejected", id, v.Version, v.TermsHash), s.tellBranch(ctx, *b, "benefit.rejected")
	})
}

// Publish puts the approved version at the tills in place of the former one and
// sets its totals; a total below what is used already is ErrLimitBelowUse. Its
// author and who handed it in cannot (ErrOwnProposal); who approved it can. A
// paused promo stays paused.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (Benefit, error) {
	return s.step(ctx, id, actor.ApproveBenefits, StepPublish, func(ctx context.Context, b *benefitRow, v Version) (audit.Event, error) {
		who := actor.From(ctx).ID
		if b.proposedBy(v, who) {
			return audit.Event{}, ErrOwnProposal
		}
		if err := s.setLimits(ctx, id, v.Terms.Limits); err != nil {
			return audit.Event{}, err
		}
		if b.LiveVersion != 0 {
			if err := s.markRetired(ctx, id, b.LiveVersion, VersionPublished); err != nil {
				return audit.Event{}, err
			}
		}
		b.mirror(Live)
		b.LiveVersion = v.Version
		if err := s.markPublished(ctx, v, who, s.clock.Now()); err != nil {
			return audit.Event{}, err
		}
		return event("published", id, v.Version, v.TermsHash), s.tell(ctx, *b, "benefit.published")
	})
}

// Pause takes a live promo from the tills for the time being.
func (s *Service) Pause(ctx context.Context, id uuid.UUID) (Benefit, error) {
	return s.move(ctx, id, StepPause, "paused", "benefit.paused")
}

// Resume puts a paused promo back.
func (s *Service) Resume(ctx context.Context, id uuid.UUID) (Benefit, error) {
	return s.move(ctx, id, StepResume, "resumed", "benefit.published")
}

// End takes a promo from the tills for good.
func (s *Service) End(ctx context.Context, id uuid.UUID) (Benefit, error) {
	return s.move(ctx, id, StepEnd, "ended", "benefit.ended")
}

func (s *Service) move(ctx context.Context, id uuid.UUID, step Step, done, kind string) (Benefit, error) {
	return s.change(ctx, id, actor.WriteBenefits, func(ctx context.Context, b *benefitRow) (audit.Event, error) {
		to, allowed := State(b.State).Next(step)
		if !allowed {
			return audit.Event{}, ErrState
		}
		b.State = string(to)
		return event(done, id, b.LiveVersion, nil), s.tell(ctx, *b, kind)
	})
}

// step moves the newest version of a promo that has not ended.
func (s *Service) step(ctx context.Context, id uuid.UUID, perm actor.Permission, step VersionStep,
	f func(context.Context, *benefitRow, Version) (audit.Event, error),
) (Benefit, error) {
	return s.change(ctx, id, perm, func(ctx context.Context, b *benefitRow) (audit.Event, error) {
		v, err := s.version(ctx, id, b.Version)
		if err != nil {
			return audit.Event{}, err
		}
		to, allowed := v.State.Next(step)
		if !allowed || State(b.State) == Ended {
			return audit.Event{}, ErrState
		}
		v.State = to
		return f(ctx, b, v)
	})
}

// change locks a promo within reach, lets f change it, writes it and appends
// the event of f to the audit log.
func (s *Service) change(ctx context.Context, id uuid.UUID, perm actor.Permission,
	f func(context.Context, *benefitRow) (audit.Event, error),
) (Benefit, error) {
	var out Benefit
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		b, err := s.lock(ctx, id)
		if err != nil {
			return err
		}
		if err := s.within(ctx, b.PartnerID, perm); err != nil {
			return err
		}
		e, err := f(ctx, &b)
		if err != nil {
			return err
		}
		b.UpdatedAt = s.clock.Now()
		if err := s.moveBenefit(ctx, b); err != nil {
			return err
		}
		if out, err = s.benefit(ctx, id); err != nil {
			return err
		}
		return s.audit.Append(ctx, e)
	})
	if err != nil {
		return Benefit{}, err
	}
	return out, nil
}

// proposedBy reports whether who wrote the version or handed it in. Who began
// the promo wrote its first version, whoever edited that later.
func (b *benefitRow) proposedBy(v Version, who uuid.UUID) bool {
	return who == v.AuthorID || who == v.SubmittedBy || v.Version == 1 && who == b.CreatedBy
}

// ProposedBy reports whether somebody wrote or handed in a version of the promo
// and so may neither approve nor publish it.
func (b *Benefit) ProposedBy(v Version, who uuid.UUID) bool {
	return (&benefitRow{CreatedBy: b.CreatedBy}).proposedBy(v, who)
}

func (s *Service) tell(ctx context.Context, b benefitRow, kind string) error {
	return s.events.Publish(ctx, events.Event{
		Kind: kind, SubjectID: b.ID, PartnerID: b.PartnerID,
		Payload: map[string]any{"benefit_id": b.ID, "partner_id": b.PartnerID, "version": b.LiveVersion, "state": b.State},
	})
}

// tellBranch tells about the newest version, with the branch that looks after
// the partner.
func (s *Service) tellBranch(ctx context.Context, b benefitRow, kind string) error {
	home, err := s.partners.Affiliation(ctx, b.PartnerID)
	if err != nil {
		return err
	}
	return s.events.Publish(ctx, events.Event{
		Kind: kind, SubjectID: b.ID, PartnerID: b.PartnerID,
		Payload: map[string]any{"benefit_id": b.ID, "partner_id": b.PartnerID, "branch_id": home.BranchID, "version": b.Version},
	})
}
