package redemptions

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
)

// action is something that happened to a redemption after it was recorded.
type action struct {
	ParticipantID uuid.UUID
	RedemptionID  uuid.UUID
	Action        string
	ID            uuid.UUID
	ByKind        string
	ByID          uuid.UUID
	Reason        string
	ActedAt       time.Time
}

// Void takes a redemption back: the use, the quota and the budget are free
// again, the record stays. The till or API key that made it may do so within
// VoidWindow, the partner's owner and the branch later. Voiding twice is the
// same as once; what a dispute reversed stays reversed. It returns ErrNotFound, ErrNotVoidable, ErrVoidWindowOver or
// ErrVoidReason.
func (s *Service) Void(ctx context.Context, id uuid.UUID, reason string) (Redemption, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > MaxReason {
		return Redemption{}, ErrVoidReason.At("/reason")
	}
	who := actor.From(ctx)
	r, err := s.voidable(ctx, who, id)
	if err != nil {
		return Redemption{}, err
	}
	err = s.onHeld(ctx, &r, func(ctx context.Context, now time.Time) error {
		act := r.act("void", who, reason, now)
		fresh, err := s.takeBack(ctx, &r, &act)
		if err != nil || !fresh {
			return err
		}
		return s.Audit.Append(ctx, act.entry())
	})
	if err != nil {
		return Redemption{}, fmt.Errorf("void redemption: %w", err)
	}
	return r.seenBy(who), nil
}

// takeBack appends the act, a void or the reversal of a dispute, and gives back
// what r took: from the promo's totals, whether the use was counted there or
// under an allowance, and from the limits. False means that it was taken back
// already. Its audit entry is the caller's.
func (s *Service) takeBack(ctx context.Context, r *Redemption, act *action) (bool, error) {
	offer, err := s.Benefits.AtVersion(ctx, r.BenefitID, r.BenefitVersion)
	if err != nil {
		return false, fmt.Errorf("look up promo of redemption: %w", err)
	}
	if err := s.hold(ctx, r); err != nil {
		return false, err
	}
	if gone, err := s.takenBack(ctx, r); err != nil || gone {
		return false, err
	}
	fresh, err := s.insertAction(ctx, act)
	if err != nil || !fresh {
		return false, err
	}
	if err := s.Benefits.ReturnQuota(ctx, r.BenefitID, r.Discount); err != nil {
		return false, err
	}
	if err := s.giveBack(ctx, r, act, offer.Terms); err != nil {
		return false, fmt.Errorf("give back limits: %w", err)
	}
	return true, s.Events.Publish(ctx, r.event(act.told()))
}

const actionKind = "redemption_action"

// told is what others are told of the act.
func (a *action) told() string {
	return "redemption." + map[string]string{"void": "voided", "dispute": "disputed", "uphold": "upheld", "reverse": "reversed"}[a.Action]
}

// entry is the audit entry of the act.
func (a *action) entry() audit.Event {
	return audit.Event{
		Action: a.told(), Subject: audit.Subject{Kind: actionKind, ID: a.ID}, Digest: a.digest(),
		Details: map[string]any{"redemption_id": a.RedemptionID},
	}
}

// voidable returns the redemption if the actor may void it now.
func (s *Service) voidable(ctx context.Context, who actor.Actor, id uuid.UUID) (Redemption, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return Redemption{}, err
	}
	own := who.ID == r.CallerID && string(who.Kind) == r.CallerKind && who.Can(actor.VoidOwn)
	later := who.Can(actor.VoidLater) && r.within(who.Scope(actor.VoidLater))
	switch {
	case !own && !later:
		return Redemption{}, ErrNotFound
	case r.Outcome != Granted:
		return Redemption{}, ErrNotVoidable
	case r.State == Voided, r.State == Reversed:
		return r, nil
	case !later && s.Clock.Now().Sub(r.RecordedAt) > VoidWindow:
		return Redemption{}, ErrVoidWindowOver
	}
	return r, nil
}

// within reports whether the record lies within a reach: of its partner, its
// outlet, or the participant's branch.
func (r *Redemption) within(reach actor.Reach) bool {
	return reach.HasOutlet(r.PartnerID, r.OutletID) || reach.HasBranch(r.BranchID)
}
